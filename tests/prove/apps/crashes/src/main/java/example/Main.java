package example;

/** Ends at once with a class that no build brings. */
public final class Main {
    public static void main(String[] words) throws Exception {
        Class.forName(String.join(".", "example", "Engine"));
    }
}

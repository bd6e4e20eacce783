package example;

import java.nio.file.Files;
import java.nio.file.Path;

/** Works without a port, and keeps its state in a folder whose name is worked out. */
public final class Main {
    public static void main(String[] words) throws Exception {
        Path folder = Path.of("/" + new StringBuilder("loops").reverse());
        Files.createDirectories(folder);
        while (true) {
            Files.writeString(folder.resolve("beat"), Long.toString(System.nanoTime()));
            Thread.sleep(500);
        }
    }
}

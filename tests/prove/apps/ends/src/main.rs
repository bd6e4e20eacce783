//! Prints a line and ends.

fn main() {
    println!("{} words", "one two three".split(' ').count());
}

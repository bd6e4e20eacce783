fn main() {
    println!("{}", greeting::text(0));
}

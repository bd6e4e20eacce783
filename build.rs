//! Templates are compiled in by a macro that cargo cannot see through: a change of theirs must
//! compile the crate again.

fn main() {
    println!("cargo::rerun-if-changed=templates");
}

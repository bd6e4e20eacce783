//! The `dockgen` command.

fn main() {}

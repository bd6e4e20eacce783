//! The `dockgen` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    dockgen::cmd::main().into()
}

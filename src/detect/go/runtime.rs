//! What a program needs and does at run time, read from the files of its import closure.

use anyhow::Result;

use super::ProgramDetails;
use super::closure::Closure;
use super::programs::Module;
use crate::facts::{Kind, Program};

/// Fills in the program.
pub(super) fn analyse(_: &Module, closure: &Closure, program: &mut Program) -> Result<ProgramDetails> {
    if closure.imports("net/http").is_some() {
        program.kind = Kind::Service;
    }
    program.handles_sigterm = program.evidence.first().cloned();
    Ok(ProgramDetails::default())
}

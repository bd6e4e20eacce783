//! The Dockerfile language: quoting, parsing, linting and .dockerignore. No programming language is
//! named here.

pub mod ignore;
pub mod lint;
pub mod parse;
pub mod quote;
pub(crate) mod scope;
pub mod traits;
pub mod words;

pub use crate::plan::words as types;

/// Prefixes of instructions that run a command or fetch something from elsewhere.
pub const FETCHES: [&str; 5] = ["RUN ", "FROM ", "COPY ", "ADD ", "ONBUILD "];

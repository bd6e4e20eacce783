//! Everything that knows the Dockerfile language: quoting, parsing, linting, .dockerignore. No
//! language names here.

pub mod ignore;
pub mod lint;
pub mod parse;
pub mod quote;
pub(crate) mod scope;
pub mod words;

pub use crate::plan::words as types;

/// What an instruction begins with that runs something, or takes something from elsewhere.
pub const FETCHES: [&str; 5] = ["RUN ", "FROM ", "COPY ", "ADD ", "ONBUILD "];

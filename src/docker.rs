//! Everything that knows the Dockerfile language: quoting, parsing, linting, .dockerignore. No
//! language names here.

pub mod ignore;
pub mod lint;
pub mod parse;
pub mod quote;
pub mod types;
pub mod words;

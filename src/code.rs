//! Reads source code, with shared code for all languages.
//!
//! A language describes itself as data: a [`Dialect`] for its text, and rows of the catalog for its
//! libraries ([`rules`]). What no row can express is a function in the language's own `special.rs`.
//!
//! From text to values: [`tree`] splits the text into tokens and brackets, [`facts`] finds calls,
//! definitions, functions and fields, [`program`] looks up names in all files of a program, and
//! [`value`] represents what an expression evaluates to when the program starts.

pub mod argument;
pub mod branches;
pub mod callers;
mod calls;
mod choices;
pub mod conditions;
pub mod dialect;
mod eval;
pub mod facts;
mod fatal;
pub mod file;
mod functions;
pub mod holders;
mod idioms;
pub mod listen;
mod modules;
mod objects;
mod owned;
mod parameters;
pub mod program;
pub mod rules;
mod services;
mod switched;
pub mod tags;
pub mod tree;
pub mod truth;
mod types;
pub mod value;
pub mod writes;

#[cfg(test)]
mod tests;

pub use dialect::Dialect;
pub use facts::{Call, Form};
pub use file::{File, Import};
pub use functions::Function;
pub use program::{Program, Special};
pub use rules::{Does, Rows};
pub use services::{is_foreign, is_other_service};
pub use tree::{Kind, Tree};
pub use value::{Base, Part, Value, is_env_name};

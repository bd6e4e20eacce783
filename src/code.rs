//! Reading source code: one house for every language.
//!
//! A language describes itself as data: a [`Dialect`] for its text, rows of the catalog for what its
//! libraries do ([`rules`]). What fits no row is a function in the language's own `special.rs`.
//!
//! From the text to an answer: [`tree`] splits it into tokens and brackets, [`facts`] finds calls,
//! definitions, functions and fields in them, [`program`] looks through all files of a program by
//! name, and [`value`] says what an expression is worth when the program starts.

pub mod argument;
pub mod branches;
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
mod parameters;
pub mod program;
pub mod rules;
mod services;
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

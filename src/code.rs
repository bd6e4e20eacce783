//! Reads source code, with shared code for all languages.
//!
//! A language describes itself as data: a [`Dialect`] for its text, and rows of the catalog for its
//! libraries ([`rules`]). What no row can express is a function in the language's own `special.rs`.
//!
//! From text to values: [`tree`] splits the text into tokens and brackets, [`facts`] finds calls,
//! definitions, functions and fields, [`program`] looks up names in all files of a program, and
//! [`value`] represents what an expression evaluates to when the program starts.

pub(crate) mod argument;
mod arithmetic;
pub(crate) mod branches;
pub(crate) mod callers;
mod calls;
mod choices;
pub(crate) mod conditions;
pub(crate) mod connects;
mod derived;
pub(crate) mod dialect;
mod eval;
pub(crate) mod facts;
mod fatal;
pub(crate) mod file;
mod functions;
pub(crate) mod holders;
mod idioms;
mod indented;
pub(crate) mod listen;
pub(crate) mod logins;
mod loopback;
mod loops;
mod modules;
mod objects;
mod overrides;
mod owned;
mod parameters;
pub(crate) mod program;
pub(crate) mod referred;
mod refusals;
pub(crate) mod rules;
mod services;
pub(crate) mod shell_lines;
mod spread;
mod switched;
pub(crate) mod tags;
pub(crate) mod tree;
pub(crate) mod truth;
mod types;
pub(crate) mod value;
pub(crate) mod writes;

#[cfg(test)]
mod tests;

pub(crate) use facts::{Call, Form};
pub(crate) use file::{File, Import};
pub(crate) use functions::Function;
pub(crate) use loopback::{is_local, is_local_address};
pub(crate) use program::{Program, Special};
pub(crate) use rules::{Does, Rows};
pub(crate) use services::{is_foreign, is_other_service};
pub(crate) use tree::{Kind, Piece, Tree};
pub(crate) use value::{Base, Part, Value, is_env_name};

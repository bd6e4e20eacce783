//! Reading source code: one house for every language.
//!
//! A language describes itself as data: a [`Dialect`] for its text, rows of the catalog for what its
//! libraries do. What fits no row is a function in the language's own `special.rs`.

pub mod dialect;
pub mod tree;

#[cfg(test)]
mod tests;

pub use dialect::Dialect;
pub use tree::{Kind, Tree};

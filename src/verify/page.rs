//! stub
use super::Proof;
/// stub
pub fn page(_engine: &str, _proofs: &[Proof]) -> String { String::new() }

//! dockgen reads a repository, decides with evidence, and writes the Dockerfile and .dockerignore that an expert
//! would write for it.
//!
//! ```text
//! path -> Repo -> detect -> Facts (+ evidence) -> questions -> Answers -> plan -> Plan (plain data, JSON)
//!                                                                                   |
//! disk <- write <- lint(parse(text), plan, repo) <- render (Tera templates) <-------+
//! ```
//!
//! ARCHITECTURE.md says where each kind of knowledge lives.

pub mod ask;
pub mod base;
pub mod catalog;
pub mod detect;
pub mod docker;
pub mod facts;
pub mod path;
pub mod plan;
pub mod render;
pub mod repo;

//! dockgen reads a repository, decides with evidence, and writes the Dockerfile and .dockerignore
//! that an expert would write for it.
//!
//! ```text
//! path -> Repo -> detect -> Facts (+ evidence) -> questions -> Answers -> plan -> Plan (plain data, JSON)
//!                                                                                   |
//! disk <- write <- lint(parse(text), plan, repo) <- render (Tera templates) <-------+
//! ```
//!
//! ARCHITECTURE.md says where each kind of knowledge lives.

pub mod apps;
pub mod ask;
pub mod base;
pub mod budget;
pub mod catalog;
pub mod cli;
pub mod cmd;
pub mod code;
pub mod config;
pub mod context;
pub mod detect;
pub mod digest;
pub mod docker;
pub mod exit;
pub mod facts;
pub mod glob;
pub mod interrupt;
pub mod merge;
pub mod path;
pub mod pin;
pub mod pipeline;
pub mod plan;
pub mod program;
pub mod questions;
pub mod read;
pub mod recipes;
pub mod render;
pub mod repo;
pub mod report;
pub mod screen;
pub mod secrets;
pub mod settings;
pub mod shell;
pub mod state;
pub mod update;
pub mod verify;
pub mod wizard;
pub mod workspace;
pub mod write;

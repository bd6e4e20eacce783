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

mod apps;
pub mod ask;
mod base;
mod budget;
mod catalog;
mod cli;
pub mod cmd;
mod code;
mod compose;
mod config;
pub mod context;
pub mod detect;
pub mod digest;
pub mod docker;
mod env_example;
mod evidence;
mod exit;
pub mod facts;
pub mod findings;
pub mod glob;
mod interrupt;
pub mod merge;
mod own;
pub mod path;
mod pin;
pub mod pipeline;
pub mod plan;
pub mod planning;
mod port;
mod program;
pub mod prove;
mod questions;
mod read;
mod recipes;
pub mod render;
pub mod repo;
mod report;
pub mod screen;
pub mod secrets;
pub mod services;
mod settings;
mod shell;
mod state;
pub mod update;
pub mod verify;
mod wizard;
mod workspace;
pub mod write;

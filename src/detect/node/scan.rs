//! What the sources do at run time. (Follows.)

use anyhow::Result;

use super::App;
use super::launch::Launch;
use crate::facts::{EnvVar, Evidence, Finding, Sourced};
use crate::path::RelPath;

/// The port of every site's web server.
pub(crate) const SITE_PORT: u16 = 8080;

/// What a scan found.
#[derive(Default)]
pub(crate) struct Scan {
    pub(crate) port: Option<Sourced<u16>>,
    /// Something listens.
    pub(crate) listens: bool,
    /// A server's library is a dependency.
    pub(crate) serves: bool,
    pub(crate) env: Vec<Sourced<EnvVar>>,
    pub(crate) sigterm: Option<Evidence>,
    pub(crate) writable: Vec<Sourced<String>>,
    pub(crate) files: Vec<Sourced<RelPath>>,
    pub(crate) packages: Vec<Sourced<String>>,
    pub(crate) shell: Option<Evidence>,
    pub(crate) temporary: Option<Evidence>,
    pub(crate) subcommands: Option<Sourced<String>>,
    pub(crate) findings: Vec<Finding>,
}

/// Scans the sources of a program.
pub(crate) fn read(_: &App, _: &Launch) -> Result<Scan> {
    Ok(Scan::default())
}

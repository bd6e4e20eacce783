//! What the sources do at run time: where they listen, how they stop, and what they read, write
//! and start.

mod absent;
mod arguments;
mod browser;
mod carried;
mod conventions;
mod demanded;
mod env_file;
mod framework_env;
mod globals;
mod handed;
mod import_clauses;
mod imports;
mod left;
mod lines;
mod listen;
mod loaded;
mod location;
mod migrated;
mod modules;
mod must_exist;
mod named_hosts;
mod named_programs;
mod pages;
mod plain_code;
mod process;
mod referred;
mod required;
mod resolution;
mod revision;
mod schema;
mod sources;
mod stdio;
mod storage;
mod tagged;
#[cfg(test)]
mod tested;
mod words;
mod workers;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use anyhow::Result;

use super::App;
use super::launch::{Launch, Layout};
use super::manifest::Kind;
use crate::code::{Program, Rows};
use crate::detect::node::codes;
use crate::facts::{EnvVar, Evidence, Finding, FrontEnd, Port, Sourced};
use crate::path::RelPath;

pub(crate) use self::absent::of_site as absent_of_site;
pub(crate) use self::browser::install_settings;
pub(crate) use self::revision::revision;
pub(crate) use self::sources::{Source, reached};

/// The port of every site's web server. It is above 1024, so that it needs no privileges anywhere.
pub(crate) const SITE_PORT: u16 = 8080;

/// The finding for a program that runs only on Bun.
pub(crate) fn bun_only(evidence: Evidence) -> Finding {
    Finding::new(
        codes::BUN_ONLY,
        "the program needs Bun, and dockgen does not write images that run on Bun yet",
        [evidence],
    )
}

/// Libraries that listen.
pub(crate) const SERVERS: [&str; 16] = [
    "express",
    "fastify",
    "koa",
    "@hapi/hapi",
    "hono",
    "@hono/node-server",
    "restify",
    "polka",
    "h3",
    "ws",
    "socket.io",
    "@apollo/server",
    "graphql-yoga",
    "@feathersjs/express",
    "connect",
    "json-server",
];

/// The result of a scan.
#[derive(Default)]
pub(crate) struct Scan {
    pub(crate) port: Option<Sourced<u16>>,
    /// Further ports, including those for datagrams.
    pub(crate) more_ports: Vec<Sourced<Port>>,
    /// Arguments that open the program to the network.
    pub(crate) args: Vec<Sourced<String>>,
    /// The first arguments without which the program does not listen, separated by spaces.
    pub(crate) subcommand: Option<Sourced<String>>,
    /// Variables with the port, if the code has no default.
    pub(crate) port_env: Vec<String>,
    /// The variable that overrides `port`.
    pub(crate) port_variable: Option<String>,
    /// True if something listens.
    pub(crate) listens: bool,
    /// A call that listens on a port that was not found.
    pub(crate) unfollowed: Option<Evidence>,
    /// True if the program takes messages from a broker and listens on nothing.
    pub(crate) portless: bool,
    /// True if every call that listens stands under a condition.
    pub(crate) conditional: bool,
    /// True if a server library is a dependency.
    pub(crate) serves: bool,
    pub(crate) env: Vec<Sourced<EnvVar>>,
    /// Variables without which the program stops as it starts.
    pub(crate) required: Vec<Sourced<String>>,
    pub(crate) sigterm: Option<Evidence>,
    pub(crate) writable: Vec<Sourced<String>>,
    pub(crate) files: Vec<Sourced<RelPath>>,
    /// Files beside the sources that compiled code opens beside itself: their paths in the
    /// repository and in the image.
    pub(crate) left: Vec<Sourced<(String, String)>>,
    pub(crate) front_ends: Vec<Sourced<FrontEnd>>,
    /// Scripts of the package that write what it serves beside its build, each with the folder.
    pub(crate) also: Vec<Sourced<(String, String)>>,
    pub(crate) packages: Vec<Sourced<String>>,
    pub(crate) shell: Option<Evidence>,
    pub(crate) temporary: Option<Evidence>,
    pub(crate) subcommands: Option<Sourced<String>>,
    /// Development dependencies that the program imports when it is loaded.
    pub(crate) development: Vec<Sourced<String>>,
    /// True if its code updates the tables of its database.
    pub(crate) migrates: bool,
    /// True if it starts the command of a development dependency.
    pub(crate) starts_development: bool,
    pub(crate) findings: Vec<Finding>,
    /// The index in `findings` of the finding on each program that the image lacks.
    pub(crate) lacking: BTreeMap<String, usize>,
}

impl Scan {
    /// Whether the framework's default port may be used.
    pub(crate) fn takes_default(&self) -> DefaultPort {
        let open = self.port.is_none()
            && self.more_ports.is_empty()
            && self.unfollowed.is_none()
            && !self.portless;
        match self.port_env.first() {
            _ if !open => DefaultPort::Refused,
            Some(name) => DefaultPort::Behind(name.clone()),
            None => DefaultPort::Stated,
        }
    }
}

/// Whether a framework's default port may be used.
pub(crate) enum DefaultPort {
    /// A call says that there is another port.
    Refused,
    /// No call names a port.
    Stated,
    /// A call takes the port from this variable, and dockgen read no default there.
    Behind(String),
}

/// The sources as a program of the shared evaluator, which is made once, if anything asks for it.
struct House<'s, 'r> {
    app: &'s App<'r>,
    sources: &'s [Source],
    rows: &'s Rows,
    code: OnceCell<Program<'s>>,
}

impl<'s, 'r> House<'s, 'r> {
    fn of(app: &'s App<'r>, sources: &'s [Source], rows: &'s Rows) -> Self {
        Self { app, sources, rows, code: OnceCell::new() }
    }

    fn code(&self) -> Result<&Program<'s>> {
        if let Some(code) = self.code.get() {
            return Ok(code);
        }
        let code = listen::code(self.app, self.sources, self.rows)?;
        Ok(self.code.get_or_init(|| code))
    }
}

/// Scans the sources of a program: from its entry along relative imports, or else all of the
/// application's folder.
pub(crate) fn read(app: &App, launch: &Launch) -> Result<Scan> {
    let sources = sources::collect(app, launch)?;
    let mut scan = Scan {
        serves: SERVERS.iter().any(|name| app.package.dependency(name) == Some(Kind::Production)),
        ..Scan::default()
    };
    // In these layouts the framework's generated server listens, not code of the repository.
    let own_server = !matches!(launch.layout, Layout::Standalone | Layout::Bundle);
    if own_server {
        listen::read(app, &sources, &mut scan)?;
    }
    let rows: Rows = app.catalog.table("code")?;
    let house = House::of(app, &sources, &rows);
    stdio::read(&sources, &mut scan);
    process::read(&house, &sources, own_server, &mut scan)?;
    browser::read(&house, &sources, &mut scan)?;
    conventions::read(app, launch, &sources, &mut scan)?;
    loaded::carry(app, launch, &sources, &mut scan);
    storage::read(&house, launch, &sources, &mut scan);
    left::settle(app, launch, &mut scan)?;
    carried::imports(app, launch, &mut scan)?;
    imports::read(app, launch, &sources, &mut scan)?;
    required::read(&house, &sources, &mut scan)?;
    schema::read(app, &sources, &mut scan)?;
    named_hosts::read(&sources, &mut scan);
    migrated::read(app, &sources, &mut scan);
    arguments::read(launch, &sources, &mut scan);
    demanded::read(app, launch, &sources, &mut scan);
    words::read(&house, launch, &sources, &mut scan)?;
    absent::read(app, launch, &sources, &mut scan);
    scan.findings.extend(revision(app, &sources)?);
    if own_server {
        must_exist::read(app, &sources, &mut scan)?;
    }
    if own_server {
        pages::read(app, launch, &sources, &mut scan);
    }
    Ok(scan)
}

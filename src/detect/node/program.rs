//! The programs of an application: what is started, with everything that is known about how it
//! runs.

mod dropped;
mod port;
mod unfollowed;

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::App;
use super::built;
use super::config;
use super::entry::{self, Entry};
use super::example;
use super::framework::{self, Framework};
use super::launch::{Launch, Layout};
use super::manifest;
use super::native::{self, Native};
use super::nest;
use super::nx;
use super::scan::{self, DefaultPort, Scan};
use super::service;
use super::{site, static_site};
use crate::detect::node::codes;
use crate::facts::{EnvVar, Evidence, Finding, Kind, Libc, Program, Sourced};
use crate::path::RelPath;

/// The programs, likeliest first.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) programs: Vec<(Program, Launch)>,
    pub(crate) findings: Vec<Finding>,
}

/// Every program of the application.
pub(crate) fn all(app: &App) -> Result<Found> {
    let mut found = every(app)?;
    if let Some((program, launch)) = found.programs.first_mut()
        && program.kind != Kind::Site
    {
        entry::roles::beside(app, &launch.file, program)?;
    }
    Ok(found)
}

fn every(app: &App) -> Result<Found> {
    let mut found = Found::default();
    if of_nx(app, &mut found)? {
        return Ok(found);
    }
    if let Some(framework) = framework::detect(app)? {
        // Nest's scripts say more than its conventions: what runs before the server, and where the
        // build writes.
        if framework.name == "nest" {
            for entry in entry::from_scripts(app)?.0.into_iter().filter(|entry| !entry.development)
            {
                let (mut program, launch, open) = heard(app, entry)?;
                if !matches!(open, DefaultPort::Refused) {
                    program.kind = Kind::Service;
                    port::of_framework(app, &mut program, &framework, open);
                }
                found.programs.push((program, launch));
            }
        }
        let nest = framework.name == "nest";
        if found.programs.is_empty() {
            found.programs.push(of_framework(app, framework)?);
        }
        if nest {
            projects(app, &mut found)?;
        }
        return Ok(found);
    }
    let (entries, refused) = entry::from_scripts(app)?;
    let entries = entry::with_recipes(app, entries)?;
    let site = site::detect(app)?;
    // The tools of a site also serve it for development, so a server of the repository comes
    // first.
    let (servers, others): (Vec<Entry>, Vec<Entry>) =
        entries.into_iter().partition(|entry| site.is_none() || is_server(entry));
    let beside = servers.first().is_some_and(|entry| entry.beside);
    for entry in servers {
        found.programs.push(of_entry(app, entry)?);
    }
    if beside || is_command_of_several(app, &found) {
        // The program that listens is the product, so it comes first.
        found.programs.sort_by_key(|(p, _)| (p.kind != Kind::Service, p.port.is_none()));
    }
    let served = found.programs.iter().any(|(program, _)| program.kind == Kind::Service);
    if let Some(site) = site.filter(|_| !served) {
        let id = site.launch.site.clone().unwrap_or_default();
        let mut program = new(app, &id, Kind::Site, &site.evidence);
        of_site(app, &mut program)?;
        let own_server = !found.programs.is_empty();
        let at = if own_server { found.programs.len() } else { 0 };
        if !own_server && site.assumed && site.tool == "webpack-cli" {
            found.findings.push(Finding::new(
                codes::SITE_FOLDER_ASSUMED,
                format!("dockgen assumes that the build writes {id}"),
                site.evidence.clone(),
            ));
        }
        found.programs.insert(at, (program, site.launch));
    }
    for entry in others {
        found.programs.push(of_entry(app, entry)?);
    }
    let library = scan::SERVERS.iter().any(|name| app.package.has(name));
    if found.programs.is_empty()
        && !library
        && app.package.get(&["bin"]).is_none()
        && let Some(page) = site::page_of(app)?
    {
        let id = page.launch.site.clone().unwrap_or_default();
        let mut program = new(app, &id, Kind::Site, &page.evidence);
        of_site(app, &mut program)?;
        found.programs.push((program, page.launch));
    }
    let by_file = found.programs.is_empty();
    if by_file {
        for bundle in built::bundles(app) {
            let scan = scan::read(app, &bundle.launch)?;
            if scan.listens {
                let evidence = std::slice::from_ref(&bundle.evidence);
                let mut program = new(app, &bundle.launch.file, Kind::Service, evidence);
                complete(app, &mut program, &bundle.launch, scan)?;
                found.programs.push((program, bundle.launch));
            }
        }
    }
    if found.programs.is_empty() {
        // In a workspace, a package with only a `main` is a library for the others.
        let member = app.root_package.is_some() && app.package.get(&["bin"]).is_none();
        for entry in entry::from_files(app)? {
            let (program, launch) = of_entry(app, entry)?;
            if !member || program.kind == Kind::Service {
                found.programs.push((program, launch));
            }
        }
    }
    if found.programs.is_empty() {
        found.findings.push(unfollowed::start_unknown(app, &refused));
    } else if let Some((program, _)) = found.programs.first().filter(|_| by_file) {
        let unused = refused.iter().find(|(name, _)| name.starts_with("start"));
        found
            .findings
            .extend(unused.map(|unused| unfollowed::start_unused(app, &program.id, unused)));
    }
    Ok(found)
}

/// True if the likeliest program is one of several commands of the package and listens on no known
/// port: the one that listens is the server.
fn is_command_of_several(app: &App, found: &Found) -> bool {
    let commands = app.package.get(&["bin"]).and_then(|bin| bin.as_object());
    commands.is_some_and(|all| all.len() > 1)
        && entry::SCRIPTS.iter().all(|name| app.package.script(name).is_none())
        && found.programs.first().is_some_and(|(program, _)| program.port.is_none())
}

/// Adds the applications of an Nx repository with a single package.json, if no script starts
/// anything.
fn of_nx(app: &App, found: &mut Found) -> Result<bool> {
    let projects = nx::projects(app)?;
    let starts = |entry: &Entry| !entry.development && !entry.unmade;
    if projects.is_empty() || entry::from_scripts(app)?.0.iter().any(starts) {
        return Ok(false);
    }
    for project in &projects {
        let mut launch = project.launch.clone();
        let site = launch.layout == Layout::Site;
        let id = launch.site.clone().unwrap_or_else(|| launch.file.clone());
        let evidence = std::slice::from_ref(&project.evidence);
        let mut program = new(app, &id, if site { Kind::Site } else { Kind::Service }, evidence);
        program.name.clone_from(&project.name);
        if site {
            of_site(app, &mut program)?;
        } else {
            let mut scan = scan::read(app, &launch)?;
            if !scan.listens && !scan.serves && scan.unfollowed.is_none() {
                program.kind = Kind::Command;
            }
            keep(&mut launch, &mut scan);
            complete(app, &mut program, &launch, scan)?;
        }
        if projects.len() > 1 {
            let lone = format!("holds {}", project.name);
            program.findings.push(nest::finding(&projects, "the repository's Nx builds", &lone));
        }
        found.programs.push((program, launch));
    }
    Ok(true)
}

/// Adds the other applications of a Nest monorepo.
fn projects(app: &App, found: &mut Found) -> Result<()> {
    let projects = nest::projects(app)?;
    if projects.len() < 2 {
        return Ok(());
    }
    let stem = |file: &str| file.trim_end_matches(".js").to_owned();
    for project in &projects {
        let file = stem(&project.launch.file);
        if found.programs.iter().any(|(_, launch)| stem(&launch.file) == file) {
            continue;
        }
        let scan = scan::read(app, &project.launch)?;
        let kind = if scan.listens { Kind::Service } else { Kind::Command };
        let evidence = std::slice::from_ref(&project.evidence);
        let mut program = new(app, &project.launch.file, kind, evidence);
        program.name.clone_from(&project.name);
        complete(app, &mut program, &project.launch, scan)?;
        found.programs.push((program, project.launch.clone()));
    }
    for (program, launch) in &mut found.programs {
        let own = projects.iter().find(|project| stem(&project.launch.file) == stem(&launch.file));
        let name = own.map_or(program.name.as_str(), |project| project.name.as_str());
        let lone = format!("starts {name}");
        program.findings.push(nest::finding(&projects, "nest-cli.json names", &lone));
    }
    Ok(())
}

/// The program that a person names: a script, a file, or the folder of a site.
pub(crate) fn named(app: &App, wanted: &str) -> Result<(Program, Launch)> {
    for (program, launch) in all(app)?.programs {
        if program.id == wanted || program.name == wanted && launch.build.is_some() {
            return Ok((program, launch));
        }
    }
    if let Some(entry) = entry::named(app, wanted)? {
        return of_entry(app, entry);
    }
    if app.builds()
        && !wanted.contains(char::is_whitespace)
        && crate::path::RelPath::new(wanted).is_some()
    {
        let launch = Launch {
            layout: Layout::Site,
            site: Some(wanted.to_owned()),
            fallback: Some(static_site::INDEX.to_owned()),
            ..Launch::default()
        };
        let mut program = new(
            app,
            wanted,
            Kind::Site,
            &[Evidence::file(&app.package.path, "named as a site's folder")],
        );
        of_site(app, &mut program)?;
        return Ok((program, launch));
    }
    bail!(
        "{}: `{wanted}` is neither a script of package.json that starts Node.js nor a file of the application: name one of them with --entrypoint",
        app.package.path
    )
}

/// Adds what every site has: the port of the web server, and the needs of its build.
fn of_site(app: &App, program: &mut Program) -> Result<()> {
    let evidence = Evidence::file(&app.package.path, "the image's own web server listens there");
    program.port = Some(Sourced::new(scan::SITE_PORT, evidence));
    program.findings.extend(scan::revision(app, &[])?);
    program.findings.extend(scan::absent_of_site(app)?);
    program.findings.extend(site::proxied::finding(app)?);
    builder_needs(app, program)?;
    Ok(())
}

fn is_server(entry: &Entry) -> bool {
    !entry.development && !matches!(entry.launch.layout, Layout::Site)
}

fn new(app: &App, id: &str, kind: Kind, evidence: &[Evidence]) -> Program {
    let first = evidence
        .first()
        .cloned()
        .unwrap_or_else(|| Evidence::file(&app.package.path, "package.json"));
    let mut program = Program::new(id, app.name().value, kind, first);
    program.evidence.extend(evidence.iter().skip(1).cloned());
    program
}

fn of_framework(app: &App, framework: Framework) -> Result<(Program, Launch)> {
    let mut launch = framework.launch.clone();
    if launch.layout == Layout::Site {
        let id = launch.site.clone().unwrap_or_default();
        let mut program = new(app, &id, Kind::Site, &framework.evidence);
        of_site(app, &mut program)?;
        program.findings.extend(framework.findings.iter().cloned());
        return Ok((program, launch));
    }
    let mut evidence = framework.evidence.clone();
    // A start script may add flags, arguments and environment variables to the framework's start.
    for name in ["start:prod", "start:production", "start", "serve"] {
        let Some(text) = app.package.script(name) else { continue };
        let chain = super::script::parse(text);
        let Some(command) = chain.commands.into_iter().map(super::script::unwrap).next_back()
        else {
            continue;
        };
        let command = entry::settle_variables(app, &command).command;
        launch.env.clone_from(&command.env);
        let port = command
            .argv
            .windows(2)
            .find(|w| matches!(w[0].as_str(), "-p" | "--port"))
            .map(|w| w[1].clone());
        if let Some(port) = port.filter(|port| port.parse::<u16>().is_ok()) {
            launch.env.push(("PORT".to_owned(), port));
        }
        evidence.push(app.package.at(&["scripts", name], format!("the script {name} is `{text}`")));
        break;
    }
    let mut said = framework.findings.clone();
    entry::options(app, &mut launch, &mut said);
    let id = launch.file.clone();
    said.extend(dropped::finding(app, &mut launch)?);
    let mut program = new(app, &id, Kind::Service, &evidence);
    program.handles_sigterm = framework.sigterm.map(|note| Evidence::file(&app.package.path, note));
    program.findings.extend(said);
    let mut scan = scan::read(app, &launch)?;
    keep(&mut launch, &mut scan);
    launch.left.extend(scan.left.iter().map(|left| left.value.clone()));
    launch.beside(&scan.also);
    let open = match framework.name {
        "nest" => scan.takes_default(),
        _ => DefaultPort::Stated,
    };
    complete(app, &mut program, &launch, scan)?;
    port::of_framework(app, &mut program, &framework, open);
    let holds: BTreeMap<String, String> = app.catalog.table("imported_by_output")?;
    for (package, why) in holds.iter().filter(|_| launch.layout == Layout::Output) {
        if app.package.dependency(package) == Some(manifest::Kind::Development) {
            launch.keep_development = true;
            program.findings.push(kept(app, package, why));
        }
    }
    for (key, value) in framework.env {
        if !program.env.iter().any(|var| var.value.key == key) {
            let var = EnvVar { key: key.to_owned(), value: value.to_owned() };
            let note =
                format!("{} listens there: on every interface of the container", framework.name);
            program.env.push(Sourced::new(var, Evidence::file(&app.package.path, note)));
        }
    }
    for folder in framework.writable {
        let note = format!("{} keeps its cache there", framework.name);
        program.writable.push(Sourced::new(folder, Evidence::file(&app.package.path, note)));
    }
    Ok((program, launch))
}

fn of_entry(app: &App, entry: Entry) -> Result<(Program, Launch)> {
    let (program, launch, _) = heard(app, entry)?;
    Ok((program, launch))
}

/// The program of an entry, and whether the default port of its framework may be used, as
/// [`Scan::takes_default`] says.
fn heard(app: &App, mut entry: Entry) -> Result<(Program, Launch, DefaultPort)> {
    embedded(app, &mut entry)?;
    let service = service::of(app, entry.command.as_deref())?;
    if let Some(service) = &service {
        service.open(&mut entry.launch);
    }
    let mut scan = scan::read(app, &entry.launch)?;
    keep(&mut entry.launch, &mut scan);
    entry.evidence.extend(entry.launch.opens(scan.subcommand.as_ref(), &scan.args));
    entry.launch.left.extend(scan.left.iter().map(|left| left.value.clone()));
    entry.launch.beside(&scan.also);
    let listens = scan.listens || scan.serves || service.is_some() || scan.unfollowed.is_some();
    let listens = listens && (!scan.portless || scan.port.is_some());
    let open = scan.takes_default();
    let kind = if listens { Kind::Service } else { Kind::Command };
    let mut program = new(app, &entry.id, kind, &entry.evidence);
    program.needs.shell = entry.shell;
    program.findings = entry.findings;
    complete(app, &mut program, &entry.launch, scan)?;
    port::fixed(&mut program, &entry.fixed);
    if let Some(service) = service {
        service.complete(app, &entry.launch, &mut program)?;
    }
    for made in entry.writable {
        if !program.writable.iter().any(|held| held.value == made.value) {
            program.writable.push(made);
        }
    }
    for cache in &entry.launch.build_caches {
        let note = "the framework in it keeps its cache there";
        let folder = Sourced::new(cache.clone(), Evidence::file(&app.package.path, note));
        program.writable.push(folder);
    }
    Ok((program, entry.launch, open))
}

/// Adjusts a server of the repository that contains a framework: it needs everything that the
/// framework builds, and the packages that this output imports.
fn embedded(app: &App, entry: &mut Entry) -> Result<()> {
    let holds: BTreeMap<String, String> = app.catalog.table("imported_by_output")?;
    for (package, why) in &holds {
        let Some(kind) = app.package.dependency(package) else { continue };
        let launch = &mut entry.launch;
        if package == "next" {
            if launch.layout == Layout::Output {
                launch.layout = Layout::Tree;
            }
            if launch.layout == Layout::Tree {
                let config = config::read(&app.dir, "next.config")?;
                let dist = config.and_then(|config| config.literal("distDir")).map(|held| held.0);
                let dist = dist.filter(|dist| RelPath::new(dist).is_some());
                let dist = dist.unwrap_or_else(|| ".next".to_owned());
                launch.build_caches.push(format!("{}/cache", dist.trim_start_matches("./")));
                let off = ("NEXT_TELEMETRY_DISABLED".to_owned(), "1".to_owned());
                launch.build_env.push(off);
            }
        }
        if kind == manifest::Kind::Development && app.builds() && !launch.keep_development {
            launch.keep_development = true;
            entry.findings.push(kept(app, package, why));
        }
    }
    Ok(())
}

/// Keeps development dependencies, because the program imports one when it is loaded.
fn keep(launch: &mut Launch, scan: &mut Scan) {
    launch.migrates |= scan.migrates;
    launch.keep_development |= scan.starts_development;
    let names: Vec<&str> = scan.development.iter().map(|held| held.value.as_str()).collect();
    if names.is_empty() || launch.keep_development {
        return;
    }
    launch.keep_development = true;
    let (one, names) = (names.len() == 1, names.join(", "));
    let (is, them) = if one {
        ("is a development dependency", "it")
    } else {
        ("are development dependencies", "them")
    };
    scan.findings.push(
        Finding::new(
            codes::DEV_DEPENDENCY_AT_RUN_TIME,
            format!("{names} {is}, and the program imports {them} as it starts"),
            scan.development.iter().flat_map(|held| held.evidence.iter().cloned()),
        )
        .with_fix(format!("move {names} to `dependencies`, or import {them} in development only")),
    );
}

/// The finding that development dependencies stay, because the output of the build imports one.
fn kept(app: &App, package: &str, why: &str) -> Finding {
    Finding::new(
        codes::DEV_DEPENDENCY_AT_RUN_TIME,
        format!("{package} is a development dependency, and the build's output needs it to run"),
        [app.package.at_dependency(package, why)],
    )
    .with_fix(format!("move {package} and its plugins to `dependencies`"))
}

/// Combines what the scan, the start script and the manifests say.
fn complete(app: &App, program: &mut Program, launch: &Launch, scan: Scan) -> Result<()> {
    let script = |note: &str| {
        program.evidence.first().cloned().map(|e| Evidence { note: note.to_owned(), ..e })
    };
    program.port = scan.port;
    program.more_ports = scan.more_ports;
    program.port_variable = scan.port_variable;
    if let Some((_, value)) = launch.env.iter().find(|(key, _)| key == "PORT")
        && let (Ok(port), Some(evidence)) = (value.parse(), script("PORT in the start script"))
    {
        program.port = Some(Sourced::new(port, evidence));
        program.port_variable = Some("PORT".to_owned());
    }
    let flag = launch
        .args
        .windows(2)
        .find(|w| matches!(w[0].as_str(), "-p" | "--port"))
        .map(|w| w[1].clone());
    let flag = flag
        .or_else(|| launch.args.iter().find_map(|w| w.strip_prefix("--port=").map(str::to_owned)))
        // micro takes an address: `micro -l tcp://0.0.0.0:3000`.
        .or_else(|| {
            let address = launch.args.iter().find_map(|word| word.split_once("tcp://"))?.1;
            address.rsplit_once(':').map(|(_, port)| port.to_owned())
        });
    if let Some(port) = flag.and_then(|text| text.parse().ok())
        && let Some(evidence) = script("the port in the start script")
    {
        program.port = Some(Sourced::new(port, evidence));
        program.port_variable = None;
    }
    if program.port.is_none() && program.more_ports.is_empty() && program.kind == Kind::Service {
        let asked = if scan.port_env.is_empty() { vec!["PORT".to_owned()] } else { scan.port_env };
        if let Some((name, port)) = example::port(app, &asked)? {
            program.port_variable = Some(name.clone());
            let var = EnvVar { key: name, value: port.value.to_string() };
            program.env.push(Sourced::with(var, port.evidence.clone()));
            program.port = Some(port);
        }
    }
    if program.port.is_none() && program.more_ports.is_empty() && program.kind == Kind::Service {
        program.findings.push(Finding::port_unknown(
            None,
            scan.unfollowed.clone().or_else(|| program.evidence.first().cloned()),
        ));
    }
    program.handles_sigterm = program.handles_sigterm.take().or(scan.sigterm);
    program.files = scan.files;
    program.front_ends = scan.front_ends;
    program.writable.extend(scan.writable);
    program.env.extend(scan.env);
    program.required = scan.required;
    program.subcommands = scan.subcommands;
    program.needs.shell = program.needs.shell.take().or(scan.shell);
    program.needs.packages = scan.packages;
    program.needs.temporary_files = scan.temporary;
    program.findings.extend(scan.findings);
    needs(app, program)
}

/// Adds what native modules need from the image and the builder.
fn needs(app: &App, program: &mut Program) -> Result<()> {
    let native = builder_needs(app, program)?;
    if native.glibc_only.is_empty() {
        // Node.js itself is linked with a C library.
        program.needs.libc = Libc::Dynamic;
        program.needs.libc_evidence = native.linked;
    } else {
        program.needs.libc = Libc::Glibc;
        program.needs.libc_evidence = native.glibc_only;
    }
    Ok(())
}

/// Adds a compiler for native modules, git for dependencies that git fetches, and what tools of the
/// build need.
fn builder_needs(app: &App, program: &mut Program) -> Result<Native> {
    let native = native::read(app)?;
    for (key, evidence) in native.of_builder() {
        if !program.needs.packages.iter().any(|p| p.value == key) {
            program.needs.packages.push(Sourced::with(key.to_owned(), evidence));
        }
    }
    Ok(native)
}

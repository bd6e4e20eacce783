//! Browsers that a library drives: pip installs none of them.

use super::codes;
use super::tables::Browser;
use super::world::World;
use crate::code::{Call, is_env_name};
use crate::facts::{EnvVar, Evidence, Finding, Program, Sourced};

/// The system's browser, and its package in packages.toml.
const SYSTEM: &str = "/usr/bin/chromium";
const PACKAGE: &str = "chromium";

/// Without this flag, it needs more rights than a container has.
const SANDBOX: &str = "--no-sandbox";

/// Adds what the program needs for the browsers that it starts, or says that there is none.
pub(super) fn read(world: &World, program: &mut Program) {
    for row in &world.tables.browsers {
        if !world.app.installed.has(&row.package) {
            continue;
        }
        let mut calls = row.names.iter().flat_map(|name| world.code.calls_named(name));
        let Some(call) = calls.find(|call| call.file.imports_module(&row.of)) else { continue };
        let at = call.evidence(format!("`{}` starts a browser", call.name()));
        let Some((package, env)) = system(world, row, &call) else {
            let what = format!(
                "the program drives a browser with {}, and the image holds none",
                row.package
            );
            let finding = Finding::new(codes::BROWSER_NOT_INSTALLED, what, [at]);
            program.findings.push(finding.with_fix(&*row.fix));
            continue;
        };
        add(&package, env, &at, program);
        let says = |file: &std::rc::Rc<crate::code::File>| {
            (0..file.len()).any(|at| file.string(at).is_some_and(|text| text.contains(SANDBOX)))
        };
        if !world.code.files().any(says) {
            let what = format!("the program starts the browser without {SANDBOX}");
            program.findings.push(Finding::new(codes::BROWSER_SANDBOXED, what, [at]));
        }
    }
}

/// The package with the browser that a call starts, and the variables that lead there; `None` if the
/// call asks for one that the library brings.
fn system(world: &World, row: &Browser, call: &Call) -> Option<(String, Vec<EnvVar>)> {
    if !row.system.is_empty() {
        let var =
            |(key, value): (&String, &String)| EnvVar { key: key.clone(), value: value.clone() };
        return Some((row.system.clone(), row.env.iter().map(var).collect()));
    }
    let range = call.named(row.path.as_deref()?)?;
    let value = world.code.value(&call.file, range);
    if let Some(key) = value.env().filter(|key| is_env_name(key)) {
        let var = EnvVar { key: key.to_owned(), value: SYSTEM.to_owned() };
        return Some((PACKAGE.to_owned(), vec![var]));
    }
    (value.text()? == SYSTEM).then(|| (PACKAGE.to_owned(), Vec::new()))
}

fn add(package: &str, env: Vec<EnvVar>, at: &Evidence, program: &mut Program) {
    if !program.needs.packages.iter().any(|held| held.value == package) {
        program.needs.packages.push(Sourced::new(package.to_owned(), at.clone()));
    }
    program.env.extend(env.into_iter().map(|var| Sourced::new(var, at.clone())));
    program.needs.temporary_files.get_or_insert_with(|| at.clone());
}

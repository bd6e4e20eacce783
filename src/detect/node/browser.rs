//! Browsers that a dependency drives: the system's, which needs settings while installing and while
//! running.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use super::App;
use super::manifest::Kind;
use super::scan::{Scan, Source};
use crate::facts::{EnvVar, Evidence, Finding, Severity, Sourced};

/// A row of the table `browsers`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Browser {
    /// The key of packages.toml.
    package: String,
    /// Environment while dependencies are installed.
    install: BTreeMap<String, String>,
    /// Environment of the program.
    env: BTreeMap<String, String>,
    /// The flag without which it needs more than a container gives.
    sandbox: String,
}

/// The browsers of production, by the dependency that drives them.
fn driven(app: &App) -> Result<BTreeMap<String, Browser>> {
    let mut rows: BTreeMap<String, Browser> = app.catalog.table("browsers")?;
    rows.retain(|name, _| app.package.dependency(name) == Some(Kind::Production));
    Ok(rows)
}

/// Environment of the installation.
pub(super) fn install(app: &App) -> Result<Vec<(String, String)>> {
    Ok(driven(app)?.into_values().flat_map(|browser| browser.install).collect())
}

/// What the program needs for it.
pub(super) fn read(app: &App, sources: &[Source], scan: &mut Scan) -> Result<()> {
    for (name, browser) in driven(app)? {
        if !scan.packages.iter().any(|held| held.value == browser.package) {
            continue;
        }
        let at = |note: &str| app.package.at_dependency(&name, format!("{name} {note}"));
        for (key, value) in &browser.env {
            let var = EnvVar { key: key.clone(), value: value.clone() };
            scan.env.push(Sourced::new(var, at("uses the system's browser")));
        }
        scan.temporary
            .get_or_insert_with(|| at("keeps the browser's profile in a temporary folder"));
        let flag = browser.sandbox.as_str();
        let open = |source: &Source| {
            source.tokens.iter().any(|token| token.text().is_some_and(|text| text.contains(flag)))
        };
        if !sources.iter().any(open) {
            scan.findings.push(sandbox(flag, at("starts it")));
        }
    }
    Ok(())
}

fn sandbox(flag: &str, evidence: Evidence) -> Finding {
    Finding::new(
        "browser-sandbox",
        Severity::Warning,
        format!("the browser is started without {flag}"),
        [evidence],
        "its sandbox needs namespaces that a container has only with extra rights: it ends as it starts",
        format!(
            "start it with args: [\"{flag}\", \"--disable-dev-shm-usage\"], or give the container a seccomp profile that allows it"
        ),
    )
}

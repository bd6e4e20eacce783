//! Plugins that connect to a database during the build: migrations and code generators.

use std::collections::BTreeSet;

use anyhow::Result;

use super::App;
use super::codes;
use super::plugins::{self, Execution, Plugin};
use super::pom::Model;
use super::started::profiles_named;
use super::tables::NeedsDatabase;
use crate::facts::{Evidence, Finding};

/// The phases that `package` runs.
pub(super) const PHASES: [&str; 17] = [
    "validate",
    "initialize",
    "generate-sources",
    "process-sources",
    "generate-resources",
    "process-resources",
    "compile",
    "process-classes",
    "generate-test-sources",
    "process-test-sources",
    "generate-test-resources",
    "process-test-resources",
    "test-compile",
    "process-test-classes",
    "test",
    "prepare-package",
    "package",
];

/// Databases that run inside the build process itself.
const EMBEDDED: [&str; 4] = ["jdbc:h2:", "jdbc:hsqldb:", "jdbc:sqlite:", "jdbc:derby:"];

/// Reports the plugins that need a database, once for all of them.
pub(super) fn needed(app: &App, selected: &[&Model]) -> Result<Option<Finding>> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut properties: BTreeSet<String> = BTreeSet::new();
    for model in selected {
        let all = plugins::of(model);
        for row in &app.tables.needs_database {
            let Some(plugin) = all.get(&row.plugin) else { continue };
            let runs = plugin.executions.values().filter(|run| is_run(row, run));
            for (address, at) in runs.filter_map(|run| address(row, model, plugin, run)) {
                let artifact = row.plugin.rsplit(':').next().unwrap_or_default();
                let goal = row.goals.first().map(String::as_str).unwrap_or_default();
                names.insert(format!("{artifact}:{goal}"));
                properties.extend(unset(&address));
                evidence.push(at);
            }
        }
    }
    if names.is_empty() {
        return Ok(None);
    }
    evidence.sort();
    evidence.dedup();
    let profiles = setting(app, &properties);
    let read = profiles_named(app)?;
    let names = Vec::from_iter(names).join(" and ");
    let mut what = format!("the build connects to a database: {names}");
    if let (Some(property), false) = (properties.first(), profiles.is_empty()) {
        let all = profiles.join(", ");
        what = format!("{what}; only the profile {all} sets ${{{property}}}");
    }
    let mut finding = Finding::new(codes::BUILD_DATABASE, what, evidence);
    if let Some((named, at)) = read {
        finding.evidence.push(at);
        finding = finding.with_fix(format!(
            "generate the code before the image is built and commit it, or build the archive where \
             the database is (`-P {named}`) and copy it into an image"
        ));
    }
    Ok(Some(finding))
}

/// True if the build of the archive runs the execution.
fn is_run(row: &NeedsDatabase, run: &Execution) -> bool {
    let phase = run.phase().or(row.phase.as_deref());
    run.goals.iter().any(|goal| row.goals.contains(goal))
        && phase.is_some_and(|phase| PHASES.contains(&phase))
}

/// The address of the database, with its place. None if the database runs inside the build, or if
/// the plugin is turned off.
fn address(
    row: &NeedsDatabase,
    model: &Model,
    plugin: &Plugin,
    run: &Execution,
) -> Option<(String, Evidence)> {
    let off = plugin.text_of(model, run, "skip").is_some_and(|(value, _)| value == "true");
    let reads_files = row.unless.as_ref().is_some_and(|(way, part)| {
        plugin.text_of(model, run, way).is_some_and(|(value, _)| value.contains(part))
    });
    let stated = plugin.text_of(model, run, &row.address);
    let stated = stated.or_else(|| {
        let (value, _) = model.property(row.property.as_deref()?)?;
        Some((model.resolve(&value), plugin.evidence.clone()))
    });
    let (address, at) = stated?;
    let embedded = EMBEDDED.iter().any(|start| address.starts_with(start));
    (!off && !reads_files && !embedded).then_some((address, at))
}

/// The properties in a text that nothing sets.
fn unset(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split("${").skip(1).filter_map(|rest| rest.split_once('}'));
    parts.map(|(name, _)| name.to_owned())
}

/// The profiles that set one of these properties.
fn setting(app: &App, properties: &BTreeSet<String>) -> Vec<String> {
    let all = app.model.lineage.iter().flat_map(|level| level.root.list("profiles"));
    let sets = all.filter(|profile| {
        profile.list("properties").any(|property| properties.contains(&property.name))
    });
    sets.filter_map(|profile| Some(profile.text_at("id")?.to_owned())).collect()
}

//! The variables with which the repository's own Dockerfile gathers the static files.

use std::collections::{BTreeMap, BTreeSet};

use super::super::App;
use super::super::demands::Demand;
use crate::code::is_env_name;
use crate::facts::{EnvVar, Evidence, Finding, FindingCode};
use crate::recipes;

/// The command that gathers them.
const COMMAND: &str = "collectstatic";

/// Variables of the system, and those that no container needs.
const OTHERS: [&str; 8] = [
    "DEBUG",
    "DJANGO_SETTINGS_MODULE",
    "HOME",
    "PATH",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "VIRTUAL_ENV",
];

/// Maximum number of names in the message.
const MAX_NAMES: usize = 6;

/// The variables, with the command that has them.
#[derive(Default)]
pub(super) struct Given {
    /// The line itself sets them, or a line above sets what the settings demand.
    vars: Vec<EnvVar>,
    evidence: Option<Evidence>,
}

/// Reads the Dockerfile that somebody wrote.
pub(super) fn given(app: &App, demands: &BTreeMap<String, Demand>) -> Given {
    let mut given = Given::default();
    let Ok(written) = recipes::dockerfile::written(app.dir.repo, &app.dir.path) else {
        return given;
    };
    let mut commands = written.0.iter().flat_map(|(_, image)| &image.commands);
    let Some(ran) = commands.find(|ran| ran.words.iter().any(|word| word == COMMAND)) else {
        return given;
    };
    // `env KEY=x python manage.py ..`
    let by_env = ran.words.iter().skip(1).filter(|_| ran.words[0] == "env");
    let by_env = by_env.map_while(|word| word.split_once('='));
    let by_env = by_env.map(|(key, value)| (key.to_owned(), value.to_owned()));
    let above = ran.around.iter().filter(|(key, _)| demands.contains_key(key)).cloned();
    let mut seen = BTreeSet::new();
    for (key, value) in ran.env.iter().cloned().chain(by_env).chain(above) {
        let value = value.trim_matches(['"', '\'']).to_owned();
        let plain = !value.contains(['$', '`', '\n']) && !value.is_empty();
        let other = OTHERS.contains(&key.as_str()) && key != "DJANGO_SETTINGS_MODULE";
        if plain && !other && is_env_name(&key) && seen.insert(key.clone()) {
            given.vars.push(EnvVar { key, value });
        }
    }
    given.evidence = Some(ran.evidence.clone());
    given
}

impl Given {
    /// Takes the values in place of what dockgen would make up.
    pub(super) fn fill(&self, env: &mut Vec<EnvVar>) {
        for var in &self.vars {
            env.retain(|held| held.key != var.key);
            env.push(var.clone());
        }
    }

    /// Says which of them the image does not set: the code does not show whether it needs them.
    pub(super) fn finding(&self, demands: &BTreeMap<String, Demand>) -> Option<Finding> {
        let names = self.vars.iter().map(|var| var.key.as_str());
        let said = |name: &&str| !OTHERS.contains(name) && !demands.contains_key(*name);
        let names: Vec<&str> = names.filter(said).take(MAX_NAMES).collect();
        let (first, evidence) = (names.first()?, self.evidence.clone()?);
        let what = format!(
            "the repository gathers the static files with {}, which the image does not set",
            names.join(", ")
        );
        let fix = format!(
            "give `docker run` those that your container needs: `-e {first}=...` or --env-file"
        );
        Some(Finding::new(FindingCode::VariablesGiven, what, [evidence]).with_fix(fix))
    }
}

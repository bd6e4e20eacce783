//! Environment files and variables in any language: those that a program cannot start without, and
//! examples of them.

use anyhow::Result;

use crate::env_example::NAMES;
use crate::facts::{Evidence, Finding, FindingCode, Program, Sourced};
use crate::path::RelPath;
use crate::repo::Repo;
use crate::settings::assignments;

/// The value of a variable in an example environment file, from the first folder that has one.
pub(super) fn example(
    repo: &Repo,
    folders: &[&RelPath],
    key: &str,
) -> Result<Option<(String, Evidence)>> {
    for folder in folders {
        for path in NAMES.iter().filter_map(|name| folder.join(name)) {
            let Some(text) = repo.source_text(&path)? else { continue };
            if let Some(found) = assignments(&text)
                .into_iter()
                .find(|found| found.key.trim_start_matches("export ") == key)
            {
                let note = format!("{key} is `{}` in the example", found.value);
                return Ok(Some((found.value, Evidence::at(&path, found.line, note))));
            }
        }
    }
    Ok(None)
}

/// Variables that the engine sets in every container.
pub(super) const GIVEN: [&str; 3] = ["HOME", "HOSTNAME", "PATH"];

/// Maximum number of variables in one finding.
const MAX_NAMED: usize = 12;

/// Takes back what was said of variables to which a unit, a compose file or documentation has given
/// a value since.
pub(super) fn settled(program: &mut Program) {
    let set = |name: &str| program.env.iter().any(|held| held.value.key == name);
    let (given, open): (Vec<Sourced<String>>, Vec<Sourced<String>>) =
        std::mem::take(&mut program.required).into_iter().partition(|held| set(&held.value));
    // Other findings of this code are about other variables.
    let names_one = |found: &Finding| {
        let mut words = found.what.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        words.any(|word| given.iter().any(|held| held.value == word))
    };
    let said = program.findings.len();
    program
        .findings
        .retain(|found| found.code != FindingCode::VariablesRequired || !names_one(found));
    if program.findings.len() == said {
        program.required = open;
        return;
    }
    let first = |held: Sourced<String>| Some((held.value, held.evidence.into_iter().next()?));
    required(program, open.into_iter().filter_map(first));
}

/// Reports the variables without which the program exits, each with its place, except those that
/// the image sets. The first ones are named first.
pub(super) fn required(program: &mut Program, found: impl IntoIterator<Item = (String, Evidence)>) {
    let mut found: Vec<(String, Evidence)> = found.into_iter().collect();
    found.retain(|(name, _)| {
        !GIVEN.contains(&name.as_str())
            && program.port_variable.as_deref() != Some(name.as_str())
            && !program.env.iter().any(|held| held.value.key == *name)
    });
    if found.is_empty() {
        return;
    }
    let all = found.iter().map(|(name, evidence)| Sourced::new(name.clone(), evidence.clone()));
    program.required.extend(all);
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).take(MAX_NAMED).collect();
    let more = found.len().saturating_sub(names.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let set: Vec<String> = names.iter().map(|name| format!("-e {name}=...")).collect();
    program.findings.push(
        Finding::new(
            FindingCode::VariablesRequired,
            format!("the program has no default for {}{more}", names.join(", ")),
            found.iter().map(|(_, evidence)| evidence.clone()).take(MAX_NAMED),
        )
        .with_fix(format!(
            "set them when the container starts: `docker run {} ...`",
            set.join(" ")
        )),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{EnvVar, Kind};

    #[test]
    fn what_a_recipe_gives_is_no_longer_demanded_and_the_rest_still_is() {
        let at = || Evidence::file(&RelPath::root(), "here");
        let mut program = Program::new("a", "a".to_owned(), Kind::Service, at());
        required(&mut program, ["A_KEY", "B_KEY"].map(|name| (name.to_owned(), at())));
        let either = ["C_KEY", "D_KEY"].map(str::to_owned);
        program.findings.push(Finding::one_variable_required(&either, at()));
        let var = EnvVar { key: "A_KEY".to_owned(), value: "x".to_owned() };
        program.env.push(Sourced::new(var, at()));
        settled(&mut program);
        let said: Vec<&str> = program.findings.iter().map(|found| found.what.as_str()).collect();
        let rest = "the program has no default for B_KEY";
        assert_eq!(said, ["the program ends unless one of C_KEY, D_KEY is set", rest]);
        assert_eq!(program.required.len(), 1);
    }
}

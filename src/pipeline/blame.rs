//! The proof of a Dockerfile, and whose fault it is where there is none: a template of the
//! repository's own, an answer, a value of the repository, or dockgen's.

use anyhow::{Result, anyhow, bail};

use super::{App, files, flag};
use crate::ask::Origin;
use crate::docker::ignore::IgnoreFile;
use crate::docker::lint;
use crate::docker::parse::parse;
use crate::path::RelPath;
use crate::plan::Plan;
use crate::render::{self, Override};
use crate::repo::Repo;

/// Reads the rendered text back and holds it against the rules; the name of the stage that is built
/// by default.
pub(super) fn prove(
    dockerfile: &str,
    plan: &Plan,
    overrides: &[Override],
    repo: &Repo,
    ignore: &IgnoreFile,
) -> Result<Option<String>> {
    let parsed = parse(dockerfile)?;
    // Only a template of a person's may allow anything: a value of the repository in a comment may
    // not.
    let heeds = |comment: &str| {
        let mut lines = overrides.iter().flat_map(|(_, text)| text.lines());
        lines.any(|line| line.trim().strip_prefix('#').is_some_and(|text| text.trim() == comment))
    };
    let mut broken = lint::lint_heeding(&parsed, plan, repo, ignore, &heeds);
    broken.extend(lint::injection(&parsed, plan, &|plan| render::dockerfile(plan, overrides))?);
    if !broken.is_empty() {
        let broken: Vec<String> = broken.iter().map(ToString::to_string).collect();
        bail!("the planned text breaks rules: {}", broken.join("; "));
    }
    Ok(parsed.last().and_then(|stage| stage.name.clone()))
}

impl App<'_> {
    /// The error with the file or the flag in front whose answer it quotes.
    pub(super) fn place(&self, error: anyhow::Error) -> anyhow::Error {
        let text = format!("{error:#}");
        let Some(quoted) = text.split('`').nth(1).filter(|word| !word.is_empty()) else {
            return error;
        };
        let answer = self.answers.iter().find(|(_, value, _)| value.contains(quoted));
        match answer {
            Some((id, _, origin)) => {
                let place = self.origin(id, origin);
                if text.starts_with(&place) { error } else { anyhow!("{place}: {text}") }
            }
            None => error,
        }
    }

    fn origin(&self, id: &str, origin: Origin) -> String {
        if origin == Origin::File { self.config.place(id) } else { flag(id) }
    }

    /// Why nothing is written, with who can mend it. `own_would_do`: the built-in templates alone
    /// give no such error.
    pub(super) fn blame(
        &self,
        error: &anyhow::Error,
        dockerfile: &RelPath,
        plan: &Plan,
        overrides: &[Override],
        own_would_do: &dyn Fn() -> bool,
    ) -> anyhow::Error {
        let error = format!("{dockerfile} was not written: {error:#}");
        if !overrides.is_empty() && own_would_do() {
            let folder = self.facts.dir.join(files::TEMPLATES).unwrap_or_default();
            let names: Vec<String> =
                overrides.iter().map(|(name, _)| format!("{folder}/{name}")).collect();
            return anyhow!(
                "{error}; the repository's own templates cause it, and the built-in ones would not: mend or remove {}",
                names.join(", ")
            );
        }
        let quoted = plan.decisions.iter().filter(|decision| {
            decision.origin == Origin::Default
                && !decision.value.is_empty()
                && error.contains(&decision.value)
        });
        let stated = quoted
            .filter(|decision| !decision.evidence.is_empty())
            .max_by_key(|decision| decision.value.len());
        let answered: Vec<String> =
            self.answers.iter().map(|(id, _, origin)| self.origin(id, origin)).collect();
        if !answered.is_empty() {
            return anyhow!(
                "{error}; try again without what was answered ({}): if the error stays, it is dockgen's, and a report \
                 of it is welcome",
                answered.join(", ")
            );
        }
        if let Some(evidence) = stated.and_then(|decision| decision.evidence.first()) {
            return anyhow!(
                "{error}; the value comes from {}: write it there in another way, if it can be",
                evidence.place()
            );
        }
        anyhow!(
            "{error}; no answer and no template causes it: this is a bug in dockgen, please report it"
        )
    }
}

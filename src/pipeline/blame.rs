//! Checks a Dockerfile and, if a check fails, finds the cause: a template of the repository, an
//! answer, a value of the repository, or dockgen.

use anyhow::{Result, anyhow, bail};

use super::{App, files, flag};
use crate::ask::{Origin, Unfit};
use crate::docker::ignore::IgnoreFile;
use crate::docker::lint;
use crate::docker::parse::parse;
use crate::path::RelPath;
use crate::plan::Plan;
use crate::render::{self, Override};
use crate::repo::Repo;

/// Parses the rendered text and checks it against the rules. Returns the name of the stage that is
/// built by default.
pub(super) fn prove(
    dockerfile: &str,
    plan: &Plan,
    overrides: &[Override],
    repo: &Repo,
    ignore: &IgnoreFile,
) -> Result<Option<String>> {
    let parsed = parse(dockerfile)?;
    // Only a user's template may allow a violation; a value of the repository in a comment may not.
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
    /// The error, prefixed with the file or flag whose answer it quotes.
    pub(super) fn place(&self, error: anyhow::Error) -> anyhow::Error {
        let text = format!("{error:#}");
        if let Some(Unfit { id, .. }) = error.downcast_ref()
            && let Some(origin) = self.answers.origin(id)
        {
            return anyhow!("{}: {text}", self.origin(id, origin));
        }
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

    /// Why nothing is written, and who can fix it. `own_would_do`: the built-in templates alone do
    /// not cause the error.
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
                "{error}; the repository's own templates cause it, and the built-in ones do not: \
                 fix or remove {}",
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
                "{error}; try again without the answers ({}): if the error remains, it is a bug in \
                 dockgen, so please report it",
                answered.join(", ")
            );
        }
        if let Some(evidence) = stated.and_then(|decision| decision.evidence.first()) {
            return anyhow!(
                "{error}; the value comes from {}: change it there if possible",
                evidence.place()
            );
        }
        anyhow!(
            "{error}; neither an answer nor a template causes it: this is a bug in dockgen, please \
             report it"
        )
    }
}

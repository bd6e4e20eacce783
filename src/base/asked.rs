//! What a person asked an image to have: packages by their names in a distribution, and a shell.

use std::collections::BTreeMap;

use crate::ask::{Answers, id};
use crate::catalog::{BaseRow, SystemPackage};
use crate::plan::split_words;

/// What the answers require of the image and of its builder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The answer that needs a shell in the image.
    shell: Option<&'static str>,
    /// Packages of the final image.
    pub(super) packages: Vec<String>,
    /// Packages of the builder.
    pub(super) build_packages: Vec<String>,
}

impl Asked {
    /// What these answers require.
    pub(crate) fn of(answers: &Answers) -> Self {
        let health = answers.get(id::HEALTH_COMMAND).and_then(|words| split_words(words).ok());
        let in_shell = health.is_some_and(|words| {
            words.first().is_some_and(|word| ["sh", "/bin/sh"].contains(&word.as_str()))
        });
        let given = |id: &str| answers.get(id).is_some_and(|answer| !answer.trim().is_empty());
        let shell = if given(id::BEFORE_START) {
            Some(id::BEFORE_START)
        } else {
            in_shell.then_some(id::HEALTH_COMMAND)
        };
        Self {
            shell,
            packages: answers.list(id::PACKAGE),
            build_packages: answers.list(id::BUILD_PACKAGE),
        }
    }

    /// True if nothing is asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.shell.is_none() && self.packages.is_empty() && self.build_packages.is_empty()
    }

    /// Why a row cannot have it. `chosen`: a person chose the family, and knows its packages.
    pub(super) fn objection(
        &self,
        row: &BaseRow,
        known: &BTreeMap<String, SystemPackage>,
        chosen: bool,
    ) -> Option<String> {
        if let (Some(answer), false) = (self.shell, row.shell) {
            return Some(format!("`{answer}` needs a shell, and it has none"));
        }
        if let Some(name) = self.packages.first() {
            if row.site {
                return Some(format!(
                    "`{name}` cannot be installed there: a site is served from the image of a web \
                     server, to which nothing is added"
                ));
            }
            if row.installer.is_none() {
                return Some(format!(
                    "`{name}` cannot be installed there: it has no package manager"
                ));
            }
        }
        let apk = row.installer.as_deref() == Some("apk");
        let musl = row.builder == "musl";
        let mut packages = self.packages.iter().map(|name| (name, apk));
        let mut all = packages.by_ref().chain(self.build_packages.iter().map(|name| (name, musl)));
        all.find_map(|(name, alpine)| misnamed(name, alpine, known, chosen))
    }

    /// What is asked for, in a few words.
    pub(super) fn words(&self) -> impl Iterator<Item = String> {
        let shell = self.shell.map(|answer| format!("a shell for {answer}"));
        shell.into_iter().chain(self.packages.iter().cloned())
    }
}

/// Why a distribution, Alpine or Debian, has no package of that name, as far as the table tells. A
/// name that the table does not know is taken for Debian's, unless a person chose Alpine.
fn misnamed(
    name: &str,
    alpine: bool,
    known: &BTreeMap<String, SystemPackage>,
    chosen: bool,
) -> Option<String> {
    let bare = name.split('=').next().unwrap_or_default();
    let has = |package: &SystemPackage, alpine| package.names(alpine).any(|held| held == bare);
    if known.values().any(|package| has(package, alpine)) {
        return None;
    }
    let (here, there) = if alpine { ("Alpine", "Debian") } else { ("Debian", "Alpine") };
    let other = known.values().find(|package| has(package, !alpine));
    match other.map(|package| package.names(alpine).collect::<Vec<_>>()) {
        Some(own) if own.is_empty() => {
            Some(format!("`{name}` is a package of {there}, and {here} has none for it"))
        }
        Some(own) => Some(format!(
            "`{name}` is the name of a package in {there}; in {here} it is {}",
            own.join(" ")
        )),
        None if alpine && !chosen => Some(format!(
            "dockgen does not know whether Alpine has a package `{name}` (--base alpine, if it has)"
        )),
        None => None,
    }
}

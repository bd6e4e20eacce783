//! Dependencies in git repositories that only who has a key or a token may read.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::project::Project;
use crate::detect::rust::codes;
use crate::facts::{Evidence, Finding};
use crate::recipes;

/// What opens the repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Access {
    /// A key of the ssh agent.
    Ssh,
    /// The settings of git that hold a token.
    Token,
}

impl Access {
    /// Its name in the template.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Ssh => "ssh",
            Self::Token => "token",
        }
    }
}

/// A dependency of that kind, and how it is fetched.
#[derive(Clone, Debug)]
pub(super) struct Private {
    pub(super) access: Access,
    pub(super) name: String,
    pub(super) evidence: Evidence,
}

/// The cached answer of [`private`], which every program of a workspace asks for.
struct Found(Option<Private>);

/// The first dependency that Cargo.lock takes from such a repository. A public one needs nothing: a
/// recipe of the repository says that git replaces the address by one with a token.
pub(super) fn private(project: &Project) -> Result<Option<Private>> {
    let repo = project.dir.repo;
    let found = repo.once(&project.workspace.root, || Ok(Found(find(project)?)))?;
    Ok(found.0.clone())
}

fn find(project: &Project) -> Result<Option<Private>> {
    let Some(lock) = project.lock.filter(|_| project.config.vendored.is_empty()) else {
        return Ok(None);
    };
    let replaced = replaced(project)?;
    let found = lock.packages.iter().find_map(|package| {
        let address = package.source.as_deref()?.strip_prefix("git+")?;
        let own = replaced.iter().find(|(from, _)| address.starts_with(from));
        let access = match own {
            _ if address.starts_with("ssh://") => Access::Ssh,
            Some((_, access)) => *access,
            None => return None,
        };
        let evidence = lock.at(package, "its source is a git repository");
        Some(Private { access, name: package.name.clone(), evidence })
    });
    Ok(found)
}

/// The beginnings of addresses in whose place a recipe gives git others: `git config --global
/// url."https://x:TOKEN@host/".insteadOf "https://host/"`.
fn replaced(project: &Project) -> Result<Vec<(String, Access)>> {
    let steps = recipes::steps_of(project.dir.repo, &project.workspace.root, &["git"])?;
    let found = steps.into_iter().filter_map(|step| {
        let lower = |word: &String| word.to_ascii_lowercase();
        let at = step.words.iter().position(|word| {
            let word = lower(word);
            word.starts_with("url.") && word.ends_with(".insteadof")
        })?;
        let from = step.words.get(at + 1)?.clone();
        let to = &step.words[at]["url.".len()..];
        let access = if to.starts_with("ssh") || to.starts_with("git@") {
            Access::Ssh
        } else {
            Access::Token
        };
        (to.contains('@') && from.len() > "https://".len()).then_some((from, access))
    });
    Ok(found.collect())
}

/// What to say about it.
pub(super) fn finding(private: &Private) -> Finding {
    let (how, fix) = match private.access {
        Access::Ssh => (
            "over ssh",
            "build with `docker build --ssh default ...`, which lends the keys of your ssh agent",
        ),
        Access::Token => (
            "with a token",
            "put the same `url.<base>.insteadOf` into a file that git reads, and build with \
             `docker build --secret id=gitconfig,src=FILE ...`",
        ),
    };
    let what = format!("cargo fetches `{}` from a git repository {how}", private.name);
    Finding::new(codes::PRIVATE_GIT_DEPENDENCY, what, [private.evidence.clone()]).with_fix(fix)
}

#[cfg(test)]
mod tests {
    use crate::detect::rust::tests::facts;

    /// A package that depends on another one from `source`, with `ci` as the script of a workflow.
    fn of(source: &str, ci: &str) -> (Vec<String>, bool) {
        let manifest = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n\
                        [dependencies]\nkit = \"1\"\n";
        let lock = format!(
            "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"0.1.0\"\ndependencies = [\n \"kit\",\n]\n\n\
             [[package]]\nname = \"kit\"\nversion = \"1.0.0\"\nsource = \"{source}\"\n"
        );
        let workflow = format!(
            "jobs:\n  build:\n    steps:\n      - run: {ci}\n      - run: cargo build --release\n"
        );
        let facts = facts(
            &[
                ("Cargo.toml", manifest),
                ("Cargo.lock", &lock),
                ("src/main.rs", "fn main() {}"),
                (".github/workflows/ci.yml", &workflow),
            ],
            "",
        );
        let said =
            facts.findings.iter().filter(|one| one.code.as_str() == "private-git-dependency");
        let git = facts.programs[0].needs.packages.iter().any(|one| one.value == "git-at-build");
        (said.map(|one| one.what.clone()).collect(), git)
    }

    #[test]
    fn keys_and_tokens() {
        let ssh = "git+ssh://git@example.com/acme/kit.git?tag=v1#2f0f4a5";
        let said = "cargo fetches `kit` from a git repository over ssh".to_owned();
        assert_eq!(of(ssh, "cargo test"), (vec![said.clone()], true));
        let public = "git+https://example.com/acme/kit?tag=v1#2f0f4a5";
        assert_eq!(of(public, "cargo test"), (Vec::new(), false));
        let token = "git config --global url.\"https://x:${{ secrets.KIT }}@example.com/\".insteadOf \
                     \"https://example.com/\"";
        let with_token = said.replace("over ssh", "with a token");
        assert_eq!(of(public, token), (vec![with_token], true));
        let other = token.replace("example.com", "example.org");
        assert_eq!(of(public, &other), (Vec::new(), false));
        let by_ssh =
            "git config --global url.\"ssh://git@example.com/\".insteadOf https://example.com/";
        assert_eq!(of(public, by_ssh), (vec![said], true));
    }
}

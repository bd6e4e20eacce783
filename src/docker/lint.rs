//! Checks the invariants of a Dockerfile against the plan, the repository and the .dockerignore.
//!
//! It checks what the templates wrote, including a user's templates, and files that people edited.
//! A comment `# dockgen: allow=DG007` directly above an instruction allows violations of that rule
//! there. Allowed violations that concern images, the syntax line or commands are still reported.

mod images;
mod injection;
mod scope;
mod sources;
mod stages;
mod start;
mod words;

use std::collections::BTreeMap;
use std::fmt;

pub use injection::injection;
pub use words::{is_secret_name, names_a_secret};

use crate::catalog;
use crate::docker::ignore::IgnoreFile;
use crate::docker::parse::{Dockerfile, Instruction};
use crate::plan::Plan;
use crate::repo::Repo;

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule, such as `DG001`.
    pub code: &'static str,
    /// The line number, from 1.
    pub line: usize,
    /// What is wrong, why it matters, and what to do.
    pub message: String,
    /// A comment above it allows it, and its rule is reported even so.
    pub allowed: bool,
    /// The file had it when a person adopted it.
    pub adopted: bool,
}

impl Violation {
    fn new(code: &'static str, line: usize, message: String) -> Self {
        Self { code, line, message, allowed: false, adopted: false }
    }

    /// True if it only reports that somebody allowed it, or decided otherwise than the plan.
    pub fn is_choice(&self) -> bool {
        self.allowed || self.adopted || PLANNED.contains(&self.code)
    }

    /// Why it is no error, if that is not the plan's.
    pub(crate) fn excuse(&self) -> &'static str {
        match (self.allowed, self.adopted) {
            (true, _) => " (a comment allows it)",
            (false, true) => " (the file was adopted with it)",
            (false, false) => "",
        }
    }

    /// The same violation on whatever line.
    pub(crate) fn key(&self) -> String {
        format!("{}: {}", self.code, self.message)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, line, message, .. } = self;
        write!(f, "line {line}: {code}: {message}{}", self.excuse())
    }
}

/// An invariant.
pub struct Rule {
    /// `DG001`.
    pub code: &'static str,
    /// What it requires, in a few words.
    pub name: &'static str,
    check: fn(&Subject) -> Vec<Found>,
}

/// What the rules check.
struct Subject<'a> {
    file: &'a Dockerfile,
    plan: &'a Plan,
    repo: &'a Repo,
    ignore: &'a IgnoreFile,
    scopes: scope::Scopes,
}

/// A violation without its code: line and message.
type Found = (usize, String);

/// Every rule.
pub const RULES: &[Rule] = &[
    Rule { code: "DG001", name: "the first line names the frontend", check: syntax },
    Rule { code: "DG002", name: "every stage is used", check: stages::all_are_used },
    Rule {
        code: "DG003",
        name: "every --from names an earlier stage or an image",
        check: stages::sources_exist,
    },
    Rule {
        code: "DG004",
        name: "the image runs as a numeric user other than root",
        check: start::user,
    },
    Rule {
        code: "DG005",
        name: "ENTRYPOINT is the plan's, in exec form",
        check: start::entrypoint,
    },
    Rule { code: "DG006", name: "CMD is the plan's, in exec form", check: start::cmd },
    Rule { code: "DG007", name: "no shell is asked for where there is none", check: start::shell },
    Rule { code: "DG008", name: "every image is the plan's", check: images::planned },
    Rule { code: "DG009", name: "every image has a fixed tag", check: images::fixed },
    Rule { code: "DG010", name: "every source in the build context exists", check: sources::exist },
    Rule {
        code: "DG011",
        name: "the .dockerignore lets every source in",
        check: sources::reach_the_context,
    },
    Rule { code: "DG012", name: "no ARG or ENV holds a secret", check: words::secrets },
    Rule { code: "DG013", name: "WORKDIR is absolute", check: words::workdir },
    Rule { code: "DG014", name: "EXPOSE is the plan's port", check: start::expose },
    Rule { code: "DG015", name: "COPY in place of ADD", check: words::add },
];

/// The code of [`injection`], which needs more than the file.
const INJECTION: &str = "DG016";

/// The code of an allowance that has no effect.
const STALE: &str = "DG017";

/// The rules that compare the file with the plan. A person may decide otherwise, and the image
/// still works.
const PLANNED: [&str; 4] = ["DG005", "DG006", "DG008", "DG014"];

/// The rules on what is fetched and what is run: the frontend, images, commands. A comment that
/// allows one of them does not silence it.
const GRAVE: [&str; 5] = ["DG001", "DG003", "DG007", "DG008", "DG009"];

/// The template that names the frontend, on its first line.
const HEADER: &str = "base/header.Dockerfile";

/// The comment that allows a violation.
const ALLOW: &str = "dockgen: allow=";

/// Every violation of a file on disk, by line.
pub fn lint(
    dockerfile: &Dockerfile,
    plan: &Plan,
    repo: &Repo,
    ignore: &IgnoreFile,
) -> Vec<Violation> {
    lint_heeding(dockerfile, plan, repo, ignore, &|_| true)
}

/// As [`lint`], but only the comments that `heeds` accepts may allow a violation.
pub fn lint_heeding(
    dockerfile: &Dockerfile,
    plan: &Plan,
    repo: &Repo,
    ignore: &IgnoreFile,
    heeds: &dyn Fn(&str) -> bool,
) -> Vec<Violation> {
    let subject =
        Subject { file: dockerfile, plan, repo, ignore, scopes: scope::Scopes::of(dockerfile) };
    let mut violations: Vec<Violation> = Vec::new();
    for rule in RULES {
        let found = (rule.check)(&subject);
        let named = |(line, message)| Violation::new(rule.code, line, message);
        violations.extend(found.into_iter().map(named));
    }
    let mut kept = allow(dockerfile, violations, heeds);
    kept.sort_by_key(|violation| (violation.line, violation.code));
    kept
}

/// Removes or marks the violations that a comment allows. An allowance that removes nothing is a
/// violation itself.
fn allow(
    dockerfile: &Dockerfile,
    mut violations: Vec<Violation>,
    heeds: &dyn Fn(&str) -> bool,
) -> Vec<Violation> {
    // By code and by line of the instruction: the lines of the comments, and whether they allow
    // anything.
    let mut allowed: BTreeMap<(String, usize), (Vec<usize>, bool)> = BTreeMap::new();
    for (at, instruction) in dockerfile.instructions().enumerate() {
        for (line, code) in allowances(instruction, at == 0, heeds) {
            allowed.entry((code, instruction.line)).or_default().0.push(line);
        }
    }
    let first = dockerfile.instructions().next().map_or(0, |instruction| instruction.line);
    violations.retain_mut(|violation| {
        // Violations at the head of the file are allowed above its first instruction.
        let key = (violation.code.to_owned(), violation.line.max(first));
        let Some((_, used)) = allowed.get_mut(&key) else { return true };
        *used = true;
        violation.allowed = true;
        GRAVE.contains(&violation.code)
    });
    for ((code, _), (lines, used)) in allowed {
        // The first comment removes all that there is to remove; a repeated one has no effect.
        let grave = GRAVE.contains(&code.as_str());
        let fine = if used && grave { lines.len() } else { usize::from(used) };
        violations.extend(lines.into_iter().skip(fine).map(|line| {
            let message = format!(
                "`allow={code}` allows nothing here: remove it, so that it hides nothing later"
            );
            Violation::new(STALE, line, message)
        }));
    }
    violations
}

/// The codes that the comments directly above an instruction allow, with their lines.
fn allowances(
    instruction: &Instruction,
    first: bool,
    heeds: &dyn Fn(&str) -> bool,
) -> Vec<(usize, String)> {
    let mut codes = Vec::new();
    let mut below = instruction.line;
    for comment in instruction.comments.iter().rev() {
        if comment.line + 1 != below && !first {
            break;
        }
        below = comment.line;
        let listed = comment.text.strip_prefix(ALLOW).filter(|_| heeds(&comment.text));
        let listed = listed.unwrap_or_default();
        let words =
            listed.split([',', ' ']).map(str::trim).take_while(|word| word.starts_with("DG"));
        codes.extend(words.map(|code| (comment.line, code.to_owned())));
    }
    codes
}

/// The frontend fixes the meaning of the file, whatever the version of the engine.
fn syntax(subject: &Subject) -> Vec<Found> {
    let frontend = subject.file.directives.syntax.as_ref();
    let right = frontend.is_some_and(|directive| {
        let image = directive.value.split('@').next().unwrap_or_default();
        directive.line == 1
            && planned_frontend().is_some_and(|planned| {
                image
                    .strip_prefix(planned)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
    });
    if right {
        return Vec::new();
    }
    let line = frontend.map_or(1, |directive| directive.line);
    let message = match frontend {
        Some(directive) if !directive.value.is_empty() => format!(
            "the first line does not name version 1 of Docker's frontend: `{}` would read the file, and decides what \
             is built from it; begin the file with `# syntax=`, as `dockgen init` does",
            directive.value
        ),
        _ => "the first line does not name version 1 of Docker's frontend: without it, an older engine reads the \
              file by its own, older rules; begin the file with `# syntax=`, as `dockgen init` does"
            .to_owned(),
    };
    vec![(line, message)]
}

/// The frontend that every planned Dockerfile names.
fn planned_frontend() -> Option<&'static str> {
    catalog::text(HEADER).ok()?.lines().next()?.strip_prefix("# syntax=").map(str::trim)
}

#[cfg(test)]
mod tests;

//! Proves the invariants of a Dockerfile against the plan, the repository and the .dockerignore.
//!
//! It judges what the templates wrote, a user's templates included, and files that people edited. A
//! comment `# dockgen: allow=DG007` directly above an instruction allows that rule's violations
//! there.

mod images;
mod injection;
mod scope;
mod sources;
mod stages;
mod start;
mod words;

use std::fmt;

pub use injection::injection;

use crate::docker::ignore::IgnoreFile;
use crate::docker::parse::{Dockerfile, Instruction};
use crate::plan::Plan;
use crate::repo::Repo;

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The rule: `DG001`.
    pub code: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, why it matters, and what to do.
    pub message: String,
}

impl Violation {
    /// It says that somebody decided otherwise than the plan, and no more.
    pub fn is_choice(&self) -> bool {
        PLANNED.contains(&self.code)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}: {}", self.line, self.code, self.message)
    }
}

/// An invariant.
pub struct Rule {
    /// `DG001`.
    pub code: &'static str,
    /// What it asks for, in a few words.
    pub name: &'static str,
    check: fn(&Subject) -> Vec<Found>,
}

/// What a rule looks at.
struct Subject<'a> {
    file: &'a Dockerfile,
    plan: &'a Plan,
    repo: &'a Repo,
    ignore: &'a IgnoreFile,
}

/// A violation before it has its code: line and message.
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

/// The code of [`injection`], which needs more than a file.
const INJECTION: &str = "DG016";

/// The code of an allowance without effect.
const STALE: &str = "DG017";

/// The rules that compare with the plan: a person may decide otherwise, and the image works all the
/// same.
const PLANNED: [&str; 4] = ["DG005", "DG006", "DG008", "DG014"];

/// The comment that allows a violation.
const ALLOW: &str = "dockgen: allow=";

/// Every violation, by line.
pub fn lint(
    dockerfile: &Dockerfile,
    plan: &Plan,
    repo: &Repo,
    ignore: &IgnoreFile,
) -> Vec<Violation> {
    let subject = Subject { file: dockerfile, plan, repo, ignore };
    let mut violations: Vec<Violation> = Vec::new();
    for rule in RULES {
        let found = (rule.check)(&subject);
        violations.extend(found.into_iter().map(|(line, message)| Violation {
            code: rule.code,
            line,
            message,
        }));
    }
    let mut kept = allow(dockerfile, violations);
    kept.sort_by_key(|violation| (violation.line, violation.code));
    kept
}

/// Takes out what a comment allows; an allowance that takes nothing out is a violation itself.
fn allow(dockerfile: &Dockerfile, mut violations: Vec<Violation>) -> Vec<Violation> {
    let mut stale = Vec::new();
    for (at, instruction) in dockerfile.instructions().enumerate() {
        for (line, code) in allowances(instruction, at == 0) {
            let before = violations.len();
            // What concerns the head of the file is allowed above its first instruction.
            let here =
                |line: usize| line == instruction.line || (at == 0 && line < instruction.line);
            violations.retain(|violation| violation.code != code || !here(violation.line));
            if violations.len() == before {
                let message = format!(
                    "`allow={code}` allows nothing here: remove it, so that it hides nothing later"
                );
                stale.push(Violation { code: STALE, line, message });
            }
        }
    }
    violations.append(&mut stale);
    violations
}

/// The codes that the comments directly above an instruction allow, with their lines.
fn allowances(instruction: &Instruction, first: bool) -> Vec<(usize, String)> {
    let mut codes = Vec::new();
    let mut below = instruction.line;
    for comment in instruction.comments.iter().rev() {
        if comment.line + 1 != below && !first {
            break;
        }
        below = comment.line;
        let listed = comment.text.strip_prefix(ALLOW).unwrap_or_default();
        let words =
            listed.split([',', ' ']).map(str::trim).take_while(|word| word.starts_with("DG"));
        codes.extend(words.map(|code| (comment.line, code.to_owned())));
    }
    codes
}

/// The frontend fixes what the file means, whatever the engine's age.
fn syntax(subject: &Subject) -> Vec<Found> {
    let frontend = subject.file.directives.syntax.as_ref();
    let right = frontend.is_some_and(|directive| {
        let image = directive.value.split('@').next().unwrap_or_default();
        let (name, tag) = image.rsplit_once(':').unwrap_or((image, ""));
        directive.line == 1
            && name.ends_with("/dockerfile")
            && (tag == "1" || tag.starts_with("1."))
    });
    if right {
        return Vec::new();
    }
    let line = frontend.map_or(1, |directive| directive.line);
    let message = "the first line does not name version 1 of Docker's frontend: without it, an older engine reads the \
                   file by its own, older rules; begin the file with `# syntax=`, as `dockgen init` does";
    vec![(line, message.to_owned())]
}

#[cfg(test)]
mod tests;

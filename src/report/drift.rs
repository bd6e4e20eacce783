//! Differences between the repository and its generated files: for people, for scripts, for GitHub.

use std::fmt::Write;

use serde::Serialize;

use super::block;
use super::next::Here;
use crate::docker::lint::Violation;
use crate::facts::{Finding, FindingCode};
use crate::path::RelPath;
use crate::pipeline::Survey;
use crate::screen::Look;
use crate::screen::visible::inline;
use crate::state::Moved;
use crate::update::{File, Review};

/// How many changed inputs are named.
const INPUTS: usize = 5;

/// The version of the JSON format.
const SCHEMA: u32 = 1;

/// The severity of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// `check` fails.
    Error,
    /// Worth a look.
    Warning,
    /// Worth knowing.
    Note,
}

/// A message, and its place.
#[derive(Clone, Debug)]
struct Notice {
    level: Level,
    /// `moved`, `answer`, `override`, `drift`, `conflict`, `rule`.
    kind: &'static str,
    text: String,
    file: Option<RelPath>,
    line: Option<u32>,
    /// The text already names the file.
    named: bool,
}

/// An application, compared with its files.
pub(crate) struct Compared<'a> {
    /// What an update would do.
    pub review: &'a Review<'a>,
    /// The rules that the file on disk violates.
    pub violations: &'a [Violation],
}

impl Compared<'_> {
    /// True if `check` fails: an update would change something, or a rule is violated.
    pub(crate) fn fails(&self) -> bool {
        self.review.is_drifted() || self.violations.iter().any(|violation| !violation.is_choice())
    }

    /// All notices, in reading order.
    fn notices(&self, path: &dyn Fn(&RelPath) -> String) -> Vec<Notice> {
        let overrides = self.overrides();
        self.reasons(path)
            .into_iter()
            .chain(overrides)
            .chain(self.files(path))
            .chain(self.rules())
            .collect()
    }

    /// The templates that replace dockgen's.
    fn overrides(&self) -> Vec<Notice> {
        let findings = &self.review.draft.findings;
        let found = findings.iter().filter(|finding| finding.code == FindingCode::TemplateOverride);
        let notice = |finding: &Finding| {
            let evidence = finding.evidence.first();
            Notice {
                level: Level::Note,
                kind: "override",
                text: format!("{}: {}; {}", finding.what, finding.why, finding.fix),
                file: evidence.map(|evidence| evidence.file.clone()),
                line: evidence.and_then(|evidence| evidence.line),
                named: true,
            }
        };
        found.map(notice).collect()
    }

    /// An input, which the state names from the application's folder, as `path` shows it; the
    /// sources of a folder end in `/`.
    fn input(&self, input: &str, path: &dyn Fn(&RelPath) -> String) -> String {
        let (name, end) = input.strip_suffix('/').map_or((input, ""), |name| (name, "/"));
        let place = self.review.draft.plan.app.join(name);
        place.map_or_else(|| input.to_owned(), |place| format!("{}{end}", path(&place)))
    }

    /// What changed, and which answers contradict it.
    fn reasons(&self, path: &dyn Fn(&RelPath) -> String) -> Vec<Notice> {
        let review = self.review;
        let drifted = review.is_drifted();
        let level = if drifted { Level::Error } else { Level::Note };
        let dockerfile = self.dockerfile();
        let mut all: Vec<Notice> = Vec::new();
        for moved in &review.moved {
            let (file, line) = (moved.file.clone(), moved.line);
            all.push(Notice { level, kind: "moved", text: fact(moved), file, line, named: false });
        }
        if let Some((old, new)) = &review.templates {
            let text = if old == new {
                format!("the templates: not those of the last time (dockgen {new})")
            } else {
                format!("the templates: dockgen {old} -> {new}")
            };
            all.push(Notice {
                level,
                kind: "moved",
                text,
                file: Some(dockerfile.clone()),
                line: None,
                named: true,
            });
        }
        if drifted && all.is_empty() && !review.inputs.is_empty() {
            let names: Vec<String> = review
                .inputs
                .iter()
                .take(INPUTS)
                .map(|(input, _)| self.input(input, path))
                .collect();
            let more = review.inputs.len().saturating_sub(INPUTS);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let first = review.inputs.first().map(|(input, _)| input.trim_end_matches('/'));
            let file = first.and_then(|first| review.draft.plan.app.join(first));
            let text = format!("changed since: {}{more}", names.join(", "));
            all.push(Notice { level, kind: "moved", text, file, line: None, named: true });
        }
        for (decision, detected) in review.contradicted() {
            let text = format!(
                "{}: dockgen.toml says {}, and that holds; the repository says {detected}",
                decision.what, decision.value
            );
            let evidence = decision.evidence.first();
            let (file, line) = (evidence.map(|e| e.file.clone()), evidence.and_then(|e| e.line));
            all.push(Notice {
                level: Level::Warning,
                kind: "answer",
                text,
                file,
                line,
                named: false,
            });
        }
        all
    }

    /// What an update would do to the files.
    fn files(&self, path: &dyn Fn(&RelPath) -> String) -> Vec<Notice> {
        let mut all = Vec::new();
        for file in self.review.files.iter().filter(|file| file.is_drifted()) {
            let fate = match &file.disk {
                None => "is missing: `dockgen update` writes it anew",
                Some(_) if file.hunks().next().is_some() => {
                    "is behind, and was edited where it is: see `dockgen update`"
                }
                Some(_) => "is behind: `dockgen update` brings it up to date",
            };
            let mut say = |kind, text: String, line: Option<usize>| {
                let line = line.and_then(|line| u32::try_from(line).ok());
                let named = line.is_none();
                all.push(Notice {
                    level: Level::Error,
                    kind,
                    text,
                    file: Some(file.path.clone()),
                    line,
                    named,
                });
            };
            say("drift", format!("{} {fate}", path(&file.path)), None);
            for hunk in file.hunks() {
                say(
                    "conflict",
                    "edited by hand where dockgen has something new".to_owned(),
                    Some(hunk.line),
                );
            }
        }
        all
    }

    fn rules(&self) -> Vec<Notice> {
        let notice = |violation: &Violation| Notice {
            level: if violation.is_choice() { Level::Note } else { Level::Error },
            kind: "rule",
            text: format!("{}: {}{}", violation.code, violation.message, violation.excuse()),
            file: Some(self.dockerfile()),
            line: u32::try_from(violation.line).ok(),
            named: false,
        };
        self.violations.iter().map(notice).collect()
    }

    fn dockerfile(&self) -> RelPath {
        self.review.files.first().map(|file| file.path.clone()).unwrap_or_default()
    }
}

/// `toolchain 1.26 -> 1.27`, with the reason if it is not the repository.
fn fact(moved: &Moved) -> String {
    let what = &moved.what;
    let text = match (&moved.old, &moved.new) {
        (Some(old), Some(new)) => format!("{what} {old} -> {new}"),
        (None, Some(new)) => format!("{what} {new}: new"),
        (Some(old), None) => format!("{what} {old}: gone"),
        (None, None) => what.clone(),
    };
    if moved.by_dockgen { format!("{text} (dockgen decides it otherwise now)") } else { text }
}

/// All notices, for people.
pub(crate) fn text(compared: &Compared, here: &Here, look: &Look) -> String {
    shown(compared.notices(&|path| here.path(path)), here, look)
}

/// What changed, for people.
pub(crate) fn reasons(compared: &Compared, here: &Here, look: &Look) -> String {
    shown(compared.reasons(&|path| here.path(path)), here, look)
}

fn shown(notices: Vec<Notice>, here: &Here, look: &Look) -> String {
    let mut out = String::new();
    for notice in notices {
        let word = match notice.level {
            Level::Error => look.red(notice.kind),
            Level::Warning => look.yellow(notice.kind),
            Level::Note => look.cyan("note"),
        };
        let file = notice.file.filter(|_| !notice.named);
        let line = notice.line.map_or_else(String::new, |line| format!(":{line}"));
        let place = file.map_or_else(String::new, |file| format!(" ({}{line})", here.path(&file)));
        block(&mut out, &word, &format!("{}{place}", notice.text), look);
    }
    out
}

/// The conflicting hunks, both sides of each.
pub(crate) fn conflicts(review: &Review, here: &Here, look: &Look) -> String {
    let mut out = String::new();
    for (file, hunk) in
        review.files.iter().flat_map(|file| file.hunks().map(move |hunk| (file, hunk)))
    {
        writeln!(out, "{}", look.bold(&format!("{}:{}", here.path(&file.path), hunk.line))).ok();
        let sides = [
            ("written last time", &hunk.base, ' '),
            ("on disk", &hunk.ours, '-'),
            ("written now", &hunk.theirs, '+'),
        ];
        for (name, lines, sign) in sides {
            writeln!(out, "  {}", look.dim(name)).ok();
            for line in lines.lines() {
                let text = format!("  {sign} {}", inline(line));
                let shown = match sign {
                    '-' => look.red(&text),
                    '+' => look.green(&text),
                    _ => text,
                };
                writeln!(out, "{shown}").ok();
            }
        }
    }
    out
}

/// Workflow commands, which GitHub shows beside the lines of a pull request. `path` makes a path
/// relative to the checked-out repository.
///
/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands>
pub(crate) fn github(compared: &Compared, path: &dyn Fn(&RelPath) -> String) -> String {
    let mut out = String::new();
    for notice in compared.notices(path) {
        let command = match notice.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "notice",
        };
        let mut fields = Vec::new();
        if let Some(file) = &notice.file {
            fields.push(format!("file={}", property(&inline(&path(file)))));
            fields.push(format!("line={}", notice.line.unwrap_or(1)));
        }
        fields.push(format!("title={}", property(&format!("dockgen: {}", notice.kind))));
        writeln!(out, "::{command} {}::{}", fields.join(","), data(&inline(&notice.text))).ok();
    }
    out
}

/// Escapes the message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[derive(Serialize)]
struct Json<'a> {
    schema: u32,
    /// An update would change something.
    drift: bool,
    /// A rule is violated.
    broken: bool,
    apps: Vec<JsonApp<'a>>,
}

#[derive(Serialize)]
struct JsonApp<'a> {
    name: &'a str,
    path: String,
    drift: bool,
    adopted: bool,
    moved: &'a [Moved],
    templates: Option<JsonTemplates<'a>>,
    inputs: Vec<JsonInput<'a>>,
    answers: Vec<JsonAnswer<'a>>,
    /// Templates of the repository that replace dockgen's.
    overrides: Vec<String>,
    files: Vec<JsonFile<'a>>,
    rules: Vec<JsonRule<'a>>,
}

#[derive(Serialize)]
struct JsonTemplates<'a> {
    old: &'a str,
    new: &'a str,
}

#[derive(Serialize)]
struct JsonInput<'a> {
    /// Ends in `/` for the sources in a folder.
    path: String,
    change: &'a str,
}

#[derive(Serialize)]
struct JsonAnswer<'a> {
    what: &'a str,
    answer: &'a str,
    detected: &'a str,
}

#[derive(Serialize)]
struct JsonFile<'a> {
    path: String,
    missing: bool,
    drift: bool,
    conflicts: Vec<JsonHunk<'a>>,
}

#[derive(Serialize)]
struct JsonHunk<'a> {
    line: usize,
    base: &'a str,
    ours: &'a str,
    theirs: &'a str,
}

#[derive(Serialize)]
struct JsonRule<'a> {
    code: &'a str,
    line: usize,
    message: &'a str,
    /// A person's own decision, which breaks nothing.
    choice: bool,
    /// A comment above the line allows it.
    allowed: bool,
}

/// JSON for scripts. Paths of applications and files are relative to PATH, places of facts to the
/// root.
///
/// # Errors
/// None in practice: the data is plain.
pub(crate) fn json(survey: &Survey, all: &[Compared]) -> serde_json::Result<String> {
    let shown = |path: &RelPath| path.relative_to(&survey.place.start);
    let apps: Vec<JsonApp> = all.iter().map(|compared| app(compared, &shown)).collect();
    let broken =
        all.iter().flat_map(|compared| compared.violations).any(|violation| !violation.is_choice());
    serde_json::to_string_pretty(&Json {
        schema: SCHEMA,
        drift: apps.iter().any(|app| app.drift),
        broken,
        apps,
    })
}

fn app<'a>(compared: &Compared<'a>, shown: &dyn Fn(&RelPath) -> String) -> JsonApp<'a> {
    let review = compared.review;
    let hunk = |file: &'a File| {
        let hunks = file.hunks();
        hunks
            .map(|h| JsonHunk { line: h.line, base: &h.base, ours: &h.ours, theirs: &h.theirs })
            .collect()
    };
    JsonApp {
        name: review.draft.plan.name.as_str(),
        path: shown(&review.draft.plan.app),
        drift: review.is_drifted(),
        adopted: review.adopted,
        moved: &review.moved,
        templates: review.templates.as_ref().map(|(old, new)| JsonTemplates { old, new }),
        inputs: review
            .inputs
            .iter()
            .map(|(input, change)| JsonInput { path: compared.input(input, shown), change })
            .collect(),
        answers: review
            .contradicted()
            .map(|(decision, detected)| JsonAnswer {
                what: &decision.what,
                answer: &decision.value,
                detected,
            })
            .collect(),
        overrides: review.draft.overrides.iter().map(shown).collect(),
        files: review
            .files
            .iter()
            .map(|file| JsonFile {
                path: shown(&file.path),
                missing: file.disk.is_none(),
                drift: file.is_drifted(),
                conflicts: hunk(file),
            })
            .collect(),
        rules: compared
            .violations
            .iter()
            .map(|v| JsonRule {
                code: v.code,
                line: v.line,
                message: &v.message,
                choice: v.is_choice(),
                allowed: v.allowed,
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflow_commands_are_escaped() {
        assert_eq!(data("50%\r\nx: a,b"), "50%25%0D%0Ax: a,b");
        assert_eq!(property("a:b,c%"), "a%3Ab%2Cc%25");
    }

    #[test]
    fn facts_in_words() {
        let moved = |old: Option<&str>, new: Option<&str>| Moved {
            what: "port".to_owned(),
            old: old.map(str::to_owned),
            new: new.map(str::to_owned),
            file: None,
            line: None,
            by_dockgen: false,
        };
        assert_eq!(fact(&moved(Some("1"), Some("2"))), "port 1 -> 2");
        assert_eq!(fact(&moved(None, Some("2"))), "port 2: new");
        assert_eq!(fact(&moved(Some("1"), None)), "port 1: gone");
    }
}

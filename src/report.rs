//! Text for people: decisions, findings, written files, and the commands to type next.

pub(crate) mod beside;
pub(crate) mod drift;
pub(crate) mod json;
pub(crate) mod next;
pub(crate) mod preview;

use std::fmt::Write;

use crate::ask::Origin;
use crate::context::ContextReport;
use crate::detect;
use crate::facts::{Facts, Finding, FindingCode, Severity, Strength};
use crate::pipeline::{Change, Draft, Role, Survey};
use crate::plan::Decision;
use crate::screen::look::Look;
use crate::screen::visible::inline;
use crate::write::Standing;
use next::Here;

/// Width of the column with the name of a decision.
const COLUMN: usize = 17;

/// Decisions that the summary of `init` shows; `explain` shows all.
const SUMMARY: [&str; 7] =
    ["toolchain", "tool", "entrypoint", "front end", "port", "base", "writable folder"];

/// The heading of an application: its name, language and folder.
pub(crate) fn heading(facts: &Facts, here: &Here, look: &Look) -> String {
    let language = detect::language(&facts.language).map_or("", |language| language.name);
    let folder = here.path(&facts.dir);
    let place = if folder == "." { String::new() } else { look.dim(&format!("  {folder}")) };
    format!("{}  {language}{place}\n", look.bold(&facts.name.value))
}

/// The same in plain words, for a list.
pub(crate) fn title(facts: &Facts, here: &Here) -> String {
    let language = detect::language(&facts.language).map_or("", |language| language.name);
    let folder = here.path(&facts.dir);
    let place = if folder == facts.name.value { String::new() } else { format!(", {folder}") };
    inline(&format!("{} ({language}{place})", facts.name.value))
}

/// The main decisions, one line each: the value, and where it comes from.
pub(crate) fn summary(draft: &Draft, here: &Here, look: &Look) -> String {
    let mut out = String::new();
    for decision in
        draft.plan.decisions.iter().filter(|decision| SUMMARY.contains(&decision.what.as_str()))
    {
        let room = look.width.saturating_sub(COLUMN + 2);
        let value = look.fit(&decision.value, room);
        let left = room.saturating_sub(console::measure_text_width(&value) + 2);
        let from = source(decision, here);
        let from = if left > 8 || !look.shortens {
            look.dim(&look.fit(&from, left))
        } else {
            String::new()
        };
        let line = format!("  {:<COLUMN$}{value}  {from}", decision.what);
        writeln!(out, "{}", line.trim_end()).ok();
    }
    out
}

/// Where the value of a decision comes from: the answer of a person, or else the first place that
/// was read, with what it says.
fn source(decision: &Decision, here: &Here) -> String {
    let evidence = decision.evidence.first().filter(|_| decision.origin == Origin::Default);
    let Some(evidence) = evidence else { return decision.why.clone() };
    let guess = if decision.strength == Strength::Guessed { "a guess: " } else { "" };
    format!("{guess}{}  {}", here.place(evidence), evidence.note)
}

/// Every decision with its evidence and the rejected alternatives.
pub(crate) fn decisions(decisions: &[Decision], here: &Here, look: &Look) -> String {
    let mut out = String::new();
    let indent = " ".repeat(COLUMN + 2);
    for decision in decisions {
        let mut value = look.wrap(&decision.value, COLUMN + 2).into_iter();
        writeln!(
            out,
            "  {:<COLUMN$}{}",
            decision.what,
            look.bold(&value.next().unwrap_or_default())
        )
        .ok();
        let mut line = |text: &str, paint: &dyn Fn(&str) -> String| {
            for part in look.wrap(text, indent.len()) {
                writeln!(out, "{indent}{}", paint(&part)).ok();
            }
        };
        for part in value {
            line(&part, &|text| look.bold(text));
        }
        line(&decision.why, &str::to_owned);
        match decision.strength {
            Strength::Guessed => line("a guess: one indirect sign speaks for it", &str::to_owned),
            Strength::Agreed => line("several independent sources agree on it", &str::to_owned),
            Strength::Stated => {}
        }
        for evidence in &decision.evidence {
            let place = here.place(evidence);
            line(&format!("{place}  {}", evidence.note), &|text| look.dim(text));
        }
        for rejected in &decision.rejected {
            line(&format!("not {}: {}", rejected.value, rejected.why), &|text| look.dim(text));
        }
    }
    out
}

/// The size of the build context, and the largest entries inside and outside.
pub(crate) fn context(context: &ContextReport, look: &Look) -> String {
    let files = if context.files == 1 { "file" } else { "files" };
    let cut = if context.cut { ", and more that were not counted" } else { "" };
    let mut out = String::new();
    let value = format!("{} {files}, {}{cut}", context.files, size(context.bytes));
    writeln!(out, "  {:<COLUMN$}{}", "context", look.bold(&value)).ok();
    for (word, all) in [("in", &context.biggest_in), ("out", &context.biggest_out)] {
        for (path, bytes) in all {
            let indent = " ".repeat(COLUMN + 2);
            let path = look.fit(path, look.width.saturating_sub(COLUMN + 18));
            writeln!(out, "{indent}{}", look.dim(&format!("{word:<4}{:>9}  {path}", size(*bytes))))
                .ok();
        }
    }
    out
}

/// A size for people: `12 kB`, `3.4 MB`, in units of a thousand, as in Docker.
fn size(bytes: u64) -> String {
    let mut unit = 1;
    let mut name = "B";
    for (next, next_name) in [(1_000, "kB"), (1_000_000, "MB"), (1_000_000_000, "GB")] {
        if bytes >= next {
            (unit, name) = (next, next_name);
        }
    }
    let tenths = bytes % unit * 10 / unit;
    let whole = bytes / unit;
    if unit == 1 || whole >= 100 {
        format!("{whole} {name}")
    } else {
        format!("{whole}.{tenths} {name}")
    }
}

/// Findings: what, where, why it matters and what to do.
pub(crate) fn findings(findings: &[Finding], here: &Here, look: &Look) -> String {
    let mut out = String::new();
    for finding in findings {
        let word = match finding.severity {
            Severity::Error => look.red("error"),
            Severity::Warning => look.yellow("warning"),
            Severity::Note => look.cyan("note"),
        };
        let places: Vec<String> =
            finding.evidence.iter().take(3).map(|evidence| here.place(evidence)).collect();
        let more = finding.evidence.len().saturating_sub(3);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let at = if places.is_empty() {
            String::new()
        } else {
            format!(" ({}{more})", places.join(", "))
        };
        block(&mut out, &word, &format!("{}{at}", finding.what), look);
        block(&mut out, "", &format!("Why: {}", finding.why), look);
        block(&mut out, "", &format!("Do: {}", finding.fix), look);
    }
    out
}

/// Findings and assumptions that a person should read before using an application's files.
pub(crate) fn notes(draft: &Draft, here: &Here, look: &Look) -> String {
    // The finding explains the port better than the assumption does.
    let told = draft.findings.iter().any(|finding| finding.code == FindingCode::PortUnknown);
    let rest =
        draft.assumptions.iter().filter(|text| !(told && text.starts_with("port:"))).cloned();
    let rest: Vec<String> = rest.collect();
    assumptions(&rest, look) + &findings(&draft.findings, here, look)
}

/// An application with its decisions and notes.
pub(crate) fn told(draft: &Draft, here: &Here, look: &Look) -> String {
    let notes = notes(draft, here, look);
    format!("{}{}{notes}", heading(&draft.facts, here, look), summary(draft, here, look))
}

/// The same, each on one line, at most `most` lines; how many there are.
pub(crate) fn brief(draft: &Draft, here: &Here, look: &Look, most: usize) -> (String, usize) {
    let told = draft.findings.iter().any(|finding| finding.code == FindingCode::PortUnknown);
    let mut lines: Vec<(String, String)> = Vec::new();
    for text in draft.assumptions.iter().filter(|text| !(told && text.starts_with("port:"))) {
        lines.push((look.cyan("assumed"), text.clone()));
    }
    for finding in &draft.findings {
        let word = match finding.severity {
            Severity::Error => look.red("error"),
            Severity::Warning => look.yellow("warning"),
            Severity::Note => look.cyan("note"),
        };
        let place = finding.evidence.first().map(|evidence| format!(" ({})", here.place(evidence)));
        lines.push((word, format!("{}{}", finding.what, place.unwrap_or_default())));
    }
    let all = lines.len();
    // One line for what is left out.
    let shown = if all > most { most.saturating_sub(1) } else { all };
    let mut out = String::new();
    for (word, text) in lines.iter().take(shown) {
        let pad = " ".repeat(10_usize.saturating_sub(console::measure_text_width(word)));
        writeln!(out, "{word}{pad}{}", look.fit(text, look.width.saturating_sub(11))).ok();
    }
    if all > shown {
        writeln!(out, "{}", look.dim(&format!("          and {} more", all - shown))).ok();
    }
    (out, all)
}

/// The assumptions.
pub(crate) fn assumptions(assumptions: &[String], look: &Look) -> String {
    let mut out = String::new();
    for assumption in assumptions {
        block(&mut out, &look.cyan("assumed"), assumption, look);
    }
    out
}

/// A word in the first column, and a wrapped text in the second.
fn block(out: &mut String, word: &str, text: &str, look: &Look) {
    const LEFT: usize = 10;
    let pad = " ".repeat(LEFT.saturating_sub(console::measure_text_width(word)));
    for (number, part) in look.wrap(text, LEFT).into_iter().enumerate() {
        let left = if number == 0 { format!("{word}{pad}") } else { " ".repeat(LEFT) };
        writeln!(out, "{left}{part}").ok();
    }
}

/// Applications that were found and not selected.
pub(crate) fn others(survey: &Survey, here: &Here, look: &Look) -> String {
    let mut out = String::new();
    for (facts, why) in &survey.selection.others {
        let text = format!("{} in {}: {why}", facts.name.value, here.path(&facts.dir));
        block(&mut out, &look.dim("not taken"), &text, look);
    }
    for unread in &survey.selection.unread {
        let text = format!("{}, which cannot be read: {}", here.path(&unread.folder), unread.why);
        block(&mut out, &look.dim("not taken"), &text, look);
    }
    for (path, language) in &survey.selection.unsupported {
        let text = format!("{}: dockgen does not support {language} yet", here.path(path));
        block(&mut out, &look.dim("not taken"), &text, look);
    }
    for (folder, count) in survey.selection.aside(&survey.place.start) {
        let (what, which) = if count == 1 { ("manifest", "it") } else { ("manifests", "one") };
        let text =
            format!("{count} {what} under {}: --app FOLDER takes {which}", here.path(&folder));
        block(&mut out, &look.dim("not asked"), &text, look);
    }
    out
}

/// How the files of a run are reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// They were written.
    Done,
    /// They would be written.
    Planned,
    /// Nothing is written, because one of them is a person's.
    Refused,
}

/// What happened to each file that people read.
pub(crate) fn written(changes: &[Change], here: &Here, wrote: Wrote, look: &Look) -> String {
    let mut out = String::new();
    for change in changes.iter().filter(|change| change.role != Role::Pristine) {
        let word = match (change.standing, wrote) {
            (Standing::Same, _) => look.dim("unchanged"),
            (_, Wrote::Refused) if change.is_refused() => look.red("refused"),
            (Standing::New, Wrote::Done) => look.green("wrote"),
            (_, Wrote::Done) => look.green("updated"),
            (Standing::New, _) => look.green("new"),
            (..) => look.yellow("changed"),
        };
        let pad = " ".repeat(10_usize.saturating_sub(console::measure_text_width(&word)));
        writeln!(out, "{word}{pad}{}", here.path(&change.new.path)).ok();
    }
    out
}

/// The files, a line for each thing that would happen to them.
pub(crate) fn planned(changes: &[Change], here: &Here, look: &Look) -> String {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    for change in changes.iter().filter(|change| change.role != Role::Pristine) {
        let word = match change.standing {
            Standing::New => "new",
            Standing::Same => "unchanged",
            _ => "changed",
        };
        let count = change.new.text.lines().count();
        let text = format!("{} ({count} lines)", here.path(&change.new.path));
        match lines.iter_mut().find(|(held, _)| *held == word) {
            Some((_, files)) => files.push(text),
            None => lines.push((word, vec![text])),
        }
    }
    let line = |(word, files): (&str, Vec<String>)| {
        let pad = " ".repeat(10_usize.saturating_sub(word.len()));
        let text = look.fit(&files.join(", "), look.width.saturating_sub(11));
        format!("{}{pad}{text}\n", look.green(word))
    };
    lines.into_iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Evidence, Rejected, Strength};
    use crate::path::RelPath;

    fn here() -> Here {
        let root = std::path::Path::new("/r");
        Here::new(root, std::path::Path::new("."), Some(root.to_owned()))
    }

    #[test]
    fn the_source_of_a_value_is_who_gave_it() {
        let file = RelPath::new("a.js").unwrap();
        let mut decision = Decision {
            what: "port".to_owned(),
            value: "80".to_owned(),
            origin: Origin::Default,
            why: "read from the code".to_owned(),
            evidence: vec![Evidence::at(&file, 3, "listens on 80")],
            rejected: Vec::new(),
            strength: Strength::Guessed,
        };
        assert_eq!(source(&decision, &here()), "a guess: a.js:3  listens on 80");
        (decision.origin, decision.why) = (Origin::Flag, "set by a flag".to_owned());
        assert_eq!(source(&decision, &here()), "set by a flag");
    }

    #[test]
    fn nothing_is_wider_than_the_terminal() {
        let decision = Decision {
            what: "entrypoint".to_owned(),
            value: "x".repeat(100),
            origin: Origin::Default,
            why:
                "a sentence of many words that goes on and on until it no longer fits into one line"
                    .to_owned(),
            evidence: vec![Evidence::at(
                &RelPath::new("src/main.go").unwrap(),
                12,
                "the rule, in words, at length",
            )],
            rejected: vec![Rejected {
                value: "y".to_owned(),
                why: "another program; likelier first".to_owned(),
            }],
            strength: Strength::Stated,
        };
        for width in [40, 80] {
            let look = Look { colour: true, width, shortens: true };
            for line in decisions(std::slice::from_ref(&decision), &here(), &look).lines() {
                assert!(console::measure_text_width(line) <= width, "{line}");
            }
        }
    }

    #[test]
    fn sizes_for_people() {
        let shown: Vec<String> =
            [0, 999, 1_000, 12_345, 123_456, 3_450_000, 2_000_000_000].map(size).into();
        assert_eq!(shown, ["0 B", "999 B", "1.0 kB", "12.3 kB", "123 kB", "3.4 MB", "2.0 GB"]);
    }

    #[test]
    fn a_finding_says_where_why_and_what_to_do() {
        let file = RelPath::new("server.js").unwrap();
        let finding = Finding::new(
            FindingCode::LocalhostOnly,
            "the server listens on localhost only",
            [Evidence::at(&file, 3, "listen")],
        )
        .with_why("nothing outside the container reaches it")
        .with_fix("listen on 0.0.0.0");
        let text = findings(&[finding], &here(), &Look::new(false, None));
        assert_eq!(
            text,
            "warning   the server listens on localhost only (server.js:3)\n          Why: nothing outside the container \
             reaches it\n          Do: listen on 0.0.0.0\n"
        );
    }
}

//! The report of a proof: for people and for scripts.

use std::fmt::Write;

use serde::Serialize;

use super::Proven;
use crate::screen::look::{self, Look};
use crate::screen::visible::inline;
use crate::verify::{Engine, Outcome};

/// The version of the JSON format.
const SCHEMA: u32 = 1;

/// Widths of the columns.
const WHAT: usize = 22;
const ASSUMED: usize = 22;

/// Number of variables of a service that are shown.
const SHOWN: usize = 2;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    engine: String,
    proved: bool,
    written: bool,
    apps: &'a [Proven],
}

/// The output of `prove --json`.
///
/// # Errors
/// None in practice: the data is plain.
pub fn json(engine: &Engine, all: &[Proven], written: bool) -> serde_json::Result<String> {
    let proved = all.iter().all(|proven| proven.proved);
    serde_json::to_string_pretty(&Document {
        schema: SCHEMA,
        engine: engine.title(),
        proved,
        written,
        apps: all,
    })
}

/// The report for a person.
pub fn text(proven: &Proven, look: &Look) -> String {
    let mut out = String::new();
    writeln!(out, "{}  {}\n", look.bold(&proven.name), inline(&proven.dockerfile)).ok();
    table(proven, look, &mut out);
    rounds(proven, look, &mut out);
    if !proven.answers.is_empty() {
        writeln!(out, "\n{}", look.dim("  answers")).ok();
        for answer in &proven.answers {
            let was = if answer.was.is_empty() { "nothing" } else { &answer.was };
            let line =
                format!("{} = {}  (was {was}; {})", answer.id, answer.value, answer.evidence);
            paragraph("  ", &line, look, &mut out);
        }
    }
    for given in &proven.given {
        let line =
            format!("started with {} ({}): give `docker run` the like too", given.pair, given.from);
        paragraph("  ", &line, look, &mut out);
    }
    for needed in proven.services.iter().filter(|needed| needed.started) {
        let shown: Vec<&str> = needed.variables.iter().map(String::as_str).take(SHOWN).collect();
        let more = needed.variables.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more (--json)") } else { String::new() };
        let line = format!(
            "{} ran beside it with throw-away credentials: give `docker run` the like of {}{more}",
            needed.name,
            shown.join(" "),
        );
        paragraph("  ", &line, look, &mut out);
    }
    if proven.keeps {
        let line = "dockgen.toml keeps what the runs needed under [verify] (--write), so that `dockgen verify` starts it";
        paragraph("  ", line, look, &mut out);
    }
    if !proven.remains.is_empty() {
        writeln!(out, "\n{}", look.dim("  what remains")).ok();
        for one in &proven.remains {
            let mark = if one.blocks { look.red("!") } else { look.cyan("-") };
            let mut lines = look.wrap(&one.what, 4).into_iter();
            writeln!(out, "  {mark} {}", lines.next().unwrap_or_default()).ok();
            lines.for_each(|line| {
                writeln!(out, "    {line}").ok();
            });
            if !one.fix.is_empty() {
                paragraph("    ", &format!("-> {}", one.fix), look, &mut out);
            }
        }
    }
    let last = proven.rounds.last().map(|round| round.lines.as_slice()).unwrap_or_default();
    if !proven.proved {
        for line in last {
            writeln!(out, "    {}", look.dim(&format!("| {line}"))).ok();
        }
    }
    let verdict = if proven.proved { look.green("proved") } else { look.red("not proved") };
    writeln!(out, "\n{verdict}").ok();
    out
}

fn table(proven: &Proven, look: &Look, out: &mut String) {
    if proven.rows.is_empty() {
        return;
    }
    let head = format!("  {:<WHAT$}{:<ASSUMED$}seen", "", "assumed");
    writeln!(out, "{}", look.dim(&head)).ok();
    for row in &proven.rows {
        let cell = |text: &str, width: usize| {
            let text = look::cut(text, width - 2);
            let pad = width.saturating_sub(console::measure_text_width(&text));
            format!("{text}{}", " ".repeat(pad))
        };
        let indent = 2 + WHAT + ASSUMED;
        let mut lines = look.wrap(&row.seen, indent).into_iter();
        let (what, assumed) = (cell(&row.what, WHAT), cell(&row.assumed, ASSUMED));
        writeln!(out, "  {what}{assumed}{}", lines.next().unwrap_or_default()).ok();
        for line in lines.take(3) {
            writeln!(out, "{}{line}", " ".repeat(indent)).ok();
        }
        if let Some(changed) = &row.changed {
            for line in look.wrap(&format!("-> {changed}"), indent) {
                writeln!(out, "{}{}", " ".repeat(indent), look.green(&line)).ok();
            }
        }
    }
}

fn rounds(proven: &Proven, look: &Look, out: &mut String) {
    writeln!(out, "\n{}", look.dim("  round   build (ran/steps)      run    in all   changed"))
        .ok();
    for (number, round) in (1..).zip(&proven.rounds) {
        let build = format!("{:.1} s ({}/{})", round.build_seconds, round.steps.0, round.steps.1);
        let changed =
            if round.changed.is_empty() { "nothing".to_owned() } else { round.changed.join("; ") };
        let line = format!(
            "  {number:>5}   {build:<18} {:>6.1} s  {:>6.1} s   {changed}",
            round.run_seconds, round.seconds
        );
        writeln!(out, "{}", look::cut(&line, look.width)).ok();
    }
    let Some(proof) = &proven.verified else { return };
    let ok = proof.checks.iter().filter(|check| check.outcome == Outcome::Ok).count();
    let broken = proof.checks.iter().filter(|check| check.outcome == Outcome::Broken).count();
    let line = format!("  verified on a read-only root: {ok} checks hold, {broken} are broken");
    writeln!(out, "{}", look::cut(&line, look.width)).ok();
}

fn paragraph(indent: &str, text: &str, look: &Look, out: &mut String) {
    for line in look.wrap(text, indent.len()) {
        writeln!(out, "{indent}{line}").ok();
    }
}

//! The report of a proof: for people and for scripts.

use std::fmt::Write;

use serde::Serialize;

use super::checks::{Check, Outcome, short};
use super::engine::Engine;
use super::{Proof, megabytes};
use crate::screen::look::{self, Look};
use crate::screen::visible::inline;

/// The version of the JSON format.
const SCHEMA: u32 = 1;

/// Width of the column with the name of a check.
const COLUMN: usize = 19;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    engine: String,
    proved: bool,
    apps: &'a [Proof],
}

/// The output of `verify --json`.
///
/// # Errors
/// None in practice: the data is plain.
pub fn json(engine: &Engine, proofs: &[Proof]) -> serde_json::Result<String> {
    let proved = proofs.iter().all(|proof| proof.proved);
    serde_json::to_string_pretty(&Document {
        schema: SCHEMA,
        engine: engine.title(),
        proved,
        apps: proofs,
    })
}

/// The table for a person.
pub fn text(proof: &Proof, look: &Look) -> String {
    let mut out = String::new();
    writeln!(
        out,
        "{}  {}  {}",
        look.bold(&proof.name),
        inline(&proof.dockerfile),
        look.dim(&proof.base)
    )
    .ok();
    stages(proof, look, &mut out);
    layers(proof, look, &mut out);
    writeln!(out).ok();
    for check in &proof.checks {
        self::check(check, look, &mut out);
    }
    rebuilds(proof, look, &mut out);
    bases(proof, look, &mut out);
    let broken = proof.checks.iter().filter(|check| check.outcome == Outcome::Broken).count();
    let verdict = match broken {
        0 if proof.proved => look.green("proved"),
        1 => look.red("not proved: 1 promise is broken"),
        count => look.red(&format!("not proved: {count} promises are broken")),
    };
    writeln!(out, "\n{verdict}").ok();
    out
}

fn stages(proof: &Proof, look: &Look, out: &mut String) {
    if proof.build.stages.is_empty() {
        return;
    }
    writeln!(out, "\n{}", look.dim("  stage               steps   ran     seconds")).ok();
    for stage in &proof.build.stages {
        let name = if stage.name.is_empty() { "(the only one)" } else { &stage.name };
        let seconds = format!("{:.1}", stage.seconds);
        writeln!(
            out,
            "  {:<18}  {:>5}  {:>4}  {seconds:>10}",
            look::cut(name, 18),
            stage.steps,
            stage.ran
        )
        .ok();
    }
}

fn layers(proof: &Proof, look: &Look, out: &mut String) {
    let Some(image) = &proof.image else { return };
    let head = format!(
        "  {:.1} MB, {} packages; layers from the top:",
        megabytes(image.size),
        image.packages
    );
    writeln!(out, "\n{}", look.dim(&head)).ok();
    let base: u64 = image.layers.iter().filter(|layer| layer.base).map(|layer| layer.size).sum();
    for layer in image.layers.iter().rev().filter(|layer| !layer.base) {
        let made_by = look::cut(&short(&layer.made_by), look.width.saturating_sub(16));
        writeln!(out, "  {:>11}  {made_by}", size(layer.size)).ok();
    }
    let count = image.layers.iter().filter(|layer| layer.base).count();
    if count > 0 {
        writeln!(out, "  {:>11}  the base image ({count} layers)", size(base)).ok();
    }
}

fn rebuilds(proof: &Proof, look: &Look, out: &mut String) {
    for rebuild in proof.caching.iter().flat_map(|caching| &caching.rebuilds) {
        let what = match rebuild.proof {
            "source" => "after an edit of the source",
            "dependency" => "after an edit of the dependencies",
            _ => "after an edit of the source, with empty cache mounts",
        };
        let head = format!(
            "  {what}: {:.1} s, {} changed in the image",
            rebuild.seconds,
            size(rebuild.changed_bytes)
        );
        writeln!(out, "\n{}", look.dim(&head)).ok();
        for stage in rebuild.stages.iter().filter(|stage| stage.ran > 0) {
            let name = if stage.name.is_empty() { "(the only one)" } else { &stage.name };
            let steps = format!("{} of {} steps ran", stage.ran, stage.steps);
            writeln!(out, "  {:<18}  {steps}  {:.1} s", look::cut(name, 18), stage.seconds).ok();
        }
        for layer in rebuild.changed.iter().filter(|layer| layer.size > 0) {
            let made_by = look::cut(&short(&layer.made_by), look.width.saturating_sub(16));
            writeln!(out, "  {:>11}  {made_by}", size(layer.size)).ok();
        }
    }
}

fn bases(proof: &Proof, look: &Look, out: &mut String) {
    let Some(rows) = &proof.bases else { return };
    writeln!(out, "\n{}", look.dim("  base              size  packages  shell   starts in")).ok();
    for row in rows {
        let name = format!("{}{}", row.family, if row.planned { " *" } else { "" });
        let size = row.size.map_or_else(|| "-".to_owned(), size);
        let packages = row.packages.map_or_else(|| "-".to_owned(), |count| count.to_string());
        let starts = match (row.boots, row.seconds) {
            (true, Some(seconds)) => look.green(&format!("{seconds:.1} s")),
            _ => look.red("no"),
        };
        let shell = if row.image.is_none() {
            "-"
        } else if row.shell {
            "yes"
        } else {
            "no"
        };
        writeln!(out, "  {name:<12}  {size:>8}  {packages:>8}  {shell:<5}   {starts}").ok();
        for line in row.why.iter().flat_map(|why| look.wrap(why, 6)) {
            writeln!(out, "      {}", look.dim(&line)).ok();
        }
    }
    writeln!(out, "  {}", look.dim("* planned; `dockgen update --base NAME` takes another")).ok();
}

/// A size in the unit that fits best.
pub(super) fn size(bytes: u64) -> String {
    if bytes >= 1_000_000 {
        format!("{:.1} MB", megabytes(bytes))
    } else {
        format!("{:.1} kB", megabytes(bytes) * 1000.0)
    }
}

fn check(check: &Check, look: &Look, out: &mut String) {
    let word = match check.outcome {
        Outcome::Ok => look.green("ok     "),
        Outcome::Broken => look.red("BROKEN "),
        Outcome::Note => look.cyan("note   "),
        Outcome::Skipped => look.yellow("skipped"),
    };
    let indent = COLUMN + 11;
    let mut lines = look.wrap(&check.what, indent).into_iter();
    writeln!(out, "  {word}  {:<COLUMN$}{}", check.id, lines.next().unwrap_or_default()).ok();
    let pad = " ".repeat(indent);
    for line in lines {
        writeln!(out, "{pad}{line}").ok();
    }
    if let Some(fix) = check.fix.as_ref().filter(|_| check.outcome == Outcome::Broken) {
        for line in look.wrap(&format!("-> {fix}"), indent) {
            writeln!(out, "{pad}{line}").ok();
        }
    }
    for line in &check.lines {
        writeln!(out, "{pad}{}", look.dim(&format!("| {line}"))).ok();
    }
}

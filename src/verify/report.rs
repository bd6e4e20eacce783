//! What a person reads of a proof, and what scripts read.

use std::fmt::Write;

use serde::Serialize;

use super::checks::{Check, Outcome, short};
use super::engine::Engine;
use super::{Proof, megabytes};
use crate::report::look::{self, Look};

/// The version of the JSON's shape.
const SCHEMA: u32 = 1;

/// Width of the column that names a check.
const COLUMN: usize = 19;

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    engine: String,
    proved: bool,
    apps: &'a [Proof],
}

/// `verify --json`.
///
/// # Errors
/// None in practice: the data is plain.
pub fn json(engine: &Engine, proofs: &[Proof]) -> serde_json::Result<String> {
    let proved = proofs.iter().all(|proof| proof.proved);
    serde_json::to_string_pretty(&Document { schema: SCHEMA, engine: engine.title(), proved, apps: proofs })
}

/// The table for a person.
pub fn text(proof: &Proof, look: &Look) -> String {
    let mut out = String::new();
    writeln!(out, "{}  {}  {}", look.bold(&proof.name), proof.dockerfile, look.dim(&proof.base)).ok();
    stages(proof, look, &mut out);
    layers(proof, look, &mut out);
    writeln!(out).ok();
    for check in &proof.checks {
        self::check(check, look, &mut out);
    }
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
        writeln!(out, "  {:<18}  {:>5}  {:>4}  {:>10.1}", look::cut(name, 18), stage.steps, stage.ran, stage.seconds).ok();
    }
}

fn layers(proof: &Proof, look: &Look, out: &mut String) {
    let Some(image) = &proof.image else { return };
    let head = format!("  {:.1} MB, {} packages; layers from the top:", megabytes(image.size), image.packages);
    writeln!(out, "\n{}", look.dim(&head)).ok();
    let base: u64 = image.layers.iter().filter(|layer| layer.base).map(|layer| layer.size).sum();
    for layer in image.layers.iter().rev().filter(|layer| !layer.base) {
        let made_by = look::cut(&short(&layer.made_by), look.width.saturating_sub(16));
        writeln!(out, "  {:>8.2} MB  {made_by}", megabytes(layer.size)).ok();
    }
    let count = image.layers.iter().filter(|layer| layer.base).count();
    if count > 0 {
        writeln!(out, "  {:>8.2} MB  the base image ({count} layers)", megabytes(base)).ok();
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

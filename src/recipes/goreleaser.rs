//! `GoReleaser` and Prometheus' `promu`: how the binaries of a release are built.

use super::{Built, Step};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item};
use crate::shell;

/// The first word of its steps: `GoReleaser` runs the compiler itself.
pub(super) const PROGRAM: &str = "goreleaser";

/// `builds` of .goreleaser.yml, as commands: `goreleaser build -tags=a,b -ldflags=.. ./cmd/x`.
pub(super) fn read(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    let shared: Vec<_> = lines_of(root.get("env"));
    for build in root.get("builds").map(Item::items).unwrap_or_default() {
        if build.text_at(&["skip"]) == Some("true") {
            continue;
        }
        let mut words = vec![PROGRAM.to_owned(), "build".to_owned()];
        words.extend(lines_of(build.get("flags")).iter().flat_map(|line| split(line)));
        let tags = lines_of(build.get("tags"));
        if !tags.is_empty() {
            words.push(format!("-tags={}", tags.join(",")));
        }
        let flags = lines_of(build.get("ldflags"));
        if !flags.is_empty() {
            words.push(format!("-ldflags={}", flags.join(" ")));
        }
        if let Some(binary) = build.text_at(&["binary"]) {
            words.push(format!("-o={binary}"));
        }
        words.push(build.text_at(&["main"]).unwrap_or(".").to_owned());
        let env = shared.iter().cloned().chain(lines_of(build.get("env")));
        let dir = build.text_at(&["dir"]).and_then(|dir| home.join(dir));
        into.steps.push(Step {
            dir: dir.unwrap_or_else(|| home.clone()),
            env: env.filter_map(|pair| shell::assignment(&pair)).collect(),
            words,
            release: true,
            part: String::new(),
            evidence: Evidence::at(file, build.line, "builds the release"),
        });
    }
}

/// `build` of .promu.yml, as the same commands.
/// <https://github.com/prometheus/promu#usage>
pub(super) fn promu(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let documents = settings::parse_yaml(text);
    let Some(build) = documents.first().and_then(|root| root.get("build")) else { return };
    let list = |key: &str| build.text_at(&[key]).unwrap_or_default().split_whitespace();
    for binary in build.get("binaries").map(Item::items).unwrap_or_default() {
        let mut words = vec![PROGRAM.to_owned(), "build".to_owned()];
        words.extend(list("flags").map(str::to_owned));
        let tags: Vec<&str> = list("tags").collect();
        if !tags.is_empty() {
            words.push(format!("-tags={}", tags.join(",")));
        }
        let flags: Vec<&str> = list("ldflags").collect();
        if !flags.is_empty() {
            words.push(format!("-ldflags={}", flags.join(" ")));
        }
        words.extend(binary.text_at(&["name"]).map(|name| format!("-o={name}")));
        words.push(binary.text_at(&["path"]).unwrap_or(".").to_owned());
        into.steps.push(Step {
            dir: home.clone(),
            env: Vec::new(),
            words,
            release: true,
            part: String::new(),
            evidence: Evidence::at(file, binary.line, "builds the release"),
        });
    }
}

/// Splits flags; one may contain a space inside quotes.
fn split(line: &str) -> Vec<String> {
    shell::parse(line).commands.into_iter().flat_map(|command| command.argv).collect()
}

fn lines_of(item: Option<&Item>) -> Vec<String> {
    let items = item.map(Item::items).unwrap_or_default();
    items.iter().filter_map(|item| item.text().map(|text| text.trim().to_owned())).collect()
}

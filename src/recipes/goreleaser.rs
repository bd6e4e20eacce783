//! `GoReleaser` and Prometheus' `promu`: how the binaries of a release are built.

use super::{Built, Step};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item};
use crate::shell;

/// The first word of its steps: `GoReleaser` runs the compiler itself.
pub(super) const PROGRAM: &str = "goreleaser";

/// A binary of a release.
struct Binary {
    flags: Vec<String>,
    tags: Vec<String>,
    linker: Vec<String>,
    output: Option<String>,
    /// The package with the main function.
    main: Option<String>,
}

impl Binary {
    /// The command: `goreleaser build -tags=a,b -ldflags=.. ./cmd/x`.
    fn words(self) -> Vec<String> {
        let mut words = vec![PROGRAM.to_owned(), "build".to_owned()];
        words.extend(self.flags);
        if !self.tags.is_empty() {
            words.push(format!("-tags={}", self.tags.join(",")));
        }
        if !self.linker.is_empty() {
            words.push(format!("-ldflags={}", self.linker.join(" ")));
        }
        words.extend(self.output.map(|name| format!("-o={name}")));
        words.push(self.main.unwrap_or_else(|| ".".to_owned()));
        words
    }
}

/// `builds` of .goreleaser.yml, as commands.
pub(super) fn read(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    let shared: Vec<_> = lines_of(root.get("env"));
    for build in root.get("builds").map(Item::items).unwrap_or_default() {
        if build.text_at(&["skip"]) == Some("true") {
            continue;
        }
        let named = |key: &str| build.text_at(&[key]).map(str::to_owned);
        let binary = Binary {
            flags: lines_of(build.get("flags")).iter().flat_map(|line| split(line)).collect(),
            tags: lines_of(build.get("tags")),
            linker: lines_of(build.get("ldflags")),
            output: named("binary"),
            main: named("main"),
        };
        let env = shared.iter().cloned().chain(lines_of(build.get("env")));
        let dir = build.text_at(&["dir"]).and_then(|dir| home.join(dir));
        into.steps.push(Step {
            dir: dir.unwrap_or_else(|| home.clone()),
            env: env.filter_map(|pair| shell::assignment(&pair)).collect(),
            words: binary.words(),
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
    let list = |key: &str| {
        let text = build.text_at(&[key]).unwrap_or_default();
        text.split_whitespace().map(str::to_owned).collect()
    };
    for item in build.get("binaries").map(Item::items).unwrap_or_default() {
        let named = |key: &str| item.text_at(&[key]).map(str::to_owned);
        let binary = Binary {
            flags: split(build.text_at(&["flags"]).unwrap_or_default()),
            tags: list("tags"),
            linker: list("ldflags"),
            output: named("name"),
            main: named("path"),
        };
        into.steps.push(Step {
            dir: home.clone(),
            env: Vec::new(),
            words: binary.words(),
            release: true,
            part: String::new(),
            evidence: Evidence::at(file, item.line, "builds the release"),
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

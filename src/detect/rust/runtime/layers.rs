//! Settings files that the libraries config and figment read by name:
//! <https://docs.rs/config/latest/config/struct.File.html>,
//! <https://docs.rs/figment/latest/figment/providers/struct.Data.html>.

use super::{Code, missing};
use crate::code::{Call, Program as Source};
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;

/// Extensions that config tries behind a name without one.
const ENDINGS: [&str; 7] = ["toml", "yaml", "yml", "json", "json5", "ini", "ron"];

/// Words in the names of files that a person copies.
const EXAMPLES: [&str; 5] = ["example", "sample", "dist", "template", "default"];

/// How many calls may follow the one that names the file.
const MAX_CHAIN: usize = 8;

/// How many files are looked at.
const MAX_FILES: usize = 16;

/// A settings file that the code names.
pub(super) struct Layer {
    /// The name as a person writes it, with an extension.
    pub(super) name: String,
    /// The variable that names another file.
    variable: Option<String>,
    /// True if the program stops without the file.
    demanded: bool,
    /// True if the repository holds it.
    held: bool,
    /// Where the repository holds it.
    pub(super) path: Option<RelPath>,
    evidence: Evidence,
}

/// The files in `config::File::with_name("settings")` and `Toml::file("App.toml")`.
pub(super) fn layers(source: &Source, code: &Code) -> Vec<Layer> {
    let mut calls: Vec<(Call, bool)> = Vec::new();
    if code.dependencies.contains("config") {
        let all = source.calls_named("with_name").filter(|call| call.package() == Some("File"));
        calls.extend(all.map(|call| (call, true)));
    }
    if code.dependencies.contains("figment") {
        let of = |call: &Call| matches!(call.package(), Some("Toml" | "Yaml" | "Json"));
        let all = ["file", "file_exact"].into_iter().flat_map(|name| source.calls_named(name));
        calls.extend(all.filter(of).map(|call| (call, false)));
    }
    let all = calls.into_iter().take(MAX_FILES).filter_map(|(call, usual)| {
        let value = source.argument(&call, 0)?;
        let text = value.text()?;
        let path = text.trim_start_matches("./");
        if path.is_empty() || path.contains(['{', '*', ' ', ':', '$', '~']) || path.contains("..") {
            return None;
        }
        let inside = bases(code).find_map(|base| holds(code, base, path));
        Some(Layer {
            name: named(code, path),
            variable: value.env().map(str::to_owned),
            demanded: required(&call).unwrap_or(usual) && !missing::is_tested(&call),
            held: path.starts_with('/') || inside.is_some(),
            path: inside,
            evidence: call.evidence(format!("`{}` reads it", call.name())),
        })
    });
    all.collect()
}

/// Reports the files without which the program stops, and that the repository does not hold.
pub(super) fn lacking(all: &[Layer]) -> impl Iterator<Item = Finding> {
    all.iter().filter(|one| one.demanded && !one.held).map(|one| {
        let target = format!("/app/{}", one.name);
        let evidence = [one.evidence.clone()];
        Finding::file_missing(&one.name, &target, None, one.variable.as_deref(), evidence)
    })
}

fn bases<'c>(code: &'c Code) -> impl Iterator<Item = &'c RelPath> {
    [code.package, code.root].into_iter()
}

fn holds(code: &Code, base: &RelPath, path: &str) -> Option<RelPath> {
    let endings = ENDINGS.iter().map(|ending| format!("{path}.{ending}"));
    let all = std::iter::once(path.to_owned()).chain(endings);
    all.filter_map(|path| base.join(&path)).find(|path| code.repo.is_file(path))
}

/// The name with an extension: its own, that of an example beside it, or `toml`.
fn named(code: &Code, path: &str) -> String {
    let known = |text: &str| ENDINGS.contains(&text);
    if path.rsplit_once('.').is_some_and(|(_, ending)| known(ending)) {
        return path.to_owned();
    }
    let example = bases(code).find_map(|base| {
        let whole = base.join(path)?;
        let folder = whole.parent()?;
        code.repo.children(&folder).find_map(|(beside, _)| {
            let rest = beside.file_name().strip_prefix(whole.file_name())?;
            let mut parts = rest.split(['.', '-', '_']);
            let is_example = parts.clone().any(|part| EXAMPLES.contains(&part));
            parts.find(|part| is_example && known(part)).map(str::to_owned)
        })
    });
    format!("{path}.{}", example.as_deref().unwrap_or("toml"))
}

/// What `.required(false)` behind the call says.
fn required(call: &Call) -> Option<bool> {
    let file = &call.file;
    let mut next = file.closing(call.open) + 1;
    for _ in 0..MAX_CHAIN {
        if file.word(next) != "." || file.word(next + 2) != "(" {
            return None;
        }
        if file.word(next + 1) == "required" {
            return Some(file.word(next + 3) != "false");
        }
        next = file.closing(next + 2) + 1;
    }
    None
}

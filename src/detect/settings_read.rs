//! Settings files of the repository that a program opens, and values in them that are placeholders.

use anyhow::Result;

use super::git_reads::read_for;
use super::language;
use crate::facts::{Evidence, Facts, Finding, FindingCode};
use crate::path::RelPath;
use crate::repo::Repo;
use crate::settings::{self, Item};

/// Suffixes of settings files.
pub(super) const SETTINGS: [&str; 7] = ["yml", "yaml", "toml", "json", "properties", "ini", "conf"];

/// Maximum number of settings files beside the manifest that are looked for in the code.
const MAX_BESIDE: usize = 16;

/// Maximum size of a settings file that is looked at, in bytes.
const MAX_SIZE: u64 = 256 << 10;

/// Maximum number of placeholders in the finding.
const MAX_SAID: usize = 4;

/// Whole values and beginnings of values that stand for the reader's own.
const PLACEHOLDERS: [&str; 12] = [
    "change-me",
    "change-this",
    "changeme",
    "changethis",
    "replace-me",
    "replace-this",
    "replace-with",
    "replaceme",
    "your-",
    "enter-your",
    "insert-your",
    "put-your",
];

/// The settings files that the first program is known to open, and those beside the manifest whose
/// names its code holds as a text: an image with all files has them without a further word.
pub(super) fn opened(repo: &Repo, facts: &Facts) -> Vec<RelPath> {
    let Some(program) = facts.programs.first() else { return Vec::new() };
    let is_settings = |path: &RelPath| SETTINGS.contains(&path.extension());
    let known = program.files.iter().map(|file| file.value.clone());
    let mut files: Vec<RelPath> = known.filter(is_settings).collect();
    let Some(language) = language(&facts.language) else { return files };
    let is_own = |path: &RelPath| {
        let name = path.file_name();
        !language.markers.contains(&name) && !name.starts_with('.') && !name.contains("compose")
    };
    let children = repo.children(&facts.dir).map(|(path, _)| path.clone());
    let beside = children.filter(|path| is_settings(path) && repo.is_file(path) && is_own(path));
    let mut beside: Vec<RelPath> = beside.take(MAX_BESIDE).collect();
    beside.retain(|path| !files.contains(path) && repo.size(path) <= MAX_SIZE);
    if beside.is_empty() {
        return files;
    }
    for code in read_for(repo, &facts.dir, language.markers) {
        if !language.extensions.contains(&code.extension()) {
            continue;
        }
        let Ok(Some(text)) = repo.source_text(&code) else { continue };
        beside.retain(|path| {
            let named = names(&text, path.file_name());
            if named {
                files.push(path.clone());
            }
            !named
        });
    }
    files
}

/// True if a text holds the name of a file as a whole text, or at the end of a path.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        before.is_some_and(|c| "\"'`/".contains(c)) && after.is_some_and(|c| "\"'`".contains(c))
    })
}

/// The finding for placeholders in the settings that a program opens.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn placeholders(
    repo: &Repo,
    facts: &Facts,
    opened: &[RelPath],
) -> Result<Option<Finding>> {
    let mut places = Vec::new();
    for path in opened {
        if repo.size(path) > MAX_SIZE || is_example(path.file_name()) {
            continue;
        }
        let Some(text) = repo.source_text(path)? else { continue };
        if !may_hold(&text) {
            continue;
        }
        for root in settings::documents(path.extension(), &text) {
            collect(path, "the value", &root, &mut places);
        }
    }
    places.truncate(MAX_SAID);
    let Some(first) = places.first() else { return Ok(None) };
    let file = first.file.strip(&facts.dir).unwrap_or(first.file.as_str()).to_owned();
    let what = format!("{}, which the program opens, holds placeholders", first.file);
    let fix = format!(
        "start the container with values of your own: `docker run -v ./{}:/app/{file}:ro ...`",
        first.file
    );
    Ok(Some(Finding::new(FindingCode::SettingsPlaceholder, what, places).with_fix(fix)))
}

/// Adds the placeholders in a value; its readers limit the depth.
fn collect(path: &RelPath, key: &str, item: &Item, into: &mut Vec<Evidence>) {
    if let Some(value) = item.text() {
        if is_placeholder(value) {
            into.push(Evidence::at(path, item.line, format!("{key} is a placeholder")));
        }
        return;
    }
    for entry in item.entries() {
        collect(path, &entry.key, &entry.item, into);
    }
    for inner in item.items() {
        collect(path, key, inner, into);
    }
}

fn is_example(name: &str) -> bool {
    ["example", "sample", "template", "dist", "default"].iter().any(|word| name.contains(word))
}

/// The letters and digits of a text in lower case, and a hyphen for each other mark or space.
fn plain(text: &str) -> String {
    let one = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    text.trim().chars().map(one).collect()
}

/// A quick look at the whole text.
fn may_hold(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["change", "replace", "your", "enter", "insert", "put"].iter().any(|word| lower.contains(word))
}

/// True for one word, or words in brackets: a sentence is a text of the program's.
fn is_placeholder(value: &str) -> bool {
    let inner = value.trim_start_matches(['<', '[', '{', '$']);
    if inner.len() == value.len() && value.contains(char::is_whitespace) {
        return false;
    }
    let value = plain(inner);
    value.len() < 80 && PLACEHOLDERS.iter().any(|held| value.starts_with(held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_values_that_ask_for_another() {
        for value in
            ["CHANGE_ME", "changeme", "<your-token>", "REPLACE_THIS_WITH_A_KEY", "<Your API key>"]
        {
            assert!(is_placeholder(value), "{value}");
        }
        for value in [
            "Your <strong>page</strong>",
            "yours",
            "exchange",
            "changes",
            "https://your.example",
            "secret",
            "",
        ] {
            assert!(!is_placeholder(value), "{value}");
        }
    }

    #[test]
    fn settings_beside_the_manifest_count_if_the_code_names_them() {
        let manifest = r#"{"name":"shop","scripts":{"start":"node app.js"}}"#;
        let server = "require('http').createServer().listen(3000);\n";
        let said = |code: &str| {
            let code = format!("{server}{code}");
            let settings = "redis:\n  host: localhost\nadmin:\n  - token: CHANGE_ME\n";
            let files =
                [("package.json", manifest), ("app.js", code.as_str()), ("box.yml", settings)];
            let repo = Repo::from_files(files);
            let language = crate::detect::language("node").unwrap();
            let facts = crate::detect::ask(&repo, &(RelPath::root(), language)).unwrap().unwrap();
            let codes = facts.findings.into_iter().map(|one| format!("{} {}", one.code, one.fix));
            codes.filter(|one| one.contains("box.yml")).collect::<Vec<_>>()
        };
        let found = said("load(read('./box.yml'));");
        assert!(found[0].starts_with("service-at-localhost "), "{found:?}");
        assert!(found[1].contains("docker run -v ./box.yml:/app/box.yml:ro"), "{found:?}");
        assert!(said("").is_empty());
    }

    #[test]
    fn names_are_whole_texts() {
        assert!(names("open('config.yml')", "config.yml"));
        assert!(names("join(dir, \"conf/config.yml\")", "config.yml"));
        assert!(!names("open('myconfig.yml')", "config.yml"));
        assert!(!names("// config.yml", "config.yml"));
    }
}

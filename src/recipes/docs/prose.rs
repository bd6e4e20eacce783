//! What documentation says in sentences and tables.

use crate::facts::Evidence;
use crate::path::RelPath;
use crate::recipes::Variable;

/// Programs that others commonly start, by key of packages.toml.
const PROGRAMS: [&str; 8] = [
    "ffmpeg",
    "imagemagick",
    "graphviz",
    "pandoc",
    "exiftool",
    "tesseract",
    "ghostscript",
    "libreoffice",
];

/// Phrases that say that a program is required at run time.
const NEEDING: [&str; 9] = [
    "requires ",
    "required",
    "must be installed",
    "must have ",
    "needs to be installed",
    "needs ",
    "depends on ",
    "be available in",
    "be in your path",
];

/// Programs that a sentence outside of code says are required.
pub(super) fn needed(file: &RelPath, text: &str) -> Vec<(String, Evidence)> {
    let mut found: Vec<(String, Evidence)> = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim_start().to_ascii_lowercase();
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        let says = NEEDING.iter().any(|words| line.contains(words));
        if fenced || !says || line.contains("optional") || line.contains("not require") {
            continue;
        }
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
        let named = words.find_map(|word| PROGRAMS.iter().find(|program| **program == word));
        if let Some(name) = named.filter(|name| found.iter().all(|(held, _)| held != *name)) {
            let evidence = Evidence::at(file, number, format!("it says that {name} is needed"));
            found.push(((*name).to_owned(), evidence));
        }
    }
    found
}

/// Variables with their values in the image: ``**DATA_DIR**: defaults to `/data` in the Docker
/// image``.
pub(super) fn stated(file: &RelPath, text: &str) -> Vec<Variable> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        // reStructuredText writes two of them.
        let line = line.replace("``", "`");
        let Some((before, rest)) = line.split_once("efaults to `") else { continue };
        let Some((value, after)) = rest.split_once('`') else { continue };
        let near: String = after.chars().take(30).collect::<String>().to_ascii_lowercase();
        let mut names = before.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let key = names.find_map(|word| {
            let word = word.trim_matches('_');
            let upper =
                word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
            (upper && word.len() > 3 && word.contains('_')).then(|| word.to_owned())
        });
        let of_image = near.trim_start().starts_with("in ")
            && ["docker", "container"].iter().any(|word| near.contains(word));
        if let Some(key) = key.filter(|_| of_image && value.starts_with('/')) {
            let evidence = Evidence::at(file, number, format!("{key} is {value} in the image"));
            found.push(Variable { key, value: value.to_owned(), evidence });
        }
    }
    found
}

/// Words that say that a sentence is about a container.
const INSIDE: [&str; 10] = [
    "in a container",
    "inside a container",
    "in the container",
    "inside the container",
    "in containers",
    "in docker",
    "inside docker",
    "within docker",
    "in a docker",
    "inside a docker",
];

/// Values that a sentence gives for every container.
const CONSTANT: [&str; 10] =
    ["1", "0", "true", "false", "yes", "no", "on", "off", "0.0.0.0", "production"];

/// Words of sentences that tell what not to do, or what one may do.
const UNSURE: [&str; 8] =
    ["not set", "n't set", "unset", "optional", "for example", "e.g.", "never", "unless"];

/// Maximum length of a line that may be such a sentence, in bytes.
const MAX_SENTENCE: usize = 400;

/// The variable with its value that a sentence tells to set in a container: `if you run it inside a
/// container, set SKIP_SETUP=yes`.
pub(in crate::recipes) fn for_containers(line: &str) -> Option<(String, String)> {
    if line.len() > MAX_SENTENCE || !line.contains('=') {
        return None;
    }
    let lower = line.to_ascii_lowercase();
    let inside = INSIDE.iter().any(|words| lower.contains(words));
    let sets = lower.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == "set");
    if !inside || !sets || UNSURE.iter().any(|words| lower.contains(words)) {
        return None;
    }
    let edge = |c: char| !(c.is_ascii_alphanumeric() || "_=.".contains(c));
    line.split(edge).find_map(|word| {
        let (key, value) = word.trim_end_matches('.').split_once('=')?;
        let plain = key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        (plain && key.len() > 3 && CONSTANT.contains(&value))
            .then(|| (key.to_owned(), value.to_owned()))
    })
}

/// Variables that a document tells to set in every container.
pub(super) fn set_in_containers(file: &RelPath, text: &str) -> Vec<Variable> {
    let lines = (1..).zip(text.lines());
    let told = lines.filter_map(|(number, line)| {
        let (key, value) = for_containers(line)?;
        let evidence = Evidence::at(file, number, format!("{key} is {value} in a container"));
        Some(Variable { key, value, evidence })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_may_tell_what_to_set_in_a_container() {
        let of = |line: &str| {
            for_containers(line).map_or(String::new(), |(key, value)| format!("{key}={value}"))
        };
        for (line, expected) in [
            ("If you are running inside a container, set `SKIP_SETUP=yes`.", "SKIP_SETUP=yes"),
            ("In Docker, SKIP_SETUP=1 must be set", "SKIP_SETUP=1"),
            ("Do not set SKIP_SETUP=1 in a container.", ""),
            ("In Docker, set STORE_KEY=abcdef", ""),
            ("Set SKIP_SETUP=1 on your machine", ""),
        ] {
            assert_eq!(of(line), expected, "{line}");
        }
        assert_eq!(of("don't set SKIP_SETUP=1 in Docker"), "");
    }
}

//! Ports that configuration files state, for programs whose code does not: the files that the
//! program opens, and the example of an environment file.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::World;
use super::files::Opened;
use super::settings::is_aside;
use crate::code::listen::is_address;
use crate::code::{Part, Value, is_env_name, is_other_service};
use crate::detect::env_file;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::Item;

/// How many settings of files are kept, so that a large data file does not cost memory.
const MAX_SETTINGS: usize = 4000;

/// How much weaker the address in an example of a configuration file is.
const EXAMPLE: u8 = 1;

/// Words in the names of examples of configuration files.
const EXAMPLES: [&str; 4] = ["example", "sample", "default", "template"];

/// Extensions of configuration files.
const CONFIGS: [&str; 7] = ["yaml", "yml", "toml", "json", "ini", "conf", "properties"];

/// Addresses in configuration files, likeliest first: in those that the program opens, and in
/// examples of those that it expects.
pub(super) fn addresses(world: &World, opened: &[RelPath]) -> Result<Vec<(Value, u8)>> {
    let examples = examples(world);
    let opened = opened.iter().map(|path| (path, 0));
    let examples = examples.iter().map(|path| (path, EXAMPLE));
    let mut all = Vec::new();
    for (path, weaker) in opened.chain(examples) {
        if !CONFIGS.contains(&path.extension()) {
            continue;
        }
        let Some(text) = world.module.sources.repo.source_text(path)? else { continue };
        for (key, value, line) in settings(&text) {
            let words = key.to_ascii_lowercase();
            if !is_address(&key) || is_other_service(&words) {
                continue;
            }
            let evidence = Evidence::at(path, line, format!("`{key}` is `{value}`"));
            let rank = if is_aside(&words) { 12 } else { 2 } + weaker;
            all.push((Value::known(value, evidence), rank));
        }
    }
    Ok(all)
}

/// Examples of configuration files beside the module: `config.sample.toml`.
fn examples(world: &World) -> Vec<RelPath> {
    let repo = world.module.sources.repo;
    let home = &world.module.layout.module;
    let folders = ["", "config", "configs", "conf"].iter().filter_map(|name| home.join(name));
    let files = folders.flat_map(|folder| repo.children(&folder).collect::<Vec<_>>());
    let named = files.filter(|(path, _)| {
        let mut parts = path.file_name().split(['.', '-', '_']);
        let settings = path.file_name().to_ascii_lowercase().contains("conf");
        settings
            && CONFIGS.contains(&path.extension())
            && parts.any(|part| EXAMPLES.contains(&part))
    });
    named.map(|(path, _)| path.clone()).filter(|path| repo.is_file(path)).collect()
}

/// Every setting of the files that the program opens, by its key in lower case. A key to which two
/// files give different values is left out.
pub(super) fn settings_of(
    world: &World,
    opened: &[RelPath],
) -> Result<BTreeMap<String, (String, Evidence)>> {
    let mut all: BTreeMap<String, (String, Evidence)> = BTreeMap::new();
    let mut disputed = BTreeSet::new();
    for path in opened {
        if !["yaml", "yml", "toml", "json"].contains(&path.extension()) {
            continue;
        }
        let Some(text) = world.module.sources.repo.source_text(path)? else { continue };
        let root = crate::settings::documents(path.extension(), &text).into_iter().next();
        let mut open: Vec<(String, &Item)> =
            root.iter().map(|root| (String::new(), root)).collect();
        while let Some((before, item)) = open.pop() {
            if let (Some(value), false) = (item.text(), before.is_empty()) {
                let evidence = Evidence::at(path, item.line, format!("`{before}` is `{value}`"));
                match all.get(&before) {
                    Some((held, _)) if held != value => {
                        disputed.insert(before);
                    }
                    Some(_) => {}
                    None => {
                        all.insert(before, (value.to_owned(), evidence));
                    }
                }
                continue;
            }
            for entry in item.entries() {
                let dot = if before.is_empty() { "" } else { "." };
                let key = format!("{before}{dot}{}", entry.key.to_ascii_lowercase());
                if all.len() + open.len() < MAX_SETTINGS {
                    open.push((key, &entry.item));
                }
            }
        }
    }
    // A placeholder such as `${PORT}` is not a value.
    all.retain(|key, (value, _)| !disputed.contains(key) && !value.contains(['$', '{']));
    Ok(all)
}

/// Adds what frameworks read without being told, and the settings in it.
pub(super) fn of_frameworks(world: &World, opened: &mut Opened) -> Result<()> {
    let rows: Vec<_> = crate::code::listen::read_untold(world.code).collect();
    for (row, evidence) in rows {
        for (number, way) in row.reads.iter().enumerate() {
            let Some(path) = opened.untold(world, way, &evidence) else { continue };
            let repo = world.module.sources.repo;
            let text = if number == 0 { repo.source_text(&path)? } else { None };
            let Some(text) = text else { continue };
            let all = settings(&text);
            // The section of the mode wins over what stands above all sections.
            let mode = all.iter().find(|(key, _, _)| key == "runmode").map_or("dev", |one| &one.1);
            let mode = format!("{mode}.");
            let (own, other): (Vec<_>, Vec<_>) =
                all.iter().partition(|(key, _, _)| key.starts_with(&mode));
            let parts =
                other.into_iter().chain(own).take(MAX_SETTINGS).map(|(key, value, line)| {
                    let key = key.strip_prefix(&mode).unwrap_or(key).to_ascii_lowercase();
                    let part = Part::known(
                        value.clone(),
                        Evidence::at(&path, *line, format!("`{key}` is `{value}`")),
                    );
                    (key, with_variable(part))
                });
            world.code.know(parts.collect::<Vec<_>>());
        }
    }
    Ok(())
}

/// `${PORT||8080}`: a variable with its default.
fn with_variable(mut part: Part) -> Part {
    let text = part.text.clone().unwrap_or_default();
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    if let Some(inner) = inner {
        let (name, default) = inner.split_once("||").unwrap_or((inner, ""));
        part.env = Some(name.to_owned()).filter(|name| is_env_name(name));
        part.text = Some(default.to_owned()).filter(|default| !default.is_empty());
    }
    part
}

/// The value that the example of an environment file gives to a variable.
pub(super) fn example(world: &World, key: &str) -> Result<Option<Part>> {
    let layout = world.module.layout;
    let folders = [&layout.module, world.module.dir, &layout.context];
    let found = env_file::example(world.module.sources.repo, &folders, key)?;
    Ok(found.map(|(value, evidence)| {
        let mut part = Part::unknown(evidence);
        (part.text, part.env) = (Some(value), Some(key.to_owned()));
        part
    }))
}

/// The settings of a YAML, TOML, JSON or INI file, read line by line: the key with the sections
/// that contain it, the value, and the line.
fn settings(text: &str) -> Vec<(String, String, u32)> {
    let mut all = Vec::new();
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut section = String::new();
    for (number, raw) in (1..).zip(text.lines()) {
        let line = raw.trim();
        if line.is_empty() || line.starts_with(['#', ';']) || line.starts_with("//") {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            name.trim_matches('[').trim().clone_into(&mut section);
            open.clear();
            continue;
        }
        let indent = raw.len() - raw.trim_start().len();
        open.retain(|(held, _)| *held < indent);
        let Some(at) = line.find([':', '=']) else { continue };
        let key = line[..at].trim().trim_matches(['"', '\'', '-', ' ']).to_owned();
        let value = plain(&line[at + 1..]);
        if value.is_empty() || value == "{" {
            open.push((indent, key));
            continue;
        }
        let path = std::iter::once(section.as_str())
            .chain(open.iter().map(|(_, key)| key.as_str()))
            .chain([key.as_str()])
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(".");
        all.push((path, value, number));
    }
    all
}

/// A value without its quotes, without a comment and without a trailing comma.
fn plain(value: &str) -> String {
    let value = value.trim();
    let quoted = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    match quoted {
        Some(quote) => value[1..].split(quote).next().unwrap_or_default().to_owned(),
        None => value
            .split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .trim_end_matches(',')
            .trim()
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_read_line_by_line() {
        let found = |text: &str| {
            settings(text)
                .into_iter()
                .map(|(k, v, n)| format!("{k}={v}:{n}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            found("server:\n  port: 8080 # x\n  tls:\n    on: no\ndb:\n  port: 5432\n"),
            "server.port=8080:2 server.tls.on=no:4 db.port=5432:6"
        );
        assert_eq!(found("[http]\naddr = \":80\"\n"), "http.addr=:80:2");
        assert_eq!(
            found("{\n  \"server\": {\n    \"port\": 8080,\n  }\n}\n"),
            "server.port=8080:3"
        );
        assert_eq!(found("httpport = 9000\n"), "httpport=9000:1");
    }
}

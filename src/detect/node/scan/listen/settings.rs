//! The settings files of node-config, which code reads by keys.

use std::rc::Rc;

use super::super::super::App;
use crate::code::Part;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Entry, Item, Value};

/// Libraries that read them.
pub(super) const READERS: [&str; 2] = ["config", "@feathersjs/configuration"];

/// A library that reads ./config as well. Each setting is an option of the command line, and a TOML
/// file may include others: <https://github.com/zone-eu/wild-config>.
pub(super) const WILD: &str = "wild-config";

/// True for a file of settings that code may read as an object.
pub(in super::super) fn holds(path: &RelPath) -> bool {
    matches!(path.extension(), "json" | "yaml" | "yml" | "toml")
}

/// The text of a settings file as an object literal, each key on its own line of the file.
pub(super) fn as_object(path: &RelPath, text: Rc<str>) -> Rc<str> {
    if path.extension() == "json" {
        return text;
    }
    let documents = settings::documents(path.extension(), &text);
    let first = documents.into_iter().next().map(|item| settings::to_json(&item));
    Rc::from(first.unwrap_or_default())
}

/// Every setting of wild-config, by its key below the module's name, with its option.
pub(super) fn wild(app: &App) -> Vec<(String, Part)> {
    let mut all = Vec::new();
    for stem in ["default", "production"] {
        let read = |ending: &str| app.dir.text(&format!("config/{stem}.{ending}")).ok().flatten();
        let items: Vec<(RelPath, Item)> = match (read("toml"), read("json")) {
            (Some((path, text)), _) => {
                let included = included(app, &text);
                let own = settings::parse_toml(&text).map(|item| (path, item));
                own.into_iter().chain(included).collect()
            }
            (None, Some((path, text))) => {
                settings::parse_json(&text).map(|item| (path, item)).into_iter().collect()
            }
            (None, None) => Vec::new(),
        };
        for (path, root) in &items {
            leaves(root, &mut |keys, item, text| {
                if all.len() < MAX_SETTINGS {
                    let key = keys.join(".");
                    let evidence = Evidence::at(path, item.line, format!("{key} is {text}"));
                    let part = Part { flag: Some(key.clone()), ..Part::known(text, evidence) };
                    all.push((format!("{WILD}.{key}").to_ascii_lowercase(), part));
                }
            });
        }
    }
    all
}

/// The files that a TOML file includes by `# @include "api.toml"`, below the table around the line.
fn included(app: &App, text: &str) -> Vec<(RelPath, Item)> {
    let mut table: Vec<&str> = Vec::new();
    let mut all = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            table = name.split('.').map(|part| part.trim().trim_matches('"')).collect();
            continue;
        }
        let named = line.strip_prefix('#').map(str::trim_start);
        let Some(named) = named.and_then(|rest| rest.strip_prefix("@include ")) else { continue };
        let name = named.trim().trim_matches(['"', '\'']);
        let read = app.dir.text(&format!("config/{name}")).ok().flatten();
        let Some((path, text)) = read.filter(|_| all.len() < MAX_INCLUDED) else { continue };
        let Some(item) = settings::documents(path.extension(), &text).into_iter().next() else {
            continue;
        };
        let below = table.iter().rev().fold(item, |item, key| {
            let line = item.line;
            let entry = Entry { key: (*key).to_owned(), line, item };
            Item { line, value: Value::Map(vec![entry]) }
        });
        all.push((path, below));
    }
    all
}

/// Calls a function for each value of a tree, with the keys that lead to it.
fn leaves(root: &Item, found: &mut dyn FnMut(&[&str], &Item, &str)) {
    let mut open: Vec<(Vec<&str>, &Item)> = vec![(Vec::new(), root)];
    while let Some((keys, item)) = open.pop() {
        if let Some(text) = item.text() {
            found(&keys, item, text);
        }
        open.extend(
            item.entries()
                .iter()
                .map(|entry| ([keys.as_slice(), &[entry.key.as_str()]].concat(), &entry.item)),
        );
    }
}

/// How many settings are kept.
const MAX_SETTINGS: usize = 4000;

/// How many files one settings file includes.
const MAX_INCLUDED: usize = 32;

const ENDINGS: [&str; 5] = ["json", "json5", "yaml", "yml", "toml"];

/// Every setting, by its key below the module's name, with the variable that overrides it. The
/// files are those for `NODE_ENV=production`, the strongest last:
/// <https://github.com/node-config/node-config/wiki/Configuration-Files>.
pub(super) fn known(app: &App) -> Vec<(String, Part)> {
    let variables: Vec<Item> = of_stem(app, "custom-environment-variables")
        .into_iter()
        .map(|(_, variables)| variables)
        .collect();
    let mut all = Vec::new();
    for stem in ["default", "production"] {
        for (path, root) in of_stem(app, stem) {
            leaves(&root, &mut |keys, item, text| {
                if all.len() < MAX_SETTINGS {
                    let note = format!("{} is {text}", keys.join("."));
                    let env = variables.iter().find_map(|item| item.text_at(keys));
                    let evidence = Evidence::at(&path, item.line, note);
                    let env = env.map(str::to_owned);
                    let part = Part { env, ..Part::known(text, evidence) };
                    all.push((format!("config.{}", keys.join(".")).to_ascii_lowercase(), part));
                }
            });
        }
    }
    all
}

fn of_stem(app: &App, stem: &str) -> Vec<(RelPath, Item)> {
    let read = |ending: &&str| {
        let (path, text) = app.dir.text(&format!("config/{stem}.{ending}")).ok().flatten()?;
        let item = match *ending {
            "yaml" | "yml" => settings::parse_yaml(&text).into_iter().next(),
            "toml" => settings::parse_toml(&text),
            _ => settings::parse_json(&text),
        };
        Some((path, item?))
    };
    // The first extension is the strongest.
    ENDINGS.iter().rev().filter_map(read).collect()
}

/// The settings file that is a script.
pub(in super::super) fn script(app: &App) -> Option<RelPath> {
    let names = ["config/production.js", "config/default.js"];
    let mut paths = names.iter().filter_map(|name| app.dir.join(name));
    paths.find(|path| app.dir.repo.is_file(path))
}

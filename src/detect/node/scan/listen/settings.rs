//! The settings files of node-config, which code reads by keys.

use super::super::super::App;
use crate::code::Part;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item};

/// Libraries that read them.
pub(super) const READERS: [&str; 2] = ["config", "@feathersjs/configuration"];

/// How many settings are kept.
const MAX_SETTINGS: usize = 4000;

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
            let mut open: Vec<(Vec<&str>, &Item)> = vec![(Vec::new(), &root)];
            while let Some((keys, item)) = open.pop() {
                if let Some(text) = item.text().filter(|_| all.len() < MAX_SETTINGS) {
                    let note = format!("{} is {text}", keys.join("."));
                    let env = variables.iter().find_map(|item| item.text_at(&keys));
                    let evidence = Evidence::at(&path, item.line, note);
                    let env = env.map(str::to_owned);
                    let part = Part { env, ..Part::known(text, evidence) };
                    all.push((format!("config.{}", keys.join(".")).to_ascii_lowercase(), part));
                }
                open.extend(
                    item.entries().iter().map(|entry| {
                        ([keys.as_slice(), &[entry.key.as_str()]].concat(), &entry.item)
                    }),
                );
            }
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

//! Files of the process manager pm2: `apps` with script, arguments and environment. The object
//! literal of a JavaScript file is read like JSON.

use super::{Recipe, Run, Running, Variable};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Item, Value};

/// Reads a pm2 file.
pub(super) fn read(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    let Some(root) = literal(text) else { return };
    let apps = root.get("apps").unwrap_or(&root);
    let apps = match &apps.value {
        Value::Map(_) => std::slice::from_ref(apps),
        _ => apps.items(),
    };
    for app in apps {
        let Some(script) = app.text_at(&["script"]) else { continue };
        let name = app.text_at(&["name"]).unwrap_or(script);
        let evidence = Evidence::at(file, app.line, format!("pm2 starts {name}: `{script}`"));
        let mut run = Run::new(Recipe::ProcessManager, name, evidence);
        run.dir = app.text_at(&["cwd"]).and_then(|dir| home.join(dir)).or(Some(home.clone()));
        run.words.push(script.to_owned());
        for item in app.get("args").map(Item::items).unwrap_or_default() {
            let text = item.text().unwrap_or_default();
            run.words.extend(text.split_whitespace().map(str::to_owned));
        }
        // Values for production come last, and win.
        for key in ["env", "env_prod", "env_production"] {
            for entry in app.get(key).map(Item::entries).unwrap_or_default() {
                let Some(value) = entry.item.text() else { continue };
                let evidence = Evidence::at(file, entry.line, format!("pm2 sets {}", entry.key));
                let value = value.to_owned();
                run.env.retain(|held| held.key != entry.key);
                run.env.push(Variable { key: entry.key.clone(), value, evidence });
            }
        }
        into.runs.push(run);
    }
}

/// The first object of the text: all of a JSON file, or the export of a module.
fn literal(text: &str) -> Option<Item> {
    let from = ["module.exports", "export default"].iter().find_map(|word| text.find(word));
    let from = from.unwrap_or(0);
    let open = from + text.get(from..)?.find(['{', '['])?;
    settings::parse_json_at(text, open).map(|(item, _)| item)
}

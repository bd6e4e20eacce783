//! Modules with settings that everybody writes for himself: the repository holds an example alone.

use std::collections::BTreeSet;

use super::imported::{eager, runs};
use super::world::World;
use crate::facts::{Evidence, Finding, Program};
use crate::path::RelPath;

/// Endings of the names of such modules.
const SETTINGS: [&str; 7] =
    ["config", "settings", "credentials", "conf", "settings_local", "config_local", "keys"];

/// What the names of examples have beside the name of the module.
const EXAMPLES: [&str; 10] = [
    "{}.example.py",
    "{}.py.example",
    "{}.sample.py",
    "{}.py.sample",
    "{}_example.py",
    "{}_sample.py",
    "{}-example.py",
    "{}.py.dist",
    "{}.template.py",
    "example_{}.py",
];

/// Reports modules that the start imports and of which the repository holds an example alone.
pub(super) fn missing(world: &World, program: &mut Program) {
    let eager = eager(world);
    let mut said = BTreeSet::new();
    for module in world.modules.iter().filter(|one| eager.contains(&one.file.path)) {
        let file = &module.file;
        let beside = file.path.parent().unwrap_or_default();
        for import in file.imports.iter().filter(|import| !import.path.is_empty()) {
            // `from . import config`
            let export = import.export.as_deref().filter(|name| *name != "*");
            let below = export.map(|export| format!("{}.{export}", import.path));
            for name in std::iter::once(import.path.clone()).chain(below) {
                let last = name.rsplit('.').next().unwrap_or_default();
                if !SETTINGS.iter().any(|end| last.ends_with(end)) || said.contains(&name) {
                    continue;
                }
                let found = [&module.root, &beside]
                    .into_iter()
                    .find_map(|folder| example(world, folder, &name));
                let Some((target, example)) = found.filter(|_| runs(file, import.line)) else {
                    continue;
                };
                let shown = target.strip(&world.app.dir.path).unwrap_or(target.as_str());
                let at = Evidence::at(&file.path, import.line, format!("imports {name}"));
                let places = [at, Evidence::file(&example, "an example")];
                program.findings.push(Finding::config_not_in_git(shown, &example, places));
                said.insert(name);
            }
        }
    }
}

/// The file of a module below a folder and the example of it, if the repository lacks the file.
fn example(world: &World, folder: &RelPath, name: &str) -> Option<(RelPath, RelPath)> {
    let repo = world.app.dir.repo;
    let way = name.replace('.', "/");
    let (above, last) = way.rsplit_once('/').unwrap_or(("", &way));
    let folder = if above.is_empty() { folder.clone() } else { folder.join(above)? };
    let target = folder.join(&format!("{last}.py"))?;
    if repo.exists(&target) || folder.join(last).is_some_and(|path| repo.exists(&path)) {
        return None;
    }
    let mut paths = EXAMPLES.iter().filter_map(|form| folder.join(&form.replace("{}", last)));
    Some((target, paths.find(|path| repo.is_file(path))?))
}

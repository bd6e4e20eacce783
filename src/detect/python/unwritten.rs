//! Modules with settings that everybody writes for himself: the repository holds an example alone.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::imported::{eager, runs};
use super::source::named;
use super::world::World;
use super::{codes, opened};
use crate::code::{Call, File};
use crate::facts::{Evidence, Finding, Program};
use crate::path::RelPath;

/// Endings of the names of such modules.
const SETTINGS: [&str; 9] = [
    "config",
    "settings",
    "credentials",
    "conf",
    "settings_local",
    "config_local",
    "configuration",
    "keys",
    "secrets",
];

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
        for (name, at) in by_name(world, file).into_iter().chain(by_import(file)) {
            if said.contains(&name) {
                continue;
            }
            let mut folders = [&module.root, &beside].into_iter();
            let found = folders.find_map(|folder| example(world, folder, &name));
            let Some((target, example)) = found else { continue };
            let shown = target.strip(&world.app.dir.path).unwrap_or(target.as_str());
            let places = [at, Evidence::file(&example, "an example")];
            program.findings.push(Finding::config_not_in_git(shown, &example, places));
            said.insert(name);
        }
    }
}

/// True for the name of a module with settings.
fn is_settings(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    SETTINGS.iter().any(|end| last.ends_with(end))
}

/// Modules with settings that the statements of a file import as the program starts.
fn by_import(file: &Rc<File>) -> impl Iterator<Item = (String, Evidence)> {
    let imports = file.imports.iter().filter(|import| !import.path.is_empty());
    let named = imports.flat_map(|import| named(import).map(move |name| (name, import.line)));
    let own = named.filter(move |(name, line)| is_settings(name) && runs(file, *line));
    own.map(move |(name, line)| {
        let at = Evidence::at(&file.path, line, format!("imports {name}"));
        (name, at)
    })
}

/// Endings of the modules that protoc and its plugins write.
const STUBS: [&str; 2] = ["_pb2", "_pb2_grpc"];

/// Reports modules that a compiler of protocols writes, and that neither git nor a package holds.
pub(super) fn generated(world: &World, program: &mut Program) {
    let eager = eager(world);
    for module in world.modules.iter().filter(|one| eager.contains(&one.file.path)) {
        let file = &module.file;
        for import in &file.imports {
            for name in named(import) {
                let last = name.rsplit('.').next().unwrap_or_default();
                if !STUBS.iter().any(|end| last.ends_with(end)) || !runs(file, import.line) {
                    continue;
                }
                let held = !world.app.dir.repo.files_named(&format!("{last}.py")).is_empty();
                // Packages such as googleapis-common-protos hold stubs of their own.
                let top = name.split('.').next().unwrap_or_default();
                let own = top == last || world.code.module_named(top).is_some();
                let folder = || {
                    world.app.roots.iter().any(|root| {
                        root.join(top).is_some_and(|path| world.app.dir.repo.is_dir(&path))
                    })
                };
                if held || !own && !folder() {
                    continue;
                }
                let at = Evidence::at(&file.path, import.line, format!("imports {name}"));
                let what =
                    format!("the program imports {name}, which no file of the repository is");
                program.findings.push(Finding::new(codes::MODULE_GENERATED, what, [at]));
                return;
            }
        }
    }
}

/// Modules that a function imports by name as the program starts:
/// `importlib.import_module(os.getenv("X", "shop.configuration"))`.
fn by_name(world: &World, file: &Rc<File>) -> Vec<(String, Evidence)> {
    let calls = file.facts().calls().iter().filter(|&&at| file.word(at) == "import_module");
    let own = calls.filter_map(|&at| Call::at(file, at)).filter(|call| call.is_in("importlib"));
    let started = own.filter(|call| {
        file.facts().function_at(call.at).is_none() && !opened::is_spared(file, call.at)
    });
    let named = started.filter_map(|call| {
        let name = world.code.argument(&call, 0)?.text()?;
        let like = is_settings(&name) && !name.starts_with('.');
        like.then(|| (name.clone(), call.evidence(format!("imports {name}"))))
    });
    named.collect()
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

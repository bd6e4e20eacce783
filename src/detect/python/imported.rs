//! Packages that the program imports as it starts, and that the image does not hold.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use super::manifest::is_for_development;
use super::source::Module;
use super::world::World;
use super::{codes, opened};
use crate::code::File;
use crate::facts::{Evidence, Finding, Program};
use crate::path::RelPath;

/// Says what is missing.
pub(super) fn missing(world: &World, program: &mut Program) {
    let optional = optional(world);
    if optional.is_empty() {
        return;
    }
    let eager = eager(world);
    let mut said = BTreeSet::new();
    // Django imports the modules of its apps by name.
    let whole = world.app.installed.has("django");
    for module in world.modules.iter().filter(|one| whole || eager.contains(&one.file.path)) {
        let file = &module.file;
        for import in &file.imports {
            let top = import.path.split('.').next().unwrap_or_default();
            let package = top.to_lowercase().replace('_', "-");
            let Some((list, develops)) = optional.get(package.as_str()) else { continue };
            // A module of the repository may have the same name.
            let own = world.code.module_named(top).is_some();
            let apart = !develops && (whole || !world.app.extras);
            if own || apart || !runs(file, import.line) || !said.insert(*develops) {
                continue;
            }
            let at = Evidence::at(&file.path, import.line, format!("imports {}", import.path));
            let what = format!("the program imports {package}, which only `{list}` installs");
            program.findings.push(if *develops {
                Finding::new(codes::DEVELOPMENT_IMPORTED, what, [at])
            } else {
                let fix = format!("install the extra: --set extras={list}");
                Finding::new(codes::EXTRA_IMPORTED, what, [at]).with_fix(fix)
            });
        }
    }
}

/// Packages that only an extra, or a group for development, installs, with its name; true for one for
/// development.
fn optional<'w>(world: &'w World) -> BTreeMap<&'w str, (&'w str, bool)> {
    let project = world.app.project;
    let groups = project.groups.iter().map(|list| (list, true));
    let extras = project.extras.iter().map(|list| (list, false));
    let mut all: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    for ((name, (listed, _)), of_tool) in groups.chain(extras) {
        let develops = is_for_development(name);
        if of_tool && !develops {
            continue;
        }
        for one in listed.iter().filter(|one| !world.app.installed.has(&one.name)) {
            // An extra that a person can choose is the better way out.
            let held = all.entry(&one.name).or_insert((name, develops));
            if held.1 && !develops {
                *held = (name, develops);
            }
        }
    }
    all
}

/// The modules that are imported as the program starts, and not only where a function needs them.
pub(super) fn eager(world: &World) -> BTreeSet<RelPath> {
    let named = world.modules.iter().map(|module| (module.name.as_str(), module));
    let named: BTreeMap<&str, &Rc<Module>> = named.collect();
    let mut seen = BTreeSet::new();
    let mut next: VecDeque<&Rc<Module>> = world.modules.first().into_iter().collect();
    seen.extend(next.front().map(|first| first.file.path.clone()));
    let own = world.modules.first().map(|first| first.name.clone()).unwrap_or_default();
    let packages = |name: &str| {
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        ends.filter_map(|end| named.get(&name[..end]).copied()).collect::<Vec<_>>()
    };
    let mut add = |name: &str, next: &mut VecDeque<_>| {
        for module in packages(name) {
            if seen.insert(module.file.path.clone()) {
                next.push_back(module);
            }
        }
    };
    add(&own, &mut next);
    while let Some(module) = next.pop_front() {
        for import in module.file.imports.iter().filter(|one| runs(&module.file, one.line)) {
            add(&import.path, &mut next);
        }
    }
    seen
}

/// True for an import that runs where its module is imported.
pub(super) fn runs(file: &Rc<File>, line: u32) -> bool {
    let (mut from, mut end) = (0, file.len());
    while from < end {
        let middle = from.midpoint(end);
        if file.line(middle) < line { from = middle + 1 } else { end = middle }
    }
    // It stands in for another module, which is there as often as not.
    let instead = |at: usize| {
        let mut heads = crate::code::conditions::heads(file, at).into_iter();
        heads.any(|head| file.word(head.start) == "except")
    };
    from < file.len()
        && !opened::is_spared(file, from)
        && !instead(from)
        && file.facts().function_at(from).is_none()
}

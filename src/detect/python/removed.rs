//! What the code uses of the standard library that newer Pythons lack.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::imported::{eager, runs};
use super::limits;
use super::specifier::numbers;
use super::world::World;
use crate::code::File;
use crate::facts::Sourced;
use crate::path::RelPath;

/// The ranges of Pythons that have all that the program uses as it starts.
pub(super) fn admitted(world: &World, entries: &[RelPath]) -> Vec<Sourced<String>> {
    let whole = world.app.installed.has("django");
    let mut started = None;
    let mut found: BTreeMap<&str, Sourced<String>> = BTreeMap::new();
    for row in &world.tables.removed {
        let Some([3, last, _]) = numbers(&row.last) else { continue };
        for name in &row.names {
            let back = row.backports.get(name);
            if back.is_some_and(|package| world.app.installed.has(package)) {
                continue;
            }
            let mut files = world.modules.iter().map(|module| &module.file);
            let used = files.find_map(|file| {
                if row.unless.as_deref().is_some_and(|other| !file.places(other).is_empty()) {
                    return None;
                }
                let at = used(file, name, entries)?;
                let started = started.get_or_insert_with(|| eager(world));
                (whole || started.contains(&file.path)).then_some((file, at))
            });
            if let Some((file, at)) = used {
                let next = last + 1;
                let note = format!("{name} is gone since Python 3.{next}");
                let range = Sourced::new(format!("<3.{next}"), file.evidence(at, note));
                found.entry(&row.last).or_insert(range);
            }
        }
    }
    found.into_values().collect()
}

/// Where a file uses a name as it is imported or as the program starts.
fn used(file: &Rc<File>, name: &str, entries: &[RelPath]) -> Option<usize> {
    let (module, export) = name.rsplit_once('.').unwrap_or((name, ""));
    let last = if export.is_empty() { module } else { export };
    file.places(last).iter().copied().find(|at| {
        let Some(import) = file.imports.iter().find(|import| import.line == file.line(*at)) else {
            let called = !export.is_empty() && file.dotted(*at).as_deref() == Some(name);
            return called && limits::runs(file, *at, entries);
        };
        let same = if export.is_empty() {
            import.path.split('.').next() == Some(module)
        } else {
            // `from asyncio import get_event_loop` alone runs nothing.
            let class = export.starts_with(char::is_uppercase);
            class && import.path == module && file.word(*at) == export
        };
        same && runs(file, import.line)
    })
}

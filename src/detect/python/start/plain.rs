//! Scripts and packages that can be run: by their names and places, by what they do, and by what
//! documentation says.

use std::rc::Rc;

use anyhow::Result;

use super::super::application;
use super::super::finish::{Candidate, Scene};
use super::super::guarded::guard;
use super::super::told::{Target, Told};
use super::MAX_SCRIPTS;
use crate::code::{File, conditions};
use crate::facts::Evidence;
use crate::path::RelPath;

/// Names of scripts that start something, likeliest first.
const SCRIPTS: [&str; 9] =
    ["main", "app", "server", "run", "bot", "start", "serve", "index", "worker"];

/// Maximum number of scripts whose modules are read to rank them.
const MAX_READ: usize = 12;

/// Maximum number of modules that are searched for what acts.
const MAX_ACTING: usize = 200;

/// The rank of packages inside of others, and what is added to that of scripts for developers.
const INNER: usize = 40;

/// The first words of the names of scripts that a developer runs.
const CHORES: [&str; 12] = [
    "bench",
    "benchmark",
    "build",
    "clean",
    "deploy",
    "example",
    "install",
    "package",
    "release",
    "setup",
    "test",
    "tests",
];

impl<'s> Scene<'s> {
    /// Packages with `__main__.py`, and scripts.
    ///
    /// `defined`: modules that only define what a worker runs.
    pub(super) fn plain(&self, told: &[Told], defined: &[&RelPath]) -> Result<Vec<Candidate<'s>>> {
        let mut all: Vec<(usize, Candidate)> = Vec::new();
        let named = |target: &Target| told.iter().any(|told| told.target == *target);
        let name = self.app.project.name.as_ref().map(|name| name.value.replace('-', "_"));
        for path in &self.sources.all {
            let Some(module) = self.sources.module(path)? else { continue };
            let way = path.strip(&self.app.dir.path).unwrap_or_default();
            let file = path.file_name().trim_end_matches(".py");
            let folders = way.matches('/').count();
            if file == "__main__" && folders <= 2 {
                let package = module.name.trim_end_matches("__main__").trim_end_matches('.');
                let evidence = Evidence::file(path, "a package that can be run");
                if let Some(found) = self.module(package, evidence)? {
                    // A package inside of another one is more often a copy of a library.
                    let inner = package.contains('.');
                    let known = !inner || named(&Target::Module(package.to_owned()));
                    all.push((if known { 0 } else { INNER }, found));
                }
                continue;
            }
            let top = folders == 0 || folders == 1 && module.root.as_str().ends_with("src");
            let guard = guard(&module.file);
            let place = SCRIPTS.iter().position(|name| *name == file);
            let own = name.as_deref() == Some(file);
            if !top && (guard.is_none() || folders > 2 || place.is_none_or(|place| place > 3)) {
                continue;
            }
            let open = guard.is_none() && (place.is_none() && !own || defined.contains(&path));
            if file == "manage" || open {
                continue;
            }
            let evidence = match guard {
                Some(at) => module.file.evidence(at, "a script"),
                None => Evidence::file(path, "a script with a usual name"),
            };
            let rank = match (own, place) {
                (true, _) => 1,
                (_, Some(place)) => 2 + place,
                _ => 20,
            };
            let documented =
                named(&Target::File(way.to_owned())) || named(&Target::Module(module.name.clone()));
            let rank = match (documented, is_chore(file)) {
                (true, _) => 1,
                (_, true) => rank + INNER,
                _ => rank + 10 * folders + 5 * usize::from(guard.is_none()),
            };
            all.extend(self.file(path, evidence)?.map(|found| (rank, found)));
        }
        // What serves is rather the program than what does not.
        for (rank, found) in all.iter_mut().filter(|(rank, _)| *rank >= 20).take(MAX_READ) {
            if self.produces(&self.sources.closure(&found.entries)?) {
                *rank -= 10;
            }
        }
        all.extend(self.modules(told, &all)?);
        if all.is_empty() {
            all.extend(self.acting(defined)?);
        }
        all.sort_by_key(|(rank, _)| *rank);
        // A file with a usual name needs no others beside it.
        let usual = all.first().is_some_and(|(rank, _)| *rank < 20);
        let all = all.into_iter().filter(|(rank, _)| !usual || *rank < 20);
        // Their ranks decide, not what they are.
        let found = all.map(|(_, found)| Candidate { order: 4, ..found });
        Ok(found.take(MAX_SCRIPTS).collect())
    }

    /// Modules inside of packages that documentation starts: `python -m relay.node`.
    fn modules(
        &self,
        told: &[Told],
        known: &[(usize, Candidate)],
    ) -> Result<Vec<(usize, Candidate<'s>)>> {
        let mut all = Vec::new();
        for told in told.iter().filter(|told| told.documented).take(MAX_READ) {
            let Target::Module(name) = &told.target else { continue };
            let Some(found) = self.module(name, told.evidence.clone())? else { continue };
            let held = known.iter().any(|(_, one)| one.entries == found.entries);
            let last = name.rsplit('.').next().unwrap_or_default();
            if held || is_chore(last) {
                continue;
            }
            let serves = self.produces(&self.sources.closure(&found.entries)?);
            all.push((if serves { 1 } else { INNER }, found));
        }
        Ok(all)
    }

    /// What acts as it is run, where no script has a usual name or place: modules of packages that
    /// serve, or the only file that calls something by itself.
    fn acting(&self, defined: &[&RelPath]) -> Result<Vec<(usize, Candidate<'s>)>> {
        let (mut serving, mut calling) = (Vec::new(), Vec::new());
        for path in self.sources.all.iter().take(MAX_ACTING) {
            let Some(module) = self.sources.module(path)? else { continue };
            let file = &module.file;
            let stem = path.file_name().trim_end_matches(".py");
            let tool = stem.starts_with("__") || stem == "manage" || is_chore(stem);
            if tool || defined.contains(&path) {
                continue;
            }
            let way = path.strip(&self.app.dir.path).unwrap_or_default();
            let acts = || file.facts().calls().iter().find(|&&at| is_act(file, at));
            if let Some(at) = guard(file)
                && self.produces(std::slice::from_ref(&module))
            {
                serving.extend(self.file(path, file.evidence(at, "a script"))?);
            } else if !way.contains('/')
                && let Some(&at) = acts()
            {
                calling.extend(self.file(path, file.evidence(at, "a script"))?);
            }
        }
        // Of several files that call something, nobody knows which one is meant.
        let all = if serving.is_empty() && calling.len() == 1 { calling } else { serving };
        Ok(all.into_iter().map(|one| (INNER, one)).collect())
    }
}

/// Calls that only prepare what follows.
const PREPARING: [&str; 8] = [
    "append",
    "basicConfig",
    "filterwarnings",
    "getLogger",
    "insert",
    "load_dotenv",
    "setdefault",
    "simplefilter",
];

/// True for a call that is a statement of the module itself: `asyncio.run(main())`, `bot.polling()`.
fn is_act(file: &Rc<File>, at: usize) -> bool {
    let start = conditions::statement(file, at);
    let plain = |at: usize| file.is_word(at) || matches!(file.word(at), "." | "(" | ")");
    let inside = file.facts().function_at(at).is_some()
        || application::is_guarded(file, at)
        || file.enclosing(at).is_some_and(|open| file.word(open) != "{");
    !inside
        && !PREPARING.contains(&file.word(at))
        && (start..at).all(|at| plain(at) && !is_head(file.word(at)))
}

/// True for a word that begins another statement than a call.
fn is_head(word: &str) -> bool {
    ["@", "class", "def", "from", "import", "return", "raise", "assert", "del"].contains(&word)
}

/// True for the name of a script that a developer runs: `build_package`, `tests_sites`.
fn is_chore(name: &str) -> bool {
    let first = name.split(['_', '-']).next().unwrap_or_default();
    CHORES.contains(&first.to_ascii_lowercase().as_str())
}

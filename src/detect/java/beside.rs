//! Modules whose archives the build of a program copies, although the program does not depend on
//! them: `<copy file="../plugin/target/plugin.jar" .../>` of an Ant step.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::App;
use super::pom::Model;
use crate::path::RelPath;

/// How many Ant files of a pom are read.
const MAX_FILES: usize = 16;
/// How many places that name a build folder are looked at.
const MAX_PLACES: usize = 256;

/// Where a pom's paths may begin.
const HERE: [&str; 4] = ["${project.basedir}/", "${basedir}/", "${pom.basedir}/", "./"];
/// The same for the folder of the parent and of the whole run.
const ABOVE: [&str; 3] = [
    "${project.parent.basedir}/",
    "${maven.multiModuleProjectDirectory}/",
    "${session.executionRootDirectory}/",
];

/// Modules that the build of the program reads beside its dependencies.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) modules: Vec<Rc<Model>>,
    /// What these depend on and the program does not.
    pub(super) needed: Vec<Rc<Model>>,
}

impl Beside {
    pub(super) fn of(app: &App) -> Result<Self> {
        let own: BTreeSet<RelPath> = std::iter::once(app.model.path().clone())
            .chain(app.siblings.iter().map(|model| model.path().clone()))
            .collect();
        let dir = app.model.dir();
        let Some(pom) = app.dir.repo.text(app.model.path())? else { return Ok(Self::default()) };
        let mut texts = vec![pom.clone()];
        for file in pom.split("antfile=\"").skip(1).take(MAX_FILES) {
            let name = without(&HERE, file.split('"').next().unwrap_or_default());
            if let Some(path) = dir.join(name)
                && let Some(text) = app.dir.repo.source_text(&path)?
            {
                texts.push(text);
            }
        }
        let mut found = BTreeSet::new();
        for text in &texts {
            for (at, _) in text.match_indices("/target").take(MAX_PLACES) {
                let from =
                    text[..at].rfind(['"', '>', ',', ';', ' ', '\n', '(']).map_or(0, |at| at + 1);
                let poms = folders(app, &dir, &text[from..at]).into_iter();
                let poms = poms.filter_map(|at| at.join("pom.xml"));
                found.extend(poms.filter(|pom| !own.contains(pom)));
            }
        }
        let modules: Vec<Rc<Model>> = found
            .iter()
            .filter_map(|pom| app.reactor.projects.get(pom).cloned())
            .filter(|model| model.packaging() != "pom")
            .collect();
        let mut needed = Vec::new();
        let mut held: BTreeSet<RelPath> = own;
        held.extend(modules.iter().map(|model| model.path().clone()));
        for module in &modules {
            let below = app.reactor.siblings(module.path()).into_iter();
            needed.extend(below.filter(|model| held.insert(model.path().clone())));
        }
        Ok(Self { modules, needed })
    }
}

/// The folders that a path of a pom may name.
fn folders(app: &App, dir: &RelPath, text: &str) -> Vec<RelPath> {
    if let Some(below) = ABOVE.iter().find_map(|begin| text.strip_prefix(begin)) {
        let from = [dir.parent(), Some(app.context.clone())].into_iter().flatten();
        return from.filter_map(|from| from.join(below)).collect();
    }
    dir.join(without(&HERE, text)).into_iter().collect()
}

fn without<'t>(beginnings: &[&str], text: &'t str) -> &'t str {
    beginnings.iter().find_map(|begin| text.strip_prefix(begin)).unwrap_or(text)
}

//! The rest of what is known of a program that was found: its working directory, port, settings,
//! and what its modules ask of the image.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;

use super::application::Application;
use super::demands::{self, Demand};
use super::pages::{self, Need};
use super::runtime;
use super::source::{DJANGO_SETTINGS, Module, Sources, init};
use super::tables::Tables;
use super::told::{Target, Told};
use super::world::World;
use super::{
    App, ProgramDetails, codes, data, django, limits, listen, migrations, removed, setuptools,
    special, stops, stylesheet, translations, unchanged,
};
use crate::code::{Program as Code, Value};
use crate::facts::{Evidence, Finding, Kind, Program};
use crate::path::RelPath;

/// Folders whose name hides them from a build context.
const HIDDEN: [&str; 9] = ["bin", "build", "coverage", "data", "dist", "log", "logs", "out", "tmp"];

/// Something that can be started.
pub(super) struct Candidate<'t> {
    pub(super) program: Program,
    pub(super) details: ProgramDetails,
    /// The modules that it begins with.
    pub(super) entries: Vec<RelPath>,
    /// The folder that its modules are imported from.
    pub(super) root: RelPath,
    /// The application that a server runs.
    pub(super) application: Option<Application<'t>>,
    pub(super) order: u8,
}

/// What programs are looked for in.
pub(super) struct Scene<'s> {
    pub(super) app: &'s App<'s>,
    pub(super) tables: &'s Tables,
    pub(super) sources: &'s Sources<'s>,
    /// The lines of the repository that start something.
    pub(super) told: Vec<Told>,
}

impl Scene<'_> {
    /// Reads the modules of a program, and fills in what they say.
    pub(super) fn finished(&self, candidate: Candidate) -> Result<(Program, ProgramDetails)> {
        let Candidate { mut program, mut details, mut entries, root, application, order } =
            candidate;
        let mut project = None;
        if let Some(one) = &application
            && ["django", "channels"].contains(&one.framework.package())
        {
            project = django::project(self.sources, one)?;
        }
        if let Some(project) = &project {
            entries.push(project.settings.file.path.clone());
            entries.extend(self.installed_apps(&project.root));
        }
        let root = project.as_ref().map_or(root, |project| project.root.clone());
        let installed = matches!(order, 1 | 3) && self.app.project.installs;
        let root = if installed { self.app.dir.path.clone() } else { root };
        let here = application.as_ref().is_some_and(|one| self.starts_here(&one.id()));
        self.place(&root, project.is_some(), here, &mut details);
        let seen = self.app.dir.path.join(&details.workdir).unwrap_or_default();
        let sources = self.sources.seen_from(seen.clone());
        let modules = sources.closure(&entries)?;
        let left = if project.is_none() { data::left_out(self.app, &modules)? } else { None };
        if let (Some(at), Some(first)) = (&left, modules.first()) {
            details.sources = true;
            let way = first.root.strip(&self.app.dir.path).filter(|way| !way.is_empty());
            details.paths.push(way.unwrap_or(".").to_owned());
            let what = format!("the wheel of the project lacks {}", at.file);
            program.findings.push(Finding::new(codes::PACKAGE_DATA_MISSING, what, [at.clone()]));
        }
        // Rules are asked of these modules alone: others of the repository do not run here.
        let code = special::placed(&modules, &self.tables.code, in_image(self.app, &seen));
        let world = World {
            app: self.app,
            tables: self.tables,
            code: &code,
            modules: &modules,
            workdir: seen,
            installed: self.app.project.installs && details.command.len() == 1 && left.is_none(),
        };
        details.admitted = limits::admitted(&code, &entries);
        details.admitted.extend(removed::admitted(&world, &entries));
        details.setuptools = setuptools::missing(&world, &mut program);
        program.findings.extend(unchanged::secret(&world));
        let mut demanded = demanded(&world);
        if project.is_none() {
            demanded.extend(application.as_ref().and_then(unnamed_settings));
        }
        let (mut extra, mut folders) = (Vec::new(), Vec::new());
        let factory = application.as_ref().filter(|one| one.factory).map(|one| &*one.name);
        stops::add(&code, factory, &mut demanded, &mut program);
        if let Some(project) = &project {
            details.sources = true;
            let rows = &self.tables.before_static;
            let asked = django::settings(self.app, project, &code, rows, &demanded, &mut program);
            details.steps = asked.steps;
            details.made = asked.made;
            details.gathered = asked.gathered;
            extra = asked.written;
            folders = asked.pages;
            let env = django::placeholders(&demanded, project);
            translations::compiled(&world, Some((project, env)), &mut details, &mut program);
        } else if order != 8 {
            translations::compiled(&world, None, &mut details, &mut program);
        }
        if let Some(one) = &application {
            self.restated(&world, one, &mut program, &mut details)?;
        } else if order != 8 && !program.findings.iter().any(|held| held.code == codes::NO_SERVER) {
            let listens = runtime::listens(&world, true, &mut program);
            program.handles_sigterm =
                program.handles_sigterm.take().or_else(|| runtime::sigterm(&world));
            program.findings.extend(self.development(&code).filter(|_| listens));
        }
        let required =
            demanded.into_iter().map(|(name, Demand { evidence, .. })| (name, evidence)).collect();
        runtime::analyse(&world, extra, required, &mut program);
        if let Some(way) = data::written_inside(&world, &program, &details.paths)? {
            details.sources = true;
            details.paths.push(way);
        }
        program.findings.extend(pages::packages(&world, &folders));
        let root = project.as_ref().map(|project| &project.root);
        served(&world, folders, &details, root, &mut program);
        if application.is_some() {
            program.findings.extend(stylesheet::finding(&world, &program)?);
        }
        if application.is_none() && order != 8 {
            self.subcommand(&modules, &self.told, &details, &mut program);
            self.demanded(&modules, &mut program);
        }
        self.carried(&modules, &program, &mut details);
        migrations::carried(&world, &details, &mut program);
        if self.app.project.installs && !details.sources && !details.command.is_empty() {
            pages::packed(&world, &mut program);
        }
        if application.is_some() && project.is_none() || program.kind == Kind::Service {
            let found = migrations::finding(&world, &details, &program);
            program.findings.extend(found.filter(|_| project.is_none()));
        }
        Ok((program, details))
    }

    /// Says that every server that the code starts is one for development.
    fn development(&self, code: &Code) -> Option<Finding> {
        let rows = &self.tables.listeners;
        if listen::calls(code, rows).any(|(row, call)| !row.develops(&call)) {
            return None;
        }
        let (_, call) = listen::calls(code, rows).next()?;
        let at = call.evidence(format!("`{}` starts it", call.name()));
        let what = "the program starts a server that its makers call a server for development";
        Some(Finding::new(codes::DEVELOPMENT_SERVER, what, [at]))
    }

    /// The working directory, and the folders that modules are imported from.
    ///
    /// `here`: the working directory is the application's folder, wherever its modules are.
    fn place(&self, root: &RelPath, django: bool, here: bool, details: &mut ProgramDetails) {
        let way = root.strip(&self.app.dir.path).unwrap_or_default();
        if way.is_empty() {
            return;
        }
        // An installed project is imported from the environment, not from its folder.
        if way == "src" && !django {
            if !self.app.project.installs {
                details.paths.push(way.to_owned());
            }
        } else if here || self.app.roots.contains(root) && !django {
            details.paths.push(way.to_owned());
            details.sources |= here;
        } else {
            way.clone_into(&mut details.workdir);
            details.sources = true;
        }
    }

    /// True if a line of the repository starts an application from here and names the folder of its
    /// modules: `uvicorn --app-dir server main:app`.
    fn starts_here(&self, id: &str) -> bool {
        let own = |told: &&Told| matches!(&told.target, Target::Object(object) if object == id);
        let named = |word: &String| ["--app-dir", "--pythonpath"].contains(&flag(word));
        let mut lines = self.told.iter().filter(own);
        lines.any(|told| told.flags.iter().chain(&told.rest).any(named))
    }

    /// Every module of Django's apps, which are found by name.
    fn installed_apps(&self, root: &RelPath) -> Vec<RelPath> {
        // Django loads these by name, so no import of the program leads to them.
        let usual =
            ["admin.py", "apps.py", "models.py", "signals.py", "tasks.py", "urls.py", "views.py"];
        let below = self.sources.all.iter().filter(|path| path.is_within(root));
        below.filter(|path| usual.contains(&path.file_name())).cloned().collect()
    }

    /// Whether the folder's own files are needed, and which of them the build context may not hide.
    fn carried(&self, modules: &[Rc<Module>], program: &Program, details: &mut ProgramDetails) {
        let dir = &self.app.dir.path;
        // A script outside any package is not installed with the project.
        let alone = modules.first().is_some_and(|module| {
            let file = &module.file.path;
            !module.name.contains('.') && *file != init(&file.parent().unwrap_or_default())
        });
        let flat = modules.first().is_some_and(|module| module.root == *dir);
        details.sources |= !program.files.is_empty() || alone && flat && order_of(details);
        let folders = modules.iter().filter_map(|module| module.file.path.parent());
        // A rule for build output would hide code that happens to lie in such a folder.
        let hidden = folders.filter(|folder| {
            let way = folder.strip(dir).unwrap_or_default();
            way.split('/').any(|part| HIDDEN.contains(&part))
        });
        let mut unhidden: BTreeSet<String> =
            hidden.filter_map(|folder| folder.strip(dir).map(str::to_owned)).collect();
        let files = program.files.iter().filter_map(|file| file.value.strip(dir));
        unhidden.extend(files.map(str::to_owned));
        details.unhidden = unhidden.into_iter().collect();
    }
}

/// A folder of the application in the image.
fn in_image(app: &App, folder: &RelPath) -> String {
    let way = folder.strip(app.context).filter(|way| !way.is_empty());
    way.map_or_else(|| "/app".to_owned(), |way| format!("/app/{way}"))
}

/// Adds the builds of other packages that make the pages of a program; `root`: a project of Django's.
fn served(
    world: &World,
    folders: Vec<(Value, Need, Evidence)>,
    details: &ProgramDetails,
    root: Option<&RelPath>,
    program: &mut Program,
) {
    // Where collectstatic does not run, the program itself reads what it would gather.
    let gathered = !details.steps.is_empty();
    let mut listed = Vec::new();
    for (value, need, at) in folders {
        let way = value.text().or_else(|| pages::tail(&value));
        let Some(path) = way.and_then(|way| world.workdir.join(&way)) else { continue };
        if need == Need::Listed {
            listed.push((path, at));
            continue;
        }
        // A folder that is there may lack what a build writes into it.
        pages::made(world, &path, if gathered { need } else { Need::Opened }, &at, program);
    }
    if let Some(root) = root {
        let need = if gathered { Need::Built } else { Need::Opened };
        pages::of_apps(world, root, need, program);
    }
    for (path, at) in listed {
        pages::listing(world, &path, &at, program);
    }
}

/// The flag of `--app-dir=server` and `--app-dir`.
fn flag(word: &str) -> &str {
    word.split_once('=').map_or(word, |(flag, _)| flag)
}

/// The variable that names Django's settings, where nothing in the code does.
fn unnamed_settings(one: &Application) -> Option<(String, Demand)> {
    let at = Evidence { note: "no file names the settings".to_owned(), ..one.evidence() };
    let demand = Demand { evidence: at, kind: String::new(), at_import: true };
    (one.framework.package() == "django").then(|| (DJANGO_SETTINGS.to_owned(), demand))
}

/// The variables that the code or the settings of a library demand.
fn demanded(world: &World) -> BTreeMap<String, Demand> {
    let mut all = demands::demands(world.code);
    for (name, evidence) in runtime::demanded_settings(world) {
        let demand = Demand { evidence, kind: String::new(), at_import: false };
        all.entry(name).or_insert(demand);
    }
    all
}

/// True for a command that is not a console script of the project.
fn order_of(details: &ProgramDetails) -> bool {
    details.command.len() > 1
}

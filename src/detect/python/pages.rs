//! Pages that another package of the repository builds, and that the program gives out.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::codes;
use super::world::World;
use crate::code::{Call, File, Value};
use crate::detect::{add_front_end, certain_suppliers, suppliers};
use crate::facts::{Evidence, Finding, FindingCode, FrontEnd, Program, Sourced};
use crate::path::RelPath;

/// What makes an application of Flask's kind, which knows its folders by the file that makes it.
const FLASKS: [&str; 4] = ["Flask", "APIFlask", "Quart", "Blueprint"];

/// Maximum number of applications whose folders are read.
const MAX_FLASKS: usize = 32;

/// Files that an app of Django's has, and the maximum number of them that are looked at.
const APP_FILES: [&str; 4] = ["__init__.py", "apps.py", "models.py", "views.py"];
const MAX_APPS: usize = 256;

/// Where the program needs pages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// It opens them in the image.
    Opened,
    /// A step of the build reads them, or they are part of the installed package.
    Built,
    /// The program opens a file that such a build writes beside its pages.
    Listed,
}

/// Adds the build of another package that makes `path`, which git does not hold; false if there is
/// none.
pub(super) fn made(
    world: &World,
    path: &RelPath,
    need: Need,
    evidence: &Evidence,
    program: &mut Program,
) -> bool {
    let found = suppliers(world.app.dir.repo, world.app.context, path);
    let any = !found.is_empty();
    if !any && !path.is_within(world.app.context) {
        program.findings.extend(outside(world, path, evidence));
    }
    for mut front_end in found {
        let opened = need == Need::Opened && !(world.installed && is_packaged(world, path));
        let way = front_end.value.output.relative_to(&world.workdir);
        front_end.value.opened = opened.then_some(way);
        front_end.evidence.insert(0, evidence.clone());
        add_front_end(&mut program.front_ends, front_end);
    }
    any
}

/// Adds the file in which a build lists what it made, which the program opens: the image takes it
/// from the stage of that build. Without such a build it is said.
pub(super) fn listing(world: &World, path: &RelPath, at: &Evidence, program: &mut Program) {
    if world.app.dir.repo.exists(path) {
        return;
    }
    let beside = program.front_ends.iter().filter(|one| path.is_within(&one.value.dir));
    let nearest = beside.max_by_key(|one| one.value.dir.components().count()).cloned();
    let held =
        |one: &Sourced<FrontEnd>| one.value.opened.is_some() && path.is_within(&one.value.output);
    match nearest {
        Some(one) if held(&one) => {}
        Some(mut one) => {
            one.value.output = path.clone();
            one.value.moved_from = None;
            one.value.opened = Some(path.relative_to(&world.workdir));
            one.evidence = vec![at.clone()];
            add_front_end(&mut program.front_ends, one);
        }
        None if made(world, path, Need::Opened, at, program) => {}
        None => {
            let what = format!(
                "the program opens {path}, which the repository does not hold and no known build \
                 writes"
            );
            let why = "pages that name a file of the list are answered with an error";
            let finding = Finding::new(FindingCode::ServedFolderMissing, what, [at.clone()]);
            program.findings.push(finding.with_why(why));
        }
    }
}

/// What to say of pages that the repository makes or holds outside of the build context.
fn outside(world: &World, path: &RelPath, evidence: &Evidence) -> Option<Finding> {
    let repo = world.app.dir.repo;
    let made = suppliers(repo, &RelPath::root(), path);
    let maker = made.first().map(|made| Evidence::file(&made.value.dir, "its build makes them"));
    let held = || repo.is_dir(path).then(|| Evidence::file(path, "the repository holds them"));
    let at = maker.or_else(held)?;
    let what = format!(
        "the program reads {path}, which lies outside the build context {}",
        world.app.context
    );
    Some(Finding::new(codes::PAGES_OUTSIDE, what, [evidence.clone(), at]))
}

/// Hands pages inside of a package to the build that installs it: the program imports it from the
/// environment, and knows no other place of its pages.
pub(super) fn packed(world: &World, program: &mut Program) {
    for one in &mut program.front_ends {
        if is_packaged(world, &one.value.output) {
            one.value.opened = None;
        }
    }
}

/// True for a path inside of a package, which the environment holds.
fn is_packaged(world: &World, path: &RelPath) -> bool {
    world.modules.iter().any(|module| {
        let top = module.name.split('.').next().unwrap_or_default();
        module.root.join(top).is_some_and(|package| path.is_within(&package))
    })
}

/// Adds the builds that write into the `static` folders of Django's apps, which collectstatic reads.
pub(super) fn of_apps(world: &World, root: &RelPath, need: Need, program: &mut Program) {
    let repo = world.app.dir.repo;
    let is_app = |path: &&RelPath| APP_FILES.contains(&path.file_name());
    let files = repo.files_under(root).filter(is_app).filter_map(RelPath::parent);
    let apps: BTreeSet<RelPath> = files.take(MAX_APPS).collect();
    for folder in apps.iter().filter_map(|app| app.join("static")) {
        let evidence = Evidence::file(&folder, "collectstatic reads it");
        for mut front_end in certain_suppliers(repo, world.app.context, &folder) {
            let way = front_end.value.output.relative_to(&world.workdir);
            front_end.value.opened = (need == Need::Opened).then_some(way);
            front_end.evidence.insert(0, evidence.clone());
            add_front_end(&mut program.front_ends, front_end);
        }
    }
}

/// What to say where Django gathers the files of packages that nothing installs.
pub(super) fn packages(world: &World, folders: &[(Value, Need, Evidence)]) -> Option<Finding> {
    let named = |value: &Value| {
        let last = value.parts.last().and_then(|part| part.text.as_deref()).unwrap_or_default();
        last.split('/').any(|part| part == "node_modules")
    };
    let (_, _, at) =
        folders.iter().find(|(value, need, _)| *need == Need::Built && named(value))?;
    let what = "Django gathers static files from node_modules, and nothing in the image makes it";
    (!world.app.dir.has_folder("node_modules"))
        .then(|| Finding::new(codes::STATIC_PACKAGES_MISSING, what, [at.clone()]))
}

/// The end of a path whose beginning is not known, if it has several parts: `{base}/ui/dist`.
pub(super) fn tail(value: &Value) -> Option<String> {
    let known = value.parts.iter().rev().map_while(|part| part.text.as_deref());
    let texts: Vec<&str> = known.collect();
    if texts.len() == value.parts.len() {
        return None;
    }
    let text: String = texts.into_iter().rev().collect();
    let way = text.strip_prefix('/')?.trim_end_matches('/');
    (way.contains('/') && !way.contains("..")).then(|| way.to_owned())
}

/// `Flask(__name__, static_folder="../ui/dist")`: a folder beside the module.
pub(super) fn of_flask(world: &World, program: &mut Program) {
    let calls = FLASKS.iter().flat_map(|name| world.code.calls_named(name)).take(MAX_FLASKS);
    for call in calls.collect::<Vec<_>>() {
        for name in ["static_folder", "template_folder"] {
            // Without a word of it, a folder of that name beside the module is served.
            let usual = || (name == "static_folder").then(|| "static".to_owned());
            let text = match call.named(name) {
                Some(_) => folder(world, &call, name),
                None => usual().filter(|_| call.name() != "Blueprint"),
            };
            let Some(text) = text else { continue };
            let beside = call.file.path.parent().unwrap_or_default();
            let Some(path) = beside.join(&text) else { continue };
            let evidence = call.evidence(format!("`{}` reads {text}", call.name()));
            made(world, &path, Need::Opened, &evidence, program);
        }
    }
}

fn folder(world: &World, call: &Call, name: &str) -> Option<String> {
    let text = world.code.value(&call.file, call.named(name)?).text()?;
    (!text.starts_with('/') && !text.is_empty()).then_some(text)
}

/// The folders in a list of Django's settings, with the places of its elements:
/// `[BASE_DIR / "ui" / "dist", ("prefix", "other")]`.
pub(super) fn listed(
    code: &crate::code::Program,
    file: &Rc<File>,
    open: usize,
) -> Vec<(Value, Evidence)> {
    let elements = file.elements(open).into_iter().take(MAX_FLASKS);
    elements
        .map(|one| {
            let pair = file.word(one.start) == "(" && file.closing(one.start) + 1 == one.end;
            let own = pair.then(|| file.elements(one.start)).and_then(|pair| pair.last().cloned());
            let range = own.unwrap_or(one);
            let at = file.evidence(range.start, "a folder of pages in the settings");
            (code.value(file, range), at)
        })
        .collect()
}

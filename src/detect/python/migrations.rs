//! Migrations of Alembic, which somebody has to run before a new version starts.

use super::ProgramDetails;
use super::options::decorators;
use super::world::World;
use crate::code::Call;
use crate::facts::{Evidence, Finding, FindingCode, Program, Sourced};
use crate::path::RelPath;

/// Settings of Alembic, and what they are called below Flask-Migrate.
const SETTINGS: [(&str, &str); 2] =
    [("alembic", "alembic.ini"), ("flask-migrate", "migrations/alembic.ini")];

/// Maximum number of tokens between the words of a command.
const MAX_WORDS: usize = 12;

/// The settings of Alembic and its scripts, which an installed project does not bring.
pub(super) fn carried(world: &World, details: &ProgramDetails, program: &mut Program) {
    let dir = &world.app.dir;
    let installed = world.app.project.installs && !details.sources;
    let settings = dir.join(SETTINGS[0].1).filter(|path| dir.repo.is_file(path));
    let Some(settings) = settings.filter(|_| installed && world.app.installed.has("alembic"))
    else {
        return;
    };
    let scripts = scripts(world, &settings).and_then(|way| dir.join(&way));
    for path in [Some(settings), scripts].into_iter().flatten() {
        let held = program.files.iter().any(|file| path.is_within(&file.value));
        if !held && dir.repo.exists(&path) && path.is_within(&dir.path) {
            let at = Evidence::file(&path, "Alembic reads it from the working directory");
            program.files.push(Sourced::new(path, at));
        }
    }
}

/// Reports a program that starts without its migrations.
pub(super) fn finding(
    world: &World,
    details: &ProgramDetails,
    program: &Program,
) -> Option<Finding> {
    let installed = &world.app.installed;
    let found = SETTINGS.iter().find_map(|(package, file)| {
        let path = world.app.dir.join(file).filter(|path| world.app.dir.repo.is_file(path))?;
        installed.has(package).then_some((*package, path))
    });
    let (package, path) = found?;
    if runs(world) {
        return None;
    }
    let command = match package {
        "alembic" => "--entrypoint alembic IMAGE upgrade head".to_owned(),
        _ => format!("--entrypoint flask IMAGE --app {} db upgrade", program.id),
    };
    let carried = !world.app.project.installs || details.sources || !program.files.is_empty();
    let mounts = if carried { String::new() } else { mounts(world, &path) };
    let finding = Finding::new(
        FindingCode::MigrationsNotRun,
        "Alembic's migrations are not run when the container starts",
        [Evidence::file(&path, "the settings of Alembic")],
    );
    Some(finding.with_fix(format!(
        "run `docker run --rm {mounts}{command}` with the variables of the program before a new \
         version starts"
    )))
}

/// True if the program itself brings its database up to date.
fn runs(world: &World) -> bool {
    // A command of flask's own runs when somebody asks for it.
    let asked_for = |call: &Call| {
        let function = call.file.facts().function_at(call.at);
        let decorators = function.map(|function| decorators(&call.file, function));
        decorators.is_some_and(|all| all.iter().any(|one| one.name() == "command"))
    };
    let imports = |module: &str| {
        let mut calls = world.code.calls_named("upgrade");
        calls.any(|call| call.file.imports_module(module) && !asked_for(&call))
    };
    let says = |file: &std::rc::Rc<crate::code::File>| {
        let is = |at: usize, word: &str| file.string(at).is_some_and(|text| text == word);
        (0..file.len()).any(|at| {
            // `["alembic", "upgrade", "head"]`; a logger has the name too.
            is(at, "alembic") && (at..at + MAX_WORDS).any(|at| is(at, "upgrade"))
                || file.string(at).is_some_and(|text| text.contains("alembic upgrade"))
        })
    };
    imports("alembic") || imports("flask_migrate") || world.code.files().any(says)
}

/// The folder with the scripts that the settings name.
fn scripts(world: &World, settings: &RelPath) -> Option<String> {
    let text = world.app.dir.repo.source_text(settings).ok().flatten();
    let folder = text.as_deref().unwrap_or_default().lines().find_map(|line| {
        let value = line.trim().strip_prefix("script_location")?.trim_start();
        let value = value.strip_prefix('=')?.trim();
        Some(value.trim_start_matches("%(here)s/").trim_start_matches("./").to_owned())
    });
    folder.filter(|text| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
    })
}

/// The options that bring the migrations into a container whose image lacks them.
fn mounts(world: &World, settings: &RelPath) -> String {
    let folder = scripts(world, settings).unwrap_or_else(|| "migrations".to_owned());
    let file = settings.file_name();
    format!("-v ./{file}:/app/{file}:ro -v ./{folder}:/app/{folder}:ro ")
}

//! What can be started.

use anyhow::{Result, bail};

use super::{App, ProgramDetails};
use crate::facts::{Evidence, Kind, Program};

/// Every program, likeliest first.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn programs(app: &App) -> Result<Vec<(Program, ProgramDetails)>> {
    let flask = app.installed.evidence("flask").filter(|_| app.installed.is_direct("flask"));
    let _ = (flask, app.installed.version("flask"), app.installed.extra("uvicorn", "standard"));
    let _ = (&app.roots, app.catalog);
    let mut all = Vec::new();
    for script in app.project.scripts.iter().filter(|_| app.project.installs) {
        let program =
            Program::new(&script.name, &script.name, Kind::Command, script.evidence.clone());
        let own =
            ProgramDetails { command: vec![script.name.clone()], ..ProgramDetails::default() };
        all.push((program, own));
    }
    for file in ["main.py", "app.py", "server.py", "manage.py"] {
        if app.dir.has(file) {
            all.push(named(app, file)?);
        }
    }
    Ok(all)
}

/// The program that a person named.
///
/// # Errors
/// If there is none of that name.
pub(super) fn named(app: &App, wanted: &str) -> Result<(Program, ProgramDetails)> {
    let Some(path) = app.dir.join(wanted).filter(|path| app.dir.repo.is_file(path)) else {
        bail!("`{wanted}`: {} holds no such file", app.dir.path)
    };
    let name = path.file_name().trim_end_matches(".py").to_owned();
    let evidence = Evidence::file(&path, "a script");
    let program = Program::new(wanted, name, Kind::Command, evidence);
    let command = vec!["python".to_owned(), wanted.to_owned()];
    Ok((program, ProgramDetails { command, sources: true, ..ProgramDetails::default() }))
}

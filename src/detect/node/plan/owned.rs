//! Folders that the program writes and that exist before it runs: WORKDIR does not change the owner
//! of a folder that a COPY brought, so each is copied by itself.

use anyhow::Result;

use super::super::launch::Launch;
use super::super::{App, entry, site};
use super::{Chosen, ROOT, Shape};
use crate::detect::sent::Sent;
use crate::docker::types::ContainerPath;
use crate::path::RelPath;

/// One of them.
pub(super) struct Owned {
    /// Relative to the application.
    pub(super) way: String,
    /// Relative to the build context.
    pub(super) src: String,
    /// The build writes into it: it comes from the build stage.
    pub(super) built: bool,
    /// Perhaps the build does not make it: it is made before it is copied.
    pub(super) uncertain: bool,
}

/// Where the build writes, relative to the repository.
struct Outputs {
    /// Folders that it makes.
    folders: Vec<RelPath>,
    /// Folders and files that its commands name.
    named: Vec<RelPath>,
}

/// The folders of an image that holds the whole tree.
pub(super) fn folders(
    app: &App,
    launch: &Launch,
    builds: bool,
    chosen: &Chosen,
) -> Result<Vec<Owned>> {
    let outputs = if builds { outputs(app, launch)? } else { Outputs::none() };
    let mut all = Vec::new();
    let way = app.dir.path.strip(&app.root.path).unwrap_or_default();
    let home = format!("{ROOT}/{way}");
    let sent = Sent::of(app.dir.repo, &app.root.path)?;
    for folder in &chosen.program.writable {
        // A cache mount of the build leaves an empty folder there, which is left out.
        if launch.build_caches.contains(&folder.value) {
            continue;
        }
        // A recipe names a folder of the repository by its path in the image: `-v data:/app/data`.
        let inside = folder.value.strip_prefix(home.trim_end_matches('/'));
        let named = inside.and_then(|rest| rest.strip_prefix('/')).unwrap_or(&folder.value);
        let Some(path) = app.dir.join(named).filter(|path| *path != app.dir.path) else {
            continue;
        };
        let held = app.dir.repo.is_dir(&path) && sent.holds(&path);
        let made = outputs.folders.iter().any(|output| path == *output || output.is_within(&path));
        let below = outputs.folders.iter().any(|output| path.is_within(output));
        let named = outputs.named.iter().any(|word| word.is_within(&path));
        let built = made || below || named;
        if !held && !built {
            continue;
        }
        let (Some(src), Some(way)) = (path.strip(&app.root.path), path.strip(&app.dir.path)) else {
            continue;
        };
        let uncertain = built && !held && !made;
        all.push(Owned { way: way.to_owned(), src: src.to_owned(), built, uncertain });
    }
    Ok(all)
}

impl Outputs {
    fn none() -> Self {
        Self { folders: Vec::new(), named: Vec::new() }
    }
}

fn outputs(app: &App, launch: &Launch) -> Result<Outputs> {
    let mut found = Outputs::none();
    let script = launch.script.clone().or_else(|| app.build_script());
    let scripts: Vec<&String> = script.iter().chain(&launch.also).collect();
    let mut folders: Vec<String> = launch.outputs.clone();
    folders.extend(site::beside(app)?);
    for name in &scripts {
        folders.extend(site::made_by(app, name)?);
    }
    let stated = app.tsconfig.as_ref().and_then(|output| output.out_dir.clone());
    folders.extend(stated.map(|folder| folder.as_str().to_owned()));
    let inside = |path: &RelPath| *path != app.dir.path && path.is_within(&app.dir.path);
    found.folders.extend(folders.iter().filter_map(|folder| app.dir.join(folder)).filter(inside));
    for command in scripts.into_iter().flat_map(|name| entry::commands(app, name)) {
        let Some(folder) = app.dir.join(&command.dir) else { continue };
        if folder != app.dir.path {
            found.named.push(folder.clone());
        }
        found.named.extend(quoted(app, &folder, &command.argv)?.into_iter().filter(inside));
        let words = command.argv.iter().skip(1).flat_map(|word| word.split(['=', ',', ':']));
        let paths = words.filter(|word| !word.starts_with('-') && !word.contains('*'));
        found.named.extend(paths.filter_map(|word| folder.join(word)).filter(inside));
    }
    Ok(found)
}

/// The paths that the scripts of a command name in quotes: `node scripts/build.js` may write there.
fn quoted(app: &App, folder: &RelPath, words: &[String]) -> Result<Vec<RelPath>> {
    const SCRIPTS: [&str; 6] = ["js", "mjs", "cjs", "ts", "mts", "cts"];
    let mut found = Vec::new();
    for path in words.iter().filter_map(|word| folder.join(word)) {
        if !SCRIPTS.contains(&path.extension()) || !app.dir.repo.is_file(&path) {
            continue;
        }
        let Some(text) = app.dir.repo.source_text(&path)? else { continue };
        let plain = |word: &&str| !word.is_empty() && !word.contains(char::is_whitespace);
        let quoted = text.split(['\'', '"', '`']).filter(plain);
        found.extend(quoted.filter_map(|word| app.dir.join(word)));
    }
    Ok(found)
}

/// The folders to make at the end of the build stage.
pub(super) fn made(
    app: &App,
    launch: &Launch,
    shape: &Shape,
    chosen: &Chosen,
) -> Result<Vec<ContainerPath>> {
    let all = folders(app, launch, shape.builds, chosen)?;
    let made = all.iter().filter(|one| one.uncertain);
    Ok(made
        .map(|one| ContainerPath::new(format!("{ROOT}/{}", one.src)))
        .collect::<Result<_, _>>()?)
}

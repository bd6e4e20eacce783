//! Where the file to start is: in the repository, or in the output of the build.

use anyhow::Result;

use super::{Command, Entry, PlainStart, commands, flags, made, may_compile, top};
use crate::detect::node::App;
use crate::detect::node::launch::Layout;
use crate::detect::node::site;
use crate::path::RelPath;

/// The file that `node .` starts: <https://nodejs.org/api/modules.html#folders-as-modules>.
fn main(app: &App) -> std::result::Result<String, String> {
    let main = app.package.str(&["main"]).unwrap_or("index.js");
    let path = RelPath::new(main).filter(|path| !path.is_root());
    path.map(|path| path.as_str().to_owned())
        .ok_or_else(|| format!("main of package.json is {main}"))
}

/// Finds the file to start, in the repository or in the output of the build.
pub(super) fn settle(app: &App, mut entry: Entry) -> Result<PlainStart> {
    let named = entry.launch.file.clone();
    let Some(path) = RelPath::new(&named) else {
        return Ok(Err(format!("{named} lies outside the application")));
    };
    let wanted = if path.is_root() { main(app) } else { Ok(path.as_str().to_owned()) };
    let wanted = match wanted {
        Ok(wanted) => wanted,
        Err(why) => return Ok(Err(why)),
    };
    if is_settings(&wanted) {
        return Ok(Err(format!("{wanted} holds settings, and no program")));
    }
    let typescript = |file: &str| [".ts", ".tsx", ".mts", ".cts"].iter().any(|e| file.ends_with(e));
    let loader = entry.launch.flags.iter().any(|flag| flags::is_loader(flag));
    // No package has a name with a dot before it: a build keeps its output there.
    let hidden = wanted.starts_with("node_modules/.") && !wanted.starts_with("node_modules/.bin/");
    if hidden && app.builds() {
        let made = made::bundled(app, &wanted)?;
        let folder = wanted.rsplit_once('/').map_or(wanted.as_str(), |(folder, _)| folder);
        entry.launch.outputs = vec![folder.to_owned()];
        entry.launch.bundled = made.as_ref().is_some_and(|(_, whole)| *whole);
        let source = made.map(|(source, _)| source);
        entry.launch.source = source.or_else(|| app.source_of(&wanted));
        entry.launch.file = wanted;
        entry.launch.layout = Layout::Output;
    } else if wanted.starts_with("node_modules/") {
        entry.launch.file = wanted;
        entry.launch.layout =
            if app.build_script().is_some() { Layout::Tree } else { Layout::Source };
    } else if let Some(found) = app.finds(&wanted) {
        let compiled = app.compiled(&found).filter(|_| typescript(&found));
        // Tools for pages write no file of the server's.
        if let Some(compiled) = compiled
            && app.build_script().is_some()
            && may_compile(app)?
            && !(loader && flags::needs_aliases(app, &entry))
        {
            flags::without_loaders(&mut entry);
            entry.launch.outputs = vec![top(&compiled)];
            entry.launch.file = compiled;
            entry.launch.layout = Layout::Output;
        } else {
            entry.launch.layout = if app.builds() { Layout::Tree } else { Layout::Source };
            let compiled = beside_source(app, &found).filter(|_| !typescript(&wanted) && !loader);
            entry.launch.file = match compiled {
                Some(compiled) => compiled,
                None if loader || typescript(&found) => found.clone(),
                None => wanted,
            };
        }
        entry.launch.source = Some(found);
    } else if let Some((source, compiled)) = from_output(app, &wanted) {
        // The start script is written for the folder that the build writes.
        entry.launch.outputs = vec![top(&compiled)];
        entry.launch.source = Some(source);
        entry.launch.file = compiled;
        entry.launch.layout = Layout::Output;
    } else if let Some((source, whole)) = made::bundled(app, &wanted)? {
        entry.launch.outputs = vec![top(&wanted)];
        entry.launch.source = Some(source);
        entry.launch.file = wanted;
        entry.launch.bundled = whole;
        entry.launch.layout = Layout::Output;
    } else if app.builds() || app.compiles() {
        entry.launch.outputs = vec![top(&wanted)];
        entry.launch.source = app.source_of(&wanted);
        entry.launch.file = wanted;
        entry.launch.layout = Layout::Output;
        made::check(app, &mut entry)?;
    } else {
        return Ok(Err(format!("{named} is not in the repository, and no script builds it")));
    }
    if entry.launch.layout == Layout::Output {
        let pages = site::beside(app)?;
        let written = entry.launch.preloads.iter().chain(&pages);
        for folder in written.map(|path| top(path)).collect::<Vec<_>>() {
            if !entry.launch.outputs.contains(&folder) {
                entry.launch.outputs.push(folder);
            }
        }
    }
    entry.id.clone_from(&entry.launch.file);
    Ok(Ok(entry))
}

/// The file that the build's compiler writes beside a source: `node src/index` starts
/// src/index.js, while the repository holds src/index.ts.
fn beside_source(app: &App, source: &str) -> Option<String> {
    let output = app.tsconfig.as_ref().filter(|output| output.in_place())?;
    let build = app.build_script()?;
    let compiles = |command: &Command| {
        let words = &command.argv;
        words.first().is_some_and(|word| word == "tsc") && words.iter().all(|w| w != "--noEmit")
    };
    let made = output.compiled(source).filter(|made| made != source)?;
    commands(app, &build).iter().any(compiles).then_some(made)
}

/// The source and the compiled file behind a path that is relative to the build's output folder:
/// `bin/server.js`, if the repository holds bin/server.ts and the build writes
/// build/bin/server.js.
fn from_output(app: &App, wanted: &str) -> Option<(String, String)> {
    let output = app.tsconfig.as_ref().filter(|_| app.builds())?;
    let (stem, extension) = wanted.rsplit_once('.')?;
    let extension = match extension {
        "js" => "ts",
        "mjs" => "mts",
        "cjs" => "cts",
        _ => return None,
    };
    let source = format!("{stem}.{extension}");
    let there = app.dir.join(&source).is_some_and(|path| app.dir.repo.is_file(&path));
    let compiled =
        output.out_dir.as_ref().filter(|_| there).and_then(|_| output.compiled(&source))?;
    (compiled != wanted && compiled.ends_with(&format!("/{wanted}"))).then_some((source, compiled))
}

/// True for a word that names settings, which no interpreter starts.
pub(super) fn is_settings(word: &str) -> bool {
    [".json", ".json5", ".yaml", ".yml", ".toml"].iter().any(|end| word.ends_with(end))
}

//! What the final image contains, and what it starts.

use anyhow::{Context, Result};

use super::super::App;
use super::super::launch::{Launch, Layout};
use super::nested::Nested;
use super::{ROOT, Shape, owned};
use crate::detect::Chosen;
use crate::docker::quote;
use crate::docker::types::Line;
use crate::path::RelPath;
use crate::plan::Artifact;

/// The folder of a site in the final image.
pub(super) const SITE: &str = "/srv";

/// A folder with the same path in the build stage and in the image.
fn built(path: &str) -> Result<Artifact> {
    Artifact::new(Some("build"), path, path)
}

fn without(mut artifact: Artifact, names: &[&str]) -> Result<Artifact> {
    artifact.exclude = names.iter().map(|name| Line::new(*name)).collect::<Result<_, _>>()?;
    Ok(artifact)
}

/// The artifacts in the order of layers: dependencies first, the application last.
pub(super) fn artifacts(
    app: &App,
    launch: &Launch,
    shape: &Shape,
    chosen: &Chosen,
) -> Result<Vec<Artifact>> {
    let home = shape.home.as_str();
    let (mut all, mut written) = (Vec::new(), Vec::new());
    if super::needs_modules(launch) && holds_modules(app, launch) {
        let root = format!("{ROOT}/node_modules");
        all.push(Artifact::new(Some(shape.modules), &root, &root)?);
        for folder in super::member_modules(app, launch)? {
            let path = format!("{ROOT}/{}", folder.as_str());
            all.push(Artifact::new(Some(shape.modules), &path, &path)?);
        }
    }
    // The tree comes from the build stage with them; the build context has none.
    for one in shape.nested.iter().filter(|one| one.runs && !shape.builds) {
        let path = format!("{ROOT}/{}/node_modules", one.way);
        all.push(Artifact::new(Some("deps"), &path, &path)?);
    }
    if super::needs_modules(launch) {
        for member in app.workspace.iter().flat_map(|w| &w.needed) {
            let Some(way) = member.strip(&app.root.path) else { continue };
            all.push(tree(app, shape, way)?);
        }
    }
    match launch.layout {
        Layout::Site => {
            let pages = pages(app, home, launch.site.as_deref().unwrap_or_default())?;
            let served = match &launch.prefix {
                Some(prefix) => format!("{SITE}/{prefix}"),
                None => SITE.to_owned(),
            };
            all.push(Artifact::new(Some("build"), &pages, &served)?);
        }
        Layout::Source | Layout::Tree => all.push(tree(
            app,
            shape,
            home.strip_prefix(ROOT).unwrap_or_default().trim_start_matches('/'),
        )?),
        Layout::Output => {
            all.push(Artifact::new(
                None,
                &relative(app, "package.json"),
                &format!("{home}/package.json"),
            )?);
            for output in &launch.outputs {
                all.push(built(&format!("{home}/{output}"))?);
            }
            let mut carried = launch.carried.clone();
            carried.sort();
            carried.dedup();
            for file in &carried {
                all.push(Artifact::new(None, &relative(app, file), &format!("{home}/{file}"))?);
            }
            for (from, to) in &launch.left {
                all.push(Artifact::new(None, &relative(app, from), &format!("{home}/{to}"))?);
            }
        }
        Layout::Bundle => {
            let output = format!("{home}/{}", launch.outputs.first().map_or("", String::as_str));
            // Nitro 3 bundles its dependencies, so there is no node_modules folder, and a COPY of
            // it would fail.
            if launch.bundled {
                all.push(built(&output)?);
            } else {
                all.push(built(&format!("{output}/server/node_modules"))?);
                all.push(without(built(&output)?, &["server/node_modules"])?);
            }
        }
        Layout::Standalone => {
            let dist = format!("{home}/{}", launch.outputs.first().map_or("", String::as_str));
            let standalone = format!("{dist}/standalone");
            all.push(Artifact::new(
                Some("build"),
                &format!("{standalone}/node_modules"),
                &format!("{ROOT}/node_modules"),
            )?);
            all.push(without(Artifact::new(Some("build"), &standalone, ROOT)?, &["node_modules"])?);
            all.push(built(&format!("{dist}/static"))?);
            if app.dir.join("public").is_some_and(|path| app.dir.repo.is_dir(&path)) {
                all.push(built(&format!("{home}/public"))?);
            }
        }
    }
    // COPY does not change the owner of an existing folder. Folders that the program writes are
    // therefore excluded from the tree and copied on their own, owned by the image's user.
    if matches!(launch.layout, Layout::Source | Layout::Tree) {
        // A cache mount leaves an empty folder behind, which would belong to root.
        for cache in &launch.build_caches {
            if let Some(tree) = all.last_mut() {
                tree.exclude.push(Line::new(cache)?);
            }
        }
        for folder in owned::folders(app, launch, shape.builds, chosen)? {
            if let Some(tree) = all.last_mut() {
                tree.exclude.push(Line::new(&folder.way)?);
            }
            let path = format!("{ROOT}/{}", folder.src);
            let copied =
                if folder.built { built(&path)? } else { Artifact::new(None, &folder.src, &path)? };
            written.push(Artifact { owned: true, ..copied });
        }
    }
    all.extend(written);
    Ok(all)
}

/// The folder of a site in the build stage. It may be beside the application (`../dist`).
pub(super) fn pages(app: &App, home: &str, folder: &str) -> Result<String> {
    let path = RelPath::new(home.trim_start_matches('/')).and_then(|home| home.join(folder));
    let top = home.split('/').nth(1).and_then(RelPath::new).unwrap_or_default();
    let path = path.filter(|path| path.is_within(&top));
    let path = path.with_context(|| {
        format!(
            "{}: the build writes {folder}, which is not below the build context: run dockgen on \
             the folder that holds both",
            app.package.path
        )
    })?;
    Ok(format!("/{path}"))
}

/// A folder of the build context (`""` for all of it), as it is or as the build left it.
fn tree(app: &App, shape: &Shape, way: &str) -> Result<Artifact> {
    let path = if way.is_empty() { ROOT.to_owned() } else { format!("{ROOT}/{way}") };
    if shape.builds {
        let mut names = vec!["node_modules".to_owned()];
        for member in app.workspace.iter().filter(|_| way.is_empty()).flat_map(|w| &w.members) {
            names.extend(
                member.strip(&app.root.path).map(|member| format!("{member}/node_modules")),
            );
        }
        // What the build alone needs stays behind.
        let left = shape.nested.iter().filter(|one| !one.runs);
        let inside = |one: &Nested| {
            let below =
                if way.is_empty() { Some(one.way.as_str()) } else { one.way.strip_prefix(way) };
            below.map(|below| format!("{}/node_modules", below.trim_start_matches('/')))
        };
        names.extend(left.filter_map(inside));
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        return without(built(&path)?, &names);
    }
    Artifact::new(None, if way.is_empty() { "." } else { way }, &path)
}

/// True if there is something to install for production.
pub(super) fn holds_modules(app: &App, launch: &Launch) -> bool {
    app.package.has_production() || app.workspace.is_some() || launch.keep_development
}

/// A file of the application, relative to the build context.
fn relative(app: &App, name: &str) -> String {
    app.dir
        .join(name)
        .and_then(|p| p.strip(&app.root.path).map(str::to_owned))
        .unwrap_or_else(|| name.to_owned())
}

/// The program's file, relative to its working directory.
fn file(launch: &Launch) -> String {
    let (path, dir) = (RelPath::new(&launch.file), launch.dir.as_deref().and_then(RelPath::new));
    match (path, dir) {
        (Some(path), Some(dir)) => path.relative_to(&dir),
        _ => launch.file.clone(),
    }
}

/// The ENTRYPOINT and the default arguments.
pub(super) fn start(launch: &Launch, interpreter: &str) -> (Vec<String>, Vec<String>) {
    let mut words = vec![interpreter.to_owned()];
    words.extend(launch.flags.iter().cloned());
    words.push(file(launch));
    if let Some(before) = &launch.before {
        words.extend(launch.args.iter().cloned());
        let line = format!("{before} && exec {}", quote::shell_words(&words));
        return (vec!["/bin/sh".to_owned(), "-c".to_owned(), line], Vec::new());
    }
    (words, launch.args.clone())
}

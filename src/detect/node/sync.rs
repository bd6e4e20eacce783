//! A lockfile that lacks dependencies of the manifest. An install that must not change it stops
//! there (`npm ci`, `--frozen-lockfile`, `--immutable`), and this check finds that without an
//! install.

mod specifiers;

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;
use nodejs_semver::{Range, Version};
use serde_json::Value;

use self::specifiers::Specifiers;
use super::manifest::Package;
use super::tool::{Tool, npm_lock};
use super::{App, native, workspace};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::Dir;

/// How many dependencies are reported.
const NAMED: usize = 5;

/// Reports that the lockfile that the install obeys is behind the manifests.
pub(crate) fn finding(app: &App, tool: &Tool) -> Result<Option<Finding>> {
    let Some(lockfile) = &tool.lockfile else { return Ok(None) };
    let behind = behind(app, tool)?;
    let Some(first) = behind.first() else { return Ok(None) };
    let names: Vec<&str> = behind.iter().take(NAMED).map(|(name, _)| name.as_str()).collect();
    let more = if behind.len() > NAMED { " and more" } else { "" };
    let file = lockfile.file_name();
    Ok(Some(Finding::new(
        codes::LOCKFILE_BEHIND,
        format!("{file} is out of sync with package.json: {}{more}", names.join(", ")),
        [first.1.clone(), Evidence::file(lockfile, "locks no version that fits")],
    )
    .with_why(format!(
        "an install that obeys {file} stops, so the image is built with one that adds what is \
         missing: each build may get other versions"
    ))
    .with_fix(format!(
        "run `{} install` and commit {file}; then `dockgen update` writes the locked install again",
        tool.id.replace("-berry", "")
    ))))
}

/// The dependencies that the lockfile lacks, with the places that name them.
fn behind(app: &App, tool: &Tool) -> Result<Vec<(String, Evidence)>> {
    let members = workspace::names(&app.root)?;
    let mut found = Vec::new();
    let npm = npm_lock(&app.root)?;
    if tool.id != "npm" {
        if let Some(path) = &tool.lockfile
            && let Some(asked) = &*asked(app, tool, path)?
        {
            return Ok(asked_otherwise(app, asked, &members));
        }
        if npm.is_some() {
            // A second lockfile is beside the one that is obeyed, whose content was not read.
            return Ok(found);
        }
    }
    let names: BTreeSet<String> = if npm.is_some() {
        BTreeSet::new()
    } else {
        native::locked(app)?.packages.iter().map(|package| package.name.clone()).collect()
    };
    if npm.is_none() && names.is_empty() {
        // No package could be read.
        return Ok(found);
    }
    let members_of_lock = match &*npm {
        Some((_, lock))
            if app.root_package.as_ref().unwrap_or(&app.package).get(&["workspaces"]).is_some() =>
        {
            let (lacking, held) = split(app, lock)?;
            found.extend(lacking);
            held
        }
        _ => Vec::new(),
    };
    let mut asked = 0;
    let others = members_of_lock.iter().map(|(way, package)| (way.clone(), package));
    for (folder, package) in manifests(app).chain(others) {
        for (name, range) in package.dependencies() {
            if members.contains(name) || !is_released(range) {
                continue;
            }
            asked += 1;
            let holds = match &*npm {
                Some((_, lock)) => npm_holds(lock, &folder, package, name, range),
                None => names.contains(name),
            };
            if !holds && found.iter().all(|(held, _)| held != name) {
                found.push((
                    name.to_owned(),
                    package.at_dependency(name, format!("{name} is \"{range}\"")),
                ));
            }
        }
    }
    // A file that lacks most of them was cut or belongs to something else.
    if npm.is_none() && found.len() * 2 > asked {
        found.clear();
    }
    Ok(found)
}

/// What the lockfile of another manager than npm repeats of the manifests.
fn asked(app: &App, tool: &Tool, lockfile: &RelPath) -> Result<Rc<Option<Specifiers>>> {
    let root = app.root_package.as_ref().unwrap_or(&app.package);
    // The facts and the plan ask, and the file is large.
    app.root.repo.once(lockfile, || {
        let text = app.root.repo.text(lockfile)?;
        Ok(text.and_then(|text| Specifiers::read(&tool.id, &text, root)))
    })
}

/// The dependencies for which a lockfile repeats another range, or none.
fn asked_otherwise(
    app: &App,
    asked: &Specifiers,
    members: &BTreeSet<String>,
) -> Vec<(String, Evidence)> {
    let mut found: Vec<(String, Evidence)> = Vec::new();
    let mut all = 0;
    for (folder, package) in manifests(app) {
        for (name, range) in package.dependencies() {
            if members.contains(name) || !is_released(range) {
                continue;
            }
            all += 1;
            let new = found.iter().all(|(held, _)| held != name);
            if new && !asked.holds(&folder, name, range) {
                let note = format!("{name} is \"{range}\"");
                found.push((name.to_owned(), package.at_dependency(name, note)));
            }
        }
    }
    // A file that lacks most of them was cut or belongs to something else.
    if found.len() * 2 > all && all > 2 {
        found.clear();
    }
    found
}

/// The members of a workspace, of which npm's lockfile has an entry for each: those that it lacks,
/// and the others with their manifests, besides the application's own.
type Split = (Vec<(String, Evidence)>, Vec<(String, Package)>);

fn split(app: &App, lock: &Value) -> Result<Split> {
    let (mut lacking, mut held) = (Vec::new(), Vec::new());
    let Some(packages) = lock.get("packages").and_then(Value::as_object) else {
        return Ok((lacking, held));
    };
    for folder in workspace::find(&app.root)?.map(|found| found.members).unwrap_or_default() {
        let way = folder.strip(&app.root.path).unwrap_or_default().to_owned();
        let dir = Dir::new(app.dir.repo, folder.clone());
        let Some(package) = Package::read(&dir)?.filter(|_| !way.is_empty()) else { continue };
        if !packages.contains_key(&way) {
            let note = "a member of the workspace";
            lacking.push((way, Evidence::file(&package.path, note)));
        } else if folder != app.dir.path {
            held.push((way, package));
        }
    }
    // A file without any member was written for something else, or cut.
    if held.is_empty()
        && !packages.contains_key(app.dir.path.strip(&app.root.path).unwrap_or_default())
    {
        lacking.clear();
    }
    Ok((lacking, held))
}

/// The application's manifest, then the workspace's, each with its folder below that of the
/// lockfile.
fn manifests<'a>(app: &'a App) -> impl Iterator<Item = (String, &'a Package)> {
    let way = app.dir.path.strip(&app.root.path).unwrap_or_default().to_owned();
    let root = app.root_package.iter().map(|package| (String::new(), package));
    std::iter::once((way, &app.package)).chain(root)
}

/// True for a range of releases in the registry, rather than an alias, an address or a path.
fn is_released(range: &str) -> bool {
    !range.contains([':', '/']) && range.parse::<Range>().is_ok()
}

/// True if npm's lockfile has the dependency for this package, in a version that fits.
fn npm_holds(lock: &Value, way: &str, package: &Package, name: &str, range: &str) -> bool {
    if package.get(&["overrides"]).is_some() {
        return true;
    }
    let Some(packages) = lock.get("packages").and_then(Value::as_object) else {
        let locked = lock.get("dependencies").and_then(Value::as_object);
        return locked
            .is_none_or(|locked| locked.get(name).is_some_and(|entry| fits(entry, range)));
    };
    // What the package asked for when npm wrote the file.
    let Some(own) = packages.get(way) else { return true };
    let lists = ["dependencies", "devDependencies", "optionalDependencies"];
    if lists.iter().all(|list| own.get(list).is_none()) {
        // The file was written by hand or cut, so there is nothing to compare with.
        return true;
    }
    let mut asked = lists.iter().filter_map(|list| own.get(list)?.get(name));
    let Some(asked) = asked.next() else { return false };
    if asked.as_str() == Some(range) {
        return true;
    }
    let mut folder = RelPath::new(way);
    while let Some(at) = folder {
        let place = if at.is_root() { String::new() } else { format!("{at}/") };
        if let Some(entry) = packages.get(&format!("{place}node_modules/{name}")) {
            return fits(entry, range);
        }
        folder = at.parent().filter(|_| !at.is_root());
    }
    true
}

fn fits(entry: &Value, range: &str) -> bool {
    let version = entry.get("version").and_then(Value::as_str).and_then(|v| Version::parse(v).ok());
    match (version, range.parse::<Range>()) {
        (Some(version), Ok(range)) => {
            range.satisfies(&version) || !version.pre_release().is_empty()
        }
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;
    use crate::detect::node::tool;
    use crate::repo::Repo;

    fn said(manifest: &str, file: &str, lock: &str) -> Option<String> {
        let repo = Repo::from_files([("package.json", manifest), (file, lock)]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let id = tool::detect(&app.root, &app.package).unwrap().value;
        let catalog = Catalog::of("node").unwrap();
        let tool = tool::resolve(&id, &app.root, &app.package, catalog, "24").unwrap();
        finding(&app, &tool).unwrap().map(|finding| finding.what)
    }

    const MANIFEST: &str =
        r#"{"dependencies": {"ms": "^2.1.3", "nanoid": "^3.3.7", "own": "file:./own"}}"#;

    #[test]
    fn npm_wants_every_dependency_in_a_version_that_fits() {
        let lock = |asked: &str, version: &str| {
            let text = format!(
                r#"{{"lockfileVersion": 3, "packages": {{"": {{"dependencies": {{"ms": "^2.1.3"{asked}}}}},
                "node_modules/ms": {{"version": "2.1.3"}}, "node_modules/nanoid": {{"version": "{version}"}}}}}}"#
            );
            said(MANIFEST, "package-lock.json", &text)
        };
        // The entry belongs to another package; no dependency of this one is locked.
        assert!(lock("", "3.3.11").unwrap().ends_with(": nanoid"));
        assert!(lock(r#", "nanoid": "^5.0.0""#, "5.0.1").is_some());
        assert_eq!(lock(r#", "nanoid": "^3.3.7""#, "3.3.11"), None);
        assert_eq!(lock(r#", "nanoid": "^3.0.0""#, "3.3.11"), None);
        let old = r#"{"lockfileVersion": 1, "dependencies": {"ms": {"version": "2.1.3"}}}"#;
        assert!(said(MANIFEST, "package-lock.json", old).is_some());
    }

    #[test]
    fn npm_wants_every_member_of_the_workspace() {
        let said = |entries: &str| {
            let lock = format!(
                r#"{{"lockfileVersion": 3, "packages": {{"": {{"workspaces": ["m/*"]}}, "m/a": {{"version": "1.0.0", "dependencies": {{"ms": "^2.1.3"}}}},
                "node_modules/ms": {{"version": "2.1.3"}}{entries}}}}}"#
            );
            let repo = Repo::from_files([
                ("package.json", r#"{"workspaces": ["m/*"]}"#),
                (
                    "m/a/package.json",
                    r#"{"name": "a", "version": "1.0.0", "dependencies": {"ms": "^2.1.3"}}"#,
                ),
                (
                    "m/b/package.json",
                    r#"{"name": "b", "version": "1.0.0", "dependencies": {"nanoid": "^3.3.7"}}"#,
                ),
                ("package-lock.json", &lock),
            ]);
            let dir = Dir::new(&repo, RelPath::new("m/a").unwrap());
            let app = App::read(&dir).unwrap().unwrap();
            let id = tool::detect(&app.root, &app.package).unwrap().value;
            let catalog = Catalog::of("node").unwrap();
            let tool = tool::resolve(&id, &app.root, &app.package, catalog, "24").unwrap();
            finding(&app, &tool).unwrap().map(|finding| finding.what)
        };
        assert!(said("").unwrap().ends_with(": m/b"));
        let behind = r#", "m/b": {"version": "1.0.0", "dependencies": {"ms": "^2.0.0"}}"#;
        assert!(said(behind).unwrap().ends_with(": nanoid"));
        let whole = r#", "m/b": {"version": "1.0.0", "dependencies": {"nanoid": "^3.3.7"}}, "node_modules/nanoid": {"version": "3.3.11"}"#;
        assert_eq!(said(whole), None);
    }

    #[test]
    fn the_others_want_the_range_that_the_manifest_has() {
        let manifest = r#"{"dependencies": {"ms": "^2.1.3", "nanoid": "^3.3.7"}, "devDependencies": {"x": "1"}}"#;
        let both = |file: &str, text: &str| {
            let (old, same) = (text.replace("RANGE", "^3.0.0"), text.replace("RANGE", "^3.3.7"));
            assert!(said(manifest, file, &old).unwrap().ends_with(": nanoid"), "{file}");
            assert_eq!(said(manifest, file, &same), None, "{file}");
            // A second lockfile says nothing of the one that is obeyed.
            let own = r#"{"lockfileVersion": 3, "packages": {"": {}}}"#;
            let repo = Repo::from_files([
                ("package.json", manifest),
                (file, &*old),
                ("package-lock.json", own),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let catalog = Catalog::of("node").unwrap();
            let id = tool::detect(&app.root, &app.package).unwrap().value;
            let tool = tool::resolve(&id, &app.root, &app.package, catalog, "24").unwrap();
            assert_eq!(finding(&app, &tool).unwrap().is_some(), tool.id != "npm", "{file}");
        };
        both(
            "pnpm-lock.yaml",
            "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      ms:\n        specifier: ^2.1.3\n        version: 2.1.3\n      nanoid:\n        specifier: RANGE\n        version: 3.3.7\n    devDependencies:\n      x:\n        specifier: '1'\n        version: 1.0.0\npackages:\n  ms@2.1.3:\n    a: b\n",
        );
        both(
            "pnpm-lock.yaml",
            "lockfileVersion: 5.4\nspecifiers:\n  ms: ^2.1.3\n  nanoid: RANGE\n  x: '1'\npackages:\n  /ms/2.1.3:\n    a: b\n",
        );
        both(
            "yarn.lock",
            "# yarn lockfile v1\n\nms@^2.1.1, ms@^2.1.3:\n  version \"2.1.3\"\nnanoid@RANGE:\n  version \"3.3.7\"\nx@1:\n  version \"1.0.0\"\n",
        );
        both(
            "yarn.lock",
            "__metadata:\n  version: 8\n\n\"ms@npm:^2.1.3, ms@npm:^2.1.1\":\n  version: 2.1.3\n\n\"nanoid@npm:RANGE\":\n  version: 3.3.7\n\n\"x@npm:1\":\n  version: 1.0.0\n",
        );
        both(
            "bun.lock",
            r#"{"lockfileVersion": 1, "workspaces": {"": {"name": "a", "dependencies": {"ms": "^2.1.3", "nanoid": "RANGE",}, "devDependencies": {"x": "1"}}}, "packages": {"ms": ["ms@2.1.3"]}}"#,
        );
    }

    #[test]
    fn the_others_want_every_name() {
        let pnpm = |names: &str| {
            let lock =
                format!("lockfileVersion: '9.0'\npackages:\n\n  ms@2.1.3:\n    a: b\n{names}");
            said(MANIFEST, "pnpm-lock.yaml", &lock)
        };
        assert!(pnpm("").is_some());
        assert_eq!(pnpm("  nanoid@3.3.7:\n    a: b\n"), None);
        let yarn = "# yarn lockfile v1\n\nms@^2.1.3:\n  version \"2.1.3\"\n";
        assert!(said(MANIFEST, "yarn.lock", yarn).is_some());
        assert_eq!(said(MANIFEST, "yarn.lock", "# yarn lockfile v1\n"), None);
    }
}

//! Commands that dependencies provide, and loaders of TypeScript.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Entry, PlainStart, flags, may_compile, settle};
use crate::detect::node::App;
use crate::detect::node::codes;
use crate::detect::node::launch::Layout;
use crate::detect::node::manifest::Kind;
use crate::detect::node::md4;
use crate::facts::{Evidence, Finding};

/// Starts a command that a dependency provides.
pub(super) fn brought(app: &App, name: &str, rest: &[&str], mut entry: Entry) -> PlainStart {
    let bins: BTreeMap<String, String> = app.catalog.table("bin").unwrap_or_default();
    let packages: BTreeMap<String, String> = app.catalog.table("bin_package").unwrap_or_default();
    let dev: Vec<String> = app.catalog.table("dev_tools").unwrap_or_default();
    let package = packages.get(name).map_or(name, String::as_str);
    if dev.iter().any(|tool| tool == name) {
        return Err(format!("{name} is a tool for development"));
    }
    let brings = app.package_of_command(name).filter(|_| !app.package.has(package));
    let package = brings.as_deref().unwrap_or(package);
    let Some(kind) = app.package.dependency(package) else {
        return Err(format!(
            "`{name}` is neither a dependency of the package nor a file of the repository"
        ));
    };
    let known = || bins.get(name).map(|path| format!("node_modules/{path}"));
    let file =
        app.locked_command(package, name).or_else(known).or_else(|| app.linked_command(name));
    let Some(file) = file else {
        return Err(format!(
            "dockgen does not know where this package manager puts the command {name} of {package}"
        ));
    };
    entry.launch.file = file;
    entry.launch.args = rest.iter().map(|w| (*w).to_owned()).collect();
    entry.launch.layout = if app.build_script().is_some() { Layout::Tree } else { Layout::Source };
    name.clone_into(&mut entry.id);
    entry.command = Some(name.to_owned());
    // The file that the command loads.
    entry.launch.source =
        rest.iter().find_map(|word| app.finds(word).filter(|_| !word.starts_with('-')));
    if kind == Kind::Development {
        keep(app, package, &mut entry);
    }
    Ok(entry)
}

/// Keeps development dependencies in the image, because the start command needs one.
pub(super) fn keep(app: &App, package: &str, entry: &mut Entry) {
    entry.launch.keep_development = true;
    entry.findings.push(kept(app, package));
}

/// The finding for a start command that needs a development dependency.
pub(crate) fn kept(app: &App, package: &str) -> Finding {
    Finding::new(
        codes::DEV_DEPENDENCY_AT_RUN_TIME,
        format!("{package} is a development dependency, and the start command needs it"),
        [app.package.at_dependency(package, "listed for development")],
    )
    .with_fix(format!("move {package} to `dependencies`, or start compiled files"))
}

/// The first release of tsx that `node --import` can load.
/// <https://github.com/privatenumber/tsx/releases/tag/v3.14.0>
const IMPORTED_FROM: (u64, u64) = (3, 14);

/// The place that states a release of tsx which `node --import` cannot load.
fn before_import(app: &App) -> Result<Option<Evidence>> {
    let old = |text: &str| {
        let version = nodejs_semver::Version::parse(text).ok()?;
        Some((version.major(), version.minor()) < IMPORTED_FROM)
    };
    let locked = md4::locked(app, "tsx")?;
    if let Some((text, evidence)) = locked.into_iter().next() {
        return Ok(old(&text).unwrap_or(false).then_some(evidence));
    }
    let mut stated = app.package.dependencies().filter(|(name, _)| *name == "tsx");
    let stated = stated.find_map(|(_, text)| Some((text, old(text)?)));
    Ok(stated
        .filter(|(_, old)| *old)
        .map(|(text, _)| app.package.at_dependency("tsx", format!("tsx {text}"))))
}

/// Starts a program behind a TypeScript loader: from compiled files if the build writes them, or
/// else with the loader.
pub(super) fn loaded(app: &App, tool: &str, mut entry: Entry) -> Result<PlainStart> {
    let package = match tool {
        "ts-node-dev" | "tsnd" => "ts-node-dev",
        "ts-node-esm" => "ts-node",
        "babel-node" => "@babel/node",
        other => other,
    };
    let production =
        app.package.dependency(package) == Some(Kind::Production) && tool != "ts-node-dev";
    let compiled = !production && app.compiled(&entry.launch.file).is_some();
    if compiled && may_compile(app)? && !flags::needs_aliases(app, &entry) {
        return settle(app, entry);
    }
    match tool {
        // tsx as a loader leaves one process, which handles its own signals:
        // <https://tsx.is/dev-api/node-cli>.
        "tsx" | "esno" if before_import(app)?.is_some() => {
            let evidence = before_import(app)?.into_iter();
            let mut words = vec![entry.launch.file.as_str()];
            words.extend(entry.launch.args.iter().map(String::as_str));
            let started = brought(app, "tsx", &words, entry.clone_empty());
            return Ok(started.map(|mut started| {
                started.findings.push(
                    Finding::new(
                        codes::DEPENDENCY_BREAKS,
                        "this release of tsx was made for Node.js 18 and before",
                        evidence,
                    )
                    .with_fix("update tsx to 4, or build with --toolchain 18"),
                );
                started
            }));
        }
        "tsx" | "esno" => {
            entry.launch.flags.splice(0..0, ["--import".to_owned(), "tsx".to_owned()]);
            // Its cache is in /tmp, which a read-only root file system lacks.
            entry.launch.env.push(("TSX_DISABLE_CACHE".to_owned(), "1".to_owned()));
        }
        "ts-node" | "ts-node-dev" | "tsnd" => {
            let loader = ["-r".to_owned(), "ts-node/register".to_owned()];
            entry.launch.flags.splice(0..0, loader);
        }
        _ => {
            let empty = entry.clone_empty();
            return Ok(brought(app, tool, &[entry.launch.file.as_str()], empty));
        }
    }
    let loader = if tool == "tsx" || tool == "esno" { "tsx" } else { "ts-node" };
    if !app.package.has(loader) {
        return Ok(Err(format!("{loader} is not a dependency of the package")));
    }
    if app.package.dependency(loader) == Some(Kind::Development) {
        keep(app, loader, &mut entry);
    }
    entry.launch.layout = if app.build_script().is_some() { Layout::Tree } else { Layout::Source };
    entry.launch.source = app.finds(&entry.launch.file);
    entry.launch.file = entry.launch.source.clone().unwrap_or_else(|| entry.launch.file.clone());
    entry.id.clone_from(&entry.launch.file);
    Ok(Ok(entry))
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, entry};
    use crate::repo::Repo;

    #[test]
    fn a_command_belongs_to_the_package_that_brings_it() {
        let manifest = r#"{"scripts": {"start": "sequelize db:migrate && node a.js"},
            "dependencies": {"sequelize": "6"}, "devDependencies": {"sequelize-cli": "6"}}"#;
        let repo = Repo::from_files([("package.json", manifest), ("a.js", "")]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let entry = entry::from_scripts(&app).unwrap().0.remove(0);
        assert!(entry.launch.keep_development);
    }

    #[test]
    fn a_command_may_be_named_by_the_lockfile_alone() {
        let manifest = r#"{"scripts": {"start": "runner x"}, "dependencies": {"mole": "1"}}"#;
        let lock = r#"{"lockfileVersion": 3, "packages": {"node_modules/mole": {"bin": {"runner": "bin/r.js"}}}}"#;
        let repo = Repo::from_files([("package.json", manifest), ("package-lock.json", lock)]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let entry = entry::from_scripts(&app).unwrap().0.remove(0);
        assert_eq!(entry.launch.file, "node_modules/mole/bin/r.js");
    }

    #[test]
    fn a_tsx_that_cannot_be_imported_is_started_by_its_command() {
        let started = |version: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "tsx a.ts -v"}}, "dependencies": {{"tsx": "{version}"}}}}"#
            );
            let repo = Repo::from_files([("package.json", manifest.as_str()), ("a.ts", "")]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let entry = entry::from_scripts(&app).unwrap().0.remove(0);
            let launch = entry.launch;
            (launch.flags.join(" "), launch.file, launch.args.join(" "), entry.findings.len())
        };
        let (flags, file, args, said) = started("3.8.2");
        assert!(flags.is_empty() && file.starts_with("node_modules/"), "{flags} {file}");
        assert_eq!((args.as_str(), said), ("a.ts -v", 1));
        for version in ["3.14.0", "^4.0.0", "4.1.2"] {
            assert_eq!(started(version).0, "--import tsx", "{version}");
        }
    }
}

//! Which package manager in which version: the packageManager field, then lockfiles, then engines,
//! then npm.

mod pin;

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use super::manifest::Package;
use crate::catalog::Catalog;
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding, Sourced};
use crate::path::RelPath;
use crate::recipes;
use crate::repo::{Dir, parse_json};

pub(crate) use self::pin::contradiction;

/// The ids of the package managers, which are rows of the table in node.Dockerfile.
pub(crate) const TOOLS: [&str; 5] = ["npm", "pnpm", "yarn", "yarn-berry", "bun"];

/// A package manager as the build uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tool {
    /// One of [`TOOLS`].
    pub(crate) id: String,
    /// The argument of `npm install --global`; `None` if the image or the repository has the
    /// manager.
    pub(crate) install: Option<String>,
    /// The release in the repository (`.yarn/releases/yarn-4.1.0.cjs`), relative to the context.
    pub(crate) release: Option<String>,
    /// The lockfile, if there is one.
    pub(crate) lockfile: Option<RelPath>,
}

impl Tool {
    /// The major version that is installed; `None` if the image or the repository has the manager.
    pub(crate) fn major(&self) -> Option<u32> {
        let (_, version) = self.install.as_deref()?.rsplit_once('@')?;
        version.split('.').next()?.parse().ok()
    }
}

#[derive(Deserialize)]
struct Row {
    tool: String,
    format: String,
    version: String,
}

#[derive(Deserialize)]
struct BundledYarn {
    version: String,
    cycles: Vec<String>,
}

/// The npm in the images of a release line.
#[derive(Deserialize)]
struct BundledNpm {
    version: String,
    /// True if it knows the commands of the build.
    serves: bool,
}

/// The lockfiles of each manager, strongest first.
const LOCKFILES: [(&str, &str); 6] = [
    ("pnpm", "pnpm-lock.yaml"),
    ("bun", "bun.lock"),
    ("bun", "bun.lockb"),
    ("yarn", "yarn.lock"),
    ("npm", "package-lock.json"),
    ("npm", "npm-shrinkwrap.json"),
];

/// Finds the manager. `root` is the folder of the lockfile, `package` its manifest.
pub(crate) fn detect(root: &Dir, package: &Package) -> Result<Sourced<String>> {
    let mut found: Vec<(String, Evidence)> = Vec::new();
    let fields: [(&[&str], _); 2] = [
        (&["packageManager"], pin::field(package)),
        (&["devEngines", "packageManager"], pin::development(package)),
    ];
    for (keys, stated) in fields {
        let Some((name, version)) = stated else { continue };
        let first = version.chars().find(char::is_ascii_digit);
        let id = match name {
            "yarn" if first == Some('1') => "yarn",
            // The field allows any version, so the lockfile decides.
            "yarn" if first.is_none() => continue,
            "yarn" => "yarn-berry",
            other => other,
        };
        if TOOLS.contains(&id) {
            let note = format!("{} is {name}@{version}", keys.join("."));
            found.push((id.to_owned(), package.at(keys, note)));
        }
    }
    for (id, file) in LOCKFILES {
        if file == "yarn.lock"
            && let Some(path) = root.join(".yarnrc.yml").filter(|path| root.repo.is_file(path))
        {
            found.push((
                "yarn-berry".to_owned(),
                Evidence::file(&path, ".yarnrc.yml is read by Yarn 2 and later"),
            ));
        }
        let Some(path) = root.join(file).filter(|path| root.repo.is_file(path)) else { continue };
        let id = if id == "yarn" && berry_format(root)?.is_some() { "yarn-berry" } else { id };
        found.push((id.to_owned(), Evidence::file(&path, format!("{file} is there"))));
    }
    for (id, key) in [("pnpm", "pnpm"), ("bun", "bun"), ("yarn", "yarn")] {
        if let Some(range) = package.str(&["engines", key]) {
            let first = range.chars().find(char::is_ascii_digit);
            let id = if id == "yarn" && first != Some('1') { "yarn-berry" } else { id };
            let note = format!("engines.{key} is \"{range}\"");
            found.push((id.to_owned(), package.at(&["engines", key], note)));
        }
    }
    // Of several lockfiles, the one counts that the CI installs from.
    if locks(root).len() > 1
        && found.first().is_none_or(|(_, evidence)| evidence.file != package.path)
        && let Some((family, evidence)) = installed_by(root)?
        && let Some(at) = found.iter().position(|(id, _)| id.starts_with(&family))
    {
        let (id, lock) = found.remove(at);
        found.insert(0, (id.clone(), lock));
        found.insert(1, (id, evidence));
    }
    let Some((id, evidence)) = found.first().cloned() else {
        return Ok(Sourced::assumed("npm".to_owned()));
    };
    let mut tool = Sourced::new(id.clone(), evidence);
    for (other, evidence) in found.into_iter().skip(1) {
        if other == id {
            tool.evidence.push(evidence);
        } else if !tool.rejected.iter().any(|r| r.value == other) {
            tool = tool.rejecting(
                other,
                format!("{} is a weaker sign ({})", evidence.note, evidence.place()),
            );
        }
    }
    Ok(tool)
}

/// The lockfiles in a folder, of different managers.
fn locks(root: &Dir) -> Vec<(&'static str, RelPath)> {
    let mut found: Vec<(&str, RelPath)> = Vec::new();
    for (id, file) in LOCKFILES {
        let path = root.join(file).filter(|path| root.repo.is_file(path));
        if let Some(path) = path.filter(|_| found.iter().all(|(held, _)| *held != id)) {
            found.push((id, path));
        }
    }
    found
}

/// Sub-commands that install what a lockfile names.
const INSTALLS: [&str; 4] = ["ci", "install", "i", "clean-install"];

/// The one manager with which the CI or a script of the build installs, and where it does.
fn installed_by(root: &Dir) -> Result<Option<(String, Evidence)>> {
    let steps = recipes::steps_of(root.repo, &root.path, &["npm", "pnpm", "yarn", "bun"])?;
    let mut found: Option<(String, Evidence)> = None;
    for step in steps {
        let mut words = step.words.iter().map(String::as_str);
        let Some(tool) = words.next() else { continue };
        let rest = words.collect::<Vec<_>>();
        // `npm install --global x` installs a tool.
        let plain = |word: &&str| word.starts_with('-') && !matches!(*word, "-g" | "--global");
        let installs = match rest.split_first() {
            Some((first, rest)) => INSTALLS.contains(first) && rest.iter().all(plain),
            None => tool == "yarn",
        };
        if !installs {
            continue;
        }
        match &found {
            Some((held, _)) if held != tool => return Ok(None),
            Some(_) => {}
            None => found = Some((tool.to_owned(), step.evidence.clone())),
        }
    }
    Ok(found)
}

/// Reports lockfiles of several managers, between which no manifest and no CI decides.
pub(crate) fn several(root: &Dir, package: &Package, id: &str) -> Result<Option<Finding>> {
    let locks = locks(root);
    let stated = pin::field(package).is_some() || pin::development(package).is_some();
    if locks.len() < 2 || stated || installed_by(root)?.is_some() {
        return Ok(None);
    }
    let names: Vec<&str> = locks.iter().map(|(_, path)| path.file_name()).collect();
    let what = format!("{} are there, and the image is built with {id}", names.join(" and "));
    let evidence = locks.iter().map(|(_, path)| Evidence::file(path, "a lockfile"));
    Ok(Some(Finding::new(codes::SEVERAL_LOCKFILES, what, evidence)))
}

/// The manager `id` in the version that the repository asks for, with its lockfile.
pub(crate) fn resolve(
    id: &str,
    root: &Dir,
    package: &Package,
    catalog: &Catalog,
    toolchain: &str,
) -> Result<Tool> {
    if !TOOLS.contains(&id) {
        bail!(
            "`{id}` is not a package manager that dockgen knows: use one of {}",
            TOOLS.join(", ")
        );
    }
    let family = if id == "yarn-berry" { "yarn" } else { id };
    let files: &[&str] = match family {
        "pnpm" => &["pnpm-lock.yaml"],
        "bun" => &["bun.lock", "bun.lockb"],
        "yarn" => &["yarn.lock"],
        // npm ignores package-lock.json beside the other file.
        _ => &["npm-shrinkwrap.json", "package-lock.json"],
    };
    let lockfile =
        files.iter().filter_map(|file| root.join(file)).find(|path| root.repo.is_file(path));
    let release = if id == "yarn-berry" { yarn_path(root)? } else { None };
    let mut tool = Tool { id: id.to_owned(), install: None, release, lockfile };
    if tool.release.is_some() {
        return Ok(tool);
    }
    let rows: Vec<Row> = catalog.table("manager")?;
    let format = format_of(id, root)?.unwrap_or_default();
    let cycle = catalog.release_of(toolchain).map_or(toolchain, |r| r.cycle.as_str());
    let row = rows
        .into_iter()
        .find(|row| row.tool == id && format.starts_with(&row.format))
        .map(|row| row.version);
    let bundled: BTreeMap<String, BundledNpm> = catalog.table("bundled_npm")?;
    let bundled = bundled.get(cycle).filter(|_| id == "npm");
    let default = row.or_else(|| bundled.map(|npm| npm.version.clone()));
    let mut version = pin::exact(family, package, root)?;
    if version.is_none() {
        let inside = pin::within(id, family, (package, root), default, catalog)?;
        let image =
            |version: &String| bundled.is_some_and(|npm| npm.serves && *version == npm.version);
        version = inside.filter(|version| !image(version));
    }
    if id == "yarn" {
        let bundled: BundledYarn = catalog.table("bundled_yarn")?;
        if version.as_ref() == Some(&bundled.version) && bundled.cycles.iter().any(|c| c == cycle) {
            return Ok(tool);
        }
    }
    tool.install = version.map(|version| match id {
        "yarn-berry" => format!("@yarnpkg/cli-dist@{version}"),
        other => format!("{other}@{version}"),
    });
    Ok(tool)
}

/// The format of a manager's lockfile, as its version rows name it.
fn format_of(id: &str, root: &Dir) -> Result<Option<String>> {
    match id {
        "pnpm" => {
            let Some((_, text)) = root.text("pnpm-lock.yaml")? else { return Ok(None) };
            let line = text.lines().find_map(|line| line.strip_prefix("lockfileVersion:"));
            Ok(line.map(|value| value.trim().trim_matches(['\'', '"']).to_owned()))
        }
        "yarn-berry" => berry_format(root),
        _ => Ok(None),
    }
}

/// `__metadata.version` of a Yarn 2+ lockfile; `None` for one of Yarn 1, which has none.
fn berry_format(root: &Dir) -> Result<Option<String>> {
    let Some((_, text)) = root.text("yarn.lock")? else { return Ok(None) };
    let Some(at) = text.find("__metadata:") else { return Ok(None) };
    let version =
        text[at..].lines().skip(1).take(3).find_map(|line| line.trim().strip_prefix("version:"));
    Ok(Some(version.unwrap_or_default().trim().to_owned()))
}

/// `yarnPath` of .yarnrc.yml, if the file exists.
fn yarn_path(root: &Dir) -> Result<Option<String>> {
    let Some((_, text)) = root.text(".yarnrc.yml")? else { return Ok(None) };
    let value = text.lines().find_map(|line| line.strip_prefix("yarnPath:"));
    let Some(value) = value.map(|value| value.trim().trim_matches(['\'', '"']).to_owned()) else {
        return Ok(None);
    };
    Ok(root.join(&value).filter(|path| root.repo.is_file(path)).map(|_| value))
}

/// An npm lockfile: its path, and every package that it installs.
pub(crate) type NpmLock = (RelPath, serde_json::Value);

/// The npm lockfile, read once for all packages of a workspace.
pub(crate) fn npm_lock(root: &Dir) -> Result<Rc<Option<NpmLock>>> {
    root.repo.once(&root.path, || {
        for file in ["npm-shrinkwrap.json", "package-lock.json"] {
            if let Some((path, text)) = root.text(file)? {
                let json = parse_json(&path, &text)?;
                return Ok(Some((path, json)));
            }
        }
        Ok(None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn found(files: &[(&str, &str)]) -> (String, Option<String>) {
        found_on(files, "26")
    }

    fn found_on(files: &[(&str, &str)], toolchain: &str) -> (String, Option<String>) {
        let mut all = vec![("package.json", "{}")];
        all.extend(files.iter().copied());
        let repo = Repo::from_files(all);
        let package = Package::read(&repo.root()).unwrap().unwrap();
        let id = detect(&repo.root(), &package).unwrap().value;
        let tool =
            resolve(&id, &repo.root(), &package, Catalog::of("node").unwrap(), toolchain).unwrap();
        (id, tool.install.or(tool.release))
    }

    #[test]
    fn the_documented_precedence() {
        let both = [("pnpm-lock.yaml", "lockfileVersion: '9.0'\n"), ("package-lock.json", "{}")];
        assert_eq!(found(&both).0, "pnpm");
        assert_eq!(
            found(&[
                both[0],
                both[1],
                ("package.json", r#"{"packageManager": "npm@10.1.0+sha1.x"}"#)
            ]),
            ("npm".into(), Some("npm@10.1.0".into()))
        );
        assert_eq!(found(&[("bun.lock", "{}"), ("yarn.lock", "")]).0, "bun");
        assert_eq!(
            found(&[("yarn.lock", "# yarn lockfile v1\n"), ("package-lock.json", "{}")]).0,
            "yarn"
        );
        assert_eq!(found(&[("yarn.lock", "__metadata:\n  version: 8\n")]).0, "yarn-berry");
        assert_eq!(found(&[(".yarnrc.yml", ""), ("yarn.lock", "")]).0, "yarn-berry");
        assert_eq!(found(&[("package.json", r#"{"engines": {"pnpm": ">=8"}}"#)]).0, "pnpm");
        assert_eq!(found(&[]), ("npm".into(), None));
    }

    #[test]
    fn the_template_has_a_row_for_every_tool() {
        let text = crate::catalog::text("node/dependencies.Dockerfile").unwrap();
        for id in TOOLS {
            assert!(text.contains(&format!("\"{id}\": {{")), "{id}");
        }
    }

    #[test]
    fn versions_come_from_pins_then_from_the_lockfile_format() {
        let lock = |version| ("pnpm-lock.yaml", version);
        assert_eq!(found(&[lock("lockfileVersion: '6.0'\n")]).1.unwrap(), "pnpm@8.15.9");
        assert_eq!(found(&[lock("lockfileVersion: 5.4\n")]).1.unwrap(), "pnpm@7.33.7");
        let pin = ("package.json", r#"{"packageManager": "pnpm@9.1.2"}"#);
        assert_eq!(found(&[lock("lockfileVersion: '9.0'\n"), pin]).1.unwrap(), "pnpm@9.1.2");
        let berry = ("yarn.lock", "__metadata:\n  version: 8\n");
        assert_eq!(found(&[berry]).1.unwrap(), "@yarnpkg/cli-dist@4.13.0");
        let newer = ("yarn.lock", "__metadata:\n  version: 10\n");
        assert_eq!(found(&[newer]).1.unwrap(), "@yarnpkg/cli-dist@4.18.1");
        let release = (".yarn/releases/yarn-4.1.0.cjs", "");
        let rc = (".yarnrc.yml", "yarnPath: .yarn/releases/yarn-4.1.0.cjs\n");
        assert_eq!(found(&[berry, release, rc]).1.unwrap(), release.0);
    }

    #[test]
    fn a_range_that_is_cited_is_obeyed() {
        let lock = ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
        let package = |text| ("package.json", text);
        let with = |text: &'static str| found_on(&[package(text), lock], "24").1.unwrap();
        assert_eq!(with(r#"{"engines": {"pnpm": "^9.0.0"}}"#), "pnpm@9.15.9");
        assert_eq!(with(r#"{"engines": {"pnpm": ">=9"}}"#), "pnpm@10.34.9");
        assert_eq!(with(r#"{"engines": {"pnpm": "~9.1.0"}}"#), "pnpm@9.1.0");
        assert_eq!(
            with(r#"{"packageManager": "pnpm@11", "engines": {"pnpm": ">=9"}}"#),
            "pnpm@11.28.11"
        );
        let dev = r#"{"devEngines": {"packageManager": {"name": "pnpm", "version": "^9.2.0"}}}"#;
        assert_eq!(with(dev), "pnpm@9.15.9");
        // The image's own npm is used unless it is outside the range.
        let npm = |text, node| found_on(&[package(text), ("package-lock.json", "{}")], node).1;
        assert_eq!(npm(r#"{"engines": {"npm": ">=10"}}"#, "24"), None);
        assert_eq!(npm(r#"{"engines": {"npm": "^10"}}"#, "24").unwrap(), "npm@10.9.9");
        assert_eq!(npm("{}", "14").unwrap(), "npm@8.19.4");
    }

    #[test]
    fn of_several_lockfiles_the_one_of_the_ci_counts_and_else_they_are_said() {
        let both = [("package-lock.json", "{}"), ("yarn.lock", "# yarn lockfile v1\n")];
        let ci = |run: &str| {
            format!("jobs:\n  a:\n    steps:\n      - run: {run}\n      - run: npm test\n")
        };
        let of = |run: &str| {
            let ci = ci(run);
            let path = ".github/workflows/a.yml";
            let files = [both[0], both[1], ("package.json", "{}"), (path, ci.as_str())];
            let repo = Repo::from_files(files);
            let package = Package::read(&repo.root()).unwrap().unwrap();
            let id = detect(&repo.root(), &package).unwrap().value;
            let said = several(&repo.root(), &package, &id).unwrap().is_some();
            (id, said)
        };
        assert_eq!(of("npm ci"), ("npm".into(), false));
        assert_eq!(of("yarn install --frozen-lockfile"), ("yarn".into(), false));
        assert_eq!(of("npm install -g yarn"), ("yarn".into(), true));
        let lock = ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
        let setup = "jobs:\n  a:\n    steps:\n      - uses: pnpm/action-setup@v4\n        with:\n          version: 9\n";
        let of = |file: &'static str, text: &'static str| found(&[lock, (file, text)]).1.unwrap();
        assert_eq!(of(".github/workflows/a.yml", setup), "pnpm@9.15.9");
        assert_eq!(of("mise.toml", "[tools]\npnpm = \"9\"\n"), "pnpm@9.15.9");
    }

    #[test]
    fn statements_that_disagree_are_said() {
        let said = |text: &str| {
            let repo = Repo::from_files([("package.json", text)]);
            let package = Package::read(&repo.root()).unwrap().unwrap();
            contradiction("pnpm", &package, Some("pnpm@9.1.2")).is_some()
        };
        assert!(said(r#"{"packageManager": "pnpm@9.1.2", "engines": {"pnpm": ">=10"}}"#));
        assert!(!said(r#"{"packageManager": "pnpm@9.1.2", "engines": {"pnpm": ">=9"}}"#));
    }

    #[test]
    fn the_images_own_yarn_is_used_where_it_has_one() {
        let lock = ("yarn.lock", "# yarn lockfile v1\n");
        assert_eq!(found_on(&[lock], "24.1.0").1, None);
        assert_eq!(found_on(&[lock], "26").1.unwrap(), "yarn@1.22.22");
        let pin = ("package.json", r#"{"packageManager": "yarn@1.22.19"}"#);
        assert_eq!(found_on(&[lock, pin], "24").1.unwrap(), "yarn@1.22.19");
    }
}

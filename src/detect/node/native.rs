//! The packages that the lockfile installs, and which of them are native: JavaScript modules with
//! C or C++ behind them.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;
use serde_json::Value;

use super::App;
use super::build_tools;
use super::manifest::{Kind, Package};
use super::tool;
use super::version::{self, Ceiling};
use super::workspace;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Dir, line_of};

/// What the lockfile says about native modules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Native {
    /// Modules that are compiled at install or download a compiled file.
    pub(crate) compiled: Vec<Evidence>,
    /// Production modules that do not work unless their install script ran, by name.
    pub(crate) scripted: Vec<(String, Evidence)>,
    /// Production modules that contain machine code for one C library.
    pub(crate) linked: Vec<Evidence>,
    /// Production modules that exist only for glibc.
    pub(crate) glibc_only: Vec<Evidence>,
    /// Dependencies that git fetches.
    pub(crate) git: Vec<Evidence>,
    /// Keys of packages.toml that tools of the build need, each with its evidence.
    pub(crate) tools: Vec<(String, Evidence)>,
}

impl Native {
    /// What the builder needs, by key of packages.toml.
    pub(crate) fn of_builder(&self) -> Vec<(&str, Vec<Evidence>)> {
        let lists = [("node-gyp", &self.compiled), ("git-at-build", &self.git)];
        let some = lists.into_iter().filter(|(_, list)| !list.is_empty());
        let modules = some.map(|(key, list)| (key, list.iter().take(4).cloned().collect()));
        let tools = self.tools.iter().map(|(key, at)| (key.as_str(), vec![at.clone()]));
        modules.chain(tools).collect()
    }
}

/// Packages that compile or fetch machine code for other modules, and one that its users can do
/// without.
const UNSCRIPTED: [&str; 6] = [
    "prebuild-install",
    "node-gyp",
    "bindings",
    "@mapbox/node-pre-gyp",
    "node-pre-gyp",
    "cpu-features",
];

#[derive(serde::Deserialize)]
struct CeilingRow {
    package: String,
    cycle: u64,
    why: String,
}

/// The lowest ceiling among the locked packages.
pub(crate) fn ceiling(app: &App) -> Result<Option<Ceiling>> {
    let lock = locked(app)?;
    let mut rows: Vec<CeilingRow> = app.catalog.table("ceiling")?;
    rows.retain(|row| lock.packages.iter().any(|p| p.name == row.package && !p.development));
    // A native module that was locked before a release line existed has no machine code for it and
    // does not compile on it; its engines say so.
    let native: Vec<String> = app.catalog.table("native")?;
    for package in lock.packages.iter().filter(|p| native.contains(&p.name)) {
        let Some(engine) = &package.engine else { continue };
        if let Some(cycle) = version::first_beyond(engine, app.catalog) {
            let why =
                format!("its engines are \"{engine}\", and it is compiled for one release line");
            rows.push(CeilingRow { package: package.name.clone(), cycle, why });
        }
    }
    rows.sort_by(|a, b| (a.cycle, &a.package).cmp(&(b.cycle, &b.package)));
    Ok(rows.into_iter().next().map(|row| {
        let note = format!("{}: {}", row.package, row.why);
        let line = line_of(&lock.text, &row.package).unwrap_or(1);
        let evidence = Evidence::at(&lock.path, line, note);
        Ceiling { cycle: row.cycle, evidence, who: "a dependency" }
    }))
}

/// A library that lists helpers of native modules, which are not native themselves.
#[derive(serde::Deserialize)]
struct Tracer {
    package: String,
    helpers: Vec<String>,
}

/// A package in the lockfile.
pub(super) struct Locked {
    pub(super) name: String,
    development: bool,
    /// `engines.node`, if the lockfile has it.
    engine: Option<String>,
}

/// Reads the lockfile, or the manifest if there is none.
pub(crate) fn read(app: &App) -> Result<Native> {
    let lock = locked(app)?;
    let compiled: Vec<String> = app.catalog.table("native")?;
    let linked: Vec<String> = app.catalog.table("linked")?;
    let glibc: Vec<String> = app.catalog.table("glibc_only")?;
    let tracer: Tracer = app.catalog.table("tracer")?;
    let follows = lock.packages.iter().any(|package| package.name == tracer.package);
    let mut native = Native::default();
    let mut seen = BTreeSet::new();
    for package in &lock.packages {
        let helper = follows && tracer.helpers.contains(&package.name);
        if helper || !seen.insert((&package.name, package.development)) {
            continue;
        }
        let evidence = |note: &str| {
            let note = format!("{} {note}", package.name);
            match line_of(&lock.text, &package.name) {
                Some(line) => Evidence::at(&lock.path, line, note),
                None => Evidence::file(&lock.path, note),
            }
        };
        if compiled.contains(&package.name) {
            let evidence = evidence("is compiled if no prebuilt file fits");
            if !package.development && !UNSCRIPTED.contains(&package.name.as_str()) {
                native.scripted.push((package.name.clone(), evidence.clone()));
            }
            native.compiled.push(evidence);
        }
        if !package.development
            && (compiled.contains(&package.name) || linked.contains(&package.name))
        {
            native.linked.push(evidence("holds machine code"));
        }
        if !package.development && glibc.contains(&package.name) {
            native.glibc_only.push(evidence("has files for glibc only"));
        }
    }
    for (name, range) in app.package.dependencies() {
        let short = range.split('/').count() == 2
            && !range.contains(':')
            && !range.starts_with('.')
            && !range.starts_with('@')
            && range.chars().all(|c| c.is_ascii_alphanumeric() || "/-_.#".contains(c));
        if range.starts_with("git")
            || range.starts_with("ssh://")
            || range.contains(".git#")
            || range.strip_suffix(".git").is_some()
            || short
        {
            native.git.push(app.package.at_dependency(name, format!("{name} is fetched by git")));
        }
    }
    native.tools = build_tools::needed(app)?;
    if let Some(at) = (!native.compiled.is_empty()).then(|| old_gyp(&lock)).flatten() {
        native.tools.push(("distutils".to_owned(), at));
    }
    Ok(native)
}

/// The first release of node-gyp that does without Python's `distutils`, which Python 3.12 lost:
/// <https://github.com/nodejs/node-gyp/blob/main/CHANGELOG.md#1000-2023-10-28>.
const WITHOUT_DISTUTILS: u64 = 10;

/// The place of an older node-gyp in the lockfile, as in `node-gyp-8.4.1.tgz` or `node-gyp@9.4.0`.
fn old_gyp(lock: &Lock) -> Option<Evidence> {
    const NAME: &str = "node-gyp";
    let (at, _) = lock.text.match_indices(NAME).find(|(at, _)| {
        let rest = lock.text.get(at + NAME.len()..).unwrap_or_default();
        let Some(rest) = rest.strip_prefix(['-', '@', '/']) else { return false };
        let rest = rest.strip_prefix("npm:").unwrap_or(rest);
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let major: Option<u64> = rest[..end].parse().ok();
        rest[end..].starts_with('.') && major.is_some_and(|major| major < WITHOUT_DISTUTILS)
    })?;
    let line = lock.text[..at].matches('\n').count() + 1;
    let note = "this node-gyp imports distutils, which newer Pythons lack";
    Some(Evidence::at(&lock.path, u32::try_from(line).unwrap_or(u32::MAX), note))
}

/// The lockfile of an application, or its manifest if there is none.
pub(super) struct Lock {
    path: RelPath,
    text: Rc<str>,
    /// Every package that it names.
    pub(super) packages: Vec<Locked>,
}

/// The lockfile. It is cached, because three readers ask for it.
pub(super) fn locked(app: &App) -> Result<Rc<Lock>> {
    app.dir.repo.once(&app.dir.path, || Lock::read(app))
}

/// The packages that a production install brings: those that npm's lockfile marks so, or those to
/// which the dependencies lead in another lockfile.
pub(super) fn installed(app: &App) -> Result<BTreeSet<String>> {
    let lock = locked(app)?;
    if lock.path == app.package.path {
        return Ok(BTreeSet::new());
    }
    if lock.path.extension() == "json" {
        let kept = lock.packages.iter().filter(|package| !package.development);
        return Ok(kept.map(|package| package.name.clone()).collect());
    }
    let needs = needs(&lock.text);
    let mut open = production(&app.package);
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !found.contains(&name)
            && let Some(folder) = workspace::folder(&app.root, &name)
        {
            let member = Package::read(&Dir::new(app.dir.repo, folder))?;
            open.extend(member.iter().flat_map(production));
        }
        let below = needs.get(name.as_str()).into_iter().flatten();
        if found.insert(name.clone()) {
            open.extend(below.map(|&name| name.to_owned()));
        }
    }
    Ok(found)
}

/// The names of a manifest's production dependencies.
fn production(package: &Package) -> Vec<String> {
    let names = package.dependencies().map(|(name, _)| name);
    let names = names.filter(|name| package.dependency(name) == Some(Kind::Production));
    names.map(str::to_owned).collect()
}

/// The dependencies of each package in a lockfile of Yarn or pnpm, whatever its version: a heading
/// with the package's name, below it `dependencies:`, and below that the names.
fn needs(text: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    // pnpm's headings stand below a word: `packages:`.
    let pnpm = text.starts_with("lockfileVersion");
    let heading = if pnpm { 2 } else { 0 };
    let mut all: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let (mut of, mut inside, mut packages) = (None, false, !pnpm);
    for line in text.lines().filter(|line| !line.is_empty()) {
        let word = line.trim_start();
        match line.len() - word.len() {
            0 if pnpm => packages = matches!(word, "packages:" | "snapshots:"),
            // A member's entry holds its tools too; the manifests say which those are.
            indent if indent == heading => {
                of = if pnpm { pnpm_name(line) } else { yarn_name(line) };
                of = of.filter(|_| packages && !line.contains("@workspace:"));
                inside = false;
            }
            indent if indent == heading + 2 => {
                inside = matches!(word, "dependencies:" | "optionalDependencies:");
            }
            indent if indent == heading + 4 && inside => {
                let name = word.trim_start_matches(['"', '\'']);
                let name = name.split(['"', '\'', ' ', ':']).next().unwrap_or_default();
                if let Some(of) = of {
                    all.entry(of).or_default().insert(name);
                }
            }
            _ => {}
        }
    }
    all
}

impl Lock {
    fn read(app: &App) -> Result<Self> {
        if let Some((path, json)) = &*tool::npm_lock(&app.root)? {
            let text = app.root.repo.text(path)?.unwrap_or_default();
            return Ok(Self { path: path.clone(), text, packages: npm_packages(json) });
        }
        let development = |name: &str| app.package.dependency(name) == Some(Kind::Development);
        let package = |(name, engine): (&str, Option<&str>)| Locked {
            name: name.to_owned(),
            development: development(name),
            engine: engine.map(str::to_owned),
        };
        for file in ["pnpm-lock.yaml", "yarn.lock", "bun.lock"] {
            let Some((path, text)) = app.root.text(file)? else { continue };
            let names: BTreeMap<&str, Option<&str>> = match file {
                "pnpm-lock.yaml" => pnpm_packages(&text),
                "yarn.lock" => {
                    text.lines().filter_map(yarn_name).map(|name| (name, None)).collect()
                }
                _ => text.lines().filter_map(bun_name).map(|name| (name, None)).collect(),
            };
            let packages = names.into_iter().map(package).collect();
            return Ok(Self { path, text, packages });
        }
        let text = app.dir.repo.text(&app.package.path)?.unwrap_or_default();
        let named = app.package.dependencies().map(|(name, _)| (name, None));
        Ok(Self { path: app.package.path.clone(), text, packages: named.map(package).collect() })
    }
}

/// The packages of a package-lock.json in any format.
fn npm_packages(json: &Value) -> Vec<Locked> {
    let locked = |name: &str, entry: &Value, engine: Option<&str>| Locked {
        name: name.to_owned(),
        development: entry.get("dev").and_then(Value::as_bool).unwrap_or(false),
        engine: engine.map(str::to_owned),
    };
    let packages = json.get("packages").and_then(Value::as_object);
    let mut found: Vec<Locked> = packages
        .into_iter()
        .flatten()
        .filter_map(|(key, entry)| {
            let (_, name) = key.rsplit_once("node_modules/")?;
            let engine = entry.get("engines").and_then(|engines| engines.get("node"));
            Some(locked(name, entry, engine.and_then(Value::as_str)))
        })
        .collect();
    if found.is_empty() {
        // Format 1 has no `packages`.
        let old = json.get("dependencies").and_then(Value::as_object);
        found.extend(old.into_iter().flatten().map(|(name, entry)| locked(name, entry, None)));
    }
    found
}

/// The packages of a pnpm-lock.yaml with their `engines: {node: ...}`. The keys below `packages:`
/// are written as `/name/1.0.0:`, `/name@1.0.0:`, `name@1.0.0:` or `'@scope/name@1.0.0(peer)':`.
fn pnpm_packages(text: &str) -> BTreeMap<&str, Option<&str>> {
    let lines = text.lines().skip_while(|line| !line.starts_with("packages:")).skip(1);
    let mut packages = BTreeMap::new();
    let mut last = None;
    for line in lines.take_while(|line| line.is_empty() || line.starts_with(' ')) {
        if let Some(name) = pnpm_name(line) {
            last = Some(name);
            packages.entry(name).or_insert(None);
        } else if let (Some(name), Some(engines)) =
            (last, line.trim().strip_prefix("engines: {node: "))
        {
            packages.insert(
                name,
                engines.split(['}', ',']).next().map(|engine| engine.trim_matches('\'')),
            );
        }
    }
    packages
}

/// The name in `  '@scope/name@1.0.0':`.
fn pnpm_name(line: &str) -> Option<&str> {
    let key = line.strip_prefix("  ").filter(|rest| !rest.starts_with(' '))?;
    let key = key.trim_end().trim_end_matches(':').trim_matches('\'').trim_start_matches('/');
    let from = usize::from(key.starts_with('@'));
    let scope = if from == 1 { key.find('/')? + 1 } else { 0 };
    let end = key[scope..].find(['@', '/'])?;
    Some(&key[..scope + end])
}

/// The name in `"@scope/name@^1.0.0", name@npm:^2:`.
fn yarn_name(line: &str) -> Option<&str> {
    if line.starts_with([' ', '#']) || !line.ends_with(':') {
        return None;
    }
    let first = line.trim_start_matches('"');
    let at = first.get(1..)?.find('@')? + 1;
    Some(&first[..at])
}

/// The name in `    "name": ["name@1.0.0", ...`.
fn bun_name(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix('"')?;
    let (key, value) = rest.split_once("\": [\"")?;
    value.starts_with(key.rsplit('/').next()?).then_some(key).or(Some(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::repo::Repo;

    #[test]
    fn names_in_every_lockfile_format() {
        let pnpm = "importers:\n  .:\n    x: 1\npackages:\n\n  /bcrypt/5.1.0:\n    a: b\n  '@img/sharp@0.33.0(x@1)':\n  sqlite3@5.1.7:\n\nsnapshots:\n  other@1:\n";
        assert!(pnpm_packages(pnpm).into_keys().eq(["@img/sharp", "bcrypt", "sqlite3"]));
        assert_eq!(yarn_name("\"@babel/core@^7.0.0\", \"@babel/core@^7.1\":"), Some("@babel/core"));
        assert_eq!(yarn_name("sharp@npm:^0.33:"), Some("sharp"));
        assert_eq!(yarn_name("  version \"1\""), None);
        assert_eq!(bun_name("    \"sharp\": [\"sharp@0.33.5\", \"\", {}, \"\"],"), Some("sharp"));
    }

    #[test]
    fn a_production_install_brings_what_the_dependencies_lead_to() {
        let manifest = r#"{"dependencies": {"@x/bot": "^1"}, "devDependencies": {"tool": "^1"}}"#;
        let brought = |file: &str, lock: &str| {
            let repo = Repo::from_files([("package.json", manifest), (file, lock)]);
            let found = installed(&App::read(&repo.root()).unwrap().unwrap()).unwrap();
            found.into_iter().collect::<Vec<_>>().join(" ")
        };
        let all = "@x/bot browser deep";
        let yarn = "# yarn lockfile v1\n\n\n\"@x/bot@^1\":\n  version \"1.0.0\"\n  dependencies:\n    \
            browser \"^2\"\n\nbrowser@^2:\n  version \"2.0.0\"\n  dependencies:\n    deep \"^1\"\n\n\
            tool@^1:\n  version \"1.0.0\"\n  dependencies:\n    other \"^1\"\n";
        assert_eq!(brought("yarn.lock", yarn), all);
        let berry = "__metadata:\n  version: 8\n\n\"@x/bot@npm:^1\":\n  version: 1.0.0\n  dependencies:\n    \
            browser: \"npm:^2\"\n  bin:\n    bot: x.js\n\n\"browser@npm:^2\":\n  dependencies:\n    deep: \
            \"npm:^1\"\n\n\"app@workspace:.\":\n  dependencies:\n    tool: \"npm:^1\"\n";
        assert_eq!(brought("yarn.lock", berry), all);
        let pnpm = "lockfileVersion: '9.0'\nimporters:\n  .:\n    devDependencies:\n      tool:\n        \
            version: 1.0.0\npackages:\n  '@x/bot@1.0.0':\n    resolution: {}\nsnapshots:\n  \
            '@x/bot@1.0.0':\n    dependencies:\n      browser: 2.0.0\n  browser@2.0.0:\n    \
            dependencies:\n      deep: 1.0.0\n  deep@1.0.0: {}\n  tool@1.0.0:\n    dependencies:\n      \
            other: 1.0.0\n";
        assert_eq!(brought("pnpm-lock.yaml", pnpm), all);
    }

    #[test]
    fn an_old_node_gyp_needs_the_setuptools_of_python() {
        let manifest = r#"{"dependencies": {"sqlite3": "5"}}"#;
        let needs = |file: &str, gyp: &str| {
            let lock = match file {
                "yarn.lock" => {
                    format!("sqlite3@^5:\n  version \"5\"\n\nnode-gyp@8.x:\n  resolved \"{gyp}\"\n")
                }
                _ => format!("packages:\n\n  {gyp}:\n\n  sqlite3@5.1.7:\n"),
            };
            let repo = Repo::from_files([("package.json", manifest), (file, lock.as_str())]);
            let native = read(&App::read(&repo.root()).unwrap().unwrap()).unwrap();
            native.tools.iter().any(|(key, _)| key == "distutils")
        };
        assert!(needs("pnpm-lock.yaml", "node-gyp@8.4.1"));
        assert!(needs("yarn.lock", "https://registry.yarnpkg.com/node-gyp/-/node-gyp-9.4.1.tgz"));
        assert!(!needs("pnpm-lock.yaml", "node-gyp@11.2.0"));
        assert!(!needs("pnpm-lock.yaml", "node-gyp-build@4.8.0"));
    }

    #[test]
    fn engines_of_a_native_module_set_a_ceiling() {
        let manifest = r#"{"dependencies": {"better-sqlite3": "12", "chalk": "5"}}"#;
        let ceiling = |file: &str, lock: &str| {
            let repo = Repo::from_files([("package.json", manifest), (file, lock)]);
            ceiling(&App::read(&repo.root()).unwrap().unwrap())
                .unwrap()
                .map(|c| (c.cycle, c.evidence.line))
        };
        let pnpm = |engines: &str| {
            let lock = format!(
                "lockfileVersion: '9.0'\npackages:\n\n  better-sqlite3@12.4.1:\n    engines: {{node: {engines}}}\n\n  chalk@5.0.0:\n    engines: {{node: 20.x}}\n"
            );
            ceiling("pnpm-lock.yaml", &lock)
        };
        assert_eq!(pnpm("20.x || 22.x || 23.x || 24.x"), Some((25, Some(4))));
        assert_eq!(pnpm("'>=20.0.0'"), None);
        let npm = r#"{"lockfileVersion": 3, "packages": {"node_modules/better-sqlite3": {"engines": {"node": "22.x"}}}}"#;
        assert_eq!(ceiling("package-lock.json", npm), Some((23, Some(1))));
    }
}

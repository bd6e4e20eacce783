//! Node.js: package.json and what stands beside it.
//!
//! | file | what dockgen reads there |
//! |---|---|
//! | package.json | scripts, entry points, dependencies, engines, workspaces |
//! | lockfiles, .yarnrc.yml, .npmrc | package manager, its version, native modules |
//! | .nvmrc, .node-version, .tool-versions, mise.toml | the version of Node.js |
//! | tsconfig.json, vite.config, next.config, angular.json, ... | what the build writes, and where |
//! | the sources | port, address, signals, folders and files that are used at run time |

mod angular;

mod build_args;
mod build_files;
mod build_tools;
mod built;
mod by_ssh;
mod codes;
mod config;
mod development;
mod dialect;
mod documents;
mod elsewhere;
mod entry;
mod example;
mod expression;
mod externals;
mod framework;
mod front_end;
mod install_scripts;
mod launch;
mod lifecycle;
mod manifest;
mod md4;
mod migrations;
mod native;
mod nest;
mod nx;
mod plan;
mod prisma;
mod program;
mod removed;
mod scan;
mod script;
mod service;
mod site;
mod static_site;
mod sync;
mod token;
mod tool;
mod typescript;
mod version;
mod workspace;

pub use dialect::DIALECT;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use self::launch::Launch;
use self::manifest::Package;
use self::typescript::Output;
use self::workspace::Workspace;
use crate::catalog::Catalog;
use crate::detect::{FrontEnds, Language, Unsupported};
use crate::facts::{Evidence, Facts, Finding, Program, Sourced};
use crate::path::RelPath;
use crate::repo::Dir;

/// Node.js's row in the registry of languages.
pub const LANGUAGE: Language = Language {
    id: "node",
    name: "Node.js",
    markers: &["package.json"],
    refused: &[OTHER_MANIFEST],
    extensions: &["js", "mjs", "cjs", "ts", "mts", "cts", "jsx", "tsx"],
    detect,
    encloses: workspace::encloses,
    program: program_named,
    plan: plan::plan,
    front_end: Some(FrontEnds {
        makes: front_end::makes,
        facts: front_end::facts,
        plan: plan::front_end,
    }),
    refine: None,
    confirm: None,
    development: Some(development::folders),
    packs: None,
    takes: &[crate::ask::id::BUILD_COMMAND, crate::ask::id::BUILD_FLAGS],
    codes: codes::ALL,
};

/// The manifest that only pnpm reads, in place of package.json (<https://pnpm.io/package_json>).
const OTHER_MANIFEST: &str = "package.json5";

/// Refuses a folder that has only that manifest.
fn refuse(dir: &Dir) -> Result<()> {
    let Some(path) = dir.join(OTHER_MANIFEST).filter(|path| dir.repo.is_file(path)) else {
        return Ok(());
    };
    Err(Unsupported(format!(
        "{path}: {OTHER_MANIFEST} is not supported yet, because only pnpm reads it: write the manifest as package.json"
    ))
    .into())
}

/// Names of scripts that build, best first.
const BUILD_SCRIPTS: [&str; 18] = [
    // Those that are written for an image leave out what needs services: a check of the database.
    "build:docker",
    "build-docker",
    "build:container",
    "docker:build",
    "build",
    "build:prod",
    "build:production",
    "build:all",
    "build-all",
    "build-prod",
    "build:server",
    "build-server",
    "build:backend",
    "build-backend",
    "compile",
    "build:ts",
    "build-ts",
    "tsc",
];

/// What Node.js's detection passes to Node.js's plan beyond the shared facts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Details {
    /// How each program is started, by [`Program::id`].
    launches: BTreeMap<String, Launch>,
    /// Env files without secrets that the build reads.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    env_files: Vec<RelPath>,
    /// Files that sources import although they are named like documents, secrets or databases.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    imported: Vec<RelPath>,
}

/// One application, as its files describe it.
struct App<'r> {
    dir: Dir<'r>,
    /// The folder of the lockfile: the root of the workspace, or else the folder of the
    /// application.
    root: Dir<'r>,
    package: Package,
    /// The manifest in the root of the workspace, if that is another folder.
    root_package: Option<Package>,
    workspace: Option<Workspace>,
    tsconfig: Option<Output>,
    catalog: &'static Catalog,
}

impl<'r> App<'r> {
    fn read(dir: &Dir<'r>) -> Result<Option<Self>> {
        let Some(package) = Package::read(dir)? else { return Ok(None) };
        let workspace = workspace::find(dir)?;
        let root = Dir::new(
            dir.repo,
            workspace.as_ref().map_or_else(|| dir.path.clone(), |w| w.root.clone()),
        );
        let root_package = if root.path == dir.path { None } else { Package::read(&root)? };
        let catalog = Catalog::of("node")?;
        let mut app = Self {
            dir: dir.clone(),
            root,
            package,
            root_package,
            workspace,
            tsconfig: None,
            catalog,
        };
        let named = app.build_script().and_then(|name| {
            let words = script::parse(app.package.script(&name)?).commands;
            let tsc = words
                .into_iter()
                .map(script::unwrap)
                .find(|c| c.argv.first().is_some_and(|w| w == "tsc"))?;
            let at = tsc
                .argv
                .iter()
                .position(|w| matches!(w.as_str(), "-p" | "--project" | "-b" | "--build"))?;
            let named = tsc.argv.get(at + 1)?;
            // A folder stands for the tsconfig.json in it.
            let inside = format!("{}/tsconfig.json", named.trim_end_matches('/'));
            let folder = app.dir.has(&inside).then_some(inside);
            folder.or_else(|| named.strip_suffix(".json").is_some().then(|| named.clone()))
        });
        app.tsconfig = typescript::read(dir, named.as_deref())?;
        Ok(Some(app))
    }

    /// The manifest that names the package manager, which is that of the root.
    fn managing_package(&self) -> &Package {
        self.root_package.as_ref().unwrap_or(&self.package)
    }

    /// The script that builds for production.
    fn build_script(&self) -> Option<String> {
        BUILD_SCRIPTS
            .into_iter()
            .find(|name| {
                self.package.script(name).is_some_and(|text| {
                    let for_image = name.contains("docker") || name.contains("container");
                    let makes_image = if for_image { "docker" } else { "docker " };
                    !text.contains(makes_image) && !text.trim_start().starts_with("echo ")
                })
            })
            .map(str::to_owned)
    }

    /// True if a script has to build something before the program can start.
    fn builds(&self) -> bool {
        self.build_script().is_some()
    }

    /// True if no script builds, but TypeScript is a dependency and its configuration says where
    /// to write.
    fn compiles(&self) -> bool {
        !self.builds()
            && self.package.has("typescript")
            && self.tsconfig.as_ref().is_some_and(|output| output.out_dir.is_some())
    }

    /// The file that a word means in Node.js's resolution: as it is, with an extension, or as a
    /// folder.
    fn finds(&self, word: &str) -> Option<String> {
        let path = RelPath::new(word)?;
        let stem = path.as_str();
        let candidates = [
            "",
            ".js",
            ".mjs",
            ".cjs",
            ".ts",
            ".mts",
            ".cts",
            "/index.js",
            "/index.mjs",
            "/index.cjs",
            "/index.ts",
        ];
        candidates
            .iter()
            .map(|suffix| format!("{stem}{suffix}").trim_start_matches('/').to_owned())
            .find(|name| {
                !name.is_empty()
                    && self.dir.join(name).is_some_and(|path| self.dir.repo.is_file(&path))
            })
    }

    /// Where the compiler writes a source file.
    fn compiled(&self, source: &str) -> Option<String> {
        let output = self.tsconfig.as_ref().filter(|output| output.out_dir.is_some())?;
        output.compiled(&self.finds(source)?)
    }

    /// The source of a built file.
    fn source_of(&self, built: &str) -> Option<String> {
        let stem =
            |name: &str| name.rsplit_once('.').map_or(name.to_owned(), |(stem, _)| stem.to_owned());
        let wanted =
            if built.rsplit_once('.').is_some_and(|(_, e)| matches!(e, "js" | "mjs" | "cjs")) {
                stem(built)
            } else {
                built.to_owned()
            };
        if let Some(output) = self.tsconfig.as_ref().filter(|output| output.out_dir.is_some()) {
            for source in self
                .dir
                .repo
                .files_under(&self.dir.path)
                .filter(|p| matches!(p.extension(), "ts" | "mts" | "cts" | "tsx"))
            {
                // Only a file with the same name can be the source; the others need no further
                // work.
                if ![wanted.rsplit('/').next().unwrap_or_default(), "index"]
                    .contains(&source.file_name().rsplit_once('.').map_or("", |(n, _)| n))
                {
                    continue;
                }
                let name = source.relative_to(&self.dir.path);
                if let Some(compiled) = output.compiled(&name)
                    && (stem(&compiled) == wanted || stem(&compiled) == format!("{wanted}/index"))
                {
                    return Some(name);
                }
            }
        }
        let (_, inside) = wanted.split_once('/')?;
        [format!("src/{inside}"), inside.to_owned(), format!("server/{inside}")]
            .iter()
            .find_map(|name| self.finds(name))
    }

    /// tsconfig.json, and the files of the repository that it extends.
    fn tsconfig_files(&self) -> Vec<String> {
        let (mut files, mut next) = (Vec::new(), Some("tsconfig.json".to_owned()));
        while let Some(name) = next.take().filter(|_| files.len() < 8) {
            let Ok(Some((path, text))) = self.dir.text(&name) else { break };
            let json: serde_json::Value =
                crate::repo::parse_json5(&path, &text).unwrap_or_default();
            let inside = path.strip(&self.dir.path).map(str::to_owned);
            let Some(inside) = inside.filter(|inside| !files.contains(inside)) else { break };
            files.push(inside);
            let base = json.get("extends").and_then(serde_json::Value::as_str);
            next = base.filter(|base| base.starts_with('.')).and_then(|base| {
                let path = path.parent()?.join(base)?;
                path.strip(&self.dir.path).map(str::to_owned)
            });
        }
        files
    }

    /// The file behind the command of a dependency, according to npm's lockfile.
    fn locked_command(&self, package: &str, command: &str) -> Option<String> {
        let lock = tool::npm_lock(&self.root).ok()?;
        let (_, lock) = (*lock).as_ref()?;
        let bin = lock.get("packages")?.get(format!("node_modules/{package}"))?.get("bin")?;
        let file = bin.as_str().or_else(|| bin.get(command)?.as_str())?;
        Some(format!("node_modules/{package}/{}", file.trim_start_matches("./")))
    }

    /// The dependency that brings a command, according to npm's lockfile.
    fn package_of_command(&self, command: &str) -> Option<String> {
        let lock = tool::npm_lock(&self.root).ok()?;
        let (_, lock) = (*lock).as_ref()?;
        let packages = lock.get("packages")?;
        let mut names = self.package.dependencies().map(|(name, _)| name);
        let brings = |name: &&str| {
            let bin = packages.get(format!("node_modules/{name}")).and_then(|held| held.get("bin"));
            bin.is_some_and(|bin| bin.get(command).is_some())
        };
        names.find(brings).map(str::to_owned)
    }

    /// The link to the file behind the command of a dependency.
    fn linked_command(&self, command: &str) -> Option<String> {
        // pnpm puts shell scripts there, while other package managers link to the file itself.
        let pnpm = self.root.has("pnpm-lock.yaml");
        (!pnpm).then(|| format!("node_modules/.bin/{command}"))
    }
}

fn detect(dir: &Dir) -> Result<Option<Facts>> {
    if is_library(dir)? {
        return Ok(None);
    }
    let Some(app) = App::read(dir)? else {
        refuse(dir)?;
        return Ok(None);
    };
    let found = program::all(&app)?;
    if found.programs.is_empty() && app.is_no_application() {
        return Ok(None);
    }
    // A member of a workspace that runs elsewhere has neighbours that serve.
    if app.root_package.is_some() && elsewhere::kind(&app)?.is_some() {
        return Ok(None);
    }
    // Styles and scripts among the resources of a Java archive belong to the build that packs
    // them.
    let serves =
        found.programs.iter().any(|(program, _)| program.kind == crate::facts::Kind::Service);
    if !serves && format!("/{}/", dir.path).contains("/src/main/") {
        return Ok(None);
    }
    facts(&app, found).map(Some)
}

fn facts(app: &App, found: program::Found) -> Result<Facts> {
    let dir = &app.dir;
    let manager = tool::detect(&app.root, app.managing_package())?;
    // A manifest in a folder above applies to what is built below it.
    let mut above = Vec::new();
    for folder in dir.upwards().skip(1) {
        above.extend(Package::read(&folder).unwrap_or_default());
    }
    let packages: Vec<&Package> = std::iter::once(&app.package).chain(&above).collect();
    let ceilings = [native::ceiling(app)?, removed::ceiling(app)?];
    let ceiling = ceilings.into_iter().flatten().min_by_key(|ceiling| ceiling.cycle);
    let toolchain = version::node(dir, &packages, app.catalog, ceiling.as_ref())?;
    let resolved = tool::resolve(
        &manager.value,
        &app.root,
        app.managing_package(),
        app.catalog,
        &toolchain.value,
    )?;
    let mut findings = found.findings;
    findings.extend(elsewhere::finding(app)?);
    findings.extend(by_ssh::finding(app));
    let family = manager.value.strip_suffix("-berry").unwrap_or(&manager.value);
    findings.extend(tool::contradiction(
        family,
        app.managing_package(),
        resolved.install.as_deref(),
    ));
    findings.extend(sync::finding(app, &resolved)?);
    findings.extend(build_files::finding(app)?);
    if resolved.lockfile.is_none() && app.package.dependencies().next().is_some() {
        findings.push(Finding::no_lockfile(
            "lockfile",
            &app.package.path,
            &format!("{} install", manager.value.replace("-berry", "")),
            [Evidence::file(
                &app.package.path,
                "no package-lock.json, pnpm-lock.yaml, yarn.lock or bun.lock beside it",
            )],
        ));
    }
    if let Some(ceiling) = ceiling
        && let Some(cycle) =
            toolchain.value.split('.').next().and_then(|text| text.parse::<u64>().ok())
        && cycle >= ceiling.cycle
    {
        findings.push(
            Finding::new(
                codes::DEPENDENCY_BREAKS,
                format!("{} does not support Node.js {}", ceiling.who, toolchain.value),
                [ceiling.evidence],
            )
            .with_fix(format!("use a release before {}, or update the dependency", ceiling.cycle)),
        );
    }
    let launches: Vec<&Launch> = found.programs.iter().map(|(_, launch)| launch).collect();
    let built = build_args::read(app, &launches)?;
    findings.extend(built.findings);
    let mut details = Details {
        env_files: built.files,
        imported: documents::imported(app)?,
        ..Details::default()
    };
    let mut programs = Vec::new();
    for (program, mut launch) in found.programs {
        launch.build_env.extend(built.skips.iter().cloned());
        details.launches.insert(program.id.clone(), launch);
        programs.push(program);
    }
    let manifests = plan::manifest_paths(app, &resolved, &toolchain.value)?;
    let mut facts = Facts {
        language: LANGUAGE.id.to_owned(),
        dir: dir.path.clone(),
        context: app.root.path.clone(),
        name: app.name(),
        tool: manager,
        toolchain,
        programs,
        manifests,
        build_args: built.args,
        source: app.source_address(),
        questions: Vec::new(),
        findings,
        details: serde_json::Value::Null,
    };
    facts.set_details(&details)?;
    Ok(facts)
}

/// True for a package of a workspace that declares exports, that another package depends on, and
/// that nothing starts. Its sources are not read, because a monorepo has many such packages.
fn is_library(dir: &Dir) -> Result<bool> {
    let Some(package) = Package::read(dir)? else { return Ok(false) };
    let exports =
        ["exports", "main", "module", "types"].iter().any(|key| package.get(&[key]).is_some());
    let starts = package.get(&["bin"]).is_some()
        || entry::SCRIPTS.iter().any(|name| package.script(name).is_some());
    if !exports || starts || !workspace::is_depended_on(dir)? {
        return Ok(false);
    }
    let serves = scan::SERVERS
        .iter()
        .any(|name| package.dependency(name) == Some(manifest::Kind::Production));
    // A library of handlers may use a server framework too, so what its main file exports decides.
    let main = ["main", "module"].iter().find_map(|key| package.str(&[key]));
    Ok(!serves
        || App::read(dir)?
            .is_some_and(|app| main.is_none_or(|main| entry::exports_alone(&app, main))))
}

impl App<'_> {
    /// True for a library, for a root that only contains other packages, and for developers' tools
    /// beside another language.
    fn is_no_application(&self) -> bool {
        let member = self.root_package.is_some();
        let holds = self
            .dir
            .repo
            .files_under(&self.dir.path)
            .any(|path| path.file_name() == "package.json" && *path != self.package.path);
        let starts = entry::SCRIPTS.iter().any(|name| self.package.script(name).is_some());
        let tools_alone = !self.package.has_production() && !self.builds() && !starts;
        member || holds || tools_alone
    }

    /// The name of the package as Docker allows it for an image, without its scope.
    fn name(&self) -> Sourced<String> {
        let folder = self.dir.path.file_name();
        let fit = |text: &str| {
            let text = text.rsplit('/').next().unwrap_or(text).to_lowercase();
            let text: String =
                text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            let parts: Vec<&str> = text.split('-').filter(|part| !part.is_empty()).collect();
            parts.join("-")
        };
        let stated = self.package.str(&["name"]).map(fit).filter(|name| !name.is_empty());
        match stated {
            Some(name) => Sourced::new(name, self.package.at(&["name"], "the package's name")),
            None if fit(folder).is_empty() => Sourced::assumed("app".to_owned()),
            None => Sourced::assumed(fit(folder)),
        }
    }

    /// The address of the source, as a browser opens it.
    fn source_address(&self) -> Option<Sourced<String>> {
        let package = [Some(&self.package), self.root_package.as_ref()].into_iter().flatten();
        package.into_iter().find_map(|package| {
            let text =
                package.str(&["repository", "url"]).or_else(|| package.str(&["repository"]))?;
            let text = text.strip_prefix("git+").unwrap_or(text);
            let text = text.strip_suffix(".git").unwrap_or(text);
            let text =
                match text.strip_prefix("git@github.com:").or_else(|| text.strip_prefix("github:"))
                {
                    Some(path) => format!("https://github.com/{path}"),
                    None if !text.contains(':') && text.matches('/').count() == 1 => {
                        format!("https://github.com/{text}")
                    }
                    None => text.replace("git://", "https://").replace("ssh://git@", "https://"),
                };
            let plain = text.starts_with("http")
                && !text.chars().any(|c| c.is_control() || c.is_whitespace());
            plain.then(|| {
                Sourced::new(text, package.at(&["repository"], "the package's repository"))
            })
        })
    }
}

fn program_named(dir: &Dir, _: &Facts, wanted: &str) -> Result<Program> {
    let app = App::read(dir)?.with_context(|| format!("{} holds no package.json", dir.path))?;
    let (program, _) = program::named(&app, wanted)?;
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::RelPath;
    use crate::repo::Repo;

    #[test]
    fn a_manifest_that_only_pnpm_reads_is_refused_by_name() {
        let repo = Repo::from_files([("package.json5", "{ name: 'a' }")]);
        let error = detect(&repo.root()).unwrap_err();
        assert!(error.is::<Unsupported>() && error.to_string().contains("package.json5"));
    }

    #[test]
    fn resources_of_another_build_are_no_application() {
        let styles = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        let found = |folder: &str| {
            let (manifest, page) =
                (format!("{folder}/package.json"), format!("{folder}/index.html"));
            let repo = Repo::from_files([(manifest.as_str(), styles), (page.as_str(), "")]);
            let dir = Dir::new(&repo, RelPath::new(folder).unwrap());
            detect(&dir).unwrap().is_some()
        };
        assert!(found("pages/src/site") && !found("pages/src/main/webapp/resources"));
    }

    #[test]
    fn a_script_that_builds_for_an_image_comes_first() {
        let script = |scripts: &str| {
            let manifest = format!(r#"{{"scripts": {{{scripts}, "build": "check-db && tsc"}}}}"#);
            let repo = Repo::from_files([("package.json", manifest.as_str())]);
            App::read(&repo.root()).unwrap().unwrap().build_script()
        };
        assert_eq!(script(r#""build-docker": "tsc""#).as_deref(), Some("build-docker"));
        assert_eq!(script(r#""build:docker": "sh docker/make.sh""#).as_deref(), Some("build"));
        assert_eq!(script(r#""docker:build": "docker build .""#).as_deref(), Some("build"));
    }
}

//! Turns facts and answers into stages: what is copied before the install, what is built, and what
//! the final image contains.

mod copy;
mod front_end;
mod image;
mod nested;
mod owned;
mod patches;
mod stages;
mod steps;

use std::collections::BTreeMap;

use anyhow::{Context, Result};

pub(crate) use self::copy::manifest_paths;
pub(super) use self::front_end::front_end;

use self::nested::Nested;
use self::steps::Installed;
use super::front_end::delegates;
use super::launch::{Launch, Layout};
use super::tool::{self, Tool};
use super::{App, Details, install_scripts, manifest, migrations, program, scan, version};
use crate::ask::{Origin, id};
use crate::detect::Chosen;
use crate::detect::node::codes;
use crate::docker::types::Line;
use crate::facts::{EnvVar, Evidence, Finding, FrontEnd, Kind, Sourced};
use crate::path::RelPath;
use crate::plan::{Artifact, Build, DevCommand, Env};
use crate::repo::Dir;

/// The folder of the workspace, or of the application, in every stage.
const ROOT: &str = "/app";

/// The folders and stages that the artifacts come from.
struct Shape {
    /// The folder of the application in every stage.
    home: String,
    /// The name of the stage with the production dependencies.
    modules: &'static str,
    /// True if there is a build stage.
    builds: bool,
    /// Folders with dependencies of their own.
    nested: Vec<Nested>,
}

pub(crate) fn plan(chosen: &Chosen) -> Result<Build> {
    let facts = chosen.facts;
    let dir = Dir::new(chosen.repo, facts.dir.clone());
    let app = App::read(&dir)?.context("package.json is gone")?;
    let mut details: Details = facts.details()?;
    let mut launch = match details.launches.remove(&chosen.program.id) {
        Some(launch) => launch,
        None => program::named(&app, &chosen.program.id)?.1,
    };
    let wanted = chosen.answers.get(id::TOOL).unwrap_or(&facts.tool.value);
    let tool =
        tool::resolve(wanted, &app.root, app.managing_package(), chosen.catalog, chosen.toolchain)?;
    steps::hoisted(&app, &tool, &mut launch);
    settle_layout(chosen, &app, &mut launch);
    let installed = steps::installed(&app, &tool)?;
    let site = launch.layout == Layout::Site;
    let dev = chosen.answers.get(id::DEV) == Some("yes");
    let (nested, uninstalled) = nested::read(&app, &tool, &launch, chosen.toolchain)?;
    let (mut stages, mut findings) =
        stages::stages(chosen, &app, &tool, &installed, &nested, &mut launch, ROOT)?;
    findings.extend(uninstalled);
    let builds = !stages.build.is_empty();
    let all = builds
        || launch.keep_development
        || !stages.after_install.is_empty()
        || installed.iter().any(|one| one.lifecycle.development)
        || dev;
    let prune = !site
        && all
        && !launch.keep_development
        && has_development(&app, &installed)
        && needs_modules(&launch)
        && image::holds_modules(&app, &launch)
        && can_prune(&tool);
    let home = if stages.folder.is_empty() { ROOT.to_owned() } else { stages.folder.clone() };
    let modules = if prune { "production-deps" } else { "deps" };
    let shape = Shape { home, modules, builds, nested };
    let home = &shape.home;
    findings.extend(migrations::finding(&app, &launch));
    findings.extend(migrations::in_build(&app, &launch).filter(|_| builds));
    findings.extend(install_scripts::finding(&app, &tool)?);
    // A person's answer needs no word.
    if matches!(chosen.answers.origin(id::TOOL), None | Some(Origin::Default)) {
        findings.extend(tool::several(&app.root, app.managing_package(), &tool.id)?);
    }
    findings.extend(musl(chosen));
    let packages: Vec<_> =
        [Some(&app.package), app.root_package.as_ref()].into_iter().flatten().collect();
    let stated = facts.toolchain.evidence.as_slice();
    let stated = if chosen.toolchain == facts.toolchain.value { stated } else { &[] };
    findings.extend(version::contradiction(&packages, chosen.toolchain, stated, chosen.catalog));
    stages.deps = builds || prune || dev || chosen.base.row.carry.is_some();
    stages.omit_development = !all;
    stages.focus = !all && tool.id == "yarn-berry";
    stages.prune = prune;
    if prune {
        stages.patches = patches::again(&app, &tool, &installed)?;
        // The others are told to run no scripts.
        if matches!(tool.id.as_str(), "bun" | "yarn-berry") {
            let quiet = installed.iter().filter_map(|one| one.quiet().transpose());
            stages.quiet = quiet.collect::<Result<_>>()?;
        }
    }
    let manifests = copy::manifests(&app, &tool, &installed, &shape.nested)?;
    let mut artifacts = image::artifacts(&app, &launch, &shape, chosen)?;
    if matches!(launch.layout, Layout::Source | Layout::Tree) {
        stages.made = owned::made(&app, &launch, &shape, chosen)?;
    }
    stages.deps |= artifacts
        .iter()
        .any(|artifact| artifact.stage.as_ref().is_some_and(|stage| stage.as_str() == "deps"));
    let interpreter = chosen.base.row.interpreter.clone().unwrap_or_default();
    let mut env = Vec::new();
    if !site {
        env.push(("NODE_ENV".to_owned(), "production".to_owned()));
        env.extend(launch.env.iter().filter(|(_, value)| !value.contains('$')).cloned());
    }
    let (entrypoint, args) =
        if site { (web_server(), Vec::new()) } else { image::start(&launch, &interpreter) };
    // The other layouts already contain the whole source tree.
    if !matches!(launch.layout, Layout::Source | Layout::Tree | Layout::Site) {
        artifacts.extend(Artifact::opened(chosen.facts, chosen.program, home)?);
    }
    Ok(Build {
        template: if site { "node-site" } else { "node" }.to_owned(),
        manifests,
        sources: sources(&app, &launch),
        install_secrets: std::mem::take(&mut stages.secrets),
        artifacts,
        env,
        workdir: if site { image::SITE.to_owned() } else { home.clone() },
        start_in: launch.dir.as_ref().filter(|_| !site).map(|dir| format!("{home}/{dir}")),
        entrypoint,
        args,
        stop_signal: site.then(|| "SIGQUIT".to_owned()),
        dev: dev.then(|| dev_command(&app, &tool)).flatten(),
        decisions: Vec::new(),
        findings,
        details: serde_json::to_value(&stages)?,
    })
}

/// Changes what the image holds where the usual build does not make it.
fn settle_layout(chosen: &Chosen, app: &App, launch: &mut Launch) {
    let script = app.build_script().and_then(|name| app.package.script(&name));
    let elsewhere = |made: &Sourced<FrontEnd>| {
        script.is_some_and(|script| delegates(app, script, &made.value.dir))
    };
    if launch.layout == Layout::Tree
        && launch.also.is_empty()
        && chosen.program.front_ends.iter().any(elsewhere)
    {
        // Its build is the front end's alone, which has stages of its own.
        launch.layout = Layout::Source;
    }
    if launch.layout == Layout::Source && chosen.answers.get(id::BUILD_COMMAND).is_some() {
        // What a person's own command makes is unknown, so the image holds the whole folder.
        launch.layout = Layout::Tree;
    }
}

/// What a site's image starts.
fn web_server() -> Vec<String> {
    ["nginx", "-c", "/etc/nginx/site.conf", "-g", "daemon off;"].map(str::to_owned).to_vec()
}

/// The folders of the members that are built. For an application in the root: the source of its
/// program, or else the folders where frameworks look for pages.
fn sources(app: &App, launch: &Launch) -> Vec<RelPath> {
    const PAGES: [&str; 3] = ["app", "pages", "src"];
    let mut sources: Vec<RelPath> =
        app.workspace.iter().flat_map(|workspace| workspace.needed.iter().cloned()).collect();
    if !app.dir.path.is_root() {
        sources.push(app.dir.path.clone());
        return sources;
    }
    let repo = app.dir.repo;
    let top = launch
        .source
        .as_deref()
        .and_then(|source| source.trim_start_matches("./").split('/').next());
    let there = |name: &str| RelPath::new(name).filter(|path| repo.exists(path));
    match top.and_then(there) {
        Some(top) => sources.push(top),
        None => sources.extend(PAGES.into_iter().filter_map(there)),
    }
    sources
}

fn lines(words: &[String]) -> Result<Vec<Line>> {
    Ok(words.iter().map(Line::new).collect::<Result<_, _>>()?)
}

fn environment(pairs: &[(String, String)]) -> Result<Vec<Env>> {
    pairs
        .iter()
        .map(|(key, value)| {
            Ok(Env { key: crate::docker::types::EnvKey::new(key)?, value: Line::new(value)? })
        })
        .collect()
}

/// Dependency folders in members of the workspace. Package managers create them only where
/// versions differ.
fn member_modules(app: &App, launch: &Launch) -> Result<Vec<Line>> {
    let Some(workspace) = app.workspace.as_ref().filter(|_| needs_modules(launch)) else {
        return Ok(Vec::new());
    };
    let mut folders: Vec<String> = Vec::new();
    for member in workspace.needed.iter().chain([&app.dir.path]) {
        if let Some(way) = member.strip(&app.root.path).filter(|way| !way.is_empty()) {
            folders.push(format!("{way}/node_modules"));
        }
    }
    lines(&folders)
}

fn has_development(app: &App, installed: &[Installed]) -> bool {
    let root = app.root_package.as_ref().is_some_and(super::Package::has_development);
    root || installed.iter().any(|one| one.package.has_development())
}

/// True if the final image contains the installed dependencies.
fn needs_modules(launch: &Launch) -> bool {
    matches!(launch.layout, Layout::Source | Layout::Tree | Layout::Output) && !launch.bundled
}

/// Yarn 2 and 3 prune only with a plugin.
fn can_prune(tool: &Tool) -> bool {
    tool.id != "yarn-berry"
        || !["2.", "3."].iter().any(|major| {
            let named = tool.install.as_deref().or(tool.release.as_deref()).unwrap_or_default();
            named.contains(&format!("@{major}")) || named.contains(&format!("yarn-{major}"))
        })
}

fn install_env(
    app: &App,
    tool: &Tool,
    installed: &[Installed],
    chosen: &Chosen,
) -> Result<Vec<Env>> {
    // Without this, npm asks the network for its newest release.
    let mut pairs: Vec<(&str, &str)> = vec![("npm_config_update_notifier", "false")];
    match tool.id.as_str() {
        "pnpm" => {
            pairs.push(("PNPM_HOME", "/pnpm"));
            // pnpm 11 renamed these settings. There, `pnpm run` installs again if package.json
            // differs from what was installed, and leaving out lifecycle scripts makes it differ.
            // <https://pnpm.io/settings#verifydepsbeforerun>
            if tool.major().is_some_and(|major| major >= 11) {
                pairs.push(("pnpm_config_update_notifier", "false"));
                pairs.push(("pnpm_config_verify_deps_before_run", "false"));
            }
        }
        "yarn-berry" => pairs.extend([
            ("YARN_ENABLE_GLOBAL_CACHE", "true"),
            ("YARN_ENABLE_TELEMETRY", "0"),
            ("YARN_IGNORE_PATH", "1"),
            ("YARN_NODE_LINKER", "node-modules"),
        ]),
        _ => {}
    }
    if chosen.program.needs.packages.iter().any(|p| p.value == "node-gyp") {
        // node-gyp uses the headers in the image instead of downloading them for each native
        // module.
        pairs.push(("npm_config_nodedir", "/usr/local"));
    }
    let browsers: BTreeMap<String, EnvVar> = chosen.catalog.table("test_browsers")?;
    for (package, variable) in &browsers {
        let mut kinds =
            installed.iter().filter_map(|one| one.package.dependency(package)).peekable();
        if kinds.peek().is_some() && kinds.all(|kind| kind == manifest::Kind::Development) {
            pairs.push((&variable.key, &variable.value));
        }
    }
    let mut pairs: Vec<(String, String)> =
        pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    for (key, value) in scan::install_settings(app)? {
        if !pairs.iter().any(|(held, _)| *held == key) {
            pairs.push((key, value));
        }
    }
    environment(&pairs)
}

/// Words that restrict an install to one workspace member and what it needs.
fn filter(app: &App, tool: &Tool) -> Result<Vec<Line>> {
    let Some(name) = app.root_package.as_ref().and_then(|_| app.package.str(&["name"])) else {
        return Ok(Vec::new());
    };
    // Dependencies of the root are visible to every member, which may import them without listing
    // them. npm and Yarn 1 install them anyway.
    let root = app.root_package.as_ref().filter(|root| root.has_production());
    let root = root.and_then(|root| root.str(&["name"])).filter(|root| *root != name);
    let words = match tool.id.as_str() {
        "npm" => vec![format!("--workspace={name}"), "--include-workspace-root".to_owned()],
        "pnpm" => [Some(name), root].iter().flatten().map(|n| format!("--filter={n}...")).collect(),
        "yarn-berry" => [Some(name), root].iter().flatten().map(|n| (*n).to_owned()).collect(),
        _ => Vec::new(),
    };
    lines(&words)
}

/// Reports that the image uses folders for dependencies although Yarn 2 and later keep them in
/// archives by default.
fn linker(app: &App, tool: &Tool) -> Result<Option<Finding>> {
    if tool.id != "yarn-berry" {
        return Ok(None);
    }
    let rc = app.root.text(".yarnrc.yml")?;
    if rc.as_ref().is_some_and(|(_, text)| text.contains("nodeLinker: node-modules")) {
        return Ok(None);
    }
    let path = rc.map_or_else(|| app.managing_package().path.clone(), |(path, _)| path);
    Ok(Some(Finding::new(
        codes::PLUG_AND_PLAY,
        "the image holds the dependencies in node_modules, not as Plug'n'Play archives",
        [Evidence::file(&path, "no nodeLinker: Plug'n'Play by default")],
    )))
}

/// Reports native modules on musl, where prebuilt files may be missing.
fn musl(chosen: &Chosen) -> Option<Finding> {
    let evidence = &chosen.program.needs.libc_evidence;
    if chosen.base.row.libc != "musl" || chosen.program.kind == Kind::Site || evidence.is_empty() {
        return None;
    }
    Some(Finding::new(
        codes::NATIVE_MODULE_ON_ALPINE,
        "the image runs native modules on musl",
        evidence.iter().take(4).cloned(),
    ))
}

/// The development server, started through the package manager as developers do.
fn dev_command(app: &App, tool: &Tool) -> Option<DevCommand> {
    let name = ["dev", "start:dev", "develop", "serve:dev", "watch", "start"]
        .into_iter()
        .find(|name| app.package.script(name).is_some())?;
    let run = match tool.id.as_str() {
        "pnpm" => "pnpm",
        "yarn" | "yarn-berry" => "yarn",
        "bun" => "bun",
        _ => "npm",
    };
    let mut command = vec![run.to_owned(), "run".to_owned(), name.to_owned()];
    // These listen on localhost by default, which nothing outside the container reaches.
    let text = app.package.script(name).unwrap_or_default();
    let local =
        super::script::parse(text).commands.into_iter().map(super::script::unwrap).next_back();
    let argv = local.map(|command| command.argv).unwrap_or_default();
    let program = argv.first().map_or("", String::as_str);
    let watches = |word: &String| word.contains("watch") || word == "--hot";
    let restart =
        matches!(program, "node" | "tsx" | "ts-node" | "bun") && !argv.iter().any(watches);
    if matches!(program, "vite" | "astro" | "vitepress" | "rsbuild") {
        command.extend((run == "npm").then(|| "--".to_owned()));
        command.extend(["--host".to_owned(), "0.0.0.0".to_owned()]);
    }
    Some(DevCommand {
        command,
        env: vec![
            ("NODE_ENV".to_owned(), "development".to_owned()),
            ("HOME".to_owned(), "/tmp".to_owned()),
        ],
        restart,
    })
}

#[cfg(test)]
mod tests {
    use crate::ask::{Answers, Origin, id};
    use crate::detect;
    use crate::path::RelPath;
    use crate::plan::Plan;
    use crate::planning;
    use crate::render;
    use crate::repo::{Dir, Repo};

    fn planned(
        files: &[(&str, &str)],
        dir: &str,
        answers: &[(&str, &str)],
    ) -> anyhow::Result<(Plan, String)> {
        let repo = Repo::from_files(files.iter().copied());
        let facts = (detect::language("node").unwrap().detect)(&Dir::new(
            &repo,
            RelPath::new(dir).unwrap(),
        ))?
        .unwrap();
        let mut given = Answers::default();
        for (id, value) in answers {
            given.set(id, *value, Origin::Flag);
        }
        let plan = planning::make(&repo, &facts, &given)?;
        let text = render::dockerfile(&plan, &[])?;
        Ok((plan, text))
    }

    const SERVER: (&str, &str) = ("server.js", "require('express')().listen(3000)");
    const LOCK: (&str, &str) = ("package-lock.json", r#"{"lockfileVersion": 3, "packages": {}}"#);

    #[test]
    fn without_a_build_only_production_is_installed() {
        let manifest = r#"{"scripts": {"start": "node server.js"}, "dependencies": {"express": "4"}, "devDependencies": {"x": "1"}}"#;
        let (plan, text) = planned(&[("package.json", manifest), SERVER, LOCK], "", &[]).unwrap();
        assert!(text.contains("npm ci --omit=dev\n") && !text.contains("AS build"), "{text}");
        assert_eq!(plan.artifacts[0].stage.as_ref().unwrap().as_str(), "deps");
        assert_eq!(plan.artifacts[1].src.as_str(), ".");
        assert_eq!(plan.runtime.port, Some(3000));
    }

    #[test]
    fn a_folder_that_is_written_and_in_the_repository_belongs_to_the_user() {
        let source = "require('fs').mkdirSync('up/x'); require('express')().listen(1234)";
        let files = [
            ("package.json", r#"{"main": "server.js"}"#),
            ("server.js", source),
            ("up/x/.gitkeep", ""),
        ];
        let (plan, text) = planned(&files, "", &[]).unwrap();
        assert!(
            text.contains("COPY --exclude=up/x . /app\nCOPY --chown=65532:65532 up/x /app/up/x"),
            "{text}"
        );
        assert!(plan.runtime.writable.is_empty());
    }

    #[test]
    fn with_a_build_dependencies_are_pruned_before_sources_are_copied() {
        let manifest = r#"{"scripts": {"start": "node dist/server.js", "build": "node build.js"},
            "dependencies": {"express": "4"}, "devDependencies": {"x": "1"}}"#;
        let (plan, text) = planned(&[("package.json", manifest), LOCK], "", &[]).unwrap();
        assert!(text.contains("FROM deps AS production-deps"), "{text}");
        let from: Vec<_> =
            plan.artifacts.iter().map(|a| a.stage.as_ref().map_or("", |s| s.as_str())).collect();
        assert_eq!(from, ["production-deps", "", "build"]);
    }

    #[test]
    fn local_dependencies_are_copied_before_the_install_and_must_be_inside() {
        let manifest = |path: &str| {
            format!(r#"{{"main": "server.js", "dependencies": {{"a": "file:{path}"}}}}"#)
        };
        let inside = manifest("./lib/a");
        let (plan, _) =
            planned(&[("package.json", &inside), SERVER, ("lib/a/package.json", "{}")], "", &[])
                .unwrap();
        assert_eq!(plan.manifests[1].src[0].as_str(), "lib/a");
        let outside = manifest("../a");
        let error =
            planned(&[("package.json", &outside), SERVER], "", &[]).unwrap_err().to_string();
        assert!(error.contains("not below the build context"), "{error}");
    }

    #[test]
    fn registry_tokens_are_build_secrets() {
        let files = [
            ("package.json", r#"{"main": "server.js", "dependencies": {"express": "4"}}"#),
            SERVER,
            (".npmrc", "//npm.example.com/:_authToken=${NPM_TOKEN}\n"),
        ];
        let (plan, text) = planned(&files, "", &[]).unwrap();
        assert!(text.contains("--mount=type=secret,id=NPM_TOKEN,env=NPM_TOKEN"), "{text}");
        assert!(plan.findings.iter().any(|f| f.code.as_str() == "build-secret"));
        let native =
            [("package.json", r#"{"main": "server.js", "dependencies": {"bcrypt": "5"}}"#), SERVER];
        let (plan, text) = planned(&native, "", &[(id::BASE, "alpine")]).unwrap();
        assert!(plan.findings.iter().any(|f| f.code.as_str() == "native-module-on-alpine"));
        assert!(text.contains("apk add --no-cache g++ make python3"), "{text}");
    }

    #[test]
    fn the_command_docker_takes_the_socket_of_the_host() {
        let said = |command: &str| {
            let main = format!(
                "const c = require('child_process'); c.spawn('{command}', ['ps']); require('http').createServer().listen(1234)"
            );
            let files = [("package.json", r#"{"main": "a.js"}"#), ("a.js", main.as_str())];
            let (plan, _) = planned(&files, "", &[]).unwrap();
            plan.findings.into_iter().find(|f| f.code.as_str() == "privileges-needed")
        };
        assert!(
            said("docker").unwrap().fix.contains("-v /var/run/docker.sock:/var/run/docker.sock")
        );
        assert!(said("git").is_none());
    }

    #[test]
    fn settings_with_a_token_reach_the_install_alone() {
        let package = r#"{"main": "server.js", "dependencies": {"express": "4"}}"#;
        let cases = [
            ("package-lock.json", LOCK.1, ".npmrc", "//r.example/:_authToken=abc\n"),
            (
                "pnpm-lock.yaml",
                "lockfileVersion: '9.0'\n",
                ".npmrc",
                "//r.example/:_authToken=abc\n",
            ),
            ("yarn.lock", "__metadata:\n  version: 8\n", ".yarnrc.yml", "npmAuthToken: abc\n"),
            (
                "yarn.lock",
                "# yarn lockfile v1\n",
                ".yarnrc",
                "\"//r.example/:_authToken\" \"abc\"\n",
            ),
            (
                "bun.lock",
                "{\"lockfileVersion\": 1}",
                "bunfig.toml",
                "[install]\nregistry = { url = \"x\", token = \"abc\" }\n",
            ),
        ];
        for (lock, locked, file, text) in cases {
            let files = [("package.json", package), SERVER, (lock, locked), (file, text)];
            let (plan, dockerfile) = planned(&files, "", &[]).unwrap();
            let mount = format!("target=/app/{file},required=true");
            assert!(dockerfile.contains(&mount), "{file}: {dockerfile}");
            let copied = |line: &&str| line.starts_with("COPY") && line.contains(file);
            assert!(!dockerfile.lines().any(|line| copied(&line)), "{file}: {dockerfile}");
            assert!(dockerfile.contains("COPY . /app"), "{dockerfile}");
            assert_eq!(plan.install_secrets.len(), 1, "{file}");
        }
        // A reference in the settings of any of them is a variable.
        let files = [
            ("package.json", package),
            SERVER,
            ("yarn.lock", "__metadata:\n  version: 8\n"),
            (".yarnrc.yml", "npmAuthToken: \"${NPM_TOKEN:-}\"\n"),
        ];
        let (_, dockerfile) = planned(&files, "", &[]).unwrap();
        assert!(dockerfile.contains("id=NPM_TOKEN,env=NPM_TOKEN"), "{dockerfile}");
    }

    #[test]
    fn a_member_brings_its_part_of_the_workspace_alone() {
        let files = [
            ("package.json", r#"{"workspaces": ["apps/*", "packages/*"]}"#),
            LOCK,
            (
                "apps/a/package.json",
                r#"{"name": "a", "main": "server.js", "dependencies": {"express": "4", "p": "*"}}"#,
            ),
            ("apps/a/server.js", SERVER.1),
            ("apps/b/package.json", r#"{"name": "b"}"#),
            (
                "packages/p/package.json",
                r#"{"name": "p", "main": "x.js", "scripts": {"build": "node x.js"}}"#,
            ),
            ("packages/p/x.js", ""),
        ];
        let repo = Repo::from_files(files);
        let apps = detect::scan(&repo, &RelPath::root()).unwrap();
        assert_eq!(apps.iter().map(|facts| facts.dir.as_str()).collect::<Vec<_>>(), ["apps/a"]);
        let (plan, text) = planned(&files, "apps/a", &[]).unwrap();
        assert_eq!(plan.context, RelPath::root());
        assert!(text.contains("--workspace=a --include-workspace-root"), "{text}");
        assert!(text.contains("WORKDIR /app/packages/p\nRUN npm run build"), "{text}");
        assert!(plan.artifacts.iter().all(|a| !a.dest.as_str().contains("apps/b")));
        assert_eq!(plan.runtime.workdir.as_str(), "/app/apps/a");
    }

    #[test]
    fn a_site_is_served_from_the_folder_that_the_config_names() {
        let files = [
            (
                "package.json",
                r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#,
            ),
            ("vite.config.ts", "export default { root: 'web', build: { outDir: '../out/web' } }"),
            ("web/index.html", ""),
            LOCK,
        ];
        let (plan, text) = planned(&files, "", &[]).unwrap();
        assert_eq!(plan.artifacts[0].src.as_str(), "/app/out/web");
        assert!(text.contains("try_files $uri $uri/ /index.html"), "{text}");
        assert_eq!((plan.runtime.port, plan.runtime.init), (Some(8080), false));
        assert!(planned(&files, "", &[(id::BASE, "distroless")]).is_err());
    }

    #[test]
    fn a_site_below_a_path_is_served_there() {
        let of = |files: &[(&str, &str)], config: &str| {
            let mut all = files.to_vec();
            all.extend([("index.html", ""), LOCK, ("vite.config.js", config)]);
            planned(&all, "", &[]).unwrap()
        };
        let vite = |script: &str| {
            format!(r#"{{"scripts": {{"build": "{script}"}}, "devDependencies": {{"vite": "6"}}}}"#)
        };
        let (plain, flag) = (vite("vite build"), vite("vite build --base=/docs/"));
        let named = [("package.json", plain.as_str())];
        let (below, text) =
            of(&named, "export default { base: '/panel/', build: { outDir: 'x' } }");
        assert_eq!(below.artifacts[0].dest.as_str(), "/srv/panel");
        assert!(text.contains("try_files $uri $uri/ /panel/index.html;"), "{text}");
        assert!(text.contains("return 302 /panel/;"), "{text}");
        let (docs, _) = of(&[("package.json", flag.as_str())], "export default {}");
        assert_eq!(docs.artifacts[0].dest.as_str(), "/srv/docs");
        for root in ["export default { base: './' }", "export default { base: '/' }", ""] {
            assert_eq!(of(&named, root).0.artifacts[0].dest.as_str(), "/srv", "{root}");
        }
    }

    #[test]
    fn a_site_may_be_built_beside_its_package() {
        let site = r#"{"name": "site", "scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#;
        let files = |folder: &'static str| {
            vec![
                ("package.json", r#"{"workspaces": ["site"]}"#),
                ("site/package.json", site),
                ("site/index.html", ""),
                ("site/vite.config.js", folder),
                LOCK,
            ]
        };
        let (plan, _) =
            planned(&files("export default { build: { outDir: '../dist/x' } }"), "site", &[])
                .unwrap();
        assert_eq!(plan.artifacts[0].src.as_str(), "/app/dist/x");
        let outside = files("export default { build: { outDir: '../../dist' } }");
        let error = format!("{:#}", planned(&outside, "site", &[]).unwrap_err());
        assert!(error.contains("not below the build context"), "{error}");
    }

    #[test]
    fn a_member_may_build_its_site_by_a_tool_of_the_root() {
        let member = |scripts: &str| format!(r#"{{"name": "web", "scripts": {{{scripts}}}}}"#);
        let found = |scripts: &str| {
            let member = member(scripts);
            let files = [
                (
                    "package.json",
                    r#"{"workspaces": ["web"], "devDependencies": {"vite": "6", "cross-env": "7"}}"#,
                ),
                ("web/package.json", member.as_str()),
                ("web/index.html", ""),
                ("web/vite.config.ts", "export default { build: { outDir: 'build' } }"),
                LOCK,
            ];
            let repo = Repo::from_files(files);
            let apps = detect::scan(&repo, &RelPath::root()).unwrap();
            apps.iter().map(|facts| facts.dir.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            found(r#""build": "npm run build:app", "build:app": "cross-env A=1 vite build""#),
            ["web"]
        );
        assert!(found(r#""build": "node make.js""#).is_empty());
    }

    #[test]
    fn pnpm_does_not_install_again_before_it_runs_a_script() {
        for (version, again) in [("10.34.9", false), ("11.6.0", true)] {
            let manifest = format!(
                r#"{{"packageManager": "pnpm@{version}", "main": "server.js", "dependencies": {{"express": "4"}}}}"#
            );
            let (_, text) =
                planned(&[("package.json", manifest.as_str()), SERVER], "", &[]).unwrap();
            assert_eq!(
                text.contains("pnpm_config_verify_deps_before_run=\"false\""),
                again,
                "{text}"
            );
        }
    }

    #[test]
    fn answers_change_the_tool_the_base_and_the_program() {
        let files = [
            (
                "package.json",
                r#"{"main": "server.js", "scripts": {"dev": "node x"}, "dependencies": {"express": "4"}}"#,
            ),
            SERVER,
            ("worker.js", ""),
            LOCK,
        ];
        let answers = [
            (id::TOOL, "pnpm"),
            (id::BASE, "alpine"),
            (id::ENTRYPOINT, "worker.js"),
            (id::DEV, "yes"),
        ];
        let (plan, text) = planned(&files, "", &answers).unwrap();
        assert!(text.contains("npm install --global pnpm@"), "{text}");
        assert!(text.contains("rm -rf /usr/local/lib/node_modules"), "{text}");
        assert_eq!(plan.runtime.entrypoint.last().unwrap().as_str(), "worker.js");
        let (development, runtime) = (text.find("AS development"), text.find("AS runtime"));
        assert!(
            development.is_some() && development < runtime,
            "the last stage is what `docker build` makes: {text}"
        );
        assert!(planned(&files, "", &[(id::TOOL, "cargo")]).is_err());
        assert!(planned(&files, "", &[(id::ENTRYPOINT, "nothing.js")]).is_err());
        assert!(planned(&files, "", &[(id::BASE, "scratch")]).is_err());
    }

    const PATCH: (&str, &str) = ("patches/left-pad+1.3.0.patch", "");
    const YARN_1: (&str, &str) = ("yarn.lock", "# yarn lockfile v1\n");

    #[test]
    fn patches_are_copied_from_where_manifests_name_them() {
        let named = |manifest: &str, more: &[(&str, &str)]| {
            let mut files = vec![("package.json", manifest), SERVER];
            files.extend(more);
            let (plan, text) = planned(&files, "", &[]).unwrap();
            let gone = plan.findings.iter().any(|f| f.code.as_str() == "patch-missing");
            (
                text.lines()
                    .filter(|l| l.starts_with("COPY"))
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
                    .join("\n"),
                gone,
            )
        };
        let start = r#""scripts": {"start": "node server.js"}, "dependencies": {"left-pad": "1"}"#;
        let lock = ("pnpm-lock.yaml", "lockfileVersion: '9.0'\n");
        let patch = (".pnpm/patches/a.patch", "");
        let workspace = (
            "pnpm-workspace.yaml",
            "packages: []\npatchedDependencies:\n  left-pad@1: .pnpm/patches/a.patch\n",
        );
        let (text, gone) = named(&format!("{{{start}}}"), &[lock, workspace, patch]);
        assert!(text.contains("COPY .pnpm/patches .pnpm/patches/") && !gone, "{text}");
        assert!(named(&format!("{{{start}}}"), &[lock, workspace]).1);
        let inside = r#""pnpm": {"patchedDependencies": {"left-pad": "fixes/a.patch"}}"#;
        let beside = [lock, ("fixes/a.patch", ""), ("fixes/other.js", "")];
        let (text, gone) = named(&format!("{{{start}, {inside}}}"), &beside);
        assert!(text.contains("COPY fixes/a.patch fixes/") && !gone, "{text}");
        let bun = r#""patchedDependencies": {"left-pad": "patches/a.patch"}"#;
        let (text, gone) =
            named(&format!("{{{start}, {bun}}}"), &[("bun.lock", "{}"), ("patches/a.patch", "")]);
        assert!(text.contains("COPY patches patches/") && !gone, "{text}");
        let berry = r#"{"scripts": {"start": "node server.js"},
            "dependencies": {"left-pad": "patch:left-pad@npm%3A1.3.0#~/fixes/a.patch"},
            "resolutions": {"x": "patch:x@npm:1#./own.patch", "y": "patch:y@npm:1#optional!builtin<compat/y>"}}"#;
        let files = [
            ("yarn.lock", "__metadata:\n  version: 8\n"),
            ("fixes/a.patch", ""),
            ("own.patch", ""),
        ];
        let (text, gone) = named(berry, &files);
        assert!(text.contains("COPY fixes fixes/") && text.contains("COPY own.patch ./"), "{text}");
        assert!(!gone && named(berry, &files[..2]).1);
    }

    #[test]
    fn patches_outlive_the_install_for_production() {
        let with = |lists: &str, hook: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "node server.js", "build": "webpack", "postinstall": "{hook}"}}, {lists}}}"#
            );
            planned(&[("package.json", &manifest), SERVER, YARN_1, PATCH], "", &[]).unwrap().1
        };
        let kept = r#""dependencies": {"left-pad": "1", "patch-package": "8"}, "devDependencies": {"webpack": "4"}"#;
        let text = with(kept, "patch-package --error-on-fail");
        assert!(
            text.contains("--ignore-scripts \\\n    && yarn run patch-package --error-on-fail\n"),
            "{text}"
        );
        let left = r#""dependencies": {"left-pad": "1"}, "devDependencies": {"webpack": "4", "patch-package": "8"}"#;
        let text = with(left, "yarn patch-package");
        let mount =
            "--mount=type=bind,from=deps,source=/app/node_modules,target=/patcher/node_modules";
        assert!(text.contains(mount), "{text}");
        assert!(
            text.contains("\\\n    && node /patcher/node_modules/patch-package/index.js\n"),
            "{text}"
        );
        assert!(!with(left, "node x.js").contains("/patcher/"));
    }

    #[test]
    fn an_install_for_production_runs_no_script_whose_tool_it_leaves_out() {
        let manifest = r#"{"scripts": {"start": "node server.js", "build": "x", "postinstall": "patch-package"},
            "dependencies": {"left-pad": "1"}, "devDependencies": {"patch-package": "8"}}"#;
        for (lock, line) in [
            (
                ("bun.lock", "{}"),
                "npm pkg delete scripts.postinstall \\\n    && rm -rf node_modules",
            ),
            (
                ("yarn.lock", "__metadata:\n  version: 8\n"),
                "npm pkg delete scripts.postinstall \\\n    && yarn workspaces focus --production",
            ),
        ] {
            let files = [("package.json", manifest), SERVER, lock, PATCH];
            let text = planned(&files, "", &[]).unwrap().1;
            assert!(text.contains(line), "{text}");
            let kept = manifest.replace("devDependencies", "optionalDependencies");
            let files = [("package.json", kept.as_str()), SERVER, lock, PATCH];
            assert!(!planned(&files, "", &[]).unwrap().1.contains("npm pkg delete"));
        }
    }

    #[test]
    fn a_folder_that_the_build_enters_is_installed() {
        let with = |script: &str, more: &[(&str, &str)]| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "node server.js", "build": "{script}", "docs": "cd docs && npm run build"}},
                "dependencies": {{"express": "4"}}}}"#
            );
            let inner = r#"{"scripts": {"build": "x"}, "dependencies": {"x": "1"}}"#;
            let mut files = vec![
                ("package.json", manifest.as_str()),
                ("package-lock.json", "{}"),
                SERVER,
                ("docs/package.json", inner),
                ("docs/package-lock.json", "{}"),
            ];
            files.extend(more);
            let (plan, text) = planned(&files, "", &[]).unwrap();
            let gone = plan.findings.iter().any(|f| f.code.as_str() == "folder-uninstalled");
            (text, gone)
        };
        for script in [
            "npm run docs",
            "x && npm --prefix docs run build",
            "npm run build -C docs",
            "cd docs && x",
            "npm-run-all docs",
        ] {
            let (text, gone) = with(script, &[]);
            assert!(
                text.contains("COPY docs/package-lock.json docs/package.json docs/"),
                "{script}: {text}"
            );
            assert!(
                text.contains("WORKDIR /app/docs\n")
                    && text.contains("\\\n    npm ci\nWORKDIR /app\n"),
                "{script}: {text}"
            );
            assert!(text.contains("--exclude=docs/node_modules") && !gone, "{script}: {text}");
        }
        for script in ["cd docs && npm ci && npm run build", "cd docs && rm -rf x", "x"] {
            let (text, gone) = with(script, &[]);
            assert!(!text.contains("WORKDIR /app/docs\n") && !gone, "{script}: {text}");
        }
        let pnpm = [("docs/pnpm-lock.yaml", "lockfileVersion: '9.0'\n")];
        assert!(with("cd docs && x", &pnpm).1);
        // What is started there needs its dependencies.
        let inside = r#"{"scripts": {"start": "node api/main.js"}}"#;
        let own = r#"{"dependencies": {"express": "4"}}"#;
        let files = [
            ("package.json", inside),
            ("api/package.json", own),
            ("api/package-lock.json", "{}"),
            ("api/main.js", SERVER.1),
        ];
        let text = planned(&files, "", &[]).unwrap().1;
        assert!(text.contains("    npm ci --omit=dev\nWORKDIR /app\n"), "{text}");
        assert!(
            text.contains("COPY --from=deps /app/api/node_modules /app/api/node_modules"),
            "{text}"
        );
    }

    #[test]
    fn a_folder_of_the_repository_is_owned_under_each_of_its_names() {
        let files = [
            (
                "package.json",
                r#"{"scripts": {"start": "node server.js"}, "dependencies": {"express": "4"}}"#,
            ),
            LOCK,
            SERVER,
            ("config/.gitkeep", ""),
        ];
        for name in ["config", "/app/config", "/app/config/"] {
            let (_, text) = planned(&files, "", &[(id::WRITABLE, name)]).unwrap();
            assert!(text.contains("COPY --chown=65532:65532 config /app/config"), "{name}: {text}");
            assert!(text.contains("--exclude=config"), "{name}: {text}");
        }
    }

    #[test]
    fn a_folder_that_the_dockerignore_empties_is_made() {
        let files = [
            (
                "package.json",
                r#"{"scripts": {"start": "node server.js"}, "dependencies": {"express": "4"}}"#,
            ),
            LOCK,
            SERVER,
            ("kept/.gitignore", "*"),
            (".dockerignore", "kept/*\n"),
        ];
        let (_, text) = planned(&files, "", &[(id::WRITABLE, "kept")]).unwrap();
        assert!(text.contains("WORKDIR /app/kept") && !text.contains("--chown"), "{text}");
    }

    #[test]
    fn what_the_build_writes_and_the_program_too_belongs_to_the_user() {
        let with = |build: &str, folder: &str, more: &[(&str, &str)]| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "cd backend && node server.js", "build": "{build}"}},
                "dependencies": {{"express": "4"}}, "devDependencies": {{"vite": "6"}}}}"#
            );
            let server = format!(
                "const fs = require('fs'), path = require('path');\n\
                fs.writeFileSync(path.join(__dirname, '..', '{folder}', 'env.js'), 'x');\n{}",
                SERVER.1
            );
            let mut files = vec![
                ("package.json", manifest.as_str()),
                ("backend/server.js", server.as_str()),
                ("index.html", ""),
            ];
            files.extend(more);
            planned(&files, "", &[]).unwrap().1
        };
        let text = with("vite build", "dist", &[]);
        assert!(text.contains("--exclude=node_modules --exclude=dist /app /app\n"), "{text}");
        assert!(
            text.contains("COPY --from=build --chown=65532:65532 /app/dist /app/dist"),
            "{text}"
        );
        assert!(!text.contains("mkdir -p /app/dist"), "{text}");
        // Perhaps the build makes it: it is there in any case.
        let text = with("vite build", "dist/uploads", &[]);
        assert!(text.contains("RUN mkdir -p /app/dist/uploads\n"), "{text}");
        assert!(text.contains("--chown=65532:65532 /app/dist/uploads /app/dist/uploads"), "{text}");
        let text = with("node make.js --out www", "www", &[]);
        assert!(text.contains("RUN mkdir -p /app/www\n"), "{text}");
        // The script of the build names it.
        let script = [("make.js", "require('fs').mkdirSync('./www', { recursive: true });")];
        let text = with("node make.js", "www", &script);
        assert!(text.contains("RUN mkdir -p /app/www\n"), "{text}");
        assert!(text.contains("--chown=65532:65532 /app/www /app/www"), "{text}");
        // A folder of the repository that the build adds to.
        let out = [
            ("public/a.txt", ""),
            ("vite.config.js", "export default { build: { outDir: 'public/build' } }"),
        ];
        let text = with("vite build", "public", &out);
        assert!(
            text.contains("COPY --from=build --chown=65532:65532 /app/public /app/public"),
            "{text}"
        );
        let text = with("vite build", "data", &[]);
        assert!(!text.contains("--exclude=data") && text.contains("WORKDIR /app/data"), "{text}");
    }
}

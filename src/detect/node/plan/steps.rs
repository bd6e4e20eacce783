//! What the build stage runs, in order. Workspace packages that the application needs come first.

use anyhow::Result;
use serde::Serialize;

use super::super::launch::{Launch, Layout};
use super::super::lifecycle::{self, Later, Lifecycle};
use super::super::manifest::Package;
use super::super::script;
use super::super::tool::Tool;
use super::super::{App, tool};
use super::ROOT;
use crate::docker::types::{ContainerPath, Line};
use crate::path::RelPath;
use crate::repo::{Dir, parse_json5};

/// A command of the build stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Step {
    /// The folder to change to first, if it is another one.
    folder: Option<ContainerPath>,
    /// True for a script of package.json, false for a command of a dependency.
    script: bool,
    words: Vec<String>,
    /// True if it builds the application. Only this step gets the caches and the environment of
    /// its framework.
    own: bool,
}

impl Step {
    pub(super) fn is_turbo(&self) -> bool {
        !self.script && self.words.first().is_some_and(|word| word == "turbo")
    }

    /// Makes Turbo pass on every variable.
    pub(super) fn show_variables(&mut self) {
        if self.is_turbo() {
            self.words.push("--env-mode=loose".to_owned());
        }
    }
}

/// The steps before the application's own, and one that runs a person's command instead of it.
pub(super) fn replaced(mut steps: Vec<Step>, home: &str, root: &str) -> Result<Vec<Step>> {
    steps.retain(|step| !step.own);
    let at = steps
        .iter()
        .rev()
        .find_map(|step| step.folder.as_ref())
        .map_or(root, ContainerPath::as_str);
    let folder = if at == home { None } else { Some(ContainerPath::new(home)?) };
    steps.push(Step { folder, script: false, words: Vec::new(), own: true });
    Ok(steps)
}

/// Lifecycle scripts that are removed from one manifest before the install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Drop {
    /// The folder of the manifest; `None` for that of the install itself.
    folder: Option<Line>,
    names: Vec<Line>,
}

impl Drop {
    /// The scripts of the package in a folder; `None` for none.
    pub(super) fn of(way: &str, names: &[String]) -> Result<Option<Self>> {
        if names.is_empty() {
            return Ok(None);
        }
        let folder = if way.is_empty() { None } else { Some(Line::new(way)?) };
        let names = names.iter().map(|name| Line::new(format!("scripts.{name}")));
        Ok(Some(Self { folder, names: names.collect::<Result<_, _>>()? }))
    }
}

/// A package whose lifecycle scripts an install runs.
pub(super) struct Installed {
    /// Its folder below that of the install; `""` if it is the same.
    pub(super) way: String,
    pub(super) package: Package,
    pub(super) lifecycle: Lifecycle,
}

/// Every package whose lifecycle scripts the install runs: the workspace's root, its members, and
/// the application last.
pub(super) fn installed(app: &App, tool: &Tool) -> Result<Vec<Installed>> {
    let mut folders: Vec<&RelPath> = Vec::new();
    if let Some(workspace) = &app.workspace {
        folders.push(&workspace.root);
        // npm and pnpm install only what a member needs; the others install every member, and so does
        // an install in the root.
        let filtered = matches!(tool.id.as_str(), "npm" | "pnpm")
            && app.root_package.is_some()
            && app.package.str(&["name"]).is_some();
        folders.extend(if filtered { &workspace.needed } else { &workspace.members });
    }
    folders.retain(|folder| **folder != app.dir.path);
    folders.push(&app.dir.path);
    let mut found = Vec::new();
    for folder in folders {
        let dir = Dir::new(app.dir.repo, folder.clone());
        let (Some(package), Some(way)) = (Package::read(&dir)?, folder.strip(&app.root.path))
        else {
            continue;
        };
        // A client that is generated after the install is in the dependencies of production too.
        let lifecycle = lifecycle::read(&dir, &package, true, app.catalog)?;
        found.push(Installed { way: way.to_owned(), package, lifecycle });
    }
    Ok(found)
}

impl Installed {
    /// The scripts that are removed from its manifest.
    pub(super) fn drop(&self) -> Result<Option<Drop>> {
        Drop::of(&self.way, &self.lifecycle.drop)
    }

    /// Scripts that an install for production cannot run: their tools are for development.
    pub(super) fn quiet(&self) -> Result<Option<Drop>> {
        Drop::of(&self.way, &self.lifecycle.kept)
    }

    /// What its lifecycle scripts leave for the build stage. `member` says that it is not the
    /// application.
    fn later(&self, member: bool) -> impl Iterator<Item = &Later> {
        self.lifecycle.later.iter().filter(move |later| match later {
            Later::Script(name) => {
                !(self.builds(name) || member && self.way.is_empty() && self.drives(name))
            }
            Later::Command(_) => true,
        })
    }

    /// True if the script does the same as the script `build`, which runs anyway.
    fn builds(&self, name: &str) -> bool {
        let (text, scripts) =
            (self.package.script(name).unwrap_or_default(), self.package.scripts());
        let is_build = |command| {
            script::runs_script(&command, &scripts).is_some_and(|(name, _)| name == "build")
        };
        // `test -f dist/server.js || npm run build`
        let guard = |command: &script::Command| {
            matches!(command.argv.first().map(String::as_str), Some("test" | "[" | "true"))
        };
        let commands = script::parse(text).commands.into_iter().map(script::unwrap);
        let mut commands = commands.filter(|command| !guard(command)).peekable();
        commands.peek().is_some() && commands.all(is_build)
            || scripts.get("build").is_some_and(|build| *build == text)
    }

    /// True if the root's script runs scripts of its members. Those that the application needs run
    /// on their own.
    fn drives(&self, name: &str) -> bool {
        let words = |c: script::Command| c.argv;
        let text = self.package.script(name).unwrap_or_default();
        script::parse(text).commands.into_iter().map(script::unwrap).flat_map(words).any(|word| {
            matches!(
                word.as_str(),
                "turbo"
                    | "nx"
                    | "lerna"
                    | "-r"
                    | "--recursive"
                    | "-ws"
                    | "--workspaces"
                    | "workspaces"
                    | "foreach"
            ) || ["--filter", "--workspace"].iter().any(|flag| word.starts_with(flag))
        })
    }
}

/// The steps, each with its folder if that changes. `scripts`: scripts of folders outside the
/// workspace that need the sources.
pub(super) fn steps(
    app: &App,
    launch: &Launch,
    installed: &[Installed],
    scripts: Vec<(String, String)>,
    root: &str,
) -> Result<Vec<Step>> {
    // Turbo runs only the usual script.
    let turbo =
        if launch.script.is_none() && launch.build.is_none() { turbo(app, launch)? } else { None };
    let own = app.dir.path.strip(&app.root.path).unwrap_or_default().to_owned();
    let mut steps: Vec<(String, bool, Vec<String>)> = Vec::new();
    for one in installed {
        let member = one.way != own;
        // A member that the application does not need is not built.
        let needed = |w: &super::super::workspace::Workspace| {
            w.needed.iter().any(|folder| folder.strip(&app.root.path) == Some(one.way.as_str()))
        };
        let needed = app.workspace.as_ref().is_some_and(needed);
        if member && !needed && !one.way.is_empty() {
            continue;
        }
        steps.extend(one.later(member).map(|later| match later {
            Later::Script(name) => (one.way.clone(), true, vec![name.clone()]),
            Later::Command(words) => (one.way.clone(), false, words.clone()),
        }));
        if member && needed && turbo.is_none() && one.package.script("build").is_some() {
            steps.push((one.way.clone(), true, vec!["build".to_owned()]));
        }
    }
    steps.extend(scripts.into_iter().map(|(way, name)| (way, true, vec![name])));
    let first = steps.len();
    let wanted = launch.layout != Layout::Source;
    if let Some(words) = &launch.build {
        steps.push((own.clone(), false, words.clone()));
    } else if let Some(words) = turbo {
        steps.push((String::new(), false, words));
    } else if let Some(name) =
        launch.script.clone().or_else(|| app.build_script()).filter(|_| wanted)
    {
        steps.push((own.clone(), true, vec![name]));
    } else if wanted && app.compiles() {
        steps.push((own.clone(), false, vec!["tsc".to_owned()]));
    }
    steps.extend(launch.also.iter().map(|name| (own.clone(), true, vec![name.clone()])));
    let mut at = String::new();
    let mut all = Vec::new();
    for (index, (way, script, words)) in steps.into_iter().enumerate() {
        let path = if way.is_empty() { root.to_owned() } else { format!("{root}/{way}") };
        let folder = if way == at { None } else { Some(ContainerPath::new(path)?) };
        at = way;
        all.push(Step { folder, script, words, own: index >= first });
    }
    Ok(all)
}

/// The Turborepo command, if the repository builds with Turborepo and its build of a package first
/// builds the dependencies. Turbo knows their order, and also tasks that no script names
/// (<https://turborepo.com/docs/reference/configuration>).
fn turbo(app: &App, launch: &Launch) -> Result<Option<Vec<String>>> {
    let root = app.root_package.as_ref().filter(|root| root.has("turbo"));
    let (Some(_), Some(name)) = (root, app.package.str(&["name"])) else { return Ok(None) };
    if app.build_script().as_deref() != Some("build") || launch.layout == Layout::Source {
        return Ok(None);
    }
    let Some((path, text)) = app.root.text("turbo.json")? else { return Ok(None) };
    let json: serde_json::Value = parse_json5(&path, &text)?;
    let tasks = json.get("tasks").or_else(|| json.get("pipeline"));
    let first = tasks.and_then(|tasks| tasks.get("build")?.get("dependsOn")?.as_array());
    if !first.is_some_and(|list| list.iter().any(|task| task.as_str() == Some("^build"))) {
        return Ok(None);
    }
    let words =
        vec!["turbo".to_owned(), "run".to_owned(), "build".to_owned(), format!("--filter={name}")];
    Ok(Some(words))
}

/// Corrects the path of a dependency's file in the image. Most package managers put the
/// dependencies of a member into the workspace's folder, unless versions differ.
pub(super) fn hoisted(app: &App, tool: &Tool, launch: &mut Launch) {
    let way = app.dir.path.strip(&app.root.path).unwrap_or_default();
    if way.is_empty() || tool.id == "pnpm" {
        return;
    }
    let lock = tool::npm_lock(&app.root).ok().filter(|_| tool.id == "npm");
    let lock = lock.as_deref().and_then(Option::as_ref);
    let own = |file: &str| {
        let parts: Vec<&str> =
            file.split('/').take(if file.starts_with('@') { 2 } else { 1 }).collect();
        let key = format!("{way}/node_modules/{}", parts.join("/"));
        lock.is_some_and(|(_, lock)| {
            lock.get("packages").is_some_and(|packages| packages.get(key).is_some())
        })
    };
    if let Some(file) = launch.file.strip_prefix("node_modules/").filter(|file| !own(file)) {
        launch.file = format!("{ROOT}/node_modules/{file}");
    }
    if let Some(before) = &mut launch.before {
        let words = before.split(' ').map(|word| match word.strip_prefix("node_modules/") {
            Some(file) if !own(file) => format!("{ROOT}/node_modules/{file}"),
            _ => word.to_owned(),
        });
        *before = words.collect::<Vec<_>>().join(" ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn app(repo: &Repo) -> App<'_> {
        App::read(&Dir::new(repo, RelPath::new("apps/a").unwrap())).unwrap().unwrap()
    }

    fn npm() -> Tool {
        Tool { id: "npm".to_owned(), install: None, release: None, lockfile: None }
    }

    #[test]
    fn a_members_command_is_where_the_lockfile_puts_it() {
        let lock = r#"{"packages": {"node_modules/@a/x": {}, "node_modules/y": {}, "apps/a/node_modules/y": {}}}"#;
        let files = [
            ("package.json", r#"{"workspaces": ["apps/*"]}"#),
            ("apps/a/package.json", "{}"),
            ("package-lock.json", lock),
        ];
        let repo = Repo::from_files(files);
        let place = |file: &str, id: &str| {
            let before = Some("node node_modules/y/m.js".to_owned());
            let mut launch = Launch { file: file.to_owned(), before, ..Launch::default() };
            hoisted(&app(&repo), &Tool { id: id.to_owned(), ..npm() }, &mut launch);
            (launch.file, launch.before.unwrap_or_default())
        };
        assert_eq!(
            place("node_modules/@a/x/b.js", "npm"),
            ("/app/node_modules/@a/x/b.js".into(), "node node_modules/y/m.js".into())
        );
        assert_eq!(place("node_modules/y/b.js", "npm").0, "node_modules/y/b.js");
        assert_eq!(
            place("node_modules/y/b.js", "yarn"),
            ("/app/node_modules/y/b.js".into(), "node /app/node_modules/y/m.js".into())
        );
        assert_eq!(place("node_modules/y/b.js", "pnpm").0, "node_modules/y/b.js");
    }

    #[test]
    fn lifecycle_scripts_of_a_workspace_run_once_and_where_they_belong() {
        let repo = Repo::from_files([
            (
                "package.json",
                r#"{"workspaces": ["apps/*", "lib/*"], "scripts": {"postinstall": "turbo run build", "prepare": "node root.js"}}"#,
            ),
            (
                "apps/a/package.json",
                r#"{"name": "a", "dependencies": {"l": "*"}, "scripts": {"build": "tsc", "prepare": "node own.js"}}"#,
            ),
            (
                "apps/other/package.json",
                r#"{"name": "other", "scripts": {"prepare": "node other.js"}}"#,
            ),
            (
                "lib/l/package.json",
                r#"{"name": "l", "scripts": {"build": "tsc", "prepare": "npm run build", "postinstall": "node l.js"}}"#,
            ),
        ]);
        let app = app(&repo);
        let launch = Launch { layout: Layout::Output, ..Launch::default() };
        let said = |tool: &Tool| {
            let installed = installed(&app, tool).unwrap();
            let folders: Vec<String> = installed
                .iter()
                .filter(|one| one.drop().unwrap().is_some())
                .map(|one| one.way.clone())
                .collect();
            let steps = steps(&app, &launch, &installed, Vec::new(), ROOT).unwrap();
            let words: Vec<String> = steps.iter().map(|step| step.words.join(" ")).collect();
            let places: Vec<&str> = steps
                .iter()
                .filter_map(|step| step.folder.as_ref().map(ContainerPath::as_str))
                .collect();
            (folders.join(" "), words.join(" "), places.join(" "))
        };
        let expected = (
            "prepare postinstall build prepare build".to_owned(),
            "/app/lib/l /app/apps/a".to_owned(),
        );
        let (folders, words, places) = said(&npm());
        assert_eq!((folders.trim(), (words, places)), ("lib/l apps/a", expected.clone()));
        // Yarn installs every member, and builds no other application.
        let (folders, words, places) = said(&Tool { id: "yarn".to_owned(), ..npm() });
        assert_eq!((folders.trim(), (words, places)), ("apps/other lib/l apps/a", expected));
    }
}

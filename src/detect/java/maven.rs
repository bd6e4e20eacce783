//! How Maven is called: which Maven, from which pom, for which module, and what it skips in a
//! container.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::App;
use super::artifact::SPRING_BOOT;
use super::beside::Beside;
use super::database::PHASES;
use super::frontend;
use super::plugins::{Execution, Plugin};
use super::pom::{Model, relative};
use super::reactor::below;
use super::xml::Element;
use crate::ask::{Answerable, Question};
use crate::detect::java::codes;
use crate::facts::{Evidence, Finding, FindingCode, Sourced};
use crate::path::RelPath;
use crate::repo::{Dir, line_of};

/// The id of the question about profiles.
pub(super) const PROFILES: &str = "profiles";

/// One module that the program needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sibling {
    pub(super) artifact: String,
    /// Its compiled classes, relative to the context.
    pub(super) classes: String,
    /// Its archive, relative to the context.
    pub(super) archive: String,
}

/// A run of Maven.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Run {
    /// `mvn`, or the shell with the wrapper.
    pub(super) command: Vec<String>,
    /// True if the wrapper's Maven does not know `-ntp`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) reports_transfers: bool,
    /// `-f`, `-pl` and `-am`, if they are needed.
    pub(super) selection: Vec<String>,
    /// `-D` options of every run.
    pub(super) options: Vec<String>,
    /// `-D` options of the run without sources.
    pub(super) without_sources: Vec<String>,
    /// The folder of the project, relative to the context; empty for the context itself.
    pub(super) module: String,
    /// The build folder of the project, relative to the project.
    pub(super) build_dir: String,
    /// Folders with Java sources of the run's projects, relative to the context.
    pub(super) source_folders: Vec<String>,
    /// The folders of these projects. For a project in the root, the folder of its sources and
    /// resources instead: the folder would be the whole repository.
    pub(super) sources: Vec<RelPath>,
    /// What Maven reads besides poms, relative to the context.
    pub(super) more_manifests: Vec<String>,
    pub(super) siblings: Vec<Sibling>,
    /// True if a repository may need credentials.
    pub(super) credentials: bool,
    /// True if the build runs npm.
    pub(super) frontend: bool,
    pub(super) spring_boot: bool,
    pub(super) quarkus: bool,
}

/// Maven, or its wrapper if that is complete.
pub(super) fn tool(app: &App) -> Sourced<String> {
    let folder = Dir::new(app.dir.repo, app.tool_folder.clone());
    match wrapper(&folder) {
        Some(path) => Sourced::new(
            "mvnw".to_owned(),
            Evidence::file(&path, "the wrapper pins the exact Maven"),
        ),
        None => Sourced::new(
            "mvn".to_owned(),
            Evidence::file(app.model.path(), "a pom without a complete wrapper"),
        ),
    }
}

/// The script of the wrapper, if the file that it reads exists too.
fn wrapper(folder: &Dir) -> Option<RelPath> {
    let complete = folder.has("mvnw") && folder.has(".mvn/wrapper/maven-wrapper.properties");
    complete.then(|| folder.join("mvnw")).flatten()
}

/// The first Maven that knows `-ntp` (`--no-transfer-progress`):
/// <https://maven.apache.org/docs/3.6.1/release-notes.html>.
const KNOWS_NTP: [u64; 3] = [3, 6, 1];

/// True if the wrapper downloads a Maven that refuses `-ntp`.
fn refuses_ntp(folder: &Dir) -> Result<bool> {
    let Some((_, text)) = folder.text(".mvn/wrapper/maven-wrapper.properties")? else {
        return Ok(false);
    };
    let version = text.lines().find_map(|line| {
        let url = line.trim().strip_prefix("distributionUrl")?;
        let (_, version) = url.rsplit_once("apache-maven-")?;
        let mut parts = version.split(['.', '-']).map_while(|part| part.parse().ok());
        Some([parts.next()?, parts.next()?, parts.next()?])
    });
    Ok(version.is_some_and(|version: [u64; 3]| version < KNOWS_NTP))
}

/// The question about profiles. `built` has those with which the repository itself builds.
pub(super) fn profiles_question(built: Option<Sourced<String>>) -> Question {
    Question {
        id: PROFILES.to_owned(),
        prompt: "Which Maven profiles should the build use (comma-separated)?".to_owned(),
        kind: Answerable::Text,
        default: Some(built.unwrap_or_else(|| Sourced::assumed(String::new()))),
        open: false,
    }
}

/// The run that builds the project, and findings about it. `built` has the profiles with which the
/// repository itself builds.
pub(super) fn run(app: &App, built: Option<&Sourced<String>>) -> Result<(Run, Vec<Finding>)> {
    let mut findings = Vec::new();
    let in_context = |path: &RelPath| path.strip(&app.context).unwrap_or_default().to_owned();
    let mut more_manifests = Vec::new();
    let folder = Dir::new(app.dir.repo, app.tool_folder.clone());
    // Only the wrapper reads the folder of that name.
    let read = |path: &RelPath| {
        let mut inside = app.dir.repo.children(path).map(|(path, _)| path.file_name());
        wrapper(&folder).is_some() || inside.any(|name| name != "wrapper")
    };
    if let Some(path) = folder.join(".mvn").filter(read) {
        more_manifests.push(in_context(&path));
    }
    let mut command = vec!["mvn".to_owned()];
    let reports_transfers = wrapper(&folder).is_some() && refuses_ntp(&folder)?;
    if let Some(path) = wrapper(&folder) {
        // The path needs a `/`: the script finds its properties beside itself, and `mvnw` alone
        // has no folder.
        command = vec!["sh".to_owned(), format!("./{}", in_context(&path))];
        more_manifests.push(in_context(&path));
    } else if let Some(path) = folder.join("mvnw").filter(|path| app.dir.repo.is_file(path)) {
        findings.push(Finding::new(
            codes::WRAPPER_INCOMPLETE,
            "there is an mvnw but no .mvn/wrapper/maven-wrapper.properties, so the image's own \
             Maven builds",
            [Evidence::file(&path, "a wrapper without its properties")],
        ));
    }
    let beside = Beside::of(app)?;
    let selection = selection(app, &beside);
    let mut selected: Vec<&Model> =
        std::iter::once(&*app.model).chain(app.siblings.iter().map(|model| &**model)).collect();
    selected.extend(beside.modules.iter().chain(&beside.needed).map(|model| &**model));
    let compiled = || selected.iter().filter(|model| model.packaging() != "pom");
    let mut source_folders: Vec<String> = compiled()
        .filter_map(|model| model.dir().join(&model.source_dir()).map(|path| in_context(&path)))
        .filter(|path| !path.is_empty())
        .collect();
    source_folders.sort();
    let sources = compiled().filter_map(|model| {
        let folder = model.dir();
        if folder.is_root() { folder.join(&model.source_dir())?.parent() } else { Some(folder) }
    });
    let sources = sources.filter(|path| app.dir.repo.is_dir(path)).collect();
    let (options, more) = options(app, &selected)?;
    findings.extend(more);
    findings.extend(foreign_parent(app));
    let (credentials, more) = credentials(app)?;
    findings.extend(more);
    let of_reactor = app.dir.repo.once(&app.reactor.pom, || OfReactor::of(app))?;
    if let Some(evidence) = &of_reactor.frontend {
        findings.push(Finding::new(
            codes::FRONTEND_DOWNLOAD,
            "the build downloads Node.js and npm packages",
            [evidence.clone()],
        ));
    }
    for (name, evidence) in &of_reactor.started {
        let what =
            format!("exec-maven-plugin starts `{name}`, which the builder image does not hold");
        let finding = Finding::new(codes::BUILD_PROGRAM_MISSING, what, [evidence.clone()]);
        let of_pages = ["npm", "npx", "yarn", "pnpm"].contains(&name.as_str());
        findings.push(if of_pages {
            finding
        } else {
            finding.with_fix(format!("install {name} in the build stage, or skip that execution"))
        });
    }
    findings.extend(quinoa(app));
    let built = built.map(|names| names.value.as_str()).unwrap_or_default();
    let built: Vec<String> = built.split(',').map(str::to_owned).collect();
    findings.extend(frontend::left_out(app, &selected, &built));
    let siblings = app.siblings.iter().filter(|model| model.packaging() != "pom").map(|model| {
        let file = |name: &str| {
            model.dir().join(&format!("{}/{name}", model.build_dir())).map(|p| in_context(&p))
        };
        Sibling {
            artifact: model.artifact_id(),
            classes: file("classes").unwrap_or_default(),
            archive: file(&format!("{}.jar", model.final_name())).unwrap_or_default(),
        }
    });
    let mut without_sources = gates(app, &selected);
    without_sources.retain(|option| !options.contains(option));
    let run = Run {
        command,
        reports_transfers,
        selection,
        options,
        without_sources,
        module: in_context(&app.model.dir()),
        build_dir: app.model.build_dir(),
        source_folders,
        sources,
        more_manifests,
        siblings: siblings.collect(),
        credentials,
        frontend: of_reactor.frontend.is_some(),
        spring_boot: app.plugins.contains_key(SPRING_BOOT),
        quarkus: app.project().quarkus().is_some(),
    };
    Ok((run, findings))
}

/// Quarkus' Quinoa builds a front end with the package manager of the machine, unless a setting has
/// it download one. <https://docs.quarkiverse.io/quarkus-quinoa/dev/advanced-guides.html>
fn quinoa(app: &App) -> Option<Finding> {
    let dependencies = app.dependencies();
    let row = dependencies.iter().find(|d| d.key == "io.quarkiverse.quinoa:quarkus-quinoa")?;
    let dir = app.model.dir();
    let pages = dir.join("src/main/webui/package.json")?;
    let settings = ["properties", "yml", "yaml"].iter().filter_map(|ending| {
        let path = dir.join(&format!("src/main/resources/application.{ending}"))?;
        app.dir.repo.source_text(&path).ok().flatten()
    });
    let brings = settings.into_iter().any(|text| text.contains("package-manager-install"));
    if brings || !app.dir.repo.is_file(&pages) {
        return None;
    }
    let what = "Quinoa builds src/main/webui with npm, which the builder image does not hold";
    let evidence = [row.evidence.clone(), Evidence::file(&pages, "the front end")];
    Some(Finding::new(codes::BUILD_PROGRAM_MISSING, what, evidence).with_fix(
        "set quarkus.quinoa.package-manager-install=true and \
         quarkus.quinoa.package-manager-install.node-version in application.properties",
    ))
}

/// True if a plugin of the build makes pages itself.
pub(super) fn builds_pages(app: &App) -> Result<bool> {
    let of_reactor = app.dir.repo.once(&app.reactor.pom, || OfReactor::of(app))?;
    Ok(of_reactor.frontend.is_some() || !of_reactor.started.is_empty())
}

/// The plugin that runs any program: <https://www.mojohaus.org/exec-maven-plugin/>.
const EXEC: &str = "org.codehaus.mojo:exec-maven-plugin";

/// Programs that the builder image contains.
const BROUGHT: [&str; 8] = ["java", "mvn", "sh", "bash", "echo", "tar", "cp", "mkdir"];

/// What the poms of a reactor say together. It is cached, because each of its applications needs
/// it.
struct OfReactor {
    /// The plugin that downloads Node.js.
    frontend: Option<Evidence>,
    /// True if a pom contains `${skipTests}`.
    names_skip: bool,
    /// Programs that exec-maven-plugin starts during the build.
    started: Vec<(String, Evidence)>,
}

impl OfReactor {
    fn of(app: &App) -> Result<Self> {
        let mut plugins = BTreeMap::new();
        let mut started: Vec<(String, Evidence)> = Vec::new();
        for model in app.reactor.projects.values() {
            for (key, plugin) in super::plugins::of(model) {
                let runs = plugin.running("exec").filter(|_| key == EXEC);
                let runs = runs.filter(|run| is_run(model, &plugin, run));
                let named = runs.filter_map(|run| plugin.text_of(model, run, "executable"));
                for (text, evidence) in named {
                    let name = text.rsplit('/').next().unwrap_or_default().to_owned();
                    if !BROUGHT.contains(&name.as_str())
                        && !is_own(app, model, &text)
                        && !started.iter().any(|(held, _)| *held == name)
                    {
                        started.push((name, evidence));
                    }
                }
                plugins.entry(key).or_insert(plugin.evidence);
            }
        }
        let mut names_skip = false;
        for pom in &app.reactor.poms {
            names_skip |= app.dir.repo.text(pom)?.is_some_and(|text| text.contains("${skipTests}"));
        }
        let frontend = frontend::PLUGINS.iter().find_map(|key| plugins.remove(*key));
        Ok(Self { frontend, names_skip, started })
    }
}

/// An execution runs before the archive is there: in a phase up to `package`, and not skipped. The
/// goal `exec` has no phase of its own: one that states none is started by hand.
fn is_run(model: &Model, plugin: &Plugin, run: &Execution) -> bool {
    // The build skips the tests by these.
    let by_option = |text: &str| ["skipTests", "maven.test.skip"].iter().any(|p| text.contains(p));
    let skip = plugin.element_of(run, "skip").map(|(_, element)| element.text.as_str());
    let stated = skip.is_some_and(|text| by_option(text) || model.resolve(text) == "true");
    let property = model.property("exec.skip").is_some_and(|(text, _)| text == "true");
    run.phase().is_some_and(|phase| PHASES.contains(&phase)) && !stated && !property
}

/// A program that the repository holds or its build makes, and not one of the system.
fn is_own(app: &App, model: &Model, text: &str) -> bool {
    let mut way = text;
    for base in ["${project.basedir}", "${basedir}"] {
        way = way.strip_prefix(base).map_or(way, |rest| rest.trim_start_matches('/'));
    }
    if way.contains("${") {
        return true;
    }
    let top = app.reactor.pom.parent().unwrap_or_default();
    let mut bases = [model.dir(), top].into_iter();
    let made = relative(way).starts_with(&format!("{}/", model.build_dir()));
    made || way.contains('/')
        && bases.any(|base| base.join(way).is_some_and(|path| app.dir.repo.is_file(&path)))
}

/// The `-D` options: no tests, and nothing that needs `.git`.
fn options(app: &App, selected: &[&Model]) -> Result<(Vec<String>, Vec<Finding>)> {
    let mut findings = Vec::new();
    // Tests belong into the pipeline before the image. If they are not even compiled, neither
    // their dependencies nor their sources are needed. They must be compiled if a module uses the
    // test classes of another.
    let test_classes =
        selected.iter().flat_map(|model| model.dependencies()).any(|d| d.kind == "test-jar");
    let mut options =
        vec![if test_classes { "-DskipTests" } else { "-Dmaven.test.skip=true" }.to_owned()];
    // Settings of the pom may depend on this property too.
    if app.dir.repo.once(&app.reactor.pom, || OfReactor::of(app))?.names_skip && !test_classes {
        options.push("-DskipTests".to_owned());
    }
    findings.extend(super::database::needed(app, selected)?);
    let (skipped, said) = super::shipping::skipped(app, selected);
    options.extend(skipped);
    findings.extend(said);
    if let Some((option, said)) = super::assembly::skipped(app, selected)? {
        options.push(option);
        findings.push(said);
    }
    for row in &app.tables.needs_git {
        let found = selected.iter().find_map(|model| {
            let plugin = super::plugins::of(model).remove(&row.plugin)?;
            let tolerant = row.tolerant.as_ref().and_then(|key| plugin.anywhere(model, key));
            let applies = row.only_with.as_ref().is_none_or(|with| {
                plugin.dependencies.contains(with)
                    || plugin.element(with).is_some()
                    || plugin.element(&format!("java/{with}")).is_some()
            });
            (applies && tolerant.is_none_or(|(value, _)| value != "false")).then_some(plugin)
        });
        if let Some(plugin) = found {
            options.push(format!("-D{}=true", row.skip));
            findings.push(no_git(&row.plugin, &row.skip, plugin.evidence));
        }
    }
    let folder = Dir::new(app.dir.repo, app.tool_folder.clone());
    if let Some((path, text)) = folder.text(".mvn/extensions.xml")? {
        let root = super::xml::parse(&path, &text)?;
        for extension in &root.children {
            let part = |name: &str| extension.text_at(name).unwrap_or_default();
            let key = format!("{}:{}", part("groupId"), part("artifactId"));
            if let Some(row) = app.tables.git_extension.iter().find(|row| row.artifact == key) {
                options.push(format!("-D{}=true", row.skip));
                findings.push(no_git(
                    &key,
                    &row.skip,
                    Evidence::at(&path, extension.line, format!("extension {key}")),
                ));
            }
        }
    }
    Ok((options, findings))
}

fn no_git(what: &str, property: &str, evidence: Evidence) -> Finding {
    Finding::new(
        codes::GIT_HISTORY_NEEDED,
        format!("{what} reads .git, and the image's build skips it with -D{property}=true"),
        [evidence],
    )
}

/// Options that skip checks of the sources, which are meaningless for placeholders.
fn gates(app: &App, selected: &[&Model]) -> Vec<String> {
    let mut present: Vec<String> = selected
        .iter()
        .flat_map(|model| {
            let plugins = super::plugins::of(model);
            let rows = app.tables.gate.iter().filter(move |row| plugins.contains_key(&row.plugin));
            rows.map(|row| format!("-D{}=true", row.skip)).collect::<Vec<_>>()
        })
        .collect();
    present.sort();
    present.dedup();
    present
}

/// Reports a parent outside the repository, whose settings are unknown.
fn foreign_parent(app: &App) -> Option<Finding> {
    let foreign = app.model.foreign.as_ref()?;
    if app.tables.parent.iter().any(|known| known.artifact == foreign.key) {
        return None;
    }
    Some(Finding::new(
        codes::PARENT_NOT_IN_TREE,
        format!(
            "the parent {} is not in the repository, so dockgen did not read its settings",
            foreign.key
        ),
        [foreign.evidence.clone()],
    ))
}

/// The words that choose the pom and the modules of a run.
fn selection(app: &App, beside: &Beside) -> Vec<String> {
    let mut selection = Vec::new();
    let root_pom = app.context.join("pom.xml");
    if root_pom.as_ref() != Some(&app.reactor.pom) {
        selection.extend([
            "-f".to_owned(),
            app.reactor.pom.strip(&app.context).unwrap_or_default().to_owned(),
        ]);
    }
    if app.reactor.pom != *app.model.path() {
        let from = app.reactor.pom.parent().unwrap_or_default();
        // Modules below could be named by path, but coordinates work for all of them.
        let named = |model: &Model| {
            if model.dir().is_within(&from) {
                below(&model.dir(), &from)
            } else {
                format!(":{}", model.artifact_id())
            }
        };
        let more = beside.modules.iter().map(|model| named(model));
        let modules: Vec<String> = std::iter::once(named(&app.model)).chain(more).collect();
        selection.extend(["-pl".to_owned(), modules.join(","), "-am".to_owned()]);
    }
    selection
}

/// Whether a repository is not public, or settings contain credentials.
fn credentials(app: &App) -> Result<(bool, Vec<Finding>)> {
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    let mut refused: Vec<Evidence> = Vec::new();
    for (path, scope) in
        app.reactor.projects.values().flat_map(|model| model.scopes().collect::<Vec<_>>())
    {
        for list in ["repositories", "pluginRepositories"] {
            for repository in scope.list(list) {
                ids.extend(repository.text_at("id"));
                let Some(address) = repository.text_at("url").map(|url| app.model.resolve(url))
                else {
                    continue;
                };
                let host = address
                    .split("://")
                    .nth(1)
                    .unwrap_or_default()
                    .split(['/', ':'])
                    .next()
                    .unwrap_or_default();
                let local = address.starts_with("file:") || host.is_empty();
                if address.starts_with("http:") && !["localhost", "127.0.0.1"].contains(&host) {
                    let note = format!("repository {address}");
                    refused.push(Evidence::at(path, repository.line, note));
                }
                if !local && !app.tables.public_hosts.iter().any(|known| known == host) {
                    evidence.push(Evidence::at(
                        path,
                        repository.line,
                        format!("repository {host}"),
                    ));
                }
            }
        }
    }
    evidence.sort();
    evidence.dedup();
    refused.sort();
    refused.dedup();
    let mut findings = Vec::new();
    // https://maven.apache.org/docs/3.8.1/release-notes.html#how-to-fix-when-i-get-a-http-repository-blocked
    if !refused.is_empty() {
        findings.push(Finding::new(
            codes::REPOSITORY_BLOCKED,
            "the pom names a repository with an http address, which current Maven refuses",
            refused,
        ));
    }
    let folder = Dir::new(app.dir.repo, app.tool_folder.clone());
    for name in ["settings.xml", ".mvn/settings.xml"] {
        let Some((path, text)) = folder.text(name)? else { continue };
        let root = super::xml::parse(&path, &text)?;
        let password = root
            .walk()
            .find(|e| ["password", "privateKey", "passphrase"].contains(&e.name.as_str()));
        if let Some(password) = password.filter(|e| !e.text.is_empty() && !e.text.contains("${")) {
            findings.push(Finding::new(
                FindingCode::SecretInContext,
                format!("{path} holds a password"),
                [Evidence::at(&path, password.line, format!("<{}>", password.name))],
            ));
        }
        // Credentials of other servers are for publishing, and no build asks for them.
        let told = |e: &Element| matches!(e.name.as_str(), "mirror" | "repository");
        let server =
            |e: &Element| e.name == "server" && e.text_at("id").is_some_and(|id| ids.contains(id));
        if !root.walk().any(|e| told(e) || server(e)) {
            continue;
        }
        let line = line_of(&text, "<server").unwrap_or(1);
        evidence.push(Evidence::at(&path, line, "settings of Maven"));
    }
    if let Some((file, at)) = &app.model.settings.settings_file {
        evidence
            .push(Evidence { note: format!("every run reads {}", relative(file)), ..at.clone() });
    }
    if evidence.is_empty() {
        return Ok((false, findings));
    }
    findings.push(
        Finding::build_secret("maven-settings", "src=$HOME/.m2/settings.xml", evidence).with_why(
            "the build may need credentials, and it reads the secret only if it is given; an \
                 ARG, an ENV or a COPY would leave them readable in the image",
        ),
    );
    Ok((true, findings))
}

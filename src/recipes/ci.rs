//! CI workflows: the tools that they install and the commands that they run.

use super::task::{pairs, variables};
use super::{Built, Scope, Tool, is_release};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings::{self, Entry, Item, Value};
use crate::shell;

/// Maximum number of parts of an image's tag that are read.
const MAX_PARTS: usize = 8;

/// A workflow of GitHub Actions, or of a forge with the same format.
pub(super) fn github(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    into.variables.extend(variables(file, root.get("env")));
    let tagged =
        root.at(&["on", "push", "tags"]).is_some() || root.at(&["on", "release"]).is_some();
    for job in root.get("jobs").map(Item::entries).unwrap_or_default() {
        let release = tagged || is_release(file.file_name()) || is_release(&job.key);
        let matrix = job.item.at(&["strategy", "matrix"]);
        let mut env = pairs(root.get("env"));
        env.extend(pairs(job.item.get("env")));
        into.variables.extend(variables(file, job.item.get("env")));
        let mut workflow = Workflow { home, file, job, matrix, release, env };
        if let Some(image) = job.item.get("container") {
            let image = image.get("image").unwrap_or(image);
            workflow.image(image, &mut into.tools);
        }
        for step in job.item.get("steps").map(Item::items).unwrap_or_default() {
            workflow.step(step, into);
        }
    }
}

struct Workflow<'a> {
    home: &'a RelPath,
    file: &'a RelPath,
    job: &'a Entry,
    matrix: Option<&'a Item>,
    release: bool,
    env: Vec<(String, String)>,
}

impl Workflow<'_> {
    fn step(&mut self, step: &Item, into: &mut Built) {
        if let Some(uses) = step.text_at(&["uses"]) {
            self.action(uses, step, &mut into.tools);
        }
        let Some(run) = step.get("run") else { return };
        let text = run.text().unwrap_or_default();
        let text = shell::expand(text, true, &|name| {
            let known = self.env.iter().rev().find(|(key, _)| key == name);
            known.map(|(_, value)| value.clone())
        });
        let folder = step
            .text_at(&["working-directory"])
            .or_else(|| self.job.item.text_at(&["defaults", "run", "working-directory"]));
        let mut env = self.env.clone();
        env.extend(pairs(step.get("env")));
        into.variables.extend(variables(self.file, step.get("env")));
        let mut scope = Scope {
            file: self.file,
            dir: folder.and_then(|dir| self.home.join(dir)).unwrap_or_else(|| self.home.clone()),
            env,
            release: self.release,
            part: ("job", self.job.key.clone()),
        };
        scope.script(&text, run.line, &mut into.steps);
    }

    /// `owner/setup-x@v1` with `x-version`, `owner/x-toolchain@1.2`.
    fn action(&self, uses: &str, step: &Item, tools: &mut Vec<Tool>) {
        let (action, at) = uses.split_once('@').unwrap_or((uses, ""));
        let name = action.rsplit('/').next().unwrap_or_default();
        for entry in step.get("with").map(Item::entries).unwrap_or_default() {
            let tool = match entry.key.strip_suffix("-version") {
                Some(tool) => tool,
                None if entry.key == "toolchain" => name.strip_suffix("-toolchain").unwrap_or(name),
                None if entry.key == "version" => match name.strip_prefix("setup-") {
                    Some(tool) => tool,
                    // `owner/action-setup` installs what its owner is called after.
                    None if name == "action-setup" => action.split('/').next().unwrap_or(name),
                    None => continue,
                },
                None => continue,
            };
            for item in entry.item.items() {
                let text = item.text().unwrap_or_default();
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                let several = text.lines().count() > 1;
                for line in lines {
                    self.tool(tool, line, item.line, several, tools);
                }
            }
        }
        if let Some(tool) = name.strip_suffix("-toolchain")
            && step.at(&["with", "toolchain"]).is_none()
            && at.starts_with(|c: char| c.is_ascii_digit())
        {
            self.tool(tool, at, step.line, false, tools);
        }
    }

    fn image(&self, image: &Item, tools: &mut Vec<Tool>) {
        let Some(text) = image.text() else { return };
        for (name, version) in image_tools(text) {
            self.tool(&name, &version, image.line, false, tools);
        }
    }

    /// A version, or each of those that a matrix substitutes for it.
    fn tool(&self, name: &str, version: &str, line: u32, several: bool, tools: &mut Vec<Tool>) {
        let mut add = |version: &str, line: u32, one_of_several: bool| {
            tools.push(Tool {
                name: name.to_owned(),
                version: version.to_owned(),
                release: self.release,
                one_of_several,
                evidence: Evidence::at(
                    self.file,
                    line,
                    format!("the job {} uses {name} {version}", self.job.key),
                ),
            });
        };
        let Some(inner) = version.strip_prefix("${{").and_then(|rest| rest.strip_suffix("}}"))
        else {
            if !version.contains("${{") {
                add(version, line, several);
            }
            return;
        };
        let inner = inner.trim();
        if let Some(key) = inner.strip_prefix("env.") {
            if let Some((_, value)) = self.env.iter().rev().find(|(held, _)| held == key) {
                add(value, line, several);
            }
        } else if let Some((_, value)) = self.env.iter().find(|(held, _)| held == inner) {
            add(value, line, several);
        } else if let Some(key) = inner.strip_prefix("matrix.") {
            let keys: Vec<&str> = key.split('.').collect();
            for item in self.matrix.map(|m| matrix_values(m, &keys)).unwrap_or_default() {
                add(item.text().unwrap_or_default(), item.line, true);
            }
        }
    }
}

/// The values of a matrix key: its list, and those under `include`.
fn matrix_values<'a>(matrix: &'a Item, keys: &[&str]) -> Vec<&'a Item> {
    let Some((first, rest)) = keys.split_first() else { return Vec::new() };
    let listed = matrix.get(first).map(Item::items).unwrap_or_default().iter();
    let mut found: Vec<&Item> = listed.filter_map(|item| item.at(rest)).collect();
    let included = matrix.get("include").map(Item::items).unwrap_or_default().iter();
    found.extend(included.filter_map(|item| item.at(keys)));
    found.retain(|item| item.text().is_some_and(|text| !text.is_empty()));
    found
}

/// The tool in an image, and its version: `node:22-alpine`, `cimg/go:1.25`.
pub(super) fn image_tool(image: &str) -> Option<(String, String)> {
    let (name, tag) = image.split('@').next()?.rsplit_once(':')?;
    let name = name.rsplit('/').next()?;
    let version = tag.split('-').next().filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))?;
    let plain = version.chars().all(|c| c.is_ascii_digit() || c == '.');
    (plain && !name.is_empty()).then(|| (name.to_owned(), version.to_owned()))
}

/// The tool in an image, and those that the rest of its tag names with a version:
/// `maven:3.9-eclipse-temurin-21` has Eclipse Temurin too, `gradle:8.10-jdk21` a JDK.
fn image_tools(image: &str) -> Vec<(String, String)> {
    let Some(first) = image_tool(image) else { return Vec::new() };
    let tag = image.split('@').next().and_then(|image| image.rsplit_once(':'));
    let mut all = vec![first];
    let mut name = String::new();
    for part in tag.map(|(_, tag)| tag).unwrap_or_default().split('-').skip(1).take(MAX_PARTS) {
        let letters = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let (word, version) = part.split_at(letters);
        let plain = version.chars().all(|c| c.is_ascii_digit() || c == '.');
        if !word.is_empty() {
            name = if name.is_empty() { word.to_owned() } else { format!("{name}-{word}") };
        }
        if !version.is_empty() {
            if plain && !name.is_empty() {
                all.push((name, version.to_owned()));
            }
            name = String::new();
        }
    }
    all
}

/// Keys of .gitlab-ci.yml that are not jobs.
const NO_JOBS: [&str; 12] = [
    "default",
    "stages",
    "variables",
    "workflow",
    "include",
    "image",
    "services",
    "cache",
    "before_script",
    "after_script",
    "pages",
    "spec",
];

/// .gitlab-ci.yml.
pub(super) fn gitlab(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    for root in settings::parse_yaml(text) {
        let shared = root.get("image").or_else(|| root.at(&["default", "image"]));
        into.variables.extend(variables(file, root.get("variables")));
        let before = root.get("before_script").or_else(|| root.at(&["default", "before_script"]));
        let is_job = |entry: &&Entry| !NO_JOBS.contains(&entry.key.as_str());
        for job in root.entries().iter().filter(is_job) {
            let stage = job.item.text_at(&["stage"]).unwrap_or_default();
            let release = is_release(&job.key) || is_release(stage);
            let mut env = pairs(root.get("variables"));
            env.extend(pairs(job.item.get("variables")));
            into.variables.extend(variables(file, job.item.get("variables")));
            let image = job.item.get("image").or(shared);
            let image = image.map(|image| image.get("name").unwrap_or(image));
            add_image(file, image, &job.key, release, &env, &mut into.tools);
            let part = ("job", job.key.clone());
            let mut scope = Scope { file, dir: home.clone(), env, release, part };
            let scripts = [before, job.item.get("before_script"), job.item.get("script")];
            for item in scripts.into_iter().flatten().flat_map(Item::items) {
                scope.script(item.text().unwrap_or_default(), item.line, &mut into.steps);
            }
        }
    }
}

fn add_image(
    file: &RelPath,
    image: Option<&Item>,
    job: &str,
    release: bool,
    env: &[(String, String)],
    tools: &mut Vec<Tool>,
) {
    let Some(item) = image else { return };
    let text = super::write_out(item.text().unwrap_or_default(), env);
    for (name, version) in image_tools(&text) {
        let evidence = Evidence::at(file, item.line, format!("the job {job} runs in {text}"));
        let tool = Tool { name, version, release, one_of_several: false, evidence };
        if !tools.contains(&tool) {
            tools.push(tool);
        }
    }
}

/// .circleci/config.yml.
pub(super) fn circle(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    for job in root.get("jobs").map(Item::entries).unwrap_or_default() {
        let release = is_release(&job.key);
        let executor = job.item.get("executor").and_then(|e| e.text().or(e.text_at(&["name"])));
        let executor = executor.and_then(|name| root.at(&["executors", name]));
        let docker = job.item.get("docker").or_else(|| executor?.get("docker"));
        let env = pairs(job.item.get("environment"));
        into.variables.extend(variables(file, job.item.get("environment")));
        let image =
            docker.and_then(|list| list.items().first()).and_then(|first| first.get("image"));
        add_image(file, image, &job.key, release, &env, &mut into.tools);
        let folder = job.item.text_at(&["working_directory"]).and_then(|dir| home.join(dir));
        let part = ("job", job.key.clone());
        let dir = folder.filter(|dir| !dir.as_str().starts_with('~')).unwrap_or(home.clone());
        let mut scope = Scope { file, dir, env, release, part };
        for step in job.item.get("steps").map(Item::items).unwrap_or_default() {
            let Some(run) = step.get("run") else { continue };
            let command = run.get("command").unwrap_or(run);
            scope.script(command.text().unwrap_or_default(), command.line, &mut into.steps);
        }
    }
}

/// A composite action of the repository, which its workflows use:
/// <https://docs.github.com/actions/creating-actions/creating-a-composite-action>.
pub(super) fn composite(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    let Some(runs) = root.entries().iter().find(|entry| entry.key == "runs") else { return };
    // `${{ inputs.node-version }}` has the default of the input.
    let inputs = root.get("inputs").map(Item::entries).unwrap_or_default().iter();
    let default = |input: &Entry| {
        let value = input.item.text_at(&["default"])?;
        Some((format!("inputs.{}", input.key), value.to_owned()))
    };
    let env = inputs.filter_map(default).collect();
    let workflow = Workflow { home, file, job: runs, matrix: None, release: false, env };
    for step in runs.item.get("steps").map(Item::items).unwrap_or_default() {
        if let Some(uses) = step.text_at(&["uses"]) {
            workflow.action(uses, step, &mut into.tools);
        }
    }
}

/// bitbucket-pipelines.yml: an image for all steps, or for one.
/// <https://support.atlassian.com/bitbucket-cloud/docs/docker-image-options/>
pub(super) fn bitbucket(_: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    for item in settings::parse_yaml(text).iter().flat_map(within) {
        if let Some(image) = item.get("image") {
            let image = image.get("name").unwrap_or(image);
            add_image(file, Some(image), "pipelines", false, &[], &mut into.tools);
        }
    }
}

/// How deep the steps of pipelines are nested.
const MAX_DEPTH: usize = 12;

/// An item and everything in it.
fn within(root: &Item) -> Vec<&Item> {
    let (mut all, mut open) = (Vec::new(), vec![(root, 0_usize)]);
    while let Some((item, depth)) = open.pop() {
        all.push(item);
        if depth < MAX_DEPTH {
            let below = item.entries().iter().map(|entry| &entry.item);
            let listed: &[Item] =
                if matches!(item.value, Value::List(_)) { item.items() } else { &[] };
            open.extend(below.chain(listed).map(|item| (item, depth + 1)));
        }
    }
    all
}

/// azure-pipelines.yml: tasks that install a tool, such as `NodeTool@0` with `versionSpec`.
/// <https://learn.microsoft.com/azure/devops/pipelines/tasks/reference/>
pub(super) fn azure(_: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    for item in settings::parse_yaml(text).iter().flat_map(within) {
        let Some(task) = item.text_at(&["task"]) else { continue };
        let inputs = item.get("inputs");
        let version = ["versionSpec", "version"].into_iter().find_map(|key| inputs?.get(key));
        let (Some(name), Some(item)) = (installed(task), version) else { continue };
        let version = item.text().unwrap_or_default().to_owned();
        let evidence = Evidence::at(file, item.line, format!("the task {task} uses {version}"));
        let (release, one_of_several) = (false, false);
        into.tools.push(Tool { name, version, release, one_of_several, evidence });
    }
}

/// The tool that a task installs: `NodeTool@0`, `UsePythonVersion@0`.
fn installed(task: &str) -> Option<String> {
    let name = task.split('@').next()?.to_ascii_lowercase();
    let plain = name.strip_prefix("use").unwrap_or(&name);
    let plain = plain.strip_suffix("tool").or(plain.strip_suffix("version")).unwrap_or(plain);
    (plain != name && !plain.is_empty()).then(|| plain.to_owned())
}

/// A Jenkinsfile: the images in which its stages run, `image 'node:22'` or
/// `docker.image("node:22")`. <https://www.jenkins.io/doc/book/pipeline/docker/>
pub(super) fn jenkins(_: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    for (line, text) in (1..).zip(text.lines().take(MAX_LINES)) {
        let Some((_, rest)) = text.split_once("image") else { continue };
        let rest = rest.trim_start_matches([' ', '(', ':']);
        let Some(quote) = rest.chars().next().filter(|c| matches!(c, '\'' | '"')) else { continue };
        let Some(image) = rest[1..].split(quote).next() else { continue };
        for (name, version) in image_tools(image) {
            let evidence = Evidence::at(file, line, format!("a stage runs in {image}"));
            let (release, one_of_several) = (false, false);
            into.tools.push(Tool { name, version, release, one_of_several, evidence });
        }
    }
}

/// Maximum number of lines of a Jenkinsfile.
const MAX_LINES: usize = 2000;

/// .travis.yml, where languages' versions are keys of their own.
pub(super) fn travis(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    for entry in root.entries() {
        let items = entry.item.items();
        if matches!(entry.item.value, Value::Map(_)) || entry.key.contains("script") {
            continue;
        }
        for item in items {
            let text = item.text().unwrap_or_default();
            if text.starts_with(|c: char| c.is_ascii_digit()) || text.starts_with("openjdk") {
                into.tools.push(Tool {
                    name: entry.key.clone(),
                    version: text.to_owned(),
                    release: false,
                    one_of_several: items.len() > 1,
                    evidence: Evidence::at(file, item.line, format!("{} {text}", entry.key)),
                });
            }
        }
    }
    let part = ("build", String::new());
    let mut scope = Scope { file, dir: home.clone(), env: Vec::new(), release: false, part };
    for item in ["install", "script", "before_deploy"].iter().filter_map(|key| root.get(key)) {
        for item in item.items() {
            scope.script(item.text().unwrap_or_default(), item.line, &mut into.steps);
        }
    }
}

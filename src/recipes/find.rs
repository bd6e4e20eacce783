//! Which files are recipes, and the reader for each.

use std::rc::Rc;

use anyhow::Result;

use super::{Built, Running, Told, ci, compose, docs, goreleaser, kubernetes, make, platform, pm2};
use super::{services, supervisor, systemd, task};
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// Maximum size of a recipe in bytes. Larger files are ignored.
const MAX_SIZE: u64 = 256 << 10;
/// Maximum number of recipes that are read for one home.
const MAX_FILES: usize = 64;
/// Maximum number of files that are examined in one folder.
const MAX_LISTED: usize = 400;

/// Maximum number of files that are searched for those of supervisors.
const MAX_SEARCHED: usize = 20_000;

/// Folders whose files are of something else than the application.
const OTHERS: [&str; 10] = [
    "example",
    "examples",
    "fixtures",
    "node_modules",
    "samples",
    "test",
    "testdata",
    "tests",
    "third_party",
    "vendor",
];

/// Folders below a home whose files are about deployment.
const DEPLOYING: [&str; 36] = [
    "deploy",
    "deployment",
    "deployments",
    "contrib",
    "etc",
    "init",
    "systemd",
    "packaging",
    "package",
    "pkg",
    "dist",
    "k8s",
    "kubernetes",
    "kube",
    "manifests",
    "helm",
    "chart",
    "charts",
    "docker",
    "infra",
    "ops",
    "install",
    "scripts",
    "support",
    "build",
    "debian",
    "distrib",
    "distribution",
    "extra",
    "extras",
    "linux",
    "misc",
    "release",
    "rpm",
    "share",
    "units",
];

/// Folders below a home that contain documentation.
const DOCUMENTING: [&str; 3] = ["docs", "doc", "documentation"];

/// Folders below a home whose `build.sh` builds what is in the home.
const SCRIPTS: [&str; 3] = ["scripts", "script", "hack"];

type Reader<T> = fn(&RelPath, &RelPath, &str, &mut T);

/// Reads how the software of a folder is built.
pub(super) fn built(repo: &Repo, home: &RelPath) -> Result<Built> {
    let mut files = files_in(repo, home);
    if let Some(folder) = home.join(".github/workflows") {
        files.extend(repo.children(&folder).map(|(path, _)| path.clone()));
    }
    files.extend(home.join(".circleci/config.yml"));
    let scripts = SCRIPTS.iter().filter_map(|folder| home.join(&format!("{folder}/build.sh")));
    files.extend(scripts.filter(|path| repo.is_file(path)));
    if let Some(folder) = home.join(".github/actions") {
        files.extend(repo.files_under(&folder).take(MAX_LISTED).cloned());
    }
    let mut found = Built::default();
    read(repo, home, files, &mut found, |home, path| built_by(home, path))?;
    called(repo, home, &mut found)?;
    Ok(found)
}

/// A makefile with the variables of those that it includes, behind its own lines: make expands
/// variables where it uses them.
fn with_included(repo: &Repo, home: &RelPath, text: Rc<str>) -> Result<Rc<str>> {
    let mut more = String::new();
    let words = text.lines().filter_map(|line| {
        let (first, rest) = line.split_once(' ')?;
        ["include", "-include", "sinclude"].contains(&first).then(|| rest.split_whitespace())
    });
    for word in words.flatten().take(MAX_SCRIPTS) {
        let Some(path) = home.join(word).filter(|path| repo.is_file(path)) else { continue };
        let held = repo.source_text(&path)?.filter(|_| repo.size(&path) <= MAX_SIZE);
        for line in held.as_deref().unwrap_or_default().lines() {
            let sets = line.split_once('=').is_some_and(|(name, _)| {
                let plain = |c: char| c.is_ascii_alphanumeric() || "_-. :?+".contains(c);
                !name.is_empty() && !line.starts_with('\t') && name.chars().all(plain)
            });
            if sets && !line.trim_end().ends_with('\\') {
                more.push_str(line);
                more.push('\n');
            }
        }
    }
    if more.is_empty() {
        return Ok(text);
    }
    Ok(Rc::from(format!("{}\n{more}", text.trim_end_matches('\n'))))
}

/// Maximum number of scripts that are followed from other recipes.
const MAX_SCRIPTS: usize = 16;

/// Reads the scripts of the repository that the commands of a recipe call: `./scripts/build.sh`.
fn called(repo: &Repo, home: &RelPath, found: &mut Built) -> Result<()> {
    let mut scripts: Vec<(RelPath, RelPath, bool)> = Vec::new();
    for step in &found.steps {
        let is_shell =
            ["sh", "bash"].iter().any(|shell| step.words.first().is_some_and(|w| w == shell));
        let mut words = step.words.iter().skip(usize::from(is_shell));
        let word = words.find(|word| !is_shell || !word.starts_with('-'));
        let path = word.and_then(|word| step.dir.join(word));
        let Some(path) = path.filter(|path| path.extension() == "sh") else { continue };
        // The readers of recipes take those of the home.
        let read = path.parent().as_ref() == Some(home) && built_by(home, &path).is_some();
        let new = !read && scripts.iter().all(|(held, _, _)| *held != path);
        if new && scripts.len() < MAX_SCRIPTS && repo.is_file(&path) {
            scripts.push((path, step.dir.clone(), step.release));
        }
    }
    for (path, dir, release) in scripts {
        let text = repo.source_text(&path)?.filter(|_| repo.size(&path) <= MAX_SIZE);
        let Some(text) = text else { continue };
        let from = found.steps.len();
        make::script(&dir, &path, &text, found);
        for step in &mut found.steps[from..] {
            step.release |= release;
        }
    }
    Ok(())
}

fn built_by(home: &RelPath, path: &RelPath) -> Option<Reader<Built>> {
    let name = path.file_name().to_ascii_lowercase();
    let way = path.strip(home)?;
    let yaml = matches!(path.extension(), "yml" | "yaml");
    Some(match name.as_str() {
        "makefile" | "gnumakefile" => make::makefile,
        "justfile" | ".justfile" => make::justfile,
        "taskfile.yml" | "taskfile.yaml" | "taskfile.dist.yml" => task::taskfile,
        "mise.toml" | ".mise.toml" => task::mise,
        "makefile.toml" => task::cargo_make,
        ".goreleaser.yml" | ".goreleaser.yaml" | "goreleaser.yml" | "goreleaser.yaml" => {
            goreleaser::read
        }
        ".promu.yml" | ".promu.yaml" => goreleaser::promu,
        ".gitlab-ci.yml" => ci::gitlab,
        ".travis.yml" => ci::travis,
        "bitbucket-pipelines.yml" => ci::bitbucket,
        "azure-pipelines.yml" | "azure-pipelines.yaml" => ci::azure,
        "jenkinsfile" => ci::jenkins,
        "action.yml" | "action.yaml" if way.starts_with(".github/actions/") => ci::composite,
        "nixpacks.toml" => platform::nixpacks_tools,
        "netlify.toml" => platform::netlify,
        "vercel.json" => platform::vercel,
        "project.json" => task::nx,
        "system.properties" => platform::system_properties,
        "build.sh" | "release.sh" => make::script,
        _ if yaml && way.starts_with(".github/workflows/") => ci::github,
        _ if yaml && way.starts_with(".circleci/") => ci::circle,
        _ => return None,
    })
}

/// Reads what documentation and `.envrc` tell a developer to run.
pub(super) fn told(repo: &Repo, home: &RelPath) -> Result<Told> {
    let reader = |home: &RelPath, path: &RelPath| -> Option<Reader<Told>> {
        let name = path.file_name().to_ascii_lowercase();
        if name == ".envrc" {
            return Some(docs::envrc);
        }
        let text = docs::blocks::is_document(path);
        let words = ["readme", "contributing", "development", "install", "building", "hacking"];
        let documents = DOCUMENTING.contains(&path.strip(home)?.split('/').next()?);
        let told = documents || words.iter().any(|word| name.starts_with(word));
        (text && told).then_some(docs::told as Reader<Told>)
    };
    let mut files = files_in(repo, home);
    for folder in DOCUMENTING.iter().filter_map(|name| home.join(name)) {
        files.extend(files_in(repo, &folder));
    }
    let mut found = Told::default();
    read(repo, home, files, &mut found, reader)?;
    Ok(found)
}

/// Reads how the software of a folder is run.
pub(super) fn running(repo: &Repo, home: &RelPath) -> Result<Running> {
    let mut files = files_in(repo, home);
    for folder in DEPLOYING.iter().chain(&DOCUMENTING).filter_map(|name| home.join(name)) {
        let below = repo.files_under(&folder).take(MAX_LISTED);
        files.extend(below.filter(|path| path.components().count() <= 6).cloned());
    }
    // Those of a supervisor lie where the image has them: `rootfs/etc/s6-overlay/s6-rc.d/NAME/run`.
    let supervised = repo
        .files_under(home)
        .take(MAX_SEARCHED)
        .filter(|path| services::is_script(path) || path.file_name() == "supervisord.conf")
        .filter(|path| !path.components().any(|part| OTHERS.contains(&part)));
    let supervised: Vec<RelPath> =
        supervised.filter(|path| !files.contains(path)).take(MAX_LISTED).cloned().collect();
    files.extend(supervised);
    let mut found = Running::default();
    read(repo, home, files, &mut found, |home, path| run_by(home, path))?;
    kubernetes::fill(&mut found);
    compose::developing(repo, &mut found.runs);
    Ok(found)
}

fn run_by(home: &RelPath, path: &RelPath) -> Option<Reader<Running>> {
    let name = path.file_name().to_ascii_lowercase();
    let way = path.strip(home)?;
    let top = way.split('/').next().filter(|top| *top != way).unwrap_or_default();
    let yaml = matches!(path.extension(), "yml" | "yaml");
    let composed = ["compose", "docker-compose"].iter().any(|stem| name.starts_with(stem));
    Some(match name.as_str() {
        "procfile" => platform::procfile,
        "supervisord.conf" | "supervisor.conf" => supervisor::read,
        "run" if services::is_script(path) => services::read,
        "fly.toml" => platform::fly,
        "render.yaml" | "render.yml" => platform::render,
        "app.json" => platform::app_json,
        "heroku.yml" => platform::heroku,
        "railway.json" | "railway.toml" => platform::railway,
        "nixpacks.toml" => platform::nixpacks,
        "ecosystem.config.js"
        | "ecosystem.config.cjs"
        | "ecosystem.config.json"
        | "ecosystem.json"
        | "pm2.json"
        | "pm2.config.js"
        | "pm2.config.cjs"
        | "process.json" => pm2::read,
        _ if yaml && composed && !is_for_development(&name) => compose::read,
        _ if path.extension() == "service" => systemd::read,
        _ if path.extension() == "socket" => systemd::socket,
        // A file such as `readme_screenshot.png` is not text.
        _ if is_front_page(&name) && top.is_empty() && docs::blocks::is_document(path) => {
            docs::read
        }
        _ if DOCUMENTING.contains(&top) && is_page(path) => docs::read,
        _ if is_page(path) && is_about_deployment(&name) => docs::read,
        _ if yaml && DEPLOYING.contains(&top) => kubernetes::read,
        _ if yaml && top.is_empty() && is_manifest(&name) => kubernetes::read,
        _ => return None,
    })
}

/// True for the name of the page that a repository begins with.
fn is_front_page(name: &str) -> bool {
    name.starts_with("readme") || name.starts_with("documentation.")
}

/// True for a file of documentation, which has an extension.
fn is_page(path: &RelPath) -> bool {
    !path.extension().is_empty() && docs::blocks::is_document(path)
}

/// True for the name of a page about how the software is put to use: `docker.md`.
fn is_about_deployment(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    ["install", "docker", "deployment", "deploy"].contains(&stem)
}

/// True for the name of a Kubernetes manifest at the root: `k8s.yaml`, `deployment-prod.yml`.
fn is_manifest(name: &str) -> bool {
    let stem = name.split(['.', '-', '_']).next().unwrap_or_default();
    ["k8s", "kubernetes", "kube", "deployment", "pod"].contains(&stem)
}

/// True for a variant of a compose file for development or tests.
fn is_for_development(name: &str) -> bool {
    ["dev", "development", "test", "tests", "ci", "override", "local", "e2e"]
        .iter()
        .any(|word| name.split(['.', '-', '_']).any(|part| part == *word))
}

fn files_in(repo: &Repo, folder: &RelPath) -> Vec<RelPath> {
    let files = repo.children(folder).filter(|(_, entry)| *entry == Entry::File);
    files.map(|(path, _)| path.clone()).collect()
}

fn read<T>(
    repo: &Repo,
    home: &RelPath,
    files: Vec<RelPath>,
    into: &mut T,
    reader: impl Fn(&RelPath, &RelPath) -> Option<Reader<T>>,
) -> Result<()> {
    let readable = files.into_iter().filter_map(|path| Some((reader(home, &path)?, path)));
    for (reader, path) in readable.take(MAX_FILES) {
        if repo.size(&path) <= MAX_SIZE
            && let Some(text) = repo.source_text(&path)?
        {
            let made = path.file_name().to_ascii_lowercase().ends_with("makefile");
            let text: Rc<str> = if made { with_included(repo, home, text)? } else { text };
            reader(home, &path, &text, into);
        }
    }
    Ok(())
}

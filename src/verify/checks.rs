//! What an image must and must not contain, according to the plan.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Serialize;

use super::archive::{Entry, Kind};
use super::catalog::catalog;
use super::causes::Cause;
use super::container::Mount;
use super::image::{Contents, Layer};
use crate::docker::ignore::IgnoreFile;
use crate::docker::quote::shell_words;
use crate::plan::Plan;
use crate::secrets;

/// Maximum number of examples that a check names.
const SHOWN: usize = 5;

/// The outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// The check passed.
    Ok,
    /// The check failed.
    Broken,
    /// Worth knowing, but not a failure.
    Note,
    /// The check could not be made.
    Skipped,
}

/// A check, with its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its id.
    pub id: &'static str,
    /// Its outcome.
    pub outcome: Outcome,
    /// What was seen.
    pub what: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Lines of a log, or examples.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
}

impl Check {
    pub(super) fn ok(id: &'static str, what: impl Into<String>) -> Self {
        Self { id, outcome: Outcome::Ok, what: what.into(), fix: None, lines: Vec::new() }
    }

    pub(super) fn broken(
        id: &'static str,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            id,
            outcome: Outcome::Broken,
            what: what.into(),
            fix: Some(fix.into()),
            lines: Vec::new(),
        }
    }

    pub(super) fn note(id: &'static str, what: impl Into<String>) -> Self {
        Self { outcome: Outcome::Note, ..Self::ok(id, what) }
    }

    pub(super) fn skipped(id: &'static str, what: impl Into<String>) -> Self {
        Self { outcome: Outcome::Skipped, ..Self::ok(id, what) }
    }

    pub(super) fn with(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }

    /// Adds the likely cause, if one was found.
    pub(super) fn because(mut self, cause: Option<&Cause>) -> Self {
        if let Some(cause) = cause {
            self.what = format!("{}: {}", self.what, cause.what);
            self.fix = Some(cause.fix.clone());
        }
        self
    }
}

type Tree<'a> = BTreeMap<&'a str, (&'a Entry, usize)>;

/// All checks of an image's contents. `writable` are the folders that the program writes.
///
/// # Errors
/// None in practice: the catalog is compiled in.
pub(super) fn of(
    contents: &Contents,
    plan: &Plan,
    writable: &[String],
    development: &[String],
) -> Result<Vec<Check>> {
    let tree = contents.tree();
    let mut checks = vec![user(contents), entrypoint(contents, plan)];
    if contents.unread > 0 {
        let what =
            format!("{} layers are compressed in a way that cannot be read here", contents.unread);
        checks.push(Check::skipped("content", what));
        return Ok(checks);
    }
    checks.push(setuid(contents, &tree));
    checks.extend(tools(contents, &tree, plan)?);
    checks.push(development_dependencies(&tree, development)?);
    checks.push(secrets(&contents.layers, &plan.harmless())?);
    checks.extend(self::writable(contents, &tree, writable));
    Ok(checks)
}

fn user(contents: &Contents) -> Check {
    let user = &contents.config.user;
    let fix = "end the last stage with a USER that is a number other than 0, such as 65532:65532";
    match contents.config.ids() {
        Some((0, _)) => {
            Check::broken("user", format!("the image's user is {user}, which is root"), fix)
        }
        Some(_) => Check::ok("user", format!("the image's user is {user}")),
        None if user.is_empty() => {
            Check::broken("user", "the image names no user, so that it runs as root", fix)
        }
        None if user.split(':').next() == Some("root") => {
            Check::broken("user", "the image's user is root", fix)
        }
        None => Check::note(
            "user",
            format!("the image's user is the name {user}: Kubernetes' runAsNonRoot needs a number"),
        ),
    }
}

fn entrypoint(contents: &Contents, plan: &Plan) -> Check {
    let (config, runtime) = (&contents.config, &plan.runtime);
    let words = |list: &[crate::docker::types::Line]| {
        list.iter().map(|word| word.as_str().to_owned()).collect::<Vec<_>>()
    };
    let planned = (words(&runtime.entrypoint), words(&runtime.cmd));
    let line = |entrypoint: &[String], cmd: &[String]| shell_words(&[entrypoint, cmd].concat());
    let is = line(&config.entrypoint, &config.cmd);
    if planned.0 == config.entrypoint && planned.1 == config.cmd {
        return Check::ok("entrypoint", format!("it starts {is}"));
    }
    Check::broken(
        "entrypoint",
        format!("it starts `{is}`, and planned is `{}`", line(&planned.0, &planned.1)),
        "take the plan's with `dockgen update`, or tell dockgen with --entrypoint and --args of `dockgen update`",
    )
}

fn setuid(contents: &Contents, tree: &Tree) -> Check {
    let set =
        tree.iter().filter(|(_, (entry, _))| entry.kind == Kind::File && entry.mode & 0o6000 != 0);
    let (base, own): (Vec<_>, Vec<_>) = set.partition(|(_, (_, at))| contents.layers[*at].base);
    let names = |list: &[(&&str, &(&Entry, usize))]| {
        list.iter().map(|(path, _)| format!("/{path}")).collect::<Vec<_>>()
    };
    if !own.is_empty() {
        let what = format!("files with the setuid or setgid bit: {}", some(&names(&own)));
        return Check::broken(
            "setuid",
            what,
            "take the bit away in the stage that they come from: chmod a-s FILE",
        );
    }
    if !base.is_empty() {
        let what = format!(
            "{} files with the setuid or setgid bit come with the base image ({}); no-new-privileges takes their effect",
            base.len(),
            some(&names(&base))
        );
        return Check::note("setuid", what);
    }
    Check::ok("setuid", "no file has the setuid or setgid bit")
}

fn tools(contents: &Contents, tree: &Tree, plan: &Plan) -> Result<Vec<Check>> {
    let catalog = catalog()?;
    let bare = ["scratch", "distroless"].contains(&plan.runtime.family.as_str());
    let is_program = |path: &str, entry: &Entry| {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let runs = entry.kind == Kind::Link || entry.kind == Kind::File && entry.mode & 0o111 != 0;
        runs && catalog.folders.system.iter().any(|system| system == folder)
    };
    let mut checks = Vec::new();
    let (mut own, mut inherited): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut shells = Vec::new();
    for (path, (_, at)) in tree.iter().filter(|(path, (entry, _))| is_program(path, entry)) {
        let name = path.rsplit('/').next().unwrap_or_default();
        let Some(row) = catalog.tools.iter().find(|row| row.names.iter().any(|held| held == name))
        else {
            continue;
        };
        if row.kind == "shell" {
            shells.push(format!("/{path}"));
        } else if contents.layers[*at].base && !bare {
            inherited.push(format!("/{path}"));
        } else {
            own.push(format!("/{path} ({})", row.kind));
        }
    }
    checks.push(if own.is_empty() && inherited.is_empty() {
        Check::ok("tools", "no package manager and no compiler")
    } else if own.is_empty() {
        Check::note("tools", format!("the base image brings {}", some(&inherited)))
    } else {
        let fix = "build in a stage of its own, and copy into the final one only what runs";
        Check::broken("tools", format!("the image holds {}", some(&own)), fix)
    });
    if !plan.runtime.shell {
        checks.push(if shells.is_empty() {
            Check::ok("shell", "no shell")
        } else {
            let fix =
                "take the base image without a shell, as planned, or plan another with --base";
            Check::broken(
                "shell",
                format!("the plan says that there is no shell, and there is {}", some(&shells)),
                fix,
            )
        });
    }
    Ok(checks)
}

fn development_dependencies(tree: &Tree, development: &[String]) -> Result<Check> {
    let rows = &catalog()?.development;
    let mut certain = Vec::new();
    for folder in development {
        let end = format!("/{folder}");
        let first = folder.split('/').next().unwrap_or_default();
        // Of the same name in a package is another package: `node_modules/a/node_modules/b`.
        let apart = |above: &str| above.split('/').all(|part| part != first);
        let hit = tree.iter().find(|(path, (entry, _))| {
            entry.kind == Kind::Folder
                && (*path == folder || path.strip_suffix(end.as_str()).is_some_and(apart))
        });
        certain.extend(hit.map(|(path, _)| format!("/{path}")));
    }
    if !certain.is_empty() {
        let what = format!("development dependencies are in the image: {}", some(&certain));
        let fix = "install or prune without development dependencies before they are copied into the final stage";
        return Ok(Check::broken("dev-dependencies", what, fix));
    }
    let likely: Vec<String> = tree
        .iter()
        .filter(|(path, (entry, _))| {
            let name = path.rsplit('/').next().unwrap_or_default();
            let archive = || {
                entry.kind == Kind::File
                    && name.rsplit_once('.').is_some_and(|(_, end)| end == "jar")
            };
            entry.kind == Kind::Folder
                && rows.folders.iter().any(|end| path.ends_with(end.as_str()))
                || rows.files.iter().any(|start| name.starts_with(start.as_str())) && archive()
        })
        .map(|(path, _)| format!("/{path}"))
        .collect();
    Ok(if likely.is_empty() {
        Check::ok("dev-dependencies", "no development dependency")
    } else {
        let what = format!(
            "what looks like development dependencies came with production ones: {}",
            some(&likely)
        );
        Check::note("dev-dependencies", what)
    })
}

fn secrets(layers: &[Layer], harmless: &[&str]) -> Result<Check> {
    let catalog = catalog()?;
    let list = secrets::catalog()?;
    let rows = IgnoreFile::parse(&list.refused().collect::<Vec<_>>().join("\n"))?;
    let is_secret = |entry: &Entry| {
        let name = entry.path.rsplit('/').next().unwrap_or_default();
        let example = list.is_example(name)
            || harmless.iter().any(|way| format!("/{}", entry.path).ends_with(&format!("/{way}")));
        let named = entry.kind == Kind::File && !example && rows.hides(&entry.path);
        let version_control = name == ".git" && matches!(entry.kind, Kind::File | Kind::Folder);
        named || version_control || entry.secret
    };
    let of_dependency = |path: &str| {
        catalog
            .folders
            .dependencies
            .iter()
            .any(|folder| format!("/{path}").contains(&format!("/{folder}/")))
    };
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for layer in layers {
        for entry in layer.files.iter().filter(|entry| is_secret(entry)) {
            let place = format!("/{} (layer `{}`)", entry.path, short(&layer.made_by));
            if of_dependency(&entry.path) { others.push(place) } else { own.push(place) }
        }
    }
    Ok(if !own.is_empty() {
        let fix = "hide it in .dockerignore, or hand it to the one RUN that needs it with --mount=type=secret; what was in a \
                   layer once is read by everyone who has the image: replace the secret";
        Check::broken(
            "secrets",
            format!("secrets or version control in a layer: {}", some(&own)),
            fix,
        )
    } else if !others.is_empty() {
        Check::note(
            "secrets",
            format!("dependencies bring files that look like keys: {}", some(&others)),
        )
    } else {
        Check::ok("secrets", "no .env, no .git and no key file in any layer")
    })
}

fn writable(contents: &Contents, tree: &Tree, folders: &[String]) -> Vec<Check> {
    let mut refused = Vec::new();
    for folder in folders {
        match tree.get(folder.trim_matches('/')) {
            None => refused.push(format!("{folder} is not in the image")),
            Some((entry, _)) if !may_write(entry, contents.config.ids()) => {
                refused.push(format!(
                    "{folder} belongs to {}:{} with mode {:o}",
                    entry.uid, entry.gid, entry.mode
                ));
            }
            Some(_) => {}
        }
    }
    if folders.is_empty() {
        return vec![Check::ok("writable", "it writes no folder")];
    }
    if refused.is_empty() {
        return vec![Check::ok("writable", format!("the user may write {}", folders.join(", ")))];
    }
    let fix = "make the folder with WORKDIR after USER, or copy it with --chown";
    vec![Check::broken(
        "writable",
        format!("the user may not write what is planned as writable: {}", refused.join("; ")),
        fix,
    )]
}

fn may_write(entry: &Entry, user: Option<(u64, Option<u64>)>) -> bool {
    let needed = if entry.kind == Kind::Folder { 0o3 } else { 0o2 };
    let allows = |shift: u32| entry.mode >> shift & needed == needed;
    match user {
        Some((0, _)) => true,
        Some((uid, _)) if uid == entry.uid => allows(6),
        Some((_, Some(gid))) if gid == entry.gid => allows(3),
        _ => allows(0),
    }
}

/// Mounts of the folders for a container with a read-only root, with the contents and owners that
/// they have in the image.
pub(super) fn mounts(contents: &Contents, folders: &[String]) -> Vec<Mount> {
    let tree = contents.tree();
    let mut mounts: Vec<Mount> = Vec::new();
    let mut held: Vec<String> = Vec::new();
    let mut folders: Vec<&String> = folders.iter().collect();
    folders.sort();
    for folder in folders {
        let path = folder.trim_matches('/');
        // In the engine's arguments, a colon separates a folder of this machine from one of the
        // container: a path with a colon could mount a folder of this machine.
        if path.contains([':', ',']) {
            continue;
        }
        let inside = held
            .iter()
            .any(|other| path.strip_prefix(other).is_some_and(|rest| rest.starts_with('/')));
        let Some((entry, _)) =
            tree.get(path).filter(|(entry, _)| entry.kind == Kind::Folder && !inside)
        else {
            continue;
        };
        let below = format!("{path}/");
        let empty =
            tree.range(below.as_str()..).next().is_none_or(|(other, _)| !other.starts_with(&below));
        let path_in_container = format!("/{path}");
        mounts.push(if empty {
            Mount::Tmpfs {
                path: path_in_container,
                uid: entry.uid,
                gid: entry.gid,
                mode: entry.mode,
            }
        } else {
            Mount::Volume(path_in_container)
        });
        held.push(path.to_owned());
    }
    mounts
}

/// The first few of many.
pub(super) fn some(all: &[String]) -> String {
    let more = all.len().saturating_sub(SHOWN);
    let shown = all[..all.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// An instruction on one short line.
pub(super) fn short(instruction: &str) -> String {
    let words = instruction.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() <= 80 {
        words
    } else {
        words.chars().take(79).chain(['…']).collect()
    }
}

#[cfg(test)]
mod tests;

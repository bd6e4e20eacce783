//! The project's own lifecycle scripts: which of them run at install, which need the sources, and
//! which only matter for a checkout.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::manifest::{Kind, Package};
use super::migrations;
use super::prisma;
use super::script::{self, Command};
use crate::catalog::Catalog;
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::repo::Dir;

/// Scripts that a package manager runs by itself when it installs a project.
pub(crate) const NAMES: [&str; 7] =
    ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/// What happens to the lifecycle scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lifecycle {
    /// Scripts that are removed from the manifest before the install.
    pub(crate) drop: Vec<String>,
    /// Files and folders that are copied before the install, relative to the application.
    pub(crate) files: Vec<String>,
    /// True if a script that stays at install starts a tool from the development dependencies.
    pub(crate) development: bool,
    /// Commands that run after the install, beside the dependencies.
    pub(crate) after_install: Vec<Vec<String>>,
    /// Scripts that stay at install and start a tool that is a development dependency.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) kept: Vec<String>,
    /// The commands among them that patch dependencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) patches: Vec<Vec<String>>,
    /// What runs in the build stage, with the sources, in the order of the package manager.
    pub(crate) later: Vec<Later>,
    /// Findings about them.
    pub(crate) findings: Vec<Finding>,
}

/// Something that runs in the build stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Later {
    /// A script, by name.
    Script(String),
    /// A command of a script that also contains a git hook.
    Command(Vec<String>),
}

/// Commands that change the shell, and no file.
const SHELL: [&str; 6] = ["cd", "export", "set", "unset", "source", "."];

enum Part {
    /// Git hooks and guards.
    Checkout,
    /// Does nothing by itself: `true`, `echo`, a test.
    Idle,
    /// Needs only manifests and these files.
    Install(Vec<String>),
    /// Needs the sources.
    Sources,
    /// Updates the tables of a database, which is not there while an image is built.
    Migrates,
}

/// Reads the scripts of a package. `installed` says that its dependencies are installed with those
/// of the application, and not by a command of their own.
pub(crate) fn read(
    dir: &Dir,
    package: &Package,
    installed: bool,
    catalog: &Catalog,
) -> Result<Lifecycle> {
    let hooks: Vec<String> = catalog.table("hooks")?;
    let mut lifecycle = Lifecycle::default();
    let prisma = prisma::files(dir, package);
    if package.has("patch-package") && dir.has_folder("patches") {
        lifecycle.files.push("patches".to_owned());
    }
    // The client's own install script generates it if the schema is there.
    lifecycle.files.extend(prisma.clone());
    for name in NAMES {
        let Some(text) = package.script(name) else { continue };
        let chain = script::parse(text);
        let commands = local(package, chain.commands, 0);
        let parts: Vec<Part> =
            commands.iter().map(|command| part(command, dir, &hooks, &prisma)).collect();
        let installs = parts.iter().any(|part| matches!(part, Part::Install(_)));
        let idle = |part: &Part| matches!(part, Part::Idle);
        let hook =
            parts.iter().any(|part| matches!(part, Part::Checkout)) || parts.iter().all(idle);
        let patches = commands.iter().filter(|command| patch_folder(command, dir).is_some());
        let patches: Vec<Vec<String>> = patches.map(|command| command.argv.clone()).collect();
        lifecycle.patches.extend(patches.iter().cloned());
        if installs && parts.iter().all(|part| matches!(part, Part::Install(_) | Part::Idle)) {
            let tools = commands.iter().filter_map(|command| command.argv.first());
            let mut kinds = tools.map(|tool| package.dependency(tool));
            if kinds.any(|kind| kind == Some(Kind::Development)) {
                lifecycle.development = true;
                lifecycle.kept.push(name.to_owned());
            }
            lifecycle.files.extend(
                parts.into_iter().flat_map(|p| if let Part::Install(f) = p { f } else { vec![] }),
            );
            continue;
        }
        lifecycle.drop.push(name.to_owned());
        let migrates = chain.shell.is_none() && parts.iter().any(|p| matches!(p, Part::Migrates));
        if !(hook || migrates) || (chain.shell.is_some() && !first_is_hook(&parts)) {
            // The dependencies of production are taken from the install, not from the build.
            if !patches.is_empty() {
                let files = parts.into_iter();
                lifecycle
                    .files
                    .extend(files.flat_map(|p| if let Part::Install(f) = p { f } else { vec![] }));
                lifecycle.after_install.extend(patches);
            }
            lifecycle.later.push(Later::Script(name.to_owned()));
            continue;
        }
        // `a || true`, `is-ci || husky`: the alternative belongs to the guard.
        if chain.shell.is_some() {
            continue;
        }
        let Some(kept) = apart(&commands, &parts) else {
            lifecycle.later.push(Later::Script(name.to_owned()));
            continue;
        };
        for (command, part) in commands.into_iter().zip(parts).take(kept) {
            match part {
                Part::Checkout | Part::Idle | Part::Migrates => {}
                Part::Install(files) => {
                    lifecycle.files.extend(files);
                    lifecycle.after_install.push(command.argv);
                }
                Part::Sources => lifecycle.later.push(Later::Command(command.argv)),
            }
        }
    }
    if prisma::is_implied(package, &prisma) {
        let command = prisma::GENERATE.map(str::to_owned).to_vec();
        if installed {
            lifecycle.after_install.push(command);
        } else {
            lifecycle.later.insert(0, Later::Command(command));
        }
    }
    lifecycle.files.sort();
    lifecycle.files.dedup();
    // A script that only runs later needs no word.
    let left_out = lifecycle
        .drop
        .iter()
        .filter(|name| !lifecycle.later.contains(&Later::Script((*name).clone())));
    let left_out: Vec<&str> = left_out.map(String::as_str).collect();
    if !left_out.is_empty() {
        let evidence: Vec<Evidence> = left_out
            .iter()
            .map(|name| {
                let text = package.script(name).unwrap_or_default();
                let note = match migrations::command_in(text) {
                    Some(command) => format!("`{command}` needs the database and is left out"),
                    None => "its git hooks or guards are left out".to_owned(),
                };
                package.at(&["scripts", name], format!("`{text}`: {note}"))
            })
            .collect();
        lifecycle.findings.push(Finding::new(
            codes::LIFECYCLE_SCRIPTS,
            format!(
                "these scripts do not run while dependencies are installed: {}",
                left_out.join(", ")
            ),
            evidence,
        ));
    }
    Ok(lifecycle)
}

/// How many of the commands each run by themselves; `None` if one behind them needs what a command
/// before it does to the shell, such as another folder or a variable.
fn apart(commands: &[Command], parts: &[Part]) -> Option<usize> {
    let changes =
        |command: &Command| command.argv.first().is_some_and(|word| SHELL.contains(&word.as_str()));
    let kept = commands.iter().position(changes).unwrap_or(commands.len());
    let idle = |part: &Part| matches!(part, Part::Checkout | Part::Idle);
    parts[kept..].iter().all(idle).then_some(kept)
}

fn first_is_hook(parts: &[Part]) -> bool {
    matches!(parts.first(), Some(Part::Checkout))
}

/// How many scripts may lead to one another.
const MAX_DEPTH: usize = 4;
/// How many commands of one script are read.
const MAX_COMMANDS: usize = 200;

/// The commands without what only runs them: scripts of the package are replaced by their commands,
/// and `yarn patch-package` is the command of a dependency.
fn local(package: &Package, commands: Vec<Command>, depth: usize) -> Vec<Command> {
    let scripts = package.scripts();
    let mut all = Vec::new();
    for command in commands {
        if all.len() >= MAX_COMMANDS {
            break;
        }
        let mut command = script::unwrap(command);
        if let Some((name, args)) = script::runs_script(&command, &scripts) {
            let chain = script::parse(package.script(name).unwrap_or_default());
            // A script that is more than commands stays one.
            if depth < MAX_DEPTH && chain.shell.is_none() {
                let from = all.len();
                all.extend(local(package, chain.commands, depth + 1));
                if let Some(last) = all.get_mut(from..).and_then(<[Command]>::last_mut) {
                    last.argv.extend(args.iter().cloned());
                }
                continue;
            }
        }
        // `yarn X`, `pnpm X`, `bun X`, and with `run` before it
        let word = |at: usize| command.argv.get(at).map(String::as_str);
        let runs = usize::from(word(1) == Some("run"));
        if matches!(word(0), Some("yarn" | "pnpm" | "bun"))
            && word(1 + runs).is_some_and(|name| package.has(name))
        {
            command.argv.drain(..=runs);
        }
        all.push(command);
    }
    all
}

/// The folder of the patches that a command of `patch-package` applies, where it is there.
fn patch_folder(command: &Command, dir: &Dir) -> Option<String> {
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    let ["patch-package", rest @ ..] = words.as_slice() else { return None };
    let named = rest.windows(2).find(|pair| pair[0] == "--patch-dir").map(|pair| pair[1]);
    let joined = || rest.iter().find_map(|word| word.strip_prefix("--patch-dir="));
    let folder = named.or_else(joined).unwrap_or("patches");
    let folder = folder.trim_start_matches("./").trim_end_matches('/');
    dir.has_folder(folder).then(|| folder.to_owned())
}

fn part(command: &Command, dir: &Dir, hooks: &[String], prisma: &[String]) -> Part {
    if let Some(folder) = patch_folder(command, dir) {
        return Part::Install(vec![folder]);
    }
    let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
    match words.as_slice() {
        // Nothing to patch.
        ["patch-package", ..] => Part::Checkout,
        [] | ["true" | "exit" | ":" | "echo" | "test" | "[", ..] => Part::Idle,
        [word, ..] if SHELL.contains(word) => Part::Idle,
        _ if migrations::command_in(&words.join(" ")).is_some() => Part::Migrates,
        ["prisma", "generate", ..] if !prisma.is_empty() => Part::Install(prisma.to_vec()),
        ["node", file, ..] if hooks.iter().any(|hook| file.contains(hook.as_str())) => {
            Part::Checkout
        }
        [name, ..] if hooks.iter().any(|hook| hook == name) => Part::Checkout,
        _ => Part::Sources,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn lifecycle(scripts: &str, files: &[(&str, &str)]) -> Lifecycle {
        let manifest = format!(
            r#"{{"scripts": {{{scripts}}}, "devDependencies": {{"prisma": "6", "patch-package": "8"}}}}"#
        );
        let mut all = vec![("package.json", manifest.as_str())];
        all.extend(files.iter().copied());
        let repo = Repo::from_files(all);
        let package = Package::read(&repo.root()).unwrap().unwrap();
        read(&repo.root(), &package, true, Catalog::of("node").unwrap()).unwrap()
    }

    #[test]
    fn hooks_and_guards_are_dropped() {
        for script in [
            "husky",
            "husky install",
            "is-ci || husky",
            "npx only-allow pnpm",
            "husky || true",
            "node .husky/install.mjs",
        ] {
            let read = lifecycle(&format!(r#""prepare": "{script}""#), &[]);
            assert_eq!(read.drop, ["prepare"], "{script}");
            assert!(read.later.is_empty() && !read.development, "{script}");
        }
    }

    #[test]
    fn what_changes_the_shell_is_no_command_of_its_own() {
        let read = lifecycle(r#""prepare": "svelte-kit sync && cd .. && husky web/.husky""#, &[]);
        let sync = Later::Command(vec!["svelte-kit".to_owned(), "sync".to_owned()]);
        assert_eq!(read.later, [sync]);
        let read = lifecycle(r#""prepare": "husky && cd web && node x.js""#, &[]);
        assert_eq!(read.later, [Later::Script("prepare".to_owned())]);
    }

    #[test]
    fn what_needs_manifests_alone_stays_at_install_with_its_files() {
        let files = [("prisma/schema.prisma", ""), ("patches/a+1.patch", "")];
        let read = lifecycle(r#""postinstall": "patch-package && prisma generate""#, &files);
        assert!(read.drop.is_empty());
        assert_eq!(read.files, ["patches", "prisma"]);
        // Both tools are development dependencies here: an install without these would fail.
        assert!(read.development);
    }

    #[test]
    fn patches_are_applied_at_install_in_any_dress() {
        let files = [("patches/a+1.patch", ""), ("tools/p/b+1.patch", "")];
        for script in [
            "patch-package",
            "yarn patch-package",
            "yarn run patch-package",
            "npx patch-package",
            "pnpm exec patch-package",
            "npm run patch",
            "patch-package || true",
            "[ -d patches ] && patch-package",
        ] {
            let scripts = format!(r#""patch": "patch-package", "postinstall": "{script}""#);
            let read = lifecycle(&scripts, &files);
            assert!(read.drop.is_empty() && read.later.is_empty(), "{script}");
            assert_eq!(read.patches, [["patch-package"]], "{script}");
            assert_eq!(read.files, ["patches"], "{script}");
            assert!(read.development, "{script}");
        }
        let elsewhere = lifecycle(r#""postinstall": "patch-package --patch-dir tools/p""#, &files);
        assert_eq!(elsewhere.files, ["patches", "tools/p"]);
        // The rest needs the sources: the patches do not wait for them.
        let more = lifecycle(r#""postinstall": "patch-package && node x.js""#, &files);
        assert_eq!(more.after_install, [["patch-package"]]);
        assert_eq!(more.later, [Later::Script("postinstall".to_owned())]);
        let none = lifecycle(r#""postinstall": "patch-package""#, &[]);
        assert_eq!((none.drop.len(), none.patches.len(), none.later.len()), (1, 0, 0));
    }

    #[test]
    fn what_needs_the_sources_runs_in_the_build_stage() {
        let read = lifecycle(
            r#""postinstall": "simple-git-hooks && nuxt prepare", "prepare": "node scripts/x.js""#,
            &[],
        );
        assert_eq!(read.drop, ["postinstall", "prepare"]);
        let nuxt = Later::Command(vec!["nuxt".to_owned(), "prepare".to_owned()]);
        assert_eq!(read.later, [nuxt, Later::Script("prepare".to_owned())]);
    }

    #[test]
    fn migrations_do_not_run_in_a_build() {
        let files = [("prisma/schema.prisma", "")];
        let script = r#""postinstall": "prisma migrate deploy && prisma generate && node x.js""#;
        let read = lifecycle(script, &files);
        assert_eq!(read.drop, ["postinstall"]);
        assert_eq!(read.after_install, [["prisma", "generate"]]);
        let later = Later::Command(vec!["node".to_owned(), "x.js".to_owned()]);
        assert_eq!(read.later, [later]);
        assert!(read.findings[0].evidence[0].note.contains("needs the database"));
    }
}

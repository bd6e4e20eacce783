//! The features with which the repository itself builds a program, from the release commands of
//! its Makefile, CI and the like.

use anyhow::Result;

use super::features::Asked;
use super::manifest::Manifest;
use super::project::Project;
use super::targets::Binary;
use crate::facts::{Evidence, Finding};
use crate::recipes::{self, Step};

/// Flags of cargo that take their value from the next word.
const VALUED: [&str; 16] = [
    "--features",
    "-F",
    "--package",
    "-p",
    "--bin",
    "--target",
    "--profile",
    "--target-dir",
    "--manifest-path",
    "--path",
    "--jobs",
    "-j",
    "--color",
    "--message-format",
    "--root",
    "--config",
];

/// Words in target triples that do not stand for a Linux image.
const OTHER_SYSTEMS: [&str; 7] =
    ["windows", "apple", "darwin", "wasm", "android", "freebsd", "netbsd"];

/// What the repository's own build asks for.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) asked: Asked,
    /// The command that asks for it.
    pub(super) evidence: Option<Evidence>,
    pub(super) findings: Vec<Finding>,
}

/// One command that builds a release, parsed.
struct Command<'s> {
    step: &'s Step,
    asked: Asked,
    /// True if it has features that dockgen cannot read.
    unknown: bool,
    package: Option<String>,
    binary: Option<String>,
    folder: Option<String>,
}

/// The features with which the repository builds a binary.
pub(super) fn own(project: &Project, binary: &Binary, manifest: &Manifest) -> Result<Own> {
    let steps = recipes::steps_of(project.dir.repo, &project.dir.path, &["cargo", "cross"])?;
    let builds = |command: &Command| command.builds(project, binary, manifest);
    let plain = steps.iter().filter(|step| step.is_plain());
    let mut mine: Vec<Command> = plain.filter_map(read).filter(builds).collect();
    // Documentation counts where nothing else builds, where all of it asks for the same features,
    // and where the program itself is another one without them.
    let told = recipes::told(project.dir.repo, &project.dir.path)?;
    let told = told.iter().filter(|step| step.words.first().is_some_and(|word| word == "cargo"));
    if mine.is_empty() {
        mine = told.filter_map(read).filter(builds).collect();
        let first = mine.first().map(|first| first.asked.clone()).unwrap_or_default();
        let text = project.dir.repo.source_text(&binary.path)?.unwrap_or_default();
        let switches = |name: &String| text.contains(&format!("feature = \"{name}\""));
        let own = !first.no_default && first.features.iter().any(switches);
        if !own || mine.iter().any(|one| one.unknown || one.asked != first) {
            mine.clear();
        }
    }
    let mut own = Own::default();
    let Some(first) = mine.first() else { return Ok(own) };
    if first.unknown {
        own.findings.push(
            Finding::build_flags_unknown("features", [first.step.evidence.clone()])
                .with_fix("name them with --features, separated by commas"),
        );
    }
    if let Some(other) = mine.iter().find(|other| other.asked != first.asked) {
        own.findings.push(
            Finding::build_flags_disputed(
                shown(&first.asked),
                shown(&other.asked),
                [first.step.evidence.clone(), other.step.evidence.clone()],
            )
            .with_fix("choose with --features if the other one is right"),
        );
    }
    if first.asked != Asked::default() {
        own.evidence = Some(first.step.evidence.clone());
    }
    own.asked = first.asked.clone();
    Ok(own)
}

fn shown(asked: &Asked) -> String {
    let features = if asked.features.is_empty() {
        "no further features".to_owned()
    } else {
        format!("the features {}", asked.features.join(","))
    };
    if asked.no_default { format!("{features} and no default ones") } else { features }
}

/// Parses a step, if it is a command that builds a release for Linux.
fn read(step: &Step) -> Option<Command<'_>> {
    let mut words = step.words.get(1..)?.iter().peekable();
    // `cargo +nightly auditable build`: a toolchain and a wrapper may come before the command.
    words.next_if(|word| word.starts_with('+'));
    words.next_if(|word| *word == "auditable");
    let verb = words.next()?.as_str();
    let installs = verb == "install";
    if !(installs || matches!(verb, "build" | "b" | "zigbuild" | "rustc")) {
        return None;
    }
    let mut release = installs;
    let mut command = Command {
        step,
        asked: Asked::default(),
        unknown: false,
        package: None,
        binary: None,
        folder: None,
    };
    while let Some(word) = words.next() {
        if word == "--" {
            break;
        }
        let (name, value) = match word.split_once('=') {
            Some((name, value)) if word.starts_with("--") => (name, Some(value.to_owned())),
            _ if VALUED.contains(&word.as_str()) => (word.as_str(), words.next().cloned()),
            _ => (word.as_str(), None),
        };
        match (name, value) {
            ("--release" | "-r", _) => release = true,
            ("--profile", Some(profile)) => {
                release = !["dev", "test", "debug"].contains(&profile.as_str());
            }
            ("--target", Some(target))
                if OTHER_SYSTEMS.iter().any(|system| target.contains(system)) =>
            {
                return None;
            }
            ("--no-default-features", _) => command.asked.no_default = true,
            ("--all-features", _) => command.unknown = true,
            ("--features" | "-F", Some(features)) => command.add(&features),
            ("--package" | "-p", Some(package)) => command.package = Some(package),
            ("--bin", Some(binary)) => command.binary = Some(binary),
            ("--manifest-path", Some(path)) => {
                let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
                command.folder = Some(folder.to_owned());
            }
            ("--path", Some(path)) => command.folder = Some(path),
            // Examples, tests and benchmarks are other programs.
            ("--example" | "--examples" | "--test" | "--tests" | "--bench" | "--benches", _) => {
                return None;
            }
            // `cargo install NAME` installs a program of another project.
            (word, None) if installs && !word.starts_with('-') => return None,
            _ => {}
        }
    }
    if installs && command.folder.is_none() {
        return None;
    }
    release.then_some(command)
}

impl Command<'_> {
    fn add(&mut self, text: &str) {
        for feature in text.split([',', ' ']).filter(|feature| !feature.is_empty()) {
            let plain = feature.chars().all(|c| c.is_ascii_alphanumeric() || "_-/.+".contains(c));
            if !plain {
                self.unknown = true;
            } else if !self.asked.features.iter().any(|held| held == feature) {
                self.asked.features.push(feature.to_owned());
            }
        }
    }

    /// True if the command builds that binary, and the package has the features.
    fn builds(&self, project: &Project, binary: &Binary, manifest: &Manifest) -> bool {
        let named = |name: &Option<String>, own: &str| {
            name.as_ref().is_none_or(|name| name == own || name.contains(['$', '{']))
        };
        if !named(&self.package, manifest.name()) || !named(&self.binary, &binary.name) {
            return false;
        }
        let folder = self
            .folder
            .as_deref()
            .map_or_else(|| Some(self.step.dir.clone()), |folder| self.step.dir.join(folder));
        let own = manifest.dir();
        let root = &project.workspace.root;
        let here = folder.as_ref() == Some(&own);
        let above = folder.as_ref() == Some(root) && (self.folder.is_none() || *root == own);
        let known = |feature: &String| {
            feature.contains('/')
                || manifest.features.contains_key(feature)
                || manifest.declared(feature).next().is_some()
        };
        (here || above) && self.asked.features.iter().all(known)
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::Program;
    use crate::repo::Repo;

    const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\n[features]\ndefault = [\"lite\"]\nlite = []\nfull = []\npg = []\n";

    fn of(file: &str, text: &str) -> (String, Program) {
        let files = [("Cargo.toml", MANIFEST), ("src/main.rs", "fn main() {}\n"), (file, text)];
        let repo = Repo::from_files(files);
        let facts = (crate::detect::rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let details: crate::detect::rust::Details = facts.details().unwrap();
        (details.programs["app"].features.join(","), facts.programs[0].clone())
    }

    #[test]
    fn the_features_of_every_kind_of_recipe() {
        for (file, text, expected) in [
            (
                "Makefile",
                "F := full,pg\nbuild:\n\tcargo build --features lite\nrelease:\n\tcargo build --release --no-default-features --features \"$(F)\"\n",
                "-default,full,pg",
            ),
            ("justfile", "build:\n  cargo +nightly install --path . -F pg\n", "pg"),
            (
                ".github/workflows/r.yml",
                "jobs:\n  build:\n    steps:\n      - run: cross build --profile=dist --features=full --target x86_64-unknown-linux-musl\n",
                "full",
            ),
            (
                "Makefile",
                "all:\n\tcargo build --release --features pg --target x86_64-pc-windows-gnu\n",
                "",
            ),
            ("Makefile", "all:\n\tcargo build -r --features of-another\n", ""),
            (
                "Makefile",
                "all:\n\tcargo install -F pg sqlx-cli\n\tcargo test --release -F pg\n",
                "",
            ),
            (
                "Makefile",
                "build-pg:\n\tcargo build -r --features pg\nrelease-full:\n\tcargo build -r -F full\n",
                "full",
            ),
            ("Makefile", "build-pg:\n\tcargo build -r --features pg\n", ""),
            ("Makefile", "all:\n\tcargo build -r -p other --features pg\n", ""),
        ] {
            assert_eq!(of(file, text).0, expected, "{file}: {text}");
        }
    }

    #[test]
    fn builds_that_differ_are_said() {
        let make = "all:\n\tcargo build -r --features pg\n\tcargo build -r\n";
        let (features, program) = of("Makefile", make);
        assert_eq!(
            (features.as_str(), program.findings[0].code.as_str()),
            ("pg", "build-flags-disputed")
        );
        let (_, program) = of("Makefile", "all:\n\tcargo build -r --features $(X)\n");
        assert_eq!(program.findings[0].code.as_str(), "build-flags-unknown");
    }
}

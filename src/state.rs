//! `.dockgen/state.json`: the inputs of the files in the repository, so that the next run can
//! report what changed.
//!
//! It is beside the application, and its paths are relative to that folder, so it has the same
//! bytes wherever dockgen was started.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ask::{Origin, id};
use crate::catalog::TEMPLATES;
use crate::config;
use crate::facts::{Evidence, Facts};
use crate::path::RelPath;
use crate::pin::{self, Pins, is_digest};
use crate::plan::Plan;
use crate::render::Override;
use crate::repo::{Repo, excerpt, excerpts, hex, line_of};
use crate::write;

/// The version of the file's format.
pub(crate) const SCHEMA: u32 = 1;

pub(crate) use crate::own::{FOLDER, STATE as FILE};

/// The decision whose value is a path relative to the root, which depends on where dockgen was
/// started.
const CARRIED: &str = "carried file";

/// The version of this dockgen.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The inputs of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The version of dockgen that wrote it.
    pub dockgen: String,
    /// A fingerprint of its templates.
    pub templates: String,
    /// The language's id, since two languages may share a folder.
    pub language: String,
    /// The path of the Dockerfile, relative to the application's folder.
    pub dockerfile: String,
    /// The decisions, in order.
    pub facts: Vec<Fact>,
    /// Fingerprints of the inputs: one for each manifest and file of evidence, one for the other
    /// sources in each folder (a key that ends in `/`).
    pub inputs: BTreeMap<String, String>,
    /// Digests by image, if images are pinned.
    #[serde(default, skip_serializing_if = "Pins::is_empty")]
    pub pins: Pins,
    /// Rules that the Dockerfile violated when a person adopted it: only others are errors.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub accepted: BTreeSet<String>,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Fact {
    /// A question's id or another word. Several facts may have the same one.
    pub what: String,
    /// The value.
    pub value: String,
    /// The file that states it, relative to the application's folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in that file, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

/// A fact that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The same as in [`Fact::what`].
    pub what: String,
    /// The old value; `None` if the fact is new.
    pub old: Option<String>,
    /// The new value; `None` if the fact is gone.
    pub new: Option<String>,
    /// The file that states it (or stated it, if it is gone), relative to the root.
    pub file: Option<RelPath>,
    /// The line in that file; `None` if the fact is gone, because the line may have moved.
    pub line: Option<u32>,
    /// The file is unchanged, but another version of dockgen reads it differently.
    pub by_dockgen: bool,
}

/// The path of the state of the application in `app`.
pub(crate) fn path(app: &RelPath) -> Option<RelPath> {
    app.join(FOLDER).and_then(|folder| folder.join(FILE))
}

impl State {
    /// The state for `plan`, with the Dockerfile at `dockerfile`.
    ///
    /// # Errors
    /// If an input cannot be read.
    pub fn of(
        repo: &Repo,
        facts: &Facts,
        plan: &Plan,
        pins: Pins,
        overrides: &[Override],
        dockerfile: &RelPath,
    ) -> Result<Self> {
        Ok(Self {
            schema: SCHEMA,
            dockgen: VERSION.to_owned(),
            templates: templates(overrides),
            language: facts.language.clone(),
            dockerfile: dockerfile.relative_to(&facts.dir),
            facts: all_facts(facts, plan, &pins),
            inputs: inputs(repo, facts, plan, dockerfile)?,
            pins,
            accepted: BTreeSet::new(),
        })
    }

    /// Reads the state of the application in `app`; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, is invalid, or was written by a newer dockgen.
    pub fn read(root: &Path, app: &RelPath) -> Result<Option<Self>> {
        let path = path(app).context("the application's folder")?;
        write::read(root, &path)?.map(|text| Self::parse(&path, &text)).transpose()
    }

    /// Parses the text of the file at `path`.
    ///
    /// # Errors
    /// If it is invalid, or was written by a newer dockgen.
    pub fn parse(path: &RelPath, text: &str) -> Result<Self> {
        #[derive(Deserialize)]
        struct Head {
            schema: u32,
            #[serde(default)]
            dockgen: String,
        }
        let way_out = "take it from version control, or delete it and run `dockgen update --adopt`";
        let broken = |error: serde_json::Error| {
            let (line, error) = (error.line().max(1), excerpts(&error.to_string()));
            anyhow!("{path}:{line}: not a state file: {error}; {way_out}")
        };
        let head: Head = serde_json::from_str(text).map_err(broken)?;
        if head.schema > SCHEMA {
            bail!(
                "{path} was written by dockgen {}, which is newer than this one ({VERSION}) and \
                 has another state format: use that version or a newer one",
                if head.dockgen.is_empty() {
                    "of an unknown version".to_owned()
                } else {
                    excerpt(&head.dockgen)
                }
            );
        }
        let state: Self = serde_json::from_str(text).map_err(broken)?;
        let pin = state.pins.iter().find(|(_, digest)| !is_digest(digest));
        if let Some((image, _)) = pin {
            let line = line_of(text, image).unwrap_or(1);
            bail!(
                "{path}:{line}: the pinned value is not a digest (`sha256:` and 64 hexadecimal \
                 digits): run `dockgen update --pin` on a clean state, or {way_out}"
            );
        }
        Ok(state)
    }

    /// The file's text.
    ///
    /// # Errors
    /// None in practice: the data is plain.
    pub fn text(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// The path of its Dockerfile, relative to the root.
    ///
    /// # Errors
    /// If that is outside the root, or cannot be a Dockerfile: the state comes with the repository,
    /// and must not name a file that `--output` cannot name.
    pub fn dockerfile(&self, app: &RelPath) -> Result<RelPath> {
        let told = app.join(&self.dockerfile).filter(|path| !path.is_root());
        told.context("it is outside the repository")
            .and_then(|told| write::check_output(&told).map(|()| told))
            .with_context(|| {
                let path = path(app).unwrap_or_default();
                format!(
                    "{path}: `dockerfile` names no file that dockgen would write; take the state from version control, or \
                     delete it and run `dockgen update --adopt`"
                )
            })
    }

    /// True if `new` is not worth a change of the file: changed fingerprints alone would make every
    /// commit touch it.
    pub fn holds(&self, new: &Self) -> bool {
        let values = |state: &Self| -> BTreeSet<(String, String)> {
            state.facts.iter().map(|fact| (fact.what.clone(), fact.value.clone())).collect()
        };
        self.dockerfile == new.dockerfile
            && self.language == new.language
            && self.accepted == new.accepted
            && values(self) == values(new)
    }

    /// The facts that changed between `self` and `new`.
    pub fn moved(&self, new: &Self, app: &RelPath) -> Vec<Moved> {
        let mut whats: Vec<&str> = Vec::new();
        for fact in new.facts.iter().chain(&self.facts) {
            if !whats.contains(&fact.what.as_str()) {
                whats.push(&fact.what);
            }
        }
        let mut all = Vec::new();
        for what in whats {
            let of = |state: &'_ Self, other: &Self| -> Vec<Fact> {
                let held = |fact: &&Fact| {
                    other.facts.iter().any(|o| o.what == fact.what && o.value == fact.value)
                };
                state
                    .facts
                    .iter()
                    .filter(|fact| fact.what == what && !held(fact))
                    .cloned()
                    .collect()
            };
            let (gone, come) = (of(self, new), of(new, self));
            if let ([old], [new_one]) = (gone.as_slice(), come.as_slice()) {
                all.push(self.move_of(new, app, Some(old), Some(new_one)));
                continue;
            }
            all.extend(gone.iter().map(|old| self.move_of(new, app, Some(old), None)));
            all.extend(come.iter().map(|one| self.move_of(new, app, None, Some(one))));
        }
        all
    }

    fn move_of(&self, now: &Self, app: &RelPath, old: Option<&Fact>, new: Option<&Fact>) -> Moved {
        let told = new.or(old);
        let file = told.and_then(|fact| fact.file.as_deref());
        // The catalog's rows are not part of the templates' fingerprint: two versions of dockgen
        // may differ in them alone.
        let another = self.templates != now.templates || self.dockgen != now.dockgen;
        let print = |state: &Self| file.and_then(|file| state.inputs.get(file).cloned());
        Moved {
            what: told.map(|fact| fact.what.clone()).unwrap_or_default(),
            old: old.map(|fact| fact.value.clone()),
            new: new.map(|fact| fact.value.clone()),
            file: file.and_then(|file| app.join(file)),
            line: new.and_then(|fact| fact.line),
            by_dockgen: another && print(self).is_some() && print(self) == print(now),
        }
    }

    /// The inputs that changed, relative to the application's folder, each with `changed`, `new` or
    /// `gone`.
    pub fn changed_inputs(&self, new: &Self) -> Vec<(String, &'static str)> {
        let paths: BTreeSet<&String> = self.inputs.keys().chain(new.inputs.keys()).collect();
        let word = |path: &String| match (self.inputs.get(path), new.inputs.get(path)) {
            (Some(old), Some(new)) if old == new => None,
            (Some(_), Some(_)) => Some("changed"),
            (None, _) => Some("new"),
            (_, None) => Some("gone"),
        };
        paths.into_iter().filter_map(|path| Some((path.clone(), word(path)?))).collect()
    }
}

fn fact(app: &RelPath, what: &str, value: &str, evidence: Option<&Evidence>) -> Fact {
    Fact {
        what: what.to_owned(),
        value: value.to_owned(),
        file: evidence.map(|evidence| evidence.file.relative_to(app)),
        line: evidence.and_then(|evidence| evidence.line),
    }
}

/// The decisions, and the images, which change with the catalog.
fn all_facts(facts: &Facts, plan: &Plan, pins: &Pins) -> Vec<Fact> {
    let app = &facts.dir;
    let mut all: Vec<Fact> = plan
        .decisions
        .iter()
        .map(|decision| {
            let file = RelPath::new(&decision.value).filter(|_| decision.what == CARRIED);
            let value = file.map_or_else(|| decision.value.clone(), |file| file.relative_to(app));
            let said = decision.evidence.first().filter(|_| decision.origin == Origin::Default);
            let mut fact = fact(app, &decision.what, &value, said);
            if decision.origin != Origin::Default {
                // Whoever answered, the answer is in that file.
                fact.file = Some(config::FILE.to_owned());
            }
            fact
        })
        .collect();
    let started =
        plan.decisions.iter().find(|d| d.what == id::ENTRYPOINT).map(|d| d.value.as_str());
    let program = facts.programs.iter().find(|program| Some(program.id.as_str()) == started);
    for package in program.iter().flat_map(|program| &program.needs.packages) {
        all.push(fact(app, "system package", &package.value, package.evidence.first()));
    }
    let toolchain = plan.decisions.iter().find(|d| d.what == id::TOOLCHAIN);
    let toolchain = toolchain.and_then(|decision| decision.evidence.first());
    all.push(fact(app, "build image", pin::name(plan.builder.as_str()), toolchain));
    all.push(fact(app, "image", pin::name(plan.runtime.image.as_str()), None));
    all.extend(
        pins.iter().map(|(image, digest)| fact(app, &format!("digest of {image}"), digest, None)),
    );
    let mut seen = BTreeSet::new();
    all.retain(|fact| seen.insert((fact.what.clone(), fact.value.clone())));
    all
}

/// Fingerprints of the inputs of the decisions inside the build context, without the Dockerfile,
/// which is the output.
fn inputs(
    repo: &Repo,
    facts: &Facts,
    plan: &Plan,
    dockerfile: &RelPath,
) -> Result<BTreeMap<String, String>> {
    let mut alone: BTreeSet<&RelPath> = facts.manifests.iter().collect();
    alone.extend(
        plan.decisions
            .iter()
            .flat_map(|decision| &decision.evidence)
            .map(|evidence| &evidence.file),
    );
    let mut all = BTreeMap::new();
    let mut folders: BTreeMap<String, Sha256> = BTreeMap::new();
    for path in repo.inputs(&facts.context).iter().filter(|path| *path != dockerfile) {
        let Some(print) = repo.fingerprint(path)? else { continue };
        let in_app_folder = path.parent().as_ref() == Some(&facts.dir)
            || path.parent().as_ref() == Some(&facts.context);
        if alone.contains(path) || in_app_folder {
            all.insert(path.relative_to(&facts.dir), print);
        } else {
            let folder = path.parent().unwrap_or_default().relative_to(&facts.dir);
            folders
                .entry(format!("{folder}/"))
                .or_default()
                .update(format!("{}\0{print}\n", path.file_name()));
        }
    }
    all.extend(folders.into_iter().map(|(folder, prints)| (folder, hex(&prints.finalize()))));
    Ok(all)
}

/// A fingerprint of the templates, including the user's but not the catalog: its rows are facts.
fn templates(overrides: &[Override]) -> String {
    fn add(folder: &include_dir::Dir, into: &mut BTreeMap<String, Vec<u8>>) {
        for file in
            folder.files().filter(|file| file.path().extension().is_none_or(|ext| ext != "toml"))
        {
            into.insert(file.path().display().to_string(), file.contents().to_vec());
        }
        folder.dirs().for_each(|folder| add(folder, into));
    }
    let mut all = BTreeMap::new();
    add(&TEMPLATES, &mut all);
    all.extend(overrides.iter().map(|(name, text)| (name.clone(), text.clone().into_bytes())));
    let mut digest = Sha256::new();
    for (path, bytes) in all {
        digest.update(format!("{path}\0{}\0", bytes.len()));
        digest.update(bytes);
    }
    hex(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Told<'a> = (&'a str, &'a str, Option<(&'a str, u32)>);

    fn state(facts: &[Told], inputs: &[(&str, &str)]) -> State {
        State {
            schema: SCHEMA,
            dockgen: VERSION.to_owned(),
            templates: "t".to_owned(),
            language: "l".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            facts: facts
                .iter()
                .map(|(what, value, place)| Fact {
                    what: (*what).to_owned(),
                    value: (*value).to_owned(),
                    file: place.map(|(file, _)| file.to_owned()),
                    line: place.map(|(_, line)| line),
                })
                .collect(),
            inputs: inputs
                .iter()
                .map(|(path, print)| ((*path).to_owned(), (*print).to_owned()))
                .collect(),
            pins: Pins::new(),
            accepted: BTreeSet::new(),
        }
    }

    fn app() -> RelPath {
        RelPath::new("apps/api").unwrap()
    }

    #[test]
    fn reads_what_it_wrote_and_refuses_a_newer_one() {
        let path = path(&app()).unwrap();
        let state = state(
            &[("toolchain", "1", Some(("m", 3))), ("tool", "x", None)],
            &[("m", "1"), ("src/", "2")],
        );
        let text = state.text().unwrap();
        assert_eq!(State::parse(&path, &text).unwrap(), state);
        assert_eq!(
            State::parse(&path, &text.replace("\"facts\"", "\"later\": 1, \"facts\"")).unwrap(),
            state
        );
        let newer = text
            .replace("\"schema\": 1", "\"schema\": 2")
            .replace(VERSION, "99.0.0")
            .replace("facts", "truths");
        let error = State::parse(&path, &newer).unwrap_err().to_string();
        assert!(
            error.contains("99.0.0") && error.contains("apps/api/.dockgen/state.json"),
            "{error}"
        );
        for broken in ["", "{}", "[]", "{\"schema\": 1}", "{\"schema\": -1}", "<<<<<<< ours\n{}"] {
            let error = format!("{:#}", State::parse(&path, broken).unwrap_err());
            assert!(
                error.contains("not a state file") && error.contains("--adopt"),
                "{broken}: {error}"
            );
        }
    }

    #[test]
    fn pins_are_digests() {
        let path = path(&app()).unwrap();
        let mut state = state(&[], &[]);
        for (digest, valid) in [
            (format!("sha256:{}", "0f".repeat(32)), true),
            (format!("sha256:{}", "0g".repeat(32)), false),
            (format!("sha256:{}", "0F".repeat(32)), false),
            (format!("sha256:{}", "0f".repeat(31)), false),
            ("x\nRUN evil".to_owned(), false),
            (String::new(), false),
        ] {
            state.pins = Pins::from([("node:26".to_owned(), digest.clone())]);
            let read = State::parse(&path, &state.text().unwrap());
            assert_eq!(read.is_ok(), valid, "{digest}");
            if let Err(error) = read {
                let error = error.to_string();
                assert!(error.starts_with("apps/api/.dockgen/state.json:10: "), "{error}");
                assert!(!error.contains("evil"), "{error}");
            }
        }
    }

    #[test]
    fn says_which_facts_moved() {
        let old = state(
            &[
                ("toolchain", "1", Some(("m", 3))),
                ("folder", "a", None),
                ("folder", "b", Some(("s", 1))),
                ("tool", "x", None),
            ],
            &[("m", "1"), ("s", "1")],
        );
        let new = state(
            &[
                ("toolchain", "2", Some(("m", 4))),
                ("folder", "b", None),
                ("tool", "x", Some(("m", 1))),
                ("init", "y", Some(("s", 9))),
            ],
            &[("m", "2"), ("s", "1"), ("n", "1")],
        );
        let moved = old.moved(&new, &app());
        let told: Vec<_> = moved
            .iter()
            .map(|m| (m.what.as_str(), m.old.as_deref(), m.new.as_deref(), m.line))
            .collect();
        assert_eq!(
            told,
            [
                ("toolchain", Some("1"), Some("2"), Some(4)),
                ("folder", Some("a"), None, None),
                ("init", None, Some("y"), Some(9)),
            ]
        );
        assert_eq!(moved[0].file.as_ref().unwrap().as_str(), "apps/api/m");
        assert!(!old.holds(&new) && old.holds(&State { inputs: BTreeMap::new(), ..old.clone() }));
        assert_eq!(
            old.changed_inputs(&new),
            [("m".to_owned(), "changed"), ("n".to_owned(), "new")]
        );
        let by_dockgen = |new: &State| -> Vec<bool> {
            old.moved(new, &app()).iter().map(|moved| moved.by_dockgen).collect()
        };
        assert_eq!(by_dockgen(&new), [false; 3]);
        // The same file, read by another dockgen with other templates or another catalog.
        let templates = State { templates: "other".to_owned(), ..new.clone() };
        let catalog = State { dockgen: "99.0.0".to_owned(), ..new };
        assert_eq!(
            (by_dockgen(&templates), by_dockgen(&catalog)),
            (vec![false, false, true], vec![false, false, true])
        );
    }

    #[test]
    fn the_dockerfile_stays_inside() {
        let mut state = state(&[], &[]);
        assert_eq!(state.dockerfile(&app()).unwrap().as_str(), "apps/api/Dockerfile");
        "../../deploy/Dockerfile".clone_into(&mut state.dockerfile);
        assert_eq!(state.dockerfile(&app()).unwrap().as_str(), "deploy/Dockerfile");
        for bad in [
            "../../../x",
            "/etc/passwd",
            "../..",
            "../../../Dockerfile",
            "../../.git/hooks/pre-commit",
            "../../.git/config",
            ".git/Dockerfile",
            ".dockgen/templates/node.Dockerfile",
            "../../.GITHUB/../.Git/hooks/Dockerfile",
            "package.json",
        ] {
            bad.clone_into(&mut state.dockerfile);
            let error = state.dockerfile(&app()).unwrap_err().to_string();
            assert!(
                error.starts_with("apps/api/.dockgen/state.json: `dockerfile`"),
                "{bad}: {error}"
            );
        }
    }
}

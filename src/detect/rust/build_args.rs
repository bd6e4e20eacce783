//! Variables that the compiler or a build script reads from its environment: `env!`,
//! `option_env!`, and those that `build.rs` demands.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use anyhow::Result;

use super::lexer::Kind;
use super::manifest::Role;
use super::project::Project;
use super::source::SourceFile;
use super::{instead, revision, targets};
use crate::code::is_env_name;
use crate::detect::let_in;
use crate::facts::{BuildArg, Evidence};
use crate::path::RelPath;
use crate::settings::{self, Item, assignments};

/// Beginnings of names that cargo or the compiler sets, or that every machine has:
/// <https://doc.rust-lang.org/cargo/reference/environment-variables.html>.
const GIVEN: [&str; 10] = [
    "CARGO",
    "RUST",
    "DEP_",
    "OUT_DIR",
    "TARGET",
    "HOST",
    "PROFILE",
    "NUM_JOBS",
    "OPT_LEVEL",
    "DEBUG",
];

/// Variables that describe the machine on which the build runs.
const MACHINE: [&str; 9] =
    ["PATH", "HOME", "USER", "CI", "PWD", "CC", "CXX", "PROTOC", "DATABASE_URL"];

/// Build dependencies that set variables of their own.
const SETTERS: [&str; 8] = [
    "vergen",
    "vergen-git2",
    "vergen-gitcl",
    "vergen-gix",
    "shadow-rs",
    "built",
    "tauri-build",
    "build-data",
];

/// A build dependency that sets the variables of an environment file.
const OF_FILE: &str = "dotenv-build";

/// What a build script takes for the revision where nobody passes one.
const UNKNOWN: &str = "unknown";

/// Variables that the build scripts and the settings of a repository set themselves.
#[derive(Default)]
struct Set {
    names: BTreeSet<String>,
    /// True if a build script sets names that dockgen cannot read.
    any: bool,
    /// Values of an environment file that the build does not see, because the context lacks it.
    outside: BTreeMap<String, (String, Evidence)>,
}

/// The variables that the build of a program takes. `folders` are its packages, `files` its
/// sources.
pub(super) fn build_args<'f>(
    project: &Project,
    folders: impl Iterator<Item = &'f RelPath>,
    files: &[Rc<SourceFile>],
) -> Result<Vec<BuildArg>> {
    let mut set = configured(project);
    // What a script prints is no variable of its own environment.
    let given_to_scripts = set.names.clone();
    let mut scripts: Vec<Rc<SourceFile>> = Vec::new();
    let mut helpers: BTreeSet<RelPath> = BTreeSet::new();
    for folder in folders {
        let Some(manifest) = project.workspace.packages.get(folder) else { continue };
        set.any |= manifest.dependencies().any(|held| SETTERS.contains(&held.key));
        if manifest.dependencies().any(|held| held.key == OF_FILE) {
            set.of_file(project, folder)?;
        }
        for path in targets::build_scripts(project.dir.repo, manifest) {
            scripts.extend(project.sources.file(&path)?);
        }
        // A build script may leave it to a package of the repository.
        for held in manifest.dependencies().filter(|held| held.role == Role::Build) {
            let (spec, base) =
                project.workspace.resolve(held.key, &held.spec.as_ref().table(), folder);
            let helper = spec.path.and_then(|path| base.join(&path));
            let helper = helper.filter(|folder| helpers.insert(folder.clone()));
            let helper = helper.and_then(|folder| project.workspace.packages.get(&folder));
            if let Some(library) = helper.and_then(|manifest| targets::library(manifest)) {
                for file in project.sources.of_crate(&library, &|_| true)? {
                    set.read(&file);
                }
            }
        }
    }
    for script in &scripts {
        set.read(script);
    }
    let mut found: BTreeMap<String, BuildArg> = BTreeMap::new();
    let mut add = |name: &str, required: bool, file: &SourceFile, at: usize| {
        let given = GIVEN.iter().any(|start| name.starts_with(start)) || MACHINE.contains(&name);
        if !is_env_name(name) || given {
            return;
        }
        let verb = if required { "demands" } else { "reads" };
        let evidence = file.evidence(at, format!("the build {verb} {name}"));
        let held = found.entry(name.to_owned()).or_insert_with(|| BuildArg::new(name, evidence));
        held.required |= required;
        held.fallback = !held.required;
    };
    // A build script may set the variable under a name that it computes.
    for file in files.iter().filter(|_| !set.any) {
        for at in 3..file.len() {
            if !(file.is(at - 1, "(") && file.is(at - 2, "!")) {
                continue;
            }
            let required = file.is(at - 3, "env");
            if let Some(name) =
                file.string(at).filter(|_| required || file.is(at - 3, "option_env"))
                && !set.names.contains(&*name)
            {
                add(&name, required, file, at);
            }
        }
    }
    for file in &scripts {
        let instead = instead::variables(file);
        for at in 2..file.len() {
            let Some(name) = file.string(at).filter(|_| file.is(at - 1, "(")) else { continue };
            let read = ["var", "var_os"].contains(&file.word(at - 2))
                && file.path_to(at - 2).contains(&"env");
            let end = file.closing(at - 1);
            // The build stops if `.expect("X must be set")` or `.unwrap()` follows.
            let stops = file.is(end + 1, ".") && ["expect", "unwrap"].contains(&file.word(end + 2));
            if !read || given_to_scripts.contains(&*name) {
                continue;
            }
            if stops {
                add(&name, true, file, at);
            } else if instead.iter().any(|(held, _)| *held == name) {
                add(&name, false, file, at);
            }
        }
    }
    // A script that stops without git gets a word in place of a revision, so that it need not ask.
    for name in scripts.iter().flat_map(|file| revision::demanded(file)) {
        if let Some(arg) = found.get_mut(&name).filter(|arg| !arg.required) {
            arg.default = Some(UNKNOWN.to_owned());
        }
    }
    for (name, (value, evidence)) in set.outside {
        if let Some(arg) = found.get_mut(&name) {
            arg.default = Some(value);
            arg.evidence.push(evidence);
        }
    }
    Ok(found.into_values().collect())
}

/// The variables in `[env]` of the repository's own cargo configuration.
fn configured(project: &Project) -> Set {
    let mut set = Set::default();
    for name in [".cargo/config.toml", ".cargo/config"] {
        for home in [&project.workspace.root, &project.dir.path] {
            let file = home.join(name);
            let text = file.and_then(|file| project.dir.repo.text(&file).ok().flatten());
            let Some(item) = text.and_then(|text| settings::parse_toml(&text)) else { continue };
            let entries = item.get("env").map(Item::entries).unwrap_or_default();
            set.names.extend(entries.iter().map(|entry| entry.key.clone()));
        }
    }
    set
}

impl Set {
    /// The names in the nearest environment file at or above a package. The .dockerignore keeps such
    /// files out of the context unless the repository's own one lets them in: so the build does not
    /// set them, and their values are defaults at most.
    fn of_file(&mut self, project: &Project, folder: &RelPath) -> Result<()> {
        let (repo, context) = (project.dir.repo, &project.workspace.context);
        let above = std::iter::once(folder.clone()).chain(folder.ancestors());
        let above = above.chain([RelPath::root()]);
        let mut files = above.filter_map(|above| above.join(".env"));
        let Some(path) = files.find(|path| repo.is_file(path)) else { return Ok(()) };
        let Some(text) = repo.source_text(&path)? else { return Ok(()) };
        let way = path.strip(context).unwrap_or_default();
        let inside = !way.is_empty() && let_in(repo, context, way);
        for entry in assignments(&text) {
            let name = entry.key.trim_start_matches("export ").to_owned();
            if inside {
                self.names.insert(name);
            } else {
                let note = format!("{name} in a file that the build context does not hold");
                let evidence = Evidence::at(&path, entry.line, note);
                self.outside.entry(name).or_insert((entry.value, evidence));
            }
        }
        Ok(())
    }

    /// Adds the variable in `println!("cargo:rustc-env=NAME={value}")`.
    fn read(&mut self, script: &SourceFile) {
        for at in 0..script.len() {
            if script.kind(at) != Some(Kind::Text) {
                continue;
            }
            let Some(text) = script.string(at) else { continue };
            let Some((_, rest)) = text.split_once("rustc-env=") else { continue };
            match rest.split('=').next() {
                Some(name) if is_env_name(name) => _ = self.names.insert(name.to_owned()),
                _ => self.any = true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::rust;
    use crate::repo::Repo;

    /// The variables of the build, with `!` after those that it demands.
    fn of(main: &str, others: &[(&str, &str)]) -> Vec<String> {
        let manifest = "[package]\nname = \"p\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
        let files = [("Cargo.toml", manifest), ("src/main.rs", main)];
        let repo = Repo::from_files(files.iter().chain(others).copied());
        let facts = (rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let shown = |arg: &crate::facts::BuildArg| {
            format!("{}{}", arg.name, if arg.required { "!" } else { "" })
        };
        facts.programs[0].build_args.iter().map(shown).collect()
    }

    #[test]
    fn what_the_compiler_reads_from_its_environment() {
        let main = "fn main() { let a = env!(\"API_URL\"); let b = option_env!(\"LABEL\"); \
                    let c = env!(\"CARGO_PKG_VERSION\"); let d = std::env::var(\"AT_RUN_TIME\"); }";
        assert_eq!(of(main, &[]), ["API_URL!", "LABEL"]);
        let script = ("build.rs", "fn main() { println!(\"cargo:rustc-env=API_URL={}\", url()); }");
        assert_eq!(of(main, &[script]), ["LABEL"]);
        let config = (".cargo/config.toml", "[env]\nLABEL = \"x\"\n");
        assert_eq!(of(main, &[script, config]), Vec::<String>::new());
        // It is not known which names such a script sets.
        let dynamic = ("build.rs", "fn main() { println!(\"cargo::rustc-env={k}={v}\"); }");
        assert!(of(main, &[dynamic]).is_empty());
    }

    #[test]
    fn a_package_of_the_repository_sets_them_for_a_build_script() {
        let package = |name: &str, more: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n{more}")
        };
        let app = package("app", "[build-dependencies]\nprofiles = { path = \"../profiles\" }\n");
        let (profiles, other) = (package("profiles", ""), package("app", ""));
        let sets = "pub fn apply() { println!(\"cargo:rustc-env=APP_TOKEN_PATH={}\", p()); }";
        let all = |app: &str| {
            let repo = Repo::from_files([
                ("Cargo.toml", "[workspace]\nmembers = [\"app\", \"profiles\"]\n"),
                ("app/Cargo.toml", app),
                ("app/build.rs", "fn main() { profiles::apply(); }"),
                ("app/src/main.rs", "fn main() { let a = env!(\"APP_TOKEN_PATH\"); }"),
                ("profiles/Cargo.toml", &profiles),
                ("profiles/src/lib.rs", sets),
            ]);
            let facts = (rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
            facts.programs[0].build_args.len()
        };
        assert_eq!((all(&app), all(&other)), (0, 1));
    }

    #[test]
    fn variables_of_an_environment_file() {
        let main = "fn main() { let a = env!(\"APP_VERSION\"); let b = option_env!(\"LABEL\"); }";
        let manifest = "[package]\nname = \"p\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\
                        [build-dependencies]\ndotenv-build = \"0.1\"\n";
        let all = |files: &[(&str, &str)]| {
            let own =
                [("Cargo.toml", manifest), ("src/main.rs", main), ("build.rs", "fn main() {}")];
            let repo = Repo::from_files(own.iter().chain(files).copied());
            let facts = (rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
            let args = facts.programs[0].build_args.iter();
            args.map(|arg| (arg.name.clone(), arg.default.clone())).collect::<Vec<_>>()
        };
        let arg = |name: &str, default: Option<&str>| (name.to_owned(), default.map(str::to_owned));
        // No such file: nobody sets them.
        assert_eq!(all(&[]), [arg("APP_VERSION", None), arg("LABEL", None)]);
        // dockgen keeps the file out of the context, so its value is a default.
        let file = (".env", "APP_VERSION=1.2\nOTHER=x\n");
        assert_eq!(all(&[file]), [arg("APP_VERSION", Some("1.2")), arg("LABEL", None)]);
        // The repository's own .dockerignore lets it in.
        assert_eq!(all(&[file, (".dockerignore", "!.env\n")]), [arg("LABEL", None)]);
        let exported = (".env", "export LABEL=\"a b\"\n");
        assert_eq!(all(&[exported]), [arg("APP_VERSION", None), arg("LABEL", Some("a b"))]);
    }

    #[test]
    fn what_a_build_script_cannot_do_without() {
        let script = "fn main() { let a = std::env::var(\"ASSETS\").expect(\"set it\"); \
                      let b = env::var(\"OUT_DIR\").unwrap(); \
                      let c = env::var(\"MAYBE\").unwrap_or_default(); }";
        assert_eq!(of("fn main() {}", &[("build.rs", script)]), ["ASSETS!"]);
    }
}

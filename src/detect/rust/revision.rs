//! Build scripts and programs that ask git for the revision: the context holds no .git unless the
//! repository's own .dockerignore lets it in, and the build stage holds git only if a script needs
//! it.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::codes;
use super::inputs::GIT_READERS;
use super::instead;
use super::native::compiles_cpp;
use super::project::Project;
use super::source::SourceFile;
use super::targets;
use crate::detect::git_reads;
use crate::facts::{Evidence, Finding, FindingCode, Program, Sourced};
use crate::path::RelPath;

/// The row of packages.toml with git for the build stage.
const GIT: &str = "git-at-build";

/// Maximum number of places in the finding.
const PLACES: usize = 4;

/// How many tokens after the start of git still belong to what is made of its answer.
const AFTER: usize = 300;

/// How many tokens after a test of the exit status may stop the script.
const STOPS_WITHIN: usize = 40;

/// Types of libraries that open a repository.
const OPENERS: [&str; 3] = ["Repository", "git2", "gix"];

/// What a build script does with git.
#[derive(Debug, Default)]
struct Asks {
    places: Vec<Evidence>,
    /// Where it starts the program git.
    starts: Option<Evidence>,
    /// Where it stops if it cannot start git.
    needs_git: Option<Evidence>,
    /// Where it stops if git knows no repository.
    needs_repository: Option<Evidence>,
    /// The variables that it takes in place of what git says.
    variables: BTreeSet<String>,
    /// Where it asks git if they are unset.
    spared: Vec<Evidence>,
}

/// Says that the build or the program reads the git repository; plans git for the build stage where
/// a script cannot do without. `folders` are the program's packages, `files` its sources.
pub(super) fn add<'f>(
    project: &Project,
    folders: impl Iterator<Item = &'f RelPath>,
    files: &[Rc<SourceFile>],
    program: &mut Program,
) -> Result<()> {
    let (repo, workspace) = (project.dir.repo, project.workspace);
    let mut asks = Asks::default();
    for folder in folders {
        let Some(manifest) = workspace.packages.get(folder) else { continue };
        let mut readers = manifest.dependencies().filter(|held| GIT_READERS.contains(&held.key));
        if let Some(held) = readers.next() {
            let place = manifest.at(held.spec, "a build dependency that may start git");
            asks.starts.get_or_insert(place);
        }
        for path in targets::build_scripts(repo, manifest) {
            for file in project.sources.of_crate(&path, &|_| true)? {
                asks.read(project, &file)?;
                compiles_cpp(&file, &mut program.needs);
            }
        }
    }
    let let_in = git_reads::let_in(repo, &workspace.context);
    let git = if let_in { &asks.starts } else { &asks.needs_git };
    let held = program.needs.packages.iter().any(|package| package.value == GIT);
    if let Some(evidence) = git.as_ref().filter(|_| !held) {
        program.needs.packages.push(Sourced::new(GIT.to_owned(), evidence.clone()));
    }
    asks.places.truncate(PLACES);
    if let Some(first) = asks.places.first().filter(|_| !let_in) {
        let place = asks.needs_repository.as_ref().unwrap_or(first).place();
        let found = |what: &str| {
            let what = format!("the build script {what}: {place}");
            Finding::new(FindingCode::GitRead, what, asks.places.clone())
        };
        program.findings.push(if asks.needs_repository.is_some() {
            found("stops if it finds no git repository")
                .with_why(
                    "the .dockerignore keeps .git out of the build context, so the script stops \
                     and the image is not built",
                )
                .with_fix(
                    "read the revision from a variable in the build script, ask git only if it is \
                     unset, and set it with --build-arg; or add the line `!.git` to the end of the \
                     .dockerignore, and every commit builds the program again",
                )
        } else {
            found("reads the git repository")
        });
    } else if let Some(name) = asks.variables.first() {
        let what = format!("the build script takes the revision from {name}, or asks git for it");
        let pass = asks.variables.iter().map(|name| format!("--build-arg {name}=..."));
        let pass = pass.collect::<Vec<_>>().join(" ");
        let finding = Finding::new(codes::REVISION_ARGUMENT, what, asks.spared)
            .with_fix(format!("pass it where it matters: `docker build {pass} ...`"));
        program.findings.extend((!let_in).then_some(finding));
    }
    let mut places = Vec::new();
    // Git is the work of a program that clones: what it reads then are the repositories of others.
    if !files.iter().any(|file| works_with_git(file)) {
        for file in files {
            for place in places_of(project, file)? {
                let text = repo.source_text(&file.path)?.unwrap_or_default();
                if !git_reads::is_spared(&text, place.line.unwrap_or_default()) {
                    places.push(place);
                }
            }
        }
    }
    places.truncate(PLACES);
    if let Some(first) = places.first() {
        program.findings.push(
            Finding::new(
                FindingCode::GitRead,
                format!("the program reads the git repository: {}", first.place()),
                places.clone(),
            )
            .with_why("the image holds no .git: the read fails or finds no revision")
            .with_fix(
                "read the revision from a variable, ask git only if it is unset, and set it with \
                 `docker run -e`",
            ),
        );
    }
    Ok(())
}

/// Subcommands of git that fetch or change a repository.
const WORKS: [&str; 9] =
    ["clone", "fetch", "pull", "checkout", "push", "commit", "init", "remote", "ls-remote"];

/// The code fetches or changes repositories with git: `Command::new("git").arg("clone")`,
/// `run("git pull")`.
fn works_with_git(file: &SourceFile) -> bool {
    (0..file.len()).any(|at| {
        let Some(text) = file.string(at) else { return false };
        let mut words = text.split_whitespace().skip_while(|word| *word != "git");
        if words.next().is_none() {
            return false;
        }
        if words.take(4).any(|word| WORKS.contains(&word)) {
            return true;
        }
        let after = at + 1..file.statement(at).end;
        text == "git"
            && after
                .into_iter()
                .any(|at| file.string(at).is_some_and(|word| WORKS.contains(&&*word)))
    })
}

/// The places that ask git, without those of tests.
fn places_of(project: &Project, file: &SourceFile) -> Result<Vec<Evidence>> {
    let mut places = git_reads::places(project.dir.repo, std::slice::from_ref(&file.path))?;
    if !places.is_empty() {
        let named = |at: &usize| file.string(*at).is_some_and(|text| text.contains("git"));
        let lines: BTreeSet<Option<u32>> =
            (0..file.len()).filter(named).map(|at| file.evidence(at, "").line).collect();
        places.retain(|place| lines.contains(&place.line));
    }
    Ok(places)
}

impl Asks {
    fn read(&mut self, project: &Project, file: &SourceFile) -> Result<()> {
        // What a script reads after it made or fetched a repository is that repository.
        let works = works_with_git(file);
        let instead = instead::variables(file);
        let is_spared = |at: usize| {
            let mut ranges = instead.iter().flat_map(|(_, ranges)| ranges);
            ranges.any(|range| range.contains(&at))
        };
        if !works {
            let spared = (0..file.len()).filter(|&at| is_spared(at));
            let spared: BTreeSet<Option<u32>> =
                spared.map(|at| file.evidence(at, "").line).collect();
            let (held, asked): (Vec<Evidence>, Vec<Evidence>) =
                places_of(project, file)?.into_iter().partition(|at| spared.contains(&at.line));
            self.spared.extend(held);
            self.places.extend(asked);
        }
        self.variables.extend(instead.iter().map(|(name, _)| name.clone()));
        for at in 2..file.len() {
            if let Some(note) = opens(file, at) {
                let place = file.evidence(at, note);
                if insists(file, at) {
                    self.needs_repository.get_or_insert(place.clone());
                }
                self.places.push(place);
            }
            if !instead::starts_git(file, at) || is_spared(at) {
                continue;
            }
            let place = file.evidence(at, "the build script starts git");
            self.starts.get_or_insert(place.clone());
            if insists(file, at) {
                self.needs_git.get_or_insert(place.clone());
            }
            if !works && checks(file, at) {
                self.needs_repository.get_or_insert(place);
            }
        }
        Ok(())
    }
}

/// The variables of a build script without which it stops where there is no git.
pub(super) fn demanded(file: &SourceFile) -> Vec<String> {
    let stops = |at: usize| {
        instead::starts_git(file, at) && (insists(file, at) || checks(file, at))
            || at >= 2 && opens(file, at).is_some() && insists(file, at)
    };
    let all = instead::variables(file).into_iter();
    let all = all.filter(|(_, ranges)| ranges.iter().any(|range| range.clone().any(stops)));
    all.map(|(name, _)| name).collect()
}

/// `Repository::open(..)`, `git2::Repository::discover(..)`, `gix::open(..)`.
fn opens(file: &SourceFile, at: usize) -> Option<String> {
    let call =
        file.is(at + 1, "(") && ["open", "discover", "open_from_env"].contains(&file.word(at));
    let path = if call { file.path_to(at) } else { Vec::new() };
    let of_library = path.iter().any(|name| OPENERS.contains(name));
    of_library.then(|| format!("opens the git repository with `{}`", path.join("::")))
}

/// The statement stops where its result is an error: `.unwrap()`, `.expect("..")`, `?`.
fn insists(file: &SourceFile, at: usize) -> bool {
    file.statement(at).skip_while(|here| *here < at).any(|here| {
        file.is(here, "?") && !is_caught(file, at)
            || file.is(here + 1, "(") && ["unwrap", "expect"].contains(&file.word(here))
    })
}

/// The script stops where git ends with an error: `assert!(out.status.success())`,
/// `if !status.success() { panic!() }`.
fn checks(file: &SourceFile, at: usize) -> bool {
    let asked = |here: &usize| file.is(*here, "success") && file.is(here + 1, "(");
    let Some(asked) = (at..file.len().min(at + AFTER)).find(asked) else { return false };
    let stops = ["panic", "exit", "unreachable"];
    let fails = ["bail", "Err"];
    let asserts = ["assert", "ensure", "assert_eq"];
    let before = file.statement(asked).take_while(|here| *here < asked);
    let mut after = asked..file.len().min(asked + STOPS_WITHIN);
    before.into_iter().any(|here| asserts.contains(&file.word(here)))
        || after.clone().any(|here| stops.contains(&file.word(here)))
        || after.any(|here| fails.contains(&file.word(here))) && !is_caught(file, at)
}

/// How many tokens stand between a function's name and its block.
const MAX_HEAD: usize = 32;

/// The error of the function around a place goes no further than its callers: `if let Err(e) = f()`.
fn is_caught(file: &SourceFile, at: usize) -> bool {
    let block = file.brackets(at).into_iter().filter(|open| file.is(*open, "{"));
    let name = block.into_iter().find_map(|open| {
        let start = (open.saturating_sub(MAX_HEAD)..open).rev().find(|n| file.is(*n, "fn"))?;
        let between = start + 1..open;
        let plain = !between.into_iter().any(|n| file.is(n, "{") || file.is(n, ";"));
        plain.then(|| file.word(start + 1))
    });
    let Some(name) = name.filter(|name| *name != "main") else { return false };
    let called =
        |n: &usize| file.is(*n, name) && file.is(n + 1, "(") && (*n == 0 || !file.is(n - 1, "fn"));
    let mut calls = (0..file.len()).filter(called).peekable();
    let is_asked = |call: usize| {
        let words = ["if", "match", "ok", "is_ok", "is_err", "unwrap_or", "unwrap_or_default", "_"];
        let insists = ["unwrap", "expect"];
        let statement = file.statement(call);
        let has = |words: &[&str]| statement.clone().any(|n| words.contains(&file.word(n)));
        let hands_on = statement.clone().any(|n| n > call && file.is(n, "?"));
        has(&words) && !has(&insists) && !hands_on
    };
    calls.peek().is_some() && calls.all(is_asked)
}

#[cfg(test)]
mod tests {
    use crate::detect;
    use crate::facts::FindingCode;
    use crate::path::RelPath;
    use crate::repo::Repo;

    const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
    const CALL: &str = "std::process::Command::new(\"git\").args([\"rev-parse\", \"HEAD\"])";

    /// Whether git is planned, and what is said.
    fn of(script: &str, more: &[(&str, &str)]) -> (bool, Vec<String>) {
        let own = [
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n"),
            ("crates/app/Cargo.toml", MANIFEST),
            ("crates/app/src/main.rs", "fn main() {}"),
            ("crates/app/build.rs", script),
        ];
        let repo = Repo::from_files(own.iter().chain(more).copied());
        let row = (RelPath::root(), detect::language("rust").unwrap());
        let facts = detect::ask(&repo, &row).unwrap().unwrap();
        let program = &facts.programs[0];
        let said = facts.findings.iter().chain(&program.findings);
        let said = said.filter(|found| {
            found.code == FindingCode::GitRead || found.code.as_str() == "git-at-build"
        });
        let git = program.needs.packages.iter().any(|package| package.value == super::GIT);
        (git, said.map(|found| format!("{}; {}", found.what, found.why)).collect())
    }

    #[test]
    fn scripts_of_members_that_ask_git() {
        // The build goes on without an answer.
        let (git, said) = of(&format!("fn main() {{ let x = {CALL}.output().ok(); }}"), &[]);
        assert!(!git && said.len() == 1, "{said:?}");
        assert!(said[0].starts_with("the build script reads the git repository"), "{said:?}");
        // It goes on where git finds nothing, but not without git.
        let (git, said) = of(&format!("fn main() {{ let x = {CALL}.output().unwrap(); }}"), &[]);
        assert!(git && !said[0].contains("stops if"), "{said:?}");
        let stops = [
            format!(
                "fn main() {{ let x = {CALL}.output().unwrap(); assert!(x.status.success()); }}"
            ),
            format!(
                "fn main() {{ let x = {CALL}.status()?; if !x.success() {{ panic!(\"git\"); }} }}"
            ),
            "fn main() { let r = git2::Repository::discover(\".\").unwrap(); }".to_owned(),
        ];
        for script in stops {
            let (_, said) = of(&script, &[]);
            assert!(said[0].contains("stops if it finds no git repository"), "{script}: {said:?}");
        }
        // Its main goes on where the function fails.
        let caught = format!(
            "fn f() -> R {{ let x = {CALL}.output()?; if !x.status.success() {{ return Err(e()); }} \
             Ok(()) }} fn main() {{ if let Err(e) = f() {{ println!(\"cargo:warning={{e}}\"); }} }}"
        );
        let (git, said) = of(&caught, &[]);
        assert!(!git && !said[0].contains("stops if"), "{said:?}");
        let handed = caught.replace("if let Err(e) = f() {", "f().unwrap(); {");
        assert!(of(&handed, &[]).1[0].contains("stops if"));
        // A repository that the script makes is not the one of the sources.
        let makes = format!(
            "fn main() {{ let r = std::process::Command::new(\"git\").arg(\"init\").status().unwrap(); \
             if !r.success() {{ panic!(\"git\"); }} let x = {CALL}.output().unwrap(); }}"
        );
        let (git, said) = of(&makes, &[]);
        assert!(git && said.is_empty(), "{said:?}");
        // In a module of the script.
        let module = format!("pub fn f() {{ {CALL}.output().expect(\"git\"); }}");
        let (git, said) =
            of("mod rev;\nfn main() { rev::f(); }", &[("crates/app/rev.rs", &module)]);
        assert!(git && said[0].contains("crates/app/rev.rs:1"), "{said:?}");
    }

    #[test]
    fn a_variable_in_place_of_git_is_a_build_argument() {
        // The build arguments with their defaults, whether git is planned, and what is said.
        let all = |script: &str| {
            let (git, said) = of(script, &[]);
            let own = [
                ("Cargo.toml", MANIFEST),
                ("src/main.rs", "fn main() { print!(\"{}\", env!(\"GIT_HASH\")); }"),
                ("build.rs", script),
            ];
            let repo = Repo::from_files(own);
            let facts = (detect::rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
            let args = facts.programs[0].build_args.iter();
            let args: Vec<String> =
                args.map(|arg| format!("{}={:?}", arg.name, arg.default)).collect();
            let codes = facts.programs[0].findings.iter().map(|found| found.code.as_str());
            let codes: Vec<&str> = codes.filter(|code| code.contains("revision")).collect();
            (args.join(" "), git || !said.is_empty(), codes.join(" "))
        };
        let unwraps = format!("{CALL}.output().unwrap()");
        let print = "println!(\"cargo:rustc-env=GIT_HASH={x}\");";
        let asked =
            ("GIT_HASH=Some(\"unknown\")".to_owned(), false, "revision-argument".to_owned());
        for script in [
            format!(
                "fn main() {{ let x = std::env::var(\"GIT_HASH\").unwrap_or_else(|_| {{ let o = {unwraps}; s(o) }}); {print} }}"
            ),
            format!(
                "fn main() {{ let x = if let Ok(v) = env::var(\"GIT_HASH\") {{ v }} else {{ rev() }}; {print} }} fn rev() -> String {{ let o = {unwraps}; s(o) }}"
            ),
            format!(
                "fn main() {{ let x = match env::var(\"GIT_HASH\") {{ Ok(v) => v, Err(_) => rev() }}; {print} }} fn rev() -> String {{ s({unwraps}) }}"
            ),
        ] {
            assert_eq!(all(&script), asked, "{script}");
        }
        // The script goes on without git.
        let calm = format!(
            "fn main() {{ let x = env::var(\"GIT_HASH\").ok().or_else(|| {CALL}.output().ok()); {print} }}"
        );
        assert_eq!(all(&calm), ("GIT_HASH=None".into(), false, "revision-argument".into()));
        // Git is asked in any case, or the variable only says whether to ask.
        for script in [
            format!(
                "fn main() {{ let m = env::var(\"MODE\").unwrap_or_else(|_| s()); let x = {unwraps}; {print} }}"
            ),
            format!(
                "fn main() {{ if env::var(\"NO_GIT\").is_err() {{ let x = {unwraps}; {print} }} }}"
            ),
        ] {
            assert_eq!(all(&script), (String::new(), true, String::new()), "{script}");
        }
    }

    #[test]
    fn a_program_whose_work_is_git() {
        let said = |main: &str| {
            let of_program = |said: &String| said.starts_with("the program reads");
            let (_, said) = of("fn main() {}", &[("crates/app/src/main.rs", main)]);
            said.iter().any(of_program)
        };
        let asks = format!("fn asks() {{ {CALL}.output(); }}");
        assert!(said(&format!("{asks} fn main() {{}}")));
        let clones = "fn main() { std::process::Command::new(\"git\").arg(\"clone\").arg(url); }";
        assert!(!said(&format!("{asks} {clones}")));
        assert!(!said(&format!("{asks} fn main() {{ run(&format!(\"cd {{d}} && git pull\")); }}")));
        assert!(!said(&format!("{asks} fn main() {{ run(\"git -C x fetch\"); }}")));
        assert!(said(&format!("{asks} fn main() {{ run(\"git gui\", \"clone\"); }}")));
    }

    #[test]
    fn another_member_or_a_test_says_nothing() {
        let test =
            format!("fn main() {{}}\n#[cfg(test)] mod t {{ fn f() {{ {CALL}.output(); }} }}");
        let call = format!("fn main() {{ {CALL}.output().unwrap(); }}");
        let other = [
            ("crates/b/Cargo.toml", "[package]\nname = \"b\"\nversion = \"1.0.0\"\n"),
            ("crates/b/build.rs", call.as_str()),
            ("crates/b/src/lib.rs", ""),
        ];
        assert_eq!(of(&test, &other), (false, vec![]));
    }

    #[test]
    fn a_context_with_git_is_not_said_to_lack_it() {
        let script = format!("fn main() {{ let x = {CALL}.output().ok(); }}");
        let ignore = (".dockerignore", "target\n!.git\n");
        assert_eq!(of(&script, &[ignore]), (true, vec![]));
        let (git, said) = of(&script, &[(".dockerignore", "!.git\n.git\n")]);
        assert!(!git && said.len() == 1, "{said:?}");
        let vergen = format!("{MANIFEST}[build-dependencies]\nvergen-gitcl = \"1\"\n");
        let files = [("crates/app/Cargo.toml", vergen.as_str()), ignore];
        assert_eq!(of("fn main() {}", &files).1, Vec::<String>::new());
    }
}

//! How the repository itself builds a program: build tags, and variables that the linker sets with
//! `-X`. The commands come from its Makefile, CI and the like.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::ProgramDetails;
use super::analysis::Module;
use super::linked::{self, Place};
use crate::ask::{Answers, id};
use crate::detect::go::codes;
use crate::docker::lint::is_secret_name;
use crate::docker::quote;
use crate::facts::{BuildArg, Evidence, Finding, Program};
use crate::path::RelPath;
use crate::plan::split_words;
use crate::recipes::{self, Step};
use crate::repo::Repo;
use crate::shell;

/// A variable of the program that the linker sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Linked {
    /// Its full name, such as `example.com/x/version.Version`.
    pub(super) name: String,
    /// Its value, or the name of the build argument that gives the value.
    pub(super) value: String,
}

/// Commands that build Go programs.
const TOOLS: [&str; 2] = ["go", "goreleaser"];

/// Flags of the go command that take their value from the next word.
const VALUED: [&str; 14] = [
    "-tags",
    "-ldflags",
    "-o",
    "-mod",
    "-modfile",
    "-gcflags",
    "-asmflags",
    "-gccgoflags",
    "-buildmode",
    "-pkgdir",
    "-toolexec",
    "-p",
    "-C",
    "-overlay",
];

/// Targets that compile only to check the code.
const CHECKING: [&str; 8] = ["ci", "check", "test", "tests", "lint", "vet", "race", "cover"];

/// Build tags of a developer's own runs.
const DEVELOPMENT: [&str; 6] = ["dev", "development", "debug", "local", "test", "integration"];

/// One build command, parsed.
struct Command<'s> {
    step: &'s Step,
    /// True for `go run`, which counts only where nothing builds.
    runs: bool,
    tags: Vec<String>,
    /// True if it has tags that dockgen cannot read.
    unknown: bool,
    linker: Vec<String>,
    packages: Vec<String>,
}

/// The build tags with which the repository builds the program in `folder`, and whether it builds
/// without cgo.
pub(super) fn tags(module: &Module, folder: &RelPath) -> Result<(Vec<String>, bool)> {
    let steps = steps(module, folder)?;
    let commands: Vec<Command> = steps.iter().filter_map(read).collect();
    let mine = of(&commands, module, folder);
    let Some(first) = mine.first() else { return Ok((Vec::new(), false)) };
    // The last assignment of a variable wins.
    let set = first.step.env.iter().rev().find(|(key, _)| key == "CGO_ENABLED");
    Ok((first.tags.clone(), set.is_some_and(|(_, value)| value == "0")))
}

/// The commands that may build the program: those of recipes, or else those of documentation, if all
/// of these have the same tags.
fn steps(module: &Module, folder: &RelPath) -> Result<Vec<Step>> {
    let steps = recipes::steps_of(module.sources.repo, module.dir, &TOOLS)?;
    let commands: Vec<Command> = steps.iter().filter_map(read).collect();
    if !of(&commands, module, folder).is_empty() {
        return Ok(steps);
    }
    let told = recipes::told(module.sources.repo, module.dir)?;
    let told = told.iter().filter(|step| step.words.first().is_some_and(|word| word == "go"));
    let commands: Vec<Command> = told.filter_map(read).collect();
    let mut builds = of(&commands, module, folder);
    builds.retain(|command| !command.runs);
    let agree = builds.first().is_some_and(|first| {
        let same = |other: &&Command| other.tags == first.tags && !other.unknown;
        !first.tags.is_empty() && builds.iter().all(same)
    });
    Ok(if agree { builds.iter().map(|command| command.step.clone()).collect() } else { steps })
}

/// The build tags among the flags that a person gives.
pub(super) fn answered(answers: &Answers) -> Option<Vec<String>> {
    // A quote that is not closed is an error of the answer, which is checked elsewhere.
    let words = split_words(answers.get(id::BUILD_FLAGS)?).unwrap_or_default();
    let mut tags = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let flag = word.trim_start_matches('-');
        let value = match flag.split_once('=') {
            Some(("tags", value)) => Some(value),
            None if flag == "tags" && flag != word => words.next().map(String::as_str),
            _ => None,
        };
        if let Some(value) = value {
            let names = value.split([',', ' ']).filter(|name| !name.is_empty());
            tags = Some(names.map(str::to_owned).collect());
        }
    }
    tags
}

/// The commands that build the program in `folder`: those that name it, or else those whose
/// patterns may include it.
fn of<'c, 's>(
    commands: &'c [Command<'s>],
    module: &Module,
    folder: &RelPath,
) -> Vec<&'c Command<'s>> {
    let builds = |exactly: bool, runs: bool| {
        let all = commands.iter().filter(move |command| command.runs == runs);
        all.filter(move |command| command.builds(module, folder, exactly))
    };
    let mut all: Vec<&Command> = builds(true, false).collect();
    if all.is_empty() {
        all = builds(false, false).collect();
    }
    if all.is_empty() {
        let development = |tag: &String| DEVELOPMENT.contains(&tag.as_str());
        all = builds(true, true).filter(|run| !run.tags.iter().any(development)).collect();
    }
    // The flags of a quick check are not those of a release.
    all.sort_by_key(|command| !command.step.release && CHECKING.contains(&&*command.step.part));
    all
}

/// Adds the repository's own build flags to the program.
pub(super) fn add(
    module: &Module,
    folder: &RelPath,
    program: &mut Program,
    details: &mut ProgramDetails,
) -> Result<()> {
    let steps = steps(module, folder)?;
    let commands: Vec<Command> = steps.iter().filter_map(read).collect();
    let mine = of(&commands, module, folder);
    let Some(first) = mine.first() else { return Ok(()) };
    details.tags.clone_from(&first.tags);
    if first.unknown {
        program.findings.push(
            Finding::build_flags_unknown("tags", [first.step.evidence.clone()])
                .with_fix("write them into the `go build` line of the Dockerfile"),
        );
    }
    if let Some(other) = mine.iter().find(|other| other.tags != first.tags) {
        program.findings.push(
            Finding::build_flags_disputed(
                shown(&first.tags),
                shown(&other.tags),
                [first.step.evidence.clone(), other.step.evidence.clone()],
            )
            .with_fix("change the `go build` line of the Dockerfile if the other one is right"),
        );
    }
    if !first.tags.is_empty() {
        details.flags_evidence = Some(first.step.evidence.clone());
    }
    for command in &mine {
        for (name, value) in variables(&command.linker) {
            link(module, folder, &name, &value, command.step, program, details)?;
        }
    }
    Ok(())
}

fn shown(tags: &[String]) -> String {
    if tags.is_empty() { "no tags".to_owned() } else { format!("the tags {}", tags.join(",")) }
}

/// Adds a variable that the linker sets. A plain value is kept as it is. The output of a command
/// becomes a build argument, whose default is the value in the source.
fn link(
    module: &Module,
    folder: &RelPath,
    name: &str,
    value: &str,
    step: &Step,
    program: &mut Program,
    details: &mut ProgramDetails,
) -> Result<()> {
    let Some((package, variable)) = name.rsplit_once('.') else { return Ok(()) };
    let placed = match linked::place(module, folder, package, variable)? {
        Place::There => name.to_owned(),
        Place::Moved(package) => format!("{package}.{variable}"),
        Place::Nowhere => {
            program.findings.push(
                Finding::new(
                    codes::LINKER_VARIABLE,
                    format!(
                        "the repository sets {name} with the linker's -X, but declares no such variable"
                    ),
                    [step.evidence.clone()],
                )
                .with_why("the linker ignores a name that it does not find, without a warning")
                .with_fix(format!("correct the name, or declare `var {variable} string`")),
            );
            return Ok(());
        }
    };
    let (name, package) = (placed.as_str(), placed.rsplit_once('.').map_or("", |name| name.0));
    let known = details.linked.iter().chain(&details.arguments).any(|held| held.name == name);
    if known || !quote::is_plain(name) {
        return Ok(());
    }
    if quote::is_plain(value) {
        details.linked.push(Linked { name: name.to_owned(), value: value.to_owned() });
        return Ok(());
    }
    let argument = argument(variable);
    let secret = is_secret_name(&argument);
    if !value.contains(['$', '{', '`']) || secret {
        let why = if secret {
            "it is named like a secret, and a secret does not belong in an image"
        } else {
            "its value holds characters that dockgen does not write into a command"
        };
        program.findings.push(
            Finding::new(
                codes::LINKER_VARIABLE,
                format!("the repository sets {name} with the linker's -X, and the image does not"),
                [step.evidence.clone()],
            )
            .with_why(format!("the program keeps the value that its source gives it; {why}")),
        );
        return Ok(());
    }
    let default = linked::text(module, folder, package, variable)?.unwrap_or_default();
    if !program.build_args.iter().any(|held| held.name == argument) {
        let note = format!("the linker writes {variable} into the program");
        let evidence = Evidence { note, ..step.evidence.clone() };
        let mut arg = BuildArg::new(argument.clone(), evidence);
        arg.default = Some(default);
        arg.fallback = true;
        program.build_args.push(arg);
    }
    details.arguments.push(Linked { name: name.to_owned(), value: argument });
    Ok(())
}

/// The name of the build argument: a usual one, or else that of the variable.
fn argument(variable: &str) -> String {
    let lower = variable.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&["version"]) {
        "VERSION".to_owned()
    } else if has(&["commit", "revision", "sha"]) {
        "REVISION".to_owned()
    } else if has(&["date", "time"]) {
        "BUILD_DATE".to_owned()
    } else {
        let mut name = String::new();
        for c in variable.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_') {
            if c.is_ascii_uppercase() && name.ends_with(|last: char| last.is_ascii_lowercase()) {
                name.push('_');
            }
            name.push(c);
        }
        let name = name.to_ascii_uppercase();
        if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("X{name}") }
    }
}

/// Parses a step, if it is a command that builds for Linux.
fn read(step: &Step) -> Option<Command<'_>> {
    let (verb, words) = step.words.get(1..)?.split_first()?;
    if !matches!(verb.as_str(), "build" | "install" | "run") {
        return None;
    }
    let system = step.env.iter().rev().find(|(key, _)| key == "GOOS").map(|(_, value)| &**value);
    // A recipe for another system says nothing about a Linux image.
    if system.is_some_and(|system| system != "linux" && !system.contains('$')) {
        return None;
    }
    let mut command = Command {
        step,
        runs: verb == "run",
        tags: Vec::new(),
        unknown: false,
        linker: Vec::new(),
        packages: Vec::new(),
    };
    let shared = step.env.iter().rev().find(|(key, _)| key == "GOFLAGS");
    for word in shared.map(|(_, value)| value.split_whitespace()).into_iter().flatten() {
        if let Some(tags) = word.trim_start_matches('-').strip_prefix("tags=") {
            command.add_tags(tags);
        }
    }
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if !word.starts_with('-') {
            command.packages.push(word.clone());
            if command.runs {
                // What follows are arguments of the program.
                break;
            }
            continue;
        }
        // Go accepts one dash or two.
        let flag = if word.starts_with("--") { &word[1..] } else { word };
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None if VALUED.contains(&flag) => (flag, words.next().cloned()),
            None => (flag, None),
        };
        match (name, value) {
            ("-tags", Some(tags)) => command.add_tags(&tags),
            ("-ldflags", Some(flags)) => {
                let parts = shell::parse(&flags).commands;
                command.linker.extend(parts.into_iter().flat_map(|part| part.argv));
            }
            _ => {}
        }
    }
    Some(command)
}

/// `text` without make's `$(if $(NAME),then,else)`, of which the last part remains: a variable that
/// the Makefile does not set is empty.
fn unconditional(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, inside)) = rest.split_once("$(if $(") {
        let Some((_, arms)) = inside.split_once(')') else { break };
        let (mut depth, mut commas, mut end) = (0_usize, Vec::new(), None);
        for (at, c) in arms.char_indices() {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => {
                    end = Some(at);
                    break;
                }
                ')' => depth -= 1,
                ',' if depth == 0 => commas.push(at),
                _ => {}
            }
        }
        let (Some(end), Some(0)) = (end, commas.first()) else { break };
        out.push_str(before);
        // What follows the second comma is the value without the variable.
        let other = commas.get(1).map(|&at| &arms[at + 1..end]);
        out.push_str(other.filter(|other| !other.contains('$')).unwrap_or_default());
        rest = &arms[end + 1..];
    }
    out + rest
}

/// The pairs in `-X name=value` and `-X=name=value`.
fn variables(linker: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut words = linker.iter();
    while let Some(word) = words.next() {
        let pair = match word.as_str() {
            "-X" | "--X" => words.next().map(String::as_str),
            other => other.strip_prefix("-X=").or_else(|| other.strip_prefix("-X ")),
        };
        if let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) {
            found.push((name.trim().to_owned(), value.to_owned()));
        }
    }
    found
}

impl Command<'_> {
    fn add_tags(&mut self, text: &str) {
        for tag in unconditional(text).split([',', ' ', '\n']).filter(|tag| !tag.is_empty()) {
            let plain = tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
            if !plain {
                self.unknown = true;
            } else if !self.tags.iter().any(|held| held == tag) {
                self.tags.push(tag.to_owned());
            }
        }
    }

    /// True if the command builds the package in `folder`. Unless `exactly`, a pattern or a
    /// variable that may stand for it counts too.
    fn builds(&self, module: &Module, folder: &RelPath, exactly: bool) -> bool {
        let own = module.layout.manifest.module.as_ref().map_or("", |module| &module.value);
        let of = |word: &str| {
            let way = word.strip_prefix(own).filter(|_| !own.is_empty());
            match way {
                Some(way) => module.layout.module.join(way.trim_start_matches('/')),
                None => self.step.dir.join(word),
            }
        };
        if self.packages.is_empty() {
            return self.step.dir == *folder;
        }
        self.packages.iter().any(|word| {
            if word.contains(['$', '*', '{']) {
                let known = word.split(['$', '*', '{']).next().unwrap_or_default();
                let known = known.rsplit_once('/').map_or(".", |(known, _)| known);
                return !exactly && of(known).is_some_and(|known| folder.is_within(&known));
            }
            if let Some(word) = word.strip_suffix("...") {
                return !exactly && of(word).is_some_and(|known| folder.is_within(&known));
            }
            let word = of(word);
            let file = word.as_ref().filter(|path| path.extension() == "go");
            let package = file.and_then(RelPath::parent).or(word);
            package.as_ref() == Some(folder)
        })
    }
}

/// The pattern of private modules that the repository sets, if a required module matches it:
/// <https://go.dev/ref/mod#private-modules>.
pub(super) fn private(
    repo: &Repo,
    dir: &RelPath,
    required: &[String],
) -> Result<Option<(String, Evidence)>> {
    for key in ["GOPRIVATE", "GONOPROXY"] {
        let found = recipes::build_variable(repo, dir, key)?;
        let Some(found) = found.or(told(repo, dir, key)?) else { continue };
        let pattern = found.value.trim_matches(['"', '\'']).to_owned();
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/*,?".contains(c);
        if pattern.chars().all(plain) && required.iter().any(|module| matches(&pattern, module)) {
            return Ok(Some((pattern, found.evidence)));
        }
    }
    Ok(None)
}

/// The value that a recipe, documentation or `.envrc` gives to a variable of the go command:
/// `export GOPRIVATE=x`, `go env -w GOPRIVATE=x`.
fn told(repo: &Repo, dir: &RelPath, key: &str) -> Result<Option<recipes::Variable>> {
    let mut steps = recipes::steps_of(repo, dir, &["go"])?;
    steps.extend(recipes::told(repo, dir)?);
    let set = |step: Step| {
        let own = step.env.iter().rev().find(|(held, _)| held == key);
        let written = step.words.starts_with(&["go", "env", "-w"].map(str::to_owned));
        let words = step.words.iter().filter(|_| written);
        let mut written = words.filter_map(|word| word.split_once('=')).filter(|w| w.0 == key);
        let value = own.map(|(_, value)| value.clone());
        let value = value.or_else(|| written.next().map(|(_, value)| value.to_owned()))?;
        let evidence = Evidence { note: format!("sets {key}"), ..step.evidence };
        Some(recipes::Variable { key: key.to_owned(), value, evidence })
    };
    Ok(steps.into_iter().find_map(set))
}

/// True if one of the comma-separated patterns matches a module's path, or a part with which it
/// begins.
fn matches(patterns: &str, module: &str) -> bool {
    let element = |pattern: &str, text: &str| match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            text.len() >= before.len() + after.len()
                && text.starts_with(before)
                && text.ends_with(after.trim_start_matches('*'))
        }
    };
    patterns.split(',').filter(|pattern| !pattern.is_empty()).any(|pattern| {
        let mut parts = module.split('/');
        pattern
            .trim_end_matches('/')
            .split('/')
            .all(|wanted| parts.next().is_some_and(|part| element(wanted, part)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn details(files: &[(&str, &str)]) -> (ProgramDetails, Program) {
        let main =
            "package main\n\nvar (\n\tversion = \"none\"\n\tcommit string\n)\n\nfunc main() {}\n";
        let all = [
            ("go.mod", "module a.b/c\n\ngo 1.26\n"),
            ("cmd/x/main.go", main),
            ("v/v.go", "package v\n\nvar GitCommit string\n"),
        ];
        let repo = Repo::from_files(all.iter().chain(files).copied());
        let facts = (crate::detect::go::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let mut details: crate::detect::go::Details = facts.details().unwrap();
        (details.programs.remove("./cmd/x").unwrap(), facts.programs[0].clone())
    }

    fn line(details: &ProgramDetails) -> String {
        let all = |linked: &[Linked]| -> Vec<String> {
            linked.iter().map(|linked| format!("{}={}", linked.name, linked.value)).collect()
        };
        let (linked, arguments) = (all(&details.linked), all(&details.arguments));
        format!("{} | {} | {}", details.tags.join(","), linked.join(" "), arguments.join(" "))
    }

    #[test]
    fn the_flags_of_every_kind_of_recipe() {
        for (file, text, expected) in [
            (
                "Makefile",
                "LD = -s -X main.version=$(V) -X 'main.env=prod'\nV ?= $(shell git describe)\nall:\n\tGOOS=windows go build -tags win ./cmd/x\n\tgo build -tags 'a b' -ldflags \"$(LD)\" -o x ./cmd/x\n\tgo test -tags t ./...\n",
                "a,b | main.env=prod | main.version=VERSION",
            ),
            (
                ".goreleaser.yml",
                "builds:\n  - main: ./cmd/x/main.go\n    tags: [a]\n    ldflags: -X a.b/c/v.GitCommit={{.Commit}}\n",
                "a |  | a.b/c/v.GitCommit=REVISION",
            ),
            (
                ".github/workflows/r.yml",
                "jobs:\n  x:\n    steps:\n      - run: go build -tags=a -ldflags=\"-X=main.buildDate=$(date)\" ./cmd/...\n",
                "a |  | main.buildDate=BUILD_DATE",
            ),
            ("justfile", "build:\n  cd cmd/x && go install --tags a .\n", "a |  | "),
            (
                "Taskfile.yml",
                "tasks:\n  b:\n    cmds: ['go build -tags a a.b/c/cmd/x']\n",
                "a |  | ",
            ),
            (
                ".gitlab-ci.yml",
                "b:\n  variables: {GOFLAGS: -tags=a}\n  script: go build ./cmd/x\n",
                "a |  | ",
            ),
            ("build.sh", "go build -tags a ./cmd/$1\n", "a |  | "),
            ("Makefile", "run:\n\tgo run -tags 'a b' ./cmd/x -tags c\n", "a,b |  | "),
            ("Makefile", "run:\n\tgo run -tags dev ./cmd/x\n", " |  | "),
            ("Makefile", "r:\n\tgo run -tags b ./cmd/x\nall:\n\tgo build ./cmd/x\n", " |  | "),
            ("Makefile", "all:\n\tgo build -tags a ./cmd/other\n", " |  | "),
        ] {
            assert_eq!(line(&details(&[(file, text)]).0), expected, "{file}");
        }
    }

    #[test]
    fn the_argument_has_the_default_of_the_source() {
        let make = "all:\n\tgo build -ldflags '-X main.version=$(V) -X main.commit=$(C) -X main.apiToken=$(T)' ./cmd/x\n";
        let (_, program) = details(&[("Makefile", make)]);
        let args: Vec<_> =
            program.build_args.iter().map(|a| (a.name.as_str(), a.default.as_deref())).collect();
        assert_eq!(args, [("VERSION", Some("none")), ("REVISION", Some(""))]);
        // A value that cannot be written, or that is a secret, is reported.
        let said: Vec<_> = program.findings.iter().map(|f| (f.code.as_str(), &*f.what)).collect();
        assert!(said[0].0 == "linker-variable" && said[0].1.contains("main.apiToken"));
        let make = "all:\n\tgo build -ldflags \"-X 'main.name=Two Words'\" ./cmd/x\n";
        assert_eq!(details(&[("Makefile", make)]).1.findings[0].code.as_str(), "linker-variable");
    }

    #[test]
    fn output_of_a_command_within_the_flags_is_an_argument() {
        let make =
            |flags: &str| format!("L := {flags}\nall:\n\tgo build -ldflags \"$(L)\" ./cmd/x\n");
        let of = |flags: &str| line(&details(&[("Makefile", &make(flags))]).0);
        let (date, both) = ("$(shell date -u +\"%F\")", "main.version=VERSION");
        assert_eq!(of(&format!("-s -w -X main.version={date}")), format!(" |  | {both}"));
        let more = format!("-X 'main.version={date}' -X main.commit=$(shell a $(b) | c)");
        assert_eq!(of(&more), format!(" |  | {both} main.commit=REVISION"));
        // Flags that a command prints are not known.
        assert_eq!(of("$(shell ./flags.sh)"), " |  | ");
        assert_eq!(of("-X main.version=$(shell open"), " |  | ");
    }

    #[test]
    fn a_variable_that_lies_elsewhere_is_found_there() {
        let make =
            |name: &str| format!("all:\n\tgo build -ldflags '-X a.b/c/{name}=$(V)' ./cmd/x\n");
        let of = |name: &str, more: &[(&str, &str)]| {
            let make = make(name);
            let (own, program) = details(&[&[("Makefile", make.as_str())], more].concat());
            (line(&own), program.findings.len())
        };
        assert_eq!(of("old.GitCommit", &[]), (" |  | a.b/c/v.GitCommit=REVISION".to_owned(), 0));
        assert_eq!(of("v.Commit", &[]), (" |  | ".to_owned(), 1));
        let twice = [("w/w.go", "package w\n\nvar (\n\tGitCommit = \"\"\n)\n")];
        assert_eq!(of("old.GitCommit", &twice), (" |  | ".to_owned(), 1));
        // Nothing is known of another module.
        let make = "all:\n\tgo build -ldflags '-X d.e/f.Version=$(V)' ./cmd/x\n";
        assert_eq!(line(&details(&[("Makefile", make)]).0), " |  | d.e/f.Version=VERSION");
    }

    #[test]
    fn builds_that_differ_are_said() {
        let make = "all:\n\tgo build ./cmd/x\nfull:\n\tgo build -tags full ./cmd/x\nodd:\n\tgo build -tags $(T) ./cmd/x\n";
        let (own, program) = details(&[("Makefile", make)]);
        assert_eq!(
            (line(&own).as_str(), program.findings[0].code.as_str()),
            (" |  | ", "build-flags-disputed")
        );
        // The flags of a check are not those of a release.
        let make = "ci:\n\tgo build ./cmd/x\nbuild:\n\tgo build -tags full ./cmd/x\n";
        assert_eq!(line(&details(&[("Makefile", make)]).0), "full |  | ");
        let make = "all:\n\tgo build -tags $(T) ./cmd/x\n";
        let (_, program) = details(&[("Makefile", make)]);
        assert_eq!(program.findings[0].code.as_str(), "build-flags-unknown");
        // A part for a variable that only a person sets is empty.
        let make = "comma := ,\nT = a,b$(if $(MORE),$(comma)$(MORE))\nall:\n\tgo build -tags=$(T) ./cmd/x\n";
        let (own, program) = details(&[("Makefile", make)]);
        assert_eq!((line(&own).as_str(), program.findings.len()), ("a,b |  | ", 0));
    }

    #[test]
    fn a_script_that_a_recipe_calls_and_what_documentation_sets() {
        let script = ("scripts/build.sh", "set -e\ngo build -tags a -o out/x ./cmd/x\n");
        let ci = (
            ".github/workflows/ci.yml",
            "jobs:\n  x:\n    steps:\n      - run: ./scripts/build.sh\n",
        );
        assert_eq!(line(&details(&[script, ci]).0), "a |  | ");
        assert_eq!(
            line(&details(&[("Makefile", "all:\n\tbash scripts/build.sh\n"), script]).0),
            "a |  | "
        );
        assert_eq!(line(&details(&[script]).0), "a |  | ");
        // Variables of a makefile that another one includes.
        let included = [
            ("Makefile", "include build/common.mk\nall:\n\tgo build $(FLAGS) ./cmd/x\n"),
            ("build/common.mk", "TAGS := a\nFLAGS := -trimpath -tags '$(TAGS)'\n"),
        ];
        assert_eq!(line(&details(&included).0), "a |  | ");
        let pattern = |file: &str, text: &str| {
            let repo = Repo::from_files([(file, text)]);
            let found = private(&repo, &RelPath::root(), &["git.x.y/a/b".to_owned()]).unwrap();
            found.map(|(pattern, _)| pattern)
        };
        let readme = |line: &str| format!("# x\n\n```sh\n{line}\ngo build\n```\n");
        for (file, text) in [
            ("README.md", readme("go env -w GOPRIVATE=git.x.y")),
            ("README.md", readme("export GOPRIVATE=git.x.y")),
            ("README.md", readme("$ GOPRIVATE=git.x.y go mod download")),
            (".envrc", "export GOPRIVATE=git.x.y\n".to_owned()),
            ("Makefile", "all:\n\tgo env -w GOPRIVATE=git.x.y\n".to_owned()),
        ] {
            assert_eq!(pattern(file, &text).as_deref(), Some("git.x.y"), "{file}: {text}");
        }
        assert_eq!(pattern("README.md", "Set GOPRIVATE=git.x.y for yourself.\n"), None);
    }

    #[test]
    fn patterns_of_private_modules() {
        assert!(matches("a.b/c/*", "a.b/c/d") && matches("x,*.b", "a.b/c"));
        assert!(!matches("a.b/c/*", "a.b/c") && !matches("", "a") && !matches("a.b/cc", "a.b/c"));
    }
}

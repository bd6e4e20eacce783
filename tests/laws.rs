//! Laws of quoting, parsing and ignoring, checked on random input.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

mod watch;

use std::process::Command;

use dockgen::context::{Existing, plan_ignore};
use dockgen::docker::ignore::{IgnoreFile, glob, literal};
use dockgen::docker::lint::lint;
use dockgen::docker::parse::{Dockerfile, Instruction, parse};
use dockgen::docker::{quote, words};
use dockgen::path::RelPath;
use dockgen::plan::{Plan, split_words};
use dockgen::repo::Repo;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

/// Text as a plan may hold it: one line, with everything that means something to Docker or to a
/// shell.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        r#"[a-z0-9 '"\\$`{}()<>|&;#!~*?\[\]=,./:@%^+-]{0,12}"#,
        r"\PC{0,8}",
        Just("<<EOF".to_owned()),
        Just("${HOME:-x}".to_owned()),
        Just("--from=x".to_owned()),
        Just("#syntax=x".to_owned()),
        Just("a\\".to_owned()),
        Just("~/x".to_owned()),
        Just(String::new()),
    ]
}

/// A path of one to three components, some of them odd.
fn path() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ab]",
        "[a-c]{1,2}(\\.[ab])?",
        r#"[ab *?\\^!#{}|é$'"-]{1,4}"#.prop_filter("a name", |name| !name.trim().is_empty()),
        Just("[id]".to_owned()),
    ];
    vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

/// A .dockerignore pattern.
fn pattern() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[ab]{1,2}",
        Just("*".to_owned()),
        Just("**".to_owned()),
        Just("a*".to_owned()),
        Just("?".to_owned())
    ];
    (any::<bool>(), vec(part, 1..4)).prop_map(|(exception, parts)| {
        format!("{}{}", if exception { "!" } else { "" }, parts.join("/"))
    })
}

/// Pieces that Dockerfiles are made of, in any order.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("FROM a AS b\n".to_owned()),
        Just("FROM ${A:-".to_owned()),
        Just("ARG A=$A\"x\n".to_owned()),
        Just("# escape=`\n".to_owned()),
        Just("# syntax=x\r\n".to_owned()),
        Just("RUN <<EOF <<-\"E O F\"\n".to_owned()),
        Just("EOF\n".to_owned()),
        Just("COPY --from=b --x=\"".to_owned()),
        Just("RUN --mount=type=bind,\"source=a\" ".to_owned()),
        Just("ENTRYPOINT [\"a\"".to_owned()),
        Just("ONBUILD ONBUILD RUN <<X".to_owned()),
        Just("HEALTHCHECK CMD".to_owned()),
        Just("\\\n".to_owned()),
        Just("`\n".to_owned()),
        Just("\n".to_owned()),
        Just("]".to_owned()),
        Just("WORKDIR $A\n".to_owned()),
        Just("EXPOSE $A 1\nUSER ${A}\n".to_owned()),
        line(),
    ];
    vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

fn instruction(text: &str) -> Instruction {
    let dockerfile = parse(&format!("FROM scratch\n{text}\nUSER 1\n")).unwrap();
    let instructions = &dockerfile.stages[0].instructions;
    assert_eq!(instructions.len(), 2, "{text:?} is not one instruction: {instructions:?}");
    assert!(instructions[0].heredocs.is_empty(), "{text:?} opens a here-document");
    instructions[0].clone()
}

/// Reads a word as Docker does, no variable having a value.
fn read(word: &str) -> String {
    words::expand(word, '\\', &|_| None).unwrap()
}

fn plan(reads: &[&str]) -> Plan {
    let plan = json!({
        "schema": dockgen::plan::SCHEMA, "language": "none", "template": "none", "name": "web", "app": ".",
        "context": ".", "toolchain": "1", "tool": "tool", "builder": "builder:1", "build_packages": [],
        "manifests": [], "artifacts": [],
        "runtime": {
            "family": "distroless", "image": "runtime:1", "packages": [], "interpreter": null,
            "carry_interpreter": false, "shell": false, "create_user": false, "carry_certificates": false,
            "carry_zoneinfo": false, "make_tmp": false, "user": "65532:65532", "workdir": "/app", "env": [],
            "writable": [], "port": 8080, "init": false, "entrypoint": ["/app/web"], "cmd": [], "stop_signal": null
        },
        "labels": {"title": "web", "source": null},
        "dev": null, "details": {"reads": reads}, "decisions": [], "findings": []
    });
    serde_json::from_value(plan).unwrap()
}

fn lines_grow(dockerfile: &Dockerfile) {
    let mut last = 0;
    for held in dockerfile.instructions() {
        assert!(last < held.line && held.line <= held.end_line, "{dockerfile:?}");
        last = held.end_line;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn exec_form_reads_back(argv in vec(prop_oneof![line(), any::<String>()], 1..4)) {
        let _watch = watch::Watch::over("exec_form_reads_back", &argv);
        for keyword in ["ENTRYPOINT", "CMD", "RUN", "HEALTHCHECK CMD"] {
            let held = instruction(&format!("{keyword} {}", quote::exec_form(&argv)));
            prop_assert_eq!(held.exec(), Some(argv.clone()));
        }
    }

    #[test]
    fn env_values_read_back(values in vec(line(), 1..4)) {
        let _watch = watch::Watch::over("env_values_read_back", &values);
        for keyword in ["ENV", "LABEL", "ARG"] {
            let pairs: Vec<String> = values.iter().map(|value| format!("K={}", quote::env_value(value))).collect();
            let held = instruction(&format!("{keyword} {}", pairs.join(" \\\n    ")));
            let read: Vec<String> = held.pairs().into_iter().map(|(_, value)| read(&value.unwrap())).collect();
            prop_assert_eq!(&read, &values);
        }
    }

    #[test]
    fn copy_operands_read_back(sources in vec(path(), 1..3), dest in "/[a-z$\"'\\\\ *]{0,5}/", other in path()) {
        let _watch = watch::Watch::over("copy_operands_read_back", &(&sources, &dest, &other));
        let held = instruction(&format!("COPY {}", quote::copy_operands(&sources, &[], &dest)));
        let mut operands: Vec<String> = held.words().iter().map(|word| read(word)).collect();
        prop_assert_eq!(operands.pop(), Some(dest));
        prop_assert_eq!(operands.len(), sources.len());
        for (operand, source) in operands.iter().zip(&sources) {
            let pattern = glob(operand).unwrap();
            prop_assert!(pattern.matches(source), "{operand} does not match {source}");
            prop_assert!(*source == other || !pattern.matches(&other), "{operand} matches {other}");
        }
    }

    #[test]
    fn plain_words_mean_themselves(word in r"[a-zA-Z0-9._/:@+=,~-]{1,8}") {
        let _watch = watch::Watch::over("plain_words_mean_themselves", &word);
        if quote::is_plain(&word) {
            prop_assert_eq!(read(&word), word.clone());
            prop_assert_eq!(words::split(&word, '\\'), vec![word.clone()]);
            prop_assert_eq!(instruction(&format!("COPY {word} {word}")).words(), vec![word.clone(), word]);
        }
    }

    #[test]
    fn comments_stay_comments(text in any::<String>()) {
        let _watch = watch::Watch::over("comments_stay_comments", &text);
        let dockerfile = parse(&format!("FROM a\n# {}\nRUN b\n", quote::comment(&text))).unwrap();
        prop_assert_eq!(dockerfile.stages[0].instructions.len(), 1);
        prop_assert_eq!(dockerfile.stages[0].instructions[0].line, 3);
    }

    #[test]
    fn the_parser_takes_any_text(text in prop_oneof![any::<String>(), pieces()]) {
        let _watch = watch::Watch::over("the_parser_takes_any_text", &text);
        if let Ok(dockerfile) = parse(&text) {
            lines_grow(&dockerfile);
            let repo = Repo::from_files([("a", "")]);
            lint(&dockerfile, &plan(&[]), &repo, &IgnoreFile::parse("a").unwrap());
        }
    }

    #[test]
    fn line_ends_do_not_matter(text in pieces()) {
        let _watch = watch::Watch::over("line_ends_do_not_matter", &text);
        let unix = text.replace('\r', "");
        let shape = |text: &str| parse(text).map(|dockerfile| {
            let shape = |held: &Instruction| (held.keyword.clone(), held.arguments.clone(), held.line, held.end_line);
            dockerfile.instructions().map(shape).collect::<Vec<_>>()
        });
        prop_assert_eq!(shape(&unix), shape(&unix.replace('\n', "\r\n")));
    }

    #[test]
    fn ignore_files_take_any_text(text in any::<String>(), path in any::<String>()) {
        let _watch = watch::Watch::over("ignore_files_take_any_text", &(&text, &path));
        if let Ok(file) = IgnoreFile::parse(&text) {
            file.deciding(&path);
            file.may_let_in_below(&path);
        }
    }

    #[test]
    fn a_literal_pattern_matches_its_path_alone(path in path(), other in path()) {
        let _watch = watch::Watch::over("a_literal_pattern_matches_its_path_alone", &(&path, &other));
        let file = IgnoreFile::parse(&literal(&path).unwrap()).unwrap();
        prop_assert!(file.hides(&path));
        let child = format!("{path}/below");
        prop_assert!(file.hides(&child));
        let below = other == path || other.starts_with(&format!("{path}/"));
        prop_assert_eq!(file.hides(&other), below);
    }

    #[test]
    fn a_last_exception_lets_in_and_a_last_pattern_hides(patterns in vec(pattern(), 0..5), path in path()) {
        let _watch = watch::Watch::over("a_last_exception_lets_in_and_a_last_pattern_hides", &(&patterns, &path));
        let own = literal(&path).unwrap();
        let with = |last: &str| IgnoreFile::parse(&format!("{}\n{last}{own}", patterns.join("\n"))).unwrap();
        prop_assert!(!with("!").hides(&path));
        prop_assert!(with("").hides(&path));
    }

    #[test]
    fn what_lies_in_a_hidden_folder_is_hidden(patterns in vec(pattern(), 0..5), folder in path(), name in "[ab]{1,2}") {
        let _watch = watch::Watch::over("what_lies_in_a_hidden_folder_is_hidden", &(&patterns, &folder, &name));
        let file = IgnoreFile::parse(&patterns.join("\n")).unwrap();
        if file.hides(&folder) && !file.may_let_in_below(&folder) {
            let below = format!("{folder}/{name}");
            prop_assert!(file.hides(&below));
        }
    }

    #[test]
    fn a_walk_sees_what_a_question_sees(patterns in vec(pattern(), 0..5), path in path()) {
        let _watch = watch::Watch::over("a_walk_sees_what_a_question_sees", &(&patterns, &path));
        let file = IgnoreFile::parse(&patterns.join("\n")).unwrap();
        let mut state = file.root();
        for end in path.match_indices('/').map(|(at, _)| at).chain([path.len()]) {
            state = file.below(&state, &path[..end]);
        }
        prop_assert_eq!(state.hidden(), file.hides(&path));
    }

    #[test]
    fn what_git_ignores_stays_out_and_nothing_else(lines in vec("/?(\\*\\*/)?[ab*]{1,2}(/[ab*?]{1,2}){0,2}/?", 0..4), path in "[ab]{1,2}(/[ab]{1,2}){0,3}") {
        let _watch = watch::Watch::over("what_git_ignores_stays_out_and_nothing_else", &(&lines, &path));
        let text = lines.join("\n");
        let mut builder = ignore::gitignore::GitignoreBuilder::new("/");
        for line in &lines {
            builder.add_line(None, line).unwrap();
        }
        let rules = builder.build().unwrap();
        // Not `matched_path_or_any_parents`, which also asks about the root: `*/` would match it.
        let parents = path.match_indices('/').rev().map(|(at, _)| rules.matched(&path[..at], true));
        let decides = [rules.matched(&path, false)].into_iter().chain(parents).find(|m| !m.is_none());
        let git = decides.is_some_and(|found| found.is_ignore());
        let repo = Repo::from_files([(path.as_str(), ""), (".gitignore", text.as_str())]);
        let file = RelPath::new(".dockerignore").unwrap();
        let planned = plan_ignore(&repo, &plan(&[]), &file, None, None).unwrap().text;
        let hidden = IgnoreFile::parse(&planned).unwrap().hides(&path);
        // "Folders only" cannot be said of a pattern with wildcards.
        let sure = !lines.iter().any(|line| line.ends_with('/') && line.contains(['*', '?']));
        prop_assert!(if sure { git == hidden } else { !git || hidden }, "git {git}, hidden {hidden}\n{text}\n->\n{planned}");
    }

    #[test]
    fn planning_keeps_what_is_read_and_hides_secrets(
        ignored in vec(pattern(), 0..4),
        theirs in prop_oneof![Just(None), vec(pattern(), 1..4).prop_map(|lines| Some(lines.join("\n")))],
        read in "[ab]{1,2}(/[ab]{1,2}){0,2}",
    ) {
        let _watch = watch::Watch::over("planning_keeps_what_is_read_and_hides_secrets", &(&ignored, &theirs, &read));
        let path = RelPath::new(".dockerignore").unwrap();
        let ignored = ignored.join("\n");
        let inside = format!("{read}/main");
        let repo = Repo::from_files([(inside.as_str(), ""), (".gitignore", ignored.as_str())]);
        let plan = plan(&[&read]);
        let once = plan_ignore(&repo, &plan, &path, theirs.as_deref().map(|text| Existing { file: &path, text }), None).unwrap().text;
        let file = IgnoreFile::parse(&once).unwrap();
        prop_assert!(!file.hides(&inside), "{once}");
        if theirs.is_none() {
            for secret in [".env".to_owned(), format!("{read}/.env.local"), format!("{read}/x/tls.key"), ".git/config".to_owned()] {
                prop_assert!(file.hides(&secret), "{secret}\n{once}");
            }
        }
        let twice = plan_ignore(&repo, &plan, &path, Some(Existing { file: &path, text: &once }), Some(&once)).unwrap().text;
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn planning_lets_in_what_is_compiled(
        theirs in vec(pattern(), 1..5).prop_map(|lines| lines.join("\n")),
        sources in vec("[ab]{1,2}(/[ab]{1,2}){0,2}", 1..3),
    ) {
        let _watch = watch::Watch::over("planning_lets_in_what_is_compiled", &(&theirs, &sources));
        let path = RelPath::new(".dockerignore").unwrap();
        let files: Vec<String> = sources.iter().map(|source| format!("{source}/main")).collect();
        let repo = Repo::from_files(files.iter().map(|file| (file.as_str(), "")));
        let mut plan = plan(&[]);
        plan.sources = sources;
        let held = |text| Some(Existing { file: &path, text });
        let once = plan_ignore(&repo, &plan, &path, held(&theirs), None).unwrap().text;
        let file = IgnoreFile::parse(&once).unwrap();
        for source in &plan.sources {
            prop_assert!(!file.hides(source), "{source}\n{once}");
            let secret = format!("{source}/.env");
            prop_assert!(file.hides(&secret), "{secret}\n{once}");
        }
        let twice = plan_ignore(&repo, &plan, &path, held(&once), Some(&once)).unwrap().text;
        prop_assert_eq!(once, twice);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[cfg(unix)]
    #[test]
    fn shell_words_read_back(argv in vec(line(), 1..5), first in "[a-z=]{1,5}") {
        let _watch = watch::Watch::over("shell_words_read_back", &(&argv, &first));
        let text = format!("printf '%s\\n' {}", quote::shell_words(&argv));
        let held = instruction(&format!("RUN {text}"));
        prop_assert_eq!(&held.arguments, &text);
        let output = Command::new("sh").args(["-c", &held.arguments]).env("HOME", "/home").output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        prop_assert_eq!(printed, argv.join("\n") + "\n");
        prop_assert_eq!(split_words(&quote::shell_words(&argv)).unwrap(), argv);
        // A first word with `=` is a program of that name, not a variable.
        let text = quote::shell_words(&[&first, "x"]);
        prop_assert_eq!(text.contains('\''), first.find('=').is_some_and(|at| at > 0), "{}", text);
    }
}

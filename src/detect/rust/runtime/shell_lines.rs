//! Programs in lines for a shell: `Command::new("sh").arg("-c").arg("git pull")`, and lines that the
//! code hands to a function of its own which does that.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::code::{Call, File, Function, Program as Source};
use crate::facts::Evidence;
use crate::shell;

/// Programs that run a line.
const SHELLS: [&str; 6] = ["sh", "ash", "dash", "bash", "/bin/sh", "/bin/bash"];

/// Flags before a line.
const FLAGS: [&str; 4] = ["-c", "-lc", "-ec", "-ic"];

/// Words before the program of a line.
const BEFORE: [&str; 5] = ["sudo", "exec", "env", "nohup", "time"];

/// How many tokens after the shell's name its line may stand.
const MAX_STATEMENT: usize = 120;

/// Maximum number of functions that hand a line on.
const MAX_RUNNERS: usize = 32;

/// The programs that lines for a shell start, each with its place.
pub(super) fn started(source: &Source) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    let mut runners: Vec<String> = Vec::new();
    for call in source.calls_named("new").filter(|call| call.package() == Some("Command")) {
        let text = source.argument(&call, 0).and_then(|value| value.text());
        if !text.is_some_and(|text| SHELLS.contains(&text.as_str())) {
            continue;
        }
        let file = &call.file;
        let from = file.closing(call.open);
        let end = (from..file.len().min(from + MAX_STATEMENT)).find(|at| file.word(*at) == ";");
        let end = end.unwrap_or(file.len().min(from + MAX_STATEMENT));
        let flag = (from..end).find(|at| is_flag(file, *at));
        let Some(flag) = flag else { continue };
        if !lines(file, flag + 1..end, &mut found) {
            runners.extend(runner(&call));
        }
    }
    let mut seen: BTreeSet<String> = BTreeSet::new();
    while let Some(name) = runners.pop() {
        if seen.len() >= MAX_RUNNERS || !seen.insert(name.clone()) {
            continue;
        }
        for call in source.calls_named(&name) {
            let file = &call.file;
            let inside = call.open + 1..file.closing(call.open);
            if lines(file, inside.clone(), &mut found) || defined(&call, &inside, &mut found) {
                continue;
            }
            let function = named_function(&call);
            let hands_on = function.is_some_and(|function| {
                let head = function.parameters..file.closing(function.parameters);
                let is_parameter = |at: usize| file.word(at + 1) == ":";
                let mut parameters = head.filter(|at| is_parameter(*at));
                parameters.any(|at| inside.clone().any(|here| file.word(here) == file.word(at)))
            });
            if hands_on {
                runners.extend(runner(&call));
            }
        }
    }
    found
}

/// The function around a call.
fn runner(call: &Call) -> Option<String> {
    Some(call.file.word(named_function(call)?.name).to_owned())
}

/// The innermost function with a name around a call.
fn named_function(call: &Call) -> Option<&Function> {
    call.file.facts().functions_around(call.at).find(|one| call.file.is_word(one.name))
}

fn is_flag(file: &File, at: usize) -> bool {
    file.string(at).is_some_and(|text| FLAGS.contains(&&*text))
}

/// The programs of the texts in a range; false where there is no text.
fn lines(file: &File, range: Range<usize>, found: &mut Vec<(String, Evidence)>) -> bool {
    let mut any = false;
    for at in range {
        let Some(text) = file.string(at).filter(|_| !is_flag(file, at)) else { continue };
        any = true;
        for part in text.split('|') {
            for command in shell::parse(part).commands {
                let mut words = command.argv.iter().map(String::as_str);
                let name = words.find(|word| !BEFORE.contains(word)).unwrap_or_default();
                let name = name.rsplit('/').next().unwrap_or_default();
                if !name.is_empty() {
                    let note = format!("starts `{name}` in a line for a shell");
                    found.push((name.to_owned(), file.evidence(at, note)));
                }
            }
        }
    }
    any
}

/// The programs of the text that a variable among the arguments was made of, in the same function.
fn defined(call: &Call, inside: &Range<usize>, found: &mut Vec<(String, Evidence)>) -> bool {
    let file = &call.file;
    let Some(function) = named_function(call) else { return false };
    let mut any = false;
    for at in inside.clone().filter(|at| file.is_word(*at)) {
        let all = file.facts().definitions_of(file, file.word(at));
        let before = &all[..all.partition_point(|one| one.name < call.at)];
        if let Some(definition) = before.last().filter(|one| function.range.contains(&one.name)) {
            any |= lines(file, definition.value.clone(), found);
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use crate::detect::rust;
    use crate::repo::Repo;

    fn packages(main: &str) -> Vec<String> {
        let manifest = "[package]\nname = \"p\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";
        let repo = Repo::from_files([("Cargo.toml", manifest), ("src/main.rs", main)]);
        let facts = (rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let packages = facts.programs[0].needs.packages.iter();
        packages.map(|package| package.value.clone()).collect()
    }

    const RUN: &str =
        "fn run_shell(line: &str) { Command::new(\"sh\").arg(\"-c\").arg(line).output(); }\n";

    #[test]
    fn the_program_of_a_line() {
        for (main, expected) in [
            ("fn main() { run_shell(&format!(\"git clone {url} /tmp/x\")); }", vec!["git"]),
            (
                "fn main() { let line = format!(\"cd {dir} && git pull\"); run_shell(&line); }",
                vec!["git"],
            ),
            (
                "fn again(a: &str, l: &str) { run_shell(l) } fn main() { again(\"x\", \"ip addr | grep x\"); }",
                vec!["iproute2"],
            ),
            (
                "fn main() { Command::new(\"bash\").args([\"-c\", \"echo a; ffmpeg -i b\"]).spawn(); }",
                vec!["bash", "ffmpeg"],
            ),
            ("fn main() { run_shell(\"echo done\"); other(\"git clone x\"); }", vec![]),
            ("fn main() { run_shell(&format!(\"{tool} -v\")); }", vec![]),
        ] {
            let mut found = packages(&format!("{RUN}{main}"));
            found.sort();
            assert_eq!(found, expected, "{main}");
        }
    }
}

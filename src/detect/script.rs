//! Scripts of the repository that a program starts.

use crate::path::RelPath;
use crate::repo::Repo;
use crate::shell;

/// Maximum length of the line that names an interpreter.
const MAX_LINE: usize = 128;

/// The program that a script's first line names: `#!/bin/sh`, `#!/usr/bin/env python3`.
pub(crate) fn interpreter(repo: &Repo, path: &RelPath) -> Option<String> {
    let text = repo.text(path).ok()??;
    let line = text.lines().next()?.strip_prefix("#!").filter(|line| line.len() < MAX_LINE)?;
    let mut words = line.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
    let first = words.next()?;
    let name = if first == "env" {
        words.find(|word| !word.starts_with('-') && !word.contains('='))?
    } else {
        first
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_+".contains(c);
    (!name.is_empty() && name.chars().all(plain)).then(|| name.to_owned())
}

/// Words before a command: of the shell, and programs that run it.
const BEFORE: [&str; 13] = [
    "if", "then", "else", "elif", "while", "until", "do", "!", "sudo", "exec", "env", "nohup",
    "time",
];

/// Maximum number of lines of a script.
const MAX_LINES: usize = 400;

/// The programs that a script for a shell starts, each with its line.
pub(crate) fn started(repo: &Repo, path: &RelPath) -> Vec<(String, u32)> {
    let text = repo.text(path).ok().flatten().unwrap_or_default();
    let mut found: Vec<(String, u32)> = Vec::new();
    for (number, line) in shell::lines(&text).into_iter().take(MAX_LINES) {
        // A command in the place of a text is one of its own.
        let apart = line.replace("$(", "\n").replace('`', "\n");
        let comment = line.trim_start().starts_with('#');
        for part in apart.split(['|', '\n']).filter(|_| !comment) {
            for command in shell::parse(part).commands {
                let mut words = command.argv.iter().map(String::as_str);
                let name = words.find(|word| !BEFORE.contains(word)).unwrap_or_default();
                let name = name.rsplit('/').next().unwrap_or_default().to_owned();
                if !name.is_empty() && found.iter().all(|(held, _)| *held != name) {
                    found.push((name, number + 1));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_of_a_script() {
        let text = "#!/bin/sh\n# wget x\nif ! curl -f x | jq .a; then\n  v=$(yq e .b c)\nfi\n\
                    /usr/bin/rsync a b && sudo tar x\n";
        let repo = Repo::from_files([("run.sh", text)]);
        let found = started(&repo, &RelPath::new("run.sh").unwrap());
        let line = |name: &str| found.iter().find(|(held, _)| held == name).map(|(_, line)| *line);
        assert_eq!(["curl", "jq", "yq", "rsync", "tar"].map(line), [3, 3, 4, 6, 6].map(Some));
        assert_eq!(["wget", "sudo"].map(line), [None, None]);
    }

    #[test]
    fn the_first_line_names_the_interpreter() {
        let read = |text: &str| {
            let repo = Repo::from_files([("run", text)]);
            interpreter(&repo, &RelPath::new("run").unwrap())
        };
        assert_eq!(read("#!/bin/sh\n").as_deref(), Some("sh"));
        assert_eq!(read("#! /usr/bin/env -S A=1 python3 -u\n").as_deref(), Some("python3"));
        assert_eq!(read("echo\n"), None);
        assert_eq!(read("#!/bin/a`b\n"), None);
        assert_eq!(read(""), None);
    }
}

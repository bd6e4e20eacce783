//! Scripts of the repository that a program starts.

use crate::path::RelPath;
use crate::repo::Repo;

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

#[cfg(test)]
mod tests {
    use super::*;

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

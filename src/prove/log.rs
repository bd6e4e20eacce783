//! What the log of a program says is missing.

use anyhow::Result;

use super::catalog::{What, catalog};

/// Number of lines that are searched, and of bytes of each.
const MAX_LINES: usize = 400;
const MAX_LINE: usize = 2_000;

/// Number of things that are taken from one log.
const MAX_FOUND: usize = 50;

/// A missing thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// A name of one of the kinds of the catalog.
    Named {
        /// The kind.
        what: What,
        /// The name: a path, a program, a library, a host.
        name: String,
        /// The name is a folder's, by the operation that failed.
        folder: bool,
        /// The line.
        line: String,
    },
    /// A variable of the environment.
    Variable {
        /// Its name.
        name: String,
        /// The line.
        line: String,
    },
}

/// What the lines say is missing, without repetitions, in their order.
///
/// # Errors
/// None in practice: the catalog is compiled in.
pub(super) fn missing(lines: &[String]) -> Result<Vec<Missing>> {
    let catalog = catalog()?;
    let mut found: Vec<Missing> = Vec::new();
    for line in &lines[lines.len().saturating_sub(MAX_LINES)..] {
        let line: String = line.chars().take(MAX_LINE).collect();
        let named = catalog.missing.iter().find_map(|row| {
            let name = between(&line, &row.before, &row.after)?;
            // The slash of an absolute path may be part of the words before it.
            let name =
                if row.before.ends_with("'/") { format!("/{name}") } else { name.to_owned() };
            is_name(row.kind, &name).then_some((row, name))
        });
        let one = match named {
            Some((row, name)) => {
                Some(Missing::Named { what: row.kind, name, folder: row.folder, line })
            }
            None => variable(&line)?.map(|name| Missing::Variable { name, line }),
        };
        let Some(one) = one else { continue };
        if found.len() < MAX_FOUND && !found.iter().any(|held| held.same(&one)) {
            found.push(one);
        }
    }
    Ok(found)
}

impl Missing {
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Named { what, name, .. }, Self::Named { what: kind, name: word, .. }) => {
                (what, name) == (kind, word)
            }
            (Self::Variable { name, .. }, Self::Variable { name: word, .. }) => name == word,
            _ => false,
        }
    }
}

/// The text between two others. The end is looked for first if it says more than a quote.
fn between<'l>(line: &'l str, before: &str, after: &str) -> Option<&'l str> {
    if after.is_empty() {
        let rest = line.split_once(before)?.1;
        return rest.split([' ', ',', ';', '\'', '"', ')']).next().filter(|name| !name.is_empty());
    }
    if after.len() > 2 {
        let (head, _) = line.split_once(after)?;
        let name = if before.is_empty() {
            head.rsplit([' ', '(', '"', '\'']).next()?
        } else {
            match head.rsplit_once(before) {
                Some((_, name)) => name,
                None if before == " " => head,
                None => return None,
            }
        };
        return Some(name.trim_matches(['\'', '"', '`'])).filter(|name| !name.is_empty());
    }
    let (name, _) = line.split_once(before)?.1.split_once(after)?;
    Some(name).filter(|name| !name.is_empty())
}

/// True if a text can be a name of that kind: what a log prints may be anything.
fn is_name(what: What, name: &str) -> bool {
    let plain = !name.is_empty() && name.len() <= 400 && !name.chars().any(char::is_control);
    plain
        && match what {
            What::File | What::Unwritable => {
                !name.contains("://") && !name.contains(", ") && !name.contains('\0')
            }
            What::Library => name.contains(".so"),
            What::Module | What::Program | What::Host => !name.contains(char::is_whitespace),
        }
}

/// The variable that a line says is missing.
fn variable(line: &str) -> Result<Option<String>> {
    let rows = &catalog()?.variable;
    let small = line.to_lowercase();
    if !rows.words.iter().any(|words| small.contains(&words.to_lowercase())) {
        return Ok(None);
    }
    let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let mut candidates: Vec<&str> = words
        .filter(|word| {
            word.len() > 2
                && word.starts_with(|c: char| c.is_ascii_uppercase())
                && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
                && !rows.never.iter().any(|never| never == word)
        })
        .collect();
    // A name of several words is likelier to be a variable's.
    candidates.sort_by_key(|word| !word.contains('_'));
    Ok(candidates.first().map(|word| (*word).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Option<(Option<What>, String)> {
        let found = missing(&[line.to_owned()]).unwrap();
        found.into_iter().next().map(|one| match one {
            Missing::Named { what, name, .. } => (Some(what), name),
            Missing::Variable { name, .. } => (None, name),
        })
    }

    #[test]
    fn names_are_taken_out_of_lines() {
        for (line, what, name) in [
            (
                "Error: ENOENT: no such file or directory, open '/app/conf/a b.yml'",
                What::File,
                "/app/conf/a b.yml",
            ),
            ("panic: open views/x.html: no such file or directory", What::File, "views/x.html"),
            ("java.nio.file.NoSuchFileException: data/x.csv", What::File, "data/x.csv"),
            (
                "Caused by: java.io.FileNotFoundException: rules.xml (No such file or directory)",
                What::File,
                "rules.xml",
            ),
            (
                "cannot read rules.toml: No such file or directory (os error 2)",
                What::File,
                "rules.toml",
            ),
            (
                "Error: Cannot find module '/app/plugins/alpha.js'",
                What::File,
                "/app/plugins/alpha.js",
            ),
            ("Error: Cannot find module 'pg'", What::Module, "pg"),
            ("Error: spawn convert ENOENT", What::Program, "convert"),
            ("exec: \"pdftotext\": executable file not found in $PATH", What::Program, "pdftotext"),
            (
                "java.io.IOException: Cannot run program \"git\": error=2, No such file or directory",
                What::Program,
                "git",
            ),
            (
                "/app/x: error while loading shared libraries: libpq.so.5: cannot open shared object file: No such file",
                What::Library,
                "libpq.so.5",
            ),
            (
                "Error: libvips-cpp.so.42: cannot open shared object file",
                What::Library,
                "libvips-cpp.so.42",
            ),
            ("EACCES: permission denied, mkdir '/data'", What::Unwritable, "/data"),
            ("mkdir /srv/x: permission denied", What::Unwritable, "/srv/x"),
            ("open /app/x.db: read-only file system", What::Unwritable, "/app/x.db"),
            ("java.nio.file.AccessDeniedException: /srv/q", What::Unwritable, "/srv/q"),
            ("Error: ENOENT: no such file or directory, watch 'c.js'", What::File, "c.js"),
            (
                "FileNotFoundError: [Errno 2] No such file or directory: '/app/conf.ini'",
                What::File,
                "/app/conf.ini",
            ),
            ("ModuleNotFoundError: No module named 'yaml'", What::Module, "yaml"),
            (
                "error: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'",
                What::Program,
                "x86_64-linux-gnu-gcc",
            ),
            (
                "PermissionError: [Errno 13] Permission denied: '/app/logs'",
                What::Unwritable,
                "/app/logs",
            ),
            ("getaddrinfo ENOTFOUND db", What::Host, "db"),
            ("Error: connect ECONNREFUSED 127.0.0.1:5432", What::Host, "127.0.0.1:5432"),
            ("dial tcp: lookup cache on 127.0.0.11:53: no such host", What::Host, "cache"),
        ] {
            assert_eq!(found(line), Some((Some(what), name.to_owned())), "{line}");
        }
    }

    #[test]
    fn variables_are_words_in_capitals() {
        for (line, name) in [
            ("FATAL: LICENSE_KEY must be set", "LICENSE_KEY"),
            ("thread 'main' panicked: GREETING: NotPresent", "GREETING"),
            ("Error: missing required environment variable API_TOKEN", "API_TOKEN"),
            ("KeyError: 'SHOP_KEY'", "SHOP_KEY"),
        ] {
            assert_eq!(found(line), Some((None, name.to_owned())), "{line}");
        }
        for line in ["listening on 3000", "ERROR: not found", "GET /x 404 not found", ""] {
            assert_eq!(found(line), None, "{line}");
        }
    }

    #[test]
    fn what_a_log_prints_is_bounded() {
        let long = "open ".repeat(100_000) + ": no such file or directory";
        assert!(missing(&vec![long; 10]).unwrap().len() <= 1);
        let many: Vec<String> =
            (0..1000).map(|n| format!("open /x{n}: no such file or directory")).collect();
        assert_eq!(missing(&many).unwrap().len(), MAX_FOUND);
        assert_eq!(found("open /a\u{7}b: no such file or directory"), None);
    }
}

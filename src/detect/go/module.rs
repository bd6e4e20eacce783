//! go.mod and go.work, with lines: <https://go.dev/ref/mod#go-mod-file>,
//! <https://go.dev/ref/mod#workspaces>.

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::path::RelPath;
use crate::repo::excerpt;

/// A value with its line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) line: u32,
}

/// A `require` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Require {
    pub(super) path: String,
    pub(super) version: String,
    pub(super) line: u32,
}

/// A `replace` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Replace {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) line: u32,
}

impl Replace {
    /// True if the target is a folder: it begins with `./`, `../` or `/`.
    pub(super) fn is_local(&self) -> bool {
        self.to == "."
            || self.to == ".."
            || ["./", "../", "/"].iter().any(|prefix| self.to.starts_with(prefix))
    }
}

/// The content of a go.mod or go.work.
#[derive(Clone, Debug, Default)]
pub(super) struct Manifest {
    /// The `module` line; a go.work has none.
    pub(super) module: Option<At<String>>,
    pub(super) go: Option<At<String>>,
    pub(super) toolchain: Option<At<String>>,
    pub(super) requires: Vec<Require>,
    pub(super) replaces: Vec<Replace>,
    /// The `use` lines of a go.work.
    pub(super) uses: Vec<At<String>>,
    /// The `tool` lines: packages that `go tool` runs.
    pub(super) tools: Vec<String>,
}

/// Parses go.mod.
pub(super) fn parse_mod(path: &RelPath, text: &str) -> Result<Manifest> {
    let manifest = parse(path, text)?;
    if manifest.module.is_none() {
        bail!("{path}: no `module` line: `go mod init` writes one");
    }
    Ok(manifest)
}

/// Parses go.work.
pub(super) fn parse_work(path: &RelPath, text: &str) -> Result<Manifest> {
    parse(path, text)
}

fn parse(path: &RelPath, text: &str) -> Result<Manifest> {
    let mut manifest = Manifest::default();
    let mut block: Option<(String, u32)> = None;
    for (number, raw) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let line = u32::try_from(number + 1).unwrap_or(u32::MAX);
        let mut words = match split(raw) {
            Ok(words) => words,
            Err(what) => bail!("{path}:{line}: {what}; `go mod edit` cannot read it either"),
        };
        if words.is_empty() {
            continue;
        }
        match &block {
            Some(_) if words == [")"] => block = None,
            Some((verb, _)) => {
                let verb = verb.clone();
                manifest.add(path, line, &verb, &words)?;
            }
            None => {
                let verb = words.remove(0);
                if words == ["("] {
                    block = Some((verb, line));
                } else {
                    manifest.add(path, line, &verb, &words)?;
                }
            }
        }
    }
    if let Some((verb, line)) = block {
        bail!("{path}:{line}: the block `{} (` is not closed", excerpt(&verb));
    }
    Ok(manifest)
}

impl Manifest {
    fn add(&mut self, path: &RelPath, line: u32, verb: &str, words: &[String]) -> Result<()> {
        let one = || -> Result<At<String>> {
            match words {
                [value] => Ok(At { value: value.clone(), line }),
                _ => bail!("{path}:{line}: `{}` takes one value", excerpt(verb)),
            }
        };
        match verb {
            "module" => self.module = Some(one()?),
            "go" => {
                let go = one()?;
                if !go.value.starts_with(|c: char| c.is_ascii_digit()) {
                    bail!(
                        "{path}:{line}: `go {}` is not a Go version: write `go MAJOR.MINOR` or `go MAJOR.MINOR.PATCH`",
                        excerpt(&go.value)
                    );
                }
                self.go = Some(go);
            }
            "toolchain" => self.toolchain = Some(one()?),
            "require" => match words {
                [module, version] => {
                    let (path, version) = (module.clone(), version.clone());
                    self.requires.push(Require { path, version, line });
                }
                _ => bail!("{path}:{line}: `require` takes a module and a version"),
            },
            "replace" => {
                let Some(arrow) = words.iter().position(|w| w == "=>") else {
                    bail!("{path}:{line}: `replace` takes `old => new`");
                };
                let (Some(from), Some(to)) = (words.first(), words.get(arrow + 1)) else {
                    bail!("{path}:{line}: `replace` takes `old => new`");
                };
                self.replaces.push(Replace { from: from.clone(), to: to.clone(), line });
            }
            "use" => self.uses.push(one()?),
            "tool" => self.tools.push(one()?.value),
            // The go command itself follows these lines during the build.
            "exclude" | "retract" | "godebug" | "ignore" | "default" => {}
            other => bail!(
                "{path}:{line}: unknown directive `{}`{}",
                excerpt(other),
                if other.starts_with("<<<<") { ": an unresolved merge conflict" } else { "" }
            ),
        }
        Ok(())
    }
}

/// The words of a line without its comment. Parentheses are words of their own.
fn split(line: &str) -> std::result::Result<Vec<String>, &'static str> {
    let mut words: Vec<String> = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with("//") {
        if let Some(quoted) = rest.strip_prefix(['"', '`']) {
            let quote = &rest[..1];
            let end = quoted.find(quote).ok_or("a quote is not closed")?;
            words.push(quoted[..end].to_owned());
            rest = &quoted[end + 1..];
        } else if rest.starts_with(['(', ')']) {
            words.push(rest[..1].to_owned());
            rest = &rest[1..];
        } else {
            let end = rest
                .char_indices()
                .find(|&(at, c)| {
                    c.is_whitespace()
                        || c == '('
                        || c == ')'
                        || rest[at..].starts_with("//") && at == 0
                })
                .map_or(rest.len(), |(at, _)| at);
            words.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

/// The last element of a module path that names something. `/v2` is dropped, and so is the `.v2`
/// of gopkg.in.
pub(super) fn short_name(module: &str) -> &str {
    let is_major = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()))
    };
    let mut parts = module.trim_end_matches('/').rsplit('/');
    let last = parts.next().unwrap_or(module);
    let name = if is_major(last) { parts.next().unwrap_or(last) } else { last };
    match name.rsplit_once('.') {
        Some((head, tail))
            if is_major(tail) || ["app", "com", "org", "io", "net", "dev"].contains(&tail) =>
        {
            head
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> RelPath {
        RelPath::new("go.mod").unwrap()
    }

    #[test]
    fn reads_lines_and_blocks() {
        let text = "// c\nmodule example.com/a/v2 // x\n\ngo 1.26.1\ntoolchain go1.27.0\nrequire a.b/c v1.0.0 // indirect\nrequire (\n\t\"d.e/f\" v1.2.3\n)\nreplace (\n  d.e/f v1.2.3 => ../f\n)\nreplace a.b/c => ./c\ntool a.b/c/cmd/x\nretract [v1.0.0, v1.1.0]\nexclude a v1\nignore ./web\n";
        let manifest = parse_mod(&path(), text).unwrap();
        assert_eq!(manifest.module.unwrap(), At { value: "example.com/a/v2".into(), line: 2 });
        assert_eq!(manifest.go.unwrap().line, 4);
        assert_eq!(manifest.toolchain.unwrap().value, "go1.27.0");
        assert_eq!(
            manifest.requires[1],
            Require { path: "d.e/f".into(), version: "v1.2.3".into(), line: 8 }
        );
        assert_eq!(manifest.replaces[0].to, "../f");
        assert!(manifest.replaces.iter().all(Replace::is_local));
        assert_eq!(manifest.tools, ["a.b/c/cmd/x"]);
    }

    #[test]
    fn reads_a_workspace() {
        let manifest =
            parse_work(&path(), "go 1.27\nuse ./a\nuse (\n\t./b // c\n\t../x\n)\n").unwrap();
        assert_eq!(
            manifest.uses.iter().map(|u| u.value.as_str()).collect::<Vec<_>>(),
            ["./a", "./b", "../x"]
        );
    }

    #[test]
    fn broken_manifests_name_the_line() {
        for (text, expected) in [
            ("module a\nrequire (\n x v1\n", "go.mod:2: the block"),
            ("go 1.27\n", "no `module` line"),
            ("module a\n<<<<<<< HEAD\n", "go.mod:2: unknown directive `<<<<<<<`: an unresolved"),
            ("module a\ngo one\n", "go.mod:2: `go one`"),
            ("module a\nrequire x\n", "go.mod:2: `require` takes"),
            ("module \"a\n", "go.mod:1: a quote"),
            ("module a\nreplace x ../x\n", "go.mod:2: `replace` takes"),
        ] {
            let error = parse_mod(&path(), text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn short_names() {
        for (module, name) in [
            ("github.com/usr/memo", "memo"),
            ("miniflux.app/v2", "miniflux"),
            ("example.com/x/v10", "x"),
            ("gopkg.in/yaml.v3", "yaml"),
            ("app", "app"),
            ("v2", "v2"),
        ] {
            assert_eq!(short_name(module), name);
        }
    }
}

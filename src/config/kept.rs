//! What a proof needed to start the program, kept under `[verify]`, so that `dockgen verify` starts
//! it too. Comments, order and everything else in the file stay.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use anyhow::{Result, bail};
use serde::Deserialize;
use toml::{Spanned, Value};

use super::Config;
use super::verify::Service;
use crate::path::RelPath;

const HEAD: &str = "# What the program needed when it was proved. It is for test runs alone: nothing of it is in the image.
";

/// The settings of the runs. What is absent or empty is left as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Environment: `KEY=VALUE`.
    pub env: Vec<String>,
    /// Arguments that replace the image's.
    pub args: Option<Vec<String>>,
    /// A path that answers.
    pub health: Option<String>,
    /// Commands before the program, as shell words.
    pub prepare: Vec<String>,
    /// The container's memory.
    pub memory: Option<String>,
    /// How long the start may take.
    pub boot_seconds: Option<u64>,
    /// Services by their names. Those that the file has stay.
    pub services: BTreeMap<String, Service>,
}

/// The entries of the table with their places.
#[derive(Debug, Default, Deserialize)]
struct Places {
    #[serde(default)]
    verify: BTreeMap<Spanned<String>, Spanned<Value>>,
}

impl Config {
    /// The text of a dockgen.toml at `path`, with these settings in it.
    ///
    /// # Errors
    /// If the settings are written in a way that cannot be changed, such as one inline table.
    pub(crate) fn keeping(path: &RelPath, text: &str, kept: &Kept) -> Result<String> {
        let held = Self::parse(path.clone(), Some(text))?.verify;
        let places: Places = toml::from_str(text).unwrap_or_default();
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let mut added = String::new();
        let list = |items: &[String]| Value::from(items.to_vec());
        let whole = |number: u64| i64::try_from(number).ok().map(Value::from);
        let wanted: [(&str, Option<Value>, bool); 6] = [
            ("env", Some(list(&kept.env)), kept.env.is_empty() || kept.env == held.env),
            ("args", kept.args.as_deref().map(list), kept.args == held.args),
            ("health", kept.health.clone().map(Value::from), kept.health == held.health),
            (
                "prepare",
                Some(list(&kept.prepare)),
                kept.prepare.is_empty() || kept.prepare == held.prepare,
            ),
            ("memory", kept.memory.clone().map(Value::from), kept.memory == held.memory),
            (
                "boot-seconds",
                kept.boot_seconds.and_then(whole),
                kept.boot_seconds == held.boot_seconds,
            ),
        ];
        for (key, value, same) in wanted {
            let Some(value) = value.filter(|_| !same) else { continue };
            let entry = format!("{key} = {}", shown(&value));
            match places.verify.iter().find(|(word, _)| word.get_ref() == key) {
                Some((word, old)) => edits.push((word.span().start..old.span().end, entry)),
                None => added.push_str(&(entry + "\n")),
            }
        }
        let mut new = text.to_owned();
        if !added.is_empty() {
            match below_head(text) {
                Some(at) => {
                    let broken = !text[..at].ends_with('\n');
                    edits.push((at..at, if broken { format!("\n{added}") } else { added }));
                }
                None => new = appended(&new, &format!("{HEAD}[verify]\n{added}")),
            }
        }
        edits.sort_by_key(|(span, _)| std::cmp::Reverse((span.start, span.end)));
        for (span, entry) in edits {
            new.replace_range(span, &entry);
        }
        for (name, service) in &kept.services {
            if !held.services.contains_key(name) {
                new = appended(&new, &table(name, service));
            }
        }
        let read = Self::parse(path.clone(), Some(&new)).map(|config| config.verify);
        let holds = read.is_ok_and(|read| {
            (kept.env.is_empty() || read.env == kept.env)
                && (kept.args.is_none() || read.args == kept.args)
                && (kept.prepare.is_empty() || read.prepare == kept.prepare)
                && kept.services.keys().all(|name| read.services.contains_key(name))
        });
        if !holds {
            bail!(
                "{path}: dockgen cannot keep what the program needed as `verify` is written there: write its settings \
                 below a line `[verify]`, one on each line"
            );
        }
        Ok(new)
    }
}

/// Where the first entry of the table can be added.
fn below_head(text: &str) -> Option<usize> {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        let word: String = line.split('#').next()?.chars().filter(|c| *c != ' ').collect();
        if word.trim() == "[verify]" {
            return Some(at);
        }
    }
    None
}

fn appended(text: &str, more: &str) -> String {
    let mut text = text.to_owned();
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text + more
}

/// A value; a list of several items with one on each line.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) if items.len() > 1 => {
            let lines: Vec<String> = items.iter().map(|item| format!("  {item},\n")).collect();
            format!("[\n{}]", lines.concat())
        }
        other => other.to_string(),
    }
}

fn table(name: &str, service: &Service) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let key = if name.chars().all(plain) { name.to_owned() } else { Value::from(name).to_string() };
    let mut text =
        format!("[verify.services.{key}]\nimage = {}\n", Value::from(service.image.as_str()));
    for (word, items) in [("env", &service.env), ("args", &service.args)] {
        if !items.is_empty() {
            writeln!(text, "{word} = {}", shown(&Value::from(items.clone()))).ok();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(text: &str, kept: &Kept) -> String {
        let path = RelPath::new(super::super::FILE).unwrap();
        let new = Config::keeping(&path, text, kept).unwrap();
        assert_eq!(Config::keeping(&path, &new, kept).unwrap(), new, "it changes again");
        new
    }

    fn needs() -> Kept {
        let service = Service {
            image: "postgres:18".to_owned(),
            env: vec!["A=\"x\"".to_owned(), "B=y".to_owned()],
            args: Vec::new(),
        };
        Kept {
            env: vec!["K=a b".to_owned(), "L=\u{202e}".to_owned()],
            args: Some(vec!["serve".to_owned()]),
            health: Some("/up".to_owned()),
            prepare: vec!["/bin/x migrate".to_owned()],
            memory: Some("1g".to_owned()),
            boot_seconds: Some(90),
            services: [("my.db".to_owned(), service)].into(),
        }
    }

    #[test]
    fn an_empty_file_gets_the_table_and_says_what_it_is_for() {
        let text = kept("", &needs());
        assert!(text.starts_with("# What the program needed"), "{text}");
        assert!(text.contains("[verify]\nenv = [\n  \"K=a b\",\n"), "{text}");
        assert!(
            text.contains("\n\n[verify.services.\"my.db\"]\nimage = \"postgres:18\"\n"),
            "{text}"
        );
        assert_eq!(kept("", &Kept::default()), "");
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let text = "# a\n[answers]\nport = 80\n\n[verify] # mine\nenv = ['K=1'] # one\nbudget-mb = 3\n\n\
                    [verify.services.db]\nimage = 'mine'\n";
        let mut needs = needs();
        needs.services.insert("db".to_owned(), Service::default());
        let new = kept(text, &needs);
        assert!(
            new.starts_with("# a\n[answers]\nport = 80\n\n[verify] # mine\nargs = [\"serve\"]\n"),
            "{new}"
        );
        assert!(
            new.contains("] # one\nbudget-mb = 3\n") && new.contains("image = 'mine'"),
            "{new}"
        );
        assert_eq!(new.matches("[verify.services.").count(), 2, "{new}");
        let services = "[verify.services.db]\nimage = 'mine'";
        assert!(kept(services, &needs).contains("image = 'mine'\n\n# What"), "{services}");
    }

    #[test]
    fn settings_in_one_line_are_left_to_a_person() {
        let path = RelPath::new(super::super::FILE).unwrap();
        let error = Config::keeping(&path, "verify = { health = '/x' }\n", &needs()).unwrap_err();
        assert!(error.to_string().contains("`[verify]`"), "{error}");
    }
}

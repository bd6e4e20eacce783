//! Arguments that belong to one deployment: addresses of services beside the program, secrets, and
//! what documentation writes for a value that the reader chooses.

use std::collections::BTreeSet;

use super::is_listening;
use crate::recipes::{Recipe, Run};

/// Words in the names of flags whose values must not be in an image.
const SECRET: [&str; 7] =
    ["secret", "token", "password", "passwd", "apikey", "api-key", "private-key"];

/// Words that documentation writes in capitals for a value.
const VALUES: [&str; 20] = [
    "ADDRESS", "CONF", "CONFIG", "DIR", "DOMAIN", "FILE", "FOLDER", "HOST", "HOSTNAME", "ID", "IP",
    "KEY", "NAME", "PASSWORD", "PATH", "PORT", "SECRET", "TOKEN", "URL", "USER",
];

/// Parts of values that stand for others.
const STANDING: [&str; 9] = [
    "xxx",
    "your-",
    "your_",
    "changeme",
    "change-me",
    "change_me",
    "path/to/",
    "example.com",
    "example.org",
];

/// The words for the image, and those that one deployment chose, with the reason.
pub(in crate::recipes) fn split(
    run: &Run,
    words: Vec<String>,
    names: &BTreeSet<&str>,
) -> (Vec<String>, Option<(String, &'static str)>) {
    let (mut kept, mut left, mut why) = (Vec::<String>::new(), Vec::new(), None);
    for word in words {
        let before = kept.last().filter(|flag| is_open(flag)).cloned();
        let (flag, value) = match (word.split_once('='), &before) {
            (Some((flag, value)), _) if flag.starts_with('-') => (flag, value),
            (_, Some(flag)) => (flag.as_str(), word.as_str()),
            _ => ("", word.as_str()),
        };
        let Some(reason) = reason(run, flag, value, names) else {
            kept.push(word);
            continue;
        };
        // The flag goes with its value.
        let alone = !flag.is_empty() && !word.starts_with('-');
        left.extend(kept.pop_if(|_| alone));
        left.push(word);
        why.get_or_insert(reason);
    }
    (kept, why.map(|why| (left.join(" "), why)))
}

/// True for a flag whose value may be the next word.
fn is_open(word: &str) -> bool {
    word.starts_with('-') && !word.contains('=')
}

fn reason(run: &Run, flag: &str, value: &str, names: &BTreeSet<&str>) -> Option<&'static str> {
    if run.by == Recipe::Docs && stands_for_another(flag, value) {
        return Some("documentation shows where a value of your own goes");
    }
    if !flag.is_empty() && is_example(value) {
        return Some("the value is an example, in place of one of your own");
    }
    let name = flag.trim_start_matches('-').to_ascii_lowercase();
    let is_file = value.contains('/') || value.is_empty();
    if SECRET.iter().any(|word| name.contains(word)) && !is_file {
        return Some("whoever has the image can read what its command line holds");
    }
    let of_example = |host: &str| {
        run.by == Recipe::Docs
            && host != "localhost"
            && host.chars().all(|c| c.is_ascii_alphabetic())
    };
    if !flag.is_empty() && !is_listening(flag) && hosts(value).any(of_example) {
        return Some("the host is the name of a service beside the program");
    }
    let calls = !is_listening(flag) && hosts(value).any(|host| names.contains(host));
    calls.then_some("the host is a service that this file starts beside the program")
}

/// Names that examples give to people, things and places, with a number or alone.
const NUMBERED: [&str; 8] =
    ["user", "name", "username", "host", "domain", "value", "item", "group"];
const EXAMPLES: [&str; 7] = ["foo", "bar", "baz", "example", "placeholder", "somebody", "someuser"];

/// True for a name that only an example has: `user1`, `foo`.
fn is_example(value: &str) -> bool {
    let base = value.trim_end_matches(|c: char| c.is_ascii_digit());
    EXAMPLES.contains(&base) || NUMBERED.contains(&base) && base.len() < value.len()
}

/// True for a value that the reader of documentation replaces: `SECRET_PREFIX`, `your-domain`.
fn stands_for_another(flag: &str, value: &str) -> bool {
    let capital = value.len() > 1
        && value.chars().all(|c| c.is_ascii_uppercase() || matches!(c, '_' | '-'))
        && value.split(['_', '-']).any(|word| VALUES.contains(&word) || word == "YOUR");
    let lower = value.to_ascii_lowercase();
    // A subcommand has a name of its own.
    (!flag.is_empty() || value.contains(['/', '_', '-', '.']))
        && (capital || STANDING.iter().any(|part| lower.contains(part)))
}

/// What may be a host in a value: `db` of `postgres://shop@db:5432/shop`, `redis` of `redis:6379`.
fn hosts(value: &str) -> impl Iterator<Item = &str> {
    let edge = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    value.split(edge).filter(move |host| {
        let at = host.as_ptr() as usize - value.as_ptr() as usize;
        let (before, behind) = (&value[..at], &value[at + host.len()..]);
        let port =
            behind.strip_prefix(':').is_some_and(|r| r.starts_with(|c: char| c.is_ascii_digit()));
        !host.is_empty() && (before.ends_with("//") || before.ends_with('@') || port)
    })
}

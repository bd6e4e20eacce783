//! Rules about single instructions.

use super::{Found, Subject, scope};

/// Parts of a name, between underscores, that indicate a secret: the list of Docker's check
/// `SecretsUsedInArgOrEnv`.
const SECRET: [&str; 10] = [
    "apikey",
    "auth",
    "credential",
    "credentials",
    "key",
    "password",
    "pword",
    "passwd",
    "secret",
    "token",
];

/// Parts that make such a name harmless.
const HARMLESS: [&str; 3] = ["public", "file", "version"];

/// True if the name of a variable indicates a secret.
pub fn is_secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let has = |words: &[&str]| lower.split('_').any(|part| words.contains(&part));
    has(&SECRET) && !has(&HARMLESS)
}

pub(super) fn secrets(subject: &Subject) -> Vec<Found> {
    let mut found = Vec::new();
    for held in
        subject.file.instructions().filter(|held| matches!(held.keyword.as_str(), "ARG" | "ENV"))
    {
        for (name, _) in held.pairs() {
            if is_secret_name(&name) {
                let lower = name.to_ascii_lowercase();
                let message = format!(
                    "{} {name} looks like a secret: its value can be read from the image; pass it when the container \
                     starts, or to a build step by `RUN --mount=type=secret,id={lower}`",
                    held.keyword
                );
                found.push((held.line, message));
            }
        }
    }
    found
}

/// True if a person must not set a variable of that name in an image: besides what the rule finds,
/// names that end in such a word without an underscore before it, such as PGPASSWORD.
pub fn names_a_secret(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut parts = lower.split('_');
    let glued = parts.clone().any(|part| {
        ["password", "passwd", "secret", "apikey"].iter().any(|word| part.ends_with(word))
    });
    is_secret_name(name) || glued && !parts.any(|part| HARMLESS.contains(&part))
}

pub(super) fn workdir(subject: &Subject) -> Vec<Found> {
    let mut found = Vec::new();
    for (at, held) in
        scope::instructions(subject.file).filter(|(_, held)| held.keyword == "WORKDIR")
    {
        let path = scope::read(subject, at, held.line, &held.arguments);
        if path.is_some_and(|path| !path.starts_with('/')) {
            let message = format!(
                "WORKDIR {} is relative: the folder depends on the base image; write an absolute \
                 path",
                held.arguments
            );
            found.push((held.line, message));
        }
    }
    found
}

pub(super) fn add(subject: &Subject) -> Vec<Found> {
    let adds = scope::instructions(subject.file).filter(|(_, held)| held.keyword == "ADD");
    adds.map(|(_, held)| {
        let message = "ADD unpacks archives and fetches from the network unasked: use COPY, or, to download, a RUN that \
                       checks a digest";
        (held.line, message.to_owned())
    })
    .collect()
}

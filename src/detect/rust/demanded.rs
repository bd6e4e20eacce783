//! Features of which the code demands at least one: `#[cfg(not(any(feature = "a", feature =
//! "b")))] compile_error!("...")`.

use anyhow::Result;

use super::features::{Asked, active};
use super::manifest::Manifest;
use super::project::Project;
use super::source::SourceFile;
use super::targets::{self, Binary};
use crate::facts::Sourced;

/// The feature to turn on for each demand that `asked` does not meet.
pub(super) fn demanded(
    project: &Project,
    binary: &Binary,
    manifest: &Manifest,
    asked: &Asked,
) -> Result<Vec<Sourced<String>>> {
    let on = active(project.workspace, &manifest.dir(), asked);
    let is_on = |feature: &String| on.has(&manifest.dir(), feature);
    let mut paths = targets::build_scripts(project.dir.repo, manifest);
    paths.extend(targets::library(manifest));
    paths.push(binary.path.clone());
    let mut found: Vec<Sourced<String>> = Vec::new();
    for path in paths {
        let Some(file) = project.sources.file(&path)? else { continue };
        for at in 0..file.len() {
            let Some((features, message)) = demand(&file, at) else { continue };
            if features.iter().any(is_on)
                || found.iter().any(|taken| features.contains(&taken.value))
            {
                continue;
            }
            if let Some(feature) = likeliest(manifest, &features, &message) {
                let note =
                    format!("the build stops without one of the features {}", features.join(", "));
                found.push(Sourced::new(feature, file.evidence(at, note)));
            }
        }
    }
    Ok(found)
}

/// For a `compile_error` at `at`: the features of which one must be active, and the message.
fn demand(file: &SourceFile, at: usize) -> Option<(Vec<String>, String)> {
    if !(file.is(at, "compile_error") && file.is(at + 1, "!")) {
        return None;
    }
    let close = at.checked_sub(1).filter(|close| file.is(*close, "]"))?;
    let open = (0..close).rev().find(|open| file.is(*open, "[") && file.closing(*open) == close)?;
    if !(file.is(open + 1, "cfg") && file.is(open + 2, "(")) {
        return None;
    }
    let inside = open + 3..file.closing(open + 2);
    // `not(any(a, b))`, `not(a)` and `all(not(a), not(b))` mean the same. A condition with any
    // other word is about something else.
    let known = |n: usize| {
        ["all", "not", "any", "feature", "(", ")", ",", "="].iter().any(|word| file.is(n, word))
            || file.string(n).is_some()
    };
    if !inside.clone().all(known) {
        return None;
    }
    let words = |word: &str| inside.clone().filter(|n| file.is(*n, word)).count();
    let features: Vec<String> =
        inside.clone().filter_map(|n| Some(file.string(n)?.into_owned())).collect();
    let negated = match (words("not"), words("any"), words("all")) {
        (1, 1, 0) => file.is(inside.start, "not"),
        (1, 0, 0) => features.len() == 1,
        (count, 0, 1) => file.is(inside.start, "all") && count == features.len(),
        _ => false,
    };
    let message = file.string(at + 3).map(std::borrow::Cow::into_owned).unwrap_or_default();
    (negated && !features.is_empty()).then_some((features, message))
}

/// The feature that the message names, directly or through a feature that turns one of them on, or
/// else the first.
fn likeliest(manifest: &Manifest, features: &[String], message: &str) -> Option<String> {
    let named = |name: &String| {
        message.split(|c: char| !c.is_alphanumeric() && !"-_".contains(c)).any(|word| word == name)
    };
    let leads = |name: &String| {
        features.contains(name)
            || manifest
                .features
                .get(name)
                .is_some_and(|items| items.iter().any(|item| features.contains(item)))
    };
    let known = manifest.features.keys().find(|name| named(name) && leads(name));
    known.or(features.iter().find(|name| manifest.features.contains_key(*name))).cloned()
}

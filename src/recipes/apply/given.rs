//! Variables with which recipes start the image, and which the image does not set.

use anyhow::Result;

use crate::facts::{Evidence, Finding, FindingCode, Program};
use crate::recipes::Run;
use crate::recipes::dockerfile::Image;

use super::code::Code;
use super::optional::goes_on_without;
use super::{is_name, report};

/// Maximum number of names in the message.
const MAX_NAMES: usize = 6;

/// Variables that many images have, and without which a program starts.
const COMMON: [&str; 12] = [
    "TZ",
    "PUID",
    "PGID",
    "UID",
    "GID",
    "UMASK",
    "LANG",
    "LC_ALL",
    "NODE_ENV",
    "LOG_LEVEL",
    "DEBUG",
    "PORT",
];

/// Reports the variables, except those that the code shows as optional.
///
/// # Errors
/// If a file of the code cannot be read.
pub(super) fn variables(
    program: &mut Program,
    runs: &[&Run],
    image: Option<&Image>,
    code: &Code<'_>,
) -> Result<()> {
    let worded: Vec<&str> = image.into_iter().flat_map(|image| image.start.trailing()).collect();
    let mut names: Vec<&str> = Vec::new();
    let mut places: Vec<Evidence> = Vec::new();
    for variable in runs.iter().filter(|run| run.starts_image()).flat_map(|run| &run.env) {
        let key = variable.key.as_str();
        let is_set = program.env.iter().any(|held| held.value.key == key)
            || program.port_variable.as_deref() == Some(key);
        let is_said = program.findings.iter().any(|finding| finding.what.contains(key));
        if key.is_empty()
            || !is_name(key)
            || is_set
            || is_said
            || COMMON.contains(&key)
            || names.contains(&key)
        {
            continue;
        }
        if worded.contains(&key) {
            as_words(program, key, &variable.evidence, image);
            continue;
        }
        if goes_on_without(code, key)? {
            continue;
        }
        names.push(key);
        places.push(variable.evidence.clone());
    }
    let Some(first) = names.first() else { return Ok(()) };
    let more = if names.len() > MAX_NAMES { " and others" } else { "" };
    let listed = names.iter().take(MAX_NAMES).copied().collect::<Vec<_>>().join(", ");
    let finding = Finding::new(
        FindingCode::VariablesGiven,
        format!(
            "the repository starts its image with {listed}{more}, which the image does not set"
        ),
        places.into_iter().take(4),
    )
    .with_fix(format!(
        "give `docker run` those that your container needs: `-e {first}=...` or --env-file"
    ));
    report(program, finding);
    Ok(())
}

/// Reports a variable that the repository's own image puts into its command line: this image starts
/// the program itself, and nobody reads it.
fn as_words(program: &mut Program, key: &str, given: &Evidence, image: Option<&Image>) {
    let of_image = image.and_then(|image| image.start.evidence.clone());
    let what = format!(
        "the repository's own image puts the words in {key} into its command line, and this image \
         does not"
    );
    let evidence = of_image.into_iter().chain([given.clone()]);
    let fix = "give these words behind the image's name: `docker run IMAGE WORDS`, or set --args";
    report(program, Finding::new(FindingCode::StartArguments, what, evidence).with_fix(fix));
}

/// Capabilities that Docker gives by itself, and one that it replaces by a setting of the kernel.
const USUAL: [&str; 5] = ["NET_BIND_SERVICE", "CHOWN", "SETUID", "SETGID", "DAC_OVERRIDE"];

/// Reports options of the engine with which recipes start the container, and the capabilities that
/// the repository's own image gives to a file.
pub(super) fn options(program: &mut Program, runs: &[&Run], image: Option<&Image>) {
    let mut found: Vec<(String, Evidence)> = Vec::new();
    let of_runs = runs.iter().flat_map(|run| run.options.iter().cloned());
    let of_image = image.into_iter().flat_map(|image| &image.commands).flat_map(|ran| {
        let (words, at) = (&ran.words, &ran.evidence);
        let sets = words.first().is_some_and(|word| word.ends_with("setcap"));
        let named = words.iter().filter(move |_| sets).filter_map(|word| word.strip_prefix("cap_"));
        named.map(|word| {
            let name = word.split(['=', '+']).next().unwrap_or_default().to_ascii_uppercase();
            let note = "gives the capability to the program's file".to_owned();
            (format!("--cap-add {name}"), Evidence { note, ..at.clone() })
        })
    });
    for (option, evidence) in of_runs.chain(of_image) {
        let name = option.strip_prefix("--cap-add ").map(|name| name.trim_start_matches("CAP_"));
        let is_usual = name.is_some_and(|name| USUAL.contains(&name));
        let is_said = || {
            let mut texts = program.findings.iter().flat_map(|held| [&held.what, &held.fix]);
            // A library that needs the socket has said so.
            let socket = option.contains("docker.sock").then_some("docker.sock");
            texts.any(|text| text.contains(name.or(socket).unwrap_or(&option)))
        };
        let plain = option.chars().all(|c| c.is_ascii_graphic() || c == ' ');
        if plain && !is_usual && !is_said() && !found.iter().any(|(held, _)| *held == option) {
            found.push((option, evidence));
        }
    }
    if found.is_empty() {
        return;
    }
    found.truncate(MAX_NAMES);
    let listed: Vec<&str> = found.iter().map(|(option, _)| option.as_str()).collect();
    let listed = listed.join(" ");
    let what = format!("the repository starts its container with `{listed}`");
    // Docker gives added capabilities to processes of root alone.
    let user = if listed.contains("--cap-add") || listed.contains("--privileged") {
        " --user 0"
    } else {
        ""
    };
    let fix = format!("if the program needs it, start it so too: `docker run {listed}{user} ...`");
    let evidence = found.into_iter().map(|(_, evidence)| evidence).take(MAX_NAMES);
    report(program, Finding::new(FindingCode::EngineOptions, what, evidence).with_fix(fix));
}

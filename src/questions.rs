//! The questions about every application, with the answers that the repository gives.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail};

use crate::ask::{Answerable, Answers, Choice, Question, id, join_list, split_list};
use crate::base::{self, Asked};
use crate::catalog::Catalog;
use crate::detect;
use crate::docker::lint;
use crate::docker::types::{ContainerPath, EnvKey};
use crate::facts::{Facts, Kind, Program, Sourced, Strength};
use crate::path::is_at_or_below;
use crate::plan::split_words;
use crate::repo::excerpt;

mod rows;

pub(crate) use rows::ROWS;

/// Every question about an application, including those of its language, which replace a common one
/// of the same id.
///
/// `program` is the one that the answers name, if it is known. Port, folders and arguments are
/// questions about it.
pub(crate) fn questions(
    facts: &Facts,
    program: Option<&Program>,
    catalog: &Catalog,
    answers: &Answers,
) -> Vec<Question> {
    let mut all = vec![
        entrypoint(facts),
        toolchain(facts, catalog),
        tool(facts),
        port(program),
        base(facts, program, catalog, answers),
        args(program),
        text(id::NAME, "What is the image called?", Some(facts.name.clone())),
        writable(program),
        text(id::ENV, "Which environment variables does the image set?", None),
        dev(),
    ];
    if program.is_some_and(|program| !program.front_ends.is_empty())
        || answers.get(id::FRONT_END).is_some()
    {
        let prompt = "Which version of its language builds the front end?";
        all.push(text(id::FRONT_END_TOOLCHAIN, prompt, Some(Sourced::assumed("auto".to_owned()))));
    }
    let takes = detect::language(&facts.language).map_or(&[][..], |language| language.takes);
    let rows = ROWS.iter().filter(|row| !row.of_some || takes.contains(&row.id));
    all.extend(rows.map(|row| text(row.id, row.prompt, None)));
    for own in &facts.questions {
        match all.iter_mut().find(|common| common.id == own.id) {
            Some(slot) => *slot = own.clone(),
            None => all.push(own.clone()),
        }
    }
    all
}

/// Checks an answer beyond its kind.
///
/// # Errors
/// If it is invalid. The error says what is valid.
pub(crate) fn check(question: &Question, answer: &str) -> Result<()> {
    question.check(answer)?;
    match question.id.as_str() {
        id::NAME => check_name(answer),
        id::ENV => split_words(answer)?.iter().try_for_each(|pair| {
            let (key, value) = pair
                .split_once('=')
                .with_context(|| format!("`{}` in `env` is not KEY=value", excerpt(pair)))?;
            EnvKey::new(key)?;
            check_no_secret(key, value)
        }),
        id::WRITABLE | id::NO_WRITABLE => split_list(answer).iter().try_for_each(|folder| {
            ContainerPath::new(format!("/{folder}"))?;
            if question.id == id::WRITABLE { check_own_folder(folder) } else { Ok(()) }
        }),
        id::ARGS => split_words(answer).map(|_| ()),
        id::TOOLCHAIN | id::FRONT_END_TOOLCHAIN => {
            let plain = answer.chars().all(|c| c.is_ascii_alphanumeric() || ".-+_".contains(c));
            let first = answer.split(['.', '-', '+', '_']).next().unwrap_or_default();
            let number = !first.is_empty() && first.chars().all(|c| c.is_ascii_digit());
            // `auto` asks for the detected version.
            let auto = question.id == id::FRONT_END_TOOLCHAIN && answer == "auto";
            if !auto && (!plain || !number) {
                bail!(
                    "`{}` is not a version: give numbers separated by dots, as in an image tag",
                    excerpt(answer)
                );
            }
            Ok(())
        }
        other => rows::check(other, answer),
    }
}

/// Rejects secrets: anybody with the image can read the values of ENV.
fn check_no_secret(key: &str, value: &str) -> Result<()> {
    // `scheme://user:password@host`, unless the password is a variable that is set at start.
    let login = value.split_once("://").and_then(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@')?.0.split_once(':').map(|(_, password)| password)
    });
    let what = if lint::names_a_secret(key) {
        format!("{key} looks like a secret by its name")
    } else if login.is_some_and(|password| !password.is_empty() && !password.starts_with('$')) {
        format!("the address in {key} holds a password, which is a secret")
    } else if value.contains("-----BEGIN ") && value.contains("PRIVATE KEY") {
        format!("{key} holds a private key, which is a secret")
    } else {
        return Ok(());
    };
    bail!(
        "{what}: anybody with the image can read what ENV sets; leave it out, and pass it when the \
         container starts (`docker run -e {key} IMAGE`); if it is not a secret, write the ENV line \
         into the Dockerfile by hand, below a line `# dockgen: allow=DG012`: `dockgen update` \
         keeps both"
    )
}

/// Folders that exist in images and belong to root there.
const SYSTEM: [&str; 31] = [
    "/",
    "/boot",
    "/etc",
    "/home",
    "/media",
    "/mnt",
    "/opt",
    "/root",
    "/run",
    "/srv",
    "/usr",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/etc",
    "/usr/local/lib",
    "/usr/local/share",
    "/usr/share",
    "/usr/src",
    "/var",
    "/var/cache",
    "/var/lib",
    "/var/log",
    "/var/opt",
    "/var/run",
    "/var/spool",
    "/etc/passwd",
    "/etc/group",
    "/etc/hosts",
    "/etc/ssl",
    "/etc/resolv.conf",
    "/var/lib/dpkg",
];

/// Folders that belong to the system with everything below them.
const SYSTEM_TREES: [&str; 15] = [
    "/bin",
    "/dev",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/sbin",
    "/sys",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
];

/// Rejects system folders: a folder that does not exist is created for the program's user, but one
/// of the base image stays root's.
fn check_own_folder(folder: &str) -> Result<()> {
    if !folder.starts_with('/') {
        return Ok(());
    }
    let parts: Vec<&str> =
        folder.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let path = format!("/{}", parts.join("/"));
    if SYSTEM.contains(&path.as_str())
        || SYSTEM_TREES.iter().any(|tree| is_at_or_below(&path, tree))
    {
        bail!(
            "`{}` belongs to the image's operating system, so the program's user cannot write \
             there: name a folder of the program's own, such as /data, or none",
            excerpt(&path)
        );
    }
    Ok(())
}

/// Docker's rule for the name of a repository without a tag: components separated by slashes, of
/// which the first may be a registry with its port, as in `ghcr.io/acme/shop`.
fn check_name(name: &str) -> Result<()> {
    let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let component = |part: &str| {
        part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c))
            && ends(part.chars().next())
            && ends(part.chars().last())
            && !part.contains("..")
    };
    let path = match name.split_once('/') {
        Some((registry, path)) => match registry.split_once(':') {
            Some((host, port)) if component(host) && port.parse::<u16>().is_ok() => path,
            _ => name,
        },
        None => name,
    };
    if name.len() > 128 || !path.split('/').all(component) {
        bail!(
            "`{}` is not an image name: give lower-case letters, digits and single . _ - between them, with slashes \
             between the parts and without a tag",
            excerpt(name)
        );
    }
    Ok(())
}

/// Rejects answers to questions that do not exist.
///
/// # Errors
/// If an id is unknown. The error lists the known ones.
pub(crate) fn check_ids<'a>(ids: impl Iterator<Item = &'a str>, known: &[Question]) -> Result<()> {
    for id in ids {
        if !known.iter().any(|question| question.id == id) {
            let known: BTreeSet<&str> = known.iter().map(|question| question.id.as_str()).collect();
            let nearest = known.iter().filter_map(|one| Some((distance(id, one)?, *one))).min();
            let nearest = nearest.map_or_else(String::new, |(_, one)| format!("`{one}`? It is "));
            let known: Vec<&str> = known.into_iter().collect();
            bail!(
                "there is no question `{}` about this application: {nearest}one of {}",
                excerpt(id),
                known.join(", ")
            );
        }
    }
    Ok(())
}

/// How many letters of a short name differ, if that is few enough for a slip; 0 for a part of it.
fn distance(typed: &str, known: &str) -> Option<usize> {
    const MOST: usize = 32;
    let plain = |text: &str| text.to_ascii_lowercase().replace('_', "-");
    let (typed, known) = (plain(typed), plain(known));
    if typed.len() > MOST || typed.len() < 3 {
        return None;
    }
    if typed.trim_end_matches('s') == known || known.starts_with(&typed) {
        return Some(0);
    }
    let (typed, known): (Vec<char>, Vec<char>) = (typed.chars().collect(), known.chars().collect());
    let mut row: Vec<usize> = (0..=known.len()).collect();
    for (at, letter) in typed.iter().enumerate() {
        let mut above = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in known.iter().enumerate() {
            let changed = above + usize::from(letter != other);
            above = row[column + 1];
            row[column + 1] = changed.min(above + 1).min(row[column] + 1);
        }
    }
    let sorted = |mut letters: Vec<char>| {
        letters.sort_unstable();
        letters
    };
    let changed = row.last().copied().filter(|changed| *changed <= 2.max(typed.len() / 3))?;
    // Two of four letters may be another word, unless they changed places.
    let slip = changed <= typed.len() / 3 || sorted(typed) == sorted(known);
    slip.then_some(changed)
}

fn text(id: &str, prompt: &str, default: Option<Sourced<String>>) -> Question {
    let default = Some(default.unwrap_or_else(|| Sourced::assumed(String::new())));
    Question {
        id: id.to_owned(),
        prompt: prompt.to_owned(),
        kind: Answerable::Text,
        default,
        open: false,
    }
}

fn writable(program: Option<&Program>) -> Question {
    let folders = program.map_or(&[][..], |program| &program.writable);
    let default = Sourced {
        value: join_list(folders.iter().map(|folder| &folder.value)),
        evidence: folders.iter().flat_map(|folder| folder.evidence.clone()).collect(),
        rejected: Vec::new(),
        strength: folders.iter().map(|folder| folder.strength).min().unwrap_or_default(),
    };
    let open = default.strength == Strength::Guessed;
    let prompt = "Which folders does the program write?";
    Question { open, ..text(id::WRITABLE, prompt, Some(default)) }
}

fn choices(values: impl IntoIterator<Item = String>) -> Vec<Choice> {
    let mut seen = BTreeSet::new();
    let new = values.into_iter().filter(|value| seen.insert(value.clone()));
    new.map(|value| Choice { label: value.clone(), value }).collect()
}

fn entrypoint(facts: &Facts) -> Question {
    let programs = facts.programs.iter().map(|program| {
        let place = program
            .evidence
            .first()
            .map_or_else(String::new, |evidence| format!("  {}", evidence.place()));
        Choice { value: program.id.clone(), label: format!("{}{place}", program.id) }
    });
    let likeliest = facts.programs.first();
    Question {
        id: id::ENTRYPOINT.to_owned(),
        prompt: "Which program should the container start?".to_owned(),
        kind: Answerable::Suggest(programs.collect()),
        default: likeliest
            .map(|program| Sourced::with(program.id.clone(), program.evidence.clone())),
        open: facts.programs.len() != 1,
    }
}

fn toolchain(facts: &Facts, catalog: &Catalog) -> Question {
    let supported = catalog
        .release
        .iter()
        .filter(|release| release.supported)
        .map(|release| release.cycle.clone());
    Question {
        id: id::TOOLCHAIN.to_owned(),
        prompt: "Which version of the language?".to_owned(),
        kind: Answerable::Suggest(choices(
            [facts.toolchain.value.clone()].into_iter().chain(supported),
        )),
        default: Some(facts.toolchain.clone()),
        open: false,
    }
}

fn tool(facts: &Facts) -> Question {
    let rejected = facts.tool.rejected.iter().map(|rejected| rejected.value.clone());
    Question {
        id: id::TOOL.to_owned(),
        prompt: "Which package manager or build tool?".to_owned(),
        kind: Answerable::Choice(choices([facts.tool.value.clone()].into_iter().chain(rejected))),
        default: Some(facts.tool.clone()),
        open: false,
    }
}

fn port(program: Option<&Program>) -> Question {
    let found = program.and_then(Program::ports);
    let guessed = found.as_ref().is_some_and(|ports| ports.strength == Strength::Guessed);
    let missing = found.is_none() && program.is_some_and(|program| program.kind == Kind::Service);
    Question {
        id: id::PORT.to_owned(),
        prompt: "Which port does the program listen on?".to_owned(),
        kind: Answerable::Port,
        default: Some(found.unwrap_or_else(|| Sourced::assumed("none".to_owned()))),
        open: missing || guessed,
    }
}

fn base(
    facts: &Facts,
    program: Option<&Program>,
    catalog: &Catalog,
    answers: &Answers,
) -> Question {
    let version = answers.get(id::TOOLCHAIN).unwrap_or(&facts.toolchain.value);
    let asked = Asked::of(answers);
    let auto =
        program.and_then(|program| base::choose(catalog, program, &asked, version, "auto").ok());
    let label = |family: &str| {
        let rejected =
            auto.iter().flat_map(|auto| &auto.choice.rejected).find(|r| r.value == family);
        let taken = auto.as_ref().is_some_and(|auto| auto.choice.value == family);
        match rejected {
            Some(rejected) => format!("{family}: {}", rejected.why),
            None if taken => format!("{family}: the smallest that meets the needs"),
            None => family.to_owned(),
        }
    };
    let mut all = vec![Choice {
        value: "auto".to_owned(),
        label: auto
            .as_ref()
            .map_or_else(|| "auto".to_owned(), |auto| format!("auto: {}", auto.choice.value)),
    }];
    all.extend(
        base::FAMILIES
            .iter()
            .map(|family| Choice { value: (*family).to_owned(), label: label(family) }),
    );
    Question {
        id: id::BASE.to_owned(),
        prompt: "Which base image?".to_owned(),
        kind: Answerable::Choice(all),
        default: Some(Sourced::with(
            "auto".to_owned(),
            auto.map(|auto| auto.choice.evidence).unwrap_or_default(),
        )),
        open: false,
    }
}

fn args(program: Option<&Program>) -> Question {
    let subcommands = program.and_then(|program| program.subcommands.as_ref());
    let mut question =
        text(id::ARGS, "Which arguments does the container start with by default?", None);
    if let Some(library) = subcommands {
        "Which subcommand is the default? Empty: `docker run IMAGE SUBCOMMAND` chooses."
            .clone_into(&mut question.prompt);
        question.default = Some(Sourced::with(String::new(), library.evidence.clone()));
        question.open = true;
    }
    if let Some(args) = program.and_then(|program| program.args.as_ref()) {
        question.open |= args.strength == Strength::Guessed;
        question.default = Some(args.clone());
    }
    question
}

fn dev() -> Question {
    Question {
        id: id::DEV.to_owned(),
        prompt: "Add a `development` target?".to_owned(),
        kind: Answerable::Confirm,
        default: Some(Sourced::assumed("no".to_owned())),
        open: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(id: &str) -> Question {
        text(id, "", None)
    }

    #[test]
    fn answers_are_checked_by_id() {
        for (id, good, bad) in [
            (id::NAME, "my-app_1.x", "My App"),
            (id::NAME, "a", "-a"),
            (id::ENV, "A=1 'B=x y'", "A=1 2B=3"),
            (id::ENV, "PUBLIC_KEY=x PASSWORD_FILE=/run/secrets/x", "API_SECRET=x"),
            (id::ENV, "TOKENS=3 MONKEY=x COMPASS=1", "A=1 GITHUB_TOKEN=x"),
            (id::ENV, "KEYBOARD=de", "PGPASSWORD=x"),
            (id::ENV, "DB=postgres://user@db/x?a=b:c", "DB=postgres://user:pw@db/x"),
            (id::ENV, "DB=postgres://db:5432/x@y", "CERT='-----BEGIN RSA PRIVATE KEY-----'"),
            (id::WRITABLE, "data,/var/x", "../x"),
            (id::WRITABLE, "/data,/var/lib/app,etc,/srv/x", "data,/etc"),
            (id::WRITABLE, "/opt/app/state,/tmp", "/"),
            (id::WRITABLE, "/usr/src/app/data", "//usr/./bin/x/"),
            (id::WRITABLE, "/librarian", "/proc/self"),
            (id::ARGS, "serve 'a b'", "'a"),
            (id::TOOLCHAIN, "1.27.0", "1 2"),
            (id::TOOLCHAIN, "26", "banana"),
            (id::TOOLCHAIN, "1.27-rc1", "v26"),
            (id::TOOLCHAIN, "25-ea", "26banana"),
            (id::FRONT_END_TOOLCHAIN, "auto", "latest"),
            (id::FILE, "locales=/app/locales,a b", "=x"),
            (id::PACKAGE, "ffmpeg,libstdc++,curl=8.1-r0", "ca certificates"),
            (id::PACKAGE, "py3-x", "$(id)"),
            (id::BUILD_PACKAGE, "g++", "-y"),
            (id::BUILD_ARG, "A=1 'B=x y' C", "A B-C"),
            (id::BUILD_ARG, "API_TOKEN", "API_TOKEN=x"),
            (id::CONTEXT_KEEP, "docs/a b", "/etc"),
            (id::CONTEXT_HIDE, "*.bin,data/**", "!x"),
            (id::CONTEXT_HIDE, "a b", "**"),
            (id::CONTEXT_HIDE, "x", "../x"),
            (id::HEALTH_COMMAND, "/app/p --health", "'a"),
            (id::BEFORE_START, "a 'b c' && d; e", "x # y"),
            (id::BEFORE_START, "a $X \"$Y\"", "x &"),
            (id::BUILD_COMMAND, "make -C x#y", "'x"),
            (id::FRONT_END, "web:build:dist=public", "web:build:../x=public"),
        ] {
            check(&question(id), good).unwrap();
            assert!(check(&question(id), bad).is_err(), "{id} {bad}");
        }
    }

    #[test]
    fn unknown_ids_name_the_known() {
        let error = check_ids(["prot"].into_iter(), &[question("port"), question("base")])
            .unwrap_err()
            .to_string();
        assert!(error.contains("`prot`") && error.contains("base, port"), "{error}");
        let near = |typed: &str| {
            let known = ["build-arg", "file", "port", "writable"].map(question);
            check_ids([typed].into_iter(), &known).unwrap_err().to_string()
        };
        for (typed, meant) in [
            ("prot", "port"),
            ("files", "file"),
            ("build_args", "build-arg"),
            ("writeable", "writ"),
        ] {
            assert!(near(typed).contains(&format!("application: `{meant}")), "{}", near(typed));
        }
        assert!(near("banana").contains("application: one of"), "{}", near("banana"));
    }
}

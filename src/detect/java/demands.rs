//! What a start needs from outside: variables without a default, and files of which the repository
//! holds only an example.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::App;
use super::arguments;
use super::code::{Code, Place, end_of};
use super::conditional;
use super::config::relaxed;
use super::source::Source;
use super::starters;
use super::surroundings::Surroundings;
use crate::code::Value;
use crate::detect::env_file;
use crate::facts::{Evidence, Finding, Program};
use crate::path::RelPath;

/// Words in the names of examples.
const EXAMPLE: [&str; 6] = ["example", "sample", "dist", "template", "default", "tmpl"];

/// Variables without a default, each with the place that reads it.
type Variables = BTreeMap<String, Evidence>;

/// What a program needs from outside.
pub(super) struct Demanded {
    variables: Variables,
    /// The place where it ends without arguments.
    arguments: Option<arguments::Wanted>,
}

/// What a program needs from outside when it starts. `main` is its class, if that is known.
pub(super) fn of(around: &Surroundings, code: &Code, main: Option<&str>) -> Demanded {
    let dir = around.project.model.dir();
    Demanded { variables: variables(around, code), arguments: arguments::of(code, &dir, main) }
}

/// The variables without which the program does not run.
fn variables(around: &Surroundings, code: &Code) -> Variables {
    let mut found = Variables::new();
    let known = relaxed_keys(around);
    for setting in around.settings.strongest() {
        let note = || format!("{} = {}", setting.key, setting.value);
        for key in properties(&setting.value) {
            // No configuration server says which profiles are active: it is asked for theirs.
            let chooses = setting.key == "spring.profiles.active";
            let missing = known.as_ref().is_some_and(|all| is_missing(all, key))
                || chooses && around.settings.get(key).is_none();
            if missing && !is_of_pom(around, key) && !setting.key.starts_with("info.") {
                let evidence = Evidence { note: note(), ..setting.evidence.clone() };
                found.entry(variable_of(key)).or_insert(evidence);
            }
        }
        for name in without_default(&setting.value) {
            if around.settings.get(name).is_none() && !of_framework(around, name) {
                let evidence = Evidence { note: note(), ..setting.evidence.clone() };
                found.entry(name.to_owned()).or_insert(evidence);
            }
        }
    }
    if let Some(evidence) = starters::database(around) {
        found.entry("SPRING_DATASOURCE_URL".to_owned()).or_insert(evidence);
    }
    for (name, evidence) in of_code(code) {
        found.entry(name).or_insert(evidence);
    }
    // An injected value: `@Value("${API_KEY}")`.
    let made = |place: &&Place| !conditional::is_left_out(code, around.settings, **place);
    for place in code.calls("Value").iter().filter(|place| place.1 > 0).filter(made) {
        let file = &code.sources[place.0];
        let Some(text) = file.text(place.1 + 2).filter(|_| file.mark(place.1 - 1, '@')) else {
            continue;
        };
        for name in without_default(text)
            .into_iter()
            .filter(|n| around.settings.get(n).is_none())
            .filter(|n| !of_framework(around, n))
        {
            let evidence = || code.evidence(*place, format!("@Value(\"{text}\")"));
            found.entry(name.to_owned()).or_insert_with(evidence);
        }
        let missing = |key: &&str| known.as_ref().is_some_and(|all| is_missing(all, key));
        if let Some(key) = property(text).filter(missing) {
            let evidence = || code.evidence(*place, format!("@Value(\"{text}\")"));
            found.entry(variable_of(key)).or_insert_with(evidence);
        }
    }
    found
}

/// The key in `${a.b}`, if that is the whole text and has no default.
fn property(text: &str) -> Option<&str> {
    let key = text.strip_prefix("${")?.strip_suffix('}')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let lower = key.starts_with(|c: char| c.is_ascii_lowercase());
    ((lower || key.contains('.')) && key.chars().all(plain)).then_some(key)
}

/// Where properties come from that no file of the repository states: the framework and the JVM.
const OUTSIDE: [&str; 12] = [
    "build.",
    "git.",
    "info.",
    "java.",
    "local.",
    "logging.",
    "management.",
    "os.",
    "random.",
    "server.",
    "spring.",
    "user.",
];

/// The keys of all settings, as Spring compares them; `None` where a source outside of the repository
/// may have more.
fn relaxed_keys(around: &Surroundings) -> Option<BTreeSet<String>> {
    let brought = ["spring.config.import", "spring.config.location", "spring.cloud.config.uri"];
    let of = |part: &str| around.dependencies.iter().any(|d| d.key.contains(part));
    let code = ["PropertySource", "setDefaultProperties", "EnvironmentPostProcessor"];
    let open = !of("org.springframework.boot:")
        || around.settings.is_empty()
        || ["spring-cloud", "nacos", "apollo"].into_iter().any(of)
        || brought.iter().any(|key| around.settings.get(key).is_some())
        || around.sources.iter().any(|file| code.iter().any(|word| file.names(word)));
    let keys = around.settings.strongest().map(|setting| relaxed(&setting.key));
    (!open).then(|| keys.collect())
}

/// True for a property that Spring does not find. One with parts of its own is there.
fn is_missing(known: &BTreeSet<String>, key: &str) -> bool {
    let wanted = relaxed(key);
    let next = known.range(wanted.clone()..).next();
    let below = |held: &String| {
        held.strip_prefix(wanted.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    !OUTSIDE.iter().any(|of| key.starts_with(of)) && !next.is_some_and(below)
}

/// The variable that sets a property: <https://docs.spring.io/spring-boot/reference/features/external-config.html>.
pub(super) fn variable_of(key: &str) -> String {
    key.replace('-', "").replace('.', "_").to_uppercase()
}

/// True for a property that the framework sets itself as it starts.
fn of_framework(around: &Surroundings, name: &str) -> bool {
    around.project.tables.set_by_framework.iter().any(|held| held == name)
}

/// Reports what the image does not set.
pub(super) fn say(app: &App, program: &mut Program, mut demanded: Demanded) -> Result<()> {
    // The image's own command may give the property: `--shop.home=/data`.
    if let Some(args) = &program.args {
        let words = args.value.split(' ').map(|word| word.trim_matches('\''));
        let keys = words.filter_map(|word| word.strip_prefix("--").or(word.strip_prefix("-D")));
        let given: BTreeSet<String> =
            keys.filter_map(|key| Some(variable_of(key.split_once('=')?.0))).collect();
        demanded.variables.retain(|name, _| !given.contains(name));
    }
    arguments::say(app, program, demanded.arguments)?;
    env_file::required(program, demanded.variables);
    Ok(())
}

/// True for a property that Maven writes into the settings as it copies them.
fn is_of_pom(around: &Surroundings, key: &str) -> bool {
    ["project.", "pom.", "maven.", "env.", "parent."].iter().any(|of| key.starts_with(of))
        || around.project.model.property(key).is_some()
}

/// The names in upper case in `${NAME}`, outside other references.
fn without_default(value: &str) -> Vec<&str> {
    let all = references(value).into_iter();
    all.filter(|name| is_variable(name)).collect()
}

/// The properties in `${shop.url}`, outside other references.
fn properties(value: &str) -> Vec<&str> {
    let plain = |name: &&str| {
        name.len() > 1
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c))
    };
    references(value).into_iter().filter(plain).collect()
}

/// The names in `${name}` without a default, outside other references.
fn references(value: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find("${") {
        let inner = &rest[start + 2..];
        let end = inner.find(['}', ':', '$', '{']).unwrap_or(inner.len());
        let name = &inner[..end];
        if inner[end..].starts_with('}') {
            found.push(name);
        }
        // A default may contain a reference, which only matters if the outer variable is not set.
        let closed = inner.find('}').map_or(inner.len(), |at| at + 1);
        rest = &inner[closed..];
    }
    found
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
        && name.len() > 1
}

/// Variables without which the program stops: `requireNonNull(getenv("X"))`, `?: error(..)`, `if
/// (x == null) throw ..`.
fn of_code(code: &Code) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    let mut take = |value: &Value, place: Place| {
        let [part] = value.parts.as_slice() else { return };
        let name = part.env.as_deref().filter(|name| part.text.is_none() && is_variable(name));
        if let Some(name) = name {
            let note = format!("the program stops if {name} is not set");
            found.push((name.to_owned(), code.evidence(place, note)));
        }
    };
    let asks = ["requireNonNull", "requireNotNull", "checkNotNull"];
    for place in asks.into_iter().flat_map(|name| code.calls(name)) {
        if let Some(range) = code.arguments(*place).first() {
            take(&code.value(place.0, range.clone(), 0), *place);
        }
    }
    for place in code.calls("getenv") {
        let file = &code.sources[place.0];
        let end = file.pair(place.1 + 1);
        let elvis = file.mark(end + 1, '?') && file.mark(end + 2, ':');
        let ends = |at: usize| matches!(file.word(at), Some("throw" | "error"));
        let thrown = file.mark(end + 1, ')')
            && file.mark(end + 2, '.')
            && file.word(end + 3) == Some("orElseThrow");
        let asserted = file.mark(end + 1, '!') && file.mark(end + 2, '!');
        if elvis && ends(end + 3) || thrown || asserted {
            let start = place.1.saturating_sub(2);
            take(&code.value(place.0, start..end + 1, 0), *place);
        }
    }
    for (number, file) in code.sources.iter().enumerate() {
        for at in ending(file) {
            let place = (number, at);
            let Some(range) = code.holding(place) else { continue };
            for word in range.filter(|at| file.word(*at).is_some()) {
                let call = file.word(word) == Some("getenv");
                let before = word.checked_sub(1).is_some_and(|before| file.mark(before, '.'));
                let end = if call { file.pair(word + 1) + 1 } else { word + 1 };
                let start = if call { word.saturating_sub(2) } else { word };
                if call || !before && !file.mark(word + 1, '(') && file.word(word) != Some("null") {
                    take(&code.value(number, start..end, 0), place);
                }
            }
        }
    }
    found
}

/// The places where a program stops: `throw`, `System.exit(1)`, `exitProcess(1)`.
fn ending(file: &Source) -> Vec<usize> {
    let exits = |at: usize| {
        matches!(file.word(at), Some("exit" | "exitProcess"))
            && file.mark(at + 1, '(')
            && !(file.word(at + 2) == Some("0") && file.mark(at + 3, ')'))
    };
    let asks = file.names("getenv");
    // A file that reads no variable cannot stop because of one.
    let words = (0..file.len()).filter(|_| asks);
    words.filter(|at| file.word(*at) == Some("throw") || exits(*at)).collect()
}

/// Calls that read the file in their argument.
const READS: [&str; 10] = [
    "FileInputStream",
    "FileReader",
    "File",
    "of",
    "get",
    "readString",
    "readAllLines",
    "newBufferedReader",
    "getResourceAsStream",
    "getResource",
];

/// Reports `Dotenv.load()` of dotenv-java, which throws if there is no .env:
/// <https://github.com/cdimascio/dotenv-java#configuration-options>.
fn env_file_demanded(code: &Code) -> Option<Finding> {
    let demands = |place: &&Place| {
        let file = &code.sources[place.0];
        let mut words = (place.1.saturating_sub(24)..place.1).rev().map_while(|at| {
            (!file.mark(at, ';') && !file.mark(at, '{')).then(|| file.word(at).unwrap_or_default())
        });
        let mut tolerant = false;
        file.names("Dotenv")
            && words.any(|word| {
                tolerant |= word == "ignoreIfMissing";
                word == "Dotenv"
            })
            && !tolerant
    };
    let place = code.calls("load").iter().find(demands)?;
    let note = "Dotenv.load() throws if the file does not exist";
    Some(Finding::dotenv_required(".env", [code.evidence(*place, note)]))
}

/// Reports the files of which the repository holds only an example.
pub(super) fn files(program: &mut Program, around: &Surroundings, code: &Code) {
    program.findings.extend(env_file_demanded(code));
    let repo = around.project.repo;
    let dir = around.project.model.dir();
    let resources = dir.join("src/main/resources");
    let mut said: Vec<RelPath> = Vec::new();
    let mut say = |path: RelPath, way: &str, packed: bool, evidence: Evidence| {
        let Some(example) = example_of(around, &path).filter(|_| !repo.exists(&path)) else {
            return;
        };
        if said.contains(&path) {
            return;
        }
        let fix = if packed {
            format!(
                "create {path} before the image is built, or mount one when the container starts: \
                 `-v ./{way}:/app/{way}:ro`"
            )
        } else {
            format!("mount it when the container starts: `-v ./{way}:/app/{way}:ro`")
        };
        program.findings.push(
            Finding::config_not_in_git(
                &path,
                &example,
                [evidence, Evidence::file(&example, "the example")],
            )
            .with_fix(fix),
        );
        said.push(path);
    };
    if around.settings.is_empty() {
        for name in ["application.properties", "application.yml", "application.yaml"] {
            let path = resources.as_ref().and_then(|folder| folder.join(name));
            let spring = around
                .dependencies
                .iter()
                .find(|d| d.key.starts_with("org.springframework.boot:") && d.scope != "test");
            if let (Some(path), Some(spring)) = (path, spring) {
                let note = format!("Spring Boot reads {name}");
                say(path, name, true, Evidence { note, ..spring.evidence.clone() });
            }
        }
    }
    for name in READS {
        for place in code.calls(name) {
            let file = &code.sources[place.0];
            let start = place.1 + 2;
            let end = end_of(file, start);
            let Some(text) = file.text(start).filter(|_| end == start + 1) else { continue };
            let packed = name.starts_with("getResource");
            let way = text.trim_start_matches("./");
            let way = if packed { way.trim_start_matches('/') } else { way };
            // `of` and `get` also take texts that are no paths.
            if !way.contains('.') || way.starts_with('/') || way.contains(['*', ':', '\\']) {
                continue;
            }
            let folder = if packed { resources.as_ref() } else { Some(&dir) };
            if let Some(path) = folder.and_then(|folder| folder.join(way)) {
                say(path, way, packed, code.evidence(*place, format!("{name}(\"{text}\")")));
            }
        }
    }
}

/// The example beside a file: `a.yml.example`, `a.example.yml` or `example.a.yml`.
pub(super) fn example_of(around: &Surroundings, path: &RelPath) -> Option<RelPath> {
    let folder = path.parent()?;
    let name = path.file_name();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    EXAMPLE
        .into_iter()
        .flat_map(|word| {
            [
                format!("{name}.{word}"),
                format!("{stem}.{word}.{extension}"),
                format!("{word}.{name}"),
                format!("{stem}-{word}.{extension}"),
                format!("{stem}_{word}.{extension}"),
                format!("{name}-{word}"),
            ]
        })
        .filter_map(|name| folder.join(&name))
        .find(|path| around.project.repo.is_file(path))
}

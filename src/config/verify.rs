//! The settings of a verification: `[verify]` in dockgen.toml. Flags take precedence.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::budget::{MAX_BOOT, MAX_BUILD, MAX_MEMORY, MAX_SERVICES, MAX_STOP};
use crate::plan::split_words;

/// `[verify]` in dockgen.toml.
///
/// No field names a file or a program of the machine that dockgen runs on: a file in a repository
/// must not have that access.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Environment of the container: `KEY=VALUE`.
    #[serde(default)]
    pub env: Vec<String>,
    /// Arguments that replace the image's.
    pub args: Option<Vec<String>>,
    /// A path that answers with a status from 200 to 399 if the program is healthy.
    pub health: Option<String>,
    /// Commands that run in the image before the program, beside its services: shell words.
    #[serde(default)]
    pub prepare: Vec<String>,
    /// `PATH=TEXT`: texts that responses must contain.
    #[serde(default)]
    pub expect: Vec<String>,
    /// The container's memory, such as `512m`.
    pub memory: Option<String>,
    /// How long the build may take.
    pub build_seconds: Option<u64>,
    /// How long the start may take.
    pub boot_seconds: Option<u64>,
    /// How long the stop may take before the engine kills it.
    pub stop_seconds: Option<u64>,
    /// The maximum size of the image, in MB.
    pub budget_mb: Option<f64>,
    /// The maximum size of the layers that a source edit changes, in MB.
    pub max_changed_mb: Option<f64>,
    /// The edit for the caching proof.
    pub edit: Option<Edit>,
    /// Services that the program needs, by host name.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
}

/// An edit of one source file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The file, relative to the application's folder.
    pub file: String,
    /// A text in it.
    pub from: Option<String>,
    /// The replacement, where `{}` is a different word each time.
    pub to: Option<String>,
}

/// A container that runs beside the program.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Its image.
    pub image: String,
    /// Its environment: `KEY=VALUE`.
    #[serde(default)]
    pub env: Vec<String>,
    /// Arguments that replace the image's.
    #[serde(default)]
    pub args: Vec<String>,
}

/// Which caching proofs to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proofs {
    /// An edit of the source.
    pub source: bool,
    /// An edit of the dependencies' manifests.
    pub dependency: bool,
    /// Empty cache mounts under a warm layer cache.
    pub cold: bool,
}

impl Proofs {
    /// True if any proof is wanted.
    pub fn any(self) -> bool {
        self.source || self.dependency || self.cold
    }
}

/// The settings of a verification, with defaults.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Environment of the container.
    pub env: Vec<String>,
    /// Arguments to start it with.
    pub args: Option<Vec<String>>,
    /// See [`Settings::health`].
    pub health: Option<String>,
    /// Paths, and texts that their responses must contain.
    pub expect: Vec<(String, String)>,
    /// The container's memory.
    pub memory: String,
    /// The port on this machine; a free one if absent.
    pub publish: Option<u16>,
    /// Values of `--secret`, as the engine accepts them.
    pub secrets: Vec<String>,
    /// How long the build may take.
    pub build: Duration,
    /// How long the start may take.
    pub boot: Duration,
    /// How long the stop may take.
    pub stop: Duration,
    /// See [`Settings::budget_mb`].
    pub budget_mb: Option<f64>,
    /// See [`Settings::max_changed_mb`].
    pub max_changed_mb: Option<f64>,
    /// The edit for the caching proof.
    pub edit: Option<Edit>,
    /// Services beside the program.
    pub services: BTreeMap<String, Service>,
    /// Commands that run in the image beside the services before the program: programs with their
    /// arguments.
    pub prepare: Vec<Vec<String>>,
    /// The caching proofs.
    pub caching: Proofs,
    /// Also verify every other base that fits.
    pub bases: bool,
    /// Settings of dockgen.toml that were capped, in words.
    pub capped: Vec<String>,
}

impl Wanted {
    /// The settings of dockgen.toml, or else the defaults.
    pub fn of(settings: &Settings) -> Self {
        let mut capped = Vec::new();
        let mut cap = |what: &str, wish: &str, most: &str, flag: &str| {
            capped.push(format!(
                "dockgen.toml asks for {what} of {wish}, and a repository's file gets {most} at most; {flag} gives more"
            ));
        };
        let mut time = |given: Option<u64>, default, most: u64, what: &str| {
            let wish = given.unwrap_or(default);
            if wish > most {
                let (wish, most) = (format!("{wish} s"), format!("{most} s"));
                cap(&format!("a {what}"), &wish, &most, &format!("--{what}-seconds"));
            }
            Duration::from_secs(wish.min(most))
        };
        let build = time(settings.build_seconds, 1800, MAX_BUILD, "build");
        let boot = time(settings.boot_seconds, 60, MAX_BOOT, "boot");
        let stop = time(settings.stop_seconds, 10, MAX_STOP, "stop");
        let mut memory = settings.memory.clone().unwrap_or_else(|| "512m".to_owned());
        // To an engine, a memory of 0 means no limit.
        if bytes(&memory).is_none_or(|bytes| bytes == 0 || bytes > MAX_MEMORY) {
            cap("memory", &memory, "4g", "--memory");
            "4g".clone_into(&mut memory);
        }
        Self {
            env: settings.env.clone(),
            args: settings.args.clone(),
            health: settings.health.clone(),
            expect: settings.expect.iter().filter_map(|text| expectation(text)).collect(),
            memory,
            publish: None,
            secrets: Vec::new(),
            build,
            boot,
            stop,
            budget_mb: settings.budget_mb,
            max_changed_mb: settings.max_changed_mb,
            edit: settings.edit.clone(),
            services: settings.services.clone(),
            prepare: settings.prepare.iter().filter_map(|line| split_words(line).ok()).collect(),
            caching: Proofs::default(),
            bases: false,
            capped,
        }
    }
}

/// A size in an engine's notation: `512m`, `1.5g`, `64MiB`; `None` if it is invalid.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    let shift = match unit.strip_suffix('i').unwrap_or(unit) {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        _ => return None,
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let factor = 1u64 << shift;
    let tenths: u64 = part.get(..1).map_or(Some(0), |digit| digit.parse().ok())?;
    if part.contains('.') {
        return None;
    }
    whole.parse::<u64>().ok()?.checked_mul(factor)?.checked_add(factor * tenths / 10)
}

/// Parses `PATH=TEXT`; `None` if it is invalid.
pub(crate) fn expectation(text: &str) -> Option<(String, String)> {
    let (path, words) = text.split_once('=')?;
    let plain = path.starts_with('/') && !path.chars().any(|c| c.is_control() || c == ' ');
    (plain && !words.is_empty()).then(|| (path.to_owned(), words.to_owned()))
}

/// What is wrong with the settings, if anything.
pub(crate) fn fault(settings: &Settings) -> Option<String> {
    let path =
        |text: &str| text.starts_with('/') && !text.chars().any(|c| c.is_control() || c == ' ');
    if let Some(health) = settings.health.as_ref().filter(|health| !path(health)) {
        return Some(format!("`health` is {health:?}: give a path such as /healthz"));
    }
    if let Some(text) = settings.expect.iter().find(|text| expectation(text).is_none()) {
        return Some(format!("`expect` holds {text:?}: give PATH=TEXT, such as /=hello"));
    }
    if let Some(pair) = environment(settings)
        .find(|pair| pair.split_once('=').is_none_or(|(key, _)| key.is_empty()))
    {
        return Some(format!("`env` holds {pair:?}: give KEY=VALUE"));
    }
    let runs = |line: &&String| split_words(line).is_ok_and(|words| !words.is_empty());
    if let Some(line) = settings.prepare.iter().find(|line| !runs(line)) {
        return Some(format!(
            "`prepare` holds {line:?}: give a program of the image, with its arguments"
        ));
    }
    let named = |text: &str| {
        !text.is_empty() && !text.starts_with('-') && !text.chars().any(char::is_whitespace)
    };
    if let Some((name, service)) =
        settings.services.iter().find(|(name, one)| !named(name) || !named(&one.image))
    {
        return Some(format!(
            "the service {name:?} with the image {:?}: give a name and an image",
            service.image
        ));
    }
    if settings.services.len() > MAX_SERVICES {
        return Some(format!(
            "{} services are named: {MAX_SERVICES} at most are started beside a program",
            settings.services.len()
        ));
    }
    if settings.memory.as_deref().is_some_and(|memory| !named(memory) || bytes(memory).is_none()) {
        return Some("`memory` must be a size such as 512m".to_owned());
    }
    None
}

fn environment(settings: &Settings) -> impl Iterator<Item = &String> {
    settings.env.iter().chain(settings.services.values().flat_map(|service| &service.env))
}

/// The JSON schema of `[verify]`.
pub(crate) fn schema() -> serde_json::Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let list = |about: &str| json!({ "type": "array", "items": { "type": "string" }, "description": about });
    let whole = |about: &str| json!({ "type": "integer", "minimum": 1, "description": about });
    let number = |about: &str| json!({ "type": "number", "minimum": 0, "description": about });
    let table = |about: &str, properties: serde_json::Value, required: &str| json!({ "type": "object", "description": about, "additionalProperties": false, "properties": properties, "required": [required] });
    let service = table(
        "A container beside the program.",
        json!({ "image": text("Its image."), "env": list("Its environment: KEY=VALUE."), "args": list("Arguments, instead of the image's.") }),
        "image",
    );
    let edit = table(
        "The edit of one source file in the caching proof.",
        json!({ "file": text("The file, from the application's folder."), "from": text("Words in it."), "to": text("What they become; {} is another word each time.") }),
        "file",
    );
    json!({
        "description": "What `dockgen verify` needs to start the program, and what it must keep to.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "env": list("Environment of the container: KEY=VALUE."),
            "args": list("Arguments to start it with, instead of the image's."),
            "health": text("The path that answers with 200 to 399 where the program is well."),
            "prepare": list("Commands that run in the image before the program, beside its services, such as a migration."),
            "expect": list("PATH=TEXT: the answer to GET PATH must hold TEXT."),
            "memory": text("The container's memory, such as 512m."),
            "build-seconds": whole("How long the build may take."),
            "boot-seconds": whole("How long the start may take."),
            "stop-seconds": whole("How long the stop may take before it is killed."),
            "budget-mb": number("The image may have this many MB."),
            "max-changed-mb": number("The layers that an edit of the source changes may have this many MB."),
            "edit": edit,
            "services": {
                "description": "Services that the program needs, by the name under which it reaches them.",
                "type": "object",
                "additionalProperties": service
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<Settings, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_schema_and_the_file_know_the_same_words() {
        let text = "env = ['A=b']\nargs = ['serve']\nhealth = '/up'\nprepare = ['a b']\nexpect = ['/=x']\nmemory = '1g'\nbuild-seconds = 1\n\
                    boot-seconds = 1\nstop-seconds = 1\nbudget-mb = 1.5\nmax-changed-mb = 2\n\
                    edit = { file = 'a', from = 'b', to = 'c' }\nservices.db = { image = 'i', env = ['A=b'], args = ['x'] }\n";
        let read = settings(text).unwrap();
        assert_eq!(fault(&read), None);
        let table: toml::Table = text.parse().unwrap();
        let schema = schema();
        let known = schema["properties"].as_object().unwrap();
        assert_eq!(known.keys().collect::<Vec<_>>(), {
            let mut keys: Vec<_> = table.keys().collect();
            keys.sort();
            let mut known: Vec<_> = known.keys().collect();
            known.sort();
            assert_eq!(keys, known);
            schema["properties"].as_object().unwrap().keys().collect::<Vec<_>>()
        });
        let wanted = Wanted::of(&read);
        assert_eq!(wanted.expect, [("/".to_owned(), "x".to_owned())]);
        assert_eq!((wanted.boot.as_secs(), wanted.memory.as_str()), (1, "1g"));
    }

    #[test]
    fn a_repositorys_file_does_not_lift_the_limits() {
        let wanted = |text: &str| Wanted::of(&settings(text).unwrap());
        let low = wanted("memory = '64m'\nbuild-seconds = 5\nboot-seconds = 6\nstop-seconds = 7");
        assert_eq!((low.memory.as_str(), low.build.as_secs(), low.boot.as_secs()), ("64m", 5, 6));
        assert!(low.stop.as_secs() == 7 && low.capped.is_empty(), "{:?}", low.capped);
        assert!(Wanted::of(&Settings::default()).capped.is_empty());
        let most = i64::MAX;
        for memory in ["0", "0g", "4097m", "1t", "99999999999999999999g", "9e9"] {
            let high = wanted(&format!(
                "memory = '{memory}'\nbuild-seconds = {most}\nboot-seconds = {most}\nstop-seconds = {most}"
            ));
            assert_eq!(high.memory, "4g", "{memory}");
            assert_eq!((high.build.as_secs(), high.boot.as_secs()), (MAX_BUILD, MAX_BOOT));
            assert_eq!(high.stop.as_secs(), MAX_STOP);
            assert_eq!(high.capped.len(), 4, "{:?}", high.capped);
            assert!(high.capped.iter().any(|text| text.contains("--memory gives more")));
        }
        assert_eq!(bytes("1.5g"), Some(3 << 29));
        assert_eq!(
            (bytes("64MiB"), bytes("12"), bytes("1kB")),
            (Some(64 << 20), Some(12), Some(1024))
        );
        assert_eq!((bytes(""), bytes("m"), bytes("1x"), bytes("1.2.3g")), (None, None, None, None));
        let one = |n: char| ["services.", &n.to_string(), " = { image = 'i' }\n"].concat();
        let many: String = ('a'..='i').map(one).collect();
        assert!(fault(&settings(&many).unwrap()).is_some_and(|fault| fault.contains("9 services")));
    }

    #[test]
    fn faults_are_named() {
        for (text, word) in [
            ("health = 'healthz'", "/healthz"),
            ("expect = ['hello']", "PATH=TEXT"),
            ("prepare = [' ']", "a program of the image"),
            ("env = ['A']", "KEY=VALUE"),
            ("services.db = { image = '--privileged' }", "db"),
            ("memory = '--privileged x'", "512m"),
        ] {
            assert!(
                fault(&settings(text).unwrap()).is_some_and(|fault| fault.contains(word)),
                "{text}"
            );
        }
        assert!(settings("secret = 'id=x,src=/etc/shadow'").is_err());
        assert!(settings("volumes = ['/:/host']").is_err());
    }
}

//! Configuration beside the code: `application.properties` and `application.yml`, as keys with
//! lines.
//!
//! Spring filters these files during the build (`@name@`), so they need not be valid YAML. They
//! are read by indentation, and only single values are kept.

mod hocon;

use std::collections::BTreeMap;

use crate::budget::{MAX_REPLACED, MAX_VALUE};
use crate::facts::Evidence;
use crate::path::RelPath;

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) key: String,
    pub(super) value: String,
    pub(super) evidence: Evidence,
}

/// Settings, strongest first.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The active profiles.
    profiles: Vec<String>,
    all: Vec<Setting>,
    /// The index of the strongest setting of each key.
    strongest: BTreeMap<String, usize>,
    /// Files that the code names, each for the context of its own class.
    named: Vec<RelPath>,
}

impl Settings {
    /// Settings of a program that is started with these profiles.
    pub(super) fn with_profiles(profiles: &[String]) -> Self {
        Self { profiles: profiles.to_vec(), ..Self::default() }
    }

    /// Adds the settings of a file. They are weaker than the existing ones.
    pub(super) fn add(&mut self, path: &RelPath, text: &str) {
        let mut found = match path.extension() {
            "properties" => active(properties(path, text), &self.profiles),
            "conf" => hocon::read(path, text),
            _ => active(yaml(path, text), &self.profiles),
        };
        // In one file the last setting wins.
        found.reverse();
        for setting in found {
            self.strongest.entry(relaxed(&setting.key)).or_insert(self.all.len());
            self.all.push(setting);
        }
    }

    /// Adds a setting that something outside of the settings files makes; it is weaker than them.
    pub(super) fn add_outside(&mut self, key: &str, value: &str, evidence: Evidence) {
        self.strongest.entry(relaxed(key)).or_insert(self.all.len());
        self.all.push(Setting { key: key.to_owned(), value: value.to_owned(), evidence });
    }

    /// As [`Settings::add`], for a file that the code names.
    pub(super) fn add_named(&mut self, path: &RelPath, text: &str) {
        self.named.push(path.clone());
        self.add(path, text);
    }

    /// The settings of a key in files that the code names, where the strongest one is in such a file
    /// too: each may be that of another context. The first of each file, the strongest left out.
    pub(super) fn rivals(&self, key: &str) -> Vec<&Setting> {
        let Some(first) = self.get(key) else { return Vec::new() };
        let mut files = vec![&first.evidence.file];
        if !self.named.contains(files[0]) {
            return Vec::new();
        }
        let (key, mut found) = (relaxed(key), Vec::new());
        for setting in self.all.iter().filter(|setting| relaxed(&setting.key) == key) {
            let file = &setting.evidence.file;
            if self.named.contains(file) && !files.contains(&file) {
                files.push(file);
                found.push(setting);
            }
        }
        found
    }

    /// The strongest setting of a key. For Spring, `server.port`, `server_port` and `serverPort`
    /// are the same.
    pub(super) fn get(&self, key: &str) -> Option<&Setting> {
        self.strongest.get(&relaxed(key)).and_then(|at| self.all.get(*at))
    }

    /// The strongest setting of each key.
    pub(super) fn strongest(&self) -> impl Iterator<Item = &Setting> {
        self.strongest.values().filter_map(|at| self.all.get(*at))
    }

    /// True if there is no setting.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Every setting whose value begins with `prefix`, perhaps as the default of a reference:
    /// `${DB_URL:jdbc:h2:./data/x}`.
    pub(super) fn valued<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a Setting> {
        self.all.iter().filter(move |setting| {
            let value = setting.value.trim_start();
            let is_default = || {
                let default = value.strip_prefix("${").and_then(|rest| rest.split_once(':'));
                default.is_some_and(|(_, default)| default.starts_with(prefix))
            };
            value.starts_with(prefix) || is_default()
        })
    }

    /// A value with `${NAME:default}` replaced by another setting or by the default, and the
    /// variable that overrides the whole value, if its name is in upper case.
    pub(super) fn expand(&self, value: &str) -> (String, Option<String>) {
        self.expand_within(value, 0, &mut MAX_REPLACED.clone())
    }

    /// `steps` is how many references may still be replaced. Further and longer ones stay as they
    /// are.
    fn expand_within(
        &self,
        value: &str,
        depth: usize,
        steps: &mut usize,
    ) -> (String, Option<String>) {
        let value = value.trim();
        let (mut out, mut rest, mut variable) = (String::new(), value, None);
        while let Some(start) = rest.find("${") {
            let Some(end) = closing(&rest[start..]) else { break };
            let inner = &rest[start + 2..start + end];
            let (name, default) =
                inner.split_once(':').map_or((inner, None), |(n, d)| (n, Some(d)));
            if start == 0
                && end + 1 == value.len()
                && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            {
                variable = Some(name.to_owned());
            }
            out.push_str(&rest[..start]);
            let open = depth < 8 && *steps > 0 && out.len() <= MAX_VALUE;
            *steps = steps.saturating_sub(1);
            let known = if open { self.get(name) } else { None };
            match (known, default) {
                (Some(setting), _) => {
                    let (text, inner) = self.expand_within(&setting.value, depth + 1, steps);
                    out.push_str(&text);
                    // `${web.port}`, which is `${PORT:8081}` itself.
                    if start == 0 && end + 1 == value.len() {
                        variable = variable.or(inner);
                    }
                }
                (None, Some(default)) if open => {
                    let (text, inner) = self.expand_within(default, depth + 1, steps);
                    out.push_str(&text);
                    variable = variable.or(inner);
                }
                _ => out.push_str(&rest[start..=start + end]),
            }
            rest = &rest[start + end + 1..];
        }
        out.push_str(rest);
        (out, variable)
    }
}

/// The position of the `}` that closes the `${` at the start.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// A key as Spring compares keys.
pub(super) fn relaxed(key: &str) -> String {
    key.chars().filter(|c| *c != '-' && *c != '_').flat_map(char::to_lowercase).collect()
}

/// Keys that restrict a document to a profile.
const ON_PROFILE: [&str; 2] = ["spring.config.activate.onprofile", "spring.profiles"];

/// The documents that apply to these profiles. Quarkus's `%prod.` is active in a container,
/// `%dev.` is not.
fn active(documents: Vec<Vec<Setting>>, profiles: &[String]) -> Vec<Setting> {
    let documents = documents.into_iter().filter(|document| {
        document
            .iter()
            .filter(|setting| ON_PROFILE.contains(&relaxed(&setting.key).as_str()))
            .all(|setting| accepts(&setting.value, profiles))
    });
    let mut all = Vec::new();
    let mut of_production = Vec::new();
    for mut setting in documents.flatten() {
        match setting.key.trim_matches('"').strip_prefix('%').and_then(|rest| rest.split_once('.'))
        {
            Some(("prod", key)) => {
                let key = key.trim_start_matches('"').to_owned();
                setting.key = key;
                of_production.push(setting);
            }
            Some(_) => {}
            None => all.push(setting),
        }
    }
    // They come last, because the last setting of a key wins.
    all.extend(of_production);
    all
}

/// Whether an expression accepts these profiles: `dev`, `!prod`, `a | b`, `a,b`. Expressions with
/// `&` or brackets count as false.
/// <https://docs.spring.io/spring-boot/reference/features/external-config.html#features.external-config.files.activation-properties>
fn accepts(expression: &str, profiles: &[String]) -> bool {
    let held = |name: &str| match profiles {
        [] => name == "default",
        some => some.iter().any(|profile| profile == name),
    };
    !expression.contains(['&', '('])
        && expression.split(['|', ',']).map(str::trim).any(|name| match name.strip_prefix('!') {
            Some(name) => !held(name.trim()),
            None => held(name),
        })
}

fn properties(path: &RelPath, text: &str) -> Vec<Vec<Setting>> {
    let mut documents = vec![Vec::new()];
    let mut lines = (1..).zip(text.lines()).peekable();
    while let Some((number, line)) = lines.next() {
        let line = line.trim();
        if matches!(line, "#---" | "!---") {
            documents.push(Vec::new());
            continue;
        }
        if line.is_empty() || line.starts_with(['#', '!']) {
            continue;
        }
        let mut whole = line.to_owned();
        while whole.ends_with('\\') && lines.peek().is_some() {
            whole.pop();
            whole.push_str(lines.next().map_or("", |(_, next)| next.trim()));
        }
        let Some((key, value)) = whole.split_once(['=', ':']) else { continue };
        push(&mut documents, path, number, key.trim(), value.trim());
    }
    documents
}

fn push(documents: &mut [Vec<Setting>], path: &RelPath, number: u32, key: &str, value: &str) {
    let evidence = Evidence::at(path, number, key);
    if let Some(document) = documents.last_mut() {
        document.push(Setting { key: key.to_owned(), value: value.to_owned(), evidence });
    }
}

fn yaml(path: &RelPath, text: &str) -> Vec<Vec<Setting>> {
    let mut documents = vec![Vec::new()];
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut items: usize = 0;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("---") {
            documents.push(Vec::new());
            open.clear();
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(item) = line.strip_prefix("- ") {
            // A list may have the same indentation as its key.
            let last = open.last().filter(|(level, _)| *level <= indent);
            let long = open.iter().map(|(_, key)| key.len()).sum::<usize>() > MAX_VALUE;
            if last.is_some() && split_key(item.trim()).is_none() && !long {
                let keys: Vec<&str> = open.iter().map(|(_, key)| key.as_str()).collect();
                let full = format!("{}[{items}]", keys.join("."));
                push(&mut documents, path, number, &full, &plain(item.trim()));
                items += 1;
            }
            continue;
        }
        items = 0;
        let Some((key, value)) = split_key(line) else { continue };
        open.retain(|(level, _)| *level < indent);
        // A hostile file could nest without end.
        if open.len() > 32 {
            continue;
        }
        let value = plain(value);
        // Every line below a long key would repeat it.
        if open.iter().map(|(_, key)| key.len()).sum::<usize>() > MAX_VALUE {
            continue;
        }
        let full =
            open.iter().map(|(_, key)| key.as_str()).chain([key]).collect::<Vec<_>>().join(".");
        if value.is_empty() {
            open.push((indent, key.to_owned()));
        } else {
            flow(&mut documents, path, number, (&full, &value), 0);
        }
    }
    documents
}

/// How deep mappings in flow style are read.
const MAX_FLOW: usize = 8;

/// Adds a value, or each value of a mapping in flow style: `{port: 8081, ssl: {enabled: true}}`.
fn flow(
    documents: &mut [Vec<Setting>],
    path: &RelPath,
    number: u32,
    (key, value): (&str, &str),
    depth: usize,
) {
    let inner = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    // A template in double braces is no mapping.
    let inner = inner.filter(|inner| !inner.starts_with('{') && key.len() <= MAX_VALUE);
    let Some(inner) = inner.filter(|_| depth < MAX_FLOW) else {
        push(documents, path, number, key, value);
        return;
    };
    let (mut nested, mut from) = (0_usize, 0);
    let ends = inner.char_indices().filter_map(|(at, c)| {
        match c {
            '{' | '[' => nested += 1,
            '}' | ']' => nested = nested.saturating_sub(1),
            _ => {}
        }
        (c == ',' && nested == 0).then_some(at)
    });
    for end in ends.chain([inner.len()]) {
        let part = inner.get(from..end).unwrap_or_default();
        from = end + 1;
        let Some((name, value)) = split_key(part.trim()) else { continue };
        let full = format!("{key}.{name}");
        flow(documents, path, number, (&full, &plain(value)), depth + 1);
    }
}

/// Splits `key: value`. A colon in quotes, or without a space after it, does not separate.
fn split_key(line: &str) -> Option<(&str, &str)> {
    let quote = line.chars().next()?;
    let (key, rest) = if matches!(quote, '"' | '\'') {
        let end = line[1..].find(quote)? + 1;
        (&line[1..end], line[end + 1..].trim_start().strip_prefix(':')?)
    } else {
        let at = line.find(": ").or_else(|| line.ends_with(':').then(|| line.len() - 1))?;
        (&line[..at], &line[at + 1..])
    };
    Some((key.trim(), rest.trim()))
}

/// A value without its quotes and without a comment after it.
fn plain(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.split(quote).next().unwrap_or_default().to_owned();
        }
    }
    let value = value.split(" #").next().unwrap_or_default().trim();
    if value.starts_with(['|', '>', '&', '#']) { String::new() } else { value.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(name: &str, text: &str) -> Settings {
        let mut settings = Settings::default();
        settings.add(&RelPath::new(name).unwrap(), text);
        settings
    }

    #[test]
    fn reads_yaml_with_its_documents() {
        let found = settings(
            "application.yml",
            "a: @project.version@ # filtered\nserver:\n  # note\n  port: ${PORT:8081}\n  servlet:\n    path: \"/x: y\"\nb: 2\n---\nspring:\n  config:\n    activate:\n      on-profile: dev\nserver.port: 1\n---\nserver.address: localhost\n",
        );
        let port = found.get("server.port").unwrap();
        assert_eq!((port.value.as_str(), port.evidence.line), ("${PORT:8081}", Some(4)));
        assert_eq!(found.expand(&port.value), ("8081".to_owned(), Some("PORT".to_owned())));
        assert_eq!(found.get("server.servlet.path").unwrap().value, "/x: y");
        assert_eq!(found.get("server.address").unwrap().value, "localhost");
        assert_eq!(found.get("b").unwrap().value, "2");
    }

    #[test]
    fn reads_mappings_in_flow_style() {
        let found = settings(
            "application.yml",
            "server: {port: \"${PORT:8393}\", ssl: {enabled: true}, address: localhost} # x\na: {}\n",
        );
        let of = |key: &str| found.get(key).map(|setting| setting.value.as_str());
        assert_eq!(of("server.port"), Some("${PORT:8393}"));
        assert_eq!(of("server.ssl.enabled"), Some("true"));
        assert_eq!(of("server.address"), Some("localhost"));
        assert_eq!(of("server"), None);
    }

    #[test]
    fn reads_properties_with_profiles() {
        let found = settings(
            "application.properties",
            "# c\nquarkus.http.port=8080\n%dev.quarkus.http.port = 1\n%prod.quarkus.http.port : 8082\na=b\\\n  c\nserverPort=3\n#---\nspring.config.activate.on-profile=x\na=no",
        );
        assert_eq!(found.get("quarkus.http.port").unwrap().value, "8082");
        assert_eq!(found.get("a").unwrap().value, "bc");
        assert_eq!(found.get("server-port").unwrap().value, "3");
    }

    #[test]
    fn documents_count_for_the_profiles_that_are_active() {
        let text = "a: 0\n---\nspring.config.activate.on-profile: dev\na: 1\n---\nspring:\n  profiles: x,prod\na: 2\n---\nspring.config.activate.on-profile: \"!dev\"\nb: 3\n";
        let of = |profiles: &[&str], key: &str| {
            let profiles: Vec<String> = profiles.iter().map(|name| (*name).to_owned()).collect();
            let mut found = Settings::with_profiles(&profiles);
            found.add(&RelPath::new("application.yml").unwrap(), text);
            found.get(key).map(|setting| setting.value.clone())
        };
        assert_eq!((of(&[], "a").unwrap(), of(&[], "b").unwrap()), ("0".into(), "3".into()));
        assert_eq!((of(&["dev"], "a").unwrap(), of(&["dev"], "b")), ("1".into(), None));
        assert_eq!(of(&["prod"], "a").unwrap(), "2");
    }

    #[test]
    fn placeholders_end() {
        let found = settings("a.properties", "a=${b}\nb=${a}\nc=${X:${Y:7}}\nd=${open");
        assert!(found.expand("${a}").0.contains("${"));
        assert_eq!(found.expand("${c}").0, "7");
        assert_eq!(found.expand("${open").0, "${open");
    }
}

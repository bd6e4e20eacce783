//! What `.mvn/maven.config` passes to every run, and which profiles are active in a container.

use std::collections::BTreeMap;

use anyhow::Result;

use super::xml::Element;
use crate::facts::Evidence;
use crate::repo::Dir;

/// Options that the repository passes to Maven.
#[derive(Debug, Default)]
pub(super) struct UserSettings {
    /// `-Dname=value`.
    pub(super) properties: BTreeMap<String, (String, Evidence)>,
    /// `-Pname`.
    profiles: Vec<String>,
    /// `-P!name`.
    disabled: Vec<String>,
    /// `-s FILE`.
    pub(super) settings_file: Option<(String, Evidence)>,
}

impl UserSettings {
    /// Reads `.mvn/maven.config` in the folder in which Maven starts.
    pub(super) fn read(root: &Dir) -> Result<Self> {
        let mut found = Self::default();
        let Some((path, text)) = root.text(".mvn/maven.config")? else { return Ok(found) };
        let words = (1..).zip(text.lines()).filter(|(_, line)| !line.trim_start().starts_with('#'));
        let words: Vec<(u32, &str)> = words
            .flat_map(|(number, line)| line.split_whitespace().map(move |word| (number, word)))
            .collect();
        let mut words = words.into_iter().peekable();
        while let Some((number, word)) = words.next() {
            let mut value = |short: &str, long: &str| -> Option<String> {
                let rest = word.strip_prefix(long).or_else(|| word.strip_prefix(short))?;
                let rest = rest.strip_prefix('=').unwrap_or(rest);
                if rest.is_empty() {
                    words.next().map(|(_, next)| next.to_owned())
                } else {
                    Some(rest.to_owned())
                }
            };
            if let Some(pair) = value("-D", "--define") {
                let (name, value) = pair.split_once('=').unwrap_or((&pair, "true"));
                let evidence = Evidence::at(&path, number, format!("-D{name} of every run"));
                found.properties.insert(name.to_owned(), (value.to_owned(), evidence));
            } else if let Some(names) = value("-P", "--activate-profiles") {
                for name in names.split(',') {
                    match name.strip_prefix(['!', '-']) {
                        Some(name) => found.disabled.push(name.to_owned()),
                        None => found.profiles.push(name.trim_start_matches(['+', '?']).to_owned()),
                    }
                }
            } else if (!word.starts_with("--s") || word.starts_with("--settings"))
                && let Some(file) = value("-s", "--settings")
            {
                found.settings_file =
                    Some((file, Evidence::at(&path, number, "settings of every run")));
            }
        }
        Ok(found)
    }
}

/// The active profiles of a pom, as indexes: those that are named or activated by a property, the
/// system or a file, or else those that are active by default.
/// <https://maven.apache.org/guides/introduction/introduction-to-profiles.html>
pub(super) fn active(root: &Element, dir: &Dir, settings: &UserSettings) -> Vec<usize> {
    let profiles: Vec<&Element> = root.list("profiles").collect();
    let id = |profile: &Element| profile.text_at("id").unwrap_or("default").to_owned();
    let enabled: Vec<usize> = (0..profiles.len())
        .filter(|at| {
            let profile = profiles[*at];
            settings.profiles.contains(&id(profile))
                || profile
                    .child("activation")
                    .is_some_and(|activation| activated(activation, dir, settings))
        })
        .filter(|at| !settings.disabled.contains(&id(profiles[*at])))
        .collect();
    if !enabled.is_empty() {
        return enabled;
    }
    (0..profiles.len())
        .filter(|at| profiles[*at].text_at("activation/activeByDefault") == Some("true"))
        .filter(|at| !settings.disabled.contains(&id(profiles[*at])))
        .collect()
}

/// True if all conditions of an activation hold. A condition on the JDK counts as false, because
/// the JDK is chosen later.
fn activated(activation: &Element, dir: &Dir, settings: &UserSettings) -> bool {
    let mut conditions = Vec::new();
    if let Some(property) = activation.child("property") {
        let name = property.text_at("name").unwrap_or_default();
        let set = |name: &str| settings.properties.get(name).map(|(value, _)| value.as_str());
        conditions.push(match (name.strip_prefix('!'), property.text_at("value")) {
            (Some(name), _) => set(name).is_none(),
            (None, None) => set(name).is_some(),
            (None, Some(value)) => match value.strip_prefix('!') {
                Some(value) => set(name) != Some(value),
                None => set(name) == Some(value),
            },
        });
    }
    if let Some(os) = activation.child("os") {
        conditions.push(os.children.iter().all(|part| {
            let (negated, text) = match part.text.strip_prefix('!') {
                Some(text) => (true, text.to_lowercase()),
                None => (false, part.text.to_lowercase()),
            };
            let holds = match part.name.as_str() {
                "family" => matches!(text.as_str(), "unix" | "linux"),
                "name" => text == "linux",
                // One image is built for several architectures, so a profile for one of them
                // cannot be active.
                _ => false,
            };
            holds != negated
        }));
    }
    if let Some(file) = activation.child("file") {
        let there = |text: &str| {
            let text = text.replace("${basedir}", ".").replace("${project.basedir}", ".");
            dir.join(&text).is_some_and(|path| dir.repo.exists(&path))
        };
        let exists = file.text_at("exists").is_none_or(there);
        let missing = file.text_at("missing").is_none_or(|text| !there(text));
        conditions.push(exists && missing);
    }
    if activation.child("jdk").is_some() {
        conditions.push(false);
    }
    !conditions.is_empty() && conditions.iter().all(|holds| *holds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::java::xml;
    use crate::path::RelPath;
    use crate::repo::Repo;

    fn names(config: &str, profiles: &str) -> Vec<String> {
        let repo = Repo::from_files([(".mvn/maven.config", config), ("there", "")]);
        let settings = UserSettings::read(&repo.root()).unwrap();
        let text = format!("<project><profiles>{profiles}</profiles></project>");
        let root = xml::parse(&RelPath::new("pom.xml").unwrap(), &text).unwrap();
        let list: Vec<&Element> = root.list("profiles").collect();
        active(&root, &repo.root(), &settings)
            .iter()
            .map(|at| list[*at].text_at("id").unwrap().to_owned())
            .collect()
    }

    fn profile(id: &str, activation: &str) -> String {
        format!("<profile><id>{id}</id><activation>{activation}</activation></profile>")
    }

    #[test]
    fn default_profiles_give_way_to_activated_ones() {
        let all = profile("a", "<activeByDefault>true</activeByDefault>")
            + &profile("b", "<property><name>x</name></property>")
            + &profile("c", "<property><name>!release</name></property>");
        assert_eq!(names("", &all), ["c"]);
        assert_eq!(names("-Drelease\n", &all), ["a"]);
        assert_eq!(names("-Drelease -Dx=1", &all), ["b"]);
        assert_eq!(names("-P a,!c", &all), ["a"]);
    }

    #[test]
    fn systems_and_files_are_those_of_the_container() {
        let all = profile("win", "<os><family>windows</family></os>")
            + &profile("unix", "<os><family>unix</family></os>")
            + &profile("file", "<file><exists>${basedir}/there</exists></file>")
            + &profile("gone", "<file><missing>there</missing></file>")
            + &profile("jdk", "<jdk>[8,)</jdk>");
        assert_eq!(names("", &all), ["unix", "file"]);
    }

    #[test]
    fn reads_the_options_of_every_run() {
        let repo = Repo::from_files([(
            ".mvn/maven.config",
            "-B\n-Drevision=1.2\n--settings .mvn/s.xml\n-T1C",
        )]);
        let settings = UserSettings::read(&repo.root()).unwrap();
        assert_eq!(settings.properties["revision"].0, "1.2");
        assert_eq!(settings.settings_file.unwrap().0, ".mvn/s.xml");
    }
}

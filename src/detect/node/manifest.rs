//! package.json: one reader, lenient about what it does not need
//! (<https://docs.npmjs.com/cli/configuring-npm/package-json>).

use std::collections::BTreeMap;
use std::rc::Rc;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::{Dir, json_line, parse_json};

/// A package.json with its text, for line numbers.
#[derive(Clone)]
pub(crate) struct Package {
    pub(crate) path: RelPath,
    text: Rc<str>,
    json: Rc<Value>,
}

/// The file to which an entry of `exports` or `imports` maps a name.
fn matched(pattern: &str, value: &Value, name: &str) -> Option<String> {
    let middle = match pattern.split_once('*') {
        Some((before, after)) => name.strip_prefix(before)?.strip_suffix(after)?,
        None => (pattern == name).then_some("")?,
    };
    Some(first(value)?.replace('*', middle))
}

/// The first file among the conditions. Those for Node.js come before those for types.
fn first(value: &Value) -> Option<String> {
    let mut value = value;
    for _ in 0..4 {
        match value {
            Value::String(text) => return Some(text.clone()),
            Value::Object(all) => {
                // The source is in the repository; what the build writes usually is not.
                let keys = ["source", "node", "import", "require", "default", "types"];
                value = keys.iter().find_map(|key| all.get(*key))?;
            }
            Value::Array(all) => value = all.first()?,
            _ => return None,
        }
    }
    None
}

/// The likely source of `./dist/index.js`, which is `src/index`.
fn source(file: &str) -> Option<String> {
    let way = file.trim_start_matches("./");
    let (_, rest) =
        way.split_once('/').filter(|(top, _)| matches!(*top, "dist" | "lib" | "build"))?;
    let rest = rest.strip_suffix(".d.ts").unwrap_or(rest);
    let stem = rest.rsplit_once('.').map_or(rest, |(stem, _)| stem);
    Some(format!("src/{stem}"))
}

/// The list that contains a dependency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Production,
    Development,
}

impl Package {
    /// The package.json of a folder.
    pub(crate) fn read(dir: &Dir) -> Result<Option<Self>> {
        let read = || {
            let Some((path, text)) = dir.text("package.json")? else { return Ok(None) };
            let json: Value = parse_json(&path, &text)?;
            if !json.is_object() {
                bail!(
                    "{path}:1: package.json is not an object: fix the file, since npm cannot read it either"
                );
            }
            Ok(Some(Self { path, text, json: Rc::new(json) }))
        };
        Ok(dir.repo.once::<Option<Self>>(&dir.path, read)?.as_ref().clone())
    }

    /// The file to which `imports` maps a name that begins with `#`
    /// (<https://nodejs.org/api/packages.html#imports>).
    pub(crate) fn imported(&self, name: &str) -> Option<String> {
        let all = self.get(&["imports"])?.as_object()?;
        all.iter().find_map(|(pattern, value)| matched(pattern, value, name))
    }

    /// The files to which a path below the package's name may lead; `""` stands for the name
    /// itself. Each built file is followed by its likely source.
    pub(crate) fn exported(&self, below: &str) -> Vec<String> {
        let key = if below.is_empty() { ".".to_owned() } else { format!("./{below}") };
        let mut found = Vec::new();
        match self.get(&["exports"]) {
            // Without a key that starts with a dot, the keys are conditions of a single export.
            Some(Value::Object(all)) if all.keys().any(|key| key.starts_with('.')) => {
                found.extend(all.iter().filter_map(|(name, value)| matched(name, value, &key)));
            }
            Some(value) if below.is_empty() => found.extend(first(value)),
            _ => {}
        }
        if below.is_empty() {
            let keys = ["source", "module", "main", "types"];
            found.extend(keys.iter().filter_map(|key| self.str(&[key]).map(str::to_owned)));
        }
        let sources: Vec<String> = found.iter().filter_map(|file| source(file)).collect();
        found.extend(sources);
        found
    }

    /// The string at a path of keys.
    pub(crate) fn str(&self, keys: &[&str]) -> Option<&str> {
        self.get(keys).and_then(Value::as_str)
    }

    /// The value at a path of keys.
    pub(crate) fn get(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(&*self.json, |value, key| value.get(key))
    }

    /// Evidence at a path of keys.
    pub(crate) fn at(&self, keys: &[&str], note: impl Into<String>) -> Evidence {
        match json_line(&self.text, keys) {
            Some(line) => Evidence::at(&self.path, line, note),
            None => Evidence::file(&self.path, note),
        }
    }

    /// Evidence at the entry of a dependency.
    pub(crate) fn at_dependency(&self, name: &str, note: impl Into<String>) -> Evidence {
        let list = ["dependencies", "optionalDependencies", "devDependencies", "peerDependencies"]
            .into_iter()
            .find(|list| self.get(&[list, name]).is_some());
        self.at(&[list.unwrap_or("dependencies"), name], note)
    }

    /// The script with that name.
    pub(crate) fn script(&self, name: &str) -> Option<&str> {
        self.str(&["scripts", name]).filter(|text| !text.trim().is_empty())
    }

    /// Every script, by name.
    pub(crate) fn scripts(&self) -> BTreeMap<&str, &str> {
        let scripts = self.get(&["scripts"]).and_then(Value::as_object);
        scripts
            .into_iter()
            .flatten()
            .filter_map(|(name, text)| Some((name.as_str(), text.as_str()?)))
            .collect()
    }

    /// The list in which a dependency is; production wins.
    pub(crate) fn dependency(&self, name: &str) -> Option<Kind> {
        if self
            .get(&["dependencies", name])
            .or_else(|| self.get(&["optionalDependencies", name]))
            .is_some()
        {
            Some(Kind::Production)
        } else if self.get(&["devDependencies", name]).is_some() {
            Some(Kind::Development)
        } else {
            None
        }
    }

    /// True if the package is a dependency of either kind.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.dependency(name).is_some()
    }

    /// Names and ranges in one list.
    pub(crate) fn list(&self, list: &str) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.get(&[list]).and_then(Value::as_object);
        entries
            .into_iter()
            .flatten()
            .filter_map(|(name, range)| Some((name.as_str(), range.as_str()?)))
    }

    /// Names and ranges of everything that an install brings: production, optional, development.
    pub(crate) fn dependencies(&self) -> impl Iterator<Item = (&str, &str)> {
        ["dependencies", "optionalDependencies", "devDependencies"]
            .into_iter()
            .flat_map(|list| self.list(list))
    }

    /// What whoever installs the package has to bring.
    pub(crate) fn peers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.list("peerDependencies")
    }

    /// True if there are production dependencies.
    pub(crate) fn has_production(&self) -> bool {
        self.list("dependencies").chain(self.list("optionalDependencies")).next().is_some()
    }

    /// True if there are development dependencies.
    pub(crate) fn has_development(&self) -> bool {
        self.list("devDependencies").next().is_some()
    }

    /// The patterns of npm, Yarn or Bun workspaces.
    pub(crate) fn workspaces(&self) -> Vec<String> {
        let list =
            self.get(&["workspaces"]).and_then(|value| value.get("packages").or(Some(value)));
        let list = list.and_then(Value::as_array);
        list.into_iter()
            .flatten()
            .filter_map(|pattern| pattern.as_str().map(str::to_owned))
            .collect()
    }

    /// The major version with which a dependency's range begins: 14 for `^14.1.1`.
    pub(crate) fn major(&self, name: &str) -> Option<u32> {
        let (_, range) = self.dependencies().find(|(held, _)| *held == name)?;
        let digits: String = range
            .chars()
            .skip_while(|c| !c.is_ascii_digit())
            .take_while(char::is_ascii_digit)
            .collect();
        digits.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn package(text: &str) -> Result<Option<Package>> {
        Package::read(&Repo::from_files([("package.json", text)]).root())
    }

    #[test]
    fn reads_what_is_there_and_shrugs_at_odd_types() {
        let read = package(r#"{"scripts": {"a": "x", "b": 1}, "dependencies": {"next": "^14.1"}, "devDependencies": {"next": "1"},
            "workspaces": {"packages": ["apps/*"]}}"#).unwrap().unwrap();
        assert_eq!(read.scripts().len(), 1);
        assert_eq!(read.dependency("next"), Some(Kind::Production));
        assert_eq!(read.major("next"), Some(14));
        assert_eq!(read.workspaces(), ["apps/*"]);
    }

    #[test]
    fn a_broken_manifest_is_an_error_with_its_line() {
        let error = |text| package(text).err().unwrap().to_string();
        assert!(error("{\n \"name\": }").starts_with("package.json:2"));
        assert!(error("[]").contains("not an object"));
    }
}

//! Masks the versions of the repository's own packages in the dependency layer, so that a new
//! version does not compile the dependencies again. The template masks with sed, line by line.
//! This code does the same to the texts and checks that nothing else changes.

use std::collections::BTreeSet;

use super::lockfile::Lockfile;
use super::manifest::Manifest;

/// Stands in for the catalog's `masked_version`, whose value does not matter here.
const MASKED: &str = "masked";

/// What the template's first sed does to a manifest.
fn mask_manifest(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for line in text.split_inclusive('\n') {
        let header = line.starts_with('[');
        let mut line = line.to_owned();
        if inside {
            line = replace_version(&line, true, MASKED).unwrap_or(line);
            inside = !header;
        } else if header
            && (line.starts_with("[package]") || line.starts_with("[workspace.package]"))
        {
            inside = true;
        }
        if has_path(&line)
            && let Some(masked) = replace_version(&line, false, "*")
        {
            line = masked;
        }
        out.push_str(&line);
    }
    out
}

/// True if the line contains `path *= *"`.
fn has_path(line: &str) -> bool {
    line.match_indices("path").any(|(at, word)| {
        let rest = line[at + word.len()..].trim_start_matches(' ');
        rest.strip_prefix('=').is_some_and(|rest| rest.trim_start_matches(' ').starts_with('"'))
    })
}

/// Replaces the value of the first `version = "..."`, at the start of the line or anywhere in it.
fn replace_version(line: &str, at_start: bool, value: &str) -> Option<String> {
    for (at, word) in line.match_indices("version") {
        if at_start && at > 0 {
            return None;
        }
        let rest = line[at + word.len()..].trim_start_matches(' ');
        let Some(rest) = rest.strip_prefix('=') else { continue };
        let Some(rest) = rest.trim_start_matches(' ').strip_prefix('"') else { continue };
        if let Some(end) = rest.find('"') {
            let open = line.len() - rest.len();
            return Some(format!("{}{value}{}", &line[..open], &rest[end..]));
        }
    }
    None
}

/// The manifest as data, with every version of an own package masked.
fn expected(mut table: toml::Table) -> toml::Table {
    let mask = |table: Option<&mut toml::Value>, value: &str| {
        if let Some(version @ toml::Value::String(_)) = table.and_then(|t| t.get_mut("version")) {
            *version = toml::Value::String(value.to_owned());
        }
    };
    mask(table.get_mut("package"), MASKED);
    mask(table.get_mut("workspace").and_then(|w| w.get_mut("package")), MASKED);
    let free = |holder: Option<&mut toml::Value>| {
        let dependencies = holder.and_then(toml::Value::as_table_mut).into_iter();
        for (_, dependency) in
            dependencies.flat_map(|d| d.iter_mut()).filter(|(_, d)| d.get("path").is_some())
        {
            mask(Some(dependency), "*");
        }
    };
    let tables = ["dependencies", "dev-dependencies", "build-dependencies"];
    for name in tables {
        free(table.get_mut(name));
        free(table.get_mut("workspace").and_then(|w| w.get_mut(name)));
    }
    if let Some(platforms) = table.get_mut("target").and_then(toml::Value::as_table_mut) {
        for (_, platform) in platforms.iter_mut() {
            for name in tables {
                free(platform.get_mut(name));
            }
        }
    }
    table
}

/// The names whose lockfile entries are masked, or the reason why masking is not safe.
pub(super) fn masked<'m>(
    manifests: impl Iterator<Item = &'m Manifest> + Clone,
    shared: Option<&String>,
    lock: Option<&Lockfile>,
) -> Result<BTreeSet<String>, String> {
    let mut names = BTreeSet::new();
    for manifest in manifests {
        let parse = |text: &str| text.parse::<toml::Table>().ok();
        let (Some(before), Some(after)) =
            (parse(&manifest.text), parse(&mask_manifest(&manifest.text)))
        else {
            return Err(format!("{} is not written line by line", manifest.path));
        };
        if expected(before) != after {
            return Err(format!(
                "{}: the version of a package of the repository is not on a line of its own",
                manifest.path
            ));
        }
        let Some(package) = &manifest.package else { continue };
        if Manifest::inherited(package.version.as_ref(), shared).is_some() {
            names.insert(manifest.name().to_owned());
        }
    }
    let Some(lock) = lock else { return Ok(names) };
    if lock.format < 3 {
        return Err(format!("{} has an old format, which repeats versions", lock.path));
    }
    for name in &names {
        let entries: Vec<_> = lock.named(name).collect();
        if entries.len() > 1 || entries.iter().any(|entry| entry.source.is_some()) {
            return Err(format!("{} holds another package called {name}", lock.path));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::path::RelPath;

    fn of(text: &str, lock: &str) -> Result<BTreeSet<String>, String> {
        let manifest =
            Manifest::parse(&RelPath::new("Cargo.toml").unwrap(), &Rc::from(text)).unwrap();
        let lock = Lockfile::parse(&RelPath::new("Cargo.lock").unwrap(), &Rc::from(lock)).unwrap();
        masked([&manifest].into_iter(), None, Some(&lock))
    }

    #[test]
    fn masks_own_versions_and_nothing_else() {
        let text = "[package]\nname = \"a\"\nversion = \"1.2.3\" # \"x\"\n\n[dependencies]\nversion = \"1\"\nb = { path = \"../b\", version = \"1.2\" }\nserde = { version = \"1\" }\n";
        let masked = mask_manifest(text);
        assert_eq!(
            masked,
            "[package]\nname = \"a\"\nversion = \"masked\" # \"x\"\n\n[dependencies]\nversion = \"1\"\nb = { path = \"../b\", version = \"*\" }\nserde = { version = \"1\" }\n"
        );
    }

    #[test]
    fn what_cannot_be_masked_is_said() {
        let lock = "version = 4\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n";
        let plain = "[package]\nname = \"a\"\nversion = \"1.2.3\"\n";
        assert_eq!(of(plain, lock).unwrap().into_iter().collect::<Vec<_>>(), ["a"]);
        assert!(of("package = { name = \"a\", version = \"1.2.3\" }\n", lock).is_err());
        assert!(of("[package]\nname = \"a\"\nversion = '1.2.3'\n", lock).is_err());
        let multi = format!("{plain}[dependencies.b]\npath = \"b\"\nversion = \"1\"\n");
        assert!(of(&multi, lock).is_err());
        let twice = format!(
            "{lock}[[package]]\nname = \"a\"\nversion = \"0.1.0\"\nsource = \"registry+x\"\n"
        );
        assert!(of(plain, &twice).unwrap_err().contains("another package"));
        assert!(
            of(plain, "[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n")
                .unwrap_err()
                .contains("old format")
        );
        // Without a version there is nothing to mask, and that is no error.
        assert!(of("[package]\nname = \"a\"\n", lock).unwrap().is_empty());
    }
}

//! Builds that hash with MD4, which OpenSSL 3 refuses without a special option.

use std::collections::BTreeMap;

use anyhow::Result;
use nodejs_semver::Version;
use serde::Deserialize;

use super::{App, script, tool};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::repo::line_of;

/// The row of the catalog.
#[derive(Debug, Deserialize)]
struct Row {
    package: String,
    before: String,
    cycle: u64,
    /// Older versions that bring a hash of their own.
    mended: Vec<String>,
    option: String,
    commands: Vec<String>,
    /// Tools that bring the package, each with the first major version that brings a later one.
    brought_before: BTreeMap<String, u32>,
}

/// The option that Node.js needs to run the build script, and a finding about it.
pub(super) fn option(
    app: &App,
    script: &str,
    toolchain: &str,
) -> Result<Option<(String, Finding)>> {
    let row: Row = app.catalog.table("md4")?;
    let text = app.package.script(script).unwrap_or_default();
    let cycle: u64 =
        toolchain.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(u64::MAX);
    let mut commands = script::parse(text)
        .commands
        .into_iter()
        .map(script::unwrap)
        .filter_map(|c| c.argv.into_iter().next());
    if cycle < row.cycle
        || text.contains(&row.option)
        || !commands.any(|command| row.commands.contains(&command))
    {
        return Ok(None);
    }
    let Ok(fixed) = Version::parse(&row.before) else { return Ok(None) };
    let parsed =
        |(text, evidence): (String, Evidence)| Some((Version::parse(text).ok()?, evidence));
    let mut old: Vec<(Version, Evidence)> = locked(app, &row.package)?
        .into_iter()
        .filter_map(parsed)
        .filter(|(version, _)| *version < fixed && !row.mended.contains(&version.to_string()))
        .collect();
    old.sort_by(|a, b| a.0.cmp(&b.0));
    let locked = old.into_iter().next();
    let old = locked.map(|(version, evidence)| (format!("{} {version}", row.package), evidence));
    let old = match old {
        None if locked_by(app)?.is_none() => brought(app, &row),
        old => old,
    };
    Ok(old.map(|(what, evidence)| {
        let finding = Finding::new(
            codes::LEGACY_OPENSSL,
            format!("the build runs with {}, because {what} hashes with MD4", row.option),
            [evidence],
        )
        .with_why(format!(
            "OpenSSL 3, in Node.js {} and later, refuses MD4, and the build would stop",
            row.cycle
        ))
        .with_fix(format!("update {} to {} or later", row.package, row.before));
        (row.option, finding)
    }))
}

/// A tool that brings the bundler, according to the manifest: the only witness without a lockfile.
fn brought(app: &App, row: &Row) -> Option<(String, Evidence)> {
    row.brought_before.iter().find_map(|(tool, fixed)| {
        let major = app.package.major(tool).filter(|major| major < fixed)?;
        let evidence = app.package.at_dependency(tool, format!("brings {}", row.package));
        Some((format!("{} of {tool} {major}", row.package), evidence))
    })
}

/// The lockfile, if there is one.
fn locked_by(app: &App) -> Result<Option<&'static str>> {
    if tool::npm_lock(&app.root)?.is_some() {
        return Ok(Some("package-lock.json"));
    }
    let others = ["pnpm-lock.yaml", "yarn.lock", "bun.lock"];
    Ok(others.into_iter().find(|file| app.root.has(file)))
}

/// The versions of a package in the lockfile.
pub(super) fn locked(app: &App, name: &str) -> Result<Vec<(String, Evidence)>> {
    if let Some((path, json)) = &*tool::npm_lock(&app.root)? {
        let text = app.root.repo.text(path)?.unwrap_or_default();
        let packages =
            json.get("packages").and_then(serde_json::Value::as_object).into_iter().flatten();
        let named = packages.filter(|(key, _)| {
            key.rsplit_once("node_modules/").is_some_and(|(_, held)| held == name)
        });
        // Format 1 has no `packages`.
        let old = json.get("dependencies").and_then(|all| all.get(name));
        let versions = named
            .map(|(_, entry)| entry)
            .chain(old)
            .filter_map(|entry| entry.get("version")?.as_str());
        let at = |version: &str| {
            (
                version.to_owned(),
                Evidence::at(path, line_of(&text, name).unwrap_or(1), format!("{name} {version}")),
            )
        };
        return Ok(versions.map(at).collect());
    }
    for file in ["pnpm-lock.yaml", "yarn.lock", "bun.lock"] {
        if let Some((path, text)) = app.root.text(file)? {
            let lines: Vec<&str> = text.lines().collect();
            let below = lines.iter().skip(1).copied().chain([""]);
            let found = (1..).zip(lines.iter().zip(below)).filter_map(|(number, (line, below))| {
                let version = version_at(name, line, below)?;
                Some((version.to_owned(), Evidence::at(&path, number, format!("{name} {version}"))))
            });
            return Ok(found.collect());
        }
    }
    Ok(Vec::new())
}

/// The version in a line that begins an entry of the package, or in the line below: `
/// webpack@4.47.0:`, `  /webpack/4.47.0:`, `webpack@^4.0.0:` above `  version "4.47.0"`,
/// `"webpack": ["webpack@4.47.0",`.
fn version_at<'t>(name: &str, line: &'t str, below: &'t str) -> Option<&'t str> {
    let digits = |text: &'t str| {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        Some(&text[..end]).filter(|version| version.matches('.').count() == 2)
    };
    let key = line.trim_start().trim_start_matches(['"', '\'', '/']);
    let rest = key.strip_prefix(name)?;
    if let Some((_, value)) = rest.split_once("\": [\"") {
        return digits(value.strip_prefix(name)?.strip_prefix('@')?);
    }
    let range = rest.strip_prefix(['@', '/'])?;
    match below.trim_start().strip_prefix("version") {
        Some(version) => digits(version.trim_start_matches([':', ' ', '"'])),
        None => digits(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn versions_in_every_lockfile_format() {
        let at = |line, below| version_at("webpack", line, below);
        assert_eq!(at("  webpack@4.47.0:", "    resolution: {}"), Some("4.47.0"));
        assert_eq!(at("  /webpack/4.46.0_webpack-cli@4:", "    x"), Some("4.46.0"));
        assert_eq!(at("webpack@4.42.0, webpack@^4.0.0:", "  version \"4.42.0\""), Some("4.42.0"));
        assert_eq!(at("\"webpack@npm:^4.0.0\":", "  version: 4.47.0"), Some("4.47.0"));
        assert_eq!(at("    \"webpack\": [\"webpack@4.47.0\", \"\", {}],", ""), Some("4.47.0"));
        assert_eq!(at("  webpack-cli@4.9.0:", ""), None);
        assert_eq!(at("    webpack: 4.47.0", ""), None);
    }

    #[test]
    fn an_old_webpack_needs_the_option() {
        let of = |script: &str, version: &str, toolchain: &str| {
            let manifest = format!(r#"{{"scripts": {{"build": "{script}"}}}}"#);
            let lock = format!("webpack@^4.0.0:\n  version \"{version}\"\n");
            let repo = Repo::from_files([
                ("package.json", manifest.as_str()),
                ("yarn.lock", lock.as_str()),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            option(&app, "build", toolchain).unwrap().map(|(option, _)| option)
        };
        let legacy = Some("--openssl-legacy-provider".to_owned());
        assert_eq!(of("react-scripts build", "4.42.0", "26"), legacy);
        assert_eq!(of("CI=true webpack --mode production", "5.60.0", "18.20.8"), legacy);
        assert_eq!(of("react-scripts build", "5.61.0", "26"), None);
        assert_eq!(of("react-scripts build", "4.47.0", "26"), None);
        assert_eq!(of("react-scripts build", "4.42.0", "16.20.2"), None);
        assert_eq!(of("vite build", "4.42.0", "26"), None);
        assert_eq!(
            of("NODE_OPTIONS=--openssl-legacy-provider react-scripts build", "4.42.0", "26"),
            None
        );
    }

    #[test]
    fn the_manifest_decides_without_a_lockfile() {
        let of = |version: &str, lock: Option<&str>| {
            let manifest = format!(
                r#"{{"scripts": {{"build": "vue-cli-service build"}}, "devDependencies": {{"@vue/cli-service": "{version}"}}}}"#
            );
            let mut files = vec![("package.json", manifest.as_str())];
            files.extend(lock.map(|lock| ("yarn.lock", lock)));
            let repo = Repo::from_files(files);
            let app = App::read(&repo.root()).unwrap().unwrap();
            option(&app, "build", "26").unwrap().is_some()
        };
        assert!(of("4.4.4", None) && of("^4.0.0", None));
        assert!(!of("^5.0.0", None));
        assert!(!of("4.4.4", Some("webpack@^5.0.0:\n  version \"5.99.0\"\n")));
    }
}

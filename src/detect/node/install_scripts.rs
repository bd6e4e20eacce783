//! Install scripts of dependencies, which package managers skip unless the project allows them:
//! pnpm from version 10, npm from version 12. <https://pnpm.io/settings#allowbuilds>,
//! <https://docs.npmjs.com/cli/v12/using-npm/changelog#1200-2026-07-08>

use anyhow::Result;

use super::App;
use super::native;
use super::tool::Tool;
use crate::detect::node::codes;
use crate::facts::Finding;

/// Reports native modules that the installed version of the package manager does not compile.
pub(super) fn finding(app: &App, tool: &Tool) -> Result<Option<Finding>> {
    let Some(major) = tool.major() else { return Ok(None) };
    let (from, setting) = match tool.id.as_str() {
        "pnpm" => (
            10,
            if major == 10 {
                "onlyBuiltDependencies in pnpm-workspace.yaml"
            } else {
                "allowBuilds in pnpm-workspace.yaml"
            },
        ),
        "npm" => (12, "allowScripts in package.json"),
        _ => return Ok(None),
    };
    if major < from {
        return Ok(None);
    }
    let mut allowed = String::new();
    for file in ["package.json", "pnpm-workspace.yaml", ".npmrc"] {
        allowed.push_str(
            app.root.text(file)?.as_ref().map_or("", |(_, text)| permissions(file, text)),
        );
    }
    let native = native::read(app)?;
    let blocked: Vec<_> =
        native.scripted.iter().filter(|(name, _)| !allowed.contains(name.as_str())).collect();
    if blocked.is_empty() || allowed.contains("dangerouslyAllowAll") {
        return Ok(None);
    }
    let names: Vec<&str> = blocked.iter().map(|(name, _)| name.as_str()).collect();
    Ok(Some(
        Finding::new(
            codes::INSTALL_SCRIPTS_BLOCKED,
            format!("{} {major} does not run the install scripts of {}", tool.id, names.join(", ")),
            blocked.iter().map(|(_, evidence)| evidence.clone()),
        )
        .with_fix(format!(
            "allow them: {setting}; or pin the version of {} that you use in packageManager",
            tool.id
        )),
    ))
}

/// The part of a file that can allow scripts. The name of a dependency elsewhere in the manifest
/// allows nothing.
fn permissions<'t>(file: &str, text: &'t str) -> &'t str {
    let keys: &[&str] = match file {
        "package.json" => {
            &["\"allowScripts\"", "\"onlyBuiltDependencies\"", "\"dangerouslyAllowAllBuilds\""]
        }
        "pnpm-workspace.yaml" => {
            &["allowBuilds:", "onlyBuiltDependencies:", "dangerouslyAllowAllBuilds:"]
        }
        _ => &["allow-scripts", "dangerously-allow-all"],
    };
    let Some(start) = keys.iter().filter_map(|key| text.find(key)).min() else { return "" };
    let rest = &text[start..];
    let end = if file == "package.json" { rest.find(['}', ']']) } else { None };
    &rest[..end.unwrap_or(rest.len())]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::repo::Repo;

    fn found(version: &str, more: &str, workspace: &str) -> bool {
        let manifest =
            format!(r#"{{{more} "dependencies": {{"better-sqlite3": "12", "bindings": "1"}}}}"#);
        let repo = Repo::from_files([
            ("package.json", manifest.as_str()),
            ("pnpm-workspace.yaml", workspace),
        ]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let id = version.split('@').next().unwrap().to_owned();
        let tool = Tool { id, install: Some(version.to_owned()), release: None, lockfile: None };
        let finding = finding(&app, &tool).unwrap();
        assert!(
            finding
                .as_ref()
                .is_none_or(|f| f.what.contains("better-sqlite3") && !f.what.contains("bindings"))
        );
        finding.is_some()
    }

    #[test]
    fn versions_and_permissions_decide() {
        assert!(found("pnpm@10.34.9", "", ""));
        assert!(!found("pnpm@9.15.0", "", ""));
        assert!(!found("pnpm@10.34.9", "", "onlyBuiltDependencies:\n  - better-sqlite3\n"));
        assert!(!found("pnpm@11.6.0", "", "allowBuilds:\n  better-sqlite3: true\n"));
        assert!(!found(
            "pnpm@10.34.9",
            r#""pnpm": {"onlyBuiltDependencies": ["better-sqlite3"]},"#,
            ""
        ));
        assert!(found("pnpm@10.34.9", r#""pnpm": {"onlyBuiltDependencies": ["sharp"]},"#, ""));
        assert!(found("npm@12.0.2", "", "") && !found("npm@11.21.2", "", ""));
        assert!(!found("npm@12.0.2", r#""allowScripts": {"better-sqlite3@12.1.0": true},"#, ""));
    }
}

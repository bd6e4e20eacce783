//! Commands that a framework's start script runs first and that its image drops.

use anyhow::Result;

use crate::detect::node::launch::{Launch, Layout};
use crate::detect::node::{App, codes, entry};
use crate::facts::Finding;

/// What the start script of a framework runs before its server. The output of a framework holds
/// neither the tools nor the files of such a command.
pub(super) fn finding(app: &App, launch: &mut Launch) -> Result<Option<Finding>> {
    if !matches!(launch.layout, Layout::Standalone | Layout::Bundle) {
        return Ok(None);
    }
    for name in ["start:prod", "start:production", "start"] {
        if app.package.script(name).is_none() {
            continue;
        }
        let entry::Outcome::Start(entries) = entry::resolve(app, name)? else { return Ok(None) };
        let Some(line) = entries.into_iter().find_map(|entry| entry.launch.before) else {
            return Ok(None);
        };
        launch.migrates = true;
        let text = app.package.script(name).unwrap_or_default();
        let what =
            format!("the script {name} runs `{line}` before the server, and the image does not");
        let at = app.package.at(&["scripts", name], format!("`{text}`"));
        let said = Finding::new(codes::START_CHAIN, what, [at]);
        return Ok(Some(
            said.with_why("the output of the framework holds neither the tool nor its files")
                .with_fix(
                    "run it once for each release, beside the containers that serve, for example \
                     in a container of the build stage: `docker build --target build ...`",
                ),
        ));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    #[test]
    fn what_a_framework_runs_first_is_said() {
        let said = |start: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"build": "next build", "start": "{start}"}},
                "dependencies": {{"next": "15", "prisma": "6"}}}}"#
            );
            let repo = Repo::from_files([("package.json", manifest.as_str())]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let (program, launch) = program::all(&app).unwrap().programs.remove(0);
            assert_eq!(launch.migrates, start.contains("migrate"));
            program.findings.iter().any(|finding| finding.code.as_str() == "start-chain")
        };
        assert!(said("prisma migrate deploy && next start"));
        assert!(!said("next start"));
    }
}

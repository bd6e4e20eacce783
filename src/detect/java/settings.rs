//! Which files hold the settings of a project, and which of its profiles are active.

use anyhow::Result;

use super::config::Settings;
use crate::path::RelPath;
use crate::repo::{Repo, line_of};

/// The settings of a project: in its resources, then in its working directory, which is stronger.
pub(super) fn read(repo: &Repo, dir: &RelPath) -> Result<Settings> {
    let mut settings = Settings::default();
    let folders = ["config", "", "src/main/resources/config", "src/main/resources"];
    let profiles = active_profiles(repo, dir)?;
    let mut names: Vec<String> = Vec::new();
    for stem in profiles
        .iter()
        .rev()
        .map(|profile| format!("application-{profile}"))
        .chain(["application".to_owned()])
    {
        names.extend(["properties", "yml", "yaml"].map(|extension| format!("{stem}.{extension}")));
    }
    names.extend(
        ["bootstrap.yml", "bootstrap.properties", "META-INF/microprofile-config.properties"]
            .map(str::to_owned),
    );
    for folder in folders {
        for name in &names {
            add(&mut settings, repo, dir, folder, name)?;
        }
    }
    if settings.is_empty() {
        // A name of its own by spring.config.name: whatever lies at the top of the resources and
        // sets a port.
        let Some(resources) = dir.join("src/main/resources") else { return Ok(settings) };
        let files: Vec<RelPath> = repo
            .children(&resources)
            .map(|(path, _)| path.clone())
            .filter(|path| {
                ["yml", "yaml", "properties"].contains(&path.extension()) && repo.is_file(path)
            })
            .collect();
        for path in files {
            if let Some(text) = repo.source_text(&path)?
                && (line_of(&text, "port:").is_some() || line_of(&text, "server.port").is_some())
            {
                settings.add(&path, &text);
            }
        }
    }
    Ok(settings)
}

fn add(
    settings: &mut Settings,
    repo: &Repo,
    dir: &RelPath,
    folder: &str,
    name: &str,
) -> Result<()> {
    let Some(path) = dir.join(folder).and_then(|folder| folder.join(name)) else { return Ok(()) };
    if let Some(text) = repo.source_text(&path)? {
        settings.add(&path, &text);
    }
    Ok(())
}

/// `spring.profiles.active` of the application's own settings.
fn active_profiles(repo: &Repo, dir: &RelPath) -> Result<Vec<String>> {
    let mut base = Settings::default();
    for name in ["application.properties", "application.yml", "application.yaml"] {
        add(&mut base, repo, dir, "src/main/resources", name)?;
    }
    let Some(setting) = base.get("spring.profiles.active") else { return Ok(Vec::new()) };
    let names = base.expand(&setting.value).0;
    Ok(names
        .split(',')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty() && !name.contains(['$', '@', '/']))
        .collect())
}

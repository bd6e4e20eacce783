//! Which files hold the settings of a project, and which of its profiles are active.

use anyhow::Result;

use super::config::Settings;
use crate::path::RelPath;
use crate::repo::{Repo, line_of};

/// How many profiles are followed.
const MAX_PROFILES: usize = 32;

/// The settings of a project: in its resources, then in its working directory, which is stronger.
///
/// `told`: the profiles that it is started with. `filtered`: a value as the build writes it.
pub(super) fn read(
    repo: &Repo,
    dir: &RelPath,
    told: &[String],
    filtered: &dyn Fn(&str) -> String,
) -> Result<Settings> {
    let folders = ["config", "", "src/main/resources/config", "src/main/resources"];
    let profiles = active_profiles(repo, dir, told, filtered)?;
    let mut settings = Settings::with_profiles(&profiles);
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
        [
            "bootstrap.yml",
            "bootstrap.properties",
            "META-INF/microprofile-config.properties",
            "application.conf",
        ]
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
        let of_profile = |name: &str| name.starts_with("application-");
        let files: Vec<RelPath> = repo
            .children(&resources)
            .map(|(path, _)| path.clone())
            .filter(|path| {
                ["yml", "yaml", "properties"].contains(&path.extension())
                    && !of_profile(path.file_name())
                    && repo.is_file(path)
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

/// The profiles that a program is started with, else `spring.profiles.active` of its own settings;
/// with those that they include, and the members of groups.
fn active_profiles(
    repo: &Repo,
    dir: &RelPath,
    told: &[String],
    filtered: &dyn Fn(&str) -> String,
) -> Result<Vec<String>> {
    let mut base = Settings::default();
    for name in ["application.properties", "application.yml", "application.yaml"] {
        add(&mut base, repo, dir, "src/main/resources", name)?;
    }
    let names = |key: &str| -> Vec<String> {
        let Some(setting) = base.get(key) else { return Vec::new() };
        let value = base.expand(&filtered(&setting.value)).0;
        let plain = value.split(',').map(|name| name.trim().to_owned());
        plain.filter(|name| !name.is_empty() && !name.contains(['$', '@', '/'])).collect()
    };
    let mut active = if told.is_empty() { names("spring.profiles.active") } else { told.to_vec() };
    active.splice(0..0, names("spring.profiles.include"));
    // Members come after the name of their group, and may be groups.
    let mut at = 0;
    while at < active.len() && active.len() < MAX_PROFILES {
        for member in names(&format!("spring.profiles.group.{}", active[at])).into_iter().rev() {
            if !active.contains(&member) {
                active.insert(at + 1, member);
            }
        }
        at += 1;
    }
    Ok(active)
}

//! Which files contain the settings of a project, and which of its profiles are active.

use anyhow::Result;

use super::config::Settings;
use super::contexts::Named;
use super::pom::Model;
use super::resources;
use super::source::Source;
use crate::detect::java::codes;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::{Repo, line_of};

/// The setting that names the profiles for a start without any.
const STAND_IN: &str = "spring.profiles.default";
/// The setting that names further files, and how many of its list are read.
const IMPORT: &str = "spring.config.import";
const MAX_IMPORTS: usize = 8;
/// How many profiles are followed.
const MAX_PROFILES: usize = 32;

/// The settings of a project, from its resources and from its working directory, which is
/// stronger.
///
/// `chosen` has the profiles with which it is started. `filtered` gives a value as the build
/// writes it. `stated` has the files that the code names; a file of a class is weaker than the others.
/// `beside` has the resource folders of the modules that are packed with it.
pub(super) fn read(
    repo: &Repo,
    model: &Model,
    chosen: &[String],
    filtered: &dyn Fn(&str) -> String,
    stated: &Named,
    beside: &[RelPath],
) -> Result<Settings> {
    let dir = model.dir();
    let packed = resources::folders(model);
    let around = [dir.join("config"), Some(dir.clone())].into_iter().flatten();
    let base = base(repo, &packed)?;
    let profiles = active_profiles(&base, chosen, filtered);
    let mut settings = Settings::with_profiles(&profiles);
    let mut names: Vec<String> = Vec::new();
    // Where the program names its settings, Spring reads no others.
    let stems = stated.stems.iter().map(String::as_str).chain(["application"]);
    let of_profiles = |stem: &str| -> Vec<String> {
        let of_profiles = profiles.iter().rev().map(|profile| format!("{stem}-{profile}"));
        of_profiles.chain([stem.to_owned()]).collect()
    };
    for stem in stems.flat_map(of_profiles) {
        names.extend(["properties", "yml", "yaml"].map(|extension| format!("{stem}.{extension}")));
    }
    names.extend(
        [
            "bootstrap.yml",
            "bootstrap.properties",
            "META-INF/microprofile-config.properties",
            "application.conf",
            "reference.conf",
        ]
        .map(str::to_owned),
    );
    for path in &stated.located {
        if let Some(text) = repo.source_text(path)? {
            settings.add(path, &text);
        }
    }
    // What a file imports is stronger than the file.
    for path in imported(&base, &packed, beside, &dir) {
        if let Some(text) = repo.source_text(&path)? {
            settings.add(&path, &text);
        }
    }
    for folder in around {
        for name in &names {
            add(&mut settings, repo, &folder, name)?;
        }
    }
    // In the archive the name decides before the folder: the settings of a profile are stronger.
    for name in &names {
        for path in on_class_path(repo, &packed, beside, name) {
            if let Some(text) = repo.source_text(&path)? {
                settings.add(&path, &text);
            }
        }
    }
    for path in &stated.files {
        if let Some(text) = repo.source_text(path)? {
            settings.add_named(path, &text);
        }
    }
    if settings.is_empty() {
        // spring.config.name may set another name, so every file at the top of the resources that
        // sets a port counts.
        let of_profile = |name: &str| name.starts_with("application-");
        let files: Vec<RelPath> = packed
            .iter()
            .flat_map(|folder| repo.children(folder))
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

/// The files that the settings import: `classpath:shop.yml`, `optional:file:./shop.properties`.
fn imported(
    base: &Settings,
    packed: &[RelPath],
    beside: &[RelPath],
    dir: &RelPath,
) -> Vec<RelPath> {
    let listed = (0..MAX_IMPORTS).map(|at| format!("{IMPORT}[{at}]"));
    let keys = [IMPORT.to_owned()].into_iter().chain(listed);
    let values: Vec<String> =
        keys.filter_map(|key| base.get(&key)).map(|setting| setting.value.clone()).collect();
    let names = values.iter().flat_map(|value| value.split(',')).map(str::trim);
    let mut found = Vec::new();
    for name in names.take(MAX_IMPORTS) {
        let name = name.strip_prefix("optional:").unwrap_or(name);
        if let Some(way) = name.strip_prefix("file:") {
            found.extend(dir.join(way.trim_start_matches("./")));
            continue;
        }
        let way = name.strip_prefix("classpath:").unwrap_or(name).trim_start_matches('/');
        if !way.contains(':') {
            found.extend(packed.iter().chain(beside).filter_map(|folder| folder.join(way)));
        }
    }
    found
}

/// The files of a name that a program finds on its class path: its own, or else the one of the
/// modules that are packed with it. Which of several comes first is not known.
fn on_class_path(repo: &Repo, packed: &[RelPath], beside: &[RelPath], name: &str) -> Vec<RelPath> {
    let held = |folder: RelPath| folder.join(name).filter(|path| repo.is_file(path));
    let own: Vec<RelPath> = with_config(packed).filter_map(held).collect();
    if !own.is_empty() {
        return own;
    }
    let others: Vec<RelPath> = with_config(beside).filter_map(held).collect();
    if others.len() == 1 { others } else { Vec::new() }
}

/// Each folder after the `config` in it, which is stronger.
fn with_config(folders: &[RelPath]) -> impl Iterator<Item = RelPath> + '_ {
    folders.iter().flat_map(|folder| [folder.join("config"), Some(folder.clone())]).flatten()
}

/// The environments with which the code starts Micronaut if none is named outside:
/// `Micronaut.build(args).defaultEnvironments("dev")`. Their settings are in
/// `application-dev.yml`. <https://docs.micronaut.io/latest/guide/#environments>
pub(super) fn environments(sources: &[Source]) -> Vec<String> {
    let mut micronaut = sources.iter().filter(|source| source.names("Micronaut"));
    let call = |source: &'_ Source| source.calls("defaultEnvironments").next();
    let Some((source, at)) = micronaut.find_map(|s| Some((s, call(s)?))) else {
        return Vec::new();
    };
    let arguments = at..source.pair(at - 1).min(source.len());
    arguments.filter_map(|at| source.text(at)).map(str::to_owned).collect()
}

fn add(settings: &mut Settings, repo: &Repo, folder: &RelPath, name: &str) -> Result<()> {
    let Some(path) = folder.join(name) else { return Ok(()) };
    if let Some(text) = repo.source_text(&path)? {
        settings.add(&path, &text);
    }
    Ok(())
}

/// The profiles with which a program is started, or else the `spring.profiles.active` of its own
/// settings, together with included profiles and the members of groups.
fn active_profiles(
    base: &Settings,
    chosen: &[String],
    filtered: &dyn Fn(&str) -> String,
) -> Vec<String> {
    let names = |key: &str| -> Vec<String> {
        let Some(setting) = base.get(key) else { return Vec::new() };
        let value = base.expand(&filtered(&setting.value)).0;
        let plain = value.split(',').map(|name| name.trim().to_owned());
        plain.filter(|name| !name.is_empty() && !name.contains(['$', '@', '/'])).collect()
    };
    let mut active =
        if chosen.is_empty() { names("spring.profiles.active") } else { chosen.to_vec() };
    // Where none is active, Spring takes the profile `default`, or those that stand in for it.
    if active.is_empty() {
        active = names(STAND_IN);
    }
    if active.is_empty() {
        active.push("default".to_owned());
    }
    active.splice(0..0, names("spring.profiles.include"));
    // Members follow the name of their group, and may be groups themselves.
    let mut at = 0;
    while at < active.len() && active.len() < MAX_PROFILES {
        for member in names(&format!("spring.profiles.group.{}", active[at])).into_iter().rev() {
            if !active.contains(&member) {
                active.insert(at + 1, member);
            }
        }
        at += 1;
    }
    active
}

/// The settings in the resources that apply without any profile.
fn base(repo: &Repo, packed: &[RelPath]) -> Result<Settings> {
    let mut base = Settings::default();
    for folder in with_config(packed) {
        for name in ["application.properties", "application.yml", "application.yaml"] {
            add(&mut base, repo, &folder, name)?;
        }
    }
    Ok(base)
}

/// Reports settings that activate a developer's profile although there is one for production,
/// because the image starts with what they say.
pub(super) fn of_developer(
    repo: &Repo,
    model: &Model,
    filtered: &dyn Fn(&str) -> String,
) -> Result<Option<Finding>> {
    let packed = resources::folders(model);
    let base = base(repo, &packed)?;
    let active = base.get("spring.profiles.active").or_else(|| base.get(STAND_IN));
    let Some(setting) = active else { return Ok(None) };
    let names = base.expand(&filtered(&setting.value)).0;
    if !names.split(',').any(|name| super::started::is_of_developer(name.trim())) {
        return Ok(None);
    }
    let production = with_config(&packed)
        .flat_map(|folder| {
            super::started::PRODUCTION.iter().map(move |name| (folder.clone(), name))
        })
        .flat_map(|(folder, name)| {
            let file = |end| folder.join(&format!("application-{name}.{end}"));
            ["yml", "yaml", "properties"].map(file)
        })
        .flatten()
        .find(|path| repo.is_file(path));
    Ok(production.map(|path| {
        let name = path.file_name().split(['-', '.']).nth(1).unwrap_or("prod").to_owned();
        Finding::new(
            codes::RUNTIME_PROFILE,
            format!("the program starts with the profile {names}, not with {name}"),
            [
                Evidence {
                    note: format!("{} = {}", setting.key, setting.value),
                    ..setting.evidence.clone()
                },
                Evidence::file(&path, "the settings of production"),
            ],
        )
        .with_fix(format!("start it with `docker run -e SPRING_PROFILES_ACTIVE={name} ...`"))
    }))
}

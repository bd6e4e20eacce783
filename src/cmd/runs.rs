//! What `verify` and `prove` share: the engine, the settings of a run, and what is left behind.

use std::time::Duration;

use anyhow::{Context, Result};

use super::display::Display;
use crate::config::verify::Service;
use crate::pipeline::App;
use crate::plan::split_words;
use crate::prove;
use crate::screen::{Screen, visible};
use crate::verify::{self, Engine, Wanted};

/// The flags that both commands have. Their help differs, so each declares them itself.
pub(super) struct Given<'a> {
    pub env: &'a [String],
    pub args: Option<&'a str>,
    pub health: Option<&'a String>,
    pub services: &'a [(String, String)],
    pub memory: Option<&'a String>,
    pub publish: Option<u16>,
    pub secrets: &'a [String],
    pub build_seconds: Option<u64>,
    pub boot_seconds: Option<u64>,
    pub stop_seconds: Option<u64>,
}

impl Given<'_> {
    /// The settings: flags first, then dockgen.toml.
    pub(super) fn over(&self, app: &App) -> Result<Wanted> {
        let mut file = app.verify().clone();
        // If a flag is given, the file's value is not checked.
        file.memory = file.memory.filter(|_| self.memory.is_none());
        file.build_seconds = file.build_seconds.filter(|_| self.build_seconds.is_none());
        file.boot_seconds = file.boot_seconds.filter(|_| self.boot_seconds.is_none());
        file.stop_seconds = file.stop_seconds.filter(|_| self.stop_seconds.is_none());
        let mut wanted = Wanted::of(&file);
        wanted.env.extend(self.env.iter().cloned());
        if let Some(words) = self.args {
            wanted.args = Some(split_words(words)?);
        }
        wanted.health = self.health.cloned().or(wanted.health);
        for (name, image) in self.services {
            let known = wanted.services.remove(name).unwrap_or_default();
            wanted.services.insert(name.clone(), Service { image: image.clone(), ..known });
        }
        prove::complete(&mut wanted)?;
        wanted.memory = self.memory.cloned().unwrap_or(wanted.memory);
        wanted.publish = self.publish;
        wanted.secrets =
            self.secrets.iter().map(|secret| from_here(secret)).collect::<Result<_>>()?;
        let time = |given: Option<u64>, held| given.map_or(held, Duration::from_secs);
        wanted.build = time(self.build_seconds, wanted.build);
        wanted.boot = time(self.boot_seconds, wanted.boot);
        wanted.stop = time(self.stop_seconds, wanted.stop);
        Ok(wanted)
    }
}

/// Names the engine, and removes what a killed run left in it.
pub(super) fn ready(engine: &Engine, display: &Display) -> Result<()> {
    display.line(&visible::inline(&format!("engine: {}", engine.title())));
    for thing in verify::sweep(engine)? {
        display.line(&visible::inline(&format!("removed what a killed run left: {thing}")));
    }
    Ok(())
}

/// Says what could not be removed.
pub(super) fn left_behind(screen: &Screen) {
    for left in verify::remove_all() {
        screen.say(&format!(
            "{} could not be removed, do it by hand: {}\n",
            screen.err.yellow("warning:"),
            visible::inline(&left)
        ));
    }
}

/// A secret with its file as an absolute path, because the engine's command runs in another folder.
fn from_here(secret: &str) -> Result<String> {
    let field = |field: &str| match field.split_once('=') {
        Some((name @ ("src" | "source"), path)) => {
            let path = std::path::absolute(path)
                .with_context(|| format!("--secret {secret}: no such path"))?;
            Ok(format!("{name}={}", path.display()))
        }
        _ => Ok(field.to_owned()),
    };
    Ok(secret.split(',').map(field).collect::<Result<Vec<_>>>()?.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_secrets_are_named_from_here() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(
            from_here("id=a,src=x/y").unwrap(),
            format!("id=a,src={}", here.join("x/y").display())
        );
        assert_eq!(from_here("id=a,env=TOKEN").unwrap(), "id=a,env=TOKEN");
        assert_eq!(from_here("id=a,source=/x").unwrap(), "id=a,source=/x");
    }
}

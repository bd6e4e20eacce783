//! What the runs needed, as settings of dockgen.toml: `dockgen verify` then starts the program too.

use super::found::Remains;
use crate::config::{Kept, Settings};
use crate::docker::lint::names_a_secret;
use crate::docker::quote::shell_words;
use crate::secrets;
use crate::verify::Wanted;

/// The settings to keep. `own` are the variables that a person gave on the command line: what looks
/// like a secret among them stays out of the file, and is reported.
pub(super) fn kept(
    wanted: &Wanted,
    held: &Settings,
    own: &[String],
    prepared: bool,
) -> (Kept, Vec<Remains>) {
    let mut env: Vec<String> = Vec::new();
    let mut out = Vec::new();
    for pair in &wanted.env {
        let key = pair.split('=').next().unwrap_or_default();
        if own.contains(pair) && (names_a_secret(key) || secrets::in_address(pair)) {
            out.push(Remains {
                what: format!("{key} looks like a secret, so dockgen.toml does not keep it"),
                fix: format!("give it to `dockgen verify --env {key}=VALUE` too"),
                blocks: false,
            });
            continue;
        }
        let same = |held: &&mut String| held.split('=').next() == Some(key);
        match env.iter_mut().find(same) {
            Some(held) => held.clone_from(pair),
            None => env.push(pair.clone()),
        }
    }
    let usual = Wanted::of(held);
    let boot = wanted.boot.as_secs();
    let kept = Kept {
        env,
        args: wanted.args.clone(),
        health: wanted.health.clone(),
        prepare: if prepared {
            wanted.prepare.iter().map(|words| shell_words(words)).collect()
        } else {
            held.prepare.clone()
        },
        memory: if wanted.memory == usual.memory {
            held.memory.clone()
        } else {
            Some(wanted.memory.clone())
        },
        boot_seconds: if wanted.boot == usual.boot { held.boot_seconds } else { Some(boot) },
        services: wanted.services.clone(),
    };
    (kept, out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_is_kept_and_a_persons_secret_is_not() {
        let text = "env = ['A=1', 'B=2']\nmemory = '300m'\n";
        let held: Settings = toml::from_str(text).unwrap();
        let mut wanted = Wanted::of(&held);
        let own = ["A=3", "API_TOKEN=x", "STORE=redis://u:pw1@h/0"].map(str::to_owned);
        wanted.env.extend(own.iter().cloned());
        wanted.env.push("PGPASSWORD=throw-away".to_owned());
        let (kept, out) = kept(&wanted, &held, &own, false);
        assert_eq!(kept.env, ["A=3", "B=2", "PGPASSWORD=throw-away"]);
        assert_eq!((kept.memory.as_deref(), kept.boot_seconds), (Some("300m"), None));
        let named: Vec<&str> = out.iter().filter_map(|one| one.what.split(' ').next()).collect();
        assert_eq!(named, ["API_TOKEN", "STORE"]);
    }
}

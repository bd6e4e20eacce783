//! The settings file that viper looks for, by its name and its folders.

use super::{CONFIG, Opened};
use crate::code::{Base, Value};
use crate::detect::go::runtime::World;
use crate::facts::Evidence;

impl Opened {
    /// Resolves `viper.AddConfigPath` together with `viper.SetConfigName`.
    pub(super) fn viper(&mut self, world: &World) {
        let texts = |name: &str| -> Vec<(String, Evidence)> {
            let calls = world.code.calls_named(name);
            calls
                .filter_map(|call| {
                    let value = world.code.argument(&call, 0)?;
                    let text = value.text().or_else(|| match value.below() {
                        Some((Base::Program, path)) if value.suffix().is_some() => Some(path),
                        _ => None,
                    })?;
                    Some((text, call.evidence(format!("`{name}` of viper"))))
                })
                .collect()
        };
        let names = texts("SetConfigName");
        // One of the folders is enough: the nearest one is said.
        let (mut held, mut lost) = (false, None::<String>);
        for (folder, evidence) in texts("AddConfigPath") {
            let folder = if folder == "." {
                String::new()
            } else {
                format!("{}/", folder.trim_end_matches('/'))
            };
            for (name, named) in &names {
                let ways: Vec<String> =
                    CONFIG.iter().map(|ext| format!("{folder}{name}.{ext}")).collect();
                let found = ways
                    .iter()
                    .find(|way| super::way(way).and_then(|way| world.locate(&way)).is_some());
                let both = vec![named.clone(), evidence.clone()];
                if let Some(way) = found {
                    held = true;
                    self.path(world, way, both, false);
                } else {
                    for way in ways.iter().take(3) {
                        self.path(world, way, both.clone(), true);
                    }
                    let far = |way: &String| way.starts_with(['/', '$', '~']);
                    if lost.as_ref().is_none_or(|lost| far(lost) && !far(&ways[0])) {
                        lost = Some(ways[0].clone());
                    }
                }
            }
        }
        if let Some(lost) = lost.filter(|_| !held) {
            self.viper_missing(world, &lost);
        }
    }

    /// Reports viper's file if it does not exist and the program stops when it cannot read it.
    fn viper_missing(&mut self, world: &World, path: &str) {
        let mut reads = world.code.calls_named("ReadInConfig");
        let read = reads.find(|call| {
            // A program that tests for this error goes on without the file.
            let file = &call.file;
            let mut words = file.body..file.len();
            let goes_on = words.any(|at| file.word(at) == "ConfigFileNotFoundError");
            !goes_on && world.code.is_fatal(call)
        });
        if let Some(call) = read {
            let evidence = call.evidence("`ReadInConfig`, and its failure ends the program");
            let value = Value::known(path, evidence.clone());
            self.missing(world, &call, &value, &evidence);
        }
    }
}

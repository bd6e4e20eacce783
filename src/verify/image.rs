//! A built image: its configuration, its layers and every file in them.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use serde_json::Value;

use super::archive::{self, Entry, Kind};
use super::engine::{ANSWER, Engine};
use super::made::{self, Thing};
use crate::docker::parse::Dockerfile;

/// Time limit for reading all layers.
const READING: Duration = Duration::from_mins(10);

/// An image, which is removed on drop.
#[derive(Debug)]
pub struct Image<'e> {
    engine: &'e Engine,
    name: String,
}

impl<'e> Image<'e> {
    pub(super) fn new(engine: &'e Engine, name: String) -> Self {
        Self { engine, name }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The engine that stores it.
    pub fn engine(&self) -> &'e Engine {
        self.engine
    }

    /// Reads its configuration and all of its layers.
    ///
    /// # Errors
    /// If the engine cannot be run, or its output is not an image.
    pub fn contents(&self, dockerfile: &Dockerfile) -> Result<Contents> {
        let inspected = self.engine.inspect("image", &self.name)?;
        let mut saved = None;
        let answer = self.engine.stream(&["image", "save", &self.name], READING, |reader| {
            saved = Some(archive::read(reader)?);
            Ok(())
        })?;
        if !answer.ok {
            self.engine.must_be_alive("reading the image")?;
        }
        let base = self.base_layers(dockerfile)?;
        let saved = saved
            .filter(|_| answer.ok)
            .with_context(|| format!("reading the image: {}", answer.last()))?;
        Ok(Contents::new(&inspected, saved, &base, dockerfile))
    }

    /// The digests of the base image's layers, if the engine has that image. A builder may keep it
    /// private.
    fn base_layers(&self, dockerfile: &Dockerfile) -> Result<Vec<Value>> {
        let Some((image, _)) =
            base(dockerfile).filter(|(image, _)| !image.starts_with('-') && image != "scratch")
        else {
            return Ok(Vec::new());
        };
        let answer = self
            .engine
            .run(&["image", "inspect", "--format", "{{json .RootFS.Layers}}", &image], ANSWER)?;
        Ok(serde_json::from_str(&answer.out).unwrap_or_default())
    }
}

impl Drop for Image<'_> {
    fn drop(&mut self) {
        made::remove(self.engine.program(), &Thing::Image(self.name.clone()));
    }
}

/// A layer.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Layer {
    /// The digest of its unpacked contents.
    pub digest: String,
    /// The instruction that created it.
    pub made_by: String,
    /// It belongs to the base image.
    pub base: bool,
    /// The total size of its files in bytes.
    pub size: u64,
    /// Its files.
    #[serde(skip)]
    pub files: Vec<Entry>,
}

/// The contents of an image.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    /// Unpacked size in bytes, as reported by the engine.
    pub size: u64,
    /// The configuration: user, entrypoint and so on.
    pub config: Config,
    /// The layers, lowest first.
    pub layers: Vec<Layer>,
    /// Number of packages in the databases of dpkg and apk.
    pub packages: usize,
    /// Number of layers with an unsupported compression.
    pub unread: usize,
}

/// The part of an image's configuration that affects a container's start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Config {
    /// `uid:gid`, or a name.
    pub user: String,
    /// The entrypoint.
    pub entrypoint: Vec<String>,
    /// Default arguments.
    pub cmd: Vec<String>,
    /// The working directory.
    pub workdir: String,
    /// Ports that it exposes, such as `3000/tcp`.
    pub ports: Vec<String>,
    /// The stop signal, if it is not SIGTERM.
    pub stop_signal: Option<String>,
    /// The words of its health command.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub health: Vec<String>,
}

impl Config {
    fn read(config: &Value) -> Self {
        let text = |key: &str| config[key].as_str().unwrap_or_default().to_owned();
        let words = |list: &Value| -> Vec<String> {
            let words = list.as_array().into_iter().flatten();
            words.filter_map(|word| word.as_str().map(str::to_owned)).collect()
        };
        let list = |key: &str| words(&config[key]);
        let health = match words(&config["Healthcheck"]["Test"]).as_slice() {
            [kind, words @ ..] if kind == "CMD" => words.to_vec(),
            [kind, line] if kind == "CMD-SHELL" => {
                vec!["/bin/sh".to_owned(), "-c".to_owned(), line.clone()]
            }
            _ => Vec::new(),
        };
        Self {
            health,
            user: text("User"),
            entrypoint: list("Entrypoint"),
            cmd: list("Cmd"),
            workdir: text("WorkingDir"),
            ports: config["ExposedPorts"]
                .as_object()
                .map(|ports| ports.keys().cloned().collect())
                .unwrap_or_default(),
            stop_signal: config["StopSignal"]
                .as_str()
                .filter(|signal| !signal.is_empty())
                .map(str::to_owned),
        }
    }

    /// The numeric user and group, if they are numeric.
    pub fn ids(&self) -> Option<(u64, Option<u64>)> {
        let (user, group) =
            self.user.split_once(':').map_or((self.user.as_str(), None), |(u, g)| (u, Some(g)));
        Some((user.parse().ok()?, group.and_then(|group| group.parse().ok())))
    }
}

impl Contents {
    fn new(
        inspected: &Value,
        saved: archive::Saved,
        base_layers: &[Value],
        dockerfile: &Dockerfile,
    ) -> Self {
        let digests = saved.config["rootfs"]["diff_ids"].as_array().cloned().unwrap_or_default();
        let history = saved.config["history"].as_array().cloned().unwrap_or_default();
        let made_by: Vec<String> = history
            .iter()
            .filter(|row| row["empty_layer"] != true)
            .map(|row| instruction(row["created_by"].as_str().unwrap_or_default()))
            .collect();
        let count = digests.len();
        // An engine may store the base's layers under other digests. Then count the Dockerfile's
        // instructions.
        let own = if !base_layers.is_empty() && digests.starts_with(base_layers) {
            Some(count - base_layers.len())
        } else {
            base(dockerfile).map(|(_, own)| own)
        };
        let layers =
            digests.iter().zip(saved.layers).enumerate().map(|(at, (digest, files))| Layer {
                digest: digest.as_str().unwrap_or_default().to_owned(),
                // Counted from the top: an old image may have layers without a history entry.
                made_by: (made_by.len() + at)
                    .checked_sub(count)
                    .and_then(|at| made_by.get(at))
                    .cloned()
                    .unwrap_or_default(),
                base: own.is_some_and(|own| at + own < count),
                size: files.iter().map(|file| file.size).sum(),
                files,
            });
        Self {
            size: inspected["Size"].as_u64().unwrap_or_default(),
            config: Config::read(&inspected["Config"]),
            layers: layers.collect(),
            packages: saved.packages,
            unread: saved.unread,
        }
    }

    /// The files as a container sees them, by path without a leading `/`, each with the index of
    /// its layer.
    pub fn tree(&self) -> BTreeMap<&str, (&Entry, usize)> {
        let mut tree: BTreeMap<&str, (&Entry, usize)> = BTreeMap::new();
        for (at, layer) in self.layers.iter().enumerate() {
            for entry in &layer.files {
                match &entry.kind {
                    Kind::Whiteout => {
                        tree.remove(entry.path.as_str());
                        drop_below(&mut tree, &entry.path);
                    }
                    Kind::Opaque => drop_below(&mut tree, &entry.path),
                    _ => {}
                }
            }
            for entry in layer
                .files
                .iter()
                .filter(|entry| !matches!(entry.kind, Kind::Whiteout | Kind::Opaque))
            {
                tree.insert(&entry.path, (entry, at));
            }
        }
        tree
    }
}

/// An instruction in an image's history, without the shell that runs it and without the engine's
/// own marks.
fn instruction(made_by: &str) -> String {
    let text = made_by.trim_end_matches(" # buildkit").replacen("/bin/sh -c ", "", 1);
    text.trim_start_matches("#(nop)").trim().to_owned()
}

fn drop_below(tree: &mut BTreeMap<&str, (&Entry, usize)>, folder: &str) {
    let below: Vec<&str> = tree
        .range(folder..)
        .map(|(path, _)| *path)
        .take_while(|path| path.starts_with(folder))
        .filter(|path| folder.is_empty() || path[folder.len()..].starts_with('/'))
        .collect();
    for path in below {
        tree.remove(path);
    }
}

/// The image that the last stage is built on, and the number of layers of its own instructions,
/// including stages below it; `None` if that is unknown.
fn base(dockerfile: &Dockerfile) -> Option<(String, usize)> {
    let mut stage = dockerfile.last()?;
    let mut count = 0;
    for _ in 0..dockerfile.stages.len() {
        let makes = |keyword: &str| matches!(keyword, "COPY" | "ADD" | "RUN" | "WORKDIR");
        count +=
            stage.instructions.iter().filter(|instruction| makes(&instruction.keyword)).count();
        let image = dockerfile.resolve(&stage.image).to_lowercase();
        match dockerfile
            .stages
            .iter()
            .find(|other| other.name.as_deref() == Some(&image) && other.line < stage.line)
        {
            Some(below) => stage = below,
            None => return Some((dockerfile.resolve(&stage.image), count)),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::parse::parse;

    fn layer(files: &[(&str, Kind)]) -> Layer {
        let files = files.iter().map(|(path, kind)| Entry {
            path: (*path).to_owned(),
            kind: *kind,
            ..Entry::default()
        });
        Layer { files: files.collect(), ..Layer::default() }
    }

    #[test]
    fn the_tree_is_what_a_container_sees() {
        let contents = Contents {
            layers: vec![
                layer(&[
                    ("a", Kind::Folder),
                    ("a/x", Kind::File),
                    ("ab", Kind::File),
                    ("gone", Kind::File),
                    ("o", Kind::Folder),
                    ("o/old", Kind::File),
                ]),
                layer(&[
                    ("gone", Kind::Whiteout),
                    ("a", Kind::Whiteout),
                    ("o", Kind::Opaque),
                    ("o/new", Kind::File),
                ]),
            ],
            ..Contents::default()
        };
        assert_eq!(contents.tree().keys().copied().collect::<Vec<_>>(), ["ab", "o", "o/new"]);
    }

    #[test]
    fn layers_of_the_base_are_told_from_own_ones() {
        let text = "FROM debian:trixie AS build\nRUN make\nFROM debian:trixie AS common\nRUN a\n\
                    FROM common\nENV A=b\nCOPY --from=build /x /x\nWORKDIR /app\nUSER 1\n";
        assert_eq!(base(&parse(text).unwrap()), Some(("debian:trixie".to_owned(), 3)));
    }

    #[test]
    fn instructions_are_read_as_they_were_written() {
        assert_eq!(instruction("RUN /bin/sh -c make # buildkit"), "RUN make");
        assert_eq!(instruction("/bin/sh -c #(nop) COPY dir:1 in /app "), "COPY dir:1 in /app");
        assert_eq!(instruction("WORKDIR /app"), "WORKDIR /app");
    }

    #[test]
    fn users_are_numbers_or_not() {
        let ids = |user: &str| Config { user: user.to_owned(), ..Config::default() }.ids();
        assert_eq!(ids("65532:65532"), Some((65532, Some(65532))));
        assert_eq!(ids("1000"), Some((1000, None)));
        assert_eq!((ids("app"), ids("")), (None, None));
    }
}

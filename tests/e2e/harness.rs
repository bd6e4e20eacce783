//! A container engine through its command line: images and containers that remove themselves.

use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a container may take until it answers.
const START: Duration = Duration::from_mins(1);

/// What a stopped container may take: beyond this, something waits for the engine's SIGKILL.
pub(crate) const STOP: Duration = Duration::from_secs(3);

/// An engine that answers.
pub(crate) struct Engine {
    /// Makes the names of this process's images and containers its own.
    suffix: String,
    /// A program that provides the base images which a Dockerfile names, where no registry can be reached.
    stand_ins: Option<PathBuf>,
}

/// One run at a time: it builds images, and two runs would build the same ones.
static STAND_INS: Mutex<()> = Mutex::new(());
static COUNT: AtomicU32 = AtomicU32::new(0);

impl Engine {
    /// The engine of `DOCKER_HOST` or of the default socket; `None` where none answers.
    pub(crate) fn connect() -> Option<Self> {
        let version = Command::new("docker").args(["version", "--format", "{{.Server.Version}}"]).output().ok()?;
        let stand_ins = std::env::var_os("DOCKGEN_RIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        let suffix = format!("{:x}{:x}", std::process::id(), seed() & 0xffff);
        version.status.success().then_some(Self { suffix, stand_ins })
    }

    fn name(&self, stem: &str) -> String {
        format!("dockgen-e2e-{stem}-{}-{}", self.suffix, COUNT.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes the base images of a Dockerfile available.
    pub(crate) fn provide_bases(&self, dockerfile: &Path) {
        let Some(program) = &self.stand_ins else { return };
        let _one = STAND_INS.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        run(Command::new(program).arg("for").arg(dockerfile));
    }

    /// Docker's own linter; a warning is a failure.
    pub(crate) fn check(context: &Path, dockerfile: &Path) {
        run(Command::new("docker").args(["build", "--check", "-f"]).arg(dockerfile).arg(context));
    }

    /// Builds an image, and says which steps ran.
    pub(crate) fn build(
        &self,
        stem: &str,
        context: &Path,
        dockerfile: &Path,
        target: Option<&str>,
    ) -> (Image, Vec<Step>) {
        let image = Image { name: self.name(stem) };
        let mut command = Command::new("docker");
        command.args(["build", "--progress=rawjson", "-t", &image.name, "-f"]).arg(dockerfile);
        if let Some(target) = target {
            command.args(["--target", target]);
        }
        let output = command.arg(context).output().expect("docker runs");
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stem} does not build:\n{}", readable(&log));
        let steps = steps(&log);
        assert!(!steps.is_empty(), "the build's log is not understood:\n{log}");
        (image, steps)
    }

    /// Starts a container without any privilege: a read-only root, no capability, no new privileges, bounded memory.
    pub(crate) fn run_hardened(&self, image: &Image, port: u16, volumes: &[String]) -> Container {
        let name = self.name("run");
        let mut container = Container { name: name.clone(), published: None };
        let mut command = Command::new("docker");
        command.args(["run", "-d", "--name", &name, "--read-only", "--cap-drop", "ALL"]);
        command.args(["--security-opt", "no-new-privileges", "--memory", "384m", "--pids-limit", "256"]);
        command.args(["-p", &format!("127.0.0.1::{port}")]);
        for volume in volumes {
            command.args(["-v", volume]);
        }
        run(command.arg(&image.name));
        let published = run(Command::new("docker").args(["port", &name, &format!("{port}/tcp")]));
        container.published = published.lines().find_map(|line| line.rsplit(':').next()?.trim().parse().ok());
        container
    }

    /// A container that is not started and holds a copy of `folder` in a volume at `at`: the engine may be on another
    /// machine, or see other folders than this process, so that the folder itself cannot be mounted.
    pub(crate) fn hold(&self, image: &Image, folder: &Path, at: &str) -> Container {
        let container = Container { name: self.name("held"), published: None };
        run(Command::new("docker").args(["create", "--name", &container.name, "-v", at, &image.name, "unused"]));
        let mut archive = Command::new("tar");
        archive.args(["--exclude=./target", "--exclude=./.git", "-cf", "-", "-C"]).arg(folder).arg(".");
        let mut archive = archive.stdout(Stdio::piped()).spawn().expect("tar runs");
        let stream = archive.stdout.take().expect("a pipe");
        let target = format!("{}:{at}", container.name);
        run(Command::new("docker").args(["cp", "-", &target]).stdin(stream));
        assert!(archive.wait().expect("tar ran").success(), "tar failed on {}", folder.display());
        container
    }

    /// Runs a command to its end without any privilege and without a network, the volumes of `held` mounted read-only;
    /// what it printed on standard output.
    pub(crate) fn run_once(&self, image: &Image, held: &Container, words: &[&str]) -> String {
        let mut command = Command::new("docker");
        command.args(["run", "--rm", "--name", &self.name("once"), "--read-only", "--cap-drop", "ALL"]);
        command.args(["--security-opt", "no-new-privileges", "--network", "none", "--memory", "384m"]);
        command.args(["--pids-limit", "256", "--volumes-from", &format!("{}:ro", held.name), &image.name]);
        run(command.args(words))
    }

    /// A container that is made but not started: to look at its files.
    pub(crate) fn create(&self, image: &Image) -> Container {
        let container = Container { name: self.name("files"), published: None };
        // A command is needed where the image has none; it is not run.
        run(Command::new("docker").args(["create", "--name", &container.name, &image.name, "unused"]));
        container
    }
}

/// An image, removed when it goes out of scope.
pub(crate) struct Image {
    name: String,
}

impl Image {
    /// `docker image inspect`.
    pub(crate) fn inspect(&self) -> Value {
        inspect(&["image", "inspect", &self.name])
    }

    /// Unpacked size in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.inspect()["Size"].as_u64().expect("an image has a size")
    }

    /// The digests of the layers, lowest first, each with the instruction that made it.
    pub(crate) fn layers(&self) -> Vec<Layer> {
        let inspected = self.inspect();
        let digests = inspected["RootFS"]["Layers"].as_array().expect("an image has layers");
        let format = "{{.Size}}\t{{.CreatedBy}}";
        let args = ["history", "--no-trunc", "--human=false", "--format", format, &self.name];
        let history = run(Command::new("docker").args(args));
        let rows: Vec<(u64, &str)> = history
            .lines()
            .rev()
            .filter_map(|line| line.split_once('\t'))
            .map(|(size, made_by)| (size.parse().unwrap_or_default(), made_by))
            .collect();
        // Instructions that make no layer have the size 0, but so has a layer with nothing but empty folders: the
        // layers of this Dockerfile are counted from the top, where each COPY, ADD, RUN and WORKDIR makes one.
        let made: Vec<&(u64, &str)> = rows.iter().filter(|(size, by)| *size > 0 || makes_layer(by)).collect();
        let base = digests.len().saturating_sub(made.len());
        let skipped = made.len().saturating_sub(digests.len());
        let named = made.iter().skip(skipped);
        let lower = (0..base).map(|_| (0, "base"));
        let rows = lower.chain(named.map(|(size, by)| (*size, *by)));
        digests
            .iter()
            .zip(rows)
            .map(|(digest, (size, by))| Layer {
                digest: digest.as_str().unwrap_or_default().to_owned(),
                size,
                made_by: by.to_owned(),
            })
            .collect()
    }
}

fn makes_layer(made_by: &str) -> bool {
    ["COPY", "ADD", "RUN", "WORKDIR"].iter().any(|word| made_by.starts_with(word))
}

impl Drop for Image {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["image", "rm", "-f", &self.name]).output();
    }
}

/// A layer of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layer {
    pub(crate) digest: String,
    pub(crate) size: u64,
    /// The instruction that made it.
    pub(crate) made_by: String,
}

/// A container, removed with its volumes when it goes out of scope.
pub(crate) struct Container {
    name: String,
    published: Option<u16>,
}

impl Container {
    /// `docker inspect`.
    pub(crate) fn inspect(&self) -> Value {
        inspect(&["inspect", &self.name])
    }

    /// Asks until the answer has status 200; its body.
    pub(crate) fn get(&self, path: &str) -> String {
        let began = Instant::now();
        loop {
            let last = self.try_get(path);
            match last {
                Ok((200, body)) => return body,
                _ if began.elapsed() < START && self.inspect()["State"]["Running"] == true => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                other => panic!("GET {path}: {other:?}; the container says:\n{}", self.logs()),
            }
        }
    }

    /// One request: status and body.
    pub(crate) fn try_get(&self, path: &str) -> std::io::Result<(u16, String)> {
        let port = self.published.expect("the port is published");
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        // HTTP/1.0, so that the body comes in one piece.
        write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\nAccept: text/html,*/*\r\n\r\n")?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
        Ok((status, body.to_owned()))
    }

    /// The user of process 1, where its entry in /proc can be seen from here.
    pub(crate) fn uid(&self) -> Option<u32> {
        let pid = self.inspect()["State"]["Pid"].as_u64().filter(|pid| *pid > 0)?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        status.lines().find_map(|line| line.strip_prefix("Uid:"))?.split_whitespace().next()?.parse().ok()
    }

    /// Stops it as an orchestrator would; how long that took, and the exit code.
    pub(crate) fn stop(&self) -> (Duration, i64) {
        let began = Instant::now();
        run(Command::new("docker").args(["stop", "-t", "10", &self.name]));
        let took = began.elapsed();
        (took, self.inspect()["State"]["ExitCode"].as_i64().unwrap_or(-1))
    }

    /// What it printed.
    pub(crate) fn logs(&self) -> String {
        let output = Command::new("docker").args(["logs", &self.name]).output().expect("docker runs");
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
    }

    /// Every path of its file system with its size in bytes; folders end in `/`. What the engine adds is left out.
    pub(crate) fn files(&self) -> Vec<(String, u64)> {
        let added = ["dev/", "proc/", "sys/", ".dockerenv", "etc/hostname", "etc/hosts", "etc/mtab", "etc/resolv.conf"];
        let mut export =
            Command::new("docker").args(["export", &self.name]).stdout(Stdio::piped()).spawn().expect("docker runs");
        let archive = export.stdout.take().expect("a pipe");
        let listing = run(Command::new("tar").args(["-tv", "--numeric-owner", "-f", "-"]).stdin(archive));
        assert!(export.wait().expect("docker ran").success(), "docker export failed");
        let entry = |line: &str| {
            // mode owner/group size date time path[ -> target]
            let mut words = line.split_whitespace();
            let size = words.nth(2)?.parse().ok()?;
            let path = words.skip(2).collect::<Vec<_>>().join(" ");
            Some((path.split(" -> ").next()?.to_owned(), size))
        };
        listing
            .lines()
            .filter_map(entry)
            .filter(|(path, _)| !added.iter().any(|a| path == a || a.ends_with('/') && path.starts_with(a)))
            .collect()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-f", "-v", &self.name]).output();
    }
}

/// A step of a build.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    /// `[deps 3/4] RUN npm ci`.
    pub(crate) name: String,
    /// Its result was taken from the cache.
    pub(crate) cached: bool,
}

impl Step {
    /// The stage, where the step belongs to one.
    pub(crate) fn stage(&self) -> Option<&str> {
        let inside = self.name.strip_prefix('[')?.split(']').next()?;
        let stage = inside.split_whitespace().next()?;
        (stage != "internal" && stage != "auth").then_some(stage)
    }
}

/// The steps of a build from its `--progress=rawjson` log.
fn steps(log: &str) -> Vec<Step> {
    let mut found: Vec<(String, Step)> = Vec::new();
    for message in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        for vertex in message["vertexes"].as_array().into_iter().flatten() {
            let text = |key: &str| vertex[key].as_str().unwrap_or_default().to_owned();
            let cached = vertex["cached"] == true;
            match found.iter_mut().find(|(digest, _)| *digest == text("digest")) {
                Some((_, step)) => step.cached |= cached,
                None => found.push((text("digest"), Step { name: text("name"), cached })),
            }
        }
    }
    found.into_iter().map(|(_, step)| step).filter(|step| step.stage().is_some()).collect()
}

/// The names and the output of a build's log, for people.
fn readable(log: &str) -> String {
    let mut text = String::new();
    for line in log.lines() {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            let _ = writeln!(text, "{line}");
            continue;
        };
        for vertex in message["vertexes"].as_array().into_iter().flatten() {
            if let (Some(name), Some(error)) = (vertex["name"].as_str(), vertex["error"].as_str()) {
                let _ = writeln!(text, "{name}: {error}");
            }
        }
        for part in message["logs"].as_array().into_iter().flatten() {
            text.push_str(&decode(part["data"].as_str().unwrap_or_default()));
        }
    }
    text
}

/// Base64, in which the log of a build holds its output.
fn decode(text: &str) -> String {
    let (mut bits, mut held, mut bytes) = (0_u32, 0, Vec::new());
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let out = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{command:?} failed with {status}:\n{out}{}", String::from_utf8_lossy(&stderr));
    out
}

fn inspect(args: &[&str]) -> Value {
    let text = run(Command::new("docker").args(args));
    let mut list: Vec<Value> = serde_json::from_str(&text).expect("docker inspect prints JSON");
    list.pop().expect("one object")
}

/// A number that differs between processes that begin at the same moment.
fn seed() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}

//! The container engine, used by its command line: which engine is present, and commands with a
//! time limit.

use std::env;
use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::made::{self, Thing};
use crate::interrupt::Interrupted;
use crate::program;

/// Time limit of a command that does no work.
pub(super) const ANSWER: Duration = Duration::from_mins(1);

/// Time limit for the engine's first response.
const GREETING: Duration = Duration::from_secs(20);

/// How much of the end of an output is kept: a program may print without end.
const KEPT: usize = 1 << 20;

/// The engines, in the order in which they are tried.
const PROGRAMS: [&str; 2] = ["docker", "podman"];

/// The dialect of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Docker with buildx.
    Docker,
    /// Podman.
    Podman,
}

/// A running engine.
#[derive(Debug)]
pub struct Engine {
    program: PathBuf,
    /// The dialect of its command line.
    pub flavour: Flavour,
    /// The engine's version.
    pub version: String,
    /// The value of `DOCKER_HOST`, if the engine is not the default one.
    pub host: Option<String>,
    /// Makes the names of this run unique.
    suffix: String,
    count: AtomicU32,
}

/// What became of a request that the engine may refuse: an image that no registry has, a build that
/// fails.
#[derive(Debug)]
pub enum Attempt<T> {
    /// It was done.
    Done(T),
    /// It was refused, with the engine's words.
    Refused(String),
}

/// The result of a command.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// It exited with 0.
    pub ok: bool,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Answer {
    /// The last line that is not empty.
    pub fn last(&self) -> String {
        last_line(&self.err)
            .or_else(|| last_line(&self.out))
            .unwrap_or_else(|| "it says nothing".to_owned())
    }
}

fn last_line(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(line.chars().filter(|c| !c.is_control()).take(400).collect())
}

impl Engine {
    /// Finds a running engine: Docker (at `DOCKER_HOST` or the default), then Podman.
    ///
    /// # Errors
    /// If none responds. The error says what was tried and what to do.
    pub fn find() -> Result<Self> {
        let mut tried = Vec::new();
        for name in PROGRAMS {
            let Some(program) = program::on_path(name) else {
                tried.push(format!("`{name}` is not on the PATH"));
                continue;
            };
            match Self::greet(program) {
                Ok(engine) => return Ok(engine),
                Err(error) if error.is::<Interrupted>() => return Err(error),
                Err(error) => {
                    tried.push(format!("{error:#}"));
                    // If a person names an engine, no other one is tried.
                    if named_host().is_some() {
                        break;
                    }
                }
            }
        }
        bail!(
            "no container engine responds, and verify needs one: {}. Install Docker (with buildx) \
             or Podman, start it, or set DOCKER_HOST to one",
            tried.join("; ")
        )
    }

    fn greet(program: PathBuf) -> Result<Self> {
        let mut engine = Self {
            program,
            flavour: Flavour::Docker,
            version: String::new(),
            host: named_host(),
            suffix: random(),
            count: AtomicU32::new(0),
        };
        let shown = engine.program.display().to_string();
        let which = engine.run(&["--version"], GREETING)?;
        if which.out.to_lowercase().contains("podman") {
            engine.flavour = Flavour::Podman;
            // Podman does not read that variable.
            engine.host = None;
            let answer = engine.run(&["version", "--format", "{{.Client.Version}}"], GREETING)?;
            if !answer.ok {
                bail!("{shown} is installed, but does not work: {}", answer.last());
            }
            answer.out.trim().clone_into(&mut engine.version);
            return Ok(engine);
        }
        let answer = engine.run(&["version", "--format", "{{.Server.Version}}"], GREETING)?;
        if !answer.ok || answer.out.trim().is_empty() {
            let place = engine
                .host
                .as_ref()
                .map_or_else(String::new, |host| format!(" at DOCKER_HOST={host}"));
            bail!("{shown} is installed, but no engine responds{place}: {}", answer.last());
        }
        answer.out.trim().clone_into(&mut engine.version);
        let buildx = engine.run(&["buildx", "build", "--help"], GREETING)?;
        if !buildx.out.contains("rawjson") {
            bail!(
                "{shown} has no buildx, or one that is older than 2024: install or update the plugin docker-buildx"
            );
        }
        Ok(engine)
    }

    /// `Docker 28.0.1`, for people.
    pub fn title(&self) -> String {
        let name = match self.flavour {
            Flavour::Docker => "Docker",
            Flavour::Podman => "Podman",
        };
        let place = self.host.as_ref().map_or_else(String::new, |host| format!(" at {host}"));
        format!("{name} {}{place}", self.version)
    }

    /// The path of the engine's command.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// The suffix that makes this run's names unique.
    pub(super) fn suffix(&self) -> &str {
        &self.suffix
    }

    /// A unique name.
    pub(super) fn name(&self, stem: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
        let stem: String = stem.chars().map(plain).take(40).collect();
        let stem = stem.trim_matches('-');
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        format!(
            "dockgen-verify-{stem}{}{}-{number}",
            if stem.is_empty() { "" } else { "-" },
            self.suffix
        )
    }

    /// The address at which published ports are reached.
    pub(super) fn address(&self) -> String {
        let host = self.host.as_deref().and_then(|host| host.split_once("://"));
        let Some(("tcp" | "ssh" | "http" | "https", rest)) = host else {
            return "127.0.0.1".to_owned();
        };
        let rest = rest.split('/').next().unwrap_or(rest);
        let rest = rest.rsplit('@').next().unwrap_or(rest);
        let name = rest.rsplit_once(':').map_or(rest, |(name, _)| name);
        name.trim_matches(['[', ']']).to_owned()
    }

    /// Registers a thing for removal before it is created.
    pub(super) fn list(&self, thing: Thing) -> Result<()> {
        made::list(&self.program, thing)
    }

    /// Runs a command and waits for it, at most for `limit`.
    ///
    /// # Errors
    /// If it cannot be run or does not end in time. A failed command is not an error.
    pub fn run<S: AsRef<OsStr>>(&self, words: &[S], limit: Duration) -> Result<Answer> {
        let mut out = String::new();
        let answer = self.stream(words, limit, |reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes)?;
            out = String::from_utf8_lossy(&bytes).into_owned();
            Ok(())
        })?;
        Ok(Answer { out, ..answer })
    }

    /// Runs a command whose standard input is `bytes`.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub(super) fn feed<S: AsRef<OsStr>>(
        &self,
        words: &[S],
        bytes: &[u8],
        limit: Duration,
    ) -> Result<Answer> {
        let mut file = tempfile::tempfile().context("making a temporary file")?;
        file.write_all(bytes).and_then(|()| file.rewind()).context("writing a temporary file")?;
        let running = self.start(words, Stdio::from(file))?;
        self.follow(
            running,
            words,
            limit,
            |reader| Ok(io::copy(reader, &mut io::sink()).map(drop)?),
        )
    }

    /// Runs a command, and keeps the end of both of its outputs.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub(super) fn ends<S: AsRef<OsStr>>(&self, words: &[S], limit: Duration) -> Result<Answer> {
        let mut out = String::new();
        let answer = self.stream(words, limit, |reader| {
            out = end_of(reader);
            Ok(())
        })?;
        Ok(Answer { out, ..answer })
    }

    /// Runs a command that must succeed, and returns its output.
    ///
    /// # Errors
    /// If it fails. The error begins with `what`, its purpose.
    pub(super) fn must<S: AsRef<OsStr>>(
        &self,
        what: &str,
        words: &[S],
        limit: Duration,
    ) -> Result<String> {
        let answer = self.run(words, limit).with_context(|| what.to_owned())?;
        if answer.ok {
            return Ok(answer.out);
        }
        self.must_be_alive(what)?;
        bail!("{what}: {}", answer.last())
    }

    /// Fails if the engine stopped responding: then nothing was proved or disproved.
    pub(super) fn must_be_alive(&self, doing: &str) -> Result<()> {
        let format = if self.flavour == Flavour::Podman {
            "{{.Client.Version}}"
        } else {
            "{{.Server.Version}}"
        };
        let answer = self.run(&["version", "--format", format], GREETING);
        let why = match answer {
            Ok(answer) if answer.ok => return Ok(()),
            Ok(answer) => answer.last(),
            Err(error) if error.is::<Interrupted>() => return Err(error),
            Err(error) => format!("{error:#}"),
        };
        bail!(
            "the engine stopped responding while {doing}: {why}; start it again, and run `dockgen \
             verify` once more"
        )
    }

    /// The output of `inspect` for a thing.
    pub(super) fn inspect(&self, kind: &str, name: &str) -> Result<Value> {
        let text =
            self.must(&format!("looking at the {kind}"), &[kind, "inspect", name], ANSWER)?;
        let list: Vec<Value> =
            serde_json::from_str(&text).context("the engine's `inspect` is not JSON")?;
        list.into_iter().next().context("the engine's `inspect` is empty")
    }

    /// Runs a command whose standard output goes to `read`, and is not part of the answer.
    pub(super) fn stream<S: AsRef<OsStr>>(
        &self,
        words: &[S],
        limit: Duration,
        read: impl FnOnce(&mut dyn Read) -> Result<()>,
    ) -> Result<Answer> {
        let running = self.start(words, Stdio::null())?;
        self.follow(running, words, limit, read)
    }

    fn follow<S: AsRef<OsStr>>(
        &self,
        mut running: Running,
        words: &[S],
        limit: Duration,
        read: impl FnOnce(&mut dyn Read) -> Result<()>,
    ) -> Result<Answer> {
        let (pid, done, late) = (
            running.child.id(),
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicBool::new(false)),
        );
        let watchdog = {
            let (done, late) = (Arc::clone(&done), Arc::clone(&late));
            thread::spawn(move || {
                let began = Instant::now();
                while !done.load(Ordering::Relaxed) {
                    if began.elapsed() > limit {
                        late.store(true, Ordering::Relaxed);
                        made::kill(pid);
                        return;
                    }
                    thread::park_timeout(Duration::from_millis(100));
                }
            })
        };
        let mut out = running.child.stdout.take().context("no pipe to the engine's command")?;
        let mut err = running.child.stderr.take().context("no pipe to the engine's command")?;
        let errors = thread::spawn(move || end_of(&mut err));
        let told = read(&mut out);
        match &told {
            // Drain the output: the reader may stop before the end, for example at the padding of
            // an archive, and the command would then fail on a closed pipe.
            Ok(()) => drop(io::copy(&mut out, &mut io::sink())),
            Err(_) => made::kill(pid),
        }
        drop(out);
        let status = running.child.wait().context("waiting for the engine's command")?;
        done.store(true, Ordering::Relaxed);
        watchdog.thread().unpark();
        watchdog.join().ok();
        let err = errors.join().unwrap_or_default();
        made::go_on()?;
        if late.load(Ordering::Relaxed) {
            bail!("`{}` did not end within {} s", self.shown(words), limit.as_secs());
        }
        told?;
        Ok(Answer { ok: status.success(), out: String::new(), err })
    }

    /// Runs a command and passes on each line of its standard error; `None` if it did not end in
    /// time.
    pub(super) fn lines<S: AsRef<OsStr>>(
        &self,
        words: &[S],
        limit: Duration,
        on_line: &mut dyn FnMut(&str),
    ) -> Result<Option<bool>> {
        let mut running = self.start(words, Stdio::null())?;
        let (send, receive) = mpsc::channel();
        let out = running.child.stdout.take().context("no pipe to the engine's command")?;
        let err = running.child.stderr.take().context("no pipe to the engine's command")?;
        for reader in [Box::new(out) as Box<dyn Read + Send>, Box::new(err)] {
            let send = send.clone();
            thread::spawn(move || {
                let mut reader = BufReader::new(reader);
                let mut bytes = Vec::new();
                while reader.read_until(b'\n', &mut bytes).is_ok_and(|read| read > 0) {
                    if send.send(String::from_utf8_lossy(&bytes).trim_end().to_owned()).is_err() {
                        return;
                    }
                    bytes.clear();
                }
            });
        }
        drop(send);
        let began = Instant::now();
        let mut late = false;
        loop {
            match receive.recv_timeout(limit.saturating_sub(began.elapsed())) {
                Ok(line) => on_line(&line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    late = true;
                    made::kill(running.child.id());
                    break;
                }
            }
        }
        let status = running.child.wait().context("waiting for the engine's command")?;
        made::go_on()?;
        Ok((!late).then_some(status.success()))
    }

    fn shown<S: AsRef<OsStr>>(&self, words: &[S]) -> String {
        let name = self.program.file_name().unwrap_or_default();
        let words: Vec<String> = std::iter::once(name)
            .chain(words.iter().map(AsRef::as_ref))
            .map(|w| w.to_string_lossy().into())
            .collect();
        words.join(" ").chars().take(200).collect()
    }

    fn start<S: AsRef<OsStr>>(&self, words: &[S], input: Stdio) -> Result<Running> {
        made::go_on()?;
        let mut command = Command::new(&self.program);
        // Never run inside the repository, where the command might read files.
        command.args(words).current_dir(env::temp_dir());
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C in the terminal reaches only dockgen, which then stops the command and removes
        // what it created.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child =
            command.spawn().with_context(|| format!("cannot run {}", self.program.display()))?;
        let running = Running { child };
        made::began(running.child.id())?;
        Ok(running)
    }
}

/// The end of what a reader gives, read to its end.
fn end_of(reader: &mut dyn Read) -> String {
    let (mut kept, mut part) = (Vec::new(), [0; 16 * 1024]);
    while let Ok(count) = reader.read(&mut part) {
        if count == 0 {
            break;
        }
        kept.extend_from_slice(&part[..count]);
        if kept.len() > 2 * KEPT {
            kept.drain(..kept.len() - KEPT);
        }
    }
    kept.drain(..kept.len().saturating_sub(KEPT));
    String::from_utf8_lossy(&kept).into_owned()
}

/// A running command, which is killed on drop.
struct Running {
    child: Child,
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            made::kill(self.child.id());
            self.child.kill().ok();
            self.child.wait().ok();
        }
        made::ended(self.child.id());
    }
}

/// The value of `DOCKER_HOST`.
fn named_host() -> Option<String> {
    env::var("DOCKER_HOST").ok().filter(|host| !host.is_empty())
}

/// Eight random letters.
fn random() -> String {
    use std::hash::{BuildHasher, Hasher};
    let number = std::hash::RandomState::new().build_hasher().finish();
    format!("{:08x}", number & 0xffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engine(host: Option<&str>) -> Engine {
        Engine {
            program: PathBuf::from("/bin/sh"),
            flavour: Flavour::Docker,
            version: "1".to_owned(),
            host: host.map(str::to_owned),
            suffix: random(),
            count: AtomicU32::new(0),
        }
    }

    #[test]
    fn names_are_valid_and_differ() {
        let (one, other) = (engine(None), engine(None));
        let name = one.name("@scope/My_App");
        assert!(name.starts_with("dockgen-verify-scope-my-app-"), "{name}");
        assert_ne!(name, one.name("@scope/My_App"));
        assert_ne!(one.suffix, other.suffix);
        assert!(one.name("").starts_with(&format!("dockgen-verify-{}", one.suffix)));
    }

    #[test]
    fn ports_are_reached_where_the_engine_is() {
        for (host, address) in [
            (None, "127.0.0.1"),
            (Some("unix:///run/docker.sock"), "127.0.0.1"),
            (Some("tcp://10.0.0.7:2376"), "10.0.0.7"),
            (Some("ssh://me@builder.example"), "builder.example"),
            (Some("tcp://[fd00::1]:2375/"), "fd00::1"),
        ] {
            assert_eq!(engine(host).address(), address);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_command_ends_at_its_limit_with_what_it_started() {
        let engine = engine(None);
        let began = Instant::now();
        let error = engine
            .run(&["-c", "sleep 30 & sleep 30"], Duration::from_millis(300))
            .unwrap_err()
            .to_string();
        assert!(error.contains("did not end within"), "{error}");
        assert!(began.elapsed() < Duration::from_secs(10));
        let answer = engine.run(&["-c", "echo one; echo two >&2; exit 3"], ANSWER).unwrap();
        assert_eq!(
            (answer.ok, answer.out.as_str(), answer.last().as_str()),
            (false, "one\n", "two")
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_command_is_read_to_its_end_also_where_the_reader_has_enough() {
        let engine = engine(None);
        let script = "printf enough; sleep 0.2; head -c 300000 /dev/zero && echo wrote it all >&2";
        let mut head = [0; 6];
        let answer =
            engine.stream(&["-c", script], ANSWER, |out| Ok(out.read_exact(&mut head)?)).unwrap();
        assert_eq!((&head, answer.ok, answer.err.as_str()), (b"enough", true, "wrote it all\n"));
    }

    #[cfg(unix)]
    #[test]
    fn of_an_output_without_end_the_end_is_kept() {
        let engine = engine(None);
        let script =
            "yes | head -c 50000000; echo last; yes >&2 | head -c 100 >&2; echo >&2; echo end >&2";
        let script = script.replace("yes >&2 | head -c 100 >&2", "yes | head -c 9000000 >&2");
        let answer = engine.ends(&["-c", &script], ANSWER).unwrap();
        assert!(answer.out.ends_with("y\nlast\n") && answer.out.len() <= KEPT);
        assert!(answer.err.ends_with("end\n") && answer.err.len() <= KEPT);
        let fed = engine.feed(&["-c", "cat >&2"], b"words", ANSWER).unwrap();
        assert_eq!((fed.ok, fed.err.as_str()), (true, "words"));
    }

    #[cfg(unix)]
    #[test]
    fn lines_come_one_by_one() {
        let engine = engine(None);
        let mut seen = Vec::new();
        let ok = engine
            .lines(&["-c", "echo a >&2; echo b >&2"], ANSWER, &mut |line| {
                seen.push(line.to_owned());
            })
            .unwrap();
        assert_eq!(
            (ok, seen.as_slice()),
            (Some(true), ["a".to_owned(), "b".to_owned()].as_slice())
        );
        let late =
            engine.lines(&["-c", "sleep 30"], Duration::from_millis(200), &mut |_| {}).unwrap();
        assert_eq!(late, None);
    }
}

//! A container without privileges: read-only root, no capabilities, no new privileges, limited
//! memory.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::Value;

use super::causes::{When, passes};
use super::engine::{ANSWER, Answer, Engine, Flavour};
use super::made::{self, Thing};
use super::owner;
use super::steps::tail;
use super::{Wanted, seconds};
use crate::config::verify::Service;

/// A mount for a folder that the program writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mount {
    /// The folder is empty in the image: an in-memory file system with the same owner and mode.
    Tmpfs {
        /// The folder.
        path: String,
        /// The owner.
        uid: u64,
        /// The group.
        gid: u64,
        /// Permissions.
        mode: u32,
    },
    /// The folder has contents in the image: an anonymous volume, which starts as a copy.
    Volume(String),
}

/// The options for starting a container.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    /// The image.
    pub image: &'a str,
    /// The port that it listens on.
    pub port: Option<u16>,
    /// Folders that it writes.
    pub mounts: &'a [Mount],
    /// Arguments that replace the image's.
    pub args: &'a [String],
    /// The network that it shares with its services.
    pub network: Option<&'a str>,
    /// An archive of folders that its user may write, for a container whose root is writable.
    pub open: Option<&'a [u8]>,
}

/// The largest file that a container with a writable root may write, in bytes: it is the disk of
/// the engine that would fill up.
pub(super) const MAX_FILE: u64 = 1 << 30;

/// Capabilities for images of databases and queues, which start as root, give their folders to a
/// user of their own and then become that user.
const SERVICE: [&str; 5] = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"];

/// The labels that identify a container of this run.
fn labels(engine: &Engine) -> [String; 4] {
    let run = format!("dockgen.verify={}", engine.suffix());
    ["--label".to_owned(), run, "--label".to_owned(), owner::label()]
}

/// The options that keep a log small on the engine's disk: a program may print without end.
fn log_limit(engine: &Engine) -> Vec<String> {
    let words: &[&str] = match engine.flavour {
        Flavour::Docker => {
            &["--log-driver", "json-file", "--log-opt", "max-size=8m", "--log-opt", "max-file=2"]
        }
        Flavour::Podman => &["--log-opt", "max-size=8mb"],
    };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The command that starts a service, with the capabilities that its image needs and no more.
fn service_words(
    container: &str,
    labels: &[String],
    network: &str,
    name: &str,
    service: &Service,
) -> Vec<String> {
    let mut words: Vec<String> = ["run", "-d", "--name", container].map(str::to_owned).into();
    words.extend(labels.iter().cloned());
    words.extend(["--network", network, "--network-alias", name].map(str::to_owned));
    words.extend(["--cap-drop", "ALL", "--security-opt", "no-new-privileges"].map(str::to_owned));
    words.extend(SERVICE.iter().flat_map(|one| ["--cap-add".to_owned(), (*one).to_owned()]));
    words.extend(["--pids-limit", "512", "--memory", "1g"].map(str::to_owned));
    words.extend(service.env.iter().flat_map(|pair| ["-e".to_owned(), pair.clone()]));
    words.push(service.image.clone());
    words.extend(service.args.iter().cloned());
    words
}

/// A container, which is removed with its volumes on drop.
#[derive(Debug)]
pub(super) struct Container<'e> {
    engine: &'e Engine,
    name: String,
    port: Option<u16>,
    /// When it ended before it was started again.
    ended: RefCell<Option<String>>,
}

/// The state of a container.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// It runs.
    pub running: bool,
    /// The exit code.
    pub code: i64,
    /// It was killed because it exceeded the memory limit.
    pub out_of_memory: bool,
}

/// What became of a start.
pub(super) enum Attempt<'e> {
    /// The container runs.
    Runs(Container<'e>),
    /// The engine did not start it, and says why.
    Refused(Vec<String>),
}

impl<'e> Container<'e> {
    fn named(engine: &'e Engine, purpose: &str, port: Option<u16>) -> Self {
        Self { engine, name: engine.name(purpose), port, ended: RefCell::new(None) }
    }

    /// Starts a container. Returns the engine's message if that fails.
    ///
    /// # Errors
    /// If the engine cannot be run, or stopped responding.
    pub(super) fn start(engine: &'e Engine, start: Start, wanted: &Wanted) -> Result<Attempt<'e>> {
        let started = Self::attempt(engine, start, wanted)?;
        match &started {
            Attempt::Refused(lines) if passes(When::Run, lines)? => {
                Self::attempt(engine, start, wanted)
            }
            _ => Ok(started),
        }
    }

    fn attempt(engine: &'e Engine, start: Start, wanted: &Wanted) -> Result<Attempt<'e>> {
        let container = Self::named(engine, "run", start.port);
        engine.list(Thing::Container(container.name.clone()))?;
        let head: &[&str] = match start.open {
            Some(_) => &["create", "--name", &container.name],
            None => &["run", "-d", "--name", &container.name, "--read-only"],
        };
        let mut words: Vec<String> = head.iter().map(|word| (*word).to_owned()).collect();
        words.extend(labels(engine));
        words.extend(
            ["--cap-drop", "ALL", "--security-opt", "no-new-privileges"].map(str::to_owned),
        );
        words.extend(log_limit(engine));
        if start.open.is_some() {
            words.extend(["--ulimit".to_owned(), format!("fsize={MAX_FILE}")]);
        }
        words.extend(["--pids-limit", "256", "--memory", &wanted.memory].map(str::to_owned));
        if engine.flavour == Flavour::Podman && start.open.is_none() {
            // Otherwise Podman mounts writable folders that are not in the plan.
            words.push("--read-only-tmpfs=false".to_owned());
        }
        if let Some(port) = start.port {
            let outside = wanted.publish.map_or_else(String::new, |port| port.to_string());
            // The ports of an engine on another machine are reached at that machine's address.
            let address = if engine.address() == "127.0.0.1" { "127.0.0.1:" } else { "" };
            words.extend(["-p".to_owned(), format!("{address}{outside}:{port}")]);
        }
        for mount in start.mounts {
            words.extend(match mount {
                Mount::Volume(path) => ["-v".to_owned(), path.clone()],
                // Podman cannot set the owner of a tmpfs. Its anonymous volumes start with the
                // image's folder.
                Mount::Tmpfs { path, .. } if engine.flavour == Flavour::Podman => {
                    ["-v".to_owned(), path.clone()]
                }
                // Not noexec, as in a volume or an emptyDir: programs may unpack libraries there
                // and load them.
                Mount::Tmpfs { path, uid, gid, mode } => [
                    "--tmpfs".to_owned(),
                    format!("{path}:rw,exec,uid={uid},gid={gid},mode={mode:o}"),
                ],
            });
        }
        if let Some(network) = start.network {
            words.extend(["--network".to_owned(), network.to_owned()]);
        }
        words.extend(wanted.env.iter().flat_map(|pair| ["-e".to_owned(), pair.clone()]));
        words.push(start.image.to_owned());
        words.extend(start.args.iter().cloned());
        let mut answer = engine.run(&words, ANSWER)?;
        if let Some(open) = start.open.filter(|_| answer.ok) {
            let place = format!("{}:/", container.name);
            answer = engine.feed(&["cp", "-", &place], open, ANSWER)?;
            if answer.ok {
                answer = engine.run(&["start", &container.name], ANSWER)?;
            }
        }
        if answer.ok {
            return Ok(Attempt::Runs(container));
        }
        engine.must_be_alive("starting the container")?;
        Ok(Attempt::Refused(tail(&answer.err, 20)))
    }

    /// Runs another program of an image to its end, as restricted as the image's own.
    ///
    /// # Errors
    /// If the engine cannot be run. A program that fails is not an error.
    pub(super) fn once(
        engine: &'e Engine,
        image: &str,
        network: Option<&str>,
        program: &[String],
        wanted: &Wanted,
    ) -> Result<Answer> {
        let container = Self::named(engine, "once", None);
        engine.list(Thing::Container(container.name.clone()))?;
        let Some((first, rest)) = program.split_first() else { return Ok(Answer::default()) };
        let mut words: Vec<String> = ["run", "--name", &container.name].map(str::to_owned).into();
        words.extend(labels(engine));
        words.extend(
            ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
                .map(str::to_owned),
        );
        words.extend(["--pids-limit", "256", "--memory", &wanted.memory].map(str::to_owned));
        words.extend(network.into_iter().flat_map(|n| ["--network".to_owned(), n.to_owned()]));
        words.extend(wanted.env.iter().flat_map(|pair| ["-e".to_owned(), pair.clone()]));
        words.extend(["--entrypoint".to_owned(), first.clone(), image.to_owned()]);
        words.extend(rest.iter().cloned());
        engine.ends(&words, wanted.boot + ANSWER)
    }

    /// Runs another program of its image to its end, in its network.
    ///
    /// # Errors
    /// If the engine cannot be run. A program that fails is not an error.
    pub(super) fn beside(
        &self,
        image: &str,
        program: &[String],
        wanted: &Wanted,
    ) -> Result<Answer> {
        let network = format!("container:{}", self.name);
        Self::once(self.engine, image, Some(&network), program, wanted)
    }

    /// Runs a program in it.
    ///
    /// # Errors
    /// If the engine cannot be run. A program that fails is not an error.
    pub(super) fn inside(&self, program: &[String]) -> Result<Answer> {
        let mut words = vec!["exec".to_owned(), self.name.clone()];
        words.extend(program.iter().cloned());
        self.engine.ends(&words, ANSWER)
    }

    /// Starts a service beside the program, with its image's own user and command.
    ///
    /// # Errors
    /// If it does not start.
    pub(super) fn service(
        engine: &'e Engine,
        network: &str,
        name: &str,
        service: &Service,
    ) -> Result<Self> {
        let container = Self::named(engine, name, None);
        engine.list(Thing::Container(container.name.clone()))?;
        let words = service_words(&container.name, &labels(engine), network, name, service);
        // The image may have to be pulled first.
        engine.must(
            &format!("starting the service `{name}` from {}", service.image),
            &words,
            Duration::from_mins(10),
        )?;
        Ok(container)
    }

    /// Its state.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn state(&self) -> Result<State> {
        let words = ["container", "inspect", "--format", "{{json .State}}", &self.name];
        let text = self.engine.must("looking at the container", &words, ANSWER)?;
        let state: Value = serde_json::from_str(&text)?;
        Ok(State {
            running: state["Running"] == true,
            code: state["ExitCode"].as_i64().unwrap_or(-1),
            out_of_memory: state["OOMKilled"] == true,
        })
    }

    /// The port on which it is published; `None` while it does not run.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn published(&self) -> Result<Option<u16>> {
        let Some(port) = self.port else { return Ok(None) };
        let answer = self.engine.run(&["port", &self.name, &format!("{port}/tcp")], ANSWER)?;
        Ok(answer.out.lines().find_map(|line| line.rsplit(':').next()?.trim().parse().ok()))
    }

    /// Restarts it after it exited.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn again(&self) -> Result<()> {
        let words = ["container", "inspect", "--format", "{{json .State.FinishedAt}}", &self.name];
        let ended = self.engine.run(&words, ANSWER)?.out;
        *self.ended.borrow_mut() = serde_json::from_str(ended.trim()).ok();
        self.engine.must("starting the container again", &["start", &self.name], ANSWER).map(drop)
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The last lines that it printed since it was started last.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn logs(&self) -> Result<Vec<String>> {
        let mut words = vec!["logs", "--tail", "200"];
        let ended = self.ended.borrow();
        words.extend(ended.iter().flat_map(|ended| ["--since", ended.as_str()]));
        words.push(&self.name);
        let answer = self.engine.ends(&words, ANSWER)?;
        Ok(tail(&(answer.out + "\n" + &answer.err), 60))
    }

    /// How many bytes it has written to its root; `None` if the engine does not say.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn written(&self) -> Result<Option<u64>> {
        let words = ["container", "inspect", "--size", "--format", "{{.SizeRw}}", &self.name];
        Ok(self.engine.run(&words, ANSWER)?.out.trim().parse().ok())
    }

    /// The users of its processes; `None` if the engine does not know.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn users(&self) -> Result<Option<Vec<u64>>> {
        if self.engine.flavour == Flavour::Podman {
            return Ok(None);
        }
        let answer = self.engine.run(&["top", &self.name, "-eo", "pid,uid"], ANSWER)?;
        let users: Vec<u64> = answer
            .out
            .lines()
            .skip(1)
            .filter_map(|line| line.split_whitespace().nth(1)?.parse().ok())
            .collect();
        if answer.ok && !users.is_empty() {
            return Ok(Some(users));
        }
        // The engine's machine may have no `ps`.
        let container = self.engine.inspect("container", &self.name)?;
        let (id, pid) =
            (container["Id"].as_str().unwrap_or_default(), container["State"]["Pid"].as_u64());
        Ok(pid.and_then(|pid| user_here(id, pid)).map(|user| vec![user]))
    }

    /// Stops it as an orchestrator would. Returns how long that took, and the exit code.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn stop(&self, limit: Duration) -> Result<(f64, i64)> {
        let began = Instant::now();
        let words = ["stop", "-t", &limit.as_secs().to_string(), &self.name];
        self.engine.must("stopping the container", &words, limit + ANSWER)?;
        let took = seconds(began.elapsed().as_secs_f64());
        Ok((took, self.state()?.code))
    }
}

impl<'e> Container<'e> {
    /// Starts a container with a shell in the network of this one; `None` if that fails, for
    /// example because this one has ended.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn attach(&self, image: &str) -> Result<Option<Attached<'e>>> {
        let engine = self.engine;
        let beside = Self::named(engine, "eyes", None);
        engine.list(Thing::Container(beside.name.clone()))?;
        let mut words: Vec<String> =
            ["run", "-d", "--name", &beside.name].map(str::to_owned).into();
        words.extend(labels(engine));
        words.extend(["--network".to_owned(), format!("container:{}", self.name)]);
        words.extend(
            ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
                .map(str::to_owned),
        );
        words.extend(
            ["--user", "65532:65532", "--pids-limit", "32", "--memory", "64m"].map(str::to_owned),
        );
        // Not the image's working directory, which its user may not enter.
        words
            .extend(["--workdir", "/", "--entrypoint", "sleep", image, "86400"].map(str::to_owned));
        Ok(engine.run(&words, ANSWER)?.ok.then_some(Attached(beside)))
    }
}

/// A container with a shell in the network of another one.
#[derive(Debug)]
pub(super) struct Attached<'e>(Container<'e>);

impl Attached<'_> {
    /// The output of a script; `None` if it fails.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn ask(&self, script: &str) -> Result<Option<String>> {
        let words = ["exec", "--workdir", "/", &self.0.name, "sh", "-c", script];
        let answer = self.0.engine.run(&words, ANSWER)?;
        Ok(answer.ok.then_some(answer.out))
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        made::remove(self.engine.program(), &Thing::Container(self.name.clone()));
    }
}

/// The user of a process on this machine, if it belongs to the container with this id.
fn user_here(id: &str, pid: u64) -> Option<u64> {
    let groups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    if id.len() < 12 || !groups.contains(id) {
        return None;
    }
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status
        .lines()
        .find_map(|line| line.strip_prefix("Uid:"))?
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

/// A network for the program and its services, which is removed on drop.
#[derive(Debug)]
pub(super) struct Network<'e> {
    engine: &'e Engine,
    /// Its name.
    pub name: String,
}

impl<'e> Network<'e> {
    /// Creates a network.
    ///
    /// # Errors
    /// If the engine cannot create it.
    pub(super) fn make(engine: &'e Engine) -> Result<Self> {
        let name = engine.name("network");
        engine.list(Thing::Network(name.clone()))?;
        let network = Self { engine, name };
        let words = ["network", "create", "--label", &owner::label(), &network.name];
        engine.must("making a network", &words, ANSWER)?;
        Ok(network)
    }
}

impl Drop for Network<'_> {
    fn drop(&mut self) {
        made::remove(self.engine.program(), &Thing::Network(self.name.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_has_a_few_capabilities_and_bounds() {
        let service = Service {
            image: "db:1".to_owned(),
            env: vec!["A=b".to_owned()],
            args: vec!["--privileged".to_owned()],
        };
        let words =
            service_words("c", &["--label".to_owned(), "l".to_owned()], "n", "db", &service);
        let text = words.join(" ");
        for wanted in [
            "--label l",
            "--cap-drop ALL",
            "--cap-add CHOWN",
            "--cap-add SETUID",
            "--security-opt no-new-privileges",
            "--pids-limit 512",
            "--memory 1g",
        ] {
            assert!(text.contains(wanted), "no {wanted} in {text}");
        }
        // Arguments from the file come after the image, so they cannot be options of the engine.
        assert!(text.ends_with("-e A=b db:1 --privileged"), "{text}");
        assert!(!text.contains("NET_RAW") && !text.contains("SYS_ADMIN"), "{text}");
    }
}

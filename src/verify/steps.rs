//! The steps of a build, parsed from the engine's progress output.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::seconds;

/// Maximum size of a step's output. Only its end is kept.
const KEPT: usize = 32 * 1024;

/// A step of a build, which is one instruction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    /// The stage; `""` if the only stage has no name.
    pub stage: String,
    /// The instruction.
    pub text: String,
    /// Its result came from the layer cache.
    pub cached: bool,
    /// How long it ran, in seconds.
    pub seconds: f64,
}

/// Why a build failed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// The step that failed, if one did.
    pub step: Option<String>,
    /// The engine's error.
    pub error: String,
    /// The last lines that the step printed.
    pub lines: Vec<String>,
}

/// A progress event of a build.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A step began.
    Began(String),
    /// A step ended.
    Ended(Step),
}

#[derive(Debug, Default)]
struct Vertex {
    digest: String,
    name: String,
    started: Option<f64>,
    completed: Option<f64>,
    cached: bool,
    error: String,
    told: (bool, bool),
}

/// The log of a running build.
#[derive(Debug, Default)]
pub(super) struct Log {
    vertices: Vec<Vertex>,
    output: BTreeMap<String, Vec<u8>>,
    /// Lines of the command itself, which belong to no step.
    rest: Vec<String>,
}

impl Log {
    /// Reads a line of `--progress=rawjson`, and returns its events.
    pub(super) fn take(&mut self, line: &str) -> Vec<Told> {
        let Ok(message) = serde_json::from_str::<Value>(line) else {
            if !line.trim().is_empty() {
                self.rest.push(line.to_owned());
            }
            return Vec::new();
        };
        for part in message["logs"].as_array().into_iter().flatten() {
            let vertex = part["vertex"].as_str().unwrap_or_default().to_owned();
            let held = self.output.entry(vertex).or_default();
            held.extend(decode(part["data"].as_str().unwrap_or_default()));
            if held.len() > 2 * KEPT {
                held.drain(..held.len() - KEPT);
            }
        }
        let mut told = Vec::new();
        for update in message["vertexes"].as_array().into_iter().flatten() {
            told.extend(self.update(update));
        }
        told
    }

    fn update(&mut self, update: &Value) -> Vec<Told> {
        let digest = update["digest"].as_str().unwrap_or_default();
        let at =
            self.vertices.iter().position(|vertex| vertex.digest == digest).unwrap_or_else(|| {
                self.vertices.push(Vertex { digest: digest.to_owned(), ..Vertex::default() });
                self.vertices.len() - 1
            });
        let vertex = &mut self.vertices[at];
        if let Some(name) = update["name"].as_str() {
            name.clone_into(&mut vertex.name);
        }
        vertex.cached |= update["cached"] == true;
        let time = |key: &str| update[key].as_str().and_then(moment);
        vertex.started = time("started").or(vertex.started);
        vertex.completed = time("completed").or(vertex.completed);
        if let Some(error) = update["error"].as_str() {
            error.clone_into(&mut vertex.error);
        }
        let Some(step) = vertex.step() else { return Vec::new() };
        let mut told = Vec::new();
        if vertex.started.is_some() && !vertex.told.0 && !vertex.cached {
            vertex.told.0 = true;
            told.push(Told::Began(title(&step.stage, &step.text)));
        }
        if vertex.completed.is_some() && !vertex.told.1 && vertex.error.is_empty() {
            vertex.told.1 = true;
            told.push(Told::Ended(step));
        }
        told
    }

    /// The steps that were reached, in the engine's order.
    pub(super) fn steps(&self) -> Vec<Step> {
        let reached = |vertex: &&Vertex| vertex.cached || vertex.completed.is_some();
        self.vertices.iter().filter(reached).filter_map(Vertex::step).collect()
    }

    /// Why the build failed.
    pub(super) fn failure(&self) -> Failure {
        // A step that was cancelled because of another one says so in its error.
        let failed = self.vertices.iter().filter(|vertex| !vertex.error.is_empty());
        let (cancelled, failed): (Vec<_>, Vec<_>) =
            failed.partition(|vertex| vertex.error.contains("context canceled"));
        let Some(vertex) = failed.first().or(cancelled.first()) else {
            let lines = tail(&self.rest.join("\n"), 20);
            let error =
                lines.last().cloned().unwrap_or_else(|| "the engine says nothing".to_owned());
            return Failure { step: None, error, lines };
        };
        let output = self
            .output
            .get(&vertex.digest)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        let mut lines = tail(&output.unwrap_or_default(), 20);
        if lines.is_empty() {
            lines = tail(&self.rest.join("\n"), 20);
        }
        let step = vertex
            .step()
            .map_or_else(|| vertex.name.clone(), |step| title(&step.stage, &step.text));
        Failure { step: Some(step), error: vertex.error.clone(), lines }
    }
}

impl Vertex {
    /// `[build 2/5] RUN go build`; with a platform `[linux/arm64 build 2/5]`, without a stage name
    /// `[2/5]`.
    fn step(&self) -> Option<Step> {
        let (inside, text) = self.name.strip_prefix('[')?.split_once("] ")?;
        let mut words: Vec<&str> = inside.split_whitespace().collect();
        let number = words.pop()?;
        number
            .split_once('/')
            .filter(|(n, m)| [n, m].iter().all(|part| part.parse::<u32>().is_ok()))?;
        let stage = words.pop().unwrap_or_default().to_owned();
        let ran = self.started.zip(self.completed).map_or(0.0, |(from, to)| (to - from).max(0.0));
        // A base image that is already present takes no time, but is not reported as cached.
        let cached = self.cached || text.starts_with("FROM") && ran < 0.2;
        Some(Step {
            stage,
            text: text.to_owned(),
            cached,
            seconds: if cached { 0.0 } else { seconds(ran) },
        })
    }
}

/// `build: RUN go build`, without the mounts.
pub(super) fn title(stage: &str, text: &str) -> String {
    let words = text.split_whitespace().filter(|word| !word.starts_with("--mount="));
    let text = words.collect::<Vec<_>>().join(" ");
    if stage.is_empty() { text } else { format!("{stage}: {text}") }
}

/// The last lines of a text that are not empty.
pub(super) fn tail(text: &str, count: usize) -> Vec<String> {
    // A progress bar overwrites itself: only the text after the last carriage return is visible.
    let seen = |line: &str| {
        line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default().trim_end().to_owned()
    };
    // Colours are for a terminal. This text is searched, and shown elsewhere.
    let text = console::strip_ansi_codes(text);
    let lines: Vec<String> = text.lines().map(seen).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(count)..].to_vec()
}

/// Podman's log: `[1/2] STEP 3/5: RUN go build`, then `--> Using cache ...` if nothing ran. `at` is
/// the time of the line in seconds.
#[derive(Debug, Default)]
pub(super) struct PlainLog {
    steps: Vec<(Step, f64)>,
    lines: Vec<String>,
    names: BTreeMap<String, String>,
}

impl PlainLog {
    /// Reads a line.
    pub(super) fn take(&mut self, line: &str, at: f64) -> Vec<Told> {
        let (stage, rest) = match line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
            Some((stage, rest)) if rest.starts_with("STEP ") => {
                (stage.split('/').next().unwrap_or_default(), rest)
            }
            _ => ("", line),
        };
        if let Some((_, text)) = rest.strip_prefix("STEP ").and_then(|rest| rest.split_once(": ")) {
            let mut told: Vec<Told> = self.close(at).into_iter().collect();
            let words: Vec<&str> = text.split_whitespace().collect();
            if let [.., word, name] = words.as_slice()
                && word.eq_ignore_ascii_case("as")
            {
                self.names.insert(stage.to_owned(), (*name).to_owned());
            }
            let stage = self.names.get(stage).map_or(stage, String::as_str).to_owned();
            told.push(Told::Began(title(&stage, text)));
            self.steps
                .push((Step { stage, text: text.to_owned(), cached: false, seconds: 0.0 }, at));
            self.lines.clear();
            return told;
        }
        if line.starts_with("--> Using cache")
            && let Some((step, _)) = self.steps.last_mut()
        {
            step.cached = true;
        } else if !line.trim().is_empty() && !line.starts_with("--> ") {
            self.lines.push(line.to_owned());
        }
        Vec::new()
    }

    /// Ends the last step.
    pub(super) fn close(&mut self, at: f64) -> Option<Told> {
        let (step, began) = self.steps.last_mut()?;
        step.seconds = if step.cached { 0.0 } else { seconds(at - *began) };
        Some(Told::Ended(step.clone()))
    }

    /// The steps so far.
    pub(super) fn steps(&self) -> Vec<Step> {
        self.steps.iter().map(|(step, _)| step.clone()).collect()
    }

    /// Why the build failed. The failed step is the last one reached.
    pub(super) fn failure(&self) -> Failure {
        let lines = tail(&self.lines.join("\n"), 20);
        let step = self.steps.last().map(|(step, _)| title(&step.stage, &step.text));
        Failure { step, error: lines.last().cloned().unwrap_or_default(), lines }
    }
}

/// Seconds since 1970 of `2026-11-25T16:29:02.123Z`.
fn moment(text: &str) -> Option<f64> {
    let (day, time) = text.strip_suffix('Z')?.split_once('T')?;
    let mut day = day.splitn(3, '-').map(|part| part.parse::<i32>().ok());
    let (year, month, day) = (day.next()??, day.next()??, day.next()??);
    let mut time = time.splitn(3, ':');
    let (hour, minute): (f64, f64) = (time.next()?.parse().ok()?, time.next()?.parse().ok()?);
    let second: f64 = time.next()?.parse().ok()?;
    // Days in the civil calendar, with years that begin in March, so that the leap day is last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 719_469;
    Some(f64::from(days) * 86_400.0 + hour * 3600.0 + minute * 60.0 + second)
}

/// Decodes Base64, the encoding of output in a build's log.
fn decode(text: &str) -> Vec<u8> {
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
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_counted_across_days() {
        assert_eq!(moment("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(moment("2024-02-29T23:59:59.5Z"), Some(1_709_251_199.5));
        let across =
            moment("2027-01-01T00:00:01Z").unwrap() - moment("2026-12-31T23:59:59Z").unwrap();
        assert!((across - 2.0).abs() < 1e-6, "{across}");
        assert_eq!(moment("yesterday"), None);
    }

    #[test]
    fn steps_come_from_the_raw_log() {
        let mut log = Log::default();
        let line = |digest: &str, name: &str, more: &str| {
            format!("{{\"vertexes\":[{{\"digest\":\"{digest}\",\"name\":\"{name}\"{more}}}]}}")
        };
        assert!(log.take(&line("i", "[internal] load build definition", "")).is_empty());
        let told =
            log.take(&line("a", "[build 2/5] RUN make", ",\"started\":\"2026-11-25T10:00:00Z\""));
        assert_eq!(told, [Told::Began("build: RUN make".to_owned())]);
        let done = ",\"started\":\"2026-11-25T10:00:00Z\",\"completed\":\"2026-11-25T10:00:02.5Z\"";
        let step =
            Step { stage: "build".into(), text: "RUN make".into(), cached: false, seconds: 2.5 };
        assert_eq!(log.take(&line("a", "[build 2/5] RUN make", done)), [Told::Ended(step.clone())]);
        log.take(&line("b", "[linux/arm64 deps 1/2] RUN fetch", ",\"cached\":true"));
        log.take(&line("c", "[3/3] COPY a b", done));
        let steps = log.steps();
        assert_eq!(steps.len(), 3);
        assert_eq!((steps[1].stage.as_str(), steps[1].cached), ("deps", true));
        assert_eq!(steps[2].stage, "");
        // A step that was never reached is not listed.
        log.take(&line("d", "[build 5/5] RUN later", ""));
        assert_eq!(log.steps().len(), 3);
    }

    #[test]
    fn a_failure_names_the_step_and_its_last_lines() {
        let mut log = Log::default();
        log.take(
            "{\"vertexes\":[{\"digest\":\"x\",\"name\":\"[other 1/2] RUN long\",\"error\":\"context canceled\"}]}",
        );
        log.take("{\"logs\":[{\"vertex\":\"a\",\"stream\":2,\"data\":\"b25lCnR3bwo=\"}]}");
        log.take("{\"vertexes\":[{\"digest\":\"a\",\"name\":\"[build 2/5] RUN make\",\"error\":\"exit code: 2\"}]}");
        log.take("ERROR: failed to build");
        let failure = log.failure();
        assert_eq!(failure.step.as_deref(), Some("build: RUN make"));
        assert_eq!(failure.lines, ["one", "two"]);
        let mut other = Log::default();
        other.take("ERROR: no builder");
        assert_eq!(other.failure().error, "ERROR: no builder");
    }

    #[test]
    fn the_log_of_podman() {
        let mut log = PlainLog::default();
        log.take("[1/2] STEP 1/2: FROM golang AS build", 0.0);
        log.take("[1/2] STEP 2/2: RUN go build", 1.0);
        log.take("--> Using cache abc", 1.1);
        log.take("[2/2] STEP 1/2: FROM scratch", 1.5);
        log.take("[2/2] STEP 2/2: RUN false", 2.0);
        log.take("boom", 2.5);
        log.close(4.0);
        let steps = log.steps();
        assert_eq!((steps[1].stage.as_str(), steps[1].cached), ("build", true));
        assert!((steps[3].seconds - 2.0).abs() < 1e-6);
        assert_eq!((steps[3].stage.as_str(), log.failure().lines), ("2", vec!["boom".to_owned()]));
    }

    #[test]
    fn what_draws_over_itself_is_seen_once() {
        assert_eq!(tail("10%\r50%\r100%\r\n\nend\r\n", 5), ["100%", "end"]);
        assert_eq!(
            tail("\u{1b}[2mat 1\u{1b}[0m \u{1b}[32mINFO\u{1b}[0m up\n", 5),
            ["at 1 INFO up"]
        );
    }
}

//! The options of a server in the repository's own command: those that hold in a container too, and
//! those that the image decides.

use super::tables::Server;
use super::told::Told;
use super::{App, is_script};
use crate::docker::quote;
use crate::facts::{Finding, FindingCode};

/// Options with a value that the image decides: address, processes, logs, the system's users.
const DECIDED: [&str; 34] = [
    "access-logfile",
    "app-dir",
    "bind",
    "browser.gatherUsageStats",
    "browser.serverAddress",
    "error-logfile",
    "fd",
    "forwarded-allow-ips",
    "group",
    "host",
    "http",
    "http-socket",
    "interface",
    "listen",
    "log-file",
    "module",
    "name",
    "pid",
    "port",
    "processes",
    "proxy-headers",
    "pythonpath",
    "reload-dir",
    "server.address",
    "server.fileWatcherType",
    "server.headless",
    "server.port",
    "stats",
    "socket",
    "uds",
    "user",
    "worker-tmp-dir",
    "workers",
    "wsgi-file",
];

/// Their short forms.
const SHORT: [&str; 8] = ["-b", "-g", "-h", "-m", "-n", "-p", "-u", "-w"];

/// Options without a value that the image decides.
const SWITCHES: [&str; 14] = [
    "access-log",
    "access-logs",
    "call",
    "daemon",
    "debug",
    "factory",
    "headless",
    "master",
    "no-debugger",
    "no-reload",
    "proxy-headers",
    "reload",
    "use-colors",
    "with-threads",
];

/// Endings of files with settings.
const SETTINGS: [&str; 6] = ["conf", "ini", "json", "toml", "yaml", "yml"];

/// The options of a line.
#[derive(Debug, Default)]
pub(super) struct Options {
    /// Words for the image's command.
    pub(super) kept: Vec<String>,
    /// The port, where the line states a number.
    pub(super) port: Option<u16>,
    /// The number of workers, where the line states one above 1.
    pub(super) workers: Option<u16>,
    /// What the image does not have.
    left: Vec<String>,
}

impl Options {
    /// Sorts the words of a line.
    ///
    /// `root`: the folder that the application's modules are imported from.
    pub(super) fn of(app: &App, server: &Server, told: &Told, root: &str) -> Self {
        let words: Vec<&String> = told.flags.iter().chain(&told.rest).collect();
        let same = server.command.first().is_some_and(|first| *first == told.command);
        let mut options = Self::default();
        let mut reloads = false;
        let mut at = 0;
        while let Some(word) = words.get(at) {
            at += 1;
            let next = words
                .get(at)
                .map(|next| next.as_str())
                .filter(|next| *next == "-" || !next.starts_with('-'));
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) => (flag, Some(value)),
                None if is_short(word) => {
                    word.split_at_checked(2).map_or((word.as_str(), None), |(flag, value)| {
                        (flag, Some(value).filter(|value| !value.is_empty()))
                    })
                }
                None => (word.as_str(), None),
            };
            let long = flag.strip_prefix("--").unwrap_or_default();
            let kept = server
                .keeps
                .iter()
                .find(|(name, short)| *name == long || !short.is_empty() && short.as_str() == flag);
            let switch = SWITCHES.contains(&long) || flag == "-D";
            let decided = DECIDED.contains(&long) && !switch || SHORT.contains(&flag);
            if same && server.switches.iter().any(|name| name == long) {
                options.kept.push(flag.to_owned());
                continue;
            }
            let stated = value.or(next);
            if let Some((name, _)) = kept.filter(|_| same)
                && let Some(stated) = stated.filter(|stated| holds(app, stated))
            {
                options.kept.push(format!("--{name}={stated}"));
                at += usize::from(value.is_none());
            } else if switch {
                reloads |= matches!(long, "reload" | "debug");
            } else if long == "chdir"
                && stated.is_some_and(|way| way.trim_matches(['.', '/']) == root)
            {
                // The image starts there.
                at += usize::from(value.is_none());
            } else if decided {
                let port = ["bind", "port", "listen", "http-socket", "server.port"].contains(&long);
                if port || matches!(flag, "-b" | "-p") {
                    options.port = options.port.or(stated.and_then(number));
                }
                if long == "workers" || flag == "-w" {
                    let count = stated.and_then(|text| text.parse().ok());
                    options.workers = count.filter(|count| *count > 1 && !told.documented);
                }
                at += usize::from(value.is_none() && next.is_some());
            } else {
                options.left.push((*word).clone());
                if flag.starts_with('-') && value.is_none() {
                    options.left.extend(next.map(str::to_owned));
                    at += usize::from(next.is_some());
                }
            }
        }
        if reloads && told.documented {
            options.port = None;
        }
        options
    }

    /// What to say of a line that does more than the image.
    pub(super) fn finding(&self, server: &Server, told: &Told) -> Option<Finding> {
        if told.documented || self.left.is_empty() && told.shell.is_none() {
            return None;
        }
        let line = quote::shell_words(&self.left);
        let what = match told.shell {
            Some(why) => format!(
                "the repository starts {} by a shell line, for {why}, and the image does not",
                server.package
            ),
            None => format!(
                "the repository starts {} with `{line}`, and the image does not",
                told.command
            ),
        };
        let finding = Finding::new(FindingCode::StartArguments, what, [told.evidence.clone()]);
        Some(finding.with_why(
            "dockgen does not know whether the words hold in a container: a file that they name, \
             a variable, an option of another server",
        ))
    }
}

/// True for `-w4` and `-b`, rather than `--workers`.
fn is_short(word: &str) -> bool {
    word.starts_with('-') && !word.starts_with("--")
}

/// True for a value that means the same in the image.
fn holds(app: &App, value: &str) -> bool {
    // Other values are computed by a shell, which the exec form does not have.
    let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || "._-/:".contains(c));
    let file = value.trim_start_matches("file:");
    let is_file =
        is_script(value) || file.rsplit_once('.').is_some_and(|(_, end)| SETTINGS.contains(&end));
    plain && !value.starts_with('-') && (!is_file || app.dir.has(file))
}

/// The number of `8000`, `0.0.0.0:8000`, `${PORT:-8000}` and `*:8000`.
fn number(text: &str) -> Option<u16> {
    let text = match text.split_once(":-") {
        Some((_, default)) => default.split('}').next()?,
        None => text.rsplit(':').next()?,
    };
    text.parse().ok().filter(|port| *port > 0)
}

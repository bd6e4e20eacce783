//! A real pseudo-terminal with dockgen in it, and what a person would see there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test whose terminal fails must fail"
)]

pub(crate) mod screen;
pub(crate) mod svg;

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use screen::Screen;

/// Longer than anything takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const ENTER: &str = "\r";
pub(crate) const DOWN: &str = "\x1b[B";
pub(crate) const CTRL_C: &str = "\x03";

/// A terminal in which dockgen runs.
pub(crate) struct Terminal {
    session: OsSession,
    pub(crate) screen: Screen,
    modes: tempfile::TempDir,
}

impl Terminal {
    /// Starts `dockgen ARGS` in `folder`, in a terminal of this size.
    pub(crate) fn start(folder: &Path, size: (usize, usize), args: &[&str]) -> Self {
        // The machine may have an engine, and then a question more is asked.
        Self::start_in(folder, size, args, &[("DOCKER_HOST", "tcp://127.0.0.1:1")])
    }

    /// The same with more variables.
    pub(crate) fn start_in(
        folder: &Path,
        (columns, rows): (usize, usize),
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let modes = tempfile::tempdir().unwrap();
        // The size must be right before the first byte is written, and `spawn` ends with setting
        // one of its own: so the shell sets it, once it is told that `spawn` is done. Ctrl-C
        // between two prompts is a signal to the shell too, which must live on to tell the exit
        // code.
        let script = r#"trap : INT; read -r go; stty cols "$1" rows "$2"; stty -g > "$3/before"; shift 3
            "$@"; code=$?; stty -g > "$MODES/after"; exit $code"#;
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh", &columns.to_string(), &rows.to_string()]);
        command.arg(modes.path()).arg(env!("CARGO_BIN_EXE_dockgen")).args(args);
        command.current_dir(folder).env("MODES", modes.path());
        command.env("TERM", "xterm-256color").env_remove("NO_COLOR").env("LANG", "C.UTF-8");
        command.envs(variables.iter().copied());
        let session = OsSession::spawn(command).unwrap();
        let mut terminal = Self { session, screen: Screen::new(columns, rows), modes };
        terminal.press("\n");
        terminal
    }

    /// Waits until the screen shows `text`.
    pub(crate) fn wait_for(&mut self, text: &str) {
        let began = Instant::now();
        while !self.screen.text().contains(text) {
            assert!(
                began.elapsed() < PATIENCE,
                "`{text}` does not appear in:\n{}",
                self.screen.text()
            );
            if !self.read() {
                assert!(
                    self.screen.text().contains(text),
                    "dockgen ended without `{text}`:\n{}",
                    self.screen.text()
                );
                return;
            }
        }
    }

    /// Types.
    pub(crate) fn press(&mut self, keys: &str) {
        self.session.write_all(keys.as_bytes()).unwrap();
        self.session.flush().unwrap();
    }

    /// Presses Esc. What follows at once would be a part of the same key.
    pub(crate) fn escape(&mut self) {
        self.press("\x1b");
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(300) {
            self.read();
        }
    }

    /// Marks the item of a list that begins with `item`, and chooses it.
    pub(crate) fn choose(&mut self, item: &str) {
        self.mark(item);
        let said = format!("· {item}");
        let count = |screen: &Screen| screen.text().matches(&said).count();
        let before = (self.marked(), count(&self.screen));
        self.press(ENTER);
        // What follows is for the next list: this one has to be gone.
        let began = Instant::now();
        while self.marked() == before.0 && count(&self.screen) == before.1 {
            assert!(began.elapsed() < PATIENCE, "`{item}` stays:\n{}", self.screen.text());
            if !self.read() {
                return;
            }
        }
    }

    /// Marks the item of a list that begins with `item`.
    pub(crate) fn mark(&mut self, item: &str) {
        const KEYS: &str = "enter: choose";
        self.wait_for(KEYS);
        for _ in 0..60 {
            if self.screen.text().contains(&format!("> {item}")) {
                return;
            }
            let before = self.marked();
            self.press(DOWN);
            let began = Instant::now();
            // A list is cleared and drawn again in several pieces: it is whole once another item is
            // marked and its last line, the keys, is there.
            while self.marked().is_none_or(|marked| Some(marked) == before)
                || !self.screen.text().contains(KEYS)
            {
                assert!(began.elapsed() < PATIENCE, "no item `{item}`:\n{}", self.screen.text());
                assert!(self.read(), "dockgen ended:\n{}", self.screen.text());
            }
        }
        panic!("no item `{item}` in:\n{}", self.screen.text());
    }

    /// The item of a list that is marked.
    fn marked(&self) -> Option<String> {
        self.screen.text().lines().find(|line| line.starts_with("> ")).map(str::to_owned)
    }

    /// Waits for the end; the exit code, and whether the terminal's modes are as they were.
    pub(crate) fn end(&mut self) -> (i32, bool) {
        let began = Instant::now();
        while self.read() {
            assert!(began.elapsed() < PATIENCE, "dockgen does not end:\n{}", self.screen.text());
        }
        let WaitStatus::Exited(_, code) = self.session.get_process().wait().unwrap() else {
            panic!("killed by a signal:\n{}", self.screen.text())
        };
        let mode =
            |name: &str| fs::read_to_string(self.modes.path().join(name)).unwrap_or_default();
        (code, !mode("before").is_empty() && mode("before") == mode("after"))
    }

    /// Reads what is there; false at the end.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.session.try_read(&mut bytes) {
            Ok(0) => false,
            Ok(count) => {
                self.screen.feed(&bytes[..count]);
                true
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                std::thread::sleep(Duration::from_millis(5));
                true
            }
            // Linux: the other side was closed.
            Err(_) => false,
        }
    }
}

//! From what a run showed to answers, and to what no answer can settle.

use anyhow::Result;

use super::catalog::What;
use super::folders::{self, above, within};
use super::found::{Found, Given, Proposal, Remains, Row};
use super::log::{Missing, missing};
use super::ports::{self, Ports};
use super::{lookup, mistaken, page};
use crate::ask::{Question, id, join_list, split_list};
use crate::evidence::{Evidence, Strength};
use crate::pipeline::App;
use crate::plan::{Decision, Plan};
use crate::questions;
use crate::verify::{Contents, Kind, Observed, Subject};

/// Answers that a later version of the questions may have; without them a person is told.
const FILE: &str = "file";
const PACKAGE: &str = "package";

/// What to try where nothing listens.
const SILENT: &str = "see the last lines that it printed; give it more time with --boot-seconds, or say that it has no \
                      port with --port none";

/// What to try where the cause is not known.
const UNKNOWN: &str = "see the last lines that it printed: --args gives it arguments, --env variables, --set file=SRC=DEST \
                       a file of the repository";

/// As many bytes are more than a program writes while it starts.
const MUCH: u64 = 250_000_000;

/// A run, with what it is compared with.
pub(super) struct View<'a> {
    pub(super) app: &'a App<'a>,
    pub(super) questions: &'a [Question],
    pub(super) subject: &'a Subject<'a>,
    pub(super) contents: &'a Contents,
    pub(super) observed: &'a Observed,
    /// The variables that the run was given.
    pub(super) env: &'a [String],
    /// The day, `YYYY-MM-DD`.
    pub(super) day: &'a str,
}

impl View<'_> {
    /// Compares everything.
    ///
    /// # Errors
    /// If a file of the repository cannot be read.
    pub(super) fn compare(&self) -> Result<Proposal> {
        let mut found = Proposal::default();
        self.port(&mut found);
        let missing = missing(&self.observed.lines)?;
        self.folders(&missing, &mut found)?;
        for one in &missing {
            self.missing(one, &mut found)?;
        }
        if self.failed() {
            let was = self.present(id::TOOLCHAIN);
            let lines = &self.observed.lines;
            let older = mistaken::toolchain(self.app, self.questions, &was, lines, self.day)?;
            if let Some((answer, row)) = older {
                found.answers.push(answer);
                found.rows.push(row);
            }
        }
        if let Some(why) = &self.observed.unprepared {
            found.unprepared = true;
            found.remains.push(Remains {
                what: format!("what has to run before it fails: {why}"),
                fix: "run it by hand against the service, and read what it says".to_owned(),
                // It may be for another database than the one that the program took.
                blocks: self.observed.answers.is_empty(),
            });
        }
        self.page(&mut found);
        self.end(&mut found);
        Ok(found)
    }

    fn plan(&self) -> &Plan {
        &self.subject.plan
    }

    /// The folder that relative paths of the program start from.
    fn workdir(&self) -> &str {
        let workdir = self.contents.config.workdir.as_str();
        if workdir.is_empty() { "/" } else { workdir }
    }

    fn decision(&self, what: &str) -> Option<&Decision> {
        self.plan().decisions.iter().find(|decision| decision.what == what)
    }

    /// The present value of a question.
    fn present(&self, id: &str) -> String {
        let default = self.questions.iter().find(|question| question.id == id);
        let default = default.and_then(|question| question.default.as_ref());
        let answer = self.app.answers.get(id).or(default.map(|found| found.value.as_str()));
        answer.unwrap_or_default().to_owned()
    }

    fn asks(&self, id: &str) -> bool {
        self.questions.iter().any(|question| question.id == id)
    }

    fn seen(&self, what: &str) -> String {
        format!("{what} (seen {})", self.day)
    }

    /// Adds an item to a list answer.
    fn add(&self, id: &str, item: &str, evidence: &str, found: &mut Proposal) -> bool {
        let held = found.answers.iter_mut().find(|answer| answer.id == id);
        let now = held.as_ref().map_or_else(|| self.present(id), |answer| answer.value.clone());
        let mut items = split_list(&now);
        if items.iter().any(|held| held == item) {
            return false;
        }
        items.push(item.to_owned());
        let value = join_list(&items);
        match held {
            Some(answer) => {
                answer.value = value;
                answer.evidence = format!("{}, {evidence}", answer.evidence);
            }
            None => found.answers.push(Found {
                id: id.to_owned(),
                value,
                was: self.present(id),
                evidence: evidence.to_owned(),
            }),
        }
        true
    }

    fn port(&self, found: &mut Proposal) {
        let observed = self.observed;
        let decision = self.decision(id::PORT);
        let read = decision.is_some_and(|one| {
            !one.evidence.is_empty() && one.strength == Strength::Stated
                || one.overruled().is_some()
        });
        let planned = ports::answer(&self.plan().runtime.ports());
        let place = decision.and_then(|one| one.evidence.first()).map(Evidence::place);
        let assumed = match place {
            Some(place) => format!("{planned} ({place})"),
            None => planned.clone(),
        };
        let open = ports::shown(observed.sockets.iter().filter(|one| one.is_open()));
        let seen = match &observed.blind {
            Some(why) => format!("unknown: {why}"),
            None if open.is_empty() => "listens on nothing".to_owned(),
            None => format!("listens on {open}"),
        };
        let mut row = Row { what: "port".to_owned(), assumed, seen, changed: None };
        match ports::compare(&self.plan().runtime.ports(), observed, read) {
            Ports::Agree => found.remains.extend(mistaken::other(self.app, observed, false)),
            // What listens may be another program of the repository.
            Ports::Are(all) if all.is_empty() && mistaken::any(self.app, observed) => {
                found.remains.extend(mistaken::other(self.app, observed, true));
            }
            Ports::Are(all) => {
                let value = ports::answer(&all);
                let evidence = self.seen(&row.seen);
                row.changed = Some(value.clone());
                found.answers.push(Found {
                    id: id::PORT.to_owned(),
                    value,
                    was: planned,
                    evidence,
                });
            }
            Ports::Inside(sockets) => {
                let shown = ports::shown(&sockets);
                row.seen = format!("listens on {shown} alone");
                found.remains.push(Remains {
                    what: format!(
                        "it listens on {shown}, where nobody outside of the container reaches it"
                    ),
                    fix: "let it listen on 0.0.0.0: by the variable or flag that it reads (`dockgen prove --env \
                          HOST=0.0.0.0` tries one), or in its code"
                        .to_owned(),
                    blocks: true,
                });
            }
            // That it needs arguments is said where it ended.
            Ports::Silent if mistaken::prints_usage(observed) => {}
            Ports::Silent => {
                let what = match observed.exit {
                    Some(exit) => format!("it ended with exit code {}", exit.code),
                    None => "it listens on nothing".to_owned(),
                };
                found.remains.push(Remains {
                    what: format!(
                        "{what} after {:.0} s, and the plan says that it listens on {planned}",
                        observed.seconds
                    ),
                    fix: SILENT.to_owned(),
                    blocks: true,
                });
                found.remains.extend(mistaken::other(self.app, observed, false));
            }
        }
        found.rows.push(row);
    }

    fn folders(&self, missing: &[Missing], found: &mut Proposal) -> Result<()> {
        let question = self.questions.iter().find(|question| question.id == id::WRITABLE);
        let may = |path: &str| {
            path != "/" && question.is_some_and(|question| questions::check(question, path).is_ok())
        };
        let planned = &self.subject.writable;
        let written = folders::written(&self.observed.changes, planned, &may)?;
        for folder in planned {
            let used = self
                .observed
                .changes
                .iter()
                .any(|change| within(&change.path, folder) && change.path != *folder);
            let seen = if used { "written" } else { "not written in this run" };
            let what = format!("folder {folder}");
            found.rows.push(Row {
                what,
                assumed: "writable".to_owned(),
                seen: seen.to_owned(),
                changed: None,
            });
        }
        for (folder, example) in &written.folders {
            self.writable(folder, &format!("writes {example}"), found);
        }
        for path in &written.system {
            found.remains.push(Remains {
                what: format!("it writes {path}: a folder of the system, which stays read-only"),
                fix: "let it write in a folder of its own, by the variable or setting that names this path".to_owned(),
                blocks: false,
            });
        }
        let tree = self.contents.tree();
        for one in missing {
            let Missing::Named { what: What::Unwritable, name, folder, .. } = one else { continue };
            let path = lookup::absolute(self.workdir(), name);
            let held = tree.get(path.trim_matches('/')).map(|(entry, _)| entry.kind);
            let own = *folder && held != Some(Kind::File) || held == Some(Kind::Folder);
            let target = if own { path.as_str() } else { above(&path).unwrap_or("/") };
            let target = if may(target) { target } else { path.as_str() };
            let covered = planned.iter().any(|folder| within(target, folder));
            if may(target) && !covered {
                self.writable(target, &format!("may not write {path}"), found);
            } else if !covered {
                found.remains.push(Remains {
                    what: format!("it may not write {path}, which no answer makes writable"),
                    fix: "let it write in a folder of its own, by the variable or setting that names this path"
                        .to_owned(),
                    blocks: false,
                });
            }
        }
        Ok(())
    }

    fn writable(&self, folder: &str, what: &str, found: &mut Proposal) {
        if self.add(id::WRITABLE, folder, &self.seen(what), found) {
            found.rows.push(Row {
                what: format!("folder {folder}"),
                assumed: "read-only".to_owned(),
                seen: what.to_owned(),
                changed: Some("writable".to_owned()),
            });
        }
    }

    fn missing(&self, one: &Missing, found: &mut Proposal) -> Result<()> {
        match one {
            Missing::Named { what: What::Unwritable, .. } => Ok(()),
            Missing::Named { what: What::File, name, line, .. } => {
                match lookup::started(self.app, name)? {
                    Some(package) => {
                        self.package(&format!("program {name}"), Some(package), line, found);
                    }
                    None => self.file(name, found),
                }
                Ok(())
            }
            Missing::Named { what: What::Module, name, line, .. } => {
                Self::report(format!("module {name}"), "in the image", line, None, found);
                self.remain(
                    format!("the module {name} is not in the image"),
                    "make it a production dependency; if it is loaded by a name that the program works out, name it in \
                     the manifest all the same",
                    found,
                );
                Ok(())
            }
            Missing::Named { what: What::Program, name, line, .. } => {
                let package = lookup::program(name)?;
                self.package(&format!("program {name}"), package, line, found);
                Ok(())
            }
            Missing::Named { what: What::Library, name, line, .. } => {
                let package = lookup::library(name)?;
                self.package(&format!("library {name}"), package, line, found);
                Ok(())
            }
            Missing::Named { what: What::Host, name, line, .. } => {
                Self::report(format!("host {name}"), "none needed", line, None, found);
                self.remain(
                    format!("it wants to reach {name}, and nothing answers there"),
                    "start what it needs beside it: --service NAME=IMAGE, and point the program to it with --env \
                     KEY=VALUE",
                    found,
                );
                Ok(())
            }
            Missing::Variable { name, line } => self.variable(name, line, found),
        }
    }

    /// A row for something that the log says.
    fn report(
        what: String,
        assumed: &str,
        line: &str,
        changed: Option<String>,
        found: &mut Proposal,
    ) {
        let seen = format!("the log: {}", line.trim());
        found.rows.push(Row { what, assumed: assumed.to_owned(), seen, changed });
    }

    /// Something that is missing, which matters if the program ended because of it.
    fn remain(&self, what: String, fix: &str, found: &mut Proposal) {
        let blocks = self.failed();
        found.remains.push(Remains { what, fix: fix.to_owned(), blocks });
    }

    fn failed(&self) -> bool {
        self.observed.exit.is_some_and(|exit| exit.code != 0)
    }

    fn file(&self, name: &str, found: &mut Proposal) {
        let path = lookup::absolute(self.workdir(), name);
        if self.contents.tree().contains_key(path.trim_matches('/')) {
            return;
        }
        let row = |seen: String, changed| Row {
            what: format!("file {path}"),
            assumed: "not needed".to_owned(),
            seen,
            changed,
        };
        let Some(source) = lookup::file(self.app, self.workdir(), &path) else {
            found.rows.push(row("opened, and not in the repository".to_owned(), None));
            self.remain(
                format!("it opens {path}, which is neither in the image nor in the repository"),
                "create it in the build, or mount it when the container starts (-v)",
                found,
            );
            return;
        };
        let source = source.relative_to(&self.app.facts.dir);
        let seen = format!("opened, and only in the repository ({source})");
        if !self.asks(FILE) {
            found.rows.push(row(seen, None));
            self.remain(
                format!(
                    "it opens {path}, which the repository has as {source} and the image has not"
                ),
                "copy it into the final stage by hand; `dockgen update` keeps the line",
                found,
            );
            return;
        }
        // A second file of one folder means the folder.
        let held = split_list(&self.present(FILE));
        let beside = |item: &String| {
            let parent = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
            let item = item.split('=').next().unwrap_or_default();
            parent(item).is_some_and(|folder| Some(folder) == parent(&source))
        };
        let (source, path) = match (held.iter().any(beside), above(&path), source.rsplit_once('/'))
        {
            (true, Some(folder), Some((parent, _))) => (parent.to_owned(), folder.to_owned()),
            _ => (source, path.clone()),
        };
        let below = path.strip_prefix(self.workdir()).map(|rest| rest.trim_start_matches('/'));
        let item = if below == Some(&source) { source } else { format!("{source}={path}") };
        found.rows.push(row(seen, Some(format!("carried: {item}"))));
        self.add(FILE, &item, &self.seen(&format!("opens {path}")), found);
    }

    fn package(&self, what: &str, package: Option<String>, line: &str, found: &mut Proposal) {
        let Some(package) = package else {
            Self::report(what.to_owned(), "not needed", line, None, found);
            self.remain(
                format!("the {what} is not in the image, and no table knows its package"),
                "find the package of Debian or Alpine that brings it, and answer with it: `dockgen prove --set \
                 package=NAME`",
                found,
            );
            return;
        };
        if !self.asks(PACKAGE) {
            Self::report(what.to_owned(), "not needed", line, None, found);
            let fix = format!(
                "install the package {package} in the final stage by hand, on --base debian"
            );
            self.remain(format!("the {what} is not in the image"), &fix, found);
            return;
        }
        if self.add(PACKAGE, &package, &self.seen(&format!("needs the {what}")), found) {
            Self::report(
                what.to_owned(),
                "not needed",
                line,
                Some(format!("package {package}")),
                found,
            );
        } else {
            Self::report(what.to_owned(), &format!("package {package}"), line, None, found);
            self.remain(
                format!("the {what} is not in the image although its package {package} is"),
                "look at the path by which the program starts it",
                found,
            );
        }
    }

    fn variable(&self, name: &str, line: &str, found: &mut Proposal) -> Result<()> {
        let held = |pair: &String| pair.split_once('=').is_some_and(|(key, _)| key == name);
        if self.env.iter().any(held) || !self.failed() {
            return Ok(());
        }
        let value = lookup::value(self.app, name)?;
        let changed = value.as_ref().map(|(_, from)| format!("set: {from}"));
        Self::report(format!("variable {name}"), "not needed", line, changed, found);
        match value {
            Some((value, from)) => found.given.push(Given { pair: format!("{name}={value}"), from }),
            None => self.remain(
                format!("it needs the variable {name}, and the repository shows no value for it"),
                &format!("give it: `dockgen prove --env {name}=VALUE`, and `docker run -e {name}=VALUE` later"),
                found,
            ),
        }
        Ok(())
    }

    fn page(&self, found: &mut Proposal) {
        let Some(first) = self.observed.answers.first() else { return };
        let missing = page::missing(&self.observed.answers);
        let count = self.observed.answers.len() - 1;
        let seen = match (first.status, count) {
            (0, _) => "answers, but not in HTTP".to_owned(),
            (status, 0) => format!("answers {status}"),
            (status, count) => {
                format!("answers {status}; {} of {count} more files answer", count - missing.len())
            }
        };
        let assumed = "answers".to_owned();
        found.rows.push(Row { what: format!("GET {}", first.path), assumed, seen, changed: None });
        for (path, why) in missing {
            found.remains.push(Remains {
                what: format!("the page names {path}, which {why}"),
                fix: "build the front end that makes it into the image, or correct the base path under which the page \
                      looks for it"
                    .to_owned(),
                blocks: true,
            });
        }
    }

    fn end(&self, found: &mut Proposal) {
        let observed = self.observed;
        let runs = if self.subject.listens() { "keeps running" } else { "runs, or ends by itself" };
        let mut row = Row {
            what: "end".to_owned(),
            assumed: runs.to_owned(),
            seen: format!("runs after {:.0} s", observed.seconds),
            changed: None,
        };
        if observed.refused {
            "the engine could not start it".clone_into(&mut row.seen);
        } else if let Some(why) = &observed.ended {
            row.seen.clone_from(why);
            found.remains.push(Remains {
                what: format!("{why}, and was ended"),
                fix: "see which folder grows, and bound what the program keeps there".to_owned(),
                blocks: true,
            });
        } else if let Some(bytes) = observed.written.filter(|bytes| *bytes > MUCH) {
            row.seen = format!("wrote {} MB in {:.0} s", bytes / 1_000_000, observed.seconds);
            found.remains.push(Remains {
                what: format!(
                    "it {}: its folders grow faster than a disk or a memory lasts",
                    row.seen
                ),
                fix: "bound what the program keeps there, or mount a volume that is large enough"
                    .to_owned(),
                blocks: true,
            });
        } else if let Some(exit) = observed.exit {
            row.seen =
                format!("ended after {:.1} s with exit code {}", observed.seconds, exit.code);
        }
        let known = found.remains.iter().any(|one| one.blocks) || !found.given.is_empty();
        let failed = self.failed() || observed.refused;
        if mistaken::prints_usage(self.observed) && !known {
            found.remains.push(Remains {
                what: format!("it {}, and printed how it is used: it needs arguments", row.seen),
                fix: "give them: `dockgen prove --args \"WORD ...\"` tries some, the answer `args` keeps them"
                    .to_owned(),
                blocks: failed
                    || !self.plan().runtime.ports().is_empty() && found.answers.is_empty(),
            });
        } else if failed && !known {
            let cause = observed.cause.as_ref();
            let why = cause.map_or_else(String::new, |cause| format!(": {}", cause.what));
            let fix = cause.map_or(UNKNOWN, |cause| cause.fix.as_str());
            found.remains.push(Remains {
                what: if observed.refused {
                    format!("{}{why}", row.seen)
                } else {
                    format!("it {}{why}", row.seen)
                },
                fix: fix.to_owned(),
                blocks: true,
            });
        }
        found.rows.push(row);
        if let Some(stop) = observed.stop {
            let init = self.decision("init").is_some();
            let assumed = if init { "tini in front" } else { "handled by the program" };
            let seen = if stop.exit_code == 137 {
                format!("ignored, killed after {:.1} s", stop.seconds)
            } else {
                format!("stops it in {:.1} s with exit code {}", stop.seconds, stop.exit_code)
            };
            found.rows.push(Row {
                what: "stop signal".to_owned(),
                assumed: assumed.to_owned(),
                seen,
                changed: None,
            });
        }
    }
}

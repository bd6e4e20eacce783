//! The command line. Its meaning is defined elsewhere.

use std::path::PathBuf;

use anyhow::bail;
use clap::builder::PossibleValue;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};

use crate::ask::Given;
use crate::merge::Conflict;
use crate::repo::excerpt;
use crate::screen::{Color, Said};

mod page;
mod values;
mod wanted;

pub(crate) use page::{manual, roff};
use values::{amount, expectation, health, line, pair, service, word, words};
pub(crate) use wanted::Wanted;

/// Reads a repository and writes the Dockerfile and .dockerignore that an expert would write for
/// it.
#[derive(Debug, Parser)]
#[command(name = "dockgen", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done; 1 the files no longer fit the repository, or something \
                  was not proved; 2 error; 130 interrupted."
)]
pub(crate) struct Cli {
    /// When to use colours; `auto`: on a terminal, unless `NO_COLOR` is set
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Parses the command line. The error is a message to print instead: help, the version, or what
    /// is wrong.
    pub(crate) fn read() -> Result<Self, Said> {
        Self::try_parse().map_err(|error| {
            let text = error.render();
            let (plain, styled) = (text.to_string(), text.ansi().to_string());
            Said { plain, styled, failed: error.use_stderr() }
        })
    }

    /// The names of the commands.
    pub(crate) fn commands() -> Vec<String> {
        let all = Self::definition();
        let names = all.get_subcommands().map(clap::Command::get_name);
        names.filter(|name| *name != "help").map(str::to_owned).collect()
    }

    /// The definition of a command for its manual page; `""` is dockgen itself.
    pub(crate) fn page(name: &str) -> Option<clap::Command> {
        let all = Self::definition();
        if name.is_empty() {
            return Some(all);
        }
        let found = all.get_subcommands().find(|sub| sub.get_name() == name && name != "help");
        // `dockgen-init` in the title, `dockgen init` in the synopsis.
        found.map(|sub| sub.clone().display_name(format!("dockgen-{name}")))
    }

    /// The definition, for completion scripts and manual pages.
    pub(crate) fn definition() -> clap::Command {
        let mut command = Self::command();
        command.build();
        command
    }
}

impl ValueEnum for Color {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Auto => ("auto", "On a terminal, unless `NO_COLOR` is set"),
            Self::Always => ("always", "Always"),
            Self::Never => ("never", "Never"),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

/// How a command ends that only prints. `dockgen man` reads the codes of every command from here.
const PRINTS: &str = "Exit codes: 0 done; 2 error; 130 interrupted.";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a Dockerfile and a .dockerignore, asking only what the repository does not say
    Init(Init),
    /// Detect again and merge the changes into the files; edits by hand are kept
    Update(Update),
    /// Say whether `update` would change anything, and what changed; for CI
    Check(Check),
    /// Set answers in dockgen.toml, and show what `update` would make of them
    Answer(Answer),
    /// Show every decision with its evidence and the rejected alternatives; write nothing
    Explain(Explain),
    /// Build the image, inspect it, start it without privileges, send it requests and stop it:
    /// prove that it builds, starts and caches
    Verify(Box<Verify>),
    /// Build the image, watch it run, and correct the plan by what was seen, until it is proved
    Prove(Box<Prove>),
    /// Print the JSON schema of dockgen.toml
    #[command(after_help = PRINTS)]
    Schema,
    /// Print the completion script of a shell
    #[command(after_help = PRINTS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page of dockgen or of one of its commands (roff)
    #[command(after_help = PRINTS)]
    Man {
        /// The command; without it, the page of dockgen itself
        command: Option<String>,
        /// List the commands that have a page
        #[arg(long, conflicts_with = "command")]
        list: bool,
    },
}

impl Command {
    /// PATH, of the commands that have one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Init(args) => Some(args.wanted.path.clone()),
            Self::Update(args) => Some(args.wanted.path.clone()),
            Self::Answer(args) => Some(args.given().ok()?.0),
            Self::Check(args) => Some(args.path.clone()),
            Self::Explain(args) => Some(args.wanted.path.clone()),
            Self::Verify(args) => Some(args.path.clone()),
            Self::Prove(args) => Some(args.path.clone()),
            Self::Schema | Self::Completions { .. } | Self::Man { .. } => None,
        }
    }

    /// True if standard output is for a script.
    pub(crate) fn wants_json(&self) -> bool {
        match self {
            Self::Init(args) => args.json,
            Self::Update(args) => args.json,
            Self::Answer(args) => args.json,
            Self::Check(args) => args.format == Format::Json,
            Self::Explain(args) => args.json,
            Self::Verify(args) => args.json,
            Self::Prove(args) => args.json,
            Self::Schema | Self::Completions { .. } | Self::Man { .. } => false,
        }
    }
}

/// `dockgen init`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done; 2 error: nothing written, or not for the applications \
                  that the error names; 130 interrupted, nothing written."
)]
pub(crate) struct Init {
    /// The application and the answers.
    #[command(flatten)]
    pub wanted: Wanted,
    /// Ask nothing: use the detected values, and report assumptions
    #[arg(long, short)]
    pub yes: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the Dockerfile on standard output, and write nothing
    #[arg(long, conflicts_with_all = ["json", "dry_run"])]
    pub stdout: bool,
    /// Where to write the Dockerfile, if not beside the application
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub output: Option<PathBuf>,
    /// Write images as name:tag@sha256:..., with the digests that their registries return now;
    /// later runs keep them
    #[arg(long)]
    pub pin: bool,
    /// Also write compose.yaml: the application with its ports, volumes and variables, and the
    /// databases and queues that it needs. An existing compose file is never changed
    #[arg(long, conflicts_with = "stdout")]
    pub compose: bool,
    /// Overwrite files that dockgen did not write, or that were edited since
    #[arg(long)]
    pub force: bool,
    /// Print what was decided and written as JSON on standard output, and ask nothing
    #[arg(long)]
    pub json: bool,
    /// Print errors only
    #[arg(long, short)]
    pub quiet: bool,
}

/// `dockgen update`.
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 done; 1 conflict, nothing written (or marked, with \
                  --conflict=markers); 2 error, nothing written; 130 interrupted.")]
pub(crate) struct Update {
    /// The application and the answers.
    #[command(flatten)]
    pub wanted: Wanted,
    /// If you and dockgen changed the same lines: write nothing, keep yours, use dockgen's, or
    /// write both
    #[arg(long, value_name = "HOW", default_value = "refuse", value_parser = ["refuse", "ours", "theirs", "markers"])]
    pub conflict: String,
    /// Write images as name:tag@sha256:..., with the digests that their registries return now;
    /// later runs keep them
    #[arg(long)]
    pub pin: bool,
    /// Write images as name:tag again, without digests; later runs look up none
    #[arg(long, conflicts_with = "pin")]
    pub unpin: bool,
    /// Manage a Dockerfile that dockgen did not write: it is kept as it is, and `check` says when
    /// the repository moves past it. `update` merges what touches none of its own lines, and shows
    /// the rest as conflicts
    #[arg(long)]
    pub adopt: bool,
    /// Show what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Accepted for scripts that pass it to every command; update never asks
    #[arg(long, short)]
    pub yes: bool,
    /// Print what changed as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Print errors only
    #[arg(long, short)]
    pub quiet: bool,
}

impl Update {
    /// `--conflict`.
    pub(crate) fn conflict(&self) -> Conflict {
        conflict(&self.conflict)
    }
}

fn conflict(how: &str) -> Conflict {
    match how {
        "ours" => Conflict::Ours,
        "theirs" => Conflict::Theirs,
        "markers" => Conflict::Markers,
        _ => Conflict::Refuse,
    }
}

/// `dockgen answer`.
#[derive(Debug, Args)]
#[command(after_help = "`dockgen explain --json` lists the questions.\n\n\
                  Exit codes: 0 done; 1 conflict, nothing written (only with --write); 2 an answer \
                  is invalid, or another error, nothing written; 130 interrupted.")]
pub(crate) struct Answer {
    /// The application's folder [default: .], then answers as ID=VALUE; a repeated ID adds to a
    /// list
    #[arg(value_name = "PATH|ID=VALUE")]
    pub words: Vec<String>,
    /// Only this application, by name or by folder
    #[arg(long = "app", value_name = "NAME|FOLDER")]
    pub apps: Vec<String>,
    /// Remove the answer to a question, so that it is detected again (may be repeated)
    #[arg(long, value_name = "ID")]
    pub unset: Vec<String>,
    /// Also update the files, as `dockgen update` would
    #[arg(long)]
    pub write: bool,
    /// With --write, if you and dockgen changed the same lines: write nothing, keep yours, use
    /// dockgen's, or write both
    #[arg(long, value_name = "HOW", default_value = "refuse", value_parser = ["refuse", "ours", "theirs", "markers"], requires = "write")]
    pub conflict: String,
    /// Show what would be written, and write nothing
    #[arg(long, conflicts_with = "write")]
    pub dry_run: bool,
    /// Print what `update` would change as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Print errors only
    #[arg(long, short)]
    pub quiet: bool,
}

impl Answer {
    /// `--conflict`.
    pub(crate) fn conflict(&self) -> Conflict {
        conflict(&self.conflict)
    }

    /// The application's folder, and the answers; `None` removes one.
    ///
    /// # Errors
    /// If a word is no answer.
    pub(crate) fn given(&self) -> anyhow::Result<(PathBuf, Vec<Given>)> {
        let is_answer = |word: &str| {
            word.split_once('=').is_some_and(|(id, _)| {
                !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
            })
        };
        let (path, words) = match self.words.split_first() {
            Some((path, words)) if !is_answer(path) => (PathBuf::from(path), words),
            _ => (PathBuf::from("."), self.words.as_slice()),
        };
        let mut given = Vec::new();
        for word in words {
            let Some((id, value)) = word.split_once('=') else {
                bail!("`{}` is not ID=VALUE: give an answer such as port=8080", excerpt(word))
            };
            given.push((id.to_owned(), Some(value.to_owned())));
        }
        given.extend(self.unset.iter().map(|id| (id.clone(), None)));
        Ok((path, given))
    }
}

/// `dockgen check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 up to date; 1 `dockgen update` would change something, or a \
                  rule is violated; 2 error; 130 interrupted."
)]
pub(crate) struct Check {
    /// The application's folder, or a repository with several applications
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Only this application, by name or by folder (may be repeated)
    #[arg(long = "app", value_name = "NAME|FOLDER")]
    pub apps: Vec<String>,
    /// The format: for people, for scripts, or as annotations of a GitHub workflow
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub format: Format,
}

/// The output format of `check`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Human,
    /// For scripts.
    Json,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// `dockgen explain`.
#[derive(Debug, Args)]
#[command(after_help = PRINTS)]
pub(crate) struct Explain {
    /// The application and the answers.
    #[command(flatten)]
    pub wanted: Wanted,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// A day: a longer time is pointless, and sums of such times cannot overflow.
const MOST_SECONDS: u64 = 24 * 60 * 60;

/// `dockgen verify`.
#[derive(Debug, Args)]
#[command(
    after_help = "It builds the Dockerfile on disk, including edits by hand, and compares the \
                  result with the plan for the repository. Everything that it starts is removed \
                  again. Settings can be in [verify] of dockgen.toml.\n\nExit codes: 0 proved; \
                  1 a check failed; 2 nothing could be proved (no engine, no Dockerfile); \
                  130 interrupted."
)]
pub(crate) struct Verify {
    /// The application's folder, or a repository with several applications
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Only this application, by name or by folder (may be repeated)
    #[arg(long = "app", value_name = "NAME|FOLDER")]
    pub apps: Vec<String>,
    /// An environment variable of the container (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, help_heading = "Start")]
    pub env: Vec<String>,
    /// Arguments to start it with, as shell words, instead of the image's
    #[arg(long, value_name = "WORDS", value_parser = words, allow_hyphen_values = true, help_heading = "Start")]
    pub args: Option<String>,
    /// A path that answers with a status from 200 to 399 if the program is healthy
    #[arg(long, value_name = "PATH", value_parser = health, help_heading = "Start")]
    pub health: Option<String>,
    /// Text that the response of a path must contain, such as `/=hello` (may be repeated)
    #[arg(long, value_name = "PATH=TEXT", value_parser = expectation, help_heading = "Start")]
    pub expect: Vec<(String, String)>,
    /// A container that the program needs, reached under this name (may be repeated)
    #[arg(long = "service", value_name = "NAME=IMAGE", value_parser = service, help_heading = "Start")]
    pub services: Vec<(String, String)>,
    /// The container's memory limit [default: 512m]
    #[arg(long, value_name = "SIZE", value_parser = word, help_heading = "Start")]
    pub memory: Option<String>,
    /// The port on this machine, instead of a free one
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Start")]
    pub publish: Option<u16>,
    /// A secret for the build, as for `docker build`: id=NAME,src=FILE (may be repeated)
    #[arg(long = "secret", value_name = "SPEC", value_parser = line, help_heading = "Build")]
    pub secrets: Vec<String>,
    /// Seconds that the build may take [default: 1800]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MOST_SECONDS), help_heading = "Build")]
    pub build_seconds: Option<u64>,
    /// Seconds that the start may take [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MOST_SECONDS), help_heading = "Start")]
    pub boot_seconds: Option<u64>,
    /// Seconds that the stop may take before the engine kills it [default: 10]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MOST_SECONDS), help_heading = "Start")]
    pub stop_seconds: Option<u64>,
    /// Edit a copy of the sources, rebuild, and report which steps ran and which layers changed:
    /// for an edit of the source, for one of the dependencies, and with empty cache mounts; or only
    /// those named
    #[arg(
        long,
        value_name = "PROOF",
        num_args = 0..=1,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "source,dependency,cold",
        value_parser = ["source", "dependency", "cold"],
        help_heading = "Proofs"
    )]
    pub caching: Vec<String>,
    /// The source file that the caching proof edits, relative to the application's folder
    #[arg(long, value_name = "FILE", value_parser = line, help_heading = "Proofs")]
    pub edit: Option<String>,
    /// Build and start the application on every base that fits, and compare them
    #[arg(long, help_heading = "Proofs")]
    pub bases: bool,
    /// Fail if the image is larger than this, in MB
    #[arg(long, value_name = "MB", value_parser = amount, help_heading = "Proofs")]
    pub budget_mb: Option<f64>,
    /// Fail if an edit of the source changes layers larger than this in total, in MB; implies
    /// --caching=source
    #[arg(long, value_name = "MB", value_parser = amount, help_heading = "Proofs")]
    pub max_changed_mb: Option<f64>,
    /// Write an HTML page with the layers drawn to scale
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub report: Option<PathBuf>,
    /// Print the results as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Do not print progress
    #[arg(long, short)]
    pub quiet: bool,
}

/// `dockgen prove`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "It builds what `dockgen update` would write, watches the program on a root that it \
                  may write, turns what was seen into answers, and verifies the result without \
                  privileges. Everything that it starts is removed again. Settings can be in \
                  [verify] of dockgen.toml.\n\nExit codes: 0 proved; 1 something remains; \
                  2 nothing could be proved (no engine, nothing to plan); 130 interrupted."
)]
pub(crate) struct Prove {
    /// The application's folder, or a repository with several applications
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Only this application, by name or by folder (may be repeated)
    #[arg(long = "app", value_name = "NAME|FOLDER")]
    pub apps: Vec<String>,
    /// Keep the answers in dockgen.toml and update the files, whether or not all is proved
    #[arg(long)]
    pub write: bool,
    /// Answer any question by its id (may be repeated); `dockgen explain --json` lists them
    #[arg(long, value_name = "ID=VALUE", value_parser = values::answer)]
    pub set: Vec<(String, String)>,
    /// An environment variable of the runs (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, help_heading = "Runs")]
    pub env: Vec<String>,
    /// Arguments of the runs, as shell words, instead of the image's
    #[arg(long, value_name = "WORDS", value_parser = words, allow_hyphen_values = true, help_heading = "Runs")]
    pub args: Option<String>,
    /// The path to ask for [default: /]
    #[arg(long, value_name = "PATH", value_parser = health, help_heading = "Runs")]
    pub health: Option<String>,
    /// A container that the program needs, reached under this name (may be repeated)
    #[arg(long = "service", value_name = "NAME=IMAGE", value_parser = service, help_heading = "Runs")]
    pub services: Vec<(String, String)>,
    /// The container's memory limit [default: 512m]
    #[arg(long, value_name = "SIZE", value_parser = word, help_heading = "Runs")]
    pub memory: Option<String>,
    /// The port on this machine, instead of a free one
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..), help_heading = "Runs")]
    pub publish: Option<u16>,
    /// Seconds that the start may take [default: 60]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MOST_SECONDS), help_heading = "Runs")]
    pub boot_seconds: Option<u64>,
    /// Seconds that a build may take [default: 1800]
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=MOST_SECONDS))]
    pub build_seconds: Option<u64>,
    /// A secret for the build, as for `docker build`: id=NAME,src=FILE (may be repeated)
    #[arg(long = "secret", value_name = "SPEC", value_parser = line)]
    pub secrets: Vec<String>,
    /// Print the result as JSON on standard output
    #[arg(long)]
    pub json: bool,
    /// Do not print progress
    #[arg(long, short)]
    pub quiet: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn answers_by_flag() {
        let cli = Cli::try_parse_from([
            "dockgen", "init", "x", "--port", "80", "--env", "A=1 2", "--env", "B=", "--set",
            "x=y=z", "--dev",
        ])
        .unwrap();
        let Command::Init(init) = cli.command else { panic!() };
        let answers = init.wanted.answers();
        let get =
            |id: &str| answers.iter().find(|(held, _)| held == id).map(|(_, value)| value.as_str());
        assert_eq!(get("port"), Some("80"));
        assert_eq!(get("env"), Some("'A=1 2' B="));
        assert_eq!(get("x"), Some("y=z"));
        assert_eq!(get("dev"), Some("yes"));
        assert_eq!(get("base"), None);
    }

    #[test]
    fn bad_values_are_refused_by_flag() {
        for bad in [
            &["--port", "0"][..],
            &["--port", "65536"],
            &["--base", "ubuntu"],
            &["--env", "1A=x"],
            &["--env", "A"],
            &["--args", "'open"],
            &["--name", ""],
            &["--set", "=x"],
            &["--entrypoint", "a\nb"],
            &["--stdout", "--json"],
        ] {
            let error = Cli::try_parse_from(["dockgen", "init"].iter().chain(bad)).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{bad:?}");
            assert!(error.to_string().contains(bad[0]), "{error}");
        }
        let both = Cli::try_parse_from(["dockgen", "update", "--pin", "--unpin"]).unwrap_err();
        assert!(both.exit_code() == 2 && both.to_string().contains("--unpin"), "{both}");
    }
}

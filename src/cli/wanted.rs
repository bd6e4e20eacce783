//! The application and the answers, as flags.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueHint};

use super::values::{answer, argument, line, pair, port, words};
use crate::ask::{id, join_list};
use crate::base::FAMILIES;
use crate::docker::quote::shell_words;

/// Selects applications, and holds the answers of flags.
#[derive(Debug, Args)]
pub(crate) struct Wanted {
    /// The application's folder, or a repository with several applications
    #[arg(default_value = ".", value_hint = ValueHint::DirPath)]
    pub path: PathBuf,
    /// Only this application, by name or by folder (may be repeated)
    #[arg(long = "app", value_name = "NAME|FOLDER")]
    pub apps: Vec<String>,
    /// Also ask the language's own tool, and report where it disagrees with dockgen. Such a tool
    /// runs what the repository's configuration names, so use it only for a repository that you
    /// trust
    #[arg(long)]
    pub ask_tools: bool,
    /// The family of the final image: `auto` chooses the smallest that meets the program's needs
    #[arg(long, value_parser = bases(), help_heading = "Answers")]
    pub base: Option<String>,
    /// The ports that the program listens on, such as `8080` or `8080,53/udp`, or `none` (may be
    /// repeated)
    #[arg(long, value_parser = port, help_heading = "Answers")]
    pub port: Vec<String>,
    /// The program to start: one that `dockgen explain` lists, or a path
    #[arg(long, value_name = "PROGRAM", value_parser = line, help_heading = "Answers")]
    pub entrypoint: Option<String>,
    /// The version of the language: `26`, `1.27.0`
    #[arg(long, value_name = "VERSION", value_parser = line, help_heading = "Answers")]
    pub toolchain: Option<String>,
    /// The package manager or build tool
    #[arg(long, value_parser = line, help_heading = "Answers")]
    pub tool: Option<String>,
    /// Default arguments of the container, as shell words
    #[arg(long, value_name = "WORDS", value_parser = words, allow_hyphen_values = true, help_heading = "Answers")]
    pub args: Option<String>,
    /// The image's name
    #[arg(long, value_parser = line, help_heading = "Answers")]
    pub name: Option<String>,
    /// A folder that the program writes (may be repeated)
    #[arg(long, value_name = "FOLDER", value_parser = line, help_heading = "Answers")]
    pub writable: Vec<String>,
    /// A folder that the program does not write, although dockgen says so (may be repeated)
    #[arg(long, value_name = "FOLDER", value_parser = line, help_heading = "Answers")]
    pub no_writable: Vec<String>,
    /// A file or folder of the repository to copy into the image, such as
    /// `locales=/app/locales`; without `=DEST`, to the same path below the working directory (may
    /// be repeated)
    #[arg(long, value_name = "SRC=DEST", value_parser = line, help_heading = "Answers")]
    pub file: Vec<String>,
    /// A system package of the image, by its name in Debian or Alpine (may be repeated)
    #[arg(long, value_name = "NAME", value_parser = line, help_heading = "Answers")]
    pub package: Vec<String>,
    /// A system package of the image that builds (may be repeated)
    #[arg(long, value_name = "NAME", value_parser = line, help_heading = "Answers")]
    pub build_package: Vec<String>,
    /// An argument of `docker build`, with its default if it has one (may be repeated)
    #[arg(long, value_name = "NAME[=DEFAULT]", value_parser = argument, help_heading = "Answers")]
    pub build_arg: Vec<String>,
    /// The command that builds, in place of the usual one; a shell runs it
    #[arg(long, value_name = "COMMAND", value_parser = line, allow_hyphen_values = true, help_heading = "Answers")]
    pub build_command: Option<String>,
    /// The file that this command makes, relative to the application's folder
    #[arg(long, value_name = "FILE", value_parser = line, help_heading = "Answers")]
    pub build_output: Option<String>,
    /// Flags to add to the command of the build tool, as shell words
    #[arg(long, value_name = "WORDS", value_parser = words, allow_hyphen_values = true, help_heading = "Answers")]
    pub build_flags: Option<String>,
    /// A front end to build: its folder, its script, what that makes, and where the program opens
    /// it, such as `web:build:dist=public`; without `=DEST`, the build of the program reads it (may
    /// be repeated)
    #[arg(long, value_name = "FOLDER:SCRIPT:OUTPUT=DEST", value_parser = line, help_heading = "Answers")]
    pub front_end: Vec<String>,
    /// A path that the build context must contain (may be repeated)
    #[arg(long, value_name = "PATH", value_parser = line, help_heading = "Answers")]
    pub context_keep: Vec<String>,
    /// A pattern of a .dockerignore for what the build context must not contain (may be repeated)
    #[arg(long, value_name = "PATTERN", value_parser = line, help_heading = "Answers")]
    pub context_hide: Vec<String>,
    /// The command by which the engine asks whether the program is healthy, as shell words
    #[arg(long, value_name = "WORDS", value_parser = words, help_heading = "Answers")]
    pub health_command: Option<String>,
    /// A command that runs before the program at each start, such as a migration; a shell runs it
    /// (may be repeated)
    #[arg(long, value_name = "COMMAND", value_parser = line, help_heading = "Answers")]
    pub before_start: Vec<String>,
    /// An environment variable of the image (may be repeated)
    #[arg(long, value_name = "KEY=VALUE", value_parser = pair, help_heading = "Answers")]
    pub env: Vec<String>,
    /// Add a `development` target: all dependencies, and a command that runs the sources. With
    /// --compose, each edit reaches it at once
    #[arg(long, help_heading = "Answers")]
    pub dev: bool,
    /// Answer any question by its id (may be repeated); `dockgen explain --json` lists them
    #[arg(long, value_name = "ID=VALUE", value_parser = answer, help_heading = "Answers")]
    pub set: Vec<(String, String)>,
}

impl Wanted {
    /// The answers by question id.
    pub(crate) fn answers(&self) -> Vec<(String, String)> {
        let list = |items: &[String]| (!items.is_empty()).then(|| join_list(items));
        let words = |items: &[String]| (!items.is_empty()).then(|| shell_words(items));
        let joined = |items: &[String], by: &str| (!items.is_empty()).then(|| items.join(by));
        let given = [
            (id::BASE, self.base.clone()),
            (id::PORT, joined(&self.port, ",")),
            (id::ENTRYPOINT, self.entrypoint.clone()),
            (id::TOOLCHAIN, self.toolchain.clone()),
            (id::TOOL, self.tool.clone()),
            (id::ARGS, self.args.clone()),
            (id::NAME, self.name.clone()),
            (id::WRITABLE, list(&self.writable)),
            (id::NO_WRITABLE, list(&self.no_writable)),
            (id::FILE, list(&self.file)),
            (id::PACKAGE, list(&self.package)),
            (id::BUILD_PACKAGE, list(&self.build_package)),
            (id::BUILD_ARG, words(&self.build_arg)),
            (id::BUILD_COMMAND, self.build_command.clone()),
            (id::BUILD_OUTPUT, self.build_output.clone()),
            (id::BUILD_FLAGS, self.build_flags.clone()),
            (id::FRONT_END, list(&self.front_end)),
            (id::CONTEXT_KEEP, list(&self.context_keep)),
            (id::CONTEXT_HIDE, list(&self.context_hide)),
            (id::HEALTH_COMMAND, self.health_command.clone()),
            (id::BEFORE_START, joined(&self.before_start, " && ")),
            (id::ENV, words(&self.env)),
            (id::DEV, self.dev.then(|| "yes".to_owned())),
        ];
        let named = given.into_iter().filter_map(|(id, value)| Some((id.to_owned(), value?)));
        named.chain(self.set.iter().cloned()).collect()
    }
}

fn bases() -> PossibleValuesParser {
    PossibleValuesParser::new(["auto"].into_iter().chain(FAMILIES))
}

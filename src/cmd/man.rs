//! `dockgen man`: for packagers.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::cli::Cli;
use crate::exit::Exit;
use crate::screen;

/// What every page says of exit codes, files and the environment, in roff.
const ENDS: &str = include_str!("man.roff");

/// Examples of each command; `""` is dockgen itself.
const EXAMPLES: &[(&str, &str, &str)] = &[
    (
        "",
        "dockgen init",
        "Look at the repository here, ask what it does not say, and write the files.",
    ),
    (
        "",
        "dockgen check --format github",
        "In CI: fail where the files no longer fit, on the line that moved.",
    ),
    ("init", "dockgen init --yes services/api", "Ask nothing, for one application."),
    (
        "init",
        "dockgen init --yes --compose",
        "Also write compose.yaml, with the databases that it needs.",
    ),
    (
        "init",
        "dockgen init --yes --stdout --base debian | less",
        "Read what would be written on Debian.",
    ),
    ("init", "dockgen init --json --app api --app worker", "Two applications, for a script."),
    ("update", "dockgen update", "Merge what moved into the files."),
    (
        "update",
        "dockgen update --adopt",
        "Keep a Dockerfile that somebody else wrote, and merge from now on.",
    ),
    ("update", "dockgen update --pin", "Images with the digests that their registries give now."),
    ("check", "dockgen check", "Say which fact moved."),
    ("explain", "dockgen explain services/api", "Every decision with its evidence."),
    (
        "verify",
        "dockgen verify --caching --budget-mb 200",
        "Build, start, ask and stop the image, and edit a copy.",
    ),
    (
        "verify",
        "dockgen verify --service db=IMAGE --env DATABASE_URL=postgres://db/x",
        "With a database.",
    ),
];

/// Prints the manual page of a command, or the names of the commands that have one.
pub(super) fn run(command: Option<&str>, list: bool) -> Result<Exit> {
    let names = Cli::commands();
    if list {
        screen::own(&(names.join("\n") + "\n"))?;
        return Ok(Exit::Done);
    }
    let name = command.unwrap_or_default();
    let definition = Cli::page(name).with_context(|| {
        format!("`{name}` is no command of dockgen: one of {}", names.join(", "))
    })?;
    let mut text = Vec::new();
    clap_mangen::Man::new(definition).render(&mut text)?;
    let mut text = String::from_utf8(text)?;
    text.push_str(".SH EXAMPLES\n");
    for (_, line, about) in EXAMPLES.iter().filter(|(of, ..)| *of == name) {
        let line = line.replace('-', "\\-");
        write!(text, ".TP\n\\fB{line}\\fR\n{about}\n")?;
    }
    screen::own(&(text + ENDS))?;
    Ok(Exit::Done)
}

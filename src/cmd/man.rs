//! `dockgen man`: for packagers.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::cli::{Cli, manual, roff};
use crate::exit::Exit;
use crate::screen;

/// What every page says of files and the environment, in roff.
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
    ("answer", "dockgen answer . port=53,53/udp", "Two ports, and what they would change."),
    (
        "answer",
        "dockgen answer --write --unset port",
        "Detect the port again, and update the files.",
    ),
    ("prove", "dockgen prove", "What a running container shows, and what the plan would become."),
    ("prove", "dockgen prove --write", "Also keep what was learned, and update the files."),
    ("schema", "dockgen schema >dockgen.schema.json", "For an editor that checks dockgen.toml."),
    ("completions", "dockgen completions bash", "For a file in the shell's folder of completions."),
    ("man", "dockgen man init | man -l -", "Read the page of a command."),
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
    let mut text = manual(definition)?;
    text.push_str(".SH EXAMPLES\n");
    for (_, line, about) in EXAMPLES.iter().filter(|(of, ..)| *of == name) {
        write!(text, ".TP\n\\fB{}\\fR\n{}\n", roff(line), roff(about))?;
    }
    screen::own(&(text + ENDS))?;
    Ok(Exit::Done)
}

//! `dockgen man`: for packagers.

use std::fmt::Write;

use anyhow::{Context, Result};
use clap::builder::Resettable;

use crate::cli::Cli;
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
    let mut text = page(definition)?;
    text.push_str(".SH EXAMPLES\n");
    for (_, line, about) in EXAMPLES.iter().filter(|(of, ..)| *of == name) {
        write!(text, ".TP\n\\fB{}\\fR\n{}\n", roff(line), roff(about))?;
    }
    screen::own(&(text + ENDS))?;
    Ok(Exit::Done)
}

/// The sections that the definition holds. What stands below the help of a command has its place
/// in a manual page: the codes are EXIT STATUS, the rest belongs to DESCRIPTION.
fn page(definition: clap::Command) -> Result<String> {
    let help = definition.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (more, codes) = help.split_once("Exit codes: ").unwrap_or((&help, ""));
    let about = definition.get_long_about().or(definition.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let definition = match more.trim() {
        "" => definition,
        more => definition.long_about(format!("{about}\n\n{more}")),
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(definition.after_help(Resettable::Reset)).render(&mut text)?;
    let mut text = String::from_utf8(text)?;
    text.push_str(".SH \"EXIT STATUS\"\n");
    for (code, means) in codes.trim_end_matches('.').split("; ").filter_map(|of| of.split_once(' '))
    {
        let mut means = roff(means);
        if let Some(first) = means.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        write!(text, ".TP\n\\fB{code}\\fR\n{means}.\n")?;
    }
    Ok(text)
}

/// A hyphen that is typed is `\-` in roff.
fn roff(text: &str) -> String {
    text.replace('-', "\\-")
}

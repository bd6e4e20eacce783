//! What a program needs and does at run time, read from the files in its import closure.

use std::cell::OnceCell;

use anyhow::Result;

use super::ProgramDetails;
use super::analysis::Module;
use super::closure::Closure;
use super::special;
use crate::code::{Call, Does, Part, Program as Code, connects, writes};
use crate::detect::go::codes;
use crate::detect::{add_front_end, env_file, git_reads};
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Kind, Program, Sourced};
use crate::path::RelPath;

mod arguments;
mod asked;
mod demands;
mod documents;
mod embeds;
mod files;
mod generated;
mod listen;
mod lists;
mod literals;
mod needs;
mod positional;
mod reach;
mod reached;
mod served;
mod settings;
mod steps;
mod subcommands;

#[cfg(test)]
mod tests;

pub(super) use embeds::is_supplied;

/// The working directory of a program that serves its working directory.
const SERVED: &str = "/srv";

fn serves_here(folder: &str, at: Evidence) -> Finding {
    let what = format!("the program serves its working directory, which is {folder} in the image");
    Finding::new(codes::SERVES_OWN_FOLDER, what, [at])
        .with_fix(format!("mount the files to serve, such as -v \"$PWD\":{folder}:ro"))
}

/// The input of all readers in this folder.
struct World<'w, 'r> {
    module: &'w Module<'w, 'r>,
    closure: &'w Closure,
    code: &'w Code<'w>,
    /// The folder of the program's own package.
    folder: &'w RelPath,
    /// The functions that the program leads to, once something asks for them.
    reached: OnceCell<reached::Reached>,
}

impl World<'_, '_> {
    /// True unless a call is in a function that nothing leads to.
    fn reaches(&self, call: &Call) -> bool {
        self.reached.get_or_init(|| reached::Reached::new(self, Vec::new())).holds(call)
    }
}

/// Fills in `program` and returns the details that only Go's plan needs.
pub(super) fn analyse(
    module: &Module,
    closure: &Closure,
    folder: &RelPath,
    program: &mut Program,
) -> Result<ProgramDetails> {
    let code = special::program(closure, &module.tables.code);
    let world = World { module, closure, code: &code, folder, reached: OnceCell::new() };
    let mut details = ProgramDetails::default();

    let embeds = embeds::embeds(&world);
    let (opened, paths) = opened_files(&world, &embeds.held)?;
    for (way, path) in opened.files() {
        details.files.push((path.value.clone(), way));
        program.files.push(path);
    }
    program.findings.extend(opened.findings);

    let listening = listen::listening(&world, &paths)?;
    if listening.listens.is_some() {
        program.kind = Kind::Service;
    }
    program.port = listening.port;
    program.more_ports = listening.more;
    program.port_variable = listening.port_variable;
    program.env = listening.env;
    program.findings.extend(listening.findings);
    let mut args: Vec<Sourced<String>> = listening.args;

    let subcommands = subcommands::subcommands(&world);
    let mut written = written(&world, &subcommands);
    if let Some(at) = written.here.clone() {
        if details.files.is_empty() && opened.made.is_empty() && written.folders.is_empty() {
            // Nothing that the program reads lies in its working directory, so that directory can
            // be /data: a volume there hides no file.
            details.workdir = Some("/data".to_owned());
            written.folders.push(Sourced::new(".".to_owned(), at));
        } else {
            written.warn_mixed(&at);
        }
    }
    if let Some(at) = opened.here.filter(|_| details.workdir.is_none()) {
        // The program and its files are in /app: served from there, anybody could download them.
        if details.files.is_empty() && opened.made.is_empty() && written.folders.is_empty() {
            details.workdir = Some(SERVED.to_owned());
        }
        program.findings.push(serves_here(details.workdir.as_deref().unwrap_or("/app"), at));
    }
    program.findings.extend(written.folder_unknown());
    program.findings.extend(served::missing(&opened.served, &written.folders, &opened.made));
    program.writable = written.folders;
    program.needs.temporary_files = written.temporary;
    program.env.extend(written.env);
    args.extend(written.args);
    program.findings.extend(written.findings);

    details.reads = embeds.held;
    details
        .reads
        .extend(closure.packages.iter().map(|package| package.dir.clone()).filter(looks_built));
    for package in &closure.packages {
        if package.dir.is_root() {
            details.sources.extend(package.files.iter().map(|file| file.code.path.clone()));
        } else {
            details.sources.push(package.dir.clone());
        }
    }
    program.front_ends = embeds.made;
    for made in opened.made {
        add_front_end(&mut program.front_ends, made);
    }
    program.findings.extend(embeds.findings);
    program.findings.extend(git_reads::opened(&code));
    generate(&world, embeds.missing, program, &mut details)?;
    program.findings.extend(generated::packed(&world));
    program.findings.extend(needs::needs(&world, &mut program.needs, &mut details)?);

    program.connections = connects::connections(&code, &mut |call| world.reaches(call));
    let (variables, refused) = demands::demands(&world);
    let mut wanted = arguments::demanded(&world, &subcommands);
    let all = subcommands.library.is_none();
    wanted.extend(refused.into_iter().filter(|flag| all || flag.2).map(|flag| (flag.0, flag.1)));
    program.subcommands = subcommands.library;
    if let Some((variable, value)) = subcommands.set {
        set_mode(program, variable, value);
    }
    let decided = program.subcommands.is_none() && subcommands.open.is_empty();
    if decided || subcommands.serving.is_some() {
        program.args = arguments(subcommands.serving, args);
    } else if !subcommands.open.is_empty() {
        program.findings.push(subcommands::open(&subcommands.open));
    } else if let Some(wanting) = subcommands.wanting {
        program.findings.push(needs_argument(&wanting));
    } else if program.kind == Kind::Service {
        // A tool that listens nowhere gets its command from whoever runs it.
        program.findings.extend(subcommands::lacking(&world));
    }
    for (row, evidence) in crate::code::listen::frameworks(&code) {
        if let Some(words) = row.arguments.as_ref().filter(|_| program.args.is_none()) {
            program.args = Some(Sourced::new(words.clone(), evidence.clone()));
        }
        let folders = row.folders.iter().map(|name| Sourced::new(name.clone(), evidence.clone()));
        program.writable.extend(folders);
    }
    env_file::required(program, variables);
    program.findings.extend(arguments::finding(wanted, program));
    program.findings.extend(demands::either(&world));
    program.findings.extend(words_lacking(&world, program));
    program.handles_sigterm = Some(sigterm(&code, program));
    Ok(details)
}

/// Adds the steps before the compiler that write what the repository does not hold, and reports what
/// none of them writes.
fn generate(
    world: &World,
    mut embedded: Vec<(RelPath, Vec<Evidence>)>,
    program: &mut Program,
    details: &mut ProgramDetails,
) -> Result<()> {
    let repo = world.module.sources.repo;
    let mut missing = generated::missing(world)?;
    let steps = steps::steps(world)?;
    let folders = world.closure.missing.values().map(|(folder, _)| folder);
    let made = steps::made((repo, &steps), [&mut missing, &mut embedded], folders);
    details.generate = generated::templates(world);
    details.generate.extend(made.commands);
    details.reads.extend(made.reads);
    // Whoever runs the other steps before the image is built needs their output in the context.
    details.reads.extend(missing.iter().map(|(path, _)| path.clone()));
    let lacking = embedded.into_iter();
    program.findings.extend(lacking.map(|(path, at)| Finding::embed_missing(path, at)));
    program.findings.extend(generated::unmade(world, &steps));
    program.findings.extend(generated::generated(missing));
    Ok(())
}

/// What the program writes, without the commands that the image does not start.
fn written(world: &World, subcommands: &subcommands::Subcommands) -> writes::Written {
    let idle = subcommands::idle(world, subcommands);
    // Without idle commands it is what everything else asks for.
    let running = (!idle.is_empty()).then(|| reached::Reached::new(world, idle));
    let runs = |call: &Call| match &running {
        Some(running) => running.holds(call),
        None => world.reaches(call),
    };
    writes::written_where(world.code, Vec::new(), runs)
}

/// Sets the variable without which the program does not serve.
fn set_mode(program: &mut Program, key: String, value: Sourced<String>) {
    if !program.env.iter().any(|held| held.value.key == key) {
        let one = EnvVar { key, value: value.value };
        program.env.push(Sourced::with(one, value.evidence));
    }
}

/// Reports that a server stops without words that nothing gives, if no other finding does.
fn words_lacking(world: &World, program: &Program) -> Option<Finding> {
    let told = |finding: &Finding| finding.code == FindingCode::ArgumentsUnknown;
    if program.kind != Kind::Service || program.findings.iter().any(told) {
        return None;
    }
    let given = program.args.as_ref().map(|args| args.value.as_str());
    positional::finding(positional::demanded(world)?, given)
}

/// The files that the program opens, and every settings file that it reads: opened ones, and those
/// in `embedded`. Settings name further files, so the program is read again once they are known.
fn opened_files(world: &World, embedded: &[RelPath]) -> Result<(files::Opened, Vec<RelPath>)> {
    let mut opened = files::opened(world);
    documents::of_frameworks(world, &mut opened)?;
    let settings = |opened: &files::Opened| -> Vec<RelPath> {
        let paths = opened.files().into_iter().map(|(_, file)| file.value);
        paths.chain(embedded.iter().cloned()).collect()
    };
    let paths = settings(&opened);
    let documents = documents::settings_of(world, &paths)?;
    if documents.is_empty() {
        return Ok((opened, paths));
    }
    let known =
        documents.iter().map(|(key, (text, at))| (key.clone(), Part::known(text, at.clone())));
    world.code.know(known);
    let mut opened = files::opened(world);
    documents::of_frameworks(world, &mut opened)?;
    opened.named_in(world, documents.into_values().filter(|(_, at)| !embedded.contains(&at.file)));
    let paths = settings(&opened);
    Ok((opened, paths))
}

/// True for folders whose name usually stands for build output, which lines of the .dockerignore
/// therefore hide.
fn looks_built(dir: &RelPath) -> bool {
    dir.components().any(|part| {
        ["bin", "build", "coverage", "dist", "log", "logs", "out", "target", "test-results", "tmp"]
            .contains(&part)
    })
}

/// The evidence that the program ends on SIGTERM. Go's runtime does that even as process 1, unless
/// the program handles the signal itself, so an image with a Go program needs no init.
fn sigterm(code: &Code, program: &Program) -> Evidence {
    code.doing(&[Does::TakesSignals])
        .map(|(_, call)| call.evidence(format!("`signal.{}`", call.name())))
        .next()
        .or_else(|| {
            let first = program.evidence.first()?;
            Some(Evidence {
                note: "Go's runtime ends the process on SIGTERM".to_owned(),
                ..first.clone()
            })
        })
        .unwrap_or_else(|| {
            Evidence::file(&RelPath::root(), "Go's runtime ends the process on SIGTERM")
        })
}

/// The subcommand that serves, followed by the flags, as shell words.
fn arguments(
    serving: Option<Sourced<String>>,
    flags: Vec<Sourced<String>>,
) -> Option<Sourced<String>> {
    let mut all: Vec<Sourced<String>> = serving.into_iter().chain(flags).collect();
    let mut args = if all.is_empty() { return None } else { all.remove(0) };
    for more in all {
        args.value = format!("{} {}", args.value, more.value);
        args.evidence.extend(more.evidence);
    }
    Some(args)
}

fn needs_argument(command: &Sourced<String>) -> Finding {
    Finding::new(
        FindingCode::ArgumentsUnknown,
        format!(
            "the subcommand `{}` serves, and needs an argument that dockgen does not know",
            command.value
        ),
        command.evidence.clone(),
    )
    .with_fix(format!(
        "set the arguments with --args \"{} ...\", or give them to `docker run IMAGE`",
        command.value
    ))
}

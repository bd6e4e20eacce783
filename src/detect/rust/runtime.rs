//! What a program needs and does at run time, read from the files of its crate and of the
//! repository's crates that it uses.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::source::SourceFile;
use super::{ProgramDetails, Tables, special};
use crate::code::connects;
use crate::detect::rust::codes;
use crate::detect::{add_front_end, git_reads};
use crate::facts::{EnvVar, Evidence, Finding, Kind, Program, Sourced};
use crate::path::RelPath;
use crate::repo::Repo;

mod above;
mod address;
mod arguments;
mod choices;
mod constants;
mod demands;
mod disk;
mod environment;
mod fields;
mod functions;
mod held;
mod house;
mod item;
mod layers;
mod listen;
mod lists;
mod missing;
mod positional;
mod process;
mod refused;
mod rocket;
mod settings;
mod shell_lines;
mod stated;
mod subcommands;
mod variables;

/// The working directory of a program that serves its working directory.
const SERVED: &str = "/srv";

/// The code of a program.
pub(super) struct Code<'a> {
    pub(super) repo: &'a Repo,
    pub(super) files: &'a [Rc<SourceFile>],
    /// Active dependencies of the packages that are built, by their name in the registry.
    pub(super) dependencies: &'a BTreeSet<String>,
    pub(super) tables: &'a Tables,
    /// The build context.
    pub(super) context: &'a RelPath,
    /// The folder in which cargo runs, which is the working directory of a developer's `cargo
    /// run`.
    pub(super) root: &'a RelPath,
    /// The folder of the program's package.
    pub(super) package: &'a RelPath,
}

impl Code<'_> {
    /// The first token that passes `test`.
    fn find(&self, test: impl Fn(&SourceFile, usize) -> bool) -> Option<(&SourceFile, usize)> {
        self.files
            .iter()
            .find_map(|file| (0..file.len()).find(|at| test(file, *at)).map(|at| (&**file, at)))
    }

    /// The first place where the code names a crate that is among its dependencies.
    fn uses(&self, name: &str) -> Option<Evidence> {
        if !self.dependencies.contains(name) {
            return None;
        }
        let word = name.replace('-', "_");
        let file = self.files.iter().find(|file| file.names(&word))?;
        let at = (0..file.len()).find(|at| file.is(*at, &word))?;
        Some(file.evidence(at, format!("uses {name}")))
    }
}

/// Fills in `program` and `details`.
pub(super) fn analyse(code: &Code, program: &mut Program, details: &mut ProgramDetails) {
    let source = special::program(code.files, &code.tables.code);
    let mut disk = disk::disk(&source, code);
    house::disk(&source, code, &mut disk, program);
    for folder in settings::folders(code, &disk) {
        if !disk.writable.iter().any(|known| known.value == folder.value) {
            disk.writable.push(folder);
        }
    }
    let subcommand_unknown = process::process(&source, code, program);
    let settings_files = layers::layers(&source, code);
    let listening = house::listening(&source, code, (&disk, &settings_files));
    listen::listen(code, &disk, listening, program, details);
    program.findings.extend(subcommand_unknown.filter(|_| program.kind == Kind::Service));
    program.connections = connects::connections(&source, &mut |_| true);
    program.findings.extend(missing::missing(&source, code));
    program.findings.extend(git_reads::opened(&source));
    program.findings.extend(layers::lacking(&settings_files));
    program.findings.append(&mut disk.absent);
    demands::demands(&source, code, (&disk, &settings_files), program);
    for made in disk.made {
        add_front_end(&mut program.front_ends, made);
    }
    for (path, way, evidence) in disk.files {
        program.files.push(Sourced::new(path.clone(), evidence));
        details.files.push((path, way));
    }
    details.files.sort();
    details.files.dedup();
    // A folder brings its files along.
    let folders = details.files.clone();
    details.files.retain(|(path, way)| {
        !folders.iter().any(|(folder, outer)| {
            folder != path
                && path.is_within(folder)
                && (way == outer || way.starts_with(&format!("{outer}/")))
        })
    });
    program.files.sort_by(|a, b| a.value.cmp(&b.value));
    program.files.dedup_by(|a, b| a.value == b.value);
    program.files.retain(|file| details.files.iter().any(|(path, _)| *path == file.value));
    if disk.here {
        details.workdir = Some("/data".to_owned());
    } else if let Some(evidence) = disk.served.filter(|_| program.kind == Kind::Service) {
        // The binary and its files are in /app: served from there, anybody could download them.
        details.workdir = Some(SERVED.to_owned());
        program.findings.push(
            Finding::new(
                codes::SERVES_WORKING_DIRECTORY,
                format!("the program serves its working directory, which is {SERVED} in the image"),
                [evidence],
            )
            .with_fix(format!("mount the files to serve, such as -v \"$PWD\":{SERVED}:ro")),
        );
    }
    let unknown = disk.writable.is_empty() && !disk.here;
    program.findings.extend(disk.unfollowed.filter(|_| unknown));
    program.writable = disk.writable;
    program.findings.extend(demanded_env_file(code));
    if program.kind == Kind::Service && program.port.is_none() && program.more_ports.is_empty() {
        program.findings.push(Finding::port_unknown(
            Some("the code does not state it"),
            program.evidence.clone(),
        ));
    }
}

/// Reports `dotenvy::dotenv().expect("...")` and `dotenvy::from_filename("x")?`, which stop the
/// program if the file does not exist.
fn demanded_env_file(code: &Code) -> Option<Finding> {
    let (file, at) = code.find(|file, at| {
        let demanded = |open: usize| {
            let after = file.closing(open) + 1;
            let ends = ["expect", "unwrap"].iter().any(|method| file.is(after + 1, method));
            file.is(after, "?") || file.is(after, ".") && ends
        };
        let known = ["dotenv", "dotenv_override", "from_path", "from_filename"]
            .iter()
            .any(|call| file.is(at, call));
        known
            && file.is(at + 1, "(")
            && file.path_to(at).first().is_some_and(|root| ["dotenvy", "dotenv"].contains(root))
            && demanded(at + 1)
    })?;
    let name = file.string(at + 2).map_or_else(|| ".env".to_owned(), std::borrow::Cow::into_owned);
    let note = "the program stops if the file does not exist";
    Some(Finding::dotenv_required(&name, [file.evidence(at, note)]))
}

fn set_env(program: &mut Program, key: &str, value: &str, evidence: Evidence) {
    if !program.env.iter().any(|var| var.value.key == key) {
        program
            .env
            .push(Sourced::new(EnvVar { key: key.to_owned(), value: value.to_owned() }, evidence));
    }
}

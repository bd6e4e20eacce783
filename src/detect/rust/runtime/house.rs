//! What the shared reader of code finds: addresses that lead to calls that listen, and folders
//! that lead to calls that write.

use std::collections::BTreeSet;

use super::disk::{self, Disk};
use super::layers::Layer;
use super::{Code, environment, missing, rocket, set_env, stated};
use crate::code::listen::{self, Listening, is_own};
use crate::code::{Call, Does, Form, Program as Source, Value, is_local_address, writes};
use crate::detect::rust::{ProgramDetails, codes};
use crate::detect::{add_front_end, env_file, makers};
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Kind, Program, Sourced};
use crate::path::{RelPath, is_at_or_below};

/// Where the program listens; `None` if no call states it.
pub(super) fn listening(
    source: &Source,
    code: &Code,
    settings: (&Disk, &[Layer]),
) -> Option<Listening> {
    let mut found = rocket::listening(source, code).or_else(|| called(source, code))?;
    stated::apply(&mut found, source, code, settings);
    layered(&mut found, source, code);
    Some(found)
}

/// Where the program listens, according to its calls.
fn called(source: &Source, code: &Code) -> Option<Listening> {
    let (listens, addresses) = listen::addresses(source)?;
    let mut found = Listening { listens: Some(listens), ..Listening::default() };
    // The system picks port 0 anew for each start; clients and tests use it.
    if found.choose(listen::with_ports(addresses.iter().cloned())) {
        return Some(found);
    }
    // A variable decides, and the example of an env file states its usual value.
    let folders = [code.package, code.root];
    let (value, port, at) = addresses.iter().find_map(|address| {
        let key = address.value.parts.last()?.env.as_ref().filter(|key| is_own(key))?;
        let (text, at) = env_file::example(code.repo, &folders, key).ok()??;
        let port = text.rsplit(':').next()?.parse().ok().filter(|port| *port > 0)?;
        Some((&address.value, port, at))
    })?;
    let last = value.parts.last().and_then(|part| part.env.clone())?;
    let bare = value.parts.len() > 1 || last.ends_with("PORT");
    found.set(last, port, bare, at);
    // The host is a variable too, and has no default: without it the program stops.
    let host = value.parts.first().filter(|_| value.parts.len() > 1);
    if let Some((part, key)) = host.and_then(|part| Some((part, part.env.clone()?)))
        && part.text.is_none()
    {
        let var = EnvVar { key, value: "0.0.0.0".to_owned() };
        found.env.push(Sourced::new(var, part.evidence.clone()));
    }
    Some(found)
}

/// A loopback address in a settings struct. If the program reads its settings from the environment
/// as a whole, the variable of that field opens the address.
fn layered(found: &mut Listening, source: &Source, code: &Code) {
    let Some(layer) = environment::layer(code) else { return };
    let is = |finding: &Finding| finding.code == FindingCode::LocalhostOnly;
    let Some(number) = found.findings.iter().position(is) else { return };
    let Some(at) = found.findings[number].evidence.first().cloned() else { return };
    let field = source.files().filter(|file| file.path == at.file).find_map(|file| {
        let fields = file.facts().definitions().iter();
        let fields = fields.filter(|field| matches!(field.form, Form::Field | Form::Tag));
        let mut fields = fields.filter(|field| {
            let lines = [field.name, field.value.start];
            lines.iter().any(|&token| file.evidence(token, "").line == at.line)
        });
        // Several fields may stand on one line.
        fields.find_map(|field| {
            let text = source.value(file, field.value.clone()).text().unwrap_or_default();
            let own = field.form == Form::Tag || is_local_address(&text);
            own.then(|| {
                Some((file.word(field.name).to_owned(), source.owner_of(file, field)?, text))
            })?
        })
    });
    let Some((field, owner, text)) = field else { return };
    let Some(setting) = source.setting_name(&owner, &field) else { return };
    let (Some(key), Some(port)) = (layer.variable(&setting), &found.port) else { return };
    let value = if text.rsplit_once(':').is_some_and(|(host, _)| !host.ends_with(':')) {
        format!("0.0.0.0:{}", port.value)
    } else {
        "0.0.0.0".to_owned()
    };
    found.findings.remove(number);
    found.env.push(Sourced::new(EnvVar { key, value }, at));
}

/// Adds how the program listens.
pub(super) fn add(found: Listening, program: &mut Program, details: &mut ProgramDetails) {
    program.kind = Kind::Service;
    program.evidence.extend(found.listens);
    program.port = found.port.map(|mut port| {
        name_literal(&mut port.evidence, port.value);
        port
    });
    program.port_variable = found.port_variable;
    for mut port in found.more {
        name_literal(&mut port.evidence, port.value.number);
        if !program.more_ports.iter().any(|held| held.value == port.value) {
            program.more_ports.push(port);
        }
    }
    for var in found.env {
        if let Some(evidence) = var.evidence.into_iter().next() {
            set_env(program, &var.value.key, &var.value.value, evidence);
        }
    }
    for argument in found.args {
        // The argument belongs to a subcommand, which only a person can choose.
        if program.subcommands.is_some() {
            let words = argument.value.replacen('=', " ", 1);
            let at = argument.evidence[0].clone();
            program.findings.push(super::address::localhost_below_subcommand(at, &words));
        } else {
            let words = argument.value.split_once('=');
            details.args.extend(
                words
                    .map(|(flag, value)| [flag.to_owned(), value.to_owned()])
                    .into_iter()
                    .flatten(),
            );
        }
    }
    program.findings.extend(found.findings);
}

/// Variables that the compiler reads: setting one in a container changes nothing.
fn compiled_in(source: &Source) -> BTreeSet<String> {
    let names = source.files().flat_map(|file| {
        let places = file.places("option_env").iter();
        places.filter_map(|at| file.string(at + 3).map(std::borrow::Cow::into_owned))
    });
    names.collect()
}

/// Adds the folders into which the program writes, and output of other builds that it serves.
pub(super) fn disk(source: &Source, code: &Code, disk: &mut Disk, program: &mut Program) {
    let mut written = writes::written_with(source, opened_to_write(source));
    written.forget(&compiled_in(source));
    // Another field with that name may give the working directory, which is too little evidence to
    // make it writable.
    let here =
        written.here.iter().map(|at| Finding::folder_unknown(None, None, [at.clone()])).next();
    disk.unfollowed = written.folder_unknown().or(here);
    let moved = |name: &String| {
        written.env.iter().any(|var| var.value.value.ends_with(&format!("/{name}")))
            || written.folders.iter().any(|folder| folder.value == *name)
    };
    // A variable moves the file, or what is opened there is a folder: one answer for one path.
    if !disk.here_files.is_empty() && disk.here_files.iter().all(moved) {
        disk.writable.retain(|folder| folder.value != RelPath::root().to_string());
        disk.here = false;
    }
    let held: BTreeSet<String> = disk.writable.iter().map(|held| held.value.clone()).collect();
    // `written` already leaves out folders inside one another.
    disk.writable.extend(written.folders.into_iter().filter(|folder| {
        let name = folder.value.as_str();
        let mut above = name.match_indices('/').map(|(end, _)| &name[..end]).chain([name]);
        !above.any(|above| held.contains(above))
    }));
    if let Some(at) = written.here_plainly.filter(|_| !disk.here) {
        disk.here = true;
        disk.writable.push(Sourced::new(RelPath::root().to_string(), at));
    }
    for var in written.env {
        if let Some(evidence) = var.evidence.into_iter().next() {
            set_env(program, &var.value.key, &var.value.value, evidence);
        }
    }
    program.findings.extend(written.findings);
    for (row, call) in source.doing(&[Does::Opens]) {
        let Some(value) = source.argument(&call, row.at.unwrap_or(0)) else { continue };
        let here = |value: Value| matches!(value.text().as_deref(), Some("." | "./"));
        if call.name() != "WalkDir" && call.package() != Some("WalkDir") {
            let found = value.alternatives().any(here);
            let at = found.then(|| call.evidence("it serves the working directory"));
            disk.served = disk.served.take().or(at);
        }
        let mut known = false;
        for way in value.alternatives().filter_map(|value| value.text()) {
            known |= opened(code, disk, &call, &way);
        }
        if !known && !missing::is_tested(&call) {
            let held = disk.absent.len();
            let finding = absent(disk, &call, &value).filter(|_| held < MAX_ABSENT);
            let new = |one: &Finding| disk.absent.iter().all(|held| held.what != one.what);
            let finding = finding.filter(new);
            disk.absent.extend(finding);
        }
    }
}

/// What `OpenOptions::new().create(true).open(x)` and `File::options()` write.
fn opened_to_write(source: &Source) -> Vec<(Value, Does, Evidence)> {
    const WRITING: [&str; 5] = ["write", "append", "create", "create_new", "truncate"];
    let mut all = Vec::new();
    for call in source.calls_named("open").filter(|call| call.arguments().len() == 1) {
        let Some(chain) = call.on() else { continue };
        let file = &call.file;
        let is = |at: usize, word: &str| file.word(at) == word;
        let options = chain.clone().any(|at| is(at, "OpenOptions") || is(at, "options"));
        let writes = chain
            .clone()
            .any(|at| WRITING.contains(&file.word(at)) && is(at + 1, "(") && is(at + 2, "true"));
        if let Some(value) = source.argument(&call, 0).filter(|_| options && writes) {
            all.push((value, Does::WritesFile, call.evidence("`open` writes there")));
        }
    }
    all
}

/// How many absent folders are said.
const MAX_ABSENT: usize = 4;

/// Folders of the system, which images have.
const SYSTEM: [&str; 7] = ["/dev", "/proc", "/sys", "/etc", "/run", "/tmp", "/usr/share"];

/// Carries what the program opens at a path: a part of the repository, or what another build makes.
/// False where there is neither.
fn opened(code: &Code, disk: &mut Disk, call: &Call, way: &str) -> bool {
    let Some(way) = disk::clean(way) else { return false };
    let mut known = false;
    for base in [code.root, code.package] {
        let Some(path) = base.join(&way).filter(|path| path != base) else { continue };
        for mut made in makers(code.repo, code.context, &path) {
            let Some(way) = made.value.output.strip(base) else { continue };
            made.value.opened = Some(way.to_owned());
            made.evidence.insert(0, call.evidence(format!("served at run time: \"{way}\"")));
            add_front_end(&mut disk.made, made);
            known = true;
        }
        if !known && code.repo.exists(&path) {
            let evidence = call.evidence(format!("opened at run time: \"{way}\""));
            disk.files.push((path, way.clone(), evidence));
            return true;
        }
    }
    known
}

/// What to say of a folder that nobody makes and the repository does not hold.
fn absent(disk: &Disk, call: &Call, value: &Value) -> Option<Finding> {
    let text = value.text().filter(|text| !text.contains(['{', '*', '$', '~', ' ', ':']))?;
    let plain = text.trim_start_matches("./").trim_end_matches('/');
    let system = SYSTEM.iter().any(|root| is_at_or_below(plain, root));
    let of_program = |folder: &Sourced<String>| is_at_or_below(plain, &folder.value);
    // What the package's folder holds, whose path is compiled in.
    let held = disk.files.iter().any(|(_, way, _)| way.starts_with('/') && text.starts_with(way));
    if held || matches!(plain, "" | "." | "..") || system || disk.writable.iter().any(of_program) {
        return None;
    }
    let target = missing::target(plain);
    let mount = format!("mount it when the container starts: `-v ./FOLDER:{target}:ro`");
    let fix = match (value.flag(), value.env()) {
        (Some(flag), _) => format!("{mount}, or name another folder with --{flag}"),
        (None, Some(key)) => format!("{mount}, or name another folder with {key}"),
        (None, None) => mount,
    };
    let evidence = value.evidence().filter(|at| at.file != call.file.path).cloned();
    let places = [call.evidence(format!("`{}` opens it", call.name()))].into_iter().chain(evidence);
    let what = format!("the program opens {text}, which the image does not hold");
    Some(Finding::new(codes::OPENED_MISSING, what, places).with_fix(fix))
}

/// Replaces the note "a literal" by one that names the port.
fn name_literal(evidence: &mut [Evidence], port: u16) {
    for one in evidence.iter_mut().filter(|one| one.note == "a literal") {
        one.note = format!("an address with port {port}");
    }
}

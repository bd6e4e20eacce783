//! Files that the program opens: those of the repository stay in the image, and of others it is said
//! what the program does without them.

use std::rc::Rc;

use super::demands;
use super::listen;
use super::pages::{self, Need};
use super::world::World;
use crate::code::{Call, Does, File, Program as Code, Value, is_env_name};
use crate::facts::{Evidence, Finding, Program, Sourced};
use crate::path::RelPath;

/// Maximum number of files that are read, and of those that are missing.
const MAX_FILES: usize = 200;
const MAX_SAID: usize = 12;

/// Maximum number of calls of a function that are looked at.
const MAX_USES: usize = 8;

/// Functions that say whether a file is there, and the limits of the conditions that are read.
const ASKING: [&str; 4] = ["exists", "is_file", "isfile", "load_dotenv"];
const MAX_ASKED: usize = 256;
const MAX_HEAD: usize = 40;

/// How many calls lead to one that runs as the program starts.
pub(super) const MAX_STARTS: u8 = 3;

/// Maximum number of tokens of an expression that chooses, on either side of a call.
const MAX_CHOICE: usize = 96;

/// Files that the program reads: those of the repository stay in the image, others are said.
pub(super) fn files(world: &World, program: &mut Program) {
    let repo = world.app.dir.repo;
    let said = program.findings.len();
    for (row, call) in world.code.doing(&[Does::Opens]) {
        // A library's function of the same name makes what it opens.
        if row.of == "*" && world.code.is_made_by(&call) {
            continue;
        }
        let value = if row.on {
            call.on().map(|range| world.code.value(&call.file, range))
        } else {
            subject(world.code, &call, row.at.unwrap_or(0))
        };
        let open = value.as_ref().and_then(pages::tail);
        if let Some(path) = open.and_then(|way| world.app.dir.join(&way))
            && !repo.exists(&path)
        {
            let evidence = call.evidence(format!("`{}` reads {path}", call.name()));
            pages::made(world, &path, Need::Opened, &evidence, program);
        }
        let Some(text) = value.and_then(|value| value.text()) else { continue };
        // `path.open("rb")` names a mode.
        if !row.on && call.name() == "open" && call.is_method() && is_mode(&text) {
            continue;
        }
        if let Some(finding) = absolute(world, &call, &text, row.on) {
            program.findings.push(finding);
        }
        // An absolute path is not of the repository, and a pattern or an address is no file.
        let odd = text.starts_with('/') || text.contains(['{', '*', '%', ':', '<']);
        if odd || text.is_empty() || !is_read(world.code, &call, row.on) {
            continue;
        }
        let Some(path) = world.workdir.join(text.trim_end_matches('/')) else { continue };
        let evidence = call.evidence(format!("`{}` reads {text}", call.name()));
        let held = program.files.iter().any(|file| path.is_within(&file.value));
        if program.files.len() >= MAX_FILES || program.findings.len() >= said + MAX_SAID {
            break;
        }
        if repo.is_dir(&path) {
            pages::made(world, &path, Need::Opened, &evidence, program);
        }
        if repo.exists(&path) {
            if !held && !path.is_root() && path.is_within(&world.app.dir.path) {
                program.files.push(Sourced::new(path, evidence));
            }
            continue;
        }
        if pages::made(world, &path, Need::Opened, &evidence, program)
            || !path.is_within(world.app.context)
        {
            continue;
        }
        let writes = |folder: &Sourced<String>| {
            let folder = folder.value.trim_start_matches("./");
            text.trim_start_matches("./").starts_with(&format!("{folder}/"))
        };
        if program.writable.iter().any(writes) || is_spared(&call.file, call.at) {
            continue;
        }
        let examples = [".example", ".sample", ".dist", ".template"];
        let example = examples.iter().find_map(|end| {
            let name = path.as_str();
            let inner = name.rsplit_once('.').map(|(stem, kind)| format!("{stem}{end}.{kind}"));
            let names = [Some(format!("{name}{end}")), inner];
            names
                .into_iter()
                .flatten()
                .filter_map(|name| RelPath::new(&name))
                .find(|p| repo.is_file(p))
        });
        if let Some(example) = example {
            let at = [evidence, Evidence::file(&example, "an example")];
            program.findings.push(Finding::config_not_in_git(&text, &example, at));
        } else if path.file_name() == ".env" {
            program.findings.push(Finding::dotenv_required(&text, [evidence]));
        } else if is_at_start(world.code, &call, MAX_STARTS) {
            let target = format!("/app/{}", path.strip(&world.app.dir.path).unwrap_or(&text));
            program.findings.push(Finding::file_missing(&text, &target, None, None, [evidence]));
        }
    }
}

/// Folders of the system, and files that every image or every container has.
const SYSTEM: [&str; 16] = [
    "/app/",
    "/bin/",
    "/dev/",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/localtime",
    "/etc/os-release",
    "/etc/passwd",
    "/etc/resolv.conf",
    "/etc/ssl/",
    "/etc/timezone",
    "/lib",
    "/proc/",
    "/sys/",
    "/tmp/",
    "/usr/",
];

/// A file of the machine, such as `/etc/shop/config.yml`, without which the program stops as it starts.
fn absolute(world: &World, call: &Call, text: &str, on: bool) -> Option<Finding> {
    let file = text.starts_with('/') && !text.ends_with('/') && text.contains('.');
    let odd = text.contains(['{', '*', '%', ':', '<', ' ']) || text.contains("..");
    if !file || odd || SYSTEM.iter().any(|of| text.starts_with(of)) {
        return None;
    }
    let instead = without(&call.file, call.at);
    let demanded = is_read(world.code, call, on)
        && (instead.is_some() || !is_spared(&call.file, call.at))
        && is_at_start(world.code, call, MAX_STARTS);
    let evidence = call.evidence(format!("`{}` reads {text}", call.name()));
    let found = demanded.then(|| Finding::file_missing(text, text, None, None, [evidence]))?;
    let Some(variable) = instead else { return Some(found) };
    let name = text.rsplit('/').next().unwrap_or_default();
    Some(found.with_fix(format!(
        "mount it when the container starts: `-v ./{name}:{text}:ro`, or give what it holds by \
         {variable} and the variables beside it"
    )))
}

/// The variable without which a branch alone runs: `if "X" in os.environ: .. else: open(FILE)`.
fn without(file: &File, at: usize) -> Option<String> {
    let heads = crate::code::conditions::heads(file, at);
    let mut asked = heads
        .into_iter()
        .filter(|head| matches!(file.word(head.start), "if" | "elif" | "else" | "try"));
    let (Some(head), None) = (asked.next(), asked.next()) else { return None };
    let close = head.start.checked_sub(1).filter(|_| file.word(head.start) == "else")?;
    let close = (0..=close).rev().take(3).find(|&at| file.word(at) == "}")?;
    let open = file.opening(close);
    let start = crate::code::conditions::statement(file, open);
    let condition = start + 1..open;
    let words = || condition.clone().map(|at| file.word(at));
    let plain = file.word(start) == "if"
        && condition.len() <= MAX_HEAD
        && words().any(|word| matches!(word, "environ" | "getenv"))
        && !words().any(|word| matches!(word, "and" | "or" | "not"));
    let mut texts = condition.clone().filter_map(|at| file.string(at));
    texts.find(|text| plain && is_env_name(text)).map(std::borrow::Cow::into_owned)
}

/// The argument at a position, by its name where it has one.
fn subject(code: &Code, call: &Call, at: usize) -> Option<Value> {
    let range = call.arguments().get(at)?.clone();
    if call.file.word(range.start + 1) != "=" {
        return Some(code.value(&call.file, range));
    }
    let named = ["directory", "path", "file", "filename"].iter().find_map(|name| call.named(name));
    named.map(|range| code.value(&call.file, range))
}

/// The file with which Streamlit fills `st.secrets`, where the program asks for a key of it.
pub(super) fn secrets(world: &World) -> Option<Finding> {
    const FILE: &str = ".streamlit/secrets.toml";
    if world.workdir.join(FILE).is_some_and(|path| world.app.dir.repo.is_file(&path)) {
        return None;
    }
    world.modules.iter().map(|module| &module.file).find_map(|file| {
        let asks = |at: &&usize| {
            let behind = file.word(**at + 1);
            let get = file.word(**at + 2) == "get";
            file.dotted(**at).as_deref() == Some("streamlit.secrets")
                && (behind == "[" || behind == "." && !get)
                && !is_spared(file, **at)
        };
        let at = *file.places("secrets").iter().find(asks)?;
        let evidence = file.evidence(at, format!("reads a key of {FILE}"));
        Some(Finding::file_missing(FILE, &format!("/app/{FILE}"), None, None, [evidence]))
    })
}

/// A `.env` file without which the program stops.
pub(super) fn dotenv(world: &World) -> Option<Finding> {
    world.tables.demanding.iter().find_map(|row| {
        let mut calls = world.code.calls_named(&row.name).filter(|call| call.is_in(&row.of));
        let call = calls.find(|call| match &row.strict {
            Some(name) => {
                call.named(name).is_some_and(|range| call.file.word(range.start) == "True")
            }
            None => takes(call),
        })?;
        if is_spared(&call.file, call.at) {
            return None;
        }
        let first = call.arguments().into_iter().next();
        let stated = first.and_then(|range| world.code.value(&call.file, range).text());
        let file = stated.filter(|_| row.strict.is_none()).unwrap_or_else(|| ".env".to_owned());
        let odd = file.starts_with('/')
            || world.workdir.join(&file).is_none_or(|path| world.app.dir.repo.exists(&path));
        let at = call.evidence(format!("`{}` reads {file}", call.name()));
        (!odd).then(|| Finding::dotenv_required(&file, [at]))
    })
}

/// A `.env` file whose absence ends the program as it starts: `if not load_dotenv(): exit(1)`,
/// `if not Path(".env").exists(): raise ..`.
pub(super) fn dotenv_asked(world: &World) -> Option<Finding> {
    world.code.endings().iter().take(MAX_ASKED).find_map(|ending| {
        let (file, head) = (&ending.file, ending.head.clone());
        let mut words = head.clone().map(|at| file.word(at));
        let plain = head.len() <= MAX_HEAD && file.word(head.start) == "not";
        if !plain || words.any(|word| matches!(word, "and" | "or")) {
            return None;
        }
        let asks = head.clone().find(|&at| ASKING.contains(&file.word(at)))?;
        let call = Call::at(file, asks)?;
        let stated = call.placed(0).or_else(|| call.named("dotenv_path")).or_else(|| call.on());
        let texts = head.filter_map(|at| file.string(at).map(std::borrow::Cow::into_owned));
        let stated = stated.and_then(|range| world.code.value(file, range).text());
        let named = stated
            .into_iter()
            .chain(texts)
            .find(|text| text.rsplit('/').next().is_some_and(|name| name.starts_with(".env")));
        let by_itself = call.name() == "load_dotenv" && call.arguments().is_empty();
        let name = named.or_else(|| by_itself.then(|| ".env".to_owned()))?;
        let absent = !name.starts_with('/')
            && world.workdir.join(&name).is_some_and(|path| !world.app.dir.repo.exists(&path));
        if !absent || !starts_at(world.code, file, ending.at, MAX_STARTS) {
            return None;
        }
        let at = file.evidence(ending.at, format!("the program ends without {name}"));
        Some(Finding::dotenv_required(&name, [at]))
    })
}

/// True where a key of what a call returns is taken as if it were there:
/// `config = dotenv_values(".env")`, then `config["TOKEN"]`.
fn takes(call: &Call) -> bool {
    let file = &call.file;
    let end = file.closing(call.open);
    if file.word(end + 1) == "[" {
        return true;
    }
    let mut all = file.facts().definitions().iter().filter(|d| d.value.contains(&call.at));
    let Some(definition) = all.next().filter(|d| d.value.start.abs_diff(call.at) < 4) else {
        return false;
    };
    let name = file.word(definition.name);
    file.places(name).iter().take(MAX_FILES).any(|&at| {
        file.word(at + 1) == "["
            && file.string(at + 2).is_some()
            && file.word(at + 3) == "]"
            && file.word(at + 4) != "="
            && !is_spared(file, at)
    })
}

/// True for a call that runs as the program starts: one of a module itself, or one in a function or
/// in the constructor of a class that such a call leads to.
fn is_at_start(code: &Code, call: &Call, steps: u8) -> bool {
    starts_at(code, &call.file, call.at, steps)
}

/// As [`is_at_start`], for any place of a file.
pub(super) fn starts_at(code: &Code, file: &Rc<File>, at: usize, steps: u8) -> bool {
    let Some(function) = file.facts().function_at(at) else {
        return listen::runs_at(code, file, at);
    };
    let Some(steps) = steps.checked_sub(1) else { return false };
    let mut name = file.word(function.name);
    if name == "__init__" {
        // A class is made by its own name.
        let heads = crate::code::conditions::heads(file, function.name);
        let Some(head) = heads.into_iter().find(|head| file.word(head.start) == "class") else {
            return false;
        };
        name = file.word(head.start + 1);
    }
    let from_here = |one: &Call| {
        let inside = one.file.path == file.path;
        match one.is_method() {
            true if inside && matches!(one.receiver(), "self" | "cls") => true,
            true => {
                let module = one.file.import_of(one.receiver());
                let module = module.and_then(|import| code.module_named(&import.path));
                module.is_some_and(|module| module.path == file.path)
            }
            false => inside || one.file.import_of(name).is_some(),
        }
    };
    let mut uses = code.calls_named(name).take(MAX_USES);
    uses.any(|one| {
        from_here(&one) && !is_spared(&one.file, one.at) && is_at_start(code, &one, steps)
    })
}

/// True for the mode of a file: `rb`, `w+`.
fn is_mode(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.chars().all(|c| "rwaxbt+".contains(c))
}

/// True if a call opens for reading.
fn is_read(code: &Code, call: &Call, on: bool) -> bool {
    if call.name() != "open" {
        return true;
    }
    let position = usize::from(!on);
    let mode = call.named("mode").or_else(|| call.placed(position));
    let mode = mode.map(|range| code.value(&call.file, range));
    mode.is_none_or(|mode| {
        mode.text().is_some_and(|text| text.starts_with('r') && !text.contains('+'))
    })
}

/// True where the program goes on without the file.
pub(super) fn is_spared(file: &File, at: usize) -> bool {
    let heads = crate::code::conditions::heads(file, at);
    let spared = |head: std::ops::Range<usize>| match file.word(head.start) {
        "try" => !demands::is_fatal(file, head.end),
        word => matches!(word, "if" | "elif" | "else"),
    };
    heads.into_iter().any(spared) || is_choice(file, at)
}

/// True for a part of `a if c else b`.
fn is_choice(file: &File, at: usize) -> bool {
    let ends = |at: usize| file.is_line_end(at) || matches!(file.word(at), "{" | "}" | ";");
    let before = (at.saturating_sub(MAX_CHOICE)..at).rev().take_while(|&at| !ends(at));
    let behind = (at..(at + MAX_CHOICE).min(file.len())).take_while(|&at| !ends(at));
    let mut before = before.map(|at| file.word(at));
    let asked = behind.skip_while(|&at| file.word(at) != "if").any(|at| file.word(at) == "else");
    asked || before.any(|word| word == "else")
}

//! Files without which the program stops and that the repository does not hold: certificates,
//! keys, settings.

use std::collections::BTreeSet;

use super::Code;
use crate::code::{Call, File, Program as Source, conditions};
use crate::facts::Finding;

/// Functions that read files: the type or module, the name, and how many arguments are paths.
const READING: [(&str, &str, usize); 15] = [
    ("fs", "read", 1),
    ("fs", "read_to_string", 1),
    ("File", "open", 1),
    ("RustlsConfig", "from_pem_file", 2),
    ("RustlsConfig", "from_pem_chain_file", 2),
    ("OpenSSLConfig", "from_pem_file", 2),
    ("CertificateDer", "pem_file_iter", 1),
    ("CertificateDer", "from_pem_file", 1),
    ("PrivateKeyDer", "from_pem_file", 1),
    // Data that libraries open: the documentation of each crate at https://docs.rs/.
    ("Tokenizer", "from_file", 1),
    ("Reader", "open_readfile", 1),
    ("Reader", "open_mmap", 1),
    ("safetensors", "load", 1),
    ("FastText", "load_model", 1),
    ("CsvReader", "from_path", 1),
];

/// How many files are reported. More would only repeat the advice.
const MAX_NAMED: usize = 4;

/// Folders that belong to the system.
const SYSTEM: [&str; 6] = ["/dev/", "/proc/", "/sys/", "/etc/ssl/", "/usr/", "/run/"];

/// Reports each such file once.
pub(super) fn missing(source: &Source, code: &Code) -> Vec<Finding> {
    let written: Vec<String> = ["create", "create_new", "write"]
        .into_iter()
        .flat_map(|name| source.calls_named(name))
        .filter(|call| matches!(call.package(), Some("File" | "fs")))
        .filter_map(|call| source.argument(&call, 0)?.text())
        .collect();
    let mut all: Vec<Finding> = Vec::new();
    let mut named = BTreeSet::new();
    for (of, name, paths) in READING {
        let calls = source.calls_named(name).filter(|call| call.package() == Some(of));
        for call in calls.filter(|call| ends(source, call, MAX_STEPS) && !is_tested(call)) {
            for number in 0..paths {
                let Some(value) = source.argument(&call, number) else { continue };
                let Some(text) = value.text().filter(|text| !written.contains(text)) else {
                    continue;
                };
                if named.contains(&text) || all.len() >= MAX_NAMED || !is_missing(code, &text) {
                    continue;
                }
                named.insert(text.clone());
                all.push(Finding::file_missing(
                    &text,
                    &target(&text),
                    value.flag(),
                    value.env(),
                    [call.evidence(format!("`{name}` opens it"))],
                ));
            }
        }
    }
    configured(source, code, &mut all);
    all
}

/// Endings of files with settings.
const SETTINGS: [&str; 8] = ["cfg", "conf", "ini", "json", "kdl", "toml", "yaml", "yml"];

/// Reports the default of an option that names a file with settings, where the program ends if what
/// reads it fails: `#[arg(default_value = "/etc/box.yaml")] config: PathBuf`.
fn configured(source: &Source, code: &Code, all: &mut Vec<Finding>) {
    for file in source.files() {
        for &at in file.places("default_value").iter().take(MAX_OPTIONS) {
            let text = file.string(at + 2).filter(|_| file.word(at + 1) == "=");
            let (Some(text), Some(field)) = (text, field_below(file, at)) else { continue };
            let own = ["conf", "settings"].iter().any(|part| field.contains(part));
            let ending = text.rsplit('.').next().unwrap_or_default();
            let said = all.iter().any(|one| one.what.contains(&*text));
            if !own || said || !SETTINGS.contains(&ending) || !is_missing(code, &text) {
                continue;
            }
            if !is_read(source, field) || all.len() >= MAX_NAMED {
                continue;
            }
            let flag = field.replace('_', "-");
            let at = file.evidence(at, "the default of the option");
            all.push(Finding::file_missing(&text, &target(&text), Some(&flag), None, [at]));
        }
    }
}

/// Maximum number of options of one file, and of uses of a field.
const MAX_OPTIONS: usize = 64;
const MAX_USES: usize = 64;

/// The name of the field below the attribute at a position.
fn field_below(file: &File, at: usize) -> Option<&str> {
    let attribute = file.enclosing(file.enclosing(at)?)?;
    let mut next = file.closing(attribute) + 1;
    while file.word(next) == "#" {
        next = file.closing(next + 1) + 1;
    }
    if file.word(next) == "pub" {
        next += 1;
        if file.word(next) == "(" {
            next = file.closing(next) + 1;
        }
    }
    (file.word(next + 1) == ":").then(|| file.word(next))
}

/// True if a function asks whether the file is there.
fn is_asked(file: &File, field: &str, at: usize) -> bool {
    let Some(function) = file.facts().function_at(at) else { return false };
    let inside = file.places(field).iter().filter(|at| function.range.contains(at));
    inside.take(MAX_USES).any(|&at| {
        file.word(at + 1) == "." && matches!(file.word(at + 2), "exists" | "is_file" | "try_exists")
    })
}

/// True if the error of a call is handed on: `load(&cli.config)?`.
fn fails(call: &Call) -> bool {
    let (file, behind) = (&call.file, call.file.closing(call.open) + 1);
    let waits = file.word(behind) == "." && file.word(behind + 1) == "await";
    file.word(if waits { behind + 2 } else { behind }) == "?"
}

/// True if a call takes the field, and the command ends if it fails.
fn is_read(source: &Source, field: &str) -> bool {
    source.files().any(|file| {
        file.places(field).iter().take(MAX_USES).any(|&at| {
            let open = file.enclosing(at).filter(|&open| file.word(open) == "(" && open > 0);
            let taken =
                at > 0 && file.word(at - 1) == "." && matches!(file.word(at + 1), "," | ")");
            let call = open.filter(|_| taken).and_then(|open| Call::at(file, open - 1));
            call.filter(|_| !is_asked(file, field, at)).is_some_and(|call| {
                (fails(&call) || ends(source, &call, MAX_STEPS)) && !is_tested(&call)
            })
        })
    })
}

/// How many callers an error goes up to, and how many calls of one function are looked at.
const MAX_STEPS: u8 = 3;
const MAX_CALLERS: usize = 4;

/// How many calls may follow one that can fail.
const MAX_CHAIN: usize = 8;

/// True if the program stops when the call fails: `.expect(..)`, `.unwrap()`, or `?` in `main` and
/// in functions whose callers do the same.
fn ends(source: &Source, call: &Call, steps: u8) -> bool {
    let file = &call.file;
    let mut next = file.closing(call.open) + 1;
    for _ in 0..MAX_CHAIN {
        match (file.word(next), file.word(next + 1)) {
            ("?", _) => return hands_up(source, call, steps),
            (".", "await") => next += 2,
            (".", "expect" | "unwrap") => return true,
            (".", "unwrap_or_else") => {
                let mut inside = next + 2..file.closing(next + 2);
                return inside.any(|at| matches!(file.word(at), "exit" | "panic"));
            }
            (".", "map_err" | "context" | "with_context" | "wrap_err" | "wrap_err_with") => {
                next = file.closing(next + 2) + 1;
            }
            _ => return false,
        }
    }
    false
}

/// True if the error that a function hands to its caller ends the program.
fn hands_up(source: &Source, call: &Call, steps: u8) -> bool {
    let Some(function) = call.file.facts().function_at(call.at) else { return false };
    let name = call.file.word(function.name);
    if name == "main" {
        return true;
    }
    let Some(steps) = steps.checked_sub(1) else { return false };
    let callers = source.calls_named(name).take(MAX_CALLERS);
    let mut callers = callers.filter(|caller| !caller.is_head_of(&call.file, function));
    callers.any(|caller| ends(source, &caller, steps) && !is_tested(&caller))
}

/// True if the call runs only under a condition, such as a test that the file exists.
pub(super) fn is_tested(call: &Call) -> bool {
    let heads = conditions::heads(&call.file, call.at);
    heads.iter().any(|head| matches!(call.file.word(head.start), "if" | "else" | "match"))
        || heads.into_iter().flatten().any(|at| matches!(call.file.word(at), "exists" | "match"))
}

fn plain(text: &str) -> &str {
    text.trim_start_matches("./")
}

/// Where the program opens a path in the container.
pub(super) fn target(text: &str) -> String {
    if text.starts_with('/') { text.to_owned() } else { format!("/app/{}", plain(text)) }
}

/// True for a plain path to a file that is nowhere in the repository.
fn is_missing(code: &Code, text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or_default();
    let odd = text.contains(['{', '*', ' ', ':', '$', '~']) || text.contains("..");
    // Every image has `/etc/hostname`, `/etc/passwd` and the like.
    let of_etc = text.strip_prefix("/etc/").filter(|rest| !rest.contains('/'));
    let of_etc =
        of_etc.is_some_and(|rest| rest.rsplit_once('.').is_none_or(|(_, end)| end == "conf"));
    let system = of_etc || SYSTEM.iter().any(|root| text.starts_with(root));
    if odd || system || !name.contains('.') || name.len() < 3 {
        return false;
    }
    text.starts_with('/')
        || ![code.root, code.package]
            .iter()
            .any(|base| base.join(plain(text)).is_some_and(|path| code.repo.exists(&path)))
}

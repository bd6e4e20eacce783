//! The port and the address in configuration files that the program opens.

use super::Code;
use super::address::{parse, variable};
use super::disk::Disk;
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;

/// Sections in which `port` and `host` belong to the server itself.
const HEADINGS: [&str; 9] =
    ["application", "server", "http", "web", "app", "api", "listen", "service", "channel"];
/// Settings above all sections that are what the program itself listens on.
const ADDRESSES: [&str; 11] = [
    "listen",
    "listen_on",
    "listen_addr",
    "listen_address",
    "bind",
    "bind_addr",
    "bind_address",
    "address",
    "addr",
    "host",
    "http_addr",
];

/// Maximum number of settings files in the program itself.
const MAX_EMBEDDED: usize = 16;

const PORTS: [&str; 3] = ["port", "http_port", "listen_port"];
const ENDINGS: [&str; 7] = ["toml", "yaml", "yml", "json", "ini", "cfg", "conf"];

/// What the files state.
#[derive(Debug, Default)]
pub(super) struct Settings {
    pub(super) port: Option<Sourced<u16>>,
    /// The line with a loopback address.
    pub(super) local: Option<Line>,
    /// The variable that chooses between the files, and the value whose file listens on all
    /// interfaces.
    pub(super) profile: Option<(String, String, Evidence)>,
}

/// A line with an address or a port.
#[derive(Clone, Debug)]
pub(super) struct Line {
    file: RelPath,
    /// For an address: true if it is a loopback address.
    local: Option<bool>,
    /// True if the value joins host and port.
    pub(super) joined: bool,
    pub(super) port: Option<u16>,
    /// The setting, such as `server.address`; `None` if the reader does not know the line's full
    /// path in the file.
    pub(super) setting: Option<String>,
    pub(super) evidence: Evidence,
}

pub(super) fn settings(code: &Code, disk: &Disk) -> Option<Settings> {
    let mut lines = Vec::new();
    let held: Vec<RelPath> = disk.files.iter().map(|(path, _, _)| path.clone()).collect();
    for path in held.iter().chain(&embedded(code)) {
        let inside = code.repo.files_under(path);
        let itself = code.repo.is_file(path).then_some(path);
        for file in
            itself.into_iter().chain(inside).filter(|file| ENDINGS.contains(&file.extension()))
        {
            if let Ok(Some(text)) = code.repo.source_text(file) {
                read(file, &text, &mut lines);
            }
        }
    }
    if lines.is_empty() {
        return None;
    }
    let port = lines.iter().find_map(|line| Some(Sourced::new(line.port?, line.evidence.clone())));
    let local = lines.iter().find(|line| line.local == Some(true));
    let open = lines.iter().filter(|line| line.local == Some(false));
    let profile = local.and_then(|local| {
        open.filter(|open| open.file != local.file).find_map(|open| profile(code, local, open))
    });
    Some(Settings { port, local: local.cloned(), profile })
}

/// The settings files that the program holds in itself: `include_str!("../tern.toml")`.
pub(super) fn embedded(code: &Code) -> Vec<RelPath> {
    let mut found = Vec::new();
    for file in code.files.iter().filter(|file| file.names("include_str")) {
        for at in 0..file.len() {
            let text = file.string(at + 3).filter(|_| {
                file.is(at, "include_str") && file.is(at + 1, "!") && file.is(at + 2, "(")
            });
            let path = text.and_then(|text| file.path.parent()?.join(&text));
            let path = path.filter(|path| ENDINGS.contains(&path.extension()));
            found.extend(path.filter(|path| {
                found.len() < MAX_EMBEDDED && code.repo.is_file(path) && !found.contains(path)
            }));
        }
    }
    found
}

/// The variable in `var("APP_ENVIRONMENT").unwrap_or("local")`, if local.yaml listens on the
/// loopback address and production.yaml does not.
fn profile(code: &Code, local: &Line, open: &Line) -> Option<(String, String, Evidence)> {
    let stem = |path: &RelPath| path.file_name().split('.').next().map(str::to_owned);
    let (from, to) = (stem(&local.file)?, stem(&open.file)?);
    // A file that applies to all profiles is named differently, so its name is no value of the
    // variable unless the code contains it.
    code.find(|file, at| file.string(at).is_some_and(|text| text == to))?;
    let chosen = |file: &super::SourceFile, at: usize| {
        file.string(at).is_some_and(|text| text == from) && variable(file, at).is_some()
    };
    let (file, at) = code.find(chosen)?;
    let note = format!(
        "{} listens on this machine only, {} does not",
        local.evidence.place(),
        open.evidence.place()
    );
    Some((variable(file, at)?, to, file.evidence(at, note)))
}

/// Reads TOML, YAML, JSON and INI line by line: sections, keys and values are all that is needed.
fn entries(text: &str, mut each: impl FnMut(u32, &str, &str, &str)) {
    let mut heading = String::new();
    for (number, line) in (1u32..).zip(text.lines()) {
        let bare = line.trim().trim_matches(|c: char| matches!(c, '"' | ',' | '{' | '['));
        if bare.starts_with(['#', ';']) {
            continue;
        }
        let Some((key, value)) = bare.split_once(['=', ':']) else {
            bare.trim_end_matches(']').clone_into(&mut heading);
            continue;
        };
        let key = key.trim().trim_matches('"').to_ascii_lowercase();
        let value = value
            .split(" #")
            .next()
            .unwrap_or_default()
            .trim()
            .trim_matches(['"', '\'', ',', '{', ' ']);
        if value.is_empty() {
            heading = key;
            continue;
        }
        each(number, &heading, &key, value);
    }
}

fn read(file: &RelPath, text: &str, lines: &mut Vec<Line>) {
    // An indented section is inside another one, so its full path is not known.
    let margin = |line: &&str| line.starts_with(|c: char| c == '[' || c.is_ascii_alphanumeric());
    let top: Vec<&str> =
        text.lines().filter(margin).map(|line| line.trim().trim_matches(['[', ']', ':'])).collect();
    entries(text, |number, heading, key, value| {
        // Above all sections, what the program listens on needs no further name.
        let bare = heading.is_empty() && (PORTS.contains(&key) || ADDRESSES.contains(&key));
        if !bare && !HEADINGS.contains(&heading.to_ascii_lowercase().as_str()) {
            return;
        }
        let of = if bare { key } else { heading };
        let evidence = |note: &str| Evidence::at(file, number, format!("{note} of `{of}`"));
        let line = Line {
            file: file.clone(),
            local: None,
            joined: false,
            port: None,
            setting: top.contains(&heading).then(|| format!("{heading}.{key}")),
            evidence: evidence("port"),
        };
        let line = Line { setting: if bare { Some(key.to_owned()) } else { line.setting }, ..line };
        if PORTS.contains(&key) {
            if let Some(port) = value.parse().ok().filter(|port| *port > 0) {
                lines.push(Line { port: Some(port), ..line });
            }
        } else if let Some((local, joined, port)) = parse(value) {
            lines.push(Line {
                local: Some(local),
                joined,
                port,
                evidence: evidence("address"),
                ..line
            });
        }
    });
}

/// Folders that the files name for the program's data: `path = "./data/"`. The value must look
/// like a folder beside the program, and must not exist in the repository: an existing folder is
/// read instead.
pub(super) fn folders(code: &Code, disk: &Disk) -> Vec<Sourced<String>> {
    let mut found = Vec::new();
    for (file, _, _) in disk.files.iter().filter(|(path, _, _)| ENDINGS.contains(&path.extension()))
    {
        let Ok(Some(text)) = code.repo.source_text(file) else { continue };
        entries(&text, |number, _, key, value| {
            let named = ["path", "dir", "directory", "folder"]
                .iter()
                .any(|word| key.rsplit(['_', '-', '.']).next() == Some(word));
            let plain = value
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-'));
            let own = value
                .strip_prefix("./")
                .or_else(|| value.strip_suffix('/'))
                .filter(|_| !value.starts_with('/'));
            let Some(folder) = own
                .filter(|_| named && plain)
                .and_then(RelPath::new)
                .filter(|path| !path.is_root())
            else {
                return;
            };
            let there = code.root.join(folder.as_str()).is_some_and(|path| code.repo.exists(&path));
            if !there && !folder.file_name().contains('.') {
                found.push(Sourced::new(
                    folder.to_string(),
                    Evidence::at(file, number, format!("`{key}`: {value}")),
                ));
            }
        });
    }
    found
}

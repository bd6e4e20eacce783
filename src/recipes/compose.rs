//! Compose files: services with their ports, volumes, environment and commands.
//! <https://docs.docker.com/reference/compose-file/services/>

use super::{Folder, Port, Recipe, Run, Running, Variable, port_number};
use crate::facts::Evidence;
use crate::path::{RelPath, is_at_or_below};
use crate::repo::Repo;
use crate::services::is_own;
use crate::settings::{self, Item, Value};
use crate::shell;

/// Reads a compose file.
pub(super) fn read(_: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    if is_own(text) {
        return;
    }
    let documents = settings::parse_yaml(text);
    let Some(root) = documents.first() else { return };
    let folder = file.parent().unwrap_or_default();
    for entry in root.get("services").map(Item::entries).unwrap_or_default() {
        let service = &entry.item;
        let note = format!("the service {} of {}", entry.key, file.file_name());
        let mut run = Run::new(Recipe::Compose, &entry.key, Evidence::at(file, entry.line, note));
        run.image = service.text_at(&["image"]).map(str::to_owned);
        if let Some(build) = service.get("build") {
            if build.text_at(&["dockerfile"]).is_some_and(is_for_tests) {
                continue;
            }
            let context = build.text().or(build.text_at(&["context"])).unwrap_or(".");
            run.dir = folder.join(context);
            run.built_here = true;
            into.images.extend(run.image.clone());
        }
        command(service.get("command"), file, &mut run);
        environment(service.get("environment"), file, &mut run);
        for item in service.get("ports").map(Item::items).unwrap_or_default() {
            run.ports.extend(port(item, file));
        }
        let volumes = service.get("volumes").map(Item::items).unwrap_or_default();
        for item in volumes {
            let Some(text) = mount(item) else { continue };
            run.folders.extend(volume(item, &text, file));
            run.inputs.extend(input(item, &text, file));
        }
        run.options.extend(volumes.iter().find_map(|item| {
            let at = Evidence::at(file, item.line, "mounts the socket of the Docker engine");
            mounts_engine(item.text().or_else(|| item.text_at(&["source"]))?, at)
        }));
        options(service, file, &mut run);
        let target = service.text_at(&["build", "target"]).unwrap_or_default();
        if ["dev", "devel", "development", "debug", "test"].contains(&target)
            || volumes.iter().any(mounts_sources)
        {
            run.develop();
        }
        into.runs.push(run);
    }
}

/// True if the Dockerfile's name says that it is not for the program: `Dockerfile.e2e`.
fn is_for_tests(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    ["test", "e2e", "bench", "lint", "integration"].iter().any(|word| name.contains(word))
}

/// What the container gets beyond what each has.
fn options(service: &Item, file: &RelPath, run: &mut Run) {
    let mut add = |option: String, item: &Item| {
        let evidence = Evidence::at(file, item.line, format!("starts it with `{option}`"));
        run.options.push((option, evidence));
    };
    for (key, option) in [("cap_add", "--cap-add"), ("devices", "--device")] {
        for item in service.get(key).map(Item::items).unwrap_or_default() {
            if let Some(text) = item.text() {
                add(format!("{option} {text}"), item);
            }
        }
    }
    for (key, value, option) in [
        ("privileged", "true", "--privileged"),
        ("network_mode", "host", "--network host"),
        ("pid", "host", "--pid host"),
    ] {
        if let Some(item) = service.get(key).filter(|item| item.text() == Some(value)) {
            add(option.to_owned(), item);
        }
    }
}

/// Spellings of the current folder in a volume.
const SOURCES: [&str; 5] = [".", "$PWD", "$(pwd)", "${PWD}", "`pwd`"];

fn command(item: Option<&Item>, file: &RelPath, run: &mut Run) {
    let Some(item) = item else { return };
    match &item.value {
        Value::Scalar(line) => run.set_line(line, file, item.line),
        _ => run.words = item.items().iter().filter_map(|i| i.text().map(str::to_owned)).collect(),
    }
}

fn environment(item: Option<&Item>, file: &RelPath, run: &mut Run) {
    let Some(item) = item else { return };
    let pairs = item.items().iter().filter_map(|item| {
        let (key, value) = item.text()?.split_once('=')?;
        Some((key.to_owned(), value.to_owned(), item.line))
    });
    let entries =
        item.entries().iter().filter(|entry| entry.item.text() != Some("")).filter_map(|entry| {
            Some((entry.key.clone(), entry.item.text()?.to_owned(), entry.line))
        });
    for (key, value, line) in pairs.chain(entries) {
        let evidence = Evidence::at(file, line, format!("sets {key}"));
        run.env.push(Variable { key, value, evidence });
    }
}

/// `8080:80/udp`, `127.0.0.1:8080:80`, or `target: 80`.
fn port(item: &Item, file: &RelPath) -> Option<Port> {
    let text = if let Some(text) = item.text() {
        text.to_owned()
    } else {
        let protocol = item.text_at(&["protocol"]).unwrap_or("tcp");
        format!("{}/{protocol}", item.text_at(&["target"])?)
    };
    let (number, udp) = published(&text)?;
    let evidence = Evidence::at(file, item.line, format!("publishes `{text}`"));
    Some(Port { number, udp, evidence })
}

/// The container's side of `-p` and `ports`.
pub(super) fn published(text: &str) -> Option<(u16, bool)> {
    let text = shell::expand(text, false, &|_| None);
    let (text, protocol) = text.rsplit_once('/').unwrap_or((&text, "tcp"));
    // `${PORT:-3000}:3000`: the last part is the container's.
    let number = text.rsplit(':').next()?;
    Some((port_number(number)?, protocol == "udp"))
}

/// The option that gives the container the socket of the Docker engine.
pub(super) fn mounts_engine(text: &str, at: Evidence) -> Option<(String, Evidence)> {
    const SOCKET: &str = "/var/run/docker.sock";
    let source = text.split(':').next()?;
    let option = format!("-v {SOCKET}:{SOCKET} --group-add $(stat -c %g {SOCKET})");
    (source == SOCKET || source == "/run/docker.sock").then_some((option, at))
}

/// True if the volume mounts the folder of the sources.
fn mounts_sources(item: &Item) -> bool {
    let source = match item.text() {
        Some(text) if text.contains(':') => text.split(':').next(),
        Some(_) => None,
        None => item.text_at(&["source"]),
    };
    source.is_some_and(|source| {
        let source = source.trim_end_matches('/').trim_start_matches("./");
        SOURCES.contains(&source) || ["src", "app", "cmd", "internal", ".."].contains(&source)
    })
}

/// A volume in the short form: `./data:/data:ro`.
fn mount(item: &Item) -> Option<String> {
    if let Some(text) = item.text() {
        return Some(text.to_owned());
    }
    let source = item.text_at(&["source"]).unwrap_or_default();
    let options = if item.text_at(&["read_only"]) == Some("true") { ":ro" } else { "" };
    Some(format!("{source}:{}{options}", item.text_at(&["target"])?))
}

fn volume(item: &Item, text: &str, file: &RelPath) -> Option<Folder> {
    let path = mounted(text)?;
    let evidence = Evidence::at(file, item.line, format!("a volume is mounted at {path}"));
    Some(Folder { path, source: source(text, file), given: None, evidence })
}

fn input(item: &Item, text: &str, file: &RelPath) -> Option<Folder> {
    let path = mounted_for_reading(text)?;
    let evidence = Evidence::at(file, item.line, format!("{path} is mounted"));
    Some(Folder { path, source: source(text, file), given: None, evidence })
}

/// The path in the repository that is mounted. Names without a dot are volumes of the engine's.
fn source(text: &str, file: &RelPath) -> Option<RelPath> {
    let (source, _) = text.split_once(':').filter(|(source, _)| source.starts_with('.'))?;
    file.parent().unwrap_or_default().join(source)
}

/// Extensions of files that a folder of data or settings may hold; those of others are code.
const DATA: [&str; 32] = [
    "",
    "cfg",
    "conf",
    "crt",
    "csv",
    "db",
    "env",
    "gif",
    "gz",
    "htm",
    "html",
    "ini",
    "jpg",
    "json",
    "jsonl",
    "key",
    "log",
    "md",
    "pdf",
    "pem",
    "png",
    "properties",
    "sh",
    "sql",
    "sqlite",
    "svg",
    "toml",
    "txt",
    "xml",
    "yaml",
    "yml",
    "zip",
];

/// Maximum number of files of a mounted folder that are looked at.
const MAX_MOUNTED: usize = 400;

/// Finds the services that mount a folder with code of the repository: a developer's.
pub(super) fn developing(repo: &Repo, runs: &mut [Run]) {
    let holds_code = |folder: &RelPath| {
        let mut files = repo.files_under(folder).take(MAX_MOUNTED);
        files.any(|path| !DATA.contains(&path.extension()) && !path.file_name().starts_with('.'))
    };
    for run in runs.iter_mut().filter(|run| run.by == Recipe::Compose) {
        let is_code = |folder: &Folder| folder.source.as_ref().is_some_and(holds_code);
        if run.folders.iter().any(is_code) {
            run.folders.retain(|folder| !is_code(folder));
            run.develop();
        }
    }
}

/// Files whose name begins with a dot, as those of folders do.
const DOTTED_FILES: [&str; 8] =
    [".env", ".gitconfig", ".htpasswd", ".netrc", ".npmrc", ".pgpass", ".pypirc", ".ssh_config"];

/// The mount without the drive of a path of Windows: `c:/data:/data`.
fn behind_drive(text: &str) -> &str {
    let of_drive = |(drive, rest): (&str, &'_ str)| {
        let letter = drive.len() == 1 && drive.starts_with(|c: char| c.is_ascii_alphabetic());
        letter && rest.contains(":/")
    };
    let held = text.split_once(':').filter(|held| of_drive(*held));
    held.map_or(text, |(_, rest)| rest)
}

/// The mount as it is written, for reading alone, if anybody can type it: without a variable and
/// without the folder of a person.
pub(super) fn as_given(text: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-:".contains(c);
    let (source, path, _) = parts(text)?;
    let usable = text.chars().all(plain) && behind_drive(text) == text;
    let file = source.starts_with(['/', '.']);
    (usable && file).then(|| format!("{source}:{path}:ro"))
}

/// The parts of `-v` and `volumes`: source, path in the container without a slash at its end, options.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let text = behind_drive(text);
    let parts: Vec<&str> = text.split(':').collect();
    let (source, path, options) = match parts.as_slice() {
        [path] => ("", *path, ""),
        [source, path] => (*source, *path, ""),
        [source, path, options, ..] => (*source, *path, *options),
        [] => return None,
    };
    let path = path.trim_end_matches('/');
    let usable = path.starts_with('/') && !path.contains(['$', '`']) && !path.contains("..");
    usable.then_some((source, path, options))
}

/// True if the path is one of the folders, or in one.
fn is_in(path: &str, folders: &[&str]) -> bool {
    folders.iter().any(|folder| is_at_or_below(path, folder))
}

/// True for the path of a single file.
fn is_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    name.contains('.') && !name.starts_with('.')
        || name.starts_with(".env.")
        || DOTTED_FILES.contains(&name)
}

fn is_socket(path: &str) -> bool {
    path.trim_end_matches('}').to_ascii_lowercase().ends_with("sock")
}

/// True for sources, and caches of tools: they are mounted for development.
fn is_for_development(source: &str, path: &str) -> bool {
    let last = path.rsplit('/').next().unwrap_or_default();
    is_in(path, &["/go", "/root/.cache"])
        || ["node_modules", "target"].contains(&last)
        || SOURCES.contains(&source.trim_end_matches('/'))
}

/// True for a folder whose name says that the program only reads it.
fn is_of_certificates(path: &str) -> bool {
    const NAMES: [&str; 7] = ["cert", "certificates", "certs", "keys", "secrets", "ssl", "tls"];
    NAMES.contains(&path.rsplit('/').next().unwrap_or_default())
}

fn is_read_only(options: &str) -> bool {
    options.split(',').any(|option| option == "ro")
}

/// The folder of the container that `-v` or `volumes` mounts for writing; `None` for a single file,
/// for a read-only mount, and for a path that belongs to the machine.
pub(super) fn mounted(text: &str) -> Option<String> {
    let (source, path, options) = parts(text)?;
    let of_machine = ["/var/run", "/run", "/etc", "/proc", "/sys", "/dev", "/usr", "/host", "/tmp"];
    let input = is_file(path)
        || is_in(path, &of_machine)
        || is_read_only(options)
        || is_of_certificates(path);
    let other = is_socket(source) || is_socket(path) || is_for_development(source, path);
    (!input && !other).then(|| path.to_owned())
}

/// The file, or the folder of settings, that `-v` or `volumes` mounts for the program to read;
/// `None` for a path that belongs to the machine.
pub(super) fn mounted_for_reading(text: &str) -> Option<String> {
    const OF_MACHINE: [&str; 16] = [
        "/dev",
        "/docker-entrypoint-initdb.d",
        "/etc/ca-certificates",
        "/etc/group",
        "/etc/hosts",
        "/etc/localtime",
        "/etc/passwd",
        "/etc/pki",
        "/etc/ssl",
        "/etc/timezone",
        "/host",
        "/proc",
        "/run",
        "/sys",
        "/usr",
        "/var/run",
    ];
    let (source, path, options) = parts(text)?;
    let input = is_file(path)
        || is_in(path, &["/etc"])
        || is_read_only(options)
        || is_of_certificates(path);
    let other = is_in(path, &OF_MACHINE)
        || is_socket(source)
        || is_socket(path)
        || is_for_development(source, path)
        || path.rsplit_once('.').is_some_and(|(_, ending)| ending == "sh");
    (input && !other && !source.is_empty()).then(|| path.to_owned())
}

//! Where values end up: folders and files that the code writes, programs that it starts.

use std::ops::Range;

use super::artifact::Shape;
use super::branch::Reach;
use super::code::{Code, Place};
use super::storage::write;
use crate::code::{Base, Call, Value};
use crate::facts::{Evidence, Finding, Program, Severity};

/// How many callers of one method are looked at.
const MAX_CALLERS: usize = 8;
/// The home of the image's user.
pub(super) const HOME: &str = "/home/nonroot";
/// Folders of the system, which no program makes its own.
const SYSTEM: [&str; 9] = ["/proc", "/sys", "/dev", "/etc", "/tmp", "/usr", "/bin", "/run", "/lib"];

/// A call that writes: its name, the words before its dot (`""`: any), the argument that is the
/// path (`None`: what it is called on), and whether that is a folder.
struct Writer {
    name: &'static str,
    on: &'static str,
    path: Option<usize>,
    folder: bool,
}

const fn writer(name: &'static str, on: &'static str, path: Option<usize>, folder: bool) -> Writer {
    Writer { name, on, path, folder }
}

/// java.nio.file.Files, java.io.File, and what is built on them.
const WRITERS: [Writer; 34] = [
    writer("PrintWriter", "new", Some(0), false),
    writer("createDirectories", "Files", Some(0), true),
    writer("createDirectory", "Files", Some(0), true),
    writer("forceMkdir", "FileUtils", Some(0), true),
    writer("mkdirs", "", None, true),
    writer("mkdir", "", None, true),
    writer("createNewFile", "", None, false),
    writer("createFile", "Files", Some(0), false),
    writer("write", "Files", Some(0), false),
    writer("writeString", "Files", Some(0), false),
    writer("newBufferedWriter", "Files", Some(0), false),
    writer("newOutputStream", "Files", Some(0), false),
    writer("copy", "Files", Some(1), false),
    writer("move", "Files", Some(1), false),
    writer("writeStringToFile", "FileUtils", Some(0), false),
    writer("copyInputStreamToFile", "FileUtils", Some(1), false),
    writer("FileOutputStream", "new", Some(0), false),
    writer("FileWriter", "new", Some(0), false),
    writer("RandomAccessFile", "new", Some(0), false),
    writer("createDirectories", "", None, true),
    writer("writeText", "", None, false),
    writer("transferTo", "", Some(0), false),
    writer("appendText", "", None, false),
    writer("writeBytes", "", None, false),
    writer("write", "ImageIO", Some(2), false),
    writer("open", "FileChannel", Some(0), false),
    writer("newByteChannel", "Files", Some(0), false),
    writer("open", "FSDirectory", Some(0), true),
    writer("open", "MMapDirectory", Some(0), true),
    writer("open", "MVStore", Some(0), false),
    writer("open", "RocksDB", Some(0), true),
    writer("open", "RocksDB", Some(1), true),
    writer("fileDB", "DBMaker", Some(0), false),
    writer("start", "EmbeddedStorage", Some(0), true),
];
/// Options that open a channel for writing.
const WRITING: [&str; 4] = ["WRITE", "APPEND", "CREATE", "CREATE_NEW"];

/// Adds the folders that the code writes by its own calls.
pub(super) fn folders(program: &mut Program, shape: &Shape, code: &Code) {
    for writer in &WRITERS {
        for place in code.calls(writer.name) {
            if reads_only(code, writer, *place) {
                continue;
            }
            // Each caller of the method may hand over another path.
            for caller in 0..MAX_CALLERS {
                code.caller.set(Some(caller));
                code.callers_seen.set(0);
                let found = target(code, writer, *place);
                let several = code.callers_seen.get();
                let left_out = several > 1 && code.reached(*place, None, 0) == Reach::Sure(false);
                if let Some((range, value)) = found.filter(|_| !left_out) {
                    let evidence = written(code, writer, (place.0, range.start), &value);
                    take(program, shape, &value, writer.folder, evidence);
                }
                if caller + 1 >= several {
                    break;
                }
            }
        }
    }
    code.caller.set(None);
}

fn written(code: &Code, writer: &Writer, place: Place, value: &Value) -> Evidence {
    let mut evidence = code.evidence(place, format!("`{}` writes there", writer.name));
    if let Some(name) = value.parts.iter().find_map(|part| part.env.as_deref()) {
        evidence.note = format!("{}; {name} changes it", evidence.note);
    } else if let Some(name) = value.parts.iter().find_map(|part| part.flag.as_deref()) {
        evidence.note = format!("{}; -D{name} changes it", evidence.note);
    }
    evidence
}

/// `new RandomAccessFile(path, "r")`
fn reads_only(code: &Code, writer: &Writer, place: Place) -> bool {
    let file = &code.sources[place.0];
    let options = || place.1..file.pair(place.1 + 1).min(file.len());
    let channel = matches!((writer.on, writer.name), ("FileChannel", _) | (_, "newByteChannel"));
    if channel {
        return !options().any(|at| file.word(at).is_some_and(|word| WRITING.contains(&word)));
    }
    writer.name == "RandomAccessFile"
        && code
            .arguments(place)
            .get(1)
            .is_some_and(|mode| code.sources[place.0].text(mode.start) == Some("r"))
}

fn target(code: &Code, writer: &Writer, place: Place) -> Option<(Range<usize>, Value)> {
    let (source, at) = place;
    let file = &code.sources[source];
    let before = match writer.on {
        "new" => at.checked_sub(1),
        "" => None,
        _ => at.checked_sub(2),
    };
    // Kotlin creates without a word.
    let any = writer.on.is_empty() || writer.on == "new" && file.is_kotlin();
    if !any && before.and_then(|before| file.word(before)) != Some(writer.on) {
        return None;
    }
    let range = match writer.path {
        Some(number) => code.arguments(place).get(number)?.clone(),
        None => Call::at(file, at)?.on()?,
    };
    // `Files.createDirectories(x)` is no method of `Files`.
    if writer.path.is_none() && file.word(range.start) == Some("Files") && range.len() == 1 {
        return None;
    }
    let value = code.value(source, range.clone(), 0);
    (!value.is_unknown()).then_some((range, value))
}

fn take(program: &mut Program, shape: &Shape, value: &Value, folder: bool, evidence: Evidence) {
    let (root, text) = match value.below() {
        Some((Base::Home, below)) => (format!("{HOME}/"), below),
        Some((Base::Program, below)) => (beside(shape), below),
        Some((Base::Source, _)) => return,
        // A name that is known at run time lies in a folder that is known now.
        None => match value.text() {
            Some(known) => (String::new(), known),
            None => match value.prefix().rsplit_once('/') {
                Some((folder, _)) => (String::new(), folder.to_owned()),
                None => return,
            },
        },
    };
    let text = text.trim_start_matches("./").trim_end_matches('/');
    let odd = text.contains("..")
        || text.contains(['*', '%', '$', '{', '\\', '~', ':', '?'])
        || text.contains(char::is_whitespace)
        || text.contains(char::is_control);
    if odd || value.below().is_none() && text.is_empty() {
        return;
    }
    let partly = !value.is_known();
    let path = if folder || partly {
        text
    } else {
        text.rsplit_once('/').map_or("", |(folder, _)| folder)
    };
    let whole = format!("{root}{path}");
    let whole = if whole.len() > 1 { whole.trim_end_matches('/') } else { &whole };
    if SYSTEM.iter().any(|s| whole == *s || whole.starts_with(&format!("{s}/"))) {
        if whole == "/tmp" || whole.starts_with("/tmp/") {
            program.needs.temporary_files.get_or_insert(evidence);
        }
        return;
    }
    if whole == "/" {
        return;
    }
    if !whole.is_empty() && whole != "." {
        write(program, whole, evidence);
        return;
    }
    if !program.findings.iter().any(|finding| finding.code == "writes-beside-program") {
        program.findings.push(Finding::new(
            "writes-beside-program",
            Severity::Warning,
            if text.is_empty() {
                "the program writes into its working directory".to_owned()
            } else {
                format!("the program writes `{text}` into its working directory")
            },
            [evidence],
            "the image's own folder is not writable, and what is written there is lost with the container",
            "put it into a folder of its own, such as data/",
        ));
    }
}

/// The folder that holds the archive or the classes in the image, seen from the working directory.
fn beside(shape: &Shape) -> String {
    let folder = match shape {
        Shape::FastJar => "app/",
        Shape::Layers { launcher: Some(class), .. } if class.ends_with("WarLauncher") => "WEB-INF/",
        Shape::Layers { launcher: Some(_), .. } => "BOOT-INF/",
        Shape::Servlet { .. } => "webapps/root/WEB-INF/",
        _ => "",
    };
    folder.to_owned()
}

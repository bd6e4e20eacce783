//! Where values lead to: folders and files that the code writes.

use std::ops::Range;

use super::artifact::Shape;
use super::code::{Code, Place};
use super::flags;
use super::storage::{HOME, write};
use crate::code::branches::Reach;
use crate::code::writes::{Unfollowed, is_followed, unknown_folder};
use crate::code::{Base, Does, Value};
use crate::facts::{Evidence, Finding, FindingCode, Program};

/// How many callers of one method are read.
const MAX_CALLERS: usize = 8;
/// How many places of one name are looked at.
const MAX_PLACES: usize = 64;
/// Folders of the system, which no program may own.
const SYSTEM: [&str; 9] = ["/proc", "/sys", "/dev", "/etc", "/tmp", "/usr", "/bin", "/run", "/lib"];

/// Adds the folders into which the code itself writes.
pub(super) fn made(program: &mut Program, shape: &Shape, code: &Code) {
    let held = program.writable.len();
    let mut unfollowed = Vec::new();
    for (row, place) in code.doing(&[Does::MakesFolder, Does::WritesFile]) {
        let Some(range) = code.subject(row, place) else { continue };
        let mut followed = false;
        let mut stated: Option<Value> = None;
        // Each caller of the method may pass another path.
        for caller in 0..MAX_CALLERS {
            code.caller.set(Some(caller));
            code.callers_seen.set(0);
            let value = code.value(place.0, range.clone(), 0);
            let value = if row.patterned { value.without_pattern() } else { value };
            // With this caller's arguments the condition around the place may be false.
            let several = code.callers_seen.get();
            let left_out = several > 1 && code.reached(place, None, 0) == Reach::Sure(false);
            if !value.is_unknown() && !left_out {
                let evidence = written(code, place, range.start, &value);
                take(program, shape, &value, row.does == Does::MakesFolder, evidence);
            }
            followed |= left_out || is_followed(&value) || value.flag().is_some();
            if stated.as_ref().is_none_or(|held| held.env().is_none()) {
                stated = Some(value);
            }
            if caller + 1 >= several {
                break;
            }
        }
        if !followed && !row.stated && is_path(code, place, &range) {
            let note = format!(
                "`{}` writes to a folder that no code names",
                code.sources[place.0].raw(place.1)
            );
            let evidence = code.evidence((place.0, place.1), note);
            unfollowed.push(Unfollowed::new(&stated.unwrap_or_default(), evidence));
        }
    }
    code.caller.set(None);
    let beside = |finding: &Finding| finding.code == FindingCode::WritesBesideProgram;
    // Where other folders were found, one that was not is likely among them.
    if program.writable.len() == held && !program.findings.iter().any(beside) {
        program.findings.extend(unknown_folder(unfollowed));
    }
}

/// True unless the subject may as well be a stream or another writer, which
/// `new PrintWriter(x)` takes too.
fn is_path(code: &Code, (source, call): Place, range: &Range<usize>) -> bool {
    let file = &code.sources[source];
    if file.word(call) != Some("PrintWriter") {
        return true;
    }
    let is_type = |at: usize| matches!(file.word(at), Some("File" | "String" | "Path"));
    match (file.word(range.start), range.len()) {
        (Some("new"), _) => is_type(range.start + 1),
        // `File log` or Kotlin's `log: File`
        (Some(name), 1) => file
            .places(name)
            .iter()
            .take(MAX_PLACES)
            .any(|&at| at > 0 && is_type(at - 1) || file.mark(at + 1, ':') && is_type(at + 2)),
        _ => false,
    }
}

fn written(code: &Code, (source, call): Place, at: usize, value: &Value) -> Evidence {
    let note = format!("`{}` writes there", code.sources[source].raw(call));
    let mut evidence = code.evidence((source, at), note);
    if let Some(name) = value.parts.iter().find_map(|part| part.env.as_deref()) {
        evidence.note = format!("{}; {name} changes it", evidence.note);
    } else if let Some(name) = value.parts.iter().find_map(|part| part.flag.as_deref()) {
        evidence.note = format!("{}; {} changes it", evidence.note, flags::spelt(name));
    }
    evidence
}

fn take(program: &mut Program, shape: &Shape, value: &Value, folder: bool, evidence: Evidence) {
    let (root, text) = match value.below() {
        Some((Base::Home, below)) => (format!("{HOME}/"), below),
        Some((Base::Program, below)) => (beside(shape), below),
        // The file's name is only known at run time, but its folder is known now.
        None => match value.text() {
            Some(known) => (String::new(), known),
            None => match value.prefix().rsplit_once('/') {
                Some((folder, _)) => (String::new(), folder.to_owned()),
                None => return,
            },
        },
    };
    // `a//b/` and `a/b` are one folder, which must not be made and granted twice.
    let mut text = text.split('/').filter(|part| !part.is_empty()).fold(
        if text.starts_with('/') { "/".to_owned() } else { String::new() },
        |whole, part| match whole.as_str() {
            "" | "/" => whole + part,
            _ => whole + "/" + part,
        },
    );
    // `@project.version@`: what the build writes there changes with each release.
    let filtered = text.find('@').map(|at| text[..at].rfind('/').unwrap_or_default());
    if let Some(end) = filtered {
        text.truncate(end);
    }
    let text = text.trim_start_matches("./").trim_end_matches('/');
    let odd = text.contains("..")
        || text.contains(['*', '%', '$', '{', '\\', '~', ':', '?'])
        || text.contains(char::is_whitespace)
        || text.contains(char::is_control)
        // A boolean or a number comes from a caller of another method with the same name.
        || matches!(text, "true" | "false")
        || !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    if is_of_windows(text) {
        of_windows(program, text, value, evidence);
        return;
    }
    // Such a text is no path of a container: it is a pattern or an address.
    if odd || value.below().is_none() && text.is_empty() {
        return;
    }
    let partly = !value.is_known() || filtered.is_some();
    // Of a file, its folder is made: the program creates the file itself.
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
    if !program.findings.iter().any(|finding| finding.code == FindingCode::WritesBesideProgram) {
        program.findings.push(Finding::writes_beside_program(
            Some(text).filter(|text| !text.is_empty()),
            [evidence],
        ));
    }
}

/// Reports a path of Windows. On Linux, it is a folder in the working directory.
fn of_windows(program: &mut Program, text: &str, value: &Value, evidence: Evidence) {
    if program.findings.iter().any(|finding| finding.code == FindingCode::FolderUnknown) {
        return;
    }
    // What follows is known only to the running program.
    let known = text.split(['{', '%', '$']).next().unwrap_or_default().trim_end_matches('/');
    let what = format!("the program writes to `{known}`, which is a path of Windows");
    let fix = match value.parts.iter().find_map(|part| part.env.as_deref()) {
        Some(name) => format!(
            "set both, for example --writable /data --env {name}=/data, and mount a volume there"
        ),
        None => "name a folder of the container, and make it with --writable".to_owned(),
    };
    program.findings.push(Finding::new(FindingCode::FolderUnknown, what, [evidence]).with_fix(fix));
}

/// True for a path such as `D:/uploads`.
fn is_of_windows(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.next() == Some(':')
        && matches!(chars.next(), Some('/' | '\\'))
}

/// The folder of the archive or the classes in the image, relative to the working directory.
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

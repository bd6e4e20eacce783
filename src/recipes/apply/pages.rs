//! The port of the page that documentation opens, where nothing else names one.

use anyhow::Result;

use super::code::{Code, is_comment};
use super::report;
use crate::code::is_foreign;
use crate::facts::{Evidence, Finding, FindingCode, Kind, Program, Sourced};
use crate::path::RelPath;

/// Hosts that only the container itself reaches.
const LOCAL: [&str; 2] = ["localhost:", "127.0.0.1:"];

/// Takes the port as a guess if all pages have the same one. Says so if the code holds that port on
/// the loopback interface alone.
///
/// # Errors
/// If a file of the code cannot be read.
pub(super) fn opened(
    program: &mut Program,
    dir: &RelPath,
    pages: &[(u16, Evidence)],
    code: &Code<'_>,
) -> Result<()> {
    let mut own = pages.iter().filter(|(port, _)| !is_foreign(*port));
    let Some((port, evidence)) = own.next() else { return Ok(()) };
    // A tool that listens nowhere may have pages of documentation that are served elsewhere.
    let likely = program.kind == Kind::Service || evidence.file.parent().as_ref() == Some(dir);
    if program.port.is_some() || !likely || own.any(|(other, _)| other != port) {
        return Ok(());
    }
    program.port = Some(Sourced::guessed(*port, evidence.clone()));
    program.kind = Kind::Service;
    program.findings.retain(|finding| finding.code != FindingCode::PortUnknown);
    let addresses: Vec<String> = LOCAL
        .iter()
        .flat_map(|host| ["\"", "'"].map(|quote| format!("{quote}{host}{port}{quote}")))
        .collect();
    let words: Vec<&str> = addresses.iter().map(String::as_str).collect();
    for (path, text) in code.texts_with(&words)? {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !is_comment(line));
        let mut held = lines.filter_map(|(number, line)| {
            Some((number, words.iter().find(|word| line.contains(**word))?))
        });
        if let Some((number, address)) = held.next() {
            let address = address.trim_matches(['"', '\'']);
            let at = Evidence::at(path, number, format!("`{address}` is the default"));
            report(program, Finding::localhost_only(address, [at]));
            return Ok(());
        }
    }
    Ok(())
}

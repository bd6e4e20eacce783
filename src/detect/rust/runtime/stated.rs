//! What settings files of the repository state of a setting that the code gives a default: with the
//! libraries config and figment, and with a file that serde reads, the file has the last word.
//! `set_default` of config stands between the two.

use std::rc::Rc;

use super::address::parse;
use super::disk::Disk;
use super::layers::Layer;
use super::{Code, environment};
use crate::code::listen::Listening;
use crate::code::{File, Form, Program as Source};
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Rejected, Sourced};
use crate::path::RelPath;
use crate::settings::{Item, documents};

/// Names of the setting with the host beside that of the port.
const HOSTS: [&str; 8] =
    ["host", "address", "addr", "bind", "listen", "ip", "bind_address", "listen_address"];

/// A value of a file or of a call, which replaces a default.
struct Stated {
    text: String,
    evidence: Evidence,
}

/// Replaces the port that is the default of a setting with the one that is in force.
pub(super) fn apply(
    found: &mut Listening,
    source: &Source,
    code: &Code,
    (disk, layers): (&Disk, &[Layer]),
) {
    let Some(held) = found.port.as_ref() else { return };
    let Some(at) = held.evidence.first() else { return };
    let Some((file, setting)) = setting_at(source, at) else { return };
    let files = files(code, disk, layers);
    let stated = in_files(code, &files, &setting).or_else(|| set_default(source, &setting));
    let port = stated.and_then(|stated| {
        let port: u16 = stated.text.trim().parse().ok().filter(|port| *port > 0)?;
        Some(Sourced::new(port, stated.evidence))
    });
    if let Some(mut port) = port
        && port.value != held.value
    {
        let why = format!("{}: the default of `{setting}`", at.place());
        port.rejected.push(Rejected { value: held.value.to_string(), why });
        found.port = Some(port);
    }
    // The host is the field beside it.
    let fields = file.facts().definitions().iter().map(|field| file.word(field.name));
    let fields: Vec<&str> = fields.collect();
    let names = HOSTS.iter().filter(|name| fields.contains(name) || is_field(&file, name));
    let section = setting.rsplit_once('.').map(|(section, _)| section);
    for name in names {
        let name = section.map_or_else(|| (*name).to_owned(), |above| format!("{above}.{name}"));
        if let Some(stated) = in_files(code, &files, &name) {
            host(found, code, &name, &stated);
            return;
        }
    }
}

/// A field without a default: `host: String`.
fn is_field(file: &File, name: &str) -> bool {
    file.places(name).iter().any(|&at| file.word(at + 1) == ":" && file.word(at + 2) != ":")
}

/// Opens the host that a file states, or closes the question that a default raised.
fn host(found: &mut Listening, code: &Code, setting: &str, stated: &Stated) {
    let Some((local, joined, port)) = parse(stated.text.trim()) else { return };
    found.findings.retain(|finding| finding.code != FindingCode::LocalhostOnly);
    if !local {
        return;
    }
    let port = port.or(found.port.as_ref().map(|port| port.value));
    let open = match port.filter(|_| joined) {
        Some(port) => format!("0.0.0.0:{port}"),
        None => "0.0.0.0".to_owned(),
    };
    if let Some(key) = environment::layer(code).and_then(|layer| layer.variable(setting)) {
        let var = EnvVar { key, value: open };
        found.env.push(Sourced::new(var, stated.evidence.clone()));
        return;
    }
    let address = port.filter(|_| !joined).map(|port| format!("{}:{port}", stated.text.trim()));
    let address = address.unwrap_or_else(|| stated.text.trim().to_owned());
    let finding = Finding::localhost_only(address, [stated.evidence.clone()]);
    found.findings.push(finding.with_fix(format!(
        "set `{setting}` to 0.0.0.0 in {}, or read it from an environment variable",
        stated.evidence.file
    )));
}

/// The setting whose default stands at a place, with its file: `server.port`.
fn setting_at(source: &Source, at: &Evidence) -> Option<(Rc<File>, String)> {
    source.files().filter(|file| file.path == at.file).find_map(|file| {
        let mut fields = file.facts().definitions().iter().filter(|field| {
            let lines = [field.name, field.value.start];
            matches!(field.form, Form::Field | Form::Tag)
                && file.word(field.name).ends_with("port")
                && lines.iter().any(|&token| file.evidence(token, "").line == at.line)
        });
        fields.find_map(|field| {
            let owner = source.owner_of(file, field)?;
            let name = source.setting_name(&owner, file.word(field.name))?;
            Some((file.clone(), name))
        })
    })
}

/// The settings files of the repository that the program reads, the strongest first.
fn files(code: &Code, disk: &Disk, layers: &[Layer]) -> Vec<RelPath> {
    let mut all: Vec<RelPath> = Vec::new();
    let opened = disk.files.iter().map(|(path, _, _)| path.clone());
    let layered = layers.iter().filter_map(|layer| layer.path.clone());
    for path in opened.chain(layered).filter(|path| code.repo.is_file(path)) {
        all.retain(|held| *held != path);
        all.push(path);
    }
    all.reverse();
    all
}

fn in_files(code: &Code, files: &[RelPath], setting: &str) -> Option<Stated> {
    let keys: Vec<&str> = setting.split('.').collect();
    files.iter().find_map(|file| {
        let text = code.repo.source_text(file).ok().flatten()?;
        let mut all = documents(file.extension(), &text).into_iter();
        all.find_map(|root: Item| {
            let item = root.at(&keys)?;
            let evidence = Evidence::at(file, item.line, format!("`{setting}`"));
            Some(Stated { text: item.text()?.to_owned(), evidence })
        })
    })
}

/// `Config::builder().set_default("server.port", 9000)`.
fn set_default(source: &Source, setting: &str) -> Option<Stated> {
    source.calls_named("set_default").find_map(|call| {
        let named = source.argument(&call, 0)?.text()?;
        let text = source.argument(&call, 1)?.text().filter(|_| named == setting)?;
        let evidence = call.evidence(format!("`set_default` of `{setting}`"));
        Some(Stated { text, evidence })
    })
}

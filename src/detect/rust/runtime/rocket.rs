//! Rocket's configuration in the code. A value that the program merges into the figment overrides
//! Rocket.toml, the default and the variables: <https://rocket.rs/guide/v0.5/configuration/>.

use std::ops::Range;
use std::rc::Rc;

use super::Code;
use crate::code::listen::{self, Address, Listening};
use crate::code::{File, Form, Program as Source, Value};
use crate::facts::{EnvVar, Protocol, Sourced};

/// The address that the code gives to Rocket; `None` if Rocket chooses the port.
pub(super) fn listening(source: &Source, code: &Code) -> Option<Listening> {
    if !code.dependencies.contains("rocket") {
        return None;
    }
    let (file, port) = given(source, "port")?;
    let port = source.value(&file, port);
    let evidence = port.evidence()?.clone();
    let host = given(source, "address").map(|(file, host)| source.value(&file, host));
    let mut found = Listening { listens: Some(evidence.clone()), ..Listening::default() };
    let open = host.is_none() && port.text().is_some();
    if open {
        let key = "ROCKET_ADDRESS".to_owned();
        let var = EnvVar { key, value: "0.0.0.0".to_owned() };
        found.env.push(Sourced::new(var, evidence.clone()));
    }
    let mut value = host.unwrap_or_else(|| Value::unknown(evidence.clone()));
    value.parts.extend(Value::known(":", evidence.clone()).parts);
    value.parts.extend(port.parts);
    let address = Address { value, rank: 0, late: 0, protocol: Protocol::Tcp, evidence };
    // What the code sets is not the default, also where dockgen cannot read it.
    found.choose(listen::with_ports([address]));
    Some(found)
}

/// The folder of the templates that Rocket.toml names, of the profile `release` or of all:
/// <https://api.rocket.rs/v0.5/rocket_dyn_templates/>.
pub(super) fn templates(code: &Code) -> Option<String> {
    let text = code.repo.text(&code.root.join("Rocket.toml")?).ok()??;
    let table: toml::Table = text.parse().ok()?;
    let mut profiles = ["global", "release", "default"].iter().filter_map(|name| table.get(*name));
    let named = profiles.find_map(|profile| profile.get("template_dir")?.as_str())?;
    Some(named.trim_start_matches("./").trim_end_matches('/').to_owned())
}

/// The expression that the code gives to a key: `.merge(("port", x))` or `rocket::Config { port: x
/// }`.
fn given(source: &Source, key: &str) -> Option<(Rc<File>, Range<usize>)> {
    let merged = ["merge", "join"].into_iter().flat_map(|name| source.calls_named(name));
    let mut merged = merged.filter_map(|call| {
        let [pair] = call.arguments().try_into().ok()?;
        let pair: Range<usize> = pair;
        let parts = call.file.elements(pair.start);
        let [name, value] = parts.as_slice() else { return None };
        let named = call.file.string(name.start).is_some_and(|text| text == key);
        named.then(|| (call.file.clone(), value.clone()))
    });
    merged.next().or_else(|| {
        source.files().find_map(|file| {
            let mut fields = file.facts().definitions_of(file, key).iter();
            let field = fields.find(|field| {
                let open = file.enclosing(field.name).filter(|&open| open > 2);
                let of = |at: usize| {
                    file.word(at - 1) == "Config"
                        && (file.word(at - 3) == "rocket" || is_imported(file))
                };
                field.form == Form::Field && open.is_some_and(of)
            })?;
            Some((file.clone(), field.value.clone()))
        })
    })
}

/// True if a file imports Rocket's `Config`: `use rocket::config::Config;`.
fn is_imported(file: &File) -> bool {
    file.places("rocket").iter().filter(|&&at| at > 0 && file.word(at - 1) == "use").any(|&at| {
        let mut names = (at..(at + 32).min(file.len())).take_while(|&at| file.word(at) != ";");
        names.any(|at| file.word(at) == "Config")
    })
}

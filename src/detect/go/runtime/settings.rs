//! Ports that a program's settings name. They are read if the listening call itself does not lead
//! to a port.

use std::rc::Rc;

use crate::code::listen::is_address;
use crate::code::{
    File, Form, Kind, Part, Program as Code, Value, is_env_name, is_other_service, tags,
};
use crate::path::RelPath;

/// True if the words belong to a listener beside the main one.
pub(super) fn is_aside(words: &str) -> bool {
    ["metric", "pprof", "debug", "admin", "grpc"].iter().any(|word| words.contains(word))
}

/// Addresses in settings, strongest first: struct tags, flags, viper's defaults, constants, tables
/// of options, literals.
pub(super) fn addresses(code: &Code, own: &RelPath) -> Vec<(Value, u8)> {
    let mut all = Vec::new();
    let mut add = |value: Value, words: &str, weakness: u8| {
        let words = words.to_ascii_lowercase();
        if is_other_service(&words) {
            return;
        }
        all.push((value, weakness + if is_aside(&words) { 10 } else { 0 }));
    };
    for call in code.calls() {
        if let Some(value) = code.flag(&call)
            && value.flag().is_some_and(is_address)
        {
            let words = value.flag().unwrap_or_default().to_owned();
            add(value, &words, 1);
        }
        let arguments = call.arguments();
        if let [key, default, ..] = arguments.as_slice()
            && let Some(name) = call.file.string(key.start).filter(|_| key.len() == 1)
            && is_address(&name)
        {
            let value = code.value(&call.file, default.clone());
            if call.name() == "SetDefault" {
                add(value, &name, 2);
            } else if is_env_name(&name) {
                add(code.value(&call.file, call.at..call.file.closing(call.open) + 1), &name, 0);
            }
        }
    }
    for file in code.files() {
        for definition in file.facts().definitions() {
            let name = file.word(definition.name);
            match definition.form {
                Form::Tag => {
                    if let Some(value) =
                        tags::read(&code.rows.tag, file, definition.name, definition.value.start)
                        && (is_address(name) || value.env().is_some_and(is_address))
                    {
                        let words = format!("{name} {}", value.env().unwrap_or_default());
                        add(value, &words, 0);
                    }
                }
                // A local variable is rarely a setting.
                Form::Declared | Form::Set
                    if file.facts().function_at(definition.name).is_some() => {}
                _ if is_address(name) => {
                    // `smtp.Port = 587` is another server's.
                    let of = definition.name.checked_sub(2).map_or("", |at| file.word(at));
                    let of = if definition.form == Form::Assigned { of } else { "" };
                    add(code.value(file, definition.value.clone()), &format!("{of} {name}"), 3);
                }
                _ => {}
            }
        }
        for at in file.body..file.len() {
            if let Some(value) = literal(file, at) {
                // What is meant for others listens on all interfaces.
                let local = value.text().is_some_and(|text| is_loopback(&text));
                // `cmd/redis_exporter` is the program itself.
                let words = file.path.strip(own).unwrap_or(file.path.as_str());
                add(value, words, if local { 5 } else { 4 });
            }
        }
    }
    all
}

/// True for an address that only the machine itself reaches.
fn is_loopback(address: &str) -> bool {
    ["localhost:", "127.", "[::1]"].iter().any(|host| address.starts_with(host))
}

/// A literal `host:port`, with the environment variable whose entry in a table of options contains
/// it.
fn literal(file: &Rc<File>, at: usize) -> Option<Value> {
    let text = file.string(at).filter(|_| file.kind(at) == Some(Kind::Text))?;
    let (host, port) = text.rsplit_once(':')?;
    let plain = ["", "localhost", "127.0.0.1", "0.0.0.0", "[::]", "[::1]"].contains(&host);
    if !plain || !port.parse::<u16>().is_ok_and(|port| port >= 80) {
        return None;
    }
    let mut env = None;
    let mut inside = at;
    while let Some(open) = file.enclosing(inside).filter(|_| env.is_none()) {
        // Looks for `"LISTEN_ADDR": {...}` or `"LISTEN_ADDR": option{...}`.
        env = (1..=3)
            .filter_map(|back| {
                file.string(open.checked_sub(back)?).map(std::borrow::Cow::into_owned)
            })
            .find(|key| is_env_name(key));
        inside = open;
    }
    let evidence = match &env {
        Some(key) => file.evidence(at, format!("environment variable {key}, else `{text}`")),
        None => file.evidence(at, "an address as a literal"),
    };
    Some(Part::setting(Some(text.into_owned()), env, None, evidence).into())
}

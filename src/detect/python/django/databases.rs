//! The servers of databases that the settings name at this machine.

use std::ops::Range;
use std::rc::Rc;

use super::{MAX_LIST, texts};
use crate::code::{File, Program as Code, Value, connects};
use crate::facts::Connection;

/// Parts of the names of engines, with the service that each reaches.
/// <https://docs.djangoproject.com/en/5.2/ref/settings/#engine>
const ENGINES: [(&str, &str); 4] = [
    ("postgresql", "postgres"),
    ("postgis", "postgres"),
    ("backends.mysql", "mysql"),
    ("django_mongodb_backend", "mongo"),
];

/// Settings that name other services.
pub(super) const OTHERS: [&str; 3] = ["CACHES", "CHANNEL_LAYERS", "RQ_QUEUES"];

/// The first service at this machine that a dictionary of the settings names:
/// `"LOCATION": "redis://127.0.0.1:6379/1"`, `"hosts": [("127.0.0.1", 6379)]`.
pub(super) fn other_at_localhost(file: &Rc<File>, range: &Range<usize>) -> Option<Connection> {
    range.clone().take(MAX_LIST).find_map(|at| {
        let text = file.string(at)?;
        let host = ["localhost", "127.0.0.1"].into_iter().find(|host| text.contains(host))?;
        // The default of a variable is read with its name.
        let call = file
            .enclosing(at)
            .is_some_and(|open| open > 0 && file.word(open) == "(" && file.is_word(open - 1));
        let port = Some(file.word(at + 2))
            .filter(|port| text == host && file.word(at + 1) == "," && port.parse::<u16>().is_ok());
        let text = port.map_or_else(|| text.to_string(), |port| format!("{host}:{port}"));
        let whole = text.contains("://") || port.is_some();
        let at = file.evidence(at, "an address in the settings");
        (whole && !call).then(|| connects::here(&Value::known(text, at.clone()), None, &at))?
    })
}

/// The database at this machine that a dictionary of the settings names.
pub(super) fn at_localhost(
    code: &Code,
    file: &Rc<File>,
    range: &Range<usize>,
) -> Option<Connection> {
    let named = texts(file, range);
    let (_, service) = ENGINES.iter().find(|(engine, _)| named.contains(engine))?;
    let mut keys = range.clone().take(MAX_LIST).filter(|&at| file.word(at + 1) == ":");
    let at = keys.find(|&at| file.string(at).is_some_and(|key| key == "HOST"))?;
    let around = file.enclosing(at).map_or(range.end, |open| file.closing(open));
    let end = file.split(at + 2..around, &[","]).first().map_or(around, |first| first.end);
    let value = code.value(file, at + 2..end);
    let text = value.text().filter(|text| ["localhost", "127.0.0.1"].contains(&text.as_str()))?;
    let (variable, flag) = (value.env().map(str::to_owned), None);
    let evidence = vec![file.evidence(at, "the setting HOST of DATABASES")];
    let service = Some((*service).to_owned());
    Some(Connection { service, address: text.clone(), text, variable, flag, evidence })
}

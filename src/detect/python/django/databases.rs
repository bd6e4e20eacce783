//! The servers of databases that the settings name at this machine.

use std::ops::Range;
use std::rc::Rc;

use super::{MAX_LIST, texts};
use crate::code::{File, Program as Code};
use crate::facts::Connection;

/// Parts of the names of engines, with the service that each reaches.
/// <https://docs.djangoproject.com/en/5.2/ref/settings/#engine>
const ENGINES: [(&str, &str); 4] = [
    ("postgresql", "postgres"),
    ("postgis", "postgres"),
    ("backends.mysql", "mysql"),
    ("django_mongodb_backend", "mongo"),
];

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

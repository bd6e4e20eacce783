//! Functions of libraries that listen, as rows of the catalog's tables `listener` and
//! `default_port`.

use serde::Deserialize;

use super::super::super::expression::{Names, option};
use super::super::super::token::{Token, property};
use super::super::Source;

/// A row of the table `default_port`: a function that listens even if it gets no port.
#[derive(Deserialize)]
pub(super) struct DefaultPort {
    module: String,
    call: String,
    pub(super) port: u16,
}

impl DefaultPort {
    pub(super) fn is(&self, source: &Source, open: usize) -> bool {
        source.tokens[open - 1].is_word(&self.call) && source.imports(&self.module)
    }
}

/// A row of the table `listener`: a function or class that listens under a name of its own.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listener {
    module: String,
    /// The name; empty for settings that `port` names, in any object.
    #[serde(default)]
    pub(super) call: String,
    /// The keys of its options that lead to the port.
    #[serde(default)]
    port: Vec<String>,
    /// The keys of its options that lead to the host.
    #[serde(default)]
    host: Vec<String>,
    /// True if its first argument is an address with a port.
    #[serde(default)]
    pub(super) address: bool,
    /// True if it receives datagrams.
    #[serde(default)]
    pub(super) datagrams: bool,
    /// Where this is documented.
    #[serde(rename = "source")]
    _source: String,
}

impl Listener {
    pub(super) fn is_used(&self, source: &Source) -> bool {
        source.imports(&self.module)
    }

    /// The port in the arguments of a call.
    pub(super) fn port<'t>(&self, args: &[&'t [Token]]) -> Option<&'t [Token]> {
        let first = args.first()?;
        if !first.first()?.is('{') {
            return Some(first).copied();
        }
        let (key, rest) = self.port.split_first()?;
        inside(option(args, key)?, rest)
    }

    /// The port and the host of settings in an object, wherever that is passed.
    pub(super) fn settings<'t>(
        &self,
        names: &Names<'t>,
    ) -> Option<(&'t [Token], Option<&'t [Token]>)> {
        let (key, rest) = self.port.split_first().filter(|_| self.call.is_empty())?;
        let port = names.properties(key).find_map(|value| inside(value, rest))?;
        let host = self
            .host
            .split_first()
            .and_then(|(key, rest)| names.properties(key).find_map(|value| inside(value, rest)));
        Some((port, host))
    }
}

fn inside<'t>(value: &'t [Token], keys: &[String]) -> Option<&'t [Token]> {
    keys.iter().try_fold(value, |value, key| property(value, key))
}

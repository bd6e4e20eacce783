//! Settings files of any format as one tree, with the line of each key and value.
//!
//! The readers are lenient: they read files of other tools, where some evidence is better than an
//! error. An unreadable file is `None`.

mod json;
mod lines;
mod toml;
mod yaml;

pub(crate) use json::{
    line as json_line, parse as parse_json, parse_at as parse_json_at, written as to_json,
};
pub(crate) use lines::{Assignment, assignments, sections};
pub(crate) use toml::parse as parse_toml;
pub(crate) use yaml::documents as parse_yaml;

/// The documents of a file by its extension; none if it is unreadable or of another format.
pub(crate) fn documents(extension: &str, text: &str) -> Vec<Item> {
    match extension {
        "yaml" | "yml" => parse_yaml(text),
        "toml" => parse_toml(text).into_iter().collect(),
        "json" => parse_json(text).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Maximum nesting. A file with deeper values is unreadable.
const MAX_DEPTH: usize = 64;

/// A value, with the line on which it begins, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Item {
    /// The line.
    pub line: u32,
    /// The value.
    pub value: Value,
}

/// A value of a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Text, a number, a boolean or null, as spelled in the file.
    Scalar(String),
    /// A list.
    List(Vec<Item>),
    /// Keys and values, in the file's order.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The key.
    pub key: String,
    /// The line of the key.
    pub line: u32,
    /// The value.
    pub item: Item,
}

impl Item {
    fn scalar(line: u32, text: impl Into<String>) -> Self {
        Self { line, value: Value::Scalar(text.into()) }
    }

    /// The entries of a map; none for other values.
    pub(crate) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list. A single value counts as a list of one, as in most formats.
    pub(crate) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Scalar(_) => std::slice::from_ref(self),
            Value::Map(_) => &[],
        }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.item)
    }

    /// The value at a path of keys.
    pub(crate) fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |item, key| item.get(key))
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the scalar at a path of keys, if it is not empty.
    pub(crate) fn text_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys)?.text().filter(|text| !text.is_empty())
    }
}

/// The offsets at which lines begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        Self(memchr::memchr_iter(b'\n', text.as_bytes()).collect())
    }

    /// The line number of an offset, from 1.
    fn of(&self, offset: usize) -> u32 {
        let breaks = self.0.partition_point(|at| *at < offset);
        u32::try_from(breaks + 1).unwrap_or(u32::MAX)
    }
}

//! Settings files as one tree, whatever their format, each key and value with its line.
//!
//! The readers are lenient: they serve files that other tools own, whose evidence is worth more
//! than an error. What cannot be read is `None`.

mod json;
mod lines;
mod toml;
mod yaml;

pub use json::{line as json_line, parse as parse_json, parse_at as parse_json_at};
pub use lines::{Assignment, assignments, sections};
pub use toml::parse as parse_toml;
pub use yaml::documents as parse_yaml;

/// Levels of nesting that are read; what lies deeper makes the file unreadable.
const MAX_DEPTH: usize = 64;

/// A value and the line, from 1, on which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The line.
    pub line: u32,
    /// The value.
    pub value: Value,
}

/// A value of a settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Text, a number, a truth value or nothing, as the file spells it.
    Scalar(String),
    /// A list.
    List(Vec<Item>),
    /// Keys and values, in the file's order.
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
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

    /// The entries of a map; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; a single value counts as a list of one, as most formats have it.
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            Value::Scalar(_) => std::slice::from_ref(self),
            Value::Map(_) => &[],
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.item)
    }

    /// The value at a path of keys.
    pub fn at(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |item, key| item.get(key))
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text of the scalar at a path of keys, where it is not empty.
    pub fn text_at(&self, keys: &[&str]) -> Option<&str> {
        self.at(keys)?.text().filter(|text| !text.is_empty())
    }
}

/// Where the lines of a text begin.
struct Lines(Vec<usize>);

impl Lines {
    fn new(text: &str) -> Self {
        Self(memchr::memchr_iter(b'\n', text.as_bytes()).collect())
    }

    /// The line, from 1, of an offset.
    fn of(&self, offset: usize) -> u32 {
        let breaks = self.0.partition_point(|at| *at < offset);
        u32::try_from(breaks + 1).unwrap_or(u32::MAX)
    }
}

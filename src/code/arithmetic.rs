//! Sums and differences with a number, and entries of maps.

use std::ops::Range;
use std::rc::Rc;

use super::file::File;
use super::program::Program;
use super::tree::Kind;
use super::value::Value;

/// Maximum number of tokens of an expression that is calculated.
const MAX_TOKENS: usize = 24;

/// Maximum number of entries of a map.
const MAX_ENTRIES: usize = 256;

impl Program<'_> {
    /// The value of a sum, of texts or with a number, or of an entry of a map.
    pub(super) fn calculated(
        &self,
        file: &Rc<File>,
        range: &Range<usize>,
        steps: u8,
        unknown: &Value,
    ) -> Option<Value> {
        let value = self.number(file, range, steps).or_else(|| self.entry(file, range, steps));
        value.or_else(|| {
            let pieces = file.split(range.clone(), &["+"]);
            let pieces = (pieces.len() > 1).then(|| pieces.into_iter())?;
            Some(Self::sum(pieces.map(|piece| self.eval(file, piece, steps)), unknown.clone()))
        })
    }

    /// The value of `port + 1` or `port - 1`. It is unknown if one side is: the number alone is
    /// not the port.
    fn number(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        if range.len() < 3 || range.len() > MAX_TOKENS {
            return None;
        }
        let is_number =
            |side: &Range<usize>| side.len() == 1 && file.kind(side.start) == Some(Kind::Number);
        for mark in ["+", "-"] {
            let sides = file.split(range.clone(), &[mark]);
            let [left, right] = sides.as_slice() else { continue };
            if left.is_empty() || !(is_number(right) || mark == "+" && is_number(left)) {
                continue;
            }
            let parse = |text: Option<String>| text.and_then(|text| text.parse::<i64>().ok());
            let (one, other) =
                (self.eval(file, left.clone(), steps), self.eval(file, right.clone(), steps));
            let (first, second) = (parse(one.text()), parse(other.text()));
            return match (first, second) {
                (Some(first), Some(second)) => {
                    let result = if mark == "+" {
                        first.checked_add(second)
                    } else {
                        first.checked_sub(second)
                    };
                    let text = result.map(|result| result.to_string());
                    text.map(|text| Value::known(text, file.evidence(range.start, "a sum")))
                }
                // `"x" + 1` is a text where a language allows it.
                _ if mark == "+" && (one.text().is_some() && other.text().is_some()) => None,
                _ => Some(Value::unknown(file.evidence(range.start, "a sum of what is not known"))),
            };
        }
        None
    }

    /// The value of `defaults["bin"]` where the map is a literal of the package.
    fn entry(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        let dialect = file.dialect();
        if range.len() != 4 || dialect.objects || dialect.indents || dialect.tails {
            return None;
        }
        let (name, key) = (range.start, range.start + 2);
        let indexed = file.is_word(name) && file.word(name + 1) == "[";
        let key = file.string(key).filter(|_| indexed)?;
        let (files, word) = (self.package_of(file), file.word(name));
        let mut made = files.iter().flat_map(|file| {
            let all = file.facts().definitions_of(file, word).iter();
            all.filter(|one| one.form.is_variable()).map(move |one| (file, one))
        });
        let (held, definition) = made.next().filter(|_| made.next().is_none())?;
        let mut value = definition.value.clone();
        if held.word(value.start) != "map" {
            return None;
        }
        let open = value.find(|&at| held.word(at) == "{")?;
        let entry = held.elements(open).into_iter().take(MAX_ENTRIES).find(|entry| {
            held.word(entry.start + 1) == ":"
                && held.string(entry.start).is_some_and(|text| text == key)
        })?;
        Some(self.eval(held, entry.start + 2..entry.end, steps))
    }
}

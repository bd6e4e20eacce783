//! TOML, parsed by the crate `toml`.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Entry, Item, Lines, MAX_DEPTH, Value};

/// Parses a whole text.
pub(crate) fn parse(text: &str) -> Option<Item> {
    let table = DeTable::parse(text).ok()?;
    Some(Item { line: 1, value: map(&Lines::new(text), table.get_ref(), 0)? })
}

fn map(lines: &Lines, table: &DeTable, depth: usize) -> Option<Value> {
    let mut keys: Vec<_> = table.iter().collect();
    // The crate sorts tables by key; the tree keeps the order of the file.
    keys.sort_by_key(|(key, _)| key.span().start);
    let entries = keys.into_iter().map(|(key, value)| {
        let line = lines.of(key.span().start);
        Some(Entry {
            key: key.get_ref().to_string(),
            line,
            item: item(lines, value, line, depth + 1)?,
        })
    });
    entries.collect::<Option<Vec<_>>>().map(Value::Map)
}

fn item(lines: &Lines, value: &Spanned<DeValue>, line: u32, depth: usize) -> Option<Item> {
    if depth > MAX_DEPTH {
        return None;
    }
    let value = match value.get_ref() {
        DeValue::String(string) => Value::Scalar(string.to_string()),
        DeValue::Integer(number) => Value::Scalar(number.as_str().to_owned()),
        DeValue::Float(number) => Value::Scalar(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Value::Scalar(truth.to_string()),
        DeValue::Datetime(time) => Value::Scalar(time.to_string()),
        DeValue::Array(array) => {
            let items = array
                .iter()
                .map(|value| item(lines, value, lines.of(value.span().start), depth + 1));
            Value::List(items.collect::<Option<Vec<_>>>()?)
        }
        DeValue::Table(table) => map(lines, table, depth)?,
    };
    Some(Item { line, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_lines_and_order() {
        let text = "b = 1\n[[s]]\nport = 8080\n[a.c]\nd = [\n \"x\",\n 'y']\n";
        let item = parse(text).unwrap();
        let keys: Vec<_> = item.entries().iter().map(|e| (e.key.as_str(), e.line)).collect();
        assert_eq!(keys, [("b", 1), ("s", 2), ("a", 4)]);
        let service = &item.get("s").unwrap().items()[0];
        assert_eq!(service.entries()[0].line, 3);
        assert_eq!(item.at(&["a", "c", "d"]).unwrap().items()[1].line, 7);
        assert_eq!(parse("a ="), None);
    }
}

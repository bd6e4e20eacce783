//! YAML, parsed by the event parser of `serde-saphyr`. Tags are ignored, aliases are expanded, `<<`
//! is merged.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle};

use super::{Entry, Item, MAX_DEPTH, Value};

/// Maximum number of nodes in a file. Those of an alias count each time.
const MAX_NODES: usize = 100_000;

/// Every document of a text; none if one of them is invalid.
pub(crate) fn documents(text: &str) -> Vec<Item> {
    Reader { parser: Parser::new_from_str(text), anchors: BTreeMap::new(), nodes: 0 }
        .documents()
        .unwrap_or_default()
}

struct Reader<'t, T: granit_parser::BorrowedInput<'t>> {
    parser: Parser<'t, T>,
    anchors: BTreeMap<usize, (Item, usize)>,
    nodes: usize,
}

impl<'t, T: granit_parser::BorrowedInput<'t>> Reader<'t, T> {
    fn documents(mut self) -> Option<Vec<Item>> {
        let mut all = Vec::new();
        loop {
            match self.next()?.0 {
                Event::StreamEnd => return Some(all),
                Event::DocumentStart(..) => {
                    let (event, line) = self.next()?;
                    if !matches!(event, Event::DocumentEnd) {
                        all.push(self.item(event, line, 0)?);
                    }
                }
                _ => {}
            }
        }
    }

    /// The next event, with its line.
    fn next(&mut self) -> Option<(Event<'t>, u32)> {
        let (event, span) = self.parser.next_event()?.ok()?;
        Some((event, u32::try_from(span.start.line()).ok()?))
    }

    fn item(&mut self, event: Event<'t>, line: u32, depth: usize) -> Option<Item> {
        self.nodes += 1;
        if depth > MAX_DEPTH || self.nodes > MAX_NODES {
            return None;
        }
        let before = self.nodes;
        let (item, anchor) = match event {
            // The parser writes null so, also where nothing stands behind the key.
            Event::Scalar(text, ScalarStyle::Plain, anchor, _) if text == "~" => {
                (Item::scalar(line, ""), anchor)
            }
            Event::Scalar(text, _, anchor, _) => (Item::scalar(line, text), anchor),
            Event::Alias(anchor) => {
                let (item, nodes) = self.anchors.get(&anchor)?.clone();
                self.nodes += nodes;
                return (self.nodes <= MAX_NODES).then_some(item);
            }
            Event::SequenceStart(_, anchor, _) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => break,
                        (event, line) => items.push(self.item(event, line, depth + 1)?),
                    }
                }
                (Item { line, value: Value::List(items) }, anchor)
            }
            Event::MappingStart(_, anchor, _) => {
                let mut entries = Vec::new();
                let mut merged = Vec::new();
                loop {
                    let (event, line) = match self.next()? {
                        (Event::MappingEnd, _) => break,
                        other => other,
                    };
                    let key = self.item(event, line, depth + 1)?;
                    let (event, value_line) = self.next()?;
                    let item = self.item(event, value_line, depth + 1)?;
                    match key.text() {
                        Some("<<") => merged.push(item),
                        Some(key) => entries.push(Entry { key: key.to_owned(), line, item }),
                        None => {}
                    }
                }
                for item in merged.iter().flat_map(|item| match &item.value {
                    Value::List(items) => items.as_slice(),
                    _ => std::slice::from_ref(item),
                }) {
                    for entry in item.entries() {
                        if !entries.iter().any(|held| held.key == entry.key) {
                            entries.push(entry.clone());
                        }
                    }
                }
                (Item { line, value: Value::Map(entries) }, anchor)
            }
            _ => return None,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, (item.clone(), self.nodes - before + 1));
        }
        Some(item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_documents_anchors_and_tags() {
        let text = "x: &base\n  a: 1\n  b: 20.10\ny:\n  <<: *base\n  b: !ref [p, q]\n---\n# c\nz: |\n  l1\n  l2\n";
        let all = documents(text);
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].text_at(&["x", "b"]), Some("20.10"));
        assert_eq!(all[0].text_at(&["y", "a"]), Some("1"));
        assert_eq!(all[0].at(&["y", "b"]).unwrap().items().len(), 2);
        assert_eq!(all[0].entries()[1].line, 4);
        assert_eq!(all[1].text_at(&["z"]), Some("l1\nl2\n"));
        assert_eq!(all[1].entries()[0].line, 9);
        let all = documents("a:\nb: ~\nc: '~'\n");
        let texts: Vec<_> = all[0].entries().iter().map(|entry| entry.item.text()).collect();
        assert_eq!(texts, [Some(""), Some(""), Some("~")]);
    }

    #[test]
    fn hostile_text_ends() {
        assert!(documents("a: [").is_empty() && documents("a: {{ b }}\nc").is_empty());
        assert!(documents(&"[".repeat(100_000)).is_empty());
        let laughs = (0..30).fold("a0: &a0 [x]\n".to_owned(), |text, n| {
            text + &format!("a{0}: &a{0} [*a{n}, *a{n}, *a{n}]\n", n + 1)
        });
        assert!(documents(&laughs).is_empty());
    }
}

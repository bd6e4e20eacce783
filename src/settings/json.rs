//! JSON with common extensions: comments, trailing commas, single quotes, bare keys. The object
//! literals of JavaScript configuration files are read the same.

use super::{Entry, Item, MAX_DEPTH, Value};

/// Parses a whole text.
pub(crate) fn parse(text: &str) -> Option<Item> {
    parse_at(text, 0).map(|(item, _)| item)
}

/// Parses the value that begins at an offset, and returns its end too.
pub(crate) fn parse_at(text: &str, offset: usize) -> Option<(Item, usize)> {
    let mut reader = Reader::new(text, offset)?;
    let item = reader.value(0)?;
    Some((item, reader.at))
}

/// The line number, from 1, of the key at a path of keys from the top of the text.
pub(crate) fn line(text: &str, keys: &[&str]) -> Option<u32> {
    let mut reader = Reader::new(text, 0)?;
    let mut found = None;
    for key in keys {
        reader.skip_blanks();
        found = Some(reader.enter(key)?);
    }
    found
}

/// The text of a tree as JSON, with each key on the line that it has in its own file.
pub(crate) fn written(item: &Item) -> String {
    let mut text = Written { text: String::new(), line: 1 };
    text.value(item, 0);
    text.text
}

struct Written {
    text: String,
    line: u32,
}

impl Written {
    fn value(&mut self, item: &Item, depth: usize) {
        match &item.value {
            _ if depth > MAX_DEPTH => self.text.push_str("null"),
            Value::Scalar(text) if text.parse::<u32>().is_ok() => self.text.push_str(text),
            Value::Scalar(text) => self.text.push_str(&quoted(text)),
            Value::List(items) => {
                self.text.push('[');
                for item in items {
                    self.at(item.line);
                    self.value(item, depth + 1);
                    self.text.push(',');
                }
                self.text.push(']');
            }
            Value::Map(entries) => {
                self.text.push('{');
                for entry in entries {
                    self.at(entry.line);
                    self.text.push_str(&quoted(&entry.key));
                    self.text.push_str(": ");
                    self.value(&entry.item, depth + 1);
                    self.text.push(',');
                }
                self.text.push('}');
            }
        }
    }

    fn at(&mut self, line: u32) {
        while self.line < line {
            self.text.push('\n');
            self.line += 1;
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, at: usize) -> Option<Self> {
        let at = if at == 0 && text.starts_with('\u{feff}') { 3 } else { at };
        let line = u32::try_from(text.get(..at)?.matches('\n').count() + 1).ok()?;
        Some(Self { text, at, line })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn step(&mut self) {
        if self.peek() == Some(b'\n') {
            self.line += 1;
        }
        self.at += 1;
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        loop {
            match self.peek() {
                Some(byte) if byte.is_ascii_whitespace() => self.step(),
                Some(b'/') if self.rest().starts_with("//") => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.step();
                    }
                }
                Some(b'/') if self.rest().starts_with("/*") => {
                    self.at += 2;
                    while self.peek().is_some() && !self.rest().as_bytes().starts_with(b"*/") {
                        self.step();
                    }
                    self.at += 2;
                }
                _ => return,
            }
        }
    }

    fn value(&mut self, depth: usize) -> Option<Item> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_blanks();
        let line = self.line;
        let value = match self.peek()? {
            b'{' => {
                self.step();
                let mut entries = Vec::new();
                while self.more(b'}')? {
                    let (key, line) = self.key()?;
                    let item = self.value(depth + 1)?;
                    entries.push(Entry { key, line, item });
                }
                Value::Map(entries)
            }
            b'[' => {
                self.step();
                let mut items = Vec::new();
                while self.more(b']')? {
                    items.push(self.value(depth + 1)?);
                }
                Value::List(items)
            }
            _ => Value::Scalar(self.scalar()?),
        };
        Some(Item { line, value })
    }

    /// Reads the key that begins here, with its colon.
    fn key(&mut self) -> Option<(String, u32)> {
        let line = self.line;
        let key = self.scalar()?;
        self.skip_blanks();
        if self.peek()? != b':' {
            return None;
        }
        self.step();
        Some((key, line))
    }

    /// True if another element follows. Otherwise skips the closing bracket.
    fn more(&mut self, close: u8) -> Option<bool> {
        loop {
            self.skip_blanks();
            match self.peek()? {
                b',' => self.step(),
                byte if byte == close => {
                    self.step();
                    return Some(false);
                }
                _ => return Some(true),
            }
        }
    }

    fn scalar(&mut self) -> Option<String> {
        let first = self.peek()?;
        if matches!(first, b'"' | b'\'' | b'`') {
            return self.quoted(first);
        }
        let start = self.at;
        let plain =
            |byte: u8| byte.is_ascii_alphanumeric() || b"_$+-.".contains(&byte) || !byte.is_ascii();
        while self.peek().is_some_and(plain) {
            self.step();
        }
        let word = self.text.get(start..self.at)?;
        (!word.is_empty()).then(|| word.to_owned())
    }

    fn quoted(&mut self, quote: u8) -> Option<String> {
        self.step();
        let mut out = String::new();
        loop {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte != quote && byte != b'\\') {
                self.step();
            }
            out.push_str(self.text.get(start..self.at)?);
            if self.peek()? == quote {
                self.step();
                return Some(out);
            }
            self.step();
            let escaped = self.rest().chars().next()?;
            match escaped {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'u' => {
                    let digits = self.text.get(self.at + 1..self.at + 5)?;
                    let code = u32::from_str_radix(digits, 16).ok()?;
                    out.push(char::from_u32(code).unwrap_or('\u{fffd}'));
                    self.at += 4;
                }
                other => out.push(other),
            }
            if escaped == '\n' {
                self.line += 1;
            }
            self.at += escaped.len_utf8();
        }
    }

    /// Enters the map that begins here, up to the value of `key`; returns the line of the key.
    fn enter(&mut self, key: &str) -> Option<u32> {
        if self.peek()? != b'{' {
            return None;
        }
        self.step();
        while self.more(b'}')? {
            let (found, line) = self.key()?;
            if found == key {
                return Some(line);
            }
            self.pass()?;
        }
        None
    }

    /// Skips a value.
    fn pass(&mut self) -> Option<()> {
        let mut depth = 0_usize;
        loop {
            self.skip_blanks();
            match self.peek()? {
                b'{' | b'[' => {
                    depth += 1;
                    self.step();
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.step();
                }
                b',' | b':' => self.step(),
                _ => drop(self.scalar()?),
            }
            if depth == 0 {
                return Some(());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_no_text_that_looks_like_it() {
        let text = "{\"keywords\": [\"engines\", {\"engines\": 1}],\n \"a\": {\"node\": \"engines\"},\n\
                    \"engines\": {\n\"npm\": \"1\",\n\"node\": \"2\"}}";
        assert_eq!(line(text, &["engines"]), Some(3));
        assert_eq!(line(text, &["engines", "node"]), Some(5));
        assert_eq!(line(text, &["a", "node"]), Some(2));
        assert_eq!((line(text, &["node"]), line(text, &["engines", "yarn"])), (None, None));
        assert_eq!(line(text, &["keywords", "engines"]), None);
    }

    #[test]
    fn reads_what_people_write() {
        let text = "{ // x\n a: 'b\\n', \"c\": [1, -2.5, true,], /* y\n */ d: {}, }";
        let item = parse(text).unwrap();
        assert_eq!(item.text_at(&["a"]), Some("b\n"));
        let list: Vec<_> = item.get("c").unwrap().items().iter().map(|i| i.text()).collect();
        assert_eq!(list, [Some("1"), Some("-2.5"), Some("true")]);
        assert_eq!(item.entries().last().unwrap().line, 3);
        assert_eq!(parse(r#""\u00e9\"é""#).unwrap().text(), Some("é\"é"));
    }

    #[test]
    fn hostile_text_ends() {
        for text in ["{", "[[", "{\"a", "{\"a\":", "{a b}", "}", "\"\\", "\"\\u12", "/*", "{a:/"] {
            assert_eq!(parse(text), None, "{text}");
            assert_eq!(line(text, &["a", "b"]), None, "{text}");
        }
        assert_eq!(parse(&"[".repeat(1 << 20)), None);
        assert_eq!(line(&format!("{{\"a\":{}", "[".repeat(1 << 20)), &["b"]), None);
    }
}

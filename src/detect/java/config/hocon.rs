//! `application.conf` in HOCON, as keys with lines:
//! <https://github.com/lightbend/config/blob/main/HOCON.md>.
//!
//! `port = 8080` followed by `port = ${?PORT}` is kept as `${PORT:8080}`, which is how other files
//! write it.

use super::Setting;
use crate::budget::MAX_VALUE;
use crate::facts::Evidence;
use crate::path::RelPath;

/// How deep objects may nest.
const MAX_OPEN: usize = 32;

/// The single values in a file.
pub(super) fn read(path: &RelPath, text: &str) -> Vec<Setting> {
    let mut reader = Reader { path, found: Vec::new(), open: Vec::new() };
    let mut lists = 0_usize;
    for (number, line) in (1..).zip(text.lines()) {
        for piece in pieces(line) {
            match piece {
                Piece::Text(text) if lists == 0 => reader.text(text, number),
                Piece::Text(_) => {}
                Piece::Open(key) => reader.open(key),
                Piece::Close => drop(reader.open.pop()),
                Piece::List => lists += 1,
                Piece::ListEnd => lists = lists.saturating_sub(1),
            }
        }
    }
    reader.found
}

enum Piece<'t> {
    /// `key = value`
    Text(&'t str),
    /// `key {`
    Open(&'t str),
    Close,
    List,
    ListEnd,
}

/// A line split at braces, brackets and commas outside quotes and `${..}`, without its comment.
fn pieces(line: &str) -> Vec<Piece<'_>> {
    let (mut found, mut from, mut quoted, mut reference) = (Vec::new(), 0, false, false);
    let mut end = line.len();
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        let text = || line[from..at].trim();
        match c {
            '"' if before != '\\' => quoted = !quoted,
            _ if quoted => {}
            '{' if before == '$' => reference = true,
            '}' if reference => reference = false,
            '#' => {
                end = at;
                break;
            }
            '/' if before == '/' => {
                end = at - 1;
                break;
            }
            '{' | '}' | '[' | ']' | ',' => {
                match (c, text()) {
                    ('{', key) => found.push(Piece::Open(key)),
                    (_, "") => {}
                    (_, text) => found.push(Piece::Text(text)),
                }
                found.extend(match c {
                    '}' => Some(Piece::Close),
                    '[' => Some(Piece::List),
                    ']' => Some(Piece::ListEnd),
                    _ => None,
                });
                from = at + 1;
            }
            _ => {}
        }
        before = c;
    }
    let rest = line.get(from..end).unwrap_or_default().trim();
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

struct Reader<'p> {
    path: &'p RelPath,
    found: Vec<Setting>,
    /// The keys of the objects around the current line.
    open: Vec<String>,
}

impl Reader<'_> {
    fn open(&mut self, key: &str) {
        let key = key.trim_end_matches(['=', ':', '+']).trim().replace('"', "");
        let long = self.open.iter().map(String::len).sum::<usize>() + key.len() > MAX_VALUE;
        // A hostile file could nest without end.
        self.open.push(if self.open.len() > MAX_OPEN || long { String::new() } else { key });
    }

    fn text(&mut self, text: &str, line: u32) {
        let Some((key, value)) = text.split_once(['=', ':']) else { return };
        let key = key.trim().replace('"', "");
        let value = value.trim().trim_matches('"');
        if key.is_empty() || key.contains(' ') || value.is_empty() {
            return;
        }
        let parts = self.open.iter().map(String::as_str).chain([key.as_str()]);
        let key = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
        let optional = value.strip_prefix("${?").and_then(|rest| rest.strip_suffix('}'));
        let value = match optional {
            None => value.to_owned(),
            Some(name) => match self.found.iter().rfind(|held| held.key == key) {
                Some(held) if !held.value.starts_with("${") => {
                    format!("${{{name}:{}}}", held.value)
                }
                _ => format!("${{{name}}}"),
            },
        };
        let evidence = Evidence::at(self.path, line, &key);
        self.found.push(Setting { key, value, evidence });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_objects_paths_and_overrides() {
        let text = "# x\nktor {\n  deployment {\n    port = 8080 // y\n    port = ${?PORT}\n  }\n  application { modules = [ a.B.module, \"c\" ], watch = [x] }\n}\napp.http { host: \"0.0.0.0\", port: 9000 }\nakka.port = ${app.http.port}\n";
        let found = read(&RelPath::new("application.conf").unwrap(), text);
        let of = |key: &str| found.iter().rfind(|s| s.key == key).map(|s| s.value.as_str());
        assert_eq!(of("ktor.deployment.port"), Some("${PORT:8080}"));
        assert_eq!(of("app.http.host"), Some("0.0.0.0"));
        assert_eq!(of("app.http.port"), Some("9000"));
        assert_eq!(of("akka.port"), Some("${app.http.port}"));
        assert!(found.iter().all(|setting| !setting.key.contains("modules")));
    }

    #[test]
    fn hostile_files_end() {
        for text in ["{".repeat(10_000), "a{".repeat(5000), "]}\"${".to_owned(), "é=\"".to_owned()]
        {
            read(&RelPath::new("a.conf").unwrap(), &text);
        }
    }
}

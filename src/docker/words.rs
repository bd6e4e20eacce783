//! Words of a Dockerfile line: splitting, quotes, escapes and variables.
//!
//! The rules are those of `BuildKit`'s shell lexer, which reads every instruction except RUN in
//! shell form.

use crate::budget::MAX_EXPANDED;

/// Splits at white space outside quotes; quotes and escapes stay in the words.
///
/// An unclosed quote runs to the end of the text, as in `BuildKit`'s `ENV` and `LABEL`.
pub fn split(text: &str, escape: char) -> Vec<String> {
    split_strict(text, escape).unwrap_or_else(|words| words)
}

/// As [`split`], but the words are returned as an error if a quote is not closed.
pub(crate) fn split_strict(text: &str, escape: char) -> Result<Vec<String>, Vec<String>> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match quote {
            None if c.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            None if c == '\'' || c == '"' => quote = Some(c),
            Some(open) if c == open => quote = None,
            Some('\'') => {}
            _ if c == escape => {
                // A backslash at the end of the text escapes nothing, and is dropped.
                if let Some(escaped) = chars.next() {
                    word.extend([c, escaped]);
                }
                continue;
            }
            _ => {}
        }
        word.push(c);
    }
    if !word.is_empty() {
        words.push(word);
    }
    if quote.is_some() { Err(words) } else { Ok(words) }
}

/// Removes quotes and escapes, and expands variables. A variable that `value` does not know is
/// empty.
///
/// # Errors
/// If a quote or a `${` is not closed, or a modifier is not one of `:-`, `-`, `:+`, `+`.
pub fn expand(
    word: &str,
    escape: char,
    value: &dyn Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut reader = Reader { chars: word.chars().collect(), at: 0, escape, value, depth: 0 };
    reader.until(None)
}

/// Limits the length: a few short references can expand to a huge text.
fn bounded(text: &str) -> Result<(), String> {
    if text.len() > MAX_EXPANDED {
        return Err(format!("its variables expand to more than {MAX_EXPANDED} bytes"));
    }
    Ok(())
}

/// Maximum depth of nested `${A:-${B:-...}}`.
const MAX_DEPTH: usize = 32;

struct Reader<'a> {
    chars: Vec<char>,
    at: usize,
    escape: char,
    value: &'a dyn Fn(&str) -> Option<String>,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        Some(c)
    }

    fn until(&mut self, stop: Option<char>) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = self.next() {
            bounded(&out)?;
            match c {
                _ if Some(c) == stop => return Ok(out),
                '\'' => out.push_str(&self.single()?),
                '"' => out.push_str(&self.double()?),
                '$' => out.push_str(&self.dollar()?),
                _ if c == self.escape => out.extend(self.next()),
                _ => out.push(c),
            }
        }
        match stop {
            Some(stop) => Err(format!("`{stop}` is missing")),
            None => Ok(out),
        }
    }

    fn single(&mut self) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = self.next() {
            if c == '\'' {
                return Ok(out);
            }
            out.push(c);
        }
        Err("a single quote is not closed".to_owned())
    }

    fn double(&mut self) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = self.next() {
            bounded(&out)?;
            match c {
                '"' => return Ok(out),
                '$' => out.push_str(&self.dollar()?),
                _ if c == self.escape => match self.peek() {
                    Some(escaped) if matches!(escaped, '"' | '$') || escaped == self.escape => {
                        out.extend(self.next());
                    }
                    _ => out.push(c),
                },
                _ => out.push(c),
            }
        }
        Err("a double quote is not closed".to_owned())
    }

    fn dollar(&mut self) -> Result<String, String> {
        if self.peek() != Some('{') {
            let name = self.name();
            return Ok(if name.is_empty() {
                "$".to_owned()
            } else {
                (self.value)(&name).unwrap_or_default()
            });
        }
        self.at += 1;
        let name = self.name();
        let value = (self.value)(&name);
        let colon = self.peek() == Some(':');
        self.at += usize::from(colon);
        let modifier = self.next().ok_or("`}` is missing")?;
        if modifier == '}' && !colon && !name.is_empty() {
            return Ok(value.unwrap_or_default());
        }
        if !matches!(modifier, '-' | '+') || name.is_empty() {
            return Err(format!("the substitution of `{name}` with `{modifier}` is not supported"));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("substitutions are nested too deeply".to_owned());
        }
        let word = self.until(Some('}'))?;
        self.depth -= 1;
        let set = value.filter(|value| !(colon && value.is_empty()));
        Ok(match (modifier, set) {
            ('-', set) => set.unwrap_or(word),
            (_, Some(_)) => word,
            (_, None) => String::new(),
        })
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        match self.peek() {
            Some(c) if c.is_numeric() => {
                while let Some(digit) = self.peek().filter(|c| c.is_numeric()) {
                    name.push(digit);
                    self.at += 1;
                }
            }
            Some(c) if matches!(c, '@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                name.push(c);
                self.at += 1;
            }
            _ => {
                while let Some(c) = self.peek().filter(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                    self.at += 1;
                }
            }
        }
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(word: &str) -> Result<String, String> {
        expand(word, '\\', &|name| (name == "A").then(|| "a b".to_owned()))
    }

    #[test]
    fn words_keep_their_quotes() {
        assert_eq!(split(r#"A="b c" D=e\ f 'g "h'"#, '\\'), [r#"A="b c""#, r"D=e\ f", r#"'g "h'"#]);
        assert_eq!(split("a` b c", '`'), ["a` b", "c"]);
        assert!(split_strict("it's", '\\').is_err());
    }

    #[test]
    fn variables_are_read_as_buildkit_reads_them() {
        assert_eq!(read(r#""$A" '$A' \$A ${A} $Ax"#).unwrap(), "a b $A $A a b ");
        assert_eq!(read("${B:-x${A}y} ${A:+set} ${B+set}").unwrap(), "xa by set ");
        assert_eq!(read(r#""a\nb\"c\\""#).unwrap(), r#"a\nb"c\"#);
        assert_eq!(read("5$ $1x").unwrap(), "5$ x");
        assert!(read("${A").is_err());
        assert!(read("\"").is_err());
        assert!(read(&"${B:-".repeat(5000)).is_err());
    }
}

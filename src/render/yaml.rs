//! Quoting for YAML.

use crate::docker::quote;
use crate::screen::visible;

/// Words that YAML reads as something else than text.
const MEANT: [&str; 10] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan"];

/// A text in double quotes. JSON's escapes are YAML's too.
pub(super) fn text(text: &str) -> String {
    visible::json(&serde_json::Value::from(text).to_string())
}

/// A text, without quotes where no reader takes it for anything else.
pub(super) fn word(word: &str) -> String {
    let begins = word.starts_with(|c: char| c.is_ascii_alphabetic())
        || word
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(|c: char| c == '/' || c.is_ascii_alphabetic()))
        || word.starts_with('/')
        || word == ".";
    let plain = begins
        && quote::is_plain(word)
        && !word.ends_with(':')
        && !MEANT.contains(&word.to_ascii_lowercase().as_str());
    if plain { word.to_owned() } else { text(word) }
}

/// Texts as a list on one line.
pub(super) fn list(words: &[String]) -> String {
    let words: Vec<String> = words.iter().map(|word| text(word)).collect();
    format!("[{}]", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::parse_yaml;

    #[test]
    fn every_text_is_read_back() {
        let texts = [
            "a", "a: b", "- a", "no", "1.0", "", "x\ny", "#", "a #b", "\"'\\", "{a}", "~", "*a",
            "&a", "!a", "a:", "./a", ".", "\u{202e}", "${A:-b}", "node:26", "%", "@a", "`",
        ];
        for text in texts {
            for quoted in [word(text), super::text(text)] {
                let read = parse_yaml(&format!("k: {quoted}\n"));
                assert_eq!(read[0].get("k").unwrap().text(), Some(text), "{quoted}");
                let key = parse_yaml(&format!("{quoted}: v\n"));
                assert_eq!(key[0].entries()[0].key, text, "{quoted}");
            }
        }
        assert_eq!(
            (word("no"), word("1.0"), word("node:26")),
            ("\"no\"".to_owned(), "\"1.0\"".to_owned(), "node:26".to_owned())
        );
    }
}

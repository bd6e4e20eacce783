//! Text without terminal control, invisible characters or commands to a program that reads a log.
//!
//! Names of files, values of manifests, lines of Dockerfiles and output of builds may contain
//! anything. Invisible characters are shown as readable escapes: `\x1b`, `\u202e`, `\n`.

use std::fmt::Write;

/// Replacement for a tab.
const TAB: &str = "    ";

/// The styles that dockgen and its command line use: the numbers of
/// <https://en.wikipedia.org/wiki/ANSI_escape_code#SGR>. None of them hides text.
const STYLES: [&str; 12] = ["0", "1", "2", "4", "22", "24", "31", "32", "33", "34", "36", "39"];

/// True for a character that controls a terminal, changes the order of others, or is invisible.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

fn escape(c: char, out: &mut String) {
    match c {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if c.is_ascii() => drop(write!(out, "\\x{:02x}", u32::from(c))),
        c if u32::from(c) < 0x1_0000 => drop(write!(out, "\\u{:04x}", u32::from(c))),
        c => drop(write!(out, "\\U{:08x}", u32::from(c))),
    }
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) && !keep(c) { escape(c, &mut out) } else { out.push(c) }
    }
    out
}

/// Text within a line: line breaks are escaped as well.
pub fn inline(text: &str) -> String {
    escaped(text, |_| false)
}

/// Text of several lines, for a page that is not a terminal.
pub fn lines(text: &str) -> String {
    escaped(&text.replace('\t', TAB), |c| c == '\n')
}

/// JSON with escapes for hidden characters that serde leaves as they are. Its line breaks are
/// layout.
pub fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) && c != '\n' {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}").ok();
            }
        } else {
            out.push(c);
        }
    }
    replace_commands(&out, "\\u0023")
}

/// Text for a stream: lines, with dockgen's own styles if `colour` is set, and without commands to
/// a program that reads the log line by line.
pub fn stream(text: &str, colour: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            out.push('\n');
        }
        out.push_str(&one_line(line, colour));
    }
    out
}

fn one_line(line: &str, colour: bool) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    // True while the line has only blanks and styles.
    let mut at_start = true;
    while let Some(c) = rest.chars().next() {
        if let Some(style) = style(rest).filter(|_| colour) {
            out.push_str(&rest[..style]);
            rest = &rest[style..];
            continue;
        }
        if at_start && rest.starts_with("::") {
            out.push_str("\\x3a");
        } else if c == '\t' {
            out.push_str(TAB);
        } else if is_hidden(c) {
            escape(c, &mut out);
        } else {
            out.push(c);
        }
        at_start = at_start && c.is_whitespace();
        rest = &rest[c.len_utf8()..];
    }
    replace_commands(&out, "\\x23")
}

/// The length of the one of [`STYLES`] that `text` begins with.
fn style(text: &str) -> Option<usize> {
    let inside = text.strip_prefix("\u{1b}[")?;
    let end = inside.find('m')?;
    STYLES.contains(&&inside[..end]).then_some(2 + end + 1)
}

/// `##[command]`, `##vso[...]` and `##teamcity[...]` are commands anywhere in a line: the second
/// `#` is replaced by `other`.
fn replace_commands(text: &str, other: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("##") {
        out.push_str(&rest[..=at]);
        rest = &rest[at + 1..];
        let after = rest[1..].trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        if after.starts_with('[') {
            out.push_str(other);
            rest = &rest[1..];
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let text = "a\u{1b}[31mb\u{1b}]0;x\u{7}\r\n\tc\u{9b}2J\u{0}\u{1b}[8md";
        let plain = r"a\x1b[31mb\x1b]0;x\x07\r";
        assert_eq!(stream(text, false), format!("{plain}\n    c\\u009b2J\\x00\\x1b[8md"));
        let own = "a\u{1b}[31mb\\x1b]0;x\\x07\\r";
        assert_eq!(stream(text, true), format!("{own}\n    c\\u009b2J\\x00\\x1b[8md"));
        assert_eq!(inline("a\n\tb\u{202e}c\u{e0041}"), r"a\n\tb\u202ec\U000e0041");
        assert_eq!(lines("a\n\tb\u{2066}"), "a\n    b\\u2066");
    }

    #[test]
    fn what_is_not_seen_is_shown() {
        let hidden = "\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}\u{feff}\u{7f}\u{85}";
        for c in hidden.chars() {
            assert!(is_hidden(c), "{c:?}");
            assert!(!stream(&c.to_string(), true).contains(c), "{c:?}");
            let held: String = serde_json::from_str(&json(&format!("\"{c}\""))).unwrap();
            assert_eq!(held, c.to_string());
        }
        assert!(!"a é 語 🦀 ·…".chars().any(is_hidden));
    }

    #[test]
    fn no_line_is_a_command_to_the_log() {
        assert_eq!(
            stream("::error::x\n  ::add-mask::y", false),
            "\\x3a:error::x\n  \\x3a:add-mask::y"
        );
        assert_eq!(stream("\u{a0}\t::x\na::b", false), "\u{a0}    \\x3a:x\na::b");
        let dim = stream("\u{1b}[2m ::error::x\u{1b}[0m", true);
        assert_eq!(dim, "\u{1b}[2m \\x3a:error::x\u{1b}[0m");
        assert_eq!(
            stream("a ##[error]b ###vso[x] ## [c] ##", false),
            "a #\\x23[error]b ##\\x23vso[x] ## [c] ##"
        );
        let text = json(&serde_json::json!({ "a": "##[error]x\n::y" }).to_string());
        assert!(!text.contains("##["), "{text}");
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap()["a"],
            "##[error]x\n::y"
        );
    }
}

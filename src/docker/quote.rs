//! Writes words of a plan into the text of a Dockerfile. No other code of the crate escapes.
//!
//! Every function takes text without control characters (see [`Line`](crate::docker::types::Line)),
//! and returns text that one instruction parses back into exactly the same words.

use crate::screen::visible;

/// True if a word needs no quotes anywhere in a Dockerfile: it has no blank, quote, `$`, glob or
/// newline.
pub fn is_plain(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('-')
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "._/:@+=,-~".contains(c))
}

/// Words in exec form: a JSON array of strings.
pub fn exec_form<S: AsRef<str>>(argv: &[S]) -> String {
    let words: Vec<String> =
        argv.iter().map(|word| serde_json::Value::from(word.as_ref()).to_string()).collect();
    format!("[{}]", words.join(", "))
}

/// A word, quoted for a POSIX shell.
pub fn shell_word(word: &str) -> String {
    let plain =
        word.starts_with('-') && word.len() > 1 && is_plain(&format!("x{word}")) || is_plain(word);
    // A shell expands `~` to the home folder.
    if plain && !word.contains('~') { word.to_owned() } else { quoted(word) }
}

/// Words, quoted for a POSIX shell and separated by one blank.
pub fn shell_words<S: AsRef<str>>(argv: &[S]) -> String {
    let words = argv.iter().map(AsRef::as_ref).enumerate().map(|(at, word)| {
        // An unquoted `A=b` in first place would set a variable.
        let name = word.split_once('=').map_or("", |(name, _)| name);
        let sets = at == 0
            && !name.is_empty()
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if sets { quoted(word) } else { shell_word(word) }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Words for a POSIX shell in which `$NAME` and `${NAME}` are variables, as in the flags of a build
/// tool that are made of build arguments. Nothing else is expanded.
pub fn flags<S: AsRef<str>>(words: &[S]) -> String {
    words.iter().map(|word| flag(word.as_ref())).collect::<Vec<_>>().join(" ")
}

fn flag(word: &str) -> String {
    let names = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let variable = |rest: &str| {
        names(rest)
            || rest.strip_prefix('{').and_then(|rest| rest.split_once('}')).is_some_and(
                |(name, _)| {
                    names(name) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
                },
            )
    };
    if !word.match_indices('$').any(|(at, _)| variable(&word[at + 1..])) {
        return shell_word(word);
    }
    let mut text = String::from("\"");
    for (at, c) in word.char_indices() {
        if matches!(c, '"' | '\\' | '`') || c == '$' && !variable(&word[at + 1..]) {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The value of an ENV, ARG or LABEL. It is always in double quotes, and nothing in it is expanded.
pub fn env_value(value: &str) -> String {
    let mut text = String::from("\"");
    for c in value.chars() {
        if matches!(c, '"' | '\\' | '$') {
            text.push('\\');
        }
        text.push(c);
    }
    text.push('"');
    text
}

/// The path of a WORKDIR, which takes the rest of its line, removes quotes and expands variables.
pub fn path(path: &str) -> String {
    copy_word(path, false)
}

/// Text for a comment line. Control characters become blanks; characters that are invisible or
/// change the order of the text are escaped.
pub fn comment(text: &str) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    visible::inline(&text)
}

/// The operands of COPY: sources, then the destination; in JSON form if a word is not plain. A
/// source is one path, never a pattern. A pair in `each` is a folder and a file name, and means the
/// files of that name in every folder directly inside.
pub fn copy_operands<S: AsRef<str>>(sources: &[S], each: &[(S, S)], dest: &str) -> String {
    let mut words: Vec<String> =
        sources.iter().map(|source| copy_word(source.as_ref(), true)).collect();
    words.push(copy_word(dest, false));
    let mut plain = words.iter().all(|word| is_plain(word));
    for (folder, file) in each {
        let (folder, file) = (copy_word(folder.as_ref(), true), copy_word(file.as_ref(), true));
        plain &= (folder.is_empty() || is_plain(&folder)) && is_plain(&file);
        let folder = if folder.is_empty() { folder } else { folder + "/" };
        words.insert(words.len() - 1, format!("{folder}*/{file}"));
    }
    if plain { words.join(" ") } else { exec_form(&words) }
}

/// COPY expands variables and removes quotes in each word, then reads a source as a pattern of Go's
/// `filepath.Match`: <https://docs.docker.com/reference/dockerfile/#copy>.
fn copy_word(word: &str, source: bool) -> String {
    let mut text = String::new();
    for c in word.chars() {
        match c {
            '[' | '*' | '?' if source => {
                text.push('[');
                text.push(c);
                text.push(']');
            }
            // Escaped once for the pattern and once for the word.
            '\\' if source => text.push_str(r"\\\\"),
            '\\' | '$' | '"' | '\'' => {
                text.push('\\');
                text.push(c);
            }
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_stay_and_others_are_quoted() {
        assert_eq!(exec_form(&["/app/x", "a \"b\"\\"]), r#"["/app/x", "a \"b\"\\"]"#);
        assert_eq!(
            shell_words(&["go", "build", "-o", "it's", "$HOME", "--x=y"]),
            r"go build -o 'it'\''s' '$HOME' --x=y"
        );
        assert_eq!(shell_words(&["A=b", "~/x", "C=d"]), "'A=b' '~/x' C=d");
        assert_eq!(
            flags(&["-v", "a b", "-X=m.v=$V", "${V}$(id)`id`", "${V:-$(id)}", "$1 \"\\"]),
            r#"-v 'a b' "-X=m.v=$V" "${V}\$(id)\`id\`" '${V:-$(id)}' '$1 "\'"#
        );
        assert_eq!(env_value(r#"a "b" $c \d"#), r#""a \"b\" \$c \\d""#);
        assert_eq!(comment("a\nRUN b"), "a RUN b");
        assert_eq!(comment("a\u{202e}b"), r"a\u202eb");
    }

    #[test]
    fn copy_takes_every_path_literally() {
        assert_eq!(copy_operands(&["go.mod", "go.sum"], &[], "./"), "go.mod go.sum ./");
        assert_eq!(copy_operands(&["a b"], &[], "/x"), r#"["a b", "/x"]"#);
        assert_eq!(
            copy_operands(&["[id].js"], &[], "/x/[id].js"),
            r#"["[[]id].js", "/x/[id].js"]"#
        );
        assert_eq!(copy_operands(&["$a"], &[], "/b"), r#"["\\$a", "/b"]"#);
        assert_eq!(copy_operands(&["a"], &[("p", "b"), ("", "b")], "./"), "a p/*/b */b ./");
        let quoted = r#"["p q/*/b[*]", "./"]"#;
        assert_eq!(copy_operands(&[], &[("p q", "b*")], "./"), quoted);
    }
}

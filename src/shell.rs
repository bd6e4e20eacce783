//! Parses the shell language of package scripts, Makefiles, CI steps and documentation: enough to
//! recognise simple commands, and to know when a script is more than that.

use std::iter::Peekable;
use std::str::Chars;

/// The reason that commands running side by side need a shell.
pub(crate) const BACKGROUND: &str = "a background process (&)";

/// One simple command of a script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// Assignments before it: `PORT=3000 node x`.
    pub env: Vec<(String, String)>,
    /// Its words, without quotes.
    pub argv: Vec<String>,
    /// The folder that a preceding `cd` changed to; empty if there is none.
    pub dir: String,
    /// True behind `||`: it runs only if the command before it fails.
    pub otherwise: bool,
}

/// A script as a chain of commands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    /// Commands that run one after the other (`&&`, `;`).
    pub commands: Vec<Command>,
    /// What needs a shell, if anything: a pipe (whose readers are not in `commands`), a variable, a
    /// redirection, a substitution, `||`, `&`.
    pub shell: Option<&'static str>,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Next,
    /// The next command runs if the previous one fails.
    Otherwise,
    /// The next command reads the output of the previous one.
    Pipe,
}

/// Parses a script.
pub(crate) fn parse(script: &str) -> Chain {
    let (tokens, shell) = tokens(script);
    let mut chain = Chain { commands: Vec::new(), shell };
    let mut command = Command::default();
    let mut piped = false;
    for token in tokens {
        match token {
            Token::Next | Token::Otherwise => {
                push(&mut chain, &mut command);
                command.otherwise = token == Token::Otherwise;
                piped = false;
            }
            Token::Pipe => {
                push(&mut chain, &mut command);
                piped = true;
            }
            Token::Word(_) if piped => {}
            Token::Word(word) => match assignment(&word) {
                Some((key, value)) if command.argv.is_empty() => command.env.push((key, value)),
                _ => command.argv.push(word),
            },
        }
    }
    push(&mut chain, &mut command);
    chain
}

fn push(chain: &mut Chain, command: &mut Command) {
    let command = std::mem::take(command);
    if !command.argv.is_empty() || !command.env.is_empty() {
        chain.commands.push(command);
    }
}

fn tokens(script: &str) -> (Vec<Token>, Option<&'static str>) {
    let (mut tokens, mut word, mut shell): (Vec<Token>, Option<String>, _) =
        (Vec::new(), None, None);
    let mut chars = script.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => tokens.extend(word.take().map(Token::Word)),
            '#' if word.is_none() => while chars.next().is_some_and(|c| c != '\n') {},
            '\'' => {
                let slot = word.get_or_insert_default();
                slot.extend(chars.by_ref().take_while(|c| *c != '\''));
            }
            '"' => {
                let slot = word.get_or_insert_default();
                while let Some(inner) = chars.next() {
                    match inner {
                        '"' => break,
                        '\\' => slot.extend(chars.next()),
                        '$' | '`' => {
                            shell = shell.or(Some("a variable or a substitution"));
                            slot.push(inner);
                        }
                        other => slot.push(other),
                    }
                }
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            '&' if chars.peek() == Some(&'&') => {
                chars.next();
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::Next);
            }
            ';' => {
                tokens.extend(word.take().map(Token::Word));
                tokens.push(Token::Next);
            }
            '|' | '&' => {
                shell = shell.or(Some(match (c, chars.peek()) {
                    ('|', Some('|')) => "an alternative (||)",
                    ('|', _) => "a pipe",
                    _ => BACKGROUND,
                }));
                let or = c == '|' && chars.next_if_eq(&'|').is_some();
                tokens.extend(word.take().map(Token::Word));
                tokens.push(match c {
                    '|' if or => Token::Otherwise,
                    '|' => Token::Pipe,
                    _ => Token::Next,
                });
            }
            '>' | '<' | '(' | ')' => {
                shell = shell.or(Some("a redirection or a subshell"));
                word.get_or_insert_default().push(c);
            }
            '$' | '`' => {
                shell = shell.or(Some("a variable or a substitution"));
                let slot = word.get_or_insert_default();
                slot.push(c);
                let close = match chars.peek() {
                    Some('(') if c == '$' => ')',
                    Some('{') if c == '$' => '}',
                    _ => continue,
                };
                substitution(&mut chars, slot, close);
            }
            other => word.get_or_insert_default().push(other),
        }
    }
    tokens.extend(word.map(Token::Word));
    (tokens, shell)
}

/// The text in the brackets after a `$`, including blanks, is part of the word.
fn substitution(chars: &mut Peekable<Chars>, word: &mut String, close: char) {
    let mut depth = 0_usize;
    for c in chars.by_ref() {
        word.push(c);
        match c {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && c == close {
            return;
        }
    }
}

/// Splits `KEY=value`; `None` if the word is not an assignment.
pub(crate) fn assignment(word: &str) -> Option<(String, String)> {
    let (key, value) = word.split_once('=')?;
    let name = !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    name.then(|| (key.to_owned(), value.to_owned()))
}

/// The lines of a script, each with its number from 0. A line that ends in a backslash continues on
/// the next one.
pub(crate) fn lines(script: &str) -> Vec<(u32, String)> {
    let mut all: Vec<(u32, String)> = Vec::new();
    let mut open = false;
    for (number, line) in (0..).zip(script.lines()) {
        let line = line.trim_end();
        let (text, goes_on) = match line.strip_suffix('\\') {
            Some(text) => (text, true),
            None => (line, false),
        };
        match all.last_mut() {
            Some((_, held)) if open => {
                held.push(' ');
                held.push_str(text.trim_start());
            }
            _ => all.push((number, text.to_owned())),
        }
        open = goes_on;
    }
    all
}

/// First words of commands that change nothing beside the shell.
const QUIET: [&str; 23] = [
    "set", "trap", "umask", "ulimit", "wait", "shopt", ":", "cd", "echo", "if", "then", "else",
    "elif", "fi", "do", "done", "exit", "printf", "[", "[[", "{", "}", "sleep",
];

/// True for the first word of a command that changes nothing beside the shell.
pub(crate) fn is_quiet(first: &str) -> bool {
    QUIET.contains(&first)
}

/// Maximum number of lines of a script file that are read.
const MAX_LINES: usize = 400;

/// The commands of a script file, each with the number of its line.
pub(crate) fn commands(script: &str) -> impl Iterator<Item = (u32, Command)> {
    let lines = statements(script).into_iter().take(MAX_LINES);
    lines.flat_map(|(number, line)| {
        let line = Some(line.trim()).filter(|line| !line.starts_with('#')).unwrap_or_default();
        parse(line).commands.into_iter().map(move |command| (number + 1, command))
    })
}

/// The lines of a script as [`lines`] gives them, except that a text in double quotes ends on the
/// line that closes it.
pub(crate) fn statements(script: &str) -> Vec<(u32, String)> {
    let mut all: Vec<(u32, String)> = Vec::new();
    let mut open = 0;
    for (number, line) in lines(script) {
        let odd = !line.trim_start().starts_with('#') && opens_text(&line);
        match all.last_mut() {
            Some((_, held)) if open > 0 => {
                held.push('\n');
                held.push_str(&line);
                open = if odd { 0 } else { open - 1 };
            }
            _ => {
                all.push((number, line));
                open = if odd { MAX_TEXT } else { 0 };
            }
        }
    }
    all
}

/// Maximum number of lines of a text in quotes.
const MAX_TEXT: usize = 40;

/// True if a line has an odd number of double quotes outside of single quotes.
fn opens_text(line: &str) -> bool {
    let (mut double, mut single, mut chars) = (false, false, line.chars());
    while let Some(c) = chars.next() {
        match c {
            '\\' if !single => drop(chars.next()),
            '"' if !single => double = !double,
            '\'' if !double => single = !single,
            _ => {}
        }
    }
    double
}

/// A text with its variables expanded: `$X`, `${X}`, `$(X)` and, if `braces`, `{{X}}` and `{{.X}}`.
/// Variables that `value` does not know are unchanged.
pub(crate) fn expand(text: &str, braces: bool, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut text = text.to_owned();
    if text.len() > MAX_EXPANDED {
        return text;
    }
    for _ in 0..MAX_EXPANSIONS {
        let next = expand_once(&text, braces, value);
        if next == text || next.len() > MAX_EXPANDED {
            break;
        }
        text = next;
    }
    text
}

/// Maximum depth of variables inside variables.
const MAX_EXPANSIONS: usize = 6;
/// Maximum length of an expanded text in bytes.
const MAX_EXPANDED: usize = 4 << 10;

fn expand_once(text: &str, braces: bool, value: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['$', '{']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (name, length) = reference(rest, braces);
        // `TAGS=${TAGS:-x}` names itself.
        let itself = |known: &String| name.is_empty() || known.contains(&rest[..length]);
        let known = value(name).filter(|known| !itself(known));
        match known.or_else(|| default_of(&rest[..length], name)) {
            Some(known) if out.len() <= MAX_EXPANDED => out.push_str(&known),
            _ => out.push_str(&rest[..length]),
        }
        rest = &rest[length..];
    }
    out + rest
}

/// The value of `${TAGS:-sqlite}` where nothing sets the variable. Only one that chooses what is
/// built has it: a version stays an argument of the build.
fn default_of(reference: &str, name: &str) -> Option<String> {
    let chooses = ["TAGS", "FEATURES", "PROFILE"].iter().any(|word| name.contains(word));
    let inside = reference.strip_prefix("${")?.strip_suffix('}')?.strip_prefix(name)?;
    let default = inside.strip_prefix(":-").or_else(|| inside.strip_prefix('-'))?;
    (chooses && !default.contains('$')).then(|| default.trim_matches(['"', '\'']).to_owned())
}

/// The name of the variable at the start of a text, and the length of the reference.
fn reference(text: &str, braces: bool) -> (&str, usize) {
    let name = |inner: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
        inner.chars().all(plain) && !inner.is_empty()
    };
    for (open, close) in [("${{", "}}"), ("{{", "}}"), ("${", "}"), ("$(", ")")] {
        if let Some(inner) = text.strip_prefix(open)
            && (braces || open != "{{")
            && let Some(end) = inner.find(close)
        {
            let found = inner[..end].trim().trim_start_matches('.');
            let found = found.strip_prefix("env.").unwrap_or(found);
            let found = found.split(":-").next().unwrap_or(found);
            if name(found) {
                return (found, open.len() + end + close.len());
            }
        }
    }
    if let Some(inner) = text.strip_prefix('$') {
        let end =
            inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(inner.len());
        return (&inner[..end], 1 + end);
    }
    ("", 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &Command) -> Vec<&str> {
        command.argv.iter().map(String::as_str).collect()
    }

    #[test]
    fn defaults_of_what_is_built() {
        let of = |text: &str| expand(text, false, &|_| None);
        assert_eq!(of("go build -tags \"${TAGS:-fts5}\""), "go build -tags \"fts5\"");
        assert_eq!(of("${GO_FEATURES:-$X} ${VERSION:-dev}"), "${GO_FEATURES:-$X} ${VERSION:-dev}");
    }

    #[test]
    fn reads_assignments_quotes_and_chains() {
        let chain = parse(
            r#"A=b NODE_OPTIONS="--max-old-space-size=4096 --x" node 'a b.js' && npm run c; d"#,
        );
        assert_eq!(chain.shell, None);
        assert_eq!(chain.commands[0].env[1].1, "--max-old-space-size=4096 --x");
        assert_eq!(words(&chain.commands[0]), ["node", "a b.js"]);
        assert_eq!(chain.commands.len(), 3);
        let chain = parse("a || b && c | d || e; f");
        let otherwise: Vec<bool> = chain.commands.iter().map(|one| one.otherwise).collect();
        assert_eq!(otherwise, [false, true, false, true, false]);
    }

    #[test]
    fn knows_what_needs_a_shell() {
        for script in ["node $X", "node a | b", "node a > b", "a || b", "a & b", "node \"$(x)\""] {
            assert!(parse(script).shell.is_some(), "{script}");
        }
    }

    #[test]
    fn a_substitution_is_one_word_and_a_comment_none() {
        let chain = parse("go build -X v=$(git describe --tags) ${A:-b c} . # now\n");
        assert_eq!(
            words(&chain.commands[0]),
            ["go", "build", "-X", "v=$(git describe --tags)", "${A:-b c}", "."]
        );
        assert_eq!(words(&parse("a '#' b#c").commands[0]), ["a", "#", "b#c"]);
        assert_eq!(words(&parse("a $(b").commands[0]), ["a", "$(b"]);
    }

    #[test]
    fn lines_go_on_after_a_backslash() {
        let all = lines("a \\\n  b\n\nc");
        assert_eq!(all, [(0, "a  b".to_owned()), (2, String::new()), (3, "c".to_owned())]);
    }

    #[test]
    fn variables_are_written_out() {
        let value = |name: &str| match name {
            "A" => Some("x $(B)".to_owned()),
            "B" => Some("y".to_owned()),
            "LOOP" => Some("$(LOOP)$(LOOP)".to_owned()),
            _ => None,
        };
        let all = |text: &str| expand(text, true, &value);
        assert_eq!(all("$(A) ${B} $B. {{B}} {{.B}} ${{ env.B }}"), "x y y y. y y y");
        assert_eq!(all("$(shell git) $1 ${C} {x} $"), "$(shell git) $1 ${C} {x} $");
        assert!(all("$(LOOP)").len() <= 4 << 10);
    }
}

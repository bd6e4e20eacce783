//! The programs in a line that the code gives to a shell.

/// How many programs of one line are read, and how deep lines stand in lines.
const MAX_PROGRAMS: usize = 16;
const MAX_DEPTH: usize = 3;

/// Words of the shell itself, and what comes before other words.
const BUILTINS: [&str; 27] = [
    "cd", "echo", "test", "[", "[[", "set", "export", "if", "then", "else", "fi", "for", "do",
    "done", "while", "true", "false", "exit", "which", "type", "source", ".", "wait", "trap",
    "read", "printf", "ulimit",
];

/// Programs that every base with a shell has.
const CORE: [&str; 43] = [
    "awk",
    "basename",
    "cat",
    "chmod",
    "chown",
    "cp",
    "cut",
    "date",
    "df",
    "dirname",
    "du",
    "env",
    "find",
    "grep",
    "egrep",
    "head",
    "hostname",
    "id",
    "kill",
    "ln",
    "ls",
    "md5sum",
    "mkdir",
    "mktemp",
    "mv",
    "nproc",
    "pwd",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "sed",
    "sha256sum",
    "sleep",
    "sort",
    "stat",
    "tail",
    "tee",
    "touch",
    "tr",
    "uname",
    "uniq",
    "wc",
];

/// Programs that start the words after them.
const WRAPPERS: [&str; 10] =
    ["sudo", "nice", "ionice", "timeout", "time", "nohup", "env", "exec", "command", "xargs"];

pub(super) fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash" | "zsh"))
}

/// The programs of a line, in order.
pub(super) fn programs(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    within(line, 0, &mut found);
    found
}

fn within(line: &str, depth: usize, found: &mut Vec<String>) {
    for command in commands(line) {
        if found.len() >= MAX_PROGRAMS {
            return;
        }
        let mut words = command.split_whitespace().peekable();
        while let Some(word) = words.next() {
            let assigns = word.split_once('=').is_some_and(|(key, _)| {
                !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            });
            if assigns {
                continue;
            }
            if WRAPPERS.contains(&word) {
                // Flags, and numbers that belong to them: `nice -n 10`, `timeout 5s`.
                let own = |word: &&str| {
                    word.starts_with('-') || word.starts_with(|c: char| c.is_ascii_digit())
                };
                while words.next_if(own).is_some() {}
                continue;
            }
            if is_shell(word) && words.peek() == Some(&"-c") && depth < MAX_DEPTH {
                let at = command.find("-c").map_or(command.len(), |at| at + 2);
                found.push(word.to_owned());
                within(command[at..].trim().trim_matches(['"', '\'']), depth + 1, found);
                break;
            }
            let number = word.starts_with(|c: char| c.is_ascii_digit());
            let held = BUILTINS.contains(&word) || CORE.contains(&word) || number;
            if !held && !word.contains(['$', '"', '\'', '{', '}', '>', '<', '=']) {
                found.push(word.to_owned());
            }
            break;
        }
    }
}

/// The commands of a line, told apart outside of quotes.
fn commands(line: &str) -> Vec<&str> {
    let (mut found, mut from, mut quote) = (Vec::new(), 0, None);
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            (None, '|' | '&' | ';' | '\n' | '(' | ')' | '`') => {
                found.push(&line[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    found.push(&line[from..]);
    // What a redirection names is no program.
    found.retain(|command| !command.trim_start().starts_with(['>', '<']));
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_command_of_a_line_is_told_apart() {
        for (line, expected) in [
            ("a -x | b && c; d", "a b c d"),
            ("A=b nice -n 10 a", "a"),
            ("echo 'x | y' | a", "a"),
            ("cd /tmp && sudo timeout 5 a x", "a"),
            ("bash -c \"a | b\"", "bash a b"),
            ("a > out 2>&1", "a 1"),
            ("${} x", ""),
        ] {
            let expected: Vec<&str> =
                expected.split_whitespace().filter(|word| *word != "1").collect();
            let found = super::programs(line);
            let found: Vec<&str> = found.iter().map(String::as_str).filter(|w| *w != "1").collect();
            assert_eq!(found, expected, "{line}");
        }
    }
}

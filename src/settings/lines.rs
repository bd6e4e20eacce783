//! Settings with one assignment on each line: `.env`, `.properties`, INI and systemd units.

/// `KEY=value` on a line, with the comment above it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Its section, `""` above the first one.
    pub section: String,
    /// The key.
    pub key: String,
    /// The value, without the quotes around it.
    pub value: String,
    /// The line number, from 1.
    pub line: u32,
    /// The comment directly above or after it, on one line.
    pub comment: String,
}

/// The assignments of a `.env` or `.properties` file: `export KEY="value" # comment`.
pub(crate) fn assignments(text: &str) -> Vec<Assignment> {
    read(text, true)
}

/// The assignments of an INI file or a systemd unit, with their sections. A value may continue on
/// the next line after a backslash, and may contain `#`.
pub(crate) fn sections(text: &str) -> Vec<Assignment> {
    read(text, false)
}

fn read(text: &str, comments_behind: bool) -> Vec<Assignment> {
    let mut found: Vec<Assignment> = Vec::new();
    let (mut section, mut comment) = (String::new(), String::new());
    let mut open = false;
    for (line, raw) in (1..).zip(text.lines()) {
        let trimmed = raw.trim();
        if let Some(last) = found.last_mut().filter(|_| open) {
            open = trimmed.ends_with('\\');
            last.value.push(' ');
            last.value.push_str(trimmed.trim_end_matches('\\').trim_end());
            continue;
        }
        if let Some(text) = trimmed.strip_prefix(['#', ';', '!']) {
            let text = text.trim_start_matches(['#', ';']).trim();
            if !comment.is_empty() && !text.is_empty() {
                comment.push(' ');
            }
            comment.push_str(text);
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            name.clone_into(&mut section);
            comment.clear();
            continue;
        }
        let Some((key, value)) = trimmed.split_once('=') else {
            comment.clear();
            continue;
        };
        let key = key.strip_prefix("export ").unwrap_or(key).trim();
        if key.is_empty() || key.chars().any(char::is_whitespace) {
            comment.clear();
            continue;
        }
        let mut note = std::mem::take(&mut comment);
        let value = value.trim();
        let value = if comments_behind {
            let (value, behind) = unquoted(value);
            if note.is_empty() {
                behind.clone_into(&mut note);
            }
            value
        } else {
            open = value.ends_with('\\');
            value.trim_end_matches('\\').trim_end().to_owned()
        };
        let (section, key) = (section.clone(), key.to_owned());
        found.push(Assignment { section, key, value, line, comment: note });
    }
    found
}

/// A value without its quotes, and the comment after it.
fn unquoted(value: &str) -> (String, &str) {
    for quote in ['"', '\''] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some((inner, behind)) = rest.split_once(quote)
        {
            let behind = behind.trim();
            return (inner.to_owned(), behind.strip_prefix('#').unwrap_or_default().trim());
        }
    }
    if let Some(comment) = value.strip_prefix('#') {
        return (String::new(), comment.trim());
    }
    match value.split_once(" #") {
        Some((value, comment)) => (value.trim().to_owned(), comment.trim()),
        None => (value.to_owned(), ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn environment_files() {
        let text = "# The port\n# of it\nexport PORT=3000\n\nNAME=\"a # b\" # who\nEMPTY=# nothing\nA=b#c\n x\n";
        let all = assignments(text);
        let short: Vec<_> = all
            .iter()
            .map(|a| (a.key.as_str(), a.value.as_str(), a.comment.as_str(), a.line))
            .collect();
        assert_eq!(
            short,
            [
                ("PORT", "3000", "The port of it", 3),
                ("NAME", "a # b", "who", 5),
                ("EMPTY", "", "nothing", 6),
                ("A", "b#c", "", 7)
            ]
        );
    }

    #[test]
    fn units() {
        let all = sections("[Unit]\nA=b\n[Service]\nExecStart=/x \\\n  --y # z\nB=c\n");
        assert_eq!((all[1].section.as_str(), all[1].value.as_str()), ("Service", "/x --y # z"));
        assert_eq!((all[2].key.as_str(), all[2].line), ("B", 6));
    }
}

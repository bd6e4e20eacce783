//! Turns lines into instructions: continuations, flags and here-documents.

use super::{Comment, Directive, Directives, Heredoc, Instruction, ParseError, error};
use crate::docker::words;

/// The remaining lines.
pub(super) struct Lines<'a> {
    pub(super) rest: &'a str,
    /// The number of the last line read.
    pub(super) line: usize,
}

impl<'a> Lines<'a> {
    /// The next line with its line end; `None` after the last.
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let end = self.rest.find('\n').map_or(self.rest.len(), |at| at + 1);
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.line += 1;
        Some(line)
    }

    /// The directives: comment lines `# name=value` with a known name, before any other line.
    pub(super) fn directives(&mut self) -> Result<Directives, ParseError> {
        let mut found = Directives::default();
        loop {
            let before = (self.rest, self.line);
            let directive = self.next().and_then(|line| {
                let (name, value) = line.trim().strip_prefix('#')?.split_once('=')?;
                let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
                (!value.is_empty())
                    .then(|| (name, Directive { value: value.to_owned(), line: self.line }))
            });
            let slot = match directive.as_ref().map(|(name, _)| name.as_str()) {
                Some("syntax") => &mut found.syntax,
                Some("check") => &mut found.check,
                Some("escape") => &mut found.escape,
                _ => {
                    (self.rest, self.line) = before;
                    return Ok(found);
                }
            };
            if slot.is_some() {
                return Err(error(self.line, "this directive is given twice: remove one"));
            }
            *slot = directive.map(|(_, directive)| directive);
            if found
                .escape
                .as_ref()
                .is_some_and(|escape| !matches!(escape.value.as_str(), "\\" | "`"))
            {
                return Err(error(self.line, "the escape character is \\ or `, nothing else"));
            }
        }
    }

    /// The next instruction, with the comments above it.
    pub(super) fn instruction(&mut self, escape: char) -> Result<Option<Instruction>, ParseError> {
        let mut comments = Vec::new();
        while let Some(line) = self.next() {
            let text = line.trim_end_matches(['\r', '\n']).trim_start();
            if let Some(comment) = text.strip_prefix('#') {
                comments.push(Comment { line: self.line, text: comment.trim().to_owned() });
                continue;
            }
            if text.is_empty() {
                continue;
            }
            let start = self.line;
            let joined = self.joined(text, escape);
            if joined.trim().is_empty() {
                return Err(error(start, "the line continues, but nothing follows: remove it"));
            }
            let (keyword, flags, arguments) = split_instruction(&joined, escape);
            let mut instruction = Instruction {
                keyword,
                flags,
                arguments,
                heredocs: Vec::new(),
                line: start,
                end_line: self.line,
                comments,
                escape,
            };
            instruction.heredocs = self.heredocs(&instruction, &joined)?;
            instruction.end_line = self.line;
            return Ok(Some(instruction));
        }
        Ok(None)
    }

    /// `first` and its continuation lines, without comments and empty lines among them.
    fn joined(&mut self, first: &str, escape: char) -> String {
        let (part, mut more) = continues(first, escape);
        let mut joined = part.to_owned();
        while more {
            let Some(line) = self.next() else { break };
            let line = line.trim_end_matches(['\r', '\n']);
            let trimmed = line.trim_start();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let part;
            (part, more) = continues(line, escape);
            joined.push_str(part);
        }
        joined
    }

    fn heredocs(
        &mut self,
        instruction: &Instruction,
        line: &str,
    ) -> Result<Vec<Heredoc>, ParseError> {
        let inner = instruction.onbuild();
        let held = inner.as_ref().unwrap_or(instruction);
        if !matches!(held.keyword.as_str(), "ADD" | "COPY" | "RUN")
            || held.is_exec_form()
            || !line.contains("<<")
        {
            return Ok(Vec::new());
        }
        let mut heredocs = heredocs_of(line);
        for heredoc in &mut heredocs {
            loop {
                let Some(line) = self.next() else {
                    let message = format!(
                        "the here-document `{0}` does not end: a line `{0}` is missing",
                        heredoc.name
                    );
                    return Err(error(instruction.line, message));
                };
                let end = line.trim_end_matches(['\r', '\n']);
                if heredoc.name == if heredoc.chomp { end.trim_start_matches('\t') } else { end } {
                    break;
                }
                heredoc.body.push_str(line);
            }
        }
        Ok(heredocs)
    }
}

/// The line without its continuation mark, which is an unescaped escape character at the end, and
/// whether it had one.
fn continues(line: &str, escape: char) -> (&str, bool) {
    match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
        Some(head) if !head.ends_with(escape) => (head, true),
        _ => (line, false),
    }
}

/// The keyword, flags and arguments of a joined line.
pub(super) fn split_instruction(
    line: &str,
    escape: char,
) -> (String, Vec<(String, Option<String>)>, String) {
    let line = line.trim();
    let (keyword, rest) =
        line.split_once(['\t', '\u{b}', '\u{c}', '\r', ' ']).unwrap_or((line, ""));
    let (flags, arguments) = split_flags(rest, escape);
    let flags = flags
        .into_iter()
        .map(|flag| match flag.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (flag, None),
        })
        .collect();
    (keyword.to_uppercase(), flags, arguments.trim().to_owned())
}

/// Leading words that begin with `--`, without it and without quotes and escapes; then the rest. A
/// bare `--` ends them.
fn split_flags(text: &str, escape: char) -> (Vec<String>, &str) {
    let mut flags = Vec::new();
    let mut rest = text.trim_start();
    while rest.starts_with("--") {
        let (mut word, mut quote) = (String::new(), None);
        let mut chars = rest.char_indices();
        let mut end = rest.len();
        while let Some((at, c)) = chars.next() {
            match quote {
                None if c.is_whitespace() => {
                    end = at;
                    break;
                }
                None if c == '\'' || c == '"' => quote = Some(c),
                Some(open) if c == open => quote = None,
                _ if c == escape => word.extend(chars.next().map(|(_, c)| c)),
                _ => word.push(c),
            }
        }
        rest = rest[end..].trim_start();
        match word.strip_prefix("--") {
            Some("") => break,
            Some(flag) => flags.push(flag.to_owned()),
            None => {}
        }
    }
    (flags, rest)
}

/// The here-documents that a line opens: words `<<NAME`, `<<-NAME` or `<<"NAME"`, with or without a
/// file descriptor before them.
fn heredocs_of(line: &str) -> Vec<Heredoc> {
    let Ok(found) = words::split_strict(line, '\\') else { return Vec::new() };
    let mut heredocs = Vec::new();
    let mut found = found.iter().map(String::as_str).peekable();
    while let Some(word) = found.next() {
        let Some(rest) = word.trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix("<<")
        else {
            continue;
        };
        // White space is allowed between `<<` and the name.
        let rest = if rest.is_empty() {
            found.next_if(|next| !next.starts_with('-')).unwrap_or("")
        } else {
            rest
        };
        let (chomp, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
        if rest.is_empty() || rest.contains('<') {
            continue;
        }
        let keep = |name: &str| Some(format!("${name}"));
        let Ok(name) = words::expand(rest, '\\', &keep) else { continue };
        let expand = !rest.contains(['\'', '"']);
        heredocs.push(Heredoc { name, expand, chomp, body: String::new() });
    }
    heredocs
}

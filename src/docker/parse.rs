//! Parses a Dockerfile into stages and instructions, by the rules of `BuildKit`'s parser.
//!
//! It reads both what the templates wrote and what people edited. Arguments are kept as written;
//! [`Instruction::exec`], [`Instruction::words`] and [`Instruction::mounts`] interpret them.

mod lines;

use std::collections::BTreeMap;
use std::fmt;

use crate::budget::MAX_STAGES;
use crate::docker::words;
use lines::{Lines, split_instruction};

/// The reason why a text is not a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line number, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for ParseError {}

/// A Dockerfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// The parser directives at its head.
    pub directives: Directives,
    /// The ARG instructions before the first FROM.
    pub args: Vec<Instruction>,
    /// The stages; at least one.
    pub stages: Vec<Stage>,
}

/// The parser directives: `# syntax=...` and the like, before anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directives {
    /// The frontend.
    pub syntax: Option<Directive>,
    /// Options of the build checks.
    pub check: Option<Directive>,
    /// The escape character.
    pub escape: Option<Directive>,
}

/// A parser directive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Directive {
    /// What follows the `=`.
    pub value: String,
    /// The line number, from 1.
    pub line: usize,
}

/// A FROM with the instructions after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// The name after AS, in lower case.
    pub name: Option<String>,
    /// The image or earlier stage, as written. Variables are not expanded.
    pub image: String,
    /// The value of `--platform`.
    pub platform: Option<String>,
    /// The line of the FROM, from 1.
    pub line: usize,
    /// The FROM itself.
    pub from: Instruction,
    /// The instructions after it.
    pub instructions: Vec<Instruction>,
}

/// A comment line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The line number, from 1.
    pub line: usize,
    /// The text after `#`, without white space around it.
    pub text: String,
}

/// One instruction, with its continuation lines joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// The keyword in upper case.
    pub keyword: String,
    /// Flags before the arguments, without the `--`: `("from", Some("build"))`.
    pub flags: Vec<(String, Option<String>)>,
    /// The arguments, as written.
    pub arguments: String,
    /// Here-documents, in order.
    pub heredocs: Vec<Heredoc>,
    /// The first line, from 1.
    pub line: usize,
    /// The last line, here-documents included.
    pub end_line: usize,
    /// Comment lines between the instruction before and this one.
    pub comments: Vec<Comment>,
    /// The escape character in force.
    pub escape: char,
}

/// A here-document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heredoc {
    /// The delimiter.
    pub name: String,
    /// Variables in the body are expanded, because the delimiter is not quoted.
    pub expand: bool,
    /// Leading tabs are removed: `<<-`.
    pub chomp: bool,
    /// The body as written, including line ends.
    pub body: String,
}

/// A `--mount` of a RUN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mount {
    /// Its fields. A field without a value has the value `""`. `src`, `dst` and `destination` are
    /// stored as `source` and `target`.
    pub fields: BTreeMap<String, String>,
}

impl Mount {
    /// `bind`, `cache`, `tmpfs`, `secret` or `ssh`.
    pub fn kind(&self) -> &str {
        self.get("type").unwrap_or("bind")
    }

    /// A field's value.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(String::as_str)
    }

    fn parse(text: &str) -> Self {
        let mut fields = BTreeMap::new();
        for field in comma_fields(text) {
            let (name, value) = field.split_once('=').unwrap_or((&field, ""));
            let name = match name.trim().to_ascii_lowercase().as_str() {
                "src" => "source".to_owned(),
                "dst" | "destination" => "target".to_owned(),
                other => other.to_owned(),
            };
            fields.insert(name, value.to_owned());
        }
        Self { fields }
    }
}

/// Splits comma-separated values. A value in double quotes may contain commas.
fn comma_fields(text: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    fields.push(field);
    fields
}

impl Instruction {
    /// The arguments if they are in exec form, a JSON array of strings; `None` if they are in shell
    /// form.
    ///
    /// A malformed array is shell form, as in Docker. For HEALTHCHECK, the arguments after `CMD`.
    pub fn exec(&self) -> Option<Vec<String>> {
        serde_json::from_str(self.array()?).ok()
    }

    /// The arguments if they look like a JSON array and the instruction may have one.
    fn array(&self) -> Option<&str> {
        if !JSON.contains(&self.keyword.as_str()) {
            return None;
        }
        let mut text = self.arguments.as_str();
        if self.keyword == "HEALTHCHECK" {
            let (kind, rest) = text.split_once(char::is_whitespace)?;
            text = if kind.eq_ignore_ascii_case("CMD") { rest } else { return None };
        }
        Some(text.trim_start()).filter(|text| text.starts_with('['))
    }

    /// The arguments are a JSON array.
    pub fn is_exec_form(&self) -> bool {
        self.exec().is_some()
    }

    /// The elements of the exec form, or else the words of the arguments with their quotes.
    pub fn words(&self) -> Vec<String> {
        self.exec().unwrap_or_else(|| words::split(&self.arguments, self.escape))
    }

    /// The value of the first flag of that name; `""` if it has no value.
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags
            .iter()
            .find(|(held, _)| held == name)
            .map(|(_, value)| value.as_deref().unwrap_or_default())
    }

    /// Every `--mount`.
    pub fn mounts(&self) -> Vec<Mount> {
        let values = self
            .flags
            .iter()
            .filter(|(name, _)| name == "mount")
            .filter_map(|(_, value)| value.as_deref());
        values.map(Mount::parse).collect()
    }

    /// Names and values of ENV, ARG and LABEL, as written. A bare name has no value.
    pub fn pairs(&self) -> Vec<(String, Option<String>)> {
        let words = words::split(&self.arguments, self.escape);
        if self.keyword != "ARG" && words.first().is_some_and(|word| !word.contains('=')) {
            let (name, value) = self
                .arguments
                .split_once(char::is_whitespace)
                .unwrap_or((self.arguments.as_str(), ""));
            return vec![(name.to_owned(), Some(value.trim_start().to_owned()))];
        }
        let pair = |word: String| match word.split_once('=') {
            Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
            None => (word, None),
        };
        words.into_iter().map(pair).collect()
    }

    /// The instruction inside an ONBUILD.
    pub fn onbuild(&self) -> Option<Self> {
        if self.keyword != "ONBUILD" {
            return None;
        }
        let (keyword, flags, arguments) = split_instruction(&self.arguments, self.escape);
        Some(Self { keyword, flags, arguments, ..self.clone() })
    }

    /// Every text that a shell or a file receives: the arguments, and the bodies of the
    /// here-documents.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.arguments.as_str())
            .chain(self.heredocs.iter().map(|heredoc| heredoc.body.as_str()))
    }
}

impl Dockerfile {
    /// Every instruction in order, including FROM and the global ARG instructions.
    pub fn instructions(&self) -> impl Iterator<Item = &Instruction> {
        let stages = self
            .stages
            .iter()
            .flat_map(|stage| std::iter::once(&stage.from).chain(&stage.instructions));
        self.args.iter().chain(stages)
    }

    /// The escape character.
    pub fn escape(&self) -> char {
        self.directives
            .escape
            .as_ref()
            .and_then(|directive| directive.value.chars().next())
            .unwrap_or('\\')
    }

    /// The default values of the global ARGs, expanded.
    pub fn globals(&self) -> BTreeMap<String, String> {
        let mut globals: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in self.args.iter().flat_map(Instruction::pairs) {
            let expanded = value.and_then(|value| {
                words::expand(&value, self.escape(), &|name| globals.get(name).cloned()).ok()
            });
            globals.extend(
                expanded.filter(|value| value.len() <= MAX_VALUE).map(|value| (name, value)),
            );
        }
        globals
    }

    /// `text` with quotes removed and the defaults of global ARGs expanded. Unknown variables stay
    /// as `$NAME`.
    pub fn resolve(&self, text: &str) -> String {
        self.resolve_in(&self.globals(), text)
    }

    /// As [`Dockerfile::resolve`], with the defaults from an earlier call of
    /// [`Dockerfile::globals`].
    pub(crate) fn resolve_in(&self, globals: &BTreeMap<String, String>, text: &str) -> String {
        let value = |name: &str| globals.get(name).cloned().or_else(|| Some(format!("${name}")));
        words::expand(text, self.escape(), &value).unwrap_or_else(|_| text.to_owned())
    }

    /// The last stage: the one that a build without `--target` builds.
    pub fn last(&self) -> Option<&Stage> {
        self.stages.last()
    }
}

/// Maximum size of an ARG's expanded value, in bytes. A longer one is dropped, since each ARG can
/// double the one before.
const MAX_VALUE: usize = 4096;

/// The instructions that exist.
const KEYWORDS: [&str; 18] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "FROM",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// The instructions that may be in exec form. For them, an array of anything but strings is an
/// error.
const JSON: [&str; 8] =
    ["ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"];

/// Reads a Dockerfile.
///
/// # Errors
/// On an unknown instruction, an instruction before the first FROM or without arguments, an
/// unterminated here-document, an invalid stage name or directive, or if there is no FROM.
pub fn parse(text: &str) -> Result<Dockerfile, ParseError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Lines { rest: text, line: 0 };
    let mut dockerfile = Dockerfile { directives: lines.directives()?, ..Dockerfile::default() };
    let escape = dockerfile.escape();
    while let Some(instruction) = lines.instruction(escape)? {
        add(&mut dockerfile, instruction)?;
    }
    if dockerfile.stages.is_empty() {
        return Err(error(lines.line.max(1), "there is no FROM: a Dockerfile needs a stage"));
    }
    Ok(dockerfile)
}

fn add(dockerfile: &mut Dockerfile, instruction: Instruction) -> Result<(), ParseError> {
    let line = instruction.line;
    if !KEYWORDS.contains(&instruction.keyword.as_str()) {
        let message = format!(
            "`{}` is not an instruction; if it belongs to the line above, end that line with `{}`",
            instruction.keyword, instruction.escape
        );
        return Err(error(line, message));
    }
    if instruction.arguments.is_empty() {
        return Err(error(line, format!("{} has no arguments", instruction.keyword)));
    }
    let inner = instruction.onbuild();
    let held = inner.as_ref().unwrap_or(&instruction);
    if holds_more_than_strings(held) {
        return Err(error(
            line,
            format!("the JSON array of {} may contain only strings", held.keyword),
        ));
    }
    if matches!(held.keyword.as_str(), "ENV" | "LABEL")
        && let Some((word, _)) = held.pairs().iter().find(|(_, value)| value.is_none())
    {
        let message = format!(
            "`{word}` of {} has no `=`: write NAME=value, in quotes if it has blanks",
            held.keyword
        );
        return Err(error(line, message));
    }
    if instruction.keyword == "FROM" {
        if dockerfile.stages.len() >= MAX_STAGES {
            let message = format!("this file has more than {MAX_STAGES} stages, the limit");
            return Err(error(line, message));
        }
        dockerfile.stages.push(stage(instruction)?);
    } else if let Some(stage) = dockerfile.stages.last_mut() {
        stage.instructions.push(instruction);
    } else if instruction.keyword == "ARG" {
        dockerfile.args.push(instruction);
    } else {
        let message = format!("{} is before the first FROM: only ARG may be", instruction.keyword);
        return Err(error(line, message));
    }
    Ok(())
}

fn stage(from: Instruction) -> Result<Stage, ParseError> {
    let words: Vec<&str> = from.arguments.split_whitespace().collect();
    let (image, name) = match words[..] {
        [image] => (image, None),
        [image, word, name] if word.eq_ignore_ascii_case("as") => {
            (image, Some(name.to_lowercase()))
        }
        _ => return Err(error(from.line, "FROM takes an image, or an image, AS and a name")),
    };
    if let Some(name) = &name {
        let valid = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c));
        if !valid {
            let message = format!(
                "`{name}` is not a stage name: use a letter, then letters, digits, `-`, \
                         `_`, `.`"
            );
            return Err(error(from.line, message));
        }
    }
    let platform = from.flag("platform").map(str::to_owned);
    Ok(Stage {
        name,
        image: image.to_owned(),
        platform,
        line: from.line,
        from,
        instructions: Vec::new(),
    })
}

fn holds_more_than_strings(instruction: &Instruction) -> bool {
    let values = instruction
        .array()
        .and_then(|text| serde_json::from_str::<Vec<serde_json::Value>>(text).ok());
    values.is_some_and(|values| !values.iter().all(serde_json::Value::is_string))
}

fn error(line: usize, message: impl Into<String>) -> ParseError {
    ParseError { line, message: message.into() }
}

#[cfg(test)]
mod tests;

//! dockgen.toml: a person's answers, keyed by question. A value that dockgen detects anyway is left
//! out, since it would go stale.

pub(crate) mod verify;

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Result, anyhow, bail};
use serde::Deserialize;
use serde_json::json;
use toml::{Spanned, Value};

use crate::ask::{Answers, Origin, Question, id, join_list};
use crate::base::FAMILIES;
use crate::docker::quote::shell_words;
use crate::path::RelPath;
use crate::questions;
use crate::repo::{excerpt, excerpts, line_at};
use crate::screen::visible::inline;

pub(crate) use crate::own::SETTINGS as FILE;
pub(crate) use verify::Settings;

const HEAD: &str = "# What a person decided about this image. Everything else is read from the repository by dockgen,
# so an answer that is deleted here is detected again. `dockgen explain` shows all decisions.

[answers]
";

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Contents {
    #[serde(default)]
    answers: BTreeMap<Spanned<String>, Spanned<Value>>,
    #[serde(default)]
    verify: Settings,
}

/// A parsed dockgen.toml.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    path: RelPath,
    text: String,
    answers: BTreeMap<String, Answer>,
    /// The settings of `dockgen verify`.
    pub verify: Settings,
}

#[derive(Clone, Debug)]
struct Answer {
    value: String,
    /// From the start of the key to the end of the value.
    span: Range<usize>,
}

impl Config {
    /// Parses the text of the file at `path`. `None` is an empty file.
    ///
    /// # Errors
    /// If it is not valid TOML, or contains something unknown. The error names the line.
    pub(crate) fn parse(path: RelPath, text: Option<&str>) -> Result<Self> {
        let text = text.unwrap_or_default().to_owned();
        let contents: Contents = toml::from_str(&text).map_err(|error| {
            let line = error.span().and_then(|span| line_at(&text, span.start)).unwrap_or(1);
            let error = excerpts(error.message());
            anyhow!(
                "{path}:{line}: not valid TOML: {error}; fix the line: `dockgen schema` describes \
                 what is allowed here"
            )
        })?;
        let mut answers = BTreeMap::new();
        for (key, value) in contents.answers {
            let span = key.span().start..value.span().end;
            let line = line(&text, span.start);
            let Some(word) = word(key.get_ref(), value.get_ref()) else {
                bail!(
                    "{path}:{line}: `{}` must be a text, a number, true, false or a list of texts",
                    excerpt(key.get_ref())
                );
            };
            answers.insert(key.into_inner(), Answer { value: word, span });
        }
        if let Some(fault) = verify::fault(&contents.verify) {
            bail!("{path}: under [verify], {fault}");
        }
        Ok(Self { path, text, answers, verify: contents.verify })
    }

    /// Adds the file's answers to `into`. Flags take precedence.
    pub(crate) fn answer(&self, into: &mut Answers) {
        for (id, answer) in &self.answers {
            into.set(id, answer.value.as_str(), Origin::File);
        }
    }

    /// Checks the file's answers against the questions.
    ///
    /// # Errors
    /// If an answer is invalid or answers no question. The error names file and line, and what is
    /// valid.
    pub(crate) fn check(&self, known: &[Question]) -> Result<()> {
        for (id, answer) in &self.answers {
            let place = |error: anyhow::Error| anyhow::anyhow!("{}: {error}", self.place(id));
            questions::check_ids([id.as_str()].into_iter(), known).map_err(place)?;
            if let Some(question) = known.iter().find(|question| question.id == *id) {
                questions::check(question, &answer.value).map_err(place)?;
            }
        }
        Ok(())
    }

    /// `file:line` of an answer; the file alone if the answer is not in it.
    pub(crate) fn place(&self, id: &str) -> String {
        match self.answers.get(id) {
            Some(answer) => format!("{}:{}", self.path, line(&self.text, answer.span.start)),
            None => self.path.to_string(),
        }
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &RelPath {
        &self.path
    }

    /// The file's text with the answers of flags and prompts added; `None` if it would be empty.
    ///
    /// Comments and answers in the file are unchanged, but an answer that equals the detected value
    /// is removed.
    pub(crate) fn updated(&self, answers: &Answers, questions: &[Question]) -> Option<String> {
        let mut text = self.text.clone();
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let mut added = String::new();
        for (id, value, origin) in
            answers.iter().filter(|(_, _, o)| matches!(o, Origin::Flag | Origin::Prompt))
        {
            let question = questions.iter().find(|question| question.id == id);
            let detected = question
                .and_then(|question| question.default.as_ref())
                .map(|default| &default.value);
            let decided = detected.is_none_or(|detected| detected != value);
            let held = self.answers.get(id);
            match held {
                Some(held) if decided && held.value == value => {}
                Some(held) if decided => edits.push((held.span.clone(), entry(id, value))),
                Some(held) => edits.push((with_comment(&self.text, &held.span), String::new())),
                None if decided => added.push_str(&commented(id, value, origin, question)),
                None => {}
            }
        }
        edits.sort_by_key(|(span, _)| std::cmp::Reverse(span.start));
        for (span, entry) in edits {
            text.replace_range(span, &entry);
        }
        if !added.is_empty() {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            if !text.lines().any(|line| line.trim_start().starts_with("[answers]")) {
                text.push_str(HEAD);
            }
            text.push_str(&added);
        }
        (!text.is_empty()).then_some(text)
    }
}

/// The JSON schema of the file, for editors.
///
/// Languages have questions of their own, so other ids accept any text.
pub(crate) fn schema() -> serde_json::Value {
    let text = |about: &str| json!({ "type": "string", "description": about });
    let list = |about: &str| json!({ "description": about, "oneOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] });
    let families: Vec<&str> = ["auto"].into_iter().chain(FAMILIES).collect();
    let known = [
        (id::ARGS, list("Default arguments of the container, as shell words or a list.")),
        (id::BASE, json!({ "description": "The family of the final image.", "enum": families })),
        (
            id::DEV,
            json!({ "description": "Add a `development` target.", "oneOf": [{ "type": "boolean" }, { "enum": ["yes", "no"] }] }),
        ),
        (
            id::ENTRYPOINT,
            text("Which program to start: one that `dockgen explain` lists, or a path."),
        ),
        (id::ENV, list("Environment of the image: KEY=value pairs, as shell words or a list.")),
        (id::NAME, text("The image's name.")),
        (
            id::PORT,
            json!({
                "description": "The ports that the program listens on, comma-separated; 53/udp for datagrams.",
                "oneOf": [{ "type": "integer", "minimum": 1, "maximum": 65535 }, { "type": "string", "pattern": "^([0-9]+(/(tcp|udp))?(,[0-9]+(/(tcp|udp))?)*|none)$" }]
            }),
        ),
        (id::TOOL, text("The package manager or build tool.")),
        (
            id::FRONT_END_TOOLCHAIN,
            text("The version of its language that builds the front end, as a text."),
        ),
        (id::TOOLCHAIN, text("The version of the language, as a text.")),
        (id::WRITABLE, list("Folders that the program writes, comma-separated or a list.")),
    ];
    let properties: serde_json::Map<String, serde_json::Value> =
        known.into_iter().map(|(id, schema)| (id.to_owned(), schema)).collect();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": FILE,
        "description": "What a person decided about an image that dockgen plans.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "answers": {
                "description": "Answers by question: `dockgen explain --json` lists the questions.",
                "type": "object",
                "properties": properties,
                "additionalProperties": {
                    "oneOf": [
                        { "type": ["string", "integer", "boolean"] },
                        { "type": "array", "items": { "type": "string" } }
                    ]
                }
            },
            "verify": verify::schema()
        }
    })
}

/// An answer as the questions represent it.
fn word(id: &str, value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Boolean(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Array(items) => {
            let items = items.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
            Some(if id == id::WRITABLE { join_list(items) } else { shell_words(&items) })
        }
        _ => None,
    }
}

fn entry(id: &str, value: &str) -> String {
    let plain =
        id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_') && !id.is_empty();
    let key = if plain { id.to_owned() } else { Value::from(id).to_string() };
    format!("{key} = {}", Value::from(value))
}

fn commented(id: &str, value: &str, origin: Origin, question: Option<&Question>) -> String {
    // A comment ends with its line, and no text of a repository may end it earlier.
    let prompt = question.map_or_else(String::new, |question| inline(&question.prompt));
    let by = if origin == Origin::Flag { "by a flag" } else { "in the wizard" };
    let default = question
        .and_then(|question| question.default.as_ref())
        .filter(|found| !found.value.is_empty());
    let instead =
        default.map_or_else(String::new, |found| format!(", instead of {}", inline(&found.value)));
    format!("# {prompt} Answered {by}{instead}.\n{}\n", entry(id, value))
}

/// The whole lines of an entry, including dockgen's comment directly above it.
fn with_comment(text: &str, span: &Range<usize>) -> Range<usize> {
    let mut start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.end..].find('\n').map_or(text.len(), |at| span.end + at + 1);
    let above = text[..start].trim_end_matches('\n');
    let line = above.rfind('\n').map_or(0, |at| at + 1);
    if above[line..].starts_with("# ")
        && above[line..].contains(" Answered ")
        && above.len() + 1 == start
    {
        start = line;
    }
    start..end
}

fn line(text: &str, at: usize) -> usize {
    text[..at.min(text.len())].matches('\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Answerable;
    use crate::facts::Sourced;

    fn path() -> RelPath {
        RelPath::new(FILE).unwrap()
    }

    fn known() -> Vec<Question> {
        let question = |id: &str, kind, default: &str| Question {
            id: id.to_owned(),
            prompt: format!("What about {id}?"),
            kind,
            default: Some(Sourced::assumed(default.to_owned())),
            open: false,
        };
        vec![
            question(id::PORT, Answerable::Port, "3000"),
            question(id::ENV, Answerable::Text, ""),
            question(id::DEV, Answerable::Confirm, "no"),
        ]
    }

    fn answers(given: &[(&str, &str, Origin)]) -> Answers {
        let mut answers = Answers::default();
        for (id, value, origin) in given {
            answers.set(id, *value, *origin);
        }
        answers
    }

    #[test]
    fn reads_what_it_wrote() {
        let config = Config::parse(path(), None).unwrap();
        let given = answers(&[
            (id::PORT, "80", Origin::Flag),
            (id::ENV, "A=\"x\"", Origin::Prompt),
            (id::DEV, "no", Origin::Flag),
        ]);
        let text = config.updated(&given, &known()).unwrap();
        assert!(text.contains("instead of 3000") && !text.contains("dev ="), "{text}");
        let again = Config::parse(path(), Some(&text)).unwrap();
        let mut read = Answers::default();
        again.check(&known()).unwrap();
        again.answer(&mut read);
        assert_eq!(read.get(id::PORT), Some("80"));
        assert_eq!(read.get(id::ENV), Some("A=\"x\""));
        assert_eq!(again.updated(&given, &known()).as_deref(), Some(text.as_str()));
        let back = again.updated(&answers(&[(id::PORT, "3000", Origin::Flag)]), &known()).unwrap();
        assert!(!back.contains("port") && back.contains("env ="), "{back}");
    }

    #[test]
    fn a_default_does_not_leave_its_comment() {
        let mut known = known();
        known[0].default = Some(Sourced::assumed("x\nname = \"evil\"\u{202e}".to_owned()));
        let config = Config::parse(path(), None).unwrap();
        let text = config.updated(&answers(&[(id::PORT, "80", Origin::Flag)]), &known).unwrap();
        let mut read = Answers::default();
        Config::parse(path(), Some(&text)).unwrap().answer(&mut read);
        assert_eq!((read.get(id::PORT), read.get(id::NAME)), (Some("80"), None), "{text}");
        assert!(!text.contains('\u{202e}'), "{text}");
    }

    #[test]
    fn a_persons_comments_stay() {
        let text = "# mine\n[answers]\nport = 80 # keep\n\n# last\n";
        let config = Config::parse(path(), Some(text)).unwrap();
        let new = config.updated(&answers(&[(id::PORT, "81", Origin::Flag)]), &known()).unwrap();
        assert_eq!(new, text.replace("80", "\"81\""));
        assert_eq!(config.updated(&Answers::default(), &known()).as_deref(), Some(text));
        assert_eq!(
            Config::parse(path(), None).unwrap().updated(&Answers::default(), &known()),
            None
        );
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text: &str| {
            let config = Config::parse(path(), Some(text));
            config.and_then(|config| config.check(&known())).unwrap_err().to_string()
        };
        assert!(error("[answers]\nport = ").starts_with("dockgen.toml:2: not valid TOML"));
        let zero = error("[answers]\nport = 0");
        assert!(zero.starts_with("dockgen.toml:2: `0` is not a valid port"));
        assert!(
            error("\n[answers]\nprot = 1")
                .starts_with("dockgen.toml:3: there is no question `prot`")
        );
        assert!(error("[answer]\nport = 1").contains("answers"));
        assert!(error("[answers]\nport = 1.5").contains("must be a text"));
    }

    #[test]
    fn values_of_every_kind() {
        let text = "answers = { port = 80, dev = true, env = ['A=1 2', 'B=3'] }";
        let mut read = Answers::default();
        Config::parse(path(), Some(text)).unwrap().answer(&mut read);
        assert_eq!((read.get(id::DEV), read.get(id::ENV)), (Some("yes"), Some("'A=1 2' B=3")));
    }
}

//! dockgen.toml: a person's answers, keyed by question. A value that dockgen detects anyway is left
//! out, since it would go stale.

mod kept;
pub(crate) mod verify;

use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{Result, anyhow, bail};
use serde::Deserialize;
use serde_json::json;
use toml::{Spanned, Value};

use crate::ask::{Answers, Form, Origin, Question, id, join_list};
use crate::base::FAMILIES;
use crate::docker::quote::shell_words;
use crate::path::RelPath;
use crate::questions;
use crate::repo::{excerpt, excerpts, line_at};
use crate::screen::visible::inline;

pub(crate) use crate::own::SETTINGS as FILE;
pub(crate) use kept::Kept;
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
    /// Answers of the file that no longer hold: another one takes their place, or none.
    released: BTreeMap<String, Answer>,
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
        Ok(Self { path, text, answers, released: BTreeMap::new(), verify: contents.verify })
    }

    /// Gives up the file's answer to a question, valid or not.
    pub(crate) fn release(&mut self, id: &str) {
        if let Some((id, answer)) = self.answers.remove_entry(id) {
            self.released.insert(id, answer);
        }
    }

    /// True if the file answers the question.
    pub(crate) fn holds(&self, id: &str) -> bool {
        self.answers.contains_key(id)
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

    /// The text of the file.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The path of the file.
    pub(crate) fn path(&self) -> &RelPath {
        &self.path
    }

    /// The file's text with the answers of flags and prompts added, and without those that were
    /// released; `None` if it would be empty.
    ///
    /// Comments and answers in the file are unchanged, but an answer that equals the detected value
    /// is removed.
    ///
    /// # Errors
    /// If the answers are written in a way that cannot be changed, such as one inline table.
    pub(crate) fn updated(
        &self,
        answers: &Answers,
        questions: &[Question],
    ) -> Result<Option<String>> {
        let mut text = self.text.clone();
        let mut edits: Vec<(Range<usize>, String)> = Vec::new();
        let mut added = String::new();
        let mut wanted: BTreeMap<String, String> = self.values();
        for (id, value, origin) in
            answers.iter().filter(|(_, _, o)| !matches!(o, Origin::File | Origin::Default))
        {
            let question = questions.iter().find(|question| question.id == id);
            let detected = question
                .and_then(|question| question.default.as_ref())
                .map(|default| &default.value);
            let decided = detected.is_none_or(|detected| detected != value);
            if decided {
                wanted.insert(id.to_owned(), value.to_owned());
            } else {
                wanted.remove(id);
            }
            match self.answers.get(id).or_else(|| self.released.get(id)) {
                Some(held) if decided && held.value == value => {}
                Some(held) if decided => edits.push((held.span.clone(), entry(id, value))),
                Some(held) => edits.push((with_comment(&self.text, &held.span), String::new())),
                None if decided => added.push_str(&commented(id, value, origin, question)),
                None => {}
            }
        }
        let gone = self.released.iter().filter(|(id, _)| answers.get(id).is_none());
        edits.extend(gone.map(|(_, held)| (with_comment(&self.text, &held.span), String::new())));
        if !added.is_empty() {
            let at = self.end_of_answers();
            if at.is_none() {
                added.insert_str(0, HEAD);
            }
            let at = at.unwrap_or(text.len());
            if !text[..at].is_empty() && !text[..at].ends_with('\n') {
                added.insert(0, '\n');
            }
            edits.push((at..at, added));
        }
        edits.sort_by_key(|(span, _)| std::cmp::Reverse((span.start, span.end)));
        for (span, entry) in edits {
            text.replace_range(span, &entry);
        }
        if text != self.text {
            let says = Self::parse(self.path.clone(), Some(&text)).map(|config| config.values());
            if says.ok() != Some(wanted) {
                bail!(
                    "{}: dockgen cannot change the answers as they are written there: write them \
                     below a line `[answers]`, one on each line",
                    self.path
                );
            }
        }
        Ok((!text.is_empty()).then_some(text))
    }

    /// The answers that hold.
    fn values(&self) -> BTreeMap<String, String> {
        self.answers.iter().map(|(id, answer)| (id.clone(), answer.value.clone())).collect()
    }

    /// Where another answer can be added: below the last one, or below the head of the table.
    /// `None` if there is no such table.
    fn end_of_answers(&self) -> Option<usize> {
        let mut at = 0;
        let mut head = None;
        for line in self.text.split_inclusive('\n') {
            at += line.len();
            let word: String = line.split('#').next()?.chars().filter(|c| *c != ' ').collect();
            if word.trim() == "[answers]" {
                head = Some(at);
                break;
            }
        }
        let head = head?;
        let ends = self.answers.values().chain(self.released.values()).map(|held| held.span.end);
        let last = ends.max().filter(|end| *end > head);
        Some(last.map_or(head, |end| {
            self.text[end..].find('\n').map_or(self.text.len(), |line| end + line + 1)
        }))
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
                "oneOf": [
                    { "type": "integer", "minimum": 1, "maximum": 65535 },
                    { "type": "string", "pattern": "^([0-9]+(/(tcp|udp))?(,[0-9]+(/(tcp|udp))?)*|none)$" },
                    {
                        "type": "array",
                        "items": {
                            "oneOf": [
                                { "type": "integer", "minimum": 1, "maximum": 65535 },
                                { "type": "string", "pattern": "^[0-9]+(/(tcp|udp))?$" }
                            ]
                        }
                    }
                ]
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
    let rows = questions::ROWS.iter().map(|row| match Form::of(row.id) {
        Form::One => (row.id, text(row.about)),
        Form::List | Form::Words | Form::Commands => (row.id, list(row.about)),
    });
    let properties: serde_json::Map<String, serde_json::Value> =
        known.into_iter().chain(rows).map(|(id, schema)| (id.to_owned(), schema)).collect();
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
            let item = |item: &Value| match item {
                Value::Integer(number) => Some(number.to_string()),
                other => other.as_str().map(str::to_owned),
            };
            let items = items.iter().map(item).collect::<Option<Vec<_>>>()?;
            Some(match Form::of(id) {
                Form::List => join_list(items),
                Form::Commands => items.join(" && "),
                Form::One | Form::Words => shell_words(&items),
            })
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
    let by = match origin {
        Origin::Flag => "on the command line",
        Origin::Seen => "by a running container",
        _ => "in the wizard",
    };
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
        let text = config.updated(&given, &known()).unwrap().unwrap();
        assert!(text.contains("instead of 3000") && !text.contains("dev ="), "{text}");
        let again = Config::parse(path(), Some(&text)).unwrap();
        let mut read = Answers::default();
        again.check(&known()).unwrap();
        again.answer(&mut read);
        assert_eq!(read.get(id::PORT), Some("80"));
        assert_eq!(read.get(id::ENV), Some("A=\"x\""));
        assert_eq!(again.updated(&given, &known()).unwrap().as_deref(), Some(text.as_str()));
        let detected = answers(&[(id::PORT, "3000", Origin::Flag)]);
        let back = again.updated(&detected, &known()).unwrap().unwrap();
        assert!(!back.contains("port") && back.contains("env ="), "{back}");
    }

    #[test]
    fn a_default_does_not_leave_its_comment() {
        let mut known = known();
        known[0].default = Some(Sourced::assumed("x\nname = \"evil\"\u{202e}".to_owned()));
        let config = Config::parse(path(), None).unwrap();
        let given = answers(&[(id::PORT, "80", Origin::Flag)]);
        let text = config.updated(&given, &known).unwrap().unwrap();
        let mut read = Answers::default();
        Config::parse(path(), Some(&text)).unwrap().answer(&mut read);
        assert_eq!((read.get(id::PORT), read.get(id::NAME)), (Some("80"), None), "{text}");
        assert!(!text.contains('\u{202e}'), "{text}");
    }

    #[test]
    fn a_persons_comments_stay() {
        let text = "# mine\n[answers]\nport = 80 # keep\n\n# last\n";
        let config = Config::parse(path(), Some(text)).unwrap();
        let changed = |config: &Config, given: &[(&str, &str, Origin)]| {
            config.updated(&answers(given), &known()).unwrap()
        };
        let new = changed(&config, &[(id::PORT, "81", Origin::Flag)]).unwrap();
        assert_eq!(new, text.replace("80", "\"81\""));
        assert_eq!(changed(&config, &[]).as_deref(), Some(text));
        assert_eq!(changed(&Config::parse(path(), None).unwrap(), &[]), None);
    }

    #[test]
    fn answers_are_added_to_their_table_and_released_from_it() {
        let text = "# a\n[answers] # mine\nport = 80 # keep\n\n[verify]\nboot-seconds = 5\n";
        let mut config = Config::parse(path(), Some(text)).unwrap();
        let given = answers(&[(id::ENV, "A=1", Origin::Seen)]);
        let new = config.updated(&given, &known()).unwrap().unwrap();
        let (above, below) = new.split_once("# What about env? Answered by a running").unwrap();
        assert!(above.ends_with("port = 80 # keep\n"), "{new}");
        assert!(below.ends_with("env = \"A=1\"\n\n[verify]\nboot-seconds = 5\n"), "{new}");
        config.release(id::PORT);
        let new = config.updated(&Answers::default(), &known()).unwrap().unwrap();
        assert_eq!(new, text.replace("port = 80 # keep\n", ""));
        let mut again = Config::parse(path(), Some(&new)).unwrap();
        again.release("missing");
        let new = again.updated(&given, &known()).unwrap().unwrap();
        assert!(new.starts_with("# a\n[answers] # mine\n# What about env?"), "{new}");
    }

    #[test]
    fn answers_in_one_line_are_left_to_a_person() {
        for text in ["answers = { port = 80 }\n", "answers.port = 80\n[verify]\n"] {
            let config = Config::parse(path(), Some(text)).unwrap();
            let error =
                config.updated(&answers(&[(id::ENV, "A=1", Origin::Flag)]), &known()).unwrap_err();
            assert!(error.to_string().contains("`[answers]`"), "{error}");
        }
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
        let text =
            "answers = { port = [53, '53/udp'], file = ['a,b=/x'], before-start = ['a', 'b'] }";
        let mut read = Answers::default();
        Config::parse(path(), Some(text)).unwrap().answer(&mut read);
        assert_eq!((read.get(id::PORT), read.get(id::FILE)), (Some("53,53/udp"), Some("a\\,b=/x")));
        assert_eq!(read.get(id::BEFORE_START), Some("a && b"));
    }
}

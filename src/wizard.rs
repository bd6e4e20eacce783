//! Asks a person. Only this module uses dialoguer. It decides nothing, and writes only to the
//! terminal.

use std::fmt::Write;
use std::io::ErrorKind;

use anyhow::{Result, anyhow};
use console::Term;
use dialoguer::theme::ColorfulTheme;
use dialoguer::{Confirm, Input, MultiSelect, Select};

use crate::ask::{Answerable, Choice, Question};
use crate::facts::{Evidence, Facts};
use crate::interrupt::Interrupted;
use crate::path::RelPath;
use crate::pipeline::{App, Draft, Role};
use crate::questions;
use crate::report::{self, Wrote, next::Here, preview};
use crate::screen::look::{Look, cut};
use crate::screen::visible::{self, inline};
use crate::write::Standing;

/// Columns that dialoguer adds around a prompt or before an item.
const FRAME: usize = 6;

/// A conversation on the terminal.
pub(crate) struct Wizard<'a> {
    term: Term,
    theme: ColorfulTheme,
    look: &'a Look,
    here: &'a Here,
    dry_run: bool,
}

/// What the person chose to do with a draft.
enum Next {
    Write,
    Change,
    Leave,
}

impl<'a> Wizard<'a> {
    /// Writes to standard error, so that standard output can be redirected.
    pub(crate) fn new(look: &'a Look, here: &'a Here, dry_run: bool) -> Self {
        console::set_colors_enabled_stderr(look.colour);
        Self { term: Term::stderr(), theme: ColorfulTheme::default(), look, here, dry_run }
    }

    /// Asks which of several applications get a Dockerfile.
    ///
    /// # Errors
    /// [`Interrupted`], or an error of the terminal.
    pub(crate) fn choose(&self, found: Vec<Facts>) -> Result<Vec<Facts>> {
        let items: Vec<String> =
            found.iter().map(|facts| cut(&report::title(facts, self.here), self.room())).collect();
        self.say(&self.look.dim("space: take or leave, a: all or none, enter: go on"))?;
        let chosen = ask(|| {
            MultiSelect::with_theme(&self.theme)
                .with_prompt("Applications")
                .items(&items)
                .defaults(&vec![true; items.len()])
                .interact_on(&self.term)
        })?;
        Ok(found
            .into_iter()
            .enumerate()
            .filter(|(at, _)| chosen.contains(at))
            .map(|(_, facts)| facts)
            .collect())
    }

    /// Asks the open questions, shows what would be written, and lets the person change answers
    /// until they agree.
    ///
    /// `None` if they quit without writing.
    ///
    /// # Errors
    /// [`Interrupted`], an error of the terminal, or an application that cannot be planned with any
    /// answers.
    pub(crate) fn settle(
        &self,
        app: &mut App,
        output: Option<&RelPath>,
        force: bool,
    ) -> Result<Option<Draft>> {
        self.say(&format!("\n{}", report::heading(&app.facts, self.here, self.look)))?;
        self.ask_what_is_open(app)?;
        loop {
            let draft = match app.draft(output) {
                Ok(draft) => draft,
                Err(error) => {
                    self.complain(&error)?;
                    if !self.change(app)? {
                        return Err(error);
                    }
                    self.ask_what_is_open(app)?;
                    continue;
                }
            };
            self.show(&draft)?;
            match self.next(&draft)? {
                Next::Write if force || self.may_overwrite(&draft)? => return Ok(Some(draft)),
                Next::Write => {}
                Next::Change => {
                    self.change(app)?;
                }
                Next::Leave => return Ok(None),
            }
            self.ask_what_is_open(app)?;
        }
    }

    /// An answer may open another question, so the questions are computed again after each.
    fn ask_what_is_open(&self, app: &mut App) -> Result<()> {
        while let Some(question) = app
            .questions()?
            .into_iter()
            .find(|question| question.open && app.answers.get(&question.id).is_none())
        {
            self.answer(app, &question)?;
        }
        Ok(())
    }

    /// Asks one question until the answer is valid.
    fn answer(&self, app: &mut App, question: &Question) -> Result<()> {
        loop {
            let current = app.answers.get(&question.id).map(str::to_owned);
            let answer = self.prompt(question, current.as_deref())?;
            let before = app.answers.clone();
            app.answers.change(&question.id, answer);
            match app.questions() {
                Ok(_) => return Ok(()),
                Err(error) => {
                    app.answers = before;
                    self.complain(&error)?;
                }
            }
        }
    }

    fn prompt(&self, question: &Question, current: Option<&str>) -> Result<String> {
        let default = question.default.as_ref();
        let start = current.or(default.map(|found| found.value.as_str()));
        // A choice that shows its own evidence needs no second mention of it.
        let said = |evidence: &Evidence| match &question.kind {
            Answerable::Choice(all) | Answerable::Suggest(all) => {
                all.iter().any(|c| c.label.contains(&evidence.place()))
            }
            _ => false,
        };
        for evidence in default
            .iter()
            .flat_map(|found| &found.evidence)
            .filter(|evidence| !said(evidence))
            .take(3)
        {
            self.hint(evidence)?;
        }
        let prompt = self.short(&question.prompt, &question.id)?;
        match &question.kind {
            Answerable::Choice(choices) => {
                self.select(&prompt, choices, start, false).map(Option::unwrap_or_default)
            }
            Answerable::Suggest(choices) if choices.is_empty() => {
                self.type_in(question, &prompt, start)
            }
            Answerable::Suggest(choices) => match self.select(&prompt, choices, start, true)? {
                Some(value) => Ok(value),
                None => self.type_in(question, &self.short("Which one?", &question.id)?, start),
            },
            Answerable::Text | Answerable::Port => self.type_in(question, &prompt, start),
            Answerable::Confirm => {
                let yes = ask(|| {
                    Confirm::with_theme(&self.theme)
                        .with_prompt(&prompt)
                        .default(start == Some("yes"))
                        .interact_on(&self.term)
                })?;
                Ok(if yes { "yes" } else { "no" }.to_owned())
            }
        }
    }

    /// Asks for one of the choices; `None` for "something else", which is offered if `open`.
    fn select(
        &self,
        prompt: &str,
        choices: &[Choice],
        start: Option<&str>,
        open: bool,
    ) -> Result<Option<String>> {
        let room = self.room();
        let mut items: Vec<String> =
            choices.iter().map(|choice| cut(&choice.label, room)).collect();
        if open {
            items.push("something else".to_owned());
        }
        let at = choices.iter().position(|choice| Some(choice.value.as_str()) == start);
        let at = at.unwrap_or(if start.is_some() && open { choices.len() } else { 0 });
        let chosen = self.pick(prompt, &items, at)?;
        Ok(choices.get(chosen).map(|choice| choice.value.clone()))
    }

    fn pick(&self, prompt: &str, items: &[String], at: usize) -> Result<usize> {
        ask(|| {
            Select::with_theme(&self.theme)
                .with_prompt(prompt)
                .items(items)
                .default(at)
                .interact_on(&self.term)
        })
    }

    fn type_in(&self, question: &Question, prompt: &str, start: Option<&str>) -> Result<String> {
        let valid = |input: &String| {
            questions::check(question, input.trim()).map_err(|error| inline(&error.to_string()))
        };
        let text = matches!(question.kind, Answerable::Text);
        // Do not offer a text with invisible characters for confirmation by a key.
        let start = start.filter(|start| inline(start) == *start);
        let typed: String = ask(|| {
            let mut input = Input::with_theme(&self.theme).with_prompt(prompt).validate_with(valid);
            input = match start {
                // A text can be edited, and so made empty. A word is replaced.
                Some(start) if text => input.with_initial_text(start).allow_empty(true),
                Some(start) => input.default(start.to_owned()),
                None => input.allow_empty(text && question.default.is_some()),
            };
            input.interact_text_on(&self.term)
        })?;
        Ok(typed.trim().to_owned())
    }

    /// Shows the planned files, then the evidence.
    fn show(&self, draft: &Draft) -> Result<()> {
        let mut text = String::new();
        for change in draft.changes.iter().filter(|change| change.role != Role::Pristine) {
            let path = self.here.path(&change.new.path);
            let shown = change.role == Role::Dockerfile || change.old.is_some();
            if shown && change.standing != Standing::Same {
                writeln!(text, "\n{}", self.look.bold(&path))?;
                text.push_str(&preview::change(change, &path, self.look));
            }
        }
        text.push('\n');
        text.push_str(&report::summary(draft, self.here, self.look));
        let notes = report::notes(draft, self.here, self.look);
        if !notes.is_empty() {
            write!(text, "\n{notes}")?;
        }
        text.push('\n');
        text.push_str(&report::written(&draft.changes, self.here, Wrote::Planned, self.look));
        self.say(&text)
    }

    fn next(&self, draft: &Draft) -> Result<Next> {
        let changed = draft.changes.iter().any(|change| change.standing != Standing::Same);
        let first = match changed {
            true if self.dry_run => "go on (nothing is written: --dry-run)",
            true => "write these files",
            false => "leave it as it is",
        };
        let items =
            [first, "change an answer", "quit, write nothing"].map(|item| cut(item, self.room()));
        Ok(match self.pick("What now?", &items, 0)? {
            0 => Next::Write,
            1 => Next::Change,
            _ => Next::Leave,
        })
    }

    /// Lets the person pick a question and answer it again; false if they pick none.
    fn change(&self, app: &mut App) -> Result<bool> {
        let questions = app.questions()?;
        let mut items: Vec<String> = questions
            .iter()
            .map(|question| {
                let default = question.default.as_ref();
                let value =
                    app.answers.get(&question.id).or(default.map(|found| found.value.as_str()));
                let value = value.filter(|value| !value.is_empty()).unwrap_or("(nothing)");
                cut(&format!("{}: {value}", question.id), self.room())
            })
            .collect();
        items.push("back".to_owned());
        let chosen = self.pick("Change which answer?", &items, 0)?;
        let Some(question) = questions.get(chosen) else { return Ok(false) };
        self.answer(app, question)?;
        Ok(true)
    }

    /// Asks before a person's work is overwritten.
    fn may_overwrite(&self, draft: &Draft) -> Result<bool> {
        for change in draft.changes.iter().filter(|change| change.is_refused()) {
            let path = self.here.path(&change.new.path);
            let why = match change.standing {
                Standing::Edited => "was edited after dockgen wrote it",
                _ => "was not written by dockgen",
            };
            self.say(&self.look.yellow(&format!("{path} {why}. The difference is shown above.")))?;
            let prompt = self.short(&format!("Overwrite {path}?"), "Overwrite it?")?;
            let yes = ask(|| {
                Confirm::with_theme(&self.theme)
                    .with_prompt(prompt)
                    .default(false)
                    .interact_on(&self.term)
            })?;
            if !yes {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A prompt that fits on one line: dialoguer counts lines, and would not erase a wrapped one
    /// completely.
    fn short(&self, prompt: &str, word: &str) -> Result<String> {
        let prompt = inline(prompt);
        if console::measure_text_width(&prompt) <= self.room() {
            return Ok(prompt);
        }
        for line in self.look.wrap(&prompt, FRAME) {
            self.say(&self.look.bold(&line))?;
        }
        Ok(cut(word, self.room()))
    }

    fn hint(&self, evidence: &Evidence) -> Result<()> {
        let text =
            cut(&format!("{}  {}", evidence.place(), evidence.note), self.room() + FRAME - 1);
        self.say(&self.look.dim(&text))
    }

    fn complain(&self, error: &anyhow::Error) -> Result<()> {
        for line in self.look.wrap(&format!("{error:#}"), 0) {
            self.say(&self.look.red(&line))?;
        }
        Ok(())
    }

    fn room(&self) -> usize {
        usize::from(self.term.size().1).saturating_sub(FRAME).max(10)
    }

    fn say(&self, text: &str) -> Result<()> {
        self.term
            .write_line(&visible::stream(text.trim_end_matches('\n'), self.look.colour))
            .map_err(Into::into)
    }
}

/// Runs a prompt. If it is interrupted, or the terminal is gone, the run ends.
fn ask<T>(prompt: impl FnOnce() -> dialoguer::Result<T>) -> Result<T> {
    prompt().map_err(|dialoguer::Error::IO(error)| match error.kind() {
        ErrorKind::Interrupted | ErrorKind::UnexpectedEof => Interrupted.into(),
        _ => anyhow!("the terminal failed: {error}; --yes asks nothing"),
    })
}

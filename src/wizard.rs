//! Asks a person. Only this module uses dialoguer. It decides nothing, and writes only to the
//! terminal.

mod menu;
mod terminal;
mod typed;

use std::io::{self, ErrorKind};

use anyhow::{Result, anyhow};
use console::Term;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, MultiSelect};

use crate::ask::{Answerable, Choice, Origin, Question};
use crate::facts::{Evidence, Facts};
use crate::interrupt::Interrupted;
use crate::path::RelPath;
use crate::pipeline::{App, Draft, Role};
use crate::questions;
use crate::report::{self, beside, next::Here, preview};
use crate::screen::look::{Look, cut};
use crate::screen::visible::inline;
use crate::update;
use crate::write::Standing;
pub(crate) use menu::Among;
use menu::{BESIDE, Offer, Shown, offers};
use terminal::{Board, List, Pressed};
use typed::Typed;

/// Columns that dialoguer adds around a prompt or before an item.
const FRAME: usize = 6;

/// Lines of the first screen beside what is said of the application: the menu and what is around it.
const MENU: usize = 14;

/// A conversation on the terminal.
pub(crate) struct Wizard<'a> {
    board: Board<'a>,
    theme: Box<dyn Theme>,
    here: &'a Here,
    dry_run: bool,
}

/// What the person decided about an application.
pub(crate) enum Settled {
    /// Write these files.
    Write(Box<Draft>),
    /// Write these, and take the remaining applications as they are.
    WriteAll(Box<Draft>),
    /// Leave this application out.
    LeftOut,
    /// These folders hold programs of the application, and each gets an image of its own instead.
    Programs(Vec<RelPath>),
    /// Write nothing at all.
    Quit,
}

impl<'a> Wizard<'a> {
    /// Writes to standard error, so that standard output can be redirected.
    pub(crate) fn new(look: &'a Look, here: &'a Here, dry_run: bool) -> Self {
        console::set_colors_enabled_stderr(look.colour);
        let board = Board { term: Term::stderr(), look };
        // Without colours, the mark of a list has to be a character.
        let theme: Box<dyn Theme> =
            if look.colour { Box::new(ColorfulTheme::default()) } else { Box::new(SimpleTheme) };
        Self { board, theme, here, dry_run }
    }

    /// Asks which of several applications get a Dockerfile; none for Esc.
    ///
    /// # Errors
    /// [`Interrupted`], or an error of the terminal.
    pub(crate) fn choose(&self, found: Vec<Facts>) -> Result<Vec<Facts>> {
        let items: Vec<String> =
            found.iter().map(|facts| cut(&report::title(facts, self.here), self.room())).collect();
        let chosen = self.several("Applications", &items, "quit, write nothing")?;
        Ok(found
            .into_iter()
            .enumerate()
            .filter(|(at, _)| chosen.contains(at))
            .map(|(_, facts)| facts)
            .collect())
    }

    /// The items that a person takes, all to begin with; none for Esc, which does `back`.
    fn several(&self, prompt: &str, items: &[String], back: &str) -> Result<Vec<usize>> {
        let keys = "space: take or leave   a: all or none   enter: go on";
        self.say(&self.look().dim(&cut(keys, self.room())))?;
        // A list that is longer than the screen has pages.
        let pages =
            if items.len() + 4 > self.board.rows() { "left, right: turn pages   " } else { "" };
        self.say(&self.look().dim(&cut(&format!("{pages}esc: {back}"), self.room())))?;
        let chosen = ask(|| {
            MultiSelect::with_theme(&*self.theme)
                .with_prompt(prompt)
                .items(items)
                .defaults(&vec![true; items.len()])
                .max_length(self.board.rows().saturating_sub(5).max(3))
                .interact_on_opt(&self.board.term)
        })?;
        Ok(chosen.unwrap_or_default())
    }

    /// Asks which of a module's programs get an image of their own.
    fn programs(&self, apart: &[(String, RelPath)]) -> Result<Vec<RelPath>> {
        let item = |(name, folder): &(String, RelPath)| {
            cut(&inline(&format!("{name}  {}", self.here.path(folder))), self.room())
        };
        let items: Vec<String> = apart.iter().map(item).collect();
        let chosen = self.several("An image for which programs?", &items, "to the menu")?;
        Ok(chosen.into_iter().filter_map(|at| Some(apart.get(at)?.1.clone())).collect())
    }

    /// Asks the open questions, shows what would be written on one screen, and lets the person look
    /// closer and change answers until they agree.
    ///
    /// # Errors
    /// [`Interrupted`], an error of the terminal, or a single application that cannot be planned with
    /// any answers.
    pub(crate) fn settle(
        &self,
        app: &mut App,
        output: Option<&RelPath>,
        force: bool,
        compose: &mut bool,
        among: Among,
    ) -> Result<Settled> {
        self.say(&report::heading(&app.facts, self.here, self.look()))?;
        let mut skipped = Vec::new();
        let mut forced = force;
        loop {
            self.ask_what_is_open(app, &mut skipped)?;
            let draft = match app.draft(output) {
                Ok(draft) => draft,
                Err(error) => {
                    self.complain(&error)?;
                    if self.change(app, None)? {
                        continue;
                    }
                    if among.several {
                        return Ok(Settled::LeftOut);
                    }
                    return Err(error);
                }
            };
            self.show(&draft)?;
            let mut at = 0;
            let decided = loop {
                let offer = self.offer(&draft, forced, *compose, among, &mut at)?;
                match offer {
                    Offer::Show(role) => self.show_file(&draft, role)?,
                    Offer::Notes => {
                        let notes = report::notes(&draft, self.here, self.look());
                        self.page("Notes", &notes)?;
                    }
                    Offer::Compare => {
                        let table = beside::table(&draft, self.here, self.look());
                        self.page("Side by side", &table)?;
                    }
                    Offer::Why => self.explain(&draft)?,
                    Offer::Compose => *compose = !*compose,
                    other => break other,
                }
                if offer != Offer::Compose {
                    // The page took the place of the decisions.
                    self.show(&draft)?;
                }
            };
            match decided {
                Offer::Change => {
                    self.change(app, Some(&draft))?;
                }
                Offer::Merge => {
                    let taken = app.take_over(&draft.plan)?;
                    let taken: Vec<String> =
                        taken.iter().map(|(id, value)| format!("{id}: {value}")).collect();
                    let text =
                        if taken.is_empty() { "nothing".to_owned() } else { taken.join("; ") };
                    self.say(&self.look().cyan(&format!("taken over: {text}")))?;
                    forced = true;
                }
                Offer::Programs => {
                    let folders = self.programs(among.apart)?;
                    if !folders.is_empty() {
                        return Ok(Settled::Programs(folders));
                    }
                }
                Offer::Adopt => return Ok(Settled::Write(Box::new(update::adopted(app)?))),
                Offer::Beside => {
                    let path = app.facts.dir.join(BESIDE);
                    return Ok(Settled::Write(Box::new(app.draft(path.as_ref())?)));
                }
                Offer::LeaveOut => return Ok(Settled::LeftOut),
                Offer::AcceptAll => return Ok(Settled::WriteAll(Box::new(draft))),
                Offer::Quit => return Ok(Settled::Quit),
                _ => return Ok(Settled::Write(Box::new(draft))),
            }
        }
    }

    /// An answer may open another question, so the questions are computed again after each. Esc takes
    /// the default of a question, and leaves it open for the menu.
    fn ask_what_is_open(&self, app: &mut App, skipped: &mut Vec<String>) -> Result<()> {
        while let Some(question) = app.questions()?.into_iter().find(|question| {
            question.open
                && app.answers.get(&question.id).is_none()
                && !skipped.contains(&question.id)
        }) {
            if !self.answer(app, &question)? {
                if question.default.is_none() {
                    self.say(
                        &self
                            .look()
                            .yellow("Nothing in the repository says so: an answer is needed."),
                    )?;
                    continue;
                }
                skipped.push(question.id);
            }
        }
        Ok(())
    }

    /// Asks one question until the answer is valid; false if the person went back.
    fn answer(&self, app: &mut App, question: &Question) -> Result<bool> {
        loop {
            let current = app.answers.get(&question.id).map(str::to_owned);
            let Some(answer) = self.prompt(question, current.as_deref())? else { return Ok(false) };
            let before = app.answers.clone();
            app.answers.change(&question.id, answer, Origin::Prompt);
            match app.questions() {
                Ok(_) => return Ok(true),
                Err(error) => {
                    app.answers = before;
                    self.complain(&error)?;
                }
            }
        }
    }

    fn prompt(&self, question: &Question, current: Option<&str>) -> Result<Option<String>> {
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
            Answerable::Choice(choices) => self.select(&prompt, choices, start, false),
            Answerable::Suggest(choices) if choices.is_empty() => {
                self.type_in(question, &prompt, start)
            }
            Answerable::Suggest(choices) => match self.select(&prompt, choices, start, true)? {
                Some(value) if value == OTHER => {
                    self.type_in(question, &self.short("Which one?", &question.id)?, start)
                }
                chosen => Ok(chosen),
            },
            Answerable::Confirm => {
                let yes = ask(|| {
                    Confirm::with_theme(&*self.theme)
                        .with_prompt(&prompt)
                        .default(start == Some("yes"))
                        .interact_on_opt(&self.board.term)
                })?;
                Ok(yes.map(|yes| if yes { "yes" } else { "no" }.to_owned()))
            }
            _ => self.type_in(question, &prompt, start),
        }
    }

    /// Asks for one of the choices, [`OTHER`] among them if `open`; `None` for Esc.
    fn select(
        &self,
        prompt: &str,
        choices: &[Choice],
        start: Option<&str>,
        open: bool,
    ) -> Result<Option<String>> {
        let mut items: Vec<String> = choices.iter().map(|choice| inline(&choice.label)).collect();
        if open {
            items.push("something else".to_owned());
        }
        let at = choices.iter().position(|choice| Some(choice.value.as_str()) == start);
        let at = at.unwrap_or(if start.is_some() && open { choices.len() } else { 0 });
        match self.pick(prompt, &items, at, Some("to the menu"), false)? {
            Pressed::Item(at) => Ok(Some(
                choices.get(at).map_or_else(|| OTHER.to_owned(), |choice| choice.value.clone()),
            )),
            _ => Ok(None),
        }
    }

    fn pick(
        &self,
        prompt: &str,
        items: &[String],
        at: usize,
        back: Option<&str>,
        explains: bool,
    ) -> Result<Pressed> {
        held(self.board.pick(&List { prompt, items, at, back, explains }))
    }

    /// Lets a person type the answer; `None` for Esc.
    fn type_in(
        &self,
        question: &Question,
        prompt: &str,
        start: Option<&str>,
    ) -> Result<Option<String>> {
        let refuses = |text: &str| {
            questions::check(question, text).err().map(|error| inline(&error.to_string()))
        };
        let text = matches!(question.kind, Answerable::Text);
        // Do not offer a text with invisible characters for confirmation by a key.
        let start = start.filter(|start| inline(start) == *start);
        held(self.board.type_in(&Typed {
            prompt,
            // A text can be edited, and so made empty. A word is replaced.
            start: start.filter(|_| text).unwrap_or_default(),
            default: start.filter(|_| !text),
            empty: text && (start.is_some() || question.default.is_some()),
            back: "to the menu",
            refuses: &refuses,
        }))
    }

    /// The first screen: the decisions with their evidence, what a person should know, and the files.
    /// With the menu below it, it fits on 24 lines.
    fn show(&self, draft: &Draft) -> Result<()> {
        let look = self.look();
        let summary = report::summary(draft, self.here, look);
        let room = self.board.rows().saturating_sub(MENU + summary.lines().count()).max(2);
        let (brief, _) = report::brief(draft, self.here, look, room);
        let mut text = summary + &brief + &report::planned(&draft.changes, self.here, look);
        let kept = draft.changes.iter().find(|change| change.role == Role::Pristine);
        let refused = draft.changes.iter().find(|change| change.is_refused());
        let last = match (refused, kept) {
            (Some(change), _) => {
                let why = match change.standing {
                    Standing::Edited => "was edited after dockgen wrote it",
                    _ => "was not written by dockgen",
                };
                look.yellow(&format!("{} {why}", self.here.path(&change.new.path)))
            }
            (None, Some(change)) if change.standing == Standing::New => look.dim(&look.fit(
                "          .dockgen/ remembers them for `dockgen update`: commit it",
                look.width - 1,
            )),
            _ => String::new(),
        };
        text.push_str(&last);
        self.say(&text)
    }

    /// Shows a file, or how it differs from the one on disk.
    fn show_file(&self, draft: &Draft, role: Role) -> Result<()> {
        let Some(change) = draft.changes.iter().find(|change| change.role == role) else {
            return Ok(());
        };
        let path = self.here.path(&change.new.path);
        let text = match change.standing {
            Standing::Same => preview::texts(None, &change.new.text, &path, self.look()),
            _ => preview::change(change, &path, self.look()),
        };
        self.page(&path, &text)
    }

    /// Lets a person pick decisions, and shows the evidence of each.
    fn explain(&self, draft: &Draft) -> Result<()> {
        let decisions = &draft.plan.decisions;
        let items: Vec<String> =
            decisions.iter().map(|held| format!("{}: {}", held.what, held.value)).collect();
        let mut at = 0;
        while let Pressed::Item(picked) =
            self.pick("Why what?", &items, at, Some("to the menu"), false)?
        {
            at = picked;
            let one = decisions.get(picked).map_or(&[][..], std::slice::from_ref);
            self.page(&items[picked], &report::decisions(one, self.here, self.look()))?;
        }
        Ok(())
    }

    /// Offers what can be done next, until the person chooses. `at` is the item that is marked.
    fn offer(
        &self,
        draft: &Draft,
        forced: bool,
        compose: bool,
        among: Among,
        at: &mut usize,
    ) -> Result<Offer> {
        let foreign = draft.changes.iter().find(|change| change.is_refused());
        let shown = Shown { here: self.here, look: self.look(), dry_run: self.dry_run };
        let offers = offers(draft, foreign.filter(|_| !forced), compose, among, &shown);
        let items: Vec<String> = offers.iter().map(|(_, text)| text.clone()).collect();
        loop {
            let pressed = self.pick("What now?", &items, *at, None, false)?;
            if let Pressed::Item(picked) = pressed {
                *at = picked;
                return Ok(offers[picked].0);
            }
        }
    }

    /// Lets the person pick a question and answer it again; false if they pick none.
    fn change(&self, app: &mut App, draft: Option<&Draft>) -> Result<bool> {
        let mut at = 0;
        loop {
            let questions = app.questions()?;
            let mut items: Vec<String> = questions
                .iter()
                .map(|question| {
                    let default = question.default.as_ref();
                    let value =
                        app.answers.get(&question.id).or(default.map(|found| found.value.as_str()));
                    let value = value.filter(|value| !value.is_empty()).unwrap_or("(nothing)");
                    format!("{}: {value}", question.id)
                })
                .collect();
            items.push("back".to_owned());
            let prompt = "Change which answer?";
            let picked =
                match self.pick(prompt, &items, at, Some("to the menu"), draft.is_some())? {
                    Pressed::Item(picked) => picked,
                    Pressed::Why(picked) => {
                        at = picked;
                        let id = questions.get(picked).map(|question| question.id.as_str());
                        let why = draft.iter().flat_map(|draft| &draft.plan.decisions);
                        let why: Vec<_> =
                            why.filter(|held| Some(held.what.as_str()) == id).cloned().collect();
                        let text = if why.is_empty() {
                            "Nothing in the repository says so: this is the default.".to_owned()
                        } else {
                            report::decisions(&why, self.here, self.look())
                        };
                        self.page(&items[picked], &text)?;
                        continue;
                    }
                    Pressed::Back => return Ok(false),
                };
            let Some(question) = questions.get(picked) else { return Ok(false) };
            at = picked;
            if self.answer(app, question)? {
                return Ok(true);
            }
        }
    }

    /// Asks a question with yes or no.
    ///
    /// # Errors
    /// [`Interrupted`], or an error of the terminal.
    pub(crate) fn confirm(&self, prompt: &str, default: bool) -> Result<bool> {
        let prompt = self.short(prompt, prompt)?;
        ask(|| {
            Confirm::with_theme(&*self.theme)
                .with_prompt(prompt)
                .default(default)
                .interact_on(&self.board.term)
        })
    }

    /// A prompt that fits on one line.
    fn short(&self, prompt: &str, word: &str) -> Result<String> {
        let prompt = inline(prompt);
        if console::measure_text_width(&prompt) <= self.room() {
            return Ok(prompt);
        }
        for line in self.look().wrap(&prompt, FRAME) {
            self.say(&self.look().bold(&line))?;
        }
        Ok(cut(word, self.room()))
    }

    fn hint(&self, evidence: &Evidence) -> Result<()> {
        let text = format!("{}  {}", self.here.place(evidence), evidence.note);
        self.say(&self.look().dim(&cut(&text, self.room() + FRAME - 1)))
    }

    /// Says what went wrong.
    pub(crate) fn complain(&self, error: &anyhow::Error) -> Result<()> {
        for line in self.look().wrap(&format!("{error:#}"), 0) {
            self.say(&self.look().red(&line))?;
        }
        Ok(())
    }

    fn look(&self) -> &Look {
        self.board.look
    }

    fn room(&self) -> usize {
        usize::from(self.board.term.size().1).saturating_sub(FRAME).max(10)
    }

    fn page(&self, title: &str, text: &str) -> Result<()> {
        held(self.board.page(title, text))
    }

    fn say(&self, text: &str) -> Result<()> {
        held(self.board.say(text))
    }
}

/// The value of "something else", which no choice has.
const OTHER: &str = "\0";

/// Runs a prompt. If it is interrupted, or the terminal is gone, the run ends.
fn ask<T>(prompt: impl FnOnce() -> dialoguer::Result<T>) -> Result<T> {
    held(prompt().map_err(|dialoguer::Error::IO(error)| error))
}

fn held<T>(result: io::Result<T>) -> Result<T> {
    result.map_err(|error| match error.kind() {
        ErrorKind::Interrupted | ErrorKind::UnexpectedEof => Interrupted.into(),
        _ => anyhow!("the terminal failed: {error}; --yes asks nothing"),
    })
}

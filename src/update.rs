//! Computes what an update would do to the files of one application. Nothing is written or printed
//! here.
//!
//! The base of the merge is the pristine copy of the last output, ours is the file on disk, theirs
//! is the new output. A missing file is written again. The pristine copies become the new output,
//! whatever the merge does, and are written last: after an interrupted update, the next one finds
//! its own lines in the file and completes.

use anyhow::{Context, Result, anyhow, bail};

use crate::ask::Origin;
use crate::context;
use crate::docker::ignore::IgnoreFile;
use crate::docker::lint::{Violation, lint};
use crate::docker::parse::parse;
use crate::merge::{Conflict, Hunk, Merge, merge, unsettled};
use crate::path::RelPath;
use crate::pipeline::{App, Basis, Change, Draft, Role};
use crate::plan::Decision;
use crate::state::{self, Moved};
use crate::write::{Output, Standing};

/// An application, compared with its existing files.
pub struct Review<'a> {
    app: &'a App<'a>,
    /// The files that dockgen would write if nobody had edited anything.
    pub draft: Draft,
    /// The Dockerfile and the .dockerignore.
    pub files: Vec<File>,
    /// The facts that changed since the last run.
    pub moved: Vec<Moved>,
    /// The inputs that changed since the last run, relative to the application's folder, each with
    /// `changed`, `new` or `gone`.
    pub inputs: Vec<(String, &'static str)>,
    /// The old and new version of dockgen, if the output and the templates changed.
    pub templates: Option<(String, String)>,
    /// The files were not dockgen's before: they stay as they are, and the next update merges into
    /// them.
    pub adopted: bool,
}

/// A file: the last output, the text on disk, and the new output.
#[derive(Clone, Debug)]
pub struct File {
    /// [`Role::Dockerfile`] or [`Role::Ignore`].
    pub role: Role,
    /// Its path.
    pub path: RelPath,
    /// The text on disk; `None` if it does not exist.
    pub disk: Option<String>,
    merge: Merge,
    /// The last output differs from the new one.
    moved: bool,
}

/// Texts to write, and the rules that they violate.
pub struct Settled {
    /// The merged texts, in the order of [`Review::files`].
    pub texts: Vec<String>,
    /// Rules that the merged Dockerfile violates, but neither the file on disk nor the new output.
    pub broken: Vec<Violation>,
}

impl Settled {
    /// True if the hand edits and the new output do not fit together.
    pub fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }
}

impl File {
    /// The conflicts.
    pub fn hunks(&self) -> impl Iterator<Item = &Hunk> {
        self.merge.hunks()
    }

    /// Rejects conflict markers of the last update.
    fn must_be_settled(&self) -> Result<()> {
        if let Some(line) = self.disk.as_deref().and_then(unsettled) {
            bail!(
                "{}:{line}: a conflict marker of the last update is still there: resolve it first",
                self.path
            );
        }
        Ok(())
    }

    /// True if an update would change it, or could not.
    pub fn is_drifted(&self) -> bool {
        self.merge.settle(Conflict::Refuse).is_none_or(|text| self.disk.as_ref() != Some(&text))
    }
}

/// Compares an application with its files on disk. `adopt` accepts files that dockgen did not write
/// as they are.
///
/// # Errors
/// If there is nothing to update, if a file is not dockgen's and `adopt` is not set, or if nothing
/// could be generated.
pub fn review<'a>(app: &'a App<'a>, adopt: bool) -> Result<Review<'a>> {
    let dir = &app.facts.dir;
    let known = app.state()?;
    let output = known.as_ref().map(|state| state.dockerfile(dir)).transpose()?;
    let beside = dir.join("Dockerfile");
    let draft = app
        .draft_on(Basis::Pristine, output.filter(|path| Some(path) != beside.as_ref()).as_ref())?;
    let mut files = Vec::new();
    let mut adopted = false;
    for (change, pristine) in pairs(&draft) {
        let (disk, new) = (change.old.clone(), &change.new.text);
        let foreign = disk.is_some() && pristine.old.is_none() && change.role == Role::Dockerfile;
        if foreign && !adopt && change.standing != Standing::Same {
            bail!(
                "{} was not written by dockgen, or .dockgen/, which holds what dockgen wrote, was deleted or not \
                 committed: `dockgen update --adopt` keeps the file as it is; `dockgen init --force` replaces it",
                change.new.path
            );
        }
        if disk.is_none()
            && pristine.old.is_none()
            && known.is_none()
            && change.role == Role::Dockerfile
        {
            bail!(
                "{}: the file does not exist, and dockgen has not written it yet: run `dockgen \
                 init`",
                change.new.path
            );
        }
        adopted |= foreign;
        let base = match (&disk, &pristine.old) {
            // A missing file is written again.
            (None, _) => "",
            (_, Some(base)) => base,
            // Adopted: a person decided every difference from the new output.
            (Some(_), None) if adopt => new,
            (Some(disk), None) => disk,
        };
        files.push(File {
            role: change.role,
            path: change.new.path.clone(),
            merge: merge(base, disk.as_deref().unwrap_or_default(), new),
            moved: pristine.standing != Standing::Same,
            disk,
        });
    }
    let new = &draft.state;
    let moved = known.as_ref().map(|known| known.moved(new, dir)).unwrap_or_default();
    let inputs = known.as_ref().map(|known| known.changed_inputs(new)).unwrap_or_default();
    let templates = known
        .as_ref()
        .filter(|known| known.templates != new.templates && files.iter().any(|file| file.moved))
        .map(|known| (known.dockgen.clone(), new.dockgen.clone()));
    let own = |input: &str| files.iter().any(|file| dir.join(input).as_ref() == Some(&file.path));
    let inputs = inputs.into_iter().filter(|(input, _)| !own(input)).collect();
    let mut review = Review { app, draft, files, moved, inputs, templates, adopted };
    if adopted && adopt {
        review.accept()?;
    }
    Ok(review)
}

/// The application's files if those on disk are adopted: they stay as they are, and later changes are
/// merged into them.
///
/// # Errors
/// As [`review`].
pub fn adopted(app: &App) -> Result<Draft> {
    let review = review(app, true)?;
    let settled = review.settle(Conflict::Ours)?.context("the files cannot be adopted")?;
    let texts: Vec<(RelPath, String)> =
        review.files.iter().map(|file| file.path.clone()).zip(settled.texts).collect();
    let mut draft = review.draft;
    for (path, text) in texts {
        for change in draft.changes.iter_mut().filter(|change| change.new.path == path) {
            change.standing = match &change.old {
                Some(old) if *old == text => Standing::Same,
                Some(_) => Standing::Ours,
                None => Standing::New,
            };
            change.new.text.clone_from(&text);
        }
    }
    Ok(draft)
}

/// Each file with its pristine copy, which comes after it.
fn pairs(draft: &Draft) -> impl Iterator<Item = (&Change, &Change)> {
    let next = draft.changes.iter().skip(1);
    draft
        .changes
        .iter()
        .zip(next)
        .filter(|(change, _)| matches!(change.role, Role::Dockerfile | Role::Ignore))
}

impl Review<'_> {
    /// Keeps the rules that an adopted file violates: its author decided so, and only what comes
    /// later is an error.
    fn accept(&mut self) -> Result<()> {
        let disk = self.files.iter().map(|file| file.disk.clone().unwrap_or_default());
        let disk: Vec<String> = disk.collect();
        let found = self.violations_of(&disk)?;
        self.draft.state.accepted =
            found.iter().filter(|one| !one.is_choice()).map(Violation::key).collect();
        let path = state::path(&self.app.facts.dir);
        let text = self.draft.state.text()?;
        for change in self.draft.changes.iter_mut().filter(|c| Some(&c.new.path) == path.as_ref()) {
            if change.old.as_ref() != Some(&text) && !self.draft.state.accepted.is_empty() {
                change.standing = if change.old.is_some() { Standing::Ours } else { Standing::New };
                change.new.text.clone_from(&text);
            }
        }
        Ok(())
    }

    /// True if an update would change a file, or could not.
    pub fn is_drifted(&self) -> bool {
        self.files.iter().any(File::is_drifted)
    }

    /// True if no hand edit conflicts with the new output.
    pub fn is_clean(&self) -> bool {
        self.files.iter().all(|file| file.merge.is_clean())
    }

    /// The answers of dockgen.toml that detection contradicts.
    pub fn contradicted(&self) -> impl Iterator<Item = (&Decision, &str)> {
        let decisions =
            self.draft.plan.decisions.iter().filter(|decision| decision.origin == Origin::File);
        decisions.filter_map(|decision| Some((decision, decision.overruled()?)))
    }

    /// Resolves the merge; `None` if it must not be written.
    ///
    /// # Errors
    /// If the result would not be a Dockerfile, or Docker would reject the .dockerignore.
    pub fn settle(&self, how: Conflict) -> Result<Option<Settled>> {
        let mut texts = Vec::new();
        for file in &self.files {
            file.must_be_settled()?;
            let Some(text) = file.merge.settle(how) else { return Ok(None) };
            texts.push(text);
        }
        let marked = how == Conflict::Markers && !self.is_clean();
        let broken = if marked { Vec::new() } else { self.broken_by_merge(&texts)? };
        Ok(Some(Settled { texts, broken }))
    }

    fn text<'t>(&self, role: Role, texts: &'t [String]) -> Option<(&File, &'t str)> {
        self.files
            .iter()
            .zip(texts)
            .find(|(file, _)| file.role == role)
            .map(|(file, text)| (file, text.as_str()))
    }

    fn broken_by_merge(&self, texts: &[String]) -> Result<Vec<Violation>> {
        let violations = self.violations_of(texts)?;
        // Existing violations are not the merge's. A missing .dockerignore violates nothing, and a
        // missing Dockerfile is empty.
        let disk: Option<Vec<String>> = self
            .files
            .iter()
            .zip(texts)
            .map(|(file, text)| match file.role {
                Role::Dockerfile => file.disk.clone(),
                _ => Some(file.disk.as_ref().unwrap_or(text).clone()),
            })
            .collect();
        let before =
            disk.map_or_else(Vec::new, |disk| self.violations_of(&disk).unwrap_or_default());
        let held =
            |v: &Violation| before.iter().any(|b| (b.code, &b.message) == (v.code, &v.message));
        Ok(violations
            .into_iter()
            .filter(|violation| !violation.is_choice() && !held(violation))
            .collect())
    }

    /// Rules that the files on disk violate, and decisions by hand that an update would keep.
    ///
    /// # Errors
    /// If the Dockerfile cannot be parsed.
    pub fn violations(&self) -> Result<Vec<Violation>> {
        let Some(disk) =
            self.files.iter().map(|file| file.disk.clone()).collect::<Option<Vec<_>>>()
        else {
            return Ok(Vec::new());
        };
        let mut all = Vec::new();
        for file in &self.files {
            file.must_be_settled()?;
        }
        all.extend(
            self.violations_of(&disk)?.into_iter().filter(|one| !one.is_choice() || one.adopted),
        );
        // An outdated file differs from the plan anyway: only what an update keeps is a decision.
        let merged: Option<Vec<String>> =
            self.files.iter().map(|file| file.merge.settle(Conflict::Ours)).collect();
        if let Some(Ok(merged)) = merged.map(|texts| self.violations_of(&texts)) {
            all.extend(merged.into_iter().filter(|one| one.is_choice() && !one.adopted));
        }
        all.sort_by_key(|violation| (violation.line, violation.code));
        Ok(all)
    }

    fn violations_of(&self, texts: &[String]) -> Result<Vec<Violation>> {
        let (Some((dockerfile, text)), Some((ignore, rows))) =
            (self.text(Role::Dockerfile, texts), self.text(Role::Ignore, texts))
        else {
            return Ok(Vec::new());
        };
        let parsed = parse(text).map_err(|error| {
            anyhow!(
                "{}, {error}: nothing was written, since Docker would reject the file",
                dockerfile.path
            )
        })?;
        let ignored = IgnoreFile::parse(rows).with_context(|| ignore.path.to_string())?;
        let mut found = lint(&parsed, &self.draft.plan, &self.app.survey.repo, &ignored);
        for one in &mut found {
            one.adopted = !one.is_choice() && self.draft.state.accepted.contains(&one.key());
        }
        Ok(found)
    }

    /// The files to write: outputs, answers, pristine copies and state, in this order.
    pub fn outputs(&self, settled: &Settled) -> Vec<Output> {
        let merged = self
            .files
            .iter()
            .zip(&settled.texts)
            .filter(|(file, text)| file.disk.as_ref() != Some(text));
        let merged =
            merged.map(|(file, text)| Output { path: file.path.clone(), text: text.clone() });
        let changed = |role: Role| {
            let changes = self.draft.changes.iter().filter(move |change| change.role == role);
            changes
                .filter(|change| change.standing != Standing::Same)
                .map(|change| change.new.clone())
        };
        merged.chain(changed(Role::Config)).chain(changed(Role::Pristine)).collect()
    }

    /// dockgen.toml alone, if the answers in it change.
    pub fn answers(&self) -> Vec<Output> {
        let held = self.draft.changes.iter().filter(|change| change.role == Role::Config);
        let new = held.filter(|change| change.standing != Standing::Same);
        new.map(|change| change.new.clone()).collect()
    }

    /// The contents of the build context with this .dockerignore.
    ///
    /// # Errors
    /// If Docker would reject it.
    pub fn context(&self, settled: &Settled) -> Result<Option<context::ContextReport>> {
        let Some((file, text)) = self.text(Role::Ignore, &settled.texts) else { return Ok(None) };
        let ignored = IgnoreFile::parse(text).with_context(|| file.path.to_string())?;
        context::report(&self.app.survey.repo, &self.draft.plan, &ignored).map(Some)
    }
}

//! What an update would do to the files of one application: nothing is written and nothing is
//! printed here.
//!
//! Base of the merge is the pristine copy of the last output, ours the file on disk, theirs the new
//! output. A file that is not there is written anew. The pristine copies become the new output
//! whatever was merged, and they are written last: an update that is cut off in between finds its
//! own lines in the file the next time, and settles.

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
use crate::state::Moved;
use crate::write::{Output, Standing};

/// An application, compared with what was written for it.
pub struct Review<'a> {
    app: &'a App<'a>,
    /// What dockgen would write if nobody had edited anything.
    pub draft: Draft,
    /// The Dockerfile and the .dockerignore.
    pub files: Vec<File>,
    /// The facts that moved since the last run.
    pub moved: Vec<Moved>,
    /// The inputs that changed since the last run, from the application's folder, each with
    /// `changed`, `new` or `gone`.
    pub inputs: Vec<(String, &'static str)>,
    /// The versions of dockgen, where the output moved and the templates did.
    pub templates: Option<(String, String)>,
    /// The files were not dockgen's so far: they stay as they are, and the next update merges into
    /// them.
    pub adopted: bool,
}

/// A file as it was written, as it is, and as it would be written.
#[derive(Clone, Debug)]
pub struct File {
    /// [`Role::Dockerfile`] or [`Role::Ignore`].
    pub role: Role,
    /// Where it is.
    pub path: RelPath,
    /// What is there; `None` where nothing is.
    pub disk: Option<String>,
    merge: Merge,
    /// The last output is not the new one.
    moved: bool,
}

/// Texts to write, and what they break.
pub struct Settled {
    /// What the files become, in the order of [`Review::files`].
    pub texts: Vec<String>,
    /// Rules that the merged Dockerfile breaks and neither the file on disk nor the new output
    /// does.
    pub broken: Vec<Violation>,
}

impl Settled {
    /// The edits by hand and the new output do not fit together.
    pub fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }
}

impl File {
    /// Where the two sides collide.
    pub fn hunks(&self) -> impl Iterator<Item = &Hunk> {
        self.merge.hunks()
    }

    /// Refuses conflict markers of the last update.
    fn must_be_settled(&self) -> Result<()> {
        if let Some(line) = self.disk.as_deref().and_then(unsettled) {
            bail!(
                "{}:{line}: a conflict marker of the last update is still there: resolve it first",
                self.path
            );
        }
        Ok(())
    }

    /// An update would change it, or could not.
    pub fn is_drifted(&self) -> bool {
        self.merge.settle(Conflict::Refuse).is_none_or(|text| self.disk.as_ref() != Some(&text))
    }
}

/// Compares an application with what is on disk. `adopt` takes files that dockgen did not write as
/// they are.
///
/// # Errors
/// Where there is nothing to update, where a file is not dockgen's and `adopt` is not set, and
/// where nothing could be generated.
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
                "{} was not written by dockgen, or what dockgen wrote is no longer known: `dockgen update --adopt` \
                 keeps it as it is and merges later changes into it; `dockgen init --force` replaces it",
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
            // Written anew.
            (None, _) => "",
            (_, Some(base)) => base,
            // Adopted: what differs from the new output was decided by a person.
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
    Ok(Review { app, draft, files, moved, inputs, templates, adopted })
}

/// The files, each with its pristine copy, which follows it.
fn pairs(draft: &Draft) -> impl Iterator<Item = (&Change, &Change)> {
    let next = draft.changes.iter().skip(1);
    draft
        .changes
        .iter()
        .zip(next)
        .filter(|(change, _)| matches!(change.role, Role::Dockerfile | Role::Ignore))
}

impl Review<'_> {
    /// An update would change a file, or could not.
    pub fn is_drifted(&self) -> bool {
        self.files.iter().any(File::is_drifted)
    }

    /// No edit by hand collides with the new output.
    pub fn is_clean(&self) -> bool {
        self.files.iter().all(|file| file.merge.is_clean())
    }

    /// The answers of dockgen.toml that detection contradicts.
    pub fn contradicted(&self) -> impl Iterator<Item = (&Decision, &str)> {
        let decisions =
            self.draft.plan.decisions.iter().filter(|decision| decision.origin == Origin::File);
        decisions.filter_map(|decision| Some((decision, decision.overruled()?)))
    }

    /// Settles the merge; `None` where it is to be refused.
    ///
    /// # Errors
    /// Where the result would be no Dockerfile, or Docker would refuse the .dockerignore.
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
        // What is broken already is not the merge's doing. A .dockerignore that is not there yet
        // breaks nothing; a Dockerfile that is not there has nothing in it.
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

    /// What the files, as they are on disk, break; and the decisions by hand that an update would
    /// leave there.
    ///
    /// # Errors
    /// Where the Dockerfile cannot be read as one.
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
            self.violations_of(&disk)?.into_iter().filter(|violation| !violation.is_choice()),
        );
        // What is behind differs from the plan by itself: only what stays different was decided.
        let merged: Option<Vec<String>> =
            self.files.iter().map(|file| file.merge.settle(Conflict::Ours)).collect();
        if let Some(Ok(merged)) = merged.map(|texts| self.violations_of(&texts)) {
            all.extend(merged.into_iter().filter(Violation::is_choice));
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
        Ok(lint(&parsed, &self.draft.plan, &self.app.survey.repo, &ignored))
    }

    /// What is to be written: files, answers, pristine copies, state, in this order.
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

    /// What the build context would hold with this .dockerignore.
    ///
    /// # Errors
    /// Where Docker would refuse it.
    pub fn context(&self, settled: &Settled) -> Result<Option<context::ContextReport>> {
        let Some((file, text)) = self.text(Role::Ignore, &settled.texts) else { return Ok(None) };
        let ignored = IgnoreFile::parse(text).with_context(|| file.path.to_string())?;
        context::report(&self.app.survey.repo, &self.draft.plan, &ignored).map(Some)
    }
}

//! The files that `dockgen update` would write with the answers so far: what is built and proved.

use anyhow::{Result, bail};

use crate::merge::Conflict;
use crate::pipeline::{App, Change, Draft, Role};
use crate::report::next::Here;
use crate::update;
use crate::write::{Output, Standing};

/// The files of an application, planned and merged with edits by hand.
pub(super) struct Planned {
    /// The plan behind them.
    pub(super) draft: Draft,
    /// The Dockerfile's path, as a person would type it.
    pub(super) shown: String,
    /// The Dockerfile's text.
    pub(super) dockerfile: String,
    /// The .dockerignore's text.
    pub(super) ignore: String,
    /// All files to write.
    pub(super) outputs: Vec<Output>,
    /// Why they must not be written, if so.
    pub(super) foreign: Option<String>,
}

impl Planned {
    /// Plans the files. Edits of files that dockgen wrote are kept; a file that it did not write is
    /// left alone, and what is proved is dockgen's own.
    ///
    /// # Errors
    /// If nothing can be planned, or an edit and the new output change the same lines.
    pub(super) fn of(app: &App, here: &Here) -> Result<Self> {
        let draft = app.draft(None)?;
        let known = app.state()?.is_some();
        if known
            && !draft.changes.iter().any(|change| {
                change.standing == Standing::Foreign && change.role == Role::Dockerfile
            })
        {
            return Self::merged(app, here);
        }
        let text = |role: Role| draft.changes.iter().find(|change| change.role == role);
        let shown = text(Role::Dockerfile).map(|change| here.path(&change.new.path));
        let refused = draft.changes.iter().find(|change| change.is_refused());
        let foreign = refused.map(|change| {
            format!(
                "{} was not written by dockgen: `dockgen update --adopt` keeps it as it is, and `dockgen \
                 check` then says when it falls behind; `dockgen init --force` replaces it",
                here.path(&change.new.path)
            )
        });
        let changed = |change: &&Change| change.standing != Standing::Same;
        Ok(Self {
            shown: shown.unwrap_or_default(),
            dockerfile: draft.dockerfile.clone(),
            ignore: text(Role::Ignore).map(|change| change.new.text.clone()).unwrap_or_default(),
            outputs: draft.changes.iter().filter(changed).map(|one| one.new.clone()).collect(),
            foreign,
            draft,
        })
    }

    /// As `dockgen update` merges them.
    fn merged(app: &App, here: &Here) -> Result<Self> {
        let review = update::review(app, false)?;
        let Some(settled) = review.settle(Conflict::Refuse)? else {
            bail!(
                "{}: you and dockgen changed the same lines, so nothing can be built: run `dockgen update` first, and \
                 settle them",
                here.path(&app.facts.dir)
            );
        };
        if let Some(broken) = settled.broken.first() {
            bail!(
                "your edits and the new output do not fit together: {broken}; run `dockgen update` first"
            );
        }
        let text = |role: Role| {
            let found = review.files.iter().zip(&settled.texts).find(|(file, _)| file.role == role);
            found.map(|(file, text)| (here.path(&file.path), text.clone()))
        };
        let (shown, dockerfile) = text(Role::Dockerfile).unwrap_or_default();
        let (_, ignore) = text(Role::Ignore).unwrap_or_default();
        let outputs = review.outputs(&settled);
        Ok(Self { shown, dockerfile, ignore, outputs, foreign: None, draft: review.draft })
    }
}

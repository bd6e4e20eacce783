//! The menu below what is shown of an application.

use crate::path::RelPath;
use crate::pipeline::{Change, Draft, Role};
use crate::report::{self, next::Here};
use crate::screen::look::Look;
use crate::write::Standing;

/// The name of a Dockerfile that is written beside one that stays.
pub(super) const BESIDE: &str = "Dockerfile.dockgen";

/// What the first screen offers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Offer {
    Write,
    Adopt,
    Merge,
    Beside,
    Replace,
    Compare,
    Show(Role),
    Notes,
    Change,
    Why,
    Compose,
    Programs,
    AcceptAll,
    LeaveOut,
    Quit,
}

/// What is said about one application among several.
#[derive(Clone, Copy)]
pub(crate) struct Among<'a> {
    /// Applications that come after this one.
    pub after: usize,
    /// Others have been settled, or come after it.
    pub several: bool,
    /// Programs of this one that can have an image of their own: their names and folders.
    pub apart: &'a [(String, RelPath)],
}

/// How the screen shows things.
pub(super) struct Shown<'a> {
    pub(super) here: &'a Here,
    pub(super) look: &'a Look,
    pub(super) dry_run: bool,
}

/// What can be done next. `foreign` is a Dockerfile that dockgen did not write, or that was edited.
pub(super) fn offers(
    draft: &Draft,
    foreign: Option<&Change>,
    compose: bool,
    among: Among,
    screen: &Shown,
) -> Vec<(Offer, String)> {
    let changed = draft.changes.iter().any(|change| change.standing != Standing::Same);
    let mut all: Vec<(Offer, String)> = Vec::new();
    let mut offer = |offer: Offer, text: &str| all.push((offer, text.to_owned()));
    if let Some(change) = foreign {
        let path = screen.here.path(&change.new.path);
        offer(Offer::Adopt, &format!("adopt {path}: it stays, `dockgen check` watches it"));
        offer(Offer::Compare, "compare the two side by side");
        if change.standing == Standing::Foreign {
            offer(Offer::Merge, "merge: dockgen's, with its ports, volumes and variables");
        }
        offer(Offer::Beside, &format!("write dockgen's beside it, as {BESIDE}"));
        offer(Offer::Replace, "replace it with dockgen's");
    } else {
        let first = match (changed || compose, screen.dry_run) {
            (true, true) => "go on (nothing is written: --dry-run)",
            (true, false) => "write these files",
            (false, _) => "leave it as it is",
        };
        offer(Offer::Write, first);
    }
    let (what, shown) = match foreign {
        Some(_) => ("the differences in", Role::Dockerfile),
        None => ("the", Role::Dockerfile),
    };
    offer(Offer::Show(shown), &format!("show {what} Dockerfile"));
    offer(Offer::Show(Role::Ignore), "show the .dockerignore");
    if !draft.findings.is_empty() || !draft.assumptions.is_empty() {
        let count = report::brief(draft, screen.here, screen.look, 0).1;
        offer(Offer::Notes, &format!("read the notes ({count})"));
    }
    offer(Offer::Change, "change an answer");
    offer(Offer::Why, "why: the evidence for each decision");
    let word = if compose { "yes" } else { "no" };
    offer(Offer::Compose, &format!("also write compose.yaml: {word}"));
    if let (false, count @ 2..) = (among.several, among.apart.len()) {
        offer(Offer::Programs, &format!("an image for each of the {count} programs, or for some"));
    }
    if among.after > 0 {
        let text = match among.after {
            1 => "accept all: this and the other one as they are".to_owned(),
            count => format!("accept all: this and the other {count} as they are"),
        };
        offer(Offer::AcceptAll, &text);
    }
    if among.several {
        offer(Offer::LeaveOut, "leave this application out");
    }
    offer(Offer::Quit, "quit, write nothing");
    all
}

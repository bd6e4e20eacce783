//! `dockgen check`: would an update change anything?

use std::fmt::Write;

use anyhow::Result;

use super::progress::Progress;
use crate::cli::{Check, Format};
use crate::exit::Exit;
use crate::path::RelPath;
use crate::pipeline;
use crate::report;
use crate::report::drift::{self, Compared};
use crate::screen::{self, Screen};
use crate::update;
use crate::workspace;

/// Compares, and reports what changed.
pub(super) fn run(args: &Check, screen: &Screen) -> Result<Exit> {
    let progress = Progress::new(screen.progress && args.format == Format::Human);
    let survey = pipeline::survey_known(&args.path, &args.apps, &|n| progress.seen(n))?;
    drop(progress);
    let here = super::here(&survey, &args.path);
    let apps = pipeline::apps(&survey, survey.selection.taken.clone(), &[])?;
    let reviews = apps.iter().map(|app| update::review(app, false)).collect::<Result<Vec<_>>>()?;
    let violations = reviews.iter().map(update::Review::violations).collect::<Result<Vec<_>>>()?;
    let compared: Vec<Compared> = reviews
        .iter()
        .zip(&violations)
        .map(|(review, violations)| Compared { review, violations })
        .collect();
    let fails = compared.iter().any(Compared::fails);
    match args.format {
        Format::Json => screen::json(&drift::json(&survey, &compared)?)?,
        Format::Github => {
            let home = workspace::repository(&survey.place.root);
            let above = workspace::relative(&home, &survey.place.root)?;
            let path =
                |path: &RelPath| above.join(path.as_str()).unwrap_or_default().as_str().to_owned();
            screen::own(
                &compared.iter().map(|compared| drift::github(compared, &path)).collect::<String>(),
            )?;
        }
        Format::Human => {
            let look = &screen.out;
            let mut out = String::new();
            for one in &compared {
                out.push_str(&report::heading(&one.review.draft.facts, &here, look));
                out.push_str(&drift::text(one, &here, look));
                if !one.fails() {
                    writeln!(out, "{}", look.green("up to date"))?;
                }
                out.push('\n');
            }
            out.push_str(&report::others(&survey, &here, look));
            screen.print(&format!("{}\n", out.trim_end()))?;
        }
    }
    Ok(super::exit(&survey, &here, screen, if fails { Exit::Differs } else { Exit::Done }))
}

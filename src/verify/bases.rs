//! The base proof: runs the application on every base that fits, so that a person can compare them.

use anyhow::{Context, Result};
use serde::Serialize;

use super::boot::{self, Trial};
use super::build::{Order, build};
use super::checks::{mounts, short};
use super::copy::Copy;
use super::engine::Engine;
use super::subject::Subject;
use super::{Event, Wanted, Watch, built_check};
use crate::base::FAMILIES;
use crate::docker::parse::parse;
use crate::pipeline::Role;

/// A base, with the results of the application on it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    /// The family, as `--base` accepts it.
    pub family: String,
    /// It is the planned one.
    pub planned: bool,
    /// The image; absent if the family does not fit.
    pub image: Option<String>,
    /// Unpacked size of the image in bytes.
    pub size: Option<u64>,
    /// Number of system packages.
    pub packages: Option<usize>,
    /// It has a shell.
    pub shell: bool,
    /// It builds and starts.
    pub boots: bool,
    /// Seconds from the start of the container to the first successful response.
    pub seconds: Option<f64>,
    /// Why it does not fit, build or start.
    pub why: Option<String>,
}

/// Builds and starts what dockgen plans for each base.
///
/// # Errors
/// If the engine cannot be run.
pub(super) fn compare(
    engine: &Engine,
    subject: &Subject,
    wanted: &Wanted,
    watch: Watch,
) -> Result<Vec<Row>> {
    let planned = subject.plan.runtime.family.as_str();
    let mut rows = Vec::new();
    for family in FAMILIES {
        let row = Row { family: family.to_owned(), planned: family == planned, ..Row::default() };
        rows.push(on(engine, subject, wanted, row, watch)?);
    }
    Ok(rows)
}

fn on(
    engine: &Engine,
    subject: &Subject,
    wanted: &Wanted,
    mut row: Row,
    watch: Watch,
) -> Result<Row> {
    let draft = match subject.app.on_base(&row.family).draft(None) {
        Ok(draft) => draft,
        Err(error) => {
            row.why = Some(format!("{error:#}"));
            return Ok(row);
        }
    };
    row.image = Some(draft.plan.runtime.image.as_str().to_owned());
    row.shell = draft.plan.runtime.shell;
    // The planned Dockerfile is not written beside the one on disk.
    let copy = Copy::empty(engine)?;
    copy.dockerfile(&draft.dockerfile)?;
    let ignore = draft.changes.iter().find(|change| change.role == Role::Ignore);
    copy.ignore(ignore.map_or("", |change| change.new.text.as_str()))?;
    watch(&Event::Doing(format!("building on {}", row.family)));
    let paths = (subject.context(), copy.file());
    let order = Order::new(wanted, &paths);
    let built =
        build(engine, &format!("{}-{}", draft.plan.name.as_str(), row.family), order, watch)?;
    let Some(image) = &built.image else {
        let check = built_check(&built)?;
        let last =
            check.lines.last().map_or_else(String::new, |line| format!(" ({})", short(line)));
        row.why = Some(check.what + &last);
        return Ok(row);
    };
    let contents = image.contents(&parse(&draft.dockerfile).context("the planned Dockerfile")?)?;
    (row.size, row.packages) = (Some(contents.size), Some(contents.packages));
    let mounts = mounts(&contents, &subject.writable);
    let args = subject.args(wanted, &contents);
    let port = subject.port(&contents);
    let trial = Trial { port, mounts: &mounts, args: &args, health: &[], wanted };
    let boot = boot::boot(engine, image, trial, watch)?;
    row.boots = boot.ok;
    if boot.ok {
        row.seconds = Some(boot.seconds);
    } else {
        let cause =
            boot.cause.as_ref().map_or_else(String::new, |cause| format!(": {}", cause.what));
        row.why = Some(boot.what + &cause);
    }
    Ok(row)
}

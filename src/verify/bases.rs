//! The base proof: the application on every base that can serve, so that a person can choose with
//! open eyes.

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

/// A base, and how the application does on it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Row {
    /// The family, as `--base` takes it.
    pub family: String,
    /// It is the one that is planned.
    pub planned: bool,
    /// The image; absent where the family cannot serve.
    pub image: Option<String>,
    /// Unpacked size of the whole in bytes.
    pub size: Option<u64>,
    /// Packages of the system.
    pub packages: Option<usize>,
    /// It has a shell.
    pub shell: bool,
    /// It builds and starts.
    pub boots: bool,
    /// From the start of the container to the first good answer.
    pub seconds: Option<f64>,
    /// Why it does not serve, build or start.
    pub why: Option<String>,
}

/// Builds and starts what dockgen plans for each base.
///
/// # Errors
/// Where the engine cannot be asked.
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
    // Beside the Dockerfile on disk nothing is written.
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
    let trial = Trial { port: subject.port(&contents), mounts: &mounts, args: &args, wanted };
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

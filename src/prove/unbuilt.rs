//! From the lines of a build that failed to a system package that it misses.

use anyhow::Result;

use super::catalog::What;
use super::found::{Found, Row};
use super::log::{Missing, missing};
use super::lookup;
use crate::ask::{id, join_list, split_list};
use crate::pipeline::App;
use crate::questions;

/// The answer that installs what the build misses, with its row; `None` if no table knows it, or it
/// is installed already.
///
/// # Errors
/// If the application's questions cannot be read.
pub(super) fn package(app: &App, lines: &[String], day: &str) -> Result<Option<(Found, Row)>> {
    let asked = app.questions()?;
    let Some(question) = asked.iter().find(|question| question.id == id::BUILD_PACKAGE) else {
        return Ok(None);
    };
    let was = app.answers.get(id::BUILD_PACKAGE).unwrap_or_default().to_owned();
    for one in missing(lines)? {
        let Missing::Named { what: What::Program, name, line, .. } = one else { continue };
        let Some(package) = lookup::program(&name)? else { continue };
        let mut items = split_list(&was);
        if items.contains(&package) || questions::check(question, &package).is_err() {
            continue;
        }
        items.push(package);
        let value = join_list(&items);
        let row = Row {
            what: format!("program {name}"),
            assumed: "not needed by the build".to_owned(),
            seen: format!("the build: {}", line.trim()),
            changed: Some(format!("build-package {value}")),
        };
        let evidence = format!("the build needs the program {name} (seen {day})");
        return Ok(Some((Found { id: id::BUILD_PACKAGE.to_owned(), value, was, evidence }, row)));
    }
    Ok(None)
}

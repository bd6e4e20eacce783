//! What the shared evaluator finds out about ports.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::super::super::App;
use super::super::super::dialect::DIALECT;
use super::super::super::token::Token;
use super::super::Source;
use super::settings;
use crate::code::{File, Program, Tree, Value};
use crate::facts::Evidence;
use crate::path::RelPath;

/// A port, and the environment variables that override it.
#[derive(Default)]
pub(super) struct Found {
    pub(super) number: Option<u16>,
    pub(super) env: Vec<String>,
    /// A condition that only the running program can decide may choose another number.
    pub(super) doubt: bool,
}

/// The port to which an expression leads, with the variables that override it, and the place of
/// its number. Nothing if a part of the expression was not followed.
pub(super) fn port(
    code: &Program,
    source: &Source,
    port: &[Token],
) -> (Option<Found>, Option<Evidence>) {
    let range = source.range(port);
    let mut value = code.value(&source.code, range.clone());
    let number = |value: &Value| {
        let text = value.text()?;
        text.trim().parse::<u16>().ok().filter(|port| *port > 0)
    };
    let says = |value: &Value| number(value).is_some() || value.variables().next().is_some();
    if !says(&value) {
        // The argument may be an object: `listen({ port })`.
        value = code.value_below(&source.code, range, &["port".to_owned()]);
    }
    let port = number(&value);
    // Where one of several values is unknown, the port may be that one.
    let open = port.is_none() && value.alternatives().any(|value| value.is_unknown());
    if open || !says(&value) {
        return (None, None);
    }
    let stated = value.evidence().filter(|_| port.is_some()).cloned();
    let stated = stated.map(|mut evidence| {
        if evidence.note == "a literal" {
            "the number is here".clone_into(&mut evidence.note);
        }
        evidence
    });
    let env = value.variables().map(str::to_owned).collect();
    let doubt = port.is_some()
        && value.alternatives().filter_map(|one| number(&one)).any(|one| Some(one) != port);
    (Some(Found { number: port, env, doubt }), stated)
}

/// The files of a program, and those with settings as modules.
pub(super) fn files(app: &App, sources: &[Source]) -> Result<Vec<Rc<File>>> {
    let mut files: Vec<Rc<File>> = sources.iter().map(|source| source.code.clone()).collect();
    // A file of settings is a module to the code that requires it.
    let mut held: BTreeSet<&RelPath> = sources.iter().map(|source| &source.path).collect();
    for path in sources.iter().flat_map(|source| source.code.modules.values()) {
        let holds = settings::holds(path) || settings::script(app).as_ref() == Some(path);
        if holds
            && held.insert(path)
            && let Some(text) = app.dir.repo.source_text(path)?
        {
            let text = settings::as_object(path, text);
            let tree = Tree::new(&DIALECT, &text);
            files.push(Rc::new(File::new(path.clone(), tree, Vec::new(), 0)));
        }
    }
    Ok(files)
}

//! What the shared evaluator finds out about ports.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::super::super::App;
use super::super::super::dialect::DIALECT;
use super::super::super::expression::Value;
use super::super::super::token::Token;
use super::super::Source;
use super::settings;
use crate::code::{self, File, Program, Tree};
use crate::facts::Evidence;
use crate::path::RelPath;

/// The port to which an expression leads, with the variables that override it, and the place of
/// its number. Nothing if a part of the expression was not followed.
pub(super) fn port(
    code: &Program,
    source: &Source,
    port: &[Token],
    at: usize,
) -> (Option<Value>, Option<Evidence>) {
    let range = source.range(port);
    let mut value = code.value(&source.code, range.clone());
    let number = |value: &code::Value| {
        let text = value.text()?;
        text.trim().parse::<u16>().ok().filter(|port| *port > 0)
    };
    let says = |value: &code::Value| {
        let mut all = value.alternatives();
        number(value).is_some() || all.any(|value| value.parts.iter().any(|p| p.env.is_some()))
    };
    if !says(&value) {
        // The argument may be an object: `listen({ port })`.
        value = code.value_below(&source.code, range, &["port".to_owned()]);
    }
    let literal = number(&value).map(|port| port.to_string());
    let open = literal.is_none() && value.alternatives().any(|value| value.is_unknown());
    if open || !says(&value) {
        return (None, None);
    }
    let stated = value.evidence().filter(|_| literal.is_some()).cloned();
    let stated = stated.map(|mut evidence| {
        if evidence.note == "a literal" {
            "the number is here".clone_into(&mut evidence.note);
        }
        evidence
    });
    let parts = value.parts.iter().chain(value.others.iter().flatten());
    let env = parts.filter_map(|part| part.env.clone()).collect();
    (Some(Value { literal, env, at }), stated)
}

/// The files of a program, and those with settings as modules.
pub(super) fn files(app: &App, sources: &[Source]) -> Result<Vec<Rc<File>>> {
    let mut files: Vec<Rc<File>> = sources.iter().map(|source| source.code.clone()).collect();
    let mut held: BTreeSet<&RelPath> = sources.iter().map(|source| &source.path).collect();
    for path in sources.iter().flat_map(|source| source.code.modules.values()) {
        let holds = path.extension() == "json" || settings::script(app).as_ref() == Some(path);
        if holds
            && held.insert(path)
            && let Some(text) = app.dir.repo.source_text(path)?
        {
            let tree = Tree::new(&DIALECT, &text);
            files.push(Rc::new(File::new(path.clone(), tree, Vec::new(), 0)));
        }
    }
    Ok(files)
}

//! No instruction may come from a value instead of the template.

use anyhow::{Context, Result};
use serde_json::Value;

use super::{INJECTION, Violation};
use crate::docker::parse::{Dockerfile, parse};
use crate::docker::quote::is_plain;
use crate::plan::Plan;

/// Fields of a plan that no template prints.
const NOT_PRINTED: [&str; 2] = ["decisions", "findings"];

/// Renders the plan again with every special character of a Dockerfile replaced by a letter, and
/// compares the skeletons: stages, instructions, their flags and here-documents. Plain words can
/// add nothing, so a difference comes from a value of the plan.
///
/// # Errors
/// If the plan cannot be rendered with plain words.
pub fn injection(
    dockerfile: &Dockerfile,
    plan: &Plan,
    render: &dyn Fn(&Plan) -> Result<String>,
) -> Result<Vec<Violation>> {
    let Some(calm) = neutral(plan)? else { return Ok(Vec::new()) };
    let twin = parse(&render(&calm)?).context("the plan, rendered with plain words")?;
    let (ours, theirs) = (skeleton(dockerfile), skeleton(&twin));
    let differs = ours
        .iter()
        .zip(&theirs)
        .position(|(a, b)| a.1 != b.1)
        .or_else(|| (ours.len() != theirs.len()).then(|| ours.len().min(theirs.len())));
    let Some(at) = differs else { return Ok(Vec::new()) };
    let line = ours.get(at).or(ours.last()).map_or(1, |(line, _)| *line);
    let message = "a value of the plan added or removed an instruction here: the template prints \
                   it unescaped; print it through one of the filters exec, shell, env, comment or \
                   copy";
    Ok(vec![Violation::new(INJECTION, line, message.to_owned())])
}

/// The line and the shape of each instruction.
fn skeleton(file: &Dockerfile) -> Vec<(usize, String)> {
    let shape = |held: &crate::docker::parse::Instruction| {
        let flags: Vec<&str> = held.flags.iter().map(|(name, _)| name.as_str()).collect();
        format!("{} {} {}", held.keyword, flags.join(" "), held.heredocs.len())
    };
    file.instructions().map(|held| (held.line, shape(held))).collect()
}

/// The plan in plain words; `None` if all its words are plain already.
fn neutral(plan: &Plan) -> Result<Option<Plan>> {
    let mut value = serde_json::to_value(plan)?;
    let mut changed = false;
    if let Value::Object(fields) = &mut value {
        for (_, field) in
            fields.iter_mut().filter(|(name, _)| !NOT_PRINTED.contains(&name.as_str()))
        {
            calm(field, &mut changed);
        }
    }
    Ok(if changed { Some(serde_json::from_value(value)?) } else { None })
}

fn calm(value: &mut Value, changed: &mut bool) {
    match value {
        Value::String(text) if !text.is_empty() && !is_plain(text) => {
            *text =
                text.chars().map(|c| if is_plain(&format!("x{c}")) { c } else { 'x' }).collect();
            if text.starts_with('-') {
                text.insert(0, 'x');
            }
            *changed = true;
        }
        Value::Array(values) => values.iter_mut().for_each(|value| calm(value, changed)),
        Value::Object(fields) => fields.iter_mut().for_each(|(_, value)| calm(value, changed)),
        _ => {}
    }
}

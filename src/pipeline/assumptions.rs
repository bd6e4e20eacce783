//! Values of a plan that nobody stated.

use super::flag;
use crate::ask::{Answerable, Answers, Origin, Question, id};
use crate::facts::{Evidence, Strength};
use crate::plan::{self, Plan};

/// The other choices, so that a choice nobody made explicitly is visible.
fn others(question: &Question, taken: &str) -> String {
    const NAMED: usize = 4;
    let Answerable::Suggest(choices) = &question.kind else { return String::new() };
    let others = choices.iter().map(|choice| choice.value.as_str()).filter(|value| *value != taken);
    let others: Vec<&str> = others.collect();
    let named = others.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match others.len() {
        0 => String::new(),
        count if count > NAMED => format!("; also there: {named} and {} more", count - NAMED),
        _ => format!("; also there: {named}"),
    }
}

/// Values that nobody stated: the defaults of open questions, and decisions without evidence.
pub(super) fn assumptions(questions: &[Question], answers: &Answers, plan: &Plan) -> Vec<String> {
    let mut all = Vec::new();
    for question in questions.iter().filter(|q| q.open && answers.get(&q.id).is_none()) {
        let Some(default) = &question.default else { continue };
        let value = if default.value.is_empty() { "none" } else { &default.value };
        if default.strength == Strength::Guessed {
            all.push(guess(&question.id, default.value.as_str(), &default.evidence, &question.id));
            continue;
        }
        let others = others(question, value);
        let why = match default.evidence.first() {
            None => "nothing in the repository says".to_owned(),
            Some(at) if default.value.is_empty() && others.is_empty() => {
                format!("{}: {}", at.place(), at.note)
            }
            Some(_) => format!("the likeliest{others}"),
        };
        all.push(format!("{}: {value} ({why}); {} sets it", question.id, flag(&question.id)));
    }
    for (what, question) in [("environment", id::ENV), ("carried file", "")] {
        let guesses = plan.decisions.iter().filter(|decision| decision.what == what);
        for decision in guesses.filter(|decision| decision.strength == Strength::Guessed) {
            all.push(guess(what, &decision.value, &decision.evidence, question));
        }
    }
    for decision in &plan.decisions {
        if decision.what == plan::FRONT_END_IMAGE
            && decision.evidence.is_empty()
            && decision.origin == Origin::Default
        {
            let set = format!("{} sets it", flag(id::FRONT_END_TOOLCHAIN));
            let assumed = format!(
                "{}: {} (nothing in the repository says); {set}",
                decision.what, decision.value
            );
            if !all.contains(&assumed) {
                all.push(assumed);
            }
        }
        let asked = questions.iter().find(|question| question.id == decision.what);
        if decision.origin == Origin::Default
            && decision.evidence.is_empty()
            && decision.what != id::BASE
            && let Some(question) = asked.filter(|question| !question.open)
        {
            let set = flag(&question.id);
            all.push(format!(
                "{}: {} (nothing in the repository says); {set} sets it",
                question.id, decision.value
            ));
        }
    }
    all
}

/// A guess, with its evidence and the flag that sets it.
fn guess(what: &str, value: &str, evidence: &[Evidence], question: &str) -> String {
    let from: Vec<String> =
        evidence.iter().take(2).map(|e| format!("{}: {}", e.place(), e.note)).collect();
    let set =
        if question.is_empty() { String::new() } else { format!("; {} sets it", flag(question)) };
    format!("{what}: {value} (a guess from {}){set}", from.join("; "))
}

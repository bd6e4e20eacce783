//! What a run gives: rows of the report, answers, variables, and what no answer settles.

use serde::Serialize;

/// A row of the report: what was assumed, what was seen, and what was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What it is about.
    pub what: String,
    /// What the plan said.
    pub assumed: String,
    /// What the run showed.
    pub seen: String,
    /// The new answer, if it was changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// An answer that a run gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The question.
    pub id: String,
    /// The value.
    pub value: String,
    /// The value before.
    pub was: String,
    /// What was seen: `listens on 0.0.0.0:5055 (seen 2026-11-28)`.
    pub evidence: String,
}

/// What no answer settles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remains {
    /// What is wrong or unknown.
    pub what: String,
    /// What to try.
    pub fix: String,
    /// Nothing is proved as long as it is so.
    pub blocks: bool,
}

/// A variable that the run needs, with a value for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Given {
    /// `KEY=VALUE`.
    pub pair: String,
    /// Where the value comes from.
    pub from: String,
}

/// All that one run gives.
#[derive(Clone, Debug, Default)]
pub(super) struct Proposal {
    pub(super) rows: Vec<Row>,
    pub(super) answers: Vec<Found>,
    pub(super) given: Vec<Given>,
    pub(super) remains: Vec<Remains>,
    /// What has to run before the program failed.
    pub(super) unprepared: bool,
}

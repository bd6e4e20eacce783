//! Expressions that choose: `a || b`, `a ? b : c`. Most choices depend on the environment.

use std::ops::Range;
use std::rc::Rc;

use super::branches;
use super::conditions;
use super::eval::MAX_LOOKS;
use super::facts::{Definition, Form};
use super::file::File;
use super::program::Program;
use super::truth::{Operands, truth};
use super::value::{Value, first_of, is_env_name};

/// Maximum number of operands and names that a condition is followed through.
const MAX_STEPS: u8 = 6;

/// Parts of names of switches that hold in a container.
const IN_CONTAINERS: [&str; 4] = ["container", "docker", "kube", "prod"];

/// Maximum number of words of an expression for the environment.
const MAX_WORDS: usize = 8;

/// The operands when the container starts: a variable that the image does not set is absent.
struct Set<'p, 'r> {
    program: &'p Program<'r>,
    file: &'p Rc<File>,
}

impl Operands for Set<'_, '_> {
    fn same(&self, left: Range<usize>, right: Range<usize>, steps: u8) -> Option<bool> {
        let chosen = self.program.worth(self.file, left.clone(), steps);
        let variable = chosen.or_else(|| self.program.setting(self.file, left, steps))?;
        let nothing = self.file.dialect().nothing;
        if right.len() == 1 && nothing.contains(&self.file.word(right.start)) {
            return Some(variable.is_empty());
        }
        Some(variable == self.program.eval(self.file, right, steps).text()?)
    }

    fn holds(&self, operand: Range<usize>, steps: u8) -> Option<bool> {
        if self.file.dialect().conditional
            && let Some(found) = self.worded(&operand, steps)
        {
            return found;
        }
        if let Some(set) = self.is_set(&operand) {
            return Some(set);
        }
        if let Some(set) = self.program.setting(self.file, operand.clone(), steps) {
            return Some(!set.is_empty());
        }
        // A switch of the command line that nobody gives: `if *tls {`.
        let value = self.program.eval(self.file, operand.clone(), steps);
        if value.flag().is_some() && value.parts.len() == 1 {
            match value.text().as_deref() {
                Some("false") => return Some(false),
                Some("true") => return Some(true),
                _ => {}
            }
        }
        let (at, file) = (operand.start, self.file);
        let mut all = file.facts().definitions_of(file, file.word(at)).iter();
        let definition = all.find(|d| d.form.is_variable() && operand.len() == 1)?;
        truth(file, definition.value.clone(), steps, self)
    }
}

impl Set<'_, '_> {
    /// Whether the image sets a variable, for `"NAME" in process.env` and `"NAME" not in os.environ`;
    /// `None` for anything else.
    fn is_set(&self, operand: &Range<usize>) -> Option<bool> {
        let (name, negated) = self.program.asked_in(self.file, operand)?;
        let key = self.file.string(name)?;
        Some(self.program.rows.set.contains_key(key.as_ref()) != negated)
    }

    /// Whether an operand with a word in place of a mark holds: `not a`, `a is None`; `None` for any
    /// other operand.
    #[allow(clippy::option_option, reason = "another operand, or one that is unknown")]
    fn worded(&self, operand: &Range<usize>, steps: u8) -> Option<Option<bool>> {
        let file = self.file;
        match file.word(operand.start) {
            "not" => {
                let truth = truth(file, operand.start + 1..operand.end, steps, self);
                return Some(truth.map(|truth| !truth));
            }
            "True" if operand.len() == 1 => return Some(Some(true)),
            "False" | "None" if operand.len() == 1 => return Some(Some(false)),
            "bool" if file.closing(operand.start + 1) + 1 == operand.end => {
                return Some(truth(file, operand.start + 2..operand.end - 1, steps, self));
            }
            _ => {}
        }
        let left = file.split(operand.clone(), &["is"]).into_iter().next()?;
        if left.end >= operand.end || left.is_empty() {
            return None;
        }
        let negated = file.word(left.end + 1) == "not";
        let last = file.word(operand.end - 1) == "None";
        let set = self.program.setting(file, left, steps).filter(|_| last);
        Some(set.map(|set| set.is_empty() != negated))
    }
}

/// True for a bare name other than `own` as a condition: `tls`, `*secure`, `options.https`.
fn is_switch(file: &File, test: &Range<usize>, own: &str) -> bool {
    let mut test = test.clone();
    while test.len() > 1 && matches!(file.word(test.start), "*" | "(") {
        test.end -= usize::from(file.word(test.start) == "(");
        test.start += 1;
    }
    let named = |at: usize| {
        let word = file.word(at).to_ascii_lowercase();
        let of_image = IN_CONTAINERS.iter().any(|part| word.contains(part));
        word == "." || file.is_word(at) && word != own.to_ascii_lowercase() && !of_image
    };
    !test.is_empty() && test.len() <= MAX_WORDS && test.into_iter().all(named)
}

impl Program<'_> {
    /// The position of the name in `name in os.environ`, and whether `not` negates it.
    pub(super) fn asked_in(&self, file: &File, operand: &Range<usize>) -> Option<(usize, bool)> {
        let sides = file.split(operand.clone(), &["in"]);
        let [name, of] = sides.as_slice() else { return None };
        let negated = name.len() == 2 && file.word(name.start + 1) == "not";
        let of: String = of.clone().take(MAX_WORDS).map(|at| file.word(at)).collect();
        // `from os import environ`
        let named = |all: &String| *all == of || all.rsplit('.').next() == Some(of.as_str());
        let environment = self.rows.environment.iter().any(named);
        (environment && (negated || name.len() == 1)).then_some((name.start, negated))
    }

    /// Whether a condition holds when the container starts; `None` if that is unknown.
    pub(super) fn holds(&self, file: &Rc<File>, range: Range<usize>, steps: u8) -> Option<bool> {
        truth(file, range, steps.min(MAX_STEPS), &Set { program: self, file })
    }

    /// Whether an arm of a `switch` is taken when the container starts; `None` if that is unknown.
    pub(super) fn is_arm_taken(
        &self,
        file: &Rc<File>,
        (open, number): (usize, usize),
        steps: u8,
    ) -> Option<bool> {
        let set = Set { program: self, file };
        branches::is_taken(file, open, number, steps.min(MAX_STEPS), &set)
    }

    /// The branch of `condition ? a : b` that is taken when the container starts; the whole
    /// expression if it does not choose; `None` if the condition is unknown.
    pub(crate) fn branch(&self, file: &Rc<File>, mut range: Range<usize>) -> Option<Range<usize>> {
        for _ in 0..MAX_STEPS {
            let Some((condition, first, second)) = ternary(file, &range) else {
                return Some(range);
            };
            self.looks.set(MAX_LOOKS);
            range = if self.holds(file, condition, MAX_STEPS)? { first } else { second };
        }
        None
    }

    /// The value of an expression that chooses; `None` for any other.
    pub(super) fn chosen(
        &self,
        file: &Rc<File>,
        range: &Range<usize>,
        keys: &[String],
        steps: u8,
    ) -> Option<Value> {
        let dialect = file.dialect();
        let parts = match (dialect.ternary, dialect.conditional) {
            (true, _) => ternary(file, range),
            (_, true) => conditional(file, range),
            _ => None,
        };
        if let Some((condition, first, second)) = parts {
            let value = |range: Range<usize>| self.eval_below(file, range, keys, steps);
            return Some(match self.holds(file, condition, steps) {
                Some(true) => value(first),
                Some(false) => value(second),
                None => {
                    let (mut first, second) = (value(first), value(second));
                    first.others.extend(second.alternatives().map(|other| other.parts));
                    first
                }
            });
        }
        let operands = file.split(range.clone(), dialect.choices);
        if operands.len() < 2 {
            return None;
        }
        let operands = operands.into_iter();
        first_of(operands.map(|operand| self.eval_below(file, operand, keys, steps)))
    }

    /// The default of a variable in a schema of the environment, which has a field of its name.
    pub(super) fn schema_default(&self, key: &str, steps: u8) -> Option<String> {
        if self.rows.environment.is_empty() || !is_env_name(key) {
            return None;
        }
        self.fields_of(key)
            .filter(|(_, _, definition)| definition.form == super::Form::Field)
            .find_map(|(_, file, d)| self.eval(file, d.value.clone(), steps).text())
    }

    /// A text that a name gets only under a condition that is false when the container
    /// starts: `if os.Getenv("LOCAL") == "1" { port = "80" }`.
    pub(super) fn never(
        &self,
        file: &Rc<File>,
        definition: &Definition,
        value: &Value,
        steps: u8,
    ) -> bool {
        let fixed = value.is_known() && value.parts.iter().all(|part| part.env.is_none());
        if !matches!(definition.form, Form::Assigned | Form::Set) || !fixed {
            return false;
        }
        let Some(head) = conditions::heads(file, definition.name).into_iter().next() else {
            return false;
        };
        if file.word(head.start) != "if" {
            return false;
        }
        // `if v := os.Getenv("X"); v != "" {`
        let last = file.split(head.start + 1..head.end, &[";"]).pop();
        last.is_some_and(|test| {
            let set = Set { program: self, file };
            truth(file, test, steps.min(MAX_STEPS), &set) == Some(false)
        })
    }

    /// Removes literals that a name gets where a switch is on of which nothing is known, if it has a
    /// known value before that in any case: `port := 80`, then `if tls { port = 443 }`. Switches
    /// are off until somebody turns them on, except those for what the image is.
    pub(super) fn in_any_case(
        &self,
        file: &Rc<File>,
        name: &str,
        own: &mut Vec<(&Definition, Value)>,
        steps: u8,
    ) {
        let literal = |(definition, value): &(&Definition, Value)| {
            definition.value.len() == 1 && value.is_known() && value.env().is_none()
        };
        let head = |definition: &Definition| {
            let heads = conditions::heads(file, definition.name);
            heads.into_iter().next().filter(|head| file.word(head.start) == "if")
        };
        let Some((first, rest)) = own.split_first() else { return };
        if rest.is_empty() || !first.1.is_known() || head(first.0).is_some() {
            return;
        }
        let first = first.0.name;
        own.retain(|one| {
            let Some(head) = head(one.0).filter(|_| one.0.name != first && literal(one)) else {
                return true;
            };
            let test = head.start + 1..head.end;
            !is_switch(file, &test, name) || self.holds(file, test, steps).is_some()
        });
    }

    /// What a choice with a variable gives: `process.env.MODE || "local"`; `None` for any other
    /// expression. A name has its default by the very conditions that ask for it.
    fn worth(&self, file: &Rc<File>, mut range: Range<usize>, steps: u8) -> Option<String> {
        while file.word(range.start) == "(" && file.closing(range.start) + 1 == range.end {
            range = range.start + 1..range.end - 1;
        }
        let choices = file.dialect().choices;
        if choices.is_empty() || file.split(range.clone(), choices).len() < 2 {
            return None;
        }
        let value = self.eval(file, range, steps);
        let text = value.text();
        let key = value.env().filter(|_| value.alternatives().all(|one| one.text() == text))?;
        self.rows.set.get(key).cloned().or(text)
    }

    /// The value that the image sets for the variable that an expression reads, empty if it sets
    /// none; `None` for any other expression.
    fn setting(&self, file: &Rc<File>, range: Range<usize>, steps: u8) -> Option<String> {
        let value = self.eval(file, range, steps);
        let key = value.env().filter(|_| value.text().is_none())?;
        Some(self.rows.set.get(key).cloned().unwrap_or_default())
    }
}

/// A condition, and the values if it holds and if it does not.
type Choice = (Range<usize>, Range<usize>, Range<usize>);

/// The parts of `b if a else c`.
fn conditional(file: &File, range: &Range<usize>) -> Option<Choice> {
    let first = file.split(range.clone(), &["if"]).into_iter().next()?;
    let asks = first.end;
    if first.is_empty() || asks >= range.end || file.word(first.start) == "lambda" {
        return None;
    }
    let condition = file.split(asks + 1..range.end, &["else"]).into_iter().next()?;
    let otherwise = condition.end + 1;
    (otherwise < range.end).then_some((condition, first, otherwise..range.end))
}

/// The parts of `a ? b : c`.
fn ternary(file: &File, range: &Range<usize>) -> Option<Choice> {
    let condition = file.split(range.clone(), &["?"]).into_iter().next()?;
    let asks = condition.end;
    if asks >= range.end {
        return None;
    }
    let (mut depth, mut at) = (0, asks + 1);
    while at < range.end {
        match file.word(at) {
            _ if file.is_open(at) => at = file.closing(at),
            "?" => depth += 1,
            ":" if depth == 0 => return Some((condition, asks + 1..at, at + 1..range.end)),
            ":" => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

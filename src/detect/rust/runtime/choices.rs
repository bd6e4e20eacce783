//! Arguments of which a start must give one: clap's `required_unless_present`.
//! <https://docs.rs/clap/latest/clap/struct.Arg.html#method.required_unless_present>

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::item::{place, says};
use crate::detect::rust::source::SourceFile;
use crate::facts::{Evidence, Finding, FindingCode};

/// Attributes that demand an argument unless one of the others is there.
const UNLESS: [&str; 4] = [
    "required_unless_present",
    "required_unless_present_any",
    "required_unless",
    "required_unless_one",
];

/// Maximum number of choices that are named, and of arguments of one.
const MAX_CHOICES: usize = 4;
const MAX_ARGUMENTS: usize = 8;

/// The choices of a command line.
#[derive(Default)]
pub(super) struct Choices {
    /// Sets of fields of which one must be given, each with its place.
    sets: Vec<(BTreeSet<String>, Evidence)>,
    /// How each argument is given, by its field.
    shown: BTreeMap<String, (String, Option<String>)>,
    /// Fields that always have a value.
    spared: BTreeSet<String>,
}

impl Choices {
    /// Adds a field of the command line.
    pub(super) fn add(
        &mut self,
        file: &SourceFile,
        attributes: &Range<usize>,
        field: &str,
        of: usize,
    ) {
        let text = |word: &str| {
            let at = place(file, attributes, word)?;
            file.string(at + 2).filter(|_| file.is(at + 1, "=")).map(std::borrow::Cow::into_owned)
        };
        let long = says(file, attributes, "long");
        let name = text("long").unwrap_or_else(|| field.replace('_', "-"));
        let shown = if long { format!("--{name}") } else { field.to_ascii_uppercase() };
        let upper = says(file, attributes, "env").then(|| field.to_ascii_uppercase());
        self.shown.insert(field.to_owned(), (shown, text("env").or(upper)));
        if ["default_value", "default_value_t"].iter().any(|word| says(file, attributes, word)) {
            self.spared.insert(field.to_owned());
        }
        let Some(at) = UNLESS.iter().find_map(|word| place(file, attributes, word)) else { return };
        let end = attributes.end.min(at + 2 + 4 * MAX_ARGUMENTS);
        // The texts up to the next word of the attribute.
        let words = (at + 1..end).take_while(|&n| {
            file.string(n).is_some()
                || ["=", "&", "[", "]", ",", "("].iter().any(|mark| file.is(n, mark))
        });
        let mut all: BTreeSet<String> =
            words.filter_map(|n| Some(file.string(n)?.replace('-', "_"))).collect();
        if !all.is_empty() && all.len() < MAX_ARGUMENTS {
            all.insert(field.to_owned());
            let note = format!("`{field}` is required unless another one is there");
            if !self.sets.iter().any(|(held, _)| *held == all) {
                self.sets.push((all, file.evidence(of - 2, note)));
            }
        }
    }

    /// The finding on the choices.
    pub(super) fn finding(&self) -> Option<Finding> {
        let open = |(set, _): &&(BTreeSet<String>, Evidence)| {
            set.iter().all(|field| self.shown.contains_key(field) && !self.spared.contains(field))
        };
        let sets: Vec<&(BTreeSet<String>, Evidence)> =
            self.sets.iter().filter(open).take(MAX_CHOICES).collect();
        let one = |field: &String| match &self.shown[field] {
            (flag, Some(variable)) => format!("`{flag}` ({variable})"),
            (flag, None) => format!("`{flag}`"),
        };
        let each = sets.iter().map(|(set, _)| {
            let names: Vec<String> = set.iter().map(one).collect();
            format!("without one of {}", names.join(", "))
        });
        let each: Vec<String> = each.collect();
        let evidence: Vec<Evidence> = sets.iter().map(|(_, evidence)| evidence.clone()).collect();
        let what = format!("the program stops {}", each.join(", and "));
        (!each.is_empty()).then(|| {
            Finding::new(FindingCode::ArgumentsUnknown, what, evidence)
                .with_why(
                    "the image starts the program without them: it prints its usage and stops",
                )
                .with_fix(
                    "give one of each to `docker run IMAGE`, as an argument or as a variable \
                     with `-e`, or set them with --args",
                )
        })
    }
}

//! Arguments without which a program prints its usage and stops: fields of the type into which it
//! parses its command line that have no default, no variable and no way to be left out.

use std::ops::Range;

use super::item::{after_field, field_at};
use super::subcommands::{derives, parsed};
use super::{Code, positional};
use crate::code::Program as Source;
use crate::detect::rust::source::SourceFile;
use crate::facts::{Evidence, Finding, FindingCode};

/// Command-line libraries whose derives are read.
const LIBRARIES: [&str; 2] = ["clap", "structopt"];

/// Their attributes.
const ATTRIBUTES: [&str; 4] = ["arg", "clap", "structopt", "command"];

/// Words in an attribute with which a field may be left out, or is no argument of its own.
const SPARED: [&str; 16] = [
    "default_value",
    "default_value_t",
    "default_value_os_t",
    "default_values_t",
    "default_values",
    "default_value_if",
    "default_value_ifs",
    "default_missing_value",
    "env",
    "required",
    "required_unless_present",
    "required_unless",
    "conflicts_with",
    "group",
    "skip",
    "action",
];

/// Types of fields that may be left out.
const OPTIONAL: [&str; 5] = ["Option", "Vec", "bool", "VecDeque", "PhantomData"];

/// How many types that something is parsed into are looked at.
const MAX_PARSED: usize = 32;

/// How many structs of one command line are read.
const MAX_STRUCTS: usize = 8;

/// How many arguments are named.
const MAX_NAMED: usize = 8;

/// An argument that a start must give.
struct Argument {
    /// As a person types it: `BIND`, `--db <DB>`.
    shown: String,
    evidence: Evidence,
}

/// Reports the arguments that the program demands.
pub(super) fn demanded(source: &Source, code: &Code) -> Option<Finding> {
    if !LIBRARIES.iter().any(|name| code.dependencies.contains(*name)) {
        return None;
    }
    let names = parsed(code);
    let declared = |name: &String| {
        let is_item = |file: &SourceFile, at: usize| {
            file.is(at + 1, name)
                && (file.is(at, "struct") || file.is(at, "enum"))
                && derives(file, at)
        };
        code.find(is_item).is_some()
    };
    let mut wanted: Vec<String> = names.into_iter().take(MAX_PARSED).filter(declared).collect();
    // Several types may be parsed: one for each program of the package.
    if wanted.len() != 1 {
        return None;
    }
    let (mut found, mut next) = (Vec::new(), 0);
    while let Some(name) = wanted.get(next).cloned() {
        next += 1;
        // A flattened struct derives another trait.
        let is_item = |file: &SourceFile, at: usize| {
            file.is(at, "struct") && file.is(at + 1, &name) && (next > 1 || derives(file, at))
        };
        let Some((file, item)) = code.find(is_item) else { continue };
        let open = item + 2;
        if !file.is(open, "{") {
            continue;
        }
        let close = file.closing(open);
        // A subcommand may make the other arguments needless.
        if (open..close).any(|at| file.is(at, "subcommand")) {
            return None;
        }
        let mut at = open + 1;
        while at < close {
            let Some((field, of)) = field_at(file, at) else { break };
            let attributes = at..of;
            if says(file, &attributes, "flatten") {
                wanted.extend((wanted.len() < MAX_STRUCTS).then(|| file.word(of).to_owned()));
            } else {
                let optional = file.is(of, "Option");
                let taken = optional && positional::is_unwrapped(source, &field);
                found
                    .extend(argument(file, &attributes, &field, of).filter(|_| taken || !optional));
            }
            at = after_field(file, of, close);
        }
    }
    let first = found.first()?;
    let names: Vec<String> =
        found.iter().take(MAX_NAMED).map(|one| format!("`{}`", one.shown)).collect();
    let example: Vec<&str> = found.iter().take(MAX_NAMED).map(|one| one.shown.as_str()).collect();
    let what = format!("the program stops without the arguments {}", names.join(", "));
    let what = if found.len() == 1 {
        format!("the program stops without the argument `{}`", first.shown)
    } else {
        what
    };
    let evidence: Vec<Evidence> =
        found.iter().take(MAX_NAMED).map(|one| one.evidence.clone()).collect();
    Some(
        Finding::new(FindingCode::ArgumentsUnknown, what, evidence)
            .with_why("the image starts the program without them: it prints its usage and stops")
            .with_fix(format!(
                "set them with --args, or give them at the end of `docker run IMAGE`: {}",
                example.join(" ")
            )),
    )
}

/// The argument that a field is, if a start must give it, or if its value may lack by its type
/// alone.
fn argument(
    file: &SourceFile,
    attributes: &Range<usize>,
    field: &str,
    of: usize,
) -> Option<Argument> {
    let optional = file.is(of, "Option");
    let may_lack = OPTIONAL.iter().any(|name| !optional && file.is(of, name))
        || SPARED.iter().any(|word| says(file, attributes, word))
        || file.is(of, "(")
        || !optional && (of..of + 8).any(|at| file.is(at, "Option"));
    if may_lack {
        return None;
    }
    let long = place(file, attributes, "long");
    let short = place(file, attributes, "short");
    let value = field.to_ascii_uppercase();
    let given = |at: usize| file.string(at + 2).filter(|_| file.is(at + 1, "="));
    let shown = match (long, short) {
        (Some(at), _) => {
            let name =
                given(at).map_or_else(|| field.replace('_', "-"), std::borrow::Cow::into_owned);
            format!("--{name} {value}")
        }
        (None, Some(_)) => format!("-{} {value}", field.chars().next()?),
        (None, None) => value,
    };
    let evidence = file.evidence(of - 2, format!("the argument `{field}` has no default"));
    Some(Argument { shown, evidence })
}

/// True if an attribute of the command-line library has the word.
fn says(file: &SourceFile, attributes: &Range<usize>, word: &str) -> bool {
    place(file, attributes, word).is_some()
}

/// The place of a word in an attribute of the command-line library.
fn place(file: &SourceFile, attributes: &Range<usize>, word: &str) -> Option<usize> {
    attributes.clone().find(|&at| {
        let open = file.enclosing(at).first().copied();
        file.is(at, word)
            && open.and_then(|open| file.called(open)).is_some_and(|of| ATTRIBUTES.contains(&of))
    })
}

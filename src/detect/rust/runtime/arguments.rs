//! Arguments without which a program prints its usage and stops: fields of the type into which it
//! parses its command line that have no default, no variable and no way to be left out.

use std::ops::Range;

use super::choices::Choices;
use super::item::{after_field, field_at, place, says};
use super::subcommands::{derives, parsed, variant_of};
use super::{Code, positional};
use crate::code::Program as Source;
use crate::detect::rust::lexer::Kind;
use crate::detect::rust::source::SourceFile;
use crate::facts::{Evidence, Finding, FindingCode};

/// Command-line libraries whose derives are read.
const LIBRARIES: [&str; 2] = ["clap", "structopt"];

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

/// Reports the arguments that the program demands, if it is started with `given`.
pub(super) fn demanded(source: &Source, code: &Code, given: Option<&str>) -> Option<Finding> {
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
    let wanted: Vec<String> = names.into_iter().take(MAX_PARSED).filter(declared).collect();
    // Several types may be parsed: one for each program of the package.
    let [parsed] = wanted.as_slice() else { return None };
    let (found, choices) = (Vec::new(), Choices::default());
    let mut reader = Reader { source, code, below: given.is_some(), found, choices, structs: 0 };
    reader.item(parsed, true)?;
    if let Some(word) = given.and_then(|given| given.split_whitespace().next()) {
        reader.variant(word);
    }
    let words: Vec<&str> = given.unwrap_or_default().split([' ', '=']).collect();
    let mut found = reader.found;
    found.retain(|one| one.shown.split(' ').next().is_none_or(|flag| !words.contains(&flag)));
    if found.is_empty() && given.is_none() {
        return reader.choices.finding();
    }
    let first = found.first()?;
    let names: Vec<String> =
        found.iter().take(MAX_NAMED).map(|one| format!("`{}`", one.shown)).collect();
    let start = given.into_iter();
    let example: Vec<&str> =
        start.chain(found.iter().take(MAX_NAMED).map(|one| one.shown.as_str())).collect();
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

/// Collects the arguments of a command line.
struct Reader<'c> {
    source: &'c Source<'c>,
    code: &'c Code<'c>,
    /// True if the program is started with a subcommand.
    below: bool,
    found: Vec<Argument>,
    choices: Choices,
    structs: usize,
}

impl Reader<'_> {
    /// Reads the struct of that name; `None` if a subcommand, which is not given, may make its
    /// arguments needless.
    fn item(&mut self, name: &str, derived: bool) -> Option<()> {
        self.structs += 1;
        // A flattened struct derives another trait.
        let is_item = |file: &SourceFile, at: usize| {
            file.is(at, "struct") && file.is(at + 1, name) && (!derived || derives(file, at))
        };
        let Some((file, item)) = self.code.find(is_item) else { return Some(()) };
        let spares = ["args_conflicts_with_subcommands", "subcommand_negates_reqs"];
        if self.below && spares.iter().any(|word| file.names(word)) {
            return Some(());
        }
        if file.is(item + 2, "{") { self.fields(file, item + 2) } else { Some(()) }
    }

    /// Reads what the variant of a subcommand holds.
    fn variant(&mut self, word: &str) {
        let code = self.code;
        let Some((file, open)) = variant_of(code, word) else { return };
        if file.is(open, "{") {
            self.fields(file, open);
        } else if let Some(end) = file.closing(open).checked_sub(1)
            && file.kind(end) == Some(Kind::Word)
        {
            self.item(file.word(end), false);
        }
    }

    fn fields(&mut self, file: &SourceFile, open: usize) -> Option<()> {
        let close = file.closing(open);
        // A subcommand may make the other arguments needless.
        if !self.below && (open..close).any(|at| file.is(at, "subcommand")) {
            return None;
        }
        let mut at = open + 1;
        while at < close {
            let Some((field, of)) = field_at(file, at) else { break };
            let attributes = at..of;
            if says(file, &attributes, "flatten") {
                if self.structs < MAX_STRUCTS {
                    self.item(file.word(of), false)?;
                }
            } else if !says(file, &attributes, "subcommand") {
                self.choices.add(file, &attributes, &field, of);
                let optional = file.is(of, "Option");
                let taken = optional && positional::is_unwrapped(self.source, &field);
                let argument = argument(file, &attributes, &field, of);
                self.found.extend(argument.filter(|_| taken || !optional));
            }
            at = after_field(file, of, close);
        }
        Some(())
    }
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

//! Which subcommands a program has, and which of them serves.

use std::collections::{BTreeMap, BTreeSet};

use super::Code;
use crate::code::{Program as Source, listen};
use crate::detect::rust::lexer::Kind;
use crate::detect::rust::source::SourceFile;
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;

mod declared;

use declared::declared;

/// Command-line libraries, with the words that declare subcommands.
const LIBRARIES: [(&str, &[&str]); 5] = [
    ("clap", &["Subcommand", "subcommand", "subcommands", "subcommand_required"]),
    ("structopt", &["subcommand"]),
    ("argh", &["subcommand"]),
    ("bpaf", &["command"]),
    ("gumdrop", &["command"]),
];

/// Derives that turn the variants of an enum into words of the command line.
const DERIVES: [&str; 5] = ["Subcommand", "Parser", "StructOpt", "FromArgs", "Bpaf"];

/// Functions that parse the arguments of the process.
const PARSES: [&str; 4] = ["parse", "try_parse", "from_args", "parse_args"];

pub(super) use declared::variant_of;

/// Functions that parse a list of words, which may be a message or a line that a person types.
const PARSES_WORDS: [&str; 6] = [
    "parse_from",
    "try_parse_from",
    "from_iter",
    "from_iter_safe",
    "try_update_from",
    "update_from",
];

/// Usual names of the subcommand that serves.
const SERVING: [&str; 8] =
    ["serve", "server", "start", "run", "daemon", "web", "start-server", "run-server"];

/// How many tokens behind a word of the command line are searched for the variable that keeps it.
const MAX_FILLED: usize = 40;

/// How many functions deep the code of a subcommand is followed to a listener.
const MAX_CALLS: usize = 4;

/// How many tokens are read while subcommands are followed, which bounds the time on large
/// programs.
const MAX_TOKENS: usize = 200_000;

#[derive(Debug, Default)]
pub(super) struct Subcommands {
    pub(super) library: Option<Sourced<String>>,
    /// The names of all subcommands, in the order of the code.
    pub(super) names: Vec<String>,
    /// The subcommand that serves.
    pub(super) serving: Option<Sourced<String>>,
}

/// A subcommand: the words on the command line that lead to it, its name in a `match` arm, and its
/// declaration.
struct Subcommand {
    word: String,
    arm: String,
    /// The enum that has it as a variant; empty for any other declaration.
    of: String,
    evidence: Evidence,
    /// True if it does nothing without one of its own subcommands.
    holds: bool,
}

pub(super) fn subcommands(source: &Source, code: &Code) -> Subcommands {
    let commands = command_line(code);
    let other = if commands.is_none() { of_other_text(code) } else { BTreeSet::new() };
    let all = declared(code, commands.as_ref(), &other);
    // What declares the words of messages says nothing of the command line.
    let library = library(code, &all).filter(|_| other.is_empty() || !all.is_empty());
    if library.is_none() && all.is_empty() {
        return by_hand(source, code);
    }
    if library.is_none() || commands.is_some() && all.is_empty() {
        return Subcommands::default();
    }
    let mut reader = Reader::new(source, code, &all);
    let listening = all.iter().filter(|one| !one.holds).find_map(|subcommand| {
        let at = reader.listens(subcommand)?;
        let note = format!("`{}` listens", subcommand.word);
        Some(Sourced::with(
            subcommand.word.clone(),
            vec![Evidence { note, ..subcommand.evidence.clone() }, at],
        ))
    });
    // Without a subcommand the program does its main work, which is then to serve.
    let optional = commands.is_some_and(|commands| commands.optional);
    if optional && listening.is_none() {
        return Subcommands::default();
    }
    let usual = || {
        let named = |name: &str| {
            let is_usual = |word: &str| SERVING.contains(&word);
            let mut starting = all.iter().filter(|one| !one.holds);
            starting.find(|one| {
                one.word.split(' ').all(is_usual) && one.word.rsplit(' ').next() == Some(name)
            })
        };
        let subcommand = SERVING.iter().find_map(|name| named(name))?;
        let note = format!("`{}` is a usual name for the subcommand that serves", subcommand.word);
        Some(Sourced::guessed(
            subcommand.word.clone(),
            Evidence { note, ..subcommand.evidence.clone() },
        ))
    };
    let serving = listening.or_else(usual);
    let starting = all.into_iter().filter(|one| !one.holds);
    Subcommands { library, names: starting.map(|one| one.word).collect(), serving }
}

/// The subcommands of a program that reads its first argument itself: `match
/// env::args().nth(1).as_deref()`. The arm that listens is the argument with which to start it.
fn by_hand(source: &Source, code: &Code) -> Subcommands {
    let mut all = Vec::new();
    for file in code.files {
        let words = words_of(file);
        if words.is_empty() {
            continue;
        }
        let declared = declared_from(file, &words);
        for at in 0..file.len() {
            if !file.is(at, "match") || file.kind(at) != Some(Kind::Word) {
                continue;
            }
            let Some(open) = (at..file.len()).take(40).find(|at| file.is(*at, "{")) else {
                continue;
            };
            let is_argument = |word: &str| words.contains(&word) || declared.contains(word);
            if (at..open).any(|at| is_argument(file.word(at))) {
                arms(file, open, &mut all);
            }
        }
    }
    let mut reader = Reader::new(source, code, &all);
    let serving = all.iter().find_map(|one| {
        let at = reader.listens(one)?;
        Some(Sourced::with(one.word.clone(), vec![one.evidence.clone(), at]))
    });
    if serving.is_none() {
        return Subcommands::default();
    }
    let library =
        serving.as_ref().map(|one| Sourced::with("args".to_owned(), one.evidence.clone()));
    Subcommands { library, names: all.into_iter().map(|one| one.word).collect(), serving }
}

/// Functions that give the words of the command line in a file: of the standard library, and of
/// libraries that take the words one after the other.
fn words_of(file: &SourceFile) -> Vec<&'static str> {
    let mut words = Vec::new();
    words.extend(file.names("args").then_some("args"));
    words.extend(file.names("pico_args").then_some("subcommand"));
    words.extend(file.names("lexopt").then_some("lexopt"));
    words
}

/// Names that get their value from the command line: `let mode = env::args().nth(1)`, and those
/// that lexopt's `Value(word)` fills: `Value(word) => command = Some(word.string()?)`.
fn declared_from<'f>(file: &'f SourceFile, words: &[&str]) -> BTreeSet<&'f str> {
    let declares = |at: &usize| file.is(at - 1, "let") || file.is(at - 1, "mut");
    let names = (1..file.len()).filter(declares).filter(|at| file.kind(*at) == Some(Kind::Word));
    let given = |at: &usize| {
        file.statement(*at)
            .any(|n| matches!(file.word(n), "args" | "subcommand") && words.contains(&file.word(n)))
    };
    let mut found: BTreeSet<&str> = names.filter(given).map(|at| file.word(at)).collect();
    if !words.contains(&"lexopt") {
        return found;
    }
    let taken = (0..file.len()).filter(|at| {
        file.is(*at, "Value") && file.is(at + 1, "(") && file.closing(at + 1) == at + 3
    });
    for at in taken {
        let word = file.word(at + 2);
        found.insert(word);
        let filled = (at + 4..(at + MAX_FILLED).min(file.len()))
            .find(|n| file.is(*n, "=") && file.is(n + 1, "Some") && file.is(n + 3, word));
        found.extend(filled.map(|n| file.word(n - 1)));
    }
    found
}

/// Adds the words in the arms of a `match`: `Some("serve") =>` or `"serve" =>`.
fn arms(file: &SourceFile, open: usize, all: &mut Vec<Subcommand>) {
    let close = file.closing(open);
    for at in open + 1..close {
        let Some(word) = file.string(at) else { continue };
        let end = (at + 1..close).find(|at| !file.is(*at, ")")).unwrap_or(close);
        let arm = file.is(end, "=") && file.is(end + 1, ">") || file.is(end, "|");
        let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        if arm && plain && !word.is_empty() && !word.starts_with('-') {
            let evidence = file.evidence(at, format!("the argument `{word}`"));
            let (word, arm, of) = (word.to_string(), word.to_string(), String::new());
            all.push(Subcommand { word, arm, of, evidence, holds: false });
        }
    }
}

fn library(code: &Code, all: &[Subcommand]) -> Option<Sourced<String>> {
    for (library, words) in LIBRARIES {
        if !code.dependencies.contains(library) {
            continue;
        }
        let named = code.find(|file, at| words.iter().any(|word| file.is(at, word)));
        let named = named.map(|(file, at)| file.evidence(at, format!("{library} subcommands")));
        let named = named.or_else(|| all.first().map(|one| one.evidence.clone()));
        if let Some(evidence) = named {
            return Some(Sourced::new(library.to_owned(), evidence));
        }
    }
    None
}

/// The enums whose variants are words of the command line.
#[derive(Debug, Default)]
struct CommandLine {
    enums: Vec<String>,
    /// True if the program starts without a subcommand.
    optional: bool,
}

/// The subcommands of the type into which the program parses its arguments; `None` if that type is
/// not known.
fn command_line(code: &Code) -> Option<CommandLine> {
    let parsed = parsed(code);
    let mut found = CommandLine::default();
    let mut known = false;
    for file in code.files {
        for at in 0..file.len() {
            if !parsed.contains(file.word(at + 1)) || !derives(file, at) {
                continue;
            }
            if file.is(at, "enum") {
                known = true;
                found.enums.push(file.word(at + 1).to_owned());
            } else if file.is(at, "struct") {
                known = true;
                subcommand_fields(file, at, &mut found);
            }
        }
    }
    known.then_some(found)
}

/// The types that are parsed from other text than the arguments of the process, such as a chat
/// message, with the enums that they hold.
fn of_other_text(code: &Code) -> BTreeSet<String> {
    // Without a call that reads the process' arguments, such a call may itself pass them on.
    let own = |file: &SourceFile, at: usize| {
        (file.is(at, "args") || file.is(at, "args_os")) && file.path_to(at).contains(&"env")
    };
    if code.find(own).is_some() {
        return BTreeSet::new();
    }
    let mut found = parsed_by(code, &PARSES_WORDS);
    let mut held = CommandLine::default();
    for file in code.files.iter().filter(|_| !found.is_empty()) {
        for at in 0..file.len() {
            let of = file.word(at + 1);
            if file.is(at, "enum") && found.contains(of) {
                variant_types(file, at, &mut held.enums);
            } else if file.is(at, "struct") && found.contains(of) {
                subcommand_fields(file, at, &mut held);
            }
        }
    }
    found.extend(held.enums);
    found
}

/// Adds the names of types in the variants of an enum: `Agenda { cmd: AgendaCommand }`.
fn variant_types(file: &SourceFile, item: usize, found: &mut Vec<String>) {
    let Some(open) = (item..item + 20).find(|n| file.is(*n, "{")) else { return };
    let words = (open..file.closing(open)).filter(|n| file.kind(*n) == Some(Kind::Word));
    let types = words.filter(|n| file.word(*n).starts_with(|c: char| c.is_ascii_uppercase()));
    found.extend(types.map(|n| file.word(n).to_owned()));
}

/// The types into which the program parses the arguments of its process: `Args::parse()`.
pub(super) fn parsed(code: &Code) -> BTreeSet<String> {
    parsed_by(code, &PARSES)
}

/// The types on which one of these functions is called.
fn parsed_by(code: &Code, names: &[&str]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in code.files.iter().filter(|file| names.iter().any(|name| file.names(name))) {
        for at in 0..file.len() {
            let is_call = names.iter().any(|name| file.is(at, name)) && file.is(at + 1, "(");
            if let [.., of, _] = file.path_to(at).as_slice()
                && is_call
                && of.starts_with(|c: char| c.is_uppercase())
            {
                found.insert((*of).to_owned());
            }
        }
    }
    found
}

/// Adds the type of `#[command(subcommand)] command: Option<Commands>`.
fn subcommand_fields(file: &SourceFile, item: usize, found: &mut CommandLine) {
    let brace = (item..item + 20).find(|n| file.is(*n, "{"));
    if let Some(open) = brace {
        fields_below(file, open, found);
    }
}

/// The same for the fields behind an opening brace.
fn fields_below(file: &SourceFile, open: usize, found: &mut CommandLine) {
    let close = file.closing(open);
    for at in open..close {
        let marks = file.is(at, "subcommand") || file.is(at, "flatten");
        let attribute = file.enclosing(at).iter().any(|open| file.is(*open, "["));
        if !marks || !attribute {
            continue;
        }
        // Skips the rest of the attributes and the name of the field, up to its type.
        let Some(colon) = (at..close).find(|n| {
            file.is(*n, ":")
                && !file.is(n + 1, ":")
                && !file.is(n - 1, ":")
                && file.enclosing(*n).is_empty()
        }) else {
            continue;
        };
        let end = (colon..close).find(|n| file.is(*n, ",") && file.enclosing(*n).is_empty());
        for n in colon + 1..end.unwrap_or(close) {
            if file.is(n, "Option") {
                found.optional = true;
            } else if file.kind(n) == Some(Kind::Word) {
                found.enums.push(file.word(n).to_owned());
            }
        }
    }
}

/// True if one of [`DERIVES`] is before the item.
pub(super) fn derives(file: &SourceFile, item: usize) -> bool {
    let from = item.saturating_sub(80);
    let derive = (from..item).rev().take_while(|n| !file.is(*n, ";") && !file.is(*n, "}"));
    let mut words = derive.filter(|n| file.kind(*n) == Some(Kind::Word));
    words.any(|n| DERIVES.iter().any(|name| file.is(n, name)))
}

/// Follows the code of subcommands to listeners.
struct Reader<'c> {
    /// The functions, by name.
    functions: BTreeMap<&'c str, Vec<(&'c SourceFile, usize)>>,
    /// The places where the name of a subcommand occurs.
    places: BTreeMap<String, Vec<(&'c SourceFile, usize)>>,
    /// The enums of all subcommands.
    enums: BTreeSet<String>,
    /// The bytes of the calls that listen, by file.
    listening: BTreeMap<RelPath, BTreeSet<usize>>,
    /// The types that the variant of the subcommand in question holds.
    held: Vec<&'c str>,
    /// How many tokens may still be read.
    left: usize,
}

impl<'c> Reader<'c> {
    fn new(source: &Source, code: &'c Code<'c>, all: &[Subcommand]) -> Self {
        let mut functions: BTreeMap<&str, Vec<(&SourceFile, usize)>> = BTreeMap::new();
        let mut places: BTreeMap<String, Vec<(&SourceFile, usize)>> =
            all.iter().map(|subcommand| (subcommand.arm.clone(), Vec::new())).collect();
        for file in code.files {
            for at in 0..file.len() {
                if matches!(file.kind(at), Some(Kind::Word | Kind::Text | Kind::Raw))
                    && let Some(found) = places.get_mut(file.word(at))
                {
                    found.push((&**file, at));
                }
                if file.is(at, "fn") && file.kind(at + 1) == Some(Kind::Word) {
                    functions.entry(file.word(at + 1)).or_default().push((file, at + 1));
                }
            }
        }
        let enums = all.iter().map(|one| one.of.clone()).filter(|of| !of.is_empty()).collect();
        let mut listening: BTreeMap<RelPath, BTreeSet<usize>> = BTreeMap::new();
        for (file, at) in listen::places(source) {
            listening.entry(file.path.clone()).or_default().insert(file.place(at).start);
        }
        Self { functions, places, enums, listening, held: Vec::new(), left: MAX_TOKENS }
    }

    /// The place where the code in the subcommand's `match` arm listens.
    fn listens(&mut self, subcommand: &Subcommand) -> Option<Evidence> {
        let places = self.places.get(&subcommand.arm).cloned().unwrap_or_default();
        let types = places.iter().filter_map(|(file, at)| {
            let last = file.closing(at + 1).checked_sub(1).filter(|last| *last > at + 1)?;
            let declared = file.is(at + 1, "(") && file.path_to(*at).len() == 1;
            (declared && file.kind(last) == Some(Kind::Word)).then(|| file.word(last))
        });
        self.held = types.take(MAX_CALLS).collect();
        places.into_iter().find_map(|(file, at)| {
            // `Jobs::Run` is another enum's.
            let path = file.path_to(at);
            let enums = path.len().checked_sub(2).and_then(|n| path.get(n));
            let other = enums.is_some_and(|of| *of != subcommand.of && self.enums.contains(*of));
            let (from, to) = arm(file, at).filter(|_| !other)?;
            self.within(file, from, to, 0, &mut BTreeSet::new())
        })
    }

    fn within(
        &mut self,
        file: &'c SourceFile,
        from: usize,
        to: usize,
        depth: usize,
        seen: &mut BTreeSet<&'c str>,
    ) -> Option<Evidence> {
        let mut calls = Vec::new();
        for at in from..to {
            self.left = self.left.checked_sub(1)?;
            let listens = || {
                let places = self.listening.get(&file.path)?;
                places.contains(&file.start(at)).then(|| file.word(at))
            };
            if let Some(what) = listener(file, at).or_else(listens) {
                return Some(file.evidence(at, format!("`{what}` listens")));
            }
            if file.kind(at) == Some(Kind::Word)
                && file.is(at + 1, "(")
                && seen.insert(file.word(at))
            {
                calls.push(at);
            }
        }
        if depth >= MAX_CALLS {
            return None;
        }
        for call in calls {
            let mut bodies = self.functions.get(file.word(call)).cloned().unwrap_or_default();
            // `module::function` means the function in that module, if there is one.
            if let [.., module, _] = file.path_to(call).as_slice() {
                let of_module = |(held, _): &&(&SourceFile, usize)| in_module(held, module);
                let own: Vec<_> = bodies.iter().filter(of_module).copied().collect();
                if !own.is_empty() {
                    bodies = own;
                }
            }
            // `Command::Serve(a) => a.run()`: the method of the type that the variant holds.
            if depth == 0 && file.is(call.wrapping_sub(1), ".") {
                let of_type = |(held, at): &&(&SourceFile, usize)| {
                    implemented(held, *at).any(|word| self.held.contains(&word))
                };
                let own: Vec<_> = bodies.iter().filter(of_type).copied().collect();
                if !own.is_empty() {
                    bodies = own;
                }
            }
            // A name that many functions share does not lead anywhere for certain.
            bodies.truncate(if bodies.len() <= 3 { 3 } else { 0 });
            for (file, at) in bodies {
                let Some(open) = body(file, at) else { continue };
                let found = self.within(file, open + 1, file.closing(open), depth + 1, seen);
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }
}

/// The words between `impl` and its brace, for the one around a position.
fn implemented(file: &SourceFile, at: usize) -> impl Iterator<Item = &str> {
    let open = file.brackets(at).first().copied().unwrap_or(0);
    let from = (open.saturating_sub(24)..open).rev().find(|n| file.is(*n, "impl"));
    from.into_iter().flat_map(move |from| (from..open).map(|n| file.word(n)))
}

/// True if the file is the module with that name.
fn in_module(file: &SourceFile, module: &str) -> bool {
    let stem = file.path.file_name().trim_end_matches(".rs");
    let folder = file.path.parent().unwrap_or_default();
    stem == module || stem == "mod" && folder.file_name() == module
}

/// The code of a `match` arm whose pattern contains the token: from `=>` to its end.
fn arm(file: &SourceFile, at: usize) -> Option<(usize, usize)> {
    let mut next = at + 1;
    let end = (at + 60).min(file.len());
    while next < end {
        if file.is(next, "=") && file.is(next + 1, ">") {
            let from = next + 2;
            return Some(if file.is(from, "{") {
                (from + 1, file.closing(from))
            } else {
                let stop = (from..file.len().min(from + 200)).find(|n| file.is(*n, ","));
                (from, stop.unwrap_or(from))
            });
        }
        if file.is(next, "(") || file.is(next, "{") || file.is(next, "[") {
            next = file.closing(next);
        } else if [";", "}", "="].iter().any(|end| file.is(next, end))
            // After a comma of the `match` itself the next arm begins.
            || file.is(next, ",") && file.enclosing(at).is_empty()
        {
            return None;
        }
        next += 1;
    }
    None
}

/// The opening brace of the function whose name is at `at`.
fn body(file: &SourceFile, at: usize) -> Option<usize> {
    let end = (at + 200).min(file.len());
    let mut next = at + 1;
    while next < end {
        if file.is(next, "{") {
            return Some(next);
        }
        if file.is(next, "(") {
            next = file.closing(next);
        } else if file.is(next, ";") {
            return None;
        }
        next += 1;
    }
    None
}

/// The type or function that listens at this token.
fn listener(file: &SourceFile, at: usize) -> Option<&'static str> {
    const BOUND: [&str; 6] =
        ["TcpListener", "UdpSocket", "UnixListener", "HttpServer", "Server", "TcpSocket"];
    if file.is(at, "HttpServer") && file.is(at + 3, "new") {
        return Some("HttpServer::new");
    }
    if file.is(at, "serve") && file.path_to(at).contains(&"axum") {
        return Some("axum::serve");
    }
    if !file.is(at, "bind") {
        return None;
    }
    let path = file.path_to(at);
    BOUND.into_iter().find(|name| path.contains(name))
}

//! The declarations of subcommands: variants of enums, and commands that a builder makes, each with
//! the words that lead to it.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Code;
use super::{CommandLine, Subcommand, arm, derives, fields_below, subcommand_fields};
use crate::code::Call;
use crate::detect::rust::lexer::Kind;
use crate::detect::rust::source::SourceFile;

/// How deep commands nest. The limit also ends a circle.
const MAX_LEVELS: usize = 8;

/// How many enums and structs are followed.
const MAX_ITEMS: usize = 400;

/// How many tokens the attributes before an item may have.
const MAX_ATTRIBUTES: usize = 80;

type Place<'c> = (&'c SourceFile, usize);

/// All subcommands of the command line. Without a type into which the program parses its
/// arguments, those of all enums apart from `other`.
pub(super) fn declared(
    code: &Code,
    commands: Option<&CommandLine>,
    other: &BTreeSet<String>,
) -> Vec<Subcommand> {
    let items = Items::new(code);
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    let roots: Vec<Place> = if let Some(commands) = commands {
        let named = |name: &String| items.named.get(name.as_str()).into_iter().flatten();
        commands.enums.iter().flat_map(named).copied().collect()
    } else {
        let enums = || {
            let all = items.enums().filter(|(file, at)| commands_of_bpaf(file, *at));
            all.filter(|(file, at)| !other.contains(file.word(at + 1)))
        };
        let mut held = BTreeSet::new();
        for (file, at) in enums() {
            for variant in variants(file, at) {
                let (inner, _) = items.inside(file, &variant);
                held.extend(inner.into_iter().map(|(file, at)| (std::ptr::from_ref(file), at)));
            }
        }
        enums().filter(|(file, at)| !held.contains(&(std::ptr::from_ref(*file), *at))).collect()
    };
    for place in roots {
        items.add(place, &[], &mut seen, &mut all);
    }
    let mut built: Vec<(Vec<String>, Place)> = Vec::new();
    for file in code.files {
        built.extend(
            (0..file.len()).filter_map(|at| Some((built_at(code, file, at)?, (&**file, at)))),
        );
    }
    let holders: BTreeSet<Vec<String>> =
        built.iter().map(|(words, _)| words[..words.len() - 1].to_vec()).collect();
    all.extend(built.into_iter().map(|(words, (file, at))| Subcommand {
        arm: words.last().cloned().unwrap_or_default(),
        of: String::new(),
        evidence: file.evidence(at, format!("the subcommand `{}`", words.join(" "))),
        holds: holders.contains(&words),
        word: words.join(" "),
    }));
    all
}

/// The opening bracket of what the only variant holds that the word stands for.
pub(in super::super) fn variant_of<'c>(
    code: &'c Code<'c>,
    word: &str,
) -> Option<(&'c SourceFile, usize)> {
    let mut found: Vec<(&SourceFile, usize)> = Vec::new();
    for file in code.files.iter().filter(|file| file.names("Subcommand")) {
        let enums = (0..file.len()).filter(|&at| file.is(at, "enum") && derives(file, at));
        for variant in enums.flat_map(|at| variants(file, at)) {
            let name = variant.given.unwrap_or_else(|| kebab(file.word(variant.at)));
            found.extend(variant.open.filter(|_| name == word).map(|open| (&**file, open)));
        }
    }
    let [one] = found.as_slice() else { return None };
    Some(*one)
}

/// A variant of an enum.
struct Variant {
    /// The position of its name.
    at: usize,
    /// The word that its attributes state.
    given: Option<String>,
    /// The opening bracket of what it holds.
    open: Option<usize>,
    /// True if the variant stands for the subcommands that it holds.
    flat: bool,
}

/// The enums and structs of a program.
struct Items<'c> {
    named: BTreeMap<&'c str, Vec<Place<'c>>>,
}

impl<'c> Items<'c> {
    fn new(code: &'c Code) -> Self {
        let mut named: BTreeMap<&str, Vec<Place>> = BTreeMap::new();
        for file in code.files {
            for at in 0..file.len() {
                let item = file.is(at, "enum") && derives(file, at) || file.is(at, "struct");
                if item && file.kind(at + 1) == Some(Kind::Word) {
                    named.entry(file.word(at + 1)).or_default().push((file, at));
                }
            }
        }
        Self { named }
    }

    /// The enums whose variants are subcommands, in the order of the code.
    fn enums(&self) -> impl Iterator<Item = Place<'c>> {
        let enums = self.named.values().flatten().filter(|(file, at)| file.is(*at, "enum"));
        let mut enums: Vec<_> = enums.copied().collect();
        enums.sort_by_key(|(file, at)| (&file.path, *at));
        enums.into_iter()
    }

    /// The item that a type's name means: the only one of that name, that of the module before the
    /// name, or that of the file.
    fn of_path(&self, file: &SourceFile, end: usize) -> Option<Place<'c>> {
        let all = self.named.get(file.word(end))?;
        if let [one] = all.as_slice() {
            return Some(*one);
        }
        let path = file.path_to(end);
        let mut found = all.iter().filter(|(held, _)| match path.as_slice() {
            [.., module, _] => super::in_module(held, module),
            _ => std::ptr::eq(*held, file),
        });
        found.next().copied().filter(|_| found.next().is_none())
    }

    /// The enums of the subcommands that a variant holds, and whether it starts without one.
    fn inside(&self, file: &SourceFile, variant: &Variant) -> (Vec<Place<'c>>, bool) {
        let mut found = Vec::new();
        let mut line = CommandLine::default();
        let Some(open) = variant.open else { return (found, false) };
        if file.is(open, "{") {
            fields_below(file, open, &mut line);
        }
        let types = (open + 1..file.closing(open)).take(MAX_ATTRIBUTES);
        for at in types.filter(|&at| file.is(open, "(") && file.kind(at) == Some(Kind::Word)) {
            match self.of_path(file, at) {
                Some((held, item)) if held.is(item, "enum") => found.push((held, item)),
                Some((held, item)) => {
                    let known = line.enums.len();
                    subcommand_fields(held, item, &mut line);
                    let names: Vec<String> = line.enums.drain(known..).collect();
                    found.extend(names.iter().filter_map(|name| self.of_name(held, name)));
                }
                None => {}
            }
        }
        found.extend(line.enums.iter().filter_map(|name| self.of_name(file, name)));
        found.retain(|(held, item)| held.is(*item, "enum"));
        (found, line.optional)
    }

    /// The item of a name that stands in a file: the only one, or that of the file.
    fn of_name(&self, file: &SourceFile, name: &str) -> Option<Place<'c>> {
        let all = self.named.get(name)?;
        let own = || all.iter().find(|(held, _)| std::ptr::eq(*held, file));
        if let [one] = all.as_slice() { Some(*one) } else { own().copied() }
    }

    /// Adds the variants of an enum under the words that the library makes of them, with those of
    /// the enums that they hold.
    fn add(
        &self,
        (file, item): Place<'c>,
        above: &[String],
        seen: &mut BTreeSet<(*const SourceFile, usize)>,
        all: &mut Vec<Subcommand>,
    ) {
        let new = seen.len() < MAX_ITEMS && seen.insert((std::ptr::from_ref(file), item));
        if !new || above.len() > MAX_LEVELS || !file.is(item, "enum") {
            return;
        }
        for variant in variants(file, item) {
            let name = file.word(variant.at);
            let (inner, optional) = self.inside(file, &variant);
            let given = variant.given.clone().or_else(|| self.named_by_struct(file, &variant));
            let mut words = above.to_vec();
            if !variant.flat || inner.is_empty() {
                words.push(given.unwrap_or_else(|| kebab(name)));
                let word = words.join(" ");
                all.push(Subcommand {
                    arm: name.to_owned(),
                    of: file.word(item + 1).to_owned(),
                    evidence: file.evidence(variant.at, format!("the subcommand `{word}`")),
                    holds: !inner.is_empty() && !optional,
                    word,
                });
            }
            for place in inner {
                self.add(place, &words, seen, all);
            }
        }
    }

    /// The word that argh takes from the struct in a variant: `#[argh(subcommand, name = "x")]`.
    fn named_by_struct(&self, file: &SourceFile, variant: &Variant) -> Option<String> {
        let open = variant.open.filter(|&open| file.is(open, "("))?;
        let (held, item) = self.of_path(file, file.closing(open).checked_sub(1)?)?;
        let from = item.saturating_sub(MAX_ATTRIBUTES);
        let before = (from..item).rev().take_while(|n| !held.is(*n, ";") && !held.is(*n, "}"));
        let argh = before.filter(|n| held.is(*n, "argh") && held.is(n + 1, "(")).last()?;
        let mut words = argh..held.closing(argh + 1);
        let name = words.find(|n| held.is(*n, "name") && held.is(n + 1, "="))?;
        held.string(name + 2).map(std::borrow::Cow::into_owned)
    }
}

/// False for an enum of bpaf whose variants are alternatives of flags, not commands.
fn commands_of_bpaf(file: &SourceFile, item: usize) -> bool {
    let from = item.saturating_sub(MAX_ATTRIBUTES);
    let before = (from..item).rev().take_while(|n| !file.is(*n, ";") && !file.is(*n, "}"));
    if !before.into_iter().any(|n| file.is(n, "Bpaf")) {
        return true;
    }
    let Some(open) = (item..item + 20).find(|n| file.is(*n, "{")) else { return false };
    (open..file.closing(open)).any(|n| file.is(n, "command") && file.is(n - 1, "("))
}

/// The variants of an enum.
fn variants(file: &SourceFile, item: usize) -> Vec<Variant> {
    let mut all = Vec::new();
    let Some(open) = (item..item + 20).find(|n| file.is(*n, "{")) else { return all };
    let close = file.closing(open);
    let (mut at, mut given, mut flat) = (open + 1, None, false);
    while at < close {
        if file.is(at, "#") && file.is(at + 1, "[") {
            let end = file.closing(at + 1);
            let name = (at + 2..end).find(|n| file.is(*n, "name") && file.is(n + 1, "="));
            given =
                name.and_then(|n| file.string(n + 2)).map(std::borrow::Cow::into_owned).or(given);
            flat |= (at + 2..end).any(|n| file.is(n, "flatten"));
            // bpaf: `#[bpaf(command("serve"))]`
            let command = (at + 2..end).find(|n| file.is(*n, "command") && file.is(n + 1, "("));
            let command = command.filter(|_| file.is(at + 2, "bpaf"));
            given = command
                .and_then(|n| file.string(n + 2))
                .map(std::borrow::Cow::into_owned)
                .or(given);
            at = end + 1;
            continue;
        }
        if file.kind(at) == Some(Kind::Word) {
            let holds = file.is(at + 1, "(") || file.is(at + 1, "{");
            let open = holds.then_some(at + 1);
            all.push(Variant { at, given: given.take(), open, flat });
            flat = false;
            at = open.map_or(at, |open| file.closing(open)) + 1;
        }
        while at < close && !file.is(at, ",") {
            at += 1;
        }
        at += 1;
    }
    all
}

/// The words of `.subcommand(Command::new("receive"))` and `SubCommand::with_name("receive")`, with
/// those of the commands around it.
fn built_at(code: &Code, file: &SourceFile, at: usize) -> Option<Vec<String>> {
    let word = file.string(at)?;
    if !is_made(file, at) {
        return None;
    }
    // A function may build the command elsewhere; then a `match` on `subcommand` asks for its
    // name.
    let asked = || {
        code.files.iter().filter(|other| other.names("subcommand")).any(|other| {
            let mut named =
                (0..other.len()).filter(|n| other.string(*n).is_some_and(|t| t == word));
            named.any(|n| other.is(n.saturating_sub(1), "(") && arm(other, n).is_some())
        })
    };
    let inside = passed(file, at);
    if inside.is_none() && !asked() {
        return None;
    }
    let mut words = vec![word.clone().into_owned()];
    let (mut file, mut at) = (file, at);
    for _ in 0..MAX_LEVELS {
        let above = match passed(file, at) {
            Some(open) => receiver(file, open).map(|at| (file, at)),
            None => called_for(code, file, at),
        };
        let Some((held, place)) = above else { break };
        // The command of the program itself is in no other.
        if passed(held, place).is_none() && called_for(code, held, place).is_none() {
            break;
        }
        words.insert(0, held.string(place)?.into_owned());
        (file, at) = (held, place);
    }
    Some(words)
}

/// True for the name in `Command::new("x")`.
fn is_made(file: &SourceFile, at: usize) -> bool {
    const OWNERS: [&str; 3] = ["Command", "SubCommand", "App"];
    let makes =
        at >= 2 && file.is(at - 1, "(") && (file.is(at - 2, "new") || file.is(at - 2, "with_name"));
    makes && file.path_to(at - 2).iter().any(|name| OWNERS.contains(name))
}

/// The opening bracket of the `.subcommand(..)` that takes what is at a position.
fn passed(file: &SourceFile, at: usize) -> Option<usize> {
    let subcommand = |open: &usize| file.called(*open).is_some_and(|n| n.starts_with("subcommand"));
    file.enclosing(at).into_iter().find(subcommand)
}

/// The name of the command whose `.subcommand(..)` opens at a position.
fn receiver(file: &SourceFile, open: usize) -> Option<usize> {
    let read = file.read()?;
    let open = read.token_at(file.start(open));
    let chain = Call { file: read.clone(), at: open.checked_sub(1)?, open }.on()?;
    let name = chain.take(MAX_LEVELS).find(|&at| read.string(at).is_some())?;
    let at = file.token_from(read.inside(name)?.start);
    is_made(file, at).then_some(at)
}

/// The command that takes the result of the function around a position as a subcommand:
/// `Command::new("x").subcommand(server::command())`.
fn called_for<'c>(code: &'c Code, file: &SourceFile, at: usize) -> Option<Place<'c>> {
    let read = file.read()?;
    let function = read.facts().function_at(read.token_at(file.start(at)))?;
    let name = read.word(function.name);
    for other in code.files.iter().filter(|other| other.names(name)) {
        for at in (0..other.len()).filter(|&at| other.is(at, name) && other.is(at + 1, "(")) {
            let here = match other.path_to(at).as_slice() {
                [.., module, _] => super::in_module(file, module),
                _ => std::ptr::eq(&raw const **other, file),
            };
            let found = passed(other, at).filter(|_| here).and_then(|open| receiver(other, open));
            if let Some(found) = found {
                return Some((other, found));
            }
        }
    }
    None
}

/// `DefaultConfig` becomes `default-config`, as clap writes it.
fn kebab(name: &str) -> String {
    let mut word = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.extend(c.to_lowercase());
    }
    word
}

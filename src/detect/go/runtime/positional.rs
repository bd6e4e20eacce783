//! Words of the command line without which a program stops: `if len(os.Args) < 2 { log.Fatal() }`,
//! `if flag.NArg() != 1 { flag.Usage() }`, and `os.Args[1]` that nothing guards.

use std::ops::Range;
use std::rc::Rc;

use super::World;
use super::demands::{is_started, refuses};
use super::reach::Reach;
use crate::code::{File, conditions};
use crate::facts::{Evidence, Finding, FindingCode};

/// How many tokens the head of a condition may have.
const MAX_HEAD: usize = 40;

/// How many callers upwards lead to what serves.
const MAX_STEPS: u8 = 3;

/// How many words are demanded, and the first place that demands them.
pub(super) struct Demanded {
    words: usize,
    evidence: Evidence,
}

/// The words that the program demands before it listens.
pub(super) fn demanded(world: &World) -> Option<Demanded> {
    let mut reach = None;
    for file in world.code.files() {
        for &at in file.places("if") {
            let Some(words) = tested(world, file, at) else { continue };
            let reach = reach.get_or_insert_with(|| Reach::new(world));
            if stops(world, reach, file, at) {
                let note = "without an argument the program ends";
                return Some(Demanded { words, evidence: file.evidence(at, note) });
            }
        }
    }
    let mut own = world.closure.packages.first()?.files.iter().map(|file| &file.code);
    own.find_map(|file| {
        let at = unguarded(file)?;
        let reach = reach.get_or_insert_with(|| Reach::new(world));
        let certain =
            !conditions::is_conditional(file, at) && is_started(world, reach, file, at, MAX_STEPS);
        let note = "`os.Args[1]` without a test: the program panics where nothing is given";
        certain.then(|| Demanded { words: 1, evidence: file.evidence(at, note) })
    })
}

/// The finding, if the image gives fewer words.
pub(super) fn finding(demanded: Demanded, given: Option<&str>) -> Option<Finding> {
    let given = given.map_or(0, |words| words.split_whitespace().count());
    if given >= demanded.words {
        return None;
    }
    let what = if demanded.words == 1 {
        "the program stops without an argument".to_owned()
    } else {
        format!("the program stops with fewer than {} arguments", demanded.words)
    };
    Some(
        Finding::new(FindingCode::ArgumentsUnknown, what, [demanded.evidence])
            .with_why("the image starts the program without it: it prints its usage and stops")
            .with_fix(
                "set the arguments with --args, or give them at the end of `docker run IMAGE`; \
                 mount a file that they name with `-v`",
            ),
    )
}

/// How many words a condition demands, which ends the program where there are fewer.
fn tested(world: &World, file: &Rc<File>, at: usize) -> Option<usize> {
    let mut open = at + 1;
    while file.word(open) != "{" {
        open = if matches!(file.word(open), "(" | "[") { file.closing(open) + 1 } else { open + 1 };
        if open >= file.len() || open > at + MAX_HEAD {
            return None;
        }
    }
    let head = file.split(at + 1..open, &[";"]).pop()?;
    // `flag.NArg() < 1 && len(files) == 0`: nothing else is given either.
    let (count, others): (Vec<_>, Vec<_>) =
        file.split(head, &["&&"]).into_iter().partition(|part| counted(file, part).is_some());
    let (head, alone) = match (count.as_slice(), others.as_slice()) {
        ([one], _) => (one.clone(), others.iter().all(|part| asks_nothing(file, part))),
        ([], [whole]) => (whole.clone(), true),
        _ => return None,
    };
    if !alone {
        return None;
    }
    let words = file.split(head, &["||"]).into_iter().find_map(|part| counted(file, &part))?;
    let main = file.facts().function_at(at).filter(|function| {
        let own = file.path.parent().unwrap_or_default() == *world.folder;
        own && !function.method && file.word(function.name) == "main"
    });
    let returns = || (open..file.closing(open)).any(|at| file.word(at) == "return");
    (refuses(world, file, open) || main.is_some() && returns()).then_some(words)
}

/// `len(files) == 0`, `name == ""`, `config == nil`: what holds while nobody gives anything.
fn asks_nothing(file: &File, part: &Range<usize>) -> bool {
    let Some(last) = part.end.checked_sub(1).filter(|last| last - part.start > 1) else {
        return false;
    };
    let nothing = matches!(file.word(last), "0" | "nil")
        || file.string(last).is_some_and(|text| text.is_empty());
    file.word(last - 1) == "==" && nothing
}

/// `len(os.Args) < 2`, `len(flag.Args()) == 0`, `flag.NArg() != 1`: how many words it demands.
fn counted(file: &File, part: &Range<usize>) -> Option<usize> {
    let mark = part.clone().find(|&at| matches!(file.word(at), "<" | "<=" | "==" | "!="))?;
    if mark + 2 != part.end {
        return None;
    }
    let number: usize = file.word(mark + 1).parse().ok()?;
    let word = |at: usize| file.word(part.start + at);
    let program = word(0) == "len" && word(1) == "(" && word(2) == "os" && word(4) == "Args";
    let rest = word(0) == "len" && word(2) == "flag" && word(4) == "Args"
        || word(0) == "flag" && word(2) == "NArg";
    // The first of `os.Args` is the program itself.
    let own = match (program, rest) {
        (true, _) => 1,
        (_, true) => 0,
        _ => return None,
    };
    let least = match file.word(mark) {
        "<" | "!=" => number,
        "<=" => number.checked_add(1)?,
        _ if number == own => number.checked_add(1)?,
        _ => return None,
    };
    least.checked_sub(own).filter(|words| (1..=8).contains(words))
}

/// True if the condition at `at` stands on the way to what listens, and its block does not.
fn stops(world: &World, reach: &Reach, file: &Rc<File>, at: usize) -> bool {
    let block = (at..at + MAX_HEAD).find(|&at| file.word(at) == "{");
    let serves = block.is_some_and(|open| reach.leads(file, open..file.closing(open)));
    !serves
        && !conditions::is_conditional(file, at)
        && is_started(world, reach, file, at, MAX_STEPS)
}

/// The place of `os.Args[1]` in a file that never asks how many words there are.
fn unguarded(file: &File) -> Option<usize> {
    let all = file.places("Args").iter().copied();
    let mut own = all.filter(|&at| at > 1 && file.word(at - 1) == "." && file.word(at - 2) == "os");
    let first = own.clone().find(|&at| {
        file.word(at + 1) == "[" && file.word(at + 2) == "1" && file.word(at + 3) == "]"
    })?;
    let plain = own.all(|at| file.word(at + 1) == "[");
    let counted = file.places("len").iter().any(|&at| file.word(at + 4) == "Args");
    (plain && !counted).then_some(first)
}

//! Files that a program reads on its way to the start, that no `catch` spares, and that nothing
//! holds or writes.

use std::ops::Range;

use super::code::{Code, Place, end_of};
use super::source::Source;
use super::surroundings::Surroundings;
use crate::facts::{Finding, FindingCode, Program};

/// Calls that read the file in their first argument.
const READS: [&str; 9] = [
    "FileInputStream",
    "FileReader",
    "Scanner",
    "lines",
    "newBufferedReader",
    "newInputStream",
    "readAllBytes",
    "readAllLines",
    "readString",
];

/// Questions whether a file is there.
const ASKS: [&str; 4] = ["exists", "isFile", "canRead", "notExists"];

/// Calls that write, or make, the file in their first argument.
const WRITES: [&str; 9] = [
    "FileOutputStream",
    "FileWriter",
    "PrintWriter",
    "createFile",
    "createNewFile",
    "newBufferedWriter",
    "newOutputStream",
    "write",
    "writeString",
];

/// Words whose block runs only sometimes.
const SOMETIMES: [&str; 5] = ["catch", "for", "if", "switch", "while"];

/// Maximum number of files that are reported, and of tokens of one statement.
const MAX_FILES: usize = 3;
const MAX_STATEMENT: usize = 64;

/// Adds the files to the findings.
pub(super) fn add(program: &mut Program, around: &Surroundings, code: &Code) {
    let (repo, dir) = (around.project.repo, around.project.model.dir());
    let mut left = MAX_FILES;
    let read = READS.iter().flat_map(|name| code.calls(name)).filter_map(|&place| {
        let way = path(code, place)?;
        Some((place, way))
    });
    let asked = ASKS.iter().flat_map(|name| code.calls(name));
    let asked = asked.filter_map(|&place| asked_for(code, place));
    for (place, way) in read.chain(asked) {
        let Some(file) = dir.join(&way).filter(|file| !repo.exists(file)) else { continue };
        let target = format!("/app/{way}");
        let finding = || {
            let note = match code.sources[place.0].raw(place.1) {
                "if" => "the program ends without it".to_owned(),
                name => format!("{name}(\"{way}\")"),
            };
            let evidence = code.evidence(place, note);
            Finding::file_missing(&way, &target, None, None, [evidence])
        };
        let same = |held: &Finding| {
            matches!(held.code, FindingCode::FileMissing | FindingCode::ConfigNotInGit)
                && held.what.contains(file.as_str())
        };
        if left == 0
            || program.findings.iter().any(same)
            || !at_start(code, place)
            || is_written(code, &way)
        {
            continue;
        }
        left -= 1;
        program.findings.push(finding());
    }
}

/// The place of the `if` in `if (!file.exists()) { System.exit(1); }`, and the path of the file.
fn asked_for(code: &Code, (source, at): Place) -> Option<(Place, String)> {
    let file = &code.sources[source];
    let open = file.enclosing(at)?;
    let head = open.checked_sub(1).filter(|&head| file.word(head) == Some("if"))?;
    let absent = file.raw(at) == "notExists";
    // The condition is this question alone.
    let negated = file.mark(open + 1, '!');
    if negated == absent || file.pair(at + 1) + 1 != file.pair(open) {
        return None;
    }
    let block = file.pair(open) + 1;
    let end = if file.mark(block, '{') { file.pair(block) } else { end_of(file, block) };
    let stops = |at: usize| {
        file.word(at) == Some("throw") || file.word(at) == Some("exit") && file.mark(at + 1, '(')
    };
    if !(block..end.min(block + MAX_STATEMENT)).any(stops) {
        return None;
    }
    let asked = code.arguments((source, at)).into_iter().next();
    let subject = match asked {
        Some(first) => first,
        // `file.exists()`, where the file is a variable or made on the spot.
        None if file.mark(at.checked_sub(1)?, '.') => open + 1 + usize::from(negated)..at - 1,
        None => return None,
    };
    Some(((source, head), plain(&stated(code, source, subject)?)?))
}

/// The path below the working directory that a call reads, if it looks like a file's.
fn path(code: &Code, place: Place) -> Option<String> {
    let first = code.arguments(place).into_iter().next()?;
    plain(&stated(code, place.0, first)?)
}

/// The path, if it looks like that of a file below the working directory.
fn plain(text: &str) -> Option<String> {
    let way = text.trim_start_matches("./");
    let plain = way.rsplit('/').next()?.contains('.')
        && !way.starts_with(['/', '.', '~'])
        && !way.contains(['*', ':', '\\', '$', '{', '%', ' ', '\n']);
    let top = way.split('/').next()?;
    (plain && !["src", "target", "build"].contains(&top)).then(|| way.to_owned())
}

/// The text of `"a/b.txt"`, of a name that stands for it, and of `Path.of("a", "b.txt")`.
fn stated(code: &Code, source: usize, range: Range<usize>) -> Option<String> {
    let file = &code.sources[source];
    let made = range
        .clone()
        .find(|&at| matches!(file.word(at), Some("of" | "get" | "File")) && file.mark(at + 1, '('));
    let Some(made) = made else { return code.value(source, range, 0).text() };
    if file.pair(made + 1) + 1 != range.end {
        return None;
    }
    let parts = code.arguments((source, made)).into_iter();
    let texts: Option<Vec<String>> = parts.map(|part| code.value(source, part, 0).text()).collect();
    texts.map(|texts| texts.join("/"))
}

/// True for a place in `main`, or in a method that `main` calls, where a failure ends the program.
fn at_start(code: &Code, place: Place) -> bool {
    let Some(method) = code.method_at(place) else { return false };
    let file = &code.sources[place.0];
    if !ends(file, place.1, &method.body) {
        return false;
    }
    let Some(name) = file.word(method.at.1).filter(|name| *name != "main") else { return true };
    // `new Settings()` and `Settings.load()` of another file.
    let stem = file.path.file_name().split('.').next().unwrap_or_default();
    let of_other = |call: &Place| {
        let (other, at) = (&code.sources[call.0], call.1);
        let made = name == stem && at >= 1 && other.word(at - 1) == Some("new");
        made || at >= 2 && other.mark(at - 1, '.') && other.word(at - 2) == Some(stem)
    };
    let calls = code.calls(name).iter().filter(|call| call.0 == place.0 || of_other(call));
    calls.into_iter().any(|call| {
        let outer = code.method_at(*call);
        let file = &code.sources[call.0];
        outer.is_some_and(|outer| {
            file.word(outer.at.1) == Some("main") && ends(file, call.1, &outer.body)
        })
    })
}

/// True for a place of a method that every run reaches, and whose errors leave the method.
fn ends(file: &Source, at: usize, body: &Range<usize>) -> bool {
    let mut inner = at;
    while let Some(open) = file.enclosing(inner).filter(|open| body.contains(open)) {
        inner = open;
        if !file.mark(open, '{') {
            continue;
        }
        let Some(before) = open.checked_sub(1) else { return false };
        let head = if file.mark(before, ')') { file.pair(before).wrapping_sub(1) } else { before };
        let word = file.word(head).unwrap_or_default();
        let tried = word == "try" && file.word(file.pair(open) + 1) == Some("catch");
        if SOMETIMES.contains(&word) || matches!(word, "else" | "do") || tried {
            return false;
        }
        if file.is(before, "->") {
            // A lambda runs when something calls it.
            return false;
        }
    }
    // The resources of a `try` stand before its block.
    let around = std::iter::successors(file.enclosing(at), |open| file.enclosing(*open));
    let mut heads = around.take_while(|open| body.contains(open)).filter(|&o| file.mark(o, '('));
    let caught = heads.any(|open| {
        let after = file.pair(open) + 1;
        open > 0
            && file.word(open - 1) == Some("try")
            && file.word(file.pair(after) + 1) == Some("catch")
    });
    let begins = (at.saturating_sub(MAX_STATEMENT)..at).rev();
    let mut statement =
        begins.take_while(|&at| !file.mark(at, ';') && !file.mark(at, '{') && !file.mark(at, '}'));
    !caught
        && !statement.any(|at| matches!(file.word(at), Some("if" | "else")) || file.is(at, "->"))
}

/// True if the program makes the file itself.
fn is_written(code: &Code, way: &str) -> bool {
    WRITES.iter().flat_map(|name| code.calls(name)).any(|&place| {
        let first = code.arguments(place).into_iter().next();
        let text = first.and_then(|first| stated(code, place.0, first));
        text.is_some_and(|text| text.trim_start_matches("./") == way)
    })
}

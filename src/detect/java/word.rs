//! The first word of the command line with which a program comes to a place:
//! `switch (args[0]) { case "serve": .. }`.

use std::ops::Range;

use super::code::{Code, Place, end_of};
use crate::code::branches::{Condition, arms, subject};

/// How many callers lead from `main` to the place.
const MAX_CALLERS: usize = 4;
/// How many calls of one method, and how many definitions of one name, are read.
const MAX_CALLS: usize = 8;
/// Methods that give the subcommand that a parser found.
const PARSED: [&str; 1] = ["getParsedCommand"];

/// A word that the program wants, with the place that compares it.
pub(super) struct Word {
    pub(super) text: String,
    pub(super) place: Place,
}

/// The word under which a place is reached, or a call that leads to it; `None` if none is needed.
pub(super) fn before(code: &Code, place: Place) -> Option<Word> {
    let mut here = place;
    for _ in 0..MAX_CALLERS {
        if let Some(word) = compared(code, here) {
            return Some(word);
        }
        let method = code.method_at(here)?;
        let name = code.sources[here.0].word(method.at.1).filter(|name| *name != "main")?;
        here = caller(code, here.0, name)?;
    }
    None
}

/// The only call of a method: in its own file, or in one that names its class.
fn caller(code: &Code, source: usize, name: &str) -> Option<Place> {
    let stem = code.sources[source].path.file_name().split('.').next().unwrap_or_default();
    let of_class = |call: &&Place| {
        let file = &code.sources[call.0];
        // In the class itself, a call of the same name on something else is another method.
        let holder = call.1.checked_sub(2).filter(|_| file.mark(call.1 - 1, '.'));
        let on = holder.and_then(|at| file.word(at));
        if call.0 == source {
            holder.is_none() || matches!(on, Some("this")) || on == Some(stem)
        } else {
            name == stem || file.names(stem)
        }
    };
    let mut calls = code.calls(name).iter().filter(of_class).take(MAX_CALLS);
    let first = *calls.next()?;
    calls.next().is_none().then_some(first)
}

/// The word that a condition around a place compares with the command line.
fn compared(code: &Code, place: Place) -> Option<Word> {
    let file = &code.sources[place.0];
    code.conditions(place, None).into_iter().find_map(|condition| match condition {
        Condition::If(range, true) => {
            let asked = range.clone().find(|at| {
                matches!(file.word(*at), Some("equals" | "equalsIgnoreCase"))
                    || file.is_kotlin() && file.is(*at, "==")
            })?;
            let text = match file.word(asked) {
                Some(_) => file.text(asked + 2).or_else(|| file.text(asked.checked_sub(2)?)),
                None => range.clone().find_map(|at| file.text(at)),
            };
            let text = text?;
            let other = range.clone().any(|at| file.is(at, "&&") || file.is(at, "!"));
            (!other && is_first(code, place.0, range, text))
                .then(|| Word { text: text.to_owned(), place: (place.0, asked) })
        }
        Condition::Arm(open, number) => {
            let asked = subject(file, open)?;
            let arm = arms(file, open).into_iter().nth(number)?;
            let label = arm.labels.first().filter(|_| !arm.default)?.clone();
            let text = match file.text(label.start) {
                Some(text) => text.to_owned(),
                None => constant(code, place.0, &asked, label.clone())?,
            };
            is_first(code, place.0, asked, &text)
                .then_some(Word { text, place: (place.0, label.start) })
        }
        _ => None,
    })
}

/// The word for a constant of an enumeration that the code makes of the first argument:
/// `Mode.valueOf(args[0].toUpperCase())`.
fn constant(
    code: &Code,
    source: usize,
    asked: &Range<usize>,
    label: Range<usize>,
) -> Option<String> {
    let file = &code.sources[source];
    let name = file.word(label.end.checked_sub(1)?)?;
    let mut spelt = vec![asked.clone()];
    let defined = file.word(asked.start).into_iter().flat_map(|name| code.definitions(name));
    spelt.extend(defined.filter(|set| set.at.0 == source).map(|set| set.value.clone()));
    let has =
        |word: &str| spelt.iter().any(|range| range.clone().any(|at| file.word(at) == Some(word)));
    let upper = has("toUpperCase");
    has("valueOf").then(|| if upper { name.to_lowercase() } else { name.to_owned() })
}

/// True if a range asks for the first argument, and that is not `text` by default.
fn is_first(code: &Code, source: usize, range: Range<usize>, text: &str) -> bool {
    let file = &code.sources[source];
    let first = |range: &Range<usize>| {
        range.clone().any(|at| {
            let indexed = file.mark(at + 1, '[') && file.word(at + 2) == Some("0");
            indexed && file.word(at).is_some_and(|word| is_arguments(code, source, word))
                || file.word(at).is_some_and(|word| PARSED.contains(&word))
                || file.word(at) == Some("getString") && file.names("addSubparsers")
        })
    };
    if first(&range) {
        return true;
    }
    let names = range.filter_map(|at| file.word(at));
    names.flat_map(|name| code.definitions(name).iter().take(MAX_CALLS)).any(|set| {
        let value = set.value.start..end_of(file, set.value.start).max(set.value.end);
        let default = value.clone().any(|at| file.text(at) == Some(text));
        set.at.0 == source && first(&value) && !default
    })
}

/// True for the parameter of `main`.
fn is_arguments(code: &Code, source: usize, word: &str) -> bool {
    if matches!(word, "args" | "argv") {
        return true;
    }
    let file = &code.sources[source];
    let mut mains = code.methods("main").iter().filter(|method| method.at.0 == source);
    mains.any(|main| {
        let head = main.open..file.pair(main.open).min(main.open + MAX_CALLS);
        head.into_iter().any(|at| file.word(at) == Some(word))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::{main, program};

    const SERVE: &str = "HttpServer.create(new InetSocketAddress(9000), 0).start();";

    fn args(body: &str) -> Option<String> {
        program("", &[("App.java", &main(body))]).args.map(|args| args.value)
    }

    #[test]
    fn the_word_that_serves_is_the_default() {
        for body in [
            "switch (args[0]) { case \"migrate\": m(); break; case \"serve\": SERVE break; default: System.exit(2); }",
            "switch (args[0]) { case \"migrate\" -> m(); case \"serve\" -> { SERVE } default -> System.exit(2); }",
            "if (args[0].equals(\"serve\")) { SERVE } else { usage(); }",
            "String command = args.length > 0 ? args[0] : \"help\"; if (\"serve\".equals(command)) { SERVE }",
            "Mode mode = Mode.valueOf(args[0].toUpperCase()); switch (mode) { case SERVE: SERVE break; case IMPORT: m(); }",
            "switch (commander.getParsedCommand()) { case \"serve\": SERVE break; case \"import\": m(); }",
        ] {
            // The constant of the enumeration is no call.
            let body = body.replace("SERVE }", &format!("{SERVE} }}"));
            let body = body.replace("SERVE break", &format!("{SERVE} break"));
            assert_eq!(args(&body).as_deref(), Some("serve"), "{body}");
        }
    }

    #[test]
    fn the_word_leads_over_methods_and_classes() {
        let app = main("if (args[0].equals(\"web\")) { new Web().open(); } else { m(); }");
        let web = format!("class Web {{ void open() {{ {SERVE} }} }}");
        let found = program("", &[("App.java", &app), ("Web.java", &web)]);
        assert_eq!(found.args.unwrap().value, "web");
    }

    #[test]
    fn a_program_that_serves_by_itself_gets_no_word() {
        for body in [
            "String command = args.length > 0 ? args[0] : \"serve\"; if (command.equals(\"serve\")) { SERVE }",
            "if (System.getenv(\"MODE\").equals(\"serve\")) { SERVE }",
            "if (args.length > 0 && args[0].equals(\"--help\")) { usage(); return; } SERVE",
        ] {
            assert_eq!(args(&body.replace("SERVE", SERVE)), None, "{body}");
        }
    }
}

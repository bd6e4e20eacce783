//! Arguments without which a program stops as it starts.

use std::collections::BTreeSet;

use anyhow::Result;

use super::App;
use super::code::Code;
use super::codes;
use super::source::Source;
use crate::code::Import;
use crate::docker::quote;
use crate::facts::{Evidence, Finding, Kind, Program};
use crate::path::RelPath;
use crate::recipes;

/// Annotations of fields that are set from the command line.
const OPTIONS: [&str; 4] = ["Option", "Parameter", "Parameters", "Argument"];

/// The packages of those annotations.
const PARSERS: [&str; 3] = ["org.kohsuke.args4j", "picocli", "com.beust.jcommander"];

/// How many tokens the declaration of an option may have.
const MAX_DECLARATION: usize = 24;

/// What a program wants on its command line.
pub(super) struct Wanted {
    evidence: Evidence,
    /// The option, if it is a certain one.
    option: Option<String>,
}

/// The place where the main method ends at once because it got no arguments.
pub(super) fn of(code: &Code, dir: &RelPath, main: Option<&str>) -> Option<Wanted> {
    let mains = || {
        let all = code.sources.iter().enumerate().filter(|(_, file)| file.path.is_within(dir));
        all.filter_map(|(number, file)| Some((number, file, file.main_class()?)))
    };
    let only = mains().count() == 1;
    let (number, file, (_, at)) =
        mains().find(|(_, _, (class, _))| main.map_or(only, |main| main == class))?;
    let method = code.methods("main").iter().find(|method| method.at == (number, at))?;
    if let Some(required) = required(code, number) {
        return Some(required);
    }
    let options = options(code, number);
    let exits = exits(code, number);
    let ends = |at: usize| {
        matches!(file.word(at), Some("return" | "throw"))
            || file.word(at).is_some_and(|word| word == "exit" || exits.contains(word))
                && file.mark(at + 1, '(')
    };
    method.body.clone().filter(|at| ends(*at)).find_map(|at| {
        let range = code.holding((number, at));
        let asked = range.is_some();
        let range = range.or_else(|| code.only_condition((number, at)))?;
        let word = |at: usize| file.word(at);
        let parameter = file.word(file.pair(method.open).wrapping_sub(1));
        let is_parameter = |at: usize| word(at).is_some_and(|name| parameter == Some(name));
        let asks = asked
            && range.clone().any(|at| {
                (is_parameter(at) || word(at) == Some("args")) && word(at + 2) == Some("length")
            });
        let wanted = options.iter().find(|name| {
            let named = range.clone().any(|at| word(at) == Some(name.as_str()));
            // `!name.isEmpty()` is true for an option that is given.
            let negated = range.clone().any(|at| file.mark(at, '!'));
            let missing = |at: usize| matches!(word(at), Some("isEmpty" | "null" | "isBlank"));
            named && !negated && range.clone().any(missing)
        });
        let note = match wanted {
            Some(name) => format!("it stops here without the option for `{name}`"),
            None => "it stops here without arguments".to_owned(),
        };
        (asks || wanted.is_some())
            .then(|| Wanted { evidence: code.evidence((number, at), note), option: None })
    })
}

/// An option without which the parser of the command line ends the program: `required = true`. It
/// belongs to the class of the main method, or to one that its file names.
fn required(code: &Code, number: usize) -> Option<Wanted> {
    let main = &code.sources[number];
    OPTIONS.iter().flat_map(|name| code.calls(name)).find_map(|place| {
        let file = &code.sources[place.0];
        let parses = |import: &Import| PARSERS.iter().any(|of| import.path.starts_with(of));
        let class = file.path.file_name().split('.').next().unwrap_or_default();
        let own = place.0 == number || !class.is_empty() && main.names(class);
        // The option of a subcommand is asked for by that one alone.
        let part = place.0 != number && file.calls("Command").next().is_some();
        if !own
            || part
            || !file.mark(place.1.checked_sub(1)?, '@')
            || !file.imports.iter().any(parses)
        {
            return None;
        }
        let open = place.1 + 1;
        let end = file.pair(open).min(open + MAX_DECLARATION * 4);
        let is_required = (open..end).any(|at| {
            file.word(at) == Some("required")
                && file.mark(at + 1, '=')
                && file.word(at + 2) == Some("true")
        });
        let name = file.option_name(open).filter(|_| is_required)?;
        let evidence = code.evidence(*place, format!("the option {name} is required"));
        Some(Wanted { evidence, option: Some(name) })
    })
}

/// The names of fields in a file that are set from the command line.
fn options(code: &Code, number: usize) -> BTreeSet<String> {
    let file = &code.sources[number];
    let parses = |import: &Import| PARSERS.iter().any(|of| import.path.starts_with(of));
    if !file.imports.iter().any(parses) {
        return BTreeSet::new();
    }
    let places = OPTIONS.iter().flat_map(|name| code.calls(name));
    let own = places.filter(|place| place.0 == number && place.1 > 0);
    let annotated = own.filter(|place| file.mark(place.1 - 1, '@'));
    annotated.filter_map(|place| field(file, file.pair(place.1 + 1) + 1)).collect()
}

/// The name of the field that is declared at a position.
fn field(file: &Source, from: usize) -> Option<String> {
    let ends = |at: &usize| file.mark(*at, ';') || file.mark(*at, '=');
    let end = (from..from + MAX_DECLARATION).find(ends)?;
    file.word(end.checked_sub(1)?).map(str::to_owned)
}

/// The methods of a file that end the program, such as `usage(parser)` whose last call is
/// `System.exit(1)`.
fn exits<'c>(code: &'c Code, number: usize) -> BTreeSet<&'c str> {
    let file = &code.sources[number];
    let places = code.calls("exit").iter().filter(|place| place.0 == number);
    let names = places.filter_map(|place| {
        let method = code.method_at(*place)?;
        let name = file.word(method.at.1).filter(|name| *name != "main")?;
        // The call is the last statement, so no condition decides over it.
        let end = file.pair(place.1 + 1);
        (file.mark(end + 1, ';') && end + 3 >= method.body.end).then_some(name)
    });
    names.collect()
}

/// Reports that a program needs arguments. It is a warning if nobody would pass others: the
/// program is a service, or the repository itself starts it with arguments.
pub(super) fn say(app: &App, program: &mut Program, wanted: Option<Wanted>) -> Result<()> {
    let Some(Wanted { evidence, option }) = wanted else { return Ok(()) };
    let given = program.args.as_ref().map(|args| args.value.as_str());
    let met = |args: &str| {
        option.as_ref().is_none_or(|option| {
            args.split([' ', '=']).any(|word| word.trim_matches('\'') == option)
        })
    };
    if given.is_some_and(met) {
        return Ok(());
    }
    let shown = shown(app)?;
    let without = option.as_deref().unwrap_or("arguments");
    let (code, kind) = if program.kind == Kind::Service || shown.is_some() {
        (codes::ARGUMENTS_REQUIRED, "program")
    } else {
        (codes::ARGUMENTS_EXPECTED, "command")
    };
    let what = format!("the {kind} stops at once if it is started without {without}");
    let mut finding = Finding::new(code, what, [evidence]);
    if let Some((words, at)) = shown {
        finding.evidence.push(at);
        finding = finding.with_fix(format!(
            "pass them to the container, as the repository does: `docker run IMAGE {words}`, or set \
             them with --args; mount the files that they name"
        ));
    }
    program.findings.push(finding);
    Ok(())
}

/// The arguments with which documentation or a unit of the repository starts an archive.
fn shown(app: &App) -> Result<Option<(String, Evidence)>> {
    let starts = recipes::starts(app.dir.repo, &app.dir.path)?;
    Ok(starts.into_iter().find_map(|run| {
        let name = run.words.first()?.rsplit('/').next()?;
        let jar = run.words.iter().position(|word| word == "-jar")?;
        let archive = (jar + 1..run.words.len()).find(|at| !run.words[*at].starts_with('-'))?;
        let words: Vec<&String> = run.words[archive + 1..].iter().collect();
        // Words such as `<file>` or `$1` are placeholders.
        let plain = |word: &&String| !word.contains(['$', '%', '`', '<', '>', '[', '{']);
        let given = name == "java" && !words.is_empty() && words.iter().all(plain);
        let note = "it is started with arguments here".to_owned();
        let at = Evidence { note, ..run.evidence.clone() };
        given.then(|| (quote::shell_words(&words), at))
    }))
}

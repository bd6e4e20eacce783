//! Words of the command line that the code itself demands: `if (!process.argv[2]) process.exit(1)`.

use std::ops::Range;

use anyhow::Result;

use super::super::launch::Launch;
use super::arguments::given;
use super::required::Started;
use super::{House, Scan, Source};
use crate::code::File;
use crate::code::conditions::is_conditional;
use crate::facts::{Evidence, Finding, FindingCode};

/// How many conditions are looked at, and how many definitions of one name.
const MAX_ENDINGS: usize = 64;
const MAX_DEFINITIONS: usize = 8;

/// Maximum number of tokens of a condition, and of the value of a name in it.
const MAX_HEAD: usize = 16;
const MAX_VALUE: usize = 40;

/// Parsers whose result has the options of the command line.
const PARSERS: [&str; 6] = ["minimist", "mri", "yargs-parser", "getopts", "parseArgs", "yargs"];

/// What a condition demands.
enum Word {
    /// The argument of that number, from 1.
    Position(usize),
    /// The option of that name, without dashes.
    Option(String),
}

/// Adds a finding for the first word that the start command lacks.
pub(super) fn read(
    house: &House,
    launch: &Launch,
    sources: &[Source],
    scan: &mut Scan,
) -> Result<()> {
    let reads = |source: &Source| {
        !source.code.places("argv").is_empty() || !source.code.places("parseArgs").is_empty()
    };
    if scan.findings.iter().any(|held| held.code == FindingCode::ArgumentsUnknown)
        || scan.subcommand.is_some()
        || !sources.iter().any(reads)
    {
        return Ok(());
    }
    let mut started = Started::new(sources);
    for ending in house.code()?.endings().into_iter().take(MAX_ENDINGS) {
        let Some(source) = sources.iter().find(|one| one.path == ending.file.path) else {
            continue;
        };
        let Some(word) = demanded(&source.code, &ending.head) else { continue };
        let lacks = match &word {
            Word::Position(number) => launch.args.len() < *number,
            Word::Option(name) => !given(launch, name, &[]),
        };
        let alone = !is_conditional(&source.code, ending.at);
        if lacks && alone && started.runs(&source.code, ending.at) {
            scan.findings.push(said(&word, source.code.evidence(ending.at, "it stops here")));
            return Ok(());
        }
    }
    Ok(())
}

fn said(word: &Word, at: Evidence) -> Finding {
    let (what, example) = match word {
        Word::Position(_) => {
            ("the program stops as it starts without an argument".to_owned(), "WORD".to_owned())
        }
        Word::Option(name) => (
            format!("the program demands --{name}, which its start command lacks"),
            format!("--{name} ..."),
        ),
    };
    Finding::new(FindingCode::ArgumentsUnknown, what, [at]).with_fix(format!(
        "set the arguments with --args \"{example}\", or give them to `docker run IMAGE`"
    ))
}

/// The word without which a condition holds.
fn demanded(file: &File, head: &Range<usize>) -> Option<Word> {
    let words: Vec<&str> = head.clone().take(MAX_HEAD + 1).map(|at| file.word(at)).collect();
    if words.len() > MAX_HEAD || words.iter().any(|word| matches!(*word, "&&" | "||")) {
        return None;
    }
    let inner = head.start + 1;
    match words.as_slice() {
        // `!process.argv.includes("--x")`
        ["!", .., "includes", "(", _, ")"] if is_line(file, inner..head.end - 5) => {
            option(file, head.end - 2)
        }
        // `!args.length`
        ["!", .., ".", "length"] => beyond(file, inner..head.end - 2, 1),
        ["!", rest @ ..] => asked(file, inner..head.end, rest),
        // `args.length < 1`, `process.argv.length === 2`
        [.., ".", "length", sign @ ("<" | "<=" | "===" | "=="), number] => {
            let number: usize = number.parse().ok()?;
            let least = if *sign == "<" { number } else { number + 1 };
            beyond(file, head.start..head.end - 4, least)
        }
        // `at === -1`, `at < 0`
        [name, "===" | "==", "-", "1"] | [name, "===" | "==", "-1"] | [name, "<", "0"] => {
            found(file, name)
        }
        // `file === undefined`
        [rest @ .., "===" | "==", "undefined" | "null"] => {
            asked(file, head.start..head.end - 2, rest)
        }
        _ => None,
    }
}

/// True for the words of the command line: `process.argv`, or that without the first two.
fn is_line(file: &File, range: Range<usize>) -> bool {
    skipped(file, range).is_some()
}

/// How many words of the command line come before the arguments in a list: 2 in `process.argv`, none
/// in `process.argv.slice(2)`, also by a name.
fn skipped(file: &File, range: Range<usize>) -> Option<usize> {
    let words: Vec<&str> = range.clone().take(MAX_VALUE).map(|at| file.word(at)).collect();
    match words.as_slice() {
        ["process", ".", "argv"] => Some(2),
        ["process", ".", "argv", ".", "slice", "(", "2", ")"] => Some(0),
        ["argv"] if file.import_of("argv").is_some() => Some(2),
        [name] => value(file, name).and_then(|value| match value.len() {
            1 => None,
            _ => skipped(file, value),
        }),
        _ => None,
    }
}

/// The last argument that a list of at least so many words has.
fn beyond(file: &File, list: Range<usize>, least: usize) -> Option<Word> {
    let number = least.checked_sub(skipped(file, list)?)?;
    (number > 0).then_some(Word::Position(number))
}

/// The word whose absence an expression asks for: `file`, `process.argv[2]`, `argv.config`.
fn asked(file: &File, range: Range<usize>, words: &[&str]) -> Option<Word> {
    match words {
        [list @ .., "[", number, "]"] => {
            let number: usize = number.parse().ok()?;
            beyond(file, range.start..range.start + list.len(), number + 1)
        }
        // `argv.config`
        [name, ".", key] if is_parsed(file, name) => Some(Word::Option((*key).to_owned())),
        [name] => {
            let value = value(file, name)?;
            let words: Vec<&str> = value.clone().map(|at| file.word(at)).collect();
            let indexed = words.last() == Some(&"]");
            if indexed { asked(file, value, &words) } else { None }
        }
        _ => None,
    }
}

/// The option in `const at = process.argv.indexOf("--x")`.
fn found(file: &File, name: &str) -> Option<Word> {
    let value = value(file, name)?;
    let words: Vec<&str> = value.clone().map(|at| file.word(at)).collect();
    let [list @ .., ".", "indexOf", "(", _, ")"] = words.as_slice() else { return None };
    is_line(file, value.start..value.start + list.len()).then(|| option(file, value.end - 2))?
}

/// The option in a literal: `"--x"`.
fn option(file: &File, at: usize) -> Option<Word> {
    let text = file.string(at)?;
    let name = text.strip_prefix("--").filter(|name| !name.is_empty() && *name != "help")?;
    Some(Word::Option(name.trim_end_matches('=').to_owned()))
}

/// True for the result of a parser of the command line.
fn is_parsed(file: &File, name: &str) -> bool {
    let Some(value) = value(file, name) else { return false };
    value.clone().any(|at| {
        let word = file.word(at);
        let called = PARSERS.contains(&word)
            || file.string(at).is_some_and(|text| PARSERS.contains(&&*text))
            || file.imported(word).is_some_and(|from| PARSERS.contains(&from));
        // A default is one of the parser's own options.
        called && !value.clone().any(|at| matches!(file.word(at), "default" | "defaults"))
    })
}

/// The value of a name that is defined once, without an alternative.
fn value(file: &File, name: &str) -> Option<Range<usize>> {
    let all = file.facts().definitions_of(file, name);
    let mut all = all.iter().filter(|one| one.form.is_variable()).take(MAX_DEFINITIONS);
    let (only, None) = (all.next()?, all.next()) else { return None };
    let other = |at: usize| matches!(file.word(at), "||" | "??" | "?" | "env");
    let value = only.value.clone();
    (value.len() <= MAX_VALUE && !value.clone().any(other)).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use super::super::super::launch::Launch;
    use crate::repo::Repo;

    fn said(source: &str, args: &[&str]) -> Option<String> {
        let repo = Repo::from_files([("package.json", "{}"), ("index.js", source)]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let launch = Launch {
            file: "index.js".to_owned(),
            source: Some("index.js".to_owned()),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ..Launch::default()
        };
        let found = super::super::read(&app, &launch).unwrap().findings.into_iter();
        found.filter(|found| found.code.as_str() == "arguments-unknown").map(|f| f.what).next()
    }

    #[test]
    fn words_that_the_code_demands_are_said() {
        for source in [
            "const file = process.argv[2]; if (!file) { console.error('x'); process.exit(1); }",
            "if (process.argv.length < 3) { console.error('x'); process.exit(1); }",
            "if (process.argv.length === 2) throw new Error('x')",
            "const args = process.argv.slice(2); if (args.length < 1) process.exit(1)",
            "const args = process.argv.slice(2)\nif (!args.length) { process.exit(1) }",
            "const args = process.argv.slice(2); if (!args[0]) throw new Error('x')",
            "const [file] = [1]; const name = process.argv[2]; if (name === undefined) process.exit(2)",
            "function main() { if (!process.argv[2]) { process.exit(1) } } main()",
        ] {
            let what = "the program stops as it starts without an argument";
            assert_eq!(said(source, &[]).as_deref(), Some(what), "{source}");
            assert_eq!(said(source, &["a"]), None, "{source}");
        }
        for source in [
            "const at = process.argv.indexOf('--config'); if (at === -1) throw new Error('x')",
            "const at = process.argv.indexOf('--config')\nif (at < 0) { process.exit(1) }",
            "if (!process.argv.includes('--config')) process.exit(1)",
            "const argv = require('minimist')(process.argv.slice(2)); if (!argv.config) process.exit(1)",
            "import minimist from 'minimist'; const a = minimist(process.argv); if (!a.config) throw 1",
            "const { values } = parseArgs({ options: { config: { type: 'string' } } });\n\
             if (!values.config) throw new Error('x')",
        ] {
            let what = "the program demands --config, which its start command lacks";
            assert_eq!(said(source, &[]).as_deref(), Some(what), "{source}");
            assert_eq!(said(source, &["--config=x"]), None, "{source}");
        }
        for source in [
            "const file = process.argv[2] || 'a.json'; if (!file) process.exit(1)",
            "if (process.argv.includes('--help')) process.exit(0)",
            "if (process.argv.length < 3) { console.log('usage') }",
            "function sub() { if (!process.argv[3]) process.exit(1) } table.sub = sub",
            "if (process.argv[2] === 'add') { if (!process.argv[3]) process.exit(1) }",
        ] {
            assert_eq!(said(source, &[]), None, "{source}");
        }
    }
}

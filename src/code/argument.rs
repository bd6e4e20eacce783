//! The first command-line argument that leads to a place in the code:
//! `switch (process.argv[2]) { case "serve": ... }`.

use std::rc::Rc;

use super::conditions;
use super::file::File;
use super::program::Program;
use crate::facts::Evidence;

/// Maximum number of functions between the place and the test.
const MAX_CALLS: usize = 3;

/// Maximum number of definitions of one name, and of tokens in each.
const MAX_DEFINITIONS: usize = 8;
const MAX_VALUE: usize = 40;

/// Names for the arguments of the command line.
const ARGUMENTS: [&str; 3] = ["argv", "args", "Args"];

/// The text that the argument must equal, and the place of the test: around `at`, or else around
/// the calls of the function that contains it.
pub(crate) fn asked(code: &Program, file: &Rc<File>, at: usize) -> Option<(String, Evidence)> {
    let (mut file, mut at) = (file.clone(), at);
    for _ in 0..MAX_CALLS {
        if let Some((text, place)) = around(&file, at) {
            let evidence = file.evidence(place, format!("`{text}` starts the server"));
            return Some((text, evidence));
        }
        let function = file.facts().function_at(at)?;
        let name = file.word(function.name).to_owned();
        let call = code.calls_named(&name).next()?;
        (file, at) = (call.file.clone(), call.at);
    }
    None
}

fn around(file: &File, at: usize) -> Option<(String, usize)> {
    let heads = conditions::heads(file, at);
    heads.iter().enumerate().find_map(|(number, head)| {
        let of_argument = |range: &std::ops::Range<usize>| {
            range.clone().any(|at| {
                let word = file.word(at);
                let made = || {
                    let made = file.facts().definitions_of(file, word).iter();
                    made.take(MAX_DEFINITIONS)
                        .flat_map(|made| made.value.clone().take(MAX_VALUE))
                        .any(|at| ARGUMENTS.contains(&file.word(at)))
                };
                ARGUMENTS.contains(&word) || made()
            })
        };
        let tests = match file.word(head.start) {
            "if" | "else" => {
                head.clone().any(|at| file.word(at).starts_with("==")) && of_argument(head)
            }
            "case" => heads.get(number + 1).is_some_and(of_argument),
            _ => false,
        };
        let mut words = head.clone().filter_map(|at| Some((file.string(at)?.to_string(), at)));
        let plain = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c))
        };
        words.next().filter(|(text, _)| tests && plain(text) && !text.starts_with('-'))
    })
}

//! Commands in the usage text of docopt: <http://docopt.org>.

use crate::facts::{Evidence, Finding, FindingCode};

use super::super::World;
use super::super::reach::Reach;
use super::SERVING;
use super::tagged::Serving;

/// The modules of the library.
const MODULES: [&str; 2] = ["github.com/docopt/docopt-go", "github.com/docopt/docopt.go"];

/// Calls that parse, and whether the arguments are those of the command line.
const CALLS: [&str; 3] = ["ParseArgs", "ParseDoc", "Parse"];

/// How many lines of a usage are read.
const MAX_LINES: usize = 200;

/// How many places of a command's name are looked at.
const MAX_PLACES: usize = 50;

/// Options that end the program by themselves.
const ENDING: [&str; 4] = ["-h", "--help", "--version", "-V"];

/// The usage of a program whose every line demands something.
pub(super) struct Usage {
    /// The commands, each with whether its line demands more.
    commands: Vec<(String, bool)>,
    pub(super) evidence: Evidence,
}

/// The usage, if the program stops where nothing is given.
pub(super) fn usage(world: &World) -> Option<Usage> {
    let calls = world.code.calls_of(&CALLS).filter(|call| {
        call.is_method() && MODULES.iter().any(|module| call.file.imports_from(module))
    });
    let mut found = calls.filter_map(|call| {
        let text = world.code.argument(&call, 0)?.text()?;
        let commands = demanded(&text)?;
        Some(Usage { commands, evidence: call.evidence("docopt parses the command line") })
    });
    found.next()
}

/// The commands whose code listens, or else those with a name such as `serve`.
pub(super) fn serving(world: &World, reach: &Reach) -> Vec<Serving> {
    let Some(usage) = usage(world) else { return Vec::new() };
    let all = usage.commands.iter();
    let leading = all.clone().filter(|(name, _)| leads(world, reach, name));
    let mut chosen: Vec<&(String, bool)> = leading.collect();
    if chosen.is_empty() {
        chosen = all.filter(|(name, _)| SERVING.contains(&name.as_str())).collect();
    }
    let serving = chosen.into_iter();
    serving.map(|(name, more)| (vec![name.clone()], usage.evidence.clone(), *more)).collect()
}

/// The finding that a command is demanded, and none of them is known to serve.
pub(in super::super) fn lacking(world: &World) -> Option<Finding> {
    let usage = usage(world)?;
    let names: Vec<String> = usage.commands.iter().map(|(name, _)| format!("`{name}`")).collect();
    let (what, example) = match usage.commands.first() {
        Some((first, _)) => {
            (format!("the program stops without a command: it has {}", names.join(", ")), first)
        }
        None => ("the program stops without arguments".to_owned(), &"ARGUMENTS".to_owned()),
    };
    Some(
        Finding::new(FindingCode::ArgumentsUnknown, what, [usage.evidence])
            .with_why("the image starts the program without them: it prints its usage and stops")
            .with_fix(format!(
                "set the arguments with --args \"{example} ...\", or give them to `docker run IMAGE`"
            )),
    )
}

/// True if the branch of a command leads to a place that listens:
/// `if arguments["run"].(bool) { ... }`.
fn leads(world: &World, reach: &Reach, name: &str) -> bool {
    let mut places = 0;
    for file in world.code.files() {
        for at in file.body..file.len() {
            let within = at > 0 && matches!(file.word(at - 1), "[" | "(");
            if !within || file.string(at).is_none_or(|text| text != name) {
                continue;
            }
            places += 1;
            if places > MAX_PLACES {
                return false;
            }
            let mut ahead = (at..file.len().min(at + 16)).take_while(|&at| file.word(at) != "}");
            let open = ahead.find(|&at| file.word(at) == "{");
            if open.is_some_and(|open| reach.leads(file, open..file.closing(open))) {
                return true;
            }
        }
    }
    false
}

/// The commands of a usage text, if every line of it demands something.
fn demanded(text: &str) -> Option<Vec<(String, bool)>> {
    let (start, length) = (text.to_ascii_lowercase().find("usage:")?, "usage:".len());
    let section = text.get(start + length..)?.trim_start_matches([' ', '\t']);
    let section = section.strip_prefix("\r\n").or(section.strip_prefix('\n')).unwrap_or(section);
    let lines = section.lines().take(MAX_LINES).take_while(|line| !line.trim().is_empty());
    let mut program = None;
    let (mut commands, mut any) = (Vec::new(), false);
    for line in lines {
        let mut words = line.split_whitespace();
        let first = words.next()?;
        // A line that does not begin with the program's name goes on with the one before.
        if *program.get_or_insert(first) != first {
            continue;
        }
        any = true;
        let required = required(words)?;
        let ends = |word: &&str| ENDING.contains(word);
        if required.is_empty() {
            return None;
        }
        if required.iter().any(ends) {
            continue;
        }
        let is_command = |word: &&&str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
        };
        if let Some(name) = required.first().filter(|word| is_command(word)) {
            let more = required.len() > 1;
            match commands.iter_mut().find(|(held, _): &&mut (String, bool)| held == name) {
                Some((_, held)) => *held &= more,
                None => commands.push(((*name).to_owned(), more)),
            }
        }
    }
    any.then_some(commands)
}

/// The words of a line outside `[...]`; `None` if a `|` between them leaves open what is demanded.
fn required<'t>(words: impl Iterator<Item = &'t str>) -> Option<Vec<&'t str>> {
    let (mut depth, mut all, mut either) = (0_usize, Vec::new(), false);
    for word in words {
        let opens = word.matches('[').count();
        let closes = word.matches(']').count();
        let plain = word.trim_matches(|c| "()".contains(c)).trim_end_matches("...");
        if depth == 0 && opens == 0 {
            either |= plain == "|";
            if !plain.is_empty() && plain != "|" {
                all.push(plain);
            }
        }
        depth = (depth + opens).saturating_sub(closes);
    }
    let helps = all.iter().any(|word| ENDING.contains(word));
    (!either || helps).then_some(all)
}

#[cfg(test)]
mod tests {
    use super::demanded;

    fn names(text: &str) -> Option<Vec<String>> {
        Some(demanded(text)?.into_iter().map(|(name, _)| name).collect())
    }

    #[test]
    fn a_usage_demands_a_command_if_every_line_does() {
        let text = "otter.\nUsage:\n\totter initdb [--conf <file>]\n\totter run [--conf <file>] [--quiet]\n\totter -h | --help\n\nOptions:\n --conf <file>  x\n";
        assert_eq!(names(text).unwrap(), ["initdb", "run"]);
        assert_eq!(names("Usage: otter run\n       otter init <name>\n").unwrap(), ["run", "init"]);
        assert_eq!(names("Usage: otter <file>\n").unwrap(), Vec::<String>::new());
        for open in ["Usage:\n otter [options]\n otter run\n", "Usage: otter [run]\n", "otter\n"] {
            assert_eq!(names(open), None, "{open}");
        }
    }

    #[test]
    fn hostile_usages_do_no_harm() {
        for shape in ["[", "]", "|", "(", "usage:", "a [", "\u{130}usage: x"] {
            let _ = demanded(&format!("usage: {}", shape.repeat(4000)));
            let _ = demanded(&format!("usage: {}", format!("{shape}\n").repeat(4000)));
        }
    }
}

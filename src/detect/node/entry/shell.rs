//! Start scripts that are shell files. Simple ones are followed line by line; of others only the
//! program is taken, with a finding about the rest.

use anyhow::Result;

use super::{App, BACKGROUND, Command, script, variables};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};

/// How many lines are read.
const MAX_LINES: usize = 400;

/// A shell file that was read.
pub(super) struct Followed {
    /// The commands that it runs, in order.
    pub(super) commands: Vec<Command>,
    /// The commands that it starts in the background, with `&`.
    pub(super) aside: Vec<Command>,
    /// Set if it does more than run commands.
    pub(super) finding: Option<Finding>,
    /// Variables that give an argument, with the value that the image has for it.
    pub(super) fixed: Vec<(String, String)>,
}

/// The shell file of the repository that a command runs.
fn file<'c>(app: &App, command: &'c Command) -> Option<&'c str> {
    let mut words = command.argv.iter().map(String::as_str);
    let first = words.next()?;
    let named = if matches!(first, "sh" | "bash" | "ash" | "dash" | "zsh") {
        words.find(|word| !word.starts_with('-'))?
    } else {
        first
    };
    let path = app.dir.join(named).filter(|path| app.dir.repo.is_file(path))?;
    (path.extension() == "sh" || named != first || path.extension().is_empty()).then_some(named)
}

/// True for the word that ends a loop, a condition or a function.
fn closes_block(command: &Command) -> bool {
    let first = command.argv.first().map(String::as_str);
    first.is_some_and(|word| matches!(word, "fi" | "done" | "esac" | "}"))
}

/// The commands of the shell file behind a command; `None` if there is no such file.
pub(super) fn follow(app: &App, command: &Command) -> Result<Option<Followed>> {
    let Some(name) = file(app, command) else { return Ok(None) };
    let Some((path, text)) = app.dir.text(name)? else { return Ok(None) };
    let shebang =
        text.lines().next().is_some_and(|line| line.starts_with("#!") && line.contains("sh"));
    if !shebang && path.extension() != "sh" {
        return Ok(None);
    }
    // What the script is called with: `entry.sh node server.js`.
    let given = command.argv.iter().skip_while(|word| *word != name).skip(1);
    let given: Vec<String> = given.cloned().collect();
    let mut followed =
        Followed { commands: Vec::new(), aside: Vec::new(), finding: None, fixed: Vec::new() };
    let mut environment = command.env.clone();
    let (mut known, mut defaults) = (std::collections::BTreeMap::new(), Vec::new());
    let mut unread: Option<(u32, String)> = None;
    let mut depth = 0usize;
    let text = text.replace("\\\n", " ");
    for (number, line) in (1u32..).zip(text.lines().take(MAX_LINES)) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let chain = script::parse(line);
        let first = chain.commands.first().and_then(|c| c.argv.first()).map_or("", String::as_str);
        let opens =
            matches!(first, "if" | "for" | "while" | "until" | "case") || line.ends_with('{');
        let closes = chain.commands.first().is_some_and(closes_block);
        if opens || closes || depth > 0 {
            // `until nc -z db 1; do sleep 1; done` ends on its own line.
            let whole = opens && chain.commands.iter().any(closes_block);
            depth = match (opens, closes) {
                (true, _) if whole => depth,
                (true, _) => depth + 1,
                (false, closes) => depth.saturating_sub(usize::from(closes)),
            };
            unread.get_or_insert((number, line.to_owned()));
            continue;
        }
        // In `a && b &` a shell of its own runs both; in `a & b` only `a` is in the background.
        let whole = line.ends_with('&') && !line.ends_with("&&");
        let last = chain.commands.len().saturating_sub(1);
        let some = chain.shell == Some(BACKGROUND);
        for (at, mut command) in chain.commands.into_iter().enumerate() {
            // Without any, the container's own arguments follow the command anyway.
            let passed = |word: String| match word.as_str() {
                "$@" | "$*" => given.clone(),
                _ => vec![word],
            };
            command.argv = command.argv.into_iter().flat_map(passed).collect();
            let command = script::unwrap(command);
            let settled = variables::settle_with(app, &command, &mut known);
            if variables::sets(&command) {
                defaults.extend(settled.fixed);
            } else {
                followed.fixed.extend(settled.fixed);
                followed.fixed.extend(variables::used(&defaults, &command));
            }
            let mut command = settled.command;
            let words: Vec<&str> = command.argv.iter().map(String::as_str).collect();
            match words.as_slice() {
                []
                | [
                    "set" | "trap" | "umask" | "ulimit" | "wait" | "source" | "." | "shopt" | ":",
                    ..,
                ] => {}
                ["cd", to] if is_home(to) => {}
                ["export", pairs @ ..] => {
                    for (key, value) in pairs.iter().filter_map(|pair| pair.split_once('=')) {
                        known.insert(key.to_owned(), value.to_owned());
                    }
                    let pairs = pairs.iter().filter_map(|pair| pair.split_once('='));
                    environment.extend(
                        pairs
                            .filter(|(_, value)| !value.contains(['$', '`']))
                            .map(|(key, value)| (key.to_owned(), value.to_owned())),
                    );
                }
                _ if words.iter().any(|word| word.contains(['$', '`', '(', '>', '<'])) => {
                    unread.get_or_insert((number, line.to_owned()));
                }
                _ => {
                    command.env.splice(0..0, environment.clone());
                    if whole || some && at < last {
                        followed.aside.push(command);
                    } else {
                        followed.commands.push(command);
                    }
                }
            }
        }
    }
    followed.finding = unread.map(|(number, line)| {
        Finding::new(
            codes::START_SCRIPT_SHORTENED,
            format!("{path} does more than the image does when it starts"),
            [Evidence::at(&path, number, format!("`{line}` is not run"))],
        )
    });
    Ok(Some(followed))
}

/// True for the folder of the script, or the one above it.
fn is_home(to: &str) -> bool {
    to.contains("dirname") || to.contains("BASH_SOURCE") || matches!(to, "." | "..")
}

//! How a container of an image starts: ENTRYPOINT and CMD as one command line.

use std::path::Path;

use crate::docker::parse::Instruction;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::shell;

/// Programs that start another one, each with the number of words of its own that are no flags.
const WRAPPERS: [(&str, usize); 9] = [
    ("tini", 0),
    ("tini-static", 0),
    ("dumb-init", 0),
    ("catatonit", 0),
    ("exec", 0),
    ("env", 0),
    ("gosu", 1),
    ("su-exec", 1),
    ("setpriv", 0),
];

/// The command line of an image.
#[derive(Debug, Default)]
pub(crate) struct Start {
    entrypoint: Vec<String>,
    cmd: Vec<String>,
    /// Commands that a shell runs before the program.
    pub(crate) before: Vec<String>,
    /// The commands of the repository's script that it starts with, if it starts with one.
    pub(crate) script: Option<Vec<Vec<String>>>,
    /// The instruction that names the program.
    pub(crate) evidence: Option<Evidence>,
}

impl Start {
    /// Takes an ENTRYPOINT or a CMD; a later one of the same name replaces an earlier one.
    pub(super) fn take(&mut self, path: &RelPath, held: &Instruction) {
        let is_entrypoint = held.keyword == "ENTRYPOINT";
        let script = match held.exec() {
            None => Some(held.arguments.clone()),
            // `["sh", "-c", "a && b"]`
            Some(words) => match words.as_slice() {
                [shell, flag, script, ..] if is_shell(shell) && is_script_flag(flag) => {
                    Some(script.clone())
                }
                _ => None,
            },
        };
        let words = match script {
            None => held.exec().unwrap_or_default(),
            Some(script) => {
                let mut commands: Vec<Vec<String>> =
                    shell::parse(&script).commands.into_iter().map(|one| one.argv).collect();
                commands.retain(|words| !words.is_empty());
                let last = commands.pop().unwrap_or_default();
                self.before = commands.into_iter().map(|words| words.join(" ")).collect();
                last
            }
        };
        if is_entrypoint {
            self.entrypoint = words;
            // An ENTRYPOINT resets the CMD that a base image sets.
            self.cmd.clear();
        } else {
            self.cmd = words;
        }
        let line = u32::try_from(held.line).unwrap_or(u32::MAX);
        if is_entrypoint || self.entrypoint.is_empty() {
            self.evidence = Some(Evidence::at(path, line, String::new()));
        }
    }

    /// Reads the script that it starts with; `text` gives the text of a file by its path in the
    /// image.
    pub(super) fn follow(&mut self, text: &dyn Fn(&str) -> Option<String>) {
        let words = self.words();
        let Some(first) = words.first() else { return };
        let text = text(first);
        let named = Path::new(first).extension().is_some_and(|extension| extension == "sh");
        if !named
            && !text.as_ref().is_some_and(|text| text.starts_with("#!") && text.contains("sh"))
        {
            return;
        }
        let text = text.unwrap_or_default();
        let lines =
            shell::lines(&text).into_iter().flat_map(|(_, line)| shell::parse(&line).commands);
        self.script = Some(lines.map(|command| command.argv).collect());
    }

    /// The variables whose words a shell puts behind the program: `java -jar app.jar $PARAMS`.
    pub(crate) fn trailing(&self) -> Vec<&str> {
        let own = self.words();
        let of_script = self.script.iter().flatten().map(|words| words.iter().map(String::as_str));
        let lines = std::iter::once(own).chain(of_script.map(Iterator::collect));
        lines.flat_map(behind).collect()
    }

    /// The words of the command line, without programs that only start it.
    pub(crate) fn words(&self) -> Vec<&str> {
        let mut words: Vec<&str> =
            self.entrypoint.iter().chain(&self.cmd).map(String::as_str).collect();
        while let Some(own) = words.first().and_then(|first| {
            let name = first.rsplit('/').next().unwrap_or_default();
            WRAPPERS.iter().find(|(wrapper, _)| *wrapper == name).map(|(_, own)| *own)
        }) {
            let mut left = own;
            let rest = words.iter().skip(1).position(|word| {
                let flag = word.starts_with('-') || word.contains('=');
                let takes = !flag && left == 0;
                left -= usize::from(!flag && left > 0);
                takes
            });
            match rest {
                Some(at) => drop(words.drain(..=at)),
                None => return Vec::new(),
            }
        }
        words
    }
}

/// The variables at the end of a line.
fn behind(line: Vec<&str>) -> Vec<&str> {
    line.into_iter().skip(1).rev().map_while(variable).collect()
}

/// The name in `$NAME`, `${NAME}` or `"${NAME:-x}"`; empty for `$@`, which anybody may give.
fn variable(word: &str) -> Option<&str> {
    let rest = word.trim_matches('"').strip_prefix('$')?;
    let name = rest.strip_prefix('{').unwrap_or(rest);
    let end = name.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(name.len());
    Some(&name[..end])
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}

fn is_script_flag(word: &str) -> bool {
    word.starts_with('-') && word.ends_with('c')
}

#[cfg(test)]
mod tests {
    use super::super::Image;
    use crate::docker::parse::parse;
    use crate::path::RelPath;

    fn start(lines: &str) -> (String, Vec<String>) {
        let file = parse(&format!("FROM a\n{lines}\n")).unwrap();
        let image = Image::of(&RelPath::new("Dockerfile").unwrap(), &file);
        (image.start.words().join(" "), image.start.before)
    }

    #[test]
    fn variables_behind_the_program_are_its_words() {
        let trailing = |line: &str| {
            let file = parse(&format!("FROM a\n{line}\n")).unwrap();
            let image = Image::of(&RelPath::new("Dockerfile").unwrap(), &file);
            image.start.trailing().join(" ")
        };
        let shell = r#"ENTRYPOINT ["sh", "-c", "java $OPTS -jar /app.jar $PARAMS"]"#;
        assert_eq!(trailing(shell), "PARAMS");
        assert_eq!(trailing("CMD ./x --all ${MORE:-} $LAST"), "LAST MORE");
        assert_eq!(trailing("CMD ./x $MORE --all"), "");
        assert_eq!(trailing(r#"CMD ["./x", "serve"]"#), "");
    }

    #[test]
    fn entrypoint_and_cmd_are_one_command_line() {
        for (lines, words) in [
            ("ENTRYPOINT [\"/app/x\"]\nCMD [\"serve\", \"--all\"]", "/app/x serve --all"),
            ("CMD [\"old\"]\nENTRYPOINT [\"/app/x\"]", "/app/x"),
            ("CMD ./x serve", "./x serve"),
            ("ENTRYPOINT [\"/sbin/tini\", \"-s\", \"--\", \"x\", \"-a\"]", "x -a"),
            ("ENTRYPOINT [\"gosu\", \"app\", \"x\"]", "x"),
            ("ENTRYPOINT [\"sh\", \"-c\", \"exec x --port 80\"]", "x --port 80"),
            ("ENTRYPOINT [\"tini\"]", ""),
        ] {
            assert_eq!(start(lines), (words.to_owned(), Vec::new()), "{lines}");
        }
        assert_eq!(
            start("CMD ./x migrate && ./x"),
            ("./x".to_owned(), vec!["./x migrate".to_owned()])
        );
    }
}

//! Makefiles, justfiles and build scripts: variables and commands.

use super::{Built, Scope, Variable, is_release};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::shell;

/// Maximum number of lines that are read of one file.
const MAX_LINES: usize = 5000;

/// Reads a Makefile.
pub(super) fn makefile(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let mut reader = Reader::new(home, file, false);
    let mut target = String::new();
    for (number, line) in lines(text) {
        if let Some(command) = line.strip_prefix('\t') {
            reader.command(command, number, &target);
        } else if let Some((name, rest)) = target_of(&line) {
            name.clone_into(&mut target);
            if let Some((key, value)) = assignment(rest) {
                reader.set(key, value, number, false);
            }
        } else if let Some((key, value)) = assignment(&line) {
            let exported = line.trim_start().starts_with("export ");
            reader.set(key, value, number, exported);
        }
    }
    reader.finish(into);
}

/// Reads a justfile.
pub(super) fn justfile(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let mut reader = Reader::new(home, file, true);
    let mut target = String::new();
    for (number, line) in lines(text) {
        if line.starts_with([' ', '\t']) {
            reader.command(&line, number, &target);
        } else if let Some((key, value)) = assignment(&line) {
            let value = value.trim_matches(['"', '\'']);
            reader.set(key, value, number, line.starts_with("export "));
        } else if let Some((name, _)) = line.split_once(':') {
            name.split_whitespace().next().unwrap_or_default().clone_into(&mut target);
        }
    }
    reader.finish(into);
}

/// Reads a build script.
pub(super) fn script(home: &RelPath, file: &RelPath, text: &str, into: &mut Built) {
    let part = ("script", file.file_name().to_owned());
    let release = is_release(file.file_name());
    let mut scope = Scope { file, dir: home.clone(), env: Vec::new(), release, part };
    let text: Vec<&str> = text.lines().take(MAX_LINES).collect();
    scope.script(&text.join("\n"), 1, &mut into.steps);
    let evidence = |key: &str| Evidence::file(file, format!("sets {key}"));
    into.variables.extend(scope.env.iter().map(|(key, value)| Variable {
        key: key.clone(),
        value: value.clone(),
        evidence: evidence(key),
    }));
}

fn lines(text: &str) -> impl Iterator<Item = (u32, String)> {
    let all = shell::lines(text).into_iter().take(MAX_LINES);
    all.map(|(number, line)| (number + 1, line)).filter(|(_, line)| !line.trim().is_empty())
}

/// The first target of a rule, and the text after its colon.
fn target_of(line: &str) -> Option<(&str, &str)> {
    let (targets, rest) = line.split_once(':')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/ %$()".contains(c);
    let is_target = !rest.starts_with('=')
        && !rest.starts_with(":=")
        && !line.starts_with([' ', '#'])
        && targets.chars().all(plain);
    is_target.then(|| (targets.split_whitespace().next().unwrap_or_default(), rest))
}

/// `NAME := value`, with or without `export`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = line.strip_prefix("export ").or(line.strip_prefix("override ")).unwrap_or(line);
    let (key, value) = line.split_once('=')?;
    let key = key.trim_end_matches([':', '?', '+', ' ', '\t']).trim();
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let value = value.split(" #").next().unwrap_or_default().trim();
    (!key.is_empty() && key.chars().all(plain)).then_some((key, value))
}

struct Reader<'a> {
    home: &'a RelPath,
    file: &'a RelPath,
    /// Variables are written as `{{NAME}}`.
    braces: bool,
    variables: Vec<(String, String, u32, bool)>,
    commands: Vec<(String, u32, String)>,
}

/// What stands for the output of a command: no variable of make has this name.
const PRINTED: &str = "$(shell)";

/// `text` with [`PRINTED`] in place of each `$(shell ..)`; `None` if one of them is not closed.
fn without_output(text: &str) -> Option<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, inside)) = rest.split_once("$(shell") {
        let mut depth = 0_usize;
        let end = inside.char_indices().find_map(|(at, c)| {
            match c {
                '(' => depth += 1,
                ')' if depth == 0 => return Some(at),
                ')' => depth -= 1,
                _ => {}
            }
            None
        })?;
        out.push_str(before);
        out.push_str(PRINTED);
        rest = &inside[end + 1..];
    }
    Some(out + rest)
}

impl<'a> Reader<'a> {
    fn new(home: &'a RelPath, file: &'a RelPath, braces: bool) -> Self {
        Self { home, file, braces, variables: Vec::new(), commands: Vec::new() }
    }

    fn set(&mut self, key: &str, value: &str, number: u32, exported: bool) {
        if let Some(held) = self.variables.iter_mut().find(|(held, ..)| held == key) {
            // `+=` appends, and branches of a condition may assign differently: keep both values.
            if !held.1.is_empty() && !held.1.contains(value) && held.1.len() < 2048 {
                held.1 = format!("{} {value}", held.1);
            }
            return;
        }
        if self.variables.len() < 1000 {
            self.variables.push((key.to_owned(), value.to_owned(), number, exported));
        }
    }

    fn command(&mut self, line: &str, number: u32, target: &str) {
        let line = line.trim_start().trim_start_matches(['@', '-', '+']);
        if !line.starts_with('#') {
            self.commands.push((line.to_owned(), number, target.to_owned()));
        }
    }

    /// The value of a variable; `None` if a command prints it. Output of a command within a longer
    /// value is a variable that nothing sets.
    fn value(&self, name: &str) -> Option<String> {
        let (_, value, ..) = self.variables.iter().find(|(key, ..)| key == name)?;
        let value = without_output(value)?;
        (value != PRINTED && !value.contains('`') && !value.contains("!=")).then_some(value)
    }

    fn finish(self, into: &mut Built) {
        let exported: Vec<(String, String)> = self
            .variables
            .iter()
            .filter(|(.., exported)| *exported)
            .map(|(key, value, ..)| (key.clone(), value.clone()))
            .collect();
        for (line, number, target) in &self.commands {
            let line = shell::expand(line, self.braces, &|name| self.value(name));
            // `$$` is a dollar sign for the shell.
            let line = line.replace("$$", "$");
            let mut scope = Scope {
                file: self.file,
                dir: self.home.clone(),
                env: exported.clone(),
                release: is_release(target),
                part: ("target", target.clone()),
            };
            scope.line(&line, *number, &mut into.steps);
        }
        for (key, value, number, _) in &self.variables {
            let evidence = Evidence::at(self.file, *number, format!("sets {key}"));
            let value = shell::expand(value, self.braces, &|name| self.value(name));
            into.variables.push(Variable { key: key.clone(), value, evidence });
        }
    }
}

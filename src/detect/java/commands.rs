//! Programs of the system that the code starts.

use std::ops::Range;

use super::code::{Code, Place, end_of};
use super::opened::opens;
use super::surroundings::Surroundings;
use crate::code::Does;
use crate::facts::{Evidence, Finding, FindingCode, Program, Sourced};
use crate::shell;

/// How many tokens of a call are read.
const MAX_CALL: usize = 80;
/// How many unknown programs are reported.
const MAX_NAMED: usize = 8;
/// Programs in every image with a shell.
const BESIDE_SHELL: [&str; 26] = [
    "cat", "chmod", "chown", "cp", "date", "df", "du", "echo", "env", "grep", "hostname", "id",
    "kill", "ln", "ls", "mkdir", "mv", "nproc", "printenv", "rm", "sleep", "sort", "tail", "touch",
    "uname", "whoami",
];
/// Programs of a desktop, of another system, or of the Java runtime itself.
const ELSEWHERE: [&str; 30] = [
    "java",
    "javac",
    "cmd",
    "powershell",
    "pwsh",
    "explorer",
    "rundll32",
    "reg",
    "wmic",
    "taskkill",
    "tasklist",
    "netsh",
    "where",
    "which",
    "open",
    "xdg-open",
    "gnome-open",
    "kde-open",
    "osascript",
    "sw_vers",
    "system_profiler",
    "defaults",
    "launchctl",
    "ipconfig",
    "notify-send",
    "firefox",
    "netscape",
    "mozilla",
    "sensible-browser",
    "true",
];

/// Adds what a program that the code starts needs from the image.
pub(super) fn starts(
    program: &mut Program,
    around: &Surroundings,
    text: &str,
    evidence: &Evidence,
) {
    let word = text.split_whitespace().next().unwrap_or_default();
    let name = word.rsplit('/').next().unwrap_or_default();
    let of_repository = word.starts_with('.') || word.contains('/') && !word.starts_with('/');
    if OF_JDK.contains(&name) {
        need(program, COMPILER, evidence.clone());
    } else if name == "sh" || BESIDE_SHELL.contains(&name) {
        program.needs.shell.get_or_insert_with(|| evidence.clone());
    } else if ELSEWHERE.contains(&name) {
        // The image holds it, or only another system does.
    } else if let Some(package) = around.project.tables.programs.get(name) {
        need(program, package, evidence.clone());
    } else if of_repository {
        script(program, around, word, evidence);
    } else if is_name(name) {
        let said = |finding: &&Finding| finding.code == FindingCode::CommandUnknown;
        let finding = Finding::command_unknown(name, [evidence.clone()]);
        let held = program.findings.iter().filter(said).any(|held| held.what == finding.what);
        if held || program.findings.iter().filter(said).count() >= MAX_NAMED {
            return;
        }
        program.findings.push(finding);
    }
}

/// A script of the repository, which the image must hold, and what it is read by.
fn script(program: &mut Program, around: &Surroundings, way: &str, evidence: &Evidence) {
    opens(program, around, way, evidence);
    let path = around.project.model.dir().join(way.trim_start_matches("./"));
    let text = path.and_then(|path| around.project.repo.text(&path).ok().flatten());
    let first = text.as_ref().and_then(|text| text.lines().next()).unwrap_or_default();
    let reader = first.strip_prefix("#!").and_then(|line| line.split(['/', ' ']).next_back());
    match reader {
        Some("sh" | "bash") => {
            program.needs.shell.get_or_insert_with(|| evidence.clone());
        }
        Some(name) => {
            if let Some(package) = around.project.tables.programs.get(name) {
                need(program, package, evidence.clone());
            }
        }
        None => {}
    }
}

/// Adds the scripts that are arguments of other programs: `"python3", "scripts/extract.py"`.
pub(super) fn scripts(program: &mut Program, around: &Surroundings, code: &Code) {
    for (_, (source, at)) in code.doing(&[Does::Starts]) {
        let file = &code.sources[source];
        let end = file.pair(at + 1).min(at + MAX_CALL);
        for text in (at..end).filter_map(|at| Some((at, file.text(at)?))) {
            let (at, text) = text;
            if text.contains('/') || text.contains('.') {
                opens(program, around, text, &file.evidence(at, format!("\"{text}\"")));
            }
        }
    }
}

/// Programs whose command lines also occur in texts for people.
const SHOWN: [&str; 9] =
    ["curl", "wget", "git", "java", "ping", "python3", "openssl", "ssh", "scp"];

/// Adds programs of command lines with placeholders, which the code splits and starts: `"ffmpeg -i
/// %s"`.
pub(super) fn templates(program: &mut Program, around: &Surroundings, code: &Code) {
    if code.doing(&[Does::Starts]).is_empty() {
        return;
    }
    for source in around.sources {
        for (at, text) in source.texts() {
            let name = text.split(' ').next().unwrap_or_default();
            let Some(package) = around.project.tables.programs.get(name) else { continue };
            let open = text.contains(" -") && text.contains(['%', '{', '$']);
            if !open || SHOWN.contains(&name) {
                continue;
            }
            need(program, package, source.evidence(at, format!("a command line of {name}")));
        }
    }
}

/// Tools of a JDK that a Java runtime lacks.
const OF_JDK: [&str; 6] = ["javac", "jlink", "jar", "javadoc", "jdeps", "jpackage"];

/// The key of packages.toml for the compiler of a JDK.
const COMPILER: &str = "java-compiler";

/// A program that compiles Java while it runs: `ToolProvider.getSystemJavaCompiler()`,
/// `ToolProvider.findFirst("javac")`. Without a JDK the first gives null.
pub(super) fn compiler(program: &mut Program, around: &Surroundings) {
    for source in around.sources {
        let system = source.calls("getSystemJavaCompiler").next();
        let tool = || {
            source.calls("findFirst").find(|at| {
                let of = at.checked_sub(4).and_then(|of| source.word(of));
                of == Some("ToolProvider")
                    && source.text(*at).is_some_and(|name| OF_JDK.contains(&name))
            })
        };
        if let Some(at) = system.or_else(tool) {
            let note = "the code compiles Java, which takes a JDK while it runs";
            need(program, COMPILER, source.evidence(at - 2, note));
            return;
        }
    }
}

/// True for a name that a system program may have. Names with an extension belong to Windows.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() > 1
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_+".contains(c))
}

/// The programs that the code starts.
pub(super) fn started(code: &Code) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    for (row, place) in code.doing(&[Does::Starts]) {
        let Some(range) = code.subject(row, place) else { continue };
        let Some(text) = command(code, place, range) else { continue };
        let name = code.sources[place.0].raw(place.1);
        let evidence = |text: &str| code.evidence(place, format!("{name}: `{text}`"));
        let is_shell = matches!(text.rsplit('/').next(), Some("sh" | "bash"));
        for word in handed(code, place).filter(|_| is_shell).unwrap_or_default() {
            found.push((word.clone(), evidence(&word)));
        }
        found.push((text.clone(), evidence(&text)));
    }
    found
}

/// The programs in a line for a shell: `"sh", "-c", "convert a b"`.
fn handed(code: &Code, (source, at): Place) -> Option<Vec<String>> {
    let file = &code.sources[source];
    let end = file.pair(at + 1).min(at + 80);
    let flag = (at..end).find(|at| file.text(*at) == Some("-c"))?;
    let line = file.text(flag + 2)?;
    let commands = shell::parse(line).commands.into_iter();
    Some(commands.filter_map(|command| command.argv.into_iter().next()).collect())
}

fn command(code: &Code, place: Place, range: Range<usize>) -> Option<String> {
    let source = place.0;
    let file = &code.sources[source];
    let value = code.value(source, range.clone(), 0);
    let known = value.prefix();
    let first = known.split_whitespace().next().map(str::to_owned);
    if first.is_some() {
        return first;
    }
    // The command may be a list that is filled later: `List<String> words = new ArrayList<>();
    // words.add("ffmpeg");`
    let name = file.word(range.start).filter(|_| range.len() == 1)?;
    let body = code.method_at(place).map(|method| method.body.clone())?;
    // `words[0] = "ffmpeg";`
    let first = body.clone().find(|at| {
        file.word(*at) == Some(name)
            && file.mark(*at + 1, '[')
            && file.word(*at + 2) == Some("0")
            && file.mark(*at + 4, '=')
    });
    if let Some(at) = first {
        let known = code.value(source, at + 5..end_of(file, at + 5), 0).prefix();
        return known.split_whitespace().next().map(str::to_owned);
    }
    let added = body.clone().find(|at| {
        matches!(file.word(*at), Some("add" | "addAll"))
            && file.mark(*at + 1, '(')
            && *at >= 2
            && (file.word(*at - 2) == Some(name)
                || file.word(*at - 2) == Some("Collections") && file.word(*at + 2) == Some(name))
    })?;
    let number = usize::from(file.word(added - 2) == Some("Collections"));
    let first = code.arguments((source, added)).get(number)?.clone();
    let known = code.value(source, first, 0).prefix();
    known.split_whitespace().next().map(str::to_owned)
}

pub(super) fn need(program: &mut Program, package: &str, evidence: Evidence) {
    if !program.needs.packages.iter().any(|held| held.value == package) {
        program.needs.packages.push(Sourced::new(package.to_owned(), evidence));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::{main, program};

    #[test]
    fn a_program_that_compiles_java_needs_a_jdk() {
        let needs = |body: &str| {
            let app = main(body);
            let found = program("", &[("App.java", &app)]).needs.packages;
            found.iter().any(|package| package.value == super::COMPILER)
        };
        for body in [
            "ToolProvider.getSystemJavaCompiler().run(null, null, null, args);",
            "JavaCompiler c = getSystemJavaCompiler();",
            "java.util.spi.ToolProvider.findFirst(\"javac\").get();",
            "new ProcessBuilder(\"javac\", \"A.java\").start();",
            "Runtime.getRuntime().exec(\"/usr/bin/javac A.java\");",
        ] {
            assert!(needs(body), "{body}");
        }
        assert!(!needs("list.findFirst(\"javac\"); new ProcessBuilder(\"java\", \"A\").start();"));
    }
}

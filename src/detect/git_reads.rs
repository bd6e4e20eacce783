//! Builds and programs that ask git for their revision: the image has no repository.

use std::collections::BTreeSet;

use anyhow::Result;

use crate::code::{Does, Program, Value};
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::repo::Repo;

/// Subcommands that read the history.
pub(super) const READS: [&str; 10] = [
    "rev-parse",
    "describe",
    "log",
    "show",
    "rev-list",
    "branch",
    "symbolic-ref",
    "status",
    "ls-files",
    "tag",
];

/// Words that start a command in various languages, in lower case.
const STARTS: [&str; 6] = ["exec", "spawn", "command", "process", "run", "$`"];

/// Prefixes of the names of scripts in a manifest that build or start.
const SCRIPTS: [&str; 8] =
    ["build", "prebuild", "postbuild", "start", "prestart", "prepare", "postinstall", "compile"];

/// First words of the names of scripts with which somebody publishes a release: `update-version.ts`.
const RELEASING: [&str; 5] = ["bump", "changelog", "publish", "release", "update"];

/// Maximum number of words between `git` and its subcommand: `-C`, a folder, a method's name.
const BETWEEN: usize = 4;

/// Maximum number of lines of one call.
const SPAN: usize = 3;

/// Maximum number of places in the finding.
const PLACES: usize = 4;

/// The finding for an application in `folder` whose code asks git. Only the code that detection has
/// read counts, since that is what is built and started, and files beside the manifest that
/// configure a build.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn finding(
    repo: &Repo,
    (folder, context): (&RelPath, &RelPath),
    (markers, extensions): (&[&str], &[&str]),
) -> Result<Option<Finding>> {
    let configures = |path: &RelPath| {
        let (stem, _) = path.file_name().split_once('.').unwrap_or_default();
        path.file_name().contains(".config.") || stem == "build"
    };
    let beside = repo.children(folder).map(|(path, _)| path).filter(|path| configures(path));
    let mut files: Vec<RelPath> = beside.cloned().collect();
    files.extend(read_for(repo, folder, markers));
    files.retain(|path| {
        let first = path.file_name().split(['_', '-', '.']).next().unwrap_or_default();
        extensions.contains(&path.extension()) && repo.is_file(path) && !RELEASING.contains(&first)
    });
    files.sort();
    files.dedup();
    let mut evidence = Vec::new();
    for marker in markers {
        let Some(path) = folder.join(marker) else { continue };
        let Some(text) = repo.source_text(&path)? else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            let Some((name, script)) = line.split_once(':') else { continue };
            let name = name.trim().trim_matches('"');
            if SCRIPTS.iter().any(|begin| name.starts_with(begin))
                && let Some(asked) = command(script)
            {
                evidence.push(Evidence::at(&path, number, format!("`{name}` runs `{asked}`")));
            }
        }
    }
    for place in places(repo, &files)? {
        let text = repo.source_text(&place.file)?.unwrap_or_default();
        // What a build writes into a program stays unknown for good.
        if configures(&place.file) || !is_spared(&text, place.line.unwrap_or_default()) {
            evidence.push(place);
        }
    }
    evidence.truncate(PLACES);
    let Some(first) = evidence.first() else { return Ok(None) };
    let found = Finding::new(
        FindingCode::GitRead,
        format!("{} reads the git repository", first.place()),
        evidence,
    );
    Ok(Some(if let_in(repo, context) { found.with_why(LET_IN) } else { found }))
}

/// The finding for a program that opens the repository around its working directory with a library.
/// A program that clones works on the repositories of others.
pub(super) fn opened(code: &Program) -> Option<Finding> {
    let clones = code.doing(&[Does::MakesFolder]).any(|(made, _)| {
        let mut opens = code.rows.call.iter().filter(|row| row.does == Does::OpensRepository);
        opens.any(|row| row.of == made.of && row.near == made.near)
    });
    let here = |value: &Value| {
        let folder = value.text().is_some_and(|text| ["", ".", "./", ".git"].contains(&&*text));
        folder && value.env().is_none() && value.flag().is_none()
    };
    let opening = code.doing(&[Does::OpensRepository]).filter(|_| !clones);
    let own = opening.filter(|(row, call)| {
        code.argument(call, row.at.unwrap_or(0)).is_some_and(|value| here(&value))
    });
    let note = "opens the git repository of the working directory";
    let evidence: Vec<Evidence> = own.map(|(_, call)| call.evidence(note)).take(PLACES).collect();
    let first = evidence.first()?.place();
    let found = Finding::new(
        FindingCode::GitRead,
        format!("the program opens the git repository: {first}"),
        evidence,
    );
    Some(found.with_why("the image holds no .git: the program finds no repository").with_fix(
        "read the revision from a variable, open the repository only if it is unset, and set \
             it with `docker run -e`",
    ))
}

/// The files that detection has read for an application; those of one further down belong to that one.
pub(super) fn read_for(repo: &Repo, folder: &RelPath, markers: &[&str]) -> Vec<RelPath> {
    let mut read = repo.inputs(folder);
    let inner: BTreeSet<RelPath> = read
        .iter()
        .filter(|path| markers.contains(&path.file_name()))
        .filter_map(RelPath::parent)
        .filter(|inner| inner != folder)
        .collect();
    read.retain(|path| !path.ancestors().any(|above| inner.contains(&above)));
    read
}

/// Why a read matters where the repository's own .dockerignore lets .git in.
const LET_IN: &str = "the .dockerignore lets .git into the build context: the build finds the \
                      revision if its stage holds git, and the finished image has no .git";

/// Words that stand for another value where a call fails, and those that end the program there.
const SPARES: [&str; 3] = ["unwrap_or(", "unwrap_or_else(", "unwrap_or_default("];
const ENDS: [&str; 6] = ["panic", "exit", "Fatal", "fatal", "expect(", "unwrap()"];

/// How many lines after a call its failure may be handled in.
const HANDLED: usize = 9;

/// True if the code goes on with a text of its own where the call in a line fails: `if err != nil {
/// return "unknown" }`, `.unwrap_or_else(|_| "unknown".into())`. The image has no repository, so
/// that this text is what the program shows.
pub(super) fn is_spared(text: &str, line: u32) -> bool {
    let Some(from) = usize::try_from(line).ok().and_then(|line| line.checked_sub(1)) else {
        return false;
    };
    let lines: Vec<&str> = text.lines().skip(from).take(HANDLED).collect();
    let end = lines.iter().position(|line| line.starts_with('}')).unwrap_or(lines.len());
    let lines = &lines[..end];
    if lines.iter().any(|line| ENDS.iter().any(|word| line.contains(word))) {
        return false;
    }
    let quoted = |line: &&str| line.trim_start().starts_with("return \"");
    let fails =
        lines.iter().position(|line| line.contains("err != nil") || line.contains("err == nil"));
    fails.is_some_and(|at| lines[at..].iter().any(quoted))
        || lines.iter().any(|line| SPARES.iter().any(|word| line.contains(word)))
}

/// The places in these files that ask git.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn places(repo: &Repo, files: &[RelPath]) -> Result<Vec<Evidence>> {
    let mut evidence = Vec::new();
    for path in files {
        // Cached: applications share files.
        let asked = repo.once(path, || {
            Ok(Asked(repo.source_text(path)?.map(|text| asks(&text)).unwrap_or_default()))
        })?;
        evidence.extend(asked.0.iter().map(|(line, note)| Evidence::at(path, *line, note)));
    }
    Ok(evidence)
}

/// True if an exception of the context's .dockerignore lets .git in: `!.git`. dockgen keeps such a
/// line.
pub(super) fn let_in(repo: &Repo, context: &RelPath) -> bool {
    super::let_in(repo, context, ".git")
}

/// The lines of a file that ask git, with the command.
struct Asked(Vec<(u32, String)>);

/// How many lines behind the revision in a program's build information its use may stand.
const NEAR: usize = 12;

/// The lines that ask git, with the command.
fn asks(text: &str) -> Vec<(u32, String)> {
    if !text.contains("git") {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    // Where Go's build information lacks this setting, the program compares no revision.
    let mut recorded: Option<usize> = None;
    let code = |line: &str| !["//", "#", "*", "/*"].iter().any(|c| line.trim().starts_with(c));
    let mut found = Vec::new();
    for (at, number) in (0..lines.len()).zip(1..) {
        let line = lines[at];
        if line.contains("\"vcs.revision\"") {
            recorded = Some(at);
        }
        if recorded.is_some_and(|before| at - before <= NEAR) {
            continue;
        }
        if !line.contains("git") || !code(line) {
            continue;
        }
        if let Some(file) = file(line) {
            found.push((number, format!("reads {file}")));
            continue;
        }
        let span: Vec<&str> = lines[at..].iter().take(SPAN).copied().collect();
        // The call may begin on the line before its words.
        let before = lines[at.saturating_sub(1)].to_ascii_lowercase();
        let own = line.to_ascii_lowercase();
        let starts = STARTS.iter().any(|start| own.contains(start) || before.contains(start));
        if starts && let Some(asked) = command(&span.join(" ")) {
            found.push((number, format!("runs `{asked}`")));
        }
    }
    found
}

/// The file of the .git folder that a line names.
fn file(line: &str) -> Option<&'static str> {
    let parts = ["\".git\"", "'.git'"].iter().any(|part| line.contains(part));
    [("HEAD", ".git/HEAD"), ("refs", ".git/refs"), ("packed-refs", ".git/packed-refs")]
        .into_iter()
        .find(|(name, path)| line.contains(path) || (parts && line.contains(name)))
        .map(|(_, path)| path)
}

/// The git command in a text, whether it is a string or a list of words.
fn command(text: &str) -> Option<String> {
    let apart = |c: char| !c.is_ascii_alphanumeric() && !"-_./".contains(c);
    let words: Vec<&str> = text.split(apart).filter(|word| !word.is_empty()).collect();
    let at = words.iter().position(|word| *word == "git")?;
    let after = words[at + 1..].iter().take(BETWEEN);
    let read = after.into_iter().find(|word| READS.contains(word))?;
    Some(format!("git {read}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_files() {
        let of = |text: &str| asks(text).into_iter().map(|(_, note)| note).collect::<Vec<_>>();
        assert_eq!(of("const c = execSync('git rev-parse HEAD')"), ["runs `git rev-parse`"]);
        assert_eq!(of("spawnSync(\"git\", [\"log\", \"-1\"])"), ["runs `git log`"]);
        assert_eq!(of("exec.Command(\"git\", \"describe\")"), ["runs `git describe`"]);
        assert_eq!(
            of("Command::new(\"git\")\n    .args([\"rev-parse\", \"HEAD\"])"),
            ["runs `git rev-parse`"]
        );
        assert_eq!(of("const c = execSync(\n  `git -C ${d} describe`)"), ["runs `git describe`"]);
        assert_eq!(of("readFile(\".git/HEAD\")"), ["reads .git/HEAD"]);
        assert_eq!(of("join(root, '.git', 'HEAD')"), ["reads .git/HEAD"]);
        assert!(of("// execSync('git rev-parse HEAD')").is_empty());
        assert!(of("const help = 'see git log'").is_empty());
        assert!(of("exec('digit log')").is_empty());
        let known = "if s.Key == \"vcs.revision\" {\nexec.Command(\"git\", \"log\")\n}";
        assert!(of(known).is_empty());
        assert!(of("fetch('https://x.test/a.git'); run(log)").is_empty());
    }

    #[test]
    fn calls_that_may_fail() {
        let go =
            "out, err := exec.Command(\"git\", \"describe\").Output()\nif err != nil {\n\t{}\n}\n";
        assert!(is_spared(&go.replace("{}", "return \"unknown\""), 1));
        assert!(!is_spared(&go.replace("{}", "log.Fatal(err)"), 1));
        assert!(!is_spared(&go.replace("{}", "return err"), 1));
        let rust = "Command::new(\"git\")\n    .args([\"rev-parse\"])\n    .output()\n    .{}\n";
        assert!(is_spared(&rust.replace("{}", "ok().map(f).unwrap_or_else(|| \"?\".into())"), 1));
        assert!(!is_spared(&rust.replace("{}", "expect(\"git\")"), 1));
    }

    #[test]
    fn configuration_scripts_and_what_the_program_imports() {
        let finding = |files: &[(&str, &str)]| {
            let repo = Repo::from_files(files.iter().copied());
            let mut found = super::super::scan(&repo, &RelPath::root()).unwrap();
            let findings = found.remove(0).findings.into_iter();
            let git = findings.filter(|finding| finding.code.as_str() == "git-read");
            git.flat_map(|finding| finding.evidence).map(|e| e.place()).collect::<Vec<_>>()
        };
        let manifest = |scripts: &str| format!("{{\"scripts\": {{\n{scripts}\n}}}}");
        let site = manifest("\"build\": \"vite build\"");
        let config = "import x\nconst c = execSync(\"git rev-parse HEAD\");\n";
        assert_eq!(
            finding(&[("package.json", &site), ("vite.config.js", config), ("index.html", "")]),
            ["vite.config.js:2"]
        );
        let starts = manifest("\"start\": \"node a.js\",\n\"release\": \"git log\"");
        let server = "const b = require('./b.js'); http.createServer().listen(80);";
        let reads = "\nreadFileSync('.git/HEAD')";
        assert_eq!(
            finding(&[
                ("package.json", &starts),
                ("a.js", server),
                ("b.js", reads),
                ("never.js", reads),
            ]),
            ["b.js:2"]
        );
        let updates = server.replace("b.js", "update-version.js");
        let files = [("package.json", &*starts), ("a.js", &updates), ("update-version.js", reads)];
        assert!(finding(&files).is_empty());
        let runs = manifest("\"build\": \"V=$(git describe) vite build\"");
        assert_eq!(finding(&[("package.json", &runs), ("index.html", "")]), ["package.json:2"]);
    }
}

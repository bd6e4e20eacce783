//! What a start script runs before the server: programs of Node.js, and commands of the shell that
//! prepare folders (`mkdir -p data`, `cp a data/`).

use anyhow::Result;

use super::super::launch::{Launch, Layout};
use super::super::scan;
use super::{App, Command, Entry, node, tool_files};
use crate::detect::node::codes;
use crate::docker::quote;
use crate::facts::{Evidence, Finding, Sourced};
use crate::path::RelPath;

/// What a preparing command comes to in the image.
struct Prepared {
    /// The line that still runs; a folder is made by the image itself.
    line: Option<String>,
    /// Folders that it makes or fills.
    folders: Vec<String>,
    /// Files of the repository that it reads.
    reads: Vec<String>,
    note: String,
}

/// Reads a command of this kind; `None` for any other, or if the image's user may not do it.
fn of(app: &App, command: &Command) -> Option<Prepared> {
    let (name, words) = command.argv.split_first()?;
    if !command.dir.is_empty() || words.iter().any(|w| w.contains(['$', '`', '*', '?', '>', '<'])) {
        return None;
    }
    let named: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    let note = format!("`{}` runs before the server", command.argv.join(" "));
    let folder = |word: &str| {
        let path = RelPath::new(word).filter(|path| !path.is_root())?;
        Some(path.as_str().to_owned())
    };
    match name.as_str() {
        "mkdir" => {
            let folders: Option<Vec<String>> = named.into_iter().map(folder).collect();
            let folders = folders.filter(|folders| !folders.is_empty())?;
            Some(Prepared { line: None, folders, reads: Vec::new(), note })
        }
        "cp" | "ln" | "touch" => {
            let (target, from) = named.split_last()?;
            let from = if name == "touch" { &[] } else { from };
            let into = target.ends_with('/')
                || app.dir.join(target).is_some_and(|path| app.dir.repo.is_dir(&path));
            let filled = if into { *target } else { target.rsplit_once('/')?.0 };
            let reads: Vec<String> = from.iter().filter_map(|word| app.finds(word)).collect();
            // The user may not write into the folder of the program itself.
            let folders = vec![folder(filled)?];
            let line = Some(quote::shell_words(&command.argv));
            Some(Prepared { line, folders, reads, note })
        }
        _ => None,
    }
}

/// Commands of the shell, which every image with a shell holds.
const OF_SHELL: [&str; 10] =
    ["cp", "ln", "mkdir", "touch", "mv", "chmod", "chown", "sed", "test", "["];

/// A test of files as a shell line: `test -f X` or `[ -f X ]`.
fn test(command: &Command) -> Option<String> {
    let words = match command.argv.split_first()? {
        (name, rest) if name == "test" => rest,
        (name, rest) if name == "[" => rest.strip_suffix(&["]".to_owned()][..])?,
        _ => return None,
    };
    let plain = |word: &String| !word.contains(['$', '`', '*', '?', '>', '<']);
    let is_plain = command.dir.is_empty() && words.iter().all(plain);
    is_plain.then(|| format!("test {}", quote::shell_words(words)))
}

/// Adds one command before the server, or the finding that the image cannot run it.
fn step(
    app: &App,
    (name, stated): (&str, &Evidence),
    command: &Command,
    entry: &mut Entry,
    lines: &mut Vec<String>,
) -> Result<()> {
    if let Some(step) = of(app, command) {
        let evidence = Evidence { note: step.note, ..stated.clone() };
        let folders = step.folders.into_iter();
        entry.writable.extend(folders.map(|held| Sourced::new(held, evidence.clone())));
        entry.launch.carried.extend(step.reads);
        lines.extend(step.line);
        return Ok(());
    }
    match node(app, command)? {
        Ok(step) if !step.words().any(|word| word.contains(['$', '`'])) => {
            let mut words: Vec<String> = vec!["node".to_owned()];
            words.extend(step.launch.flags.iter().cloned());
            words.push(step.launch.file.clone());
            words.extend(step.launch.args.iter().cloned());
            let mut line: Vec<String> = step
                .launch
                .env
                .iter()
                .map(|(key, value)| format!("{key}={}", quote::shell_word(value)))
                .collect();
            line.push(quote::shell_words(&words));
            lines.push(line.join(" "));
            entry.launch.keep_development |= step.launch.keep_development;
            if let Some(tool) = &step.command {
                let read = tool_files::of(app, tool, &step.launch.args)?;
                entry.launch.carried.extend(read);
            } else if entry.launch.layout == Layout::Output
                && let Some(file) = app.finds(&step.launch.file)
            {
                entry.launch.carried.extend(opened(app, &step.launch, &file)?);
                entry.launch.carried.push(file);
            }
            let new = step
                .findings
                .into_iter()
                .filter(|finding| !entry.findings.contains(finding))
                .collect::<Vec<_>>();
            entry.findings.extend(new);
        }
        _ => {
            let line = command.argv.join(" ");
            let what =
                format!("the script {name} runs `{line}` before the server, and the image cannot");
            let mut finding = Finding::new(codes::START_CHAIN, what, [stated.clone()]);
            if command.argv.first().is_some_and(|first| OF_SHELL.contains(&first.as_str())) {
                finding = finding
                    .with_why(
                        "the image's user may not write into the folder of the program, so the \
                         command would stop the container",
                    )
                    .with_fix(
                        "do it before the image is built, or mount its result when the container \
                         starts",
                    );
            }
            entry.findings.push(finding);
        }
    }
    Ok(())
}

/// The files that a program of the repository opens which runs before the server.
fn opened(app: &App, step: &Launch, file: &str) -> Result<Vec<String>> {
    let outputs = Vec::new();
    let source = Some(file.to_owned());
    let launch = Launch { layout: Layout::Output, outputs, source, ..step.clone() };
    let files = scan::read(app, &launch)?.files.into_iter();
    Ok(files.filter_map(|file| file.value.strip(&app.dir.path).map(str::to_owned)).collect())
}

/// Adds the commands before the server, which a shell runs first, as the script says.
pub(super) fn before(
    app: &App,
    name: &str,
    commands: &[Command],
    stated: &Evidence,
    entry: &mut Entry,
) -> Result<()> {
    let mut lines = Vec::new();
    for group in commands.chunk_by(|_, next| next.otherwise) {
        let Some((first, others)) = group.split_first() else { continue };
        let from = lines.len();
        if let Some(test) = test(first) {
            others
                .iter()
                .try_for_each(|command| step(app, (name, stated), command, entry, &mut lines))?;
            // A file that is there already, perhaps because somebody mounted it, stays.
            let alternatives = lines.split_off(from);
            if !alternatives.is_empty() {
                lines.push(format!("{{ {test} || {}; }}", alternatives.join(" || ")));
            }
            continue;
        }
        step(app, (name, stated), first, entry, &mut lines)?;
        // `node migrate.js || true`: the program starts anyway.
        if others.iter().any(super::is_idle) {
            let line = lines.split_off(from).join(" && ");
            lines.extend((!line.is_empty()).then(|| format!("{{ {line} || true; }}")));
        } else {
            others
                .iter()
                .try_for_each(|command| step(app, (name, stated), command, entry, &mut lines))?;
        }
    }
    if !lines.is_empty() {
        if !entry.beside {
            name.clone_into(&mut entry.id);
        }
        let lines = lines.join(" && ");
        let note = format!("the script {name} runs `{lines}` before the server");
        entry.shell = Some(Evidence { note, ..stated.clone() });
        entry.launch.before = Some(lines);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{App, from_scripts};
    use crate::repo::Repo;

    #[test]
    fn a_program_of_the_sources_that_runs_first_is_carried() {
        let manifest = r#"{"scripts": {"build": "tsc", "start": "tsx tools/move.ts && node dist/a.js"},
            "dependencies": {"tsx": "4", "drizzle-orm": "1"}, "devDependencies": {"typescript": "5"}}"#;
        let options = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
        let moves = "import { migrate } from 'drizzle-orm/pg/migrator'; migrate(db, { migrationsFolder: './drizzle' })";
        let repo = Repo::from_files([
            ("package.json", manifest),
            ("tsconfig.json", options),
            ("src/a.ts", ""),
            ("tools/move.ts", moves),
            ("drizzle/0.sql", ""),
        ]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let entry = from_scripts(&app).unwrap().0.remove(0);
        assert_eq!(entry.launch.carried, ["drizzle", "tools/move.ts"]);
    }

    #[test]
    fn folders_are_made_and_filled_before_the_server() {
        let of = |script: &str| {
            let manifest = format!(r#"{{"scripts": {{"start": {script:?}}}}}"#);
            let files = [
                ("package.json", manifest.as_str()),
                ("a.js", ""),
                ("b.js", ""),
                ("b.json", ""),
                ("d/x", ""),
            ];
            let repo = Repo::from_files(files);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let entry = from_scripts(&app).unwrap().0.remove(0);
            let folders: Vec<_> = entry.writable.iter().map(|w| w.value.clone()).collect();
            let said = entry.findings.len();
            (entry.launch.before, folders.join(" "), said)
        };
        let line = |text: &str| Some(text.to_owned());
        for (script, expected) in [
            ("mkdir -p data/a && node a.js", (None, "data/a".to_owned(), 0)),
            (
                "mkdir -p data && cp b.json data/ && node a.js",
                (line("cp b.json data/"), "data data".to_owned(), 0),
            ),
            ("cp b.json d && node a.js", (line("cp b.json d"), "d".to_owned(), 0)),
            ("touch logs/a.log && node a.js", (line("touch logs/a.log"), "logs".to_owned(), 0)),
            ("cp b.json c.json && node a.js", (None, String::new(), 1)),
            (
                "test -f d/c.json || cp b.json d/c.json && node a.js",
                (line("{ test -f d/c.json || cp b.json d/c.json; }"), "d".to_owned(), 0),
            ),
            (
                "[ -e d/c.json ] || cp b.json d; node a.js",
                (line("{ test -e d/c.json || cp b.json d; }"), "d".to_owned(), 0),
            ),
            ("test -f c.json || cp b.json c.json; node a.js", (None, String::new(), 1)),
            ("test -d dist || tsc; node a.js", (None, String::new(), 0)),
            ("node b.js || true; node a.js", (line("{ node b.js || true; }"), String::new(), 0)),
            ("node a.js || true", (None, String::new(), 0)),
            ("mkdir $DIR && node a.js", (None, String::new(), 1)),
        ] {
            assert_eq!(of(script), expected, "{script}");
        }
    }
}

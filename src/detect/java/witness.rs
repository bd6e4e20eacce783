//! Commands of Maven in files that no recipe reads: scripts of package.json, pipelines of other
//! services, and the README. They only confirm a profile that is named for production. And the
//! words of `java -jar` in documents and scripts.

use std::collections::BTreeMap;

use anyhow::Result;

use super::App;
use crate::docker::quote;
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::recipes::Run;
use crate::repo::Repo;
use crate::shell;

/// The files, strongest first.
const FILES: [&str; 5] =
    ["Jenkinsfile", "azure-pipelines.yml", "bitbucket-pipelines.yml", "package.json", "README.md"];
/// Limits of what is read.
const MAX_LINES: usize = 4000;
const MAX_WORDS: usize = 32;

/// The words of each command, with its place.
pub(super) fn commands(app: &App) -> Result<Vec<(Vec<String>, Evidence)>> {
    let mut found = Vec::new();
    let mut folders: Vec<RelPath> = vec![app.dir.path.clone()];
    folders.extend(Some(app.context.clone()).filter(|context| *context != app.dir.path));
    for path in folders.iter().flat_map(|f| FILES.iter().filter_map(|name| f.join(name))) {
        let Some(text) = app.dir.repo.source_text(&path)? else { continue };
        for (number, line) in (1..).zip(text.lines()).take(MAX_LINES) {
            let Some(words) = command(line) else { continue };
            found.push((words, Evidence::at(&path, number, "it builds so")));
        }
    }
    Ok(found)
}

/// Files that show how the archive is started.
const DOCUMENTS: [&str; 3] = ["README.md", "README.adoc", "Makefile"];
/// Folders with the scripts of a project, below its own.
const OF_SCRIPTS: [&str; 5] = ["", "bin", "script", "scripts", "src/main/bin"];
/// How many files are read for `java -jar`.
const MAX_FILES: usize = 32;

/// The words of each `java ... -jar ARCHIVE ...` in documents and scripts of these folders, with the
/// variables of the script filled in.
pub(super) fn starts(repo: &Repo, folders: &[RelPath]) -> Result<Vec<(Vec<String>, Evidence)>> {
    let mut files: Vec<RelPath> = Vec::new();
    // The folder of the application is often that of the build as well.
    let mut folders: Vec<&RelPath> = folders.iter().collect();
    folders.dedup();
    for folder in folders {
        files.extend(DOCUMENTS.iter().filter_map(|f| folder.join(f)));
        for inside in OF_SCRIPTS.iter().filter_map(|name| folder.join(name)) {
            let scripts = repo.children(&inside).map(|(path, _)| path);
            files.extend(scripts.filter(|path| path.extension() == "sh").cloned());
        }
    }
    let mut found: Vec<(Vec<String>, Evidence)> = Vec::new();
    for path in files.into_iter().filter(|path| repo.is_file(path)).take(MAX_FILES) {
        let Some(text) = repo.source_text(&path)? else { continue };
        let mut known: BTreeMap<String, String> = BTreeMap::new();
        for (number, line) in shell::lines(&text).into_iter().take(MAX_LINES) {
            let line = line.trim().trim_start_matches(['$', ' ', '`', '@', '>']);
            let line = line.trim_end_matches('`');
            if let Some((name, value)) = assigned(line) {
                known.insert(name.to_owned(), value.to_owned());
            } else if line.contains("-jar") {
                let line = shell::expand(line, false, &|name| known.get(name).cloned());
                let evidence = || Evidence::at(&path, number + 1, "it is started so");
                found.extend(started(&line).map(|words| (words, evidence())));
            }
        }
    }
    Ok(found)
}

/// `NAME="value"` on a line of its own.
fn assigned(line: &str) -> Option<(&str, &str)> {
    let line = line.strip_prefix("export ").unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let value = value.trim_matches(['"', '\'']);
    let of_shell = value.contains(['`', '"', '\'', ';']) || value.contains("$(");
    (!name.is_empty() && name.chars().all(plain) && !of_shell).then_some((name, value))
}

/// The words of the command that starts `java -jar`.
fn started(line: &str) -> Option<Vec<String>> {
    let before = ["nohup", "exec", "sudo"];
    shell::parse(line).commands.into_iter().find_map(|command| {
        let words = command.argv.into_iter().skip_while(|word| before.contains(&word.as_str()));
        let redirects = |word: &str| {
            word.trim_start_matches(['&', '1', '2']).starts_with(['>', '<']) || word == "&"
        };
        let words = words.take_while(|word| !redirects(word)).take(MAX_WORDS);
        let words: Vec<String> = words.collect();
        let first = words.first()?.rsplit('/').next()?;
        (first == "java" && words.iter().any(|word| word == "-jar")).then_some(words)
    })
}

/// True if a recipe runs the image of this application: it builds it here, or calls it so.
pub(super) fn is_own(app: &App, run: &Run) -> bool {
    if run.built_here || run.dir.is_some() {
        return run.dir.as_ref() == Some(&app.dir.path);
    }
    let image = run.image.as_deref().unwrap_or_default();
    let image = image.split('@').next().unwrap_or_default();
    let name = image.rsplit('/').next().unwrap_or_default();
    let plain = |text: &str| text.replace(['-', '_', '.'], "").to_lowercase();
    !name.is_empty()
        && plain(name.split(':').next().unwrap_or_default()) == plain(&app.model.artifact_id())
}

/// The finding for arguments that the image does not give to the program.
pub(super) fn not_given(arguments: &[String], evidence: Evidence) -> Finding {
    let line = quote::shell_words(arguments);
    let what =
        format!("the repository gives the program the arguments `{line}`, and the image does not");
    Finding::new(FindingCode::StartArguments, what, [evidence])
        .with_fix(format!("start it with `docker run IMAGE {line}`, or set them with --args"))
}

/// The words from `mvn` or `mvnw` to the end of the command.
fn command(line: &str) -> Option<Vec<String>> {
    let start = ["mvnw ", "mvn "].iter().find_map(|name| line.find(name))?;
    let rest = &line[start..];
    let end = rest.find(['"', '\'', '`', '&', '|', ';']).unwrap_or(rest.len());
    Some(rest[..end].split_whitespace().take(MAX_WORDS).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_ends_with_its_quotes() {
        let words = |line: &str| command(line).map(|words| words.join(" "));
        assert_eq!(
            words("  sh './mvnw -B -Pprod package'").as_deref(),
            Some("mvnw -B -Pprod package")
        );
        let script = "\"java:prod\": \"./mvnw verify -Pprod && echo\",";
        assert_eq!(words(script).as_deref(), Some("mvnw verify -Pprod"));
        assert_eq!(words("see mvnrepository.com"), None);
    }
}

//! Commands of Maven in files that no recipe reads: scripts of package.json, pipelines of other
//! services, and the README. They only confirm a profile that is named for production.

use anyhow::Result;

use super::App;
use crate::facts::Evidence;
use crate::path::RelPath;

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

//! Which of the detected applications are to get a Dockerfile.

use anyhow::{Result, bail};

use crate::detect::{LANGUAGES, language};
use crate::facts::{Facts, Kind, Rejected};
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// Folders whose applications are shown but not taken unless they are named: they serve the repository itself.
const ASIDE: [&str; 16] = [
    "example",
    "examples",
    "doc",
    "docs",
    "test",
    "tests",
    "testdata",
    "testing",
    "e2e",
    "fixture",
    "fixtures",
    "__fixtures__",
    "__tests__",
    "vendor",
    "third_party",
    "benchmarks",
];

/// Manifests of languages that dockgen may not know, for the error that names what was found.
const MANIFESTS: [(&str, &str); 16] = [
    ("Gemfile", "Ruby"),
    ("composer.json", "PHP"),
    ("mix.exs", "Elixir"),
    ("Cargo.toml", "Rust"),
    ("pom.xml", "Java"),
    ("build.gradle", "Java"),
    ("build.gradle.kts", "Java"),
    ("pyproject.toml", "Python"),
    ("requirements.txt", "Python"),
    ("setup.py", "Python"),
    ("deno.json", "Deno"),
    ("Package.swift", "Swift"),
    ("build.sbt", "Scala"),
    ("pubspec.yaml", "Dart"),
    ("build.zig", "Zig"),
    ("CMakeLists.txt", "C or C++"),
];

/// The applications that were taken, and the others with the reason.
#[derive(Debug)]
pub struct Selection {
    /// What gets a Dockerfile; several where the repository holds several deployable applications.
    pub taken: Vec<Facts>,
    /// What was found beside them.
    pub others: Vec<(Facts, String)>,
    /// What had to be assumed to choose.
    pub assumptions: Vec<String>,
}

/// Chooses: the applications that `wanted` names; else that of `start`; else all that can be started.
///
/// `entrypoint` says that a person named what to start, so that an application without a known program can be taken.
///
/// # Errors
/// Where there is nothing to take: what was looked for, and the way out.
pub fn choose(
    repo: &Repo,
    start: &RelPath,
    found: Vec<Facts>,
    wanted: &[String],
    entrypoint: bool,
) -> Result<Selection> {
    if found.is_empty() {
        return Err(nothing(repo, start));
    }
    if !wanted.is_empty() {
        return named(start, found, wanted);
    }
    let mut taken: Vec<Facts> = Vec::new();
    let mut others = Vec::new();
    let own_starts = found.iter().any(|f| f.dir == *start && (entrypoint || !f.programs.is_empty()));
    let any_starts = found.iter().any(|f| !f.programs.is_empty());
    for facts in found {
        match why_not(&facts, start, own_starts, any_starts || own_starts, &taken) {
            Some(why) => others.push((facts, why)),
            None => taken.push(facts),
        }
    }
    let mut assumptions = Vec::new();
    one_per_folder(&mut taken, &mut others, &mut assumptions);
    if taken.is_empty() {
        let list: Vec<String> = others.iter().map(|(facts, why)| format!("{} ({why})", facts.dir)).collect();
        bail!(
            "no application to take by itself; found {}: name the one that you mean with --app FOLDER",
            list.join(", ")
        );
    }
    Ok(Selection { taken, others, assumptions })
}

/// Why an application is not taken; `None` where it is.
fn why_not(facts: &Facts, start: &RelPath, own_starts: bool, any_starts: bool, taken: &[Facts]) -> Option<String> {
    if own_starts && facts.dir != *start {
        return Some(format!("{} itself can be started", if start.is_root() { "the root" } else { start.as_str() }));
    }
    if any_starts && facts.programs.is_empty() && !(own_starts && facts.dir == *start) {
        return Some("nothing in it to start: a library, or the root of a workspace".to_owned());
    }
    let inside = facts.dir.strip(start).unwrap_or_default();
    if let Some(part) = inside.split('/').find(|part| ASIDE.contains(part)) {
        return Some(format!("lies under {part}/"));
    }
    let outer = taken
        .iter()
        .find(|outer| outer.language == facts.language && outer.dir != facts.dir && facts.dir.is_within(&outer.dir));
    outer
        .filter(|_| facts.context != facts.dir)
        .map(|outer| format!("part of {}: no lockfile or module of its own", outer.dir))
}

/// Two languages in one folder would write the same Dockerfile: the one that is likelier a service stays.
fn one_per_folder(taken: &mut Vec<Facts>, others: &mut Vec<(Facts, String)>, assumptions: &mut Vec<String>) {
    let rank = |facts: &Facts| match facts.programs.first().map(|program| program.kind) {
        Some(Kind::Service) => 0,
        Some(Kind::Site) => 1,
        Some(Kind::Command) => 2,
        None => 3,
    };
    taken.sort_by_key(|facts| (facts.dir.clone(), rank(facts)));
    let mut kept: Vec<Facts> = Vec::new();
    for facts in taken.drain(..) {
        match kept.last().filter(|held| held.dir == facts.dir) {
            Some(held) => {
                let (first, second) = (name(held), name(&facts));
                assumptions.push(format!(
                    "{}: {first} rather than {second}: both are there; --app {} takes the other",
                    facts.dir, facts.language
                ));
                others.push((facts, format!("the same folder as the {first} application")));
            }
            None => kept.push(facts),
        }
    }
    *taken = kept;
}

fn name(facts: &Facts) -> &'static str {
    language(&facts.language).map_or("unknown", |language| language.name)
}

/// The applications that `--app` names: by name, by folder (from PATH or from the root), or by language.
fn named(start: &RelPath, found: Vec<Facts>, wanted: &[String]) -> Result<Selection> {
    let matches = |facts: &Facts, word: &str| {
        facts.name.value == word
            || facts.language == word
            || start.join(word).is_some_and(|dir| dir == facts.dir)
            || RelPath::new(word).is_some_and(|dir| dir == facts.dir)
    };
    for word in wanted {
        if !found.iter().any(|facts| matches(facts, word)) {
            let known: Vec<String> =
                found.iter().map(|f| format!("{} ({})", f.name.value, f.dir.relative_to(start))).collect();
            bail!("--app {word}: no such application; there are {}", known.join(", "));
        }
    }
    let (mut taken, rest): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|facts| wanted.iter().any(|word| matches(facts, word)));
    let mut others: Vec<_> = rest.into_iter().map(|facts| (facts, "not named by --app".to_owned())).collect();
    let mut assumptions = Vec::new();
    one_per_folder(&mut taken, &mut others, &mut assumptions);
    Ok(Selection { taken, others, assumptions })
}

fn nothing(repo: &Repo, start: &RelPath) -> anyhow::Error {
    let place = if start.is_root() { "this folder".to_owned() } else { start.to_string() };
    if let Some(error) = no_file(repo, start) {
        return error;
    }
    if repo.files_under(start).next().is_none() {
        return anyhow::anyhow!(
            "{place} is empty, or .gitignore names all of it: run dockgen where the source is, or give its folder: dockgen init PATH"
        );
    }
    let manifest = repo.files_under(start).find_map(|path| {
        let language = LANGUAGES.iter().find(|language| language.markers.contains(&path.file_name()))?;
        Some((path, language))
    });
    if let Some((path, language)) = manifest {
        return anyhow::anyhow!(
            "no application found in {place}: {path} ({}) is there, but it neither builds nor starts anything; state in it \
             what to start, or give the folder of the application: dockgen init PATH",
            language.name
        );
    }
    let looked: Vec<String> =
        LANGUAGES.iter().map(|language| format!("{} ({})", language.name, language.markers.join(", "))).collect();
    let mut hints: Vec<Rejected> = Vec::new();
    for path in repo.files_under(start) {
        let known = MANIFESTS.iter().find(|(manifest, _)| *manifest == path.file_name());
        let known = known.filter(|(manifest, _)| !LANGUAGES.iter().any(|language| language.markers.contains(manifest)));
        if let Some((_, language)) = known.filter(|_| hints.len() < 3) {
            hints.push(Rejected { value: path.to_string(), why: (*language).to_owned() });
        }
    }
    let mut text = format!("no application found in {place}: looked for {}", looked.join("; "));
    if !hints.is_empty() {
        let list: Vec<String> = hints.iter().map(|hint| format!("{} ({})", hint.value, hint.why)).collect();
        text = format!("{text}; found {}, which dockgen does not know yet", list.join(", "));
    }
    anyhow::anyhow!("{text}; give the folder that holds the manifest: dockgen init PATH")
}

/// A manifest that is there, but is no file.
fn no_file(repo: &Repo, start: &RelPath) -> Option<anyhow::Error> {
    let (path, entry) = repo.below(start).find(|(path, entry)| {
        *entry != Entry::File && LANGUAGES.iter().any(|language| language.markers.contains(&path.file_name()))
    })?;
    let what = match entry {
        Entry::Dir => "a folder",
        Entry::Symlink(None) => "a symlink that leads out of the repository",
        Entry::Symlink(_) => "a symlink",
        _ => "a socket, pipe or device",
    };
    Some(anyhow::anyhow!("no application found: {path} is {what}, not a file: put the manifest itself there"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Evidence, Program, Sourced};

    fn app(dir: &str, language: &str, program: Option<Kind>, context: &str) -> Facts {
        let path = |text: &str| RelPath::new(text).unwrap();
        let evidence = Evidence::file(&path(dir), "test");
        Facts {
            language: language.to_owned(),
            dir: path(dir),
            context: path(context),
            name: Sourced::assumed(path(dir).file_name().to_owned()),
            tool: Sourced::assumed("t".to_owned()),
            toolchain: Sourced::assumed("1".to_owned()),
            programs: program.map(|kind| Program::new("p", "p", kind, evidence)).into_iter().collect(),
            manifests: Vec::new(),
            version: None,
            source: None,
            questions: Vec::new(),
            findings: Vec::new(),
            details: serde_json::Value::Null,
        }
    }

    fn dirs(selection: &Selection) -> Vec<String> {
        selection.taken.iter().map(|facts| format!("{}:{}", facts.dir, facts.language)).collect()
    }

    fn choose_from(found: Vec<Facts>, wanted: &[&str]) -> Result<Selection> {
        let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        choose(&Repo::from_files([("x", "")]), &RelPath::root(), found, &wanted, false)
    }

    #[test]
    fn the_paths_own_application_comes_first() {
        let found = vec![app("", "node", Some(Kind::Service), ""), app("client", "node", Some(Kind::Site), "client")];
        let selection = choose_from(found, &[]).unwrap();
        assert_eq!(dirs(&selection), [".:node"]);
        assert!(selection.others[0].1.contains("the root itself"));
    }

    #[test]
    fn several_applications_without_libraries_and_examples() {
        let found = vec![
            app("", "node", None, ""),
            app("apps/api", "node", Some(Kind::Service), ""),
            app("apps/api/inner", "node", Some(Kind::Service), ""),
            app("apps/api/tool", "node", Some(Kind::Service), "apps/api/tool"),
            app("apps/web", "node", Some(Kind::Site), ""),
            app("examples/x", "node", Some(Kind::Service), ""),
            app("packages/lib", "node", None, ""),
        ];
        let selection = choose_from(found.clone(), &[]).unwrap();
        assert_eq!(dirs(&selection), ["apps/api:node", "apps/api/tool:node", "apps/web:node"]);
        assert_eq!(selection.others.len(), 4);
        assert_eq!(dirs(&choose_from(found.clone(), &["x"]).unwrap()), ["examples/x:node"]);
        assert_eq!(dirs(&choose_from(found.clone(), &["apps/web"]).unwrap()), ["apps/web:node"]);
        let error = choose_from(found, &["nope"]).unwrap_err().to_string();
        assert!(error.contains("web (apps/web)"), "{error}");
    }

    #[test]
    fn two_languages_in_a_folder_are_one_application() {
        let found = vec![app("", "go", Some(Kind::Service), ""), app("", "node", Some(Kind::Site), "")];
        let selection = choose_from(found.clone(), &[]).unwrap();
        assert_eq!(dirs(&selection), [".:go"]);
        assert!(selection.assumptions[0].contains("--app node"), "{:?}", selection.assumptions);
        assert_eq!(dirs(&choose_from(found, &["node"]).unwrap()), [".:node"]);
    }

    #[test]
    fn nothing_found_says_what_was_looked_for() {
        let error = |files: &[(&str, &str)]| {
            choose(&Repo::from_files(files.iter().copied()), &RelPath::root(), Vec::new(), &[], false)
                .unwrap_err()
                .to_string()
        };
        assert!(error(&[]).contains("is empty"));
        let text = error(&[("Gemfile", ""), ("a/mix.exs", "")]);
        assert!(text.contains("go.mod") && text.contains("Gemfile (Ruby)") && text.contains("a/mix.exs"), "{text}");
        let only_examples = choose_from(vec![app("examples/a", "go", Some(Kind::Command), "examples/a")], &[]);
        assert!(only_examples.unwrap_err().to_string().contains("--app"));
    }
}

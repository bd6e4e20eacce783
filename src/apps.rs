//! Selects the applications that get a Dockerfile.

mod search;
mod unsupported;

use anyhow::{Result, bail};

pub(crate) use search::{Found, search};

use crate::detect::{LANGUAGES, Unsupported, language};
use crate::facts::{Facts, Kind, Program};
use crate::path::RelPath;
use crate::repo::{Entry, Repo};

/// The selected applications, and the others with the reason.
#[derive(Debug)]
pub struct Selection {
    /// The applications that get a Dockerfile; several if several are deployable.
    pub taken: Vec<Facts>,
    /// The applications that were not selected, with the reason.
    pub others: Vec<(Facts, String)>,
    /// Folders with a manifest that cannot be read. They are not selected.
    pub unread: Vec<Unread>,
    /// Folders with a manifest that was not read.
    pub aside: Vec<RelPath>,
    /// Manifests of languages that dockgen does not support, in folders of no selected
    /// application, each with the language's name.
    pub unsupported: Vec<(RelPath, String)>,
    /// Assumptions behind the selection.
    pub assumptions: Vec<String>,
}

/// A folder with a manifest that cannot be read.
#[derive(Debug)]
pub struct Unread {
    /// The folder.
    pub folder: RelPath,
    /// Why, with the file and its line.
    pub why: String,
    /// It could be an application of this run, so the run has failed for it.
    pub fails: bool,
}

impl Selection {
    /// True if a manifest that belongs to this run cannot be read. The others are not stopped by it.
    pub fn failed(&self) -> bool {
        self.unread.iter().any(|unread| unread.fails)
    }

    /// The folders that were not read, by the folder that contains them, with their number.
    pub fn aside(&self, start: &RelPath) -> Vec<(RelPath, usize)> {
        let mut counted: Vec<(RelPath, usize)> = Vec::new();
        for folder in &self.aside {
            let parts: Vec<&str> = folder.components().collect();
            let from = start.components().count();
            let end = (from + 1..=parts.len()).find(|end| {
                RelPath::new(&parts[..*end].join("/"))
                    .is_some_and(|path| search::aside(start, &path).is_some())
            });
            let Some(home) = end.and_then(|end| RelPath::new(&parts[..end].join("/"))) else {
                continue;
            };
            match counted.iter_mut().find(|(held, _)| *held == home) {
                Some((_, count)) => *count += 1,
                None => counted.push((home, 1)),
            }
        }
        counted
    }
}

/// Selects the applications that `wanted` names, or else that of `start`, or else all that can be
/// started.
///
/// `entrypoint` is true if a person named what to start. Then an application without a known
/// program can be selected.
///
/// # Errors
/// If there is nothing to select: the error says what was looked for, and what to do. If the manifest
/// of `start` itself cannot be read.
pub(crate) fn choose(
    repo: &Repo,
    start: &RelPath,
    found: Found,
    wanted: &[String],
    entrypoint: bool,
) -> Result<Selection> {
    let Found { apps: found, mut broken, aside } = found;
    if found.is_empty() {
        return Err(if broken.is_empty() { nothing(repo, start) } else { broken.swap_remove(0).1 });
    }
    if !wanted.is_empty() {
        return named(start, found, broken, wanted);
    }
    let mut taken: Vec<Facts> = Vec::new();
    let mut others = Vec::new();
    let own_starts =
        found.iter().any(|f| f.dir == *start && (entrypoint || !f.programs.is_empty()))
            && (entrypoint || !serves_below(&found, start));
    let any_starts = found.iter().any(|f| !f.programs.is_empty());
    // A broken manifest stops its own folder. Beside others it is reported, and is a failure except
    // in a fixture or example, which would not be selected anyway.
    let fails = |dir: &RelPath, error: &anyhow::Error| {
        search::aside(start, dir).is_none() && !error.is::<Unsupported>()
    };
    if let Some(at) = broken.iter().position(|(dir, _)| dir == start) {
        return Err(broken.swap_remove(at).1);
    }
    for facts in found {
        match why_not(&facts, start, own_starts, any_starts || own_starts, &taken) {
            Some(why) => others.push((facts, why)),
            None => taken.push(facts),
        }
    }
    let mut assumptions = Vec::new();
    front_ends(&mut taken, &mut others);
    of_others(repo, &mut taken, &mut others)?;
    one_per_folder(&mut taken, &mut others, &mut assumptions);
    if taken.is_empty() {
        if let Some(at) = broken.iter().position(|(dir, error)| fails(dir, error)) {
            return Err(broken.swap_remove(at).1);
        }
        let list: Vec<String> =
            others.iter().map(|(facts, why)| format!("{} ({why})", facts.dir)).collect();
        bail!(
            "no application can be selected automatically; found {}: name the one you want with \
             --app FOLDER",
            list.join(", ")
        );
    }
    let unread = unread(broken, &fails);
    let all = taken.iter().chain(others.iter().map(|(facts, _)| facts));
    // Beside an application of the folder itself, others are parts of the same product.
    let unsupported = if own_starts { Vec::new() } else { unsupported_beside(repo, start, all)? };
    Ok(Selection { taken, others, unread, aside, unsupported, assumptions })
}

/// True if the folder itself holds a site alone, perhaps the project's documents, and a service that
/// listens lies below it: then neither stands for the other.
fn serves_below(found: &[Facts], start: &RelPath) -> bool {
    let kinds = |facts: &Facts| facts.programs.first().map(|program| program.kind);
    let mut own = found.iter().filter(|facts| facts.dir == *start);
    let listens = |facts: &Facts| {
        facts
            .programs
            .first()
            .is_some_and(|program| program.kind == Kind::Service && program.port.is_some())
    };
    own.all(|facts| kinds(facts).is_none_or(|kind| kind == Kind::Site))
        && found.iter().any(|facts| {
            facts.dir != *start && listens(facts) && search::aside(start, &facts.dir).is_none()
        })
}

/// The manifests of unsupported languages that lie in no folder of `found`.
fn unsupported_beside<'f>(
    repo: &Repo,
    start: &RelPath,
    found: impl Iterator<Item = &'f Facts>,
) -> Result<Vec<(RelPath, String)>> {
    let dirs: Vec<&RelPath> = found.map(|facts| &facts.dir).collect();
    let mut all = unsupported::found(repo, start)?;
    all.retain(|(path, _)| {
        let folder = path.parent().unwrap_or_default();
        folder != *start
            && search::aside(start, &folder).is_none()
            && !dirs.iter().any(|dir| !dir.is_root() && folder.is_within(dir) || **dir == folder)
    });
    Ok(all)
}

/// The broken folders as data; `fails` says which of them belong to this run.
pub(crate) fn unread(
    broken: Vec<(RelPath, anyhow::Error)>,
    fails: &dyn Fn(&RelPath, &anyhow::Error) -> bool,
) -> Vec<Unread> {
    let one = |(folder, error): (RelPath, anyhow::Error)| {
        let fails = fails(&folder, &error);
        Unread { folder, why: format!("{error:#}"), fails }
    };
    broken.into_iter().map(one).collect()
}

/// Why an application is not selected; `None` if it is.
fn why_not(
    facts: &Facts,
    start: &RelPath,
    own_starts: bool,
    any_starts: bool,
    taken: &[Facts],
) -> Option<String> {
    if own_starts && facts.dir != *start {
        return Some(format!(
            "{} itself can be started",
            if start.is_root() { "the root" } else { start.as_str() }
        ));
    }
    if any_starts && facts.programs.is_empty() && !(own_starts && facts.dir == *start) {
        // A start script that cannot be used is no sign of a library.
        let error = facts.findings.iter().find(|finding| finding.severity.is_error());
        if let Some(finding) = error {
            return Some(format!("nothing in it can be started: {}", finding.what));
        }
        return Some("nothing in it to start: a library, or the root of a workspace".to_owned());
    }
    if let Some(part) = search::aside(start, &facts.dir) {
        return Some(format!("lies under {part}/"));
    }
    let outer = taken.iter().find(|outer| {
        outer.language == facts.language
            && outer.dir != facts.dir
            && facts.dir.is_within(&outer.dir)
    });
    outer
        .filter(|_| facts.context != facts.dir)
        .map(|outer| format!("part of {}: no lockfile or module of its own", outer.dir))
}

/// A front end that is built into the image of another selected application needs no image of its
/// own.
fn front_ends(taken: &mut Vec<Facts>, others: &mut Vec<(Facts, String)>) {
    let mut built: Vec<(RelPath, String, String)> = Vec::new();
    for facts in taken.iter() {
        let front_ends = facts.programs.first().into_iter().flat_map(|program| &program.front_ends);
        let why = format!("the front end of {}, and built with it", facts.name.value);
        built.extend(
            front_ends
                .map(|made| (made.value.dir.clone(), made.value.language.clone(), why.clone())),
        );
    }
    let why = |facts: &Facts| {
        let found = built
            .iter()
            .find(|(dir, language, _)| *dir == facts.dir && *language == facts.language);
        found.map(|(_, _, why)| why.clone())
    };
    for (facts, reason) in others.iter_mut() {
        *reason = why(facts).unwrap_or_else(|| std::mem::take(reason));
    }
    for facts in std::mem::take(taken) {
        match why(&facts) {
            Some(why) => others.push((facts, why)),
            None => taken.push(facts),
        }
    }
}

/// Two languages in one folder would write the same Dockerfile. Keep the one that is more likely a
/// service.
fn one_per_folder(
    taken: &mut Vec<Facts>,
    others: &mut Vec<(Facts, String)>,
    assumptions: &mut Vec<String>,
) {
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

/// The applications that `--app` names: by name, by folder (relative to PATH or to the root), or by
/// language.
fn named(
    start: &RelPath,
    found: Vec<Facts>,
    mut broken: Vec<(RelPath, anyhow::Error)>,
    wanted: &[String],
) -> Result<Selection> {
    let matches = |facts: &Facts, word: &str| {
        facts.name.value == word
            || facts.language == word
            || start.join(word).is_some_and(|dir| dir == facts.dir)
            || RelPath::new(word).is_some_and(|dir| dir == facts.dir)
    };
    for word in wanted {
        let at =
            |dir: &RelPath| [start.join(word), RelPath::new(word)].contains(&Some(dir.clone()));
        if let Some(place) = broken.iter().position(|(dir, _)| at(dir)) {
            return Err(broken.swap_remove(place).1);
        }
        if !found.iter().any(|facts| matches(facts, word)) {
            if let Some((facts, program)) = program_of(&found, word) {
                bail!(
                    "--app {word}: {word} is a program of {}, not an application: `--app {} \
                     --entrypoint {}` makes an image of it",
                    facts.name.value,
                    facts.dir.relative_to(start),
                    program.id
                );
            }
            let known: Vec<String> = found.iter().map(|facts| listed(facts, start)).collect();
            let unread: Vec<String> = broken
                .iter()
                .map(|(dir, error)| format!("; {dir} cannot be read: {error:#}"))
                .collect();
            bail!(
                "--app {word}: no such application; there are {}{}",
                known.join(", "),
                unread.concat()
            );
        }
    }
    let (mut taken, rest): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|facts| wanted.iter().any(|word| matches(facts, word)));
    let mut others: Vec<_> =
        rest.into_iter().map(|facts| (facts, "not named by --app".to_owned())).collect();
    let mut assumptions = Vec::new();
    one_per_folder(&mut taken, &mut others, &mut assumptions);
    let unread = unread(broken, &|_, _| false);
    let (aside, unsupported) = (Vec::new(), Vec::new());
    Ok(Selection { taken, others, unread, aside, unsupported, assumptions })
}

/// The program with this name, and its application.
fn program_of<'f>(found: &'f [Facts], word: &str) -> Option<(&'f Facts, &'f Program)> {
    let mut all = found.iter().flat_map(|facts| facts.programs.iter().map(move |one| (facts, one)));
    all.find(|(_, program)| program.name == word || program.id == word)
}

/// An application for a list, with its programs where it has several.
fn listed(facts: &Facts, start: &RelPath) -> String {
    let place = facts.dir.relative_to(start);
    let programs: Vec<&str> = facts.programs.iter().map(|program| program.name.as_str()).collect();
    if programs.len() < 2 {
        return format!("{} ({place})", facts.name.value);
    }
    format!("{} ({place}; its programs are {})", facts.name.value, programs.join(", "))
}

fn nothing(repo: &Repo, start: &RelPath) -> anyhow::Error {
    let place = if start.is_root() { "this folder".to_owned() } else { start.to_string() };
    if let Some(error) = no_file(repo, start) {
        return error;
    }
    if repo.files_under(start).next().is_none() {
        return anyhow::anyhow!(
            "{place} is empty, or .gitignore matches all of it: run dockgen where the source is, \
             or give its folder: dockgen init PATH"
        );
    }
    let found = match unsupported::found(repo, start) {
        Ok(found) => found,
        Err(error) => return error,
    };
    let manifest = repo.files_under(start).find_map(|path| {
        let language =
            LANGUAGES.iter().find(|language| language.markers.contains(&path.file_name()))?;
        Some((path, language))
    });
    // What lies in the folder itself says more about it than a manifest somewhere below.
    let own = found.iter().any(|(path, _)| path.parent().as_ref() == Some(start));
    if !found.is_empty() && (own || manifest.is_none()) {
        let list: Vec<String> =
            found.iter().map(|(path, name)| format!("{path} ({name})")).collect();
        let all: Vec<&str> = LANGUAGES.iter().map(|language| language.name).collect();
        return anyhow::anyhow!(
            "{}: dockgen does not support this language yet; it supports {}: if an application in one of them \
             lies in another folder, run `dockgen init FOLDER`",
            list.join(", "),
            all.join(", ")
        );
    }
    if let Some((path, language)) = manifest {
        return anyhow::anyhow!(
            "no application found in {place}: {path} ({}) exists, but it neither builds nor starts \
             anything; state in it what to start, or give the folder of the application: dockgen \
             init PATH",
            language.name
        );
    }
    let looked: Vec<String> = LANGUAGES
        .iter()
        .map(|language| format!("{} ({})", language.name, language.markers.join(", ")))
        .collect();
    anyhow::anyhow!(
        "no application found in {place}: looked for {}; give the folder that contains the \
         manifest: dockgen init PATH",
        looked.join("; ")
    )
}

/// Leaves out what belongs to an application of an unsupported language: the pages of a web
/// framework are no application of their own.
fn of_others(repo: &Repo, taken: &mut Vec<Facts>, others: &mut Vec<(Facts, String)>) -> Result<()> {
    for facts in std::mem::take(taken) {
        let serves = facts.programs.iter().any(|program| program.kind == Kind::Service);
        let owner = if serves { None } else { unsupported::owner(repo, &facts.dir)? };
        match owner {
            Some((file, language)) => others.push((
                facts,
                format!(
                    "{file} says that the application is written in {language}, which dockgen does \
                     not support yet"
                ),
            )),
            None => taken.push(facts),
        }
    }
    Ok(())
}

/// A manifest's path that is not a file.
fn no_file(repo: &Repo, start: &RelPath) -> Option<anyhow::Error> {
    let (path, entry) = repo.below(start).find(|(path, entry)| {
        *entry != Entry::File
            && LANGUAGES.iter().any(|language| language.markers.contains(&path.file_name()))
    })?;
    let what = match entry {
        Entry::Dir => "a folder",
        Entry::Symlink(None) => "a symlink that points outside the repository",
        Entry::Symlink(_) => "a symlink",
        _ => "a socket, pipe or device",
    };
    Some(anyhow::anyhow!(
        "no application found: {path} is {what}, not a file: put the manifest itself there"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Evidence, FrontEnd, Sourced};

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
            programs: program
                .map(|kind| Program::new("p", "p", kind, evidence))
                .into_iter()
                .collect(),
            manifests: Vec::new(),
            build_args: Vec::new(),
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
        let found = Found { apps: found, ..Found::default() };
        choose(&Repo::from_files([("x", "")]), &RelPath::root(), found, &wanted, false)
    }

    #[test]
    fn a_site_does_not_stand_for_a_service_below_it() {
        let mut service = app("api", "a", Some(Kind::Service), "api");
        let found = |service: &Facts| vec![app("", "b", Some(Kind::Site), ""), service.clone()];
        // Nothing says that it listens.
        assert_eq!(dirs(&choose_from(found(&service), &[]).unwrap()), [".:b"]);
        service.programs[0].port = Some(Sourced::assumed(8080));
        let both = [".:b", "api:a"];
        assert_eq!(dirs(&choose_from(found(&service), &[]).unwrap()), both);
        let mut all = found(&service);
        all[0].programs[0].kind = Kind::Service;
        assert_eq!(dirs(&choose_from(all, &[]).unwrap()), [".:b"]);
    }

    #[test]
    fn a_front_end_is_built_with_its_program() {
        let front_end = |dir: &str, language: &str| {
            let (language, script) = (language.to_owned(), "build".to_owned());
            let path = |text: &str| RelPath::new(text).unwrap();
            Sourced::assumed(FrontEnd {
                language,
                dir: path(dir),
                script,
                output: path("dist"),
                moved_from: None,
                opened: None,
            })
        };
        let mut server = app("", "a", Some(Kind::Command), "");
        server.programs[0].front_ends = vec![front_end("", "b"), front_end("web", "b")];
        // A page beside it would be likelier than a command that only waits.
        let found = vec![
            server,
            app("", "b", Some(Kind::Site), ""),
            app("web", "b", Some(Kind::Site), "web"),
        ];
        let chosen = choose_from(found, &[]).unwrap();
        assert_eq!(dirs(&chosen), [".:a"]);
        assert!(
            chosen.others.iter().all(|(_, why)| why.contains("the front end of")),
            "{:?}",
            chosen.others
        );
        assert!(chosen.assumptions.is_empty());
    }

    fn search_in(files: &[(&str, &str)], wanted: &[&str]) -> Result<Selection> {
        let repo = Repo::from_files(files.iter().copied());
        let wanted: Vec<String> = wanted.iter().map(|w| (*w).to_owned()).collect();
        let found =
            search(&repo, &RelPath::root(), !wanted.is_empty(), &|_| Ok(false), Vec::new())?;
        choose(&repo, &RelPath::root(), found, &wanted, false)
    }

    const GO: (&str, &str) = ("go.mod", "module example.com/app\n\ngo 1.27\n");
    const MAIN: &str = "package main\n\nfunc main() {}\n";
    const BROKEN: &str = "{ broken";

    #[test]
    fn fixtures_are_not_asked_beside_an_application() {
        let files = [
            GO,
            ("main.go", MAIN),
            ("tests/fixtures/a/package.json", BROKEN),
            ("tests/fixtures/b/package.json", "{}"),
            ("web/examples/c/package.json", BROKEN),
        ];
        let selection = search_in(&files, &[]).unwrap();
        assert_eq!(dirs(&selection), [".:go"]);
        assert!(selection.others.is_empty() && selection.unread.is_empty(), "{selection:?}");
        let path = |text: &str| RelPath::new(text).unwrap();
        assert_eq!(
            selection.aside(&RelPath::root()),
            [(path("tests"), 2), (path("web/examples"), 1)]
        );
        // A person who names an application gets its error.
        let error = |wanted: &str| format!("{:#}", search_in(&files, &[wanted]).unwrap_err());
        assert!(
            error("tests/fixtures/a").starts_with("tests/fixtures/a/package.json:1"),
            "{}",
            error("tests/fixtures/a")
        );
        assert!(
            error("nope").contains("no such application")
                && error("nope").contains("web/examples/c/package.json")
        );
        assert_eq!(dirs(&search_in(&files, &["app"]).unwrap()), [".:go"]);
    }

    #[test]
    fn a_broken_manifest_stops_its_own_folder_alone() {
        let broken = ("web/package.json", BROKEN);
        for files in [
            vec![GO, ("main.go", MAIN), broken],
            vec![("api/go.mod", GO.1), ("api/main.go", MAIN), broken],
        ] {
            let selection = search_in(&files, &[]).unwrap();
            assert_eq!((selection.taken.len(), selection.failed()), (1, true), "{selection:?}");
            assert!(selection.unread[0].why.contains("web/package.json:1"), "{selection:?}");
        }
        for files in [
            // It is in the folder of the selected application.
            vec![GO, ("main.go", MAIN), ("package.json", BROKEN)],
            // There is nothing else.
            vec![("examples/a/package.json", BROKEN)],
        ] {
            let error = format!("{:#}", search_in(&files, &[]).unwrap_err());
            assert!(error.contains("package.json:1"), "{error}");
        }
        // Nothing else can be started, so examples are read, and a broken one is skipped.
        let files = [
            ("examples/a/go.mod", GO.1),
            ("examples/a/main.go", MAIN),
            ("examples/b/package.json", BROKEN),
        ];
        let error = format!("{:#}", search_in(&files, &[]).unwrap_err());
        assert!(
            error.contains("examples/a (lies under examples/)") && error.contains("--app"),
            "{error}"
        );
    }

    #[test]
    fn the_paths_own_application_comes_first() {
        let found = vec![
            app("", "node", Some(Kind::Service), ""),
            app("client", "node", Some(Kind::Site), "client"),
        ];
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
        let found =
            vec![app("", "go", Some(Kind::Service), ""), app("", "node", Some(Kind::Site), "")];
        let selection = choose_from(found.clone(), &[]).unwrap();
        assert_eq!(dirs(&selection), [".:go"]);
        assert!(selection.assumptions[0].contains("--app node"), "{:?}", selection.assumptions);
        assert_eq!(dirs(&choose_from(found, &["node"]).unwrap()), [".:node"]);
    }

    #[test]
    fn what_cannot_be_planned_yet_stops_its_own_folder_alone() {
        let choose_with = |dir: &str, apps: Vec<Facts>| {
            let error = anyhow::Error::from(Unsupported("not yet".to_owned()));
            let broken = vec![(RelPath::new(dir).unwrap(), error)];
            let found = Found { apps, broken, aside: Vec::new() };
            choose(&Repo::from_files([("x", "")]), &RelPath::root(), found, &[], false)
        };
        let other = || vec![app("web", "go", Some(Kind::Service), "web")];
        let taken = choose_with("api", other()).unwrap();
        assert_eq!((taken.taken.len(), taken.unread.len()), (1, 1));
        assert_eq!(choose_with("", other()).unwrap_err().to_string(), "not yet");
        assert_eq!(choose_with("api", Vec::new()).unwrap_err().to_string(), "not yet");
    }

    #[test]
    fn nothing_found_says_what_was_looked_for() {
        let error = |files: &[(&str, &str)]| {
            choose(
                &Repo::from_files(files.iter().copied()),
                &RelPath::root(),
                Found::default(),
                &[],
                false,
            )
            .unwrap_err()
            .to_string()
        };
        assert!(error(&[]).contains("is empty"));
        let text = error(&[("Gemfile", ""), ("a/mix.exs", "")]);
        assert!(text.contains("Gemfile (Ruby)") && text.contains("a/mix.exs (Elixir)"), "{text}");
        let text = error(&[("README", "")]);
        assert!(text.contains("looked for") && text.contains("go.mod"), "{text}");
        let only_examples =
            choose_from(vec![app("examples/a", "go", Some(Kind::Command), "examples/a")], &[]);
        assert!(only_examples.unwrap_err().to_string().contains("--app"));
    }
}

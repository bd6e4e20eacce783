//! What answers add to an image beside the program: files, a health command, commands before the
//! start, and rows of the .dockerignore.

use anyhow::Result;

use super::decisions;
use crate::ask::{Unfit, carried_files, id};
use crate::detect::Chosen;
use crate::docker::ignore::{IgnoreFile, literal};
use crate::facts::{Finding, FindingCode, Program, Sourced};
use crate::path::{RelPath, is_at_or_below};
use crate::plan::words::{ContainerPath, Line};
use crate::plan::{Artifact, Build, Decision, resolve, split_words};
use crate::repo::excerpt;
use crate::secrets;

/// Folders of the kernel, which hide what an image contains there.
const MOUNTED: [&str; 3] = ["/dev", "/proc", "/sys"];

/// Programs that fetch an address, which images do not have by themselves, and families that do.
const FETCHING: [(&str, &[&str]); 2] = [("curl", &[]), ("wget", &["alpine"])];

/// What the answers add.
#[derive(Default)]
pub(super) struct Added {
    pub(super) artifacts: Vec<Artifact>,
    /// The command that builds, in place of the language's own.
    pub(super) build_command: Option<Line>,
    /// Words to add to the command of the build tool.
    pub(super) build_flags: Vec<Line>,
    /// The command of HEALTHCHECK.
    pub(super) health: Vec<Line>,
    /// Paths that the build context must contain, relative to it.
    pub(super) keep: Vec<Line>,
    /// Rows of the .dockerignore.
    pub(super) hide: Vec<Line>,
    pub(super) decisions: Vec<Decision>,
}

/// Reads the answers.
///
/// # Errors
/// If one does not fit the repository or the image.
pub(super) fn of(chosen: &Chosen, build: &Build) -> Result<Added> {
    let mut added = Added::default();
    let answers = chosen.answers;
    let decide = |what: &str, value: String, id: &str| {
        decisions::answered(decisions::found(what, Sourced::assumed(value), ""), id, answers)
    };
    for file in carried_files(answers.get(id::FILE).unwrap_or_default())? {
        let (path, src) = inside(chosen, id::FILE, &file.source)?;
        let way = file.dest.clone().unwrap_or_else(|| path.relative_to(&chosen.facts.dir));
        let dest = destination(chosen, build, &path, &way)?;
        added.decisions.push(decide("carried file", format!("{path} to {dest}"), id::FILE));
        added.artifacts.push(Artifact::new(None, &src, dest.as_str())?);
    }
    for path in answers.list(id::CONTEXT_KEEP) {
        let (path, way) = inside(chosen, id::CONTEXT_KEEP, &path)?;
        added.decisions.push(decide(id::CONTEXT_KEEP, path.to_string(), id::CONTEXT_KEEP));
        added.keep.push(Line::new(way)?);
    }
    for row in answers.list(id::CONTEXT_HIDE) {
        let row = pattern(chosen, &row);
        added.decisions.push(decide(id::CONTEXT_HIDE, row.clone(), id::CONTEXT_HIDE));
        added.hide.push(Line::new(row)?);
    }
    for id in [id::NO_WRITABLE, id::PACKAGE, id::BUILD_PACKAGE] {
        added.decisions.extend(answers.list(id).into_iter().map(|item| decide(id, item, id)));
    }
    for id in
        [id::BUILD_COMMAND, id::BUILD_OUTPUT, id::BUILD_FLAGS, id::HEALTH_COMMAND, id::BEFORE_START]
    {
        let given = answers.get(id).filter(|answer| !answer.trim().is_empty());
        added.decisions.extend(given.map(|answer| decide(id, answer.to_owned(), id)));
    }
    added.health = health(chosen)?;
    let command = answers.get(id::BUILD_COMMAND).filter(|command| !command.trim().is_empty());
    added.build_command = command.map(Line::new).transpose()?;
    let flags = split_words(answers.get(id::BUILD_FLAGS).unwrap_or_default())?;
    added.build_flags = flags.iter().map(Line::new).collect::<Result<_, _>>()?;
    let made = answers.get(id::BUILD_OUTPUT).is_some_and(|path| !path.is_empty());
    if made && added.build_command.is_none() {
        let why = "it names what `build-command` makes, and that has no answer: give both";
        return Err(Unfit { id: id::BUILD_OUTPUT, why: why.to_owned() }.into());
    }
    Ok(added)
}

/// Adds the files before the program, whose layer changes most often, or after it if they replace
/// something of it.
pub(super) fn place(added: Vec<Artifact>, artifacts: &mut Vec<Artifact>, program_at: usize) {
    let (last, first): (Vec<_>, Vec<_>) = added
        .into_iter()
        .partition(|file| artifacts[program_at..].iter().any(|held| file.is_within(held)));
    artifacts.extend(last);
    artifacts.splice(program_at..program_at, first);
}

/// A path that an answer names: in the repository, and relative to the build context. It must be in
/// both, and no secret.
fn inside(chosen: &Chosen, id: &'static str, named: &str) -> Result<(RelPath, String)> {
    let (repo, context) = (chosen.repo, &chosen.facts.context);
    let shown = excerpt(named);
    let unfit = |why: String| Unfit { id, why };
    let Some(path) = chosen.facts.dir.join(named) else {
        return Err(unfit(format!(
            "`{shown}` leads out of the repository, and a build reads nothing outside of it: copy \
             it into the repository"
        ))
        .into());
    };
    if !repo.exists(&path) {
        return Err(unfit(format!(
            "`{shown}` is not in the repository, or git ignores it, so a build elsewhere does not \
             have it: name a file or folder that is there, relative to {}",
            chosen.facts.dir
        ))
        .into());
    }
    let Some(way) = path.strip(context).filter(|way| !way.is_empty()) else {
        return Err(unfit(format!(
            "`{shown}` is not below the build context {context}: name something in it"
        ))
        .into());
    };
    let mut secret = IgnoreFile::default();
    for row in secrets::catalog()?.hidden() {
        secret.push(row)?;
    }
    if secret.hides(way) || secrets::literals(repo)?.contains_key(&path) {
        return Err(unfit(format!(
            "`{shown}` holds secrets, and everybody with the image can read them: leave it out, \
             and mount it when the container starts (`docker run -v`)"
        ))
        .into());
    }
    Ok((path.clone(), way.to_owned()))
}

/// Where a file or folder lies in the image.
fn destination(chosen: &Chosen, build: &Build, path: &RelPath, way: &str) -> Result<ContainerPath> {
    let unfit = |why: String| Unfit { id: id::FILE, why };
    let into = if way.ends_with('/') && chosen.repo.is_file(path) {
        format!("{way}{}", path.file_name())
    } else {
        way.to_owned()
    };
    let workdir = build.start_in.as_ref().unwrap_or(&build.workdir);
    let resolved = resolve(workdir, &into).ok().and_then(|dest| {
        let parts: Vec<&str> =
            dest.as_str().split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        ContainerPath::new(format!("/{}", parts.join("/"))).ok()
    });
    let Some(dest) = resolved else {
        return Err(unfit(format!(
            "`{}` leads out of the image: give an absolute path, or one relative to {workdir}",
            excerpt(way)
        ))
        .into());
    };
    let below = |folder: &&str| is_at_or_below(dest.as_str(), folder);
    if dest.as_str() == "/" || MOUNTED.iter().any(below) {
        return Err(unfit(format!(
            "`{}` cannot hold files of the image: the container's system is there; name a folder \
             of the program's own, such as {workdir}/{}",
            excerpt(way),
            path.file_name()
        ))
        .into());
    }
    if build.entrypoint.first().is_some_and(|program| program == dest.as_str()) {
        return Err(
            unfit(format!("`{}` is the program itself: name another path", excerpt(way))).into()
        );
    }
    Ok(dest)
}

/// A row of the .dockerignore, relative to the context.
fn pattern(chosen: &Chosen, row: &str) -> String {
    let app = chosen.facts.dir.strip(&chosen.facts.context).unwrap_or_default();
    match literal(app).filter(|app| !app.is_empty() && !row.starts_with("**/")) {
        Some(app) => format!("{app}/{}", row.trim_start_matches('/')),
        None => row.to_owned(),
    }
}

/// Folders of `no-writable` that nothing takes for written: a slip, or a detection that has changed.
pub(super) fn unused(
    chosen: &Chosen,
    detected: &Program,
    build: &Build,
) -> Result<Option<Finding>> {
    let full = |folder: &str| resolve(&build.workdir, folder.trim_end_matches('/'));
    let stated = chosen.answers.list(id::WRITABLE);
    let found = detected.writable.iter().map(|folder| folder.value.as_str());
    let written = stated.iter().map(String::as_str).chain(found);
    let written = written.map(full).collect::<Result<Vec<_>>>()?;
    for folder in chosen.answers.list(id::NO_WRITABLE) {
        let kept = full(&folder)?;
        if !written.iter().any(|path| is_at_or_below(path.as_str(), kept.as_str())) {
            let what = format!(
                "`{}` in no-writable is no folder that the image makes writable",
                excerpt(&folder)
            );
            return Ok(Some(Finding::new(FindingCode::AnswerUnused, what, [])));
        }
    }
    if chosen.answers.get(id::DEV) == Some("yes") && build.dev.is_none() {
        let what = "there is no `development` stage: dockgen knows no command that runs this \
                    application from its sources";
        return Ok(Some(
            Finding::new(FindingCode::AnswerUnused, what, [])
                .with_fix("leave out --dev, or remove `dev` with `dockgen answer --unset dev`"),
        ));
    }
    Ok(None)
}

/// The command of HEALTHCHECK, which runs without a shell.
fn health(chosen: &Chosen) -> Result<Vec<Line>> {
    let mut words = split_words(chosen.answers.get(id::HEALTH_COMMAND).unwrap_or_default())?;
    let row = &chosen.base.row;
    let Some(first) = words.first_mut() else { return Ok(Vec::new()) };
    if let Some(path) = &row.interpreter
        && path.rsplit('/').next() == Some(first.as_str())
    {
        // It is not on the PATH of every base.
        first.clone_from(path);
    }
    let unfit = |why: String| Unfit { id: id::HEALTH_COMMAND, why };
    let shown = excerpt(first);
    if !first.contains('/') && !row.shell {
        return Err(unfit(format!(
            "`{shown}` is not in the image: {} holds no programs beside the application's; give \
             the program's own command by its absolute path, or set --base alpine or debian",
            row.family
        ))
        .into());
    }
    if FETCHING.iter().any(|(name, held)| name == first && !held.contains(&row.family.as_str()))
        && !chosen.base.packages.contains(first)
    {
        return Err(unfit(format!("`{shown}` is not in the image: add --package {shown}")).into());
    }
    Ok(words.iter().map(Line::new).collect::<Result<_, _>>()?)
}

/// The command line, behind the commands that run before it. The shell that ran them is replaced by
/// the program, so that signals reach it.
pub(super) fn started(before: Option<&str>, program: &[String]) -> Vec<String> {
    let before = before.map(str::trim).unwrap_or_default();
    if before.is_empty() {
        return program.to_vec();
    }
    let script = format!("{} && exec \"$@\"", before.trim_end_matches([';', ' ']));
    let mut words = ["/bin/sh", "-c"].map(str::to_owned).to_vec();
    words.extend([script, "sh".to_owned()]);
    words.extend(program.iter().cloned());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{Answers, Origin};
    use crate::context::{Existing, plan_ignore};
    use crate::docker::parse::parse;
    use crate::plan::Plan;
    use crate::repo::Repo;
    use crate::{detect, planning, render};

    const CODE: &str = "require('http').createServer().listen(3000)";

    fn repo() -> Repo {
        let files = [
            ("package.json", r#"{"scripts": {"start": "node a.js"}}"#),
            ("a.js", CODE),
            ("locales/de.json", "{}"),
            ("conf/a b$[1].yml", ""),
            (".env", "A=1"),
            ("big/x.bin", ""),
        ];
        Repo::from_files(files)
    }

    fn planned(given: &[(&str, &str)]) -> Result<Plan> {
        let repo = repo();
        let facts = detect::scan(&repo, &RelPath::root()).unwrap().remove(0);
        let mut answers = Answers::default();
        for (id, value) in given {
            answers.set(id, *value, Origin::File);
        }
        planning::make(&repo, &facts, &answers)
    }

    fn text(given: &[(&str, &str)]) -> String {
        render::dockerfile(&planned(given).unwrap(), &[]).unwrap()
    }

    #[test]
    fn files_go_where_a_person_says() {
        let given = [(id::FILE, "locales=/usr/share/x,locales=l10n,conf/a b$[1].yml=conf/")];
        let plan = planned(&given).unwrap();
        let carried: Vec<&str> = plan.artifacts.iter().map(|a| a.dest.as_str()).collect();
        for dest in ["/usr/share/x", "/app/l10n", "/app/conf/a b$[1].yml"] {
            assert!(carried.contains(&dest), "{carried:?}");
        }
        let decision = plan.decisions.iter().find(|d| d.value.contains("/usr/share/x")).unwrap();
        assert_eq!((decision.origin, decision.why.as_str()), (Origin::File, "set in dockgen.toml"));
        let dockerfile = text(&given);
        assert!(dockerfile.contains("COPY locales /usr/share/x"), "{dockerfile}");
        assert!(parse(&dockerfile).is_ok());
    }

    #[test]
    fn files_inside_a_written_folder_belong_to_the_user() {
        // The COPY makes /srv/x, and WORKDIR leaves its owner as it is.
        let dockerfile =
            text(&[(id::FILE, "locales=/srv/x/l,conf=/srv/y"), (id::WRITABLE, "/srv/x")]);
        let copy = |dest: &str| dockerfile.lines().find(|line| line.ends_with(dest)).unwrap();
        assert!(copy("/srv/x/l").contains("--chown=65532:65532"), "{dockerfile}");
        assert!(!copy("/srv/y").contains("--chown"), "{dockerfile}");
        assert!(dockerfile.contains("WORKDIR /srv/x\n"), "{dockerfile}");
    }

    #[test]
    fn what_does_not_fit_is_the_answers_fault() {
        for (id, value, says) in [
            (id::FILE, "missing=/x", "not in the repository"),
            (id::FILE, "../../etc/passwd=/x", "leads out of the repository"),
            (id::FILE, ".=/x", "not below the build context"),
            (id::FILE, ".env=/x", "holds secrets"),
            (id::FILE, "locales=/", "cannot hold files"),
            (id::FILE, "locales=/proc/x", "cannot hold files"),
            (id::FILE, "locales=../../x", "leads out of the image"),
            (id::CONTEXT_KEEP, "missing", "not in the repository"),
            (id::CONTEXT_KEEP, ".env", "holds secrets"),
            (id::HEALTH_COMMAND, "curl -f http://localhost", "not in the image"),
            (id::FRONT_END, "missing:build:dist", "no folder of the repository"),
            (id::FRONT_END, "locales:build:dist", "no manifest"),
        ] {
            let error = planned(&[(id, value)]).unwrap_err();
            let unfit = error.downcast_ref::<Unfit>().unwrap();
            assert!(unfit.id == id && unfit.why.contains(says), "{id} {value}: {unfit}");
        }
    }

    #[test]
    fn the_health_command_is_in_exec_form() {
        let given = [(id::HEALTH_COMMAND, "node -e 'fetch(\"http://localhost:3000/$x\")'")];
        let dockerfile = text(&given);
        let at = dockerfile.find("HEALTHCHECK CMD [\"/").unwrap();
        assert!(at < dockerfile.find("ENTRYPOINT").unwrap(), "{dockerfile}");
        assert!(text(&[(id::HEALTH_COMMAND, "wget -q x"), (id::BASE, "alpine")]).contains("wget"));
        let added = [(id::HEALTH_COMMAND, "curl x"), (id::BASE, "debian"), (id::PACKAGE, "curl")];
        assert!(text(&added).contains("CMD [\"curl\", \"x\"]"));
        assert!(planned(&added[..2]).is_err());
    }

    #[test]
    fn commands_before_the_start_make_way_for_the_program() {
        let plan = planned(&[(id::BEFORE_START, "node m.js 'a b' $X;")]).unwrap();
        assert!(plan.runtime.shell);
        let words: Vec<&str> = plan.runtime.entrypoint.iter().map(Line::as_str).collect();
        let at = words.iter().position(|word| *word == "/bin/sh").unwrap();
        assert_eq!(words[at + 1..at + 4], ["-c", "node m.js 'a b' $X && exec \"$@\"", "sh"]);
        assert!(words[at + 4].ends_with("/node"), "{words:?}");
    }

    #[test]
    fn the_context_holds_and_hides_what_a_person_says() {
        let plan = planned(&[(id::CONTEXT_KEEP, "big/x.bin"), (id::CONTEXT_HIDE, "conf")]).unwrap();
        let path = RelPath::new(".dockerignore").unwrap();
        let theirs = Existing { file: &path, text: "big\n" };
        let ignore = plan_ignore(&repo(), &plan, &path, Some(theirs), None).unwrap();
        let read = IgnoreFile::parse(&ignore.text).unwrap();
        assert!(read.hides("conf/a b$[1].yml") && !read.hides("big/x.bin"), "{}", ignore.text);
        let plan = planned(&[(id::FILE, "locales"), (id::CONTEXT_HIDE, "locales")]).unwrap();
        let error = plan_ignore(&repo(), &plan, &path, None, None).unwrap_err();
        assert!(error.to_string().contains("which the Dockerfile copies"), "{error}");
    }

    #[test]
    fn folders_are_taken_from_those_that_are_written() {
        let given = [(id::WRITABLE, "data,cache,/var/x"), (id::NO_WRITABLE, "./data/,/app/cache")];
        let plan = planned(&given).unwrap();
        let kept: Vec<&str> = plan.runtime.writable.iter().map(ContainerPath::as_str).collect();
        assert_eq!(kept, ["/var/x"]);
        assert!(plan.findings.iter().all(|f| f.code != FindingCode::AnswerUnused));
        let plan = planned(&[(id::NO_WRITABLE, "/data")]).unwrap();
        let unused = plan.findings.iter().find(|f| f.code == FindingCode::AnswerUnused).unwrap();
        assert!(unused.what.contains("`/data`"), "{}", unused.what);
    }
}

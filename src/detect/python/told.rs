//! How the repository itself starts its programs: lines of Procfiles, compose files, units and
//! documentation, as far as they name something that Python runs.

mod image;
pub(super) mod scripts;
mod tasks;

use anyhow::Result;

use super::{App, is_script};
use crate::docker::quote;
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;
use crate::recipes::{self, READMES, Recipe};

/// What a line starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// `shop.main:app`, for a server.
    Object(String),
    /// `python -m shop`
    Module(String),
    /// `python worker.py`, `streamlit run app.py`
    File(String),
    /// A command of the environment.
    Command(String),
    /// `python manage.py runserver`
    Manage,
    /// `pserve production.ini`, `gunicorn --paste production.ini`
    Paste(String),
}

impl Target {
    /// True for code that a line names: an object, a module or a file.
    fn is_code(&self) -> bool {
        matches!(self, Self::Object(_) | Self::Module(_) | Self::File(_))
    }
}

/// A line that starts something.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) target: Target,
    /// The arguments in brackets that the object is called with: `('live')`.
    pub(super) call: Option<String>,
    /// The words behind the target.
    pub(super) rest: Vec<String>,
    /// The words between the command and the target.
    pub(super) flags: Vec<String>,
    /// The command: `gunicorn`.
    pub(super) command: String,
    /// What the line is called: `web`, `worker`.
    pub(super) name: String,
    /// Why the line needs a shell, beside its variables.
    pub(super) shell: Option<&'static str>,
    /// The shell file that it stands in, and what that does beside it.
    pub(super) script: Option<RelPath>,
    pub(super) left: Vec<Evidence>,
    pub(super) documented: bool,
    pub(super) evidence: Evidence,
}

impl Told {
    /// The arguments of the line, if none of them is a variable.
    pub(super) fn arguments(&self) -> Option<Sourced<String>> {
        let open = self.rest.iter().any(|word| word.contains(['$', '`']));
        (!self.rest.is_empty() && !open)
            .then(|| Sourced::new(quote::shell_words(&self.rest), self.evidence.clone()))
    }
}

/// Commands before another command.
const WRAPPERS: [&[&str]; 12] = [
    &["poetry", "run"],
    &["uv", "run"],
    &["pdm", "run"],
    &["pipenv", "run"],
    &["hatch", "run"],
    &["rye", "run"],
    &["newrelic-admin", "run-program"],
    &["ddtrace-run"],
    &["opentelemetry-instrument"],
    &["exec"],
    &["tini", "--"],
    &["dumb-init", "--"],
];

/// Options of wrappers that take the next word.
const VALUED: [&str; 9] = [
    "--directory",
    "--env-file",
    "--extra",
    "--group",
    "--only-group",
    "--package",
    "--project",
    "--python",
    "--with",
];

/// Servers that take `module:object`.
const SERVERS: [&str; 8] =
    ["gunicorn", "uvicorn", "hypercorn", "granian", "daphne", "waitress-serve", "uwsgi", "sanic"];

/// Every line that names something of Python's, strongest first.
pub(super) fn told(app: &App) -> Result<Vec<Told>> {
    let runs = recipes::starts(app.dir.repo, &app.dir.path)?;
    let mut all: Vec<Told> = Vec::new();
    for run in &runs {
        let script = scripts::named(app, &run.words);
        let followed = script.map(|path| scripts::started(app, &path)).transpose()?.flatten();
        let Some(mut one) = followed.or_else(|| {
            let mut one = read(&run.words)?;
            one.evidence = run.evidence.clone();
            one.shell = run.shell.filter(|why| !why.contains("variable"));
            Some(one)
        }) else {
            continue;
        };
        // A service with an image of its own is not started from this code, unless it names a module.
        if run.image.is_some() && !is_own(app, &one.target) {
            continue;
        }
        one.name.clone_from(&run.name);
        one.documented = run.by == Recipe::Docs && one.script.is_none();
        if !all.iter().any(|held| held.target == one.target) {
            all.push(one);
        }
    }
    let (documented, mut stated): (Vec<Told>, Vec<Told>) =
        all.into_iter().partition(|one| one.documented);
    // A task says more often than a line of the documentation which port is meant.
    for one in tasks::settings(app)?.into_iter().chain(tasks::lines(app)?).chain(documented) {
        if !stated.iter().any(|held| held.target == one.target) {
            stated.push(one);
        }
    }
    if let Some(one) = space(app)?
        && !stated.iter().any(|held| held.target == one.target)
    {
        stated.insert(0, one);
    }
    stated.extend(shown(app, &stated)?);
    let mut all = stated;
    image::first(app, &mut all)?;
    let usual = scripts::usual(app).map(|path| scripts::started(app, &path)).transpose()?;
    // One of a usual name says how the program starts, unless something else does.
    let stated = |held: &Told| !held.documented;
    if let Some(one) = usual.flatten().filter(|_| !all.iter().any(stated)) {
        all.insert(0, one);
    }
    Ok(all)
}

/// The file that a Space of Hugging Face starts, as the head of the README says.
/// <https://huggingface.co/docs/hub/spaces-config-reference>
fn space(app: &App) -> Result<Option<Told>> {
    let readme = READMES.iter().find_map(|name| app.dir.text(name).transpose()).transpose()?;
    let Some((path, text)) = readme else { return Ok(None) };
    let mut lines = (1..).zip(text.lines());
    if lines.next().is_none_or(|(_, line)| line.trim() != "---") {
        return Ok(None);
    }
    let (mut kit, mut file) = ("", None);
    for (number, line) in lines.take_while(|(_, line)| line.trim() != "---") {
        match line.split_once(':').map(|(key, value)| (key.trim(), value.trim())) {
            Some(("sdk", value)) => kit = value,
            Some(("app_file", value)) if is_script(value) => file = Some((number, value)),
            _ => {}
        }
    }
    let Some((number, file)) = file.filter(|_| ["gradio", "streamlit"].contains(&kit)) else {
        return Ok(None);
    };
    let at = Evidence::at(&path, number, "the Space starts it");
    let one = made(Target::File(file.to_owned()), &[kit], 1);
    Ok(Some(Told { evidence: at, name: "web".to_owned(), ..one }))
}

/// Lines that documentation shows in its sentences, beside those that are `known`.
fn shown(app: &App, known: &[Told]) -> Result<Vec<Told>> {
    let mut all: Vec<Told> = Vec::new();
    for run in recipes::shown(app.dir.repo, &app.dir.path)? {
        let Some(one) = read(&run.words).filter(|_| run.image.is_none()) else { continue };
        if one.target.is_code() && !known.iter().chain(&all).any(|held| held.target == one.target) {
            all.push(Told { documented: true, evidence: run.evidence, ..one });
        }
    }
    Ok(all)
}

/// True for an object whose module lies in a folder that modules are imported from.
fn is_own(app: &App, target: &Target) -> bool {
    let Target::Object(object) = target else { return false };
    let way = object.split(':').next().unwrap_or_default().replace('.', "/");
    let files = [format!("{way}.py"), format!("{way}/__init__.py")];
    let mut places = app.roots.iter().flat_map(|root| files.iter().map(|file| root.join(file)));
    places.any(|path| path.is_some_and(|path| app.dir.repo.is_file(&path)))
}

/// What the words start.
fn read(words: &[String]) -> Option<Told> {
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.drain(
        ..words.iter().take_while(|word| word.contains('=') && !word.starts_with('-')).count(),
    );
    while let Some(wrapper) = WRAPPERS.iter().find(|wrapper| words.starts_with(wrapper)) {
        words.drain(..wrapper.len());
        // Options of the wrapper.
        while let Some(option) = words.first().filter(|word| word.starts_with('-')) {
            let valued = VALUED.contains(option);
            words.drain(..words.len().min(1 + usize::from(valued)));
        }
    }
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let mut first = name(words.first()?);
    // `python -m gunicorn` is the same server as `gunicorn`.
    if first.starts_with("python") && words.get(1) == Some(&"-m") {
        words.drain(..2);
        (*words.first()?).clone_into(&mut first);
        let known = SERVERS.contains(&first.as_str())
            || ["streamlit", "flask", "fastapi", "celery", "chainlit"].contains(&first.as_str());
        if !known {
            return Some(made(Target::Module(first), &words, 1));
        }
    }
    if first.starts_with("python") {
        let at = (1..words.len()).find(|&at| !words[at].starts_with('-'))?;
        let file = words[at];
        if file.ends_with("manage.py") {
            // Any other command of manage.py runs once and is no program of the image.
            let serves = words.get(at + 1).is_some_and(|word| word.starts_with("runserver"));
            return serves.then(|| made(Target::Manage, &words, at + 2));
        }
        let file = file.trim_start_matches("./");
        let target = Target::File(file.to_owned());
        return is_script(file).then(|| made(target, &words, at + 1));
    }
    if let Some((file, rest)) = pasted(&first, &words) {
        let words = [&words[..1], &rest].concat();
        return Some(made(Target::Paste(file), &words, 1));
    }
    if SERVERS.contains(&first.as_str()) {
        let like = |word: &&str| {
            let word = called(word).0;
            let (module, object) = word.split_once(':').unwrap_or((word, "application"));
            let plain = |text: &str| {
                !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "._".contains(c))
            };
            plain(module)
                && plain(object)
                && !module.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                && (word.contains(':') || module.contains('.'))
                && object.parse::<u16>().is_err()
        };
        let at = (1..words.len()).rev().find(|&at| like(&words[at]) && !is_value(words[at - 1]))?;
        let (object, call) = called(words[at]);
        let object =
            if object.contains(':') { object.to_owned() } else { format!("{object}:application") };
        let call = call.map(str::to_owned);
        return Some(Told { call, ..made(Target::Object(object), &words, at + 1) });
    }
    if let Some(found) = by_framework(&first, &words) {
        return Some(found);
    }
    if let ("fastapi", Some("run")) = (first.as_str(), words.get(1).copied()) {
        let at = (2..words.len()).find(|&at| is_script(words[at]))?;
        let named = words.iter().position(|word| *word == "--app");
        let object = named.and_then(|at| words.get(at + 1)).unwrap_or(&"app");
        let module = words[at].trim_start_matches("./").trim_end_matches(".py").replace('/', ".");
        let target = Target::Object(format!("{module}:{object}"));
        let words = [&words[..1], &words[at..]].concat();
        return Some(made(target, &words, 2));
    }
    match (first.as_str(), words.get(1).copied()) {
        ("streamlit" | "fastapi" | "chainlit", Some("run" | "dev")) => {
            let at = (2..words.len()).find(|&at| is_script(words[at]))?;
            Some(made(Target::File(words[at].trim_start_matches("./").to_owned()), &words, at + 1))
        }
        (
            "flask" | "fastapi" | "streamlit" | "celery" | "docker" | "pip" | "pytest" | "alembic",
            _,
        ) => None,
        _ => Some(made(Target::Command(first), &words, 1)),
    }
}

/// `flask --app shop run`, `litestar --app shop.web:app run --port 8080`
fn by_framework(first: &str, words: &[&str]) -> Option<Told> {
    let known = ["flask", "litestar", "quart"].contains(&first);
    let run = words.iter().position(|word| *word == "run").filter(|_| known)?;
    let named = words[..run].iter().enumerate().find_map(|(at, word)| match *word {
        "--app" | "-A" => words.get(at + 1).copied(),
        word => word.strip_prefix("--app="),
    })?;
    let named = named.trim_end_matches(".py");
    let object = if named.contains(':') { named.to_owned() } else { format!("{named}:app") };
    let words = [&words[..1], &words[run..]].concat();
    Some(made(Target::Object(object), &words, 2))
}

/// The file of Paste Deploy that a line starts, and the words beside it.
fn pasted<'w>(first: &str, words: &[&'w str]) -> Option<(String, Vec<&'w str>)> {
    let flags = ["--paste", "--paster"];
    let plain = |file: &str| file.split('#').next().unwrap_or_default().to_owned();
    for (at, word) in words.iter().enumerate().skip(1) {
        let value = match (first, word.split_once('=')) {
            ("gunicorn", Some((flag, file))) if flags.contains(&flag) => Some((file, at)),
            ("gunicorn", None) if flags.contains(word) => Some((*words.get(at + 1)?, at + 1)),
            ("pserve", None) if word.split('#').next()?.rsplit('.').next() == Some("ini") => {
                Some((*word, at))
            }
            _ => None,
        };
        if let Some((file, last)) = value {
            return Some((plain(file), [&words[1..at], &words[last + 1..]].concat()));
        }
    }
    None
}

/// True for an option that takes the next word: `-k`, `--bind`, and not `-w4`.
fn is_value(word: &str) -> bool {
    word.starts_with('-')
        && (word.starts_with("--") || word.len() == 2)
        && !word.contains('=')
        && !["--reload", "--factory", "--preload"].contains(&word)
}

/// An object, and the arguments in the brackets behind it, if those are texts and numbers.
fn called(word: &str) -> (&str, Option<&str>) {
    let word = word.trim_end_matches("()");
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.,=' \"()".contains(c);
    match word.find('(').map(|at| word.split_at(at)) {
        Some((object, call)) if call.ends_with(')') && call.chars().all(plain) => {
            (object, Some(call))
        }
        _ => (word, None),
    }
}

fn made(target: Target, words: &[&str], rest: usize) -> Told {
    let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    Told {
        target,
        call: None,
        command: words
            .first()
            .and_then(|first| first.rsplit('/').next())
            .unwrap_or_default()
            .to_owned(),
        rest: owned(words.get(rest..).unwrap_or_default()),
        flags: owned(words.get(1..rest.saturating_sub(1).max(1)).unwrap_or_default()),
        name: String::new(),
        shell: None,
        script: None,
        left: Vec::new(),
        documented: false,
        evidence: Evidence::file(&RelPath::root(), ""),
    }
}

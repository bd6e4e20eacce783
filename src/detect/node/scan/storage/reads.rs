//! Files and folders that the code opens for reading.

use super::super::super::App;
use super::super::super::expression::{Anchor, PathValue, option};
use super::super::super::launch::{Launch, Layout};
use super::super::super::token::{Token, arguments, closing};
use super::super::location::{Location, fixed};
use super::super::{Scan, Source, left, plain_code, referred};
use super::{Call, literals};
use crate::facts::{Evidence, Sourced};
use crate::path::RelPath;

/// Calls that read their first argument.
const READS: [&str; 20] = [
    "readFile",
    "readFileSync",
    "createReadStream",
    "readdir",
    "readdirSync",
    "existsSync",
    "sendFile",
    "static",
    "serveStatic",
    "access",
    "accessSync",
    "readJson",
    "readJsonSync",
    "loadSync",
    "favicon",
    "opendir",
    // `nunjucks.configure("templates")`, and schemas of GraphQL.
    "configure",
    "loadFilesSync",
    "loadFiles",
    "loadSchemaSync",
];

/// Those among them that serve a folder, or a file of it.
const SERVES: [&str; 3] = ["static", "serveStatic", "sendFile"];

/// Calls that run the script in their first argument beside the program.
const BESIDE: [&str; 3] = ["Worker", "fork", "Piscina"];

/// Options that name files or folders to read.
const READ_OPTIONS: [&str; 14] = [
    "root",
    "views",
    "directory",
    "migrationsFolder",
    "migrationsDir",
    "localesPath",
    "templateDir",
    "rootPath",
    "dir",
    "path",
    "glob",
    "layoutsDir",
    "partialsDir",
    "viewsDir",
];

/// The paths to which an expression leads, one for each caller of the function around it. Of an
/// open path, only the folder is known.
type Followed<'f> = &'f dyn Fn(&[Token]) -> Vec<PathValue>;

pub(super) fn reads(
    app: &App,
    launch: &Launch,
    call: Call,
    args: &[&[Token]],
    paths: Followed,
    scan: &mut Scan,
) {
    let Call { name, source, at, place } = call;
    let mut candidates: Vec<&[Token]> = Vec::new();
    if READS.contains(&name) {
        candidates.extend(args.first());
    }
    if matches!(name, "join" | "resolve" | "URL") {
        // The whole call is the path.
        let call = source.tokens.partition_point(|token| token.at < at);
        let method = call > 1 && source.tokens[call - 1].is('.');
        let made = call > 0 && source.tokens[call - 1].is_word("new");
        let from = if method { call - 2 } else { call - usize::from(made) };
        let end = closing(&source.tokens, call + 1);
        candidates.extend(source.tokens.get(from..=end.min(source.tokens.len().saturating_sub(1))));
    }
    if name == "set"
        && args.first().and_then(|a| a.first()).is_some_and(|t| t.text() == Some("views"))
    {
        candidates.extend(args.get(1));
    }
    if BESIDE.contains(&name)
        && launch.layout == Layout::Output
        && let Some(found) = args.first().and_then(|tokens| paths(tokens).into_iter().next())
        && let Some(text) = place.resolve(&found).filter(|_| !found.open)
    {
        module(app, launch, &text, &source.at(at, format!("{name} runs {text}")), scan);
    }
    candidates.extend(READ_OPTIONS.iter().filter_map(|key| option(args, key)));
    for tokens in candidates.into_iter().flat_map(listed) {
        let found = paths(tokens);
        let usable = |found: &&PathValue| {
            launch.layout == Layout::Output || found.from == Anchor::WorkingDirectory
        };
        for found in found.iter().chain(&together(&found)).filter(usable) {
            if let Some(text) = place.resolve(found) {
                read_at(app, launch, call, (found, &text), scan);
            }
        }
        if found.is_empty()
            && SERVES.contains(&name)
            && let Some(text) = literals::handed(tokens)
        {
            carry(app, launch, text, source.at(at, format!("{name} serves {text}")), scan);
        }
    }
    // Express looks for views in ./views: <https://expressjs.com/en/api.html#app.settings.table>.
    if name == "set"
        && args.first().and_then(|a| a.first()).is_some_and(|t| t.text() == Some("view engine"))
    {
        carry(app, launch, "views", source.at(at, "Express reads views from ./views"), scan);
    }
}

/// The elements of a list, or else the expression itself: `root: ["views", "partials"]`.
fn listed(tokens: &[Token]) -> Vec<&[Token]> {
    let list = tokens.first().is_some_and(|first| first.is('['));
    if list { arguments(tokens, 0) } else { vec![tokens] }
}

/// The folder that holds what each of several callers names. Further callers may name more of it.
fn together(found: &[PathValue]) -> Option<PathValue> {
    let folder = |one: &PathValue| {
        let (folder, _) = one.path.rsplit_once('/').filter(|_| !one.open)?;
        Some((one.from, folder.to_owned()))
    };
    let (from, path) = folder(found.first()?)?;
    let same = found.iter().all(|one| folder(one) == Some((from, path.clone())));
    (found.len() > 1 && same).then_some(PathValue { from, path, env: Vec::new(), open: true })
}

/// What a call reads at one path, which is `text` in the image.
fn read_at(
    app: &App,
    launch: &Launch,
    call: Call,
    (found, text): (&PathValue, &str),
    scan: &mut Scan,
) {
    let Call { name, source, at, .. } = call;
    if found.open {
        // The name of the file is known only to the running program.
        let evidence = source.at(at, format!("{name} reads below {text}"));
        if literals::is_carried_whole(app, text) {
            carry(app, launch, text, evidence, scan);
        } else {
            left::note(app, launch, source, (found, text), &evidence, scan);
        }
        return;
    }
    let evidence = source.at(at, format!("{name} reads {text}"));
    referred::matched(app, source, (found, text), &evidence, scan);
    if matches!(name, "URL" | "join" | "resolve") && launch.layout == Layout::Output {
        module(app, launch, text, &evidence, scan);
    }
    left::note(app, launch, source, (found, text), &evidence, scan);
    carry(app, launch, text, evidence, scan);
}

/// Adds a document that compiled code requires by its place, and that the compiler does not copy:
/// `require("../data/list.json")`.
pub(super) fn required(
    app: &App,
    launch: &Launch,
    args: &[&[Token]],
    place: &Location,
    source: &Source,
    scan: &mut Scan,
) {
    let Some(token) = args.first().and_then(|arg| arg.first()) else { return };
    let Some(text) = token.text().filter(|text| text.starts_with('.') && text.contains(".json"))
    else {
        return;
    };
    if let Some(way) = place.resolve(&PathValue::new(Anchor::SourceFile, text)) {
        carry(app, launch, &way, source.at(token.at, format!("requires {way}")), scan);
    }
}

/// Adds a script that is opened by its place beside the compiled files, such as a worker.
fn module(app: &App, launch: &Launch, text: &str, evidence: &Evidence, scan: &mut Scan) {
    let plain = |path: &RelPath| {
        matches!(path.extension(), "js" | "mjs" | "cjs")
            && path.is_within(&app.dir.path)
            && app.dir.repo.is_file(path)
    };
    if let Some(path) = app.dir.join(text).filter(plain).filter(|_| !launch.is_output(text)) {
        let all = plain_code::with_required(app, &path).into_iter();
        scan.files.extend(all.map(|path| Sourced::new(path, evidence.clone())));
    }
}

/// Adds a path that exists in the repository and is neither source nor built.
pub(in super::super) fn carry(
    app: &App,
    launch: &Launch,
    text: &str,
    evidence: Evidence,
    scan: &mut Scan,
) {
    let text = fixed(text);
    let Some(path) = held(app, text) else { return };
    let first = text.split('/').next().unwrap_or_default();
    let code = matches!(path.extension(), "ts" | "tsx" | "js" | "mjs" | "cjs" | "mts" | "cts");
    let skip = code
        || launch.is_output(text)
        || text == "src"
        || first == "node_modules"
        || path.file_name().starts_with(".env")
        || matches!(path.file_name(), "package.json" | "tsconfig.json");
    if !skip {
        scan.files.push(Sourced::new(path, evidence));
    }
}

/// Adds a path that exists in the repository, even where it is code.
pub(in super::super) fn carry_exactly(app: &App, text: &str, evidence: Evidence, scan: &mut Scan) {
    scan.files.extend(held(app, text).map(|path| Sourced::new(path, evidence)));
}

/// A path below the application that the repository holds.
fn held(app: &App, text: &str) -> Option<RelPath> {
    let inside = |path: &RelPath| *path != app.dir.path && path.is_within(&app.dir.path);
    app.dir.join(text).filter(inside).filter(|path| app.dir.repo.exists(path))
}

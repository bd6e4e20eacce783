//! Files that the program opens or imports as it starts, and that git keeps out of the repository:
//! `require("./config.json")` beside config.example.json.

use anyhow::Result;

use super::super::App;
use super::super::expression::{Anchor, Names, path};
use super::super::token::{Token, arguments};
use super::{Scan, Source, env_file, imports, resolution};
use crate::code::conditions::is_conditional;
use crate::detect::kept_out;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;

/// Scripts that may write such a file before it is read.
const GENERATE: [&str; 7] =
    ["prebuild", "prestart", "generate", "codegen", "postinstall", "prepare", "preinstall"];

/// Words in the names of examples.
pub(super) const EXAMPLES: [&str; 5] = ["example", "sample", "template", "dist", "default"];

/// Calls that ask whether a file is there.
const ASKS: [&str; 6] = ["existsSync", "exists", "access", "accessSync", "statSync", "ENOENT"];

/// Folders of what a build makes.
const OUTPUTS: [&str; 6] = ["build", "coverage", "dist", "node_modules", "out", "public"];

/// Maximum number of uses of a function that are looked at.
const MAX_USES: usize = 16;

/// How many files are reported.
const MAX_FILES: usize = 3;

pub(super) fn read(app: &App, sources: &[Source], scan: &mut Scan) -> Result<()> {
    let hidden = sources.iter().flat_map(|source| secret(app, source));
    scan.findings.extend(kept_out::finding(app.dir.repo, &app.root.path, hidden)?);
    let mut said: Vec<RelPath> = Vec::new();
    for source in sources {
        let imported = imported(app, source).into_iter().map(|one| (one, false));
        for ((file, evidence), at_start) in imported.chain(opened(app, source)) {
            let written = scan.writable.iter().any(|held| {
                let folder = app.dir.join(held.value.trim_start_matches("./"));
                folder.is_some_and(|folder| file.is_within(&folder))
            });
            if written || said.len() >= MAX_FILES || said.contains(&file) {
                continue;
            }
            let wanted = at_start && !is_made(sources, &file);
            if let Some(found) = lost(app, &file, evidence, wanted) {
                said.push(file);
                scan.findings.push(found);
            }
        }
    }
    Ok(())
}

/// Existing files that a source reads without a condition: perhaps keys and certificates.
fn secret(app: &App, source: &Source) -> Vec<kept_out::Read> {
    let tokens = source.tokens.as_slice();
    if !tokens.iter().any(|token| token.is_word("readFileSync")) {
        return Vec::new();
    }
    let (tried, names) = (env_file::tried(tokens), Names::of(tokens));
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let called = tokens.get(at + 1).is_some_and(|next| next.is('('));
        if !token.is_word("readFileSync") || !called || tried[at] {
            continue;
        }
        let Some(file) = read_at(app, source, at, &names) else { continue };
        let asked = is_conditional(&source.code, source.code.token_at(token.at));
        if !asked && app.dir.repo.is_file(&file) && !file.file_name().starts_with(".env") {
            let target = file.strip(&app.dir.path).map(|way| format!("/app/{way}"));
            let evidence = source.at(token.at, format!("reads {file}"));
            found.push(kept_out::Read { file, target, evidence });
        }
    }
    found
}

/// The file that the call whose name is at `at` reads, if its path is known.
fn read_at(app: &App, source: &Source, at: usize, names: &Names) -> Option<RelPath> {
    let first = arguments(&source.tokens, at + 1).into_iter().next()?;
    let path = path(first, names)?;
    let folder = match path.from {
        Anchor::SourceFile => source.path.parent().unwrap_or_default(),
        Anchor::WorkingDirectory => app.dir.path.clone(),
        Anchor::Home | Anchor::Root => return None,
    };
    folder.join(&path.path).filter(|file| file.extension() != "")
}

/// Missing files that a source imports as it is loaded.
fn imported(app: &App, source: &Source) -> Vec<(RelPath, Evidence)> {
    let folder = source.path.parent().unwrap_or_default();
    let all = imports::loaded(source).into_iter().filter(|import| import.module.starts_with('.'));
    let missing = all.filter_map(|import| {
        let goes_on = source.tokens.get(import.text + 1).is_some_and(|next| next.is('+'));
        let file = folder.join(import.module).filter(|_| !goes_on)?;
        let named = matches!(file.extension(), "json" | "js" | "mjs" | "cjs" | "ts");
        let there = resolution::target(app, &source.path, import.module).is_some();
        let at = source.tokens[import.text].at;
        (named && !there).then(|| (file, source.at(at, format!("imports `{}`", import.module))))
    });
    missing.collect()
}

/// Files that a source reads and whose absence it does not expect, each with whether it does so as
/// the program starts.
fn opened(app: &App, source: &Source) -> Vec<((RelPath, Evidence), bool)> {
    let tokens = source.tokens.as_slice();
    let reads = |token: &Token| token.is_word("readFileSync") || token.is_word("readFile");
    let asks = |token: &Token| token.word().or(token.text()).is_some_and(|w| ASKS.contains(&w));
    if !tokens.iter().any(reads) || tokens.iter().any(asks) {
        return Vec::new();
    }
    let (tried, names) = (env_file::tried(tokens), Names::of(tokens));
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if !reads(token) || tried[at] || !tokens.get(at + 1).is_some_and(|t| t.is('(')) {
            continue;
        }
        if let Some(file) = read_at(app, source, at, &names) {
            let at_start = token.is_word("readFileSync") && is_at_start(source, token.at);
            let evidence = source.at(token.at, format!("reads {file}"));
            found.push(((file, evidence), at_start));
        }
    }
    found
}

/// True for a place that runs as the source is loaded: outside of any function, or in one that is
/// called there.
fn is_at_start(source: &Source, at: usize) -> bool {
    let file = &source.code;
    let at = file.token_at(at);
    let outside = |at: usize| file.facts().function_at(at).is_none() && !is_conditional(file, at);
    let Some(function) = file.facts().function_at(at) else { return outside(at) };
    let mut uses = file.places(file.word(function.name)).iter().take(MAX_USES);
    !is_conditional(file, at)
        && uses.any(|&at| at != function.name && file.word(at + 1) == "(" && outside(at))
}

/// True for a page or an output of a build, and for what the program itself writes.
fn is_made(sources: &[Source], file: &RelPath) -> bool {
    let page = matches!(file.extension(), "html" | "css" | "js" | "mjs" | "map" | "wasm");
    let output = file.components().any(|one| OUTPUTS.contains(&one));
    let writes = |source: &Source| {
        let mut tokens = source.tokens.iter();
        let ends = |token: &Token| token.text().is_some_and(|t| t.ends_with(file.file_name()));
        tokens.clone().any(|token| token.word().is_some_and(|word| word.starts_with("write")))
            && tokens.any(ends)
    };
    page || output || sources.iter().any(writes)
}

/// The finding for a file that git ignores, that has an example, or that is `wanted` at start.
fn lost(app: &App, file: &RelPath, evidence: Evidence, wanted: bool) -> Option<Finding> {
    let repo = app.dir.repo;
    let name = file.file_name();
    if repo.exists(file) || !file.is_within(&app.dir.path) || name.starts_with(".env") {
        return None;
    }
    let way = file.relative_to(&app.dir.path);
    if let Some(example) = example(app, file) {
        let example = example.relative_to(&app.dir.path);
        return Some(Finding::config_not_in_git(way, example, [evidence]));
    }
    let scripts = app.package.scripts();
    let made = scripts.iter().any(|(key, text)| {
        text.contains(name) || GENERATE.iter().any(|begin| key.starts_with(begin))
    });
    let ignored =
        [&app.dir.path, &app.root.path].into_iter().any(|folder| ignores(app, folder, file));
    let target = format!("/app/{way}");
    ((ignored || wanted) && !made)
        .then(|| Finding::file_missing(&way, &target, None, None, [evidence]))
}

/// The example of a file beside it: config.example.json, config.json.sample.
pub(super) fn example(app: &App, file: &RelPath) -> Option<RelPath> {
    let name = file.file_name();
    let stem = name.split('.').next().filter(|stem| !stem.is_empty())?;
    let folder = file.parent().unwrap_or_default();
    let beside = app.dir.repo.children(&folder);
    let mut all = beside.map(|(path, _)| path).filter(|path| {
        let other = path.file_name();
        let lower = other.to_ascii_lowercase();
        let of_it = other.starts_with(stem) || other.ends_with(name);
        of_it && EXAMPLES.iter().any(|word| lower.contains(word)) && app.dir.repo.is_file(path)
    });
    all.next().cloned()
}

/// True if the .gitignore of a folder names the file itself.
pub(super) fn ignores(app: &App, folder: &RelPath, file: &RelPath) -> bool {
    let Some(path) = folder.join(".gitignore") else { return false };
    let Ok(Some(text)) = app.dir.repo.text(&path) else { return false };
    let way = file.relative_to(folder);
    let named = |line: &str| {
        let line = line.trim().trim_start_matches('/');
        line == way || line == file.file_name()
    };
    text.lines().any(named)
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    #[test]
    fn a_file_that_git_keeps_out_is_said() {
        let of = |source: &str, more: &[(&str, &str)]| {
            let mut files = vec![("package.json", "{}"), ("index.js", source)];
            files.extend(more);
            let scan = scanned(&files);
            let codes = scan.findings.iter().map(|f| f.code.to_string());
            codes.collect::<Vec<_>>().join(" ")
        };
        let example = [("config.example.json", "{}")];
        let ignored = [(".gitignore", "node_modules\nconfig.json\n")];
        for source in [
            "const c = require('./config.json')",
            "import { token } from './config.json'; token()",
            "const c = JSON.parse(fs.readFileSync('config.json'))",
            "const c = JSON.parse(fs.readFileSync(path.join(__dirname, 'config.json')))",
        ] {
            assert_eq!(of(source, &example), "config-not-in-git", "{source}");
        }
        assert_eq!(of("JSON.parse(fs.readFileSync('./config.json'))", &ignored), "file-missing");
        for source in [
            "if (fs.existsSync('config.json')) fs.readFileSync('config.json')",
            "try { fs.readFileSync('config.json') } catch {}",
            "const c = () => require('./config.json')",
        ] {
            assert_eq!(of(source, &example), "", "{source}");
            assert_eq!(of(source, &ignored), "", "{source}");
        }
        // Without an example or a rule of git, where nothing goes on without the file.
        for source in [
            "const key = fs.readFileSync('./keys/jwt.key')",
            "https.createServer({ key: fs.readFileSync(path.join(__dirname, 'certs/key.pem')) }, app)",
            "const p = process.env.KEY_FILE || './private.key'; const key = fs.readFileSync(p)",
            "function load() { return JSON.parse(fs.readFileSync('settings.json')) }\nconst c = load()",
        ] {
            assert_eq!(of(source, &[]), "file-missing", "{source}");
        }
        for source in [
            "app.get('/', () => fs.readFileSync('other.json'))",
            "if (process.env.TLS) { fs.readFileSync('certs/key.pem') }",
            "fs.writeFileSync('state.json', '{}'); fs.readFileSync('state.json')",
            "const page = fs.readFileSync('../client/dist/index.html')",
        ] {
            assert!(!of(source, &[]).contains("file-missing"), "{source}");
        }
    }
}

//! Which files are read: those that the entry imports, or else all sources of the application,
//! within limits.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::rc::Rc;

use anyhow::Result;

use super::super::App;
use super::super::dialect::DIALECT;
use super::super::expression::{Anchor, Names, path};
use super::super::launch::{Launch, Layout};
use super::super::token::{self, Token};
use super::listen::settings;
use super::resolution::{MAX_FILES, MAX_MODULE, built, is_code, is_server_code, resolve, target};
use super::{import_clauses, loaded};
use crate::code::{File, Import, Tree};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::line_of;

/// A source file, tokenized.
pub(crate) struct Source {
    pub(crate) path: RelPath,
    pub(crate) tokens: Vec<Token>,
    /// The ends of the lines, because evidence is needed at many places of one file.
    ends: Vec<usize>,
    /// The short strings in the file, each of which may name a module.
    modules: BTreeSet<Box<str>>,
    pub(crate) code: Rc<File>,
    /// True if the compiled form of this file runs, whatever happens to the rest of the program.
    pub(crate) compiled: bool,
}

impl Source {
    /// Evidence at a byte offset.
    pub(crate) fn at(&self, at: usize, note: impl Into<String>) -> Evidence {
        let line = self.ends.partition_point(|end| *end < at) + 1;
        match u32::try_from(line) {
            Ok(line) => Evidence::at(&self.path, line, note),
            Err(_) => Evidence::file(&self.path, note),
        }
    }

    /// The range of the same tokens in the shared reader of code.
    pub(crate) fn range(&self, tokens: &[Token]) -> Range<usize> {
        token::range(&self.code, tokens)
    }

    /// The tokens in a range of the shared reader.
    pub(crate) fn tokens_in(&self, range: Range<usize>) -> &[Token] {
        token::within(&self.tokens, &self.code, range)
    }

    /// True if the file imports the module.
    pub(crate) fn imports(&self, module: &str) -> bool {
        self.modules.contains(module) || self.modules.contains(&*format!("node:{module}"))
    }
}

/// The sources of a program, its entry first.
pub(crate) fn collect(app: &App, launch: &Launch) -> Result<Vec<Source>> {
    let entry = launch.source.clone().or_else(|| app.finds(&launch.file));
    let entry =
        entry.and_then(|name| app.dir.join(&name)).filter(|path| app.dir.repo.is_file(path));
    // A framework loads its files by convention, so nothing imports them.
    let by_convention = matches!(launch.layout, Layout::Standalone | Layout::Bundle);
    let mut sources = match entry {
        Some(entry) if !by_convention && is_code(&entry) => follow(app, launch, entry)?,
        _ => Vec::new(),
    };
    if sources.is_empty() {
        let files: Vec<RelPath> = app
            .dir
            .repo
            .files_under(&app.dir.path)
            .filter(|path| {
                is_server_code(app, path) && (!by_convention || runs_by_convention(app, path))
            })
            .cloned()
            .collect();
        for path in files.into_iter().take(MAX_FILES) {
            sources.extend(read(app, path)?);
        }
    }
    Ok(sources)
}

/// True for files in the folders and the root that frameworks run on the server. The scripts of
/// their build are elsewhere.
fn runs_by_convention(app: &App, path: &RelPath) -> bool {
    let way = path.strip(&app.dir.path).unwrap_or_default();
    let first = way.split('/').next().unwrap_or_default();
    let root = !way.contains('/');
    let build = path.file_name().starts_with("build.");
    !build && (root || matches!(first, "app" | "pages" | "src" | "server" | "lib" | "utils"))
}

pub(super) fn read(app: &App, path: RelPath) -> Result<Option<Source>> {
    let Some(text) = app.dir.repo.source_text(&path)? else { return Ok(None) };
    let tree = Tree::new(&DIALECT, &text);
    let tokens = token::of(&tree);
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).collect();
    let texts = tokens.iter().filter_map(Token::text);
    let modules = texts.filter(|text| text.len() <= MAX_MODULE).map(Box::from).collect();
    let mut code = File::new(path.clone(), tree, imports(&tokens), 0);
    for text in imported(&tokens) {
        code.modules.extend(module(app, &path, text).map(|path| (text.to_owned(), path)));
    }
    let mut source = Source { path, tokens, ends, modules, code: Rc::new(code), compiled: false };
    let (by_path, by_reading) = (by_path(app, &source), by_reading(app, &source));
    if let Some(code) = Rc::get_mut(&mut source.code) {
        code.modules.extend(by_path);
        for (key, file) in by_reading {
            code.modules.entry(key).or_insert(file);
        }
    }
    Ok(Some(source))
}

/// The modules that a source names by expressions: `require(path.join(__dirname, "x"))`.
fn by_path(app: &App, source: &Source) -> Vec<(String, RelPath)> {
    let mut computed = loaded::computed(source).peekable();
    let names = computed.peek().map(|_| Names::of(&source.tokens));
    let found = computed.filter_map(|tokens| {
        let path = path(tokens, names.as_ref()?)?;
        let folder = match path.from {
            Anchor::SourceFile => source.path.parent().unwrap_or_default(),
            Anchor::WorkingDirectory => app.dir.path.clone(),
            Anchor::Home | Anchor::Root => return None,
        };
        let file = resolve(app, &folder.join(&path.path)?)?;
        Some((source.range(tokens).map(|at| source.code.word(at)).collect(), file))
    });
    found.collect()
}

/// The imports of the file. An import without a name has an empty one.
fn imports(tokens: &[Token]) -> Vec<Import> {
    let unnamed = imported(tokens).map(|module| Import {
        path: import_clauses::plain(module),
        name: String::new(),
        export: None,
        line: 1,
    });
    import_clauses::imports(tokens).into_iter().chain(unnamed).collect()
}

/// The file behind the name of a module, which belongs to the program or contains settings.
fn module(app: &App, from: &RelPath, text: &str) -> Option<RelPath> {
    let stated = |path: &RelPath| path.extension() == "json" && app.dir.repo.is_file(path);
    let path = from.parent().unwrap_or_default().join(text).filter(|_| text.starts_with('.'));
    match path.filter(stated) {
        Some(path) => Some(path),
        None if text == "config" => settings::script(app).or_else(|| target(app, from, text)),
        None => target(app, from, text).or_else(|| {
            // Node.js adds the ending last: `require("./settings")`.
            let named = from.parent().unwrap_or_default().join(&format!("{text}.json"));
            named.filter(|path| text.starts_with('.') && stated(path))
        }),
    }
}

/// Functions that read the file in their first argument. What `JSON.parse`, or a parser of YAML or
/// TOML, makes of it has the same keys as a module.
const READS_SETTINGS: [&str; 6] =
    ["readFileSync", "readFile", "readJsonSync", "readJSONSync", "readJson", "readJSON"];

/// The settings files that a source reads, by the words of the argument that names them.
fn by_reading(app: &App, source: &Source) -> Vec<(String, RelPath)> {
    let reads = |token: &Token| token.word().is_some_and(|word| READS_SETTINGS.contains(&word));
    if !source.tokens.iter().any(reads) {
        return Vec::new();
    }
    let names = Names::of(&source.tokens);
    let calls = source.tokens.windows(2).enumerate().filter(|(_, w)| reads(&w[0]) && w[1].is('('));
    let found = calls.filter_map(|(index, _)| {
        let first = token::arguments(&source.tokens, index + 1).into_iter().next()?;
        let path = path(first, &names)?;
        let folder = match path.from {
            Anchor::SourceFile => source.path.parent().unwrap_or_default(),
            Anchor::WorkingDirectory => app.dir.path.clone(),
            Anchor::Home | Anchor::Root => return None,
        };
        let file = folder.join(&path.path).filter(settings::holds)?;
        let held = app.dir.repo.is_file(&file) && file.is_within(&app.root.path);
        let key = match first {
            [one] if one.text().is_some() => one.text()?.to_owned(),
            _ => source.range(first).map(|at| source.code.word(at)).collect(),
        };
        held.then_some((key, file))
    });
    found.take(MAX_FILES).collect()
}

/// The files that a file loads, itself among them.
pub(crate) fn reached(app: &App, launch: &Launch, entry: RelPath) -> Result<Vec<RelPath>> {
    let sources = follow(app, launch, entry)?;
    Ok(sources.into_iter().map(|source| source.path).collect())
}

/// The sources that a file loads, itself first.
pub(super) fn from(app: &App, launch: &Launch, entry: RelPath) -> Result<Vec<Source>> {
    follow(app, launch, entry)
}

fn follow(app: &App, launch: &Launch, entry: RelPath) -> Result<Vec<Source>> {
    let mut open = VecDeque::from([(entry.clone(), false)]);
    let mut seen = BTreeSet::from([entry]);
    let mut sources = Vec::new();
    while let Some((path, compiled)) = open.pop_front() {
        if sources.len() >= MAX_FILES {
            break;
        }
        let Some(mut source) = read(app, path)? else { continue };
        source.compiled = compiled;
        let named = imported(&source.tokens).filter_map(|text| {
            let next = target(app, &source.path, text)?;
            let output = || built(app, &source.path, text).is_some();
            Some((next, compiled || output()))
        });
        let loaded = loaded::files(app, launch, &source).into_iter();
        for (next, compiled) in named.chain(loaded.map(|next| (next, compiled))) {
            if seen.insert(next.clone()) {
                open.push_back((next, compiled));
            }
        }
        sources.push(source);
    }
    Ok(sources)
}

/// The files of the repository that a script imports by their place, each with the line.
pub(super) fn relative_imports(app: &App, path: &RelPath) -> Result<Vec<(u32, RelPath)>> {
    let Some(text_of) = app.dir.repo.source_text(path)? else { return Ok(Vec::new()) };
    let tokens = token::of(&Tree::new(&DIALECT, &text_of));
    let folder = path.parent().unwrap_or_default();
    let found = imported(&tokens).filter(|text| text.starts_with('.')).filter_map(|text| {
        let line = line_of(&text_of, text).unwrap_or(1);
        Some((line, resolve(app, &folder.join(text)?)?))
    });
    Ok(found.collect())
}

/// The modules that a source imports: `import x from './y'`, `require('./y')`, `import('./y')`.
pub(super) fn imported(tokens: &[Token]) -> impl Iterator<Item = &str> {
    // A file may begin with an import, which the windows of three tokens would miss.
    let first = match tokens {
        [first, second, ..] if first.is_word("import") => second.text(),
        _ => None,
    };
    let others = tokens.windows(3).filter_map(|window| {
        let (first, second, third) = (&window[0], &window[1], &window[2]);
        let called = second.is('(') && (first.is_word("require") || first.is_word("import"));
        let imports = called || second.is_word("from") || second.is_word("import");
        if imports { third.text() } else { None }
    });
    first.into_iter().chain(others)
}

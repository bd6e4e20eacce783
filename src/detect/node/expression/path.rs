//! The paths to which expressions refer.

use std::cell::Cell;

use super::{MAX_STEPS, Names, variables};
use crate::budget::{MAX_EXPRESSION, MAX_PATTERN};
use crate::detect::node::token::{Kind, Token, arguments, closing, property};

/// The longest object whose members are followed, in tokens.
const MAX_OBJECT: usize = 2_000;

/// The place to which a relative path refers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    /// The working directory.
    WorkingDirectory,
    /// The folder of the source file.
    SourceFile,
    /// The home folder of the user.
    Home,
    /// None: the path is absolute.
    Root,
}

/// A path that the code names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PathValue {
    pub(crate) from: Anchor,
    pub(crate) path: String,
    /// Environment variables that may override it.
    pub(crate) env: Vec<String>,
    /// True if unknown names follow: `join(uploads, name)`.
    pub(crate) open: bool,
}

impl PathValue {
    pub(crate) fn new(from: Anchor, path: &str) -> Self {
        Self { from, path: path.to_owned(), env: Vec::new(), open: false }
    }
}

/// The path to which an expression refers, if it is known.
pub(crate) fn path(tokens: &[Token], names: &Names) -> Option<PathValue> {
    let left = Cell::new(MAX_EXPRESSION);
    path_within(tokens, &Tracing { names, others: None, left: &left }, 0).filter(|path| !path.open)
}

/// The same in one file of a program, whose names may come from other files. The path may be open.
pub(crate) fn path_in(
    tokens: &[Token],
    names: &Names,
    others: &dyn Others,
    file: usize,
) -> Option<PathValue> {
    let left = Cell::new(MAX_EXPRESSION);
    path_within(tokens, &Tracing { names, others: Some((others, file)), left: &left }, 0)
}

/// Where a name comes from.
pub(crate) enum Origin {
    /// Not from another file of the program.
    Here,
    /// From another file, with the path there, if it is known.
    Other(Option<PathValue>),
}

/// Looks up names that come from other files of the program.
pub(crate) trait Others {
    /// The path to which `words` (`config.paths.uploads`) refer at a byte of `file`.
    fn path(
        &self,
        file: usize,
        at: usize,
        words: &[&str],
        left: &Cell<usize>,
        steps: usize,
    ) -> Origin;
}

/// The state of following one path: its names, and how many expressions may still be read. The
/// limit is needed because `join(b, b)`, with `b` as `join(c, c)` and so on, doubles with each
/// name.
pub(crate) struct Tracing<'n, 't> {
    pub(crate) names: &'n Names<'t>,
    /// The other files, and the index of this one.
    pub(crate) others: Option<(&'n dyn Others, usize)>,
    pub(crate) left: &'n Cell<usize>,
}

pub(crate) fn path_within(tokens: &[Token], names: &Tracing, steps: usize) -> Option<PathValue> {
    if steps > MAX_STEPS || tokens.len() > MAX_EXPRESSION {
        return None;
    }
    names.left.set(names.left.get().checked_sub(1)?);
    let tokens = match tokens.first() {
        Some(first)
            if first.is_word("await") || first.is_word("new") && !tokens.get(1)?.is_word("URL") =>
        {
            &tokens[1..]
        }
        _ => tokens,
    };
    if let Some(at) = choice(tokens) {
        return chosen(tokens, at, names, steps);
    }
    if let Some(same) = separated(tokens) {
        return path_within(same, names, steps + 1);
    }
    let here = |from, path: &str| Some(PathValue::new(from, path));
    let words: Vec<&str> = tokens.iter().filter_map(Token::word).take(4).collect();
    match &tokens.first()?.kind {
        Kind::Text(text) if tokens.len() == 1 => {
            let from = if text.starts_with('/') { Anchor::Root } else { Anchor::WorkingDirectory };
            here(from, text.strip_prefix("file:").unwrap_or(text))
        }
        Kind::Text(_) => summed(tokens, plus(tokens)?, names, steps),
        // `${__dirname}/x`: the tokens of the substitutions follow the template.
        Kind::Template(text) => {
            let Some(rest) = text.strip_prefix("${}") else { return begun(text) };
            let (rest, open) = match rest.split_once("${}") {
                // Only the folder before the next substitution is known.
                Some((known, _)) => (known.rsplit_once('/')?.0, true),
                None => (rest, false),
            };
            let holes = tokens.get(1..)?;
            let base = path_within(if open { hole(holes) } else { holes }, names, steps + 1)?;
            let mut found = appended(base, rest)?;
            found.open |= open;
            Some(found)
        }
        Kind::Word(word) => match word.as_str() {
            "__dirname" if tokens.len() == 1 && own_folder(names).is_some() => own_folder(names)?,
            "__dirname" | "import" if plus(tokens).is_none() => {
                (word == "__dirname" && tokens.len() == 1 || words.contains(&"dirname"))
                    .then(|| here(Anchor::SourceFile, ""))?
            }
            "os" | "homedir" if words.contains(&"homedir") && plus(tokens).is_none() => {
                here(Anchor::Home, "")
            }
            // Whatever the variable says, the image has this folder.
            "os" | "tmpdir" if words.contains(&"tmpdir") && plus(tokens).is_none() => {
                here(Anchor::Root, "/tmp")
            }
            "process" if words == ["process", "env", "HOME"] && plus(tokens).is_none() => {
                here(Anchor::Home, "")
            }
            "process" if words.get(1) == Some(&"cwd") && plus(tokens).is_none() => {
                here(Anchor::WorkingDirectory, "")
            }
            // `require("path").join(...)`
            "require" if tokens.get(2).and_then(Token::text).is_some_and(is_known_module) => {
                path_within(tokens.get(5..)?, names, steps + 1)
            }
            "fileURLToPath" if plus(tokens).is_none() => {
                path_within(arguments(tokens, 1).first()?, names, steps + 1)
            }
            root if names.names.is_root(root) && plus(tokens).is_none() => {
                rooted(tokens, names, steps)
            }
            // The module may have any name: `Path.join(...)` or `nodePath.resolve(...)`.
            module
                if (matches!(module, "join" | "resolve" | "normalize" | "fs")
                    || module == "mkdtempSync"
                    || module.to_ascii_lowercase().ends_with("path"))
                    && tokens.iter().any(|token| token.is('('))
                    && plus(tokens).is_none() =>
            {
                called(tokens, names, steps)
            }
            "dirname" => dirname(&arguments(tokens, 1), names, steps),
            renamed if names.names.renamed(renamed, tokens).is_some() => {
                made_by(names.names.renamed(renamed, tokens)?, tokens, 1, names, steps)
            }
            "new" => {
                let args = arguments(tokens, 2);
                let relative =
                    args.get(1).is_some_and(|base| base.iter().any(|t| t.is_word("meta")));
                relative.then(|| here(Anchor::SourceFile, args.first()?.first()?.text()?))?
            }
            _ => {
                if let Some(at) = plus(tokens) {
                    return summed(tokens, at, names, steps);
                }
                if let Origin::Other(known) = from_others(tokens, names, steps) {
                    return known;
                }
                // The path may have a name: `name` or `Class.name`.
                if let Some(known) = names.names.global(tokens) {
                    return Some(known);
                }
                path_within(named(tokens, names.names)?, names, steps + 1)
            }
        },
        _ => None,
    }
}

/// The path that a function of the module `path` or `fs` makes: `path.join(...)`.
fn called(tokens: &[Token], names: &Tracing, steps: usize) -> Option<PathValue> {
    let open = tokens.iter().position(|t| t.is('('))?;
    made_by(tokens.get(open.checked_sub(1)?)?.word()?, tokens, open, names, steps)
}

/// The path that a function with that name makes of the arguments behind a bracket.
fn made_by(
    name: &str,
    tokens: &[Token],
    open: usize,
    names: &Tracing,
    steps: usize,
) -> Option<PathValue> {
    let args = arguments(tokens, open);
    match name {
        "join" | "resolve" | "normalize" => joined(&args, names, steps),
        "dirname" => dirname(&args, names, steps),
        // The library adds letters to the name.
        "mkdtemp" | "mkdtempSync" => {
            let prefix = path_within(args.first()?, names, steps + 1);
            prefix.filter(|found| found.path.starts_with("/tmp"))
        }
        _ => None,
    }
}

/// The path of `appRoot`, `appRoot.path` or `appRoot.resolve("data")`.
fn rooted(tokens: &[Token], names: &Tracing, steps: usize) -> Option<PathValue> {
    let root = PathValue::new(Anchor::WorkingDirectory, "");
    match tokens.get(2).and_then(Token::word) {
        Some("resolve") => {
            let part = path_within(arguments(tokens, 3).first()?, names, steps + 1)?;
            let inside = matches!(part.from, Anchor::WorkingDirectory | Anchor::Root);
            extended(root, &part.path).filter(|_| inside)
        }
        Some("path" | "toString") | None => Some(root),
        Some(_) => None,
    }
}

/// What the file itself says `__dirname` is, where that is not the folder of the module:
/// `const __dirname = path.resolve()`.
#[allow(clippy::option_option, reason = "what the file says may be unknown")]
fn own_folder(names: &Tracing) -> Option<Option<PathValue>> {
    let own = names.names.value_of("__dirname")?;
    let words: Vec<&str> = own.iter().filter_map(Token::word).collect();
    if ["fileURLToPath", "meta", "url", "__filename", "filename"].iter().any(|w| words.contains(w))
    {
        return None;
    }
    let plain = own.iter().filter_map(Token::text).all(|text| matches!(text, "" | "." | "./"));
    let known = plain
        && words.iter().all(|w| {
            matches!(*w, "resolve" | "dirname" | "process" | "cwd" | "join")
                || w.to_ascii_lowercase().ends_with("path")
        });
    Some(known.then(|| PathValue::new(Anchor::WorkingDirectory, "")))
}

/// The sign of the first choice at the outermost level: `||`, `??`, or the `?` of `a ? b : c`.
fn choice(tokens: &[Token]) -> Option<usize> {
    outermost(tokens, |at| {
        let next = tokens.get(at + 1);
        // `?.` looks into an object.
        tokens[at].is('|') && next.is_some_and(|next| next.is('|'))
            || tokens[at].is('?') && next.is_some_and(|next| !next.is('.'))
    })
}

/// The path of `process.env.X || './data'`, or of `process.env.X ? process.env.X : './data'`,
/// whose sign is at `at`. The folder by default counts, and a variable may override it.
fn chosen(tokens: &[Token], at: usize, names: &Tracing, steps: usize) -> Option<PathValue> {
    let (tested, rest) = (&tokens[..at], tokens.get(at + 1..)?);
    // The image sets HOME, so nothing else counts: `process.env.HOME || "/root"`.
    let home: Vec<&str> = tested.iter().filter_map(Token::word).take(4).collect();
    if home == ["process", "env", "HOME"] && tested.len() == 5 && !tokens[at].is('&') {
        return path_within(tested, names, steps + 1);
    }
    let mut found = if tokens[at].is('|') || rest.first()?.is('?') {
        path_within(rest.get(1..)?, names, steps + 1)?
    } else {
        // What the test asks for is the first of the two, so nothing gives it by default.
        let colon = outermost(rest, |at| rest[at].is(':'))?;
        if let Some(mounted) = mounted(tested, &rest[..colon], names, steps) {
            return Some(mounted);
        }
        let asked = variables(&rest[..colon]);
        if asked.is_empty() || !asked.iter().all(|name| variables(tested).contains(name)) {
            return None;
        }
        path_within(rest.get(colon + 1..)?, names, steps + 1)?
    };
    found.env = variables(tested);
    Some(found)
}

/// The folder of a container that a program takes where it is there, as it is in an image that makes
/// it: `existsSync("/data") ? "/data" : root`.
fn mounted(tested: &[Token], then: &[Token], names: &Tracing, steps: usize) -> Option<PathValue> {
    let asks = tested.iter().any(|token| token.is_word("existsSync"));
    let found = path_within(then, names, steps + 1).filter(|_| asks)?;
    let same = tested.iter().any(|token| token.text() == Some(found.path.as_str()));
    let file = found.path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    (same && found.from == Anchor::Root && !file && !tested[0].is('!')).then_some(found)
}

/// The path whose separators a call makes those of POSIX, which is the same path in a container:
/// `toPosix(path)`, `path.replace(/\\/g, "/")`.
fn separated(tokens: &[Token]) -> Option<&[Token]> {
    // Without semicolons, a word behind the brackets begins the next statement.
    let ends =
        |open: usize| tokens.get(closing(tokens, open) + 1).is_none_or(|t| t.word().is_some());
    let mut open = 0;
    while !tokens.get(open)?.is('(') || !ends(open) {
        open = match tokens[open].kind {
            Kind::Mark('(' | '[' | '{') => closing(tokens, open) + 1,
            _ => open + 1,
        };
    }
    let name = tokens.get(open.checked_sub(1)?)?.word()?.to_ascii_lowercase();
    let args = arguments(tokens, open);
    if matches!(name.as_str(), "replace" | "replaceall") {
        let dot = open.checked_sub(2).filter(|&dot| tokens[dot].is('.'))?;
        let slash = args.get(1)?.first()?.text() == Some("/");
        return slash.then(|| &tokens[..dot]);
    }
    let posix = ["posix", "slash", "unixpath"].iter().any(|part| name.contains(part));
    match args.as_slice() {
        [one] if posix || name == "normalizepath" => Some(one),
        _ => None,
    }
}

/// The first position outside of brackets that is one of those in question.
fn outermost(tokens: &[Token], is: impl Fn(usize) -> bool) -> Option<usize> {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => at = closing(tokens, at),
            _ if is(at) => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The folder before the first substitution of a template: `./mails/${name}.html`.
fn begun(text: &str) -> Option<PathValue> {
    let (known, _) = text.split_once("${}")?;
    let folder = known.rsplit_once('/')?.0;
    let from = if text.starts_with('/') { Anchor::Root } else { Anchor::WorkingDirectory };
    let found = PathValue { open: true, ..PathValue::new(from, folder) };
    (!folder.trim_matches(['.', '/']).is_empty()).then_some(found)
}

/// True for the modules `path` and `os`.
fn is_known_module(text: &str) -> bool {
    matches!(text.trim_start_matches("node:"), "path" | "path/posix" | "os")
}

/// The value of a name, or of a member whose object is not known.
fn named<'t>(tokens: &[Token], names: &Names<'t>) -> Option<&'t [Token]> {
    let likely = || match tokens {
        [name] => names.nearest(name.word()?, name.at),
        [_, dot, name] if dot.is('.') => names.value_of(name.word()?),
        // `this.config.dataDir`
        [this, .., dot, name] if this.is_word("this") && tokens.len() == 5 && dot.is('.') => {
            names.value_of(name.word()?)
        }
        _ => None,
    };
    member(tokens, names).or_else(likely)
}

/// The value behind `tasks.backup.path`, by the keys of an object of the file.
fn member<'t>(tokens: &[Token], names: &Names<'t>) -> Option<&'t [Token]> {
    let (root, keys) = tokens.split_first()?;
    let mut value = names.nearest(root.word()?, root.at).filter(|_| !keys.is_empty())?;
    for pair in keys.chunks(2) {
        let [dot, key] = pair else { return None };
        let key = key.word().filter(|_| dot.is('.'))?;
        if let [name] = value {
            value = names.value_of(name.word()?)?;
        }
        if value.len() > MAX_OBJECT {
            return None;
        }
        value = property(value.first().is_some_and(|token| token.is('{')).then_some(value)?, key)?;
    }
    (!value.is_empty()).then_some(value)
}

/// The path of `base + "/x"`, whose sign is at `at`.
fn summed(tokens: &[Token], at: usize, names: &Tracing, steps: usize) -> Option<PathValue> {
    let base = path_within(&tokens[..at], names, steps + 1)?;
    let Some(rest) = tokens.get(at + 1)?.text() else {
        // The name may be unknown: `"./uploads/" + name`.
        let folder = base.path.ends_with('/').then_some(base)?;
        let part = path_within(tokens.get(at + 1..)?, names, steps + 1);
        let part =
            part.filter(|part| part.from == Anchor::WorkingDirectory && !part.path.is_empty());
        return match part {
            Some(part) => {
                let mut found = extended(folder, &part.path)?;
                found.open |= part.open;
                Some(found)
            }
            None => Some(PathValue { open: true, ..folder }),
        };
    };
    // More follows: `uploads + "/" + name`.
    let open = tokens.len() > at + 2;
    let known = if open { rest.rsplit_once('/')?.0 } else { rest };
    let mut found = appended(base, known)?;
    found.open |= open;
    Some(found)
}

/// The path of `config.uploads`, if another file of the program defines it.
fn from_others(tokens: &[Token], names: &Tracing, steps: usize) -> Origin {
    let Some((others, file)) = names.others else { return Origin::Here };
    let (mut words, mut dot) = (Vec::new(), false);
    for token in tokens {
        if dot != token.is('.') {
            return Origin::Here;
        }
        words.extend(token.word().filter(|_| !dot));
        dot = !dot;
    }
    if !dot || words.len() > MAX_STEPS {
        return Origin::Here;
    }
    others.path(file, tokens[0].at, &words, names.left, steps)
}

/// The folder of a module, or of a path.
fn dirname(args: &[&[Token]], names: &Tracing, steps: usize) -> Option<PathValue> {
    let first = args.first()?;
    let inner: Vec<&str> = first.iter().filter_map(Token::word).collect();
    if ["__filename", "fileURLToPath", "url"].iter().any(|word| inner.contains(word)) {
        return Some(PathValue::new(Anchor::SourceFile, ""));
    }
    let mut found = path_within(first, names, steps + 1)?;
    // The open path is already a folder above the file.
    if found.open {
        return Some(found);
    }
    let folder = found.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    found.path = folder.to_owned();
    Some(found)
}

/// The first `+` at the outermost level.
fn plus(tokens: &[Token]) -> Option<usize> {
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Kind::Mark('(' | '[' | '{') => at = closing(tokens, at),
            Kind::Mark('+') if at > 0 => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn joined(args: &[&[Token]], names: &Tracing, steps: usize) -> Option<PathValue> {
    let mut whole: Option<PathValue> = None;
    for arg in args {
        let Some(part) = path_within(arg, names, steps + 1) else {
            // The rest is unknown, but it lies below a known folder.
            let mut known = whole.filter(|held| !held.path.is_empty())?;
            known.open = true;
            return Some(known);
        };
        let open = part.open;
        let held = match whole {
            Some(held) if matches!(part.from, Anchor::WorkingDirectory | Anchor::Root) => {
                extended(held, &part.path)?
            }
            _ => part,
        };
        if open {
            return Some(PathValue { open, ..held });
        }
        whole = Some(held);
    }
    whole
}

/// The path extended by more names. An open path stays as it is.
fn extended(held: PathValue, rest: &str) -> Option<PathValue> {
    if held.open {
        return Some(held);
    }
    if held.path.len() + rest.len() > MAX_PATTERN {
        return None;
    }
    Some(PathValue { path: join(&held.path, rest), ..held })
}

/// The path with a text behind it that begins no new name: `${name}.html`, `name + ".html"`.
fn appended(held: PathValue, rest: &str) -> Option<PathValue> {
    let whole = held.path.is_empty() || held.path.ends_with('/') || rest.starts_with('/');
    if held.open || whole || rest.is_empty() {
        return extended(held, rest);
    }
    let path = format!("{}{rest}", held.path);
    (path.len() <= MAX_PATTERN).then_some(PathValue { path, ..held })
}

/// The expression of a template's first substitution, if several follow one another.
fn hole(tokens: &[Token]) -> &[Token] {
    let mut at = 1;
    while let Some(token) = tokens.get(at) {
        if token.is('(') || token.is('[') {
            at = closing(tokens, at) + 1;
        } else if token.is('.') {
            at += 2;
        } else {
            break;
        }
    }
    // An operator follows, so the expression is more than a name.
    let ends = tokens.get(at).is_none_or(|token| !matches!(token.kind, Kind::Mark(_)));
    if ends { &tokens[..at.min(tokens.len())] } else { &[] }
}

fn join(base: &str, rest: &str) -> String {
    match (base, rest.trim_start_matches('/')) {
        ("", rest) => rest.to_owned(),
        (base, "") => base.to_owned(),
        (base, rest) => format!("{}/{rest}", base.trim_end_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::node::token::tokens;

    fn way(source: &str) -> Option<(Anchor, String)> {
        let file = tokens(source);
        let names = Names::of(&file);
        let found = path(names.value_of("x")?, &names)?;
        Some((found.from, found.path))
    }

    #[test]
    fn paths_of_every_common_form() {
        use Anchor::{SourceFile, WorkingDirectory};
        for (source, from, text) in [
            ("const x = './data'", WorkingDirectory, "./data"),
            (
                "const __dirname = path.resolve(); const x = path.join(__dirname, 'up')",
                WorkingDirectory,
                "up",
            ),
            (
                "const __dirname = path.resolve(path.dirname('')); const x = path.resolve(__dirname, 'up')",
                WorkingDirectory,
                "up",
            ),
            ("const a = f(1), x = path.join(__dirname, 'up')", SourceFile, "up"),
            ("const x = path.join(__dirname, '..', 'up')", SourceFile, "../up"),
            ("const x = path.resolve(process.cwd(), 'up')", WorkingDirectory, "up"),
            ("const n = 'up', x = './' + n", WorkingDirectory, "./up"),
            (
                "const o = { a: { b: './up' }, b: './other' }; const x = o.a.b",
                WorkingDirectory,
                "./up",
            ),
            ("const d = path.join(__dirname, 'a'); const x = path.join(d, 'b')", SourceFile, "a/b"),
            ("const x = Path.join(__dirname, 'up')", SourceFile, "up"),
            ("import { join as at } from 'path'; const x = at(__dirname, 'up')", SourceFile, "up"),
            (
                "const { join: at } = require('path'); const x = at(__dirname, 'up')",
                SourceFile,
                "up",
            ),
            (
                "import root from 'app-root-path'; const x = root.resolve('/up')",
                WorkingDirectory,
                "up",
            ),
            (
                "const root = require('app-root-path'); const x = root.path + '/up'",
                WorkingDirectory,
                "up",
            ),
            ("import root from 'app-root-path'; const x = `${root}/up`", WorkingDirectory, "up"),
            ("const n = 'up', x = path.join('a', `${n}.html`)", WorkingDirectory, "a/up.html"),
            ("const n = 'up', x = path.join('a', n + '.html')", WorkingDirectory, "a/up.html"),
            ("const x = `${__dirname}/up`", SourceFile, "up"),
            ("const x = __dirname + '/up'", SourceFile, "up"),
            ("const x = new URL('./up', import.meta.url)", SourceFile, "./up"),
            ("const x = process.env.DIR || './data'", WorkingDirectory, "./data"),
            ("const x = path.join(process.env.HOME || '/root', 'a')", Anchor::Home, "a"),
            ("const x = path.join(require('os').homedir(), 'a')", Anchor::Home, "a"),
            ("const x = toPosix(path.resolve('data'))\nrun(x)", WorkingDirectory, "data"),
            ("const x = path.resolve('data').replace(/a/g, '/')", WorkingDirectory, "data"),
            ("const x = path.resolve(process.env.DIR || './data')", WorkingDirectory, "./data"),
            ("const x = path.join(process.env.DIR ?? '.', 'up')", WorkingDirectory, "./up"),
            (
                "const x = process.env.DIR ? path.resolve(process.env.DIR) : path.join(__dirname, '../up')",
                SourceFile,
                "../up",
            ),
            (
                "const __dirname = path.dirname(fileURLToPath(import.meta.url)); const x = join(__dirname, 'up')",
                SourceFile,
                "up",
            ),
            ("const x = path.join(import.meta.dirname, 'up')", SourceFile, "up"),
            (
                "const d = fs.existsSync('/data') ? '/data' : root; const x = path.join(d, 'up')",
                Anchor::Root,
                "/data/up",
            ),
            ("const x = fileURLToPath(new URL('../up', import.meta.url))", SourceFile, "../up"),
            (
                "const x = join(fileURLToPath(new URL('..', import.meta.url)), 'up')",
                SourceFile,
                "../up",
            ),
        ] {
            assert_eq!(way(source), Some((from, text.to_owned())), "{source}");
        }
        for source in [
            "const x = path.join(os.tmpdir(), 'a', `${b}.x`)",
            "const x = fs.mkdtempSync(path.join(os.tmpdir(), 'a-'))",
            "const x = `${tmpdir()}/a/${b}.x`",
        ] {
            let file = tokens(source);
            let names = Names::of(&file);
            let left = Cell::new(MAX_EXPRESSION);
            let tracing = Tracing { names: &names, others: None, left: &left };
            let found = path_within(names.value_of("x").unwrap(), &tracing, 0).unwrap();
            assert_eq!(found.from, Anchor::Root, "{source}");
            assert!(found.path.starts_with("/tmp"), "{source}");
        }
        assert_eq!(way("const x = path.join(dir, name)"), None);
        // Nothing says which of the two it is.
        assert_eq!(way("const x = test() ? './a' : './b'"), None);
        assert_eq!(way("const x = x"), None);
    }
}

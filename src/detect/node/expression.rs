//! The paths that expressions name, and the places in a file where a name gets its value. All other
//! values are those of the shared evaluator.

mod path;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

pub(crate) use self::path::{
    Anchor, Origin, Others, PathValue, Tracing, path, path_in, path_within,
};
use super::token::{Kind, Token, closing, property};
use crate::budget::MAX_EXPRESSION;
use crate::code::is_env_name;

/// The tokens of one file, and where its names get their values.
pub(crate) struct Names<'t> {
    tokens: &'t [Token],
    /// The index of the first token of a name's value.
    defined: BTreeMap<&'t str, usize>,
    /// The blocks in which a name is declared, with the same index, if there are several.
    declared: BTreeMap<&'t str, Vec<(Range<usize>, usize)>>,
    /// For each name, the indices of the first tokens of the properties with that name.
    properties: BTreeMap<&'t str, Vec<usize>>,
    /// Paths in the global object.
    globals: Option<Rc<BTreeMap<String, PathValue>>>,
    /// Functions of the module `path` under names of the file's own.
    renamed: BTreeMap<&'t str, &'t str>,
    /// Names of modules that stand for the folder of the application.
    roots: BTreeSet<&'t str>,
}

/// Modules whose value is the folder of the application.
const ROOTS: [&str; 1] = ["app-root-path"];

/// How many tokens an import clause may have.
const MAX_CLAUSE: usize = 400;

/// How many declarations of one name are compared.
const MAX_DECLARATIONS: usize = 64;

/// How many names an expression is followed through.
const MAX_STEPS: usize = 7;

/// How many tokens before a block may be its condition about the system.
const MAX_CONDITION: usize = 10;

/// True if a block behind these tokens runs on another system only: `if (process.platform ===
/// "win32") {`.
fn is_of_another_system(before: &[Token]) -> bool {
    let near = &before[before.len().saturating_sub(MAX_CONDITION)..];
    let Some(from) = near.iter().rposition(|token| token.is_word("if")) else { return false };
    let head = &near[from..];
    let plain = !head.iter().any(|token| token.is('!') || token.is('|') || token.is('{'));
    plain
        && head.iter().any(|token| token.is_word("platform"))
        && head.iter().any(|token| matches!(token.text(), Some("win32" | "darwin")))
}

impl<'t> Names<'t> {
    /// Notes the first value of every `name = ...` and `name: ...`.
    pub(crate) fn of(tokens: &'t [Token]) -> Self {
        let (mut defined, mut written) = (BTreeMap::new(), BTreeMap::new());
        let mut properties: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut blocks: BTreeMap<&str, Vec<(Range<usize>, usize)>> = BTreeMap::new();
        let mut open: Vec<Range<usize>> = Vec::new();
        let mut elsewhere = 0..0;
        for (index, window) in tokens.windows(3).enumerate() {
            if let Some(key) = window[0].word().or(window[0].text())
                && window[1].is(':')
            {
                properties.entry(key).or_default().push(index + 2);
            }
            if window[0].is('{') {
                if index >= elsewhere.end && is_of_another_system(&tokens[..index]) {
                    elsewhere = index..closing(tokens, index);
                }
                open.push(
                    window[0].at..tokens.get(closing(tokens, index)).map_or(usize::MAX, |t| t.at),
                );
            } else if window[0].is('}') {
                open.pop();
            }
            let Some(name) = window[0].word() else { continue };
            let assigned = window[1].is('=') && !window[2].is('=') && !window[2].is('>');
            let declared = index > 0
                && tokens[index - 1]
                    .word()
                    .is_some_and(|word| matches!(word, "const" | "let" | "var"));
            if assigned && (declared || index > 0 && is_declarator(tokens, index)) {
                defined.entry(name).or_insert(index + 2);
                let block = open.last().cloned().unwrap_or(0..usize::MAX);
                blocks.entry(name).or_default().push((block, index + 2));
            } else if assigned && !elsewhere.contains(&index) {
                // A declaration of `PORT` says more than `process.env.PORT = x`.
                let held = written.entry(name).or_insert(index + 2);
                // A field without a value yet: `dataDir = ""`.
                if tokens[*held].text() == Some("") {
                    *held = index + 2;
                }
            } else if declared && window[1].is(':') {
                // The declaration has a type: `const port: number = 3000`.
                let typed = tokens.iter().skip(index + 2).take(8).take_while(|t| !t.is(';'));
                let equals = typed.into_iter().position(|t| t.is('='));
                if let Some(equals) = equals {
                    defined.entry(name).or_insert(index + 3 + equals);
                }
            }
        }
        for (name, at) in written {
            defined.entry(name).or_insert(at);
        }
        blocks.retain(|_, all| all.len() > 1);
        let (renamed, roots) = imported(tokens);
        Self { tokens, defined, declared: blocks, properties, globals: None, renamed, roots }
    }

    /// The function of the module `path` that a call means by a name of the file's own.
    fn renamed(&self, name: &str, tokens: &[Token]) -> Option<&'t str> {
        let called = tokens.get(1).is_some_and(|token| token.is('('));
        self.renamed.get(name).copied().filter(|_| called)
    }

    /// True for the name of a module that stands for the folder of the application.
    fn is_root(&self, name: &str) -> bool {
        self.roots.contains(name)
    }

    /// Adds the paths that the program keeps in its global object.
    pub(crate) fn with(mut self, globals: &Rc<BTreeMap<String, PathValue>>) -> Self {
        self.globals = Some(globals.clone());
        self
    }

    /// The path in `global.appRoot`, if a file of the program puts one there.
    fn global(&self, tokens: &[Token]) -> Option<PathValue> {
        let [object, dot, name] = tokens else { return None };
        let global = dot.is('.') && (object.is_word("global") || object.is_word("globalThis"));
        self.globals.as_ref().filter(|_| global)?.get(name.word()?).cloned()
    }

    /// The expression to which a name refers, up to the `;`, `,` or statement that ends it at its
    /// own level.
    pub(crate) fn value_of(&self, name: &str) -> Option<&'t [Token]> {
        let from = *self.defined.get(name)?;
        Some(expression(self.tokens, from))
    }

    /// The same for a name at a byte offset: where several blocks declare it, the smallest one
    /// around the place counts.
    pub(crate) fn nearest(&self, name: &str, at: usize) -> Option<&'t [Token]> {
        let all = self.declared.get(name).into_iter().flatten().take(MAX_DECLARATIONS);
        let around = all.filter(|(block, _)| block.contains(&at));
        let Some((_, from)) = around.min_by_key(|(block, _)| block.len()) else {
            return self.value_of(name);
        };
        Some(expression(self.tokens, *from))
    }

    /// The values of properties with that name in object literals, in order: `port: ...`.
    pub(crate) fn properties(&self, name: &str) -> impl Iterator<Item = &'t [Token]> {
        let found = self.properties.get(name).into_iter().flatten();
        found.map(|index| expression(self.tokens, *index))
    }
}

/// The functions of the module `path` that a file imports under other names, and the names of
/// modules that stand for the application's folder.
fn imported(tokens: &[Token]) -> (BTreeMap<&str, &str>, BTreeSet<&str>) {
    let (mut renamed, mut roots) = (BTreeMap::new(), BTreeSet::new());
    for (at, token) in tokens.iter().enumerate() {
        let Some(text) = token.text() else { continue };
        let root = ROOTS.contains(&text);
        let is_path = matches!(text, "path" | "node:path" | "path/posix" | "node:path/posix");
        if !root && !is_path {
            continue;
        }
        // `import x from "m"` and `x = require("m")`.
        let end = match at.checked_sub(1).map(|before| &tokens[before]) {
            Some(before) if before.is_word("from") => at.checked_sub(2),
            Some(before) if before.is('(') => at.checked_sub(4),
            _ => None,
        };
        let Some(end) = end else { continue };
        if root {
            roots.extend(tokens[end].word());
        } else if tokens[end].is('}') {
            let before = tokens[..end].iter().rev().take(MAX_CLAUSE);
            let inside = before.take_while(|token| !token.is('{')).count();
            for window in tokens[end - inside..end].windows(3) {
                let apart = window[1].is(':') || window[1].is_word("as");
                let of =
                    |name: &&str| matches!(*name, "join" | "resolve" | "normalize" | "dirname");
                if let (true, Some(from), Some(to)) =
                    (apart, window[0].word().filter(of), window[2].word())
                {
                    renamed.insert(to, from);
                }
            }
        }
    }
    (renamed, roots)
}

/// Maximum number of tokens between a declaration's first name and a later one.
const MAX_DECLARED: usize = 96;

/// True for a later name of a declaration: `const app = express(), port = 80`.
fn is_declarator(tokens: &[Token], name: usize) -> bool {
    let mut open = 0_usize;
    if !tokens[name - 1].is(',') {
        return false;
    }
    for token in tokens[..name].iter().rev().skip(1).take(MAX_DECLARED) {
        match &token.kind {
            Kind::Mark(')' | ']' | '}') => open += 1,
            Kind::Mark('(' | '[' | '{') => match open.checked_sub(1) {
                Some(less) => open = less,
                None => return false,
            },
            Kind::Mark(';') if open == 0 => return false,
            Kind::Word(word) if open == 0 && matches!(word.as_str(), "const" | "let" | "var") => {
                return true;
            }
            _ => {}
        }
    }
    false
}

/// The tokens of the expression that begins at `from`.
fn expression(tokens: &[Token], from: usize) -> &[Token] {
    let mut at = from;
    while let Some(token) = tokens.get(at) {
        match &token.kind {
            Kind::Mark('(' | '[' | '{') => at = closing(tokens, at),
            Kind::Mark(')' | ']' | '}' | ';' | ',') => break,
            // Without semicolons, a statement ends where the next one begins.
            Kind::Word(word)
                if at > from
                    && matches!(
                        word.as_str(),
                        "const"
                            | "let"
                            | "var"
                            | "function"
                            | "import"
                            | "export"
                            | "if"
                            | "return"
                            | "class"
                    ) =>
            {
                break;
            }
            _ => {}
        }
        at += 1;
        if at - from > MAX_EXPRESSION {
            break;
        }
    }
    &tokens[from..at.min(tokens.len())]
}

/// The environment variables that an expression names: `process.env.X`, `get("X")`.
fn variables(tokens: &[Token]) -> Vec<String> {
    let named = |(index, token): (usize, &Token)| {
        let member = index >= 2 && tokens[index - 1].is('.') && tokens[index - 2].is_word("env");
        let text = token.text().filter(|text| is_env_name(text));
        text.or_else(|| token.word().filter(|_| member)).map(str::to_owned)
    };
    tokens.iter().enumerate().filter_map(named).collect()
}

/// The value of a property in the first object among the arguments of a call.
pub(crate) fn option<'t>(args: &[&'t [Token]], name: &str) -> Option<&'t [Token]> {
    args.iter()
        .filter(|arg| arg.first().is_some_and(|t| t.is('{')))
        .find_map(|arg| property(arg, name))
}

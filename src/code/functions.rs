//! The functions of a file: their names, parameters and bodies.

use std::ops::Range;

use super::conditions;
use super::tree::Tree;

/// Maximum number of tokens in the type of a result.
const MAX_TYPE: usize = 14;

/// Maximum number of tokens in an expression that is a function's body. A pair of brackets counts
/// once.
const MAX_EXPRESSION: usize = 256;

/// A function or method.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    /// The position of its name; past the end if it has none.
    pub name: usize,
    /// It has a receiver.
    pub method: bool,
    /// The position of the opening bracket of its parameters.
    pub parameters: usize,
    /// The position of its body: a brace, or the expression that it returns.
    pub body: usize,
    /// From `func`, or from the parameters, to the end of the body.
    pub range: Range<usize>,
    /// The index of the enclosing function.
    pub around: Option<usize>,
}

/// All functions after the token `body`, in file order.
pub(super) fn of(tree: &Tree, body: usize) -> Vec<Function> {
    if tree.dialect().objects {
        return valued(tree, body);
    }
    let blocks = tree.dialect().tails || tree.dialect().indents;
    let mut all = Vec::new();
    let mut at = body;
    while at < tree.len() {
        if tree.is_word(at) && tree.dialect().functions.contains(&tree.word(at)) {
            let start = at;
            let method = tree.word(at + 1) == "(";
            let name = if method { tree.closing(at + 1) + 1 } else { at + 1 };
            // `type Option func(*Server)` has no body: the next brace is that of another function.
            if method && tree.word(name) == ";" {
                at = name;
                continue;
            }
            let mut parameters = name + 1;
            match tree.word(parameters) {
                "[" => parameters = tree.closing(parameters) + 1,
                "<" => parameters = behind_generics(tree, parameters),
                _ => {}
            }
            // The body is the first brace outside of brackets; `struct{}` and `interface{}`
            // results are skipped.
            let mut body = parameters;
            while body < tree.len() {
                match tree.word(body) {
                    "struct" | "interface" if tree.word(body + 1) == "{" => {
                        body = tree.closing(body + 1);
                    }
                    "(" | "[" => body = tree.closing(body),
                    "{" | ";" => break,
                    _ => {}
                }
                body += 1;
            }
            let end = if tree.word(body) == "{" { tree.closing(body) } else { body };
            let range = start..end;
            all.push(Function { name, method, parameters, body, range, around: None });
            at = end;
        } else if tree.is_open(at) && !(blocks && tree.word(at) == "{") {
            // Functions of a type stand in the braces of its `impl`, or of its class.
            at = tree.closing(at);
        }
        at += 1;
    }
    all
}

/// Where the parameters open behind `<T: Into<Path>>`.
fn behind_generics(tree: &Tree, open: usize) -> usize {
    let (mut depth, mut at) = (0_usize, open);
    for _ in 0..MAX_EXPRESSION {
        match tree.word(at) {
            "<" => depth += 1,
            ">" if depth == 1 => return at + 1,
            ">" => depth = depth.saturating_sub(1),
            _ if tree.is_open(at) => at = tree.closing(at),
            _ => {}
        }
        at += 1;
    }
    open
}

/// Functions in a language where they are values: `function name(..) {`, `name(..) {`,
/// `name = (..) => ..`.
fn valued(tree: &Tree, from: usize) -> Vec<Function> {
    let mut all: Vec<Function> = Vec::new();
    let mut around: Vec<usize> = Vec::new();
    for parameters in (from..tree.len()).filter(|&at| tree.word(at) == "(") {
        let Some(body) = body(tree, tree.closing(parameters)) else { continue };
        let Some(name) = name(tree, parameters) else { continue };
        let end = match tree.word(body) {
            "{" => tree.closing(body) + 1,
            _ => expression(tree, body),
        };
        while around.last().is_some_and(|&outer| all[outer].range.end <= parameters) {
            around.pop();
        }
        let (range, outer) = (parameters..end, around.last().copied());
        around.push(all.len());
        all.push(Function { name, method: false, parameters, body, range, around: outer });
    }
    all
}

/// The start of the body after the parameters that end at a position.
fn body(tree: &Tree, close: usize) -> Option<usize> {
    let mut at = close + 1;
    if tree.word(at) == ":" {
        while at < close + MAX_TYPE && !matches!(tree.word(at), "{" | "=>") {
            if matches!(tree.word(at), ";" | "," | ")" | "}" | "=" | "") {
                return None;
            }
            at = tree.closing(at) + 1;
        }
    }
    match tree.word(at) {
        "=>" => Some(at + 1),
        "{" => Some(at),
        _ => None,
    }
}

/// The end of the expression that is a function's body.
fn expression(tree: &Tree, body: usize) -> usize {
    let mut end = body;
    for _ in 0..MAX_EXPRESSION {
        if matches!(tree.word(end), ";" | "," | ")" | "]" | "}" | "") {
            break;
        }
        end = tree.closing(end) + 1;
    }
    end.min(tree.len())
}

/// The name of the function whose parameters open at a position. For a constructor, the name of the
/// class; `None` for a statement such as `if`.
fn name(tree: &Tree, open: usize) -> Option<usize> {
    let before = open.checked_sub(1);
    let before_that = open.checked_sub(2).map_or("", |at| tree.word(at));
    match before.map_or("", |before| tree.word(before)) {
        "if" | "for" | "while" | "switch" | "catch" | "with" => None,
        "constructor" => {
            let class = tree.enclosing(open)?;
            let mut head = conditions::statement(tree, class)..class;
            Some(head.find(|&at| tree.word(at) == "class").map_or(usize::MAX, |at| at + 1))
        }
        "async" | "function" => Some(assigned(tree, open)),
        _ if before.is_none_or(|before| !tree.is_word(before)) => Some(assigned(tree, open)),
        // `a ? b(c) : {}`
        _ if before_that == "?" => None,
        _ => before,
    }
}

/// The name that the function at a position is assigned to.
fn assigned(tree: &Tree, mut at: usize) -> usize {
    while at > 0 && matches!(tree.word(at - 1), "async" | "function") {
        at -= 1;
    }
    let name = at.checked_sub(2).filter(|_| matches!(tree.word(at - 1), "=" | ":"));
    name.filter(|&name| tree.is_word(name)).unwrap_or(usize::MAX)
}

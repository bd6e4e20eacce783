//! The surroundings of a place in the code: conditions, cases, and whether it runs concurrently.

use std::ops::Range;

use super::tree::Tree;

/// Maximum number of blocks around a place.
const MAX_BLOCKS: usize = 32;

/// Maximum number of tokens in the head of a block, or between a case and a place.
const MAX_TOKENS: usize = 400;

/// Heads of the blocks around a place, innermost first: `if x == y`, `switch x`, `func main ( )`.
/// A case is a head of its own, before that of its `switch`.
pub(crate) fn heads(tree: &Tree, at: usize) -> Vec<Range<usize>> {
    let (mut all, mut inside) = (Vec::new(), at);
    for _ in 0..MAX_BLOCKS {
        let Some(open) = tree.enclosing(inside) else { break };
        if tree.word(open) == "{" {
            all.extend(case(tree, open, inside));
            all.push(statement(tree, open)..open);
        }
        inside = open;
    }
    all
}

/// The first token of the statement that contains a position.
pub(crate) fn statement(tree: &Tree, at: usize) -> usize {
    let mut start = at;
    for _ in 0..MAX_TOKENS {
        let Some(before) = start.checked_sub(1) else { break };
        match tree.word(before) {
            // `if x := y; x > 0 {` is one head.
            ";" if !tree.is_line_end(before) => start = before,
            ";" | "{" | "}" | "(" | "[" | "," => break,
            "if" | "switch" | "for" | "while" => return before,
            _ => start = tree.opening(before),
        }
    }
    start
}

/// The case of a `switch` that contains a place.
fn case(tree: &Tree, open: usize, at: usize) -> Option<Range<usize>> {
    let mut before = at;
    for _ in 0..MAX_TOKENS {
        before = tree.opening(before.checked_sub(1)?);
        if before <= open {
            break;
        }
        if matches!(tree.word(before), "case" | "default") {
            let colon = (before..at).find(|&at| tree.word(at) == ":")?;
            return Some(before..colon);
        }
    }
    None
}

/// True if a place runs under a condition.
pub(crate) fn is_conditional(tree: &Tree, at: usize) -> bool {
    heads(tree, at)
        .iter()
        .any(|head| matches!(tree.word(head.start), "if" | "else" | "case" | "default"))
}

/// True if a place runs concurrently, such as in a goroutine.
pub(crate) fn is_aside(tree: &Tree, at: usize) -> bool {
    let goes = |start: usize| tree.dialect().beside.contains(&tree.word(start));
    goes(statement(tree, at)) || heads(tree, at).iter().any(|head| goes(head.start))
}

/// True if a place runs only if a value equals certain texts, none of which `fits`: for example,
/// code for another operating system.
pub(crate) fn is_elsewhere(
    tree: &Tree,
    at: usize,
    asks: &[&str],
    fits: impl Fn(&str) -> bool,
) -> bool {
    let heads = heads(tree, at);
    let asked = |range: &Range<usize>| range.clone().any(|at| asks.contains(&tree.word(at)));
    let others = |range: &Range<usize>| {
        let mut texts = range.clone().filter_map(|at| tree.string(at)).peekable();
        texts.peek().is_some() && texts.all(|text| !fits(&text))
    };
    heads.iter().enumerate().any(|(number, head)| match tree.word(head.start) {
        "if" | "else" => {
            let has = |mark: &str| head.clone().any(|at| tree.word(at).starts_with(mark));
            let all = |range: &Range<usize>| {
                let mut texts = range.clone().filter_map(|at| tree.string(at)).peekable();
                texts.peek().is_some() && texts.all(|text| fits(&text))
            };
            asked(head) && (has("==") && others(head) || has("!=") && all(head))
        }
        "case" => heads.get(number + 1).is_some_and(&asked) && others(head),
        _ => false,
    })
}

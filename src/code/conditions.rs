//! What stands around a place in the code: conditions, cases, and whether it runs beside the rest.

use std::ops::Range;

use super::tree::Tree;

/// How many blocks around a place are looked at.
const MAX_BLOCKS: usize = 32;

/// How many tokens are looked at for the head of a block, or for the case before a place.
const MAX_TOKENS: usize = 400;

/// The heads of the blocks around a place, innermost first: `if x == y`, `switch x`, `func main ( )`;
/// a case stands before the head of its `switch`, as a head of its own.
pub fn heads(tree: &Tree, at: usize) -> Vec<Range<usize>> {
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

/// The first token of the statement that goes on at a position.
pub fn statement(tree: &Tree, at: usize) -> usize {
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

/// The case of a `switch` that holds a place in its block.
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

/// A place runs under a condition.
pub fn is_conditional(tree: &Tree, at: usize) -> bool {
    heads(tree, at)
        .iter()
        .any(|head| matches!(tree.word(head.start), "if" | "else" | "case" | "default"))
}

/// A place runs beside the rest of the program: in a goroutine.
pub fn is_aside(tree: &Tree, at: usize) -> bool {
    let goes = |start: usize| tree.dialect().beside.contains(&tree.word(start));
    goes(statement(tree, at)) || heads(tree, at).iter().any(|head| goes(head.start))
}

/// A place runs only where a value equals texts, none of which `fits`: where the code asks for
/// another operating system, say.
pub fn is_elsewhere(tree: &Tree, at: usize, asks: &[&str], fits: impl Fn(&str) -> bool) -> bool {
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

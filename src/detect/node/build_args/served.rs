//! Parts of a bundler's configuration that only its development server reads.

use super::super::token::{Token, closing, property};

/// Keys and methods that only the development server reads
/// (<https://vite.dev/config/server-options>, <https://webpack.js.org/configuration/dev-server/>).
const KEYS: [&str; 5] =
    ["server", "devServer", "preview", "configureServer", "configurePreviewServer"];

/// How many brackets around a place are looked at.
const MAX_AROUND: usize = 40;
/// How many places of one name are looked at.
const MAX_PLACES: usize = 40;
/// How many tokens before a place are looked at.
const MAX_TOKENS: usize = 4_000;

/// The expression at `index` has a value in the development server alone.
pub(super) fn alone(tokens: &[Token], index: usize) -> bool {
    if around(tokens, index).any(|open| serves(tokens, open)) {
        return true;
    }
    // `const token = process.env.TOKEN;`, and all uses of the name
    let Some(at) = (0..index).rev().take(6).find(|at| tokens[*at].is('=')) else { return false };
    let declared = at
        .checked_sub(2)
        .is_some_and(|at| matches!(tokens[at].word(), Some("const" | "let" | "var")));
    let Some(name) = at.checked_sub(1).and_then(|at| tokens[at].word()).filter(|_| declared) else {
        return false;
    };
    let used = |place: &usize| {
        // `process.env.NAME` is another name.
        let member = place.checked_sub(1).is_some_and(|before| tokens[before].is('.'));
        *place != at - 1 && !member && tokens[*place].is_word(name)
    };
    let places: Vec<usize> = (0..tokens.len()).filter(used).take(MAX_PLACES + 1).collect();
    !places.is_empty()
        && places.len() <= MAX_PLACES
        && places.iter().all(|place| around(tokens, *place).any(|open| serves(tokens, open)))
}

/// The brackets around a place, from the inside out.
fn around(tokens: &[Token], index: usize) -> impl Iterator<Item = usize> {
    let open = move |at: &usize| {
        let bracket = tokens[*at].is('{') || tokens[*at].is('(') || tokens[*at].is('[');
        bracket && closing(tokens, *at) > index
    };
    (0..index).rev().take(MAX_TOKENS).filter(open).take(MAX_AROUND)
}

fn serves(tokens: &[Token], open: usize) -> bool {
    if !tokens[open].is('{') {
        return false;
    }
    let object = tokens.get(open..=closing(tokens, open)).unwrap_or_default();
    // A plugin with `apply: "serve"`
    if property(object, "apply")
        .is_some_and(|value| value.first().and_then(Token::text) == Some("serve"))
    {
        return true;
    }
    let before = |steps: usize| open.checked_sub(steps).and_then(|at| tokens.get(at));
    // `server: {`
    let key = before(1).filter(|token| token.is(':')).and_then(|_| before(2));
    if key.is_some_and(|key| key.word().or(key.text()).is_some_and(|key| KEYS.contains(&key))) {
        return true;
    }
    // `configureServer(server) {`, `if (command === "serve") {`
    let Some(close) = open.checked_sub(1).filter(|at| tokens[*at].is(')')) else { return false };
    let opens = |at: &usize| tokens[*at].is('(') && closing(tokens, *at) == close;
    let Some(paren) = (0..close).rev().take(60).find(opens) else { return false };
    let called = paren.checked_sub(1).and_then(|at| tokens[at].word()).unwrap_or_default();
    let inside = &tokens[paren + 1..close];
    let equals = inside.iter().filter(|token| token.is('=')).count() >= 2
        && !inside.iter().any(|token| token.is('!') || token.is('|'));
    let names = |text: &str| inside.iter().any(|token| token.text() == Some(text));
    KEYS.contains(&called) || called == "if" && equals && (names("serve") || names("development"))
}

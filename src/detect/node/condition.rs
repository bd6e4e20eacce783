//! A value that a configuration chooses by a condition. A build's environment has only what the
//! repository sets, so many conditions have one known outcome.

use super::expression::Names;
use super::token::Token;

/// How many names and operators a condition is followed through.
const MAX_STEPS: usize = 12;

/// The branch that `condition ? a : b` takes; the whole expression if it is not conditional;
/// `None` if the condition is unknown.
pub(super) fn branch<'t>(tokens: &'t [Token], names: &Names<'t>) -> Option<&'t [Token]> {
    let mut tokens = tokens;
    for _ in 0..MAX_STEPS {
        let Some((mark, colon)) = ternary(tokens) else { return Some(tokens) };
        tokens = if truth(&tokens[..mark], names, 0)? {
            &tokens[mark + 1..colon]
        } else {
            &tokens[colon + 1..]
        };
    }
    None
}

/// The positions of `?` and `:` at the expression's own level.
fn ternary(tokens: &[Token]) -> Option<(usize, usize)> {
    let (mut depth, mut open, mut mark) = (0usize, 0usize, None);
    for (index, token) in tokens.iter().enumerate() {
        if token.is('(') || token.is('[') || token.is('{') {
            depth += 1;
        } else if token.is(')') || token.is(']') || token.is('}') {
            depth = depth.saturating_sub(1);
        } else if depth == 0 && token.is('?') {
            let beside = |at: Option<&Token>| at.is_some_and(|t| t.is('?') || t.is('.'));
            let before = index.checked_sub(1).and_then(|at| tokens.get(at));
            if beside(tokens.get(index + 1)) || before.is_some_and(|t| t.is('?')) {
                continue;
            }
            mark = mark.or(Some(index));
            open += 1;
        } else if depth == 0 && token.is(':') && open > 0 {
            open -= 1;
            if open == 0 {
                return Some((mark?, index));
            }
        }
    }
    None
}

/// The value of a condition in a build, where only `NODE_ENV` is set.
fn truth(tokens: &[Token], names: &Names, steps: usize) -> Option<bool> {
    if steps > MAX_STEPS || tokens.is_empty() {
        return None;
    }
    let again = |tokens: &[Token]| truth(tokens, names, steps + 1);
    if let Some((at, or)) = operator(tokens) {
        let (left, right) = (again(&tokens[..at]), again(&tokens[at + 2..]));
        return match (left, right, or) {
            (Some(true), _, true) | (_, Some(true), true) => Some(true),
            (Some(false), _, false) | (_, Some(false), false) => Some(false),
            (Some(left), Some(right), _) => Some(if or { left || right } else { left && right }),
            _ => None,
        };
    }
    // A comparison: `a === b` or `a !== b`.
    let equals = tokens.windows(2).position(|w| (w[0].is('=') || w[0].is('!')) && w[1].is('='));
    if let Some(at) = equals {
        let wide = usize::from(tokens.get(at + 2).is_some_and(|t| t.is('=')));
        let (left, right) =
            (worth(&tokens[..at], names, 0), worth(tokens.get(at + 2 + wide..)?, names, 0));
        let same = left? == right?;
        return Some(same != tokens[at].is('!'));
    }
    let (first, last) = (tokens.first()?, tokens.last()?);
    if first.is('!') {
        return Some(!again(&tokens[1..])?);
    }
    if first.is('(') && last.is(')') {
        return again(&tokens[1..tokens.len() - 1]);
    }
    match worth(tokens, names, 0) {
        Some(value) => Some(matches!(value, Worth::Text(text) if !text.is_empty())),
        None if tokens.len() == 1 => again(names.value_of(first.word()?)?),
        None => None,
    }
}

/// The first `||` (true), or else the first `&&` (false), at the expression's own level.
fn operator(tokens: &[Token]) -> Option<(usize, bool)> {
    for or in [true, false] {
        let mark = if or { '|' } else { '&' };
        let mut depth = 0usize;
        for (index, token) in tokens.iter().enumerate() {
            if token.is('(') {
                depth += 1;
            } else if token.is(')') {
                depth = depth.saturating_sub(1);
            } else if depth == 0
                && token.is(mark)
                && tokens.get(index + 1).is_some_and(|next| next.is(mark))
            {
                return Some((index, or));
            }
        }
    }
    None
}

/// The value of an operand.
#[derive(PartialEq)]
enum Worth {
    Text(String),
    /// An environment variable that nobody sets, or nothing.
    Nothing,
}

/// The value of an operand; `None` if it is unknown.
fn worth(tokens: &[Token], names: &Names, steps: usize) -> Option<Worth> {
    if steps > MAX_STEPS {
        return None;
    }
    match tokens {
        [one] if one.text().is_some() => one.text().map(|text| Worth::Text(text.to_owned())),
        [one] if one.is_word("true") => Some(Worth::Text("true".to_owned())),
        [one] if matches!(one.word(), Some("false" | "undefined" | "null")) => Some(Worth::Nothing),
        [one] => worth(names.value_of(one.word()?)?, names, steps + 1),
        // A variable: `process.env.X`, `env.X` or `import.meta.env.X`.
        [.., env, dot, name] if env.is_word("env") && dot.is('.') => match name.word()? {
            "NODE_ENV" => Some(Worth::Text("production".to_owned())),
            _ => Some(Worth::Nothing),
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tokens;
    use super::*;

    fn taken(code: &str) -> Option<String> {
        let all = tokens(code);
        let names = Names::of(&all);
        let value = names.properties("it").last().unwrap();
        branch(value, &names).and_then(|t| t.first()).and_then(Token::word).map(str::to_owned)
    }

    #[test]
    fn conditions_of_the_environment_have_an_outcome() {
        for (code, expected) in [
            ("x = { it: process.env.A === 'static' ? one() : two() }", Some("two")),
            ("x = { it: process.env.A !== 'node' ? one : two }", Some("one")),
            ("const a = process.env.A; x = { it: a ? one : two }", Some("two")),
            ("const a = process.env.A === 'x'; x = { it: !a ? one : two }", Some("one")),
            ("x = { it: process.env.NODE_ENV === 'production' ? one : two }", Some("one")),
            ("x = { it: process.env.A ? one : process.env.B ? two : three }", Some("three")),
            ("x = { it: (process.env.A || process.env.B) ? one : two }", Some("two")),
            ("x = { it: true && !process.env.A ? one : two }", Some("one")),
            ("x = { it: isFine() ? one : two }", None),
            ("x = { it: plain }", Some("plain")),
            ("x = { it: a ?? b?.c }", Some("a")),
        ] {
            assert_eq!(taken(code).as_deref(), expected, "{code}");
        }
    }

    #[test]
    fn what_refers_to_itself_ends() {
        assert_eq!(taken("const a = b; const b = a; x = { it: a ? one : two }"), None);
    }
}

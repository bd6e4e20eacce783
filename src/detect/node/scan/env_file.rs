//! Env files without which the program stops: the image has none.

use super::super::token::{Kind, Token, arguments, closing};
use super::Source;
use crate::facts::Finding;

/// How many tokens may stand between a name and its value, or between a check and what it does.
const NEAR: usize = 60;

/// How many tokens before a call may ask whether the file is there, and with which calls.
const ASKED: usize = 16;
const ASKS: [&str; 5] = ["existsSync", "exists", "access", "accessSync", "statSync"];

/// Reports an env file that the program demands as it starts.
pub(super) fn demanded(source: &Source) -> Option<Finding> {
    loaded(source).or_else(|| checked(source)).or_else(|| opened(source))
}

/// The indices at which tokens stand inside a `try`, as a function of the index.
pub(super) fn tried(tokens: &[Token]) -> Vec<bool> {
    let (mut open, mut tries): (Vec<bool>, usize) = (Vec::new(), 0);
    let inside = tokens.iter().enumerate().map(|(at, token)| {
        if token.is('{') {
            let is_try = at > 0 && tokens[at - 1].is_word("try");
            tries += usize::from(is_try);
            open.push(is_try);
        } else if token.is('}') {
            tries -= usize::from(open.pop().unwrap_or_default());
        }
        tries > 0
    });
    inside.collect()
}

/// Reports `process.loadEnvFile()`, which throws if the file does not exist, unless a `try` around
/// it catches that.
fn loaded(source: &Source) -> Option<Finding> {
    let tokens = &source.tokens;
    if !tokens.iter().any(|token| token.is_word("loadEnvFile")) {
        return None;
    }
    let tried = tried(tokens);
    for (at, token) in tokens.iter().enumerate() {
        if tried[at] || !token.is_word("loadEnvFile") || !tokens.get(at + 1)?.is('(') {
            continue;
        }
        // `if (existsSync(".env")) process.loadEnvFile()`
        let before = &tokens[at.saturating_sub(ASKED)..at];
        if before.iter().any(|t| t.word().is_some_and(|word| ASKS.contains(&word))) {
            continue;
        }
        let name = match tokens.get(at + 2) {
            Some(first) if first.is(')') => ".env",
            Some(first) => first.text().unwrap_or(".env"),
            None => continue,
        };
        let note = "process.loadEnvFile throws if the file does not exist";
        return Some(Finding::dotenv_required(name, [source.at(token.at, note)]));
    }
    None
}

/// Reports `const loaded = dotenv.config(); if (loaded.error) throw loaded.error`, and the same with
/// `const { error } = ...`, which stop the program without the file.
fn checked(source: &Source) -> Option<Finding> {
    if !source.imports("dotenv") {
        return None;
    }
    let tokens = source.tokens.as_slice();
    let calls = tokens.windows(3).enumerate().filter(|(_, w)| {
        w[0].is('.') && w[1].is_word("config") && w[2].is('(')
            || !w[0].is('.') && w[1].is_word("config") && w[2].is('(')
    });
    for (at, _) in calls {
        let from = at.saturating_sub(NEAR);
        let before = &tokens[from..at];
        let Some(start) =
            before.iter().rposition(|token| matches!(token.word(), Some("const" | "let" | "var")))
        else {
            continue;
        };
        let declared = &before[start + 1..];
        // `const loaded = dotenv` or `const { error } = require("dotenv")`.
        let Some(equals) = declared.iter().position(|token| token.is('=')) else { continue };
        if declared.iter().any(|token| token.is(';')) {
            continue;
        }
        let (name, value) = (&declared[..equals], &declared[equals..]);
        let told = |token: &Token| {
            token.word().or(token.text()).is_some_and(|word| word.contains("dotenv"))
        };
        let imported = tokens[at].is('.') && !value.iter().any(told);
        if imported || value.len() > 6 {
            continue;
        }
        let close = closing(tokens, at + 2);
        if let Some(at) = stops(tokens.get(close..)?, name) {
            let note = "the program checks that the file was read";
            return Some(Finding::dotenv_required(".env", [source.at(at, note)]));
        }
    }
    None
}

/// The place of `if (name.error)` or, after `{ error }`, of `if (error)`, if the program stops
/// there.
fn stops(tokens: &[Token], name: &[Token]) -> Option<usize> {
    let object = name.first()?.is('{');
    let held = if object {
        let at = name.iter().position(|token| token.is_word("error"))?;
        match name.get(at + 1).filter(|next| next.is(':')) {
            Some(_) => name.get(at + 2)?.word()?,
            None => "error",
        }
    } else {
        name.first()?.word()?
    };
    for (at, token) in tokens.iter().enumerate() {
        if !token.is_word("if") || !tokens.get(at + 1).is_some_and(|t| t.is('(')) {
            continue;
        }
        let close = closing(tokens, at + 1);
        let Some(condition) = tokens.get(at + 2..close) else { continue };
        let asks = match condition {
            [one] => object && one.is_word(held),
            [one, dot, error] => {
                !object && one.is_word(held) && dot.is('.') && error.is_word("error")
            }
            _ => false,
        };
        if !asks {
            continue;
        }
        let body = tokens.get(close + 1..).unwrap_or_default();
        let end = match body.first() {
            Some(first) if first.is('{') => closing(body, 0),
            _ => body.iter().position(|token| token.is(';')).unwrap_or(body.len()),
        };
        let mut body = body.iter().take(end.min(NEAR));
        if body.any(|token| token.is_word("throw") || token.is_word("exit")) {
            return Some(token.at);
        }
    }
    None
}

/// Reports `readFileSync(".env")` of the program's own start, which throws if there is no file.
fn opened(source: &Source) -> Option<Finding> {
    const READS: [&str; 2] = ["readFileSync", "readFile"];
    let tokens = source.tokens.as_slice();
    let is_env = |token: &Token| match &token.kind {
        Kind::Text(text) => {
            let name = text.rsplit('/').next().unwrap_or(text);
            name == ".env" || name.starts_with(".env.") && !name.contains("example")
        }
        _ => false,
    };
    if !tokens.iter().any(is_env) {
        return None;
    }
    // A program that asks whether the file exists goes on without it.
    let asks = ["existsSync", "access", "accessSync", "exists", "catch", "ENOENT"];
    if tokens.iter().any(|token| token.word().or(token.text()).is_some_and(|w| asks.contains(&w))) {
        return None;
    }
    let at = tokens.iter().enumerate().position(|(at, token)| {
        token.word().is_some_and(|word| READS.contains(&word))
            && tokens.get(at + 1).is_some_and(|next| next.is('('))
            && arguments(tokens, at + 1).first().is_some_and(|first| first.iter().any(is_env))
    })?;
    let first = arguments(tokens, at + 1).into_iter().next()?;
    let name = first.iter().find(|token| is_env(token))?.text()?;
    let name = name.trim_start_matches("./").trim_start_matches('/');
    let note = "reads the file and catches no error";
    Some(Finding::dotenv_required(name, [source.at(tokens[at].at, note)]))
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    #[test]
    fn an_env_file_that_must_exist_is_reported() {
        let said = |source: &str| {
            let manifest = r#"{"dependencies": {"dotenv": "16"}}"#;
            let scan = scanned(&[("package.json", manifest), ("index.js", source)]);
            scan.findings.iter().any(|f| f.what.contains("`.env`"))
        };
        let loads = "const dotenv = require('dotenv'); const loaded = dotenv.config();\n";
        assert!(said(&format!("{loads}if (loaded.error) throw loaded.error")));
        assert!(said(&format!("{loads}if (loaded.error) {{ process.exit(1) }}")));
        for source in [
            "const r = require('dotenv').config(); if (r.error) throw r.error",
            "const { error } = require('dotenv').config(); if (error) { console.error(error); process.exit(1); }",
            "import dotenv from 'dotenv'; const { parsed, error: bad } = dotenv.config({ path: p }); if (bad) throw bad;",
            "const dotenv = require('dotenv'); const c = dotenv.parse(fs.readFileSync('.env'))",
            "const dotenv = require('dotenv'); dotenv.parse(fs.readFileSync(path.join(__dirname, '.env'), 'utf8'))",
            "process.loadEnvFile()",
        ] {
            assert!(said(source), "{source}");
        }
        assert!(!said(&format!("{loads}if (loaded.error) console.warn('none')")));
        for source in [
            "require('dotenv'); const r = get(); if (r.error) throw r.error",
            "const { error } = require('dotenv').config(); if (error) { console.warn('none'); }",
            "require('dotenv').config(); const { error } = check(x); if (error) throw error",
            "if (fs.existsSync('.env')) dotenv.parse(fs.readFileSync('.env'))",
            "try { process.loadEnvFile() } catch {}",
        ] {
            assert!(!said(source), "{source}");
        }
    }
}

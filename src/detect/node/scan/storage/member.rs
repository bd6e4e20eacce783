//! Folders that members of objects name: `this.options.path`, `config.paths.store`.

use super::super::super::expression::{Anchor, PathValue};
use super::super::super::token::Token;
use super::super::{House, Source};

/// True for a member of an object: `this.options.path`.
pub(super) fn is_member(tokens: &[Token]) -> bool {
    let word = |(at, token): (usize, &Token)| match at % 2 {
        0 => token.word().is_some(),
        _ => token.is('.'),
    };
    tokens.len() > 2 && tokens.len() % 2 == 1 && tokens.iter().enumerate().all(word)
}

/// The path that the shared evaluator finds, which follows classes, spread objects and settings.
pub(super) fn settled(house: &House, source: &Source, tokens: &[Token]) -> Option<PathValue> {
    let text = house.code().ok()?.value(&source.code, source.range(tokens)).text()?;
    let from = if text.starts_with('/') { Anchor::Root } else { Anchor::WorkingDirectory };
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    (!text.is_empty() && text.chars().all(plain)).then(|| PathValue::new(from, &text))
}

/// True for a field of settings: `config.paths.store`.
pub(super) fn is_setting(tokens: &[Token]) -> bool {
    is_member(tokens) && !tokens.iter().any(|token| token.is_word("this"))
}

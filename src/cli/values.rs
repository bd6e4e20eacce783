//! The values of flags, as they are typed.

use crate::ask::{Answerable, Question, id};
use crate::config::verify as settings;
use crate::docker::types::EnvKey;
use crate::plan::split_words;

pub(super) fn line(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("must not be empty".to_owned());
    }
    if text.chars().any(char::is_control) {
        return Err("must not contain a control character or a newline".to_owned());
    }
    Ok(text.to_owned())
}

pub(super) fn port(text: &str) -> Result<String, String> {
    let question = Question {
        id: id::PORT.to_owned(),
        prompt: String::new(),
        kind: Answerable::Port,
        default: None,
        open: false,
    };
    question.check(text).map(|()| text.to_owned()).map_err(|_| {
        "a number from 1 to 65535, several with commas, 53/udp for datagrams, or none".to_owned()
    })
}

pub(super) fn words(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("must not contain a control character or a newline".to_owned());
    }
    split_words(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

pub(super) fn pair(text: &str) -> Result<String, String> {
    let text = line(text)?;
    let (key, _) = text.split_once('=').ok_or("must be KEY=VALUE")?;
    EnvKey::new(key).map_err(|error| error.to_string())?;
    Ok(text)
}

/// The name of an argument of `docker build`, with its default if it has one.
pub(super) fn argument(text: &str) -> Result<String, String> {
    let text = line(text)?;
    EnvKey::new(text.split('=').next().unwrap_or_default()).map_err(|error| error.to_string())?;
    Ok(text)
}

pub(super) fn word(text: &str) -> Result<String, String> {
    let text = line(text)?;
    if text.starts_with('-') || text.contains(char::is_whitespace) {
        return Err("must be one word".to_owned());
    }
    Ok(text)
}

pub(super) fn health(text: &str) -> Result<String, String> {
    let text = word(text)?;
    if text.starts_with('/') { Ok(text) } else { Err("must begin with /".to_owned()) }
}

pub(super) fn expectation(text: &str) -> Result<(String, String), String> {
    settings::expectation(text)
        .ok_or_else(|| "must be PATH=TEXT, and PATH begins with /".to_owned())
}

pub(super) fn service(text: &str) -> Result<(String, String), String> {
    let (name, image) = text.split_once('=').ok_or("must be NAME=IMAGE")?;
    Ok((word(name)?, word(image)?))
}

pub(super) fn amount(text: &str) -> Result<f64, String> {
    let amount: f64 = text.parse().map_err(|_| "must be a number".to_owned())?;
    if amount.is_finite() && amount >= 0.0 {
        Ok(amount)
    } else {
        Err("must be a number from 0 up".to_owned())
    }
}

pub(super) fn answer(text: &str) -> Result<(String, String), String> {
    let (id, value) = text.split_once('=').ok_or("must be ID=VALUE")?;
    if id.is_empty() {
        return Err("must be ID=VALUE".to_owned());
    }
    Ok((id.to_owned(), value.to_owned()))
}

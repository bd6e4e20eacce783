//! Limits the cost of a user's template. Tera itself has no limit: nested loops, or a text that is
//! repeatedly joined to itself, could exhaust time and memory.
//!
//! Before parsing, a call is inserted after each tag that repeats or stores something: one counts
//! the rounds of a loop, one limits the size of what is stored. Line numbers do not change, so
//! errors name the right line. The output goes through a writer that counts bytes.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Result, bail};
use tera::{Error, Kwargs, State, Tera, TeraResult, Value};

use crate::budget::{MAX_OUTPUT, MAX_TEMPLATE, MAX_TEMPLATE_WORK, MAX_VALUE};

/// The minimum cost of a round of a loop. No included template is longer.
const LEAST: usize = 8192;

/// Maximum number of `~` in one tag: each may join a text of the maximum size.
const MAX_JOINED: usize = 16;

/// The text of an override with the calls inserted.
///
/// # Errors
/// If it is too long, or has a tag whose cost is not known in advance. The error names the line.
pub(super) fn guarded(name: &str, text: &str) -> Result<String> {
    if text.len() > MAX_TEMPLATE {
        bail!(
            "{name} has {} bytes; a template has at most {MAX_TEMPLATE} (MAX_TEMPLATE)",
            text.len()
        );
    }
    let pay = format!("{{{{ __round(cost={}) ", text.len().max(LEAST));
    let (mut out, mut at) = (String::with_capacity(text.len() * 2), 0);
    while let Some(start) = text[at..].find('{').map(|found| at + found) {
        let rest = &text[start..];
        let end = match rest.as_bytes().get(1) {
            Some(b'#') => start + rest.find("#}").map_or(rest.len(), |end| end + 2),
            Some(b'{') => start + tag_end(rest, "}}"),
            Some(b'%') => start + tag_end(rest, "%}"),
            _ => start + 1,
        };
        out.push_str(&text[at..end]);
        let tag = &text[start..end];
        at = end;
        if !tag.starts_with("{%") && !tag.starts_with("{{") {
            continue;
        }
        let words = words(tag);
        let line = text[..start].matches('\n').count() + 1;
        let first = words.first().copied().unwrap_or_default();
        let block = tag.starts_with("{%");
        // White space that a `-` at the end of the tag would trim is trimmed by the call.
        let close = if tag.ends_with("-%}") { "-}}" } else { "}}" };
        let kept = |name: &str| format!("{{{{ __kept(value={name}) {close}");
        if tag.matches('~').count() > MAX_JOINED {
            bail!("{name}:{line}: one tag joins more than {MAX_JOINED} texts with `~`");
        }
        if words.iter().skip(usize::from(block && first == "for")).any(|word| *word == "for") {
            bail!("{name}:{line}: a `for` inside brackets is not supported: write a loop");
        }
        if !block {
            continue;
        }
        match first {
            "raw" => {
                let close = text[at..].find("endraw").map_or(text.len(), |end| at + end);
                out.push_str(&text[at..close]);
                at = close;
            }
            "for" => {
                out.push_str(&pay);
                out.push_str(close);
                let named = words.iter().skip(1).take_while(|word| **word != "in");
                out.extend(named.map(|name| kept(name)));
            }
            "include" => {
                out.push_str(&pay);
                out.push_str(close);
            }
            "set" | "set_global" if tag.contains('=') => {
                out.extend(words.get(1).map(|name| kept(name)));
            }
            "filter" | "component" | "set" | "set_global" | "<" => {
                bail!(
                    "{name}:{line}: a template cannot store output with `{first}`, since its \
                     length is unknown: print the text where it is needed"
                );
            }
            _ => {}
        }
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// The length of a tag. A close in quotes does not end it.
fn tag_end(tag: &str, close: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices().skip(2) {
        match (quote, c) {
            (None, '"' | '\'' | '`') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, _) if tag[at..].starts_with(close) => return at + close.len(),
            _ => {}
        }
    }
    tag.len()
}

/// The names in a tag, outside of quotes; `<` for a call of a component.
fn words(tag: &str) -> Vec<&str> {
    let inner = tag[2..].trim_start_matches(['-', ' ', '\t', '\n', '\r']);
    if inner.starts_with('<') {
        return vec!["<"];
    }
    let (mut found, mut from, mut quote) = (Vec::new(), None, None);
    for (at, c) in tag.char_indices() {
        let is_name = quote.is_none() && (c.is_alphanumeric() || c == '_');
        match (quote, c) {
            (None, '"' | '\'' | '`') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
        if is_name {
            from.get_or_insert(at);
        } else if let Some(from) = from.take() {
            found.push(&tag[from..at]);
        }
    }
    found
}

/// Registers the calls, and replaces the functions and filters that can make a large value of a
/// small one.
pub(super) fn register(tera: &mut Tera) {
    let left = Arc::new(AtomicUsize::new(MAX_TEMPLATE_WORK));
    let pay = move |cost: usize| -> TeraResult<()> {
        let rest = left.load(Ordering::Relaxed).checked_sub(cost).ok_or_else(|| {
            Error::message(format!(
                "the template does more work than {MAX_TEMPLATE_WORK} (MAX_TEMPLATE_WORK): its loops turn too often"
            ))
        })?;
        left.store(rest, Ordering::Relaxed);
        Ok(())
    };
    let round = pay.clone();
    tera.register_function("__round", move |words: Kwargs, _: &State| -> TeraResult<Value> {
        round(words.must_get::<usize>("cost")?)?;
        Ok(Value::safe_string(""))
    });
    tera.register_function("__kept", |words: Kwargs, _: &State| -> TeraResult<Value> {
        bounded(words.must_get::<&Value>("value")?)?;
        Ok(Value::safe_string(""))
    });
    tera.register_function("range", move |words: Kwargs, _: &State| -> TeraResult<Vec<i128>> {
        let start = words.get::<i128>("start")?.unwrap_or_default();
        let end = words.must_get::<i128>("end")?;
        let step = words.get::<i128>("step_by")?.unwrap_or(1);
        if step < 1 || start > end {
            return Err(Error::message("range() goes upwards here: end >= start, step_by >= 1"));
        }
        let count = end.saturating_sub(start) / step;
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        pay(count.saturating_mul(64))?;
        Ok((start..end).step_by(usize::try_from(step).unwrap_or(usize::MAX)).collect())
    });
    tera.register_filter("replace", |text: &str, words: Kwargs, _: &State| -> TeraResult<String> {
        let (from, to): (&str, &str) = (words.must_get("from")?, words.must_get("to")?);
        size(text.matches(from).count().saturating_mul(to.len()))?;
        Ok(text.replace(from, to))
    });
    tera.register_filter("indent", |text: &str, words: Kwargs, _: &State| -> TeraResult<String> {
        let width = words.get::<usize>("width")?.unwrap_or(4);
        let first = words.get::<bool>("first")?.unwrap_or(false);
        let blank = words.get::<bool>("blank")?.unwrap_or(false);
        size(text.matches('\n').count().saturating_add(1).saturating_mul(width))?;
        let indent = " ".repeat(width);
        let line = |(number, line): (usize, &str)| {
            let plain = number == 0 && !first || line.trim().is_empty() && !blank;
            if plain { line.to_owned() } else { format!("{indent}{line}") }
        };
        Ok(text.split_inclusive('\n').enumerate().map(line).collect())
    });
    tera.register_filter(
        "join",
        |list: Vec<Value>, words: Kwargs, _: &State| -> TeraResult<String> {
            let between = words.get::<&str>("sep")?.unwrap_or_default();
            size(list.len().saturating_mul(between.len()))?;
            list.iter().try_for_each(bounded)?;
            Ok(list.iter().map(ToString::to_string).collect::<Vec<_>>().join(between))
        },
    );
}

/// Limits the size of a text.
fn size(bytes: usize) -> TeraResult<()> {
    if bytes > MAX_VALUE {
        return Err(Error::message(format!(
            "the template makes a value of more than {MAX_VALUE} bytes (MAX_VALUE)"
        )));
    }
    Ok(())
}

/// Limits the total size of a value, including nested ones.
fn bounded(value: &Value) -> TeraResult<()> {
    let (mut total, mut open) = (0_usize, vec![value]);
    while let Some(next) = open.pop() {
        total += 16 + next.as_str().map_or(0, str::len) + next.as_bytes().map_or(0, <[u8]>::len);
        size(total.saturating_sub(16))?;
        open.extend(next.as_array().into_iter().flatten());
        open.extend(next.as_map().into_iter().flat_map(|map| map.values()));
    }
    Ok(())
}

/// A writer for the output, with a limit.
#[derive(Default)]
pub(super) struct Printed(pub(super) Vec<u8>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.0.len() + bytes.len()) as u64 > MAX_OUTPUT {
            return Err(io::Error::other(format!(
                "the template prints more than {MAX_OUTPUT} bytes (MAX_OUTPUT)"
            )));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_stand_behind_what_repeats_and_what_is_kept() {
        let text =
            "{# {% for #}{% for a in b -%} x {{ \"{% for %}\" }}{% endfor %}\n{% set c = a %}";
        assert_eq!(
            guarded("t", text).unwrap(),
            "{# {% for #}{% for a in b -%}{{ __round(cost=8192) -}}{{ __kept(value=a) -}} x {{ \"{% for %}\" }}{% endfor %}\n{% set c = a %}{{ __kept(value=c) }}"
        );
        for text in
            ["\n{% filter upper %}", "\n{% set x %}", "\n{{ [y for y in z] }}", "\n{% < a %}"]
        {
            assert!(guarded("t", text).unwrap_err().to_string().starts_with("t:2: "), "{text}");
        }
        let raw = "{% raw %}{% for a in b %}{% endraw %}";
        assert_eq!(guarded("t", raw).unwrap(), raw);
    }
}

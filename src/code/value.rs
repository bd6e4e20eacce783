//! The value of an expression when the program starts: text if it is known, and the environment
//! variables and flags that override it. Everything else stays unknown.

use crate::facts::Evidence;

/// A folder that is known only at run time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// The user's home.
    Home,
    /// The folder of the program's own file.
    Program,
}

/// A part of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// The text, or the default; `None` if unknown.
    pub text: Option<String>,
    /// The folder at its start, if it is one that is known only at run time.
    pub base: Option<Base>,
    /// The environment variable that overrides it.
    pub env: Option<String>,
    /// The command-line flag that overrides it.
    pub flag: Option<String>,
    /// True if nothing but the name of a field connects it with the expression.
    pub like: bool,
    /// True for the path of a source file, and what is made of it: the folders above it are known.
    pub file: bool,
    /// The place that states it.
    pub evidence: Evidence,
}

impl Part {
    /// An unknown part, with its place.
    pub(crate) fn unknown(evidence: Evidence) -> Self {
        Self { text: None, base: None, env: None, flag: None, like: false, file: false, evidence }
    }

    /// A known text.
    pub(crate) fn known(text: impl Into<String>, evidence: Evidence) -> Self {
        Self { text: Some(text.into()), ..Self::unknown(evidence) }
    }

    /// A setting with its default. An empty default counts as none: the program then requires the
    /// setting, or uses another one.
    pub(crate) fn setting(
        default: Option<String>,
        env: Option<String>,
        flag: Option<String>,
        evidence: Evidence,
    ) -> Self {
        let text = default.filter(|text| !text.is_empty());
        Self { text, env, flag, ..Self::unknown(evidence) }
    }

    fn is_known(&self) -> bool {
        self.text.is_some() || self.base.is_some()
    }
}

/// A value as a concatenation of parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Value {
    /// The parts.
    pub parts: Vec<Part>,
    /// Alternatives: different callers of a function may pass different paths.
    pub others: Vec<Vec<Part>>,
}

impl From<Part> for Value {
    fn from(part: Part) -> Self {
        vec![part].into()
    }
}

impl From<Vec<Part>> for Value {
    fn from(parts: Vec<Part>) -> Self {
        Self { parts, others: Vec::new() }
    }
}

/// Maximum number of values of one expression.
const MAX_ALTERNATIVES: usize = 16;

impl Value {
    /// Every alternative, the likeliest first.
    pub(crate) fn alternatives(&self) -> impl Iterator<Item = Value> {
        let others = self.others.iter().map(|parts| Value::from(parts.clone()));
        std::iter::once(Value::from(self.parts.clone())).chain(others)
    }

    /// Appends another value, combining the alternatives of both.
    pub(super) fn append(&mut self, more: Value) {
        let mut others = Vec::new();
        for (number, first) in self.alternatives().enumerate() {
            for (other, second) in more.alternatives().enumerate() {
                if number + other > 0 && others.len() < MAX_ALTERNATIVES {
                    others.push([first.parts.as_slice(), &second.parts].concat());
                }
            }
        }
        self.parts.extend(more.parts);
        self.others = others;
    }

    /// Drops empty parts at the start: a path joined to nothing begins with the next part.
    pub(super) fn drop_empty_heads(&mut self) {
        for parts in std::iter::once(&mut self.parts).chain(&mut self.others) {
            let is = |at: usize, text: &str| {
                parts.get(at).is_some_and(|part: &Part| part.text.as_deref() == Some(text))
            };
            if is(0, "") && is(1, "/") {
                parts.drain(..2);
            }
        }
    }

    /// Drops the working directory at the start of a path.
    pub(super) fn drop_here(&mut self) {
        for parts in std::iter::once(&mut self.parts).chain(&mut self.others) {
            let is = |at: usize, text: &str| {
                parts.get(at).is_some_and(|part: &Part| part.text.as_deref() == Some(text))
            };
            if is(0, ".") && is(1, "/") {
                parts.drain(..2);
            }
        }
    }

    /// The same path, with a plain name in place of the pattern in the name of its file:
    /// `logs/x` for `logs/{time}.log`. A folder that a pattern names is unknown.
    #[must_use]
    pub(crate) fn without_pattern(mut self) -> Self {
        for parts in std::iter::once(&mut self.parts).chain(&mut self.others) {
            let pattern = |part: &Part| part.text.as_ref().and_then(|text| text.find(['{', '%']));
            let first = parts.iter().enumerate().find_map(|(at, part)| Some((at, pattern(part)?)));
            let Some((at, begin)) = first else { continue };
            let text = parts[at].text.take().unwrap_or_default();
            let (known, open) = text.split_at(begin);
            if !open.contains('/') || known.contains('/') {
                let folder = known.rfind('/').map_or("", |end| &known[..=end]);
                parts[at].text = Some(format!("{folder}x"));
            }
            parts.truncate(at + 1);
        }
        self
    }

    /// A known text.
    pub(crate) fn known(text: impl Into<String>, evidence: Evidence) -> Self {
        Part::known(text, evidence).into()
    }

    /// An unknown value.
    pub(crate) fn unknown(evidence: Evidence) -> Self {
        Part::unknown(evidence).into()
    }

    /// A folder that is known at run time.
    pub(crate) fn base(base: Base, evidence: Evidence) -> Self {
        Part { base: Some(base), ..Part::unknown(evidence) }.into()
    }

    /// The length of its text, including all alternatives.
    pub(super) fn length(&self) -> usize {
        let parts = self.parts.iter().chain(self.others.iter().flatten());
        parts.map(|part| part.text.as_ref().map_or(0, String::len) + 1).sum()
    }

    /// The whole text, if every part is known.
    pub(crate) fn text(&self) -> Option<String> {
        if self.parts.is_empty() {
            return None;
        }
        self.parts.iter().map(|part| part.text.as_deref()).collect()
    }

    /// The known text before the first unknown part.
    pub(crate) fn prefix(&self) -> String {
        self.parts.iter().map_while(|part| part.text.as_deref()).collect()
    }

    /// The known text after unknown parts at the start; `None` if any other part is unknown too.
    pub(crate) fn suffix(&self) -> Option<String> {
        let known = self.parts.iter().position(|part| part.text.is_some()).filter(|&at| at > 0)?;
        self.parts.get(known..)?.iter().map(|part| part.text.as_deref()).collect()
    }

    /// The folder at the start of the value, and the known path below it. If the last component is
    /// unknown, the path ends with the last known folder.
    pub(crate) fn below(&self) -> Option<(Base, String)> {
        let (first, rest) = self.parts.split_first()?;
        let base = first.base?;
        let known: String = rest.iter().map_while(|part| part.text.as_deref()).collect();
        let whole = rest.iter().all(|part| part.text.is_some());
        let path = if whole {
            known
        } else {
            known.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned()
        };
        Some((base, path.trim_matches('/').to_owned()))
    }

    /// The environment variable, if it alone gives the whole value.
    pub(crate) fn env(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [part] => part.env.as_deref(),
            _ => None,
        }
    }

    /// Every environment variable in the value and its alternatives.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().chain(self.others.iter().flatten());
        parts.filter_map(|part| part.env.as_deref())
    }

    /// The flag, if it alone gives the whole value.
    pub(crate) fn flag(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [part] => part.flag.as_deref(),
            _ => None,
        }
    }

    /// The place that states the value: that of the first part with a literal, a flag or a
    /// variable.
    pub(crate) fn evidence(&self) -> Option<&Evidence> {
        let stated = |part: &&Part| {
            part.text.as_deref().is_some_and(|text| text.len() > 1) || part.env.is_some()
        };
        self.parts.iter().rev().find(stated).or(self.parts.first()).map(|part| &part.evidence)
    }

    /// True if nothing but the name of a field connects a part of it with the expression.
    pub(crate) fn is_like(&self) -> bool {
        self.parts.iter().any(|part| part.like)
    }

    /// True if every part is known.
    pub(crate) fn is_known(&self) -> bool {
        !self.parts.is_empty() && self.parts.iter().all(Part::is_known)
    }

    /// True if a part of it is a setting without a default.
    pub(crate) fn is_unset(&self) -> bool {
        let set = |part: &Part| part.env.is_some() || part.flag.is_some();
        self.parts.iter().any(|part| part.text.is_none() && set(part))
    }

    /// True if nothing is known, not even what sets it.
    pub(crate) fn is_unknown(&self) -> bool {
        self.parts.iter().all(|part| !part.is_known() && part.env.is_none() && part.flag.is_none())
    }

    /// The same value, overridden by the variable or flag that alone gives another value, which a
    /// condition excluded.
    #[must_use]
    pub(crate) fn overridden_by(mut self, other: &Self) -> Self {
        if let ([part], [setter]) = (self.parts.as_mut_slice(), other.parts.as_slice())
            && part.env.is_none()
            && part.flag.is_none()
        {
            (part.env, part.flag) = (setter.env.clone(), setter.flag.clone());
        }
        self
    }

    /// The parent folder of the path.
    #[must_use]
    pub(crate) fn parent(mut self) -> Self {
        for part in &mut self.parts {
            // A setting for the path does not set its folder.
            (part.env, part.flag) = (None, None);
        }
        // The folder above that of the working directory's own file.
        if let [Part { text: Some(text), file: true, .. }] = self.parts.as_mut_slice() {
            let above = match text.as_str() {
                "." => Some("..".to_owned()),
                ".." => Some("../..".to_owned()),
                _ if text.ends_with("/..") => Some(format!("{text}/..")),
                _ => None,
            };
            if let Some(above) = above {
                *text = above;
                return self;
            }
        }
        let mut named = false;
        while let Some(part) = self.parts.pop() {
            let alone = self.parts.is_empty();
            // What follows a `/` is the name, of whatever parts it is made.
            if let Some(text) = part.text.as_deref().filter(|text| named && text.ends_with('/')) {
                let folder = text.trim_end_matches('/');
                let text = Some(if folder.is_empty() { "/" } else { folder }.to_owned());
                if alone || !folder.is_empty() {
                    self.parts.push(Part { text, ..part });
                }
                break;
            }
            named |= part.text.as_deref().is_none_or(|text| !text.trim_end_matches('/').is_empty());
            let Some(text) = part.text.as_deref().map(|text| text.trim_end_matches('/')) else {
                if alone || part.base.is_some() {
                    self.parts.push(part);
                    break;
                }
                continue;
            };
            let folder = match text.rfind('/') {
                Some(0) if alone => "/",
                Some(at) => &text[..at],
                // A bare name is in the working directory.
                None if alone => ".",
                None => continue,
            };
            if !folder.is_empty() {
                let text = Some(folder.to_owned());
                self.parts.push(Part { text, ..part });
            }
            break;
        }
        self
    }
}

/// Merges several values of one name, each with whether it comes before the use: the last known
/// text before it, and the environment variable or flag of another one.
pub(super) fn merge(values: Vec<(bool, Value)>) -> Option<Value> {
    let known =
        |before: bool| values.iter().rev().find(|(b, value)| *b == before && value.is_known());
    let Some((_, chosen)) = known(true).or_else(|| known(false)) else {
        // The end matters: the port of an address, the name of a path.
        let ends = |value: &Value| value.parts.last().is_some_and(|part| part.text.is_some());
        let partly = values
            .iter()
            .position(|(_, value)| ends(value) && !value.is_unknown())
            .or_else(|| values.iter().position(|(_, value)| !value.is_unknown()))
            .or(if values.is_empty() { None } else { Some(0) })?;
        return values.into_iter().nth(partly).map(|(_, value)| value);
    };
    let mut chosen = chosen.clone();
    if chosen.parts.iter().any(|part| part.env.is_some() || part.flag.is_some()) {
        return Some(chosen);
    }
    let (Some(text), Some(default)) = (chosen.text(), chosen.parts.first().cloned()) else {
        return Some(chosen);
    };
    for (_, other) in &values {
        let open: Vec<usize> =
            (0..other.parts.len()).filter(|&at| other.parts[at].text.is_none()).collect();
        let [at] = open.as_slice() else { continue };
        let (before, part, after) =
            (&other.parts[..*at], &other.parts[*at], &other.parts[at + 1..]);
        if part.env.is_none() && part.flag.is_none() {
            continue;
        }
        let join = |parts: &[Part]| {
            parts.iter().filter_map(|part| part.text.as_deref()).collect::<String>()
        };
        let middle =
            text.strip_prefix(&join(before)).and_then(|rest| rest.strip_suffix(&join(after)));
        if let Some(middle) = middle {
            let mut parts = before.to_vec();
            parts.push(Part {
                text: Some(middle.to_owned()),
                evidence: default.evidence.clone(),
                ..part.clone()
            });
            parts.extend(after.iter().cloned());
            chosen.parts = parts;
            break;
        }
    }
    Some(chosen)
}

/// The first known one of several values, overridden by the settings before it. If none is known,
/// an unknown one is among the alternatives.
pub(super) fn first_of(values: impl IntoIterator<Item = Value>) -> Option<Value> {
    let (mut settings, mut open): (Vec<Part>, Option<Value>) = (Vec::new(), None);
    // What is partly known is a default too.
    let mut partial: Option<Value> = None;
    for value in values {
        let set = |part: &Part| part.text.is_none() && (part.env.is_some() || part.flag.is_some());
        if value.is_known() {
            let mut parts = settings.into_iter().map(|setting| match value.parts.as_slice() {
                [Part { text: Some(text), evidence, .. }] => {
                    let (text, evidence) = (Some(text.clone()), evidence.clone());
                    vec![Part { text, evidence, ..setting }]
                }
                _ => vec![setting],
            });
            let Some(first) = parts.next() else { return Some(value) };
            let own = value.alternatives().map(|own| own.parts);
            return Some(Value { parts: first, others: parts.chain(own).collect() });
        }
        match value.parts.as_slice() {
            [part] if set(part) => {
                let others = value.others.iter().filter_map(|other| match other.as_slice() {
                    [part] if set(part) => Some(part.clone()),
                    _ => None,
                });
                settings.extend(std::iter::once(part.clone()).chain(others));
            }
            parts => {
                if parts.iter().any(|part| part.text.is_some()) {
                    partial.get_or_insert_with(|| value.clone());
                }
            }
        }
        if value.alternatives().any(|value| value.is_unknown()) {
            open = Some(value);
        }
    }
    let open = open.and_then(|open| open.alternatives().find(Value::is_unknown));
    let mut settings = settings.into_iter();
    let Some(first) = settings.next() else { return open };
    let rest = partial.into_iter().chain(open).map(|value| value.parts);
    let others = settings.map(|part| vec![part]).chain(rest);
    Some(Value { parts: vec![first], others: others.collect() })
}

/// An environment variable with its default.
pub(super) fn env(
    key: String,
    default: Option<String>,
    evidence: impl FnOnce(String) -> Evidence,
) -> Value {
    if key == "HOME" && default.is_none() {
        return Value::base(Base::Home, evidence("the user's home".to_owned()));
    }
    let note = match &default {
        Some(default) => format!("environment variable {key}, else `{default}`"),
        None => format!("environment variable {key}"),
    };
    Part::setting(default, Some(key), None, evidence(note)).into()
}

/// True for `PORT` or `APP_PORT`: capitals, digits and underscores.
pub(crate) fn is_env_name(text: &str) -> bool {
    text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

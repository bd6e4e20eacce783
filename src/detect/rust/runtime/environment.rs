//! Settings that a program takes from its environment as a whole:
//! `config::Environment::with_prefix("APP")` or figment's `Env::prefixed("APP_")`. A variable
//! there overrides a file and a default in the code. Rules:
//! <https://docs.rs/config/latest/config/struct.Environment.html>,
//! <https://docs.rs/figment/latest/figment/providers/struct.Env.html>,
//! <https://docs.rs/envy/latest/envy/>.

use super::{Code, SourceFile};

/// How the name of a setting becomes the name of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layer {
    /// The prefix with its separator; empty if there is none.
    prefix: String,
    /// The text between the parts of a nested setting; `None` if variables cannot set nested
    /// settings.
    separator: Option<String>,
}

/// The layer of environment variables, if the program has one.
pub(super) fn layer(code: &Code) -> Option<Layer> {
    let known: Vec<&str> = ["config", "figment", "envy"]
        .into_iter()
        .filter(|name| code.dependencies.contains(*name))
        .collect();
    if known.is_empty() {
        return None;
    }
    code.files
        .iter()
        .find_map(|file| (0..file.len()).find_map(|at| at_call(code, file, at, &known)))
}

fn at_call(code: &Code, file: &SourceFile, at: usize, known: &[&str]) -> Option<Layer> {
    let path = file.path_to(at);
    // `envy::from_env::<Settings>()`
    if known.contains(&"envy") && path == ["envy", "from_env"] {
        return Some(Layer { prefix: String::new(), separator: None });
    }
    if !file.is(at + 1, "(") {
        return None;
    }
    let [.., owner, call] = path.as_slice() else { return None };
    let name = match text(code, file, at + 1) {
        Some(text) => Some(text.to_ascii_uppercase()),
        None if file.is(at + 2, ")") => None,
        // The prefix is not known.
        None => return None,
    };
    let methods = methods(file, at + 1);
    let given = |method: &str| {
        methods.iter().find(|(name, _)| name == method).map(|(_, text)| text.to_ascii_uppercase())
    };
    match (*owner, *call) {
        ("Environment", "with_prefix" | "default") if known.contains(&"config") => {
            // A type of the program's own with that name has no such methods.
            if *call == "default" && methods.is_empty() && path.first() != Some(&"config") {
                return None;
            }
            let separator = given("separator").filter(|text| !text.is_empty());
            let between =
                given("prefix_separator").or(separator.clone()).unwrap_or_else(|| "_".to_owned());
            let prefix = name.or(given("prefix")).map_or_else(String::new, |name| name + &between);
            Some(Layer { prefix, separator })
        }
        ("envy", "prefixed") if known.contains(&"envy") => {
            Some(Layer { prefix: name?, separator: None })
        }
        ("Env", "prefixed" | "raw") if known.contains(&"figment") => {
            Some(Layer { prefix: name.unwrap_or_default(), separator: given("split") })
        }
        _ => None,
    }
}

/// The text that a call takes, directly or through a constant: `(&PREFIX.to_uppercase())`.
fn text(code: &Code, file: &SourceFile, open: usize) -> Option<String> {
    let at = open + 1 + usize::from(file.is(open + 1, "&"));
    if let Some(text) = file.string(at) {
        return Some(text.into_owned());
    }
    let name = file.word(at);
    let constant = |file: &SourceFile, at: usize| {
        file.is(at, name) && at > 0 && (file.is(at - 1, "const") || file.is(at - 1, "static"))
    };
    let of = |file: &SourceFile| {
        let at = (0..file.len()).find(|&at| constant(file, at))?;
        let end = (at..at + 12).find(|&n| file.is(n, "="))?;
        file.string(end + 1).map(std::borrow::Cow::into_owned)
    };
    let plain = file.is(at + 1, ")") || file.is(at + 1, ".");
    if !plain || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return None;
    }
    // A constant of this file shadows others with that name.
    of(file)
        .or_else(|| code.files.iter().filter(|other| other.names(name)).find_map(|other| of(other)))
}

/// The methods after a call whose bracket is at `open`, each with its first argument if that is a
/// string.
fn methods(file: &SourceFile, open: usize) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut next = file.closing(open) + 1;
    while file.is(next, ".") && file.is(next + 2, "(") {
        found.push((
            file.word(next + 1).to_owned(),
            file.string(next + 3).map(std::borrow::Cow::into_owned).unwrap_or_default(),
        ));
        next = file.closing(next + 2) + 1;
    }
    found
}

impl Layer {
    /// The variable that sets `port` or `server.port`; `None` if none can.
    pub(super) fn variable(&self, setting: &str) -> Option<String> {
        let parts: Vec<&str> = setting.split('.').filter(|part| !part.is_empty()).collect();
        let plain = |part: &&str| part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if parts.is_empty()
            || !parts.iter().all(plain)
            || !self.prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        {
            return None;
        }
        let between = match (&self.separator, parts.len()) {
            (_, 1) => "",
            (Some(separator), _) => separator,
            (None, _) => return None,
        };
        let name = format!("{}{}", self.prefix, parts.join(between).to_ascii_uppercase());
        let valid = name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        valid.then_some(name)
    }
}

//! Tags of fields: the variable, the flag and the default that they state.

use super::file::File;
use super::rules::TagRow;
use super::value::{Part, Value, is_env_name};

/// Parses the tag at `at` of the field at `name`: `env:"PORT" envDefault:"8080"`, and the syntax of
/// other libraries.
pub(crate) fn read(row: &TagRow, file: &File, name: usize, at: usize) -> Option<Value> {
    let text = file.string(at)?;
    let (mut env, mut default, mut flag) = (None, None, None);
    for (key, value) in pairs(&text) {
        if row.options.iter().any(|name| name == key) {
            for word in value.split([',', ';']) {
                let word = word.trim();
                let (name, rest) = word
                    .split_once(['=', ':'])
                    .map_or((word, ""), |(name, rest)| (name.trim(), rest.trim()));
                match name {
                    "default" => default = default.or(Some(rest)),
                    "env" | "environment" => env = env.or(Some(rest)),
                    "flag" | "long" | "name" => flag = flag.or(Some(rest)),
                    _ if word.starts_with("--") => {
                        flag = flag.or(Some(word.trim_start_matches('-')));
                    }
                    _ => {}
                }
            }
        }
        if row.variable.iter().any(|name| name == key) {
            env = env.or(value.split(',').next());
        } else if row.default.iter().any(|name| name == key) {
            default = default.or(Some(value));
        } else if row.flag.iter().any(|name| name == key) {
            flag = flag.or(Some(value.trim_start_matches('-')));
        }
    }
    let env = env.filter(|name| is_env_name(name)).map(str::to_owned);
    let named = || {
        let by = row.flag_of_field.iter().any(|of| file.imports_from(of));
        (by && default.is_some()).then(|| kebab(file.word(name)))
    };
    let flag = flag.filter(|name| !name.is_empty()).map(str::to_owned).or_else(named);
    if env.is_none() && default.is_none() {
        return None;
    }
    let note = match (&env, default) {
        (Some(env), Some(default)) => format!("environment variable {env}, else `{default}`"),
        (Some(env), None) => format!("environment variable {env}"),
        (None, default) => format!("`{}` by default", default.unwrap_or_default()),
    };
    let default = default.map(str::to_owned);
    Some(Part::setting(default, env, flag, file.evidence(at, note)).into())
}

/// A field's name as a flag: `ListenAddr` is `listen-addr`, `APIHost` is `api-host`.
pub(crate) fn kebab(name: &str) -> String {
    let mut flag = String::new();
    let mut small = false;
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let begins = rest.peek().is_some_and(|next| next.is_lowercase()) && !flag.is_empty();
        if c.is_uppercase() && (small || begins) && !flag.ends_with('-') {
            flag.push('-');
        }
        small = c.is_lowercase() || c.is_ascii_digit();
        flag.extend(c.to_lowercase());
    }
    flag
}

/// The prefix that the tag of a field adds to the variables of all fields inside it.
pub(super) fn prefix(row: &TagRow, text: &str) -> String {
    for (key, value) in pairs(text) {
        if row.prefix.iter().any(|name| name == key) {
            return value.to_owned();
        }
        if row.namespace.iter().any(|name| name == key) {
            return format!("{value}_");
        }
        if row.options.iter().any(|name| name == key) {
            let mut words = value.split(',').map(str::trim);
            if let Some(prefix) = words.find_map(|word| word.strip_prefix("prefix=")) {
                return prefix.to_owned();
            }
        }
    }
    String::new()
}

/// The value of a key in a tag.
pub(super) fn value<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    pairs(text).into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
}

/// The pairs of a tag: `key:"value"`.
pub(crate) fn pairs(text: &str) -> Vec<(&str, &str)> {
    let (mut all, mut rest) = (Vec::new(), text);
    while let Some((key, behind)) = rest.split_once(":\"") {
        let (value, behind) = behind.split_once('"').unwrap_or((behind, ""));
        let key = key.trim_start();
        let key = key.rsplit(char::is_whitespace).next().unwrap_or_default();
        all.push((key, value));
        rest = behind;
    }
    all
}

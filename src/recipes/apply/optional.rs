//! Variables that the code reads and goes on without: it gives a default, or only asks whether there
//! is a value.

use anyhow::Result;

use super::code::{Code, is_comment, is_whole};

/// What follows a variable with a default, or one that is only compared or tested.
const GOES_ON: [&str; 17] = [
    "||",
    "??",
    "&&",
    "==",
    "!=",
    "? ",
    ":-",
    ".unwrap_or",
    ".is_ok",
    ".is_err",
    ".is_some",
    ".is_none",
    ".ok()",
    "or ",
    "is None",
    "is not None",
    "in os.environ",
];

/// Words of functions with the default as the second argument.
const READERS: [&str; 6] = ["env", "get", "default", "config", "setting", "option"];

/// True if the code reads the variable, and each read goes on without it.
///
/// # Errors
/// If a file cannot be read.
pub(super) fn goes_on_without(code: &Code<'_>, name: &str) -> Result<bool> {
    let mut found = false;
    for (_, text) in code.texts_with(&[name])? {
        for line in text.lines().filter(|line| line.contains(name) && !is_comment(line)) {
            let mut parts = line.split(name);
            let mut before = parts.next().unwrap_or_default();
            for after in parts {
                if is_whole(before, after) {
                    if !goes_on(before, after) {
                        return Ok(false);
                    }
                    found = true;
                }
                before = after;
            }
        }
    }
    Ok(found)
}

/// True if the code between `before` and `after` reads a variable that may be missing.
fn goes_on(before: &str, after: &str) -> bool {
    let rest = after.trim_start_matches(['"', '\'', '`']);
    // `${NAME:default}` in settings, and `get("NAME", default)`.
    if before.ends_with("${") && rest.starts_with(':') {
        return true;
    }
    let quoted = rest.len() < after.len();
    if quoted && rest.trim_start().starts_with(',') {
        let call = before.trim_end_matches(['"', '\'', '`']).trim_end();
        let reads = call.strip_suffix('(').map(str::to_ascii_lowercase).is_some_and(|call| {
            let from = call.rfind(|c: char| !(c.is_alphanumeric() || "_.:".contains(c)));
            let name = &call[from.map_or(0, |at| at + 1)..];
            READERS.iter().any(|word| name.contains(word))
        });
        return reads;
    }
    let rest = rest.trim_start_matches([']', ')', '}']).trim_start();
    let tested = ["if (", "if ", "if not ", "if !", "!!"];
    // What stands before the call or the object: `if not ` of `if not os.getenv("NAME")`.
    let reader = before.trim_end_matches(['"', '\'', '`']).trim_end_matches(['(', '[', '.']);
    let read = reader.trim_end_matches(|c: char| c.is_alphanumeric() || "_.:".contains(c));
    GOES_ON.iter().any(|mark| rest.starts_with(mark))
        || tested.iter().any(|mark| read.ends_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_with_a_default_or_a_test_go_on() {
        let of = |line: &str| {
            let mut parts = line.split("RATE");
            goes_on(parts.next().unwrap(), parts.next().unwrap())
        };
        for line in [
            "const rate = process.env.RATE || 3;",
            "const rate = process.env['RATE'] ?? 3;",
            "const on = process.env.RATE === 'true';",
            "const set = process.env.RATE ? read() : {};",
            "if (process.env.RATE) {",
            "const on = !!process.env.RATE;",
            "rate = os.environ.get(\"RATE\", 3)",
            "rate = os.getenv('RATE') or 3",
            "if not os.getenv('RATE'):",
            "rate := envOr(\"RATE\", 3)",
            "if os.Getenv(\"RATE\") == \"\" {",
            "let rate = env::var(\"RATE\").unwrap_or_default();",
            "rate: ${RATE:3}",
            "System.getenv().getOrDefault(\"RATE\", \"3\")",
        ] {
            assert!(of(line), "{line}");
        }
        for line in [
            "const rate = process.env.RATE;",
            "connect(process.env.RATE)",
            "rate = os.environ[\"RATE\"]",
            "let rate = env::var(\"RATE\")?;",
            "const NAMES = [\"RATE\", \"OTHER\"];",
            "check(\"RATE\", \"OTHER\")",
            "rate: ${RATE}",
        ] {
            assert!(!of(line), "{line}");
        }
    }
}

//! Branches of code that only a value of a variable chooses: what they connect to is no default.

/// How far up the branch around a line is searched.
const MAX_LINES: usize = 200;

/// How code of the supported languages reads a variable of the environment.
const READS: [&str; 5] = ["process.env", "os.environ", "getenv", "env::var", "LookupEnv"];

/// What gives a variable a default, or turns a comparison round.
const OPEN: [&str; 7] = ["||", "??", "!=", " or ", ",", "unwrap_or", "not "];

/// True if one of the lines of a text, counted from 1, lies in a branch that is taken only if a
/// variable of the environment has a certain value, as in
/// `if (process.env.DB_TYPE === "mysql") {`.
pub(crate) fn is_chosen(lines: &[&str], line: u32) -> bool {
    let line = usize::try_from(line).unwrap_or_default();
    let near = lines.get(line.saturating_sub(MAX_LINES)..line);
    let Some((own, above)) = near.and_then(|near| near.split_last()) else { return false };
    let mut inner = indentation(own);
    for held in above.iter().rev().filter(|held| !held.trim().is_empty()) {
        let indented = indentation(held);
        if indented >= inner {
            continue;
        }
        inner = indented;
        if compares(held) {
            return true;
        }
    }
    false
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// True for the head of a branch that compares a variable without default to a literal.
fn compares(line: &str) -> bool {
    let head = line.trim_start().trim_start_matches('}').trim_start();
    let head = head.strip_prefix("else ").unwrap_or(head);
    let branch = head.starts_with("if ") || head.starts_with("if(") || head.starts_with("elif ");
    branch
        && READS.iter().any(|read| head.contains(read))
        && head.contains("==")
        && head.contains(['"', '\''])
        && !OPEN.iter().any(|word| head.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(text: &str, line: u32) -> bool {
        is_chosen(&text.lines().collect::<Vec<_>>(), line)
    }

    #[test]
    fn a_branch_that_a_variable_chooses_is_no_default() {
        for head in [
            "if (process.env.KIND === \"mysql\") {",
            "} else if (process.env.KIND == 'mysql') {",
            "if os.environ.get(\"KIND\") == \"mysql\":",
        ] {
            let text = format!("{head}\n    open({{\n        host: 'localhost',\n    }});\n");
            assert!(chosen(&text, 3), "{head}");
            let after = format!("{head}\n    one();\n\nopen('localhost');\n");
            assert!(!chosen(&after, 4), "{head}");
        }
        for head in [
            "if ((process.env.KIND || \"mysql\") === \"mysql\") {",
            "if (process.env.KIND !== \"sqlite\") {",
            "if os.environ.get(\"KIND\", \"mysql\") == \"mysql\":",
            "function open() {",
        ] {
            assert!(!chosen(&format!("{head}\n    open('localhost');\n"), 2), "{head}");
        }
        assert!(!chosen("", 7));
    }
}

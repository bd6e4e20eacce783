//! The Dockerfile with highlighted keywords, and differences to the files on disk.

use similar::{ChangeTag, TextDiff};

use crate::pipeline::Change;
use crate::screen::Look;
use crate::write::Standing;

/// Instructions of the Dockerfile language.
const KEYWORDS: [&str; 17] = [
    "FROM",
    "RUN",
    "CMD",
    "LABEL",
    "EXPOSE",
    "ENV",
    "ADD",
    "COPY",
    "ENTRYPOINT",
    "VOLUME",
    "USER",
    "WORKDIR",
    "ARG",
    "ONBUILD",
    "STOPSIGNAL",
    "HEALTHCHECK",
    "SHELL",
];

/// The text of a Dockerfile: instructions bold, comments dim.
pub(crate) fn dockerfile(text: &str, look: &Look) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let word = line.split(' ').next().unwrap_or_default();
        if line.starts_with('#') {
            out.push_str(&look.dim(line));
        } else if KEYWORDS.contains(&word) {
            out.push_str(&look.bold(word));
            out.push_str(&line[word.len()..]);
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

/// The changes to a file, as a unified diff; the whole text of a new file.
pub(crate) fn change(change: &Change, path: &str, look: &Look) -> String {
    match (&change.old, change.standing) {
        (_, Standing::Same) => String::new(),
        (Some(old), _) => diff(old, &change.new.text, path, look),
        (None, _) => dockerfile(&change.new.text, look),
    }
}

/// As [`change`], for two texts; `None` if there is no file yet.
pub(crate) fn texts(old: Option<&str>, new: &str, path: &str, look: &Look) -> String {
    old.map_or_else(|| dockerfile(new, look), |old| diff(old, new, path, look))
}

fn diff(old: &str, new: &str, path: &str, look: &Look) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut out =
        format!("{}\n{}\n", look.red(&format!("--- {path}")), look.green(&format!("+++ {path}")));
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        out.push_str(&look.cyan(&hunk.header().to_string()));
        out.push('\n');
        for line in hunk.iter_changes() {
            let text = line.value().trim_end_matches('\n');
            let shown = match line.tag() {
                ChangeTag::Delete => look.red(&format!("-{text}")),
                ChangeTag::Insert => look.green(&format!("+{text}")),
                ChangeTag::Equal => format!(" {text}"),
            };
            out.push_str(&shown);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_keywords_and_comments() {
        let look = Look { colour: true, width: 80, shortens: true };
        let text = dockerfile("# x\nFROM a\n  && FROM\n", &look);
        assert_eq!(text, "\u{1b}[2m# x\u{1b}[0m\n\u{1b}[1mFROM\u{1b}[0m a\n  && FROM\n");
        let plain = Look { colour: false, width: 80, shortens: true };
        assert_eq!(
            diff("a\nb\n", "a\nc\n", "f", &plain),
            "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n"
        );
    }
}

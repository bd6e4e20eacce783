//! The blocks of code of a document, in the markup languages of READMEs: Markdown,
//! reStructuredText, `AsciiDoc`, Org, and plain text.

use crate::path::RelPath;

/// Extensions of documents.
const EXTENSIONS: [&str; 8] = ["", "md", "markdown", "txt", "rst", "adoc", "asciidoc", "org"];

/// Languages of blocks that hold shell lines. A block without a language may.
const SHELL: [&str; 15] = [
    "",
    "sh",
    "bash",
    "shell",
    "zsh",
    "fish",
    "console",
    "shell-session",
    "shellsession",
    "sh-session",
    "bash-session",
    "terminal",
    "text",
    "txt",
    "none",
];

/// Directives of reStructuredText that hold code.
const DIRECTIVES: [&str; 4] = ["code", "code-block", "sourcecode", "prompt"];

/// True for a file whose extension is that of a document.
pub(in crate::recipes) fn is_document(path: &RelPath) -> bool {
    EXTENSIONS.contains(&path.extension())
}

/// A block of code.
pub(super) struct Block<'t> {
    /// The number of its first line.
    pub(super) first: u32,
    /// The language that the document gives it, in lower case; empty if it gives none.
    pub(super) language: String,
    pub(super) lines: Vec<&'t str>,
}

impl Block<'_> {
    /// True if it may hold shell lines.
    pub(super) fn is_shell(&self) -> bool {
        SHELL.contains(&self.language.as_str())
    }
}

/// Which forms a document writes its code in.
struct Markup {
    /// Code is what stands four columns to the right.
    indented: bool,
    /// Directives and lines that end in `::`.
    literal: bool,
    /// Listings between lines of dashes or dots.
    delimited: bool,
    /// Lines with a prompt, or that run a container, in the middle of the text.
    typed: bool,
}

impl Markup {
    fn of(file: &RelPath) -> Self {
        let end = file.extension();
        Self {
            indented: !matches!(end, "rst" | "adoc" | "asciidoc"),
            literal: matches!(end, "" | "txt" | "rst"),
            delimited: matches!(end, "adoc" | "asciidoc"),
            typed: matches!(end, "" | "txt"),
        }
    }
}

/// What ends the block that is open.
enum Open<'t> {
    /// A line that begins with this mark.
    Fence(&'static str),
    /// `#+end_src`
    Org,
    /// A line that is the same as the one that opened it.
    Delimiter(&'t str),
    /// An empty line.
    Paragraph,
    /// A line that does not end in a backslash.
    Typed,
    /// A line with content that stands at this column or to the left of it. `begun`: the block has
    /// lines.
    Literal { column: usize, begun: bool },
    /// A line that does not begin with four columns.
    Indented,
}

/// Every block of code, in order.
pub(super) fn all<'t>(file: &RelPath, text: &'t str) -> Vec<Block<'t>> {
    let mut reader =
        Reader { markup: Markup::of(file), found: Vec::new(), open: None, source: None };
    for (number, line) in (1..).zip(text.lines()) {
        let held = reader.open.take();
        if let Some(line) = reader.inside(held, line) {
            reader.outside(number, line);
        }
    }
    reader.found.retain(|block| !block.lines.is_empty());
    reader.found
}

struct Reader<'t> {
    markup: Markup,
    found: Vec<Block<'t>>,
    open: Option<Open<'t>>,
    /// The language of an attribute line such as `[source,sh]`, for the listing below it.
    source: Option<String>,
}

impl<'t> Reader<'t> {
    fn begin(&mut self, first: u32, language: &str, open: Open<'t>) {
        let language = language.to_ascii_lowercase();
        self.found.push(Block { first, language, lines: Vec::new() });
        self.open = Some(open);
    }

    fn take(&mut self, line: &'t str, open: Open<'t>) {
        self.found.last_mut().into_iter().for_each(|block| block.lines.push(line));
        self.open = Some(open);
    }

    /// Reads a line in a block; gives it back if it is not part of one.
    fn inside(&mut self, held: Option<Open<'t>>, line: &'t str) -> Option<&'t str> {
        let trimmed = line.trim();
        match held {
            None => return Some(line),
            Some(Open::Fence(mark)) if trimmed.starts_with(mark) => {}
            Some(Open::Org) if trimmed.to_ascii_lowercase().starts_with("#+end_src") => {}
            Some(Open::Delimiter(mark)) if trimmed == mark => {}
            Some(Open::Paragraph) if trimmed.is_empty() => {}
            Some(Open::Typed) => {
                let goes_on = trimmed.ends_with('\\');
                self.take(line, Open::Typed);
                self.open = self.open.take().filter(|_| goes_on);
            }
            Some(Open::Literal { column, begun }) => {
                return self.literal(line, column, begun);
            }
            Some(Open::Indented) if !is_indented(line) => return Some(line),
            Some(open) => self.take(line, open),
        }
        None
    }

    fn literal(&mut self, line: &'t str, column: usize, begun: bool) -> Option<&'t str> {
        if line.trim().is_empty() {
            self.open = Some(Open::Literal { column, begun });
            // The numbers of the lines behind it count it.
            if begun {
                self.take(line, Open::Literal { column, begun });
            } else {
                self.found.last_mut().into_iter().for_each(|block| block.first += 1);
            }
            return None;
        }
        if indent(line) <= column {
            return Some(line);
        }
        // `:linenos:`
        if !begun && line.trim().starts_with(':') {
            self.found.last_mut().into_iter().for_each(|block| block.first += 1);
            self.open = Some(Open::Literal { column, begun });
            return None;
        }
        self.take(line, Open::Literal { column, begun: true });
        None
    }

    /// Reads a line that is in no block.
    fn outside(&mut self, number: u32, line: &'t str) {
        let trimmed = line.trim();
        let source = self.source.take();
        if let Some(mark) = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark)) {
            self.begin(number + 1, fenced(trimmed), Open::Fence(mark));
            return;
        }
        if let Some(rest) = after_ignoring_case(trimmed, "#+begin_src") {
            let language = rest.split_whitespace().next().unwrap_or_default();
            self.begin(number + 1, language, Open::Org);
            return;
        }
        if self.markup.delimited && self.listing(number, line, source) {
            return;
        }
        if self.markup.literal
            && let Some(language) = literal(trimmed)
        {
            let open = Open::Literal { column: indent(line), begun: false };
            self.begin(number + 1, language, open);
        } else if self.markup.indented && is_indented(line) {
            self.begin(number, "", Open::Indented);
            self.take(line, Open::Indented);
        } else if self.markup.typed
            && ["$ ", "docker run ", "podman run "].iter().any(|word| trimmed.starts_with(word))
        {
            self.begin(number, "", Open::Typed);
            self.inside(Some(Open::Typed), line);
        }
    }

    /// Reads a line that begins a listing of `AsciiDoc`, or says the language of the next one.
    fn listing(&mut self, number: u32, line: &'t str, source: Option<String>) -> bool {
        let trimmed = line.trim();
        let of = |c: char| trimmed.len() >= 4 && trimmed.chars().all(|held| held == c);
        if of('-') || of('.') {
            self.begin(number + 1, &source.unwrap_or_default(), Open::Delimiter(trimmed));
            return true;
        }
        if let Some(inner) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let mut words = inner.split(',').map(|word| word.trim().trim_matches(['"', '\'']));
            let first = words.next().unwrap_or_default();
            if ["source", "listing", ""].iter().any(|word| first.split('%').next() == Some(word)) {
                let language = words.next().filter(|word| !word.contains('='));
                self.source = Some(language.unwrap_or_default().to_owned());
            }
            return true;
        }
        // The title of a listing.
        if trimmed.starts_with('.') && !trimmed.starts_with("..") {
            self.source = source;
            return true;
        }
        let Some(language) = source.filter(|_| !trimmed.is_empty()) else { return false };
        self.begin(number, &language, Open::Paragraph);
        self.take(line, Open::Paragraph);
        true
    }
}

/// The language in the line that opens a fence: ```` ```sh title="x" ````.
fn fenced(opening: &str) -> &str {
    let said = opening.trim_start_matches(['`', '~', ' ', '{', '.']);
    said.split([' ', ',', '{', '}', ':']).next().unwrap_or_default()
}

/// The language of a directive with code, or of a paragraph that ends in `::`.
fn literal(line: &str) -> Option<&str> {
    let Some(rest) = line.strip_prefix(".. ") else {
        return line.ends_with("::").then_some("");
    };
    let (name, language) = rest.split_once("::")?;
    let language = language.split_whitespace().next().unwrap_or_default();
    DIRECTIVES.contains(&name.trim()).then_some(language)
}

fn after_ignoring_case<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let head = text.get(..word.len())?;
    head.eq_ignore_ascii_case(word).then(|| &text[word.len()..])
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_indented(line: &str) -> bool {
    line.starts_with("    ") || line.starts_with('\t')
}

/// The text of each block that may hold shell lines, with its first line number.
pub(super) fn shell(file: &RelPath, text: &str) -> Vec<(u32, String)> {
    let shell = all(file, text).into_iter().filter(Block::is_shell);
    let text = |block: Block| {
        let lines = block.lines.iter().map(|line| format!("{}\n", callouts_off(line.trim_start())));
        (block.first, lines.collect())
    };
    shell.map(text).collect()
}

/// The line without the numbers of notes behind it: `run it <1>`.
fn callouts_off(line: &str) -> &str {
    let held = line.trim_end().strip_suffix('>').and_then(|rest| rest.rsplit_once(" <"));
    match held {
        Some((line, number))
            if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) =>
        {
            line
        }
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, text: &str) -> String {
        let file = RelPath::new(name).unwrap();
        let all = shell(&file, text).into_iter();
        all.map(|(first, text)| format!("{first}:{}", text.trim_end().replace('\n', "|")))
            .collect::<Vec<_>>()
            .join(" & ")
    }

    #[test]
    fn each_markup_has_its_blocks() {
        for (name, text, expected) in [
            ("README.md", "a\n\n```sh\nb\n```\nc\n\n    d\n    e\nf\n", "4:b & 8:d|e"),
            ("README.md", "a::\n\n  b\n", ""),
            ("README.rst", "a\n\n.. code:: shell\n\n   b\n\n   c\nd\n", "5:b||c"),
            ("README.rst", ".. code-block:: bash\n   :linenos:\n\n   b\n", "4:b"),
            ("README.rst", ".. code-block:: python\n\n    b\n\nc\n", ""),
            ("README.rst", "* run::\n\n    b\n\n* next::\n\n    c\n", "3:b| & 7:c|"),
            ("README.rst", ".. note::\n\n    b\n", ""),
            ("README", "Run::\n\n  $ b\n", "3:$ b"),
            ("README.txt", "Run it:\n$ a \\\n  b\nc\n", "2:$ a \\|b"),
            ("README.adoc", "[source,bash]\n----\nb <1>\n----\n\n....\nc\n....\n", "3:b & 7:c"),
            ("README.adoc", "[source, java]\n----\nb\n----\n", ""),
            ("README.adoc", "[source,sh]\nb\nc\n\nd\n", "2:b|c"),
            ("README.adoc", "[,console]\n.Title\n----\nb\n----\n", "4:b"),
            ("README.org", "#+BEGIN_SRC sh\nb\n#+END_SRC\n", "2:b"),
        ] {
            assert_eq!(
                read(name, text),
                expected.replace("| &", " &").trim_end_matches('|'),
                "{text}"
            );
        }
    }
}

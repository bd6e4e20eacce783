//! XML as a plain tree with lines. A DTD that declares entities is refused, because no file of
//! Maven needs one.

use anyhow::{Result, anyhow, bail};

use crate::path::RelPath;
use crate::repo::excerpts;

/// How many levels may be below the root element. Maven's deepest plugin configurations stay far
/// below.
const MAX_DEPTH: usize = 64;

/// How many elements a document may have.
const MAX_ELEMENTS: u32 = 200_000;

/// One element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// The name without its namespace prefix.
    pub(super) name: String,
    /// Its own text, trimmed.
    pub(super) text: String,
    /// The line, from 1.
    pub(super) line: u32,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The first child with that name.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at the end of `a/b/c`, following the first child with each name.
    pub(super) fn at(&self, way: &str) -> Option<&Self> {
        way.split('/').try_fold(self, |here, name| here.child(name))
    }

    /// The children of the element at `way`.
    pub(super) fn list(&self, way: &str) -> impl Iterator<Item = &Self> {
        self.at(way).into_iter().flat_map(|list| &list.children)
    }

    /// The text at `way`, if it is not empty.
    pub(super) fn text_at(&self, way: &str) -> Option<&str> {
        self.at(way).map(|found| found.text.as_str()).filter(|text| !text.is_empty())
    }

    /// This element and every one below it, in document order.
    pub(super) fn walk(&self) -> impl Iterator<Item = &Self> {
        let mut stack = vec![self];
        std::iter::from_fn(move || {
            let next = stack.pop()?;
            stack.extend(next.children.iter().rev());
            Some(next)
        })
    }
}

/// Parses a document.
///
/// # Errors Fails if the document is not valid XML, nests too deeply or declares entities. The
/// error names the file and the line.
pub(super) fn parse(path: &RelPath, text: &str) -> Result<Element> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    refuse_deep(path, text)?;
    // logback's files often begin with a bare `<!DOCTYPE configuration>`.
    let allow_dtd = !text.contains("<!ENTITY");
    let options = roxmltree::ParsingOptions {
        allow_dtd,
        nodes_limit: MAX_ELEMENTS * 8,
        ..Default::default()
    };
    let document = roxmltree::Document::parse_with_options(text, options).map_err(|error| {
        anyhow!(
            "{path}:{}: not valid XML: {}; fix the file, since the build tools cannot read it either",
            error.pos().row,
            excerpts(&error.to_string())
        )
    })?;
    let lines = LineStarts::of(text);
    Ok(convert(document.root_element(), &lines))
}

/// Refuses deep nesting before the parser and [`convert`] see the document, because both recurse.
fn refuse_deep(path: &RelPath, text: &str) -> Result<()> {
    let (mut depth, mut line) = (0_usize, 1_u32);
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        line += u32::try_from(rest[..at].matches('\n').count()).unwrap_or(0);
        rest = &rest[at..];
        let skip = |open: &str, close: &str| {
            rest.strip_prefix(open).map(|body| {
                body.find(close).map_or(rest.len(), |end| open.len() + end + close.len())
            })
        };
        let length = if let Some(length) =
            skip("<!--", "-->").or_else(|| skip("<![CDATA[", "]]>")).or_else(|| skip("<?", "?>"))
        {
            length
        } else {
            let end = tag_end(rest);
            if rest.starts_with("</") {
                depth = depth.saturating_sub(1);
            } else if !rest[..end].ends_with("/>") {
                depth += 1;
            }
            if depth > MAX_DEPTH {
                bail!(
                    "{path}:{line}: elements nest more than {MAX_DEPTH} levels deep: Maven uses no such file"
                );
            }
            end
        };
        line += u32::try_from(rest[..length].matches('\n').count()).unwrap_or(0);
        rest = &rest[length..];
    }
    Ok(())
}

/// The length of a tag. A `>` inside a quoted attribute does not end it.
fn tag_end(tag: &str) -> usize {
    let mut quote = None;
    for (at, c) in tag.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '>') => return at + 1,
            _ => {}
        }
    }
    tag.len()
}

fn convert(node: roxmltree::Node, lines: &LineStarts) -> Element {
    let text: String =
        node.children().filter(roxmltree::Node::is_text).filter_map(|n| n.text()).collect();
    Element {
        name: node.tag_name().name().to_owned(),
        text: text.trim().to_owned(),
        line: lines.line(node.range().start),
        children: node
            .children()
            .filter(roxmltree::Node::is_element)
            .map(|child| convert(child, lines))
            .collect(),
    }
}

/// The byte offsets of the lines, to find a line in logarithmic time.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        Self(
            text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect(),
        )
    }

    fn line(&self, offset: usize) -> u32 {
        u32::try_from(self.0.partition_point(|start| *start < offset) + 1).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path() -> RelPath {
        RelPath::new("pom.xml").unwrap()
    }

    #[test]
    fn reads_a_tree_with_lines() {
        let root =
            parse(&path(), "<p xmlns='x'>\n <!-- <a> -->\n <a>\n  <b> t </b></a>\n</p>").unwrap();
        assert_eq!(root.text_at("a/b"), Some("t"));
        assert_eq!(root.at("a/b").unwrap().line, 4);
        assert_eq!(root.walk().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["p", "a", "b"]);
    }

    #[test]
    fn refuses_what_is_broken_or_hostile() {
        let error = parse(&path(), "<p>\n<a></p>").unwrap_err().to_string();
        assert!(error.starts_with("pom.xml:2: not valid XML"), "{error}");
        let bare =
            "<?xml version='1.0'?>\n<!DOCTYPE configuration>\n<configuration><a/></configuration>";
        assert_eq!(parse(&path(), bare).unwrap().children[0].line, 3);
        let bomb = "<!DOCTYPE p [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><p>&b;</p>";
        assert!(parse(&path(), bomb).unwrap_err().to_string().contains("not valid XML"));
        let deep = "<a>".repeat(500_000);
        assert!(parse(&path(), &deep).unwrap_err().to_string().contains("nest more than"));
        assert!(parse(&path(), "").is_err());
    }
}

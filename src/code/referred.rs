//! Files that documents name: `$ref` of a schema, `import` of an interface, the layout that a
//! template extends. Whoever opens the document opens them as well.

use crate::path::RelPath;
use crate::repo::Repo;

/// Words and marks behind which a document names another one.
const BEFORE: [&str; 12] = [
    "extends", "include", "includes", "import", "layout", "render", "from", "partial", "mixin",
    "$ref", "path", "public",
];

/// Extensions of documents that may name others.
const DOCUMENTS: [&str; 18] = [
    "ejs",
    "eta",
    "gql",
    "graphql",
    "handlebars",
    "hbs",
    "htm",
    "html",
    "jade",
    "json",
    "liquid",
    "mjml",
    "mustache",
    "njk",
    "proto",
    "pug",
    "yaml",
    "yml",
];

/// How many lines of one document are read, and how many names it may have.
const MAX_LINES: usize = 4_000;
const MAX_NAMES: usize = 64;

/// How many documents are followed from one.
const MAX_FILES: usize = 64;

/// The longest name of a document.
const MAX_NAME: usize = 200;

/// The documents that one leads to, without itself, all below `root`.
pub(crate) fn referred(repo: &Repo, root: &RelPath, from: &RelPath) -> Vec<RelPath> {
    let mut found: Vec<RelPath> = Vec::new();
    let mut open = vec![from.clone()];
    while let Some(file) = open.pop() {
        if !DOCUMENTS.contains(&file.extension()) {
            continue;
        }
        let Ok(Some(text)) = repo.text(&file) else { continue };
        for name in names(&text) {
            let Some(next) = target(repo, root, &file, name) else { continue };
            if next != *from && !found.contains(&next) && found.len() < MAX_FILES {
                found.push(next.clone());
                open.push(next);
            }
        }
    }
    found
}

/// The names in a text, each the first word behind one of the words above.
fn names(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines().take(MAX_LINES) {
        let apart = |c: char| c.is_whitespace() || "\"'`(){}<>=:,;%|".contains(c);
        let mut words = line.split(apart).filter(|word| !word.is_empty()).peekable();
        while let Some(word) = words.next() {
            let word = word.trim_start_matches(['#', '>', '@', '-']);
            let before = BEFORE.contains(&word) || word.ends_with("include");
            if let Some(name) = words.peek().filter(|_| before)
                && found.len() < MAX_NAMES
            {
                found.push(name.trim_start_matches('>').split('#').next().unwrap_or_default());
            }
        }
    }
    found
}

/// The file of a name: beside the document, or below a folder above it, with the document's own
/// extension where the name has none.
fn target(repo: &Repo, root: &RelPath, from: &RelPath, name: &str) -> Option<RelPath> {
    if name.is_empty() || name.len() > MAX_NAME || name.contains("://") {
        return None;
    }
    let name = name.trim_start_matches('/');
    let own = format!("{name}.{}", from.extension());
    let above = from.ancestors().filter(|path| path.is_within(root));
    let mut all = above.flat_map(|folder| [folder.join(name), folder.join(&own)]).flatten();
    all.find(|path| repo.is_file(path) && DOCUMENTS.contains(&path.extension()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_lead_to_those_that_they_name() {
        for (name, text, more) in [
            ("api/main.yml", "paths:\n  /a:\n    $ref: ./parts/a.yml#/x\n", "api/parts/a.yml"),
            ("api/main.json", r#"{"a": {"$ref": "parts/a.json#/x"}}"#, "api/parts/a.json"),
            (
                "proto/api.proto",
                "import public \"x.proto\";\nimport \"types.proto\";",
                "proto/types.proto",
            ),
            ("proto/v1/api.proto", "import \"v1/types.proto\";", "proto/v1/types.proto"),
            ("views/a.pug", "extends ./layout\nblock x", "views/layout.pug"),
            ("views/a.ejs", "<%- include('parts/head') %>", "views/parts/head.ejs"),
            ("views/a.njk", "{% extends \"base.njk\" %}", "views/base.njk"),
            ("views/mails/a.njk", "{%- include 'parts/b.njk' -%}", "views/parts/b.njk"),
            ("m/a.mjml", "<mj-include path=\"./head.mjml\" />", "m/head.mjml"),
            ("q/a.graphql", "#import \"./b.graphql\"", "q/b.graphql"),
        ] {
            let repo = Repo::from_files([(name, text), (more, "")]);
            let found = referred(&repo, &RelPath::default(), &RelPath::new(name).unwrap());
            let found: Vec<&str> = found.iter().map(RelPath::as_str).collect();
            assert_eq!(found, [more], "{name}");
        }
        let repo = Repo::from_files([("a.yml", "include: b\nx: c.yml"), ("c.yml", "")]);
        assert!(referred(&repo, &RelPath::default(), &RelPath::new("a.yml").unwrap()).is_empty());
    }
}

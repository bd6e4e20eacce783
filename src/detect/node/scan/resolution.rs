//! The file to which a source refers by the name of a module.

use super::super::App;
use super::super::manifest::Package;
use super::super::workspace;
use crate::path::RelPath;
use crate::repo::Dir;

/// How many files of one application are read.
pub(super) const MAX_FILES: usize = 800;

/// Folders whose files do not run in production.
const ASIDE: [&str; 22] = [
    "test",
    "tests",
    "__tests__",
    "__mocks__",
    "spec",
    "e2e",
    "cypress",
    "playwright",
    "fixtures",
    "mocks",
    "docs",
    "examples",
    "example",
    "public",
    "static",
    "assets",
    "dist",
    "build",
    "out",
    "coverage",
    ".storybook",
    "src-tauri",
];

/// The longest name of a module, in bytes. npm allows 214.
pub(super) const MAX_MODULE: usize = 220;

pub(super) fn is_code(path: &RelPath) -> bool {
    matches!(path.extension(), "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "tsx" | "jsx" | "")
        && !path.file_name().ends_with(".d.ts")
}

pub(super) fn is_server_code(app: &App, path: &RelPath) -> bool {
    let way = path.strip(&app.dir.path).unwrap_or_default();
    let name = path.file_name();
    let skipped = [".test.", ".spec.", ".stories.", ".config.", ".min.", ".d.ts"]
        .iter()
        .any(|part| name.contains(part));
    let extension = path.extension();
    matches!(extension, "js" | "mjs" | "cjs" | "ts" | "mts" | "cts")
        && !skipped
        && !way.split('/').any(|part| ASIDE.contains(&part))
}

/// The file to which a source refers by the name of a module. It is in the application (including
/// the aliases `@/y`, `~/y` and `src/y`) or in a workspace member that the application needs.
pub(super) fn target(app: &App, from: &RelPath, text: &str) -> Option<RelPath> {
    if text.starts_with('.') {
        let base = from.parent().unwrap_or_default().join(text)?;
        return resolve(app, &base).or_else(|| built(app, from, text));
    }
    // The text is a path of the machine or an address.
    if text.is_empty() || text.starts_with('/') || text.contains(':') || text.len() > MAX_MODULE {
        return None;
    }
    let mut bases = app.tsconfig.as_ref().map(|output| output.aliased(text)).unwrap_or_default();
    if let Some(rest) = text.strip_prefix("@/").or_else(|| text.strip_prefix("~/")) {
        let roots = ["src/", ""].iter();
        bases.extend(roots.filter_map(|root| app.dir.join(&format!("{root}{rest}"))));
    } else if text.starts_with("src/") {
        bases.extend(app.dir.join(text));
    } else if text.starts_with('#') {
        bases.extend(app.package.imported(text).and_then(|path| app.dir.join(&path)));
    }
    let found = bases.iter().find_map(|base| resolve(app, base));
    found.or_else(|| member(app, text))
}

/// The source of a module that is named by the place where the compiler writes it:
/// `require("./dist/main")` in a script beside the sources.
pub(super) fn built(app: &App, from: &RelPath, text: &str) -> Option<RelPath> {
    let base = from.parent().unwrap_or_default().join(text).filter(|_| text.starts_with('.'))?;
    if resolve(app, &base).is_some() {
        return None;
    }
    let module = RelPath::new(base.strip(&app.dir.path)?)?;
    let source = app.tsconfig.as_ref()?.source_of(&module)?;
    resolve(app, &app.dir.join(source.as_str())?)
}

/// The source behind the name of a workspace member, or behind one of its exports.
fn member(app: &App, text: &str) -> Option<RelPath> {
    let workspace = app.workspace.as_ref()?;
    let parts = if text.starts_with('@') { 2 } else { 1 };
    let end = text.match_indices('/').nth(parts - 1).map_or(text.len(), |(at, _)| at);
    let (name, below) = (text.get(..end)?, text.get(end..)?.trim_start_matches('/'));
    let folder = workspace::folder(&app.root, name)?;
    if !workspace.needed.contains(&folder) {
        return None;
    }
    let dir = Dir::new(app.dir.repo, folder);
    let package = Package::read(&dir).ok()??;
    let mut ways = package.exported(below);
    if below.is_empty() {
        ways.extend(["src/index".to_owned(), "index".to_owned()]);
    } else {
        ways.extend([below.to_owned(), format!("src/{below}")]);
    }
    ways.iter().filter_map(|way| dir.join(way)).find_map(|base| resolve(app, &base))
}

/// The file of a module: as named, with an extension, or as a folder. `./x.js` may be `./x.ts` in
/// the sources.
pub(super) fn resolve(app: &App, base: &RelPath) -> Option<RelPath> {
    let stem = base.as_str();
    let swapped = [(".js", ".ts"), (".js", ".tsx"), (".mjs", ".mts"), (".cjs", ".cts")]
        .into_iter()
        .filter_map(|(from, to)| stem.strip_suffix(from).map(|stem| format!("{stem}{to}")));
    let extended = [
        "",
        ".ts",
        ".js",
        ".mts",
        ".mjs",
        ".cjs",
        ".tsx",
        ".jsx",
        "/index.ts",
        "/index.js",
        "/index.mjs",
    ]
    .iter()
    .map(|suffix| format!("{stem}{suffix}"));
    extended.chain(swapped).filter_map(|name| RelPath::new(&name)).find(|path| {
        !path.is_root()
            && path.is_within(&app.root.path)
            && is_code(path)
            && app.dir.repo.is_file(path)
    })
}

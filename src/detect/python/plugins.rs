//! Packages whose modules a program imports by names that it puts together as it runs:
//! `import_module(f"plugins.{name}")`, `pkgutil.iter_modules(plugins.__path__)`.

use std::rc::Rc;

use crate::code::{File, Kind, Piece};

/// Functions that import a module by its name, and those that list the modules of folders.
const IMPORTS: [&str; 2] = ["import_module", "__import__"];
const LISTS: [&str; 2] = ["iter_modules", "walk_packages"];

/// Maximum number of such calls in one module, and of tokens in the arguments of one.
const MAX_CALLS: usize = 16;
const MAX_TOKENS: usize = 48;

/// The package of such a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Package {
    /// By its name: `plugins`.
    Named(String),
    /// The package of the module itself.
    Own,
    /// A folder, from that of the module.
    Folder(String),
}

/// The packages that a module imports from in this way.
pub(super) fn packages(file: &Rc<File>) -> Vec<Package> {
    let mut all = Vec::new();
    for name in IMPORTS {
        for &at in file.places(name).iter().take(MAX_CALLS) {
            all.extend(arguments(file, at).and_then(|(from, to)| imported(file, from, to)));
        }
    }
    for name in LISTS {
        for &at in file.places(name).iter().take(MAX_CALLS) {
            all.extend(arguments(file, at).and_then(|(from, to)| listed(file, from, to)));
        }
    }
    all
}

/// The tokens between the brackets behind a name.
fn arguments(file: &File, at: usize) -> Option<(usize, usize)> {
    let open = at + 1;
    let end = file.closing(open).min(open + MAX_TOKENS);
    (file.word(open) == "(").then_some((open + 1, end))
}

/// The package in `"plugins." + name`, `f"plugins.{name}"`, `"plugins.%s" % name`, `f".{name}"`.
fn imported(file: &File, from: usize, to: usize) -> Option<Package> {
    // A name that is complete is an import like any other.
    let whole = |at: &usize| matches!(file.kind(*at), Some(Kind::Text | Kind::Opening));
    let mut first = (from..to).find(whole)?;
    if file.kind(first) == Some(Kind::Opening) {
        let pieces = file.pieces(first);
        // A text with a hole begins with the package.
        let [Piece::Text(text), Piece::Hole(_), ..] = pieces.as_slice() else { return None };
        first = *text;
    }
    let text = file.string(first)?;
    let known = text.split(['{', '%']).next().unwrap_or_default();
    let open = known.len() < text.len() || first + 1 < to && file.word(first + 1) != ",";
    let package = known.strip_suffix('.').filter(|_| open)?;
    let plain = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "._".contains(c))
    };
    if package.is_empty() {
        // `import_module("." + name, "shop.plugins")`
        let mut texts = (first + 1..to).filter(|&at| file.kind(at) == Some(Kind::Text));
        let of = texts.find_map(|at| file.string(at)).filter(|text| plain(text));
        return Some(of.map_or(Package::Own, |text| Package::Named(text.into_owned())));
    }
    plain(package).then(|| Package::Named(package.to_owned()))
}

/// The package in `plugins.__path__`, or the folder in `[os.path.join(HERE, "plugins")]`.
fn listed(file: &File, from: usize, to: usize) -> Option<Package> {
    if let Some(at) = (from..to).find(|&at| file.word(at) == "__path__") {
        if file.word(at.wrapping_sub(1)) != "." {
            return Some(Package::Own);
        }
        let owner = at.checked_sub(2)?;
        let full = file.dotted(owner).unwrap_or_else(|| file.word(owner).to_owned());
        return Some(Package::Named(full));
    }
    let mut texts = (from..to).filter(|&at| file.kind(at) == Some(Kind::Text));
    let text = file.string(texts.next()?)?;
    // Its beginning is the prefix of the names.
    (!text.is_empty() && !text.ends_with('.')).then(|| Package::Folder(text.into_owned()))
}

#[cfg(test)]
mod tests {
    use crate::detect;
    use crate::path::RelPath;
    use crate::repo::Repo;

    #[test]
    fn modules_that_are_imported_by_name_are_part_of_the_program() {
        let packages = |main: &str| -> Vec<String> {
            let files = [
                ("requirements.txt", "fastapi\nuvicorn\n"),
                ("main.py", main),
                ("checks/__init__.py", ""),
                ("checks/who.py", "import subprocess\nsubprocess.run(['rsync', 'x'])\n"),
                ("other/tool.py", "import subprocess\nsubprocess.run(['jq', 'x'])\n"),
            ];
            let repo = Repo::from_files(files);
            let facts = detect::scan(&repo, &RelPath::root()).unwrap().remove(0);
            let needs = facts.programs[0].needs.packages.iter();
            needs.map(|package| package.value.clone()).collect()
        };
        let of = |line: &str| {
            packages(&format!(
                "import importlib\nimport os\nimport pkgutil\nfrom fastapi import FastAPI\napp = FastAPI()\n{line}\n"
            ))
        };
        for line in [
            "importlib.import_module(f'checks.{os.environ[\"X\"]}')",
            "importlib.import_module('checks.' + app.title)",
            "importlib.import_module('checks.%s' % app.title)",
            "importlib.import_module('.' + app.title, 'checks')",
            "import checks\nfor one in pkgutil.iter_modules(checks.__path__):\n    pass",
            "for one in pkgutil.iter_modules([os.path.join(os.path.dirname(__file__), 'checks')]):\n    pass",
        ] {
            assert_eq!(of(line), ["rsync"], "{line}");
        }
        assert!(of("importlib.import_module(app.title)").is_empty());
        assert!(of("importlib.import_module('checks')").is_empty());
    }
}

//! Files beside the modules of a project that its wheel leaves out: setuptools packs modules alone
//! unless it is told of the others.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::App;
use super::source::Module;
use super::world::World;
use crate::facts::{Evidence, Program};
use crate::path::RelPath;
use crate::repo::Dir;

/// Manifests, and the words in them that tell setuptools of other files, or of plugins that do.
const MANIFESTS: [&str; 3] = ["pyproject.toml", "setup.cfg", "setup.py"];
const TOLD: [&str; 8] = [
    "package-data",
    "package_data",
    "data_files",
    "data-files",
    "setuptools_scm",
    "setuptools-scm",
    "setuptools-git",
    "setuptools_git",
];

/// Words of projects whose modules are compiled: they run only where they are installed.
const COMPILED: [&str; 5] =
    ["ext_modules", "ext-modules", "cythonize", "rust_extensions", "setuptools-rust"];

/// Settings of plugins that write a module with the version.
const MADE: [&str; 4] = ["version_file", "version-file", "write_to", "maturin"];

/// Files that no program reads as it runs.
const ASIDE: [&str; 14] = [
    "c", "cfg", "cpp", "h", "lock", "md", "pxd", "py", "pyc", "pyi", "pyx", "rst", "toml", "typed",
];

/// Maximum number of folders that are looked into.
const MAX_FOLDERS: usize = 400;

/// The folder from which a program must be imported because it writes beside its own modules: the
/// environment with the installed project belongs to root.
///
/// `known`: folders that modules are imported from already.
///
/// # Errors
/// If a manifest cannot be read.
pub(super) fn written_inside(
    world: &World,
    program: &Program,
    known: &[String],
) -> Result<Option<String>> {
    let (dir, Some(first)) = (world.app.dir, world.modules.first()) else { return Ok(None) };
    // A server finds modules below src/ in the environment as well.
    if !(world.installed || world.app.project.installs && first.root != dir.path) {
        return Ok(None);
    }
    let top = first.name.split('.').next().unwrap_or_default();
    let Some(package) = first.root.join(top).filter(|path| dir.repo.is_dir(path)) else {
        return Ok(None);
    };
    let mut written = program.writable.iter().filter_map(|one| world.workdir.join(&one.value));
    if !written.any(|path| path.is_within(&package)) {
        return Ok(None);
    }
    // What the build makes is beside the installed modules alone.
    for name in MANIFESTS {
        let text = dir.text(name)?.map(|(_, text)| text);
        if text.is_some_and(|text| COMPILED.iter().chain(&MADE).any(|word| text.contains(word))) {
            return Ok(None);
        }
    }
    let way = first.root.strip(&dir.path).filter(|way| !way.is_empty()).unwrap_or(".");
    Ok(Some(way.to_owned()).filter(|way| !known.contains(way)))
}

/// The first file below the packages of a program that the wheel of its project leaves out.
///
/// # Errors
/// If a manifest cannot be read.
pub(super) fn left_out(app: &App, modules: &[Rc<Module>]) -> Result<Option<Evidence>> {
    let dir: &Dir = app.dir;
    let project = app.project;
    let packs = project.build_requires.is_empty()
        || project.build_requires.iter().any(|name| name == "setuptools");
    if !project.installs || !packs {
        return Ok(None);
    }
    let (mut described, mut included) = (false, false);
    for name in MANIFESTS {
        let Some((_, text)) = dir.text(name)? else { continue };
        // A pyproject.toml that describes the project includes what MANIFEST.in names; the older
        // manifests do where they say so.
        described |= name == "pyproject.toml" && text.contains("[project]");
        let others = text.replace("include_package_data", "").replace("include-package-data", "");
        included |= others.len() < text.len();
        if COMPILED.iter().chain(&TOLD).any(|word| others.contains(word)) {
            return Ok(None);
        }
    }
    if dir.has("MANIFEST.in") && (described || included) {
        return Ok(None);
    }
    let mut folders: BTreeSet<RelPath> = BTreeSet::new();
    for module in modules {
        // A module at the root of the project is no package, and its folder holds other things.
        let folder = module.file.path.parent().unwrap_or_default();
        let outside = folder == dir.path || folder == module.root;
        if !outside && module.file.path.is_within(&module.root) && folders.len() < MAX_FOLDERS {
            folders.insert(folder);
        }
    }
    for folder in &folders {
        let mut files = dir.repo.files_under(folder).filter(|path| {
            let kind = path.extension();
            !kind.is_empty() && !ASIDE.contains(&kind) && !is_hidden(path)
        });
        if let Some(file) = files.next() {
            let note = "no manifest tells setuptools of it";
            return Ok(Some(Evidence::file(file, note)));
        }
    }
    Ok(None)
}

/// True for a file below a folder that no program reads from.
fn is_hidden(path: &RelPath) -> bool {
    path.components().any(|part| part.starts_with('.') || matches!(part, "tests" | "test" | "docs"))
}

#[cfg(test)]
mod tests {
    use crate::detect;
    use crate::detect::python::codes;
    use crate::facts::Facts;
    use crate::path::RelPath;
    use crate::repo::Repo;

    const CODE: &str = "from flask import Flask\nfrom waitress import serve\napp = Flask(__name__)\n\
        def main():\n    serve(app, host='0.0.0.0', port=7001)\n";

    fn facts(files: &[(&str, &str)]) -> Facts {
        let own = [
            ("src/shop/__init__.py", ""),
            ("src/shop/app.py", CODE),
            ("src/shop/templates/index.html", "x"),
        ];
        let repo = Repo::from_files([&own, files].concat());
        detect::scan(&repo, &RelPath::root()).unwrap().remove(0)
    }

    fn imported(facts: &Facts) -> (bool, bool) {
        let program = &facts.programs[0];
        let own = &facts.details["programs"][&program.id];
        let said = program.findings.iter().any(|one| one.code == codes::PACKAGE_DATA_MISSING);
        (own["paths"][0] == "src" && own["sources"] == true, said)
    }

    #[test]
    fn files_that_the_wheel_lacks_come_from_the_folder() {
        let manifest = "[build-system]\nrequires = [\"setuptools\"]\n[project]\nname = \"shop\"\nversion = \"1\"\n\
            dependencies = [\"flask\", \"waitress\"]\n[project.scripts]\nshop = \"shop.app:main\"\n";
        assert_eq!(imported(&facts(&[("pyproject.toml", manifest)])), (true, true));
        let setup = "from setuptools import setup\nsetup(name='shop', package_dir={'': 'src'}, install_requires=['flask', 'waitress'], \
            entry_points={'console_scripts': ['shop=shop.app:main']})\n";
        assert_eq!(imported(&facts(&[("setup.py", setup)])), (true, true));
        let old = setup.replace("name='shop'", "name='shop', include_package_data=True");
        let list = ("MANIFEST.in", "recursive-include src *.html\n");
        assert_eq!(imported(&facts(&[("setup.py", &old), list])), (false, false));
        // A setup script takes no file of that list unless it says so.
        assert_eq!(imported(&facts(&[("setup.py", setup), list])), (true, true));
        assert_eq!(imported(&facts(&[("pyproject.toml", manifest), list])), (false, false));
        let data = format!("{manifest}[tool.setuptools.package-data]\nshop = [\"**/*.html\"]\n");
        assert_eq!(imported(&facts(&[("pyproject.toml", &data)])), (false, false));
        let other = manifest.replace("setuptools", "hatchling");
        assert_eq!(imported(&facts(&[("pyproject.toml", &other)])), (false, false));
    }
}

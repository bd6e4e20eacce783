//! The modules of an application: where they lie, what they import, and which of them a program is
//! made of.

mod whole;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use anyhow::Result;

use super::dialect::DIALECT;
use super::plugins::{self, Package};
use crate::code::{File, Import, Kind, Tree};
use crate::path::RelPath;
use crate::repo::Repo;

/// Maximum number of modules of one application, and maximum size of one.
const MAX_MODULES: usize = 3000;
const MAX_SIZE: u64 = 512 << 10;

/// Maximum length of a text that may name a module.
const MAX_NAME: usize = 160;

/// Maximum number of names in one import.
const MAX_NAMES: usize = 512;

/// The variable that names the settings of Django.
pub(super) const DJANGO_SETTINGS: &str = "DJANGO_SETTINGS_MODULE";

/// Folders whose modules no program of the application is made of.
const ASIDE: [&str; 18] = [
    "__pycache__",
    "benchmark",
    "benchmarks",
    "doc",
    "docs",
    "example",
    "examples",
    "node_modules",
    "notebooks",
    "sample",
    "samples",
    "site-packages",
    "test",
    "testing",
    "tests",
    "venv",
    "virtualenv",
    "vendor",
];

/// Modules that tools of a developer read.
const TOOLS: [&str; 6] =
    ["conftest.py", "fabfile.py", "noxfile.py", "setup.py", "dodo.py", "pavement.py"];

/// Manifests of an application of its own.
const MANIFESTS: [&str; 2] = ["pyproject.toml", "setup.py"];

/// The modules of an application.
pub(super) struct Sources<'r> {
    pub(super) repo: &'r Repo,
    /// The application's folder.
    pub(super) dir: RelPath,
    /// The folders that modules are imported from, nearest first.
    roots: Vec<RelPath>,
    /// The working directory.
    seen_from: RelPath,
    /// Every module that may belong to a program.
    pub(super) all: Vec<RelPath>,
    files: RefCell<BTreeMap<RelPath, Option<Rc<Module>>>>,
}

/// A module.
pub(super) struct Module {
    /// Its text.
    pub(super) file: Rc<File>,
    /// The folder that it is imported from.
    pub(super) root: RelPath,
    /// Its name: `shop.views`, `shop` for `shop/__init__.py`.
    pub(super) name: String,
}

/// An import as it is written.
struct Written {
    /// The number of dots before the module.
    level: usize,
    module: String,
    /// Names with their aliases; none for `import module`.
    names: Vec<(String, String)>,
    alias: String,
    line: u32,
}

impl<'r> Sources<'r> {
    /// The modules in a folder.
    pub(super) fn new(repo: &'r Repo, dir: &RelPath, roots: &[RelPath]) -> Self {
        let mut apart = BTreeSet::new();
        // A manifest below begins another application, whose modules are not of this one.
        for name in MANIFESTS {
            let named = repo.files_named(name);
            let inside = named.iter().filter_map(RelPath::parent);
            apart.extend(inside.filter(|folder| folder != dir && folder.is_within(dir)));
        }
        let mut roots: Vec<RelPath> =
            // A folder that is itself a package is imported by its name, not searched.
            roots.iter().filter(|root| !repo.is_file(&init(root))).cloned().collect();
        if !roots.contains(dir) {
            roots.push(dir.clone());
        }
        let is_root = |folder: &RelPath| roots.contains(folder);
        let all = repo.files_under(dir).filter(|path| {
            path.extension() == "py"
                && !is_aside(dir, path)
                && !path.ancestors().any(|folder| apart.contains(&folder) && !is_root(&folder))
                && repo.size(path) <= MAX_SIZE
        });
        let all = all.take(MAX_MODULES).cloned().collect();
        let (dir, seen_from, files) = (dir.clone(), dir.clone(), RefCell::default());
        Self { repo, dir, roots, seen_from, all, files }
    }

    /// The same modules, for a program with another working directory.
    pub(super) fn seen_from(&self, folder: RelPath) -> Self {
        Self {
            repo: self.repo,
            dir: self.dir.clone(),
            roots: self.roots.clone(),
            seen_from: folder,
            all: self.all.clone(),
            files: RefCell::default(),
        }
    }

    /// The module at a path.
    pub(super) fn module(&self, path: &RelPath) -> Result<Option<Rc<Module>>> {
        if let Some(known) = self.files.borrow().get(path) {
            return Ok(known.clone());
        }
        let text = self.repo.source_text(path)?.filter(|_| self.repo.size(path) <= MAX_SIZE);
        let module = text.map(|text| Rc::new(self.parsed(path, &text)));
        self.files.borrow_mut().insert(path.clone(), module.clone());
        Ok(module)
    }

    fn parsed(&self, path: &RelPath, text: &Rc<str>) -> Module {
        let tree = Tree::new(&DIALECT, text);
        let mut written = written(&tree);
        written.extend(settings(&tree));
        let root = self.root_of(path, &written);
        let mut imports: Vec<Import> =
            written.iter().flat_map(|one| self.imports(path, &root, one)).collect();
        imports.extend(self.brought(&tree, &root, &imports));
        let name = name(&root, path);
        let mut file = File::new(path.clone(), tree, imports, 0);
        file.seen_as = path.strip(&self.seen_from).map(str::to_owned);
        Module { file: Rc::new(file), root, name }
    }

    /// The folder that a module is imported from: the one below which its own imports lie.
    fn root_of(&self, path: &RelPath, written: &[Written]) -> RelPath {
        let mut root = path.parent().unwrap_or_default();
        let level = written.iter().map(|one| one.level).max().unwrap_or(0);
        for _ in 0..level {
            root = root.parent().filter(|above| above.is_within(&self.dir)).unwrap_or(root);
        }
        let folders: Vec<RelPath> = std::iter::once(root.clone())
            .chain(root.ancestors())
            .take_while(|folder| folder.is_within(&self.dir))
            .collect();
        let count = |folder: &RelPath| {
            let tops = written.iter().filter(|one| one.level == 0 && !one.module.is_empty());
            // `celery.py` imports the library of its name, not itself.
            let other = |found: &RelPath| found != path;
            tops.filter(|one| self.file_below(folder, &one.module).as_ref().is_some_and(other))
                .count()
        };
        let packaged = |folder: &RelPath| self.repo.is_file(&init(folder));
        let official = |folder: &RelPath| self.roots.iter().position(|root| root == folder);
        let best = folders.into_iter().min_by_key(|folder| {
            let place = official(folder).unwrap_or(self.roots.len());
            let managed = folder.join("manage.py").is_some_and(|path| self.repo.is_file(&path));
            (std::cmp::Reverse(count(folder)), !managed, packaged(folder), place)
        });
        best.unwrap_or(root)
    }

    /// The file of a module below a folder: `a/b.py` or `a/b/__init__.py`.
    fn file_below(&self, folder: &RelPath, name: &str) -> Option<RelPath> {
        let way = name.replace('.', "/");
        let file = folder.join(&format!("{way}.py")).filter(|path| self.repo.is_file(path));
        file.or_else(|| {
            let package = folder.join(&way)?;
            Some(init(&package)).filter(|path| self.repo.is_file(path))
        })
    }

    /// The file of a module that a module below `root` imports.
    fn find(&self, root: &RelPath, name: &str) -> Option<RelPath> {
        let plain = !name.is_empty()
            && name.len() < MAX_NAME
            && name.split('.').all(|part| {
                !part.is_empty() && part.chars().all(|c| c.is_alphanumeric() || c == '_')
            });
        if !plain {
            return None;
        }
        let mut roots = std::iter::once(root).chain(&self.roots);
        roots.find_map(|root| self.file_below(root, name))
    }

    /// The module of that name, seen from the application's own folders.
    pub(super) fn named(&self, name: &str) -> Result<Option<Rc<Module>>> {
        let Some(path) = self.find(&self.dir, name) else { return Ok(None) };
        self.module(&path)
    }

    /// The module of that name below a folder.
    pub(super) fn below(&self, root: &RelPath, name: &str) -> Result<Option<Rc<Module>>> {
        let Some(path) = self.find(root, name) else { return Ok(None) };
        self.module(&path)
    }

    fn imports(&self, path: &RelPath, root: &RelPath, one: &Written) -> Vec<Import> {
        let mut module = one.module.clone();
        if one.level > 0 {
            let mut folder = path.parent().unwrap_or_default();
            for _ in 1..one.level {
                folder = folder.parent().unwrap_or_default();
            }
            let Some(way) = folder.strip(root) else { return Vec::new() };
            let package = way.replace('/', ".");
            let full = [package.as_str(), &module].join(".");
            full.trim_matches('.').clone_into(&mut module);
        }
        let line = one.line;
        if one.names.is_empty() {
            let (path, name) = if one.alias.is_empty() {
                // `import a.b` makes `a` known.
                let first = module.split('.').next().unwrap_or_default().to_owned();
                (first.clone(), first)
            } else {
                (module.clone(), one.alias.clone())
            };
            let bound = Import { path, name, export: None, line };
            let whole = Import { path: module, name: String::new(), export: None, line };
            return vec![bound, whole];
        }
        let brought = one.names.iter().map(|(name, alias)| {
            let below = format!("{module}.{name}");
            let below = below.trim_start_matches('.');
            if self.find(root, below).is_some() {
                let (path, name) = (below.to_owned(), alias.clone());
                return Import { path, name, export: None, line };
            }
            let (path, name, export) = (module.clone(), alias.clone(), Some(name.clone()));
            Import { path, name, export, line }
        });
        brought.collect()
    }

    /// The modules that a program is made of, beginning with `entries`: what they import, what
    /// their texts name, and the packages around both.
    pub(super) fn closure(&self, entries: &[RelPath]) -> Result<Vec<Rc<Module>>> {
        let mut found = Vec::new();
        let mut folders = BTreeSet::new();
        let mut seen: BTreeSet<RelPath> = entries.iter().cloned().collect();
        let mut next: VecDeque<RelPath> = entries.iter().cloned().collect();
        while let Some(path) = next.pop_front() {
            let Some(module) = self.module(&path)? else { continue };
            let mut more = Vec::new();
            for import in &module.file.imports {
                more.extend(self.with_packages(&module.root, &import.path));
            }
            for at in 0..module.file.len() {
                if module.file.kind(at) == Some(Kind::Text)
                    && let Some(text) = module.file.string(at)
                {
                    more.extend(self.by_text(&module.root, &text));
                }
            }
            for folder in self.plugins(&module) {
                if folders.insert(folder.clone()) {
                    more.extend(self.all.iter().filter(|path| path.is_within(&folder)).cloned());
                }
            }
            for path in more {
                if seen.len() < MAX_MODULES && seen.insert(path.clone()) {
                    next.push_back(path);
                }
            }
            found.push(module);
        }
        Ok(found)
    }

    /// The folders of packages that a module imports from by names that it puts together.
    fn plugins(&self, module: &Module) -> Vec<RelPath> {
        let own = module.file.path.parent().unwrap_or_default();
        let mut all = Vec::new();
        for package in plugins::packages(&module.file) {
            let folder = match package {
                Package::Named(name) => {
                    let found = self.find(&module.root, &name).and_then(|path| path.parent());
                    // A folder without `__init__.py` is a package too.
                    found.or_else(|| {
                        let way = name.replace('.', "/");
                        let mut roots = std::iter::once(&module.root).chain(&self.roots);
                        roots.find_map(|root| {
                            root.join(&way).filter(|folder| self.repo.is_dir(folder))
                        })
                    })
                }
                Package::Own => Some(own.clone()),
                Package::Folder(way) => own.join(&way).filter(|path| self.repo.is_dir(path)),
            };
            // The root of the application is no package: its scripts would all be part of it.
            all.extend(folder.filter(|folder| *folder != self.dir));
        }
        all
    }

    /// The file of a module, and those of the packages around it.
    fn with_packages(&self, root: &RelPath, name: &str) -> Vec<RelPath> {
        let ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]).take(16);
        ends.filter_map(|end| self.find(root, &name[..end])).collect()
    }

    /// The module that a text names: `shop.urls`, `shop.main:app`, `shop.apps.ShopConfig`.
    fn by_text(&self, root: &RelPath, text: &str) -> Vec<RelPath> {
        let name = text.split(':').next().unwrap_or_default();
        let dotted = name.contains('.') || text.contains(':');
        if !dotted || name.len() > MAX_NAME || name.contains(['/', ' ', '-']) {
            return Vec::new();
        }
        let mut name = name;
        for _ in 0..3 {
            if self.find(root, name).is_some() {
                return self.with_packages(root, name);
            }
            let Some((above, _)) = name.rsplit_once('.') else { break };
            name = above;
        }
        Vec::new()
    }
}

/// The file that makes a folder a package.
pub(super) fn init(folder: &RelPath) -> RelPath {
    folder.join("__init__.py").unwrap_or_default()
}

/// The name of the module at a path.
pub(super) fn name(root: &RelPath, path: &RelPath) -> String {
    let way = path.strip(root).unwrap_or_else(|| path.as_str());
    let way = way.strip_suffix(".py").unwrap_or(way);
    let way = way.strip_suffix("__init__").unwrap_or(way);
    way.trim_end_matches('/').replace('/', ".")
}

/// The modules that an import may name: `shop` and `shop.views` for `from shop import views`.
pub(super) fn named(import: &Import) -> impl Iterator<Item = String> {
    let export = import.export.as_deref().filter(|name| *name != "*");
    let below = export.map(|export| format!("{}.{export}", import.path));
    std::iter::once(import.path.clone()).chain(below)
}

/// True for a module that no program of the application is made of.
fn is_aside(dir: &RelPath, path: &RelPath) -> bool {
    let Some(way) = path.strip(dir) else { return true };
    let name = path.file_name();
    let mut folders: Vec<&str> = way.split('/').collect();
    folders.pop();
    TOOLS.contains(&name)
        || name.starts_with("test_")
        || name.ends_with("_test.py")
        || folders.iter().any(|part| ASIDE.contains(part) || part.starts_with('.'))
}

/// The imports of a file, also those inside of functions.
fn written(tree: &Tree) -> Vec<Written> {
    let mut all = Vec::new();
    for at in 0..tree.len() {
        let begins = at
            .checked_sub(1)
            .is_none_or(|before| matches!(tree.word(before), ";" | "{" | "}" | ":"));
        if !begins || !tree.is_word(at) {
            continue;
        }
        match tree.word(at) {
            "import" => plain(tree, at, &mut all),
            "from" => all.extend(of_names(tree, at)),
            _ => {}
        }
    }
    all
}

/// The module of settings that a file of Django's names, which lies below the same folder.
fn settings(tree: &Tree) -> Option<Written> {
    let says = |at: usize| tree.string(at).is_some_and(|text| text == DJANGO_SETTINGS);
    let at = (0..tree.len()).find(|&at| tree.kind(at) == Some(Kind::Text) && says(at))?;
    let module = (at + 1..at + 6).find_map(|at| tree.string(at))?.into_owned();
    let (names, alias, line) = (Vec::new(), String::new(), tree.line(at));
    Some(Written { level: 0, module, names, alias, line })
}

/// A dotted name, and the token after it.
fn dotted(tree: &Tree, mut at: usize) -> (String, usize) {
    let mut name = String::new();
    while tree.is_word(at) && tree.word(at) != "import" && name.len() < MAX_NAME {
        name.push_str(tree.word(at));
        at += 1;
        if tree.word(at) != "." {
            break;
        }
        name.push('.');
        at += 1;
    }
    (name, at)
}

/// `import a.b as c, d`
fn plain(tree: &Tree, import: usize, all: &mut Vec<Written>) {
    let mut at = import + 1;
    for _ in 0..MAX_NAMES {
        let (module, mut next) = dotted(tree, at);
        let mut alias = String::new();
        if tree.word(next) == "as" {
            tree.word(next + 1).clone_into(&mut alias);
            next += 2;
        }
        let line = tree.line(import);
        if !module.is_empty() {
            all.push(Written { level: 0, module, names: Vec::new(), alias, line });
        }
        if tree.word(next) != "," {
            break;
        }
        at = next + 1;
    }
}

/// `from ..a import (b as c, d)`
fn of_names(tree: &Tree, from: usize) -> Option<Written> {
    let (mut at, mut level) = (from + 1, 0);
    while matches!(tree.word(at), "." | "...") && level < 16 {
        level += tree.word(at).len();
        at += 1;
    }
    let (module, next) = dotted(tree, at);
    if tree.word(next) != "import" {
        return None;
    }
    at = next + 1;
    if tree.word(at) == "(" {
        at += 1;
    }
    let mut names = Vec::new();
    while names.len() < MAX_NAMES && (tree.is_word(at) || tree.word(at) == "*") {
        let name = tree.word(at).to_owned();
        let mut alias = name.clone();
        at += 1;
        if tree.word(at) == "as" {
            tree.word(at + 1).clone_into(&mut alias);
            at += 2;
        }
        names.push((name, alias));
        if tree.word(at) != "," {
            break;
        }
        at += 1;
    }
    let line = tree.line(from);
    (!names.is_empty()).then_some(Written { level, module, names, alias: String::new(), line })
}

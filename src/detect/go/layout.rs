//! Where the modules are: the program's own, the members of its workspace, and the targets of
//! `replace`. They decide the build context and the files that dependency resolution reads.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::closure::LocalModule;
use super::module::{Manifest, parse_mod, parse_work};
use crate::detect::go::codes;
use crate::detect::{Above, ReadFile, submodule};
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::repo::{Dir, Repo};

/// The modules that a build of one module reads.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// The folder that contains the go.mod of the module.
    pub(super) module: RelPath,
    pub(super) manifest_path: RelPath,
    pub(super) manifest: Manifest,
    /// The folder of the go.work that lists the module, and its content.
    pub(super) work: Option<(RelPath, Manifest)>,
    /// Every module whose source is in the repository, the main one first.
    pub(super) modules: Vec<LocalModule>,
    pub(super) context: RelPath,
    /// go.work, go.mod and go.sum files, in the order in which the Dockerfile names them.
    pub(super) manifests: Vec<RelPath>,
    /// The vendor folder, if its modules.txt lists what is in it.
    pub(super) vendor: Option<RelPath>,
    /// True if the build must download a module.
    pub(super) download: bool,
    /// True if modules are required and no go.sum states their checksums.
    pub(super) unsummed: bool,
    /// Paths of modules that a build without a vendor folder may take packages from: required
    /// ones, and those in go.sum. Empty if it requires none.
    pub(super) provided: BTreeSet<String>,
    /// A required module that no go.sum lists.
    pub(super) lacking: Option<String>,
    pub(super) findings: Vec<Finding>,
}

/// The layout of the module that contains `dir`; `None` if neither `dir` nor a folder above has a
/// go.mod.
pub(super) fn layout(dir: &Dir) -> Result<Option<Layout>> {
    let Some(home) = dir.upwards().find(|folder| folder.has("go.mod")) else { return Ok(None) };
    let Some((manifest_path, text)) = home.text("go.mod")? else { return Ok(None) };
    let manifest = parse_mod(&manifest_path, &text)?;
    let module = home.path.clone();
    let work = workspace(&home)?;
    let mut layout = Layout {
        context: work.as_ref().map_or_else(|| module.clone(), |(folder, _)| folder.clone()),
        modules: Vec::new(),
        manifests: Vec::new(),
        vendor: None,
        download: false,
        unsummed: false,
        provided: BTreeSet::new(),
        lacking: None,
        findings: Vec::new(),
        module,
        manifest_path,
        manifest,
        work,
    };
    layout.collect(&home)?;
    Ok(Some(layout))
}

/// The nearest go.work, if it lists the module. Go looks no further up.
fn workspace(home: &Dir) -> Result<Option<(RelPath, Manifest)>> {
    for folder in home.upwards() {
        let Some((path, text)) = folder.text("go.work")? else { continue };
        let work = parse_work(&path, &text)?;
        let listed =
            work.uses.iter().any(|used| folder.path.join(&used.value).as_ref() == Some(&home.path));
        // The go command takes the nearest go.work, whether or not it lists the module.
        return Ok(listed.then(|| (folder.path.clone(), work)));
    }
    Ok(None)
}

/// The parsed go.mod of a folder. It is cached, because every module of a workspace asks for it.
fn parsed(dir: &Dir) -> Result<Rc<Option<Manifest>>> {
    dir.repo.once(&dir.path, || {
        let read = dir.text("go.mod")?;
        read.map(|(path, text)| parse_mod(&path, &text)).transpose()
    })
}

impl Layout {
    fn collect(&mut self, home: &Dir) -> Result<()> {
        let repo = home.repo;
        let mut with_sum = Vec::new();
        let mut replaced = Vec::new();
        let own = self.manifest.clone();
        self.take_module(home.path.clone(), &own, &mut replaced);
        with_sum.push(home.path.clone());
        if let Some((folder, work)) = self.work.clone() {
            let file = folder.join("go.work").unwrap_or_default();
            for used in &work.uses {
                // `use ../x` may leave the repository: then the member is missing from every build.
                let dir = folder.join(&used.value);
                if dir.as_ref() == Some(&home.path) {
                    continue;
                }
                let evidence = Evidence::at(&file, used.line, format!("`use {}`", used.value));
                match dir.map(|dir| Dir::new(repo, dir)) {
                    Some(member) if member.has("go.mod") => {
                        if let Some(manifest) = &*parsed(&member)? {
                            self.take_module(member.path.clone(), manifest, &mut replaced);
                            with_sum.push(member.path.clone());
                        }
                    }
                    _ => self.findings.push(absent(
                        repo,
                        codes::WORKSPACE_MEMBER_MISSING,
                        &used.value,
                        evidence,
                    )),
                }
            }
            replaced.extend(
                // A replacement in go.work counts for all members and wins over theirs.
                work.replaces
                    .iter()
                    .filter(|r| r.is_local())
                    .map(|r| (file.clone(), folder.clone(), r.clone())),
            );
        }
        for (file, folder, replace) in replaced {
            let evidence = Evidence::at(
                &file,
                replace.line,
                format!("`replace {} => {}`", replace.from, replace.to),
            );
            let target = folder.join(&replace.to).map(|dir| Dir::new(repo, dir));
            match target {
                Some(target) if target.has("go.mod") => {
                    let module =
                        LocalModule { path: replace.from.clone(), dir: target.path.clone() };
                    if !self.modules.contains(&module) {
                        self.modules.push(module);
                    }
                }
                _ => {
                    self.findings.push(absent(repo, codes::REPLACE_MISSING, &replace.to, evidence));
                }
            }
        }
        // The context must hold every module that the go command reads, or it cannot be copied.
        for module in &self.modules {
            self.context = common(&self.context, &module.dir);
        }
        self.collect_manifests(home, &with_sum)
    }

    fn take_module(
        &mut self,
        dir: RelPath,
        manifest: &Manifest,
        replaced: &mut Vec<(RelPath, RelPath, super::module::Replace)>,
    ) {
        let file = dir.join("go.mod").unwrap_or_default();
        replaced.extend(
            manifest
                .replaces
                .iter()
                .filter(|r| r.is_local())
                .map(|r| (file.clone(), dir.clone(), r.clone())),
        );
        if let Some(module) = &manifest.module {
            self.modules.push(LocalModule { path: module.value.clone(), dir });
        }
    }

    fn collect_manifests(&mut self, home: &Dir, with_sum: &[RelPath]) -> Result<()> {
        let repo = home.repo;
        let top = self.work.as_ref().map_or(&home.path, |(folder, _)| folder).clone();
        let mut listed: BTreeSet<RelPath> = self.manifests.iter().cloned().collect();
        let summed: BTreeSet<&RelPath> = with_sum.iter().collect();
        let mut add = |dir: &RelPath, name: &str| {
            if let Some(path) = dir.join(name)
                && repo.is_file(&path)
                && listed.insert(path.clone())
            {
                self.manifests.push(path);
            }
        };
        if self.work.is_some() {
            add(&top, "go.work");
            add(&top, "go.work.sum");
        }
        for module in &self.modules {
            add(&module.dir, "go.mod");
            // The go command reads the go.sum of main modules, not that of replaced ones.
            if summed.contains(&module.dir) {
                add(&module.dir, "go.sum");
            }
        }
        // A workspace has a single vendor folder, beside go.work.
        let vendor = top.join("vendor").unwrap_or_default();
        let listed = vendor.join("modules.txt").unwrap_or_default();
        // Modules of the repository are not downloaded.
        let local: BTreeSet<&str> =
            self.modules.iter().map(|module| module.path.as_str()).collect();
        let mut wanted: Vec<(RelPath, super::module::Require)> = Vec::new();
        for dir in with_sum {
            if let Some(manifest) = &*parsed(&Dir::new(repo, dir.clone()))? {
                let path = dir.join("go.mod").unwrap_or_default();
                let requires =
                    manifest.requires.iter().filter(|r| !local.contains(r.path.as_str()));
                wanted.extend(requires.map(|require| (path.clone(), require.clone())));
            }
        }
        // From a vendor folder the go command builds without network and without go.sum.
        if let Some(text) = repo.text(&listed)? {
            self.findings.extend(stale_vendor(&listed, &text, &wanted));
            self.vendor = Some(vendor);
            return Ok(());
        }
        self.download = !wanted.is_empty();
        self.unsummed =
            self.download && !self.manifests.iter().any(|path| path.extension() == "sum");
        if self.download {
            let known = self.summed(repo)?;
            if !self.unsummed {
                self.stale_sum(repo, &wanted, &known)?;
            }
            let required = wanted.iter().map(|(_, require)| require.path.clone());
            self.provided.extend(required.chain(known.into_iter().map(|(module, _)| module)));
        }
        if let (true, Some((path, require))) =
            (self.unsummed && self.lacking.is_none(), wanted.first())
        {
            self.findings.push(Finding::no_lockfile(
                "go.sum",
                path,
                "go mod tidy",
                [Evidence::at(path, require.line, format!("requires `{}`", require.path))],
            ));
        }
        Ok(())
    }
}

impl Layout {
    /// The modules and versions in the go.sum files.
    fn summed(&self, repo: &Repo) -> Result<BTreeSet<(String, String)>> {
        let mut known: BTreeSet<(String, String)> = BTreeSet::new();
        for path in self.manifests.iter().filter(|path| path.extension() == "sum") {
            let Some(text) = repo.text(path)? else { continue };
            for line in text.lines() {
                let mut words = line.split_whitespace().map(str::to_owned);
                if let (Some(module), Some(version)) = (words.next(), words.next()) {
                    known.insert((module, version.trim_end_matches("/go.mod").to_owned()));
                }
            }
        }
        Ok(known)
    }

    /// Reports modules of which no go.sum has a line: `go build` does not add one by itself.
    fn stale_sum(
        &mut self,
        repo: &Repo,
        wanted: &[(RelPath, super::module::Require)],
        known: &BTreeSet<(String, String)>,
    ) -> Result<()> {
        let mut replaced: BTreeSet<String> = BTreeSet::new();
        let files: BTreeSet<&RelPath> = wanted.iter().map(|(file, _)| file).collect();
        for file in files {
            let dir = Dir::new(repo, file.parent().unwrap_or_default());
            if let Some(manifest) = &*parsed(&dir)? {
                replaced.extend(manifest.replaces.iter().map(|replace| replace.from.clone()));
            }
        }
        let mut all = known.iter().map(|(module, _)| module.as_str());
        // A go.sum that lists nothing known is of another kind.
        if !all.any(|module| module.contains('.')) {
            return Ok(());
        }
        let lacks = |require: &super::module::Require| {
            !replaced.contains(&require.path)
                && !known.contains(&(require.path.clone(), require.version.clone()))
        };
        // A dependency may raise the version of another module: its line is then of that version.
        let any = |path: &str| known.iter().any(|(module, _)| module == path);
        let lost = wanted.iter().find(|(_, require)| lacks(require) && !any(&require.path));
        let Some((path, require)) = lost else { return Ok(()) };
        self.unsummed = true;
        self.lacking = Some(require.path.clone());
        let what = format!("go.sum has no line for `{}`, which {path} requires", require.path);
        let at = Evidence::at(path, require.line, format!("requires `{}`", require.path));
        self.findings.push(Finding::new(codes::SUM_STALE, what, [at]));
        Ok(())
    }
}

/// Reports requirements that vendor/modules.txt does not list: `go build` refuses such a folder.
fn stale_vendor(
    path: &RelPath,
    text: &str,
    wanted: &[(RelPath, super::module::Require)],
) -> Option<Finding> {
    let listed: BTreeSet<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# ")?.split_whitespace().next())
        .collect();
    let lost: Vec<&(RelPath, super::module::Require)> =
        wanted.iter().filter(|(_, require)| !listed.contains(require.path.as_str())).collect();
    let first = lost.first()?;
    Some(
        Finding::new(
            codes::VENDOR_STALE,
            format!("vendor/ lacks `{}`, which go.mod requires", first.1.path),
            lost.iter().map(|(file, require)| {
                Evidence::at(file, require.line, format!("requires `{}`", require.path))
            }),
        )
        .with_why(format!("`go build` stops if vendor/ does not agree with {path}")),
    )
}

fn absent(repo: &Repo, code: FindingCode, path: &str, evidence: Evidence) -> Finding {
    let folder = evidence.file.parent().unwrap_or_default().join(path);
    let submodule = folder.and_then(|folder| submodule::missing(repo, &folder));
    let what = format!("`{path}` holds no go.mod inside the repository");
    let found = Finding::new(code, what, [evidence]);
    match submodule {
        Some(at) => found.with_fix(submodule::fix(&at)),
        None => found,
    }
}

/// The nearest folder that contains both.
pub(super) fn common(a: &RelPath, b: &RelPath) -> RelPath {
    if b.is_within(a) {
        return a.clone();
    }
    a.ancestors().find(|folder| b.is_within(folder)).unwrap_or_default()
}

/// How the root of `read` relates to the module at or above `member`: its go.work lists that
/// module, its go.mod has `member` as a package, or it is the nearest folder that also contains
/// the target of a `replace`.
pub(super) fn encloses(read: &ReadFile, member: &RelPath) -> Result<Above> {
    let here = RelPath::root();
    // Finds the nearest go.mod at or above the member, but below this folder.
    let mut home = None;
    for folder in
        std::iter::once(member.clone()).chain(member.ancestors()).filter(|folder| !folder.is_root())
    {
        let Some(path) = folder.join("go.mod") else { continue };
        if let Some(text) = read(path.as_str())? {
            home = Some((folder, parse_mod(&path, &text)?));
            break;
        }
    }
    let Some((home, manifest)) = home else {
        return Ok(if read("go.mod")?.is_some() { Above::Declares } else { Above::Apart });
    };
    if let Some(text) = read("go.work")? {
        let path = here.join("go.work").unwrap_or_default();
        let work = parse_work(&path, &text)?;
        if work.uses.iter().any(|used| here.join(&used.value).as_ref() == Some(&home)) {
            return Ok(Above::Declares);
        }
    }
    let reached = manifest
        .replaces
        .iter()
        .filter(|r| r.is_local())
        .filter_map(|replace| home.join(&replace.to))
        .any(|target| common(&home, &target).is_root());
    Ok(if reached { Above::Reached } else { Above::Apart })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn of(files: &[(&str, &str)], dir: &str) -> Layout {
        let repo = Repo::from_files(files.iter().copied());
        layout(&Dir::new(&repo, RelPath::new(dir).unwrap())).unwrap().unwrap()
    }

    fn names(paths: &[RelPath]) -> Vec<&str> {
        paths.iter().map(RelPath::as_str).collect()
    }

    #[test]
    fn a_module_alone() {
        let layout = of(
            &[("go.mod", "module a\nrequire x.y/z v1\n"), ("go.sum", ""), ("cmd/s/m.go", "")],
            "cmd/s",
        );
        assert_eq!(
            (layout.module.as_str(), layout.context.as_str(), layout.download),
            ("", "", true)
        );
        assert_eq!(names(&layout.manifests), ["go.mod", "go.sum"]);
    }

    #[test]
    fn a_workspace_is_the_context_and_every_member_is_named() {
        let layout = of(
            &[
                ("go.work", "go 1.27\nuse (\n ./app\n ./lib\n)\nreplace x.y/z => ./forks/z\n"),
                ("go.work.sum", ""),
                ("app/go.mod", "module a\nrequire l v1\n"),
                ("app/go.sum", ""),
                ("lib/go.mod", "module l\n"),
                ("forks/z/go.mod", "module z\n"),
                ("forks/z/go.sum", ""),
            ],
            "app",
        );
        assert_eq!(layout.context.as_str(), "");
        assert_eq!(
            names(&layout.manifests),
            ["go.work", "go.work.sum", "app/go.mod", "app/go.sum", "lib/go.mod", "forks/z/go.mod"]
        );
        // `l` is a member: nothing to download.
        assert!(!layout.download);
    }

    #[test]
    fn a_go_work_that_does_not_list_the_module_does_not_count() {
        let layout = of(&[("go.work", "use ./other\n"), ("app/go.mod", "module a\n")], "app");
        assert!(layout.work.is_none());
        assert_eq!(layout.context.as_str(), "app");
    }

    #[test]
    fn local_replacements_widen_the_context() {
        let files = [
            ("x/app/go.mod", "module a\nreplace b => ../lib\nrequire b v0.0.0\n"),
            ("x/lib/go.mod", "module b"),
        ];
        let layout = of(&files, "x/app");
        assert_eq!(layout.context.as_str(), "x");
        assert!(!layout.download && !layout.unsummed);
        let lost = of(&[("go.mod", "module a\nreplace b => ../lib\n")], "");
        assert_eq!(lost.findings[0].code.as_str(), "replace-missing");
        assert_eq!(lost.findings[0].evidence[0].place(), "go.mod:2");
    }

    #[test]
    fn vendor_needs_no_download_and_must_be_whole() {
        let mut files = vec![
            ("go.mod", "module a\nrequire x.y/z v1\n"),
            ("vendor/modules.txt", "# x.y/z v1\n## explicit\nx.y/z\n"),
        ];
        let layout = of(&files, "");
        assert!(layout.vendor.is_some() && !layout.download && layout.findings.is_empty());
        files[1].1 = "# other v1\n";
        assert_eq!(of(&files, "").findings[0].code.as_str(), "vendor-stale");
    }

    #[test]
    fn a_sum_that_lacks_a_module_is_said() {
        let layout = |sum: &str| {
            let files = [
                (
                    "go.mod",
                    "module a.b/c\n\ngo 1.26\n\nrequire (\n\td.e/f v1.0.0\n\tg.h/i v1.1.0\n)\n",
                ),
                ("go.sum", sum),
            ];
            of(&files, "")
        };
        let both = "d.e/f v1.0.0 h1:x=\nd.e/f v1.0.0/go.mod h1:x=\ng.h/i v1.1.0/go.mod h1:x=\n";
        assert!(!layout(both).unsummed);
        let lacking = layout("d.e/f v1.0.0 h1:x=\n");
        assert!(lacking.unsummed);
        assert_eq!(lacking.findings[0].code.as_str(), "sum-stale");
        assert_eq!(lacking.findings.len(), 1);
    }

    #[test]
    fn no_sum_is_said() {
        let layout = of(&[("go.mod", "module a\nrequire x.y/z v1\n")], "");
        assert!(layout.unsummed);
        assert_eq!(layout.findings[0].code.as_str(), "no-lockfile");
    }

    #[test]
    fn what_encloses_a_member() {
        let encloses = |files: &[(&str, &str)], member: &str| {
            let files = files.to_vec();
            let read = move |name: &str| {
                Ok(files.iter().find(|(path, _)| *path == name).map(|(_, text)| (*text).to_owned()))
            };
            super::encloses(&read, &RelPath::new(member).unwrap()).unwrap()
        };
        let sub = ("sub/go.mod", "module b");
        assert_eq!(encloses(&[("go.mod", "module a")], "cmd/server"), Above::Declares);
        assert_eq!(encloses(&[("go.mod", "module a"), sub], "sub/cmd/x"), Above::Apart);
        assert_eq!(encloses(&[("go.work", "use ./sub"), sub], "sub/cmd/x"), Above::Declares);
        assert_eq!(encloses(&[("go.work", "use ./other"), sub], "sub"), Above::Apart);
        let replaces = |to: &str| format!("module b\nreplace c => {to}");
        assert_eq!(encloses(&[("sub/go.mod", &replaces("../c"))], "sub"), Above::Reached);
        assert_eq!(encloses(&[("sub/go.mod", &replaces("../"))], "sub"), Above::Reached);
        assert_eq!(encloses(&[("sub/go.mod", &replaces("../../c"))], "sub"), Above::Apart);
        assert_eq!(encloses(&[("x/sub/go.mod", &replaces("../c"))], "x/sub"), Above::Apart);
        assert_eq!(encloses(&[("x/sub/go.mod", &replaces("../../c"))], "x/sub"), Above::Reached);
        assert_eq!(encloses(&[], "sub"), Above::Apart);
    }
}

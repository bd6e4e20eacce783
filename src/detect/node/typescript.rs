//! tsconfig.json: where the compiler writes, and from where
//! (<https://www.typescriptlang.org/tsconfig>).

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::Value;

use crate::facts::Evidence;
use crate::path::{RelPath, is_at_or_below};
use crate::repo::{Dir, line_of, parse_json5};

/// Where TypeScript writes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Output {
    /// `outDir`, relative to the application; `None` means beside the sources.
    pub(crate) out_dir: Option<RelPath>,
    /// `rootDir`, relative to the application, if it is stated.
    pub(crate) root_dir: Option<RelPath>,
    /// Folders in `include` and `files`.
    pub(crate) include: Vec<String>,
    /// The deepest folder that contains all sources, for a configuration without `rootDir`.
    pub(crate) common: RelPath,
    /// Where it was read.
    pub(crate) evidence: Vec<Evidence>,
    /// The patterns in `exclude`.
    exclude: Vec<String>,
    /// `paths`: patterns of module names and their targets, relative to the repository.
    paths: Option<Vec<(String, Vec<RelPath>)>>,
    /// `baseUrl`, relative to the repository.
    base: Option<RelPath>,
    /// `noEmit`: the compiler only checks.
    no_emit: Option<bool>,
}

/// The deepest folder that contains every source that is neither excluded nor a declaration file.
fn common_folder(dir: &Dir, output: &Output) -> RelPath {
    let excluded: Vec<RelPath> = output
        .exclude
        .iter()
        .map(|pattern| fixed(pattern))
        .filter(|folder| !folder.is_root())
        .collect();
    // The compiler finds the root of the files that a pattern matches: one that matches none does
    // not move it.
    let included: Vec<RelPath> = output.include.iter().map(|pattern| fixed(pattern)).collect();
    let named = |word: &str| output.exclude.iter().any(|pattern| pattern.contains(word));
    let (specs, tests) = (named("spec"), named("test"));
    let inside = |way: &str, folder: &RelPath| is_at_or_below(way, folder.as_str());
    let mut common: Option<&str> = None;
    for path in dir.repo.files_under(&dir.path) {
        let name = path.file_name();
        if !matches!(path.extension(), "ts" | "tsx" | "mts" | "cts")
            || name.ends_with(".d.ts")
            || name.contains(".config.")
        {
            continue;
        }
        let Some(way) = path.strip(&dir.path) else { continue };
        let part = |folder: &RelPath| folder.is_root() || inside(way, folder);
        if !included.is_empty() && !included.iter().any(part) {
            continue;
        }
        let aside = excluded.iter().chain(&output.out_dir).any(|folder| inside(way, folder));
        if aside || specs && name.contains(".spec.") || tests && name.contains(".test.") {
            continue;
        }
        let folder = way.rsplit_once('/').map_or("", |(folder, _)| folder);
        common = Some(common.map_or(folder, |held| shared(held, folder)));
        if common == Some("") {
            break;
        }
    }
    RelPath::new(common.unwrap_or_default()).unwrap_or_default()
}

/// The deepest folder that contains both.
fn shared<'a>(a: &'a str, b: &str) -> &'a str {
    let mut end = 0;
    for (at, c) in a.char_indices().chain([(a.len(), '/')]) {
        if c == '/'
            && b.get(..at) == Some(&a[..at])
            && b[at..].chars().next().is_none_or(|c| c == '/')
        {
            end = at;
        }
    }
    &a[..end]
}

/// Reads the tsconfig that the application builds with: tsconfig.build.json, or else
/// tsconfig.json.
pub(crate) fn read(dir: &Dir, named: Option<&str>) -> Result<Option<Output>> {
    let candidates: Vec<&str> = match named {
        Some(name) => vec![name],
        None => vec!["tsconfig.build.json", "tsconfig.json"],
    };
    for name in candidates {
        if dir.has(name) {
            let mut output = Output::default();
            follow(dir, name, &mut output)?;
            output.common = common_folder(dir, &output);
            return Ok(Some(output));
        }
    }
    Ok(None)
}

/// Reads a file, then those that it extends, nearest first, each once.
fn follow(dir: &Dir, name: &str, output: &mut Output) -> Result<()> {
    let (mut open, mut seen) = (Vec::from_iter(dir.join(name)), BTreeSet::new());
    while let Some(path) = open.pop() {
        if seen.insert(path.clone()) {
            open.extend(take(dir, &path, output)?.into_iter().rev());
        }
    }
    Ok(())
}

/// Takes what one file states and no nearer one did. Returns the files that it extends, strongest
/// first.
fn take(dir: &Dir, path: &RelPath, output: &mut Output) -> Result<Vec<RelPath>> {
    let Some(text) = dir.repo.text(path)? else { return Ok(Vec::new()) };
    let json: Value = parse_json5(path, &text)?;
    let here = path.parent().unwrap_or_default();
    // Paths are relative to the file that states them.
    let relative = |value: &str| {
        here.join(value).map(|p| p.relative_to(&dir.path)).and_then(|p| RelPath::new(&p))
    };
    let option =
        |key: &str| json.get("compilerOptions").and_then(|o| o.get(key)).and_then(Value::as_str);
    if output.out_dir.is_none()
        && let Some(value) = option("outDir")
    {
        output.out_dir = relative(value);
        let line = line_of(&text, "\"outDir\"").unwrap_or(1);
        output.evidence.push(Evidence::at(path, line, format!("outDir is \"{value}\"")));
    }
    if output.root_dir.is_none()
        && let Some(value) = option("rootDir")
    {
        output.root_dir = relative(value);
    }
    if output.no_emit.is_none() {
        let stated = json.get("compilerOptions").and_then(|options| options.get("noEmit"));
        output.no_emit = stated.and_then(Value::as_bool);
    }
    let base = option("baseUrl").and_then(|value| here.join(value));
    if output.base.is_none() {
        output.base.clone_from(&base);
    }
    if output.paths.is_none()
        && let Some(paths) = json.get("compilerOptions").and_then(|o| o.get("paths"))
    {
        let from = base.as_ref().unwrap_or(&here);
        let list = |value: &Value| -> Vec<RelPath> {
            let texts = value.as_array().into_iter().flatten().filter_map(Value::as_str);
            texts.filter_map(|text| from.join(text)).collect()
        };
        let all = paths.as_object().into_iter().flatten();
        output.paths = Some(all.map(|(name, value)| (name.clone(), list(value))).collect());
    }
    if output.include.is_empty() {
        let lists = ["include", "files"].into_iter().filter_map(|key| json.get(key)?.as_array());
        output.include = lists.flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    }
    if output.exclude.is_empty() {
        let list = json.get("exclude").and_then(Value::as_array);
        output.exclude =
            list.into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    }
    let parents: Vec<&str> = match json.get("extends") {
        Some(Value::String(one)) => vec![one.as_str()],
        Some(Value::Array(several)) => several.iter().rev().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut extended = Vec::new();
    for parent in parents {
        // The configuration of a package is in node_modules, which is not read. Such bases do not
        // set outDir.
        if !parent.starts_with('.') {
            continue;
        }
        let Some(target) = here.join(parent) else { continue };
        let found = [target.as_str().to_owned(), format!("{}.json", target.as_str())]
            .into_iter()
            .find(|p| RelPath::new(p).is_some_and(|p| dir.repo.is_file(&p)));
        extended.extend(found.and_then(|p| RelPath::new(&p)));
    }
    Ok(extended)
}

impl Output {
    /// True if the compiler writes beside the sources.
    pub(crate) fn in_place(&self) -> bool {
        self.out_dir.is_none() && self.no_emit != Some(true)
    }

    /// True if modules have other names than their paths.
    pub(crate) fn has_aliases(&self) -> bool {
        self.paths.as_ref().is_some_and(|paths| !paths.is_empty()) || self.base.is_some()
    }

    /// The places, relative to the repository, to which `paths` and `baseUrl` map a module.
    pub(crate) fn aliased(&self, module: &str) -> Vec<RelPath> {
        let mut found = Vec::new();
        for (pattern, targets) in self.paths.iter().flatten() {
            let middle = match pattern.split_once('*') {
                Some((before, after)) => {
                    module.strip_prefix(before).and_then(|rest| rest.strip_suffix(after))
                }
                None => (module == pattern).then_some(""),
            };
            let Some(middle) = middle else { continue };
            let put = |target: &RelPath| RelPath::new(&target.as_str().replace('*', middle));
            found.extend(targets.iter().filter_map(put));
        }
        found.extend(self.base.as_ref().and_then(|base| base.join(module)));
        found
    }

    /// The file to which `source` (such as `src/index.ts`, relative to the application) is
    /// compiled.
    pub(crate) fn compiled(&self, source: &str) -> Option<String> {
        let (stem, extension) = source.rsplit_once('.')?;
        let extension = match extension {
            "ts" | "tsx" | "js" | "jsx" => "js",
            "mts" | "mjs" => "mjs",
            "cts" | "cjs" => "cjs",
            _ => return None,
        };
        let Some(out_dir) = &self.out_dir else { return Some(format!("{stem}.{extension}")) };
        let root = self.root_dir.clone().unwrap_or_else(|| self.common_root());
        let inside = RelPath::new(stem)?.strip(&root)?.to_owned();
        Some(out_dir.join(&format!("{inside}.{extension}"))?.as_str().to_owned())
    }

    /// The source of a built module, both relative to the application.
    pub(crate) fn source_of(&self, built: &RelPath) -> Option<RelPath> {
        let inside = built.strip(self.out_dir.as_ref()?)?;
        let root = self.root_dir.clone().unwrap_or_else(|| self.common_root());
        root.join(inside).filter(|source| source != built)
    }

    /// The root directory without `rootDir`: the deepest common folder of all sources.
    fn common_root(&self) -> RelPath {
        if let [pattern] = self.include.as_slice()
            && self.common.is_root()
        {
            // `include: ["src"]` alone: all sources are in src.
            let folder = fixed(pattern);
            return if folder.extension().is_empty() { folder } else { RelPath::root() };
        }
        self.common.clone()
    }
}

/// The folder, or the file, with which a pattern begins: `src` of `src/**/*.ts`.
fn fixed(pattern: &str) -> RelPath {
    let parts: Vec<&str> = pattern.split('/').take_while(|part| !part.contains('*')).collect();
    RelPath::new(&parts.join("/")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn output(files: &[(&str, &str)]) -> Output {
        read(&Repo::from_files(files.iter().copied()).root(), None).unwrap().unwrap()
    }

    #[test]
    fn follows_extends_with_comments_and_trailing_commas() {
        let read = output(&[
            (
                "tsconfig.json",
                "{ // x\n \"extends\": \"./config/base\", \"include\": [\"src/**/*\"], }",
            ),
            ("config/base.json", r#"{"compilerOptions": {"outDir": "../build"}}"#),
        ]);
        assert_eq!(read.compiled("src/index.ts").unwrap(), "build/index.js");
        assert_eq!(read.evidence[0].place(), "config/base.json:1");
    }

    #[test]
    fn the_root_folder_decides_the_shape_of_the_output() {
        let with = |options: &str, rest: &str| {
            output(&[("tsconfig.json", &format!("{{\"compilerOptions\": {{{options}}}{rest}}}"))])
        };
        assert_eq!(
            with(r#""outDir": "dist", "rootDir": ".""#, "").compiled("src/a.ts").unwrap(),
            "dist/src/a.js"
        );
        assert_eq!(
            with(r#""outDir": "dist""#, r#", "include": ["src", "test"]"#)
                .compiled("src/a.ts")
                .unwrap(),
            "dist/src/a.js"
        );
        assert_eq!(
            with(r#""outDir": "dist""#, "").compiled("src/a.mts").unwrap(),
            "dist/src/a.mjs"
        );
        assert_eq!(with("", "").compiled("src/a.ts").unwrap(), "src/a.js");
    }

    #[test]
    fn without_a_root_folder_all_sources_decide() {
        let config =
            ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist"}, "exclude": ["test"]}"#);
        let flat = output(&[config, ("src/a.ts", ""), ("src/b/c.ts", ""), ("test/x.ts", "")]);
        assert_eq!(flat.compiled("src/a.ts").unwrap(), "dist/a.js");
        let seeded = output(&[config, ("src/a.ts", ""), ("prisma/seed.ts", "")]);
        assert_eq!(seeded.compiled("src/a.ts").unwrap(), "dist/src/a.js");
    }

    #[test]
    fn a_pattern_that_matches_no_source_does_not_move_the_root() {
        let with = |include: &str, more: &'static str| {
            let config =
                format!(r#"{{"compilerOptions": {{"outDir": "dist"}}, "include": [{include}]}}"#);
            output(&[("tsconfig.json", &config), ("src/a.ts", ""), ("src/b/c.ts", ""), (more, "")])
                .compiled("src/a.ts")
                .unwrap()
        };
        for include in [
            r#""./typings/**/*.ts", "./src/**/*.ts""#,
            r#""src", "types""#,
            r#""src/**/*.ts", "global.d.ts""#,
            r#""src/**/*", "src/**/*.json""#,
        ] {
            assert_eq!(with(include, "global.d.ts"), "dist/a.js", "{include}");
        }
        assert_eq!(with(r#""src", "test""#, "test/a.ts"), "dist/src/a.js");
        assert_eq!(with(r#""src""#, "test/a.ts"), "dist/a.js");
    }

    #[test]
    fn a_circle_of_extends_ends() {
        let read = output(&[("tsconfig.json", r#"{"extends": "./tsconfig.json"}"#)]);
        assert_eq!(read.out_dir, None);
        // If each mention were read anew, every level would multiply the readings by 200.
        let many = |name: &str| {
            format!("{{\"extends\": [{}]}}", vec![format!("\"{name}\""); 200].join(","))
        };
        let (a, b) = (many("./b.json"), many("./tsconfig.json"));
        assert_eq!(output(&[("tsconfig.json", &a), ("b.json", &b)]).out_dir, None);
    }

    #[test]
    fn a_long_chain_of_extends_is_followed() {
        let mut files: Vec<(String, String)> = (0..3000)
            .map(|n| (format!("t{n}.json"), format!("{{\"extends\": \"./t{}.json\"}}", n + 1)))
            .collect();
        files[0].0 = "tsconfig.json".to_owned();
        let last = r#"{"compilerOptions": {"outDir": "build"}}"#;
        files.push(("t3000.json".to_owned(), last.to_owned()));
        let files: Vec<(&str, &str)> =
            files.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(output(&files).out_dir, RelPath::new("build"));
    }
}

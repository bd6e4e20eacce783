//! Modules that are loaded by a path that the program computes: a file (`require(join(__dirname,
//! '..', 'x.js'))`), or the files in a folder (`readdirSync('./routes')`).

use super::super::App;
use super::super::expression::{Anchor, Names, PathValue, option, path};
use super::super::launch::{Launch, Layout};
use super::super::token::{Kind, Token, arguments};
use super::location::Location;
use super::{Scan, Source, resolution, workers};
use crate::facts::Sourced;
use crate::path::RelPath;

/// Calls that list a folder. The listed files are loaded if the same file also loads by a computed
/// name.
const LISTS: [&str; 6] = ["readdir", "readdirSync", "opendir", "opendirSync", "glob", "globSync"];

/// Libraries that load every module of a folder with one call.
const LOADS_FOLDER: [&str; 5] =
    ["requireDir", "requireDirectory", "requireAll", "includeAll", "importDirectory"];

/// Libraries that load every module of the folder in an option.
const LOADS_OPTION: [(&str, &str); 4] = [
    ("@fastify/autoload", "dir"),
    ("fastify-autoload", "dir"),
    ("express-file-routing", "directory"),
    ("require-all", "dirname"),
];

/// How many folders of one file are followed.
const MAX_FOLDERS: usize = 8;

/// The files of the repository that a source loads this way.
pub(super) fn files(app: &App, launch: &Launch, source: &Source) -> Vec<RelPath> {
    let computed: Vec<&[Token]> = computed(source).collect();
    let library = LOADS_OPTION.iter().find(|(module, _)| source.imports(module));
    let by_call = |token: &Token| token.word().is_some_and(|word| LOADS_FOLDER.contains(&word));
    let beside = workers::started(source);
    if computed.is_empty()
        && beside.is_empty()
        && library.is_none()
        && !source.tokens.iter().any(by_call)
    {
        return Vec::new();
    }
    let names = Names::of(&source.tokens);
    let place = Location::of(app, launch, source);
    let mut files = Vec::new();
    for (found, from) in workers::paths(app, source, &names, &beside) {
        let folder = from.parent().unwrap_or_default();
        let here = folder.join(&found.path).filter(|_| found.from == Anchor::SourceFile);
        let bases = here.into_iter().chain(place.in_repository(app, &found));
        let mut held = bases.filter_map(|base| resolution::resolve(app, &base));
        files.extend(held.find(resolution::is_code));
    }
    let mut folders: Vec<RelPath> = Vec::new();
    let mut folder = |found: &PathValue| {
        let inside = |path: &RelPath| {
            *path != app.dir.path && path.is_within(&app.dir.path) && app.dir.repo.is_dir(path)
        };
        let path = candidates(app, &place, source, found).into_iter().find(inside);
        if let Some(path) = path.filter(|path| !folders.contains(path)) {
            folders.push(path);
        }
    };
    for arg in &computed {
        if let Some(Kind::Template(text)) = arg.first().map(|token| &token.kind)
            && text.starts_with('.')
            && let Some((way, _)) = text.split("${}").next().and_then(|way| way.rsplit_once('/'))
        {
            // The name of a module is relative to the file that loads it.
            folder(&PathValue::new(Anchor::SourceFile, way));
        } else if let Some((way, _)) = arg.first().and_then(Token::text).and_then(|text| {
            text.rsplit_once('/').filter(|_| text.starts_with('.') && arg.len() > 1)
        }) {
            folder(&PathValue::new(Anchor::SourceFile, way));
        } else if let Some(found) = path(arg, &names) {
            let bases = candidates(app, &place, source, &found);
            files.extend(bases.iter().find_map(|base| resolution::resolve(app, base)));
        }
    }
    for (index, window) in source.tokens.windows(2).enumerate() {
        let (Some(name), true) = (window[0].word(), window[1].is('(')) else { continue };
        let lists = !computed.is_empty() && LISTS.contains(&name) || LOADS_FOLDER.contains(&name);
        if !lists && library.is_none() {
            continue;
        }
        let args = arguments(&source.tokens, index + 1);
        let first = args.first().copied().filter(|_| lists);
        let wanted = first.or_else(|| library.and_then(|(_, key)| option(&args, key)));
        if let Some(mut found) = wanted.and_then(|tokens| path(tokens, &names)) {
            if let Some(at) = found.path.find(['*', '{']) {
                found.path.truncate(found.path[..at].rfind('/').unwrap_or(0));
            }
            folder(&found);
        }
    }
    for folder in folders.iter().take(MAX_FOLDERS) {
        let held = app.dir.repo.files_under(folder).filter(|p| resolution::is_server_code(app, p));
        files.extend(held.take(resolution::MAX_FILES).cloned());
    }
    files
}

/// Adds files that compiled code loads by a path outside the build's output.
pub(super) fn carry(app: &App, launch: &Launch, sources: &[Source], scan: &mut Scan) {
    if launch.layout != Layout::Output {
        return;
    }
    for source in sources {
        let mut computed = computed(source).peekable();
        if computed.peek().is_none() {
            continue;
        }
        let names = Names::of(&source.tokens);
        let place = Location::of(app, launch, source);
        for arg in computed {
            let text = path(arg, &names).and_then(|found| place.resolve(&found));
            let file = text.and_then(|text| app.dir.join(&text)).filter(|path| {
                let way = path.strip(&app.dir.path).unwrap_or_default();
                matches!(path.extension(), "js" | "cjs" | "mjs")
                    && path.is_within(&app.dir.path)
                    && !launch.is_output(way)
                    && way.split('/').next() != Some("node_modules")
                    && app.dir.repo.is_file(path)
            });
            if let Some(file) = file {
                let at = arg.first().map_or(0, |token| token.at);
                let evidence = source.at(at, format!("loads {file} by its path"));
                scan.files.push(Sourced::new(file, evidence));
            }
        }
    }
}

/// The arguments of `require(...)` and `import(...)` that are more than one literal.
pub(super) fn computed(source: &Source) -> impl Iterator<Item = &[Token]> {
    source.tokens.windows(3).enumerate().filter_map(|(index, window)| {
        let loads = window[0].is_word("require") || window[0].is_word("import");
        // `"./store_" + name` is computed.
        let sums = source.tokens.get(index + 3).is_some_and(|token| token.is('+'));
        let literal = matches!(window[2].kind, Kind::Text(_)) && !sums;
        if !loads || !window[1].is('(') || literal {
            return None;
        }
        arguments(&source.tokens, index + 1).into_iter().next().filter(|arg| !arg.is_empty())
    })
}

/// The files to which a path may refer: beside the source first, then where the compiled file
/// would look.
fn candidates(app: &App, place: &Location, source: &Source, found: &PathValue) -> Vec<RelPath> {
    let here = source.path.parent().unwrap_or_default().join(&found.path);
    let here = here.filter(|_| found.from == Anchor::SourceFile);
    here.into_iter().chain(place.in_repository(app, found)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn scan(files: &[(&str, &str)], layout: Layout) -> Scan {
        let config = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
        let mut all = vec![("package.json", "{}"), ("tsconfig.json", config)];
        all.extend(files.iter().copied());
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let launch = Launch {
            file: "index.js".into(),
            source: Some(files[0].0.into()),
            outputs: vec!["dist".into()],
            layout,
            ..Launch::default()
        };
        super::super::read(&app, &launch).unwrap()
    }

    #[test]
    fn modules_of_a_loaded_folder_are_read() {
        let module = "const { spawn } = require('child_process'); spawn('weird-tool')";
        for source in [
            "for (const f of fs.readdirSync('./parts')) await import(`./parts/${f}`)",
            "fs.readdirSync(join(__dirname, 'parts')).map((f) => require(join(__dirname, 'parts', f)))",
            "const d = join(__dirname, 'parts'); readdirSync(d).map((f) => require(join(d, f)))",
            "load(name => import(`./parts/${name}.js`))",
            "load(name => require('./parts/' + name))",
            "const A = require('./parts/part_' + config.type)",
            "(await glob('parts/**/*.js')).map((f) => require(f))",
            "requireDir('./parts')",
            "const a = require('@fastify/autoload'); x.register(a, { dir: join(__dirname, 'parts') })",
        ] {
            let files = [("index.js", source), ("parts/a.js", module), ("other/b.js", module)];
            let found = scan(&files, Layout::Source);
            let places: Vec<String> = found
                .findings
                .iter()
                .flat_map(|f| &f.evidence)
                .map(crate::facts::Evidence::place)
                .collect();
            assert_eq!(places, ["parts/a.js:1"], "{source}");
        }
        let listed = [("index.js", "fs.readdirSync('./parts')"), ("parts/a.js", module)];
        assert!(scan(&listed, Layout::Source).findings.is_empty());
    }

    #[test]
    fn a_module_that_is_required_by_its_path_says_the_port_and_is_carried() {
        for require in [
            "require(path.resolve(__dirname, '..', 'defaults', 'config.js'))",
            "require(`${__dirname}/../defaults/config.js`)",
            "require(path.join(process.cwd(), 'defaults/config.js'))",
        ] {
            let source = format!("const c = {require}; http.createServer(f).listen(c.port)");
            let files = [
                ("src/index.ts", source.as_str()),
                ("defaults/config.js", "module.exports = { open: false, port: 9000 }"),
            ];
            let found = scan(&files, Layout::Output);
            assert_eq!(found.port.map(|port| port.value), Some(9000), "{require}");
            let files: Vec<_> = found.files.iter().map(|file| file.value.as_str()).collect();
            assert_eq!(files, ["defaults/config.js"], "{require}");
        }
    }
}

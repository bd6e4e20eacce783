//! Folders into which the code writes, and files that it reads beside itself.

mod built;
mod handed;
mod literals;
mod loops;
mod member;
mod reads;
mod rows;

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::super::App;
use super::super::expression::{Anchor, Names, PathValue, option, path};
use super::super::launch::{Launch, Layout};
use super::super::token::{Token, arguments};
use super::location::Location;
use super::modules::Modules;
use super::{House, Scan, Source, plain_code, referred};
use crate::code::writes::{HOME, Unfollowed, unknown_folder};
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Sourced};
use crate::path::RelPath;

pub(super) use self::reads::{carry, carry_exactly};

/// Calls that create, or write into, the folder in their first argument.
const MAKES_FOLDER: [&str; 8] = [
    "mkdir",
    "mkdirSync",
    "mkdirp",
    "mkdirpSync",
    "ensureDir",
    "ensureDirSync",
    "emptyDir",
    "emptyDirSync",
];

/// Calls that write the file in their first argument.
const WRITES_FILE: [&str; 10] = [
    "createWriteStream",
    "writeFile",
    "writeFileSync",
    "appendFile",
    "appendFileSync",
    "outputFile",
    "outputFileSync",
    "outputJson",
    "writeJson",
    "writeJsonSync",
];

/// Options that name a folder to write.
const FOLDER_OPTIONS: [(&str, &str); 5] = [
    ("multer", "dest"),
    ("diskStorage", "destination"),
    ("DailyRotateFile", "dirname"),
    ("formidable", "uploadDir"),
    ("fileUpload", "tempFileDir"),
];

/// Options that name a file to write, by the call that takes them.
const FILE_OPTIONS: [(&str, &str); 3] =
    [("File", "filename"), ("Sequelize", "storage"), ("DailyRotateFile", "filename")];

/// Calls of libraries that update tables, from a folder in their options.
const MIGRATES: [&str; 3] = ["migrate", "latest", "readMigrationFiles"];

pub(super) fn read(house: &House, launch: &Launch, sources: &[Source], scan: &mut Scan) {
    let app = house.app;
    let modules = Modules::of(app, launch, sources);
    let (writers, settings) = (rows::Writers::of(app), rows::Setting::of(app));
    let mut written: Vec<Written> = Vec::new();
    let lost = RefCell::new(Vec::new());
    for (file, source) in sources.iter().enumerate() {
        let place = Location::of(app, launch, source);
        let bundled = launch.layout == Layout::Bundle && is_server(app, source);
        for (index, window) in source.tokens.windows(2).enumerate() {
            let (Some(name), true) = (window[0].word(), window[1].is('(')) else { continue };
            // A declaration of this name is no call.
            if index > 0 && source.tokens[index - 1].is_word("function") {
                continue;
            }
            let args = arguments(&source.tokens, index + 1);
            let at = window[0].at;
            if name == "tmpdir" && scan.temporary.is_none() {
                scan.temporary =
                    Some(source.at(at, "uses the system's folder for temporary files"));
            }
            let open = &|tokens: &[Token]| {
                let mut paths = modules.open_paths_of(tokens, file);
                if paths.is_empty() && MAKES_FOLDER.contains(&name) && member::is_member(tokens) {
                    paths.extend(member::settled(house, source, tokens));
                }
                // A text for people: `the uploads directory`.
                paths.retain(|found| !found.path.contains(char::is_whitespace));
                if paths.iter().all(|found| found.path.starts_with("${}")) {
                    let note = format!("`{name}` writes to a folder that no code names");
                    let setting = MAKES_FOLDER.contains(&name) && member::is_setting(tokens);
                    let ending = paths.iter().find_map(|found| found.path.strip_prefix("${}"));
                    let one = Unfollowed::ending_in(ending, source.at(at, note));
                    lost.borrow_mut().push((setting, one));
                }
                paths
            };
            let call = Call { name, source, at, place: &place };
            let found = writes(call, &args, open, scan);
            if found.is_empty() && MAKES_FOLDER.contains(&name) {
                for tokens in loops::unrolled(&source.tokens, &modules.names[file], &args) {
                    written.extend(writes(call, &[&tokens], open, scan));
                }
            }
            written.extend(found);
            let quiet = &|tokens: &[Token]| modules.open_paths_of(tokens, file);
            written.extend(writers.writes(app, call, &args, (open, quiet), scan));
            written.extend(writers.of_required(call, index, (open, quiet), scan));
            if name == "require" && launch.layout == Layout::Output && !launch.bundled {
                reads::required(app, launch, &args, &place, source, scan);
            }
            // Next.js takes along what its pages open, but no folder of migrations.
            let migrates = launch.layout == Layout::Standalone && MIGRATES.contains(&name);
            if launch.layout == Layout::Output || bundled || migrates {
                reads::reads(app, launch, call, &args, quiet, scan);
            }
        }
    }
    for (file, source) in sources.iter().enumerate().filter(|_| !settings.is_empty()) {
        let place = Location::of(app, launch, source);
        let path = &|tokens: &[Token]| modules.open_paths_of(tokens, file);
        for row in &settings {
            for tokens in row.values(source) {
                let at = tokens.first().map_or(0, |token| token.at);
                let call = Call { name: row.name(), source, at, place: &place };
                written.extend(self::written(call, tokens, row.is_file(), path, scan));
            }
        }
    }
    let outputs = built::Outputs::of(app, launch);
    let (kept, aside): (Vec<_>, Vec<_>) =
        written.into_iter().partition(|one| !outputs.hold(&one.folder));
    for one in aside.into_iter().filter(|one| !outputs.are_built_by(&one.folder)) {
        if let Some(evidence) = one.folder.evidence.into_iter().next() {
            beside(evidence, &one.path, scan);
        }
    }
    let written = kept;
    // If a name means a folder in one function and a file in another, the folder counts.
    let made = written.iter().filter(|one| !one.is_file).map(|one| one.path.clone());
    let made: BTreeSet<String> = made.collect();
    let meant = written.into_iter().filter(|one| !one.is_file || !made.contains(&one.path));
    scan.writable.extend(meant.map(|one| one.folder));
    for source in sources.iter().filter(|_| launch.layout == Layout::Output) {
        literals::read(app, launch, source, scan);
    }
    databases(house, sources, &modules.names, scan);
    plain_code::required(app, launch, sources, scan);
    referred::read(app, launch, scan);
    scan.files.sort_by(|a, b| a.value.cmp(&b.value));
    scan.files.dedup_by(|a, b| a.value == b.value);
    // A folder is copied whole.
    let held: BTreeSet<RelPath> = scan.files.iter().map(|file| file.value.clone()).collect();
    scan.files.retain(|file| {
        !file.value.ancestors().any(|above| above != file.value && held.contains(&above))
    });
    scan.writable.sort_by(|a, b| a.value.cmp(&b.value));
    scan.writable.dedup_by(|a, b| a.value == b.value);
    // A variable may hold a folder that is known elsewhere; a setting has a folder of its own.
    let none_known = scan.writable.is_empty() && !is_beside(scan);
    let lost = lost.into_inner().into_iter().filter(|(setting, _)| none_known || *setting);
    scan.findings.extend(unknown_folder(lost.map(|(_, place)| place)));
    keep_topmost(scan);
}

/// A folder inside a writable one is writable too.
fn keep_topmost(scan: &mut Scan) {
    let written: BTreeSet<String> = scan.writable.iter().map(|w| w.value.clone()).collect();
    scan.writable.retain(|folder| {
        let mut above = folder.value.match_indices('/').map(|(end, _)| &folder.value[..end]);
        !above.any(|above| written.contains(above))
    });
}

/// True for server code of a framework. No bundle contains what such code opens by a path of the
/// working directory.
fn is_server(app: &App, source: &Source) -> bool {
    let way = source.path.relative_to(&app.dir.path);
    way.split('/').any(|part| part == "server" || part.contains(".server."))
}

/// A path to which a call writes, and the folder that must exist for it.
struct Written {
    path: String,
    is_file: bool,
    folder: Sourced<String>,
}

/// A call in a source.
#[derive(Clone, Copy)]
struct Call<'c> {
    name: &'c str,
    source: &'c Source,
    at: usize,
    /// The folders to which the paths of the source refer.
    place: &'c Location,
}

fn writes(
    call: Call,
    args: &[&[Token]],
    path: &dyn Fn(&[Token]) -> Vec<PathValue>,
    scan: &mut Scan,
) -> Vec<Written> {
    let name = call.name;
    let first = args.first().copied();
    let folder = first.filter(|_| MAKES_FOLDER.contains(&name));
    let stated = FOLDER_OPTIONS.iter().find(|(other, _)| *other == name);
    if let Some((_, key)) = stated.filter(|_| folder.is_none()) {
        let values = handed::values(args, key).into_iter();
        return values.flat_map(|tokens| written(call, tokens, false, path, scan)).collect();
    }
    let file = first.filter(|_| WRITES_FILE.contains(&name));
    let file = file.or_else(|| {
        FILE_OPTIONS.iter().find(|(other, _)| *other == name).and_then(|(_, key)| option(args, key))
    });
    let (tokens, is_file) = match (folder, file) {
        (Some(tokens), _) => (tokens, false),
        (None, Some(tokens)) => (tokens, true),
        _ => return Vec::new(),
    };
    written(call, tokens, is_file, path, scan)
}

fn written(
    call: Call,
    tokens: &[Token],
    is_file: bool,
    path: &dyn Fn(&[Token]) -> Vec<PathValue>,
    scan: &mut Scan,
) -> Vec<Written> {
    path(tokens).into_iter().filter_map(|found| below(call, &found, is_file, scan)).collect()
}

/// What a call writes at one path.
fn below(call: Call, found: &PathValue, is_file: bool, scan: &mut Scan) -> Option<Written> {
    let Call { name, source, at, place } = call;
    if found.path.contains("${}") || found.path.contains("://") || found.path == ":memory:" {
        return None;
    }
    let text = place.resolve(found)?;
    let is_file = is_file && !found.open;
    // The file is directly in the program's own folder, and its name is unknown.
    if found.open && text.split('/').all(|part| matches!(part, "" | "." | "..")) {
        return None;
    }
    let target = if is_file {
        text.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned())
    } else {
        text.clone()
    };
    let note = format!("{name} writes {text}");
    if text.starts_with("/tmp") {
        scan.temporary.get_or_insert_with(|| source.at(at, note));
        return None;
    }
    if ["/dev", "/proc", "/sys", "/etc", "/usr"].iter().any(|p| text.starts_with(p))
        || target.starts_with("node_modules")
    {
        return None;
    }
    // Folders above the application belong to root as well.
    if target.split('/').all(|part| matches!(part, "" | "." | "..")) && found.from != Anchor::Root {
        beside(source.at(at, note), &text, scan);
        return None;
    }
    if found.from == Anchor::Home && !scan.env.iter().any(|var| var.value.key == "HOME") {
        let var = EnvVar { key: "HOME".to_owned(), value: HOME.to_owned() };
        let note = "the user's home is written: a user without an entry in passwd has none";
        scan.env.push(Sourced::new(var, source.at(at, note)));
    }
    let folder = Sourced::new(target, source.at(at, note));
    Some(Written { path: text, is_file, folder })
}

/// Adds the files of SQLite databases in configuration objects: `connection: { filename:
/// './data/x.sqlite' }`.
fn databases(house: &House, sources: &[Source], names: &[Names], scan: &mut Scan) {
    let sqlite =
        |source: &Source| {
            source.tokens.iter().filter_map(Token::text).any(|text| {
                matches!(text, "sqlite3" | "better-sqlite3" | "sqlite" | "better-sqlite")
            })
        };
    for (source, names) in sources.iter().zip(names).filter(|(source, _)| sqlite(source)) {
        let text = |tokens: &[Token]| {
            // Few programs have such a database, and few of these need more than a path.
            house.code().ok()?.value(&source.code, source.range(tokens)).text()
        };
        database(source, names, &text, scan);
    }
}

fn database(
    source: &Source,
    names: &Names,
    text_of: &dyn Fn(&[Token]) -> Option<String>,
    scan: &mut Scan,
) {
    for key in ["filename", "storage"] {
        for tokens in names.properties(key) {
            let text = match path(tokens, names) {
                Some(found) if !matches!(found.from, Anchor::SourceFile | Anchor::Home) => {
                    found.path
                }
                Some(_) => continue,
                None => text_of(tokens).unwrap_or_default(),
            };
            let Some((folder, _)) = text.rsplit_once('/') else { continue };
            let normal = RelPath::new(folder).map(|path| path.as_str().to_owned());
            let folder = normal.as_deref().unwrap_or(folder);
            if folder.is_empty()
                || folder.contains("${}")
                || folder.contains(':')
                || folder.starts_with("..")
            {
                continue;
            }
            let at = tokens.first().map_or(0, |token| token.at);
            scan.writable.push(Sourced::new(
                folder.to_owned(),
                source.at(at, format!("the database is {text}")),
            ));
        }
    }
}

fn is_beside(scan: &Scan) -> bool {
    scan.findings.iter().any(|finding| finding.code == FindingCode::WritesBesideProgram)
}

/// Reports a file in the program's own folder, which belongs to root, as the program does.
pub(super) fn beside(evidence: Evidence, file: &str, scan: &mut Scan) {
    if file.is_empty() || is_beside(scan) {
        return;
    }
    scan.findings.push(Finding::writes_beside_program(Some(file), [evidence]));
}

#[cfg(test)]
mod tests {
    use super::super::super::launch::Launch;
    use super::*;
    use crate::repo::Repo;

    fn scan(files: &[(&str, &str)], layout: Layout) -> Scan {
        let mut all = vec![("package.json", r#"{"dependencies": {"express": "4"}}"#)];
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
    fn the_folder_of_a_file_whose_name_is_computed_is_carried() {
        for source in [
            "readFileSync(path.join(process.cwd(), 'zdata', n))",
            "readFileSync(path.join(process.cwd(), 'zdata', n + '.txt'))",
            "readFileSync(path.join(process.cwd(), `zdata/${n}.txt`))",
            "readFileSync(path.resolve(__dirname, '..', 'zdata', n))",
            "readFileSync(path.resolve(__dirname, '../zdata', n))",
            "readFileSync(`./zdata/${n}.txt`)",
            "readFileSync(`zdata/${n}.txt`)",
            "readFileSync(`${process.cwd()}/zdata/${n}.txt`)",
            "readFileSync(`${__dirname}/../zdata/${n}.txt`)",
            "const root = process.cwd(); readFileSync(path.join(root, 'zdata', n))",
            "const D = 'zdata'; readFileSync(path.join(D, n))",
            "config.loadFile(`./zdata/${env}.json`)",
        ] {
            let files = [("src/index.ts", source), ("zdata/a.txt", "")];
            let found = scan(&files, Layout::Output);
            let paths: Vec<_> = found.files.iter().map(|file| file.value.as_str()).collect();
            assert_eq!(paths, ["zdata"], "{source}");
        }
        for source in ["fetch(`https://x.test/zdata/${n}.txt`)", "get(`/zdata/${n}`)"] {
            let files = [("src/index.ts", source), ("zdata/a.txt", "")];
            assert!(scan(&files, Layout::Output).files.is_empty(), "{source}");
        }
    }

    #[test]
    fn a_standalone_server_carries_its_migrations() {
        let source =
            "await migrate(db, { migrationsFolder: './drizzle' }); readFileSync('./notes')";
        let files = [("instrumentation.ts", source), ("drizzle/0.sql", ""), ("notes", "")];
        let found = scan(&files, Layout::Standalone);
        let paths: Vec<_> = found.files.iter().map(|file| file.value.as_str()).collect();
        assert_eq!(paths, ["drizzle"]);
    }

    #[test]
    fn a_database_that_is_only_read_is_no_folder_to_write() {
        let of = |source: &str| scan(&[("index.js", source)], Layout::Source).writable.len();
        let opens = "const D = require('better-sqlite3'); new D('./data/x.db'";
        assert_eq!(of(&format!("{opens}, {{ readonly: true }})")), 0);
        assert_eq!(of(&format!("{opens})")), 1);
    }

    #[test]
    fn folders_that_are_written() {
        let found = scan(
            &[(
                "index.js",
                "
            const up = path.join(__dirname, 'uploads');
            fs.mkdirSync(up, {recursive: true});
            const u = multer({ dest: 'tmp/files/' });
            new Database(process.env.DB || './data/app.db'); require('better-sqlite3');
            new winston.transports.File({ filename: 'logs/error.log' });
            fs.writeFileSync('state.json', x); fs.writeFileSync('/tmp/x', y); fs.mkdirSync(other);",
            )],
            Layout::Source,
        );
        let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
        assert_eq!(folders, ["data", "logs", "tmp/files", "uploads"]);
        assert_eq!(found.writable[3].evidence[0].place(), "index.js:3");
        assert_eq!(found.findings[0].code.as_str(), "writes-beside-program");
        assert!(found.temporary.is_some());
    }

    #[test]
    fn a_folder_that_a_callback_hands_on_is_written() {
        for destination in [
            "destination: 'up'",
            "destination: function (req, file, cb) { cb(null, path.join(__dirname, 'up')); }",
            "destination: (req, file, done) => { const to = './up'; mk(to, () => done(null, to)) }",
            "destination: async (_, __, cb) => cb(null, process.env.UP || 'up')",
            "destination(req, file, cb) { return cb(null, './' + folder) }",
            "filename: (a, b, cb) => cb(null, 'x'), destination: (a, b, cb) => cb(null, folder)",
        ] {
            let source = format!(
                "const folder = 'up'; multer({{ storage: multer.diskStorage({{ {destination} }}) }})"
            );
            let found = scan(&[("index.js", &source)], Layout::Source);
            let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
            assert_eq!(folders, ["up"], "{source}");
        }
        let unknown = "multer.diskStorage({ destination: (a, b, cb) => cb(null, settings.dir()) })";
        let found = scan(&[("index.js", unknown)], Layout::Source);
        assert_eq!(found.findings[0].code.as_str(), "folder-unknown");
    }

    #[test]
    fn what_a_worker_writes_is_written() {
        let worker = "const fs = require('fs'), to = 'up', dir = './' + to; fs.mkdirSync(dir)";
        for source in [
            "new Worker('./tasks/a.js')",
            "const tasks = { A: { path: './tasks/a.js' } }; new Worker(tasks.A.path)",
            "const tasks = { A: { path: './tasks/a.js' } }; new Worker(tasks[name].path)",
            "const all = { a: path.join(__dirname, 'tasks/a.js') }; new Worker(all[name])",
            "new Worker(new URL('./tasks/a.js', import.meta.url))",
            "const { tasks } = require('./list'); new Worker(tasks.A.path)",
            "import list from './list.js'; fork(list.tasks[key].path)",
        ] {
            let source = format!(
                "import {{ Worker }} from 'worker_threads'; import {{ fork }} from 'child_process'; {source}"
            );
            let list = "const tasks = { A: { path: './tasks/a.js' } }; module.exports = { tasks }";
            let files = [("index.js", source.as_str()), ("tasks/a.js", worker), ("list.js", list)];
            let found = scan(&files, Layout::Source);
            let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
            assert_eq!(folders, ["up"], "{source}");
        }
    }

    #[test]
    fn folders_above_the_application_are_written() {
        let source = "const base = path.join(__dirname, '../../data');\n\
            function file() { const at = join(__dirname, '../state'); mkdirSync(at); return at }\n\
            const at = file(); new Database(at); fs.mkdirSync(base); fs.writeFileSync('../x', '');\n\
            fs.mkdirSync(dirname(other)); fs.mkdirSync(dirname(join(base, 'sub/a.txt'))); require('sqlite3')";
        let found = scan(&[("src/index.js", source)], Layout::Source);
        let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
        assert_eq!(folders, ["../data", "state"]);
        assert_eq!(found.findings[0].code.as_str(), "writes-beside-program");
    }

    #[test]
    fn what_is_written_below_a_folder_makes_it_writable() {
        for source in [
            "fs.writeFile(path.join(__dirname, 'up', name), x)",
            "const to = './up'; fs.createWriteStream(`${to}/${id}.png`)",
            "const to = path.join(process.cwd(), 'up'); fs.mkdirSync(`${to}/${user.id}/x`)",
            "fs.writeFileSync('./up/' + name + '.json', x)",
            "const at = join('up', id); fs.mkdirSync(dirname(at)); fs.outputFile(at, x)",
        ] {
            let found = scan(&[("index.js", source)], Layout::Source);
            let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
            assert_eq!(folders, ["up"], "{source}");
        }
        for source in [
            "fs.writeFile(path.join(__dirname, name), x)",
            "fs.writeFile(path.join(base, 'up', name), x)",
            "fs.mkdirSync(`${a + b}/${c}`); fs.writeFile(`${name}.txt`, x)",
            "fs.readFile(path.join('up', name))",
        ] {
            let found = scan(&[("index.js", source)], Layout::Source);
            assert!(found.writable.is_empty(), "{source}");
        }
    }

    #[test]
    fn the_profile_of_a_browser_is_written() {
        let source = "import puppeteer from 'puppeteer';\n\
            puppeteer.launch({ args: ['--no-sandbox'], userDataDir: process.env.DIR || './profile/' })";
        let found = scan(&[("index.js", source)], Layout::Source);
        let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
        assert_eq!(folders, ["profile"]);
    }

    #[test]
    fn a_text_for_people_is_no_folder() {
        let source = "let dir = 'the uploads directory'; try { dir = find(); fs.mkdirSync(dir) } catch { log(dir) }";
        let found = scan(&[("index.js", source)], Layout::Source);
        assert!(found.writable.is_empty());
        assert_eq!(found.findings[0].code.as_str(), "folder-unknown");
    }

    #[test]
    fn a_client_of_a_service_writes_no_file() {
        let of = |source: &str| {
            let found = scan(&[("index.js", source)], Layout::Source);
            let lost =
                found.findings.iter().filter(|f| f.code == FindingCode::FolderUnknown).count();
            (found.writable.into_iter().map(|w| w.value).collect::<Vec<_>>(), lost)
        };
        let redis =
            "const { createClient } = require('redis'); createClient({ url: process.env.URL })";
        assert_eq!(of(redis), (Vec::new(), 0));
        let file = "import { createClient } from '@libsql/client'; createClient({ url: 'file:./data/a.db' })";
        assert_eq!(of(file), (vec!["data".to_owned()], 0));
    }

    #[test]
    fn a_name_is_the_one_of_the_block_around() {
        let source = "function load() { const file = 'NEWS.md'; fs.readFile(file) }\n\
            function dump() { const file = './heaps/a'; fs.createWriteStream(file) }\n\
            function temporary() { const file = path.join(os.tmpdir(), `${id}.x`); fs.writeFile(file) }";
        let found = scan(&[("index.js", source)], Layout::Source);
        let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
        assert_eq!(folders, ["heaps"]);
        assert!(found.findings.is_empty() && found.temporary.is_some());
    }

    #[test]
    fn a_folder_that_an_object_of_defaults_names_is_written() {
        for made in [
            "Object.assign({ ...defaults }, options)",
            "{ ...defaults, ...options }",
            "Object.assign({}, defaults, options)",
        ] {
            let source = format!(
                "const defaults = {{ path: './tokens' }};\n\
                 class Store {{ constructor(options = {{}}) {{ this.options = {made} }}\n\
                 async set() {{ await fs.promises.mkdir(this.options.path) }} }}\n\
                 fs.mkdirSync('./log'); new Store()"
            );
            let found = scan(&[("index.js", &source)], Layout::Source);
            let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
            assert_eq!(folders, ["log", "tokens"], "{source}");
        }
    }

    #[test]
    fn folders_below_the_home_are_written() {
        for source in [
            "const home = process.env.SIT_HOME || path.join(os.homedir(), '.sit'); fs.mkdirSync(home)",
            "fs.mkdirSync(`${homedir()}/.sit`)",
            "fs.writeFileSync(process.env.HOME + '/.sit/x', '')",
        ] {
            let found = scan(&[("index.js", source)], Layout::Source);
            let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
            assert_eq!(folders, ["/home/nonroot/.sit"], "{source}");
            assert_eq!(found.env[0].value.key, "HOME");
        }
    }

    #[test]
    fn folders_that_a_literal_or_a_pattern_names_are_carried() {
        let carried = |source: &str| -> Vec<String> {
            let files = [
                ("src/index.ts", source),
                ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
                ("db/migrations/1.js", ""),
                ("templates/a.njk", ""),
                ("workers/a.js", ""),
                ("src/routes/a.ts", ""),
            ];
            let found = scan(&files, Layout::Output);
            found.files.iter().map(|file| file.value.to_string()).collect()
        };
        for (source, path) in [
            ("knex({ migrations: { directory: './db/migrations' } })", "db/migrations"),
            ("new Umzug({ migrations: { glob: 'db/migrations/*.js' } })", "db/migrations"),
            ("nunjucks.configure('templates', { express: app })", "templates"),
            ("new Worker('./workers/a.js')", "workers/a.js"),
            ("import d from 'swagger-jsdoc'; d({ apis: ['./src/routes/*.ts'] })", "src/routes"),
        ] {
            assert_eq!(carried(source), [path], "{source}");
        }
        for source in [
            "x({ apis: ['./src/routes/*.ts'] })",
            "join(base, './db/migrations')",
            "app.get('/db/migrations', f)",
            "use('templates')",
        ] {
            assert!(carried(source).is_empty(), "{source}");
        }
    }

    #[test]
    fn documents_beside_the_sources_that_are_required_are_carried() {
        let carried = |source: &str| -> Vec<String> {
            let files = [
                ("src/index.ts", source),
                ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
                ("data/list.json", ""),
            ];
            let found = scan(&files, Layout::Output);
            found.files.iter().map(|file| file.value.to_string()).collect()
        };
        assert_eq!(carried("const list = require('../data/list.json')"), ["data/list.json"]);
        assert!(carried("const list = require('../data/other.json')").is_empty());
    }

    #[test]
    fn folders_of_loops_and_of_libraries_are_written() {
        let written = |source: &str| -> Vec<String> {
            let found = scan(&[("src/index.js", source)], Layout::Source);
            found.writable.iter().map(|folder| folder.value.clone()).collect()
        };
        for source in [
            "for (const dir of ['a', 'b']) { fs.mkdirSync(dir, { recursive: true }) }",
            "['a', 'b'].forEach((dir) => fs.mkdirSync(dir))",
            "const all = ['a', 'b']; all.forEach(dir => fs.mkdirSync(path.join(process.cwd(), dir)))",
            "const s = { x: './a', y: './b' }; Object.values(s).forEach((d) => fs.mkdirSync(d))",
        ] {
            assert_eq!(written(source), ["a", "b"], "{source}");
        }
        assert!(written("for (const dir of given()) { fs.mkdirSync(dir) }").is_empty());
        let level = "const { Level } = require('level'); new Level('./ledger')";
        assert_eq!(written(level), ["ledger"]);
        let lowdb =
            "import { JSONFilePreset } from 'lowdb/node'; JSONFilePreset('state/db.json', {})";
        assert_eq!(written(lowdb), ["state"]);
        assert!(written("new Level('./ledger')").is_empty());
    }

    #[test]
    fn writes_that_no_code_places_are_reported() {
        let codes = |source: &str| -> Vec<String> {
            let found = scan(&[("src/index.js", source)], Layout::Source);
            found.findings.iter().map(|finding| finding.code.to_string()).collect()
        };
        assert_eq!(codes("fs.mkdirSync(given())"), ["folder-unknown"]);
        // A setting has a folder of its own, whatever else is known.
        assert_eq!(
            codes("fs.mkdirSync('./tasks'); fs.mkdirSync(settings.paths.store)"),
            ["folder-unknown"]
        );
        assert!(codes("fs.mkdirSync('./tasks'); fs.mkdirSync(folder)").is_empty());
        assert_eq!(codes("fs.writeFileSync(`${given()}/a.json`, x)"), ["folder-unknown"]);
        assert!(codes("fs.readFileSync(given())").is_empty());
        assert!(codes("fs.mkdirSync('data'); fs.writeFileSync(given(), x)").is_empty());
    }

    #[test]
    fn what_the_build_writes_is_no_folder_of_the_program() {
        let files = |entry: &'static str| {
            [
                ("index.js", entry),
                ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
                ("package.json", r#"{"scripts": {"build": "tsc && node index.js hash"}}"#),
            ]
        };
        let built = "fs.writeFileSync(path.join(__dirname, 'dist', 'hash'), ''); \
                     fs.mkdirSync('dist/x'); fs.mkdirSync('data')";
        let found = scan(&files(built), Layout::Tree);
        let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
        assert_eq!(folders, ["data"]);
        assert!(found.findings.is_empty());
        let [entry, config, _] = files("fs.writeFileSync('dist/x', ''); fs.mkdirSync('dist/up/y')");
        let found = scan(&[entry, config], Layout::Tree);
        let folders: Vec<_> = found.writable.iter().map(|w| w.value.as_str()).collect();
        assert_eq!(folders, ["dist/up/y"]);
        assert_eq!(found.findings[0].code.as_str(), "writes-beside-program");
    }

    #[test]
    fn files_that_any_library_opens_are_carried() {
        let found = scan(
            &[
                (
                    "src/index.ts",
                    "import './data/no.json'; YAML.load('./openapi.yaml'); x = { p: join(__dirname, '../lang/{{lng}}/a.json') }; load('data/b.csv'); get('/data/b.csv')",
                ),
                ("tsconfig.json", r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#),
                ("openapi.yaml", ""),
                ("lang/en/a.json", ""),
                ("data/b.csv", ""),
                ("data/no.json", ""),
            ],
            Layout::Output,
        );
        let files: Vec<_> = found.files.iter().map(|f| f.value.as_str()).collect();
        assert_eq!(files, ["data/b.csv", "lang", "openapi.yaml"]);
    }

    #[test]
    fn files_that_a_built_program_reads() {
        let config = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
        let found = scan(&[
            ("src/index.ts", "
                app.set('view engine', 'ejs'); app.use(express.static(path.join(__dirname, '../public')));
                fs.readFileSync('./locales/en.json'); readFileSync('package.json'); res.sendFile('nope.html');
                import './other.js'"),
            ("src/other.ts", "const x = { a: path.resolve(process.cwd(), 'emails') }"),
            ("tsconfig.json", config), ("views/a.ejs", ""), ("public/a.css", ""), ("locales/en.json", ""), ("emails/a.html", ""),
        ], Layout::Output);
        let files: Vec<_> = found.files.iter().map(|f| f.value.as_str()).collect();
        assert_eq!(files, ["emails", "locales/en.json", "public", "views"]);
    }

    #[test]
    fn a_store_of_sessions_has_a_folder_by_default() {
        let written = |options: &str| {
            let source = format!(
                "const FileStore = require('session-file-store')(session); new FileStore({options})"
            );
            let found = scan(&[("index.js", source.as_str())], Layout::Source).writable;
            found.into_iter().map(|folder| folder.value).collect::<String>()
        };
        assert_eq!(written(""), "sessions");
        assert_eq!(written("{ ttl: 1 }"), "sessions");
        assert_eq!(written("{ path: './kept' }"), "kept");
        assert_eq!(written("options"), "");
    }

    #[test]
    fn a_folder_that_a_helper_is_handed_is_served() {
        let carried = |serve: &str| {
            let source = format!("import {{ below }} from './paths.js'; app.use({serve})");
            let config = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
            let files = [
                ("src/index.ts", source.as_str()),
                ("src/paths.ts", "export function below(a, b) { return look(a, b) }"),
                ("tsconfig.json", config),
                ("static/a.css", ""),
            ];
            let found = scan(&files, Layout::Output).files;
            found.into_iter().map(|file| file.value.to_string()).collect::<String>()
        };
        assert_eq!(carried("express.static(below(root, 'static'))"), "static");
        assert_eq!(carried("express.static(paths.below('./static/'))"), "static");
        assert_eq!(carried("express.static(below('static', x))"), "");
        assert_eq!(carried("express.static(below('missing'))"), "");
    }

    #[test]
    fn a_bundle_opens_paths_of_the_working_directory() {
        let plugin = "await migrate(d, { migrationsFolder: './server/db/migrations' }); \
                      readFileSync(join(__dirname, 'a.txt'))";
        let files = [
            ("server/plugins/db.ts", plugin),
            ("app/a.ts", "x({ dir: './other' })"),
            ("server/db/migrations/0.sql", ""),
            ("server/plugins/a.txt", ""),
            ("other/a", ""),
        ];
        let found = scan(&files, Layout::Bundle);
        let files: Vec<_> = found.files.iter().map(|f| f.value.as_str()).collect();
        assert_eq!(files, ["server/db/migrations"]);
    }
}

//! The programs of a module: every `package main`, likeliest first.

use anyhow::{Result, bail};

use super::analysis::Module;
use super::closure::{Closure, closure};
use super::layout::Layout;
use super::module::short_name;
use super::{ProgramDetails, flags, release, runtime};
use crate::detect::go::codes;
use crate::facts::{Finding, Kind, Program};
use crate::path::RelPath;

/// Folders that hold programs for development, at any depth.
const ASIDE: [&str; 16] = [
    "example",
    "examples",
    "_examples",
    "demo",
    "demos",
    "tool",
    "tools",
    "hack",
    "script",
    "scripts",
    "test",
    "tests",
    "e2e",
    "testing",
    "benchmark",
    "docs",
];

/// Words in the names of programs that serve development or run only once.
const HELPERS: [&str; 14] = [
    "gen",
    "generate",
    "generator",
    "codegen",
    "migrate",
    "migration",
    "migrations",
    "seed",
    "seeder",
    "mock",
    "bench",
    "lint",
    "example",
    "fixtures",
];

/// Names of programs that serve.
const SERVERS: [&str; 10] =
    ["server", "api", "app", "web", "serve", "service", "http", "main", "backend", "daemon"];

/// Every program in the application's folder, likeliest first.
pub(super) fn list(module: &Module) -> Result<Vec<(Program, ProgramDetails)>> {
    let folders: Vec<RelPath> = module
        .sources
        .mains(&module.layout.module)?
        .into_iter()
        .filter(|main| main.is_within(module.dir))
        .collect();
    let (main, aside): (Vec<RelPath>, Vec<RelPath>) =
        folders.into_iter().partition(|folder| !is_aside(folder, &module.layout.module));
    // A repository of examples or tools alone still has something to start; beside a module with
    // the application, they are what its library is shown with.
    let folders = match main.is_empty() {
        true if aside.is_empty() || is_beside_application(module)? => Vec::new(),
        true => aside,
        false => main,
    };
    let mut ranked = Vec::new();
    for folder in folders {
        if let Some((program, details)) = analyse(module, &folder)? {
            // A container has no screen.
            let desktop = if details.desktop { 100 } else { 0 };
            let rank = rank(module, &folder, &program) - desktop;
            ranked.push((rank, folder, program, details));
        }
    }
    // Equal ranks are sorted by folder, so that the order is always the same.
    ranked.sort_by(|a, b| (b.0, &a.1).cmp(&(a.0, &b.1)));
    Ok(ranked.into_iter().map(|(_, _, program, details)| (program, details)).collect())
}

/// True if a module below this one has a program to ship.
fn is_beside_application(module: &Module) -> Result<bool> {
    let (repo, home) = (module.sources.repo, &module.layout.module);
    if module.dir != home {
        return Ok(false);
    }
    let manifests = repo.files_under(home).filter(|path| path.file_name() == "go.mod");
    for nested in manifests.filter_map(RelPath::parent).filter(|nested| nested != home) {
        let mains = module.sources.mains(&nested)?;
        if mains.iter().any(|main| !is_aside(main, home)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_aside(folder: &RelPath, module: &RelPath) -> bool {
    let way = folder.strip(module).unwrap_or_default();
    let parts: Vec<&str> = way.split('/').collect();
    let parents = parts.len().saturating_sub(1);
    // A folder with such a name may itself be the program (cmd/test), so only its parents count.
    parts.iter().take(parents).any(|part| ASIDE.contains(part))
        || ASIDE.contains(&way)
        || parts.contains(&"internal")
}

/// Folders of a module whose program has the module's name.
const NAMELESS: [&str; 4] = ["", "cmd", "main", "src"];

/// How likely a person wants this program; higher is likelier. A program that listens beats one
/// that has a better name but does not listen.
fn rank(module: &Module, folder: &RelPath, program: &Program) -> i32 {
    let own = own_name(module.layout);
    let helper = program.name.split(['-', '_', '.']).any(|part| HELPERS.contains(&part));
    let name = if *folder == module.layout.module {
        40
    } else if program.name == own {
        35
    } else if SERVERS.contains(&program.name.as_str()) || serves_as(&program.name, own) {
        30
    } else {
        20
    };
    // A client or an administration tool usually stands beside the server that it talks to.
    let talks =
        |part: &str| ["client", "cli", "ctl", "adm", "admin", "util", "utils"].contains(&part);
    let client = program.name.split(['-', '_', '.']).any(talks)
        || ["ctl", "cli", "adm"].iter().any(|end| program.name.ends_with(end));
    let name = name - if client && *folder != module.layout.module { 12 } else { 0 };
    // Go lets no other module import a package below `internal`, so such a program is rarely the
    // one to ship.
    let name = name - if folder.components().any(|part| part == "internal") { 10 } else { 0 };
    name + if program.kind == Kind::Service { 15 } else { 0 } - if helper { 50 } else { 0 }
}

/// True for the server that stands beside a client of the application's name: `shop-server`,
/// `shopd`.
fn serves_as(name: &str, own: &str) -> bool {
    let rest = name.strip_prefix(own).unwrap_or_default();
    rest == "d" || SERVERS.contains(&rest.trim_start_matches(['-', '_', '.']))
}

/// The short name of the module.
pub(super) fn own_name(layout: &Layout) -> &str {
    layout.manifest.module.as_ref().map_or("app", |module| short_name(&module.value))
}

/// The id of a program: its folder relative to the module, as the go command writes it.
fn id(folder: &RelPath, module: &RelPath) -> String {
    match folder.strip(module) {
        None | Some("") => ".".to_owned(),
        Some(way) => format!("./{way}"),
    }
}

/// The program in a folder; `None` if the folder has no `package main` with a `func main`.
fn analyse(module: &Module, folder: &RelPath) -> Result<Option<(Program, ProgramDetails)>> {
    let (mut tags, pure) = flags::tags(module, folder)?;
    if let Some(given) = module.tags {
        tags = given.to_vec();
    }
    let mut free = release::Release::default();
    if module.tags.is_none() && tags.is_empty() {
        free = unstated(module, folder, pure)?;
        tags = free.tags.keys().cloned().collect();
    }
    let plain = tags.is_empty() && !pure;
    let sources = module.sources.tagged(&tags, pure);
    let module = &Module { sources: if plain { module.sources } else { &sources }, ..*module };
    let Some(package) = module.sources.package(folder)? else { return Ok(None) };
    let (Some(main), "main") = (package.main.clone(), package.name.as_str()) else {
        return Ok(None);
    };
    let nameless = NAMELESS.contains(&folder.strip(&module.layout.module).unwrap_or_default());
    let name = if nameless { own_name(module.layout) } else { folder.file_name() };
    let closure: Closure =
        closure(module.sources, &module.layout.modules, module.layout.vendor.as_ref(), folder)?;
    let mut program =
        Program::new(id(folder, &module.layout.module), file_name(name), Kind::Command, main);
    let mut details = runtime::analyse(module, &closure, folder, &mut program)?;
    flags::add(module, folder, &mut program, &mut details)?;
    program.findings.extend(free.findings);
    program.findings.extend(not_required(module.layout, &closure));
    for (tag, evidence) in free.tags {
        details.tags.push(tag.clone());
        details.flags_evidence.get_or_insert_with(|| evidence.clone());
        program.findings.push(release::taken(&tag, evidence));
    }
    details.desktop = module.tables.desktop.iter().any(|name| closure.imports(name).is_some());
    if module.tags.is_some() {
        // The flags of the answer name them.
        details.tags.clear();
        details.flags_evidence = None;
    }
    Ok(Some((program, details)))
}

/// Reports an import of which no required module has the package.
fn not_required(layout: &Layout, closure: &Closure) -> Option<Finding> {
    if layout.provided.is_empty() {
        return None;
    }
    let (import, evidence) = closure.unprovided(&layout.provided)?;
    let what = format!(
        "the program imports `{import}`, and {} requires no module that contains it",
        layout.manifest_path
    );
    Some(Finding::new(codes::IMPORT_NOT_REQUIRED, what, [evidence.clone()]))
}

/// The tags that no command states, of a program that is built with none.
fn unstated(module: &Module, folder: &RelPath, pure: bool) -> Result<release::Release> {
    let sources = module.sources.tagged(&[], pure);
    let module = &Module { sources: if pure { &sources } else { module.sources }, ..*module };
    let layout = module.layout;
    let closure = closure(module.sources, &layout.modules, layout.vendor.as_ref(), folder)?;
    release::release(module, &closure)
}

/// `name` as the name of the binary, with `-` for unusual characters.
fn file_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '-' })
        .collect();
    let name = name.trim_matches(['-', '.']);
    if name.is_empty() { "app".to_owned() } else { name.to_owned() }
}

/// The program that a person named as `./cmd/x`, as `cmd/x` or by a file in it.
pub(super) fn named(module: &Module, wanted: &str) -> Result<(Program, ProgramDetails)> {
    let home = &module.layout.module;
    let Some(folder) =
        home.join(wanted.trim_end_matches("/...")).filter(|folder| folder.is_within(home))
    else {
        bail!(
            "`{wanted}` lies outside the module {home}: give a package's folder, such as ./cmd/server"
        );
    };
    let folder =
        if folder.extension() == "go" { folder.parent().unwrap_or_default() } else { folder };
    if let Some(found) = analyse(module, &folder)? {
        return Ok(found);
    }
    match module.sources.package(&folder)? {
        Some(package) if package.name == "main" => {
            bail!(
                "`{wanted}`: {folder} is `package main` without a `func main` that is built for Linux"
            )
        }
        Some(package) => bail!(
            "`{wanted}`: {folder} is `package {}`, not `package main`: only a main package can be started",
            package.name
        ),
        None => bail!("`{wanted}`: {folder} holds no Go file that is built for Linux"),
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::go::detect;
    use crate::path::RelPath;
    use crate::repo::{Dir, Repo};

    #[test]
    fn the_server_comes_before_a_client_with_the_name_of_the_module() {
        let client = "package main\nimport \"net/http\"\nfunc main() { http.Get(\"http://a\") }\n";
        let server = "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":80\", nil) }\n";
        for (name, first) in
            [("shop-server", "shop-server"), ("shopd", "shopd"), ("shopctl", "shop")]
        {
            let path = format!("cmd/{name}/main.go");
            let files = [
                ("go.mod", "module example.com/shop\ngo 1.26\n"),
                ("cmd/shop/main.go", client),
                (path.as_str(), server),
            ];
            let facts = detect(&Repo::from_files(files).root()).unwrap().unwrap();
            assert_eq!(facts.programs[0].name, first);
        }
    }

    #[test]
    fn examples_beside_a_module_with_the_application() {
        let count = |nested: &str| {
            let main = "package main\nfunc main() {}\n";
            let (manifest, program) = (format!("{nested}/go.mod"), format!("{nested}/main.go"));
            let files = [
                ("go.mod", "module example.com/shop\ngo 1.26\n"),
                ("shop.go", "package shop\n"),
                ("examples/basic/main.go", main),
                (manifest.as_str(), "module example.com/shop/nested\ngo 1.26\n"),
                (program.as_str(), main),
            ];
            let repo = Repo::from_files(files);
            let root = detect(&repo.root()).unwrap().unwrap().programs.len();
            let of = |folder| Dir::new(&repo, RelPath::new(folder).unwrap());
            let example = detect(&of("examples/basic")).unwrap();
            (root, example.map_or(0, |facts| facts.programs.len()))
        };
        // Whoever names the example gets it.
        assert_eq!(count("cmd/server"), (0, 1));
        // A module of tools or further examples holds no application.
        assert_eq!([count("tools"), count("examples/other")], [(1, 1), (1, 1)]);
    }

    #[test]
    fn a_program_in_a_folder_without_a_name_has_that_of_the_module() {
        let name = |folder: &str| {
            let path = format!("{folder}/main.go");
            let main = "package main\nfunc main() {}\n";
            let files = [("go.mod", "module example.com/shop\ngo 1.26\n"), (path.as_str(), main)];
            let facts = detect(&Repo::from_files(files).root()).unwrap().unwrap();
            facts.programs[0].name.clone()
        };
        assert_eq!((name("cmd"), name("src")), ("shop".to_owned(), "shop".to_owned()));
        assert_eq!((name("cmd/box"), name("box")), ("box".to_owned(), "box".to_owned()));
    }
}

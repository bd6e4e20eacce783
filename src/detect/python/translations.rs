//! Translations that git holds as text, and that the program reads compiled.

use std::collections::BTreeSet;

use super::codes;
use super::django::Project;
use super::world::World;
use super::{ProgramDetails, Step};
use crate::facts::{EnvVar, Evidence, Finding, Program, Sourced};
use crate::path::RelPath;

/// The folder of the catalogues of one language.
const MESSAGES: &str = "LC_MESSAGES";

/// Maximum number of folders that are copied one by one.
const MAX_FOLDERS: usize = 4;

/// The key of the system's tools for catalogues in packages.toml.
const TOOLS: &str = "gettext-at-build";

/// The catalogues that nothing compiled: the folders that hold their languages, with one of the files.
struct Catalogues {
    folders: BTreeSet<RelPath>,
    domains: BTreeSet<String>,
    evidence: Evidence,
}

fn catalogues(world: &World) -> Option<Catalogues> {
    let repo = world.app.dir.repo;
    let mut found: Option<Catalogues> = None;
    for path in repo.files_under(&world.app.dir.path).filter(|path| path.extension() == "po") {
        let Some(messages) = path.parent().filter(|folder| folder.file_name() == MESSAGES) else {
            continue;
        };
        let domain = path.file_name().trim_end_matches(".po");
        // One that git holds compiled says that they all are.
        if messages.join(&format!("{domain}.mo")).is_some_and(|path| repo.is_file(&path)) {
            return None;
        }
        let Some(folder) = messages.parent().and_then(|language| language.parent()) else {
            continue;
        };
        let evidence = Evidence::file(path, "a catalogue, and no compiled one beside it");
        let all = found.get_or_insert_with(|| Catalogues {
            folders: BTreeSet::new(),
            domains: BTreeSet::new(),
            evidence,
        });
        all.folders.insert(folder);
        all.domains.insert(domain.to_owned());
    }
    found.filter(|_| ignores(world))
}

/// True if git ignores compiled catalogues: whoever runs the program compiles them.
fn ignores(world: &World) -> bool {
    let folders = [world.app.dir.path.clone(), RelPath::root()];
    folders.iter().filter_map(|folder| folder.join(".gitignore")).any(|path| {
        let text = world.app.dir.repo.text(&path).ok().flatten().unwrap_or_default();
        text.lines().any(|line| {
            let line = line.trim();
            line.rsplit('.').next() == Some("mo") && !line.starts_with(['#', '!'])
        })
    })
}

/// Adds the step that compiles the catalogues of the application, or says that nothing does.
pub(super) fn compiled(
    world: &World,
    project: Option<(&Project, Vec<EnvVar>)>,
    details: &mut ProgramDetails,
    program: &mut Program,
) {
    let Some(found) = catalogues(world) else { return };
    let note = format!("{}: git holds the translations as text", found.evidence.place());
    let ways = |from: &RelPath| -> Vec<String> {
        found.folders.iter().filter_map(|folder| folder.strip(from)).map(str::to_owned).collect()
    };
    let own = ways(&world.app.dir.path);
    let mut made: BTreeSet<String> = own.iter().filter(|way| !way.is_empty()).cloned().collect();
    if made.len() > MAX_FOLDERS {
        let top = |way: &String| way.split('/').next().unwrap_or_default().to_owned();
        made = made.iter().map(top).collect();
    }
    if let Some((project, env)) = project {
        let manage = project.manage.relative_to(&project.root);
        let words = ["python".to_owned(), manage, "compilemessages".to_owned()].to_vec();
        details.steps.insert(0, Step { words, env, note });
        details.made.extend(made);
        program.needs.packages.push(Sourced::new(TOOLS.to_owned(), found.evidence));
        return;
    }
    let babel = world.app.installed.has("babel")
        || ["flask", "quart", "fastapi", "sanic", "aiohttp"].iter().any(|framework| {
            ["babel", "babelex", "babelplus"]
                .iter()
                .any(|name| world.app.installed.has(&format!("{framework}-{name}")))
        });
    let here = ways(&world.workdir);
    // Beside an installed project, its own copy in the environment is what is read.
    if !babel || world.app.project.installs || here.len() != own.len() || own.len() > MAX_FOLDERS {
        let what =
            "translations lie in the repository as text, and nothing in the image compiles them";
        let finding = Finding::new(codes::TRANSLATIONS_AS_TEXT, what, [found.evidence]);
        program.findings.push(finding);
        return;
    }
    details.sources = true;
    details.made.extend(made);
    for way in here {
        for domain in &found.domains {
            let mut words = vec!["pybabel".to_owned(), "compile".to_owned()];
            words.push(format!("--directory={}", if way.is_empty() { "." } else { &way }));
            if domain != "messages" {
                words.push(format!("--domain={domain}"));
            }
            details.steps.push(Step { words, env: Vec::new(), note: note.clone() });
        }
    }
}

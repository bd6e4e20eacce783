//! `//go:generate go run ./tools/x`: a generator of the repository itself needs nothing but Go, so
//! the build stage runs it if it writes a file that the program is compiled from and that the
//! repository does not hold. Whether it writes the file is read from its line or from its own code:
//! a step that writes something else would not help.

use anyhow::Result;

use super::World;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::repo::Repo;
use crate::shell;

/// Maximum number of files of a generator whose text is searched.
const MAX_FILES: usize = 40;

/// Options whose value is the file that the command writes.
const OUTPUT: [&str; 7] =
    ["-o", "-output", "--output", "-out", "--out", "-destination", "-outfile"];

/// A generator of the repository.
pub(super) struct Step {
    /// The folder of the package with the line, in which the go command runs the generator.
    dir: RelPath,
    /// The words of the line.
    words: Vec<String>,
    /// The generator: a folder, or a file.
    generator: RelPath,
    /// What the command is.
    pub(super) command: Vec<String>,
}

/// The generators that lines of the program's packages run.
pub(super) fn steps(world: &World) -> Result<Vec<Step>> {
    let (repo, layout) = (world.module.sources.repo, &world.module.layout);
    let mut steps: Vec<Step> = Vec::new();
    // Without checksums `go run` stops at the first package of another module.
    if layout.unsummed {
        return Ok(steps);
    }
    for package in &world.closure.packages {
        if !is_of(repo, &layout.module, &package.dir) {
            continue;
        }
        for file in &package.files {
            let Some(text) = repo.source_text(&file.code.path)? else { continue };
            for line in text.lines().filter_map(|line| line.strip_prefix("//go:generate ")) {
                let commands = shell::parse(line).commands;
                let [only] = commands.as_slice() else { continue };
                let Some(way) = local(&only.argv) else { continue };
                let Some(generator) = package.dir.join(way) else { continue };
                let folder = if repo.is_file(&generator) { generator.parent() } else { None };
                let folder = folder.unwrap_or_else(|| generator.clone());
                if !repo.exists(&generator) || !is_of(repo, &layout.module, &folder) {
                    continue;
                }
                let Some(at) = package.dir.strip(&layout.module) else { continue };
                let at = if at.is_empty() { ".".to_owned() } else { format!("./{at}") };
                let command = ["go", "generate", "-run", way, &at].map(str::to_owned).to_vec();
                let (dir, words) = (package.dir.clone(), only.argv.clone());
                steps.push(Step { dir, words, generator, command });
            }
        }
    }
    Ok(steps)
}

/// The folder or file that `go run ./tools/x -out y` compiles, if it is one of the repository and
/// can stand in the pattern of `go generate -run`.
fn local(words: &[String]) -> Option<&str> {
    let [go, run, way, ..] = words else { return None };
    let own = way.starts_with("./") || way.starts_with("../") || is_go(way);
    let plain = way.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    (go == "go" && run == "run" && own && plain && !way.starts_with('-')).then_some(way)
}

/// True for the path of a Go file.
fn is_go(way: &str) -> bool {
    way.rsplit_once('.').is_some_and(|(_, extension)| extension == "go")
}

/// True for a folder of the module, and of none inside it.
fn is_of(repo: &Repo, module: &RelPath, dir: &RelPath) -> bool {
    let mut above = std::iter::successors(Some(dir.clone()), RelPath::parent);
    above
        .find(|folder| folder == module || folder.join("go.mod").is_some_and(|m| repo.is_file(&m)))
        .is_some_and(|folder| folder == *module)
}

impl Step {
    /// True if the step writes the file or the folder at a path: its line names it, or the
    /// generator's code does.
    fn makes(&self, repo: &Repo, path: &RelPath) -> bool {
        let named = |word: &str| {
            let word = word.split_once('=').map_or(word, |(_, value)| value);
            self.dir.join(word).is_some_and(|named| named == *path)
        };
        if self.words.iter().skip(3).any(|word| named(word)) {
            return true;
        }
        // What the line names is what the step writes, whatever else its code says.
        if output(&self.words).is_some() {
            return false;
        }
        let Some(way) = path.strip(&self.dir) else { return false };
        let texts =
            [way, path.file_name()].map(|name| [format!("\"{name}\""), format!("`{name}`")]);
        let mut files: Vec<RelPath> = if repo.is_file(&self.generator) {
            vec![self.generator.clone()]
        } else {
            repo.children(&self.generator).map(|(path, _)| path.clone()).collect()
        };
        files.retain(|file| file.extension() == "go" && !file.file_name().ends_with("_test.go"));
        files.iter().take(MAX_FILES).any(|file| {
            let text = repo.source_text(file).ok().flatten().unwrap_or_default();
            texts.iter().flatten().any(|literal| text.contains(literal.as_str()))
        })
    }
}

/// The step that writes the only Go files of a folder that the program imports.
pub(super) fn filling<'s>(steps: &'s [Step], folder: &RelPath) -> Option<&'s Step> {
    steps.iter().find(|step| {
        let made = output(&step.words).filter(|way| is_go(way));
        let made = made.and_then(|way| step.dir.join(way)?.parent());
        made.is_some_and(|made| made == *folder)
    })
}

/// What the build stage runs before the compiler.
#[derive(Default)]
pub(super) struct Made {
    pub(super) commands: Vec<Vec<String>>,
    /// What these commands read of the build context.
    pub(super) reads: Vec<RelPath>,
}

/// The commands for what is missing, which is taken out of the lists, and for imported folders.
pub(super) fn made<'f>(
    (repo, steps): (&Repo, &[Step]),
    lists: [&mut Vec<(RelPath, Vec<Evidence>)>; 2],
    folders: impl Iterator<Item = &'f RelPath>,
) -> Made {
    let mut made = Made::default();
    let mut run = |step: &Step| {
        if !made.commands.contains(&step.command) {
            made.commands.push(step.command.clone());
        }
        if !made.reads.contains(&step.generator) {
            made.reads.push(step.generator.clone());
        }
    };
    for missing in lists {
        missing.retain(|(path, _)| {
            let step = steps.iter().find(|step| step.makes(repo, path));
            step.inspect(|step| run(step)).is_none()
        });
    }
    folders.filter_map(|folder| filling(steps, folder)).for_each(run);
    made
}

/// The file that a command writes, as the command line names it.
pub(super) fn output(words: &[String]) -> Option<&str> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        if OUTPUT.contains(&name) {
            return value.or_else(|| words.next().map(String::as_str));
        }
    }
    None
}

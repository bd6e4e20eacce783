//! The commands to type next.

use std::path::{Component, Path, PathBuf};

use crate::ask::id;
use crate::docker::quote::shell_words;
use crate::path::RelPath;
use crate::pipeline::{Draft, Role};

/// Where the person stands, so that paths can be shown as they would type them.
#[derive(Clone, Debug)]
pub struct Here {
    root: PathBuf,
    /// The working directory; `None` where paths are shown absolute.
    folder: Option<PathBuf>,
}

impl Here {
    /// `typed` is PATH as it was given: an absolute one makes absolute paths. `folder` is the working directory.
    pub fn new(root: &Path, typed: &Path, folder: Option<PathBuf>) -> Self {
        Self { root: root.to_owned(), folder: folder.filter(|_| typed.is_relative()) }
    }

    /// A path of the repository as it can be typed here.
    pub fn path(&self, path: &RelPath) -> String {
        let target = if path.is_root() { self.root.clone() } else { self.root.join(path.as_str()) };
        let Some(folder) = &self.folder else { return target.display().to_string() };
        let (to, from): (Vec<Component>, Vec<Component>) =
            (target.components().collect(), folder.components().collect());
        let shared = to.iter().zip(&from).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n(Component::ParentDir, from.len() - shared);
        let way: PathBuf = up.chain(to[shared..].iter().copied()).collect();
        if way.as_os_str().is_empty() { ".".to_owned() } else { way.display().to_string() }
    }
}

/// `docker build`, as it is typed here.
pub fn build(draft: &Draft, here: &Here) -> String {
    let mut argv: Vec<String> = ["docker", "build", "-t", draft.plan.name.as_str()].map(str::to_owned).into();
    let context = &draft.plan.context;
    if let Some(dockerfile) =
        draft.path(Role::Dockerfile).filter(|path| context.join("Dockerfile").as_ref() != Some(path))
    {
        argv.extend(["-f".to_owned(), here.path(dockerfile)]);
    }
    argv.push(here.path(context));
    shell_words(&argv)
}

/// `docker run`: publishes the port, keeps the folders that the program writes in named volumes.
pub fn run(draft: &Draft) -> String {
    let (name, runtime) = (draft.plan.name.as_str(), &draft.plan.runtime);
    let mut argv: Vec<String> = ["docker", "run", "--rm"].map(str::to_owned).into();
    if let Some(port) = runtime.port {
        argv.extend(["-p".to_owned(), format!("{port}:{port}")]);
    }
    for folder in folders(draft) {
        argv.extend(["-v".to_owned(), format!("{}:{folder}", volume(name, &folder))]);
    }
    argv.push(name.to_owned());
    let commands = draft.plan.decisions.iter().any(|decision| decision.what == "subcommands");
    if commands && runtime.cmd.is_empty() && !draft.plan.decisions.iter().any(|d| d.what == id::ARGS) {
        argv.push("--help".to_owned());
    }
    shell_words(&argv)
}

/// The folders that the program writes, carried files included.
fn folders(draft: &Draft) -> Vec<String> {
    let owned = draft.plan.artifacts.iter().filter(|artifact| artifact.owned).map(|artifact| &artifact.dest);
    let mut all: Vec<String> =
        draft.plan.runtime.writable.iter().chain(owned).map(|path| path.as_str().to_owned()).collect();
    all.sort();
    all.dedup();
    // The working directory holds the program itself: a volume there would hide the next version of it.
    all.retain(|path| path != draft.plan.runtime.workdir.as_str());
    all
}

fn volume(name: &str, folder: &str) -> String {
    let leaf: String = folder
        .rsplit('/')
        .find(|part| !part.is_empty())
        .unwrap_or("data")
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' })
        .collect();
    format!("{name}-{}", leaf.trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_they_are_typed() {
        let here = |folder: Option<&str>| Here { root: "/w/repo".into(), folder: folder.map(PathBuf::from) };
        let path = |text: &str| RelPath::new(text).unwrap();
        assert_eq!(here(Some("/w/repo")).path(&path("a/Dockerfile")), "a/Dockerfile");
        assert_eq!(here(Some("/w/repo/a")).path(&path("")), "..");
        assert_eq!(here(Some("/w/repo")).path(&path("")), ".");
        assert_eq!(here(Some("/w")).path(&path("a")), "repo/a");
        assert_eq!(here(None).path(&path("a")), "/w/repo/a");
        assert_eq!(volume("app", "/app/.data"), "app-data");
    }
}

//! The commands to type next.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::ask::id;
use crate::docker::quote::shell_words;
use crate::env_example::Example;
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::pipeline::{Draft, Role};
use crate::plan::{Arg, SecretMount};
use crate::port::Port;
use crate::screen::visible::inline;

/// Maximum number of build arguments and variables that are shown; `explain` shows all.
const MAX_ARGS: usize = 8;

/// The person's working directory, so that paths can be shown as they would be typed.
#[derive(Clone, Debug)]
pub struct Here {
    root: PathBuf,
    /// The working directory; `None` if paths are shown as absolute.
    folder: Option<PathBuf>,
}

impl Here {
    /// `typed` is PATH as it was given: if it is absolute, so are all paths. `folder` is the
    /// working directory.
    pub fn new(root: &Path, typed: &Path, folder: Option<PathBuf>) -> Self {
        Self { root: root.to_owned(), folder: folder.filter(|_| typed.is_relative()) }
    }

    /// A path of the repository as it would be typed here, for display.
    pub fn path(&self, path: &RelPath) -> String {
        inline(&self.exact(path))
    }

    /// The place of evidence, `file:line`, with the path as it would be typed here.
    pub fn place(&self, evidence: &Evidence) -> String {
        match evidence.line {
            Some(line) => format!("{}:{line}", self.path(&evidence.file)),
            None => self.path(&evidence.file),
        }
    }

    /// True if the root lies in a git repository with a commit to name.
    fn is_git(&self) -> bool {
        let head =
            |folder: &Path| folder.join(".git/HEAD").is_file() || folder.join(".git").is_file();
        self.root.ancestors().any(head)
    }

    /// As [`Here::path`], but unescaped.
    fn exact(&self, path: &RelPath) -> String {
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

/// The `docker build` command to type here.
pub(crate) fn build(draft: &Draft, here: &Here) -> String {
    let mut revision = "";
    let mut argv: Vec<String> =
        ["docker", "build", "-t", draft.plan.name.as_str()].map(str::to_owned).into();
    let context = &draft.plan.context;
    if let Some(dockerfile) = draft
        .path(Role::Dockerfile)
        .filter(|path| context.join("Dockerfile").as_ref() != Some(path))
    {
        argv.extend(["-f".to_owned(), here.exact(dockerfile)]);
    }
    for secret in secrets(draft, &|file| here.exact(file)) {
        argv.extend(["--secret".to_owned(), secret]);
    }
    if draft.dockerfile.lines().any(|line| line.starts_with("ARG REVISION")) && here.is_git() {
        revision = " --build-arg REVISION=\"$(git rev-parse HEAD)\"";
    }
    // Without a value, Docker takes the one in this shell, or the default if there is none.
    let given = |arg: &&Arg| !revision.is_empty() && arg.name.as_str() == "REVISION";
    for arg in args(draft).into_iter().filter(|arg| !given(arg)).take(MAX_ARGS) {
        let value = if arg.required { "=..." } else { "" };
        argv.extend(["--build-arg".to_owned(), format!("{}{value}", arg.name)]);
    }
    let context = typed(&[here.exact(context)]);
    format!("{}{revision} {context}", typed(&argv))
}

/// The build's variables, including those of front ends, without repetitions.
pub(crate) fn args(draft: &Draft) -> Vec<&Arg> {
    let plan = &draft.plan;
    let more = plan.front_ends.iter().flat_map(|front_end| &front_end.build_args);
    let mut all: Vec<&Arg> = Vec::new();
    for arg in plan.build_args.iter().chain(more) {
        if !all.iter().any(|held| held.name == arg.name) {
            all.push(arg);
        }
    }
    // Variables without a default come first.
    all.sort_by_key(|arg| arg.default.is_some());
    all
}

/// The values of `--secret`, one for each id; `place` shows a file of the repository.
pub(crate) fn secrets(draft: &Draft, place: &dyn Fn(&RelPath) -> String) -> Vec<String> {
    let plan = &draft.plan;
    let more = plan
        .front_ends
        .iter()
        .flat_map(|front_end| front_end.install_secrets.iter().chain(&front_end.build_secrets));
    let mut all: Vec<&SecretMount> = Vec::new();
    for secret in plan.install_secrets.iter().chain(&plan.build_secrets).chain(more) {
        if !all.iter().any(|held| held.id == secret.id) {
            all.push(secret);
        }
    }
    all.into_iter().map(|secret| secret.argument(place)).collect()
}

/// The commands that make `.env` from its example, if the program has one that an engine reads as it
/// is meant.
pub(crate) fn prepare(draft: &Draft, here: &Here) -> Option<String> {
    let example = env_file(draft)?;
    let copy = example.path.parent().and_then(|folder| folder.join(ENV_FILE))?;
    let (from, to) = (here.exact(&example.path), here.exact(&copy));
    Some(format!("{}   # and fill it in", typed(&["cp".to_owned(), from, to])))
}

/// The file that `--env-file` names.
const ENV_FILE: &str = ".env";

fn env_file(draft: &Draft) -> Option<&Example> {
    draft.example.as_ref().filter(|example| example.plain && !example.variables.is_empty())
}

/// The ports of this machine that several containers publish: each once.
#[derive(Default)]
pub(crate) struct Published(BTreeSet<Port>);

impl Published {
    /// The port of this machine for a port of a container: the same, or the next one that no other
    /// container has.
    pub(crate) fn place(&mut self, port: Port) -> u16 {
        let numbers = port.number..=u16::MAX;
        let free = numbers.map(|number| Port { number, ..port }).find(|at| self.0.insert(*at));
        free.map_or(port.number, |at| at.number)
    }
}

/// The `docker run` command: it publishes the port, keeps the folders that the program writes in
/// named volumes, and passes the variables that the program cannot start without.
pub(crate) fn run(draft: &Draft, here: &Here, published: &mut Published) -> String {
    let (name, runtime) = (draft.plan.name.as_str(), &draft.plan.runtime);
    let mut argv: Vec<String> = ["docker", "run", "--rm"].map(str::to_owned).into();
    for port in runtime.ports() {
        argv.extend(["-p".to_owned(), format!("{}:{port}", published.place(port))]);
    }
    for (volume, folder) in kept(draft) {
        argv.extend(["-v".to_owned(), format!("{volume}:{folder}")]);
    }
    let example = env_file(draft);
    let file = example.and_then(|example| example.path.parent()?.join(ENV_FILE));
    argv.extend(file.into_iter().flat_map(|file| ["--env-file".to_owned(), here.exact(&file)]));
    let given = |key: &str| example.is_some_and(|example| example.names(key));
    let missing = runtime.required.iter().filter(|key| !given(key.as_str()));
    for key in missing.take(MAX_ARGS) {
        argv.extend(["-e".to_owned(), format!("{key}=...")]);
    }
    argv.push(name.to_owned());
    let commands = draft.plan.decisions.iter().any(|decision| decision.what == "subcommands");
    // A program that listens serves without a command as well.
    if commands
        && runtime.ports().is_empty()
        && runtime.cmd.is_empty()
        && !draft.plan.decisions.iter().any(|d| d.what == id::ARGS)
    {
        argv.push("--help".to_owned());
    }
    typed(&argv)
}

/// The command that starts the compose file at the root.
pub(crate) fn compose(here: &Here) -> String {
    let file = here.exact(&RelPath::root());
    let mut argv = vec!["docker".to_owned(), "compose".to_owned()];
    if file != "." {
        let path = RelPath::new(crate::own::COMPOSE).unwrap_or_default();
        argv.extend(["-f".to_owned(), here.exact(&path)]);
    }
    argv.extend(["up", "--build", "--wait"].map(str::to_owned));
    typed(&argv)
}

/// The volumes for the folders that the program writes, each with its folder.
pub(crate) fn kept(draft: &Draft) -> Vec<(String, String)> {
    volumes(draft.plan.name.as_str(), folders(draft))
}

/// Words quoted for a shell. Invisible characters become escapes that bash and zsh understand.
fn typed(argv: &[String]) -> String {
    let word = |word: &String| {
        if inline(word) == *word {
            return shell_words(&[word]);
        }
        format!("$'{}'", inline(&word.replace('\\', r"\\").replace('\'', r"\'")))
    };
    argv.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// The folders that the program writes, including copied files that it owns.
fn folders(draft: &Draft) -> Vec<String> {
    let owned = draft
        .plan
        .artifacts
        .iter()
        // A volume would hide what the next build creates.
        .filter(|artifact| artifact.owned && artifact.stage.is_none())
        .map(|artifact| &artifact.dest);
    let mut all: Vec<String> = draft
        .plan
        .runtime
        .writable
        .iter()
        .chain(owned)
        .map(|path| path.as_str().to_owned())
        .collect();
    all.sort();
    all.dedup();
    // The working directory contains the program itself: a volume there would hide its next
    // version.
    all.retain(|path| path != draft.plan.runtime.workdir.as_str());
    all
}

/// A volume for each folder that is not inside another one, named after as few of its last path
/// components as make the name unique.
fn volumes(name: &str, folders: Vec<String>) -> Vec<(String, String)> {
    let mut outer: Vec<String> = Vec::new();
    for folder in folders {
        if !outer
            .iter()
            .any(|held| folder.strip_prefix(held).is_some_and(|rest| rest.starts_with('/')))
        {
            outer.push(folder);
        }
    }
    let deepest = outer.iter().map(|folder| folder.matches('/').count()).max().unwrap_or(1);
    let names = |depth| outer.iter().map(|folder| volume(name, folder, depth)).collect::<Vec<_>>();
    let distinct = |names: &Vec<String>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
    let chosen = (1..=deepest).map(names).find(distinct).unwrap_or_else(|| names(deepest));
    chosen.into_iter().zip(outer.clone()).collect()
}

fn volume(name: &str, folder: &str, depth: usize) -> String {
    let parts: Vec<&str> = folder.rsplit('/').filter(|part| !part.is_empty()).take(depth).collect();
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '-' };
    let parts = parts
        .iter()
        .rev()
        .map(|part| part.trim_start_matches('.').chars().map(plain).collect::<String>());
    // A volume's name has no slashes; an image's may begin with its registry.
    let name = name.rsplit('/').next().unwrap_or(name);
    format!("{name}-{}", parts.collect::<Vec<_>>().join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_as_they_are_typed() {
        let here = |folder: Option<&str>| Here {
            root: "/w/repo".into(),
            folder: folder.map(PathBuf::from),
        };
        let path = |text: &str| RelPath::new(text).unwrap();
        assert_eq!(here(Some("/w/repo")).path(&path("a/Dockerfile")), "a/Dockerfile");
        assert_eq!(here(Some("/w/repo/a")).path(&path("")), "..");
        assert_eq!(here(Some("/w/repo")).path(&path("")), ".");
        assert_eq!(here(Some("/w")).path(&path("a")), "repo/a");
        assert_eq!(here(None).path(&path("a")), "/w/repo/a");
    }

    #[test]
    fn two_containers_publish_two_ports() {
        let mut published = Published::default();
        let placed = [Port::tcp(80), Port::tcp(80), Port::tcp(81), Port::udp(80)]
            .map(|port| published.place(port));
        assert_eq!(placed, [80, 81, 82, 80]);
    }

    #[test]
    fn what_cannot_be_seen_is_typed_as_an_escape() {
        let argv = ["docker", "build", "a b", "it's\u{1b}\u{202e}\n\\"].map(str::to_owned);
        assert_eq!(typed(&argv), r"docker build 'a b' $'it\'s\x1b\u202e\n\\'");
    }

    #[test]
    fn volumes_have_names_of_their_own() {
        let named =
            |folders: &[&str]| volumes("a", folders.iter().map(|f| (*f).to_owned()).collect());
        let pair = |volume: &str, folder: &str| (volume.to_owned(), folder.to_owned());
        assert_eq!(named(&["/app/.data"]), [pair("a-data", "/app/.data")]);
        assert_eq!(volume("ghcr.io/acme/shop", "/app/data", 1), "shop-data");
        assert_eq!(named(&["/app/data", "/app/data/run"]), [pair("a-data", "/app/data")]);
        let both = [pair("a-app-cache", "/app/.cache"), pair("a-next-cache", "/app/.next/cache")];
        assert_eq!(named(&["/app/.cache", "/app/.next/cache"]), both);
    }
}

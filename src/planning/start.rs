//! Checks the command line: the files that it names must be in the image.

use anyhow::Result;

use super::decisions;
use crate::facts::{Evidence, Facts, Finding, FindingCode, Kind, Program, Sourced};
use crate::path::RelPath;
use crate::plan::words::ContainerPath;
use crate::plan::{Artifact, Decision, Runtime, resolve};
use crate::repo::Repo;

/// Suffixes of files that a program reads at start.
const READ: [&str; 14] = [
    "cfg",
    "conf",
    "crt",
    "hcl",
    "ini",
    "json",
    "key",
    "lua",
    "pem",
    "properties",
    "toml",
    "xml",
    "yaml",
    "yml",
];

/// Suffixes of programs, which are files of settings by their name alone.
const CODE: [&str; 3] = ["cjs", "js", "mjs"];

/// Suffixes of keys and certificates, which no image may contain.
const SECRET: [&str; 3] = ["crt", "key", "pem"];

/// The files that ENTRYPOINT and CMD name and no artifact contains yet.
#[derive(Default)]
pub(super) struct Named {
    /// Those that are in the repository.
    pub(super) artifacts: Vec<Artifact>,
    pub(super) decisions: Vec<Decision>,
    /// The first that is not in the repository: as it is named, and its path in the image.
    missing: Option<(String, ContainerPath)>,
    evidence: Option<Evidence>,
}

impl Named {
    /// `home` is the folder of the application in the image.
    pub(super) fn of(
        repo: &Repo,
        facts: &Facts,
        program: &Program,
        runtime: &Runtime,
        home: &str,
        artifacts: &[Artifact],
    ) -> Result<Self> {
        let mut all = Self::default();
        if program.kind == Kind::Site {
            // The template provides its server and settings.
            return Ok(all);
        }
        let source = program.args.as_ref().map_or(&program.evidence, |args| &args.evidence);
        all.evidence = source.first().cloned();
        for path in
            runtime.entrypoint.iter().chain(&runtime.cmd).filter_map(|word| named(word.as_str()))
        {
            let Ok(full) = resolve(runtime.workdir.as_str(), path) else { continue };
            let written = |folder: &ContainerPath| below(full.as_str(), folder.as_str()).is_some();
            let mut held = artifacts.iter().chain(&all.artifacts);
            if runtime.writable.iter().any(written)
                || program.packed.iter().any(|held| held == path)
                || held.any(|artifact| holds(repo, &facts.context, artifact, full.as_str()))
            {
                continue;
            }
            let file = below(full.as_str(), home).and_then(|rest| facts.dir.join(rest));
            let file =
                file.filter(|file| repo.is_file(file) && !SECRET.contains(&file.extension()));
            match file.as_ref().and_then(|file| Some((file, file.strip(&facts.context)?))) {
                Some((file, src)) => {
                    all.artifacts.push(Artifact::new(None, src, full.as_str())?);
                    let carried =
                        Sourced::with(file.to_string(), all.evidence.iter().cloned().collect());
                    let decision = decisions::found("carried file", carried, "");
                    let why = "the command line names it".to_owned();
                    all.decisions.push(Decision { why, ..decision });
                }
                None if all.missing.is_none() => all.missing = Some((path.to_owned(), full)),
                None => {}
            }
        }
        Ok(all)
    }

    /// Reports the missing file, unless a finding in `known` already names it.
    pub(super) fn missing(&self, known: &[Finding]) -> Option<Finding> {
        let (path, full) = self.missing.as_ref()?;
        if known.iter().any(|finding| finding.what.contains(path)) {
            return None;
        }
        Some(
            Finding::new(
                FindingCode::StartFileMissing,
                format!("the command line names {path}, which the image does not hold"),
                self.evidence.clone(),
            )
            .with_fix(format!(
                "mount it, such as `-v ./{}:{full}:ro`, or set other arguments with --args",
                full.as_str().rsplit('/').next().unwrap_or_default()
            )),
        )
    }
}

/// The file that a word of a command line names, as in `conf/app.yml` or `--config=conf/app.yml`.
fn named(word: &str) -> Option<&str> {
    let path = match word.strip_prefix('-') {
        Some(flag) => flag.split_once('=')?.1,
        None => word,
    };
    let (_, ending) = path.rsplit_once('.')?;
    let plain = !path.contains(|c: char| c.is_whitespace() || "$:={}*?,;".contains(c));
    let name = path.rsplit('/').next()?.to_ascii_lowercase();
    let settings =
        CODE.contains(&ending) && ["config", "settings"].iter().any(|word| name.contains(word));
    (plain && (READ.contains(&ending) || settings)).then_some(path)
}

/// The part of `path` below `folder`; `""` if they are equal.
fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

/// True if `artifact` contains the file at `path`. The files of a build stage are unknown, so any
/// path below its destination counts.
fn holds(repo: &Repo, context: &RelPath, artifact: &Artifact, path: &str) -> bool {
    let Some(rest) = below(path, artifact.dest.as_str()) else { return false };
    let there = || {
        let source = context.join(artifact.src.as_str())?;
        Some(repo.exists(&if rest.is_empty() { source } else { source.join(rest)? }))
    };
    artifact.stage.is_some() || there() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Answers;
    use crate::{detect, planning};

    /// The files copied, and the warning, for a program started with `args`.
    fn told(args: &str, more: &[&str]) -> (Vec<String>, String) {
        let manifest =
            format!(r#"{{"scripts": {{"build": "tsc", "start": "node dist/a.js {args}"}}}}"#);
        let options = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
        let code = "require('http').createServer().listen(3000)";
        let mut files = vec![
            ("package.json", manifest.as_str()),
            ("tsconfig.json", options),
            ("src/a.ts", code),
        ];
        files.extend(more.iter().map(|path| (*path, "{}")));
        let repo = Repo::from_files(files);
        let facts = detect::scan(&repo, &RelPath::root()).unwrap().remove(0);
        let plan = planning::make(&repo, &facts, &Answers::default()).unwrap();
        let carried = plan.artifacts.iter().filter(|artifact| artifact.stage.is_none());
        let carried = carried.map(|artifact| artifact.dest.to_string());
        let found =
            plan.findings.iter().find(|finding| finding.code.as_str() == "start-file-missing");
        let said = found.map(|finding| finding.what.clone()).unwrap_or_default();
        (carried.filter(|path| !path.ends_with("package.json")).collect(), said)
    }

    #[test]
    fn a_file_that_the_command_line_names_is_in_the_image_or_said() {
        let missing = |path: &str| {
            (Vec::new(), format!("the command line names {path}, which the image does not hold"))
        };
        for (args, path) in [
            ("--config=conf/a.yml", "conf/a.yml"),
            ("serve /etc/shop/a.yml", "/etc/shop/a.yml"),
            ("--tls-key tls/a.key", "tls/a.key"),
        ] {
            assert_eq!(told(args, &["tls/a.key"]), missing(path));
        }
        let carried = (vec!["/app/conf/a.yml".to_owned()], String::new());
        assert_eq!(told("--config conf/a.yml", &["conf/a.yml"]), carried);
        for quiet in ["--url=http://x/a.json", "serve", "a.txt", "--yml", "dist/b.json"] {
            assert_eq!(told(quiet, &[]), (Vec::new(), String::new()), "{quiet}");
        }
    }

    #[test]
    fn what_a_word_names() {
        assert_eq!(named("conf/app.yml"), Some("conf/app.yml"));
        assert_eq!(named("-Dlog.config=conf/log.xml"), Some("conf/log.xml"));
        assert_eq!(named("classpath:log.xml"), None);
        assert_eq!(named("--log.json"), None);
        assert_eq!((named("config.js"), named("dist/main.js")), (Some("config.js"), None));
        assert_eq!(below("/app/a/b.yml", "/app/a"), Some("b.yml"));
        assert_eq!(below("/app/ab.yml", "/app/a"), None);
    }
}

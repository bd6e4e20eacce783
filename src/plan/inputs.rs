//! Build arguments and secret mounts: what `docker build` is to be given.

use anyhow::Result;
use serde::{Deserialize, Serialize};

use super::{Decision, Plan, decisions};
use crate::docker::lint::is_secret_name;
use crate::docker::types::{ContainerPath, EnvKey, Line};
use crate::facts::{BuildArg, BuildSecret, Finding, Handed, Severity, Sourced};
use crate::path::RelPath;

/// An `ARG` of the stage that builds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arg {
    /// The name.
    pub name: EnvKey,
    /// The default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Line>,
    /// The build stops without it.
    pub required: bool,
}

/// A `--mount=type=secret` of a RUN.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretMount {
    /// What `--secret id=...` names.
    pub id: Line,
    /// The variable that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<EnvKey>,
    /// The file that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<ContainerPath>,
    /// The file to hand over, relative to the repository's root.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<RelPath>,
    /// The step stops without it.
    pub required: bool,
}

impl SecretMount {
    fn new(secret: &BuildSecret) -> Result<Self> {
        let (env, file, target) = match &secret.handed {
            Handed::Variable(name) => (Some(EnvKey::new(name)?), None, None),
            Handed::File { file, target } => {
                (None, Some(file.clone()), Some(ContainerPath::new(target)?))
            }
        };
        Ok(Self { id: Line::new(&secret.id)?, env, target, file, required: secret.required })
    }

    /// The mounts of these secrets, each place once.
    pub(super) fn all(secrets: &[BuildSecret]) -> Result<Vec<Self>> {
        let mut all: Vec<Self> = Vec::new();
        for secret in secrets {
            let mount = Self::new(secret)?;
            if !all.contains(&mount) {
                all.push(mount);
            }
        }
        Ok(all)
    }

    /// The argument of `docker build` that hands it over; `place` shows a file of the repository.
    pub fn argument(&self, place: &dyn Fn(&RelPath) -> String) -> String {
        match (&self.file, &self.env) {
            (Some(file), _) => format!("id={},src={}", self.id, place(file)),
            (None, Some(env)) => format!("id={},env={env}", self.id),
            (None, None) => format!("id={}", self.id),
        }
    }
}

impl Plan {
    /// Files of the build context that are named like secrets, and that hold none: languages list
    /// them in their details.
    pub fn harmless(&self) -> Vec<&str> {
        let details = self.front_ends.iter().map(|front_end| &front_end.details);
        let lists =
            details.chain([&self.details]).filter_map(|held| held.get("harmless")?.as_array());
        lists.flatten().filter_map(serde_json::Value::as_str).collect()
    }
}

/// The inputs of a stage that builds.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) args: Vec<Arg>,
    /// Variables that are named like secrets.
    pub(super) secrets: Vec<SecretMount>,
    pub(super) decisions: Vec<Decision>,
    pub(super) findings: Vec<Finding>,
}

/// What the build reads, by name; the first of several of one name counts.
pub(super) fn of<'a>(all: impl Iterator<Item = &'a BuildArg>) -> Result<Inputs> {
    let mut all: Vec<&BuildArg> = all.collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all.dedup_by(|later, held| later.name == held.name);
    let mut inputs = Inputs::default();
    let mut missing: Vec<&BuildArg> = Vec::new();
    for arg in all {
        let name = EnvKey::new(&arg.name)?;
        let shown = arg
            .default
            .as_ref()
            .map_or_else(|| arg.name.clone(), |default| format!("{}={default}", arg.name));
        let secret = is_secret_name(&arg.name);
        let (what, value) =
            if secret { ("build secret", arg.name.clone()) } else { ("build argument", shown) };
        let sourced = Sourced::with(value, arg.evidence.clone());
        inputs.decisions.push(decisions::found(what, sourced, "compiled into what is built"));
        if secret {
            inputs.findings.push(as_secret(arg));
            inputs.secrets.push(SecretMount {
                id: Line::new(&arg.name)?,
                env: Some(name),
                target: None,
                file: None,
                required: arg.required,
            });
            continue;
        }
        if arg.default.is_none() && !arg.fallback {
            missing.push(arg);
        }
        inputs.args.push(Arg {
            name,
            default: arg.default.as_ref().map(Line::new).transpose()?,
            required: arg.required,
        });
    }
    inputs.findings.extend(without_value(&missing));
    Ok(inputs)
}

fn as_secret(arg: &BuildArg) -> Finding {
    Finding::new(
        "build-secret",
        Severity::Note,
        format!("the build reads {0} from a build secret, for it is named like one", arg.name),
        arg.evidence.iter().take(2).cloned(),
        "the value of an ARG can be read from the image's history",
        format!("build with `docker build --secret id={0},env={0} ...`", arg.name),
    )
}

fn without_value(missing: &[&BuildArg]) -> Option<Finding> {
    let first = missing.first()?;
    let names: Vec<&str> = missing.iter().map(|arg| arg.name.as_str()).collect();
    let demanded = missing.iter().any(|arg| arg.required);
    let why = if demanded {
        "the build stops without them, and a container cannot set them later"
    } else {
        "they are compiled into what is built, where they stay undefined; a container cannot set them later"
    };
    Some(Finding::new(
        "build-argument",
        Severity::Warning,
        format!("the build reads variables that have no value here: {}", names.join(", ")),
        missing.iter().filter_map(|arg| arg.evidence.first()).take(5).cloned(),
        why,
        format!("build with `docker build --build-arg {}=VALUE ...`", first.name),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Answers;
    use crate::docker::parse::parse;
    use crate::facts::Evidence;
    use crate::repo::Repo;
    use crate::{detect, plan, render};

    fn arg(name: &str, default: Option<&str>) -> BuildArg {
        let evidence = Evidence::at(&RelPath::new("src/a").unwrap(), 3, "read");
        BuildArg { default: default.map(str::to_owned), ..BuildArg::new(name, evidence) }
    }

    #[test]
    fn what_has_no_value_is_said_and_what_is_named_like_a_secret_is_mounted() {
        let all = [arg("B_URL", None), arg("A", Some("x")), arg("MAP_TOKEN", Some("leak"))];
        let inputs = of(all.iter()).unwrap();
        let names: Vec<&str> = inputs.args.iter().map(|arg| arg.name.as_str()).collect();
        assert_eq!(names, ["A", "B_URL"]);
        assert_eq!(inputs.secrets[0].id.as_str(), "MAP_TOKEN");
        let said: Vec<&str> = inputs.findings.iter().map(|f| f.what.as_str()).collect();
        assert!(said[1].ends_with("have no value here: B_URL"), "{said:?}");
        assert!(!format!("{:?}", inputs.decisions).contains("leak"));
        assert!(of([arg("A B", None)].iter()).is_err());
    }

    #[test]
    fn every_language_takes_them_right_above_the_step_that_builds() {
        let java = "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version>\
                    <modelVersion>4.0.0</modelVersion></project>";
        let node = r#"{"scripts": {"build": "node b.js", "start": "node dist/a.js"}}"#;
        let cases = [
            (
                "go",
                vec![
                    ("go.mod", "module m\n\ngo 1.25\n"),
                    ("main.go", "package main\nfunc main() {}"),
                ],
                "go build",
            ),
            (
                "rust",
                vec![("Cargo.toml", "[package]\nname = \"a\"\n"), ("src/main.rs", "fn main() {}")],
                "cargo build",
            ),
            ("node", vec![("package.json", node), ("b.js", "")], "npm run build"),
            (
                "java",
                vec![
                    ("pom.xml", java),
                    ("src/main/java/M.java", "class M { public static void main(String[] a) {} }"),
                ],
                "mvn",
            ),
        ];
        for (language, files, builds) in cases {
            let repo = Repo::from_files(files.iter().copied());
            let row = detect::language(language).unwrap();
            let mut facts = (row.detect)(&repo.root()).unwrap().unwrap();
            facts.build_args = vec![arg("B_URL", Some("http://x/$y")), arg("A_TOKEN", None)];
            let plan = plan::make(&repo, &facts, &Answers::default()).unwrap();
            let text = render::dockerfile(&plan, &[]).unwrap();
            let file = parse(&text).unwrap();
            let at = file
                .instructions()
                .position(|held| held.keyword == "ARG" && held.arguments.starts_with("B_URL"));
            let run = file.instructions().nth(at.unwrap() + 1).unwrap();
            assert!(text.contains("ARG B_URL=\"http://x/\\$y\""), "{text}");
            assert_eq!(run.keyword, "RUN", "{text}");
            assert!(run.arguments.contains(builds), "{text}");
            assert!(text.contains("--mount=type=secret,id=A_TOKEN,env=A_TOKEN"), "{text}");
        }
    }
}

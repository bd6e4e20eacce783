//! Build arguments and secret mounts: the inputs of `docker build`.

use anyhow::Result;

use super::decisions;
use crate::docker::lint::is_secret_name;
use crate::facts::{BuildArg, Finding, FindingCode, Sourced};
use crate::plan::words::{EnvKey, Line};
use crate::plan::{Arg, Decision, SecretMount};

/// The inputs of a build stage.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) args: Vec<Arg>,
    /// Variables with the name of a secret.
    pub(super) secrets: Vec<SecretMount>,
    pub(super) decisions: Vec<Decision>,
    pub(super) findings: Vec<Finding>,
}

/// What the build reads, by name. Of several with one name, the first wins.
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
    Finding::build_secret(
        &arg.name,
        format_args!("env={}", arg.name),
        arg.evidence.iter().take(2).cloned(),
    )
    .with_why(
        "its name is that of a secret, and the image's history shows the value of an ARG to \
         everybody who pulls the image",
    )
}

fn without_value(missing: &[&BuildArg]) -> Option<Finding> {
    let first = missing.first()?;
    let names: Vec<&str> = missing.iter().map(|arg| arg.name.as_str()).collect();
    let demanded = missing.iter().any(|arg| arg.required);
    let why = if demanded {
        "the build stops without them, and a container cannot set them later"
    } else {
        "the build compiles their values in, where they stay undefined; a container cannot set \
         them later"
    };
    Some(
        Finding::new(
            FindingCode::BuildArgument,
            format!("the build reads variables that have no value: {}", names.join(", ")),
            missing.iter().filter_map(|arg| arg.evidence.first()).take(5).cloned(),
        )
        .with_why(why)
        .with_fix(format!("build with `docker build --build-arg {}=VALUE ...`", first.name)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::Answers;
    use crate::docker::parse::parse;
    use crate::facts::Evidence;
    use crate::path::RelPath;
    use crate::repo::Repo;
    use crate::{detect, planning, render};

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
        assert!(said[1].ends_with("have no value: B_URL"), "{said:?}");
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
            let plan = planning::make(&repo, &facts, &Answers::default()).unwrap();
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

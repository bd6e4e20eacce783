//! What the repository's own deployments give to a framework: the port in a variable of a manifest,
//! of a compose file or of a documented `docker run`, and the words of `java -jar` in documents and
//! scripts.

use anyhow::Result;

use super::App;
use super::config::Settings;
use super::started::{self, is_of_developer};
use super::witness;
use crate::detect::java::codes;
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Program, Sourced};
use crate::recipes;

/// The variables with which frameworks take their port, and the settings that they stand for.
const PORTS: [(&str, &str); 3] = [
    ("SERVER_PORT", "server.port"),
    ("QUARKUS_HTTP_PORT", "quarkus.http.port"),
    ("MICRONAUT_SERVER_PORT", "micronaut.server.port"),
];

/// The beginnings of options that concern a machine of a person's, or its memory.
const OF_MACHINE: [&str; 7] =
    ["-Xm", "-Xss", "-agentlib:", "-Xdebug", "-Xrunjdwp", "-server", "-Dfile.encoding="];

/// Adds the port that a deployment gives to a framework, where no setting states one. Returns the
/// variable: the image needs it as well.
pub(super) fn port(app: &App, settings: &mut Settings) -> Result<Option<Sourced<EnvVar>>> {
    for running in recipes::running(app.dir.repo, &app.dir.path)? {
        for run in running.runs.iter().filter(|run| witness::is_own(app, run)) {
            for (variable, key) in PORTS {
                let Some(set) = run.env.iter().find(|held| held.key == variable) else { continue };
                let Ok(number) = set.value.trim_matches(['"', '\'']).parse::<u16>() else {
                    continue;
                };
                let published =
                    run.ports.is_empty() || run.ports.iter().any(|port| port.number == number);
                if !published || settings.get(key).is_some() {
                    continue;
                }
                settings.add_outside(key, &number.to_string(), set.evidence.clone());
                let set_so = EnvVar { key: variable.to_owned(), value: number.to_string() };
                return Ok(Some(Sourced::new(set_so, set.evidence.clone())));
            }
        }
    }
    Ok(None)
}

/// Puts that variable into the image, if the program's port follows it.
pub(super) fn set(program: &mut Program, variable: Option<Sourced<EnvVar>>) {
    let Some(variable) = variable else { return };
    let same = program.port.as_ref().is_some_and(|port| {
        port.value.to_string() == variable.value.value
            && port.evidence.iter().any(|at| {
                variable.evidence.iter().any(|own| own.file == at.file && own.line == at.line)
            })
    });
    let held = program.env.iter().any(|held| held.value.key == variable.value.key);
    if same && !held {
        program.env.push(variable);
    }
}

/// Reports the options and arguments with which documents and scripts start the archive, where no
/// recipe gives any. One line without them is enough: then they are examples.
pub(super) fn say(app: &App, program: &mut Program, jvm: &[String]) -> Result<()> {
    if !started::java_words(app)?.is_empty() {
        return Ok(());
    }
    let folders = [app.dir.path.clone(), app.context.clone()];
    let all = witness::starts(app.dir.repo, &folders)?;
    let name = app.model.artifact_id();
    let of_archive = |words: &[String]| {
        let at = words.iter().position(|word| word == "-jar");
        let archive = at.and_then(|at| words.get(at + 1));
        archive.is_some_and(|word| word.contains("target/") || word.contains(&name))
    };
    let mut first: Option<(Vec<String>, Vec<String>, Evidence)> = None;
    for (words, evidence) in all.into_iter().filter(|(words, _)| of_archive(words)) {
        let (options, arguments) = split(&words, program, jvm);
        if options.is_empty() && arguments.is_empty() {
            return Ok(());
        }
        first.get_or_insert((options, arguments, evidence));
    }
    let Some((options, mut arguments, evidence)) = first else { return Ok(()) };
    // Words without an option are examples, unless the program stops without any.
    let demands = program.findings.iter().any(|finding| {
        finding.code == FindingCode::ArgumentsUnknown || finding.code == codes::ARGUMENTS_EXPECTED
    });
    if !demands && !arguments.iter().any(|word| word.starts_with('-')) {
        arguments.clear();
    }
    if !options.is_empty() {
        let what = format!(
            "the repository starts the program with {}, and the image does not",
            options.join(" ")
        );
        program.findings.push(Finding::new(codes::RUNTIME_OPTIONS, what, [evidence.clone()]));
    }
    if !arguments.is_empty() {
        program.findings.push(witness::not_given(&arguments, evidence));
    }
    Ok(())
}

/// The options for the JVM and the arguments of the program that the image lacks.
fn split(words: &[String], program: &Program, jvm: &[String]) -> (Vec<String>, Vec<String>) {
    let mut options = Vec::new();
    let at = words.iter().position(|word| word == "-jar").unwrap_or(words.len());
    let given = program.args.as_ref().map_or("", |args| args.value.as_str());
    let open = |word: &String| word.contains(['$', '<', '{', '[', '%']) || word.contains("...");
    let of_developer = |word: &String| {
        let profiles = word.split_once("spring.profiles.active=");
        profiles.is_some_and(|(_, names)| names.split(',').any(is_of_developer))
    };
    let mut before = words[..at].iter().skip(1);
    while let Some(word) = before.next() {
        // `--add-opens java.base/java.nio=ALL-UNNAMED` takes two words.
        let pair = word.starts_with("--") && !word.contains('=');
        let value = if pair { before.next() } else { None };
        let of_machine = OF_MACHINE.iter().any(|start| word.starts_with(start));
        if !of_machine && !open(word) && !of_developer(word) && !jvm.contains(word) {
            options.extend([Some(word), value].into_iter().flatten().cloned());
        }
    }
    let held = |word: &String| given.split(' ').any(|held| held == word);
    let lacks = |word: &&String| !open(word) && !held(word) && !of_developer(word);
    (options, words.iter().skip(at + 2).filter(lacks).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::spring;
    use crate::facts::Program;

    fn env(program: &Program) -> Vec<String> {
        program.env.iter().map(|set| format!("{}={}", set.value.key, set.value.value)).collect()
    }

    #[test]
    fn a_deployment_moves_the_default_port_of_a_framework() {
        let manifest = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n      - name: a\n        image: acme/app:1\n        ports:\n        - containerPort: 8300\n        env:\n        - name: SERVER_PORT\n          value: \"8300\"\n";
        let compose = "services:\n  a:\n    build: .\n    ports: [\"80:8300\"]\n    environment: {SERVER_PORT: 8300}\n";
        for (path, text) in [("/k8s/deployment.yaml", manifest), ("/compose.yaml", compose)] {
            let found = spring(&[(path, text)], "");
            assert_eq!(found.port.as_ref().map(|port| port.value), Some(8300), "{path}");
            assert_eq!(env(&found), ["SERVER_PORT=8300"], "{path}");
            let stated = ("src/main/resources/application.properties", "server.port=8081\n");
            let found = spring(&[(path, text), stated], "");
            assert_eq!(found.port.as_ref().map(|port| port.value), Some(8081), "{path}");
            assert!(env(&found).is_empty(), "{path}");
        }
    }

    #[test]
    fn what_documents_give_to_the_archive_is_said() {
        let said = |path: &str, text: &str| {
            let found = spring(&[(path, text)], "");
            let codes = ["runtime-options", "start-arguments"];
            let all = found.findings.iter().filter(|one| codes.contains(&one.code.as_str()));
            all.map(|one| one.what.clone()).collect::<Vec<_>>().join("; ")
        };
        let line = "java --add-opens java.base/java.nio=ALL-UNNAMED -jar target/a-1.jar --server.port=9001";
        let both = said("/README.md", &format!("```\n{line}\n```\n"));
        assert!(both.contains("with --add-opens java.base/java.nio=ALL-UNNAMED, and"), "{both}");
        assert!(both.contains("`--server.port=9001`"), "{both}");
        let script = "OPTS=\"-Xmx1g -Dspring.profiles.active=prod\"\nnohup java $OPTS -jar $HOME/target/a-1.jar > out.log 2>&1 &\n";
        let script = said("/bin/start.sh", script);
        assert!(script.contains("with -Dspring.profiles.active=prod, and"), "{script}");
        for quiet in [
            "java -jar target/a-1.jar",
            "java -Xmx1g -jar target/a-1.jar --spring.profiles.active=dev",
            "java -jar tool.jar generate",
            "java -jar target/a-1.jar 8095",
            "java -jar target/a-1.jar\njava -jar target/a-1.jar --server.port=9001",
            "java -jar target/a-1.jar --server.port=<port>",
        ] {
            assert_eq!(said("/README.md", &format!("```\n{quiet}\n```\n")), "", "{quiet}");
        }
    }
}

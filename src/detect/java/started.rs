//! How the repository itself builds and starts the program: the profiles of its releases, what jib
//! writes into an image, and the command of a Procfile, a unit or a platform's file.

use anyhow::Result;

use super::App;
use crate::docker::lint::is_secret_name;
use crate::docker::quote;
use crate::facts::{EnvVar, Evidence, Finding, Kind, Program, Severity, Sourced};
use crate::recipes::{self, Recipe, Run};

const JIB: &str = "com.google.cloud.tools:jib-maven-plugin";

/// System properties that servers read their port from.
const PORTS: [&str; 4] =
    ["server.port", "quarkus.http.port", "micronaut.server.port", "jetty.http.port"];

/// The profiles that the repository builds with, where one of its own is active by default and
/// would be built otherwise; of others, that they are used is said.
pub(super) fn profiles(app: &App) -> Result<(Option<Sourced<String>>, Vec<Finding>)> {
    let level = |found: &dyn Fn(&super::xml::Element) -> bool| {
        app.model.lineage.iter().any(|level| level.root.list("profiles").any(found))
    };
    let steps = recipes::steps_of(app.dir.repo, &app.dir.path, &["mvn", "mvnw"])?;
    for step in steps {
        let builds = ["package", "verify", "install", "deploy"];
        let Some(names) = named(&step.words)
            .filter(|_| step.words.iter().any(|word| builds.contains(&word.as_str())))
        else {
            continue;
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.,!-+".contains(c);
        let there = names.split(',').all(|name| {
            name.starts_with(['!', '-'])
                || level(&|profile| profile.text_at("id") == Some(name.trim_start_matches('+')))
        });
        if !names.chars().all(plain) || !there {
            continue;
        }
        if level(&|profile| profile.text_at("activation/activeByDefault") == Some("true")) {
            return Ok((Some(Sourced::new(names, step.evidence)), Vec::new()));
        }
        let finding = Finding::new(
            "build-profile",
            Severity::Note,
            format!("the repository builds with the profile {names}, and the image without it"),
            [step.evidence],
            "a profile can add what the program needs, or only what a publication needs",
            format!("set `profiles = \"{names}\"` in dockgen.toml where the image needs it"),
        );
        return Ok((None, vec![finding]));
    }
    Ok((None, Vec::new()))
}

/// `-Pa,b`, `-P a`, `--activate-profiles=a`.
fn named(words: &[String]) -> Option<String> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let rest = word.strip_prefix("--activate-profiles").or_else(|| word.strip_prefix("-P"));
        match rest.map(|rest| rest.trim_start_matches('=')) {
            Some("") => return words.next().cloned(),
            Some(names) => return Some(names.to_owned()),
            None => {}
        }
    }
    None
}

/// Adds what jib and recipes say to a program; flags of the JVM to `jvm`.
pub(super) fn add(
    app: &App,
    program: &mut Program,
    variable: Option<&str>,
    jvm: &mut Vec<String>,
) -> Result<()> {
    jib(app, program, variable, jvm);
    let starts = recipes::starts(app.dir.repo, &app.dir.path)?;
    let of_java = |run: &&Run| {
        let name = run.words.first().and_then(|word| word.rsplit('/').next());
        run.by != Recipe::Docs && name == Some("java")
    };
    let web = starts.iter().filter(of_java).find(|run| run.name == "web");
    if let Some(run) = web.or(starts.iter().find(of_java)) {
        command(run, program, jvm);
    }
    Ok(())
}

/// `<container>` of jib's plugin.
fn jib(app: &App, program: &mut Program, variable: Option<&str>, jvm: &mut Vec<String>) {
    let Some(plugin) = app.plugins.get(JIB) else { return };
    let Some((path, container)) = plugin.element("container") else { return };
    let known = |text: &str| -> Option<String> {
        let text = app.model.resolve(text);
        (!text.contains("${") && !text.chars().any(char::is_control)).then_some(text)
    };
    let at = |line: u32, note: String| Evidence::at(path, line, note);
    let mut told = None;
    for element in container.list("environment") {
        let Some(value) = known(&element.text) else { continue };
        if is_secret_name(&element.name) {
            continue;
        }
        let evidence = at(element.line, format!("jib sets {}", element.name));
        if Some(element.name.as_str()) == variable {
            told = value.parse::<u16>().ok();
        }
        let var = EnvVar { key: element.name.clone(), value };
        program.env.retain(|held| held.value.key != var.key);
        program.env.push(Sourced::new(var, evidence));
    }
    let ports = container.list("ports").filter_map(|element| {
        let text = known(&element.text)?;
        let number = text.trim_end_matches("/tcp").parse::<u16>().ok()?;
        Some((number, element.line))
    });
    let port = ports.into_iter().next();
    if let Some((number, line)) = port {
        let evidence = at(line, format!("jib publishes port {number}"));
        set_port(program, number, evidence, told == Some(number));
    }
    for element in container.list("jvmFlags") {
        if let Some(flag) = known(&element.text).filter(|flag| flag.starts_with('-')) {
            jvm.push(flag);
        }
    }
}

/// Takes a port that the same statement makes the program listen on, or that nothing else says;
/// else the two are named.
fn set_port(program: &mut Program, number: u16, evidence: Evidence, told: bool) {
    match &program.port {
        Some(held) if held.value == number => {}
        Some(held) if !told => {
            let mut places: Vec<Evidence> = held.evidence.iter().take(1).cloned().collect();
            places.push(evidence);
            program.findings.push(Finding::new(
                "port-disputed",
                Severity::Warning,
                format!(
                    "the program listens on port {}, and port {number} is published",
                    held.value
                ),
                places,
                "a port that nobody listens on answers nothing",
                "check which one is right, and set --port where it is the other one",
            ));
        }
        _ => {
            program.port = Some(Sourced::new(number, evidence));
            program.kind = Kind::Service;
            program.findings.retain(|finding| finding.code != "port-unknown");
        }
    }
}

/// The words of `java ... -jar FILE ...`.
fn command(run: &Run, program: &mut Program, jvm: &mut Vec<String>) {
    let mut left: Vec<&str> = Vec::new();
    let mut words = run.words.iter().skip(1);
    let mut after = false;
    let mut args: Vec<&String> = Vec::new();
    while let Some(word) = words.next() {
        if after {
            args.push(word);
            continue;
        }
        match word.as_str() {
            "-jar" => {
                words.next();
                after = true;
            }
            "-cp" | "-classpath" | "--class-path" => drop(words.next()),
            flag if !flag.starts_with('-') => after = true,
            // What the platform decides: its port, its memory.
            flag if flag.contains(['$', '%', '`']) => {}
            flag if flag.starts_with("-Xmx") || flag.starts_with("-Xms") => left.push(flag),
            flag => {
                let value = flag.split_once('=').map_or("", |(_, value)| value);
                let held = |folder: &recipes::Folder| value.starts_with(&folder.path);
                if value.starts_with('/') && !run.folders.iter().any(held)
                    || !(flag.starts_with("-D") || flag.starts_with("-X"))
                {
                    left.push(flag);
                    continue;
                }
                let port = flag.strip_prefix("-D").and_then(|pair| pair.split_once('='));
                if let Some((key, value)) = port.filter(|(key, _)| PORTS.contains(key))
                    && let Ok(number) = value.parse::<u16>()
                {
                    let note = format!("it is started with -D{key}={number}");
                    set_port(program, number, Evidence { note, ..run.evidence.clone() }, true);
                }
                if !jvm.iter().any(|held| held == flag) {
                    jvm.push(flag.to_owned());
                }
            }
        }
    }
    let known = |word: &&String| !word.contains(['$', '%', '`', '/']);
    if program.args.is_none() && !args.is_empty() && args.iter().all(known) {
        program.args = Some(Sourced::new(quote::shell_words(&args), run.evidence.clone()));
    }
    if !left.is_empty() {
        program.findings.push(Finding::new(
            "start-arguments",
            Severity::Note,
            format!(
                "the repository starts the program with {}, and the image does not",
                left.join(" ")
            ),
            [run.evidence.clone()],
            "memory follows the container's limit, and a path may not be in the image",
            "pass what is needed by JAVA_TOOL_OPTIONS when the container starts",
        ));
    }
}

#[cfg(test)]
mod tests {
    use crate::facts::Facts;
    use crate::repo::Repo;

    fn facts(pom: &str, files: &[(&str, &str)]) -> (Facts, Vec<String>) {
        let pom = format!(
            "<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.1.1</version><relativePath/></parent><artifactId>a</artifactId><version>1</version><properties><java.version>21</java.version></properties><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-webmvc</artifactId></dependency></dependencies><build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin>{pom}</project>"
        );
        let main = "class A { public static void main(String[] args) {} }";
        let all = [("pom.xml", pom.as_str()), ("src/main/java/A.java", main)];
        let repo = Repo::from_files(all.iter().chain(files).copied());
        let facts = (crate::detect::java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let details: crate::detect::java::Details = facts.details().unwrap();
        let jvm = details.launches.into_values().next().unwrap().jvm;
        (facts, jvm)
    }

    const NONE: &str = "</plugins></build>";

    #[test]
    fn jib_says_how_the_container_runs() {
        let jib = "<plugin><groupId>com.google.cloud.tools</groupId><artifactId>jib-maven-plugin</artifactId><configuration><container><environment><SERVER_PORT>8081</SERVER_PORT><DB_PASSWORD>x</DB_PASSWORD></environment><ports><port>8081</port></ports><jvmFlags><jvmFlag>-Xss512k</jvmFlag></jvmFlags></container></configuration></plugin></plugins></build>";
        let (facts, jvm) = facts(jib, &[]);
        let program = &facts.programs[0];
        assert_eq!(
            (program.port.as_ref().unwrap().value, jvm),
            (8081, vec!["-Xss512k".to_owned()])
        );
        let env: Vec<&str> = program.env.iter().map(|var| var.value.key.as_str()).collect();
        assert_eq!(env, ["SERVER_PORT"]);
    }

    #[test]
    fn the_command_of_a_recipe_gives_flags_and_arguments() {
        let line =
            "java -Xmx300m -Dspring.profiles.active=web -Dserver.port=$PORT -jar target/a.jar --x";
        for (file, text) in [
            ("Procfile", format!("worker: java -jar b.jar\nweb: {line}\n")),
            ("a.service", format!("[Service]\nExecStart=/usr/bin/{line}\n")),
            ("heroku.yml", format!("run:\n  web: {line}\n")),
        ] {
            let (facts, jvm) = facts(NONE, &[(file, &text)]);
            let program = &facts.programs[0];
            assert_eq!(jvm, ["-Dspring.profiles.active=web"], "{file}");
            assert_eq!(program.args.as_ref().map(|args| args.value.as_str()), Some("--x"));
            assert!(program.findings.iter().any(|f| f.code == "start-arguments"));
        }
    }

    #[test]
    fn profiles_of_a_release() {
        let profile = |active: &str| {
            format!(
                "{NONE}<profiles><profile><id>dev</id><activation><activeByDefault>{active}</activeByDefault></activation></profile><profile><id>prod</id></profile></profiles>"
            )
        };
        let ci = ("Makefile", "all:\n\t./mvnw -B -Pprod verify\n");
        let (found, _) = facts(&profile("true"), &[ci]);
        assert_eq!(found.questions[0].default.as_ref().unwrap().value, "prod");
        let (found, _) = facts(&profile("false"), &[ci]);
        assert_eq!(found.questions[0].default.as_ref().unwrap().value, "");
        assert!(found.findings.iter().any(|finding| finding.code == "build-profile"));
        let other = ("Makefile", "all:\n\tmvn -P other verify\n\tmvn -Pprod test\n");
        let (found, _) = facts(&profile("true"), &[other]);
        assert_eq!(found.questions[0].default.as_ref().unwrap().value, "");
    }
}

//! How the repository itself builds and starts the program: the profiles of its releases, what jib
//! writes into an image, and the command in a Procfile, a unit or a platform's file.

use anyhow::Result;

use super::App;
use super::artifact::Shape;
use super::image;
use super::port::{PORTS, set_port};
use super::witness;
use crate::detect::java::codes;
use crate::docker::quote;
use crate::facts::{EnvVar, Evidence, Finding, Program, Sourced};
use crate::path::RelPath;
use crate::recipes::{self, Recipe, Run};

/// The profiles with which the repository builds, if one of them is for production or replaces one
/// that is active by default. Any other profiles are only reported.
pub(super) fn profiles(app: &App) -> Result<(Option<Sourced<String>>, Vec<Finding>)> {
    let level = |found: &dyn Fn(&super::xml::Element) -> bool| {
        app.model.lineage.iter().any(|level| level.root.list("profiles").any(found))
    };
    let steps = recipes::steps_of(app.dir.repo, &app.dir.path, &["mvn", "mvnw"])?;
    let mut said = None;
    for step in steps {
        // A step that only tests or publishes does not build what the image holds.
        let builds = ["package", "verify", "install", "deploy"];
        let Some(names) = named(&step.words)
            .filter(|_| step.words.iter().any(|word| builds.contains(&word.as_str())))
        else {
            continue;
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || "_.,!-+".contains(c);
        // A profile that only a settings.xml of the build machine defines cannot be used here.
        let there = names.split(',').all(|name| {
            name.starts_with(['!', '-'])
                || level(&|profile| profile.text_at("id") == Some(name.trim_start_matches('+')))
        });
        let checks = |name: &str| words(name).iter().any(|word| CHECKS.contains(&word.as_str()));
        if !names.chars().all(plain) || !there || names.split(',').all(checks) {
            continue;
        }
        let by_default = |profile: &super::xml::Element| {
            profile.text_at("activation/activeByDefault") == Some("true")
        };
        // An image is for production, so it is built as the repository builds for production.
        let of_production = names.split(',').all(|name| PRODUCTION.contains(&name));
        if of_production || level(&|profile| by_default(profile) && replaced(app, profile, &names))
        {
            return Ok((Some(Sourced::new(names, step.evidence)), Vec::new()));
        }
        said.get_or_insert_with(|| {
            Finding::new(
                codes::BUILD_PROFILE,
                format!("the repository builds with the profile {names}, and the image without it"),
                [step.evidence],
            )
            .with_fix(format!("set `profiles = \"{names}\"` in dockgen.toml if the image needs it"))
        });
    }
    if let Some(found) = of_production(app)? {
        return Ok((Some(found), Vec::new()));
    }
    Ok((None, by_default(app).or(said).into_iter().collect()))
}

/// The profile for production, where another file than a recipe builds with it, or where Vaadin needs
/// it: <https://vaadin.com/docs/latest/flow/production/production-build>.
fn of_production(app: &App) -> Result<Option<Sourced<String>>> {
    let profiles = || {
        app.model.lineage.iter().flat_map(|level| {
            let own = level.root.list("profiles");
            own.filter_map(move |profile| Some((level, profile, profile.text_at("id")?)))
                .filter(|(_, _, id)| PRODUCTION.contains(id))
        })
    };
    for (words, evidence) in witness::commands(app)? {
        let Some(names) = named(&words) else { continue };
        if profiles().any(|(_, _, id)| id == names) {
            return Ok(Some(Sourced::new(names, evidence)));
        }
    }
    let of_vaadin = profiles().find(|(_, profile, _)| {
        let mut plugins = profile.list("build/plugins");
        plugins.any(|plugin| {
            matches!(
                plugin.text_at("artifactId"),
                Some("vaadin-maven-plugin" | "flow-maven-plugin")
            ) && plugin.walk().any(|part| part.text == "build-frontend")
        })
    });
    Ok(of_vaadin.map(|(level, profile, id)| {
        let note = "it builds Vaadin's front end for production";
        Sourced::new(id.to_owned(), Evidence::at(&level.path, profile.line, note))
    }))
}

/// The words in the name of a profile: `generateTestReport`, `it-tests`.
fn words(name: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && small {
            all.push(String::new());
        }
        small = c.is_lowercase();
        if let Some(last) = all.last_mut().filter(|_| c.is_alphanumeric()) {
            last.extend(c.to_lowercase());
        }
    }
    all
}

/// True if one of the named profiles replaces one that is active by default: it sets the same
/// properties, or also packs resources or dependencies. A profile for tests or coverage only adds
/// to it.
fn replaced(app: &App, default: &super::xml::Element, names: &str) -> bool {
    let properties = |profile: &super::xml::Element| -> Vec<String> {
        profile.list("properties").map(|property| property.name.clone()).collect()
    };
    let held = properties(default);
    let all = app.model.lineage.iter().flat_map(|level| level.root.list("profiles"));
    let mut taken = all.filter(|profile| {
        let id = profile.text_at("id").unwrap_or_default();
        names.split(',').any(|name| name.trim_start_matches('+') == id)
    });
    taken.any(|profile| {
        properties(profile).iter().any(|name| held.contains(name))
            || ["build/resources", "build/filters", "dependencies"]
                .iter()
                .any(|way| default.at(way).is_some() && profile.at(way).is_some())
    })
}

/// Reports a developer's profile that is active by default, if there is also one for production.
fn by_default(app: &App) -> Option<Finding> {
    app.model.lineage.iter().find_map(|level| {
        let id =
            |profile: &super::xml::Element| profile.text_at("id").unwrap_or_default().to_owned();
        let taken = level.root.list("profiles").find(|profile| {
            profile.text_at("activation/activeByDefault") == Some("true")
                && is_of_developer(&id(profile))
        })?;
        let other = level
            .root
            .list("profiles")
            .find(|profile| PRODUCTION.contains(&id(profile).as_str()))?;
        let (taken_id, other_id) = (id(taken), id(other));
        Some(Finding::new(
            codes::DEVELOPMENT_PROFILE,
            format!(
                "the image is built with the profile {taken_id}, which is active by default, and \
                 not with {other_id}"
            ),
            [
                Evidence::at(&level.path, taken.line, format!("profile {taken_id}")),
                Evidence::at(&level.path, other.line, format!("profile {other_id}")),
            ],
        )
        .with_fix(format!(
            "set `profiles = \"{other_id}\"` in dockgen.toml if the image is for production"
        )))
    })
}

/// The profile with which the repository builds, if it names one.
pub(super) fn profiles_named(app: &App) -> Result<Option<(String, Evidence)>> {
    let steps = recipes::steps_of(app.dir.repo, &app.dir.path, &["mvn", "mvnw"])?;
    let mut all = steps.into_iter().filter_map(|step| Some((named(&step.words)?, step.evidence)));
    if let Some(found) = all.next() {
        return Ok(Some(found));
    }
    let own = |path: &&RelPath| {
        path.file_name().eq_ignore_ascii_case("readme.md")
            && path.parent().unwrap_or_default() == app.dir.path
    };
    let Some(path) = app.dir.repo.files_under(&app.dir.path).find(own) else { return Ok(None) };
    let Some(text) = app.dir.repo.text(path)? else { return Ok(None) };
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| line.contains("mvn"));
    let plain = |c: char| c.is_ascii_alphanumeric() || "_.,-".contains(c);
    Ok(lines.find_map(|(number, line)| {
        let words = line.split(|c: char| c.is_whitespace() || c == '`').map(str::to_owned);
        let words: Vec<String> = words.skip_while(|word| !word.contains("mvn")).collect();
        let names = named(&words).filter(|names| !names.is_empty() && names.chars().all(plain))?;
        Some((names, Evidence::at(path, number, "it builds with profiles here")))
    }))
}

/// The profiles in `-Pa,b`, `-P a` or `--activate-profiles=a`.
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

/// The profiles with which Spring is started.
pub(super) struct Told {
    pub(super) names: Vec<String>,
    /// True if only the environment in a recipe says so. Then the image sets the variable too.
    by_environment: bool,
}

/// The profiles with which the pom's own image or a recipe starts the program.
pub(super) fn told(app: &App) -> Result<Option<Sourced<Told>>> {
    let taken = |text: &str, evidence: Evidence, by_environment: bool| {
        // A compose file may write `${PROFILES:-prod}`.
        let text = text
            .strip_prefix("${")
            .and_then(|rest| rest.strip_suffix('}')?.split_once(":-"))
            .map_or(text, |(_, default)| default);
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        let plain = |name: &String| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        };
        let known = names.iter().all(plain);
        known.then(|| Sourced::new(Told { names, by_environment }, evidence))
    };
    if let Some((text, evidence)) = image::profiles(app) {
        return Ok(taken(&text, evidence, false));
    }
    if let Some(run) = java(app)? {
        let word = run.words.iter().find_map(|word| {
            let rest = word.strip_prefix("-D").or_else(|| word.strip_prefix("--"))?;
            rest.strip_prefix("spring.profiles.active=")
        });
        if let Some(text) = word {
            return Ok(taken(text, run.evidence.clone(), false));
        }
    }
    let mut runs: Vec<Run> = java(app)?.into_iter().collect();
    for running in recipes::running(app.dir.repo, &app.dir.path)? {
        let mine = |run: &&Run| {
            let of_manifest = run.by == Recipe::Kubernetes && witness::is_own(app, run);
            run.built_here && run.dir.as_ref() == Some(&app.dir.path) || of_manifest
        };
        runs.extend(running.runs.iter().filter(mine).cloned());
    }
    for run in runs {
        // The arguments of a manifest are those of the image as well.
        let mut words = run.words.iter();
        if let Some(text) = words.find_map(|word| word.strip_prefix("--spring.profiles.active=")) {
            return Ok(taken(text, run.evidence.clone(), false));
        }
        let Some(set) = run.env.iter().find(|variable| variable.key == VARIABLE) else { continue };
        let names = taken(&set.value, set.evidence.clone(), true);
        // The start on a developer's machine is not what an image is for.
        return Ok(names.filter(|told| !told.value.names.iter().any(|n| is_of_developer(n))));
    }
    Ok(None)
}

/// The variable with Spring's active profiles.
const VARIABLE: &str = "SPRING_PROFILES_ACTIVE";

/// Names of profiles for production.
pub(super) const PRODUCTION: [&str; 3] = ["prod", "production", "live"];

/// Words in the names of profiles that check or publish, and add nothing to a program.
const CHECKS: [&str; 16] = [
    "test",
    "tests",
    "testing",
    "it",
    "integration",
    "e2e",
    "coverage",
    "jacoco",
    "sonar",
    "sign",
    "gpg",
    "ossrh",
    "sonatype",
    "central",
    "javadoc",
    "ci",
];

pub(super) fn is_of_developer(profile: &str) -> bool {
    let words = ["dev", "devel", "develop", "development", "local", "localhost", "test", "debug"];
    profile.split(['-', '_', '.']).any(|word| words.contains(&word))
}

/// What the build writes for `@name@` in a settings file: the property of a profile that is built
/// with, or else that of the project.
pub(super) fn filtered<'a>(app: &'a App) -> Result<impl Fn(&str) -> String + 'a> {
    let built = profiles(app)?.0.map(|names| names.value).unwrap_or_default();
    let names: Vec<String> = built.split(',').map(str::to_owned).collect();
    Ok(move |value: &str| {
        let name = value.strip_prefix('@').and_then(|rest| rest.strip_suffix('@'));
        let of_profile = name.and_then(|name| {
            let all = app.model.lineage.iter().flat_map(|level| level.root.list("profiles"));
            let mut built = all.filter(|p| names.iter().any(|n| p.text_at("id") == Some(n)));
            built.find_map(|p| {
                p.list("properties").find(|held| held.name == name).map(|held| held.text.clone())
            })
        });
        of_profile.unwrap_or_else(|| app.model.unfiltered(value))
    })
}

/// The strongest recipe that starts `java`.
fn java(app: &App) -> Result<Option<Run>> {
    let starts = recipes::starts(app.dir.repo, &app.dir.path)?;
    let of_java = |run: &&Run| {
        let name = run.words.first().and_then(|word| word.rsplit('/').next());
        run.by != Recipe::Docs && name == Some("java")
    };
    let web = starts.iter().filter(of_java).find(|run| run.name == "web");
    Ok(web.or(starts.iter().find(of_java)).cloned())
}

/// The words of the strongest recipe that starts `java`.
pub(super) fn java_words(app: &App) -> Result<Vec<String>> {
    Ok(java(app)?.map(|run| run.words).unwrap_or_default())
}

/// The class that the strongest recipe starts by its name: `java -cp target/classes com.example.Main`.
pub(super) fn class(app: &App) -> Result<Option<(String, Evidence)>> {
    let Some(run) = java(app)? else { return executed(app) };
    let mut words = run.words.iter().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "-jar" => return Ok(None),
            "-cp" | "-classpath" | "--class-path" => drop(words.next()),
            word if word.starts_with(['-', '$']) => {}
            class => {
                let evidence = Evidence { note: "it starts this class".to_owned(), ..run.evidence };
                return Ok(Some((class.to_owned(), evidence)));
            }
        }
    }
    Ok(None)
}

/// The class that Maven runs: `mvn compile exec:java -Dexec.mainClass=com.example.Main`.
fn executed(app: &App) -> Result<Option<(String, Evidence)>> {
    let steps = recipes::steps_of(app.dir.repo, &app.dir.path, &["mvn", "mvnw"])?;
    let steps = steps.into_iter().map(|step| (step.words, step.evidence));
    let mut all = steps.chain(witness::commands(app)?);
    Ok(all.find_map(|(words, at)| {
        let class = words.iter().find_map(|word| word.strip_prefix("-Dexec.mainClass="))?;
        let class = class.trim_matches(['"', '\'']).to_owned();
        Some((class, Evidence { note: "it starts this class".to_owned(), ..at }))
    }))
}

/// Adds what the pom's own image and recipes say to a program. JVM flags go to `jvm`.
pub(super) fn add(
    app: &App,
    program: &mut Program,
    shape: &Shape,
    variable: Option<&str>,
    jvm: &mut Vec<String>,
    told: Option<Sourced<Told>>,
) -> Result<()> {
    image::add(app, program, shape, variable, jvm);
    if let Some(run) = java(app)? {
        command(app, &run, program, jvm);
    }
    let held = program.env.iter().any(|held| held.value.key == VARIABLE);
    if let Some(told) = told.filter(|told| told.value.by_environment && !held) {
        program.env.push(
            told.map(|told| EnvVar { key: VARIABLE.to_owned(), value: told.names.join(",") }),
        );
    }
    Ok(())
}

/// The file or folder of the project that an argument names: `config/app.yml`,
/// `--spring.config.location=file:./config/`.
fn held(app: &App, word: &str) -> Option<RelPath> {
    let value = word.rsplit('=').next().unwrap_or_default();
    let value = value.strip_prefix("file:").unwrap_or(value);
    let value = value.trim_start_matches("./").trim_end_matches('/');
    let odd = value.is_empty() || value.starts_with('/') || value.contains([':', '$', '*', ' ']);
    let path = app.dir.join(value).filter(|path| !odd && app.dir.repo.exists(path))?;
    let top = value.split('/').next().unwrap_or_default();
    (!["src", "target"].contains(&top) && !path.is_root()).then_some(path)
}

/// True for an option with which the JVM writes a file of the working directory, where the image's
/// user may write nothing: it would not start.
fn writes(flag: &str) -> bool {
    let logged = flag.strip_prefix("-Xlog:").and_then(|rest| rest.split_once("file="));
    let starts = ["-Xloggc:", "-XX:HeapDumpPath=", "-XX:ErrorFile=", "-XX:LogFile="];
    let other = starts.iter().find_map(|start| flag.strip_prefix(start));
    logged.map(|(_, way)| way).or(other).is_some_and(|way| !way.starts_with('/'))
}

/// Takes those arguments out that the image cannot serve: an option stands for itself, words without
/// one belong together.
fn apart(args: &mut Vec<&String>, known: &dyn Fn(&&String) -> bool) -> Vec<String> {
    let mut unknown: Vec<String> = Vec::new();
    if args.iter().all(known) {
        return unknown;
    }
    let alone = |word: &&String| word.starts_with("--") && word.contains('=');
    let options = args.iter().all(alone);
    args.retain(|word| {
        let keeps = options && known(word);
        if !keeps {
            unknown.push((*word).clone());
        }
        keeps
    });
    unknown
}

/// Adds a file or folder that a recipe's command names, unless the program has it already.
fn hold(program: &mut Program, path: RelPath, run: &Run) {
    if program.files.iter().all(|file| !path.is_within(&file.value)) {
        program.files.push(Sourced::new(path, run.evidence.clone()));
    }
}

/// Reads the words of `java ... -jar FILE ...`.
fn command(app: &App, run: &Run, program: &mut Program, jvm: &mut Vec<String>) {
    let mut left: Vec<&str> = Vec::new();
    let mut words = run.words.iter().skip(1);
    let (mut after, mut archive) = (false, false);
    let mut args: Vec<&String> = Vec::new();
    while let Some(word) = words.next() {
        if after {
            args.push(word);
            continue;
        }
        match word.as_str() {
            "-jar" => archive = true,
            "-cp" | "-classpath" | "--class-path" => drop(words.next()),
            // The platform decides these: its port, its memory.
            flag if flag.contains(['$', '%', '`']) => {}
            // In `-jar -Xmx1g app.jar` the archive is the first word that is not an option.
            word if !word.starts_with('-') && archive => after = true,
            flag if !flag.starts_with('-') => after = true,
            flag if flag.starts_with("-Xmx") || flag.starts_with("-Xms") => left.push(flag),
            flag => {
                // An agent and its settings are files of the repository.
                let agent = flag.strip_prefix("-javaagent:").and_then(|way| way.split('=').next());
                let named = flag.strip_prefix("-D").and_then(|pair| pair.split_once('='));
                let file = agent.or(named.map(|(_, value)| value)).and_then(|way| held(app, way));
                if let Some(path) = file.filter(|path| app.dir.repo.is_file(path)) {
                    hold(program, path, run);
                    jvm.push(flag.to_owned());
                    continue;
                }
                let value = flag.split_once('=').map_or("", |(_, value)| value);
                let held = |folder: &recipes::Folder| value.starts_with(&folder.path);
                if writes(flag)
                    || value.starts_with('/') && !run.folders.iter().any(held)
                    || !(flag.starts_with("-D") || flag.starts_with("-X"))
                {
                    left.push(flag);
                    continue;
                }
                if let Some((key, value)) = named.filter(|(key, _)| PORTS.contains(key))
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
    // The platform's own port does not matter here.
    args.retain(|word| !word.starts_with('$'));
    args.retain(|word| !(word.starts_with("--") && word.ends_with("$PORT")));
    for (key, value) in args.iter().filter_map(|word| word.strip_prefix("--")?.split_once('=')) {
        if PORTS.contains(&key)
            && let Ok(number) = value.parse::<u16>()
        {
            let note = format!("it is started with --{key}={number}");
            set_port(program, number, Evidence { note, ..run.evidence.clone() }, true);
        }
    }
    let held = |word: &str| held(app, word);
    let known =
        |word: &&String| !word.contains(['$', '%', '`', '/']) || held(word.as_str()).is_some();
    let unknown = apart(&mut args, &known);
    // A runner from the dependencies has arguments of its own.
    let runner = run.words.iter().any(|word| word.contains("/dependency/"));
    if !unknown.is_empty() && !runner {
        program.findings.push(witness::not_given(&unknown, run.evidence.clone()));
    }
    if !args.is_empty() {
        for path in args.iter().filter_map(|word| held(word)) {
            hold(program, path, run);
        }
        if program.args.is_none() {
            let words = quote::shell_words(&args);
            program.args = Some(Sourced::new(words, run.evidence.clone()));
        }
    }
    if !left.is_empty() {
        program.findings.push(Finding::new(
            codes::RUNTIME_OPTIONS,
            format!(
                "the repository starts the program with {}, and the image does not",
                left.join(" ")
            ),
            [run.evidence.clone()],
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
    fn flags_that_open_modules_are_kept() {
        let boot = "<plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId><configuration><jvmArguments>-Xdebug --add-opens java.base/java.lang=ALL-UNNAMED --add-modules=a</jvmArguments></configuration></plugin><plugin><artifactId>maven-compiler-plugin</artifactId><configuration><compilerArgs><arg>--enable-preview</arg></compilerArgs></configuration></plugin>";
        let (_, jvm) = facts(&(boot.to_owned() + NONE), &[]);
        assert_eq!(
            jvm,
            ["--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-modules=a", "--enable-preview"]
        );
    }

    #[test]
    fn executions_profiles_and_lists_of_jib_are_read() {
        let container = "<container><args><arg>--server.port=9091</arg></args><jvmFlags>-Xss1m,-Da=b</jvmFlags><ports>9091</ports><volumes><volume>/data</volume></volumes></container>";
        let jib = |body: &str| {
            format!(
                "<plugin><groupId>com.google.cloud.tools</groupId><artifactId>jib-maven-plugin</artifactId>{body}</plugin>"
            )
        };
        let execution = jib(&format!(
            "<executions><execution><goals><goal>build</goal></goals><configuration>{container}</configuration></execution></executions>"
        )) + NONE;
        let profile = format!(
            "{NONE}<profiles><profile><id>i</id><build><plugins>{}</plugins></build></profile></profiles>",
            jib(&format!("<configuration>{container}</configuration>"))
        );
        for pom in [execution, profile] {
            let (facts, jvm) = facts(&pom, &[]);
            let program = &facts.programs[0];
            assert_eq!(program.port.as_ref().unwrap().value, 9091);
            assert_eq!(program.args.as_ref().unwrap().value, "--server.port=9091");
            assert_eq!(jvm, ["-Xss1m", "-Da=b"]);
            assert!(program.writable.iter().any(|folder| folder.value == "/data"));
        }
    }

    #[test]
    fn profiles_come_from_the_image_the_command_or_a_compose_file() {
        let set = ("src/main/resources/application-web.yml", "server.port: 9092\n");
        let image = "<plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId><configuration><image><env><BPE_SPRING_PROFILES_ACTIVE>web</BPE_SPRING_PROFILES_ACTIVE></env></image></configuration></plugin></plugins></build>";
        let env = |facts: &Facts| {
            let env = facts.programs[0].env.iter();
            env.map(|var| format!("{}={}", var.value.key, var.value.value)).collect::<Vec<_>>()
        };
        let port = |facts: &Facts| facts.programs[0].port.as_ref().unwrap().value;
        let (found, _) = facts(image, &[set]);
        assert_eq!((port(&found), env(&found)), (9092, vec!["SPRING_PROFILES_ACTIVE=web".into()]));
        let compose = |profile: &str| {
            format!(
                "services:\n  a:\n    build: .\n    environment:\n      SPRING_PROFILES_ACTIVE: {profile}\n"
            )
        };
        let (found, _) = facts(NONE, &[set, ("compose.yaml", &compose("web"))]);
        assert_eq!((port(&found), env(&found)), (9092, vec!["SPRING_PROFILES_ACTIVE=web".into()]));
        let said = |files: &[(&str, &str)]| {
            facts(NONE, files).0.programs[0]
                .findings
                .iter()
                .any(|f| f.code.as_str() == "runtime-profile")
        };
        let active = ("src/main/resources/application.yml", "spring.profiles.active: dev\n");
        let production = ("src/main/resources/application-prod.yml", "a: b\n");
        assert!(said(&[active, production]) && !said(&[active]));
        let (found, _) = facts(NONE, &[set, ("compose.yaml", &compose("web,local"))]);
        assert_eq!((port(&found), env(&found)), (8080, vec![]));
        let procfile = (
            "Procfile",
            "web: java -jar target/a.jar --spring.profiles.active=web --server.port=$PORT\n",
        );
        let (found, _) = facts(NONE, &[set, procfile]);
        assert_eq!(port(&found), 9092);
        assert_eq!(found.programs[0].args.as_ref().unwrap().value, "--spring.profiles.active=web");
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
            assert!(program.findings.iter().any(|f| f.code.as_str() == "runtime-options"));
        }
    }

    #[test]
    fn each_option_is_judged_alone() {
        let line = "java -javaagent:agent/otel.jar -Dotel.file=agent/otel.properties -Xlog:gc:file=gc.log -jar target/a.jar --server.port=9005 --spring.config.additional-location=/etc/a/";
        let unit = format!("[Service]\nExecStart=/usr/bin/{line}\n");
        let files =
            [("a.service", unit.as_str()), ("agent/otel.jar", "x"), ("agent/otel.properties", "")];
        let (facts, jvm) = facts(NONE, &files);
        let program = &facts.programs[0];
        assert_eq!(jvm, ["-javaagent:agent/otel.jar", "-Dotel.file=agent/otel.properties"]);
        assert_eq!(program.files.len(), 2);
        assert_eq!(program.port.as_ref().unwrap().value, 9005);
        assert_eq!(program.args.as_ref().unwrap().value, "--server.port=9005");
        let said = |text: &str| program.findings.iter().any(|found| found.what.contains(text));
        assert!(said("with -Xlog:gc:file=gc.log, and"));
        assert!(said("`--spring.config.additional-location=/etc/a/`"));
    }

    #[test]
    fn profiles_of_a_release() {
        let profile = |active: &str| {
            format!(
                "{NONE}<profiles><profile><id>dev</id><activation><activeByDefault>{active}</activeByDefault></activation><properties><a>1</a></properties></profile><profile><id>prod</id><properties><a>2</a></properties></profile><profile><id>coverage</id></profile></profiles>"
            )
        };
        let ci = ("Makefile", "all:\n\t./mvnw -B -Pprod verify\n");
        let (found, _) = facts(&profile("true"), &[ci]);
        assert_eq!(found.questions[0].default.as_ref().unwrap().value, "prod");
        // A profile that is named for production is chosen too.
        let (found, _) = facts(&profile("false"), &[ci]);
        assert_eq!(found.questions[0].default.as_ref().unwrap().value, "prod");
        let renamed = profile("false").replace("prod", "dist");
        let ci = ("Makefile", "all:\n\t./mvnw -B -Pdist verify\n");
        let (found, _) = facts(&renamed, &[ci]);
        assert_eq!(found.questions[0].default.as_ref().unwrap().value, "");
        assert!(found.findings.iter().any(|finding| finding.code.as_str() == "build-profile"));
        let tests = ("Makefile", "all:\n\tmvn -Pcoverage,generateTestReport verify\n");
        let (found, _) = facts(&profile("true"), &[tests]);
        assert_eq!(found.questions[0].default.as_ref().unwrap().value, "");
        let other = ("Makefile", "all:\n\tmvn -P other verify\n\tmvn -Pprod test\n");
        let (found, _) = facts(&profile("true"), &[other]);
        assert_eq!(found.questions[0].default.as_ref().unwrap().value, "");
        let said = |profile: &str| {
            let (found, _) = facts(profile, &[]);
            found.findings.iter().any(|f| {
                f.code.as_str() == "development-profile" && f.what.contains("not with prod")
            })
        };
        assert!(said(&profile("true")) && !said(&profile("false")));
    }
}

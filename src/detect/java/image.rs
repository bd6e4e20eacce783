//! What the pom already states about a container: the `<container>` of jib, and the environment
//! that Spring Boot's plugin passes to buildpacks.
//! <https://github.com/GoogleContainerTools/jib/tree/master/jib-maven-plugin#extended-usage>,
//! <https://paketo.io/docs/howto/configuration/#environment-variables>

use super::App;
use super::artifact::{JIB, SPRING_BOOT, Shape};
use super::plugins::Plugin;
use super::pom::Model;
use super::port::{PORTS, set_port};
use super::xml::Element;
use crate::detect::java::codes;
use crate::docker::lint::is_secret_name;
use crate::docker::quote;
use crate::docker::types::ContainerPath;
use crate::facts::{EnvVar, Evidence, Finding, Program, Sourced};
use crate::path::RelPath;

/// Goals of jib that build an image.
const GOALS: [&str; 3] = ["build", "dockerBuild", "buildTar"];
/// The plugin that builds images by the words of a Dockerfile.
const DOCKER: &str = "io.fabric8:docker-maven-plugin";
/// The variable with the active profiles.
const PROFILES: &str = "SPRING_PROFILES_ACTIVE";

/// An element of a pom, with the file.
type At<'a> = (&'a RelPath, &'a Element);

/// The `<container>` of an execution that builds an image, of the plugin, or of a profile.
fn container<'a>(app: &'a App<'_>) -> Option<At<'a>> {
    if let Some(plugin) = app.plugins.get(JIB) {
        // Maven takes the configuration of an execution over that of its plugin.
        let of_execution = GOALS
            .iter()
            .flat_map(|goal| plugin.running(goal))
            .find_map(|execution| plugin.element_of(execution, "container"));
        if let Some(found) = of_execution.or_else(|| plugin.element("container")) {
            return Some(found);
        }
    }
    app.model.lineage.iter().find_map(|level| {
        let of_profiles = level.root.list("profiles").flat_map(|p| p.list("build/plugins"));
        let jib = of_profiles.filter(|p| JIB.ends_with(p.text_at("artifactId").unwrap_or("-")));
        let own = jib.into_iter().find_map(|plugin| plugin.at("configuration/container"));
        Some((&level.path, own?))
    })
}

/// A text that may go into the image: all of it known, without control characters.
fn known(app: &App, text: &str) -> Option<String> {
    let text = app.model.resolve(text);
    (!text.is_empty() && !text.contains("${") && !text.chars().any(char::is_control))
        .then_some(text)
}

/// A text, and its place.
type Word = (String, Evidence);

/// The parts of a list, which may also be one text with commas. A property of the same name wins.
fn list(app: &App, found: Option<At>, name: &str) -> Vec<Word> {
    if let Some((text, evidence)) = app.model.property(&format!("jib.container.{name}")) {
        let texts = text.split(',').filter_map(|text| known(app, text.trim()));
        return texts.map(|text| (text, evidence.clone())).collect();
    }
    let Some((path, container)) = found else { return Vec::new() };
    let Some(list) = container.child(name) else { return Vec::new() };
    let texts: Vec<(&str, u32)> = if list.children.is_empty() {
        list.text.split(',').map(|text| (text.trim(), list.line)).collect()
    } else {
        list.children.iter().map(|child| (child.text.as_str(), child.line)).collect()
    };
    let texts = texts.into_iter().filter_map(|(text, line)| Some((known(app, text)?, line)));
    texts.map(|(text, line)| (text, Evidence::at(path, line, name))).collect()
}

/// The variables of jib's image: its property, else the element.
fn variables(app: &App, found: Option<At>) -> Vec<(String, Word)> {
    if app.model.property("jib.container.environment").is_some() {
        let pairs = list(app, None, "environment").into_iter();
        let pairs = pairs.filter_map(|(text, at)| {
            let (name, value) = text.split_once('=')?;
            Some((name.to_owned(), (value.to_owned(), at)))
        });
        return pairs.collect();
    }
    let Some((path, container)) = found else { return Vec::new() };
    let own = container.list("environment").filter_map(|element| {
        let at = Evidence::at(path, element.line, "environment");
        Some((element.name.clone(), (known(app, &element.text)?, at)))
    });
    own.collect()
}

/// What a plugin that builds images says about the container.
struct Stated {
    tool: &'static str,
    environment: Vec<(String, Word)>,
    args: Vec<Word>,
    ports: Vec<Word>,
    flags: Vec<Word>,
    volumes: Vec<Word>,
}

/// The container of jib.
fn of_jib(app: &App) -> Option<Stated> {
    let found = container(app);
    if found.is_none() && !app.plugins.contains_key(JIB) {
        return None;
    }
    Some(Stated {
        tool: "jib",
        environment: variables(app, found),
        args: list(app, found, "args"),
        ports: list(app, found, "ports"),
        flags: list(app, found, "jvmFlags"),
        volumes: list(app, found, "volumes"),
    })
}

/// The only image of docker-maven-plugin: <https://dmp.fabric8.io/#docker:build>.
fn of_docker_plugin(app: &App) -> Option<Stated> {
    let (path, images) = app.plugins.get(DOCKER)?.element("images")?;
    let mut built = images.children.iter().filter_map(|image| image.child("build"));
    let (only, None) = (built.next()?, built.next()) else { return None };
    let words = |way: &str| -> Vec<Word> {
        let all = only.list(way).filter_map(|one| {
            let at = Evidence::at(path, one.line, format!("<{way}> of docker-maven-plugin"));
            Some((known(app, &one.text)?, at))
        });
        all.collect()
    };
    let environment = only.list("env").filter_map(|one| {
        let at = Evidence::at(path, one.line, "<env> of docker-maven-plugin");
        Some((one.name.clone(), (known(app, &one.text)?, at)))
    });
    Some(Stated {
        tool: "docker-maven-plugin",
        environment: environment.collect(),
        args: Vec::new(),
        ports: words("ports"),
        flags: Vec::new(),
        volumes: words("volumes"),
    })
}

/// The environment of buildpacks: variables that `BPE_NAME` sets in the image, and the others.
fn buildpack<'a>(app: &'a App<'_>) -> impl Iterator<Item = At<'a>> + 'a {
    let env = app.plugins.get(SPRING_BOOT).and_then(|plugin| plugin.element("image/env"));
    env.into_iter().flat_map(|(path, env)| env.children.iter().map(move |child| (path, child)))
}

/// The JDK that the buildpacks use.
pub(super) fn jdk(plugin: Option<&Plugin>) -> Option<(String, Evidence)> {
    let (path, found) = plugin?.element("image/env/BP_JVM_VERSION")?;
    let note = "the version that the image is built with by buildpacks";
    Some((found.text.clone(), Evidence::at(path, found.line, note)))
}

/// The Java version in the name of jib's base: `eclipse-temurin:21-jre`, `gcr.io/distroless/java17`.
pub(super) fn base(plugin: Option<&Plugin>, model: &Model) -> Option<(String, Evidence)> {
    let (image, mut evidence) = plugin?.anywhere(model, "from/image")?;
    let name = image.split('@').next().unwrap_or_default();
    let last = name.rsplit('/').next().unwrap_or_default();
    let (name, tag) = last.split_once(':').unwrap_or((last, ""));
    let of_name = name.strip_prefix("java").map(|rest| rest.split('-').next().unwrap_or_default());
    let jdk = JDKS.iter().any(|jdk| name.contains(jdk));
    let text = of_name.filter(|text| !text.is_empty()).or(Some(tag).filter(|_| jdk))?;
    evidence.note = format!("jib builds on {image}");
    Some((text.to_owned(), evidence))
}

/// Parts of the names of images that hold Java, whose tags begin with its version.
const JDKS: [&str; 7] = ["temurin", "openjdk", "corretto", "zulu", "jre", "jdk", "liberica"];

/// The profiles with which the pom's own image starts.
pub(super) fn profiles(app: &App) -> Option<(String, Evidence)> {
    let said = |at: Evidence| Evidence { note: "the image's profiles".to_owned(), ..at };
    for stated in [of_jib(app), of_docker_plugin(app)].into_iter().flatten() {
        let mut env = stated.environment.into_iter();
        let env = env.find(|(name, _)| name == PROFILES).map(|(_, word)| word);
        let mut words = stated.args.into_iter().chain(stated.flags);
        let word = words.find_map(|(word, at)| {
            let (key, value) = word.split_once('=')?;
            let named = matches!(key, "--spring.profiles.active" | "-Dspring.profiles.active");
            named.then(|| (value.to_owned(), at))
        });
        // Spring takes arguments and system properties over the environment.
        if let Some((names, at)) = word.or(env) {
            return Some((names, said(at)));
        }
    }
    let mut of_buildpack = buildpack(app).filter(|(_, element)| {
        element.name.strip_prefix("BPE_").map(|n| n.trim_start_matches("DEFAULT_"))
            == Some(PROFILES)
    });
    of_buildpack.find_map(|(path, element)| {
        let at = Evidence::at(path, element.line, "");
        Some((known(app, &element.text)?, said(at)))
    })
}

/// Adds what the pom says about its image to a program. JVM flags go to `jvm`.
pub(super) fn add(
    app: &App,
    program: &mut Program,
    shape: &Shape,
    variable: Option<&str>,
    jvm: &mut Vec<String>,
) {
    for (path, element) in buildpack(app) {
        let (Some(name), Some(value)) =
            (element.name.strip_prefix("BPE_"), known(app, &element.text))
        else {
            continue;
        };
        let evidence = Evidence::at(path, element.line, format!("buildpacks set {name}"));
        match name.split_once('_') {
            Some(("APPEND" | "PREPEND" | "OVERRIDE", "JAVA_TOOL_OPTIONS")) => {
                jvm.extend(value.split_whitespace().map(str::to_owned));
            }
            Some(("APPEND" | "PREPEND" | "DELIM", _)) => {}
            Some(("DEFAULT" | "OVERRIDE", name)) => {
                own_port(program, variable, name, &value, &evidence);
                set(program, name, value, evidence);
            }
            _ => {
                own_port(program, variable, name, &value, &evidence);
                set(program, name, value, evidence);
            }
        }
    }
    for stated in [of_jib(app), of_docker_plugin(app)].into_iter().flatten() {
        take(program, stated, variable, jvm);
    }
    if let Some(container) = container(app) {
        left_out(app, program, shape, container);
    }
}

/// Takes a port that a variable of the image sets.
fn own_port(program: &mut Program, variable: Option<&str>, name: &str, value: &str, at: &Evidence) {
    if variable == Some(name)
        && let Ok(number) = value.parse()
    {
        set_port(program, number, at.clone(), true);
    }
}

/// Adds what a plugin says about the container.
fn take(program: &mut Program, stated: Stated, variable: Option<&str>, jvm: &mut Vec<String>) {
    let tool = stated.tool;
    let at = |at: Evidence, note: String| Evidence { note, ..at };
    let mut own_port = None;
    for (name, (value, place)) in stated.environment {
        let evidence = at(place, format!("{tool} sets {name}"));
        if Some(name.as_str()) == variable {
            own_port = value.parse::<u16>().ok().map(|number| (number, evidence.clone()));
        }
        set(program, &name, value, evidence);
    }
    let args = stated.args;
    if let (None, Some((_, place))) = (&program.args, args.first()) {
        let evidence = at(place.clone(), format!("{tool} starts it with these arguments"));
        let words: Vec<&String> = args.iter().map(|(word, _)| word).collect();
        program.args = Some(Sourced::new(quote::shell_words(&words), evidence));
    }
    let by_word = args.iter().find_map(|(word, place)| {
        let (key, value) = word.strip_prefix("--")?.split_once('=')?;
        let number = PORTS.contains(&key).then(|| value.parse::<u16>().ok()).flatten()?;
        Some((number, at(place.clone(), format!("{tool} sets the port"))))
    });
    let own_port = by_word.or(own_port);
    let number = own_port.as_ref().map(|(number, _)| *number);
    let ports = stated.ports.into_iter().filter_map(|(text, place)| {
        Some((text.trim_end_matches("/tcp").parse::<u16>().ok()?, place))
    });
    let ports: Vec<(u16, Evidence)> = ports.collect();
    let first = ports.iter().find(|(one, _)| Some(*one) == number).or(ports.first()).cloned();
    if let Some((published, place)) = first {
        let evidence = at(place, format!("{tool} publishes port {published}"));
        set_port(program, published, evidence, number == Some(published));
    } else if let Some((number, evidence)) = own_port {
        set_port(program, number, evidence, true);
    }
    jvm.extend(stated.flags.into_iter().map(|(flag, _)| flag).filter(|f| f.starts_with('-')));
    for (folder, place) in stated.volumes {
        let held = program.writable.iter().any(|held| held.value == folder);
        if !held && ContainerPath::new(&folder).is_ok() {
            let evidence = at(place, format!("{tool} makes {folder} a volume"));
            program.writable.push(Sourced::new(folder, evidence));
        }
    }
}

/// Reports what of `<container>` this image does differently.
fn left_out(app: &App, program: &mut Program, shape: &Shape, (path, container): At) {
    let mut say = |element: &Element, what: String, fix: &str| {
        program.findings.push(
            Finding::new(
                codes::IMAGE_SETTINGS,
                what,
                [Evidence::at(path, element.line, format!("<{}> of jib", element.name))],
            )
            .with_fix(fix),
        );
    };
    let main = container.child("mainClass").and_then(|e| Some((e, known(app, &e.text)?)));
    if let (Some((element, class)), Shape::Classes { main, .. }) = (main, shape)
        && class != *main
    {
        let what = format!("jib starts {class}, and the image starts {main}");
        say(element, what, "choose one with --entrypoint");
    }
    // INHERIT keeps the entrypoint of the base image.
    if let Some(element) = container.child("entrypoint").filter(|e| e.text != "INHERIT") {
        let what = "jib starts its image with an entrypoint of its own, and this image does not";
        say(element, what.to_owned(), "set what is needed with --entrypoint and --args");
    }
}

fn set(program: &mut Program, name: &str, value: String, evidence: Evidence) {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !name.starts_with(|c: char| c.is_ascii_digit());
    // Secrets do not belong in a layer.
    if !plain || name.is_empty() || is_secret_name(name) {
        return;
    }
    let var = EnvVar { key: name.to_owned(), value };
    program.env.retain(|held| held.value.key != var.key);
    program.env.push(Sourced::new(var, evidence));
}

#[cfg(test)]
mod tests {
    use crate::detect::java;
    use crate::facts::Program;
    use crate::repo::Repo;

    /// The program of a Spring Boot application with these plugins and properties.
    fn of(plugins: &str, properties: &str) -> Program {
        let pom = format!(
            "<project><groupId>g</groupId><artifactId>app</artifactId><version>1</version>\
             <properties><java.version>21</java.version>{properties}</properties><dependencies><dependency>\
             <groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId>\
             <version>3.5.0</version></dependency></dependencies><build><plugins>{plugins}</plugins></build></project>"
        );
        let main = "package g; @SpringBootApplication class App { public static void main(String[] a) { SpringApplication.run(App.class, a); } }";
        let repo =
            Repo::from_files([("pom.xml", pom.as_str()), ("src/main/java/g/App.java", main)]);
        (java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap().programs.remove(0)
    }

    fn env(program: &Program, key: &str) -> Option<String> {
        let mut all = program.env.iter();
        all.find(|held| held.value.key == key).map(|held| held.value.value.clone())
    }

    #[test]
    fn what_plugins_say_of_the_container_in_every_form() {
        let jib = "<plugin><groupId>com.google.cloud.tools</groupId><artifactId>jib-maven-plugin</artifactId></plugin>";
        let properties = "<jib.container.ports>8092</jib.container.ports>\
            <jib.container.environment>SERVER_PORT=8092,SHOP_MODE=full</jib.container.environment>\
            <jib.container.volumes>/srv/shop</jib.container.volumes>";
        let program = of(jib, properties);
        assert_eq!(program.port.as_ref().unwrap().value, 8092);
        assert_eq!(env(&program, "SHOP_MODE").as_deref(), Some("full"));
        assert!(program.writable.iter().any(|held| held.value == "/srv/shop"));
        // Without the plugin the properties say nothing.
        assert_eq!(of("", properties).port.unwrap().value, 8080);
        let docker = "<plugin><groupId>io.fabric8</groupId><artifactId>docker-maven-plugin</artifactId><configuration><images>\
            <image><build><ports><port>8093</port></ports><env><SERVER_PORT>8093</SERVER_PORT></env>\
            <volumes><volume>/srv/shop</volume></volumes></build></image></images></configuration></plugin>";
        let program = of(docker, "");
        assert_eq!(program.port.as_ref().unwrap().value, 8093);
        assert_eq!(env(&program, "SERVER_PORT").as_deref(), Some("8093"));
        assert!(program.writable.iter().any(|held| held.value == "/srv/shop"));
        // Which of two images is meant is not known.
        let two = docker.replace("</image>", "</image><image><build></build></image>");
        assert_eq!(of(&two, "").port.unwrap().value, 8080);
        let boot = "<plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId><version>3.5.0</version>\
            <configuration><image><env><BPE_DEFAULT_SERVER_PORT>8094</BPE_DEFAULT_SERVER_PORT></env></image></configuration></plugin>";
        let program = of(boot, "");
        assert_eq!(program.port.as_ref().unwrap().value, 8094);
        assert_eq!(env(&program, "SERVER_PORT").as_deref(), Some("8094"));
    }
}

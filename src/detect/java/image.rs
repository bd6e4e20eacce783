//! What the pom already states about a container: the `<container>` of jib, and the environment
//! that Spring Boot's plugin passes to buildpacks.
//! <https://github.com/GoogleContainerTools/jib/tree/master/jib-maven-plugin#extended-usage>,
//! <https://paketo.io/docs/howto/configuration/#environment-variables>

use super::App;
use super::artifact::{JIB, SPRING_BOOT, Shape};
use super::plugins::Plugin;
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

/// The parts of a list, which may also be one text with commas.
fn list(app: &App, element: &Element, name: &str) -> Vec<(String, u32)> {
    let Some(list) = element.child(name) else { return Vec::new() };
    let texts: Vec<(&str, u32)> = if list.children.is_empty() {
        list.text.split(',').map(|text| (text.trim(), list.line)).collect()
    } else {
        list.children.iter().map(|child| (child.text.as_str(), child.line)).collect()
    };
    texts.into_iter().filter_map(|(text, line)| Some((known(app, text)?, line))).collect()
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

/// The profiles with which the pom's own image starts.
pub(super) fn profiles(app: &App) -> Option<(String, Evidence)> {
    let said = |path: &RelPath, line: u32| Evidence::at(path, line, "the image's profiles");
    if let Some((path, container)) = container(app) {
        let env = container.list("environment").find(|element| element.name == PROFILES);
        let env = env.and_then(|element| Some((known(app, &element.text)?, element.line)));
        let words = ["args", "jvmFlags"].into_iter().flat_map(|way| list(app, container, way));
        let word = words.into_iter().find_map(|(word, line)| {
            let (key, value) = word.split_once('=')?;
            let named = matches!(key, "--spring.profiles.active" | "-Dspring.profiles.active");
            named.then(|| (value.to_owned(), line))
        });
        // Spring takes arguments and system properties over the environment.
        if let Some((names, line)) = word.or(env) {
            return Some((names, said(path, line)));
        }
    }
    let mut of_buildpack = buildpack(app).filter(|(_, element)| {
        element.name.strip_prefix("BPE_").map(|n| n.trim_start_matches("DEFAULT_"))
            == Some(PROFILES)
    });
    of_buildpack
        .find_map(|(path, element)| Some((known(app, &element.text)?, said(path, element.line))))
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
            Some(("DEFAULT" | "OVERRIDE", name)) => set(program, name, value, evidence),
            _ => set(program, name, value, evidence),
        }
    }
    let Some((path, container)) = container(app) else { return };
    let at = |line: u32, note: String| Evidence::at(path, line, note);
    let mut own_port = None;
    for element in container.list("environment") {
        let Some(value) = known(app, &element.text) else { continue };
        if Some(element.name.as_str()) == variable {
            own_port = value.parse::<u16>().ok();
        }
        let evidence = at(element.line, format!("jib sets {}", element.name));
        set(program, &element.name, value, evidence);
    }
    let args = list(app, container, "args");
    if let (None, Some((_, line))) = (&program.args, args.first()) {
        let evidence = at(*line, "jib starts it with these arguments".to_owned());
        let words: Vec<&String> = args.iter().map(|(word, _)| word).collect();
        program.args = Some(Sourced::new(quote::shell_words(&words), evidence));
    }
    let by_word = args.iter().find_map(|(word, _)| {
        let (key, value) = word.strip_prefix("--")?.split_once('=')?;
        PORTS.contains(&key).then(|| value.parse::<u16>().ok()).flatten()
    });
    own_port = by_word.or(own_port);
    let ports = list(app, container, "ports").into_iter().filter_map(|(text, line)| {
        Some((text.trim_end_matches("/tcp").parse::<u16>().ok()?, line))
    });
    let ports: Vec<(u16, u32)> = ports.collect();
    let first =
        ports.iter().find(|(number, _)| Some(*number) == own_port).or(ports.first()).copied();
    if let Some((number, line)) = first {
        let evidence = at(line, format!("jib publishes port {number}"));
        set_port(program, number, evidence, own_port == Some(number));
    } else if let Some(number) = own_port {
        set_port(program, number, at(container.line, "jib sets the port".to_owned()), true);
    }
    let flags = list(app, container, "jvmFlags");
    jvm.extend(flags.into_iter().map(|(flag, _)| flag).filter(|flag| flag.starts_with('-')));
    for (folder, line) in list(app, container, "volumes") {
        let held = program.writable.iter().any(|held| held.value == folder);
        if !held && ContainerPath::new(&folder).is_ok() {
            let evidence = at(line, format!("jib makes {folder} a volume"));
            program.writable.push(Sourced::new(folder, evidence));
        }
    }
    left_out(app, program, shape, (path, container));
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

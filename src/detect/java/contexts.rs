//! The contexts that a program of Spring's starts: the settings files that its classes name, and
//! whether it serves at all.

use std::ops::Range;

use super::artifact::Shape;
use super::config::Setting;
use super::source::Source;
use super::surroundings::Surroundings;
use crate::facts::{Evidence, Port, Program, Rejected, Sourced};
use crate::path::RelPath;
use crate::repo::Repo;

/// Maximum number of settings files that classes name.
const MAX_FILES: usize = 32;

/// The property that names the settings files.
const NAME: &str = "spring.config.name";

/// What the code says of its settings files.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Files that `@PropertySource` names, the likeliest context's first.
    pub(super) files: Vec<RelPath>,
    /// Names in place of `application`, by `spring.config.name`.
    pub(super) stems: Vec<String>,
    /// Files that the command line of the repository names, which are stronger than all others.
    pub(super) located: Vec<RelPath>,
}

/// The files that `--spring.config.location=file:./config/` and the like name, below `dir`.
fn located(repo: &Repo, dir: &RelPath, words: &[String]) -> Vec<RelPath> {
    let keys = ["spring.config.location=", "spring.config.additional-location="];
    let values = words.iter().filter_map(|word| {
        let word = word.trim_start_matches('-').trim_start_matches('D');
        keys.iter().find_map(|key| word.strip_prefix(key))
    });
    let ways = values.flat_map(list).map(|way| {
        let way = way.trim_start_matches("optional:").trim_start_matches("file:");
        way.trim_start_matches("./").to_owned()
    });
    let mut found = Vec::new();
    for path in ways.filter_map(|way| dir.join(way.trim_end_matches('/'))).take(MAX_FILES) {
        let names = ["application.properties", "application.yml", "application.yaml"];
        let inside = names.iter().filter_map(|name| path.join(name));
        found.extend(inside.chain([path.clone()]).filter(|path| repo.is_file(path)));
    }
    found
}

/// Reads what the sources name. `name`: that of the project, to tell which of several contexts is
/// the project's own; `words`: how the repository starts the program, in `dir`.
pub(super) fn named(
    repo: &Repo,
    dir: &RelPath,
    sources: &[Source],
    name: &str,
    words: &[String],
) -> Named {
    let mut files: Vec<(bool, RelPath)> = Vec::new();
    let mut stems: Vec<String> = Vec::new();
    let started = words.iter().filter_map(|word| word.trim_start_matches('-').strip_prefix(NAME));
    stems.extend(started.filter_map(|rest| rest.strip_prefix('=')).flat_map(list));
    for source in sources {
        let stem = source.path.file_name().split('.').next().unwrap_or_default();
        let own = source.main_class().is_some() || plain(stem) == plain(name);
        for text in annotated(source).filter_map(|at| source.text(at)) {
            let rest = text.strip_prefix("classpath*:").or_else(|| text.strip_prefix("classpath:"));
            let Some(way) = rest.map(|rest| rest.trim_start_matches('/')) else { continue };
            let resources = resources(&source.path);
            let Some(path) = resources.and_then(|folder| folder.join(way)) else { continue };
            let held = files.iter().any(|(_, held)| *held == path);
            if repo.is_file(&path) && !held && files.len() < MAX_FILES {
                files.push((!own, path));
            }
        }
        for (at, value) in source.texts().filter(|(_, text)| text.starts_with(NAME)) {
            let pair = value.strip_prefix(NAME).and_then(|rest| rest.strip_prefix(['=', ':']));
            let next = source.mark(at + 1, ',').then(|| source.text(at + 2)).flatten();
            stems.extend(pair.or(next.filter(|_| value == NAME)).into_iter().flat_map(list));
        }
    }
    files.sort_by_key(|(other, _)| *other);
    stems.retain(|stem| !stem.contains(['/', '$', '{']));
    stems.truncate(MAX_FILES);
    let files = files.into_iter().map(|(_, path)| path).collect();
    Named { files, stems, located: located(repo, dir, words) }
}

fn list(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// A name without what is written in various ways.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// The resources beside a source: `src/main/resources` for `src/main/java/a/B.java`.
fn resources(source: &RelPath) -> Option<RelPath> {
    let mut above = source.ancestors().filter(|folder| folder.file_name() == "main");
    above.next()?.join("resources")
}

/// The tokens in `@PropertySource(..)`.
fn annotated(source: &Source) -> impl Iterator<Item = usize> + '_ {
    let places = source.places("PropertySource").iter().copied();
    let written =
        places.filter(|at| *at > 0 && source.mark(at - 1, '@') && source.mark(at + 1, '('));
    written.flat_map(|at| at + 2..source.pair(at + 1).min(source.len()))
}

/// Where the code says which kind of server it starts: `web(WebApplicationType.NONE)`,
/// `setWebApplicationType(..)`, Kotlin's `webApplicationType = ..`.
fn kinds(source: &Source) -> impl Iterator<Item = Range<usize>> + '_ {
    let arguments =
        ["web", "setWebApplicationType"].into_iter().flat_map(|name| source.calls(name));
    let arguments = arguments.map(|at| at..source.pair(at - 1).min(source.len()));
    let set = source.places("webApplicationType").iter().filter(|at| source.mark(*at + 1, '='));
    arguments.chain(set.map(|at| at + 2..(at + 5).min(source.len())))
}

/// True if the program starts no server: its code says so of every context that it starts without a
/// condition. What another class with a main method says is about that one's program.
pub(super) fn serves_nobody(shape: &Shape, around: &Surroundings) -> bool {
    let main = match shape {
        Shape::Classes { main, .. } => Some(main.as_str()),
        _ => None,
    };
    let of_others = |source: &Source| {
        let own = source.main_class();
        main.is_some_and(|main| own.is_some_and(|(class, _)| class != main))
    };
    let mut none = false;
    for source in around.sources.iter().filter(|source| !of_others(source)) {
        for range in kinds(source) {
            let says = |kind: &str| range.clone().any(|at| source.word(at) == Some(kind));
            if says("SERVLET") || says("REACTIVE") {
                return false;
            }
            none |= says("NONE") && !is_conditional(source, range.start);
        }
    }
    none
}

/// An `if` or a `switch` decides over a token.
fn is_conditional(source: &Source, at: usize) -> bool {
    let mut here = at;
    while let Some(open) = source.enclosing(here) {
        let before = open.checked_sub(1);
        let word = before.and_then(|before| source.word(before));
        let head =
            before.filter(|before| source.mark(*before, ')')).map(|before| source.pair(before));
        let starts = head.and_then(|head| head.checked_sub(1)).and_then(|head| source.word(head));
        let block = source.mark(open, '{');
        if block
            && (word == Some("else") || matches!(starts, Some("if" | "switch" | "when" | "while")))
        {
            return true;
        }
        here = open;
    }
    // `if (tool) app.setWebApplicationType(..);`
    let statement = (at.saturating_sub(24)..at).rev();
    let mut statement =
        statement.take_while(|at| ![';', '{', '}'].iter().any(|m| source.mark(*at, *m)));
    statement.any(|at| matches!(source.word(at), Some("if" | "else" | "case")))
}

/// Ports of further contexts of one program, each with the settings file of its own class; the
/// setting that names the program's own port. True if there are some: one variable would then move
/// all of them to one port.
pub(super) fn more_ports(program: &mut Program, around: &Surroundings, key: &str) -> bool {
    let rivals: Vec<&Setting> = around.settings.rivals(key);
    let builds = |source: &&Source| {
        source.names("SpringApplicationBuilder")
            && (source.names("child") || source.names("sibling"))
    };
    let several = around.sources.iter().any(|source| builds(&source));
    let mut found = false;
    for setting in rivals {
        let value = around.settings.expand(&around.project.model.unfiltered(&setting.value)).0;
        let Some(number) = value.trim().parse::<u16>().ok().filter(|number| *number > 0) else {
            continue;
        };
        let Some(first) = program.port.as_mut().filter(|first| first.value != number) else {
            continue;
        };
        let note = format!("{key} = {} of another context", setting.value);
        let evidence = Evidence { note, ..setting.evidence.clone() };
        if several {
            found = true;
            let port = Port::tcp(number);
            if !program.more_ports.iter().any(|held| held.value == port) {
                program.more_ports.push(Sourced::new(port, evidence));
            }
        } else {
            let why = format!("{} sets it, and Spring takes one of them", evidence.place());
            first.rejected.push(Rejected { value: number.to_string(), why });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::{main, program};

    const WEB: &str = "org.springframework.boot:spring-boot-starter-web";

    fn ports(files: &[(&str, &str)]) -> (Option<u16>, Vec<String>, Option<String>) {
        let found = program(WEB, files);
        let more = found.more_ports.iter().map(|port| port.value.to_string()).collect();
        (found.port.map(|port| port.value), more, found.port_variable)
    }

    #[test]
    fn settings_files_that_a_class_names() {
        let boot = |annotation: &str| {
            format!("{annotation} {}", main("SpringApplication.run(App.class, args);"))
        };
        let web = ("src/main/resources/application-web.properties", "server.port=8081\n");
        let cases = [
            "@PropertySource(\"classpath:application-web.properties\")",
            "@PropertySource(value = \"classpath:/application-web.properties\", ignoreResourceNotFound = true)",
            "@PropertySource({\"classpath:none.properties\", \"classpath:application-web.properties\"})",
            "@PropertySources({@PropertySource(\"classpath:application-web.properties\")})",
        ];
        for annotation in cases {
            let app = boot(annotation);
            assert_eq!(ports(&[("App.java", &app), web]).0, Some(8081), "{annotation}");
        }
        // A profile's file counts for that profile alone.
        assert_eq!(ports(&[("App.java", &boot("")), web]).0, Some(8080));
        // application.properties is stronger.
        let own = ("src/main/resources/application.properties", "server.port=8082\n");
        assert_eq!(ports(&[("App.java", &boot(cases[0])), web, own]).0, Some(8082));
    }

    #[test]
    fn a_name_in_place_of_application() {
        let yaml = ("src/main/resources/shop.yml", "server:\n  port: 8083\n");
        let other = ("src/main/resources/application-x.yml", "server:\n  port: 1\n");
        for body in [
            "System.setProperty(\"spring.config.name\", \"shop\"); SpringApplication.run(App.class);",
            "new SpringApplicationBuilder(App.class).properties(\"spring.config.name=a,shop\").run();",
        ] {
            assert_eq!(ports(&[("App.java", &main(body)), yaml, other]).0, Some(8083), "{body}");
        }
    }

    #[test]
    fn several_contexts_have_several_ports() {
        let app = main(
            "new SpringApplicationBuilder().parent(App.class).web(WebApplicationType.NONE)\
             .child(Shop.class).web(WebApplicationType.SERVLET).run().sibling(Desk.class).run();",
        );
        let files = [
            ("App.java", app.as_str()),
            (
                "Desk.java",
                "@PropertySource(\"classpath:application-desk.properties\") class Desk {}",
            ),
            (
                "Shop.java",
                "@PropertySource(\"classpath:application-shop.properties\") class Shop {}",
            ),
            (
                "src/main/resources/application-desk.properties",
                "server.port=${desk.port}\ndesk.port=${DESK_PORT:9090}\nserver.address=${H:127.0.0.1}\n",
            ),
            ("src/main/resources/application-shop.properties", "server.port=${SHOP_PORT:8081}\n"),
        ];
        let (port, more, variable) = ports(&files);
        assert_eq!((port, more), (Some(9090), vec!["8081".to_owned()]));
        assert_eq!(variable.as_deref(), Some("DESK_PORT"));
        let env = program(WEB, &files).env;
        let env: Vec<String> =
            env.iter().map(|set| format!("{}={}", set.value.key, set.value.value)).collect();
        assert_eq!(env, ["SERVER_ADDRESS=0.0.0.0"]);
    }

    #[test]
    fn a_context_without_a_server_beside_one_that_serves() {
        let port = |body: &str, more: &[(&str, &str)]| {
            let app = main(body);
            let files: Vec<(&str, &str)> =
                [("App.java", app.as_str())].iter().chain(more).copied().collect();
            program(WEB, &files).port.map(|port| port.value)
        };
        assert_eq!(
            port("app.setWebApplicationType(WebApplicationType.NONE); app.run();", &[]),
            None
        );
        assert_eq!(
            port("b.web(NONE).run(); c.web(WebApplicationType.REACTIVE).run();", &[]),
            Some(8080)
        );
        assert_eq!(
            port("b.web(tool ? WebApplicationType.NONE : WebApplicationType.SERVLET).run();", &[]),
            Some(8080)
        );
        assert_eq!(port("if (tool) { b.web(WebApplicationType.NONE); } b.run();", &[]), Some(8080));
        assert_eq!(port("if (tool) b.web(WebApplicationType.NONE); b.run();", &[]), Some(8080));
        // A comparison sets nothing.
        assert_eq!(
            port("SpringApplication.run(App.class); if (t == WebApplicationType.NONE) x();", &[]),
            Some(8080)
        );
        let tool =
            main("new SpringApplicationBuilder(Tool.class).web(WebApplicationType.NONE).run();");
        let tool = tool.replace("class App", "class Tool");
        assert_eq!(
            port("SpringApplication.run(App.class);", &[("/src/main/java/Tool.java", &tool)]),
            Some(8080)
        );
    }
}

//! Folders into which a program writes databases and logs.

use anyhow::Result;

use super::code::{Code, end_of};
use super::listen::receiver;
use super::pom::relative;
use super::resources;
use super::surroundings::Surroundings;
use crate::facts::{Evidence, Finding, Program, Sourced};
use crate::path::RelPath;

/// The home of the image's user.
pub(super) const HOME: &str = "/home/nonroot";

/// Adds a folder into which the program writes.
pub(super) fn write(program: &mut Program, folder: &str, evidence: Evidence) {
    // A number, or a piece of markup, is no folder.
    let odd = folder.contains(['<', '>', '|', '"']) || folder.chars().all(|c| c.is_ascii_digit());
    if !odd && !program.writable.iter().any(|held| held.value == folder) {
        program.writable.push(Sourced::new(folder.to_owned(), evidence));
    }
}

/// Adds databases in files, by their addresses in settings and code.
pub(super) fn databases(program: &mut Program, around: &Surroundings, code: &Code) {
    let of_settings = around.settings.valued("jdbc:").map(|setting| {
        let value = around.settings.expand(&setting.value).0.replace("${user.home}", HOME);
        (
            value,
            Evidence {
                note: format!("{} = {}", setting.key, setting.value),
                ..setting.evidence.clone()
            },
        )
    });
    let of_code = around.sources.iter().enumerate().flat_map(|(number, source)| {
        let texts = source.texts().filter(|(_, text)| text.starts_with("jdbc:"));
        texts.filter_map(move |(at, text)| {
            let address = if source.mark(at + 1, '+') {
                code.value(number, at..end_of(source, at), 0).text()?
            } else {
                text.to_owned()
            };
            Some((address, source.evidence(at, text)))
        })
    });
    for (address, evidence) in of_settings.chain(of_code).collect::<Vec<_>>() {
        let Some(file) = database_file(&address) else { continue };
        // A format, which the running program fills: `jdbc:h2:file:%s/shop`.
        if file.contains(['%', '{']) {
            program.findings.push(Finding::folder_unknown(None, None, [evidence]));
            continue;
        }
        if let Some(home) = file.strip_prefix("~/") {
            let folder = format!("{HOME}/{home}");
            let folder = folder.rsplit_once('/').map_or(folder.as_str(), |(folder, _)| folder);
            write(program, folder, evidence);
            continue;
        }
        let file = if file.starts_with('/') { file.to_owned() } else { relative(file) };
        match file.rsplit_once('/') {
            Some((folder, _)) if !folder.is_empty() => write(program, folder, evidence),
            _ => program.findings.push(Finding::writes_beside_program(Some(&file), [evidence])),
        }
    }
}

/// The file of an embedded database.
fn database_file(address: &str) -> Option<&str> {
    let rest = address.strip_prefix("jdbc:")?;
    let file = if let Some(rest) = rest.strip_prefix("h2:") {
        // These databases write no file of this container.
        if ["mem:", "tcp:", "ssl:", "zip:", "async:mem"].iter().any(|kind| rest.starts_with(kind)) {
            return None;
        }
        rest.trim_start_matches("file:").trim_start_matches("nio:")
    } else if let Some(rest) = rest.strip_prefix("sqlite:") {
        rest.trim_start_matches("file:")
    } else if let Some(file) = rest.strip_prefix("duckdb:") {
        // https://duckdb.org/docs/stable/clients/java: without a path it is in memory.
        file
    } else if let Some(rest) = rest.strip_prefix("hsqldb:") {
        rest.strip_prefix("file:")?
    } else {
        rest.strip_prefix("derby:")
            .filter(|rest| !rest.starts_with("//") && !rest.starts_with("memory:"))?
    };
    let file = file.split([';', '?']).next().unwrap_or_default();
    (!file.is_empty() && !file.starts_with(':') && !file.contains("${")).then_some(file)
}

/// Adds the folder that Tomcat makes in the working directory where the code names no other.
/// <https://tomcat.apache.org/tomcat-11.0-doc/api/org/apache/catalina/startup/Tomcat.html>
pub(super) fn tomcat(program: &mut Program, code: &Code) {
    let made = code.calls("Tomcat").iter().find(|place| {
        let imports = &code.sources[place.0].imports;
        imports.iter().any(|import| import.path.starts_with("org.apache.catalina.startup"))
    });
    if let (Some(place), Some(port), []) = (made, &program.port, code.calls("setBaseDir")) {
        let folder = format!("tomcat.{}", port.value);
        write(program, &folder, code.evidence(*place, "Tomcat makes its folder there"));
    }
}

/// Adds the folders of files that Spring Batch writes and that Camel reads and writes:
/// `writer.setResource(new FileSystemResource("out/a.csv"))`, `to("file:outbox")`.
/// <https://camel.apache.org/components/4.14.x/file-component.html>
pub(super) fn endpoints(program: &mut Program, code: &Code) {
    for place in ["setResource", "resource"].iter().flat_map(|name| code.calls(name)) {
        let Some(range) = code.arguments(*place).into_iter().next() else { continue };
        let file = &code.sources[place.0];
        let made = range.clone().any(|at| file.word(at) == Some("FileSystemResource"));
        let text = range.clone().find_map(|at| file.text(at));
        if let Some(text) = text.filter(|_| made && receiver(code, *place).contains("Writer")) {
            written(program, text, true, code.evidence(*place, "a writer of Spring Batch"));
        }
    }
    for file in code.sources.iter().filter(|file| file.names("RouteBuilder")) {
        for (at, text) in file.texts() {
            let Some(folder) = text.strip_prefix("file:") else { continue };
            let folder = folder.split('?').next().unwrap_or_default();
            let of_call = at >= 2 && matches!(file.word(at - 2), Some("from" | "to"));
            if of_call && !folder.contains(['{', '$']) {
                let note = format!("Camel moves files in `{folder}`");
                written(program, folder, false, file.evidence(at, note));
            }
        }
    }
}

/// Adds log files of Spring, Quarkus, logback and Log4j.
pub(super) fn logs(program: &mut Program, around: &Surroundings) -> Result<()> {
    for (key, is_file) in [
        ("logging.file.name", true),
        ("logging.file", true),
        ("logging.file.path", false),
        ("logging.path", false),
        ("quarkus.log.file.path", true),
        ("server.tomcat.basedir", false),
        ("spring.servlet.multipart.location", false),
        ("quarkus.http.body.uploads-directory", false),
        ("micronaut.server.multipart.location", false),
        ("spring.artemis.embedded.data-directory", false),
        ("spring.kafka.streams.state-dir", false),
        ("spring.jpa.properties.hibernate.search.backend.directory.root", false),
        ("quarkus.hibernate-search-standalone.backend.directory.root", false),
    ] {
        let Some(setting) = around.settings.get(key) else { continue };
        let value = around.settings.expand(&around.project.model.resolve(&setting.value)).0;
        let note = format!("{key} = {}", setting.value);
        written(program, &value, is_file, Evidence { note, ..setting.evidence.clone() });
    }
    let packed = resources::folders(around.project.model);
    let named = |names: [&str; 2]| -> Vec<RelPath> {
        names.iter().flat_map(|name| packed.iter().filter_map(|f| f.join(name))).collect()
    };
    for path in named(["logback-spring.xml", "logback.xml"]) {
        let Some(text) = around.project.repo.text(&path)? else { continue };
        let root = super::xml::parse(&path, &text)?;
        let has = |name: &str| root.walk().any(|e| e.name == name);
        // Without `<file>`, logback writes to the file that the pattern names.
        let name = if has("file") { "file" } else { "fileNamePattern" };
        for file in root.walk().filter(|e| e.name == name) {
            // The properties of `<property name="X" value="Y"/>` are searched in the text, because
            // the tree has no attributes.
            let setting = |key: &str| {
                let set = around.settings.get(key)?;
                Some(around.settings.expand(&set.value).0)
            };
            let value = fill_logback(&file.text, &text, &setting);
            written(
                program,
                &value,
                true,
                Evidence::at(&path, file.line, format!("log file {value}")),
            );
        }
    }
    for path in named(["log4j2-spring.xml", "log4j2.xml"]) {
        let Some(text) = around.project.repo.text(&path)? else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            let Some(file) = attribute(line, "fileName") else { continue };
            let value = fill_log4j(&file, &text);
            let evidence = Evidence::at(&path, number, format!("log file {value}"));
            written(program, &value, true, evidence);
        }
    }
    // https://www.ehcache.org/documentation/3.10/xml.html
    for path in named(["ehcache.xml", "config/ehcache.xml"]) {
        let Some(text) = around.project.repo.text(&path)? else { continue };
        for (number, line) in (1..).zip(text.lines()).filter(|(_, l)| l.contains("persistence ")) {
            let Some(folder) = attribute(line, "directory") else { continue };
            let evidence = Evidence::at(&path, number, "Ehcache keeps its data there");
            written(program, &folder, false, evidence);
        }
    }
    let properties = named(["log4j2.properties", "log4j.properties"]).into_iter();
    let yaml = named(["log4j2.yaml", "log4j2.yml"]).into_iter();
    for (path, mark) in properties.map(|path| (path, '=')).chain(yaml.map(|path| (path, ':'))) {
        let Some(text) = around.project.repo.text(&path)? else { continue };
        for (number, value) in files_of_log4j(&text, mark) {
            let evidence = Evidence::at(&path, number, format!("log file {value}"));
            written(program, &value, true, evidence);
        }
    }
    Ok(())
}

/// The log files that Log4j's properties or YAML name, with their lines.
fn files_of_log4j(text: &str, mark: char) -> Vec<(u32, String)> {
    let pair = |line: &str| {
        let (key, value) = line.trim().trim_start_matches("- ").split_once(mark)?;
        Some((key.trim().to_owned(), value.trim().trim_matches(['"', '\'']).to_owned()))
    };
    let all: Vec<Option<(String, String)>> = text.lines().map(pair).collect();
    let property = |name: &str| {
        // In YAML the value stands in the line below the name.
        let wanted = format!("property.{name}");
        all.iter().enumerate().find_map(|(number, held)| {
            let (key, value) = held.as_ref()?;
            if mark == ':' && key == "name" && value == name {
                return all.get(number + 1)?.as_ref().map(|(_, value)| value.clone());
            }
            (mark == '=' && (*key == wanted || key == name)).then(|| value.clone())
        })
    };
    let names = |key: &str| {
        let last = key.rsplit('.').next().unwrap_or_default();
        last == "fileName" || mark == '=' && last.eq_ignore_ascii_case("file") && key.contains('.')
    };
    let files = (1..).zip(&all).filter_map(|(number, held)| Some((number, held.as_ref()?)));
    files
        .filter(|(_, (key, _))| names(key))
        .map(|(number, (_, value))| (number, fill(value, &property, &|_, _| true)))
        .collect()
}

fn attribute(line: &str, name: &str) -> Option<String> {
    let at = line.find(&format!("{name}=\""))? + name.len() + 2;
    line.get(at..)?.split('"').next().map(str::to_owned)
}

/// Fills in Log4j's `${name}` with properties of the same file, and `${sys:name:-default}` with
/// the default.
fn fill_log4j(value: &str, text: &str) -> String {
    let property = |name: &str| {
        text.lines().filter(|line| line.contains("<Property")).find_map(|line| {
            let rest = line.split(&format!("name=\"{name}\"")).nth(1)?;
            attribute(rest, "value").or_else(|| {
                let (_, text) = rest.split_once('>')?;
                text.split("</").next().map(|text| text.trim().to_owned())
            })
        })
    };
    fill(value, &property, &|inner, replacement| !replacement.contains(&format!("${{{inner}}}")))
}

/// Fills in logback's `${NAME:-default}` with properties of the same file, which may be settings of
/// Spring.
fn fill_logback(value: &str, text: &str, setting: &dyn Fn(&str) -> Option<String>) -> String {
    let of_spring = |name: &str| {
        let mut lines = text.lines().filter(|line| line.contains("<springProperty"));
        let line = lines.find(|line| attribute(line, "name").as_deref() == Some(name))?;
        let stated = attribute(line, "source").and_then(|key| setting(&key));
        stated.or_else(|| attribute(line, "defaultValue"))
    };
    let property = |name: &str| {
        let defined =
            text.lines().filter(|line| line.contains("<property") || line.contains("<variable"));
        defined
            .filter(|line| attribute(line, "name").as_deref() == Some(name))
            .find_map(|line| attribute(line, "value"))
            .or_else(|| of_spring(name))
    };
    fill(value, &property, &|_, _| true)
}

/// `value` with its references replaced by `property` or by their default. It stops at a reference
/// that leads to nothing, or to something that `takes` refuses.
fn fill(
    value: &str,
    property: &dyn Fn(&str) -> Option<String>,
    takes: &dyn Fn(&str, &str) -> bool,
) -> String {
    let mut value = value.to_owned();
    // The limit ends references that lead back to themselves.
    for _ in 0..8 {
        let Some(start) = value.find("${") else { break };
        let Some(end) = value[start..].find('}') else { break };
        let inner = &value[start + 2..start + end];
        let (name, default) = inner.split_once(":-").unwrap_or((inner, ""));
        let replacement = property(name).unwrap_or_else(|| default.to_owned());
        if replacement.is_empty() || !takes(inner, &replacement) {
            break;
        }
        value.replace_range(start..=start + end, &replacement);
    }
    value
}

/// The part of a folder before a component that changes with the time: `logs/%d{yyyy-MM}`.
fn known(folder: &str) -> &str {
    let end = folder.find('%').map(|at| folder[..at].rfind('/').unwrap_or(0));
    end.map_or(folder, |end| &folder[..end])
}

/// Adds the folder that a setting of a log names, or that of its file.
pub(super) fn written(program: &mut Program, value: &str, is_file: bool, evidence: Evidence) {
    let value = &value.replace("${user.home}", HOME).replace("${sys:user.home}", HOME);
    let value = if value.starts_with('/') { value.to_owned() } else { relative(value) };
    let folder =
        if is_file { value.rsplit_once('/').map_or("", |(folder, _)| folder) } else { &value };
    // The name of a file may be open where its folder is known: `logs/${name}-%d.log`.
    let open = |text: &str| text.contains("${") || is_file && text.contains('%');
    let folder = if is_file { known(folder) } else { folder };
    let unknown = open(folder) || folder.is_empty() && value.contains("${");
    if value.is_empty() || unknown || value.starts_with("..") || value.starts_with("/tmp") {
        return;
    }
    if !folder.is_empty() {
        write(program, folder, evidence);
    } else if is_file {
        program.findings.push(Finding::writes_beside_program(Some(&value), [evidence]).with_fix(
            "log to standard output, where a container's log belongs, or write into a folder \
                 of its own",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_in_files() {
        for (address, file) in [
            ("jdbc:h2:file:./data/app;MODE=x", Some("./data/app")),
            ("jdbc:h2:mem:test", None),
            ("jdbc:h2:~/test", Some("~/test")),
            ("jdbc:sqlite:app.db?x", Some("app.db")),
            ("jdbc:sqlite::memory:", None),
            ("jdbc:hsqldb:file:db/x", Some("db/x")),
            ("jdbc:hsqldb:mem:x", None),
            ("jdbc:duckdb:data/x.duckdb", Some("data/x.duckdb")),
            ("jdbc:duckdb:", None),
            ("jdbc:derby://host/x", None),
            ("jdbc:postgresql://x/y", None),
        ] {
            assert_eq!(database_file(address), file, "{address}");
        }
    }

    #[test]
    fn a_folder_is_known_where_the_name_of_the_file_is_open() {
        let folders = |value: &str, is_file: bool| {
            let pom = RelPath::new("pom.xml").unwrap();
            let evidence = Evidence::file(&pom, "x");
            let mut program =
                Program::new("a", "a".to_owned(), crate::facts::Kind::Service, evidence.clone());
            written(&mut program, value, is_file, evidence);
            program.writable.into_iter().map(|held| held.value).collect::<Vec<_>>()
        };
        assert_eq!(folders("logs/${name}-%d.log", true), ["logs"]);
        assert_eq!(folders("logs/%d{yyyy-MM}/a.log", true), ["logs"]);
        assert!(folders("${dir}/a.log", true).is_empty());
        assert!(folders("${dir}", false).is_empty());
    }

    #[test]
    fn logback_properties() {
        let text = "<property name=\"dir\" value=\"/data/${sub:-logs}\"/>";
        let none = |_: &str| None;
        assert_eq!(fill_logback("${dir}/a.log", text, &none), "/data/logs/a.log");
        let own = "<property name=\"x\" value=\"${x}\"/>";
        assert_eq!(fill_logback("${x}", own, &none), "${x}");
        let spring = "<springProperty name=\"d\" source=\"app.logs\" defaultValue=\"logs\"/>";
        assert_eq!(fill_logback("${d}/a.log", spring, &none), "logs/a.log");
        assert_eq!(fill_logback("${d}/a.log", spring, &|_| Some("j".to_owned())), "j/a.log");
    }

    #[test]
    fn log4j_reads_properties_and_yaml() {
        let files = |text: &str, mark: char| {
            files_of_log4j(text, mark).into_iter().map(|(_, file)| file).collect::<Vec<_>>()
        };
        let text = "property.dir = ${sys:logs:-/var/log/a}\nappender.f.fileName = ${dir}/a.log\n";
        assert_eq!(files(text, '='), ["/var/log/a/a.log"]);
        assert_eq!(
            files("log.dir=logs\nlog4j.appender.F.File=${log.dir}/a.log\n", '='),
            ["logs/a.log"]
        );
        let yaml = "Property:\n  - name: dir\n    value: logs\nFile:\n  fileName: ${dir}/a.log\n";
        assert_eq!(files(yaml, ':'), ["logs/a.log"]);
    }
}

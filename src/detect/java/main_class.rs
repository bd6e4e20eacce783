//! Classes with a main method where Spring Boot's plugin looks for one: it stops if there are several
//! that nothing tells apart, and if there is none.

use super::artifact::{SPRING_BOOT, Shape};
use super::plugins::{self, Plugin};
use super::pom::Model;
use super::source::Source;
use super::{App, codes};
use crate::facts::{Evidence, Finding};

/// Settings of the plugin and properties with which a pom names the class.
const NAMING: [&str; 3] = ["start-class", "spring-boot.run.main-class", "mainClass"];
/// How many classes are named.
const MAX_NAMED: usize = 4;

/// What stops the plugin, in the application's own module or in one that is built with it.
pub(super) fn unclear(app: &App, shape: &Shape, sources: &[Source]) -> Vec<Finding> {
    let packed = matches!(shape, Shape::Layers { .. } | Shape::Whole);
    let Some(plugin) = app.plugins.get(SPRING_BOOT).filter(|_| packed) else { return Vec::new() };
    let dir = app.model.dir();
    let named = is_named(&app.model, plugin)
        || app
            .plugins
            .values()
            .any(|plugin| plugin.anywhere(&app.model, "archive/manifest/mainClass").is_some());
    let own = sources.iter().filter(|source| source.path.is_within(&dir));
    let mains: Vec<(&Source, String, usize)> = own
        .filter_map(|source| source.main_class().map(|(class, at)| (source, class, at)))
        .collect();
    let marked: Vec<_> =
        mains.iter().filter(|(source, ..)| source.names("SpringBootApplication")).collect();
    let mut findings = Vec::new();
    if !named && (marked.len() > 1 || marked.is_empty() && mains.len() > 1) {
        let all: Vec<_> = if marked.is_empty() { mains.iter().collect() } else { marked };
        let all = all.into_iter().take(MAX_NAMED);
        let classes: Vec<&str> = all.clone().map(|(_, class, _)| class.as_str()).collect();
        let what = format!(
            "spring-boot-maven-plugin finds several main classes, and no pom names one: {}",
            classes.join(", ")
        );
        let evidence = all.map(|(source, _, at)| source.evidence(*at, "a main method"));
        findings.push(Finding::new(codes::MAIN_CLASS_UNCLEAR, what, evidence));
    }
    findings.extend(none(app, sources));
    findings
}

/// True if a pom names the class.
fn is_named(model: &Model, plugin: &Plugin) -> bool {
    NAMING.iter().any(|name| model.property(name).is_some())
        || plugin.anywhere(model, "mainClass").is_some()
}

/// True for a module with sources of which none has a main method.
pub(super) fn is_without(model: &Model, sources: &[Source]) -> bool {
    let dir = model.dir();
    let mut own = sources.iter().filter(|source| source.path.is_within(&dir)).peekable();
    own.peek().is_some() && own.all(|source| source.main_class().is_none())
}

/// A library of the same build that inherits the plugin, and has no class with a main method.
fn none(app: &App, sources: &[Source]) -> Option<Finding> {
    app.siblings.iter().find_map(|model| {
        let all = plugins::of(model);
        let plugin = all.get(SPRING_BOOT).filter(|_| model.packaging() == "jar")?;
        let by_parent =
            model.foreign.as_ref().is_some_and(|foreign| app.tables.repackages(&foreign.key));
        let skips = plugin.anywhere(model, "skip").is_some_and(|(text, _)| text == "true");
        let runs = by_parent || plugin.running("repackage").next().is_some();
        let stops = runs && !skips && !is_named(model, plugin) && is_without(model, sources);
        stops.then(|| {
            let name = model.artifact_id();
            let what = format!(
                "spring-boot-maven-plugin repackages the module {name} too, which has no main class"
            );
            let here = Evidence::at(model.path(), model.line("artifactId"), "the module");
            Finding::new(codes::MAIN_CLASS_UNCLEAR, what, [plugin.evidence.clone(), here]).with_fix(
                format!(
                    "move the plugin into the pom of the module that is started, or set \
                     <skip>true</skip> for it in that of {name}"
                ),
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;

    const POM: &str = "<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>4.1.1</version><relativePath/></parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version>MORE<properties><java.version>21</java.version>PROPS</properties><build><plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>";

    fn said(root: &str, files: &[(&str, &str)]) -> Vec<String> {
        let all = [("pom.xml", root)].into_iter().chain(files.iter().copied());
        let repo = Repo::from_files(all);
        let dir = if files.iter().any(|(path, _)| path.starts_with("web/")) {
            crate::repo::Dir::new(&repo, crate::path::RelPath::new("web").unwrap())
        } else {
            repo.root()
        };
        let facts = (crate::detect::java::LANGUAGE.detect)(&dir).unwrap().unwrap();
        let found = facts.programs[0].findings.iter();
        found.filter(|f| f.code.as_str() == "main-class-unclear").map(|f| f.what.clone()).collect()
    }

    fn main(name: &str) -> String {
        format!(
            "package g; @SpringBootApplication class {name} {{ public static void main(String[] a) {{}} }}"
        )
    }

    #[test]
    fn several_main_classes_or_none_are_said() {
        let (one, two) = (main("A"), main("B"));
        let files = [("src/main/java/g/A.java", one.as_str()), ("src/main/java/g/B.java", &two)];
        let alone = POM.replace("MORE", "").replace("PROPS", "");
        assert_eq!(said(&alone, &files).len(), 1);
        assert!(said(&alone, &files[..1]).is_empty());
        let named = POM.replace("MORE", "").replace("PROPS", "<start-class>g.A</start-class>");
        assert!(said(&named, &files).is_empty());
        let tool = two.replace("@SpringBootApplication ", "");
        assert!(said(&alone, &[files[0], ("src/main/java/g/B.java", &tool)]).is_empty());

        let more = "<packaging>pom</packaging><modules><module>core</module><module>web</module></modules>";
        let root = POM.replace("MORE", more).replace("PROPS", "");
        let child = |name: &str, rest: &str| {
            format!(
                "<project><parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version></parent><artifactId>{name}</artifactId>{rest}</project>"
            )
        };
        let uses = "<dependencies><dependency><groupId>g</groupId><artifactId>core</artifactId><version>1</version></dependency></dependencies>";
        let (core, web) = (child("core", ""), child("web", uses));
        let files = [
            ("core/pom.xml", core.as_str()),
            ("web/pom.xml", web.as_str()),
            ("core/src/main/java/g/C.java", "package g; class C {}"),
            ("web/src/main/java/g/A.java", one.as_str()),
        ];
        let found = said(&root, &files);
        assert!(found.len() == 1 && found[0].contains("module core"), "{found:?}");
    }
}

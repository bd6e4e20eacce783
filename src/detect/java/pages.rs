//! Pages that another package of the repository builds and that the jar or war contains.

use super::App;
use super::maven;
use super::pom::{Model, relative};
use super::xml::{self, Element};
use crate::detect::{add_front_end, certain_suppliers, suppliers};
use crate::facts::{Evidence, Program};
use crate::path::RelPath;

use anyhow::Result;

/// Folders whose content a server delivers once Maven has packed it: Spring Boot, servlet
/// containers, Quarkus and Micronaut.
/// <https://docs.spring.io/spring-boot/reference/web/servlet.html>,
/// <https://quarkus.io/guides/http-reference#serving-static-resources>.
const PACKED: [&str; 4] = [
    "src/main/resources/static",
    "src/main/resources/public",
    "src/main/resources/META-INF/resources",
    "src/main/webapp",
];

/// Adds front ends whose output is written, or moved, to a folder that Maven packs, and that git
/// does not hold.
pub(super) fn front_ends(program: &mut Program, app: &App) -> Result<()> {
    if maven::builds_pages(app)? {
        return Ok(());
    }
    for model in std::iter::once(&app.model).chain(&app.siblings) {
        let folders = PACKED.iter().filter_map(|folder| model.dir().join(folder));
        for folder in folders {
            for mut made in certain_suppliers(app.dir.repo, &app.context, &folder) {
                let note = format!("{folder} is packed into the archive");
                made.evidence.insert(0, Evidence::file(model.path(), note));
                add_front_end(&mut program.front_ends, made);
            }
        }
        for (path, evidence) in read(app, model) {
            for mut made in suppliers(app.dir.repo, &app.context, &path) {
                made.evidence.insert(0, evidence.clone());
                add_front_end(&mut program.front_ends, made);
            }
        }
    }
    for (path, way, evidence) in assembled(app)? {
        for mut made in suppliers(app.dir.repo, &app.context, &path) {
            made.evidence.insert(0, evidence.clone());
            made.value.opened = Some(way.clone());
            add_front_end(&mut program.front_ends, made);
        }
    }
    Ok(())
}

const RESOURCES: &str = "org.apache.maven.plugins:maven-resources-plugin";
const ASSEMBLY: &str = "org.apache.maven.plugins:maven-assembly-plugin";

/// The path that a pom or a descriptor names: from the folder of its module, or from the root of the
/// build.
fn path_of(app: &App, model: &Model, text: &str) -> Option<RelPath> {
    const HERE: [&str; 2] = ["${project.basedir}", "${basedir}"];
    const TOP: [&str; 3] = [
        "${maven.multiModuleProjectDirectory}",
        "${session.executionRootDirectory}",
        "${project.parent.basedir}",
    ];
    let text = text.trim();
    let top = TOP.iter().find_map(|base| text.strip_prefix(base));
    let here = HERE.iter().find_map(|base| text.strip_prefix(base)).unwrap_or(text);
    let folder = match top {
        Some(_) => app.reactor.pom.parent().unwrap_or_default(),
        None => model.dir(),
    };
    let way = model.resolve(top.unwrap_or(here).trim_start_matches('/'));
    (!way.contains("${")).then(|| folder.join(&relative(&way))).flatten()
}

/// The folders outside of the usual ones whose content the build of a module copies into its archive:
/// `<resource>` of the build, and of executions of maven-resources-plugin.
fn read(app: &App, model: &Model) -> Vec<(RelPath, Evidence)> {
    let mut lists: Vec<(RelPath, Vec<Element>)> = Vec::new();
    for (path, scope) in model.scopes() {
        lists.push((path.clone(), scope.list("build/resources").cloned().collect()));
    }
    for (key, plugin) in super::plugins::of(model) {
        if key != RESOURCES {
            continue;
        }
        for execution in plugin.running("copy-resources") {
            if let Some((path, list)) = plugin.element_of(execution, "resources") {
                lists.push((path.clone(), list.children.clone()));
            }
        }
    }
    let mut all = Vec::new();
    for (file, list) in lists {
        for directory in list.iter().filter_map(|one| one.child("directory")) {
            let note = format!("Maven copies <directory>{}</directory>", directory.text);
            let evidence = Evidence::at(&file, directory.line, note);
            all.extend(path_of(app, model, &directory.text).map(|path| (path, evidence)));
        }
    }
    all
}

/// The folders that the descriptor of an assembly places beside the archive, with their places there:
/// <https://maven.apache.org/plugins/maven-assembly-plugin/assembly.html>.
fn assembled(app: &App) -> Result<Vec<(RelPath, String, Evidence)>> {
    let mut all = Vec::new();
    let Some(plugin) = app.plugins.get(ASSEMBLY) else { return Ok(all) };
    let of_executions =
        plugin.running("single").filter_map(|e| plugin.element_of(e, "descriptors"));
    for (_, list) in of_executions.collect::<Vec<_>>() {
        for descriptor in &list.children {
            let Some(file) = path_of(app, &app.model, &descriptor.text) else { continue };
            let Some(text) = app.dir.repo.text(&file)? else { continue };
            let root = xml::parse(&file, &text)?;
            for set in root.walk().filter(|element| element.name == "fileSet") {
                let Some(from) = set.child("directory") else { continue };
                let to = set.text_at("outputDirectory").unwrap_or_default();
                let to = to.trim_start_matches("./").trim_matches('/');
                let known = !to.is_empty() && to != "." && !to.contains(['$', '\\']);
                if let Some(path) = path_of(app, &app.model, &from.text).filter(|_| known) {
                    let note = format!("the assembly holds it as {to}");
                    all.push((path, to.to_owned(), Evidence::at(&file, from.line, note)));
                }
            }
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use crate::detect::java;
    use crate::repo::Repo;

    /// The outputs of the front ends of a program beside the package `ui`, and its findings.
    fn of(plugin: &str, others: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let pom = format!(
            "<project><groupId>g</groupId><artifactId>app</artifactId><version>1</version>\
             <packaging>jar</packaging><build><plugins>{plugin}</plugins></build></project>"
        );
        let package = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        let main = "package g; public class App { public static void main(String[] a) {} }";
        let files = [
            ("pom.xml", pom.as_str()),
            ("src/main/java/g/App.java", main),
            ("ui/package.json", package),
        ];
        let repo = Repo::from_files(files.iter().chain(others).copied());
        let facts = (java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let made = facts.programs[0].front_ends.iter().map(|made| made.value.output.to_string());
        (made.collect(), facts.findings.iter().map(|found| found.code.to_string()).collect())
    }

    #[test]
    fn pages_that_the_code_serves_from_the_folder_of_their_build() {
        let web = "package g; public class App { public static void main(String[] a) { Javalin.create(c -> c.staticFiles.add(\"ui/dist\", Location.EXTERNAL)).start(7044); } }";
        let (made, _) = of("", &[("src/main/java/g/App.java", web), (".gitignore", "ui/dist\n")]);
        assert_eq!(made, ["ui/dist"]);
    }

    #[test]
    fn pages_that_are_moved_or_written_to_what_maven_packs() {
        let moves = ("Makefile", "ui:\n\tcp -r ui/dist/. src/main/resources/static/\n");
        assert_eq!(of("", &[moves]).0, ["src/main/resources/static"]);
        let config = "export default { build: { outDir: '../src/main/resources/public' } }";
        let writes = ("ui/vite.config.js", config);
        assert_eq!(of("", &[writes]).0, ["src/main/resources/public"]);
        // A build that writes among the resources of the repository need not make these folders.
        let config = "export default { build: { outDir: '../src/main/resources' } }";
        let held = ("src/main/resources/application.yml", "a: b\n");
        assert!(of("", &[("ui/vite.config.js", config), held]).0.is_empty());
        // Committed pages are packed as they are; a plugin builds its own.
        let held = ("src/main/resources/static/app.js", "");
        assert!(of("", &[moves, held]).0.is_empty() && of("", &[]).0.is_empty());
        let frontend = "<plugin><groupId>com.github.eirslett</groupId>\
            <artifactId>frontend-maven-plugin</artifactId></plugin>";
        assert!(of(frontend, &[moves]).0.is_empty());
    }

    #[test]
    fn pages_that_maven_copies_from_another_package() {
        let copies = |directory: &str| {
            format!(
                "<plugin><artifactId>maven-resources-plugin</artifactId><executions><execution>\
                 <phase>process-resources</phase><goals><goal>copy-resources</goal></goals>\
                 <configuration><outputDirectory>target/classes/static</outputDirectory><resources>\
                 <resource><directory>{directory}</directory></resource></resources></configuration>\
                 </execution></executions></plugin>"
            )
        };
        let page = ("ui/index.html", "<script type=module src=/main.js></script>");
        for directory in ["ui/dist", "${project.basedir}/ui/dist", "${basedir}/ui/dist/"] {
            assert_eq!(of(&copies(directory), &[page]).0, ["ui/dist"], "{directory}");
        }
        assert!(of(&copies("${web}/dist"), &[page]).0.is_empty());
        assert!(of(&copies("ui/dist"), &[page, ("ui/dist/app.js", "")]).0.is_empty());
        let assembly = "<plugin><artifactId>maven-assembly-plugin</artifactId><executions><execution>\
            <phase>package</phase><goals><goal>single</goal></goals></execution></executions>\
            <configuration><descriptors><descriptor>src/dist.xml</descriptor></descriptors></configuration></plugin>";
        let sets = |to: &str| {
            format!(
                "<assembly><fileSets><fileSet><directory>ui/dist</directory>\
                 <outputDirectory>{to}</outputDirectory></fileSet></fileSets></assembly>"
            )
        };
        let (with, without) = (sets("/pages"), sets("/"));
        assert_eq!(of(assembly, &[page, ("src/dist.xml", &with)]).0, ["ui/dist"]);
        assert!(of(assembly, &[page, ("src/dist.xml", &without)]).0.is_empty());
    }

    #[test]
    fn a_program_that_the_build_starts_is_said() {
        let runs = |program: &str| {
            let plugin = format!(
                "<plugin><groupId>org.codehaus.mojo</groupId><artifactId>exec-maven-plugin</artifactId>\
                 <executions><execution><phase>generate-resources</phase><goals><goal>exec</goal></goals>\
                 <configuration><executable>{program}</executable></configuration></execution>\
                 </executions></plugin>"
            );
            of(&plugin, &[]).1.contains(&"build-program-missing".to_owned())
        };
        assert!(runs("npm") && !runs("java") && !runs("${node}"));
    }
}

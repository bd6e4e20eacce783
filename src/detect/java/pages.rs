//! Pages that another package of the repository builds and that the jar or war contains.

use super::App;
use super::maven;
use crate::detect::{add_front_end, suppliers};
use crate::facts::{Evidence, Program};

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
            for mut made in suppliers(app.dir.repo, &app.context, &folder) {
                let note = format!("{folder} is packed into the archive");
                made.evidence.insert(0, Evidence::file(model.path(), note));
                add_front_end(&mut program.front_ends, made);
            }
        }
    }
    Ok(())
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
    fn pages_that_are_moved_or_written_to_what_maven_packs() {
        let moves = ("Makefile", "ui:\n\tcp -r ui/dist/. src/main/resources/static/\n");
        assert_eq!(of("", &[moves]).0, ["src/main/resources/static"]);
        let config = "export default { build: { outDir: '../src/main/resources/public' } }";
        let writes = ("ui/vite.config.js", config);
        assert_eq!(of("", &[writes]).0, ["src/main/resources/public"]);
        // Committed pages are packed as they are; a plugin builds its own.
        let held = ("src/main/resources/static/app.js", "");
        assert!(of("", &[moves, held]).0.is_empty() && of("", &[]).0.is_empty());
        let frontend = "<plugin><groupId>com.github.eirslett</groupId>\
            <artifactId>frontend-maven-plugin</artifactId></plugin>";
        assert!(of(frontend, &[moves]).0.is_empty());
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

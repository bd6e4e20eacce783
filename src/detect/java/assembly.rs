//! Assemblies that the build of an image cannot make, because the descriptor or a file that it takes
//! is not in the build context: the plugin would stop the build. The image holds nothing of them.

use anyhow::Result;

use super::App;
use super::codes;
use super::database::PHASES;
use super::plugins;
use super::pom::{Model, relative};
use super::xml;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;

const PLUGIN: &str = "org.apache.maven.plugins:maven-assembly-plugin";

/// The option that skips the plugin:
/// <https://maven.apache.org/plugins/maven-assembly-plugin/single-mojo.html#skipAssembly>.
const SKIP: &str = "-Dassembly.skipAssembly=true";

/// The option that skips an assembly, and what is said of it.
pub(super) fn skipped(app: &App, selected: &[&Model]) -> Result<Option<(String, Finding)>> {
    for model in selected {
        if let Some(finding) = unmade(app, model)? {
            return Ok(Some((SKIP.to_owned(), finding)));
        }
    }
    Ok(None)
}

fn unmade(app: &App, model: &Model) -> Result<Option<Finding>> {
    let Some(plugin) = plugins::of(model).remove(PLUGIN) else { return Ok(None) };
    let repo = app.dir.repo;
    for run in plugin.running("single") {
        // The goal has no phase of its own.
        if !run.phase().is_some_and(|phase| PHASES.contains(&phase)) {
            continue;
        }
        let Some((pom, list)) = plugin.element_of(run, "descriptors") else { continue };
        for descriptor in &list.children {
            let Some(path) = place(model, &descriptor.text) else { continue };
            let Some(text) = repo.text(&path)? else {
                let at = Evidence::at(pom, descriptor.line, "<descriptor>");
                return Ok(Some(finding(&path, "the repository does not hold", at)));
            };
            let Ok(root) = xml::parse(&path, &text) else { continue };
            for file in root.walk().filter(|element| element.name == "file") {
                let Some(source) = file.child("source") else { continue };
                let Some(taken) = place(model, &source.text) else { continue };
                let what = if !repo.exists(&taken) {
                    "the repository does not hold"
                } else if taken.extension() == "md" {
                    "the build context leaves out"
                } else {
                    continue;
                };
                let at = Evidence::at(&path, source.line, "<source>");
                return Ok(Some(finding(&taken, what, at)));
            }
        }
    }
    Ok(None)
}

fn finding(path: &RelPath, what: &str, at: Evidence) -> Finding {
    let text =
        format!("the assembly takes {path}, which {what}; this image's build skips the assembly");
    Finding::new(codes::ASSEMBLY_SKIPPED, text, [at])
}

/// A file of the sources; `None` for what the build makes, and for a place that is not known.
fn place(model: &Model, text: &str) -> Option<RelPath> {
    const HERE: [&str; 2] = ["${project.basedir}", "${basedir}"];
    let text = text.trim();
    let way = HERE.iter().find_map(|base| text.strip_prefix(base)).unwrap_or(text);
    let way = model.resolve(way.trim_start_matches('/'));
    let made = relative(&way).starts_with(&format!("{}/", model.build_dir()));
    let known = !way.is_empty() && !way.contains("${") && !way.starts_with('/') && !made;
    known.then(|| model.dir().join(&relative(&way))).flatten()
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;

    /// Whether the build skips the assembly, and whether it is said.
    fn of(phase: &str, files: &[(&str, &str)]) -> (bool, usize) {
        let pom = format!(
            "<project><artifactId>a</artifactId><version>1</version><build><plugins><plugin>\
             <artifactId>maven-assembly-plugin</artifactId><configuration><descriptors>\
             <descriptor>${{project.basedir}}/src/dist.xml</descriptor></descriptors></configuration>\
             <executions><execution>{phase}<goals><goal>single</goal></goals></execution></executions>\
             </plugin></plugins></build></project>"
        );
        let main = "class A { public static void main(String[] args) {} }";
        let own = [("pom.xml", pom.as_str()), ("src/main/java/A.java", main)];
        let repo = Repo::from_files(own.iter().chain(files).copied());
        let facts = (crate::detect::java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let details: crate::detect::java::Details = facts.details().unwrap();
        let said = facts.findings.iter().filter(|f| f.code.as_str() == "assembly-skipped");
        (details.run.options.iter().any(|held| held == super::SKIP), said.count())
    }

    #[test]
    fn assemblies_that_cannot_be_made_are_skipped() {
        let package = "<phase>package</phase>";
        let takes = |source: &str| {
            format!("<assembly><files><file><source>{source}</source></file></files></assembly>")
        };
        assert_eq!(of(package, &[]), (true, 1));
        let gone = takes("etc/app.conf");
        assert_eq!(of(package, &[("src/dist.xml", &gone)]), (true, 1));
        let page = takes("${basedir}/README.md");
        assert_eq!(of(package, &[("src/dist.xml", &page), ("README.md", "#")]), (true, 1));
        // All of it is in the context, is made by the build, or no phase makes it.
        let held = [("src/dist.xml", gone.as_str()), ("etc/app.conf", "")];
        assert_eq!(of(package, &held), (false, 0));
        let made = takes("target/a-1.jar");
        assert_eq!(of(package, &[("src/dist.xml", &made)]), (false, 0));
        assert_eq!(of(package, &[("src/dist.xml", &takes("${other}/x"))]), (false, 0));
        assert_eq!(of("", &[]), (false, 0));
        assert_eq!(of("<phase>deploy</phase>", &[]), (false, 0));
    }
}

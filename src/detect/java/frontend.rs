//! Front ends that frontend-maven-plugin would build, and that this build leaves out: by a property
//! of the pom, by its configuration, or because only a profile holds the plugin.

use super::App;
use super::codes;
use super::plugins;
use super::pom::Model;
use super::xml::Element;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;

/// Plugins that build front ends.
pub(super) const PLUGINS: [&str; 2] =
    ["com.github.eirslett:frontend-maven-plugin", "com.github.phasync:frontend-maven-plugin"];
/// Properties of the plugin that skip its goals.
/// <https://github.com/eirslett/frontend-maven-plugin#skipping-execution>
const SKIPS: [&str; 8] = [
    "skip.npm",
    "skip.npx",
    "skip.yarn",
    "skip.pnpm",
    "skip.bun",
    "skip.gulp",
    "skip.grunt",
    "skip.webpack",
];

/// What is left out; `built` has the profiles of the image's build.
pub(super) fn left_out(app: &App, selected: &[&Model], built: &[String]) -> Option<Finding> {
    selected.iter().find_map(|model| {
        let all = plugins::of(model);
        let plugin = PLUGINS.iter().find_map(|key| all.get(*key));
        let Some(plugin) = plugin else { return in_profile(app, model, built) };
        let by_property = SKIPS.iter().find_map(|key| model.property(key));
        let skipped = by_property.or_else(|| plugin.anywhere(model, "skip"));
        let (_, evidence) = skipped.filter(|(value, _)| value == "true")?;
        Some(Finding::new(
            codes::FRONTEND_LEFT_OUT,
            "the pom tells the build to leave the front end out",
            [evidence, plugin.evidence.clone()],
        ))
    })
}

/// A profile of the pom, not built with, that alone holds the plugin.
fn in_profile(app: &App, model: &Model, built: &[String]) -> Option<Finding> {
    model.lineage.iter().find_map(|level| {
        level.root.list("profiles").find_map(|profile| {
            let id = profile.text_at("id")?;
            let plugin = profile.list("build/plugins").find(|plugin| {
                let artifact = plugin.text_at("artifactId").unwrap_or_default();
                PLUGINS.iter().any(|key| key.ends_with(&format!(":{artifact}")))
            })?;
            let off = built.iter().any(|name| name == id) || !has_pages(app, model, plugin);
            let evidence = Evidence::at(&level.path, plugin.line, format!("profile {id}"));
            (!off).then(|| {
                Finding::new(
                    codes::FRONTEND_LEFT_OUT,
                    format!("only the profile {id} builds the front end, and the image is built without it"),
                    [evidence],
                )
                .with_fix(format!("set `profiles = \"{id}\"` in dockgen.toml"))
            })
        })
    })
}

/// True if the folder in which the plugin works holds a front end.
fn has_pages(app: &App, model: &Model, plugin: &Element) -> bool {
    let mut folders = plugin.walk().filter(|element| element.name == "workingDirectory");
    let folder = folders.next().map_or_else(String::new, |folder| model.resolve(&folder.text));
    let folder = super::pom::relative(&folder);
    let path: Option<RelPath> = model.dir().join(&folder).and_then(|f| f.join("package.json"));
    path.is_some_and(|path| app.dir.repo.is_file(&path))
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;

    fn said(properties: &str, before: &str, configuration: &str, after: &str) -> Option<String> {
        let plugin = format!(
            "<build><plugins><plugin><groupId>com.github.eirslett</groupId><artifactId>frontend-maven-plugin</artifactId><configuration><workingDirectory>ui</workingDirectory>{configuration}</configuration><executions><execution><goals><goal>npm</goal></goals></execution></executions></plugin></plugins></build>"
        );
        let pom = format!(
            "<project><artifactId>a</artifactId><version>1</version><properties>{properties}</properties>{before}{plugin}{after}</project>"
        );
        let files = [
            ("pom.xml", pom.as_str()),
            ("src/main/java/A.java", "class A { public static void main(String[] args) {} }"),
            ("ui/package.json", "{\"name\": \"ui\", \"scripts\": {\"build\": \"vite build\"}}"),
        ];
        let repo = Repo::from_files(files);
        let facts = (crate::detect::java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let found = facts.findings.into_iter().find(|f| f.code.as_str() == "frontend-left-out");
        found.map(|found| found.what)
    }

    #[test]
    fn a_front_end_that_is_not_built_is_said() {
        assert!(said("<skip.npm>true</skip.npm>", "", "", "").is_some());
        assert!(said("<no.ui>true</no.ui>", "", "<skip>${no.ui}</skip>", "").is_some());
        assert!(said("<no.ui>false</no.ui>", "", "<skip>${no.ui}</skip>", "").is_none());
        let (before, after) = ("<profiles><profile><id>web</id>", "</profile></profiles>");
        assert!(said("", before, "", after).unwrap().contains("only the profile web"));
        assert!(said("", "", "", "").is_none());
    }
}

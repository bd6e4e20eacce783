//! Plugins that build an image or a native program in a phase up to `package`: the build inside of
//! an image has no engine, no registry and no `GraalVM`, so it skips them.

use super::App;
use super::codes;
use super::database::PHASES;
use super::plugins;
use super::pom::Model;
use crate::facts::Finding;

/// The `-D` options that skip them, and what is said of each.
pub(super) fn skipped(app: &App, selected: &[&Model]) -> (Vec<String>, Vec<Finding>) {
    let (mut options, mut findings) = (Vec::new(), Vec::new());
    for row in &app.tables.ships {
        let option = format!("-D{}=true", row.skip);
        let found = selected.iter().find_map(|model| {
            let plugin = plugins::of(model).remove(&row.plugin)?;
            let runs = plugin.executions.values().any(|run| {
                let phase = run.phase().or(row.phase.as_deref());
                let off = plugin.text_of(model, run, "skip").is_some_and(|(v, _)| v == "true");
                !off && phase.is_some_and(|phase| PHASES.contains(&phase))
                    && run.goals.iter().any(|goal| row.goals.contains(goal))
            });
            runs.then_some(plugin)
        });
        let Some(plugin) = found else { continue };
        if options.contains(&option) {
            continue;
        }
        let name = row.plugin.rsplit(':').next().unwrap_or_default();
        findings.push(Finding::new(
            codes::SHIPPING_SKIPPED,
            format!("{name} makes {} while Maven packages; this image's build skips it", row.makes),
            [plugin.evidence],
        ));
        options.push(option);
    }
    (options, findings)
}

#[cfg(test)]
mod tests {
    use crate::repo::Repo;

    fn options(plugin: &str) -> (Vec<String>, usize) {
        let pom = format!(
            "<project><artifactId>a</artifactId><version>1</version><build><plugins>{plugin}</plugins></build></project>"
        );
        let main = "class A { public static void main(String[] args) {} }";
        let repo = Repo::from_files([("pom.xml", pom.as_str()), ("src/main/java/A.java", main)]);
        let facts = (crate::detect::java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let details: crate::detect::java::Details = facts.details().unwrap();
        let said = facts.findings.iter().filter(|f| f.code.as_str() == "shipping-skipped");
        (details.run.options, said.count())
    }

    fn plugin(key: &str, phase: &str, goal: &str) -> String {
        let (group, artifact) = key.split_once(':').unwrap();
        format!(
            "<plugin><groupId>{group}</groupId><artifactId>{artifact}</artifactId><executions><execution>{phase}<goals><goal>{goal}</goal></goals></execution></executions></plugin>"
        )
    }

    #[test]
    fn plugins_that_build_images_while_packaging_are_skipped() {
        let package = "<phase>package</phase>";
        for (key, phase, goal, option) in [
            ("io.fabric8:docker-maven-plugin", package, "build", "-Ddocker.skip=true"),
            ("com.google.cloud.tools:jib-maven-plugin", package, "build", "-Djib.skip=true"),
            ("com.spotify:dockerfile-maven-plugin", "", "build", "-Ddockerfile.skip=true"),
            ("org.graalvm.buildtools:native-maven-plugin", "", "compile", "-DskipNativeBuild=true"),
        ] {
            let (options, said) = options(&plugin(key, phase, goal));
            assert!(options.iter().any(|held| held == option) && said == 1, "{key}: {options:?}");
        }
        let deploy = "<phase>deploy</phase>";
        for (key, phase, goal) in [
            ("io.fabric8:docker-maven-plugin", deploy, "build"),
            ("com.google.cloud.tools:jib-maven-plugin", "", "build"),
        ] {
            assert_eq!(options(&plugin(key, phase, goal)).1, 0, "{key}");
        }
    }
}

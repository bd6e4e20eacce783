//! Applications that Gradle builds. dockgen does not plan them, nor anything else in their place.

use anyhow::Result;

use crate::detect::Unsupported;
use crate::repo::Dir;

/// The files that mark a folder as Gradle's.
pub(super) const FILES: [&str; 4] =
    ["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"];
/// Words in a build file that builds something to start: plugins, and names of their settings.
const STARTS: [&str; 14] = [
    "'application'",
    "\"application\"",
    "org.springframework.boot",
    "spring.boot",
    "springBoot",
    "bootJar",
    "mainClass",
    "io.quarkus",
    "io.micronaut.",
    "io.ktor.plugin",
    "ktor.plugin",
    "shadowJar",
    "'war'",
    "\"war\"",
];
/// Words in the build file of a mobile application.
const OTHERS: [&str; 3] = ["com.android.", "android {", "react-native"];

/// Refuses a folder that holds an application built by Gradle and no pom.
///
/// # Errors Fails if the folder is one.
pub(super) fn refuse(dir: &Dir) -> Result<()> {
    for name in FILES {
        let Some((path, text)) = dir.text(name)? else { continue };
        let code = || text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        // An application for phones does not run in a container.
        if code().any(|line| OTHERS.iter().any(|word| line.contains(word))) {
            return Ok(());
        }
        let starts = code()
            .any(|line| line == "application" || STARTS.iter().any(|word| line.contains(word)));
        if starts {
            return Err(Unsupported(format!(
                "{path}: Gradle is not supported yet: dockgen plans Java that Maven builds (pom.xml)"
            ))
            .into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn applications_are_refused_with_their_file() {
        let of = |name: &str, text: &str| {
            let repo = Repo::from_files([(name, text)]);
            let found = refuse(&repo.root());
            found.err().map(|error| (error.is::<Unsupported>(), error.to_string()))
        };
        for (name, text) in [
            ("build.gradle", "plugins {\n  id 'application'\n}\n"),
            ("build.gradle.kts", "plugins {\n    application\n}\n"),
            ("build.gradle", "apply plugin: 'org.springframework.boot'\n"),
            ("build.gradle.kts", "plugins { alias(libs.plugins.spring.boot) }\n"),
        ] {
            let (unsupported, said) = of(name, text).unwrap();
            let what = format!("{name}: Gradle is not supported yet");
            assert!(unsupported && said.starts_with(&what), "{said}");
        }
        assert_eq!(of("build.gradle", "plugins { id 'java-library' }\n// 'application'\n"), None);
        assert_eq!(of("build.gradle", "apply plugin: 'com.android.application'\n"), None);
    }
}

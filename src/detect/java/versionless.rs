//! The name of the archive without its version, so that a release does not break the Dockerfile.

use serde::Serialize;

use super::App;
use super::artifact::{Artifact, SPRING_BOOT, Shape};
use super::plugins::Plugin;
use crate::detect::java::codes;
use crate::facts::{Evidence, Finding};

/// Plugins that put further archives beside the program's, each with the option that leaves them
/// out.
const BESIDE: [(&str, &str, &str); 2] = [
    ("org.apache.maven.plugins:maven-source-plugin", "jar", "-Dmaven.source.skip=true"),
    ("org.apache.maven.plugins:maven-javadoc-plugin", "jar", "-Dmaven.javadoc.skip=true"),
];

/// The path of a file, relative to the project, split where the version is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Versioned {
    pub(super) before: String,
    pub(super) after: String,
    /// The path without the version.
    pub(super) to: String,
    /// Options that leave out files which the pattern would match too.
    pub(super) options: Vec<String>,
}

/// How to find the archive whatever its version is. `None` if its name has no version, or if the
/// pattern could match another archive.
pub(super) fn versioned(app: &App, built: &Artifact) -> Option<Versioned> {
    let found = cut(app, built)?;
    (built.file.ends_with('/') || !several(app, &found.after)).then_some(found)
}

fn cut(app: &App, built: &Artifact) -> Option<Versioned> {
    let folder = match built.shape {
        Shape::Layers { .. } | Shape::Whole | Shape::Manifest { .. } => "",
        Shape::Servlet { .. } => "/",
        Shape::FastJar | Shape::Classes { .. } => return None,
    };
    let version = app.model.version().filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))?;
    let name = built.file.rsplit('/').next().unwrap_or_default();
    let at = built.file.len() - name.len() + name.rfind(&format!("-{version}"))?;
    let (stem, rest) = (&built.file[..at], &built.file[at + 1 + version.len()..]);
    // `app-1.0` must not match in `app-1.0.5`.
    if stem.is_empty() || stem.ends_with('/') || rest.starts_with(|c: char| c.is_alphanumeric()) {
        return None;
    }
    let mut options = Vec::new();
    // A parent outside the repository may declare the plugins.
    let foreign =
        app.model.foreign.as_ref().is_some_and(|parent| {
            !app.tables.parent.iter().any(|known| known.artifact == parent.key)
        });
    for (plugin, _, skip) in BESIDE {
        if folder.is_empty() && (foreign || app.plugins.contains_key(plugin)) {
            options.push(skip.to_owned());
        }
    }
    Some(Versioned {
        before: format!("{stem}-"),
        after: format!("{rest}{folder}"),
        to: format!("{stem}{rest}"),
        options,
    })
}

/// True if another archive of the build could match.
fn several(app: &App, after: &str) -> bool {
    // A classifier or a folder tells the archive from those beside it.
    if after.starts_with('-') || after == "/" {
        return false;
    }
    let more = |(key, plugin): (&String, &Plugin)| {
        let known = BESIDE.iter().any(|(name, _, _)| key == name);
        let classified = ["classifier", "shadedClassifierName"]
            .iter()
            .any(|way| plugin.anywhere(&app.model, way).is_some());
        let attached = plugin
            .anywhere(&app.model, "shadedArtifactAttached")
            .is_some_and(|(text, _)| text == "true");
        let goals = ["test-jar", "single"].iter().any(|goal| plugin.running(goal).next().is_some());
        !known && (classified || attached || goals) && (key != SPRING_BOOT || classified)
    };
    app.plugins.iter().any(more)
}

/// Reports a name that keeps its version.
pub(super) fn finding(app: &App, built: &Artifact) -> Option<Finding> {
    cut(app, built)?;
    versioned(app, built).is_none().then(|| {
        let line = app.model.line("version");
        Finding::new(
            codes::ARTIFACT_NAME_VERSIONED,
            format!("the name of the archive holds the version: `{}`", built.file),
            [Evidence::at(app.model.path(), line, "the project's version")],
        )
    })
}

//! An existing Dockerfile: what its image has and the planned one lacks.

use anyhow::Result;

use serde::Deserialize;

use crate::catalog::text;
use crate::facts::{Evidence, Facts, Finding, FindingCode};
use crate::plan::Runtime;
use crate::recipes::dockerfile::{self, Image};
use crate::repo::Repo;

/// Differences beyond this many are only counted.
const SHOWN: usize = 6;

/// What such Dockerfiles commonly contain and a planned image does not need.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual {
    #[serde(rename = "as_of")]
    _as_of: String,
    packages: Vec<String>,
    /// Prefixes of variable names.
    variables: Vec<String>,
}

/// Reports what the Dockerfile beside the application has and `runtime` lacks: its author has seen
/// the program run. It is reported and not copied, since `init` may replace the file.
pub(super) fn differences(
    repo: &Repo,
    facts: &Facts,
    runtime: &Runtime,
) -> Result<Option<Finding>> {
    let written = dockerfile::written(repo, &facts.dir)?;
    let Some((path, image)) = &written.0 else { return Ok(None) };
    let usual: Usual = toml::from_str(text("catalog/dockerfile.toml")?)?;
    let (grave, slight) = lacking(image, runtime, &usual);
    let code = if grave.is_empty() {
        FindingCode::DockerfileSetsMore
    } else {
        FindingCode::DockerfileDiffers
    };
    let mut all: Vec<Evidence> = grave.into_iter().chain(slight).collect();
    if all.is_empty() {
        return Ok(None);
    }
    let more = all.len().saturating_sub(SHOWN);
    all.truncate(SHOWN);
    let mut said: Vec<String> = all.iter().map(|evidence| evidence.note.clone()).collect();
    if more > 0 {
        said.push(format!("{more} more"));
    }
    let what = format!("{path} has what this image lacks: {}", said.join(", "));
    Ok(Some(Finding::new(code, what, all)))
}

/// Missing ports and packages; then missing volumes and variables.
fn lacking(image: &Image, runtime: &Runtime, usual: &Usual) -> (Vec<Evidence>, Vec<Evidence>) {
    let ports: Vec<String> = runtime.ports().iter().map(ToString::to_string).collect();
    // A web server in front of the program, or in its place, has a port that this image does not
    // need.
    let front = |port: &str| !ports.is_empty() && matches!(port, "80" | "443");
    let exposed = image.ports.iter().filter(|(port, _)| !ports.contains(port) && !front(port));
    let installed = image.packages.iter().filter(|(name, _)| {
        let held = runtime.packages.iter().any(|package| package.as_str() == name);
        !held && !usual.packages.contains(name)
    });
    let grave = exposed.chain(installed).map(|(_, evidence)| evidence.clone()).collect();
    let inside =
        |a: &str, b: &str| a == b || a.strip_prefix(b).is_some_and(|rest| rest.starts_with('/'));
    let kept = image.volumes.iter().filter(|(folder, _)| {
        let folder = folder.trim_end_matches('/');
        !runtime.writable.iter().any(|w| inside(w.as_str(), folder) || inside(folder, w.as_str()))
    });
    let set = image.env.iter().filter(|(name, _)| {
        let held = runtime.env.iter().any(|var| var.key.as_str() == name);
        let tool = usual.variables.iter().any(|begin| name.starts_with(begin));
        let tool = tool || name.ends_with("_VERSION");
        !held && !tool && !name.ends_with("PORT")
    });
    let slight = kept.map(|(_, evidence)| evidence.clone());
    (grave, slight.chain(set.map(|(_, said)| said.1.clone())).collect())
}

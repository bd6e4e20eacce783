//! `--ask-tools`: compares the output of `cargo metadata` with the static reading. It runs cargo,
//! which starts programs that the repository's own configuration names, so a person has to ask for
//! it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{Metadata, MetadataCommand};

use super::Details;
use crate::detect::rust::codes;
use crate::facts::{Evidence, Facts, Finding};
use crate::path::RelPath;
use crate::program;

/// A binary: its package and its name.
type Binary = (String, String);

/// Asks cargo, and reports where it disagrees.
///
/// # Errors Fails if cargo is not installed or refuses the manifests.
pub(super) fn confirm(root: &Path, facts: &Facts) -> Result<Vec<Finding>> {
    let details: Details = facts.details()?;
    let home = root.join(details.root.as_str());
    let cargo = program::on_path("cargo").context("--ask-tools: `cargo` is not on the PATH")?;
    let metadata = MetadataCommand::new()
        .cargo_path(cargo)
        .current_dir(&home)
        .manifest_path(home.join("Cargo.toml"))
        .no_deps()
        .other_options(vec!["--offline".to_owned()])
        .exec()
        .with_context(|| format!("--ask-tools: `cargo metadata` in {}", home.display()))?;
    Ok(differences(root, facts, &details, &metadata))
}

fn differences(root: &Path, facts: &Facts, details: &Details, metadata: &Metadata) -> Vec<Finding> {
    let mut theirs: BTreeSet<Binary> = BTreeSet::new();
    let mut members: BTreeSet<RelPath> = BTreeSet::new();
    for package in metadata.workspace_packages() {
        let inside = package.manifest_path.as_std_path().strip_prefix(root).ok();
        let manifest = inside.and_then(Path::to_str).and_then(RelPath::new).unwrap_or_default();
        let own = facts.dir == details.root || manifest.parent().as_ref() == Some(&facts.dir);
        if own {
            let binaries = package.targets.iter().filter(|target| target.is_bin());
            theirs.extend(binaries.map(|target| (package.name.to_string(), target.name.clone())));
        }
        members.insert(manifest);
    }
    let ours: BTreeSet<Binary> =
        details.programs.values().map(|own| (own.package.clone(), own.binary.clone())).collect();
    let mut findings = Vec::new();
    let evidence =
        || Evidence::file(&details.root.join("Cargo.toml").unwrap_or_default(), "`cargo metadata`");
    for (package, binary) in ours.symmetric_difference(&theirs) {
        let (finds, misses) = if theirs.contains(&(package.clone(), binary.clone())) {
            ("cargo", "dockgen")
        } else {
            ("dockgen", "cargo")
        };
        findings.push(disagreement(
            &format!("{finds} finds the binary `{binary}` of `{package}`, and {misses} does not"),
            evidence(),
        ));
    }
    for manifest in members.iter().filter(|manifest| !facts.manifests.contains(manifest)) {
        findings.push(disagreement(
            &format!(
                "cargo counts {manifest} among the members of the workspace, and dockgen does not"
            ),
            evidence(),
        ));
    }
    findings
}

fn disagreement(what: &str, evidence: Evidence) -> Finding {
    Finding::new(codes::CARGO_DISAGREES, what, [evidence])
}

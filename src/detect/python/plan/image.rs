//! What the final image carries, and who owns it.

use anyhow::{Context as _, Result};

use super::{OWN, ROOT, VENV, under};
use crate::detect::Chosen;
use crate::detect::python::ProgramDetails;
use crate::detect::sent::Sent;
use crate::docker::types::Line;
use crate::plan::Artifact;

/// How the parts of the image lie.
pub(super) struct Shape<'a> {
    pub(super) home: &'a str,
    pub(super) way: &'a str,
    pub(super) projects: bool,
    pub(super) whole: bool,
    pub(super) sources: bool,
}

/// What the final image carries: dependencies, the project, its files.
pub(super) fn artifacts(
    chosen: &Chosen,
    own: &ProgramDetails,
    shape: &Shape,
) -> Result<Vec<Artifact>> {
    let mut all = Vec::new();
    let mut add = |stage: Option<&str>, src: &str, dest: &str| -> Result<()> {
        all.push(Artifact::new(stage, src, dest)?);
        Ok(())
    };
    let deps = match (shape.whole, chosen.base.row.installer.is_none()) {
        (_, true) => "environment",
        (true, false) => "build",
        (false, false) => "deps",
    };
    add(Some(deps), VENV, VENV)?;
    if shape.projects && !shape.whole {
        add(Some("build"), OWN, VENV)?;
    }
    let src = if shape.way.is_empty() { "." } else { shape.way };
    if shape.sources {
        add(None, src, shape.home)?;
    }
    for way in &own.made {
        let path = under(shape.home, way);
        add(Some("build"), &path, &path)?;
    }
    if shape.sources {
        // What lies in the folder is among them.
        let outside =
            chosen.program.files.iter().filter(|file| !file.value.is_within(&chosen.facts.dir));
        for file in outside {
            let way = file.value.strip(&chosen.facts.context).with_context(|| {
                format!(
                    "{}: the program opens it, and it lies outside the build context",
                    file.value
                )
            })?;
            add(None, way, &under(ROOT, way))?;
        }
        let tree = all.iter().position(|one| one.stage.is_none());
        for (way, src) in owned(chosen, own, shape)? {
            if let Some(tree) = tree.and_then(|at| all.get_mut(at)) {
                tree.exclude.push(Line::new(&way)?);
            }
            let copied = Artifact::new(None, &src, &under(shape.home, &way))?;
            all.push(Artifact { owned: true, ..copied });
        }
    } else {
        all.extend(Artifact::opened(chosen.facts, chosen.program, shape.home)?);
    }
    Ok(all)
}

/// The folders that the program writes and that the repository holds, relative to the application and
/// to the build context: WORKDIR does not change the owner of a folder that a COPY brought.
fn owned(chosen: &Chosen, own: &ProgramDetails, shape: &Shape) -> Result<Vec<(String, String)>> {
    let (repo, facts) = (chosen.repo, chosen.facts);
    let sent = Sent::of(repo, &facts.context)?;
    let mut all = Vec::new();
    for folder in &chosen.program.writable {
        // A recipe names a folder of the repository by its path in the image.
        let inside = folder.value.strip_prefix(shape.home).and_then(|way| way.strip_prefix('/'));
        let path = match inside {
            Some(way) => facts.dir.join(way),
            None => {
                facts.dir.join(&own.workdir).and_then(|folder_of| folder_of.join(&folder.value))
            }
        };
        let Some(path) = path.filter(|path| *path != facts.dir) else { continue };
        let (way, src) = (path.strip(&facts.dir), path.strip(&facts.context));
        if let (Some(way), Some(src)) = (way, src)
            && repo.is_dir(&path)
            && sent.holds(&path)
        {
            all.push((way.to_owned(), src.to_owned()));
        }
    }
    Ok(all)
}

//! The stages of a front end: its dependencies, and the script that writes what a program in
//! another language needs.

use anyhow::{Context, Result, bail};

use super::super::front_end::copies;
use super::super::launch::{Launch, Layout};
use super::super::{App, install_scripts, site, tool};
use super::{ROOT, copy, nested, stages, steps};
use crate::detect::Chosen;
use crate::docker::types::{ContainerPath, Line};
use crate::facts::FrontEnd;
use crate::path::RelPath;
use crate::plan::{Build, CopySpec, EachMember};
use crate::repo::Dir;

/// The plan of the stages. The working directory stands for the build context.
pub(in crate::detect::node) fn front_end(
    chosen: &Chosen,
    front_end: &FrontEnd,
    context: &RelPath,
) -> Result<Build> {
    let dir = Dir::new(chosen.repo, front_end.dir.clone());
    let app = App::read(&dir)?.context("package.json is gone")?;
    if app.package.script(&front_end.script).is_none() {
        let scripts: Vec<&str> = app.package.scripts().into_keys().collect();
        bail!(
            "`{}` is no script of {}: it has {}",
            front_end.script,
            app.package.path,
            if scripts.is_empty() { "none".to_owned() } else { scripts.join(", ") }
        );
    }
    let tool = tool::resolve(
        &chosen.facts.tool.value,
        &app.root,
        app.managing_package(),
        chosen.catalog,
        chosen.toolchain,
    )?;
    let installed = steps::installed(&app, &tool)?;
    // The framework and the site's tool decide the environment of the build. Its output folder is
    // already known.
    let known = site::pages(&app)?.map(|site| site.launch).unwrap_or_default();
    let script = Some(front_end.script.clone());
    let mut launch = Launch { layout: Layout::Site, site: None, fallback: None, script, ..known };
    let way = app.root.path.strip(context).context("it lies outside the build context")?;
    let root = if way.is_empty() { ROOT.to_owned() } else { format!("{ROOT}/{way}") };
    let (nested, uninstalled) = nested::read(&app, &tool, &launch, chosen.toolchain)?;
    let (mut stages, mut findings) =
        stages::stages(chosen, &app, &tool, &installed, &nested, &mut launch, &root)?;
    findings.extend(uninstalled);
    findings.extend(install_scripts::finding(&app, &tool)?);
    let made = front_end.moved_from.as_ref().unwrap_or(&front_end.output);
    let parent = made.parent().filter(|parent| !parent.is_within(&app.root.path));
    if let Some(way) =
        parent.as_ref().and_then(|parent| parent.strip(context)).filter(|way| !way.is_empty())
        && app.package.script(&front_end.script).is_some_and(copies)
    {
        stages.destination = Some(ContainerPath::new(format!("{ROOT}/{way}"))?);
    }
    for path in stages.reads.iter_mut().chain(&mut stages.harmless) {
        *path = below(way, path)?;
    }
    stages.release = stages.release.map(|path| below(way, &path)).transpose()?;
    let manifests = copy::manifests(&app, &tool, &installed, &nested)?.into_iter();
    let manifests = manifests.map(|copy| {
        // Members keep the folders below the point of `COPY --parents`, and the front end's own
        // folder is above it.
        let pivot = |each: EachMember| -> Result<EachMember> {
            if way.is_empty() {
                return Ok(each);
            }
            let mut folder = format!("{way}/./{}", each.folder.as_str());
            folder.truncate(folder.trim_end_matches('/').len());
            Ok(EachMember { folder: Line::new(folder)?, ..each })
        };
        let src = copy.src.iter().map(|src| below(way, src)).collect::<Result<_>>()?;
        let each = copy.each.into_iter().map(pivot).collect::<Result<_>>()?;
        Ok(CopySpec { src, each, ..copy })
    });
    Ok(Build {
        template: "node/front-end".to_owned(),
        manifests: manifests.collect::<Result<_>>()?,
        sources: Vec::new(),
        install_secrets: std::mem::take(&mut stages.secrets),
        artifacts: Vec::new(),
        env: Vec::new(),
        workdir: ROOT.to_owned(),
        start_in: None,
        entrypoint: Vec::new(),
        args: Vec::new(),
        stop_signal: None,
        dev: None,
        decisions: Vec::new(),
        findings,
        details: serde_json::to_value(&stages)?,
    })
}

/// A path in the front end's folder as a path in the build context.
fn below(way: &str, path: &Line) -> Result<Line> {
    Ok(if way.is_empty() { path.clone() } else { Line::new(format!("{way}/{}", path.as_str()))? })
}

//! The stages that build a front end: another application of the repository whose output the
//! program needs.

use anyhow::{Context, Result, bail};

use super::{answered, check_words, decisions, inputs, lines};
use crate::ask::{Answers, id};
use crate::base::{self, Asked};
use crate::catalog::Catalog;
use crate::detect::{self, Chosen};
use crate::docker::quote;
use crate::facts::{Evidence, Facts, Finding, FindingCode, FrontEnd, Kind, Program, Sourced};
use crate::path::RelPath;
use crate::plan::words::{ImageRef, Line};
use crate::plan::{Artifact, Decision, FRONT_END_IMAGE, FrontEndPlan, SecretMount, resolve};
use crate::repo::Dir;

/// All front ends of a program, with the artifacts and sources that they add.
#[derive(Default)]
pub(super) struct FrontEndPlans {
    pub(super) plans: Vec<FrontEndPlan>,
    /// What the final image copies from their stages.
    pub(super) artifacts: Vec<Artifact>,
    pub(super) decisions: Vec<Decision>,
    pub(super) findings: Vec<Finding>,
    /// Their folders, which the build reads.
    pub(super) sources: Vec<RelPath>,
    /// What their stages run.
    stages: Vec<Stage>,
}

/// A stage that another output of the same script is copied from.
struct Stage {
    dir: RelPath,
    script: String,
    name: Line,
    workdir: String,
}

/// Plans the front ends of the chosen program, whose working directory is `workdir`.
pub(super) fn plan(chosen: &Chosen, workdir: &str) -> Result<FrontEndPlans> {
    let mut all = FrontEndPlans::default();
    for found in &chosen.program.front_ends {
        let held = all.artifacts.len();
        let planned = one(chosen, workdir, found, &mut all)
            .with_context(|| format!("the front end in {}", found.value.dir));
        let Err(error) = planned else { continue };
        // Only the build of a program that embeds the output stops without it.
        if found.value.opened.is_none() {
            return Err(error);
        }
        all.artifacts.truncate(held);
        all.findings.push(unplanned(found, &error));
    }
    Ok(all)
}

/// Says that the image lacks the output of a front end whose build cannot be planned.
fn unplanned(found: &Sourced<FrontEnd>, error: &anyhow::Error) -> Finding {
    let what = format!(
        "the program serves {}, and its build cannot be planned: {error:#}",
        found.value.output
    );
    Finding::new(FindingCode::ServedFolderMissing, what, found.evidence.clone())
        .with_why("the image holds the program without its pages")
        .with_fix(format!(
            "build the front end in {} before the image, and mount {} or write its COPY into the \
             Dockerfile",
            found.value.dir, found.value.output
        ))
}

fn one(
    chosen: &Chosen,
    workdir: &str,
    found: &Sourced<FrontEnd>,
    all: &mut FrontEndPlans,
) -> Result<()> {
    let front_end = &found.value;
    let context = &chosen.facts.context;
    let made = front_end.moved_from.as_ref().unwrap_or(&front_end.output);
    let same = |stage: &&Stage| stage.dir == front_end.dir && stage.script == front_end.script;
    if let Some(way) = &front_end.opened
        && let Some(stage) = all.stages.iter().find(same)
    {
        let output = resolve(&stage.workdir, inside(made, context)?)?;
        let dest = resolve(workdir, way)?;
        let copied = Artifact::new(Some(stage.name.as_str()), output.as_str(), dest.as_str())?;
        all.artifacts.push(copied);
        return Ok(());
    }
    let language =
        detect::language(&front_end.language).context("a language that is not in the registry")?;
    let makes = language.front_end.context("a language that builds no front ends")?;
    let facts = (makes.facts)(&Dir::new(chosen.repo, front_end.dir.clone()))?;
    let Some(folder) = facts.context.strip(context) else {
        bail!(
            "it belongs to a workspace in {}, which is outside the build context {context}: run \
             dockgen on the folder that contains both",
            facts.context
        );
    };
    let catalog = Catalog::of(language.id)?;
    let program = builder_of(&facts, front_end, found.evidence.first());
    let answer = chosen.answers.get(id::FRONT_END_TOOLCHAIN).filter(|answer| *answer != "auto");
    let toolchain = answer.unwrap_or(&facts.toolchain.value).to_owned();
    let base = base::choose(catalog, &program, &Asked::default(), &toolchain, "auto")?;
    let answers = Answers::default();
    let own = Chosen {
        repo: chosen.repo,
        facts: &facts,
        program: &program,
        answers: &answers,
        base: &base,
        catalog,
        toolchain: &toolchain,
    };
    let build = (makes.plan)(&own, front_end, context)?;
    check_words(&build.details)?;
    let asked = answered::build_args(chosen.answers)?;
    let inputs = inputs::of(asked.iter().chain(&facts.build_args))?;
    let way = inside(&front_end.output, context)?;
    let output = resolve(&build.workdir, inside(made, context)?)?;
    let builder = catalog.builder_image(&base.row.builder, &toolchain)?;
    let same = front_end.language == chosen.facts.language;
    let number = all.plans.len() + 1;
    let stage =
        Line::new(if number == 1 { "frontend".to_owned() } else { format!("frontend-{number}") })?;
    if let Some(way) = &front_end.opened {
        let dest = resolve(workdir, way)?;
        all.artifacts.push(Artifact::new(Some(stage.as_str()), output.as_str(), dest.as_str())?);
    } else if !quote::is_plain(way) || way.contains(',') {
        bail!("{}: a mount cannot name this path: rename the folder", front_end.output);
    }
    all.stages.push(Stage {
        dir: front_end.dir.clone(),
        script: front_end.script.clone(),
        name: stage.clone(),
        workdir: build.workdir.clone(),
    });
    all.plans.push(FrontEndPlan {
        stage,
        template: build.template,
        folder: Line::new(if folder.is_empty() { "." } else { folder })?,
        exclude_extensions: if same { Vec::new() } else { extensions(chosen, &facts.context)? },
        exclude: if same { Vec::new() } else { manifests(chosen, &facts.context)? },
        output,
        path: Line::new(way)?,
        built_in: front_end.opened.is_none(),
        toolchain: Line::new(&toolchain)?,
        tool: Line::new(&facts.tool.value)?,
        builder: ImageRef::new(&builder)?,
        build_packages: lines(&base.build_packages)?,
        manifests: build.manifests,
        build_args: inputs.args,
        build_secrets: inputs.secrets,
        install_secrets: SecretMount::all(&build.install_secrets)?,
        details: build.details,
    });
    all.decisions.extend(reasons(&facts, &builder, found, answer.map(|_| chosen.answers)));
    all.findings.extend(decisions::end_of_life(&own, "--set front-end-toolchain=VALUE"));
    all.findings.extend(facts.findings.iter().cloned());
    if facts.dir != chosen.facts.dir || facts.language != chosen.facts.language {
        all.findings.extend(detect::git_asked(chosen.repo, &facts, language)?);
    }
    all.findings.extend(build.findings);
    all.decisions.extend(inputs.decisions);
    all.findings.extend(inputs.findings);
    all.sources.push(facts.context);
    Ok(())
}

fn inside<'p>(path: &'p RelPath, context: &RelPath) -> Result<&'p str> {
    path.strip(context).context("its build writes outside the build context")
}

/// A stand-in program, so that the builder is chosen as for the front end's own application.
fn builder_of(facts: &Facts, front_end: &FrontEnd, evidence: Option<&Evidence>) -> Program {
    let evidence =
        evidence.cloned().unwrap_or_else(|| Evidence::file(&front_end.dir, "a front end"));
    let mut program = Program::new(&front_end.script, &facts.name.value, Kind::Site, evidence);
    if let Some(own) = facts.programs.first() {
        program.needs = own.needs.clone();
    }
    program
}

/// Suffixes of the program's own language, if the front end's folder has such files: editing them
/// must not rebuild the front end.
fn extensions(chosen: &Chosen, folder: &RelPath) -> Result<Vec<Line>> {
    let own =
        detect::language(&chosen.facts.language).map_or(&[][..], |language| language.extensions);
    let held = |extension: &&&str| {
        chosen.repo.files_under(folder).any(|path| path.extension() == **extension)
    };
    Ok(own.iter().filter(held).map(|extension| Line::new(*extension)).collect::<Result<_, _>>()?)
}

/// The program's manifests in the front end's folder.
fn manifests(chosen: &Chosen, folder: &RelPath) -> Result<Vec<Line>> {
    let beside = |path: &&RelPath| {
        path.parent().as_ref() == Some(folder) && quote::is_plain(path.file_name())
    };
    let names =
        chosen.facts.manifests.iter().filter(beside).map(|path| Line::new(path.file_name()));
    Ok(names.collect::<Result<_, _>>()?)
}

/// `answered` is the answer to the version question, if there is one.
fn reasons(
    facts: &Facts,
    builder: &str,
    found: &Sourced<FrontEnd>,
    answered: Option<&Answers>,
) -> Vec<Decision> {
    let front_end = &found.value;
    let value = format!("{}: `{}` makes {}", front_end.dir, front_end.script, front_end.output);
    let how =
        if front_end.opened.is_some() { "opened at run time" } else { "built into the program" };
    let front_end = Sourced::with(value, found.evidence.clone());
    let image = Sourced { value: builder.to_owned(), ..facts.toolchain.clone() };
    let image = decisions::found(FRONT_END_IMAGE, image, "by the precedence of version sources");
    vec![
        decisions::found("front end", front_end, &format!("{how}, and not in the repository")),
        decisions::found("front-end tool", facts.tool.clone(), "by manifest and lockfile"),
        match answered {
            Some(answers) => decisions::answered(image, id::FRONT_END_TOOLCHAIN, answers),
            None => image,
        },
    ]
}

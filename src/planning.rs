//! Turns facts and answers into a [`Plan`].

use std::collections::BTreeSet;

use anyhow::{Context, Result};

use crate::ask::{Answers, id};
use crate::base::{self, Asked};
use crate::catalog::Catalog;
use crate::detect::{self, Chosen, Language};
use crate::facts::{Facts, Finding, FindingCode, Kind, Port, Program};
use crate::path::{RelPath, is_at_or_below};
use crate::plan::words::{ContainerPath, EnvKey, ImageRef, Invalid, Line};
use crate::plan::{
    Artifact, Build, Dev, DevCommand, Env, Labels, Plan, Runtime, SCHEMA, SecretMount, USER,
    resolve, split_words,
};
use crate::recipes;
use crate::repo::{Dir, Repo};

mod added;
mod answered;
mod decisions;
mod earlier;
mod front_end;
mod inputs;
mod start;

/// The answers, by question, that take over what an earlier Dockerfile has and `plan` lacks.
///
/// # Errors
/// If the Dockerfile cannot be read.
pub(crate) fn taken_over(
    repo: &Repo,
    facts: &Facts,
    plan: &Plan,
) -> Result<Vec<(&'static str, String)>> {
    earlier::answers(repo, facts, &plan.runtime)
}

/// The language of an application.
fn language(facts: &Facts) -> Result<&'static Language> {
    detect::language(&facts.language).context("a language that is not in the registry")
}

/// The program that the answers name, or else the likeliest one.
///
/// # Errors
/// If nothing to start is known, or the answer names nothing that can be started.
pub fn program(repo: &Repo, facts: &Facts, answers: &Answers) -> Result<Program> {
    let language = language(facts)?;
    let dir = Dir::new(repo, facts.dir.clone());
    let program =     match answers.get(id::ENTRYPOINT) {
        Some(wanted) => {
            let listed = facts.programs.iter().find(|p| p.id == wanted || p.name == wanted);
            if let Some(program) = listed {
                program.clone()
            } else {
                let mut program = (language.program)(&dir, facts, wanted)?;
                recipes::apply::program(repo, facts, &mut program)?;
                program
            }
        }
        None => facts.programs.first().cloned().with_context(|| {
            format!(
                "{}: nothing found to start: say what the container should run with --entrypoint, or `entrypoint` in dockgen.toml",
                facts.dir
            )
        })?,
    };
    match language.refine {
        Some(refine) => {
            let mut program = refine(&dir, facts, answers, program)?;
            recipes::apply::program(repo, facts, &mut program)?;
            Ok(program)
        }
        None => Ok(program),
    }
}

/// Makes the plan.
///
/// # Errors
/// If an answer is invalid, no base fits, or the language cannot plan it. Every error says what to
/// do.
pub fn make(repo: &Repo, facts: &Facts, answers: &Answers) -> Result<Plan> {
    assemble(repo, facts, answers).map_err(|error| match facts.manifests.first() {
        // A word that a Dockerfile cannot contain, read somewhere below that manifest.
        Some(manifest) if error.is::<Invalid>() => error.context(manifest.to_string()),
        _ => error,
    })
}

/// The `development` target, if a person asks for it and the language has one.
fn development(command: Option<DevCommand>, answers: &Answers) -> Result<Option<Dev>> {
    let wanted = command.filter(|_| answers.get(id::DEV) == Some("yes"));
    let Some(DevCommand { command, env, restart }) = wanted else { return Ok(None) };
    Ok(Some(Dev { command: lines(&command)?, env: environment(&env)?, restart }))
}

fn assemble(repo: &Repo, facts: &Facts, answers: &Answers) -> Result<Plan> {
    let language = language(facts)?;
    let catalog = Catalog::of(language.id)?;
    let detected = program(repo, facts, answers)?;
    let mut program = detected.clone();
    answered::apply(repo, facts, &mut program, answers)?;
    let toolchain = answers.get(id::TOOLCHAIN).unwrap_or(&facts.toolchain.value).to_owned();
    let family = answers.get(id::BASE).unwrap_or("auto");
    let base = base::choose(catalog, &program, &Asked::of(answers), &toolchain, family)?;
    let chosen = Chosen {
        repo,
        facts,
        program: &program,
        answers,
        base: &base,
        catalog,
        toolchain: &toolchain,
    };
    let build = (language.plan)(&chosen)?;
    check_words(&build.details)?;
    let front_ends = front_end::plan(&chosen, &build.workdir)?;
    let inputs = inputs::of(program.build_args.iter().chain(&facts.build_args))?;

    let mut decisions = decisions::of(&chosen, &detected);
    decisions.extend(build.decisions.iter().cloned());
    decisions.extend(front_ends.decisions);
    decisions.extend(inputs.decisions);
    answered::mark(&mut decisions, answers)?;
    let own = facts.findings.iter().chain(&program.findings).chain(&build.findings);
    let mut findings: Vec<Finding> = own.cloned().collect();
    let shared = decisions::findings(&chosen);
    // A front end of the same version, or one that the build enters too, says the same once more.
    for one in front_ends.findings {
        let mut said = findings.iter().chain(&shared);
        if !said.any(|held| held.code == one.code && held.what == one.what) {
            findings.push(one);
        }
    }
    findings.extend(inputs.findings);
    findings.extend(shared);
    findings.extend(added::unused(&chosen, &detected, &build)?);

    // Drop `port-not-told`: the command line already passes the port.
    if let Some(port) = program.port.as_ref().map(|port| port.value.to_string())
        && build.entrypoint.iter().chain(&build.args).any(|word| word.contains(&port))
    {
        findings.retain(|finding| finding.code != FindingCode::PortNotTold);
    }

    let mut artifacts = build.artifacts.clone();
    // After the dependencies, and before the program: most edits change the program alone.
    let program_at = artifacts.len().saturating_sub(1);
    artifacts.splice(program_at..program_at, front_ends.artifacts);
    let added = added::of(&chosen, &build)?;
    decisions.extend(added.decisions);
    added::place(added.artifacts, &mut artifacts, program_at);
    let mut runtime = runtime(&chosen, &build, &mut artifacts)?;
    runtime.health = added.health;
    let named = start::Named::of(repo, facts, &program, &runtime, &build.workdir, &artifacts)?;
    if answers.get(id::ARGS).is_none() {
        findings.extend(named.missing(&findings));
    }
    decisions.extend(named.decisions);
    artifacts.splice(program_at..program_at, named.artifacts);
    let planned = earlier::Planned::new(&program, &runtime, &artifacts, &build.details);
    findings.extend(earlier::differences(repo, facts, &planned)?);
    let findings = in_order(findings);
    if runtime.init {
        decisions.push(decisions::init(&program));
    }
    let builder = catalog.builder_image(&base.row.builder, &toolchain)?;
    let line = |text: &str| Line::new(text);
    Ok(Plan {
        schema: SCHEMA,
        language: facts.language.clone(),
        template: build.template,
        name: line(name(facts, answers))?,
        app: facts.dir.clone(),
        context: facts.context.clone(),
        toolchain: line(&toolchain)?,
        tool: line(answers.get(id::TOOL).unwrap_or(&facts.tool.value))?,
        builder: ImageRef::new(builder)?,
        build_packages: lines(&base.build_packages)?,
        manifests: build.manifests,
        build_args: inputs.args,
        build_secrets: inputs.secrets,
        install_secrets: SecretMount::all(&build.install_secrets)?,
        build_command: added.build_command,
        build_flags: added.build_flags,
        keep: added.keep,
        hide: added.hide,
        sources: sources(&[build.sources, front_ends.sources].concat(), &facts.context),
        front_ends: front_ends.plans,
        artifacts,
        runtime,
        labels: Labels {
            // Of `ghcr.io/acme/shop`, only the last part is the name that people use.
            title: line(name(facts, answers).rsplit('/').next().unwrap_or_default())?,
            source: facts.source.as_ref().map(|s| line(&s.value)).transpose()?,
        },
        dev: development(build.dev, answers)?,
        details: build.details,
        decisions,
        findings,
    })
}

/// Findings, most severe first and without repetitions: a front end in the same package has the
/// same findings as the program.
fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by_key(|finding| finding.severity);
    let mut seen = BTreeSet::new();
    let mut first =
        findings.iter().map(|finding| seen.insert(finding)).collect::<Vec<_>>().into_iter();
    findings.retain(|_| first.next() == Some(true));
    findings
}

/// Paths relative to the context, sorted, without those outside it.
fn sources(paths: &[RelPath], context: &RelPath) -> Vec<String> {
    let inside = |path: &&RelPath| path.strip(context).is_some_and(|way| !way.is_empty());
    let mut paths: Vec<&RelPath> = paths.iter().filter(inside).collect();
    paths.sort();
    paths.dedup_by(|path, held| path.is_within(held));
    paths.into_iter().filter_map(|path| path.strip(context)).map(str::to_owned).collect()
}

/// Checks texts that only a template prints, by the same rules as the rest.
fn check_words(details: &serde_json::Value) -> Result<(), Invalid> {
    match details {
        serde_json::Value::String(text) => Line::new(text.as_str()).map(drop),
        serde_json::Value::Array(items) => items.iter().try_for_each(check_words),
        serde_json::Value::Object(fields) => fields.values().try_for_each(check_words),
        _ => Ok(()),
    }
}

fn name<'a>(facts: &'a Facts, answers: &'a Answers) -> &'a str {
    answers.get(id::NAME).unwrap_or(&facts.name.value)
}

fn lines(texts: &[String]) -> Result<Vec<Line>> {
    Ok(texts.iter().map(Line::new).collect::<Result<_, _>>()?)
}

fn environment(pairs: &[(String, String)]) -> Result<Vec<Env>> {
    pairs
        .iter()
        .map(|(key, value)| Ok(Env { key: EnvKey::new(key)?, value: Line::new(value)? }))
        .collect()
}

fn runtime(chosen: &Chosen, build: &Build, artifacts: &mut [Artifact]) -> Result<Runtime> {
    let (base, program) = (chosen.base, chosen.program);
    let row = &base.row;
    let mut env = build.env.clone();
    env.extend(program.env.iter().map(|var| (var.value.key.clone(), var.value.value.clone())));
    dedup_keys(&mut env);
    let mut writable = program
        .writable
        .iter()
        .map(|w| resolve(&build.workdir, &w.value))
        .collect::<Result<Vec<_>>>()?;
    for folder in chosen.answers.list(id::NO_WRITABLE) {
        let kept = resolve(&build.workdir, folder.trim_end_matches('/'))?;
        writable.retain(|path| !is_at_or_below(path.as_str(), kept.as_str()));
    }
    writable.sort();
    writable.dedup();
    // COPY makes the folders above what it copies, and WORKDIR does not change their owner: what lies
    // in a folder that the program writes belongs to the user, and so does that folder.
    for artifact in artifacts.iter_mut() {
        let inside =
            |folder: &ContainerPath| is_at_or_below(artifact.dest.as_str(), folder.as_str());
        artifact.owned |= writable.iter().any(inside);
    }
    writable.retain(|path| !artifacts.iter().any(|a| a.dest == *path));
    let init = program.kind != Kind::Site && program.handles_sigterm.is_none();
    // The init is taken from the builder, which is needed anyway. If that is not Debian, the
    // catalog's Debian base has a static init.
    let debian = chosen.catalog.base.iter().find(|row| row.installer.as_deref() == Some("apt"));
    let debian = debian.filter(|_| init && row.installer.is_none() && row.builder == "musl");
    let init_image = debian
        .map(|row| ImageRef::new(chosen.catalog.image(&row.image, chosen.toolchain)))
        .transpose()?;
    let mut entrypoint = added::started(chosen.answers.get(id::BEFORE_START), &build.entrypoint);
    let mut packages = base.packages.clone();
    if init {
        let (path, package) = match row.installer.as_deref() {
            Some("apk") => ("/sbin/tini", Some("tini")),
            Some(_) => ("/usr/bin/tini", Some("tini")),
            None => ("/tini", None),
        };
        packages.extend(package.map(str::to_owned));
        packages.sort();
        entrypoint.splice(0..0, [path.to_owned(), "--".to_owned()]);
    }
    let mut cmd = build.args.clone();
    if let Some(args) = chosen.answers.get(id::ARGS) {
        cmd = split_words(args)?;
    }
    Ok(Runtime {
        family: row.family.clone(),
        image: ImageRef::new(&base.image)?,
        packages: lines(&packages)?,
        interpreter: row.interpreter.as_ref().map(ContainerPath::new).transpose()?,
        carry_interpreter: row.carry.is_some(),
        shell: row.shell,
        create_user: !row.user,
        carry_certificates: !row.certificates,
        carry_zoneinfo: !row.zoneinfo && program.needs.zoneinfo.is_some(),
        make_tmp: !row.tmp && program.needs.temporary_files.is_some(),
        user: Line::new(USER)?,
        workdir: ContainerPath::new(build.start_in.as_ref().unwrap_or(&build.workdir))?,
        required: required(program, &env),
        env: environment(&env)?,
        writable,
        port: program.port.as_ref().map(|port| port.value),
        more_ports: more_ports(program),
        init,
        init_image,
        entrypoint: lines(&entrypoint)?,
        cmd: lines(&cmd)?,
        stop_signal: build.stop_signal.as_ref().map(Line::new).transpose()?,
        health: Vec::new(),
    })
}

/// Variables that the program requires and the image does not set.
fn required(program: &Program, env: &[(String, String)]) -> Vec<EnvKey> {
    let open = program.required.iter().filter(|one| !env.iter().any(|(key, _)| *key == one.value));
    open.filter_map(|one| EnvKey::new(one.value.as_str()).ok()).collect()
}

/// Further ports, without repetitions, sorted.
fn more_ports(program: &Program) -> Vec<Port> {
    let first = program.port.as_ref().map(|port| Port::tcp(port.value));
    let all = program.more_ports.iter().map(|port| port.value);
    let all: BTreeSet<Port> = all.filter(|port| Some(*port) != first).collect();
    all.into_iter().collect()
}

/// The last value of a key wins, in the position of the first.
fn dedup_keys(env: &mut Vec<(String, String)>) {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (key, value) in env.drain(..) {
        match kept.iter_mut().find(|(held, _)| *held == key) {
            Some(slot) => slot.1 = value,
            None => kept.push((key, value)),
        }
    }
    *env = kept;
}

//! The plan of a Go program: download the modules, build the program, and copy the binary and the
//! files that it opens.

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::flags::Linked;
use super::{Details, ProgramDetails, is_cgo};
use crate::ask::{Origin, Unfit, id};
use crate::detect::Chosen;
use crate::docker::types::Line;
use crate::facts::{BuildSecret, Evidence, Finding, FindingCode, Handed, Strength};
use crate::path::RelPath;
use crate::plan::{Artifact, Build, CopySpec, Decision, DevCommand, split_words};
use crate::repo::Dir;

/// Where the source is during the build.
const SOURCE: &str = "/src";
/// Where the program is in the final image.
const HOME: &str = "/app";

/// What the template reads beside the common fields.
#[derive(Debug, Serialize)]
struct View {
    /// The folder in which the go command runs.
    workdir: String,
    /// The package to build: `./cmd/server`.
    package: String,
    /// Where the build writes the binary.
    output: String,
    cgo: bool,
    /// True if the builder is Alpine.
    musl: bool,
    /// True if C code is linked statically, which musl allows as long as no system library is
    /// linked.
    linked_static: bool,
    vendor: bool,
    download: bool,
    /// True if there is no go.sum, so that the build may write one.
    unsummed: bool,
    tags: Vec<String>,
    /// Variables that the linker sets to a fixed value.
    linked: Vec<Linked>,
    /// Variables that the linker sets to the value of a build argument.
    arguments: Vec<Linked>,
    /// Commands that write Go files before the build.
    generate: Vec<Vec<String>>,
    /// What a person's own command makes, in the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    made: Option<Line>,
    /// The GOPRIVATE pattern, if there are private modules.
    private: Vec<String>,
    /// What the build context must hold beside manifests and artifacts.
    reads: Vec<String>,
}

/// Turns facts and answers into the values of the template.
pub(super) fn plan(chosen: &Chosen) -> Result<Build> {
    let details: Details = chosen.facts.details()?;
    let answer = chosen.answers.get(id::TOOLCHAIN);
    super::toolchain::check(chosen.toolchain).with_context(|| {
        let stated = chosen.facts.toolchain.evidence.first().filter(|_| answer.is_none());
        stated.map_or_else(|| "--toolchain".to_owned(), Evidence::place)
    })?;
    let findings = match answer {
        Some(answer) => {
            let dir = Dir::new(chosen.repo, chosen.facts.dir.clone());
            let layout = super::layout::layout(&dir)?;
            layout.and_then(|layout| super::toolchain::below_floor(&layout, answer))
        }
        None => None,
    };
    let program = chosen.program;
    let asked = super::flags::answered(chosen.answers);
    let listed = details.programs.get(&program.id).filter(|_| asked.is_none());
    let own = if let Some(own) = listed {
        own.clone()
    } else {
        // A person named a program that detection does not list, or gave other tags.
        let dir = Dir::new(chosen.repo, chosen.facts.dir.clone());
        super::look(&dir, &program.id, asked.as_deref())?.1
    };
    let args =
        program.args.as_ref().map(|args| split_words(&args.value)).transpose()?.unwrap_or_default();
    let context = &chosen.facts.context;
    let manifests = manifests(chosen)?;
    let workdir = under(
        SOURCE,
        details.module.strip(context).context("the module lies outside its build context")?,
    );
    let output = format!("/out/{}", program.name);
    let binary = binary(&program.name, &own.files);
    let mut artifacts = vec![Artifact::new(Some("build"), &output, &binary)?];
    // The opened files change less often than the program, so their layers come first and stay
    // cached.
    for (path, way) in own.files.iter().rev() {
        artifacts.insert(0, carried(path, way, context)?);
    }
    let dev = (chosen.answers.get("dev") == Some("yes")).then(|| DevCommand {
        command: ["go", "run", &program.id]
            .iter()
            .map(ToString::to_string)
            .chain(args.clone())
            .collect(),
        env: Vec::new(),
        restart: true,
    });
    let musl = chosen.base.row.builder == "musl";
    let view = View {
        workdir,
        package: program.id.clone(),
        output,
        cgo: is_cgo(program),
        musl,
        linked_static: musl && !own.links,
        vendor: details.vendor,
        download: details.download,
        unsummed: details.unsummed,
        tags: tags(&own, musl),
        linked: own.linked.clone(),
        arguments: own.arguments.clone(),
        generate: own.generate.clone(),
        made: made(chosen)?,
        private: details.private.iter().cloned().collect(),
        reads: own.reads.iter().filter_map(|path| path.strip(context)).map(str::to_owned).collect(),
    };
    let login = login(chosen, &details);
    Ok(Build {
        template: "go".to_owned(),
        manifests,
        sources: own.sources.clone(),
        install_secrets: login.iter().map(|(secret, _)| secret.clone()).collect(),
        artifacts,
        // The program finds its files where they are copied to, among the artifacts, so no
        // variable points to them.
        env: Vec::new(),
        workdir: own.workdir.clone().unwrap_or_else(|| HOME.to_owned()),
        start_in: None,
        entrypoint: vec![binary],
        args,
        stop_signal: None,
        dev,
        decisions: decisions(&own),
        findings: findings.into_iter().chain(login.map(|(_, finding)| finding)).collect(),
        details: serde_json::to_value(view)?,
    })
}

/// What a person's own command makes. The sources are bound to the step, so that nothing else of
/// them is left behind.
fn made(chosen: &Chosen) -> Result<Option<Line>> {
    let given = |id: &str| chosen.answers.get(id).filter(|answer| !answer.trim().is_empty());
    if given(id::BUILD_COMMAND).is_none() {
        return Ok(None);
    }
    let Some(path) = given(id::BUILD_OUTPUT) else {
        let why = "nothing says which file the command makes: name it with --build-output, relative \
                   to the application's folder";
        return Err(Unfit { id: id::BUILD_COMMAND, why: why.to_owned() }.into());
    };
    let facts = chosen.facts;
    let made = facts.dir.join(path).and_then(|made| made.strip(&facts.context).map(str::to_owned));
    let made = made.with_context(|| format!("`{path}` is outside the build context"))?;
    Ok(Some(Line::new(under(SOURCE, &made))?))
}

/// The tags of the repository's own build, and those that musl needs.
fn tags(own: &ProgramDetails, musl: bool) -> Vec<String> {
    let mut tags = own.tags.clone();
    if musl {
        let new = own.musl_tags.iter().filter(|tag| !own.tags.contains(tag));
        tags.extend(new.cloned());
    }
    tags
}

/// Explains why the program is built with tags.
fn decisions(own: &ProgramDetails) -> Vec<Decision> {
    let Some(evidence) = &own.flags_evidence else { return Vec::new() };
    // A constraint of a source file is no command of the repository.
    let (why, strength) = if evidence.file.extension() == "go" {
        ("without them the program does not embed what it serves", Strength::Guessed)
    } else {
        ("the repository builds the program with them", Strength::Stated)
    };
    vec![Decision {
        what: "build tags".to_owned(),
        value: own.tags.join(","),
        origin: Origin::Default,
        why: why.to_owned(),
        evidence: vec![evidence.clone()],
        rejected: Vec::new(),
        strength,
    }]
}

/// A .netrc in the repository, passed to the download as a build secret so that it ends up in no
/// layer.
fn login(chosen: &Chosen, details: &Details) -> Option<(BuildSecret, Finding)> {
    let file = chosen.facts.context.join(".netrc");
    let file = file.filter(|path| details.download && chosen.repo.is_file(path))?;
    let finding = Finding::new(
        FindingCode::SecretInContext,
        format!("{file} holds logins; the build reads it from a build secret to download modules"),
        [Evidence::file(&file, "logins of hosts")],
    )
    .with_fix(format!(
        "take it out of the repository, replace the logins, and build with `docker build --secret \
         id=netrc,src={file} ...`"
    ));
    let handed = Handed::File { file, target: "/root/.netrc".to_owned() };
    Some((BuildSecret { id: "netrc".to_owned(), handed, required: true }, finding))
}

/// The manifests. Those of neighbouring modules are matched by a pattern, every other one is
/// mounted at its own path.
fn manifests(chosen: &Chosen) -> Result<Vec<CopySpec>> {
    let context = &chosen.facts.context;
    let mut paths = Vec::new();
    for path in &chosen.facts.manifests {
        let way = path.strip(context);
        let way =
            way.with_context(|| format!("{path} lies outside the build context {context}"))?;
        paths.push(way.to_owned());
    }
    let members = format!("{SOURCE}/");
    let specs = CopySpec::manifests(chosen.repo, context, &paths, &members)?;
    for path in specs.iter().flat_map(|spec| &spec.src).map(Line::as_str) {
        // Commas separate the options of a mount, and BuildKit offers no way to quote them.
        if path.chars().any(|c| c == ',' || c == '"' || c.is_whitespace()) {
            bail!(
                "{path}: a comma, a quote or a blank in its path cannot be written in a mount: rename the folder"
            );
        }
    }
    Ok(specs)
}

/// The binary goes beside the files that it opens, unless one of them has its name.
fn binary(name: &str, files: &[(RelPath, String)]) -> String {
    let taken = files.iter().any(|(_, way)| way.split('/').find(|part| *part != ".") == Some(name));
    if taken { format!("/usr/local/bin/{name}") } else { format!("{HOME}/{name}") }
}

fn carried(path: &RelPath, way: &str, context: &RelPath) -> Result<Artifact> {
    let src = path.strip(context).with_context(|| {
        format!("{path}: the program opens it at run time, and it lies outside the build context {context}")
    })?;
    let dest = RelPath::new(HOME.trim_start_matches('/'))
        .and_then(|home| home.join_rooted(way))
        .with_context(|| format!("{way} leads out of the image's root when seen from {HOME}"))?;
    Artifact::new(None, src, &format!("/{}", dest.as_str()))
}

fn under(folder: &str, way: &str) -> String {
    if way.is_empty() { folder.to_owned() } else { format!("{folder}/{way}") }
}

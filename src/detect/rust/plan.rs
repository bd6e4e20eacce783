//! The plan of a Rust program: compile the dependencies with stand-ins for the sources, build the
//! program, and copy the binary and the files that it opens.

use anyhow::{Context, Result, bail};
use serde::Serialize;

use super::features::Asked;
use super::private::Access;
use super::{Details, ProgramDetails, id};
use crate::detect::Chosen;
use crate::docker::types::{EnvKey, Line};
use crate::facts::{BuildSecret, Handed};
use crate::path::RelPath;
use crate::plan::{Artifact, Build, CopySpec, DevCommand, split_words};
use crate::secrets;

/// Where the source is during the build.
pub(super) const SOURCE: &str = "/src";
/// The library of a package whose manifest names no other file.
const LIBRARY: &str = "src/lib.rs";
/// Where the program is in the final image.
const HOME: &str = "/app";

/// What the template reads beside the common fields.
#[derive(Debug, Serialize)]
struct View {
    /// The folder in which cargo runs.
    workdir: String,
    /// The path of Cargo.lock in the build context.
    lockfile: String,
    /// Where the build writes the binary.
    output: String,
    /// The path of the binary below cargo's target folder.
    built: String,
    /// The flags that name the package.
    package: Vec<String>,
    binary: String,
    profile: Vec<String>,
    features: Vec<String>,
    locked: bool,
    /// The version that stands in for those of the repository's packages; empty if none is masked.
    masked: String,
    /// The packages whose versions in Cargo.lock are masked; empty for all of the repository's.
    own: Vec<String>,
    /// True if every manifest gets an empty library beside it, whatever its folder is called.
    each: bool,
    /// Folders to create for the other stand-ins.
    folders: Vec<String>,
    stubs: Vec<String>,
    scripts: Vec<String>,
    whole: Vec<String>,
    /// Packages whose compiled stand-ins are removed again.
    clean: Vec<String>,
    target: bool,
    wrapper: bool,
    sqlx: bool,
    /// What opens the git repository of a dependency: `ssh`, `token`; `""` if all are public.
    private: &'static str,
    /// Files that the compiler reads beside the sources, which the .dockerignore lets in.
    reads: Vec<String>,
    /// Folders that the build does not read, which the .dockerignore hides.
    unread: Vec<String>,
    /// The nightly compiler that the build stage installs; `""` for none.
    nightly: String,
    /// True if the builder is Alpine.
    musl: bool,
    /// The variable that makes cargo strip the binary; `""` if the profile already says so.
    strip: String,
}

/// Turns facts and answers into the values of the template.
pub(super) fn plan(chosen: &Chosen) -> Result<Build> {
    let details: Details = chosen.facts.details()?;
    super::toolchain::check(chosen.toolchain)?;
    let own_toolchain = chosen.answers.get(crate::ask::id::TOOLCHAIN).is_none();
    let program = chosen.program;
    let own = details.programs.get(&program.id).cloned().unwrap_or_default();
    let context = &chosen.facts.context;
    let profile = chosen.answers.get(id::PROFILE).unwrap_or("release");
    let strip = strip(profile)?;
    let features = features(chosen.answers.get(id::FEATURES), &own)?;
    let inside = |paths: &[RelPath]| {
        paths.iter().map(|path| relative(path, context)).collect::<Result<Vec<_>>>()
    };
    let (mut stubs, scripts) = (inside(&details.stubs)?, inside(&details.scripts)?);
    let mut reads = inside(&own.reads)?;
    // cargo requires the file of every target that the manifest names, even of one that it does
    // not build.
    reads.extend(inside(&details.stubs)?.into_iter().zip(&details.stubs).filter_map(
        |(path, stub)| own.unread.iter().any(|folder| stub.is_within(folder)).then_some(path),
    ));
    let literals = secrets::literals(chosen.repo)?;
    let (held, manifests): (Vec<RelPath>, Vec<RelPath>) =
        chosen.facts.manifests.iter().cloned().partition(|path| literals.contains_key(path));
    let tokens = held.iter().map(|path| token(path, context)).collect::<Result<_>>()?;
    let manifests = inside(&manifests)?;
    // A workspace names none of its members here, so that a new one changes nothing.
    let has_manifest = |folder: &str| manifests.contains(&format!("{folder}Cargo.toml"));
    if details.workspace {
        stubs.retain(|stub| !stub.strip_suffix(LIBRARY).is_some_and(has_manifest));
    }
    let mut folders = folders(&stubs, &scripts);
    folders.retain(|folder| !has_manifest(&format!("{folder}/")));
    let output = format!("/out/{}", program.name);
    let home = own.workdir.clone().unwrap_or_else(|| HOME.to_owned());
    let binary = binary(&program.name, &own);
    // The opened files change less often than the program, so their layers come first and stay
    // cached.
    let carried = own.files.iter().map(|(path, way)| carried(path, way, context, &home));
    let mut artifacts = carried.collect::<Result<Vec<_>>>()?;
    artifacts.push(Artifact::new(Some("build"), &output, &binary)?);
    // cargo writes the output of the profile `dev` to target/debug.
    let folder = if profile == "dev" { "debug" } else { profile };
    let package = package(&own, &details.root)?;
    let masked: String = chosen.catalog.table("masked_version")?;
    let view = View {
        workdir: under(
            SOURCE,
            details.root.strip(context).context("the workspace lies outside its build context")?,
        ),
        lockfile: relative(&details.root.join("Cargo.lock").unwrap_or_default(), context)?,
        built: format!("{folder}/{}", own.binary),
        output,
        package: package.clone(),
        binary: own.binary.clone(),
        profile: asking_for(profile),
        features,
        locked: details.locked,
        masked: if details.masked { masked } else { String::new() },
        own: details.own.clone(),
        each: details.workspace,
        folders,
        stubs,
        scripts,
        whole: inside(&details.whole)?,
        clean: clean(&own, context)?,
        target: details.target,
        wrapper: details.wrapper,
        sqlx: details.sqlx,
        private: details.private.map_or("", Access::word),
        reads,
        unread: inside(&own.unread)?,
        nightly: details
            .nightly
            .as_ref()
            .filter(|_| own_toolchain)
            .map_or_else(String::new, |nightly| nightly.channel.clone()),
        musl: chosen.base.row.builder == "musl",
        strip: if details.strips.iter().any(|name| name == profile) {
            String::new()
        } else {
            strip
        },
    };
    let args = arguments(chosen, &own.args)?;
    Ok(Build {
        template: "rust".to_owned(),
        manifests: vec![copied(chosen, details.workspace, &manifests)?],
        sources: own.sources.clone(),
        install_secrets: tokens,
        artifacts,
        // The program finds its files where they are copied to, among the artifacts, so no
        // variable points to them.
        env: Vec::new(),
        workdir: home,
        start_in: None,
        entrypoint: vec![binary],
        args: args.clone(),
        stop_signal: None,
        dev: Some(development(&package, &own.binary, args)),
        decisions: Vec::new(),
        findings: details
            .unstable
            .into_iter()
            .chain(details.nightly.map(|nightly| nightly.finding))
            .filter(|_| own_toolchain)
            .chain(super::older::libraries(chosen)?)
            .collect(),
        details: serde_json::to_value(view)?,
    })
}

/// The copy of the manifests: by pattern in a workspace, where a new member changes nothing.
fn copied(chosen: &Chosen, workspace: bool, manifests: &[String]) -> Result<CopySpec> {
    if workspace {
        return Ok(CopySpec::in_one(chosen.repo, &chosen.facts.context, manifests, "./")?);
    }
    let src = manifests.iter().map(Line::new).collect::<Result<_, _>>()?;
    Ok(CopySpec { src, each: Vec::new(), dest: Line::new("./")? })
}

/// The flags that select the profile.
fn asking_for(profile: &str) -> Vec<String> {
    if profile == "release" { words(&["--release"]) } else { words(&["--profile", profile]) }
}

/// A file of cargo's configuration that contains a token, mounted at its own path so that it ends
/// up in no layer.
fn token(path: &RelPath, context: &RelPath) -> Result<BuildSecret> {
    let way = relative(path, context)?;
    let id = way.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    let handed = Handed::File { file: path.clone(), target: format!("{SOURCE}/{way}") };
    Ok(BuildSecret { id: id.trim_matches('-').to_owned(), handed, required: true })
}

/// The folders that contain the stand-ins.
fn folders(stubs: &[String], scripts: &[String]) -> Vec<String> {
    let mut folders: Vec<String> = stubs
        .iter()
        .chain(scripts)
        .filter_map(|path| path.rsplit_once('/'))
        .map(|(folder, _)| folder.to_owned())
        .collect();
    folders.sort();
    folders.dedup();
    folders
}

/// The flags that select the package. cargo refuses `--package` as ambiguous if a dependency has
/// the same name; the path of the manifest is unambiguous.
fn package(own: &ProgramDetails, root: &RelPath) -> Result<Vec<String>> {
    match &own.manifest {
        None => Ok(words(&["--package", &own.package])),
        Some(manifest) => Ok(words(&["--manifest-path", &relative(manifest, root)?])),
    }
}

/// The arguments of `cargo clean --package`. A package that shares its name with a dependency
/// needs its full address, because the compiled dependency must stay.
fn clean(own: &ProgramDetails, context: &RelPath) -> Result<Vec<String>> {
    let Some(manifest) = &own.manifest else { return Ok(own.own.clone()) };
    let folder = manifest.parent().unwrap_or_default();
    let folder =
        under(SOURCE, folder.strip(context).context("the package is outside the context")?);
    let spec = |name: &String| {
        if *name == own.package { format!("file://{folder}#{name}") } else { name.clone() }
    };
    Ok(own.own.iter().map(spec).collect())
}

fn development(package: &[String], binary: &str, args: Vec<String>) -> DevCommand {
    let mut command = words(&["cargo", "run"]);
    command.extend_from_slice(package);
    command.extend(words(&["--bin", binary]));
    if !args.is_empty() {
        command.push("--".to_owned());
    }
    command.extend(args);
    DevCommand { command, env: Vec::new(), restart: true }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The default arguments. The flag that opens the program to the network goes last, after a
/// subcommand.
fn arguments(chosen: &Chosen, opening: &[String]) -> Result<Vec<String>> {
    let stated = chosen.program.args.as_ref().map(|args| split_words(&args.value)).transpose()?;
    let mut args = stated.unwrap_or_default();
    let flag = |word: &String| word.split('=').next().unwrap_or_default().to_owned();
    if opening.first().is_none_or(|first| !args.iter().any(|held| flag(held) == flag(first))) {
        args.extend(opening.iter().cloned());
    }
    Ok(args)
}

/// The variable that sets a key of a profile:
/// <https://doc.rust-lang.org/cargo/reference/config.html#profile>.
fn strip(profile: &str) -> Result<String> {
    let key = format!("CARGO_PROFILE_{}_STRIP", profile.to_ascii_uppercase().replace('-', "_"));
    Ok(EnvKey::new(key).with_context(|| format!("profile `{profile}`"))?.as_str().to_owned())
}

fn features(answer: Option<&str>, own: &ProgramDetails) -> Result<Vec<String>> {
    let asked = match answer {
        Some(text) => Asked::parse(text),
        None => Asked::parse(&own.features.join(",")),
    };
    let plain =
        |name: &String| name.chars().all(|c| c.is_ascii_alphanumeric() || "_-+./".contains(c));
    if let Some(odd) = asked.features.iter().find(|name| !plain(name) || name.starts_with('-')) {
        bail!(
            "`{odd}` is not a feature: write names of letters, digits, `_`, `-` and `/`, separated by commas"
        );
    }
    let mut flags = Vec::new();
    if asked.no_default {
        flags.push("--no-default-features".to_owned());
    }
    if !asked.features.is_empty() {
        flags.extend(["--features".to_owned(), asked.features.join(",")]);
    }
    Ok(flags)
}

fn relative(path: &RelPath, context: &RelPath) -> Result<String> {
    let way = path
        .strip(context)
        .with_context(|| format!("{path} lies outside the build context {context}"))?;
    Ok(if way.is_empty() { ".".to_owned() } else { way.to_owned() })
}

/// The binary goes beside the files that it opens, unless one of them has its name or a volume
/// would hide it in the working directory.
fn binary(name: &str, own: &ProgramDetails) -> String {
    let taken = own.files.iter().any(|(_, way)| way.split('/').next() == Some(name));
    if taken || own.workdir.is_some() {
        format!("/usr/local/bin/{name}")
    } else {
        format!("{HOME}/{name}")
    }
}

fn carried(path: &RelPath, way: &str, context: &RelPath, home: &str) -> Result<Artifact> {
    let src = path.strip(context).with_context(|| {
        format!("{path}: the program opens it at run time, and it lies outside the build context {context}")
    })?;
    let dest = if way.starts_with('/') {
        way.to_owned()
    } else {
        let base =
            RelPath::new(home.trim_start_matches('/')).and_then(|home| home.join_rooted(way));
        format!(
            "/{}",
            base.with_context(|| format!(
                "{way} leads out of the image's root when seen from {home}"
            ))?
            .as_str()
        )
    };
    Artifact::new(None, src, &dest)
}

fn under(folder: &str, way: &str) -> String {
    if way.is_empty() { folder.to_owned() } else { format!("{folder}/{way}") }
}

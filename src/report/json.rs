//! JSON for scripts. The formats are stable: within a schema version, fields may be added, but none
//! is renamed or removed.

use serde::Serialize;

use super::next::{self, Here};
use crate::ask::Question;
use crate::context::ContextReport;
use crate::facts::{Finding, Port};
use crate::path::RelPath;
use crate::pipeline::{Change, Draft, Role, Survey};
use crate::plan::{Arg, Decision};
use crate::write::Standing;

/// The version of both formats.
const SCHEMA: u32 = 1;

/// `init --json`.
#[derive(Serialize)]
struct Written<'a> {
    schema: u32,
    /// What failed, although the rest was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    apps: Vec<WrittenApp<'a>>,
    /// Folders whose manifest was rejected. Nothing is written for them.
    refused: Vec<Refused<'a>>,
    /// The compose file, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    compose: Option<WrittenFile>,
}

#[derive(Serialize)]
struct Refused<'a> {
    path: String,
    reason: &'a str,
}

#[derive(Serialize)]
struct WrittenApp<'a> {
    name: &'a str,
    path: String,
    dockerfile: String,
    dockerignore: String,
    context: String,
    /// The stage to build. It is also the last one, so `docker build` builds it without `--target`.
    target: Option<&'a str>,
    port: Option<u16>,
    /// Every port, such as `8080` or `53/udp`, the one above first.
    ports: Vec<Port>,
    /// The base family, as `--base` accepts it.
    base: &'a str,
    /// Variables that `docker build --build-arg` takes.
    build_args: Vec<&'a Arg>,
    /// Secrets that `docker build` needs, as `--secret` accepts them, with paths relative to the
    /// repository's root.
    build_secrets: Vec<String>,
    /// The `docker build` command to type, from the working directory.
    build: String,
    /// The `docker run` command to type.
    run: String,
    /// The named volumes of `run`, each with the folder that it keeps.
    volumes: Vec<Volume>,
    /// Folders that the program writes.
    writable: Vec<String>,
    /// Variables without which the program exits at start.
    required_env: Vec<String>,
    /// What happened to each file, or would.
    files: Vec<WrittenFile>,
    assumptions: Vec<&'a str>,
    /// Templates of the repository that replace dockgen's.
    overrides: Vec<String>,
    warnings: Vec<String>,
    /// The same with their codes, severities and places.
    findings: &'a [Finding],
}

#[derive(Serialize)]
struct Volume {
    volume: String,
    folder: String,
}

#[derive(Serialize)]
struct WrittenFile {
    path: String,
    /// `new`, `unchanged`, `updated`, or `not dockgen's`, which only `--force` overwrites.
    status: &'static str,
}

/// The output of a command that failed.
#[derive(Serialize)]
struct Failed<'a> {
    schema: u32,
    error: &'a str,
}

/// The object that replaces the others if a command failed.
///
/// # Errors
/// None in practice: the data is plain.
pub(crate) fn failed(error: &str) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&Failed { schema: SCHEMA, error })
}

/// What `init` made.
pub(crate) struct Made<'a> {
    /// The applications that were written, or would be.
    pub drafts: &'a [Draft],
    /// Those for which nothing is written, because their Dockerfile is a person's.
    pub kept: &'a [Draft],
    /// The compose file, if it was asked for.
    pub compose: Option<&'a Change>,
}

/// What was decided and written, with paths relative to PATH; `failures`: what was not, and why.
///
/// # Errors
/// None in practice: the data is plain.
pub(crate) fn written(
    survey: &Survey,
    made: &Made,
    failures: &[String],
    here: &Here,
) -> serde_json::Result<String> {
    let path =
        |role, draft: &Draft| draft.path(role).map_or_else(String::new, |path| shown(survey, path));
    let mut published = next::Published::default();
    let apps = made.drafts.iter().chain(made.kept).map(|draft| WrittenApp {
        name: draft.plan.name.as_str(),
        path: shown(survey, &draft.plan.app),
        dockerfile: path(Role::Dockerfile, draft),
        dockerignore: path(Role::Ignore, draft),
        context: shown(survey, &draft.plan.context),
        target: draft.target.as_deref(),
        port: draft.plan.runtime.port,
        ports: draft.plan.runtime.ports(),
        base: &draft.plan.runtime.family,
        build_args: next::args(draft),
        build_secrets: next::secrets(draft, &RelPath::to_string),
        build: next::build(draft, here),
        run: next::run(draft, here, &mut published),
        volumes: next::kept(draft)
            .into_iter()
            .map(|(volume, folder)| Volume { volume, folder })
            .collect(),
        writable: draft.plan.runtime.writable.iter().map(ToString::to_string).collect(),
        required_env: draft.plan.runtime.required.iter().map(ToString::to_string).collect(),
        files: files(survey, &draft.changes),
        assumptions: survey
            .selection
            .assumptions
            .iter()
            .chain(&draft.assumptions)
            .map(String::as_str)
            .collect(),
        overrides: draft.overrides.iter().map(|path| shown(survey, path)).collect(),
        warnings: draft.findings.iter().map(sentence).collect(),
        findings: &draft.findings,
    });
    let unread = survey.selection.unread.iter();
    let refused = unread.map(|one| Refused { path: shown(survey, &one.folder), reason: &one.why });
    let reason = |language: &String| format!("dockgen does not support {language} yet");
    let unsupported = survey.selection.unsupported.iter();
    let unsupported: Vec<(String, String)> =
        unsupported.map(|(path, language)| (shown(survey, path), reason(language))).collect();
    let more = unsupported.iter().map(|(path, reason)| Refused { path: path.clone(), reason });
    let refused = refused.chain(more).collect();
    let compose = made.compose.and_then(|file| files(survey, std::slice::from_ref(file)).pop());
    serde_json::to_string_pretty(&Written {
        schema: SCHEMA,
        error: (!failures.is_empty()).then(|| failures.join("\n")),
        apps: apps.collect(),
        refused,
        compose,
    })
}

fn files(survey: &Survey, changes: &[Change]) -> Vec<WrittenFile> {
    let file = |change: &Change| WrittenFile {
        path: shown(survey, &change.new.path),
        status: match change.standing {
            Standing::New => "new",
            Standing::Same => "unchanged",
            _ if change.is_refused() => "not dockgen's",
            _ => "updated",
        },
    };
    changes.iter().filter(|change| change.role != Role::Pristine).map(file).collect()
}

/// A finding as one sentence, which begins with its first place.
fn sentence(finding: &Finding) -> String {
    let place = finding
        .evidence
        .first()
        .map_or_else(String::new, |evidence| format!("{}: ", evidence.place()));
    format!("{place}{}: {}; {}", finding.what, finding.why, finding.fix)
}

fn shown(survey: &Survey, path: &RelPath) -> String {
    path.relative_to(&survey.place.start)
}

/// `explain --json`.
#[derive(Serialize)]
struct Explained<'a> {
    schema: u32,
    apps: Vec<ExplainedApp<'a>>,
    others: Vec<Other<'a>>,
}

#[derive(Serialize)]
struct ExplainedApp<'a> {
    name: &'a str,
    language: &'a str,
    path: String,
    context: String,
    dockerfile: String,
    dockerignore: String,
    decisions: &'a [Decision],
    context_report: Weight<'a>,
    assumptions: &'a [String],
    overrides: Vec<String>,
    findings: &'a [Finding],
    questions: &'a [Question],
}

/// The build context, with sizes in bytes.
#[derive(Serialize)]
struct Weight<'a> {
    files: usize,
    bytes: u64,
    /// Only some of the files were counted.
    cut: bool,
    biggest_in: Vec<Weighed<'a>>,
    biggest_out: Vec<Weighed<'a>>,
}

#[derive(Serialize)]
struct Weighed<'a> {
    path: &'a str,
    bytes: u64,
}

fn weight(context: &ContextReport) -> Weight<'_> {
    fn list(all: &[(String, u64)]) -> Vec<Weighed<'_>> {
        all.iter().map(|(path, bytes)| Weighed { path, bytes: *bytes }).collect()
    }
    Weight {
        files: context.files,
        bytes: context.bytes,
        cut: context.cut,
        biggest_in: list(&context.biggest_in),
        biggest_out: list(&context.biggest_out),
    }
}

#[derive(Serialize)]
struct Other<'a> {
    name: &'a str,
    language: &'a str,
    path: String,
    why: &'a str,
}

/// Every decision. Paths of applications and files are relative to PATH, evidence is relative to
/// the root.
///
/// # Errors
/// None in practice: the data is plain.
pub(crate) fn explained(survey: &Survey, drafts: &[Draft]) -> serde_json::Result<String> {
    let path =
        |role, draft: &Draft| draft.path(role).map_or_else(String::new, |path| shown(survey, path));
    let apps = drafts.iter().map(|draft| ExplainedApp {
        name: draft.plan.name.as_str(),
        language: &draft.plan.language,
        path: shown(survey, &draft.plan.app),
        context: shown(survey, &draft.plan.context),
        dockerfile: path(Role::Dockerfile, draft),
        dockerignore: path(Role::Ignore, draft),
        decisions: &draft.plan.decisions,
        context_report: weight(&draft.context),
        assumptions: &draft.assumptions,
        overrides: draft.overrides.iter().map(|path| shown(survey, path)).collect(),
        findings: &draft.findings,
        questions: &draft.questions,
    });
    let others = survey.selection.others.iter().map(|(facts, why)| Other {
        name: &facts.name.value,
        language: &facts.language,
        path: shown(survey, &facts.dir),
        why,
    });
    serde_json::to_string_pretty(&Explained {
        schema: SCHEMA,
        apps: apps.collect(),
        others: others.collect(),
    })
}

//! The caching proof: edits a copy of the sources and rebuilds it.

use anyhow::Result;
use serde::Serialize;

use super::build::{Built, Order, build};
use super::catalog::catalog;
use super::checks::{Check, short, some};
use super::cold;
use super::copy::Copy;
use super::edit::{self, SourceEdit};
use super::engine::{Engine, Flavour};
use super::image::{Contents, Layer};
use super::made::{self, Thing};
use super::steps::{Step, title};
use super::subject::Subject;
use super::{Event, Stage, Wanted, Watch, built_check, megabytes, stages};

/// What was rebuilt, and why.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Caching {
    /// The rebuilds.
    pub rebuilds: Vec<Rebuild>,
    /// The checks on them, which are also among those of the whole proof.
    #[serde(skip)]
    pub checks: Vec<Check>,
}

/// A build after an edit.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Rebuild {
    /// `source`, `dependency` or `cold`.
    pub proof: &'static str,
    /// The edited files, relative to the build context.
    pub edited: Vec<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Its stages.
    pub stages: Vec<Stage>,
    /// The steps that ran again.
    pub ran: Vec<Step>,
    /// The layers of the final image that changed.
    pub changed: Vec<Layer>,
    /// Their total size in bytes.
    pub changed_bytes: u64,
    /// All layers of the image.
    pub layers: Vec<Layer>,
}

/// Runs the requested proofs. `first` is the image before any edit.
///
/// # Errors
/// If the engine cannot be run, or a file cannot be edited.
pub(super) fn prove(
    engine: &Engine,
    subject: &Subject,
    wanted: &Wanted,
    first: &Contents,
    watch: Watch,
) -> Result<Caching> {
    let mut caching = Caching::default();
    let proof = Prover { engine, subject, wanted, first, watch };
    if wanted.caching.source {
        proof.source(&mut caching)?;
    }
    if wanted.caching.dependency {
        proof.dependency(&mut caching)?;
    }
    if wanted.caching.cold {
        proof.cold(&mut caching)?;
    }
    Ok(caching)
}

struct Prover<'a, 'e> {
    engine: &'e Engine,
    subject: &'a Subject<'a>,
    wanted: &'a Wanted,
    first: &'a Contents,
    watch: Watch<'a>,
}

/// A build of a copy: its results, and the check for a failure.
struct Again {
    rebuild: Rebuild,
    failure: Option<Check>,
}

impl<'e> Prover<'_, 'e> {
    /// A word that no earlier run has used in an edit.
    fn word(&self, round: u8) -> String {
        format!("{}{round}", self.engine.suffix())
    }

    fn build(&self, copy: &Copy, doing: &str) -> Result<Built<'e>> {
        (self.watch)(&Event::Doing(doing.to_owned()));
        let paths = (copy.context(), copy.file());
        let order = Order::new(self.wanted, &paths);
        build(self.engine, self.subject.plan.name.as_str(), order, self.watch)
    }

    fn again(
        &self,
        copy: &Copy,
        proof: &'static str,
        edited: &[String],
        doing: &str,
    ) -> Result<Again> {
        let built = self.build(copy, doing)?;
        let ran = built.steps.iter().filter(|step| !step.cached).cloned().collect();
        let mut rebuild = Rebuild {
            proof,
            edited: edited.to_vec(),
            seconds: built.seconds,
            stages: stages(&built.steps),
            ran,
            ..Rebuild::default()
        };
        let Some(image) = &built.image else {
            return Ok(Again { rebuild, failure: Some(built_check(&built)?) });
        };
        let contents = image.contents(&self.subject.parsed)?;
        rebuild.changed = changed(&self.first.layers, &contents.layers);
        rebuild.changed_bytes = rebuild.changed.iter().map(|layer| layer.size).sum();
        rebuild.layers =
            contents.layers.into_iter().map(|layer| Layer { files: Vec::new(), ..layer }).collect();
        Ok(Again { rebuild, failure: None })
    }

    /// A source edit must not rerun a dependency step or change a layer of dependencies.
    fn source(&self, caching: &mut Caching) -> Result<()> {
        let copy = Copy::of(self.engine, self.subject)?;
        let edit = SourceEdit::of(self.subject, self.wanted.edit.as_ref(), &copy.context())?;
        let edited = [edit.file.clone()];
        edit.make(&self.word(1))?;
        let mut again =
            self.again(&copy, "source", &edited, "building again after an edit of the source")?;
        if again.failure.is_none() && !dependency_steps(&again.rebuild.ran)?.is_empty() {
            // Before blaming the Dockerfile, check that the engine keeps its cache. Its clean-up
            // may have removed entries, and during another build of the same stage a cached step is
            // not reported as cached.
            let control =
                self.again(&copy, "source", &edited, "building again without an edit, to be sure")?;
            let lost = dependency_steps(&control.rebuild.ran)?;
            if !lost.is_empty() {
                let what = format!(
                    "the engine does not keep its layer cache: without any edit it ran {} again",
                    some(&lost)
                );
                caching.checks.push(Check::skipped("caching-source", what));
                caching.rebuilds.push(again.rebuild);
                return Ok(());
            }
            edit.make(&self.word(2))?;
            again = self.again(&copy, "source", &edited, "building again after another edit")?;
        }
        if let Some(check) = again.failure {
            caching.checks.push(Check { id: "caching-source", ..check });
            caching.rebuilds.push(again.rebuild);
            return Ok(());
        }
        let rebuild = again.rebuild;
        caching.checks.push(source_steps(&rebuild)?);
        caching.checks.push(source_layers(&rebuild, &edit)?);
        if let Some(allowed) = self.wanted.max_changed_mb {
            caching.checks.push(max_changed(&rebuild, allowed));
        }
        caching.rebuilds.push(rebuild);
        Ok(())
    }

    /// An edit of the dependencies must not reinstall system packages.
    fn dependency(&self, caching: &mut Caching) -> Result<()> {
        let copy = Copy::of(self.engine, self.subject)?;
        let edited = edit::dependencies(self.subject, &copy.context(), self.engine.suffix())?;
        if edited.is_empty() {
            caching.checks.push(Check::skipped(
                "caching-dependency",
                "there is no manifest in the build context to edit",
            ));
            return Ok(());
        }
        let again = self.again(
            &copy,
            "dependency",
            &edited,
            "building again after an edit of the dependencies",
        )?;
        let rows = &catalog()?.dependencies.system_commands;
        let system: Vec<String> = again
            .rebuild
            .ran
            .iter()
            .filter(|step| rows.iter().any(|words| step.text.contains(words.as_str())))
            .map(named)
            .collect();
        caching.checks.push(match again.failure {
            Some(check) => Check { id: "caching-dependency", ..check },
            None if system.is_empty() => Check::ok(
                "caching-dependency",
                format!(
                    "after an edit of {} it builds in {:.1} s: {} ran again",
                    edited.join(", "),
                    again.rebuild.seconds,
                    ran(&again.rebuild)
                ),
            ),
            None => Check::broken(
                "caching-dependency",
                format!(
                    "an edit of the dependencies installs packages of the system again: {}",
                    some(&system)
                ),
                "put this step before the manifests are copied",
            ),
        });
        caching.rebuilds.push(again.rebuild);
        Ok(())
    }

    /// A source edit must build with a warm layer cache and empty cache mounts, as on a fresh CI
    /// machine.
    fn cold(&self, caching: &mut Caching) -> Result<()> {
        const ID: &str = "caching-cold";
        let marker = format!("dockgen-verify-{}", self.engine.suffix());
        let private = cold::private(&self.subject.text, &self.subject.parsed, &marker);
        let Some(text) = private.filter(|_| self.engine.flavour == Flavour::Docker) else {
            let why = "the Dockerfile has no cache mount that can be emptied apart from all others";
            caching.checks.push(Check::skipped(ID, why));
            return Ok(());
        };
        let copy = Copy::of(self.engine, self.subject)?;
        let edit = SourceEdit::of(self.subject, self.wanted.edit.as_ref(), &copy.context())?;
        copy.dockerfile(&text)?;
        let mounts = Thing::CacheMounts(marker);
        self.engine.list(mounts.clone())?;
        let fill =
            self.build(&copy, "building once more, to have cache mounts that can be emptied")?;
        if fill.failure.is_some() {
            caching.checks.push(Check { id: ID, ..built_check(&fill)? });
            return Ok(());
        }
        if let Some(left) = made::remove(self.engine.program(), &mounts) {
            caching
                .checks
                .push(Check::skipped(ID, format!("the cache mounts cannot be emptied: {left}")));
            return Ok(());
        }
        self.engine.list(mounts.clone())?;
        edit.make(&self.word(3))?;
        let edited = [edit.file.clone()];
        let again = self.again(&copy, "cold", &edited, "building again with empty cache mounts")?;
        let again_ran = dependency_steps(&again.rebuild.ran)?;
        caching.checks.push(match again.failure {
            Some(check) => Check { id: ID, ..check },
            None if again_ran.is_empty() => Check::ok(
                ID,
                format!(
                    "with empty cache mounts and a warm layer cache an edit of the source builds in {:.1} s: {} ran again",
                    again.rebuild.seconds,
                    ran(&again.rebuild)
                ),
            ),
            None => again_broken(ID, &again_ran),
        });
        caching.rebuilds.push(again.rebuild);
        drop(fill);
        made::remove(self.engine.program(), &mounts);
        Ok(())
    }
}

fn again_broken(id: &'static str, steps: &[String]) -> Check {
    Check::broken(
        id,
        format!("an edit of the source runs dependency steps again: {}", some(steps)),
        "copy the manifests alone before this step, and the source after it",
    )
}

fn source_steps(rebuild: &Rebuild) -> Result<Check> {
    const ID: &str = "caching-source";
    let again = dependency_steps(&rebuild.ran)?;
    if !again.is_empty() {
        return Ok(again_broken(ID, &again));
    }
    let file = rebuild.edited.join(", ");
    if rebuild.ran.is_empty() {
        let what = format!(
            "no step ran after an edit of {file}: the engine has built this edit before, or no step reads it"
        );
        return Ok(Check::note(ID, what));
    }
    let what = format!(
        "after an edit of {file} it builds in {:.1} s: {} ran again",
        rebuild.seconds,
        ran(rebuild)
    );
    Ok(Check::ok(ID, what))
}

fn source_layers(rebuild: &Rebuild, edit: &SourceEdit) -> Result<Check> {
    const ID: &str = "caching-layers";
    let rows = &catalog()?.dependencies.layers;
    let heavy: Vec<String> = rebuild
        .changed
        .iter()
        .filter(|layer| layer.size > 0)
        .filter(|layer| {
            layer.made_by.starts_with("RUN")
                || rows.iter().any(|words| layer.made_by.contains(words.as_str()))
        })
        .map(|layer| format!("`{}` ({:.2} MB)", short(&layer.made_by), megabytes(layer.size)))
        .collect();
    if !heavy.is_empty() {
        let fix =
            "give the dependencies a layer of their own whose bytes depend on the manifests alone";
        let what =
            format!("an edit of the source changes more than the application: {}", some(&heavy));
        return Ok(Check::broken(ID, what, fix));
    }
    if rebuild.changed.is_empty() {
        let what = if edit.is_comment() {
            "the edit, a comment, did not reach the image; --edit FILE names another file"
        } else {
            "the edit did not reach the image: is the file part of the program? --edit FILE names another one"
        };
        return Ok(Check::note(ID, what));
    }
    let (count, all) = (rebuild.changed.len(), rebuild.layers.len());
    let what = format!(
        "the edit changes {count} of {all} layers: {:.2} MB",
        megabytes(rebuild.changed_bytes)
    );
    Ok(Check::ok(ID, what))
}

fn max_changed(rebuild: &Rebuild, allowed: f64) -> Check {
    const ID: &str = "max-changed";
    let is = megabytes(rebuild.changed_bytes);
    if is <= allowed {
        return Check::ok(ID, format!("an edit of the source changes {is:.2} MB of {allowed} MB"));
    }
    let fix = "give what does not change a layer of its own below the application's, or raise --max-changed-mb";
    Check::broken(
        ID,
        format!("an edit of the source changes {is:.2} MB, and {allowed} MB are allowed"),
        fix,
    )
}

/// `2 steps (build: RUN make; runtime: COPY ...)`.
fn ran(rebuild: &Rebuild) -> String {
    let steps: Vec<String> = rebuild.ran.iter().map(named).collect();
    match steps.len() {
        0 => "no step".to_owned(),
        1 => format!("1 step ({})", steps[0]),
        count => format!("{count} steps ({})", steps.join("; ")),
    }
}

/// A step on one short line.
fn named(step: &Step) -> String {
    short(&title(&step.stage, &step.text))
}

/// The steps that download or install dependencies.
fn dependency_steps(steps: &[Step]) -> Result<Vec<String>> {
    let rows = &catalog()?.dependencies;
    let resolves = |step: &&Step| {
        step.text.starts_with("RUN")
            && (rows.commands.iter().any(|words| step.text.contains(words.as_str()))
                || rows
                    .stages
                    .iter()
                    .any(|name| step.stage == *name || step.stage.ends_with(&format!("-{name}"))))
    };
    Ok(steps.iter().filter(resolves).map(named).collect())
}

/// The layers of `after` that are not in `before`.
fn changed(before: &[Layer], after: &[Layer]) -> Vec<Layer> {
    let same = |at: usize, layer: &Layer| {
        if before.len() == after.len() {
            before.get(at).is_some_and(|held| held.digest == layer.digest)
        } else {
            before.iter().any(|held| held.digest == layer.digest)
        }
    };
    let changed = after.iter().enumerate().filter(|(at, layer)| !same(*at, layer));
    changed.map(|(_, layer)| Layer { files: Vec::new(), ..layer.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::checks::Outcome::{Broken, Ok};
    use super::*;

    fn step(stage: &str, text: &str) -> Step {
        Step { stage: stage.to_owned(), text: text.to_owned(), cached: false, seconds: 1.0 }
    }

    fn layer(digest: &str, made_by: &str, size: u64) -> Layer {
        Layer { digest: digest.to_owned(), made_by: made_by.to_owned(), size, ..Layer::default() }
    }

    #[test]
    fn steps_of_dependencies_are_told_by_command_and_by_stage() {
        let steps = [
            step("build", "RUN npm ci"),
            step("production-deps", "RUN prune"),
            step("build", "RUN make"),
            step("deps", "COPY a b"),
            step("initial", "RUN x"),
        ];
        assert_eq!(
            dependency_steps(&steps).unwrap(),
            ["build: RUN npm ci", "production-deps: RUN prune"]
        );
    }

    #[test]
    fn layers_are_compared_one_by_one() {
        let before = [layer("1", "a", 5), layer("2", "b", 5)];
        let after = [layer("1", "a", 5), layer("3", "b", 7)];
        let found = changed(&before, &after);
        assert_eq!((found.len(), found[0].size), (1, 7));
        assert!(changed(&before, &before).is_empty());
        assert_eq!(
            changed(&before, &[layer("9", "x", 1), before[0].clone(), before[1].clone()]).len(),
            1
        );
    }

    #[test]
    fn a_layer_of_dependencies_that_changes_is_a_broken_promise() {
        let check = |made_by: &str, size| {
            let changed = vec![layer("1", made_by, size)];
            let rebuild = Rebuild {
                changed_bytes: size,
                layers: changed.clone(),
                changed,
                ..Rebuild::default()
            };
            let edit = SourceEdit::plain();
            (source_layers(&rebuild, &edit).unwrap().outcome, max_changed(&rebuild, 1.0).outcome)
        };
        assert_eq!(check("COPY /app/dist /app/dist", 10), (Ok, Ok));
        assert_eq!(check("COPY /app/node_modules /app/node_modules", 10), (Broken, Ok));
        assert_eq!(check("RUN make", 10).0, Broken);
        assert_eq!(check("RUN mkdir x", 0).0, Ok);
        assert_eq!(check("COPY /snapshot-dependencies/ ./", 2_000_000), (Ok, Broken));
        assert_eq!(check("COPY /extracted/dependencies/ ./", 10).0, Broken);
    }
}

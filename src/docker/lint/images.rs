//! The images that a Dockerfile names.

use super::{Found, Subject, scope};

/// A --from: of COPY, or of a mount of RUN.
pub(super) struct From {
    /// The index of its stage.
    pub(super) stage: usize,
    pub(super) line: usize,
    /// The stage or image that it names, with variables expanded.
    pub(super) name: String,
}

/// Every --from.
pub(super) fn froms(subject: &Subject) -> Vec<From> {
    let file = subject.file;
    let mut found = Vec::new();
    for (stage, held) in scope::instructions(file) {
        let mut names: Vec<String> = held.flag("from").map(str::to_owned).into_iter().collect();
        names.extend(held.mounts().iter().filter_map(|mount| mount.get("from").map(str::to_owned)));
        found.extend(names.iter().map(|name| From {
            stage,
            line: held.line,
            name: subject.scopes.resolve(file, name),
        }));
    }
    found
}

/// Every image that is not a stage, with the line that names it.
fn images(subject: &Subject) -> Vec<(usize, String)> {
    let file = subject.file;
    let bases = file.stages.iter().enumerate().filter_map(|(at, stage)| {
        let (image, below) = subject.scopes.base(at);
        below.is_none().then(|| (stage.line, image.to_owned()))
    });
    let copied = froms(subject).into_iter().filter_map(|from| {
        let stage = scope::stage_named(file, &from.name, from.stage, true).is_some();
        (!stage && from.name.contains([':', '/', '@'])).then_some((from.line, from.name))
    });
    bases.chain(copied).filter(|(_, image)| image != "scratch").collect()
}

pub(super) fn planned(subject: &Subject) -> Vec<Found> {
    let plan = subject.plan;
    let more = plan.details.get("images").and_then(serde_json::Value::as_array);
    let mut known = vec![plan.builder.as_str(), plan.runtime.image.as_str()];
    known.extend(plan.runtime.init_image.as_ref().map(crate::docker::types::ImageRef::as_str));
    known.extend(plan.front_ends.iter().map(|front_end| front_end.builder.as_str()));
    known.extend(more.into_iter().flatten().filter_map(serde_json::Value::as_str));
    let strange = images(subject).into_iter().filter(|(_, image)| !known.contains(&image.as_str()));
    strange
        .map(|(line, image)| {
            let message = format!(
                "the image `{image}` is not one of those chosen for this application ({}): its \
                 contents are unknown; take one of them, or allow it here with a comment \
                 `# dockgen: allow=DG008`",
                known.join(", ")
            );
            (line, message)
        })
        .collect()
}

pub(super) fn fixed(subject: &Subject) -> Vec<Found> {
    let floats = |image: &str| {
        let (name, digest) =
            image.split_once('@').map_or((image, ""), |(name, digest)| (name, digest));
        let tag = name
            .rsplit('/')
            .next()
            .and_then(|last| last.split_once(':'))
            .map_or("", |(_, tag)| tag);
        digest.is_empty() && (tag.is_empty() || tag == "latest" || tag.contains('$'))
    };
    let floating = images(subject).into_iter().filter(|(_, image)| floats(image));
    floating
        .map(|(line, image)| {
            let message = format!(
                "the image `{image}` has no fixed tag: the same file builds something else tomorrow; \
                 name a version, or a digest"
            );
            (line, message)
        })
        .collect()
}

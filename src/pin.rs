//! Images with their digests: `name:tag@sha256:...`. Digests are looked up elsewhere and stored in
//! the state.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::docker::types::ImageRef;
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::plan::Plan;

/// Digests by image.
pub(crate) type Pins = BTreeMap<String, String>;

/// Reads the digest of an image, `sha256:...`.
pub(crate) type Lookup = dyn Fn(&str) -> Result<String>;

/// What to do with digests.
#[derive(Default)]
pub enum Pinning {
    /// Keep the known digests.
    #[default]
    Keep,
    /// Look them up again. If that fails, keep the known ones.
    Read(Box<Lookup>),
    /// Use tags alone.
    Drop,
}

/// Pins the images of `plan`, or drops their digests. An image that could not be pinned is a
/// finding. Returns the pins in force.
///
/// # Errors
/// If a lookup returns something that is not a digest.
pub(crate) fn pin(plan: &mut Plan, known: &Pins, pinning: &Pinning) -> Result<Pins> {
    let mut pins = Pins::new();
    let lookup = match pinning {
        Pinning::Keep => None,
        Pinning::Read(lookup) => Some(lookup),
        Pinning::Drop => return Ok(pins),
    };
    let builders = plan.front_ends.iter().map(|front_end| &front_end.builder);
    for image in [&plan.builder, &plan.runtime.image]
        .into_iter()
        .chain(&plan.runtime.init_image)
        .chain(builders)
    {
        let name = image.as_str();
        if name == "scratch" || name.contains('@') || pins.contains_key(name) {
            continue;
        }
        let read = lookup.map(|lookup| lookup(name));
        let kept = known.get(name);
        let trouble = match (&read, kept) {
            (Some(Err(error)), _) => Some(format!("{error:#}")),
            (None, None) if !known.is_empty() => Some("nobody has read it yet".to_owned()),
            _ => None,
        };
        plan.findings
            .extend(trouble.map(|why| unpinned(plan, name, &why, kept.map(String::as_str))));
        if let Some(digest) = read.and_then(Result::ok).or_else(|| kept.cloned()) {
            pins.insert(name.to_owned(), digest);
        }
    }
    let with = |image: &ImageRef| match pins.get(image.as_str()) {
        Some(digest) => ImageRef::new(format!("{image}@{digest}")),
        None => Ok(image.clone()),
    };
    (plan.builder, plan.runtime.image) = (with(&plan.builder)?, with(&plan.runtime.image)?);
    plan.runtime.init_image = plan.runtime.init_image.as_ref().map(with).transpose()?;
    for front_end in &mut plan.front_ends {
        front_end.builder = with(&front_end.builder)?;
    }
    Ok(pins)
}

/// True for a digest: `sha256:` and 64 hexadecimal digits in lower case.
pub(crate) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'))
    })
}

fn unpinned(plan: &Plan, image: &str, why: &str, kept: Option<&str>) -> Finding {
    let stays =
        kept.map_or_else(|| "it stays without one".to_owned(), |digest| format!("{digest} stays"));
    Finding::new(
        FindingCode::PinUnread,
        format!("dockgen could not read the digest of {image}, and {stays}: {why}"),
        [Evidence::file(&plan.app.join("Dockerfile").unwrap_or_else(RelPath::root), "the image")],
    )
}

/// An image without its digest.
pub(crate) fn name(image: &str) -> &str {
    image.split('@').next().unwrap_or(image)
}

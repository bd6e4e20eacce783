//! What a Dockerfile does, in a few words that can stand beside those of another one.

use super::parse::{Dockerfile, Instruction};
use super::scope::Scopes;

/// A trait by its name, such as `user`, and what a Dockerfile has there.
pub type Trait = (&'static str, String);

/// Words of image names and tags, with what they mean for the size of what is on it.
const SIZES: [(&str, &str); 5] = [
    ("scratch", "the program alone"),
    ("distroless", "small: no shell, no package manager"),
    ("alpine", "small: with a shell and packages"),
    ("slim", "medium: a distribution without its tools"),
    ("minimal", "medium: a distribution without its tools"),
];

/// The traits of a Dockerfile, always the same ones in the same order. `tools`: names of images that
/// hold a compiler or a build tool, whatever their tags.
pub fn of(file: &Dockerfile, tools: &[&str]) -> Vec<Trait> {
    let scopes = Scopes::of(file);
    let last = file.stages.len().saturating_sub(1);
    let mut chain: Vec<usize> = scopes.chain(last).collect();
    chain.reverse();
    let image = if file.stages.is_empty() { "none" } else { scopes.ancestry(file, last).1 };
    let inherited = || chain.iter().flat_map(|at| &file.stages[*at].instructions);
    let last_of = |keyword: &str| inherited().rfind(|held| held.keyword == keyword);
    let user = match last_of("USER") {
        Some(held) => held.arguments.clone(),
        None if image.contains("nonroot") => "nonroot, by the image".to_owned(),
        None => "root".to_owned(),
    };
    let start = last_of("ENTRYPOINT").or_else(|| last_of("CMD"));
    let ports: Vec<String> =
        inherited().filter(|held| held.keyword == "EXPOSE").flat_map(Instruction::words).collect();
    let cached = file.instructions().any(|held| {
        held.keyword == "RUN"
            && held.flags.iter().any(|(name, value)| {
                name == "mount" && value.as_ref().is_some_and(|value| value.contains("type=cache"))
            })
    });
    let fetched = dependencies(file, &scopes);
    vec![
        ("final image", image.to_owned()),
        ("size", size(image, tools).to_owned()),
        ("stages", file.stages.len().to_string()),
        ("user", user),
        (
            "dependencies",
            match fetched {
                Fetched::Apart => "kept over edits",
                Fetched::WithSources => "fetched at each edit",
                Fetched::Never => "in no step of their own",
            }
            .to_owned(),
        ),
        (
            "downloads",
            match (cached, fetched) {
                (true, _) => "kept between builds",
                (false, Fetched::Apart) => "again when a manifest changes",
                (false, _) => "again each time",
            }
            .to_owned(),
        ),
        ("ports", if ports.is_empty() { "none".to_owned() } else { ports.join(" ") }),
        (
            "start",
            match start {
                Some(held) if held.arguments.trim_start().starts_with('[') => "the program itself",
                Some(_) => "a shell, no stop signal",
                None => "what the image says",
            }
            .to_owned(),
        ),
    ]
}

/// What the name of an image says about the size of what is on it.
fn size(image: &str, tools: &[&str]) -> &'static str {
    let plain = image.split('@').next().unwrap_or_default();
    let (name, _) =
        plain.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')).unwrap_or((plain, ""));
    let known = SIZES.iter().find(|(word, _)| image.contains(word)).map(|(_, words)| *words);
    match known {
        // A small distribution with a compiler is not small.
        _ if tools.contains(&name) => "large: the build's tools are in it",
        Some(words) => words,
        // Official images have no owner; without a word in their tags they are whole distributions.
        None if !name.contains('/') => "large: a whole distribution",
        None => "its name does not say",
    }
}

/// When dependencies are fetched anew.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fetched {
    /// A step takes files by name, and none of the sources: only an edit of those repeats it.
    Apart,
    /// The first step comes after the sources.
    WithSources,
    /// No step runs on files of the build context.
    Never,
}

/// Whether an edit of the sources repeats the steps that fetch dependencies. One stage that fetches
/// apart is enough: others take the result from it.
fn dependencies(file: &Dockerfile, scopes: &Scopes) -> Fetched {
    let mut found = Fetched::Never;
    for at in 0..file.stages.len() {
        let mut chain: Vec<usize> = scopes.chain(at).collect();
        chain.reverse();
        let (mut manifests, mut sources) = (false, false);
        for held in chain.iter().flat_map(|at| &file.stages[*at].instructions) {
            match held.keyword.as_str() {
                "COPY" | "ADD" if held.flags.iter().any(|(name, _)| name == "from") => {}
                "COPY" | "ADD" if takes_all(held) => sources = true,
                "COPY" | "ADD" => manifests = true,
                "RUN" => {
                    let whole = mounts(held).any(|mount| !mount.contains("source="));
                    let named = manifests || mounts(held).next().is_some();
                    if sources || whole {
                        found = Fetched::WithSources;
                        break;
                    }
                    if named {
                        return Fetched::Apart;
                    }
                }
                _ => {}
            }
        }
    }
    found
}

/// The mounts of a RUN that show it files of the build context.
fn mounts(held: &Instruction) -> impl Iterator<Item = &str> {
    let mounts = held.flags.iter().filter(|(name, _)| name == "mount");
    let values = mounts.filter_map(|(_, value)| value.as_deref());
    values.filter(|value| value.contains("type=bind") && !value.contains("from="))
}

/// True if an instruction copies the whole build context.
fn takes_all(held: &Instruction) -> bool {
    let words = held.words();
    let sources = words.split_last().map_or(&[][..], |(_, sources)| sources);
    sources.iter().any(|source| matches!(source.trim_end_matches('/'), "." | "" | "./*" | "*"))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn said(text: &str, name: &str) -> String {
        let traits = of(&parse(text).unwrap(), &["compiler"]);
        traits.into_iter().find(|(held, _)| *held == name).unwrap().1
    }

    #[test]
    fn two_dockerfiles_are_told_apart() {
        let theirs =
            "FROM node:20\nWORKDIR /srv\nCOPY . .\nRUN npm install\nEXPOSE 8000\nCMD npm start\n";
        let ours = "FROM node:24-slim AS deps\nCOPY package.json ./\nRUN --mount=type=cache,target=/x npm ci\n\
                    FROM deps AS build\nCOPY . .\nRUN npm run build\n\
                    FROM gcr.io/distroless/nodejs24-debian13:nonroot\nCOPY --from=build /a /a\nUSER 65532:65532\n\
                    ENTRYPOINT [\"node\"]\n";
        for (name, left, right) in [
            ("stages", "1", "3"),
            ("user", "root", "65532:65532"),
            ("downloads", "again each time", "kept between builds"),
            ("ports", "8000", "none"),
            ("start", "a shell, no stop signal", "the program itself"),
            ("size", "large: a whole distribution", "small: no shell, no package manager"),
        ] {
            assert_eq!((said(theirs, name), said(ours, name)), (left.into(), right.into()));
        }
        assert!(said(theirs, "dependencies").starts_with("fetched at"));
        assert!(said(ours, "dependencies").starts_with("kept over"));
        assert_eq!(said("FROM distroless/static:nonroot\n", "user"), "nonroot, by the image");
    }

    #[test]
    fn a_fetch_counts_in_the_stage_that_makes_it() {
        let of = |text: &str| (said(text, "dependencies"), said(text, "downloads"));
        let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        let deps = "FROM a AS deps\nCOPY x.json ./\nRUN fetch\n";
        let kept = pair("kept over edits", "again when a manifest changes");
        // The sources join the result of the stage, and nothing runs on them.
        assert_eq!(of(&format!("{deps}FROM b\nCOPY --from=deps /x /x\nCOPY . .\n")), kept);
        // A step runs on them in a stage of its own.
        assert_eq!(of(&format!("{deps}FROM a AS build\nCOPY . .\nRUN make\n")), kept);
        let manifests = "FROM a AS m\nCOPY x.toml ./\nRUN stub\nFROM a AS deps\n\
                         RUN --mount=type=bind,from=m,source=/s,target=/s build\nFROM deps\n\
                         RUN --mount=type=bind,target=/s build\n";
        assert_eq!(of(manifests), kept);
        let each = pair("fetched at each edit", "again each time");
        assert_eq!(of("FROM a\nCOPY . .\nRUN fetch\nFROM b\nCOPY x.json .\n"), each);
        assert_eq!(of("FROM a\nRUN --mount=type=bind,target=/s build\n"), each);
        assert_eq!(of("FROM a\nCOPY . .\n"), pair("in no step of their own", "again each time"));
    }

    #[test]
    fn a_compiler_on_a_small_distribution_is_not_small() {
        let size = |image: &str| said(&format!("FROM {image}\n"), "size");
        for image in ["compiler:1.25-alpine", "compiler"] {
            assert_eq!(size(image), "large: the build's tools are in it");
        }
        assert!(size("other:1-alpine").starts_with("small"));
        assert_eq!(size("debian:13"), "large: a whole distribution");
        assert_eq!(size("ghcr.io:443/acme/base"), "its name does not say");
    }
}

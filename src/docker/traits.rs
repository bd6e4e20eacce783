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

/// The traits of a Dockerfile, always the same ones in the same order.
pub fn of(file: &Dockerfile) -> Vec<Trait> {
    let scopes = Scopes::of(file);
    let last = file.stages.len().saturating_sub(1);
    let mut chain: Vec<usize> = scopes.chain(last).collect();
    chain.reverse();
    let image = if file.stages.is_empty() { "none" } else { scopes.ancestry(file, last).1 };
    let inherited = || chain.iter().flat_map(|at| &file.stages[*at].instructions);
    let last_of = |keyword: &str| inherited().rfind(|held| held.keyword == keyword);
    let size = SIZES.iter().find(|(word, _)| image.contains(word));
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
    vec![
        ("final image", image.to_owned()),
        ("size", size.map_or("large: a whole distribution", |(_, words)| words).to_owned()),
        ("stages", file.stages.len().to_string()),
        ("user", user),
        ("dependencies", dependencies(file, &scopes).to_owned()),
        ("downloads", if cached { "kept between builds" } else { "again each time" }.to_owned()),
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

/// Whether an edit of the sources repeats the steps that fetch dependencies.
fn dependencies(file: &Dockerfile, scopes: &Scopes) -> &'static str {
    let mut found = "in no step of their own";
    for at in 0..file.stages.len() {
        let mut chain: Vec<usize> = scopes.chain(at).collect();
        chain.reverse();
        let (mut manifests, mut fetched) = (false, false);
        for held in chain.iter().flat_map(|at| &file.stages[*at].instructions) {
            match held.keyword.as_str() {
                "COPY" | "ADD" if held.flags.iter().any(|(name, _)| name == "from") => {}
                "COPY" | "ADD" if takes_all(held) => {
                    if fetched {
                        return "kept over edits";
                    }
                    found = "fetched at each edit";
                    break;
                }
                "COPY" | "ADD" => manifests = true,
                "RUN" if mounts(held).any(|mount| !mount.contains("source=")) => {
                    if fetched {
                        return "kept over edits";
                    }
                    break;
                }
                "RUN" => fetched |= manifests || mounts(held).next().is_some(),
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
        let traits = of(&parse(text).unwrap());
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
}

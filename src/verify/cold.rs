//! A Dockerfile with private cache mounts, so that they can be emptied without touching anybody
//! else's.

use std::collections::BTreeMap;

use crate::docker::parse::{Dockerfile, Instruction, parse};

/// `text` with a private id for every cache mount; `None` if it has none, or some cannot be
/// changed.
pub(super) fn private(text: &str, dockerfile: &Dockerfile, marker: &str) -> Option<String> {
    let mounts = |dockerfile: &Dockerfile| -> Vec<String> {
        let caches = dockerfile
            .instructions()
            .flat_map(Instruction::mounts)
            .filter(|mount| mount.kind() == "cache");
        caches
            .map(|mount| {
                mount.get("id").or_else(|| mount.get("target")).unwrap_or_default().to_owned()
            })
            .collect()
    };
    let before = mounts(dockerfile);
    if before.is_empty() {
        return None;
    }
    let mut numbers: BTreeMap<String, usize> = BTreeMap::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("--mount=") {
        let (head, tail) = rest.split_at(at + "--mount=".len());
        out.push_str(head);
        let end = tail.find(char::is_whitespace).unwrap_or(tail.len());
        let (mount, after) = tail.split_at(end);
        out.push_str(&with_id(mount, marker, &mut numbers));
        rest = after;
    }
    out.push_str(rest);
    // Parse it again: a mount in quotes, or in a variable, would still have its old id.
    let after = mounts(&parse(&out).ok()?);
    (after.len() == before.len() && after.iter().all(|id| id.starts_with(marker))).then_some(out)
}

fn with_id(mount: &str, marker: &str, numbers: &mut BTreeMap<String, usize>) -> String {
    let fields: Vec<&str> = mount.split(',').collect();
    let value = |names: &[&str]| {
        fields
            .iter()
            .filter_map(|field| field.split_once('='))
            .find(|(name, _)| names.contains(name))
            .map(|(_, value)| value)
    };
    if value(&["type"]) != Some("cache") {
        return mount.to_owned();
    }
    let known =
        value(&["id"]).or_else(|| value(&["target", "dst", "destination"])).unwrap_or_default();
    let next = numbers.len();
    let number = *numbers.entry(known.trim_end_matches('/').to_owned()).or_insert(next);
    let others: Vec<&str> = fields.into_iter().filter(|field| !field.starts_with("id=")).collect();
    format!("{},id={marker}-{number}", others.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Option<String> {
        private(text, &parse(text).unwrap(), "mine")
    }

    #[test]
    fn every_cache_mount_gets_an_id_and_nothing_else_changes() {
        let text = "FROM a AS b\nRUN --mount=type=cache,target=/root/.npm \\\n    --mount=type=bind,target=/src make\n\
                    RUN --mount=type=cache,id=x,target=/a,sharing=locked --mount=type=cache,target=/root/.npm true\n";
        let expected = text
            .replace("type=cache,target=/root/.npm", "type=cache,target=/root/.npm,id=mine-0")
            .replace(
                "type=cache,id=x,target=/a,sharing=locked",
                "type=cache,target=/a,sharing=locked,id=mine-1",
            );
        assert_eq!(made(text), Some(expected));
    }

    #[test]
    fn what_cannot_be_reached_is_not_half_done() {
        assert_eq!(made("FROM a\nRUN true\n"), None);
        assert_eq!(made("FROM a\nRUN --mount='type=cache,target=/x y' true\n"), None);
    }
}

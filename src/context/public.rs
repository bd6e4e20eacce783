//! Sources that are named like secrets and hold none: the description of an API that another
//! document refers to, a certificate among a program's resources. The build reads them, so the
//! .dockerignore lets them in.

use std::collections::BTreeSet;
use std::rc::Rc;

use anyhow::Result;

use super::sieve::Sieve;
use super::{DATABASES, SECRETS, common_rows};
use crate::docker::ignore::{IgnoreFile, literal};
use crate::docker::lint::is_secret_name;
use crate::facts::{Evidence, Finding, FindingCode};
use crate::path::RelPath;
use crate::plan::Plan;
use crate::repo::{Entry, Repo};
use crate::secrets;

/// Folders of files that only tests read.
pub(super) const TESTS: [&str; 10] = [
    "testdata",
    "test",
    "tests",
    "__tests__",
    "fixtures",
    "example",
    "examples",
    "e2e",
    "cypress",
    "spec",
];

/// Maximum number of documents whose references are read.
const MAX_DOCUMENTS: usize = 2_000;

/// Maximum number of files that are let in.
const MAX_FILES: usize = 64;

/// A longer line is not read, so nobody knows what it holds.
const MAX_LINE: usize = 4_096;

/// Maximum number of files in the note.
const LISTED: usize = 5;

/// The files, relative to the root.
#[derive(Default)]
pub(super) struct Public(pub(super) BTreeSet<RelPath>);

/// The tracked files of a context whose name alone is that of a secret.
pub(super) fn public(repo: &Repo, context: &RelPath) -> Result<Rc<Public>> {
    let named = named_like(repo, context)?;
    repo.once(context, || {
        let list = secrets::catalog()?;
        let hidden = file(list.hidden())?;
        let (refused, sources) = (file(list.refused())?, file(list.sources())?);
        let by_name = |path: &&RelPath| {
            let way = path.strip(context).unwrap_or_default();
            let tests = way.split('/').any(|part| TESTS.contains(&part));
            hidden.hides(way) && !refused.hides(way) && !tests
        };
        let mut found = BTreeSet::new();
        let mut referred: Option<BTreeSet<RelPath>> = None;
        for path in named.0.iter().filter(by_name) {
            let way = path.strip(context).unwrap_or_default();
            let source = sources.hides(way)
                || is_authority(repo, path)
                || referred.get_or_insert_with(|| references(repo, context)).contains(path);
            if source && found.len() < MAX_FILES && is_harmless(repo, path)? {
                found.insert(path.clone());
            }
        }
        Ok(Public(found))
    })
}

fn file<'p>(patterns: impl Iterator<Item = &'p str>) -> Result<IgnoreFile> {
    Ok(IgnoreFile::parse(&patterns.collect::<Vec<_>>().join("\n"))?)
}

/// Files named like secrets and databases.
pub(super) struct NamedLike(pub(super) Vec<RelPath>);

/// Files of the context named like secrets and databases, without examples such as `.env.example`.
pub(super) fn named_like(repo: &Repo, context: &RelPath) -> Result<Rc<NamedLike>> {
    let list = secrets::catalog()?;
    let example = |name: &str| list.is_example(name);
    repo.once(context, || {
        let wanted = common_rows(&[SECRETS, DATABASES])?;
        let files = repo.lettered(context).filter(|(_, (_, entry))| *entry != Entry::Dir);
        let named = files.filter(|(letters, (path, _))| {
            let way = path.strip(context).unwrap_or_default();
            wanted.patterns().iter().any(|pattern| pattern.matches_lettered(way, *letters))
                && !example(path.file_name())
        });
        Ok(NamedLike(named.map(|(_, (path, _))| path.clone()).collect()))
    })
}

/// The exceptions for those that `so_far` excludes and somebody else's lines do not.
pub(super) fn let_in(plan: &Plan, theirs: &Sieve, so_far: &Sieve) -> Result<Vec<String>> {
    let public = public(so_far.repo, &plan.context)?;
    let ways = public.0.iter().filter_map(|path| path.strip(&plan.context));
    let hidden = ways.filter(|way| !theirs.hides(way) && so_far.hides(way));
    Ok(hidden.filter_map(literal).map(|pattern| format!("!{pattern}")).collect())
}

/// The note about those that are in the context.
pub(super) fn note<'p>(files: impl Iterator<Item = &'p RelPath>) -> Option<Finding> {
    let evidence: Vec<Evidence> = files
        .take(LISTED)
        .map(|path| Evidence::file(path, "a source by its place; it holds no secret"))
        .collect();
    let first = evidence.first()?.file.clone();
    Some(
        Finding::new(
            FindingCode::SourcesNamedLikeSecrets,
            "sources named like secrets are in the build context",
            evidence,
        )
        .with_fix(format!(
            "if one is a secret all the same, add a line such as `{}` to the end of the \
             .dockerignore",
            literal(first.as_str()).unwrap_or_default()
        )),
    )
}

/// The files that documents of the context refer to: `$ref: "./a/b.yaml#/x"`.
fn references(repo: &Repo, context: &RelPath) -> BTreeSet<RelPath> {
    let documents = repo.files_under(context);
    let documents = documents.filter(|path| ["yaml", "yml", "json"].contains(&path.extension()));
    let mut found = BTreeSet::new();
    for path in documents.take(MAX_DOCUMENTS) {
        let Ok(Some(text)) = repo.source_text(path) else { continue };
        let folder = path.parent().unwrap_or_default();
        for (at, _) in text.match_indices("$ref") {
            let rest = text[at + 4..].lines().next().unwrap_or_default();
            let rest = rest.trim_start_matches(['"', '\'', ':', ' ']);
            let end = rest.find(['"', '\'', '#', ' ', ',']).unwrap_or(rest.len());
            found.extend(folder.join(&rest[..end]));
        }
    }
    found
}

/// Parts of names of files with the certificates that a program trusts.
const AUTHORITIES: [&str; 4] = ["cacert", "ca-bundle", "ca_bundle", "ca-certificates"];

/// True for the certificates of authorities, such as those that a vendored HTTP library brings.
fn is_authority(repo: &Repo, path: &RelPath) -> bool {
    let name = path.file_name();
    AUTHORITIES.iter().any(|part| name.contains(part)) && is_certificate(repo, path)
}

/// No private key, and no value under the name of a secret.
fn is_harmless(repo: &Repo, path: &RelPath) -> Result<bool> {
    let Some(text) = repo.source_text(path)? else { return Ok(false) };
    let key = text.contains("PRIVATE KEY") || text.contains("private_key");
    let secret = |line: &str| {
        line.len() > MAX_LINE
            || secrets::in_address(line)
            || line.trim() == "kind: Secret"
            || states_secret(line)
    };
    Ok(!key && !text.lines().any(secret))
}

/// True if all that a PEM file holds is certificates and public keys, which everybody may read.
pub(super) fn is_certificate(repo: &Repo, path: &RelPath) -> bool {
    // No text: databases and stores of keys.
    const BINARY: [&str; 7] = ["db", "sqlite", "sqlite3", "p12", "pfx", "jks", "keystore"];
    if BINARY.contains(&path.extension()) {
        return false;
    }
    let Ok(Some(text)) = repo.source_text(path) else { return false };
    let mut blocks = text.lines().filter_map(|line| line.trim().strip_prefix("-----BEGIN "));
    let public = |name: &str| name.contains("CERTIFICATE") || name.contains("PUBLIC KEY");
    text.contains("-----BEGIN ") && blocks.all(public)
}

/// `password: abc`, `"clientSecret": "abc"`, `API_TOKEN=abc`; a reference or a type is none.
fn states_secret(line: &str) -> bool {
    let Some((key, value)) = line.split_once([':', '=']) else { return false };
    let key = key.trim().trim_start_matches("- ").trim_matches(['"', '\'', ' ']);
    let value = value.trim().trim_end_matches(',').trim_matches(['"', '\'']);
    let open = ["$", "{", "[", "|", ">", "<", "&", "*", "#"];
    let stated = !value.is_empty()
        && !["true", "false", "null", "string", "~"].contains(&value)
        && !open.iter().any(|start| value.starts_with(start));
    stated && is_secret_name(&words(key))
}

/// `clientSecret`, `client-secret` as `client_secret`.
fn words(key: &str) -> String {
    let mut out = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase() && out.ends_with(|last: char| last.is_ascii_lowercase()) {
            out.push('_');
        }
        out.push(if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<String> {
        let repo = Repo::from_files(files.iter().copied());
        let found = public(&repo, &RelPath::root()).unwrap();
        found.0.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn sources_are_told_from_secrets_by_place_and_content() {
        const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        let place = "src/main/resources/x/Authority.pem";
        assert_eq!(of(&[(place, PEM)]), [place]);
        assert_eq!(of(&[("a/src/main/resources/x.pem", PEM)]), ["a/src/main/resources/x.pem"]);
        assert!(of(&[(place, "-----BEGIN RSA PRIVATE KEY-----\n")]).is_empty());
        assert!(of(&[("deploy/tls.pem", PEM), ("tests/src/main/a.pem", PEM)]).is_empty());
        assert_eq!(of(&[("lib/certifi/cacert.pem", PEM)]), ["lib/certifi/cacert.pem"]);
        let secrets = "src/main/openapi/secrets.yaml";
        assert_eq!(
            of(&[(secrets, "get:\n  description: a secret\n  token:\n    type: x\n")]),
            [secrets]
        );
        for text in ["password: abc\n", "kind: Secret\ndata:\n  a: YWJj\n", "apiToken: \"x\"\n"] {
            assert!(of(&[(secrets, text)]).is_empty(), "{text}");
        }
        // What no image may hold stays out, whatever its place.
        assert!(of(&[("src/main/resources/.env", "A=1\n"), ("src/main/id_rsa", "x")]).is_empty());
    }

    #[test]
    fn a_certificate_is_public_and_a_key_is_not() {
        let of = |text: &str| {
            let repo = Repo::from_files([("a/ca.pem", text)]);
            is_certificate(&repo, &RelPath::new("a/ca.pem").unwrap())
        };
        let certificate = "x\n-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
        assert!(of(certificate));
        assert!(of("-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\n"));
        assert!(!of(&format!("{certificate}-----BEGIN PRIVATE KEY-----\nMIIB\n")));
        assert!(!of("-----BEGIN RSA PRIVATE KEY-----\n") && !of("") && !of("MIIB\n"));
    }

    #[test]
    fn a_document_that_another_one_refers_to() {
        let api = ("api/openapi.yaml", "paths:\n  /s:\n    $ref: \"./parts/secrets.yaml#/get\"\n");
        let part = ("api/parts/secrets.yaml", "get: {}\n");
        let other = ("deploy/secrets.yaml", "get: {}\n");
        assert_eq!(of(&[api, part, other]), ["api/parts/secrets.yaml"]);
        let json = ("api/openapi.json", "{\"/s\": {\"$ref\": \"parts/secrets.yaml\"}}");
        assert_eq!(of(&[json, part]), ["api/parts/secrets.yaml"]);
        assert!(of(&[part]).is_empty());
    }
}

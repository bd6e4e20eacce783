//! Which Node.js: .nvmrc, then .node-version, then the pin of a version manager, then volta, then
//! engines, then the catalog's default.

use anyhow::{Result, bail};
use nodejs_semver::{Range, Version};

use super::manifest::Package;
use crate::catalog::{Catalog, Release};
use crate::detect::node::codes;
use crate::detect::version::pinned;
use crate::facts::{Evidence, Finding, Sourced, Strength};
use crate::recipes;
use crate::repo::{Dir, excerpt};

/// The first release line of Node.js with which a locked package does not work, and the entry in
/// the lockfile.
pub(crate) struct Ceiling {
    pub(crate) cycle: u64,
    pub(crate) evidence: Evidence,
    /// What does not support it.
    pub(crate) who: &'static str,
}

/// The version for the application in `dir`, whose manifests are `packages`, nearest first.
///
/// A version that floats (a range, an alias, nothing) stays below the ceiling that a locked
/// package sets.
pub(crate) fn node(
    dir: &Dir,
    packages: &[&Package],
    catalog: &Catalog,
    ceiling: Option<&Ceiling>,
) -> Result<Sourced<String>> {
    let mut stated: Vec<Sourced<String>> = Vec::new();
    for file in [".nvmrc", ".node-version"] {
        for folder in dir.upwards() {
            if let Some((path, text)) = folder.text(file)? {
                let line = text
                    .lines()
                    .map(|l| l.split('#').next().unwrap_or_default().trim())
                    .find(|l| !l.is_empty());
                if let Some(line) = line {
                    stated.push(Sourced::new(
                        line.to_owned(),
                        Evidence::at(&path, 1, format!("{file} says {line}")),
                    ));
                }
                break;
            }
        }
    }
    stated.extend(pinned(dir, &["node", "nodejs"])?);
    let mut range = None;
    for keys in [["volta", "node"], ["engines", "node"]] {
        for package in packages {
            if let Some(text) = package.str(&keys) {
                let note = format!("{} is \"{text}\"", keys.join("."));
                range = (keys[0] == "engines").then_some(stated.len());
                stated.push(Sourced::new(text.to_owned(), package.at(&keys, note)));
                break;
            }
        }
    }
    for package in packages {
        if let Some(found) = development(package) {
            stated.push(found);
            break;
        }
    }
    if stated.is_empty() {
        stated = unstated(dir, catalog, ceiling)?;
    }
    if let Some(at) = range
        && is_stale(&stated[0].value, &stated[at].value, catalog)
    {
        let engines = stated.remove(at);
        stated.insert(0, engines);
    }
    let mut chosen: Option<Sourced<String>> = None;
    let open = stated.first().is_some_and(|first| has_no_end(&first.value));
    for source in stated {
        let place = source.evidence.first().map(Evidence::place).unwrap_or_default();
        match &mut chosen {
            None => {
                let Some((value, rule)) = resolve(&source.value, catalog, ceiling) else {
                    bail!(
                        "{place}: `{}` is not a Node.js version or range: write one such as {}",
                        excerpt(&source.value),
                        catalog.default_cycle
                    );
                };
                let floats =
                    resolve(&source.value, catalog, None).is_some_and(|(free, _)| free != value);
                let mut taken = Sourced { value, ..source };
                taken.evidence.extend(ceiling.filter(|_| floats).map(|c| c.evidence.clone()));
                if let Some(evidence) = taken.evidence.first_mut() {
                    evidence.note = format!("{}{rule}", evidence.note);
                }
                chosen = Some(taken);
            }
            Some(first) => {
                let loser =
                    resolve(&source.value, catalog, None).map_or(source.value, |(value, _)| value);
                if loser != first.value {
                    *first = first.clone().rejecting(loser, format!("{place} is a weaker source"));
                }
            }
        }
    }
    if let Some(first) = chosen.as_mut().filter(|_| open)
        && let Some((value, evidence)) = older(dir, &first.value, catalog)?
    {
        // The newest release inside `>=18` is a guess where something else was tried.
        first.strength = Strength::Guessed;
        *first = first.clone().rejecting(value, format!("{}: {}", evidence.place(), evidence.note));
    }
    Ok(chosen.unwrap_or_else(|| match newest_lts(catalog, ceiling) {
        Some(release) if release.cycle != catalog.default_cycle => {
            let evidence = ceiling.map(|c| c.evidence.clone()).into_iter().collect();
            Sourced::with(release.cycle.clone(), evidence)
        }
        _ => Sourced::assumed(catalog.default_cycle.clone()),
    }))
}

/// True if a statement is past its end of life and outside of `engines`, which asks for a newer
/// release: it is a file that nobody moved along.
fn is_stale(stated: &str, engines: &str, catalog: &Catalog) -> bool {
    let Some((value, _)) = resolve(stated, catalog, None) else { return false };
    let supported = |value: &str| {
        let cycle = value.split('.').next().unwrap_or_default();
        catalog.release.iter().any(|release| release.cycle == cycle && release.supported)
    };
    let major = |value: &str| value.split('.').next().and_then(|text| text.parse::<u64>().ok());
    let newer = resolve(engines, catalog, None).and_then(|(value, _)| major(&value));
    let range: Option<Range> = engines.trim().parse().ok();
    let inside =
        range.zip(release(&value, catalog)).is_none_or(|(r, version)| r.satisfies(&version));
    !inside && !supported(&value) && newer > major(&value)
}

/// True for a range without an upper end: a floor, which no later release breaks in words.
fn has_no_end(text: &str) -> bool {
    let range: Option<Range> = text.trim().parse().ok();
    range.is_some_and(|range| range.satisfies(&Version::from((LAST_PATCH, 0, 0))))
}

/// The newest release with which the repository itself is built, in CI or in its Dockerfile, if
/// that is older than `chosen`.
fn older(dir: &Dir, chosen: &str, catalog: &Catalog) -> Result<Option<(String, Evidence)>> {
    let major = |text: &str| text.split('.').next().and_then(|text| text.parse::<u64>().ok());
    let tools = recipes::tool_versions(dir.repo, &dir.path, &["node", "nodejs", "node_js"])?;
    let mut seen: Vec<(u64, String, Evidence)> = Vec::new();
    for tool in tools {
        let Some((value, _)) = resolve(&tool.version, catalog, None) else { continue };
        seen.extend(major(&value).map(|number| (number, value, tool.evidence)));
    }
    let written = recipes::dockerfile::written(dir.repo, &dir.path)?;
    let images = written.0.iter().flat_map(|(_, image)| &image.bases);
    for (name, evidence) in images {
        let tag = name.rsplit('/').next().and_then(|name| name.strip_prefix("node:"));
        let version = tag.map(|tag| tag.split('-').next().unwrap_or_default().to_owned());
        seen.extend(version.and_then(|text| Some((major(&text)?, text, evidence.clone()))));
    }
    let newest = seen.into_iter().max_by_key(|(number, _, _)| *number);
    let is_older = |number: u64| major(chosen).is_some_and(|chosen| number < chosen);
    Ok(newest.filter(|held| is_older(held.0)).map(|(_, value, evidence)| (value, evidence)))
}

/// `devEngines.runtime`, an object or a list of them:
/// <https://docs.npmjs.com/cli/v11/configuring-npm/package-json#devengines>.
fn development(package: &Package) -> Option<Sourced<String>> {
    let keys = ["devEngines", "runtime"];
    let held = package.get(&keys)?;
    let all = held.as_array().map_or(std::slice::from_ref(held), Vec::as_slice);
    let text = |one: &serde_json::Value, key: &str| Some(one.get(key)?.as_str()?.to_owned());
    let node = all.iter().find(|one| text(one, "name").as_deref() == Some("node"))?;
    let version = text(node, "version")?;
    let evidence = package.at(&keys, format!("devEngines.runtime is \"{version}\""));
    Some(Sourced::new(version, evidence))
}

/// What replaces a statement of the application's own: the manifests of folders above, whose
/// Node.js runs its scripts, or else what builds it in CI. Among several, the newest counts.
fn unstated(
    dir: &Dir,
    catalog: &Catalog,
    ceiling: Option<&Ceiling>,
) -> Result<Vec<Sourced<String>>> {
    for folder in dir.upwards().skip(1) {
        let Ok(Some(package)) = Package::read(&folder) else { continue };
        for keys in [["volta", "node"], ["engines", "node"]] {
            if let Some(text) = package.str(&keys)
                && resolve(text, catalog, ceiling).is_some()
            {
                let note = format!("{} of a folder above is \"{text}\"", keys.join("."));
                return Ok(vec![Sourced::new(text.to_owned(), package.at(&keys, note))]);
            }
        }
    }
    let tools = recipes::tool_versions(dir.repo, &dir.path, &["node", "nodejs", "node_js"])?;
    let mut found: Vec<(u64, Sourced<String>)> = Vec::new();
    let Some(first) = tools.first() else { return of_image(dir, catalog) };
    let alike = |tool: &&recipes::Tool| {
        (tool.release, tool.one_of_several) == (first.release, first.one_of_several)
    };
    for tool in tools.iter().filter(alike) {
        let Some((value, _)) = resolve(&tool.version, catalog, ceiling) else { continue };
        let cycle = value.split('.').next().and_then(|cycle| cycle.parse().ok()).unwrap_or(0);
        found.push((cycle, Sourced::new(tool.version.clone(), tool.evidence.clone())));
    }
    // A release without long-term support is for trying, not for production.
    let lasts = |cycle: u64| {
        let row = catalog.release.iter().find(|release| release.cycle == cycle.to_string());
        row.is_none_or(|release| release.lts)
    };
    found.sort_by_key(|(cycle, _)| (!lasts(*cycle), std::cmp::Reverse(*cycle)));
    Ok(found.into_iter().map(|(_, found)| found).collect())
}

/// The release line on which the repository's own Dockerfile builds.
fn of_image(dir: &Dir, catalog: &Catalog) -> Result<Vec<Sourced<String>>> {
    let found = recipes::dockerfile::version(dir.repo, &dir.path, "node")?;
    let known = found.filter(|(version, _)| catalog.release_of(version).is_some());
    Ok(known.map(|(version, evidence)| Sourced::new(version, evidence)).into_iter().collect())
}

/// The newest supported LTS release below the ceiling.
fn newest_lts<'c>(catalog: &'c Catalog, ceiling: Option<&Ceiling>) -> Option<&'c Release> {
    catalog.release.iter().filter(|r| r.lts && r.supported).find(|r| is_below(r, ceiling))
}

fn is_below(release: &Release, ceiling: Option<&Ceiling>) -> bool {
    ceiling
        .is_none_or(|ceiling| release.cycle.parse::<u64>().is_ok_and(|cycle| cycle < ceiling.cycle))
}

/// The first release line above all those that a package's engines allow; `None` if they have no
/// upper end or are unknown.
pub(crate) fn first_beyond(engines: &str, catalog: &Catalog) -> Option<u64> {
    let range: Range = engines.parse().ok()?;
    let inside = |release: &Release| {
        Version::parse(&release.latest).is_ok_and(|version| range.satisfies(&version))
    };
    let cycle = |release: &Release| release.cycle.parse::<u64>().ok();
    let highest =
        catalog.release.iter().filter(|release| inside(release)).filter_map(cycle).max()?;
    catalog.release.iter().filter_map(cycle).filter(|cycle| *cycle > highest).min()
}

/// The release line or exact version to which a statement leads, with the rule in words; `None` if
/// it is unknown.
fn resolve(text: &str, catalog: &Catalog, ceiling: Option<&Ceiling>) -> Option<(String, String)> {
    let word = text.trim().trim_start_matches(['v', 'V']).to_lowercase();
    let word = word.strip_prefix("node/").unwrap_or(&word);
    let newest_lts = newest_lts(catalog, ceiling).or(catalog.release.first())?;
    match word {
        "lts" | "lts/*" | "lts/-0" | "--lts" => {
            return Some((newest_lts.cycle.clone(), "; the newest LTS".to_owned()));
        }
        "node" | "current" | "latest" | "stable" | "*" | "x" | "" => {
            return Some((
                newest_lts.cycle.clone(),
                "; taken as the newest LTS, which is what images should run".to_owned(),
            ));
        }
        _ => {}
    }
    let codename = word.strip_prefix("lts/").or_else(|| word.strip_prefix("lts-")).unwrap_or(word);
    if let Some(release) = catalog.release.iter().find(|r| r.codename.as_deref() == Some(codename))
    {
        return Some((release.cycle.clone(), format!("; {codename} is {}", release.cycle)));
    }
    if let Ok(exact) = Version::parse(word)
        && exact.pre_release().is_empty()
        && exact.build().is_empty()
    {
        return Some((exact.to_string(), "; an exact version stays exact".to_owned()));
    }
    let numbers: Vec<&str> = word.split('.').filter(|part| !matches!(*part, "x" | "*")).collect();
    let plain = |part: &&str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    if numbers.iter().all(plain) {
        match numbers.as_slice() {
            [major] => return Some(((*major).to_owned(), String::new())),
            // A tag with two parts moves to each patch release.
            [major, minor] => {
                return Some((format!("{major}.{minor}"), format!("; the newest {major}.{minor}")));
            }
            _ => {}
        }
    }
    let range: Range = word.parse().ok()?;
    within(&range, catalog, ceiling)
}

/// The newest supported LTS in the range, or else the newest release in it, or else the lowest
/// version in it.
fn within(range: &Range, catalog: &Catalog, ceiling: Option<&Ceiling>) -> Option<(String, String)> {
    let latest = |release: &Release| Version::parse(&release.latest).ok();
    let inside =
        |release: &&Release| latest(release).is_some_and(|version| range.satisfies(&version));
    let supported = |ceiling| {
        catalog.release.iter().filter(|r| r.lts && r.supported && is_below(r, ceiling)).find(inside)
    };
    if let Some(release) = supported(ceiling).or_else(|| supported(None)) {
        return Some((release.cycle.clone(), "; the newest supported LTS inside it".to_owned()));
    }
    // `~22.4.0` or `<22.5`: the newest releases of these lines are outside, and a tag with two
    // parts follows the patches of an earlier minor.
    let lines = |lts: bool| catalog.release.iter().filter(move |r| (r.lts && r.supported) == lts);
    let minor = |release: &Release| newest_minor(range, release);
    if let Some(version) = lines(true).find_map(minor) {
        return Some((
            version.clone(),
            format!("; {version} is the newest supported line inside it"),
        ));
    }
    let lts = catalog.release.iter().filter(|release| release.lts).find(inside);
    if let Some(release) = lts.or_else(|| catalog.release.iter().find(inside)) {
        return Some((
            release.cycle.clone(),
            "; no supported LTS is inside it: the newest inside it".to_owned(),
        ));
    }
    if let Some(version) = lines(false).find_map(minor) {
        return Some((version.clone(), format!("; {version} is the newest line inside it")));
    }
    let lowest = range.min_version()?;
    Some((lowest.to_string(), "; the smallest version inside it".to_owned()))
}

/// A patch number that no release reaches.
const LAST_PATCH: u64 = 9_999;

/// The newest minor of a line whose patches are all in the range.
fn newest_minor(range: &Range, release: &Release) -> Option<String> {
    let latest = Version::parse(&release.latest).ok()?;
    let last = |minor: &u64| Version::from((latest.major(), *minor, LAST_PATCH));
    let minor = (0..=latest.minor().min(99)).rev().find(|minor| range.satisfies(&last(minor)))?;
    Some(format!("{}.{minor}", latest.major()))
}

/// The version to which a toolchain leads: the newest release of a line, a patch of a minor, or an
/// exact version.
fn release(toolchain: &str, catalog: &Catalog) -> Option<Version> {
    if let Some(row) = catalog.release.iter().find(|row| row.cycle == toolchain) {
        return Version::parse(&row.latest).ok();
    }
    let numbers: Vec<u64> =
        toolchain.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match numbers.as_slice() {
        [major] => Some(Version::from((*major, 0, 0))),
        [major, minor] => Some(Version::from((*major, *minor, LAST_PATCH))),
        _ => Version::parse(toolchain).ok(),
    }
}

/// Reports that the image's version, `toolchain`, is outside the manifests' engines. `chosen` is
/// the evidence for it; a person's answer has none.
pub(crate) fn contradiction(
    packages: &[&Package],
    toolchain: &str,
    chosen: &[Evidence],
    catalog: &Catalog,
) -> Option<Finding> {
    let version = release(toolchain, catalog)?;
    let (asked, mut evidence) = packages.iter().find_map(|package| {
        let text = package.str(&["engines", "node"])?;
        let range: Range = text.parse().ok()?;
        let note = format!("engines.node is \"{text}\"");
        (!range.satisfies(&version)).then(|| (text, vec![package.at(&["engines", "node"], note)]))
    })?;
    let more =
        chosen.first().filter(|held| evidence.first().is_none_or(|e| e.place() != held.place()));
    evidence.extend(more.cloned());
    Some(Finding::new(
        codes::VERSION_OUTSIDE_ENGINES,
        format!("Node.js {toolchain} is outside the range of engines.node, \"{asked}\""),
        evidence,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::RelPath;
    use crate::repo::Repo;

    fn node_of(files: &[(&str, &str)]) -> Result<Sourced<String>> {
        let repo = Repo::from_files(files.iter().copied());
        let package = Package::read(&repo.root())?.unwrap();
        node(&repo.root(), &[&package], Catalog::of("node")?, None)
    }

    #[test]
    fn the_image_of_the_repositorys_own_dockerfile_counts_last() {
        let from = |from: &str, manifest: &str| {
            let dockerfile = format!("FROM {from} AS build\nCOPY . .\nFROM nginx\n");
            let found = node_of(&[("package.json", manifest), ("Dockerfile", &dockerfile)]);
            let found = found.unwrap();
            (found.value, found.evidence.first().map(Evidence::place).unwrap_or_default())
        };
        let pair = |value: &str, place: &str| (value.to_owned(), place.to_owned());
        assert_eq!(from("node:20-slim", "{}"), pair("20", "Dockerfile:1"));
        assert_eq!(from("docker.io/library/node:22.3.0", "{}").0, "22.3.0");
        let stated = from("node:20-slim", r#"{"engines": {"node": "24"}}"#);
        assert_eq!(stated, pair("24", "package.json:1"));
        let default = &Catalog::of("node").unwrap().default_cycle;
        for other in ["node:lts", "node", "other:20", "node:99"] {
            assert_eq!(from(other, "{}"), pair(default, ""), "{other}");
        }
    }

    fn engines(range: &str) -> String {
        node_of(&[("package.json", &format!(r#"{{"engines": {{"node": "{range}"}}}}"#))])
            .unwrap()
            .value
    }

    #[test]
    fn ranges_mean_the_newest_supported_lts_inside() {
        let newest = Catalog::of("node").unwrap().default_cycle.clone();
        for range in [
            ">=18",
            "*",
            ">= 21.0.0",
            "^18.17.1 || ^20.3.0 || >= 21.0.0",
            ">=12.0.0",
            "lts/*",
            "latest",
        ] {
            assert_eq!(engines(range), newest, "{range}");
        }
        assert_eq!(engines("18 || 20"), "20");
        assert_eq!(engines("^22"), "22");
        assert_eq!(engines("22.x"), "22");
        assert_eq!(engines("22"), "22");
        assert_eq!(engines(">=20 <23"), "22");
        assert_eq!(engines("22.14.0"), "22.14.0");
        // A tag of two parts includes the patches that a range allows.
        assert_eq!(engines("~22.4.0"), "22.4");
        assert_eq!(engines("<22.5"), "22.4");
        assert_eq!(engines(">=22.4.0 <=22.4.1"), "22.4.0");
        assert_eq!(engines("<22"), "20");
        assert_eq!(engines("lts/jod"), "22");
    }

    #[test]
    fn sources_have_an_order_and_losers_are_named() {
        let all = [
            ("package.json", r#"{"engines": {"node": "18"}, "volta": {"node": "20.1.0"}}"#),
            (".tool-versions", "nodejs 22.2.0"),
            (".node-version", "23\n"),
            (".nvmrc", "v24.1.0\n"),
        ];
        for (from, expected) in ["18", "20.1.0", "22.2.0", "23", "24.1.0"].into_iter().enumerate() {
            let mut files = all[..from.max(1)].to_vec();
            if from == 0 {
                files[0].1 = r#"{"engines": {"node": "18"}}"#;
            }
            if from > 1 {
                files = all[..from].to_vec();
            }
            let found = node_of(&files).unwrap();
            assert_eq!(found.value, expected);
            assert!(from < 2 || !found.rejected.is_empty());
        }
    }

    #[test]
    fn a_stale_file_gives_way_to_engines() {
        let of = |file: &str, range: &str| {
            let manifest = format!(r#"{{"engines": {{"node": "{range}"}}}}"#);
            node_of(&[("package.json", &manifest), (".nvmrc", file)]).unwrap().value
        };
        assert_eq!(of("8.11", "^22"), "22");
        assert_eq!(of("v12", ">=22 <23"), "22");
        assert_eq!(of("8.11", ">=18.0.0 <21"), "20");
        // The file is newer, or supported, or inside.
        assert_eq!(of("14", "12"), "14");
        assert_eq!(of("24", "<23"), "24");
        assert_eq!(of("16.20.0", ">=16"), "16.20.0");
    }

    #[test]
    fn engines_of_developers_are_the_weakest_statement() {
        let runtime = r#""devEngines": {"runtime": {"name": "node", "version": "^22.14.0"}}"#;
        let alone = format!("{{{runtime}}}");
        assert_eq!(node_of(&[("package.json", &alone)]).unwrap().value, "22");
        let both = format!(r#"{{"engines": {{"node": "24"}}, {runtime}}}"#);
        assert_eq!(node_of(&[("package.json", &both)]).unwrap().value, "24");
        let list =
            r#"{"devEngines": {"runtime": [{"name": "bun"}, {"name": "node", "version": "22"}]}}"#;
        assert_eq!(node_of(&[("package.json", list)]).unwrap().value, "22");
    }

    #[test]
    fn a_locked_package_sets_a_ceiling_for_what_floats() {
        let old = Ceiling {
            cycle: 25,
            evidence: Evidence::file(&RelPath::root(), "breaks"),
            who: "a dependency",
        };
        let under = |files: &[(&str, &str)]| {
            let repo = Repo::from_files(files.iter().copied());
            let package = Package::read(&repo.root()).unwrap().unwrap();
            node(&repo.root(), &[&package], Catalog::of("node").unwrap(), Some(&old)).unwrap()
        };
        let floating = under(&[("package.json", r#"{"engines": {"node": ">=12"}}"#)]);
        assert_eq!((floating.value.as_str(), floating.evidence.len()), ("24", 2));
        assert_eq!(under(&[("package.json", "{}")]).value, "24");
        assert_eq!(under(&[("package.json", "{}"), (".nvmrc", "26")]).value, "26");
    }

    #[test]
    fn two_parts_are_the_newest_patch() {
        for said in ["20.11", "v20.11", "20.11.x", "~20.11"] {
            let found = node_of(&[("package.json", "{}"), (".nvmrc", said)]).unwrap();
            assert_eq!(found.value, "20.11", "{said}");
        }
        // The oldest distribution of the line gets every patch of it.
        let image =
            |version: &str| Catalog::of("node").unwrap().image("{version}-{debian}", version);
        assert_eq!(image("20.11"), "20.11-bookworm");
        assert_eq!(image("20"), "20-trixie");
    }

    #[test]
    fn a_version_outside_of_engines_is_said() {
        let repo = Repo::from_files([("package.json", r#"{"engines": {"node": ">=18 <23"}}"#)]);
        let package = Package::read(&repo.root()).unwrap().unwrap();
        let said = |toolchain: &str| {
            contradiction(&[&package], toolchain, &[], Catalog::of("node").unwrap()).is_some()
        };
        assert!(said("24") && said("16") && said("24.1.0") && said("23.1"));
        assert!(!said("22") && !said("18.2.0") && !said("20.11"));
    }

    #[test]
    fn without_a_statement_the_folders_above_and_ci_say_it() {
        let root = ("package.json", r#"{"engines": {"node": "22.x"}}"#);
        let repo = Repo::from_files([root, ("client/package.json", "{}")]);
        let client = Dir::new(&repo, RelPath::new("client").unwrap());
        let package = Package::read(&client).unwrap().unwrap();
        let found = node(&client, &[&package], Catalog::of("node").unwrap(), None).unwrap();
        assert_eq!((found.value.as_str(), found.evidence[0].file.as_str()), ("22", "package.json"));
        let workflow = |with: &str| {
            format!(
                "jobs:\n  t:\n    strategy: {{matrix: {{v: [20, 22.x, 23]}}}}\n    steps:\n      - uses: actions/setup-node@v5\n        with: {{node-version: {with}}}\n"
            )
        };
        for (with, expected) in [("22", "22"), ("'${{ matrix.v }}'", "22"), ("20.11.1", "20.11.1")]
        {
            let workflow = workflow(with);
            let files = [("package.json", "{}"), (".github/workflows/ci.yml", workflow.as_str())];
            assert_eq!(node_of(&files).unwrap().value, expected, "{with}");
            let stated = [("package.json", r#"{"engines": {"node": "24"}}"#), files[1]];
            assert_eq!(node_of(&stated).unwrap().value, "24");
        }
    }

    #[test]
    fn every_service_that_builds_may_say_it() {
        for (file, text) in [
            (
                "bitbucket-pipelines.yml",
                "pipelines:\n  default:\n    - step:\n        image: node:22\n",
            ),
            (
                "azure-pipelines.yml",
                "steps:\n- task: NodeTool@0\n  inputs: {versionSpec: '22.x'}\n",
            ),
            ("Jenkinsfile", "pipeline {\n  agent { docker { image 'node:22-alpine' } }\n}\n"),
            (
                ".github/actions/setup/action.yml",
                "inputs: {v: {default: '22'}}\nruns:\n  steps:\n    - uses: actions/setup-node@v4\n      with: {node-version: '${{ inputs.v }}'}\n",
            ),
            ("nixpacks.toml", "[variables]\nNIXPACKS_NODE_VERSION = '22'\n"),
        ] {
            assert_eq!(
                node_of(&[("package.json", "{}"), (file, text)]).unwrap().value,
                "22",
                "{file}"
            );
        }
    }

    #[test]
    fn nonsense_is_an_error_that_names_the_file() {
        let error =
            node_of(&[("package.json", "{}"), (".nvmrc", "banana")]).unwrap_err().to_string();
        assert!(error.starts_with(".nvmrc:1: `banana`"), "{error}");
    }

    #[test]
    fn the_newest_release_is_a_guess_where_an_older_one_was_tried() {
        let strength = |range: &str, file: (&str, &str)| {
            let manifest = format!(r#"{{"engines": {{"node": "{range}"}}}}"#);
            node_of(&[("package.json", &manifest), file]).unwrap().strength
        };
        let old = ("Dockerfile", "FROM node:18-alpine\nRUN npm ci\n");
        assert_eq!(strength(">=18.17", old), Strength::Guessed);
        assert_eq!(strength("^18.17", old), Strength::Stated);
        assert_eq!(strength(">=18.17", ("a", "")), Strength::Stated);
        let job = "jobs:\n  test:\n    steps:\n      - uses: actions/setup-node@v4\n        with:\n          node-version: 18\n";
        assert_eq!(strength(">=18.17", (".github/workflows/ci.yml", job)), Strength::Guessed);
    }
}

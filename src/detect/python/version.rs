//! Which Python: .python-version, then runtime.txt, then what a version manager pins, then the
//! Pipfile, then the newest supported release in the ranges of the manifests, then CI.

use std::collections::BTreeMap;

use anyhow::{Result, bail};

use super::codes;
use super::installed::Installed;
use super::limits;
use super::specifier::{admits, minor, numbers};
use super::wheel::{self, Platform};
use crate::catalog::{Catalog, Release};
use crate::detect::version::pinned;
use crate::facts::{Evidence, Finding, FindingCode, Sourced};
use crate::recipes;
use crate::repo::{Dir, excerpt};

/// Maximum number of lines of a file that are searched for a version.
const MAX_LINES: usize = 400;

/// Files with a version on their first line, and how they spell it.
const FILES: [&str; 2] = [".python-version", "runtime.txt"];

/// The version for an application, and what is to be said about it. `ranges` are those of its
/// manifests, strongest first; `admitted` are those of its code.
///
/// # Errors
/// If a file names no version of Python.
pub(super) fn python(
    dir: &Dir,
    ranges: &[Sourced<String>],
    admitted: &[Sourced<String>],
    installed: &Installed,
    catalog: &Catalog,
) -> Result<(Sourced<String>, Vec<Finding>)> {
    if let Some(mut stated) = stated(dir, ranges)? {
        let findings = against(&stated, &[ranges, admitted].concat(), catalog);
        for range in ranges.iter().filter(|range| !is_plain(&range.value)) {
            let place = range.evidence.first().map(Evidence::place).unwrap_or_default();
            stated =
                stated.rejecting(range.value.clone(), format!("{place}: a range; the pin decides"));
        }
        return Ok((stated, findings));
    }
    let free = ranges.is_empty();
    let ranges = &[ranges, admitted].concat();
    let inside = |release: &&Release| {
        ranges.iter().all(|range| {
            numbers(&release.latest)
                .is_some_and(|version| admits(&range.value, version).unwrap_or(true))
        })
    };
    let evidence: Vec<Evidence> =
        ranges.iter().flat_map(|range| range.evidence.iter().cloned()).collect();
    let mut candidates: Vec<&Release> = catalog.release.iter().filter(inside).collect();
    candidates.sort_by_key(|release| !release.supported);
    if candidates.is_empty() {
        return outside(ranges, catalog);
    }
    if free
        && let Some(found) = tested(dir, catalog)?
        && candidates.iter().any(|release| release.cycle == found.value)
    {
        return Ok((found, Vec::new()));
    }
    if free && let Some(found) = deployed(dir, catalog)? {
        return Ok((found, Vec::new()));
    }
    // The default comes before newer lines: what is brand new has few wheels.
    let newest = candidates.iter().position(|release| release.cycle == catalog.default_cycle);
    let (first, _) = candidates.split_at(newest.unwrap_or(0));
    let order = candidates.iter().skip(first.len()).chain(first);
    let mut refused: Vec<(String, Evidence)> = Vec::new();
    for release in order {
        match lacking(release, installed, catalog)? {
            None => {
                let mut found = Sourced::with(release.cycle.clone(), evidence);
                // The last one decides.
                for (cycle, place) in refused.into_iter().rev() {
                    found.evidence.push(place.clone());
                    found = found.rejecting(cycle, format!("{}: {}", place.place(), place.note));
                }
                let findings = untested(dir, &release.cycle)?;
                return Ok((found, findings.into_iter().collect()));
            }
            Some(place) => refused.push((release.cycle.clone(), place)),
        }
    }
    let first = candidates.first().map_or(&catalog.default_cycle, |release| &release.cycle);
    Ok((Sourced::with(first.clone(), evidence), Vec::new()))
}

/// What a Dockerfile of somebody's own, or a platform, runs the program with.
fn deployed(dir: &Dir, catalog: &Catalog) -> Result<Option<Sourced<String>>> {
    let known = |text: &str| {
        let version = cycle(text.split('-').next().unwrap_or_default());
        catalog.release.iter().any(|release| release.cycle == version).then_some(version)
    };
    let written = recipes::dockerfile::written(dir.repo, &dir.path)?;
    let bases = written.0.iter().flat_map(|(_, image)| &image.bases);
    let mut images = bases.filter_map(|(base, at)| {
        let (name, tag) = base.split('@').next()?.rsplit_once(':')?;
        let own = name.rsplit('/').next() == Some("python");
        Some((
            known(tag).filter(|_| own)?,
            Evidence { note: format!("it starts from {base}"), ..at.clone() },
        ))
    });
    if let Some((version, at)) = images.next() {
        return Ok(Some(Sourced::guessed(version, at)));
    }
    // `runtime: python312`, `python_version: 3.11` of a page in the README, `- key: PYTHON_VERSION`
    for name in ["app.yaml", "README.md", "render.yaml"] {
        let Some((path, text)) = dir.text(name)? else { continue };
        // The head of the README is between two such lines.
        let head = name == "README.md";
        if head && !text.starts_with("---") {
            continue;
        }
        let mut before = "";
        let lines = (1..).zip(text.lines().take(MAX_LINES).map(str::trim)).skip(usize::from(head));
        for (number, line) in lines.take_while(|(_, line)| !head || *line != "---") {
            let Some((key, value)) = line.trim_start_matches("- ").split_once(':') else {
                continue;
            };
            let value = value.trim().trim_matches(['"', '\'']);
            let digits = match key.trim() {
                "runtime" => value.strip_prefix("python3").map(|minor| format!("3.{minor}")),
                "python_version" => Some(value.to_owned()),
                "value" if before == "PYTHON_VERSION" => Some(value.to_owned()),
                _ => None,
            };
            if let Some(version) = digits.and_then(|digits| known(&digits)) {
                let at = Evidence::at(&path, number, format!("it says {line}"));
                return Ok(Some(Sourced::guessed(version, at)));
            }
            before = value;
        }
    }
    Ok(None)
}

/// What to say of a version that is newer than all that the manifests name and that CI tests with.
fn untested(dir: &Dir, chosen: &str) -> Result<Option<Finding>> {
    let tools = recipes::tool_versions(dir.repo, &dir.path, &["python"])?;
    let Some((newest, at)) = limits::classified(dir) else {
        return Ok(beyond(&tools, chosen));
    };
    if minor(chosen) <= minor(&newest) || tools.iter().any(|tool| cycle(&tool.version) == chosen) {
        return Ok(None);
    }
    let what = format!(
        "the image takes Python {chosen}, and the newest that the project's classifiers name is {newest}"
    );
    let fix = format!("--toolchain {newest} takes that one");
    Ok(Some(Finding::new(codes::PYTHON_UNTESTED, what, [at]).with_fix(&fix)))
}

/// The same for what several jobs of CI test with.
fn beyond(tools: &[recipes::Tool], chosen: &str) -> Option<Finding> {
    let several = tools.iter().filter(|tool| tool.one_of_several);
    let newest = several.max_by_key(|tool| minor(&cycle(&tool.version)))?;
    let version = cycle(&newest.version);
    let newer = minor(chosen)? > minor(&version)?;
    let what =
        format!("the image takes Python {chosen}, and the newest that CI tests with is {version}");
    let fix = format!("--toolchain {version} takes that one");
    let finding = Finding::new(codes::PYTHON_UNTESTED, what, [newest.evidence.clone()]);
    newer.then(|| finding.with_fix(&fix))
}

/// The first locked package that has wheels, and none for this release line.
fn lacking(
    release: &Release,
    installed: &Installed,
    catalog: &Catalog,
) -> Result<Option<Evidence>> {
    let Some(minor) = minor(&release.cycle) else { return Ok(None) };
    let rows: Vec<Ceiling> = catalog.table("ceiling")?;
    for package in installed.packages() {
        let here = |note: String| Evidence { note, ..package.evidence.clone() };
        let rows = || rows.iter().filter(|row| row.package == package.name);
        let rows = || rows().filter(|row| !row.unless.iter().any(|other| installed.has(other)));
        let lines = |row: &Ceiling| -> Vec<(u64, String)> {
            let lines = row.first.iter();
            lines.filter_map(|(line, first)| Some((numbers(line)?[1], first.clone()))).collect()
        };
        // No version of it works, whatever wheels it has.
        let never =
            rows().flat_map(lines).filter(|(line, first)| first.is_empty() && *line <= minor);
        if let Some((line, _)) = never.min() {
            let last = line.saturating_sub(1);
            return Ok(Some(here(format!("{} works up to Python 3.{last}", package.name))));
        }
        let wheels = || package.files.iter().filter(|file| wheel::is_wheel(file));
        let fit = |minor| wheels().any(|file| wheel::fits(file, minor, Platform::Glibc));
        if wheels().next().is_some() {
            if !fit(minor) && (0..minor).any(fit) {
                let version = package.version.as_deref().unwrap_or("this version");
                return Ok(Some(here(format!(
                    "{} {version} has no wheel for Python {}",
                    package.name, release.cycle
                ))));
            }
            continue;
        }
        let under = |first: [u64; 3]| package.is_under(first);
        let refusing = rows()
            .flat_map(lines)
            .filter(|(line, first)| *line <= minor && numbers(first).is_some_and(under));
        if let Some((line, first)) = refusing.min_by_key(|(line, _)| *line) {
            return Ok(Some(here(format!(
                "{} before {first} works up to Python 3.{}",
                package.name,
                line.saturating_sub(1)
            ))));
        }
    }
    Ok(None)
}

/// The first version of a package that has a wheel, or works, on a release line and those after it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Ceiling {
    package: String,
    /// Empty where no version does.
    first: BTreeMap<String, String>,
    /// Packages that bring back what it misses.
    #[serde(default)]
    unless: Vec<String>,
    #[allow(dead_code, reason = "a row without its source is refused; people read it")]
    source: String,
}

fn is_plain(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

/// A version that a file pins, the strongest first.
fn stated(dir: &Dir, ranges: &[Sourced<String>]) -> Result<Option<Sourced<String>>> {
    let mut all: Vec<Sourced<String>> = Vec::new();
    for file in FILES {
        for folder in dir.upwards() {
            let Some((path, text)) = folder.text(file)? else { continue };
            let line = (1..)
                .zip(text.lines().map(str::trim))
                .find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
            if let Some((number, word)) = line
                && let Some(version) = version(&path.to_string(), number, word)?
            {
                all.push(Sourced::new(
                    version,
                    Evidence::at(&path, number, format!("{file} says {word}")),
                ));
            }
            break;
        }
    }
    if let Some(found) = pinned(dir, &["python"])? {
        let place = found.evidence.first().map(Evidence::place).unwrap_or_default();
        let (file, line) = place.rsplit_once(':').unwrap_or((&place, "1"));
        if let Some(version) = version(file, line.parse().unwrap_or(1), &found.value)? {
            all.push(Sourced { value: version, ..found });
        }
    }
    let plain = ranges.iter().filter(|range| is_plain(&range.value));
    all.extend(plain.filter(|range| range.value.contains('.')).cloned());
    // `==3.12.4` is a pin too.
    all.extend(ranges.iter().filter_map(|range| {
        let version = range.value.strip_prefix("==").filter(|version| is_plain(version))?;
        Some(Sourced { value: version.to_owned(), ..range.clone() })
    }));
    let mut all = all.into_iter();
    let Some(mut first) = all.next() else { return Ok(None) };
    for other in all.filter(|other| other.value != first.value).collect::<Vec<_>>() {
        let place = other.evidence.first().map(Evidence::place).unwrap_or_default();
        first = first.rejecting(other.value, format!("{place} is a weaker source"));
    }
    Ok(Some(first))
}

/// `3.12`, `3.12.4`, `python-3.12.4`, `cpython@3.12`; `None` for what leaves it open.
fn version(file: &str, line: u32, word: &str) -> Result<Option<String>> {
    let plain = ["python-", "python", "cpython-", "cpython@", "cpython"]
        .iter()
        .find_map(|prefix| word.strip_prefix(prefix))
        .unwrap_or(word)
        .trim();
    if ["system", "latest", "3", ""].contains(&plain) {
        return Ok(None);
    }
    let digits =
        plain.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    if digits && plain.contains('.') {
        return Ok(Some(plain.to_owned()));
    }
    if plain.starts_with("3.") && plain.ends_with('t') {
        bail!(
            "{file}:{line}: `{}` is a free-threaded Python, for which there is no official image: write its version without the `t`, or set --toolchain",
            excerpt(word)
        );
    }
    if plain.starts_with('3') {
        // A name of a virtual environment, a range.
        return Ok(None);
    }
    bail!(
        "{file}:{line}: `{}` is no version of CPython, which is what the official images hold: write one such as MAJOR.MINOR, or set --toolchain",
        excerpt(word)
    )
}

/// What to say where a pin lies outside of a range.
fn against(
    stated: &Sourced<String>,
    ranges: &[Sourced<String>],
    catalog: &Catalog,
) -> Vec<Finding> {
    let exact = catalog.release.iter().find(|release| release.cycle == stated.value);
    let version = exact.map_or(stated.value.as_str(), |release| release.latest.as_str());
    let Some(version) = numbers(version) else { return Vec::new() };
    let mut findings = Vec::new();
    if let Some(range) = ranges.iter().find(|range| admits(&range.value, version) == Some(false)) {
        let evidence = stated.evidence.iter().chain(&range.evidence).cloned();
        let what =
            format!("Python {} is pinned, and the project admits {}", stated.value, range.value);
        findings.push(Finding::new(codes::PYTHON_OUTSIDE_RANGE, what, evidence));
    }
    if catalog.release_of(&stated.value).is_none() {
        findings.push(Finding::toolchain_unknown(
            "Python",
            format_args!("{} (it knows the releases as of {})", stated.value, catalog.as_of),
            stated.evidence.iter().cloned(),
        ));
    }
    findings
}

/// What to say where a person asks for a version that the project refuses.
pub(super) fn refused(
    version: &str,
    ranges: &[Sourced<String>],
    catalog: &Catalog,
) -> Option<Finding> {
    let release = catalog.release.iter().find(|release| release.cycle == version);
    let numbers = numbers(release.map_or(version, |release| release.latest.as_str()))?;
    let range = ranges.iter().find(|range| admits(&range.value, numbers) == Some(false))?;
    let what = format!("Python {version} is asked for, and the project admits {}", range.value);
    let finding = Finding::new(codes::PYTHON_OUTSIDE_RANGE, what, range.evidence.clone());
    Some(finding.with_fix("change the range, or --toolchain"))
}

/// No release that the catalog knows is in the ranges: the lowest version that they name.
fn outside(
    ranges: &[Sourced<String>],
    catalog: &Catalog,
) -> Result<(Sourced<String>, Vec<Finding>)> {
    let named = ranges.iter().find_map(|range| {
        let text = range
            .value
            .split(['>', '<', '=', '~', '^', ',', ' ', '!'])
            .find(|word| !word.is_empty())?;
        let version = numbers(text.trim_end_matches(".*"))?;
        (version[0] > 2).then(|| (format!("{}.{}", version[0], version[1]), range))
    });
    let Some((version, range)) = named else {
        let place = ranges.first().and_then(|range| range.evidence.first());
        bail!(
            "{}: no release of Python 3 is in the range of the manifest: change it, or set --toolchain",
            place.map(Evidence::place).unwrap_or_default()
        );
    };
    let finding = Finding::new(
        FindingCode::ToolchainUnknown,
        format!(
            "no release that this version of dockgen knows ({}) is in the range {}",
            catalog.as_of, range.value
        ),
        range.evidence.iter().cloned(),
    );
    Ok((Sourced::with(version, range.evidence.clone()), vec![finding]))
}

/// What CI tests with, the newest of several that the catalog knows.
fn tested(dir: &Dir, catalog: &Catalog) -> Result<Option<Sourced<String>>> {
    let tools = recipes::tool_versions(dir.repo, &dir.path, &["python"])?;
    let mut found: Vec<(usize, &recipes::Tool)> = Vec::new();
    for tool in &tools {
        let at = catalog.release.iter().position(|release| release.cycle == cycle(&tool.version));
        if let Some(at) = at.filter(|at| catalog.release[*at].supported) {
            found.push((at, tool));
        }
    }
    let best = found.into_iter().min_by_key(|(at, tool)| (!tool.release, tool.one_of_several, *at));
    Ok(best
        .map(|(at, tool)| Sourced::new(catalog.release[at].cycle.clone(), tool.evidence.clone())))
}

fn cycle(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::python::requirement::Requirement;
    use crate::path::RelPath;
    use crate::repo::Repo;

    fn of(files: &[(&str, &str)], range: &str, pins: &[&str]) -> Result<(String, usize)> {
        let repo = Repo::from_files(files.iter().copied());
        let here = RelPath::new("pyproject.toml").unwrap();
        let ranges: Vec<Sourced<String>> = Some(range)
            .filter(|range| !range.is_empty())
            .map(|range| Sourced::new(range.to_owned(), Evidence::at(&here, 3, "a range")))
            .into_iter()
            .collect();
        let mut installed = Installed::default();
        for pin in pins {
            installed.require(&here, &Requirement::parse(pin, 5).unwrap());
        }
        let (found, findings) =
            python(&repo.root(), &ranges, &[], &installed, Catalog::of("python").unwrap())?;
        Ok((found.value, findings.len()))
    }

    #[test]
    fn the_newest_supported_release_in_the_range() {
        let default = Catalog::of("python").unwrap().default_cycle.clone();
        assert_eq!(of(&[], "", &[]).unwrap().0, default);
        for (range, expected) in [
            (">=3.10", default.as_str()),
            (">=3.11,<3.13", "3.12"),
            ("^3.9", &default),
            ("~3.9", "3.9"),
            ("3.11.*", "3.11"),
            ("<3.12", "3.11"),
            ("==3.12.4", "3.12.4"),
            ("3.12", "3.12"),
        ] {
            assert_eq!(of(&[], range, &[]).unwrap(), (expected.to_owned(), 0), "{range}");
        }
        assert_eq!(of(&[], ">=3.99", &[]).unwrap(), ("3.99".to_owned(), 1));
    }

    #[test]
    fn a_pin_decides_and_says_where_it_disagrees() {
        let files = [(".python-version", "3.12.4\n")];
        assert_eq!(of(&files, ">=3.10", &[]).unwrap(), ("3.12.4".to_owned(), 0));
        assert_eq!(of(&files, ">=3.13", &[]).unwrap(), ("3.12.4".to_owned(), 1));
        assert_eq!(of(&[("runtime.txt", "python-3.11.9")], "", &[]).unwrap().0, "3.11.9");
        assert_eq!(of(&[(".tool-versions", "python 3.12.1")], "", &[]).unwrap().0, "3.12.1");
        let error = of(&[(".python-version", "pypy3.10-7.3\n")], "", &[]).unwrap_err().to_string();
        assert!(error.starts_with(".python-version:1: `pypy3.10-7.3`"), "{error}");
        let ci = "jobs:\n  t:\n    steps:\n      - uses: actions/setup-python@v5\n        with: {python-version: '3.12'}\n";
        assert_eq!(of(&[(".github/workflows/ci.yml", ci)], "", &[]).unwrap().0, "3.12");
    }

    #[test]
    fn an_old_pin_of_a_compiled_package_sets_a_ceiling() {
        assert_eq!(of(&[], ">=3.9", &["numpy==1.26.4"]).unwrap().0, "3.12");
        let newest = of(&[], "", &[]).unwrap().0;
        assert_eq!(of(&[], ">=3.9", &["numpy==2.4.0"]).unwrap().0, newest);
        // So does a range that admits old versions alone.
        for (range, version) in [("numpy<2", "3.12"), ("tiktoken~=0.5.1", "3.12")] {
            assert_eq!(of(&[], ">=3.9", &[range]).unwrap().0, version, "{range}");
        }
        for open in ["numpy>=1.20", "numpy", "numpy<2; python_version < '3.12'", "numpy<3"] {
            assert_eq!(of(&[], ">=3.9", &[open]).unwrap().0, newest, "{open}");
        }
    }
}

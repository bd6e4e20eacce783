//! Which Go to build with. The `go` and `toolchain` lines are floors, not pins
//! (<https://go.dev/doc/toolchain>): the go command takes that version or a newer one. Version
//! files pin.

use anyhow::Result;

use super::codes;
use super::layout::Layout;
use super::module::At;
use crate::catalog::Catalog;
use crate::detect::version;
use crate::facts::{Evidence, Finding, FindingCode, Sourced};
use crate::repo::Dir;

/// The numbers of `1.26`, `1.26.3` or `1.27rc1`, without the pre-release part.
fn numbers(version: &str) -> [u64; 3] {
    let mut all = [0; 3];
    for (slot, part) in all.iter_mut().zip(version.split('.')) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        *slot = digits.parse().unwrap_or(0);
    }
    all
}

fn cycle(version: &str) -> String {
    let [major, minor, _] = numbers(version);
    format!("{major}.{minor}")
}

/// Why an old toolchain does not download the one that the code needs.
const NO_DOWNLOAD: &str =
    "Go's images do not download another toolchain (GOTOOLCHAIN=local): the build stops";

/// The version to build with, and findings about it.
pub(super) fn toolchain(
    dir: &Dir,
    layout: &Layout,
    catalog: &Catalog,
) -> Result<(Sourced<String>, Vec<Finding>)> {
    let mut findings = Vec::new();
    let floor = floor(layout);
    if let Some(mut pinned) = pin(dir)? {
        // A pin of `1` alone means the newest Go 1.
        let older = |floor: &str| {
            numbers(floor) > numbers(&pinned.value) && pinned.value.split('.').count() > 1
        };
        match &floor {
            // A developer's go command downloads the version that go.mod states.
            Some((floor, evidence)) if older(floor) => {
                let what = format!("Go {} is pinned, and go.mod needs {floor}", pinned.value);
                let places = pinned.evidence.iter().chain([evidence]).cloned();
                findings.push(Finding::new(codes::PIN_TOO_OLD, what, places));
            }
            Some((floor, evidence)) => {
                let why = format!("{}: a floor; the pin decides", evidence.place());
                pinned = pinned.rejecting(floor, why);
                return Ok((pinned, findings));
            }
            None => return Ok((pinned, findings)),
        }
    }
    let Some((floor, evidence)) = floor else {
        return Ok((Sourced::assumed(catalog.default_cycle.clone()), findings));
    };
    let wanted = cycle(&floor);
    if let Some(release) = catalog.release.iter().find(|release| release.cycle == wanted) {
        if release.supported {
            return Ok((Sourced::new(wanted, evidence), findings));
        }
    } else if catalog.release.iter().all(|release| numbers(&release.cycle) < numbers(&wanted)) {
        findings.push(Finding::toolchain_unknown(
            "Go",
            format_args!("{wanted} (it knows the releases as of {})", catalog.as_of),
            [evidence.clone()],
        ));
        return Ok((Sourced::new(wanted, evidence), findings));
    }
    let value = catalog.default_cycle.clone();
    let why = format!("{}: a floor, and {wanted} gets no more fixes", evidence.place());
    let note = format!("{}; a floor: the newest supported release meets it", evidence.note);
    Ok((Sourced::new(value, Evidence { note, ..evidence }).rejecting(wanted, why), findings))
}

/// Reports a version that a person set below the one that the module needs.
pub(super) fn below_floor(layout: &Layout, answer: &str) -> Option<Finding> {
    let (floor, evidence) = floor(layout)?;
    // An answer of `1.26` means the newest 1.26.x, so only as many numbers are compared as the
    // answer has.
    let parts = answer.split('.').count();
    let least: Vec<&str> = floor.split('.').take(parts).collect();
    (numbers(&least.join(".")) > numbers(answer)).then(|| {
        Finding::new(
            FindingCode::ToolchainTooOld,
            format!("--toolchain asks for Go {answer}, and the code needs {floor} or newer"),
            [evidence],
        )
        .with_why(NO_DOWNLOAD)
        .with_fix(format!("set --toolchain to {floor} or newer, or leave it out"))
    })
}

/// The higher of the `go` and `toolchain` lines in go.mod and, if the module belongs to it, in
/// go.work.
fn floor(layout: &Layout) -> Option<(String, Evidence)> {
    let work = layout.work.iter().filter_map(|(dir, work)| Some((dir.join("go.work")?, work)));
    let manifests = work.chain([(layout.manifest_path.clone(), &layout.manifest)]);
    let mut best: Option<(String, Evidence)> = None;
    for (path, manifest) in manifests {
        let lines = [("go", &manifest.go), ("toolchain", &manifest.toolchain)];
        for (word, At { value, line }) in
            lines.into_iter().filter_map(|(word, at)| Some((word, at.as_ref()?)))
        {
            let version = value.strip_prefix("go").unwrap_or(value);
            if !version.starts_with(|c: char| c.is_ascii_digit()) {
                continue;
            }
            let evidence = Evidence::at(&path, *line, format!("`{word} {value}`"));
            if best.as_ref().is_none_or(|(held, _)| numbers(version) > numbers(held)) {
                best = Some((version.to_owned(), evidence));
            }
        }
    }
    best
}

/// The version in `.go-version` (goenv), or else the one that asdf or mise pins.
fn pin(dir: &Dir) -> Result<Option<Sourced<String>>> {
    for folder in dir.upwards() {
        let Some((path, text)) = folder.text(".go-version")? else { continue };
        if let Some((line, value)) = first_word(&text) {
            return Ok(Some(Sourced::new(
                value,
                Evidence::at(&path, line, "`.go-version` pins it"),
            )));
        }
    }
    let pinned = version::pinned(dir, &["go", "golang"])?;
    Ok(pinned.map(|mut pinned| {
        pinned.value = plain(&pinned.value);
        pinned
    }))
}

fn first_word(text: &str) -> Option<(u32, String)> {
    (1..).zip(text.lines()).find_map(|(number, line)| {
        let word = line.split('#').next()?.trim();
        word.starts_with(|c: char| c.is_ascii_digit() || c == 'g').then(|| (number, plain(word)))
    })
}

fn plain(version: &str) -> String {
    version.strip_prefix("go").unwrap_or(version).to_owned()
}

/// True if a tag of Go's image can have this name: digits, dots and a pre-release part. The text
/// goes into a FROM line.
pub(super) fn is_tag(version: &str) -> bool {
    version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_alphanumeric() || c == '.')
}

/// Refuses a version that cannot be part of an image's tag.
pub(super) fn check(version: &str) -> Result<()> {
    if !is_tag(version) {
        anyhow::bail!(
            "`{version}` is not a Go version that an image can have: write MAJOR.MINOR or MAJOR.MINOR.PATCH"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::go::layout::layout;
    use crate::repo::Repo;

    fn of(files: &[(&str, &str)]) -> (Sourced<String>, Vec<Finding>) {
        let repo = Repo::from_files(files.iter().copied());
        let catalog = Catalog::of("go").unwrap();
        toolchain(&repo.root(), &layout(&repo.root()).unwrap().unwrap(), catalog).unwrap()
    }

    #[test]
    fn the_go_line_is_a_floor() {
        let (version, findings) = of(&[("go.mod", "module a\ngo 1.26.3\n")]);
        assert_eq!(
            (version.value.as_str(), version.evidence[0].place().as_str()),
            ("1.26", "go.mod:2")
        );
        assert!(findings.is_empty());
        let (version, _) = of(&[("go.mod", "module a\ngo 1.21\n")]);
        assert_eq!((version.value.as_str(), version.rejected[0].value.as_str()), ("1.27", "1.21"));
        let (version, findings) = of(&[("go.mod", "module a\ngo 1.99.0\n")]);
        assert_eq!(
            (version.value.as_str(), findings[0].code.as_str()),
            ("1.99", "toolchain-unknown")
        );
        assert_eq!(of(&[("go.mod", "module a\n")]).0, Sourced::assumed("1.27".into()));
    }

    #[test]
    fn the_toolchain_line_raises_the_floor() {
        let (version, _) = of(&[("go.mod", "module a\ngo 1.21\ntoolchain go1.26.2\n")]);
        assert_eq!((version.value.as_str(), version.evidence[0].line), ("1.26", Some(3)));
        assert_eq!(of(&[("go.mod", "module a\ngo 1.26\ntoolchain default\n")]).0.value, "1.26");
    }

    #[test]
    fn pins_stay_exact() {
        let (version, _) =
            of(&[("go.mod", "module a\ngo 1.21\n"), (".go-version", "# x\n1.24.3\n")]);
        assert_eq!(
            (version.value.as_str(), version.evidence[0].place().as_str()),
            ("1.24.3", ".go-version:2")
        );
        let (version, _) =
            of(&[("go.mod", "module a\ngo 1.21\n"), (".tool-versions", "golang 1.26.1\n")]);
        assert_eq!(version.value, "1.26.1");
        let (version, findings) =
            of(&[("go.mod", "module a\ngo 1.26\n"), (".go-version", "1.25.1")]);
        assert_eq!((version.value.as_str(), findings[0].code.as_str()), ("1.26", "pin-too-old"));
    }
}

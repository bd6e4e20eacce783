//! Chooses the base image: matches what a program needs against what each image offers. No
//! programming language is named here.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::{Deserialize, Serialize};

use crate::catalog::{BaseRow, Catalog, SystemPackage, system_packages};
use crate::facts::{Evidence, Kind, Libc, Needs, Program, Rejected, Sourced};

mod asked;

pub(crate) use asked::Asked;

/// The families, in the order in which they are offered.
pub(crate) const FAMILIES: [&str; 4] = ["distroless", "alpine", "debian", "scratch"];

/// The chosen base, and what must be added to it.
#[derive(Clone, Debug)]
pub struct Base {
    /// The catalog's row.
    pub row: BaseRow,
    /// The image reference.
    pub image: String,
    /// Packages to install in the final image.
    pub packages: Vec<String>,
    /// Packages to install in the builder.
    pub build_packages: Vec<String>,
    /// The family, with the reason, and the rejected families.
    pub choice: Sourced<String>,
    /// Why `auto` or the request resulted in this family, in a sentence.
    pub why: String,
}

/// A family that does not work for a program, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refusal {
    /// The family.
    pub family: String,
    /// The reason.
    pub why: String,
}

/// Chooses a row of the catalog. `requested` is `auto` or a family, `asked` what a person asked the
/// image to have.
///
/// # Errors
/// If the requested family does not work. The error says why, and names the nearest one that does.
pub(crate) fn choose(
    catalog: &Catalog,
    program: &Program,
    asked: &Asked,
    toolchain: &str,
    requested: &str,
) -> Result<Base> {
    // Skip loading the table, the largest part of the catalog: most programs need no packages.
    let none = BTreeMap::new();
    let unused = program.needs.packages.is_empty() && asked.is_empty();
    let packages = if unused { &none } else { system_packages()? };
    let exact = catalog.release_of(toolchain).is_none_or(|release| release.cycle != toolchain);
    let site = program.kind == Kind::Site;
    let mut fit: Vec<&BaseRow> = Vec::new();
    let mut refused: Vec<Refusal> = Vec::new();
    for family in FAMILIES {
        let mut reasons = Vec::new();
        let rows = catalog.base.iter().filter(|row| row.family == family && row.site == site);
        for row in rows {
            let refused = objection(catalog, row, &program.needs, packages, toolchain, exact);
            match refused.or_else(|| asked.objection(row, packages, requested == family)) {
                None => {
                    fit.push(row);
                    reasons.clear();
                    break;
                }
                Some(reason) => reasons.push(reason),
            }
        }
        if fit.iter().any(|row| row.family == family) {
            continue;
        }
        let why = catalog
            .impossible
            .iter()
            .find(|i| i.family == family && i.site == site)
            .map(|i| i.why.clone());
        let why = why
            .or_else(|| reasons.pop())
            .unwrap_or_else(|| "no image of this family is in the catalog for it".to_owned());
        refused.push(Refusal { family: family.to_owned(), why });
    }
    fit.sort_by_key(|row| (row.reluctant.is_some(), row.megabytes));
    let Some(smallest) = fit.first().copied() else {
        let reasons: Vec<String> =
            refused.iter().map(|r| format!("{}: {}", r.family, r.why)).collect();
        bail!("no base image meets the program's needs: {}", reasons.join("; "));
    };
    if requested == "auto" {
        let needs = describe(&program.needs, asked, smallest);
        let why = format!("the smallest base that meets the needs{needs}");
        let mut choice = Sourced::with(smallest.family.clone(), needs_evidence(&program.needs));
        for row in fit.iter().skip(1) {
            let why = row
                .reluctant
                .clone()
                .unwrap_or_else(|| format!("would do, but is larger (about {} MB)", row.megabytes));
            choice.rejected.push(Rejected { value: row.family.clone(), why });
        }
        choice
            .rejected
            .extend(refused.into_iter().map(|r| Rejected { value: r.family, why: r.why }));
        return build(catalog, smallest, (program, asked), packages, toolchain, choice, why);
    }
    if let Some(row) = fit.iter().find(|row| row.family == requested) {
        let choice = Sourced::with(row.family.clone(), Vec::new());
        return build(
            catalog,
            row,
            (program, asked),
            packages,
            toolchain,
            choice,
            "it meets the needs".to_owned(),
        );
    }
    let Some(refusal) = refused.iter().find(|r| r.family == requested) else {
        bail!("`{requested}` is not a base family: one of auto, {}", FAMILIES.join(", "));
    };
    bail!(
        "base `{requested}` does not work here: {}; the nearest that does is `{}`: use --base {} \
         or --base auto",
        refusal.why,
        smallest.family,
        smallest.family
    )
}

/// Why a row does not work; `None` if it does.
fn objection(
    catalog: &Catalog,
    row: &BaseRow,
    needs: &Needs,
    packages: &BTreeMap<String, SystemPackage>,
    toolchain: &str,
    exact: bool,
) -> Option<String> {
    let cycle = catalog.release_of(toolchain).map_or(toolchain, |release| release.cycle.as_str());
    if !row.cycles.is_empty() && !row.cycles.iter().any(|c| c == cycle) {
        return Some(format!(
            "{} exists for {} only, not for {toolchain}",
            row.image,
            row.cycles.join(", ")
        ));
    }
    if exact && !row.exact {
        return Some(format!(
            "{} follows the newest release, and exactly {toolchain} is asked for",
            row.image
        ));
    }
    let because = |evidence: &[Evidence]| {
        evidence.first().map_or_else(String::new, |e| format!(" ({}: {})", e.place(), e.note))
    };
    match (needs.libc, row.libc.as_str()) {
        (Libc::None, _) | (Libc::Dynamic, "musl" | "glibc") | (Libc::Glibc, "glibc") => {}
        (Libc::Glibc, "musl") => {
            return Some(format!(
                "the program is built for glibc, and it has musl{}",
                because(&needs.libc_evidence)
            ));
        }
        _ => {
            return Some(format!(
                "the program is linked with a C library, and it has none{}",
                because(&needs.libc_evidence)
            ));
        }
    }
    if let (Some(shell), false) = (&needs.shell, row.shell) {
        return Some(format!(
            "the program needs a shell, and it has none ({}: {})",
            shell.place(),
            shell.note
        ));
    }
    for need in &needs.packages {
        let known = packages.get(&need.value);
        if let Some(known) = known
            && (known.is_tool() || row.static_link && known.is_library())
        {
            if row.static_link && known.is_library() && known.alpine_static.is_empty() {
                return Some(format!(
                    "programs for it are linked statically, and `{}` has no static library in Alpine{}",
                    need.value,
                    because(&need.evidence)
                ));
            }
            continue;
        }
        let there = match row.installer.as_deref() {
            _ if row.libc != "none" && row.provides.contains(&need.value) => true,
            Some("apt") => known.is_some_and(|p| p.debian.is_some()),
            Some("apk") => known.is_some_and(|p| p.alpine.is_some()),
            _ => row.libc != "none" && known.is_some_and(|p| p.distroless),
        };
        if !there {
            return Some(format!(
                "the program needs `{}`, which cannot be installed there{}",
                need.value,
                because(&need.evidence)
            ));
        }
    }
    None
}

fn build(
    catalog: &Catalog,
    row: &BaseRow,
    (program, asked): (&Program, &Asked),
    packages: &BTreeMap<String, SystemPackage>,
    toolchain: &str,
    choice: Sourced<String>,
    why: String,
) -> Result<Base> {
    let mut install = row.packages.clone();
    let mut build_packages = Vec::new();
    for need in &program.needs.packages {
        let Some(known) = packages.get(&need.value) else {
            bail!("package `{}` is not in the catalog", need.value)
        };
        if row.static_link && known.is_library() {
            build_packages.extend(known.alpine_static.iter().cloned());
            continue;
        }
        match row.installer.as_deref() {
            Some("apt") => install.extend(known.debian.iter().flatten().cloned()),
            Some("apk") => install.extend(known.alpine.iter().flatten().cloned()),
            _ => {}
        }
        build_packages.extend(if row.builder == "musl" {
            known.alpine_build.clone()
        } else {
            known.debian_build.clone()
        });
    }
    install.extend(asked.packages.iter().cloned());
    build_packages.extend(asked.build_packages.iter().cloned());
    for list in [&mut install, &mut build_packages] {
        list.sort();
        list.dedup();
    }
    let image = catalog.image(&row.image, toolchain);
    Ok(Base { row: row.clone(), image, packages: install, build_packages, choice, why })
}

/// The needs in a few words, for the reason of a choice.
fn describe(needs: &Needs, asked: &Asked, row: &BaseRow) -> String {
    let mut words = Vec::new();
    match needs.libc {
        Libc::None if row.libc == "none" => words.push("no C library".to_owned()),
        // The image has one although the program does not ask for it.
        Libc::None => {}
        Libc::Dynamic => words.push("a C library".to_owned()),
        Libc::Glibc => words.push("glibc".to_owned()),
    }
    if needs.shell.is_some() {
        words.push("a shell".to_owned());
    }
    words.extend(needs.packages.iter().map(|p| p.value.clone()));
    words.extend(asked.words());
    if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) }
}

fn needs_evidence(needs: &Needs) -> Vec<Evidence> {
    let mut evidence = needs.libc_evidence.clone();
    evidence.extend(needs.shell.clone());
    for found in needs.packages.iter().flat_map(|p| &p.evidence) {
        if !evidence.contains(found) {
            evidence.push(found.clone());
        }
    }
    evidence
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ask::{Answers, Origin, id};
    use crate::detect::LANGUAGES;
    use crate::path::RelPath;

    /// The base for a program with these packages, in the first language whose bases are linked
    /// statically.
    fn on(family: &str, needs: &[&str]) -> Result<Base> {
        let catalogs = LANGUAGES.iter().map(|language| Catalog::of(language.id).unwrap());
        let catalog =
            catalogs.into_iter().find(|c| c.base.iter().any(|row| row.static_link)).unwrap();
        let evidence = Evidence::file(&RelPath::root(), "test");
        let mut program = Program::new("p", "p", Kind::Service, evidence.clone());
        program.needs.packages =
            needs.iter().map(|key| Sourced::new((*key).to_owned(), evidence.clone())).collect();
        choose(catalog, &program, &Asked::default(), &catalog.default_cycle, family)
    }

    /// The base for a program without needs in a language that has every family.
    fn asked(family: &str, given: &[(&str, &str)]) -> Result<Base> {
        let catalogs = LANGUAGES.iter().map(|language| Catalog::of(language.id).unwrap());
        let catalog = catalogs
            .into_iter()
            .find(|c| FAMILIES.iter().all(|f| c.base.iter().any(|row| row.family == *f)))
            .unwrap();
        let evidence = Evidence::file(&RelPath::root(), "test");
        let program = Program::new("p", "p", Kind::Service, evidence);
        let mut answers = Answers::default();
        for (id, value) in given {
            answers.set(id, *value, Origin::Flag);
        }
        choose(catalog, &program, &Asked::of(&answers), &catalog.default_cycle, family)
    }

    #[test]
    fn a_package_by_name_decides_the_base() {
        let smallest = asked("auto", &[]).unwrap();
        assert!(smallest.row.installer.is_none());
        let both = asked("auto", &[(id::PACKAGE, "ffmpeg")]).unwrap();
        assert!(both.row.family == "alpine" && both.packages.contains(&"ffmpeg".to_owned()));
        assert!(both.why.contains("ffmpeg"), "{}", both.why);
        let unknown = asked("auto", &[(id::PACKAGE, "tesseract-ocr-deu")]).unwrap();
        assert_eq!(unknown.row.family, "debian");
        assert!(asked("alpine", &[(id::PACKAGE, "tesseract-ocr-data-deu")]).is_ok());
        let refused = |family: &str, given| asked(family, given).unwrap_err().to_string();
        let scratch = refused("scratch", &[(id::PACKAGE, "ffmpeg")]);
        assert!(scratch.contains("`ffmpeg` cannot be installed there"), "{scratch}");
        assert!(scratch.contains("--base alpine"), "{scratch}");
        let other = refused("alpine", &[(id::PACKAGE, "libpq5")]);
        assert!(other.contains("in Alpine it is"), "{other}");
    }

    #[test]
    fn what_needs_a_shell_decides_the_base() {
        assert!(asked("auto", &[(id::BEFORE_START, "echo a")]).unwrap().row.shell);
        assert!(asked("auto", &[(id::HEALTH_COMMAND, "sh -c 'x'")]).unwrap().row.shell);
        assert!(!asked("auto", &[(id::HEALTH_COMMAND, "/app/p health")]).unwrap().row.shell);
        let refused = asked("distroless", &[(id::BEFORE_START, "x")]).unwrap_err().to_string();
        assert!(refused.contains("`before-start` needs a shell"), "{refused}");
    }

    #[test]
    fn what_is_needed_while_building_only_keeps_no_base_away() {
        let base = on("scratch", &["cmake", "protoc"]).unwrap();
        assert!(base.packages.is_empty() && base.build_packages.contains(&"cmake".to_owned()));
    }

    #[test]
    fn a_static_program_takes_its_libraries_along_or_not_at_all() {
        let base = on("alpine", &["openssl-library", "git"]).unwrap();
        assert_eq!(base.build_packages, ["openssl-dev", "openssl-libs-static"]);
        assert!(
            base.packages.contains(&"git".to_owned())
                && !base.packages.iter().any(|name| name.contains("ssl"))
        );
        let refused = on("scratch", &["libpq"]).unwrap_err().to_string();
        assert!(refused.contains("no static library"), "{refused}");
        // A command is not a library, so it cannot be linked into the program.
        assert!(
            on("scratch", &["git"]).unwrap_err().to_string().contains("cannot be installed there")
        );
        assert_eq!(on("auto", &["libpq"]).unwrap().row.family, "debian");
    }
}

//! Which JDK: version files win over the compiler's level, and the JDK is never older than what
//! the frameworks and the build's own rules need.

use anyhow::Result;

use super::artifact::{JIB, Project, SPRING_BOOT};
use super::pom::Found;
use super::xml::Element;
use crate::detect::version;
use crate::facts::{Evidence, Rejected, Sourced};
use crate::recipes;
use crate::repo::Dir;

pub(super) const COMPILER: &str = "org.apache.maven.plugins:maven-compiler-plugin";
const KOTLIN: &str = "org.jetbrains.kotlin:kotlin-maven-plugin";
const ENFORCER: &str = "org.apache.maven.plugins:maven-enforcer-plugin";

/// A JDK's feature number, with the place that states it.
struct Stated {
    feature: u32,
    text: String,
    evidence: Evidence,
    /// True for a version file, which names the JDK itself, and not just the oldest that the code
    /// needs.
    pin: bool,
}

/// The JDK of a project, as a cycle of the catalog.
///
/// # Errors Fails if a version file is broken.
pub(super) fn detect(
    dir: &Dir,
    project: &Project,
    floors: &[(u32, Evidence)],
) -> Result<Sourced<String>> {
    let stated = stated(dir, project)?;
    let mut found = match stated.first() {
        Some(first) => {
            let cycle = available(project, first);
            let mut found = Sourced::new(cycle.to_string(), first.evidence.clone());
            if first.text != found.value {
                let why = if cycle == first.feature {
                    "images follow the newest release of the line"
                } else {
                    "no longer published, or out of support: the next line compiles for it too"
                };
                found = found.rejecting(&first.text, why);
            }
            found
        }
        None => Sourced::assumed(project.tables.catalog.default_cycle.clone()),
    };
    for other in stated.iter().skip(1) {
        let place = other.evidence.place();
        if other.feature.to_string() != found.value
            && !found.rejected.iter().any(|r| r.value == other.text)
        {
            found =
                found.rejecting(&other.text, format!("{place} is weaker: {}", other.evidence.note));
        }
    }
    let ranges = required_ranges(project);
    let allowed = |feature: u32| {
        floors.iter().all(|(floor, _)| feature >= *floor)
            && ranges.iter().all(|(range, _)| in_range(range, feature))
    };
    let current: u32 = found.value.parse().unwrap_or(0);
    if allowed(current) {
        return Ok(found);
    }
    let lifted = cycles(project)
        .into_iter()
        .filter(|feature| *feature >= current)
        .find(|feature| allowed(*feature));
    if let Some(lifted) = lifted.filter(|lifted| *lifted != current) {
        let reasons = floors
            .iter()
            .filter(|(floor, _)| current < *floor)
            .map(|(_, evidence)| evidence.clone());
        let rules = ranges
            .iter()
            .filter(|(range, _)| !in_range(range, current))
            .map(|(_, evidence)| evidence.clone());
        let evidence: Vec<Evidence> = reasons.chain(rules).collect();
        let why =
            evidence.first().map_or_else(String::new, |e| format!("{}: {}", e.place(), e.note));
        let mut rejected = found.rejected;
        rejected.insert(
            0,
            Rejected { value: found.value, why: format!("below what is required ({why})") },
        );
        return Ok(Sourced {
            value: lifted.to_string(),
            evidence,
            rejected,
            strength: found.strength,
        });
    }
    Ok(found)
}

/// The long-term lines of the catalog, oldest first.
fn cycles(project: &Project) -> Vec<u32> {
    let rows =
        project.tables.catalog.release.iter().filter(|release| release.lts && release.supported);
    let mut cycles: Vec<u32> = rows.filter_map(|release| release.cycle.parse().ok()).collect();
    cycles.sort_unstable();
    cycles
}

/// The line for a stated version: that version if it is published and either pinned or supported,
/// or else the next one.
fn available(project: &Project, stated: &Stated) -> u32 {
    let row = project
        .tables
        .catalog
        .release
        .iter()
        .find(|release| release.cycle == stated.feature.to_string());
    // A version file names the JDK itself, supported or not. A level is only the oldest that will
    // do.
    if row.is_some_and(|row| row.supported || stated.pin) {
        return stated.feature;
    }
    cycles(project).into_iter().find(|cycle| *cycle >= stated.feature).unwrap_or(stated.feature)
}

/// Everything that states a version, strongest first.
fn stated(dir: &Dir, project: &Project) -> Result<Vec<Stated>> {
    let mut found = Vec::new();
    let mut push = |text: &str, evidence: Evidence, pin: bool| {
        if let Some(feature) = feature(text) {
            found.push(Stated { feature, text: text.to_owned(), evidence, pin });
        }
    };
    for folder in dir.upwards() {
        if let Some((path, text)) = folder.text(".java-version")? {
            let lines = (1..).zip(text.lines());
            if let Some((number, line)) =
                lines.map(|(n, line)| (n, line.trim())).find(|(_, line)| !line.is_empty())
            {
                push(
                    line,
                    Evidence::at(&path, number, "the version that jenv and others read"),
                    true,
                );
            }
        }
    }
    for folder in dir.upwards() {
        if let Some((path, text)) = folder.text(".sdkmanrc")? {
            for (number, line) in (1..).zip(text.lines()) {
                if let Some((key, value)) = line.split_once('=')
                    && key.trim() == "java"
                {
                    push(
                        value.trim(),
                        Evidence::at(&path, number, "the version that SDKMAN! reads"),
                        true,
                    );
                }
            }
        }
    }
    if let Some(pinned) = version::pinned(dir, &["java"])?
        && let Some(evidence) = pinned.evidence.first()
    {
        push(&pinned.value, evidence.clone(), true);
    }
    if let Some((text, evidence)) = super::image::jdk(project.plugins.get(SPRING_BOOT)) {
        push(&text, evidence, true);
    }
    let levels = levels(project);
    let level = levels.iter().find_map(|(text, evidence)| {
        let text = text.clone();
        Some(Stated { feature: feature(&text)?, text, evidence: evidence.clone(), pin: false })
    });
    if found.is_empty() {
        // What CI and Dockerfiles use counts only if no file pins the JDK.
        let least = level.as_ref().map(|level| available(project, level));
        let own = super::image::base(project.plugins.get(JIB), project.model);
        let own = own.and_then(|(text, evidence)| {
            let feature = feature(&text).filter(|own| least.is_none_or(|least| *own > least))?;
            Some(Stated { feature, text, evidence, pin: true })
        });
        match own {
            Some(own) => found.push(own),
            None => found.extend(tested(dir, project, least)?),
        }
    }
    for (text, evidence) in levels {
        if let Some(feature) = feature(&text) {
            found.push(Stated { feature, text, evidence, pin: false });
        }
    }
    Ok(found)
}

/// The JDK with which the repository itself builds, the newest of several. `None` if `least`,
/// which the compiler's level needs, is among them.
fn tested(dir: &Dir, project: &Project, least: Option<u32>) -> Result<Option<Stated>> {
    const NAMES: [&str; 8] = [
        "java",
        "jdk",
        "openjdk",
        "temurin",
        "eclipse-temurin",
        "amazoncorretto",
        "graalvm",
        "oraclejdk",
    ];
    let tools = recipes::tool_versions(dir.repo, &dir.path, &NAMES)?;
    let all: Vec<(u32, &recipes::Tool)> =
        tools.iter().filter_map(|tool| Some((feature(&tool.version)?, tool))).collect();
    // The oldest JDK that the code needs is tested too, so nothing calls for a later one.
    if all.iter().any(|(feature, _)| Some(*feature) == least) {
        return Ok(None);
    }
    let Some((_, first)) = all.first() else { return Ok(None) };
    let alike = |tool: &recipes::Tool| {
        (tool.release, tool.one_of_several) == (first.release, first.one_of_several)
    };
    let kept = cycles(project);
    let best = all
        .iter()
        .filter(|(feature, tool)| alike(tool) && least.is_none_or(|least| *feature >= least))
        .max_by_key(|(feature, _)| (kept.contains(feature), *feature));
    Ok(best.map(|(feature, tool)| Stated {
        feature: *feature,
        text: tool.version.clone(),
        evidence: tool.evidence.clone(),
        pin: true,
    }))
}

/// The levels of the compiler, strongest first.
fn levels(project: &Project) -> Vec<Found> {
    let model = project.model;
    let plugin = project.plugins.get(COMPILER);
    let of_plugin = |way: &str| plugin.and_then(|plugin| plugin.anywhere(model, way));
    [
        model.property("maven.compiler.release"),
        of_plugin("release"),
        model.property("java.version"),
        model.property("maven.compiler.source"),
        of_plugin("source"),
        model.property("maven.compiler.target"),
        of_plugin("target"),
        model.property("kotlin.compiler.jvmTarget"),
        project.plugins.get(KOTLIN).and_then(|plugin| plugin.anywhere(model, "jvmTarget")),
        // Micronaut's parent passes these properties to the compiler.
        model.property("release.version"),
        model.property("jdk.version"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The JDK versions that the build's own rules require.
fn required_ranges(project: &Project) -> Vec<Found> {
    let Some(plugin) = project.plugins.get(ENFORCER) else { return Vec::new() };
    let rule = |element: &Element| element.walk().find(|e| e.name == "requireJavaVersion").cloned();
    let executions =
        plugin.running("enforce").filter_map(|execution| plugin.element_of(execution, "rules"));
    executions
        .filter_map(|(path, rules)| {
            let version = rule(rules)?;
            let version = version.child("version")?;
            let note = format!("the build requires Java {}", version.text);
            Some((project.model.resolve(&version.text), Evidence::at(path, version.line, note)))
        })
        .collect()
}

/// The feature number in `21.0.5-tem`, `temurin-21`, `1.8` or `openjdk64-11.0.2`.
pub(super) fn feature(text: &str) -> Option<u32> {
    let word =
        text.split(['-', '@', ' ']).find(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
    let mut numbers = word.split(['.', '+', '_', 'u']).map(|part| part.parse::<u32>().ok());
    let first = numbers.next()??;
    // Java 8 and earlier are also written `1.8`.
    let feature = if first == 1 { numbers.next().flatten().unwrap_or(1) } else { first };
    (5..1000).contains(&feature).then_some(feature)
}

/// True if a version range of Maven contains the feature number: `17` (or newer),
/// `[21,22),[25,26)`. <https://maven.apache.org/enforcer/enforcer-rules/versionRanges.html>
fn in_range(range: &str, wanted: u32) -> bool {
    let range = range.trim();
    if !range.starts_with(['[', '(']) {
        return feature(range).is_none_or(|least| wanted >= least);
    }
    let mut rest = range;
    while let Some(start) = rest.find(['[', '(']) {
        let Some(length) = rest[start..].find([']', ')']) else { return true };
        let part = &rest[start..=start + length];
        let close = part.ends_with(')');
        let inner = &part[1..part.len() - 1];
        let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
        let above = feature(low).is_none_or(|low| wanted >= low);
        // `22)` excludes 22, while `22.1)` and `22]` include releases of line 22.
        let below = feature(high).is_none_or(|high| {
            if close && !high_has_more(inner) { wanted < high } else { wanted <= high }
        });
        if above && below {
            return true;
        }
        rest = &rest[start + length + 1..];
    }
    false
}

fn high_has_more(inner: &str) -> bool {
    inner.rsplit(',').next().is_some_and(|high| {
        let high = high.trim().trim_start_matches("1.");
        high.contains('.') && !high.ends_with(".0")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_feature_number() {
        for (text, expected) in [
            ("21", Some(21)),
            ("1.8", Some(8)),
            ("1.8.0_392", Some(8)),
            ("21.0.5-tem", Some(21)),
            ("temurin-17.0.9+9", Some(17)),
            ("openjdk64-11.0.2", Some(11)),
            ("8u392", Some(8)),
            ("${java.version}", None),
            ("lts", None),
        ] {
            assert_eq!(feature(text), expected, "{text}");
        }
    }

    #[test]
    fn ranges_hold_what_they_say() {
        assert!(in_range("17", 21) && !in_range("17", 11) && in_range("[17,)", 25));
        let two = "[21,22),[25,26)";
        assert!(in_range(two, 21) && in_range(two, 25) && !in_range(two, 17) && !in_range(two, 22));
        assert!(in_range("(,21]", 17) && !in_range("[1.8,9)", 11) && in_range("[17.0.1,)", 17));
    }
}

//! Which JDK: version files win over the compiler's level, and the JDK is never older than what
//! the frameworks and the build's own rules need.

use anyhow::Result;

use super::artifact::{JIB, Project, SPRING_BOOT};
use super::flags::{self, COMPILER};
use super::pom::Found;
use super::xml::Element;
use crate::detect::java::codes;
use crate::detect::version;
use crate::facts::{Evidence, Finding, Rejected, Sourced};
use crate::recipes;
use crate::repo::Dir;

const KOTLIN: &str = "org.jetbrains.kotlin:kotlin-maven-plugin";
const ENFORCER: &str = "org.apache.maven.plugins:maven-enforcer-plugin";
const TOOLCHAINS: &str = "org.apache.maven.plugins:maven-toolchains-plugin";
/// Names of a JDK in recipes, and of the images that hold one.
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

/// A JDK's feature number, with the place that states it.
struct Stated {
    feature: u32,
    text: String,
    evidence: Evidence,
    /// True for a version file, which names the JDK itself, and not just the oldest that the code
    /// needs.
    pin: bool,
}

/// The oldest JDK for which a framework is compiled or on which a server runs.
pub(super) struct Floor {
    pub(super) java: u32,
    /// True if the compiler reads classes of that release.
    pub(super) compiled: bool,
    pub(super) evidence: Evidence,
}

/// The JDK of a project, as a cycle of the catalog, and what contradicts it.
///
/// # Errors Fails if a version file is broken.
pub(super) fn detect(
    dir: &Dir,
    project: &Project,
    floors: &[Floor],
) -> Result<(Sourced<String>, Vec<Finding>)> {
    let stated = stated(dir, project)?;
    let found = chosen(project, &stated, floors);
    let mut findings = contradictions(dir, project, &stated, floors, &found)?;
    findings.extend(unlisted(project));
    Ok((found, findings))
}

fn chosen(project: &Project, stated: &[Stated], floors: &[Floor]) -> Sourced<String> {
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
    let mut least: Vec<(u32, Evidence)> =
        floors.iter().map(|floor| (floor.java, floor.evidence.clone())).collect();
    least.extend(compiled(project));
    let allowed = |feature: u32| {
        least.iter().all(|(floor, _)| feature >= *floor)
            && ranges.iter().all(|(range, _)| in_range(range, feature))
    };
    let current: u32 = found.value.parse().unwrap_or(0);
    if allowed(current) {
        return found;
    }
    let cycles = cycles(project);
    let later = cycles.iter().filter(|feature| **feature >= current);
    let earlier = cycles.iter().rev().filter(|feature| **feature < current);
    let lifted = later.chain(earlier).copied().find(|feature| allowed(*feature));
    if let Some(lifted) = lifted.filter(|lifted| *lifted != current) {
        let reasons = least
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
            Rejected { value: found.value, why: format!("not what is required ({why})") },
        );
        return Sourced { value: lifted.to_string(), evidence, rejected, strength: found.strength };
    }
    found
}

/// The release for which the compiler compiles: no older JDK knows it.
pub(super) fn compiled(project: &Project) -> Option<(u32, Evidence)> {
    let of_java = levels(project).into_iter().next();
    let kotlin = project.plugins.get(KOTLIN);
    let of_kotlin = kotlin.and_then(|plugin| plugin.anywhere(project.model, "jvmTarget"));
    // Classes of both have to run.
    let all = of_java.into_iter().chain(of_kotlin);
    let known = all.filter_map(|(text, evidence)| Some((feature(&text)?, evidence)));
    let (feature, evidence) = known.reduce(|a, b| if b.0 > a.0 { b } else { a })?;
    Some((
        feature,
        Evidence { note: format!("the code is compiled for Java {feature}"), ..evidence },
    ))
}

/// What the repository states of its JDK that does not go together: version files among
/// themselves, and with the compiler, its libraries, the build's rules and CI.
fn contradictions(
    dir: &Dir,
    project: &Project,
    stated: &[Stated],
    floors: &[Floor],
    found: &Sourced<String>,
) -> Result<Vec<Finding>> {
    let image: u32 = found.value.parse().unwrap_or(0);
    let mut all = Vec::new();
    let mut say = |what: String, places: [&Evidence; 2]| {
        let what = format!("{what}; the image is built with Java {}", found.value);
        all.push(Finding::new(codes::JDK_DISPUTED, what, places.map(Clone::clone)));
    };
    let pins: Vec<&Stated> = stated.iter().filter(|one| one.pin).collect();
    let level = compiled(project);
    let first = pins.first();
    let place = |evidence: &Evidence| evidence.file.clone();
    if let Some(first) = first {
        if let Some(other) = pins.iter().find(|other| other.feature != first.feature) {
            let (one, two) = (place(&first.evidence), place(&other.evidence));
            let what = format!("{one} names Java {}, and {two} Java {}", first.text, other.text);
            say(what, [&first.evidence, &other.evidence]);
        }
        if let Some((level, evidence)) = level.as_ref().filter(|(level, _)| *level > first.feature)
        {
            let (one, two) = (place(&first.evidence), place(evidence));
            let what =
                format!("{one} names Java {}, and {two} compiles for Java {level}", first.text);
            say(what, [&first.evidence, evidence]);
        }
    }
    if let Some((level, evidence)) = &level
        && let Some(floor) = floors.iter().find(|floor| floor.compiled && floor.java > *level)
    {
        let what = format!("{}, and the code is compiled for Java {level}", floor.evidence.note);
        say(what, [&floor.evidence, evidence]);
    }
    for (range, evidence) in &required_ranges(project) {
        let other = level.as_ref().map(|(_, evidence)| evidence).or(found.evidence.first());
        if let Some(other) = other.filter(|_| !in_range(range, image)) {
            say(format!("{}, which {} is not", evidence.note, found.value), [evidence, other]);
        }
    }
    // Where nothing else is known, CI decides: then it contradicts nothing.
    let tools = recipes::tool_versions(dir.repo, &dir.path, &NAMES)?;
    let used: Vec<(u32, &recipes::Tool)> =
        tools.iter().filter_map(|tool| Some((feature(&tool.version)?, tool))).collect();
    let least = level.as_ref().map_or(0, |(level, _)| *level);
    if let Some((_, tool)) = used.first()
        && used.iter().all(|(feature, _)| *feature < image && *feature < least)
        && let Some(other) = level.as_ref().map(|(_, evidence)| evidence)
    {
        let what = format!(
            "{} builds with Java {}, and {} compiles for Java {least}",
            tool.evidence.file, tool.version, other.file
        );
        say(what, [&tool.evidence, other]);
    }
    Ok(all)
}

/// A plugin that looks for the JDK in a file of the machine, which the builder image does not hold.
fn unlisted(project: &Project) -> Option<Finding> {
    let plugin = project.plugins.get(TOOLCHAINS)?;
    plugin.running("toolchain").next()?;
    let wanted = plugin.anywhere(project.model, "toolchains/jdk/version");
    let wanted = wanted.map_or_else(String::new, |(version, _)| format!(" of version {version}"));
    Some(Finding::new(
        codes::JDK_OF_TOOLCHAINS,
        format!("the build takes a JDK{wanted} from ~/.m2/toolchains.xml, which the image lacks"),
        [plugin.evidence.clone()],
    ))
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
    // Features in preview are known to the JDK of their own release alone.
    let compiler = project.plugins.get(COMPILER);
    if compiler.is_some_and(|compiler| flags::previews(project.model, compiler)) {
        found.clear();
        found.extend(level.map(|level| Stated { pin: true, ..level }));
        return Ok(found);
    }
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
    let either = |way: &str| {
        let stated = plugin.and_then(|plugin| plugin.text(model, way));
        stated.or_else(|| model.property(&format!("maven.compiler.{way}")))
    };
    // The compiler must know both.
    let mut of_files =
        [either("source"), either("target"), of_plugin("source"), of_plugin("target")];
    of_files[..2]
        .sort_by_key(|one| std::cmp::Reverse(one.as_ref().and_then(|(text, _)| feature(text))));
    let [higher, lower, other_source, other_target] = of_files;
    [
        either("release"),
        of_plugin("release"),
        model.property("java.version"),
        higher,
        lower,
        other_source,
        other_target,
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
    let plain = |word: &&str| word.starts_with(|c: char| c.is_ascii_digit());
    let words = || text.split(['-', '@', ' ']);
    // `openjdk17`, as Travis CI and JitPack write it.
    let of_name = || {
        let names = ["openjdk", "oraclejdk", "jdk"];
        words().find_map(|word| names.iter().find_map(|name| word.strip_prefix(name))).filter(plain)
    };
    let word = words().find(plain).or_else(of_name)?;
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
            ("openjdk17", Some(17)),
            ("oraclejdk8", Some(8)),
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

    /// The JDK of a pom with these files beside it, and what contradicts it.
    fn of(pom: &str, files: &[(&str, &str)]) -> (String, Vec<String>) {
        let pom = format!("<project><artifactId>a</artifactId><version>1</version>{pom}</project>");
        let main = "class A { public static void main(String[] args) {} }";
        let all = [("pom.xml", pom.as_str()), ("src/main/java/A.java", main)];
        let repo = crate::repo::Repo::from_files(all.iter().chain(files).copied());
        let facts = (crate::detect::java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let codes = ["jdk-disputed", "jdk-of-toolchains"];
        let said = facts.findings.iter().filter(|f| codes.contains(&f.code.as_str()));
        (facts.toolchain.value.clone(), said.map(|finding| finding.what.clone()).collect())
    }

    fn release(version: u32) -> String {
        format!(
            "<properties><maven.compiler.release>{version}</maven.compiler.release></properties>"
        )
    }

    fn workflow(version: u32) -> String {
        format!(
            "jobs:\n  a:\n    steps:\n      - uses: actions/setup-java@v5\n        with: {{ java-version: {version} }}\n      - run: mvn -B verify\n"
        )
    }

    #[test]
    fn version_files_that_cannot_compile_the_code_are_said() {
        for (file, text) in [
            (".java-version", "11\n"),
            (".sdkmanrc", "java=11.0.2-tem\n"),
            (".tool-versions", "java temurin-11.0.1\n"),
        ] {
            let (jdk, said) = of(&release(21), &[(file, text)]);
            assert_eq!((jdk.as_str(), said.len()), ("21", 1), "{said:?}");
            assert!(said[0].starts_with(file) && said[0].contains("compiles for Java 21"));
            assert!(of(&release(11), &[(file, text)]).1.is_empty());
        }
        let both = [(".java-version", "17\n"), (".sdkmanrc", "java=21-tem\n")];
        assert_eq!(of(&release(17), &both).1.len(), 1);
    }

    #[test]
    fn ci_and_rules_that_contradict_the_code_are_said() {
        let ci = ".github/workflows/ci.yml";
        let (jdk, said) = of(&release(21), &[(ci, &workflow(17))]);
        assert_eq!((jdk.as_str(), said.len()), ("21", 1), "{said:?}");
        assert!(of(&release(17), &[(ci, &workflow(21))]).1.is_empty());
        let rule = |range: &str| {
            let rule = format!(
                "<build><plugins><plugin><artifactId>maven-enforcer-plugin</artifactId><executions><execution><goals><goal>enforce</goal></goals><configuration><rules><requireJavaVersion><version>{range}</version></requireJavaVersion></rules></configuration></execution></executions></plugin></plugins></build>"
            );
            of(&(release(21) + &rule), &[])
        };
        assert_eq!(rule("[17,18)").1.len(), 1);
        assert_eq!(rule("[21,22)"), ("21".to_owned(), Vec::new()));
        // A file names a JDK that the rule refuses: an earlier one does.
        let earlier = "<build><plugins><plugin><artifactId>maven-enforcer-plugin</artifactId><executions><execution><goals><goal>enforce</goal></goals><configuration><rules><requireJavaVersion><version>[17,18)</version></requireJavaVersion></rules></configuration></execution></executions></plugin></plugins></build>";
        assert_eq!(of(&(release(17) + earlier), &[(".java-version", "21\n")]).0, "17");
    }

    #[test]
    fn libraries_newer_than_the_release_are_said() {
        let boot = "<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>3.5.1</version><relativePath/></parent>";
        let level = |version: u32| {
            of(
                &format!("{boot}<properties><java.version>{version}</java.version></properties>"),
                &[],
            )
        };
        assert_eq!((level(11).0.as_str(), level(11).1.len()), ("17", 1));
        assert!(level(17).1.is_empty());
        let plugin = "<build><plugins><plugin><artifactId>maven-toolchains-plugin</artifactId><configuration><toolchains><jdk><version>17</version></jdk></toolchains></configuration><executions><execution><goals><goal>toolchain</goal></goals></execution></executions></plugin></plugins></build>";
        assert!(of(&(release(17) + plugin), &[]).1[0].contains("toolchains.xml"));
    }
}

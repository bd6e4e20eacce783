//! Who may know what: the table of ARCHITECTURE.md as tests over the source text.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

mod source;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use dockgen::detect::{self, LANGUAGES};
use dockgen::findings::FindingCode;
use source::{Source, sources};

/// The package managers and build tools that detectors may name. They are checked against the
/// snapshots in golden.rs.
const TOOLS: [&str; 5] = ["npm", "pnpm", "yarn", "bun", "corepack"];

/// Reports every place where `offends` gives a reason.
fn forbid(
    rule: &str,
    sources: impl IntoIterator<Item = &'static Source>,
    mut offends: impl FnMut(&Source) -> Vec<(usize, String)>,
) {
    let mut found = Vec::new();
    for source in sources {
        found.extend(
            offends(source)
                .into_iter()
                .map(|(line, what)| format!("  {}:{line}: {what}", source.path)),
        );
    }
    assert!(found.is_empty(), "{rule}:\n{}", found.join("\n"));
}

/// `word` must not occur in code (comments and tests aside) of any file but those in `allowed`.
fn only_in(word: &str, allowed: &[&str]) {
    forbid(&format!("`{word}` belongs into {} alone", allowed.join(", ")), sources(), |source| {
        if allowed.contains(&source.path.as_str()) { Vec::new() } else { source.words(word) }
    });
}

fn detectors() -> Vec<&'static Source> {
    let found: Vec<&Source> =
        sources().iter().filter(|source| source.path.starts_with("src/detect/")).collect();
    assert!(found.len() >= LANGUAGES.len(), "the detectors are not where this test looks for them");
    found
}

#[test]
fn detectors_see_the_world_through_the_repository() {
    let banned = [
        "std::fs",
        "std::env",
        "std::process",
        "std::net",
        "std::time",
        "tera",
        "dialoguer",
        "console",
    ];
    for word in banned {
        forbid(&format!("a detector must not use `{word}`"), detectors(), |source| {
            source.words(word)
        });
    }
    // `use std::{fs, env}` would slip through.
    forbid("a detector must name what it takes from std one by one", detectors(), |source| {
        source.words("use std::{")
    });
}

#[test]
fn the_pipeline_reads_no_clock_and_no_environment() {
    // `verify` measures; nothing that is generated comes from there.
    let front = [
        "src/main.rs",
        "src/cli.rs",
        "src/screen.rs",
        "src/wizard.rs",
        "src/write.rs",
        "src/config.rs",
        "src/digest.rs",
        "src/program.rs",
    ];
    for word in ["std::env", "env::var", "SystemTime", "Instant::now", "HashMap", "HashSet"] {
        forbid(&format!("`{word}` makes the output depend on the machine"), sources(), |source| {
            let free = front.contains(&source.path.as_str())
                || ["src/cmd", "src/verify", "src/prove"]
                    .iter()
                    .any(|folder| source.path.starts_with(folder));
            if free { Vec::new() } else { source.words(word) }
        });
    }
}

#[test]
fn programs_are_started_in_few_places() {
    // The engine's own command line, a registry's digests by the same; nothing that a repository
    // names.
    only_in("Command::new", &["src/digest.rs", "src/verify/engine.rs", "src/verify/made.rs"]);
    only_in("process::Command", &["src/digest.rs"]);
    only_in("TcpStream", &["src/verify/probe.rs"]);
    forbid("what is generated must not depend on what was verified", sources(), |source| {
        let free = [
            "src/verify",
            "src/prove",
            "src/cmd",
            "src/cli.rs",
            "src/config.rs",
            "src/pipeline.rs",
        ];
        if free.iter().any(|path| source.path.starts_with(path)) {
            Vec::new()
        } else {
            source.words("crate::verify")
        }
    });
}

#[test]
fn each_library_has_one_home() {
    only_in("dialoguer", &["src/wizard.rs"]);
    only_in("tera::", &["src/render.rs", "src/render/bounds.rs"]);
    let clap = ["src/cli.rs", "src/cli/page.rs", "src/cli/wanted.rs", "src/main.rs"];
    only_in("clap::", &clap);
    only_in("tar::", &["src/verify/archive.rs"]);
    only_in("flate2::", &["src/verify/archive.rs"]);
    only_in("GitignoreBuilder", &["src/repo/rules.rs"]);
}

#[test]
fn files_are_opened_in_one_place() {
    // A link to a device, a pipe without a writer, a file without an end: the guard alone opens
    // what a repository holds.
    let guard = "src/read.rs";
    let rows: [(&str, &[&str]); 12] = [
        // Folders that dockgen has written in are opened to be synchronised.
        ("File::open", &[guard, "src/write.rs"]),
        // The kernel's own files about processes.
        ("fs::read_to_string", &["src/verify/container.rs", "src/verify/owner.rs"]),
        ("fs::read", &[]),
        ("fs::open", &[guard]),
        ("OpenOptions", &[]),
        ("openat", &[]),
        ("File::options", &[]),
        // `use std::fs::{read, File}` would slip through.
        ("fs::{read", &[]),
        ("fs::File::{", &[]),
        // What opens by itself.
        ("WalkBuilder", &[]),
        ("Gitignore::new", &[]),
        ("builder.add", &[]),
    ];
    let sources = sources();
    for (word, allowed) in rows {
        forbid(&format!("`{word}` opens a file past {guard}"), sources, |source| {
            if allowed.contains(&source.path.as_str()) { Vec::new() } else { source.words(word) }
        });
    }
}

/// What is printed may hold anything that a repository holds: it leaves through one module, which
/// takes out what steers a terminal or a log.
#[test]
fn there_is_one_way_out() {
    let streams = [
        "print!",
        "println!",
        "eprint!",
        "eprintln!",
        "dbg!",
        "io::stdout",
        "io::stderr",
        "stdout()",
        "stderr()",
    ];
    for word in streams {
        let free = ["src/screen.rs"];
        forbid(&format!("`{word}` prints past src/screen.rs"), sources(), |source| {
            let held = |line: &str| {
                // The same names are of a child's streams and of libraries' terminals.
                !["Stdio::piped()", "Term::stderr()", ".stdout()", ".stderr()", "use_stderr()"]
                    .iter()
                    .any(|other| line.contains(other))
            };
            if free.contains(&source.path.as_str()) {
                return Vec::new();
            }
            source.words(word).into_iter().filter(|(_, line)| held(line)).collect()
        });
    }
    only_in("Term::", &["src/screen.rs", "src/wizard.rs"]);
    only_in("write_line", &["src/wizard/terminal.rs"]);
    only_in("write_str_to", &[]);
    only_in("indicatif", &["src/cmd/progress.rs"]);
    only_in("force_styling", &["src/screen/look.rs"]);
    // clap and anyhow print by themselves where they are let.
    only_in(".exit()", &[]);
    only_in("error.print", &[]);
    forbid("main returns no Result: std would print the error", sources(), |source| {
        if source.path == "src/main.rs" { source.words("Result") } else { Vec::new() }
    });
}

#[test]
fn overflow_is_an_error_in_releases_too() {
    let manifest: toml::Table = fs::read_to_string("Cargo.toml").unwrap().parse().unwrap();
    assert_eq!(manifest["profile"]["release"]["overflow-checks"].as_bool(), Some(true));
}

#[test]
fn dockerfile_text_is_in_templates_and_in_docker() {
    let keywords = [
        "FROM ",
        "RUN ",
        "COPY ",
        "ADD ",
        "ENTRYPOINT ",
        "CMD ",
        "WORKDIR ",
        "EXPOSE ",
        "HEALTHCHECK ",
    ];
    forbid("Dockerfile text belongs into templates/", sources(), |source| {
        if source.path.starts_with("src/docker") {
            return Vec::new();
        }
        let instruction = |text: &str| {
            text.lines().any(|line| {
                keywords.iter().any(|k| line.trim_start().starts_with(k)) || line.contains("&& \\")
            })
        };
        source.strings.iter().filter(|(_, text)| instruction(text)).cloned().collect()
    });
}

#[test]
fn languages_and_tools_are_named_by_their_own_files_alone() {
    forbid(
        "a language or a tool is named outside of its own file: make it a row or a field",
        sources(),
        |source| {
            if source.path.starts_with("src/detect/") {
                return Vec::new();
            }
            let named = |text: &str| {
                LANGUAGES.iter().any(|language| text == language.id)
                    || text
                        .split(|c: char| !c.is_ascii_alphanumeric())
                        .any(|word| TOOLS.contains(&word))
            };
            source.strings.iter().filter(|(_, text)| named(text)).cloned().collect()
        },
    );
    for language in LANGUAGES {
        forbid(&format!("src/detect/{}* alone may name it", language.id), detectors(), |source| {
            if source.path.starts_with(&format!("src/detect/{}", language.id)) {
                return Vec::new();
            }
            source.strings.iter().filter(|(_, text)| text == language.id).cloned().collect()
        });
    }
}

/// `1.27` is a version; `0.0.0.0` is an address.
fn version_like(text: &str) -> bool {
    // `{:>6.1}` says how a number is printed.
    let printed = |part: &str| {
        part.split_once('}')
            .filter(|(spec, _)| spec.contains(':'))
            .map_or(part.to_owned(), |(_, rest)| rest.to_owned())
    };
    let text: String = text.split('{').map(printed).collect::<Vec<_>>().join(" ");
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').any(|word| {
        let word = word.trim_matches('.').trim_start_matches('v');
        let parts: Vec<&str> = word.split('.').collect();
        (2..=3).contains(&parts.len())
            && parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()))
    })
}

/// `node:26-slim`, `gcr.io/distroless/static`.
fn image_like(text: &str) -> bool {
    let registries = [
        "gcr.io/",
        "ghcr.io/",
        "docker.io/",
        "docker/dockerfile",
        "distroless/",
        "mcr.microsoft.com",
    ];
    registries.iter().any(|registry| text.contains(registry))
        || text.split_whitespace().any(|word| {
            word.split_once(':').is_some_and(|(name, tag)| {
                let distribution =
                    ["alpine", "slim", "trixie", "bookworm"].iter().any(|d| tag.contains(d));
                let plain = |s: &str| {
                    !s.is_empty()
                        && s.chars().all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c))
                };
                plain(name)
                    && plain(tag)
                    && name.ends_with(|c: char| c.is_ascii_lowercase())
                    && (distribution || tag.starts_with(|c: char| c.is_ascii_digit()))
            })
        })
}

#[test]
fn versions_and_images_are_rows_of_the_catalog() {
    assert!(version_like("{:>6.1} s of 1.27") && !version_like("{name:>6.1} s"));
    assert!(
        version_like("go 1.27")
            && version_like("v22.14.0")
            && !version_like("0.0.0.0")
            && !version_like("a.b")
    );
    assert!(
        image_like("node:26") && image_like("debian:trixie-slim") && !image_like("{file}:{line}")
    );
    assert!(!image_like("node:fs") && !image_like("localhost: the port"));
    forbid(
        "a version or an image stands in src/: make it a row of templates/catalog",
        sources(),
        |source| {
            source
                .strings
                .iter()
                .filter(|(_, text)| version_like(text) || image_like(text))
                .cloned()
                .collect()
        },
    );
}

/// `port-unknown` as a variant, `PortUnknown`, and as a constant, `PORT_UNKNOWN`.
fn identifiers(code: &FindingCode) -> (String, String) {
    let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    let name = code.as_str();
    (name.split('-').map(capital).collect(), name.replace('-', "_").to_ascii_uppercase())
}

#[test]
fn every_finding_is_declared_once_and_said() {
    let sources = sources();
    let said = |word: &str, folder: &str| {
        let place = |source: &&Source| {
            source.path.starts_with(folder)
                && !source.path.starts_with("src/findings.rs")
                && !source.path.starts_with("src/findings/rows.rs")
                && !source.path.ends_with("/codes.rs")
        };
        sources.iter().filter(place).any(|source| !source.words(word).is_empty())
    };
    let mut names = BTreeSet::new();
    for code in detect::codes() {
        let name = code.as_str();
        assert!(names.insert(name), "`{name}` is declared twice");
        let kebab = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
        assert!(name.split('-').all(kebab), "`{name}` is not in lower-case words");
        let row = code.row().unwrap();
        for text in [row.means, row.why, row.fix] {
            let clause = !text.is_empty() && !text.ends_with('.') && !text.contains("  ");
            assert!(clause, "`{name}`: a text is a clause without its full stop: {text}");
        }
    }
    for code in FindingCode::SHARED {
        let (variant, _) = identifiers(code);
        let word = format!("FindingCode::{variant}");
        assert!(said(&word, "src/"), "nothing says {word}");
    }
    for language in LANGUAGES {
        let file = format!("src/detect/{}/codes.rs", language.id);
        let declared = sources.iter().find(|source| source.path == file).unwrap();
        let declared = declared.words("const").len() - 1;
        assert_eq!(declared, language.codes.len(), "{file}: a code is not in its list");
        for code in language.codes {
            let word = format!("codes::{}", identifiers(code).1);
            assert!(said(&word, &format!("src/detect/{}", language.id)), "nothing says {word}");
        }
    }
    // The list of the shared ones holds every variant.
    let text = fs::read_to_string("src/findings.rs").unwrap();
    let variants = text.split_once("pub enum FindingCode {").unwrap().1;
    let variants = variants.split_once("///").unwrap().0.matches(',').count();
    assert_eq!(variants, FindingCode::SHARED.len(), "a variant is not in FindingCode::SHARED");
}

#[test]
fn a_finding_is_known_by_its_code_and_its_code_says_how_much_it_matters() {
    forbid("a finding is made by its code, with `Finding::new`", sources(), |source| {
        let head = |line: &str| line.contains("-> Finding {") || line.contains("impl Finding {");
        let made = source.words("Finding {").into_iter().filter(|(_, line)| !head(line));
        if source.path == "src/findings.rs" { Vec::new() } else { made.collect() }
    });
    let tests =
        ["code", "demands", "listen"].map(|topic| format!("src/detect/java/tests_{topic}.rs"));
    let tests = tests.each_ref().map(String::as_str);
    for word in [".code.as_str()", ".code.to_string()"] {
        only_in(word, &tests);
    }
    for word in ["Severity::Warning", "Severity::Note"] {
        only_in(word, &["src/findings.rs", "src/report.rs"]);
    }
    only_in("Severity::Error", &["src/findings.rs", "src/report.rs", "src/pipeline.rs"]);
}

#[test]
fn files_stay_under_500_lines_of_code() {
    forbid("split the file by topic", sources(), |source| {
        if source.lines > 500 {
            vec![(source.lines, format!("{} lines of code", source.lines))]
        } else {
            Vec::new()
        }
    });
}

#[test]
fn no_file_is_named_after_nothing() {
    for source in sources() {
        let stem = Path::new(&source.path).file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            !["util", "utils", "helper", "helpers", "common", "misc", "manager"]
                .contains(&stem.as_str()),
            "{}",
            source.path
        );
    }
}

fn templates() -> Vec<(PathBuf, String)> {
    fn visit(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                visit(&entry.path(), found);
            } else if entry.path().extension().is_some_and(|ext| ext == "Dockerfile") {
                found.push((entry.path(), fs::read_to_string(entry.path()).unwrap()));
            }
        }
    }
    let mut found = Vec::new();
    visit(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut found);
    found.sort();
    found
}

/// A template is read from top to bottom as a Dockerfile. With more branches than this one reads a
/// program instead; what needs more is a partial of its own, or a decision that belongs into the
/// plan.
const MAX_BRANCHES: usize = 24;

#[test]
fn templates_are_dockerfiles_and_escape_everything() {
    let templates = templates();
    for (path, text) in &templates {
        let name = path.display();
        let plain = text.replace(' ', "");
        assert!(!plain.contains("|safe"), "{name}: `| safe` switches the escaping off");
        assert!(!plain.contains("{%raw"), "{name}: a raw block is not read as a template");
        let branches = plain.matches("{%if").count()
            + plain.matches("{%-if").count()
            + plain.matches("{%elif").count()
            + plain.matches("{%-elif").count();
        assert!(
            branches <= MAX_BRANCHES,
            "{name}: {branches} branches, {MAX_BRANCHES} at most: move the decision into the plan"
        );
    }
}

#[test]
fn every_language_has_its_template_and_its_rows() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for language in LANGUAGES {
        for part in ["{}.Dockerfile", "{}.dockerignore", "catalog/{}.toml"] {
            let path = root.join("templates").join(part.replace("{}", language.id));
            assert!(path.is_file(), "{} is missing", path.display());
        }
    }
}

/// Files of one room that name each other, and why they are one idea.
const ONE_IDEA: &[(&str, &str, &str)] = &[
    ("code/facts", "code/file", "a file keeps its facts once they are asked for"),
    ("context/sieve", "context/weight", "a sieve keeps its weight once it is asked for"),
    (
        "detect/rust/conditions",
        "detect/rust/source",
        "a condition is read from the tokens it hides",
    ),
];

/// For each file its module, and the modules that it names.
fn needs() -> BTreeMap<String, BTreeSet<String>> {
    let sources = sources();
    let modules = sources.iter().map(|source| source.module().to_owned()).collect();
    sources.iter().map(|source| (source.module().to_owned(), source.needs(&modules))).collect()
}

/// What needs itself through others: what is left when everything is taken away whose needs are
/// taken away already, and everything that nothing left needs.
fn circles(mut needs: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    loop {
        let named: BTreeSet<String> = needs.values().flatten().cloned().collect();
        let before = needs.len();
        needs.retain(|name, others| !others.is_empty() && named.contains(name));
        let left: BTreeSet<String> = needs.keys().cloned().collect();
        for others in needs.values_mut() {
            others.retain(|other| left.contains(other));
        }
        if needs.len() == before && needs.values().all(|others| !others.is_empty()) {
            return needs;
        }
    }
}

fn told(circles: &BTreeMap<String, BTreeSet<String>>) -> String {
    let line = |(name, others): (&String, &BTreeSet<String>)| {
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        format!("  {name} needs {}\n", others.join(", "))
    };
    circles.iter().map(line).collect()
}

#[test]
fn no_two_rooms_need_each_other() {
    let room = |module: &str| module.split('/').next().unwrap().to_owned();
    let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (module, named) in needs() {
        let named = named.iter().map(|other| room(other)).filter(|other| *other != room(&module));
        rooms.entry(room(&module)).or_default().extend(named);
    }
    assert!(rooms.len() > 20 && rooms["cmd"].len() > 5, "the test reads no needs");
    let circles = circles(rooms);
    assert!(circles.is_empty(), "rooms need each other:\n{}", told(&circles));
}

/// A module and what lies in its folder are one idea; any others name each other for a reason.
#[test]
fn no_two_files_of_a_room_need_each_other() {
    let related = |a: &str, b: &str| {
        a.strip_prefix(b).or_else(|| b.strip_prefix(a)).is_some_and(|rest| rest.starts_with('/'))
    };
    let defended = |a: &str, b: &str| {
        ONE_IDEA.iter().any(|(one, other, _)| (*one, *other) == (a, b) || (*other, *one) == (a, b))
    };
    let mut files = needs();
    for &(one, other, _) in ONE_IDEA {
        let mutual = files[one].contains(other) && files[other].contains(one);
        assert!(mutual, "{one} and {other} do not need each other any more");
    }
    for (module, named) in &mut files {
        named.retain(|other| !related(module, other) && !defended(module, other));
    }
    let circles = circles(files);
    assert!(circles.is_empty(), "files need each other:\n{}", told(&circles));
}

//! Laws of the merge, over random edits of real output.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

mod generate;
mod watch;

use std::sync::LazyLock;

use dockgen::docker::parse::parse;
use dockgen::merge::{Conflict, merge, unsettled};
use dockgen::pipeline::{self, App};
use dockgen::update;
use dockgen::write;
use proptest::prelude::*;

const MAIN: &str = "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() {\n\tos.ReadFile(\"page.html\")\n\
                    \thttp.ListenAndServe(\":8080\", nil)\n}\n";

fn module(version: &str) -> String {
    format!("module example.com/hello\n\ngo {version}\n")
}

fn app(version: &str) -> tempfile::TempDir {
    generate::repository([
        ("go.mod", module(version).as_str()),
        ("main.go", MAIN),
        ("page.html", "hello\n"),
        (".gitignore", "bin/\n*.log\n"),
    ])
}

/// Dockerfiles and .dockerignores: the goldens, and one that is made here.
static BASES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let mut files = Vec::new();
    generate::list(&folder, &dockgen::path::RelPath::root(), &mut files);
    let golden = |name: &str| name.ends_with("/Dockerfile") || name.ends_with("/.dockerignore");
    let goldens = files.into_iter().filter(|(name, _)| golden(name));
    let mut texts: Vec<String> =
        goldens.map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect();
    for output in generate::generate(app("1.27").path(), &[]).unwrap() {
        texts.extend([output.dockerfile, output.dockerignore]);
    }
    texts
});

/// An edit of the line at a position: 0 inserts before it, 1 replaces it, 2 removes it.
type Edit = (usize, u8);

/// Applies the edits; every new line is the only one of its kind and begins with `name`.
fn edited(base: &[&str], edits: &[Edit], name: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (at, line) in base.iter().enumerate() {
        let mine = edits.iter().enumerate().filter(|(_, (place, _))| *place == at);
        let mut keep = true;
        for (number, (_, kind)) in mine {
            if *kind < 2 {
                lines.push(format!("{name} {number}"));
            }
            keep &= *kind == 0;
        }
        if keep {
            lines.push((*line).to_owned());
        }
    }
    lines
}

fn text(lines: &[String]) -> String {
    lines.iter().fold(String::new(), |text, line| text + line + "\n")
}

fn base() -> impl Strategy<Value = &'static str> {
    (0..BASES.len()).prop_map(|at| BASES[at].as_str())
}

/// A base and edits of two people, anywhere.
fn anywhere() -> impl Strategy<Value = (String, String, String)> {
    base().prop_flat_map(|base| {
        let edits = || prop::collection::vec((0..base.lines().count(), 0_u8..3), 0..6);
        (Just(base), edits(), edits()).prop_map(|(base, ours, theirs)| {
            let lines: Vec<&str> = base.lines().collect();
            (
                base.to_owned(),
                text(&edited(&lines, &ours, "OURS")),
                text(&edited(&lines, &theirs, "THEIRS")),
            )
        })
    })
}

/// A base, edits of two people that do not touch, and what both together make.
fn apart() -> impl Strategy<Value = (String, String, String, String)> {
    base().prop_flat_map(|base| {
        let edit = (any::<bool>(), 0_u8..3, 2_usize..7);
        (Just(base), prop::collection::vec(edit, 1..12)).prop_map(|(base, edits)| {
            let lines: Vec<&str> = base.lines().collect();
            let (mut ours, mut theirs, mut both, mut at) = (Vec::new(), Vec::new(), Vec::new(), 0);
            for (mine, kind, gap) in edits {
                at += gap;
                let Some(line) = lines.get(at) else { break };
                // A line that stands there several times can be removed in several places: which
                // one is not to be told.
                let kind =
                    if lines.iter().filter(|other| *other == line).count() > 1 { 0 } else { kind };
                both.push((mine, (at, kind)));
                if mine { ours.push((at, kind)) } else { theirs.push((at, kind)) }
            }
            let (mine, yours) = (edited(&lines, &ours, "OURS"), edited(&lines, &theirs, "THEIRS"));
            // Ours applied to the text that theirs made: position by position, since they do not
            // touch.
            let mut expected = Vec::new();
            let (mut number_ours, mut number_theirs) = (0, 0);
            for (at, line) in lines.iter().enumerate() {
                let Some((mine, (_, kind))) = both.iter().find(|(_, (place, _))| *place == at)
                else {
                    expected.push((*line).to_owned());
                    continue;
                };
                let (name, number) =
                    if *mine { ("OURS", &mut number_ours) } else { ("THEIRS", &mut number_theirs) };
                if *kind < 2 {
                    expected.push(format!("{name} {number}"));
                }
                *number += 1;
                if *kind == 0 {
                    expected.push((*line).to_owned());
                }
            }
            (base.to_owned(), text(&mine), text(&yours), text(&expected))
        })
    })
}

fn own<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    text.lines().filter(|line| line.starts_with(name)).collect()
}

/// As an editor might leave it.
fn dressed(text: &str, crlf: bool, open: bool) -> String {
    let text = if open { text.strip_suffix('\n').unwrap_or(text) } else { text };
    if crlf { text.replace('\n', "\r\n") } else { text.to_owned() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_one_side_is_the_base_the_other_wins((base, ours, theirs) in anywhere(), crlf: bool, open: bool) {
        let _watch = watch::Watch::over("where_one_side_is_the_base_the_other_wins", &(&base, &ours, &theirs, &crlf, &open));
        let ours = dressed(&ours, crlf, open);
        prop_assert_eq!(merge(&base, &ours, &base).settle(Conflict::Refuse), Some(ours.clone()));
        prop_assert_eq!(merge(&base, &base, &theirs).settle(Conflict::Refuse), Some(theirs.clone()));
        prop_assert_eq!(merge(&base, &theirs, &theirs).settle(Conflict::Refuse), Some(theirs));
    }

    #[test]
    fn edits_that_do_not_touch_survive((base, ours, theirs, both) in apart(), crlf: bool, open: bool) {
        let _watch = watch::Watch::over("edits_that_do_not_touch_survive", &(&base, &ours, &theirs, &both, &crlf, &open));
        let ours = dressed(&ours, crlf, open);
        let merged = merge(&base, &ours, &theirs);
        prop_assert_eq!(merged.settle(Conflict::Refuse), Some(dressed(&both, crlf, open)));
    }

    #[test]
    fn nothing_is_lost_whatever_collides((base, ours, theirs) in anywhere()) {
        let _watch = watch::Watch::over("nothing_is_lost_whatever_collides", &(&base, &ours, &theirs));
        let merged = merge(&base, &ours, &theirs);
        prop_assert_eq!(merged.is_clean(), merged.settle(Conflict::Refuse).is_some());
        let settled = |how| merged.settle(how).unwrap();
        let (mine, yours, marked) = (settled(Conflict::Ours), settled(Conflict::Theirs), settled(Conflict::Markers));
        prop_assert_eq!(own(&mine, "OURS"), own(&ours, "OURS"));
        prop_assert_eq!(own(&yours, "THEIRS"), own(&theirs, "THEIRS"));
        prop_assert_eq!(own(&marked, "OURS"), own(&ours, "OURS"));
        prop_assert_eq!(own(&marked, "THEIRS"), own(&theirs, "THEIRS"));
        prop_assert_eq!(unsettled(&marked).is_some(), !merged.is_clean());
        if let Some(clean) = merged.settle(Conflict::Refuse) {
            prop_assert_eq!(&clean, &mine);
            prop_assert_eq!(&clean, &yours);
            prop_assert_eq!(&clean, &marked);
        }
    }

    /// With the pristine copy written, the next run has nothing to do. Cut off between the file and
    /// the copy, it comes to the same text, or, where the edits touched each other, shows both
    /// sides: never to a third text.
    #[test]
    fn a_second_merge_changes_nothing((base, ours, theirs) in anywhere()) {
        let _watch = watch::Watch::over("a_second_merge_changes_nothing", &(&base, &ours, &theirs));
        for how in [Conflict::Ours, Conflict::Theirs] {
            let merged = merge(&base, &ours, &theirs).settle(how).unwrap();
            prop_assert_eq!(merge(&theirs, &merged, &theirs).settle(Conflict::Refuse), Some(merged));
        }
        if let Some(clean) = merge(&base, &ours, &theirs).settle(Conflict::Refuse) {
            prop_assert_eq!(merge(&theirs, &clean, &theirs).settle(Conflict::Refuse), Some(clean.clone()));
            let again = merge(&base, &clean, &theirs).settle(Conflict::Refuse);
            prop_assert!(again.is_none() || again == Some(clean));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// The whole road: whatever a person did to the files, an update writes what the parser takes,
    /// or nothing, and a second one has nothing to do.
    #[test]
    fn an_update_writes_what_can_be_read(
        edits in prop::collection::vec((0_usize..60, 0_u8..3), 0..5),
        rows in prop::collection::vec((0_usize..60, 0_u8..3), 0..3),
        line in prop::sample::select(vec!["ENV A=1", "RUN x", "", "# note", "garbage here", "COPY . .", "RUN <<EOF", "a \\"]),
        version in prop::sample::select(vec!["1.26", "1.27"]),
        how in prop::sample::select(vec![Conflict::Refuse, Conflict::Ours, Conflict::Theirs]),
        crlf: bool,
    ) {
        let _watch = watch::Watch::over("an_update_writes_what_can_be_read", &(&edits, &rows, &line, &version, &how, &crlf));
        let repository = app("1.27");
        let root = repository.path();
        init(root);
        let edit = |name: &str, edits: &[Edit], line: &str| {
            let path = root.join(name);
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = edited(&text.lines().collect::<Vec<_>>(), edits, "MARK");
            let lines: Vec<String> =
                lines.into_iter().map(|l| if l.starts_with("MARK") { line.to_owned() } else { l }).collect();
            std::fs::write(path, dressed(&self::text(&lines), crlf, false)).unwrap();
        };
        edit("Dockerfile", &edits, line);
        edit(".dockerignore", &rows, "by-hand/");
        std::fs::write(root.join("go.mod"), module(version)).unwrap();
        let before = std::fs::read_to_string(root.join("Dockerfile")).unwrap();
        let written = update_once(root, how);
        let after = std::fs::read_to_string(root.join("Dockerfile")).unwrap();
        if written.is_some() {
            prop_assert!(parse(&after).is_ok(), "{after}");
            prop_assert_eq!(update_once(root, how), Some(0), "a second update has nothing to do\n{}", after);
        } else {
            prop_assert_eq!(before, after);
        }
    }
}

/// Files are renamed one after the other: wherever a run is cut off, the next one comes to the same
/// end.
#[test]
fn an_update_that_is_cut_off_settles() {
    let prepared = || {
        let repository = app("1.27");
        let root = repository.path().to_owned();
        init(&root);
        for (file, from, to) in [
            ("Dockerfile", "\nUSER ", "\nENV BY_HAND=1\n\nUSER "),
            (".dockerignore", "# Secrets", "by-hand/\n# Secrets"),
        ] {
            let text = std::fs::read_to_string(root.join(file)).unwrap();
            assert!(text.contains(from), "{file}: {text}");
            std::fs::write(root.join(file), text.replacen(from, to, 1)).unwrap();
        }
        std::fs::write(root.join("go.mod"), module("1.26")).unwrap();
        std::fs::write(root.join(".gitignore"), "bin/\n*.log\ngenerated/\n").unwrap();
        repository
    };
    let held = |root: &std::path::Path| {
        [
            "Dockerfile",
            ".dockerignore",
            ".dockgen/Dockerfile",
            ".dockgen/dockerignore",
            ".dockgen/state.json",
        ]
        .map(|path| std::fs::read_to_string(root.join(path)).unwrap())
    };
    let whole = prepared();
    assert_eq!(update_once(whole.path(), Conflict::Refuse), Some(5));
    for count in 0..5 {
        let cut = prepared();
        with_apps(cut.path(), |app| {
            let review = update::review(app, false).unwrap();
            let outputs = review.outputs(&review.settle(Conflict::Refuse).unwrap().unwrap());
            write::all(cut.path(), &outputs[..count]).unwrap();
        });
        assert!(update_once(cut.path(), Conflict::Refuse).is_some());
        assert_eq!(held(cut.path()), held(whole.path()), "cut off after {count} files");
    }
}

fn init(root: &std::path::Path) {
    with_apps(root, |app| {
        let changes = app.draft(None).unwrap().changes;
        let outputs: Vec<_> = changes.into_iter().map(|change| change.new).collect();
        write::all(root, &outputs).unwrap();
    });
}

/// The number of files that were written; `None` where the update was refused.
fn update_once(root: &std::path::Path, how: Conflict) -> Option<usize> {
    let mut written = None;
    with_apps(root, |app| {
        let review = update::review(app, false).unwrap();
        if let Ok(Some(settled)) = review.settle(how) {
            let outputs = review.outputs(&settled);
            write::all(root, &outputs).unwrap();
            written = Some(outputs.len());
        }
    });
    written
}

fn with_apps(root: &std::path::Path, mut each: impl FnMut(&App)) {
    let survey = pipeline::survey_known(root, &[], &|_| {}).unwrap();
    for app in &pipeline::apps(&survey, survey.selection.taken.clone(), &[]).unwrap() {
        each(app);
    }
}

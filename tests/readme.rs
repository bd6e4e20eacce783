//! The README's example is what dockgen prints today, and the page of findings is what it can say.
//! `DOCKGEN_BLESS=1` writes both anew.

#![allow(clippy::unwrap_used, reason = "a test that cannot read its input must fail")]

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use dockgen::detect::LANGUAGES;
use dockgen::findings::{FindingCode, Severity};

const FIXTURE: &str = "tests/fixtures/node-typescript-pnpm";

#[test]
fn the_example_is_real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let (head, rest) = readme.split_once("<!-- example:").unwrap();
    let (note, rest) = rest.split_once("-->\n").unwrap();
    let (_, tail) = rest.split_once("<!-- /example -->").unwrap();
    assert!(
        head.contains(&format!("init --yes --stdout {FIXTURE}")),
        "the command above the example is another one"
    );
    let run = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .args(["init", "--yes", "--stdout", FIXTURE])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let text = String::from_utf8(run.stdout).unwrap();
    let fresh =
        format!("{head}<!-- example:{note}-->\n```dockerfile\n{text}```\n<!-- /example -->{tail}");
    if std::env::var_os("DOCKGEN_BLESS").is_some() {
        fs::write(&path, &fresh).unwrap();
    }
    assert_eq!(
        fs::read_to_string(&path).unwrap(),
        fresh,
        "DOCKGEN_BLESS=1 cargo test --test readme"
    );
}

const PAGE: &str = "docs/findings.md";

const HEAD: &str = "\
<!-- Generated: DOCKGEN_BLESS=1 cargo test --test readme. -->

# Findings

A finding is what dockgen has to say about a repository: what is wrong, where, why it matters in a
container, and what to do. `dockgen init` prints findings, `dockgen explain --json` lists them with
their codes. A code keeps its name and its severity.

- **error**: the image cannot work, and dockgen writes nothing.
- **warning**: the image will probably disappoint.
- **note**: worth knowing.

The text of a finding names the files, ports and variables of the repository; the texts on this page
are the general ones.
";

#[test]
fn the_page_of_findings_lists_them_all() {
    let mut page = HEAD.to_owned();
    section(&mut page, "Any language", FindingCode::SHARED);
    let mut languages: Vec<_> = LANGUAGES.iter().collect();
    languages.sort_by_key(|language| language.name);
    for language in languages {
        section(&mut page, language.name, language.codes);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("DOCKGEN_BLESS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let way_out = "DOCKGEN_BLESS=1 cargo test --test readme";
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), page, "{way_out}");
    let readme = fs::read_to_string(path.with_file_name("../README.md")).unwrap();
    assert!(readme.contains(PAGE), "the README does not lead to {PAGE}");
}

fn section(page: &mut String, title: &str, codes: &[FindingCode]) {
    let mut codes = codes.to_vec();
    codes.sort();
    writeln!(page, "\n## {title}").unwrap();
    for code in codes {
        let row = code.row().unwrap();
        let severity = match row.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        // Markdown would take `<finalName>` for a tag.
        let text = |text: &str| text.replace('<', "\\<");
        write!(
            page,
            "\n### {code}\n\n**{severity}**: {}.\n\n- Why it matters: {}.\n- What to do: {}.\n",
            text(row.means),
            text(row.why),
            text(row.fix)
        )
        .unwrap();
    }
}

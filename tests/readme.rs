//! The README's example is what dockgen prints today. `DOCKGEN_BLESS=1` writes it anew.

use std::fs;
use std::path::Path;
use std::process::Command;

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

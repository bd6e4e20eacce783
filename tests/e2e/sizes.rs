//! The table of image sizes, snapshots/sizes.md: written with `DOCKGEN_BLESS=1`, else held against.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The same application by a one-stage Dockerfile.
pub(crate) const SINGLE: &str = "single";
/// The same application by the common three-stage Dockerfile on Alpine.
pub(crate) const THREE_STAGE: &str = "three-stage";

/// The columns: key in the table's head, title.
const COLUMNS: [(&str, &str); 6] = [
    ("scratch", "scratch"),
    ("distroless", "distroless"),
    ("alpine", "alpine"),
    ("debian", "debian"),
    (THREE_STAGE, "three-stage alpine, by hand"),
    (SINGLE, "single stage, by hand"),
];

const HEAD: &str = "\
# Image sizes

Unpacked, in MB (10^6 bytes), as `docker image inspect` gives them: what dockgen writes for the applications in
`tests/e2e/apps`, by base, beside the same application by the two Dockerfiles that are common elsewhere
(`tests/e2e/baseline`). Written by `just bless-sizes` on stand-in base images, which come within about ten per cent of
the official ones. The end-to-end tests fail where an image outgrows its row by 3 % or by 1 MB, whichever is more.

";

type Table = BTreeMap<String, BTreeMap<String, f64>>;

static TABLE: Mutex<()> = Mutex::new(());

/// True where sizes are recorded instead of compared.
pub(crate) fn blessing() -> bool {
    std::env::var_os("DOCKGEN_BLESS").is_some_and(|value| value == "1")
}

/// Writes the size of an image into the table, or compares it with what stands there. `base` is a
/// base family, or one of the two baselines, which only a blessing run measures.
pub(crate) fn record(app: &str, base: &str, bytes: u64) {
    let _one = TABLE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    #[allow(clippy::cast_precision_loss, reason = "sizes of images are far below 2^52")]
    let megabytes = (bytes as f64 / 100_000.0).round() / 10.0;
    let mut table = read();
    if blessing() {
        table.entry(app.to_owned()).or_default().insert(base.to_owned(), megabytes);
        std::fs::write(path(), print(&table)).expect("the table can be written");
        return;
    }
    let Some(recorded) = table.get(app).and_then(|row| row.get(base)) else {
        panic!("{app} on {base} is not in snapshots/sizes.md: run `just bless-sizes`");
    };
    let allowed = recorded + (recorded * 0.03).max(1.0);
    assert!(
        megabytes <= allowed,
        "{app} on {base} has {megabytes} MB; snapshots/sizes.md says {recorded}"
    );
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots/sizes.md")
}

fn read() -> Table {
    parse(&std::fs::read_to_string(path()).unwrap_or_default())
}

fn parse(text: &str) -> Table {
    let mut table = Table::new();
    for line in text
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('-') && !line.starts_with("| app"))
    {
        let mut cells = line.trim_matches('|').split('|').map(str::trim);
        let app = cells.next().unwrap_or_default().to_owned();
        let row = COLUMNS
            .iter()
            .zip(cells)
            .filter_map(|((key, _), cell)| Some(((*key).to_owned(), cell.parse().ok()?)));
        table.insert(app, row.collect());
    }
    table
}

fn print(table: &Table) -> String {
    let mut text = HEAD.to_owned();
    let titles: Vec<&str> = COLUMNS.iter().map(|(_, title)| *title).collect();
    let _ =
        writeln!(text, "| app | {} |\n|---|{}", titles.join(" | "), "---:|".repeat(COLUMNS.len()));
    for (app, row) in table {
        let cells = COLUMNS
            .iter()
            .map(|(key, _)| row.get(*key).map_or("-".to_owned(), |mb| format!("{mb:.1}")));
        let _ = writeln!(text, "| {app} | {} |", cells.collect::<Vec<_>>().join(" | "));
    }
    text
}

#[test]
fn the_table_reads_back() {
    let row = BTreeMap::from([("scratch".to_owned(), 6.1), (SINGLE.to_owned(), 856.0)]);
    let table = Table::from([("go-chi".to_owned(), row)]);
    let text = print(&table);
    assert!(text.contains("| go-chi | 6.1 | - | - | - | - | 856.0 |"), "{text}");
    assert_eq!(parse(&text), table);
}

//! Folders that libraries write, one row of the catalog each.

use super::{codes, with};

/// The folders that a main function of these imports writes; `.` for the program's own.
fn written(imports: &str, body: &str) -> String {
    let imports = imports.split(' ').map(|one| match one.split_once('=') {
        Some((name, path)) => format!("import {name} {path:?}\n"),
        None => format!("import {one:?}\n"),
    });
    let imports: String = imports.collect();
    let program =
        with(&[("main.go", &format!("package main\n{imports}\nfunc main() {{\n{body}\n}}\n"))]);
    let mut all: Vec<&str> = program.writable.iter().map(|one| one.value.as_str()).collect();
    all.extend(codes(&program).into_iter().filter(|code| *code == "folder-unknown"));
    all.join(" ")
}

/// The imports, what the program does, and the folders that it writes.
const WRITERS: &[(&str, &str, &str)] = &[
    (
        "go.uber.org/zap",
        "c := zap.NewProductionConfig()\nc.OutputPaths = []string{\"stdout\", \"logs/app.log\"}",
        "logs",
    ),
    (
        "go.uber.org/zap",
        "c := zap.Config{OutputPaths: []string{\"stdout\", \"logs/app.log\"}}\n_ = c",
        "logs",
    ),
    ("go.uber.org/zap", "c := zap.Config{OutputPaths: []string{\"stdout\"}}\n_ = c", ""),
    ("github.com/go-git/go-git/v5", "git.PlainClone(\"repos/x\", false, nil)", "repos/x"),
    (
        "github.com/xuri/excelize/v2",
        "f := excelize.NewFile()\nf.SaveAs(\"reports/a.xlsx\")",
        "reports",
    ),
    ("github.com/disintegration/imaging", "imaging.Save(i, \"thumbs/a.png\")", "thumbs"),
    (
        "github.com/caddyserver/certmagic",
        "s := &certmagic.FileStorage{Path: \"certs\"}\n_ = s",
        "certs",
    ),
    ("github.com/caddyserver/certmagic net/http", "c := http.Cookie{Path: \"/shop/a\"}\n_ = c", ""),
    (
        "rotatelogs=github.com/lestrrat-go/file-rotatelogs",
        "rotatelogs.New(\"logs/app.%Y%m%d.log\")",
        "logs",
    ),
    (
        "github.com/nutsdb/nutsdb",
        "nutsdb.Open(nutsdb.DefaultOptions, nutsdb.WithDir(\"data/nuts\"))",
        "data/nuts",
    ),
    ("github.com/sdomino/scribble", "scribble.New(\"./data/docs\", nil)", "data/docs"),
    ("github.com/spf13/afero", "afero.WriteFile(afero.NewOsFs(), \"out/a.txt\", b, 0644)", "out"),
    ("github.com/spf13/afero", "afero.WriteFile(afero.NewMemMapFs(), \"out/a.txt\", b, 0644)", ""),
    ("github.com/spf13/viper", "viper.WriteConfigAs(\"conf/kept.yaml\")", "conf"),
    (
        "github.com/nats-io/nats-server/v2/server",
        "o := &server.Options{JetStream: true, StoreDir: \"data/js\"}\n_ = o",
        "data/js",
    ),
    ("tailscale.com/tsnet", "s := &tsnet.Server{Dir: \"state/ts\"}\n_ = s", "state/ts"),
    (
        "go.mau.fi/whatsmeow/store/sqlstore context",
        "sqlstore.New(context.Background(), \"sqlite3\", \"file:store/wa.db?_foreign_keys=on\", l)",
        "store",
    ),
    (
        "go.mau.fi/whatsmeow/store/sqlstore",
        "sqlstore.New(\"sqlite3\", \"file:store/wa.db?_foreign_keys=on\", l)",
        "store",
    ),
    (
        "database/sql github.com/uptrace/bun/driver/sqliteshim",
        "sql.Open(sqliteshim.ShimName, \"data/x.db\")",
        "data",
    ),
    ("example.com/app/ent", "ent.Open(\"sqlite3\", \"file:data/x.db?_fk=1\")", "data"),
    ("example.com/app/ent", "ent.Open(\"postgres\", \"host=h\")", ""),
    (
        "github.com/gocolly/colly/v2",
        "colly.NewCollector(colly.CacheDir(\"cache/pages\"))",
        "cache/pages",
    ),
    ("github.com/tus/tusd/v2/pkg/filestore", "filestore.New(\"./uploads\")", "uploads"),
    ("github.com/gorilla/sessions", "sessions.NewFilesystemStore(\"sessions\", k)", "sessions"),
    ("github.com/gorilla/sessions", "sessions.NewFilesystemStore(\"\", k)", ""),
    ("github.com/jung-kurt/gofpdf", "pdf.OutputFileAndClose(\"out/a.pdf\")", "out"),
    (
        "github.com/anacrolix/torrent",
        "c := torrent.NewDefaultClientConfig()\nc.DataDir = \"downloads\"",
        "downloads",
    ),
    (
        "github.com/gotd/td/session",
        "s := &session.FileStorage{Path: \"kept/session.json\"}\n_ = s",
        "kept",
    ),
];

#[test]
fn libraries_write_folders_and_files() {
    let mut wrong = Vec::new();
    for &(imports, body, folders) in WRITERS {
        let found = written(imports, body);
        if found != folders {
            wrong.push(format!("{body}\n    {found:?} in place of {folders:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn commands_that_the_image_does_not_start_write_nowhere() {
    let of = |name: &str, root: &str, serve: &str| {
        let body = format!(
            "package main\nimport (\"net/http\"; \"os\"; \"github.com/spf13/cobra\")\n\
             var root = &cobra.Command{{Use: \"shop\"{root}}}\n\
             var docs = &cobra.Command{{Use: \"docs\", Run: func(c *cobra.Command, a []string) {{\n\
             \tpages()\n\tos.MkdirAll(\"site\", 0755)\n}}}}\n\
             var serve = &cobra.Command{{Use: \"{name}\", Run: func(c *cobra.Command, a []string) {{\n\
             \tos.MkdirAll(\"kept\", 0755)\n\t{serve}\n}}}}\n\
             func pages() {{\n\tos.MkdirAll(\"pages\", 0755)\n}}\n\
             func init() {{\n\troot.AddCommand(docs, serve)\n}}\nfunc main() {{\n\troot.Execute()\n}}\n"
        );
        let program = with(&[("main.go", &body)]);
        program.writable.iter().map(|one| one.value.clone()).collect::<Vec<_>>()
    };
    let listens = "http.ListenAndServe(\":8080\", nil)";
    let runs = format!(", Run: func(c *cobra.Command, a []string) {{ {listens} }}");
    assert_eq!(of("serve", "", listens), ["kept"]);
    assert!(of("keep", &runs, "").is_empty());
    // Whoever runs a tool chooses the command.
    assert_eq!(of("keep", "", ""), ["kept", "pages", "site"]);
}

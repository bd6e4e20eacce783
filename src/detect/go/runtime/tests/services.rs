//! Services that a program connects to at this machine, and lists that it demands.

use super::*;

/// What the program connects to: the service, the address, the variable, the flag.
fn connections(imports: &str, body: &str) -> Vec<String> {
    let all = main(imports, body).connections.into_iter();
    let word = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    let shown = all.map(|one| {
        let (service, variable) = (word(one.service), word(one.variable));
        format!("{service} {} {variable} {}", one.address, word(one.flag))
    });
    shown.collect()
}

#[test]
fn connections_to_this_machine() {
    let sql = "net/http database/sql fmt os flag";
    let redis = "net/http os github.com/redis/go-redis/v9";
    for (imports, body, expected) in [
        (
            sql,
            "u := \"postgres://x@localhost:5432/db\"\nsql.Open(\"postgres\", u)",
            "postgres localhost:5432 - -",
        ),
        (
            sql,
            "sql.Open(\"postgres\", fmt.Sprintf(\"host=%s user=%s\", \"localhost\", os.Getenv(\"U\")))",
            "postgres localhost - -",
        ),
        (sql, "sql.Open(\"mysql\", \"root:x@tcp(127.0.0.1:3306)/db\")", "mysql 127.0.0.1:3306 - -"),
        (
            sql,
            "d := flag.String(\"db\", \"postgres://localhost/db\", \"\")\nflag.Parse()\nsql.Open(\"postgres\", *d)",
            "postgres localhost - db",
        ),
        (sql, "sql.Open(\"sqlite3\", \"localhost.db\")", ""),
        (sql, "sql.Open(\"postgres\", \"host=db\")", ""),
        (
            redis,
            "redis.NewClient(&redis.Options{Addr: \"localhost:6379\"})",
            "redis localhost:6379 - -",
        ),
        (redis, "s := &http.Server{Addr: \"localhost:6379\"}\ns.ListenAndServe()", ""),
        (
            redis,
            "on := false\nif on {\nredis.NewClient(&redis.Options{Addr: \"localhost:6379\"})\n}",
            "",
        ),
    ] {
        assert_eq!(connections(imports, body).join("; "), expected, "{body}");
    }
}

#[test]
fn a_field_of_the_settings_is_followed() {
    let found = with(&[
        (
            "conf/conf.go",
            "package conf\ntype DB struct{ URI string }\ntype Config struct{ DB DB }\nfunc New() *Config { return &Config{DB: DB{URI: \"postgres://localhost/x\"}} }\n",
        ),
        (
            "main.go",
            "package main\nimport (\"database/sql\"; \"example.com/app/conf\")\nfunc main() {\nc := conf.New()\nsql.Open(\"postgres\", c.DB.URI)\n}\n",
        ),
    ]);
    assert_eq!(found.connections.len(), 1);
    let lost = with(&[(
        "main.go",
        "package main\nimport \"database/sql\"\nfunc lost() { sql.Open(\"postgres\", \"host=localhost\") }\nfunc main() {}\n",
    )]);
    assert!(lost.connections.is_empty());
}

#[test]
fn a_demanded_list_is_reported() {
    let said = |make: &str, test: &str| {
        let body = format!(
            "{make}\nflag.Parse()\nif {test} {{ log.Fatal(\"none\") }}\nhttp.ListenAndServe(\":8093\", nil)"
        );
        let found = main("net/http log github.com/spf13/pflag flag", &body).findings;
        found.into_iter().map(|finding| finding.what).collect::<Vec<_>>().join("; ")
    };
    let stops = "the program stops without the argument `--domain`";
    let slice = "d := pflag.StringSlice(\"domain\", []string{}, \"\")";
    assert_eq!(said(slice, "len(*d) == 0"), stops);
    assert_eq!(said(slice, "len(*d) < 1"), stops);
    assert_eq!(said(slice, "len(*d) > 1"), "");
    assert_eq!(said("var d list\nflag.Var(&d, \"domain\", \"\")", "len(d) == 0"), stops);
    let given = "d := pflag.StringSlice(\"domain\", []string{\"a\"}, \"\")";
    assert_eq!(said(given, "len(*d) == 0"), "");
    let text = "d := flag.String(\"domain\", \"\", \"\")";
    assert_eq!(said(text, "len(*d) == 0"), stops);
    assert_eq!(said(&text.replace("\"\", \"\")", "\"a\", \"\")"), "len(*d) == 0"), "");
}

#[test]
fn a_folder_of_a_flag_in_a_struct_is_written() {
    let flags = "package main\nimport \"flag\"\nvar Flags struct{ Dir string }\nfunc parse() {\nflag.StringVar(&Flags.Dir, \"upload-dir\", \"./data\", \"\")\nflag.Parse()\n}\n";
    let of = |body: &str| {
        let main = format!(
            "package main\nimport (\"net/http\"; \"os\"; \"path/filepath\")\nfunc main() {{\nparse()\n{body}\nhttp.ListenAndServe(\":8094\", nil)\n}}\n"
        );
        let found = with(&[("flags.go", flags), ("main.go", &main)]).writable;
        found.into_iter().map(|one| one.value).collect::<Vec<_>>()
    };
    assert_eq!(of("os.MkdirAll(Flags.Dir, 0o775)"), ["data"]);
    assert_eq!(of("dir, _ := filepath.Abs(Flags.Dir)\nos.MkdirAll(dir, 0o775)"), ["data"]);
    assert!(of("Flags.Dir = os.Args[1]\nos.MkdirAll(Flags.Dir, 0o775)").is_empty());
}

#[test]
fn a_time_zone_that_a_compose_file_sets_needs_the_database() {
    let main =
        "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":8095\", nil) }\n";
    let of = |compose: &str| {
        let found = with(&[("main.go", main), ("compose.yaml", compose)]);
        found.needs.zoneinfo.is_some()
    };
    assert!(of("services:\n  app:\n    build: .\n    environment:\n      - TZ=Europe/Berlin\n"));
    assert!(!of(
        "services:\n  db:\n    image: postgres:18\n    environment:\n      - TZ=Europe/Berlin\n"
    ));
}

#[test]
fn a_variable_that_a_library_is_handed_is_demanded() {
    let of = |body: &str| {
        let imports = "database/sql os github.com/bwmarrin/discordgo net/http";
        let found = main(imports, body).required.into_iter();
        found.map(|one| one.value).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("sql.Open(\"postgres\", os.Getenv(\"DB_URL\"))"), "DB_URL");
    assert_eq!(of("t := os.Getenv(\"TOKEN\")\ndiscordgo.New(\"Bot \" + t)"), "TOKEN");
    assert_eq!(
        of(
            "u := os.Getenv(\"DB_URL\")\nif u == \"\" {\nu = \"postgres://db/x\"\n}\nsql.Open(\"postgres\", u)"
        ),
        ""
    );
    assert_eq!(
        of(
            "sql.Open(\"postgres\", \"host=\"+os.Getenv(\"DB_HOST\")+\" user=\"+os.Getenv(\"DB_USER\"))"
        ),
        "DB_HOST DB_USER"
    );
    assert_eq!(of("println(os.Getenv(\"DB_URL\"))"), "");
}

#[test]
fn templates_are_compiled_where_git_lacks_their_go_files() {
    let of = |require: &str, more: &[(&'static str, &'static str)]| {
        let module = format!("module example.com/app\ngo 1.26\n{require}");
        let main = "package main\nimport (\"net/http\"; \"example.com/app/views\")\nfunc main() { http.Handle(\"/\", views.Index()); http.ListenAndServe(\":8096\", nil) }\n";
        let own = [
            ("go.mod", module.as_str()),
            ("main.go", main),
            ("views/index.templ", "package views\ntempl Index() {\n}\n"),
        ];
        let facts = detect(&Repo::from_files(own.iter().chain(more).copied()).root());
        let facts = facts.unwrap().unwrap();
        let program = &facts.programs[0];
        let own = &facts.details["programs"][&program.id]["generate"];
        let codes = codes(program).join(" ");
        (own.as_array().map_or(0, Vec::len), own[0].to_string(), codes)
    };
    let require = "require github.com/a-h/templ v0.2.793\n";
    let (count, command, codes) = of(require, &[]);
    assert_eq!(count, 1);
    assert_eq!(
        command,
        "[\"go\",\"run\",\"github.com/a-h/templ/cmd/templ@v0.2.793\",\"generate\"]"
    );
    assert_eq!(codes, "");
    let held = [("views/index_templ.go", "package views\nfunc Index() {}\n")];
    assert_eq!(of(require, &held).0, 0);
    // Nothing says which version compiles it.
    assert_eq!(of("", &[]).2, "generated-missing");
}

#[test]
fn a_generator_of_the_repository_runs_before_the_compiler() {
    // The commands of the build stage, what the context keeps, and the codes of findings.
    let of = |line: &str, generator: &str, more: &[(&'static str, &'static str)]| {
        let table = format!(
            "package table\n\nimport _ \"embed\"\n\n{line}\n//go:embed rates.json\nvar Rates []byte\n"
        );
        let main =
            "package main\nimport \"example.com/app/table\"\nfunc main() { print(table.Rates) }\n";
        let own = [
            ("main.go", main),
            ("table/table.go", table.as_str()),
            ("tools/rates/main.go", generator),
        ];
        let facts = facts(&own.iter().chain(more).copied().collect::<Vec<_>>());
        let program = facts.programs.iter().find(|program| program.id == ".").unwrap();
        let own = &facts.details["programs"][&program.id];
        let commands = own["generate"].to_string();
        (commands, own["reads"].to_string(), codes(program).join(" "))
    };
    let names = "package main\nfunc main() { os.WriteFile(\"rates.json\", made(), 0o644) }\n";
    let silent = "package main\nfunc main() { os.WriteFile(os.Args[1], made(), 0o644) }\n";
    let (commands, reads, codes) = of("//go:generate go run ../tools/rates", names, &[]);
    let command = "[[\"go\",\"generate\",\"-run\",\"../tools/rates\",\"./table\"]]";
    assert_eq!((commands.as_str(), codes.as_str()), (command, ""));
    assert!(reads.contains("tools/rates"), "{reads}");
    // The line names the file.
    let line = "//go:generate go run ../tools/rates rates.json";
    assert_eq!(of(line, silent, &[]).0, command);
    // Git holds the file; neither the line nor the code names it; the tool is of somebody else.
    let held = [("table/rates.json", "{}")];
    assert_eq!(of(line, names, &held).0, "null");
    for line in [
        "//go:generate go run ../tools/rates",
        "//go:generate go run ../tools/rates -o other.json",
        "//go:generate mkrates rates.json",
        "//go:generate go run ../tools/absent rates.json",
    ] {
        let (commands, _, codes) = of(line, silent, &[]);
        assert_eq!((commands.as_str(), codes.as_str()), ("null", "embed-missing"), "{line}");
    }
    // A module of its own is compiled apart.
    let apart = [("tools/rates/go.mod", "module example.com/rates\n")];
    assert_eq!(of(line, silent, &apart).0, "null");
}

#[test]
fn go_code_that_a_generator_of_the_repository_writes() {
    let of = |line: &str| {
        let main = format!(
            "package main\n\nimport \"example.com/app/model\"\n\n{line}\nfunc main() {{ model.Load() }}\n"
        );
        let program =
            [("main.go", main.as_str()), ("gen.go", "//go:build ignore\n\npackage main\n")];
        let facts = facts(&program);
        let own = &facts.details["programs"]["."];
        (own["generate"].to_string(), codes(&facts.programs[0]).join(" "))
    };
    let run = "[[\"go\",\"generate\",\"-run\",\"gen.go\",\".\"]]";
    assert_eq!(of("//go:generate go run gen.go -o model/model.go"), (run.into(), String::new()));
    let other = of("//go:generate go run gen.go -o other/model.go");
    assert_eq!(other, ("null".into(), "generated-missing".into()));
}

//! Facts about programs, each from the smallest source that states it.

use crate::detect::go::detect;
use crate::facts::{Facts, FrontEnd, Kind, Libc, Program, Sourced};
use crate::repo::Repo;

mod asked;
mod dispatch;
mod listeners;
mod paths;
mod precision;
mod reading;
mod services;
mod settings;
mod written;

fn facts(files: &[(&str, &str)]) -> Facts {
    let module = [("go.mod", "module example.com/app\ngo 1.26\n")];
    let repo = Repo::from_files(module.iter().chain(files).copied());
    detect(&repo.root()).unwrap().unwrap()
}

fn with(files: &[(&str, &str)]) -> Program {
    facts(files).programs.remove(0)
}

/// A program whose `main` is `body`, with these imports.
fn main(imports: &str, body: &str) -> Program {
    let imports = imports
        .split_whitespace()
        .map(|path| format!("import {path:?}\n"))
        .collect::<Vec<_>>()
        .concat();
    with(&[("main.go", &format!("package main\n{imports}\nfunc main() {{\n{body}\n}}\n"))])
}

fn port(program: &Program) -> Option<u16> {
    program.port.as_ref().map(|port| port.value)
}

fn codes(program: &Program) -> Vec<&str> {
    program.findings.iter().map(|finding| finding.code.as_str()).collect()
}

#[test]
fn ports_are_followed_to_where_they_are_stated() {
    let http = "net/http os fmt flag strconv cmp";
    for (expected, body) in [
        (8080, "http.ListenAndServe(\":8080\", nil)"),
        (
            8081,
            "p := os.Getenv(\"PORT\")\nif p == \"\" {\np = \"8081\"\n}\nhttp.ListenAndServe(\":\"+p, nil)",
        ),
        (
            8082,
            "a := \":8082\"\nif p := os.Getenv(\"PORT\"); p != \"\" {\na = \":\" + p\n}\nhttp.ListenAndServe(a, nil)",
        ),
        (
            8083,
            "port := flag.Int(\"port\", 8083, \"\")\nflag.Parse()\nhttp.ListenAndServe(fmt.Sprintf(\":%d\", *port), nil)",
        ),
        (
            8084,
            "var a string\nflag.StringVar(&a, \"addr\", \":8084\", \"\")\nhttp.ListenAndServe(a, nil)",
        ),
        (8085, "s := &http.Server{Addr: \":8085\"}\ns.ListenAndServe()"),
        (8086, "s := http.Server{}\ns.Addr = \"0.0.0.0:8086\"\ns.ListenAndServe()"),
        (8087, "http.ListenAndServe(cmp.Or(os.Getenv(\"ADDR\"), \":8087\"), nil)"),
        (8088, "http.ListenAndServe(\":\"+strconv.Itoa(8088), nil)"),
    ] {
        let program = main(http, body);
        assert_eq!(port(&program), Some(expected), "{body}");
        assert_eq!(program.kind, Kind::Service);
    }
}

#[test]
fn ports_are_followed_through_functions_and_packages() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport \"example.com/app/web\"\nfunc main() { web.Run(addr()) }\nfunc addr() string { return \":7001\" }\n",
        ),
        (
            "web/web.go",
            "package web\nimport \"net/http\"\nfunc Run(address string) { http.ListenAndServe(address, nil) }\n",
        ),
    ]);
    assert_eq!(port(&program), Some(7001));
    assert_eq!(program.port.unwrap().evidence[0].place(), "main.go:4");
}

#[test]
fn struct_tags_give_ports_of_the_server_and_not_of_the_database() {
    let program = with(&[(
        "main.go",
        "package main\nimport \"net/http\"\ntype database struct {\n\tPort string `env:\"DB_PORT\" envDefault:\"5433\"`\n}\ntype server struct {\n\tPort string `env:\"HTTP_PORT\" envDefault:\"7002\"`\n}\nfunc main() {\n\tvar cfg struct { Server server }\n\thttp.ListenAndServe(\":\"+cfg.Server.Port, nil)\n}\n",
    )]);
    assert_eq!(port(&program), Some(7002));
}

#[test]
fn viper_and_urfave_state_ports() {
    let program = with(&[(
        "main.go",
        "package main\nimport (\"net/http\"; \"github.com/spf13/viper\")\nfunc main() {\n\tviper.SetDefault(\"server.addr\", \"localhost:7003\")\n\tviper.SetEnvPrefix(\"app\")\n\tviper.SetEnvKeyReplacer(nil)\n\tviper.AutomaticEnv()\n\thttp.ListenAndServe(viper.GetString(\"server.addr\"), nil)\n}\n",
    )]);
    assert_eq!(port(&program), Some(7003));
    assert_eq!(
        (program.env[0].value.key.as_str(), program.env[0].value.value.as_str()),
        ("APP_SERVER_ADDR", "0.0.0.0:7003")
    );
    let program = with(&[(
        "main.go",
        "package main\nimport (\"net/http\"; \"github.com/urfave/cli/v2\")\nfunc main() {\n\t_ = &cli.StringFlag{Name: \"listen\", Value: \":7004\", EnvVars: []string{\"LISTEN\"}}\n}\nfunc run(c *cli.Context) error { return http.ListenAndServe(c.String(\"listen\"), nil) }\n",
    )]);
    assert_eq!(port(&program), Some(7004));
}

#[test]
fn frameworks_listen_under_common_names() {
    let program = with(&[(
        "main.go",
        "package main\nimport \"github.com/gin-gonic/gin\"\nfunc main() { r := gin.Default(); r.Run() }\n",
    )]);
    assert_eq!(port(&program), Some(8080));
    let program = with(&[(
        "main.go",
        "package main\nimport \"github.com/labstack/echo/v4\"\nfunc main() { e := echo.New(); e.Logger.Fatal(e.Start(\":1323\")) }\n",
    )]);
    assert_eq!(port(&program), Some(1323));
    // Another type with a Run method.
    let program = main("os/exec", "exec.Command(\"git\").Run()");
    assert_eq!((program.kind, port(&program)), (Kind::Command, None));
}

#[test]
fn metrics_and_databases_are_not_the_main_port() {
    let program = main(
        "net/http",
        "go func() { http.ListenAndServe(\":9100\", metrics()) }()\nhttp.ListenAndServe(\":7005\", nil)",
    );
    assert_eq!(port(&program), Some(7005));
    // It is exposed too, as the last one.
    assert_eq!(program.more_ports[0].value.number, 9100);
}

#[test]
fn localhost_is_opened_where_something_says_so_and_else_diagnosed() {
    let program = main(
        "net/http flag",
        "a := flag.String(\"addr\", \"127.0.0.1:9000\", \"\")\nhttp.ListenAndServe(*a, nil)",
    );
    assert_eq!(program.args.as_ref().map(|args| args.value.as_str()), Some("--addr=0.0.0.0:9000"));
    assert!(codes(&program).is_empty());
    let program = main("net/http", "http.ListenAndServe(\"localhost:9001\", nil)");
    assert_eq!(codes(&program), ["localhost-only"]);
    let program = main("net/http os", "http.ListenAndServe(\":\"+os.Getenv(\"PORT\"), nil)");
    assert_eq!((port(&program), program.env[0].value.value.as_str()), (Some(8080), "8080"));
    let program = main("net/http", "http.ListenAndServe(address(), nil)");
    assert_eq!(codes(&program), ["port-unknown"]);
}

#[test]
fn configuration_files_and_examples_state_ports() {
    let source = "package main\nimport (\"net/http\"; \"github.com/spf13/viper\")\ntype config struct { Port string `mapstructure:\"port\"` }\nfunc main() {\n\tviper.SetConfigFile(\"config.yaml\")\n\tvar cfg config\n\tviper.Unmarshal(&cfg)\n\thttp.ListenAndServe(\":\"+cfg.Port, nil)\n}\n";
    let program = with(&[
        ("main.go", source),
        ("config.yaml", "database:\n  port: 5000\nserver:\n  port: 7006\n"),
    ]);
    assert_eq!(port(&program), Some(7006));
    let source = "package main\nimport (\"net/http\"; \"os\")\nfunc main() { http.ListenAndServe(\":\"+os.Getenv(\"PORT\"), nil) }\n";
    let program = with(&[("main.go", source), (".env.example", "# x\nPORT=7007\n")]);
    assert_eq!((port(&program), program.env[0].value.value.as_str()), (Some(7007), "7007"));
}

#[test]
fn opened_files_are_carried_and_others_are_not() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport (\"html/template\"; \"net/http\"; \"os\"; \"path/filepath\"; \"strings\")\nconst root = \"web\"\nfunc main() {\n\ttemplate.Must(template.ParseGlob(filepath.Join(root, \"tmpl\", \"*.html\")))\n\thttp.Handle(\"/\", http.FileServer(http.Dir(\"./web/static\")))\n\tos.ReadFile(\"data/\" + name)\n\tos.Open(\"server.pem\")\n\tos.ReadFile(\"conf.yml\")\n\tif strings.HasSuffix(x, \"notes/a.txt\") {}\n}\n",
        ),
        ("web/tmpl/a.html", ""),
        ("web/static/a.css", ""),
        ("data/a.json", ""),
        ("server.pem", ""),
        ("conf.yml.example", ""),
        ("notes/a.txt", ""),
        ("README.md", ""),
    ]);
    let files: Vec<String> = program.files.iter().map(|file| file.value.to_string()).collect();
    assert_eq!(files, ["data", "web/static", "web/tmpl"]);
    let mut codes = codes(&program);
    codes.sort_unstable();
    assert_eq!(codes, ["config-not-in-git", "secret-file"]);
}

#[test]
fn viper_finds_its_file_and_dotenv_may_be_fatal() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport (\"log\"; \"github.com/spf13/viper\"; \"github.com/joho/godotenv\")\nfunc main() {\n\tif err := godotenv.Load(); err != nil {\n\t\tlog.Fatal(err)\n\t}\n\tviper.SetConfigName(\"app\")\n\tviper.AddConfigPath(\"./etc\")\n}\n",
        ),
        ("etc/app.toml", ""),
    ]);
    assert_eq!(program.files[0].value.to_string(), "etc/app.toml");
    assert_eq!(codes(&program), ["dotenv-required"]);
}

#[test]
fn written_folders_are_found() {
    let program = main(
        "os database/sql net/http",
        "os.MkdirAll(\"./data/cache\", 0o755)\nos.Create(\"data/x.txt\")\nsql.Open(\"sqlite3\", \"file:var/app.db?mode=rwc\")\nsql.Open(\"postgres\", \"pg/x\")\nos.WriteFile(\"/tmp/x\", nil, 0)\nos.MkdirAll(\"/var/lib/app\", 0)",
    );
    let folders: Vec<&str> = program.writable.iter().map(|folder| folder.value.as_str()).collect();
    assert_eq!(folders, ["/var/lib/app", "data", "var"]);
    assert!(program.needs.temporary_files.is_some());
}

#[test]
fn an_empty_default_is_no_place_to_write() {
    let program = main(
        "os flag path/filepath",
        "dir := flag.String(\"data\", \"\", \"\")\nos.MkdirAll(filepath.Join(*dir, \"cache\"), 0o755)",
    );
    assert!(program.writable.is_empty(), "{:?}", program.writable);
}

#[test]
fn a_database_in_the_working_directory_gets_a_folder() {
    let program = main("os database/sql", "sql.Open(\"sqlite\", env(\"DB\", \"app.db\"))");
    assert_eq!(
        (program.env[0].value.value.as_str(), program.writable[0].value.as_str()),
        ("/app/data/app.db", "data")
    );
    let program = main("database/sql", "sql.Open(\"sqlite\", \"app.db\")");
    assert_eq!(program.writable[0].value, ".");
}

#[test]
fn cgo_needs_a_c_library_and_pure_code_none() {
    let program = main("github.com/mattn/go-sqlite3", "");
    assert_eq!(program.needs.libc, Libc::Dynamic);
    assert_eq!(main("modernc.org/sqlite", "").needs.libc, Libc::None);
    assert_eq!(main("github.com/marcboeker/go-duckdb", "").needs.libc, Libc::Glibc);
    let program = with(&[
        (
            "main.go",
            "package main\n\n// #cgo pkg-config: vips\n// #cgo windows LDFLAGS: -lfoo\n// #cgo LDFLAGS: -lm -lodd\nimport \"C\"\n\nfunc main() {}\n",
        ),
        ("x.cpp", ""),
    ]);
    let packages: Vec<&str> =
        program.needs.packages.iter().map(|package| package.value.as_str()).collect();
    assert_eq!(packages, ["cgo", "libstdc++", "libvips"]);
    assert_eq!(codes(&program), ["library-unknown"]);
}

#[test]
fn only_what_the_program_imports_counts() {
    let facts = facts(&[
        (
            "cmd/api/main.go",
            "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":1\", nil) }\n",
        ),
        (
            "cmd/import/main.go",
            "package main\nimport \"github.com/mattn/go-sqlite3\"\nfunc main() {}\n",
        ),
    ]);
    assert_eq!(facts.programs[0].id, "./cmd/api");
    assert_eq!(facts.programs[0].needs.libc, Libc::None);
}

#[test]
fn commands_and_time_zones_are_needs() {
    let program = main(
        "os/exec time",
        "exec.Command(\"sh\", \"-c\", x)\nexec.CommandContext(ctx, \"ffmpeg\")\nexec.Command(\"oddity\")\nexec.Command(\"xdg-open\")\ntime.LoadLocation(zone)",
    );
    assert!(program.needs.shell.is_some() && program.needs.zoneinfo.is_some());
    assert_eq!(program.needs.packages[0].value, "ffmpeg");
    assert_eq!(codes(&program), ["command-unknown"]);
    assert!(main("time time/tzdata", "time.LoadLocation(zone)").needs.zoneinfo.is_none());
    assert!(main("time", "time.LoadLocation(\"UTC\")").needs.zoneinfo.is_none());
}

#[test]
fn the_command_that_cobra_executes_is_the_program() {
    let serves = "RunE: func(c *cobra.Command, a []string) error { return http.ListenAndServe(\":8090\", nil) }";
    let version = "root.AddCommand(&cobra.Command{Use: \"version\", Run: show})";
    let of = |body: String| {
        let head = "package main\nimport (\"net/http\"; \"github.com/spf13/cobra\")\n";
        with(&[("main.go", &format!("{head}{body}"))])
    };
    let root = format!("&cobra.Command{{Use: \"shop\", {serves}}}");
    for body in [
        format!("func main() {{\n\troot := {root}\n\t{version}\n\troot.Execute()\n}}\n"),
        format!(
            "var root = {root}\nfunc init() {{\n\t{version}\n}}\nfunc main() {{\n\troot.Execute()\n}}\n"
        ),
        format!(
            "func newRoot() *cobra.Command {{\n\troot := {root}\n\t{version}\n\treturn root\n}}\nfunc main() {{\n\tnewRoot().Execute()\n}}\n"
        ),
        format!(
            "func newRoot() *cobra.Command {{\n\treturn {root}\n}}\nvar root = newRoot()\nfunc main() {{\n\t{version}\n\troot.Execute()\n}}\n"
        ),
    ] {
        assert!(of(body.clone()).args.is_none(), "{body}");
    }
    let serve = format!(
        "func newRoot() *cobra.Command {{\n\troot := &cobra.Command{{Use: \"shop\"}}\n\troot.AddCommand(&cobra.Command{{Use: \"listen\", {serves}}})\n\treturn root\n}}\nfunc main() {{\n\tnewRoot().Execute()\n}}\n"
    );
    assert_eq!(of(serve).args.map(|args| args.value).as_deref(), Some("listen"));
}

#[test]
fn subcommands_and_the_one_that_serves() {
    let cobra = |fields: &str| {
        with(&[(
            "main.go",
            &format!(
                "package main\nimport \"github.com/spf13/cobra\"\nfunc main() {{\n\troot.AddCommand(&cobra.Command{{{fields}}})\n}}\n"
            ),
        )])
    };
    let program = cobra("Use: \"serve\"");
    assert_eq!(program.subcommands.as_ref().map(|s| s.value.as_str()), Some("cobra"));
    assert_eq!(program.args.map(|args| args.value).as_deref(), Some("serve"));
    let program = cobra("Use: \"serve CONFIG\", Args: cobra.ExactArgs(1)");
    assert!(program.args.is_none());
    assert_eq!(codes(&program), ["arguments-unknown"]);
    assert!(cobra("Use: \"convert\"").args.is_none());
    let program = main("os", "switch os.Args[1] {\ncase \"server\":\n}");
    assert_eq!(program.args.map(|args| args.value).as_deref(), Some("server"));
}

#[test]
fn docopt_demands_a_command() {
    let of = |usage: &str, code: &str| {
        with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"net/http\"; \"github.com/docopt/docopt-go\")\nfunc main() {{\nusage := `{usage}`\narguments, _ := docopt.ParseArgs(usage, nil, \"1.0\")\n{code}\n}}\n"
            ),
        )])
    };
    let code = "if arguments[\"init\"].(bool) { load() } else if arguments[\"go\"].(bool) { http.ListenAndServe(\":8080\", nil) }";
    let usage =
        "otter.\nUsage:\n\totter init [--conf <f>]\n\totter go [--conf <f>]\n\totter -h | --help\n";
    let program = of(usage, code);
    assert_eq!(program.args.map(|args| args.value).as_deref(), Some("go"));
    assert!(codes(&of(usage, "work(arguments)")).is_empty());
    let program = of(usage, "work(arguments)\nhttp.ListenAndServe(\":8080\", nil)");
    assert!(program.args.is_none());
    let said = program.findings.iter().find(|one| one.code.as_str() == "arguments-unknown");
    assert!(said.unwrap().what.contains("`init`, `go`"));
    let program = of("Usage:\n\totter [--conf <f>]\n\totter init\n", "work(arguments)");
    assert!(program.subcommands.is_none() && codes(&program).is_empty());
}

#[test]
fn pages_come_before_other_protocols() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport \"example.com/app/pop\"\nimport \"example.com/app/web\"\nfunc main() { go pop.Serve()\nweb.Serve() }\n",
        ),
        (
            "pop/pop.go",
            "package pop\nimport \"net\"\nfunc Serve() { net.Listen(\"tcp\", \":1110\") }\n",
        ),
        (
            "web/web.go",
            "package web\nimport \"net/http\"\nfunc Serve() { http.ListenAndServe(\":8025\", nil) }\n",
        ),
    ]);
    assert_eq!(port(&program), Some(8025));
    assert_eq!(port(&main("net", "net.Listen(\"tcp\", \":1110\")")), Some(1110));
}

#[test]
fn embedded_files_must_be_there() {
    let source =
        "package main\nimport _ \"embed\"\n//go:embed web/dist\nvar x embed.FS\nfunc main() {}\n";
    assert_eq!(codes(&with(&[("main.go", source)])), ["embed-missing"]);
    assert!(with(&[("main.go", source), ("web/dist/index.html", "")]).findings.is_empty());
    // Without `all:`, a hidden file is not embedded, and the pattern matches nothing.
    let all = source.replace("web/dist", "all:web/dist");
    assert_eq!(
        codes(&with(&[("main.go", &all), ("web/dist/.gitkeep", "")])),
        ["embed-placeholder"]
    );
    assert_eq!(
        codes(&with(&[("main.go", source), ("web/dist/placeholder.txt", "")])),
        ["embed-placeholder"]
    );
    let page = [("main.go", all.as_str()), ("web/dist/.gitkeep", ""), ("web/dist/a.css", "a")];
    assert!(with(&page).findings.is_empty());
}

#[test]
fn a_framework_is_started_as_its_row_says() {
    let pocketbase = with(&[(
        "main.go",
        "package main\nimport \"github.com/pocketbase/pocketbase\"\nfunc main() {\n\
         app := pocketbase.New()\napp.Start()\n}\n",
    )]);
    assert_eq!(pocketbase.port.unwrap().value, 8090);
    assert_eq!(pocketbase.args.unwrap().value, "serve --http=0.0.0.0:8090");
    assert_eq!(pocketbase.writable[0].value, "pb_data");
    let hertz = with(&[(
        "main.go",
        "package main\nimport \"github.com/cloudwego/hertz/pkg/app/server\"\nfunc main() {\n\
         h := server.Default()\nh.Spin()\n}\n",
    )]);
    assert_eq!(hertz.port.unwrap().value, 8888);
}

#[test]
fn what_a_condition_on_the_environment_never_sets_is_no_port() {
    let port = |test: &str| {
        let main = format!(
            "package main\nimport (\n\"flag\"\n\"net/http\"\n\"os\"\n)\nfunc main() {{\nport := \"8081\"\n\
             {test} {{\nport = \"80\"\n}}\nhttp.ListenAndServe(\":\"+port, nil)\n}}\n"
        );
        with(&[("main.go", main.as_str())]).port.map(|port| port.value)
    };
    assert_eq!(port("if os.Getenv(\"BOXED\") == \"1\""), Some(8081));
    assert_eq!(port("if v := os.Getenv(\"BOXED\"); v != \"\""), Some(8081));
    assert_eq!(port("if os.Getenv(\"BARE\") == \"\""), Some(80));
    assert_eq!(port("if unknown()"), Some(80));
    // A switch is off until somebody turns it on, except one for what the image is.
    assert_eq!(port("if *flag.Bool(\"tls\", false, \"\")"), Some(8081));
    assert_eq!(port("if options.secure"), Some(8081));
    assert_eq!(port("if options.inDocker"), Some(80));
    assert_eq!(port("if port == \"\""), Some(80));
}

#[test]
fn settings_that_are_built_in_say_the_port() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport (\n_ \"embed\"\n\"fmt\"\n\"net/http\"\n\"gopkg.in/yaml.v3\"\n)\n\
             //go:embed config.yaml\nvar held []byte\n\
             type Config struct { Port int `yaml:\"port\"` }\n\
             func main() {\nvar c Config\nyaml.Unmarshal(held, &c)\n\
             http.ListenAndServe(fmt.Sprintf(\":%d\", c.Port), nil)\n}\n",
        ),
        ("config.yaml", "port: 9191\n"),
    ]);
    assert_eq!(program.port.unwrap().value, 9191);
}

#[test]
fn a_front_end_in_the_same_folder_is_copied_to_what_is_served() {
    let serves = "package main\nimport \"net/http\"\nfunc main() {\nhttp.Handle(\"/\", http.FileServer(http.Dir(\"public\")))\nhttp.ListenAndServe(\":1\", nil)\n}\n";
    let manifest = "{\"scripts\":{\"build\":\"vite build\"},\"devDependencies\":{\"vite\":\"7\"}}";
    let program = with(&[
        ("main.go", serves),
        ("package.json", manifest),
        ("index.html", ""),
        ("Makefile", "public:\n\tnpm run build\n\tcp -r dist public\n"),
    ]);
    let made: Vec<_> = program.front_ends.iter().map(|made| &made.value).collect();
    assert_eq!(made.len(), 1);
    assert_eq!(made[0].output.as_str(), "public");
    assert_eq!(made[0].moved_from.as_ref().unwrap().as_str(), "dist");
}

#[test]
fn what_another_build_makes_is_a_front_end() {
    let manifest = (
        "web/package.json",
        "{\"scripts\":{\"build\":\"vite build\"},\"devDependencies\":{\"vite\":\"7\"}}",
    );
    let made = |main: &str, others: &[(&str, &str)]| {
        let program = with(&[&[("main.go", main), manifest], others].concat());
        assert!(!codes(&program).contains(&"embed-missing"));
        let told =
            |made: &Sourced<FrontEnd>| (made.value.output.to_string(), made.value.opened.clone());
        program.front_ends.iter().map(told).collect::<Vec<_>>()
    };
    let embeds = |pattern: &str| {
        format!(
            "package main\nimport \"embed\"\n//go:embed {pattern}\nvar x embed.FS\nfunc main() {{}}\n"
        )
    };
    let dist = || "web/dist".to_owned();
    for pattern in ["all:web/dist", "web/dist/*", "web/dist/index.html", "web"] {
        assert_eq!(made(&embeds(pattern), &[]), [(dist(), None)], "{pattern}");
    }
    assert_eq!(made(&embeds("*"), &[]), [(dist(), None)]);
    assert_eq!(made(&embeds("*.go"), &[]), []);
    // A lone empty page stands in for the real one; a committed output is not built again.
    assert_eq!(made(&embeds("web/dist"), &[("web/dist/index.html", "")]), [(dist(), None)]);
    assert_eq!(
        made(&embeds("web/dist"), &[("web/dist/index.html", ""), ("web/dist/a.js", "")]),
        []
    );
    let serves = "package main\nimport \"net/http\"\nfunc main() {\nhttp.Handle(\"/\", http.FileServer(http.Dir(\"./web/dist/assets\")))\nhttp.ListenAndServe(\":1\", nil)\n}\n";
    assert_eq!(made(serves, &[]), [(dist(), Some(dist()))]);
}

#[test]
fn sigterm_ends_every_program() {
    let plain = main("net/http", "http.ListenAndServe(\":1\", nil)");
    assert!(plain.handles_sigterm.unwrap().note.contains("Go's runtime"));
    let own = main("os/signal", "signal.Notify(c)");
    assert_eq!(own.handles_sigterm.unwrap().line, Some(5));
}

#[test]
fn entangled_code_ends() {
    let circle = "package main\nimport \"net/http\"\nvar a = b + c\nvar b = c + a\nvar c = a + b + f()\nfunc f() string { return g(a) }\nfunc g(x string) string { return f() + x }\nfunc main() { http.ListenAndServe(a, nil) }\n";
    assert_eq!(port(&with(&[("main.go", circle)])), None);
}

#[test]
fn an_example_beats_a_program_in_internal() {
    let main = "package main\nfunc main() {}\n";
    let found = |files: &[(&str, &str)]| {
        facts(files).programs.iter().map(|p| p.id.clone()).collect::<Vec<_>>()
    };
    let files = [("a/internal/types/main.go", main), ("examples/base/main.go", main)];
    assert_eq!(found(&files)[0], "./examples/base");
    assert_eq!(found(&[("a/internal/types/main.go", main), ("cmd/x/main.go", main)]), ["./cmd/x"]);
}

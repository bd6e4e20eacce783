//! Texts that look like a port, a file or a flag and are none, or are only one of several cases.

use super::*;
use crate::facts::Strength;

fn writable(program: &Program) -> Vec<&str> {
    program.writable.iter().map(|folder| folder.value.as_str()).collect()
}

#[test]
fn a_stream_is_no_file_and_a_folder_ends_once() {
    let program = main(
        "flag os",
        "log := flag.String(\"log\", \"stderr\", \"\")\nf, err := os.OpenFile(*log, os.O_CREATE, 0600)\n_ = f",
    );
    assert!(program.args.is_none() && program.writable.is_empty());
    let program = main(
        "flag os path/filepath",
        "data := flag.String(\"data\", \"./store/\", \"\")\nos.MkdirAll(filepath.Join(*data, \"var\"), 0700)",
    );
    assert_eq!(writable(&program), ["store/var"]);
}

#[test]
fn a_file_that_is_asked_for_first_need_not_exist() {
    let read = |test: &str| {
        let text = format!(
            "package main\nimport (\"log\"; \"os\")\nfunc read(p string) error {{\n{test}\n_, err := os.ReadFile(p)\nreturn err\n}}\nfunc main() {{\nif err := read(\"hooks.lua\"); err != nil {{ log.Fatal(err) }}\n}}\n"
        );
        codes(&with(&[("main.go", &text)])).contains(&"file-missing")
    };
    assert!(read(""));
    assert!(!read("if _, err := os.Stat(p); err != nil { return nil }"));
    assert!(read("if _, err := os.Stat(other); err != nil { return nil }"));
}

#[test]
fn a_failure_inside_another_call_is_handled_where_that_call_is() {
    let load = |handles: &str| {
        let text = format!(
            "package main\nimport (\"log\"; \"github.com/knadh/koanf/v2\"; \"github.com/knadh/koanf/providers/file\")\nvar k = koanf.New(\".\")\nfunc main() {{\nif err := k.Load(file.Provider(\"box.toml\"), toml.Parser()); err != nil {{ {handles} }}\n}}\n"
        );
        codes(&with(&[("main.go", &text)])).contains(&"file-missing")
    };
    assert!(load("log.Fatal(err)"));
    assert!(!load("log.Println(err)"));
}

#[test]
fn flags_of_subcommands_are_no_arguments_of_the_program() {
    let text = |sets: &str| {
        format!(
            "package main\nimport (\"flag\"; \"net/http\"; \"os\")\n{sets}\nfunc main() {{\nfs := flag.NewFlagSet(\"a\", 0)\naddr := fs.String(\"addr\", \"127.0.0.1:7401\", \"\")\nfs.Parse(os.Args[1:])\nhttp.ListenAndServe(*addr, nil)\n}}\n"
        )
    };
    let alone = with(&[("main.go", &text(""))]);
    assert_eq!(alone.args.unwrap().value, "--addr=0.0.0.0:7401");
    let several =
        with(&[("main.go", &text("func other() { flag.NewFlagSet(\"b\", 0).Parse(nil) }"))]);
    assert!(several.args.is_none());
    assert_eq!(codes(&several), ["localhost-only"]);
}

#[test]
fn a_port_beside_a_likelier_listener_is_a_guess() {
    let program = main(
        "net/http os",
        "go func() { if x { http.ListenAndServe(\":7402\", nil) } }()\nhttp.ListenAndServe(os.Args[1], nil)",
    );
    assert_eq!((port(&program), program.port.unwrap().strength), (Some(7402), Strength::Guessed));
}

#[test]
fn a_redirect_is_not_the_server_and_a_constructor_gives_the_default() {
    let text = "package main\nimport (\"fmt\"; \"net/http\")\ntype Config struct {\n\tPort int\n}\nfunc New() *Config { return &Config{Port: 7403} }\nfunc setup(c *Config) { if ask() { c.Port = 443 } }\nfunc main() {\n\tc := New()\n\tif secure {\n\t\tgo func() { http.ListenAndServe(\":80\", nil) }()\n\t\thttp.ListenAndServeTLS(\":443\", \"\", \"\", nil)\n\t} else {\n\t\thttp.ListenAndServe(fmt.Sprintf(\":%d\", c.Port), nil)\n\t}\n}\n";
    assert_eq!(port(&with(&[("main.go", text)])), Some(7403));
}

#[test]
fn a_folder_below_what_is_set_under_a_condition_alone() {
    let text = "package main\nimport (\"net/http\"; \"path/filepath\")\ntype Config struct {\n\tParent string\n}\nfunc setup(c *Config) { if asked { c.Parent = \"/usr/share/x\" } }\nfunc main() {\n\tc := &Config{}\n\thttp.Handle(\"/\", http.FileServer(http.Dir(filepath.Join(c.Parent, \"static\"))))\n\thttp.ListenAndServe(\":1\", nil)\n}\n";
    let program = with(&[("main.go", text), ("static/a.css", "x")]);
    assert_eq!(program.files[0].value.as_str(), "static");
}

#[test]
fn a_method_of_several_types_gives_no_value() {
    let text = "package main\nimport \"net/http\"\ntype A struct{}\ntype B struct{}\nfunc (A) String() string { return \"one\" }\nvar a = \":7404\"\nfunc (B) String() string { return \"two:7405\" }\nfunc main() { http.ListenAndServe(x.String(), nil) }\n";
    // All that is left is a literal that looks like an address.
    assert_eq!(with(&[("main.go", text)]).port.unwrap().strength, Strength::Guessed);
}

#[test]
fn an_address_of_netip() {
    let program = main(
        "net/http net/netip",
        "a := netip.AddrPortFrom(netip.IPv4Unspecified(), 7406)\nhttp.ListenAndServe(a.String(), nil)",
    );
    assert_eq!(port(&program), Some(7406));
}

#[test]
fn a_file_with_a_few_words_keeps_a_folder() {
    let text =
        "package main\nimport \"embed\"\n//go:embed build\nvar fs embed.FS\nfunc main() {}\n";
    let said = |name: &str| {
        let program = with(&[("main.go", text), (name, "Keeps this folder for the compiler.\n")]);
        codes(&program).contains(&"embed-placeholder")
    };
    assert!(said("build/gitkeep") && said("build/placeholder.txt"));
    assert!(!said("build/notes.txt"));
}

#[test]
fn variables_that_a_library_names_after_the_fields() {
    let said = |call: &str| {
        let text = format!(
            "package main\nimport \"github.com/kelseyhightower/envconfig\"\ntype Config struct {{\n\tApiKey string `required:\"true\" split_words:\"true\"`\n\tDb struct {{\n\t\tDsn string `required:\"true\"`\n\t}}\n\tMode string `required:\"true\" default:\"x\"`\n\tNote string `desc:\"a\"`\n}}\nfunc main() {{\n\tvar c Config\n\t{call}\n}}\n"
        );
        let program = with(&[("main.go", &text)]);
        program.findings.into_iter().map(|finding| finding.what).collect::<Vec<_>>()
    };
    assert_eq!(
        said("envconfig.MustProcess(\"shop\", &c)"),
        ["the program has no default for SHOP_API_KEY, SHOP_DB_DSN"]
    );
    // A prefix that the code does not state names no variable.
    assert!(said("envconfig.MustProcess(prefix(), &c)").is_empty());
    assert!(said("load(&c)").is_empty());
}

#[test]
fn variables_that_the_code_demands() {
    let text = "package main\nimport (\"log\"; \"os\")\ntype config struct {\n\tKey string `env:\"APP_KEY,required\"`\n\tName string `env:\"APP_NAME\"`\n\tMode string `env:\"APP_MODE,required\" envDefault:\"x\"`\n}\nfunc must(k string) string {\n\tv := os.Getenv(k)\n\tif v == \"\" { log.Fatalf(\"no %s\", k) }\n\treturn v\n}\nfunc main() {\n\turl := os.Getenv(\"APP_URL\")\n\tif url == \"\" { log.Fatal(\"url\") }\n\ttoken, ok := os.LookupEnv(\"APP_TOKEN\")\n\tif !ok { panic(\"token\") }\n\tother := os.Getenv(\"APP_OTHER\")\n\tif other == \"\" { other = \"x\" }\n\tlog.Println(must(\"APP_DB\"), url, token, other)\n}\n";
    let program = with(&[("main.go", text)]);
    let said: Vec<&str> = program.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(said, ["the program has no default for APP_DB, APP_KEY, APP_TOKEN, APP_URL"]);
}

#[test]
fn a_function_is_called_by_those_who_name_its_package() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport (\"net/http\"; \"example.com/app/store\"; \"example.com/app/trace\")\nfunc main() {\n\ttrace.New(\"Courier.MDA\")\n\tstore.New(\"data/items\")\n\thttp.ListenAndServe(\":7407\", nil)\n}\n",
        ),
        (
            "store/store.go",
            "package store\nimport \"os\"\nfunc New(dir string) { os.MkdirAll(dir, 0700) }\n",
        ),
        ("trace/trace.go", "package trace\nfunc New(title string) {}\n"),
    ]);
    assert_eq!(writable(&program), ["data/items"]);
}

#[test]
fn go_files_that_a_step_makes_first() {
    let said = |main: &str, files: &[(&str, &str)]| {
        let program = with(&[&[("main.go", main)], files].concat());
        let mut findings = program.findings.into_iter();
        findings
            .find(|finding| finding.code.as_str() == "generated-file-missing")
            .map(|found| found.what)
    };
    let main = |line: &str| format!("package main\n\n{line}\nfunc main() {{}}\n");
    let generate = main("//go:generate go-bindata -pkg main -o assets.go static/");
    assert!(said(&generate, &[]).unwrap().contains(" assets.go, which"));
    assert!(said(&generate, &[("assets.go", "package main\n")]).is_none());
    let mocks = main("//go:generate mockgen -destination=mock_x.go . X");
    assert!(said(&mocks, &[]).is_none());
    let make = ("Makefile", "build:\n\tgo-bindata -o bindata.go static/\n\tgo build\n");
    assert!(said(&main(""), &[make]).unwrap().contains(" bindata.go, which"));
    // The context keeps what somebody makes before the image is built.
    let kept = facts(&[("main.go", &main("")), make]).details["programs"]["."]["reads"].to_string();
    assert!(kept.contains("bindata.go"), "{kept}");
    let page = ("page.templ", "package main\n");
    assert!(said(&main(""), &[page]).unwrap().contains(" page_templ.go, which"));
    assert!(said(&main(""), &[page, ("page_templ.go", "package main\n")]).is_none());
}

#[test]
fn the_server_before_what_talks_to_it() {
    let main =
        "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":1\", nil) }\n";
    let first = |names: [&str; 2]| {
        let paths = names.map(|name| format!("cmd/{name}/main.go"));
        let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), main)).collect();
        facts(&files).programs[0].name.clone()
    };
    assert_eq!(first(["ck-client", "ck-server"]), "ck-server");
    assert_eq!(first(["boxctl", "boxd"]), "boxd");
}

#[test]
fn a_function_gives_what_its_own_call_leads_to() {
    let text = "package main\nimport (\"os\"; \"path/filepath\")\ntype store struct {\n\tdir string\n}\nfunc below(base, name string) string {\n\tif filepath.IsAbs(name) { return name }\n\treturn filepath.Join(base, name)\n}\nfunc (s *store) path() string { return s.dir }\ntype other struct{}\nfunc (o *other) path() string { return \"nowhere\" }\nfunc main() {\n\tos.ReadFile(below(\"etc\", \"app.crt\"))\n\tos.MkdirAll(below(\"var\", \"cache\"), 0700)\n\ts := &store{dir: \"items\"}\n\tos.MkdirAll(s.path(), 0700)\n}\n";
    assert_eq!(writable(&with(&[("main.go", text)])), ["items", "var/cache"]);
}

#[test]
fn flags_that_are_read_into_a_variable_of_another_package() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport (\"flag\"; \"example.com/app/disk\"; \"example.com/app/group\")\nfunc main() {\n\tflag.StringVar(&group.Directory, \"groups\", \"./groups/\", \"\")\n\tflag.StringVar(&disk.Directory, \"recordings\", \"./recordings/\", \"\")\n\tflag.Parse()\n\tdisk.Start(group.Name())\n}\n",
        ),
        (
            "disk/disk.go",
            "package disk\nimport (\"os\"; \"path/filepath\")\nvar Directory string\nfunc Start(name string) { os.MkdirAll(filepath.Join(Directory, name), 0700) }\n",
        ),
        (
            "group/group.go",
            "package group\nvar Directory string\nfunc Name() string { return read() }\n",
        ),
    ]);
    assert_eq!(writable(&program), ["recordings"]);
}

/// Two servers of one shape: `MetricsServer` in a file that sorts first, and `Server`.
fn servers(start: &str, listen: &str) -> Program {
    let config = "package web\ntype Config struct {\n\tHost string\n\tPort int\n\tSide bool\n\tMoreHost string\n\tMorePort int\n}\n";
    let server = |name: &str, prefix: &str| {
        let listen = listen
            .replace("ADDR", &format!("fmt.Sprintf(\"%v:%v\", s.c.{prefix}Host, s.c.{prefix}Port)"))
            .replace("TYPE", name);
        format!(
            "package web\nimport (\"fmt\"; \"net\"; \"net/http\")\ntype {name} struct{{ c *Config }}\nfunc New{name}(c *Config) *{name} {{ return &{name}{{c}} }}\n{listen}"
        )
    };
    let main = format!(
        "package main\nimport \"example.com/app/web\"\nfunc main() {{\nc := &web.Config{{Host: \"127.0.0.1\", Port: 7474, Side: false, MoreHost: \"0.0.0.0\", MorePort: 9074}}\n{start}\nweb.NewServer(c).Open()\n}}\n"
    );
    let (side, own) = (server("AltServer", "More"), server("Server", ""));
    with(&[
        ("main.go", &main),
        ("web/config.go", config),
        ("web/alt.go", &side),
        ("web/server.go", &own),
    ])
}

const LISTEN: &str = "func (s *TYPE) Open() error {\nl, err := net.Listen(\"tcp\", ADDR)\nif err != nil { return err }\nreturn http.Serve(l, nil)\n}\n";

const BY_NETWORK: &str = "func (s *TYPE) Open() error {\nreturn s.try(ADDR, \"tcp\")\n}\nfunc (s *TYPE) try(addr, network string) error {\nl, err := net.Listen(network, addr)\nif err != nil { return err }\nreturn http.Serve(l, nil)\n}\n";

#[test]
fn a_listener_that_is_off_by_default_comes_last() {
    for listen in [LISTEN, BY_NETWORK] {
        let program = servers("if c.Side { go web.NewAltServer(c).Open() }", listen);
        assert_eq!((port(&program), program.more_ports.len()), (Some(7474), 0), "{listen}");
        // The finding is about the server.
        assert!(codes(&program).contains(&"localhost-only"), "{listen}");
        assert_eq!(program.port.unwrap().rejected[0].value, "9074");
    }
}

#[test]
fn a_listener_in_a_file_of_metrics_is_not_the_server() {
    let listen = |port: u16| {
        format!(
            "package main\nimport \"net/http\"\nfunc run{port}() {{ http.ListenAndServe(\":{port}\", nil) }}\n"
        )
    };
    let program = with(&[
        ("main.go", "package main\nfunc main() { go run9074(); run7474() }\n"),
        ("a_metrics.go", &listen(9074)),
        ("b.go", &listen(7474)),
    ]);
    assert_eq!(port(&program), Some(7474));
}

#[test]
fn a_folder_whose_flag_is_empty_is_the_working_directory() {
    for flag in [
        "dir := *flag.String(\"dir\", \"\", \"\")",
        "var dir string\nflag.StringVar(&dir, \"dir\", \"\", \"\")",
    ] {
        let program = main(
            "flag os path/filepath",
            &format!("{flag}\nos.Create(filepath.Join(dir, \"app.db\"))"),
        );
        assert_eq!(writable(&program), ["."], "{flag}");
    }
}

#[test]
fn bash_is_a_package_and_privileges_are_said() {
    let program = main(
        "os/exec github.com/vishvananda/netlink",
        "x := struct{ shell string }{shell: \"bash\"}\nexec.Command(x.shell, \"-ce\", \"ls\").Run()\nnetlink.LinkList()",
    );
    assert_eq!(program.needs.packages[0].value, "bash");
    assert_eq!(codes(&program), ["privileges-needed"]);
    assert!(program.findings[0].fix.contains("`docker run --cap-add NET_ADMIN --user 0 ...`"));
}

#[test]
fn a_developer_s_file_that_is_tried_among_others_stays_out() {
    let main = |list: &str| {
        format!(
            "package main\nimport \"os\"\nvar files = []string{{{list}}}\nfunc main() {{\nfor _, f := range files {{ os.Open(f) }}\n}}\n"
        )
    };
    let of = |list: &str| {
        let found =
            facts(&[("main.go", &main(list)), ("app.config.development", ""), ("other.yml", "")])
                .programs
                .remove(0);
        (found.files.len(), codes(&found).join(" "))
    };
    assert_eq!(
        of("\"app.config.local\", \"app.config.development\", \"app.config\""),
        (0, "development-file".to_owned())
    );
    assert_eq!(of("\"x\", \"app.config.development\", \"other.yml\"").0, 2);
}

#[test]
fn one_of_several_variables_must_be_set() {
    let body = |last: &str| {
        format!(
            "a, b := os.Getenv(\"APP_A\"), os.Getenv(\"APP_B\")\nif a != \"\" {{ use(a) }} else if len(b) > 0 {{ use(b) }} else {{ {last} }}"
        )
    };
    let program = main("os log", &body("log.Fatal(\"x\")"));
    assert_eq!(codes(&program), ["variables-required"]);
    assert!(program.findings[0].what.contains("one of APP_A, APP_B"));
    assert!(codes(&main("os log", &body("log.Print(\"x\")"))).is_empty());
}

#[test]
fn flags_that_the_code_that_serves_does_not_go_without() {
    let of = |check: &str| {
        let text = format!(
            "package main\nimport (\"errors\"; \"net/http\"; \"os\"; \"github.com/urfave/cli/v2\")\n\
             var flags = []cli.Flag{{\n\
             \t&cli.StringFlag{{Name: \"host\", EnvVars: []string{{\"APP_HOST\"}}}},\n\
             \t&cli.StringFlag{{Name: \"mode\", EnvVars: []string{{\"APP_MODE\"}}, Value: \"x\"}},\n}}\n\
             func check(c *cli.Context) error {{\n\t{check}\n\treturn nil\n}}\n\
             func other(c *cli.Context) error {{\n\
             \tif c.String(\"host\") == \"\" {{ return errors.New(\"host\") }}\n\treturn nil\n}}\n\
             func run(c *cli.Context) error {{\n\
             \tif err := check(c); err != nil {{ return err }}\n\
             \treturn http.ListenAndServe(\":8080\", nil)\n}}\n\
             func main() {{ app := &cli.App{{Action: run, Flags: flags}}; app.Run(os.Args) }}\n"
        );
        let program = with(&[("main.go", &text)]);
        program.required.iter().map(|one| one.value.clone()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("if c.String(\"host\") == \"\" { return errors.New(\"no host\") }"), "APP_HOST");
    assert_eq!(of("if c.String(\"mode\") == \"\" { return errors.New(\"no mode\") }"), "");
    assert_eq!(of("if c.String(\"host\") == \"\" { log(\"no host\") }"), "");
    let below = "if c.Bool(\"x\") { if c.String(\"host\") == \"\" { return errors.New(\"a\") } }";
    assert_eq!(of(below), "");
}

#[test]
fn files_that_the_program_tests_builds_or_never_opens() {
    let dotenv = "const f = \".env\"\nfunc main() {\n\
                  \tif _, err := os.Stat(f); os.IsNotExist(err) {\n\
                  \t} else if err := godotenv.Load(f); err != nil {\n\t\tos.Exit(1)\n\t}\n}\n";
    let plain =
        "func main() {\n\tif err := godotenv.Load(); err != nil {\n\t\tos.Exit(1)\n\t}\n}\n";
    let said = |body: &str| {
        let text = format!("package main\nimport (\"os\"; \"github.com/joho/godotenv\")\n{body}");
        codes(&with(&[("main.go", &text)])).join(" ")
    };
    assert_eq!((said(dotenv), said(plain)), (String::new(), "dotenv-required".to_owned()));
    let opens = |main: &str| {
        format!(
            "func load() {{\n\tif _, err := os.Open(\"data/x.dat\"); err != nil {{\n\t\tpanic(err)\n\t}}\n}}\n\
             func main() {{ {main} }}\n"
        )
    };
    assert_eq!(
        (said(&opens("load()")), said(&opens(""))),
        ("file-missing".to_owned(), String::new())
    );
}

#[test]
fn a_window_on_a_desktop_is_not_the_program() {
    let serves =
        "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(\":1\", nil) }\n";
    let window = "package main\nimport (\"net/http\"; _ \"fyne.io/fyne/v2\")\n\
                  func main() { http.ListenAndServe(\":1\", nil) }\n";
    let all = facts(&[("cmd/app/main.go", window), ("cmd/relay/main.go", serves)]);
    let ids: Vec<&str> = all.programs.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids, ["./cmd/relay", "./cmd/app"]);
}

#[test]
fn numbers_are_added_and_entries_of_maps_are_read() {
    let program = with(&[(
        "main.go",
        "package main\nimport (\"net\"; \"net/http\"; \"os/exec\")\nconst base = 3000\nvar words = map[string]string{\"bin\": \"ffmpeg\", \"in\": \"-i\"}\nfunc main() {\n\tnet.ListenUDP(\"udp\", &net.UDPAddr{Port: base + 1})\n\tnet.ListenUDP(\"udp\", &net.UDPAddr{Port: other() - 1})\n\texec.Command(words[\"bin\"], \"-version\").Run()\n\thttp.ListenAndServe(\":8080\", nil)\n}\n",
    )]);
    let more: Vec<u16> = program.more_ports.iter().map(|port| port.value.number).collect();
    assert_eq!((port(&program), more), (Some(8080), vec![3001]));
    assert!(program.needs.packages.iter().any(|package| package.value == "ffmpeg"));
}

#[test]
fn a_guess_prefers_all_interfaces() {
    let body =
        "h := pick(x, \"127.0.0.1:9999\")\na := pick(y, \":8001\")\nhttp.ListenAndServe(a, h)";
    assert_eq!(port(&main("net/http", body)), Some(8001));
}

#[test]
fn a_script_needs_its_interpreter() {
    let script = |first: &str| {
        with(&[
            (
                "main.go",
                "package main\nimport \"os/exec\"\nfunc main() { exec.Command(\"./scripts/run\").Run() }\n",
            ),
            ("scripts/run", first),
        ])
    };
    assert!(script("#!/bin/sh\n").needs.shell.is_some());
    let bash = script("#!/usr/bin/env bash\n");
    assert!(bash.needs.packages.iter().any(|package| package.value == "bash"));
    assert!(script("plain").needs.shell.is_none());
}

#[test]
fn what_a_pointer_of_a_flag_is_set_to_is_its_default() {
    let program = main(
        "flag net/http os",
        "flags := flag.NewFlagSet(\"server\", flag.ContinueOnError)\nport := flags.String(\"port\", \"\", \"\")\n\
         flags.Parse(os.Args)\nif *port == \"\" { *port = os.Getenv(\"PORT\") }\n\
         if *port == \"\" { *port = \"8090\" }\nhttp.ListenAndServe(\"0.0.0.0:\"+*port, nil)",
    );
    assert_eq!(program.port.map(|port| port.value), Some(8090));
}

#[test]
fn the_address_of_a_record_is_no_listener() {
    let ports = |record: &str| {
        let text = format!(
            "package main\nimport \"net/http\"\n{record}\nfunc main() {{\nkeep(&Seen{{}}, \"10.0.0.1:7400\")\nhttp.ListenAndServe(\":9000\", nil)\n}}\nfunc keep(s *Seen, addr string) {{ s.Addr = addr }}\n"
        );
        let program = with(&[("main.go", &text)]);
        program.ports().map(|ports| ports.value)
    };
    assert_eq!(ports("type Seen struct { Addr string }"), Some("9000".to_owned()));
    assert_eq!(ports("type Seen struct { *http.Server }"), Some("9000,7400".to_owned()));
}

#[test]
fn the_known_end_of_a_path_is_said() {
    let program = main(
        "os path/filepath",
        "dir := filepath.Join(where(), \"shop_data\", \"blobs\")\nos.MkdirAll(dir, 0700)",
    );
    let said = program.findings.iter().find(|one| one.code.as_str() == "folder-unknown").unwrap();
    assert!(said.what.ends_with("whose path ends in `shop_data/blobs`"), "{}", said.what);
}

//! Facts that only the shared reader of code finds: types, scopes, tags, conditions, callers.

use super::{codes, main, port, with};

/// The folders that a program writes.
fn folders(program: &crate::facts::Program) -> Vec<&str> {
    program.writable.iter().map(|folder| folder.value.as_str()).collect()
}

#[test]
fn tags_of_every_library_state_ports_and_addresses() {
    for (tags, args) in [
        (
            "Host string `conf:\"default:0.0.0.0\"`\nPort int `conf:\"default:7100,env:X_PORT\"`",
            None,
        ),
        (
            "Host string `long:\"bind\" default:\"localhost\"`\nPort int `long:\"port\" default:\"7100\"`",
            Some("--bind=0.0.0.0"),
        ),
        ("Host string\nPort int `arg:\"--port,env:PORT\" default:\"7100\"`", None),
        ("Host string\nPort int `env:\"PORT\" env-default:\"7100\"`", None),
        ("Host string\nPort int `env:\"PORT,default=7100\"`", None),
    ] {
        let program = with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"net/http\"; \"fmt\")\ntype options struct {{\n{tags}\n}}\nfunc main() {{\n\tvar o options\n\thttp.ListenAndServe(fmt.Sprintf(\"%s:%d\", o.Host, o.Port), nil)\n}}\n"
            ),
        )]);
        assert_eq!(port(&program), Some(7100), "{tags}");
        assert_eq!(program.args.as_ref().map(|args| args.value.as_str()), args, "{tags}");
    }
}

#[test]
fn a_name_means_what_its_block_declares() {
    let program = main(
        "net/http os",
        "if v := os.Getenv(\"A\"); v != \"\" {\n_ = v\n}\nif v := \"spool\"; true {\nos.MkdirAll(v, 0755)\n}\nv := \":7101\"\nhttp.ListenAndServe(v, nil)",
    );
    assert_eq!((port(&program), folders(&program)), (Some(7101), vec!["spool"]));
}

#[test]
fn fields_match_by_type() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport (\"os\"; \"example.com/app/store\"; \"example.com/app/api\")\nfunc main() {\n\tapi.Users()\n\tstore.Open(store.Settings{Path: os.Getenv(\"STORE\")})\n}\n",
        ),
        (
            "api/api.go",
            "package api\ntype Route struct{ Method, Path string }\nfunc Users() Route { return Route{Path: \"/api/users\"} }\n",
        ),
        (
            "store/store.go",
            "package store\nimport (\"os\"; \"path/filepath\")\ntype Settings struct{ Path string }\nfunc Open(s Settings) {\n\tos.MkdirAll(filepath.Dir(s.Path), 0755)\n}\n",
        ),
    ]);
    assert!(folders(&program).is_empty(), "{:?}", program.writable);
}

#[test]
fn a_tag_does_not_hide_the_default_of_the_code() {
    let program = with(&[(
        "main.go",
        "package main\nimport \"os\"\ntype settings struct {\n\tFolder string `env:\"FOLDER\"`\n}\nfunc defaults() *settings { return &settings{Folder: \"stash\"} }\nfunc main() {\n\ts := defaults()\n\tos.MkdirAll(s.Folder, 0755)\n}\n",
    )]);
    assert_eq!(folders(&program), ["stash"]);
}

#[test]
fn folders_of_the_program_and_of_the_home_are_written() {
    let program = main(
        "os path/filepath",
        "d := filepath.Join(filepath.Dir(os.Args[0]), \"nest\")\nos.MkdirAll(d, 0755)",
    );
    assert_eq!(folders(&program), ["nest"]);
    for body in [
        "h, _ := os.UserHomeDir()\nos.MkdirAll(filepath.Join(h, \".quill\"), 0755)",
        "os.MkdirAll(os.Getenv(\"HOME\") + \"/.quill\", 0755)",
        "os.WriteFile(\"~/.quill/x\", nil, 0644)\nfilepath.Join()",
        "u, _ := user.Current()\nos.MkdirAll(filepath.Join(u.HomeDir, \".quill\", os.Args[1]), 0755)",
    ] {
        let program = main("os os/user path/filepath", body);
        assert_eq!(folders(&program), ["/home/nonroot/.quill"], "{body}");
        assert_eq!(program.env[0].value.key, "HOME");
    }
}

#[test]
fn writes_that_no_code_places_are_reported() {
    for (body, fix) in [
        ("os.MkdirAll(read(), 0755)", "set the folder with --writable"),
        ("os.MkdirAll(os.Getenv(\"STORE\"), 0755)", "--env STORE=/data/NAME"),
    ] {
        let program = main("os", body);
        assert_eq!(codes(&program), ["folder-unknown"], "{body}");
        assert!(program.findings[0].fix.contains(fix), "{}", program.findings[0].fix);
    }
    // A file that is tested for, a known folder, and code that a flag turns on.
    for body in [
        "os.ReadFile(read())",
        "os.MkdirAll(\"store\", 0755)\nos.WriteFile(read(), nil, 0644)",
        "p := flag.String(\"profile\", \"\", \"\")\nos.Create(*p)",
    ] {
        assert!(codes(&main("os flag", body)).is_empty(), "{body}");
    }
}

#[test]
fn a_file_system_that_opens_files_demands_none() {
    let open = "type disk struct{}\nfunc (disk) Open(name string) (*os.File, error) { return os.Open(name) }";
    let program = with(&[(
        "main.go",
        &format!(
            "package main\nimport (\"log\"; \"os\")\n{open}\nfunc main() {{\nf, err := disk{{}}.Open(\"a.ico\")\nif err != nil {{ log.Fatal(err) }}\n_ = f\n}}\n"
        ),
    )]);
    assert!(codes(&program).is_empty(), "{:?}", codes(&program));
}

#[test]
fn numbers_addresses_and_routes_are_no_folders() {
    for text in ["10", "127.0.0.1:80", "/users/:id", "/net/{net}", "http://x/y", "a b"] {
        let program = main("os", &format!("os.MkdirAll({text:?}, 0755)"));
        assert!(folders(&program).is_empty(), "{text}");
    }
}

#[test]
fn side_listeners_come_last_and_real_ones_are_all_named() {
    let program = main(
        "net/http os",
        "if os.Getenv(\"P\") != \"\" {\ngo func() { http.ListenAndServe(\"127.0.0.1:6060\", nil) }()\n}\nhttp.ListenAndServe(\":7102\", nil)",
    );
    assert_eq!((port(&program), program.more_ports.len()), (Some(7102), 0));
    let program = main(
        "net/http net",
        "go net.Listen(\"tcp\", \":2222\")\nnet.ListenPacket(\"udp\", \":5353\")\nhttp.ListenAndServe(\":7103\", nil)",
    );
    let more: Vec<String> = program.more_ports.iter().map(|port| port.value.to_string()).collect();
    assert_eq!((port(&program), more), (Some(7103), vec!["2222".into(), "5353/udp".into()]));
    // A single listener counts, even under a condition.
    let program = main(
        "net/http os",
        "if os.Getenv(\"Q\") == \"\" {\ngo func() { http.ListenAndServe(\":7104\", nil) }()\n}",
    );
    assert_eq!(port(&program), Some(7104));
}

#[test]
fn datagrams_alone_are_a_service() {
    for body in [
        "net.ListenPacket(\"udp\", \":5353\")",
        "a, _ := net.ResolveUDPAddr(\"udp\", \":5353\")\nnet.ListenUDP(\"udp\", a)",
        "net.ListenUDP(\"udp\", &net.UDPAddr{Port: 5353})",
    ] {
        let program = main("net", body);
        assert_eq!(program.more_ports[0].value.to_string(), "5353/udp", "{body}");
        assert_eq!((port(&program), codes(&program).len()), (None, 0), "{body}");
    }
}

#[test]
fn port_zero_is_any() {
    let program = main("net/http", "http.ListenAndServe(\"localhost:0\", nil)");
    assert_eq!(codes(&program), ["port-unknown"]);
    assert!(program.findings[0].what.contains("port 0"));
}

#[test]
fn callers_pass_several_paths() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport \"text/template\"\nconst folder = \"pages\"\nfunc main() {\n\tshow(\"bill\")\n\tshow(\"note\")\n}\nfunc show(name string) {\n\ttemplate.ParseFiles(folder + \"/\" + name + \".tmpl\")\n}\n",
        ),
        ("pages/bill.tmpl", "x"),
        ("pages/note.tmpl", "x"),
        ("pages/other.tmpl", "x"),
    ]);
    let files: Vec<&str> = program.files.iter().map(|file| file.value.as_str()).collect();
    assert_eq!(files, ["pages/bill.tmpl", "pages/note.tmpl"]);
}

#[test]
fn a_url_of_a_file_is_a_path() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport \"github.com/golang-migrate/migrate/v4\"\nfunc main() {\n\tmigrate.New(\"file://db/migrations\", \"\")\n}\n",
        ),
        ("db/migrations/1.sql", "x"),
    ]);
    assert_eq!(program.files[0].value.as_str(), "db/migrations");
}

#[test]
fn a_file_that_must_exist_is_said_to_be_missing() {
    let read = |end: &str| {
        format!(
            "f := flag.String(\"config\", \"./app.yml\", \"\")\n_, err := os.ReadFile(*f)\n{end}"
        )
    };
    let program = main("os flag log", &read("if err != nil { log.Fatal(err) }"));
    assert_eq!(codes(&program), ["file-missing"]);
    assert!(program.findings[0].fix.contains("--config"));
    assert!(codes(&main("os flag log", &read("if err != nil { log.Print(err) }"))).is_empty());
    // Its caller ends the program.
    let program = with(&[(
        "main.go",
        "package main\nimport (\"os\"; \"log\")\nfunc load() error {\n\t_, err := os.Open(\"app.toml\")\n\treturn err\n}\nfunc main() {\n\tif err := load(); err != nil {\n\t\tlog.Fatal(err)\n\t}\n}\n",
    )]);
    assert_eq!(codes(&program), ["file-missing"]);
}

#[test]
fn a_subcommand_that_only_holds_others_is_followed() {
    let program = with(&[(
        "main.go",
        "package main\nimport \"github.com/spf13/cobra\"\nvar root = &cobra.Command{Use: \"app\"}\nvar server = &cobra.Command{Use: \"server\"}\nvar run = &cobra.Command{Use: \"run\", RunE: f}\nvar job = &cobra.Command{Use: \"job\"}\nvar start = &cobra.Command{Use: \"start\", Run: f}\nfunc main() {\n\troot.AddCommand(server, job)\n\tserver.AddCommand(run)\n\tjob.AddCommand(start)\n}\n",
    )]);
    assert_eq!(program.args.as_ref().map(|args| args.value.as_str()), Some("server run"));
}

#[test]
fn words_of_nested_commands_of_kong_and_urfave() {
    let kong = with(&[(
        "main.go",
        "package main\nimport (\"net/http\"; \"github.com/alecthomas/kong\")\ntype ServeCmd struct{}\nfunc (s *ServeCmd) Run() error { return http.ListenAndServe(\":7120\", nil) }\ntype CheckCmd struct{}\ntype CLI struct {\n\tApi struct {\n\t\tServe ServeCmd `cmd:\"\"`\n\t\tCheck CheckCmd `cmd:\"\"`\n\t} `cmd:\"\"`\n}\nvar cli CLI\nfunc main() { kong.Parse(&cli).Run() }\n",
    )]);
    assert_eq!(kong.args.as_ref().map(|args| args.value.as_str()), Some("api serve"));
    let urfave = |main: &str| {
        with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"net/http\"; \"os\"; \"github.com/urfave/cli/v2\")\nfunc webCommand() *cli.Command {{\n\treturn &cli.Command{{Name: \"web\", Subcommands: []*cli.Command{{{{Name: \"up\", Action: up}}, {{Name: \"check\", Action: check}}}}}}\n}}\nfunc check(c *cli.Context) error {{ return nil }}\nfunc up(c *cli.Context) error {{ return http.ListenAndServe(\":7121\", nil) }}\nfunc main() {{\n{main}\n\tapp.Run(os.Args)\n}}\n"
            ),
        )])
    };
    for main in [
        "\tapp := cli.NewApp()\n\tapp.Commands = []*cli.Command{webCommand()}",
        "\tapp := &cli.App{Name: \"x\", Commands: given()}",
        "\tapp := &cli.App{Name: \"x\", Commands: []*cli.Command{webCommand()}}",
    ] {
        let program = urfave(main);
        assert_eq!(program.args.as_ref().map(|args| args.value.as_str()), Some("web up"), "{main}");
    }
}

#[test]
fn programs_of_other_systems_are_not_missed() {
    let program = main(
        "os/exec runtime",
        "switch runtime.GOOS {\ncase \"darwin\":\nexec.Command(\"system_profiler\").Run()\ncase \"linux\":\nexec.Command(\"lshw-x\").Run()\n}\nif runtime.GOOS == \"windows\" {\nexec.Command(\"wmic\").Run()\n} else {\nexec.Command(\"other-x\").Run()\n}",
    );
    let said: Vec<&str> = program.findings.iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].contains("lshw-x") && said[1].contains("other-x"), "{said:?}");
}

#[test]
fn flags_of_kingpin_and_kong_open_the_address() {
    let program = main(
        "net/http github.com/alecthomas/kingpin/v2",
        "a := kingpin.Flag(\"web.listen\", \"x\").Default(\"127.0.0.1:9105\").Envar(\"WEB\").String()\nhttp.ListenAndServe(*a, nil)",
    );
    assert_eq!(port(&program), Some(9105));
    assert_eq!(program.env[0].value.key, "WEB");
    let program = with(&[(
        "main.go",
        "package main\nimport (\"net/http\"; \"github.com/alecthomas/kong\")\ntype cli struct {\n\tBindAddr string `default:\"localhost:7105\" help:\"x\"`\n}\nfunc main() {\n\tvar c cli\n\tkong.Parse(&c)\n\thttp.ListenAndServe(c.BindAddr, nil)\n}\n",
    )]);
    let args = program.args.as_ref().map(|args| args.value.as_str());
    assert_eq!(args, Some("--bind-addr=0.0.0.0:7105"));
}

#[test]
fn metrics_are_exposed_last_and_profilers_never() {
    let program = main(
        "net/http",
        "go func() { http.ListenAndServe(\":9100\", metrics()) }()\ngo func() { http.ListenAndServe(\":6060\", pprof()) }()\nhttp.ListenAndServe(\":7106\", nil)",
    );
    let more: Vec<String> = program.more_ports.iter().map(|port| port.value.to_string()).collect();
    assert_eq!((port(&program), more), (Some(7106), vec!["9100".to_owned()]));
}

#[test]
fn a_port_that_only_a_name_speaks_for_is_a_guess() {
    use crate::facts::Strength;
    let program = main("net/http", "const listenPort = 7107\nhttp.ListenAndServe(address(), nil)");
    let strength = program.port.as_ref().map(|port| port.strength);
    assert!(strength.is_none_or(|strength| strength == Strength::Guessed));
    let program = main("net/http", "http.ListenAndServe(\":7108\", nil)");
    assert_eq!(program.port.unwrap().strength, Strength::Stated);
}

#[test]
fn vipers_file_that_must_exist_is_said_to_be_missing() {
    let program = main(
        "github.com/spf13/viper",
        "viper.SetConfigName(\"app\")\nviper.AddConfigPath(\".\")\nif err := viper.ReadInConfig(); err != nil {\npanic(err)\n}",
    );
    assert_eq!(codes(&program), ["file-missing"]);
    // One of several folders is enough.
    let several = |files: &[(&str, &str)]| {
        let main = "package main\nimport \"github.com/spf13/viper\"\nfunc main() {\nviper.SetConfigName(\"app\")\nviper.AddConfigPath(\"/etc/app/\")\nviper.AddConfigPath(\"$HOME/.app\")\nviper.AddConfigPath(\".\")\nif err := viper.ReadInConfig(); err != nil {\npanic(err)\n}\n}\n";
        let all = [&[("main.go", main)], files].concat();
        let found = with(&all).findings.into_iter();
        found.map(|finding| finding.what).collect::<Vec<_>>().join("; ")
    };
    let expected =
        "the program stops if it cannot open app.yaml, and the repository does not hold it";
    assert_eq!(several(&[]), expected);
    assert_eq!(several(&[("app.yml", "a: 1\n")]), "");
}

/// The program and its arguments of a main.go with that import.
fn args(import: &str, code: &str) -> Option<String> {
    let text = format!("package main\nimport \"net/http\"\nimport \"{import}\"\n{code}");
    with(&[("main.go", &text)]).args.map(|args| args.value)
}

#[test]
fn the_command_that_listens_is_found_by_what_it_does() {
    let cobra = |first: &str, second: &str| {
        args(
            "github.com/spf13/cobra",
            &format!(
                "var a = &cobra.Command{{Use: \"gateway\", RunE: {first}}}\nvar b = &cobra.Command{{Use: \"sync\", Run: {second}}}\nfunc serve() {{ listen() }}\nfunc listen() {{ http.ListenAndServe(\":80\", nil) }}\nfunc main() {{ root.AddCommand(a, b) }}\n"
            ),
        )
    };
    let direct =
        "func(c *cobra.Command, _ []string) error { return http.ListenAndServe(\":80\", nil) }";
    assert_eq!(cobra(direct, "nothing").as_deref(), Some("gateway"));
    assert_eq!(cobra("serve", "nothing").as_deref(), Some("gateway"));
    assert_eq!(cobra("serve", "listen"), None);
    let kong = |tag: &str| {
        args(
            "github.com/alecthomas/kong",
            &format!(
                "type Hub struct {{ A string }}\nfunc (h *Hub) Run() error {{ return http.ListenAndServe(\":80\", nil) }}\ntype Two struct {{ B string }}\nfunc (t *Two) Run() error {{ return nil }}\nvar cli struct {{\nRunHub Hub `{tag}`\nTwo Two `cmd:\"\"`\n}}\nfunc main() {{ kong.Parse(&cli) }}\n"
            ),
        )
    };
    assert_eq!(kong("cmd:\"\"").as_deref(), Some("run-hub"));
    assert_eq!(kong("cmd:\"\" name:\"hub\"").as_deref(), Some("hub"));
    assert_eq!(kong("cmd:\"\" default:\"1\""), None);
    let kingpin = "var a = kingpin.Command(\"hub\", \"\")\nvar b = kingpin.Command(\"two\", \"\")\nfunc main() {\nswitch kingpin.Parse() {\ncase a.FullCommand():\nhttp.ListenAndServe(\":80\", nil)\ncase b.FullCommand():\n}\n}\n";
    assert_eq!(args("github.com/alecthomas/kingpin/v2", kingpin).as_deref(), Some("hub"));
}

#[test]
fn files_behind_a_tag_of_the_build_are_read() {
    let main =
        "package main\nimport \"net/http\"\nfunc main() { http.ListenAndServe(addr, nil) }\n";
    let program = with(&[
        ("main.go", main),
        ("a.go", "//go:build !full\n\npackage main\n\nconst addr = \":1001\"\n"),
        ("b.go", "//go:build full\n\npackage main\n\nconst addr = \":1002\"\n"),
        ("Makefile", "all:\n\tgo build -tags full .\n"),
    ]);
    assert_eq!(program.port.map(|port| port.value), Some(1002));
}

#[test]
fn modules_that_start_a_browser_need_it() {
    let program = main("github.com/chromedp/chromedp", "chromedp.Run(nil)");
    assert_eq!(program.needs.packages[0].value, "chromium");
}

/// What a program with settings of a library sets: variables, and where it listens.
fn set(import: &str, types: &str, body: &str) -> (Vec<String>, Option<u16>) {
    let text = format!(
        "package main\nimport (\"net/http\"; \"{import}\")\n{types}\nfunc main() {{\n{body}\n}}\n"
    );
    let program = with(&[("main.go", &text)]);
    let env = program.env.iter().map(|var| format!("{}={}", var.value.key, var.value.value));
    (env.collect(), port(&program))
}

#[test]
fn what_holds_a_field_stands_before_its_variable() {
    let env = "github.com/caarlos0/env/v11";
    let http = "type HTTP struct { Addr string `env:\"ADDR\" envDefault:\"localhost:7102\"` }\n";
    let listens = |path: &str| format!("var c Config\nhttp.ListenAndServe({path}, nil)");
    let one = format!("{http}type Config struct {{ HTTP HTTP `envPrefix:\"HTTP_\"` }}\n");
    let (set_to, _) = set(env, &one, &listens("c.HTTP.Addr"));
    assert_eq!(set_to, ["HTTP_ADDR=0.0.0.0:7102"]);
    let body = format!("env.Options{{Prefix: \"X_\"}}\n{}", listens("c.HTTP.Addr"));
    assert_eq!(set(env, &one, &body).0, ["X_HTTP_ADDR=0.0.0.0:7102"]);
    let two = format!(
        "{http}type Config struct {{\nOne HTTP `envPrefix:\"ONE_\"`\nTwo HTTP `envPrefix:\"TWO_\"`\n}}\n"
    );
    assert_eq!(set(env, &two, &listens("c.Two.Addr")).0, ["TWO_ADDR=0.0.0.0:7102"]);
    // It is not known which of the two runs, so no variable is named.
    let passed = "func serve(h HTTP) { http.ListenAndServe(h.Addr, nil) }\n";
    let body = "var c Config\nserve(c.One)";
    assert!(set(env, &format!("{two}{passed}"), body).0.is_empty());
    let (set_to, port) = set(
        "github.com/kelseyhightower/envconfig",
        "type Config struct { ListenAddr string `split_words:\"true\" default:\"localhost:7103\"` }\n",
        "var c Config\nenvconfig.Process(\"app\", &c)\nhttp.ListenAndServe(c.ListenAddr, nil)",
    );
    assert_eq!((set_to, port), (vec!["APP_LISTEN_ADDR=0.0.0.0:7103".to_owned()], Some(7103)));
    let (set_to, _) = set(
        "github.com/ardanlabs/conf/v3",
        "",
        "c := struct { Web struct { APIHost string `conf:\"default:localhost:7104\"` } }{}\nconf.Parse(\"APP\", &c)\nhttp.ListenAndServe(c.Web.APIHost, nil)",
    );
    assert_eq!(set_to, ["APP_WEB_API_HOST=0.0.0.0:7104"]);
}

#[test]
fn settings_by_key_reach_the_struct_that_is_filled() {
    let types = "type Web struct { Addr string `mapstructure:\"addr\"` }\ntype Config struct { Web Web `mapstructure:\"web\"` }\n";
    let (env, port) = set(
        "github.com/spf13/viper",
        types,
        "viper.SetDefault(\"web.addr\", \"localhost:7105\")\nviper.SetEnvPrefix(\"x\")\nviper.SetEnvKeyReplacer(strings.NewReplacer(\".\", \"_\"))\nviper.AutomaticEnv()\nvar c Config\nviper.Unmarshal(&c)\nhttp.ListenAndServe(c.Web.Addr, nil)",
    );
    assert_eq!((env, port), (vec!["X_WEB_ADDR=0.0.0.0:7105".to_owned()], Some(7105)));
    let koanf = "k := koanf.New(\".\")\nk.Load(confmap.Provider(map[string]any{\"web.port\": 7106}, \".\"), nil)\nhttp.ListenAndServe(fmt.Sprintf(\":%d\", k.Int(\"web.port\")), nil)";
    let text = format!(
        "package main\nimport (\"fmt\"; \"net/http\"; \"github.com/knadh/koanf/v2\")\nfunc main() {{\n{koanf}\n}}\n"
    );
    assert_eq!(self::port(&with(&[("main.go", &text)])), Some(7106));
}

#[test]
fn a_settings_file_that_is_carried_says_more_than_a_default() {
    let code = "package main\nimport (\"net/http\"; \"os\"; \"github.com/ilyakaznacheev/cleanenv\")\ntype Config struct {\nDir string `yaml:\"dir\" env-default:\"other\"`\nHTTP `yaml:\"http\"`\n}\ntype HTTP struct { Addr string `yaml:\"addr\" env-default:\":1\"` }\nfunc main() {\nvar c Config\ncleanenv.ReadConfig(\"c.yaml\", &c)\nos.MkdirAll(c.Dir, 0755)\nhttp.ListenAndServe(c.Addr, nil)\n}\n";
    let program =
        with(&[("main.go", code), ("c.yaml", "dir: kept\nhttp:\n  addr: 0.0.0.0:7107\n")]);
    assert_eq!((port(&program), folders(&program)), (Some(7107), vec!["kept"]));
    assert_eq!(port(&with(&[("main.go", code)])), Some(1));
}

#[test]
fn fields_of_embedded_types_are_their_holders() {
    let code = "package main\nimport (\"fmt\"; \"net/http\"; \"github.com/jessevdk/go-flags\")\ntype TLS struct { Port int `long:\"port\" default:\"7443\"` }\ntype Server struct {\nTLS TLS `namespace:\"tls\"`\nPort int `long:\"port\" default:\"7108\"`\n}\ntype app struct {\n*Server\nname string\n}\nfunc (s *Server) Execute(args []string) error { a := &app{Server: s}; a.serve(); return nil }\nfunc (a *app) serve() { listen(a.Port); listen(a.TLS.Port) }\nfunc listen(port int) { http.ListenAndServe(fmt.Sprintf(\":%d\", port), nil) }\ntype Other struct{}\nfunc (o *Other) Execute(args []string) error { return nil }\nvar options struct {\nServer Server `command:\"hub\"`\nOther Other `command:\"other\"`\n}\nfunc main() { flags.NewParser(&options, flags.Default).Parse() }\n";
    let program = with(&[("main.go", code)]);
    assert_eq!(port(&program), Some(7108));
    assert_eq!(program.args.unwrap().value, "hub");
}

#[test]
fn a_framework_that_another_file_made_listens() {
    let program = with(&[
        (
            "main.go",
            "package main\nimport \"example.com/app/api\"\nfunc main() { api.New().Setup() }\n",
        ),
        (
            "api/api.go",
            "package api\nimport \"fmt\"\ntype App struct{ port int }\nfunc New() *App { return &App{port: 7100} }\nfunc (a *App) Setup() error {\n\trouter, err := a.router()\n\tif err != nil { return err }\n\treturn router.Run(fmt.Sprintf(\":%d\", a.port))\n}\n",
        ),
        (
            "api/router.go",
            "package api\nimport \"github.com/gin-gonic/gin\"\nfunc (a *App) router() (*gin.Engine, error) { return gin.New(), nil }\n",
        ),
    ]);
    assert_eq!(port(&program), Some(7100));
}

//! What a program asks of whoever starts it, what frameworks read without being told, and folders
//! that nothing but a name states.

use super::*;

fn args(program: &Program) -> Option<&str> {
    program.args.as_ref().map(|args| args.value.as_str())
}

fn said(program: &Program) -> Vec<&str> {
    program.findings.iter().map(|finding| finding.what.as_str()).collect()
}

#[test]
fn flags_without_which_a_program_stops() {
    let stops = ["the program stops without the argument `--dir`"];
    let cobra = |more: &str| {
        with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"net/http\"; \"github.com/spf13/cobra\")\nfunc main() {{\n\tvar dir string\n\tcmd := &cobra.Command{{Use: \"x\", RunE: func(c *cobra.Command, a []string) error {{ return http.ListenAndServe(\":8090\", nil) }}}}\n\tcmd.Flags().StringVar(&dir, \"dir\", \"\", \"\")\n\t{more}\n\tcmd.Execute()\n}}\n"
            ),
        )])
    };
    assert_eq!(said(&cobra("cmd.MarkFlagRequired(\"dir\")")), stops);
    assert_eq!(said(&cobra("cobra.MarkFlagRequired(cmd.Flags(), \"dir\")")), stops);
    assert!(said(&cobra("")).is_empty());
    // Of two commands the one that is started counts.
    let two = |marked: &str| {
        with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"net/http\"; \"github.com/spf13/cobra\")\nvar root = &cobra.Command{{Use: \"x\"}}\nvar serve = &cobra.Command{{Use: \"serve\", Run: func(c *cobra.Command, a []string) {{ http.ListenAndServe(\":8091\", nil) }}}}\nvar load = &cobra.Command{{Use: \"load\", Run: f}}\nfunc main() {{\n\troot.AddCommand(serve, load)\n\t{marked}.MarkFlagRequired(\"dir\")\n\troot.Execute()\n}}\n"
            ),
        )])
    };
    assert_eq!((said(&two("serve")), args(&two("serve"))), (stops.to_vec(), Some("serve")));
    assert!(said(&two("load")).is_empty());
    let urfave = |flag: &str| {
        with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"net/http\"; \"os\"; \"github.com/urfave/cli/v2\")\nfunc main() {{\n\tapp := &cli.App{{Flags: []cli.Flag{{&cli.StringFlag{{Name: \"dir\", {flag}}}}}, Action: func(c *cli.Context) error {{ return http.ListenAndServe(\":8092\", nil) }}}}\n\tapp.Run(os.Args)\n}}\n"
            ),
        )])
    };
    assert_eq!(said(&urfave("Required: true")), stops);
    assert!(said(&urfave("Required: true, Value: \"x\"")).is_empty());
    let plain = |test: &str| {
        main(
            "net/http flag log",
            &format!(
                "dir := flag.String(\"dir\", \"\", \"\")\nflag.Parse()\n{test}\nlog.Fatal(http.ListenAndServe(\":8093\", nil))"
            ),
        )
    };
    assert_eq!(said(&plain("if *dir == \"\" { log.Fatal(\"set it\") }")), stops);
    assert!(said(&plain("if *dir == \"\" { log.Print(\"none\") }")).is_empty());
    // A key of viper is a variable.
    let viper = main(
        "net/http log github.com/spf13/viper",
        "viper.AutomaticEnv()\nv := viper.GetString(\"dir\")\nif v == \"\" { log.Fatal(\"set it\") }\nlog.Fatal(http.ListenAndServe(\":8094\", nil))",
    );
    assert_eq!(said(&viper), ["the program has no default for DIR"]);
}

#[test]
fn a_field_of_another_type_names_no_folder() {
    let program = |other: &str| {
        with(&[
            (
                "main.go",
                "package main\nimport (\"net/http\"; \"os\"; \"path/filepath\"; \"example.com/app/conf\")\nfunc main() {\n\tconf.Load()\n\titem := find()\n\tos.MkdirAll(filepath.Join(item.Root, \"blobs\"), 0o755)\n\thttp.ListenAndServe(\":8095\", nil)\n}\n",
            ),
            ("conf/conf.go", other),
        ])
    };
    let like = program(
        "package conf\ntype Pages struct { Root string }\nfunc Load() *Pages { return &Pages{Root: \"web/public\"} }\n",
    );
    assert!(like.writable.is_empty());
    assert_eq!(codes(&like), ["folder-unknown"]);
}

#[test]
fn folders_and_files_beside_the_executable() {
    let exe = "func here() string { exe, _ := os.Executable(); return filepath.Dir(exe) }";
    let program = |body: &str| {
        with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"net/http\"; \"os\"; \"flag\"; \"path/filepath\")\n{exe}\nfunc main() {{\n{body}\n\thttp.ListenAndServe(\":8096\", nil)\n}}\n"
            ),
        )])
    };
    let flag = program(
        "d := flag.String(\"data\", filepath.Join(here(), \"store\"), \"\")\nos.MkdirAll(*d, 0o755)",
    );
    assert_eq!(flag.writable[0].value, "store");
    let file = program("os.Create(filepath.Join(here(), \"app.log\"))");
    assert!(file.writable.is_empty());
    assert_eq!(codes(&file), ["writes-beside-program"]);
}

#[test]
fn settings_that_a_framework_reads_without_being_told() {
    let beego = |main: &str, conf: &str| {
        with(&[
            (
                "main.go",
                &format!(
                    "package main\nimport (\"fmt\"; \"github.com/beego/beego/v2/server/web\")\nfunc main() {{ {main} }}\n"
                ),
            ),
            ("conf/app.conf", conf),
        ])
    };
    let run = "web.Run()";
    let program = beego(run, "httpport = 9096\n");
    assert_eq!(port(&program), Some(9096));
    assert_eq!(program.files[0].value.as_str(), "conf/app.conf");
    assert_eq!(
        port(&beego(run, "runmode = prod\nhttpport = 1\n[prod]\nhttpport = 9097\n")),
        Some(9097)
    );
    let read =
        "port := web.AppConfig.DefaultInt(\"httpport\", 8000); web.Run(fmt.Sprintf(\":%v\", port))";
    assert_eq!(port(&beego(read, "httpport = 9098\n")), Some(9098));
    assert_eq!(port(&beego(read, "appname = x\n")), Some(8000));
    let variable = beego(run, "httpport = ${PORT||9099}\n");
    assert_eq!((port(&variable), variable.port_variable.as_deref()), (Some(9099), Some("PORT")));
}

#[test]
fn a_failure_that_is_taken_into_account_ends_nothing() {
    let serve = "log.Fatal(http.ListenAndServe(\":8100\", nil))";
    let env = |body: &str| {
        codes(&main("net/http log os github.com/joho/godotenv", &format!("{body}\n{serve}"))).len()
    };
    assert_eq!(env("if err := godotenv.Load(); err != nil {\nlog.Println(\"none\")\n}"), 0);
    assert_eq!(env("err := godotenv.Load()\nif err != nil {\nlog.Println(\"none\")\n}"), 0);
    assert_eq!(env("_ = godotenv.Load()"), 0);
    assert_eq!(env("if err := godotenv.Load(); err != nil {\nlog.Fatal(err)\n}"), 1);
    assert_eq!(env("err := godotenv.Load()\nif err != nil {\nlog.Fatal(err)\n}"), 1);
    let read = |load: &str, body: &str| {
        let program = with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"os\"; \"io/fs\"; \"errors\"; \"log\"; \"net/http\")\n{load}\nfunc main() {{\n{body}\n{serve}\n}}\n"
            ),
        )]);
        codes(&program).len()
    };
    let load = |tests: &str| {
        format!(
            "func load() error {{\n_, err := os.ReadFile(\"app.json\")\n{tests}\nreturn err\n}}"
        )
    };
    let fatal = "if err := load(); err != nil {\nlog.Fatal(err)\n}";
    assert_eq!(read(&load(""), fatal), 1);
    assert_eq!(read(&load("if err != nil {\nreturn err\n}"), fatal), 1);
    assert_eq!(read(&load("if errors.Is(err, os.ErrNotExist) {\nreturn nil\n}"), fatal), 0);
    let nested = "if err != nil {\nif os.IsNotExist(err) {\nreturn nil\n}\nreturn err\n}";
    assert_eq!(read(&load(nested), fatal), 0);
    let plain = |test: &str| format!("_, err := os.ReadFile(\"app.json\")\n{test}");
    assert_eq!(
        read("", &plain("if err != nil && !errors.Is(err, fs.ErrNotExist) {\nlog.Fatal(err)\n}")),
        0
    );
    assert_eq!(read("", &plain("if err != nil {\nlog.Fatal(err)\n}")), 1);
    assert_eq!(read("", &plain("if err == nil {\nuse()\n} else {\nlog.Fatal(err)\n}")), 1);
    assert_eq!(read("", &plain("if err == nil {\nuse()\n}")), 0);
    // A function asks first, or another task of the program opens it.
    let exists = "func exists(p string) bool { _, err := os.Stat(p); return err == nil }";
    let inside = "if _, err := os.ReadFile(\"app.json\"); err != nil {\nlog.Fatal(err)\n}";
    assert_eq!(read(exists, &format!("if exists(\"app.json\") {{\n{inside}\n}}")), 0);
    assert_eq!(
        read(
            "",
            &format!("if len(os.Args) > 1 && os.Args[1] == \"import\" {{\n{inside}\nreturn\n}}")
        ),
        0
    );
}

#[test]
fn temporary_folders_are_known() {
    let program = main(
        "net/http os path/filepath",
        "dir, err := os.MkdirTemp(\"\", \"job\")\nos.MkdirAll(filepath.Join(dir, \"a\"), 0o755)\nos.WriteFile(filepath.Join(os.TempDir(), \"b\", \"c.txt\"), nil, 0o600)\nhttp.ListenAndServe(\":8101\", nil)",
    );
    assert!(program.writable.is_empty() && said(&program).is_empty());
    assert!(program.needs.temporary_files.is_some());
    let own = main(
        "net/http os path/filepath",
        "dir, err := os.MkdirTemp(\"work\", \"job\")\nos.MkdirAll(filepath.Join(dir, \"a\"), 0o755)\nhttp.ListenAndServe(\":8102\", nil)",
    );
    assert!(own.writable.iter().any(|folder| folder.value.starts_with("work")));
}

#[test]
fn a_working_directory_that_is_served_is_not_the_programs() {
    let facts = facts(&[(
        "main.go",
        "package main\nimport (\"flag\"; \"net/http\")\nfunc main() {\n\tdir := flag.String(\"dir\", \".\", \"\")\n\tflag.Parse()\n\thttp.ListenAndServe(\":8103\", http.FileServer(http.Dir(*dir)))\n}\n",
    )]);
    assert_eq!(codes(&facts.programs[0]), ["serves-own-folder"]);
    let details: crate::detect::go::Details = facts.details().unwrap();
    let own = details.programs.values().next().unwrap();
    assert_eq!(own.workdir.as_deref(), Some("/srv"));
}

#[test]
fn a_listener_behind_a_flag_and_one_for_datagrams() {
    let program = with(&[(
        "main.go",
        "package main\nimport (\"flag\"; \"net/http\")\nvar debug = flag.Bool(\"debug\", false, \"\")\nfunc beside() {\n\ts := http.Server{Addr: \"localhost:6060\"}\n\ts.ListenAndServe()\n}\nfunc main() {\n\tif *debug {\n\t\tgo beside()\n\t}\n\ts := &http.Server{Addr: \":3000\"}\n\ts.ListenAndServe()\n}\n",
    )]);
    assert_eq!((port(&program), program.more_ports.len()), (Some(3000), 0));
    let quic = main(
        "github.com/quic-go/quic-go/http3",
        "s := &http3.Server{Addr: \":4433\"}\ns.ListenAndServe()",
    );
    assert!(quic.port.is_none() && quic.more_ports[0].value.number == 4433);
}

fn required(program: &Program) -> String {
    let names: Vec<&str> = program.required.iter().map(|one| one.value.as_str()).collect();
    names.join(" ")
}

#[test]
fn errors_of_another_package_end_the_program() {
    let load = |body: &str, use_of: &str| {
        with(&[
            (
                "main.go",
                &format!(
                    "package main\nimport (\"log\"; \"net/http\"; \"example.com/app/conf\")\nfunc main() {{\n\t{use_of}\n\tlog.Fatal(http.ListenAndServe(\":8080\", nil))\n}}\n"
                ),
            ),
            (
                "conf/conf.go",
                &format!(
                    "package conf\nimport (\"errors\"; \"os\")\nvar ErrNoKey = errors.New(\"no key\")\ntype Config struct {{ URL string }}\nfunc (c *Config) Validate() error {{\n\tif c.URL == \"\" {{ return ErrNoKey }}\n\treturn nil\n}}\nfunc Load() (*Config, error) {{\n{body}\n}}\n"
                ),
            ),
        ])
    };
    let fatal = "c, err := conf.Load()\n\tif err != nil { log.Fatal(err) }\n\t_ = c";
    let direct = "k := os.Getenv(\"APP_KEY\")\nif k == \"\" { return nil, errors.New(\"no APP_KEY\") }\nreturn &Config{URL: k}, nil";
    let checked = "c := &Config{URL: os.Getenv(\"APP_URL\")}\nif err := c.Validate(); err != nil { return nil, err }\nreturn c, nil";
    assert_eq!(required(&load(direct, fatal)), "APP_KEY");
    assert_eq!(required(&load(checked, fatal)), "APP_URL");
    let maybe = format!("if len(os.Args) > 1 {{\n{fatal}\n}}");
    assert_eq!(required(&load(direct, &maybe)), "");
    let printed = "if _, err := conf.Load(); err != nil { log.Println(\"defaults\") }";
    assert_eq!(required(&load(checked, printed)), "");
}

#[test]
fn a_default_that_the_program_refuses_is_demanded() {
    let with = |test: &str| {
        main(
            "log net/http os",
            &format!(
                "s := os.Getenv(\"APP_SECRET\")\nif s == \"\" {{ s = \"changeme\" }}\nif s == \"{test}\" {{ log.Fatal(\"set it\") }}\nhttp.ListenAndServe(\":8080\", nil)"
            ),
        )
    };
    assert_eq!(required(&with("changeme")), "APP_SECRET");
    assert_eq!(required(&with("other")), "");
}

#[test]
fn a_command_whose_action_is_the_programs_is_no_argument() {
    let app = |action: &str| {
        with(&[(
            "main.go",
            &format!(
                "package main\nimport (\"net/http\"; \"os\"; \"github.com/urfave/cli\")\nvar Serve = cli.Command{{Name: \"serve\", Action: func(c *cli.Context) error {{ return http.ListenAndServe(\":8080\", nil) }}}}\nvar Export = cli.Command{{Name: \"export\", Action: f}}\nfunc main() {{\n\tapp := cli.NewApp()\n\t{action}\n\tapp.Run(os.Args)\n}}\n"
            ),
        )])
    };
    assert_eq!(
        args(&app("app.Action = Serve.Action\n\tapp.Commands = []cli.Command{Export}")),
        None
    );
    assert_eq!(args(&app("app.Commands = []cli.Command{Serve, Export}")), Some("serve"));
}

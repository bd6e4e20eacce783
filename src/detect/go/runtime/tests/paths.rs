//! Paths that come from lists, from settings files, and from the build of a front end.

use super::*;

fn texts(all: &[Sourced<String>]) -> Vec<&str> {
    all.iter().map(|one| one.value.as_str()).collect()
}

fn carried(program: &Program) -> Vec<&str> {
    program.files.iter().map(|file| file.value.as_str()).collect()
}

#[test]
fn a_list_that_a_helper_spreads_is_a_path() {
    let code = |helper: &str, call: &str| {
        format!(
            "package main\nimport (\"os\"; \"path\"; \"path/filepath\")\n{helper}\nfunc main() {{\n\
             f, _ := os.Open({call})\n_ = f\n_ = path.Join\n_ = filepath.Join\n}}\n"
        )
    };
    let held = ("sql/one.sql", "");
    let of = |helper: &str, call: &str| {
        let program = with(&[("main.go", &code(helper, call)), held]);
        program.files.iter().map(|file| file.value.to_string()).collect::<Vec<_>>()
    };
    let list = "func at(p ...string) string {\nroot := \"./\"\nall := append([]string{root}, p...)\nreturn path.Join(all...)\n}";
    assert_eq!(of(list, "at(\"/sql\")"), ["sql"]);
    let method = "type dir struct{ root string }\nfunc (d dir) at(p ...string) string { return filepath.Join(append([]string{d.root}, p...)...) }\nvar base = dir{}";
    assert_eq!(of(method, "base.at(\"sql\", \"one.sql\")"), ["sql/one.sql"]);
    // A list that a loop fills is not known.
    let grown = "func at(p ...string) string {\nall := []string{\".\"}\nfor _, one := range p {\nall = append(all, one)\n}\nreturn path.Join(all...)\n}";
    assert!(of(grown, "at(\"sqlx\")").is_empty());
}

#[test]
fn every_path_that_a_loop_goes_through_counts() {
    let program = main(
        "os",
        "for _, dir := range []string{\"store/a\", \"queue\"} {\nif err := os.MkdirAll(dir, 0755); err != nil { panic(err) }\n}",
    );
    assert_eq!(texts(&program.writable), ["queue", "store/a"]);
    // The program goes on with the next one.
    let program = main(
        "os log",
        "for _, file := range []string{\"a.yml\", \"/b.yml\"} {\nif _, err := os.ReadFile(file); err != nil { log.Fatal(err) }\n}",
    );
    assert!(!codes(&program).contains(&"file-missing"));
}

#[test]
fn settings_name_folders_and_files() {
    let code = "package main\nimport (\"database/sql\"; \"encoding/json\"; \"net/http\"; \"os\")\ntype config struct {\n\tDB string `json:\"db_path\"`\n\tPages string `json:\"static_dir\"`\n}\nvar conf config\nfunc main() {\n\ttext, _ := os.ReadFile(\"config.json\")\n\tjson.Unmarshal(text, &conf)\n\tsql.Open(\"sqlite3\", conf.DB)\n\thttp.Handle(\"/\", http.FileServer(http.Dir(conf.Pages)))\n\thttp.ListenAndServe(\":80\", nil)\n}\n";
    let of = |settings: &str| {
        let files = [
            ("main.go", code),
            ("config.json", settings),
            ("pages/index.html", "x"),
            ("sql/up_1.sql", ""),
        ];
        with(&files)
    };
    let program = of(
        "{\n\"db_path\": \"state/app.db\",\n\"static_dir\": \"pages\",\n\"prefix\": \"sql/up_\"\n}",
    );
    assert_eq!(texts(&program.writable), ["state"]);
    assert_eq!(carried(&program), ["config.json", "pages", "sql"]);
    let folder = &program.writable[0].evidence;
    assert!(folder.iter().any(|at| at.place() == "config.json:2"), "{folder:?}");
    // A database beside the program can be written nowhere.
    let program = of("{\n\"db_path\": \"app.db\",\n\"static_dir\": \"pages\"\n}");
    let found = program.findings.iter().find(|f| f.code.as_str() == "writes-beside-program");
    assert!(found.unwrap().evidence.iter().any(|at| at.place() == "config.json:2"));
}

#[test]
fn a_served_folder_that_nothing_fills_is_reported() {
    let of = |body: &str| {
        let program = main("net/http os", &format!("{body}\nhttp.ListenAndServe(\":80\", nil)"));
        let found = program.findings.into_iter();
        let mut found = found.filter(|f| f.code.as_str() == "served-folder-missing");
        found.next().map(|found| found.what)
    };
    let serve = |dir: &str| format!("http.Handle(\"/\", http.FileServer(http.Dir({dir})))");
    assert!(of(&serve("\"/opt/app/web\"")).unwrap().contains("/opt/app/web"));
    assert!(of(&serve("\"./ui/dist\"")).unwrap().contains("./ui/dist"));
    let tried = "for _, dir := range []string{\"./ui\", \"/usr/share/app/ui\"} {\nif _, err := os.Stat(dir); err == nil {\nhttp.Handle(\"/\", http.FileServer(http.Dir(dir)))\n}\n}";
    assert!(of(tried).unwrap().contains("./ui or /usr/share/app/ui"));
    // Nothing is missing of what the program writes itself, or gets while it runs.
    let written = format!("os.MkdirAll(\"shots\", 0755)\n{}", serve("\"shots\""));
    for quiet in [written, serve("\".\""), serve("\"./uploads\""), serve("os.Args[1]")] {
        assert_eq!(of(&quiet), None, "{quiet}");
    }
}

#[test]
fn a_dockerfile_says_what_fills_an_absolute_folder() {
    let docker = "FROM node AS pages\nWORKDIR /build\nCOPY ui ./\nRUN npm ci && npm run build\nFROM golang AS build\nCOPY . .\nRUN go build -o /app .\nFROM debian\nCOPY --from=build /app /app\nCOPY --from=pages /build/dist /opt/app/web\n";
    let program = with(&[
        (
            "main.go",
            "package main\nimport \"net/http\"\nfunc main() {\nhttp.Handle(\"/\", http.FileServer(http.Dir(\"/opt/app/web\")))\nhttp.ListenAndServe(\":80\", nil)\n}\n",
        ),
        ("Dockerfile", docker),
        (
            "ui/package.json",
            r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#,
        ),
        ("ui/index.html", ""),
    ]);
    let made: &FrontEnd = &program.front_ends[0].value;
    assert_eq!(
        (made.dir.as_str(), made.opened.as_deref(), made.moved_from.as_ref().unwrap().as_str()),
        ("ui", Some("/opt/app/web"), "ui/dist")
    );
    assert!(!codes(&program).contains(&"served-folder-missing"));
}

#[test]
fn further_listeners_on_the_loopback_address_are_no_ports() {
    let of = |body: &str| {
        let program = main("net/http flag os", body);
        let more: Vec<u16> = program.more_ports.iter().map(|port| port.value.number).collect();
        (port(&program), more, codes(&program).contains(&"localhost-only"))
    };
    let second = "other := flag.String(\"second\", \"127.0.0.1:7602\", \"\")\nhttp.ListenAndServe(*other, nil)";
    let first = "http.ListenAndServe(\":7601\", nil)";
    assert_eq!(of(&format!("{first}\n{second}")), (Some(7601), vec![], true));
    let open = second.replace("127.0.0.1", "0.0.0.0");
    assert_eq!(of(&format!("{first}\n{open}")), (Some(7601), vec![7602], false));
    // One variable opens both.
    let shared = "h := os.Getenv(\"BIND_HOST\")\nif h == \"\" { h = \"127.0.0.1\" }\nhttp.ListenAndServe(h+\":7601\", nil)\nhttp.ListenAndServe(h+\":7602\", nil)";
    assert_eq!(of(shared), (Some(7601), vec![7602], false));
}

#[test]
fn a_command_in_a_function_that_nothing_leads_to_is_not_needed() {
    let of = |main: &str, tools: &str| {
        let program = with(&[
            ("main.go", &format!("package main\nimport \"example.com/app/tools\"\n{main}\n")),
            ("tools/tools.go", &format!("package tools\nimport \"os/exec\"\n{tools}\n")),
        ]);
        codes(&program).contains(&"command-unknown")
    };
    let tools = "type Tool struct{}\nfunc (t Tool) Run() { exec.Command(\"frobnicate\").Run() }\nfunc New() Tool { return Tool{} }\nfunc Help() {}";
    assert!(of("func main() { tools.New().Run() }", tools));
    assert!(!of("func main() { tools.Help() }", tools));
    // An interface may lead to the method.
    assert!(of("func main() { use(tools.New()) }\nfunc use(x any) {}", tools));
    let early = "var found = search()\nfunc search() error { return exec.Command(\"frobnicate\").Run() }\nfunc Help() {}";
    assert!(of("func main() { tools.Help() }", early));
    // The program looks for itself.
    let itself = "func Help() { exec.LookPath(\"app\"); exec.LookPath(\"./app\") }";
    assert!(!of("func main() { tools.Help() }", itself));
}

#[test]
fn methods_that_a_generator_writes_and_nothing_calls_are_not_missing() {
    let of = |body: &str| {
        let text = format!(
            "package main\nimport \"fmt\"\n//go:generate stringer -type=Colour\ntype Colour int\nfunc main() {{\nvar c Colour\n{body}\n}}\n"
        );
        codes(&with(&[("main.go", &text)])).contains(&"generated-file-missing")
    };
    assert!(of("fmt.Println(c.String())"));
    assert!(!of("fmt.Println(c)"));
}

#[test]
fn variables_that_only_a_mode_demands_come_last() {
    let program = main(
        "os",
        "if mode == \"b\" {\nneed(\"A_BUCKET\")\n}\nneed(\"Z_SECRET\")\n}\nfunc need(name string) {\nif os.Getenv(name) == \"\" { panic(name) }",
    );
    let names: Vec<&str> = program.required.iter().map(|one| one.value.as_str()).collect();
    assert_eq!(names, ["Z_SECRET", "A_BUCKET"]);
}

#[test]
fn a_variable_is_read_by_a_method_of_its_name() {
    let program = with(&[(
        "main.go",
        "package main\nimport (\"net\"; \"net/http\"; \"os\")\ntype Setting string\nconst Host Setting = \"APP_HOST\"\nfunc (s Setting) Value() string { return os.Getenv(string(s)) }\nfunc host() string {\nif h := Host.Value(); h != \"\" { return h }\nreturn \"127.0.0.1\"\n}\nfunc main() { http.ListenAndServe(net.JoinHostPort(host(), \"7701\"), nil) }\n",
    )]);
    let env: Vec<_> = program.env.iter().map(|var| var.value.key.as_str()).collect();
    assert_eq!((port(&program), env), (Some(7701), vec!["APP_HOST"]));
}

#[test]
fn an_example_of_a_configuration_states_a_port_and_another_server_does_not() {
    let code = "package main\nimport \"net/http\"\nfunc main() {\nsmtp.Port = 587\nhttp.ListenAndServe(settings.find(\"address\"), nil)\n}\n";
    assert_eq!(port(&with(&[("main.go", code)])), None);
    let sample = ("config.sample.toml", "[server]\naddress = \"0.0.0.0:7702\"\n");
    let program = with(&[("main.go", code), sample]);
    assert_eq!(port(&program), Some(7702));
    assert_eq!(program.port.unwrap().strength, crate::facts::Strength::Guessed);
}

#[test]
fn files_that_gqlgen_writes_are_missing() {
    let config = "exec:\n  filename: graph/generated.go\nmodel:\n  filename: graph/models.go\n";
    let main = "package main\nimport _ \"example.com/app/graph\"\nfunc main() {}\n";
    let said = |held: &str| {
        let files =
            [("main.go", main), ("gqlgen.yml", config), ("graph/schema.go", "package graph\n")];
        let program = with(&[files.as_slice(), &[(held, "package graph\n")]].concat());
        program.findings.into_iter().find(|found| found.code.as_str() == "generated-file-missing")
    };
    let found = said("graph/models.go").unwrap();
    assert!(found.what.contains("graph/generated.go") && !found.what.contains("models"));
    assert_eq!(found.evidence[0].place(), "gqlgen.yml:2");
}

#[test]
fn files_that_a_tool_packs_are_reported() {
    let code = "package main\nimport rice \"github.com/GeertJohan/go.rice\"\nfunc main() { rice.FindBox(\"dist\") }\n";
    let said = |files: &[(&str, &str)]| codes(&with(files)).contains(&"packed-files");
    assert!(said(&[("main.go", code)]));
    assert!(!said(&[("main.go", code), ("rice-box.go", "package main\n")]));
}

#[test]
fn a_front_end_beside_the_module_widens_the_context() {
    let page = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"@sveltejs/kit": "2", "@sveltejs/adapter-static": "3", "vite": "7"}}"#;
    let main = "package main\nimport \"embed\"\n//go:embed all:pages\nvar pages embed.FS\nfunc main() {}\n";
    let files = [
        ("server/go.mod", "module example.com/app\ngo 1.26\n"),
        ("server/main.go", main),
        ("web/package.json", page),
        (
            "web/svelte.config.js",
            "export default { kit: { adapter: adapter({ pages: process.env.OUT ?? '../server/pages' }) } };",
        ),
    ];
    let repo = Repo::from_files(files);
    let folder = crate::path::RelPath::new("server").unwrap();
    let found = detect(&crate::repo::Dir::new(&repo, folder)).unwrap().unwrap();
    let made = &found.programs[0].front_ends[0].value;
    assert_eq!((made.dir.as_str(), made.output.as_str()), ("web", "server/pages"));
    assert_eq!(found.context.as_str(), "");
    assert!(!codes(&found.programs[0]).contains(&"embed-missing"));
}

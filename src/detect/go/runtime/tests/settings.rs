//! Settings that replace defaults, programs from lists, and what a container lacks.

use super::*;

/// A server with settings in a struct; `after` follows the defaults.
fn configured(after: &str) -> Program {
    let text = format!(
        "package main\nimport \"net/http\"\nimport \"os\"\ntype Config struct {{\nAddr string\n}}\nfunc load() Config {{\nc := Config{{Addr: \"127.0.0.1:9500\"}}\n{after}\nreturn c\n}}\nfunc main() {{\nc := load()\nhttp.ListenAndServe(c.Addr, nil)\n}}\n"
    );
    with(&[("main.go", &text)])
}

#[test]
fn a_variable_under_a_condition_replaces_the_default_of_a_field() {
    for after in [
        "if v := os.Getenv(\"ADDR\"); v != \"\" {\nc.Addr = v\n}",
        "if v, ok := os.LookupEnv(\"ADDR\"); ok {\nc.Addr = v\n}",
        "if os.Getenv(\"ADDR\") != \"\" {\nc.Addr = os.Getenv(\"ADDR\")\n}",
        "v := os.Getenv(\"ADDR\")\nif len(v) > 0 {\nc.Addr = v\n}",
    ] {
        let found = configured(after);
        let env: Vec<_> =
            found.env.iter().map(|one| (&*one.value.key, &*one.value.value)).collect();
        assert_eq!(env, [("ADDR", "0.0.0.0:9500")], "{after}");
        assert!(!codes(&found).contains(&"localhost-only"), "{after}");
    }
    // The condition asks for something else: the variable alone changes nothing.
    let found = configured("if production {\nc.Addr = os.Getenv(\"ADDR\")\n}");
    assert!(found.env.is_empty() && codes(&found).contains(&"localhost-only"));
}

fn packages(imports: &str, code: &str) -> Vec<String> {
    let imports: Vec<String> =
        imports.split_whitespace().map(|path| format!("import {path:?}\n")).collect();
    let found = with(&[("main.go", &format!("package main\n{}\n{code}\n", imports.concat()))]);
    found.needs.packages.into_iter().map(|package| package.value).collect()
}

#[test]
fn programs_of_lists_and_lines_are_found() {
    for (code, expected) in [
        (
            "var tools = [][]string{{\"ffmpeg\", \"-v\"}, {\"git\", \"-v\"}}\nfunc main() {\nfor _, t := range tools {\nexec.Command(t[0], t[1:]...).Run()\n}\n}",
            vec!["ffmpeg", "git"],
        ),
        (
            "func main() {\nargv := []string{\"git\", \"pull\"}\nexec.Command(argv[0], argv[1:]...).Run()\n}",
            vec!["git"],
        ),
        (
            "func main() {\nw := strings.Fields(\"git pull\")\nexec.Command(w[0], w[1:]...).Run()\n}",
            vec!["git"],
        ),
        (
            "func main() {\nfor _, tool := range []string{\"git\", \"ffmpeg\"} {\nexec.LookPath(tool)\n}\n}",
            vec!["ffmpeg", "git"],
        ),
        (
            "func sh(line string) { exec.Command(\"sh\", \"-c\", line).Run() }\nfunc main() {\nsh(\"cd /x && git pull | gzip\")\n}",
            vec!["git"],
        ),
        // Another element of the list is an argument.
        (
            "func main() {\nargv := []string{\"git\", \"ffmpeg\"}\nexec.Command(argv[1]).Run()\n}",
            vec!["ffmpeg"],
        ),
    ] {
        assert_eq!(packages("os/exec strings", code), expected, "{code}");
    }
}

#[test]
fn the_repository_around_the_program_is_not_in_the_image() {
    let opens = |body: &str| {
        let git = "github.com/go-git/go-git/v5";
        codes(&main(git, body)).contains(&"git-read")
    };
    assert!(opens("r, err := git.PlainOpen(\".\")"));
    assert!(!opens("r, err := git.PlainOpen(dir)"));
    assert!(!opens("git.PlainClone(\"/tmp/x\", false, o)\nr, err := git.PlainOpen(\".\")"));
}

#[test]
fn functions_of_a_package_of_the_programs_own_are_no_flags() {
    let own = "package env\nimport \"os\"\nfunc String(key, fallback string) string {\nif v, ok := os.LookupEnv(key); ok {\nreturn v\n}\nreturn fallback\n}\n";
    let text = "package main\nimport \"net/http\"\nimport \"example.com/app/env\"\nfunc main() {\nhttp.ListenAndServe(env.String(\"APP_ADDR\", \"127.0.0.1:9700\"), nil)\n}\n";
    let found = with(&[("main.go", text), ("env/env.go", own)]);
    let env: Vec<_> = found.env.iter().map(|one| (&*one.value.key, &*one.value.value)).collect();
    assert_eq!((env, found.args), (vec![("APP_ADDR", "0.0.0.0:9700")], None));
}

#[test]
fn a_helper_that_composes_the_name_of_a_variable() {
    let text = "package main\nimport \"net/http\"\nimport \"os\"\nfunc Get(name, other string) string {\nif v := os.Getenv(\"BOX_\" + name); v != \"\" {\nreturn v\n}\nreturn other\n}\nfunc main() {\nhttp.ListenAndServe(Get(\"ADDR\", \"127.0.0.1:9702\"), nil)\n}\n";
    let found = with(&[("main.go", text)]);
    let env: Vec<_> = found.env.iter().map(|one| &*one.value.key).collect();
    assert_eq!(env, ["BOX_ADDR"]);
}

#[test]
fn a_listener_for_the_answer_of_a_login_is_no_server() {
    let login = |address: &str| {
        let text = format!(
            "package main\nimport \"net/http\"\nfunc login() {{\ngo http.ListenAndServe(\"{address}\", nil)\n}}\nfunc main() {{\nlogin()\n}}\n"
        );
        with(&[("main.go", &text)])
    };
    let found = login("127.0.0.1:9701");
    assert!(found.kind != Kind::Service && found.port.is_none());
    assert!(!codes(&found).contains(&"localhost-only"));
    assert_eq!(port(&login(":9701")), Some(9701));
}

#[test]
fn files_behind_a_switch_that_is_off_are_not_missed() {
    let body = |test: &str| {
        format!(
            "secure := flag.Bool(\"tls\", false, \"\")\ncert := flag.String(\"cert\", \"\", \"\")\nflag.Parse()\n{test}\nlog.Fatal(http.ListenAndServeTLS(\":443\", \"tls/cert.pem\", \"tls/key.pem\", nil))\n}}\nlog.Fatal(http.ListenAndServe(\":80\", nil))"
        )
    };
    let said = |test: &str| {
        let found = main("net/http log flag", &body(test));
        codes(&found).contains(&"file-missing")
    };
    assert!(!said("if *secure {"));
    assert!(!said("if *cert != \"\" {"));
    assert!(said("{"));
    assert!(said("if !*secure {"));
}

#[test]
fn a_variable_whose_absence_is_an_error_on_the_way_to_the_server() {
    let required = |load: &str, call: &str| {
        let text = format!(
            "package main\nimport (\n\"errors\"\n\"log\"\n\"net/http\"\n\"os\"\n)\nfunc load() (string, error) {{\n{load}\n}}\n\
             func main() {{\n{call}\nlog.Fatal(http.ListenAndServe(\":8080\", nil))\n}}\n"
        );
        with(&[("main.go", &text)]).required.into_iter().map(|one| one.value).collect::<Vec<_>>()
    };
    let load = "v, ok := os.LookupEnv(\"TOOL_PATH\")\nif !ok {\nreturn \"\", errors.New(\"TOOL_PATH is not set\")\n}\nreturn v, nil";
    let call = "_, err := load()\nif err != nil {\nlog.Fatal(err)\n}";
    assert_eq!(required(load, call), ["TOOL_PATH"]);
    // Its error ends nothing, or there is a default.
    assert!(required(load, "_, err := load()\nlog.Print(err)").is_empty());
    let falls =
        load.replace("return \"\", errors.New(\"TOOL_PATH is not set\")", "v = \"/usr/bin/tool\"");
    assert!(required(&falls, call).is_empty());
}

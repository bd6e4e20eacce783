//! Programs that choose by themselves what the words of the command line mean.

use super::{codes, with};
use crate::facts::Program;

/// A program that listens in `serve`, with these imports and this code.
fn program(imports: &str, code: &str) -> Program {
    let imports: Vec<String> =
        imports.split_whitespace().map(|path| format!("import {path:?}\n")).collect();
    let serve = "func serve(args []string) error { return http.ListenAndServe(\":9300\", nil) }\nfunc help(args []string) error { return nil }\n";
    let imports = imports.concat();
    let text = format!("package main\nimport \"net/http\"\n{imports}\n{serve}{code}\n");
    with(&[("main.go", &text)])
}

fn args(imports: &str, code: &str) -> Option<String> {
    program(imports, code).args.map(|args| args.value)
}

#[test]
fn the_command_that_leads_to_the_listener_is_given() {
    let of_flag = "func main() {\nflag.Parse()\nswitch flag.Arg(0) {\ncase \"hub\":\nserve(nil)\ncase \"version\":\nhelp(nil)\ndefault:\nflag.Usage()\n}\n}";
    assert_eq!(args("flag", of_flag).as_deref(), Some("hub"));
    let map = |first: &str| {
        format!(
            "var commands = map[string]func([]string) error{{\n\"hub\": serve,\n\"help\": help,\n}}\nfunc main() {{\nname := \"{first}\"\nif len(os.Args) > 1 {{\nname = os.Args[1]\n}}\nrun, ok := commands[name]\nif !ok {{\nos.Exit(1)\n}}\nrun(nil)\n}}"
        )
    };
    assert_eq!(args("os", &map("help")).as_deref(), Some("hub"));
    assert_eq!(args("os", &map("hub")), None);
    let shifted = |empty: &str| {
        format!(
            "func main() {{\nf := zli.NewFlags(os.Args)\ncmd, err := f.ShiftCommand(\"help\", \"hub\")\nvar run func([]string) error\nswitch cmd {{\ncase {empty}\"hub\":\nrun = serve\ncase \"help\":\nrun = help\n}}\nrun(nil)\n}}"
        )
    };
    assert_eq!(args("os zgo.at/zli", &shifted("")).as_deref(), Some("hub"));
    assert_eq!(args("os zgo.at/zli", &shifted("\"\", ")), None);
    let list = "type command struct {\nname string\nrun func([]string) error\n}\nvar all = []*command{\n{name: \"hub\", run: serve},\n{name: \"help\", run: help},\n}\nfunc main() { start(os.Args[1:]) }\nfunc start(args []string) {\nif len(args) == 0 {\nreturn\n}\nfor _, c := range all {\nif c.name == args[0] {\nc.run(args[1:])\n}\n}\n}";
    assert_eq!(args("os", list).as_deref(), Some("hub"));
    let bare = "type command struct {\nname, help string\nrun func([]string) error\n}\nvar all = []command{\n{\"hub\", \"x\", serve},\n{\"help\", \"y\", help},\n}\nfunc main() {\nfor _, c := range all {\nif c.name == os.Args[1] {\nc.run(nil)\n}\n}\n}";
    assert_eq!(args("os", bare).as_deref(), Some("hub"));
    let bare = "func main() {\nfor _, c := range []struct {\nrun func([]string) error\nname string\n}{{help, \"help\"}, {serve, \"hub\"}} {\nif c.name == os.Args[1] {\nc.run(nil)\n}\n}\n}";
    assert_eq!(args("os", bare).as_deref(), Some("hub"));
    let sets = "func main() {\nhub := flag.NewFlagSet(\"hub\", flag.ExitOnError)\nif len(os.Args) < 2 {\nos.Exit(1)\n}\nswitch os.Args[1] {\ncase hub.Name():\nserve(nil)\ncase \"help\":\nhelp(nil)\n}\n}";
    assert_eq!(args("flag os", sets).as_deref(), Some("hub"));
}

#[test]
fn commands_that_functions_make_are_below_those_of_the_same_function() {
    let code = "func main() {\nroot := &cobra.Command{Use: \"box\"}\nroot.AddCommand(newJobs(), newServer())\nroot.Execute()\n}\nfunc newJobs() *cobra.Command {\ncmd := &cobra.Command{Use: \"jobs\"}\ncmd.AddCommand(newList(), &cobra.Command{Use: \"x\", RunE: func(cmd *cobra.Command, a []string) error { return help(a) }})\nreturn cmd\n}\nfunc newList() *cobra.Command {\nreturn &cobra.Command{Use: \"list\", RunE: func(c *cobra.Command, a []string) error { return help(a) }}\n}\nfunc newServer() *cobra.Command {\ncmd := &cobra.Command{Use: \"server\"}\ncmd.AddCommand(newStart())\nreturn cmd\n}\nfunc newStart() *cobra.Command {\ncmd := &cobra.Command{Use: \"start\", RunE: func(c *cobra.Command, a []string) error { return serve(a) }}\nreturn cmd\n}";
    assert_eq!(args("github.com/spf13/cobra", code).as_deref(), Some("server start"));
}

#[test]
fn a_program_that_serves_without_a_command_gets_none() {
    let also = "func main() {\nif len(os.Args) > 1 {\nswitch os.Args[1] {\ncase \"hub\":\nserve(nil)\nreturn\n}\n}\nserve(nil)\n}";
    assert_eq!(args("os", also), None);
    let mode = "func main() {\nmode := flag.String(\"mode\", \"hub\", \"\")\nflag.Parse()\nswitch *mode {\ncase \"hub\":\nserve(nil)\ncase \"worker\":\nhelp(nil)\n}\n}";
    assert_eq!(args("flag", mode), None);
    let counted = "func main() {\nswitch len(os.Args) {\ncase 2:\nserve(nil)\n}\n}";
    assert_eq!(args("os", counted), None);
}

#[test]
fn a_mode_without_a_default_that_serves_is_chosen() {
    let flag = "var mode = flag.String(\"mode\", \"\", \"\")\nfunc main() {\nflag.Parse()\nswitch *mode {\ncase \"server\":\nserve(nil)\ncase \"worker\":\nhelp(nil)\ndefault:\nflag.Usage()\n}\n}";
    assert_eq!(args("flag", flag).as_deref(), Some("--mode=server"));
    let variable = "func main() {\nswitch os.Getenv(\"MODE\") {\ncase \"server\":\nserve(nil)\ncase \"worker\":\nhelp(nil)\ndefault:\nos.Exit(2)\n}\n}";
    let found = program("os", variable);
    let set: Vec<_> = found.env.iter().map(|one| one.value.value.as_str()).collect();
    assert_eq!((found.args.is_none(), set), (true, vec!["server"]));
    let open = variable.replace("default:\nos.Exit(2)", "default:\nserve(nil)");
    assert!(program("os", &open).env.is_empty());
}

#[test]
fn a_flag_without_which_main_shows_its_usage_is_reported() {
    let said = |code: &str| {
        let found = program("flag", code).findings;
        found.into_iter().map(|finding| finding.what).collect::<Vec<_>>()
    };
    let empty = "func main() {\nc := flag.String(\"c\", \"\", \"\")\nflag.Parse()\nif *c == \"\" {\nflag.Usage()\nreturn\n}\nserve(nil)\n}";
    assert_eq!(said(empty), ["the program stops without the argument `--c`"]);
    let off = "func main() {\nd := flag.Bool(\"daemon\", false, \"\")\nflag.Parse()\nif !*d {\nflag.Usage()\nreturn\n}\nserve(nil)\n}";
    assert_eq!(said(off), ["the program stops without the argument `--daemon=true`"]);
    assert!(said(&off.replace("false", "true")).is_empty());
    let within = off.replace("flag.Usage()\nreturn", "if len(flag.Args()) > 3 {\npanic(\"x\")\n}");
    assert!(said(&within).is_empty());
    assert!(said(&empty.replace("flag.Usage()\nreturn", "println(\"defaults\")")).is_empty());
}

#[test]
fn several_commands_that_serve_are_named() {
    let two = "func main() {\nif len(os.Args) < 2 {\nos.Exit(2)\n}\nswitch os.Args[1] {\ncase \"hub\":\nserve(nil)\ncase \"relay\":\nserve(nil)\ncase \"help\":\nhelp(nil)\n}\n}";
    let found = program("os", two);
    assert_eq!(found.args, None);
    assert_eq!(codes(&found), ["arguments-unknown"]);
    let said = &found.findings[0];
    assert_eq!(said.what, "the program serves only with a command, such as `hub` or `relay`");
}

#[test]
fn commands_of_libraries() {
    let google = "type hubCmd struct{}\nfunc (*hubCmd) Name() string { return \"hub\" }\nfunc (*hubCmd) Execute(c context.Context, f *flag.FlagSet, a ...any) subcommands.ExitStatus {\nserve(nil)\nreturn 0\n}\nfunc main() {\nsubcommands.Register(&hubCmd{}, \"\")\nos.Exit(int(subcommands.Execute(context.Background())))\n}";
    let found = args("context flag os github.com/google/subcommands", google);
    assert_eq!(found.as_deref(), Some("hub"));
    let mitchellh = "type hub struct{}\nfunc (*hub) Run(args []string) int {\nserve(nil)\nreturn 0\n}\nfunc main() {\nc := cli.NewCLI(\"app\", \"1\")\nc.Args = os.Args[1:]\nc.Commands = map[string]cli.CommandFactory{\n\"hub\": func() (cli.Command, error) { return &hub{}, nil },\n}\nc.Run()\n}";
    assert_eq!(args("os github.com/mitchellh/cli", mitchellh).as_deref(), Some("hub"));
    let ff = "func main() {\nhub := &ffcli.Command{Name: \"hub\", Exec: func(c context.Context, a []string) error { return serve(a) }}\nroot := &ffcli.Command{Subcommands: []*ffcli.Command{hub}, Exec: func(c context.Context, a []string) error { return flag.ErrHelp }}\nroot.ParseAndRun(context.Background(), os.Args[1:])\n}";
    let found = args("context flag os github.com/peterbourgon/ff/v3/ffcli", ff);
    assert_eq!(found.as_deref(), Some("hub"));
    let arg = "type serveCmd struct{}\ntype options struct {\nServe *serveCmd `arg:\"subcommand:serve\"`\n}\nfunc main() {\nvar o options\narg.MustParse(&o)\nif o.Serve != nil {\nserve(nil)\n}\n}";
    assert_eq!(args("github.com/alexflint/go-arg", arg).as_deref(), Some("serve"));
}

#[test]
fn words_without_which_the_program_ends_are_reported() {
    let said = |code: &str| codes(&program("os flag log", code)).join(" ");
    for body in [
        "if len(os.Args) < 2 {\nlog.Fatal(\"usage\")\n}\nos.ReadFile(os.Args[1])",
        "if len(os.Args) != 2 {\nprintln(\"usage\")\nreturn\n}",
        "flag.Parse()\nif flag.NArg() < 1 {\nflag.Usage()\nos.Exit(2)\n}",
        "flag.Parse()\nif len(flag.Args()) == 0 {\nlog.Fatal(\"usage\")\n}",
        "flag.Parse()\nif flag.NArg() < 1 && len(files) == 0 {\nflag.Usage()\nos.Exit(1)\n}",
        "b, _ := os.ReadFile(os.Args[1])\n_ = b",
    ] {
        let code = format!("func main() {{\n{body}\nserve(nil)\n}}");
        assert_eq!(said(&code), "arguments-unknown", "{body}");
    }
    for body in [
        "if len(os.Args) < 2 {\nprintln(\"defaults\")\n}",
        "if len(os.Args) > 1 && os.Args[1] == \"-v\" {\nos.Exit(0)\n}",
        "if len(os.Args) == 2 {\nlog.Fatal(\"usage\")\n}",
        "if flag.NArg() < 1 && len(files) > 0 {\nlog.Fatal(\"usage\")\n}",
        "if os.Getenv(\"X\") != \"\" {\nif len(os.Args) < 2 {\nlog.Fatal(\"usage\")\n}\n}",
    ] {
        let code = format!("func main() {{\n{body}\nserve(nil)\n}}");
        assert_eq!(said(&code), "", "{body}");
    }
}

#[test]
fn a_file_beside_the_executable_that_must_exist_is_reported() {
    let code = "func main() {\nexe, err := os.Executable()\nif err != nil {\nlog.Fatal(err)\n}\nb, err := os.ReadFile(filepath.Join(filepath.Dir(exe), \"config\", \"app.yml\"))\nif err != nil {\nlog.Fatal(err)\n}\n_ = b\nserve(nil)\n}";
    let found = program("os log path/filepath", code);
    assert_eq!(codes(&found), ["file-missing"]);
    assert!(found.findings[0].fix.contains("/app/config/app.yml"), "{}", found.findings[0].fix);
    let tls = "func main() {\nlog.Fatal(http.ListenAndServeTLS(\":9443\", \"server.crt\", \"server.key\", nil))\n}";
    assert_eq!(codes(&program("log", tls)), ["file-missing", "file-missing"]);
}

#[test]
fn a_sample_is_not_what_a_setting_names_the_folder_of() {
    let code = "func dir() string { return os.Getenv(\"HUB_DIR\") }\nfunc main() {\nos.ReadFile(filepath.Join(dir(), \"config.json\"))\nserve(nil)\n}";
    let text = format!(
        "package main\nimport (\"net/http\"; \"os\"; \"path/filepath\")\nfunc serve(a []string) {{ http.ListenAndServe(\":9300\", nil) }}\n{code}\n"
    );
    let found = with(&[("main.go", &text), ("config.json", "{}")]);
    assert!(found.files.is_empty(), "{:?}", found.files);
}

#[test]
fn hostile_choices_take_linear_time() {
    for shape in [
        "switch a {",
        "if a == b {",
        "x := map[string]T{",
        "case \"a\":",
        "switch os.Args[1] { case \"a\": }",
        "a = a[a]\n",
        "if len(os.Args) < 2 {",
    ] {
        let text = format!("package main\nfunc main() {{\n{}\n}}\n", shape.repeat(4000));
        let _ = with(&[("main.go", &text)]);
    }
}

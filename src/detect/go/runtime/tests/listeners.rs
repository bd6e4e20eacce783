//! Several listeners, what a call gives in place of a default, and programs that code starts.

use super::*;

fn ports(program: &Program) -> String {
    program.ports().map(|ports| ports.value).unwrap_or_default()
}

#[test]
fn what_an_option_or_a_setter_gives_beats_the_constructor() {
    let server = "type Option func(*Server)\n\
                  type Server struct { host string; port int }\n\
                  func WithHost(h string) Option { return func(s *Server) { s.host = h } }\n\
                  func (s *Server) SetPort(p int) *Server {\n\ts.port = p\n\treturn s\n}\n\
                  func New(all ...Option) *Server {\n\ts := &Server{host: \"localhost\", port: 9999}\n\treturn s\n}\n\
                  func (s *Server) Run() { http.ListenAndServe(fmt.Sprintf(\"%s:%d\", s.host, s.port), nil) }\n";
    let of = |main: &str| {
        let text = format!(
            "package main\nimport (\"fmt\"; \"net/http\")\n{server}func main() {{\n{main}\n}}\n"
        );
        let program = with(&[("main.go", &text)]);
        (ports(&program), codes(&program).contains(&"localhost-only"))
    };
    assert_eq!(of("New().Run()"), ("9999".to_owned(), true));
    assert_eq!(of("New(WithHost(\"0.0.0.0\")).SetPort(7601).Run()"), ("7601".to_owned(), false));
    assert_eq!(of("s := New()\ns.host = \"0.0.0.0\"\ns.Run()"), ("9999".to_owned(), false));
}

#[test]
fn one_listener_for_each_element_of_a_list() {
    for list in [
        "servers := []struct{ name, addr string }{{\"api\", \":7611\"}, {\"admin\", \":7612\"}}",
        "servers := []server{{addr: \":7611\", name: \"api\"}, {addr: \":7612\"}}",
    ] {
        let text = format!(
            "package main\nimport \"net/http\"\ntype server struct {{ name, addr string }}\n\
             func main() {{\n{list}\nfor _, s := range servers {{\n\tgo func() {{ http.ListenAndServe(s.addr, nil) }}()\n}}\nselect {{}}\n}}\n"
        );
        assert_eq!(ports(&with(&[("main.go", &text)])), "7611,7612", "{list}");
    }
}

#[test]
fn datagrams_beside_connections() {
    let dns = "for _, network := range []string{\"udp\", \"tcp\"} {\n\
               go (&dns.Server{Addr: \":7621\", Net: network}).ListenAndServe()\n}";
    assert_eq!(ports(&main("github.com/miekg/dns", dns)), "7621,7621/udp");
    let only = "(&dns.Server{Addr: \":7621\", Net: \"udp\"}).ListenAndServe()";
    assert_eq!(ports(&main("github.com/miekg/dns", only)), "7621/udp");
    let tftp = "s := tftp.NewServer(read, nil)\ns.ListenAndServe(\":69\")";
    assert_eq!(ports(&main("github.com/pin/tftp", tftp)), "69/udp");
    let syslog = "s := syslog.NewServer()\ns.ListenUDP(\":7622\")\ns.ListenTCP(\":7622\")";
    assert_eq!(ports(&main("gopkg.in/mcuadros/go-syslog.v2", syslog)), "7622,7622/udp");
}

#[test]
fn listeners_in_the_fields_of_libraries() {
    let mqtt = "s.AddListener(listeners.NewTCP(listeners.Config{ID: \"t\", Address: \":7631\"}))";
    assert_eq!(ports(&main("github.com/mochi-mqtt/server/v2/listeners", mqtt)), "7631");
    let nats = "server.NewServer(&server.Options{Port: 7632, HTTPPort: 7633})";
    assert_eq!(ports(&main("github.com/nats-io/nats-server/v2/server", nats)), "7632,7633");
    let hertz = "h := server.Default(server.WithHostPorts(\":7634\"))\nh.Spin()";
    assert_eq!(ports(&main("github.com/cloudwego/hertz/pkg/app/server", hertz)), "7634");
    let redirect = "plain := flag.String(\"http\", \":7635\", \"\")\n\
                    go http.ListenAndServe(*plain, http.RedirectHandler(\"https://x\", 301))\n\
                    http.ListenAndServeTLS(\":7636\", \"c\", \"k\", nil)";
    assert_eq!(ports(&main("flag net/http", redirect)), "7636,7635");
}

#[test]
fn the_folder_of_a_socket_is_written() {
    let of = |path: &str| {
        let program = main("net", &format!("net.Listen(\"unix\", \"{path}\")"));
        program.writable.into_iter().map(|folder| folder.value).collect::<Vec<_>>()
    };
    assert_eq!(of("/run/app/app.sock"), ["/run/app"]);
    assert!(of("/run/app.sock").is_empty());
}

#[test]
fn variables_of_a_list_that_the_program_demands() {
    let loops = "for _, name := range []string{\"DB_URL\", \"MAIL_HOST\"} {\n{}\n}\nhttp.ListenAndServe(\":80\", nil)";
    let at_once = "if os.Getenv(name) == \"\" {\nlog.Fatal(name)\n}";
    let first = "v := os.Getenv(name)\nif v == \"\" {\nlog.Fatal(name)\n}";
    for body in [at_once, first] {
        let program = main("log net/http os", &loops.replace("{}", body));
        let said: Vec<&str> = program.findings.iter().map(|one| one.what.as_str()).collect();
        assert!(said.iter().any(|what| what.contains("DB_URL, MAIL_HOST")), "{said:?}");
    }
}

#[test]
fn programs_of_maps_and_of_scripts() {
    let needs = |program: &Program| {
        program.needs.packages.iter().map(|one| one.value.clone()).collect::<Vec<_>>()
    };
    let map = "tools := map[string]string{\"a\": \"pandoc\", \"b\": \"ffmpeg\"}\nprog, ok := tools[os.Args[1]]\nexec.Command(prog, \"-\").Run()";
    assert_eq!(needs(&main("os os/exec", map)), ["ffmpeg", "pandoc"]);
    let text =
        "package main\nimport \"os/exec\"\nfunc main() { exec.Command(\"./warm.sh\").Run() }\n";
    let script = "#!/bin/sh\nset -e\ncurl -f x | jq .a\n";
    assert_eq!(needs(&with(&[("main.go", text), ("warm.sh", script)])), ["curl", "jq"]);
}

#[test]
fn git_with_another_text_where_it_fails() {
    let of = |handles: &str| {
        let text = format!(
            "package main\nimport (\"log\"; \"os/exec\")\nfunc revision() string {{\n\
             out, err := exec.Command(\"git\", \"describe\").Output()\nif err != nil {{\n{handles}\n}}\n\
             return string(out)\n}}\nfunc main() {{ log.Println(revision()) }}\n"
        );
        let facts = facts(&[("main.go", &text)]);
        facts.programs[0].needs.packages.iter().any(|one| one.value == "git")
    };
    assert!(of("log.Fatal(err)"));
    assert!(!of("return \"unknown\""));
}

#[test]
fn a_command_that_is_demanded_before_anything_else() {
    let main = |test: &str| {
        main(
            "flag log net/http os",
            &format!(
                "if {test} {{\nlog.Fatal(\"usage\")\n}}\nhttp.ListenAndServe(\"0.0.0.0:7641\", nil)"
            ),
        )
    };
    let args = |test: &str| main(test).args.map(|args| args.value);
    assert_eq!(args("len(os.Args) < 2 || os.Args[1] != \"serve\"").as_deref(), Some("serve"));
    assert_eq!(args("os.Getenv(\"MODE\") != \"serve\""), None);
}

#[test]
fn files_that_libraries_open_must_be_there() {
    let of = |import: &str, call: &str| {
        let body = format!("_, err := {call}\nif err != nil {{\nlog.Fatal(err)\n}}");
        codes(&main(&format!("log {import}"), &body)).contains(&"file-missing")
    };
    assert!(of("github.com/oschwald/geoip2-golang", "geoip2.Open(\"geo/city.mmdb\")"));
    assert!(of(
        "google.golang.org/grpc/credentials",
        "credentials.NewServerTLSFromFile(\"c.pem\", \"k.pem\")"
    ));
}

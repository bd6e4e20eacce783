//! What a program asks for besides ports and folders: variables, files, arguments, other programs.

use super::tests_code::{main, program};

/// The code and text of each finding.
fn findings(dependencies: &str, sources: &[(&str, &str)]) -> Vec<(String, String)> {
    let found = program(dependencies, sources);
    found.findings.into_iter().map(|finding| (finding.code.to_string(), finding.what)).collect()
}

#[test]
fn variables_without_default_are_said() {
    let of = |body: &str, settings: &str| {
        let body = main(body);
        let settings = ("src/main/resources/application.yml", settings);
        let found = findings("", &[("App.java", &body), settings]);
        found.into_iter().find(|(code, _)| code == "variables-required").map(|(_, what)| what)
    };
    let what = |names: &str| Some(format!("the program has no default for {names}"));
    let url = "url: jdbc:x://${DB_HOST:db}/${DB_NAME}\nkey: ${A_KEY:${B_KEY}}\nname: ${app.name}\n";
    assert_eq!(of("x();", url), what("DB_NAME"));
    assert_eq!(of("Objects.requireNonNull(System.getenv(\"AB\"), \"x\");", ""), what("AB"));
    let thrown =
        "String k = System.getenv(\"CD\"); if (k == null || k.isBlank()) { throw new E(); }";
    assert_eq!(of(thrown, ""), what("CD"));
    let exit = "if (System.getenv(\"EF\") == null) System.exit(2);";
    assert_eq!(of(exit, ""), what("EF"));
    let optional = "Optional.ofNullable(System.getenv(\"GH\")).orElseThrow();";
    assert_eq!(of(optional, ""), what("GH"));
    for body in [
        "String k = System.getenv(\"CD\"); if (k != null) { throw new E(); }",
        "String k = System.getenv(\"CD\"); if (k == null) { k = \"x\"; }",
        "if (System.getenv(\"EF\") == null) System.exit(0);",
    ] {
        assert_eq!(of(body, ""), None, "{body}");
    }
}

#[test]
fn files_that_only_an_example_is_there_for_are_said() {
    let of = |body: &str, more: &[(&str, &str)]| {
        let body = main(body);
        let mut all = vec![("App.java", &*body)];
        all.extend(more);
        let found = findings("org.springframework.boot:spring-boot-starter-web", &all);
        found.into_iter().filter(|(code, _)| code == "config-not-in-git").count()
    };
    let reads = "new FileInputStream(\"config.yml\");";
    assert_eq!(of(reads, &[("/config.example.yml", "x")]), 1);
    assert_eq!(of(reads, &[]), 0);
    assert_eq!(of(reads, &[("/config.yml.example", "x"), ("/config.yml", "x")]), 0);
    let resource = "A.class.getResourceAsStream(\"/my.properties\");";
    assert_eq!(of(resource, &[("src/main/resources/my.properties.sample", "x")]), 1);
    let spring = ("src/main/resources/application.properties.example", "a=b");
    assert_eq!(of("x();", &[spring]), 1);
    assert_eq!(of("x();", &[spring, ("src/main/resources/application.yml", "a: b")]), 0);
}

#[test]
fn an_env_file_that_must_exist_is_said() {
    let said = |load: &str| {
        findings("", &[("App.java", &main(load))])
            .into_iter()
            .any(|(code, _)| code == "dotenv-required")
    };
    assert!(said("Dotenv env = Dotenv.load();"));
    assert!(said("Dotenv env = Dotenv.configure().directory(\"x\").load();"));
    assert!(!said("Dotenv env = Dotenv.configure().ignoreIfMissing().load();"));
    assert!(!said("Settings.load();"));
}

#[test]
fn programs_of_a_shell_and_unknown_ones_are_named() {
    let of = |body: &str| {
        let found = program("", &[("App.java", &main(body))]);
        let packages = found.needs.packages.into_iter().map(|package| package.value);
        let said = found.findings.into_iter().filter(|f| f.code.as_str() == "command-unknown");
        (packages.collect::<Vec<_>>().join(" "), said.map(|f| f.what).collect::<Vec<_>>().join(" "))
    };
    let line = "new ProcessBuilder(\"/bin/sh\", \"-c\", \"tesseract a b && convert c d\").start();";
    assert_eq!(of(line), ("tesseract imagemagick".to_owned(), String::new()));
    let (packages, said) = of("new ProcessBuilder(\"pdfcrack\", \"x\").start();");
    assert!(packages.is_empty() && said.contains("`pdfcrack`"), "{packages} {said}");
    for body in ["cmd.exe", "xdg-open", "./run.sh", "java", "CONVERT"] {
        let body = format!("new ProcessBuilder(\"{body}\", \"x\").start();");
        assert_eq!(of(&body), (String::new(), String::new()), "{body}");
    }
}

#[test]
fn programs_that_need_arguments_are_said() {
    let of = |body: &str| {
        let found = findings("", &[("App.java", &main(body))]);
        found.iter().any(|(code, _)| code == "arguments-expected")
    };
    assert!(of(
        "if (args == null || args.length < 1 || args.length > 2) { usage(); System.exit(1); }"
    ));
    assert!(of("if (args.length != 1) { usage(); return; } go();"));
    assert!(!of("if (args.length > 0) { port = parse(args[0]); return; }"));
    assert!(!of("if (args.length == 0) { port = 1; }"));
}

#[test]
fn command_lines_to_fill_in_are_those_of_programs() {
    let of = |body: &str| {
        let found = program("", &[("App.java", &main(body))]);
        found.needs.packages.into_iter().map(|package| package.value).collect::<Vec<_>>()
    };
    let line = "String line = \"ffmpeg -i %s -f mp3 -\"; new ProcessBuilder(split(line)).start();";
    assert_eq!(of(line), ["ffmpeg"]);
    assert!(of("String s = \"curl -X POST {url}\"; new ProcessBuilder(x).start();").is_empty());
    assert!(of("String line = \"ffmpeg -i %s -f mp3 -\";").is_empty());
}

#[test]
fn the_subcommand_that_serves_is_the_default() {
    let app = "@Command(name = \"tool\", subcommands = {Serve.class, Load.class}) class App { public static void main(String[] args) { new CommandLine(new App()).execute(args); } }";
    let serve = "@Command(name = \"serve\") class Serve implements Runnable { public void run() { new ServerSocket(7100); } }";
    let load = "@Command(name = \"load\") class Load implements Runnable { public void run() { } }";
    let all = [("App.java", app), ("Serve.java", serve), ("Load.java", load)];
    let found = program("info.picocli:picocli", &all);
    assert_eq!((found.args.unwrap().value.as_str(), found.port.unwrap().value), ("serve", 7100));
    let through = [
        ("App.java", app),
        (
            "Serve.java",
            "@Command(name = \"serve\") class Serve implements Runnable { public void run() { new Web().open(); } }",
        ),
        ("Load.java", load),
        ("Web.java", "class Web { void open() { new ServerSocket(7100); } }"),
    ];
    assert_eq!(program("info.picocli:picocli", &through).args.unwrap().value, "serve");
}

#[test]
fn programs_are_read_from_lists_and_arrays() {
    let of = |body: &str| {
        let found = program("", &[("App.java", &main(body))]);
        found.needs.packages.into_iter().map(|package| package.value).collect::<Vec<_>>()
    };
    assert_eq!(of("new ProcessBuilder(List.of(\n\"pdftotext\",\n\"-\"\n)).start();"), ["poppler"]);
    assert_eq!(of("String[] c = {\"git\", \"log\"}; Runtime.getRuntime().exec(c);"), ["git"]);
    assert_eq!(of("Runtime.getRuntime().exec(new String[] {\"ffmpeg\", \"-i\"});"), ["ffmpeg"]);
    assert_eq!(of("Runtime.getRuntime().exec(\"dot -Tsvg \" + name);"), ["graphviz"]);
    let added = "List<String> c = new ArrayList<>(); c.add(\"magick\"); c.add(\"x\"); new ProcessBuilder(c).start();";
    assert_eq!(of(added), ["imagemagick"]);
    assert!(of("pattern.exec(\"git\"); String s = \"new ProcessBuilder(git)\";").is_empty());
}

#[test]
fn a_build_that_needs_a_database_is_said() {
    let found = |plugin: &str, more: &str| -> Vec<String> {
        let profiles = "<profiles><profile><id>db</id><properties>\
             <jdbcUrl>jdbc:mysql://localhost/x</jdbcUrl></properties></profile></profiles>";
        let pom = format!(
            "<project><groupId>a</groupId><artifactId>b</artifactId><version>1</version>{profiles}\
             <build><plugins>{plugin}</plugins></build></project>"
        );
        let java = "class A { public static void main(String[] a) {} }";
        let files =
            [("pom.xml", pom.as_str()), ("src/main/java/A.java", java), ("README.md", more)];
        let repo = crate::repo::Repo::from_files(files);
        let facts = super::detect(&repo.root()).unwrap().unwrap();
        let own = facts.programs.iter().flat_map(|program| &program.findings);
        let said = facts
            .findings
            .iter()
            .chain(own)
            .filter(|finding| finding.code.as_str() == "build-database");
        said.map(|finding| format!("{}: {}", finding.what, finding.fix)).collect()
    };
    let jooq = |url: &str, phase: &str| {
        format!(
            "<plugin><groupId>org.jooq</groupId><artifactId>jooq-codegen-maven</artifactId>\
             <executions><execution>{phase}<goals><goal>generate</goal></goals></execution>\
             </executions><configuration><jdbc><url>{url}</url></jdbc></configuration></plugin>"
        )
    };
    let said = found(&jooq("${jdbcUrl}", ""), "```\nmvn package -P db\n```");
    let start = "the build connects to a database: jooq-codegen-maven:generate; \
                 only the profile db sets ${jdbcUrl}: ";
    assert!(said[0].starts_with(start) && said[0].contains("`-P db`"), "{said:?}");
    assert_eq!(found(&jooq("jdbc:postgresql://db/x", ""), "").len(), 1);
    assert!(found(&jooq("jdbc:h2:mem:x", ""), "").is_empty());
    assert!(found(&jooq("${jdbcUrl}", "<phase>none</phase>"), "").is_empty());
    assert!(found(&jooq("${jdbcUrl}", "<phase>deploy</phase>"), "").is_empty());
    let flyway = "<plugin><groupId>org.flywaydb</groupId><artifactId>flyway-maven-plugin</artifactId>\
         <configuration><url>${jdbcUrl}</url></configuration>EXECUTIONS</plugin>";
    assert!(found(&flyway.replace("EXECUTIONS", ""), "").is_empty());
    let bound = "<executions><execution><phase>generate-sources</phase><goals><goal>migrate</goal>\
         </goals></execution></executions>";
    assert_eq!(found(&flyway.replace("EXECUTIONS", bound), "").len(), 1);
}

#[test]
fn arguments_that_a_readme_gives_are_named() {
    let said = |body: &str, more: &str, readme: &str| -> Vec<(String, String)> {
        let pom =
            "<project><groupId>a</groupId><artifactId>b</artifactId><version>1</version></project>";
        let java = format!(
            "import org.kohsuke.args4j.*; class A {{ {more} public static void main(String[] args) {{ {body} }} }}"
        );
        let files = [("pom.xml", pom), ("src/main/java/A.java", &java), ("README.md", readme)];
        let repo = crate::repo::Repo::from_files(files);
        let facts = super::detect(&repo.root()).unwrap().unwrap();
        let all = facts.programs.into_iter().flat_map(|program| program.findings);
        let all = all.filter(|finding| finding.code.as_str().starts_with("arguments-"));
        all.map(|finding| (finding.code.to_string(), finding.fix.clone())).collect()
    };
    let short = "if (args.length < 2) { System.err.println(1); System.exit(1); }";
    let readme = "```\njava -jar target/b-1.jar 9106 example.yml\n```";
    let found = said(short, "", readme);
    assert_eq!(found[0].0, "arguments-required");
    assert!(found[0].1.contains("`docker run IMAGE 9106 example.yml`"), "{found:?}");
    assert_eq!(said(short, "", "")[0].0, "arguments-expected");
    let usage = "static void usage(P p) { p.print(); System.exit(1); }";
    let field = "@Option(name = \"--file\") List<String> files = new ArrayList<>();";
    let both = format!("{usage} {field}");
    let asks = "var o = new A(); if (o.files.isEmpty()) { usage(p); }";
    assert_eq!(said(asks, &both, "").len(), 1);
    assert!(said("if (!o.files.isEmpty()) { usage(p); }", &both, "").is_empty());
    assert!(said(asks, usage, "").is_empty());
    let shown = "static void usage(P p) { if (p.x()) { System.exit(1); } go(); }";
    assert!(said(asks, &format!("{shown} {field}"), "").is_empty());
}

#[test]
fn options_of_the_command_line_open_the_address_and_are_demanded() {
    let picocli = "import picocli.CommandLine;\nclass App implements Runnable { @CommandLine.Option(names = {\"-p\", \"--port\"}, defaultValue = \"7081\") int port; \
        @Option(names = \"--bind\", defaultValue = \"127.0.0.1\") String host; @Option(names = \"--token\", required = true) String token; \
        public void run() { Javalin.create().start(host, port); } public static void main(String[] args) { new CommandLine(new App()).execute(args); } }";
    let found = program("io.javalin:javalin", &[("App.java", picocli)]);
    assert_eq!(found.port.as_ref().unwrap().value, 7081);
    assert_eq!(found.args.as_ref().unwrap().value, "--bind 0.0.0.0");
    let all = findings("io.javalin:javalin", &[("App.java", picocli)]);
    assert!(all.iter().all(|(code, _)| code != "localhost-only"), "{all:?}");
    let said = "the program stops at once if it is started without --token";
    assert!(all.iter().any(|(_, what)| what == said), "{all:?}");
    let app = main(
        "Args a = new Args(); JCommander.newBuilder().addObject(a).build().parse(args); Javalin.create().start(a.host, a.port);",
    );
    let options = "import com.beust.jcommander.Parameter;\npublic class Args { @Parameter(names = {\"--port\", \"-p\"}) public int port = 7082; \
        @Parameter(names = \"--bind\") public String host = \"localhost\"; }";
    let files = [("App.java", app.as_str()), ("Args.java", options)];
    let found = program("io.javalin:javalin", &files);
    assert_eq!(
        (found.port.unwrap().value, found.args.unwrap().value.as_str()),
        (7082, "--bind 0.0.0.0")
    );
    let demanded = |options: &str| {
        let files = [("App.java", app.as_str()), ("Args.java", options)];
        let all = findings("io.javalin:javalin", &files);
        all.iter().any(|(code, _)| code == "arguments-required")
    };
    assert!(!demanded(options));
    let token = "@Parameter(names = \"--token\", required = true) public String token; }";
    let with = options.replace("\"localhost\"; }", &format!("\"0.0.0.0\"; {token}"));
    assert!(demanded(&with));
}

#[test]
fn an_injected_property_that_no_setting_has_is_demanded() {
    let of = |body: &str, settings: &str| {
        let body = format!(
            "@SpringBootApplication class App {{ {body} public static void main(String[] a) {{ SpringApplication.run(App.class, a); }} }}"
        );
        let settings = ("src/main/resources/application.yml", settings);
        let all = findings(
            "org.springframework.boot:spring-boot-starter-web",
            &[("App.java", &body), settings],
        );
        all.into_iter().find(|(code, _)| code == "variables-required").map(|(_, what)| what)
    };
    let url = "@Value(\"${shop.base-url}\") String url;";
    let said = Some("the program has no default for SHOP_BASEURL".to_owned());
    assert_eq!(of(url, "shop:\n  key: a\n"), said);
    assert_eq!(of(url, "shop:\n  baseUrl: a\n"), None);
    assert_eq!(of("@Value(\"${shop.url:x}\") String url;", "shop:\n  key: a\n"), None);
    assert_eq!(
        of("@Value(\"${spring.application.name}\") String name;", "shop:\n  key: a\n"),
        None
    );
    // Another source may have it.
    assert_eq!(of(url, "spring:\n  config:\n    import: configserver:\n"), None);
}

#[test]
fn a_setter_that_the_settings_fill_names_its_folder() {
    let storage = "@ConfigurationProperties(prefix = \"shop.storage\") class Storage { private String path; \
        public void setPath(String p) throws Exception { this.path = p; Files.createDirectories(Paths.get(p)); } }";
    let settings =
        ("src/main/resources/application.yml", "shop:\n  storage:\n    path: shopdata\n");
    let app = main("SpringApplication.run(App.class, args);");
    let found = program(
        "org.springframework.boot:spring-boot-starter-web",
        &[("App.java", &app), ("Storage.java", storage), settings],
    );
    let folders: Vec<&str> = found.writable.iter().map(|held| held.value.as_str()).collect();
    assert!(folders.contains(&"shopdata"), "{folders:?}");
}

#[test]
fn an_embedded_database_may_be_the_default_of_a_reference() {
    let of = |url: &str| {
        let body = main("x();");
        let settings = format!("spring.datasource.url={url}\n");
        let settings = ("src/main/resources/application.properties", settings.as_str());
        let found = program("", &[("App.java", &body), settings]);
        found.writable.into_iter().map(|held| held.value).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("jdbc:h2:file:./data/shop"), "data");
    assert_eq!(of("${SHOP_DB_URL:jdbc:h2:file:./data/shop}"), "data");
    assert_eq!(of("${A:jdbc:h2:file:${B:./data}/x/shop}"), "data/x");
    let home = "${A:jdbc:hsqldb:file:${B:${user.home}/.shop}/db/shop}";
    assert_eq!(of(home), "/home/nonroot/.shop/db");
    assert_eq!(of("${SHOP_DB_URL:jdbc:postgresql://db/shop}"), "");
}

#[test]
fn numbers_and_markup_are_no_folders() {
    let of = |name: &str| {
        let body =
            format!("import java.io.File; {}", main(&format!("new File(\"{name}\").mkdirs();")));
        program("", &[("App.java", &body)]).writable.len()
    };
    assert_eq!((of("data"), of("5"), of("<x>")), (1, 0, 0));
}

#[test]
fn a_bean_that_the_settings_leave_out_demands_nothing() {
    let of = |annotation: &str, settings: &str| {
        let class = format!(
            "@Configuration {annotation} class Cfg {{ @Value(\"${{shop-key}}\") String key; }}"
        );
        let file = ("src/main/resources/application.properties", settings);
        let found = super::tests_code::spring(&[file], &class);
        found.required.into_iter().map(|held| held.value).collect::<Vec<_>>()
    };
    let key = ["SHOPKEY"];
    let on = "@ConditionalOnProperty(name = \"shop.kind\", havingValue = \"kafka\")";
    assert_eq!(of("", "shop.kind=redis\n"), key);
    assert_eq!(of(on, "shop.kind=kafka\n"), key);
    assert!(of(on, "shop.kind=redis\n").is_empty());
    assert!(of(on, "a=b\n").is_empty());
    let enabled = "@ConditionalOnProperty(prefix = \"shop\", name = \"on\", matchIfMissing = true)";
    assert_eq!(of(enabled, "a=b\n"), key);
    assert!(of(enabled, "shop.on=false\n").is_empty());
    let open = of("@ConditionalOnProperty(\"shop.on\")", "shop.on=${SHOP_ON}\n");
    assert_eq!(open, ["SHOPKEY", "SHOP_ON"]);
}

#[test]
fn a_class_that_only_holds_options_is_no_subcommand() {
    let app = "class App { @Command(name = \"java -jar app.jar\") private static class Args { @Option(names = \"-o\") String o; } \
        public static void main(String[] args) throws Exception { new CommandLine(new Args()).parseArgs(args); new ServerSocket(7100).accept(); } }";
    let found = program("info.picocli:picocli", &[("App.java", app)]);
    assert!(found.findings.is_empty() && found.args.is_none());
    let app = "class App { public static void main(String[] args) { \
        CommandLine line = new CommandLine(new Top()); Serve serve = new Serve(); line.addSubcommand(\"serve\", serve); line.execute(args); } }";
    let serve = "@Command(name = \"serve\") class Serve implements Runnable { public void run() { new ServerSocket(7100); } }";
    let found = program("info.picocli:picocli", &[("App.java", app), ("Serve.java", serve)]);
    assert_eq!(found.args.unwrap().value, "serve");
}

#[test]
fn a_writer_over_memory_writes_no_file() {
    let of = |body: &str| {
        let body = format!(
            "class App {{ void fail(Throwable t, File log) throws Exception {{ {body} }} \
             public static void main(String[] args) throws Exception {{ new ServerSocket(1).accept(); }} }}"
        );
        let found = findings("", &[("App.java", &body)]);
        found.iter().filter(|(code, _)| code == "folder-unknown").count()
    };
    for body in [
        "var sw = new StringWriter(); var pw = new PrintWriter(sw); t.printStackTrace(pw);",
        "new PrintWriter(System.out, true).println(t);",
        "new PrintWriter(socket.getOutputStream()).println(t);",
    ] {
        assert_eq!(of(body), 0, "{body}");
    }
    assert_eq!(of("new PrintWriter(log).println(t);"), 1);
}

#[test]
fn a_folder_of_windows_is_named_with_its_variable() {
    let settings = ("src/main/resources/application.yml", "shop:\n  home: D:/shop/uploads\n");
    let store = "@Service class Store { @Value(\"${shop.home}\") String home; \
        void keep() { new File(home + \"/avatars\").mkdirs(); } }";
    let found = super::tests_code::spring(&[settings], store).findings;
    let said = found.iter().find(|finding| finding.code.as_str() == "folder-unknown").unwrap();
    assert!(said.what.contains("D:/shop/uploads") && said.fix.contains("SHOP_HOME"), "{said:?}");
}

#[test]
fn files_that_main_reads_and_nobody_has_are_said() {
    let of = |body: &str, more: &str| {
        let text = format!(
            "import java.io.*; import java.nio.file.*; public class App {{ public static void \
             main(String[] args) throws Exception {{ {body} }} {more} }}"
        );
        let found = program("", &[("App.java", &text)]);
        let mut all = found.findings.into_iter();
        let one = all.find(|one| one.code == crate::facts::FindingCode::FileMissing);
        one.map_or_else(String::new, |one| one.what)
    };
    for (body, file) in [
        ("Files.readString(Path.of(\"conf\", \"app.yaml\"));", "conf/app.yaml"),
        ("p.load(new FileInputStream(\"app.properties\"));", "app.properties"),
        (
            "try (FileReader r = new FileReader(\"app.properties\")) { p.load(r); }",
            "app.properties",
        ),
        ("Files.readAllLines(Path.of(\"hosts.txt\"));", "hosts.txt"),
        ("var s = new Scanner(new File(\"data.txt\"));", "data.txt"),
    ] {
        assert!(of(body, "").contains(file), "{body}");
    }
    let load = "static void load() throws IOException { new FileInputStream(\"a.properties\"); }";
    assert!(of("load();", load).contains("a.properties"));
    assert_eq!(of("", load), "");
    for body in [
        "try { p.load(new FileInputStream(\"a.properties\")); } catch (IOException e) { }",
        "try (var r = new FileReader(\"a.properties\")) { } catch (IOException e) { }",
        "if (args.length > 0) { new FileInputStream(\"a.properties\"); }",
        "if (args.length > 0) new FileInputStream(\"a.properties\");",
        "Runnable r = () -> { new FileInputStream(\"a.properties\"); };",
        "Files.writeString(Path.of(\"a.txt\"), \"\"); Files.readString(Path.of(\"a.txt\"));",
        "new FileInputStream(args[0]);",
    ] {
        assert_eq!(of(body, ""), "", "{body}");
    }
}

#[test]
fn a_count_of_arguments_that_is_not_met_ends_the_program() {
    let said = |condition: &str| {
        let body = format!("if ({condition}) {{ System.exit(1); }} new Thread().start();");
        let found = program("", &[("App.java", &main(&body))]).findings;
        found.iter().any(|finding| finding.code.as_str().starts_with("arguments-"))
    };
    assert!(said("args.length != 1") && said("args.length == 0") && said("args.length < 2"));
    assert!(!said("args.length > 2") && !said("args.length != 0"));
}

#[test]
fn resources_that_git_ignores_are_said() {
    let body = "class Fb { Fb() { new ClassPathResource(\"account.json\").getInputStream(); } }";
    let app = main("SpringApplication.run(App.class);");
    let said = |more: &[(&str, &str)]| {
        let files = [("App.java", app.as_str()), ("Fb.java", body)];
        let files: Vec<(&str, &str)> = files.into_iter().chain(more.iter().copied()).collect();
        let codes = ["file-missing", "config-not-in-git"];
        let found = findings("org.springframework.boot:spring-boot-starter-web", &files);
        let found = found.into_iter().filter(|(code, _)| codes.contains(&code.as_str()));
        found.map(|(code, _)| code).collect::<Vec<_>>()
    };
    let ignored = ("/.gitignore", "src/main/resources/account.json\ntarget\n");
    assert_eq!(said(&[ignored]), ["file-missing"]);
    let example = ("src/main/resources/account.json.example", "{}");
    assert_eq!(said(&[ignored, example]), ["config-not-in-git"]);
    assert!(said(&[]).is_empty());
    assert!(said(&[ignored, ("src/main/resources/account.json", "{}")]).is_empty());
    let own = ("/.gitignore", "application.properties\n");
    let example = ("src/main/resources/application.properties.example", "a=b");
    assert_eq!(said(&[own, example]), ["config-not-in-git"]);
}

#[test]
fn files_of_a_folder_that_a_variable_chooses_and_that_documents_include() {
    let copied = |files: &[(&str, &str)]| {
        let found = program("org.springframework.boot:spring-boot-starter-web", files);
        found.files.iter().map(|file| file.value.to_string()).collect::<Vec<_>>()
    };
    let body = "String code = System.getProperty(\"lang\", \"en\"); new FileReader(\"lang/\" + code + \".properties\");";
    let app = main(body);
    let files =
        [("App.java", app.as_str()), ("/lang/en.properties", ""), ("/lang/de.properties", "")];
    assert_eq!(copied(&files), ["lang"]);
    let app = main("SpringApplication.run(App.class);");
    let settings = "spring.liquibase.change-log=file:liquibase/master.xml\n";
    let files = [
        ("App.java", app.as_str()),
        ("/liquibase/master.xml", "<x><include file=\"liquibase/v1.xml\"/></x>"),
        ("/liquibase/v1.xml", "<x/>"),
        ("src/main/resources/application.properties", settings),
    ];
    assert_eq!(copied(&files), ["liquibase"]);
    // A jar holds no web application.
    let files = [("App.java", app.as_str()), ("/src/main/webapp/WEB-INF/jsp/index.jsp", "x")];
    assert_eq!(copied(&files), ["src/main/webapp"]);
}

#[test]
fn a_file_whose_absence_ends_the_program_is_said() {
    let said = |start: &str, settings: &str, files: &[(&str, &str)]| {
        let app = main(start);
        let own = [("App.java", app.as_str()), ("Settings.java", settings)];
        let all: Vec<(&str, &str)> = own.iter().chain(files).copied().collect();
        let found = program("", &all).findings.into_iter();
        let mut found = found.filter(|finding| finding.code.as_str() == "file-missing");
        found.next().map(|finding| finding.what)
    };
    let of = |body: &str| {
        format!(
            "class Settings {{ Settings() throws Exception {{ File f = new File(\"shop.properties\"); {body} }} }}"
        )
    };
    let made = "new Settings();";
    for body in [
        "if (!f.exists()) { System.err.println(\"no file\"); System.exit(1); }",
        "if (!f.canRead()) throw new IllegalStateException(\"no file\");",
        "if (Files.notExists(Path.of(\"shop.properties\"))) { System.exit(1); }",
        "try (var in = new FileInputStream(f)) { p.load(in); }",
    ] {
        let what = said(made, &of(body), &[]).unwrap_or_default();
        assert!(what.contains("shop.properties"), "{body}: {what}");
    }
    let exits = of("if (!f.exists()) { System.exit(1); }");
    assert!(said(made, &exits, &[("/shop.properties", "a=b")]).is_none());
    // Nothing makes the object as the program starts.
    assert!(said("run(() -> new Settings());", &exits, &[]).is_none());
    assert!(said("if (old) { new Settings(); }", &exits, &[]).is_none());
    for body in [
        "if (!f.exists()) { System.err.println(\"none\"); }",
        "if (f.exists()) { System.exit(1); }",
        "if (!f.exists() && strict) { System.exit(1); }",
        "if (!f.exists()) { write(f); } System.exit(run());",
    ] {
        assert!(said(made, &of(body), &[]).is_none(), "{body}");
    }
}

//! What is read from sources: ports, folders, programs, subcommands.

use super::*;
use crate::facts::Strength;
use crate::repo::Repo;

const POM: &str = "<project><groupId>g</groupId><artifactId>app</artifactId><version>1</version>DEPENDENCIES</project>";

/// The likeliest program of a project with these sources, the first of which starts it.
pub(super) fn program(dependencies: &str, sources: &[(&str, &str)]) -> Program {
    let mut list = String::new();
    for (group, name) in dependencies.split_whitespace().filter_map(|key| key.split_once(':')) {
        for part in ["<dependency><groupId>", group, "</groupId><artifactId>", name] {
            list.push_str(part);
        }
        list.push_str("</artifactId></dependency>");
    }
    let pom = POM.replace("DEPENDENCIES", &format!("<dependencies>{list}</dependencies>"));
    let mut files = vec![("pom.xml".to_owned(), pom)];
    for (name, body) in sources {
        let path = match name.strip_prefix('/') {
            Some(top) => top.to_owned(),
            None if name.contains('/') => (*name).to_owned(),
            None => format!("src/main/java/{name}"),
        };
        files.push((path, (*body).to_owned()));
    }
    let repo = Repo::from_files(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
    let facts = detect(&Dir::new(&repo, RelPath::root())).unwrap().unwrap();
    facts.programs.into_iter().next().unwrap()
}

/// A program of Spring Boot with these files and one more source.
pub(super) fn spring(files: &[(&str, &str)], source: &str) -> Program {
    let app = main("SpringApplication.run(App.class);");
    let mut all = vec![("App.java", app.as_str()), ("Cfg.java", source)];
    all.extend(files);
    program("org.springframework.boot:spring-boot-starter-web", &all)
}

pub(super) fn main(body: &str) -> String {
    format!("class App {{ public static void main(String[] args) throws Exception {{ {body} }} }}")
}

/// The port of a main method, and the variable that changes it.
fn port(body: &str) -> (Option<u16>, Option<String>) {
    let found = program("", &[("App.java", &main(body))]);
    (found.port.map(|port| port.value), found.port_variable)
}

#[test]
fn ports_follow_the_value_to_the_call() {
    let by = |name: &str| Some(name.to_owned());
    assert_eq!(port("HttpServer.create(new InetSocketAddress(8080), 0);"), (Some(8080), None));
    assert_eq!(port("new ServerSocket(7000 + 1);"), (Some(7001), None));
    assert_eq!(
        port("new ServerSocket(Integer.getInteger(\"http.port\", 8123));"),
        (Some(8123), None)
    );
    let default =
        "int p = Integer.parseInt(System.getenv().getOrDefault(\"PORT\", \"7000\")); app.start(p);";
    assert_eq!(port(default), (Some(7000), by("PORT")));
    let optional = "app.listen(Optional.ofNullable(System.getenv(\"WEB\")).map(Integer::parseInt).orElse(7002));";
    assert_eq!(port(optional), (Some(7002), by("WEB")));
    let ternary = "String e = System.getenv(\"PORT\"); int p = e == null || e.isBlank() ? 7003 : Integer.parseInt(e); server.start(p);";
    assert_eq!(port(ternary), (Some(7003), by("PORT")));
    let assigned = "int p = 7004; String e = System.getenv(\"PORT\"); if (e != null) { p = Integer.parseInt(e); } server.listen(p);";
    assert_eq!(port(assigned), (Some(7004), by("PORT")));
    let args = "int p = args.length > 0 ? Integer.parseInt(args[0]) : 7005; server.listen(p);";
    assert_eq!(port(args), (Some(7005), None));
    let nobody = "int p = System.getenv(\"IN_IMAGE\") != null ? 8080 : 7006; new ServerSocket(p);";
    assert_eq!(port(nobody), (Some(7006), None));
}

#[test]
fn branches_are_those_of_an_environment_that_sets_nothing() {
    let of = |body: &str| port(body).0;
    let other = "int p; if (System.getenv(\"K\") != null) { p = 80; } else { p = 7010; } new ServerSocket(p);";
    assert_eq!(of(other), Some(7010));
    let third = "int p; if (System.getenv(\"A\") != null) p = 80; else if (System.getenv(\"B\") != null) p = 81; else p = 7011; new ServerSocket(p);";
    assert_eq!(of(third), Some(7011));
    let arrow = "String m = System.getenv(\"M\") == null ? \"dev\" : System.getenv(\"M\"); int p = switch (m) { case \"prod\" -> 80; case \"dev\", \"it\" -> 7012; default -> 9; }; new ServerSocket(p);";
    assert_eq!(of(arrow), Some(7012));
    let method = main("new ServerSocket(port(System.getenv().getOrDefault(\"M\", \"x\")));").replace(
        "class App {",
        "class App { static int port(String m) { switch (m) { case \"a\": case \"b\": return 80; default: return 7013; } }",
    );
    assert_eq!(program("", &[("App.java", &method)]).port.unwrap().value, 7013);
    let kotlin = "fun main() {\n val p = when (System.getenv(\"E\")) {\n \"production\" -> 80\n else -> 7014\n }\n embeddedServer(Netty, host = \"0.0.0.0\", port = p) {}.start(wait = true)\n}";
    let found = program("", &[("src/main/kotlin/App.kt", kotlin)]);
    assert_eq!(found.port.unwrap().value, 7014);
    let elvis = "fun port() = if (System.getenv(\"C\") != null) 80 else System.getenv(\"PORT\")?.toInt() ?: 7015\nfun main() { embeddedServer(CIO, port()).start() }";
    let found = program("", &[("src/main/kotlin/App.kt", elvis)]);
    assert_eq!((found.port.unwrap().value, found.port_variable.as_deref()), (7015, Some("PORT")));
}

#[test]
fn servers_of_libraries_are_known_by_their_calls() {
    let of = |body: &str| port(body).0;
    assert_eq!(of("Server s = Server.builder().http(7020).build();"), Some(7020));
    assert_eq!(of("Undertow.builder().addHttpListener(7021, \"0.0.0.0\");"), Some(7021));
    assert_eq!(of("Grpc.newServerBuilderForPort(7022, c);"), Some(7022));
    assert_eq!(of("Http.get(system).newServerAt(\"0.0.0.0\", 7023).bind(r);"), Some(7023));
    let uri = "Factory.createHttpServer(URI.create(\"http://0.0.0.0:7024/x/\"), rc);";
    assert_eq!(of(uri), Some(7024));
    let set = main("Javalin.create(c -> { c.jetty.defaultPort = 7025; }).start();");
    assert_eq!(program("io.javalin:javalin", &[("App.java", &set)]).port.unwrap().value, 7025);
}

#[test]
fn values_come_from_options_other_files_and_typed_constants() {
    let option = main("new CommandLine(new App()).execute(args);").replace(
        "class App {",
        "class App { @Option(names = \"--port\", defaultValue = \"7060\") int port; void run() { new ServerSocket(port); }",
    );
    assert_eq!(program("", &[("App.java", &option)]).port.unwrap().value, 7060);
    let import = "import static a.Defaults.PORT; ".to_owned() + &main("new ServerSocket(PORT);");
    let defaults =
        ("Defaults.java", "interface Defaults { int BASE = 7000; int PORT = BASE + 61; }");
    assert_eq!(program("", &[("App.java", &import), defaults]).port.unwrap().value, 7061);
    let kotlin = |text: &str, more: &str| {
        let files = [("src/main/kotlin/App.kt", text), ("src/main/kotlin/More.kt", more)];
        program("", &files).port.map(|port| port.value)
    };
    let typed = "object C { val port: Int = (System.getenv(\"P\") ?: \"7062\").toInt() }\nfun main() { ServerSocket(C.port) }";
    assert_eq!(kotlin(typed, ""), Some(7062));
    let other = "fun main() { app.asServer(Jetty(DEFAULT)).start() }";
    assert_eq!(kotlin(other, "const val DEFAULT = 7063"), Some(7063));
    assert_eq!(kotlin("fun main() { use(Jetty(7064)) }", ""), None);
}

#[test]
fn what_serves_nobody_has_no_port() {
    let web = "org.springframework.boot:spring-boot-starter-web";
    let of = |dependencies: &str, body: &str, settings: &str| {
        let settings = ("src/main/resources/application.properties", settings);
        let app = main(body);
        program(dependencies, &[("App.java", &app), settings]).port.map(|port| port.value)
    };
    assert_eq!(of(web, "run();", "spring.main.web-application-type=none"), None);
    assert_eq!(of(web, "b.web(WebApplicationType.NONE).run();", ""), None);
    // A controller needs a server, whichever dependency brings it.
    let other = "org.springframework.boot:spring-boot-starter x:y";
    assert_eq!(of(other, "run(); } @RestController class A {", ""), Some(8080));
    assert_eq!(of(other, "run();", ""), None);
}

#[test]
fn folders_that_are_served_are_carried() {
    for body in [
        "c.staticFiles.add(\"pages\", Location.EXTERNAL);",
        "externalStaticFileLocation(\"pages\");",
        "StaticHandler.create(\"pages\");",
        "handler.setResourceBase(\"pages\");",
        "new PathResourceManager(Paths.get(\"pages\"), 9);",
        "new File(\"pages\").listFiles();",
        "FileTemplateResolver r = new FileTemplateResolver(); r.setPrefix(\"pages\");",
        "FileLoader l = new FileLoader(); l.setPrefix(\"pages\");",
    ] {
        let body = main(body);
        let found = program("", &[("App.java", &body), ("/pages/a.html", "x")]);
        let files: Vec<&str> = found.files.iter().map(|file| file.value.as_str()).collect();
        assert_eq!(files, ["pages"], "{body}");
    }
    // A path from a constant, and a path from its parts.
    let opened = "class App { static final String DIR = \"pages\"; public static void main(String[] args) { \
        new FileReader(Path.of(DIR, \"a.html\").toString()); } }";
    let found = program("", &[("App.java", opened), ("/pages/a.html", "x")]);
    assert_eq!(found.files.first().map(|file| file.value.as_str()), Some("pages/a.html"));
    // Nothing is known of a class with the same name in another package.
    let other = format!("import com.acme.Files; {}", main("Files.write(\"out/a\", x);"));
    assert!(program("", &[("App.java", &other)]).writable.is_empty());
    let other = main("list.add(\"pages\"); map.get(\"pages\");");
    assert!(program("", &[("App.java", &other), ("/pages/a", "x")]).files.is_empty());
}

#[test]
fn stores_channels_and_logs_write() {
    let of = |body: &str| folders(&[("App.java", &main(body))]);
    assert_eq!(of("FSDirectory.open(Paths.get(\"index\"));"), ["index"]);
    assert_eq!(of("MVStore.open(\"kept/a.mv\"); DBMaker.fileDB(\"maps/a.db\");"), ["kept", "maps"]);
    assert_eq!(of("RocksDB.open(options, \"rocks\");"), ["rocks"]);
    assert_eq!(of("ImageIO.write(image, \"png\", new File(\"out/a.png\"));"), ["out"]);
    let channel = "FileChannel.open(Path.of(\"log/a\"), StandardOpenOption.WRITE); FileChannel.open(Path.of(\"in/a\"), StandardOpenOption.READ);";
    assert_eq!(of(channel), ["log"]);
    let joined = "String f = \"data/a.db\"; DriverManager.getConnection(\"jdbc:sqlite:\" + f);";
    assert_eq!(of(joined), ["data"]);
    let app = ("App.java", &*main("x();"));
    let log4j = "<Configuration>\n<Property name=\"dir\">logs</Property>\n<RollingFile name=\"a\"\n fileName=\"${dir}/${sys:who:-app}/a.log\"/>\n</Configuration>";
    assert_eq!(folders(&[app, ("src/main/resources/log4j2.xml", log4j)]), ["logs/app"]);
    let logback = "<configuration><appender><fileNamePattern>old/a.%d.log</fileNamePattern></appender></configuration>";
    assert_eq!(folders(&[app, ("src/main/resources/logback.xml", logback)]), ["old"]);
}

#[test]
fn datagrams_are_told_from_streams() {
    for body in [
        "Bootstrap b = new Bootstrap(); b.channel(NioDatagramChannel.class); b.bind(7030);",
        "DatagramChannel c = DatagramChannel.open(); c.socket().bind(new InetSocketAddress(7030));",
        "new DatagramSocket(new InetSocketAddress(\"0.0.0.0\", 7030));",
        "new MulticastSocket(7030);",
    ] {
        let found = program("", &[("App.java", &main(body))]);
        let more: Vec<String> = found.more_ports.iter().map(|p| p.value.to_string()).collect();
        assert_eq!((found.port, more), (None, vec!["7030/udp".to_owned()]), "{body}");
    }
}

#[test]
fn side_ports_are_rows_of_the_catalog() {
    let app = main("SpringApplication.run(App.class, args);") + "@GrpcService class G {}";
    let of = |dependencies: &str, settings: &str| {
        let settings = ("src/main/resources/application.properties", settings);
        let found = program(dependencies, &[("App.java", &app), settings]);
        let more: Vec<String> = found.more_ports.iter().map(|p| p.value.to_string()).collect();
        (found.port.map(|port| port.value), more)
    };
    let web = "org.springframework.boot:spring-boot-starter-web";
    let actuator = format!("{web} org.springframework.boot:spring-boot-starter-actuator");
    let moved = "server.port=7040\nmanagement.server.port=7041\n";
    assert_eq!(of(&actuator, moved), (Some(7040), vec!["7041".to_owned()]));
    assert_eq!(of(&actuator, "management.server.port=-1\n"), (Some(8080), vec![]));
    assert_eq!(of(web, moved), (Some(7040), vec![]));
    let grpc = format!("{web} net.devh:grpc-server-spring-boot-starter");
    assert_eq!(of(&grpc, ""), (Some(8080), vec!["9090".to_owned()]));
}

#[test]
fn settings_and_code_give_the_port_of_a_framework() {
    let of = |dependencies: &str, body: &str, settings: (&str, &str)| {
        let app = main(body);
        let found = program(dependencies, &[("App.java", &app), settings]);
        found.port.map(|port| port.value)
    };
    let none = ("x.txt", "");
    let web = "org.springframework.boot:spring-boot-starter-web";
    let map = "app.setDefaultProperties(Collections.singletonMap(\"server.port\", \"7050\")); app.run(args);";
    assert_eq!(of(web, map, none), Some(7050));
    let set = ("src/main/resources/application.properties", "server.port=7051\n");
    assert_eq!(of(web, map, set), Some(7051));
    let conf = (
        "src/main/resources/application.conf",
        "ktor { deployment { port = 7052, port = ${?PORT} } }\n",
    );
    assert_eq!(of("io.ktor:ktor-server-netty-jvm", "EngineMain.main(args);", conf), Some(7052));
    let yaml =
        ("src/main/resources/application.yaml", "ktor:\n  deployment:\n    port: \"$PORT:7053\"\n");
    assert_eq!(of("io.ktor:ktor-server-netty-jvm", "EngineMain.main(args);", yaml), Some(7053));
    let helidon = ("src/main/resources/application.yaml", "server:\n  port: 7054\n");
    assert_eq!(of("io.helidon.webserver:helidon-webserver", "x();", helidon), Some(7054));
}

#[test]
fn a_condition_that_nobody_decides_makes_a_guess() {
    let body =
        "int p = new java.io.File(\"/.dockerenv\").exists() ? 8080 : 7006; new ServerSocket(p);";
    let found = program("", &[("App.java", &main(body))]);
    let port = found.port.unwrap();
    assert_eq!((port.value, port.strength), (7006, Strength::Guessed));
    assert!(found.writable.is_empty(), "{:?}", found.writable);
}

#[test]
fn what_connects_or_belongs_to_another_service_listens_on_nothing() {
    for body in [
        "socket.connect(new InetSocketAddress(\"cache\", 6379));",
        "redisConfig.setPort(6379);",
        "int dbPort = Integer.parseInt(System.getenv().getOrDefault(\"DB_PORT\", \"5432\")); pool.start(dbPort);",
        "new ServerSocket(0);",
        "String s = \"new ServerSocket(9000)\"; // new ServerSocket(9001)",
        "timer.start(5000);",
    ] {
        assert_eq!(port(body), (None, None), "{body}");
    }
}

#[test]
fn an_address_of_an_unknown_host_listens_where_it_is_bound() {
    let of = |body: &str| {
        let found = program("", &[("App.java", &main(body))]);
        let unknown = found.findings.iter().any(|finding| finding.code.as_str() == "port-unknown");
        (found.port.map(|port| port.value), unknown)
    };
    let remote = "proxy(ctx, new InetSocketAddress(parts[0], 443));";
    assert_eq!(of(remote), (None, false));
    let bound = "HttpServer.create(new InetSocketAddress(config.host(), 7070), 0);";
    assert_eq!(of(bound), (Some(7070), false));
    let named =
        "InetSocketAddress a = new InetSocketAddress(config.host(), 7071); channel.bind(a);";
    assert_eq!(of(named), (Some(7071), false));
    // A listener whose port is not found is reported.
    assert_eq!(of("HttpServer.create(new InetSocketAddress(config.port()), 0);"), (None, true));
    assert_eq!(of("ServerBootstrap b = new ServerBootstrap(); b.bind(port);"), (None, true));
    assert_eq!(of("new ServerSocket(port).accept();"), (None, true));
    assert_eq!(of("new ServerSocket(port).close();"), (None, false));
}

#[test]
fn metrics_come_last_and_datagrams_are_said() {
    let body = "new MetricsServer(9404).start(); int metricsPort = 9090; new ServerSocket(metricsPort); new ServerSocket(6000); new DatagramSocket(5353);";
    let found = program("", &[("App.java", &main(body))]);
    assert_eq!(found.port.unwrap().value, 6000);
    let more: Vec<String> = found.more_ports.iter().map(|port| port.value.to_string()).collect();
    assert_eq!(more, ["5353/udp", "9090"]);
}

#[test]
fn a_port_without_default_is_said() {
    let found = program(
        "",
        &[("App.java", &main("new ServerSocket(Integer.parseInt(System.getenv(\"PORT\")));"))],
    );
    assert!(found.port.is_none() && found.kind == Kind::Service);
    assert!(
        found.findings.iter().any(|f| f.code.as_str() == "port-unknown" && f.what.contains("PORT"))
    );
}

#[test]
fn frameworks_have_ports_of_their_own() {
    let javalin = main("Javalin.create().start();");
    let found = program("io.javalin:javalin", &[("App.java", &javalin)]);
    assert_eq!(found.port.unwrap().value, 8080);
    let spark =
        "import static spark.Spark.get; ".to_owned() + &main("get(\"/\", (q, a) -> \"x\");");
    assert_eq!(
        program("com.sparkjava:spark-core", &[("App.java", &spark)]).port.unwrap().value,
        4567
    );
}

#[test]
fn writes_that_no_code_places_are_reported() {
    let codes = |body: &str| -> Vec<String> {
        let body = format!("import java.nio.file.*; {}", main(body));
        let found = program("", &[("App.java", &body)]);
        found.findings.iter().map(|finding| finding.code.to_string()).collect()
    };
    assert_eq!(codes("Files.createDirectories(given());"), ["folder-unknown"]);
    assert!(
        codes("Files.createDirectories(Path.of(\"data\")); Files.write(given(), x);").is_empty()
    );
    assert!(codes("Files.readString(given());").is_empty());
}

/// The folders that a main method, or what it calls, writes.
fn folders(sources: &[(&str, &str)]) -> Vec<String> {
    let found = program("", sources);
    found.writable.into_iter().map(|folder| folder.value).collect()
}

#[test]
fn folders_are_followed_to_the_call_that_writes() {
    let of = |body: &str| folders(&[("App.java", &main(body))]);
    assert_eq!(
        of("Path p = Path.of(\"store\", \"in\"); Files.createDirectories(p);"),
        ["store/in"]
    );
    let beside = "File jar = new File(App.class.getProtectionDomain().getCodeSource().getLocation().toURI()); new File(jar.getParentFile(), \"kept\").mkdirs();";
    assert_eq!(of(beside), ["kept"]);
    let home = "Path p = Paths.get(System.getProperty(\"user.home\"), \".tool\"); Files.createDirectories(p.resolve(\"cache\"));";
    assert_eq!(of(home), ["/home/nonroot/.tool/cache"]);
    let property = "String d = System.getProperty(\"data.dir\", \"/var/lib/tool\"); Files.writeString(Path.of(d).resolve(\"x.txt\"), \"\");";
    assert_eq!(of(property), ["/var/lib/tool"]);
    let part = "Files.createDirectories(Path.of(\"/srv/tool/\" + name));";
    assert_eq!(of(part), ["/srv/tool"]);
    assert!(of("new RandomAccessFile(\"pages/index.bin\", \"r\"); Files.exists(Path.of(\"/never/made\"));").is_empty());
}

#[test]
fn folders_come_through_getters_constructors_and_settings() {
    let app = ("App.java", &*main("new Box(new BoxSettings()).open();"));
    let owner = "class Box { private final Path root; Box(BoxSettings s) { this.root = Path.of(s.getRoot()); } void open() { root.toFile().mkdirs(); } }";
    let settings = "@ConfigurationProperties(prefix = \"box\") class BoxSettings { private String root = \"box-data\"; }";
    let all = [app, ("Box.java", owner), ("BoxSettings.java", settings)];
    assert_eq!(folders(&all), ["box-data"]);
    let mut set = all.to_vec();
    set.push(("src/main/resources/application.properties", "box.root=/srv/box\n"));
    assert_eq!(folders(&set), ["/srv/box"]);
    let value =
        "class Box { Box(@Value(\"${box.dir:boxes}\") String dir) { new File(dir).mkdirs(); } }";
    assert_eq!(folders(&[app, ("Box.java", value)]), ["boxes"]);
}

#[test]
fn folders_of_nested_properties_and_of_the_archive_are_followed() {
    let app = ("App.java", &*main("new Box(p).open();"));
    let owner = |way: &str| {
        format!(
            "class Box {{ private final Path root; Box(BoxProperties p) {{ this.root = Path.of({way}); }} void open() {{ Files.createDirectories(root); }} }}"
        )
    };
    let nested = "@ConfigurationProperties(prefix = \"box\") class BoxProperties { private final Store store = new Store(); Store getStore() { return store; } static class Store { private String path = \"kept\"; } }";
    let by_getters = owner("p.getStore().getPath()");
    let all = [app, ("Box.java", &by_getters), ("BoxProperties.java", nested)];
    assert_eq!(folders(&all), ["kept"]);
    let record = "@ConfigurationProperties(\"box\") record BoxProperties(Store store) { record Store(String path) {} }";
    let settings =
        ("src/main/resources/application.yml", "box:\n  store:\n    path: ${user.home}/kept\n");
    let by_parts = owner("p.store().path()");
    let all = [app, ("Box.java", &by_parts), ("BoxProperties.java", record), settings];
    assert_eq!(folders(&all), ["/home/nonroot/kept"]);
    for way in [
        "new File(new ApplicationHome(App.class).getDir(), \"kept\").mkdirs();",
        "ApplicationHome h = new ApplicationHome(); new File(h.getSource().getParentFile(), \"kept\").mkdirs();",
    ] {
        assert_eq!(folders(&[("App.java", &main(way))]), ["kept"], "{way}");
    }
}

#[test]
fn a_call_that_is_followed_has_its_own_arguments() {
    let app = main("Files.createDirectories(way(\"kept\")); show(way(\"other\"));").replace(
        "class App {",
        "class App { static Path way(String name) { Path p = Paths.get(name); if (p.isAbsolute()) { p = beside(); } return p; } static Path beside() { return Path.of(\"/srv/x\"); }",
    );
    assert_eq!(folders(&[("App.java", &app)]), ["kept"]);
    let system = main("Files.createDirectories(Path.of(new Ways().of() + File.separator + \"a\"));").replace(
        "class App {",
        "class Ways { String of() { String os = System.getProperty(\"os.name\"); if (os.toLowerCase().startsWith(\"win\")) { return \"w\"; } return \"/srv/linux\"; } } class App {",
    );
    assert_eq!(folders(&[("App.java", &system)]), ["/srv/linux/a"]);
}

#[test]
fn fields_are_set_in_methods() {
    let app = main("new Store().open();");
    let store = "class Store { private String dir; void load() { dir = \"kept\"; } void open() { Files.createDirectories(Path.of(dir)); } void other() { String dir = \"not\"; } }";
    assert_eq!(folders(&[("App.java", &app), ("Store.java", store)]), ["kept"]);
}

#[test]
fn each_caller_hands_over_its_own_path() {
    let touch = main("touch(new File(\"a/x\"), false); touch(new File(\"b/x\"), true); touch(new File(\"c/x\"), other);")
        .replace("class App {", "class App { static void touch(File f, boolean make) { if (make) { f.mkdirs(); } }");
    assert_eq!(folders(&[("App.java", &touch)]), ["b/x", "c/x"]);
}

#[test]
fn a_file_in_the_working_directory_is_said() {
    let body = "new FileWriter(\"state.json\");";
    let found = program("", &[("App.java", &main(body))]);
    assert!(found.findings.iter().any(|finding| finding.code.as_str() == "writes-beside-program"));
}

#[test]
fn hostile_code_ends() {
    let circle = main("int a = b; int b = a; new ServerSocket(a); f(1);")
        .replace("class App {", "class App { int f(int x) { return f(f(x)); } ");
    program("", &[("App.java", &circle)]);
    let deep = main(&format!("new ServerSocket({}1{});", "(".repeat(3000), ")".repeat(3000)));
    program("", &[("App.java", &deep)]);
    let many = main(&"Files.write(x(y(z(\"a\"))), b); ".repeat(3000));
    program("", &[("App.java", &many)]);
    for broken in ["new ServerSocket(", ")}]{[(", "x ? y : ? :", "@Command(name = ", "a = ="] {
        program("", &[("App.java", &main(broken))]);
    }
}

#[test]
fn an_address_that_is_a_format_has_no_known_folder() {
    let body = "DriverManager.getConnection(String.format(\"jdbc:h2:file:%s/shop\", dir));";
    let found = program("com.h2database:h2", &[("App.java", &main(body))]);
    let codes: Vec<&str> = found.findings.iter().map(|found| found.code.as_str()).collect();
    assert!(codes.contains(&"folder-unknown") && !codes.contains(&"writes-beside-program"));
    assert!(found.writable.is_empty());
}

#[test]
fn profiles_that_nothing_names_are_demanded() {
    let required = |value: &str| {
        let settings = format!("spring.profiles.active={value}\n");
        let files = [("src/main/resources/application.properties", settings.as_str())];
        let found = spring(&files, "@PropertySource(\"file:x\") class Cfg {}");
        found.required.into_iter().map(|held| held.value).collect::<String>()
    };
    assert_eq!(required("${shop_profile}"), "SHOP_PROFILE");
    assert_eq!(required("${shop_profile:dev}"), "");
    assert_eq!(required("dev"), "");
}

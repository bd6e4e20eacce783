//! Servers whose port comes through classes, maps and settings of the program, and the findings if
//! it does not.

use super::tests_code::{main, program};
use crate::facts::{Program, Strength};
use crate::path::RelPath;
use crate::repo::Repo;

fn codes(program: &Program) -> Vec<&str> {
    program.findings.iter().map(|finding| finding.code.as_str()).collect()
}

fn ports(program: &Program) -> Vec<u16> {
    let more = program.more_ports.iter().map(|port| port.value.number);
    program.port.iter().map(|port| port.value).chain(more).collect()
}

#[test]
fn ports_come_through_results_overloads_and_defaults() {
    let app = main("server.listen(Settings.get().web().port());");
    let settings =
        "class Settings { static Settings get() { return one; } Web web() { return web; } }";
    let web = "class Web { static final int PORT = 9001; int port() { return Integer.parseInt(map.getOrDefault(\"web.port\", PORT).toString()); } }";
    let all = [("App.java", &*app), ("Settings.java", settings), ("Web.java", web)];
    assert_eq!(ports(&program("", &all)), [9001]);
    // The call has four arguments, and so has the method.
    let app = main(
        "vertx.createHttpServer().listen(Integer.parseInt(Conf.of(\"a\", \"b\", \"9002\", json)));",
    );
    let conf = "class Conf { static String of(String a, String d, Json c) { return \"7\"; } \
        static String of(String a, String b, String d, Json c) { String v = System.getProperty(a); \
        if (v != null) { return v; } return c.getString(a, d); } }";
    let found = program("", &[("App.java", &app), ("Conf.java", conf)]);
    assert_eq!(ports(&found), [9002]);
    // A settings file with its own name and its own reader.
    let app = main("bootstrap.bind(Conf.one().host(), Conf.one().port()).get();");
    let conf = "class Conf { private int port; Conf() { this.port = Read.of().getIntValue(\"server.port\"); } \
        static Conf one() { return c; } int port() { return port; } }";
    let file = ("src/main/resources/box.properties", "server.port=9003\n");
    assert_eq!(ports(&program("", &[("App.java", &app), ("Conf.java", conf), file])), [9003]);
}

#[test]
fn servers_without_a_known_port_are_said() {
    let found =
        program("", &[("App.java", &main("vertx.createHttpServer().listen(json.port());"))]);
    assert_eq!((ports(&found), codes(&found)), (vec![], vec!["port-unknown"]));
    // The port of an address that the program inspects is hardly its own.
    let body = "vertx.createHttpServer().listen(json.port()); o.setMetricsServerOptions(new HttpServerOptions().setPort(9930));";
    let found = program("", &[("App.java", &main(body))]);
    assert_eq!(found.port.as_ref().map(|port| port.strength), Some(Strength::Guessed));
    assert_eq!(codes(&found), ["port-unknown"]);
}

#[test]
fn what_is_called_like_a_listener_listens_on_nothing() {
    let own = "class HttpState { void start() { setPort(443); } static void setPort(int port) { LOCAL.set(port); } }";
    let app = main("HttpForward.forward().withHost(host).withPort(8443); x();");
    let found = program("", &[("App.java", &app), ("HttpState.java", own)]);
    assert!(ports(&found).is_empty(), "{:?}", found.port);
}

#[test]
fn micronaut_starts_with_the_environments_of_the_code() {
    let with = |body: &str| {
        let app = main(body);
        let files = [
            ("App.java", &*app),
            ("src/main/resources/application.yml", "micronaut:\n  server:\n    port: 9004\n"),
            ("src/main/resources/application-dev.yml", "micronaut:\n  server:\n    port: 9005\n"),
        ];
        ports(&program("io.micronaut:micronaut-http-server-netty", &files))
    };
    assert_eq!(with("Micronaut.build(args).defaultEnvironments(\"dev\").start();"), [9005]);
    assert_eq!(with("Micronaut.run(App.class, args);"), [9004]);
}

#[test]
fn variables_that_are_demanded_are_in_the_run_line() {
    let body = main("Objects.requireNonNull(System.getenv(\"TOKEN\"));");
    let found = program("", &[("App.java", &body)]);
    let required: Vec<&str> = found.required.iter().map(|name| name.value.as_str()).collect();
    assert_eq!(required, ["TOKEN"]);
}

#[test]
fn a_carried_folder_holds_what_is_in_it() {
    let body = main("new File(\"pages/js\"); new File(\"pages\"); new File(\"pages/css\");");
    let files = [("App.java", &*body), ("/pages/js/a.js", ""), ("/pages/css/a.css", "")];
    let found = program("", &files);
    let carried: Vec<&str> = found.files.iter().map(|file| file.value.as_str()).collect();
    assert_eq!(carried, ["pages"]);
}

#[test]
fn dropwizard_without_its_file_is_said() {
    let app = "class App extends Application<C> { public static void main(String[] args) { new App().run(args); } }";
    let yaml = "server:\n  applicationConnectors:\n    - type: http\n      port: 9006\n";
    let found = program(
        "io.dropwizard:dropwizard-core",
        &[("App.java", app), ("/packaging/app.yaml", yaml)],
    );
    assert_eq!(codes(&found), ["configuration-unknown"]);
    let found =
        program("io.dropwizard:dropwizard-core", &[("App.java", app), ("/config.yml", yaml)]);
    assert!(codes(&found).is_empty());
}

#[test]
fn kotlin_sets_ports_as_properties() {
    let app = |body: &str| format!("fun main() {{ {body} }}");
    let of = |body: &str| ports(&program("", &[("src/main/kotlin/App.kt", &app(body))]));
    let block = "val c = ServerConnector(server).apply { port = env(\"p\") ?: 7071 }";
    assert_eq!(of(block), [7071]);
    assert_eq!(of("connector.port = 7072"), [7072]);
    assert!(of("redisServer.port = 7073\nrequest.port = 7074").is_empty());
}

#[test]
fn switches_and_numbers_are_no_paths() {
    let app = main("save(true); save(7);");
    let store = "class Store { void save(File file) { new FileOutputStream(file); } }";
    let found = program("", &[("App.java", &app), ("Store.java", store)]);
    assert!(found.writable.is_empty() && codes(&found).is_empty(), "{:?}", codes(&found));
}

#[test]
fn logs_below_the_home_are_written_there() {
    let xml = "<configuration><appender><file>${user.home}/logs/box.log</file></appender></configuration>";
    let app = main("x();");
    let files = [("App.java", &*app), ("src/main/resources/logback.xml", xml)];
    let found = program("", &files);
    let folders: Vec<&str> = found.writable.iter().map(|folder| folder.value.as_str()).collect();
    assert_eq!(folders, ["/home/nonroot/logs"]);
}

#[test]
fn callers_hand_over_as_many_arguments_as_are_taken() {
    let app = main("client.init(1111); server.init(\"0.0.0.0\", 3333);");
    let box_ = "class Box { void init(String host, int port) { connector.setPort(port); } }";
    assert_eq!(ports(&program("", &[("App.java", &app), ("Box.java", box_)])), [3333]);
}

#[test]
fn a_listener_of_another_program_is_not_this_ones() {
    let app = main("new ServerSocket(7001);");
    let tool = |body: &str| {
        "class Tool { public static void main(String[] a) throws Exception { new ServerSocket(7002); } \
         BODY }"
            .replace("BODY", body)
    };
    let ports = |app: &str, tool: &str| {
        let found = program("", &[("App.java", app), ("Tool.java", tool)]);
        let first = found.port.map(|port| port.value);
        (first, found.more_ports.len())
    };
    assert_eq!(ports(&app, &tool("")), (Some(7001), 0));
    // It starts the other one, too.
    let both = main("new ServerSocket(7001); Tool.main(args);");
    assert_eq!(ports(&both, &tool("")), (Some(7001), 1));
    // A helper without a main method of its own.
    let helper = "class Tool { void open() throws Exception { new ServerSocket(7002); } }";
    assert_eq!(ports(&app, helper), (Some(7001), 1));
    // Alone it counts.
    let quiet = main("System.out.println();");
    assert_eq!(ports(&quiet, helper).0, Some(7002));
}

#[test]
fn a_port_of_microprofile_settings() {
    let of = |body: &str, more: &[(&str, &str)]| {
        let app = main(body)
            .replace("class App {", "class App { static final String KEY = \"http.port\";");
        let mut files = vec![("App.java", app.as_str())];
        files.extend_from_slice(more);
        let found = program("", &files);
        (found.port.map(|port| port.value), found.port_variable)
    };
    let variable = Some("HTTP_PORT".to_owned());
    let body = "Config config = ConfigProvider.getConfig(); \
                new ServerSocket(config.getOptionalValue(KEY, int.class).orElse(9000));";
    assert_eq!(of(body, &[]), (Some(9000), variable.clone()));
    let literal = body.replace("KEY", "\"http.port\"").replace("int.class", "Integer.class");
    assert_eq!(of(&literal, &[]), (Some(9000), variable.clone()));
    let field =
        "int port = config.getOptionalValue(KEY, int.class).orElse(9001); new ServerSocket(port);";
    assert_eq!(of(field, &[]), (Some(9001), variable));
    let file = ("src/main/resources/META-INF/microprofile-config.properties", "http.port=9002\n");
    assert_eq!(of(body, &[file]).0, Some(9002));
    let demanded = "new ServerSocket(config.getValue(KEY, int.class));";
    assert_eq!(of(demanded, &[file]).0, Some(9002));
}

#[test]
fn a_port_that_another_program_passes_is_not_its_own() {
    let server = "class Server { Server(int port) { new ServerBootstrap().bind(port).sync(); } }";
    let runner = "class Runner { static final int P = 5044; \
        public static void main(String[] args) { new Server(P); } }";
    let of = |body: &str, app: &str| {
        let app = format!("{app}{}", main(body));
        ports(&program("", &[("App.java", &app), ("Server.java", server), ("Runner.java", runner)]))
    };
    assert!(of("new Server(read(args));", "").is_empty());
    assert_eq!(of("new Server(5045);", ""), [5045]);
    // Here the program names the other class.
    assert_eq!(of("Runner.main(args);", ""), [5044]);
}

#[test]
fn a_grpc_server_beside_the_server_of_the_framework_has_a_port() {
    let settings =
        ("src/main/resources/application.yml", "server:\n  port: 4100\nshop:\n  grpc: 4159\n");
    let field = "@Component class Grpc { @Value(\"${shop.grpc}\") int port; \
        void start() throws Exception { ServerBuilder.forPort(port).build().start(); } }";
    assert_eq!(ports(&super::tests_code::spring(&[settings], field)), [4100, 4159]);
    let fixed = "class Grpc { void start() { NettyServerBuilder.forPort(4159).build().start(); } }";
    assert_eq!(ports(&super::tests_code::spring(&[settings], fixed)), [4100, 4159]);
}

#[test]
fn a_class_may_be_written_with_its_package() {
    let body = "com.sun.net.httpserver.HttpServer.create(new java.net.InetSocketAddress(9009), 0);";
    assert_eq!(ports(&program("", &[("App.java", &main(body))])), [9009]);
    let found = program("", &[("App.java", &main("new java.io.File(\"var\").mkdirs();"))]);
    assert_eq!(found.writable[0].value, "var");
}

#[test]
fn a_port_that_a_reader_of_variables_gives_is_no_default() {
    let with = |value: &str| {
        let body = format!(
            "Dotenv env = Dotenv.load(); Javalin.create().start(Integer.parseInt({value}));"
        );
        program("io.javalin:javalin", &[("App.java", &main(&body))])
    };
    assert_eq!(ports(&with("env.get(\"APP_PORT\", \"9010\")")), [9010]);
    let unknown = with("env.get(\"APP_PORT\")");
    assert!(ports(&unknown).is_empty() && codes(&unknown).contains(&"port-unknown"));
}

#[test]
fn a_unit_or_a_process_names_the_port_and_the_class() {
    let app = main("System.out.println();");
    let web = "package a; public class Web { public static void main(String[] args) { HttpServer.create(new InetSocketAddress(9011), 0); } }";
    let all = [
        ("App.java", app.as_str()),
        ("src/main/java/a/Web.java", web),
        ("/Procfile", "web: java -cp target/classes:target/dependency/* a.Web\n"),
    ];
    let found = program("", &all);
    assert_eq!((found.id.as_str(), ports(&found)), ("a.Web", vec![9011]));
    let unit = "[Service]\nExecStart=/usr/bin/java -jar /opt/a/a.jar --server.port=9012\n";
    let app = main("SpringApplication.run(App.class);");
    let all = [("App.java", app.as_str()), ("/a.service", unit)];
    let found = program("org.springframework.boot:spring-boot-starter-web", &all);
    assert_eq!(ports(&found), [9012]);
}

#[test]
fn grpc_serves_alone() {
    let app = main("SpringApplication.run(App.class);");
    let service = "@GrpcService class Greeter {}";
    let all = [("App.java", app.as_str()), ("Greeter.java", service)];
    let dependencies =
        "org.springframework.boot:spring-boot-starter net.devh:grpc-server-spring-boot-starter";
    assert_eq!(ports(&program(dependencies, &all)), [9090]);
}

#[test]
fn the_class_that_serves_comes_before_the_alphabet() {
    let pom = "<project><groupId>a</groupId><artifactId>b</artifactId>\
        <version>1</version><dependencies><dependency><groupId>io.javalin</groupId>\
        <artifactId>javalin</artifactId><version>6</version></dependency></dependencies></project>";
    let tool = "package a; class Admin { public static void main(String[] args) { } }";
    let server = |body: &str| {
        format!(
            "package a; import io.javalin.Javalin; class Zed {{ public static void main(String[] args) {{ {body} }} }}"
        )
    };
    let first = |server: &str, readme: &str| {
        let files = [
            ("pom.xml", pom),
            ("src/main/java/a/Admin.java", tool),
            ("src/main/java/a/Zed.java", server),
            ("README.md", readme),
        ];
        let repo = Repo::from_files(files);
        crate::detect::scan(&repo, &RelPath::root()).unwrap().remove(0).programs[0].id.clone()
    };
    assert_eq!(first(&server("Javalin.create().start(8481);"), ""), "a.Zed");
    let plain = server("work();").replace("import io.javalin.Javalin; ", "");
    assert_eq!(first(&plain, ""), "a.Admin");
    let told = "```\nmvn compile exec:java -Dexec.mainClass=a.Zed\n```\n";
    assert_eq!(first(&plain, told), "a.Zed");
}

#[test]
fn the_port_is_that_of_the_class_that_is_started() {
    let net = ("Net.java", "class Net { void open() { new ServerSocket(8482).accept(); } }");
    let node = main("new Net().open();").replace("App", "Node");
    let tool = main("System.out.println();").replace("App", "Bench");
    let found = program("", &[("Bench.java", &tool), ("Node.java", &node), net]);
    assert_eq!((found.id.as_str(), ports(&found)), ("Node", vec![8482]));
    let web = main("Javalin.create().start();").replace("App", "Web");
    let both =
        "new Thread(() -> new ServerSocket(7001).accept()).start(); Javalin.create().start();";
    let found = program("io.javalin:javalin", &[("App.java", &main(both)), ("Web.java", &web)]);
    assert_eq!(ports(&found), [8080, 7001]);
}

#[test]
fn ports_of_settings_beside_the_main_one() {
    let app = main("SpringApplication.run(App.class);");
    let with = |dependencies: &str, settings: &str| {
        let file = ("src/main/resources/application.properties", settings);
        let web = format!("org.springframework.boot:spring-boot-starter-web {dependencies}");
        program(&web, &[("App.java", &app), file])
    };
    let dubbo = "org.apache.dubbo:dubbo-spring-boot-starter";
    assert_eq!(ports(&with(dubbo, "dubbo.protocol.port=20880\n")), [8080, 20880]);
    let job = "com.xuxueli:xxl-job-core";
    assert_eq!(ports(&with(job, "xxl.job.executor.port=9999\n")), [8080, 9999]);
    let grpc = "net.devh:grpc-server-spring-boot-starter";
    assert_eq!(ports(&with(grpc, "grpc.server.port=9095\n")), [8080, 9095]);
    // The address of such a port.
    let actuator = "org.springframework.boot:spring-boot-starter-actuator";
    let settings = "management.server.port=9901\nmanagement.server.address=127.0.0.1\n";
    let found = with(actuator, settings);
    assert_eq!((ports(&found), codes(&found)), (vec![8080], vec!["localhost-only"]));
    let camel = ("src/main/resources/application.properties", "camel.server.port=8856\n");
    let found = program("org.apache.camel:camel-main", &[("App.java", &main("run();")), camel]);
    assert_eq!(ports(&found), [8856]);
    // Any free port.
    let found = with("", "server.port=0\n");
    assert_eq!((ports(&found), codes(&found)), (vec![], vec!["port-unknown"]));
}

#[test]
fn settings_that_stand_in_and_that_others_import() {
    let app = main("SpringApplication.run(App.class);");
    let port = |files: &[(&str, &str)]| {
        let files = [("App.java", app.as_str())].into_iter().chain(files.iter().copied());
        let files: Vec<(&str, &str)> = files.collect();
        ports(&program("org.springframework.boot:spring-boot-starter-web", &files))
    };
    let base = "src/main/resources/application.properties";
    let of_default = ("src/main/resources/application-default.properties", "server.port=8399\n");
    let of_dev = ("src/main/resources/application-dev.properties", "server.port=8398\n");
    assert_eq!(port(&[of_default, of_dev]), [8399]);
    assert_eq!(port(&[(base, "spring.profiles.default=dev\n"), of_default, of_dev]), [8398]);
    assert_eq!(port(&[(base, "spring.profiles.active=dev\n"), of_default, of_dev]), [8398]);
    let core = ("src/main/resources/core.yml", "server: {port: 8831}\n");
    let import = "spring.config.import=optional:classpath:core.yml\nserver.port=1\n";
    assert_eq!(port(&[(base, import), core]), [8831]);
}

#[test]
fn quarkus_listens_where_an_extension_brings_a_server() {
    let of = |dependency: &str, settings: &str| {
        let pom = format!(
            "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency><groupId>io.quarkus</groupId><artifactId>{dependency}</artifactId></dependency></dependencies><build><plugins><plugin><groupId>io.quarkus</groupId><artifactId>quarkus-maven-plugin</artifactId><executions><execution><goals><goal>build</goal></goals></execution></executions></plugin></plugins></build></project>"
        );
        let files = [
            ("pom.xml", pom.as_str()),
            ("src/main/java/A.java", "class A {}"),
            ("src/main/resources/application.properties", settings),
        ];
        let repo = Repo::from_files(files);
        let facts = (crate::detect::java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        ports(&facts.programs[0])
    };
    assert_eq!(of("quarkus-rest", ""), [8080]);
    assert_eq!(of("quarkus-unknown", ""), [8080]);
    assert!(of("quarkus-messaging-kafka", "").is_empty());
    let secure = "quarkus.http.insecure-requests=disabled\nquarkus.http.ssl-port=8853\n";
    assert_eq!(of("quarkus-rest", secure), [8853]);
    assert_eq!(of("quarkus-rest", "quarkus.http.ssl-port=8853\n"), [8080, 8853]);
}

#[test]
fn a_verticle_gets_its_port_from_the_code() {
    let body = "vertx.createHttpServer().listen(config().getInteger(\"http.port\", 8080)); Vertx.vertx().deployVerticle(new App(), new DeploymentOptions().setConfig(new JsonObject().put(\"http.port\", 8409)));";
    assert_eq!(ports(&program("", &[("App.java", &main(body))])), [8409]);
}

#[test]
fn a_war_that_is_packed_with_its_server() {
    let of = |plugin: &str| {
        let pom = format!(
            "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><packaging>war</packaging><dependencies><dependency><groupId>jakarta.platform</groupId><artifactId>jakarta.jakartaee-api</artifactId><version>11</version><scope>provided</scope></dependency></dependencies><build><plugins>{plugin}</plugins></build></project>"
        );
        let source = "package g;\nimport jakarta.ws.rs.Path;\n@Path(\"a\") class A {}";
        let files = [("pom.xml", pom.as_str()), ("src/main/java/g/A.java", source)];
        let repo = Repo::from_files(files);
        let facts = (crate::detect::java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let program = facts.programs.into_iter().next().unwrap();
        let args = program.args.as_ref().map(|args| args.value.clone());
        let said = codes(&program).contains(&"servlet-container-differs");
        (ports(&program), args, said)
    };
    let payara = "<plugin><groupId>fish.payara.maven.plugins</groupId><artifactId>payara-micro-maven-plugin</artifactId><executions><execution><goals><goal>bundle</goal></goals></execution></executions></plugin>";
    assert_eq!(of(payara), (vec![8080], None, false));
    let wildfly = "<plugin><groupId>org.wildfly.plugins</groupId><artifactId>wildfly-maven-plugin</artifactId><configuration><bootableJar>true</bootableJar></configuration><executions><execution><goals><goal>package</goal></goals></execution></executions></plugin>";
    assert_eq!(of(wildfly), (vec![8080], Some("-b=0.0.0.0".to_owned()), false));
    // Jetty has no JAX-RS.
    assert_eq!(of(""), (vec![8080], None, true));
}

#[test]
fn spring_boot_decides_the_servlet_api_of_a_war() {
    let of = |boot: &str, dependency: &str| {
        let pom = format!(
            "<project><parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>{boot}</version></parent><groupId>g</groupId><artifactId>a</artifactId><version>1</version><packaging>war</packaging><dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency>{dependency}</dependencies></project>"
        );
        let repo = Repo::from_files([("pom.xml", pom.as_str())]);
        let facts = (crate::detect::java::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
        let found = &facts.programs[0].findings;
        let note = found.iter().find(|f| f.code.as_str() == "servlet-container").unwrap();
        note.what.rsplit_once('(').unwrap().1.trim_end_matches(')').to_owned()
    };
    let api = |version: &str| {
        format!(
            "<dependency><groupId>jakarta.servlet</groupId><artifactId>jakarta.servlet-api</artifactId>{version}<scope>provided</scope></dependency>"
        )
    };
    assert_eq!([of("2", ""), of("3", ""), of("4", "")], ["ee8", "ee10", "ee11"]);
    // The managed version of the API is that of the release, not the newest.
    assert_eq!([of("2", &api("")), of("3", &api(""))], ["ee8", "ee10"]);
    // A version that the pom states counts.
    assert_eq!(of("3", &api("<version>7</version>")), "ee11");
}

#[test]
fn the_port_for_monitoring_comes_after_the_own_one() {
    let of = |name: &str| {
        let body = format!(
            "HttpServer.create(new InetSocketAddress({name}), 0).start(); \
             HttpServer.create(new InetSocketAddress(HTTP_PORT), 0).start();"
        );
        let constants = "static final int MONITORING_PORT = 7601; static final int FIRST_PORT = 7601; static final int HTTP_PORT = 7600;";
        let app = main(&body).replacen('{', &format!("{{ {constants} "), 1);
        program("", &[("App.java", &app)]).port.map(|port| port.value)
    };
    assert_eq!(of("MONITORING_PORT"), Some(7600));
    assert_eq!(of("FIRST_PORT"), Some(7601));
}

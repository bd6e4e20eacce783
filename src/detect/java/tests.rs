//! The rules over whole repositories in memory.

use super::*;
use crate::repo::Repo;

pub(super) fn facts(files: &[(&str, &str)], dir: &str) -> Option<Facts> {
    let repo = Repo::from_files(files.iter().copied());
    detect(&Dir::new(&repo, RelPath::new(dir).unwrap())).unwrap()
}

pub(super) fn pom(body: &str) -> String {
    format!(
        "<project><groupId>g</groupId><artifactId>app</artifactId><version>1</version>{body}</project>"
    )
}

const PARENT: &str = "<parent><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-parent</artifactId><version>3.5.1</version><relativePath/></parent>";

/// A Spring Boot application with `more` in its pom.
fn spring(more: &str) -> String {
    pom(&format!(
        "{PARENT}<dependencies><dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency></dependencies>
        <build>{more}<plugins><plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build>"
    ))
}

pub(super) fn details(facts: &Facts) -> Details {
    facts.details().unwrap()
}

fn artifact(facts: &Facts) -> Artifact {
    details(facts).launches[&facts.programs[0].id].artifact.clone()
}

pub(super) fn plugin(artifact: &str, body: &str) -> String {
    format!(
        "<build><plugins><plugin><artifactId>{artifact}</artifactId>{body}</plugin></plugins></build>"
    )
}

#[test]
fn version_files_win_over_levels_and_losers_are_named() {
    let level = spring("").replace(
        "<dependencies>",
        "<properties><java.version>17</java.version></properties><dependencies>",
    );
    let found = facts(&[("pom.xml", &level)], "").unwrap().toolchain;
    assert_eq!((found.value.as_str(), found.evidence[0].place().as_str()), ("17", "pom.xml:1"));
    let all = [
        ("pom.xml", level.as_str()),
        (".sdkmanrc", "java=21.0.2-tem\n"),
        (".tool-versions", "java temurin-25.0.1\n"),
    ];
    let found = facts(&all, "").unwrap().toolchain;
    assert_eq!((found.value.as_str(), found.evidence[0].place().as_str()), ("21", ".sdkmanrc:1"));
    let rejected: Vec<&str> = found.rejected.iter().map(|r| r.value.as_str()).collect();
    assert_eq!(rejected, ["21.0.2-tem", "temurin-25.0.1", "17"]);
    let found = facts(
        &[("pom.xml", &level), (".java-version", "25\n"), (".sdkmanrc", "java=21-tem\n")],
        "",
    )
    .unwrap();
    assert_eq!(found.toolchain.value, "25");
}

#[test]
fn levels_have_their_order() {
    let main = ("src/main/java/M.java", "class M { public static void main(String[] a) {} }");
    let of = |body: &str| facts(&[("pom.xml", &pom(body)), main], "").unwrap().toolchain.value;
    let properties = |text: &str| format!("<properties>{text}</properties>");
    let source = "<maven.compiler.source>1.8</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>";
    assert_eq!(of(&properties(source)), "11");
    assert_eq!(of(&properties(&format!("{source}<java.version>17</java.version>"))), "17");
    let compiler = plugin(
        "maven-compiler-plugin",
        "<configuration><release>${level}</release></configuration>",
    );
    assert_eq!(
        of(&(properties("<level>21</level><java.version>17</java.version>") + &compiler)),
        "21"
    );
    let release = "<level>21</level><maven.compiler.release>25</maven.compiler.release>";
    assert_eq!(of(&(properties(release) + &compiler)), "21");
    assert_eq!(
        of(&properties("<jdk.version>21</jdk.version><release.version>17</release.version>")),
        "17"
    );
    // The release line is no longer published; the next one compiles for it.
    assert_eq!(of(&properties("<maven.compiler.release>22</maven.compiler.release>")), "25");
    assert_eq!(of(""), Tables::read().unwrap().catalog.default_cycle);
}

#[test]
fn frameworks_lift_the_jdk() {
    let old = spring("").replace(
        "<dependencies>",
        "<properties><java.version>1.8</java.version></properties><dependencies>",
    );
    let found = facts(&[("pom.xml", &old)], "").unwrap().toolchain;
    assert_eq!(found.value, "17");
    assert!(
        found.rejected[0].why.contains("Spring Boot 3.5.1 needs Java 17"),
        "{:?}",
        found.rejected
    );
}

#[test]
fn the_wrapper_must_be_complete() {
    let app = spring("");
    let whole =
        [("pom.xml", app.as_str()), ("mvnw", ""), (".mvn/wrapper/maven-wrapper.properties", "")];
    let found = facts(&whole, "").unwrap();
    assert_eq!(
        (found.tool.value.as_str(), details(&found).run.command.as_slice()),
        ("mvnw", ["sh", "./mvnw"].map(str::to_owned).as_slice())
    );
    let old = |version: &str| {
        let url = format!("distributionUrl=https://a.example/apache-maven-{version}-bin.zip\n");
        let wrapper = (".mvn/wrapper/maven-wrapper.properties", url.as_str());
        let found = facts(&[whole[0], whole[1], wrapper], "").unwrap();
        details(&found).run.reports_transfers
    };
    assert!(old("3.5.0") && old("3.6.0") && !old("3.6.1") && !old("3.9.11"));
    let found = facts(&whole[..2], "").unwrap();
    assert_eq!(found.tool.value, "mvn");
    assert!(found.findings.iter().any(|f| f.code.as_str() == "wrapper-incomplete"));
}

pub(super) fn modules() -> Vec<(&'static str, String)> {
    let root = "<project><groupId>g</groupId><artifactId>root</artifactId><version>1</version><packaging>pom</packaging><modules><module>lib</module><module>app</module></modules></project>";
    let parent =
        "<parent><groupId>g</groupId><artifactId>root</artifactId><version>1</version></parent>";
    let lib = format!("<project>{parent}<artifactId>lib</artifactId></project>");
    let uses = "<dependencies><dependency><groupId>g</groupId><artifactId>lib</artifactId><version>1</version></dependency></dependencies>";
    let shade = plugin(
        "maven-shade-plugin",
        "<executions><execution><goals><goal>shade</goal></goals><configuration><transformers><transformer><mainClass>a.Main</mainClass></transformer></transformers></configuration></execution></executions>",
    );
    let app = format!("<project>{parent}<artifactId>app</artifactId>{uses}{shade}</project>");
    vec![
        ("pom.xml", root.to_owned()),
        ("lib/pom.xml", lib),
        (
            "lib/src/main/java/Demo.java",
            "class Demo { public static void main(String[] a) {} }".to_owned(),
        ),
        ("app/pom.xml", app),
    ]
}

#[test]
fn only_the_runnable_module_is_an_application() {
    let files = modules();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    assert!(facts(&files, "").is_none());
    // A library with a main method beside an application is no application itself.
    assert!(facts(&files, "lib").is_none());
    let found = facts(&files, "app").unwrap();
    assert!(found.context.is_root());
    let run = details(&found).run;
    assert_eq!(run.selection, ["-pl", "app", "-am"]);
    assert_eq!(run.siblings[0].classes, "lib/target/classes");
    let manifests: Vec<&str> = found.manifests.iter().map(RelPath::as_str).collect();
    assert_eq!(manifests, ["app/pom.xml", "lib/pom.xml", "pom.xml"]);
}

#[test]
fn archives_have_exact_names() {
    let name = |more: &str| artifact(&facts(&[("pom.xml", &spring(more))], "").unwrap()).file;
    assert_eq!(name(""), "target/app-1.jar");
    assert_eq!(name("<finalName>x-${project.version}</finalName>"), "target/x-1.jar");
    assert_eq!(name("<directory>${project.basedir}/out</directory>"), "out/app-1.jar");
    let classifier = spring("").replace(
        "<artifactId>spring-boot-maven-plugin</artifactId>",
        "<artifactId>spring-boot-maven-plugin</artifactId><configuration><classifier>exec</classifier></configuration>",
    );
    assert_eq!(
        artifact(&facts(&[("pom.xml", &classifier)], "").unwrap()).file,
        "target/app-1-exec.jar"
    );
}

#[test]
fn layers_come_out_by_the_version_of_spring_boot() {
    let shape = |version: &str, packaging: &str| {
        let text = spring("")
            .replace("3.5.1", version)
            .replace("<version>1</version>", &format!("<version>1</version>{packaging}"));
        match artifact(&facts(&[("pom.xml", &text)], "").unwrap()).shape {
            Shape::Layers { jarmode, launcher, .. } => (jarmode, launcher.unwrap_or_default()),
            other => (format!("{other:?}"), String::new()),
        }
    };
    let words = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(shape("4.1.0", ""), words("tools", ""));
    assert_eq!(shape("3.3.0", ""), words("tools", ""));
    assert_eq!(
        shape("3.2.9", ""),
        words("layertools", "org.springframework.boot.loader.launch.JarLauncher")
    );
    assert_eq!(
        shape("2.7.18", ""),
        words("layertools", "org.springframework.boot.loader.JarLauncher")
    );
    let war = "<packaging>war</packaging>";
    assert_eq!(
        shape("4.0.0", war),
        words("tools", "org.springframework.boot.loader.launch.WarLauncher")
    );
    let named = "<artifactId>spring-boot-maven-plugin</artifactId>";
    let classic =
        "<configuration><loaderImplementation>CLASSIC</loaderImplementation></configuration>";
    let text = spring("")
        .replace(named, &format!("{named}{classic}"))
        .replace("<version>1</version>", &format!("<version>1</version>{war}"));
    let Shape::Layers { launcher, .. } = artifact(&facts(&[("pom.xml", &text)], "").unwrap()).shape
    else {
        panic!()
    };
    assert_eq!(launcher.as_deref(), Some("org.springframework.boot.loader.WarLauncher"));
    assert_eq!(shape("2.2.0.RELEASE", "").0, "Whole");
}

#[test]
fn ports_and_addresses() {
    let of = |file: &str, text: &str| {
        let found = facts(&[("pom.xml", &spring("")), (file, text)], "").unwrap();
        (found.programs[0].port.as_ref().map(|port| port.value), found.programs[0].env.len())
    };
    assert_eq!(of("x", ""), (Some(8080), 0));
    assert_eq!(
        of("src/main/resources/application.properties", "server.port=9000"),
        (Some(9000), 0)
    );
    assert_eq!(
        of(
            "src/main/resources/application.yaml",
            "server:\n  port: ${PORT:9001}\n  address: 127.0.0.1"
        ),
        (Some(9001), 1)
    );
    assert_eq!(of("config/application.yml", "server.port: 9002"), (Some(9002), 0));
    assert_eq!(
        of("src/main/resources/application.properties", "server.port=${NOWHERE}"),
        (None, 0)
    );
}

#[test]
fn what_reads_git_is_skipped_unless_it_can_do_without() {
    let with = |config: &str| {
        let text = spring("").replace(
            "<plugins>",
            &format!("<plugins><plugin><groupId>io.github.git-commit-id</groupId><artifactId>git-commit-id-maven-plugin</artifactId>{config}</plugin>"),
        );
        details(&facts(&[("pom.xml", &text)], "").unwrap()).run.options
    };
    assert_eq!(with(""), ["-Dmaven.test.skip=true", "-Dmaven.gitcommitid.skip=true"]);
    let tolerant =
        "<configuration><failOnNoGitDirectory>false</failOnNoGitDirectory></configuration>";
    assert_eq!(with(tolerant), ["-Dmaven.test.skip=true"]);
}

#[test]
fn test_classes_of_a_module_are_compiled_where_they_are_used() {
    let text = spring("").replace(
        "<dependencies>",
        "<dependencies><dependency><groupId>g</groupId><artifactId>t</artifactId><type>test-jar</type></dependency>",
    );
    assert_eq!(details(&facts(&[("pom.xml", &text)], "").unwrap()).run.options, ["-DskipTests"]);
}

#[test]
fn private_repositories_ask_for_a_secret_and_public_ones_do_not() {
    let with = |host: &str| {
        let list = format!(
            "<repositories><repository><url>https://{host}/x</url></repository></repositories>"
        );
        let found = facts(
            &[("pom.xml", &spring("").replace("<dependencies>", &format!("{list}<dependencies>")))],
            "",
        )
        .unwrap();
        details(&found).run.credentials
    };
    assert!(with("nexus.example") && with("maven.pkg.github.com"));
    assert!(!with("repo.spring.io") && !with("repo.maven.apache.org"));
}

#[test]
fn settings_of_maven_count_where_the_build_needs_them() {
    let with = |settings: &str| {
        let list = "<repositories><repository><id>own</id><url>https://repo.spring.io/x</url></repository></repositories>";
        let pom = spring("").replace("<dependencies>", &format!("{list}<dependencies>"));
        details(&facts(&[("pom.xml", &pom), ("settings.xml", settings)], "").unwrap())
            .run
            .credentials
    };
    let server = |id: &str| {
        format!(
            "<settings><servers><server><id>{id}</id><password>${{TOKEN}}</password></server></servers></settings>"
        )
    };
    assert!(with(&server("own")));
    assert!(with("<settings><mirrors><mirror><id>m</id></mirror></mirrors></settings>"));
    assert!(!with(&server("github")));
}

#[test]
fn a_folder_of_the_wrapper_alone_is_no_manifest_without_the_wrapper() {
    let properties = (".mvn/wrapper/maven-wrapper.properties", "");
    let more = |more: &[(&str, &str)]| {
        let pom = spring("");
        let mut all = vec![("pom.xml", pom.as_str()), properties];
        all.extend(more);
        details(&facts(&all, "").unwrap()).run.more_manifests
    };
    assert!(more(&[]).is_empty());
    assert_eq!(more(&[("mvnw", "")]), [".mvn", "mvnw"]);
    assert_eq!(more(&[(".mvn/jvm.config", "-Xmx1g")]), [".mvn"]);
}

#[test]
fn the_base_of_jib_states_the_jdk() {
    let with = |image: &str, level: &str| {
        let jib = format!(
            "<plugin><groupId>com.google.cloud.tools</groupId><artifactId>jib-maven-plugin</artifactId><configuration><from><image>{image}</image></from></configuration></plugin>"
        );
        let text = spring("")
            .replace("<plugins>", &format!("<plugins>{jib}"))
            .replace("<dependencies>", &format!("<properties>{level}</properties><dependencies>"));
        facts(&[("pom.xml", &text)], "").unwrap().toolchain.value
    };
    assert_eq!(with("amazoncorretto:21", ""), "21");
    assert_eq!(with("gcr.io/distroless/java21-debian12", ""), "21");
    assert_eq!(with("eclipse-temurin:21-jre@sha256:0", "<java.version>17</java.version>"), "21");
    assert_eq!(with("alpine:3", "<java.version>17</java.version>"), "17");
}

#[test]
fn quarkus_reads_its_packaging_from_its_settings() {
    let bom = "<dependencyManagement><dependencies><dependency><groupId>io.quarkus.platform</groupId><artifactId>quarkus-bom</artifactId><version>3.15.1</version><type>pom</type><scope>import</scope></dependency></dependencies></dependencyManagement>";
    let build = "<build><plugins><plugin><groupId>io.quarkus.platform</groupId><artifactId>quarkus-maven-plugin</artifactId><version>3.15.1</version><executions><execution><goals><goal>build</goal></goals></execution></executions></plugin></plugins></build>";
    let pom = pom(&format!("{bom}{build}"));
    let options = |name: &str, text: &str| {
        let path = format!("src/main/resources/{name}");
        artifact(&facts(&[("pom.xml", &pom), (&path, text)], "").unwrap()).options
    };
    let fast = ["-Dquarkus.package.jar.type=fast-jar"];
    assert_eq!(options("application.properties", "quarkus.package.jar.type=uber-jar\n"), fast);
    let yaml = "quarkus:\n  package:\n    jar:\n      type: uber-jar\n";
    assert_eq!(options("application.yml", yaml), fast);
    assert!(options("application.properties", "quarkus.package.jar.type=fast-jar\n").is_empty());
    assert!(options("application.properties", "a=b\n").is_empty());
}

#[test]
fn a_named_class_or_archive_is_taken() {
    let text = spring("");
    let repo = Repo::from_files([("pom.xml", text.as_str())]);
    let found = facts(&[("pom.xml", &text)], "").unwrap();
    let program = |wanted: &str| program_named(&repo.root(), &found, wanted);
    assert_eq!(program("a.b.Main").unwrap().name, "main");
    assert!(program("target/x.jar").is_ok());
    assert!(program("../x y").unwrap_err().to_string().contains("neither a class"));
}

#[test]
fn a_shaded_jar_is_taken_whole_only_where_it_differs_from_its_parts() {
    let shade = |extra: &str| {
        let config = format!(
            "{extra}<transformers><transformer><mainClass>a.Main</mainClass></transformer></transformers>"
        );
        let text = pom(&plugin(
            "maven-shade-plugin",
            &format!(
                "<executions><execution><goals><goal>shade</goal></goals><configuration>{config}</configuration></execution></executions>"
            ),
        ));
        artifact(&facts(&[("pom.xml", &text)], "").unwrap())
    };
    assert_eq!(shade("").shape, Shape::Classes { main: "a.Main".to_owned(), args: Vec::new() });
    let relocated = "<relocations><relocation><pattern>x</pattern></relocation></relocations>";
    assert_eq!(
        (shade(relocated).shape, shade(relocated).file.as_str()),
        (Shape::Whole, "target/app-1.jar")
    );
    let attached = format!("{relocated}<shadedArtifactAttached>true</shadedArtifactAttached>");
    assert_eq!(shade(&attached).file, "target/app-1-shaded.jar");
    assert_eq!(
        shade(&format!("{relocated}<outputFile>${{project.build.directory}}/y.jar</outputFile>"))
            .file,
        "target/y.jar"
    );
}

#[test]
fn a_launcher_is_told_what_the_manifest_would_say() {
    let shade = |launcher: &str| {
        let entries =
            format!("<Main-Class>{launcher}</Main-Class><Main-Verticle>a.Verticle</Main-Verticle>");
        let text = pom(&plugin(
            "maven-shade-plugin",
            &format!(
                "<executions><execution><goals><goal>shade</goal></goals><configuration><transformers><transformer><manifestEntries>{entries}</manifestEntries></transformer></transformers></configuration></execution></executions>"
            ),
        ));
        artifact(&facts(&[("pom.xml", &text)], "").unwrap()).shape
    };
    let told = |main: &str, args: &[&str]| Shape::Classes {
        main: main.to_owned(),
        args: args.iter().map(ToString::to_string).collect(),
    };
    assert_eq!(
        shade("io.vertx.core.Launcher"),
        told("io.vertx.core.Launcher", &["run", "a.Verticle"])
    );
    let new = "io.vertx.launcher.application.VertxApplication";
    assert_eq!(shade(new), told(new, &["a.Verticle"]));
    assert_eq!(shade("a.Own"), Shape::Whole);
}

#[test]
fn dropwizard_is_started_with_its_configuration() {
    let uses = "<dependencies><dependency><groupId>io.dropwizard</groupId><artifactId>dropwizard-core</artifactId><version>4.0.7</version></dependency></dependencies>";
    let main = "package a; import io.dropwizard.core.Application; public class Shop extends Application<C> { public static void main(String[] a) throws Exception { new Shop().run(a); } }";
    let found = |more: &[(&str, &str)]| {
        let pom = pom(uses);
        let mut files = vec![("pom.xml", pom.as_str()), ("src/main/java/a/Shop.java", main)];
        files.extend(more);
        let program = facts(&files, "").unwrap().programs[0].clone();
        (program.args.unwrap().value, program.port.unwrap().value, program.files.len())
    };
    let config = "server:\n  applicationConnectors:\n    - type: http\n      port: 9000\n";
    assert_eq!(found(&[]), ("server".to_owned(), 8080, 0));
    let more = [("a.yml", config), ("config.yml", config), ("z.yml", "x: 1\n")];
    assert_eq!(found(&more), ("server config.yml".to_owned(), 9000, 1));
    assert_eq!(found(&[("it's.yml", config)]).0, "server 'it'\\''s.yml'");
}

#[test]
fn a_repository_over_http_is_refused_by_maven() {
    let said = |address: &str| {
        let pom = format!(
            "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><repositories><repository><id>x</id><url>{address}</url></repository></repositories></project>"
        );
        let main = "class A { public static void main(String[] args) {} }";
        let repo = Repo::from_files([("pom.xml", pom.as_str()), ("src/main/java/A.java", main)]);
        let facts = detect(&Dir::new(&repo, RelPath::root())).unwrap().unwrap();
        facts.findings.iter().any(|finding| finding.code.as_str() == "repository-blocked")
    };
    assert!(said("http://maven.example.org/public"));
    assert!(!said("https://maven.example.org/public") && !said("http://localhost:8081/x"));
}

#[test]
fn an_execution_that_the_parent_binds_keeps_its_own_settings() {
    let with = |id: &str| {
        let executions = format!(
            "<artifactId>spring-boot-maven-plugin</artifactId><executions><execution><id>{id}</id>\
             <configuration><classifier>exec</classifier></configuration></execution></executions>"
        );
        let pom =
            spring("").replace("<artifactId>spring-boot-maven-plugin</artifactId>", &executions);
        artifact(&facts(&[("pom.xml", &pom)], "").unwrap()).file
    };
    assert_eq!(with("repackage"), "target/app-1-exec.jar");
    assert_eq!(with("other"), "target/app-1.jar");
}

#[test]
fn settings_are_where_the_pom_says() {
    use crate::facts::Strength::{Guessed, Stated};

    let of = |folder: &str| {
        let resources =
            format!("<resources><resource><directory>{folder}</directory></resource></resources>");
        let pom = spring(&resources);
        let settings = ("src/main/conf/application.properties", "server.port=${X_PORT:8012}\n");
        let log = "<configuration><file>logs/${name}.log</file></configuration>";
        let files = [("pom.xml", pom.as_str()), settings, ("src/main/conf/logback.xml", log)];
        let program = facts(&files, "").unwrap().programs.remove(0);
        let port = program.port.unwrap();
        let written: Vec<String> = program.writable.into_iter().map(|held| held.value).collect();
        (port.value, port.strength, written.contains(&"logs".to_owned()))
    };
    assert_eq!(of("src/main/conf"), (8012, Stated, true));
    assert_eq!(of("${project.basedir}/src/main/conf"), (8012, Stated, true));
    assert_eq!(of("src/main/${unknown}"), (8080, Guessed, false));
    assert_eq!(of("src/main/other"), (8080, Stated, false));
}

#[test]
fn what_the_framework_sets_is_not_demanded() {
    let settings = "a.pid=${PID}\na.key=${API_KEY}\n";
    let files = [
        ("pom.xml", spring("")),
        ("src/main/resources/application.properties", settings.to_owned()),
    ];
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (*a, b.as_str())).collect();
    let program = facts(&files, "").unwrap().programs.remove(0);
    let required: Vec<&str> = program.required.iter().map(|held| held.value.as_str()).collect();
    assert_eq!(required, ["API_KEY"]);
}

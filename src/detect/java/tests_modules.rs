//! Which modules, and which of their classes, are programs.

use super::tests::{details, facts, modules, plugin, pom};
use crate::detect::java::detect;
use crate::facts::Program;
use crate::path::RelPath;
use crate::repo::{Dir, Repo};

#[test]
fn a_server_beside_a_stated_program_is_an_application() {
    let parent =
        "<parent><groupId>g</groupId><artifactId>root</artifactId><version>1</version></parent>";
    let server = "import java.net.ServerSocket; class Web { public static void main(String[] a) throws Exception { new ServerSocket(1984).accept(); } }";
    let mut files = modules();
    files[0].1 = files[0].1.replace("</modules>", "<module>web</module></modules>");
    files.push(("web/pom.xml", format!("<project>{parent}<artifactId>web</artifactId></project>")));
    files.push(("web/src/main/java/Web.java", server.to_owned()));
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    let found = facts(&files, "web").unwrap();
    assert_eq!(found.programs[0].port.as_ref().map(|port| port.value), Some(1984));
    assert!(facts(&files, "app").is_some());
    // What another module is built with stays a library.
    assert!(facts(&files, "lib").is_none());
}

#[test]
fn a_server_comes_before_a_window() {
    let manifest = plugin(
        "maven-jar-plugin",
        "<configuration><archive><manifest><mainClass>Gui</mainClass></manifest></archive></configuration>",
    );
    let pom = pom(&manifest);
    let window = "import javax.swing.JFrame; class Gui { public static void main(String[] a) { new JFrame(\"x\").setVisible(true); } }";
    let server = "import java.net.ServerSocket; class Web { public static void main(String[] a) throws Exception { new ServerSocket(1984).accept(); } }";
    let alone = facts(&[("pom.xml", &pom), ("src/main/java/Gui.java", window)], "").unwrap();
    let said = |program: &Program| {
        program.findings.iter().any(|finding| finding.code.as_str() == "opens-window")
    };
    assert!(said(&alone.programs[0]));
    let both = [
        ("pom.xml", pom.as_str()),
        ("src/main/java/Gui.java", window),
        ("src/main/java/Web.java", server),
    ];
    let both = facts(&both, "").unwrap();
    assert_eq!((both.programs[0].id.as_str(), said(&both.programs[0])), ("Web", false));
}

#[test]
fn modules_whose_archives_the_build_copies_are_built_too() {
    let parent =
        "<parent><groupId>g</groupId><artifactId>root</artifactId><version>1</version></parent>";
    let of = |step: &str, ant: &str| {
        let mut files = modules();
        files[0].1 = files[0].1.replace("</modules>", "<module>more</module></modules>");
        let more = format!("<project>{parent}<artifactId>more</artifactId></project>");
        files.push(("more/pom.xml", more));
        files.push(("app/copy.xml", ant.to_owned()));
        for (path, text) in &mut files {
            if *path == "app/pom.xml" {
                *text = text.replace(
                    "</project>",
                    &format!("<properties><x>{step}</x></properties></project>"),
                );
            }
        }
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        details(&facts(&files, "app").unwrap()).run
    };
    let copy = "<copy file=\"../more/target/more.jar\" todir=\"target/plugins\"/>";
    let selected = ["-pl", "app,more", "-am"];
    assert_eq!(of(copy, "").selection, selected);
    assert_eq!(of("<ant antfile=\"./copy.xml\"/>", copy).selection, selected);
    let above = "${project.parent.basedir}/more/target/classes";
    let run = of(above, "");
    assert_eq!(run.selection, selected);
    assert!(run.source_folders.iter().any(|folder| folder.starts_with("more/")));
    // They are no part of the program's own class path.
    assert!(run.siblings.iter().all(|sibling| sibling.artifact != "more"));
    for step in ["", "../lib/target/lib.jar", "../other/target", "target/more"] {
        assert_eq!(of(step, "").selection, ["-pl", "app", "-am"], "{step}");
    }
}

#[test]
fn what_a_parent_says_to_all_of_its_modules_makes_none_an_application() {
    let plugin = |more: &str| {
        format!(
            "<plugin><groupId>org.springframework.boot</groupId><artifactId>spring-boot-maven-plugin</artifactId>{more}</plugin>"
        )
    };
    let main = "<configuration><mainClass>a.Main</mainClass></configuration>";
    let skip = "<configuration><skip>true</skip></configuration>";
    let repackage =
        "<executions><execution><goals><goal>repackage</goal></goals></execution></executions>";
    let found = |root: &str, app: &str| {
        let root = format!(
            "<project><groupId>g</groupId><artifactId>p</artifactId><version>1</version><packaging>pom</packaging><modules><module>api</module><module>app</module></modules>{root}</project>"
        );
        let module = |name: &str, more: &str| {
            format!(
                "<project><parent><groupId>g</groupId><artifactId>p</artifactId><version>1</version></parent><artifactId>{name}</artifactId>{more}</project>"
            )
        };
        let (api, app) = (module("api", ""), module("app", app));
        let repo = Repo::from_files([
            ("pom.xml", root.as_str()),
            ("api/pom.xml", &api),
            ("api/src/main/java/a/Api.java", "package a; class Api {}"),
            ("app/pom.xml", &app),
            (
                "app/src/main/java/a/Main.java",
                "package a; class Main { public static void main(String[] args) {} }",
            ),
        ]);
        ["api", "app"].map(|dir| {
            let facts = detect(&Dir::new(&repo, RelPath::new(dir).unwrap())).unwrap();
            facts.is_some_and(|facts| !facts.programs.is_empty())
        })
    };
    let managed =
        format!("<build><pluginManagement><plugins>{}</plugins></pluginManagement>", plugin(main));
    let used = format!("{managed}<plugins>{}</plugins></build>", plugin(skip));
    let build = format!("<build><plugins>{}</plugins></build>", plugin(repackage));
    let on = build.replace(
        repackage,
        &format!("{repackage}<configuration><skip>false</skip></configuration>"),
    );
    assert_eq!(found(&used, &on), [false, true]);
    // Managed alone, used without a goal, and a property.
    assert_eq!(found(&format!("{managed}</build>"), &build), [false, true]);
    let bare = format!("{managed}<plugins>{}</plugins></build>", plugin(""));
    assert_eq!(found(&bare, &build), [false, true]);
    assert_eq!(
        found("<properties><start-class>a.Main</start-class></properties>", ""),
        [false, true]
    );
}

#[test]
fn settings_of_a_profile_in_a_module_that_is_packed() {
    let port = |more: &[(&'static str, &str)]| {
        let web = "<dependency><groupId>org.springframework.boot</groupId><artifactId>spring-boot-starter-web</artifactId></dependency>";
        let mut files = modules();
        files[3].1 = files[3].1.replace("<dependencies>", &format!("<dependencies>{web}"));
        files.extend(more.iter().map(|(path, text)| (*path, (*text).to_owned())));
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        facts(&files, "app").unwrap().programs[0].port.as_ref().map(|port| port.value)
    };
    let own = (
        "app/src/main/resources/application.yml",
        "server.port: 7001\nspring.profiles.active: prod\n",
    );
    let lib = ("lib/src/main/resources/application-prod.yml", "server.port: 7002\n");
    let mine = ("app/src/main/resources/application-prod.yml", "server.port: 7003\n");
    let plain = ("lib/src/main/resources/application.yml", "server.port: 7004\n");
    let dev = ("lib/src/main/resources/application-dev.yml", "server.port: 7005\n");
    assert_eq!(port(&[own, lib]), Some(7002));
    // A file of the program's own hides the one of the module; another profile counts nowhere.
    assert_eq!(port(&[own, lib, mine]), Some(7003));
    assert_eq!(port(&[own, plain, dev]), Some(7001));
}

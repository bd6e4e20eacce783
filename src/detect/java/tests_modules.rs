//! Which modules, and which of their classes, are programs.

use super::tests::{details, facts, modules, plugin, pom};
use crate::facts::Program;

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

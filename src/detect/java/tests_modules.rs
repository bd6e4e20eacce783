//! Which modules, and which of their classes, are programs.

use super::tests::{facts, modules, plugin, pom};
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

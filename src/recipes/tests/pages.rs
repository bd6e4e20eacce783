//! Pages that documentation opens, and lines that only show options.

use super::*;

#[test]
fn the_page_that_documentation_opens_has_the_port_that_nothing_else_names() {
    let of = |text: &str, port: Option<u16>| {
        let files = [("README.md", text), ("main.py", "ADDRESS = 'localhost:5232'\n")];
        let repo = Repo::from_files(files);
        repo.source_text(&RelPath::new("main.py").unwrap()).unwrap();
        let at = Evidence::file(&root(), "test");
        applied_to(&repo, |program| program.port = port.map(|port| Sourced::new(port, at)))
    };
    let open = "Then open http://localhost:5232 in a browser.\n";
    let program = of(open, None);
    let port = program.port.as_ref().unwrap();
    assert_eq!((port.value, port.strength), (5232, crate::facts::Strength::Guessed));
    assert_eq!(codes(&program), ["localhost-only"]);
    assert_eq!(of(open, Some(80)).port.unwrap().value, 80);
    assert!(of(&format!("{open}\nor visit http://localhost:6001"), None).port.is_none());
    assert!(of("Then open http://localhost:5432 in a browser.\n", None).port.is_none());
    let below = |path: &str, kind: Kind| {
        applied(&[(path, open)], |program| program.kind = kind).port.is_some()
    };
    assert!(below("docs/setup.md", Kind::Service) && !below("docs/setup.md", Kind::Command));
    assert!(!below("docs/contributing.md", Kind::Service));
    // Nothing of the code is bound to the loopback interface.
    assert!(codes(&of("Open http://localhost:5233", None)).is_empty());
}

#[test]
fn a_line_of_documentation_that_only_shows_how_to_log_more_gives_no_arguments() {
    let of = |line: &str| {
        let text = format!("```\n{line}\n```\n");
        told(&applied(&[("README.md", &text)], |program| program.kind = Kind::Service))
    };
    assert_eq!(of("box --log-level debug"), "- - - -");
    assert_eq!(of("box -v"), "- - - -");
    assert_eq!(of("box --log-level debug --all"), "- --log-level_debug_--all - -");
    assert_eq!(of("box serve"), "- serve - -");
}

#[test]
fn an_image_of_somebody_else_says_nothing_of_the_program() {
    let of = |image: &str| {
        let text = format!("```\ndocker run -p 80:80 -v ./c:/config {image}\n```\n");
        let files = [("README.md", text.as_str())];
        told(&applied(&files, |program| program.kind = Kind::Service))
    };
    assert_eq!(of("me/box"), "80 - /config -");
    assert_eq!(of("linuxserver/box"), "- - - -");
    assert_eq!(of("lscr.io/linuxserver/box:latest"), "- - - -");
}

#[test]
fn the_url_of_a_container_passes_no_port_to_the_program() {
    let of = |value: &str| {
        let compose = format!(
            "services:\n  box:\n    build: .\n    environment:\n      BOX_AT: {value}\n    ports: [\"5000:5000\"]\n"
        );
        told(&applied(&[("compose.yaml", &compose)], |_| {}))
    };
    assert_eq!(of("http://box:5000"), "5000 - - -");
    assert_eq!(of("0.0.0.0:5000"), "5000 - - BOX_AT=0.0.0.0:5000");
}

#[test]
fn options_of_the_server_in_another_image_are_not_those_of_ours() {
    let of = |id: &str| {
        let text = "```\ndocker run -p 80:80 me/box -w 4\n```\n";
        let files = [("README.md", text)];
        told(&applied(&files, |program| {
            program.kind = Kind::Service;
            program.id = id.to_owned();
        }))
    };
    assert_eq!(of("web:app"), "80 - - -");
    assert_eq!(of("box"), "80 -w_4 - -");
}

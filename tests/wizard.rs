//! The wizard through a real pseudo-terminal.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot read its own files must fail")]

mod terminal;

use std::fs;
use std::path::Path;

use terminal::{CTRL_C, DOWN, ENTER, Terminal};

const SIZE: (usize, usize) = (80, 50);

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn server(port: u16) -> String {
    format!(
        "package main\n\nimport (\n\t\"fmt\"\n\t\"log\"\n\t\"net/http\"\n)\n\nfunc main() {{\n\
         \thttp.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) {{ fmt.Fprintln(w, \"hi\") }})\n\
         \tlog.Fatal(http.ListenAndServe(\":{port}\", nil))\n}}\n"
    )
}

/// A Go module with a server and a tool.
fn shop() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("go.mod", "module example.com/shop\n\ngo 1.27\n"),
            ("cmd/server/main.go", &server(8080)),
            ("cmd/migrate/main.go", "package main\n\nfunc main() { println(\"migrated\") }\n"),
        ],
    );
    dir
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn asks_what_is_open_shows_and_writes() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
    terminal.wait_for("Which program should the container start?");
    assert!(!terminal.screen.cursor_shown, "a menu hides the cursor");
    terminal.press(DOWN);
    terminal.press(ENTER);
    terminal.wait_for("quit, write nothing");
    let chosen = if terminal.screen.text().contains("container start? · ./cmd/server") {
        "server"
    } else {
        "migrate"
    };
    assert!(!dir.path().join("Dockerfile").exists(), "nothing is written before a person says so");
    terminal.press(ENTER);
    let (code, restored) = terminal.end();
    assert_eq!((code, restored), (0, true), "{}", terminal.screen.text());
    assert!(terminal.screen.cursor_shown);
    let text = terminal.screen.text();
    assert!(text.contains("docker build -t shop .") && text.contains("docker run --rm"), "{text}");
    assert_eq!(
        names(dir.path()),
        [".dockerignore", ".dockgen", "Dockerfile", "cmd", "dockgen.toml", "go.mod"]
    );
    // The second choice is not what dockgen would have taken, so it is kept.
    let config = fs::read_to_string(dir.path().join("dockgen.toml")).unwrap();
    assert!(config.contains(&format!("entrypoint = \"./cmd/{chosen}\"")), "{config}");

    // The second time nothing is open any more, and nothing changes.
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
    terminal.wait_for("leave it as it is");
    assert!(!terminal.screen.text().contains("container start?"), "{}", terminal.screen.text());
    terminal.press(ENTER);
    assert_eq!(terminal.end().0, 0);
    assert!(terminal.screen.text().contains("unchanged Dockerfile"), "{}", terminal.screen.text());
}

#[test]
fn an_answer_can_be_changed() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init", "--entrypoint", "./cmd/server"]);
    terminal.wait_for("quit, write nothing");
    terminal.press(DOWN);
    terminal.press(ENTER);
    terminal.wait_for("Change which answer?");
    // entrypoint, toolchain, tool, port
    terminal.press(&DOWN.repeat(3));
    terminal.press(ENTER);
    terminal.wait_for("Which port does the program listen on?");
    terminal.press("70000\r");
    terminal.wait_for("a number from 1 to 65535");
    terminal.press("\x08\x08\x08\x08\x089090\r");
    terminal.wait_for("EXPOSE 9090");
    terminal.wait_for("quit, write nothing");
    terminal.press(ENTER);
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert!(fs::read_to_string(dir.path().join("Dockerfile")).unwrap().contains("EXPOSE 9090"));
    assert!(
        fs::read_to_string(dir.path().join("dockgen.toml")).unwrap().contains("port = \"9090\"")
    );
}

/// What a person chooses from is shown as it is called, and steers nothing.
#[test]
fn names_of_a_repository_do_not_steer_the_terminal() {
    let dir = shop();
    let evil = "cmd/x\u{1b}[8m\u{202e}\n::error::y";
    write(dir.path(), &[(&format!("{evil}/main.go"), &server(9090))]);
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
    terminal.wait_for("Which program should the container start?");
    terminal.wait_for(r"./cmd/x\x1b[8m\u202e\n::error::y");
    terminal.press(CTRL_C);
    terminal.end();

    let dir = pair();
    let evil = "other\u{1b}[2J\u{7}";
    write(
        dir.path(),
        &[
            (&format!("{evil}/go.mod"), "module example.com/other\n\ngo 1.27\n"),
            (&format!("{evil}/main.go"), &server(9090)),
        ],
    );
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
    terminal.wait_for(r"other\x1b[2J\x07");
    terminal.press(CTRL_C);
    terminal.end();
}

/// Two modules side by side.
fn pair() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write(
        dir.path(),
        &[
            ("api/go.mod", "module example.com/api\n\ngo 1.27\n"),
            ("api/main.go", &server(8080)),
            ("web/go.mod", "module example.com/web\n\ngo 1.27\n"),
            ("web/main.go", &server(9090)),
        ],
    );
    dir
}

#[test]
fn several_applications_are_a_choice() {
    let dir = pair();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init", "--set", "base=scratch"]);
    terminal.wait_for("Applications");
    terminal.press(DOWN);
    terminal.press(" ");
    terminal.press(ENTER);
    terminal.wait_for("quit, write nothing");
    assert!(
        terminal.screen.text().contains("Applications · api (Go)\n"),
        "{}",
        terminal.screen.text()
    );
    terminal.press(ENTER);
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert!(dir.path().join("api/Dockerfile").exists());
    assert!(!dir.path().join("web/Dockerfile").exists());
    assert!(
        terminal.screen.text().contains("docker build -t api api"),
        "{}",
        terminal.screen.text()
    );
}

#[test]
fn several_applications_are_written_together() {
    let dir = pair();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
    terminal.wait_for("Applications");
    terminal.press(ENTER);
    terminal.wait_for("What now?");
    terminal.press(ENTER);
    terminal.wait_for("What now? · write these files");
    assert!(!dir.path().join("api/Dockerfile").exists(), "the first waits for the second");
    terminal.wait_for("quit, write nothing");
    terminal.press(&DOWN.repeat(2));
    terminal.press(ENTER);
    assert_eq!(terminal.end(), (0, true));
    assert!(terminal.screen.text().contains("Nothing was written."), "{}", terminal.screen.text());
    assert_eq!(names(&dir.path().join("api")), ["go.mod", "main.go"]);
}

#[test]
fn ctrl_c_leaves_nothing_behind() {
    // At a menu, at a text, and at the last question.
    for prompts in [
        &["Which program should the container start?"][..],
        &["Which program should the container start?", "quit, write nothing"],
        &[
            "Which program should the container start?",
            "quit, write nothing",
            "Change which answer?",
            "Which base image?",
        ],
    ] {
        let dir = shop();
        let before = names(dir.path());
        let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
        for (number, prompt) in prompts.iter().enumerate() {
            terminal.wait_for(prompt);
            if number + 1 == prompts.len() {
                terminal.press(CTRL_C);
            } else if *prompt == "quit, write nothing" {
                terminal.press(DOWN);
                terminal.press(ENTER);
            } else if *prompt == "Change which answer?" {
                terminal.press(&DOWN.repeat(4));
                terminal.press(ENTER);
            } else {
                terminal.press(ENTER);
            }
        }
        let (code, restored) = terminal.end();
        assert_eq!((code, restored), (130, true), "at {prompts:?}:\n{}", terminal.screen.text());
        assert!(terminal.screen.cursor_shown, "the cursor is hidden after {prompts:?}");
        assert_eq!(names(dir.path()), before, "at {prompts:?}");
    }
}

#[test]
fn ctrl_c_at_a_typed_answer() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init", "--entrypoint", "./cmd/server"]);
    terminal.wait_for("quit, write nothing");
    terminal.press(DOWN);
    terminal.press(ENTER);
    terminal.wait_for("Change which answer?");
    terminal.press(&DOWN.repeat(3));
    terminal.press(ENTER);
    terminal.wait_for("Which port does the program listen on?");
    terminal.press("12");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), (130, true), "{}", terminal.screen.text());
    assert!(terminal.screen.cursor_shown);
    assert_eq!(names(dir.path()), ["cmd", "go.mod"]);
}

#[test]
fn a_narrow_terminal_is_enough() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), (40, 24), &["init"]);
    terminal.wait_for("something else");
    for _ in 0..7 {
        terminal.press(DOWN);
    }
    terminal.press(DOWN);
    terminal.press(DOWN);
    terminal.press(ENTER);
    terminal.wait_for("quit, write nothing");
    let text = terminal.screen.text();
    assert_eq!(text.matches("something else").count(), 0, "a menu leaves no ghosts:\n{text}");
    terminal.press(DOWN);
    terminal.press(ENTER);
    terminal.wait_for("Change which answer?");
    terminal.press(&DOWN.repeat(4));
    terminal.press(ENTER);
    terminal.wait_for("Which base image?");
    terminal.press(&DOWN.repeat(3));
    terminal.press(ENTER);
    terminal.wait_for("FROM debian");
    terminal.wait_for("quit, write nothing");
    terminal.press(ENTER);
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    let text = terminal.screen.text();
    assert_eq!(text.matches("Change which answer?").count(), 1, "a menu leaves no ghosts:\n{text}");
}

#[test]
fn a_foreign_dockerfile_is_shown_and_asked_about() {
    let dir = shop();
    write(dir.path(), &[("Dockerfile", "FROM mine\n")]);
    let start = || Terminal::start(dir.path(), SIZE, &["init", "--entrypoint", "./cmd/server"]);
    let mut terminal = start();
    terminal.wait_for("quit, write nothing");
    assert!(terminal.screen.text().contains("-FROM mine"), "{}", terminal.screen.text());
    terminal.press(ENTER);
    terminal.wait_for("Overwrite Dockerfile?");
    terminal.press("n");
    terminal.wait_for("quit, write nothing");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), (130, true));
    assert_eq!(fs::read_to_string(dir.path().join("Dockerfile")).unwrap(), "FROM mine\n");

    let mut terminal = start();
    terminal.wait_for("quit, write nothing");
    terminal.press(ENTER);
    terminal.wait_for("Overwrite Dockerfile?");
    terminal.press("y");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert!(fs::read_to_string(dir.path().join("Dockerfile")).unwrap().contains("AS build"));
}

/// The picture in the README is what a person sees. `DOCKGEN_BLESS=1` takes it anew.
#[test]
fn the_picture_is_a_real_session() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), (96, 100), &["init"]);
    terminal.wait_for("Which program should the container start?");
    terminal.press(ENTER);
    terminal.wait_for("quit, write nothing");
    terminal.press(ENTER);
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    let picture = terminal::svg::picture(&terminal.screen, 96, "dockgen init");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/wizard.svg");
    if std::env::var_os("DOCKGEN_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &picture).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(picture.lines()).find(|(kept, now)| kept != now);
    assert!(
        kept == picture,
        "docs/wizard.svg is not what the wizard shows: DOCKGEN_BLESS=1 cargo test --test wizard\n{differs:?}\n{}",
        terminal.screen.text()
    );
}

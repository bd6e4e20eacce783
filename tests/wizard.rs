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
fn several_programs_of_a_module_get_an_image_each() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
    terminal.wait_for("Which program should the container start?");
    terminal.press(ENTER);
    terminal.choose("an image for each of the 2 programs");
    terminal.wait_for("An image for which programs?");
    terminal.wait_for("cmd/migrate");
    terminal.press(ENTER);
    terminal.choose("accept all");
    let (code, restored) = terminal.end();
    assert_eq!((code, restored), (0, true), "{}", terminal.screen.text());
    for program in ["server", "migrate"] {
        let file = fs::read_to_string(dir.path().join("cmd").join(program).join("Dockerfile"));
        assert!(file.unwrap().contains(&format!("-o /out/{program} ./cmd/{program}")));
    }
    assert!(!dir.path().join("Dockerfile").exists());
    // All of them are kept true from the module's folder.
    let check = |code| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_dockgen"));
        let output = command.arg("check").current_dir(dir.path()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(code), "{text}");
        text
    };
    check(0);
    fs::write(dir.path().join("go.mod"), "module example.com/shop\n\ngo 1.26\n").unwrap();
    let text = check(1);
    assert!(text.contains("cmd/server") && text.contains("cmd/migrate"), "{text}");
}

/// An engine whose builds fail.
const ENGINE: &str = r#"#!/bin/sh
case "$*" in
  --version) echo "Docker version 28.0.1" ;;
  version*) echo 28.0.1 ;;
  "buildx build --help") echo rawjson ;;
  "buildx build"*)
    echo '{"vertexes":[{"digest":"a","name":"[build 1/2] RUN go build","error":"exit code: 1"}]}' >&2
    exit 1 ;;
esac
"#;

#[test]
fn where_an_engine_answers_a_proof_is_offered() {
    use std::os::unix::fs::PermissionsExt;
    let (dir, engine) = (shop(), tempfile::tempdir().unwrap());
    let docker = engine.path().join("docker");
    fs::write(&docker, ENGINE).unwrap();
    fs::set_permissions(&docker, fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", engine.path().display());
    let offered = |answer: &str| {
        let args = ["init", "--entrypoint", "./cmd/server"];
        let env = [("PATH", path.as_str()), ("DOCKER_HOST", "")];
        let mut terminal = Terminal::start_in(dir.path(), SIZE, &args, &env);
        terminal.wait_for("quit, write nothing");
        terminal.press(ENTER);
        terminal.wait_for("Prove it now (builds the image)?");
        assert!(dir.path().join("Dockerfile").exists(), "the files are written before");
        terminal.press(answer);
        let (code, restored) = terminal.end();
        assert!(restored, "{}", terminal.screen.text());
        (code, terminal.screen.text())
    };
    assert_eq!(offered(ENTER).0, 0);
    let (code, text) = offered("y");
    assert!(
        code == 1 && text.contains("it does not build") && text.contains("not proved"),
        "{text}"
    );
}

#[test]
fn an_answer_can_be_changed() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init", "--entrypoint", "./cmd/server"]);
    terminal.choose("change an answer");
    terminal.wait_for("Change which answer?");
    terminal.choose("port: 8080");
    terminal.wait_for("Which port does the program listen on?");
    terminal.press("70000\r");
    terminal.wait_for("a number from 1 to 65535");
    terminal.press("\x08\x08\x08\x08\x089090\r");
    terminal.wait_for("port             9090");
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
    terminal.wait_for("What now?");
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
    terminal.choose("quit, write nothing");
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
                terminal.choose("change an answer");
            } else if *prompt == "Change which answer?" {
                terminal.choose("base: ");
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
    terminal.choose("change an answer");
    terminal.wait_for("Change which answer?");
    terminal.choose("port: ");
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
    for _ in 0..9 {
        terminal.press(DOWN);
    }
    terminal.choose("./cmd/server");
    terminal.wait_for("quit, write nothing");
    let text = terminal.screen.text();
    assert_eq!(text.matches("something else").count(), 0, "a menu leaves no ghosts:\n{text}");
    terminal.choose("change an answer");
    terminal.wait_for("Change which answer?");
    terminal.choose("base: ");
    terminal.wait_for("Which base image?");
    terminal.choose("debian");
    terminal.wait_for("base             debian");
    terminal.wait_for("quit, write nothing");
    terminal.press(ENTER);
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    let text = terminal.screen.text();
    assert_eq!(text.matches("enter: choose").count(), 0, "a menu leaves no ghosts:\n{text}");
    assert!(fs::read_to_string(dir.path().join("Dockerfile")).unwrap().contains("FROM debian"));
}

/// Everything that is needed to decide is on one screen; the files are a key away.
#[test]
fn the_first_screen_holds_the_decisions_and_the_menu() {
    for (size, variables) in [
        ((80, 24), &[][..]),
        ((80, 24), &[("NO_COLOR", "1")][..]),
        ((60, 20), &[][..]),
        ((60, 20), &[("NO_COLOR", "1")][..]),
    ] {
        let dir = shop();
        let args = ["init", "--entrypoint", "./cmd/server"];
        let mut terminal = Terminal::start_in(dir.path(), size, &args, variables);
        terminal.wait_for("enter: choose");
        let text = terminal.screen.text();
        for part in [
            "toolchain        1.27  go.mod:3",
            "port             8080  cmd/server/main.go:11",
            "new       Dockerfile (",
            ".dockgen/ remembers them",
            "> write these files",
            "show the Dockerfile",
            "quit, write nothing",
        ] {
            assert!(text.contains(part), "`{part}` is not on the screen:\n{text}");
        }
        assert!(!text.contains("FROM "), "{text}");
        // Space writes nothing, and neither does Esc.
        terminal.press(" ");
        terminal.escape();
        terminal.choose("show the Dockerfile");
        terminal.wait_for("q, esc: close");
        let text = terminal.screen.text();
        assert!(
            text.contains("# syntax=docker/dockerfile:1") && !text.contains("ENTRYPOINT"),
            "{text}"
        );
        terminal.press("G");
        terminal.wait_for("ENTRYPOINT");
        terminal.press("g");
        terminal.wait_for("# syntax=docker/dockerfile:1");
        terminal.press(" ");
        terminal.press("q");
        terminal.wait_for("What now?");
        terminal.wait_for("> show the Dockerfile");
        assert!(!dir.path().join("Dockerfile").exists());
        terminal.choose("quit, write nothing");
        assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
        assert!(terminal.screen.cursor_shown);
        assert!(!dir.path().join(".dockgen").exists());
    }
}

#[test]
fn esc_leads_back_and_answers_are_kept() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
    terminal.wait_for("Which program should the container start?");
    terminal.wait_for("esc: to the menu");
    terminal.escape();
    terminal.choose("change an answer");
    terminal.choose("port: ");
    terminal.wait_for("Which port");
    terminal.press("9191\r");
    terminal.wait_for("port             9191");
    terminal.choose("change an answer");
    terminal.choose("base: ");
    terminal.wait_for("Which base image?");
    terminal.escape();
    terminal.wait_for("Change which answer?");
    terminal.escape();
    terminal.choose("why: ");
    terminal.choose("toolchain: ");
    terminal.wait_for("go.mod:3  `go 1.27`");
    terminal.escape();
    terminal.wait_for("Why what?");
    terminal.escape();
    terminal.choose("write these files");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert!(fs::read_to_string(dir.path().join("Dockerfile")).unwrap().contains("EXPOSE 9191"));
}

/// `?` in the list of answers shows the evidence of the marked one.
#[test]
fn a_question_mark_says_why() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init", "--entrypoint", "./cmd/server"]);
    terminal.choose("change an answer");
    terminal.wait_for("?: why");
    terminal.mark("port: ");
    terminal.press("?");
    terminal.wait_for("cmd/server/main.go:11  ");
    terminal.press("q");
    terminal.wait_for("> port: ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.end(), (130, true));
    assert!(terminal.screen.cursor_shown);
}

#[test]
fn all_the_others_can_be_accepted() {
    let dir = pair();
    write(
        dir.path(),
        &[
            ("zoo/go.mod", "module example.com/zoo\n\ngo 1.27\n"),
            ("zoo/main.go", &server(7070)),
            ("zoo/Dockerfile", "FROM mine\n"),
        ],
    );
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init"]);
    terminal.wait_for("Applications");
    terminal.press(ENTER);
    terminal.choose("accept all: this and the other 2 as they are");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    let text = terminal.screen.text();
    // One that is a person's stays as it is, and the others are written.
    assert!(text.contains("zoo is left out: zoo/Dockerfile was not written by dockgen"), "{text}");
    assert!(
        dir.path().join("api/Dockerfile").exists() && dir.path().join("web/Dockerfile").exists()
    );
    assert_eq!(fs::read_to_string(dir.path().join("zoo/Dockerfile")).unwrap(), "FROM mine\n");
}

#[test]
fn a_compose_file_is_asked_about() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init", "--entrypoint", "./cmd/server"]);
    terminal.choose("also write compose.yaml: no");
    terminal.choose("also write compose.yaml: yes");
    terminal.choose("also write compose.yaml: no");
    terminal.choose("write these files");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert!(terminal.screen.text().contains("docker compose up --build --wait"));
    assert!(fs::read_to_string(dir.path().join("compose.yaml")).unwrap().contains("8080:8080"));
}

const THEIRS: &str = "FROM golang:1.27\nWORKDIR /srv\nCOPY . .\nRUN go build -o /shop ./cmd/server\nENV REGION=eu\n\
                      EXPOSE 7100\nVOLUME /srv/data\nCMD /shop\n";

#[test]
fn a_foreign_dockerfile_is_compared_and_kept_unless_somebody_says_otherwise() {
    let foreign = || {
        let dir = shop();
        write(dir.path(), &[("Dockerfile", THEIRS)]);
        dir
    };
    let start = |dir: &tempfile::TempDir| {
        let mut terminal =
            Terminal::start(dir.path(), SIZE, &["init", "--entrypoint", "./cmd/server"]);
        terminal.wait_for("Dockerfile was not written by dockgen");
        terminal
    };
    let text = |dir: &tempfile::TempDir, name: &str| {
        fs::read_to_string(dir.path().join(name)).unwrap_or_default()
    };

    // Side by side; the first choice keeps it.
    let dir = foreign();
    let mut terminal = start(&dir);
    terminal.wait_for("> adopt Dockerfile: it stays");
    terminal.choose("compare the two side by side");
    for part in [
        "golang:1.27",
        "scratch",
        "user",
        "root",
        "65532:65532",
        "fetched at each edit",
        "again each time",
        "kept between builds",
        "a shell, no stop signal",
    ] {
        terminal.wait_for(part);
    }
    terminal.press("q");
    terminal.wait_for("What now?");
    terminal.choose("adopt Dockerfile");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert_eq!(text(&dir, "Dockerfile"), THEIRS);
    assert!(text(&dir, ".dockgen/Dockerfile").contains("AS build"));
    assert!(!text(&dir, ".dockerignore").is_empty());

    // dockgen's, with what the other one has.
    let dir = foreign();
    let mut terminal = start(&dir);
    terminal.choose("merge: ");
    terminal.wait_for("taken over: port: 7100");
    terminal.choose("write these files");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    let merged = text(&dir, "Dockerfile");
    for part in ["AS build", "EXPOSE 7100", "REGION=\"eu\"", "WORKDIR /srv/data"] {
        assert!(merged.contains(part), "{merged}");
    }

    // Beside it.
    let dir = foreign();
    let mut terminal = start(&dir);
    terminal.choose("write dockgen's beside it");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert_eq!(text(&dir, "Dockerfile"), THEIRS);
    assert!(text(&dir, "Dockerfile.dockgen").contains("AS build"));

    // In its place.
    let dir = foreign();
    let mut terminal = start(&dir);
    terminal.choose("replace it with dockgen's");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert!(text(&dir, "Dockerfile").contains("AS build"));

    // Neither.
    let dir = foreign();
    let mut terminal = start(&dir);
    terminal.choose("quit, write nothing");
    assert_eq!(terminal.end(), (0, true));
    assert_eq!(names(dir.path()), ["Dockerfile", "cmd", "go.mod"]);
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir_all(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The picture in the README is what a person sees. `DOCKGEN_BLESS=1` takes it anew.
#[test]
fn the_picture_is_a_real_session() {
    let dir = tempfile::tempdir().unwrap();
    let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/apps/go-front-end");
    copy(&app, dir.path());
    let mut terminal = Terminal::start(dir.path(), (96, 40), &["init"]);
    terminal.mark("show the Dockerfile");
    let picture = terminal::svg::picture(&terminal.screen, 96, "dockgen init");
    terminal.press(CTRL_C);
    terminal.end();
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

/// Without colours, the marked line of a list with boxes is told by a character; Esc leads out.
#[test]
fn a_list_with_boxes_shows_its_mark_and_its_keys() {
    for (size, variables) in [
        ((80, 24), &[][..]),
        ((80, 24), &[("NO_COLOR", "1")][..]),
        ((60, 20), &[("NO_COLOR", "1")][..]),
    ] {
        let dir = pair();
        let mut terminal = Terminal::start_in(dir.path(), size, &["init"], variables);
        terminal.wait_for("esc: quit, write nothing");
        terminal.wait_for("web (Go)");
        let marked = |terminal: &Terminal| -> Option<usize> {
            let text = terminal.screen.text();
            let lines = text.lines().filter(|line| line.contains("(Go)"));
            lines.enumerate().find(|(_, line)| line.trim_start().starts_with('>')).map(|(at, _)| at)
        };
        if !variables.is_empty() {
            assert_eq!(marked(&terminal), Some(0), "{}", terminal.screen.text());
        }
        terminal.escape();
        assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
        assert!(terminal.screen.text().contains("Nothing was written."));
        assert_eq!(names(&dir.path().join("api")), ["go.mod", "main.go"]);
    }
}

/// Esc leads out of a typed answer, and nothing is changed.
#[test]
fn esc_leads_out_of_a_typed_answer() {
    let dir = shop();
    let mut terminal = Terminal::start(dir.path(), SIZE, &["init", "--entrypoint", "./cmd/server"]);
    terminal.choose("change an answer");
    terminal.choose("port: ");
    terminal.wait_for("esc: to the menu");
    terminal.wait_for("Which port does the program listen on? (8080):");
    terminal.press("91");
    terminal.escape();
    terminal.wait_for("> port: 8080");
    terminal.escape();
    terminal.choose("write these files");
    assert_eq!(terminal.end(), (0, true), "{}", terminal.screen.text());
    assert!(fs::read_to_string(dir.path().join("Dockerfile")).unwrap().contains("EXPOSE 8080"));
}

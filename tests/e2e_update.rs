//! An update of a real repository: edited by hand, a dependency added, the language moved; built
//! and run before and after. And digests from a real registry.
//!
//! Skipped unless `DOCKGEN_E2E=1`, as tests/e2e.rs is.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on must fail")]
#![allow(clippy::print_stdout, reason = "what is skipped is said aloud")]
#![allow(dead_code, reason = "the stage serves other tests too")]

#[path = "e2e/stage.rs"]
mod stage;

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dockgen::digest;
use sha2::{Digest, Sha256};
use stage::{proved, provide_bases, run};

fn wanted() -> bool {
    let wanted = std::env::var_os("DOCKGEN_E2E").is_some_and(|value| value == "1");
    if !wanted {
        println!("SKIPPED: end-to-end tests run with DOCKGEN_E2E=1 and a container engine");
    }
    wanted
}

fn package(node: &str, more: &str) -> String {
    format!(
        "{{\n  \"name\": \"notes\",\n  \"version\": \"1.0.0\",\n  \"main\": \"server.js\",\n  \"engines\": {{ \"node\": \"{node}\" }},\n  \
         \"dependencies\": {{ \"ms\": \"2.1.3\"{more} }}\n}}\n"
    )
}

const SERVER: &str = r"const http = require('http');
const fs = require('fs');
const ms = require('ms');
const server = http.createServer((request, response) => {
  const by_hand = ['/by-hand/run', '/by-hand/note.txt'].filter((file) => fs.existsSync(file)).length;
  response.end(`${ms(60000)} node ${process.versions.node} env ${process.env.BY_HAND} files ${by_hand}${extra()}`);
});
server.listen(3000);
process.on('SIGTERM', () => process.exit(0));
function extra() { return ''; }
";

fn dockgen(folder: &Path, words: &[&str]) -> String {
    run(Command::new(env!("CARGO_BIN_EXE_dockgen")).current_dir(folder).args(words))
}

fn answer(folder: &Path) -> String {
    provide_bases(&folder.join("Dockerfile"));
    let app = proved(folder, &["--expect", "/=node"]);
    app["boot"]["answers"][0]["body"].as_str().unwrap().to_owned()
}

#[test]
fn an_edit_by_hand_and_a_new_dependency_meet() {
    if !wanted() {
        return;
    }
    let dir = tempfile::Builder::new().prefix("dockgen-e2e-").tempdir().unwrap();
    let folder = dir.path();
    fs::create_dir(folder.join(".git")).unwrap();
    fs::write(folder.join("package.json"), package("24", "")).unwrap();
    fs::write(folder.join("server.js"), SERVER).unwrap();
    fs::write(folder.join("note.txt"), "by hand\n").unwrap();
    dockgen(folder, &["init", "--yes", "--base", "debian"]);
    let generated = fs::read_to_string(folder.join("Dockerfile")).unwrap();
    let by_hand = "\nENV BY_HAND=yes\nRUN mkdir /by-hand && echo 1 > /by-hand/run\nCOPY note.txt /by-hand/note.txt\n";
    assert!(generated.contains("\nUSER "), "{generated}");
    fs::write(
        folder.join("Dockerfile"),
        generated.replacen("\nUSER ", &format!("{by_hand}\nUSER "), 1),
    )
    .unwrap();
    dockgen(folder, &["check"]);
    let before = answer(folder);
    assert!(before.starts_with("1m node 24.") && before.ends_with("env yes files 2"), "{before}");

    fs::write(folder.join("package.json"), package("26", ", \"bytes\": \"3.1.2\"")).unwrap();
    fs::write(
        folder.join("server.js"),
        SERVER.replace("return ''", "return ' ' + require('bytes')(1024)"),
    )
    .unwrap();
    let told = dockgen(folder, &["update"]);
    assert!(told.contains("toolchain"), "{told}");
    dockgen(folder, &["check"]);
    let text = fs::read_to_string(folder.join("Dockerfile")).unwrap();
    assert!(text.contains(by_hand), "{text}");
    let after = answer(folder);
    assert!(after.starts_with("1m node 26.") && after.ends_with("env yes files 2 1KB"), "{after}");
}

/// Debian's docker-registry on the loopback interface, ended with the test.
struct Registry {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Registry {
    /// `None` where it is not installed.
    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let config = format!(
            "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n",
            folder.path().join("data").display()
        );
        let file = folder.path().join("config.yml");
        fs::write(&file, config).unwrap();
        let mut command = Command::new("docker-registry");
        command.arg("serve").arg(&file).stdout(Stdio::null()).stderr(Stdio::null());
        let process = command.spawn().ok()?;
        let registry = Self { process, port, _folder: folder };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "the registry does not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(registry)
    }

    /// One request; the head of the answer.
    fn ask(&self, method: &str, path: &str, kind: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Type: {kind}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Stores an image without layers; the digest of its manifest.
    fn push(&self, name: &str, tag: &str, config: &str) -> String {
        let begun =
            self.ask("POST", &format!("/v2/{name}/blobs/uploads/"), "application/octet-stream", "");
        let location = begun
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .unwrap()
            .trim()
            .to_owned();
        let way = location.split_once(&format!(":{}", self.port)).unwrap().1.to_owned();
        let blob = sha256(config);
        let stored =
            self.ask("PUT", &format!("{way}&digest={blob}"), "application/octet-stream", config);
        assert!(stored.starts_with("HTTP/1.1 201"), "{stored}");
        let kind = "application/vnd.docker.distribution.manifest.v2+json";
        let manifest = format!(
            "{{\"schemaVersion\":2,\"mediaType\":\"{kind}\",\"config\":{{\"mediaType\":\
             \"application/vnd.docker.container.image.v1+json\",\"size\":{},\"digest\":\"{blob}\"}},\"layers\":[]}}",
            config.len()
        );
        let stored = self.ask("PUT", &format!("/v2/{name}/manifests/{tag}"), kind, &manifest);
        assert!(stored.starts_with("HTTP/1.1 201"), "{stored}");
        sha256(&manifest)
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes())
        .iter()
        .fold("sha256:".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

#[test]
fn digests_come_from_a_registry() {
    if !wanted() {
        return;
    }
    let Some(registry) = Registry::start() else {
        assert!(
            std::env::var_os("CI").is_none(),
            "docker-registry is not installed, and CI is set: see .ci/run"
        );
        println!("SKIPPED: docker-registry is not installed (apt-get install docker-registry)");
        return;
    };
    let image = format!("127.0.0.1:{}/team/base:1", registry.port);
    let config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";
    let first = registry.push("team/base", "1", config);
    assert_eq!(digest::read(&image).unwrap(), first);
    let second = registry.push("team/base", "1", &config.replace("amd64", "arm64"));
    assert_eq!(digest::read(&image).unwrap(), second);
    assert!(digest::read(&image.replace("base:1", "none:1")).is_err());
    drop(registry);
    assert!(digest::read(&image).is_err(), "nobody answers any more");
}

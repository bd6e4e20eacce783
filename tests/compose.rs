//! `init --compose`: what is in the file, and that it is nobody else's.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot read its input must fail"
)]

mod generate;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use generate::{copy, fixtures, folders, repository};
use tempfile::TempDir;

fn dockgen(folder: &Path, words: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_dockgen"))
        .current_dir(folder)
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
    (output.status.code(), text.concat())
}

fn expect(folder: &Path, words: &[&str], code: i32) -> String {
    let (seen, text) = dockgen(folder, words);
    assert_eq!(seen, Some(code), "{words:?} in {}\n{text}", folder.display());
    text
}

const INIT: [&str; 3] = ["init", "--yes", "--compose"];

fn shop(more: &[(&str, &str)]) -> TempDir {
    let files = [
        (
            "package.json",
            "{\"name\":\"web-shop\",\"version\":\"1.0.0\",\"scripts\":{\"start\":\"node server.js\",\"dev\":\"node --watch server.js\"}}",
        ),
        ("package-lock.json", "{\"lockfileVersion\":3,\"packages\":{}}"),
        (
            "server.js",
            "const http = require('http');\nconst fs = require('fs');\nif (!process.env.API_KEY) { throw new Error('API_KEY'); }\n\
             fs.mkdirSync('data', { recursive: true });\nhttp.createServer().listen(process.env.PORT || 3000);\n",
        ),
        (
            ".env.example",
            "DATABASE_URL=postgres://me:pw@localhost:5432/dev?sslmode=disable\nREDIS_URL=redis://localhost:6379\n\
             LEVEL=debug\nSTRIPE_SECRET_KEY=sk_test_1\nPORT=4000\nHOST=localhost\nNODE_ENV=development\nPRICE=$5\n",
        ),
        (
            "k8s/app.yaml",
            "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: shop\n          \
             readinessProbe:\n            httpGet: {path: /ready, port: 3000}\n",
        ),
    ];
    repository(files.iter().chain(more).copied())
}

#[test]
fn an_application_with_what_it_needs() {
    let dir = shop(&[]);
    let text = expect(dir.path(), &[&INIT[..], &["--dev"]].concat(), 0);
    assert!(text.contains("wrote     compose.yaml"), "{text}");
    assert!(text.contains("cp .env.example .env"), "{text}");
    assert!(text.ends_with("docker compose up --build --wait\n"), "{text}");
    let file = fs::read_to_string(dir.path().join("compose.yaml")).unwrap();
    for part in [
        "  web-shop:\n    image: web-shop\n    build:\n      context: .\n      target: runtime\n",
        "    ports:\n      - \"3000:3000\"\n",
        "      - path: .env\n        required: false\n",
        "      DATABASE_URL: \"postgres://web_shop:development@postgres:5432/web_shop?sslmode=disable\"\n",
        "      REDIS_URL: \"redis://redis:6379\"\n",
        "      LEVEL: \"${LEVEL:-debug}\"\n",
        // A developer's .env says another port and mode; the container keeps those of the image.
        "      PORT: \"3000\"\n",
        "      NODE_ENV: \"production\"\n",
        "      PRICE: \"${PRICE:-$$5}\"\n",
        "      API_KEY: \"${API_KEY:?set it in .env}\"\n",
        "    volumes:\n      - \"web-shop-data:/app/data\"\n",
        "      postgres:\n        condition: service_healthy\n      redis:\n        condition: service_healthy\n",
        "    read_only: true\n    tmpfs:\n      - /tmp\n    cap_drop:\n      - ALL\n    security_opt:\n      - no-new-privileges:true\n",
        "http://127.0.0.1:3000/ready",
        "  web-shop-dev:\n    profiles:\n      - dev\n",
        "      NODE_ENV: \"development\"\n",
        "      target: development\n",
        "        - action: sync\n          path: .\n          target: /app\n",
        "  # PostgreSQL: the example has DATABASE_URL (.env.example:1)\n  postgres:\n    image: postgres:18-alpine\n",
        "      POSTGRES_USER: \"web_shop\"\n",
        "      - \"postgres-data:/var/lib/postgresql\"\n",
        "[\"CMD\", \"pg_isready\",",
        "[\"CMD\", \"redis-cli\", \"ping\"]",
        "\nvolumes:\n  postgres-data:\n  redis-data:\n  web-shop-data:\n",
    ] {
        assert!(file.contains(part), "`{part}` is not in:\n{file}");
    }
    for part in ["sk_test", "HOST:", "me:pw", "5432:5432"] {
        assert!(!file.contains(part), "`{part}` is in:\n{file}");
    }
    // The file says nothing that dockgen did not know, and nothing drifts.
    expect(dir.path(), &["check"], 0);
    assert!(expect(dir.path(), &INIT, 0).contains("compose.yaml"));
}

#[test]
fn an_existing_compose_file_is_never_changed() {
    for name in ["compose.yaml", "docker-compose.yml"] {
        let text = "services:\n  db:\n    image: postgres:16\n";
        let dir = shop(&[(name, text)]);
        for words in [&INIT[..], &["init", "--yes", "--compose", "--force"]] {
            let said = expect(dir.path(), words, 2);
            assert!(
                said.contains(&format!("{name} exists, and dockgen changes no compose file")),
                "{said}"
            );
            assert!(!dir.path().join("Dockerfile").exists());
        }
        let said = expect(dir.path(), &["init", "--yes", "--compose", "--dry-run"], 2);
        // A dry run shows what would be in it, with the image that the repository uses.
        assert!(
            said.contains("+    image: postgres:16") || said.contains("image: postgres:16"),
            "{said}"
        );
        assert_eq!(fs::read_to_string(dir.path().join(name)).unwrap(), text);
    }
    // What dockgen wrote and nobody changed is as it should be; an edit is a person's.
    let dir = shop(&[]);
    expect(dir.path(), &INIT, 0);
    let said = expect(dir.path(), &INIT, 0);
    assert!(said.contains("unchanged compose.yaml"), "{said}");
    let path = dir.path().join("compose.yaml");
    let edited = fs::read_to_string(&path).unwrap() + "# mine\n";
    fs::write(&path, &edited).unwrap();
    expect(dir.path(), &INIT, 2);
    assert_eq!(fs::read_to_string(&path).unwrap(), edited);
}

#[test]
fn several_applications_share_their_services() {
    let main = "package main\n\nimport (\n\t\"net/http\"\n)\n\nfunc main() { http.ListenAndServe(\":8080\", nil) }\n";
    let dir = repository([
        ("go.work", "go 1.26\n\nuse ./api\nuse ./postgres\n"),
        ("api/go.mod", "module example.com/api\n\ngo 1.26\n"),
        ("api/main.go", main),
        ("api/.env.example", "DB_HOST=localhost\nDB_PORT=5432\nDB_USER=a\n"),
        ("postgres/go.mod", "module example.com/postgres\n\ngo 1.26\n"),
        ("postgres/main.go", main),
        ("postgres/.env.example", "DATABASE_URL=postgres://localhost/x\n"),
    ]);
    expect(dir.path(), &INIT, 0);
    let file = fs::read_to_string(dir.path().join("compose.yaml")).unwrap();
    assert_eq!(file.matches("\n  postgres:\n").count(), 1, "{file}");
    for part in [
        "\n  api:\n",
        "\n  postgres-app:\n",
        "      - \"8080:8080\"\n",
        "      - \"8081:8080\"   # another application has port 8080 of this machine\n",
        "      dockerfile: api/Dockerfile\n",
        "      - path: ./api/.env\n",
        "      DB_HOST: \"postgres\"\n",
        "      DB_USER: \"app\"\n",
        "postgres://app:development@postgres:5432/app",
    ] {
        assert!(file.contains(part), "`{part}` is not in:\n{file}");
    }
}

/// For every fixture and every application: the file is written, is the same the next time, moves
/// nothing that `check` compares, and holds a service for each application.
#[test]
fn every_repository_gets_a_file_that_changes_nothing_else() {
    let mut written = 0;
    for (name, folder) in fixtures().into_iter().chain(folders("tests/e2e/apps")) {
        let repository = copy(&folder, |_| {});
        let root = repository.path();
        if dockgen(root, &["init", "--yes", "--quiet"]).0 != Some(0) {
            continue;
        }
        let dockerfile = fs::read(root.join("Dockerfile")).ok();
        let (code, text) = dockgen(root, &["init", "--compose", "--json"]);
        if code == Some(2) && text.contains("changes no compose file") {
            continue;
        }
        assert_eq!(code, Some(0), "{name}: {text}");
        let json: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["compose"]["status"], "new", "{name}");
        let file = fs::read_to_string(root.join("compose.yaml")).unwrap();
        for app in json["apps"].as_array().unwrap() {
            let name = app["name"].as_str().unwrap();
            assert!(file.contains(&format!("    image: {name}\n")), "{name}:\n{file}");
        }
        assert_eq!(dockerfile, fs::read(root.join("Dockerfile")).ok(), "{name}");
        expect(root, &["check"], 0);
        let again = expect(root, &["init", "--compose", "--yes"], 0);
        assert!(again.contains("unchanged compose.yaml"), "{name}: {again}");
        written += 1;
    }
    assert!(written > 80, "{written}");
}

/// The `development` stage runs as another user and in another folder than the image: no volume of
/// the image's is mounted there, and the folders that the program writes are its own.
#[test]
fn a_development_stage_writes_and_starts_again() {
    let server = "const fs = require('fs');\nfs.mkdirSync('uploads', { recursive: true });\n\
                  require('http').createServer((q, r) => { fs.writeFileSync('uploads/a', 'x'); r.end('ok') }).listen(3000);\n";
    let manifest = |dev: &str| {
        format!(
            r#"{{"name": "up", "scripts": {{"start": "node server.js", "dev": "{dev}"}}, "engines": {{"node": "24"}}}}"#
        )
    };
    let made = |dev: &str| {
        let dir = repository([("package.json", manifest(dev).as_str()), ("server.js", server)]);
        expect(dir.path(), &["init", "--yes", "--compose", "--dev"], 0);
        let read = |name: &str| fs::read_to_string(dir.path().join(name)).unwrap();
        (read("compose.yaml"), read("Dockerfile"))
    };
    let (compose, dockerfile) = made("node server.js");
    let stage = compose.split("\n  up-dev:\n").nth(1).unwrap();
    let stage = stage.split("\nvolumes:").next().unwrap();
    assert!(!stage.contains("volumes:") && stage.contains("action: sync+restart"), "{compose}");
    assert!(compose.contains("up-uploads:/app/uploads"), "{compose}");
    assert!(dockerfile.contains("mkdir -p node_modules /app/uploads"), "{dockerfile}");
    // A command that watches its files needs no restart.
    let (compose, _) = made("node --watch server.js");
    assert!(compose.contains("action: sync\n") && !compose.contains("sync+restart"), "{compose}");
}

/// The file for a server with a `worker` that its Procfile starts by this line.
fn beside(line: &str, more: &[(&str, &str)]) -> (String, String) {
    let procfile = format!("web: node server.js\nworker: {line}\n");
    let files = [("Procfile", procfile.as_str()), ("jobs.js", "setInterval(() => {}, 1000)\n")];
    let folder = shop(&[&files[..], more].concat());
    let said = expect(folder.path(), &INIT, 0);
    (said, fs::read_to_string(folder.path().join("compose.yaml")).unwrap())
}

#[test]
fn a_process_of_the_same_image_is_a_service() {
    let (said, file) = beside("node jobs.js --queue=mail", &[]);
    let (_, service) = file.split_once("\n  worker:\n").unwrap();
    let service = service.split_once("\n\n").unwrap().0;
    let command = "[\"/nodejs/bin/node\", \"jobs.js\", \"--queue=mail\"]";
    assert!(service.contains("image: web-shop") && service.contains(command), "{service}");
    for line in ["pull_policy: never", "read_only: true", "condition: service_healthy", "API_KEY:"]
    {
        assert!(service.contains(line), "{line} in {service}");
    }
    assert!(!service.contains("ports:") && !service.contains("healthcheck:"), "{service}");
    let flat = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("`docker run --init --entrypoint"), "{said}");
    // Two processes of one program.
    let (_, file) = beside("node jobs.js --queue=mail\ncleaner: node jobs.js --queue=clean", &[]);
    assert!(file.contains("\n  worker:\n") && file.contains("\n  cleaner:\n"), "{file}");
    // What the image cannot run, and what needs a shell.
    for line in ["ruby jobs.rb", "node jobs.js $QUEUE", "cd tools && node jobs.js"] {
        let (said, file) = beside(line, &[]);
        assert!(!file.contains("worker:") && !said.contains("--init --entrypoint"), "{line}");
    }
}

#[test]
fn a_process_with_the_name_of_a_service_gets_another_one() {
    let procfile = "web: node server.js\nredis: node jobs.js\n";
    let jobs = ("jobs.js", "setInterval(() => {}, 1000)\n");
    let folder = shop(&[("Procfile", procfile), jobs]);
    expect(folder.path(), &INIT, 0);
    let file = fs::read_to_string(folder.path().join("compose.yaml")).unwrap();
    assert!(file.contains("\n  web-shop-redis:\n") && file.contains("\n  redis:\n"), "{file}");
}

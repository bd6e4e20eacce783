mod built;
mod containers;
mod deployed;
mod documents;
mod folders;
mod pages;

use super::*;
use crate::facts::{EnvVar, Facts, Finding, FindingCode, Kind, Program, Sourced};
use crate::repo::Repo;

fn root() -> RelPath {
    RelPath::root()
}

/// A program `box` of an application `box` at the root, after the recipes are applied.
fn applied(files: &[(&str, &str)], change: impl FnOnce(&mut Program)) -> Program {
    applied_to(&Repo::from_files(files.iter().copied()), change)
}

/// As [`applied`], in a repository of which files may have been read.
fn applied_to(repo: &Repo, change: impl FnOnce(&mut Program)) -> Program {
    let evidence = Evidence::file(&RelPath::new("main").unwrap(), "test");
    let mut program = Program::new("box", "box", Kind::Command, evidence.clone());
    change(&mut program);
    let mut facts = Facts {
        language: "test".to_owned(),
        dir: root(),
        context: root(),
        name: Sourced::new("box".to_owned(), evidence.clone()),
        tool: Sourced::new("test".to_owned(), evidence.clone()),
        toolchain: Sourced::new("1".to_owned(), evidence),
        programs: vec![program],
        manifests: Vec::new(),
        source: None,
        build_args: Vec::new(),
        questions: Vec::new(),
        findings: Vec::new(),
        details: serde_json::Value::Null,
    };
    apply::facts(repo, &mut facts).unwrap();
    facts.programs.remove(0)
}

fn one(file: &str, text: &str) -> Program {
    applied(&[(file, text)], |_| {})
}

/// `port args folders env`, with `-` for each that is missing.
fn told(program: &Program) -> String {
    let or = |text: String| if text.is_empty() { "-".to_owned() } else { text };
    let folders: Vec<&str> = program.writable.iter().map(|f| f.value.as_str()).collect();
    let env: Vec<String> =
        program.env.iter().map(|v| format!("{}={}", v.value.key, v.value.value)).collect();
    format!(
        "{} {} {} {}",
        or(program.port.as_ref().map(|port| port.value.to_string()).unwrap_or_default()),
        or(program.args.as_ref().map(|args| args.value.replace(' ', "_")).unwrap_or_default()),
        or(folders.join(",")),
        or(env.join(","))
    )
}

fn codes(program: &Program) -> Vec<&str> {
    program.findings.iter().map(|finding: &Finding| finding.code.as_str()).collect()
}

#[test]
fn every_kind_of_recipe_says_how_the_program_runs() {
    for (file, text, expected) in [
        (
            "deploy/box.service",
            "[Service]\nExecStart=/usr/bin/box serve --listen 127.0.0.1:9000 --state /var/lib/box/x\nStateDirectory=box\nEnvironment=BOX_LOG=info \"BOX_DIR=/var/lib/box\"\n",
            "9000 serve_--listen_0.0.0.0:9000_--state_/var/lib/box/x /var/lib/box BOX_DIR=/var/lib/box",
        ),
        (
            "Procfile",
            "release: bin/box migrate\nweb: PORT=4000 bin/box serve\n",
            "4000 serve - PORT=4000",
        ),
        (
            "fly.toml",
            "app = 'other'\n[env]\nPORT = '4000'\n[http_service]\ninternal_port = 4000\n[mounts]\ndestination = '/data'\n",
            "4000 - /data PORT=4000",
        ),
        (
            "render.yaml",
            "services:\n  - type: web\n    name: other\n    startCommand: ./box serve --port=4000\n    disk: {mountPath: /data}\n",
            "4000 serve_--port=4000 /data -",
        ),
        ("heroku.yml", "run:\n  web: ./box --addr :4000\n", "4000 --addr_:4000 - -"),
        (
            "railway.json",
            r#"{"deploy": {"startCommand": "./box -port 4000"}}"#,
            "4000 -port_4000 - -",
        ),
        (
            "compose.yaml",
            "services:\n  db: {image: postgres, ports: ['5432:5432'], volumes: ['pg:/var/lib/postgresql']}\n  web:\n    build: .\n    command: [--verbose]\n    ports: ['80:4000']\n    environment: {DATA_DIR: /data}\n    volumes: ['data:/data', './x.toml:/etc/x.toml', '.:/src']\n",
            "4000 --verbose /data DATA_DIR=/data",
        ),
        (
            "k8s/app.yaml",
            "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: x\n          image: ghcr.io/me/box:1\n          args: [--verbose]\n          ports: [{containerPort: 4000}]\n          volumeMounts: [{name: d, mountPath: /data}, {name: c, mountPath: /conf}]\n      volumes: [{name: d, emptyDir: {}}, {name: c, configMap: {name: c}}]\n",
            "4000 --verbose /data -",
        ),
        (
            "charts/box/templates/deployment.yaml",
            "kind: Deployment\nspec:\n  template:\n    spec:\n      {{- with .Values.x }}\n      containers:\n        - name: {{ .Chart.Name }}\n          image: \"me/box:{{ .Values.tag }}\"\n          ports:\n            - containerPort: 4000\n",
            "4000 - - -",
        ),
        (
            "README.md",
            "Run:\n\n```sh\n$ docker run -d \\\n  -p 8080:4000 --name x -v data:/data -e DATA=/data/db \\\n  example/box:latest\ndocker run -p 5432:5432 postgres\n```\n",
            "4000 - /data,/data/db DATA=/data/db",
        ),
        (
            "README.md",
            "    docker build -t mine .\n    docker run -p4000:4000 mine\n",
            "4000 - - -",
        ),
        ("docs/docker.md", "```\nbox serve --http :4000\n```\n", "4000 serve_--http_:4000 - -"),
        (
            "README.md",
            "1. Run it:\n   ```yaml\n   services:\n     web:\n       image: example/box\n       ports: ['80:4000']\n       volumes: ['data:/data']\n   ```\n",
            "4000 - /data -",
        ),
        (
            "README.md",
            "```\ndocker run -p 80:4000 --mount type=volume,source=d,target=/data --mount type=bind,src=./c,dst=/conf,readonly me/box\n```\n",
            "4000 - /data -",
        ),
    ] {
        assert_eq!(told(&one(file, text)), expected, "{file}: {:?}", codes(&one(file, text)));
    }
}

#[test]
fn a_task_of_a_timer_is_not_the_service() {
    let repo = Repo::from_files([
        ("deploy/box-clean.service", "[Service]\nType=oneshot\nExecStart=/usr/bin/box clean\n"),
        ("deploy/box.service", "[Service]\nExecStart=/usr/bin/box serve\n"),
    ]);
    let runs = starts(&repo, &RelPath::root()).unwrap();
    assert_eq!(
        runs.iter().map(|run| run.words.join(" ")).collect::<Vec<_>>(),
        ["/usr/bin/box serve"]
    );
}

#[test]
fn what_speaks_of_something_else_is_left_alone() {
    for (file, text) in [
        (
            "README.md",
            "```\ndocker run -p 5432:5432 postgres\ndocker run -p 80:80 other/thing\n```\n",
        ),
        ("README.md", "docker run -p 4000:4000 me/box\n"),
        (
            "README.md",
            "```\nbox --help\nbox init --port 3\nbox serve --port 1\nbox other --port 2\n```\n",
        ),
        // Settings of other programs, and folders of the machine of whoever reads it.
        ("docs/proxy.md", "```nginx\nbox serve --http :4000\n```\n"),
        ("docs/proxy.md", "    box {\n        listen 80;\n    }\n"),
        ("README.md", "```\nbox --dir ./db --home ~/.data --port 1\n```\n"),
        ("compose.yaml", "services:\n  x: {build: ./other, ports: ['80:80']}\n"),
        (
            "compose.yaml",
            "services:\n  x: {build: {context: ., dockerfile: Dockerfile.e2e}, ports: ['80:80']}\n",
        ),
        ("docker-compose.dev.yml", "services:\n  x: {build: ., ports: ['80:80']}\n"),
        (
            "compose.yaml",
            "services:\n  x:\n    build: {context: ., target: dev}\n    volumes: ['a:/app/tmp']\n    command: tool run ./box --port 1\n  y:\n    build: .\n    volumes: ['./:/app', 'b:/pkg', '/app/node_modules']\n",
        ),
        ("deploy/other.service", "[Service]\nExecStart=/usr/bin/other --port 80\n"),
        (
            "k8s/x.yaml",
            "kind: Pod\nspec: {containers: [{image: redis, ports: [{containerPort: 6379}]}]}\n",
        ),
        // Output of a command, and sockets of the machine.
        ("README.md", "```\n$ box --version\nbox version:1 --port 80\n```\n"),
        ("README.md", "```\ndocker run -v ${SSH_AUTH_SOCK}:/.agent me/box\n```\n"),
        (
            "README.md",
            "```\ndocker run -v $PWD:/src -v ~/.x:/root/.x -v /var/run/docker.sock:/var/run/docker.sock me/box\n```\n",
        ),
    ] {
        assert_eq!(told(&one(file, text)), "- - - -", "{text}");
    }
}

#[test]
fn variables_of_the_images_own_start_are_said() {
    let run = "```\ndocker run -p 80:4000 -e BOX_TOKEN='your token' -e TZ=UTC me/box\n```\n";
    let program = one("README.md", run);
    assert_eq!(codes(&program), ["variables-given"]);
    let what = "the repository starts its image with BOX_TOKEN, which the image does not set";
    assert_eq!(program.findings[0].what, what);
    let other = "```\ndocker run -e BOX_TOKEN=x other/thing\nBOX_TOKEN=x box\n```\n";
    assert!(codes(&one("README.md", other)).is_empty());
}

#[test]
fn a_variable_that_only_the_other_images_command_line_reads_is_said() {
    let compose = "services:\n  box:\n    build: .\n    environment:\n      PARAMS: --level=3\n      BOX_KEY: x\n";
    let of = |start: &str| {
        let dockerfile = format!("FROM a\n{start}\n");
        let program = applied(&[("compose.yml", compose), ("Dockerfile", &dockerfile)], |_| {});
        program.findings.into_iter().map(|found| found.what).collect::<Vec<_>>()
    };
    let given = |names: &str| {
        format!("the repository starts its image with {names}, which the image does not set")
    };
    let words = "the repository's own image puts the words in PARAMS into its command line, and this \
        image does not";
    let shell = r#"ENTRYPOINT ["sh", "-c", "box -a $PARAMS"]"#;
    assert_eq!(of(shell), [words.to_owned(), given("BOX_KEY")]);
    assert_eq!(of(r#"ENTRYPOINT ["box"]"#), [given("PARAMS, BOX_KEY")]);
}

#[test]
fn what_the_image_cannot_serve_is_said() {
    for line in ["serve --config /etc/box.toml", "serve $ARGS", "serve %i", "--config box.yml"] {
        let unit = format!("[Service]\nExecStart=/usr/bin/box {line}\n");
        let program = one("box.service", &unit);
        assert_eq!(
            (told(&program).as_str(), codes(&program)),
            ("- - - -", vec!["start-arguments"])
        );
    }
    let procfile = "web: box serve\nworker: box work\nrelease: box migrate\n";
    let program = one("Procfile", procfile);
    assert_eq!(
        (told(&program).as_str(), codes(&program)),
        ("- serve - -", vec!["migrations-not-run", "other-processes"])
    );
    assert!(program.findings[1].what.contains("starts worker (`box work`), and"));
}

#[test]
fn words_after_an_image_that_takes_arguments() {
    let wants = |program: &mut Program| {
        let what = "the program stops without the argument `BIND`";
        program.findings.push(Finding::new(FindingCode::ArgumentsUnknown, what, []));
    };
    let of = |command: &str, wants: &dyn Fn(&mut Program)| {
        let text = format!("services:\n  a:\n    build: .\n    command: {command}\n");
        let program = applied(&[("compose.yml", &text)], wants);
        format!("{} {}", told(&program), codes(&program).join(" "))
    };
    assert_eq!(of("[\"[::]:8000\", --fast]", &wants), "- '[::]:8000'_--fast - - ");
    assert_eq!(of("[\"[::]:8000\"]", &|_: &mut Program| {}), "- '[::]:8000' - - ");
    assert_eq!(of("[mybox, --fast]", &wants), "- mybox_--fast - - ");
    assert_eq!(of("[\"[::]:80\", /srv]", &wants), "- - - - arguments-unknown start-arguments");
    // A program or a script stays one.
    for command in ["[/usr/bin/tool, --fast]", "sh -c x"] {
        assert_eq!(of(command, &wants), "- - - - arguments-unknown", "{command}");
    }
    assert_eq!(of("[tool, x]", &|_: &mut Program| {}), "- - - - ");
}

#[test]
fn words_of_a_unit_answer_what_the_code_asks_for() {
    let applied = |line: &str| {
        let unit = format!("[Service]\nExecStart=/usr/bin/box {line}\n");
        let program = applied(&[("box.service", &unit)], |program| {
            let at = Evidence::file(&root(), "an address");
            let open = Finding::new(FindingCode::LocalhostOnly, "what", [at.clone()])
                .with_fix("start it with `--bind 0.0.0.0:80` after the subcommand");
            program.findings.push(open);
            program.findings.push(Finding::new(FindingCode::ArgumentsUnknown, "what", []));
            program.args = Some(Sourced::new("serve".to_owned(), at));
        });
        codes(&program).join(" ")
    };
    assert_eq!(applied("serve --bind 0.0.0.0:9000"), "");
    assert_eq!(applied("serve --bind=[::]:9000"), "");
    assert_eq!(applied("serve --fast"), "localhost-only");
}

#[test]
fn an_argument_that_contradicts_the_environment() {
    let code = Evidence::at(&RelPath::new("main").unwrap(), 3, "reads");
    let of = |key: &str| {
        let var = EnvVar { key: key.to_owned(), value: "/data".to_owned() };
        let sets = |program: &mut Program| {
            program.env.push(Sourced::new(var.clone(), code.clone()));
        };
        let text = "```\nbox serve --db-dir=db --port 4000\n```\n";
        applied(&[("README.md", text)], sets).args.is_some()
    };
    assert!(of("OTHER") && !of("BOX_DB_DIR") && !of("DB_DIR"));
}

#[test]
fn the_code_and_the_recipes_may_disagree() {
    let code = Evidence::at(&RelPath::new("main").unwrap(), 3, "listens");
    let knows = |program: &mut Program| program.port = Some(Sourced::new(3000, code.clone()));
    let compose = |port: &str, env: &str| {
        format!(
            "services:\n  a:\n    build: .\n    ports: ['80:{port}']\n    environment: [{env}]\n"
        )
    };
    let of = |text: &str| applied(&[("compose.yml", text)], knows);
    let disputed = of(&compose("4000", ""));
    assert_eq!(codes(&disputed), ["port-disputed"]);
    let places: Vec<String> = disputed.findings[0].evidence.iter().map(Evidence::place).collect();
    assert_eq!(places, ["main:3", "compose.yml:4"]);
    assert!(codes(&of(&compose("3000", ""))).is_empty());
    assert!(codes(&of(&compose("4000", "PORT=4000"))).is_empty());
    let both = [
        ("fly.toml", "[http_service]\ninternal_port = 4000\n"),
        ("README.md", "```\ndocker run -p 1:5000 me/box\n```\n"),
    ];
    let port = applied(&both, |_| {}).port.unwrap();
    assert_eq!((port.value, port.rejected[0].value.as_str()), (4000, "5000"));
    let agreed = [both[0], ("README.md", "```\ndocker run -p 1:4000 me/box\n```\n")];
    assert_eq!(applied(&agreed, |_| {}).port.unwrap().evidence.len(), 2);
    // A subcommand from the code and the arguments that follow it are one unit.
    let serves =
        |program: &mut Program| program.args = Some(Sourced::new("serve".into(), code.clone()));
    let program = applied(&[("Procfile", "web: box serve --x\n")], serves);
    assert_eq!((told(&program).as_str(), codes(&program).len()), ("- serve_--x - -", 0));
    let program = applied(&[("Procfile", "web: box run --x\n")], serves);
    assert_eq!(
        (told(&program).as_str(), codes(&program)),
        ("- serve - -", vec!["start-arguments"])
    );
}

#[test]
fn a_recipe_decides_between_ports_that_the_code_both_has() {
    let code = Evidence::at(&RelPath::new("main").unwrap(), 3, "listens");
    let compose = ("compose.yml", "services:\n  a:\n    build: .\n    ports: ['80:8080']\n");
    let guessed = |rejected: &'static str| {
        let port = Sourced::guessed(443, code.clone()).rejecting(rejected, "later in the code");
        move |program: &mut Program| program.port = Some(port)
    };
    let found = applied(&[compose], guessed("8080"));
    assert_eq!((found.port.as_ref().unwrap().value, codes(&found).len()), (8080, 0));
    assert_eq!(found.port.unwrap().rejected[0].value, "443");
    // One that both say is no guess.
    let both =
        applied(&[compose], |program| program.port = Some(Sourced::guessed(8080, code.clone())));
    assert_eq!(both.port.unwrap().strength, crate::facts::Strength::Agreed);
    // Another port than the code has is no choice of the code's.
    let found = applied(&[compose], guessed("9000"));
    assert_eq!((found.port.as_ref().unwrap().value, codes(&found)), (443, vec!["port-disputed"]));
    // The image's own Dockerfile exposes both.
    let knows = |program: &mut Program| program.port = Some(Sourced::new(3000, code.clone()));
    let dockerfile = |ports: &str| format!("FROM debian:13\nEXPOSE {ports}\n");
    let (both, one) = (dockerfile("3000/tcp 8080"), dockerfile("3000"));
    assert!(codes(&applied(&[compose, ("Dockerfile", &both)], knows)).is_empty());
    assert_eq!(codes(&applied(&[compose, ("Dockerfile", &one)], knows)), ["port-disputed"]);
}

#[test]
fn arguments_that_name_a_file_of_the_application_bring_it() {
    let procfile = ("Procfile", "web: bin/box --config conf/box.toml\n");
    let found = |files: &[(&str, &str)]| {
        let program = applied(files, |_| ());
        let files: Vec<String> = program.files.iter().map(|file| file.value.to_string()).collect();
        (told(&program), files.join(" "), codes(&program).join(" "))
    };
    let there = found(&[procfile, ("conf/box.toml", "port = 1")]);
    let taken = "- --config_conf/box.toml - -".to_owned();
    assert_eq!(there, (taken, "conf/box.toml".to_owned(), String::new()));
    let missing = found(&[procfile]);
    assert_eq!(missing, ("- - - -".to_owned(), String::new(), "start-arguments".to_owned()));
    // A unit starts it in a folder of the machine.
    let unit = ("box.service", "[Service]\nExecStart=/usr/bin/box --config conf/box.toml\n");
    assert_eq!(found(&[unit, ("conf/box.toml", "")]).2, "start-arguments");
}

#[test]
fn documentation_may_call_the_image_as_the_application() {
    let run = |image: &str| {
        told(&one("README.md", &format!("```\ndocker run -p 5100:5100 {image}\n```\n")))
    };
    assert_eq!(run("box:latest"), "5100 - - -");
    assert_eq!(run("redis"), "- - - -");
}

#[test]
fn a_task_that_ends_is_no_start_of_the_server() {
    let pod = |kind: &str, way: &str| {
        format!(
            "kind: {kind}\nspec:\n{way}template:\n{way}  spec:\n{way}    containers:\n\
             {way}      - name: a\n{way}        image: me/box\n{way}        command: [box, serve, --fast]\n"
        )
    };
    let of = |text: &str| told(&one("k8s/box.yaml", text));
    assert_eq!(of(&pod("Deployment", "  ")), "- serve_--fast - -");
    let cron =
        pod("CronJob", "      ").replacen("spec:\n", "spec:\n  jobTemplate:\n    spec:\n", 1);
    assert_eq!((of(&cron), of(&pod("Job", "  "))), ("- - - -".to_owned(), "- - - -".to_owned()));
    // A server starts the object; the command is another program.
    let object = applied(&[("k8s/box.yaml", &pod("Deployment", "  "))], |program| {
        program.id = "box.asgi:app".to_owned();
    });
    assert_eq!(told(&object), "- - - -");
}

#[test]
fn a_recipe_gives_the_port_that_the_code_leaves_open() {
    let unit = "[Service]\nExecStart=/x/box\nEnvironment=BOX_LISTEN=0.0.0.0:4000\n";
    let serves = |program: &mut Program| program.kind = Kind::Service;
    let told_by_unit = applied(&[("box.service", unit)], serves);
    assert_eq!(told(&told_by_unit), "4000 - - BOX_LISTEN=0.0.0.0:4000");
    // 8080 was chosen for the variable, and gives way.
    let chosen = Evidence::at(&RelPath::new("main").unwrap(), 3, "PORT decides");
    let leaves_open = |program: &mut Program| {
        let var = EnvVar { key: "PORT".into(), value: "8080".into() };
        program.env.push(Sourced::new(var, chosen.clone()));
        program.port = Some(Sourced::new(8080, chosen.clone()));
    };
    let compose = "services:\n  a:\n    build: .\n    environment: [PORT=4000]\n";
    assert_eq!(told(&applied(&[("compose.yml", compose)], leaves_open)), "4000 - - PORT=4000");
}

#[test]
fn a_recipe_opens_the_address_that_the_code_keeps_to_itself() {
    let run = |value: &str| {
        let file = format!("services:\n  x: {{build: ., environment: {{APP_ADDR: '{value}'}}}}\n");
        applied(&[("compose.yaml", &file)], |program| {
            program.kind = Kind::Service;
            let at = Evidence::file(&root(), "an address");
            program.findings.push(Finding::new(FindingCode::LocalhostOnly, "what", [at]));
        })
    };
    let opened = run("0.0.0.0:9000");
    assert_eq!((opened.env[0].value.value.as_str(), opened.findings.len()), ("0.0.0.0:9000", 0));
    let kept = run("127.0.0.1");
    let codes = codes(&kept);
    assert_eq!((kept.env.len(), codes), (0, vec!["localhost-only", "variables-given"]));
}

#[test]
fn values_of_a_chart_fill_its_templates() {
    let template = "kind: Deployment\nspec: \n  template:\n    spec:\n      containers:\n        - name: {{ .Chart.Name }}\n          image: \"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}\"\n          ports:\n            - containerPort: {{ .Values.service.port }}\n            - containerPort: {{ .Values.service.other | default 9091 }}\n            - containerPort: {{ add .Values.service.port 1 }}\n              protocol: UDP\n";
    let values = "image:\n  repository: ghcr.io/me/box\nservice:\n  port: 9090\n";
    let files = [("charts/box/templates/d.yaml", template), ("charts/box/values.yaml", values)];
    let program = applied(&files, |_| {});
    assert_eq!(program.ports().map(|ports| ports.value).as_deref(), Some("9090,9091"));
}

#[test]
fn sockets_of_systemd_are_ports_of_their_service() {
    let unit = "[Socket]\nListenStream=0.0.0.0:7025\nListenDatagram=7053\nListenStream=/run/x.sock\n[Install]\n";
    let of = |file: &str, unit: &str| applied(&[(file, unit)], |_| {}).ports().map(|p| p.value);
    assert_eq!(of("systemd/box.socket", unit).as_deref(), Some("7025,7053/udp"));
    let named = unit.replacen("[Socket]", "[Socket]\nService=box.service", 1);
    assert_eq!(of("systemd/other.socket", &named).as_deref(), Some("7025,7053/udp"));
    assert_eq!(of("systemd/other.socket", unit), None);
}

#[test]
fn programs_that_documentation_names() {
    let said = |line: &str| {
        codes(&applied(&[("README.md", line)], |_| {})).contains(&"program-documented")
    };
    assert!(said("- **FFmpeg** must be installed for thumbnails\n"));
    assert!(said("This project requires ImageMagick.\n"));
    assert!(!said("ffmpeg is optional, and required for nothing else\n"));
    assert!(!said("Converts with ffmpeg.\n"));
    assert!(!said("```\nneeds ffmpeg\n```\n"));
}

#[test]
fn hostile_recipes_end_and_break_nothing() {
    let deep = "[".repeat(200_000);
    let long = format!("web: box {}\n", "$(".repeat(100_000));
    for file in
        ["Procfile", "README.md", "Makefile", "fly.toml", "compose.yml", "ecosystem.config.js"]
    {
        for text in
            [deep.as_str(), long.as_str(), "web: box \u{1}\u{7f}\n\u{0}", "a:\n\t\n\t$(\n=", ""]
        {
            let program = one(file, text);
            assert!(program.port.is_none() && program.args.is_none(), "{file}");
            built(&Repo::from_files([(file, text)]), &root()).unwrap();
        }
    }
    let unit = "[Service]\nExecStart=/x/box a\u{7}b\nStateDirectory=../../x a\u{7}\n";
    assert!(told(&one("box.service", unit)).starts_with("- - -"));
}

#[test]
fn one_line_of_documentation_is_a_guess_and_a_second_file_agrees() {
    use crate::facts::Strength;
    let readme = (
        "README.md",
        "```\ndocker run -p 1:4000 -p 2:4001 -p 3:53/udp -v d:/data -e KEY_DIR=/data me/box\n```\n",
    );
    let program = applied(&[readme], |_| {});
    assert_eq!(program.port.as_ref().unwrap().strength, Strength::Guessed);
    assert_eq!(program.writable[0].strength, Strength::Guessed);
    let more: Vec<String> = program.more_ports.iter().map(|port| port.value.to_string()).collect();
    assert_eq!(more, ["4001", "53/udp"]);
    // A value that looks like a secret must not be in an image.
    assert!(program.env.is_empty());
    let docs = ("docs/run.md", "```\ndocker run -p 1:4000 me/box\n```\n");
    assert_eq!(applied(&[readme, docs], |_| {}).port.unwrap().strength, Strength::Agreed);
    assert_eq!(
        one("fly.toml", "[http_service]\ninternal_port = 1\n").port.unwrap().strength,
        Strength::Stated
    );
}

#[test]
fn a_value_that_a_chart_leaves_open_is_no_argument() {
    let template = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: box\n          image: \"me/box:1\"\n          args:\n            - --name\n            - {{ .Values.name | quote }}\n            - --bind\n            - {{ .Values.bind | quote }}\n            - --user\n            - ~\n            - --all=x\n";
    let mut running = Running::default();
    kubernetes::read(
        &root(),
        &RelPath::new("charts/box/values.yaml").unwrap(),
        "name: x\n",
        &mut running,
    );
    let file = RelPath::new("charts/box/templates/d.yaml").unwrap();
    kubernetes::read(&root(), &file, template, &mut running);
    kubernetes::fill(&mut running);
    assert_eq!(running.runs[0].words, ["--name", "x", "--all=x"]);
}

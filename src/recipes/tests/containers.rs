//! What the repository says of its own containers.

use super::*;

#[test]
fn services_of_one_image_are_ways_to_run_it() {
    let compose = "services:\n  plain:\n    image: acme/box\n    command: serve\n    ports: ['80:8080']\n  \
        auth:\n    image: acme/box\n    command: serve --auth\n    ports: ['81:8080']\n";
    let said = |text: &str| {
        let program = applied(&[("compose.yaml", text)], |_| {});
        program.findings.iter().any(|one| one.code == FindingCode::OtherProcesses)
    };
    let built = compose.replace("image: acme/box", "build: .");
    assert!(!said(&built));
    assert!(said(&built.replace("    ports: ['81:8080']\n", "")));
}

#[test]
fn a_script_that_prepares_the_container_is_said() {
    let said = |file: &str, text: &str| {
        let program = one(file, text);
        program.findings.iter().any(|one| one.code == FindingCode::EntrypointNotRun)
    };
    let script = "#!/bin/sh\nset -e\nif [ ! -f /data/key ]; then\n  openssl rand 32 > /data/key\nfi\n\
        exec \"$@\"\n";
    assert!(said("docker/entrypoint.sh", script));
    assert!(said("docker-entrypoint.sh", script));
    assert!(!said("tools/entrypoint.sh", script));
    assert!(!said("docker-entrypoint.sh", "#!/bin/sh\nset -e\n# starts it\nexec box \"$@\"\n"));
    // The image has its user from the beginning.
    let user = script.replace("openssl rand 32 > /data/key", "usermod -u $PUID box");
    assert!(!said("docker-entrypoint.sh", &user));
    for name in ["entry.sh", "run.sh", "docker/start.sh", "boot.sh", "docker_assets/launch.sh"] {
        assert!(said(name, script), "{name}");
        assert!(said(name, &script.replace("exec \"$@\"", "./box --all")), "{name}");
        assert!(!said(name, &script.replace("exec \"$@\"", "echo done")), "{name}");
        assert!(!said(name, &script.replace("openssl", "docker")), "{name}");
    }
}

#[test]
fn the_socket_of_the_engine_is_said() {
    let compose = "services:\n  box:\n    build: .\n    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n";
    let program = one("compose.yaml", compose);
    let said = program.findings.iter().find(|one| one.code == FindingCode::EngineOptions);
    assert!(said.is_some_and(|said| said.what.contains("/var/run/docker.sock")));
}

#[test]
fn an_image_may_spell_the_name_in_another_way() {
    let text = "```\ndocker run -v x:/store acme/B-ox\n```\n";
    let program = one("README.md", text);
    assert!(program.writable.iter().any(|held| held.value == "/store"));
}

#[test]
fn what_recipes_mount_for_reading_is_said() {
    let said = |volume: &str, files: &[(&str, &str)]| {
        let compose = format!("services:\n  box:\n    build: .\n    volumes: ['{volume}']\n");
        let files = [&[("compose.yaml", compose.as_str())], files].concat();
        let program = applied(&files, |_| {});
        let one = program.findings.into_iter().find(|one| one.code == FindingCode::MountsGiven);
        one.map_or_else(String::new, |one| format!("{}: {}", one.what, one.fix))
    };
    assert_eq!(
        said("./conf:/etc/box:ro", &[]),
        "the repository mounts /etc/box, which the image does not hold: mount what the program \
         needs: `docker run -v ./conf:/etc/box:ro ...`"
    );
    assert!(said("./box.toml:/etc/box.toml", &[]).contains("/etc/box.toml"));
    assert!(said("./box.toml:/app/box.toml", &[]).contains("/app/box.toml"));
    assert!(said("./box.toml:/app/box.toml", &[("box.toml", "a = 1\n")]).is_empty());
    for machine in ["/etc/localtime:/etc/localtime:ro", "data:/data", "./init.sh:/init.sh:ro"] {
        assert!(said(machine, &[]).is_empty(), "{machine}");
    }
}

/// The findings of a program whose code has been read.
fn with_code(recipe: (&str, &str), code: &str) -> Vec<Finding> {
    let files = [recipe, ("src/box.js", code)];
    let repo = Repo::from_files(files);
    repo.source_text(&RelPath::new("src/box.js").unwrap()).unwrap();
    applied_to(&repo, |_| {}).findings
}

#[test]
fn variables_that_the_code_shows_as_optional_are_not_said() {
    let compose = "services:\n  box:\n    build: .\n    environment: [RATE=3, BOX_KEY=x]\n";
    let said = |code: &str| {
        let found = with_code(("compose.yaml", compose), code);
        let mut found = found.into_iter().filter(|one| one.code == FindingCode::VariablesGiven);
        found.next().map_or_else(String::new, |one| one.what)
    };
    let line = "const rate = process.env.RATE || 5;\n";
    assert!(said(line).contains("with BOX_KEY, which"));
    assert!(said("").contains("with RATE, BOX_KEY, which"));
    assert!(said(&format!("{line}limit(process.env.RATE);")).contains("with RATE, BOX_KEY"));
}

#[test]
fn a_variable_that_asks_for_a_container_is_said() {
    let said = |code: &str| {
        let found = with_code(("README.md", "# box\n"), code);
        let mut found = found.into_iter().filter(|one| one.code == FindingCode::ContainerVariable);
        found.next().map_or_else(String::new, |one| one.fix)
    };
    assert!(said("if (process.env.IS_DOCKER === 'true') {}").contains("--env IS_DOCKER=true,"));
    assert!(said("const inside = process.env.IN_DOCKER == '1';").contains("--env IN_DOCKER=1,"));
    assert!(said("if (process.env.DOCKER) {}").contains("--env DOCKER=true,"));
    assert!(said("if os.environ.get(\"BOX_CONTAINER\"):").contains("--env BOX_CONTAINER=true,"));
    assert!(said("in = os.Getenv(\"BOX_IN_DOCKER\") != \"\"").contains("--env BOX_IN_DOCKER="));
    assert!(said("name = os.environ.get(\"BLOB_CONTAINER\")").is_empty());
    assert!(said("// process.env.DOCKER").is_empty());
    assert!(said("const DOCKER = 'docker';").is_empty());
    assert!(said("process.env.DOCKER_HOST").is_empty());
}

#[test]
fn a_volume_that_nothing_leads_to_is_said() {
    let compose = "services:\n  box:\n    build: .\n    volumes: ['./d:/downloads']\n";
    let said = |code: &str| {
        let found = with_code(("compose.yaml", compose), code);
        let mut found = found.into_iter().filter(|one| one.code == FindingCode::VolumeUnread);
        found.next().map_or_else(String::new, |one| one.fix)
    };
    assert!(said("save(process.env.STORE || '.');").contains("--env NAME=/downloads"));
    assert!(said("save('/downloads/x');").is_empty());
    assert!(!said("save('/downloads-old');").is_empty());
    let line = "```\ndocker run -v ./d:/downloads me/box\n```\n";
    let of_page = |page: &str| {
        let found = with_code((page, line), "save(process.env.STORE || '.');");
        found.iter().any(|one| one.code == FindingCode::VolumeUnread)
    };
    assert!(of_page("README.md") && !of_page("docs/backup.md"));
    let led = compose.replace("build: .", "build: .\n    environment: [STORE=/downloads]");
    let found = with_code(("compose.yaml", &led), "save(process.env.STORE || '.');");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn values_that_documentation_states_for_the_image_are_set() {
    let text = "* **STORE_DIR**: where it saves. Defaults to `/store/x` in the Docker image, and \
        `.` otherwise.\n* **OTHER_DIR**: defaults to `/other`.\n";
    assert_eq!(told(&one("README.md", text)), "- - /store/x STORE_DIR=/store/x");
}

#[test]
fn certificates_of_an_example_stay_out_of_the_image() {
    let text =
        "```\ndocker run -v /a/certs:/certs -e BOX_TLS_CERTIFICATE=/certs/box.crt me/box\n```\n";
    assert_eq!(told(&one("README.md", text)), "- - - -");
}

#[test]
fn arguments_that_every_line_gives_are_taken() {
    let of = |lines: &str| {
        let text = format!("```\n{lines}\n```\n");
        told(&applied(&[("README.md", &text)], |program| program.kind = Kind::Service))
    };
    let both = "docker run me/box --dev\ndocker run me/box --dev --id $ID";
    assert_eq!(of(both), "- --dev - -");
    assert_eq!(of("docker run me/box --dev\ndocker run me/box --id 3"), "- - - -");
    assert_eq!(of(&format!("{both}\ndocker run me/box")), "- - - -");
}

/// The findings of an application in the folder `back`.
fn below(files: &[(&str, &str)]) -> Vec<Finding> {
    let evidence = Evidence::file(&RelPath::new("back/main.x").unwrap(), "test");
    let dir = RelPath::new("back").unwrap();
    let mut facts = Facts {
        language: "test".to_owned(),
        dir: dir.clone(),
        context: dir,
        name: Sourced::new("back".to_owned(), evidence.clone()),
        tool: Sourced::new("test".to_owned(), evidence.clone()),
        toolchain: Sourced::new("1".to_owned(), evidence.clone()),
        programs: vec![Program::new("web:app", "back", Kind::Service, evidence)],
        manifests: Vec::new(),
        source: None,
        build_args: Vec::new(),
        questions: Vec::new(),
        findings: Vec::new(),
        details: serde_json::Value::Null,
    };
    let all = [&[("back/main.x", ""), ("back/web.x", "")], files].concat();
    apply::facts(&Repo::from_files(all), &mut facts).unwrap();
    facts.programs.remove(0).findings
}

#[test]
fn a_start_script_above_the_application_is_its_own_if_it_starts_a_file_of_it() {
    let said = |name: &str, text: &str| {
        let found = below(&[(name, text)]);
        found
            .into_iter()
            .map(|one| format!("{}: {}", one.code.as_str(), one.what))
            .collect::<Vec<_>>()
    };
    let script = "#!/bin/sh\ninterpret main.x migrate\nproxy &\nqueue -A web.tasks worker &\ninterpret main.x\n";
    let found = said("docker_assets/run.sh", script);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("entrypoint-not-run: docker_assets/run.sh prepares"));
    assert!(found[1].contains("also starts `proxy`, `queue -A web.tasks worker`, and the image"));
    assert!(said("docker_assets/run.sh", "make migrate\nother.x\n").is_empty());
    assert!(said("docker/entrypoint.sh", "prepare it\nexec \"$@\"\n").is_empty());
    assert_eq!(said("docker/entrypoint.sh", "prepare it\nexec server web:app\n").len(), 1);
    // The host and the port of a database are no module and its object.
    assert!(said("docker/run.sh", "await web:5432\nother.x\n").is_empty());
    // What a developer's own shell needs is nothing that the image lacks.
    let shell = "source venv/activate\nexport DEBUG=1\nmake\nnpm run build\nserver web:app\n";
    assert_eq!(said("run.sh", shell), Vec::<String>::new());
    let found = said("run.sh", "queue prepare\nserver web:app\n");
    assert!(found[0].contains("run.sh runs other commands before the program"), "{found:?}");
}

#[test]
fn scripts_of_supervisors_are_evidence_of_arguments() {
    for (path, script) in [
        (
            "root/etc/s6-overlay/s6-rc.d/svc-box/run",
            "exec s6-setuidgid abc /venv/bin/python -m box run",
        ),
        ("rootfs/etc/services.d/box/run", "echo it starts\nexec s6-setuidgid abc box run"),
        ("docker/service/box/run", "exec chpst -u box:box box run 2>&1"),
    ] {
        let program = one(path, &format!("#!/usr/bin/with-contenv bash\n{script}\n"));
        let args = program.args.map(|args| args.value).unwrap_or_default();
        assert!(args.starts_with("run"), "{path}: {args}");
    }
    let settings = "[program:proxy]\ncommand=proxy -c x\n[program:box]\ncommand=box\n";
    let program = one("image/files/supervisord.conf", settings);
    assert!(codes(&program).contains(&"other-processes"), "{:?}", codes(&program));
}

#[test]
fn a_command_of_the_program_before_it_is_said() {
    let said = |text: &str| {
        let program = one("Procfile", text);
        let found = program.findings.into_iter().map(|one| format!("{}: {}", one.what, one.fix));
        found.collect::<Vec<_>>().join(";")
    };
    let chain = said("web: ./bin/box migrate && ./bin/box\n");
    assert!(chain.starts_with("Procfile runs `./bin/box migrate` before the program"), "{chain}");
    assert!(chain.contains("`docker run --rm IMAGE migrate`"), "{chain}");
    let release = said("release: bin/box migrate\nweb: bin/box serve\n");
    assert!(
        release.starts_with("Procfile runs `bin/box migrate` before each release"),
        "{release}"
    );
    assert_eq!(said("web: cd bin && ./box\n"), "");
}

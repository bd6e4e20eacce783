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
    let script = "#!/bin/sh\nset -e\nif [ -n \"$PUID\" ]; then\n  usermod -u \"$PUID\" box\nfi\n\
        exec \"$@\"\n";
    assert!(said("docker/entrypoint.sh", script));
    assert!(said("docker-entrypoint.sh", script));
    assert!(!said("tools/entrypoint.sh", script));
    assert!(!said("docker-entrypoint.sh", "#!/bin/sh\nset -e\n# starts it\nexec box \"$@\"\n"));
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

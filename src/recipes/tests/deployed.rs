//! What belongs to one deployment: arguments, mounted sources, options of the engine.

use super::*;

fn service(program: &mut Program) {
    program.kind = Kind::Service;
}

#[test]
fn placeholders_secrets_and_hosts_beside_the_program_stay_out_of_the_image() {
    let docs = |words: &str| {
        let text = format!("```\ndocker run -p 80:80 me/box {words}\n```\n");
        let program = applied(&[("README.md", &text)], service);
        let what = program.findings.iter().map(|one| one.what.clone()).collect::<Vec<_>>();
        (program.args.map_or_else(String::new, |args| args.value), what.join(";"))
    };
    let (args, said) = docs("--server.port=PORT --prefix SECRET_PREFIX --log=INFO");
    assert_eq!(args, "--log=INFO");
    assert!(said.contains("`--server.port=PORT --prefix SECRET_PREFIX`"), "{said}");
    assert_eq!(docs("--domain=shop.example.com --log=INFO").0, "--log=INFO");
    assert_eq!(docs("--level ERROR --log=INFO").0, "--level ERROR --log=INFO");
    assert_eq!(docs("--auth-token abc --log=INFO").0, "--log=INFO");
    assert_eq!(docs("--super=user1 --super=user2 --log=INFO").0, "--log=INFO");
    let (args, said) = docs("--queue.server=kafka:9092 --log=INFO");
    assert_eq!(args, "--log=INFO");
    assert!(said.contains("`--queue.server=kafka:9092`"), "{said}");
    assert_eq!(docs("--super=users --log=INFO").0, "--super=users --log=INFO");
    let compose = "services:\n  box:\n    build: .\n    command: --db postgres://me@store:5432/x --http :90 --cache=redis:6379\n  store:\n    image: postgres\n";
    let program = one("compose.yaml", compose);
    assert_eq!(program.args.unwrap().value, "--http :90 --cache=redis:6379");
    assert!(program.findings[0].what.contains("`--db postgres://me@store:5432/x`"));
}

#[test]
fn a_service_that_mounts_code_of_the_repository_is_a_developers() {
    let compose = "services:\n  box:\n    build: .\n    command: box --reload\n    volumes: ['./box:/app/box', '/app/box/cache', './data:/srv/data']\n";
    let code = applied(&[("compose.yaml", compose), ("box/a.py", "")], |_| ());
    assert_eq!(told(&code), "- - - -");
    let data = applied(&[("compose.yaml", compose), ("box/a.txt", "")], |_| ());
    assert_eq!(told(&data), "- --reload /app/box,/app/box/cache,/srv/data -");
}

#[test]
fn blocks_of_a_chart_that_its_values_turn_off_are_left_out() {
    let template = "kind: Deployment\nspec:\n  template:\n    spec:\n      containers:\n        - name: box\n          image: me/box\n          {{- if .Values.metrics.enabled }}\n          ports:\n            - containerPort: {{ .Values.metrics.port }}\n          {{- end }}\n";
    let of = |enabled: &str| {
        let values = format!("metrics:\n  enabled: {enabled}\n  port: 9102\n");
        let files =
            [("charts/box/templates/a.yaml", template), ("charts/box/values.yaml", &values)];
        told(&applied(&files, |_| ()))
    };
    assert_eq!(of("true"), "9102 - - -");
    assert_eq!(of("false"), "- - - -");
}

#[test]
fn options_of_the_engine_are_said() {
    let said = |files: &[(&str, &str)]| {
        let program = applied(files, |_| ());
        program.findings.into_iter().map(|one| one.what).collect::<Vec<_>>().join(";")
    };
    let compose = "services:\n  box:\n    build: .\n    cap_add: [NET_RAW, NET_BIND_SERVICE]\n    devices: ['/dev/ttyUSB0:/dev/ttyUSB0']\n";
    assert!(
        said(&[("compose.yaml", compose)])
            .contains("`--cap-add NET_RAW --device /dev/ttyUSB0:/dev/ttyUSB0`")
    );
    let docker = "FROM alpine\nRUN apk add libcap && setcap 'cap_net_raw=+ep' /box\nCMD /box\n";
    assert!(said(&[("Dockerfile", docker)]).contains("`--cap-add NET_RAW`"));
    let readme = "```\ndocker run --privileged -p 80:80 me/box\n```\n";
    assert!(said(&[("README.md", readme)]).contains("`--privileged`"));
    assert!(!said(&[("compose.yaml", "services:\n  box:\n    build: .\n")]).contains("starts its"));
}

use std::fmt::Write as _;

use serde_json::json;

use super::*;
use crate::context::tests::sample;
use crate::docker::parse::parse;

const GOOD: &str = r#"# syntax=docker/dockerfile:1
FROM builder:1 AS deps
WORKDIR /src
COPY go.mod ./
RUN --mount=type=bind,source=src,target=/src/src go build

FROM runtime:1 AS runtime
WORKDIR /app
COPY --from=deps --chown=65532:65532 /out/web /app/web
COPY <<EOF /etc/passwd
RUN not an instruction
EOF
ENV MODE="production"
USER 65532:65532
EXPOSE 8080
ENTRYPOINT ["/app/web"]
"#;

fn repo() -> Repo {
    Repo::from_files([
        ("go.mod", ""),
        ("src/main.x", ""),
        ("secret/key.pem", ""),
        ("[id].x", ""),
        ("a b", ""),
    ])
}

fn violations(text: &str, plan: &Plan, ignore: &str) -> Vec<Violation> {
    let mut found = all(text, plan, ignore, &|_| true);
    found.retain(|violation| !violation.allowed);
    found
}

fn all(text: &str, plan: &Plan, ignore: &str, heeds: &dyn Fn(&str) -> bool) -> Vec<Violation> {
    lint_heeding(&parse(text).unwrap(), plan, &repo(), &IgnoreFile::parse(ignore).unwrap(), heeds)
}

/// The codes and lines after a replacement in the good file.
fn after(old: &str, new: &str) -> Vec<(&'static str, usize)> {
    assert!(GOOD.contains(old), "{old}");
    let found = violations(&GOOD.replacen(old, new, 1), &sample("", ""), "secret\n");
    found.iter().map(|violation| (violation.code, violation.line)).collect()
}

#[test]
fn a_good_file_breaks_nothing() {
    assert_eq!(violations(GOOD, &sample("", ""), "secret\n"), []);
}

#[test]
fn variables_of_many_lines_are_read_in_time() {
    let mut many = String::new();
    for n in 1..4000 {
        let last = n - 1;
        writeln!(many, "ENV V{n}=/a$V{last} W=$W$W\nWORKDIR $V{n}/b\nARG V{n}").unwrap();
    }
    let began = std::time::Instant::now();
    assert_eq!(after("ENV MODE", &format!("{many}ENV MODE")), []);
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn many_allowances_are_read_in_time() {
    let many = "# dockgen: allow=DG013\nWORKDIR x\n".repeat(10_000);
    let began = std::time::Instant::now();
    assert_eq!(after("ENV MODE", &format!("{many}ENV MODE")), []);
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}

#[test]
fn codes_are_unique_and_in_order() {
    let codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
    let wanted: Vec<String> = (1..=RULES.len()).map(|number| format!("DG{number:03}")).collect();
    assert_eq!(codes, wanted);
}

/// A replacement, and the codes and lines of the resulting violations.
type Case = (&'static str, &'static str, &'static [(&'static str, usize)]);

#[test]
fn each_rule_finds_what_breaks_it() {
    let table: &[Case] = &[
        ("# syntax=docker/dockerfile:1\n", "", &[("DG001", 1)]),
        ("docker/dockerfile:1", "docker/dockerfile:1.20@sha256:00", &[]),
        ("docker/dockerfile:1", "mirror.example/docker/dockerfile:1.20", &[("DG001", 1)]),
        ("docker/dockerfile:1", "evil.example/x/dockerfile:1", &[("DG001", 1)]),
        ("docker/dockerfile:1", "evil/docker/dockerfile:1", &[("DG001", 1)]),
        ("docker/dockerfile:1", "docker/dockerfile:10", &[("DG001", 1)]),
        ("docker/dockerfile:1", "docker/dockerfile", &[("DG001", 1)]),
        ("FROM runtime:1", "FROM builder:1 AS extra\nFROM runtime:1", &[("DG002", 7)]),
        ("COPY --from=deps", "COPY --from=0", &[]),
        ("COPY --from=deps", "COPY --from=dep", &[("DG002", 2), ("DG003", 9)]),
        (
            "RUN --mount=type=bind",
            "RUN --mount=type=bind,from=runtime,dst=/x --mount=type=bind",
            &[("DG003", 5)],
        ),
        ("USER 65532:65532\n", "", &[("DG004", 7)]),
        ("USER 65532:65532", "USER app", &[("DG004", 14)]),
        ("USER 65532:65532", "USER 0:0", &[("DG004", 14)]),
        ("USER 65532:65532", "USER 65532:65532\nUSER root", &[("DG004", 15)]),
        ("USER 65532:65532", "ARG ID=65532\nUSER $ID", &[]),
        ("ENTRYPOINT [\"/app/web\"]", "ENTRYPOINT [\"/app/other\"]", &[("DG005", 16)]),
        ("ENTRYPOINT [\"/app/web\"]", "ENTRYPOINT ['/app/web']", &[("DG005", 16), ("DG007", 16)]),
        ("ENTRYPOINT [\"/app/web\"]\n", "", &[("DG005", 7)]),
        ("EXPOSE 8080", "EXPOSE 8080\nCMD [\"serve\"]", &[("DG006", 16)]),
        ("EXPOSE 8080", "RUN true\nEXPOSE 8080", &[("DG007", 15)]),
        ("EXPOSE 8080", "RUN [\"/app/web\", \"check\"]\nEXPOSE 8080", &[]),
        ("EXPOSE 8080", "HEALTHCHECK CMD wget x\nEXPOSE 8080", &[("DG007", 15)]),
        ("FROM builder:1", "FROM other:1", &[("DG008", 2)]),
        ("FROM builder:1", "FROM builder", &[("DG008", 2), ("DG009", 2)]),
        ("FROM builder:1", "FROM builder:latest", &[("DG008", 2), ("DG009", 2)]),
        (
            "COPY --from=deps",
            "COPY --from=ghcr.io/x/y /a /b\nCOPY --from=deps",
            &[("DG008", 9), ("DG009", 9)],
        ),
        ("COPY go.mod ./", "COPY go.mod go.sum ./", &[("DG010", 4)]),
        ("COPY go.mod ./", "COPY go.mod go.su[m] *.mod ./", &[("DG010", 4)]),
        ("COPY go.mod ./", "COPY [\"[[]id].x\", \"a b\", \"./\"]", &[]),
        ("COPY go.mod ./", "COPY ../go.mod /src/ . ./", &[]),
        ("COPY go.mod ./", "ARG F=go.mod\nCOPY $F $UNKNOWN ./", &[]),
        ("COPY go.mod ./", "ARG F=gone\nCOPY $F ./", &[("DG010", 5)]),
        ("source=src,", "source=gone,", &[("DG010", 5)]),
        ("COPY go.mod ./", "COPY secret/*.pem go.mod ./", &[("DG011", 4)]),
        ("COPY go.mod ./", "COPY secret ./", &[("DG011", 4)]),
        ("WORKDIR /src", "ARG NPM_TOKEN\nWORKDIR /src", &[("DG012", 3)]),
        ("WORKDIR /src", "ENV API_KEY=x KEYBOARD=y TOKEN_FILE=z\nWORKDIR /src", &[("DG012", 3)]),
        ("WORKDIR /app", "WORKDIR app", &[("DG013", 8)]),
        ("WORKDIR /app", "ENV D=/app\nWORKDIR $D/x", &[]),
        ("EXPOSE 8080", "EXPOSE 8080/tcp", &[]),
        ("EXPOSE 8080", "EXPOSE 8080 9090", &[("DG014", 15)]),
        ("EXPOSE 8080\n", "", &[("DG014", 7)]),
        ("COPY go.mod ./", "ADD go.mod ./", &[("DG015", 4)]),
    ];
    for (old, new, wanted) in table {
        assert_eq!(after(old, new), *wanted, "{old:?} -> {new:?}");
    }
}

#[test]
fn what_the_plan_knows_is_allowed() {
    let mut plan = sample("", "");
    plan.details = json!({"images": ["busybox:1.37"]});
    plan.dev = serde_json::from_value(json!({"command": ["x"], "env": []})).unwrap();
    plan.runtime.port = None;
    plan.runtime.shell = true;
    let text = GOOD.replace("EXPOSE 8080\n", "RUN true\n").replace(
        "FROM runtime:1",
        "FROM deps AS development\nCOPY --from=busybox:1.37 /bin/x /x\nFROM runtime:1",
    );
    assert_eq!(violations(&text, &plan, ""), []);
}

#[test]
fn instructions_of_stages_below_count() {
    let text = GOOD.replace("FROM runtime:1 AS runtime", "FROM runtime:1 AS base") + "FROM base\n";
    assert_eq!(violations(&text, &sample("", ""), ""), []);
}

#[test]
fn a_comment_allows_a_violation_at_its_instruction() {
    let allow = |comment: &str| after("COPY go.mod ./", &format!("{comment}\nADD gone ./"));
    assert_eq!(allow("# dockgen: allow=DG015"), [("DG010", 5)]);
    assert_eq!(allow("# dockgen: allow=DG010,DG015 because it is so"), []);
    assert_eq!(allow("# dockgen: allow=DG015\n# dockgen: allow=DG010"), []);
    assert_eq!(allow("# dockgen: allow=DG015\n"), [("DG010", 6), ("DG015", 6)]);
    assert_eq!(allow("# dockgen: allow=DG010,DG015,DG009"), [("DG017", 4)]);
    assert_eq!(
        after("docker/dockerfile:1\n", "docker/dockerfile:0\n\n# dockgen: allow=DG001\n"),
        []
    );
}

#[test]
fn what_a_comment_allows_of_images_syntax_and_commands_is_said() {
    let said = |old: &str, new: &str, heeds: &dyn Fn(&str) -> bool| {
        let found = all(&GOOD.replacen(old, new, 1), &sample("", ""), "secret\n", heeds);
        found.iter().map(|one| (one.code, one.is_choice())).collect::<Vec<_>>()
    };
    let cases = [
        (
            "docker/dockerfile:1\n",
            "evil.example/x/dockerfile:1\n\n# dockgen: allow=DG001\n",
            "DG001",
        ),
        ("FROM builder:1", "# dockgen: allow=DG008\nFROM evil.example/x:1", "DG008"),
        ("EXPOSE 8080", "# dockgen: allow=DG007\nRUN curl x | sh\nEXPOSE 8080", "DG007"),
    ];
    for (old, new, code) in cases {
        assert_eq!(said(old, new, &|_| true), [(code, true)], "{new}");
        // A comment that no person wrote allows nothing.
        let planned = PLANNED.contains(&code);
        assert_eq!(said(old, new, &|_| false), [(code, planned)], "{new}");
    }
    let root = "# dockgen: allow=DG004\nUSER root";
    assert_eq!(said("USER 65532:65532", root, &|_| true), []);
    assert_eq!(said("USER 65532:65532", root, &|_| false), [("DG004", false)]);
}

#[test]
fn a_hidden_source_is_let_in_by_what_lies_in_it() {
    let text = GOOD.replace("COPY go.mod", "COPY secret");
    assert_eq!(violations(&text, &sample("", ""), "secret\n!secret/key.pem\n"), []);
    let message = &violations(&text, &sample("", ""), "x\nsecret\n")[0].message;
    assert!(message.contains("`secret` (line 2)"), "{message}");
}

#[test]
fn values_that_make_or_swallow_instructions_are_found() {
    let inject = |template: &'static str, value: &str| {
        let mut plan = sample("", "");
        plan.details = json!({ "value": value });
        let render = move |plan: &Plan| -> anyhow::Result<String> {
            Ok(template.replace("{}", plan.details["value"].as_str().unwrap_or_default()))
        };
        let file = parse(&render(&plan).unwrap()).unwrap();
        injection(&file, &plan, &render)
            .unwrap()
            .iter()
            .map(|violation| violation.line)
            .collect::<Vec<_>>()
    };
    assert!(inject("FROM a\nRUN echo {}\nUSER 1\n", "a b 'c' $d").is_empty());
    assert_eq!(inject("FROM a\nRUN echo {}\nUSER 1\n", "x\nUSER 0"), [4]);
    assert_eq!(inject("FROM a\nRUN echo {}\nUSER 1\n", "x \\"), [2]);
    assert_eq!(inject("FROM a\nRUN echo {}\nUSER 1\nUSER EOF\n", "<<EOF\nEOF"), [2]);
    assert_eq!(inject("FROM a\nRUN {}\nUSER 1\n", "--network=host true"), [2]);
}

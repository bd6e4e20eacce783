//! How software is built: commands, versions of tools, variables.

use super::root;
use crate::recipes::*;
use crate::repo::Repo;

fn words(file: &str, text: &str, program: &str) -> Vec<String> {
    let repo = Repo::from_files([(file, text)]);
    let steps = steps_of(&repo, &root(), &[program]).unwrap();
    let line = |step: &Step| {
        let line = step.evidence.line.unwrap_or(0);
        format!("{line} {}:{}", step.dir, step.words.join(" "))
    };
    steps.iter().map(line).collect()
}

#[test]
fn commands_of_every_kind_of_build_recipe() {
    for (file, text, expected) in [
        (
            "Makefile",
            "TAGS := netgo\nTAGS += x\nV = $(shell git tag)\nexport E := 1\n\nall: dep\n\t@cd web && \\\n\t  tool build -t \"$(TAGS)\" -v $(V) $$HOME\n",
            "7 web:tool build -t netgo x -v $(V) $HOME",
        ),
        (
            "justfile",
            "t := \"a\"\nbuild arg:\n  @tool build {{t}} {{arg}}\n",
            "3 .:tool build a {{arg}}",
        ),
        (
            "Taskfile.yml",
            "vars: {T: a}\ntasks:\n  build:\n    dir: sub\n    cmds:\n      - task: x\n      - tool build {{.T}}\n",
            "7 sub:tool build a",
        ),
        (
            "Makefile.toml",
            "[tasks.a]\ncommand = 'tool'\nargs = ['build', 'a']\ncwd = 'sub'\n",
            "2 sub:tool build a",
        ),
        ("makefile.toml", "[tasks.a]\nscript = 'tool build a'\n", "2 .:tool build a"),
        ("mise.toml", "[tasks.build]\nrun = [\n 'tool build a',\n]\n", "3 .:tool build a"),
        (
            ".github/workflows/ci.yml",
            "env: {T: a}\njobs:\n  b:\n    defaults: {run: {working-directory: sub}}\n    steps:\n      - run: |\n          set -e\n          tool build ${{ env.T }} $T\n",
            "8 sub:tool build a a",
        ),
        (
            ".gitlab-ci.yml",
            "variables: {T: a}\nbuild:\n  script:\n    - cd sub\n    - A=1 tool build $T\n",
            "5 .:tool build a",
        ),
        (
            ".circleci/config.yml",
            "jobs:\n  build:\n    steps:\n      - checkout\n      - run:\n          command: |\n            tool build a\n",
            "7 .:tool build a",
        ),
        (".travis.yml", "script:\n  - tool build a\n", "2 .:tool build a"),
        ("netlify.toml", "[build]\nbase = 'sub'\ncommand = 'tool build a'\n", "3 sub:tool build a"),
        ("vercel.json", "{\n\"buildCommand\": \"tool build a\"}", "2 .:tool build a"),
        (
            "project.json",
            r#"{"targets": {"build": {"options": {"cwd": "sub", "command": "tool build a"}}}}"#,
            "1 sub:tool build a",
        ),
        ("build.sh", "#!/bin/sh\ncd sub\ntool build a\n", "3 sub:tool build a"),
    ] {
        assert_eq!(words(file, text, "tool"), [expected], "{file}");
    }
    let promu = "go:\n  version: 1.26\nbuild:\n  binaries:\n    - name: x\n      path: ./cmd/x\n  ldflags: |\n    -X v.Version={{.Version}}\n    -X v.Revision={{.Revision}}\n";
    assert_eq!(
        words(".promu.yml", promu, goreleaser::PROGRAM),
        [
            "5 .:goreleaser build -ldflags=-X v.Version={{.Version}} -X v.Revision={{.Revision}} -o=x ./cmd/x"
        ]
    );
    let tagged =
        "build:\n  binaries:\n    - name: x\n      path: ./cmd/x\n  flags: -a -tags 'a b'\n";
    assert_eq!(
        words(".promu.yml", tagged, goreleaser::PROGRAM),
        ["3 .:goreleaser build -a -tags a b -o=x ./cmd/x"]
    );
    let goreleaser = "env: [A=1]\nbuilds:\n  - main: ./cmd/x\n    tags: [a, b]\n    flags: -trimpath\n    ldflags:\n      - -X v={{.Version}}\n";
    assert_eq!(
        words(".goreleaser.yaml", goreleaser, goreleaser::PROGRAM),
        ["3 .:goreleaser build -trimpath -tags=a,b -ldflags=-X v={{.Version}} ./cmd/x"]
    );
}

#[test]
fn versions_of_tools() {
    let versions = |file: &str, text: &str| -> Vec<String> {
        let repo = Repo::from_files([(file, text)]);
        let found = tool_versions(&repo, &root(), &["tool"]).unwrap();
        let line = |tool: &Tool| {
            let mark = if tool.one_of_several { "?" } else { "" };
            format!("{}{mark} {}", tool.version, tool.evidence.line.unwrap_or(0))
        };
        found.iter().map(line).collect()
    };
    let workflow = |with: &str, uses: &str| {
        format!(
            "jobs:\n  t:\n    strategy:\n      matrix:\n        v: [20, 22.x]\n        include:\n          - v: 24\n    steps:\n      - uses: {uses}\n        with: {{ {with} }}\n"
        )
    };
    let github = ".github/workflows/ci.yml";
    assert_eq!(versions(github, &workflow("tool-version: 22.10", "a/setup-tool@v4")), ["22.10 10"]);
    assert_eq!(
        versions(github, &workflow("tool-version: '${{ matrix.v }}'", "a/setup-tool@v4")),
        ["20? 5", "22.x? 5", "24? 7"]
    );
    assert_eq!(versions(github, &workflow("x: 1", "a/tool-toolchain@1.90.0")), ["1.90.0 9"]);
    assert_eq!(
        versions(github, &workflow("toolchain: '1.88'", "a/tool-toolchain@master")),
        ["1.88 10"]
    );
    let container = "jobs:\n  t:\n    container: tool:22-slim\n    steps: []\n";
    assert_eq!(versions(github, container), ["22 3"]);
    assert_eq!(
        versions(".gitlab-ci.yml", "image: tool:21.2-alpine\nt:\n  script: x\n"),
        ["21.2 1"]
    );
    // The rest of a tag names further tools.
    assert_eq!(
        versions(".gitlab-ci.yml", "image: builder:3.9-tool-21-slim\nt:\n  script: x\n"),
        ["21 1"]
    );
    assert_eq!(versions(github, "jobs:\n  t:\n    container: builder:8.10-tool17\n"), ["17 3"]);
    let circle = "jobs:\n  t:\n    docker:\n      - image: cimg/tool:22.11\n    steps: []\n";
    assert_eq!(versions(".circleci/config.yml", circle), ["22.11 4"]);
    assert_eq!(versions(".travis.yml", "tool:\n  - '20'\n  - 22\n"), ["20? 2", "22? 3"]);
    assert_eq!(versions("netlify.toml", "[build.environment]\nTOOL_VERSION = \"22\"\n"), ["22 2"]);
    assert_eq!(versions("system.properties", "tool.runtime.version=21\n"), ["21 1"]);
}

#[test]
fn variables_of_a_build() {
    for (file, text) in [
        ("Makefile", "export PRIVATE := a/*\n"),
        (".github/workflows/ci.yml", "env:\n  PRIVATE: a/*\njobs: {}\n"),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  t:\n    steps:\n      - run: x\n        env: {PRIVATE: a/*}\n",
        ),
        (".gitlab-ci.yml", "variables:\n  PRIVATE: a/*\n"),
        ("mise.toml", "[env]\nPRIVATE = 'a/*'\n"),
        ("build.sh", "export PRIVATE=a/*\ntool build\n"),
        ("Makefile", "b:\n\tPRIVATE=a/* tool build\n"),
        (".goreleaser.yml", "builds:\n - env: [PRIVATE=a/*]\n"),
    ] {
        let repo = Repo::from_files([(file, text)]);
        let found = build_variable(&repo, &root(), "PRIVATE").unwrap();
        assert_eq!(found.map(|found| found.value).as_deref(), Some("a/*"), "{file}: {text}");
    }
}

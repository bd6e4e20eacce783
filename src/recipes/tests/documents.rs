//! What documents of every markup say, and how their lines are meant.

use super::*;

#[test]
fn documents_of_every_markup_are_read() {
    let line = "docker run -p 80:4000 -v d:/data me/box";
    for (file, text) in [
        ("README.rst", format!("Run\n---\n\n.. code:: shell\n\n   {line}\n")),
        ("README.rst", format!("Run it::\n\n  {line}\n")),
        ("README.adoc", format!("[source,bash]\n----\n{line}\n----\n")),
        ("README.txt", format!("Run it:\n{line}\n")),
        ("README", format!("Run it:\n\n  $ {line}\n")),
        ("docs/docker.rst", format!(".. code-block:: console\n\n   $ {line}\n")),
        ("docs/docker.adoc", format!("....\n{line}\n....\n")),
        ("docker.rst", format!("::\n\n  {line}\n")),
    ] {
        assert_eq!(told(&one(file, &text)), "4000 - /data -", "{file}: {text}");
    }
    let python = format!(".. code:: python\n\n   {line}\n");
    assert_eq!(told(&one("README.rst", &python)), "- - - -");
}

fn in_fence(lines: &str) -> Program {
    let text = format!("```\n{lines}\n```\n");
    applied(&[("README.md", &text)], |program| program.kind = Kind::Service)
}

#[test]
fn the_drive_of_windows_is_no_part_of_a_volume() {
    for mount in ["c:/box:/data", "C:\\\\box:/data", "\"D:/my box:/data\"", "data:/data"] {
        assert_eq!(told(&in_fence(&format!("docker run -v {mount} me/box"))), "- - /data -");
    }
}

#[test]
fn what_a_usage_line_marks_as_optional_is_left_out() {
    for line in [
        "docker run -p 80:4000 me/box --peer=a [--peer=b ...]",
        "docker run [OPTIONS] -p 80:4000 me/box --peer=a [flags]",
    ] {
        let program = in_fence(line);
        assert_eq!(told(&program), "4000 --peer=a - -", "{line}");
        assert!(codes(&program).is_empty(), "{line}");
    }
    assert_eq!(told(&in_fence("box --listen [::]:4000")), "4000 --listen_'[::]:4000' - -");
}

#[test]
fn the_line_without_a_command_shows_the_default() {
    let custom =
        "docker run -p 7000:7000 -p 7001:7001 me/box box --blob-port 7000 --queue-port 7001";
    let plain = "docker run -p 4000:4000 -p 4001:4001 me/box";
    let program = in_fence(&format!("{custom} --store $STORE\n{plain}"));
    assert!(told(&program).starts_with("4000 "), "{}", told(&program));
    assert_eq!(program.more_ports.len(), 1);
    assert_eq!(program.port.map(|port| port.value), Some(4000));
}

#[test]
fn mounts_are_printed_as_documentation_gives_them() {
    let said = |mount: &str| {
        let program = in_fence(&format!("docker run {mount} me/box"));
        let one = program.findings.into_iter().find(|one| one.code == FindingCode::MountsGiven);
        one.map_or_else(String::new, |one| one.fix)
    };
    assert!(said("-v /:/rootfs:ro").ends_with("`docker run -v /:/rootfs:ro ...`"));
    assert!(said("-v $PWD/x.yml:/etc/x.yml").ends_with("`docker run -v FILE:/etc/x.yml:ro ...`"));
    assert!(
        said("-v ./x.yml:/etc/x.yml -v /a/b:/b:ro")
            .ends_with("`docker run -v ./x.yml:/etc/x.yml:ro -v /a/b:/b:ro ...`")
    );
}

#[test]
fn what_a_sentence_sets_in_every_container_is_set() {
    let repo = |text: &str| {
        let repo = Repo::from_files([("README.rst", text), ("src/box.js", "env('SKIP_SETUP')")]);
        repo.source_text(&RelPath::new("src/box.js").unwrap()).unwrap();
        told(&applied_to(&repo, |_| {}))
    };
    assert_eq!(repo("In a container, set ``SKIP_SETUP=yes``.\n"), "- - - SKIP_SETUP=yes");
    assert_eq!(repo("In a container, set OTHER_SETUP=yes.\n"), "- - - -");
    let code = |read: &str| {
        let text =
            format!("if (!{read}) throw Error('When running in a container, set SKIP_SETUP=yes');");
        let repo = Repo::from_files([("src/box.js", text)]);
        repo.source_text(&RelPath::new("src/box.js").unwrap()).unwrap();
        told(&applied_to(&repo, |_| {}))
    };
    assert_eq!(code("process.env.SKIP_SETUP"), "- - - SKIP_SETUP=yes");
    // An example that no code reads.
    assert_eq!(code("known"), "- - - -");
}

//! Folders that recipes mount, and where they are in the image.

use super::*;

#[test]
fn a_volume_in_another_images_working_directory_is_the_folder_of_the_program() {
    let compose =
        ("compose.yaml", "services:\n  a:\n    build: .\n    volumes: ['x:/srv/app/data/files']\n");
    let code = Evidence::file(&RelPath::new("main.go").unwrap(), "writes");
    let writes = |folder: &str| Sourced::new(folder.to_owned(), code.clone());
    let program = applied(&[compose], |program| program.writable = vec![writes("./data/files")]);
    assert_eq!(
        (told(&program).as_str(), codes(&program)),
        ("- - ./data/files -", vec!["volume-elsewhere"])
    );
    let program = applied(&[compose], |program| program.writable = vec![writes("iles")]);
    assert_eq!(
        (told(&program).as_str(), codes(&program).len()),
        ("- - iles,/srv/app/data/files -", 0)
    );
}

#[test]
fn a_volume_below_the_working_directory_of_the_repositorys_dockerfile_is_beside_the_program() {
    let compose = "services:\n  a:\n    build: .\n    volumes: ['x:/srv/app/boards']\n";
    let of = |dockerfile: &str, compose: &str| {
        let program = applied(&[("compose.yaml", compose), ("Dockerfile", dockerfile)], |_| ());
        (told(&program), codes(&program).join(" "))
    };
    let dockerfile = "FROM node:22\nWORKDIR /srv\nWORKDIR app\nCOPY . .\nCMD node main.js\n";
    let moved = ("- - boards -".to_owned(), "volume-elsewhere".to_owned());
    let kept = ("- - /srv/app/boards -".to_owned(), String::new());
    assert_eq!(of(dockerfile, compose), moved);
    // Its working directory is where the data is, not the program.
    let apart = dockerfile.replace("COPY . .", "COPY . /opt/app/");
    assert_eq!(of(&apart, compose), kept);
    // The program is told the folder.
    let named = format!("{compose}    environment: [BOARDS=/srv/app/boards]\n");
    let told = of(dockerfile, &named).0;
    assert_eq!(told, "- - /srv/app/boards BOARDS=/srv/app/boards");
}

#[test]
fn the_working_directory_of_a_unit_is_no_folder_to_keep() {
    let unit = |more: &str| {
        let text = format!(
            "[Service]\nExecStart=/home/box/box/box\nWorkingDirectory=/home/box/box\n{more}"
        );
        let program = one("distrib/systemd/box.service", &text);
        (told(&program), codes(&program).join(" "))
    };
    let nothing = ("- - - -".to_owned(), String::new());
    assert_eq!(unit("ReadWritePaths=/home/box/box\n"), nothing);
    assert_eq!(unit("ReadWritePaths=/home/box\n"), nothing);
    assert_eq!(unit("ReadWritePaths=/srv/box\n").0, "- - /srv/box -");
}

#[test]
fn a_folder_that_documentation_mounts_is_a_guess_unless_a_variable_names_it() {
    let found = |run: &str| {
        let text = format!("```\ndocker run -v x:/box/data {run} me/box\n```\n");
        let place = Evidence::file(&RelPath::new("main").unwrap(), "writes");
        let program = applied(&[("README.md", &text)], |program| {
            program.findings.push(Finding::folder_unknown(None, None, [place]));
        });
        (told(&program), codes(&program).join(" "))
    };
    assert_eq!(found(""), ("- - /box/data -".to_owned(), "folder-unknown".to_owned()));
    let named = found("-e BOX_DATA=/box/data/x.db");
    assert_eq!(named, ("- - /box/data BOX_DATA=/box/data/x.db".to_owned(), String::new()));
}

#[test]
fn homes_of_other_users_are_moved_or_said() {
    let run = |volume: &str, env: &str| {
        one("README.md", &format!("```\ndocker run -v x:{volume} {env} me/box\n```\n"))
    };
    let program = run("/root/data", "-e BOX_DATA=/root/data/box.db");
    assert_eq!(
        (told(&program).as_str(), codes(&program).len()),
        ("- - /home/nonroot/data BOX_DATA=/home/nonroot/data/box.db", 0)
    );
    for volume in ["/root/data", "/home/app/.box"] {
        let program = run(volume, "");
        assert_eq!(
            (told(&program).as_str(), codes(&program)),
            ("- - - -", vec!["home-of-other-user"])
        );
    }
    assert!(codes(&run("/root/.cache/x", "")).is_empty());
}

#[test]
fn a_folder_follows_the_arguments_that_lead_the_program_there() {
    let compose = "services:\n  box:\n    build: .\n    command: -db /data/store.db\n    volumes: ['./data:/data']\n";
    let own = |program: &mut Program| {
        let evidence = Evidence::file(&RelPath::new("main").unwrap(), "test");
        program.kind = Kind::Service;
        program.writable.push(Sourced::new("data".to_owned(), evidence));
    };
    let program = applied(&[("compose.yaml", compose)], own);
    assert_eq!(told(&program), "- -db_/data/store.db /data -");
    assert!(codes(&program).is_empty());
    // Without the argument, the volume misses the folder, which several recipes get wrong alike.
    let bare = compose.replace("    command: -db /data/store.db\n", "");
    let files = [("compose.yaml", bare.as_str()), ("deploy/compose.yaml", bare.as_str())];
    let program = applied(&files, own);
    assert_eq!(codes(&program), ["volume-elsewhere"]);
}

//! Scripts whose names say what they start: `start:api` the server, `start:worker` a process beside
//! it.

use anyhow::Result;

use super::{Entry, Outcome, resolve};
use crate::detect::node::App;
use crate::facts::{Evidence, Finding, FindingCode, Process, Program};

/// Scripts that start a server by their name, best first.
const SERVERS: [&str; 8] =
    ["start:web", "start:api", "start:server", "start:app", "web", "api", "start:http", "app"];

/// Words for a process that works beside the server.
const BESIDE: [&str; 9] = [
    "worker",
    "workers",
    "queue",
    "queues",
    "cron",
    "scheduler",
    "consumer",
    "processor",
    "microservice",
];

/// Words for a script that is not for production, or starts nothing.
const OTHER: [&str; 16] = [
    "dev", "watch", "test", "tests", "debug", "build", "local", "docker", "deploy", "lint",
    "types", "clean", "stop", "generate", "logs", "e2e",
];

/// The programs of scripts that a server's name marks, for a package without a start script.
pub(super) fn servers(app: &App) -> Result<Vec<Entry>> {
    let mut found: Vec<Entry> = Vec::new();
    for name in SERVERS.into_iter().filter(|name| app.package.script(name).is_some()) {
        let Outcome::Start(entries) = resolve(app, name)? else { continue };
        let mut plain = entries.into_iter().filter(|entry| !entry.development && !entry.unmade);
        if let Some(entry) = plain.next()
            && found.iter().all(|held| held.id != entry.id)
        {
            found.push(entry);
        }
    }
    Ok(found)
}

/// Reports the scripts that start a process beside the program.
pub(crate) fn beside(app: &App, file: &str, program: &mut Program) -> Result<()> {
    if program.findings.iter().any(|finding| finding.code == FindingCode::SeveralProcesses) {
        return Ok(());
    }
    let mut said: Vec<(String, Evidence)> = Vec::new();
    let mut files = vec![file.to_owned()];
    for (name, text) in app.package.scripts() {
        let has =
            |words: &[&str]| name.split([':', '-', '_', '.']).any(|part| words.contains(&part));
        if !has(&BESIDE) || has(&OTHER) {
            continue;
        }
        let Outcome::Start(entries) = resolve(app, name)? else { continue };
        for entry in entries.into_iter().filter(|entry| !entry.development && !entry.unmade) {
            if !files.contains(&entry.launch.file) {
                let evidence = app.package.at(&["scripts", name], format!("`{text}`"));
                program.processes.push(Process {
                    name: name.to_owned(),
                    words: vec!["node".to_owned(), entry.launch.file.clone()],
                    evidence: evidence.clone(),
                });
                files.push(entry.launch.file);
                said.push((format!("{name} (`{text}`)"), evidence));
            }
        }
    }
    if !said.is_empty() {
        let (names, evidence): (Vec<String>, Vec<Evidence>) = said.into_iter().unzip();
        let what = format!("package.json also starts {}, and the image does not", names.join(", "));
        program.findings.push(Finding::new(FindingCode::OtherProcesses, what, evidence));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    fn first(scripts: &str, files: &[(&str, &str)]) -> Option<(String, String)> {
        let manifest =
            format!(r#"{{"scripts": {{{scripts}}}, "devDependencies": {{"typescript": "5"}}}}"#);
        let config = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
        let mut all = vec![("package.json", manifest.as_str()), ("tsconfig.json", config)];
        all.extend(files);
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let found = program::all(&app).unwrap();
        let (program, launch) = found.programs.first()?;
        let other = |finding: &&crate::facts::Finding| finding.code.as_str() == "other-processes";
        let said = program.findings.iter().find(other).map(|finding| finding.what.clone());
        Some((launch.file.clone(), said.unwrap_or_default()))
    }

    #[test]
    fn a_process_beside_the_server_is_said() {
        let files = [("web.js", "app.listen(3000)"), ("jobs.js", "run()"), ("dist2.js", "")];
        for script in [
            r#""start:worker": "node jobs.js""#,
            r#""queue": "node jobs""#,
            r#""worker:prod": "NODE_ENV=production node jobs.js""#,
        ] {
            let (file, said) =
                first(&format!(r#""start": "node web.js", {script}"#), &files).unwrap();
            assert_eq!(file, "web.js");
            assert!(said.contains("and the image does not"), "{script}: {said}");
        }
        for script in [
            r#""worker": "node web.js""#,
            r#""worker:dev": "node jobs.js""#,
            r#""test:worker": "node jobs.js""#,
            r#""jobs": "node jobs.js""#,
        ] {
            let (_, said) = first(&format!(r#""start": "node web.js", {script}"#), &files).unwrap();
            assert_eq!(said, "", "{script}");
        }
    }

    #[test]
    fn without_a_start_script_the_server_is_the_one_with_its_name() {
        let scripts = r#""build": "tsc", "start:api": "node dist/api.js", "start:worker": "node dist/jobs.js""#;
        let files = [("src/api.ts", "app.listen(3000)"), ("src/jobs.ts", "run()")];
        let (file, said) = first(scripts, &files).unwrap();
        assert_eq!(file, "dist/api.js");
        assert!(said.contains("start:worker"), "{said}");
    }

    #[test]
    fn a_build_that_compiles_nothing_leaves_the_loader() {
        let files = [("src/web.ts", "app.listen(3000)")];
        for build in ["vite build", "prisma generate && next build", "tsc --noEmit && vite build"] {
            let scripts = format!(r#""build": "{build}", "start": "node --import tsx src/web.ts""#);
            assert_eq!(first(&scripts, &files).unwrap().0, "src/web.ts", "{build}");
        }
        let scripts = r#""build": "vite build && tsc", "start": "node --import tsx src/web.ts""#;
        assert_eq!(first(scripts, &files).unwrap().0, "dist/web.js");
    }
}

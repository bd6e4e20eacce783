//! Pages that the program serves and that another package of the repository builds.

use super::super::App;
use super::super::expression::{Names, option, path};
use super::super::front_end::delegates;
use super::super::launch::Launch;
use super::super::token::{Token, arguments};
use super::storage::Location;
use super::{Scan, Source};
use crate::detect::{add_front_end, makers};
use crate::facts::{Evidence, Finding, Severity};
use crate::path::RelPath;

/// Calls whose first argument is a folder or a file that is served.
const SERVES: [&str; 3] = ["static", "serveStatic", "sendFile"];

/// Calls with a folder that is served among their options.
const PLUGINS: [&str; 4] = ["register", "serveStatic", "forRoot", "static"];

pub(super) fn read(app: &App, launch: &Launch, sources: &[Source], scan: &mut Scan) {
    for source in sources {
        let names = Names::of(&source.tokens);
        let place = Location::of(app, launch, source);
        for (index, window) in source.tokens.windows(2).enumerate() {
            let (Some(name), true) = (window[0].word(), window[1].is('(')) else { continue };
            if !SERVES.contains(&name) && !PLUGINS.contains(&name) {
                continue;
            }
            let args = arguments(&source.tokens, index + 1);
            let folder = args.first().copied().filter(|_| SERVES.contains(&name));
            let options = ["root", "rootPath"].into_iter().filter(|_| PLUGINS.contains(&name));
            let candidates: Vec<&[Token]> =
                folder.into_iter().chain(options.filter_map(|key| option(&args, key))).collect();
            for tokens in candidates {
                let found = path(tokens, &names).filter(|found| !found.path.contains("${}"));
                for path in found.map(|found| place.in_repository(app, &found)).unwrap_or_default()
                {
                    if served(
                        app,
                        &path,
                        &source.at(window[0].at, format!("{name} serves {path}")),
                        scan,
                    ) {
                        break;
                    }
                }
            }
        }
    }
}

/// A path that is served: where the repository does not hold it, a build may make it. True where
/// the path is known.
fn served(app: &App, path: &RelPath, evidence: &Evidence, scan: &mut Scan) -> bool {
    let repo = app.dir.repo;
    if repo.exists(path) {
        return true;
    }
    let mut known = false;
    let context = &app.root.path;
    for mut made in makers(repo, &RelPath::root(), path) {
        known = true;
        let folder = made.value.dir.file_name();
        // What its own build makes needs no other, unless that only runs the other.
        let own = app.build_script().and_then(|name| app.package.script(&name));
        let names = |script: &&str| !folder.is_empty() && script.contains(folder);
        if made.value.dir == app.dir.path
            || own.filter(names).is_some_and(|script| !delegates(app, script, &made.value.dir))
        {
            continue;
        }
        if !made.value.output.is_within(context) {
            scan.findings.push(outside(path, &made.value.dir, context, evidence));
            continue;
        }
        made.value.opened = Some(made.value.output.relative_to(&app.dir.path));
        made.evidence.insert(0, evidence.clone());
        add_front_end(&mut scan.front_ends, made);
    }
    known
}

fn outside(path: &RelPath, dir: &RelPath, context: &RelPath, evidence: &Evidence) -> Finding {
    Finding::new(
        "front-end-outside",
        Severity::Warning,
        format!(
            "the program serves {path}, which the build of {dir} makes, outside the build context {context}"
        ),
        [evidence.clone()],
        "the image holds no such folder: the pages are not found",
        "make both folders members of one workspace, or serve the pages by an image of their own",
    )
}

#[cfg(test)]
mod tests {
    use super::super::super::launch::Layout;
    use super::*;
    use crate::repo::Repo;

    /// What a server made of `main` serves, and the codes of what is said.
    fn of(dir: &str, manifest: &str, main: &str) -> (Vec<String>, Vec<String>) {
        let client = r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "7"}}"#;
        let (package, server) = (format!("{dir}package.json"), format!("{dir}server.js"));
        let repo = Repo::from_files([
            (package.as_str(), manifest),
            (server.as_str(), main),
            ("client/package.json", client),
        ]);
        let folder = RelPath::new(dir.trim_end_matches('/')).unwrap_or_default();
        let app = App::read(&crate::repo::Dir::new(&repo, folder)).unwrap().unwrap();
        let launch = Launch {
            file: "server.js".into(),
            source: Some("server.js".into()),
            layout: Layout::Source,
            ..Launch::default()
        };
        let scan = super::super::read(&app, &launch).unwrap();
        let told = |made: &crate::facts::Sourced<crate::facts::FrontEnd>| {
            format!("{} as {}", made.value.output, made.value.opened.clone().unwrap())
        };
        (
            scan.front_ends.iter().map(told).collect(),
            scan.findings.iter().map(|f| f.code.clone()).collect(),
        )
    }

    #[test]
    fn pages_of_another_package() {
        let express = r#"{"dependencies": {"express": "5"}}"#;
        let made = || vec!["client/dist as client/dist".to_owned()];
        for main in [
            "app.use(express.static(path.join(__dirname, 'client', 'dist')))",
            "app.use(express.static('client/dist')); res.sendFile(path.resolve(__dirname, 'client', 'dist', 'index.html'))",
            "app.register(require('@fastify/static'), { root: path.join(__dirname, 'client/dist/assets') })",
        ] {
            assert_eq!(of("", express, main), (made(), vec![]), "{main}");
        }
        let module = r#"{"main": "src/server.js", "dependencies": {"express": "5"}}"#;
        let main = "const __dirname = path.resolve(); app.use(express.static(path.join(__dirname, '/client/dist')))";
        assert_eq!(of("", module, main).0, made());
        assert_eq!(of("", express, "app.use(express.static('public'))").0, Vec::<String>::new());
        // The server's own build makes them, or leaves that to their package.
        let builds = |script: &str| {
            format!(r#"{{"scripts": {{"build": "{script}"}}, "dependencies": {{"express": "5"}}}}"#)
        };
        let served =
            |script: &str| of("", &builds(script), "app.use(express.static('client/dist'))").0;
        assert_eq!(served("vite build client && tsc"), Vec::<String>::new());
        assert_eq!(
            served("cd client && npm ci && npm run build && cd .. && node cp-client.js"),
            Vec::<String>::new()
        );
        assert_eq!(served("cd client && npm ci && npm run build"), made());
        assert_eq!(served("npm install --prefix client && npm --prefix=client run build"), made());
    }

    #[test]
    fn pages_outside_of_the_context_are_said() {
        let main = "app.use(express.static(path.join(__dirname, '../client/dist')))";
        let (made, said) = of("server/", r#"{"dependencies": {"express": "5"}}"#, main);
        assert_eq!((made.len(), said), (0, vec!["front-end-outside".to_owned()]));
    }
}

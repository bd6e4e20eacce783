//! Browsers that a dependency drives. The image uses the system's browser, which needs settings
//! during the install and at run time.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use super::super::App;
use super::super::expression::Names;
use super::super::manifest::Kind;
use super::super::native;
use super::{House, Scan, Source};
use crate::code::is_env_name;
use crate::detect::node::codes;
use crate::facts::{EnvVar, Evidence, Finding, Sourced};

/// A row of the table `browsers`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Browser {
    /// The key in packages.toml.
    package: String,
    /// Environment variables for the install.
    install: BTreeMap<String, String>,
    /// Environment variables for the program.
    env: BTreeMap<String, String>,
    /// The flag without which it needs more rights than a container has.
    sandbox: String,
}

/// The browsers that production dependencies drive, by dependency.
fn driven(app: &App) -> Result<BTreeMap<String, Browser>> {
    let mut rows: BTreeMap<String, Browser> = app.catalog.table("browsers")?;
    let locked = native::installed(app)?;
    rows.retain(|name, _| match app.package.dependency(name) {
        Some(kind) => kind == Kind::Production,
        None => locked.contains(name),
    });
    Ok(rows)
}

/// Environment variables for the install.
pub(crate) fn install_settings(app: &App) -> Result<Vec<(String, String)>> {
    Ok(driven(app)?.into_values().flat_map(|browser| browser.install).collect())
}

/// Adds what the program needs for its browsers.
pub(super) fn read(house: &House, sources: &[Source], scan: &mut Scan) -> Result<()> {
    let app = house.app;
    for (name, browser) in driven(app)? {
        if connects(sources, &name) {
            scan.packages.retain(|held| held.value != browser.package);
            continue;
        }
        let at = |note: &str| app.package.at_dependency(&name, format!("{name} {note}"));
        if !scan.packages.iter().any(|held| held.value == browser.package) {
            // Another package brings it.
            if app.package.has(&name) {
                continue;
            }
            scan.packages.push(Sourced::new(browser.package.clone(), at("is locked")));
        }
        if let Some(found) = sources.iter().find_map(other) {
            scan.findings.push(found);
        }
        for (key, value) in &browser.env {
            let var = EnvVar { key: key.clone(), value: value.clone() };
            scan.env.push(Sourced::new(var, at("uses the system's browser")));
        }
        scan.temporary
            .get_or_insert_with(|| at("keeps the browser's profile in a temporary folder"));
        let flag = browser.sandbox.as_str();
        let said = scan.findings.iter().any(|held| held.code == codes::BROWSER_SANDBOX);
        if !said && !sources.iter().any(|source| says(source, flag)) {
            scan.findings.push(sandbox(flag, at("starts it")));
        }
    }
    by_path(house, sources, scan)
}

/// True if the program only connects to a browser that runs elsewhere.
fn connects(sources: &[Source], name: &str) -> bool {
    let launches =
        |source: &Source| source.tokens.windows(2).any(|w| w[0].is_word("launch") && w[1].is('('));
    let of_it = |source: &Source| {
        source.tokens.windows(4).any(|w| {
            let own = w[0].word().and_then(|word| source.code.imported(word)) == Some(name);
            own && w[1].is('.') && w[2].is_word("connect") && w[3].is('(')
        })
    };
    let mut using = sources.iter().filter(|source| source.imports(name));
    using.any(of_it) && !sources.iter().any(launches)
}

/// The system's browser. The code reaches it through a variable or a path.
const SYSTEM: &str = "/usr/bin/chromium";

/// Handles libraries that start a browser by its path: sets the variable for it, or reports that
/// there is none.
fn by_path(house: &House, sources: &[Source], scan: &mut Scan) -> Result<()> {
    let app = house.app;
    let drivers: Vec<String> = app.catalog.table("browser_drivers")?;
    for name in &drivers {
        if app.package.dependency(name) != Some(Kind::Production) {
            continue;
        }
        let starts = |source: &&Source| source.imports(name) && starts_at(source).is_some();
        let Some(source) = sources.iter().find(starts) else { continue };
        let at = starts_at(source).unwrap_or_default();
        let evidence = |note: String| source.at(at, note);
        let code = house.code()?;
        let path = sources.iter().find_map(|source| {
            let stated = Names::of(&source.tokens).properties("executablePath").next()?;
            Some(code.value(&source.code, source.range(stated)))
        });
        let path = path.unwrap_or_default();
        let variable = path.variables().find(|name| is_env_name(name));
        // Without either it starts a browser that the install would have to download.
        if variable.is_none() && path.text().as_deref() != Some(SYSTEM) {
            scan.findings.push(absent(name, evidence(format!("{name} starts a browser"))));
            continue;
        }
        if let Some(key) = variable {
            let var = EnvVar { key: key.to_owned(), value: SYSTEM.to_owned() };
            scan.env.push(Sourced::new(var, evidence(format!("starts the browser in {key}"))));
        }
        let used = evidence(format!("{name} starts the system's browser"));
        if !scan.packages.iter().any(|held| held.value == "chromium") {
            scan.packages.push(Sourced::new("chromium".to_owned(), used.clone()));
        }
        scan.temporary.get_or_insert_with(|| used.clone());
        if !sources.iter().any(|source| says(source, "--no-sandbox")) {
            scan.findings.push(sandbox("--no-sandbox", used));
        }
    }
    Ok(())
}

/// The place where a browser is started, rather than one that already runs.
fn starts_at(source: &Source) -> Option<usize> {
    const CALLS: [&str; 3] = ["launch", "launchPersistentContext", "launchServer"];
    let called = source.tokens.windows(3).find(|w| {
        w[0].is('.') && w[1].word().is_some_and(|word| CALLS.contains(&word)) && w[2].is('(')
    })?;
    Some(called[1].at)
}

/// The finding for a browser that is not the one of the image: `launch({ browser: "firefox" })`.
fn other(source: &Source) -> Option<Finding> {
    let names = Names::of(&source.tokens);
    let mut values = ["browser", "product"].into_iter().flat_map(|key| names.properties(key));
    let firefox = values.find(|value| value.len() == 1 && value[0].text() == Some("firefox"))?;
    let evidence = source.at(firefox[0].at, "asks for firefox");
    let what = "the program starts firefox, and the image holds chromium alone";
    let fix = "start chromium, or add the package firefox-esr with --packages and name it with \
               executablePath";
    Some(Finding::new(codes::BROWSER_MISSING, what, [evidence]).with_fix(fix))
}

fn says(source: &Source, flag: &str) -> bool {
    source.tokens.iter().any(|token| token.text().is_some_and(|text| text.contains(flag)))
}

fn absent(name: &str, evidence: Evidence) -> Finding {
    Finding::new(
        codes::BROWSER_MISSING,
        format!("the program drives a browser with {name}, and the image holds none"),
        [evidence],
    )
    .with_fix(format!(
        "give launch an executablePath from a variable such as process.env.BROWSER_PATH: the image \
         then gets chromium and sets the variable to {SYSTEM}"
    ))
}

fn sandbox(flag: &str, evidence: Evidence) -> Finding {
    Finding::new(
        codes::BROWSER_SANDBOX,
        format!("the program starts the browser without {flag}"),
        [evidence],
    )
    .with_fix(format!(
        "start it with args: [\"{flag}\", \"--disable-dev-shm-usage\"], or give the container a \
         seccomp profile that allows the sandbox"
    ))
}

#[cfg(test)]
mod tests {
    use super::super::super::launch::Launch;
    use super::super::super::scan;
    use super::super::App;
    use crate::repo::Repo;

    /// The packages, the variables and the findings for a library that starts a browser this way.
    fn of(name: &str, call: &str) -> (usize, Vec<String>, Vec<String>) {
        let manifest = format!(r#"{{"dependencies": {{"{name}": "1"}}}}"#);
        let source = format!("import x from '{name}'; await x.{call}");
        let repo = Repo::from_files([("package.json", &*manifest), ("index.js", &*source)]);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (file, source) = ("index.js".to_owned(), Some("index.js".to_owned()));
        let found = scan::read(&app, &Launch { file, source, ..Launch::default() }).unwrap();
        let env = found.env.iter().map(|var| format!("{}={}", var.value.key, var.value.value));
        let codes = found.findings.iter().map(|finding| finding.code.to_string());
        (found.packages.len(), env.collect(), codes.collect())
    }

    #[test]
    fn a_browser_of_another_package_and_another_browser() {
        let lock = |marks: &str| {
            format!(
                r#"{{"lockfileVersion": 3, "packages": {{"node_modules/pdfs": {{}},
                "node_modules/puppeteer": {{"version": "24.0.0"{marks}}}}}}}"#
            )
        };
        let of = |lock: &str, source: &str, manifest: &str| {
            let repo = Repo::from_files([
                ("package.json", manifest),
                ("package-lock.json", lock),
                ("index.js", source),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let (file, source) = ("index.js".to_owned(), Some("index.js".to_owned()));
            let found = scan::read(&app, &Launch { file, source, ..Launch::default() }).unwrap();
            let codes: Vec<_> = found.findings.iter().map(|f| f.code.to_string()).collect();
            (found.packages.iter().any(|held| held.value == "chromium"), codes.join(" "))
        };
        let pdfs = r#"{"dependencies": {"pdfs": "1"}}"#;
        let sandbox = "browser-sandbox".to_owned();
        assert_eq!(of(&lock(""), "x()", pdfs), (true, sandbox));
        assert_eq!(of(&lock(r#", "dev": true"#), "x()", pdfs), (false, String::new()));
        let own = r#"{"dependencies": {"puppeteer": "24"}}"#;
        let starts = "x.launch({ browser: 'firefox', args: ['--no-sandbox'] })";
        assert_eq!(of("{}", starts, own), (true, "browser-missing".to_owned()));
    }

    #[test]
    fn a_browser_is_where_the_code_asks_for_it_or_it_is_said() {
        let by = "launch({ executablePath: process.env.CHROME, args: ['--no-sandbox'] })";
        let set = vec!["CHROME=/usr/bin/chromium".to_owned()];
        assert_eq!(of("puppeteer-core", by), (1, set.clone(), vec![]));
        assert_eq!(of("playwright", by), (1, set, vec![]));
        assert_eq!(of("playwright", "launch()"), (0, vec![], vec!["browser-missing".to_owned()]));
        assert_eq!(of("puppeteer-core", "connect({ browserWSEndpoint: x })"), (0, vec![], vec![]));
    }
}

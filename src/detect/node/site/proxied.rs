//! Paths that something else than the pages' web server answers: settings of nginx or Caddy in the
//! repository, rewrites of a hosting service, and the proxy of the development server.

use anyhow::Result;
use serde_json::Value;

use super::super::App;
use super::super::build_args::{configs, sources};
use super::super::codes;
use super::super::config;
use super::super::expression::Names;
use super::super::token::{Token, property, split, tokens};
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::line_of;

/// How many files are looked at for settings of web servers.
const MAX_FILES: usize = 2_000;

/// How many paths are named.
const MAX_PATHS: usize = 4;

/// Files of a rule for each line: the path, the address and the status.
const REDIRECTS: [&str; 3] = ["_redirects", "public/_redirects", "static/_redirects"];

/// Settings of a development server alone.
const DEVELOPMENT: [&str; 8] = [
    "proxy.conf.json",
    "proxy.conf.js",
    "proxy.conf.mjs",
    "src/proxy.conf.json",
    "src/proxy.conf.js",
    "src/proxy.conf.mjs",
    "src/setupProxy.js",
    "src/setupProxy.ts",
];

/// A path that is forwarded, where to, and the place that says so.
struct Forwarded {
    path: String,
    to: String,
    evidence: Evidence,
}

/// Reports such paths.
pub(crate) fn finding(app: &App) -> Result<Option<Finding>> {
    let mut all = served(app)?;
    all.extend(hosted(app)?);
    if all.is_empty() {
        all = developed(app)?;
        // The settings themselves do not ask.
        let stated: Vec<RelPath> = all.iter().map(|one| one.evidence.file.clone()).collect();
        let texts = sources(app).into_iter().take(MAX_FILES);
        let texts = texts.filter(|path| !stated.contains(path));
        let texts: Vec<_> =
            texts.filter_map(|path| app.dir.repo.source_text(&path).ok().flatten()).collect();
        all.retain(|one| texts.iter().any(|text| asks(text, &one.path)));
    }
    let Some(first) = all.first() else { return Ok(None) };
    let mut paths: Vec<&str> = Vec::new();
    for one in &all {
        if paths.len() < MAX_PATHS && !paths.contains(&one.path.as_str()) {
            paths.push(&one.path);
        }
    }
    let what = format!(
        "{} forwards {} to {}, and the web server of the image does not",
        first.evidence.file,
        paths.join(", "),
        first.to
    );
    let evidence = all.iter().map(|one| one.evidence.clone()).take(MAX_PATHS);
    Ok(Some(Finding::new(codes::SITE_FORWARDS, what, evidence)))
}

/// True if a source names an address below a path of its own server.
fn asks(text: &str, path: &str) -> bool {
    if path == "/" {
        let calls = ["fetch(", ".get(", ".post(", ".put(", "axios(", "url: "];
        return calls.iter().any(|call| {
            ["'/", "\"/", "`/"].iter().any(|open| text.contains(&format!("{call}{open}")))
        });
    }
    ["'", "\"", "`"].iter().any(|open| text.contains(&format!("{open}{path}")))
}

/// Settings of a web server in the repository.
fn served(app: &App) -> Result<Vec<Forwarded>> {
    let mut found = Vec::new();
    for path in app.dir.repo.files_under(&app.dir.path).take(MAX_FILES) {
        let name = path.file_name();
        let nginx = name.contains(".conf") || path.extension() == "nginx";
        if !(nginx || name == "Caddyfile") {
            continue;
        }
        let Some(text) = app.dir.repo.source_text(path)? else { continue };
        found.extend(if nginx { of_nginx(path, &text) } else { of_caddy(path, &text) });
    }
    Ok(found)
}

fn of_nginx(path: &RelPath, text: &str) -> Vec<Forwarded> {
    let mut found = Vec::new();
    let mut location = "/";
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.split('#').next().unwrap_or_default();
        if let Some((_, rest)) = line.split_once("location ") {
            let mut words = rest.split(|c: char| c.is_whitespace() || c == '{');
            location = words.find(|word| word.contains('/')).unwrap_or("/");
        }
        if let Some((_, rest)) = line.split_once("proxy_pass ") {
            let to = rest.split(';').next().unwrap_or_default().trim().to_owned();
            let evidence = Evidence::at(path, number, format!("`proxy_pass {to}`"));
            found.push(Forwarded {
                path: location.trim_start_matches('^').to_owned(),
                to,
                evidence,
            });
        }
    }
    found
}

fn of_caddy(path: &RelPath, text: &str) -> Vec<Forwarded> {
    let mut found = Vec::new();
    let mut handled = "/";
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split_whitespace();
        match words.next() {
            Some("handle" | "handle_path" | "route") => {
                handled = words.next().filter(|word| word.starts_with('/')).unwrap_or("/");
            }
            Some("reverse_proxy") => {
                let rest: Vec<&str> = words.filter(|word| *word != "{").collect();
                let own = rest.first().filter(|word| word.starts_with('/'));
                let to = rest.last().copied().unwrap_or_default().to_owned();
                let evidence = Evidence::at(path, number, "`reverse_proxy`");
                let path = own.copied().unwrap_or(handled).to_owned();
                found.push(Forwarded { path, to, evidence });
            }
            _ => {}
        }
    }
    found
}

/// Rules of hosting services that answer a path from another address.
fn hosted(app: &App) -> Result<Vec<Forwarded>> {
    let mut found = Vec::new();
    let far = |to: &str| to.starts_with("http://") || to.starts_with("https://");
    for name in REDIRECTS {
        let Some((path, text)) = app.dir.text(name)? else { continue };
        for (number, line) in (1..).zip(text.lines()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let [from, to, status, ..] = words.as_slice()
                && far(to)
                && status.starts_with("200")
            {
                let evidence = Evidence::at(&path, number, format!("`{}`", line.trim()));
                let (path, to) = ((*from).to_owned(), (*to).to_owned());
                found.push(Forwarded { path, to, evidence });
            }
        }
    }
    if let Some((path, text)) = app.dir.text("vercel.json")?
        && let Ok(json) = crate::repo::parse_json5::<Value>(&path, &text)
    {
        for (list, from, to) in [("rewrites", "source", "destination"), ("routes", "src", "dest")] {
            let rules = json.get(list).and_then(Value::as_array);
            for rule in rules.into_iter().flatten() {
                let word = |key: &str| rule.get(key).and_then(Value::as_str);
                let (Some(from), Some(to)) = (word(from), word(to)) else { continue };
                if far(to) {
                    let line = line_of(&text, to).unwrap_or(1);
                    let evidence = Evidence::at(&path, line, format!("{list}: {from}"));
                    found.push(Forwarded { path: from.to_owned(), to: to.to_owned(), evidence });
                }
            }
        }
    }
    if let Some((path, text)) = app.dir.text("netlify.toml")?
        && let Ok(table) = text.parse::<toml::Table>()
    {
        let rules = table.get("redirects").and_then(toml::Value::as_array);
        for rule in rules.into_iter().flatten() {
            let word = |key: &str| rule.get(key).and_then(toml::Value::as_str);
            let passes = rule.get("status").and_then(toml::Value::as_integer) == Some(200);
            if let (Some(from), Some(to), true) = (word("from"), word("to"), passes)
                && far(to)
            {
                let line = line_of(&text, to).unwrap_or(1);
                let evidence = Evidence::at(&path, line, format!("redirects {from}"));
                found.push(Forwarded { path: from.to_owned(), to: to.to_owned(), evidence });
            }
        }
    }
    Ok(found)
}

/// The proxy of the development server.
fn developed(app: &App) -> Result<Vec<Forwarded>> {
    let mut found = Vec::new();
    let mut all = configs(app)?;
    all.extend(config::read(&app.dir, "vue.config")?);
    all.extend(config::read(&app.dir, "rsbuild.config")?);
    for config in all {
        for value in Names::of(&config.tokens).properties("proxy") {
            let at = value.first().map_or(0, |token| token.at);
            for (path, to) in rules(value) {
                let evidence = config.at(at, format!("the proxy of {path}"));
                found.push(Forwarded { path, to, evidence });
            }
        }
    }
    for name in DEVELOPMENT {
        let Some((path, text)) = app.dir.text(name)? else { continue };
        let tokens = tokens(&text);
        let open = tokens.iter().position(|token| token.is('{')).unwrap_or(tokens.len());
        let mut pairs = rules(tokens.get(open..).unwrap_or_default());
        if name.contains("setupProxy") || pairs.is_empty() {
            let texts = || tokens.iter().filter_map(Token::text);
            let to = texts().find(|text| text.contains("://")).unwrap_or("another server");
            let own = texts().filter(|text| text.starts_with('/'));
            pairs = own.map(|path| (path.to_owned(), to.to_owned())).collect();
        }
        let evidence = Evidence::file(&path, "the proxy of the development server");
        found.extend(pairs.into_iter().map(|(path, to)| {
            let evidence = evidence.clone();
            Forwarded { path, to, evidence }
        }));
    }
    if let Some(to) = app.package.str(&["proxy"]) {
        let evidence = app.package.at(&["proxy"], format!("the proxy is {to}"));
        found.push(Forwarded { path: "/".to_owned(), to: to.to_owned(), evidence });
    }
    Ok(found)
}

/// The paths of an object of rules, each with its target: `{ "/api": { target: "http://x" } }`.
fn rules(value: &[Token]) -> Vec<(String, String)> {
    if !value.first().is_some_and(|first| first.is('{')) {
        return Vec::new();
    }
    let entries = split(value.get(1..value.len().saturating_sub(1)).unwrap_or_default());
    let pairs = entries.into_iter().filter_map(|entry| {
        let path = entry.first()?.text()?.trim_start_matches('^').trim_end_matches("/**");
        let rest = entry.get(2..)?;
        let target = property(rest, "target").unwrap_or(rest);
        let to = target.iter().find_map(Token::text).unwrap_or("another server");
        path.starts_with('/').then(|| (path.to_owned(), to.to_owned()))
    });
    pairs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn said(files: &[(&str, &str)]) -> String {
        let mut all = vec![
            (
                "package.json",
                r#"{"scripts": {"build": "vite build"}, "devDependencies": {"vite": "6"}}"#,
            ),
            ("src/main.js", "fetch('/api/items')"),
        ];
        all.retain(|(name, _)| files.iter().all(|(other, _)| other != name));
        all.extend(files);
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        finding(&app).unwrap().map_or(String::new(), |found| found.what)
    }

    #[test]
    fn what_another_server_answers_is_said() {
        for (name, text, expected) in [
            (
                "nginx.conf",
                "location /api/ {\n proxy_pass http://b:80/;\n}",
                "nginx.conf forwards /api/ to http://b:80/",
            ),
            (
                "docker/default.conf.template",
                "location /api {\n  proxy_pass ${API_URL};\n}",
                "/api to ${API_URL}",
            ),
            ("Caddyfile", ":80\nreverse_proxy /api/* backend:3000\n", "/api/* to backend:3000"),
            (
                "public/_redirects",
                "/api/* https://x.test/:splat 200",
                "/api/* to https://x.test/:splat",
            ),
            (
                "vercel.json",
                r#"{"rewrites": [{"source": "/api/(.*)", "destination": "https://x.test/$1"}]}"#,
                "/api/(.*) to https://x.test/$1",
            ),
            (
                "netlify.toml",
                "[[redirects]]\nfrom = \"/api/*\"\nto = \"https://x.test/:splat\"\nstatus = 200\n",
                "/api/* to https://x.test",
            ),
            (
                "vite.config.js",
                "export default { server: { proxy: { '/api': 'http://localhost:4000' } } }",
                "vite.config.js forwards /api to http://localhost:4000",
            ),
            (
                "vite.config.ts",
                "export default { server: { proxy: { '^/api': { target: 'http://l:4', changeOrigin: true } } } }",
                "/api to http://l:4",
            ),
            (
                "proxy.conf.json",
                r#"{"/api": {"target": "http://l:4", "secure": false}}"#,
                "/api to http://l:4",
            ),
            (
                "src/setupProxy.js",
                "module.exports = (app) => app.use('/api', createProxyMiddleware({ target: 'http://l:5' }))",
                "/api to http://l:5",
            ),
            (
                "package.json",
                r#"{"scripts": {"build": "react-scripts build"}, "proxy": "http://l:5"}"#,
                "/ to http://l:5",
            ),
        ] {
            let found = said(&[(name, text)]);
            assert!(found.contains(expected), "{name}: {found}");
        }
        let vite = "export default { server: { proxy: { '/api': 'http://localhost:4000' } } }";
        for files in [
            &[("vite.config.js", vite), ("src/main.js", "fetch(import.meta.env.VITE_API)")][..],
            &[("nginx.conf", "location / { try_files $uri /index.html; }")],
            &[("public/_redirects", "/* /index.html 200\n/old https://x.test 301")],
            &[("vercel.json", r#"{"rewrites": [{"source": "/(.*)", "destination": "/"}]}"#)],
        ] {
            assert_eq!(said(files), "", "{files:?}");
        }
    }
}

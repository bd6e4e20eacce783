//! Angular: what `ng build` writes according to angular.json, either a site or a server of the
//! project.

use anyhow::Result;
use serde_json::Value;

use super::App;
use super::launch::{Launch, Layout};
use super::static_site::{self, Site};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;
use crate::repo::{line_of, parse_json5};

/// A server that renders pages. The build bundles it with its dependencies.
pub(crate) struct Server {
    pub(crate) launch: Launch,
    pub(crate) evidence: Evidence,
    /// The finding about host names, if the server refuses them.
    pub(crate) finding: Option<Finding>,
}

/// The build of the application among the projects
/// (<https://angular.dev/reference/configs/workspace-config>).
struct Build {
    path: RelPath,
    text: std::rc::Rc<str>,
    name: String,
    target: Value,
}

impl Build {
    fn of(app: &App) -> Result<Option<Self>> {
        let Some((path, text)) = app.dir.text("angular.json")? else { return Ok(None) };
        let json: Value = parse_json5(&path, &text)?;
        let Some(projects) = json.get("projects").and_then(Value::as_object) else {
            return Ok(None);
        };
        let wanted = json.get("defaultProject").and_then(Value::as_str);
        let is_app = |p: &Value| p.get("projectType").and_then(Value::as_str) != Some("library");
        let project = projects
            .iter()
            .find(|(name, p)| wanted.map_or_else(|| is_app(p), |wanted| wanted == name.as_str()));
        let Some((name, project)) = project else { return Ok(None) };
        let targets = project.get("architect").or_else(|| project.get("targets"));
        let target = targets.and_then(|t| t.get("build")).cloned().unwrap_or_default();
        Ok(Some(Self { path, text, name: name.clone(), target }))
    }

    fn builder(&self) -> &str {
        self.target.get("builder").and_then(Value::as_str).unwrap_or_default()
    }

    /// An option of the build as `ng build` sees it: from the default configuration, or else from
    /// the target.
    fn option(&self, key: &str) -> Option<&Value> {
        let default = self.target.get("defaultConfiguration").and_then(Value::as_str);
        let configured =
            default.and_then(|name| self.target.get("configurations")?.get(name)?.get(key));
        configured.or_else(|| self.target.get("options")?.get(key))
    }

    /// The output folder, and the names of the browser's and the server's folders in it.
    fn output(&self) -> (String, String, String) {
        let (browser, server) = ("browser".to_owned(), "server".to_owned());
        match self.option("outputPath") {
            Some(Value::String(base)) => (base.clone(), browser, server),
            Some(Value::Object(parts)) => {
                let part = |key: &str| parts.get(key).and_then(Value::as_str).map(str::to_owned);
                (
                    part("base").unwrap_or_default(),
                    part("browser").unwrap_or(browser),
                    part("server").unwrap_or(server),
                )
            }
            _ => (format!("dist/{}", self.name), browser, server),
        }
    }

    fn at(&self, key: &str, note: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, line_of(&self.text, &format!("\"{key}\"")).unwrap_or(1), note)
    }
}

/// The site in `outputPath`. The application builder writes it into `browser/` there.
pub(crate) fn site(app: &App) -> Result<Option<Site>> {
    let Some(build) = Build::of(app)? else { return Ok(None) };
    let (base, browser, _) = build.output();
    let modern = build.builder().ends_with(":application");
    let folder = if browser.is_empty() || !modern { base } else { format!("{base}/{browser}") };
    let note = format!("the build of {} ({}) writes {folder}", build.name, build.builder());
    let mut site = static_site::site("angular", &folder, true, vec![build.at("outputPath", note)]);
    // <https://angular.dev/tools/cli/deployment#--base-href>
    let script = app.build_script().unwrap_or_default();
    let text = app.package.script(&script).unwrap_or_default();
    if let Some((base, at)) = static_site::base_flag(app, &script, text) {
        site.launch.prefix = static_site::below(&base);
        site.evidence.push(at);
        return Ok(Some(site));
    }
    let base = build.option("baseHref").and_then(Value::as_str);
    if let Some(prefix) = base.and_then(static_site::below) {
        site.evidence.push(build.at("baseHref", format!("served below /{prefix}")));
        site.launch.prefix = Some(prefix);
    }
    Ok(Some(site))
}

/// The server that the build writes for `ssr.entry`, if it writes one
/// (<https://angular.dev/guide/ssr>).
pub(crate) fn server(app: &App) -> Result<Option<Server>> {
    let Some(build) = Build::of(app)? else { return Ok(None) };
    let entry =
        build.option("ssr").and_then(|ssr| ssr.get("entry")?.as_str()).and_then(RelPath::new);
    let pages_alone = build.option("outputMode").and_then(Value::as_str) == Some("static");
    let Some(entry) = entry.filter(|_| !pages_alone && build.builder().ends_with(":application"))
    else {
        return Ok(None);
    };
    let (base, _, folder) = build.output();
    let base = RelPath::new(&base).map_or(base, |path| path.as_str().to_owned());
    let external = build
        .option("externalDependencies")
        .and_then(Value::as_array)
        .is_some_and(|list| !list.is_empty());
    let launch = Launch {
        file: format!("{base}/{folder}/server.mjs"),
        layout: Layout::Output,
        outputs: vec![base],
        bundled: !external,
        source: Some(entry.as_str().to_owned()),
        ..Launch::default()
    };
    let evidence =
        build.at("ssr", format!("the build of {} writes a server from {entry}", build.name));
    let listed =
        build.option("security").and_then(|security| security.get("allowedHosts")?.as_array());
    let finding = listed.is_none_or(Vec::is_empty).then(|| {
        Finding::new(
            codes::ALLOWED_HOSTS,
            "Angular's server answers requests for localhost only",
            [evidence.clone()],
        )
    });
    Ok(Some(Server { launch, evidence, finding }))
}

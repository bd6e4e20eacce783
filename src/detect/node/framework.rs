//! Frameworks that build a server: what their build writes, what starts it, how it listens and how
//! it stops.

use anyhow::Result;

use super::App;
use super::angular;
use super::config::{self, Config};
use super::entry;
use super::launch::{Launch, Layout};
use super::manifest::Kind;
use super::nest;
use super::static_site::{self, INDEX};
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::path::RelPath;

/// The program of a framework.
pub(crate) struct Framework {
    pub(crate) name: &'static str,
    pub(crate) launch: Launch,
    pub(crate) evidence: Vec<Evidence>,
    /// The default port.
    pub(crate) port: Option<u16>,
    /// Environment variables that make it listen on all interfaces.
    pub(crate) env: Vec<(&'static str, &'static str)>,
    /// How it handles SIGTERM, if it does.
    pub(crate) sigterm: Option<&'static str>,
    /// Folders into which it writes.
    pub(crate) writable: Vec<String>,
    pub(crate) findings: Vec<Finding>,
}

impl Framework {
    fn new(name: &'static str, launch: Launch, evidence: Evidence) -> Self {
        Self {
            name,
            launch,
            evidence: vec![evidence],
            port: None,
            env: Vec::new(),
            sigterm: None,
            writable: Vec::new(),
            findings: Vec::new(),
        }
    }
}

/// For each framework, the configuration and the key with the path below which it serves its
/// pages.
const PREFIXES: [(&str, &str, &str); 5] = [
    ("next", "next.config", "basePath"),
    ("nuxt", "nuxt.config", "baseURL"),
    ("svelte-kit", "svelte.config", "base"),
    ("astro", "astro.config", "base"),
    ("react-router", "react-router.config", "basename"),
];

/// The framework of the application; `None` if it uses none that builds a server.
pub(crate) fn detect(app: &App) -> Result<Option<Framework>> {
    let mut found = known(app)?;
    // A framework's server knows its own path, but the web server of a site does not.
    if let Some(framework) = found.as_mut().filter(|held| held.launch.layout == Layout::Site)
        && let Some((_, stem, key)) = PREFIXES.iter().find(|(name, _, _)| *name == framework.name)
        && let Some((text, at)) = config::read(&app.dir, stem)?.and_then(|held| held.literal(key))
        && let Some(prefix) = static_site::below(&text)
    {
        framework.launch.prefix = Some(prefix);
        framework.evidence.push(at);
    }
    Ok(found)
}

/// The framework of the application, if its build writes pages and no server.
pub(super) fn site(app: &App) -> Result<Option<Framework>> {
    let found = detect(app)?;
    Ok(found.filter(|held| held.launch.layout == Layout::Site && held.launch.site.is_some()))
}

fn known(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    if package.has("next") {
        return next(app);
    }
    if package.has("nuxt") && package.major("nuxt").is_none_or(|major| major >= 3)
        || package.has("nuxt3")
    {
        return nuxt(app);
    }
    if package.has("@sveltejs/kit") {
        return svelte_kit(app);
    }
    if package.has("astro") {
        return astro(app);
    }
    if package.has("@react-router/dev") || package.has("@remix-run/dev") {
        return remix(app);
    }
    if let Some(name) = ["@tanstack/react-start", "@tanstack/solid-start", "@solidjs/start"]
        .into_iter()
        .find(|name| package.has(name))
    {
        return nitro(app, name);
    }
    if let Some(name) = ["nitropack", "nitro"].into_iter().find(|name| package.has(name))
        && let Some(script) = app.build_script()
        && entry::commands(app, &script).iter().any(|command| {
            command.argv.first().is_some_and(|word| word == "nitro" || word == "nitropack")
        })
    {
        return nitro(app, name);
    }
    if package.has("@angular/core")
        && let Some(server) = angular::server(app)?
    {
        let mut framework = Framework::new("angular", server.launch, server.evidence);
        framework.port = Some(4000);
        framework.findings.extend(server.finding);
        return Ok(Some(framework));
    }
    if package.has("@nestjs/core") {
        return nest_server(app);
    }
    Ok(None)
}

fn bundle(file: &str, folder: &str) -> Launch {
    Launch {
        file: file.to_owned(),
        layout: Layout::Bundle,
        outputs: vec![folder.to_owned()],
        ..Launch::default()
    }
}

fn pages(folder: String, fallback: Option<String>) -> Launch {
    Launch { layout: Layout::Site, site: Some(folder), fallback, ..Launch::default() }
}

/// True if the start script runs a file of the repository, or one that is compiled from it, rather
/// than the framework's command or output; `built`: the file of the framework's own server.
fn own_server(app: &App, built: &str) -> Result<bool> {
    // `node build` starts build/index.js.
    let folder = built.rsplit_once('/').map_or("", |(folder, _)| folder);
    let is_built =
        |file: &str| !built.is_empty() && (file == built || file.trim_end_matches('/') == folder);
    for name in ["start:prod", "start:production", "start-prod", "serve:prod", "start"] {
        if app.package.script(name).is_none() {
            continue;
        }
        if let entry::Outcome::Start(entries) = entry::resolve(app, name)? {
            let own = |entry: &entry::Entry| {
                let file = entry.launch.file.as_str();
                !entry.development
                    && entry.command.is_none()
                    && !file.starts_with("node_modules/")
                    && !file.contains("standalone/")
                    && !is_built(file)
            };
            return Ok(entries.iter().any(own));
        }
    }
    Ok(false)
}

/// Next.js: <https://nextjs.org/docs/app/api-reference/config/next-config-js/output>.
fn next(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    // A server of the project's own needs the whole of Next.js, not the standalone output.
    if own_server(app, "")? {
        return Ok(None);
    }
    let evidence = package.at_dependency("next", "Next.js");
    let config = config::read(&app.dir, "next.config")?;
    let output = config.as_ref().and_then(|config| config.property("output"));
    let dist = config
        .as_ref()
        .and_then(|c| c.literal("distDir"))
        .map_or(".next".to_owned(), |(text, _)| text);
    let mode = output.as_ref().and_then(|(value, _)| value.text());
    let mode = mode.as_deref();
    // If distDir is another folder than .next, the build empties it, together with a cache mount
    // inside.
    let caches = if dist == ".next" { vec![".next/cache".to_owned()] } else { Vec::new() };
    if mode == Some("export") {
        let folder = if dist == ".next" { "out".to_owned() } else { dist };
        let mut launch = pages(folder, None);
        launch.build_caches = caches;
        launch.build_env.push(("NEXT_TELEMETRY_DISABLED".to_owned(), "1".to_owned()));
        let mut framework = Framework::new("next", launch, evidence);
        framework.evidence.extend(output.map(|(_, evidence)| evidence));
        return Ok(Some(framework));
    }
    let mut build_env = vec![("NEXT_TELEMETRY_DISABLED".to_owned(), "1".to_owned())];
    let certain = mode == Some("standalone")
        && output.as_ref().is_some_and(|(value, _)| value.variables().next().is_none());
    if !certain {
        build_env.push(("NEXT_PRIVATE_STANDALONE".to_owned(), "true".to_owned()));
    }
    let old = package.major("next").is_some_and(|major| major < 12);
    let cache = format!("{dist}/cache");
    let launch = if old {
        Launch {
            file: "node_modules/next/dist/bin/next".to_owned(),
            args: vec!["start".to_owned()],
            layout: Layout::Tree,
            outputs: vec![dist],
            build_caches: caches,
            ..Launch::default()
        }
    } else {
        Launch {
            file: "server.js".to_owned(),
            layout: Layout::Standalone,
            outputs: vec![dist],
            build_env,
            build_caches: caches,
            ..Launch::default()
        }
    };
    let mut framework = Framework::new("next", launch, evidence);
    framework.evidence.extend(output.map(|(_, evidence)| evidence));
    framework.port = Some(3000);
    framework.env = vec![("HOSTNAME", "0.0.0.0")];
    framework.sigterm = Some("Next.js's server ends on SIGTERM by itself");
    framework.writable = vec![cache];
    Ok(Some(framework))
}

/// Nuxt: <https://nuxt.com/docs/getting-started/deployment>.
fn nuxt(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let evidence =
        package.at_dependency(if package.has("nuxt") { "nuxt" } else { "nuxt3" }, "Nuxt");
    let script = app
        .build_script()
        .and_then(|name| package.script(&name).map(str::to_owned))
        .unwrap_or_default();
    if script.contains("generate") {
        return Ok(Some(Framework::new(
            "nuxt",
            pages(".output/public".to_owned(), None),
            evidence,
        )));
    }
    let built = ".output/server/index.mjs";
    // The handler of a server of the project's own.
    if own_server(app, built)? {
        return Ok(None);
    }
    let mut launch = bundle(built, ".output");
    launch.bundled = package.major("nuxt").is_some_and(|major| major >= 5);
    let preset = config::read(&app.dir, "nuxt.config")?.and_then(|config| config.literal("preset"));
    let mut framework = Framework::new("nuxt", launch, evidence);
    if let Some((preset, found)) = preset.filter(|(preset, _)| !preset.starts_with("node")) {
        framework.findings.push(Finding::new(
            codes::ADAPTER_MISSING,
            format!("Nuxt builds for {preset}, not for Node.js"),
            [found],
        )
        .with_fix(
            "remove the preset from nuxt.config, since node-server is the default, or set it with \
             NITRO_PRESET where it is needed",
        ));
    }
    framework.port = Some(3000);
    framework.env = vec![("HOST", "0.0.0.0")];
    framework.sigterm = Some(NITRO_STOPS);
    // Its server unpacks the contents into a database at the first query:
    // <https://content.nuxt.com/docs/advanced/database>.
    if package.major("@nuxt/content").is_some_and(|major| major >= 3) {
        framework.writable = vec![".data/content".to_owned()];
    }
    Ok(Some(framework))
}

/// Measured with Nitro 2 and 3 as process 1.
const NITRO_STOPS: &str = "Nitro's node-server ends on SIGTERM by itself";

/// Packages that add Nitro to a build by Vite or Vinxi.
const NITRO: [&str; 5] = [
    "nitro",
    "nitropack",
    "vinxi",
    "@tanstack/nitro-v2-vite-plugin",
    "@solidjs/vite-plugin-nitro-2",
];

/// Frameworks on Nitro: <https://tanstack.com/start/latest/docs/framework/react/guide/hosting>,
/// <https://docs.solidjs.com/solid-start>.
fn nitro(app: &App, name: &'static str) -> Result<Option<Framework>> {
    let package = &app.package;
    let evidence = package.at_dependency(name, "a framework whose server Nitro builds");
    let brings = NITRO.into_iter().find(|nitro| package.has(nitro));
    if brings.is_none() && entry::from_scripts(app)?.0.iter().any(|entry| !entry.development) {
        return Ok(None);
    }
    // Only Nitro 2 writes traced dependencies beside the server, and not for every application.
    let launch = Launch { bundled: true, ..bundle(".output/server/index.mjs", ".output") };
    let mut framework = Framework::new("nitro", launch, evidence.clone());
    framework.port = Some(3000);
    framework.env = vec![("HOST", "0.0.0.0")];
    framework.sigterm = Some(NITRO_STOPS);
    if brings.is_none() {
        framework.findings.push(
            Finding::new(
                codes::ADAPTER_MISSING,
                format!("{name} builds no server that listens: nitro is not a dependency"),
                [evidence],
            )
            .with_why(
                "without nitro the build writes a request handler, which a container cannot start",
            )
            .with_fix(
                "install nitro and name its plugin in vite.config.ts, or add a start script that \
             serves the handler",
            ),
        );
    }
    Ok(Some(framework))
}

/// SvelteKit: <https://svelte.dev/docs/kit/adapter-node>. From version 3 on it reads only
/// vite.config.
fn svelte_kit(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let configs =
        [config::read(&app.dir, "svelte.config")?, config::read(&app.dir, "vite.config")?];
    let literal = |name: &str| {
        configs.iter().flatten().find_map(|config| config.literal(name)).map(|(text, _)| text)
    };
    let evidence = package.at_dependency("@sveltejs/kit", "SvelteKit");
    // If there are several adapters, the configuration names one of them, sometimes by a
    // condition.
    let named = configs.iter().flatten().find_map(|config| config.module("adapter"));
    let (node, fixed) = ("@sveltejs/adapter-node", "@sveltejs/adapter-static");
    let both = package.has(node) && package.has(fixed);
    let static_alone = match &named {
        Some((module, _)) => module == fixed,
        None => package.has(fixed) && !both,
    };
    if static_alone {
        let folder = literal("pages").unwrap_or_else(|| "build".to_owned());
        return Ok(Some(Framework::new(
            "svelte-kit",
            pages(folder, literal("fallback")),
            evidence,
        )));
    }
    let out = literal("out").unwrap_or_else(|| "build".to_owned());
    let built = format!("{}/index.js", out.trim_start_matches("./").trim_end_matches('/'));
    // <https://svelte.dev/docs/kit/adapter-node#Custom-server>
    if own_server(app, &built)? {
        return Ok(None);
    }
    let launch = Launch {
        file: format!("{out}/index.js"),
        layout: Layout::Output,
        outputs: vec![out],
        ..Launch::default()
    };
    let mut framework = Framework::new("svelte-kit", launch, evidence.clone());
    framework.port = Some(3000);
    framework.evidence.extend(named.as_ref().map(|(_, found)| found.clone()));
    if both && named.is_none() {
        framework.findings.push(Finding::new(
            codes::ADAPTER_BY_CONDITION,
            "svelte.config names adapter-node and adapter-static, and dockgen did not find which \
             one the build uses",
            [evidence.clone()],
        ));
    }
    if package.has("@sveltejs/adapter-node") {
        if package.major("@sveltejs/adapter-node").is_none_or(|major| major >= 5) {
            framework.sigterm = Some("SvelteKit's adapter-node ends on SIGTERM by itself");
        }
    } else {
        framework.findings.push(Finding::new(
            codes::ADAPTER_MISSING,
            "SvelteKit builds no server for Node.js: @sveltejs/adapter-node is not a dependency",
            [evidence],
        )
        .with_why(
            "adapter-auto and the adapters of hosting services write nothing that a container can \
             start",
        )
        .with_fix(
            "install @sveltejs/adapter-node and name it in svelte.config.js (or adapter-static for \
             a site)",
        ));
    }
    Ok(Some(framework))
}

/// Astro: <https://docs.astro.build/en/guides/integrations-guide/node/>.
fn astro(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let config = config::read(&app.dir, "astro.config")?;
    let evidence = package.at_dependency("astro", "Astro");
    let out = config
        .as_ref()
        .and_then(|c| c.literal("outDir"))
        .map_or("dist".to_owned(), |(text, _)| text);
    let out = out.trim_start_matches("./").trim_end_matches('/').to_owned();
    let adapter =
        package.has("@astrojs/node") && config.as_ref().is_some_and(|c| c.names("adapter"));
    if !adapter {
        let mut framework = Framework::new("astro", pages(out, None), evidence);
        if let Some((_, found)) = config.as_ref().and_then(|c| c.literal("outDir")) {
            framework.evidence.push(found);
        }
        return Ok(Some(framework));
    }
    let launch = Launch {
        file: format!("{out}/server/entry.mjs"),
        layout: Layout::Output,
        outputs: vec![out],
        ..Launch::default()
    };
    let mut framework = Framework::new("astro", launch, evidence);
    let port = config.as_ref().and_then(|config| config.literal("port"));
    framework.port = port.as_ref().and_then(|(text, _)| text.parse().ok()).or(Some(4321));
    framework.evidence.extend(port.map(|(_, found)| found));
    framework.env = vec![("HOST", "0.0.0.0")];
    if config.as_ref().is_some_and(|c| c.says("middleware")) {
        // In middleware mode the project has a server of its own, which calls Astro's handler.
        return Ok(None);
    }
    Ok(Some(framework))
}

/// React Router and Remix: <https://reactrouter.com/start/framework/deploying>,
/// <https://remix.run/docs/en/main/other-api/serve>.
fn remix(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let router = package.has("@react-router/dev");
    let name = if router { "@react-router/dev" } else { "@remix-run/dev" };
    let evidence = package.at_dependency(name, "a React Router or Remix server");
    let vite = config::read(&app.dir, "vite.config")?;
    let classic = !router && vite.is_none();
    let config = config::read(&app.dir, "react-router.config")?.or(vite);
    let literal =
        |name: &str| config.as_ref().and_then(|config| config.literal(name)).map(|(text, _)| text);
    let folder = literal("buildDirectory").unwrap_or_else(|| "build".to_owned());
    let off = |config: &Config| {
        let names = super::expression::Names::of(&config.tokens);
        names.properties("ssr").any(|value| value.first().is_some_and(|t| t.is_word("false")))
    };
    let off = config.as_ref().is_some_and(off);
    // The build renders pages through its own server, which listens on `localhost` and is asked at
    // 127.0.0.1. In a build container the two names differ if `localhost` means the IPv6 loopback.
    let renders = router
        && (off || config.as_ref().is_some_and(|config| config.property("prerender").is_some()));
    let pair = ("NODE_OPTIONS".to_owned(), "--dns-result-order=ipv4first".to_owned());
    let build_env = if renders { vec![pair] } else { Vec::new() };
    if off {
        // If the build renders the first page itself, another page serves the paths that it did
        // not render.
        let first = |config: &Config| {
            let names = super::expression::Names::of(&config.tokens);
            names
                .properties("prerender")
                .flatten()
                .any(|t| t.text() == Some("/") || t.is_word("true"))
        };
        let page = if config.as_ref().is_some_and(first) { "__spa-fallback.html" } else { INDEX };
        let launch =
            Launch { build_env, ..pages(format!("{folder}/client"), Some(page.to_owned())) };
        return Ok(Some(Framework::new("react-router", launch, evidence)));
    }
    // A server of the project's own loads the output of the build.
    if own_server(app, "")? {
        return Ok(None);
    }
    let (serve, command) = if router {
        ("@react-router/serve", "react-router-serve")
    } else {
        ("@remix-run/serve", "remix-serve")
    };
    if !package.has(serve) {
        return Ok(None);
    }
    let file = match package.major(serve) {
        Some(major) if router && major >= 8 => "node_modules/@react-router/serve/bin.cjs",
        _ if router => "node_modules/@react-router/serve/bin.js",
        _ => "node_modules/@remix-run/serve/dist/cli.js",
    };
    // The start script names the file that the build writes; compilers before Vite wrote another
    // one than the default.
    let stated = ["start:prod", "start:production", "start"]
        .into_iter()
        .filter_map(|name| package.script(name))
        .find_map(|text| {
            let mut commands =
                super::script::parse(text).commands.into_iter().map(super::script::unwrap);
            let words =
                commands.rfind(|c| c.argv.first().is_some_and(|word| word == command))?.argv;
            words.into_iter().skip(1).find(|word| !word.starts_with('-'))
        });
    let stated = stated.and_then(|text| RelPath::new(&text)).map(|path| path.as_str().to_owned());
    let server = stated.unwrap_or_else(|| {
        if classic { "build/index.js".to_owned() } else { format!("{folder}/server/index.js") }
    });
    let mut outputs = vec![folder];
    if classic {
        // The bundles for browsers are in public/build.
        outputs.push("public".to_owned());
    }
    let dropped = package.dependency(serve) == Some(Kind::Development);
    let launch = Launch {
        file: file.to_owned(),
        args: vec![server],
        layout: Layout::Output,
        outputs,
        build_env,
        keep_development: dropped,
        ..Launch::default()
    };
    let mut framework = Framework::new("react-router", launch, evidence);
    framework.findings.extend(dropped.then(|| super::entry::kept(app, serve)));
    framework.port = Some(3000);
    framework.sigterm = Some(if router {
        "its server ends on SIGTERM by itself"
    } else {
        "its server ends on SIGTERM by itself, at most five seconds after the last page (the timer of entry.server)"
    });
    Ok(Some(framework))
}

/// NestJS: <https://docs.nestjs.com/cli/monorepo#cli-properties>.
fn nest_server(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let launch = nest::application(app)?;
    let mut framework =
        Framework::new("nest", launch, package.at_dependency("@nestjs/core", "NestJS"));
    framework.port = Some(3000);
    Ok(Some(framework))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    fn found(manifest: &str, files: &[(&str, &str)]) -> Framework {
        let mut all = vec![("package.json", manifest)];
        all.extend(files.iter().copied());
        let repo = Repo::from_files(all);
        detect(&App::read(&repo.root()).unwrap().unwrap()).unwrap().unwrap()
    }

    #[test]
    fn remix_is_served_from_what_its_compiler_writes() {
        let manifest = r#"{"scripts": {"build": "remix build", "start": "NODE_ENV=production remix-serve ./build/index.js"},
            "dependencies": {"@remix-run/serve": "1"}, "devDependencies": {"@remix-run/dev": "1"}}"#;
        let classic = found(manifest, &[]).launch;
        assert_eq!(
            (classic.args, classic.outputs),
            (vec!["build/index.js".to_owned()], vec!["build".to_owned(), "public".to_owned()])
        );
        let vite = found(
            &manifest.replace("./build/index.js", ""),
            &[("vite.config.ts", "export default {}")],
        )
        .launch;
        assert_eq!(
            (vite.args, vite.outputs),
            (vec!["build/server/index.js".to_owned()], vec!["build".to_owned()])
        );
    }

    #[test]
    fn react_routers_command_moved_with_version_8() {
        for (version, file) in [("^7.9.0", "bin.js"), ("8.4.0", "bin.cjs")] {
            let manifest = format!(
                r#"{{"dependencies": {{"@react-router/serve": "{version}"}}, "devDependencies": {{"@react-router/dev": "{version}"}}}}"#
            );
            assert_eq!(
                found(&manifest, &[]).launch.file,
                format!("node_modules/@react-router/serve/{file}")
            );
        }
    }

    #[test]
    fn react_router_has_a_page_for_paths_that_were_not_rendered() {
        let manifest = r#"{"devDependencies": {"@react-router/dev": "8.4.0"}}"#;
        let page =
            |config: &str| found(manifest, &[("react-router.config.ts", config)]).launch.fallback;
        assert_eq!(page("export default { ssr: false }").as_deref(), Some("index.html"));
        assert_eq!(
            page("export default { ssr: false, prerender: ['/about'] }").as_deref(),
            Some("index.html")
        );
        assert_eq!(
            page("export default { ssr: false, prerender: ['/', '/about'] }").as_deref(),
            Some("__spa-fallback.html")
        );
    }

    #[test]
    fn a_static_svelte_site_falls_back_to_the_page_that_the_adapter_writes() {
        let manifest =
            r#"{"devDependencies": {"@sveltejs/kit": "3", "@sveltejs/adapter-static": "4"}}"#;
        let config = (
            "vite.config.js",
            "export default { plugins: [sveltekit({ adapter: adapter({ fallback: '200.html' }) })] }",
        );
        assert_eq!(found(manifest, &[config]).launch.fallback.as_deref(), Some("200.html"));
        assert_eq!(found(manifest, &[]).launch.fallback, None);
    }

    #[test]
    fn of_two_adapters_the_configuration_names_one() {
        let manifest = r#"{"devDependencies": {"@sveltejs/kit": "2", "@sveltejs/adapter-static": "3", "@sveltejs/adapter-node": "5"}}"#;
        let imports =
            "import a from '@sveltejs/adapter-node'; import b from '@sveltejs/adapter-static';";
        let of = |rest: &str| {
            let config = format!("{imports} {rest}");
            let found = found(manifest, &[("svelte.config.js", config.as_str())]);
            (found.launch.layout == Layout::Site, found.findings.len())
        };
        assert_eq!(of("export default { kit: { adapter: a() } }"), (false, 0));
        assert_eq!(of("export default { kit: { adapter: b() } }"), (true, 0));
        let by = "export default { kit: { adapter: process.env.OUT === 'pages' ? b() : a({ out: 'x' }) } }";
        assert_eq!(of(by), (false, 0));
        assert_eq!(of("const adapter = b(); export default { kit: { adapter } }"), (true, 0));
        assert_eq!(of("export default { kit: { adapter: pick() ? b() : a() } }"), (false, 1));
    }

    #[test]
    fn a_server_of_the_projects_own_is_what_starts() {
        let own = |scripts: &str, files: &[(&str, &str)]| {
            let manifest =
                format!(r#"{{"scripts": {{{scripts}}}, "dependencies": {{"next": "15"}}}}"#);
            let mut all = vec![("package.json", manifest.as_str())];
            all.extend(files.iter().copied());
            let repo = Repo::from_files(all);
            detect(&App::read(&repo.root()).unwrap().unwrap()).unwrap().is_none()
        };
        assert!(own(r#""start": "node server.js""#, &[("server.js", "")]));
        assert!(own(r#""start": "node dist/index.js", "build": "next build && tsc""#, &[]));
        assert!(!own(r#""start": "next start", "build": "next build""#, &[]));
        assert!(!own(r#""start": "node .next/standalone/server.js", "build": "next build""#, &[]));
        assert!(!own(r#""build": "next build""#, &[("server.js", "")]));
        let kit = |start: &str, dependency: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"start": "{start}", "build": "vite build"}}, "dependencies": {{"{dependency}": "3", "@sveltejs/adapter-node": "5"}}}}"#
            );
            let repo = Repo::from_files([("package.json", manifest.as_str()), ("server.js", "")]);
            detect(&App::read(&repo.root()).unwrap().unwrap()).unwrap().is_none()
        };
        assert!(kit("node server.js", "@sveltejs/kit") && kit("node server.js", "nuxt"));
        for start in ["node build", "node build/index.js", "node ./build/", "vite preview"] {
            assert!(!kit(start, "@sveltejs/kit"), "{start}");
        }
        for start in ["node .output/server/index.mjs", "nuxt preview", "nuxt start"] {
            assert!(!kit(start, "nuxt"), "{start}");
        }
        let router = |start: &str| {
            let manifest = format!(
                r#"{{"scripts": {{"start": {start:?}, "env": "dotenv -e .env --", "build": "x"}},
                    "dependencies": {{"@react-router/dev": "7", "@react-router/serve": "7"}}}}"#
            );
            let repo = Repo::from_files([("package.json", manifest.as_str())]);
            detect(&App::read(&repo.root()).unwrap().unwrap()).unwrap().is_none()
        };
        assert!(router("npm run env -- cross-env NODE_ENV=production node build/server/main.js"));
        assert!(!router("react-router-serve ./build/server/index.js"));
    }

    #[test]
    fn what_nuxt_and_astro_configure_is_read() {
        let nuxt = |config: &str| {
            found(r#"{"dependencies": {"nuxt": "4"}}"#, &[("nuxt.config.ts", config)])
                .findings
                .len()
        };
        assert_eq!(nuxt("export default defineNuxtConfig({ nitro: { preset: 'vercel' } })"), 1);
        assert_eq!(
            nuxt("export default defineNuxtConfig({ nitro: { preset: 'node-server' } })"),
            0
        );
        let manifest = r#"{"dependencies": {"astro": "7", "@astrojs/node": "11"}}"#;
        let config = "export default defineConfig({ server: { port: 5000 }, adapter: node({ mode: 'standalone' }) })";
        assert_eq!(found(manifest, &[("astro.config.mjs", config)]).port, Some(5000));
        assert_eq!(
            found(manifest, &[("astro.config.mjs", "export default { adapter: node() }")]).port,
            Some(4321)
        );
    }

    #[test]
    fn without_nitro_nothing_listens() {
        let manifest = r#"{"scripts": {"build": "vite build"}, "dependencies": {"@tanstack/react-start": "1"}}"#;
        assert_eq!(found(manifest, &[]).findings[0].code.as_str(), "adapter-missing");
    }
}

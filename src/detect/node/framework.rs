//! Frameworks that build a server: what their build writes, what starts it, how it listens and stops.

use anyhow::Result;

use super::App;
use super::config;
use super::launch::{Launch, Layout};
use crate::facts::{Evidence, Finding, Severity};
use crate::repo::parse_json5;

/// A framework's program.
pub(crate) struct Framework {
    pub(crate) name: &'static str,
    pub(crate) launch: Launch,
    pub(crate) evidence: Vec<Evidence>,
    /// The port where nothing says another.
    pub(crate) port: Option<u16>,
    /// Environment that makes it listen outside.
    pub(crate) env: Vec<(&'static str, &'static str)>,
    /// How it handles SIGTERM, where it does.
    pub(crate) sigterm: Option<&'static str>,
    /// Folders that it writes.
    pub(crate) writable: Vec<&'static str>,
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

/// The framework of the application; `None` where it has none that builds its own server.
pub(crate) fn detect(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    if package.has("next") {
        return next(app);
    }
    if package.has("nuxt") && package.major("nuxt").is_none_or(|major| major >= 3) || package.has("nuxt3") {
        return Ok(Some(nuxt(app)));
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
    if package.has("@tanstack/react-start") || package.has("@tanstack/solid-start") || package.has("@solidjs/start") {
        let launch = bundle(".output/server/index.mjs", ".output");
        let mut framework = Framework::new("nitro", launch, package.at(&["dependencies"], "a framework that builds with Nitro"));
        framework.port = Some(3000);
        return Ok(Some(framework));
    }
    if package.has("@nestjs/core") {
        return nest(app);
    }
    Ok(None)
}

fn bundle(file: &str, folder: &str) -> Launch {
    Launch { file: file.to_owned(), layout: Layout::Bundle, outputs: vec![folder.to_owned()], ..Launch::default() }
}

fn site(folder: String, fallback: bool) -> Launch {
    Launch { layout: Layout::Site, site: Some(folder), fallback, ..Launch::default() }
}

/// <https://nextjs.org/docs/app/api-reference/config/next-config-js/output>
fn next(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    // A server of the project's own needs the whole of Next.js: not the standalone output.
    if app.custom_server() {
        return Ok(None);
    }
    let evidence = package.at_dependency("next", "Next.js");
    let config = config::read(&app.dir, "next.config")?;
    let output = config.as_ref().and_then(|config| config.property("output"));
    let dist = config.as_ref().and_then(|c| c.literal("distDir")).map_or(".next".to_owned(), |(text, _)| text);
    let mode = output.as_ref().and_then(|(value, _)| value.literal.as_deref());
    // Elsewhere than in .next, the build empties the folder that a cache mount would be in.
    let caches = if dist == ".next" { vec![".next/cache".to_owned()] } else { Vec::new() };
    if mode == Some("export") {
        let folder = if dist == ".next" { "out".to_owned() } else { dist };
        let mut launch = site(folder, false);
        launch.build_caches = caches;
        launch.build_env.push(("NEXT_TELEMETRY_DISABLED".to_owned(), "1".to_owned()));
        let mut framework = Framework::new("next", launch, evidence);
        framework.evidence.extend(output.map(|(_, evidence)| evidence));
        return Ok(Some(framework));
    }
    let mut build_env = vec![("NEXT_TELEMETRY_DISABLED".to_owned(), "1".to_owned())];
    let certain = mode == Some("standalone") && output.as_ref().is_some_and(|(value, _)| value.env.is_empty());
    if !certain {
        build_env.push(("NEXT_PRIVATE_STANDALONE".to_owned(), "true".to_owned()));
    }
    let old = package.major("next").is_some_and(|major| major < 12);
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
    framework.writable = vec![".next/cache"];
    Ok(Some(framework))
}

/// <https://nuxt.com/docs/getting-started/deployment>
fn nuxt(app: &App) -> Framework {
    let package = &app.package;
    let evidence = package.at_dependency(if package.has("nuxt") { "nuxt" } else { "nuxt3" }, "Nuxt");
    let script = app.build_script().and_then(|name| package.script(&name).map(str::to_owned)).unwrap_or_default();
    if script.contains("generate") {
        return Framework::new("nuxt", site(".output/public".to_owned(), false), evidence);
    }
    let mut framework = Framework::new("nuxt", bundle(".output/server/index.mjs", ".output"), evidence);
    framework.port = Some(3000);
    framework.env = vec![("HOST", "0.0.0.0")];
    framework.sigterm = Some("Nitro's node-server ends on SIGTERM by itself");
    framework
}

/// <https://svelte.dev/docs/kit/adapter-node>
fn svelte_kit(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let config = config::read(&app.dir, "svelte.config")?;
    let evidence = package.at_dependency("@sveltejs/kit", "SvelteKit");
    if package.has("@sveltejs/adapter-static") {
        let pages = config.as_ref().and_then(|c| c.literal("pages")).map_or("build".to_owned(), |(text, _)| text);
        let fallback = config.as_ref().is_some_and(|c| c.property("fallback").is_some());
        return Ok(Some(Framework::new("svelte-kit", site(pages, fallback), evidence)));
    }
    let out = config.as_ref().and_then(|c| c.literal("out")).map_or("build".to_owned(), |(text, _)| text);
    let launch = Launch {
        file: format!("{out}/index.js"),
        layout: Layout::Output,
        outputs: vec![out],
        ..Launch::default()
    };
    let mut framework = Framework::new("svelte-kit", launch, evidence.clone());
    framework.port = Some(3000);
    if package.has("@sveltejs/adapter-node") {
        if package.major("@sveltejs/adapter-node").is_none_or(|major| major >= 5) {
            framework.sigterm = Some("SvelteKit's adapter-node ends on SIGTERM by itself");
        }
    } else {
        framework.findings.push(Finding::new(
            "adapter-missing",
            Severity::Error,
            "SvelteKit builds no server for Node.js here: @sveltejs/adapter-node is not a dependency",
            [evidence],
            "adapter-auto and the adapters of hosting services write nothing that a container can start",
            "install @sveltejs/adapter-node and name it in svelte.config.js (or adapter-static for a site)",
        ));
    }
    Ok(Some(framework))
}

/// <https://docs.astro.build/en/guides/integrations-guide/node/>
fn astro(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let config = config::read(&app.dir, "astro.config")?;
    let evidence = package.at_dependency("astro", "Astro");
    let out = config.as_ref().and_then(|c| c.literal("outDir")).map_or("dist".to_owned(), |(text, _)| text);
    let out = out.trim_start_matches("./").trim_end_matches('/').to_owned();
    let adapter = package.has("@astrojs/node") && config.as_ref().is_some_and(|c| c.names("adapter"));
    if !adapter {
        let mut framework = Framework::new("astro", site(out, false), evidence);
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
    framework.port = Some(4321);
    framework.env = vec![("HOST", "0.0.0.0")];
    if config.as_ref().is_some_and(|c| c.says("middleware")) {
        // The project brings a server of its own that uses Astro's handler.
        return Ok(None);
    }
    Ok(Some(framework))
}

/// <https://reactrouter.com/start/framework/deploying>, <https://remix.run/docs/en/main/other-api/serve>
fn remix(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let router = package.has("@react-router/dev");
    let name = if router { "@react-router/dev" } else { "@remix-run/dev" };
    let evidence = package.at_dependency(name, "a React Router or Remix server");
    if let Some(config) = config::read(&app.dir, "react-router.config")?.or(config::read(&app.dir, "vite.config")?) {
        let names = super::expression::Names::of(&config.tokens);
        let off = names.properties("ssr").into_iter().any(|value| value.first().is_some_and(|t| t.is_word("false")));
        if off {
            return Ok(Some(Framework::new("react-router", site("build/client".to_owned(), true), evidence)));
        }
    }
    let (serve, file) = if router {
        ("@react-router/serve", "node_modules/@react-router/serve/bin.js")
    } else {
        ("@remix-run/serve", "node_modules/@remix-run/serve/dist/cli.js")
    };
    if !package.has(serve) {
        return Ok(None);
    }
    let launch = Launch {
        file: file.to_owned(),
        args: vec!["build/server/index.js".to_owned()],
        layout: Layout::Output,
        outputs: vec!["build".to_owned()],
        ..Launch::default()
    };
    let mut framework = Framework::new("react-router", launch, evidence);
    framework.port = Some(3000);
    framework.sigterm = Some("its server ends on SIGTERM by itself");
    Ok(Some(framework))
}

/// <https://docs.nestjs.com/cli/monorepo#cli-properties>
fn nest(app: &App) -> Result<Option<Framework>> {
    let package = &app.package;
    let mut entry = "main".to_owned();
    let mut source = "src".to_owned();
    let mut tsconfig = None;
    if let Some((path, text)) = app.dir.text("nest-cli.json")? {
        let json: serde_json::Value = parse_json5(&path, &text)?;
        let text = |key: &str| json.get(key).and_then(|v| v.as_str()).map(str::to_owned);
        entry = text("entryFile").unwrap_or(entry);
        source = text("sourceRoot").unwrap_or(source);
        tsconfig = json.get("compilerOptions").and_then(|o| o.get("tsConfigPath")?.as_str().map(str::to_owned));
    }
    let output = super::typescript::read(&app.dir, tsconfig.as_deref())?.unwrap_or_default();
    let compiled = output.compiled(&format!("{source}/{entry}.ts")).filter(|_| output.out_dir.is_some());
    let file = compiled.unwrap_or_else(|| format!("dist/{entry}.js"));
    let folder = file.split('/').next().unwrap_or("dist").to_owned();
    let launch = Launch {
        file,
        layout: Layout::Output,
        outputs: vec![folder],
        source: Some(format!("{source}/{entry}.ts")),
        ..Launch::default()
    };
    let mut framework = Framework::new("nest", launch, package.at_dependency("@nestjs/core", "NestJS"));
    framework.port = Some(3000);
    Ok(Some(framework))
}

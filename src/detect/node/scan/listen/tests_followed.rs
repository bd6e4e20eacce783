//! Ports that are followed through modules, parameters, classes and settings.

use crate::detect::node::scan::{Scan, tested};

fn scanned(entry: &str, files: &[(&str, &str)]) -> Scan {
    let manifest = r#"{"dependencies": {"express": "4"}}"#;
    let mut all = vec![("package.json", manifest), ("index.js", entry)];
    all.extend(files);
    tested::scanned(&all)
}

fn port(entry: &str, files: &[(&str, &str)]) -> Option<u16> {
    scanned(entry, files).port.map(|port| port.value)
}

#[test]
fn a_port_is_followed_through_modules_parameters_and_classes() {
    let file = |text: &'static str| [("config.js", text)];
    let common = "module.exports = { redis: { port: 6379 }, http: { port: 4000 } }";
    let named = "export const redis = { port: 6379 }; export const http = { port: 4000 };";
    let class = "export class Server {\n  constructor(routes, port) { this.port = port }\n  \
        listen() { app.listen(this.port) } }";
    let fixed = "export class Config { static readonly other: number = 6379; static readonly port: number = 4000 }";
    let object = "export const start = async ({ port = 4000 } = {}) => { app.listen(port) }";
    for (entry, config) in [
        ("const c = require('./config'); app.listen(c.http.port)", common),
        ("const { http } = require('./config'); app.listen(http.port)", common),
        ("import { http as h } from './config.js'; app.listen(h)", named),
        ("import * as c from './config.js'; app.listen(c.http.port, '0.0.0.0')", named),
        ("import { Server } from './config.js'; new Server([], 4000).listen()", class),
        ("import { Config } from './config.js'; app.listen(Config.port)", fixed),
        ("import { start } from './config.js'; start()", object),
        ("import { start } from './config.js'; start({ port: 4000 })", object),
        (
            "const make = require('./config'); if (x) process.env.PORT = y.port;\n\
             const PORT = o.port || process.env.PORT || 4000; new make([], PORT)",
            "class Server {\n constructor(routes, PORT) { this.port = PORT }\n \
             start() { this.server.listen(this.port, this.host) } }\nmodule.exports = Server",
        ),
        ("app.set('port', process.env.PORT || 4000); app.listen(app.get('port'))", ""),
        (
            "module.exports = (options = { log: 1 }) => {\n\
             const all = Object.assign({}, { port: options.port || process.env.PORT || 4000 }, options);\n\
             app.listen(all, () => log(all.port)) }",
            "",
        ),
        (
            "import minimist from 'minimist'\n\
             const argv = minimist(process.argv.slice(2), { default: { port: 4000 } })\n\
             app.listen(argv.port, host)",
            "",
        ),
        (
            "const mri = require('mri')\n\
             const argv = mri(process.argv.slice(2), {\n  default: {\n    port: 4000\n  }\n})\n\
             app.listen(argv.port)",
            "",
        ),
        (
            "const argv = require('yargs').options({ port: { default: 4000 } }).parse();\n\
             app.listen(argv.port)",
            "",
        ),
        (
            "const c = require('./config'); app.listen(c.http.port)",
            "module.exports = {\n  http: {\n    port: 4000\n  }\n}",
        ),
        (
            "const c = require('./config'); app.listen(c.port)",
            "const all = { production: { port: 4000 }, development: { port: 1 } };\n\
             module.exports = all[process.env.NODE_ENV || 'development']",
        ),
        (
            "const port = { production: 4000, development: 1 }[process.env.NODE_ENV || 'development'];\n\
             app.listen(port)",
            "",
        ),
    ] {
        assert_eq!(port(entry, &file(config)), Some(4000), "{entry}");
    }
}

#[test]
fn a_port_is_read_from_a_file_of_settings() {
    let settings = [("conf/it.json", r#"{"http": {"port": 4000}}"#)];
    for entry in [
        "const c = require('./conf/it'); app.listen(c.http.port)",
        "const { http } = require('./conf/it.json'); app.listen(http.port)",
        "import c from './conf/it.json' with { type: 'json' }; app.listen(c.http.port)",
        "const c = JSON.parse(fs.readFileSync('./conf/it.json', 'utf8')); app.listen(c.http.port)",
        "const { http } = JSON.parse(readFileSync(path.join(__dirname, 'conf', 'it.json')));\n\
         app.listen(http.port)",
        "const c = JSON.parse(await readFile(new URL('./conf/it.json', import.meta.url)));\n\
         app.listen(c.http.port)",
        "const c = fs.readJsonSync('conf/it.json'); app.listen(process.env.PORT || c.http.port)",
    ] {
        assert_eq!(port(entry, &settings), Some(4000), "{entry}");
    }
    let schema = "import fs from 'fs'; fs.readFileSync('x');\n\
        const env = z.object({ PORT: z.coerce.number().default(4000) }).parse(process.env);\n\
        app.listen(env.PORT)";
    assert_eq!(port(schema, &[]), Some(4000));
}

#[test]
fn a_variable_that_is_taken_out_of_the_environment_changes_the_port() {
    let file = [(
        "config.js",
        "export class Config { get http() { return { port: this.port } }\n\
        constructor(port) { this.port = port } }",
    )];
    for entry in [
        "const { PORT = 4000 } = process.env; app.listen(PORT)",
        "const env = process.env; const port = env?.PORT ?? 4000; app.listen(port)",
        "let port = process.env.PORT\nif (!port) port = 4000\napp.listen(port)",
        "let port = 4000; if (process.env.PORT) { port = +process.env.PORT }; app.listen(port)",
        "import { Config } from './config.js'; const c = new Config(process.env.PORT || 4000);\n\
         app.listen(c.http.port)",
    ] {
        let found = scanned(entry, &file);
        assert_eq!(found.port.map(|port| port.value), Some(4000), "{entry}");
        assert_eq!(found.port_variable.as_deref(), Some("PORT"), "{entry}");
    }
}

#[test]
fn settings_are_asked_by_their_key() {
    let convict = "const convict = require('convict'); const c = convict({ db: { port: { default: 5432 } }, \
        port: { default: 4000, env: 'PORT' } }); app.listen(c.get('port'))";
    let found = scanned(convict, &[]);
    assert_eq!(found.port.map(|port| port.value), Some(4000));
    assert_eq!(found.port_variable.as_deref(), Some("PORT"));
    let json = [("settings.json", r#"{"mysql": {"port": 3306}, "port": 4000}"#)];
    assert_eq!(port("const s = require('./settings.json'); app.listen(s.port)", &json), Some(4000));
    let files = [
        ("config/default.json", r#"{"server": {"port": 4001}}"#),
        ("config/production.yaml", "server:\n  port: 4000\n"),
    ];
    let entry = "const config = require('config'); app.listen(config.get('server.port'))";
    assert_eq!(port(entry, &files), Some(4000));
    let files = [("config/default.json", r#"{"host": "localhost", "port": 4000}"#)];
    let feathers = "import configuration from '@feathersjs/configuration';\n\
        const app = koa(feathers()); app.configure(configuration()); app.listen(app.get('port'))";
    assert_eq!(port(feathers, &files), Some(4000));
    let nest = [
        (
            "a.js",
            "import { registerAs } from '@nestjs/config'; export default registerAs('app', () => ({ port: Number(process.env.A_PORT) || 4000 }))",
        ),
        (
            "b.js",
            "import { registerAs } from '@nestjs/config'; export default registerAs('redis', () => ({ port: 6379 }))",
        ),
    ];
    let entry = "import a from './a.js'; import b from './b.js';\nconst c = app.get(ConfigService);\n\
        app.listen(c.get('app.port'))";
    assert_eq!(port(entry, &nest), Some(4000));
    for line in [
        "const { program } = require('commander'); program.option('-p, --port <n>', 'x', '4000'); \
         const o = program.opts(); app.listen(o.port)",
        "const argv = require('yargs').option('port', { default: 4000 }).argv; app.listen(argv.port)",
        "import { parseArgs } from 'node:util'; const { values } = parseArgs({ options: { port: { default: '4000' } } }); \
         app.listen(Number(values.port))",
    ] {
        assert_eq!(port(line, &[]), Some(4000), "{line}");
    }
}

#[test]
fn a_list_of_settings_is_asked_by_key() {
    let entry = "const Config = require('./config'); const config = new Config(process.env);\n\
        const port = parseInt(config.get('port'), 10);\n\
        function free(port) { if (socket) { return { fd: 3 } } return detectPort(port) }\n\
        async function start() { const it = await free(port); http.createServer(app).listen(it) }";
    let config = "module.exports = class { }; const all = [{ key: 'ip', default: 1 }, \
        { key: 'port', envVar: 'APP_PORT', default: 4000 }]";
    let driver = "connect({ port: options.port || 8123 })";
    let files = [("config.js", config), ("driver.js", driver)];
    let found = scanned(entry, &files);
    assert_eq!(found.port.map(|port| port.value), Some(4000));
    assert_eq!(found.port_variable.as_deref(), Some("APP_PORT"));
    // Two places state a port, so nothing is known.
    let twice = format!("{config}, [{{ key: 'port', default: 5000 }}]");
    assert_eq!(port(entry, &[("config.js", twice.as_str())]), None);
    // A number of that name elsewhere is not this server's port.
    let other = [("config.js", "export const s3 = { PORT: 9000 }; export const env = make()")];
    let unknown = "import { env } from './config.js'; app.listen(env.get('SERVER').PORT)";
    assert_eq!(port(unknown, &other), None);
    let unknown = "require('./driver'); http.createServer(app).listen(config.get('port'))";
    assert_eq!(port(unknown, &files), None);
}

#[test]
fn a_schema_of_the_environment_says_the_default() {
    let entry = "import { check } from './env.js'; import './health.server.js';\n\
        const start = (env) => { app.listen(env.PORT) }; start(check(logger))";
    for schema in [
        "z.object({ PORT: z.string().default('4000'), HEALTH_PORT: z.string().default('1') })\
         .safeParse(process.env)",
        "cleanEnv(process.env, { PORT: port({ default: 4000 }), DB_PORT: port({ default: 1 }) })",
    ] {
        let env = format!("export const check = (l) => {{ const r = {schema}; return r.data }}");
        let found = scanned(entry, &[("env.js", env.as_str())]);
        assert_eq!(found.port.map(|port| port.value), Some(4000), "{schema}");
        assert_eq!(found.port_variable.as_deref(), Some("PORT"), "{schema}");
    }
    // A monitoring port does not stand in for the server's port that was not found.
    let health = [("health.server.js", "http.createServer(f).listen(9000)")];
    let found = scanned(entry, &health);
    assert_eq!((found.port.map(|port| port.value), found.port_env), (None, vec!["PORT".into()]));
    assert_eq!(port("import './health.server.js'", &health), Some(9000));
}

#[test]
fn the_port_of_another_service_is_no_guess() {
    let config =
        [("config.js", "module.exports = { redis: { port: 6379 }, port: process.env.PORT }")];
    let found = scanned("const { port } = require('./config'); app.listen(port)", &config);
    assert_eq!((found.port.map(|port| port.value), found.port_env), (None, vec!["PORT".into()]));
    assert_eq!(port("app.listen(6379)", &[]), Some(6379));
    let unknown = scanned("app.listen(somewhere.else)", &[]);
    assert!(unknown.port.is_none() && unknown.unfollowed.is_some());
}

#[test]
fn microservices_listen_or_are_told_by_a_broker() {
    let of = |options: &str| {
        scanned(
            &format!(
                "const app = await NestFactory.createMicroservice(M, {options}); await app.listen()"
            ),
            &[],
        )
    };
    let own = of("{ transport: Transport.TCP, options: { port: 4000 } }");
    assert_eq!((own.port.map(|port| port.value), own.portless), (Some(4000), false));
    assert!(of("{ transport: Transport.REDIS, options: { port: 6379 } }").portless);
    let hono = "import { serve } from '@hono/node-server'; serve(app)";
    assert_eq!(port(hono, &[]), Some(3000));
}

#[test]
fn a_port_that_is_put_into_an_object_is_followed() {
    let class = "export default class Server { constructor(conf) { const server = \
        http.createServer(app); server.listen(conf.port, host) } }";
    let entry = |conf: &str| format!("import Server from './server.js'; {conf}; new Server(conf)");
    let of = |conf: &str| {
        let found = scanned(&entry(conf), &[("server.js", class)]);
        (found.port.map(|port| port.value), found.port_variable)
    };
    let variable = Some("PORT".to_owned());
    assert_eq!(of("let conf = {};\nconf.port = process.env.PORT || 3100"), (Some(3100), variable));
    assert_eq!(of("let conf = {}; if (x) { conf.port = 3100 }").0, None);
    assert_eq!(of("let conf = {}; conf.port = 3100; conf.port = 3200").0, None);
    assert_eq!(of("let conf = {}; other.port = 3100").0, None);
}

#[test]
fn a_loopback_arm_of_a_choice_is_reported_unless_the_other_arm_is_known() {
    let said = |host: &str| {
        let entry = format!("const c = require('./config'); {host} app.listen(4000, host)");
        let scan = scanned(&entry, &[("config.js", "module.exports = { title: 'Pad' }")]);
        scan.findings.iter().any(|finding| finding.code.as_str() == "localhost-only")
    };
    assert!(said("const host = typeof (c.host) === 'string' ? c.host : 'localhost';"));
    assert!(said("const host = load(c) ? '127.0.0.1' : c.host;"));
    assert!(!said("const host = load(c) ? '0.0.0.0' : 'localhost';"));
    assert!(!said("const host = load(c) ? 'localhost' : null;"));
    assert!(!said("const host = load(c) ? 'localhost' : undefined;"));
    assert!(!said("const host = load(c) ? process.env.HOST : 'localhost';"));
}

#[test]
fn a_spread_object_gives_its_keys() {
    for entry in [
        "const d = { port: 4000 }; const c = { mode: 'x', ...d }; app.listen(c.port)",
        "const d = { port: 4000 }; const c = { port: 1, ...d }; app.listen(c.port)",
        "const d = { port: 1 }; const c = { ...d, port: 4000 }; app.listen(c.port)",
        "const d = { port: 4000 }; const c = { ...d, ...other }; app.listen(c.port)",
        "const d = { port: 4000 };\n\
         function make(o = {}) { const c = { ...d, ...o }; app.listen(c.port) }\nmake()",
        "const d = { port: 4000 };\n\
         const c = { ...d, port: +process.env.A_PORT || +process.env.PORT || d.port };\n\
         app.listen(c.port)",
    ] {
        assert_eq!(port(entry, &[]), Some(4000), "{entry}");
    }
}

#[test]
fn settings_in_yaml_and_toml_are_read_as_objects() {
    let yaml = "# where\napi:\n  host: 127.0.0.1\n  port: 4000\n";
    let toml = "[api]\nhost = \"127.0.0.1\"\nport = 4_000\n";
    let listens = "app.listen(c.api.port, c.api.host)";
    for (reads, file, text) in [
        (
            "const yaml = require('js-yaml'); const c = yaml.load(fs.readFileSync('./c.yml', 'utf8'))",
            "c.yml",
            yaml,
        ),
        (
            "import { parse } from 'yaml'; const c = parse(fs.readFileSync('c.yaml', 'utf8'))",
            "c.yaml",
            yaml,
        ),
        (
            "import YAML from 'yaml'; const c = YAML.parse(fs.readFileSync(path.join(__dirname, 'c.yml'), 'utf8'))",
            "c.yml",
            yaml,
        ),
        ("const c = require('js-yaml').load(fs.readFileSync('c.yml'))", "c.yml", yaml),
        (
            "import toml from '@iarna/toml'; const c = toml.parse(fs.readFileSync('c.toml'))",
            "c.toml",
            toml,
        ),
    ] {
        let entry = format!("{reads}; {listens}");
        let scan = scanned(&entry, &[(file, text)]);
        assert_eq!(scan.port.map(|port| port.value), Some(4000), "{entry}");
        let local = scan.findings.iter().find(|finding| finding.code.as_str() == "localhost-only");
        let line = local.unwrap().evidence[0].line;
        assert_eq!(line, Some(if file == "c.toml" { 2 } else { 3 }), "{entry}");
    }
}

#[test]
fn settings_of_wild_config_are_options_of_the_command_line() {
    let entry =
        "const config = require('wild-config'); app.listen(config.api.port, config.api.host)";
    let own = "[api]\nport = 4000\nhost = \"127.0.0.1\"\n";
    let above = "[db]\nx = 1\n[api]\n# @include \"api.toml\"\n";
    let below = "port = 4000\nhost = \"127.0.0.1\"\n";
    for files in [
        &[("config/default.toml", own)][..],
        &[("config/default.toml", above), ("config/api.toml", below)],
    ] {
        let scan = scanned(entry, files);
        assert_eq!(scan.port.map(|port| port.value), Some(4000));
        let args: Vec<_> = scan.args.iter().map(|arg| arg.value.as_str()).collect();
        assert_eq!(args, ["--api.host=0.0.0.0"]);
        assert!(scan.findings.is_empty());
    }
}

#[test]
fn a_server_for_the_web_comes_before_others() {
    let entry = "require('./pop'); require('./api')";
    let pop = "const { createServer } = require('net'); createServer(f).listen(9995)";
    let api = "require('restify').createServer().listen(8080)";
    let scan = scanned(entry, &[("pop.js", pop), ("api.js", api)]);
    assert_eq!(scan.port.map(|port| port.value), Some(8080));
    assert_eq!(scan.more_ports.iter().map(|port| port.value.number).collect::<Vec<_>>(), [9995]);
}

#[test]
fn a_port_that_one_statement_puts_into_a_member_is_followed() {
    let class = |body: &str| {
        format!(
            "class S {{ constructor() {{ this.config = args; {body} }}\n \
             start() {{ app.listen(this.config.port) }} }}\nnew S().start()"
        )
    };
    let one = "this.config.port = args.port || Number(process.env.S_PORT) || 5001;";
    let scan = scanned(&class(one), &[]);
    assert_eq!(scan.port.map(|port| port.value), Some(5001));
    assert_eq!(scan.port_variable.as_deref(), Some("S_PORT"));
    assert_eq!(port(&class(&format!("{one} this.config.port = other;")), &[]), None);
    assert_eq!(port(&class("other.config.port = 5001;"), &[]), None);
}

#[test]
fn settings_that_the_function_of_a_module_fills_are_followed() {
    let entry = "const env = require('./env')(); app.listen(env.PORT)";
    let read = "const read = (name, other) => { const v = process.env[name]; return v || other };";
    let module = |body: &str| {
        let env = format!("const env = {{}};\nfunction fill() {{ {body} return env }}\n");
        let read = read.replace("read =", "readEnv =");
        format!("{env}{read}\nmodule.exports = fill;\n")
    };
    let of = |body: &str| port(entry, &[("env.js", &module(body))]);
    assert_eq!(of("env.PORT = readEnv('PORT', 1337);"), Some(1337));
    assert_eq!(of("env.PORT = 1337;"), Some(1337));
    assert_eq!(of("if (x) { env.PORT = 1337 }"), None);
    let other = "app.listen(require('./env').port)";
    assert_eq!(port(other, &[("env.js", "exports.port = 4000")]), Some(4000));
}

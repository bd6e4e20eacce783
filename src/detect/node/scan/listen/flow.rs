//! Where the number of a port comes from, followed exactly: through constants, imported modules,
//! parameters, fields of objects and classes, settings by key.
//!
//! No step rests on a likeness of names. What cannot be followed is left to the readers that weigh
//! signs.

use std::cell::Cell;

use super::super::super::App;
use super::super::super::expression::{Anchor, Names, Value, path};
use super::super::super::token::{Kind, Token, arguments, closing, property};
use super::super::{Source, sources};
use super::keys;
use super::shape::{
    Chain, alternatives, around, bindings, body, calls_of, chain, destructured, function_name,
    imported, member, named_export, parameter, plain, value_from, variable, whole_export,
};
use crate::facts::Evidence;
use crate::path::RelPath;

/// Expressions that one search looks at.
const MAX_LOOKS: u32 = 200;

/// Expressions that are looked at for all places of a program: each look may read every file.
const MAX_ALL: u32 = 2_000;

/// How often all files are read for the key of a setting.
const MAX_WHOLE: u32 = 24;

/// How many steps lie between a call and a number.
const MAX_STEPS: u8 = 12;

/// What an expression leads to.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// The number.
    pub(super) port: Option<u16>,
    /// Variables of the environment that replace it.
    pub(super) env: Vec<String>,
    /// Where the number stands.
    pub(super) evidence: Option<Evidence>,
    /// A part of it was not followed.
    pub(super) open: bool,
    /// The text, where one is asked for.
    pub(super) text: Option<String>,
    /// The option of the command line whose default it is.
    pub(super) flag: Option<String>,
}

impl Found {
    fn number(port: Option<u16>, evidence: Evidence) -> Option<Self> {
        let port = port.filter(|port| *port > 0)?;
        Some(Self { port: Some(port), evidence: Some(evidence), ..Self::default() })
    }

    pub(super) fn text(text: &str, evidence: Evidence) -> Option<Self> {
        Self::number(text.trim().parse().ok(), evidence)
    }

    fn is_known(&self) -> bool {
        self.port.is_some() || self.text.is_some()
    }

    /// As the readers of signs have it; `at`: the call.
    pub(super) fn into_value(self, at: usize) -> Value {
        Value { literal: self.port.map(|port| port.to_string()), env: self.env, at }
    }

    pub(super) fn with_env(mut self, name: Option<&str>) -> Self {
        self.env.extend(name.map(str::to_owned));
        self
    }
}

/// An expression, and the file that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Expression<'s> {
    pub(super) file: usize,
    pub(super) tokens: &'s [Token],
}

/// The files of a program, for one search.
pub(super) struct Flow<'s, 'r> {
    pub(super) app: &'s App<'r>,
    pub(super) sources: &'s [Source],
    pub(super) names: &'s [Names<'s>],
    looks: Cell<u32>,
    left: Cell<u32>,
    /// A text is asked for, not a number.
    texts: Cell<bool>,
    /// How often all files may still be read for a key.
    whole: Cell<u32>,
}

impl<'s, 'r> Flow<'s, 'r> {
    pub(super) fn new(app: &'s App<'r>, sources: &'s [Source], names: &'s [Names<'s>]) -> Self {
        Self {
            app,
            sources,
            names,
            looks: Cell::new(0),
            left: Cell::new(MAX_ALL),
            texts: Cell::new(false),
            whole: Cell::new(MAX_WHOLE),
        }
    }

    /// All files may be read once more.
    pub(super) fn may_read_all(&self) -> Option<()> {
        self.whole.set(self.whole.get().checked_sub(1)?);
        Some(())
    }

    /// The names of a file of the program.
    pub(super) fn names_of(&self, source: &Source) -> &'s Names<'s> {
        let at = self.sources.iter().position(|held| held.path == source.path);
        &self.names[at.unwrap_or_default()]
    }

    /// The port that an expression leads to.
    pub(super) fn port(&self, from: Expression<'s>) -> Option<Found> {
        self.looks.set(MAX_LOOKS);
        self.value(from, &[], MAX_STEPS)
    }

    /// The text that an expression leads to.
    pub(super) fn text(&self, from: Expression<'s>) -> Option<Found> {
        self.looks.set(MAX_LOOKS);
        self.texts.set(true);
        let found = self.value(from, &[], MAX_STEPS);
        self.texts.set(false);
        found
    }

    /// The port below `keys` of what a name means where it is used.
    pub(super) fn port_of(&self, from: Expression<'s>, keys: &[&str]) -> Option<Found> {
        self.looks.set(MAX_LOOKS);
        let keys: Vec<String> = keys.iter().map(ToString::to_string).collect();
        self.value(from, &keys, MAX_STEPS)
    }

    /// The value at `keys` of an expression.
    pub(super) fn value(&self, from: Expression<'s>, keys: &[String], steps: u8) -> Option<Found> {
        let steps = steps.checked_sub(1)?;
        self.looks.set(self.looks.get().checked_sub(1)?);
        self.left.set(self.left.get().checked_sub(1)?);
        let tokens = plain(from.tokens);
        let at = |tokens| Expression { tokens, ..from };
        let all = alternatives(tokens);
        if all.len() > 1 {
            // The first number counts, and every variable before it.
            let (mut env, mut open) = (Vec::new(), false);
            for one in all {
                if let Some(name) = variable(plain(one)) {
                    env.push(name.to_owned());
                } else if let Some(mut found) = self.value(at(one), keys, steps) {
                    found.env.splice(0..0, env.iter().cloned());
                    if found.is_known() {
                        return Some(found);
                    }
                    env = found.env;
                    open |= found.open;
                } else {
                    open = true;
                }
            }
            return (!env.is_empty()).then(|| Found { env, open, ..Found::default() });
        }
        let first = tokens.first()?;
        if let Some(name) = variable(tokens) {
            return Some(Found { env: vec![name.to_owned()], ..Found::default() });
        }
        if tokens.len() == 1 && keys.is_empty() {
            let evidence = || self.sources[from.file].at(first.at, "the number stands here");
            match &first.kind {
                Kind::Number(number) => {
                    let text = number.to_string();
                    return Found::text(&text, evidence());
                }
                Kind::Text(text) if self.texts.get() => {
                    let (evidence, text) = (Some(evidence()), Some(text.clone()));
                    return Some(Found { evidence, text, ..Found::default() });
                }
                Kind::Text(text) => return Found::text(text, evidence()),
                _ => {}
            }
        }
        if first.is('{') {
            let (key, rest) = keys.split_first()?;
            return self.value(at(property(tokens, key)?), rest, steps);
        }
        // `() => ({ ... })`, `async () => { return { ... } }`
        if let Some(body) = body(tokens) {
            return self.value(at(body), keys, steps);
        }
        let mut chain = chain(tokens)?;
        chain.keys.extend(keys.iter().cloned());
        let found = self.followed(from, &chain, steps);
        match (found, chain.default) {
            (Some(found), _) if found.is_known() => Some(found),
            (found, Some(default)) => {
                let env = found.map(|found| found.env).unwrap_or_default();
                let mut stated = self.value(at(default), &[], steps)?;
                stated.env.splice(0..0, env);
                Some(stated)
            }
            (found, None) => found,
        }
    }

    fn followed(&self, from: Expression<'s>, chain: &Chain<'s>, steps: u8) -> Option<Found> {
        if let Some(call) = chain.call {
            let call = Expression { tokens: call, ..from };
            return keys::of_call(self, call, &chain.keys, steps)
                .or_else(|| self.returned(call, &chain.keys, steps));
        }
        self.named(from, chain, steps)
            .or_else(|| keys::of_feathers(self, from.file, chain))
            .or_else(|| keys::of_list(self, from.file, chain))
            .or_else(|| keys::of_environment(self, chain))
    }

    /// What a function of the same file returns, the whole of whose call is `call`.
    fn returned(&self, call: Expression<'s>, keys: &[String], steps: u8) -> Option<Found> {
        let [name, open, ..] = call.tokens else { return None };
        let name = name.word().filter(|_| open.is('(') && closing(call.tokens, 1) > 1)?;
        let tokens = self.sources[call.file].tokens.as_slice();
        let declared = tokens
            .windows(3)
            .position(|w| w[0].is_word("function") && w[1].is_word(name) && w[2].is('('))?;
        let end = closing(tokens, declared + 2);
        let open = end + tokens.get(end..)?.iter().take(24).position(|token| token.is('{'))?;
        let inside = open..closing(tokens, open);
        let ends = inside.filter(|&at| tokens[at].is_word("return"));
        ends.take(8).find_map(|at| {
            let tokens = value_from(tokens, at + 1);
            self.value(Expression { tokens, ..call }, keys, steps)
        })
    }

    fn named(&self, from: Expression<'s>, chain: &Chain<'s>, steps: u8) -> Option<Found> {
        let source = &self.sources[from.file];
        let name = chain.root.word()?;
        if let ("process", [env, key]) = (name, chain.keys.as_slice())
            && env == "env"
        {
            return Some(Found { env: vec![key.clone()], ..Found::default() });
        }
        if name == "this" {
            return self.of_class(from.file, &chain.keys, steps);
        }
        if let Some(found) = self.of_parameter(from, chain.root, &chain.keys, steps) {
            return Some(found);
        }
        if let Some(found) = keys::by_set(self, from.file, name, &chain.keys, steps) {
            return Some(found);
        }
        if let Some(value) = self.names[from.file].value_of(name)
            && value.first().map(|t| t.at) != from.tokens.first().map(|t| t.at)
        {
            return self.value(Expression { tokens: value, ..from }, &chain.keys, steps);
        }
        if let Some(value) = destructured(&source.tokens, name) {
            let mut keys = vec![value.key];
            keys.extend(chain.keys.iter().cloned());
            let from = Expression { tokens: value.of, ..from };
            let found = self.value(from, &keys, steps);
            let default = value.default.filter(|_| found.as_ref().is_none_or(|f| !f.is_known()));
            return match default {
                Some(tokens) => {
                    let mut stated = self.value(Expression { tokens, ..from }, &[], steps)?;
                    stated.env.splice(0..0, found.map(|found| found.env).unwrap_or_default());
                    Some(stated)
                }
                None => found,
            };
        }
        let (module, export) = imported(&source.tokens, name)?;
        let mut keys: Vec<String> = export.into_iter().collect();
        keys.extend(chain.keys.iter().cloned());
        self.of_module(from.file, module, &keys, steps)
    }

    /// What a module exports at `keys`; the first of them is the name of the export.
    pub(super) fn of_module(
        &self,
        file: usize,
        module: &str,
        keys: &[String],
        steps: u8,
    ) -> Option<Found> {
        let source = &self.sources[file];
        if module == "config" {
            return keys::of_settings(self.app, keys);
        }
        if module.rsplit_once('.').is_some_and(|(_, ending)| ending == "json") {
            let path = source.path.parent().unwrap_or_default().join(module)?;
            return keys::of_json(self.app, &path, keys);
        }
        let path = sources::target(self.app, source, module)?;
        self.of_file(&path, keys, steps)
    }

    /// The same of a module that is named by a path: `require(path.join(__dirname, "x"))`.
    pub(super) fn of_path(
        &self,
        file: usize,
        named: &[Token],
        keys: &[String],
        steps: u8,
    ) -> Option<Found> {
        let found = path(named, &self.names[file])?;
        let folder = match found.from {
            Anchor::SourceFile => self.sources[file].path.parent().unwrap_or_default(),
            Anchor::WorkingDirectory => self.app.dir.path.clone(),
            Anchor::Home | Anchor::Root => return None,
        };
        let path = sources::resolve(self.app, &folder.join(&found.path)?)?;
        self.of_file(&path, keys, steps)
    }

    fn of_file(&self, path: &RelPath, keys: &[String], steps: u8) -> Option<Found> {
        let index = self.sources.iter().position(|source| source.path == *path)?;
        self.exported(index, keys, steps)
    }

    fn exported(&self, file: usize, keys: &[String], steps: u8) -> Option<Found> {
        let tokens = self.sources[file].tokens.as_slice();
        let at = |tokens| Expression { file, tokens };
        let whole = whole_export(tokens);
        if let Some((key, rest)) = keys.split_first() {
            // `export const port = 1`, `exports.port = 1`, `export class Config { static port }`
            if let Some(value) = named_export(tokens, key) {
                return self.value(at(value), rest, steps);
            }
            if let Some(found) = self.of_static(file, key, rest, steps) {
                return Some(found);
            }
            if key == "default" {
                return self.value(at(whole?), rest, steps);
            }
            // `export { port }`, `export * from "./x"`
            if let Some(value) = self.names[file].value_of(key).filter(|_| whole.is_none()) {
                return self.value(at(value), rest, steps);
            }
        }
        self.value(at(whole?), keys, steps)
    }

    /// `static port = 1` of an exported class.
    fn of_static(&self, file: usize, class: &str, keys: &[String], steps: u8) -> Option<Found> {
        let tokens = self.sources[file].tokens.as_slice();
        let (key, rest) = keys.split_first()?;
        let start = tokens.windows(2).position(|w| w[0].is_word("class") && w[1].is_word(class))?;
        let open = start + tokens[start..].iter().position(|token| token.is('{'))?;
        let inside = tokens.get(open + 1..closing(tokens, open))?;
        self.value(Expression { file, tokens: member(inside, key)? }, rest, steps)
    }

    /// `this.port`: a member with a value, what a method writes into it, a parameter of the
    /// constructor.
    fn of_class(&self, file: usize, keys: &[String], steps: u8) -> Option<Found> {
        let tokens = self.sources[file].tokens.as_slice();
        let (key, rest) = keys.split_first()?;
        let written = tokens.windows(4).position(|w| {
            w[0].is_word("this") && w[1].is('.') && w[2].is_word(key) && w[3].is('=')
        });
        if let Some(at) = written {
            let value = value_from(tokens, at + 4);
            return self.value(Expression { file, tokens: value }, rest, steps);
        }
        if let Some(value) = member(tokens, key) {
            return self.value(Expression { file, tokens: value }, rest, steps);
        }
        let open = tokens.windows(2).position(|w| w[0].is_word("constructor") && w[1].is('('))?;
        self.passed(file, open + 1, key, rest, steps)
    }

    /// A parameter of the function around an expression.
    fn of_parameter(
        &self,
        from: Expression<'s>,
        root: &Token,
        keys: &[String],
        steps: u8,
    ) -> Option<Found> {
        let tokens = self.sources[from.file].tokens.as_slice();
        let here = tokens.partition_point(|token| token.at < root.at);
        for open in around(tokens, here) {
            if let Some(found) = self.passed(from.file, open, root.word()?, keys, steps) {
                return Some(found);
            }
        }
        None
    }

    /// The names by which a file calls what another one exports as `name`, or as a whole:
    /// `const server = require("./Server")`.
    fn aliases(&self, file: usize, source: &'s Source, name: &'s str) -> Vec<&'s str> {
        let mut names = vec![name];
        let target = &self.sources[file].path;
        if source.path == *target {
            return names;
        }
        for (bound, module) in bindings(&source.tokens) {
            if bound != name && sources::target(self.app, source, module).as_ref() == Some(target) {
                names.push(bound);
            }
        }
        names
    }

    /// What callers give for a parameter of the list that is opened at `open`, else its default.
    fn passed(
        &self,
        file: usize,
        open: usize,
        name: &str,
        keys: &[String],
        steps: u8,
    ) -> Option<Found> {
        let tokens = self.sources[file].tokens.as_slice();
        let parameters = arguments(tokens, open);
        let (position, key, default) = parameters.iter().enumerate().find_map(|(at, one)| {
            let (key, default) = parameter(one, name)?;
            Some((at, key, default))
        })?;
        let mut path: Vec<String> = key.into_iter().collect();
        path.extend(keys.iter().cloned());
        let function = function_name(tokens, open)?;
        for (at, source) in self.sources.iter().enumerate() {
            let names = self.aliases(file, source, function);
            for index in names.iter().flat_map(|name| calls_of(&source.tokens, name)) {
                if at == file && index == open {
                    continue;
                }
                let given = arguments(&source.tokens, index);
                let Some(given) = given.get(position) else { continue };
                let given = Expression { file: at, tokens: given };
                if let Some(found) = self.value(given, &path, steps)
                    && found.is_known()
                {
                    return Some(found);
                }
            }
        }
        self.value(Expression { file, tokens: default? }, keys, steps)
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::node::App;
    use crate::detect::node::launch::Launch;
    use crate::detect::node::scan::{self, Scan};
    use crate::repo::Repo;

    fn scanned(entry: &str, files: &[(&str, &str)]) -> Scan {
        let manifest = r#"{"dependencies": {"express": "4"}}"#;
        let mut all = vec![("package.json", manifest), ("index.js", entry)];
        all.extend(files);
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let (file, source) = ("index.js".to_owned(), Some("index.js".to_owned()));
        scan::read(&app, &Launch { file, source, ..Launch::default() }).unwrap()
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
        ] {
            assert_eq!(port(entry, &file(config)), Some(4000), "{entry}");
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
        assert_eq!(
            port("const s = require('./settings.json'); app.listen(s.port)", &json),
            Some(4000)
        );
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
        // Two say it: nothing is known.
        let twice = format!("{config}, [{{ key: 'port', default: 5000 }}]");
        assert_eq!(port(entry, &[("config.js", twice.as_str())]), None);
        // A number that only has the name is no port of this server.
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
            let env =
                format!("export const check = (l) => {{ const r = {schema}; return r.data }}");
            let found = scanned(entry, &[("env.js", env.as_str())]);
            assert_eq!(found.port.map(|port| port.value), Some(4000), "{schema}");
            assert_eq!(found.port_variable.as_deref(), Some("PORT"), "{schema}");
        }
        // What watches the program is no answer for the server whose port was not found.
        let health = [("health.server.js", "http.createServer(f).listen(9000)")];
        let found = scanned(entry, &health);
        assert_eq!(
            (found.port.map(|port| port.value), found.port_env),
            (None, vec!["PORT".into()])
        );
        assert_eq!(port("import './health.server.js'", &health), Some(9000));
    }

    #[test]
    fn the_port_of_another_service_is_no_guess() {
        let config =
            [("config.js", "module.exports = { redis: { port: 6379 }, port: process.env.PORT }")];
        let found = scanned("const { port } = require('./config'); app.listen(port)", &config);
        assert_eq!(
            (found.port.map(|port| port.value), found.port_env),
            (None, vec!["PORT".into()])
        );
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
}

//! Variables without which the program stops as it starts. The code checks them by hand or with a
//! schema of the environment.

mod parsed;

use std::collections::BTreeMap;

use anyhow::Result;

use super::super::token::{Token, arguments, closing, split};
use super::{House, Scan, Source, framework_env, handed};
use crate::code::{File, Function, is_env_name};
use crate::detect::env_file::GIVEN;
use crate::facts::{Evidence, Finding, FindingCode, Sourced};

/// How many names a message lists.
const MAX_NAMES: usize = 12;

/// How many places are checked for whether they run at the start.
const MAX_PLACES: usize = 300;

/// How many maps of one file are read.
const MAX_MAPS: usize = 16;

/// How many calls of one function in a file are read.
const MAX_CALLS: usize = 8;

/// Reports the variables. Those that the image sets are left out.
pub(super) fn read(house: &House, sources: &[Source], scan: &mut Scan) -> Result<()> {
    let mut found: BTreeMap<String, Evidence> = BTreeMap::new();
    let mut parts: BTreeMap<String, Evidence> = BTreeMap::new();
    let mut started = Started::new(sources);
    let mut either: Vec<(Vec<String>, Evidence)> = Vec::new();
    if sources.iter().any(|source| !source.code.places("env").is_empty()) {
        for refusal in house.code()?.refusals() {
            let Some(source) = sources.iter().find(|one| one.path == refusal.file.path) else {
                continue;
            };
            let at_start = started.runs(&source.code, refusal.at);
            match refusal.names.as_slice() {
                [name] => {
                    let into = if at_start { &mut found } else { &mut parts };
                    let evidence = refusal.file.evidence(refusal.at, format!("needs {name}"));
                    into.entry(name.clone()).or_insert(evidence);
                }
                names if at_start => {
                    let note = "without any of them the program ends";
                    let evidence = refusal.file.evidence(refusal.at, note);
                    either.push((names.to_vec(), evidence));
                }
                _ => {}
            }
        }
    }
    for source in sources {
        let tokens = source.tokens.as_slice();
        let schema = is_schema(&source.code);
        let mut maps = MAX_MAPS;
        for (name, at) in parsed::variables(source) {
            let note = format!("needs {name}");
            let at_start = started.runs(&source.code, source.code.token_at(at));
            let into = if at_start { &mut found } else { &mut parts };
            into.entry(name.to_owned()).or_insert_with(|| source.at(at, note));
        }
        for (name, at) in checked_class(source) {
            let note = format!("needs {name}");
            found.entry(name.to_owned()).or_insert_with(|| source.at(at, note));
        }
        for (index, token) in tokens.iter().enumerate() {
            let map = token.is_word("entries") && index >= 2 && tokens[index - 2].is_word("Object");
            if map && maps > 0 {
                maps -= 1;
                let at = source.code.token_at(token.at);
                let wanted = checked_map(tokens, index);
                let at_start = !wanted.is_empty() && started.runs(&source.code, at);
                for (name, at) in wanted {
                    let into = if at_start { &mut found } else { &mut parts };
                    let note = format!("needs {name}");
                    into.entry(name.to_owned()).or_insert_with(|| source.at(at, note));
                }
            }
            let name = match token.word() {
                Some("login") if source.imports("discord.js") => given(tokens, index),
                Some(name) if schema && is_env_name(name) && stated(tokens, index) => Some(name),
                _ => continue,
            };
            if let Some(name) = name {
                let note = format!("needs {name}");
                found.entry(name.to_owned()).or_insert_with(|| source.at(token.at, note));
            }
        }
    }
    for source in sources {
        for one in handed::of(house, source)? {
            let at_start = one.stops && started.runs(&source.code, one.at);
            let into = if at_start { &mut found } else { &mut parts };
            into.entry(one.name).or_insert(one.evidence);
        }
    }
    for (name, evidence) in framework_env::demanded(house.app, sources)? {
        found.entry(name).or_insert(evidence);
    }
    let set = |name: &str| {
        GIVEN.contains(&name)
            || name == "NODE_ENV"
            || scan.env.iter().any(|held| held.value.key == name)
    };
    found.retain(|name, _| !set(name));
    parts.retain(|name, _| !set(name) && !found.contains_key(name));
    either.retain(|(names, _)| !names.iter().any(|name| set(name) || found.contains_key(name)));
    for (names, evidence) in either {
        scan.findings.push(Finding::one_variable_required(&names, evidence));
    }
    let all = [
        (found, "the program stops as it starts without"),
        (parts, "parts of the program fail without"),
    ];
    for (at, (names, what)) in all.into_iter().enumerate() {
        let Some(finding) = said(&names, what) else { continue };
        scan.findings.push(finding);
        if at == 0 {
            let all = names.into_iter().map(|(name, evidence)| Sourced::new(name, evidence));
            scan.required.extend(all);
        }
    }
    Ok(())
}

/// True if the file has a schema with which it checks the environment.
pub(super) fn is_schema(file: &File) -> bool {
    let parses = |at: &usize| {
        file.word(at + 1) == "(" && file.word(at + 2) == "process" && file.word(at + 3) == "."
    };
    let names = ["parse", "safeParse", "cleanEnv", "validate", "parseEnv"];
    names.iter().flat_map(|name| file.places(name)).any(parses)
        || file.imports_from("envsafe") && !file.places("envsafe").is_empty()
        || ["@t3-oss/env-core", "@t3-oss/env-nextjs"].iter().any(|name| file.imports_from(name))
}

fn said(found: &BTreeMap<String, Evidence>, what: &str) -> Option<Finding> {
    let names: Vec<&str> = found.keys().map(String::as_str).take(MAX_NAMES).collect();
    let first = names.first()?;
    let more = if found.len() > names.len() { " and others" } else { "" };
    Some(
        Finding::new(
            FindingCode::VariablesRequired,
            format!("{what} {}{more}", names.join(", ")),
            found.values().take(4).cloned(),
        )
        .with_fix(format!(
            "set them when the container starts: `docker run -e {first} ...` or --env-file"
        )),
    )
}

/// Members of a class with which the code checks the environment, unless something makes them
/// optional: `@IsNotEmpty() DATABASE_URL: string` beside `validateSync`
/// (<https://docs.nestjs.com/techniques/configuration#custom-validate-function>).
fn checked_class(source: &Source) -> Vec<(&str, usize)> {
    const OPEN: [&str; 3] = ["IsOptional", "ValidateIf", "Allow"];
    let tokens = source.tokens.as_slice();
    let checks = tokens.iter().any(|token| token.is_word("validateSync"));
    if !checks || !source.imports("class-validator") {
        return Vec::new();
    }
    let (mut found, mut decorators): (Vec<(&str, usize)>, Vec<&str>) = (Vec::new(), Vec::new());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1);
        if token.is('@') {
            decorators.extend(next.and_then(Token::word));
            let called = tokens.get(at + 2).is_some_and(|token| token.is('('));
            at = if called { closing(tokens, at + 2) + 1 } else { at + 2 };
            continue;
        }
        // A member such as `NAME: string;` or `NAME!: string`. A value makes it optional.
        let typed = next.is_some_and(|next| next.is(':') || next.is('!'));
        let Some(name) = token.word().filter(|name| typed && is_env_name(name)) else {
            if token.is(';') || token.is('{') || token.is('}') {
                decorators.clear();
            }
            at += 1;
            continue;
        };
        let mut rest = tokens[at..].iter().take(12).take_while(|t| !t.is(';') && !t.is('@'));
        let given = rest.any(|token| token.is('='));
        let open = decorators.iter().any(|decorator| OPEN.contains(decorator));
        if !decorators.is_empty() && !given && !open {
            found.push((name, token.at));
        }
        decorators.clear();
        at += 1;
    }
    found
}

/// Which functions run as the program starts: those that code outside functions calls, and those
/// that they call in turn.
pub(super) struct Started<'s> {
    sources: &'s [Source],
    /// The answers, by name of the function. While one is being decided, its calls of itself do
    /// not count.
    known: BTreeMap<&'s str, bool>,
    /// How many places may still be read; each costs a pass over its file.
    left: usize,
}

impl<'s> Started<'s> {
    pub(super) fn new(sources: &'s [Source]) -> Self {
        Self { sources, known: BTreeMap::new(), left: MAX_PLACES }
    }

    /// True if the code at `at` runs as the program starts.
    pub(super) fn runs(&mut self, file: &'s File, at: usize) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        let mut around = file.facts().functions_around(at);
        around.all(|function| {
            let name = file.word(function.name);
            called_at_once(file, function)
                || file.method_of_each(function).is_some()
                || is_handed(file, function)
                || match name {
                    "constructor" => self.makes(file, function),
                    _ => self.calls(name),
                }
        })
    }

    /// True if code that runs as the program starts makes an object of the class around its
    /// constructor.
    fn makes(&mut self, file: &'s File, constructor: &Function) -> bool {
        let name = file.name_of_class(&file.class_around(constructor.name));
        name.is_some_and(|at| self.calls(file.word(at)))
    }

    /// True if code that runs as the program starts calls the function.
    fn calls(&mut self, name: &'s str) -> bool {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        self.known.insert(name, false);
        let sources = self.sources;
        let found = sources.iter().any(|source| {
            let file: &File = &source.code;
            let functions = &file.facts().functions;
            // A declaration looks like a call: a name before a bracket.
            let declared = |open: usize| {
                functions.binary_search_by_key(&open, |function| function.parameters).is_ok()
            };
            let calls = file.places(name).iter().copied().filter(|&at| {
                let method = at > 0 && matches!(file.word(at - 1), "." | "?.");
                file.word(at + 1) == "(" && !method && !declared(at + 1)
            });
            calls.take(MAX_CALLS).any(|at| self.runs(file, at))
        });
        self.known.insert(name, found);
        found
    }
}

/// Functions that call what they are handed as the program starts:
/// <https://docs.nestjs.com/techniques/configuration#configuration-namespaces>.
const CALLERS: [&str; 1] = ["registerAs"];

/// True for `registerAs("database", () => { ... })`.
fn is_handed(file: &File, function: &Function) -> bool {
    let open = file.enclosing(function.range.start);
    let name = open.and_then(|open| open.checked_sub(1));
    name.is_some_and(|name| CALLERS.contains(&file.word(name)))
}

/// True for `(async () => { ... })()`.
fn called_at_once(file: &File, function: &Function) -> bool {
    let words = (0..function.parameters).rev().take(3);
    let before = words.take_while(|&at| file.is_word(at)).last().unwrap_or(function.parameters);
    let around = before.checked_sub(1).filter(|&at| file.word(at) == "(");
    around.is_some_and(|at| file.word(file.closing(at) + 1) == "(")
}

/// The variable in `process.env.NAME` at `at`.
fn variable(tokens: &[Token], at: usize) -> Option<(&str, usize)> {
    let part = tokens.get(at..at + 5)?;
    let env = part[0].is_word("process") && part[1].is('.') && part[2].is_word("env");
    (env && part[3].is('.')).then(|| Some((part[4].word()?, at + 5))).flatten()
}

/// The variables of a map whose members the code checks in a loop: `for (const [key, value] of
/// Object.entries({ NAME: process.env.NAME })) if (value === undefined) process.exit(1)`.
fn checked_map(tokens: &[Token], at: usize) -> Vec<(&str, usize)> {
    let open = at + 1;
    let args = arguments(tokens, open);
    let [map] = args.as_slice() else { return Vec::new() };
    let end = closing(tokens, open);
    // `Object.entries(..)` stands in the head of a loop, or has `.forEach(..)` behind it.
    let head = tokens.get(end + 1).is_some_and(|token| token.is(')'));
    let call = tokens.get(end + 2).is_some_and(|token| token.is_word("forEach"));
    let from = if head { end + 2 } else { end + 3 };
    let body = match tokens.get(from) {
        Some(token) if head && token.is('{') || call && token.is('(') => {
            tokens.get(from..closing(tokens, from)).unwrap_or_default()
        }
        _ => return Vec::new(),
    };
    let exits = |w: &[Token]| w[0].is_word("process") && w[2].is_word("exit");
    let ends = body.iter().any(|token| token.is_word("throw")) || body.windows(3).any(exits);
    let tests = body.iter().any(|t| {
        t.is('!') || t.is_word("undefined") || t.text() == Some("undefined") || t.is_word("null")
    });
    if !ends || !tests {
        return Vec::new();
    }
    // The map stands here, or in a constant of the file.
    let named = map.first().and_then(Token::word).filter(|_| map.len() == 1);
    let object = match named {
        Some(name) => {
            let mut all = tokens.windows(3).enumerate();
            let set = |w: &[Token]| w[0].is_word(name) && w[1].is('=') && w[2].is('{');
            let Some((at, _)) = all.find(|(_, window)| set(window)) else { return Vec::new() };
            &tokens[at + 2..closing(tokens, at + 2).min(tokens.len())]
        }
        None => *map,
    };
    let inner = object.get(1..).unwrap_or_default();
    let members = split(inner).into_iter();
    members
        .filter_map(|member| {
            member.get(1).filter(|token| token.is(':'))?;
            let rest = member.get(2..)?;
            let (name, end) = variable(rest, 0)?;
            let whole = rest.get(end..)?.iter().all(|token| token.is('}'));
            whole.then_some((name, rest.first()?.at))
        })
        .collect()
}

/// The variable in `client.login(process.env.NAME)`.
fn given(tokens: &[Token], at: usize) -> Option<&str> {
    let args = arguments(tokens, at + 1);
    let first = args.first()?;
    let (name, end) = variable(first, 0)?;
    (end == first.len()).then_some(name)
}

/// True for `NAME: z.string()`, `NAME: str()` or `NAME: Joi.string().required()` without a default
/// or `optional`.
fn stated(tokens: &[Token], at: usize) -> bool {
    const LIBRARIES: [&str; 15] = [
        "z",
        "zod",
        "str",
        "url",
        "email",
        "host",
        "num",
        "port",
        "bool",
        "json",
        "Joi",
        "joi",
        "yup",
        "v",
        "makeValidator",
    ];
    const OPEN: [&str; 8] =
        ["optional", "default", "nullish", "nullable", "catch", "devDefault", "allow", "when"];
    let before = at.checked_sub(1).map(|before| &tokens[before]);
    let key = before.is_some_and(|t| t.is('{') || t.is(','))
        && tokens.get(at + 1).is_some_and(|t| t.is(':'));
    let Some(rest) = tokens.get(at + 2..).filter(|_| key) else { return false };
    let mut end = 0;
    while let Some(token) = rest.get(end) {
        if token.is(',') || token.is('}') || end > 400 {
            break;
        }
        let bracket = token.is('(') || token.is('[') || token.is('{');
        end = if bracket { closing(rest, end) } else { end } + 1;
    }
    let value = rest.get(..end.min(rest.len())).unwrap_or_default();
    // `envalid.str()` is the same as `str()`.
    let value = match value {
        [of, dot, rest @ ..] if of.is_word("envalid") && dot.is('.') => rest,
        all => all,
    };
    let Some(first) = value.first().and_then(Token::word) else { return false };
    let open = value.iter().any(|t| t.word().is_some_and(|word| OPEN.contains(&word)));
    // In these libraries a key is optional unless `required()` says otherwise.
    let joi = matches!(first, "Joi" | "joi" | "yup");
    let required = !joi || value.iter().any(|t| t.is_word("required"));
    LIBRARIES.contains(&first) && !open && required && split(value).len() == 1
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    pub(super) fn said(source: &str) -> String {
        let scan = scanned(&[("package.json", "{}"), ("index.js", source)]);
        let found = scan.findings.iter().find(|found| found.code.as_str() == "variables-required");
        found.map_or(String::new(), |found| found.what.clone())
    }

    #[test]
    fn what_the_start_cannot_do_without_is_named() {
        for source in [
            "if (!process.env.A_KEY) { throw new Error('x') }",
            "if (!process.env.A_KEY) { console.error('x'); process.exit(1) }",
            "const { Client } = require('discord.js'); client.login(process.env.A_KEY)",
            "const e = cleanEnv(process.env, { A_KEY: str(), B: str({ default: 'x' }) })",
            "const e = z.object({ A_KEY: z.string().min(1), B: z.string().optional() }).parse(process.env)",
            "const m = { A_KEY: process.env.A_KEY, B: process.env.B ?? 'x' }\nfor (const [k, v] of Object.entries(m)) { if (typeof v === 'undefined') { process.exit(1) } }",
            "Object.entries({ A_KEY: process.env.A_KEY }).forEach(([k, v]) => { if (!v) throw new Error(k) })",
            "const s = z.object({ key: z.string(), b: z.string().optional(), c: z.number().default(1) });\nconst e = s.parse({ key: process.env.A_KEY, b: process.env.B, c: process.env.C })",
            "const e = z.object({ key: z.coerce.number() }).safeParse({ key: Number(process.env.A_KEY) })",
            "import * as envalid from 'envalid'; const e = envalid.cleanEnv(process.env, { A_KEY: envalid.str({ desc: 'x' }), B: envalid.num({ default: 1 }) })",
            "const { value } = Joi.object({ A_KEY: Joi.string().required(), B: Joi.string() }).validate(process.env)",
            "import { envsafe, str } from 'envsafe'; const e = envsafe({ A_KEY: str(), B: str({ default: 'x' }) })",
            "import zod from 'zod'; const s = zod.object({ A_KEY: zod.string() }); const e = s.safeParse(process.env); if (!e.success) { process.exit(1) }",
            "const a = process.env.A_KEY; if ([a].includes(undefined)) { console.log('x'); return; }",
            "const a = process.env.A_KEY, b = process.env.B || 'x'; function go() { if ([a, b].some(v => !v)) { throw new Error('x') } } go()",
            "if (![process.env.A_KEY].every(Boolean)) { process.exit(1) }",
            "const all = [process.env.A_KEY]; if (all.some((one) => one === undefined)) throw new Error('x')",
            "if (Object.values({ a: process.env.A_KEY }).some((one) => typeof one === 'undefined')) throw new Error('x')",
        ] {
            assert_eq!(said(source), "the program stops as it starts without A_KEY", "{source}");
        }
        for source in [
            "if (!process.env.A_KEY) { console.warn('x') }",
            "if (!process.env.A_KEY && y) { throw x }",
            "const k = process.env.A_KEY || 'x'; if (!k) throw x",
            "if (!process.env.A_KEY) { app.get('/', () => { throw x }) }",
            "const e = z.object({ A_KEY: z.string() }).parse(body)",
            "if (process.env.A_KEY) { throw x }",
            "if ([process.env.A_KEY].every(Boolean)) { throw x }",
            "if ([process.env.A_KEY].includes('x')) { throw x }",
            "function mail() { if ([process.env.A_KEY].includes(undefined)) { return; } send() } mail()",
            "const { success } = z.object({ A_KEY: z.string().catch('x') }).safeParse(process.env)",
        ] {
            assert_eq!(said(source), "", "{source}");
        }
    }

    #[test]
    fn a_refusal_is_known_in_any_form() {
        let refused = [
            "const url = process.env.A_KEY; if (!url) { console.error('x'); process.exit(1) }",
            "const { A_KEY } = process.env; if (!A_KEY) throw new Error('x')",
            "if (process.env.A_KEY === undefined) { throw new Error('x') }",
            "if (null == process.env.A_KEY) { throw new Error('x') }",
            "if (typeof process.env.A_KEY === 'undefined') { throw new Error('x') }",
            "if (!process.env['A_KEY']) { throw new Error('x') }",
            "for (const n of ['A_KEY']) { if (!process.env[n]) { throw new Error(n) } }",
            "const all = ['A_KEY']; all.forEach((n) => { if (!process.env[n]) { throw n } })",
            "const no = ['A_KEY'].filter((n) => !process.env[n]);\nif (no.length > 0) { process.exit(1) }",
            "function must(n) { const v = process.env[n]; if (!v) throw new Error(n); return v }\nconst u = must('A_KEY'), v = must('B', 'x')",
            "const must = (n, or) => { const v = process.env[n] ?? or; if (v === undefined) throw new Error(n); return v }\nmust('A_KEY'); must('B', 'x')",
            "const assert = require('assert'); assert(process.env.A_KEY, 'x')",
            "class C { constructor() { this.url = process.env.A_KEY; if (!this.url) throw new Error('x') } }\nnew C()",
            "if (!process.env.A_KEY || !y) { process.exit(1) }",
            "try { if (!process.env.A_KEY) throw new Error('x') } catch (e) { process.exit(1) }",
            "const u = process.env.A_KEY ?? fail('A_KEY'), w = process.env.B ?? other()\nfunction fail(n) { throw new Error(n) }",
            "const u = process.env.A_KEY || process.exit(1)",
            "const s = process.env.A_KEY || 'changeme'; if (s === 'changeme') { process.exit(1) }",
            "const c = { get url() { return process.env.A_KEY } }; if (!c.url) { process.exit(1) }",
            "const s = process.env.A_KEY || ''; if (!s) throw new Error('x')",
            "const s = process.env.A_KEY ?? ''; if (s === '') { process.exit(1) }",
            "if (process.env.NODE_ENV === 'production' && !process.env.A_KEY) throw new Error('x')",
            "const prod = process.env.NODE_ENV === 'production'; if (prod && !process.env.A_KEY) { process.exit(1) }",
            "const s = process.env.A_KEY || 'dev'; if (process.env.NODE_ENV === 'production' && s === 'dev') { process.exit(1) }",
        ];
        for source in refused {
            assert_eq!(said(source), "the program stops as it starts without A_KEY", "{source}");
        }
        for source in [
            "if (process.env.NODE_ENV === 'test' && !process.env.A_KEY) throw new Error('x')",
            "if (other() && !process.env.A_KEY) throw new Error('x')",
        ] {
            assert_eq!(said(source), "", "{source}");
        }
        let main = "const config = require('./config');\nif (!config.url) { process.exit(1) }";
        let config = "module.exports = { url: process.env.A_KEY || process.env.B_KEY };";
        let files = [("package.json", "{}"), ("index.js", main), ("config.js", config)];
        let scan = scanned(&files);
        let either =
            scan.findings.iter().any(|f| f.what.contains("A_KEY") && f.what.contains("B_KEY"));
        assert!(either, "{:?}", scan.findings);
    }

    #[test]
    fn members_of_a_checked_class_are_needed() {
        let class = "import { validateSync } from 'class-validator';\nexport class Env {\n\
            @IsNotEmpty() @IsUrl({ x: [1] }, { message: 'y' }) A_KEY: string;\n\
            @IsOptional() @IsIn(['a']) B_KEY: string;\n @IsInt() C_KEY: number = 1;\n D_KEY?: string;\n\
            @ValidateIf((o) => o.B_KEY === 'a') @IsNotEmpty() E_KEY: string;\n}\n\
            export const check = (c) => validateSync(plainToInstance(Env, c));";
        assert_eq!(said(class), "the program stops as it starts without A_KEY");
        assert_eq!(said(&class.replace("validateSync", "other")), "");
    }

    #[test]
    fn what_only_a_part_needs_does_not_end_the_start() {
        let check = "if (!process.env.A_KEY) { throw new Error('x') }";
        for source in [
            format!("function env() {{ {check} }}\nenv()"),
            format!(
                "const env = () => {{ {check} }};\nconst main = async () => {{ env() }}\nmain()"
            ),
            format!("(async () => {{ {check} }})()"),
        ] {
            assert_eq!(said(&source), "the program stops as it starts without A_KEY", "{source}");
        }
        for source in [
            format!("function token() {{ {check} }}\napp.post('/x', (q, r) => token())"),
            format!("app.get('/', (q, r) => {{ {check} }})"),
            format!("export const f = async (a) => {{ {check} }}"),
        ] {
            assert_eq!(said(&source), "parts of the program fail without A_KEY", "{source}");
        }
    }
}

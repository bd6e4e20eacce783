//! Variables that the build reads outside of what a bundler compiles: in a program that a build
//! script starts and that writes sources (`node set-env.js && ng build`), and in the configuration
//! of a generator of pages.

use anyhow::Result;

use super::super::expression::Names;
use super::super::token::{Token, tokens};
use super::super::{App, entry};
use super::skipped;
use super::uses::{PROCESS, Use, uses};
use crate::facts::Evidence;
use crate::path::RelPath;

/// Programs that run a file of JavaScript or TypeScript.
const RUNNERS: [&str; 5] = ["node", "tsx", "ts-node", "esno", "jiti"];

/// Stems of the configurations of generators of pages, and the keys of Nuxt's public settings.
const GENERATORS: [&str; 4] =
    ["docusaurus.config.", "gatsby-config.", "eleventy.config.", ".eleventy."];
const NUXT: &str = "nuxt.config.";

/// Beginnings of names that machines and platforms set.
const OTHERS: [&str; 14] = [
    "NODE_", "CI", "npm_", "VERCEL", "NETLIFY", "GITHUB_", "CF_", "PORT", "HOST", "DEBUG",
    "ANALYZE", "HOME", "PATH", "INIT_CWD",
];

/// How many scripts of a build are read.
const MAX_SCRIPTS: usize = 8;

/// The variables, each with its place. `site`: the image serves pages and nothing else.
pub(super) fn named(app: &App, site: bool) -> Result<Vec<(Use, Evidence)>> {
    let mut files: Vec<(RelPath, bool)> = Vec::new();
    let build = app.build_script().map(|name| entry::commands(app, &name)).unwrap_or_default();
    for command in build.iter().filter(|command| command.dir.is_empty()) {
        let Some((first, rest)) = command.argv.split_first() else { continue };
        let file = rest.iter().find(|word| !word.starts_with('-'));
        let file = file.filter(|_| RUNNERS.contains(&first.as_str()));
        let path = file.and_then(|file| app.dir.join(&app.finds(file)?));
        files.extend(path.map(|path| (path, true)));
    }
    if site {
        let beside = app.dir.repo.children(&app.dir.path).map(|(path, _)| path);
        let configures = |path: &&RelPath| {
            let name = path.file_name();
            name.starts_with(NUXT) || GENERATORS.iter().any(|stem| name.starts_with(stem))
        };
        files.extend(beside.filter(configures).map(|path| (path.clone(), false)));
    }
    let mut found = Vec::new();
    for (path, script) in files.into_iter().take(MAX_SCRIPTS) {
        let Some(text) = app.dir.repo.source_text(&path)? else { continue };
        // Another program of the build may only ask how to build.
        let writes = text.contains("writeFile") || text.contains("outputFile");
        let demands = script && !writes && (text.contains("exit(") || text.contains("throw "));
        let skips = demands && !skipped::names(&text).is_empty();
        if script && !writes && !demands || skips {
            continue;
        }
        let at = |at: usize, note: String| match crate::repo::line_at(&text, at) {
            Some(line) => Evidence::at(&path, line, note),
            None => Evidence::file(&path, note),
        };
        for one in uses(&text, &[(PROCESS, "")], &[]) {
            if !is_of_others(&one.name) {
                let note = format!("the build reads {}", one.name);
                // `if (!process.env.NAME) process.exit(1)`
                let denied = demands && text[..one.at].trim_end().ends_with('!');
                let one = Use { fallback: one.fallback && !denied, ..one };
                found.push((one.clone(), at(one.at, note)));
            }
        }
        if demands {
            for (name, place) in listed(&text) {
                let note = format!("the build stops without {name}");
                let one = Use { name, at: place, required: false, fallback: false };
                found.push((one, at(place, note)));
            }
        }
        if path.file_name().starts_with(NUXT) {
            for (key, place) in public(&text) {
                let name = format!("NUXT_PUBLIC_{}", snake(&key));
                let note = format!("`nuxt generate` writes {name} into the pages");
                let one = Use { name, at: place, required: false, fallback: false };
                found.push((one, at(place, note)));
            }
        }
    }
    Ok(found)
}

/// The names in a list of which the script looks up each: `process.env[name]`.
fn listed(text: &str) -> Vec<(String, usize)> {
    let tokens = tokens(text);
    let looks_up = tokens.windows(5).any(|w| {
        let env = w[0].is_word("process") && w[2].is_word("env") && w[3].is('[');
        env && w[4].word().is_some()
    });
    let names = tokens.windows(2).filter(|w| looks_up && (w[0].is('[') || w[0].is(',')));
    let names = names.filter_map(|w| Some((w[1].text()?, w[1].at)));
    let fits = |name: &str| {
        let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        name.len() > 2 && name.chars().all(plain) && !is_of_others(name)
    };
    names.filter(|(name, _)| fits(name)).map(|(name, at)| (name.to_owned(), at)).collect()
}

/// True for a name that machines and platforms set.
pub(super) fn is_of_others(name: &str) -> bool {
    OTHERS.iter().any(|begin| name.starts_with(begin))
}

/// The keys of `runtimeConfig.public` without a value of their own, and their places:
/// <https://nuxt.com/docs/guide/going-further/runtime-config#environment-variables>.
fn public(text: &str) -> Vec<(String, usize)> {
    let tokens = tokens(text);
    if !tokens.iter().any(|token| token.is_word("runtimeConfig")) {
        return Vec::new();
    }
    let names = Names::of(&tokens);
    let Some(object) = names.properties("public").find(|value| value.len() > 2) else {
        return Vec::new();
    };
    let empty = object.windows(4).filter(|w| {
        let key = w[0].is('{') || w[0].is(',');
        key && w[2].is(':') && w[3].text().is_some_and(str::is_empty)
    });
    empty.filter_map(|w| Some((word(&w[1])?.to_owned(), w[1].at))).collect()
}

fn word(token: &Token) -> Option<&str> {
    token.word().or_else(|| token.text())
}

/// `apiBase` becomes `API_BASE`.
fn snake(key: &str) -> String {
    let mut name = String::new();
    for c in key.chars() {
        if c.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::super::super::App;
    use crate::repo::Repo;

    fn names(build: &str, files: &[(&str, &str)]) -> String {
        let manifest =
            format!(r#"{{"scripts": {{"env": "node set-env.js", "build": "{build}"}}}}"#);
        let repo = Repo::from_files([&[("package.json", manifest.as_str())], files].concat());
        let app = App::read(&repo.root()).unwrap().unwrap();
        let found = super::named(&app, true).unwrap();
        let show =
            |name: &str, fallback: bool| format!("{name}{}", if fallback { "?" } else { "" });
        let all: Vec<String> = found.iter().map(|(one, _)| show(&one.name, one.fallback)).collect();
        all.join(" ")
    }

    #[test]
    fn what_a_program_of_the_build_writes_into_sources_is_an_argument() {
        let writes = "fs.writeFileSync('src/env.ts', `${process.env.API_URL} ${process.env['KEY'] || 1} ${process.env.NODE_ENV}`)";
        let file = [("set-env.js", writes)];
        assert_eq!(names("npm run env && ng build", &file), "API_URL KEY?");
        assert_eq!(names("node set-env && ng build", &file), "API_URL KEY?");
        assert_eq!(names("ng build", &file), "");
        assert_eq!(names("node set-env.js", &[("set-env.js", "log(process.env.API_URL)")]), "");
        let one = "if (!process.env.API_URL) { process.exit(1) }";
        assert_eq!(names("node set-env.js", &[("set-env.js", one)]), "API_URL");
        let list =
            "for (const k of ['API_BASE', 'RELEASE']) if (!process.env[k]) throw new Error(k)";
        assert_eq!(names("node set-env.js", &[("set-env.js", list)]), "API_BASE RELEASE");
        let skips = "if (!process.env.SKIP_DB_CHECK && !process.env.DATABASE) process.exit(1)";
        assert_eq!(names("node set-env.js", &[("set-env.js", skips)]), "");
    }

    #[test]
    fn settings_of_generated_pages_are_arguments() {
        let nuxt = "export default defineNuxtConfig({ runtimeConfig: { public: { apiBase: '', title: 'x', key: process.env.MAP_KEY } } })";
        let expected = "MAP_KEY NUXT_PUBLIC_API_BASE";
        assert_eq!(names("nuxt generate", &[("nuxt.config.ts", nuxt)]), expected);
        let docs = "module.exports = { customFields: { api: process.env.DOCS_API } }";
        assert_eq!(names("docusaurus build", &[("docusaurus.config.js", docs)]), "DOCS_API");
    }
}

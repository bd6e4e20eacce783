//! Variables that a framework demands as it starts, from files that it reads by convention: Strapi's
//! configuration and Adonis's schema of the environment.

use anyhow::Result;

use super::super::App;
use super::super::token::arguments;
use super::Source;
use crate::code::is_env_name;
use crate::facts::Evidence;

/// Endings of the variables without which Strapi refuses to start.
/// <https://docs.strapi.io/cms/configurations/server>, <https://docs.strapi.io/cms/configurations/admin-panel>
const SECRET: [&str; 3] = ["_KEYS", "_SECRET", "_SALT"];

/// Where Adonis keeps its schema. <https://docs.adonisjs.com/guides/getting-started/environment-variables>
const SCHEMAS: [&str; 2] = ["start/env.ts", "env.ts"];

/// The variables, each with its place.
pub(super) fn demanded(app: &App, sources: &[Source]) -> Result<Vec<(String, Evidence)>> {
    let mut found = Vec::new();
    if app.package.has("@strapi/strapi") {
        found.extend(sources.iter().filter(|s| in_config(app, s)).flat_map(strapi));
    }
    if app.package.has("@adonisjs/core") {
        for file in SCHEMAS {
            let Some((path, text)) = app.dir.text(file)? else { continue };
            for (number, line) in (1..).zip(text.lines()) {
                let Some((name, rule)) = line.trim_start().split_once(':') else { continue };
                let rule = rule.trim_start();
                if is_env_name(name)
                    && rule.starts_with("Env.schema.")
                    && !rule.contains(".optional")
                {
                    let note = format!("the schema of the environment demands {name}");
                    found.push((name.to_owned(), Evidence::at(&path, number, note)));
                }
            }
        }
    }
    Ok(found)
}

fn in_config(app: &App, source: &Source) -> bool {
    app.dir.join("config").is_some_and(|folder| source.path.is_within(&folder))
}

/// The secrets in `env('ADMIN_JWT_SECRET')` and `env.array('APP_KEYS')` without a default.
fn strapi(source: &Source) -> Vec<(String, Evidence)> {
    let tokens = source.tokens.as_slice();
    let calls = tokens.iter().enumerate().filter(|(_, token)| token.is_word("env"));
    let found = calls.filter_map(|(at, token)| {
        let by_type = tokens.get(at + 1).is_some_and(|next| next.is('.'));
        let open = if by_type { at + 3 } else { at + 1 };
        let args =
            tokens.get(open).filter(|token| token.is('(')).map(|_| arguments(tokens, open))?;
        let [[name]] = args.as_slice() else { return None };
        let name = name.text()?;
        let wanted = is_env_name(name) && SECRET.iter().any(|ending| name.ends_with(ending));
        wanted.then(|| (name.to_owned(), source.at(token.at, format!("needs {name}"))))
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    #[test]
    fn frameworks_demand_what_their_files_say() {
        let said = |files: &[(&str, &str)]| {
            let scan = scanned(files);
            let found = scan.findings.iter().find(|f| f.code.as_str() == "variables-required");
            found.map_or(String::new(), |found| found.what.clone())
        };
        let strapi = (
            "package.json",
            r#"{"scripts": {"start": "strapi start"}, "dependencies": {"@strapi/strapi": "5"}}"#,
        );
        let server = "module.exports = ({ env }) => ({ app: { keys: env.array('APP_KEYS') }, \
            url: env('URL'), salt: env('A_SALT', 'x') })";
        assert_eq!(
            said(&[strapi, ("config/server.js", server)]),
            "the program stops as it starts without APP_KEYS"
        );
        let adonis = (
            "package.json",
            r#"{"scripts": {"start": "node index.js"}, "dependencies": {"@adonisjs/core": "6"}}"#,
        );
        let schema = "export default await Env.create(x, {\n  APP_KEY: Env.schema.string(),\n  \
            LEVEL: Env.schema.string.optional(),\n})";
        assert_eq!(
            said(&[adonis, ("index.js", "x"), ("start/env.ts", schema)]),
            "the program stops as it starts without APP_KEY"
        );
    }
}

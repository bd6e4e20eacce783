//! A page of the repository that loads what a bundler writes beside it: `public/index.html` with
//! `bundle.js`.

use anyhow::Result;

use super::super::App;
use super::super::build_args::configs;
use super::super::entry;
use super::super::static_site::{Site, site};
use super::super::token::Token;
use crate::facts::Evidence;

/// Bundlers that write a file for browsers where nothing says otherwise.
const BUNDLERS: [&str; 5] = ["esbuild", "rollup", "rolldown", "webpack", "browserify"];

/// The folder of a page whose script the build writes.
pub(crate) fn page_of(app: &App) -> Result<Option<Site>> {
    let Some(name) = app.build_script() else { return Ok(None) };
    let commands = entry::commands(app, &name);
    let bundles = |word: &str| BUNDLERS.contains(&word);
    let commands: Vec<_> = commands
        .into_iter()
        .filter(|c| c.dir.is_empty() && c.argv.first().is_some_and(|word| bundles(word)))
        .collect();
    let for_node = |word: &String| word.contains("platform=node") || word.contains("target=node");
    if commands.is_empty() || commands.iter().any(|c| c.argv.iter().any(for_node)) {
        return Ok(None);
    }
    let configs = configs(app)?;
    let pages = app.dir.repo.files_under(&app.dir.path).filter(|path| {
        let way = path.relative_to(&app.dir.path);
        path.file_name() == "index.html" && way.split('/').count() == 2
    });
    for page in pages {
        let Some(folder) = page.parent() else { continue };
        let Some(text) = app.dir.repo.source_text(page)? else { continue };
        for script in scripts(&text) {
            let Some(file) = folder.join(script).filter(|file| file.is_within(&folder)) else {
                continue;
            };
            if app.dir.repo.exists(&file) {
                continue;
            }
            let way = file.relative_to(&app.dir.path);
            let names = |text: &str| {
                text.strip_suffix(way.as_str()).is_some_and(|rest| {
                    rest.is_empty() || rest.ends_with('/') || rest.ends_with('=')
                })
            };
            let by_word = commands.iter().any(|c| c.argv.iter().any(|word| names(word)));
            let by_config = || {
                let mut texts = configs.iter().flat_map(|c| &c.tokens).filter_map(Token::text);
                texts.any(names)
            };
            if by_word || by_config() {
                let folder = folder.relative_to(&app.dir.path);
                let note = format!("loads {script}, which the build writes beside it");
                let evidence = vec![Evidence::file(page, note)];
                return Ok(Some(site("bundle", &folder, false, evidence)));
            }
        }
    }
    Ok(None)
}

/// The files in `src` of a page's scripts.
fn scripts(text: &str) -> impl Iterator<Item = &str> {
    text.split("<script").skip(1).filter_map(|rest| {
        let tag = &rest[..rest.find('>')?];
        let value = tag[tag.find("src=")? + 4..].trim_start_matches(['"', '\'']);
        let end = value.find(['"', '\'', ' ', '?']).unwrap_or(value.len());
        let value = value[..end].trim_start_matches("./").trim_start_matches('/');
        (!value.is_empty() && !value.contains("://")).then_some(value)
    })
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    #[test]
    fn a_page_beside_its_bundle_is_a_site() {
        let of = |build: &str, page: &str, more: &str| {
            let manifest = format!(r#"{{"scripts": {{"build": "{build}"}}{more}}}"#);
            let config = "export default { output: { file: 'public/b.js', format: 'iife' } }";
            let repo = Repo::from_files([
                ("package.json", manifest.as_str()),
                ("src/index.js", "document.title = 'x'"),
                ("rollup.config.mjs", config),
                (page, "<script defer src=\"./b.js\"></script>"),
            ]);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let launch = program::all(&app).unwrap().programs.remove(0).1;
            launch.site.unwrap_or(launch.file)
        };
        let node = "src/index.js";
        for (build, page, more, expected) in [
            ("esbuild src/index.js --bundle --outfile=www/b.js", "www/index.html", "", "www"),
            ("rollup -c", "public/index.html", "", "public"),
            ("esbuild src/index.js --outfile=x/b.js", "www/index.html", "", node),
            ("esbuild src/index.js --platform=node --outfile=www/b.js", "www/index.html", "", node),
            ("rollup -c", "public/index.html", r#", "dependencies": {"express": "5"}"#, node),
        ] {
            assert_eq!(of(build, page, more), expected, "{build}");
        }
    }
}

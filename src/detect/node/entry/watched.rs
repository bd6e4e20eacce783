//! Tools that watch or load what they start, with options of their own before its name: `nodemon
//! --config nodemon.json src/app.ts`.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Entry, PlainStart, from_files, is_script, node, script, settle};
use crate::detect::node::App;
use crate::detect::node::launch::Layout;

/// The words that are neither options of the tool nor their values, with their places.
pub(super) fn operands<'w>(
    app: &App,
    tool: &str,
    words: &[&'w str],
) -> Result<Vec<(usize, &'w str)>> {
    let tools: BTreeMap<String, Vec<String>> = app.catalog.table("valued_options")?;
    let valued = tools.get(tool).map(Vec::as_slice).unwrap_or_default();
    let mut found = Vec::new();
    let mut all = words.iter().enumerate();
    while let Some((at, word)) = all.next() {
        if valued.iter().any(|option| option == word) {
            all.next();
        } else if !word.starts_with('-') {
            found.push((at, *word));
        }
    }
    Ok(found)
}

/// What a tool for development restarts on each change: `nodemon -w src --exec ts-node src/a.ts`.
pub(super) fn restarted(
    app: &App,
    tool: &str,
    rest: &[&str],
    mut entry: Entry,
) -> Result<PlainStart> {
    entry.development = true;
    entry.launch.env.retain(|(key, value)| key != "NODE_ENV" || value != "development");
    let operands = operands(app, tool, rest)?;
    let exec = rest.windows(2).find(|w| matches!(w[0], "--exec" | "-x")).map(|w| w[1]);
    if let Some(line) = exec {
        let mut inner = script::parse(line).commands.pop().unwrap_or_default();
        let mut files = operands.iter().map(|(_, word)| *word);
        let file = files.find(|word| is_script(word)).filter(|_| !line.contains('.'));
        inner.argv.extend(file.map(str::to_owned));
        if inner.argv.first().is_some_and(|word| word == "nodemon") {
            return Ok(Err("a watch tool starts it".to_owned()));
        }
        return Ok(node(app, &inner)?.map(|entry| Entry { development: true, ..entry }));
    }
    let starts =
        |word: &str| !settle::is_settings(word) && (is_script(word) || app.finds(word).is_some());
    let Some((_, file)) = operands.iter().find(|(_, word)| starts(word)) else {
        return Ok(Err("a watch tool starts it".to_owned()));
    };
    (*file).clone_into(&mut entry.launch.file);
    settle::settle(app, entry)
}

/// Puts what the build makes before a start that only development uses: the file that another
/// recipe starts (`command: node dist/app.js`), or that `main` or `bin` names.
pub(super) fn built_first(app: &App, entries: &mut Vec<Entry>) -> Result<()> {
    let Some(first) = entries.first().filter(|first| is_for_development(first)) else {
        return Ok(());
    };
    let made = |entry: &Entry| {
        entry.launch.layout == Layout::Output && !entry.unmade && entry.launch.source.is_some()
    };
    if let Some(at) = entries.iter().position(|entry| made(entry) && !is_for_development(entry)) {
        let entry = entries.remove(at);
        entries.insert(0, entry);
        return Ok(());
    }
    if made(first) {
        return Ok(());
    }
    let source = first.launch.source.clone();
    let named = from_files(app)?.into_iter().find(|entry| {
        let same = entry.launch.source == source;
        let by_main = app.package.str(&["main"]).is_some_and(|main| app_file(main) == entry.id);
        made(entry) && (same || by_main)
    });
    if let Some(named) = named {
        entries.retain(|entry| entry.id != named.id);
        entries.insert(0, named);
    }
    Ok(())
}

/// The file that a word of package.json names.
fn app_file(word: &str) -> &str {
    word.trim_start_matches("./")
}

/// True if a watch tool, a loader of sources or the environment of development starts it.
fn is_for_development(entry: &Entry) -> bool {
    let launch = &entry.launch;
    let said = launch.env.iter().any(|(key, value)| key == "NODE_ENV" && value == "development");
    entry.development || said || launch.keep_development && launch.flags.iter().any(|f| f == "-r")
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, program};
    use crate::repo::Repo;

    fn first(scripts: &str, more: &str, files: &[(&str, &str)]) -> (String, String) {
        let manifest = format!(
            r#"{{"scripts": {{{scripts}}}, {more} "devDependencies": {{"typescript": "5", "nodemon": "3", "ts-node": "10", "tsx": "4"}}}}"#
        );
        let config = r#"{"compilerOptions": {"outDir": "dist", "rootDir": "src"}}"#;
        let mut all = vec![("package.json", manifest.as_str()), ("tsconfig.json", config)];
        all.extend(files);
        let repo = Repo::from_files(all);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let found = program::all(&app).unwrap();
        let launch = found.programs.first().map(|(_, launch)| launch.clone()).unwrap_or_default();
        let env: Vec<String> = launch.env.iter().map(|(k, v)| format!("{k}={v}")).collect();
        (launch.file, env.join(" "))
    }

    #[test]
    fn the_value_of_an_option_is_no_program() {
        let files = [
            ("nodemon.json", "{}"),
            ("watch/index.js", ""),
            ("hook.js", ""),
            ("tools/x.js", ""),
            ("web.js", "require('http').createServer().listen(3000)"),
        ];
        for start in [
            "nodemon --config nodemon.json web.js",
            "nodemon -w watch -e js,json -i tools/x.js web.js",
            "nodemon -w tools/x.js --exec node web.js",
            "nodemon --signal SIGTERM --watch watch web",
            "tsx --import ./hook.js web.js",
            "ts-node -r ./hook.js web.js",
            "tsx watch --include tools/x.js web.js",
            "pm2-runtime start -o tools/x.js --log-date-format tools/x.js web.js",
        ] {
            let (file, _) = first(&format!(r#""start": "{start}""#), "", &files);
            assert_eq!(file.trim_end_matches(".js"), "web", "{start}");
        }
        // Settings are no program, whoever names them.
        assert_ne!(first(r#""start": "node nodemon.json""#, "", &files).0, "nodemon.json");
    }

    #[test]
    fn what_the_build_makes_comes_before_a_start_for_development() {
        let start = "cross-env NODE_ENV=development npx nodemon --config nodemon.json src/app.ts";
        let files = [("nodemon.json", "{}"), ("src/app.ts", "app.listen(3000)"), ("dev.js", "")];
        for build in ["build", "build-all", "build:all", "build-backend", "build:prod", "compile"] {
            let scripts = format!(r#""start": "{start}", "{build}": "tsc && copyfiles a b""#);
            let found = first(&scripts, "", &files);
            assert_eq!(found, ("dist/app.js".to_owned(), String::new()), "{build}");
        }
        let scripts = r#""start": "NODE_ENV=development node dev.js", "build": "tsc""#;
        let found = first(scripts, r#""main": "dist/app.js","#, &files);
        assert_eq!(found.0, "dist/app.js");
        let compose = "services: {a: {build: ., command: node dist/app.js -c a.yaml}}\n";
        let all = [&files[..], &[("compose.yml", compose)]].concat();
        assert_eq!(first(scripts, "", &all).0, "dist/app.js");
        // Nothing else names a program.
        assert_eq!(first(scripts, "", &files).0, "dev.js");
    }
}

//! A start script that runs the script of another folder: `npm start --prefix server`,
//! `cd server && npm start`.

use crate::detect::node::App;
use crate::detect::node::manifest::Package;
use crate::detect::node::script::{self, Command};
use crate::repo::Dir;

/// The last command of a script in another folder.
pub(super) fn command(app: &App, command: &Command) -> Option<Command> {
    command.argv.first().filter(|word| script::is_manager(word))?;
    let told = script::elsewhere(command);
    let mut dir = app.dir.join(&command.dir)?;
    if let Some(told) = told {
        dir = dir.join(told)?;
    }
    let folder = dir.strip(&app.dir.path).filter(|folder| !folder.is_empty())?.to_owned();
    let package = Package::read(&Dir::new(app.dir.repo, dir)).ok()??;
    let mut words = command.argv.iter().skip(1).map(String::as_str);
    let name = words.find(|word| {
        !word.starts_with('-') && Some(*word) != told && !matches!(*word, "run" | "run-script")
    })?;
    let inner = script::parse(package.script(name)?).commands.into_iter().next_back()?;
    let mut inner = script::unwrap(inner);
    let plain = inner.argv.first().is_some_and(|word| word == "node" || word == "nodejs");
    inner.env.splice(0..0, command.env.iter().cloned());
    inner.dir = folder;
    plain.then_some(inner)
}

#[cfg(test)]
mod tests {
    use crate::detect::node::{App, entry};
    use crate::repo::Repo;

    #[test]
    fn the_script_of_another_folder_is_followed() {
        let other = r#"{"scripts": {"start": "node app.js"}}"#;
        let loops = r#"{"scripts": {"start": "npm start --prefix server"}}"#;
        let of = |start: &str, other: &str| {
            let manifest = format!(r#"{{"scripts": {{"start": "{start}"}}}}"#);
            let files = [
                ("package.json", manifest.as_str()),
                ("server/package.json", other),
                ("server/app.js", ""),
            ];
            let repo = Repo::from_files(files);
            let app = App::read(&repo.root()).unwrap().unwrap();
            let entries = entry::from_scripts(&app).unwrap().0;
            entries.first().map(|one| one.launch.file.clone()).unwrap_or_default()
        };
        for start in [
            "npm start --prefix server",
            "npm --prefix server start",
            "npm --prefix=server run start",
            "yarn --cwd server start",
            "pnpm -C server start",
            "cd server && npm start",
            "cd ./server && yarn run start",
        ] {
            assert_eq!(of(start, other), "server/app.js", "{start}");
        }
        assert_eq!(of("npm start --prefix server", loops), "");
    }

    #[test]
    fn variables_of_other_shells_are_set() {
        let files = [
            ("package.json", r#"{"scripts": {"start": "set PORT=3200 && node a.js"}}"#),
            ("a.js", ""),
        ];
        let repo = Repo::from_files(files);
        let app = App::read(&repo.root()).unwrap().unwrap();
        let launch = entry::from_scripts(&app).unwrap().0.remove(0).launch;
        assert_eq!(launch.env, [("PORT".to_owned(), "3200".to_owned())]);
        let yarn = [("package.json", r#"{"scripts": {"start": "yarn node a.js"}}"#), files[1]];
        let repo = Repo::from_files(yarn);
        let app = App::read(&repo.root()).unwrap().unwrap();
        assert_eq!(entry::from_scripts(&app).unwrap().0.remove(0).launch.file, "a.js");
    }
}

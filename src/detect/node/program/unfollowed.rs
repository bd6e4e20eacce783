//! What is said of start scripts that cannot be followed.

use crate::detect::node::App;
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};
use crate::recipes::dockerfile;

/// Nothing is known to start.
pub(super) fn start_unknown(app: &App, refused: &[(String, String)]) -> Finding {
    let reasons: Vec<String> =
        refused.iter().map(|(name, why)| format!("script {name}: {why}")).collect();
    let why = if reasons.is_empty() {
        "no start script, no main, no usual file name".to_owned()
    } else {
        reasons.join("; ")
    };
    let evidence: Vec<Evidence> =
        refused.iter().map(|(name, why)| app.package.at(&["scripts", name], why.clone())).collect();
    let found = Finding::new(
        codes::START_UNKNOWN,
        format!(
            "{}: dockgen does not know what the container should start ({why})",
            app.package.path
        ),
        evidence,
    );
    match started(app) {
        Some((file, at)) => {
            found.with_fix(format!("{} starts {file}: set --entrypoint {file}", at.place()))
        }
        None => found,
    }
}

/// The script that the repository's own Dockerfile starts. The file may be replaced, so it decides
/// nothing.
fn started(app: &App) -> Option<(String, Evidence)> {
    let written = dockerfile::written(app.dir.repo, &app.dir.path).ok()?;
    let (_, image) = written.0.as_ref()?;
    let script = |words: &[&str]| {
        let (first, rest) = words.split_first()?;
        let is_node = matches!(first.rsplit('/').next(), Some("node" | "nodejs"));
        let file = rest.iter().find(|word| !word.starts_with('-')).filter(|_| is_node)?;
        app.finds(file)
    };
    let own = image.start.words();
    let lines = image.start.script.iter().flatten();
    let lines = lines.map(|words| words.iter().map(String::as_str).collect::<Vec<_>>());
    let file = std::iter::once(own).chain(lines).find_map(|words| {
        let from = words.iter().position(|word| word.ends_with("node")).unwrap_or(0);
        script(&words[from..])
    })?;
    Some((file, image.start.evidence.clone()?))
}

/// A program that a file stands for, because its start script cannot be followed.
pub(super) fn start_unused(app: &App, id: &str, (name, why): &(String, String)) -> Finding {
    let text = app.package.script(name).unwrap_or_default();
    Finding::new(
        codes::START_SCRIPT_UNUSED,
        format!("the image starts {id} and not the script {name}: {why}"),
        [app.package.at(&["scripts", name], format!("`{text}`"))],
    )
}

#[cfg(test)]
mod tests {
    use crate::detect::node::App;
    use crate::repo::Repo;

    #[test]
    fn the_start_of_another_dockerfile_is_named() {
        let fix = |start: &str| {
            let dockerfile = format!("FROM node\nCOPY . .\n{start}\n");
            let files = [
                ("package.json", "{}"),
                ("lib/a.js", ""),
                ("lib/b.js", ""),
                ("run.sh", "#!/bin/sh\nexec node --expose-gc lib/b.js \"$@\"\n"),
                ("Dockerfile", &dockerfile),
            ];
            let repo = Repo::from_files(files);
            super::start_unknown(&App::read(&repo.root()).unwrap().unwrap(), &[]).fix
        };
        let starts = |file: &str| format!("Dockerfile:3 starts {file}: set --entrypoint {file}");
        assert_eq!(fix(r#"CMD ["node", "lib/a.js"]"#), starts("lib/a.js"));
        assert_eq!(fix(r#"ENTRYPOINT ["./run.sh"]"#), starts("lib/b.js"));
        assert!(!fix(r#"CMD ["other"]"#).contains("starts"));
    }
}

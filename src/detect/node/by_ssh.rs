//! Dependencies that the install fetches by SSH: the build has no key.

use super::App;
use super::codes;
use crate::facts::Finding;

/// How many of them are named.
const MAX_NAMED: usize = 4;

/// Reports them.
pub(super) fn finding(app: &App) -> Option<Finding> {
    let by_ssh =
        |text: &str| ["git+ssh://", "ssh://", "git@"].iter().any(|begin| text.starts_with(begin));
    let all = app.package.dependencies().filter(|(_, range)| by_ssh(range));
    let names: Vec<&str> = all.map(|(name, _)| name).take(MAX_NAMED).collect();
    let first = names.first()?;
    let evidence = app.package.at_dependency(first, format!("{first} is fetched by SSH"));
    let what = format!("the install fetches {} from git by SSH", names.join(", "));
    Some(Finding::new(codes::GIT_BY_SSH, what, [evidence]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo::Repo;

    #[test]
    fn a_dependency_that_needs_a_key_is_said() {
        let said = |range: &str| {
            let manifest = format!(r#"{{"dependencies": {{"lib": "{range}"}}}}"#);
            let repo = Repo::from_files([("package.json", manifest.as_str())]);
            finding(&App::read(&repo.root()).unwrap().unwrap()).is_some()
        };
        for range in ["git+ssh://git@github.com/a/b.git#v1", "git@github.com:a/b.git"] {
            assert!(said(range), "{range}");
        }
        for range in ["git+https://github.com/a/b.git", "a/b", "^1.0.0"] {
            assert!(!said(range), "{range}");
        }
    }
}

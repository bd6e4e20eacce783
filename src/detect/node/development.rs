//! Packages that only development needs, as npm's lockfile marks them. Other lockfiles have no
//! such mark.

use anyhow::Result;

use super::tool::npm_lock;
use crate::facts::Facts;
use crate::repo::Dir;

/// The folders of such packages, as the lockfile in the application's folder or above it names
/// them.
pub(super) fn folders(dir: &Dir, facts: &Facts) -> Result<Vec<String>> {
    for folder in dir.upwards().filter(|folder| folder.path.is_within(&facts.context)) {
        let lock = npm_lock(&folder)?;
        let Some((_, lock)) = &*lock else { continue };
        let packages = lock["packages"].as_object().into_iter().flatten();
        let development = packages
            .filter(|(path, package)| path.contains("node_modules/") && package["dev"] == true);
        return Ok(development.map(|(path, _)| path.clone()).collect());
    }
    Ok(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::scan;
    use crate::path::RelPath;
    use crate::repo::Repo;

    #[test]
    fn the_lockfile_says_which() {
        let repo = Repo::from_files([
            ("package.json", r#"{"name": "a", "main": "a.js", "devDependencies": {"x": "1"}}"#),
            ("a.js", "require('http').createServer().listen(1234)"),
            (
                "package-lock.json",
                r#"{"lockfileVersion": 3, "packages": {"": {}, "node_modules/x": {"dev": true}, "node_modules/y": {"devOptional": true}, "node_modules/z": {}}}"#,
            ),
        ]);
        let facts = scan(&repo, &RelPath::root()).unwrap().remove(0);
        assert_eq!(folders(&repo.root(), &facts).unwrap(), ["node_modules/x"]);
    }
}

//! The folders whose content Maven copies to the root of the class path.

use super::pom::{Model, relative};
use crate::facts::Evidence;
use crate::path::RelPath;

/// Where resources are if no pom says otherwise.
const USUAL: &str = "src/main/resources";

/// The resource folders of a project, relative to the repository, as its `<resources>` or those of
/// its parents state them. <https://maven.apache.org/pom.html#Resources>
pub(super) fn folders(model: &Model) -> Vec<RelPath> {
    let dir = model.dir();
    let stated = stated(model).filter_map(|(way, _)| dir.join(&way));
    let mut folders: Vec<RelPath> = Vec::new();
    for folder in stated {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    if folders.is_empty() {
        folders.extend(dir.join(USUAL));
    }
    folders
}

/// A resource folder whose name dockgen cannot read.
pub(super) fn unread(model: &Model) -> Option<Evidence> {
    stated(model).find(|(way, _)| way.contains("${")).map(|(_, evidence)| evidence)
}

/// The folders that the strongest `<resources>` name, without those that are copied elsewhere than
/// to the root.
fn stated(model: &Model) -> impl Iterator<Item = (String, Evidence)> {
    let level = model.scopes().find(|(_, scope)| scope.list("build/resources").next().is_some());
    let all = level.into_iter().flat_map(|(path, scope)| {
        let list = scope.list("build/resources").filter(|e| e.name == "resource");
        list.map(move |resource| (path, resource))
    });
    all.filter_map(|(path, resource)| {
        let target = resource.text_at("targetPath").map_or("", |target| target.trim_matches('/'));
        // Spring reads `config/` of the class path too.
        let root = ["", ".", "./", "config"].contains(&target);
        let directory = resource.child("directory").filter(|_| root)?;
        let note = format!("<directory>{}</directory>", directory.text);
        let way = relative(&model.resolve(&directory.text));
        Some((way, Evidence::at(path, directory.line, note)))
    })
}

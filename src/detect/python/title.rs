//! Which of several commands of a project is its program: the one with its own name.

use super::manifest::{Project, Script};

/// True for the name of the project or of its package, and for one that all other commands begin
/// with.
pub(super) fn is_own(project: &Project, name: &str) -> bool {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '.'], "-");
    let scripts = &project.scripts;
    let own = scripts.iter().filter(|script| script.name == name);
    let mut packages = own.filter_map(|script| script.target.split(['.', ':']).next());
    let name = plain(name);
    let leads = |script: &Script| {
        let other = plain(&script.name);
        other == name || other.strip_prefix(&name).is_some_and(|rest| rest.starts_with('-'))
    };
    // `shop2` is often the second edition of `shop`.
    let named = project.name.as_ref().map(|project| plain(&project.value));
    let named = named.is_some_and(|project| {
        project == name || project.trim_end_matches(|c: char| c.is_ascii_digit()) == name
    });
    named
        || packages.any(|package| plain(package.trim()) == name)
        || scripts.len() > 1 && scripts.iter().all(leads)
}

//! Files beside or above the package: `../../config/app.toml`, as a program opens them that is run in
//! its package's folder, and paths that begin with the package's folder, which is compiled in.

use super::Code;
use crate::detect::rust::plan::SOURCE;
use crate::path::RelPath;

/// The file or folder of the repository that a path leads to, and where the image has it; `None` if
/// the path stays inside the folder, or if there is none.
pub(super) fn led(code: &Code, text: &str) -> Option<(RelPath, String)> {
    let plain =
        |path: &RelPath| !path.is_root() && path.is_within(code.context) && code.repo.exists(path);
    if let Some(rest) = text.strip_prefix(SOURCE).and_then(|rest| rest.strip_prefix('/')) {
        let path = RelPath::root().join(rest).filter(plain)?;
        let way = format!("{SOURCE}/{path}");
        return Some((path, way));
    }
    let rest = text.trim_start_matches("../");
    if rest.len() == text.len() || rest.is_empty() || rest.contains("..") {
        return None;
    }
    // The program runs in /app, above which there is nothing but the root.
    let bases = [code.package, code.root];
    let path = bases.into_iter().find_map(|base| base.join(text).filter(plain))?;
    let way = rest.split(['*', '{']).next().unwrap_or_default().trim_end_matches('/');
    (!way.is_empty() && path.as_str().ends_with(way)).then(|| (path, format!("/{way}")))
}

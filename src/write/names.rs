//! The paths that dockgen may read and write, by name alone. Whatever a state, an answer or a flag
//! says, a hook, a setting of version control or a source file is never one of them.

use anyhow::{Result, bail};

use crate::own;
use crate::path::RelPath;

/// Folders of version control and, as `.dockgen`, of dockgen. No path that a person gives may be
/// inside one.
const RESERVED: [&str; 6] = [".git", ".hg", ".svn", ".jj", ".dockgen", "git~1"];

/// Names of a Dockerfile: alone, before a dot or a hyphen, or after a dot.
const DOCKERFILES: [&str; 2] = ["dockerfile", "containerfile"];

/// The suffix of an ignore file.
const IGNORE: &str = ".dockerignore";

/// Rejects a path for a Dockerfile or its ignore file that does not have such a name, or is in a
/// folder of version control or dockgen's own.
///
/// # Errors
/// What is wrong with the path. The caller adds the path.
pub fn check_output(path: &RelPath) -> Result<()> {
    if let Some(part) = parts(path).find(|part| is_reserved(part)) {
        bail!("nothing is written into `{}`, which belongs to a tool", word(part));
    }
    if path.as_str().chars().any(is_unprintable) {
        bail!("the path contains an unprintable character");
    }
    let name = path.file_name().to_ascii_lowercase();
    if !is_dockerfile(&name) && !name.ends_with(IGNORE) {
        bail!(
            "`{}` is not the name of a Dockerfile: use Dockerfile, Dockerfile.NAME or NAME.Dockerfile",
            word(path.file_name())
        );
    }
    Ok(())
}

/// True for an ignore file.
pub(super) fn is_ignore(path: &RelPath) -> bool {
    path.file_name().ends_with(IGNORE)
}

/// The final check before a write. Besides outputs, it accepts dockgen.toml, compose.yaml and the contents of
/// `.dockgen/`.
pub(super) fn check(path: &RelPath) -> Result<()> {
    let kept = path.components().position(|part| part == own::FOLDER);
    let inside = kept.map(|at| path.components().skip(at + 1).collect::<Vec<_>>());
    let name = path.file_name();
    let allowed = match inside.as_deref() {
        None => [own::SETTINGS, own::COMPOSE].contains(&name) && !parts(path).any(is_reserved),
        Some([one]) if *one == own::STATE => !above(path, kept).any(is_reserved),
        // A copy of an output, or a template.
        Some(rest) => {
            let lower = name.to_ascii_lowercase();
            let named = is_dockerfile(&lower)
                || lower.ends_with(IGNORE)
                || lower == IGNORE.trim_start_matches('.');
            named
                && !above(path, kept).any(is_reserved)
                && !rest.iter().flat_map(|part| part.split('\\')).any(is_reserved)
        }
    };
    if allowed { Ok(()) } else { check_output(path) }
}

fn above(path: &RelPath, count: Option<usize>) -> impl Iterator<Item = &str> {
    path.components().take(count.unwrap_or_default()).flat_map(|part| part.split('\\'))
}

/// The components, also separated by `\`, as on Windows.
fn parts(path: &RelPath) -> impl Iterator<Item = &str> {
    path.components().flat_map(|part| part.split('\\'))
}

/// File systems accept several spellings of a name: any case, and trailing dots, blanks or a
/// stream's name on Windows; invisible characters on macOS.
fn is_reserved(part: &str) -> bool {
    let part = part.split(':').next().unwrap_or_default();
    let seen: String = part.chars().filter(|c| !is_unprintable(*c)).collect();
    let name = seen.trim_end_matches(['.', ' ']).to_lowercase();
    RESERVED.contains(&name.as_str())
}

fn is_dockerfile(lower: &str) -> bool {
    DOCKERFILES.iter().any(|base| {
        lower
            .strip_prefix(base)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
            || lower.strip_suffix(base).is_some_and(|rest| rest.ends_with('.'))
    })
}

/// Control characters, and characters that are invisible or change the direction of text.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A path component, escaped for an error.
fn word(text: &str) -> String {
    text.chars().filter(|c| !is_unprintable(*c)).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RelPath {
        RelPath::new(text).unwrap()
    }

    #[test]
    fn outputs_are_dockerfiles_outside_of_tools_folders() {
        for good in [
            "Dockerfile",
            "deploy/Dockerfile.prod",
            "docker/prod.Dockerfile",
            "docker/api.dockerfile",
            "Containerfile",
            ".dockerignore",
            "a/prod.Dockerfile.dockerignore",
            ".github/Dockerfile",
            "Dockerfile-dev",
        ] {
            check_output(&path(good)).unwrap();
            check(&path(good)).unwrap();
        }
        for bad in [
            ".git/hooks/pre-commit",
            ".git/hooks/Dockerfile",
            "sub/.GIT/Dockerfile",
            ".git./Dockerfile",
            ".git /Dockerfile",
            ".git::$INDEX_ALLOCATION/Dockerfile",
            "GIT~1/Dockerfile",
            ".g\u{200c}it/Dockerfile",
            ".git\\hooks\\Dockerfile",
            ".hg/Dockerfile",
            "Makefile",
            "package.json",
            "hooks/pre-commit",
            ".bashrc",
            "dockerfiles/x",
            "mydockerfile",
            "Dockerfile.\u{202e}x",
            ".gitignore",
            ".Dockgen/Dockerfile",
        ] {
            assert!(check_output(&path(bad)).is_err(), "{bad}");
            assert!(check(&path(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_dockgen_keeps_is_written_by_its_own_names_alone() {
        for own in [
            "dockgen.toml",
            "apps/api/dockgen.toml",
            ".dockgen/state.json",
            "apps/api/.dockgen/state.json",
            ".dockgen/Dockerfile",
            ".dockgen/dockerignore",
            ".dockgen/__/deploy/app.Dockerfile.dockerignore",
            ".dockgen/templates/node.Dockerfile",
        ] {
            check(&path(own)).unwrap();
        }
        for not_an_output in ["dockgen.toml", ".dockgen/state.json", ".dockgen/Dockerfile"] {
            assert!(check_output(&path(not_an_output)).is_err(), "{not_an_output}");
        }
        for bad in [
            ".git/dockgen.toml",
            ".git/.dockgen/state.json",
            ".dockgen/git/hooks/pre-commit",
            ".dockgen/.git/Dockerfile",
            ".dockgen/.dockgen/Dockerfile",
            ".dockgen/x/state.json",
            ".DOCKGEN/state.json",
            "dockgen.toml/x",
        ] {
            assert!(check(&path(bad)).is_err(), "{bad}");
        }
    }
}

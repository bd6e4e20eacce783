//! Finds the programs that dockgen runs on this machine. A repository must not be able to replace
//! them.

use std::env;
use std::path::PathBuf;

/// A program on the PATH. Relative and empty folders of the PATH, which refer to the working
/// directory, are skipped: they could find a program in the repository.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let name = if cfg!(windows) { format!("{name}.exe") } else { name.to_owned() };
    env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(&name))
        .find(|file| {
            let Ok(data) = file.metadata() else { return false };
            data.is_file() && is_executable(&data)
        })
}

#[cfg(unix)]
fn is_executable(data: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&data.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_data: &std::fs::Metadata) -> bool {
    true
}

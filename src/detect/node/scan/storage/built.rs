//! What the build writes, and no running program may write.

use super::super::super::App;
use super::super::super::launch::Launch;
use crate::facts::Sourced;
use crate::path::RelPath;
use crate::shell;

/// The folders into which the build writes, and the scripts that it runs.
pub(super) struct Outputs {
    /// The folders, relative to the application.
    folders: Vec<RelPath>,
    /// Sources that the build itself runs: `tsc && node index.js hash`.
    scripts: Vec<RelPath>,
}

impl Outputs {
    pub(super) fn of(app: &App, launch: &Launch) -> Self {
        let stated = app.tsconfig.as_ref().and_then(|output| output.out_dir.clone());
        let all = launch.outputs.iter().filter_map(|output| RelPath::new(output)).chain(stated);
        let folders = all.filter(|folder| !folder.is_root()).collect();
        let build = app.build_script();
        let line = build.as_deref().and_then(|name| app.package.script(name)).unwrap_or_default();
        let scripts = shell::parse(line).commands.into_iter().filter_map(|command| {
            let mut words = command.argv.iter();
            words.next().filter(|word| *word == "node")?;
            app.dir.join(&app.finds(words.find(|word| !word.starts_with('-'))?)?)
        });
        Self { folders, scripts: scripts.collect() }
    }

    /// True if the running program must not write into a folder: the folder is an output of the
    /// build, or is below one and the build writes it.
    pub(super) fn hold(&self, folder: &Sourced<String>) -> bool {
        let Some(path) = RelPath::new(&folder.value) else { return false };
        let built = self.are_built_by(folder);
        self.folders.iter().any(|output| path == *output || built && path.is_within(output))
    }

    /// True if the build runs the file that writes.
    pub(super) fn are_built_by(&self, folder: &Sourced<String>) -> bool {
        folder.evidence.iter().any(|at| self.scripts.contains(&at.file))
    }
}

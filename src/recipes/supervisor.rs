//! Settings of supervisord: each `[program:NAME]` is a process with its command.
//! <https://supervisord.org/configuration.html#program-x-section-settings>

use super::{Recipe, Run, Running, short};
use crate::facts::Evidence;
use crate::path::RelPath;
use crate::settings;

/// Reads a file of supervisord's.
pub(super) fn read(home: &RelPath, file: &RelPath, text: &str, into: &mut Running) {
    for one in settings::sections(text).iter().filter(|one| one.key == "command") {
        let Some(name) = one.section.strip_prefix("program:") else { continue };
        let note = format!("supervisord starts {name} by `{}`", short(&one.value));
        let evidence = Evidence::at(file, one.line, note);
        let mut run = Run::new(Recipe::ProcessManager, name.trim(), evidence);
        run.dir = Some(home.clone());
        run.set_line(&one.value, file, one.line);
        into.runs.push(run);
    }
}

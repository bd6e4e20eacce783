//! The process manager pm2, and the file that it is started with.

use anyhow::Result;

use super::App;
use crate::detect::node::config;
use crate::path::RelPath;

/// The script of a pm2 command: a file, or the first application of an ecosystem file.
pub(super) fn script(app: &App, words: &[&str]) -> Result<Option<(String, Vec<String>)>> {
    let mut words = words.iter().skip_while(|w| {
        matches!(
            **w,
            "start" | "restart" | "reload" | "startOrRestart" | "--no-daemon" | "-i" | "max"
        )
    });
    let Some(file) =
        words.find(|w| !w.starts_with('-') && w.contains('.') || app.finds(w).is_some())
    else {
        return Ok(None);
    };
    let ecosystem = file.contains("ecosystem")
        || file.contains("pm2")
        || file.contains("process")
        || RelPath::new(file).is_some_and(|path| path.extension() == "json");
    if !ecosystem {
        return Ok(Some(((*file).to_owned(), Vec::new())));
    }
    let Some(config) = config::read_file(&app.dir, file.trim_start_matches("./"))? else {
        return Ok(None);
    };
    let Some((script, _)) = config.literal("script") else { return Ok(None) };
    let args = config
        .literal("args")
        .map(|(args, _)| args.split_whitespace().map(str::to_owned).collect());
    Ok(Some((script, args.unwrap_or_default())))
}

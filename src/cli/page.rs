//! The manual page of a command, from its definition.

use std::fmt::Write;

use anyhow::Result;
use clap::builder::Resettable;

/// The sections that the definition holds. What stands below the help of a command has its place
/// in a manual page: the codes are EXIT STATUS, the rest belongs to DESCRIPTION.
pub(crate) fn manual(definition: clap::Command) -> Result<String> {
    let help = definition.get_after_help().map(ToString::to_string).unwrap_or_default();
    let (more, codes) = help.split_once("Exit codes: ").unwrap_or((&help, ""));
    let about = definition.get_long_about().or(definition.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let definition = match more.trim() {
        "" => definition,
        more => definition.long_about(format!("{about}\n\n{more}")),
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(definition.after_help(Resettable::Reset)).render(&mut text)?;
    let mut text = String::from_utf8(text)?;
    text.push_str(".SH \"EXIT STATUS\"\n");
    for (code, means) in codes.trim_end_matches('.').split("; ").filter_map(|of| of.split_once(' '))
    {
        let mut means = roff(means);
        if let Some(first) = means.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        write!(text, ".TP\n\\fB{code}\\fR\n{means}.\n")?;
    }
    Ok(text)
}

/// A hyphen that is typed is `\-` in roff.
pub(crate) fn roff(text: &str) -> String {
    text.replace('-', "\\-")
}

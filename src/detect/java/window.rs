//! Programs that open a window, which an image has no display for.

use super::artifact::{Candidate, Shape};
use super::listen;
use super::source::Source;
use crate::code::Rows;
use crate::detect::java::codes;
use crate::facts::Finding;

/// Libraries of windows, and the names with which a program begins them.
const WINDOWS: [(&str, &[&str]); 2] = [
    ("javax.swing", &["JFrame", "SwingUtilities", "JOptionPane", "JDialog"]),
    ("javafx", &["Application", "Stage"]),
];

/// Adds a finding to each candidate whose main class opens a window; true if there is one.
pub(super) fn opened(candidates: &mut [Candidate], sources: &[Source], rows: &Rows) -> bool {
    let mut found = false;
    for candidate in candidates {
        let Shape::Classes { main, .. } = &candidate.artifact.shape else { continue };
        let of = |source: &&Source| source.main_class().is_some_and(|(class, _)| class == *main);
        let Some(source) = sources.iter().find(of) else { continue };
        let library = WINDOWS.iter().find(|(library, names)| {
            let mut imports = source.imports.iter();
            imports.any(|import| import.path.starts_with(library))
                && names.iter().any(|name| source.names(name))
        });
        let Some((library, _)) = library.filter(|_| !listen::opens(rows, source)) else { continue };
        let at = source.main_class().map_or(0, |(_, at)| at);
        candidate.notes.push(Finding::new(
            codes::OPENS_WINDOW,
            format!("{main} opens a window ({library})"),
            [source.evidence(at, "a main method beside windows")],
        ));
        found = true;
    }
    found
}

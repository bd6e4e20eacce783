//! What is said of start scripts that cannot be followed.

use crate::detect::node::App;
use crate::detect::node::codes;
use crate::facts::{Evidence, Finding};

/// Nothing is known to start.
pub(super) fn start_unknown(app: &App, refused: &[(String, String)]) -> Finding {
    let reasons: Vec<String> =
        refused.iter().map(|(name, why)| format!("script {name}: {why}")).collect();
    let why = if reasons.is_empty() {
        "no start script, no main, no usual file name".to_owned()
    } else {
        reasons.join("; ")
    };
    let evidence: Vec<Evidence> =
        refused.iter().map(|(name, why)| app.package.at(&["scripts", name], why.clone())).collect();
    Finding::new(
        codes::START_UNKNOWN,
        format!(
            "{}: dockgen does not know what the container should start ({why})",
            app.package.path
        ),
        evidence,
    )
}

/// A program that a file stands for, because its start script cannot be followed.
pub(super) fn start_unused(app: &App, id: &str, (name, why): &(String, String)) -> Finding {
    let text = app.package.script(name).unwrap_or_default();
    Finding::new(
        codes::START_SCRIPT_UNUSED,
        format!("the image starts {id} and not the script {name}: {why}"),
        [app.package.at(&["scripts", name], format!("`{text}`"))],
    )
}

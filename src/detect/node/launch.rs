//! How a program is started, and what the final image must contain for it. `detect` decides it,
//! `plan` reads it.

use serde::{Deserialize, Serialize};

use crate::facts::{Evidence, Sourced};

/// What the final image contains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layout {
    /// The sources as they are.
    #[default]
    Source,
    /// The sources, and what the build adds to them.
    Tree,
    /// Only the output folders of the build.
    Output,
    /// The output of the build, which includes its own dependencies.
    Bundle,
    /// Next.js's standalone output.
    Standalone,
    /// Files for a web server.
    Site,
}

/// How one program is started.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Launch {
    /// Flags of Node.js itself.
    pub(crate) flags: Vec<String>,
    /// The script, relative to the application's folder in the image.
    pub(crate) file: String,
    /// Arguments of the script.
    pub(crate) args: Vec<String>,
    /// Environment variables that the start script sets.
    pub(crate) env: Vec<(String, String)>,
    /// The folder in which it is started, if it is not the application's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dir: Option<String>,
    /// A shell line that runs before it, if the start script is a chain.
    pub(crate) before: Option<String>,
    /// What the final image contains.
    pub(crate) layout: Layout,
    /// Folders and files that the build writes, relative to the application.
    pub(crate) outputs: Vec<String>,
    /// Files of the repository that it needs beside the output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) carried: Vec<String>,
    /// Files beside the sources that compiled code opens beside itself: their paths in the
    /// repository and in the image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) left: Vec<(String, String)>,
    /// Files that the build writes and that a flag loads before the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) preloads: Vec<String>,
    /// True if the output contains the dependencies in its own files.
    #[serde(default)]
    pub(crate) bundled: bool,
    /// The folder of a site.
    pub(crate) site: Option<String>,
    /// The page of a site that answers for unknown paths.
    pub(crate) fallback: Option<String>,
    /// The path below which a site is served, without slashes around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prefix: Option<String>,
    /// True if development dependencies stay, because the program needs one.
    pub(crate) keep_development: bool,
    /// The script that builds, if it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<String>,
    /// Scripts that run after it and write what the program serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) also: Vec<String>,
    /// The command of a dependency that builds it, if no script does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) build: Option<Vec<String>>,
    /// Environment variables that the build needs.
    pub(crate) build_env: Vec<(String, String)>,
    /// Folders in which the build keeps its cache, relative to the application.
    pub(crate) build_caches: Vec<String>,
    /// True if the program's code updates the tables of its database.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) migrates: bool,
    /// The source from which the program was compiled, or the script itself. Scans begin there.
    pub(crate) source: Option<String>,
}

impl Launch {
    /// True for a path, relative to the application, whose first name is an output of the build.
    pub(super) fn is_output(&self, way: &str) -> bool {
        let first = way.split('/').next().unwrap_or_default();
        self.outputs.iter().any(|output| output == first)
    }

    /// Adds scripts that write, beside the build, what the program serves.
    pub(super) fn beside(&mut self, made: &[Sourced<(String, String)>]) {
        for made in made {
            let (script, folder) = made.value.clone();
            match self.layout {
                Layout::Source => self.layout = Layout::Tree,
                Layout::Output | Layout::Bundle if !self.outputs.contains(&folder) => {
                    self.outputs.push(folder);
                }
                _ => {}
            }
            self.also.push(script);
        }
    }

    /// Adds arguments that open the program to the network, unless its start already has them.
    /// Returns the evidence for those that were added.
    pub(super) fn opens(
        &mut self,
        word: Option<&Sourced<String>>,
        args: &[Sourced<String>],
    ) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        if let Some(word) = word.filter(|_| self.args.is_empty()) {
            self.args.extend(word.value.split(' ').map(str::to_owned));
            evidence.extend(word.evidence.iter().cloned());
        }
        for arg in args {
            let flag = arg.value.split('=').next();
            if !self.args.iter().any(|held| held.split('=').next() == flag) {
                self.args.push(arg.value.clone());
                evidence.extend(arg.evidence.iter().cloned());
            }
        }
        evidence
    }
}

//! How a program is started, and what the final image must hold for it: what `detect` decides and
//! `plan` reads.

use serde::{Deserialize, Serialize};

use crate::facts::{Evidence, Sourced};

/// What the final image holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Layout {
    /// The sources as they are.
    #[default]
    Source,
    /// The sources, with what the build adds to them.
    Tree,
    /// The build's output folders alone.
    Output,
    /// The build's output, which brings its own dependencies.
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
    /// Environment that its start script sets.
    pub(crate) env: Vec<(String, String)>,
    /// The folder that it is started in, where that is not the application's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) dir: Option<String>,
    /// A line for a shell that runs before it, where the start script is a chain.
    pub(crate) before: Option<String>,
    /// What the final image holds.
    pub(crate) layout: Layout,
    /// Folders and files that the build makes, relative to the application.
    pub(crate) outputs: Vec<String>,
    /// Files of the repository that it needs beside the output.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) carried: Vec<String>,
    /// Files that the build makes and that a flag loads before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) preloads: Vec<String>,
    /// The output holds the dependencies in its own files.
    #[serde(default)]
    pub(crate) bundled: bool,
    /// The folder of a site.
    pub(crate) site: Option<String>,
    /// The page of a site that unknown paths lead to.
    pub(crate) fallback: Option<String>,
    /// The path below which a site is served, without slashes around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prefix: Option<String>,
    /// Development dependencies stay: something that is started is one.
    pub(crate) keep_development: bool,
    /// The script that builds, where it is not the usual one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<String>,
    /// Scripts that run after it, and make what the program serves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) also: Vec<String>,
    /// The command of a dependency that builds it, where no script does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) build: Option<Vec<String>>,
    /// Environment that the build needs.
    pub(crate) build_env: Vec<(String, String)>,
    /// Folders that the build keeps its cache in, relative to the application.
    pub(crate) build_caches: Vec<String>,
    /// The source that the program was compiled from, or the script itself: where a scan begins.
    pub(crate) source: Option<String>,
}

impl Launch {
    /// Scripts beside the build make what the program serves.
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

    /// Arguments that open the program to the network, where its start gives none of them: the
    /// evidence for what was added.
    pub(super) fn opens(
        &mut self,
        word: Option<&Sourced<String>>,
        args: &[Sourced<String>],
    ) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        if let Some(word) = word.filter(|_| self.args.is_empty()) {
            self.args.push(word.value.clone());
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

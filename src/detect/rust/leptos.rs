//! cargo-leptos: a table in the manifest that says with which features the server is built and
//! where it listens. Format: <https://github.com/leptos-rs/cargo-leptos#configuration>.

use std::rc::Rc;

use super::codes;
use super::features::Asked;
use super::manifest::Manifest;
use super::source::SourceFile;
use super::workspace::Workspace;
use crate::facts::{EnvVar, Evidence, Finding, FindingCode, Kind, Program, Sourced};
use crate::path::RelPath;
use crate::settings::{self, Item};

/// The address of a server whose table states none.
const ADDRESS: &str = "127.0.0.1:3000";

/// What the table says of a package's server.
pub(super) struct Leptos {
    pub(super) asked: Asked,
    port: Option<u16>,
    output: String,
    path: RelPath,
    line: u32,
}

/// The table of a package, or the one of the workspace that names the package.
pub(super) fn of(workspace: &Workspace, manifest: &Manifest) -> Option<Leptos> {
    if let Some(own) = read(manifest, manifest, &["package", "metadata", "leptos"]) {
        return Some(own);
    }
    read(&workspace.manifest, manifest, &["workspace", "metadata", "leptos"])
}

fn read(file: &Manifest, package: &Manifest, keys: &[&str]) -> Option<Leptos> {
    if !file.text.contains("metadata.leptos") {
        return None;
    }
    let root = settings::parse_toml(&file.text)?;
    let found = root.at(keys)?;
    let name = package.name();
    let mut all = found.items().iter().chain(std::iter::once(found));
    let table = all.find(|table| {
        let of = table.text_at(&["bin-package"]);
        !table.entries().is_empty() && of.map_or(keys[0] == "package", |of| of == name)
    })?;
    let features = table.get("bin-features").map(Item::items).unwrap_or_default();
    let address = table.text_at(&["site-addr"]).unwrap_or(ADDRESS);
    Some(Leptos {
        asked: Asked {
            features: features.iter().filter_map(|one| Some(one.text()?.to_owned())).collect(),
            no_default: table.text_at(&["bin-default-features"]) == Some("false"),
        },
        port: address.rsplit(':').next().and_then(|port| port.parse().ok()),
        output: table.text_at(&["output-name"]).unwrap_or(name).to_owned(),
        path: file.path.clone(),
        line: table.line,
    })
}

impl Leptos {
    fn evidence(&self, note: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, self.line, note)
    }

    /// The command that asks for the features.
    pub(super) fn asks(&self) -> Evidence {
        self.evidence("`bin-features` of cargo-leptos")
    }

    /// Opens the server's address, and says what the image lacks.
    pub(super) fn add(self, files: &[Rc<SourceFile>], program: &mut Program) {
        program.findings.push(
            Finding::new(
                codes::BROWSER_PACKAGE,
                "`cargo leptos build` also makes the scripts and styles that the pages load, and \
                 the image builds the server only",
                [self.evidence("settings of cargo-leptos")],
            )
            .with_why(
                "the server starts, and its pages load neither their scripts nor their styles",
            )
            .with_fix(
                "add a stage that runs `cargo leptos build --release` with your own template, and \
                 copy its target/site to the folder that LEPTOS_SITE_ROOT names",
            ),
        );
        let Some(port) = self.port.filter(|_| files.iter().any(|file| file.names("site_addr")))
        else {
            return;
        };
        let addressed = [FindingCode::LocalhostOnly, FindingCode::PortUnknown];
        program.findings.retain(|finding| !addressed.contains(&finding.code));
        program.kind = Kind::Service;
        let evidence = self.evidence(format!("`site-addr`: port {port}"));
        program.port = Some(Sourced::new(port, evidence.clone()));
        for (key, value) in [
            ("LEPTOS_OUTPUT_NAME", self.output.clone()),
            ("LEPTOS_SITE_ADDR", format!("0.0.0.0:{port}")),
        ] {
            program.env.retain(|held| held.value.key != key);
            let var = EnvVar { key: key.to_owned(), value };
            program.env.push(Sourced::new(var, evidence.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::detect::rust;
    use crate::repo::Repo;

    #[test]
    fn features_and_address_of_the_table() {
        let package = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\
                       [dependencies]\naxum = { version = \"0.7\", optional = true }\n\
                       [features]\nssr = [\"dep:axum\"]\n";
        let table = "site-addr = \"127.0.0.1:3100\"\nbin-features = [\"ssr\"]\n\
                     bin-default-features = false\n";
        let main = "async fn main() { let l = TcpListener::bind(&options.site_addr).await; \
                    axum::serve(l, app()) }";
        let of = |files: &[(&str, &str)]| {
            let repo = Repo::from_files(files.iter().copied());
            let facts = (rust::LANGUAGE.detect)(&repo.root()).unwrap().unwrap();
            let program = facts.programs[0].clone();
            let details: rust::Details = facts.details().unwrap();
            let env: Vec<String> = program
                .env
                .iter()
                .map(|var| format!("{}={}", var.value.key, var.value.value))
                .collect();
            let said = program.findings.iter().map(|one| one.code.as_str().to_owned());
            let own = details.programs.values().next().unwrap();
            (own.features.join(","), program.port.map(|port| port.value), env, said.collect())
        };
        let own = format!("{package}[package.metadata.leptos]\n{table}");
        let expected = (
            "-default,ssr".to_owned(),
            Some(3100),
            vec!["LEPTOS_OUTPUT_NAME=app".to_owned(), "LEPTOS_SITE_ADDR=0.0.0.0:3100".to_owned()],
            vec!["browser-package".to_owned()],
        );
        assert_eq!(of(&[("Cargo.toml", &own), ("src/main.rs", main)]), expected);
        let root = format!(
            "[workspace]\nmembers = [\"app\"]\n[[workspace.metadata.leptos]]\n\
             bin-package = \"app\"\n{table}"
        );
        let files =
            [("Cargo.toml", root.as_str()), ("app/Cargo.toml", package), ("app/src/main.rs", main)];
        assert_eq!(of(&files), expected);
        // Another package's table says nothing.
        let other = root.replace("bin-package = \"app\"", "bin-package = \"b\"");
        let files = [("Cargo.toml", other.as_str()), files[1], files[2]];
        assert_eq!(of(&files).0, "");
    }
}

//! The rows of `templates/catalog/java.toml` that only Java reads.

use std::collections::BTreeMap;

use anyhow::Result;
use serde::Deserialize;

use crate::catalog;
use crate::catalog::Catalog;
use crate::code::Rows;
use crate::detect::privileges::Privileged;

/// Settings with the address of a service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceSetting {
    /// The key as Spring compares keys.
    pub(super) key: String,
    /// The name of the service.
    pub(super) name: String,
    /// An annotation of programs that are that service themselves.
    #[serde(default)]
    pub(super) unless: Option<String>,
}

/// What a release line of Spring Boot can do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SpringBoot {
    from: String,
    /// The oldest JDK on which it runs.
    pub(super) java: u32,
    /// `tools` or `layertools`; empty if layers cannot be extracted.
    pub(super) jarmode: String,
    /// The package of the launchers.
    pub(super) loader: String,
}

/// How long a release line of Spring Boot gets fixes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Support {
    pub(super) from: String,
    pub(super) eol: String,
    pub(super) supported: bool,
}

/// A known parent outside the repository.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KnownParent {
    pub(super) artifact: String,
    /// True if it binds the goal that packages an executable archive.
    pub(super) repackage: bool,
}

/// The oldest JDK of a release line.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Floor {
    from: String,
    pub(super) java: u32,
}

/// A plugin that connects to a database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeedsDatabase {
    pub(super) plugin: String,
    /// The goals that connect, the usual one first.
    pub(super) goals: Vec<String>,
    /// The phase to which they are bound by default.
    pub(super) phase: Option<String>,
    /// Where the address is in the plugin's configuration.
    pub(super) address: String,
    /// The property of the project with the address.
    pub(super) property: Option<String>,
    /// The part of the configuration, and the text in it, with which it needs no database.
    pub(super) unless: Option<(String, String)>,
    /// Where this is documented.
    #[serde(rename = "source")]
    _source: String,
}

/// A plugin that reads `.git`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeedsGit {
    pub(super) plugin: String,
    /// The property that skips it.
    pub(super) skip: String,
    /// The setting that lets it work without `.git` if it is `false`.
    pub(super) tolerant: Option<String>,
    /// The setting, or the dependency of the plugin, without which it does not read `.git`.
    pub(super) only_with: Option<String>,
}

/// An extension that reads `.git`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GitExtension {
    pub(super) artifact: String,
    pub(super) skip: String,
}

/// A check of the sources.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Gate {
    pub(super) plugin: String,
    pub(super) skip: String,
}

/// Which servlet API needs which environment of the container.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Servlet {
    pub(super) api: String,
    from: String,
    pub(super) environment: String,
}

/// The default port of a framework's server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerDefault {
    pub(super) artifact: String,
    /// A name in code that starts the server.
    pub(super) names: String,
    pub(super) port: u16,
    /// The name to which code assigns another port.
    pub(super) setting: Option<String>,
}

/// A server whose port is in the settings, if the code opens none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ServerSetting {
    /// The beginning of the dependency's key.
    pub(super) dependency: String,
    pub(super) port: String,
    pub(super) host: String,
    /// The variable that sets it, if every setting has one.
    pub(super) variable: Option<String>,
}

/// A library that starts a browser.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Browser {
    /// The beginning of its imports.
    pub(super) import: String,
    /// The calls that start the browser.
    pub(super) calls: Vec<String>,
    /// The browser.
    pub(super) name: String,
    /// What to do.
    pub(super) instead: String,
}

/// A service that a starter of Spring looks for where no setting names it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StarterService {
    pub(super) dependencies: Vec<String>,
    pub(super) name: String,
    /// The address that it takes.
    pub(super) address: String,
    /// The variable that names another one.
    pub(super) variable: String,
    /// The beginnings of the settings that name one.
    pub(super) settings: Vec<String>,
    /// Names in code that make a connection of their own, or turn the starter's off.
    #[serde(default)]
    pub(super) unless: Vec<String>,
}

/// A plugin that builds an image or a native program.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ships {
    pub(super) plugin: String,
    pub(super) goals: Vec<String>,
    /// The phase to which its goals are bound if the pom states none.
    pub(super) phase: Option<String>,
    /// The property that skips it.
    pub(super) skip: String,
    /// What it makes.
    pub(super) makes: String,
}

/// A port beside the program's own.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SidePort {
    /// The beginning of the dependency's key, or of several.
    pub(super) dependency: String,
    /// The setting that moves it.
    pub(super) port: String,
    /// The port without that setting; `None` if nothing is opened then.
    pub(super) default: Option<u16>,
    /// The setting that must be `true`.
    pub(super) only_with: Option<String>,
    /// A name that the code must contain.
    pub(super) names: Option<String>,
    /// What it serves.
    pub(super) what: String,
    /// True if it needs no other server beside it.
    #[serde(default)]
    pub(super) alone: bool,
}

/// A plugin whose goal packs a war together with its server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bundled {
    pub(super) plugin: String,
    pub(super) goal: String,
    /// The setting that must be `true`.
    pub(super) when: Option<String>,
    /// The setting with the name of the archive.
    pub(super) name: Option<String>,
    /// What the archive's name has after that of the war.
    pub(super) suffix: String,
    pub(super) server: String,
    /// Arguments with which it listens on all addresses.
    pub(super) args: Option<String>,
}

/// The servlet container for a war without one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Jetty {
    pub(super) version: String,
    pub(super) java: u32,
    pub(super) default_environment: String,
}

/// All tables.
pub(super) struct Tables {
    pub(super) catalog: &'static Catalog,
    /// What functions of libraries do.
    pub(super) code: Rows,
    spring_boot: Vec<SpringBoot>,
    spring_boot_support: Vec<Support>,
    pub(super) parent: Vec<KnownParent>,
    quarkus: Vec<Floor>,
    pub(super) needs_database: Vec<NeedsDatabase>,
    pub(super) needs_git: Vec<NeedsGit>,
    pub(super) ships: Vec<Ships>,
    pub(super) starter_service: Vec<StarterService>,
    pub(super) browser: Vec<Browser>,
    pub(super) git_extension: Vec<GitExtension>,
    pub(super) gate: Vec<Gate>,
    servlet: Vec<Servlet>,
    pub(super) bundled: Vec<Bundled>,
    pub(super) jetty: Jetty,
    pub(super) server_default: Vec<ServerDefault>,
    pub(super) server_setting: Vec<ServerSetting>,
    pub(super) side_port: Vec<SidePort>,
    /// The first version in which Quarkus calls its packaging differently.
    pub(super) quarkus_jar_type: String,
    /// The version of Spring Boot up to which its plugin has its own `<finalName>`.
    pub(super) spring_boot_own_name_until: String,
    /// The environment for `javax.servlet`.
    pub(super) servlet_before_jakarta: String,
    /// JVM options for a container.
    pub(super) jvm_options: String,
    pub(super) alpine_amd64_only: Vec<String>,
    pub(super) public_hosts: Vec<String>,
    pub(super) web_starters: Vec<String>,
    /// The beginnings of the names of Quarkus' extensions that bring no server.
    pub(super) quarkus_without_server: Vec<String>,
    /// Main classes of tools that measure.
    pub(super) benchmarks: Vec<String>,
    pub(super) service_setting: Vec<ServiceSetting>,
    /// Properties that a framework sets itself.
    pub(super) set_by_framework: Vec<String>,
    pub(super) dependency_packages: BTreeMap<String, String>,
    pub(super) programs: &'static BTreeMap<String, String>,
    pub(super) privileged: Vec<Privileged>,
    pub(super) glibc: BTreeMap<String, String>,
}

impl Tables {
    pub(super) fn read() -> Result<Self> {
        let catalog = Catalog::of(super::ID)?;
        Ok(Self {
            code: catalog.table("code")?,
            spring_boot: catalog.table("spring_boot")?,
            spring_boot_support: catalog.table("spring_boot_support")?,
            parent: catalog.table("parent")?,
            quarkus: catalog.table("quarkus")?,
            needs_database: catalog.table("needs_database")?,
            needs_git: catalog.table("needs_git")?,
            ships: catalog.table("ships")?,
            starter_service: catalog.table("starter_service")?,
            browser: catalog.table("browser")?,
            git_extension: catalog.table("git_extension")?,
            gate: catalog.table("gate")?,
            servlet: catalog.table("servlet")?,
            bundled: catalog.table("bundled")?,
            jetty: catalog.table("jetty")?,
            server_default: catalog.table("server_default")?,
            server_setting: catalog.table("server_setting")?,
            side_port: catalog.table("side_port")?,
            quarkus_jar_type: catalog.table("quarkus_jar_type")?,
            spring_boot_own_name_until: catalog.table("spring_boot_own_name_until")?,
            servlet_before_jakarta: catalog.table("servlet_before_jakarta")?,
            jvm_options: catalog.table("jvm_options")?,
            alpine_amd64_only: catalog.table("alpine_amd64_only")?,
            public_hosts: catalog.table("public_hosts")?,
            web_starters: catalog.table("web_starters")?,
            quarkus_without_server: catalog.table("quarkus_without_server")?,
            benchmarks: catalog.table("benchmarks")?,
            service_setting: catalog.table("service_setting")?,
            set_by_framework: catalog.table("set_by_framework")?,
            dependency_packages: catalog.table("dependency_packages")?,
            programs: catalog::commands()?,
            privileged: catalog.table("privileged")?,
            glibc: catalog.table("glibc")?,
            catalog,
        })
    }

    /// The row of a version of Spring Boot; that of the newest if the version is unknown.
    pub(super) fn spring_boot(&self, version: Option<&str>) -> Option<&SpringBoot> {
        let row = |version: &str| self.spring_boot.iter().find(|row| at_least(version, &row.from));
        version.and_then(row).or_else(|| self.spring_boot.first())
    }

    /// True if this parent binds the goal that repackages the archive.
    pub(super) fn repackages(&self, parent: &str) -> bool {
        self.parent.iter().any(|known| known.repackage && known.artifact == parent)
    }

    /// The release line of Spring Boot to which a version belongs.
    pub(super) fn support(&self, version: &str) -> Option<&Support> {
        self.spring_boot_support.iter().find(|row| at_least(version, &row.from))
    }

    /// The oldest JDK on which a version of Quarkus runs.
    pub(super) fn quarkus(&self, version: Option<&str>) -> Option<u32> {
        let row = |version: &str| self.quarkus.iter().find(|row| at_least(version, &row.from));
        version.and_then(row).or_else(|| self.quarkus.first()).map(|row| row.java)
    }

    /// The dependencies that tell the servlet API, surest first.
    pub(super) fn servlet_apis(&self) -> impl Iterator<Item = &str> {
        self.servlet.iter().map(|row| row.api.as_str())
    }

    /// The environment that this version of an API needs.
    pub(super) fn servlet(&self, api: &str, version: Option<&str>) -> Option<&str> {
        let rows = self.servlet.iter().filter(|row| row.api == api);
        rows.into_iter()
            .find(|row| version.is_none_or(|v| at_least(v, &row.from)))
            .map(|row| row.environment.as_str())
    }
}

/// Compares numbers: `3.10.0-M1` is at least `3.9`. Anything else counts as 0.
pub(super) fn at_least(version: &str, from: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(['.', '-'])
            .map(|part| {
                part.chars()
                    .take_while(char::is_ascii_digit)
                    .collect::<String>()
                    .parse()
                    .unwrap_or(0)
            })
            .collect()
    };
    let (mut left, mut right) = (numbers(version), numbers(from));
    let length = left.len().max(right.len());
    left.resize(length, 0);
    right.resize(length, 0);
    left >= right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_numbers() {
        assert!(
            at_least("3.10.1", "3.9") && at_least("4.1.0-M1", "4.1") && at_least("2.4", "2.4.0")
        );
        assert!(!at_least("3.2.12", "3.3") && !at_least("${x}", "1"));
    }

    #[test]
    fn every_line_of_spring_boot_has_its_jarmode() {
        let tables = Tables::read().unwrap();
        let of = |version: &str| {
            let row = tables.spring_boot(Some(version)).unwrap();
            (row.jarmode.as_str(), row.loader.ends_with("launch"), row.java)
        };
        assert_eq!(of("2.3.12.RELEASE"), ("", false, 8));
        assert_eq!(of("2.7.18"), ("layertools", false, 8));
        assert_eq!(of("3.1.5"), ("layertools", false, 17));
        assert_eq!(of("3.2.0"), ("layertools", true, 17));
        assert_eq!(of("3.3.0"), ("tools", true, 17));
        assert_eq!(of("4.1.1"), ("tools", true, 17));
    }
}

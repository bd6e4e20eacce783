//! A war without a server: for which servlet API it is written.

use super::artifact::{Artifact, Candidate, Project, Shape, WAR};
use super::plugins::{Execution, Plugin};
use super::pom::relative;
use super::tables::Bundled;
use crate::detect::java::codes;
use crate::facts::{Evidence, Finding};

/// The rows of the catalog for the API that Spring Boot manages.
const SPRING_BOOT: &str = "org.springframework.boot:spring-boot";

/// How many sources are searched for an import.
const MAX_SEARCHED: usize = 400;

/// APIs of Jakarta EE as a whole, or of its web services, that a server implements.
const PROVIDED: [&str; 5] = [
    "jakarta.platform:jakarta.jakartaee-",
    "javax:javaee-",
    "jakarta.ws.rs:",
    "javax.ws.rs:",
    "org.eclipse.microprofile:",
];
/// Libraries that implement them within a war.
const BROUGHT: [&str; 6] = ["jersey", "resteasy", "cxf", "weld", "openwebbeans", "restlet"];
/// Packages of what they serve.
const RESOURCES: [&str; 4] =
    ["jakarta.ws.rs.", "javax.ws.rs.", "jakarta.enterprise.", "javax.enterprise."];

/// The plugins of servers for which a war is written, and the servers.
const SERVERS: [(&str, &str); 4] = [
    ("io.openliberty.tools:liberty-maven-plugin", "Open Liberty"),
    ("org.wildfly.plugins:wildfly-maven-plugin", "WildFly"),
    ("org.apache.tomee.maven:tomee-maven-plugin", "TomEE"),
    ("fish.payara.maven.plugins:payara-micro-maven-plugin", "Payara Micro"),
];

impl<'a> Project<'a> {
    /// The plugin that packs the war together with its server.
    pub(super) fn bundled(&self) -> Option<(&'a Bundled, &'a Plugin, &'a Execution)> {
        self.tables.bundled.iter().find_map(|row| {
            let plugin = self.plugins.get(&row.plugin)?;
            let execution = plugin.running(&row.goal).next()?;
            let is_set = row.when.as_ref().is_none_or(|way| {
                let text = plugin.text_of(self.model, execution, way);
                text.is_some_and(|(text, _)| text == "true")
            });
            is_set.then_some((row, plugin, execution))
        })
    }

    /// The archive that such a plugin makes.
    pub(super) fn with_server(&self) -> Option<Candidate> {
        let (row, plugin, execution) = self.bundled()?;
        let named = row.name.as_ref().and_then(|way| plugin.text_of(self.model, execution, way));
        let named = named.map(|(name, _)| name.trim_end_matches(".jar").to_owned());
        let name = named.unwrap_or_else(|| format!("{}{}", self.model.final_name(), row.suffix));
        let file = relative(&format!("{}/{name}.jar", self.model.build_dir()));
        let artifact = Artifact { shape: Shape::Whole, file, options: Vec::new() };
        let evidence = plugin.evidence.clone();
        Some(Candidate { id: self.id(""), artifact, evidence, notes: Vec::new() })
    }

    pub(super) fn servlet(&self) -> Candidate {
        let dependencies = self.model.dependencies();
        let boot = self.environment_of_boot();
        // The API itself says more than a framework that needs it; the rows are in that order.
        let asked = self.tables.servlet_apis().find_map(|api| {
            let dependency = dependencies.iter().find(|dependency| dependency.key == api)?;
            if dependency.version.is_none() && boot.is_some() {
                return boot.clone();
            }
            let environment =
                self.tables.servlet(&dependency.key, dependency.version.as_deref())?;
            Some((environment.to_owned(), dependency.evidence.clone()))
        });
        let asked = asked.or(boot);
        let old_api = || {
            let path = self.model.dir().join("src/main/webapp/WEB-INF/web.xml")?;
            let text = self.repo.text(&path).ok()??;
            let old =
                ["java.sun.com", "xmlns.jcp.org"].into_iter().find(|name| text.contains(name))?;
            let line = crate::repo::line_of(&text, old)?;
            Some((
                self.tables.servlet_before_jakarta.clone(),
                Evidence::at(&path, line, "descriptor of javax.servlet"),
            ))
        };
        // The imports in the sources decide between the old packages and the new ones.
        let imported = self.servlet_import();
        let old = &self.tables.servlet_before_jakarta;
        let asked = match (imported, asked) {
            (Some((true, evidence)), _) => Some((old.clone(), evidence)),
            (Some((false, evidence)), Some((environment, _))) if environment == *old => {
                Some((self.tables.jetty.default_environment.clone(), evidence))
            }
            (_, asked) => asked,
        };
        let plugin = self.plugins.get(WAR);
        let exploded = plugin.and_then(|plugin| plugin.anywhere(self.model, "webappDirectory"));
        let file = exploded.map_or_else(
            || relative(&format!("{}/{}", self.model.build_dir(), self.model.final_name())),
            |found| relative(&found.0),
        );
        let packaging = Evidence::at(
            self.model.path(),
            self.model.line("packaging"),
            "<packaging>war</packaging>",
        );
        let (environment, evidence) = asked
            .or_else(old_api)
            .unwrap_or_else(|| (self.tables.jetty.default_environment.clone(), packaging.clone()));
        if let Some((server, evidence)) = self.other_server() {
            let note = Finding::new(
                codes::SERVLET_CONTAINER_DIFFERS,
                format!(
                    "the war is written for {server}, and the image runs it in Jetty {}",
                    self.tables.jetty.version
                ),
                [evidence],
            );
            let shape = Shape::Servlet { environment };
            let artifact = Artifact { shape, file, options: Vec::new() };
            return Candidate { id: self.id(""), artifact, evidence: packaging, notes: vec![note] };
        }
        let note = Finding::new(
            codes::SERVLET_CONTAINER,
            format!(
                "the war brings no server, so the image runs it in Jetty {} ({environment})",
                self.tables.jetty.version
            ),
            [evidence],
        );
        let artifact =
            Artifact { shape: Shape::Servlet { environment }, file, options: Vec::new() };
        Candidate { id: self.id(""), artifact, evidence: packaging, notes: vec![note] }
    }

    /// The environment of the servlet API that the project's release of Spring Boot manages.
    fn environment_of_boot(&self) -> Option<(String, Evidence)> {
        let (version, evidence) = self.spring_boot_version()?;
        let environment = self.tables.servlet(SPRING_BOOT, Some(&version))?.to_owned();
        let note = format!("Spring Boot {version} manages the servlet API");
        Some((environment, Evidence { note, ..evidence }))
    }

    /// The server that a war needs according to its content: Tomcat's own descriptor, or beans and
    /// transactions of an application server.
    fn other_server(&self) -> Option<(&'static str, Evidence)> {
        let tomcat = self.model.dir().join("src/main/webapp/META-INF/context.xml")?;
        if self.repo.is_file(&tomcat) {
            return Some(("Tomcat", Evidence::file(&tomcat, "only Tomcat reads it")));
        }
        let mut servers = SERVERS.into_iter();
        let named = servers.find_map(|(key, name)| Some((name, self.plugins.get(key)?)));
        if let Some((name, plugin)) = named {
            let note = "the plugin of that server".to_owned();
            return Some((name, Evidence { note, ..plugin.evidence.clone() }));
        }
        let full = "an application server of Jakarta EE";
        for name in ["src/main/resources", "src/main/webapp/WEB-INF/classes"] {
            let path = self.model.dir().join(&format!("{name}/META-INF/persistence.xml"));
            let Some(path) = path else { continue };
            let Ok(Some(text)) = self.repo.text(&path) else { continue };
            if let Some(line) = crate::repo::line_of(&text, "<jta-data-source") {
                return Some((full, Evidence::at(&path, line, "a data source of the server")));
            }
        }
        // The server gives JAX-RS and CDI where the pom takes them as provided, and brings none.
        let dependencies = self.model.dependencies();
        let given = dependencies.iter().any(|d| {
            d.scope == "provided" && PROVIDED.iter().any(|start| d.key.starts_with(start))
        }) && !dependencies
            .iter()
            .any(|d| d.scope != "test" && BROUGHT.iter().any(|name| d.key.contains(name)));
        let folder = self.model.dir().join(&self.model.source_dir())?;
        let files = self.repo.files_under(&folder).filter(|path| path.extension() == "java");
        for path in files.take(MAX_SEARCHED) {
            let Ok(Some(text)) = self.repo.source_text(path) else { continue };
            let bean = |line: &str| {
                let line = line.trim().trim_start_matches('@').trim_start_matches("import ");
                let of = |names: &[&str]| names.iter().any(|name| line.starts_with(name));
                of(&["jakarta.ejb.", "javax.ejb."]) || given && of(&RESOURCES)
            };
            if let Some((number, _)) = (1..).zip(text.lines()).find(|(_, line)| bean(line)) {
                return Some((full, Evidence::at(path, number, "a class for the server")));
            }
        }
        None
    }

    /// The first import of the servlet API, and whether it is the one from before Jakarta.
    fn servlet_import(&self) -> Option<(bool, Evidence)> {
        let folder = self.model.dir().join(&self.model.source_dir())?;
        let files = self.repo.files_under(&folder).filter(|path| path.extension() == "java");
        for path in files.take(MAX_SEARCHED) {
            let Ok(Some(text)) = self.repo.source_text(path) else { continue };
            for (old, name) in [(true, "javax.servlet."), (false, "jakarta.servlet.")] {
                let import = |line: &str| {
                    let rest = line.trim().strip_prefix("import ");
                    rest.is_some_and(|rest| rest.trim_start_matches("static ").starts_with(name))
                };
                if let Some((number, _)) = (1..).zip(text.lines()).find(|(_, line)| import(line)) {
                    let note = format!("the sources import {name}*");
                    return Some((old, Evidence::at(path, number, note)));
                }
            }
        }
        None
    }
}

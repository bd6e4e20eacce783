//! What a project builds that can be started: which archive, at which exact path, in which form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::plugins::{Execution, Plugin};
use super::pom::{Found, Model, relative};
use super::resources;
use super::tables::Tables;
use crate::detect::java::codes;
use crate::facts::{Evidence, Finding};
use crate::repo::Repo;
use crate::settings;

/// The keys of the plugins that package.
pub(super) const SPRING_BOOT: &str = "org.springframework.boot:spring-boot-maven-plugin";
pub(super) const JIB: &str = "com.google.cloud.tools:jib-maven-plugin";
const SHADE: &str = "org.apache.maven.plugins:maven-shade-plugin";
const ASSEMBLY: &str = "org.apache.maven.plugins:maven-assembly-plugin";
const JAR: &str = "org.apache.maven.plugins:maven-jar-plugin";
pub(super) const WAR: &str = "org.apache.maven.plugins:maven-war-plugin";
const DEPENDENCY: &str = "org.apache.maven.plugins:maven-dependency-plugin";
const QUARKUS: [&str; 2] =
    ["io.quarkus.platform:quarkus-maven-plugin", "io.quarkus:quarkus-maven-plugin"];

/// How the final image contains an artifact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Shape {
    /// An archive of Spring Boot, which the image build extracts into layers.
    Layers {
        /// The value of `jarmode`: `tools` or `layertools`.
        jarmode: String,
        /// The layers, those that change least first; empty if the archive has no layers of its
        /// own.
        layers: Vec<String>,
        /// The class that starts the program; `None` if `-jar` starts it.
        launcher: Option<String>,
    },
    /// The folder of Quarkus's fast-jar.
    FastJar,
    /// One archive that contains everything.
    Whole,
    /// An archive whose manifest refers to the files in a folder beside it.
    Manifest {
        /// The folder, relative to the project.
        lib: String,
        /// The name of the folder beside the archive.
        prefix: String,
    },
    /// Compiled classes with the dependencies beside them, started by a class name.
    Classes {
        /// The class.
        main: String,
        /// The arguments that replace an entry of a manifest.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        args: Vec<String>,
    },
    /// A web application without a server.
    Servlet {
        /// The environment of the container, such as `ee10`.
        environment: String,
    },
}

/// Something that can be started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Artifact {
    pub(super) shape: Shape,
    /// The file or folder that the build makes, relative to the project.
    pub(super) file: String,
    /// Options with which the build makes this form: `-Dname=value`.
    pub(super) options: Vec<String>,
}

/// An artifact with its id and the evidence for it.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// The id, unique in the project.
    pub(super) id: String,
    pub(super) artifact: Artifact,
    pub(super) evidence: Evidence,
    /// Findings about it.
    pub(super) notes: Vec<Finding>,
}

/// A project with its plugins.
pub(super) struct Project<'a> {
    pub(super) repo: &'a Repo,
    pub(super) model: &'a Model,
    pub(super) plugins: &'a BTreeMap<String, Plugin>,
    pub(super) tables: &'a Tables,
}

impl Project<'_> {
    /// The version of Spring Boot, if the repository states it.
    pub(super) fn spring_boot_version(&self) -> Option<Found> {
        let known = |version: &String| !version.contains("${");
        let plugin = self.plugins.get(SPRING_BOOT);
        let of_plugin =
            plugin.and_then(|p| Some((p.version.clone().filter(known)?, p.evidence.clone())));
        let of_parent =
            self.model.foreign.as_ref().filter(|p| p.key.starts_with("org.springframework.boot:"));
        let of_parent = of_parent
            .filter(|p| known(&p.version))
            .map(|p| (p.version.clone(), p.evidence.clone()));
        let managed = self.model.managed();
        let bom = managed.get("org.springframework.boot:spring-boot-dependencies");
        let of_bom = bom.and_then(|d| Some((d.version.clone().filter(known)?, d.evidence.clone())));
        of_plugin.or(of_parent).or(of_bom)
    }

    /// The plugin of Quarkus, and its version if the repository states it.
    pub(super) fn quarkus(&self) -> Option<(&Plugin, Option<String>)> {
        let plugin = QUARKUS.iter().find_map(|key| self.plugins.get(*key))?;
        Some((plugin, plugin.version.clone().filter(|version| !version.contains("${"))))
    }

    /// The archives that the build makes to be started, likeliest first.
    pub(super) fn candidates(&self) -> Vec<Candidate> {
        let packaging = self.model.packaging();
        // A parent or an aggregator builds no archive.
        if packaging == "pom" {
            return Vec::new();
        }
        let mut found: Vec<Candidate> = self.quarkus_app().into_iter().collect();
        found.extend(self.spring_boot(&packaging));
        if packaging == "war" && found.is_empty() {
            found.push(self.with_server().unwrap_or_else(|| self.servlet()));
        }
        if found.is_empty() {
            let declared =
                self.shaded().or_else(|| self.assembled()).or_else(|| self.with_manifest());
            found.extend(declared.or_else(|| self.named_class()));
            let more = self.shaded_too(&found);
            found.extend(more);
        }
        found
    }

    fn path(&self, folder: Option<Found>, stem: &str, extension: &str) -> String {
        let folder = folder.map_or_else(|| self.model.build_dir(), |found| found.0);
        relative(&format!("{folder}/{stem}.{extension}"))
    }

    pub(super) fn id(&self, classifier: &str) -> String {
        let name = self.model.artifact_id();
        if classifier.is_empty() { name } else { format!("{name}-{classifier}") }
    }

    fn quarkus_app(&self) -> Option<Candidate> {
        let (plugin, version) = self.quarkus()?;
        if self.model.packaging() != "quarkus" && plugin.running("build").next().is_none() {
            return None;
        }
        // Quarkus renamed this property; the catalog says with which release.
        let new =
            version.is_none_or(|v| super::tables::at_least(&v, &self.tables.quarkus_jar_type));
        let key = if new { "quarkus.package.jar.type" } else { "quarkus.package.type" };
        let stated = self.model.property(key).or_else(|| {
            let properties = plugin.element("properties")?;
            let found = properties.1.children.iter().find(|property| property.name == key)?;
            Some((
                self.model.resolve(&found.text),
                Evidence::at(properties.0, found.line, key.to_owned()),
            ))
        });
        let stated = stated.or_else(|| self.of_settings(key));
        let mut options = Vec::new();
        let mut notes = Vec::new();
        let fast = |kind: &str| matches!(kind, "fast-jar" | "jar" | "mutable-jar");
        // An uber-jar is one layer, which every change of a line would send anew.
        if let Some((kind, evidence)) = stated.filter(|(kind, _)| !fast(kind)) {
            options.push(format!("-D{key}=fast-jar"));
            notes.push(Finding::new(
                codes::PACKAGED_FOR_LAYERS,
                format!("the build makes `{kind}`; the image takes Quarkus' fast-jar instead"),
                [evidence],
            ));
        }
        let file = relative(&format!("{}/quarkus-app", self.model.build_dir()));
        let artifact = Artifact { shape: Shape::FastJar, file, options };
        Some(Candidate { id: self.id(""), artifact, evidence: plugin.evidence.clone(), notes })
    }

    /// What the program's own settings say of its packaging, which the build reads as well.
    fn of_settings(&self, key: &str) -> Option<Found> {
        for folder in resources::folders(self.model) {
            let path = folder.join("application.properties")?;
            let text = self.repo.source_text(&path).ok().flatten();
            let lines = text.iter().flat_map(|text| (1..).zip(text.lines()));
            for (number, line) in lines {
                let Some((name, value)) = line.split_once('=') else { continue };
                if name.trim().trim_start_matches("%prod.") == key {
                    return Some((value.trim().to_owned(), Evidence::at(&path, number, key)));
                }
            }
            for name in ["application.yml", "application.yaml"] {
                let path = folder.join(name)?;
                let text = self.repo.source_text(&path).ok().flatten();
                let keys: Vec<&str> = key.split('.').collect();
                let documents = text.map(|text| settings::parse_yaml(&text)).unwrap_or_default();
                if let Some(item) = documents.iter().find_map(|root| root.at(&keys))
                    && let Some(value) = item.text()
                {
                    return Some((value.to_owned(), Evidence::at(&path, item.line, key)));
                }
            }
        }
        None
    }

    fn spring_boot(&self, packaging: &str) -> Vec<Candidate> {
        let Some(plugin) = self.plugins.get(SPRING_BOOT) else { return Vec::new() };
        let bound: Vec<&Execution> = plugin.running("repackage").collect();
        let inherited = Execution::default();
        let by_parent =
            self.model.foreign.as_ref().is_some_and(|foreign| self.tables.repackages(&foreign.key));
        // The parent binds the goal to this execution, so what the pom says of it counts.
        let own = plugin.executions.get("repackage").unwrap_or(&inherited);
        let executions = if bound.is_empty() && by_parent { vec![own] } else { bound };
        let skipped = |execution: &Execution| {
            plugin.text_of(self.model, execution, "skip").is_some_and(|(text, _)| text == "true")
        };
        executions
            .into_iter()
            .filter(|execution| !skipped(execution))
            .map(|execution| self.repackaged(plugin, execution, packaging))
            .collect()
    }

    fn repackaged(&self, plugin: &Plugin, execution: &Execution, packaging: &str) -> Candidate {
        let text = |way: &str| plugin.text_of(self.model, execution, way);
        let classifier = text("classifier").map(|found| found.0).unwrap_or_default();
        let dash = if classifier.is_empty() { "" } else { "-" };
        let extension = if packaging == "war" { "war" } else { "jar" };
        let version = self.spring_boot_version();
        // Up to 2.0 this was a parameter of the plugin; later releases use only the name of the
        // project.
        let own = text("finalName").filter(|_| {
            version.as_ref().is_some_and(|(version, _)| {
                !super::tables::at_least(version, &self.tables.spring_boot_own_name_until)
            })
        });
        let name = own.map_or_else(|| self.model.final_name(), |found| found.0);
        let stem = format!("{name}{dash}{classifier}");
        let file = self.path(text("outputDirectory"), &stem, extension);
        let mut notes = Vec::new();
        let is = |way: &str, value: &str| text(way).is_some_and(|(found, _)| found == value);
        let row = self.tables.spring_boot(version.as_ref().map(|found| found.0.as_str()));
        if version.is_none() {
            notes.push(Finding::new(
                codes::FRAMEWORK_VERSION_UNKNOWN,
                "no pom in the repository states the version of Spring Boot, so dockgen assumes a \
                 current one",
                [plugin.evidence.clone()],
            ));
        }
        let without_tools = is("includeTools", "false") || is("layers/includeLayerTools", "false");
        let shape = match row.filter(|row| !row.jarmode.is_empty() && !without_tools) {
            None => {
                let evidence = version.map_or_else(|| plugin.evidence.clone(), |found| found.1);
                notes.push(
                    Finding::new(
                        codes::ONE_LAYER,
                        "the archive does not extract into layers, so it is one layer of the image",
                        [evidence],
                    )
                    .with_fix(
                        "move to a Spring Boot that extracts layers by default, and leave \
                         includeTools on",
                    ),
                );
                Shape::Whole
            }
            Some(row) => {
                let layout = text("layout").map(|found| found.0).unwrap_or_default();
                let class = match (packaging, layout.as_str()) {
                    (_, "ZIP" | "DIR") => Some("PropertiesLauncher"),
                    ("war", _) => Some("WarLauncher"),
                    _ if row.jarmode == "layertools" => Some("JarLauncher"),
                    _ => None,
                };
                // Spring Boot 3.2 to 3.5 can use the earlier launchers: `<loaderImplementation>`.
                let classic = is("loaderImplementation", "CLASSIC");
                let loader =
                    if classic { row.loader.trim_end_matches(".launch") } else { &row.loader };
                let launcher = class.map(|class| format!("{loader}.{class}"));
                Shape::Layers {
                    jarmode: row.jarmode.clone(),
                    layers: self.layers(plugin, execution),
                    launcher,
                }
            }
        };
        let artifact = Artifact { shape, file, options: Vec::new() };
        Candidate { id: self.id(&classifier), artifact, evidence: plugin.evidence.clone(), notes }
    }

    /// The layers of an archive in order: Spring Boot's own, or those in the file that the plugin
    /// names.
    fn layers(&self, plugin: &Plugin, execution: &Execution) -> Vec<String> {
        if plugin
            .text_of(self.model, execution, "layers/enabled")
            .is_some_and(|(text, _)| text == "false")
        {
            return Vec::new();
        }
        let custom =
            plugin.text_of(self.model, execution, "layers/configuration").and_then(|(file, _)| {
                let path = self.model.dir().join(&relative(&file))?;
                let text = self.repo.text(&path).ok()??;
                let root = super::xml::parse(&path, &text).ok()?;
                let order: Vec<String> =
                    root.list("layerOrder").map(|layer| layer.text.clone()).collect();
                (!order.is_empty()).then_some(order)
            });
        custom.unwrap_or_else(|| {
            ["dependencies", "spring-boot-loader", "snapshot-dependencies", "application"]
                .map(str::to_owned)
                .to_vec()
        })
    }

    fn shaded(&self) -> Option<Candidate> {
        let plugin = self.plugins.get(SHADE)?;
        let execution = plugin.running("shade").next()?;
        let text = |way: &str| plugin.text_of(self.model, execution, way);
        let transformers = plugin.element_of(execution, "transformers");
        let entry = |is: fn(&str) -> bool| {
            transformers.and_then(|(path, list)| Some((path, list.walk().find(|e| is(&e.name))?)))
        };
        let main = entry(|name| ["mainClass", "Main-Class"].contains(&name))
            .map(|(path, e)| {
                (
                    self.model.resolve(&e.text),
                    Evidence::at(path, e.line, "main class of the shaded jar"),
                )
            })
            .or_else(|| self.manifest_main())?;
        if self.measures(&main.0) {
            return None;
        }
        // These settings change or remove classes, so the unshaded parts would not be the same
        // program.
        let changes = ["relocations", "artifactSet", "minimizeJar"].iter().find_map(|way| {
            plugin
                .element_of(execution, way)
                .filter(|(_, e)| !e.children.is_empty() || e.text == "true")
        });
        let verticle = entry(|name| name == "Main-Verticle");
        let words = verticle.and_then(|(_, e)| vertx(&main.0, self.model.resolve(&e.text)));
        let launches = entry(|name| {
            name.starts_with("Add-") || name.contains("Agent") || name.starts_with("Enable-")
        });
        let Some((path, reason)) = changes.or(launches).or(verticle.filter(|_| words.is_none()))
        else {
            let mut candidate = self.classes(main.0, main.1);
            if let (Some(words), Shape::Classes { args, .. }) =
                (words, &mut candidate.artifact.shape)
            {
                *args = words;
            }
            return Some(candidate);
        };
        let stem = text("finalName").map_or_else(|| self.model.final_name(), |found| found.0);
        let attached = text("shadedArtifactAttached").is_some_and(|(text, _)| text == "true");
        let classifier =
            text("shadedClassifierName").map_or_else(|| "shaded".to_owned(), |found| found.0);
        let stem = if attached && text("finalName").is_none() {
            format!("{stem}-{classifier}")
        } else {
            stem
        };
        let file = match text("outputFile") {
            Some((file, _)) => relative(&file),
            None => self.path(text("outputDirectory"), &stem, "jar"),
        };
        let note = Finding::new(
            codes::ONE_LAYER,
            format!(
                "the shaded jar is one layer of the image, because <{}> changes its content",
                reason.name
            ),
            [Evidence::at(path, reason.line, format!("<{}>", reason.name))],
        )
        .with_fix(
            "nothing, or package without it: the image can hold the dependencies as they are",
        );
        let artifact = Artifact { shape: Shape::Whole, file, options: Vec::new() };
        Some(Candidate {
            id: self.id(""),
            artifact,
            evidence: plugin.evidence.clone(),
            notes: vec![note],
        })
    }

    /// The programs of further executions, each with a main class of its own.
    fn shaded_too(&self, held: &[Candidate]) -> Vec<Candidate> {
        let (Some(plugin), Some(first)) = (self.plugins.get(SHADE), held.first()) else {
            return Vec::new();
        };
        if !matches!(first.artifact.shape, Shape::Classes { .. }) {
            return Vec::new();
        }
        let mut found: Vec<Candidate> = Vec::new();
        for execution in plugin.running("shade") {
            let Some((path, list)) = plugin.element_of(execution, "transformers") else { continue };
            let Some(class) = list.walk().find(|e| e.name == "mainClass") else { continue };
            let main = self.model.resolve(&class.text);
            if first.id == main || found.iter().any(|one| one.id == main) || !is_class(&main) {
                continue;
            }
            let evidence = Evidence::at(path, class.line, "main class of another shaded jar");
            found.push(self.classes(main, evidence));
        }
        found
    }

    fn assembled(&self) -> Option<Candidate> {
        let plugin = self.plugins.get(ASSEMBLY)?;
        let execution = plugin.running("single").find(|execution| {
            plugin.element_of(execution, "descriptorRefs").is_some_and(|(_, list)| {
                list.children.iter().any(|e| e.text == "jar-with-dependencies")
            })
        })?;
        let main = plugin
            .text_of(self.model, execution, "archive/manifest/mainClass")
            .or_else(|| plugin.text_of(self.model, execution, "archive/manifestEntries/Main-Class"))
            .or_else(|| self.manifest_main())?;
        let mut candidate = self.classes(main.0, main.1);
        candidate.artifact.options.push("-Dassembly.skipAssembly=true".to_owned());
        Some(candidate)
    }

    /// The main class in the manifest of the jar.
    fn manifest_main(&self) -> Option<Found> {
        let plugin = self.plugins.get(JAR)?;
        let of = |way: &str| plugin.anywhere(self.model, way);
        of("archive/manifest/mainClass")
            .or_else(|| of("archive/manifestEntries/Main-Class"))
            .filter(|main| !self.measures(&main.0))
    }

    /// True if a main class runs the benchmarks of a module among others.
    fn measures(&self, main: &str) -> bool {
        self.model.lineage.len() > 1 && self.tables.benchmarks.iter().any(|held| held == main)
    }

    /// A jar whose manifest has a main class: with its own folder of dependencies, or with the one
    /// that the image adds.
    fn with_manifest(&self) -> Option<Candidate> {
        let main = self.manifest_main()?;
        let jar = self.plugins.get(JAR)?;
        let text = |way: &str| jar.anywhere(self.model, way);
        let prefix = text("archive/manifest/classpathPrefix")
            .map(|found| relative(&found.0))
            .unwrap_or_default();
        let named = text("archive/manifest/addClasspath").is_some_and(|(text, _)| text == "true");
        let copied = self.plugins.get(DEPENDENCY).and_then(|plugin| {
            let execution = plugin.running("copy-dependencies").next()?;
            let folder = plugin
                .text_of(self.model, execution, "outputDirectory")
                .map(|found| relative(&found.0));
            Some(
                folder
                    .unwrap_or_else(|| relative(&format!("{}/dependency", self.model.build_dir()))),
            )
        });
        let beside = relative(&format!("{}/{prefix}", self.model.build_dir()));
        match copied {
            Some(lib)
                if named && !prefix.is_empty() && lib == beside && text("classifier").is_none() =>
            {
                let stem =
                    text("finalName").map_or_else(|| self.model.final_name(), |found| found.0);
                let file = self.path(text("outputDirectory"), &stem, "jar");
                let artifact =
                    Artifact { shape: Shape::Manifest { lib, prefix }, file, options: Vec::new() };
                Some(Candidate { id: self.id(""), artifact, evidence: main.1, notes: Vec::new() })
            }
            _ => Some(self.classes(main.0, main.1)),
        }
    }

    /// A main class that a property or a plugin for running names.
    fn named_class(&self) -> Option<Candidate> {
        let properties = ["exec.mainClass", "start-class", "mainClass", "main.class"];
        let of_property = properties.iter().find_map(|name| self.model.property(name));
        let of_plugin =
            ["org.codehaus.mojo:exec-maven-plugin", SPRING_BOOT].iter().find_map(|key| {
                let plugin = self.plugins.get(*key)?;
                let skips = plugin.text(self.model, "skip").is_some_and(|(text, _)| text == "true");
                // An execution belongs to the build and runs a tool there. Only the plugin's own
                // configuration is for `exec:java`.
                (!skips)
                    .then_some(plugin)?
                    .text(self.model, "mainClass")
                    .filter(|_| *key == SPRING_BOOT || plugin.executions.is_empty())
            });
        let of_image = || {
            let (path, class) = self.plugins.get(JIB)?.element("container/mainClass")?;
            let note = "the class that jib starts";
            Some((self.model.resolve(&class.text), Evidence::at(path, class.line, note)))
        };
        let (main, evidence) = of_property.or(of_plugin).or_else(of_image)?;
        // What a parent says is said to each of its modules: to the one that holds the class.
        let own = evidence.file == *self.model.path() || self.holds(&main);
        (own && is_class(&main)).then(|| self.classes(main, evidence))
    }

    /// The project's sources hold a class.
    fn holds(&self, class: &str) -> bool {
        let way = class.replace('.', "/");
        let ways = [format!("/{way}.java"), format!("/{way}.kt")];
        let kotlin = way.strip_suffix("Kt").map(|way| format!("/{way}.kt"));
        let folder = self.model.dir();
        let mut files = self.repo.files_under(&folder);
        files.any(|path| ways.iter().chain(&kotlin).any(|way| path.as_str().ends_with(way)))
    }

    /// Classes with the dependencies beside them.
    pub(super) fn classes(&self, main: String, evidence: Evidence) -> Candidate {
        let file = self.model.text("build/outputDirectory").map_or_else(
            || relative(&format!("{}/classes", self.model.build_dir())),
            |found| relative(&found.0),
        );
        let mut options = Vec::new();
        if self.plugins.contains_key(SPRING_BOOT) {
            // A parent outside the repository may bind the goal, which needs a main class in every
            // module.
            options.push("-Dspring-boot.repackage.skip=true".to_owned());
        }
        let artifact = Artifact {
            shape: Shape::Classes { main: main.clone(), args: Vec::new() },
            file,
            options,
        };
        Candidate { id: main, artifact, evidence, notes: Vec::new() }
    }
}

/// The arguments for a Vert.x launcher, which otherwise finds its verticle in the manifest; `None`
/// for any other launcher. Source: <https://vertx.io/docs/vertx-core/java/#_the_vert_x_launcher>
fn vertx(launcher: &str, verticle: String) -> Option<Vec<String>> {
    match launcher {
        "io.vertx.core.Launcher" => Some(vec!["run".to_owned(), verticle]),
        "io.vertx.launcher.application.VertxApplication" => Some(vec![verticle]),
        _ => None,
    }
}

/// True for the name of a class, with or without a package.
pub(super) fn is_class(text: &str) -> bool {
    // Builds that start nothing write `none`.
    let is_named = text.contains('.') || text.starts_with(|c: char| !c.is_lowercase());
    is_named
        && !text.is_empty()
        && text.split('.').all(|part| {
            part.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$')
                && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
        })
}

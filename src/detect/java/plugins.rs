//! Build plugins as Maven merges them: the pom over its parents, `<plugins>` over
//! `<pluginManagement>`.

use std::collections::BTreeMap;

use super::pom::{Found, Model};
use super::xml::Element;
use crate::facts::Evidence;
use crate::path::RelPath;

/// The group of a plugin that states none.
const DEFAULT_GROUP: &str = "org.apache.maven.plugins";

/// One execution of a plugin.
#[derive(Clone, Debug, Default)]
pub(super) struct Execution {
    pub(super) goals: Vec<String>,
    phase: Option<String>,
    configs: Vec<(RelPath, Element)>,
}

impl Execution {
    /// The phase that it states.
    pub(super) fn phase(&self) -> Option<&str> {
        self.phase.as_deref()
    }
}

/// A plugin of the build.
#[derive(Clone, Debug)]
pub(super) struct Plugin {
    pub(super) version: Option<String>,
    pub(super) evidence: Evidence,
    /// The `group:artifact` of each of its own dependencies.
    pub(super) dependencies: Vec<String>,
    /// The executions by id, without those that are bound to no phase.
    pub(super) executions: BTreeMap<String, Execution>,
    configs: Vec<(RelPath, Element)>,
}

impl Plugin {
    /// The element at `way` in the plugin's own configuration.
    pub(super) fn element(&self, way: &str) -> Option<(&RelPath, &Element)> {
        find(&self.configs, way)
    }

    /// The text at `way` in the plugin's own configuration, resolved.
    pub(super) fn text(&self, model: &Model, way: &str) -> Option<Found> {
        resolved(model, find(&self.configs, way)?)
    }

    /// The executions that run `goal`.
    pub(super) fn running(&self, goal: &str) -> impl Iterator<Item = &Execution> {
        self.executions.values().filter(move |execution| execution.goals.iter().any(|g| g == goal))
    }

    /// The element at `way` for an execution: from its own configuration, or else from the
    /// plugin's.
    pub(super) fn element_of<'a>(
        &'a self,
        execution: &'a Execution,
        way: &str,
    ) -> Option<(&'a RelPath, &'a Element)> {
        find(&execution.configs, way).or_else(|| self.element(way))
    }

    /// The text at `way` for an execution, resolved.
    pub(super) fn text_of(&self, model: &Model, execution: &Execution, way: &str) -> Option<Found> {
        resolved(model, self.element_of(execution, way)?)
    }

    /// The first text at `way` in any configuration of the plugin.
    pub(super) fn anywhere(&self, model: &Model, way: &str) -> Option<Found> {
        let of_executions = self.executions.values().find_map(|e| find(&e.configs, way));
        resolved(model, of_executions.or_else(|| self.element(way))?)
    }
}

fn find<'a>(configs: &'a [(RelPath, Element)], way: &str) -> Option<(&'a RelPath, &'a Element)> {
    configs.iter().find_map(|(path, config)| config.at(way).map(|found| (path, found)))
}

fn resolved(model: &Model, (path, element): (&RelPath, &Element)) -> Option<Found> {
    let evidence = Evidence::at(path, element.line, format!("<{}>", element.name));
    (!element.text.is_empty()).then(|| (model.resolve(&element.text), evidence))
}

/// Every plugin of the build by `group:artifact`.
pub(super) fn of(model: &Model) -> BTreeMap<String, Plugin> {
    let mut merged: BTreeMap<String, Plugin> = BTreeMap::new();
    for (depth, level) in model.lineage.iter().enumerate() {
        for scope in level.scopes() {
            for element in scope.list("build/plugins").filter(|e| e.name == "plugin") {
                // `<inherited>false</inherited>` keeps a parent's plugin from the children.
                if depth == 0 || element.text_at("inherited") != Some("false") {
                    merge(model, &mut merged, &level.path, element, true);
                }
            }
        }
    }
    for (path, scope) in model.scopes() {
        // This section only configures plugins that another place declares or that Maven binds
        // itself.
        for element in scope.list("build/pluginManagement/plugins").filter(|e| e.name == "plugin") {
            merge(model, &mut merged, path, element, is_bound(model, element));
        }
    }
    for plugin in merged.values_mut() {
        // The phase `none` is how a pom switches an inherited execution off.
        plugin.executions.retain(|_, execution| execution.phase.as_deref() != Some("none"));
    }
    merged
}

/// True if the plugin belongs to every build with this packaging, whether or not the pom lists it.
/// <https://maven.apache.org/ref/current/maven-core/default-bindings.html>
fn is_bound(model: &Model, element: &Element) -> bool {
    let group = element.text_at("groupId").is_none_or(|group| group == DEFAULT_GROUP);
    let packs = ["jar", "war"].contains(&model.packaging().as_str());
    let own = format!("maven-{}-plugin", model.packaging());
    let name = element.text_at("artifactId").unwrap_or_default();
    group && packs && (name == own || name == "maven-compiler-plugin")
}

/// Adds a weaker declaration. Management only adds to existing plugins.
fn merge(
    model: &Model,
    merged: &mut BTreeMap<String, Plugin>,
    path: &RelPath,
    element: &Element,
    present: bool,
) {
    let text = |name: &str| element.text_at(name).map(|text| model.resolve(text));
    let key = format!(
        "{}:{}",
        text("groupId").unwrap_or_else(|| DEFAULT_GROUP.to_owned()),
        text("artifactId").unwrap_or_default()
    );
    if present && !merged.contains_key(&key) {
        let evidence = Evidence::at(path, element.line, format!("plugin {key}"));
        let plugin = Plugin {
            version: None,
            evidence,
            dependencies: Vec::new(),
            executions: BTreeMap::new(),
            configs: Vec::new(),
        };
        merged.insert(key.clone(), plugin);
    }
    let Some(plugin) = merged.get_mut(&key) else { return };
    plugin.version = plugin.version.take().or_else(|| text("version"));
    plugin
        .configs
        .extend(element.child("configuration").map(|config| (path.clone(), config.clone())));
    for dependency in element.list("dependencies") {
        let part = |name: &str| {
            dependency.text_at(name).map(|text| model.resolve(text)).unwrap_or_default()
        };
        plugin.dependencies.push(format!("{}:{}", part("groupId"), part("artifactId")));
    }
    for execution in element.list("executions").filter(|e| e.name == "execution") {
        // Maven's id for an execution without one.
        let id = execution.text_at("id").unwrap_or("default").to_owned();
        let slot = plugin.executions.entry(id).or_default();
        for goal in execution.list("goals") {
            if !slot.goals.contains(&goal.text) {
                slot.goals.push(goal.text.clone());
            }
        }
        slot.phase = slot
            .phase
            .take()
            .or_else(|| execution.text_at("phase").map(|text| model.resolve(text)));
        slot.configs
            .extend(execution.child("configuration").map(|config| (path.clone(), config.clone())));
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::detect::java::profile::UserSettings;
    use crate::repo::Repo;

    #[test]
    fn the_pom_wins_over_its_parent_and_plugins_over_management() {
        let parent = "<project><artifactId>p</artifactId><build><pluginManagement><plugins>
            <plugin><artifactId>maven-jar-plugin</artifactId><version>3</version><configuration><a>managed</a><b>managed</b></configuration></plugin>
            <plugin><artifactId>unused</artifactId></plugin></plugins></pluginManagement>
            <plugins><plugin><artifactId>own</artifactId><inherited>false</inherited></plugin></plugins></build></project>";
        let child = "<project><parent><artifactId>p</artifactId></parent><artifactId>c</artifactId><build><plugins>
            <plugin><artifactId>maven-jar-plugin</artifactId><configuration><a>child</a></configuration>
            <executions><execution><goals><goal>jar</goal></goals><configuration><c>here</c></configuration></execution>
            <execution><id>off</id><phase>none</phase></execution></executions></plugin></plugins></build></project>";
        let repo = Repo::from_files([("pom.xml", parent), ("c/pom.xml", child)]);
        let path = RelPath::new("c/pom.xml").unwrap();
        let model = Model::load(&repo, &path, &Rc::new(UserSettings::default())).unwrap().unwrap();
        let plugins = of(&model);
        assert_eq!(
            plugins.keys().collect::<Vec<_>>(),
            ["org.apache.maven.plugins:maven-jar-plugin"]
        );
        let jar = &plugins["org.apache.maven.plugins:maven-jar-plugin"];
        assert_eq!(jar.version.as_deref(), Some("3"));
        assert_eq!(jar.text(&model, "a").unwrap().0, "child");
        assert_eq!(jar.text(&model, "b").unwrap().0, "managed");
        let execution = jar.running("jar").next().unwrap();
        assert_eq!(jar.text_of(&model, execution, "c").unwrap().0, "here");
        assert_eq!(jar.text_of(&model, execution, "a").unwrap().0, "child");
        assert_eq!(jar.executions.len(), 1);
    }
}

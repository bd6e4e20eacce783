//! The application objects of web frameworks, and the functions that make them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use anyhow::Result;

use super::source::{Module, Sources};
use super::tables::{Framework, Interface};
use crate::code::{Call, File, Function, conditions};
use crate::facts::Evidence;

/// Maximum number of modules that may hold an application.
const MAX_READ: usize = 400;

/// Maximum number of applications in one module, and of factories that are looked for.
const MAX_MADE: usize = 16;

/// Names of modules that servers are pointed at, likeliest first.
const MODULES: [&[&str]; 3] = [
    &["wsgi", "asgi"],
    &["main", "app", "application", "server", "__main__", "__init__"],
    &["api", "run", "web", "webapp", "start", "index", "home"],
];

/// Names of application objects.
const OBJECTS: [&str; 6] = ["app", "application", "server", "api", "asgi", "wsgi"];

/// Something that a server can run.
#[derive(Clone)]
pub(super) struct Application<'t> {
    pub(super) framework: &'t Framework,
    pub(super) module: Rc<Module>,
    /// The object, or the function that makes it; empty for a script.
    pub(super) name: String,
    pub(super) factory: bool,
    /// Where it is made.
    pub(super) at: usize,
}

impl Application<'_> {
    /// As servers name it: `shop.main:app`, or the path of a script.
    pub(super) fn id(&self) -> String {
        if self.name.is_empty() {
            return self.module.file.path.to_string();
        }
        format!("{}:{}", self.module.name, self.name)
    }

    pub(super) fn evidence(&self) -> Evidence {
        let note = match (&self.framework.interface, self.factory) {
            (Interface::Script, _) => format!("a script of {}", self.framework.of),
            (_, true) => format!("`{}` makes an application of {}", self.name, self.framework.of),
            (_, false) => format!("an application of {}", self.framework.of),
        };
        self.module.file.evidence(self.at, note)
    }

    /// How likely it is the one to start: lower is likelier.
    fn rank(&self) -> impl Ord + use<> {
        let file = &self.module.file;
        let stem = file.path.file_name().trim_end_matches(".py").to_ascii_lowercase();
        let place = MODULES.iter().position(|names| names.contains(&stem.as_str()));
        let named = !self.name.is_empty() && !OBJECTS.contains(&self.name.as_str());
        let depth = file.path.components().count();
        (
            !self.framework.wraps,
            self.factory,
            place.unwrap_or(MODULES.len()),
            named,
            depth,
            file.path.clone(),
            self.at,
        )
    }
}

/// Every application of the frameworks that are installed, likeliest first.
pub(super) fn applications<'t>(
    sources: &Sources,
    frameworks: &'t [Framework],
    has: impl Fn(&str) -> bool,
) -> Result<Vec<Application<'t>>> {
    let mut found = Vec::new();
    let mut rest: Vec<Rc<Module>> = Vec::new();
    let installed: Vec<&Framework> =
        frameworks.iter().filter(|framework| has(framework.package())).collect();
    if installed.is_empty() {
        return Ok(found);
    }
    for path in &sources.all {
        let Some(text) = sources.repo.source_text(path)? else { continue };
        let names = |framework: &&Framework| {
            text.contains(framework.of.split('.').next().unwrap_or_default())
        };
        let like = MODULES[0].iter().any(|name| path.file_name() == format!("{name}.py"));
        if !installed.iter().any(names) && !like && !text.contains("create_app") {
            continue;
        }
        if rest.len() >= MAX_READ {
            break;
        }
        let Some(module) = sources.module(path)? else { continue };
        for framework in &installed {
            made(framework, &module, &mut found);
        }
        rest.push(module);
    }
    let called = called(&rest, &found);
    found.extend(called);
    found.sort_by_cached_key(Application::rank);
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert(one.id()));
    Ok(found)
}

/// What a module makes of a framework.
fn made<'t>(framework: &'t Framework, module: &Rc<Module>, into: &mut Vec<Application<'t>>) {
    let (file, held) = (&module.file, into.len());
    if framework.interface == Interface::Script {
        let import = file.imports.iter().find(|import| import.path == framework.of);
        let paged = file.path.components().rev().nth(1) == Some("pages");
        let placed = !module.name.contains('.') || is_named(file);
        if let Some(import) = import.filter(|_| !paged && placed) {
            let at = (0..file.len()).find(|&at| file.line(at) >= import.line).unwrap_or(0);
            let name = String::new();
            let module = module.clone();
            into.push(Application { framework, module, name, factory: false, at });
        }
        return;
    }
    for &at in file.facts().calls() {
        let Some(call) = Call::at(file, at) else { continue };
        if !framework.names.iter().any(|name| name == call.name()) || !call.is_in(&framework.of) {
            continue;
        }
        if into.len() >= held + MAX_MADE {
            break;
        }
        if let Some((name, factory, at)) = taken(file, &call) {
            let name = attributed(framework, file, name, factory, at);
            into.push(Application { framework, module: module.clone(), name, factory, at });
        }
    }
}

/// True for a script with a usual name, wherever it lies.
fn is_named(file: &File) -> bool {
    let stem = file.path.file_name().trim_end_matches(".py").to_ascii_lowercase();
    MODULES.iter().any(|names| names.contains(&stem.as_str())) || stem.contains("app")
}

/// The object that servers take: the name of the object, or the name of its attribute.
fn attributed(
    framework: &Framework,
    file: &File,
    name: String,
    factory: bool,
    at: usize,
) -> String {
    let Some(attribute) = framework.attribute.as_ref().filter(|_| !factory) else { return name };
    // `server = app.server`
    let all = file.facts().definitions().iter();
    let mut of_object = all.filter(|definition| {
        let value = &definition.value;
        value.len() == 3
            && value.start > at
            && file.word(value.start) == name
            && file.word(value.end - 1) == attribute
    });
    of_object.next().map_or(format!("{name}.{attribute}"), |d| file.word(d.name).to_owned())
}

/// The name that the result of a call gets in its module, or the function that returns it.
fn taken(file: &Rc<File>, call: &Call) -> Option<(String, bool, usize)> {
    let all = file.facts().definitions();
    // Among nested calls, `ProxyFix(Flask(..))` gives the name to both.
    let name = all.iter().find(|d| {
        d.value.contains(&call.at)
            && d.form == crate::code::Form::Set
            && !in_brackets(file, call.at)
    });
    let Some(function) = file.facts().function_at(call.at) else {
        let name = name.filter(|d| !is_guarded(file, d.name))?;
        return Some((file.word(name.name).to_owned(), false, name.name));
    };
    let outer = file.enclosing(function.range.start).is_none();
    let free = outer && needs_nothing(file, function);
    if !free {
        return None;
    }
    let made = name.map(|d| file.word(d.name));
    let returns = returned(file, function);
    let gives = returns.into_iter().any(|range| {
        range.contains(&call.at)
            || made.is_some_and(|made| range.clone().any(|at| file.word(at) == made))
    });
    gives.then(|| (file.word(function.name).to_owned(), true, function.name))
}

/// True inside of the arguments of another call.
fn in_brackets(file: &File, at: usize) -> bool {
    file.enclosing(at).is_some_and(|open| matches!(file.word(open), "(" | "["))
}

/// True below `if __name__ == "__main__":`.
pub(super) fn is_guarded(file: &File, at: usize) -> bool {
    let heads = conditions::heads(file, at);
    heads.into_iter().any(|mut head| head.any(|at| file.word(at) == "__name__"))
}

/// True if a function can be called without arguments.
fn needs_nothing(file: &File, function: &Function) -> bool {
    file.elements(function.parameters).into_iter().all(|one| {
        matches!(file.word(one.start), "*" | "**" | "/")
            || one
                .clone()
                .any(|at| file.word(at) == "=" && file.enclosing(at) == Some(function.parameters))
    })
}

/// The expressions that a function returns.
fn returned(file: &File, function: &Function) -> Vec<Range<usize>> {
    let returns = function.range.clone().filter(|&at| file.word(at) == "return");
    returns
        .map(|at| {
            let end = (at + 1..function.range.end).find(|&end| file.is_line_end(end));
            at + 1..end.unwrap_or(function.range.end)
        })
        .collect()
}

/// Objects that a module makes by a function of another one: `app = create_app()`.
fn called<'t>(modules: &[Rc<Module>], found: &[Application<'t>]) -> Vec<Application<'t>> {
    let mut all = Vec::new();
    for factory in found.iter().filter(|one| one.factory).take(MAX_MADE) {
        for module in modules {
            let file = &module.file;
            let own = module.name == factory.module.name;
            let full = format!("{}.{}", factory.module.name, factory.name);
            for definition in file.facts().definitions() {
                let value = &definition.value;
                let name = value.clone().take(8).find(|&at| file.word(at + 1) == "(");
                let Some(at) = name.filter(|_| definition.form == crate::code::Form::Set) else {
                    continue;
                };
                let is = file.dotted(at).map_or(own && file.word(at) == factory.name, |name| {
                    // The package may pass the function on.
                    name == full || {
                        let (package, last) = name.rsplit_once('.').unwrap_or_default();
                        last == factory.name
                            && factory
                                .module
                                .name
                                .strip_prefix(package)
                                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                    }
                });
                let outside = file.facts().function_at(definition.name).is_none();
                if is && outside && !is_guarded(file, definition.name) {
                    all.push(Application {
                        framework: factory.framework,
                        module: module.clone(),
                        name: file.word(definition.name).to_owned(),
                        factory: false,
                        at: definition.name,
                    });
                }
            }
        }
    }
    all
}

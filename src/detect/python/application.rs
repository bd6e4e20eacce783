//! The application objects of web frameworks, and the functions that make them.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use anyhow::Result;

use super::source::{self, Module, Sources};
use super::tables::{Framework, Interface};
use crate::code::{Call, File, Function, conditions};
use crate::facts::Evidence;
use crate::path::RelPath;

/// Maximum number of modules that may hold an application.
const MAX_READ: usize = 400;

/// Maximum number of applications in one module, and of factories that are looked for.
const MAX_MADE: usize = 16;

/// Maximum number of derived classes, of the bases of one, and of functions that pass on what
/// another one makes.
const MAX_DERIVED: usize = 64;
const MAX_BASES: usize = 8;
const MAX_PASSED: u8 = 3;

/// Names of modules that servers are pointed at, likeliest first.
const MODULES: [&[&str]; 3] = [
    &["wsgi", "asgi"],
    &["main", "app", "application", "server", "__main__", "__init__"],
    &["api", "run", "web", "webapp", "start", "index", "home"],
];

/// Names of application objects.
const OBJECTS: [&str; 6] = ["app", "application", "server", "api", "asgi", "wsgi"];

/// Parts of the names of what takes an application and gives one.
const WRAPPERS: [&str; 8] =
    ["app", "asgi", "fix", "instrument", "middleware", "register", "setup", "wrap"];

/// How far before a function its decorator begins.
const MAX_ABOVE: usize = 64;

/// Something that a server can run.
#[derive(Clone)]
pub(super) struct Application<'t> {
    pub(super) framework: &'t Framework,
    pub(super) module: Rc<Module>,
    /// The object, or the function that makes it; empty for a script.
    pub(super) name: String,
    pub(super) factory: bool,
    /// The function needs arguments: a server cannot call it, another module can.
    demanding: bool,
    /// Where it is made.
    pub(super) at: usize,
}

impl<'t> Application<'t> {
    /// The object or the function at `at`, which a server can load by its name.
    pub(super) fn new(
        framework: &'t Framework,
        module: Rc<Module>,
        name: String,
        factory: bool,
        at: usize,
    ) -> Self {
        Self { framework, module, name, factory, demanding: false, at }
    }

    /// As servers name it: `shop.main:app`, or the path of a script.
    pub(super) fn id(&self) -> String {
        if self.name.is_empty() {
            return self.module.file.path.to_string();
        }
        format!("{}:{}", self.module.name, self.name)
    }

    /// True for what is as much the program as another application that does not lead to it: pages
    /// beside an API, or the application of the same framework in a file of the same name or folder.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        let script = |one: &Self| one.framework.interface == Interface::Script;
        let (own, its) = (&self.module.file.path, &other.module.file.path);
        let usual = MODULES
            .iter()
            .any(|names| names.contains(&own.file_name().trim_end_matches(".py")) && !self.factory);
        let same = usual && own.file_name() == its.file_name();
        let sibling = !self.factory && own.parent() == its.parent();
        let kind = self.framework.of == other.framework.of;
        script(self) != script(other) || kind && own != its && (same || sibling)
    }

    pub(super) fn evidence(&self) -> Evidence {
        let note = match (&self.framework.interface, self.factory) {
            (Interface::Script, _) => format!("a script of {}", self.framework.of),
            (_, true) => format!("`{}` makes an application of {}", self.name, self.framework.of),
            (_, false) => format!("an application of {}", self.framework.of),
        };
        self.module.file.evidence(self.at, note)
    }

    /// True if the name at a position of a module means it.
    fn is_at(&self, module: &Module, at: usize) -> bool {
        let (file, own) = (&module.file, module.name == self.module.name);
        let full = format!("{}.{}", self.module.name, self.name);
        file.dotted(at).map_or(own && file.word(at) == self.name, |name| {
            // The package may pass the function on.
            name == full.trim_start_matches('.') || {
                let (package, last) = name.rsplit_once('.').unwrap_or_default();
                let rest = self.module.name.strip_prefix(package);
                last == self.name && rest.is_some_and(|r| r.is_empty() || r.starts_with('.'))
            }
        })
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
    has: &dyn Fn(&Framework) -> bool,
    told: &[RelPath],
) -> Result<Vec<Application<'t>>> {
    let mut found = Vec::new();
    let mut rest: Vec<Rc<Module>> = Vec::new();
    let installed: Vec<&Framework> = frameworks.iter().filter(|framework| has(framework)).collect();
    if installed.is_empty() {
        return Ok(found);
    }
    for path in &sources.all {
        let Some(text) = sources.repo.source_text(path)? else { continue };
        let names = |framework: &&Framework| {
            text.contains(framework.of.split('.').next().unwrap_or_default())
        };
        // A module with a usual name may call a factory without naming its framework.
        let stem = path.file_name().trim_end_matches(".py");
        let like =
            MODULES[..2].iter().any(|names| names.contains(&stem)) && !stem.starts_with("__");
        if !installed.iter().any(names) && !like && !text.contains("create_app") {
            continue;
        }
        if rest.len() >= MAX_READ {
            break;
        }
        let Some(module) = sources.module(path)? else { continue };
        rest.push(module);
    }
    for framework in &installed {
        let derived = derived(framework, &rest);
        for module in &rest {
            made(framework, &derived, module, told, &mut found);
            annotated(framework, module, &mut found);
        }
    }
    if found.is_empty() {
        found.extend(alone(&installed, &rest));
    }
    for one in &mut found {
        if let Some((name, at)) = plain(one) {
            (one.name, one.at, one.factory) = (name, at, false);
        }
    }
    for _ in 0..MAX_PASSED {
        let passed = passed(&rest, &found);
        if passed.is_empty() {
            break;
        }
        found.extend(passed);
    }
    let called = called(&rest, &found);
    found.extend(called);
    found.retain(|one| !one.demanding);
    found.sort_by_cached_key(Application::rank);
    let mut seen = BTreeSet::new();
    found.retain(|one| seen.insert(one.id()));
    Ok(found)
}

/// The full names of the classes that are derived from those of a framework.
fn derived(framework: &Framework, modules: &[Rc<Module>]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for module in modules {
        let file = &module.file;
        for &at in file.places("class") {
            if found.len() >= MAX_DERIVED || file.word(at + 2) != "(" {
                continue;
            }
            let own = file.elements(at + 2).into_iter().take(MAX_BASES).any(|base| {
                let last = file.word(base.end - 1);
                let full = file.dotted(base.end - 1).unwrap_or_default();
                framework.names.iter().any(|name| {
                    last == name && full.strip_suffix(name).is_some_and(|of| is_of(framework, of))
                })
            });
            if own {
                found.insert(format!("{}.{}", module.name, file.word(at + 1)));
            }
        }
    }
    found
}

/// True for the module of a framework, or one of its own modules, with a dot at the end.
fn is_of(framework: &Framework, module: &str) -> bool {
    let module = module.trim_end_matches('.');
    module.strip_prefix(framework.of.as_str()).is_some_and(|r| r.is_empty() || r.starts_with('.'))
}

/// Functions that return what a known factory makes.
fn passed<'t>(modules: &[Rc<Module>], found: &[Application<'t>]) -> Vec<Application<'t>> {
    let mut all: Vec<Application> = Vec::new();
    for module in modules {
        let file = &module.file;
        for &at in file.places("return") {
            let mut line = (at + 1..at + 8).take_while(|&next| !file.is_line_end(next));
            let Some(name) = line.find(|&next| file.word(next + 1) == "(") else { continue };
            if all.len() >= MAX_MADE {
                return all;
            }
            let factory = found.iter().filter(|one| one.factory).find(|o| o.is_at(module, name));
            let Some((factory, function)) = factory.zip(file.facts().function_at(at)) else {
                continue;
            };
            let word = file.word(function.name);
            let known = |one: &Application| one.name == word && one.module.name == module.name;
            if file.enclosing(function.range.start).is_some() || found.iter().chain(&all).any(known)
            {
                continue;
            }
            all.push(Application {
                demanding: !needs_nothing(file, function),
                ..Application::new(
                    factory.framework,
                    module.clone(),
                    word.to_owned(),
                    true,
                    function.name,
                )
            });
        }
    }
    all
}

/// What a module makes of a framework, or of a class that is derived from it.
fn made<'t>(
    framework: &'t Framework,
    derived: &BTreeSet<String>,
    module: &Rc<Module>,
    told: &[RelPath],
    into: &mut Vec<Application<'t>>,
) {
    let (file, held) = (&module.file, into.len());
    if framework.interface == Interface::Script {
        let placed = !module.name.contains('.') || is_named(file) || told.contains(&file.path);
        into.extend(script(framework, module).filter(|_| placed));
        return;
    }
    for &at in file.facts().calls() {
        let Some(call) = Call::at(file, at) else { continue };
        let of_framework =
            framework.names.iter().any(|name| name == call.name()) && call.is_in(&framework.of);
        let of_class = || {
            let own = format!("{}.{}", module.name, call.name());
            let full = file.dotted(call.at).unwrap_or_else(|| own.clone());
            derived.contains(&full)
                || derived.contains(&own) && file.imported(call.name()).is_none()
        };
        if !of_framework && (derived.is_empty() || !of_class()) {
            continue;
        }
        if into.len() >= held + MAX_MADE {
            break;
        }
        if let Some(Taken { name, factory, demanding, at }) = taken(file, &call) {
            let name = attributed(framework, file, name, factory, at);
            into.push(Application {
                demanding,
                ..Application::new(framework, module.clone(), name, factory, at)
            });
        }
    }
}

/// A module that a command of its framework runs as a script, wherever it lies.
fn script<'t>(framework: &'t Framework, module: &Rc<Module>) -> Option<Application<'t>> {
    let file = &module.file;
    let import = file.imports.iter().find(|import| import.path == framework.of)?;
    let paged = file.path.components().rev().nth(1) == Some("pages");
    let marked = |name: &String| !file.places(name).is_empty();
    if paged || !framework.marks.is_empty() && !framework.marks.iter().any(marked) {
        return None;
    }
    let at = (0..file.len()).find(|&at| file.line(at) >= import.line).unwrap_or(0);
    Some(Application::new(framework, module.clone(), String::new(), false, at))
}

/// The only module that imports a framework of scripts and that no other one imports.
fn alone<'t>(frameworks: &[&'t Framework], modules: &[Rc<Module>]) -> Option<Application<'t>> {
    let scripts = frameworks.iter().filter(|one| one.interface == Interface::Script);
    let mut found = scripts.flat_map(|one| modules.iter().filter_map(|m| script(one, m)));
    let brings = |module: &Rc<Module>, name: &str| {
        module.file.imports.iter().any(|import| source::named(import).any(|one| one == name))
    };
    let free = |one: &Application| !modules.iter().any(|module| brings(module, &one.module.name));
    let first = found.by_ref().find(free)?;
    found.find(free).is_none().then_some(first)
}

/// Functions that say what they return: `def create_app() -> FastAPI:`.
fn annotated<'t>(framework: &'t Framework, module: &Rc<Module>, into: &mut Vec<Application<'t>>) {
    let (file, held) = (&module.file, into.len());
    for function in &file.facts().functions {
        let (name, at) = (function.name, file.closing(function.parameters) + 1);
        if file.word(at) != "->" || function.method {
            continue;
        }
        let last = (at + 1..at + MAX_BASES).find(|&end| file.word(end + 1) == ":");
        let Some(last) = last else { continue };
        let word = file.word(last);
        let of = file.dotted(last).and_then(|full| Some(full.strip_suffix(word)?.to_owned()));
        let own = framework.names.iter().any(|held| held == word)
            && of.is_some_and(|of| is_of(framework, &of));
        // A coroutine gives no application to a server, and a decorator may give another one.
        let coroutine = name > 1 && file.word(name - 2) == "async";
        let known = into.iter().any(|o| o.name == file.word(name) && o.module.name == module.name);
        let inner = file.enclosing(function.range.start).is_some();
        if !own || coroutine || known || inner || is_decorated(file, name) {
            continue;
        }
        if into.len() >= held + MAX_MADE {
            break;
        }
        let (word, demanding) = (file.word(name).to_owned(), !needs_nothing(file, function));
        into.push(Application {
            demanding,
            ..Application::new(framework, module.clone(), word, true, name)
        });
    }
}

/// True for a function below a decorator, by the place of its name.
pub(super) fn is_decorated(file: &File, name: usize) -> bool {
    let start = name.saturating_sub(2);
    let near = start.saturating_sub(MAX_ABOVE)..start;
    let line = near.rev().skip_while(|&at| file.is_line_end(at));
    line.take_while(|&at| !file.is_line_end(at)).any(|at| file.word(at) == "@")
}

/// The function of the interface itself that a module defines around what a framework made, with its
/// place: `async def application(scope, receive, send)`.
fn plain(one: &Application) -> Option<(String, usize)> {
    let wanted: &[&str] = match one.framework.interface {
        Interface::Asgi => &["scope", "receive", "send"],
        Interface::Wsgi => &["environ", "start_response"],
        Interface::Own | Interface::Script => return None,
    };
    let file = &one.module.file;
    let facts = file.facts();
    let found =
        OBJECTS.iter().filter_map(|name| facts.function_of(file, name)).find(|function| {
            let parameters = file.elements(function.parameters);
            let names: Vec<&str> = parameters.iter().map(|one| file.word(one.start)).collect();
            !function.method && file.enclosing(function.range.start).is_none() && names == wanted
        })?;
    let name = file.word(found.name);
    (one.name != name).then(|| (name.to_owned(), found.name))
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

/// The name of what a call makes.
struct Taken {
    name: String,
    factory: bool,
    demanding: bool,
    at: usize,
}

/// The name that the result of a call gets in its module, or the function that returns it.
fn taken(file: &Rc<File>, call: &Call) -> Option<Taken> {
    let all = file.facts().definitions();
    // Among nested calls, `ProxyFix(Flask(..))` gives the name to both. An attribute has no name:
    // `app.wsgi_app = DispatcherMiddleware(..)`.
    let name = all.iter().find(|d| {
        d.value.contains(&call.at)
            && d.name.checked_sub(1).is_none_or(|before| file.word(before) != ".")
            && d.form == crate::code::Form::Set
            && !in_brackets(file, call.at)
    });
    let Some(function) = file.facts().function_at(call.at) else {
        let name = name.filter(|d| !is_guarded(file, d.name))?;
        let at = name.name;
        let name = file.word(at).to_owned();
        return Some(Taken { name, factory: false, demanding: false, at });
    };
    if file.enclosing(function.range.start).is_some() {
        return None;
    }
    let made = name.map(|d| file.word(d.name));
    let returns = returned(file, function);
    let gives = returns.into_iter().any(|range| {
        range.contains(&call.at) && !is_taken_in(file, call.at)
            || made.is_some_and(|made| range.clone().any(|at| file.word(at) == made))
    });
    gives.then(|| Taken {
        name: file.word(function.name).to_owned(),
        factory: true,
        demanding: !needs_nothing(file, function),
        at: function.name,
    })
}

/// True inside of the arguments of another call.
fn in_brackets(file: &File, at: usize) -> bool {
    file.enclosing(at).is_some_and(|open| matches!(file.word(open), "(" | "["))
}

/// True among the arguments of a call that makes something else: `Kit(app=Flask(..))`. What wraps an
/// application to give another one says so by its name.
fn is_taken_in(file: &File, at: usize) -> bool {
    let Some(open) = file.enclosing(at).filter(|&open| file.word(open) == "(" && open > 0) else {
        return false;
    };
    let name = file.word(open - 1).to_ascii_lowercase();
    file.is_word(open - 1) && !WRAPPERS.iter().any(|word| name.contains(word))
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

/// Where a module binds a name that a server can load; true for a function that makes the object.
pub(super) fn bound(file: &Rc<File>, name: &str) -> Option<(usize, bool)> {
    let outside = |at: usize| file.facts().function_at(at).is_none() && !is_guarded(file, at);
    let mut all = file.facts().definitions_of(file, name).iter().filter(|d| outside(d.name));
    if let Some(set) = all.find(|d| d.form == crate::code::Form::Set) {
        return Some((set.name, false));
    }
    if let Some(function) = file.facts().function_of(file, name)
        && file.enclosing(function.range.start).is_none()
    {
        return Some((function.name, needs_nothing(file, function)));
    }
    let import = file.import_of(name)?;
    let at = (0..file.len()).find(|&at| file.line(at) >= import.line)?;
    Some((at, false))
}

/// True for a module that does its work as it is imported, and is no server: it ends the program, or
/// works with the application and has no name of a server's module.
fn is_errand(file: &Rc<File>) -> bool {
    let stem = file.path.file_name().trim_end_matches(".py");
    let usual = MODULES.iter().any(|names| names.contains(&stem));
    let outside = |at: usize| file.facts().function_at(at).is_none() && !is_guarded(file, at);
    let ends = file.places("exit").iter().any(|&at| file.word(at + 1) == "(" && outside(at));
    let works = file.places("app_context").iter().any(|&at| outside(at));
    ends || works && !usual
}

/// Objects that a module makes by a function of another one: `app = create_app()`.
fn called<'t>(modules: &[Rc<Module>], found: &[Application<'t>]) -> Vec<Application<'t>> {
    let mut all = Vec::new();
    for factory in found.iter().filter(|one| one.factory).take(MAX_MADE) {
        for module in modules.iter().filter(|module| !is_errand(&module.file)) {
            let file = &module.file;
            for definition in file.facts().definitions() {
                let value = &definition.value;
                let name = value.clone().take(8).find(|&at| file.word(at + 1) == "(");
                let Some(at) = name.filter(|_| definition.form == crate::code::Form::Set) else {
                    continue;
                };
                let outside = file.facts().function_at(definition.name).is_none();
                if outside && factory.is_at(module, at) && !is_guarded(file, definition.name) {
                    let name = file.word(definition.name).to_owned();
                    let (framework, module) = (factory.framework, module.clone());
                    all.push(Application::new(framework, module, name, false, definition.name));
                }
            }
        }
    }
    all
}

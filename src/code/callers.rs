//! The callers of a function around a place, where each of them surely means it.

use std::ops::Range;
use std::rc::Rc;

use super::facts::Call;
use super::file::File;
use super::functions::Function;
use super::parameters::named_in;
use super::program::Program;

/// How many callers of a function are looked at.
const MAX_CALLERS: usize = 32;

/// How many calls of its name are, and how many files that import its own.
const MAX_CALLS: usize = 64;

/// How many functions around a place.
const MAX_FUNCTIONS: usize = 4;

/// How many parameters of one function.
const MAX_PARAMETERS: usize = 32;

/// How many tokens parameters or arguments may have.
const MAX_TOKENS: usize = 512;

/// How many definitions of what a method is called on.
const MAX_DEFINITIONS: usize = 4;

/// What one caller passes for a parameter.
#[derive(Clone, Debug)]
pub(crate) struct Passed {
    /// The file of the call.
    pub file: Rc<File>,
    /// The argument.
    pub argument: Range<usize>,
    /// The key below which it holds the value, where the parameter is a pattern.
    pub key: Option<String>,
}

/// A parameter of a function.
pub(crate) struct Parameter<'f> {
    file: &'f Rc<File>,
    function: &'f Function,
    position: usize,
    /// The key that it is taken from, where the parameter is a pattern.
    key: Option<String>,
}

impl<'f> Parameter<'f> {
    /// The parameter of that name of a function around a position.
    pub(crate) fn around(file: &'f Rc<File>, at: usize, name: &str) -> Option<Self> {
        let short = |open: usize| file.closing(open).saturating_sub(open) <= MAX_TOKENS;
        let around = file.facts().functions_around(at).take(MAX_FUNCTIONS);
        around.filter(|function| short(function.parameters)).find_map(|function| {
            let all = file.elements(function.parameters).into_iter().enumerate();
            let mut all = all.take(MAX_PARAMETERS);
            let (position, key) =
                all.find_map(|(at, one)| Some((at, named_in(file, &one, name)?.0)))?;
            Some(Self { file, function, position, key })
        })
    }
}

impl Program<'_> {
    /// What the callers pass for a parameter: no one else's function of the same name is meant.
    pub(crate) fn passed_for(&self, parameter: &Parameter) -> Vec<Passed> {
        let Parameter { file, function, position, key } = parameter;
        let called = file.word(function.name);
        let own = self.calls_named(called).take(MAX_CALLS);
        let own = own.filter(|call| {
            means(call, file, function)
                || file.dialect().indents
                    && !call.is_head_of(file, function)
                    && self.leads_to(call, file, function)
        });
        let others = self.importers(&file.path).take(MAX_CALLS);
        let others = others.filter(|(_, other)| *other != called && file.exports_whole(function));
        let others = others.flat_map(|(from, other)| {
            let calls = self.calls_named(other).take(MAX_CALLS);
            calls.filter(move |call| call.file.path == from.path && !call.is_method())
        });
        let passed = |call: Call| {
            let length = call.file.closing(call.open).saturating_sub(call.open);
            let argument = call.arguments().get(*position)?.clone();
            let key = key.clone();
            (length <= MAX_TOKENS).then_some(Passed { file: call.file, argument, key })
        };
        own.chain(others).take(MAX_CALLERS).filter_map(passed).collect()
    }
}

/// A call of its name means a function: of its file, of one that imports it, on an object of
/// its class.
fn means(call: &Call, file: &Rc<File>, function: &Function) -> bool {
    if call.is_head_of(file, function) {
        return false;
    }
    let own = call.file.path == file.path;
    let imports = |name: &str| {
        let module = call.file.import_of(name).and_then(|i| call.file.modules.get(&i.path));
        module == Some(&file.path)
    };
    let made = call.at > 0 && call.file.word(call.at - 1) == "new";
    let called = file.word(function.name);
    if file.word(function.name.saturating_sub(1)) == "class" {
        return made && (own || imports(called));
    }
    let class = file.class_around(function.name);
    let method = class.start > 0 && file.enclosing(function.name) == Some(class.start);
    if !method {
        return match call.receiver() {
            "" => !call.is_method() && (own || imports(called)),
            "exports" | "this" => own,
            name => imports(name) || own && is_held(call, name, function),
        };
    }
    if call.receiver() == "this" {
        return own && class.contains(&call.at);
    }
    // `const server = new Server()`
    let Some(name) = file.name_of_class(&class).map(|at| file.word(at)) else { return false };
    let definitions = call.file.facts().definitions_of(&call.file, call.receiver());
    definitions.iter().take(MAX_DEFINITIONS).any(|definition| {
        let start = definition.value.start;
        let of = call.file.word(start + 1);
        let known = own && of == name || imports(of);
        call.file.word(start) == "new" && known
    })
}

/// An object of the file holds the function: `const folders = { make(dir) {} }`.
fn is_held(call: &Call, name: &str, function: &Function) -> bool {
    let definitions = call.file.facts().definitions_of(&call.file, name);
    definitions.iter().take(MAX_DEFINITIONS).any(|definition| {
        let value = &definition.value;
        call.file.word(value.start) == "{" && value.contains(&function.parameters)
    })
}

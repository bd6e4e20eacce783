//! Variables of the environment without which a program ends.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use super::{listen, special};
use crate::code::{Call, Does, File, Function, Program as Code, conditions, connects, is_env_name};
use crate::facts::Evidence;

/// How far from a variable its presence is asked for.
const MAX_NEAR: usize = 48;

/// Maximum number of calls of a function, of tokens in a block, and of `except` blocks of one `try`.
const MAX_USES: usize = 64;
const MAX_BLOCK: usize = 200;
const MAX_EXCEPT: usize = 8;

/// Maximum number of tokens before the brackets of a call.
const MAX_CALLEE: usize = 8;

/// Errors that a server turns into an answer.
const ANSWERS: [&str; 10] = [
    "APIException",
    "BadRequest",
    "Forbidden",
    "Http404",
    "NotAuthenticated",
    "NotFound",
    "PermissionDenied",
    "ServiceUnavailable",
    "SuspiciousOperation",
    "Unauthorized",
];

/// A variable that is demanded.
#[derive(Clone)]
pub(super) struct Demand {
    pub(super) evidence: Evidence,
    /// What the code makes of it: `int`, `db`, `bool`; empty for a text.
    pub(super) kind: String,
    /// It is read as the module is imported.
    pub(super) at_import: bool,
}

/// Every variable that is demanded.
pub(super) fn demands(code: &Code) -> BTreeMap<String, Demand> {
    let mut found = BTreeMap::new();
    let own = assigned(code);
    let mut add = |name: String, file: &Rc<File>, at: usize, kind: String| {
        if !is_env_name(&name) || own.contains(&name) || is_tried(file, at, &name) {
            return;
        }
        let evidence = file.evidence(at, format!("without {name} the program ends"));
        let at_import = file.facts().function_at(at).is_none();
        found.entry(name).or_insert(Demand { evidence, kind, at_import });
    };
    for file in code.files() {
        // `os.environ["X"]`
        for &at in file.places("environ") {
            let open = at + 1;
            if file.word(open) != "[" || file.dotted(at).as_deref() != Some("os.environ") {
                continue;
            }
            let close = file.closing(open);
            if matches!(file.word(close + 1), "=" | ":=") {
                continue;
            }
            if let Some(name) = code.value(file, open + 1..close).text() {
                add(name, file, at, cast(file, at));
            }
        }
        for (name, call) in by_wrapper(code, file) {
            add(name, &call.file, call.at, cast(&call.file, call.at));
        }
    }
    for refusal in code.refusals() {
        // Either of several names is enough, so none of them is demanded.
        if let [name] = refusal.names.as_slice()
            && !answers(&refusal.file, refusal.at)
        {
            add(name.clone(), &refusal.file, refusal.at, String::new());
        }
    }
    for (row, call) in code.doing(&[Does::Environment]) {
        // A function that gives nothing for a variable that is not set demands none.
        if row.default.is_none() || gives_none(&row.of) {
            continue;
        }
        let defaulted =
            call.arguments().len() > 1 && row.default == Some(1) && call.placed(1).is_some()
                || call.named("default").is_some();
        let name = code.argument(&call, row.at.unwrap_or(0)).and_then(|value| value.text());
        if let Some(name) = name.filter(|_| !defaulted) {
            add(name, &call.file, call.at, of_cast(&call));
        }
    }
    let mut runs = |call: &Call| listen::runs(code, call);
    for (name, file, at) in connects::handed(code, &[Does::Demands, Does::Connects], &mut runs) {
        let kind = match file.word(at) {
            kind @ ("int" | "float") => kind,
            "loads" => "json",
            _ => "",
        };
        add(name, &file, at, kind.to_owned());
    }
    for (name, call) in used(code) {
        add(name, &call.file, call.at, String::new());
    }
    let schemes = schemes(code);
    for call in code.calls() {
        let Some(range) = special::variable_of(code, &call) else { continue };
        let name = call.file.string(range.start).unwrap_or_default().into_owned();
        if special::default_of(&call).is_none() && !schemes.contains(&name) {
            let kind = if call.is_method() { call.name() } else { "" };
            add(name, &call.file, call.at, kind.to_owned());
        }
    }
    let classes = classes(code);
    for (file, class) in special::settings(code) {
        fields(&classes, &file, &class, &mut add);
    }
    for (name, file, at) in of_databases(code) {
        // The settings are imported without a database too.
        let evidence = file.evidence(at, format!("without {name} there is no database"));
        let (kind, at_import) = (String::new(), false);
        found.entry(name).or_insert(Demand { evidence, kind, at_import });
    }
    found
}

/// The variables that `if A and B: DATABASES["default"] = ..` asks for, where nothing else fills
/// Django's `DATABASES = {}`.
fn of_databases(code: &Code) -> Vec<(String, Rc<File>, usize)> {
    let mut all = Vec::new();
    for file in code.files() {
        let places = file.places("DATABASES");
        let empty = places.iter().any(|&at| {
            file.word(at + 1) == "=" && file.word(at + 2) == "{" && file.word(at + 3) == "}"
        });
        let others = places.iter().copied().filter(|&at| file.word(at + 3) != "}");
        let others: Vec<usize> = others.collect();
        let ([at], true) = (others.as_slice(), empty) else { continue };
        let heads = conditions::heads(file, *at);
        let [head] = heads.as_slice() else { continue };
        let fills = file.word(at + 1) == "[" && file.word(file.closing(at + 1) + 1) == "=";
        if !fills || file.word(head.start) != "if" {
            continue;
        }
        let colon = usize::from(file.word(head.end - 1) == ":");
        let condition = head.start + 1..head.end - colon;
        if condition.clone().any(|at| matches!(file.word(at), "or" | "not")) {
            continue;
        }
        for one in file.split(condition, &["and"]) {
            let value = code.value(file, one);
            let name = value.env().filter(|name| value.text().is_none() && is_env_name(name));
            all.extend(name.map(|name| (name.to_owned(), file.clone(), *at)));
        }
    }
    all
}

/// Variables without a default whose text is used at once: `os.getenv("X").split(",")`,
/// `os.getenv("X") + "/api"`, `str(os.getenv("X"))`, which is the word `None`.
fn used(code: &Code) -> Vec<(String, Call)> {
    let mut all = Vec::new();
    for (row, call) in code.doing(&[Does::Environment]) {
        if !gives_none(&row.of) || call.arguments().len() != 1 {
            continue;
        }
        let file = &call.file;
        let after = file.closing(call.open) + 1;
        let method = file.word(after) == "." && file.word(after + 2) == "(";
        let sum = file.word(after) == "+" && !file.is_line_end(after - 1);
        let shown = file.enclosing(call.at).is_some_and(|open| {
            open > 0 && file.word(open - 1) == "str" && file.closing(open) == after
        });
        let name = code.argument(&call, 0).and_then(|value| value.text());
        if let Some(name) = name.filter(|_| (method || sum || shown) && listen::runs(code, &call)) {
            all.push((name, call));
        }
    }
    all
}

/// True for a condition that answers one request, and ends no program.
fn answers(file: &Rc<File>, at: usize) -> bool {
    let Some(function) = file.facts().function_at(at) else { return false };
    let parameters = file.elements(function.parameters);
    let mut names = parameters.iter().take(2).map(|one| file.word(one.start));
    let end = (at + MAX_BLOCK).min(function.range.end);
    let raised = (at..end).find(|&at| file.word(at) == "raise").unwrap_or(end);
    let raised = if file.word(raised + 2) == "." { raised + 3 } else { raised + 1 };
    let raised = file.word(raised);
    names.any(|name| matches!(name, "request" | "req"))
        || ANSWERS.contains(&raised)
        || raised.starts_with("HTTP")
}

/// The variables that modules set as they are imported: `os.environ["X"] = ..`.
fn assigned(code: &Code) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for file in code.files() {
        for &at in file.places("environ") {
            let indexed = file.word(at + 1) == "[" && file.word(at + 3) == "]";
            let set = indexed && file.word(at + 4) == "=";
            let outside = file.facts().function_at(at).is_none();
            let plain = set && outside && conditions::heads(file, at).is_empty();
            all.extend(file.string(at + 2).filter(|_| plain).map(std::borrow::Cow::into_owned));
        }
    }
    all
}

/// Functions that give nothing where others raise an error.
fn gives_none(of: &str) -> bool {
    of == "os" || of.starts_with("os.")
}

/// `int(os.environ["X"])`
fn cast(file: &File, at: usize) -> String {
    let open = file.enclosing(at).filter(|&open| file.word(open) == "(" && open > 0);
    let around = open.map_or("", |open| file.word(open - 1));
    if matches!(around, "int" | "float" | "bool") { around.to_owned() } else { String::new() }
}

/// `config("X", cast=int)`
fn of_cast(call: &Call) -> String {
    call.named("cast").map_or_else(String::new, |range| call.file.word(range.start).to_owned())
}

/// The variables that `environ.Env(X=(int, 1))` gives a default.
fn schemes(code: &Code) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for call in code.calls_named("Env") {
        let named = call.arguments().into_iter().filter(|one| call.file.word(one.start + 1) == "=");
        all.extend(named.map(|one| call.file.word(one.start).to_owned()));
    }
    all
}

/// The names of the program's classes.
fn classes<'c>(code: &'c Code) -> BTreeSet<&'c str> {
    let places =
        code.files().flat_map(|file| file.places("class").iter().map(move |&at| file.word(at + 1)));
    places.collect()
}

/// True where the program goes on without the variable: in `try`, or below `if "X" in os.environ`.
fn is_tried(file: &Rc<File>, at: usize, name: &str) -> bool {
    let heads = conditions::heads(file, at);
    let asked = heads.into_iter().any(|head| match file.word(head.start) {
        "try" => !is_fatal(file, head.end),
        "if" | "else" if runs_unset(file, &head) => false,
        word => matches!(word, "except" | "if" | "elif" | "else"),
    });
    // `os.environ["X"] if "X" in os.environ else ..`
    let near = at.saturating_sub(MAX_NEAR)..at + MAX_NEAR;
    let inline = near
        .into_iter()
        .any(|at| file.word(at + 1) == "in" && file.string(at).is_some_and(|text| text == name));
    asked || inline
}

/// True for a block that runs where no variable is set: `if not os.environ.get("X"):`, and the `else`
/// of `if os.environ.get("X"):`.
fn runs_unset(file: &Rc<File>, head: &Range<usize>) -> bool {
    if file.word(head.start) == "if" {
        return file.word(head.start + 1) == "not" && reads(file, head.start + 2..head.end);
    }
    let Some(mut close) = head.start.checked_sub(1) else { return false };
    if file.word(close) == ";" {
        close = close.saturating_sub(1);
    }
    if file.word(close) != "}" {
        return false;
    }
    let open = file.opening(close);
    let start = conditions::statement(file, open);
    file.word(start) == "if" && reads(file, start + 1..open)
}

/// True for an expression that is the value of a variable, and nothing where it is not set.
fn reads(file: &Rc<File>, mut range: Range<usize>) -> bool {
    if file.word(range.end - 1) == ":" {
        range.end -= 1;
    }
    let Some(open) = range.clone().take(MAX_CALLEE).find(|&at| file.word(at) == "(") else {
        return false;
    };
    let Some(call) = open.checked_sub(1).and_then(|at| Call::at(file, at)) else { return false };
    let callee: String = (range.start..open).map(|at| file.word(at)).collect();
    let known = ["os.environ.get", "environ.get", "os.getenv", "getenv"].contains(&&*callee)
        || callee == "env"
        || callee.strip_prefix("env.").is_some_and(|name| !name.contains('.'));
    let nothing = special::default_of(&call).is_none_or(|range| {
        range.len() == 1
            && (matches!(file.word(range.start), "None" | "False" | "0")
                || file.string(range.start).is_some_and(|text| text.is_empty()))
    });
    let named = call.arguments().first().and_then(|one| file.string(one.start));
    known
        && nothing
        && file.closing(open) + 1 == range.end
        && named.is_some_and(|name| is_env_name(&name))
}

/// True if every `except` behind the block of a `try` ends the program, or raises an error.
pub(super) fn is_fatal(file: &File, open: usize) -> bool {
    let mut at = file.closing(open) + 1;
    let mut any = false;
    for _ in 0..MAX_EXCEPT {
        if file.word(at) == ";" {
            at += 1;
        }
        if file.word(at) != "except" {
            break;
        }
        let open = (at..at + MAX_NEAR).find(|&at| file.word(at) == "{");
        let Some(open) = open.filter(|&open| ends(file, open)) else { return false };
        any = true;
        at = file.closing(open) + 1;
    }
    any
}

/// True if a block ends the program, or raises an error.
fn ends(file: &File, open: usize) -> bool {
    (open..file.closing(open).min(open + MAX_BLOCK)).any(|at| match file.word(at) {
        "raise" => true,
        "exit" | "_exit" => file.word(at + 1) == "(",
        _ => false,
    })
}

/// Variables that a function demands whose name it is given: `need("TOKEN")`.
fn by_wrapper(code: &Code, file: &Rc<File>) -> Vec<(String, Call)> {
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for &at in file.places("environ") {
        let Some(function) = file.facts().function_at(at) else { continue };
        if !demands_parameter(file, function, at) || !seen.insert(function.name) {
            continue;
        }
        let name = file.word(function.name);
        let uses = code.calls_named(name).filter(|call| !call.is_method());
        for call in uses.take(MAX_USES) {
            let own = call.file.path == file.path || call.file.import_of(name).is_some();
            let given = call.arguments();
            // A second argument is a default.
            let [only] = given.as_slice() else { continue };
            if own
                && only.len() == 1
                && let Some(text) = call.file.string(only.start)
            {
                all.push((text.into_owned(), call));
            }
        }
    }
    all
}

/// True for `os.environ[name]` in a function whose first parameter is `name`, where the program ends
/// without the variable.
fn demands_parameter(file: &Rc<File>, function: &Function, at: usize) -> bool {
    let (open, name) = (at + 1, file.word(at + 2));
    let first = file.elements(function.parameters).into_iter().next();
    let is_first = first.is_some_and(|one| file.word(one.start) == name);
    file.word(open) == "["
        && file.word(open + 2) == "]"
        && file.word(open + 3) != "="
        && is_first
        && !is_tried(file, at, name)
}

/// Fields of a settings class that have no default.
fn fields(
    classes: &BTreeSet<&str>,
    file: &Rc<File>,
    class: &special::Class,
    add: &mut impl FnMut(String, &Rc<File>, usize, String),
) {
    let prefix = special::prefix(file, class);
    for line in file.split(class.open + 1..file.closing(class.open), &[";"]) {
        let (name, of) = (line.start, line.start + 2);
        if !file.is_word(name) || file.word(name + 1) != ":" || file.word(of) == "{" {
            continue;
        }
        let equals =
            line.clone().find(|&at| file.word(at) == "=" && file.enclosing(at) == Some(class.open));
        let kind: Range<usize> = of..equals.unwrap_or(line.end);
        let spared = |at: usize| {
            matches!(
                file.word(at),
                "Optional" | "None" | "ClassVar" | "PrivateAttr" | "computed_field"
            )
        };
        if file.word(name).starts_with('_')
            || kind.clone().any(spared)
            || classes.contains(file.word(of))
        {
            continue;
        }
        let made = equals.and_then(|at| Call::at(file, at + 1));
        let bare = |call: &Call| {
            call.name() == "Field"
                && !["default", "default_factory"].iter().any(|name| call.named(name).is_some())
                && call.arguments().first().is_none_or(|one| {
                    file.word(one.start) == "..." || file.word(one.start + 1) == "="
                })
        };
        if equals.is_some() && !made.as_ref().is_some_and(bare) {
            continue;
        }
        let own = made.and_then(|call| special::variable(&call));
        let variable = own.unwrap_or_else(|| format!("{prefix}{}", file.word(name)));
        add(variable.to_uppercase(), file, name, file.word(of).to_owned());
    }
}

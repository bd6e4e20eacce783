//! Commands of a program that chooses by itself what to do: `switch os.Args[1]`, a map or a list of
//! commands by name, and libraries that work that way.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use super::super::World;
use super::super::demands::refuses;
use super::super::reach::Reach;
use super::{SERVING, positions};
use crate::code::{File, Form, Function, is_env_name};
use crate::facts::{Evidence, Finding, FindingCode};

/// How many steps a word of the command line is followed back.
const MAX_STEPS: u8 = 4;

/// How many expressions are followed back in one program.
const MAX_LOOKS: u32 = 2_000;

/// How many commands are read, which bounds the work on generated code.
const MAX_BRANCHES: usize = 200;

/// How many tokens the head of a condition or of a `switch` may have.
const MAX_HEAD: usize = 40;

/// How many values of one variable are looked at.
const MAX_VALUES: usize = 8;

/// How many functions around a place are looked at.
const MAX_AROUND: usize = 4;

/// Methods that give a word of the command line: of the package flag, and of libraries that take
/// the words one after the other.
const WORDS: [&str; 6] = ["Arg", "Args", "ShiftCommand", "Shift", "PopArg", "PopCommand"];

/// Methods that carry out a command of an interface.
const RUNS: [&str; 6] = ["Run", "Execute", "Exec", "Main", "Do", "Start"];

/// Modules whose programs print their usage where no command is given.
const GOOGLE: &str = "github.com/google/subcommands";
const MITCHELLH: [&str; 2] = ["github.com/mitchellh/cli", "github.com/hashicorp/cli"];

/// A command, and the code that carries it out.
struct Branch {
    name: String,
    evidence: Evidence,
    bodies: Vec<(Rc<File>, Range<usize>)>,
}

/// What a place chooses by.
#[derive(Clone, PartialEq, Eq)]
enum By {
    /// A word of the command line.
    Word,
    /// A flag, which has no default.
    Flag(String),
    /// A variable, which has no default.
    Variable(String),
}

impl By {
    /// How a person gives the program the name of a branch.
    fn given(&self, name: &str) -> String {
        match self {
            Self::Word => name.to_owned(),
            Self::Flag(flag) => format!("--{flag}={name}"),
            Self::Variable(variable) => format!("{variable}={name}"),
        }
    }
}

/// The commands of one place that chooses.
struct Site {
    by: By,
    branches: Vec<Branch>,
    /// What the program does where no word is given.
    defaults: Vec<String>,
}

/// What is known of a program that serves only below a command.
pub(in super::super) enum Dispatched {
    /// The command that serves.
    Serving(String, Evidence),
    /// The variable whose value makes the program serve, with that value.
    Set(String, String, Evidence),
    /// Several commands serve, or one of several levels: none is the likeliest.
    Open(Vec<(String, Evidence)>),
}

/// The command without which the program does not listen; `None` if it listens without one, or if
/// nothing chooses by the words of the command line.
pub(super) fn dispatched(world: &World, reach: &Reach) -> Option<Dispatched> {
    let reader = Reader { world, left: Cell::new(MAX_LOOKS) };
    let mut sites = reader.sites();
    let own = world.closure.packages.first()?;
    let mains = own.files.iter().flat_map(|file| {
        let named = |name: usize| file.code.word(name) == "main";
        let all = file.code.facts().functions.iter();
        all.filter(move |f| !f.method && named(f.name)).map(|f| (&file.code, f.range.clone()))
    });
    let all = sites.iter().flat_map(|site| &site.branches).flat_map(|branch| &branch.bodies);
    let apart: Vec<(Rc<File>, Range<usize>)> = all.cloned().collect();
    if apart.is_empty() {
        return None;
    }
    for (file, range) in mains {
        if reach.leads_without(file, range, &apart) {
            return None;
        }
    }
    for site in &mut sites {
        let leads = |branch: &Branch| {
            branch.bodies.iter().any(|(file, range)| reach.leads(file, range.clone()))
        };
        site.branches.retain(leads);
        if site.branches.iter().any(|branch| site.defaults.contains(&branch.name)) {
            return None;
        }
    }
    sites.retain(|site| !site.branches.is_empty());
    let mut all: Vec<(&By, &Branch)> = sites
        .iter()
        .flat_map(|site| site.branches.iter().map(move |branch| (&site.by, branch)))
        .collect();
    let first = sites.first()?;
    let below = sites.iter().skip(1).flat_map(|site| &site.branches);
    let nested =
        below.into_iter().any(|branch| first.branches.iter().all(|one| one.name != branch.name));
    let known = |name: &String| SERVING.iter().position(|serving| serving == name);
    all.sort_by_key(|(_, branch)| known(&branch.name).unwrap_or(SERVING.len()));
    let mut names: Vec<&String> = all.iter().map(|(_, branch)| &branch.name).collect();
    names.dedup();
    let (by, likeliest) = all.first()?;
    if !nested && (names.len() == 1 || known(names[0]).is_some()) {
        let (name, evidence) = (likeliest.name.clone(), likeliest.evidence.clone());
        return Some(match by {
            By::Variable(variable) => Dispatched::Set(variable.clone(), name, evidence),
            _ => Dispatched::Serving(by.given(&name), evidence),
        });
    }
    let shown = |(by, branch): &(&By, &Branch)| (by.given(&branch.name), branch.evidence.clone());
    Some(Dispatched::Open(all.iter().map(shown).collect()))
}

/// The finding that one of several commands is demanded.
pub(in super::super) fn open(all: &[(String, Evidence)]) -> Finding {
    let mut names: Vec<String> = all.iter().map(|(name, _)| format!("`{name}`")).collect();
    names.dedup();
    let example = all.first().map_or("", |(name, _)| name);
    let what = format!("the program serves only with a command, such as {}", names.join(" or "));
    Finding::new(FindingCode::ArgumentsUnknown, what, all.iter().map(|(_, at)| at.clone()))
        .with_why("the image starts the program without it: it prints its usage and stops")
        .with_fix(format!(
            "set the command with --args \"{example} ...\", or give it to `docker run IMAGE`"
        ))
}

/// Finds the places that choose.
struct Reader<'w, 'p, 'r> {
    world: &'w World<'p, 'r>,
    left: Cell<u32>,
}

impl Reader<'_, '_, '_> {
    fn sites(&self) -> Vec<Site> {
        let mut all: Vec<Site> = Vec::new();
        for file in self.world.code.files() {
            for &at in file.places("switch") {
                all.extend(self.switched(file, at));
            }
            let mut branches = Vec::new();
            let mut defaults = Vec::new();
            for &at in file.places("if") {
                self.compared(file, at, &mut branches, &mut defaults);
            }
            all.push(Site { by: By::Word, branches, defaults });
            all.extend(self.mapped(file));
        }
        all.push(Site { by: By::Word, branches: self.registered(), defaults: Vec::new() });
        all.retain(|site| !site.branches.is_empty());
        all
    }

    /// `switch os.Args[1] { case "serve": ... }`
    fn switched(&self, file: &Rc<File>, at: usize) -> Option<Site> {
        let open = block(file, at)?;
        let head = file.split(at + 1..open, &[";"]).pop()?;
        let mut defaults = Vec::new();
        let by = if self.is_word(file, &head, MAX_STEPS, &mut defaults) {
            By::Word
        } else {
            self.setting(file, head)?
        };
        let close = file.closing(open);
        let mut cases: Vec<usize> = Vec::new();
        let mut here = open + 1;
        while here < close {
            if file.is_open(here) {
                here = file.closing(here);
            } else if matches!(file.word(here), "case" | "default") {
                cases.push(here);
            }
            here += 1;
        }
        let mut branches = Vec::new();
        for (number, &case) in cases.iter().enumerate() {
            let end = cases.get(number + 1).copied().unwrap_or(close);
            let Some(colon) = (case..end).find(|&at| file.word(at) == ":") else { continue };
            let labels = file.split(case + 1..colon, &[","]);
            let names: Vec<String> =
                labels.into_iter().filter_map(|label| self.label(file, label)).collect();
            // The case without a word is what the program does by default.
            if names.iter().any(String::is_empty) {
                continue;
            }
            branches.extend(names.into_iter().take(1).map(|name| Branch {
                evidence: file.evidence(case, format!("command `{name}`")),
                name,
                bodies: vec![(file.clone(), colon + 1..end)],
            }));
        }
        branches.truncate(MAX_BRANCHES);
        Some(Site { by, branches, defaults })
    }

    /// The flag or the variable without a default that an expression is.
    fn setting(&self, file: &Rc<File>, head: Range<usize>) -> Option<By> {
        if head.is_empty() || head.len() > MAX_HEAD {
            return None;
        }
        self.look()?;
        let value = self.world.code.value(file, head);
        if value.is_like() || value.text().is_some_and(|text| !text.is_empty()) {
            return None;
        }
        let flag = value.flag().map(|flag| By::Flag(flag.to_owned()));
        let variable = value.env().filter(|name| is_env_name(name));
        variable.map(|name| By::Variable(name.to_owned())).or(flag)
    }

    /// The text of a label: a literal, a constant, or the name of a set of flags.
    fn label(&self, file: &Rc<File>, label: Range<usize>) -> Option<String> {
        if label.len() == 1
            && let Some(text) = file.string(label.start)
        {
            return Some(text.into_owned());
        }
        if file.word(label.start + 1) == "." && file.word(label.start + 2) == "Name" {
            let all = file.facts().definitions_of(file, file.word(label.start)).iter();
            let mut sets = all.take(MAX_VALUES).filter_map(|definition| {
                let mut value = definition.value.clone().take(MAX_HEAD);
                let made = value.find(|&at| file.word(at) == "NewFlagSet")?;
                file.string(made + 2)
            });
            return sets.next().map(std::borrow::Cow::into_owned);
        }
        self.look()?;
        self.world.code.value(file, label).text()
    }

    /// `if os.Args[1] == "serve" { ... }`, and `if command.Name == os.Args[1]` over a list.
    fn compared(
        &self,
        file: &Rc<File>,
        at: usize,
        branches: &mut Vec<Branch>,
        defaults: &mut Vec<String>,
    ) {
        let Some(open) = block(file, at) else { return };
        let Some(head) = file.split(at + 1..open, &[";"]).pop() else { return };
        for part in file.split(head, &["&&", "||"]) {
            self.demanded(file, at, open, &part, branches);
            let Some(mark) = part.clone().find(|&at| file.word(at) == "==") else { continue };
            let (left, right) = (part.start..mark, mark + 1..part.end);
            for (word, other) in [(&left, &right), (&right, &left)] {
                if branches.len() >= MAX_BRANCHES || other.is_empty() {
                    continue;
                }
                let text = file.string(other.start).filter(|_| other.len() == 1);
                let field = (file.word(other.start + 1) == "." && other.len() == 3)
                    .then(|| file.word(other.start + 2));
                let method = (other.len() == 5 && file.word(other.start + 3) == "(")
                    .then(|| file.word(other.start + 2));
                let listed = field.or(method).filter(|name| is_name(name));
                if text.is_none() && listed.is_none()
                    || !self.is_word(file, word, MAX_STEPS, defaults)
                {
                    continue;
                }
                if let Some(text) = text {
                    branches.extend((!text.is_empty()).then(|| Branch {
                        name: text.to_string(),
                        evidence: file.evidence(at, format!("command `{text}`")),
                        bodies: vec![(file.clone(), open..file.closing(open))],
                    }));
                } else if let Some(name) = field.filter(|name| is_name(name)) {
                    self.listed(name, branches);
                } else if let Some(name) = method.filter(|name| is_name(name)) {
                    self.named_by_method(name, branches);
                }
            }
        }
    }

    /// `if os.Args[1] != "serve" { log.Fatal("usage") }`: what follows belongs to the command.
    fn demanded(
        &self,
        file: &Rc<File>,
        at: usize,
        open: usize,
        part: &Range<usize>,
        branches: &mut Vec<Branch>,
    ) {
        let Some(mark) = part.clone().find(|&at| file.word(at) == "!=") else { return };
        let text = file.string(mark + 1).filter(|text| mark + 2 == part.end && is_command(text));
        let (Some(text), Some(around)) = (text, file.enclosing(at)) else { return };
        let close = file.closing(open);
        let leaves =
            (open..close).any(|at| file.word(at) == "return" && file.enclosing(at) == Some(open));
        let word = part.start..mark;
        if (leaves || refuses(self.world, file, open))
            && self.is_word(file, &word, MAX_STEPS, &mut Vec::new())
        {
            branches.push(Branch {
                name: text.to_string(),
                evidence: file.evidence(at, format!("command `{text}`")),
                bodies: vec![(file.clone(), close + 1..file.closing(around))],
            });
        }
    }

    /// The literals of a list that have a name in that field.
    fn listed(&self, field: &str, branches: &mut Vec<Branch>) {
        let known = branches.len();
        for file in self.world.code.files() {
            let all = file.facts().definitions_of(file, field).iter();
            for definition in all.filter(|definition| definition.form == Form::Field) {
                let (Some(name), Some(open)) =
                    (file.string(definition.value.start), file.enclosing(definition.name))
                else {
                    continue;
                };
                if branches.len() < MAX_BRANCHES && is_command(&name) {
                    branches.push(self.branch(
                        &name,
                        file,
                        definition.name,
                        open..file.closing(open),
                    ));
                }
            }
        }
        if branches.len() == known {
            for (file, name, open) in positions::named(self.world.code, field) {
                let Some(text) = file.string(name).filter(|text| is_command(text)) else {
                    continue;
                };
                if branches.len() < MAX_BRANCHES {
                    branches.push(self.branch(&text, &file, name, open..file.closing(open)));
                }
            }
        }
    }

    /// The types whose method gives the name: `func (*serve) Name() string { return "serve" }`.
    fn named_by_method(&self, method: &str, branches: &mut Vec<Branch>) {
        for file in self.world.code.files() {
            for function in file.facts().functions.iter().filter(|f| f.method) {
                if file.word(function.name) != method || file.word(function.body + 1) != "return" {
                    continue;
                }
                let Some(name) = file.string(function.body + 2).filter(|name| is_command(name))
                else {
                    continue;
                };
                let receiver = file.closing(function.range.start + 1);
                let of = file.word(receiver.saturating_sub(1));
                let bodies = self.methods(of);
                if !bodies.is_empty() && branches.len() < MAX_BRANCHES {
                    branches.push(Branch {
                        evidence: file.evidence(function.name, format!("command `{name}`")),
                        name: name.into_owned(),
                        bodies,
                    });
                }
            }
        }
    }

    /// `var commands = map[string]func(){"serve": serve}` where a word of the command line is its
    /// index, and the map of commands of a library.
    fn mapped(&self, file: &Rc<File>) -> Vec<Site> {
        let library = MITCHELLH.iter().any(|module| file.imports_from(module));
        let mut all = Vec::new();
        for &at in file.places("map") {
            let text = file.word(at + 1) == "[" && file.word(at + 2) == "string";
            let (last, mut here) = (at + MAX_HEAD, file.closing(at + 1) + 1);
            if !text {
                continue;
            }
            // The literal's brace stands behind the type of the values.
            while here < last && file.word(here) != "{" && !file.is_line_end(here) {
                here = match file.word(here) {
                    "struct" | "interface" => file.closing(here + 1) + 1,
                    _ if file.is_open(here) => file.closing(here) + 1,
                    _ => here + 1,
                };
            }
            if file.word(here) != "{" {
                continue;
            }
            let factory = file.word(here - 1) == "CommandFactory" && library;
            let mut defaults = Vec::new();
            if !factory && !self.is_index(file, at, &mut defaults) {
                continue;
            }
            let mut branches = Vec::new();
            for element in file.elements(here).into_iter().take(MAX_BRANCHES) {
                let name = file.string(element.start).filter(|name| is_command(name));
                if let Some(name) = name.filter(|_| file.word(element.start + 1) == ":") {
                    let value = element.start + 2..element.end;
                    branches.push(self.branch(&name, file, element.start, value));
                }
            }
            all.push(Site { by: By::Word, branches, defaults });
        }
        all
    }

    /// True if a word of the command line is an index of the variable that holds the map at `at`.
    fn is_index(&self, file: &Rc<File>, at: usize, defaults: &mut Vec<String>) -> bool {
        let before = at.checked_sub(2).filter(|_| matches!(file.word(at - 1), "=" | ":="));
        let Some(name) = before.map(|at| file.word(at)).filter(|name| !name.is_empty()) else {
            return false;
        };
        self.world.code.files().any(|user| {
            user.places(name).iter().any(|&used| {
                user.word(used + 1) == "["
                    && self.is_word(user, &(used + 2..user.closing(used + 1)), MAX_STEPS, defaults)
            })
        })
    }

    /// `subcommands.Register(&serve{}, "")`
    fn registered(&self) -> Vec<Branch> {
        let mut branches = Vec::new();
        let mut calls = self.world.code.calls_named("Register");
        if calls.any(|call| call.file.imports_from(GOOGLE)) {
            self.named_by_method("Name", &mut branches);
        }
        branches
    }

    fn branch(&self, name: &str, file: &Rc<File>, at: usize, value: Range<usize>) -> Branch {
        let types = value.clone().filter(|&at| file.is_word(at) && file.word(at + 1) == "{");
        let mut bodies: Vec<_> = types.flat_map(|at| self.methods(file.word(at))).collect();
        bodies.push((file.clone(), value));
        let evidence = file.evidence(at, format!("command `{name}`"));
        Branch { name: name.to_owned(), evidence, bodies }
    }

    /// The methods of a type that carry out a command.
    fn methods(&self, of: &str) -> Vec<(Rc<File>, Range<usize>)> {
        if self.look().is_none() {
            return Vec::new();
        }
        let held = |file: &Rc<File>| {
            let all = file.facts().functions.iter().filter(|f| f.method);
            let all = all.filter(|f| RUNS.contains(&file.word(f.name)));
            let all = all.filter(|f| {
                let receiver = file.closing(f.range.start + 1).saturating_sub(1);
                file.word(receiver) == of
            });
            let ranges: Vec<_> = all.map(|f| (file.clone(), f.body..f.range.end)).collect();
            ranges
        };
        self.world.code.files().flat_map(held).collect()
    }

    /// True if an expression is a word of the command line that is no flag's value. Adds the texts
    /// that stand in its place where there is none.
    fn is_word(
        &self,
        file: &Rc<File>,
        range: &Range<usize>,
        steps: u8,
        defaults: &mut Vec<String>,
    ) -> bool {
        if range.len() > MAX_HEAD || self.look().is_none() {
            return false;
        }
        let mut found = false;
        let mut counted = 0;
        for at in range.clone().filter(|&at| file.is_word(at)) {
            let word = file.word(at);
            if word == "len" {
                counted = file.closing(at + 1);
            }
            if at < counted {
                continue;
            }
            let dotted = at > 0 && file.word(at - 1) == ".";
            if dotted {
                let args = word == "Args" && at > 1 && file.word(at - 2) == "os";
                found |= args || WORDS.contains(&word) && file.word(at + 1) == "(";
                continue;
            }
            if matches!(file.word(at + 1), "." | "(") {
                continue;
            }
            let Some(steps) = steps.checked_sub(1) else { continue };
            let all = file.facts().definitions_of(file, word).iter();
            let all = all.filter(|d| d.form.is_variable() && d.scope.contains(&at));
            let mut texts = Vec::new();
            let mut given = false;
            for definition in all.take(MAX_VALUES) {
                match file.string(definition.value.start) {
                    Some(text) if definition.value.len() == 1 => texts.push(text.into_owned()),
                    _ => given |= self.is_word(file, &definition.value, steps, defaults),
                }
            }
            if let Some((function, position)) = parameter(file, at, word).filter(|_| !given) {
                let calls = self.world.code.calls_named(file.word(function.name)).take(MAX_VALUES);
                for call in calls.filter(|call| !call.is_head_of(file, function)) {
                    if let Some(argument) = call.arguments().get(position) {
                        given |= self.is_word(&call.file, argument, steps, defaults);
                    }
                }
            }
            if given {
                found = true;
                defaults.append(&mut texts);
            }
        }
        found
    }

    fn look(&self) -> Option<()> {
        self.left.set(self.left.get().checked_sub(1)?);
        Some(())
    }
}

/// The innermost function around a place that has a parameter of that name, and its position.
fn parameter<'f>(file: &'f File, at: usize, name: &str) -> Option<(&'f Function, usize)> {
    file.facts().functions_around(at).take(MAX_AROUND).find_map(|function| {
        let mut all = file.elements(function.parameters).into_iter().take(MAX_VALUES);
        let position = all.position(|one| file.word(one.start) == name)?;
        Some((function, position))
    })
}

/// The brace of the block behind a condition or a `switch`.
fn block(file: &File, at: usize) -> Option<usize> {
    let mut here = at + 1;
    while here < at + MAX_HEAD && here < file.len() {
        match file.word(here) {
            "{" => return Some(here),
            "(" | "[" => here = file.closing(here),
            _ => {}
        }
        here += 1;
    }
    None
}

/// True for the name of a field or of a method that names a command.
fn is_name(word: &str) -> bool {
    ["name", "use", "command", "cmd", "key", "usageline", "verb"]
        .contains(&word.to_ascii_lowercase().as_str())
}

/// True for a text that a person types as a command.
fn is_command(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
}

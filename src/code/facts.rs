//! Calls, definitions, functions and fields of a file, found in its tokens without a grammar.

pub(super) mod assigned;
mod matched;

use std::ops::Range;
use std::rc::Rc;

use super::file::File;
use super::functions::{self, Function};
use super::tree::{Kind, Tree};
use crate::facts::Evidence;

/// A call: `receiver.name(arguments)`.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The file.
    pub file: Rc<File>,
    /// The position of the name.
    pub at: usize,
    /// The position of the opening bracket of the arguments.
    pub open: usize,
}

impl Call {
    /// The call whose name is at `at`.
    pub(crate) fn at(file: &Rc<File>, at: usize) -> Option<Self> {
        is_call(file, at).then(|| Self { file: file.clone(), at, open: at + 1 })
    }

    /// True for the head of a function's declaration, which looks like a call of it.
    pub(crate) fn is_head_of(&self, file: &File, function: &Function) -> bool {
        self.open == function.parameters && self.file.path == file.path
    }

    /// The name: `ListenAndServe`.
    pub(crate) fn name(&self) -> &str {
        self.file.word(self.at)
    }

    /// The word before the dot; `""` if there is none, or an expression.
    pub(crate) fn receiver(&self) -> &str {
        if self.is_method() && self.at >= 2 && self.file.is_word(self.at - 2) {
            self.file.word(self.at - 2)
        } else {
            ""
        }
    }

    /// True for `x.Name(...)`, for any `x`.
    pub(crate) fn is_method(&self) -> bool {
        self.at >= 1 && matches!(self.file.word(self.at - 1), "." | "?.")
    }

    /// The path of the package of the called function, if the receiver is an import.
    pub(crate) fn package(&self) -> Option<&str> {
        // In `Type::function`, the type determines the package.
        let joined = self
            .at
            .checked_sub(2)
            .filter(|_| self.file.dialect().joints.contains(&self.file.word(self.at - 1)));
        if let Some(owner) = joined {
            return self.file.is_word(owner).then(|| self.file.word(owner));
        }
        if self.at >= 3 && self.file.word(self.at - 3) == "." {
            return None;
        }
        self.file.imported(self.receiver())
    }

    /// The arguments.
    pub(crate) fn arguments(&self) -> Vec<Range<usize>> {
        self.file.elements(self.open)
    }

    /// Evidence at the call.
    pub(crate) fn evidence(&self, note: impl Into<String>) -> Evidence {
        self.file.evidence(self.at, note)
    }
}

fn is_call(tree: &Tree, at: usize) -> bool {
    let dialect = tree.dialect();
    tree.is_word(at)
        && tree.word(at + 1) == "("
        && !dialect.keywords.contains(&tree.word(at))
        && at.checked_sub(1).is_none_or(|before| {
            let before = tree.word(before);
            before != ")"
                && !dialect.functions.contains(&before)
                && !(dialect.indents && before == "class")
        })
}

/// The syntax of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `name := x`, `var name = x`, `const name = x`.
    Declared,
    /// `name = x`.
    Set,
    /// `other.name = x`.
    Assigned,
    /// `Type{name: x}`.
    Field,
    /// The tag of a struct's field.
    Tag,
    /// `let Type { name, field: name } = x`, `const { name, key: name = 1 } = x`.
    Taken,
    /// `static name = x` among the members of a class.
    Member,
}

impl Form {
    /// True for a variable, false for a field.
    pub(crate) fn is_variable(self) -> bool {
        matches!(self, Self::Declared | Self::Set | Self::Taken)
    }
}

/// A definition of a name.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// The position of the name.
    pub name: usize,
    /// The expression.
    pub value: Range<usize>,
    /// Its syntax.
    pub form: Form,
    /// The scope of a declared name.
    pub scope: Range<usize>,
}

/// A field of a type, a method's receiver, a parameter, or a variable with a stated type.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    /// The position of the name of the type that has the field.
    pub owner: usize,
    /// The position of the field's name.
    pub name: usize,
    /// The tokens of its type.
    pub of: Range<usize>,
}

/// Maximum number of tokens to the beginning of a statement, or to the end of its head. A longer
/// one is not analysed, so that hostile text takes linear time.
const MAX_STATEMENT: usize = 96;

/// Maximum number of tokens between the modifier of a member and its value.
const MAX_MEMBER: usize = 10;

/// Maximum number of functions around a place.
const MAX_AROUND: usize = 64;

/// The facts about a file.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Positions of the names of calls, sorted by name, then by position.
    calls: Vec<usize>,
    /// Sorted by name, then by position.
    definitions: Vec<Definition>,
    /// In file order.
    pub functions: Vec<Function>,
    /// Indices of `functions`, sorted by name, then by position.
    named: Vec<usize>,
    /// Sorted by the owner's name, then by position.
    fields: Vec<Field>,
    /// `var name Type`: the name and its type, in file order.
    pub typed: Vec<(usize, Range<usize>)>,
}

impl Facts {
    /// Finds all facts after the token `body`.
    pub(super) fn of(tree: &Tree, body: usize) -> Self {
        let mut facts = Self { functions: functions::of(tree, body), ..Self::default() };
        for at in body..tree.len() {
            match (tree.kind(at), tree.word(at)) {
                (Some(Kind::Word), "struct") if tree.word(at + 1) == "{" => facts.fields(tree, at),
                (Some(Kind::Word), "struct")
                    if tree.dialect().tails && tree.word(at + 2) == "{" =>
                {
                    facts.named_fields(tree, at + 1);
                }
                (Some(Kind::Word), "var") if tree.is_word(at + 1) && tree.word(at + 2) != "=" => {
                    facts.typed.extend(values(tree, at + 2, 1).pop().map(|of| (at + 1, of)));
                }
                (Some(Kind::Word), _) if is_call(tree, at) => facts.calls.push(at),
                (Some(Kind::Mark), ":=" | "=") if tree.dialect().indents => {
                    facts.definitions.extend(assigned::of(tree, at));
                }
                (Some(Kind::Mark), ":=" | "=") => facts.assignment(tree, at, body),
                (Some(Kind::Mark), ":") if !tree.dialect().indents => facts.field(tree, at),
                (Some(Kind::Text), text) if text.starts_with('`') => facts.tag(tree, at),
                (Some(Kind::Mark), "#") if tree.dialect().tails => facts.attribute(tree, at),
                _ => {}
            }
        }
        facts.named = (0..facts.functions.len()).collect();
        facts.named.sort_by_key(|&number| tree.word(facts.functions[number].name));
        facts.calls.sort_by_key(|&at| (tree.word(at), at));
        facts.definitions.sort_by_key(|definition| (tree.word(definition.name), definition.name));
        facts.fields.sort_by_key(|field| (tree.word(field.owner), field.name));
        facts
    }

    /// Positions of the names of all calls, sorted by name.
    pub(crate) fn calls(&self) -> &[usize] {
        &self.calls
    }

    /// All definitions, sorted by name.
    pub(crate) fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Definitions of that name, in file order.
    pub(crate) fn definitions_of(&self, tree: &Tree, name: &str) -> &[Definition] {
        let from = self.definitions.partition_point(|definition| tree.word(definition.name) < name);
        let count = self.definitions[from..]
            .partition_point(|definition| tree.word(definition.name) == name);
        &self.definitions[from..from + count]
    }

    /// The first function of that name.
    pub(crate) fn function_of(&self, tree: &Tree, name: &str) -> Option<&Function> {
        let word = |number: usize| tree.word(self.functions[number].name);
        let first = self.named.partition_point(|&number| word(number) < name);
        let number = *self.named.get(first).filter(|&&number| word(number) == name)?;
        self.functions.get(number)
    }

    /// The fields of the type of that name.
    pub(crate) fn fields_of(&self, tree: &Tree, owner: &str) -> &[Field] {
        let from = self.fields.partition_point(|field| tree.word(field.owner) < owner);
        let count = self.fields[from..].partition_point(|field| tree.word(field.owner) == owner);
        &self.fields[from..from + count]
    }

    /// The names of the types that have fields, sorted.
    pub(crate) fn owners<'t>(&self, tree: &'t Tree) -> Vec<&'t str> {
        let mut names: Vec<&str> = self.fields.iter().map(|field| tree.word(field.owner)).collect();
        names.dedup();
        names
    }

    /// The innermost function that contains a position.
    pub(crate) fn function_at(&self, at: usize) -> Option<&Function> {
        self.functions_around(at).next()
    }

    /// The functions that contain a position, innermost first.
    pub(crate) fn functions_around(&self, at: usize) -> impl Iterator<Item = &Function> {
        let after = self.functions.partition_point(|function| function.range.start <= at);
        let next = |function: &&Function| self.functions.get(function.around?);
        let all = std::iter::successors(self.functions[..after].last(), next);
        all.take(MAX_AROUND).filter(move |function| function.range.contains(&at))
    }

    /// `a, b := x, y` and similar assignments.
    fn assignment(&mut self, tree: &Tree, at: usize, body: usize) {
        let declares = tree.dialect().declares;
        if let Some(bound) = matched::of(tree, at) {
            self.definitions.push(bound);
            return;
        }
        if at > body && tree.word(at - 1) == "}" {
            let before = tree.opening(at - 1).checked_sub(1).map_or("", |at| tree.word(at));
            if tree.dialect().tails || declares.contains(&before) {
                self.taken_apart(tree, at);
                return;
            }
        }
        if let Some(name) = member(tree, at, body) {
            let value = values(tree, at + 1, 1).pop();
            if let Some(value) = value {
                self.push(name, value, Form::Member);
            }
            return;
        }
        if let Some(first) = declarator(tree, at) {
            let scope = scope(tree, first);
            if let Some(value) = values(tree, at + 1, 1).pop() {
                let form = Form::Declared;
                self.definitions.push(Definition { name: at - 1, value, form, scope });
            }
            return;
        }
        let mut start = at;
        while start > body.max(at.saturating_sub(MAX_STATEMENT))
            && !declares.contains(&tree.word(start - 1))
            && !matches!(
                tree.word(start - 1),
                ";" | "{" | "}" | "(" | ")" | "if" | "for" | "switch" | "else" | "case" | ":"
            )
        {
            start -= 1;
        }
        // `const port: number = 3000`
        let typed = start
            .checked_sub(3)
            .filter(|&before| tree.word(start - 1) == ":" && declares.contains(&tree.word(before)));
        let (start, end) = typed.map_or((start, at), |before| (before + 1, before + 2));
        let names = tree.split(start..end, &[","]);
        if tree.word(at + 1) == "range" && tree.dialect().keywords.contains(&"range") {
            self.ranged(tree, start, at, &names);
            return;
        }
        let values = values(tree, at + 1, names.len());
        let before = start.checked_sub(1).map_or("", |before| tree.word(before));
        let declares = tree.word(at) == ":=" || declares.contains(&before);
        let scope = if declares { scope(tree, start) } else { 0..tree.len() };
        for (number, left) in names.iter().enumerate() {
            // The first result of a call is assigned to the first name.
            let Some(value) = values.get(number).cloned() else { continue };
            // `*port = "8080"`: what the pointer leads to.
            let through = left.len() > 1 && tree.word(left.start) == "*";
            let left = left.start + usize::from(through)..left.end;
            let dotted = left.len() >= 3 && tree.word(left.end - 2) == ".";
            let name = if dotted { left.end - 1 } else { left.start };
            // `m["k"] = v` defines no name.
            let indexed = tree.word(left.start + 1) == "[" && tree.word(left.start + 2) != "]";
            if left.is_empty() || !tree.is_word(name) || (indexed && left.len() > 1) {
                continue;
            }
            let form = match (dotted, declares) {
                (true, _) => Form::Assigned,
                (false, true) => Form::Declared,
                (false, false) => Form::Set,
            };
            self.definitions.push(Definition { name, value, form, scope: scope.clone() });
        }
    }

    /// `for _, name := range list {`: the name is each of the elements.
    fn ranged(&mut self, tree: &Tree, start: usize, at: usize, names: &[Range<usize>]) {
        let scope = scope(tree, start);
        // The first name is a number or a key. It hides a variable of that name.
        let first = names.first().filter(|left| left.len() == 1 && tree.is_word(left.start));
        if let Some(first) = first {
            let (value, scope) = (at + 1..at + 2, scope.clone());
            let name = first.start;
            self.definitions.push(Definition { name, value, form: Form::Declared, scope });
        }
        let Some(left) = names.get(1).filter(|left| left.len() == 1) else { return };
        // The last brace of the head opens the loop.
        let Some(close) = scope.end.checked_sub(1).filter(|&end| tree.word(end) == "}") else {
            return;
        };
        let value = at + 1..tree.opening(close);
        if value.len() > 1 && tree.is_word(left.start) {
            self.definitions.push(Definition {
                name: left.start,
                value,
                form: Form::Declared,
                scope,
            });
        }
    }

    /// `let Type { name, field: other, .. } = x`
    fn taken_apart(&mut self, tree: &Tree, at: usize) {
        let open = tree.opening(at - 1);
        let Some(value) = values(tree, at + 1, 1).pop() else { return };
        if open == 0 || !tree.is_word(open - 1) {
            return;
        }
        for one in tree.elements(open) {
            let end = one.clone().find(|&at| tree.word(at) == "=").unwrap_or(one.end);
            let name = end.saturating_sub(1).max(one.start);
            if tree.is_word(name) {
                let scope = at..tree.enclosing(open).map_or(tree.len(), |open| tree.closing(open));
                let value = value.clone();
                self.definitions.push(Definition { name, value, form: Form::Taken, scope });
            }
        }
    }

    /// `name: value` inside a composite literal.
    fn field(&mut self, tree: &Tree, at: usize) {
        let Some(name) = at.checked_sub(1).filter(|&name| name > 0 && tree.is_word(name)) else {
            return;
        };
        if !matches!(tree.word(name - 1), "{" | ",") {
            return;
        }
        if let Some(value) = values(tree, at + 1, 1).pop() {
            self.push(name, value, Form::Field);
        }
    }

    /// `Name Type` followed by a tag.
    fn tag(&mut self, tree: &Tree, at: usize) {
        let start = line_start(tree, at);
        if at >= start + 2 && tree.is_word(start) && tree.word(at).contains(":\"") {
            self.push(start, at..at + 1, Form::Tag);
        }
    }

    /// `#[...] name: Type`
    fn attribute(&mut self, tree: &Tree, at: usize) {
        let mut next = at;
        while tree.word(next) == "#" && tree.word(next + 1) == "[" && next - at < MAX_STATEMENT {
            next = tree.closing(next + 1) + 1;
        }
        let end = next;
        if tree.word(next) == "pub" {
            next += 1;
            if tree.word(next) == "(" {
                next = tree.closing(next) + 1;
            }
        }
        if end > at && tree.is_word(next) && tree.word(next + 1) == ":" {
            self.push(next, at..end, Form::Tag);
        }
    }

    fn push(&mut self, name: usize, value: Range<usize>, form: Form) {
        self.definitions.push(Definition { name, value, form, scope: 0..usize::MAX });
    }

    /// `struct X { pub a: A, #[x] b: B }`
    fn named_fields(&mut self, tree: &Tree, owner: usize) {
        for field in tree.elements(owner + 1) {
            let mut name = field.start;
            while tree.word(name) == "#" && name < field.end {
                name = tree.closing(name + 1) + 1;
            }
            if tree.word(name) == "pub" {
                name += 1;
                if tree.word(name) == "(" {
                    name = tree.closing(name) + 1;
                }
            }
            if tree.is_word(name) && tree.word(name + 1) == ":" {
                self.fields.push(Field { owner, name, of: name + 2..field.end });
            }
        }
    }

    /// `type X struct { a, b T }`
    fn fields(&mut self, tree: &Tree, at: usize) {
        let Some(owner) = struct_name(tree, at) else { return };
        let open = at + 1;
        for line in tree.split(open + 1..tree.closing(open), &[";"]) {
            let mut names = Vec::new();
            let mut here = line.start;
            while here < line.end && tree.is_word(here) {
                names.push(here);
                here += 1;
                if tree.word(here) != "," {
                    break;
                }
                here += 1;
            }
            let end = line.clone().rev().find(|&at| tree.kind(at) != Some(Kind::Text));
            let end = end.map_or(here, |end| end + 1);
            // An embedded type is named after the type: `*Type`, `package.Type`.
            let mut words = line.start..end;
            words.start += usize::from(tree.word(line.start) == "*");
            let dotted = words.len() == 3 && tree.word(words.start + 1) == ".";
            if (words.len() == 1 || dotted) && tree.is_word(words.start) {
                let name = words.end - 1;
                self.fields.push(Field { owner, name, of: line.start..end });
                continue;
            }
            // An embedded type is its own type.
            let of = if here >= end { line.start..end } else { here..end };
            self.fields.extend(names.into_iter().map(|name| Field { owner, name, of: of.clone() }));
        }
    }
}

/// The name of the struct whose `struct` is at a position: that of its type, of the field or of the
/// variable.
pub(super) fn struct_name(tree: &Tree, at: usize) -> Option<usize> {
    let before = at.checked_sub(1)?;
    let owner =
        if matches!(tree.word(before), ":=" | "=") { before.checked_sub(1)? } else { before };
    tree.is_word(owner).then_some(owner)
}

/// The member of a class whose value follows the `=` at a position: `private name: Type = x`.
fn member(tree: &Tree, at: usize, body: usize) -> Option<usize> {
    let modifiers = tree.dialect().modifiers;
    let mut before = at;
    while !modifiers.is_empty() && before > body && at - before < MAX_MEMBER {
        before -= 1;
        match tree.word(before) {
            ";" | "{" | "}" | "," | "=" => break,
            word if modifiers.contains(&word) => {
                return Some(before + 1).filter(|&name| name < at && tree.is_word(name));
            }
            _ => before = tree.opening(before),
        }
    }
    None
}

/// The definitions of the local variable that is used at a position: its declaration and its
/// assignments.
pub(super) fn locals<'f>(
    file: &'f File,
    function: &Function,
    at: usize,
    name: &str,
) -> Vec<&'f Definition> {
    let known: Vec<&Definition> = file
        .facts()
        .definitions_of(file, name)
        .iter()
        .filter(|definition| {
            definition.form.is_variable()
                && function.range.contains(&definition.name)
                && !definition.value.contains(&at)
                && definition.scope.contains(&at)
        })
        .collect();
    let declared = known
        .iter()
        .filter(|definition| definition.form == Form::Declared && definition.name < at)
        .map(|definition| definition.name)
        .max()
        .unwrap_or(0);
    known.into_iter().filter(|definition| definition.name >= declared).collect()
}

/// The first token of the line or block that contains a token.
fn line_start(tree: &Tree, at: usize) -> usize {
    let mut start = at;
    let first = at.saturating_sub(MAX_STATEMENT);
    while start > first && !matches!(tree.word(start - 1), ";" | "{" | "}") {
        start -= 1;
    }
    start
}

/// The scope of a name that is declared at a position: to the end of its block or, in the head of
/// an `if`, a `for` or a `switch`, to the end of that statement.
fn scope(tree: &Tree, at: usize) -> Range<usize> {
    let start =
        at.checked_sub(1).filter(|&before| matches!(tree.word(before), "if" | "for" | "switch"));
    let Some(start) = start else {
        let mut around = tree.enclosing(at);
        // `var ( a = 1 )` declares in the block around it.
        if around.is_some_and(|open| tree.word(open) == "(") {
            around = around.and_then(|open| tree.enclosing(open));
        }
        return at..around.map_or(tree.len(), |open| tree.closing(open));
    };
    let mut here = start;
    for _ in 0..MAX_STATEMENT {
        match tree.word(here) {
            // A composite literal has a type before its brace, and other blocks do not matter here:
            // the last brace of the statement wins.
            "{" => {
                here = tree.closing(here) + 1;
                if tree.word(here) != "else" && matches!(tree.word(here), ";" | "}" | "") {
                    return start..here;
                }
            }
            "(" | "[" => here = tree.closing(here) + 1,
            "}" | "" => break,
            _ => here += 1,
        }
    }
    start..here
}

/// Where the first of several declarators begins, for a later one whose `=` is at `at`:
/// `const app = express(), port = 80`.
fn declarator(tree: &Tree, at: usize) -> Option<usize> {
    let declares = tree.dialect().declares;
    let comma = at.checked_sub(2).filter(|&comma| tree.word(comma) == ",")?;
    let (mut here, mut assigns) = (comma, false);
    for _ in 0..MAX_STATEMENT {
        here = here.checked_sub(1)?;
        match tree.word(here) {
            ")" | "]" | "}" => here = tree.opening(here),
            "=" => assigns = true,
            ";" | "(" | "[" | "{" | "return" => return None,
            word if declares.contains(&word) => return assigns.then_some(here + 1),
            _ => {}
        }
    }
    None
}

/// The first `count` comma-separated expressions from `at` to the end of the statement.
pub(super) fn values(tree: &Tree, at: usize, count: usize) -> Vec<Range<usize>> {
    let (mut all, mut from, mut here) = (Vec::new(), at, at);
    // `let a = if let Ok(b) = c { b } else { d }`
    let mut pattern = false;
    while here < tree.len() {
        match tree.word(here) {
            "let" if tree.dialect().tails => pattern = true,
            "=" if pattern => pattern = false,
            _ if tree.is_open(here) => here = tree.closing(here),
            "," if all.len() + 1 == count => break,
            "," => {
                all.push(from..here);
                from = here + 1;
            }
            ";" | ")" | "]" | "}" | "=" | ":=" => break,
            _ => {}
        }
        here += 1;
    }
    if from < here {
        all.push(from..here.min(tree.len()));
    }
    all
}

//! Calls, definitions and functions of a file, found in its tokens without a full parser.

use std::ops::Range;
use std::rc::Rc;

use super::lexer::Kind;
use super::source::SourceFile;
use crate::facts::Evidence;

/// A call: `receiver.name(arguments)`.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) file: Rc<SourceFile>,
    /// The position of the name.
    pub(super) at: usize,
    /// The position of the bracket that opens the arguments.
    pub(super) open: usize,
}

impl Call {
    /// The call whose name is at `at`.
    pub(super) fn at(file: &Rc<SourceFile>, at: usize) -> Option<Self> {
        let called = file.kind(at) == Some(Kind::Word)
            && file.word(at + 1) == "("
            && at.checked_sub(1).is_none_or(|before| !matches!(file.word(before), "func" | ")"))
            && !matches!(
                file.word(at),
                "func"
                    | "if"
                    | "for"
                    | "switch"
                    | "return"
                    | "import"
                    | "var"
                    | "const"
                    | "type"
                    | "interface"
                    | "go"
                    | "defer"
                    | "range"
                    | "case"
                    | "select"
                    | "map"
                    | "chan"
                    | "struct"
            );
        called.then(|| Self { file: file.clone(), at, open: at + 1 })
    }

    /// The name: `ListenAndServe`.
    pub(super) fn name(&self) -> &str {
        self.file.word(self.at)
    }

    /// The word before the dot; `""` where there is none or it is an expression.
    pub(super) fn receiver(&self) -> &str {
        if self.at >= 2
            && self.file.word(self.at - 1) == "."
            && self.file.kind(self.at - 2) == Some(Kind::Word)
        {
            self.file.word(self.at - 2)
        } else {
            ""
        }
    }

    /// True for `x.Name(...)`, whatever `x` is.
    pub(super) fn is_method(&self) -> bool {
        self.at >= 1 && self.file.word(self.at - 1) == "."
    }

    /// The path of the package that the called function belongs to, where the receiver is an
    /// import.
    pub(super) fn package(&self) -> Option<&str> {
        if self.at >= 3 && self.file.word(self.at - 3) == "." {
            return None;
        }
        self.file.imported(self.receiver())
    }

    /// The arguments.
    pub(super) fn arguments(&self) -> Vec<Range<usize>> {
        self.file.elements(self.open)
    }

    /// Evidence at the call.
    pub(super) fn evidence(&self, note: impl Into<String>) -> Evidence {
        self.file.evidence(self.at, note)
    }
}

/// How a name gets a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `name := x`, `var name = x`, `const name = x`, `name = x`.
    Variable,
    /// `other.name = x`.
    Assigned,
    /// `Type{name: x}`.
    Field,
    /// The tag of a struct's field.
    Tag,
}

/// A definition of a name.
#[derive(Clone, Debug)]
pub(super) struct Definition {
    /// The position of the name.
    pub(super) name: usize,
    pub(super) value: Range<usize>,
    pub(super) form: Form,
}

/// A function or method.
#[derive(Clone, Debug)]
pub(super) struct Function {
    /// The position of its name.
    pub(super) name: usize,
    /// It has a receiver.
    pub(super) method: bool,
    /// The position of the bracket that opens its parameters.
    pub(super) parameters: usize,
    /// From `func` to the end of its body.
    pub(super) range: Range<usize>,
}

/// What is indexed of a file.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// Positions of the names of calls, sorted by name, then by position.
    calls: Vec<usize>,
    /// Sorted by name, then by position.
    definitions: Vec<Definition>,
    pub(super) functions: Vec<Function>,
}

impl Index {
    /// Indexes a file.
    pub(super) fn of(file: &SourceFile) -> Self {
        let mut index = Self { functions: functions(file), ..Self::default() };
        for at in file.body..file.len() {
            match (file.kind(at), file.word(at)) {
                (Some(Kind::Word), _) if file.word(at + 1) == "(" => index.calls.push(at),
                (Some(Kind::Mark), ":=" | "=") => index.assignment(file, at),
                (Some(Kind::Mark), ":") => index.field(file, at),
                (Some(Kind::Text), text) if text.starts_with('`') => index.tag(file, at),
                _ => {}
            }
        }
        index.calls.sort_by_key(|&at| (file.word(at), at));
        index.definitions.sort_by_key(|definition| (file.word(definition.name), definition.name));
        index
    }

    /// Positions of the names of all calls, sorted by name.
    pub(super) fn calls(&self) -> &[usize] {
        &self.calls
    }

    /// All definitions, sorted by name.
    pub(super) fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    /// Definitions of that name, in the order of the file.
    pub(super) fn definitions_of(&self, file: &SourceFile, name: &str) -> &[Definition] {
        let from = self.definitions.partition_point(|definition| file.word(definition.name) < name);
        let count = self.definitions[from..]
            .partition_point(|definition| file.word(definition.name) == name);
        &self.definitions[from..from + count]
    }

    /// The function that holds a position.
    pub(super) fn function_at(&self, at: usize) -> Option<&Function> {
        self.functions.iter().find(|function| function.range.contains(&at))
    }

    /// `a, b := x, y` and its like.
    fn assignment(&mut self, file: &SourceFile, at: usize) {
        let mut start = at;
        while start > file.body
            && !matches!(
                file.word(start - 1),
                ";" | "{"
                    | "}"
                    | "("
                    | ")"
                    | "if"
                    | "for"
                    | "switch"
                    | "var"
                    | "const"
                    | "else"
                    | "case"
                    | ":"
            )
        {
            start -= 1;
        }
        let mut names = Vec::new();
        let mut from = start;
        for position in start..=at {
            if position == at || file.word(position) == "," {
                names.push(from..position);
                from = position + 1;
            }
        }
        let values = values(file, at + 1);
        for (number, left) in names.iter().enumerate() {
            // The first result of a call goes to the first name.
            let value = match values.get(number) {
                Some(value) => value.clone(),
                None => continue,
            };
            let dotted = left.len() >= 3 && file.word(left.end - 2) == ".";
            let name = if dotted { left.end - 1 } else { left.start };
            // `m["k"] = v` defines no name.
            let indexed = file.word(left.start + 1) == "[" && file.word(left.start + 2) != "]";
            if left.is_empty() || file.kind(name) != Some(Kind::Word) || (indexed && left.len() > 1)
            {
                continue;
            }
            let form = if dotted { Form::Assigned } else { Form::Variable };
            self.definitions.push(Definition { name, value, form });
        }
    }

    /// `name: value` inside a composite literal.
    fn field(&mut self, file: &SourceFile, at: usize) {
        let Some(name) = at.checked_sub(1).filter(|&name| file.kind(name) == Some(Kind::Word))
        else {
            return;
        };
        if name == 0 || !matches!(file.word(name - 1), "{" | ",") {
            return;
        }
        if let Some(value) = values(file, at + 1).first() {
            self.definitions.push(Definition { name, value: value.clone(), form: Form::Field });
        }
    }

    /// `Name Type` followed by a tag.
    fn tag(&mut self, file: &SourceFile, at: usize) {
        let mut start = at;
        while start > file.body && !matches!(file.word(start - 1), ";" | "{" | "}") {
            start -= 1;
        }
        if at >= start + 2 && file.kind(start) == Some(Kind::Word) && file.word(at).contains(":\"")
        {
            self.definitions.push(Definition { name: start, value: at..at + 1, form: Form::Tag });
        }
    }
}

/// The expressions from `at` on, separated by commas, to the end of the statement.
fn values(file: &SourceFile, at: usize) -> Vec<Range<usize>> {
    let (mut all, mut from, mut here) = (Vec::new(), at, at);
    while here < file.len() {
        match file.word(here) {
            "(" | "[" | "{" => here = file.closing(here),
            "," => {
                all.push(from..here);
                from = here + 1;
            }
            ";" | ")" | "]" | "}" => break,
            _ => {}
        }
        here += 1;
    }
    if from < here {
        all.push(from..here.min(file.len()));
    }
    all
}

fn functions(file: &SourceFile) -> Vec<Function> {
    let mut all = Vec::new();
    let mut at = file.body;
    while at < file.len() {
        match file.word(at) {
            "func" => {
                let start = at;
                let method = file.word(at + 1) == "(";
                let name = if method { file.closing(at + 1) + 1 } else { at + 1 };
                let mut parameters = name + 1;
                if file.word(parameters) == "[" {
                    parameters = file.closing(parameters) + 1;
                }
                // The body is the first brace outside of brackets; `struct{}` and `interface{}`
                // results are skipped.
                let mut body = parameters;
                while body < file.len() && file.word(body) != ";" {
                    match file.word(body) {
                        "(" | "[" => body = file.closing(body),
                        "{" if matches!(
                            file.word(body.saturating_sub(1)),
                            "struct" | "interface"
                        ) =>
                        {
                            body = file.closing(body);
                        }
                        "{" => break,
                        _ => {}
                    }
                    body += 1;
                }
                let end = if file.word(body) == "{" { file.closing(body) } else { body };
                all.push(Function { name, method, parameters, range: start..end });
                at = end;
            }
            "(" | "[" | "{" => at = file.closing(at),
            _ => {}
        }
        at += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::RelPath;

    fn file(text: &str) -> Rc<SourceFile> {
        Rc::new(SourceFile::parse(&RelPath::new("a.go").unwrap(), &Rc::from(text)).unwrap())
    }

    fn text(file: &SourceFile, range: &Range<usize>) -> String {
        range.clone().map(|at| file.word(at)).collect()
    }

    #[test]
    fn definitions_of_every_form() {
        let file = file(
            "package a\nconst port = 8080\nvar (\n\taddr string = \":1\"\n)\ntype C struct {\n\tHost string `env:\"HOST\"`\n}\nfunc f() {\n\tx, err := g(1, 2)\n\tcfg.Port = 3\n\ts := &http.Server{Addr: \":2\", Handler: h}\n\tif y := z(); y {\n\t}\n\ta, b = 1, 2\n}\n",
        );
        let index = Index::of(&file);
        let mut definitions = index.definitions.clone();
        definitions.sort_by_key(|definition| definition.name);
        let all: Vec<String> = definitions
            .iter()
            .map(|d| format!("{}={} {:?}", file.word(d.name), text(&file, &d.value), d.form))
            .collect();
        assert_eq!(
            all,
            [
                "port=8080 Variable",
                "addr=\":1\" Variable",
                "Host=`env:\"HOST\"` Tag",
                "x=g(1,2) Variable",
                "Port=3 Assigned",
                "s=&http.Server{Addr:\":2\",Handler:h} Variable",
                "Addr=\":2\" Field",
                "Handler=h Field",
                "y=z() Variable",
                "a=1 Variable",
                "b=2 Variable",
            ]
        );
    }

    #[test]
    fn functions_and_calls() {
        let file = file(
            "package a\nfunc main() { run(\":1\") }\nfunc (s *S) Addr(x int) interface{} { return http.Dir(\"x\") }\nfunc g[T any](a T) struct{} { return struct{}{} }\n",
        );
        let index = Index::of(&file);
        let names: Vec<&str> = index.functions.iter().map(|f| file.word(f.name)).collect();
        assert_eq!(names, ["main", "Addr", "g"]);
        assert!(index.functions[1].method);
        let calls: Vec<Call> = index.calls.iter().filter_map(|&at| Call::at(&file, at)).collect();
        let names: Vec<String> =
            calls.iter().map(|c| format!("{}.{}", c.receiver(), c.name())).collect();
        assert!(
            names.contains(&".run".to_owned()) && names.contains(&"http.Dir".to_owned()),
            "{names:?}"
        );
    }
}

//! Expressions of languages whose blocks have values: closures, blocks, conditions, tuples, and
//! chains of methods that return their receiver.

use std::ops::Range;
use std::rc::Rc;

use super::facts::Call;
use super::file::File;
use super::program::Program;
use super::value::{Part, Value, merge};

/// Maximum number of tokens in a chain of methods.
const MAX_CHAIN: usize = 256;

/// Maximum number of tokens in a block. The last expression of a longer one is unknown.
const MAX_BLOCK: usize = 8192;

/// Maximum number of arms of a choice.
const MAX_ARMS: usize = 16;

impl Program<'_> {
    /// The value of an expression that exists only in such languages; `None` for any other.
    pub(super) fn idiom(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        if file.dialect().indents {
            return self.indented(file, range, steps);
        }
        if !file.dialect().tails {
            return None;
        }
        let (first, last) = (file.word(range.start), range.end - 1);
        let closes = file.is_open(range.start) && file.closing(range.start) == last;
        match first {
            "move" | "||" if range.len() > 1 => {
                Some(self.eval(file, range.start + 1..range.end, steps))
            }
            "|" => {
                let mut rest = range.start + 1..range.end;
                let bar = rest.find(|&at| file.word(at) == "|")?;
                Some(self.eval(file, bar + 1..range.end, steps))
            }
            "{" if closes => Some(self.eval(file, tail(file, range.start)?, steps)),
            "unsafe" | "async" if file.word(range.start + 1) == "{" => {
                Some(self.eval(file, range.start + 1..range.end, steps))
            }
            "if" | "match" => self.choice(file, range, steps),
            "(" if closes => {
                let parts = file.elements(range.start);
                (parts.len() == 2).then(|| {
                    let mut whole = self.eval(file, parts[0].clone(), steps);
                    whole.append(Value::known(":", file.evidence(range.start, "an address")));
                    whole.append(self.eval(file, parts[1].clone(), steps));
                    whole
                })
            }
            "[" if closes => {
                let parts = file.elements(range.start);
                let numbers: Vec<&str> = parts
                    .iter()
                    .filter(|part| part.len() == 1 && file.word(part.start).parse::<u8>().is_ok())
                    .map(|part| file.word(part.start))
                    .collect();
                (numbers.len() == 4 && parts.len() == 4).then(|| {
                    Value::known(numbers.join("."), file.evidence(range.start, "an address"))
                })
            }
            _ => None,
        }
    }

    /// The value of `a::b::NAME`: a constant of a library or of the program.
    pub(super) fn joined(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        let joints = file.dialect().joints;
        let last = range.end - 1;
        let is_path = range.len() >= 3
            && range.clone().enumerate().all(|(n, at)| {
                if n % 2 == 0 { file.is_word(at) } else { joints.contains(&file.word(at)) }
            });
        if !is_path {
            return None;
        }
        let key = format!("{}.{}", file.word(last - 2), file.word(last));
        if let Some(text) = self.rows.constant.get(&key) {
            return Some(Value::known(text.clone(), file.evidence(last, "a constant")));
        }
        Some(self.by_name(file, last, file.word(last), steps))
    }

    /// The value of `if c { a } else { b }` or `match x { A => a, B => b }`: all arms, the first
    /// known one first. If the condition reads a variable, the value has its name.
    fn choice(&self, file: &Rc<File>, range: &Range<usize>, steps: u8) -> Option<Value> {
        let head = range.start..range.end.min(range.start + MAX_CHAIN);
        let open = head.clone().find(|&at| file.word(at) == "{")?;
        if file.closing(open) - open > MAX_BLOCK {
            return None;
        }
        let mut values: Vec<Value> = Vec::new();
        if file.word(range.start) == "match" {
            let asked = self.eval(file, range.start + 1..open, steps);
            let arms = (open + 1..file.closing(open))
                .filter(|&at| file.word(at) == "=>" && file.enclosing(at) == Some(open));
            for at in arms.take(MAX_ARMS) {
                let mut end = at + 1;
                while end < file.closing(open) && file.word(end) != "," {
                    let block = file.word(end) == "{";
                    end = if file.is_open(end) { file.closing(end) + 1 } else { end + 1 };
                    if block && end > at + 2 && file.word(at + 1) == "{" {
                        break;
                    }
                }
                values.push(self.eval(file, at + 1..end, steps));
            }
            let known = values.iter().find(|value| value.is_known()).cloned();
            if let ([part], Some(default)) = (asked.parts.as_slice(), &known)
                && part.env.is_some()
                && part.text.is_none()
                && let Some(text) = default.text()
            {
                let mut value = asked.clone();
                value.parts[0].text = Some(text);
                return Some(value);
            }
        } else {
            let mut open = open;
            for _ in 0..MAX_ARMS {
                values.push(self.eval(file, open..file.closing(open) + 1, steps));
                let next = file.closing(open) + 1;
                if file.word(next) != "else" {
                    break;
                }
                let head = next..range.end.min(next + MAX_CHAIN);
                open = head.clone().find(|&at| file.word(at) == "{")?;
            }
        }
        // `if env::var("X").is_ok() { a } else { b }`: nobody sets the variable.
        if let ([set, not], Some(unset)) =
            (values.as_slice(), self.without(file, range.start + 1..open, steps))
        {
            let (taken, other) = if unset { (set, not) } else { (not, set) };
            if taken.is_known() && other.env().is_none() {
                return Some(taken.clone());
            }
        }
        // `if let Ok(port) = env::var("X") { port } else { 3000 }`: the variable with its default.
        if let [set, default] = values.as_slice()
            && let ([part], Some(text)) = (set.parts.as_slice(), default.text())
            && file.word(range.start + 1) == "let"
            && part.env.is_some()
            && part.text.is_none()
        {
            return Some(Part { text: Some(text), ..part.clone() }.into());
        }
        let known = values.iter().position(|value| !value.is_unknown())?;
        let mut value = values.swap_remove(known);
        for other in values.into_iter().filter(Value::is_known) {
            value.others.push(other.parts);
        }
        Some(value)
    }

    /// Whether a condition that only asks for a variable holds where it is not set.
    fn without(&self, file: &Rc<File>, head: Range<usize>, steps: u8) -> Option<bool> {
        let flips = file.word(head.start) == "!";
        let end = head.end.checked_sub(4).filter(|end| *end > head.start)?;
        let plain = file.word(end) == "." && file.word(end + 2) == "(";
        let holds = match file.word(end + 1) {
            "is_err" | "is_none" => true,
            "is_ok" | "is_some" => false,
            _ => return None,
        };
        let asked = self.eval(file, head.start + usize::from(flips)..end, steps);
        let unset = plain && asked.env().is_some() && asked.text().is_none();
        unset.then_some(holds != flips)
    }

    /// The receiver of a method call.
    pub(crate) fn receiver(&self, call: &Call, steps: u8) -> Option<Value> {
        Some(self.eval(&call.file, call.on()?, steps))
    }

    /// The receiver of a method call, or its argument if the receiver is unknown: `x.unwrap_or(y)`.
    pub(super) fn falling(&self, call: &Call, at: usize, steps: u8) -> Option<Value> {
        let mut value = self.receiver(call, steps)?;
        if value.is_known() {
            return Some(value);
        }
        let default = self.argument_within(call, at, steps)?;
        if let ([part], Some(text)) = (value.parts.as_mut_slice(), default.text())
            && (part.env.is_some() || part.flag.is_some())
        {
            part.text = Some(text);
            return Some(value);
        }
        merge(vec![(true, value), (true, default)])
    }

    /// The result of the function of that name, as text: that of `own`, else of any file.
    pub(crate) fn result_of_function(
        &self,
        own: &Rc<File>,
        name: &str,
        steps: u8,
    ) -> Option<String> {
        std::iter::once(own).chain(self.files()).find_map(|file| {
            let mut functions = file.facts().functions.iter();
            let found = functions.find(|function| file.word(function.name) == name)?;
            self.tail_of(file, found.parameters..found.range.end, steps)?.text()
        })
    }

    /// The last expression of a function's body.
    pub(super) fn tail_of(&self, file: &Rc<File>, body: Range<usize>, steps: u8) -> Option<Value> {
        let head = body.start..body.end.min(body.start + MAX_CHAIN);
        let open = head.clone().find(|&at| file.word(at) == "{")?;
        Some(self.eval(file, tail(file, open)?, steps))
    }
}

impl Call {
    /// The receiver expression of a method call: the whole chain before its dot.
    pub(crate) fn on(&self) -> Option<Range<usize>> {
        let end = self.at.checked_sub(1).filter(|_| self.is_method())?;
        Some(start_of(&self.file, end)..end).filter(|range| !range.is_empty())
    }
}

/// The last expression of a block.
fn tail(file: &File, open: usize) -> Option<Range<usize>> {
    let close = file.closing(open);
    if close - open > MAX_BLOCK {
        return None;
    }
    let mut start = open + 1;
    let mut at = start;
    while at < close {
        if file.word(at) == ";" {
            start = at + 1;
        }
        at = if file.is_open(at) { file.closing(at) + 1 } else { at + 1 };
    }
    (start < close).then_some(start..close)
}

/// The start of the chain that ends at a position: `a::b(c)?.d(e)` before `.f`.
pub(super) fn start_of(file: &File, end: usize) -> usize {
    let mut start = end;
    let joins = |word: &str| matches!(word, "." | "?.") || file.dialect().joints.contains(&word);
    while let Some(before) = start.checked_sub(1).filter(|_| end - start < MAX_CHAIN) {
        let (word, next) = (file.word(before), file.word(start));
        let goes_on = joins(next) || matches!(next, "(" | "[" | "!" | "?");
        match word {
            ")" | "]" => start = file.opening(before),
            ">" => {
                // `::<T>`
                let Some(open) = generic(file, before) else { break };
                start = open;
            }
            "?" | "!" if goes_on => start = before,
            _ if joins(word) => start = before,
            _ if file.is_word(before) || file.string(before).is_some() => {
                if start != end && !goes_on || file.dialect().keywords.contains(&word) {
                    break;
                }
                start = before;
            }
            _ => break,
        }
    }
    start
}

/// The `<` of the type arguments that end at a position.
pub(super) fn generic(file: &File, close: usize) -> Option<usize> {
    let mut depth = 0usize;
    for at in (close.saturating_sub(32)..=close).rev() {
        match file.word(at) {
            ">" => depth += 1,
            "<" => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            ";" | "{" | "}" => return None,
            _ => {}
        }
    }
    None
}

//! Where the code itself listens: calls of servers with their host and port.

use std::ops::Range;

use super::application::is_guarded;
use super::options;
use super::tables::Listener;
use crate::code::listen::{Address, Listening};
use crate::code::{Call, File, Part, Program as Code, Value};
use crate::facts::{Evidence, Port, Protocol, Sourced};

/// Arguments that name a socket of the file system.
const SOCKETS: [&str; 3] = ["uds", "unix_socket", "unix_socket_path"];

/// Maximum number of uses of a function that are looked at.
const MAX_USES: usize = 32;

/// Maximum number of tokens before the arguments of a call: `mcp.server.FastMCP(`.
const MAX_HEAD: usize = 8;

/// Maximum number of tokens of a line that makes a socket.
const MAX_LINE: usize = 64;

impl Listener {
    /// True for a server for development: `run(app, server=Waitress)` takes another one.
    pub(super) fn develops(&self, call: &Call) -> bool {
        self.development && call.named("server").is_none()
    }

    /// True for a call that the row is about.
    pub(super) fn fits(&self, call: &Call) -> bool {
        let named = self.names.iter().any(|name| name == call.name());
        named
            && self.is_told(call)
            && match self.of.as_str() {
                "" => {
                    let named = || self.receivers.iter().any(|name| name == call.receiver());
                    let near = || call.file.imports_module(&self.near) && !is_module(call);
                    call.is_method() && (named() || near())
                }
                of => call.is_in(of),
            }
    }
}

impl Listener {
    /// True if the call is told to listen, where the library does not always do so.
    fn is_told(&self, call: &Call) -> bool {
        let told = || call.named(&self.with).or_else(|| call.arguments().into_iter().next());
        let is = |text: &str| self.is.iter().any(|is| is == text);
        self.with.is_empty()
            || told().is_some_and(|at| call.file.string(at.start).is_some_and(|text| is(&text)))
    }

    /// The call that made the object whose method listens.
    fn maker(&self, call: &Call) -> Option<Call> {
        let file = &call.file;
        let all = file.facts().definitions_of(file, call.receiver()).iter().take(MAX_USES);
        let mut all = all.filter(|_| !self.made.is_empty());
        all.find_map(|definition| {
            let mut value = definition.value.clone().take(MAX_HEAD);
            let open = value.find(|&at| file.word(at) == "(")?;
            Call::at(file, open.checked_sub(1)?).filter(|made| made.name() == self.made)
        })
    }

    /// True for a method of an object that another module of the program, which imports the library,
    /// made or passed on: `from shop import create_app`, then `app = create_app()` and `app.run()`.
    fn is_for(&self, code: &Code, call: &Call) -> bool {
        if self.near.is_empty() || !self.of.is_empty() || !call.is_method() {
            return false;
        }
        let file = &call.file;
        let made = |name: &str| {
            let import = file.import_of(name).filter(|import| import.export.is_some());
            let module = import.and_then(|import| code.module_named(&import.path));
            module.is_some_and(|module| module.imports_module(&self.near))
        };
        let mut own = file.facts().definitions_of(file, call.receiver()).iter().take(MAX_USES);
        made(call.receiver())
            || own.any(|definition| {
                let value = definition.value.clone();
                file.word(value.start + 1) == "("
                    && file.closing(value.start + 1) + 1 == value.end
                    && made(file.word(value.start))
            })
    }
}

/// Calls that listen, with their rows.
pub(super) fn calls<'c>(
    code: &'c Code,
    rows: &'c [Listener],
) -> impl Iterator<Item = (&'c Listener, Call)> {
    rows.iter().flat_map(move |row| {
        let calls = row.names.iter().flat_map(move |name| code.calls_named(name));
        let fits = move |call: &Call| {
            let by_method = row.development || row.of.is_empty();
            (row.fits(call) || row.is_for(code, call))
                && !(by_method && (starts(rows, call) || is_of_own_class(code, call)))
        };
        let runs = move |call: &Call| fits(call) && runs(code, call);
        calls.filter(runs).map(move |call| (row, call))
    })
}

/// True for a method of a server that another call made: `server = create_server(app)` and
/// `server.run()`.
fn starts(rows: &[Listener], call: &Call) -> bool {
    let file = &call.file;
    // An attribute may hold it: `self.server = create_server(app)`.
    let places = file.places(call.receiver()).iter();
    let set = places.filter(|&&at| file.word(at + 1) == "=").take(MAX_USES);
    set.filter_map(|&at| {
        let open = (at + 2..at + 10).find(|&at| file.word(at) == "(")?;
        Call::at(file, open.checked_sub(1)?)
    })
    .any(|made| rows.iter().any(|row| !row.of.is_empty() && row.fits(&made)))
}

/// True for a method that a class of the program has: `Shop().run(..)`, `shop = Shop()` and
/// `shop.run(..)`.
fn is_of_own_class(code: &Code, call: &Call) -> bool {
    let file = &call.file;
    let made = |open: usize| open.checked_sub(1).map(|at| file.word(at)).unwrap_or_default();
    let Some(before) = call.at.checked_sub(2) else { return false };
    let class = if file.word(before) == ")" {
        made(file.opening(before))
    } else if let Some(class) = annotated(file, call) {
        class
    } else {
        let mut all = file.facts().definitions_of(file, call.receiver()).iter().take(MAX_USES);
        let open = all.find_map(|definition| {
            let value = definition.value.clone();
            value.clone().take(2).find(|&at| file.word(at) == "(" && at > value.start)
        });
        open.map(made).unwrap_or_default()
    };
    let has_method = |file: &File| {
        let mut functions = file.facts().functions.iter();
        functions
            .any(|one| file.enclosing(one.name).is_some() && file.word(one.name) == call.name())
    };
    let is_class = |file: &File| file.places("class").iter().any(|&at| file.word(at + 1) == class);
    !class.is_empty() && code.files().any(|file| is_class(file) && has_method(file))
}

/// The class of a parameter: `def start(shop: Shop):`.
fn annotated<'f>(file: &'f File, call: &Call) -> Option<&'f str> {
    let function = file.facts().function_at(call.at)?;
    let parameters = file.elements(function.parameters).into_iter();
    let mut mine = parameters.filter(|one| file.word(one.start) == call.receiver());
    let one = mine.next().filter(|one| file.word(one.start + 1) == ":")?;
    Some(file.word(one.start + 2))
}

/// False for a call in a module that is imported, if it runs only where the module is started.
pub(super) fn runs(code: &Code, call: &Call) -> bool {
    runs_at(code, &call.file, call.at)
}

/// As [`runs`], for any place of a file.
pub(super) fn runs_at(code: &Code, file: &File, at: usize) -> bool {
    code.files().next().is_some_and(|first| first.path == file.path) || is_reached_at(file, at)
}

/// False below `if __name__ == "__main__":`, and in a function that is called only there.
pub(super) fn is_reached(call: &Call) -> bool {
    is_reached_at(&call.file, call.at)
}

fn is_reached_at(file: &File, at: usize) -> bool {
    if is_guarded(file, at) {
        return false;
    }
    let Some(function) = file.facts().function_at(at) else { return true };
    let name = file.word(function.name);
    let mut uses = file.places(name).iter().take(MAX_USES).filter(|&&at| at != function.name);
    let mut found = false;
    let guarded = uses.all(|&at| {
        found = true;
        is_guarded(file, at)
    });
    !(found && guarded)
}

/// True for a function of a module, not a method of an object.
fn is_module(call: &Call) -> bool {
    call.file.import_of(call.receiver()).is_some_and(|import| import.export.is_none())
}

/// What a call listens on: the host, a colon, the port.
pub(super) fn address(code: &Code, row: &Listener, call: &Call) -> Option<Value> {
    let evidence = call.evidence(format!("`{}` listens", call.name()));
    let named = row.address.as_ref().and_then(|name| call.named(name));
    let placed = || call.arguments().get(row.address_at?).cloned();
    if let Some(range) = named.or_else(placed) {
        let file = &call.file;
        if file.word(range.start) == "(" && file.elements(range.start).len() == 2 {
            let parts = file.elements(range.start);
            let host = code.value(file, parts[0].clone());
            return Some(joined(host, code.value(file, parts[1].clone()), &evidence));
        }
        return Some(code.value(file, range));
    }
    let maker = row.maker(call);
    let given = |name: &Option<String>, at: Option<usize>| {
        let made = || maker.as_ref()?.named(name.as_ref()?);
        let named = name.as_ref().and_then(|name| call.named(name));
        let spread = || spread(call, name.as_deref()?);
        named.or_else(|| call.placed(at?)).or_else(made).or_else(spread).map(|range| {
            options::option(code, &call.file, &range)
                .unwrap_or_else(|| code.value(&call.file, range))
        })
    };
    let host = given(&row.host, row.host_at).unwrap_or_else(|| {
        let default = Some(row.default_host.clone());
        Part::setting(default, row.host_variable.clone(), None, evidence.clone()).into()
    });
    let whole = call.arguments().into_iter().any(|range| call.file.word(range.start) == "**");
    let port = given(&row.port, row.port_at).or_else(|| {
        // What else is given decides, and is not known.
        if whole {
            return None;
        }
        let note = format!("`{}` without a port: {}", call.name(), row.default_port?);
        let evidence = Evidence { note, ..evidence.clone() };
        Some(Value::known(row.default_port?.to_string(), evidence))
    })?;
    Some(joined(host, port, &evidence))
}

/// The value of a name among what a dictionary gives: `run(app, **{"port": 80})`, `run(app, **OPTIONS)`
/// with `OPTIONS = dict(port=80)`.
fn spread(call: &Call, name: &str) -> Option<Range<usize>> {
    let file = &call.file;
    call.arguments().into_iter().filter(|range| file.word(range.start) == "**").find_map(|range| {
        let first = range.start + 1;
        let open = if file.word(first) == "{" {
            first
        } else {
            file.facts().definitions_of(file, file.word(first)).iter().next_back()?.value.start
        };
        if file.word(open) == "dict" {
            return Call::at(file, open)?.named(name);
        }
        let pairs = file.elements(Some(open).filter(|&open| file.word(open) == "{")?);
        let mut held = pairs.into_iter().filter(|one| file.word(one.start + 1) == ":");
        let is = |at: usize| file.string(at).is_some_and(|key| key == name);
        held.find(|one| is(one.start)).map(|one| one.start + 2..one.end)
    })
}

fn joined(mut host: Value, port: Value, evidence: &Evidence) -> Value {
    // No host, and one that is not known, are every address.
    let parts = &host.parts;
    if parts.iter().all(|part| part.text.as_deref().is_none_or(str::is_empty) && part.env.is_none())
    {
        host = Value::known("0.0.0.0", evidence.clone());
    }
    let mut whole = host.parts;
    whole.push(Part::known(":", evidence.clone()));
    whole.extend(port.parts);
    whole.into()
}

/// What a call receives; `None` if it does not listen: it may send from there.
fn protocol(row: &Listener, call: &Call) -> Option<Protocol> {
    if row.socket {
        return socket(call);
    }
    let client = |name: &String| row.address_at.is_none() && call.named(name).is_none();
    if row.datagrams && row.address.as_ref().is_some_and(client) {
        return None;
    }
    Some(if row.datagrams { Protocol::Udp } else { Protocol::Tcp })
}

/// What a socket is made for: for datagrams, or for connections where it listens too.
fn socket(call: &Call) -> Option<Protocol> {
    let file = &call.file;
    let same = file.facts().function_at(call.at).map(|function| function.name);
    let places = file.places(call.receiver()).iter().take(MAX_USES);
    let near = places.filter(|&&at| {
        let of = file.facts().function_at(at).map(|function| function.name);
        of == same || of.is_none() || file.word(at.wrapping_sub(1)) == "."
    });
    let mut listens = false;
    for &at in near {
        listens |= file.word(at + 1) == "." && file.word(at + 2) == "listen";
        // `sock = socket.socket(..., socket.SOCK_DGRAM)`, `with socket.socket(...) as sock:`
        let begin = at.saturating_sub(MAX_LINE);
        let first = (begin..at).rev().find(|&at| file.is_line_end(at)).map_or(begin, |at| at + 1);
        let mut line = first..(at + MAX_LINE).min(file.len());
        line.end = line
            .clone()
            .skip_while(|&one| one < at)
            .find(|&at| file.is_line_end(at))
            .unwrap_or(line.end);
        if line.clone().any(|at| file.word(at) == "SOCK_DGRAM") {
            return Some(Protocol::Udp);
        }
    }
    listens.then_some(Protocol::Tcp)
}

/// The addresses that the code listens on.
pub(super) fn listening(code: &Code, rows: &[Listener], development: bool) -> Listening {
    gathered(code, rows, &|row| development || !row.development)
}

/// The addresses of what serves the application itself.
pub(super) fn served(code: &Code, rows: &[Listener]) -> Listening {
    gathered(code, rows, &|row| !row.side)
}

/// The ports that the code listens on beside the server of the application, which another command
/// starts.
pub(super) fn beside(code: &Code, rows: &[Listener]) -> Vec<Sourced<Port>> {
    let side = calls(code, rows).filter(|(row, call)| row.side && is_reached(call));
    side.filter_map(|(row, call)| {
        let protocol = protocol(row, &call)?;
        let number = crate::code::listen::port(&address(code, row, &call)?)?;
        let at = call.evidence(format!("`{}` listens beside the server", call.name()));
        Some(Sourced::new(Port { number, protocol }, at))
    })
    .collect()
}

fn gathered(code: &Code, rows: &[Listener], kept: &dyn Fn(&Listener) -> bool) -> Listening {
    let mut listening = Listening::default();
    let mut all = Vec::new();
    for (row, call) in calls(code, rows).filter(|(row, _)| kept(row)) {
        // A socket of the file system has no port.
        if SOCKETS.iter().any(|name| call.named(name).is_some()) {
            continue;
        }
        let Some(protocol) = protocol(row, &call) else { continue };
        let evidence = call.evidence(format!("`{}` listens", call.name()));
        listening.listens.get_or_insert_with(|| evidence.clone());
        let Some(value) = address(code, row, &call) else { continue };
        let (rank, late) = (0, 0);
        all.push(Address { value, rank, late, protocol, evidence });
    }
    let known = crate::code::listen::with_ports(all.iter().cloned());
    if !listening.choose(known) && listening.listens.is_some() {
        let decided = all.iter().find_map(|address| {
            let last = address.value.parts.last()?;
            Some((last.env.clone()?, last.evidence.clone()))
        });
        match decided {
            Some((key, evidence)) => listening.set(key, 8000, true, evidence),
            None => listening.ask(&all),
        }
    }
    listening
}

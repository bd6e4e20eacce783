//! Services that a line of code or of settings looks for on the machine itself.

use super::Row;
use super::variables::{Role, named};

/// Spellings of the machine itself.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// Beginnings of lines that are comments, in the languages and formats that are read.
const COMMENTS: [&str; 7] = ["//", "#", "*", "/*", "--", ";", "<!--"];

/// From this line on, a file of source code tests itself.
const TESTS: &str = "#[cfg(test)]";

/// Maximum number of lines before a default that may name its variable.
const BEFORE: usize = 2;

/// Endings of the names of variables that hold an address.
const ENDINGS: [&str; 12] = [
    "URL",
    "URI",
    "DSN",
    "HOST",
    "HOSTNAME",
    "ADDR",
    "ADDRESS",
    "SERVER",
    "SERVERS",
    "BROKERS",
    "CONNECTION",
    "ENDPOINT",
];

/// A place that looks for a service at this machine.
#[derive(Clone, Debug)]
pub(crate) struct Near {
    /// The service; `None` for some database.
    pub(crate) row: Option<&'static Row>,
    /// The line, from 1.
    pub(crate) line: u32,
    /// The address that it looks at; the host alone if the place names no port.
    pub(crate) address: String,
    /// The environment variable that names another address.
    pub(crate) variable: Option<String>,
    /// It is a whole address, with the scheme of the service, that a call is given.
    pub(crate) is_given: bool,
}

/// True for a text with the name of this machine in it.
pub(crate) fn names_this_machine(text: &str) -> bool {
    HERE.iter().any(|here| text.contains(here))
}

/// The places of a text, in its order.
pub(crate) fn nearby(rows: &'static [Row], text: &str) -> Vec<Near> {
    if !names_this_machine(text) {
        return Vec::new();
    }
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let begin = line.trim_start();
        if begin.starts_with(TESTS) {
            break;
        }
        if COMMENTS.iter().any(|comment| begin.starts_with(comment)) && !begin.starts_with("#[") {
            continue;
        }
        let line = line.split(" // ").next().unwrap_or_default();
        let Some((row, address)) = looked_for(rows, line) else { continue };
        // A line that begins with an operator or a value goes on with the one before.
        let goes_on = begin.starts_with(|c: char| !c.is_alphanumeric());
        let before = if goes_on { at.saturating_sub(BEFORE) } else { at };
        let variable = lines[before..=at].iter().rev().find_map(|line| variable(line));
        let is_given = is_given(line);
        let line = u32::try_from(at + 1).unwrap_or(u32::MAX);
        found.push(Near { row, line, address, variable, is_given });
    }
    found
}

/// Words of names for addresses that are the program's own, or that its users type.
const OWN: [&str; 36] = [
    "listen",
    "listener",
    "bind",
    "server",
    "http",
    "https",
    "port",
    "admin",
    "metrics",
    "health",
    "management",
    "public",
    "external",
    "base",
    "site",
    "website",
    "app",
    "web",
    "client",
    "frontend",
    "front",
    "ui",
    "origin",
    "origins",
    "cors",
    "allowed",
    "callback",
    "redirect",
    "issuer",
    "domain",
    "self",
    "root",
    "docs",
    "debug",
    "dev",
    "test",
];

/// Words of names that say nothing of what is at the address.
const PLAIN: [&str; 8] =
    ["addr", "address", "host", "hostname", "url", "uri", "endpoint", "config"];

/// Something else that a program reaches at this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Other {
    /// The key or the variable that names it.
    pub(crate) name: String,
    /// The line, from 1.
    pub(crate) line: u32,
    /// The address.
    pub(crate) address: String,
    /// The port of the address.
    pub(crate) port: u16,
    /// The environment variable that names another address.
    pub(crate) variable: Option<String>,
}

/// The addresses at this machine with a port that no service is known to have. In code, each has a
/// variable; `keyed`: the lines are settings, each with its whole key.
pub(crate) fn others(rows: &'static [Row], text: &str, keyed: bool) -> Vec<Other> {
    if !names_this_machine(text) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let begin = line.trim_start();
        if begin.starts_with(TESTS) {
            break;
        }
        let commented = COMMENTS.iter().any(|comment| begin.starts_with(comment));
        if commented || looked_for(rows, line).is_some() {
            continue;
        }
        let Some((address, port)) = with_port(line) else { continue };
        let variable = variable(line);
        let key = line.split_once(['=', ':']).map(|(key, _)| key.trim()).filter(|_| keyed);
        let Some(name) = key.or(variable.as_deref()) else { continue };
        // An origin that is let in is no service that is called.
        let lets_in = |word: String| ["cors", "origin", "origins"].contains(&word.as_str());
        if !keyed && tokens(line).flat_map(parts).any(lets_in) {
            continue;
        }
        let words = parts(name);
        let is = |words: &[&str], word: &String| words.contains(&word.as_str());
        if words.iter().any(|word| is(&OWN, word)) || words.iter().all(|word| is(&PLAIN, word)) {
            continue;
        }
        let line = u32::try_from(at + 1).unwrap_or(u32::MAX);
        found.push(Other { name: name.to_owned(), line, address, port, variable });
    }
    found
}

/// The first address of a line that is at this machine, if it is a whole value with a port.
fn with_port(line: &str) -> Option<(String, u16)> {
    let Here { before, host, digits, .. } = Here::first(line)?;
    let starts = before.chars().next_back().is_none_or(|c| "\"'`= :,/@".contains(c));
    let port = digits?.parse().ok().filter(|port: &u16| *port > 0 && starts)?;
    Some((format!("{host}:{port}"), port))
}

/// Where a line names this machine.
struct Here<'l> {
    before: &'l str,
    host: &'static str,
    /// The digits of the port, if one follows.
    digits: Option<&'l str>,
    /// What follows the host.
    after: &'l str,
}

impl<'l> Here<'l> {
    /// The first such place.
    fn first(line: &'l str) -> Option<Self> {
        let here = HERE.iter().filter_map(|here| Some((line.find(here)?, *here)));
        let (at, host) = here.min()?;
        let after = &line[at + host.len()..];
        let digits = after.strip_prefix(':').map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            &rest[..end]
        });
        Some(Self { before: &line[..at], host, digits, after })
    }
}

/// The service that a line looks for, and where.
fn looked_for(rows: &'static [Row], line: &str) -> Option<(Option<&'static Row>, String)> {
    let Here { before, host, digits, after } = Here::first(line)?;
    let port = digits.and_then(|digits| digits.parse::<u16>().ok());
    let address = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let words = || tokens(line).flat_map(parts).collect::<Vec<_>>();
    let has_word = |row: &&Row| words().iter().any(|word| row.words.contains(word));
    let of_port = |port: Option<u16>| {
        let same = || rows.iter().filter(|row| Some(row.port) == port);
        // Several products share a port, and a port in thousands is many programs'.
        same()
            .find(has_word)
            .or_else(|| same().find(|row| row.kind != "storage" && row.kind != "mail"))
    };
    if let Some(scheme) = scheme(before) {
        let web = scheme == "http" || scheme == "https";
        let by_scheme = rows.iter().find(|row| row.schemes.iter().any(|held| held == scheme));
        let row =
            by_scheme.or_else(|| of_port(port).filter(|row| web && row.url.starts_with("http")))?;
        return Some((Some(row), address));
    }
    let starts =
        before.chars().next_back().is_none_or(|c| "\"'`= :,".contains(c)) || before.ends_with(":-");
    let ends = after.chars().next().is_none_or(|c| "\"'`}: ,;)".contains(c));
    if !starts || !ends {
        return None;
    }
    if let Some(row) = of_port(port) {
        return Some((Some(row), address));
    }
    let key = tokens(line).find_map(|token| {
        let parts = parts(token);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let (row, role) = named(rows, &parts)?;
        matches!(role, Role::Host | Role::Address | Role::Url).then_some(row)
    });
    key.map(|row| (row, address))
}

/// The service whose scheme or port an address at this machine has.
pub(crate) fn of_address(rows: &'static [Row], text: &str) -> Option<&'static Row> {
    looked_for(rows, text)?.0
}

/// True if the first address with a scheme is an argument: `connect("redis://localhost")`.
fn is_given(line: &str) -> bool {
    let Some(scheme) = line.find("://") else { return false };
    let quote = line[..scheme].rfind(['"', '\'', '`']);
    quote.is_some_and(|quote| line[..quote].trim_end().ends_with(['(', ',']))
}

/// The scheme of the address whose host follows.
fn scheme(before: &str) -> Option<&str> {
    let (scheme, login) = before.rsplit_once("://")?;
    let whole = login.is_empty() || login.ends_with('@');
    if !whole || login.contains(|c: char| c.is_whitespace() || "\"'`/".contains(c)) {
        return None;
    }
    let start = scheme
        .rfind(|c: char| !(c.is_ascii_alphanumeric() || "+-:".contains(c)))
        .map_or(0, |at| at + 1);
    let scheme = scheme[start..].trim_start_matches([':', '-']);
    // `${URL:redis://...}`: what stands before the scheme is a name.
    let inner = ["jdbc:", "r2dbc:"].iter().find_map(|kind| scheme.rfind(kind));
    Some(inner.map_or_else(
        || scheme.rsplit_once(':').map_or(scheme, |(_, last)| last),
        |at| &scheme[at..],
    ))
}

/// The names of a line, dotted ones as a whole.
fn tokens(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c)))
        .filter(|token| !token.is_empty() && !HERE.contains(token))
}

/// The words of a name in lower case: `redisHost`, `REDIS_HOST` and `redis.host` have the same.
fn parts(name: &str) -> Vec<String> {
    let mut parts = Vec::new();
    let (mut part, mut lower) = (String::new(), false);
    for c in name.chars() {
        if "._-".contains(c) || lower && c.is_ascii_uppercase() {
            parts.push(std::mem::take(&mut part));
        }
        if c.is_ascii_alphanumeric() {
            part.push(c.to_ascii_lowercase());
        }
        lower = c.is_ascii_lowercase();
    }
    parts.push(part);
    parts.retain(|part| !part.is_empty());
    parts
}

/// The environment variable that a line reads: a name in upper case that is of an address.
fn variable(line: &str) -> Option<String> {
    let names = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let mut names = names.filter(|name| {
        name.len() > 3
            && name.starts_with(|c: char| c.is_ascii_uppercase())
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
    });
    names.find(|name| ENDINGS.iter().any(|ending| name.ends_with(ending))).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let line = |near: Near| {
            let service = near.row.map_or("database", |row| row.id.as_str());
            let variable = near.variable.unwrap_or_default();
            format!("{} {service} {} {variable}", near.line, near.address).trim_end().to_owned()
        };
        nearby(super::super::rows().unwrap(), text).into_iter().map(line).collect()
    }

    #[test]
    fn addresses_and_hosts_name_services() {
        for (text, expected) in [
            (
                "url = env.get('DATABASE_URL', 'postgres://u:p@localhost/x')",
                "1 postgres localhost DATABASE_URL",
            ),
            ("x = \"redis://127.0.0.1:6380/0\"", "1 redis 127.0.0.1:6380"),
            ("host: process.env.REDIS_HOST || 'localhost',", "1 redis localhost REDIS_HOST"),
            (
                "spring.datasource.url=${DB_URL:jdbc:mysql://localhost:3306/x}",
                "1 mysql localhost:3306 DB_URL",
            ),
            ("spring.data.mongodb.host=localhost", "1 mongo localhost"),
            (
                "broker := env(\"KAFKA_BROKERS\", \"localhost:9092\")",
                "1 kafka localhost:9092 KAFKA_BROKERS",
            ),
            ("host := os.Getenv(\"DB_HOST\") // localhost", ""),
            ("dbHost: env.DB_HOST ?? \"localhost\"", "1 database localhost DB_HOST"),
            (
                "env::var(\"CACHE_URL\")\n    .unwrap_or_else(|_| \"redis://localhost\".into())",
                "2 redis localhost CACHE_URL",
            ),
            ("url: ${ES_URL:http://localhost:9200}", "1 elasticsearch localhost:9200 ES_URL"),
        ] {
            assert_eq!(found(text).join("; "), expected, "{text}");
        }
    }

    #[test]
    fn addresses_of_unknown_services_have_the_name_of_their_setting() {
        let of = |text: &str, keyed: bool| {
            let all = others(super::super::rows().unwrap(), text, keyed).into_iter();
            all.map(|one| format!("{} {}", one.name, one.address)).collect::<Vec<_>>().join("; ")
        };
        let keyed = [
            ("queue.config.namesrvAddr=127.0.0.1:9876", "queue.config.namesrvAddr 127.0.0.1:9876"),
            ("broker.gateway=http://localhost:26500", "broker.gateway http://localhost:26500"),
            ("server.address=localhost:8080", ""),
            ("redis.url=redis://localhost:6379", ""),
            ("url=http://localhost:1234", ""),
            ("a.b=https://notlocalhost:12", ""),
        ];
        for (text, expected) in keyed {
            assert_eq!(of(text, true), expected.replace("http://", ""), "{text}");
        }
        let api = "const api = process.env.PLUM_API_URL || 'http://localhost:9981/api';";
        assert_eq!(of(api, false), "PLUM_API_URL localhost:9981");
        for text in [
            "const base = process.env.BASE_URL || 'http://localhost:3000';",
            "fetch('http://localhost:9981/api');",
            "cors({ origin: process.env.SHOP_URL || 'http://localhost:3000' })",
            "const url = process.env.CLIENT_URL || 'http://localhost:3000';",
            "// process.env.PLUM_API_URL || 'http://localhost:9981'",
        ] {
            assert_eq!(of(text, false), "", "{text}");
        }
    }

    #[test]
    fn other_addresses_at_this_machine_are_no_services() {
        for text in [
            "const base = process.env.BASE_URL || 'http://localhost:3000';",
            "// redis://localhost:6379",
            "server.listen(8080, 'localhost');",
            "HOST = '127.0.0.1'",
            "open('sqlite://localhost/x')",
            "curl http://localhost:9000/health",
            "not-localhost:6379 and mylocalhost",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
    }
}

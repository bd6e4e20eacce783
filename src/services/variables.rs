//! From variables and images to services.

use std::collections::BTreeSet;

use super::{Needed, Row};
use crate::evidence::Evidence;

/// Hosts that mean this machine.
const LOCAL: [&str; 5] = ["localhost", "127.0.0.1", "0.0.0.0", "host.docker.internal", "::1"];

/// Parts of names that mean some database.
const DATABASE: [&str; 4] = ["db", "database", "datasource", "sql"];

/// What a variable says of a service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Url,
    Address,
    Host,
    Port,
    Name,
    Password,
    Driver,
}

/// The role by the last part of a variable's name.
fn role(part: &str) -> Option<Role> {
    Some(match part {
        "url" | "uri" | "dsn" => Role::Url,
        "brokers" | "broker" | "bootstrap" | "servers" | "addr" | "address" | "addresses" => {
            Role::Address
        }
        "host" | "hostname" | "server" => Role::Host,
        "port" => Role::Port,
        "user" | "username" | "name" | "database" | "db" | "dbname" => Role::Name,
        "password" | "pass" | "passwd" | "pwd" => Role::Password,
        "driver" | "dialect" | "connection" | "type" | "client" | "provider" => Role::Driver,
        _ => return None,
    })
}

/// The service and the role that a variable's name says; no service for one of some database.
pub(super) fn named(rows: &'static [Row], parts: &[&str]) -> Option<(Option<&'static Row>, Role)> {
    let last = *parts.last()?;
    let by_word = |part: &str| rows.iter().find(|row| row.words.iter().any(|word| word == part));
    if let Some(row) = parts.iter().find_map(|part| by_word(part)) {
        return Some((Some(row), role(last)?));
    }
    // `PGHOST`: a word with the role right behind it.
    if let [one] = parts {
        let glued = rows.iter().find_map(|row| {
            let rest = row.words.iter().find_map(|word| one.strip_prefix(word.as_str()))?;
            Some((Some(row), role(rest)?))
        });
        return glued;
    }
    let generic = parts[..parts.len() - 1].iter().any(|part| DATABASE.contains(part));
    generic.then(|| role(last)).flatten().map(|role| (None, role))
}

/// A variable that names some database.
struct Generic {
    key: String,
    role: Role,
    evidence: Evidence,
}

/// What was read so far.
pub(super) struct Told<'r> {
    rows: &'static [Row],
    name: &'r str,
    /// Names of services in compose files.
    pub(super) hosts: BTreeSet<String>,
    found: Vec<Needed>,
    generic: Vec<Generic>,
    /// The database that a driver's name or a port says.
    hinted: Option<&'static Row>,
    /// A driver's name says that the database is a file.
    embedded: bool,
}

impl<'r> Told<'r> {
    pub(super) fn new(rows: &'static [Row], name: &'r str) -> Self {
        let (hosts, found, generic) = (BTreeSet::new(), Vec::new(), Vec::new());
        Self { rows, name, hosts, found, generic, hinted: None, embedded: false }
    }

    fn need(&mut self, row: &'static Row, evidence: &Evidence) -> &mut Needed {
        let at = self.found.iter().position(|held| held.row.id == row.id);
        let at = at.unwrap_or_else(|| {
            let (image, variables) = (row.image.clone(), Vec::new());
            self.found.push(Needed { row, image, variables, evidence: Vec::new() });
            self.found.len() - 1
        });
        let needed = &mut self.found[at];
        if !needed.evidence.contains(evidence) {
            needed.evidence.push(evidence.clone());
        }
        needed
    }

    fn set(&mut self, row: &'static Row, key: &str, value: String, evidence: &Evidence) {
        let needed = self.need(row, evidence);
        if !needed.variables.iter().any(|(held, _)| held == key) {
            needed.variables.push((key.to_owned(), value));
        }
    }

    /// The image of a service in a compose file.
    pub(super) fn image(&mut self, image: &str, evidence: &Evidence) {
        let plain = image.split('@').next().unwrap_or_default();
        let (repository, tag) = match plain.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (plain, ""),
        };
        let row = self.rows.iter().find_map(|row| Some((row, row.is_image(repository)?)));
        let Some((row, takes_settings)) = row else { return };
        let needed = self.need(row, evidence);
        let exact = tag.starts_with(|c: char| c.is_ascii_alphanumeric()) && tag != "latest";
        if takes_settings && exact {
            plain.clone_into(&mut needed.image);
        }
    }

    /// True if a host is this machine, or a service of a compose file.
    fn is_near(&self, host: &str) -> bool {
        LOCAL.contains(&host) || self.hosts.contains(host) || !host.contains('.')
    }

    /// A variable of the program. One without a value counts only if it is `required`.
    pub(super) fn variable(&mut self, key: &str, value: &str, evidence: &Evidence, required: bool) {
        if let Some((scheme, rest)) = value.split_once("://") {
            self.address(key, scheme, rest, evidence);
            return;
        }
        let lower = key.to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('_').filter(|part| !part.is_empty()).collect();
        let Some((row, role)) = named(self.rows, &parts) else { return };
        if role == Role::Driver {
            self.embedded |= value.to_ascii_lowercase().contains("sqlite");
            let is = |row: &&Row| row.id == value || row.words.iter().any(|word| word == value);
            self.hinted = self.hinted.or(self.rows.iter().find(is));
            return;
        }
        let host = value.split(',').next().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        let names_host = matches!(role, Role::Host | Role::Address);
        if value.is_empty() && !required && (names_host || role == Role::Url)
            || names_host && !value.is_empty() && !self.is_near(host)
        {
            return;
        }
        let Some(row) = row else {
            let port = value.parse::<u16>().ok().filter(|_| role == Role::Port);
            let of_port = |row: &&Row| row.kind == "database" && Some(row.port) == port;
            self.hinted = self.hinted.or(self.rows.iter().find(of_port));
            let (key, evidence) = (key.to_owned(), evidence.clone());
            self.generic.push(Generic { key, role, evidence });
            return;
        };
        // A port or a login alone does not say that the service is needed here.
        if !names_host && role != Role::Url && !self.found.iter().any(|held| held.row.id == row.id)
        {
            return;
        }
        if let Some(value) = self.value(row, role, &lower) {
            self.set(row, key, value, evidence);
        }
    }

    /// A variable in place of which the program looks for a service at localhost.
    pub(super) fn at_localhost(&mut self, row: &'static Row, key: &str, evidence: &Evidence) {
        let lower = key.to_ascii_lowercase();
        let last = lower.rsplit('_').next().unwrap_or_default();
        let role = role(last).or_else(|| Some(named(self.rows, &[last])?.1));
        if let Some(value) = role.and_then(|role| self.value(row, role, &lower)) {
            self.set(row, key, value, evidence);
        }
    }

    /// An address with a scheme.
    fn address(&mut self, key: &str, scheme: &str, rest: &str, evidence: &Evidence) {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let (host, port) = host.split_once(':').unwrap_or((host, ""));
        if !self.is_near(host) {
            return;
        }
        let lower = key.to_ascii_lowercase();
        let web = matches!(scheme, "http" | "https");
        let is = |row: &&Row| {
            let named = || lower.split('_').any(|part| row.words.iter().any(|word| word == part));
            row.schemes.iter().any(|held| held == scheme)
                || web && row.url.starts_with("http") && (port == row.port.to_string() || named())
        };
        let Some(row) = self.rows.iter().find(is) else { return };
        let mut url = row.url(self.name, scheme);
        if let Some((_, query)) = rest.split_once('?').filter(|_| !web) {
            url = format!("{url}?{query}");
        }
        self.set(row, key, url, evidence);
        // The login of a driver that takes it apart follows in variables of its own.
        self.hinted = self.hinted.or((row.kind == "database").then_some(row));
    }

    fn value(&self, row: &'static Row, role: Role, key: &str) -> Option<String> {
        let text = match role {
            Role::Url => {
                let jdbc = key.contains("jdbc") || key.contains("datasource");
                let fits = |scheme: &&String| scheme.starts_with("jdbc:") == jdbc;
                let scheme = row.schemes.iter().find(fits).map_or("http", String::as_str);
                return Some(row.url(self.name, scheme));
            }
            Role::Address => "{host}:{port}",
            Role::Host => "{host}",
            Role::Port => "{port}",
            // What takes no login keeps the values of the example.
            Role::Name if row.url.contains("{name}") => "{name}",
            Role::Password if row.url.contains("{password}") => "{password}",
            _ => return None,
        };
        Some(row.fill(text, self.name))
    }

    /// The services, now that all is read. `names` says whether a manifest names one of some packages.
    pub(super) fn settle(mut self, names: &dyn Fn(&[String]) -> bool) -> Vec<Needed> {
        let mut generic = std::mem::take(&mut self.generic);
        if self.embedded {
            // What names some database is for those who choose another one.
            generic.clear();
        }
        // A login or a name alone is no sign of a server: SQLite has a DB_NAME too.
        let reached =
            generic.iter().any(|held| matches!(held.role, Role::Url | Role::Host | Role::Address));
        let known = self.found.iter().map(|held| held.row).find(|row| row.kind == "database");
        let by_package = || {
            let mut databases =
                self.rows.iter().filter(|row| row.kind == "database" && names(&row.packages));
            let first = databases.next()?;
            databases.next().is_none().then_some(first)
        };
        if let Some(row) = self
            .hinted
            .or(known)
            .or_else(by_package)
            .filter(|row| reached || self.found.iter().any(|held| held.row.id == row.id))
        {
            for held in generic {
                if let Some(value) = self.value(row, held.role, &held.key.to_ascii_lowercase()) {
                    self.set(row, &held.key, value, &held.evidence);
                }
            }
        }
        let order = |needed: &Needed| self.rows.iter().position(|row| row.id == needed.row.id);
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(order);
        found
    }
}

//! Services that the settings look for under a name that only a network of containers knows, such as
//! `jdbc:mysql://db:3306/shop`, or at this machine, where no row of the shared list knows them.

use super::config::{Setting, relaxed};
use super::demands::variable_of;
use super::starters;
use super::surroundings::Surroundings;
use crate::facts::{Evidence, Finding, Program};
use crate::services::{self, Row, host, is_bare};

/// How many services are listed.
const MAX_SERVICES: usize = 6;

/// Reports them.
pub(super) fn say(program: &mut Program, around: &Surroundings) {
    let Ok(rows) = services::rows() else { return };
    let mut listed: Vec<String> = Vec::new();
    let (mut variables, mut evidence) = (Vec::new(), Vec::new());
    for setting in around.settings.strongest() {
        let Some((name, address, variable)) = service(rows, around, setting) else { continue };
        let one = format!("{name} at {address}");
        if listed.len() >= MAX_SERVICES || listed.contains(&one) {
            continue;
        }
        listed.push(one);
        variables.push(variable);
        let note = format!("{} = {}", setting.key, setting.value);
        evidence.push(Evidence { note, ..setting.evidence.clone() });
    }
    for one in starters::defaults(around) {
        let text = format!("{} at {}", one.name, one.address);
        let known = listed.iter().any(|held| held.starts_with(&format!("{} ", one.name)));
        if listed.len() < MAX_SERVICES && !known {
            listed.push(text);
            variables.push(one.variable);
            evidence.push(one.evidence);
        }
    }
    if listed.is_empty() {
        return;
    }
    program.findings.push(Finding::service_by_name(&listed, &variables, evidence));
}

/// The service of a setting, its address, and the variable that names another address.
fn service(
    rows: &'static [Row],
    around: &Surroundings,
    setting: &Setting,
) -> Option<(String, String, String)> {
    let (value, named) = around.settings.expand(&setting.value);
    let variable = named.unwrap_or_else(|| variable_of(&setting.key));
    let key = relaxed(&setting.key);
    if let Some(row) = around.project.tables.service_setting.iter().find(|row| row.key == key) {
        let own = row.unless.as_ref();
        let is_itself = own.is_some_and(|own| around.sources.iter().any(|file| file.names(own)));
        let address = value.split("://").last().unwrap_or_default();
        let (host, address) = host(address)?;
        // The shared list says it of the services that it holds.
        let shared = rows.iter().any(|held| held.name.contains(row.name.as_str()));
        let here = !shared && matches!(host, "localhost" | "127.0.0.1");
        return (!is_itself && (here || is_bare(host)))
            .then(|| (row.name.clone(), address.to_owned(), variable));
    }
    let (scheme, rest) = value.split_once("://")?;
    let row = rows.iter().find(|row| row.has_scheme(scheme))?;
    let (host, address) = host(rest)?;
    is_bare(host).then(|| (row.name.clone(), address.to_owned(), variable))
}

#[cfg(test)]
mod tests {
    use super::super::tests_code::spring;

    #[test]
    fn services_of_a_network_of_containers_are_said() {
        let of = |properties: &str| {
            let found = spring(&[("src/main/resources/application.properties", properties)], "");
            let found = found.findings.into_iter().find(|f| f.code.as_str() == "service-by-name");
            found.map(|found| found.what)
        };
        let is = |text: &str| Some(format!("the program looks for {text}"));
        assert_eq!(of("spring.datasource.url=jdbc:mysql://db:3306/x\n"), is("MySQL at db:3306"));
        assert_eq!(of("a.b.jdbc-url=jdbc:postgresql://u@store/x?y=z\n"), is("PostgreSQL at store"));
        assert_eq!(of("spring.data.redis.host=${R:cache}\n"), is("Redis at cache"));
        assert_eq!(
            of("eureka.client.service-url.defaultZone=http://localhost:8761/eureka/\n"),
            is("Eureka at localhost:8761")
        );
        for other in [
            "spring.datasource.url=jdbc:mysql://db.example.com/x\n",
            "spring.datasource.url=jdbc:mysql://${DB}:3306/x\n",
            "spring.datasource.url=jdbc:h2:mem:x\n",
            "some.url=http://api/x\n",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}

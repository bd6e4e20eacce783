//! Pages that documentation tells to open once the program runs: `Open http://localhost:5232`.

use crate::facts::Evidence;
use crate::path::RelPath;
use crate::recipes::port_number;

/// What stands before the port.
const HOSTS: [&str; 3] = ["://localhost:", "://127.0.0.1:", "://0.0.0.0:"];

/// Words of a sentence that leads to the program.
const LEADS: [&str; 17] = [
    "access",
    "available",
    "browse",
    "browser",
    "go to",
    "head over to",
    "listening",
    "listens",
    "navigate",
    "open",
    "point your",
    "reach",
    "running at",
    "running on",
    "served",
    "up on",
    "visit",
];

/// Words of a sentence about something else: a server in front of the program, one for
/// developers, a service that it calls.
const OTHERS: [&str; 22] = [
    "adminer",
    "callback",
    "dev server",
    "development server",
    "docs server",
    "documentation",
    "front end",
    "frontend",
    "front-end",
    "grafana",
    "hot reload",
    "jaeger",
    "keycloak",
    "kibana",
    "mailhog",
    "mkdocs",
    "prometheus",
    "proxy",
    "redirect",
    "storybook",
    "upstream",
    "webhook",
];

/// How many lines above the address may hold the sentence.
const MAX_ABOVE: usize = 3;

/// First words of the names of documents for those who change the program: what they open may be a
/// server for developers.
const FOR_DEVELOPERS: [&str; 6] =
    ["building", "contribute", "contributing", "developing", "development", "hacking"];

/// True for a document for those who change the program.
pub(super) fn is_for_developers(file: &RelPath) -> bool {
    let name = file.file_name().to_ascii_lowercase();
    FOR_DEVELOPERS.iter().any(|word| name.starts_with(word))
}

/// The ports of these pages, with their places.
pub(super) fn opened(file: &RelPath, text: &str) -> Vec<(u16, Evidence)> {
    let lines: Vec<String> = text.lines().map(str::to_ascii_lowercase).collect();
    let mut found: Vec<(u16, Evidence)> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(port) = port_of(line) else { continue };
        // A heading ends what was said before it.
        let above = lines[..at].iter().rev().take_while(|line| !line.starts_with('#'));
        let near: Vec<&String> =
            above.filter(|line| !line.trim().is_empty()).take(MAX_ABOVE).collect();
        let says = |words: &[&str], lines: &[&String]| {
            lines.iter().any(|line| words.iter().any(|word| line.contains(word)))
        };
        let here = [line];
        if says(&OTHERS, &here) || says(&OTHERS, &near) {
            continue;
        }
        if (says(&LEADS, &here) || says(&LEADS, &near))
            && found.iter().all(|(held, _)| *held != port)
        {
            let note = format!("documentation opens port {port}");
            let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
            found.push((port, Evidence::at(file, number, note)));
        }
    }
    found
}

/// The port of the first such address of a line.
fn port_of(line: &str) -> Option<u16> {
    let (_, rest) = HOSTS.iter().find_map(|host| line.split_once(host))?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    port_number(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_that_leads_to_a_page_names_its_port() {
        let of = |text: &str| {
            let file = RelPath::new("README.md").unwrap();
            opened(&file, text).into_iter().map(|(port, _)| port).collect::<Vec<_>>()
        };
        assert_eq!(of("Open <http://localhost:5232> in your browser."), [5232]);
        assert_eq!(of("Then visit\n\n```\nhttp://127.0.0.1:8083/\n```\n"), [8083]);
        assert_eq!(of("It is available at http://0.0.0.0:7000."), [7000]);
        for text in [
            "    proxy_pass http://localhost:5232;",
            "Open http://localhost:6006 for the storybook.",
            "Set the redirect URL\n\nOpen http://localhost:9000/callback",
            "Open the page.\n## Metrics\nhttp://localhost:9100",
            "Open http://localhost/",
        ] {
            assert!(of(text).is_empty(), "{text}");
        }
    }
}

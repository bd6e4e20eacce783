//! Services that the code looks for under a name that only a network of containers knows:
//! `mongodb://mongo:27017/shop`.

use super::super::token::Token;
use super::{Scan, Source};
use crate::facts::Finding;
use crate::services::{self, host, is_bare};

/// How many services are listed.
const MAX_SERVICES: usize = 6;

/// Reports them.
pub(super) fn read(sources: &[Source], scan: &mut Scan) {
    let Ok(rows) = services::rows() else { return };
    let mut listed: Vec<String> = Vec::new();
    let (mut variables, mut evidence) = (Vec::new(), Vec::new());
    for source in sources {
        let texts = source.tokens.iter().enumerate().filter_map(|(at, t)| Some((at, t.text()?)));
        for (at, text) in texts {
            let Some((scheme, rest)) = text.split_once("://") else { continue };
            let Some(row) = rows.iter().find(|row| row.has_scheme(scheme)) else { continue };
            let Some((_, address)) = host(rest).filter(|(host, _)| is_bare(host)) else { continue };
            let one = format!("{} at {address}", row.name);
            if listed.len() >= MAX_SERVICES || listed.contains(&one) {
                continue;
            }
            let variable = variable(&source.tokens, at);
            // The image sets it, or it is known to be needed.
            let known = |name: &String| scan.env.iter().any(|held| held.value.key == *name);
            if variable.as_ref().is_some_and(known) {
                continue;
            }
            evidence.push(source.at(source.tokens[at].at, format!("looks for {one}")));
            listed.push(one);
            variables.extend(variable);
        }
    }
    if !listed.is_empty() {
        scan.findings.push(Finding::service_by_name(&listed, &variables, evidence));
    }
}

/// The variable in `process.env.NAME || "text"`, whose text is at `at`.
fn variable(tokens: &[Token], at: usize) -> Option<String> {
    let mut end = at;
    while end > 0 && (tokens[end - 1].is('|') || tokens[end - 1].is('?')) {
        end -= 1;
    }
    let name = tokens.get(end.checked_sub(1)?)?.word().filter(|_| end < at)?;
    let before = tokens.get(end.checked_sub(3)?..end - 1)?;
    (before[0].is_word("env") && before[1].is('.')).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    #[test]
    fn services_of_a_network_of_containers_are_said() {
        let said = |source: &str| {
            let scan = scanned(&[("package.json", "{}"), ("index.js", source)]);
            let found = scan.findings.into_iter().find(|f| f.code.as_str() == "service-by-name");
            found.map(|found| (found.what.clone(), found.fix.contains("-e ")))
        };
        let is = |text: &str, variable| Some((format!("the program looks for {text}"), variable));
        assert_eq!(
            said("mongoose.connect('mongodb://mongo:27017/shop')"),
            is("MongoDB at mongo:27017", false)
        );
        assert_eq!(
            said("const url = process.env.CACHE_URL || 'redis://:x@cache:6379/0'"),
            is("Redis at cache:6379", true)
        );
        for other in [
            "connect('mongodb://db.example.com/x')",
            "connect('mongodb://localhost/x')",
            "fetch('http://api/x')",
            "connect(`mongodb://${host}/x`)",
        ] {
            assert_eq!(said(other), None, "{other}");
        }
    }
}

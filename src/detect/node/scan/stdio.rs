//! Servers that speak over standard input and output unless an argument asks for a network.

use super::{Scan, Source};
use crate::detect::node::codes;
use crate::facts::Finding;

/// The module of the Model Context Protocol's transport over standard input and output.
/// <https://modelcontextprotocol.io/docs/concepts/transports>
const MODULE: &str = "@modelcontextprotocol/sdk/server/stdio.js";

/// Takes away the port of a program that listens only where something asks for it.
pub(super) fn read(sources: &[Source], scan: &mut Scan) {
    if !scan.conditional || !sources.iter().any(|source| source.imports(MODULE)) {
        return;
    }
    let Some((source, at)) = sources.iter().find_map(|source| Some((source, default(source)?)))
    else {
        return;
    };
    let port = scan.port.take().map(|port| port.value.to_string());
    scan.more_ports.clear();
    scan.args.clear();
    scan.portless = true;
    scan.unfollowed = None;
    let asked = port.map_or_else(String::new, |port| format!(" and --port {port}"));
    scan.findings.push(
        Finding::new(
            codes::SPEAKS_OVER_STDIO,
            "the program speaks over standard input and output unless told otherwise",
            [source.at(at, "stdio is the default")],
        )
        .with_fix(format!(
            "start it with `docker run -i`; for the network give the program's own arguments with \
             --args{asked}"
        )),
    );
}

/// Where the text `stdio` is what holds if nothing else does: `x = 'stdio'`, `x ?? 'stdio'`,
/// `default: 'stdio'`.
fn default(source: &Source) -> Option<usize> {
    let tokens = source.tokens.as_slice();
    let falls_back = |at: &usize| {
        let before = |back: usize| at.checked_sub(back).and_then(|at| tokens.get(at));
        let is = |back: usize, mark: char| before(back).is_some_and(|token| token.is(mark));
        let compared = is(2, '=') || is(2, '!');
        is(1, '=') && !compared
            || is(1, '?') && is(2, '?')
            || is(1, '|') && is(2, '|')
            || is(1, ':') && before(2).is_some_and(|token| token.is_word("default"))
    };
    let named = |at: &usize| tokens[*at].text() == Some("stdio");
    (0..tokens.len()).filter(named).find(falls_back).map(|at| tokens[at].at)
}

#[cfg(test)]
mod tests {
    use super::super::tested::scanned;

    fn port(source: &str) -> (Option<u16>, usize) {
        let manifest = r#"{"dependencies": {"express": "5"}}"#;
        let source = format!(
            "import {{ StdioServerTransport }} from '@modelcontextprotocol/sdk/server/stdio.js';\n{source}"
        );
        let scan = scanned(&[("package.json", manifest), ("index.js", &source)]);
        let said = scan.findings.iter().filter(|f| f.code.as_str() == "speaks-over-stdio").count();
        (scan.port.map(|port| port.value), said)
    }

    #[test]
    fn a_port_behind_an_argument_is_no_port() {
        let serves =
            "if (kind === 'stdio') { talk() } else if (kind === 'http') { app.listen(3000) }";
        for default in ["let kind = 'stdio'", "const kind = args.kind ?? 'stdio'"] {
            assert_eq!(port(&format!("{default}; {serves}")), (None, 1), "{default}");
        }
        let http = format!("const kind = args.kind ?? 'http'; {serves}");
        assert_eq!(port(&http), (Some(3000), 0));
        assert_eq!(port("let kind = 'stdio'; app.listen(3000)"), (Some(3000), 0));
    }
}

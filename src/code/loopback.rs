//! Addresses on the container's own loopback, which no published port reaches.

use super::value::{Part, Value};
use crate::facts::{Evidence, Finding};

/// The host of an address: the part before the port.
pub(super) fn host(value: &Value) -> Option<(String, &Part)> {
    let mut before = String::new();
    for part in &value.parts {
        let text = part.text.as_deref()?;
        before.push_str(text);
        if before.contains(':') || before == "localhost" {
            let first = value
                .parts
                .iter()
                .find(|part| part.text.as_deref().is_some_and(|text| !text.is_empty()))?;
            let whole = value.text()?;
            let (host, _) = whole.rsplit_once(':')?;
            return Some((host.trim_matches(['[', ']']).to_owned(), first));
        }
    }
    None
}

/// True for a host that only the machine itself reaches.
pub(crate) fn is_local(host: &str) -> bool {
    host == "localhost" || host == "::1" || host.starts_with("127.")
}

/// The same for an address, which may have a port: `127.0.0.1:8000`, `[::1]`.
pub(crate) fn is_local_address(address: &str) -> bool {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
    [address, host].iter().any(|text| is_local(text.trim_matches(['[', ']'])))
}

/// What opens an address to all interfaces: the host alone, or with the port if the setting holds
/// both.
pub(super) fn everywhere(piece: &Part, port: u16) -> String {
    let text = piece.text.as_deref().unwrap_or_default();
    if text.contains(':') && !text.starts_with("::") {
        format!("0.0.0.0:{port}")
    } else {
        "0.0.0.0".to_owned()
    }
}

/// Reports a listener on the loopback address beside the main one. The image leaves it there,
/// because only the main one is certainly meant for outside.
pub(super) fn beside(host: &str, piece: &Part, call: &Evidence, port: u16) -> Finding {
    let value = everywhere(piece, port);
    let how = match (&piece.env, &piece.flag) {
        (Some(key), _) => format!("give `docker run` `-e {key}={value} -p {port}:{port}`"),
        (None, Some(flag)) => format!("add `--{flag}={value}` with --args, and publish {port}"),
        (None, None) => format!("change it to `0.0.0.0:{port}` there, and publish {port}"),
    };
    let mut places = vec![piece.evidence.clone()];
    places.extend(Some(call.clone()).filter(|call| call.place() != piece.evidence.place()));
    Finding::localhost_only(format_args!("{host}:{port}"), places)
        .with_fix(format!("if it is meant for outside, {how}"))
}

#[cfg(test)]
mod tests {
    use super::is_local_address;

    #[test]
    fn addresses_of_this_machine_with_and_without_a_port() {
        for address in ["127.0.0.1", "127.0.1.1:80", "localhost:8000", "::1", "[::1]", "[::1]:80"] {
            assert!(is_local_address(address), "{address}");
        }
        for address in ["0.0.0.0:80", "[::]:80", ":80", "localhost.example.com:80", ""] {
            assert!(!is_local_address(address), "{address}");
        }
    }
}

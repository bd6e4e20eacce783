//! From the sockets that were seen to the `port` answer.

use crate::port::{Port, Protocol};
use crate::verify::{Observed, Socket};

/// From this port on, the system chooses, not the program.
const EPHEMERAL: u16 = 32768;

/// What the sockets say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ports {
    /// They agree with the plan, or say nothing about it.
    Agree,
    /// These are the ports, main one first; none for a program without a port.
    Are(Vec<Port>),
    /// It listens where nobody outside of the container reaches it.
    Inside(Vec<Socket>),
    /// It listens on nothing, and the code says that it should.
    Silent,
}

/// Compares the sockets with the plan. `read` is true if the planned port was read from the code.
pub(super) fn compare(planned: &[Port], observed: &Observed, read: bool) -> Ports {
    if observed.blind.is_some() || observed.refused {
        return Ports::Agree;
    }
    let mut seen: Vec<Port> = observed
        .sockets
        .iter()
        .filter(|one| one.is_open() && (one.port < EPHEMERAL || planned.contains(&one.as_port())))
        .map(Socket::as_port)
        .collect();
    seen.sort_by_key(|port| (port.protocol == Protocol::Udp, port.number));
    seen.dedup();
    if seen.is_empty() {
        let hidden: Vec<Socket> = observed
            .sockets
            .iter()
            .filter(|one| !one.is_open() && one.port < EPHEMERAL)
            .cloned()
            .collect();
        return match observed.exit {
            _ if planned.is_empty() && hidden.is_empty() => Ports::Agree,
            Some(exit) if exit.code != 0 => Ports::Agree,
            None if observed.ended.is_some() => Ports::Agree,
            None if !hidden.is_empty() => Ports::Inside(hidden),
            Some(_) | None if read => Ports::Silent,
            Some(_) | None => Ports::Are(Vec::new()),
        };
    }
    let main = planned.first().filter(|main| seen.contains(main)).copied();
    let mut ports: Vec<Port> = main.into_iter().collect();
    // Others that were read are kept only where what was read is right: a condition may open them.
    if main.is_some() {
        ports.extend(planned.iter().skip(1).copied());
    }
    ports.extend(seen);
    let mut all: Vec<Port> = Vec::new();
    for port in ports {
        if !all.contains(&port) {
            all.push(port);
        }
    }
    let same = all.len() == planned.len() && all.iter().all(|port| planned.contains(port));
    if same { Ports::Agree } else { Ports::Are(all) }
}

/// The answer for these ports.
pub(super) fn answer(ports: &[Port]) -> String {
    if ports.is_empty() {
        return "none".to_owned();
    }
    ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// `0.0.0.0:5055, [::]:5056`.
pub(super) fn shown<'s>(sockets: impl IntoIterator<Item = &'s Socket>) -> String {
    let mut all: Vec<String> = sockets.into_iter().map(Socket::shown).collect();
    all.truncate(8);
    all.join(", ")
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn socket(text: &str) -> Socket {
        let (text, udp) = text.strip_suffix("/udp").map_or((text, false), |text| (text, true));
        let (address, port) = text.rsplit_once(':').unwrap();
        let address: IpAddr = address.parse().unwrap();
        Socket { udp, port: port.parse().unwrap(), address }
    }

    fn compared(planned: &str, seen: &[&str], read: bool) -> Ports {
        let planned: Vec<Port> = crate::ask::ports(planned).unwrap();
        let sockets = seen.iter().map(|text| socket(text)).collect();
        let observed = Observed { sockets, ..Observed::default() };
        compare(&planned, &observed, read)
    }

    #[test]
    fn what_is_seen_wins_and_what_was_read_beside_it_stays() {
        let are = |text: &str| Ports::Are(crate::ask::ports(text).unwrap());
        for (planned, seen, wanted) in [
            ("3000", &["0.0.0.0:3000"][..], Ports::Agree),
            ("none", &["0.0.0.0:5055"], are("5055")),
            ("3000", &["::0:5055"], are("5055")),
            ("3000,9090", &["0.0.0.0:3000", "0.0.0.0:53/udp"], are("3000,9090,53/udp")),
            ("3000,9090", &["0.0.0.0:3001"], are("3001")),
            ("3000", &["0.0.0.0:2999", "0.0.0.0:3000"], are("3000,2999")),
            ("3000", &["0.0.0.0:40000", "0.0.0.0:3000"], Ports::Agree),
            ("none", &["127.0.0.1:5055"], Ports::Inside(vec![socket("127.0.0.1:5055")])),
            ("none", &[], Ports::Agree),
        ] {
            assert_eq!(compared(planned, seen, true), wanted, "{planned} {seen:?}");
        }
        assert_eq!(compared("3000", &[], true), Ports::Silent);
        // A program that ends well, although its code listens, did not do what it is for.
        let ended = |read| {
            let exit = Some(crate::verify::Exit { code: 0, out_of_memory: false });
            let observed = Observed { exit, ..Observed::default() };
            compare(&crate::ask::ports("3000").unwrap(), &observed, read)
        };
        assert_eq!((ended(true), ended(false)), (Ports::Silent, are("none")));
        assert_eq!(compared("3000", &[], false), are("none"));
    }
}

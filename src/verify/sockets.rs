//! What a container listens on. The image may have no shell, so a helper container in the same
//! network reads it from the kernel: the image that the Dockerfile builds in has one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use anyhow::Result;
use serde::Serialize;

use super::build::{Order, build};
use super::container::{Attached, Container};
use super::copy::Copy;
use super::engine::{Attempt, Engine};
use super::image::Image;
use super::{Wanted, Watch};
use crate::catalog;
use crate::port::{Port, Protocol};

/// The kernel's tables, one of which may be missing. The words between them tell them apart.
const SCRIPT: &str = "for t in tcp tcp6 udp udp6; do echo \"= $t\"; cat /proc/net/$t || :; done";

/// The state of a TCP socket that listens, and of a UDP socket without a peer.
const STATES: [&str; 2] = ["0A", "07"];

/// Below are ports that a program chooses; from here on, the system does, for clients too.
const EPHEMERAL: u16 = 32768;

/// Where Docker's own name server listens, inside of containers.
const NAMES: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 11);

/// A socket that accepts connections or datagrams.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Socket {
    /// `udp` for datagrams.
    pub udp: bool,
    /// The port.
    pub port: u16,
    /// The address.
    pub address: IpAddr,
}

impl Socket {
    /// True if it is reached from outside of the container.
    pub fn is_open(&self) -> bool {
        !self.address.is_loopback()
    }

    /// The port with its protocol.
    pub fn as_port(&self) -> Port {
        let protocol = if self.udp { Protocol::Udp } else { Protocol::Tcp };
        Port { number: self.port, protocol }
    }

    /// `0.0.0.0:5055`, `[::]:53/udp`.
    pub fn shown(&self) -> String {
        let protocol = if self.udp { "/udp" } else { "" };
        match self.address {
            IpAddr::V4(address) => format!("{address}:{}{protocol}", self.port),
            IpAddr::V6(address) => format!("[{address}]:{}{protocol}", self.port),
        }
    }
}

/// The image of helper containers, which is removed on drop.
pub struct Helper<'e> {
    image: Image<'e>,
}

impl<'e> Helper<'e> {
    /// Makes it from an image with a shell.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub fn make(
        engine: &'e Engine,
        from: &str,
        wanted: &Wanted,
        watch: Watch,
    ) -> Result<Attempt<Self>> {
        let folder = Copy::empty(engine)?;
        folder.dockerfile(&catalog::text("observe/helper")?.replace("{{ image }}", from))?;
        std::fs::create_dir(folder.context())?;
        let (context, file) = (folder.context(), folder.file());
        let order = Order {
            context: &context,
            dockerfile: &file,
            target: None,
            secrets: &[],
            limit: wanted.build,
        };
        let built = build(engine, "helper", order, watch)?;
        Ok(match (built.image, built.failure) {
            (Some(image), _) => Attempt::Done(Self { image }),
            (None, failure) => {
                Attempt::Refused(failure.map_or_else(String::new, |failure| failure.error))
            }
        })
    }

    /// Begins to look at a container.
    ///
    /// # Errors
    /// If the engine cannot be run.
    pub(super) fn beside(&self, container: &Container<'e>) -> Result<Option<Attached<'e>>> {
        container.attach(self.image.name())
    }
}

/// What the container beside which `eyes` runs listens on; `None` if it cannot be read, for example
/// because the container has ended.
///
/// # Errors
/// If the engine cannot be run.
pub(super) fn look(eyes: &Attached) -> Result<Option<Vec<Socket>>> {
    Ok(eyes.ask(SCRIPT)?.map(|text| parse(&text)))
}

/// Reads the kernel's tables: `sl local_address rem_address st ...`, addresses in hexadecimal.
fn parse(text: &str) -> Vec<Socket> {
    let mut found = Vec::new();
    let mut udp = false;
    for line in text.lines() {
        if let Some(table) = line.strip_prefix("= ") {
            udp = table.starts_with("udp");
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().take(4).collect();
        let [_, local, peer, state] = words[..] else { continue };
        let Some((address, port)) = socket(local) else { continue };
        let no_peer = socket(peer).is_some_and(|(_, port)| port == 0);
        let listens = state == STATES[usize::from(udp)] && no_peer && port != 0;
        // A client that sends datagrams has such a socket too.
        let client = udp && port >= EPHEMERAL;
        if listens && !client && address != NAMES {
            found.push(Socket { udp, port, address });
        }
    }
    found.sort();
    found.dedup();
    found
}

/// `0100007F:1F90`: groups of four bytes, each as the machine keeps it, little end first.
fn socket(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let group =
        |at: usize| Some(u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?.swap_bytes());
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(group(0)?)),
        32 => {
            let mut bits: u128 = 0;
            for at in [0, 8, 16, 24] {
                bits = bits << 32 | u128::from(group(at)?);
            }
            let address = Ipv6Addr::from(bits);
            address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
        }
        _ => return None,
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: &str = "= tcp
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000:13BF 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65532        0 1 1
   1: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000 65532        0 2 1
   2: 0B00007F:A1B2 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 3 1
   3: 0200A8C0:13BF 0100A8C0:C001 01 00000000:00000000 00:00000000 00000000 65532        0 4 1
= tcp6
   0: 00000000000000000000000000000000:1F91 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 5
   1: 00000000000000000000000001000000:1F92 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 5
   2: 0000000000000000FFFF00000100007F:1F93 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 5
= udp
   0: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000 65532        0 6 2
   1: 00000000:B001 00000000:0000 07 00000000:00000000 00:00000000 00000000 65532        0 7 2
= udp6
nonsense
";

    #[test]
    fn what_listens_is_read_from_the_kernel() {
        let shown: Vec<String> = parse(TABLES).iter().map(Socket::shown).collect();
        let wanted = [
            "0.0.0.0:5055",
            "127.0.0.1:8080",
            "[::]:8081",
            "[::1]:8082",
            "127.0.0.1:8083",
            "0.0.0.0:53/udp",
        ];
        assert_eq!(shown, wanted);
        let open: Vec<u16> =
            parse(TABLES).iter().filter(|one| one.is_open()).map(|one| one.port).collect();
        assert_eq!(open, [5055, 8081, 53]);
        assert_eq!(parse("= tcp\n0: 1:2 3:4 0A\nx: é0000000000000000000000000000000:1 a b\n"), []);
    }
}

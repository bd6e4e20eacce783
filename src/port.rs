//! A port that a program listens on.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The transport protocol of a port.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// TCP.
    #[default]
    Tcp,
    /// UDP.
    Udp,
}

/// A port as in EXPOSE and `docker run -p`: `8080`, `53/udp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Port {
    /// 1 to 65535.
    pub number: u16,
    /// The transport protocol.
    pub protocol: Protocol,
}

impl Port {
    /// A TCP port.
    pub fn tcp(number: u16) -> Self {
        Self { number, protocol: Protocol::Tcp }
    }

    /// A UDP port.
    pub fn udp(number: u16) -> Self {
        Self { number, protocol: Protocol::Udp }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.protocol {
            Protocol::Tcp => write!(f, "{}", self.number),
            Protocol::Udp => write!(f, "{}/udp", self.number),
        }
    }
}

impl FromStr for Port {
    type Err = NoPort;

    fn from_str(text: &str) -> Result<Self, NoPort> {
        let (number, protocol) = match text.split_once('/') {
            None | Some((_, "tcp")) => (text.trim_end_matches("/tcp"), Protocol::Tcp),
            Some((number, "udp")) => (number, Protocol::Udp),
            Some(_) => return Err(NoPort(text.to_owned())),
        };
        let number = number.parse().ok().filter(|number| *number > 0);
        number.map(|number| Self { number, protocol }).ok_or_else(|| NoPort(text.to_owned()))
    }
}

impl From<Port> for String {
    fn from(port: Port) -> Self {
        port.to_string()
    }
}

impl TryFrom<String> for Port {
    type Error = NoPort;

    fn try_from(text: String) -> Result<Self, NoPort> {
        text.parse()
    }
}

/// The text is not a port.
#[derive(Debug)]
pub struct NoPort(String);

impl fmt::Display for NoPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a port: write a number from 1 to 65535, or 53/udp", self.0)
    }
}

impl std::error::Error for NoPort {}

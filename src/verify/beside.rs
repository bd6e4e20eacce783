//! The services of a program: containers beside it, on a network of their own.

use anyhow::Result;

use super::container::{Container, Network};
use super::engine::Engine;
use super::{Event, Wanted, Watch};

/// The running services, which are removed on drop.
#[derive(Debug)]
pub(super) struct Beside<'e> {
    // Containers are removed before the network that they use.
    containers: Vec<Container<'e>>,
    network: Option<Network<'e>>,
}

impl<'e> Beside<'e> {
    /// Starts the services of `wanted`, if there are any.
    ///
    /// # Errors
    /// If one does not start.
    pub(super) fn start(engine: &'e Engine, wanted: &Wanted, watch: Watch) -> Result<Self> {
        if wanted.services.is_empty() {
            return Ok(Self { containers: Vec::new(), network: None });
        }
        let network = Network::make(engine)?;
        let mut containers = Vec::new();
        for (name, service) in &wanted.services {
            watch(&Event::Doing(format!("starting the service {name}")));
            containers.push(Container::service(engine, &network.name, name, service)?);
        }
        Ok(Self { containers, network: Some(network) })
    }

    /// The network that the program joins.
    pub(super) fn network(&self) -> Option<&str> {
        self.network.as_ref().map(|network| network.name.as_str())
    }

    /// True if there is any.
    pub(super) fn any(&self) -> bool {
        !self.containers.is_empty()
    }
}

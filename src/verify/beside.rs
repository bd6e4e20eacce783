//! The services of a program: containers beside it, on a network of their own, and what has to run
//! before it.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::container::{Container, Network};
use super::engine::{Answer, Attempt, Engine};
use super::image::Image;
use super::{Event, Wanted, Watch};

/// Time between two attempts to prepare: a service may not be ready yet.
const PAUSE: Duration = Duration::from_secs(1);

/// How long an image may take to arrive.
const PULL: Duration = Duration::from_mins(10);

/// The running services, which are removed on drop.
#[derive(Debug)]
pub(super) struct Beside<'e> {
    // Containers are removed before the network that they use.
    containers: Vec<Container<'e>>,
    network: Option<Network<'e>>,
    /// Why a command before the program failed.
    pub(super) unprepared: Option<String>,
}

impl<'e> Beside<'e> {
    /// Starts the services of `wanted`, if there are any, and runs what comes before the program.
    ///
    /// # Errors
    /// If a service does not start.
    pub(super) fn start(
        engine: &'e Engine,
        image: &Image,
        wanted: &Wanted,
        watch: Watch,
    ) -> Result<Self> {
        let mut beside = Self { containers: Vec::new(), network: None, unprepared: None };
        if wanted.services.is_empty() && wanted.prepare.is_empty() {
            return Ok(beside);
        }
        let network = beside.network.insert(Network::make(engine)?);
        for (name, service) in &wanted.services {
            watch(&Event::Doing(format!("starting the service {name}")));
            let started = Container::service(engine, &network.name, name, service)?;
            beside.containers.push(started);
        }
        for words in &wanted.prepare {
            watch(&Event::Doing(format!("running {}", words.join(" "))));
            let began = Instant::now();
            loop {
                let network = beside.network.as_ref().map(|network| network.name.as_str());
                let answer = Container::once(engine, image.name(), network, words, wanted)?;
                if answer.ok {
                    break;
                }
                if began.elapsed() > wanted.boot {
                    beside.unprepared = Some(telling(&answer));
                    return Ok(beside);
                }
                thread::sleep(PAUSE);
            }
        }
        Ok(beside)
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

/// The line that says what went wrong: the last ones are often places in the code.
fn telling(answer: &Answer) -> String {
    let lines = || answer.err.lines().chain(answer.out.lines()).map(str::trim);
    let says = |line: &&str| line.to_lowercase().contains("error") && !line.starts_with("at ");
    let line = lines().find(says);
    line.map_or_else(
        || answer.last(),
        |line| line.chars().filter(|c| !c.is_control()).take(400).collect(),
    )
}

/// Makes sure that the engine has an image.
///
/// # Errors
/// If the engine cannot be run.
pub fn fetch(engine: &Engine, image: &str, watch: Watch) -> Result<Attempt<()>> {
    let words = ["image", "inspect", "--format", "{{.Id}}", image];
    if engine.run(&words, PULL)?.ok {
        return Ok(Attempt::Done(()));
    }
    watch(&Event::Doing(format!("pulling {image}")));
    let answer = engine.run(&["pull", image], PULL)?;
    if answer.ok {
        return Ok(Attempt::Done(()));
    }
    engine.must_be_alive("pulling an image")?;
    Ok(Attempt::Refused(answer.last()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_with_the_error_is_shown() {
        let answer = |err: &str| Answer { err: err.to_owned(), ..Answer::default() };
        let text = "Using environment\nmigration failed with error: no table\n    at create (/app/x.js:1)\n";
        assert_eq!(telling(&answer(text)), "migration failed with error: no table");
        assert_eq!(telling(&answer("a\nb\n")), "b");
    }
}

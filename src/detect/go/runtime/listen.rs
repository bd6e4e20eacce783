//! Where a program listens: read from its calls, or else from its settings.

use anyhow::Result;

use super::{World, documents, settings};
use crate::code::Value;
use crate::code::listen::{self, Address, Listening, is_own, port};
use crate::facts::Strength;
use crate::path::RelPath;

/// Finds the addresses on which a program listens.
pub(super) fn listening(world: &World, opened: &[RelPath]) -> Result<Listening> {
    let code = world.code;
    let mut found = Listening::default();
    let Some((listens, addresses)) = listen::addresses(code) else { return Ok(found) };
    found.listens = Some(listens);
    let mut known = listen::with_ports(addresses.iter().cloned());
    if !known.iter().any(|(address, _)| address.rank < 2) {
        // The main listener has no known port. Settings are searched by name, and they beat what
        // is known of listeners for metrics and the like.
        for (address, _) in &mut known {
            address.rank += 20;
        }
        let named = documents::addresses(world, opened)?;
        let named = named.into_iter().chain(settings::addresses(code, world.folder));
        known.extend(listen::with_ports(named.filter_map(|(value, rank)| {
            let evidence = value.evidence()?.clone();
            Some(Address::named(value, rank, evidence))
        })));
    }
    let taken = known.iter().map(|(address, _)| (address.rank, address.late)).min();
    if !found.choose(known) {
        ask(&mut found, world, &addresses)?;
    }
    // A listener that looks more like the main one has an unknown port, so the known port is only
    // a guess.
    let mainer = |address: &&Address| {
        port(&address.value).is_none()
            && taken.is_some_and(|taken| address.rank < taken.0 || address.late < taken.1)
    };
    if addresses.iter().any(|address| mainer(&address))
        && let Some(port) = &mut found.port
    {
        port.strength = Strength::Guessed;
    }
    Ok(found)
}

/// Handles a program without a stated port: sets one if the program reads it from a variable, or
/// else reports it.
fn ask(found: &mut Listening, world: &World, addresses: &[Address]) -> Result<()> {
    let read = addresses.iter().find_map(|address| {
        let last = address.value.parts.last()?;
        let key = last.env.as_ref().filter(|key| is_own(key))?;
        let bare = address.value.parts.len() > 1 || key.ends_with("PORT");
        Some((key.clone(), last.evidence.clone(), bare))
    });
    let Some((key, evidence, bare)) = read else {
        found.ask(addresses);
        return Ok(());
    };
    let stated = documents::example(world, &key)?.and_then(|part| {
        let evidence = part.evidence.clone();
        Some((port(&Value::from(part))?, evidence))
    });
    // 8080 needs no privileges, and the variable makes the program agree with it.
    let (port, evidence) = stated.unwrap_or((8080, evidence));
    found.set(key, port, bare, evidence);
    Ok(())
}

//! Nest's microservices: those that listen themselves, and those that get messages from a broker.

use super::super::super::token::{Token, property};

/// True for a call of `createMicroservice`.
pub(super) fn is_call(tokens: &[Token], open: usize) -> bool {
    tokens[open - 1].is_word("createMicroservice")
}

/// The port among the transport's options: <https://docs.nestjs.com/microservices/basics>.
pub(super) fn port<'t>(args: &[&'t [Token]]) -> Option<&'t [Token]> {
    let options = property(args.get(1)?, "options")?;
    property(options, "port").filter(|_| !is_portless(args))
}

/// True if the transport is a broker: then the microservice connects and listens on nothing.
pub(super) fn is_portless(args: &[&[Token]]) -> bool {
    const BROKERS: [&str; 5] = ["REDIS", "NATS", "RMQ", "KAFKA", "MQTT"];
    let transport = args.get(1).and_then(|options| property(options, "transport"));
    let name = transport.and_then(|tokens| tokens.last()?.word());
    name.is_some_and(|name| BROKERS.contains(&name))
}

//! Nest's microservices: those that listen themselves, and those that get messages from a broker.

use super::super::super::token::{Token, property};

/// Calls that take the options of a transport. The second adds one to a server of another kind:
/// <https://docs.nestjs.com/faq/hybrid-application>.
pub(super) const CALLS: [&str; 2] = ["createMicroservice", "connectMicroservice"];

/// True for one of these calls.
pub(super) fn is_call(tokens: &[Token], open: usize) -> bool {
    tokens[before_types(tokens, open)].word().is_some_and(|word| CALLS.contains(&word))
}

/// True for the call that adds a transport to another server.
pub(super) fn is_beside(tokens: &[Token], open: usize) -> bool {
    tokens[before_types(tokens, open)].is_word(CALLS[1])
}

/// True if the program makes an application of Nest that no client reaches:
/// <https://docs.nestjs.com/standalone-applications>.
pub(super) fn is_standalone(sources: &[super::Source]) -> bool {
    let made = |name: &str| {
        let mut all = sources.iter().flat_map(|source| source.tokens.windows(3));
        all.any(|w| w[0].is_word("NestFactory") && w[1].is('.') && w[2].is_word(name))
    };
    made("createApplicationContext") && !made("create") && !made(CALLS[0])
}

/// The options of the transport among the arguments.
fn transport<'t>(args: &[&'t [Token]]) -> Option<&'t [Token]> {
    let names =
        |arg: &&&[Token]| ["transport", "options"].iter().any(|key| property(arg, key).is_some());
    args.iter().find(names).copied()
}

/// The index of the name before an opening bracket, behind which types may stand:
/// `createMicroservice<MicroserviceOptions>(`.
pub(super) fn before_types(tokens: &[Token], open: usize) -> usize {
    let last = open.saturating_sub(1);
    let types = tokens[last].is('>');
    let from = types.then(|| (0..last).rev().take(MAX_TYPES).find(|at| tokens[*at].is('<')));
    from.flatten().map_or(last, |at| at.saturating_sub(1))
}

/// The opening bracket of a call whose name is at an index.
pub(super) fn opening(tokens: &[Token], name: usize) -> Option<usize> {
    let next = name + 1;
    if !tokens.get(next)?.is('<') {
        return tokens[next].is('(').then_some(next);
    }
    let end = (next..tokens.len()).take(MAX_TYPES).find(|at| tokens[*at].is('>'))?;
    tokens.get(end + 1)?.is('(').then_some(end + 1)
}

/// Maximum number of tokens between `<` and `>`.
const MAX_TYPES: usize = 12;

/// The address of gRPC among the transport's options:
/// <https://docs.nestjs.com/microservices/grpc#options>.
pub(super) fn address<'t>(args: &[&'t [Token]]) -> Option<&'t [Token]> {
    property(property(transport(args)?, "options")?, "url").filter(|_| !is_portless(args))
}

/// The port among the transport's options: <https://docs.nestjs.com/microservices/basics>.
pub(super) fn port<'t>(args: &[&'t [Token]]) -> Option<&'t [Token]> {
    let options = property(transport(args)?, "options")?;
    property(options, "port").filter(|_| !is_portless(args))
}

/// True if the transport is a broker: then the microservice connects and listens on nothing.
pub(super) fn is_portless(args: &[&[Token]]) -> bool {
    const BROKERS: [&str; 5] = ["REDIS", "NATS", "RMQ", "KAFKA", "MQTT"];
    let transport = transport(args).and_then(|options| property(options, "transport"));
    let name = transport.and_then(|tokens| tokens.last()?.word());
    name.is_some_and(|name| BROKERS.contains(&name))
}

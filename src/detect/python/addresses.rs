//! Addresses that a program is told by an option of its command line, where no call that listens is
//! known: `--web.listen-address`, by default `[::]:9221`.

use super::listen;
use super::world::World;
use crate::code::is_local;
use crate::facts::{Kind, Program, Sourced};

/// Maximum number of options that are looked at.
const MAX_OPTIONS: usize = 256;

/// Words in the names of options for what a program listens on.
const LISTENS: [&str; 2] = ["listen", "bind"];

/// Hosts that are every address of the container.
const OPEN: [&str; 4] = ["", "0.0.0.0", "::", "*"];

/// Takes the port of such an option; false if there is none.
pub(super) fn stated(world: &World, program: &mut Program) -> bool {
    let code = world.code;
    for call in code.calls_named("add_argument").take(MAX_OPTIONS) {
        let texts = call.arguments().into_iter().filter_map(|one| call.file.string(one.start));
        let flag = texts.map(std::borrow::Cow::into_owned).find(|text| text.starts_with("--"));
        let default = call.named("default").and_then(|one| code.value(&call.file, one).text());
        let (Some(flag), Some(default)) = (flag, default) else { continue };
        let Some((host, port)) = default.rsplit_once(':') else { continue };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let Some(port) = port.parse::<u16>().ok().filter(|port| *port > 0) else { continue };
        let name = flag.to_ascii_lowercase();
        let listens = LISTENS.iter().any(|word| name.contains(word));
        // An address with a host may be another server's.
        let open = name.contains("address") && OPEN.contains(&host);
        if !listens && !open || !listen::runs(code, &call) {
            continue;
        }
        let at = call.evidence(format!("flag {flag}, `{default}` by default"));
        program.kind = Kind::Service;
        program.port = Some(Sourced::new(port, at.clone()));
        if is_local(host) && program.args.is_none() {
            program.args = Some(Sourced::new(format!("{flag}=0.0.0.0:{port}"), at));
        }
        return true;
    }
    false
}

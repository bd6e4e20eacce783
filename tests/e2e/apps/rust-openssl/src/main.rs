use std::os::unix::fs::MetadataExt;
use std::process::exit;

use openssl::sha::sha256;
use signal_hook::consts::SIGTERM;
use signal_hook::iterator::Signals;

fn main() {
    let mut signals = Signals::new([SIGTERM]).unwrap();
    std::thread::spawn(move || {
        signals.forever().next();
        exit(0);
    });
    let address = std::env::var("LISTEN_ADDR").unwrap_or_else(|_| "127.0.0.1:8080".to_owned());
    let server = tiny_http::Server::http(&address).unwrap();
    for request in server.incoming_requests() {
        let uid = std::fs::metadata("/proc/self").unwrap().uid();
        let digest = sha256(request.url().as_bytes())[0];
        let text = format!("hello from openssl, uid {uid}, {digest:02x}\n");
        request.respond(tiny_http::Response::from_string(text)).ok();
    }
}

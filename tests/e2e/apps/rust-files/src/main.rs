use std::os::unix::fs::MetadataExt;

use signal_hook::consts::SIGTERM;
use tera::{Context, Tera};
use tiny_http::{Response, Server};

const NOTICE: &str = include_str!("../NOTICE.md");

fn main() {
    let mut signals = signal_hook::iterator::Signals::new([SIGTERM]).unwrap();
    std::thread::spawn(move || {
        signals.forever().next();
        std::process::exit(0);
    });
    let pages = Tera::new("templates/**/*.html").unwrap();
    let server = Server::http("0.0.0.0:4000").unwrap();
    for request in server.incoming_requests() {
        let response = match request.url() {
            "/static/site.css" => std::fs::read_to_string("static/site.css").unwrap(),
            _ => {
                let mut context = Context::new();
                context.insert("uid", &std::fs::metadata("/proc/self").unwrap().uid());
                context.insert("built", env!("BUILT_WITH"));
                context.insert("notice", NOTICE.trim());
                pages.render("index.html", &context).unwrap()
            }
        };
        request.respond(Response::from_string(response)).ok();
    }
}

//! Sends HTTP requests to a port, as a load balancer would.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

use serde::Serialize;

/// Time limit of one request, to the last byte.
const PATIENCE: Duration = Duration::from_secs(10);

/// A silent connection must stay open for this long to count: an engine's proxy closes it at once
/// if nothing listens.
const SILENCE: Duration = Duration::from_millis(1500);

/// Maximum number of bytes that are read of a response.
const MAX_ANSWER: usize = 4 * 1024 * 1024;

/// The HTTP version of requests: the oldest one, so that the body is not chunked.
const HTTP: (u8, u8) = (1, 0);

/// A response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The requested path.
    pub path: String,
    /// The status; 0 if the response is not HTTP.
    pub status: u16,
    /// The beginning of the body.
    pub body: String,
    /// Where it sends the client instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

/// The outcome of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Nothing listens.
    Nobody,
    /// The connection stays open and silent: a service, but not HTTP.
    Silent,
    /// A response.
    Answered(Answered),
}

/// Sends one request.
pub(super) fn ask(host: &str, port: u16, path: &str) -> Outcome {
    ask_within(host, port, path, PATIENCE)
}

fn ask_within(host: &str, port: u16, path: &str, patience: Duration) -> Outcome {
    let Some(address) = (host, port).to_socket_addrs().ok().and_then(|mut all| all.next()) else {
        return Outcome::Nobody;
    };
    let Ok(mut stream) = TcpStream::connect_timeout(&address, patience) else {
        return Outcome::Nobody;
    };
    let (major, minor) = HTTP;
    let request = format!(
        "GET {path} HTTP/{major}.{minor}\r\nHost: localhost\r\nAccept: text/html,*/*\r\nUser-Agent: dockgen\r\n\r\n"
    );
    if stream.set_write_timeout(Some(patience)).is_err()
        || stream.write_all(request.as_bytes()).is_err()
    {
        return Outcome::Nobody;
    }
    let end = Instant::now() + patience;
    let mut bytes = Vec::new();
    match some(&mut stream, &mut bytes, Instant::now() + SILENCE.min(patience)) {
        Got::Late => match some(&mut stream, &mut bytes, end) {
            Got::Late => return Outcome::Silent,
            Got::End => return Outcome::Nobody,
            Got::Bytes => {}
        },
        Got::End => return Outcome::Nobody,
        Got::Bytes => {}
    }
    // A truncated response counts too: a program may write without end, byte by byte.
    while bytes.len() < MAX_ANSWER && matches!(some(&mut stream, &mut bytes, end), Got::Bytes) {}
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .strip_prefix("HTTP/")
        .and_then(|head| head.split_whitespace().nth(1)?.parse().ok())
        .unwrap_or(0);
    let location = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("location").then(|| value.trim().to_owned())
    });
    Outcome::Answered(Answered { path: path.to_owned(), status, body: body.to_owned(), location })
}

/// The outcome of one read.
enum Got {
    Bytes,
    /// The connection was closed or broken.
    End,
    /// Nothing arrived in time.
    Late,
}

/// Reads available bytes, or waits for some until `end`.
fn some(stream: &mut TcpStream, into: &mut Vec<u8>, end: Instant) -> Got {
    let left = end.saturating_duration_since(Instant::now());
    // A timeout of zero would mean no limit.
    if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
        return Got::Late;
    }
    let mut part = [0; 16 * 1024];
    match stream.read(&mut part) {
        Ok(0) => Got::End,
        Ok(count) => {
            into.extend_from_slice(&part[..count]);
            Got::Bytes
        }
        Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
            Got::Late
        }
        Err(error) if error.kind() == ErrorKind::Interrupted => Got::Bytes,
        Err(_) => Got::End,
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    fn served(answer: &'static str, hold: Duration) -> Outcome {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 256];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            thread::sleep(hold);
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        let outcome = ask("127.0.0.1", port, "/x");
        assert!(server.join().unwrap().starts_with("GET /x HTTP/1.0\r\n"));
        outcome
    }

    #[test]
    fn answers_are_read() {
        let outcome = served("HTTP/1.1 204 No Content\r\nA: b\r\n\r\nbody", Duration::ZERO);
        assert_eq!(
            outcome,
            Outcome::Answered(Answered {
                path: "/x".into(),
                status: 204,
                body: "body".into(),
                location: None
            })
        );
        let Outcome::Answered(other) = served("220 mail.example ESMTP\r\n", Duration::ZERO) else {
            panic!()
        };
        assert_eq!(other.status, 0);
    }

    #[test]
    fn a_connection_that_closes_at_once_is_nobody() {
        assert_eq!(served("", Duration::ZERO), Outcome::Nobody);
        let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        assert_eq!(ask("127.0.0.1", port, "/"), Outcome::Nobody);
    }

    #[test]
    fn an_answer_that_drips_ends() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n").ok();
            while stream.write_all(b".").is_ok() {
                thread::sleep(Duration::from_millis(20));
            }
        });
        let began = Instant::now();
        let outcome = ask_within("127.0.0.1", port, "/", Duration::from_millis(400));
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
        let Outcome::Answered(answer) = outcome else { panic!("{outcome:?}") };
        assert!(answer.status == 200 && answer.body.starts_with('.'), "{answer:?}");
    }
}

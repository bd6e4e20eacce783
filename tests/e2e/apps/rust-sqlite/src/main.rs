use std::os::unix::fs::MetadataExt;

use rusqlite::Connection;

// No signal handler: as process 1 it would not stop by itself.
fn main() {
    std::fs::create_dir_all("data").unwrap();
    let db = Connection::open("data/visits.db").unwrap();
    db.execute("CREATE TABLE IF NOT EXISTS visits (at TEXT)", ()).unwrap();
    let server = tiny_http::Server::http("0.0.0.0:8000").unwrap();
    for request in server.incoming_requests() {
        db.execute("INSERT INTO visits VALUES (datetime())", ()).unwrap();
        let visits: i64 =
            db.query_row("SELECT count(*) FROM visits", (), |row| row.get(0)).unwrap();
        let uid = std::fs::metadata("/proc/self").unwrap().uid();
        let text = format!("hello from sqlite, uid {uid}, {visits} visits\n");
        request.respond(tiny_http::Response::from_string(text)).ok();
    }
}

mod greeting;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::{Router, routing::get};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main]
async fn main() {
    let port = std::env::var("PORT").ok().and_then(|port| port.parse().ok()).unwrap_or(3000);
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let tls = Arc::new(tls);
    let app = Router::new()
        .route("/", get(move || async move { greeting::text(tls.alpn_protocols.len()) }));
    let listener =
        TcpListener::bind(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port))).await.unwrap();
    axum::serve(listener, app).with_graceful_shutdown(stopped()).await.unwrap();
}

async fn stopped() {
    signal(SignalKind::terminate()).unwrap().recv().await;
}

//! `grpc` at tonic's health server, and at servers that are none.

use std::sync::mpsc;
use std::thread;

use tonic::transport::Server;
use tonic_health::ServingStatus;

use crate::look::{look, said};
use crate::support::{Authority, Nginx, free_port};

/// A health server on a free port that knows two services, until the tests end.
fn server() -> u16 {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap().port()).unwrap();
            let (reporter, service) = tonic_health::server::health_reporter();
            reporter.set_service_status("", ServingStatus::Serving).await;
            reporter.set_service_status("shop.Cart", ServingStatus::NotServing).await;
            let incoming = tonic::transport::server::TcpIncoming::from(listener);
            Server::builder().add_service(service).serve_with_incoming(incoming).await.unwrap();
        });
    });
    told.recv().unwrap()
}

#[test]
fn a_server_and_its_services_tell_their_health() {
    let port = server();
    let at = format!("kind = \"grpc\"\nurl = \"http://127.0.0.1:{port}\"\ntimeout = \"20s\"\n");
    for (lines, told) in [
        ("", "up"),
        ("expect = [\"status == 'SERVING'\", \"grpc_status == 0\"]", "up"),
        ("service = \"shop.Cart\"", "down answer: the server says NOT_SERVING"),
        ("service = \"shop.Cart\"\nexpect = \"status in ['SERVING', 'NOT_SERVING']\"", "up"),
        ("service = \"shop.Nobody\"", "down answer: the server does not know this service"),
    ] {
        let seen = look(&format!("{at}{lines}"));
        assert_eq!(said(&seen), told, "{seen}");
    }
}

#[test]
fn health_is_asked_for_over_tls_too() {
    let (authority, behind, port) = (Authority::new(), server(), free_port());
    let config = format!("listen 127.0.0.1:{port} ssl http2; location / {{ grpc_pass grpc://127.0.0.1:{behind}; }}");
    let _nginx = Nginx::start_tls(&config, &authority.good());
    let at = format!("kind = \"grpc\"\nurl = \"https://localhost:{port}\"\ntimeout = \"20s\"\n");
    let ca = format!("ca_file = \"{}\"\nexpect = \"status == 'SERVING'\"\n", authority.file().display());
    assert_eq!(said(&look(&format!("{at}{ca}"))), "up");
    assert_eq!(said(&look(&at)), "down tls: the certificate's issuer is not trusted here");
}

#[test]
fn a_web_server_is_no_grpc_server() {
    let port = free_port();
    let _nginx = Nginx::start(&format!("listen 127.0.0.1:{port} http2; location / {{ return 404; }}"));
    let seen = look(&format!("kind = \"grpc\"\nurl = \"http://127.0.0.1:{port}\"\ntimeout = \"20s\"\n"));
    assert_eq!(said(&seen), "down answer: the answer was 404, not gRPC", "{seen}");
}

//! The preview at its door: real requests over a real socket.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::serve::{ServeError, serve, serve_until};

const ANY: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

fn site() -> tempfile::TempDir {
    let site = tempfile::tempdir().unwrap();
    let public = site.path().join("public");
    fs::create_dir_all(public.join("incidents/a b")).unwrap();
    fs::create_dir_all(public.join("empty")).unwrap();
    for (path, text) in [
        ("public/index.html", "<h1>All well</h1>"),
        ("public/incidents/a b/index.html", "an incident"),
        ("public/404.html", "no such page"),
        ("public/_headers", "/*\n  Content-Security-Policy: default-src 'none'\n  Cache-Control: max-age=60\n"),
        ("public/.hidden", "hidden"),
        ("public/badge.svg", "<svg/>"),
        ("secret.txt", "outside"),
    ] {
        fs::write(site.path().join(path), text).unwrap();
    }
    symlink("../secret.txt", public.join("link.txt")).unwrap();
    symlink("badge.svg", public.join("inside.svg")).unwrap();
    site
}

/// Serves a folder while `ask` runs, and sees it end.
fn with_server(public: &Path, ask: impl FnOnce(SocketAddr)) {
    let (ready, address) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    thread::scope(|scope| {
        let server =
            scope.spawn(move || serve_until(public, ANY, |at| ready.send(at).unwrap(), async { drop(stopped.await) }));
        ask(address.recv_timeout(Duration::from_secs(20)).unwrap());
        stop.send(()).unwrap();
        let asked = Instant::now();
        server.join().unwrap().unwrap();
        assert!(asked.elapsed() < Duration::from_secs(5), "an open connection kept the server");
    });
}

fn ask(at: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut said = Vec::new();
    stream.read_to_end(&mut said).unwrap();
    String::from_utf8_lossy(&said).replace('\r', "")
}

/// Status line and body.
fn brief(answer: &str) -> String {
    let (head, body) = answer.split_once("\n\n").unwrap();
    format!("{} | {body}", head.lines().next().unwrap().trim_start_matches("HTTP/1.1 "))
}

#[test]
fn it_answers_as_a_static_host_does() {
    let site = site();
    with_server(&site.path().join("public"), |at| {
        let get = |path: &str| brief(&ask(at, &format!("GET {path}")));
        insta::assert_snapshot!(get("/"), @"200 OK | <h1>All well</h1>");
        insta::assert_snapshot!(get("/index.html?x=1"), @"200 OK | <h1>All well</h1>");
        insta::assert_snapshot!(get("/incidents/a%20b/"), @"200 OK | an incident");
        insta::assert_snapshot!(get("/inside.svg"), @"200 OK | <svg/>");
        insta::assert_snapshot!(brief(&ask(at, "HEAD /")), @"200 OK | ");
        insta::assert_snapshot!(brief(&ask(at, "POST /")).trim(), @"405 Method Not Allowed | Only GET and HEAD are served here.");
        for nothing in [
            "/nowhere",
            "/empty",
            "/empty/",
            "/index.html/",
            "/link.txt",
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/incidents/..%2f..%2fsecret.txt",
            "/.hidden",
            "/_headers",
            "/%00",
            "/%zz",
            "/..%5csecret.txt",
            "/%ff",
        ] {
            assert_eq!(get(nothing), "404 Not Found | no such page", "{nothing}");
        }
    });
}

#[test]
fn a_folder_without_its_slash_is_pointed_to_its_address() {
    let site = site();
    with_server(&site.path().join("public"), |at| {
        let said = ask(at, "GET //incidents/a%20b?x=1");
        assert!(said.starts_with("HTTP/1.1 308"), "{said}");
        assert!(said.contains("\nlocation: /incidents/a%20b/?x=1\n"), "{said}");
    });
}

#[test]
fn the_sites_own_headers_are_sent_and_nothing_is_kept() {
    let site = site();
    with_server(&site.path().join("public"), |at| {
        for (path, kind) in
            [("/", "text/html; charset=utf-8"), ("/badge.svg", "image/svg+xml"), ("/x", "text/html; charset=utf-8")]
        {
            let said = ask(at, &format!("GET {path}"));
            for line in [
                "content-security-policy: default-src 'none'",
                "cache-control: no-store",
                &format!("content-type: {kind}"),
            ] {
                assert_eq!(said.lines().filter(|l| *l == line).count(), 1, "{path}: {line}\n{said}");
            }
            assert!(!said.contains("max-age"), "{said}");
        }
    });
}

#[test]
fn more_connections_than_seats_are_all_served_and_an_open_one_does_not_hold_the_end() {
    let site = site();
    let mut idle = Vec::new();
    with_server(&site.path().join("public"), |at| {
        idle.extend((0..20).map(|_| TcpStream::connect(at).unwrap()));
        thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| assert!(ask(at, "GET /").contains("All well")));
            }
        });
    });
}

#[test]
fn what_cannot_be_served_says_so() {
    let site = site();
    let error = serve(&site.path().join("nowhere"), ANY, |_| {}).unwrap_err();
    assert!(matches!(error, ServeError::NoFolder(_)));
    assert!(error.to_string().ends_with("nowhere is no folder; build the site first"));
    with_server(&site.path().join("public"), |at| {
        let error = serve(&site.path().join("public"), at, |_| {}).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot listen on {at}: ")), "{error}");
    });
}

//! Every kind that speaks over a connection, at every listener that means ill: each look ends in its time, each says
//! in which phase and why, and all of them together need little memory.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::testing::{look_all, probe, run, said, secret, serve, text};
use super::{KindInfo, Plan, dns, domain, grpc, heartbeat, http, redis, smtp, ssh, tcp, tls, websocket};
use crate::model::{Given, RunSettings, Span};

const TIMEOUT_MS: i64 = 600;

/// What all looks at all listeners may need beyond what the test needed before, in KiB: forty of them are flooded.
const MEMORY_KIB: u64 = 64 * 1024;

/// A line of 1 GiB, if anybody reads that far.
fn flood(mut stream: TcpStream, block: &[u8]) {
    let mut left = 1_usize << 30;
    while left > 0 && stream.write_all(block).is_ok() {
        left = left.saturating_sub(block.len());
    }
}

/// Closed so that the other side sees a reset.
fn reset(stream: TcpStream) {
    let socket = socket2::Socket::from(stream);
    let _ = socket.set_linger(Some(Duration::ZERO));
}

/// What a listener does with a connection. Those that speak first do not wait for a word.
const LISTENERS: &[(&str, fn(TcpStream))] = &[
    ("resets at once", reset),
    ("resets when asked", |mut s| {
        let _ = s.read(&mut [0; 1]);
        reset(s);
    }),
    ("closes when asked", |mut s| _ = s.read(&mut [0; 4096])),
    ("says nothing", |s| {
        sleep(Duration::from_secs(3));
        drop(s);
    }),
    ("drips", |mut s| {
        while s.write_all(b"2").is_ok() {
            sleep(Duration::from_millis(100));
        }
    }),
    ("a line of 1 GiB", |s| flood(s, &[b'2'; 65536])),
    ("lines without end", |s| flood(s, &b"220-x\r\n".repeat(8192))),
    ("zeros without end", |s| flood(s, &[0; 65536])),
    // What a server with nothing newer answers: a fatal alert, protocol_version (RFC 8446, section 6).
    ("TLS 1.0 only", |mut s| {
        let _ = s.read(&mut [0; 4096]);
        let _ = s.write_all(&[0x15, 3, 1, 0, 2, 2, 70]);
        sleep(Duration::from_millis(100));
    }),
];

/// A probe of each kind and of each way in, at one listener.
fn probes(at: SocketAddr) -> Vec<(&'static str, Plan)> {
    let here = |scheme: &str| secret(&format!("{scheme}://{at}/"));
    let user = |scheme: &str| secret(&format!("{scheme}://me:pw@{at}/db"));
    let address = || ("address", text(&at.to_string()));
    let beats = ("max_age", Given::Span(Some(Span::from_mins(5))));
    let of = |name: &'static str, info: &KindInfo, keys| {
        (name, Plan { timeout: Span::from_ms(TIMEOUT_MS), ..probe(info, keys) })
    };
    let mut probes = vec![
        of("http", &http::INFO, vec![("url", here("http"))]),
        of("https", &http::INFO, vec![("url", here("https"))]),
        of("tcp send", &tcp::INFO, vec![address(), ("send", Given::Secrets(vec!["hi\r\n".into()]))]),
        of("tls", &tls::INFO, vec![address()]),
        of("tls smtp", &tls::INFO, vec![address(), ("starttls", text("smtp"))]),
        of("tls imap", &tls::INFO, vec![address(), ("starttls", text("imap"))]),
        of("tls postgresql", &tls::INFO, vec![address(), ("starttls", text("postgresql"))]),
        of("dns", &dns::INFO, vec![
            ("query", text("example.com")),
            ("server", text(&at.to_string())),
            ("transport", text("tcp")),
        ]),
        of("ssh", &ssh::INFO, vec![address(), ("host_key", text("any"))]),
        of("redis", &redis::INFO, vec![("url", here("redis"))]),
        of("rediss", &redis::INFO, vec![("url", here("rediss"))]),
        of("smtp", &smtp::INFO, vec![address()]),
        of("ws", &websocket::INFO, vec![("url", here("ws"))]),
        of("wss", &websocket::INFO, vec![("url", here("wss"))]),
        of("grpc", &grpc::INFO, vec![("url", here("http"))]),
        of("grpcs", &grpc::INFO, vec![("url", here("https"))]),
        of("domain", &domain::INFO, vec![("domain", text("example.com")), ("server", here("http"))]),
        of("heartbeat url", &heartbeat::INFO, vec![("url", here("http")), beats.clone()]),
        of("heartbeat redis", &heartbeat::INFO, vec![("redis", here("redis")), ("key", text("beat")), beats]),
    ];
    let _ = &user;
    #[cfg(feature = "full")]
    probes.extend([
        of("postgres", &super::postgres::INFO, vec![("url", user("postgres"))]),
        of("mysql", &super::mysql::INFO, vec![("url", user("mysql"))]),
    ]);
    probes
}

fn memory_kib(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(of)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn every_kind_at_every_hostile_listener() {
    let before = memory_kib("VmRSS:");
    let mut told = String::new();
    for (listener, talk) in LISTENERS {
        let at = serve(move |stream| talk(stream));
        let (names, mut plans): (Vec<_>, Vec<_>) = probes(at).into_iter().unzip();
        for (plan, name) in plans.iter_mut().zip(&names) {
            plan.key = (*name).into();
        }
        let (began, run) = (Instant::now(), RunSettings { deadline: Span::from_secs(20), ..run() });
        let looked = look_all(&plans, &run, &[]);
        let took = began.elapsed();
        assert!(took < Duration::from_millis(TIMEOUT_MS as u64 * 3), "{listener}: {took:?}");
        let _ = writeln!(told, "{listener}");
        for look in &looked.looks {
            assert!(look.first.ms.is_some_and(|ms| i64::from(ms) < TIMEOUT_MS * 2), "{listener}: {look:?}");
            assert!(look.first.detail.len() < 64 * 1024, "{listener}: {} tells too much", look.key);
            let _ = writeln!(told, "  {:<16} {}", look.key.as_str(), said(&look.first));
        }
    }
    let grown = memory_kib("VmHWM:").saturating_sub(before);
    assert!(grown < MEMORY_KIB, "{grown} KiB");
    insta::assert_snapshot!(told, @"");
}

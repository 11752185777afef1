//! Every kind that speaks over a connection, at every listener that means ill: each look ends in its time, each says
//! in which phase and why, and all of them together need little memory.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::testing::{look_all, probe, run, said, secret, serve, text};
use super::{KindInfo, Plan, dns, domain, grpc, heartbeat, http, redis, smtp, ssh, tcp, tls, websocket};
use crate::model::{Given, RunSettings, Secret, Span};

const TIMEOUT_MS: i64 = 1000;

const RESETS: &str = "resets at once";

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

/// What a listener does with a connection.
type Talk = fn(TcpStream);

/// Those that speak first do not wait for a word.
const LISTENERS: &[(&str, Talk)] = &[
    (RESETS, reset),
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
    let address = || ("address", text(&at.to_string()));
    let beats = ("max_age", Given::Span(Some(Span::from_mins(5))));
    let of = |name: &'static str, info: &KindInfo, keys| {
        (name, Plan { timeout: Span::from_ms(TIMEOUT_MS), ..probe(info, keys) })
    };
    vec![
        of("http", &http::INFO, vec![("url", here("http"))]),
        of("https", &http::INFO, vec![("url", here("https"))]),
        of("tcp send", &tcp::INFO, vec![address(), ("send", Given::Secrets(vec![Secret::new("hi\r\n")]))]),
        of("tls", &tls::INFO, vec![address()]),
        of("tls smtp", &tls::INFO, vec![address(), ("starttls", text("smtp"))]),
        of("tls imap", &tls::INFO, vec![address(), ("starttls", text("imap"))]),
        of("tls postgresql", &tls::INFO, vec![address(), ("starttls", text("postgresql"))]),
        of(
            "dns",
            &dns::INFO,
            vec![("query", text("example.com")), ("server", text(&at.to_string())), ("transport", text("tcp"))],
        ),
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
    ]
}

/// Those of `full`.
#[cfg(feature = "full")]
fn databases(at: SocketAddr) -> [(&'static str, Plan); 2] {
    let of = |kind: &'static str, info| {
        let keys = vec![("url", secret(&format!("{kind}://me:pw@{at}/db")))];
        (kind, Plan { timeout: Span::from_ms(TIMEOUT_MS), ..probe(info, keys) })
    };
    [of("postgres", &super::postgres::INFO), of("mysql", &super::mysql::INFO)]
}

#[cfg(not(feature = "full"))]
fn databases(_: SocketAddr) -> [(&'static str, Plan); 0] {
    []
}

fn memory_kib(of: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(of)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
#[allow(clippy::too_many_lines, reason = "what they all say is one table")]
fn every_kind_at_every_hostile_listener() {
    let before = memory_kib("VmRSS:");
    let mut told = String::new();
    for (listener, talk) in LISTENERS {
        let at = serve(talk);
        let (names, mut plans): (Vec<_>, Vec<_>) = probes(at).into_iter().chain(databases(at)).unzip();
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
            let said = said(&look.first);
            assert!(!said.starts_with("up") || look.key.as_str() == "tcp send", "{listener}: {} {said}", look.key);
            // How far one comes before the reset is seen is anybody's guess, and databases are not in every build.
            if *listener == RESETS {
                assert!(said.contains("the connection was"), "{} {said}", look.key);
            } else if !databases(at).iter().any(|(name, _)| *name == look.key.as_str()) {
                let _ = writeln!(told, "  {:<16} {said}", look.key.as_str());
            }
        }
    }
    let grown = memory_kib("VmHWM:").saturating_sub(before);
    assert!(grown < MEMORY_KIB, "{grown} KiB");
    insta::assert_snapshot!(told, @"
    resets at once
    resets when asked
      http             down first_byte: the connection was reset before an answer came
      https            down tls: the connection was reset during the TLS handshake
      tcp send         down first_byte: the connection was reset before an answer came
      tls              down tls: the connection was reset during the TLS handshake
      tls smtp         down greeting: connected, but no greeting within 1 s
      tls imap         down greeting: connected, but no greeting within 1 s
      tls postgresql   down starttls: the connection was reset
      dns              down first_byte: the connection was reset before an answer came
      ssh              down banner: no banner within 1 s after the connection was made
      redis            down ping: the connection was reset
      rediss           down tls: the connection was reset during the TLS handshake
      smtp             down greeting: connected, but no greeting within 1 s
      ws               down upgrade: the connection was reset
      wss              down tls: the connection was reset during the TLS handshake
      grpc             down answer: the connection was reset
      grpcs            down tls: the connection was reset during the TLS handshake
      domain           unknown registry: the registry did not answer: the connection was reset before an answer came
      heartbeat url    down first_byte: the connection was reset before an answer came
      heartbeat redis  down key: the connection was reset
    closes when asked
      http             down first_byte: the connection was closed before an answer came
      https            down tls: the connection was closed during the TLS handshake
      tcp send         down first_byte: the connection was closed before an answer came
      tls              down tls: the connection was closed during the TLS handshake
      tls smtp         down greeting: connected, but no greeting within 1 s
      tls imap         down greeting: connected, but no greeting within 1 s
      tls postgresql   down starttls: the connection was closed
      dns              down first_byte: the connection was closed before an answer came
      ssh              down banner: no banner within 1 s after the connection was made
      redis            down ping: the connection was closed
      rediss           down tls: the connection was closed during the TLS handshake
      smtp             down greeting: connected, but no greeting within 1 s
      ws               down upgrade: the server does not speak WebSocket
      wss              down tls: the connection was closed during the TLS handshake
      grpc             down answer: the connection was closed
      grpcs            down tls: the connection was closed during the TLS handshake
      domain           unknown registry: the registry did not answer: the connection was closed before an answer came
      heartbeat url    down first_byte: the connection was closed before an answer came
      heartbeat redis  down key: the connection was closed
    says nothing
      http             down first_byte: no answer within 1 s after the request was sent
      https            down tls: the TLS handshake did not end within 1 s
      tcp send         down first_byte: no answer within 1 s after the text was sent
      tls              down tls: the TLS handshake did not end within 1 s
      tls smtp         down greeting: connected, but no greeting within 1 s
      tls imap         down greeting: connected, but no greeting within 1 s
      tls postgresql   down starttls: no answer to the wish for TLS within 1 s
      dns              down first_byte: no answer within 1 s after the question was sent
      ssh              down banner: no banner within 1 s after the connection was made
      redis            down ping: connected, but no answer to PING within 1 s
      rediss           down tls: the TLS handshake did not end within 1 s
      smtp             down greeting: connected, but no greeting within 1 s
      ws               down upgrade: no answer within 1 s after the WebSocket was asked for
      wss              down tls: the TLS handshake did not end within 1 s
      grpc             down answer: no answer within 1 s after the question was sent
      grpcs            down tls: the TLS handshake did not end within 1 s
      domain           unknown registry: the registry did not answer: no answer within 1 s after the request was sent
      heartbeat url    down first_byte: no answer within 1 s after the request was sent
      heartbeat redis  down key: connected, but no answer to GET within 1 s
    drips
      http             down first_byte: the answer is not HTTP
      https            down tls: the server does not speak TLS
      tcp send         down transfer: the answer began but did not end within 1 s
      tls              down tls: the server does not speak TLS
      tls smtp         down greeting: connected, but no greeting within 1 s
      tls imap         down greeting: connected, but no greeting within 1 s
      tls postgresql   down starttls: the server does not speak PostgreSQL
      dns              down first_byte: no answer within 1 s after the question was sent
      ssh              down banner: no banner within 1 s after the connection was made
      redis            down ping: connected, but no answer to PING within 1 s
      rediss           down tls: the server does not speak TLS
      smtp             down greeting: connected, but no greeting within 1 s
      ws               down upgrade: the server does not speak WebSocket
      wss              down tls: the server does not speak TLS
      grpc             down answer: the server does not speak HTTP/2
      grpcs            down tls: the server does not speak TLS
      domain           unknown registry: the registry did not answer: the answer is not HTTP
      heartbeat url    down first_byte: the answer is not HTTP
      heartbeat redis  down key: connected, but no answer to GET within 1 s
    a line of 1 GiB
      http             down first_byte: the answer is not HTTP
      https            down tls: the server does not speak TLS
      tcp send         up
      tls              down tls: the server does not speak TLS
      tls smtp         down greeting: the server does not speak SMTP
      tls imap         down greeting: the server did not greet as IMAP does
      tls postgresql   down starttls: the server does not speak PostgreSQL
      dns              down answer: the answer belongs to another question
      ssh              down banner: the banner is longer than 64 KiB
      redis            down ping: the server does not speak Redis
      rediss           down tls: the server does not speak TLS
      smtp             down greeting: the server does not speak SMTP
      ws               down upgrade: the server does not speak WebSocket
      wss              down tls: the server does not speak TLS
      grpc             down answer: the server does not speak HTTP/2
      grpcs            down tls: the server does not speak TLS
      domain           unknown registry: the registry did not answer: the answer is not HTTP
      heartbeat url    down first_byte: the answer is not HTTP
      heartbeat redis  down key: the server does not speak Redis
    lines without end
      http             down first_byte: the answer is not HTTP
      https            down tls: the server does not speak TLS
      tcp send         up
      tls              down tls: the server does not speak TLS
      tls smtp         down greeting: the server does not speak SMTP
      tls imap         down greeting: the server did not greet as IMAP does
      tls postgresql   down starttls: the server does not speak PostgreSQL
      dns              down answer: the answer belongs to another question
      ssh              down banner: the banner is longer than 64 KiB
      redis            down ping: the server does not speak Redis
      rediss           down tls: the server does not speak TLS
      smtp             down greeting: the server does not speak SMTP
      ws               down upgrade: the server does not speak WebSocket
      wss              down tls: the server does not speak TLS
      grpc             down answer: the server does not speak HTTP/2
      grpcs            down tls: the server does not speak TLS
      domain           unknown registry: the registry did not answer: the answer is not HTTP
      heartbeat url    down first_byte: the answer is not HTTP
      heartbeat redis  down key: the server does not speak Redis
    zeros without end
      http             down first_byte: the answer is not HTTP
      https            down tls: the server does not speak TLS
      tcp send         up
      tls              down tls: the server does not speak TLS
      tls smtp         down greeting: the server does not speak SMTP
      tls imap         down greeting: the server did not greet as IMAP does
      tls postgresql   down starttls: the server does not speak PostgreSQL
      dns              down answer: the answer belongs to another question
      ssh              down banner: the banner is longer than 64 KiB
      redis            down ping: the server does not speak Redis
      rediss           down tls: the server does not speak TLS
      smtp             down greeting: the server does not speak SMTP
      ws               down upgrade: the server does not speak WebSocket
      wss              down tls: the server does not speak TLS
      grpc             down answer: the server does not speak HTTP/2
      grpcs            down tls: the server does not speak TLS
      domain           unknown registry: the registry did not answer: the answer is not HTTP
      heartbeat url    down first_byte: the answer is not HTTP
      heartbeat redis  down key: the server does not speak Redis
    TLS 1.0 only
      http             down first_byte: the answer is not HTTP
      https            down tls: the server offers no TLS version or cipher that is still in use
      tcp send         up
      tls              down tls: the server offers no TLS version or cipher that is still in use
      tls smtp         down greeting: connected, but no greeting within 1 s
      tls imap         down greeting: connected, but no greeting within 1 s
      tls postgresql   down starttls: the server does not speak PostgreSQL
      dns              down first_byte: the connection was closed before an answer came
      ssh              down banner: no banner within 1 s after the connection was made
      redis            down ping: the server does not speak Redis
      rediss           down tls: the server offers no TLS version or cipher that is still in use
      smtp             down greeting: connected, but no greeting within 1 s
      ws               down upgrade: the server does not speak WebSocket
      wss              down tls: the server offers no TLS version or cipher that is still in use
      grpc             down answer: the server does not speak HTTP/2
      grpcs            down tls: the server offers no TLS version or cipher that is still in use
      domain           unknown registry: the registry did not answer: the answer is not HTTP
      heartbeat url    down first_byte: the answer is not HTTP
      heartbeat redis  down key: the server does not speak Redis
    ");
}

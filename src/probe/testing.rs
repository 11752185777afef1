//! What the tests of this room share: plans, observations, and servers of our own on loopback.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Kind, KindInfo, Look, Looked, Observation, Past, Plan, Watch, round};
use crate::expr::{Assertion, Facts, Value};
use crate::model::{Given, Givens, Moment, ProbeKey, RunSettings, Secret, Span, Vantage, Verdict, Visibility};

/// The moment of every test: the morning of the story.
pub(super) fn now() -> Moment {
    Moment::parse_rfc3339("2026-11-23T17:00:00Z").unwrap()
}

/// A run once a minute with five seconds to look.
pub(super) fn run() -> RunSettings {
    RunSettings {
        interval: Span::from_mins(1),
        deadline: Span::from_secs(5),
        canaries: Vec::new(),
        vantage: Vantage::from("local"),
        vantages: vec![Vantage::from("local")],
        quorum: 1,
        concurrency: 100,
        per_host: 100,
    }
}

/// A probe of a kind, with its keys.
pub(super) fn probe(info: &KindInfo, keys: Vec<(&'static str, Given)>) -> Plan {
    Plan { kind: (info.read)(&Givens(keys)).unwrap(), ..plan("web/probe") }
}

/// A probe that watches a file that is not there.
pub(super) fn plan(key: &str) -> Plan {
    let keys = vec![("file", text("/nonexistent/heartbeat")), ("max_age", Given::Span(Some(Span::from_mins(5))))];
    Plan {
        key: key.into(),
        kind: (super::heartbeat::INFO.read)(&Givens(keys)).unwrap(),
        timeout: Span::from_secs(2),
        retries: 0,
        every: None,
        gap: Span::from_ms(150_000),
        open_after: 2,
        confirm_after: None,
        expect: Vec::new(),
        degraded_if: Vec::new(),
        record: Vec::new(),
        visibility: Visibility::Public,
    }
}

/// How long a look in a test may take: short where it is to run out, long where a busy machine must not matter.
pub(super) fn patience(expected: &str) -> Span {
    let late = expected.split_once("within ").and_then(|(_, rest)| rest.split_once(" ms")?.0.parse().ok());
    Span::from_ms(late.unwrap_or(3000))
}

/// A probe of `http`.
pub(super) fn http(url: &str, mut keys: Vec<(&'static str, Given)>) -> Plan {
    keys.push(("url", secret(url)));
    Plan { timeout: Span::from_secs(3), ..probe(&super::http::INFO, keys) }
}

/// Why a kind refuses its keys.
pub(super) fn refused(info: &KindInfo, keys: Vec<(&'static str, Given)>) -> String {
    let refusals = (info.read)(&Givens(keys)).map(|kind: Kind| kind.name()).unwrap_err();
    let said: Vec<_> =
        refusals.iter().map(|r| format!("{}: {} ({})", r.key, r.text, r.help.as_deref().unwrap_or("-"))).collect();
    said.join("\n")
}

pub(super) fn text(text: &str) -> Given {
    Given::Text(text.to_owned())
}

pub(super) fn secret(text: &str) -> Given {
    Given::Secret(Secret::new(text))
}

/// An assertion of the kind's fields.
pub(super) fn assertion(info: &KindInfo, source: &str) -> Assertion {
    Assertion::check(source, info.fields).unwrap()
}

/// Looks once, without a past.
pub(super) fn look(plan: &Plan) -> Observation {
    look_all(std::slice::from_ref(plan), &run(), &[]).looks.remove(0).first
}

/// A round.
pub(super) fn look_all(plans: &[Plan], run: &RunSettings, past: &[(&str, Past)]) -> Looked {
    let past: BTreeMap<ProbeKey, Past> = past.iter().map(|(key, past)| ((*key).into(), *past)).collect();
    round(plans, run, &past, now(), Watch { explain: true, ..Watch::default() })
}

/// "down first_byte: no answer …", "up".
pub(super) fn said(seen: &Observation) -> String {
    match (seen.verdict, seen.phase) {
        (verdict, None) if seen.why.is_empty() => verdict.word().to_owned(),
        (verdict, phase) => format!("{} {}: {}", verdict.word(), phase.unwrap_or("-"), seen.why),
    }
}

/// Each look of a round: "web/probe down connect: …; then up".
pub(super) fn told(looked: &Looked) -> Vec<String> {
    let look = |look: &Look| {
        let second = look.second.as_ref().map_or(String::new(), |(_, seen)| format!("; then {}", said(seen)));
        format!("{} {}{second}", look.key, said(&look.first))
    };
    looked.looks.iter().map(look).collect()
}

/// An observation that was not made.
pub(super) fn observed(verdict: Verdict, ms: u32, why: &str) -> Observation {
    Observation {
        verdict,
        ms: Some(ms),
        phase: None,
        why: why.to_owned(),
        detail: if why.is_empty() { String::new() } else { format!("details of: {why}") },
        tries: 1,
        phases: Vec::new(),
        facts: Facts::new(),
        checked: Vec::new(),
        rec: Vec::new(),
    }
}

/// Facts from JSON.
pub(super) fn facts_of(json: &str) -> Facts {
    match Value::from_json(serde_json::from_str(json).unwrap()) {
        Value::Map(facts) => facts,
        other => panic!("{other:?} is no map"),
    }
}

/// A server: each connection gets a thread and is closed when `talk` returns.
pub(super) fn serve(talk: impl Fn(TcpStream) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let talk = Arc::new(talk);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let talk = talk.clone();
            thread::spawn(move || talk(stream));
        }
    });
    address
}

/// A server that reads a request and hands its head to `talk`.
pub(super) fn serve_http(talk: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    serve(move |mut stream| {
        let head = head(&mut stream);
        // A connection that is closed over unread bytes is reset, and the answer with it.
        let length =
            head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
        let _ = std::io::copy(&mut (&stream).take(length.unwrap_or(0)), &mut std::io::sink());
        talk(&head, &mut stream);
    })
}

/// A port that nobody listens on: bound, so that no other test gets it, and left so until the tests end.
pub(super) fn nobody() -> SocketAddr {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = socket.local_addr().unwrap();
    std::mem::forget(socket);
    address
}

/// Reads a request up to its empty line.
pub(super) fn head(stream: &mut impl Read) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).into_owned()
}

/// Writes an answer with a body.
pub(super) fn answer(stream: &mut impl Write, status: &str, headers: &str, body: &[u8]) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n");
    let _ = stream.write_all(body);
}

/// An authority of our own and a certificate of it.
pub(super) struct Authority {
    /// Its certificate, as a PEM file.
    pub file: tempfile::NamedTempFile,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "Test Authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(issuer.pem().as_bytes()).unwrap();
        Self { file, issuer }
    }

    /// What a probe needs to trust it.
    pub fn trusted(&self) -> (&'static str, Given) {
        ("ca_file", text(self.file.path().to_str().unwrap()))
    }

    /// A server's settings with a certificate for `name`, valid until so many days from the tests' moment.
    pub fn server(&self, name: &str, days: i64) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        let day = |days: i64| {
            let time = (now() + Span::from_mins(days * 24 * 60)).utc();
            rcgen::date_time_ymd(
                chrono::Datelike::year(&time),
                chrono::Datelike::month(&time) as u8,
                chrono::Datelike::day(&time) as u8,
            )
        };
        (params.not_before, params.not_after) = (day(days.min(0) - 90), day(days));
        let own = params.signed_by(&key, &self.issuer).unwrap();
        settings(own.der().clone(), &key)
    }
}

/// A server's settings with a certificate that signed itself.
pub(super) fn self_signed(name: &str) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    settings(CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap().der().clone(), &key)
}

fn settings(own: rustls::pki_types::CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
        .unwrap()
}

/// A TLS server that waits before it begins the handshake.
pub(super) fn serve_tls(
    settings: ServerConfig,
    wait: Duration,
    talk: impl Fn(&mut StreamOwned<ServerConnection, TcpStream>) + Send + Sync + 'static,
) -> SocketAddr {
    let settings = Arc::new(settings);
    serve(move |stream| {
        thread::sleep(wait);
        let mut stream = StreamOwned::new(ServerConnection::new(settings.clone()).unwrap(), stream);
        talk(&mut stream);
        stream.conn.send_close_notify();
        let _ = stream.flush();
    })
}

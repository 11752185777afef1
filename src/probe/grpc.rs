//! Asks a gRPC server for its health, by the protocol that all of them share.
//!
//! Sources: the gRPC health checking protocol (`grpc.health.v1`) and gRPC over HTTP/2. The two messages have one field
//! each, so they are written and read here; the frames are h2's.

use std::path::Path;
use std::pin::pin;

use bytes::Bytes;
use futures_util::FutureExt;
use h2::client::SendRequest;
use http::{HeaderMap, Request, StatusCode};

use super::address::{Address, Schemes, plain};
use super::saw::{Ask, Saw};
use super::trouble::Trouble;
use super::trust::CA_FILE;
use super::wire::{self, Wire};
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Secret, Takes};

/// The longest answer that is read, in bytes; a true one has seven.
const ANSWER_BYTES: usize = 4096;

/// The longest list of headers that is read, in bytes.
const HEADER_BYTES: u32 = 16 * 1024;

/// What a health server says, by its number.
const STATES: [&str; 4] = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"];

const SCHEMES: Schemes = Schemes {
    plain: ("http", 80),
    tls: ("https", 443),
    help: "an address is `https://grpc.example.com:443`, without TLS `http://grpc.example.com:50051`",
};

/// Whose health is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    address: Address,
    service: String,
}

const KEYS: &[Key] = &[
    Key::must("url", Takes::Secret, "The server: `https://host:port`, without TLS `http://host:port`."),
    Key::may("service", Takes::Text, "The service that is asked for, such as `shop.Cart`. Default: the whole server."),
    CA_FILE,
];

const FIELDS: &[Field] = &wire::fields::<12>(&[
    Field::span("phases.answer", "From the question to the end of the answer."),
    Field::text("status", "`SERVING`, `NOT_SERVING` or `UNKNOWN`."),
    Field::of("grpc_status", Type::Int, "The status of the call: 0. One that ends with another is down."),
]);

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "grpc",
    doc: "Asks a gRPC server for its health (`grpc.health.v1`). Without `expect`, `SERVING` is up.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn host(&self) -> Option<String> {
        Some(self.address.target.host.clone())
    }

    fn secrets(&self) -> &[Secret] {
        &self.address.secrets
    }

    fn in_site(&mut self, site: &Path) {
        self.address.in_site(site);
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let url = given.secret("url").cloned().unwrap_or_default();
    let (address, parsed) =
        Address::read(&url, "url", &SCHEMES, given.text("ca_file")).map_err(|refusal| vec![refusal])?;
    let more = !matches!(parsed.path(), "" | "/") || parsed.query().is_some();
    if more || address.user.is_some() || address.password.is_some() {
        let text = "only a server can be asked: nothing but its host and port is sent";
        return Err(vec![Refusal::new("url", text, SCHEMES.help)]);
    }
    Ok(Kind::Grpc(Options { address, service: given.text("service").unwrap_or_default().to_owned() }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    wire::talk(ask, async |wire| visit(options, ask, wire).await).await
}

async fn visit(options: &Options, ask: &Ask<'_>, wire: &mut Wire) -> Result<(), Trouble> {
    let stream = options.address.connect(&["h2"], wire, ask).await?;
    wire.enter("answer", "no answer within {} after the question was sent");
    let begun = h2::client::Builder::new().max_header_list_size(HEADER_BYTES).handshake::<_, Bytes>(stream).await;
    let (client, connection) = begun.map_err(|e| broken(&e, wire))?;
    let mut connection = pin!(connection);
    let ended = {
        let mut asked = pin!(health(options, client));
        tokio::select! {
            biased;
            answer = &mut asked => answer,
            // A connection that ends without an error has given its answer, or never will.
            ended = &mut connection => match ended {
                Ok(()) => asked.await,
                // An answer that came whole counts, however the server took its leave.
                Err(e) => asked.now_or_never().and_then(Result::ok).ok_or(e),
            },
        }
    };
    let (said, headers) = ended
        .map_err(|e| broken(&e, wire))?
        .map_err(|status| wire.down(format!("the answer was {}, not gRPC", status.as_u16())))?;
    judge(&said, &headers, wire)
}

/// What came of a call: its message, and its headers with its trailers; or the status of what is no answer to one.
type Answered = Result<(Vec<u8>, HeaderMap), StatusCode>;

async fn health(options: &Options, client: SendRequest<Bytes>) -> Result<Answered, h2::Error> {
    let target = &options.address.target;
    let scheme = if options.address.tls.is_some() { "https" } else { "http" };
    let request = Request::post(format!("{scheme}://{target}/grpc.health.v1.Health/Check"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("user-agent", concat!("statuary/", env!("CARGO_PKG_VERSION")))
        .body(())
        .map_err(|_| h2::Reason::INTERNAL_ERROR)?;
    let (answer, mut body) = client.ready().await?.send_request(request, false)?;
    body.send_data(question(&options.service).into(), true)?;
    let (head, mut body) = answer.await?.into_parts();
    let (mut said, mut headers) = (Vec::new(), head.headers);
    if !head.status.is_success() {
        return Ok(Err(head.status));
    }
    while let Some(data) = body.data().await {
        let data = data?;
        let room = ANSWER_BYTES - said.len();
        said.extend_from_slice(&data[..data.len().min(room)]);
        if data.len() > room {
            return Ok(Ok((said, headers)));
        }
        body.flow_control().release_capacity(data.len())?;
    }
    headers.extend(body.trailers().await?.unwrap_or_default());
    Ok(Ok((said, headers)))
}

/// `HealthCheckRequest { service }` with its five bytes before it.
fn question(service: &str) -> Vec<u8> {
    let mut message = Vec::new();
    if !service.is_empty() {
        message.push(0x0a);
        let mut length = service.len();
        while length >= 0x80 {
            message.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        message.push(length as u8);
        message.extend_from_slice(service.as_bytes());
    }
    let mut framed = vec![0];
    framed.extend_from_slice(&(message.len() as u32).to_be_bytes());
    framed.append(&mut message);
    framed
}

/// The number in `HealthCheckResponse { status }`. None where it is no such message.
fn state(said: &[u8]) -> Option<u8> {
    let (head, message) = said.split_at_checked(5)?;
    if head[0] != 0 || u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize != message.len() {
        return None;
    }
    match message {
        [] => Some(0),
        [0x08, number @ 0..=3] => Some(*number),
        _ => None,
    }
}

fn judge(said: &[u8], headers: &HeaderMap, wire: &mut Wire) -> Result<(), Trouble> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(code) = text("grpc-status").and_then(|code| code.parse::<u8>().ok()) else {
        return Err(wire.down("the server does not speak gRPC"));
    };
    wire.facts.insert("grpc_status".into(), Value::Int(code.into()));
    wire.story.push(format!("grpc-status {code}: {}", plain(text("grpc-message").unwrap_or_default())));
    match code {
        0 => {}
        5 => return Err(wire.down("the server does not know this service")),
        12 => return Err(wire.down("the server has no health service")),
        14 => return Err(wire.down("the server says that it is unavailable")),
        16 | 7 => return Err(wire.down("the server does not answer to those it does not know")),
        code => return Err(wire.down(format!("the call ended with status {code}"))),
    }
    let state = state(said).ok_or_else(|| wire.down("the answer is no health"))?;
    let word = STATES[usize::from(state)];
    wire.facts.insert("status".into(), Value::Text(word.to_owned()));
    if state != 1 {
        wire.unexpected = Some(wire.down(format!("the server says {word}")));
    }
    Ok(())
}

fn broken(error: &h2::Error, wire: &mut Wire) -> Trouble {
    if let Some(io) = error.get_io() {
        return wire.failed(io);
    }
    wire.story.push(format!("error: {error}"));
    wire.down(match error.reason() {
        Some(h2::Reason::REFUSED_STREAM | h2::Reason::ENHANCE_YOUR_CALM) => "the server takes no more calls",
        Some(_) if error.is_remote() => "the server broke off the call",
        _ => "the server does not speak HTTP/2",
    })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;
    use crate::probe::Plan;
    use crate::probe::testing::{look, nobody, patience, probe, refused, said, secret, serve};

    #[test]
    fn messages_are_written_and_read_as_the_protocol_says() {
        assert_eq!(question(""), [0, 0, 0, 0, 0]);
        assert_eq!(question("a.B"), [0, 0, 0, 0, 5, 0x0a, 3, b'a', b'.', b'B']);
        let long = question(&"x".repeat(200));
        assert_eq!(&long[..8], [0, 0, 0, 0, 203, 0x0a, 0xc8, 1]);
        for (said, number) in [
            (&[0, 0, 0, 0, 2, 8, 1][..], Some(1)),
            (&[0, 0, 0, 0, 2, 8, 3], Some(3)),
            (&[0, 0, 0, 0, 0], Some(0)),
            (&[0, 0, 0, 0, 2, 8, 4], None),
            (&[1, 0, 0, 0, 2, 8, 1], None),
            (&[0, 0, 0, 0, 3, 8, 1], None),
            (&[0, 0], None),
        ] {
            assert_eq!(state(said), number, "{said:?}");
        }
    }

    #[test]
    fn what_the_call_ended_with_is_told() {
        let end = |code: &'static str, said: &[u8]| {
            let mut wire = Wire::default();
            wire.enter("answer", "");
            let headers = HeaderMap::from_iter([(http::HeaderName::from_static("grpc-status"), code.parse().unwrap())]);
            let ended = judge(said, &headers, &mut wire);
            ended.err().or(wire.unexpected).map_or("up".to_owned(), |trouble| trouble.why)
        };
        for (code, said, told) in [
            ("0", &[0, 0, 0, 0, 2, 8, 1][..], "up"),
            ("0", &[0, 0, 0, 0, 2, 8, 2], "the server says NOT_SERVING"),
            ("0", &[], "the answer is no health"),
            ("5", &[], "the server does not know this service"),
            ("12", &[], "the server has no health service"),
            ("13", &[], "the call ended with status 13"),
            ("x", &[], "the server does not speak gRPC"),
        ] {
            assert_eq!(end(code, said), told);
        }
    }

    #[test]
    fn an_answer_that_came_whole_counts_however_the_server_takes_its_leave() {
        // Settings, `:status: 200`, the message, `grpc-status: 0`, and a GOAWAY for being asked too much (RFC 9113).
        let answer = [
            &b"\0\0\0\x04\0\0\0\0\0"[..],
            b"\0\0\x01\x01\x04\0\0\0\x01\x88",
            b"\0\0\x07\0\0\0\0\0\x01\0\0\0\0\x02\x08\x01",
            b"\0\0\x0f\x01\x05\0\0\0\x01\0\x0bgrpc-status\x010",
            b"\0\0\x08\x07\0\0\0\0\0\0\0\0\x01\0\0\0\x0b",
        ]
        .concat();
        let address = serve(move |mut s| {
            let _ = s.read(&mut [0; 512]);
            let _ = s.write_all(&answer);
            sleep(Duration::from_millis(300));
        });
        let seen = look(&probe(&INFO, vec![("url", secret(&format!("http://{address}")))]));
        assert_eq!(said(&seen), "up", "{}", seen.detail);
    }

    #[test]
    fn whatever_a_listener_says_is_told() {
        let says = |bytes: &'static [u8]| {
            serve(move |mut s| {
                let _ = s.read(&mut [0; 512]);
                let _ = s.write_all(bytes);
                sleep(Duration::from_secs(1));
            })
        };
        let flood = serve(|mut s| while s.write_all(&[0xff; 4096]).is_ok() {});
        for (address, expected) in [
            (says(b""), "down answer: no answer within 400 ms after the question was sent"),
            (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "down answer: the server does not speak HTTP/2"),
            (flood, "down answer: the server does not speak HTTP/2"),
            (nobody(), "down connect: the connection was refused"),
        ] {
            let url = ("url", secret(&format!("http://{address}")));
            let seen = look(&Plan { timeout: patience(expected), ..probe(&INFO, vec![url]) });
            assert_eq!(said(&seen), expected, "{}", seen.detail);
        }
    }

    #[test]
    fn what_would_not_be_sent_is_refused() {
        for url in ["http://h/path", "http://u:p@h", "http://h?x=y"] {
            let said = refused(&INFO, vec![("url", secret(url))]);
            assert!(said.starts_with("url: only a server can be asked"), "{said}");
        }
    }

    #[test]
    fn an_address_of_another_protocol_is_refused() {
        let said = refused(&INFO, vec![("url", secret("grpc://h:50051"))]);
        assert!(
            said.starts_with("url: this begins with `grpc:`, not with `http:` or `https:` (an address is"),
            "{said}"
        );
    }
}

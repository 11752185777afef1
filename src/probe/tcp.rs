//! Opens a TCP connection; with `send` or `banner` it also reads what the other side says first.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::saw::{Ask, KEPT_BYTES, Saw, fact, hidden, longest_first, parts};
use super::target::Target;
use super::trouble::Trouble;
use super::wire::{self, Wire};
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Secret, Takes};

/// After the first bytes of an answer, this much quiet ends it: most protocols keep the connection open.
const QUIET: Duration = Duration::from_millis(100);

/// What `tcp` connects to, and what it says there.
#[derive(Clone, Debug)]
pub struct Options {
    target: Target,
    send: Option<Secret>,
    banner: bool,
    secrets: Vec<Secret>,
}

const KEYS: &[Key] = &[
    Key { name: "address", takes: Takes::Text, required: true, doc: "Where to connect: `host:port`." },
    Key {
        name: "send",
        takes: Takes::Secret,
        required: false,
        doc: "Bytes to send once connected; then an answer is awaited. Default: none, connecting is enough.",
    },
    Key {
        name: "banner",
        takes: Takes::Bool,
        required: false,
        doc: "Whether the other side speaks first and is awaited (before anything is sent). Default: false.",
    },
];

const FIELDS: &[Field] = &[
    Field { name: "latency", ty: Type::Duration, unit: Some("ms"), doc: "From the first step to the last." },
    Field { name: "connect", ty: Type::Duration, unit: Some("ms"), doc: "Opening the connection, without the name." },
    Field {
        name: "received",
        ty: Type::Text,
        unit: None,
        doc: "What came back, the first 4096 bytes, until 100 ms of quiet; empty where nothing was awaited.",
    },
    Field { name: "phases.dns", ty: Type::Duration, unit: Some("ms"), doc: "Finding the address." },
    Field { name: "phases.connect", ty: Type::Duration, unit: Some("ms"), doc: "Opening the connection." },
    Field { name: "phases.first_byte", ty: Type::Duration, unit: Some("ms"), doc: "Waiting for the first byte back." },
    Field { name: "phases.transfer", ty: Type::Duration, unit: Some("ms"), doc: "Reading the rest." },
    Field { name: "remote.address", ty: Type::Text, unit: None, doc: "The address that took the connection." },
];

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "tcp",
    doc: "Opens a TCP connection. Without `send` and `banner`, connecting is enough for up.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn host(&self) -> Option<String> {
        Some(self.target.host.clone())
    }

    fn sends(&self) -> Option<String> {
        self.send.as_ref().map(hidden)
    }

    fn secrets(&self) -> &[Secret] {
        &self.secrets
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let help = "give a host and a port, such as \"db.example.com:5432\" or \"[2001:db8::1]:5432\"";
    let target = Target::parse(given.text("address").unwrap_or_default(), None)
        .map_err(|why| vec![Refusal::new("address", why, help)])?;
    let send = given.secret("send").cloned();
    let secrets = longest_first(send.iter().flat_map(parts).collect());
    Ok(Kind::Tcp(Options { target, send, banner: given.bool("banner").unwrap_or(false), secrets }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let mut received = Vec::new();
    let mut saw = wire::talk(ask, async |wire| converse(options, wire, &mut received).await).await;
    let received = String::from_utf8_lossy(&received).into_owned();
    if !received.is_empty() {
        saw.story.push(format!("received: {}", received.escape_debug()));
    }
    if let Some((_, connect)) = saw.phases.iter().find(|(phase, _)| *phase == "connect")
        && saw.facts.contains_key("remote")
    {
        saw.facts.insert("connect".into(), fact(*connect));
    }
    saw.facts.insert("received".into(), Value::Text(received));
    saw
}

async fn converse(options: &Options, wire: &mut Wire, received: &mut Vec<u8>) -> Result<(), Trouble> {
    let mut stream = wire.connect(&options.target).await?;
    if options.banner {
        wire.enter("first_byte", "no greeting within {} after the connection was made");
        hear(&mut stream, wire, received).await?;
    }
    if let Some(send) = &options.send {
        wire.enter("first_byte", "no answer within {} after the text was sent");
        stream.write_all(send.expose().as_bytes()).await.map_err(|e| wire.failed(&e))?;
        hear(&mut stream, wire, received).await?;
    }
    Ok(())
}

/// Reads until the other side is quiet, closes, or has said enough. Nothing at all is a failure.
async fn hear(stream: &mut TcpStream, wire: &mut Wire, received: &mut Vec<u8>) -> Result<(), Trouble> {
    let mut buffer = [0; KEPT_BYTES];
    let mut heard = 0;
    while received.len() < KEPT_BYTES {
        let room = KEPT_BYTES - received.len();
        let read = stream.read(&mut buffer[..room]);
        let count = if heard == 0 {
            read.await
        } else {
            match tokio::time::timeout(QUIET, read).await {
                Ok(read) => read,
                Err(_) => break,
            }
        };
        match count.map_err(|e| wire.failed(&e))? {
            0 if heard == 0 => return Err(wire.failed(&std::io::ErrorKind::UnexpectedEof.into())),
            0 => break,
            count => {
                if heard == 0 {
                    wire.enter("transfer", "the answer began but did not end within {all}");
                }
                heard += count;
                received.extend_from_slice(&buffer[..count]);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::thread::sleep;

    use super::*;
    use crate::model::Given;
    use crate::probe::testing::{look, nobody, patience, probe, refused, said, secret, serve, text};
    use crate::probe::{Observation, Plan};

    fn ask(address: &str, mut keys: Vec<(&'static str, Given)>, expected: &str) -> Observation {
        keys.push(("address", text(address)));
        look(&Plan { timeout: patience(expected), ..probe(&INFO, keys) })
    }

    fn received(seen: &Observation) -> &str {
        match seen.facts.get("received") {
            Some(Value::Text(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn connecting_is_enough_unless_more_is_asked() {
        let silent = serve(|_s| sleep(Duration::from_secs(2))).to_string();
        let redis = serve(|mut s| {
            let mut heard = [0; 6];
            s.read_exact(&mut heard).unwrap();
            s.write_all(if &heard == b"PING\r\n" { b"+PONG\r\n" } else { b"-ERR\r\n" }).unwrap();
            sleep(Duration::from_secs(2));
        });
        let smtp = serve(|mut s| {
            s.write_all(b"220 mail ESMTP\r\n").unwrap();
            let _ = s.read(&mut [0; 6]);
            let _ = s.write_all(b"221 bye\r\n");
        });
        let flood = serve(|mut s| while s.write_all(&[b'x'; 4096]).is_ok() {});
        let closed = serve(|mut s| _ = s.read(&mut [0; 64]));
        let (ping, banner) = (|| ("send", secret("PING\r\n")), || ("banner", Given::Bool(true)));
        for (address, keys, expected, heard) in [
            (&silent, vec![], "up", ""),
            (&redis.to_string(), vec![ping()], "up", "+PONG\r\n"),
            (&smtp.to_string(), vec![banner()], "up", "220 mail ESMTP\r\n"),
            (&smtp.to_string(), vec![banner(), ("send", secret("QUIT\r\n"))], "up", "220 mail ESMTP\r\n221 bye\r\n"),
            (&silent, vec![ping()], "down first_byte: no answer within 400 ms after the text was sent", ""),
            (&silent, vec![banner()], "down first_byte: no greeting within 400 ms after the connection was made", ""),
            (&closed.to_string(), vec![ping()], "down first_byte: the connection was closed before an answer came", ""),
            (&nobody().to_string(), vec![], "down connect: the connection was refused", ""),
        ] {
            let seen = ask(address, keys, expected);
            assert_eq!((said(&seen).as_str(), received(&seen)), (expected, heard), "{}", seen.detail);
        }
        let seen = ask(&flood.to_string(), vec![banner()], "up");
        assert_eq!((said(&seen).as_str(), received(&seen).len()), ("up", 1024 + "…".len()));
        assert!(seen.detail.len() < 10_000);
    }

    #[test]
    fn a_secret_that_is_sent_is_seen_nowhere() {
        let echo = serve(|mut s| {
            let mut heard = [0; 64];
            let count = s.read(&mut heard).unwrap();
            let _ = s.write_all(&heard[..count]);
        });
        let seen = ask(&echo.to_string(), vec![("send", secret("AUTH s3cret-word\r\n"))], "up");
        assert_eq!(received(&seen), "***");
        assert!(!format!("{seen:?}").contains("s3cret-word"), "{seen:?}");
    }

    #[test]
    fn an_address_without_a_port_is_refused() {
        insta::assert_snapshot!(
            refused(&INFO, vec![("address", text("db.example.com"))]),
            @r#"address: `db.example.com` has no port (give a host and a port, such as "db.example.com:5432" or "[2001:db8::1]:5432")"#
        );
    }
}

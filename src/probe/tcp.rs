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
    send: Vec<Secret>,
    banner: bool,
    secrets: Vec<Secret>,
}

const KEYS: &[Key] = &[
    Key::must("address", Takes::Text, "Where to connect: `host:port`."),
    Key::may(
        "send",
        Takes::Secrets,
        "A text to send once connected, or several: after each an answer is awaited. Default: none, connecting is enough.",
    ),
    Key::may(
        "banner",
        Takes::Bool,
        "Whether the other side speaks first and is awaited (before anything is sent). Default: false.",
    ),
];

const FIELDS: &[Field] = &[
    Field::span("latency", "From the first step to the last."),
    Field::span("connect", "Opening the connection, without the name."),
    Field::text(
        "received",
        "What came back, of each answer the first 4096 bytes, until 100 ms of quiet; empty where nothing was awaited.",
    ),
    Field::of("answers", Type::Texts, "Everything that came back, an element for the greeting and for each text sent."),
    Field::span("phases.dns", "Finding the address."),
    Field::span("phases.connect", "Opening the connection."),
    Field::span("phases.first_byte", "Waiting for the first byte back, summed over all answers."),
    Field::span("phases.transfer", "Reading the rest."),
    Field::text("remote.address", "The address that took the connection."),
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
        (!self.send.is_empty()).then(|| self.send.iter().map(hidden).collect::<Vec<_>>().join("; "))
    }

    fn secrets(&self) -> &[Secret] {
        &self.secrets
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let help = "give a host and a port, such as \"db.example.com:5432\" or \"[2001:db8::1]:5432\"";
    let target = Target::given(given, "address", None, help).map_err(|refusal| vec![refusal])?;
    let send = given.secrets("send").to_vec();
    let secrets = longest_first(send.iter().flat_map(parts).collect());
    Ok(Kind::Tcp(Options { target, send, banner: given.bool("banner").unwrap_or(false), secrets }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let mut answers = Vec::new();
    let mut saw = wire::talk(ask, async |wire| converse(options, wire, &mut answers).await).await;
    let answers: Vec<String> = answers.iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect();
    let heard = answers.iter().filter(|text| !text.is_empty());
    saw.story.extend(heard.map(|text| format!("received: {}", text.escape_debug())));
    if let Some((_, connect)) = saw.phases.iter().find(|(phase, _)| *phase == "connect")
        && saw.facts.contains_key("remote")
    {
        saw.facts.insert("connect".into(), fact(*connect));
    }
    saw.facts.insert("received".into(), Value::Text(answers.concat()));
    saw.facts.insert("answers".into(), Value::List(answers.into_iter().map(Value::Text).collect()));
    saw
}

async fn converse(options: &Options, wire: &mut Wire, answers: &mut Vec<Vec<u8>>) -> Result<(), Trouble> {
    let mut stream = wire.connect(&options.target).await?;
    if options.banner {
        wire.enter("first_byte", "no greeting within {} after the connection was made");
        hear(&mut stream, wire, answers).await?;
    }
    for text in &options.send {
        wire.enter("first_byte", "no answer within {} after the text was sent");
        stream.write_all(text.expose().as_bytes()).await.map_err(|e| wire.failed(&e))?;
        hear(&mut stream, wire, answers).await?;
    }
    Ok(())
}

/// Reads until the other side is quiet, closes, or has said enough. Nothing at all is a failure.
async fn hear(stream: &mut TcpStream, wire: &mut Wire, answers: &mut Vec<Vec<u8>>) -> Result<(), Trouble> {
    let answer = answers.push_mut(Vec::new());
    let mut buffer = [0; KEPT_BYTES];
    while answer.len() < KEPT_BYTES {
        let room = KEPT_BYTES - answer.len();
        let read = stream.read(&mut buffer[..room]);
        let count = if answer.is_empty() {
            read.await
        } else {
            match tokio::time::timeout(QUIET, read).await {
                Ok(read) => read,
                Err(_) => break,
            }
        };
        match count.map_err(|e| wire.failed(&e))? {
            0 if answer.is_empty() => return Err(wire.failed(&std::io::ErrorKind::UnexpectedEof.into())),
            0 => break,
            count => {
                if answer.is_empty() {
                    wire.enter("transfer", "the answer began but did not end within {all}");
                }
                answer.extend_from_slice(&buffer[..count]);
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
    use crate::probe::testing::{assertion, look, nobody, patience, probe, refused, said, serve, text};
    use crate::probe::{Observation, Plan};

    fn ask(address: &str, mut keys: Vec<(&'static str, Given)>, expected: &str) -> Observation {
        keys.push(("address", text(address)));
        look(&Plan { timeout: patience(expected), ..probe(&INFO, keys) })
    }

    fn secrets(texts: &[&str]) -> Given {
        Given::Secrets(texts.iter().map(|text| Secret::new(*text)).collect())
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
        let (ping, banner) = (|| ("send", secrets(&["PING\r\n"])), || ("banner", Given::Bool(true)));
        for (address, keys, expected, heard) in [
            (&silent, vec![], "up", ""),
            (&redis.to_string(), vec![ping()], "up", "+PONG\r\n"),
            (&smtp.to_string(), vec![banner()], "up", "220 mail ESMTP\r\n"),
            (
                &smtp.to_string(),
                vec![banner(), ("send", secrets(&["QUIT\r\n"]))],
                "up",
                "220 mail ESMTP\r\n221 bye\r\n",
            ),
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
    fn a_dialogue_goes_on_text_by_text() {
        let server = serve(|mut s| {
            let _ = s.write_all(b"220 hello\r\n");
            for (asked, answer) in [("EHLO x\r\n", "250 a\r\n"), ("NOOP\r\n", "250 b\r\n")] {
                let mut heard = vec![0; asked.len()];
                if s.read_exact(&mut heard).is_err() {
                    return;
                }
                let _ = s.write_all(if heard == asked.as_bytes() { answer.as_bytes() } else { b"500 no\r\n" });
            }
            sleep(Duration::from_secs(1));
        });
        let ask = |texts: &[&str], expect: &[&str]| {
            let keys =
                vec![("address", text(&server.to_string())), ("banner", Given::Bool(true)), ("send", secrets(texts))];
            let mut plan = Plan { timeout: patience("within 900 ms"), ..probe(&INFO, keys) };
            plan.expect = expect.iter().map(|source| assertion(&INFO, source)).collect();
            said(&look(&plan))
        };
        let both = ["EHLO x\r\n", "NOOP\r\n"];
        let asked = [r"answers == ['220 hello\r\n', '250 a\r\n', '250 b\r\n']", "answers[1].startsWith('250')"];
        assert_eq!(ask(&both, &asked), "up");
        assert_eq!(ask(&both, &[r"received == '220 hello\r\n250 a\r\n250 b\r\n'"]), "up");
        let late = ask(&["EHLO x\r\n", "", "NOOP\r\n"], &[]);
        assert!(late.starts_with("down first_byte: no answer within ") && late.ends_with(" after the text was sent"));
    }

    #[test]
    fn a_secret_that_is_sent_is_seen_nowhere() {
        let echo = serve(|mut s| {
            let mut heard = [0; 64];
            let count = s.read(&mut heard).unwrap();
            let _ = s.write_all(&heard[..count]);
        });
        let seen = ask(&echo.to_string(), vec![("send", secrets(&["AUTH s3cret-word\r\n"]))], "up");
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

//! Asks a mail server whether it would take mail: its greeting, what it can do, and TLS where it offers that.

use std::path::Path;

use tokio::io::{AsyncWriteExt, BufReader};

use super::saw::{Ask, Saw};
use super::target::Target;
use super::trouble::Trouble;
use super::trust::CA_FILE;
use super::wire::{self, SERVER_NAME, Stream, Tls, Wire, line};
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Takes};

/// The longest line of an answer in bytes, with its end (RFC 5321, section 4.5.3.1.5 says 512; some say more).
const LINE_BYTES: usize = 2048;

/// The longest answer, in lines. Real servers name some twenty capabilities.
const LINES: usize = 100;

/// Which server, and whether TLS is spoken.
#[derive(Clone, Debug)]
pub struct Options {
    target: Target,
    starttls: bool,
    tls: Tls,
}

const KEYS: &[Key] = &[
    Key::must("address", Takes::Text, "The server: `host` or `host:port`. Default port: 25."),
    Key::may("starttls", Takes::Bool, "Whether TLS is begun by STARTTLS. Default: false."),
    SERVER_NAME,
    CA_FILE,
];

const FIELDS: &[Field] = &wire::fields::<15>(&[
    Field::span("phases.greeting", "Waiting for the greeting."),
    Field::span("phases.ehlo", "The answer to EHLO, the one after TLS included."),
    Field::span("phases.starttls", "The answer to STARTTLS."),
    Field::of("code", Type::Int, "The code of the last answer: 220 is a greeting, 250 an answer to EHLO."),
    Field::text("greeting", "What the server says first, without its code."),
    Field::of("capabilities", Type::Texts, "What the server says it can do, such as `STARTTLS`, `SIZE 10240000`."),
]);

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "smtp",
    doc: "Asks a mail server for its greeting and its capabilities, over TLS with `starttls`. It sends no mail.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    fn host(&self) -> Option<String> {
        Some(self.target.host.clone())
    }

    fn in_site(&mut self, site: &Path) {
        self.tls.in_site(site);
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let help = "give a host, such as \"mail.example.com\" or \"mail.example.com:587\"";
    let target = Target::given(given, "address", Some(25), help).map_err(|refusal| vec![refusal])?;
    let tls = Tls::given(given, &target.host)?;
    Ok(Kind::Smtp(Options { target, starttls: given.bool("starttls").unwrap_or(false), tls }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    wire::talk(ask, async |wire| visit(options, ask, wire).await).await
}

async fn visit(options: &Options, ask: &Ask<'_>, wire: &mut Wire) -> Result<(), Trouble> {
    let stream = wire.connect(&options.target).await?;
    let mut mail = Mail::greeted(stream, wire).await?;
    mail.hello(wire).await?;
    if !options.starttls {
        mail.leave().await;
        return Ok(());
    }
    let stream = mail.begin_tls(wire).await?;
    let stream = wire.secure(stream, &options.tls, &[], ask).await?;
    // What was said before TLS may have been anybody's (RFC 3207, section 4.2).
    let mut mail = Mail(BufReader::new(stream));
    mail.hello(wire).await?;
    mail.leave().await;
    Ok(())
}

/// A conversation with a mail server.
pub(super) struct Mail<S>(BufReader<S>);

impl<S: Stream> Mail<S> {
    /// Waits for the greeting.
    pub async fn greeted(stream: S, wire: &mut Wire) -> Result<Self, Trouble> {
        wire.enter("greeting", "connected, but no greeting within {}");
        let mut mail = Self(BufReader::new(stream));
        let (code, lines) = mail.answer(wire).await?;
        wire.facts.insert("greeting".into(), Value::Text(lines.join("\n")));
        if code != 220 {
            return Err(wire.down(format!("the server greeted with {code}, not 220")));
        }
        Ok(mail)
    }

    /// Says who asks, and hears what the server can do.
    pub async fn hello(&mut self, wire: &mut Wire) -> Result<(), Trouble> {
        wire.enter("ehlo", "no answer to EHLO within {}");
        self.say("EHLO statuary.invalid", wire).await?;
        let (code, lines) = self.answer(wire).await?;
        if code != 250 {
            return Err(wire.down(format!("the server answered EHLO with {code}, not 250")));
        }
        let capabilities = lines.into_iter().skip(1).map(Value::Text).collect();
        wire.facts.insert("capabilities".into(), Value::List(capabilities));
        Ok(())
    }

    /// Asks for TLS. What the server says beyond its answer is dropped: it must not count as said under TLS.
    pub async fn begin_tls(mut self, wire: &mut Wire) -> Result<S, Trouble> {
        wire.enter("starttls", "no answer to STARTTLS within {}");
        self.say("STARTTLS", wire).await?;
        match self.answer(wire).await? {
            (220, _) => Ok(self.0.into_inner()),
            (code, _) => Err(wire.down(format!("the server answered STARTTLS with {code}, not 220"))),
        }
    }

    /// Takes leave. A server that is gone already has said what was asked of it.
    async fn leave(&mut self) {
        let _ = self.0.write_all(b"QUIT\r\n").await;
        let _ = self.0.flush().await;
    }

    async fn say(&mut self, words: &str, wire: &mut Wire) -> Result<(), Trouble> {
        self.0.write_all(format!("{words}\r\n").as_bytes()).await.map_err(|e| wire.failed(&e))?;
        self.0.flush().await.map_err(|e| wire.failed(&e))
    }

    /// An answer: its code, and its lines without it (RFC 5321, section 4.2).
    async fn answer(&mut self, wire: &mut Wire) -> Result<(u16, Vec<String>), Trouble> {
        const NOT_SMTP: &str = "the server does not speak SMTP";
        let (mut lines, mut first) = (Vec::new(), None);
        loop {
            let line = line(&mut self.0, LINE_BYTES).await.map_err(|e| wire.failed(&e))?;
            let Some(text) = line.strip_suffix(b"\n") else {
                return Err(wire.down(if line.len() < LINE_BYTES { "the answer broke off" } else { NOT_SMTP }));
            };
            let text = String::from_utf8_lossy(text).trim_end().to_owned();
            if lines.is_empty() {
                wire.story.push(format!("answered: {text}"));
            }
            let code = text.get(..3).filter(|code| code.bytes().all(|b| b.is_ascii_digit()));
            let code: u16 = code.and_then(|code| code.parse().ok()).ok_or_else(|| wire.down(NOT_SMTP))?;
            if *first.get_or_insert(code) != code || lines.len() == LINES {
                return Err(wire.down(NOT_SMTP));
            }
            let more = text.as_bytes().get(3) == Some(&b'-');
            lines.push(text.get(4..).unwrap_or_default().to_owned());
            if !more {
                wire.facts.insert("code".into(), Value::Int(code.into()));
                return Ok((code, lines));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader as Reader, Write};

    use super::*;
    use crate::probe::testing::{assertion, look, probe, refused, said, serve, text};

    #[test]
    fn greeting_and_capabilities_are_told_and_asserted() {
        let server = serve(|mut stream| {
            let _ = stream.write_all(b"220-mail.example.com ESMTP\r\n220 welcome\r\n");
            for line in Reader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok) {
                let answer: &[u8] = if line.starts_with("EHLO ") {
                    b"250-mail.example.com\r\n250-SIZE 1000\r\n250 8BITMIME\r\n"
                } else {
                    b"221 bye\r\n"
                };
                let _ = stream.write_all(answer);
            }
        });
        let mut plan = probe(&INFO, vec![("address", text(&server.to_string()))]);
        plan.expect = [
            "greeting.contains('welcome') && code == 250",
            "capabilities == ['SIZE 1000', '8BITMIME']",
            "phases.ehlo < duration('2s')",
        ]
        .map(|source| assertion(&INFO, source))
        .into();
        let seen = look(&plan);
        assert_eq!(said(&seen), "up", "{seen:?}");
        assert!(seen.detail.contains("answered: 220-mail.example.com ESMTP"), "{}", seen.detail);
    }

    #[test]
    fn an_address_that_is_none_is_refused() {
        assert_eq!(
            refused(&INFO, vec![("address", text("a b"))]),
            "address: `a b` is no host name or address (give a host, such as \"mail.example.com\" or \
             \"mail.example.com:587\")"
        );
    }
}

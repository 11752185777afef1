//! Speaks TLS at any port, also where it is begun in another protocol, and tells what the certificates say.

use std::path::Path;
use std::sync::{Arc, PoisonError};

use tokio::io::{AsyncBufRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::saw::{Ask, Saw};
use super::smtp::Mail;
use super::target::Target;
use super::trouble::Trouble;
use super::trust::{CA_FILE, Certificate, Shown};
use super::wire::{self, SERVER_NAME, Tls, Wire, line};
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Moment, Refusal, Takes};

/// The longest line of an IMAP server that is read, in bytes.
const LINE_BYTES: usize = 8192;

/// SSLRequest of PostgreSQL's protocol ("Message Formats"): eight bytes, the request code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Where TLS is spoken, and how it is begun.
#[derive(Clone, Debug)]
pub struct Options {
    target: Target,
    tls: Tls,
    starttls: Option<Begin>,
}

/// The protocol in which TLS is begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    Smtp,
    Imap,
    Postgres,
}

const KEYS: &[Key] = &[
    Key::must("address", Takes::Text, "Where to connect: `host` or `host:port`. Default port: 443."),
    SERVER_NAME,
    Key::may(
        "starttls",
        Takes::Choice(&["smtp", "imap", "postgresql"]),
        "The protocol in which TLS is begun. Default: none, TLS is spoken from the first byte.",
    ),
    CA_FILE,
];

const FIELDS: &[Field] = &wire::fields::<19>(&[
    Field::span("phases.greeting", "Waiting for the greeting, where TLS is begun in SMTP or IMAP."),
    Field::span("phases.ehlo", "The answer to EHLO, where TLS is begun in SMTP."),
    Field::span("phases.starttls", "The answer to the wish for TLS."),
    Field::text("version", "`TLSv1_3` or `TLSv1_2`."),
    Field::text("cipher", "The cipher suite that was agreed on, such as `TLS13_AES_256_GCM_SHA384`."),
    Field::span("chain.expires_in", "How long the first of all certificates that came to end is still valid."),
    Field::of("chain.length", Type::Int, "How many certificates came, the server's own included."),
    Field::of("chain.subjects", Type::Texts, "Whose they are, the server's own first."),
    Field::text("certificate.subject", "Whose the certificate is, such as `CN=example.com`."),
    Field::of("certificate.self_signed", Type::Bool, "Whether the certificate signed itself."),
]);

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "tls",
    doc: "Makes a TLS handshake and judges the certificate: its chain, its names, its time. A valid one is up.",
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
    let starttls = match given.text("starttls") {
        Some("smtp") => Some(Begin::Smtp),
        Some("imap") => Some(Begin::Imap),
        Some("postgresql") => Some(Begin::Postgres),
        _ => None,
    };
    let port = match starttls {
        None => 443,
        Some(Begin::Smtp) => 25,
        Some(Begin::Imap) => 143,
        Some(Begin::Postgres) => 5432,
    };
    let help = "give a host, such as \"example.com\" or \"example.com:8443\"";
    let target = Target::given(given, "address", Some(port), help).map_err(|refusal| vec![refusal])?;
    let tls = Tls::given(given, &target.host)?;
    Ok(Kind::Tls(Options { target, tls, starttls }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    let mut shown = Arc::default();
    let mut saw = wire::talk(ask, async |wire| {
        shown = Arc::clone(&wire.shown);
        visit(options, ask, wire).await
    })
    .await;
    tell(&shown.lock().unwrap_or_else(PoisonError::into_inner), ask.now, &mut saw);
    saw
}

async fn visit(options: &Options, ask: &Ask<'_>, wire: &mut Wire) -> Result<(), Trouble> {
    let stream = wire.connect(&options.target).await?;
    let stream = match options.starttls {
        None => stream,
        Some(Begin::Smtp) => {
            let mut mail = Mail::greeted(stream, wire).await?;
            mail.hello(wire).await?;
            mail.begin_tls(wire).await?
        }
        Some(Begin::Imap) => imap(stream, wire).await?,
        Some(Begin::Postgres) => postgres(stream, wire).await?,
    };
    let stream = wire.secure(stream, &options.tls, &[], ask).await?;
    let agreed = stream.get_ref().1;
    let version = agreed.protocol_version().map(|version| ("version", format!("{version:?}")));
    let cipher = agreed.negotiated_cipher_suite().map(|suite| ("cipher", format!("{:?}", suite.suite())));
    for (name, text) in version.into_iter().chain(cipher) {
        wire.facts.insert(name.to_owned(), Value::Text(text));
    }
    Ok(())
}

/// RFC 9051, section 6.2.1.
async fn imap(stream: TcpStream, wire: &mut Wire) -> Result<TcpStream, Trouble> {
    wire.enter("greeting", "connected, but no greeting within {}");
    let mut stream = BufReader::new(stream);
    if !said(&mut stream, wire).await?.starts_with("* OK") {
        return Err(wire.down("the server did not greet as IMAP does"));
    }
    wire.enter("starttls", "no answer to STARTTLS within {}");
    stream.write_all(b"a1 STARTTLS\r\n").await.map_err(|e| wire.failed(&e))?;
    // Lines that are no answer begin with `*`.
    for _ in 0..100 {
        let line = said(&mut stream, wire).await?;
        if let Some(answer) = line.strip_prefix("a1 ") {
            let word = answer.split(' ').next().unwrap_or_default();
            return if word == "OK" { Ok(stream.into_inner()) } else { Err(wire.down("the server refused STARTTLS")) };
        }
    }
    Err(wire.down("the server did not answer STARTTLS"))
}

async fn said(from: &mut (impl AsyncBufRead + Unpin), wire: &mut Wire) -> Result<String, Trouble> {
    let line = line(from, LINE_BYTES).await.map_err(|e| wire.failed(&e))?;
    let text = String::from_utf8_lossy(&line).trim_end().to_owned();
    wire.story.push(format!("answered: {text}"));
    Ok(text)
}

pub(super) async fn postgres(mut stream: TcpStream, wire: &mut Wire) -> Result<TcpStream, Trouble> {
    wire.enter("starttls", "no answer to the wish for TLS within {}");
    stream.write_all(&SSL_REQUEST).await.map_err(|e| wire.failed(&e))?;
    match stream.read_u8().await.map_err(|e| wire.failed(&e))? {
        b'S' => Ok(stream),
        b'N' => Err(wire.down("the server offers no TLS")),
        _ => Err(wire.down("the server does not speak PostgreSQL")),
    }
}

/// What the certificates say, also where they were refused.
fn tell(shown: &Shown, now: Moment, saw: &mut Saw) {
    let Some(own) = &shown.certificate else { return };
    if let Some(Value::Map(certificate)) = saw.facts.get_mut("certificate") {
        certificate.insert("subject".into(), Value::Text(own.subject.clone()));
        certificate.insert("self_signed".into(), Value::Bool(own.self_signed));
    }
    let others: Vec<Certificate> = shown.others.iter().filter_map(|other| Certificate::read(other)).collect();
    let all = || std::iter::once(own).chain(&others);
    let first_to_end = all().map(|one| one.expires_in(now)).min().unwrap_or_default();
    saw.story.extend(
        others.iter().map(|other| format!("chain: {}, by {}, until {}", other.subject, other.issuer, other.not_after)),
    );
    let chain = super::saw::map([
        ("length", Value::Int(shown.others.len() as i64 + 1)),
        ("expires_in", Value::Duration(first_to_end)),
        ("subjects", Value::List(all().map(|one| Value::Text(one.subject.clone())).collect())),
    ]);
    saw.facts.insert("chain".into(), chain);
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader as Reader, Read, Write};
    use std::net::SocketAddr;
    use std::thread::sleep;
    use std::time::Duration;

    use rustls::{ServerConfig, ServerConnection, StreamOwned};

    use super::*;
    use crate::model::Given;
    use crate::probe::testing::{
        Authority, assertion, look, nobody, patience, probe, refused, said, self_signed, serve, serve_tls, text,
    };
    use crate::probe::{Observation, Plan};

    fn ask(address: SocketAddr, more: Vec<(&'static str, Given)>, expected: &str) -> Observation {
        let address = ("address", text(&format!("localhost:{}", address.port())));
        look(&Plan { timeout: patience(expected), ..probe(&INFO, [address].into_iter().chain(more).collect()) })
    }

    /// A server that says `greeting`, then answers each line with what `answers` holds for its first word, and speaks
    /// TLS after the answer to the last of them.
    fn begins(
        settings: Option<ServerConfig>,
        greeting: &'static str,
        answers: &'static [(&'static str, &'static str)],
    ) -> SocketAddr {
        let settings = settings.map(Arc::new);
        serve(move |mut stream| {
            let _ = stream.write_all(greeting.as_bytes());
            let mut heard = Reader::new(stream.try_clone().unwrap());
            for (asked, answer) in answers {
                let mut line = String::new();
                let _ = heard.read_line(&mut line);
                if !line.starts_with(asked) {
                    return;
                }
                let _ = stream.write_all(answer.as_bytes());
            }
            match &settings {
                Some(settings) => {
                    let connection = ServerConnection::new(settings.clone()).unwrap();
                    let _ = StreamOwned::new(connection, stream).read(&mut [0; 1]);
                }
                None => sleep(Duration::from_secs(1)),
            }
        })
    }

    const SMTP: &[(&str, &str)] =
        &[("EHLO ", "250-mail\r\n250-SIZE 1000\r\n250 STARTTLS\r\n"), ("STARTTLS", "220 go\r\n")];
    const IMAP: &[(&str, &str)] = &[("a1 STARTTLS", "* CAPABILITY IMAP4rev1\r\na1 OK begin\r\n")];

    fn starts(protocol: &str) -> (&'static str, Given) {
        ("starttls", text(protocol))
    }

    #[test]
    fn a_handshake_is_judged_and_its_certificates_told_also_where_it_fails() {
        let authority = Authority::new();
        let server =
            |name: &str, days| serve_tls(authority.server(name, days), Duration::ZERO, |s| _ = s.read(&mut [0; 1]));
        let own = serve_tls(self_signed("localhost"), Duration::ZERO, |s| _ = s.read(&mut [0; 1]));
        for (address, expected, told) in [
            (server("localhost", 30), "up", true),
            (server("localhost", -2), "down tls: the certificate expired 2 d 17 h ago", true),
            (server("other.example", 30), "down tls: the certificate is for another name", true),
            (own, "down tls: the certificate is self-signed", true),
            (
                serve(|mut s| _ = s.read(&mut [0; 512]).and_then(|_| s.write_all(b"220 hello\r\n"))),
                "down tls: the server does not speak TLS",
                false,
            ),
            (serve(|_| sleep(Duration::from_secs(1))), "down tls: the TLS handshake did not end within 400 ms", false),
            (
                serve(|mut s| _ = s.read(&mut [0; 512])),
                "down tls: the connection was closed during the TLS handshake",
                false,
            ),
            (nobody(), "down connect: the connection was refused", false),
        ] {
            let seen = ask(address, vec![authority.trusted()], expected);
            assert_eq!(said(&seen), expected, "{}", seen.detail);
            let known = ["certificate", "chain"].map(|name| seen.facts.contains_key(name));
            assert_eq!(known, [told, told], "{expected}: {seen:?}");
        }
    }

    #[test]
    fn assertions_see_the_certificate_the_chain_and_what_was_agreed() {
        let authority = Authority::new();
        let address = serve_tls(authority.server("localhost", 30), Duration::ZERO, |s| _ = s.read(&mut [0; 1]));
        let keys =
            vec![("address", text(&format!("127.0.0.1:{}", address.port()))), ("server_name", text("localhost"))];
        let mut plan = probe(&INFO, keys.into_iter().chain([authority.trusted()]).collect());
        plan.expect = [
            "version == 'TLSv1_3' && cipher.startsWith('TLS13_')",
            "certificate.issuer == 'CN=Test Authority' && !certificate.self_signed",
            "certificate.names == ['localhost'] && chain.length == 1",
            "chain.expires_in > duration('600h') && chain.expires_in == certificate.expires_in",
        ]
        .map(|source| assertion(&INFO, source))
        .into();
        let seen = look(&plan);
        assert_eq!(said(&seen), "up", "{seen:?}");
    }

    #[test]
    fn tls_is_begun_in_other_protocols() {
        let authority = Authority::new();
        let good = || Some(authority.server("localhost", 30));
        let sleepy = &[("EHLO ", "250 mail\r\n"), ("STARTTLS", "")];
        for (protocol, address, expected) in [
            ("smtp", begins(good(), "220-mail\r\n220 ready\r\n", SMTP), "up"),
            ("smtp", begins(None, "554 go away\r\n", &[]), "down greeting: the server greeted with 554, not 220"),
            ("smtp", begins(None, "", &[]), "down greeting: connected, but no greeting within 400 ms"),
            ("smtp", begins(None, "hello\r\n", &[]), "down greeting: the server does not speak SMTP"),
            (
                "smtp",
                begins(None, "220 x\r\n", &[("EHLO ", "250-a\r\n251 b\r\n")]),
                "down ehlo: the server does not speak SMTP",
            ),
            (
                "smtp",
                begins(None, "220 x\r\n", &[("EHLO ", "502 no\r\n")]),
                "down ehlo: the server answered EHLO with 502, not 250",
            ),
            ("smtp", begins(None, "220 x\r\n", sleepy), "down starttls: no answer to STARTTLS within 400 ms"),
            (
                "smtp",
                begins(None, "220 x\r\n", &[("EHLO ", "250 mail\r\n"), ("STARTTLS", "454 not now\r\n")]),
                "down starttls: the server answered STARTTLS with 454, not 220",
            ),
            ("imap", begins(good(), "* OK ready\r\n", IMAP), "up"),
            ("imap", begins(None, "* BYE\r\n", &[]), "down greeting: the server did not greet as IMAP does"),
            (
                "imap",
                begins(None, "* OK\r\n", &[("a1 STARTTLS", "a1 BAD no\r\n")]),
                "down starttls: the server refused STARTTLS",
            ),
        ] {
            let seen = ask(address, vec![authority.trusted(), starts(protocol)], expected);
            assert_eq!(said(&seen), expected, "{protocol} {}", seen.detail);
        }
        // An endless line, and endless lines.
        let flood = |line: &'static str| serve(move |mut s| while s.write_all(line.as_bytes()).is_ok() {});
        for (line, expected) in [
            ("220", "down greeting: the server does not speak SMTP"),
            ("220-x\r\n", "down greeting: the server does not speak SMTP"),
        ] {
            assert_eq!(said(&ask(flood(line), vec![starts("smtp")], expected)), expected);
        }
    }

    #[test]
    fn postgresql_is_asked_for_tls_by_eight_bytes() {
        let authority = Authority::new();
        let server = |says: &'static [u8]| {
            let settings = Arc::new(authority.server("localhost", 30));
            serve(move |mut stream| {
                let mut heard = [0; 8];
                stream.read_exact(&mut heard).unwrap();
                assert_eq!(heard, 80_877_103_u64.wrapping_add(8 << 32).to_be_bytes());
                let _ = stream.write_all(says);
                let connection = ServerConnection::new(settings.clone()).unwrap();
                let _ = StreamOwned::new(connection, stream).read(&mut [0; 1]);
            })
        };
        for (says, expected) in [
            (&b"S"[..], "up"),
            (b"N", "down starttls: the server offers no TLS"),
            (b"E", "down starttls: the server does not speak PostgreSQL"),
        ] {
            let seen = ask(server(says), vec![authority.trusted(), starts("postgresql")], expected);
            assert_eq!(said(&seen), expected, "{}", seen.detail);
        }
    }

    #[test]
    fn keys_that_do_not_fit_are_refused() {
        let said = [vec![("address", text("a b"))], vec![("address", text("h:443")), ("server_name", text("a b"))]]
            .map(|keys| refused(&INFO, keys));
        assert_eq!(
            said,
            [
                "address: `a b` is no host name or address (give a host, such as \"example.com\" or \"example.com:8443\")",
                "server_name: `a b` is no name that a certificate can be for (give a name such as \"mail.example.com\", or an \
             address)",
            ]
        );
    }
}

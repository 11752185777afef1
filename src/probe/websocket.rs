//! Opens a WebSocket, and says and hears a message where that is wanted.

use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use futures_util::{SinkExt, StreamExt};
use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue, Request, StatusCode};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::address::{Address, Schemes};
use super::saw::{Ask, KEPT_BYTES, Saw, hidden, longest_first, parts};
use super::trouble::Trouble;
use super::trust::CA_FILE;
use super::wire::{self, Stream, Wire};
use super::{Aimed, Kind, KindInfo};
use crate::expr::{Field, Type, Value};
use crate::model::{Givens, Key, Refusal, Secret, Takes};

/// The longest message that is read, in bytes.
const MESSAGE_BYTES: usize = 1024 * 1024;

const SCHEMES: Schemes = Schemes {
    plain: ("ws", 80),
    tls: ("wss", 443),
    help: "an address is `wss://example.com/socket`, without TLS `ws://example.com/socket`",
};

/// Where it is, and what is said there.
#[derive(Clone, Debug)]
pub struct Options {
    address: Address,
    /// What is asked for, without who asks.
    url: Secret,
    headers: Vec<(HeaderName, Secret)>,
    send: Option<Secret>,
    banner: bool,
    secrets: Vec<Secret>,
}

const KEYS: &[Key] = &[
    Key::must("url", Takes::Secret, "What to open: a `ws` or `wss` address. Its query and password are never shown."),
    Key::may("headers", Takes::SecretMap, "Headers of the request, such as `Origin` or `Sec-WebSocket-Protocol`."),
    Key::may("send", Takes::Secret, "A text message to send once it is open; then a message back is awaited."),
    Key::may(
        "banner",
        Takes::Bool,
        "Whether the server's first message is awaited, before anything is sent. Default: false.",
    ),
    CA_FILE,
];

const FIELDS: &[Field] = &wire::fields::<13>(&[
    Field::span("phases.upgrade", "The answer to the wish for a WebSocket."),
    Field::span("phases.message", "Waiting for messages."),
    Field::of("status", Type::Int, "101; with any other the WebSocket did not open, which is down."),
    Field::text("received", "The last message that came, the first 4096 bytes of it."),
]);

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "websocket",
    doc: "Opens a WebSocket (RFC 6455). Without `send` and `banner`, its opening is enough for up.",
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
        &self.secrets
    }

    fn sends(&self) -> Option<String> {
        self.send.as_ref().map(hidden)
    }

    fn in_site(&mut self, site: &Path) {
        self.address.in_site(site);
    }
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    let url = given.secret("url").cloned().unwrap_or_default();
    let (address, mut url) =
        Address::read(&url, "url", &SCHEMES, given.text("ca_file")).map_err(|refusal| vec![refusal])?;
    let mut refusals = Vec::new();
    let mut headers = super::http::headers(given, &mut refusals);
    if (address.user.is_some() || address.password.is_some()) && headers.iter().all(|(name, _)| *name != AUTHORIZATION)
    {
        // As http clients send it (RFC 7617).
        let password = address.password.as_ref().map_or("", Secret::expose);
        let said = STANDARD.encode(format!("{}:{password}", address.user.as_deref().unwrap_or_default()));
        headers.push((AUTHORIZATION, Secret::new(format!("Basic {said}"))));
    }
    let _ = (url.set_username(""), url.set_password(None));
    let url = Secret::new(url.as_str());
    if url.expose().into_client_request().is_err() {
        refusals.push(Refusal::new("url", "this cannot be asked", SCHEMES.help));
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let send = given.secret("send").cloned();
    let said = headers.iter().map(|(_, value)| value).chain(&send).flat_map(parts);
    let secrets = longest_first(address.secrets.iter().cloned().chain(said).collect());
    Ok(Kind::Websocket(Options { address, url, headers, send, banner: given.bool("banner").unwrap_or(false), secrets }))
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    wire::talk(ask, async |wire| visit(options, ask, wire).await).await
}

async fn visit(options: &Options, ask: &Ask<'_>, wire: &mut Wire) -> Result<(), Trouble> {
    let request = request(options).ok_or_else(|| Trouble::ours("connect", "the request could not be made"))?;
    let stream = options.address.connect(&["http/1.1"], wire, ask).await?;
    wire.enter("upgrade", "no answer within {} after the WebSocket was asked for");
    let limits = WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES)).max_frame_size(Some(MESSAGE_BYTES));
    let opened = tokio_tungstenite::client_async_with_config(request, stream, Some(limits)).await;
    let (mut socket, answer) = opened.map_err(|e| broken(&e, wire))?;
    wire.facts.insert("status".into(), Value::Int(answer.status().as_u16().into()));
    if options.banner {
        wire.enter("message", "it opened, but no message came within {}");
        hear(&mut socket, wire).await?;
    }
    if let Some(send) = &options.send {
        wire.enter("message", "no message came within {} after one was sent");
        socket.send(Message::text(send.expose())).await.map_err(|e| broken(&e, wire))?;
        hear(&mut socket, wire).await?;
    }
    // Taking leave is polite; whether the server takes it is not waited for.
    let _ = socket.close(None).await;
    Ok(())
}

fn request(options: &Options) -> Option<Request<()>> {
    let mut request = options.url.expose().into_client_request().ok()?;
    for (name, value) in &options.headers {
        let mut value = HeaderValue::from_str(value.expose()).ok()?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Some(request)
}

/// Waits for a message. Pings are not one.
async fn hear(socket: &mut WebSocketStream<Box<dyn Stream>>, wire: &mut Wire) -> Result<(), Trouble> {
    loop {
        let message = socket.next().await.unwrap_or(Err(Error::ConnectionClosed)).map_err(|e| broken(&e, wire))?;
        let data = match &message {
            Message::Text(text) => text.as_bytes(),
            Message::Binary(bytes) => bytes,
            Message::Close(_) => return Err(wire.down("the server closed the WebSocket instead of a message")),
            _ => continue,
        };
        let text = String::from_utf8_lossy(&data[..data.len().min(KEPT_BYTES)]).into_owned();
        wire.story.push(format!("received: {}", text.escape_debug()));
        wire.facts.insert("received".into(), Value::Text(text));
        return Ok(());
    }
}

fn broken(error: &Error, wire: &mut Wire) -> Trouble {
    match error {
        Error::Io(e) => return wire.failed(e),
        Error::Http(answer) => {
            let status: StatusCode = answer.status();
            wire.facts.insert("status".into(), Value::Int(status.as_u16().into()));
            let word = status.canonical_reason().map_or(String::new(), |word| format!(" {word}"));
            return wire.down(format!("the answer was {}{word}, not a WebSocket", status.as_u16()));
        }
        _ => {}
    }
    wire.story.push(format!("error: {error}"));
    wire.down(match error {
        Error::ConnectionClosed | Error::AlreadyClosed => "the connection was closed before a message came",
        Error::Capacity(_) => "the message is longer than 1 MiB",
        _ => "the server does not speak WebSocket",
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::SocketAddr;
    use std::thread::sleep;
    use std::time::Duration;

    use super::*;
    use crate::model::Given;
    use crate::probe::testing::{
        answer, look, nobody, patience, probe, refused, said, secret, serve, serve_http, text,
    };
    use crate::probe::{Observation, Plan};

    fn ask(address: SocketAddr, more: Vec<(&'static str, Given)>, expected: &str) -> Observation {
        let url = ("url", secret(&format!("ws://{address}/socket")));
        look(&Plan { timeout: patience(expected), ..probe(&INFO, [url].into_iter().chain(more).collect()) })
    }

    /// A server that agrees to the upgrade and then sends these bytes.
    fn opens(frames: &'static [u8]) -> SocketAddr {
        serve_http(move |head, stream| {
            let key = head.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
            let accept = tokio_tungstenite::tungstenite::handshake::derive_accept_key(key.as_bytes());
            let upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
            let _ = write!(stream, "{upgrade}Sec-WebSocket-Accept: {accept}\r\n\r\n");
            let _ = stream.write_all(frames);
            sleep(Duration::from_secs(1));
        })
    }

    #[test]
    fn whatever_a_listener_says_is_told_by_its_phase() {
        let banner = || vec![("banner", Given::Bool(true))];
        let endless = serve(|mut s| while s.write_all(b"HTTP/1.1 101 Switching Protocols\r\nX: y\r\n").is_ok() {});
        for (address, more, expected) in [
            (opens(b""), vec![], "up"),
            (opens(b"\x81\x05hello"), banner(), "up"),
            // A ping first, then the message in two parts.
            (opens(b"\x89\x00\x01\x03hel\x80\x02lo"), banner(), "up"),
            (opens(b""), banner(), "down message: it opened, but no message came within 400 ms"),
            (
                opens(b""),
                vec![("send", secret("hi"))],
                "down message: no message came within 400 ms after one was sent",
            ),
            (opens(b"\x88\x00"), banner(), "down message: the server closed the WebSocket instead of a message"),
            (
                opens(b"\x81\x7f\x00\x00\x00\x01\x00\x00\x00\x00"),
                banner(),
                "down message: the message is longer than 1 MiB",
            ),
            (opens(b"\xf1\x00"), banner(), "down message: the server does not speak WebSocket"),
            (
                serve_http(|_, s| answer(s, "502 Bad Gateway", "", b"no")),
                vec![],
                "down upgrade: the answer was 502 Bad Gateway, not a WebSocket",
            ),
            (
                serve_http(|_, s| answer(s, "200 OK", "", b"")),
                vec![],
                "down upgrade: the answer was 200 OK, not a WebSocket",
            ),
            (
                serve(|_| sleep(Duration::from_secs(1))),
                vec![],
                "down upgrade: no answer within 400 ms after the WebSocket was asked for",
            ),
            (
                serve(|mut s| _ = s.write_all(b"220 mail\r\n")),
                vec![],
                "down upgrade: the server does not speak WebSocket",
            ),
            (endless, vec![], "down upgrade: the server does not speak WebSocket"),
            (nobody(), vec![], "down connect: the connection was refused"),
        ] {
            let seen = ask(address, more, expected);
            assert_eq!(said(&seen), expected, "{}", seen.detail);
        }
    }

    #[test]
    fn what_is_sent_is_seen_nowhere() {
        let echo = serve_http(|head, stream| answer(stream, "403 No", "X-Echo: s3cret-header\r\n", head.as_bytes()));
        let heard = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let hears = heard.clone();
        let asked = serve_http(move |head, stream| {
            *hears.lock().unwrap() = head.to_owned();
            answer(stream, "403 No", "", b"");
        });
        look(&probe(&INFO, vec![("url", secret(&format!("ws://u:p%40ss@{asked}/a b?q=\"x\"")))]));
        let head = heard.lock().unwrap().clone();
        assert!(head.starts_with("GET /a%20b?q=%22x%22 HTTP/1.1\r\n") && !head.contains("@127"), "{head}");
        assert!(head.to_lowercase().contains("\r\nauthorization: basic dtpwqhnz\r\n"), "{head}");
        let headers = Given::SecretMap(vec![("Authorization".into(), Secret::new("Bearer s3cret-header"))]);
        let url = secret(&format!("ws://u:s3cret-word@{echo}/s?token=s3cret-token"));
        let plan = probe(&INFO, vec![("url", url), ("headers", headers), ("send", secret("s3cret-message"))]);
        let seen = look(&plan);
        assert_eq!(said(&seen), "down upgrade: the answer was 403 Forbidden, not a WebSocket");
        assert!(!format!("{plan:?}{seen:?}").contains("s3cret"), "{seen:?}");
    }

    #[test]
    fn what_cannot_be_asked_is_refused() {
        const HELP: &str = "an address is `wss://example.com/socket`, without TLS `ws://example.com/socket`";
        for (url, why) in [
            ("example.com", "this does not begin with `ws://` or `wss://`"),
            ("https://example.com/", "this begins with `https:`, not with `ws:` or `wss:`"),
        ] {
            assert_eq!(refused(&INFO, vec![("url", secret(url))]), format!("url: {why} ({HELP})"));
        }
        let headers = Given::SecretMap(vec![("a b".into(), Secret::new("c"))]);
        let said = refused(&INFO, vec![("url", secret("ws://h/")), ("headers", headers), ("ca_file", text("x"))]);
        assert_eq!(said, "headers: `a b` is no header's name (a name holds letters, digits and `-`, and no blanks)");
    }
}

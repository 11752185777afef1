//! The webhook: a POST of our own JSON, signed where a secret is configured.

use std::error::Error;
use std::fmt::Write;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use rustls_platform_verifier::BuilderVerifierExt;
use sha2::Sha256;

use crate::model::{Givens, Key, Moment, Refusal, Secret, Span, Takes};

use super::plan::{Delivery, hex};
use super::send::Refused;
use super::{ChannelInfo, ChannelKind, payload};

/// How much of an answer's body is shown in a refusal.
const ANSWER_MAX_BYTES: usize = 200;
/// How long the receiver may take, unless configured.
const TIMEOUT: Span = Span::from_secs(10);

/// The kind, for the config and the documents.
pub(super) const INFO: ChannelInfo = ChannelInfo {
    name: "webhook",
    doc: "a POST of Statuary's own JSON, signed where a secret is set",
    keys: &[
        Key {
            name: "url",
            takes: Takes::Secret,
            required: true,
            doc: "where to post, http or https: `url = \"${OPS_HOOK}\"`",
        },
        Key {
            name: "secret",
            takes: Takes::Secret,
            required: false,
            doc: "signs each message: HMAC-SHA-256 of the timestamp, a dot and the body, in `Statuary-Signature`",
        },
        Key { name: "headers", takes: Takes::SecretMap, required: false, doc: "more headers, such as `Authorization`" },
        Key {
            name: "timeout",
            takes: Takes::Span(100, 60_000),
            required: false,
            doc: "how long the receiver may take; default `10s`",
        },
    ],
    read,
};

/// Where to post, and how.
#[derive(Clone, Debug)]
pub struct Webhook {
    url: Secret,
    secret: Option<Secret>,
    headers: Vec<(String, Secret)>,
    timeout: Span,
}

fn read(givens: &Givens) -> Result<ChannelKind, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let url = givens.secret("url").cloned().unwrap_or_default();
    let good = url::Url::parse(url.expose()).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.has_host());
    if !good {
        let help = "an address such as `https://hooks.example.com/T0/B1`";
        refusals.push(Refusal::new("url", "this is no address that can be posted to", help));
    }
    let headers = givens.secret_map("headers").to_vec();
    for (name, value) in &headers {
        let name_good = reqwest::header::HeaderName::from_bytes(name.as_bytes()).is_ok();
        if !name_good || reqwest::header::HeaderValue::from_str(value.expose()).is_err() {
            let text = format!("`{name}` cannot be sent as a header");
            refusals.push(Refusal::new("headers", text, "a name of letters and `-`, a value of one line"));
        }
    }
    let webhook = Webhook {
        url,
        secret: givens.secret("secret").cloned(),
        headers,
        timeout: givens.span("timeout").unwrap_or(TIMEOUT),
    };
    if refusals.is_empty() { Ok(ChannelKind::Webhook(webhook)) } else { Err(refusals) }
}

impl Webhook {
    /// Posts one notification.
    pub(super) async fn send(&self, delivery: &Delivery, body: Vec<u8>) -> Result<(), Refused> {
        let client = client().map_err(|text| Refused { text, for_good: false })?;
        let mut request = client
            .post(self.url.expose())
            .timeout(self.timeout.std())
            .header("content-type", "application/json")
            .header("user-agent", concat!("statuary/", env!("CARGO_PKG_VERSION")))
            .header("statuary-event", payload::word(delivery))
            .header("idempotency-key", header_text(&delivery.id))
            .header("statuary-timestamp", seconds(delivery.now));
        if let Some(secret) = &self.secret {
            request = request.header("statuary-signature", signature(secret, delivery.now, &body));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value.expose());
        }
        let answer = request.body(body).send().await.map_err(|e| self.no_answer(e))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let words = self.redact(&first_words(answer).await);
        let said = if words.is_empty() { String::new() } else { format!(": {words}") };
        let code = status.as_u16();
        // A receiver that calls the message wrong will call it wrong again; 408 and 429 only ask for patience, and an
        // address or a key (401, 403, 404, 410) is mended by the operator, not by giving up.
        let for_good = matches!(code, 400 | 413 | 415 | 422);
        Err(Refused { text: format!("the receiver answered {code}{said}"), for_good })
    }

    fn no_answer(&self, error: reqwest::Error) -> Refused {
        let error = error.without_url();
        let mut inner: &dyn Error = &error;
        while let Some(source) = inner.source() {
            inner = source;
        }
        let text = if error.is_timeout() {
            format!("no answer within {}", self.timeout)
        } else if error.is_connect() {
            format!("no connection: {inner}")
        } else {
            format!("the connection broke: {inner}")
        };
        Refused { text: self.redact(&text), for_good: false }
    }

    fn redact(&self, text: &str) -> String {
        let values = self.headers.iter().map(|(_, value)| value);
        let mut text =
            [&self.url].into_iter().chain(&self.secret).chain(values).fold(text.to_owned(), |t, s| s.redact(&t));
        // The host of a secret address, and the parts of its path, are secret too.
        if let Ok(url) = url::Url::parse(self.url.expose()) {
            let parts = url.path().split('/').chain(url.password()).chain(url.query()).chain(url.host_str());
            for part in parts {
                text = Secret::new(part).redact(&text);
            }
        }
        text
    }
}

/// The `Statuary-Signature` header: HMAC-SHA-256 of `<timestamp>.<body>`; the timestamp has a header of its own.
pub(super) fn signature(secret: &Secret, at: Moment, body: &[u8]) -> String {
    // HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()) else { return String::new() };
    mac.update(seconds(at).as_bytes());
    mac.update(b".");
    mac.update(body);
    format!("sha256={}", hex(&mac.finalize().into_bytes(), 64))
}

fn seconds(at: Moment) -> String {
    (at.ms() / 1000).to_string()
}

/// An id as a header's value: file names may hold any letter, headers only ASCII.
fn header_text(id: &str) -> String {
    id.bytes().fold(String::new(), |mut text, b| {
        if (b' '..=b'~').contains(&b) && b != b'%' {
            text.push(char::from(b));
        } else {
            let _ = write!(text, "%{b:02X}");
        }
        text
    })
}

/// A client of its own for each message: a run sends few, and keeps no connection between them.
fn client() -> Result<reqwest::Client, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier)
        .map_err(|e| format!("TLS cannot be set up: {e}"))?
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        // A redirect would carry the message and its headers to somebody else.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|e| format!("nothing can be sent: {e}"))
}

/// The beginning of an answer's body, on one line.
async fn first_words(mut answer: reqwest::Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < ANSWER_MAX_BYTES {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk[..chunk.len().min(ANSWER_MAX_BYTES - bytes.len())]),
            Ok(None) | Err(_) => break,
        }
    }
    one_line(&bytes)
}

/// Bytes of somebody else's program as one line of printable text.
pub(super) fn one_line(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

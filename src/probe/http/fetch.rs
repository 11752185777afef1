//! One try of `http`: the request, its redirects, and the answer, within the time and the bytes it may have.

use std::time::{Duration, Instant};

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Method, Request, Response, StatusCode, Version};
use url::Url;

use super::client::{self, Identity};
use super::trace::Trace;
use super::{Options, PLAIN};
use crate::expr::{Facts, Value};
use crate::probe::dates::behind_ms;
use crate::probe::saw::{Ask, KEPT_BYTES, Saw, fact, map, waited, waited_of};
use crate::probe::trouble::{Trouble, chain, find};

/// What came back so far; it is read also where the try was cut.
#[derive(Default)]
struct Page {
    status: Option<StatusCode>,
    version: Option<Version>,
    headers: HeaderMap,
    body: Vec<u8>,
    clipped: bool,
    remote: Option<std::net::SocketAddr>,
    redirects: usize,
    story: Vec<String>,
}

/// One try, with the body that came back, up to `body_limit`.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> (Saw, Vec<u8>) {
    let (began, trace, mut page) = (Instant::now(), Trace::default(), Page::default());
    let work = async {
        let identity = client::identity(options, &mut page.story)?;
        fetch(options, ask, identity, &trace, &mut page).await
    };
    let trouble = match tokio::time::timeout(ask.timeout(), work).await {
        Ok(ended) => ended.err(),
        Err(_) => Some(late(&trace, ask.timeout())),
    };
    let saw = tell(options, ask, began, &trace, &mut page, trouble);
    (saw, page.body)
}

/// Where the request stands between two redirects.
struct Step {
    url: Url,
    method: Method,
    sends_body: bool,
    at_home: bool,
}

async fn fetch(
    options: &Options,
    ask: &Ask<'_>,
    identity: Option<Identity>,
    trace: &Trace,
    page: &mut Page,
) -> Result<(), Trouble> {
    let mut client = client::new(options, ask, identity, trace, &mut page.story)?;
    let url = Url::parse(options.url.expose()).map_err(|_| Trouble::ours("connect", "the address cannot be read"))?;
    let mut step = Step { url, method: options.method.clone(), sends_body: options.body.is_some(), at_home: true };
    page.story.push(format!("{} {}", step.method, options.origin));
    loop {
        trace.hop();
        let request = request(options, &step, &client).map_err(|e| failed(&e, ask, trace, page))?;
        let mut response = client.execute(request).await.map_err(|e| failed(&e, ask, trace, page))?;
        trace.note(|hop, now| hop.answered = Some(now));
        page.status = Some(response.status());
        page.version = Some(response.version());
        page.remote = response.remote_addr();
        page.headers = std::mem::take(response.headers_mut());
        if options.redirects > 0 && turns(&mut step, page)? {
            trace.note(|hop, now| hop.done = Some(now));
            page.redirects += 1;
            if page.redirects > options.redirects {
                let why = format!("it redirected more than {} times", options.redirects);
                return Err(Trouble::down("redirect", why));
            }
            page.story.push(format!("redirected to {}", step.url.origin().ascii_serialization()));
            if options.client_cert.is_some() && !step.at_home {
                // Another host is not told who asks.
                client = client::new(options, ask, None, trace, &mut page.story)?;
            }
            continue;
        }
        return read(options, ask, trace, page, response).await;
    }
}

fn request(options: &Options, step: &Step, client: &Client) -> reqwest::Result<Request> {
    let mut builder = client.request(step.method.clone(), step.url.clone());
    for (name, value) in &options.headers {
        if (step.at_home || PLAIN.contains(name))
            && let Ok(mut value) = HeaderValue::from_str(value.expose())
        {
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
    }
    if let Some(value) = options.authorization.as_ref().filter(|_| step.at_home)
        && let Ok(mut value) = HeaderValue::from_str(value.expose())
    {
        value.set_sensitive(true);
        builder = builder.header(header::AUTHORIZATION, value);
    }
    if let Some(body) = options.body.as_ref().filter(|_| step.sends_body) {
        builder = builder.body(body.expose().to_owned());
    }
    builder.build()
}

/// Whether the answer is a redirect; if so, the step turns to where it points.
fn turns(step: &mut Step, page: &Page) -> Result<bool, Trouble> {
    let status = page.status.unwrap_or_default();
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(false);
    }
    let Some(location) = page.headers.get(header::LOCATION) else { return Ok(false) };
    // A Location may hold UTF-8 although the RFC says no; browsers take it.
    let location = String::from_utf8_lossy(location.as_bytes());
    let Ok(next) = step.url.join(&location) else {
        return Err(Trouble::down("redirect", "it redirected to an address that cannot be read"));
    };
    if !matches!(next.scheme(), "http" | "https") {
        return Err(Trouble::down("redirect", "it redirected to an address that is neither http nor https"));
    }
    // RFC 9110, section 15.4: 303 becomes a GET, 301 and 302 turn a POST into one.
    let becomes_get = match status.as_u16() {
        303 => step.method != Method::HEAD,
        301 | 302 => step.method == Method::POST,
        _ => false,
    };
    if becomes_get {
        step.method = Method::GET;
        step.sends_body = false;
    }
    // Home is the same host on the same port, or its way from http up to https.
    let port = |url: &Url| url.port_or_known_default();
    let upgraded = step.url.scheme() == "http" && next.scheme() == "https" && port(&next) == Some(443);
    let same = next.scheme() == step.url.scheme() && port(&next) == port(&step.url);
    step.at_home &= next.host_str() == step.url.host_str() && (same || upgraded);
    if step.sends_body && !step.at_home {
        let why = "it redirected to another host, which does not get the request's body";
        return Err(Trouble::down("redirect", why));
    }
    step.url = next;
    Ok(true)
}

/// Reads the body up to the limit. What follows is left: an answer that is too long is still an answer.
async fn read(
    options: &Options,
    ask: &Ask<'_>,
    trace: &Trace,
    page: &mut Page,
    mut response: Response,
) -> Result<(), Trouble> {
    while let Some(chunk) = response.chunk().await.map_err(|e| failed(&e, ask, trace, page))? {
        let room = options.body_limit - page.body.len();
        page.body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() > room {
            page.clipped = true;
            break;
        }
    }
    trace.note(|hop, now| hop.done = Some(now));
    Ok(())
}

/// Why the time ran out, by the phase that it ran out in.
fn late(trace: &Trace, timeout: Duration) -> Trouble {
    let now = Instant::now();
    let (phase, sent) = trace.read(|hops| hops.last().map_or(("connect", None), |hop| (hop.phase(), hop.connected)));
    let all = waited(timeout);
    let why = match phase {
        "dns" => format!("the name did not resolve within {all}"),
        "tls" => format!("the TLS handshake did not end within {all}"),
        "transfer" => format!("the answer began but did not end within {all}"),
        "first_byte" => {
            let since = sent.map_or(timeout, |sent| now.duration_since(sent));
            format!("no answer within {} after the request was sent", waited_of(since, timeout))
        }
        _ => format!("no connection within {all}"),
    };
    Trouble::down(phase, why)
}

/// What an error of the client means.
fn failed(error: &reqwest::Error, ask: &Ask<'_>, trace: &Trace, page: &mut Page) -> Trouble {
    // A redirect may have led to an address with a secret of the target's in it: only where it stands is told.
    let mut told = chain(error);
    if let Some(url) = error.url() {
        told = told.replace(url.as_str(), &url.origin().ascii_serialization());
    }
    page.story.push(format!("error: {told}"));
    trace.read(|hops| {
        let Some(hop) = hops.last() else { return Trouble::ours("connect", "the request could not be made") };
        let phase = hop.phase();
        if let Some(raw) = &hop.no_name {
            return Trouble::of_name(raw);
        }
        if let Some(tls) = find::<rustls::Error>(error) {
            return hop.shown.trouble(tls, ask.now, &mut page.story);
        }
        if error.is_builder() {
            return Trouble::ours(phase, "the request could not be made");
        }
        if error.is_decode() && find::<hyper::Error>(error).is_none() {
            return Trouble::down(phase, "the answer could not be decompressed");
        }
        if let Some(http) = find::<hyper::Error>(error) {
            if http.is_parse_too_large() {
                return Trouble::down(phase, "the answer's headers are too large");
            }
            if http.is_parse() {
                return Trouble::down(phase, "the answer is not HTTP");
            }
            if http.is_incomplete_message() {
                return Trouble::of_io(&std::io::ErrorKind::UnexpectedEof.into(), phase);
            }
        }
        match find::<std::io::Error>(error) {
            Some(io) => Trouble::of_io(io, phase),
            None if phase == "transfer" => Trouble::down(phase, "the answer broke off"),
            None => Trouble::down(phase, "the request failed"),
        }
    })
}

/// All that was seen, as facts and as the operator's story.
fn tell(
    options: &Options,
    ask: &Ask<'_>,
    began: Instant,
    trace: &Trace,
    page: &mut Page,
    trouble: Option<Trouble>,
) -> Saw {
    let now = Instant::now();
    let phases = trace.read(|hops| {
        let mut sums: Vec<(&'static str, Duration)> = Vec::new();
        for (name, length) in hops.iter().flat_map(|hop| hop.phases(now)) {
            match (sums.iter_mut().find(|(known, _)| *known == name), length) {
                (Some((_, sum)), Some(length)) => *sum += length,
                (None, Some(length)) => sums.push((name, length)),
                (_, None) => {}
            }
        }
        sums
    });
    let certificate = trace.read(|hops| hops.iter().rev().find_map(|hop| hop.shown.certificate.clone()));
    trace.read(|hops| {
        for hop in hops.iter().filter(|hop| !hop.addresses.is_empty()) {
            page.story.push(format!("addresses: {}", join(&hop.addresses)));
        }
    });
    page.story.extend(page.remote.map(|remote| format!("answered by {remote}")));
    page.story.extend(certificate.as_ref().map(ToString::to_string));
    let mut saw = Saw::ended(began, std::mem::take(&mut page.story));
    saw.facts = facts(options, ask, page, saw.took);
    saw.phased(phases);
    if let Some(certificate) = certificate {
        saw.facts.insert("certificate".into(), certificate.facts(ask.now));
    }
    let header = |name| page.headers.get(name).and_then(|value| value.to_str().ok());
    saw.behind_ms = behind_ms(header(header::DATE), header(header::AGE), ask.now + saw.took.into());
    saw.unexpected = page.status.filter(|status| status.as_u16() >= 400).map(|status| {
        let word = status.canonical_reason().map_or(String::new(), |word| format!(" {word}"));
        Trouble::down("status", format!("the answer was {}{word}", status.as_u16()))
    });
    saw.trouble = trouble;
    saw
}

fn facts(options: &Options, ask: &Ask<'_>, page: &Page, took: Duration) -> Facts {
    let mut facts =
        Facts::from([("latency".to_owned(), fact(took)), ("redirects".to_owned(), Value::Int(page.redirects as i64))]);
    let Some(status) = page.status else { return facts };
    facts.insert("status".into(), Value::Int(i64::from(status.as_u16())));
    facts.insert("version".into(), Value::Text(version(page.version)));
    facts.insert("size".into(), Value::Int(page.body.len() as i64));
    facts.insert("headers".into(), headers(&page.headers));
    if let Some(remote) = page.remote {
        facts.insert("remote".into(), map([("address", Value::Text(remote.to_string()))]));
    }
    if options.method != Method::HEAD {
        // Where no assertion reads it, its beginning is enough for a person.
        let shown = if ask.wants("body") { page.body.len() } else { page.body.len().min(KEPT_BYTES) };
        facts.insert("body".into(), Value::Text(String::from_utf8_lossy(&page.body[..shown]).into_owned()));
    }
    if ask.wants("json")
        && !page.clipped
        && let Ok(json) = serde_json::from_slice(&page.body)
    {
        facts.insert("json".into(), Value::from_json(json));
    }
    facts
}

fn headers(given: &HeaderMap) -> Value {
    let mut all = std::collections::BTreeMap::<String, Value>::new();
    for (name, value) in given {
        let text = String::from_utf8_lossy(value.as_bytes());
        match all.get_mut(name.as_str()) {
            Some(Value::Text(known)) => {
                known.push_str(", ");
                known.push_str(&text);
            }
            _ => _ = all.insert(name.as_str().to_owned(), Value::Text(text.into_owned())),
        }
    }
    Value::Map(all)
}

fn version(version: Option<Version>) -> String {
    match version {
        Some(Version::HTTP_2) => "HTTP/2".to_owned(),
        other => format!("{:?}", other.unwrap_or_default()),
    }
}

fn join(items: &[impl ToString]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

//! One try of `http`: the request, its redirects, and the answer, within the time and the bytes it may have.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use url::Url;

use super::page::{Page, worded};
use super::speak::{Connection, Kept};
use super::{Family, Options, PLAIN, host_of};
use crate::probe::address::plain;
use crate::probe::saw::{Ask, Saw};
use crate::probe::target::Target;
use crate::probe::trouble::{Trouble, chain, find};
use crate::probe::wire::{Identity, Stream, Tls, Wire, talk};

/// One try, with the body that came back, up to `body_limit`.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> (Saw, Vec<u8>) {
    let mut page = Page::default();
    let mut saw = talk(ask, async |wire| fetch(options, ask, wire, &mut page).await).await;
    page.tell(options, ask, &mut saw);
    (saw, page.body)
}

/// Where the request stands between two redirects.
struct Step {
    url: Url,
    method: Method,
    sends_body: bool,
    at_home: bool,
}

async fn fetch(options: &Options, ask: &Ask<'_>, wire: &mut Wire, page: &mut Page) -> Result<(), Trouble> {
    let identity = identity(options, wire)?;
    let url = Url::parse(options.url.expose()).map_err(|_| Trouble::ours("connect", "the address cannot be read"))?;
    let mut step = Step { url, method: options.method.clone(), sends_body: options.body.is_some(), at_home: true };
    wire.story.push(format!("{} {}", step.method, options.origin));
    loop {
        // Another host is not told who asks.
        let identity = identity.clone().filter(|_| step.at_home);
        let (mut connection, form) = reach(options, ask, wire, &step, identity).await?;
        let request =
            request(options, &step, form).map_err(|_| Trouble::ours("first_byte", "the request could not be made"))?;
        wire.enter("first_byte", "no answer within {} after the request was sent");
        let answer = connection.ask(request).await.map_err(|e| failed(&e, ask, wire))?;
        let (head, mut body) = answer.into_parts();
        page.status = Some(head.status);
        page.version = head.version;
        page.headers = head.headers;
        if options.redirects > 0 && turns(&mut step, page)? {
            page.redirects += 1;
            if page.redirects > options.redirects {
                let why = format!("it redirected more than {} times", options.redirects);
                return Err(Trouble::down("redirect", why));
            }
            wire.story.push(format!("redirected to {}", step.url.origin().ascii_serialization()));
            continue;
        }
        wire.enter("transfer", "the answer began but did not end within {all}");
        let zipped = page.headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding == "gzip");
        let mut kept = Kept::new(options.body_limit, zipped);
        let read = read(&mut connection, &mut body, &mut kept, ask, wire).await;
        page.clipped = kept.room().clipped;
        page.body = std::mem::take(&mut kept.room().bytes);
        return read;
    }
}

/// Reads the body up to the limit. What follows is left: an answer that is too long is still an answer.
async fn read(
    connection: &mut Connection,
    body: &mut hyper::body::Incoming,
    kept: &mut Kept,
    ask: &Ask<'_>,
    wire: &mut Wire,
) -> Result<(), Trouble> {
    let unpacked = |e: std::io::Error, wire: &mut Wire| {
        wire.story.push(format!("error: {e}"));
        wire.down("the answer could not be decompressed")
    };
    let mut any = false;
    while let Some(more) = connection.more(body).await {
        let more = more.map_err(|e| failed(&e, ask, wire))?;
        any |= !more.is_empty();
        if !kept.take(&more).map_err(|e| unpacked(e, wire))? {
            return Ok(());
        }
    }
    if any { kept.end().map_err(|e| unpacked(e, wire)) } else { Ok(()) }
}

/// What this machine shows of itself, where the operator gave it something to show.
fn identity(options: &Options, wire: &mut Wire) -> Result<Option<Arc<Identity>>, Trouble> {
    let Some(file) = &options.client_cert else { return Ok(None) };
    let certificates = CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let identity = certificates.and_then(|own| Ok((own, PrivateKeyDer::from_pem_file(file)?))).map_err(|e| {
        wire.story.push(format!("client_cert {}: {e}", file.display()));
        Trouble::ours("tls", "this machine could not read its own certificate")
    })?;
    Ok(Some(Arc::new(identity)))
}

/// How a request names what it asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By its path, with a `Host` beside it.
    Path,
    /// By its whole address, for a proxy.
    Whole,
    /// As HTTP/2 does.
    Two,
}

/// A connection over which the step's request can be sent: to its host, or to the proxy.
async fn reach(
    options: &Options,
    ask: &Ask<'_>,
    wire: &mut Wire,
    step: &Step,
    identity: Option<Arc<Identity>>,
) -> Result<(Connection, Form), Trouble> {
    let secure = step.url.scheme() == "https";
    let proxy = options.proxy.as_ref().and_then(|proxy| Url::parse(proxy.expose()).ok());
    let near = proxy.as_ref().unwrap_or(&step.url);
    let addresses = addresses(options, wire, near).await?;
    let mut stream: Box<dyn Stream> = Box::new(wire.dial(&addresses).await?);
    if let Some(proxy) = &proxy {
        if proxy.scheme() == "https" {
            stream = Box::new(wire.secure(stream, &tls(options, proxy, None)?, &["http/1.1"], ask).await?);
        }
        if secure {
            stream = tunnel(stream, proxy, step, ask, wire).await?;
        }
    }
    let mut form = if proxy.is_some() && !secure { Form::Whole } else { Form::Path };
    if secure {
        let tls = tls(options, &step.url, identity)?;
        let secured = wire.secure(stream, &tls, &["h2", "http/1.1"], ask).await?;
        if secured.get_ref().1.alpn_protocol() == Some(b"h2") {
            form = Form::Two;
        }
        stream = Box::new(secured);
    }
    let connection = match form {
        Form::Two => Connection::two(stream).await,
        Form::Path | Form::Whole => Connection::one(stream).await,
    };
    Ok((connection.map_err(|e| failed(&e, ask, wire))?, form))
}

/// The addresses of an address' host: the operator's own, or those of its name.
async fn addresses(options: &Options, wire: &mut Wire, url: &Url) -> Result<Vec<SocketAddr>, Trouble> {
    let (host, port) = (host_of(url), url.port_or_known_default().unwrap_or(80));
    let mut addresses: Vec<SocketAddr> = if !options.resolve.is_empty() && host == options.host {
        wire.enter("dns", "");
        options.resolve.iter().map(|ip| SocketAddr::new(*ip, port)).collect()
    } else {
        let target = Target::of(&host, port).map_err(|why| {
            wire.story.push(why);
            Trouble::no_name()
        })?;
        wire.find(&target).await?
    };
    addresses.retain(|address| match options.family {
        Family::Any => true,
        Family::V4 => address.is_ipv4(),
        Family::V6 => address.is_ipv6(),
    });
    if addresses.is_empty() {
        wire.story.push("the name has no address of the family that was asked for".to_owned());
        return Err(Trouble::no_name());
    }
    Ok(addresses)
}

fn tls(options: &Options, url: &Url, identity: Option<Arc<Identity>>) -> Result<Tls, Trouble> {
    let ca_file = options.ca_file.clone();
    let tls = Tls::of(&host_of(url), None).map(|tls| Tls { ca_file, identity, ..tls });
    tls.ok_or_else(|| Trouble::ours("tls", "the host's name is none that a certificate can be for"))
}

/// Asks a proxy to pass on what is said to the step's host.
async fn tunnel(
    stream: Box<dyn Stream>,
    proxy: &Url,
    step: &Step,
    ask: &Ask<'_>,
    wire: &mut Wire,
) -> Result<Box<dyn Stream>, Trouble> {
    wire.enter("connect", "the proxy did not connect within {all}");
    let to = format!("{}:{}", step.url.host_str().unwrap_or_default(), step.url.port_or_known_default().unwrap_or(443));
    let mut request = Request::builder().method(Method::CONNECT).uri(&to).header(header::HOST, &to);
    if let Some(known) = credentials(proxy) {
        request = request.header(header::PROXY_AUTHORIZATION, known);
    }
    let request = request.body(Full::default());
    let request = request.map_err(|_| Trouble::ours("connect", "the request could not be made"))?;
    let mut connection = Connection::one(stream).await.map_err(|e| failed(&e, ask, wire))?;
    let answer = connection.ask(request).await.map_err(|e| failed(&e, ask, wire))?;
    if !answer.status().is_success() {
        let word = worded(answer.status());
        return Err(wire.down(format!("the proxy did not connect: it answered {word}")));
    }
    connection.tunnel(answer).await.map_err(|e| failed(&e, ask, wire))
}

/// Basic authorization of an address that has a user in it.
fn credentials(url: &Url) -> Option<HeaderValue> {
    let (user, password) = (url.username(), url.password());
    if user.is_empty() && password.is_none() {
        return None;
    }
    let both = format!("{}:{}", plain(user), plain(password.unwrap_or_default()));
    secret(&format!("Basic {}", STANDARD.encode(both)))
}

/// A header's value that is not shown.
fn secret(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn request(options: &Options, step: &Step, form: Form) -> hyper::http::Result<Request<Full<Bytes>>> {
    let url = &step.url;
    let own = url.port().map_or_else(String::new, |port| format!(":{port}"));
    let authority = format!("{}{own}", url.host_str().unwrap_or_default());
    let path = &url[url::Position::BeforePath..url::Position::AfterQuery];
    // What the operator wrote as `Host` is what is asked for, wherever the connection leads.
    let written = options.headers.iter().find(|(name, _)| step.at_home && *name == header::HOST);
    let host = written.map_or(authority.as_str(), |(_, host)| host.expose());
    let request = Request::builder().method(step.method.clone());
    let mut request = match form {
        Form::Path => request.uri(path),
        Form::Whole => request.uri(format!("{}://{authority}{path}", url.scheme())),
        Form::Two => request.uri(format!("{}://{host}{path}", url.scheme())),
    }
    .body(match options.body.as_ref().filter(|_| step.sends_body) {
        Some(body) => Full::from(body.expose().to_owned()),
        None => Full::default(),
    })?;
    let headers = request.headers_mut();
    if form != Form::Two {
        headers.insert(header::HOST, HeaderValue::from_str(host)?);
    }
    sent(options, step, headers);
    if form == Form::Whole
        && let Some(known) = options.proxy.as_ref().and_then(|proxy| credentials(&Url::parse(proxy.expose()).ok()?))
    {
        headers.insert(header::PROXY_AUTHORIZATION, known);
    }
    Ok(request)
}

/// The operator's headers, as far as the step's host may know them, and those that every request has.
fn sent(options: &Options, step: &Step, headers: &mut HeaderMap) {
    const ALWAYS: [(HeaderName, &str); 3] = [
        (header::ACCEPT, "*/*"),
        (header::USER_AGENT, concat!("statuary/", env!("CARGO_PKG_VERSION"))),
        (header::ACCEPT_ENCODING, "gzip"),
    ];
    let known = options.authorization.as_ref().filter(|_| step.at_home).and_then(|known| secret(known.expose()));
    if let Some(known) = known.or_else(|| credentials(&step.url)) {
        headers.insert(header::AUTHORIZATION, known);
    }
    for (name, value) in options.headers.iter().filter(|(name, _)| *name != header::HOST) {
        if (step.at_home || PLAIN.contains(name))
            && let Some(value) = secret(value.expose())
        {
            headers.append(name, value);
        }
    }
    for (name, value) in ALWAYS {
        // A part of a packed answer cannot be unpacked.
        if name != header::ACCEPT_ENCODING || !headers.contains_key(header::RANGE) {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        }
    }
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

/// What an error of the connection means.
fn failed(error: &hyper::Error, ask: &Ask<'_>, wire: &mut Wire) -> Trouble {
    wire.story.push(format!("error: {}", chain(error)));
    // A request that was not sent any more: why not, it knows from the connection.
    let cause = error.source().filter(|_| error.is_canceled()).and_then(|cause| cause.downcast_ref());
    let error: &hyper::Error = cause.unwrap_or(error);
    if let Some(tls) = find::<rustls::Error>(error) {
        return wire.refused(tls, ask);
    }
    if error.is_parse_too_large() {
        return wire.down("the answer's headers are too large");
    }
    if error.is_parse() {
        return wire.down("the answer is not HTTP");
    }
    let closed = std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let io = if error.is_incomplete_message() || error.is_canceled() {
        Some(&closed)
    } else {
        find::<std::io::Error>(error)
    };
    match io.or_else(|| find::<h2::Error>(error)?.get_io()) {
        Some(io) => Trouble::of_io(io, wire.phase()),
        None if wire.phase() == "transfer" => wire.down("the answer broke off"),
        // It spoke before it was asked.
        None if error.source().is_none() => wire.down("the answer is not HTTP"),
        None => wire.down("the request failed"),
    }
}

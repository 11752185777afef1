//! Asks a web server, over a fresh connection each time, and follows its redirects itself.
//!
//! Redirects are not left to the HTTP client: so each hop has its own times, headers that hold secrets stay with the
//! host they were written for, and nothing but http and https is ever asked.

mod fetch;
mod page;
mod speak;
#[cfg(test)]
mod tests;

use std::fmt::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::prelude::BASE64_STANDARD as STANDARD;
use hyper::Method;
use hyper::header::{self, HeaderName, HeaderValue};
use url::Url;

use super::saw::{Ask, Saw, joined, longest_first, parts};
use super::trust::{self, CA_FILE};
use super::{Aimed, Kind, KindInfo, address};
use crate::expr::{Field, Type};
use crate::model::{Given, Givens, Key, Refusal, Secret, Takes};

/// What `http` asks, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The whole address; it may hold a token.
    url: Secret,
    /// `https://example.com:8443`: the part of the address that the operator may read in details.
    origin: String,
    host: String,
    method: Method,
    headers: Vec<(HeaderName, Secret)>,
    /// `Basic …` or `Bearer …`, for the host of `url`.
    authorization: Option<Secret>,
    body: Option<Secret>,
    /// How many redirects are followed; 0: none, the redirect is the answer.
    redirects: usize,
    body_limit: usize,
    resolve: Vec<IpAddr>,
    family: Family,
    proxy: Option<Secret>,
    ca_file: Option<PathBuf>,
    /// A PEM file with a certificate and its key, for servers that ask who asks.
    client_cert: Option<PathBuf>,
    secrets: Vec<Secret>,
}

/// Which addresses of a name are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Any,
    V4,
    V6,
}

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Headers that hold no secret: they may follow a redirect to another host, and be named in a reason.
const PLAIN: &[HeaderName] =
    &[header::ACCEPT, header::ACCEPT_LANGUAGE, header::CACHE_CONTROL, header::CONTENT_TYPE, header::USER_AGENT];

const KEYS: &[Key] = &[
    Key::must("url", Takes::Secret, "What to ask: an http or https address. Its query and password are never shown."),
    Key::may("method", Takes::Choice(METHODS), "The request's method. Default: GET."),
    Key::may("headers", Takes::SecretMap, "Headers of the request. They stay with the host of `url`."),
    Key::may("basic", Takes::Secret, "`user:password`, sent as Basic authorization (RFC 7617) to the host of `url`."),
    Key::may("bearer", Takes::Secret, "A token, sent as Bearer authorization (RFC 6750) to the host of `url`."),
    Key::may("body", Takes::Secret, "The request's body, sent as it stands."),
    Key::may(
        "json",
        Takes::Secret,
        "The request's body as JSON text, a GraphQL query too; sent with its Content-Type, and as POST by default.",
    ),
    Key::may("follow", Takes::Bool, "Whether redirects are followed. Default: true."),
    Key::may("max_redirects", Takes::Int(1, 20), "How many redirects are followed, 1 to 20. Default: 10."),
    Key::may(
        "body_limit",
        Takes::Int(1024, 64 << 20),
        "How many bytes of the answer's body are read, decompressed. What follows is left. Default: 1048576 (1 MiB).",
    ),
    Key::may("resolve", Takes::Texts, "Addresses to use for the host of `url` instead of asking for its name."),
    Key::may("ip", Takes::Choice(&["any", "4", "6"]), "Which addresses of a name are used. Default: any."),
    Key::may("proxy", Takes::Secret, "An http proxy to ask through. Default: none; the environment is not read."),
    CA_FILE,
    Key::may(
        "client_cert",
        Takes::Text,
        "A PEM file with a certificate and its private key, shown to the host of `url` where that asks for one (mTLS).",
    ),
];

const FIELDS: &[Field] = &joined::<18>(&[
    &[
        Field::of("status", Type::Int, "The answer's status code."),
        Field::span("latency", "From the first step to the end of the answer, redirects included."),
        Field::span("phases.dns", "Finding the address. Sums over redirects, as all phases."),
        Field::span("phases.connect", "Opening the TCP connection."),
        Field::span("phases.tls", "The TLS handshake."),
        Field::span("phases.first_byte", "From the open connection to the answer's headers."),
        Field::span("phases.transfer", "Reading the answer's body."),
        Field::text("body", "The answer's body as text, up to `body_limit`."),
        Field {
            name: "size",
            ty: Type::Int,
            unit: Some("bytes"),
            doc: "How much of the body was read, decompressed; `body_limit` at most.",
        },
        Field::of("json", Type::Open, "The answer's body as JSON; missing where it is none."),
        Field::of(
            "headers",
            Type::Open,
            "The answer's headers by lower-case name; several of one name joined by `, `.",
        ),
        Field::of("redirects", Type::Int, "How many redirects were followed."),
        Field::text("version", "`HTTP/1.1`, `HTTP/2` …"),
        Field::text("remote.address", "The address that answered. Never shown to the public."),
    ],
    &trust::FIELDS,
]);

/// The kind.
pub(super) const INFO: KindInfo = KindInfo {
    name: "http",
    doc: "Asks a web server over a fresh connection. Without `expect`, a status below 400 is up.",
    keys: KEYS,
    fields: FIELDS,
    every: None,
    read,
};

impl Aimed for Options {
    /// Lower-case, without brackets.
    fn host(&self) -> Option<String> {
        Some(self.host.clone())
    }

    fn in_site(&mut self, site: &Path) {
        for file in self.ca_file.iter_mut().chain(&mut self.client_cert) {
            *file = site.join(&*file);
        }
    }

    fn sends(&self) -> Option<String> {
        let mut text = format!("{} {}", self.method, self.origin);
        let names = self.headers.iter().map(|(name, _)| name.as_str());
        let names: Vec<_> = names.chain(self.authorization.as_ref().map(|_| "authorization")).collect();
        if !names.is_empty() {
            let _ = write!(text, ", with {}", names.join(", "));
        }
        if let Some(body) = &self.body {
            let _ = write!(text, ", and a body of {} bytes", body.expose().len());
        }
        Some(text + " (the rest may be secret and is not shown)")
    }

    /// What must never be shown: header values, the body, and the parts of the address that may hold a token.
    fn secrets(&self) -> &[Secret] {
        &self.secrets
    }
}

/// One try.
pub(super) async fn look(options: &Options, ask: &Ask<'_>) -> Saw {
    fetch::look(options, ask).await.0
}

/// One try with all its facts and the body that came back, up to 1 MiB: for kinds that read an address, and judge it their way.
pub(super) async fn fetch(options: &Options, ask: &Ask<'_>) -> (Saw, Vec<u8>) {
    fetch::look(options, &Ask { explain: true, ..*ask }).await
}

/// An address that another kind reads. Its refusals name `key`.
pub(super) fn page(url: &Secret, key: &'static str, ca_file: Option<&str>) -> Result<Options, Vec<Refusal>> {
    let given = [("url", Given::Secret(url.clone()))];
    let ca_file = ca_file.map(|file| ("ca_file", Given::Text(file.to_owned())));
    let refused = |refusals: Vec<Refusal>| refusals.into_iter().map(|refusal| Refusal { key, ..refusal }).collect();
    options(&Givens(given.into_iter().chain(ca_file).collect())).map_err(refused)
}

fn read(given: &Givens) -> Result<Kind, Vec<Refusal>> {
    options(given).map(Kind::Http)
}

fn options(given: &Givens) -> Result<Options, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let url = given.secret("url").cloned().unwrap_or_default();
    let parsed = web(&url, "url", &mut refusals);
    let mut headers = headers(given, &mut refusals);
    let mut resolve = Vec::new();
    for text in given.texts("resolve") {
        match text.parse() {
            Ok(ip) => resolve.push(ip),
            Err(_) => refusals.push(Refusal::new(
                "resolve",
                format!("`{text}` is no address"),
                "give addresses without a port, such as \"192.0.2.7\"; the port stands in `url`",
            )),
        }
    }
    if !resolve.is_empty() && parsed.as_ref().is_some_and(|url| url.domain().is_none()) {
        let help = "leave `resolve` out, or give `url` a host name";
        refusals.push(Refusal::new("resolve", "the host of `url` is an address already", help));
    }
    if let Some(proxy) = given.secret("proxy") {
        web(proxy, "proxy", &mut refusals);
    }
    let authorization = authorization(given, &headers, &mut refusals);
    let (body, is_json) = content(given, &mut headers, &mut refusals);
    let Some(parsed) = parsed.filter(|_| refusals.is_empty()) else { return Err(refusals) };
    let follow = given.bool("follow").unwrap_or(true);
    let secrets = secrets(given, &parsed, &headers, authorization.as_ref());
    Ok(Options {
        url,
        origin: parsed.origin().ascii_serialization(),
        host: host_of(&parsed),
        method: given.text("method").and_then(|m| m.parse().ok()).unwrap_or(if is_json {
            Method::POST
        } else {
            Method::GET
        }),
        headers,
        authorization,
        body,
        redirects: if follow { given.int("max_redirects").unwrap_or(10) as usize } else { 0 },
        body_limit: given.int("body_limit").unwrap_or(1 << 20) as usize,
        resolve,
        family: match given.text("ip") {
            Some("4") => Family::V4,
            Some("6") => Family::V6,
            _ => Family::Any,
        },
        proxy: given.secret("proxy").cloned(),
        ca_file: given.text("ca_file").map(PathBuf::from),
        client_cert: given.text("client_cert").map(PathBuf::from),
        secrets,
    })
}

/// The headers of the request that can be sent.
pub(super) fn headers(given: &Givens, refusals: &mut Vec<Refusal>) -> Vec<(HeaderName, Secret)> {
    let mut headers = Vec::new();
    for (name, value) in given.secret_map("headers") {
        match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.expose())) {
            (Ok(name), Ok(_)) => headers.push((name, value.clone())),
            (Err(_), _) => refusals.push(Refusal::new(
                "headers",
                format!("`{name}` is no header's name"),
                "a name holds letters, digits and `-`, and no blanks",
            )),
            (_, Err(_)) => refusals.push(Refusal::new(
                "headers",
                format!("the value of `{name}` cannot be sent"),
                "a header's value is one line of visible text",
            )),
        }
    }
    headers
}

/// Who asks. Two ways to say it would leave open which one is sent.
fn authorization(given: &Givens, headers: &[(HeaderName, Secret)], refusals: &mut Vec<Refusal>) -> Option<Secret> {
    let (basic, bearer) = (given.secret("basic"), given.secret("bearer"));
    let header = headers.iter().any(|(name, _)| *name == header::AUTHORIZATION);
    let ways = [("headers", header), ("bearer", bearer.is_some()), ("basic", basic.is_some())];
    if let Some((second, _)) = ways.iter().filter(|(_, is)| *is).nth(1) {
        let text = "the request has an authorization already";
        refusals.push(Refusal::new(second, text, "keep one of `basic`, `bearer` and the header `Authorization`"));
    }
    if let Some(basic) = basic.filter(|basic| !basic.expose().contains(':')) {
        let text = if basic.expose().is_empty() { "this is empty" } else { "this holds no `:`" };
        refusals.push(Refusal::new("basic", text, "give the user and the password, such as \"probe:${PASSWORD}\""));
    }
    if bearer.is_some_and(|token| HeaderValue::from_str(token.expose()).is_err()) {
        refusals.push(Refusal::new("bearer", "this token cannot be sent", "a token is one line of visible text"));
    }
    let basic = basic.map(|basic| Secret::new(format!("Basic {}", STANDARD.encode(basic.expose()))));
    basic.or(bearer.map(|token| Secret::new(format!("Bearer {}", token.expose()))))
}

/// The request's body, and whether it is JSON.
fn content(
    given: &Givens,
    headers: &mut Vec<(HeaderName, Secret)>,
    refusals: &mut Vec<Refusal>,
) -> (Option<Secret>, bool) {
    let Some(json) = given.secret("json") else { return (given.secret("body").cloned(), false) };
    if given.secret("body").is_some() {
        let text = "the request has a body already";
        refusals.push(Refusal::new("json", text, "keep one of `body` and `json`"));
    }
    if let Err(e) = serde_json::from_str::<serde::de::IgnoredAny>(json.expose()) {
        let text = format!("this is no JSON, from line {}, column {} on", e.line(), e.column());
        refusals.push(Refusal::new("json", text, "send other texts with `body`"));
    }
    if !headers.iter().any(|(name, _)| *name == header::CONTENT_TYPE) {
        headers.push((header::CONTENT_TYPE, Secret::new("application/json")));
    }
    (Some(json.clone()), true)
}

/// An http or https address with a host. The refusal does not repeat the text, which may hold a token.
fn web(text: &Secret, key: &'static str, refusals: &mut Vec<Refusal>) -> Option<Url> {
    let help = "an address begins with `https://` or `http://` and a host, such as \"https://example.com/health\"";
    let text = match Url::parse(text.expose()) {
        Err(url::ParseError::RelativeUrlWithoutBase) => "this does not begin with `https://` or `http://`".to_owned(),
        Err(e) => format!("this is no address: {e}"),
        Ok(url) if !matches!(url.scheme(), "http" | "https") => {
            format!("http cannot ask an address that begins with `{}:`", url.scheme())
        }
        Ok(url) => return Some(url),
    };
    refusals.push(Refusal::new(key, text, help));
    None
}

fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned()
}

/// What must not be seen, and the parts of it that could turn up alone.
fn secrets(
    given: &Givens,
    parsed: &Url,
    headers: &[(HeaderName, Secret)],
    authorization: Option<&Secret>,
) -> Vec<Secret> {
    let proxy = given.secret("proxy");
    let mut all: Vec<Secret> = given.secret("url").into_iter().cloned().collect();
    let held = headers.iter().filter(|(name, _)| !PLAIN.contains(name)).map(|(_, value)| value);
    let bodies = ["body", "json"].into_iter().filter_map(|key| given.secret(key));
    all.extend(held.chain(bodies).chain(proxy).chain(authorization).flat_map(parts));
    // Of `user:password` the password may come back alone.
    let basic = given.secret("basic").and_then(|basic| basic.expose().split_once(':'));
    all.extend(basic.map(|(_, password)| Secret::new(password)));
    let proxy = proxy.and_then(|proxy| Url::parse(proxy.expose()).ok());
    all.extend(std::iter::once(parsed).chain(&proxy).flat_map(address::secrets));
    longest_first(all)
}

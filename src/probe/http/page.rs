//! What came back of a request, as assertions see it.

use hyper::header::{self, HeaderMap};
use hyper::{Method, StatusCode, Version};

use super::Options;
use crate::expr::Value;
use crate::probe::dates::behind_ms;
use crate::probe::saw::{Ask, KEPT_BYTES, Saw};
use crate::probe::trouble::Trouble;

/// What came back so far; it is read also where the try was cut.
#[derive(Default)]
pub(super) struct Page {
    pub status: Option<StatusCode>,
    pub version: Version,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    pub clipped: bool,
    pub redirects: usize,
}

impl Page {
    /// All that came back, as facts.
    pub fn tell(&self, options: &Options, ask: &Ask<'_>, saw: &mut Saw) {
        let mut fact = |name: &str, value: Value| _ = saw.facts.insert(name.to_owned(), value);
        fact("redirects", Value::Int(self.redirects as i64));
        let Some(status) = self.status else { return };
        fact("status", Value::Int(i64::from(status.as_u16())));
        fact("version", Value::Text(version(self.version)));
        fact("size", Value::Int(self.body.len() as i64));
        if ask.wants("headers") {
            fact("headers", headers(&self.headers));
        }
        if options.method != Method::HEAD {
            // Where no assertion reads it, its beginning is enough for a person.
            let shown = if ask.wants("body") { self.body.len() } else { self.body.len().min(KEPT_BYTES) };
            fact("body", Value::Text(String::from_utf8_lossy(&self.body[..shown]).into_owned()));
        }
        if ask.wants("json")
            && !self.clipped
            && let Ok(json) = serde_json::from_slice(&self.body)
        {
            fact("json", Value::from_json(json));
        }
        let header = |name| self.headers.get(name).and_then(|value| value.to_str().ok());
        saw.behind_ms = behind_ms(header(header::DATE), header(header::AGE), ask.now + saw.took.into());
        if status.as_u16() >= 400 {
            saw.unexpected = Some(Trouble::down("status", format!("the answer was {}", worded(status))));
        }
    }
}

/// `404 Not Found`, or the number alone.
pub(super) fn worded(status: StatusCode) -> String {
    let word = status.canonical_reason().map_or(String::new(), |word| format!(" {word}"));
    format!("{}{word}", status.as_u16())
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

fn version(version: Version) -> String {
    if version == Version::HTTP_2 { "HTTP/2".to_owned() } else { format!("{version:?}") }
}

//! Keys of the config, as one table that serves the reader, the nearest-name help, the documents and the JSON Schema.
//!
//! `config` reads every table by its list of [`Key`]s: types, ranges, unknown and missing keys are judged there,
//! with line and column. What only a kind can judge (is this a URL?) it says with a [`Refusal`] that names the key.

use crate::model::{Secret, Span};

/// One key of a table.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As typed.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// Whether the table is refused without it.
    pub required: bool,
    /// One sentence: meaning, unit, default.
    pub doc: &'static str,
}

impl Key {
    /// A key that may be missing.
    pub const fn may(name: &'static str, takes: Takes, doc: &'static str) -> Self {
        Self { name, takes, required: false, doc }
    }

    /// A key without which the table is refused.
    pub const fn must(name: &'static str, takes: Takes, doc: &'static str) -> Self {
        Self { name, takes, required: true, doc }
    }
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// A text.
    Text,
    /// A text that may hold `${ENV}`, or `{ file = "…" }`.
    Secret,
    /// `true` or `false`.
    Bool,
    /// A whole number in a range, both ends included.
    Int(i64, i64),
    /// A duration such as `"30s"`, in a range of milliseconds.
    Span(i64, i64),
    /// A duration or `"off"`.
    SpanOrOff(i64, i64),
    /// A duration or `"never"`.
    SpanOrNever(i64, i64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of texts, or one text.
    Texts,
    /// A list of secrets, or one.
    Secrets,
    /// A table of texts to texts.
    TextMap,
    /// A table of texts to secrets.
    SecretMap,
    /// A list of assertions (CEL), or one.
    Assertions,
}

/// A value that was read and fits its key.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// A text or a choice.
    Text(String),
    /// A secret, resolved.
    Secret(Secret),
    /// A switch.
    Bool(bool),
    /// A number in range.
    Int(i64),
    /// A duration in range; none: off, or never.
    Span(Option<Span>),
    /// Texts.
    Texts(Vec<String>),
    /// Secrets, resolved.
    Secrets(Vec<Secret>),
    /// A table of texts.
    TextMap(Vec<(String, String)>),
    /// A table of secrets, resolved.
    SecretMap(Vec<(String, Secret)>),
}

/// The keys of one table that were given.
#[derive(Clone, Debug, Default)]
pub struct Givens(pub Vec<(&'static str, Given)>);

/// A value that its kind cannot accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The key it stands at.
    pub key: &'static str,
    /// What is wrong: "`htp://x` is no URL that http can ask".
    pub text: String,
    /// What to do.
    pub help: Option<String>,
}

impl Refusal {
    /// A refusal with advice.
    pub fn new(key: &'static str, text: impl Into<String>, help: impl Into<String>) -> Self {
        Self { key, text: text.into(), help: Some(help.into()) }
    }
}

impl Givens {
    /// The value of a key, where it was given.
    pub fn get(&self, key: &str) -> Option<&Given> {
        self.0.iter().find(|(k, _)| *k == key).map(|(_, v)| v)
    }

    /// A text or choice.
    pub fn text(&self, key: &str) -> Option<&str> {
        if let Some(Given::Text(t)) = self.get(key) { Some(t) } else { None }
    }

    /// A secret.
    pub fn secret(&self, key: &str) -> Option<&Secret> {
        if let Some(Given::Secret(s)) = self.get(key) { Some(s) } else { None }
    }

    /// A switch.
    pub fn bool(&self, key: &str) -> Option<bool> {
        if let Some(Given::Bool(b)) = self.get(key) { Some(*b) } else { None }
    }

    /// A number.
    pub fn int(&self, key: &str) -> Option<i64> {
        if let Some(Given::Int(i)) = self.get(key) { Some(*i) } else { None }
    }

    /// A duration; `Some(None)` is "off" or "never".
    pub fn span_or_off(&self, key: &str) -> Option<Option<Span>> {
        if let Some(Given::Span(s)) = self.get(key) { Some(*s) } else { None }
    }

    /// A duration.
    pub fn span(&self, key: &str) -> Option<Span> {
        self.span_or_off(key).flatten()
    }

    /// A list of texts; empty where not given.
    pub fn texts(&self, key: &str) -> &[String] {
        if let Some(Given::Texts(t)) = self.get(key) { t } else { &[] }
    }

    /// A list of secrets; empty where not given.
    pub fn secrets(&self, key: &str) -> &[Secret] {
        if let Some(Given::Secrets(t)) = self.get(key) { t } else { &[] }
    }

    /// A table of texts; empty where not given.
    pub fn text_map(&self, key: &str) -> &[(String, String)] {
        if let Some(Given::TextMap(m)) = self.get(key) { m } else { &[] }
    }

    /// A table of secrets; empty where not given.
    pub fn secret_map(&self, key: &str) -> &[(String, Secret)] {
        if let Some(Given::SecretMap(m)) = self.get(key) { m } else { &[] }
    }
}

//! Values, types and field tables.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use crate::model::Span;

/// The longest value shown in a message, in characters; a longer one is cut and ends in `…`.
const BRIEF_CHARS: usize = 80;

/// A value that an assertion can meet.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// JSON's null.
    Null,
    /// true or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction.
    Float(f64),
    /// A text.
    Text(String),
    /// A length of time.
    Duration(Span),
    /// A list.
    List(Vec<Value>),
    /// A map by name.
    Map(BTreeMap<String, Value>),
}

/// The facts of one look, by the first part of a field's name (`status`, `certificate`).
///
/// A field with a dotted name stands inside a map: `certificate.expires_in` is the entry `expires_in` of the map
/// `certificate`. A field that this look could not have (no certificate over plain HTTP) is left out.
pub type Facts = BTreeMap<String, Value>;

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// true or false.
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A length of time.
    Duration,
    /// A list of texts.
    Texts,
    /// An open map or list, known only when looking (`json`, `headers`, `info`).
    Open,
}

/// A field of a kind of probe.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its full name: `status`, `certificate.expires_in`.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Its unit, where it has one: `ms`, `bytes`.
    pub unit: Option<&'static str>,
    /// One sentence.
    pub doc: &'static str,
}

impl Field {
    /// A field without a unit.
    pub const fn of(name: &'static str, ty: Type, doc: &'static str) -> Self {
        Self { name, ty, unit: None, doc }
    }

    /// A text.
    pub const fn text(name: &'static str, doc: &'static str) -> Self {
        Self::of(name, Type::Text, doc)
    }

    /// A length of time, in ms.
    pub const fn span(name: &'static str, doc: &'static str) -> Self {
        Self { name, ty: Type::Duration, unit: Some("ms"), doc }
    }
}

impl Value {
    /// The same value from JSON.
    ///
    /// A number without a fraction or exponent that fits 64 bits with a sign is an `Int`. Every other number is a
    /// `Float`, also a whole one from 2^63 on: it may then be off by up to 2^11, as far as the nearest float is.
    pub fn from_json(json: serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(b) => Self::Bool(b),
            serde_json::Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(whole), _) => Self::Int(whole),
                (None, Some(float)) => Self::Float(float),
                (None, None) => Self::Text(n.to_string()),
            },
            serde_json::Value::String(text) => Self::Text(text),
            serde_json::Value::Array(items) => Self::List(items.into_iter().map(Self::from_json).collect()),
            serde_json::Value::Object(entries) => {
                Self::Map(entries.into_iter().map(|(key, value)| (key, Self::from_json(value))).collect())
            }
        }
    }

    /// The value at a dotted path below this one: `queue.depth`, `items.0.name`. A part that is a number is a
    /// place in a list, counted from 0. None where a part is missing.
    pub fn lookup(&self, path: &str) -> Option<&Value> {
        match self {
            Self::Map(entries) => lookup(entries, path),
            Self::List(items) => {
                let (place, rest) = path.split_once('.').map_or((path, None), |(place, rest)| (place, Some(rest)));
                let item = items.get(place.parse::<usize>().ok()?)?;
                rest.map_or(Some(item), |rest| item.lookup(rest))
            }
            _ => None,
        }
    }

    /// As one number, to record it: a length of time in milliseconds, true as 1 and false as 0. None for
    /// everything that is not a number, a text that looks like one too.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Bool(b) => Some(f64::from(u8::from(*b))),
            Self::Int(whole) => Some(*whole as f64),
            Self::Float(float) => Some(*float),
            Self::Duration(span) => Some(span.ms() as f64),
            Self::Null | Self::Text(_) | Self::List(_) | Self::Map(_) => None,
        }
    }

    /// Its type in words: "a whole number", "a text".
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Int(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::Duration(_) => "a length of time",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
        }
    }

    /// As `Display`, in at most about 80 characters.
    pub fn brief(&self) -> String {
        let mut clip = Clip { text: String::new(), left: BRIEF_CHARS };
        if write!(clip, "{self}").is_err() {
            clip.text.push('…');
        }
        clip.text
    }
}

/// The value at a dotted path in the facts of a look: `latency`, `info.used_memory`. A name may itself hold dots.
pub fn lookup<'f>(facts: &'f Facts, path: &str) -> Option<&'f Value> {
    let below = || path.match_indices('.').find_map(|(dot, _)| facts.get(&path[..dot])?.lookup(&path[dot + 1..]));
    facts.get(path).or_else(below)
}

/// Takes so many characters and then refuses, so that a body of a megabyte is not written out to be cut.
struct Clip {
    text: String,
    left: usize,
}

impl Write for Clip {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        for c in more.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(c);
        }
        Ok(())
    }
}

/// As it would be written in an assertion, as far as that goes: `200`, `'ok'`, `[1, 2]`, `{up: true}`; a length of
/// time in words, exact to the millisecond below ten minutes.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(b) => write!(f, "{b}"),
            Self::Int(whole) => write!(f, "{whole}"),
            Self::Float(float) if float.abs() < 1e15 => write!(f, "{float}"),
            Self::Float(float) => write!(f, "{float:?}"),
            Self::Text(text) => write_text(f, text),
            Self::Duration(span) => write_span(f, *span),
            Self::List(items) => {
                f.write_char('[')?;
                for (place, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if place == 0 { "" } else { ", " })?;
                }
                f.write_char(']')
            }
            Self::Map(entries) => {
                f.write_char('{')?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if place == 0 { "" } else { ", " })?;
                }
                f.write_char('}')
            }
        }
    }
}

/// In single quotes. Control characters are escaped: a message is one line, whatever a server sent.
fn write_text(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('\'')?;
    for c in text.chars() {
        match c {
            '\'' => f.write_str("\\'")?,
            c if c.is_control() => write!(f, "{}", c.escape_default())?,
            c => f.write_char(c)?,
        }
    }
    f.write_char('\'')
}

fn write_span(f: &mut fmt::Formatter<'_>, span: Span) -> fmt::Result {
    if span.ms() < 0 {
        f.write_char('-')?;
    }
    let ms = span.ms().saturating_abs();
    // `Span` shows two units and cuts the rest; "expected latency < 1 s, got 1 s" would say nothing.
    if (1000..600_000).contains(&ms) && ms % 1000 != 0 {
        return write!(f, "{} s", ms as f64 / 1000.0);
    }
    write!(f, "{}", Span::from_ms(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(json: &str) -> Value {
        Value::from_json(serde_json::from_str(json).unwrap())
    }

    #[test]
    fn json_numbers_keep_their_kind() {
        assert_eq!(from("9223372036854775807"), Value::Int(i64::MAX));
        assert_eq!(from("9223372036854775808"), Value::Float(9_223_372_036_854_775_808.0));
        assert_eq!(from("1.0"), Value::Float(1.0));
        assert_eq!(from(r#""010""#), Value::Text("010".to_owned()));
    }

    #[test]
    fn a_dotted_path_finds_what_is_there() {
        let facts = Facts::from([("info".to_owned(), from(r#"{"used_memory": 7, "list": [{"a": 1}]}"#))]);
        assert_eq!(lookup(&facts, "info.used_memory"), Some(&Value::Int(7)));
        assert_eq!(lookup(&facts, "info.list.0.a"), Some(&Value::Int(1)));
        for missing in ["info.list.1", "info.list.a", "info.used_memory.a", "inf", "", "info."] {
            assert_eq!(lookup(&facts, missing), None, "{missing}");
        }
    }

    #[test]
    fn values_are_shown_on_one_short_line() {
        assert_eq!(from(r#"[1, 2.5, null, {"a": true}]"#).to_string(), "[1, 2.5, null, {a: true}]");
        assert_eq!(from(r#""it's\nme""#).to_string(), r"'it\'s\nme'");
        let long = Value::Text("x".repeat(1_000_000)).brief();
        assert_eq!(long.chars().count(), BRIEF_CHARS + 1);
        assert!(long.ends_with('…'));
        let say = |ms| Value::Duration(Span::from_ms(ms)).to_string();
        assert_eq!(
            [say(850), say(1200), say(60_001), say(1000), say(-90_000)],
            ["850 ms", "1.2 s", "60.001 s", "1 s", "-1 min 30 s"]
        );
    }
}

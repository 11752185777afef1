//! Values, types and field tables.

use std::collections::BTreeMap;

use crate::model::Span;

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

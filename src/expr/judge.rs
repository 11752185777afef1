//! Judges a checked assertion over the facts of one look.
//!
//! Every part is judged, also the sides that `&&`, `||` and `? :` would not need; whatever goes wrong in any of
//! them is met and makes the assertion an error. Only a `has()` that decides excuses a missing value:
//!
//! - in `a && b` a side that is false, in `a || b` a side that is true, excuses on the other sides what it proves
//!   when it turns out the other way ([`Node::proves`]);
//! - in `c ? a : b` the test excuses, in the branch that is not taken, what it would prove if that one were taken.
//!
//! A missing value is excused when the first step that is missing is the proven path or lies on the way to it:
//! `has(json.a.b)` guards `json.a` and `json.a.b`, but not `json.a.c` where `json.a` is there.
//! A null counts as missing, except beside `==` or `!=` and the literal `null`, which ask for it.
//! A wrong type is never excused.

use std::borrow::Cow;

use super::ops;
use super::tree::{Each, Node, Op, Path, Step, What};
use super::value::{Facts, Value};

/// What went wrong in a part.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Trouble {
    /// The path up to the step that is missing; none for everything that `has()` cannot guard.
    pub missing: Option<Path>,
    /// In words.
    pub text: String,
}

/// The value of a part, or everything that went wrong in it.
pub(super) type Judged<'e> = Result<Cow<'e, Value>, Vec<Trouble>>;

/// What names stand for.
#[derive(Clone)]
pub(super) struct Scope<'e> {
    facts: &'e Facts,
    elements: Vec<(&'e str, &'e Value)>,
}

fn trouble<'e>(text: String) -> Judged<'e> {
    Err(vec![Trouble { missing: None, text }])
}

fn truth<'e>(value: bool) -> Cow<'e, Value> {
    Cow::Owned(Value::Bool(value))
}

impl<'e> Scope<'e> {
    /// The facts alone.
    pub(super) fn new(facts: &'e Facts) -> Self {
        Self { facts, elements: Vec::new() }
    }

    /// The value at a path, which may be null.
    pub(super) fn read(&self, path: &Path) -> Result<&'e Value, Trouble> {
        let mut value: Option<&'e Value> = None;
        for (done, step) in path.0.iter().enumerate() {
            let inside = match (value, step) {
                (None, Step::Key(name)) => {
                    let element = self.elements.iter().rev().find(|(element, _)| element == name);
                    element.map(|(_, value)| *value).or_else(|| self.facts.get(name))
                }
                (Some(Value::Map(entries)), Step::Key(key)) => entries.get(key),
                (Some(Value::List(items)), Step::Place(place)) => {
                    usize::try_from(*place).ok().and_then(|place| items.get(place))
                }
                _ => None,
            };
            value = match inside {
                Some(inside) => Some(inside),
                None => return Err(missing(path, done, value)),
            };
        }
        value.ok_or_else(|| missing(path, 0, None))
    }

    /// The value at a path where null counts as missing.
    fn read_some(&self, path: &Path) -> Result<&'e Value, Trouble> {
        match self.read(path)? {
            Value::Null => {
                Err(Trouble { missing: Some(path.clone()), text: format!("{} is null", path.text(path.0.len())) })
            }
            value => Ok(value),
        }
    }

    /// Judges a part.
    pub(super) fn judge(&self, node: &'e Node) -> Judged<'e> {
        match &node.what {
            What::Const(value) => Ok(Cow::Borrowed(value)),
            What::Read(path) => self.read_some(path).map(Cow::Borrowed).map_err(|trouble| vec![trouble]),
            What::Has(path) => Ok(truth(self.read_some(path).is_ok())),
            What::Index(of, index) => match (self.judge(of), self.judge(index)) {
                (Ok(of), Ok(index)) => at_index(of, &index),
                (of, index) => Err(both(of, index)),
            },
            What::Inside(of, key) => at_index(self.judge(of)?, &Value::Text(key.clone())),
            What::List(parts) => {
                let values = self.all(parts)?.into_iter().map(Cow::into_owned).collect();
                Ok(Cow::Owned(Value::List(values)))
            }
            What::Not(part) => Ok(truth(!boolean(&*self.judge(part)?)?)),
            What::Neg(part) => ops::negate(&*self.judge(part)?).map(Cow::Owned).or_else(trouble),
            What::And(sides) => self.chain(sides, false),
            What::Or(sides) => self.chain(sides, true),
            What::Choice(three) => self.choice(three),
            What::Two(op, operands) => self.two(*op, operands),
            What::Call(fun, parts) => {
                let values = self.all(parts)?;
                let values: Vec<&Value> = values.iter().map(AsRef::as_ref).collect();
                ops::call(*fun, &values).map(Cow::Owned).or_else(trouble)
            }
            What::Matches(part, regex) => match &*self.judge(part)? {
                Value::Text(text) => Ok(truth(regex.is_match(text))),
                other => trouble(format!("matches() wants a text, {} is {}", other.brief(), other.type_name())),
            },
            What::Each(each) => self.each(each),
        }
    }

    fn all(&self, parts: &'e [Node]) -> Result<Vec<Cow<'e, Value>>, Vec<Trouble>> {
        let (mut values, mut troubles) = (Vec::new(), Vec::new());
        for part in parts {
            match self.judge(part) {
                Ok(value) => values.push(value),
                Err(more) => troubles.extend(more),
            }
        }
        if troubles.is_empty() { Ok(values) } else { Err(troubles) }
    }

    /// `&&` (decided by a false side) and `||` (decided by a true one).
    fn chain(&self, sides: &'e [Node], decides: bool) -> Judged<'e> {
        let (mut decided, mut guards, mut troubles) = (false, Vec::new(), Vec::new());
        for side in sides {
            match self.judge(side).and_then(|value| boolean(&value)) {
                Ok(value) if value == decides => {
                    decided = true;
                    guards.extend(side.proves(!decides));
                }
                Ok(_) => {}
                Err(more) => troubles.extend(more),
            }
        }
        troubles.retain(|trouble| !excused(trouble, &guards));
        if troubles.is_empty() { Ok(truth(decided == decides)) } else { Err(troubles) }
    }

    fn choice(&self, [test, yes, no]: &'e [Node; 3]) -> Judged<'e> {
        let (yes, no) = (self.judge(yes), self.judge(no));
        let taken = match self.judge(test).and_then(|value| boolean(&value)) {
            Ok(taken) => taken,
            Err(mut troubles) => {
                troubles.extend(both(yes, no));
                return Err(troubles);
            }
        };
        let guards = test.proves(!taken);
        let (chosen, left) = if taken { (yes, no) } else { (no, yes) };
        let left = left.err().unwrap_or_default().into_iter().filter(|trouble| !excused(trouble, &guards));
        let left: Vec<Trouble> = left.collect();
        match chosen {
            Ok(value) if left.is_empty() => Ok(value),
            chosen => Err(chosen.err().unwrap_or_default().into_iter().chain(left).collect()),
        }
    }

    fn two(&self, op: Op, [left, right]: &'e [Node; 2]) -> Judged<'e> {
        let is_null = |node: &Node| matches!(node.what, What::Const(Value::Null));
        // The literal asks for null; a value of any type may be the answer's other side.
        if matches!(op, Op::Eq | Op::Ne) && (is_null(left) || is_null(right)) {
            let asked = if is_null(left) { right } else { left };
            let value = match &asked.what {
                What::Read(path) => Cow::Borrowed(self.read(path).map_err(|trouble| vec![trouble])?),
                _ => self.judge(asked)?,
            };
            return Ok(truth((*value == Value::Null) == (op == Op::Eq)));
        }
        match (self.judge(left), self.judge(right)) {
            (Ok(left), Ok(right)) => ops::two(op, &left, &right).map(Cow::Owned).or_else(trouble),
            (left, right) => Err(both(left, right)),
        }
    }

    /// Every element is tested, also when the answer is known before.
    fn each(&self, each: &'e Each) -> Judged<'e> {
        let list = self.judge(&each.list)?;
        let Value::List(items) = &*list else {
            let name = if each.all { "all" } else { "exists" };
            return trouble(format!("{name}() goes through a list, {} is {}", list.brief(), list.type_name()));
        };
        let (mut decided, mut troubles) = (false, Vec::new());
        for item in items {
            let mut inner = Scope { facts: self.facts, elements: self.elements.clone() };
            inner.elements.push((&each.name, item));
            match inner.judge(&each.test).and_then(|value| boolean(&value)) {
                Ok(value) => decided |= value != each.all,
                Err(more) if troubles.is_empty() => troubles = more,
                Err(_) => {}
            }
        }
        if troubles.is_empty() { Ok(truth(decided != each.all)) } else { Err(troubles) }
    }
}

fn both(left: Judged, right: Judged) -> Vec<Trouble> {
    left.err().unwrap_or_default().into_iter().chain(right.err().unwrap_or_default()).collect()
}

fn excused(trouble: &Trouble, guards: &[&Path]) -> bool {
    trouble.missing.as_ref().is_some_and(|missing| guards.iter().any(|guard| missing.leads_to(guard)))
}

fn boolean(value: &Value) -> Result<bool, Vec<Trouble>> {
    match value {
        Value::Bool(value) => Ok(*value),
        other => Err(vec![Trouble {
            missing: None,
            text: format!("{} is {}, but must be true or false", other.brief(), other.type_name()),
        }]),
    }
}

/// A path ends at its step number `done`, because `value` has no such thing inside.
fn missing(path: &Path, done: usize, value: Option<&Value>) -> Trouble {
    let text = path.text(done + 1);
    let text = match (value, &path.0[done]) {
        (Some(Value::Map(entries)), Step::Key(key)) => {
            match entries.keys().find(|other| other.eq_ignore_ascii_case(key)) {
                Some(near) => format!("{text} is missing (there is `{near}`)"),
                None => format!("{text} is missing"),
            }
        }
        (None, _) | (Some(Value::List(_)), Step::Place(_)) => format!("{text} is missing"),
        (Some(Value::Null), _) => format!("{text} is missing: {} is null", path.text(done)),
        (Some(other), _) => format!("{text} is missing: {} is {}", path.text(done), other.type_name()),
    };
    Trouble { missing: Some(Path(path.0[..=done].to_vec())), text }
}

/// What is inside a value at an index that is known only now. It cannot be guarded: `has()` takes plain paths.
fn at_index<'e>(of: Cow<'e, Value>, index: &Value) -> Judged<'e> {
    let text = match index {
        Value::Text(key) => format!("{key} is missing"),
        other => format!("[{}] is missing", other.brief()),
    };
    let found = match (of, index) {
        (Cow::Borrowed(Value::Map(entries)), Value::Text(key)) => entries.get(key).map(Cow::Borrowed),
        (Cow::Owned(Value::Map(mut entries)), Value::Text(key)) => entries.remove(key).map(Cow::Owned),
        (Cow::Borrowed(Value::List(items)), Value::Int(place)) => {
            usize::try_from(*place).ok().and_then(|place| items.get(place)).map(Cow::Borrowed)
        }
        (Cow::Owned(Value::List(items)), Value::Int(place)) => {
            usize::try_from(*place).ok().and_then(|place| items.into_iter().nth(place)).map(Cow::Owned)
        }
        (of, index) => {
            return trouble(format!(
                "{} ({}) has no place for {} ({})",
                of.brief(),
                of.type_name(),
                index.brief(),
                index.type_name()
            ));
        }
    };
    match found {
        Some(value) if *value != Value::Null => Ok(value),
        Some(_) => trouble(text.replace("missing", "null")),
        None => trouble(text),
    }
}

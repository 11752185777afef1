//! The checked tree of an assertion: names are resolved, constants read, patterns compiled.

use std::ops::Range;

use regex::Regex;

use super::value::Value;

/// A part of an assertion.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
    /// What it is.
    pub what: What,
}

/// What a part is.
#[derive(Clone, Debug)]
pub(super) enum What {
    /// A constant.
    Const(Value),
    /// A field, or a value inside one.
    Read(Path),
    /// `has(path)`.
    Has(Path),
    /// An index that is only known when looking: `json.items[json.place]`.
    Index(Box<Node>, Box<Node>),
    /// A name inside such a value.
    Inside(Box<Node>, String),
    /// A list literal.
    List(Vec<Node>),
    /// `!a`
    Not(Box<Node>),
    /// `-a`
    Neg(Box<Node>),
    /// `a && b && …`
    And(Vec<Node>),
    /// `a || b || …`
    Or(Vec<Node>),
    /// `a ? b : c`
    Choice(Box<[Node; 3]>),
    /// Two operands.
    Two(Op, Box<[Node; 2]>),
    /// A function of one or two arguments; the receiver of a method is its first.
    Call(Fun, Vec<Node>),
    /// `text.matches('pattern')`
    Matches(Box<Node>, Regex),
    /// `list.all(x, …)`, `list.exists(x, …)`
    Each(Box<Each>),
}

/// One test for each element of a list.
#[derive(Clone, Debug)]
pub(super) struct Each {
    /// Whether all must pass (`all`) or one is enough (`exists`).
    pub all: bool,
    /// The list.
    pub list: Node,
    /// The element's name.
    pub name: String,
    /// The test.
    pub test: Node,
}

/// A plain path: a name, and steps that are known when reading the assertion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(pub Vec<Step>);

/// One step of a path. The first is always a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A name in a map.
    Key(String),
    /// A place in a list, counted from 0.
    Place(i64),
}

/// An operator with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    In,
}

/// A function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fun {
    Size,
    Contains,
    StartsWith,
    EndsWith,
    Int,
    Double,
    String,
    Duration,
}

impl Op {
    /// As it is written.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Rem => "%",
            Self::In => "in",
        }
    }

    /// Whether it computes, rather than asks.
    pub(super) fn is_arithmetic(self) -> bool {
        matches!(self, Self::Add | Self::Sub | Self::Mul | Self::Div | Self::Rem)
    }
}

impl Fun {
    /// As it is written.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Size => "size",
            Self::Contains => "contains",
            Self::StartsWith => "startsWith",
            Self::EndsWith => "endsWith",
            Self::Int => "int",
            Self::Double => "double",
            Self::String => "string",
            Self::Duration => "duration",
        }
    }
}

impl Path {
    /// Whether this path is the other or a step on the way to it.
    pub(super) fn leads_to(&self, other: &Path) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Its first `steps` steps, as an operator would write them: `json.items[0]['content-type']`.
    pub(super) fn text(&self, steps: usize) -> String {
        let mut text = String::new();
        for step in &self.0[..steps.min(self.0.len())] {
            match step {
                Step::Key(key) if text.is_empty() => text.push_str(key),
                Step::Key(key) if is_name(key) => text.extend([".", key]),
                Step::Key(key) => text.extend(["[", &Value::Text(key.clone()).to_string(), "]"]),
                Step::Place(place) => text.extend(["[", &place.to_string(), "]"]),
            }
        }
        text
    }
}

/// Whether a key can be written after a dot.
fn is_name(key: &str) -> bool {
    !key.is_empty()
        && !key.starts_with(|c: char| c.is_ascii_digit())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !["true", "false", "null", "in"].contains(&key)
}

impl Node {
    /// The paths that are known to be there when this part is true (or false, as asked): what `has()` guards.
    ///
    /// `has(p)` proves `p` when true; `a && b` proves when true what either proves; `a || b` proves when false what
    /// either proves when false; `!a` turns both around. Everything else proves nothing.
    pub(super) fn proves(&self, when: bool) -> Vec<&Path> {
        match &self.what {
            What::Has(path) if when => vec![path],
            What::Not(inner) => inner.proves(!when),
            What::And(sides) if when => sides.iter().flat_map(|side| side.proves(true)).collect(),
            What::Or(sides) if !when => sides.iter().flat_map(|side| side.proves(false)).collect(),
            _ => Vec::new(),
        }
    }

    /// The parts directly below.
    pub(super) fn parts(&self) -> Vec<&Node> {
        match &self.what {
            What::Const(_) | What::Read(_) | What::Has(_) => Vec::new(),
            What::Inside(one, _) | What::Not(one) | What::Neg(one) | What::Matches(one, _) => vec![one],
            What::Index(one, two) => vec![one, two],
            What::List(many) | What::And(many) | What::Or(many) | What::Call(_, many) => many.iter().collect(),
            What::Choice(three) => three.iter().collect(),
            What::Two(_, two) => two.iter().collect(),
            What::Each(each) => vec![&each.list, &each.test],
        }
    }

    /// Every path that is read or asked for by `has()`, in order, each once. Names of elements (`all(x, …)`) are
    /// left out.
    pub(super) fn paths(&self) -> Vec<&Path> {
        let mut found = Vec::new();
        self.collect(&mut Vec::new(), &mut found);
        found
    }

    fn collect<'n>(&'n self, inner: &mut Vec<&'n str>, found: &mut Vec<&'n Path>) {
        if let What::Read(path) | What::Has(path) = &self.what {
            let own = matches!(&path.0[0], Step::Key(root) if inner.contains(&root.as_str()));
            if !own && !found.contains(&path) {
                found.push(path);
            }
        }
        if let What::Each(each) = &self.what {
            inner.push(&each.name);
        }
        for part in self.parts() {
            part.collect(inner, found);
        }
        if matches!(self.what, What::Each(_)) {
            inner.pop();
        }
    }
}

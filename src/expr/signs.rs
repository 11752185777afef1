//! Checks the types around operators and functions.

use std::ops::Range;

use cel::common::ast::{CallExpr, Expr, LiteralValue};
use regex::RegexBuilder;

use super::check::{Checker, Typed};
use super::length;
use super::names;
use super::tree::{Fun, Node, Op, What};
use super::types::Ty;
use super::value::Value;

/// The largest compiled pattern, in bytes.
const MAX_PATTERN_BYTES: usize = 1_000_000;

/// A function: its name, how it is called, and what it takes.
struct Signature {
    fun: Fun,
    /// `x.f(…)` is allowed.
    method: bool,
    /// `f(x, …)` is allowed.
    plain: bool,
    /// Arguments, the receiver of a method counted.
    takes: usize,
    /// How to call it.
    usage: &'static str,
}

const fn known(fun: Fun, method: bool, plain: bool, takes: usize, usage: &'static str) -> Signature {
    Signature { fun, method, plain, takes, usage }
}

const FUNCTIONS: &[Signature] = &[
    known(Fun::Size, true, true, 1, "size(json.items)"),
    known(Fun::Contains, true, false, 2, "body.contains('ok')"),
    known(Fun::StartsWith, true, false, 2, "body.startsWith('ok')"),
    known(Fun::EndsWith, true, false, 2, "body.endsWith('ok')"),
    known(Fun::Int, false, true, 1, "int(headers['age'])"),
    known(Fun::Double, false, true, 1, "double(json.load)"),
    known(Fun::String, false, true, 1, "string(json.version)"),
    known(Fun::Duration, false, true, 1, "duration('800ms')"),
];

/// Words of other languages for ours.
const OTHER_WORDS: &[(&str, &str)] = &[
    ("len", "size"),
    ("length", "size"),
    ("count", "size"),
    ("float", "double"),
    ("number", "double"),
    ("str", "string"),
    ("match", "matches"),
    ("regex", "matches"),
    ("includes", "contains"),
    ("any", "exists"),
    ("every", "all"),
    ("defined", "has"),
];

impl Checker<'_> {
    /// Two operands around a sign.
    pub(super) fn two(&mut self, op: Op, operands: [Typed; 2], at: Range<usize>) -> Typed {
        let [(left, left_ty), (right, right_ty)] = operands;
        let ty = if left_ty == Ty::Wrong || right_ty == Ty::Wrong {
            match op {
                Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem => Ty::Wrong,
                _ => Ty::Bool,
            }
        } else {
            let both = [(&left, &left_ty), (&right, &right_ty)];
            match op {
                Op::Eq | Op::Ne => self.equality(op, both, &at),
                Op::Lt | Op::Le | Op::Gt | Op::Ge => self.order(op, both, &at),
                Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem => self.sum(op, both, &at),
                Op::In => self.membership(both, &at),
            }
        };
        (Node { at, what: What::Two(op, Box::new([left, right])) }, ty)
    }

    fn equality(&mut self, op: Op, [left, right]: [(&Node, &Ty); 2], at: &Range<usize>) -> Ty {
        if left.1.may_be(right.1) {
            return Ty::Bool;
        }
        self.differ(op, left, right, at);
        Ty::Wrong
    }

    fn order(&mut self, op: Op, [left, right]: [(&Node, &Ty); 2], at: &Range<usize>) -> Ty {
        for (node, ty) in [left, right] {
            if matches!(ty, Ty::Bool | Ty::Null | Ty::List(_)) {
                let chained = matches!(&node.what, What::Two(Op::Lt | Op::Le | Op::Gt | Op::Ge, _));
                let help = chained.then(|| "compare twice: `1 < status && status < 300`".to_owned());
                let text = format!("`{}` has no order: `{}` is {ty}", op.sign(), self.said(node));
                self.refuse(at, text, help);
                return Ty::Wrong;
            }
        }
        if !left.1.may_be(right.1) {
            self.differ(op, left, right, at);
            return Ty::Wrong;
        }
        for ((node, ty), other) in [(left, right), (right, left)] {
            if let (What::Const(Value::Text(text)), Ty::Text) = (&node.what, ty)
                && super::ops::looks_like_a_number(text)
            {
                let help = format!("compare numbers: `int({}) {} {text}`", self.said(other.0), op.sign());
                let text = format!("texts are ordered letter by letter, and '{text}' looks like a number");
                self.refuse(at, text, Some(help));
                return Ty::Wrong;
            }
        }
        Ty::Bool
    }

    fn differ(&mut self, op: Op, left: (&Node, &Ty), right: (&Node, &Ty), at: &Range<usize>) {
        let text = format!(
            "`{}` compares values of one type: `{}` is {}, `{}` is {}",
            op.sign(),
            self.said(left.0),
            left.1,
            self.said(right.0),
            right.1
        );
        let help = match (left, right) {
            ((_, known), (Node { what: What::Const(value), .. }, _))
            | ((Node { what: What::Const(value), .. }, _), (_, known)) => wanted(known, value),
            _ => None,
        };
        self.refuse(at, text, help);
    }

    fn sum(&mut self, op: Op, [left, right]: [(&Node, &Ty); 2], at: &Range<usize>) -> Ty {
        let allowed: &[Ty] = match op {
            Op::Add => &[Ty::Number, Ty::Text, Ty::Duration],
            Op::Sub => &[Ty::Number, Ty::Duration],
            _ => &[Ty::Number],
        };
        let fits = |ty: &Ty| allowed.iter().any(|may| may.may_be(ty));
        if !left.1.may_be(right.1) || !fits(left.1) || !fits(right.1) {
            let text = format!(
                "`{}` does not go with these: `{}` is {}, `{}` is {}",
                op.sign(),
                self.said(left.0),
                left.1,
                self.said(right.0),
                right.1
            );
            self.refuse(at, text, None);
            return Ty::Wrong;
        }
        if let (Op::Div | Op::Rem, What::Const(value)) = (op, &right.0.what)
            && value.as_number() == Some(0.0)
        {
            self.refuse(&right.0.at, "this divides by zero", None);
            return Ty::Wrong;
        }
        match (left.1, right.1) {
            (Ty::Int, Ty::Int) if op != Op::Div => Ty::Int,
            _ if op != Op::Add && op != Op::Sub => Ty::Number,
            (Ty::Open, other) | (other, Ty::Open) => {
                if other.is_number() {
                    Ty::Number
                } else {
                    other.clone()
                }
            }
            (ty, _) if ty.is_number() => Ty::Number,
            (ty, _) => ty.clone(),
        }
    }

    fn membership(&mut self, [left, right]: [(&Node, &Ty); 2], at: &Range<usize>) -> Ty {
        match right.1 {
            Ty::Open => Ty::Bool,
            Ty::List(element) if left.1.may_be(element) => Ty::Bool,
            Ty::List(_) => {
                let text = format!("`{}` is {}, the right side is {}", self.said(left.0), left.1, right.1);
                self.refuse(at, text, None);
                Ty::Wrong
            }
            Ty::Text => {
                let help = format!("for a part of a text: `{}.contains({})`", self.said(right.0), self.said(left.0));
                self.refuse(at, "`in` looks into a list, the right side is a text", Some(help));
                Ty::Wrong
            }
            other => {
                self.refuse(at, format!("`in` looks into a list, the right side is {other}"), None);
                Ty::Wrong
            }
        }
    }

    /// A function or a method.
    pub(super) fn function(&mut self, call: &CallExpr, token: &Range<usize>) -> Typed {
        let method = call.target.is_some();
        // A method is numbered by its bracket, a plain function by its name.
        let (name_at, bracket) = if method {
            (self.parsed.neighbour(token.start, -1), token.clone())
        } else {
            (token.clone(), self.parsed.neighbour(token.start, 1))
        };
        let parts: Vec<Typed> =
            call.target.as_deref().into_iter().chain(&call.args).map(|part| self.part(part)).collect();
        let start = if method { parts.first().map_or(name_at.start, |first| first.0.at.start) } else { name_at.start };
        let at = self.parsed.whole(start..self.parsed.closing(bracket.start).unwrap_or(bracket.end));
        let name = self.parsed.text(&name_at);
        if name == "matches" {
            return self.matches(call, parts, at);
        }
        let Some(signature) = FUNCTIONS.iter().find(|known| known.fun.name() == name) else {
            let help = nearest_function(name);
            self.refuse(&name_at, format!("there is no function {name}()"), Some(help));
            return Self::wrong(at);
        };
        if parts.len() != signature.takes || !(if method { signature.method } else { signature.plain }) {
            self.refuse(&at, format!("{name}() is not called like this"), Some(format!("write `{}`", signature.usage)));
            return Self::wrong(at);
        }
        self.arguments(signature, parts, at)
    }

    fn arguments(&mut self, signature: &Signature, parts: Vec<Typed>, at: Range<usize>) -> Typed {
        let any_list = Ty::List(Box::new(Ty::Open));
        let (takes, gives): (&[Ty], Ty) = match signature.fun {
            Fun::Size => (&[Ty::Text, any_list], Ty::Int),
            Fun::Contains | Fun::StartsWith | Fun::EndsWith => (&[Ty::Text], Ty::Bool),
            Fun::Int => (&[Ty::Number, Ty::Text], Ty::Int),
            Fun::Double => (&[Ty::Number, Ty::Text], Ty::Number),
            Fun::String => (&[Ty::Bool, Ty::Number, Ty::Text], Ty::Text),
            Fun::Duration => (&[Ty::Text], Ty::Duration),
        };
        for (node, ty) in &parts {
            if !takes.iter().any(|may| may.may_be(ty)) {
                let text = format!("{}() does not take `{}`: it is {ty}", signature.fun.name(), self.said(node));
                let in_list = matches!((signature.fun, ty), (Fun::Contains, Ty::List(_)));
                let help = if in_list { "for a list: `'value' in list`" } else { signature.usage };
                self.refuse(&node.at, text, Some(if in_list { help.to_owned() } else { format!("write `{help}`") }));
                return Self::wrong(at);
            }
        }
        if let (Fun::Duration, Some((Node { what: What::Const(Value::Text(text)), at: literal }, _))) =
            (signature.fun, parts.first())
        {
            return match length::read(text) {
                Ok(span) => (Node { at, what: What::Const(Value::Duration(span)) }, Ty::Duration),
                Err(why) => {
                    self.refuse(literal, why, Some("such as '800ms', '1.5h' or '336h'".to_owned()));
                    Self::wrong(at)
                }
            };
        }
        let parts = parts.into_iter().map(|(node, _)| node).collect();
        (Node { at, what: What::Call(signature.fun, parts) }, gives)
    }

    /// `text.matches('pattern')` or `matches(text, 'pattern')`; the pattern is compiled now.
    fn matches(&mut self, call: &CallExpr, parts: Vec<Typed>, at: Range<usize>) -> Typed {
        let literal = match call.args.last().map(|last| &last.expr) {
            Some(Expr::Literal(LiteralValue::String(text))) if parts.len() == 2 => text.inner().to_owned(),
            _ => {
                let help = "such as `body.matches('^ok')`".to_owned();
                self.refuse(&at, "matches() wants a text and a pattern in quotes", Some(help));
                return Self::wrong(at);
            }
        };
        let mut parts = parts.into_iter();
        let (Some((text, text_ty)), Some((pattern, _))) = (parts.next(), parts.next()) else { return Self::wrong(at) };
        if !text_ty.may_be(&Ty::Text) {
            let said = format!("matches() wants a text, `{}` is {text_ty}", self.said(&text));
            self.refuse(&text.at, said, None);
            return Self::wrong(at);
        }
        match RegexBuilder::new(&literal).size_limit(MAX_PATTERN_BYTES).build() {
            Ok(regex) => (Node { at, what: What::Matches(Box::new(text), regex) }, Ty::Bool),
            Err(error) => {
                let why = error.to_string();
                let last = why.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.refuse(&pattern.at, format!("this is not a pattern: {last}"), None);
                Self::wrong(at)
            }
        }
    }
}

/// How a constant of the wrong type would be written, to compare it with a known type.
fn wanted(known: &Ty, value: &Value) -> Option<String> {
    match (known, value) {
        (Ty::Int | Ty::Number, Value::Text(text)) if super::ops::looks_like_a_number(text) => {
            Some(format!("write {} without quotes", text.trim()))
        }
        (Ty::Text, Value::Int(_) | Value::Float(_) | Value::Bool(_)) => Some(format!("write it in quotes: '{value}'")),
        (Ty::Duration, Value::Text(text)) if length::read(text).is_ok() => Some(format!("write duration('{text}')")),
        (Ty::Duration, Value::Int(_) | Value::Float(_)) => {
            Some(format!("write a length of time with its unit: duration('{value}ms')"))
        }
        (Ty::Bool, Value::Text(text)) if text == "true" || text == "false" => {
            Some(format!("write {text} without quotes"))
        }
        _ => None,
    }
}

fn nearest_function(name: &str) -> String {
    let lower = name.to_ascii_lowercase();
    let other = OTHER_WORDS.iter().find(|(word, _)| *word == lower).map(|(_, ours)| *ours);
    let names = || FUNCTIONS.iter().map(|known| known.fun.name()).chain(["matches", "has", "all", "exists"]);
    let nearest = || {
        names()
            .map(|known| (names::like(name, known), known))
            .filter(|(alike, _)| *alike >= 0.6)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, known)| known)
    };
    match other.or_else(nearest) {
        Some(known) => format!("did you mean {known}()?"),
        None => format!("the functions are {}", names().collect::<Vec<_>>().join(", ")),
    }
}

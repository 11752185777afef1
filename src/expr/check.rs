//! Checks an assertion's syntax tree against a field table: names, types, constants.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, operators};

use super::ExprMistake;
use super::names;
use super::parse::{Parsed, is_has};
use super::tree::{Each, Node, Op, Path, Step, What};
use super::types::Ty;
use super::value::{Field, Value};

/// How deep parts may stand in each other.
const MAX_DEPTH: usize = 64;

const OPS: &[(&str, Op)] = &[
    (operators::EQUALS, Op::Eq),
    (operators::NOT_EQUALS, Op::Ne),
    (operators::LESS, Op::Lt),
    (operators::LESS_EQUALS, Op::Le),
    (operators::GREATER, Op::Gt),
    (operators::GREATER_EQUALS, Op::Ge),
    (operators::ADD, Op::Add),
    (operators::SUBSTRACT, Op::Sub),
    (operators::MULTIPLY, Op::Mul),
    (operators::DIVIDE, Op::Div),
    (operators::MODULO, Op::Rem),
    (operators::IN, Op::In),
];

/// A part with its type.
pub(super) type Typed = (Node, Ty);

/// The work on one assertion.
pub(super) struct Checker<'s> {
    pub(super) parsed: &'s Parsed<'s>,
    fields: &'s [Field],
    /// Names of elements, innermost last.
    elements: Vec<(String, Ty)>,
    mistakes: Vec<ExprMistake>,
}

/// Checks a parsed assertion.
pub(super) fn check(parsed: &Parsed, fields: &[Field]) -> Result<Node, Vec<ExprMistake>> {
    let mut checker = Checker { parsed, fields, elements: Vec::new(), mistakes: Vec::new() };
    if deeper_than(&parsed.root, MAX_DEPTH) {
        let at = parsed.whole(parsed.token(parsed.root.id));
        checker.refuse(&at, "this is nested too deeply", Some("split it into several assertions".to_owned()));
        return Err(checker.mistakes);
    }
    let (node, ty) = checker.part(&parsed.root);
    if checker.mistakes.is_empty() {
        if !ty.may_be(&Ty::Bool) {
            let text = format!("an assertion must be true or false, this is {ty}");
            checker.refuse(&node.at, text, Some("compare it with something".to_owned()));
        } else if node.paths().is_empty() {
            let help = names::list(fields);
            checker.refuse(&node.at, "this names no field, so it says the same of every look", help);
        }
    }
    if checker.mistakes.is_empty() {
        return Ok(node);
    }
    checker.mistakes.sort_by_key(|m| (m.start, m.end));
    Err(checker.mistakes)
}

/// Whether the tree is deeper than `limit`, found without going deeper than that.
fn deeper_than(expr: &IdedExpr, limit: usize) -> bool {
    let Some(left) = limit.checked_sub(1) else { return true };
    match &expr.expr {
        Expr::Call(call) => call.target.as_deref().into_iter().chain(&call.args).any(|part| deeper_than(part, left)),
        Expr::Select(select) => deeper_than(&select.operand, left),
        Expr::List(list) => list.elements.iter().any(|part| deeper_than(part, left)),
        Expr::Comprehension(each) => deeper_than(&each.iter_range, left) || deeper_than(&each.loop_step, left),
        _ => false,
    }
}

impl Checker<'_> {
    pub(super) fn refuse(&mut self, at: &Range<usize>, text: impl Into<String>, help: Option<String>) {
        self.mistakes.push(ExprMistake { start: at.start, end: at.end, text: text.into(), help });
    }

    /// The text of a part, for a message.
    pub(super) fn said(&self, node: &Node) -> String {
        super::say::clip(self.parsed.text(&node.at), 60)
    }

    /// A part that was refused; nothing more is said about it.
    pub(super) fn wrong(at: Range<usize>) -> Typed {
        (Node { at, what: What::Const(Value::Null) }, Ty::Wrong)
    }

    /// Checks one part.
    pub(super) fn part(&mut self, expr: &IdedExpr) -> Typed {
        if let Some((path, at)) = self.path(expr) {
            return self.read(path, at, false);
        }
        let token = self.parsed.token(expr.id);
        match &expr.expr {
            Expr::Literal(literal) => self.literal(literal, token),
            Expr::Call(call) => self.call(call, token),
            Expr::Select(select) => {
                let (inside, ty) = self.part(&select.operand);
                let end = self.parsed.neighbour(token.start, 1).end;
                let at = self.parsed.whole(inside.at.start..end);
                let ty = self.step(&ty, &Step::Key(select.field.clone()), &self.said(&inside), &at);
                (Node { at, what: What::Inside(Box::new(inside), select.field.clone()) }, ty)
            }
            Expr::List(list) => self.list(&list.elements, token),
            Expr::Comprehension(each) => self.each(each, token),
            Expr::Map(_) | Expr::Struct(_) => {
                let at = token.start..self.parsed.closing(token.start).unwrap_or(token.end);
                let at = self.parsed.whole(at);
                self.refuse(&at, "a map cannot be written in an assertion", None);
                Self::wrong(at)
            }
            // Only names are left, and `path` took those.
            Expr::Ident(_) | Expr::Unspecified => {
                self.refuse(&token, "this cannot be read", None);
                Self::wrong(token)
            }
        }
    }

    /// The plain path that an expression spells, if it does: `json.items[0]['name']`.
    fn path(&self, expr: &IdedExpr) -> Option<(Path, Range<usize>)> {
        let token = self.parsed.token(expr.id);
        match &expr.expr {
            Expr::Ident(name) => {
                let end = if name.starts_with('.') { self.parsed.neighbour(token.start, 1).end } else { token.end };
                Some((Path(vec![Step::Key(name.clone())]), token.start..end))
            }
            Expr::Select(select) if !select.test => {
                let (mut path, at) = self.path(&select.operand)?;
                path.0.push(Step::Key(select.field.clone()));
                Some((path, self.parsed.whole(at.start..self.parsed.neighbour(token.start, 1).end)))
            }
            Expr::Call(call) if call.func_name == operators::INDEX && call.args.len() == 2 => {
                let step = match &call.args[1].expr {
                    Expr::Literal(LiteralValue::String(key)) => Step::Key(key.inner().to_owned()),
                    Expr::Literal(LiteralValue::Int(place)) => Step::Place(*place.inner()),
                    _ => return None,
                };
                let (mut path, at) = self.path(&call.args[0])?;
                path.0.push(step);
                Some((path, self.parsed.whole(at.start..token.end)))
            }
            _ => None,
        }
    }

    /// Resolves a path: an element's name, or a field and what is inside it. `asked`: by `has()`.
    fn read(&mut self, path: Path, at: Range<usize>, asked: bool) -> Typed {
        let Step::Key(root) = &path.0[0] else { return Self::wrong(at) };
        let element = self.elements.iter().rev().find(|(name, _)| name == root).map(|(_, ty)| ty.clone());
        let (mut ty, known) = match element {
            Some(ty) => (ty, 1),
            None => match names::resolve(&path, self.fields) {
                names::Found::Field(ty, steps) => (Ty::from(ty), steps),
                names::Found::Group if asked => (Ty::Open, path.0.len()),
                names::Found::Group => {
                    let text = format!("`{}` has several parts", path.text(path.0.len()));
                    self.refuse(&at, text, names::inside(&path, self.fields));
                    return Self::wrong(at);
                }
                names::Found::Nothing(name) => {
                    let locals: Vec<&str> = self.elements.iter().map(|(name, _)| name.as_str()).collect();
                    let help = names::nearest(&name, self.fields, &locals);
                    self.refuse(&at, format!("`{name}` is not a field"), help);
                    return Self::wrong(at);
                }
            },
        };
        for (done, step) in path.0.iter().enumerate().skip(known) {
            ty = self.step(&ty, step, &path.text(done), &at);
        }
        let what = if asked { What::Has(path) } else { What::Read(path) };
        (Node { at, what }, if asked && ty != Ty::Wrong { Ty::Bool } else { ty })
    }

    /// The type of what is inside a value.
    fn step(&mut self, ty: &Ty, step: &Step, of: &str, at: &Range<usize>) -> Ty {
        match (ty, step) {
            (Ty::Wrong | Ty::Open, _) => ty.clone(),
            (Ty::List(_), Step::Place(place)) if *place < 0 => {
                self.refuse(at, "a list has no place below 0", Some("the first element is [0]".to_owned()));
                Ty::Wrong
            }
            (Ty::List(element), Step::Place(_)) => (**element).clone(),
            (ty, Step::Key(key)) => {
                let text = format!("there is no `{key}` inside `{of}`: it is {ty}");
                self.refuse(at, text, None);
                Ty::Wrong
            }
            (ty, Step::Place(_)) => {
                self.refuse(at, format!("`{of}` has no places: it is {ty}"), None);
                Ty::Wrong
            }
        }
    }

    fn literal(&mut self, literal: &LiteralValue, token: Range<usize>) -> Typed {
        let signed =
            matches!(literal, LiteralValue::Int(_) | LiteralValue::Double(_)) && self.parsed.text(&token) == "-";
        let at = if signed { token.start..self.parsed.neighbour(token.start, 1).end } else { token };
        let (value, ty) = match literal {
            LiteralValue::Boolean(b) => (Value::Bool(*b.inner()), Ty::Bool),
            LiteralValue::Int(whole) => (Value::Int(*whole.inner()), Ty::Int),
            LiteralValue::Double(float) => (Value::Float(*float.inner()), Ty::Number),
            LiteralValue::String(text) => (Value::Text(text.inner().to_owned()), Ty::Text),
            LiteralValue::Null => (Value::Null, Ty::Null),
            LiteralValue::UInt(whole) => {
                let Ok(whole) = i64::try_from(*whole.inner()) else {
                    self.refuse(&at, format!("{} is too large a number", whole.inner()), None);
                    return Self::wrong(at);
                };
                (Value::Int(whole), Ty::Int)
            }
            LiteralValue::Bytes(_) => {
                let help = "leave the `b` before the quote out".to_owned();
                self.refuse(&at, "bytes are not known in assertions", Some(help));
                return Self::wrong(at);
            }
        };
        (Node { at, what: What::Const(value) }, ty)
    }

    fn list(&mut self, elements: &[IdedExpr], token: Range<usize>) -> Typed {
        let at = token.start..self.parsed.closing(token.start).unwrap_or(token.end);
        let (mut nodes, mut all) = (Vec::new(), Ty::Open);
        for (place, element) in elements.iter().enumerate() {
            let (node, ty) = self.part(element);
            match all.join(&ty) {
                _ if place == 0 => all = ty,
                Some(joined) => all = joined,
                None => {
                    self.refuse(
                        &node.at,
                        format!("a list has elements of one type; this is {ty}, before it is {all}"),
                        None,
                    );
                    all = Ty::Wrong;
                }
            }
            nodes.push(node);
        }
        (Node { at, what: What::List(nodes) }, Ty::List(Box::new(all)))
    }

    fn call(&mut self, call: &CallExpr, token: Range<usize>) -> Typed {
        let op = OPS.iter().find(|(name, _)| *name == call.func_name);
        match (call.func_name.as_str(), call.args.as_slice()) {
            (_, [left, right]) if op.is_some() => {
                let operands = [self.part(left), self.part(right)];
                let at = self.parsed.whole(operands[0].0.at.start..operands[1].0.at.end);
                self.two(op.map_or(Op::Eq, |(_, op)| *op), operands, at)
            }
            (operators::LOGICAL_AND | operators::LOGICAL_OR, sides) => {
                let sides: Vec<Node> = sides.iter().map(|side| self.truth(side)).collect();
                let (Some(first), Some(last)) = (sides.first(), sides.last()) else { return Self::wrong(token) };
                let at = self.parsed.whole(first.at.start..last.at.end);
                let and = call.func_name == operators::LOGICAL_AND;
                (Node { at, what: if and { What::And(sides) } else { What::Or(sides) } }, Ty::Bool)
            }
            (operators::LOGICAL_NOT, [one]) => {
                let one = self.truth(one);
                (Node { at: self.parsed.whole(token.start..one.at.end), what: What::Not(Box::new(one)) }, Ty::Bool)
            }
            (operators::NEGATE, [one]) => {
                let (one, ty) = self.part(one);
                if !ty.may_be(&Ty::Number) && !ty.may_be(&Ty::Duration) {
                    let text = format!("`-` wants a number, `{}` is {ty}", self.said(&one));
                    self.refuse(&one.at, text, None);
                }
                (Node { at: self.parsed.whole(token.start..one.at.end), what: What::Neg(Box::new(one)) }, ty)
            }
            (operators::CONDITIONAL, [test, yes, no]) => self.choice(test, yes, no),
            (operators::INDEX, [of, index]) => self.index(of, index, &token),
            (name, [asked]) if call.target.is_none() && is_has(name, self.parsed.text(&token)) => {
                let end = self.parsed.closing(self.parsed.neighbour(token.start, 1).start).unwrap_or(token.end);
                self.has(asked, token.start..end)
            }
            _ => self.function(call, &token),
        }
    }

    /// A part that must be true or false.
    pub(super) fn truth(&mut self, expr: &IdedExpr) -> Node {
        let (node, ty) = self.part(expr);
        if !ty.may_be(&Ty::Bool) {
            let text = format!("`{}` is {ty}, but must be true or false here", self.said(&node));
            self.refuse(&node.at, text, Some("compare it with something".to_owned()));
        }
        node
    }

    fn choice(&mut self, test: &IdedExpr, yes: &IdedExpr, no: &IdedExpr) -> Typed {
        let test = self.truth(test);
        let ((yes, yes_ty), (no, no_ty)) = (self.part(yes), self.part(no));
        let at = self.parsed.whole(test.at.start..no.at.end);
        let ty = yes_ty.join(&no_ty).unwrap_or_else(|| {
            let text = format!("both values of `? :` must have one type; these are {yes_ty} and {no_ty}");
            self.refuse(&at, text, None);
            Ty::Wrong
        });
        (Node { at, what: What::Choice(Box::new([test, yes, no])) }, ty)
    }

    /// An index that is no plain path.
    fn index(&mut self, of: &IdedExpr, index: &IdedExpr, token: &Range<usize>) -> Typed {
        let ((of, of_ty), (index, index_ty)) = (self.part(of), self.part(index));
        let at = self.parsed.whole(of.at.start..token.end);
        let ty = match &of_ty {
            Ty::Wrong => Ty::Wrong,
            Ty::Open if index_ty.may_be(&Ty::Text) || index_ty.may_be(&Ty::Int) => Ty::Open,
            Ty::List(element) if index_ty.may_be(&Ty::Int) => (**element).clone(),
            Ty::Open | Ty::List(_) => {
                let text = format!("`{}` is {index_ty} and cannot be an index here", self.said(&index));
                self.refuse(&index.at, text, None);
                Ty::Wrong
            }
            _ => {
                self.refuse(&at, format!("`{}` has no places: it is {of_ty}", self.said(&of)), None);
                Ty::Wrong
            }
        };
        (Node { at, what: What::Index(Box::new(of), Box::new(index)) }, ty)
    }

    fn has(&mut self, asked: &IdedExpr, at: Range<usize>) -> Typed {
        let Some((path, inner)) = self.path(asked) else {
            let help = "such as `has(json.queue)` or `has(headers['retry-after'])`".to_owned();
            self.refuse(&at, "has() asks for a field, or for a value inside one", Some(help));
            return Self::wrong(at);
        };
        let (node, ty) = self.read(path, inner, true);
        (Node { at, what: node.what }, ty)
    }

    fn each(&mut self, each: &ComprehensionExpr, token: Range<usize>) -> Typed {
        let (list, list_ty) = self.part(&each.iter_range);
        let at = self.parsed.whole(list.at.start..token.end);
        let name = self.parsed.text(&self.parsed.neighbour(token.start, -1));
        let (all, test) = match &each.loop_step.expr {
            Expr::Call(step) if name == "all" && step.args.len() == 2 => (true, &step.args[1]),
            Expr::Call(step) if name == "exists" && step.args.len() == 2 => (false, &step.args[1]),
            _ => {
                let help = "all() and exists() are known: `json.nodes.all(n, n.up)`".to_owned();
                self.refuse(&at, format!("{name}() is not known in assertions"), Some(help));
                return Self::wrong(at);
            }
        };
        let element = match &list_ty {
            Ty::List(element) => (**element).clone(),
            Ty::Open | Ty::Wrong => list_ty.clone(),
            _ => {
                self.refuse(
                    &list.at,
                    format!("{name}() goes through a list, `{}` is {list_ty}", self.said(&list)),
                    None,
                );
                Ty::Wrong
            }
        };
        let taken = self.elements.iter().any(|(taken, _)| *taken == each.iter_var)
            || names::begins_a_field(&each.iter_var, self.fields);
        if taken {
            self.refuse(&at, format!("`{}` is already the name of something else", each.iter_var), None);
            return Self::wrong(at);
        }
        self.elements.push((each.iter_var.clone(), element));
        let test = self.truth(test);
        self.elements.pop();
        let each = Each { all, list, name: each.iter_var.clone(), test };
        (Node { at, what: What::Each(Box::new(each)) }, Ty::Bool)
    }
}

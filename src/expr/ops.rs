//! Operators and functions over values. What goes wrong is said in words.

use std::cmp::Ordering;

use crate::model::Span;

use super::length;
use super::tree::{Fun, Op};
use super::value::Value;

/// 2^63, the first float beyond every whole number of 64 bits.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;

/// Whether a text reads as a number, so that its order as a text would mislead.
pub(super) fn looks_like_a_number(text: &str) -> bool {
    let text = text.trim();
    text.contains(|c: char| c.is_ascii_digit()) && text.parse::<f64>().is_ok()
}

/// Applies an operator.
pub(super) fn two(op: Op, left: &Value, right: &Value) -> Result<Value, String> {
    match op {
        Op::Eq => equal(left, right).map(Value::Bool),
        Op::Ne => equal(left, right).map(|same| Value::Bool(!same)),
        Op::Lt => order(op, left, right).map(|order| Value::Bool(order == Ordering::Less)),
        Op::Le => order(op, left, right).map(|order| Value::Bool(order != Ordering::Greater)),
        Op::Gt => order(op, left, right).map(|order| Value::Bool(order == Ordering::Greater)),
        Op::Ge => order(op, left, right).map(|order| Value::Bool(order != Ordering::Less)),
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem => sum(op, left, right),
        Op::In => within(left, right).map(Value::Bool),
    }
}

/// Equality within one type, also inside lists and maps; numbers are one type and are compared exactly.
fn equal(left: &Value, right: &Value) -> Result<bool, String> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Bool(a), Value::Bool(b)) => Ok(a == b),
        (Value::Text(a), Value::Text(b)) => Ok(a == b),
        (Value::Duration(a), Value::Duration(b)) => Ok(a == b),
        (Value::List(a), Value::List(b)) => {
            // No short cut: a wrong type further on must not hide behind a first difference.
            let mut same = a.len() == b.len();
            for (a, b) in a.iter().zip(b) {
                same &= equal(a, b)?;
            }
            Ok(same)
        }
        (Value::Map(a), Value::Map(b)) => {
            let mut same = a.len() == b.len();
            for (key, a) in a {
                match b.get(key) {
                    Some(b) => same &= equal(a, b)?,
                    None => same = false,
                }
            }
            Ok(same)
        }
        _ => match numbers(left, right) {
            Some(order) => order.map(|order| order == Ordering::Equal),
            None => Err(differ("compared", left, right)),
        },
    }
}

fn order(op: Op, left: &Value, right: &Value) -> Result<Ordering, String> {
    match (left, right) {
        (Value::Duration(a), Value::Duration(b)) => Ok(a.cmp(b)),
        (Value::Text(a), Value::Text(b)) if looks_like_a_number(a) && looks_like_a_number(b) => Err(format!(
            "{} and {} are texts that look like numbers, and texts are ordered letter by letter",
            left.brief(),
            right.brief()
        )),
        (Value::Text(a), Value::Text(b)) => Ok(a.cmp(b)),
        _ => match numbers(left, right) {
            Some(order) => order,
            None if left.type_name() == right.type_name() => {
                Err(format!("`{}` has no order for {}", op.sign(), left.type_name()))
            }
            None => Err(differ("compared", left, right)),
        },
    }
}

fn differ(what: &str, left: &Value, right: &Value) -> String {
    format!(
        "{} is {} and {} is {}: they cannot be {what}",
        left.brief(),
        left.type_name(),
        right.brief(),
        right.type_name()
    )
}

/// The order of two numbers, exactly, whichever way they are stored; none if they are not both numbers.
fn numbers(left: &Value, right: &Value) -> Option<Result<Ordering, String>> {
    let order = match (left, right) {
        (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
        (Value::Float(a), Value::Float(b)) => a.partial_cmp(b),
        (Value::Int(a), Value::Float(b)) => whole_and_float(*a, *b),
        (Value::Float(a), Value::Int(b)) => whole_and_float(*b, *a).map(Ordering::reverse),
        _ => return None,
    };
    Some(order.ok_or_else(|| "a value is not a number (NaN)".to_owned()))
}

fn whole_and_float(whole: i64, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    if float >= TWO_63 {
        return Some(Ordering::Less);
    }
    if float < -TWO_63 {
        return Some(Ordering::Greater);
    }
    // In this range the whole part of a float is a whole number of 64 bits, exactly.
    Some(whole.cmp(&(float.trunc() as i64)).then_with(|| 0.0_f64.total_cmp(&(float.fract() + 0.0))))
}

/// Arithmetic. Whole numbers stay whole, except that a division that leaves a rest gives a fraction: `7 / 2` is
/// 3.5, so `json.used / json.total > 0.9` means what it says.
fn sum(op: Op, left: &Value, right: &Value) -> Result<Value, String> {
    let divides = matches!(op, Op::Div | Op::Rem);
    if divides && matches!(right, Value::Int(_) | Value::Float(_)) && right.as_number() == Some(0.0) {
        return Err(format!("{} is divided by zero", left.brief()));
    }
    let overflow = || format!("{} {} {} is too large a number", left.brief(), op.sign(), right.brief());
    match (left, right) {
        (Value::Text(a), Value::Text(b)) if op == Op::Add => Ok(Value::Text(format!("{a}{b}"))),
        (Value::Duration(a), Value::Duration(b)) if op == Op::Add || op == Op::Sub => {
            let ms = if op == Op::Add { a.ms().checked_add(b.ms()) } else { a.ms().checked_sub(b.ms()) };
            ms.map(|ms| Value::Duration(Span::from_ms(ms))).ok_or_else(overflow)
        }
        (Value::Int(a), Value::Int(b)) => match op {
            Op::Add => a.checked_add(*b),
            Op::Sub => a.checked_sub(*b),
            Op::Mul => a.checked_mul(*b),
            Op::Rem => a.checked_rem(*b),
            _ if a.checked_rem(*b).is_none_or(|rest| rest == 0) => a.checked_div(*b),
            _ => return Ok(Value::Float(*a as f64 / *b as f64)),
        }
        .map(Value::Int)
        .ok_or_else(overflow),
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            let (a, b) = (left.as_number().unwrap_or(f64::NAN), right.as_number().unwrap_or(f64::NAN));
            let result = match op {
                Op::Add => a + b,
                Op::Sub => a - b,
                Op::Mul => a * b,
                Op::Rem => a % b,
                _ => a / b,
            };
            if result.is_finite() { Ok(Value::Float(result)) } else { Err(overflow()) }
        }
        _ => Err(format!(
            "`{}` does not go with {} ({}) and {} ({})",
            op.sign(),
            left.brief(),
            left.type_name(),
            right.brief(),
            right.type_name()
        )),
    }
}

fn within(left: &Value, right: &Value) -> Result<bool, String> {
    match right {
        Value::List(items) => {
            let mut found = false;
            for item in items {
                found |= equal(left, item)?;
            }
            Ok(found)
        }
        Value::Map(entries) => match left {
            Value::Text(key) => Ok(entries.contains_key(key)),
            _ => Err(format!("the names in a map are texts, {} is {}", left.brief(), left.type_name())),
        },
        _ => Err(format!("`in` looks into a list or a map, {} is {}", right.brief(), right.type_name())),
    }
}

/// `-value`
pub(super) fn negate(value: &Value) -> Result<Value, String> {
    let negated = match value {
        Value::Int(whole) => whole.checked_neg().map(Value::Int),
        Value::Float(float) => Some(Value::Float(-float)),
        Value::Duration(span) => span.ms().checked_neg().map(|ms| Value::Duration(Span::from_ms(ms))),
        _ => return Err(format!("`-` wants a number, {} is {}", value.brief(), value.type_name())),
    };
    negated.ok_or_else(|| format!("-({value}) is too large a number"))
}

/// Calls a function.
pub(super) fn call(fun: Fun, args: &[&Value]) -> Result<Value, String> {
    let wrong =
        |value: &Value| Err(format!("{}() does not take {}: it is {}", fun.name(), value.brief(), value.type_name()));
    match (fun, args) {
        (Fun::Size, [Value::Text(text)]) => Ok(Value::Int(text.chars().count() as i64)),
        (Fun::Size, [Value::List(items)]) => Ok(Value::Int(items.len() as i64)),
        (Fun::Size, [Value::Map(entries)]) => Ok(Value::Int(entries.len() as i64)),
        (Fun::Contains, [Value::Text(text), Value::Text(part)]) => Ok(Value::Bool(text.contains(part.as_str()))),
        (Fun::StartsWith, [Value::Text(text), Value::Text(part)]) => Ok(Value::Bool(text.starts_with(part.as_str()))),
        (Fun::EndsWith, [Value::Text(text), Value::Text(part)]) => Ok(Value::Bool(text.ends_with(part.as_str()))),
        (Fun::Contains | Fun::StartsWith | Fun::EndsWith, [first, second]) => {
            wrong(if matches!(first, Value::Text(_)) { second } else { first })
        }
        (Fun::Int, [value]) => to_int(value).unwrap_or_else(|| wrong(value)),
        (Fun::Double, [value]) => to_double(value).unwrap_or_else(|| wrong(value)),
        (Fun::String, [value]) => match value {
            Value::Text(_) => Ok((*value).clone()),
            Value::Bool(_) | Value::Int(_) | Value::Float(_) => Ok(Value::Text(value.to_string())),
            _ => wrong(value),
        },
        (Fun::Duration, [Value::Text(text)]) => length::read(text).map(Value::Duration),
        (_, [value, ..]) => wrong(value),
        (_, []) => Err(format!("{}() got nothing", fun.name())),
    }
}

/// A number without its fraction (towards zero, as in CEL), or a text of ten-based digits. None: a wrong type.
fn to_int(value: &Value) -> Option<Result<Value, String>> {
    Some(match value {
        Value::Int(_) => Ok(value.clone()),
        Value::Float(float) if *float >= -TWO_63 && *float < TWO_63 => Ok(Value::Int(float.trunc() as i64)),
        Value::Float(_) => Err(format!("{value} does not fit into a whole number")),
        Value::Text(text) => {
            text.parse().map(Value::Int).map_err(|_| format!("{} is not a whole number", value.brief()))
        }
        _ => return None,
    })
}

fn to_double(value: &Value) -> Option<Result<Value, String>> {
    Some(match value {
        Value::Int(whole) => Ok(Value::Float(*whole as f64)),
        Value::Float(_) => Ok(value.clone()),
        Value::Text(text) => match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Value::Float(float)),
            _ => Err(format!("{} is not a number", value.brief())),
        },
        _ => return None,
    })
}

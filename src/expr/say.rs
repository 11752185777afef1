//! The public words of a judgement: what was expected and what was observed.

use super::judge::{Scope, Trouble};
use super::tree::{Node, Path, What};
use super::value::Value;

/// The longest part of an assertion that is repeated in a reason, in characters.
const PART_CHARS: usize = 200;
/// How many observed values or troubles a reason names.
const NAMED: usize = 4;

/// `expected status == 200, got 502`: of `&&` the first side that is false.
pub(super) fn fails(source: &str, node: &Node, scope: &Scope) -> String {
    let part = blame(node, scope);
    format!("expected {}, got {}", part_text(source, part), got(part, scope))
}

/// `latency > duration('800ms'), got 1.2 s`
pub(super) fn holds(source: &str, node: &Node, scope: &Scope) -> String {
    format!("{}, got {}", part_text(source, node), got(node, scope))
}

/// `cannot judge json.depth < 5: json.depth is missing`
pub(super) fn error(source: &str, node: &Node, troubles: &[Trouble]) -> String {
    let mut texts: Vec<&str> = Vec::new();
    for trouble in troubles {
        if !texts.contains(&trouble.text.as_str()) {
            texts.push(&trouble.text);
        }
    }
    let more = if texts.len() > NAMED { "; …" } else { "" };
    texts.truncate(NAMED);
    format!("cannot judge {}: {}{more}", part_text(source, node), texts.join("; "))
}

/// A text on one line, in at most so many characters.
pub(super) fn clip(text: &str, chars: usize) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = line.take(chars).collect();
    if text.chars().nth(chars).is_some() {
        short.push('…');
    }
    short
}

fn part_text(source: &str, node: &Node) -> String {
    clip(source.get(node.at.clone()).unwrap_or(source), PART_CHARS)
}

/// The part that made it false.
fn blame<'n>(node: &'n Node, scope: &Scope<'n>) -> &'n Node {
    let is_false = |side: &&Node| matches!(scope.judge(side).as_deref(), Ok(Value::Bool(false)));
    match &node.what {
        What::And(sides) => sides.iter().find(is_false).map_or(node, |side| blame(side, scope)),
        _ => node,
    }
}

/// What was observed: the one value that the part is about, or the fields that it names.
pub(super) fn got<'n>(node: &'n Node, scope: &Scope<'n>) -> String {
    if let Some(value) = subject(node).and_then(|subject| scope.judge(subject).ok()) {
        return value.brief();
    }
    let paths = node.paths();
    if let ([path], true) = (paths.as_slice(), reads_only(node)) {
        return observed(path, scope);
    }
    let said: Vec<String> = paths
        .iter()
        .take(NAMED)
        .map(|path| format!("{} = {}", path.text(path.0.len()), observed(path, scope)))
        .collect();
    let more = if paths.len() > NAMED { ", …" } else { "" };
    format!("{}{more}", said.join(", "))
}

/// The one operand that is not constant, where there is only one: `size(json.items)` in `size(json.items) > 3`.
fn subject(node: &Node) -> Option<&Node> {
    match &node.what {
        What::Read(_) => return Some(node),
        What::Two(..) | What::Call(..) | What::Matches(..) | What::Not(_) => {}
        _ => return None,
    }
    let mut varying = node.parts().into_iter().filter(|part| !part.paths().is_empty());
    match (varying.next(), varying.next()) {
        (Some(one), None) if !matches!(one.what, What::Two(..) | What::And(_) | What::Or(_) | What::Has(_)) => {
            Some(one)
        }
        // An arithmetic result says what was compared; the answer of a comparison says nothing.
        (Some(one), None) if matches!(&one.what, What::Two(op, _) if op.is_arithmetic()) => Some(one),
        _ => None,
    }
}

/// Whether a part is nothing but a question after one path.
fn reads_only(node: &Node) -> bool {
    match &node.what {
        What::Read(_) | What::Has(_) => true,
        What::Not(part) => reads_only(part),
        What::Two(_, two) => two.iter().filter(|part| !part.paths().is_empty()).all(reads_only),
        _ => false,
    }
}

fn observed(path: &Path, scope: &Scope) -> String {
    match scope.read(path) {
        Ok(value) => value.brief(),
        Err(_) => "nothing".to_owned(),
    }
}

//! A check as one JSON value.

use serde_json::{Map, Value, json};

use super::{Line, Report};
use crate::app::{self, Observation};
use crate::cli::voice;

pub(super) fn tell(report: &Report<'_>, explain: bool) {
    voice::json(&json!({
        "took_ms": report.looked.took.ms(),
        "blind": report.looked.blind,
        "looks": report.lines.iter().map(|line| look(line, explain)).collect::<Vec<_>>(),
    }));
}

fn look(line: &Line<'_>, explain: bool) -> Value {
    let one = |seen: &Observation| if explain { whole(line, seen) } else { brief(seen) };
    json!({
        "id": line.look.key.as_str(), "kind": line.probe.kind, "target": line.probe.host,
        "first": one(&line.look.first),
        "second": line.look.second.as_ref().map(|(after, seen)| json!({"after_ms": after.ms(), "look": one(seen)})),
    })
}

fn brief(seen: &Observation) -> Value {
    let phases: Map<String, Value> =
        seen.phases.iter().map(|(name, took)| ((*name).to_owned(), json!(took.ms()))).collect();
    json!({
        "verdict": seen.verdict.word(), "latency_ms": seen.ms, "phase": seen.phase, "why": seen.why,
        "detail": seen.detail, "tries": seen.tries, "phases_ms": phases,
    })
}

/// With everything that was seen, as `--explain` tells it.
fn whole(line: &Line<'_>, seen: &Observation) -> Value {
    let mut told = brief(seen);
    let unit = |name: &str| line.probe.units.iter().find(|(known, _)| known == name).map(|(_, unit)| *unit);
    told["sends"] = json!(line.sends);
    told["facts"] = Value::Object(seen.facts.iter().map(|(name, value)| (name.clone(), fact(value))).collect());
    told["checked"] = json!(
        seen.checked
            .iter()
            .map(|c| json!({"rule": c.rule, "assertion": c.source, "holds": c.holds, "got": c.got}))
            .collect::<Vec<_>>()
    );
    told["recorded"] = json!(
        seen.rec
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value, "unit": unit(name)}))
            .collect::<Vec<_>>()
    );
    told
}

/// A fact; a length of time in milliseconds.
fn fact(value: &app::Value) -> Value {
    match value {
        app::Value::Null => Value::Null,
        app::Value::Bool(b) => json!(b),
        app::Value::Int(n) => json!(n),
        app::Value::Float(n) => json!(n),
        app::Value::Text(text) => json!(text),
        app::Value::Duration(span) => json!(span.ms()),
        app::Value::List(items) => items.iter().map(fact).collect(),
        app::Value::Map(entries) => entries.iter().map(|(name, value)| (name.clone(), fact(value))).collect(),
    }
}

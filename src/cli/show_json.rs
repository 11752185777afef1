//! Records as a program reads them: the names are those of the record's own lines.

use serde_json::{Map, Value, json};

use crate::model::{Body, ComponentId, IncidentStep, Link, Moment, ProbeKey, Record, Round, Seen, Span, Try};

/// A record; none where nothing of it is wanted.
pub fn record(record: &Record, names: Option<&[String]>) -> Option<Value> {
    let wanted = |component: &str| names.is_none_or(|names| names.iter().any(|n| n == component));
    let concerns = |list: &[ComponentId]| list.iter().any(|c| wanted(c.as_str()));
    let (what, body) = match &record.body {
        Body::Round(r) if names.is_none() || names_any(r, &wanted) => ("round", round(r, &wanted)),
        Body::Round(_) => return None,
        Body::Details(list) => {
            let mine = list.iter().filter(|d| wanted(d.id.component()));
            let all: Vec<Value> = mine.map(|d| json!({"id": d.id.as_str(), "text": d.text})).collect();
            ("detail", Some(json!(all)).filter(|_| !all.is_empty())?)
        }
        Body::Incident(i) if i.step == IncidentStep::Resolve || concerns(&i.components) => {
            let step = match i.step {
                IncidentStep::Open => "open",
                IncidentStep::Join => "join",
                IncidentStep::Recover => "recover",
                IncidentStep::Relapse => "relapse",
                IncidentStep::Resolve => "resolve",
            };
            let (at, seen) = (i.at.rfc3339(), i.seen.rfc3339());
            (
                "incident",
                json!({"id": i.id.as_str(), "do": step, "at": at, "seen": seen, "components": ids(&i.components)}),
            )
        }
        Body::Maintenance(m) if concerns(&m.components) => {
            let (starts, ends) = (m.starts.rfc3339(), m.ends.rfc3339());
            ("maintenance", json!({"id": m.id, "starts": starts, "ends": ends, "components": ids(&m.components)}))
        }
        _ if names.is_some() => return None,
        Body::Incident(_) | Body::Maintenance(_) => return None,
        Body::Words(words) => {
            let update = |u: &crate::model::JournaledUpdate| json!({"stamp": u.stamp.map(Moment::rfc3339), "key": u.key, "sha256": u.sha256});
            let updates: Vec<Value> = words.updates.iter().map(update).collect();
            ("words", json!({"file": words.file, "sha256": words.sha256, "updates": updates}))
        }
        Body::Channel(id) => ("channel", json!({"id": id})),
        Body::Try(t) => ("try", attempt(t)),
        Body::Sent(t) => ("sent", attempt(t)),
        Body::GaveUp(t) => ("gave_up", attempt(t)),
        Body::Join(a, b) => ("join", json!([a.as_str(), b.as_str()])),
        Body::Pin(pin) => {
            let link = |l: &Link| json!({"n": l.n, "p": l.prev.as_str(), "h": l.head.as_str()});
            let (first, last) = (link(&pin.first), link(&pin.last));
            let day = pin.day.to_string();
            ("pin", json!({"day": day, "first": first, "last": last, "raw": pin.raw, "file": pin.file}))
        }
        Body::Other(raw) => ("other", json!(raw)),
    };
    let mut value = json!({
        "chain": record.chain.as_str(), "n": record.n, "t": record.t.rfc3339(), "h": record.head.as_str(), what: body,
    });
    if let Some(skip) = &record.skip {
        value["skip"] = json!({"bytes": skip.bytes, "sha256": skip.sha256});
    }
    Some(value)
}

fn ids(components: &[ComponentId]) -> Vec<&str> {
    components.iter().map(ComponentId::as_str).collect()
}

fn attempt(t: &Try) -> Value {
    json!({"channel": t.channel, "event": t.event, "attempt": t.attempt, "why": t.why})
}

fn names_any(round: &Round, wanted: &dyn Fn(&str) -> bool) -> bool {
    let keys = round.up.iter().map(|(key, _)| key).chain(round.not.iter().map(|s| &s.id));
    keys.into_iter().any(|key| wanted(key.component()))
}

fn round(round: &Round, wanted: &dyn Fn(&str) -> bool) -> Value {
    let mine = |key: &&ProbeKey| wanted(key.component());
    let up: Map<String, Value> =
        round.up.iter().filter(|(key, _)| mine(&key)).map(|(key, ms)| (key.to_string(), json!(ms))).collect();
    let not: Vec<Value> = round.not.iter().filter(|s| mine(&&s.id)).map(seen).collect();
    let gaps: Map<String, Value> =
        round.gaps.iter().filter(|(key, _)| mine(&key)).map(|(key, gap)| (key.to_string(), json!(gap.ms()))).collect();
    let values = |list: &[(String, f64)]| -> Map<String, Value> {
        list.iter().map(|(field, value)| (field.clone(), json!(value))).collect()
    };
    let rec: Map<String, Value> = round
        .rec
        .iter()
        .filter(|(key, _)| mine(&key))
        .map(|(key, list)| (key.to_string(), json!(values(list))))
        .collect();
    json!({
        "gap": round.gap.ms(), "gaps": gaps, "took": round.took.ms(), "blind": round.blind, "up": up, "not": not,
        "rec": rec,
    })
}

fn seen(s: &Seen) -> Value {
    json!({
        "id": s.id.as_str(), "is": s.is.word(), "ms": s.ms, "after": s.after.map(Span::ms), "phase": s.phase,
        "why": s.why, "tries": s.tries,
    })
}

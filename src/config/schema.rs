//! The JSON Schema of `statuary.toml`, for editors, made from the same key tables that the reader uses.

use serde_json::{Map, Value, json};

use crate::model::{Key, Takes};

use super::probes;
use super::tables::{CHANNEL, COMPONENT, JOURNAL, NAMING, PUBLISH, RULES, RUN, SITE, TOP};
use super::understand::Kinds;

/// A duration as the reader takes it.
const DURATION: &str = r"^\s*\d+(\.\d+)?\s*[A-Za-zµ]+(\s*\d+(\.\d+)?\s*[A-Za-zµ]+)*\s*$";

/// The schema (draft 2020-12) of a config with these kinds.
pub(super) fn of(kinds: &Kinds<'_>) -> Value {
    let mut top = properties(TOP);
    top.insert("site".into(), table(SITE));
    top.insert("run".into(), table(RUN));
    top.insert("rules".into(), table(RULES));
    top.insert("journal".into(), table(JOURNAL));
    top.insert("publish".into(), table(PUBLISH));
    top.insert("defaults".into(), defaults(kinds));
    top.insert("component".into(), json!({ "type": "array", "items": component(kinds) }));
    top.insert("notify".into(), json!({ "type": "array", "items": channel(kinds) }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "statuary.toml",
        "type": "object",
        "properties": top,
        "required": ["site"],
        "additionalProperties": false,
    })
}

fn table(keys: &[Key]) -> Value {
    object(&properties(keys), keys)
}

fn object(properties: &Map<String, Value>, keys: &[Key]) -> Value {
    let required: Vec<&str> = keys.iter().filter(|k| k.required).map(|k| k.name).collect();
    let mut made = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        made["required"] = json!(required);
    }
    made
}

fn properties(keys: &[Key]) -> Map<String, Value> {
    keys.iter().map(|k| (k.name.to_owned(), property(k))).collect()
}

fn property(key: &Key) -> Value {
    let mut made = takes(key.takes);
    made["description"] = json!(key.doc);
    made
}

fn takes(takes: Takes) -> Value {
    let secret = || {
        json!({ "anyOf": [
            { "type": "string" },
            {
                "type": "object",
                "properties": { "file": { "type": "string" } },
                "required": ["file"],
                "additionalProperties": false,
            },
        ] })
    };
    let one_or_more = |one: Value| json!({ "anyOf": [one, { "type": "array", "items": one }] });
    match takes {
        Takes::Text => json!({ "type": "string" }),
        Takes::Secret => secret(),
        Takes::Bool => json!({ "type": "boolean" }),
        Takes::Int(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Takes::Span(..) => json!({ "type": "string", "pattern": DURATION }),
        Takes::SpanOrOff(..) => {
            json!({ "anyOf": [{ "const": "off" }, { "type": "string", "pattern": DURATION }] })
        }
        Takes::SpanOrNever(..) => {
            json!({ "anyOf": [{ "const": "never" }, { "type": "string", "pattern": DURATION }] })
        }
        Takes::Choice(words) => json!({ "enum": words }),
        Takes::Texts | Takes::Assertions => one_or_more(json!({ "type": "string" })),
        Takes::Secrets => one_or_more(secret()),
        Takes::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Takes::SecretMap => json!({ "type": "object", "additionalProperties": secret() }),
    }
}

fn defaults(kinds: &Kinds<'_>) -> Value {
    let each = kinds.probes.iter().map(|sort| {
        let keys: Vec<Key> = probes::keys(sort).into_iter().map(|k| Key { required: false, ..k }).collect();
        (sort.name.to_owned(), table(&keys))
    });
    let each: Map<String, Value> = each.collect();
    json!({
        "type": "object",
        "description": "what every probe of a kind takes where it says nothing itself",
        "properties": each,
        "additionalProperties": false,
    })
}

fn component(kinds: &Kinds<'_>) -> Value {
    let keys: Vec<Key> = COMPONENT.iter().chain(RULES).copied().collect();
    let probes = kinds.probes.iter().map(|sort| {
        let keys: Vec<Key> = NAMING.iter().copied().chain(probes::keys(sort)).collect();
        // A key with a default may stand in `[defaults.<kind>]` instead, so only the kind itself is required here.
        let keys: Vec<Key> = keys.into_iter().map(|k| Key { required: k.name == "kind", ..k }).collect();
        of_kind(sort.name, &keys)
    });
    let probes: Vec<Value> = probes.collect();
    let mut all = properties(&keys);
    all.insert("probe".into(), json!({ "type": "array", "items": one_of(probes) }));
    object(&all, &keys)
}

fn channel(kinds: &Kinds<'_>) -> Value {
    let each = kinds.channels.iter().map(|info| {
        let keys: Vec<Key> = CHANNEL.iter().chain(info.keys).copied().collect();
        of_kind(info.name, &keys)
    });
    one_of(each.collect())
}

fn of_kind(kind: &str, keys: &[Key]) -> Value {
    let mut made = table(keys);
    made["properties"]["kind"] = json!({ "const": kind });
    made
}

/// A list of one schema needs no `oneOf`, and an empty `oneOf` is no schema.
fn one_of(mut all: Vec<Value>) -> Value {
    if all.len() == 1 {
        all.remove(0)
    } else if all.is_empty() {
        json!(false)
    } else {
        json!({ "oneOf": all })
    }
}

//! `journal` and `config`: the record and the config, as a person or a program reads them.

use std::path::Path;

use serde_json::json;

use crate::app::{self, Kept, Trouble};
use crate::cli::args::Format;
use crate::cli::journal_args::Other;
use crate::cli::voice::{PLAIN, SOFT, STRONG, count, json, progress, progress_ends, say, table};

/// The record that is meant; one that is fetched says how far it is where a person waits.
pub fn record_of(site: &Path, other: &Other) -> Result<Kept, Trouble> {
    let kept = app::record(site, other.journal.as_deref(), &progress);
    progress_ends();
    kept
}

/// The head of each chain.
pub fn head(site: &Path, other: &Other, format: Format) -> Result<u8, Trouble> {
    let heads = app::heads(&record_of(site, other)?)?;
    if format == Format::Json {
        json(&json!(
            heads
                .iter()
                .map(|(chain, h)| json!({
                    "chain": chain.as_str(), "head": h.head.as_str(), "n": h.n, "t": h.t.rfc3339(),
                }))
                .collect::<Vec<_>>()
        ));
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = heads
        .iter()
        .map(|(chain, h)| vec![h.head.to_string(), chain.to_string(), format!("record {}", h.n), h.t.rfc3339()])
        .collect();
    table(&rows).iter().for_each(say);
    Ok(0)
}

/// Checks the config.
pub fn config_check(site: &Path, format: Format) -> Result<u8, Trouble> {
    let checked = app::config_check(site);
    if format == Format::Json {
        let one = |m: &app::Mistake| {
            json!({
                "file": m.origin.file, "line": m.origin.line, "column": m.origin.column, "text": m.text,
                "message": m.rendered.trim_end(),
            })
        };
        let (code, value) = match &checked {
            Ok(loaded) => (0, json!({"good": true, "warnings": loaded.warnings.iter().map(one).collect::<Vec<_>>()})),
            Err(mistakes) => (2, json!({"good": false, "mistakes": mistakes.0.iter().map(one).collect::<Vec<_>>()})),
        };
        json(&value);
        return Ok(code);
    }
    let loaded = checked?;
    for warning in &loaded.warnings {
        say(warning.rendered.trim_end());
    }
    let probes = count(loaded.plans.len() as u64, "probe");
    say(format!("The config is good: {}, {probes}.", count(loaded.settings.components.len() as u64, "component")));
    // Words are public as soon as they are run: here is the place to see beforehand how they are read.
    let remarks = app::word_remarks(site)?;
    for remark in &remarks {
        say(app::say_remark(remark));
    }
    Ok(0)
}

/// The JSON Schema of the config.
pub fn config_schema() -> u8 {
    json(&app::config_schema());
    0
}

/// What kinds of probe take, and what assertions may name.
pub fn config_fields(kind: Option<&str>, format: Format) -> Result<u8, Trouble> {
    let kinds = app::kinds(kind)?;
    if format == Format::Json {
        json(&json!(
            kinds
                .iter()
                .map(|k| json!({
                    "kind": k.name, "doc": k.doc,
                    "keys": k.keys.iter().map(|key| json!({
                        "name": key.name, "required": key.required, "doc": key.doc,
                    })).collect::<Vec<_>>(),
                    "fields": k.fields.iter().map(|f| json!({
                        "name": f.name, "type": format!("{:?}", f.ty).to_lowercase(), "unit": f.unit, "doc": f.doc,
                    })).collect::<Vec<_>>(),
                }))
                .collect::<Vec<_>>()
        ));
        return Ok(0);
    }
    for k in &kinds {
        say(format!("{STRONG}{}{PLAIN}: {}", k.name, k.doc));
        say(format!("  {SOFT}keys{PLAIN}"));
        let must = |required: bool| if required { "required".to_owned() } else { String::new() };
        let keys: Vec<Vec<String>> = k
            .keys
            .iter()
            .map(|key| vec![format!("    {}", key.name), must(key.required), key.doc.to_owned()])
            .collect();
        table(&keys).iter().for_each(say);
        say(format!("  {SOFT}fields for expect, degraded_if and record{PLAIN}"));
        let fields: Vec<Vec<String>> = k
            .fields
            .iter()
            .map(|f| {
                let unit = f.unit.map_or(String::new(), |u| format!(" ({u})"));
                vec![format!("    {}", f.name), format!("{:?}", f.ty).to_lowercase(), format!("{}{unit}", f.doc)]
            })
            .collect();
        table(&fields).iter().for_each(say);
    }
    Ok(0)
}

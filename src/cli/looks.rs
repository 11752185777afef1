//! `check`: one look at everything, as a table.

use std::path::Path;

use serde_json::json;

use crate::app::{self, Look, Observation, Trouble};
use crate::cli::args::Format;
use crate::cli::voice::{BAD, PLAIN, SOFT, STRONG, json, say, table, warn};
use crate::model::{Span, Verdict};

/// Prints each look; 1 when something is down.
pub fn check(site: &Path, format: Format) -> Result<u8, Trouble> {
    let (loaded, looked) = app::check(site)?;
    for warning in &loaded.warnings {
        warn(warning.rendered.trim_end());
    }
    let kind = |look: &Look| {
        let probes = loaded.settings.components.iter().flat_map(|c| &c.probes);
        probes.into_iter().find(|p| p.key == look.key).map_or("", |p| p.kind)
    };
    let count = |v: Verdict| looked.looks.iter().filter(|l| last(l).verdict == v).count();
    // A place that sees nothing knows of nothing that is down.
    let down = if looked.blind.is_some() { 0 } else { count(Verdict::Down) };
    match format {
        Format::Json => json(&json!({
            "took_ms": looked.took.ms(),
            "blind": looked.blind,
            "looks": looked.looks.iter().map(|l| look_json(l, kind(l))).collect::<Vec<_>>(),
        })),
        Format::Text if looked.looks.is_empty() => {
            say("Nothing is watched yet. Add a [[component]] with a [[component.probe]] to statuary.toml.");
        }
        Format::Text => {
            let rows: Vec<Vec<String>> = looked.looks.iter().map(|l| row(l, kind(l))).collect();
            table(&rows).iter().for_each(say);
            if let Some(why) = &looked.blind {
                say(format!("{STRONG}This place is blind:{PLAIN} {why}. Bad looks say nothing about the targets."));
            }
            say(format!("{} in {}", summary(&count), looked.took));
        }
    }
    Ok(u8::from(down > 0))
}

/// The last word of a look: the second look's, where there was one.
fn last(look: &Look) -> &Observation {
    look.second.as_ref().map_or(&look.first, |(_, second)| second)
}

fn summary(count: &dyn Fn(Verdict) -> usize) -> String {
    let parts = Verdict::ALL.iter().map(|v| (count(*v), v.word())).filter(|(n, _)| *n > 0);
    parts.map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
}

fn row(look: &Look, kind: &str) -> Vec<String> {
    let seen = last(look);
    let word = seen.verdict.word();
    let verdict = match seen.verdict {
        Verdict::Down => format!("{BAD}{word}{PLAIN}"),
        Verdict::Degraded => format!("{STRONG}{word}{PLAIN}"),
        Verdict::Up | Verdict::Unknown => word.to_owned(),
    };
    let ms = seen.ms.map_or(String::new(), |ms| Span::from_ms(i64::from(ms)).to_string());
    vec![look.key.to_string(), format!("{SOFT}{kind}{PLAIN}"), verdict, ms, story(seen)]
}

/// Why, or where the time went.
fn story(seen: &Observation) -> String {
    if !seen.why.is_empty() {
        let tries = if seen.tries > 1 { format!(" ({} tries)", seen.tries) } else { String::new() };
        return format!("{}{tries}", seen.why);
    }
    let phases = seen.phases.iter().map(|(name, took)| format!("{} {took}", name.replace('_', " ")));
    format!("{SOFT}{}{PLAIN}", phases.collect::<Vec<_>>().join(" · "))
}

fn look_json(look: &Look, kind: &str) -> serde_json::Value {
    let one = |o: &Observation| {
        let phases: serde_json::Map<String, serde_json::Value> =
            o.phases.iter().map(|(name, took)| ((*name).to_owned(), json!(took.ms()))).collect();
        json!({
            "verdict": o.verdict.word(), "latency_ms": o.ms, "phase": o.phase, "why": o.why, "detail": o.detail,
            "tries": o.tries, "phases_ms": phases,
        })
    };
    json!({
        "id": look.key.as_str(), "kind": kind, "first": one(&look.first),
        "second": look.second.as_ref().map(|(after, o)| json!({"after_ms": after.ms(), "look": one(o)})),
    })
}

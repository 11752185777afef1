//! `check --explain`: the whole story of a look, for the person who asks why it is red.

use super::table::{phase, target, time};
use super::{Line, Report, closing, why};
use crate::app::{Checked, Observation, Value};
use crate::cli::voice::{BAD, PLAIN, SOFT, STRONG, clean, say, table};
use crate::model::{Span, Verdict};

/// How many facts are told.
const FACTS: usize = 60;
/// How many lines of a text are told, and how many characters of a line.
const TEXT: (usize, usize) = (12, 160);
/// A text that is longer, in characters, has lines of its own.
const SHORT: usize = 60;
/// How wide the phases are drawn, in cells.
const CELLS: i64 = 24;

pub(super) fn tell(report: &Report<'_>) {
    for line in &report.lines {
        look(line);
        say("");
    }
    closing(report);
}

fn look(line: &Line<'_>) {
    let name = format!("{STRONG}{}{PLAIN}", line.look.key);
    let head = [name, line.probe.kind.to_owned(), target(line.probe).to_owned()];
    say(head.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  "));
    if let Some(sends) = &line.sends {
        heading("Sent");
        said(sends);
    }
    let Some((after, second)) = &line.look.second else { return observation(line, &line.look.first) };
    let first = &line.look.first;
    if (first.verdict, &first.why) == (second.verdict, &second.why) {
        // What the second look saw too is told once.
        say(format!("  First look: {}", verdict(first)));
    } else {
        observation(line, first);
    }
    say(format!("\n  {STRONG}Second look{PLAIN}, {} after the round began", time(*after)));
    observation(line, second);
}

fn observation(line: &Line<'_>, seen: &Observation) {
    section("Phases", &phases(&seen.phases));
    if !seen.detail.is_empty() {
        heading("Story");
        seen.detail.lines().for_each(said);
    }
    let facts = facts(seen);
    if !facts.is_empty() {
        heading("Facts");
        facts.iter().for_each(say);
    }
    for (rule, should) in [("expect", "all must hold"), ("degraded_if", "none should hold")] {
        section(
            &format!("{rule} ({should})"),
            &seen.checked.iter().filter(|c| c.rule == rule).map(checked).collect::<Vec<_>>(),
        );
    }
    section("Recorded", &seen.rec.iter().map(|(name, value)| recorded(line, name, *value)).collect::<Vec<_>>());
    say(format!("  {}", verdict(seen)));
}

/// Rows below a heading, in columns; nothing where there are none.
fn section(name: &str, rows: &[Vec<String>]) {
    if !rows.is_empty() {
        heading(name);
        for row in table(rows) {
            say(format!("    {row}"));
        }
    }
}

fn heading(name: &str) {
    say(format!("  {SOFT}{name}{PLAIN}"));
}

fn said(line: &str) {
    say(format!("    {}", clean(line)).trim_end());
}

/// Each phase with its time, drawn where it lies in the whole.
fn phases(phases: &[(&'static str, Span)]) -> Vec<Vec<String>> {
    let all: i64 = phases.iter().map(|(_, took)| took.ms().max(0)).sum();
    let cell = |ms: i64| if all > 0 { ((ms * CELLS * 2 + all) / (all * 2)) as usize } else { 0 };
    let mut before = 0;
    let row = |(name, took): &(&'static str, Span)| {
        let (from, to) = (cell(before), cell(before + took.ms().max(0)));
        before += took.ms().max(0);
        let bar = format!("{}{}", " ".repeat(from), "█".repeat(to - from));
        vec![phase(name), time(*took), bar]
    };
    phases.iter().map(row).collect()
}

/// Everything that assertions could see, by its name in them. The phases stand above.
fn facts(seen: &Observation) -> Vec<String> {
    let mut leaves = Vec::new();
    for (name, value) in seen.facts.iter().filter(|(name, _)| *name != "phases") {
        flatten(name.clone(), value, &mut leaves);
    }
    let widest = leaves.iter().take(FACTS).map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (name, value) in leaves.iter().take(FACTS) {
        let name = clean(name);
        match value {
            Value::Text(text) if text.contains('\n') || text.chars().count() > SHORT => {
                lines.push(format!("    {name}"));
                lines.extend(block(text));
            }
            value => {
                let gap = " ".repeat(widest.saturating_sub(name.chars().count()));
                lines.push(format!("    {name}{gap}  {}", clean(&value.brief())));
            }
        }
    }
    if leaves.len() > FACTS {
        lines.push(format!("    … and {} more; --format json holds them", leaves.len() - FACTS));
    }
    lines
}

/// The values inside a fact, with their dotted names.
fn flatten<'v>(name: String, value: &'v Value, into: &mut Vec<(String, &'v Value)>) {
    match value {
        Value::Map(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                flatten(format!("{name}.{key}"), value, into);
            }
        }
        value => into.push((name, value)),
    }
}

/// The beginning of a long text, in lines.
fn block(text: &str) -> Vec<String> {
    let all = text.lines().count();
    let line = |line: &str| {
        let mut short: String = line.chars().take(TEXT.1).collect();
        if line.chars().nth(TEXT.1).is_some() {
            short.push('…');
        }
        format!("      {SOFT}|{PLAIN} {}", clean(&short)).trim_end().to_owned()
    };
    let mut lines: Vec<String> = text.lines().take(TEXT.0).map(line).collect();
    if all > TEXT.0 {
        lines.push(format!("      {SOFT}| … {} more lines{PLAIN}", all - TEXT.0));
    }
    lines
}

fn checked(checked: &Checked) -> Vec<String> {
    // What is expected should hold; what makes it degraded should not.
    let good = checked.holds.map(|holds| holds == (checked.rule == "expect"));
    let word = match checked.holds {
        Some(true) => "holds",
        Some(false) => "does not hold",
        None => "not judged",
    };
    let word = if good == Some(true) { word.to_owned() } else { format!("{BAD}{word}{PLAIN}") };
    let got = clean(&checked.got);
    vec![word, clean(&checked.source), if checked.holds.is_some() { format!("got {got}") } else { got }]
}

fn recorded(line: &Line<'_>, name: &str, value: f64) -> Vec<String> {
    let unit = line.probe.units.iter().find(|(known, _)| known == name).map_or("", |(_, unit)| unit);
    vec![clean(name), format!("{value} {unit}").trim_end().to_owned()]
}

/// `down after 5.0 s, in first byte: no answer within 5 s (3 tries)`
fn verdict(seen: &Observation) -> String {
    let word = match seen.verdict {
        Verdict::Up => format!("{STRONG}up{PLAIN}"),
        verdict => format!("{BAD}{}{PLAIN}", verdict.word()),
    };
    let after = seen.ms.map_or_else(String::new, |ms| format!(" after {}", time(Span::from_ms(i64::from(ms)))));
    let at = match seen.phase {
        Some(rule @ ("expect" | "degraded_if")) => format!(", by {rule}"),
        Some(name) => format!(", in {}", phase(name)),
        None => String::new(),
    };
    let why = if seen.why.is_empty() { String::new() } else { format!(": {}", clean(&why(seen))) };
    format!("{word}{after}{at}{why}")
}

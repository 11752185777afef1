//! `journal stat`: what each chain holds, its real cadence, and the interval to set.

use std::path::Path;

use serde_json::{Value, json};

use crate::app::{self, Cadence, ChainStat, Fit, Trouble};
use crate::cli::args::Format;
use crate::cli::journal_args::Other;
use crate::cli::record::record_of;
use crate::cli::voice;
use crate::cli::voice::{PLAIN, SOFT, STRONG, count, say};
use crate::model::{Moment, Span};

/// Prints each chain's figures.
pub fn stat(site: &Path, other: &Other, format: Format) -> Result<u8, Trouble> {
    let chains = app::stat(site, &record_of(site, other)?)?;
    match format {
        Format::Json => voice::json(&chains.iter().map(value).collect::<Vec<_>>().into()),
        Format::Text if chains.is_empty() => say("The journal is empty."),
        Format::Text => chains.iter().flat_map(lines).for_each(say),
    }
    Ok(0)
}

/// A chain, for a person.
fn lines(c: &ChainStat) -> Vec<String> {
    let mut lines = vec![format!("{STRONG}{}{PLAIN}", c.size.chain)];
    let mut line = |text: String| lines.push(format!("  {text}"));
    let (records, days) = (count(c.records, "record"), count(c.size.days, "day"));
    line(format!("{records}, {days}, {:.1} MB", c.size.bytes as f64 / 1e6));
    if let Some((first, last)) = c.span {
        line(format!("{SOFT}from {first} to {last}{PLAIN}"));
    }
    if c.remarks > 0 {
        line(format!("{}: `statuary journal verify` tells more", count(c.remarks, "remark")));
    }
    let Some(cadence) = &c.cadence else { return lines };
    let Cadence { rounds, median, p95, longest, .. } = cadence;
    let over = cadence.last - cadence.first;
    line(format!(
        "{rounds} rounds in the last {over}, one every {median}; 95 of 100 within {p95}, the longest gap {longest}"
    ));
    if let Some(longest) = cadence.longest_hole {
        line(format!("{} that nobody watched, the longest {longest}", count(cadence.holes, "hole")));
    }
    if let Some(silent) = c.silent {
        line(format!("no round for {silent}: does its schedule still run?"));
    }
    line(advice(cadence, c.fit));
    lines
}

/// What to do about the interval.
fn advice(cadence: &Cadence, fit: Option<(Span, Fit)>) -> String {
    let set = format!("[run] interval = \"{}\"", typed(cadence.interval()));
    match fit {
        None => format!("the interval to set: {set}"),
        Some((now, Fit::Fits)) => format!("[run] interval = \"{}\" fits", typed(now)),
        Some((now, Fit::TooShort)) => {
            format!("rounds come later than the interval of \"{}\" says, which leaves holes; set {set}", typed(now))
        }
        Some((now, Fit::TooLong)) => {
            format!("rounds come more often than the interval of \"{}\" says; set {set}", typed(now))
        }
    }
}

/// A duration as the config writes it: `1h 30m`.
fn typed(span: Span) -> String {
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1000, "s"), (1, "ms")];
    let parts = units.iter().scan(span.ms(), |rest, (size, name)| {
        let n = *rest / size;
        *rest %= size;
        Some((n, name))
    });
    parts.filter(|(n, _)| *n > 0).map(|(n, name)| format!("{n}{name}")).collect::<Vec<_>>().join(" ")
}

/// A chain, for a program.
fn value(c: &ChainStat) -> Value {
    let ms = |span: Option<Span>| span.map(Span::ms);
    let cadence = |k: &Cadence| {
        json!({
            "first": k.first.rfc3339(), "last": k.last.rfc3339(), "rounds": k.rounds, "median_ms": k.median.ms(),
            "p95_ms": k.p95.ms(), "longest_ms": k.longest.ms(), "holes": k.holes,
            "longest_hole_ms": ms(k.longest_hole), "interval_ms": k.interval().ms(), "interval": typed(k.interval()),
        })
    };
    let fit = |fit: Fit| match fit {
        Fit::Fits => "fits",
        Fit::TooShort => "too_short",
        Fit::TooLong => "too_long",
    };
    json!({
        "chain": c.size.chain.as_str(), "records": c.records, "days": c.size.days, "bytes": c.size.bytes,
        "first": c.span.map(|s| Moment::rfc3339(s.0)), "last": c.span.map(|s| Moment::rfc3339(s.1)),
        "remarks": c.remarks, "cadence": c.cadence.as_ref().map(cadence),
        "configured_interval_ms": ms(c.fit.map(|f| f.0)), "fit": c.fit.map(|f| fit(f.1)), "silent_ms": ms(c.silent),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cadence(median_s: i64, p95_s: i64) -> Cadence {
        let (median, p95, longest) = (Span::from_secs(median_s), Span::from_secs(p95_s), Span::from_secs(3 * p95_s));
        let first = Moment::parse_rfc3339("2026-11-16T00:00:00Z").unwrap();
        let last = first + Span::from_mins(7 * 24 * 60);
        Cadence { first, last, rounds: 1260, median, p95, longest, holes: 0, longest_hole: None }
    }

    #[test]
    fn what_an_operator_is_advised() {
        let say = |median_s, p95_s, configured_s: i64| {
            let (cadence, set) = (cadence(median_s, p95_s), Span::from_secs(configured_s));
            advice(&cadence, Some((set, cadence.fit(set))))
        };
        insta::assert_snapshot!(say(60, 61, 60), @r#"[run] interval = "1m" fits"#);
        insta::assert_snapshot!(say(480, 1020, 300), @r#"rounds come later than the interval of "5m" says, which leaves holes; set [run] interval = "10m""#);
        insta::assert_snapshot!(say(60, 61, 5400), @r#"rounds come more often than the interval of "1h 30m" says; set [run] interval = "1m""#);
        insta::assert_snapshot!(advice(&cadence(480, 1020), None), @r#"the interval to set: [run] interval = "10m""#);
    }

    #[test]
    fn an_interval_is_printed_as_the_config_reads_it() {
        for ms in [1500, 60_000, 90_000, 5_400_000, 86_400_000, 93_784_005] {
            let span = Span::from_ms(ms);
            assert_eq!(app::duration(&typed(span)), Some(span), "{}", typed(span));
        }
    }
}

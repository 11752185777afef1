//! `journal compact`, and what `run --compact` does when its page is out.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::app::{self, ChainCompacted, Compacted, Compacting, Trouble};
use crate::cli::args::{Format, RunArgs};
use crate::cli::journal_args::CompactArgs;
use crate::cli::voice::{PLAIN, STRONG, json, say};
use crate::model::ChainName;

/// Compacts everything that is due.
pub fn compact(site: &Path, args: &CompactArgs, format: Format) -> Result<u8, Trouble> {
    let vantage = args.vantage.as_deref();
    let how = Compacting { desk: !args.record_only, vantage, go_on: &|| true, in_passing: false };
    let done = app::compact(site, &how)?;
    if format == Format::Json {
        json(&value(&done));
        return Ok(0);
    }
    if done.chains.is_empty() && done.others.is_empty() {
        say("The journal is empty.");
    }
    lines(&done).iter().for_each(say);
    let others: Vec<&str> = done.others.iter().map(ChainName::as_str).collect();
    if !others.is_empty() {
        say(format!("Left to the machines that write them: {}", others.join(", ")));
    }
    Ok(0)
}

/// Compacts what the rest of the interval leaves time for: the next run must not wait.
pub fn in_passing(site: &Path, args: &RunArgs, begun: Instant) -> Result<Compacted, Trouble> {
    let most = app::interval(site)?;
    let rest = Duration::from_millis(most.ms().max(0) as u64).mul_f64(SHARE);
    let go_on = || begun.elapsed() < rest;
    let vantage = args.vantage.as_deref();
    app::compact(site, &Compacting { desk: !args.record_only, vantage, go_on: &go_on, in_passing: true })
}

/// So much of an interval may pass before the last day is begun.
const SHARE: f64 = 0.75;

/// For a person: nothing where nothing was to be done.
pub fn lines(done: &Compacted) -> Vec<String> {
    let mut lines = Vec::new();
    for chain in &done.chains {
        let ChainCompacted { zipped, rolled, before, after, .. } = chain;
        let days = |n: u64, what: &str| match n {
            0 => None,
            1 => Some(format!("1 day {what}")),
            n => Some(format!("{n} days {what}")),
        };
        let did: Vec<String> = days(*zipped, "compressed").into_iter().chain(days(*rolled, "rolled up")).collect();
        let name = &chain.chain;
        if did.is_empty() {
            lines.push(format!("{STRONG}{name}{PLAIN}: nothing to do, {}", size(*after)));
        } else {
            lines.push(format!("{STRONG}{name}{PLAIN}: {}; {} became {}", did.join(", "), size(*before), size(*after)));
        }
        lines.extend(chain.left.iter().map(|(day, why)| format!("  {day} stays as it is: {why}")));
    }
    if done.more {
        lines.push("There is more to do; the next compaction goes on.".to_owned());
    }
    lines
}

/// For a program.
pub fn value(done: &Compacted) -> Value {
    let chain = |c: &ChainCompacted| {
        let left = |(day, why): &(chrono::NaiveDate, String)| json!({"day": day.to_string(), "why": why});
        json!({
            "chain": c.chain.as_str(), "zipped": c.zipped, "rolled": c.rolled, "bytes_before": c.before,
            "bytes_after": c.after, "left": c.left.iter().map(left).collect::<Vec<_>>(),
        })
    };
    json!({
        "chains": done.chains.iter().map(chain).collect::<Vec<_>>(),
        "others": done.others.iter().map(ChainName::as_str).collect::<Vec<_>>(),
        "more": done.more,
    })
}

/// `812 B`, `31.4 kB`, `3.5 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads() {
        let chain = |name: &str, zipped, rolled, before, after| ChainCompacted {
            chain: ChainName::from(name),
            zipped,
            rolled,
            before,
            after,
            left: Vec::new(),
        };
        let mut local = chain("local", 60, 1, 210_000_000, 14_300);
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 23).unwrap_or_default();
        local.left.push((day, "line 7: an empty line, which nobody should have written".to_owned()));
        let done = Compacted { chains: vec![chain("_desk", 0, 0, 812, 812), local], others: Vec::new(), more: true };
        let plain: Vec<String> = lines(&done).iter().map(|l| anstream::adapter::strip_str(l).to_string()).collect();
        insta::assert_snapshot!(plain.join("\n"), @"
        _desk: nothing to do, 812 B
        local: 60 days compressed, 1 day rolled up; 210.0 MB became 14.3 kB
          2026-11-23 stays as it is: line 7: an empty line, which nobody should have written
        There is more to do; the next compaction goes on.
        ");
    }
}

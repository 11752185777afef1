//! `journal verify`: whether the record holds, and whether a site says what its record says.

use std::path::Path;

use serde_json::{Value, json};

use crate::app::{self, Agreement, Compared, Finding, Percent, Proof, Trouble, Verification};
use crate::cli::args::Format;
use crate::cli::journal_args::VerifyArgs;
use crate::cli::record::record_of;
use crate::cli::voice::{BAD, PLAIN, SOFT, STRONG, clean, count, json, progress, progress_ends, say, table};
use crate::model::Head;

/// Proves a record; 1 when it does not hold.
pub fn verify(site: &Path, args: &VerifyArgs, format: Format) -> Result<u8, Trouble> {
    let (head, contains) = (args.head.as_deref(), args.contains.as_deref());
    if let Some(from) = &args.from {
        let proof = app::prove(from, head, contains, &progress);
        progress_ends();
        return Ok(published(&proof?, format));
    }
    let proof = app::verify(&record_of(site, &args.other)?, head, contains)?;
    let good = proof.is_good();
    if format == Format::Json {
        json(&chains_json(&proof, good));
    } else {
        chains(&proof);
    }
    Ok(u8::from(!good))
}

/// A published site: 1 when its record does not hold, or a figure is not what the record says.
fn published(proof: &Proof, format: Format) -> u8 {
    let good = proof.is_good();
    if format == Format::Json {
        let mut value = chains_json(&proof.chains, good);
        value["moment"] = json!(proof.moment.rfc3339());
        value["figures"] = proof.figures.iter().map(figure_json).collect();
        json(&value);
        return u8::from(!good);
    }
    chains(&proof.chains);
    let at = proof.zone.local(proof.moment).format("%Y-%m-%d %H:%M:%S");
    let zone = proof.zone.abbreviation(proof.moment);
    say(format!("{STRONG}Figures{PLAIN} that the site states as of {at} {zone}, beside what its record says:"));
    table(&proof.figures.iter().map(row).collect::<Vec<_>>()).iter().for_each(say);
    let number = |verdict| proof.figures.iter().filter(|f| f.verdict == verdict).count() as u64;
    let (agree, differ, hidden) = (number(Agreement::Agrees), number(Agreement::Differs), number(Agreement::Hidden));
    let unpublished = match hidden {
        0 => String::new(),
        n => format!("; {} made from looks that are not published", count(n, "figure")),
    };
    let word = if differ > 0 {
        format!("{BAD}{differ} differ{}{PLAIN}", if differ == 1 { "s" } else { "" })
    } else {
        "none differs".to_owned()
    };
    say(format!("{} agree, {word}{unpublished}.", count(agree, "figure")));
    u8::from(!good)
}

fn row(f: &Compared) -> Vec<String> {
    let name = if f.group { format!("group {}", clean(&f.of)) } else { clean(&f.of) };
    let (verdict, words) = match f.verdict {
        Agreement::Agrees => ("agrees".to_owned(), f.found.map_or(String::new(), |p| percent(Some(p)))),
        Agreement::Hidden => (format!("{SOFT}hidden{PLAIN}"), "cannot be worked out from what is published".to_owned()),
        Agreement::Differs => (
            format!("{BAD}differs{PLAIN}"),
            format!("the site says {}; the record says {}", percent(f.stated), percent(f.found)),
        ),
    };
    vec![format!("  {name}"), clean(&f.window), verdict, words]
}

/// `99.98 %, watched 100.00 %`
fn percent(percent: Option<Percent>) -> String {
    let Some(Percent { uptime, coverage }) = percent else { return "nothing".to_owned() };
    let digits = |h: u32| format!("{}.{:02} %", h / 100, h % 100);
    let uptime = uptime.map_or("no data".to_owned(), digits);
    format!("{uptime}, watched {}", coverage.map_or("never".to_owned(), digits))
}

fn figure_json(f: &Compared) -> Value {
    let digits = |h: Option<u32>| h.map(|h| f64::from(h) / 100.0);
    let side = |p: Option<Percent>| {
        p.map(|p| json!({"uptime_percent": digits(p.uptime), "coverage_percent": digits(p.coverage)}))
    };
    json!({
        if_group(f): f.of, "window": f.window, "stated": side(f.stated), "found": side(f.found),
        "verdict": match f.verdict {
            Agreement::Agrees => "agrees",
            Agreement::Differs => "differs",
            Agreement::Hidden => "hidden",
        },
    })
}

fn if_group(f: &Compared) -> &'static str {
    if f.group { "group" } else { "component" }
}

fn findings(proof: &Verification) -> Vec<(String, String, bool)> {
    let finding = |f: &Finding| {
        let at = if f.line > 0 { format!("{}:{}", f.file.display(), f.line) } else { f.file.display().to_string() };
        (clean(&at), clean(&f.text), f.fatal)
    };
    proof.findings.iter().chain(proof.chains.iter().flat_map(|c| &c.findings)).map(finding).collect()
}

fn chains_json(proof: &Verification, good: bool) -> Value {
    json!({
        "good": good,
        "chains": proof.chains.iter().map(|c| json!({
            "chain": c.chain.as_str(), "records": c.records, "head": c.head.as_ref().map(Head::as_str),
            "last": c.last.map(|(n, t)| json!({"n": n, "t": t.rfc3339()})), "pinned": c.pinned,
        })).collect::<Vec<_>>(),
        "findings": findings(proof).iter().map(|(at, text, fatal)| json!({"at": at, "text": text, "fatal": fatal}))
            .collect::<Vec<_>>(),
    })
}

fn chains(proof: &Verification) {
    for (at, text, fatal) in findings(proof) {
        let word = if fatal { format!("{BAD}wrong{PLAIN}") } else { "remark".to_owned() };
        say(format!("{word}: {at}: {text}"));
    }
    if proof.chains.is_empty() {
        say("The journal is empty.");
    }
    for c in &proof.chains {
        let ok = c.findings.iter().all(|f| !f.fatal);
        let verdict = match (ok, c.pinned, c.last) {
            (false, ..) => format!("{BAD}does not hold{PLAIN}"),
            (true, Some(n), Some((last, _))) if n == last => "good; the end is pinned".to_owned(),
            (true, Some(n), _) => format!("good; pinned to record {n}"),
            (true, None, Some((n, _))) => {
                format!("good to record {n}; the end is not pinned (a head kept elsewhere would: --head, --contains)")
            }
            (true, None, None) => "empty".to_owned(),
        };
        say(format!("{STRONG}{}{PLAIN}: {verdict}", clean(c.chain.as_str())));
    }
}

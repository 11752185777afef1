//! `run`, `build` and `incident list`.

use std::path::Path;
use std::time::Instant;

use serde_json::json;

use crate::app::{self, Looked, Report, Stands, Trouble, Want};
use crate::cli::args::{BuildArgs, Format, RunArgs};
use crate::cli::compact;
use crate::cli::voice::{self, BAD, PLAIN, STRONG, json, person_reads, say, table, warn};
use crate::model::{IncidentId, Moment, Status, Verdict, Zone};

/// One run. Quiet in a pipe when all is well with *us*; the world's state goes on the page, not into cron's mail.
pub fn run(site: &Path, args: &RunArgs, format: Format) -> Result<u8, Trouble> {
    let report = one(site, args)?;
    report.warnings.iter().for_each(warn);
    report.troubles.iter().for_each(voice::trouble);
    match format {
        Format::Json => json(&report_json(&report)),
        Format::Text if person_reads() => tell(&report),
        Format::Text => {}
    }
    let code = report.troubles.iter().map(Trouble::code).min().unwrap_or(0);
    // The process ends here: years of history need not be taken apart piece by piece first.
    std::mem::forget(report);
    Ok(code)
}

/// A whole run, and the compaction that was asked for.
pub fn one(site: &Path, args: &RunArgs) -> Result<Report, Trouble> {
    let begun = Instant::now();
    let mut report = app::run(site, want(args))?;
    // The page is out and people are told before a byte of an older day is touched.
    // Where the config is broken or the record cannot be saved, that comes first.
    if args.compact && report.troubles.iter().all(|t| t.code() > 3) {
        match compact::in_passing(site, args, begun) {
            Ok(done) => report.compacted = Some(done),
            Err(trouble) => report.troubles.push(trouble),
        }
        report.troubles.sort_by_key(Trouble::code);
    }
    Ok(report)
}

/// What the options ask for.
fn want(args: &RunArgs) -> Want<'_> {
    Want { look: !args.no_look, publish: !args.record_only, at: None, vantage: args.vantage.as_deref() }
}

fn tell(report: &Report) {
    if let Some(looks) = &report.looked {
        say(format!("Looked: {}", looked(looks)));
    }
    if let Some(stands) = &report.stands {
        components(stands);
    }
    if let Some(swapped) = &report.swapped {
        say(format!(
            "Published: {} written, {} unchanged, {} removed",
            swapped.written, swapped.unchanged, swapped.removed
        ));
    }
    if report.told > 0 {
        say(format!("Told: {}", report.told));
    }
    report.compacted.iter().flat_map(compact::lines).for_each(say);
}

/// `2 up, 1 down in 83 ms`.
pub fn looked(looked: &Looked) -> String {
    let count = |v: &Verdict| looked.looks.iter().filter(|l| l.first.verdict == *v).count();
    let parts = Verdict::ALL.iter().map(|v| (count(v), v.word())).filter(|(n, _)| *n > 0);
    let said: Vec<String> = parts.map(|(n, w)| format!("{n} {w}")).collect();
    format!("{} in {}", if said.is_empty() { "nothing is due".into() } else { said.join(", ") }, looked.took)
}

/// Says of each component that is not operational how it is.
pub fn components(stands: &Stands) {
    let wrong = |s: &&app::Shown| s.status != Status::Operational;
    let zone = stands.loaded.settings.site.time_zone;
    for shown in stands.book.shown.iter().filter(wrong) {
        let name = stands.loaded.settings.component(shown.component.as_str()).map_or("", |c| c.name.as_str());
        let since = shown.since.map_or(String::new(), |t| format!(" since {}", clock(t, zone)));
        let colour = if shown.status.is_bad() { BAD } else { STRONG };
        let checking = if shown.checking.is_some() { "; one look failed, the next decides" } else { "" };
        say(format!("{name}: {colour}{}{PLAIN}{since}{checking}", shown.status.word().replace('_', " ")));
    }
}

fn clock(at: Moment, zone: Zone) -> String {
    zone.local(at).format("%Y-%m-%d %H:%M").to_string()
}

/// What went wrong, for a program.
pub fn trouble_json(trouble: &Trouble) -> serde_json::Value {
    json!({"code": trouble.code(), "text": trouble.to_string()})
}

/// A run, for a program.
pub fn report_json(report: &Report) -> serde_json::Value {
    json!({
        "compacted": report.compacted.as_ref().map(compact::value),
        "looks": report.looked.as_ref().map(|l| l.looks.len()),
        "took_ms": report.looked.as_ref().map(|l| l.took.ms()),
        "written": report.swapped.as_ref().map(|s| s.written),
        "unchanged": report.swapped.as_ref().map(|s| s.unchanged),
        "removed": report.swapped.as_ref().map(|s| s.removed),
        "told": report.told,
        "warnings": report.warnings,
        "troubles": report.troubles.iter().map(trouble_json).collect::<Vec<_>>(),
        "components": report.stands.as_ref().map(|s| s.book.shown.iter().map(|c| json!({
            "id": c.component.as_str(), "status": c.status.word(), "since": c.since.map(Moment::rfc3339),
        })).collect::<Vec<_>>()),
    })
}

/// The pure part, and the swap.
pub fn build(site: &Path, args: &BuildArgs, format: Format) -> Result<u8, Trouble> {
    let at = args.at.as_deref().map(|text| app::moment(site, text)).transpose()?;
    if at.is_some() && args.out.is_none() {
        return Err(Trouble::Usage("--at wants --out DIR: a look back must not replace the page of today".into()));
    }
    let (stands, swapped) = app::build(site, at, args.out.as_deref())?;
    let remarks = [&stands.remarks, &stands.words.remarks, &stands.timelines.remarks, &stands.book.remarks];
    remarks.into_iter().flatten().for_each(|r| warn(app::say_remark(r)));
    match format {
        Format::Json => json(&json!({
            "moment": stands.moment.rfc3339(), "written": swapped.written, "unchanged": swapped.unchanged,
            "removed": swapped.removed,
        })),
        Format::Text => say(format!(
            "Built as of {}: {} written, {} unchanged, {} removed",
            clock(stands.moment, stands.loaded.settings.site.time_zone),
            swapped.written,
            swapped.unchanged,
            swapped.removed
        )),
    }
    Ok(0)
}

/// Every incident, newest first.
pub fn incidents(site: &Path, format: Format) -> Result<u8, Trouble> {
    let stands = app::stands_at(site, None)?;
    let zone = stands.loaded.settings.site.time_zone;
    if format == Format::Json {
        json(&json!(
            stands
                .book
                .incidents
                .iter()
                .map(|i| json!({
                    "id": i.id.as_ref().map(IncidentId::as_str), "slug": i.slug, "title": i.title,
                    "status": i.status.word(), "impact": i.impact.word(), "started_at": i.started.rfc3339(),
                    "ended_at": i.ended.map(Moment::rfc3339), "public": i.public,
                    "components": i.members.iter().map(|m| m.component.as_str()).collect::<Vec<_>>(),
                }))
                .collect::<Vec<_>>()
        ));
        return Ok(0);
    }
    if stands.book.incidents.is_empty() {
        say("No incident yet.");
    }
    let row = |i: &app::Incident| {
        let lasted = i.ended.map_or("so far".to_owned(), |end| (end - i.started).to_string());
        let id = i.id.as_ref().map_or(i.slug.clone(), ToString::to_string);
        vec![clock(i.started, zone), lasted, i.impact.word().into(), i.status.word().into(), id, i.title.clone()]
    };
    table(&stands.book.incidents.iter().map(row).collect::<Vec<_>>()).iter().for_each(say);
    Ok(0)
}

//! Questions that the command line and the demo ask of single rooms; nothing here is part of the one way.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crate::app::{Folders, Kept, Proof, Trouble, clock, conf, history, proof, save, stands_at};
use crate::config::{self, Loaded, Mistakes, Purpose};
use crate::exchange::{self, ExchangeError, ExportFormat, Exported};
use crate::incident;
use crate::journal::{self, ChainHead, Range, Tell, Verification, VerifyOptions, Walked};
use crate::model::{Body, ChainName, Head, History, Moment, Record, Remark, Span, WriteUp};
use crate::probe::{KINDS, KindInfo};
use crate::timeline;

/// Proves a record, against heads that were kept elsewhere where they are given.
pub fn verify(kept: &Kept, head: Option<&str>, contains: Option<&str>) -> Result<Verification, Trouble> {
    let options = VerifyOptions { head: head_of(head)?, contains: head_of(contains)?, partial: true };
    let mut proof = journal::verify(&kept.root, &options)?;
    kept.rename(&mut proof);
    Ok(proof)
}

/// Proves a published copy, and works the site's figures out again from it.
pub fn prove(from: &str, head: Option<&str>, contains: Option<&str>, tell: Tell<'_>) -> Result<Proof, Trouble> {
    proof::prove(from, &VerifyOptions { head: head_of(head)?, contains: head_of(contains)?, partial: false }, tell)
}

fn head_of(text: Option<&str>) -> Result<Option<Head>, Trouble> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim().to_ascii_lowercase();
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Some(Head::from(text)));
    }
    Err(Trouble::Usage(format!("`{text}` is no head: a head is 64 hex digits, as the page's foot shows it")))
}

/// The head of every chain.
pub fn heads(kept: &Kept) -> Result<BTreeMap<ChainName, ChainHead>, Trouble> {
    Ok(journal::read(&kept.root)?.heads)
}

/// The chains of a record.
pub fn chains(kept: &Kept) -> Result<Vec<ChainName>, Trouble> {
    Ok(journal::chains(&kept.root)?)
}

/// Walks through a record, a day's records at a time in the order of time.
pub fn walk(kept: &Kept, range: &Range, each: &mut dyn FnMut(&[Record]) -> ControlFlow<()>) -> Result<Walked, Trouble> {
    Ok(journal::walk(&kept.root, range, each)?)
}

/// Writes a record's looks for others. A reader that has had enough (a closed pipe) is no trouble: none is told.
pub fn export(
    kept: &Kept,
    range: &Range,
    component: Option<&str>,
    format: ExportFormat,
    out: &mut dyn Write,
) -> Result<Option<Exported>, Trouble> {
    let names = component.map(|id| names_of(kept, id));
    match exchange::export(&kept.root, range, names.as_deref(), format, out) {
        Ok(done) => Ok(Some(done)),
        Err(ExchangeError::Write(e)) if e.kind() == ErrorKind::BrokenPipe => Ok(None),
        Err(e) => Err(Trouble::Save(e.to_string())),
    }
}

/// Every id that a component has or had in the record.
pub fn names_of(kept: &Kept, id: &str) -> Vec<String> {
    let component = kept.settings.as_ref().and_then(|s| s.component(id));
    let known = component.map(|c| std::iter::once(&c.id).chain(&c.formerly).map(ToString::to_string).collect());
    known.unwrap_or_else(|| vec![id.to_owned()])
}

/// A time as a person types it where a record is read: a moment, or how long ago (`2h`).
pub fn time(kept: &Kept, text: &str) -> Result<Moment, Trouble> {
    let ago = humantime::parse_duration(text).ok().and_then(|d| i64::try_from(d.as_millis()).ok());
    if let Some(ago) = ago {
        return Ok(clock::now() - Span::from_ms(ago));
    }
    let zone = kept.zone();
    clock::read_moment(text, zone).ok_or_else(|| {
        let zone = zone.name();
        Trouble::Usage(format!(
            "`{text}` is no time; write `2026-11-23 09:20` (read in {zone}), RFC 3339 with an offset, or `2h` for two hours ago"
        ))
    })
}

/// What could not be read as meant in the write-ups, as a run would report it after it has published them.
pub fn word_remarks(site: &Path) -> Result<Vec<Remark>, Trouble> {
    let stands = stands_at(site, None)?;
    Ok(stands.words.remarks.into_iter().chain(stands.book.remarks).collect())
}

/// Everything that the record says up to a moment, read from nothing with every checksum verified.
pub fn told(site: &Path, until: Moment) -> Result<History, Trouble> {
    Ok(history::up_to(&Folders::of(site), until)?.history)
}

/// The config, checked as `run` would.
pub fn config_check(site: &Path) -> Result<Loaded, Mistakes> {
    config::check(site)
}

/// The JSON Schema of the config.
pub fn config_schema() -> serde_json::Value {
    config::schema()
}

/// The commented config that `init` writes.
pub fn starter() -> &'static str {
    config::starter()
}

/// One kind of probe, or all of them.
pub fn kinds(name: Option<&str>) -> Result<Vec<KindInfo>, Trouble> {
    let Some(name) = name else { return Ok(KINDS.to_vec()) };
    KINDS.iter().find(|k| k.name == name).map(|k| vec![*k]).ok_or_else(|| {
        let known: Vec<&str> = KINDS.iter().map(|k| k.name).collect();
        Trouble::Usage(format!("`{name}` is no kind of probe; this build has {}", known.join(", ")))
    })
}

/// How often a run comes, by the config; by the last good one where that is broken.
pub fn interval(site: &Path) -> Result<Span, Trouble> {
    let purpose = Purpose { looks: false, tells: false };
    match config::load(site, purpose) {
        Ok(loaded) => Ok(loaded.settings.run.interval),
        Err(mistakes) => {
            let last = config::load_last_good(site, purpose).ok_or(mistakes)?;
            Ok(last.settings.run.interval)
        }
    }
}

/// A duration as the config writes it.
pub fn duration(typed: &str) -> Option<Span> {
    config::duration(typed)
}

/// Where the site is published.
pub fn public_folder(site: &Path) -> Result<PathBuf, Trouble> {
    let loaded = conf::load(site, Purpose { looks: false, tells: false })?;
    Ok(site.join(loaded.settings.publish.folder))
}

/// A moment as typed on the command line, in the site's zone.
pub fn moment(site: &Path, text: &str) -> Result<Moment, Trouble> {
    let loaded = conf::load(site, Purpose { looks: false, tells: false })?;
    let zone = loaded.settings.site.time_zone;
    let moment = clock::read_moment(text, zone).ok_or_else(|| {
        Trouble::Usage(format!(
            "`{text}` is no moment; write `2026-11-23 09:20` (read in {}) or RFC 3339 with an offset",
            zone.name()
        ))
    })?;
    if moment > clock::now() {
        return Err(Trouble::Usage(format!("`{text}` has not come yet; a look back wants a moment that is past")));
    }
    Ok(moment)
}

/// Appends bodies to a chain of a site: the demo's way into the record, and the only one.
pub fn append(site: &Path, chain: &ChainName, bodies: &[(Moment, Body)]) -> Result<Vec<Record>, Trouble> {
    Ok(journal::append(&Folders::of(site).journal, chain, bodies)?)
}

/// The desk's half of a run, over records that the caller holds: what is due is appended.
pub fn declare(
    site: &Path,
    loaded: &Loaded,
    records: &[Record],
    writeups: &[WriteUp],
    now: Moment,
) -> Result<Vec<Record>, Trouble> {
    let history = timeline::history(records, now);
    let timelines = timeline::fold(&history, &loaded.settings, now);
    let due = incident::due(&timelines, &history, writeups, &loaded.settings, now);
    save::desk(&Folders::of(site), loaded, &history, due, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_back_looks_back() {
        let site = tempfile::tempdir().unwrap();
        let config = "[site]\ntitle = \"S\"\nurl = \"https://status.example.com/\"\n";
        std::fs::write(site.path().join("statuary.toml"), config).unwrap();
        let said = |text: &str| moment(site.path(), text).map_err(|e| e.to_string());
        assert!(said("2026-01-02 03:04").is_ok());
        assert_eq!(
            said("2999-01-01").unwrap_err(),
            "`2999-01-01` has not come yet; a look back wants a moment that is past"
        );
        assert!(said("soon").unwrap_err().starts_with("`soon` is no moment"));
    }
}

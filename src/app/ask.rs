//! Questions that the command line and the demo ask of single rooms; nothing here is part of the one way.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::app::{Folders, Trouble, clock, conf, history, save, stands_at};
use crate::config::{self, Loaded, Mistakes, Purpose};
use crate::incident;
use crate::journal::{self, ChainHead, Verification, VerifyOptions};
use crate::model::{Body, ChainName, Head, History, Moment, Record, Remark, Span, WriteUp};
use crate::probe::{KINDS, KindInfo};
use crate::timeline;

/// Proves the record, against heads that were kept elsewhere where they are given.
pub fn verify(site: &Path, head: Option<&str>, contains: Option<&str>) -> Result<Verification, Trouble> {
    let options = VerifyOptions { head: kept(head)?, contains: kept(contains)? };
    Ok(journal::verify(&record_of(site)?, &options)?)
}

fn kept(text: Option<&str>) -> Result<Option<Head>, Trouble> {
    let Some(text) = text else { return Ok(None) };
    let text = text.trim().to_ascii_lowercase();
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(Some(Head::from(text)));
    }
    Err(Trouble::Usage(format!("`{text}` is no head: a head is 64 hex digits, as the page's foot shows it")))
}

/// The head of every chain.
pub fn heads(site: &Path) -> Result<BTreeMap<ChainName, ChainHead>, Trouble> {
    Ok(journal::read(&record_of(site)?)?.heads)
}

/// Where the record lies. A wrong folder must not look like an empty record that holds.
pub(super) fn record_of(site: &Path) -> Result<PathBuf, Trouble> {
    let journal = Folders::of(site).journal;
    if journal.exists() || site.join("statuary.toml").exists() {
        return Ok(journal);
    }
    Err(Trouble::Usage(format!(
        "{} holds neither a journal nor a statuary.toml; name the site's folder with --site",
        site.display()
    )))
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
    config::load(site, Purpose { looks: true, tells: true })
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
    save::desk(&Folders::of(site), loaded, due, now)
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

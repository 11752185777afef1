//! What each chain holds and how regularly its rounds came, from what a run reads too: the checkpoint, and what came
//! since.

use std::path::Path;

use crate::app::{Folders, Kept, Trouble, clock, history};
use crate::journal::{self, Size};
use crate::model::{ChainName, History, Moment, Remark, Span};
use crate::timeline::{self, Cadence, Fit};

/// One chain's figures.
#[derive(Clone, Debug)]
pub struct ChainStat {
    /// Its name, its days, its bytes.
    pub size: Size,
    /// Whole records.
    pub records: u64,
    /// The earliest time that one of them claims, and the latest.
    pub span: Option<(Moment, Moment)>,
    /// What is damaged or surprising about it.
    pub remarks: u64,
    /// How its rounds came of late; none with fewer than two.
    pub cadence: Option<Cadence>,
    /// How the configured interval suits that; none where there is no config.
    pub fit: Option<(Span, Fit)>,
    /// How long ago its last round was, where that is longer than one of the interval to set vouches.
    pub silent: Option<Span>,
}

/// Figures of every chain of a site's record, or of another's, in name order.
pub fn stat(site: &Path, kept: &Kept) -> Result<Vec<ChainStat>, Trouble> {
    let (root, now, own) = (&kept.root, clock::now(), Folders::of(site));
    // A checkpoint is of one record only; a copy of another's has none.
    let state = if *root == own.journal { own.state.clone() } else { root.join(".statuary") };
    let past = history::Reader::open(&Folders { journal: root.clone(), state, ..own }, now)?.into_past();
    let configured = kept.settings.as_ref().map(|s| s.run.interval);
    let of = |size: Size| {
        let (records, span) = held(&past.history, &size.chain);
        let cadence = past.history.chains.iter().find(|c| c.chain == size.chain).and_then(timeline::cadence);
        let folder = root.join(size.chain.as_str());
        let its = |r: &&Remark| r.origin.as_ref().is_some_and(|o| o.file.starts_with(&folder));
        let silent = cadence.and_then(|c| {
            let since = now - c.last;
            (since.ms() > c.interval().ms() * 5 / 2).then_some(since)
        });
        ChainStat {
            records,
            span,
            remarks: past.remarks.iter().filter(its).count() as u64,
            cadence,
            fit: cadence.zip(configured).map(|(cadence, interval)| (interval, cadence.fit(interval))),
            silent,
            size,
        }
    };
    Ok(journal::sizes(root)?.into_iter().map(of).collect())
}

/// How many records a chain holds, and the times that they span.
fn held(history: &History, chain: &ChainName) -> (u64, Option<(Moment, Moment)>) {
    if let Some(summary) = history.chains.iter().find(|c| c.chain == *chain) {
        return (summary.records, summary.span);
    }
    let times = || history.declared.iter().filter(|r| r.chain == *chain).map(|r| r.t);
    (times().count() as u64, times().min().zip(times().max()))
}

//! Old hours of latency, in a file beside the checkpoint: most runs make no page that shows them, and need not read
//! nine tenths of all that is kept.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use crate::journal::JournalError;
use crate::journal::kept::{self, Kept};
use crate::journal::packed::{Packer, Unpacker};
use crate::model::{History, Hours, Moment};

const MAGIC: &str = concat!("statuary checkpoint hours 1, ", env!("CARGO_PKG_VERSION"), "\n");
/// Its name in the state's folder.
const NAME: &str = "checkpoint-hours";

/// Which file it is that a checkpoint speaks of: its checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(pub(super) u32);

/// The hours of a file, by chain and probe.
type Aside = HashMap<(String, String), Vec<u8>>;

/// Takes the hours before a moment out of the history and adds them to the file; those before `from` are forgotten.
/// None: what was set aside earlier is not there any more, and nothing was changed.
pub(super) fn put(state: &Path, kept: &mut Kept, from: Moment, before: Moment) -> Result<Option<()>, JournalError> {
    let Some(mut aside) = (if any(&kept.history) { load(state, kept.hours) } else { Some(Aside::new()) }) else {
        return Ok(None);
    };
    let mut old: Vec<(&str, &str, Hours)> = Vec::new();
    let mut here: Vec<Hours> = Vec::new();
    for chain in &kept.history.chains {
        for strip in &chain.strips {
            let (chain, key) = (chain.chain.as_str(), strip.key.as_str());
            let mut all = match aside.remove(&(chain.to_owned(), key.to_owned())) {
                Some(earlier) if strip.hours.is_set_aside() => earlier,
                _ => Vec::new(),
            };
            let later = strip.hours.since(before);
            all.extend_from_slice(&strip.hours.bytes()[..strip.hours.bytes().len() - later.bytes().len()]);
            let earlier = Hours::from_bytes(all).since(from);
            if earlier.is_empty() {
                here.push(Hours::from_bytes(later.bytes().to_vec()));
            } else {
                here.push(later.with_set_aside());
                old.push((chain, key, earlier));
            }
        }
    }
    let mut to = Packer::default();
    to.list(&old, |to, (chain, key, hours)| {
        to.text(chain);
        to.text(key);
        to.bytes(hours.bytes());
    });
    kept.hours = Some(Stamp(kept::write(state, NAME, MAGIC, &to.0)?));
    let strips = kept.history.chains.iter_mut().flat_map(|c| &mut c.strips);
    strips.zip(here).for_each(|(strip, here)| strip.hours = here);
    Ok(Some(()))
}

/// Puts all hours back that are set aside. None: they are not there any more, and the record has to be read for them.
pub(super) fn take_back(state: &Path, history: &mut History, stamp: Option<Stamp>) -> Option<()> {
    if !any(history) {
        return Some(());
    }
    let mut aside = load(state, stamp)?;
    for chain in &mut history.chains {
        for strip in chain.strips.iter_mut().filter(|s| s.hours.is_set_aside()) {
            let key = (chain.chain.as_str().to_owned(), strip.key.as_str().to_owned());
            strip.hours.put_back(aside.remove(&key)?);
        }
    }
    Some(())
}

/// Whether hours are set aside.
pub(super) fn any(history: &History) -> bool {
    history.chains.iter().flat_map(|c| &c.strips).any(|s| s.hours.is_set_aside())
}

fn load(state: &Path, stamp: Option<Stamp>) -> Option<Aside> {
    let bytes = fs::read(state.join(NAME)).ok()?;
    let (sum, body) = kept::open(&bytes, MAGIC)?;
    if stamp != Some(Stamp(sum)) {
        return None;
    }
    let mut from = Unpacker(body);
    let all = from.list(|from| Some(((from.owned()?, from.owned()?), from.bytes()?.to_vec())))?;
    Some(all.into_iter().collect())
}

//! The checkpoint: everything that was read, condensed, so that the next run reads only what came since.
//!
//! It lies below every rule: a changed config or write-up never makes it wrong. It can be deleted at any time, and one
//! that cannot be read, or is another version's, is as good as none.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::journal::packed::{Packer, Unpacker};
use crate::journal::{ChainHead, JournalError, Position, desk_form, summary_form};
use crate::model::{ChainName, History, Origin, Remark};

/// What the file begins with: the form's own version, and the program's.
const MAGIC: &str = concat!("statuary checkpoint 1, ", env!("CARGO_PKG_VERSION"), "\n");
/// Its name in the state's folder.
const NAME: &str = "checkpoint";

/// Everything that was read of a journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// What the records say.
    pub history: History,
    /// How far each chain was read.
    pub positions: Vec<Position>,
    /// What is damaged or surprising.
    pub remarks: Vec<Remark>,
}

/// Reads the checkpoint; none where there is none that can be used.
pub(super) fn load(state: &Path) -> Option<Kept> {
    let bytes = fs::read(state.join(NAME)).ok()?;
    let rest = bytes.strip_prefix(MAGIC.as_bytes())?;
    let (sum, body) = rest.split_first_chunk::<4>()?;
    if crc32fast::hash(body) != u32::from_le_bytes(*sum) {
        return None;
    }
    let mut from = Unpacker(body);
    let kept = unpack(&mut from)?;
    from.0.is_empty().then_some(kept)
}

/// Writes the checkpoint beside and puts it in place; it need not survive a power cut. Gives its size in bytes.
pub(super) fn save(state: &Path, kept: &Kept) -> Result<usize, JournalError> {
    let mut to = Packer::default();
    pack(&mut to, kept)?;
    let fail = |e| JournalError::io(state, "the checkpoint cannot be written", e);
    fs::create_dir_all(state).map_err(fail)?;
    let beside = state.join(".checkpoint.new");
    let mut file = fs::File::create(&beside).map_err(fail)?;
    let sum = crc32fast::hash(&to.0).to_le_bytes();
    for part in [MAGIC.as_bytes(), &sum, &to.0] {
        file.write_all(part).map_err(fail)?;
    }
    fs::rename(&beside, state.join(NAME)).map_err(fail)?;
    Ok(to.0.len())
}

fn pack(to: &mut Packer, kept: &Kept) -> Result<(), JournalError> {
    desk_form::pack(to, &kept.history.declared)?;
    to.list(&kept.history.chains, summary_form::pack);
    to.list(&kept.history.remarks, pack_remark);
    to.list(&kept.positions, pack_position);
    to.list(&kept.remarks, pack_remark);
    Ok(())
}

fn unpack(from: &mut Unpacker<'_>) -> Option<Kept> {
    let declared = desk_form::unpack(from)?;
    let chains = from.list(summary_form::unpack)?;
    let remarks = from.list(unpack_remark)?;
    let history = History { declared, chains, remarks };
    Some(Kept { history, positions: from.list(unpack_position)?, remarks: from.list(unpack_remark)? })
}

fn pack_remark(to: &mut Packer, remark: &Remark) {
    to.option(remark.origin.as_ref(), |to, origin| {
        to.text(&origin.file.to_string_lossy());
        to.uint(u64::from(origin.line));
        to.uint(u64::from(origin.column));
    });
    to.text(&remark.text);
}

fn unpack_remark(from: &mut Unpacker<'_>) -> Option<Remark> {
    let origin =
        from.option(|from| Some(Origin { file: from.text()?.into(), line: from.small()?, column: from.small()? }))?;
    Some(Remark { origin, text: from.owned()? })
}

fn pack_position(to: &mut Packer, position: &Position) {
    to.text(position.chain.as_str());
    to.uint(u64::from(position.day));
    to.uint(position.whole);
    to.uint(u64::from(position.lines));
    to.head(&position.head.head);
    to.uint(position.head.n);
    to.moment(position.head.t);
    to.option(position.latest, Packer::moment);
    to.list(&position.months, |to, (month, changed, days)| {
        to.uint(u64::from(*month));
        to.int(*changed);
        to.uint(u64::from(*days));
    });
}

fn unpack_position(from: &mut Unpacker<'_>) -> Option<Position> {
    Some(Position {
        chain: ChainName::new(from.text()?),
        day: from.small()?,
        whole: from.uint()?,
        lines: from.small()?,
        head: ChainHead { head: from.head()?, n: from.uint()?, t: from.moment()? },
        latest: from.option(Unpacker::moment)?,
        months: from.list(|from| Some((from.small()?, from.int()?, from.small()?)))?,
    })
}

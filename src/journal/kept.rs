//! The checkpoint: everything that was read, condensed, so that the next run reads only what came since.
//!
//! It lies below every rule: a changed config or write-up never makes it wrong. It can be deleted at any time, and one
//! that cannot be read, or is another version's, is as good as none.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::journal::packed::{Packer, Unpacker};
use crate::journal::set_aside::Stamp;
use crate::journal::{ChainHead, JournalError, Month, Position, desk_form, summary_form};
use crate::model::{ChainName, History, Moment, Origin, Remark};

/// What the file begins with: the form's own version, and the program's.
const MAGIC: &str = concat!("statuary checkpoint 3, ", env!("CARGO_PKG_VERSION"), "\n");
/// Its name in the state's folder.
const NAME: &str = "checkpoint";

/// Everything that was read of a journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    /// What the records say.
    pub history: History,
    /// How far each chain was read.
    pub positions: Vec<Position>,
    /// The chains that fork, with the ends of their branches that nothing joins, that with the greatest number last.
    pub forks: Vec<(ChainName, Vec<ChainHead>)>,
    /// The chains whose first days are not here and never were read, with the time of the first record that was.
    pub late: Vec<(ChainName, Moment)>,
    /// What is damaged or surprising.
    pub remarks: Vec<Remark>,
    /// The file of the hours that are set aside, where any is.
    pub hours: Option<Stamp>,
}

/// Reads the checkpoint; none where there is none that can be used.
pub(super) fn load(state: &Path) -> Option<Kept> {
    let bytes = fs::read(state.join(NAME)).ok()?;
    let mut from = Unpacker(open(&bytes, MAGIC)?.1);
    let kept = unpack(&mut from)?;
    from.0.is_empty().then_some(kept)
}

/// What stands behind a file's beginning and its checksum, and that; none where it does not match.
pub(super) fn open<'a>(bytes: &'a [u8], magic: &str) -> Option<(u32, &'a [u8])> {
    let (sum, body) = bytes.strip_prefix(magic.as_bytes())?.split_first_chunk::<4>()?;
    let sum = u32::from_le_bytes(*sum);
    (crc32fast::hash(body) == sum).then_some((sum, body))
}

/// Writes the checkpoint beside and puts it in place; it need not survive a power cut. Gives its size in bytes.
pub(super) fn save(state: &Path, kept: &Kept) -> Result<usize, JournalError> {
    let mut to = Packer::default();
    pack(&mut to, kept)?;
    write(state, NAME, MAGIC, &to.0)?;
    Ok(to.0.len())
}

/// Removes the checkpoint. One that cannot be removed is one that cannot be written either.
pub(super) fn drop(state: &Path) {
    let _ = fs::remove_file(state.join(NAME));
}

/// Writes a file beside and puts it in place. Gives its checksum.
pub(super) fn write(state: &Path, name: &str, magic: &str, body: &[u8]) -> Result<u32, JournalError> {
    let fail = |e| JournalError::io(state, "the checkpoint cannot be written", e);
    fs::create_dir_all(state).map_err(fail)?;
    let beside = state.join(format!(".{name}.new"));
    let mut file = fs::File::create(&beside).map_err(fail)?;
    let sum = crc32fast::hash(body);
    for part in [magic.as_bytes(), &sum.to_le_bytes(), body] {
        file.write_all(part).map_err(fail)?;
    }
    fs::rename(&beside, state.join(name)).map_err(fail)?;
    Ok(sum)
}

fn pack(to: &mut Packer, kept: &Kept) -> Result<(), JournalError> {
    desk_form::pack(to, &kept.history.declared)?;
    to.list(&kept.history.chains, summary_form::pack);
    to.list(&kept.history.remarks, pack_remark);
    to.list(&kept.positions, pack_position);
    to.list(&kept.forks, |to, (chain, tips)| {
        to.text(chain.as_str());
        to.list(tips, pack_head);
    });
    to.list(&kept.late, |to, (chain, t)| {
        to.text(chain.as_str());
        to.moment(*t);
    });
    to.list(&kept.remarks, pack_remark);
    to.option(kept.hours, |to, stamp| to.uint(u64::from(stamp.0)));
    Ok(())
}

fn unpack(from: &mut Unpacker<'_>) -> Option<Kept> {
    let declared = desk_form::unpack(from)?;
    let chains = from.list(summary_form::unpack)?;
    let remarks = from.list(unpack_remark)?;
    let history = History { declared, chains, remarks };
    Some(Kept {
        history,
        positions: from.list(unpack_position)?,
        forks: from.list(|from| Some((ChainName::new(from.text()?), from.list(unpack_head)?)))?,
        late: from.list(|from| Some((ChainName::new(from.text()?), from.moment()?)))?,
        remarks: from.list(unpack_remark)?,
        hours: from.option(Unpacker::small)?.map(Stamp),
    })
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

fn pack_head(to: &mut Packer, head: &ChainHead) {
    to.head(&head.head);
    to.uint(head.n);
    to.moment(head.t);
}

fn unpack_head(from: &mut Unpacker<'_>) -> Option<ChainHead> {
    Some(ChainHead { head: from.head()?, n: from.uint()?, t: from.moment()? })
}

fn pack_position(to: &mut Packer, position: &Position) {
    to.text(position.chain.as_str());
    to.uint(u64::from(position.day));
    to.uint(position.whole);
    to.uint(u64::from(position.lines));
    pack_head(to, &position.head);
    to.option(position.latest, Packer::moment);
    to.list(&position.months, |to, Month { month, changed, days }| {
        to.uint(u64::from(*month));
        to.int(*changed);
        to.list(days, |to, (day, size)| {
            to.uint(u64::from(*day));
            to.uint(*size);
        });
    });
}

fn unpack_position(from: &mut Unpacker<'_>) -> Option<Position> {
    Some(Position {
        chain: ChainName::new(from.text()?),
        day: from.small()?,
        whole: from.uint()?,
        lines: from.small()?,
        head: unpack_head(from)?,
        latest: from.option(Unpacker::moment)?,
        months: from.list(unpack_month)?,
    })
}

fn unpack_month(from: &mut Unpacker<'_>) -> Option<Month> {
    let (month, changed) = (from.small()?, from.int()?);
    Some(Month { month, changed, days: from.list(|from| Some((from.small()?, from.uint()?)))? })
}

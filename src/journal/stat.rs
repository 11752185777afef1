//! How much a journal holds, counted without reading a record.

use std::fs;
use std::path::Path;

use crate::journal::JournalError;
use crate::journal::files;
use crate::model::ChainName;

/// How much one chain holds here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Size {
    /// Which.
    pub chain: ChainName,
    /// Days of which there is a file, in any form.
    pub days: u64,
    /// Bytes of the files in its months' folders.
    pub bytes: u64,
}

/// The sizes of the chains under `root`, in name order.
pub(super) fn sizes(root: &Path) -> Result<Vec<Size>, JournalError> {
    let of = |chain: ChainName| {
        let (mut days, mut bytes) = (0, 0);
        for (month, folder) in files::months(root, &chain)? {
            days += files::days_of(&folder, month)?.len() as u64;
            let entries =
                fs::read_dir(&folder).map_err(|e| JournalError::io(&folder, "the folder cannot be listed", e))?;
            bytes += entries.flatten().filter_map(|e| e.metadata().ok()).map(|m| m.len()).sum::<u64>();
        }
        Ok(Size { chain, days, bytes })
    };
    files::chains(root)?.into_iter().map(of).collect()
}

//! The published copy of the record: what stands beside its chains, how it is fetched, and whether it holds what its
//! index says.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::journal::copy::index::{Content, Index};
use crate::journal::shelf::{DayName, shelf};
use crate::journal::{Finding, JournalError, files, seal};

pub(super) mod fetch;
pub(super) mod index;
pub(super) mod rules;

/// Holds a copy's files against its index. `root` is the copy's `journal/`.
pub fn check_index(root: &Path, index: &Index) -> Result<Vec<Finding>, JournalError> {
    let mut found = Vec::new();
    let mut say = |name: &str, text: String, fatal| {
        found.push(Finding { file: root.join(name), line: 0, text, fatal });
    };
    let mut listed: BTreeSet<&DayName> = BTreeSet::new();
    for file in &index.files {
        let name = file.name.to_string();
        if !listed.insert(&file.name) {
            say(&name, "index.json lists it twice".to_owned(), true);
        } else if file.content.is_some() != (file.name.day < index.closed_before) {
            say(&name, "index.json calls it closed and says that its day is not over, or the reverse".to_owned(), true);
        }
        match (sum(&root.join(&name))?, &file.content) {
            (None, _) => say(&name, "index.json lists it, and it is not here".to_owned(), true),
            (Some((bytes, _)), Some(stated)) if bytes != stated.bytes => {
                say(&name, format!("it has {bytes} bytes, and index.json says {}", stated.bytes), true);
            }
            (Some((_, sha256)), Some(Content { sha256: stated, .. })) if sha256 != *stated => {
                say(&name, format!("its SHA-256 is {sha256}, and index.json says {stated}"), true);
            }
            (Some(_), _) => {}
        }
    }
    for chain in files::chains(root)? {
        if !chain.is_public() {
            say(chain.as_str(), "an internal chain stands in a published copy".to_owned(), true);
        }
        for (name, _) in shelf(root, &chain)?.iter().filter(|(name, _)| !listed.contains(name)) {
            say(&name.to_string(), "it is here, and index.json does not list it".to_owned(), true);
        }
    }
    Ok(found)
}

/// A file's size and SHA-256; none where there is none.
fn sum(path: &Path) -> Result<Option<(u64, String)>, JournalError> {
    let fail = |e| JournalError::io(path, "the day's file cannot be read", e);
    let mut file = match File::open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(fail)?,
    };
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 256 << 10]);
    loop {
        let read = file.read(&mut buffer).map_err(fail)?;
        if read == 0 {
            return Ok(Some((bytes, seal::hex(&hash.finalize()))));
        }
        hash.update(&buffer[..read]);
        bytes += read as u64;
    }
}

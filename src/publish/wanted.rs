//! What a swap is to put in place: bytes that were made here, or a file on this disk as it is.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::model::Print;
use crate::publish::manifest::Looks;
use crate::publish::{PublishError, Standing};
use crate::render::{Class, Output};

/// How much of a copied file is in memory at a time.
const BUFFER_BYTES: usize = 256 << 10;

/// A file on this disk that is published as it is. It is read only where it changed since it was published last, and
/// never held in memory. See [`crate::publish::survey`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// Path under the site's root, with `/`.
    pub path: String,
    source: PathBuf,
    looks: Looks,
    sha256: String,
    stands: bool,
}

impl Copied {
    /// Its size in bytes. What is appended to it later is not published with this swap.
    pub fn bytes(&self) -> u64 {
        self.looks.size()
    }

    /// SHA-256 of its bytes: 64 lower-case hex digits.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether it is published already.
    pub(super) fn stands(&self) -> bool {
        self.stands
    }
}

/// See [`crate::publish::survey`].
pub(super) fn survey(standing: &Standing, files: Vec<(String, PathBuf)>) -> Result<Vec<Copied>, PublishError> {
    let mut copies = Vec::with_capacity(files.len());
    for (path, source) in files {
        let fail = |e| PublishError::io(&source, "the file that is to be published cannot be read", e);
        let looks = Looks::of(&fs::metadata(&source).map_err(fail)?);
        // A day only grows, so that its size alone would tell.
        let known = standing.sha256(&path, Print::of(&looks));
        let stands = known.is_some();
        let sha256 = match known {
            Some(known) => known.to_owned(),
            None => stream(&source, looks.size(), &mut io::sink()).map_err(fail)?,
        };
        copies.push(Copied { path, source, looks, sha256, stands });
    }
    Ok(copies)
}

/// One of the two.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    Made(&'a Output),
    Copied(&'a Copied),
}

impl<'a> Wanted<'a> {
    pub(super) fn path(self) -> &'a str {
        match self {
            Self::Made(file) => &file.path,
            Self::Copied(file) => &file.path,
        }
    }

    pub(super) fn class(self) -> Class {
        match self {
            Self::Made(file) => file.class,
            // Before anything that is made each round: that may state where a chain ends.
            Self::Copied(_) => Class::Settled,
        }
    }

    pub(super) fn len(self) -> u64 {
        match self {
            Self::Made(file) => file.bytes.len() as u64,
            Self::Copied(file) => file.bytes(),
        }
    }

    pub(super) fn sha256(self) -> String {
        match self {
            Self::Made(file) => sha256(&file.bytes),
            Self::Copied(file) => file.sha256.clone(),
        }
    }

    /// What it is made from: of a copy, how its source looks.
    pub(super) fn print(self) -> Option<Print> {
        match self {
            Self::Made(file) => file.print,
            Self::Copied(file) => Some(Print::of(&file.looks)),
        }
    }

    /// Whether a file of the same length holds the same bytes.
    pub(super) fn stands_at(self, path: &Path) -> io::Result<bool> {
        match self {
            Self::Made(file) => Ok(fs::read(path)? == file.bytes),
            Self::Copied(file) => Ok(stream(path, file.bytes(), &mut io::sink())? == file.sha256),
        }
    }

    /// Writes it, and waits until it is on the disk.
    pub(super) fn write_synced(self, path: &Path) -> io::Result<()> {
        let mut target = File::create(path)?;
        match self {
            Self::Made(file) => target.write_all(&file.bytes)?,
            Self::Copied(file) => {
                if stream(&file.source, file.bytes(), &mut target)? != file.sha256 {
                    let text = format!("{} was changed while it was copied", file.source.display());
                    return Err(io::Error::other(text));
                }
            }
        }
        target.sync_all()
    }
}

/// Hands on the first `bytes` of a file, and gives the SHA-256 of those.
fn stream(source: &Path, bytes: u64, target: &mut dyn Write) -> io::Result<String> {
    let mut file = File::open(source)?.take(bytes);
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; BUFFER_BYTES]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hex(&hash.finalize()));
        }
        hash.update(&buffer[..read]);
        target.write_all(&buffer[..read])?;
    }
}

pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text
    })
}

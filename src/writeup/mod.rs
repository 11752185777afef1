//! Reads the Markdown people wrote.
//!
//! - Takes: the folder `incidents/` and the site's zone.
//! - Gives: one write-up per file, every word kept; remarks on what could not be read, with file and line.
//! - Touches: disk.
//! - Never: rewrites a line that a person wrote, or lets HTML through that could do harm.

/// Writes into a `String`, which cannot fail.
macro_rules! put {
    ($out:expr, $($words:tt)*) => {{
        use std::fmt::Write as _;
        let _ = $out.write_fmt(format_args!($($words)*));
    }};
}

mod address;
mod append;
mod body;
mod fields;
mod folder;
mod front;
mod heading;
mod html;
mod items;
mod media;
mod parse;
mod source;
mod text;
mod when;
mod words;

use std::path::{Path, PathBuf};

use sha2::Digest;

pub use append::{append_update, create};

use crate::model::{Remark, WriteUp, Zone};

/// What stands in `incidents/`.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// By file name.
    pub writeups: Vec<WriteUp>,
    /// Images that the write-ups show: (path under `incidents/`, where it lies). They are published under
    /// `incidents/` with the same path. Those of drafts and internal write-ups are not among them.
    pub images: Vec<(String, PathBuf)>,
    /// What could not be read as meant.
    pub remarks: Vec<Remark>,
}

/// Reads every `*.md` under `dir` (drafts too; files and folders that begin with `_` or `.` are left out).
/// A missing folder is an empty one. Only an unreadable disk is an error.
pub fn load(dir: &Path, zone: Zone) -> std::io::Result<Reading> {
    folder::load(dir, zone)
}

/// Reads one file's bytes. `file` is its path under `incidents/`; pictures and links to other write-ups, which need
/// the folder, are shown as their words.
pub fn parse(file: &str, bytes: &[u8], zone: Zone) -> (WriteUp, Vec<Remark>) {
    let read = parse::read(file, &slug(file), bytes, zone, &html::Beside::new());
    (read.writeup, read.remarks)
}

/// The address of a file: its stem, lower-cased, with safe characters only, at most 100.
/// A name without any is named after its hash.
pub fn slug(file: &str) -> String {
    let name = file.rsplit('/').next().unwrap_or(file);
    let stem = name.strip_suffix(".md").or_else(|| name.strip_suffix(".MD")).unwrap_or(name);
    let safe = ascii(stem);
    if !safe.is_empty() {
        return safe;
    }
    let hash = sha2::Sha256::digest(stem.as_bytes());
    format!("w-{:02x}{:02x}{:02x}{:02x}", hash[0], hash[1], hash[2], hash[3])
}

/// Lower-case letters, digits and single dashes.
fn ascii(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            safe.push(c);
        } else if !safe.ends_with('-') && !safe.is_empty() && !matches!(c, '\'' | '’') {
            safe.push('-');
        }
        if safe.len() >= 100 {
            break;
        }
    }
    safe.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod props;
#[cfg(test)]
mod tests;

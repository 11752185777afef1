//! Puts words into files: new ones, and updates at their end. Never changes a line that is there.

use std::io::{Error, ErrorKind, Result, Write};
use std::path::Path;

use crate::model::Zone;
use crate::writeup::body::{self, Kind};
use crate::writeup::{front, parse, source};

/// At most this many places above hidden parts are tried.
const MOST_TRIED: usize = 8;

/// Writes a new file. One that is there already is an error (`AlreadyExists`).
pub fn create(path: &Path, text: &str) -> Result<()> {
    let folder = folder_of(path);
    std::fs::create_dir_all(folder)?;
    let file = beside(folder, text.as_bytes())?;
    file.persist_noclobber(path).map_err(|e| e.error)?;
    sync(folder)
}

/// Adds an update below the last one, or at the file's end where there is none. `heading` is what follows the `#`s:
/// `Identified · 2026-11-23 09:18 · next 09:30`. The file is replaced in one step; every byte that was in it stays.
///
/// An error of kind `InvalidInput` means that the words would not have been read as one update.
pub fn append_update(path: &Path, heading: &str, text: &str) -> Result<()> {
    // A link keeps pointing where it does.
    let path = path.canonicalize()?;
    let before = std::fs::read(&path)?;
    let after = with_update(&before, heading, text)?;
    let folder = folder_of(&path);
    let file = beside(folder, &after)?;
    file.as_file().set_permissions(std::fs::metadata(&path)?.permissions())?;
    file.persist(&path).map_err(|e| e.error)?;
    sync(folder)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn beside(folder: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".new-").suffix(".tmp").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn sync(folder: &Path) -> Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

/// The bytes with one update more. The first place holds at which the update reads as itself and nothing else changes:
/// below the last update, at the end, or above a hidden part that is not closed.
fn with_update(before: &[u8], heading: &str, text: &str) -> Result<Vec<u8>> {
    let heading = heading.split_whitespace().collect::<Vec<_>>().join(" ");
    let places = places(before);
    let newline = if before.windows(2).any(|w| w == b"\r\n") { "\r\n" } else { "\n" };
    let marks = "#".repeat(places.level);
    let text = text.trim().replace("\r\n", "\n").replace('\n', newline);
    let words = format!("{marks} {heading}{newline}{newline}{text}{newline}");
    for at in places.at {
        let after = insert(before, at, &words, newline);
        if is_one_more(before, &after, &words) {
            return Ok(after);
        }
    }
    Err(Error::new(
        ErrorKind::InvalidInput,
        format!(
            "`{heading}` would not read as one update here: begin it with a status word or end it with a time, keep \
             such headings out of its text, and close what the file leaves open (a comment, a code block)"
        ),
    ))
}

struct Places {
    /// Bytes at which an update may be put, the best first.
    at: Vec<usize>,
    /// The level of the headings of the updates that are there; 3 where there are none.
    level: usize,
}

fn places(before: &[u8]) -> Places {
    let source = source::read(before);
    let from = front::read(&source.text).body;
    let body = body::cut(&source.text[from..], "", Zone::UTC);
    let lines = |at: usize| source::line_of(&source.text, from + at) as usize - 1;
    let starts = line_starts(before);
    let mut places = Places { at: Vec::new(), level: 3 };
    if let Some(last) = body.parts.iter().rev().find(|p| matches!(p.kind, Kind::Update(_))) {
        let typed = source.text[from + last.source.start..].chars().take_while(|c| *c == '#').count();
        places.level = if (2..=6).contains(&typed) { typed } else { 3 };
        if last.source.end + from < source.text.len() {
            places.at.extend(starts.get(lines(last.source.end)));
        }
    }
    places.at.push(before.len());
    let swallowers = starts.iter().rev().filter(|at| opens(&before[**at..])).take(MOST_TRIED);
    places.at.extend(swallowers.copied());
    places
}

/// Where each line begins. Lines end in `\n`, `\r\n` or `\r`, as they do when the file is read.
fn line_starts(bytes: &[u8]) -> Vec<usize> {
    let ends = |at: &usize| bytes[*at] == b'\n' || (bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
    std::iter::once(0).chain((0..bytes.len()).filter(ends).map(|at| at + 1)).collect()
}

/// Whether a line opens a hidden part, which may run on to the end.
fn opens(line: &[u8]) -> bool {
    line.trim_ascii_start().starts_with(b"<!--")
}

fn insert(before: &[u8], at: usize, words: &str, newline: &str) -> Vec<u8> {
    let (head, tail) = before.split_at(at);
    let mut after = head.to_vec();
    if !head.is_empty() && !head.ends_with(b"\n") && !head.ends_with(b"\r") {
        after.extend_from_slice(newline.as_bytes());
    }
    let blank = format!("{newline}{newline}");
    if !head.is_empty() && !after.ends_with(blank.as_bytes()) {
        after.extend_from_slice(newline.as_bytes());
    }
    after.extend_from_slice(words.as_bytes());
    if !tail.is_empty() {
        after.extend_from_slice(newline.as_bytes());
        after.extend_from_slice(tail);
    }
    after
}

/// Whether exactly this update came and every other reads as it did.
fn is_one_more(before: &[u8], after: &[u8], words: &str) -> bool {
    let read = |bytes| parse::read("x.md", "x", bytes, Zone::UTC, &crate::writeup::html::Beside::new()).writeup;
    let hashes = |w: &crate::model::WriteUp| w.updates.iter().map(|u| u.sha256.clone()).collect::<Vec<_>>();
    let (before, after) = (read(before), read(after));
    let [added] = hashes(&read(words.as_bytes())).try_into().unwrap_or_default();
    let (old, mut new) = (hashes(&before), hashes(&after));
    let Some(at) = new.iter().rposition(|hash| *hash == added) else { return false };
    new.remove(at);
    new == old && after.sections.len() == before.sections.len()
}

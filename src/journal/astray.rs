//! Finds where a chain goes on, from the ends of a few day files, however many there are.
//!
//! A chain's head stands in its newest file that holds a record, and so does every torn end that no record has named
//! yet, or in a file after it: with each new file the one before it is done with. Only a clock that went back writes to
//! an older file. Such a file is noted down before it is written to, in `.astray` beside the chain's years, and every
//! append looks at what is noted. There the note is safe from whoever deletes the state folder, and goes with the chain
//! where that is copied. A chain whose note was lost is read as well as before: its next record may fork it, which is
//! reported like any other fork.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::journal::JournalError;
use crate::journal::files::{self, Backwards, Day, End};
use crate::journal::write::sync_folder;
use crate::model::ChainName;

/// The note's name in the chain's folder.
const NAME: &str = ".astray";
/// What it begins with, for a person who finds it.
const SAYS: &str = "# Days that a wrong clock wrote to. The next record may have to follow what stands in them.\n";
/// The most that is read of it, in bytes: more than a thousand days.
const MAX_BYTES: u64 = 16 << 10;

/// What an append has to know of a chain's files.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How the files end that were looked at.
    pub(super) ends: BTreeMap<Day, End>,
    /// The newest file.
    pub(super) newest: Option<Day>,
    /// The days that are noted down.
    pub(super) noted: BTreeSet<Day>,
}

/// Looks at the newest files, back to one that holds a record, and at those that are noted down.
pub(super) fn find(folder: &Path, chain: &ChainName) -> Result<Found, JournalError> {
    let mut found = Found { noted: noted(folder)?, ..Found::default() };
    found.newest = found.walk(folder, chain, Day::LAST)?;
    for day in found.noted.clone() {
        found.look(folder, chain, day)?;
    }
    Ok(found)
}

impl Found {
    /// The day whose file holds the head: the whole record with the greatest number, wherever the calendar put it.
    pub(super) fn head(&self) -> Option<Day> {
        let numbers = self.ends.iter().filter_map(|(day, end)| Some((end.last.as_ref()?.n, *day)));
        numbers.max().map(|(_, day)| day)
    }

    /// The newest day with a record.
    pub(super) fn newest_record(&self) -> Option<Day> {
        self.ends.iter().rev().find(|(_, end)| end.last.is_some()).map(|(day, _)| *day)
    }

    /// Looks at a day's file where there is one, and where others are newer, at those before it too: a clock that went
    /// ahead leaves a file there that is not followed by the calendar.
    pub(super) fn reach(&mut self, folder: &Path, chain: &ChainName, day: Day) -> Result<(), JournalError> {
        self.look(folder, chain, day)?;
        if self.newest_record().is_some_and(|newest| day < newest) {
            self.walk(folder, chain, day)?;
        }
        Ok(())
    }

    /// Remembers how a file ends that was written to.
    pub(super) fn wrote(&mut self, day: Day, end: End) {
        self.newest = self.newest.max(Some(day));
        self.ends.insert(day, end);
    }

    /// Looks at the files from a day back to one that holds a record. Gives the first of them.
    fn walk(&mut self, folder: &Path, chain: &ChainName, from: Day) -> Result<Option<Day>, JournalError> {
        let mut back = Backwards::from(folder, from)?;
        let mut first = None;
        while let Some((day, path)) = back.step()? {
            first.get_or_insert(day);
            let end = match self.ends.entry(day) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => unknown.insert(files::end(&path, chain)?),
            };
            if end.last.is_some() {
                break;
            }
        }
        Ok(first)
    }

    fn look(&mut self, folder: &Path, chain: &ChainName, day: Day) -> Result<(), JournalError> {
        let path = day.path(folder);
        if !self.ends.contains_key(&day) && path.exists() {
            self.ends.insert(day, files::end(&path, chain)?);
        }
        Ok(())
    }

    /// Notes down what the next appends must look at besides the newest files, before a record goes to the file of
    /// `target`: that file, the head's, and those whose torn ends no record has named for good. Durable when it returns.
    ///
    /// What need not be looked at any more is struck out when a file is begun, or when something is noted anyway.
    pub(super) fn note(&mut self, folder: &Path, target: Day, torn: &[Day]) -> Result<(), JournalError> {
        let Some(newest) = self.newest_record() else { return Ok(()) };
        let is_known = |day: &Day| self.noted.contains(day);
        let older = |day: &Day| *day < newest;
        let mut needed: BTreeSet<Day> = torn.iter().copied().chain(self.head()).chain([target]).filter(older).collect();
        // What is noted and not here may be here again tomorrow.
        needed.extend(self.noted.iter().filter(|day| !self.ends.contains_key(day)));
        let begins = self.ends.get(&target).is_none_or(|end| end.size == 0);
        if needed.iter().all(is_known) && (!begins || needed.len() == self.noted.len()) {
            return Ok(());
        }
        write(folder, &needed)?;
        self.noted = needed;
        Ok(())
    }
}

/// The days that are noted down for a chain. What is no day in the note (a conflict's marks, half a line) says nothing.
pub(super) fn noted(folder: &Path) -> Result<BTreeSet<Day>, JournalError> {
    let path = folder.join(NAME);
    let mut bytes = Vec::new();
    match File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(JournalError::io(&path, "the note of days out of order cannot be read", error)),
    }
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.lines().filter_map(Day::parse).collect())
}

/// Writes the note beside and puts it in place, or takes it away where there is nothing to note.
fn write(folder: &Path, days: &BTreeSet<Day>) -> Result<(), JournalError> {
    let (path, beside) = (folder.join(NAME), folder.join(".astray.new"));
    let fail = |e| JournalError::io(&path, "the note of days out of order cannot be written; nothing was appended", e);
    if days.is_empty() {
        return fs::remove_file(&path).map_err(fail);
    }
    let mut text = SAYS.to_owned();
    for day in days {
        let _ = writeln!(text, "{day}");
    }
    let mut file = File::create(&beside).map_err(fail)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_data()).map_err(fail)?;
    fs::rename(&beside, &path).map_err(fail)?;
    sync_folder(folder)
}

/// The newest file of a chain.
pub(super) fn newest(folder: &Path) -> Result<Option<PathBuf>, JournalError> {
    Ok(Backwards::from(folder, Day::LAST)?.step()?.map(|(_, path)| path))
}

//! The day files of a journal by name: which chain, which day, in which form.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use chrono::{Datelike, NaiveDate};

use crate::journal::JournalError;
use crate::journal::files;
use crate::journal::forms::Form;
use crate::model::ChainName;

/// A day of a chain as its file is called: `local/2026/11/23.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DayName {
    /// Which chain.
    pub chain: ChainName,
    /// The UTC day.
    pub day: NaiveDate,
    /// In which form.
    pub form: Form,
}

impl fmt::Display for DayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { chain, day, form } = self;
        write!(f, "{chain}/{:04}/{:02}/{:02}.{}", day.year(), day.month(), day.day(), form.suffix())
    }
}

impl DayName {
    /// Reads a name, and takes nothing else: no other folder can be reached by one.
    pub fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('/');
        let (chain, year, month, file) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (day, ending) = file.split_once('.')?;
        let date = NaiveDate::from_ymd_opt(number(year, 4)?, number(month, 2)? as u32, number(day, 2)? as u32)?;
        let good = parts.next().is_none() && is_chain(chain);
        good.then_some(Self { chain: ChainName::from(chain), day: date, form: Form::of(ending)? })
    }
}

/// Whether a chain may be called so: the desk, or a place as the config takes it, internal or not.
pub fn is_chain(name: &str) -> bool {
    let place = name.strip_suffix("+internal").unwrap_or(name);
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    place == "_desk" || (place.len() <= 64 && place.starts_with(char::is_alphanumeric) && place.chars().all(word))
}

fn number(text: &str, digits: usize) -> Option<i32> {
    let fits = text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok()).flatten()
}

/// A month of a chain: a folder of day files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthName {
    /// Which chain.
    pub chain: ChainName,
    /// Its first day.
    pub first: NaiveDate,
}

impl fmt::Display for MonthName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:04}/{:02}", self.chain, self.first.year(), self.first.month())
    }
}

/// The months of one chain in the order of the calendar.
pub fn months(root: &Path, chain: &ChainName) -> Result<Vec<(MonthName, PathBuf)>, JournalError> {
    let mut months = Vec::new();
    for (year, folder) in files::numbered(&root.join(chain.as_str()), 4)? {
        for (month, path) in files::numbered(&folder, 2)? {
            let first = i32::try_from(year).ok().and_then(|year| NaiveDate::from_ymd_opt(year, month, 1));
            months.extend(first.map(|first| (MonthName { chain: chain.clone(), first }, path)));
        }
    }
    Ok(months)
}

/// The day files of one month in the order of the calendar, each day once, in the form that is read. What is called
/// otherwise is none of ours and left out.
pub fn days_of(root: &Path, month: &Path) -> Result<Vec<(DayName, PathBuf)>, JournalError> {
    let mut days: BTreeMap<NaiveDate, (DayName, PathBuf)> = BTreeMap::new();
    for (_, path) in files::entries(month)? {
        let name = path.strip_prefix(root).ok().and_then(Path::to_str).and_then(DayName::parse);
        let Some(name) = name.filter(|_| path.is_file()) else { continue };
        if days.get(&name.day).is_none_or(|(other, _)| name.form < other.form) {
            days.insert(name.day, (name, path));
        }
    }
    Ok(days.into_values().collect())
}

/// The same of all months of a chain.
pub fn shelf(root: &Path, chain: &ChainName) -> Result<Vec<(DayName, PathBuf)>, JournalError> {
    let mut days = Vec::new();
    for (_, month) in months(root, chain)? {
        days.extend(days_of(root, &month)?);
    }
    Ok(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_days_name_is_one() {
        for name in [
            "local/2026/11/23.jsonl",
            "_desk/2026/11/23.jsonl.gz",
            "oslo-2/0001/01/01.roll.jsonl.gz",
            "local+internal/2026/11/23.jsonl",
        ] {
            assert_eq!(DayName::parse(name).map(|d| d.to_string()).as_deref(), Some(name));
        }
        for name in [
            "",
            "local/2026/11/23",
            "local/2026/11/23.txt",
            "local/2026/11/31.jsonl",
            "local/2026/1/23.jsonl",
            "local/+026/11/23.jsonl",
            "local/2026/11/23.jsonl/x",
            "../2026/11/23.jsonl",
            "/local/2026/11/23.jsonl",
            "a/../2026/11/23.jsonl",
            "_hidden/2026/11/23.jsonl",
            "local+other/2026/11/23.jsonl",
            "lo cal/2026/11/23.jsonl",
        ] {
            assert_eq!(DayName::parse(name), None, "{name}");
        }
    }

    #[test]
    fn of_several_forms_the_oldest_is_read() {
        let root = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        };
        for name in ["21.roll.jsonl.gz", "22.jsonl.gz", "22.roll.jsonl.gz", "22.jsonl", "23.jsonl.bak", "notes"] {
            put(&format!("local/2026/11/{name}"));
        }
        std::fs::create_dir_all(root.path().join("local/2026/11/24.jsonl")).unwrap();
        let found = shelf(root.path(), &"local".into()).unwrap();
        let names: Vec<String> = found.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["local/2026/11/21.roll.jsonl.gz", "local/2026/11/22.jsonl"]);
        assert!(shelf(root.path(), &"oslo".into()).unwrap().is_empty());
    }
}

//! Folders of copies with a list of their own: looked into when they changed, and handed to and fro without a trace.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::PathBuf;

use crate::model::{Moment, Print};
use crate::publish::swap::swap_watched;
use crate::publish::{Copied, PublishError, Standing, Swapped, standing, survey, swap};
use crate::render::{Class, Output};

const OLD: &str = "journal/local/2026/10";
const NEW: &str = "journal/local/2026/11";

/// A site with two months of a record: the older one may be settled.
struct Stage {
    root: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let stage = Self { root: tempfile::tempdir().unwrap() };
        stage.write(OLD, "30", "thirty\n");
        stage.write(OLD, "31", "thirty-one\n");
        stage.write(NEW, "01", "one\n");
        stage
    }

    fn join(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn write(&self, folder: &str, name: &str, text: &str) {
        fs::create_dir_all(self.join(folder)).unwrap();
        fs::write(self.join(folder).join(name), text).unwrap();
    }

    fn standing(&self) -> Standing {
        standing(&self.join("public"), &self.join(".statuary")).unwrap()
    }

    fn files(&self, folder: &str) -> Vec<(String, PathBuf)> {
        let listed = fs::read_dir(self.join(folder)).into_iter().flatten().map(|e| e.unwrap());
        let mut files: Vec<_> = listed.map(|e| (e.file_name().into_string().unwrap(), e.path())).collect();
        files.sort();
        files
    }

    fn days(&self, standing: &Standing, folder: &str) -> Vec<Copied> {
        let files = self.files(folder).into_iter().map(|(name, path)| (format!("{folder}/{name}"), path));
        survey(standing, files.collect()).unwrap()
    }

    /// Settles the older month, and says whether it had to be looked into.
    fn settle(&self, standing: &mut Standing, mark: &str) -> Result<(Print, bool), PublishError> {
        let mut looked = false;
        let holds = standing.settle(OLD, &self.join(OLD), (Print::of(mark), later()), || {
            looked = true;
            Ok::<_, PublishError>(self.files(OLD))
        })?;
        Ok((holds, looked))
    }

    /// A run: the older month settled or day by day, the newer one day by day.
    fn run(&self, settled: bool, mark: &str) -> (Swapped, bool) {
        let mut standing = self.standing();
        let looked = settled && self.settle(&mut standing, mark).unwrap().1;
        let mut days = self.days(&standing, NEW);
        if !settled {
            days.extend(self.days(&standing, OLD));
        }
        (swap(&standing, &pages(), &days, &[], later()).unwrap(), looked)
    }

    /// Every published file with its inode and what it says.
    fn shown(&self) -> BTreeMap<String, (u64, String)> {
        let root = self.join("public");
        let all = walkdir::WalkDir::new(&root).into_iter().map(|e| e.unwrap()).filter(|e| e.file_type().is_file());
        let name = |e: &walkdir::DirEntry| e.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        all.map(|e| (name(&e), (e.metadata().unwrap().ino(), fs::read_to_string(e.path()).unwrap()))).collect()
    }

    fn texts(&self) -> Vec<String> {
        self.shown().into_iter().map(|(name, (_, text))| format!("{name}: {}", text.trim())).collect()
    }

    /// The lists in the state folder.
    fn lists(&self) -> usize {
        let names =
            fs::read_dir(self.join(".statuary")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("published-")).count()
    }
}

/// Nothing was changed just before.
fn later() -> Moment {
    Moment::parse_rfc3339("2199-01-01T00:00:00Z").unwrap()
}

fn pages() -> Vec<Output> {
    vec![Output::new("index.html", format!("{OLD}/30 {OLD}/31"), Class::Index)]
}

#[test]
fn a_folder_that_stands_is_not_looked_into() {
    let stage = Stage::new();
    assert_eq!(stage.run(true, "monday"), (Swapped { written: 4, unchanged: 0, removed: 0 }, true));
    let shown = stage.shown();
    let all = Swapped { written: 0, unchanged: 4, removed: 0 };
    assert_eq!(stage.run(true, "monday"), (all.clone(), false));
    assert_eq!(stage.run(true, "tuesday"), (all.clone(), true), "another mark has it looked into");
    assert_eq!(stage.run(true, "tuesday"), (all, false));
    assert_eq!(stage.shown(), shown);
    assert_eq!(stage.lists(), 2);
}

#[test]
fn what_comes_and_goes_in_it_or_in_its_source_is_seen() {
    let stage = Stage::new();
    stage.run(true, "");
    let first = stage.settle(&mut stage.standing(), "").unwrap().0;
    fs::rename(stage.join(OLD).join("31"), stage.join(OLD).join("31.gz")).unwrap();
    assert_eq!(stage.run(true, ""), (Swapped { written: 1, unchanged: 3, removed: 1 }, true));
    let mut standing = stage.standing();
    let second = stage.settle(&mut standing, "").unwrap();
    assert_eq!((second.0 == first, second.1), (false, false));
    let held = standing.holds(OLD).unwrap();
    assert_eq!(held.iter().map(|h| (h.0.as_str(), h.1)).collect::<Vec<_>>(), [("30", 7), ("31.gz", 11)]);
    assert_eq!(held[0].2, crate::publish::wanted::sha256(b"thirty\n"));
    fs::remove_file(stage.join("public").join(OLD).join("30")).unwrap();
    assert_eq!(stage.run(true, ""), (Swapped { written: 1, unchanged: 3, removed: 0 }, true));
    // What was changed in place is found with the next mark.
    fs::write(stage.join("public").join(OLD).join("30"), "THIRTY\n").unwrap();
    assert!(!stage.run(true, "").1);
    assert_eq!(stage.run(true, "next").0.written, 1);
    let texts = stage.texts();
    assert_eq!(texts[1..], [format!("{OLD}/30: thirty"), format!("{OLD}/31.gz: thirty-one"), format!("{NEW}/01: one")]);
}

#[test]
fn a_folder_goes_into_its_own_list_and_back_without_being_written() {
    let stage = Stage::new();
    stage.run(false, "");
    let shown = stage.shown();
    let all = Swapped { written: 0, unchanged: 4, removed: 0 };
    for settled in [true, false, true, true, false, false] {
        assert_eq!(stage.run(settled, "").0, all);
        assert_eq!(stage.shown(), shown);
        assert_eq!(stage.lists(), 1 + usize::from(settled));
    }
}

#[test]
fn a_folder_that_is_not_wanted_goes_with_its_list() {
    let stage = Stage::new();
    stage.run(true, "");
    fs::write(stage.join("public").join(OLD).join("by-hand"), "mine").unwrap();
    let standing = stage.standing();
    let none = swap(&standing, &pages(), &[], &[], later()).unwrap();
    assert_eq!(none, Swapped { written: 0, unchanged: 1, removed: 3 });
    assert_eq!(stage.texts(), [format!("index.html: {OLD}/30 {OLD}/31"), format!("{OLD}/by-hand: mine")]);
    assert_eq!(stage.lists(), 1);
    fs::remove_file(stage.join("public").join(OLD).join("by-hand")).unwrap();
    fs::remove_dir(stage.join("public").join(OLD)).unwrap();
    // A source without files makes no folder.
    fs::remove_dir_all(stage.join(OLD)).unwrap();
    stage.run(true, "");
    assert!(!stage.join("public").join(OLD).exists());
}

#[test]
fn a_lost_list_is_made_anew() {
    let stage = Stage::new();
    stage.run(true, "");
    let shown = stage.shown();
    for file in fs::read_dir(stage.join(".statuary")).unwrap().map(|e| e.unwrap().path()) {
        let kept = fs::read(&file).unwrap();
        fs::write(&file, "{").unwrap();
        let mut standing = stage.standing();
        stage.settle(&mut standing, "").unwrap();
        if standing.holds(OLD).is_none() {
            assert!(stage.settle(&mut standing, "").unwrap().1);
        }
        assert_eq!(standing.holds(OLD).unwrap().len(), 2, "{} was lost", file.display());
        let days = stage.days(&standing, NEW);
        assert_eq!(swap(&standing, &pages(), &days, &[], later()).unwrap().written, 0);
        assert_eq!(stage.shown(), shown);
        assert_ne!(kept, b"{");
    }
}

#[test]
fn a_link_on_the_way_is_not_followed() {
    let stage = Stage::new();
    let elsewhere = stage.join("elsewhere");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(stage.join("public/journal")).unwrap();
    symlink(&elsewhere, stage.join("public/journal/local")).unwrap();
    let refused = stage.settle(&mut stage.standing(), "").unwrap_err().to_string();
    assert!(refused.contains("public/journal/local is in the way of journal/local/2026/10: it is a symbolic link"));
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
}

/// A run that is killed before its `left`th step; false: it came to its end.
fn killed(stage: &Stage, settled: bool, mut left: i32) -> bool {
    let mut standing = stage.standing();
    if settled {
        stage.settle(&mut standing, "").unwrap();
    }
    let mut days = stage.days(&standing, NEW);
    if !settled {
        days.extend(stage.days(&standing, OLD));
    }
    let mut watch = |_| {
        left -= 1;
        if left < 0 { Err(io::Error::other("killed")) } else { Ok(()) }
    };
    swap_watched(&standing, (&pages(), &days), &[], later(), &mut watch).is_err()
}

#[test]
fn law_5_a_kill_while_a_folder_changes_lists_loses_and_leaves_nothing() {
    for (before, then, after) in [(false, true, true), (true, false, false), (false, true, false), (true, false, true)]
    {
        for kill_at in 0.. {
            let stage = Stage::new();
            stage.run(before, "");
            let shown = stage.shown();
            stage.write(NEW, "02", "two\n");
            let killed = killed(&stage, then, kill_at);
            let kept: BTreeMap<_, _> = stage.shown().into_iter().filter(|(name, _)| !name.ends_with("11/02")).collect();
            assert_eq!(kept, shown, "killed at step {kill_at}");
            let done = stage.run(after, "").0;
            assert_eq!((done.written + done.unchanged, done.removed), (5, 0), "killed at step {kill_at}");
            // A list that nobody knows of may be left: it says nothing that is not so.
            assert!(stage.lists() == 1 + usize::from(after) || killed && !after);
            // All is known to one list or the other: it can be taken away.
            swap(&stage.standing(), &[], &[], &[], later()).unwrap();
            assert_eq!(stage.texts(), [] as [String; 0], "killed at step {kill_at}");
            if !killed {
                break;
            }
        }
    }
}

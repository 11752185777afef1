//! Where an append goes on: from a few files, and from the right ones whatever the clock did.

use std::fs;
use std::io::Write;
use std::path::Path;

use super::{crash, day, fatal, folder, journal, local, relay, round};
use crate::journal::{append, read};
use crate::model::Record;

const DAY: i64 = 24 * 60;

fn add(root: &Path, n: i64) -> Record {
    append(root, &local(), &[round(n)]).unwrap().remove(0)
}

fn note(root: &Path) -> Option<String> {
    let text = fs::read_to_string(root.join("local/.astray")).ok()?;
    Some(text.lines().filter(|line| !line.starts_with('#')).collect::<Vec<_>>().join(" "))
}

fn numbers(root: &Path) -> Vec<u64> {
    read(root).unwrap().records.iter().map(|r| r.n).collect()
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(60))]
    /// A clock that jumps about, forth and back by weeks, and no crash: no record is ever written beside another.
    #[test]
    fn whatever_the_clock_says_each_record_follows_the_last(
        days in proptest::collection::vec((0..40_i64, 1..4_usize), 1..16)
    ) {
        let root = folder();
        let mut next = 0;
        for (i, (day, rounds)) in days.into_iter().enumerate() {
            // Some write to one day, some over the days that follow it.
            let minutes = (0..rounds as i64).map(|r| day * DAY + i as i64 * 10 + r * (i as i64 % 2) * DAY);
            let bodies: Vec<_> = minutes.map(round).collect();
            for record in append(root.path(), &local(), &bodies).unwrap() {
                proptest::prop_assert_eq!(record.n, next);
                next += 1;
            }
        }
        proptest::prop_assert_eq!(fatal(root.path()), Vec::<String>::new());
    }
}

#[test]
fn a_day_that_is_done_with_is_not_looked_at() {
    let root = journal(&(0..7).map(|n| n * DAY).collect::<Vec<_>>());
    // Whoever looked at these ends would find them torn, and say so in the next record.
    for old in ["23", "24", "25", "26", "27", "28"] {
        fs::OpenOptions::new().append(true).open(day(root.path(), old)).unwrap().write_all(b"{\"v\":1,").unwrap();
    }
    assert_eq!((add(root.path(), 6 * DAY + 1).n, add(root.path(), 6 * DAY + 2).skip), (7, None));
    // The proof looks at everything.
    assert_eq!(fatal(root.path()).len(), 6);
    // A file is begun: the head's own end is looked at, and it is good.
    assert_eq!(add(root.path(), 7 * DAY).skip, None);
    assert_eq!(note(root.path()), None, "nothing was out of order");
}

#[test]
fn days_on_which_every_append_was_killed_are_stepped_over_with_the_head_before_them() {
    let root = journal(&[0, DAY]);
    for n in 2..5 {
        crash(root.path(), &round(n * DAY), 0.4);
    }
    fs::write(day(root.path(), "28"), "").unwrap();
    let next = add(root.path(), 6 * DAY);
    assert_eq!((next.n, next.skip.is_some()), (2, true));
    assert_eq!(fatal(root.path()), [""; 0]);
    assert_eq!(note(root.path()), None);
}

#[test]
fn a_day_that_a_wrong_clock_wrote_to_is_noted_until_the_chain_has_left_it() {
    let root = journal(&[0, DAY, 2 * DAY, 30 * DAY]);
    // After a cold start the clock says the first day, and goes on from there.
    add(root.path(), 10);
    assert_eq!(note(root.path()).as_deref(), Some("2026-11-23"));
    add(root.path(), DAY + 10);
    assert_eq!(note(root.path()).as_deref(), Some("2026-11-23 2026-11-24"), "the head's, and where it goes now");
    assert_eq!(add(root.path(), 30 * DAY + 1).n, 6, "the clock is right again");
    let before = note(root.path());
    add(root.path(), 30 * DAY + 2);
    assert_eq!(note(root.path()), before, "a record in a file that stands changes no note");
    add(root.path(), 31 * DAY);
    assert_eq!(note(root.path()), None);
    assert_eq!(numbers(root.path()), (0..9).collect::<Vec<_>>());
    assert_eq!(fatal(root.path()), [""; 0]);
}

#[test]
fn a_file_of_a_day_that_never_came_costs_a_look_and_no_fork() {
    let root = journal(&[0, 400 * DAY]);
    for n in 1..6 {
        add(root.path(), n * DAY);
        add(root.path(), n * DAY + 1);
        assert_eq!(note(root.path()).map(|days| days.split(' ').count()), Some(if n == 1 { 1 } else { 2 }));
    }
    // Without the note, the files before the clock's own day tell as much.
    fs::remove_file(root.path().join("local/.astray")).unwrap();
    add(root.path(), 6 * DAY);
    assert_eq!(numbers(root.path()), (0..13).collect::<Vec<_>>());
    assert_eq!(fatal(root.path()), [""; 0]);
}

#[test]
fn a_note_in_conflict_still_names_its_days_and_a_lost_one_costs_a_fork_that_is_told() {
    let astray = |text: Option<&str>| {
        let root = journal(&[0, DAY, 9 * DAY, 5, 6]);
        let note = root.path().join("local/.astray");
        match text {
            Some(text) => fs::write(note, text).unwrap(),
            None => fs::remove_file(note).unwrap(),
        }
        add(root.path(), 9 * DAY + 1);
        (numbers(root.path()), fatal(root.path()))
    };
    let conflict = "<<<<<<< ours\n2026-11-23\n=======\n2026-11-2\n2026-13-99\n>>>>>>> theirs\n";
    assert_eq!(astray(Some(conflict)), ((0..6).collect(), Vec::new()));
    let (numbers, told) = astray(None);
    assert_eq!(numbers, [0, 1, 2, 3, 3, 4]);
    insta::assert_snapshot!(told.join("\n"), @"local/2026/12/02.jsonl:2: record 3 ends a branch: no record follows it and none joins it");
}

#[test]
fn a_note_that_cannot_be_written_keeps_the_record_from_being_written() {
    let root = journal(&[0, DAY, 2 * DAY]);
    fs::create_dir(root.path().join("local/.astray.new")).unwrap();
    let before = fs::read(day(root.path(), "23")).unwrap();
    let error = append(root.path(), &local(), &[round(3)]).unwrap_err().to_string();
    let error = error.replace(&root.path().display().to_string(), "journal");
    insta::assert_snapshot!(error, @"journal/local/.astray: the note of days out of order cannot be written; nothing was appended: Is a directory (os error 21)");
    assert_eq!(fs::read(day(root.path(), "23")).unwrap(), before);
    // In the order of the calendar none is needed.
    assert_eq!(add(root.path(), 2 * DAY + 1).n, 3);
}

#[test]
fn a_torn_end_in_a_noted_day_that_is_not_here_is_kept_in_mind() {
    let root = journal(&[0, DAY, 2 * DAY]);
    crash(root.path(), &round(3), 0.5);
    let text = fs::read_to_string(day(root.path(), "23")).unwrap();
    let aside = fs::read(day(root.path(), "23")).unwrap();
    fs::remove_file(day(root.path(), "23")).unwrap();
    add(root.path(), 3 * DAY);
    assert_eq!(note(root.path()).as_deref(), Some("2026-11-23"));
    // It is here again, and named.
    fs::write(day(root.path(), "23"), aside).unwrap();
    assert!(add(root.path(), 3 * DAY + 1).skip.is_some());
    assert_eq!(fatal(root.path()), [""; 0]);
    // Once it was stepped over by a record behind it, it is no longer noted.
    relay(&day(root.path(), "23"), &text.lines().take(1).collect::<Vec<_>>());
    assert!(!fatal(root.path()).is_empty(), "a skip over bytes that are gone");
    add(root.path(), 4 * DAY);
    assert_eq!(note(root.path()), None);
}

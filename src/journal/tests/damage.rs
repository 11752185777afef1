//! Damage of every kind: what it costs a reader, and that a proof catches it.

use std::fs;

use super::{crash, day, fatal, folder, is_good, journal, local, minute, relay, round};
use crate::journal::{VerifyOptions, append, read, verify};
use crate::model::{Body, Record};

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]
    /// Appends that crash, days that pass, and clocks that run ahead or behind for a while, in any order. Whatever an
    /// append comes upon, the proof passes when it has returned.
    #[test]
    fn whatever_crashes_no_saved_record_is_lost_and_the_proof_passes(
        ops in proptest::collection::vec((0..3_i64, 0..8_u8, 0.0..1.0), 1..14)
    ) {
        let root = folder();
        let (mut today, mut saved) = (0, Vec::new());
        for (i, (days, kind, share)) in ops.into_iter().chain([(3, 7, 0.0)]).enumerate() {
            let passes = if kind >= 4 { days } else { 0 };
            today = (today + passes).min(4);
            let clock = match kind {
                0 | 1 => (today - days).max(0),
                2 | 3 => today + days,
                _ => today,
            };
            let body = round(clock * 24 * 60 + i as i64);
            if [0, 2, 4].contains(&kind) {
                crash(root.path(), &body, share);
                continue;
            }
            saved.extend(append(root.path(), &local(), &[body]).unwrap());
            proptest::prop_assert_eq!(fatal(root.path()), Vec::<String>::new(), "after append {}", i);
        }
        let read = read(root.path()).unwrap().records;
        for record in &saved {
            proptest::prop_assert!(read.contains(record), "record {} is lost", record.n);
        }
    }
}

#[test]
fn what_a_wrong_clock_left_torn_is_named_once_a_day() {
    // Minutes from the start; the clock runs three days ahead, or two days behind, and the run is killed there.
    for wrong in [3 * 24 * 60, -2 * 24 * 60] {
        let root = journal(&[-2 * 24 * 60, -24 * 60, 0]);
        crash(root.path(), &round(wrong + 1), 0.5);
        assert!(!is_good(root.path()), "torn, and nobody has said so yet");
        let skips = |minutes: &[i64]| -> Vec<bool> {
            let skips = |n: &i64| append(root.path(), &local(), &[round(*n)]).unwrap()[0].skip.is_some();
            minutes.iter().map(skips).collect()
        };
        let (now, tomorrow) = ([2, 3, 4], [24 * 60, 24 * 60 + 1]);
        assert_eq!((skips(&now), fatal(root.path())), (vec![true, false, false], Vec::new()));
        assert_eq!((skips(&tomorrow), fatal(root.path())), (vec![true, false], Vec::new()));
        // And when the day comes, its file goes on.
        skips(&[3 * 24 * 60 + 5, 3 * 24 * 60 + 6]);
        assert_eq!(fatal(root.path()), [""; 0]);
        // A changed byte of it is found all the same.
        let path = day(root.path(), if wrong > 0 { "26" } else { "21" });
        let text = fs::read(&path).unwrap();
        let line = text.iter().position(|b| *b == b'\n').map_or(0, |at| if wrong > 0 { 0 } else { at + 1 });
        let mut bad = text.clone();
        bad[line + 9] ^= 1;
        fs::write(&path, bad).unwrap();
        assert!(!is_good(root.path()));
    }
}

#[test]
fn removed_swapped_doubled_and_inserted_records_fail_the_proof() {
    let root = journal(&[0, 1, 2, 3]);
    let path = day(root.path(), "23");
    let text = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let foreign = journal(&[7, 8, 9]);
    let foreign = fs::read_to_string(day(foreign.path(), "23")).unwrap();
    let foreign = foreign.lines().nth(2).unwrap();
    let told = |picked: &[&str]| {
        relay(&path, picked);
        fatal(root.path()).join("\n")
    };
    let [a, b, c, d] = lines[..] else { panic!("four lines") };
    insta::assert_snapshot!(told(&[b, c, d]), @"local/2026/11/23.jsonl:1: record 1 names a record before it that is not here: record 0 was removed or changed");
    insta::assert_snapshot!(told(&[a, b, d]), @"local/2026/11/23.jsonl:3: record 3 names a record before it that is not here: record 2 was removed or changed");
    insta::assert_snapshot!(told(&[a, c, b, d]), @"local/2026/11/23.jsonl:3: record 1 stands below record 2");
    insta::assert_snapshot!(told(&[a, b, b, c, d]), @"local/2026/11/23.jsonl:3: record 1 stands twice; its first copy is in line 2");
    insta::assert_snapshot!(told(&[a, b, foreign, c, d]), @"local/2026/11/23.jsonl:3: record 2 names a record before it that is not here: record 1 was removed or changed");
    insta::assert_snapshot!(told(&[a, "", b, c, d]), @"local/2026/11/23.jsonl:2: an empty line, which nobody should have written");
    insta::assert_snapshot!(told(&[a, b, c, d, ""]), @"local/2026/11/23.jsonl:5: 1 bytes at the end of the file are no whole record: the line is cut off or was never a record");
    assert_eq!(told(&[a, b, c, d]), "");
    // The same record twice is folded once; a foreign one is read, as it is whole.
    relay(&path, &[a, b, b, foreign, c, d]);
    let reading = read(root.path()).unwrap();
    assert_eq!(reading.records.len(), 5);
    assert_eq!(reading.remarks.len(), 3, "{:?}", reading.remarks);
}

#[test]
fn removed_and_swapped_days_fail_the_proof() {
    let fresh = || journal(&[0, 1, 24 * 60, 24 * 60 + 1, 48 * 60]);
    let root = fresh();
    fs::remove_file(day(root.path(), "24")).unwrap();
    assert!(!is_good(root.path()));
    let root = fresh();
    fs::remove_file(day(root.path(), "23")).unwrap();
    assert!(!is_good(root.path()));
    // A checkout may lack the older days; what is here is read and proved all the same.
    let told = read(root.path()).unwrap().remarks;
    insta::assert_snapshot!(told[0].text, @"chain local: what was recorded before record 2 (2026-11-24T17:00:00.000Z) is not here");
    assert_eq!(told.len(), 1);
    let partly = || verify(root.path(), &VerifyOptions { partial: true, ..VerifyOptions::default() }).unwrap();
    let findings = partly().chains.remove(0).findings;
    insta::assert_snapshot!(findings[0].text, @"record 2 is the first that is here; what was recorded before is not");
    assert_eq!((findings.len(), findings[0].fatal), (1, false));
    // Only days before all others: one between two was removed.
    fs::remove_file(day(root.path(), "24")).unwrap();
    assert!(partly().is_good());
    let root = fresh();
    fs::remove_file(day(root.path(), "24")).unwrap();
    let partly = verify(root.path(), &VerifyOptions { partial: true, ..VerifyOptions::default() }).unwrap();
    assert!(!partly.is_good());
    let root = fresh();
    let aside = root.path().join("aside");
    for (from, to) in [
        (day(root.path(), "23"), aside.clone()),
        (day(root.path(), "24"), day(root.path(), "23")),
        (aside, day(root.path(), "24")),
    ] {
        fs::rename(from, to).unwrap();
    }
    insta::assert_snapshot!(fatal(root.path())[0], @"local/2026/11/23.jsonl:1: record 2 is of 2026-11-24T17:00:00.000Z, another day than its file's");
}

#[test]
fn a_kept_head_pins_the_end() {
    let root = journal(&[0, 1, 2]);
    let records = read(root.path()).unwrap().records;
    let ask = |head: Option<&Record>, contains: Option<&Record>| {
        let pick = |r: Option<&Record>| r.map(|r| r.head.clone());
        let proof =
            verify(root.path(), &VerifyOptions { head: pick(head), contains: pick(contains), partial: false }).unwrap();
        (proof.is_good(), proof.chains[0].pinned)
    };
    assert_eq!(ask(None, None), (true, None));
    assert_eq!(ask(Some(&records[2]), None), (true, Some(2)));
    assert_eq!(ask(None, Some(&records[1])), (true, Some(1)));
    assert_eq!(ask(Some(&records[1]), Some(&records[2])), (false, Some(2)));
    let text = fs::read_to_string(day(root.path(), "23")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    relay(&day(root.path(), "23"), &lines[..2]);
    assert_eq!(ask(None, None), (true, None));
    assert_eq!(ask(None, Some(&records[2])), (false, None));
}

#[test]
fn a_joined_fork_passes_with_a_remark_and_an_open_one_fails() {
    let root = journal(&[0, 1]);
    let path = day(root.path(), "23");
    let trunk = fs::read(&path).unwrap();
    let branch = |minutes: &[i64]| {
        fs::write(&path, &trunk).unwrap();
        let mut head = None;
        for n in minutes {
            head = append(root.path(), &local(), &[round(*n)]).unwrap().pop();
        }
        (fs::read(&path).unwrap()[trunk.len()..].to_vec(), head.unwrap().head)
    };
    let (first, a) = branch(&[2]);
    let (second, b) = branch(&[3, 4]);
    fs::write(&path, [trunk.clone(), first, second].concat()).unwrap();
    insta::assert_snapshot!(fatal(root.path()).join("\n"), @"local/2026/11/23.jsonl:3: record 2 ends a branch: no record follows it and none joins it");
    append(root.path(), &local(), &[(minute(5), Body::Join(a, b))]).unwrap();
    assert!(is_good(root.path()), "{:?}", fatal(root.path()));
    let reading = read(root.path()).unwrap();
    assert_eq!(reading.records.len(), 6);
    insta::assert_snapshot!(reading.remarks[0].text, @"chain local: it forks: record 2 stands twice, as two runs went on from one copy; a later record joins the two");
    assert_eq!(reading.remarks.len(), 1);
}

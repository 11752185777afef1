//! Every place of a small journal at which it can be cut, changed or put together otherwise.

use std::fs;
use std::path::{Path, PathBuf};

use super::{chains, copy, crash, day, day_files, fatal, folder, golden, is_good, journal, local, relay, round};
use crate::journal::{VerifyOptions, append, read, verify};
use crate::model::{ChainName, Record};

/// A journal of two days with a torn place in the first of them, one across midnight, and one record after that.
fn scarred() -> tempfile::TempDir {
    let root = journal(&[0]);
    crash(root.path(), &round(1), 0.3);
    append(root.path(), &local(), &[round(2)]).unwrap();
    crash(root.path(), &round(3), 0.6);
    append(root.path(), &local(), &[round(24 * 60), round(24 * 60 + 1)]).unwrap();
    assert!(is_good(root.path()), "{:?}", fatal(root.path()));
    root
}

/// Where the whole records of a day's file end, without their newlines.
fn record_ends(bytes: &[u8], records: &[Record]) -> Vec<usize> {
    let text = String::from_utf8_lossy(bytes);
    let seal = |record: &Record| format!(",\"h\":\"{}\"}}", record.head);
    records.iter().filter_map(|record| text.find(&seal(record)).map(|at| at + seal(record).len())).collect()
}

#[test]
fn cut_at_every_byte_it_loses_no_whole_record_invents_none_and_goes_on() {
    let whole = scarred();
    let records = read(whole.path()).unwrap().records;
    let (first, second) = (day(whole.path(), "23"), day(whole.path(), "24"));
    for (last, older) in [(&first, None), (&second, Some(&first))] {
        let bytes = fs::read(last).unwrap();
        let ends = record_ends(&bytes, &records);
        let kept = if older.is_some() { 2 } else { 0 };
        for cut in 0..=bytes.len() {
            let root = folder();
            let place = |path: &Path| root.path().join(path.strip_prefix(whole.path()).unwrap());
            fs::create_dir_all(place(last).parent().unwrap()).unwrap();
            if let Some(older) = older {
                fs::copy(older, place(older)).unwrap();
            }
            fs::write(place(last), &bytes[..cut]).unwrap();
            let left = kept + ends.iter().filter(|end| **end <= cut).count();
            let reading = read(root.path()).unwrap();
            assert_eq!(reading.records, records[..left], "cut at {cut}");
            // What stands behind the last whole record and its newline is torn, and nobody has named it; so is what
            // was torn the day before, once the record that named it is gone.
            let end = ends.iter().rev().find(|end| **end <= cut).map_or(0, |end| (end + 1).min(cut));
            let torn = end < cut || (older.is_some() && left == kept);
            assert_eq!(is_good(root.path()), !torn, "cut at {cut}: {:?}", fatal(root.path()));
            // A third of them go on in the same file, a third in a new one, a third with a clock that went back.
            let next = [24 * 60 + 5, 2 * 24 * 60, 10][cut % 3];
            let written = append(root.path(), &local(), &[round(next), round(next + 1)]).unwrap();
            // Going on in the first day's file, it comes by what was torn there once more.
            let named = torn || (older.is_some() && cut % 3 == 2);
            assert_eq!((written[0].n, written[0].skip.is_some()), (left as u64, named), "cut at {cut}");
            assert_eq!(written[1].skip, None, "cut at {cut}");
            let after = read(root.path()).unwrap();
            assert_eq!(after.records, [&records[..left], &written[..]].concat(), "cut at {cut}");
            assert_eq!(fatal(root.path()), [""; 0], "cut at {cut}");
            let remarks = verify(root.path(), &VerifyOptions::default()).unwrap().chains[0].findings.len();
            assert!(!torn || remarks > 0, "cut at {cut}: the proof says nothing of what was torn");
            assert!(fs::read(place(last)).unwrap().starts_with(&bytes[..cut]), "cut at {cut}: repaired in place");
        }
    }
}

#[test]
fn the_golden_journal_cut_anywhere_is_read_up_to_there() {
    for chain in chains(&golden()).unwrap() {
        let all: Vec<Record> = read(&golden()).unwrap().records.into_iter().filter(|r| r.chain == chain).collect();
        let root = folder();
        copy(&golden().join(chain.as_str()), &root.path().join(chain.as_str()));
        for path in day_files(root.path()) {
            let good = fs::read(&path).unwrap();
            let ends = record_ends(&good, &all);
            for cut in 0..=good.len() {
                fs::write(&path, &good[..cut]).unwrap();
                let lost = ends.iter().filter(|end| **end > cut).count();
                let records = read(root.path()).unwrap().records;
                assert_eq!(records.len(), all.len() - lost, "{} cut at {cut}", path.display());
                assert!(records.iter().all(|r| all.contains(r)), "{} cut at {cut}: one was invented", path.display());
            }
            fs::write(&path, &good).unwrap();
        }
    }
}

/// Changes each byte of every file of one chain in each of these ways, and wants the proof to fail each time.
fn flip(from: &Path, chain: &ChainName, flips: impl Fn(usize) -> Vec<u8>) {
    // One chain at a time, so that each proof has little to read.
    let root = folder();
    copy(&from.join(chain.as_str()), &root.path().join(chain.as_str()));
    for path in day_files(root.path()) {
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        for at in 0..good.len() {
            for flip in flips(at) {
                bad[at] = good[at] ^ flip;
                fs::write(&path, &bad).unwrap();
                assert!(!is_good(root.path()), "{} byte {at}: {} for {}", path.display(), bad[at], good[at]);
            }
            // Damaged or not, it is read.
            read(root.path()).unwrap();
            bad[at] = good[at];
        }
        fs::write(&path, &good).unwrap();
    }
    assert!(is_good(root.path()));
}

#[test]
fn every_flipped_bit_fails_the_proof() {
    flip(scarred().path(), &local(), |_| (0..8).map(|bit| 1 << bit).collect());
}

#[test]
fn every_flipped_byte_of_the_golden_journal_fails_the_proof() {
    for chain in chains(&golden()).unwrap() {
        flip(&golden(), &chain, |at| vec![1 << (at % 8)]);
    }
}

/// A chain's files, each with its lines.
type Days = Vec<(PathBuf, Vec<String>)>;

/// The records of a chain over three days.
fn three_days() -> (tempfile::TempDir, Days) {
    let root = journal(&[0, 1, 2, 24 * 60, 24 * 60 + 1, 2 * 24 * 60, 2 * 24 * 60 + 1]);
    let days = day_files(root.path()).into_iter().map(|path| {
        let text = fs::read_to_string(&path).unwrap();
        (path, text.lines().map(str::to_owned).collect())
    });
    let days = days.collect();
    (root, days)
}

/// Lays the days out and wants the proof to fail, unless it is the journal as it was.
fn must_fail(root: &Path, days: &[(PathBuf, Vec<String>)], what: &str) {
    for (path, lines) in days {
        fs::write(path, lines.iter().fold(String::new(), |all, line| all + line + "\n")).unwrap();
    }
    assert!(!is_good(root), "{what}");
    read(root).unwrap();
}

#[test]
fn every_removed_swapped_doubled_or_inserted_record_fails_the_proof() {
    let (root, good) = three_days();
    let head = read(root.path()).unwrap().heads[&local()].head.clone();
    let foreign = journal(&[0, 5, 6, 7]);
    let foreign = fs::read_to_string(day(foreign.path(), "23")).unwrap();
    let places: Vec<(usize, usize)> =
        good.iter().enumerate().flat_map(|(d, (_, lines))| (0..lines.len()).map(move |l| (d, l))).collect();
    let changed = |what: &str, change: &dyn Fn(&mut Days)| {
        let mut days = good.clone();
        change(&mut days);
        must_fail(root.path(), &days, what);
    };
    for (i, &(d, l)) in places.iter().enumerate() {
        if i + 1 < places.len() {
            changed(&format!("record {i} removed"), &|days| drop(days[d].1.remove(l)));
        }
        for (j, &(e, m)) in places.iter().enumerate().skip(i + 1) {
            changed(&format!("records {i} and {j} swapped"), &|days| {
                let (a, b) = (days[d].1[l].clone(), days[e].1[m].clone());
                (days[d].1[l], days[e].1[m]) = (b, a);
            });
        }
        for &(e, m) in &places {
            for after in [0, 1] {
                changed(&format!("record {i} doubled at {e}:{}", m + after), &|days| {
                    let line = days[d].1[l].clone();
                    days[e].1.insert(m + after, line);
                });
            }
        }
        for line in foreign.lines().chain(["", "x", "{}"]) {
            changed(&format!("{line} put before record {i}"), &|days| days[d].1.insert(l, line.to_owned()));
            changed(&format!("{line} put after record {i}"), &|days| days[d].1.insert(l + 1, line.to_owned()));
        }
    }
    // The end can be cut off unseen, but not if its head was kept elsewhere.
    let (_, lines) = good.last().unwrap();
    fs::write(&good[2].0, format!("{}\n", lines[0])).unwrap();
    assert!(is_good(root.path()));
    let kept = VerifyOptions { head: Some(head.clone()), contains: Some(head), partial: false };
    assert!(!verify(root.path(), &kept).unwrap().is_good());
}

#[test]
fn every_line_put_beside_a_torn_one_fails_the_proof() {
    let root = scarred();
    for path in day_files(root.path()) {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for i in 0..=lines.len() {
            for line in ["", "x", "{}", lines[0]] {
                let mut more = lines.clone();
                more.insert(i, line);
                relay(&path, &more);
                assert!(!is_good(root.path()), "{line:?} at {}:{}", path.display(), i + 1);
            }
        }
        for i in 0..lines.len() {
            let mut less = lines.clone();
            less.remove(i);
            relay(&path, &less);
            assert!(!is_good(root.path()) || (path == day(root.path(), "24") && i == 1), "line {} removed", i + 1);
        }
        fs::write(&path, text).unwrap();
    }
    assert!(is_good(root.path()));
}

#[test]
fn every_removed_swapped_doubled_or_inserted_day_fails_the_proof() {
    let (root, good) = three_days();
    let bytes: Vec<Vec<u8>> = good.iter().map(|(path, _)| fs::read(path).unwrap()).collect();
    let lay = |days: &[(&Path, &[u8])], what: &str| {
        fs::remove_dir_all(root.path().join("local")).unwrap();
        for (path, bytes) in days {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        assert!(!is_good(root.path()), "{what}");
        read(root.path()).unwrap();
    };
    let foreign = journal(&[-24 * 60, 0, 24 * 60, 2 * 24 * 60, 3 * 24 * 60]);
    let mut all: Vec<(&Path, &[u8])> =
        good.iter().map(|(p, _)| p.as_path()).zip(bytes.iter().map(Vec::as_slice)).collect();
    for i in 0..3 {
        if i < 2 {
            let mut days = all.clone();
            days.remove(i);
            lay(&days, &format!("day {i} removed"));
        }
        for j in i + 1..3 {
            let mut days = all.clone();
            (days[i].1, days[j].1) = (days[j].1, days[i].1);
            lay(&days, &format!("days {i} and {j} swapped"));
        }
        // The same day under another date, and another journal's day beside or instead of ours.
        for date in ["22", "23", "24", "25", "26"] {
            let other = day(root.path(), date);
            let mut days: Vec<_> = all.iter().copied().filter(|(path, _)| *path != other).collect();
            days.push((&other, &bytes[i]));
            if other != good[i].0 {
                lay(&days, &format!("day {i} doubled as {date}"));
            }
            let theirs = fs::read(day(foreign.path(), date)).unwrap();
            days.pop();
            days.push((&other, &theirs));
            lay(&days, &format!("another journal's {date}"));
        }
    }
    let empty = day(root.path(), "22");
    all.push((&empty, b"\n"));
    lay(&all, "an empty line for a day");
}

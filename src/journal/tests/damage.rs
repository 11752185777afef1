//! Damage of every kind: what it costs a reader, and that a proof catches it.

use std::fs;
use std::path::Path;

use super::{chains, copy, day, day_files, fatal, folder, golden, is_good, journal, local, minute, relay, round};
use crate::journal::{VerifyOptions, append, read, verify};
use crate::model::{Body, Moment, Record};

#[test]
fn cut_at_every_byte_it_loses_no_whole_record_and_goes_on() {
    let whole = journal(&[0, 1, 2]);
    let bytes = fs::read(day(whole.path(), "23")).unwrap();
    let records = read(whole.path()).unwrap().records;
    for cut in 0..=bytes.len() {
        let root = folder();
        let path = day(root.path(), "23");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &bytes[..cut]).unwrap();
        // A record is whole once its last brace stands; its newline may be missing.
        let left = bytes[..cut].split(|b| *b == b'\n').count() - 1 + usize::from(bytes.get(cut) == Some(&b'\n'));
        let reading = read(root.path()).unwrap();
        assert_eq!(reading.records, records[..left], "cut at {cut}");
        let torn = cut > 0 && bytes[cut - 1] != b'\n' && bytes.get(cut) != Some(&b'\n') && cut < bytes.len();
        assert_eq!(is_good(root.path()), !torn, "cut at {cut}: {:?}", fatal(root.path()));
        // Half of them go on in the same day's file, half in a new one.
        let next = if cut % 2 == 0 { 3 } else { 3 + 24 * 60 };
        let written = append(root.path(), &local(), &[round(next), round(next + 1)]).unwrap();
        assert_eq!(written[0].skip.is_some(), torn, "cut at {cut}");
        assert_eq!(written[0].n, left as u64);
        assert_eq!(written[1].skip, None);
        assert_eq!(read(root.path()).unwrap().records.len(), left + 2, "cut at {cut}");
        assert!(is_good(root.path()), "cut at {cut}: {:?}", fatal(root.path()));
        assert!(fs::read(&path).unwrap().starts_with(&bytes[..cut]), "repaired in place");
    }
}

#[test]
fn every_flipped_byte_fails_the_proof() {
    // One chain at a time, so that each proof has little to read.
    let roots: Vec<_> = chains(&golden()).unwrap().iter().map(|chain| (chain.clone(), folder())).collect();
    for (path, root) in roots.iter().flat_map(|(chain, root)| {
        copy(&golden().join(chain.as_str()), &root.path().join(chain.as_str()));
        day_files(root.path()).into_iter().map(move |path| (path, root))
    }) {
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(&path, &bad).unwrap();
            assert!(!is_good(root.path()), "{} byte {at}", path.display());
            read(root.path()).unwrap();
        }
        fs::write(&path, &good).unwrap();
        assert!(is_good(root.path()));
    }
}

/// A crashed append leaves its first bytes.
fn crash(root: &Path, body: &(Moment, Body), share: f64) {
    let day = body.0.utc().format("%d").to_string();
    let before = fs::metadata(self::day(root, &day)).map_or(0, |m| m.len());
    append(root, &local(), std::slice::from_ref(body)).unwrap();
    let file = fs::File::options().write(true).open(self::day(root, &day)).unwrap();
    let written = file.metadata().unwrap().len() - before;
    file.set_len(before + (written as f64 * share) as u64).unwrap();
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(100))]
    /// Appends that crash, days that pass, and clocks that go back for a while, in any order.
    #[test]
    fn whatever_crashes_no_saved_record_is_lost_and_the_proof_passes(
        ops in proptest::collection::vec((0..3_i64, 0..4_u8, 0.0..1.0), 1..14)
    ) {
        let root = folder();
        let (mut newest, mut saved) = (0, Vec::new());
        for (i, (days, kind, share)) in ops.into_iter().enumerate() {
            let minute = |day: i64| day * 24 * 60 + i as i64;
            match kind {
                0 => {
                    newest = (newest + days).min(6);
                    crash(root.path(), &round(minute(newest)), share);
                }
                1 => saved.extend(append(root.path(), &local(), &[round(minute((newest - days).max(0)))]).unwrap()),
                _ => {
                    newest = (newest + days).min(6);
                    saved.extend(append(root.path(), &local(), &[round(minute(newest))]).unwrap());
                }
            }
        }
        saved.extend(append(root.path(), &local(), &[round(7 * 24 * 60 - 600)]).unwrap());
        let read = read(root.path()).unwrap().records;
        for record in &saved {
            proptest::prop_assert!(read.contains(record), "record {} is lost", record.n);
        }
        proptest::prop_assert_eq!(fatal(root.path()), Vec::<String>::new());
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
    // A checkout without the older days is read without a word all the same.
    assert_eq!(read(root.path()).unwrap().remarks, []);
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
        let proof = verify(root.path(), &VerifyOptions { head: pick(head), contains: pick(contains) }).unwrap();
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
    insta::assert_snapshot!(reading.remarks[0].text, @"the chain forks: this is a second record 2; a later record joins the two");
    assert_eq!(reading.remarks.len(), 1);
}

//! The journal at its doors: what is written, what damage costs, and what a proof catches.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::journal::wire::{self, Names};
use crate::journal::{Finding, JournalError, VerifyOptions, append, chains, files, read, sizes, tail, verify};
use crate::model::{Body, ChainName, Detail, Head, Moment, ProbeKey, Round, Span};

mod astray;
mod damage;
mod exhaustive;
mod forks;

const START: &str = "2026-11-23T17:00:00.000Z";

/// A folder in memory where there is one: these tests sync thousands of times.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

fn local() -> ChainName {
    ChainName::from("local")
}

fn minute(n: i64) -> Moment {
    Moment::parse_rfc3339(START).unwrap() + Span::from_mins(n)
}

fn round(n: i64) -> (Moment, Body) {
    let up = vec![(ProbeKey::from("web/http"), n as u32), (ProbeKey::from("redis/redis"), 2)];
    (minute(n), Body::Round(Round { gap: Span::from_ms(150_000), took: Span::from_ms(91), up, ..Round::default() }))
}

/// A journal with rounds at these minutes, appended one by one.
fn journal(minutes: &[i64]) -> tempfile::TempDir {
    let root = folder();
    for n in minutes {
        append(root.path(), &local(), &[round(*n)]).unwrap();
    }
    root
}

fn day(root: &Path, day: &str) -> PathBuf {
    root.join("local/2026/11").join(format!("{day}.jsonl"))
}

/// A crashed append leaves its first bytes.
fn crash(root: &Path, body: &(Moment, Body), share: f64) {
    let path = day(root, &body.0.utc().format("%d").to_string());
    let before = fs::metadata(&path).map_or(0, |m| m.len());
    append(root, &local(), std::slice::from_ref(body)).unwrap();
    let file = fs::File::options().write(true).open(&path).unwrap();
    let written = file.metadata().unwrap().len() - before;
    file.set_len(before + (written as f64 * share) as u64).unwrap();
}

fn fatal(root: &Path) -> Vec<String> {
    let proof = verify(root, &VerifyOptions::default()).unwrap();
    let told = |f: Finding| format!("{}:{}: {}", f.file.strip_prefix(root).unwrap().display(), f.line, f.text);
    let all = proof.chains.into_iter().flat_map(|c| c.findings).chain(proof.findings);
    all.filter(|f| f.fatal).map(told).collect()
}

fn is_good(root: &Path) -> bool {
    fatal(root).is_empty()
}

/// Writes one chain's day anew from these lines.
fn relay(path: &Path, lines: &[&str]) {
    fs::write(path, lines.iter().fold(String::new(), |all, line| all + line + "\n")).unwrap();
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal-v1/journal")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn day_files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            files.push(entry.into_path());
        }
    }
    files
}

#[test]
fn the_golden_journal_is_read_and_written_to_the_byte() {
    let reading = read(&golden()).unwrap();
    assert_eq!(reading.records.len(), 17);
    assert_eq!(reading.heads.len(), 3);
    let told: Vec<_> = reading.remarks.iter().map(|r| r.text.as_str()).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    line 3 (50 bytes) is cut off or was never a record; stepped around, and kept as it is
    line 5 (39 bytes) is cut off or was never a record; stepped around, and kept as it is
    ");
    assert!(is_good(&golden()));
    // What was read, appended to an empty journal, gives the same bytes (torn ends put back by hand).
    let copy = folder();
    for record in reading.records {
        if let Some(skip) = &record.skip {
            let path = day(copy.path(), "23");
            let torn = fs::read(day(&golden(), "23")).unwrap();
            let from = fs::metadata(&path).unwrap().len() as usize;
            let mut bytes = fs::read(&path).unwrap();
            bytes.extend_from_slice(&torn[from..from + skip.bytes as usize]);
            fs::write(&path, bytes).unwrap();
        }
        let written = append(copy.path(), &record.chain, &[(record.t, record.body.clone())]).unwrap();
        assert_eq!(written, [record]);
    }
    for file in day_files(&golden()) {
        let twin = copy.path().join(file.strip_prefix(golden()).unwrap());
        assert_eq!(fs::read_to_string(&twin).unwrap(), fs::read_to_string(&file).unwrap(), "{}", twin.display());
    }
}

/// Made from docs/rollup.md by a script of its own, not by the program, so the two check each other: one day rolled up,
/// one compressed, and the pins of both.
#[test]
fn the_golden_compacted_journal_is_proved_and_tells_what_its_raw_days_told() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/journal-v1-compacted");
    let golden = folder.join("journal");
    assert_eq!(fatal(&golden), [""; 0]);
    let reading = read(&golden).unwrap();
    assert_eq!((reading.records.len(), reading.rolled.len(), reading.remarks.len()), (288 + 4, 1, 0));
    assert_eq!(reading.heads[&local()].n, 579);
    let day = &reading.rolled[0];
    let told = &day.summary;
    let looks: Vec<u32> = told.strips.iter().map(|s| s.runs.iter().map(|r| r.looks).sum()).collect();
    assert_eq!((told.records, told.times.len(), looks), (288, 288, vec![288, 288]));
    // The same day as it was written: what it says of each look, hour by hour, and around its outage.
    let raw = folder.join("raw/20.jsonl.gz");
    let mut rounds = Vec::new();
    files::lines(&raw, |line| {
        let record = wire::decode(&local(), line.bytes, &mut Names::default()).unwrap().record;
        let Body::Round(round) = record.body else { panic!("a round") };
        rounds.push((record.n, record.t, record.head, round));
    })
    .unwrap();
    assert_eq!(told.times, rounds.iter().map(|r| r.1).collect::<Vec<_>>());
    let web = &told.strips[0];
    let down: Vec<Moment> = rounds.iter().filter(|r| !r.3.not.is_empty()).map(|r| r.1).collect();
    let bad = web.runs.iter().filter(|r| r.level() == Some(2));
    assert_eq!(bad.map(|r| r.first).collect::<Vec<_>>(), down);
    let answers = |from: Moment| {
        let of_hour = |t: &Moment| *t >= from && *t < from + Span::from_mins(60);
        rounds
            .iter()
            .filter(|r| of_hour(&r.1))
            .map(|r| r.3.up.iter().filter(|u| u.0.as_str() == "web/http").count())
            .sum::<usize>()
    };
    for (hour, buckets) in web.hours.iter() {
        assert_eq!(buckets.count() as usize, answers(hour), "{hour}");
    }
    let (from, to) = (down[0] - Span::from_mins(20), down[0] + Span::from_mins(60));
    let kept: Vec<_> = day.rounds_between(from, to).iter().map(|r| (r.n, r.t, r.head.clone())).collect();
    let near = rounds.iter().filter(|r| from <= r.1 && r.1 <= to).map(|r| (r.0, r.1, r.2.clone()));
    assert_eq!(kept, near.collect::<Vec<_>>());
    assert!(kept.len() > 15);
}

#[test]
fn a_stranger_checks_it_with_sha256sum_and_jq() {
    let missing = |tool: &&str| Command::new(tool).arg("--version").output().is_err();
    if let Some(tool) = ["jq", "sha256sum", "bash"].iter().find(|t| missing(t)) {
        eprintln!("skipped a_stranger_checks_it_with_sha256sum_and_jq: {tool} is not installed");
        return;
    }
    let script = r#"
        cd "$1" && p=$(printf %s local | sha256sum | cut -c1-64) && whole=0
        while IFS= read -r line; do
            h=$(printf '%s\n' "$line" | jq -r .h 2>/dev/null) || continue
            [ "$(printf %s "${line%,\"h\":*}" | sha256sum | cut -c1-64)" = "$h" ] || continue
            [ "$(printf '%s\n' "$line" | jq -r .p)" = "$p" ] || exit 1
            p=$h; whole=$((whole + 1))
        done < <(sed -e '$a\' local/2026/11/23.jsonl local/2026/11/24.jsonl)
        echo "$whole $p""#;
    let said = Command::new("bash").args(["-c", script, "stranger"]).arg(golden()).output().unwrap();
    let head = read(&golden()).unwrap().heads[&local()].clone();
    assert_eq!(String::from_utf8_lossy(&said.stdout), format!("{} {}\n", head.n + 1, head.head));
}

#[test]
fn a_clock_that_went_back_keeps_the_chain_in_order() {
    let root = journal(&[0, 24 * 60, 1, 2, 24 * 60 + 1, 3]);
    assert_eq!(fatal(root.path()), [""; 0]);
    let reading = read(root.path()).unwrap();
    assert_eq!(reading.records.iter().map(|r| r.n).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(reading.remarks, []);
    assert_eq!(reading.heads[&local()].t, minute(3));
    for count in 0..=7 {
        let last = tail(root.path(), &local(), count).unwrap();
        assert_eq!(last, reading.records[6_usize.saturating_sub(count)..]);
    }
}

#[test]
fn tail_does_not_read_older_days() {
    let root = journal(&[0, 24 * 60, 48 * 60]);
    let records = read(root.path()).unwrap().records;
    // Damage above its last record would be met only by a reader of the whole day.
    let old = fs::read_to_string(day(root.path(), "23")).unwrap();
    fs::write(day(root.path(), "23"), old.clone() + &old).unwrap();
    assert_eq!(tail(root.path(), &local(), 2).unwrap(), records[1..]);
    assert_eq!(tail(root.path(), &ChainName::from("elsewhere"), 2).unwrap(), []);
}

#[test]
fn two_appenders_share_a_chain() {
    let root = folder();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..20).for_each(|n| drop(append(root.path(), &local(), &[round(n)]).unwrap())));
        }
    });
    assert_eq!(read(root.path()).unwrap().records.len(), 40);
    assert_eq!(fatal(root.path()), [""; 0]);
}

#[test]
fn many_bodies_are_one_chain_over_many_days() {
    let root = folder();
    let bodies: Vec<_> = (0..5000).map(round).collect();
    let written = append(root.path(), &local(), &bodies).unwrap();
    let reading = read(root.path()).unwrap();
    assert_eq!(reading.records, written);
    assert_eq!(day_files(root.path()).len(), 5);
    assert!(is_good(root.path()));
    // Each name stands in memory once.
    let names = written
        .iter()
        .map(|r| if let Body::Round(round) = &r.body { round.up[0].0.as_str().as_ptr() } else { panic!() });
    assert_eq!(names.collect::<std::collections::BTreeSet<_>>().len(), 1);
    let size = sizes(root.path()).unwrap().remove(0);
    let files: u64 = day_files(root.path()).iter().map(|f| fs::metadata(f).unwrap().len()).sum();
    assert_eq!((size.chain, size.days, size.bytes), (local(), 5, files));
}

#[test]
fn what_cannot_be_written_says_so() {
    let root = folder();
    let refused = |chain: &str, t: Moment, body: Body| {
        let error = append(root.path(), &ChainName::from(chain), &[(t, body)]).unwrap_err();
        error.to_string().replace(&root.path().display().to_string(), "journal")
    };
    insta::assert_snapshot!(refused("../x", minute(0), round(0).1), @r#""../x" cannot be a chain's name: it is a folder under the journal"#);
    insta::assert_snapshot!(refused("local", Moment::from_ms(i64::MAX), round(0).1), @"chain local: a record's time lies outside the years 0 to 9999; check this machine's clock");
    insta::assert_snapshot!(refused("local", minute(0), Body::Other("\"x\":\n1".into())), @"chain local: record 0 cannot be written: it is no single line of at most 64 MiB");
    fs::write(root.path().join("local+internal"), "a file").unwrap();
    insta::assert_snapshot!(refused("local+internal", minute(0), Body::Details(Vec::new())), @"journal/local+internal: the folder cannot be made: File exists (os error 17)");
    assert!(matches!(read(&root.path().join("local+internal")), Err(JournalError::Io { .. })));
    assert_eq!(read(&root.path().join("nowhere")).unwrap().records, []);
    assert_eq!(chains(root.path()).unwrap(), [local()]);
}

#[test]
fn a_later_versions_record_is_kept_and_chained() {
    let root = journal(&[0]);
    let later = Body::Other(r#""weather":{"is":"fine"}"#.into());
    let odd = Body::Other(r#""round":{"gap":"long"}"#.into());
    append(root.path(), &local(), &[(minute(1), later.clone()), (minute(2), odd.clone()), round(3)]).unwrap();
    let reading = read(root.path()).unwrap();
    assert_eq!([&reading.records[1].body, &reading.records[2].body], [&later, &odd]);
    assert_eq!(reading.remarks.len(), 1);
    assert!(reading.remarks[0].text.starts_with("record 2 is whole, but this version cannot read what it says"));
    assert!(is_good(root.path()));
}

#[test]
fn values_that_are_no_numbers_are_left_out() {
    let root = folder();
    let id = ProbeKey::from("redis/redis");
    let rec = vec![
        (id.clone(), vec![("a".into(), f64::NAN), ("b".into(), 0.1 + 0.2)]),
        (id, vec![("c".into(), f64::INFINITY)]),
    ];
    let body = Body::Round(Round { rec, ..Round::default() });
    let details = Body::Details(vec![Detail { id: ProbeKey::from("a/b"), text: "line\nline".into() }]);
    let written = append(root.path(), &local(), &[(minute(0), body), (minute(1), details)]).unwrap();
    let Body::Round(round) = &written[0].body else { panic!("a round") };
    assert_eq!(round.rec, [(ProbeKey::from("redis/redis"), vec![("b".to_owned(), 0.1 + 0.2)])]);
    assert_ne!(written[1].head, Head::from(""));
    assert_eq!(read(root.path()).unwrap().records, written);
}

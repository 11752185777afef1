//! Roll-ups written and read back.

use std::path::PathBuf;

use super::{Rolled, Unread, read, write};
use crate::journal::wire::{self, Names};
use crate::model::{
    Body, Buckets, ChainName, ClosedDay, Detail, Head, HourOf, Hours, Link, Moment, Record, Round, Run, Seen, Span,
    Strip, Summary, Verdict,
};

fn at(ms: i64) -> Moment {
    Moment::from_ms(Moment::parse_rfc3339("2026-11-23T00:00:00Z").unwrap().ms() + ms)
}

fn run(verdict: Verdict, first: i64, last: i64, looks: u32, reason: u32) -> Run {
    let (first, last) = (at(first), at(last));
    Run { first, last, looks, gap_ms: 150_000, ms: Run::NO_MS, after_ms: 0, reason, verdict }
}

/// A day with everything that a day can have: a second look, a stray from the day before, two hours in one, a blind end.
fn day() -> (Rolled, Vec<Vec<u8>>) {
    let mut hours = Hours::default();
    hours.push(at(-3_600_000), &Buckets(vec![(40, 1)]));
    hours.push(at(0), &Buckets(vec![(3, 1), (900, 59)]));
    hours.push(at(0), &Buckets(vec![(u32::MAX, u32::MAX)]));
    let hour = |hour: i64| HourOf { hour: at(hour * 3_600_000), min: -0.5, max: 1e300, sum: 0.1 + 0.2, count: 3 };
    let web = Strip {
        key: "web/http".into(),
        runs: vec![
            run(Verdict::Up, -60_000, 600_000, 12, 0),
            run(Verdict::Down, 660_000, 660_000, 1, 1),
            Run { after_ms: 10_000, ..run(Verdict::Degraded, 670_000, 670_000, 1, 2) },
            Run { ms: 83, ..run(Verdict::Up, 720_000, 720_000, 1, 0) },
        ],
        hours,
        recorded: vec![("depth".to_owned(), vec![hour(-1), hour(0)])],
    };
    let redis = Strip {
        key: "redis/redis".into(),
        runs: vec![run(Verdict::Unknown, 720_000, 86_399_999, 3, 3)],
        hours: Hours::default(),
        recorded: Vec::new(),
    };
    let chain = ChainName::from("local+internal");
    let reason = |phase: Option<&str>, why: &str| (phase.map(str::to_owned), why.to_owned());
    let summary = Summary {
        records: 21,
        span: Some((at(-60_000), at(86_399_999))),
        end: Some((20, at(86_399_999))),
        head: Some((Head::from("b".repeat(64)), 20)),
        days: vec![ClosedDay { day: at(86_399_999).utc().date_naive(), n: 20, head: Head::from("b".repeat(64)) }],
        reasons: vec![
            reason(None, ""),
            reason(Some("connect"), "refused, \"twice\"\n"),
            reason(None, "slow"),
            reason(None, "no canary answered"),
        ],
        strips: vec![web, redis],
        times: vec![at(-60_000), at(0), at(60_001), at(86_399_999)],
        blind: Some((at(720_000), "no canary answered".to_owned())),
        ..Summary::empty(chain.clone())
    };
    let mut line = Vec::new();
    let body = Body::Details(vec![Detail { id: "web/http".into(), text: "127.0.0.1".into() }]);
    wire::encode(&mut line, 3, at(5), &Head::from("0".repeat(64)), &body, None).unwrap();
    let other = wire::decode(&chain, &line, &mut Names::default()).unwrap().record;
    let link = |n: u64, p: char, h: char| Link {
        n,
        prev: Head::from(p.to_string().repeat(64)),
        head: Head::from(h.to_string().repeat(64)),
    };
    let rolled = Rolled {
        day: at(0).utc().date_naive(),
        first: link(0, '0', '1'),
        last: link(20, 'a', 'b'),
        raw: "c".repeat(64),
        summary,
        others: vec![other],
        kept: kept(&chain),
    };
    (rolled, vec![line])
}

fn kept(chain: &ChainName) -> Vec<Record> {
    let seen = |is, ms, after: Option<i64>, phase: Option<&str>, why: &str| Seen {
        id: "web/http".into(),
        is,
        ms,
        after: after.map(Span::from_ms),
        phase: phase.map(str::to_owned),
        why: why.to_owned(),
        tries: 1,
    };
    let round = |n: u64, t: i64, prev: &str, round: Round| Record {
        chain: chain.clone(),
        n,
        t: at(t),
        prev: Head::from(prev),
        head: Head::from(format!("{n:064}")),
        body: Body::Round(Round { gap: Span::from_ms(150_000), ..round }),
        skip: None,
    };
    let not = vec![
        seen(Verdict::Down, Some(5000), None, Some("connect"), "refused, \"twice\"\n"),
        seen(Verdict::Degraded, None, Some(10_000), None, "slow"),
    ];
    let rec = vec![("web/http".into(), vec![("depth".to_owned(), 0.1), ("load".to_owned(), 1e300)])];
    vec![
        round(11, 600_000, "", Round { up: vec![("web/http".into(), 41)], ..Round::default() }),
        round(12, 660_000, &format!("{:064}", 11), Round { not, rec, ..Round::default() }),
        round(14, 720_000, "", Round { not: vec![seen(Verdict::Up, None, None, None, "")], ..Round::default() }),
    ]
}

fn file(lines: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("23.roll.jsonl.gz");
    std::fs::write(&path, crate::journal::compact::squeeze(lines).unwrap()).unwrap();
    (folder, path)
}

fn read_lines(lines: &[u8], chain: &str) -> Result<Rolled, String> {
    let (_folder, path) = file(lines);
    read(&path, &ChainName::from(chain), &mut Names::default()).map_err(|unread| match unread {
        Unread::Damaged { line, text } => format!("{line}: {text}"),
        Unread::Disk(error) => error.to_string(),
    })
}

#[test]
fn what_is_written_is_what_is_read() {
    let (rolled, others) = day();
    let lines = write(&rolled, &others).unwrap();
    assert_eq!(read_lines(&lines, "local+internal").unwrap(), rolled);
    let lines = String::from_utf8(lines).unwrap();
    let short = |line: &str| {
        let mut line = line.to_owned();
        for c in ["0", "1", "a", "b", "c"] {
            line = line.replace(&c.repeat(64), c);
        }
        line.replace(&"0".repeat(62), "")
    };
    insta::assert_snapshot!(lines.lines().map(short).collect::<Vec<_>>().join("\n"), @r#"
    {"v":1,"chain":"local+internal","day":"2026-11-23","first":{"n":0,"p":"0","h":"1"},"last":{"n":20,"p":"a","h":"b"},"raw":"c","records":21,"span":[-60000,86399999],"end":86399999,"reasons":[["connect","refused, \"twice\"\n"],[null,"slow"],[null,"no canary answered"]],"times":[-60000,60000,60001,86339998],"blind":[720000,"no canary answered"],"probes":2,"others":1}
    {"rounds":[[600000,11,"11",150000],[660000,12,"12",150000],[720000,14,"14",150000]]}
    {"id":"web/http","runs":[["u",-60000,600000,12,150000,0],["d",660000,660000,1,150000,1],["g",670000,670000,1,150000,2,10000],["u",720000,720000,1,150000,0,0,83]],"ms":[[-1,40,1],[0,3,1,897,59],[0,4294967295,4294967295]],"rec":{"depth":[[-1,-0.5,1e+300,0.30000000000000004,3],[0,-0.5,1e+300,0.30000000000000004,3]]},"keep":[[600000,"u",41,0],[660000,"d",5000,1],[670000,"g",null,2,10000],[720000,"u",null,0]],"kept":{"depth":[[660000,0.1]],"load":[[660000,1e+300]]}}
    {"id":"redis/redis","runs":[["?",720000,86399999,3,150000,3]]}
    {"v":1,"n":3,"t":"2026-11-23T00:00:00.005Z","p":"0","detail":[{"id":"web/http","text":"127.0.0.1"}],"h":"2c1b003be7f2749769560d8a723ec65a1c7415feb984ac7f2b71c23b88fd5568"}
    "#);
}

#[test]
fn a_run_of_one_look_has_its_latency_only_at_the_end() {
    let (mut rolled, others) = day();
    rolled.summary.strips[0].runs[1].ms = 5000;
    let read = read_lines(&write(&rolled, &others).unwrap(), "local+internal").unwrap();
    assert_eq!(read.summary, day().0.summary);
}

#[test]
fn rounds_between_are_those_of_the_span() {
    let (rolled, _) = day();
    let between = |from, to| rolled.rounds_between(at(from), at(to)).iter().map(|r| r.n).collect::<Vec<_>>();
    assert_eq!(between(600_000, 720_000), [11, 12, 14]);
    assert_eq!(between(600_001, 719_999), [12]);
    assert_eq!(between(720_001, i64::from(u32::MAX)), [0; 0]);
    assert_eq!(between(720_000, 600_000), [0; 0]);
}

#[test]
fn what_was_not_written_so_is_refused_whole() {
    let (rolled, others) = day();
    let good = String::from_utf8(write(&rolled, &others).unwrap()).unwrap();
    let said = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        read_lines(good.replacen(from, to, 1).as_bytes(), "local+internal").unwrap_err()
    };
    insta::assert_snapshot!(said(r#"{"v":1,"chain""#, r#"{"v":2,"chain""#), @"1: it is of version 2, which this version cannot read");
    insta::assert_snapshot!(said("local+internal", "local"), @"1: it is a day of chain local, not of local+internal");
    insta::assert_snapshot!(said("2026-11-23", "2026-11-31"), @"1: `2026-11-31` is no day");
    insta::assert_snapshot!(said(r#""probes":2"#, r#""probes":3"#), @"5: a probe's line cannot be read: unknown field `v`, expected one of `id`, `runs`, `ms`, `rec`, `keep`, `kept` at line 1 column 4");
    insta::assert_snapshot!(said(r#""others":1"#, r#""others":2"#), @"6: it is cut off: lines are missing");
    insta::assert_snapshot!(said(r#""others":1"#, r#""others":0"#), @"5: more lines stand here than its first line counts");
    insta::assert_snapshot!(said(r",1,150000,1]", r",0,150000,1]"), @"3: a run in it cannot be");
    insta::assert_snapshot!(said(r",1,150000,1]", r",1,150000,9]"), @"3: a run in it cannot be");
    insta::assert_snapshot!(said(r",1,150000,1]", r",1,150000]"), @"3: a probe's line cannot be read: the row is too short at line 1 column 85");
    insta::assert_snapshot!(said(r",0,0,83]", r",0,0,83,1]"), @"3: a probe's line cannot be read: the row is too long at line 1 column 162");
    insta::assert_snapshot!(said(r"[0,3,1,897,59]", r"[0,3,1,897]"), @"3: an hour in it ends in half a bucket");
    insta::assert_snapshot!(said(r"[0,3,1,897,59]", r"[0,3,1,-1,59]"), @"3: a number in it is out of range");
    insta::assert_snapshot!(said(r"[0,3,1,897,59]", r"[9000000000000000000,3,1,1,59]"), @"3: a number in it is out of range");
    insta::assert_snapshot!(said(r#""keep":[[600000"#, r#""keep":[[600001"#), @"3: a look at 2026-11-23T00:10:00.001Z belongs to no round of it");
    insta::assert_snapshot!(said("127.0.0.1", "127.0.0.2"), @"5: was changed: its checksum does not fit its bytes");
    let half = &good.as_bytes()[..good.len() - 1];
    insta::assert_snapshot!(read_lines(half, "local+internal").unwrap_err(), @"5: its last line is cut off");
    insta::assert_snapshot!(read_lines(b"", "local+internal").unwrap_err(), @"1: it is empty");
}

#[test]
fn cut_or_flipped_anywhere_it_is_refused_and_never_a_panic() {
    let (rolled, others) = day();
    let (_folder, path) = file(&write(&rolled, &others).unwrap());
    let good = std::fs::read(&path).unwrap();
    let chain = ChainName::from("local+internal");
    for cut in 0..good.len() {
        std::fs::write(&path, &good[..cut]).unwrap();
        assert!(read(&path, &chain, &mut Names::default()).is_err(), "cut at {cut}");
    }
    let mut unseen = 0;
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1 << (at % 8);
        std::fs::write(&path, &bad).unwrap();
        // The head of a gzip holds a time and a name that nothing checks, and a few bits of it are padding. Their change
        // changes nothing that is read; that the file was changed is seen against its pin.
        if let Ok(read) = read(&path, &chain, &mut Names::default()) {
            assert_eq!(read, rolled, "byte {at}");
            unseen += 1;
        }
    }
    assert!(unseen < 12, "{unseen} of {} bytes", good.len());
}

//! Exports at their door: what a reader of each format gets of one small record.

use std::ops::ControlFlow;
use std::path::Path;

use crate::exchange::{ExportFormat, Exported, export};
use crate::journal::{self, Range};
use crate::model::{Body, ChainName, Moment, ProbeKey, Round, Seen, Span, Verdict};

fn at(text: &str) -> Moment {
    Moment::parse_rfc3339(&format!("2026-11-23T{text}Z")).unwrap()
}

fn seen(id: &str, is: Verdict, after: Option<i64>) -> Seen {
    let why = if is == Verdict::Up { "" } else { "no answer, \"late\"\nor never" };
    Seen {
        id: id.into(),
        is,
        ms: Some(5000),
        after: after.map(Span::from_secs),
        phase: Some("first_byte".to_owned()).filter(|_| is != Verdict::Up),
        why: why.to_owned(),
        tries: 2,
    }
}

fn round(up: &[(&str, u32)], not: Vec<Seen>) -> Round {
    let up = up.iter().map(|(key, ms)| (ProbeKey::from(*key), *ms)).collect();
    Round { gap: Span::from_ms(150_000), took: Span::from_ms(9), up, not, ..Round::default() }
}

/// Two rounds from one place, a blind one, and one of another place whose looks nobody may see.
fn record(root: &Path) {
    let mut first = round(&[("web/http", 83), ("redis/redis", 2)], Vec::new());
    first.gaps = vec![("redis/redis".into(), Span::from_secs(600))];
    first.rec =
        vec![("redis/redis".into(), vec![("info.used_memory".to_owned(), 1_048_576.0), ("x".to_owned(), 1.07)])];
    let bad = vec![seen("web/http", Verdict::Down, None), seen("web/http", Verdict::Up, Some(10))];
    let second = round(&[("redis/redis", 3)], bad);
    let blind =
        Round { blind: Some("no canary".to_owned()), ..round(&[], vec![seen("web/http", Verdict::Down, None)]) };
    let put = |chain: &str, t: &str, round: Round| {
        journal::append(root, &ChainName::from(chain), &[(at(t), Body::Round(round))]).unwrap();
    };
    put("local", "17:00:00.004", first);
    put("local", "17:01:00.004", second);
    put("local", "17:02:00.004", blind);
    put("local+internal", "17:00:00.004", round(&[("SECRET/http", 1)], Vec::new()));
}

fn check(format: ExportFormat, components: Option<&[&str]>, range: Range) -> (String, Exported) {
    let root = tempfile::tempdir().unwrap();
    record(root.path());
    let ids: Option<Vec<String>> = components.map(|ids| ids.iter().map(|id| (*id).to_owned()).collect());
    let mut out = Vec::new();
    let done = export(root.path(), &range, ids.as_deref(), format, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), done)
}

#[test]
fn csv_is_a_row_per_look() {
    let (text, done) = check(ExportFormat::Csv, None, Range::default());
    assert_eq!((done.looks, done.left_out), (6, 0));
    assert!(text.lines().all(|l| !l.is_empty()) && text.ends_with("\r\n"));
    insta::assert_snapshot!(text.replace("\r\n", "¶\n"), @r#"
    t,place,component,probe,verdict,latency_ms,phase,why,tries,after_ms,blind,gap_ms,chain,n¶
    2026-11-23T17:00:00.004Z,local,web,web/http,up,83,,,,,,150000,local,0¶
    2026-11-23T17:00:00.004Z,local,redis,redis/redis,up,2,,,,,,600000,local,0¶
    2026-11-23T17:01:00.004Z,local,redis,redis/redis,up,3,,,,,,150000,local,1¶
    2026-11-23T17:01:00.004Z,local,web,web/http,down,5000,first_byte,"no answer, ""late""
    or never",2,,,150000,local,1¶
    2026-11-23T17:01:10.004Z,local,web,web/http,up,5000,,,2,10000,,150000,local,1¶
    2026-11-23T17:02:00.004Z,local,web,web/http,unknown,5000,first_byte,"no answer, ""late""
    or never",2,,no canary,150000,local,2¶
    "#);
}

#[test]
fn json_lines_hold_what_was_recorded_too() {
    let range = Range { until: Some(at("17:01:00")), ..Range::default() };
    insta::assert_snapshot!(check(ExportFormat::Jsonl, Some(&["redis"]), range).0, @r#"{"t":"2026-11-23T17:00:00.004Z","place":"local","component":"redis","probe":"redis/redis","verdict":"up","latency_ms":2,"phase":null,"why":null,"tries":null,"after_ms":null,"blind":null,"gap_ms":600000,"recorded":{"info.used_memory":1048576,"x":1.07},"chain":"local","n":0}"#);
}

#[test]
fn open_metrics_keeps_a_series_together() {
    let range = Range { until: Some(at("17:01:30")), ..Range::default() };
    insta::assert_snapshot!(check(ExportFormat::OpenMetrics, None, range).0, @r#"
    # HELP statuary_look What a look at a probe concluded.
    # TYPE statuary_look stateset
    statuary_look{place="local",component="redis",probe="redis",statuary_look="up"} 1 1795453200.004
    statuary_look{place="local",component="redis",probe="redis",statuary_look="degraded"} 0 1795453200.004
    statuary_look{place="local",component="redis",probe="redis",statuary_look="down"} 0 1795453200.004
    statuary_look{place="local",component="redis",probe="redis",statuary_look="unknown"} 0 1795453200.004
    statuary_look{place="local",component="redis",probe="redis",statuary_look="up"} 1 1795453260.004
    statuary_look{place="local",component="redis",probe="redis",statuary_look="degraded"} 0 1795453260.004
    statuary_look{place="local",component="redis",probe="redis",statuary_look="down"} 0 1795453260.004
    statuary_look{place="local",component="redis",probe="redis",statuary_look="unknown"} 0 1795453260.004
    statuary_look{place="local",component="web",probe="http",statuary_look="up"} 1 1795453200.004
    statuary_look{place="local",component="web",probe="http",statuary_look="degraded"} 0 1795453200.004
    statuary_look{place="local",component="web",probe="http",statuary_look="down"} 0 1795453200.004
    statuary_look{place="local",component="web",probe="http",statuary_look="unknown"} 0 1795453200.004
    statuary_look{place="local",component="web",probe="http",statuary_look="up"} 0 1795453260.004
    statuary_look{place="local",component="web",probe="http",statuary_look="degraded"} 0 1795453260.004
    statuary_look{place="local",component="web",probe="http",statuary_look="down"} 1 1795453260.004
    statuary_look{place="local",component="web",probe="http",statuary_look="unknown"} 0 1795453260.004
    statuary_look{place="local",component="web",probe="http",statuary_look="up"} 1 1795453270.004
    statuary_look{place="local",component="web",probe="http",statuary_look="degraded"} 0 1795453270.004
    statuary_look{place="local",component="web",probe="http",statuary_look="down"} 0 1795453270.004
    statuary_look{place="local",component="web",probe="http",statuary_look="unknown"} 0 1795453270.004
    # HELP statuary_look_latency_seconds How long a look at a probe took.
    # TYPE statuary_look_latency_seconds gauge
    # UNIT statuary_look_latency_seconds seconds
    statuary_look_latency_seconds{place="local",component="redis",probe="redis"} 0.002 1795453200.004
    statuary_look_latency_seconds{place="local",component="redis",probe="redis"} 0.003 1795453260.004
    statuary_look_latency_seconds{place="local",component="web",probe="http"} 0.083 1795453200.004
    statuary_look_latency_seconds{place="local",component="web",probe="http"} 5.000 1795453260.004
    statuary_look_latency_seconds{place="local",component="web",probe="http"} 5.000 1795453270.004
    # HELP statuary_look_recorded A value that a look recorded, in the unit of its field.
    # TYPE statuary_look_recorded gauge
    statuary_look_recorded{place="local",component="redis",probe="redis",field="info.used_memory"} 1048576 1795453200.004
    statuary_look_recorded{place="local",component="redis",probe="redis",field="x"} 1.07 1795453200.004
    # EOF
    "#);
    assert_eq!(check(ExportFormat::OpenMetrics, Some(&["nothing"]), Range::default()).0, "# EOF\n");
}

#[test]
fn internal_looks_are_exported_only_where_they_are_asked_for() {
    for format in [ExportFormat::Csv, ExportFormat::Jsonl, ExportFormat::OpenMetrics] {
        assert!(!check(format, None, Range::default()).0.contains("SECRET"));
        assert!(check(format, None, Range { internal: true, ..Range::default() }).0.contains("SECRET"));
    }
}

/// What goes back in time cannot stand in one series; it is left out and counted.
#[test]
fn open_metrics_never_goes_back_in_time() {
    let root = tempfile::tempdir().unwrap();
    let body = || Body::Round(round(&[("web/http", 83)], Vec::new()));
    // Two runs of one moment, as a shared clock can give them.
    for t in ["17:00:00", "17:00:00", "17:01:00"] {
        journal::append(root.path(), &ChainName::from("local"), &[(at(t), body())]).unwrap();
    }
    let mut out = Vec::new();
    let done = export(root.path(), &Range::default(), None, ExportFormat::OpenMetrics, &mut out).unwrap();
    assert_eq!((done.looks, done.left_out), (2, 1));
}

/// A long record is not held in memory: what is handed on at once is a day.
#[test]
fn a_walk_holds_a_day() {
    let root = tempfile::tempdir().unwrap();
    let day = Span::from_mins(24 * 60).ms();
    let bodies: Vec<(Moment, Body)> = (0..200)
        .map(|n| (at("00:00:00") + Span::from_ms(n * day / 4), Body::Round(round(&[("web/http", 83)], Vec::new()))))
        .collect();
    journal::append(root.path(), &ChainName::from("local"), &bodies).unwrap();
    let mut most = 0;
    let walked = journal::walk(root.path(), &Range::default(), &mut |records| {
        most = most.max(records.len());
        ControlFlow::Continue(())
    });
    assert_eq!((walked.unwrap().damaged, most), (0, 4));
}

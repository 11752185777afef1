//! What people and programs are told of a record: `journal show`, `export`, the manual, and the help.

#[allow(dead_code, reason = "this file uses a part of the stage")]
mod support {
    pub mod stage;
}

use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use statuary::app;
use statuary::model::{Body, ChainName, Moment, ProbeKey, Round, Seen, Span, Verdict};
use support::stage::{Stage, workers};

fn golden(name: &str) -> String {
    let path: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests/fixtures", name, "journal"].iter().collect();
    path.to_str().expect("a path of letters").to_owned()
}

/// What the binary says on standard output, and on standard error, without a site.
fn said(args: &[&str]) -> [String; 2] {
    let out = Command::new(env!("CARGO_BIN_EXE_statuary")).args(args).env("NO_COLOR", "1").output();
    let out = out.expect("the binary starts");
    assert!(out.status.success(), "{args:?}: {out:?}");
    [out.stdout, out.stderr].map(|s| String::from_utf8(s).expect("text"))
}

#[test]
fn show_tells_every_kind_of_record_in_plain_lines() {
    let [text, remarks] = said(&["journal", "show", "--journal", &golden("journal-v1")]);
    insta::assert_snapshot!(text, @r#"
    2026-11-23 16:58:00 UTC  local            all 2 up
    2026-11-23 17:00:00 UTC  local, internal  details for the operator
          api/http  192.0.2.7:443: no answer within 5 s after the request was sent
    2026-11-23 17:00:00 UTC  local            2 of 3 up
          api/http  down: no answer within 5 s (first byte, 3 tries)
    2026-11-23 17:02:00 UTC  desk             channel ops is known: it hears what comes from here on
    2026-11-23 17:02:00 UTC  desk             incident 2026-11-23-web: opens as web, api fail, since 17:00:00
    2026-11-23 17:02:00 UTC  desk             ops: about to be told of 2026-11-23-web/opened
    2026-11-23 17:02:00 UTC  desk             ops: will not be told of 2026-11-23-web/opened: HTTP 400
    2026-11-23 17:02:00 UTC  desk             ops: was told of 2026-11-23-web/opened
    2026-11-23 17:02:00 UTC  desk             words in 2026-11-23-web.md are published, with 2 new or changed updates: of 17:05:00, without a time
    2026-11-23 17:02:00 UTC  desk             planned work move-the-database (redis) is set for 2026-11-30 04:00:00 to 2026-11-30 06:00:00
    2026-11-23 17:02:00 UTC  local            49 bytes before this are no whole record; they are named and stepped over
    2026-11-23 17:02:00 UTC  local            1 of 3 up
          web/http  down: the connection was refused (connect, 2 tries)
          worker/heartbeat  degraded: last sign of life 14 min ago – "old" (expect)
          web/http  up (second look, 10 s later)
    2026-11-23 17:14:30 UTC  local            no look for 6 h 45 min, until 2026-11-24 00:00:00
    2026-11-24 00:00:00 UTC  desk             incident 2026-11-23-web: web fails too, since 2026-11-23 17:04:00
    2026-11-24 00:00:00 UTC  desk             incident 2026-11-23-web: web works again, since 2026-11-23 18:00:00
    2026-11-24 00:00:00 UTC  desk             incident 2026-11-23-web: web fails again, since 2026-11-23 18:10:00
    2026-11-24 00:00:00 UTC  desk             incident 2026-11-23-web: is over, ended 2026-11-23 18:40:00
    2026-11-24 00:00:00 UTC  local            39 bytes before this are no whole record; they are named and stepped over
    2026-11-24 00:00:00 UTC  local            web/http  unknown: no route (connect)
          blind: no canary answered; what failed says nothing about its target
    "#);
    insta::assert_snapshot!(remarks, @"Not shown: 2 lines that are no whole record; `statuary journal verify` says where.");
    let [text, _] = said(&["journal", "show", "--journal", &golden("journal-v1-forks")]);
    insta::assert_snapshot!(text, @r#"
    2026-11-23 23:57:00 UTC  oslo  web/http up, 4 rounds until 23:59:00
    2026-11-24 00:00:00 UTC  oslo  two ends of this chain are joined: a77482df… and 24760659…
    2026-11-24 00:01:00 UTC  oslo  web/http  down: no connection within 5 s (connect)
          blind: no canary answered; what failed says nothing about its target
    2026-11-24 00:02:00 UTC  oslo  a record that this version cannot read; it is kept as it is
    2026-11-24 00:03:00 UTC  oslo  a record that this version cannot read; it is kept as it is
    "#);
}

#[test]
fn show_for_a_program_is_one_json_list() {
    let [text, _] = said(&["journal", "show", "--journal", &golden("journal-v1"), "--format", "json"]);
    let all: Vec<Value> = serde_json::from_str(&text).expect("a list");
    assert_eq!(all.len(), 17);
    assert_eq!((&all[1]["n"], &all[1]["round"]["not"][0]["why"]), (&1.into(), &"no answer within 5 s".into()));
    let [text, _] =
        said(&["journal", "show", "--journal", &golden("journal-v1"), "--component", "api", "--format", "json"]);
    let all: Vec<Value> = serde_json::from_str(&text).expect("a list");
    // Its one look, what the operator may know of it, where it joined an incident, and that incident's end.
    let kinds: Vec<Vec<&String>> = all.iter().map(|r| r.as_object().expect("an object").keys().collect()).collect();
    let named = |what: &str| kinds.iter().filter(|keys| keys.iter().any(|k| *k == what)).count();
    assert_eq!((named("round"), named("detail"), named("incident"), all.len()), (1, 1, 2, 4), "{text}");
    assert!(!text.contains("web/http") && !text.contains("redis"), "{text}");
    let [text, _] =
        said(&["journal", "show", "--journal", &golden("journal-v1"), "--until", "2001-01-01", "--format", "json"]);
    assert_eq!(text, "[]\n");
}

/// A site in Auckland whose one worker died for a while, and where nobody looked for a night.
fn auckland() -> Stage {
    let stage = Stage::new(&workers("").replace("[run]", "time_zone = \"Pacific/Auckland\"\n[run]"));
    let at = |text: &str| Moment::parse_rfc3339(text).expect("RFC 3339");
    let round = |t: Moment, is: Verdict| {
        let key = ProbeKey::from("workers/heartbeat");
        let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
        if is == Verdict::Up {
            round.up.push((key, 1));
        } else {
            let why = "no sign of life\u{1b}[31m, said a stranger".to_owned();
            round.not.push(Seen { id: key, is, ms: None, after: None, phase: Some("age".into()), why, tries: 1 });
        }
        (t, Body::Round(round))
    };
    let begin = at("2026-09-26T11:50:00Z");
    let bodies: Vec<(Moment, Body)> = (0..40)
        .filter(|n| !(20..30).contains(n))
        .map(|n| round(begin + Span::from_mins(n), if (5..9).contains(&n) { Verdict::Down } else { Verdict::Up }))
        .chain([round(at("2026-09-26T14:01:00Z"), Verdict::Up)])
        .collect();
    app::append(stage.path(), &ChainName::from("local"), &bodies).expect("a record");
    stage
}

#[test]
fn show_speaks_in_the_sites_zone_and_says_where_nobody_looked() {
    let stage = auckland();
    // Midnight cuts; clocks go forward at 2:00.
    insta::assert_snapshot!(stage.expect(&["journal", "show"], 0), @"
    2026-09-26 23:50:00 NZST  local  workers/heartbeat up, 5 rounds until 23:54:00
    2026-09-26 23:55:00 NZST  local  workers/heartbeat  down: no sign of life\u{fffd}[31m, said a stranger (age), 4 rounds until 23:58:00
    2026-09-26 23:59:00 NZST  local  workers/heartbeat up
    2026-09-27 00:00:00 NZST  local  workers/heartbeat up, 10 rounds until 00:09:00
    2026-09-27 00:11:30 NZST  local  no look for 8 min 30 s, until 00:20:00
    2026-09-27 00:20:00 NZST  local  workers/heartbeat up, 10 rounds until 00:29:00
    2026-09-27 00:31:30 NZST  local  no look for 1 h 29 min, until 03:01:00
    2026-09-27 03:01:00 NZDT  local  workers/heartbeat up
    ");
    let part = ["journal", "show", "--since", "2026-09-26 23:55", "--until", "2026-09-26T11:57:00Z", "--every-round"];
    insta::assert_snapshot!(stage.expect(&part, 0), @"
    2026-09-26 23:55:00 NZST  local  workers/heartbeat  down: no sign of life\u{fffd}[31m, said a stranger (age)
    2026-09-26 23:56:00 NZST  local  workers/heartbeat  down: no sign of life\u{fffd}[31m, said a stranger (age)
    ");
    let old = stage.run(&["journal", "show", "--since", "1h"]);
    assert_eq!(String::from_utf8_lossy(&old.stderr), "The record holds nothing in that time.\n");
    let none = stage.run(&["journal", "show", "--component", "wrokers"]);
    assert_eq!(String::from_utf8_lossy(&none.stderr), "The record holds nothing of wrokers in that time.\n");
    let wrong = stage.run(&["journal", "show", "--since", "yesterday"]);
    assert_eq!(wrong.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8_lossy(&wrong.stderr), @"statuary: `yesterday` is no time; write `2026-11-23 09:20` (read in Pacific/Auckland), RFC 3339 with an offset, or `2h` for two hours ago");
    // A broken config takes nobody's record away.
    stage.write("statuary.toml", "nonsense");
    assert!(stage.expect(&["journal", "show"], 0).contains("workers/heartbeat up"));
}

#[test]
fn exports_leave_for_others() {
    let stage = auckland();
    let csv = stage.expect(&["journal", "export", "--format", "csv", "--component", "workers"], 0);
    assert_eq!(csv.lines().count(), 1 + 31);
    let lines = stage.expect(&["journal", "export", "--format", "jsonl", "--until", "2026-09-26T12:00:00Z"], 0);
    let down: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).expect("a line is JSON")).collect();
    assert_eq!((down.len(), down.iter().filter(|l| l["verdict"] == "down").count()), (10, 4));
    let metrics = stage.expect(&["journal", "export", "--format", "openmetrics"], 0);
    assert!(metrics.ends_with("\n# EOF\n") && metrics.matches("# TYPE ").count() == 2, "{metrics}");
    let none = stage.run(&["journal", "export", "--format", "csv", "--since", "1h"]);
    assert_eq!(String::from_utf8_lossy(&none.stderr), "No look of the record fits what was asked for.\n");
    for (args, says) in [
        (&["journal", "export"][..], "--format <FORMAT>"),
        (&["journal", "export", "--format", "json"], "csv, jsonl, openmetrics"),
        (&["journal", "show", "--format", "csv"], "text, json"),
    ] {
        let out = stage.run(args);
        let said = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.code() == Some(2) && said.contains(says), "{args:?}: {said}");
    }
}

/// A reader who has had enough (`| head`) is nobody's mistake, and nothing more is read for him.
#[test]
fn a_closed_pipe_ends_a_long_answer() {
    let stage = auckland();
    let round = |n: i64| {
        let up = (0..40).map(|p| (ProbeKey::from(format!("workers/p{p}")), 1)).collect();
        let t = Moment::parse_rfc3339("2026-09-27T00:00:00Z").expect("RFC 3339") + Span::from_mins(n);
        (t, Body::Round(Round { gap: Span::from_ms(1000), up, ..Round::default() }))
    };
    let bodies: Vec<(Moment, Body)> = (0..4000).map(round).collect();
    app::append(stage.path(), &ChainName::from("local"), &bodies).expect("a record");
    for args in [
        &["show"][..],
        &["show", "--format", "json"],
        &["export", "--format", "csv"],
        &["export", "--format", "openmetrics"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_statuary"));
        command.arg("journal").args(args).arg("--site").arg(stage.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let mut first = [0; 10];
        child.stdout.take().expect("a pipe").read_exact(&mut first).expect("it says something");
        let out = child.wait_with_output().expect("it ends");
        assert!(out.status.success() && out.stderr.is_empty(), "{args:?}: {out:?}");
    }
}

#[test]
fn the_manual_holds_every_command_and_the_format_of_the_record() {
    let [page, _] = said(&["man"]);
    for says in [
        ".TH statuary 1",
        ".SS \"statuary journal verify\"",
        ".SS \"statuary config fields\"",
        ".SH \"THE RECORD\"",
        ".SS Rounds",
        "sha256sum",
    ] {
        assert!(page.contains(says), "{says} is not in\n{page}");
    }
    // Nothing of Markdown is left.
    assert!(!page.contains("```") && !page.contains("|---") && !page.contains("**"));
    // groff finds nothing to complain about, where it is on this machine.
    let Ok(mut groff) = Command::new("groff")
        .args(["-man", "-Tutf8", "-ww", "-z"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
    else {
        return eprintln!("skipped the second half of the_manual_holds_every_command: no groff");
    };
    std::io::Write::write_all(&mut groff.stdin.take().expect("a pipe"), page.as_bytes()).expect("groff reads");
    let out = groff.wait_with_output().expect("groff ends");
    assert_eq!(String::from_utf8_lossy(&out.stderr), "");
}

#[test]
fn every_command_shows_an_example_and_shells_complete() {
    let [help, _] = said(&["--help"]);
    let names = |help: &str| -> Vec<String> {
        let rest = help.split("Commands:\n").nth(1).unwrap_or_default();
        let lines = rest.lines().take_while(|l| !l.is_empty());
        let names = lines.filter(|l| !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next());
        names.filter(|n| *n != "help").map(str::to_owned).collect()
    };
    let mut seen = 0;
    for name in names(&help) {
        let [help, _] = said(&[&name, "--help"]);
        let subs = names(&help);
        if subs.is_empty() {
            assert!(help.contains("Example"), "{name}: {help}");
            seen += 1;
        }
        for sub in subs {
            let [help, _] = said(&[&name, &sub, "--help"]);
            assert!(help.contains("Example"), "{name} {sub}: {help}");
            seen += 1;
        }
    }
    assert!(seen >= 15, "{seen}");
    for shell in ["bash", "zsh", "fish"] {
        let [script, _] = said(&["completions", shell]);
        assert!(script.contains("openmetrics") && script.contains("every-round"), "{shell}");
    }
}

#[test]
fn what_was_recorded_is_drawn_on_the_components_page_with_its_unit() {
    let stage = Stage::new(&format!("{}record = [\"age\"]\n", workers("")));
    let key = ProbeKey::from("workers/heartbeat");
    let round = |hours: i64, age: f64| {
        let rec = vec![(key.clone(), vec![("age".to_owned(), age)])];
        let up = vec![(key.clone(), 1)];
        (app::now() - Span::from_mins(60 * hours), Body::Round(Round { up, rec, ..Round::default() }))
    };
    let page = |bodies: &[(Moment, Body)]| {
        app::append(stage.path(), &ChainName::from("local"), bodies).expect("a record");
        stage.expect(&["build"], 0);
        stage.read("public/components/workers/index.html")
    };
    assert!(!page(&[round(100 * 24, 9.0)]).contains("<span>Age</span>"), "it lies before the ninety days");
    let text = page(&[round(30, 7000.0), round(29, 12.0)]);
    assert!(text.contains("<span>Age</span>") && text.contains("highest day 7,000 ms, "), "{text}");
}

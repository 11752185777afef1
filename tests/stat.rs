//! `journal stat` on a record as a CI leaves it: the real cadence, and what is wrong with the configured interval.

#[allow(dead_code, reason = "this file uses a part of the stage")]
mod support {
    pub mod stage;
}

use std::fs;

use statuary::app;
use statuary::model::{Body, ChainName, Moment, Round, Span};
use support::stage::{Stage, workers};

/// Minutes between the starts of a CI's job that should come every five.
const GAPS: [i64; 10] = [5, 6, 8, 7, 17, 9, 8, 6, 12, 8];
const DAYS: i64 = 30;

/// Thirty days of such rounds, and six quiet hours on the last one.
fn a_ci_was_here(stage: &Stage, begins: &str) {
    let first = Moment::parse_rfc3339(begins).expect("a time");
    let round = |t| {
        let up = vec![("workers/heartbeat".into(), 1)];
        (t, Body::Round(Round { gap: Span::from_ms(750_000), up, ..Round::default() }))
    };
    let mut t = first;
    let mut bodies = vec![round(t)];
    for gap in GAPS.iter().cycle() {
        t = t + Span::from_mins(*gap);
        let hour = (t - first).ms() / 3_600_000;
        if hour >= DAYS * 24 {
            break;
        }
        if !(DAYS * 24 - 12..DAYS * 24 - 6).contains(&hour) {
            bodies.push(round(t));
        }
    }
    app::append(stage.path(), &ChainName::from("local"), &bodies).expect("it is written");
}

#[test]
fn a_cis_real_cadence_and_the_interval_to_set() {
    let stage = Stage::new(&workers("").replace("interval = \"1m\"", "interval = \"5m\""));
    a_ci_was_here(&stage, "2026-10-01T00:00:00Z");
    let said = stage.expect(&["journal", "stat"], 0);
    let filtered: Vec<&str> = said.lines().filter(|line| !line.contains("no round for")).collect();
    assert!(filtered.len() < said.lines().count(), "it has been silent for long");
    insta::assert_snapshot!(filtered.join("\n"), @r#"
    local
      4982 records, 30 days, 1.2 MB
      from 2026-10-01T00:00:00.000Z to 2026-10-30T23:58:00.000Z
      1130 rounds in the last 6 d 23 h, one every 8 min; 95 of 100 within 17 min, the longest gap 6 h 11 min
      114 holes that nobody watched, the longest 5 h 58 min
      rounds come later than the interval of "5m" says, which leaves holes; set [run] interval = "10m"
    "#);
    let told: serde_json::Value =
        serde_json::from_str(&stage.expect(&["journal", "stat", "--format", "json"], 0)).expect("JSON");
    let cadence = &told[0]["cadence"];
    assert_eq!((&cadence["median_ms"], &cadence["p95_ms"]), (&480_000.into(), &1_020_000.into()));
    assert_eq!((&cadence["interval"], &told[0]["fit"]), (&"10m".into(), &"too_short".into()));
    assert_eq!(cadence["longest_ms"], told[0]["cadence"]["longest_hole_ms"].as_i64().expect("ms") + 750_000);
    // What it advises fits.
    stage.write("statuary.toml", &workers("").replace("interval = \"1m\"", "interval = \"10m\""));
    assert!(stage.expect(&["journal", "stat"], 0).contains("[run] interval = \"10m\" fits"));
    // A record without a config has figures too.
    fs::remove_file(stage.join("statuary.toml")).expect("it is there");
    assert!(stage.expect(&["journal", "stat"], 0).contains("the interval to set: [run] interval = \"10m\""));
}

#[test]
fn law_12_what_a_checkpoint_holds_is_not_read_again() {
    let stage = Stage::new(&workers(""));
    stage.write("beat", "");
    let month_ago = Moment::from_ms(chrono::Utc::now().timestamp_millis()) - Span::from_mins(DAYS * 24 * 60);
    a_ci_was_here(&stage, &month_ago.rfc3339());
    stage.expect(&["run"], 0);
    let before = stage.expect(&["journal", "stat"], 0);
    let oldest = stage.tree("journal/local").into_keys().next().expect("a day");
    let path = stage.join("journal/local").join(oldest);
    let size = fs::metadata(&path).expect("a file").len();
    fs::write(&path, vec![b'x'; size as usize]).expect("the day is overwritten");
    assert_eq!(stage.expect(&["journal", "stat"], 0), before);
    assert!(before.contains("_desk\n") || before.contains("local\n"), "{before}");
    // It was read in the first place.
    fs::remove_dir_all(stage.join(".statuary")).expect("it is there");
    assert!(stage.expect(&["journal", "stat"], 0).contains("1 remark: `statuary journal verify` tells more"));
    stage.expect(&["journal", "verify"], 1);
}

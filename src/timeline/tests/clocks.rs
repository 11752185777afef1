//! Rule 1: the set of records, late and doubled rounds, records after the moment, clocks that went back.

use super::{append, draw, first, look, minute, one_strip, settings, tell, told};
use crate::model::{Body, Component, Head, Probe, Record, Round, Span};
use crate::timeline::tests::fold;
use crate::timeline::{rounds, values};

/// Rounds of one place in the order in which they were written: when, and what the look said.
fn written(rounds: &[(f64, char)]) -> Vec<Record> {
    let mut records = Vec::new();
    for (at, letter) in rounds {
        let mut round = Round { gap: Span::from_secs(150), ..Round::default() };
        look(&mut round, "web/a", *letter);
        append(&mut records, "local", minute(*at), Body::Round(round));
    }
    records
}

fn fold_written(rounds: &[(f64, char)], now: f64) -> (String, Vec<String>) {
    let timelines = fold(&written(rounds), &settings(&[("web", 1)], &["local"]), minute(now));
    (tell(first(&timelines)), timelines.remarks.into_iter().map(|r| r.text).collect())
}

#[test]
fn looks_at_one_moment_are_one_look_and_the_later_counts() {
    assert_eq!(fold_written(&[(1.0, 'u'), (2.0, 'd'), (2.0, 'u'), (3.0, 'u')], 3.0).0, "1 up");
    assert_eq!(
        fold_written(&[(1.0, 'u'), (2.0, 'u'), (2.0, 'd'), (3.0, 'd')], 3.0).0,
        "1 up, 2 major; major outage 2-"
    );
    // A second look counts with its record, so it goes with it.
    assert_eq!(fold_written(&[(1.0, 'u'), (2.0, 'D'), (2.0, 'u'), (3.0, 'u')], 3.0).0, "1 up");
}

#[test]
fn a_small_step_back_is_nothing() {
    let (told, remarks) = fold_written(&[(1.0, 'u'), (3.0, 'd'), (2.0, 'd'), (4.0, 'u'), (5.0, 'u')], 5.0);
    assert_eq!((told.as_str(), remarks.len()), ("1 up, 2 major, 4 up; major outage 2-4", 0));
}

#[test]
fn a_clock_that_was_ahead_is_corrected_by_the_next_round() {
    // Ten minutes ahead for two rounds, then right again.
    let rounds = [(1.0, 'u'), (2.0, 'u'), (13.0, 'd'), (14.0, 'd'), (5.0, 'u'), (6.0, 'u')];
    let (told, remarks) = fold_written(&rounds, 20.0);
    assert_eq!(told, "1 up, 4.5 none, 5 up, 8.5 none");
    insta::assert_snapshot!(remarks.join("\n"), @"the clock of `local` went back: 2 rounds, from record 2 (1970-01-01T00:13:00.000Z) to record 3 (1970-01-01T00:14:00.000Z), are not counted, because a round written later claims an earlier time");
    // As written, before the moment cuts: also at a moment before the wrong rounds.
    assert_eq!(fold_written(&rounds, 6.0), (told.replace(", 8.5 none", ""), remarks));
}

#[test]
fn a_clock_that_fell_far_back_without_a_hole_is_itself_set_aside() {
    let day = 1440.0;
    let mut rounds: Vec<(f64, char)> = (0..2000).map(|i| (3.0 * day + f64::from(i), 'u')).collect();
    rounds.extend([(1.0, 'd'), (2.0, 'd'), (3.0 * day + 2000.0, 'u')]);
    let (told, remarks) = fold_written(&rounds, 3.0 * day + 2000.0);
    assert_eq!(told, "4320 up");
    insta::assert_snapshot!(remarks.join("\n"), @"the clock of `local` went back: 2 rounds, from record 2000 (1970-01-01T00:01:00.000Z) to record 2001 (1970-01-01T00:02:00.000Z), are not counted, because rounds written earlier claim a time more than a day later");
}

#[test]
fn a_clock_that_was_far_ahead_left_a_hole_before_and_is_corrected() {
    let day = 1440.0;
    let rounds = [(1.0, 'u'), (2.0, 'u'), (9.0 * day, 'd'), (9.0 * day + 1.0, 'd'), (5.0, 'u'), (6.0, 'u')];
    assert_eq!(fold_written(&rounds, 6.0).0, "1 up, 4.5 none, 5 up");
}

#[test]
fn each_branch_of_a_fork_is_judged_along_itself() {
    // Records 2 and 2' follow record 1; 2' is older than 2 by much, but not later in its own branch.
    let mut records = written(&[(1.0, 'u'), (2.0, 'u'), (9.0, 'u'), (10.0, 'u')]);
    let mut twin = records[2].clone();
    twin.t = minute(3.0);
    twin.head = Head::from("twin");
    records.push(twin);
    let timelines = fold(&records, &settings(&[("web", 1)], &["local"]), minute(10.0));
    assert_eq!((tell(first(&timelines)).as_str(), timelines.remarks.len()), ("1 up, 5.5 none, 9 up", 0));
}

#[test]
fn records_after_the_moment_are_reported_and_not_folded() {
    let (records, settings) = one_strip("uuddd", 1, |_| {});
    let timelines = fold(&records, &settings, minute(3.0));
    assert_eq!(tell(first(&timelines)), "1 up; checking 3");
    insta::assert_snapshot!(timelines.remarks[0].text, @"2 rounds are not counted yet, because `local` claims a time after 1970-01-01T00:03:00.000Z (first: record 3, 1970-01-01T00:04:00.000Z)");
}

#[test]
fn details_and_bodies_of_later_versions_are_folded_by_nobody() {
    let (mut records, settings) = one_strip("uuu", 1, |_| {});
    append(&mut records, "local", minute(3.0), Body::Other("{\"new\":1}".into()));
    append(&mut records, "local+internal", minute(3.0), Body::Details(Vec::new()));
    assert_eq!(told(&records, &settings, 3.0), "1 up");
}

#[test]
fn recorded_values_come_in_order_once_and_without_what_was_set_aside() {
    let mut records = Vec::new();
    let mut record = |chain: &str, key: &str, at: f64, value: f64| {
        let rec = vec![(key.into(), vec![("keys".to_owned(), value), ("other".to_owned(), 0.0)])];
        append(
            &mut records,
            chain,
            minute(at),
            Body::Round(Round { gap: Span::from_secs(150), rec, ..Round::default() }),
        );
    };
    for (at, value) in [(1.0, 10.0), (2.0, 20.0), (2.0, 21.0), (30.0, 99.0), (3.0, 30.0)] {
        record("nyc", "redis/redis", at, value);
    }
    record("fra", "cache/redis", 0.5, 5.0);
    record("fra", "redis/redis", 2.5, 25.0);
    draw(&mut records, "fra", &[("redis/redis", "uuu")]);
    let settings = settings(&[("redis", 1)], &["nyc", "fra"]);
    let component = Component { formerly: vec!["cache".into()], ..settings.components[0].clone() };
    let probe = Probe { key: "redis/redis".into(), ..component.probes[0].clone() };
    let found = |from: f64, to: f64| {
        let all = rounds(&records, minute(to));
        let first = all.partition_point(|(record, _)| record.t < minute(from));
        values(&all[first..], &component, &probe).remove("keys").unwrap_or_default()
    };
    assert_eq!(found(2.0, 40.0), [(minute(2.0), 21.0), (minute(2.5), 25.0), (minute(3.0), 30.0)]);
    assert_eq!(found(0.0, 1.0), [(minute(0.5), 5.0), (minute(1.0), 10.0)], "under its former id too");
    assert_eq!(found(4.0, 40.0), []);
}

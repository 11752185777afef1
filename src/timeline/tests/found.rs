//! What the drawn worlds of `tests/exact` found to be wrong, each in its smallest form.

use super::{append, declare, draw, first, fold, look, minute, settings, told};
use crate::model::{Body, Moment, Record, Round, Settings, Span, Zone};
use crate::timeline::{days, fold as timeline_fold, forget, history, lies_across, window_edges};

/// One round at a minute.
fn round(records: &mut Vec<Record>, chain: &str, at: f64, looks: &[(&str, char)]) {
    let mut round = Round { gap: Span::from_secs(150), ..Round::default() };
    for (key, letter) in looks {
        look(&mut round, key, *letter);
    }
    append(records, chain, minute(at), Body::Round(round));
}

fn blind_since(records: &[Record], settings: &Settings, now: f64) -> Option<Moment> {
    fold(records, settings, minute(now)).places[0].blind.as_ref().map(|(since, _)| *since)
}

#[test]
fn one_reason_told_in_two_chains_is_one() {
    let settings = settings(&[("web", 1)], &["local"]);
    let mut records = Vec::new();
    draw(&mut records, "local", &[("web/a", "udd")]);
    // From minute 4 on the component is internal.
    (4..=5).for_each(|m| round(&mut records, "local+internal", f64::from(m), &[("web/a", 'd')]));
    let timelines = fold(&records, &settings, minute(5.0));
    let reasons = &first(&timelines).outages[0].reasons;
    assert_eq!(reasons.len(), 1);
    assert_eq!((reasons[0].at, reasons[0].last, reasons[0].looks), (minute(2.0), minute(5.0), 4));
}

#[test]
fn a_place_is_blind_by_the_rounds_of_both_its_chains() {
    let settings = settings(&[("web", 1), ("db", 1)], &["local"]);
    let mut records = Vec::new();
    draw(&mut records, "local", &[("web/a", "ubb")]);
    round(&mut records, "local+internal", 4.0, &[("db/a", 'b')]);
    assert_eq!(blind_since(&records, &settings, 4.0), Some(minute(2.0)), "all four are one row");
    let mut records = Vec::new();
    draw(&mut records, "local", &[("web/a", "ub.b")]);
    round(&mut records, "local+internal", 3.0, &[("db/a", 'u')]);
    assert_eq!(blind_since(&records, &settings, 4.0), Some(minute(4.0)), "at minute 3 it saw");
}

#[test]
fn a_date_that_a_zone_skipped_holds_nothing() {
    let mut settings = settings(&[("web", 1)], &["local"]);
    settings.site.time_zone = Zone::parse("Pacific/Apia").unwrap();
    let start = Moment::parse_rfc3339("2011-12-30T08:00:00Z").unwrap();
    let mut records = Vec::new();
    for i in 0..240 {
        let mut round = Round { gap: Span::from_secs(150), ..Round::default() };
        look(&mut round, "web/a", 'u');
        append(&mut records, "local", start + Span::from_mins(i), Body::Round(round));
    }
    let moment = start + Span::from_mins(239);
    let timelines = fold(&records, &settings, moment);
    let days = days(first(&timelines), settings.site.time_zone, moment, 3);
    let worst: Vec<_> = days.iter().map(|d| (d.date.to_string(), (d.to - d.from).ms(), d.worst.is_some())).collect();
    let day = 86_400_000;
    let expected = [("2011-12-29", day, true), ("2011-12-30", 0, false), ("2011-12-31", day, true)];
    assert_eq!(worst, expected.map(|(date, ms, watched)| (date.to_owned(), ms, watched)));
}

#[test]
fn a_bad_look_in_a_window_is_no_good_one_outside_it() {
    let words = |strip: &str, starts: f64, ends: f64| {
        let settings = settings(&[("web", 1)], &["local"]);
        let mut records = Vec::new();
        draw(&mut records, "local", &[("web/a", strip)]);
        declare(&mut records, 0.5, "move", starts, ends, &["web"]);
        told(&records, &settings, strip.len() as f64)
    };
    assert_eq!(words("uudu", 2.5, 3.5), "1 up, 2.5 maintenance, 3.5 none, 4 up", "nothing good was seen at 3.5");
    assert_eq!(words("uddd", 2.5, 3.5), "1 up, 2 major, 2.5 maintenance, 3.5 major; major outage 2-", "it only agrees");
}

#[test]
fn a_bad_look_in_a_window_is_no_vote_for_good() {
    let settings = settings(&[("web", 1)], &["fra", "nyc", "gru"]);
    let mut records = Vec::new();
    draw(&mut records, "fra", &[("web/a", "udu")]);
    for (at, letter) in [(1.0, 'u'), (2.3, 'd'), (2.5, 'd')] {
        round(&mut records, "nyc", at, &[("web/a", letter)]);
    }
    declare(&mut records, 0.5, "move", 1.8, 2.2, &["web"]);
    // What fra saw at minute 2 speaks for nobody, so nyc is alone with its vote until fra looks again.
    let expected = "1 up, 1.8 maintenance, 2.2 up, 2.3 major, 3 degraded at nyc; major outage 2.3-3";
    assert_eq!(told(&records, &settings, 3.0), expected);
}

#[test]
fn a_clock_that_goes_back_over_a_rename_mixes_looks_that_stand_alone() {
    let mut settings = settings(&[("web", 1)], &["local"]);
    settings.components[0].formerly = vec!["site".into()];
    let mut records = Vec::new();
    draw(&mut records, "local", &[("site/a", &"u".repeat(60))]);
    // The clock went back by less than `gap`, so nothing is set aside; the old looks at 59 and 60 say that it was up.
    for (at, letter) in [(58.3, 'd'), (59.3, 'd'), (60.3, 'u')] {
        round(&mut records, "local", at, &[("web/a", letter)]);
    }
    assert_eq!(told(&records, &settings, 60.5), "1 up; blip 58.3-59; blip 59.3-60");
}

#[test]
fn a_place_that_is_blind_for_long_saw_before() {
    let settings = settings(&[("web", 1), ("db", 1)], &["local"]);
    let day = 1440.0;
    let mut records = Vec::new();
    round(&mut records, "local", 1.0, &[("web/a", 'b')]);
    for at in [20.0, 21.0, 22.0] {
        round(&mut records, "local", at * day, &[("web/a", 'b')]);
    }
    // What its other chain holds, where the last round that saw is older than what is known round by round.
    round(&mut records, "local+internal", 5.0, &[("db/a", 'u')]);
    for at in [21.5, 22.5] {
        round(&mut records, "local+internal", at * day, &[("db/a", 'b')]);
    }
    let mut known = history(&records, minute(23.0 * day));
    known.chains.iter_mut().for_each(|chain| forget(chain, minute(23.0 * day)));
    let blind = timeline_fold(&known, &settings, minute(23.0 * day)).places[0].blind.clone();
    assert_eq!(blind.map(|(since, _)| since), Some(minute(20.0 * day)));
}

#[test]
fn a_row_that_failed_is_read_anew_where_a_window_is_moved_into_it() {
    let mut records = Vec::new();
    draw(&mut records, "local", &[("web/a", &format!("{}{}", "u".repeat(20), "d".repeat(400)))]);
    let condensed = history(&records, minute(420.0));
    let across = |edge: f64| lies_across(&condensed.chains[0], &[minute(edge)]);
    assert!(across(350.0), "in the middle of what was condensed");
    assert!(!across(10.0), "where it was up it matters to nobody");
    assert!(!across(22.0) && !across(420.0) && !across(500.0), "looks that stand alone, or none");
    let mut desk = Vec::new();
    declare(&mut desk, 1.0, "move", 350.0, 500.0, &["web"]);
    assert_eq!(window_edges(&desk), [minute(1.0), minute(350.0), minute(500.0)]);
}

//! MEANING's table of strips, row by row, and rules 2 to 5 and 9, sentence by sentence.

use super::{check, first, minute, one_strip, told, told_strip};
use crate::model::Span;
use crate::timeline::tests::fold;

#[test]
fn the_table() {
    check("uuuddu?u", "1 up, 4 major, 6 up, 7 none, 8 up; major outage 4-6");
    check("uudu?du", "1 up, 5 none, 6 up; blip 3-4; blip 6-7");
    check("ud?du", "1 up, 2 major, 3 none, 4 major; major outage 2-");
    check("ud...du", "1 up, 4.5 none, 6 up; blip 2-4.5; blip 6-7");
    check("uddudduu", "1 up, 2 major, 7 up; major outage 2-7, come-back 4-5");
    check("udgu", "1 up, 2 degraded; degraded outage 2-; blip 2-3");
    check("uddggu", "1 up, 2 major, 4 degraded; major outage 2-");
    check("uud", "1 up; checking 3");
    check("d", "1 none; checking 1");
    check("u....d", "1 up, 3.5 none; checking 6");
}

#[test]
fn two_looks_open_and_two_looks_end() {
    check("uuu", "1 up");
    check("udd", "1 up, 2 major; major outage 2-");
    check("uddu", "1 up, 2 major; major outage 2-");
    check("udduu", "1 up, 2 major, 4 up; major outage 2-4");
    check("dduu", "1 major, 3 up; major outage 1-3");
    check("ugguu", "1 up, 2 degraded, 4 up; degraded outage 2-4");
    check("u?u", "1 up, 2 none, 3 up");
}

#[test]
fn the_higher_open_level_wins() {
    // Two looks at or above level 1 open it, whichever they are; good means below the level.
    check("ugduu", "1 up, 2 degraded, 4 up; degraded outage 2-4; blip 3-4");
    check("uggddgguu", "1 up, 2 degraded, 4 major, 6 degraded, 8 up; major outage 2-8");
    check("uddgdduu", "1 up, 2 major, 7 up; major outage 2-7, come-back 4-5");
}

#[test]
fn thresholds_are_the_components() {
    assert_eq!(told_strip("uddduuu", 1, |r| r.open_after = 3), "1 up, 2 major, 5 up; major outage 2-5");
    assert_eq!(told_strip("udduu", 1, |r| r.open_after = 3), "1 up; blip 2-4");
    assert_eq!(
        told_strip("udu", 1, |r| (r.open_after, r.resolve_after) = (1, 1)),
        "1 up, 2 major, 3 up; major outage 2-3"
    );
    let slow = told_strip("uddudu", 1, |r| (r.resolve_after, r.blip_within) = (3, Span::from_mins(1)));
    assert_eq!(slow, "1 up, 2 major, 4 up, 5 major; major outage 2-4; major outage 5-", "neither row is short");
}

#[test]
fn a_short_row_that_lasts_is_an_outage_although_few_looks_saw_it() {
    // A look every 10 minutes: one bad look is 10 minutes long, which is no blip.
    assert_eq!(told_strip("uduu", 10, |_| {}), "1 up, 11 major, 21 up; major outage 11-21");
    assert_eq!(told_strip("udu", 10, |_| {}), "1 up, 11 major; major outage 11-");
    assert_eq!(told_strip("uduu", 9, |_| {}), "1 up; blip 10-19");
    // The same for the come-back: 9 minutes is one, 10 ends the outage.
    assert_eq!(told_strip("uddudd", 9, |_| {}), "1 up, 10 major; major outage 10-, come-back 28-37");
    let two = "1 up, 11 major, 31 up, 41 major; major outage 11-31; major outage 41-";
    assert_eq!(told_strip("uddudd", 10, |_| {}), two);
    assert_eq!(told_strip("uddud", 10, |_| {}), "1 up, 11 major, 31 up; major outage 11-31; checking 41");
}

#[test]
fn a_hole_never_closes_an_open_outage() {
    check("udd....du", "1 up, 2 major, 5.5 none, 8 major; major outage 2-");
    check("udd....uu", "1 up, 2 major, 5.5 none, 8 up; major outage 2-8");
    check("uddu....u", "1 up, 2 major, 6.5 none, 9 major; major outage 2-, come-back 4-6.5");
    check("uddu....uu", "1 up, 2 major, 6.5 none, 9 up; major outage 2-9, come-back 4-6.5");
}

#[test]
fn unknown_neither_counts_nor_breaks_within_the_gap() {
    check("ud?d", "1 up, 2 major, 3 none, 4 major; major outage 2-");
    // Three minutes apart is further than 2.5: the row breaks.
    check("ud??d", "1 up, 3 none; blip 2-3; checking 5");
    check("uddu?u", "1 up, 2 major, 4 up, 5 none, 6 up; major outage 2-4");
}

#[test]
fn a_bad_row_at_the_end_is_pending_until_its_hole_is_sure() {
    let (records, settings) = one_strip("uud", 1, |_| {});
    assert_eq!(told(&records, &settings, 5.4), "1 up; checking 3");
    assert_eq!(told(&records, &settings, 5.6), "1 up, 5.5 none; blip 3-5.5");
    check("u?d", "1 up, 2 none, 3 up; checking 3");
    check("ggd", "1 degraded; degraded outage 1-; checking 3");
    check("ud?", "1 up, 3 none; checking 2");
}

#[test]
fn never_green_without_evidence() {
    // A bad look alone between two holes is a blip; that it was up below it, nobody saw.
    check("u....d....u", "1 up, 3.5 none, 11 up; blip 6-8.5");
    check("d....u", "1 none, 6 up; blip 1-3.5");
    check("du", "1 up; blip 1-2");
}

#[test]
fn flapping_is_one_degraded_outage_from_the_first_blip_to_the_last() {
    // Ten blips of a minute, a minute apart, add up to ten minutes.
    let ten = "u".to_owned() + &"du".repeat(10);
    check(&ten, "1 up, 2 degraded, 21 up; degraded outage 2-21");
    let nine = "u".to_owned() + &"du".repeat(9);
    let blips: Vec<String> = (0..9).map(|i| format!("; blip {}-{}", 2 * i + 2, 2 * i + 3)).collect();
    check(&nine, &format!("1 up{}", blips.concat()));
    // Ten minutes apart is not less than blip_within.
    let within = |r: &mut crate::model::Rules| r.blip_within = Span::from_mins(2);
    assert_eq!(told_strip("uduudu", 1, within), "1 up; blip 2-3; blip 5-6");
    assert_eq!(told_strip("ududu", 1, within), "1 up, 2 degraded, 5 up; degraded outage 2-5");
}

#[test]
fn a_second_look_confirms_at_once() {
    check("uD", "1 up, 2 major; major outage 2-");
    check("uU", "1 up; blip 2-2.17");
    let (records, settings) = one_strip("uuD", 5, |_| {});
    let timelines = fold(&records, &settings, minute(11.0));
    let outage = &first(&timelines).outages[0];
    assert_eq!((outage.from, outage.seen), (minute(11.0), minute(11.0)), "known with its record");
    assert_eq!(outage.reasons[0].looks, 2);
    assert!(outage.firm);
}

#[test]
fn blind_rounds_say_nothing_about_the_targets() {
    check("uubbbuu", "1 up, 3 none, 6 up");
    let (records, settings) = one_strip(&("u".to_owned() + &"b".repeat(1000)), 1, |_| {});
    let timelines = fold(&records, &settings, minute(1001.0));
    assert!(first(&timelines).outages.is_empty() && first(&timelines).blips.is_empty());
    let place = &timelines.places[0];
    assert_eq!(place.blind, Some((minute(2.0), "no canary answered".into())));
    assert_eq!((place.last_round, place.rounds), (Some(minute(1001.0)), 1001));
    assert_eq!(first(&timelines).last_look, Some(minute(1.0)));
    assert_eq!(first(&timelines).probes[0].last.as_ref().unwrap().why, "no canary answered");
}

#[test]
fn outages_say_when_they_were_known_and_why() {
    let (records, settings) = one_strip("uddgduuu", 1, |_| {});
    let timelines = fold(&records, &settings, minute(8.0));
    let outage = &first(&timelines).outages[0];
    let end = outage.end.unwrap();
    assert_eq!((outage.seen, end.at, end.seen), (minute(3.0), minute(6.0), minute(7.0)));
    let reasons: Vec<_> = outage.reasons.iter().map(|r| (r.at, r.last, r.looks, r.why.as_str())).collect();
    let down = (minute(2.0), minute(5.0), 3, "d from web/a");
    assert_eq!(reasons, [down, (minute(4.0), minute(4.0), 1, "g from web/a")]);
    assert!(first(&timelines).failing_as_known_at(minute(6.0)) && !first(&timelines).failing_as_known_at(minute(7.0)));
}

#[test]
fn firm_is_what_no_pending_row_can_undo() {
    let firm = |strip: &str, now: f64, within: i64| {
        let (records, settings) = one_strip(strip, 1, |r| r.blip_within = Span::from_mins(within));
        let timelines = fold(&records, &settings, minute(now));
        let firm = |o: &crate::timeline::Outage| (o.firm, o.end.map(|e| e.firm));
        first(&timelines).outages.iter().map(firm).collect::<Vec<_>>()
    };
    assert_eq!(firm("udd", 3.0, 10), [(true, None)]);
    assert_eq!(firm("udduu", 5.0, 10), [(true, Some(true))]);
    // A new bad row cannot reach over the end of the outage before it.
    assert_eq!(firm("udduud", 6.0, 10), [(true, Some(true))]);
    // Flapping goes on as long as one more blip could join it: two minutes from its last one.
    assert_eq!(firm("ududu", 5.0, 2), [(true, Some(false))]);
    assert_eq!(firm("ududuu", 6.0, 2), [(true, Some(false))]);
    assert_eq!(firm("ududuuu", 7.0, 2), [(true, Some(true))]);
    assert_eq!(firm("ududud", 6.0, 2), [(true, Some(false))]);
    // An outage that flapping could still swallow has not opened for good.
    assert_eq!(firm("ududuD", 6.0, 2), [(true, Some(false)), (false, None)]);
    assert_eq!(firm("ududuDd", 7.0, 2), [(true, Some(true)), (true, None)]);
}

#[test]
fn what_is_known_now() {
    let now = |strip: &str, at: f64| {
        let (records, settings) = one_strip(strip, 1, |_| {});
        let timelines = fold(&records, &settings, minute(at));
        let c = first(&timelines);
        (c.failing(), c.pending.is_some(), c.unseen(), c.quiet())
    };
    assert_eq!(now("uu", 2.0), (false, false, false, true));
    assert_eq!(now("ud", 2.0), (false, true, false, false));
    assert_eq!(now("udd", 3.0), (true, false, false, false));
    assert_eq!(now("udd", 9.0), (true, false, true, false));
    assert_eq!(now("uu", 9.0), (false, false, true, false));
}

#[test]
fn the_status_at_a_moment_is_that_of_the_stretch_holding_it() {
    let (records, settings) = one_strip("uudduu", 1, |_| {});
    let timelines = fold(&records, &settings, minute(6.0));
    let told: Vec<&str> =
        [0.0, 1.0, 2.9, 3.0, 4.99, 5.0, 6.0, 6.1].map(|m| super::word(first(&timelines).status_at(minute(m)))).to_vec();
    assert_eq!(told, ["none", "up", "up", "major", "major", "up", "up", "none"]);
}

//! Rules 6 and 7: several places, several probes, former names, internal chains.

use super::{append, draw, draw_every, first, minute, settings, tell, told};
use crate::model::{Body, Combine, Record, Round, Span};
use crate::timeline::tests::fold;

/// One probe seen from three places.
fn three(a: &str, b: &str, c: &str, now: f64) -> String {
    let settings = settings(&[("web", 1)], &["fra", "nyc", "sin"]);
    let mut records = Vec::new();
    for (place, strip) in [("fra", a), ("nyc", b), ("sin", c)] {
        draw(&mut records, place, &[("web/a", strip)]);
    }
    told(&records, &settings, now)
}

#[test]
fn a_level_holds_where_a_quorum_has_it() {
    assert_eq!(three("udduu", "udduu", "uuuuu", 5.0), "1 up, 2 major, 4 up; major outage 2-4");
    assert_eq!(three("uddduu", "uudduu", "uuuuuu", 6.0), "1 up, 2 degraded at fra, 3 major, 5 up; major outage 3-5");
    assert_eq!(three("ugguu", "ugguu", "uuuuu", 5.0), "1 up, 2 degraded, 4 up; degraded outage 2-4");
}

#[test]
fn one_without_a_quorum_is_named_and_counts_for_nothing() {
    assert_eq!(three("udduu", "uuuuu", "uuuuu", 5.0), "1 up, 2 degraded at fra, 4 up");
    assert_eq!(three("ugguu", "uuuuu", "uuuuu", 5.0), "1 up");
}

#[test]
fn a_place_that_stops_loses_its_vote() {
    // nyc and sin stop being good after their look at 2: 2.5 minutes vouched, 2.5 minutes kept, then fra alone decides.
    let alone = three("udddddddd", "uu", "uu", 9.0);
    assert_eq!(alone, "1 up, 2 degraded at fra, 7 major; major outage 7-");
    // One that was bad and stops keeps its vote: fra recovers, nyc is good, sin stopped while bad.
    assert_eq!(three("uddddduu", "uuuuuddd", "udd", 8.0), "1 up, 2 major; major outage 2-");
    // All stop: no data, and the outage stays open.
    assert_eq!(three("udd", "udd", "udd", 9.0), "1 up, 2 major, 5.5 none; major outage 2-");
}

#[test]
fn a_good_vote_is_kept_through_unknown() {
    assert_eq!(three("uddddddd", "u???????", "u???????", 8.0), "1 up, 2 degraded at fra");
}

#[test]
fn an_opening_that_fewer_than_the_quorum_carry_waits_for_late_looks() {
    let settings = settings(&[("web", 1)], &["fra", "nyc", "sin"]);
    let mut records = Vec::new();
    draw(&mut records, "fra", &[("web/a", "uddddd")]);
    let firm = |now: f64| first(&fold(&records, &settings, minute(now))).outages[0].firm;
    assert_eq!((firm(3.0), firm(4.5)), (false, true));
}

#[test]
fn an_opening_waits_for_a_good_row_that_could_undo_it() {
    let settings = settings(&[("web", 1)], &["fra", "nyc", "sin"]);
    let openings = |fra: &str, nyc: &str| {
        let mut records = Vec::new();
        for (place, strip) in [("fra", fra), ("nyc", nyc), ("sin", "uuuuuuu")] {
            draw(&mut records, place, &[("web/a", strip)]);
        }
        let timelines = fold(&records, &settings, minute(fra.len() as f64));
        first(&timelines).outages.iter().map(|o| (o.from, o.firm)).collect::<Vec<_>>()
    };
    // nyc was down, then good at 5, when fra went down: one more good look and the two never agreed.
    assert_eq!(openings("uuuuD", "uuddu"), [(minute(5.0), false)]);
    assert_eq!(openings("uuuudd", "uudduu"), []);
    assert_eq!(openings("uuuudd", "uuddud"), [(minute(5.0), true)]);
    assert_eq!(openings("uuudd", "uuddu"), [(minute(4.0), true)], "they agreed at 4");
}

/// Two probes of one component from one place.
fn two(combine: Combine, a: &str, b: &str) -> String {
    let mut settings = settings(&[("web", 2)], &["local"]);
    settings.components[0].combine = combine;
    let mut records = Vec::new();
    draw(&mut records, "local", &[("web/a", a), ("web/b", b)]);
    told(&records, &settings, a.len() as f64)
}

#[test]
fn probes_make_one_status() {
    let all = |a, b| two(Combine::All, a, b);
    assert_eq!(all("udduu", "uuuuu"), "1 up, 2 partial, 4 up; partial outage 2-4");
    assert_eq!(all("udduu", "udduu"), "1 up, 2 major, 4 up; major outage 2-4");
    assert_eq!(all("udduu", "u??uu"), "1 up, 2 partial, 4 up; partial outage 2-4", "unknown is not down");
    assert_eq!(all("u??uu", "uuuuu"), "1 up, 2 none, 4 up");
    assert_eq!(all("ugguu", "u??uu"), "1 up, 2 degraded, 4 up; degraded outage 2-4");
    assert_eq!(all("uddgguu", "uggdduu"), "1 up, 2 partial, 6 up; partial outage 2-6");
    assert_eq!(all("udduuuu", "uuudduu"), "1 up, 2 partial, 6 up; partial outage 2-6", "one outage, handed over");
    assert_eq!(all("uuuuu", "..uuu"), "1 up", "a probe counts from its first known look");
    assert_eq!(all("uuuuu", "u...."), "1 up, 3.5 none");
}

#[test]
fn one_probe_up_is_enough() {
    let any = |a, b| two(Combine::Any, a, b);
    assert_eq!(any("udduu", "uuuuu"), "1 up");
    assert_eq!(any("udduu", "udduu"), "1 up, 2 major, 4 up; major outage 2-4");
    assert_eq!(any("uddduu", "uudduu"), "1 up, 3 major, 5 up; major outage 3-5");
    assert_eq!(any("ugguu", "udduu"), "1 up, 2 partial, 4 up; partial outage 2-4");
    assert_eq!(any("uuu", "u??"), "1 up");
}

#[test]
fn blips_that_overlap_are_one() {
    assert_eq!(two(Combine::All, "uduuduu", "uduuuuu"), "1 up; blip 2-3; blip 5-6");
    assert_eq!(three("uduu", "uddu", "uuuu", 4.0), "1 up, 2 degraded at nyc; blip 2-3");
}

#[test]
fn flapping_at_one_place_does_not_hold_up_what_a_quorum_saw() {
    let settings = settings(&[("web", 1)], &["fra", "nyc", "sin"]);
    let mut records = Vec::new();
    let flaps = "u".to_owned() + &"du".repeat(12);
    draw(&mut records, "fra", &[("web/a", &flaps)]);
    draw(&mut records, "nyc", &[("web/a", "uuuudddduuuuuuuuuuuuuuuuu")]);
    draw(&mut records, "sin", &[("web/a", "uuuudddduuuuuuuuuuuuuuuuu")]);
    let timelines = fold(&records, &settings, minute(25.0));
    assert_eq!(tell(first(&timelines)), "1 up, 5 major, 9 up; major outage 5-9");
    assert!(first(&timelines).outages[0].end.unwrap().firm);
}

#[test]
fn a_probe_with_every_counts_its_own_looks() {
    let mut settings = settings(&[("web", 2)], &["local"]);
    settings.components[0].rules.blip_within = Span::from_mins(20);
    let mut records = Vec::new();
    // `b` looks every fifth minute, and each look vouches for 12.5 minutes.
    for (i, b) in "u....d....d....u....u".chars().enumerate() {
        let mut round = Round { gap: Span::from_secs(150), ..Round::default() };
        round.gaps.push(("web/b".into(), Span::from_secs(750)));
        super::look(&mut round, "web/a", 'u');
        if b != '.' {
            super::look(&mut round, "web/b", b);
        }
        append(&mut records, "local", minute(1.0 + i as f64), Body::Round(round));
    }
    assert_eq!(told(&records, &settings, 21.0), "1 up, 6 partial, 16 up; partial outage 6-16");
}

#[test]
fn former_names_internal_chains_and_forgotten_probes() {
    let mut settings = settings(&[("web", 2), ("redis", 1)], &["local"]);
    settings.components[0].formerly = vec!["site".into(), "redis".into()];
    let mut records = Vec::new();
    // `redis` is in use, so it is nobody's former name; `web/gone` is not configured.
    draw(&mut records, "local", &[("site/a", "uuuuu"), ("redis/a", "udduu"), ("web/gone", "ddddd")]);
    draw(&mut records, "local+internal", &[("web/b", "u??uu")]);
    let timelines = fold(&records, &settings, minute(5.0));
    assert_eq!(tell(first(&timelines)), "1 up, 2 none, 4 up");
    assert_eq!(tell(&timelines.components[1]), "1 up, 2 major, 4 up; major outage 2-4");
    assert_eq!(timelines.places[0].rounds, 5, "one round in two chains is one round");
    assert_eq!(timelines.remarks, []);
}

#[test]
fn a_place_that_is_not_configured_is_reported_and_not_folded() {
    let settings = settings(&[("web", 1)], &["fra"]);
    let mut records = Vec::new();
    draw(&mut records, "fra", &[("web/a", "uuu")]);
    draw(&mut records, "old", &[("web/a", "ddd")]);
    let timelines = fold(&records, &settings, minute(3.0));
    assert_eq!(tell(first(&timelines)), "1 up");
    insta::assert_snapshot!(timelines.remarks[0].text, @"the 3 records of `old` are not counted, because `old` is not among the configured `vantages`; add it there if it looks, or looked, for this site");
}

#[test]
fn a_component_without_probes_or_looks_has_no_timeline() {
    let settings = settings(&[("web", 0), ("api", 1)], &["local"]);
    let timelines = fold(&[] as &[Record], &settings, minute(3.0));
    for component in &timelines.components {
        assert_eq!((component.since, tell(component)), (None, String::new()));
        assert!(component.unseen() && !component.quiet());
    }
}

#[test]
fn places_may_look_at_their_own_pace() {
    let settings = settings(&[("web", 1)], &["fra", "nyc"]);
    let mut records = Vec::new();
    draw(&mut records, "fra", &[("web/a", "uuuuuuuuuuuddddd")]);
    draw_every(&mut records, "nyc", 5, &[("web/a", "uudd")]);
    // A majority of two is both: fra is bad from 12 on, nyc from 11 on.
    assert_eq!(told(&records, &settings, 16.0), "1 up, 11 degraded at nyc, 12 major; major outage 12-");
}

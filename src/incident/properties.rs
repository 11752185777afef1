//! MEANING "Incidents", law by law, over random mornings with random kills.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::incident::check::{Stage, at, line};
use crate::model::{Body, DeskIncident, IncidentStep, Moment};

const COMPONENTS: [&str; 5] = ["web > api, hidden | a", "api > db | b | h", "db | c | h", "mail | a", "hidden! | c"];
const IDS: [&str; 5] = ["web", "api", "db", "mail", "hidden"];

/// A strip of an hour and a half, in rows of one kind so that outages, blips and quiet all come up.
fn strip() -> impl Strategy<Value = String> {
    let row = (prop_oneof![4 => Just('u'), 2 => Just('d'), 1 => Just('g'), 1 => Just('?')], 1_usize..9);
    let long = (5_usize..40).prop_map(|n| ('u', n));
    proptest::collection::vec(prop_oneof![3 => row, 1 => long], 4..16).prop_map(|rows| {
        let strip: String = rows.into_iter().map(|(c, n)| c.to_string().repeat(n)).collect();
        format!("u{strip}")
    })
}

fn stage(strips: &[String]) -> Stage {
    IDS.iter().zip(strips).fold(Stage::new(&COMPONENTS), |s, (id, looks)| s.strip(id, looks.clone()))
}

fn steps(stage: &Stage) -> Vec<(bool, DeskIncident)> {
    let step = |r: &crate::model::Record| match &r.body {
        Body::Incident(d) => Some((!r.chain.is_public(), d.clone())),
        _ => None,
    };
    stage.records.iter().filter_map(step).collect()
}

/// Steps as (line per component), so that it does not matter how they were laid together into records.
fn facts(stage: &Stage) -> Vec<String> {
    let mut facts: Vec<String> = steps(stage)
        .into_iter()
        .flat_map(|(internal, d)| {
            // An opening with several members is the same as an opening and joins.
            d.components.clone().into_iter().enumerate().map(move |(i, c)| {
                let step = if d.step == IncidentStep::Open && i > 0 { IncidentStep::Join } else { d.step };
                let one = DeskIncident { step, components: vec![c], ..d.clone() };
                line(internal, &Body::Incident(one))
            })
        })
        .collect();
    facts.sort();
    facts
}

/// What must hold of every journal.
fn lawful(stage: &Stage, minute: i64) {
    let steps = steps(stage);
    let mut opened = BTreeSet::new();
    let mut open: BTreeMap<(String, String), Moment> = BTreeMap::new();
    let mut public_ids = BTreeSet::new();
    for (internal, d) in &steps {
        assert!(d.at <= d.seen, "a fact is confirmed after it happened: {d:?}");
        assert!(d.seen <= at(minute), "nothing is declared ahead: {d:?}");
        if d.step == IncidentStep::Open {
            assert!(opened.insert(d.id.clone()), "one opening per id: {d:?}");
        }
        if !internal {
            public_ids.insert(d.id.clone());
            assert!(d.components.iter().all(|c| c.as_str() != "hidden"), "an internal name in public: {d:?}");
            assert!(!d.id.as_str().contains("hidden"), "an internal name in a public id: {d:?}");
        }
        for c in &d.components {
            let key = (d.id.to_string(), c.to_string());
            match d.step {
                IncidentStep::Open | IncidentStep::Join | IncidentStep::Relapse => {
                    assert!(open.insert(key, d.at).is_none(), "a failing member fails again: {d:?}");
                }
                IncidentStep::Recover => {
                    let start = open.remove(&key);
                    assert!(start.is_some_and(|s| s <= d.at), "start ≤ end, and a start at all: {d:?}");
                }
                IncidentStep::Resolve => assert!(!open.contains_key(&key), "resolved while failing: {d:?}"),
            }
        }
    }
    for (internal, d) in &steps {
        assert!(opened.contains(&d.id), "a step of an incident that was never opened: {d:?}");
        if *internal && !public_ids.contains(&d.id) {
            assert!(d.components.iter().all(|c| c.as_str() == "hidden"), "a public member of an internal one: {d:?}");
        }
    }
    let book = stage.book(minute);
    for i in &book.incidents {
        assert!(i.ended.is_none_or(|e| i.started <= e), "start ≤ end on the page");
        assert!(i.events.is_sorted_by_key(|e| e.at), "events in order");
        let keys: BTreeSet<&str> = i.events.iter().map(|e| e.key.as_str()).collect();
        assert_eq!(keys.len(), i.events.len(), "each event its own key");
    }
    let slugs: BTreeSet<&str> = book.incidents.iter().map(|i| i.slug.as_str()).collect();
    assert_eq!(slugs.len(), book.incidents.len(), "each incident its own address");
    assert_eq!(slugs.len(), opened.len(), "every incident is in the book");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Runs that are killed anywhere, or never happen, leave the same journal as runs that are not.
    #[test]
    fn killed_runs_are_completed_with_the_same_ids_and_times(
        strips in proptest::collection::vec(strip(), 5),
        kills in proptest::collection::vec(prop_oneof![3 => Just(usize::MAX), 1 => 0_usize..3], 100),
    ) {
        let minutes = 99;
        let (mut whole, mut killed) = (stage(&strips), stage(&strips));
        for m in 0..=minutes {
            whole.run(m);
            killed.look(m);
            let due = killed.due(m);
            let before = steps(&killed);
            killed.save(m, due, kills[m as usize]);
            prop_assert!(steps(&killed).starts_with(&before), "what stands never moves");
            if kills[m as usize] == usize::MAX {
                lawful(&killed, m);
                prop_assert_eq!(killed.due(m), Vec::new(), "asked twice at minute {}", m);
            }
        }
        let due = killed.due(minutes);
        killed.save(minutes, due, usize::MAX);
        lawful(&whole, minutes);
        lawful(&killed, minutes);
        prop_assert_eq!(facts(&killed), facts(&whole));
    }

    /// One run at the very end, with all rounds saved by then, declares the same.
    #[test]
    fn one_late_run_declares_what_many_did(strips in proptest::collection::vec(strip(), 5)) {
        let minutes = 99;
        let whole = stage(&strips).runs(0..=minutes);
        let mut late = stage(&strips);
        (0..=minutes).for_each(|m| late.look(m));
        let due = late.due(minutes);
        late.save(minutes, due, usize::MAX);
        prop_assert_eq!(facts(&late), facts(&whole));
    }

    /// Late records may change what is known of the past at any time: ids stay, nothing is said twice.
    #[test]
    fn late_records_leave_every_id_and_time_that_stands(
        first in proptest::collection::vec(strip(), 5),
        second in proptest::collection::vec(strip(), 5),
        change in 20_i64..80,
    ) {
        let mut world = stage(&first).runs(0..=change);
        let before = steps(&world);
        world.strips = stage(&second).strips;
        for m in change + 1..=99 {
            world.run(m);
            prop_assert_eq!(world.due(m), Vec::new(), "asked twice at minute {}", m);
        }
        let after = steps(&world);
        prop_assert!(after.starts_with(&before));
        lawful(&world, 99);
    }
}

//! What is firm stays: openings and ends that were declarable at one moment stand at every later one.

use proptest::prelude::*;

use super::first;
use super::laws::{History, history};
use crate::model::{Moment, Span};
use crate::timeline::tests::fold;

/// A blip after the moment may still complete a chain of flapping; that is no pending row. With this no chain completes.
const NO_FLAPPING: Span = Span::from_mins(24 * 60);

fn stands(h: &History, now: i64, later: i64) -> Result<(), TestCaseError> {
    let mut settings = h.settings();
    settings.components[0].rules.blip_within = NO_FLAPPING;
    let records = h.records();
    let at = |s: i64| first(&fold(&records, &settings, Moment::from_ms(s * 1000))).clone();
    let (before, after) = (at(now), at(now + later));
    let mut last_end = None;
    for outage in &before.outages {
        if outage.firm {
            let holds =
                |o: &&crate::timeline::Outage| o.from <= outage.from && o.end.is_none_or(|e| outage.from < e.at);
            let now_in = after.outages.iter().find(holds);
            prop_assert!(now_in.is_some(), "undone: {outage:?}\nin {:?}", after.outages);
            let swallowed = last_end.is_some_and(|end| now_in.is_some_and(|o| o.from < end));
            prop_assert!(!swallowed, "merged into the one before: {outage:?}\nin {:?}", after.outages);
        }
        if let Some(end) = outage.end.filter(|e| e.firm) {
            // It may be found to have ended earlier still; that it goes on may not.
            let goes_on = |o: &crate::timeline::Outage| o.from <= end.at && o.end.is_none_or(|e| end.at < e.at);
            prop_assert!(!after.outages.iter().any(goes_on), "no longer ended: {outage:?}\nin {:?}", after.outages);
        }
        last_end = outage.end.map(|e| e.at);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_firm_stands_at_every_later_moment(h in history(), now in 0_i64..2400, later in 0_i64..600) {
        stands(&h, now, later)?;
    }

    #[test]
    fn an_outage_is_known_from_seen_on_and_its_end_from_its_own(mut h in history()) {
        // Between several places a blip that began out of nothing is known to have been a vote only when it is over.
        (h.any, h.places) = (false, 1);
        let records = h.records();
        let at = |m: Moment| first(&fold(&records, &h.settings(), m)).clone();
        let whole = at(Moment::from_ms(2_400_000));
        for outage in &whole.outages {
            let then = at(outage.seen);
            let meets = |o: &crate::timeline::Outage| {
                outage.end.is_none_or(|e| o.from < e.at) && o.end.is_none_or(|e| outage.from < e.at)
            };
            prop_assert!(then.outages.iter().any(meets), "not known when seen: {outage:?}\nin {:?}", then.outages);
            if let Some(end) = outage.end {
                let then = at(end.seen);
                let on = |o: &crate::timeline::Outage| o.from <= end.at && o.end.is_none_or(|e| end.at < e.at);
                prop_assert!(!then.outages.iter().any(on), "not over when seen: {outage:?}\nin {:?}", then.outages);
            }
        }
    }
}

#[test]
fn an_end_is_not_firm_while_a_place_that_was_alone_may_still_carry_it_on() {
    let looks = vec![
        (0, 1, false, 'g'),
        (1, 1, false, 'g'),
        (4, 0, true, 'g'),
        (7, 2, false, 'u'),
        (8, 1, true, 'u'),
        (11, 0, true, 'g'),
    ];
    let h = History { looks, windows: Vec::new(), places: 2, any: false, within_mins: 1 };
    stands(&h, 160, 60).unwrap();
}

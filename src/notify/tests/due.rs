//! Due − told, over every way in which a run can end.

use proptest::prelude::*;

use crate::model::{Body, Moment, Record, Span, Try};

use super::super::plan::{ATTEMPTS_MAX, DELIVERIES_MAX};
use super::super::{Channel, Event, EventKind, Refused, operator_trouble, plan};
use super::{at, event, hook, record, site};

/// A journal that grows, and the channel that is told.
struct Desk {
    records: Vec<Record>,
    channels: Vec<Channel>,
}

impl Desk {
    fn new() -> Self {
        let mut desk = Self { records: Vec::new(), channels: vec![hook()] };
        desk.save(at("08:00:00"), vec![Body::Channel("ops".to_owned())]);
        desk
    }

    fn save(&mut self, t: Moment, bodies: Vec<Body>) {
        for body in bodies {
            let n = self.records.len() as u64;
            self.records.push(record(n, t, body));
        }
    }

    /// What is due now: `id`, `id x2` for a second try, `digest(3)`.
    fn due(&self, events: &[Event], now: &str) -> String {
        let (_, deliveries) = plan(&self.channels, events, &self.records, at(now));
        let say = deliveries.iter().map(|d| {
            let name = if d.digest { format!("digest({})", d.events.len()) } else { d.id.clone() };
            if d.repeated() { format!("{name} x{}", d.attempt) } else { name }
        });
        say.collect::<Vec<_>>().join(" ")
    }

    /// Tries everything that is due, with one answer.
    fn tell(&mut self, events: &[Event], now: &str, answer: &Result<(), Refused>) {
        let (bodies, deliveries) = plan(&self.channels, events, &self.records, at(now));
        self.save(at(now), bodies);
        for delivery in deliveries {
            self.save(at(now), delivery.tries());
            self.save(at(now), delivery.outcome(answer));
        }
    }
}

fn refused(for_good: bool) -> Result<(), Refused> {
    Err(Refused { text: "no".to_owned(), for_good })
}

#[test]
fn law_10_what_was_told_is_not_told_again_and_what_was_not_is_due() {
    let mut desk = Desk::new();
    let events = [event("a", at("09:00:00")), event("b", at("09:05:00"))];
    assert_eq!(desk.due(&events, "09:01:00"), "a");
    desk.tell(&events[..1], "09:01:00", &Ok(()));
    assert_eq!(desk.due(&events, "09:06:00"), "b");
    // Killed between the try and the answer: due again after a wait, with the same id and the word.
    desk.save(at("09:06:00"), vec![Body::Try(Try { channel: "ops".into(), event: "b".into(), attempt: 1, why: None })]);
    assert_eq!(desk.due(&events, "09:06:29"), "");
    assert_eq!(desk.due(&events, "09:06:30"), "b x2");
    desk.tell(&events, "09:06:30", &Ok(()));
    assert_eq!(desk.due(&events, "23:00:00"), "");
}

#[test]
fn nothing_from_before_a_channel_was_first_seen_is_due_to_it() {
    let desk = Desk { records: Vec::new(), channels: vec![hook()] };
    let events = [event("old", at("09:00:00")), event("new", at("10:00:00"))];
    let (bodies, deliveries) = plan(&desk.channels, &events, &desk.records, at("10:00:00"));
    assert_eq!(bodies, [Body::Channel("ops".to_owned())]);
    assert_eq!(deliveries.iter().map(|d| d.id.as_str()).collect::<Vec<_>>(), ["new"]);
}

#[test]
fn a_refusal_waits_longer_each_time_and_ends() {
    let mut desk = Desk::new();
    let events = [event("a", at("09:00:00"))];
    let mut tries = 0;
    let mut now = at("09:00:00");
    while now < at("20:00:00") {
        let due = plan(&desk.channels, &events, &desk.records, now).1;
        for delivery in due {
            tries += 1;
            assert_eq!(delivery.attempt, tries);
            desk.save(now, delivery.tries());
            desk.save(now, delivery.outcome(&refused(false)));
        }
        now = now + Span::from_secs(10);
    }
    assert_eq!(tries, ATTEMPTS_MAX);
    assert!(matches!(&desk.records.last().unwrap().body, Body::GaveUp(t) if t.why.as_deref() == Some("no")));
    let mut desk = Desk::new();
    desk.tell(&events, "09:00:00", &refused(true));
    assert_eq!(desk.due(&events, "19:00:00"), "");
}

#[test]
fn a_run_that_was_killed_before_it_gave_up_gives_up_next_time() {
    let mut desk = Desk::new();
    let last = Try { channel: "ops".into(), event: "a".into(), attempt: ATTEMPTS_MAX, why: None };
    desk.save(at("09:00:00"), vec![Body::Try(last)]);
    let (bodies, deliveries) = plan(&desk.channels, &[event("a", at("09:00:00"))], &desk.records, at("12:00:00"));
    assert!(matches!(bodies.as_slice(), [Body::GaveUp(_)]) && deliveries.is_empty());
}

#[test]
fn law_10_never_a_flood() {
    let mut desk = Desk::new();
    let minute = |i: usize| at("09:00:00") + Span::from_secs(i as i64);
    let events: Vec<Event> = (0..50).map(|i| event(&format!("e{i:02}"), minute(i))).collect();
    let due = desk.due(&events, "10:00:00");
    assert!(due.starts_with("digest(30) e30 e31 ") && due.ends_with(" e49"), "{due}");
    // The digest's answer was lost: it comes again as the same digest, and its events not by themselves.
    let digest = plan(&desk.channels, &events, &desk.records, at("10:00:00")).1.remove(0);
    desk.save(at("10:00:00"), digest.tries());
    let again = plan(&desk.channels, &events, &desk.records, at("10:01:00")).1;
    assert_eq!((again[0].id.as_str(), again[0].attempt, again[0].events.len()), (digest.id.as_str(), 2, 30));
    assert_eq!(again.len(), DELIVERIES_MAX + 1);
    desk.tell(&events, "10:01:00", &Ok(()));
    assert_eq!(desk.due(&events, "12:00:00"), "");
    // Old news that was never tried, such as a kind of event that the operator only now asks for, comes in one.
    let mut old = Desk::new();
    old.records[0].t = at("08:00:00") - Span::from_mins(60 * 24 * 30);
    let events: Vec<Event> =
        (1..=9).map(|day| event(&format!("d{day}"), at("08:00:00") - Span::from_mins(60 * 24 * day))).collect();
    assert_eq!(old.due(&events, "09:00:00"), "digest(9)");
}

#[test]
fn a_channel_gets_what_it_asked_for_and_may_hear() {
    let mut desk = Desk::new();
    let mut secret = event("secret", at("09:00:00"));
    secret.public = false;
    let mut word = event("word", at("09:00:00"));
    word.kind = EventKind::Update;
    let events = [secret, word];
    assert_eq!(desk.due(&events, "09:00:00"), "secret word");
    desk.channels[0].internal = false;
    assert_eq!(desk.due(&events, "09:00:00"), "word");
    desk.channels[0].when = vec!["opened".to_owned()];
    assert_eq!(desk.due(&events, "09:00:00"), "");
    // Its records stand where nobody else reads them.
    desk.channels[0].internal = true;
    let due = plan(&desk.channels, &events, &desk.records, at("09:00:00")).1;
    assert_eq!((due.len(), due[0].internal, due[0].story(&events[0]).title.as_str()), (1, true, "inside"));
}

#[test]
fn trouble_is_told_to_the_operator_once_a_day() {
    let mut desk = Desk::new();
    let trouble = |desk: &Desk, now| operator_trouble(&site(), &desk.channels, "line 3 is wrong", &desk.records, now).1;
    let first = trouble(&desk, at("09:00:00"));
    assert_eq!((first.len(), first[0].internal), (1, true));
    assert_eq!(first[0].story(&first[0].events[0]).text, "line 3 is wrong");
    desk.save(at("09:00:00"), first[0].tries());
    desk.save(at("09:00:00"), first[0].outcome(&Ok(())));
    assert!(trouble(&desk, at("09:01:00")).is_empty());
    assert_eq!(trouble(&desk, at("09:01:00") + Span::from_mins(60 * 24)).len(), 1);
    // Where no channel is the operator's own, all hear of it, and none hears the details.
    desk.channels[0].internal = false;
    desk.records.truncate(1);
    let open = trouble(&desk, at("09:00:00"));
    assert!(!open[0].story(&open[0].events[0]).text.contains("line 3"));
}

/// What happens to one delivery.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Taken,
    Refused,
    KilledBefore,
    KilledAfter,
}

proptest! {
    #[test]
    fn law_10_each_event_arrives_and_only_a_kill_repeats_it(
        count in 0usize..45,
        fates in proptest::collection::vec(
            prop_oneof![4 => Just(Fate::Taken), 1 => Just(Fate::Refused), 1 => Just(Fate::KilledBefore), 1 => Just(Fate::KilledAfter)],
            0..60,
        ),
    ) {
        let mut desk = Desk::new();
        let events: Vec<Event> =
            (0..count).map(|i| event(&format!("e{i}"), at("09:00:00") + Span::from_secs(i as i64 * 7))).collect();
        let mut fates = fates.into_iter();
        let mut arrived = vec![0usize; count];
        let mut lost_answers = 0;
        let mut now = at("09:00:30");
        for _ in 0..200 {
            let (bodies, deliveries) = plan(&desk.channels, &events, &desk.records, now);
            desk.save(now, bodies);
            let singles = deliveries.iter().filter(|d| !d.digest).count();
            // One event too many needs no digest: it is told as itself.
            prop_assert!(singles <= DELIVERIES_MAX + 1);
            for delivery in deliveries {
                let fate = fates.next().unwrap_or(Fate::Taken);
                desk.save(now, delivery.tries());
                if fate == Fate::KilledBefore {
                    break;
                }
                if fate == Fate::Refused {
                    desk.save(now, delivery.outcome(&refused(false)));
                    continue;
                }
                for told in &delivery.events {
                    let i: usize = told.id[1..].parse().unwrap();
                    prop_assert!(arrived[i] == 0 || delivery.repeated(), "told twice without a word");
                    arrived[i] += 1;
                }
                if fate == Fate::KilledAfter {
                    lost_answers += 1;
                    break;
                }
                desk.save(now, delivery.outcome(&Ok(())));
            }
            now = now + Span::from_mins(20);
        }
        let gave_up = desk.records.iter().filter(|r| matches!(r.body, Body::GaveUp(_))).count();
        prop_assert!(gave_up > 0 || arrived.iter().all(|n| *n >= 1), "lost: {arrived:?}");
        prop_assert!(lost_answers > 0 || arrived.iter().all(|n| *n <= 1), "repeated: {arrived:?}");
        prop_assert!(plan(&desk.channels, &events, &desk.records, now).1.is_empty());
    }
}

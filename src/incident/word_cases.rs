//! What a person says beside what is measured: words that come too early, and words without a time.

use crate::incident::book_cases::{briefs, only, outage, remarks, story};
use crate::incident::check::{Stage, at, update, wall, writeup};
use crate::incident::{Book, attach};
use crate::model::{Body, Impact, IncidentStatus, Moment, Span, Status};

/// Web fails from 9:02 to 9:10; at 9:05 a person says a word about it, in a heading.
fn told(status: IncidentStatus) -> Stage {
    let mut stage = outage().runs(0..=4);
    let mut w = writeup("2026-11-23-web-down.md", "1", &[("web", None), ("db", Some(Impact::Minor))]);
    w.updates.push(update("a", Some(5), Some(status), "x"));
    w.updates[0].line = 12;
    stage.writeups.push(w);
    stage.runs(5..=5)
}

#[test]
fn a_word_that_it_is_over_ends_nothing_while_a_member_still_measures_down() {
    for status in [IncidentStatus::Monitoring, IncidentStatus::Resolved, IncidentStatus::Postmortem] {
        let stage = told(status).runs(6..=20);
        let book = stage.book(6);
        let i = only(&book);
        assert_eq!((i.status, i.ended), (IncidentStatus::Investigating, None), "{}", status.word());
        assert_eq!(book.shown[0].status, Status::Major);
        assert_eq!(i.events.last().unwrap().status, Some(status), "the word is shown like every word");
        assert_eq!(book.shown[1].status, Status::Degraded, "what it declares still stands");
        assert_eq!(book.remarks[0].origin.as_ref().unwrap().line, 12);
        // Measured well, the person's word counts again.
        let book = stage.book(12);
        let i = only(&book);
        assert_eq!(i.status, status);
        assert_eq!(i.ended.map(wall), status.is_over().then(|| "9:10".to_owned()));
        assert_eq!(remarks(&book), "");
    }
    let stage = told(IncidentStatus::Resolved);
    insta::assert_snapshot!(briefs(&stage.book(5)), @"2026-11-23-web-down investigating critical 9:02–… The morning outage");
    insta::assert_snapshot!(remarks(&stage.book(5)), @"the word of 9:05 says resolved, but Web still measures down since 9:02; the page shows it as open until that is over");
    insta::assert_snapshot!(story(only(&stage.book(5))), @"
    9:02 [investigating] Web stopped answering at 9:02: no answer within 5 s.
    9:05 [resolved] update 0
    ");
}

#[test]
fn the_front_matter_ends_nothing_either_while_a_member_still_measures_down() {
    let mut stage = told(IncidentStatus::Identified);
    stage.writeups[0].sha256 = "2".into();
    (stage.writeups[0].status, stage.writeups[0].ended) = (Some(IncidentStatus::Resolved), Some(at(5)));
    let mut stage = stage.runs(6..=6);
    let book = stage.book(6);
    assert_eq!(
        (only(&book).status, only(&book).ended),
        (IncidentStatus::Identified, None),
        "the last that ends nothing"
    );
    insta::assert_snapshot!(remarks(&book), @"`status` says resolved, but Web still measures down since 9:02; the page shows it as open until that is over");
    stage.writeups[0].status = None;
    insta::assert_snapshot!(remarks(&stage.book(6)), @"`ended` says that it is over, but Web still measures down since 9:02; the page shows it as open until that is over");
}

#[test]
fn what_is_no_longer_measured_may_be_called_over() {
    let mut stage = told(IncidentStatus::Resolved);
    stage.settings.components.remove(0);
    let book = stage.book(6);
    assert_eq!((only(&book).status, only(&book).ended.map(wall)), (IncidentStatus::Resolved, Some("9:05".into())));
}

/// The book at a minute, with everything measured 42 seconds later.
fn late_in_the_minute(stage: &Stage, minute: i64) -> Book {
    let late = |t: Moment| t + Span::from_secs(42);
    let (mut timelines, mut records) = (stage.timelines(minute), stage.records.clone());
    for line in &mut timelines.components {
        for o in &mut line.outages {
            (o.from, o.seen) = (late(o.from), late(o.seen));
        }
    }
    for r in &mut records {
        if let Body::Incident(d) = &mut r.body {
            (d.at, d.seen) = (late(d.at), late(d.seen));
        }
    }
    attach(&timelines, &records, &stage.writeups, &stage.settings, late(at(minute)))
}

#[test]
fn a_word_in_the_minute_of_the_beginning_counts_after_it() {
    let mut stage = outage().runs(0..=4);
    // Another incident of the same day, so that only the exact time tells them apart.
    stage.strips[0].1 = format!("uu{}{}dddd", "d".repeat(8), "u".repeat(60));
    let mut stage = stage.runs(5..=72);
    let mut w = writeup("site.md", "1", &[("web", None)]);
    w.updates.push(update("a", Some(70), Some(IncidentStatus::Identified), "x"));
    stage.writeups.push(w);
    let book = late_in_the_minute(&stage.runs(73..=73), 73);
    assert_eq!(remarks(&book), "");
    insta::assert_snapshot!(briefs(&book), @"
    site identified critical 10:10–… The morning outage
    2026-11-23-web resolved critical 9:02–9:10 Web was down
    ");
    let i = book.incidents.iter().find(|i| i.writeup.is_some()).unwrap();
    assert_eq!(i.id.as_ref().unwrap().as_str(), "2026-11-23-web-2");
    assert_eq!(i.status, IncidentStatus::Identified);
    assert!(i.events.is_sorted_by_key(|e| e.at));
}

//! What a person says beside what is measured: words that come too early, and words without a time.

use crate::incident::book_cases::{briefs, only, outage, remarks, story};
use crate::incident::check::{Stage, at, update, wall, writeup};
use crate::incident::{Book, attach};
use crate::model::{Body, Impact, IncidentStatus, Moment, Span, Status};
use crate::timeline::history;

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
    attach(&timelines, &history(&records, late(at(minute))), &stage.writeups, &stage.settings, late(at(minute)))
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

/// A write-up of a file without a date, with one word without a time, published first at a minute.
fn timeless(stage: &Stage, minute: i64, components: &[&str]) -> Stage {
    let names: Vec<_> = components.iter().map(|id| (*id, None)).collect();
    let mut w = writeup("site.md", "1", &names);
    w.updates.push(update("investigating", None, Some(IncidentStatus::Identified), "x"));
    let mut stage = stage.clone();
    stage.writeups.push(w);
    stage.runs(minute..=minute)
}

#[test]
fn words_without_a_time_join_what_is_open_when_they_are_published() {
    // Web fails from 9:02 to 9:10 and is resolved at 9:41; mail fails from 9:20 on.
    let site = Stage::new(&["web > api | a", "api | a", "mail | b"]);
    let site = site
        .strip("web", format!("uu{}", "d".repeat(8)))
        .strip("mail", format!("{}{}", "u".repeat(20), "d".repeat(99)));
    let joined = |minute: i64, components: &[&str]| {
        let stage = timeless(&site.clone().runs(0..=minute - 1), minute, components);
        let book = stage.book(minute);
        let of = book.incidents.iter().find(|i| i.writeup.is_some()).unwrap();
        let later = stage.runs(minute + 1..=90);
        let same = later.book(90).incidents.iter().find(|i| i.writeup.is_some()).unwrap().id.clone();
        assert_eq!(same, of.id, "it stays where it is");
        format!("{} {}", of.id.as_ref().map_or("alone", |id| id.as_str()), remarks(&book)).trim().to_owned()
    };
    for (minute, components, of) in [
        (5, &["web", "api"][..], "2026-11-23-web"),
        (5, &["api"], "alone"),
        (5, &[], "2026-11-23-web"),
        (1, &["web"], "alone"),
        (1, &[], "alone"),
        (15, &["web"], "2026-11-23-web"), // monitoring
        (30, &["web"], "2026-11-23-web"),
        (30, &["mail", "api"], "2026-11-23-mail"),
        (
            30,
            &["web", "mail"],
            "alone could tell of 2026-11-23-web or 2026-11-23-mail: it stands alone until `incident` names one",
        ),
        (30, &[], "alone could tell of 2026-11-23-web or 2026-11-23-mail: it stands alone until `incident` names one"),
        (50, &["web"], "alone"), // resolved
        (50, &[], "2026-11-23-mail"),
        (5, &["wbe"], "alone `components` names wbe, which is not configured; it is shown as typed; did you mean web?"),
    ] {
        assert_eq!(joined(minute, components), of, "{minute} {components:?}");
    }
    let stage = timeless(&site.runs(0..=4), 5, &["web", "api"]);
    insta::assert_snapshot!(briefs(&stage.book(5)), @"site identified critical 9:02–… The morning outage");
    insta::assert_snapshot!(story(only(&stage.book(5))), @"
    9:02 [investigating] Web stopped answering at 9:02: no answer within 5 s.
    9:05 [identified] update 0
    ");
}

#[test]
fn a_time_alone_for_the_next_word_counts_from_its_publication() {
    let clock = |text| chrono::NaiveTime::parse_from_str(text, "%H:%M").unwrap();
    for (time, due, overdue, said) in [
        ("09:30", "9:30", false, ""),
        ("21:05", "21:05", false, ""),
        ("09:05", "9:05", false, ""),
        (
            "09:00",
            "9:00",
            true,
            "`next 09:00` had passed when this word was published, so it is overdue at once; for a later day write its date, as in `next 2026-11-24 09:00`",
        ),
        (
            "21:06",
            "22T21:06",
            true,
            "`next 21:06` had passed when this word was published, so it is overdue at once; for a later day write its date, as in `next 2026-11-24 21:06`",
        ),
    ] {
        let mut stage = outage().runs(0..=4);
        let mut w = writeup("site.md", "1", &[("web", None)]);
        w.updates.push(update("investigating", None, Some(IncidentStatus::Investigating), "x"));
        w.updates[0].next_time = Some(clock(time));
        stage.writeups.push(w);
        let stage = stage.runs(5..=6);
        let (first, book) = (stage.book(5), stage.book(6));
        let i = only(&first);
        assert_eq!((i.next_word.map(wall).as_deref(), i.next_overdue), (Some(due), overdue), "{time}");
        assert_eq!(only(&book).next_word, i.next_word, "it does not move");
        assert_eq!(remarks(&book), said, "{time}");
    }
}

#[test]
fn a_word_from_the_future_is_shown_when_it_was_published() {
    for (typed, shown) in [(10, "9:10"), (11, "9:05"), (60 * 24 * 365, "9:05"), (-3, "8:57")] {
        let mut stage = outage().runs(0..=4);
        let mut w = writeup("site.md", "1", &[("web", None)]);
        w.updates.push(update("a", Some(typed), Some(IncidentStatus::Identified), "x"));
        w.updates[0].next_time = chrono::NaiveTime::from_hms_opt(9, 30, 0);
        w.updates[0].next = Some(at(typed + 30));
        stage.writeups.push(w);
        let stage = stage.runs(5..=6);
        let book = stage.book(6);
        let i = only(&book);
        let word = i.events.iter().find(|e| e.key == "word-a").unwrap();
        assert_eq!(wall(word.at), shown, "{typed}");
        let ahead = shown == "9:05";
        assert_eq!(i.next_word, Some(if ahead { at(30) } else { at(typed + 30) }), "{typed}");
        assert_eq!(!remarks(&book).is_empty(), ahead, "{typed}");
        if typed == 11 {
            insta::assert_snapshot!(remarks(&book), @"this word says 9:11, which was still to come when it was published; it is shown at 9:05");
        }
    }
}

#[test]
fn a_later_incident_of_the_day_takes_no_words_away() {
    // Web fails from 9:02 to 9:10 and again, an hour on, from 10:20 to 10:30. The words about the first have only
    // their file's date.
    let mut stage = outage().runs(0..=4);
    stage.strips[0].1 = format!("uu{}{}{}uuuu", "d".repeat(8), "u".repeat(70), "d".repeat(10));
    stage.writeups.push(writeup("2026-11-23-x.md", "1", &[("web", None)]));
    let stage = stage.runs(5..=85);
    let book = stage.book(85);
    assert_eq!(book.incidents.len(), 2, "{}", briefs(&book));
    let first = book.incidents.iter().find(|i| i.measured_start == Some(at(2))).unwrap();
    let later = book.incidents.iter().find(|i| i.measured_start == Some(at(80))).unwrap();
    assert_eq!((first.writeup, later.writeup), (Some(0), None), "{}", briefs(&book));
}

//! MEANING "People and the machine": write-ups beside the journal's incidents.

use crate::incident::check::{Stage, at, line, update, wall, writeup};
use crate::incident::morning_cases::stella;
use crate::incident::{Book, Incident, Voice, worst_moment};
use crate::model::{
    Announce, ComponentId, Impact, IncidentId, IncidentStatus, Moment, Span, Status, Visibility, WriteUpKind,
};

/// One incident as a line: slug, status, impact, from–to.
pub(super) fn brief(i: &Incident) -> String {
    let end = i.ended.map_or("…".to_owned(), wall);
    format!("{} {} {} {}–{end} {}", i.slug, i.status.word(), i.impact.word(), wall(i.started), i.title)
}

pub(super) fn briefs(book: &Book) -> String {
    book.incidents.iter().map(brief).collect::<Vec<_>>().join("\n")
}

/// The events, one a line: time, status set, words.
pub(super) fn story(i: &Incident) -> String {
    let one = |e: &crate::incident::Event| {
        let voice = match &e.voice {
            Voice::Person(n) => format!("update {n}"),
            Voice::Machine(text) => text.clone(),
        };
        format!("{} [{}] {voice}", wall(e.at), e.status.map_or("", IncidentStatus::word))
    };
    i.events.iter().map(one).collect::<Vec<_>>().join("\n")
}

pub(super) fn remarks(book: &Book) -> String {
    book.remarks.iter().map(|r| r.text.clone()).collect::<Vec<_>>().join("\n")
}

/// Web fails from 9:02 to 9:10 and is resolved at 9:41.
pub(super) fn outage() -> Stage {
    Stage::new(&["web > db", "db"]).strip("web", format!("uu{}", "d".repeat(8)))
}

pub(super) fn only(book: &Book) -> &Incident {
    assert_eq!(book.incidents.len(), 1, "{}", briefs(book));
    &book.incidents[0]
}

#[test]
fn the_machine_tells_the_whole_story_by_itself() {
    let stage = stella().runs(0..=140);
    let book = stage.book(140);
    let i = only(&book);
    insta::assert_snapshot!(brief(i), @"2026-11-23-backend resolved critical 9:00–10:40 Website, Api, Checkups and 4 more were down");
    insta::assert_snapshot!(story(i), @"
    9:00 [investigating] Website, Api, Checkups and 3 more stopped answering at 9:00: no answer within 5 s.
    9:01 [] Redis became degraded at 9:01: no answer within 5 s.
    10:00 [] Website and Api work again since 10:00.
    10:06 [] Website and Api stopped answering again at 10:06: no answer within 5 s.
    10:23 [] Backend and Redis work again since 10:23.
    10:31 [] Workers works again since 10:31.
    10:33 [] Checkups and Monitors work again since 10:33.
    10:40 [monitoring] Website and Api work again since 10:40; we are watching.
    11:11 [resolved] Resolved: quiet since 10:40.
    ");
    assert_eq!(i.origin, Some(ComponentId::from("redis")));
    assert_eq!((i.detected, i.recovered_seen), (Some(at(1)), Some(at(101))));
    let website = i.members.iter().find(|m| m.component.as_str() == "website").unwrap();
    assert_eq!(website.outages, [(at(0), Some(at(60))), (at(66), Some(at(100)))]);
    // Redis goes from degraded to down at 10:08, while website and API are down again.
    assert_eq!(wall(worst_moment(i, &stage.timelines(140))), "10:08");
}

#[test]
fn the_status_is_the_latest_events_a_persons_or_the_machines() {
    let open = outage().runs(0..=5);
    assert_eq!(only(&open.book(5)).status, IncidentStatus::Investigating);
    let mut told = open.clone();
    let mut w = writeup("2026-11-23-web-down.md", "1", &[("web", None)]);
    w.updates.push(update("a", Some(4), Some(IncidentStatus::Identified), "x"));
    told.writeups.push(w);
    let told = told.runs(6..=8);
    assert_eq!(only(&told.book(8)).status, IncidentStatus::Identified);
    let told = told.runs(9..=45);
    assert_eq!(only(&told.book(12)).status, IncidentStatus::Monitoring, "as it stood at 9:12");
    insta::assert_snapshot!(story(only(&told.book(45))), @"
    9:02 [investigating] Web stopped answering at 9:02: no answer within 5 s.
    9:04 [identified] update 0
    9:10 [monitoring] Web works again since 9:10; we are watching.
    9:41 [resolved] Resolved: quiet since 9:10.
    ");
    insta::assert_snapshot!(briefs(&told.book(45)), @"2026-11-23-web-down resolved critical 9:02–9:10 The morning outage");
}

#[test]
fn the_machine_never_takes_back_that_a_person_called_it_over() {
    let mut stage = outage().runs(0..=8);
    let mut w = writeup("2026-11-23-web-down.md", "1", &[("web", None)]);
    w.updates.push(update("a", Some(9), Some(IncidentStatus::Resolved), "x"));
    stage.writeups.push(w);
    let stage = stage.runs(9..=20);
    assert_eq!(only(&stage.book(20)).status, IncidentStatus::Resolved);
}

#[test]
fn status_in_the_front_matter_counts_at_the_files_last_change() {
    let mut stage = outage().runs(0..=5);
    let mut w = writeup("2026-11-23-web-down.md", "1", &[("web", None)]);
    w.status = Some(IncidentStatus::Identified);
    w.updates.push(update("a", Some(4), Some(IncidentStatus::Investigating), "x"));
    stage.writeups.push(w);
    let stage = stage.runs(6..=7);
    assert_eq!(only(&stage.book(7)).status, IncidentStatus::Investigating, "the heading came with that change");
    let mut later = stage;
    later.writeups[0].sha256 = "2".into();
    let later = later.runs(8..=8);
    assert_eq!(only(&later.book(8)).status, IncidentStatus::Identified, "the file changed after the heading");
    let later = later.runs(9..=12);
    assert_eq!(only(&later.book(12)).status, IncidentStatus::Monitoring, "the machine spoke last");
}

#[test]
fn a_writeup_joins_by_id_by_name_or_where_components_and_time_leave_one_choice() {
    let stage = outage().runs(0..=45);
    let joins = |change: &dyn Fn(&mut crate::model::WriteUp)| {
        let mut stage = stage.clone();
        let mut w = writeup("notes.md", "1", &[]);
        change(&mut w);
        stage.writeups.push(w);
        let stage = stage.runs(46..=46);
        let book = stage.book(46);
        (book.incidents.iter().any(|i| i.id.is_some() && i.writeup.is_some()), remarks(&book))
    };
    let web = || vec![(ComponentId::from("web"), None)];
    let yes = |(joined, remarks): (bool, String)| assert!(joined && remarks.is_empty(), "{remarks}");
    let no = |(joined, _): (bool, String)| assert!(!joined);
    yes(joins(&|w| w.incident = vec![IncidentId::from("2026-11-23-web")]));
    yes(joins(&|w| w.slug = "2026-11-23-web".into()));
    yes(joins(&|w| (w.components, w.started) = (web(), Some(at(5)))));
    yes(joins(&|w| (w.components, w.started) = (web(), Some(at(-23 * 60)))));
    yes(joins(&|w| {
        w.components = web();
        w.updates.push(update("a", Some(3), None, "x"));
    }));
    yes(joins(&|w| (w.components, w.file) = (web(), "2026-11-23-web-down.md".into())));
    no(joins(&|w| (w.components, w.started) = (web(), Some(at(-25 * 60)))));
    no(joins(&|w| (w.components, w.started) = (vec![(ComponentId::from("db"), None)], Some(at(5)))));
    no(joins(&|w| w.components = web()));
    no(joins(&|w| {
        (w.components, w.started, w.draft) = (web(), Some(at(5)), true);
    }));
    let (joined, said) = joins(&|w| w.incident = vec![IncidentId::from("2026-11-23-wep")]);
    assert!(!joined);
    insta::assert_snapshot!(said, @"`incident` names 2026-11-23-wep, which the journal does not know; did you mean 2026-11-23-web?");
}

#[test]
fn what_is_ambiguous_is_a_remark_and_stands_alone() {
    let twice = format!("uudd{}dd", "u".repeat(40));
    let mut stage = Stage::new(&["web"]).strip("web", twice).runs(0..=60);
    let mut w = writeup("2026-11-23-web-down.md", "1", &[("web", None)]);
    stage.writeups.push(w.clone());
    let stage = stage.runs(61..=61);
    insta::assert_snapshot!(remarks(&stage.book(61)), @"could tell of 2026-11-23-web or 2026-11-23-web-2: it stands alone until `incident` names one");
    assert_eq!(stage.book(61).incidents.len(), 3);
    // A time inside one of them is unambiguous; two ids tell of both.
    let with = |w: crate::model::WriteUp| Stage { writeups: vec![w], ..stage.clone() }.runs(62..=62).book(62);
    w.started = Some(at(44));
    insta::assert_snapshot!(briefs(&with(w.clone())), @"
    2026-11-23-web-down monitoring critical 9:44–… The morning outage
    2026-11-23-web resolved critical 9:02–9:04 Web was down
    ");
    w.started = None;
    w.incident = vec![IncidentId::from("2026-11-23-web"), IncidentId::from("2026-11-23-web-2")];
    insta::assert_snapshot!(briefs(&with(w)), @"2026-11-23-web-down monitoring critical 9:02–… The morning outage");
}

#[test]
fn a_corrected_time_comes_first_and_the_measured_one_stands_beside_it() {
    let mut stage = outage().runs(0..=45);
    let mut w = writeup("2026-11-23-web-down.md", "1", &[("web", None)]);
    (w.started, w.ended) = (Some(at(-4)), Some(at(15)));
    stage.writeups.push(w);
    let book = stage.runs(46..=46).book(46);
    let i = only(&book);
    assert_eq!((i.started, i.ended), (at(-4), Some(at(15))));
    assert_eq!((i.measured_start, i.measured_end), (Some(at(2)), Some(at(10))));
}

#[test]
fn shown_is_the_worst_of_measured_and_declared_and_nobody_lowers_what_is_measured() {
    let mut stage = Stage::new(&["web", "db", "mail"]).strip("web", "uudddddd");
    stage.component("mail").probes.clear();
    let mut stage = stage.runs(0..=5);
    let say = |stage: &Stage, minute| {
        let one = |s: &crate::incident::Shown| {
            let mark = if s.declared { " (declared)" } else { "" };
            format!("{} {}{mark} {}", s.component, s.status.word(), s.since.map_or("–".to_owned(), wall))
        };
        stage.book(minute).shown.iter().map(one).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(say(&stage, 5), @"
    web major_outage 9:02
    db operational 9:00
    mail operational (declared) –
    ");
    let impacts = [("web", Some(Impact::Minor)), ("db", Some(Impact::Major)), ("mail", None)];
    let mut w = writeup("2026-11-23-all.md", "1", &impacts);
    w.updates.push(update("a", Some(4), Some(IncidentStatus::Investigating), "x"));
    stage.writeups.push(w);
    let mut stage = stage.runs(6..=6);
    insta::assert_snapshot!(say(&stage, 6), @"
    web major_outage 9:02
    db partial_outage (declared) 9:02
    mail degraded_performance (declared) 9:02
    ");
    stage.writeups[0].updates.push(update("b", Some(8), Some(IncidentStatus::Resolved), "y"));
    insta::assert_snapshot!(say(&stage.runs(7..=10), 10), @"
    web operational 9:08
    db operational 9:00
    mail operational (declared) –
    ");
}

#[test]
fn the_impact_is_the_worst_of_measured_and_written() {
    for (strip, written, expected) in [
        ("uuggg", None, Impact::Minor),
        ("uuddd", None, Impact::Critical),
        ("uuggg", Some(Impact::Major), Impact::Major),
        ("uuddd", Some(Impact::None), Impact::Critical),
    ] {
        let mut stage = Stage::new(&["web"]).strip("web", strip);
        let mut w = writeup("2026-11-23-web.md", "1", &[("web", None)]);
        w.impact = written;
        stage.writeups.push(w);
        assert_eq!(only(&stage.runs(0..=4).book(4)).impact, expected, "{strip} {written:?}");
    }
}

#[test]
fn announce_says_when_an_incident_gets_its_public_page() {
    let public = |announce: Announce, minutes: i64, written: bool| {
        let mut stage = Stage::new(&["web"]).strip("web", format!("uu{}", "d".repeat(60)));
        stage.component("web").announce = announce;
        if written {
            stage.writeups.push(writeup("2026-11-23-web.md", "1", &[("web", None)]));
        }
        only(&stage.runs(0..=minutes).book(minutes)).public
    };
    let ten = Announce::After(Span::from_mins(10));
    assert!(public(Announce::AtOnce, 3, false));
    assert!(!public(ten, 11, false));
    assert!(public(ten, 12, false));
    assert!(!public(Announce::ByPeople, 50, false));
    assert!(public(Announce::ByPeople, 3, true));
    assert!(public(ten, 3, true));
}

#[test]
fn nothing_internal_is_said_in_public() {
    let mut stage = Stage::new(&["web > secret", "secret!"]).strip("web", "uuddddd").strip("secret", "uuudddd");
    let mut w = writeup("inside.md", "1", &[("web", Some(Impact::Critical))]);
    (w.visibility, w.incident) = (Visibility::Internal, vec![IncidentId::from("2026-11-23-web")]);
    stage.writeups.push(w);
    let stage = stage.runs(0..=5);
    let book = stage.book(5);
    let public: Vec<&Incident> = book.incidents.iter().filter(|i| i.public).collect();
    assert_eq!(public.len(), 1);
    assert_eq!(brief(public[0]), "2026-11-23-web investigating critical 9:02–… Web is down");
    assert!(!format!("{public:?}").contains("secret"), "{public:?}");
}

#[test]
fn the_next_word_is_due_by_the_latest_word_and_overdue_after_it() {
    let mut stage = outage();
    let mut w = writeup("2026-11-23-web.md", "1", &[("web", None)]);
    w.updates.push(update("a", Some(3), Some(IncidentStatus::Investigating), "x"));
    w.updates[0].next = Some(at(6));
    stage.writeups.push(w);
    let mut stage = stage.runs(0..=7);
    let next = |s: &Stage, m| {
        let book = s.book(m);
        (only(&book).next_word, only(&book).next_overdue)
    };
    assert_eq!(next(&stage, 6), (Some(at(6)), false));
    assert_eq!(next(&stage, 7), (Some(at(6)), true));
    stage.writeups[0].updates.push(update("b", Some(8), None, "y"));
    assert_eq!(next(&stage.runs(8..=8), 8), (None, false), "the latest word promised nothing");
}

#[test]
fn words_are_journaled_when_they_are_new_or_changed_and_never_move() {
    let mut stage = Stage::new(&["web"]).runs(0..=1);
    let mut w = writeup("notes.md", "1", &[]);
    w.updates.push(update("a", Some(1), None, "x"));
    let mut draft = writeup("draft.md", "1", &[]);
    draft.draft = true;
    draft.updates.push(update("a", Some(1), None, "x"));
    let mut inside = writeup("inside.md", "1", &[]);
    inside.visibility = Visibility::Internal;
    inside.updates.push(update("a", Some(1), None, "x"));
    stage.writeups = vec![draft, inside, w];
    let said = |s: &mut Stage, m| {
        let lines: Vec<String> = s.run(m).iter().map(|d| line(d.internal, &d.body)).collect();
        lines.join("; ")
    };
    assert_eq!(said(&mut stage, 2), "(internal) inside.md 1 [a]; notes.md 1 [a]");
    assert_eq!(said(&mut stage, 3), "", "asked twice");
    let w = &mut stage.writeups[2];
    w.sha256 = "2".into();
    w.updates[0].sha256 = "edited".into();
    w.updates.push(update("b", None, None, "y"));
    assert_eq!(said(&mut stage, 4), "notes.md 2 [a,b]");
    let book = stage.book(4);
    let told = book.incidents.iter().find(|i| i.slug == "notes").unwrap();
    let moments: Vec<(Moment, Moment, Option<Moment>)> =
        told.events.iter().map(|e| (e.at, e.published, e.edited)).collect();
    assert_eq!(moments, [(at(1), at(2), Some(at(4))), (at(4), at(4), None)]);
    assert_eq!(stage.book(2).incidents.iter().find(|i| i.slug == "notes").unwrap().events.len(), 1, "as it stood");
    assert!(stage.book(1).incidents.is_empty(), "before it was said");
}

#[test]
fn people_alone_make_an_incident_and_what_follows_is_tied_both_ways() {
    let mut stage = outage().runs(0..=45);
    let mut first = writeup("2026-11-23-web.md", "1", &[("web", None)]);
    first.aliases = vec!["old-name".into()];
    let mut after = writeup("2026-11-30-changes.md", "1", &[("web", None), ("wep", None)]);
    (after.follows, after.started, after.ended) = (Some("old-name".into()), Some(at(20)), Some(at(30)));
    let mut lost = writeup("lost.md", "1", &[]);
    lost.follows = Some("2026-11-23-wed".into());
    let mut notice = writeup("notice.md", "1", &[]);
    notice.kind = WriteUpKind::Notice;
    stage.writeups = vec![first, after, lost, notice];
    let book = stage.runs(46..=46).book(46);
    insta::assert_snapshot!(briefs(&book), @"
    lost investigating none 9:46–… The morning outage
    2026-11-30-changes resolved none 9:20–9:30 The morning outage
    2026-11-23-web resolved critical 9:02–9:10 The morning outage
    ");
    insta::assert_snapshot!(remarks(&book), @"
    `follows` names 2026-11-23-wed, and no write-up has that name; did you mean 2026-11-23-web?
    `components` names wep, which is not configured; it is shown as typed; did you mean web?
    ");
    let tie = |slug: &str| {
        let i = book.incidents.iter().find(|i| i.slug == slug).unwrap();
        (i.follows.join(","), i.followed_by.join(","))
    };
    assert_eq!(tie("2026-11-23-web"), (String::new(), "2026-11-30-changes".into()));
    assert_eq!(tie("2026-11-30-changes"), ("2026-11-23-web".into(), String::new()));
    assert_eq!(book.notices, [3]);
    assert_eq!(book.incidents.iter().map(|i| i.status).filter(|s| !s.is_over()).count(), 1);
    assert_eq!(book.shown[0].status, Status::Operational);
}

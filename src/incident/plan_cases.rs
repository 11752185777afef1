//! MEANING "Maintenance": what is journaled, and how it stands.

use crate::incident::Maintenance;
use crate::incident::check::{Stage, at, line, update, wall, writeup};
use crate::model::{ComponentId, IncidentStatus, MaintenanceStatus, Visibility, WriteUp, WriteUpKind};

fn work(starts: i64, ends: i64) -> WriteUp {
    let mut w = writeup("disks.md", "1", &[("web", None)]);
    w.kind = WriteUpKind::Maintenance;
    (w.starts, w.ends) = (Some(at(starts)), Some(at(ends)));
    w
}

/// The windows that a run journals.
fn windows(stage: &mut Stage, minute: i64) -> String {
    let due = stage.run(minute);
    let windows = due.iter().filter(|d| matches!(d.body, crate::model::Body::Maintenance(_)));
    windows.map(|d| line(d.internal, &d.body)).collect::<Vec<_>>().join("\n")
}

fn stands(m: &Maintenance) -> String {
    let mut text = format!("{} {} {}–{}", m.id, m.status.word(), wall(m.starts), wall(m.ends));
    for (word, on) in [("overrun", m.overrun), ("late", m.declared_late), ("cancelled", m.cancelled)] {
        if on {
            text = format!("{text} {word}");
        }
    }
    text
}

fn book(stage: &Stage, minute: i64) -> String {
    stage.book(minute).maintenances.iter().map(stands).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_window_is_journaled_once_again_when_changed_and_cancelled_by_ends_at_starts() {
    let mut stage = Stage::new(&["web"]);
    stage.writeups.push(work(60, 90));
    assert_eq!(windows(&mut stage, 0), "disks 10:00-10:30 web");
    assert_eq!(windows(&mut stage, 1), "");
    assert_eq!(book(&stage, 1), "disks scheduled 10:00–10:30");
    stage.writeups[0].ends = Some(at(120));
    assert_eq!(windows(&mut stage, 2), "disks 10:00-11:00 web");
    stage.writeups[0].ends = Some(at(60));
    assert_eq!(windows(&mut stage, 3), "disks 10:00-10:00 web");
    assert_eq!(windows(&mut stage, 4), "");
    assert_eq!(book(&stage, 4), "disks completed 10:00–10:00 cancelled");
}

#[test]
fn it_is_scheduled_in_progress_and_completed_by_the_clock_and_by_words() {
    let mut stage = Stage::new(&["web"]);
    stage.writeups.push(work(10, 20));
    let mut stage = stage.runs(0..=30);
    assert_eq!(book(&stage, 9), "disks scheduled 9:10–9:20");
    assert_eq!(book(&stage, 10), "disks in_progress 9:10–9:20");
    assert_eq!(book(&stage, 20), "disks completed 9:10–9:20");
    let mut word = update("a", Some(15), None, "x");
    word.maintenance = Some(MaintenanceStatus::Verifying);
    stage.writeups[0].updates.push(word);
    let mut stage = stage.runs(31..=31);
    assert_eq!(book(&stage, 31), "disks verifying 9:10–9:20 overrun", "still at it, past the end");
    stage.writeups[0].updates.push(update("b", Some(32), Some(IncidentStatus::Resolved), "y"));
    assert_eq!(book(&stage.runs(32..=32), 32), "disks completed 9:10–9:20");
}

#[test]
fn what_is_declared_afterwards_is_shown_as_such() {
    let mut stage = Stage::new(&["web"]).runs(0..=5);
    stage.writeups.push(work(2, 8));
    let mut stage = stage.runs(6..=6);
    assert_eq!(book(&stage, 6), "disks in_progress 9:02–9:08 late");
    stage.writeups[0] = work(10, 12);
    stage.writeups[0].slug = "other".into();
    let mut stage = stage.runs(7..=13);
    stage.writeups[0].ends = Some(at(20));
    let stage = stage.runs(14..=14);
    assert_eq!(book(&stage, 14).lines().last().unwrap(), "other in_progress 9:10–9:20 late", "its extension");
}

#[test]
fn internal_components_of_public_work_stand_in_their_own_chain() {
    let mut stage = Stage::new(&["web", "db!"]);
    let mut w = work(60, 90);
    w.components.push((ComponentId::from("db"), None));
    w.components.push((ComponentId::from("typo"), None));
    let mut inside = work(60, 90);
    (inside.slug, inside.visibility) = ("inside".into(), Visibility::Internal);
    stage.writeups = vec![w, inside];
    insta::assert_snapshot!(windows(&mut stage, 0), @"
    disks 10:00-10:30 web
    (internal) disks+internal 10:00-10:30 db
    (internal) inside 10:00-10:30 web
    ");
    let public: Vec<Maintenance> = stage.book(0).maintenances.into_iter().filter(|m| m.public).collect();
    assert_eq!(public.len(), 1);
    assert!(!format!("{public:?}").contains("db"));
    assert_eq!(windows(&mut stage, 1), "");
}

#[test]
fn a_component_without_a_probe_is_under_maintenance_in_its_window() {
    let mut stage = Stage::new(&["web"]);
    stage.component("web").probes.clear();
    stage.writeups.push(work(5, 10));
    let stage = stage.runs(0..=12);
    let shown = |m| stage.book(m).shown[0].status.word();
    assert_eq!((shown(4), shown(5), shown(10)), ("operational", "under_maintenance", "operational"));
}

#[test]
fn recurring_work_is_journaled_sixty_days_ahead_at_its_local_time() {
    let mut stage = Stage::new(&["web"]);
    let mut w = work(60, 90); // Monday 10:00
    w.recurs = Some("FREQ=MONTHLY;BYDAY=-1MO".into());
    stage.writeups.push(w);
    insta::assert_snapshot!(windows(&mut stage, 0), @"
    disks@2026-11-30T10:00 30T10:00-30T10:30 web
    disks@2026-12-28T10:00 28T10:00-28T10:30 web
    ");
    assert_eq!(windows(&mut stage, 1), "");
    // The rule changes: what is ahead and no longer occurs is called off.
    stage.writeups[0].recurs = Some("FREQ=WEEKLY;UNTIL=20261201".into());
    insta::assert_snapshot!(windows(&mut stage, 2), @"
    disks@2026-11-23T10:00 10:00-10:30 web
    disks@2026-12-28T10:00 28T10:00-28T10:00 web
    ");
    assert_eq!(windows(&mut stage, 3), "");
}

#[test]
fn a_local_time_stays_when_the_clocks_change() {
    // From 1 March 2027, 2:30 every day; on 14 March there is no 2:30.
    let day = 24 * 60;
    let first = 98 * day - 390; // 1 March, 2:30
    let mut stage = Stage::new(&["web"]);
    let mut w = work(first, first + 30);
    w.recurs = Some("FREQ=DAILY;COUNT=20".into());
    stage.writeups.push(w);
    let ids = windows(&mut stage, 97 * day);
    let on = |d: &str| ids.lines().find(|l| l.contains(d)).unwrap().to_owned();
    assert!(ids.lines().count() >= 19, "{ids}");
    assert_eq!(on("@2027-03-13"), "disks@2027-03-13T02:30 13T2:30-13T3:00 web");
    assert_eq!(on("@2027-03-14"), "disks@2027-03-14T02:30 14T3:30-14T4:00 web");
    assert_eq!(on("@2027-03-15"), "disks@2027-03-15T02:30 15T2:30-15T3:00 web");
}

#[test]
fn words_of_recurring_work_belong_to_the_occurrence_before_them() {
    let mut stage = Stage::new(&["web"]);
    let mut w = work(10, 20);
    w.recurs = Some("FREQ=DAILY;COUNT=2".into());
    let mut word = update("a", Some(15), None, "x");
    word.maintenance = Some(MaintenanceStatus::Verifying);
    w.updates.push(word);
    stage.writeups.push(w);
    let stage = stage.runs(0..=25);
    insta::assert_snapshot!(book(&stage, 25), @"
    disks@2026-11-23T09:10 verifying 9:10–9:20 overrun
    disks@2026-11-24T09:10 scheduled 24T9:10–24T9:20
    ");
}

#[test]
fn what_cannot_be_read_is_a_remark_and_changes_nothing() {
    let mut stage = Stage::new(&["web"]);
    let mut w = work(60, 90);
    w.recurs = Some("FREQ=WEEKLY;COUNT=3".into());
    stage.writeups.push(w);
    windows(&mut stage, 0);
    let mut all = String::new();
    for (rule, minute) in [
        ("every Monday", 1),
        ("FREQ=HOURLY", 2),
        ("FREQ=WEEKLY;UNTIL=Christmas", 3),
        ("FREQ=WEEKLY;BYDAY=XX", 4),
        ("FREQ=WEEKLY;UNTIL=20200101", 5),
        ("", 6),
    ] {
        stage.writeups[0].recurs = Some(rule.into());
        assert_eq!(windows(&mut stage, minute), "", "{rule}");
        let said = stage.book(minute).remarks.iter().map(|r| r.text.clone()).collect::<String>();
        assert!(said.starts_with(&format!("`recurs = \"{rule}\"` cannot be read: ")), "{said}");
        all += &said;
        all += "\n";
    }
    insta::assert_snapshot!(all, @"
    `recurs = \"every Monday\"` cannot be read: an RRULE is expected, such as FREQ=WEEKLY;BYDAY=SU
    `recurs = \"FREQ=HOURLY\"` cannot be read: FREQ must be DAILY, WEEKLY, MONTHLY or YEARLY
    `recurs = \"FREQ=WEEKLY;UNTIL=Christmas\"` cannot be read: UNTIL=Christmas is neither 20261231 nor 20261231T220000 (with Z: UTC)
    `recurs = \"FREQ=WEEKLY;BYDAY=XX\"` cannot be read: `XX` is not a valid weekday. Valid values are `MO`, `TU`, `WE`, `TH`, `FR`, `SA` and `SU`
    `recurs = \"FREQ=WEEKLY;UNTIL=20200101\"` cannot be read: UNTIL lies before `starts`
    `recurs = \"\"` cannot be read: an RRULE is expected, such as FREQ=WEEKLY;BYDAY=SU
    ");
    stage.writeups[0].recurs = None;
    stage.writeups[0].ends = Some(at(50));
    assert_eq!(windows(&mut stage, 7), "");
    let said = stage.book(7).remarks.iter().map(|r| r.text.clone()).collect::<String>();
    insta::assert_snapshot!(said, @"`ends` lies before `starts`: correct one of them; no window is announced");
}

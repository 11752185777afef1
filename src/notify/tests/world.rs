//! Which events there are, in what words, and who may hear them.

use crate::model::{Body, ChainName, ClosedDay, DeskMaintenance, Head, Span, Status, Witness};

use super::super::{Delivery, EventKind};
use super::morning::{id, morning};
use super::{at, hook, record};

#[test]
fn the_morning_is_told_in_order_and_in_plain_words() {
    let said: Vec<String> = morning()
        .events()
        .iter()
        .map(|e| {
            let mark = if e.public { "" } else { " (internal)" };
            format!("{} {} {}{mark}\n  {}", &e.since.rfc3339()[11..16], e.kind.word(), e.id, e.inside.text)
        })
        .collect();
    insta::assert_snapshot!(said.join("\n"), @"
    12:00 maintenance maintenance/disks/announced
      Planned work (Website and The Vault): 12:00 PST to 13:00 PST.
    13:00 maintenance maintenance/disks/moved/2026-11-23T13:00:00.000Z
      The planned work (Website and The Vault) is now 11:00 PST to 11:20 PST.
    17:01 opened 2026-11-23-web/open
      Website is partly down since 09:00 PST: no answer within 5 s.
    17:03 changed 2026-11-23-web/join/vault (internal)
      The Vault is affected too, since 09:02 PST.
    17:06 changed 2026-11-23-web/join/api
      API is affected too, since 09:05 PST: no answer within 5 s.
    17:10 update words/morning.md#0
      Identified: The disk is slow. (next word: 09:30 PST)
    17:20 changed 2026-11-23-web/impact/critical
      It got worse: Website is down since 09:20 PST. The impact is critical now, major before.
    17:40 update words/morning.md#1
      Update: Still slow. (next word: 09:30 PST)
    18:20 changed 2026-11-23-web/recover/api/2026-11-23T18:19:00.000Z
      API works again since 10:19 PST; The Vault and Website are still affected.
    18:41 changed 2026-11-23-web/recover/vault/2026-11-23T18:40:00.000Z (internal)
      The Vault works again since 10:40 PST; Website is still affected.
    18:41 recovered 2026-11-23-web/recover/web/2026-11-23T18:40:00.000Z
      Website works again since 10:40 PST; we are watching.
    19:00 maintenance maintenance/disks/started
      The planned work (Website and The Vault) has begun; it should end at 11:20 PST.
    19:11 recovered 2026-11-23-web/resolve/2026-11-23T19:11:00.000Z
      It is over: all works again since 10:40 PST. It lasted 1 h 40 min.
    19:20 maintenance maintenance/disks/completed
      The planned work (Website and The Vault) is done.
    ");
}

#[test]
fn facts_are_told_beside_the_words() {
    let events = morning().events();
    let opened = &events.iter().find(|e| e.id == "2026-11-23-web/open").unwrap().outside;
    let web = &opened.components[0];
    assert_eq!((web.id.as_str(), web.status), ("web", Some((Status::Operational, Status::Partial))));
    let probe = opened.probe.as_ref().unwrap();
    assert_eq!((probe.id.as_str(), probe.attempts, probe.latency_ms), ("web/http", Some(3), Some(5_000)));
    let incident = opened.incident.as_ref().unwrap();
    assert_eq!(incident.url, "https://s.example/incidents/morning/");
    assert_eq!(incident.ended.unwrap() - incident.started, Span::from_mins(100));
}

#[test]
fn the_payload_holds_every_fact_once() {
    let event = morning().events().into_iter().find(|e| e.kind == EventKind::Opened).unwrap();
    let mut channel = hook();
    channel.internal = false;
    let delivery = Delivery {
        channel,
        id: event.id.clone(),
        attempt: 1,
        now: at("17:01:00"),
        internal: false,
        events: vec![event],
        digest: false,
    };
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let closed = Some(ClosedDay { day, n: 600, head: Head::from("cd34") });
    let heads = [Witness { chain: ChainName::from("local"), n: 812, head: Head::from("ab12"), closed }];
    let bytes = super::super::payload::bytes(&delivery, &heads);
    insta::assert_snapshot!(String::from_utf8(bytes).unwrap(), @r#"{"version":1,"id":"2026-11-23-web/open","event":"opened","attempt":1,"repeated":false,"at":"2026-11-23T17:00:00.000Z","site":{"title":"Stella","url":"https://s.example/"},"title":"The morning outage","text":"Website is partly down since 09:00 PST: no answer within 5 s.","url":"https://s.example/incidents/morning/","component":{"id":"web","name":"Website"},"status":{"before":"operational","after":"partial_outage"},"components":[{"id":"web","name":"Website","status":{"before":"operational","after":"partial_outage"}}],"incident":{"id":"2026-11-23-web","title":"The morning outage","url":"https://s.example/incidents/morning/","status":"resolved","impact":"critical","started_at":"2026-11-23T17:00:00.000Z","ended_at":"2026-11-23T18:40:00.000Z","duration_s":6000},"probe":{"id":"web/http","kind":"http","phase":"first_byte","error":"no answer within 5 s","attempts":3,"latency_ms":5000},"journal":[{"chain":"local","n":812,"head":"ab12","closed_day":{"day":"2026-11-22","n":600,"head":"cd34"}}]}"#);
    let mut digest = delivery.clone();
    digest.digest = true;
    digest.events.push(digest.events[0].clone());
    let value: serde_json::Value = serde_json::from_slice(&super::super::payload::bytes(&digest, &heads)).unwrap();
    assert_eq!((&value["event"], &value["digest"]["count"]), (&"digest".into(), &2.into()));
    assert_eq!(value["digest"]["events"].as_array().unwrap().len(), 2);
}

#[test]
fn nothing_internal_leaves_to_a_channel_that_is_not_the_operators() {
    let mut morning = morning();
    for event in morning.events() {
        let outside = format!("{:?}", event.outside).to_lowercase();
        assert!(!outside.contains("vault"), "{outside}");
        assert_eq!(event.public, !event.id.contains("vault"), "{}", event.id);
    }
    morning.book.incidents[0].public = false;
    morning.book.maintenances[0].public = false;
    assert!(morning.events().iter().all(|e| !e.public));
    morning.writeups[0].draft = true;
    assert!(morning.events().iter().all(|e| !e.id.starts_with("words/")));
}

#[test]
fn asking_again_later_gives_the_same_ids() {
    let morning = morning();
    let ids = |m| morning.events_at(m).into_iter().map(|e| (e.id, e.since)).collect::<Vec<_>>();
    assert_eq!(ids(at("19:30:00")), ids(at("23:59:00")));
}

#[test]
fn a_window_that_is_called_off_neither_begins_nor_ends() {
    let mut morning = morning();
    let cancel = DeskMaintenance {
        id: "disks".to_owned(),
        starts: at("19:00:00"),
        ends: at("19:00:00"),
        components: vec![id("web")],
    };
    morning.records.push(record(9, at("14:00:00"), Body::Maintenance(cancel)));
    morning.book.maintenances[0].cancelled = true;
    let windows: Vec<String> =
        morning.events().into_iter().filter(|e| e.id.starts_with("maintenance/")).map(|e| e.outside.text).collect();
    assert_eq!(windows.len(), 3);
    assert_eq!(windows[2], "The planned work (Website) was called off.");
}

//! Stella's morning, as the desk journaled it: a world to ask for events.

use std::path::PathBuf;

use crate::incident::{Book, Incident, Maintenance, Member};
use crate::model::{
    Announce, Body, ChainName, Combine, Component, ComponentId, DeskIncident, DeskMaintenance, DeskWords, Impact,
    IncidentId, IncidentStatus, IncidentStep, JournalSettings, JournaledUpdate, MaintenanceStatus, Moment, Probe,
    ProbeKey, PublishSettings, Record, Round, Rules, RunSettings, Seen, Settings, Span, Status, Update, Vantage,
    Verdict, Visibility, Witness, WriteUp, WriteUpKind, Zone,
};
use crate::site::World;
use crate::timeline::{ComponentTimeline, Outage, Reason, Stretch, Timelines};

use super::super::{Event, events};
use super::{at, record, site};

pub(super) fn id(text: &str) -> ComponentId {
    ComponentId::from(text)
}

fn component(name: &str, title: &str, visibility: Visibility) -> Component {
    let probe = Probe {
        key: ProbeKey::of(&id(name), "http"),
        kind: "http",
        every: None,
        gap: Span::from_ms(150_000),
        host: None,
        visibility,
        units: Vec::new(),
    };
    Component {
        id: id(name),
        name: title.to_owned(),
        description: None,
        group: None,
        depends_on: Vec::new(),
        formerly: Vec::new(),
        announce: Announce::AtOnce,
        visibility,
        combine: Combine::All,
        rules: Rules::default(),
        probes: vec![probe],
    }
}

fn settings() -> Settings {
    let mut site = site();
    site.time_zone = Zone::parse("America/Los_Angeles").unwrap();
    let local = Vantage::from("local");
    Settings {
        site,
        run: RunSettings {
            interval: Span::from_mins(1),
            deadline: Span::from_secs(30),
            canaries: Vec::new(),
            vantage: local.clone(),
            vantages: vec![local],
            quorum: 1,
            concurrency: 64,
            per_host: 8,
        },
        rules: Rules::default(),
        components: vec![
            component("web", "Website", Visibility::Public),
            component("api", "API", Visibility::Public),
            component("vault", "The Vault", Visibility::Internal),
        ],
        journal: JournalSettings::default(),
        publish: PublishSettings { folder: PathBuf::from("public"), after: None, journal: false },
    }
}

fn timeline(name: &str, stretches: &[(&str, &str, Status)], from: &str) -> ComponentTimeline {
    let worst = stretches.iter().map(|s| s.2).max().unwrap();
    let reason = Reason {
        probe: ProbeKey::of(&id(name), "http"),
        vantage: Vantage::from("local"),
        at: at(from),
        last: at(from),
        looks: 9,
        phase: Some("first_byte".to_owned()),
        why: "no answer within 5 s".to_owned(),
    };
    ComponentTimeline {
        id: id(name),
        since: Some(at("00:00:00")),
        stretches: stretches
            .iter()
            .map(|(from, to, status)| Stretch {
                from: at(from),
                to: at(to),
                status: *status,
                known: true,
                minority: Vec::new(),
            })
            .collect(),
        outages: vec![Outage {
            from: at(from),
            seen: at(from) + Span::from_mins(1),
            end: None,
            worst,
            firm: true,
            come_backs: Vec::new(),
            reasons: vec![reason],
        }],
        blips: Vec::new(),
        pending: None,
        last_look: None,
        probes: Vec::new(),
    }
}

/// The morning: the website down from 17:00 UTC (9:00 on the wall), worse at 17:20, the API and the vault with it,
/// well again at 18:40; and work planned for the evening.
pub(super) struct Morning {
    settings: Settings,
    timelines: Timelines,
    pub(super) book: Book,
    pub(super) writeups: Vec<WriteUp>,
    pub(super) records: Vec<Record>,
}

fn step(n: u64, t: &str, step: IncidentStep, when: &str, components: &[&str]) -> Record {
    let body = Body::Incident(DeskIncident {
        id: IncidentId::from("2026-11-23-web"),
        step,
        at: at(when),
        seen: at(t),
        components: components.iter().map(|c| id(c)).collect(),
    });
    let mut record = record(n, at(t), body);
    if components == ["vault"] {
        record.chain = ChainName::desk(true);
    }
    record
}

fn update(key: &str, word: &str, text: &str) -> Update {
    Update {
        key: key.to_owned(),
        status: Some(IncidentStatus::Identified),
        maintenance: None,
        word: word.to_owned(),
        at: Some(at("17:10:00")),
        next: Some(at("17:30:00")),
        next_time: None,
        html: String::new(),
        text: text.to_owned(),
        sha256: String::new(),
        line: 1,
    }
}

fn writeup(file: &str, title: &str, kind: WriteUpKind, updates: Vec<Update>) -> WriteUp {
    WriteUp {
        file: file.to_owned(),
        slug: file.trim_end_matches(".md").to_owned(),
        title: title.to_owned(),
        kind,
        components: vec![(id("web"), None), (id("vault"), None)],
        updates,
        ..WriteUp::default()
    }
}

fn records() -> Vec<Record> {
    let words = |t: &str, n, keys: &[&str]| {
        let updates = keys.iter().map(|k| JournaledUpdate { stamp: None, key: (*k).to_owned(), sha256: String::new() });
        let words = DeskWords { file: "morning.md".to_owned(), sha256: String::new(), updates: updates.collect() };
        record(n, at(t), Body::Words(words))
    };
    let window = |t: &str, n, starts: &str, ends: &str| {
        let window =
            DeskMaintenance { id: "disks".to_owned(), starts: at(starts), ends: at(ends), components: vec![id("web")] };
        record(n, at(t), Body::Maintenance(window))
    };
    let look = Seen {
        id: ProbeKey::from("web/http"),
        is: Verdict::Down,
        ms: Some(5_000),
        after: None,
        phase: Some("first_byte".to_owned()),
        why: "no answer within 5 s".to_owned(),
        tries: 3,
    };
    let mut round = record(0, at("17:00:00"), Body::Round(Round { not: vec![look], ..Round::default() }));
    round.chain = ChainName::from("local");
    vec![
        round,
        step(0, "17:01:00", IncidentStep::Open, "17:00:00", &["web"]),
        step(0, "17:03:00", IncidentStep::Join, "17:02:00", &["vault"]),
        step(1, "17:06:00", IncidentStep::Join, "17:05:00", &["api"]),
        words("17:10:00", 2, &["0"]),
        words("17:40:00", 3, &["0", "1"]),
        step(4, "18:20:00", IncidentStep::Recover, "18:19:00", &["api"]),
        step(1, "18:41:00", IncidentStep::Recover, "18:40:00", &["vault"]),
        step(5, "18:41:00", IncidentStep::Recover, "18:40:00", &["web"]),
        step(6, "19:11:00", IncidentStep::Resolve, "18:40:00", &["web", "api"]),
        window("12:00:00", 7, "20:00:00", "21:00:00"),
        window("13:00:00", 8, "19:00:00", "19:20:00"),
    ]
}

fn outage() -> Incident {
    let member = |name: &str, from: &str, to: &str| Member {
        component: id(name),
        worst: Status::Major,
        outages: vec![(at(from), Some(at(to)))],
    };
    Incident {
        id: Some(IncidentId::from("2026-11-23-web")),
        writeup: Some(0),
        slug: "morning".to_owned(),
        title: "The morning outage".to_owned(),
        status: IncidentStatus::Resolved,
        impact: Impact::Critical,
        measured_start: Some(at("17:00:00")),
        measured_end: Some(at("18:40:00")),
        started: at("17:00:00"),
        ended: Some(at("18:40:00")),
        detected: Some(at("17:01:00")),
        recovered_seen: Some(at("18:41:00")),
        members: vec![member("web", "17:00:00", "18:40:00"), member("api", "17:05:00", "18:19:00")],
        origin: None,
        events: Vec::new(),
        next_word: None,
        next_overdue: false,
        public: true,
        follows: Vec::new(),
        followed_by: Vec::new(),
        refuted: false,
    }
}

fn window() -> Maintenance {
    Maintenance {
        id: "disks".to_owned(),
        writeup: Some(1),
        title: "New disks".to_owned(),
        status: MaintenanceStatus::Completed,
        starts: at("19:00:00"),
        ends: at("19:20:00"),
        components: vec![id("web"), id("vault")],
        overrun: false,
        declared_late: false,
        cancelled: false,
        announced: at("12:00:00"),
        public: true,
    }
}

pub(super) fn morning() -> Morning {
    let words = vec![update("0", "Identified", "The disk is slow."), update("1", "", "Still slow.")];
    let (up, partial, major) = (Status::Operational, Status::Partial, Status::Major);
    Morning {
        settings: settings(),
        timelines: Timelines {
            moment: at("19:30:00"),
            components: vec![
                timeline(
                    "web",
                    &[
                        ("00:00:00", "17:00:00", up),
                        ("17:00:00", "17:20:00", partial),
                        ("17:20:00", "18:40:00", major),
                        ("18:40:00", "19:30:00", up),
                    ],
                    "17:00:00",
                ),
                timeline(
                    "api",
                    &[("00:00:00", "17:05:00", up), ("17:05:00", "18:19:00", partial), ("18:19:00", "19:30:00", up)],
                    "17:05:00",
                ),
            ],
            ..Timelines::default()
        },
        book: Book { incidents: vec![outage()], maintenances: vec![window()], ..Book::default() },
        writeups: vec![
            writeup("morning.md", "The morning outage", WriteUpKind::Incident, words),
            writeup("disks.md", "New disks", WriteUpKind::Maintenance, Vec::new()),
        ],
        records: records(),
    }
}

impl Morning {
    pub(super) fn events_at(&self, moment: Moment) -> Vec<Event> {
        let heads = [Witness { chain: "local".into(), n: 1, head: "ab".into(), closed: None }];
        events(&World {
            settings: &self.settings,
            timelines: &self.timelines,
            book: &self.book,
            writeups: &self.writeups,
            records: &self.records,
            chains: &[],
            heads: &heads,
            remarks: &[],
            moment,
            look_back: false,
        })
    }

    pub(super) fn events(&self) -> Vec<Event> {
        self.events_at(at("19:30:00"))
    }
}

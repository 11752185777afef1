//! Stella's morning and its neighbours as hand-made worlds, for tests and for looking at.

use chrono::NaiveDateTime;

use crate::incident::{Book, Event, Incident, Maintenance, Member, Shown, Voice};
use crate::model::*;
use crate::site::fixture_words as words;
use crate::timeline::{
    Blip, ComponentTimeline, LastLook, Outage, OutageEnd, Place, ProbeTimeline, Reason, Stretch, Timelines,
};

/// A world with everything it borrows.
pub(crate) struct Fixture {
    pub(crate) settings: Settings,
    pub(crate) timelines: Timelines,
    pub(crate) book: Book,
    pub(crate) writeups: Vec<WriteUp>,
    pub(crate) records: Vec<Record>,
    pub(crate) heads: Vec<Witness>,
    pub(crate) remarks: Vec<Remark>,
    pub(crate) moment: Moment,
    pub(crate) look_back: bool,
}

impl Fixture {
    pub(crate) fn world(&self) -> crate::site::World<'_> {
        crate::site::World {
            settings: &self.settings,
            timelines: &self.timelines,
            book: &self.book,
            writeups: &self.writeups,
            records: &self.records,
            chains: &[],
            heads: &self.heads,
            remarks: &self.remarks,
            moment: self.moment,
            look_back: self.look_back,
        }
    }
}

/// Local time in Stella's zone: `2026-11-23 09:00`, seconds allowed.
pub(crate) fn at(local: &str) -> Moment {
    let local = if local.len() == 16 { format!("{local}:00") } else { local.to_owned() };
    let local = NaiveDateTime::parse_from_str(&local, "%Y-%m-%d %H:%M:%S").unwrap();
    Zone::parse("America/Los_Angeles").unwrap().moment(local)
}

/// 9:20 on the morning: everything stands still, two words are out, the third is due.
pub(crate) fn outage() -> Fixture {
    stella("2026-11-23 09:20:14", 2, false)
}

pub(crate) const COMPONENTS: [(&str, &str, &str, &[&str]); 8] = [
    ("web", "Website", "Public", &["backend"]),
    ("api", "API", "Public", &["backend"]),
    ("checkups", "Checkups", "Watching", &["workers"]),
    ("monitors", "Monitors", "Watching", &["workers"]),
    ("workers", "Workers", "Watching", &["backend", "redis"]),
    ("backend", "Master backend", "Machines", &[]),
    ("redis", "Redis", "Machines", &[]),
    ("volume", "Volume", "Machines", &[]),
];

pub(crate) fn component(id: &str, name: &str, group: &str, depends_on: &[&str]) -> Component {
    let kind = match id {
        "redis" => "tcp",
        "workers" | "volume" => "heartbeat",
        _ => "http",
    };
    Component {
        id: id.into(),
        name: name.to_owned(),
        description: (id == "web").then(|| "The site where customers log in.".to_owned()),
        group: Some(group.to_owned()),
        depends_on: depends_on.iter().map(|d| ComponentId::from(*d)).collect(),
        formerly: Vec::new(),
        announce: Announce::AtOnce,
        visibility: Visibility::Public,
        combine: Combine::All,
        rules: Rules::default(),
        probes: vec![Probe {
            key: ProbeKey::of(&id.into(), kind),
            kind,
            every: None,
            gap: Span::from_secs(150),
            host: None,
            visibility: Visibility::Public,
            units: Vec::new(),
        }],
    }
}

fn settings(components: Vec<Component>) -> Settings {
    let vantages: Vec<Vantage> = ["fremont", "frankfurt", "singapore"].into_iter().map(Vantage::from).collect();
    Settings {
        site: Site {
            title: "Stella".to_owned(),
            url: "https://status.example.com/".to_owned(),
            description: "Whether Stella is up, and since when.".to_owned(),
            language: "en".to_owned(),
            time_zone: Zone::parse("America/Los_Angeles").unwrap(),
            brand: None,
            contact: Some("help@example.com".to_owned()),
            maintenance_indicator: "maintenance".to_owned(),
        },
        run: RunSettings {
            interval: Span::from_mins(1),
            deadline: Span::from_secs(30),
            canaries: Vec::new(),
            vantage: vantages[0].clone(),
            quorum: 2,
            vantages,
            concurrency: 100,
            per_host: 4,
        },
        rules: Rules::default(),
        components,
        journal: JournalSettings::default(),
        publish: PublishSettings { folder: "public".into(), after: None, journal: false },
    }
}

/// Stretches from `since` to `moment`: operational, with the given ones laid over, oldest first.
pub(crate) fn lay(since: Moment, moment: Moment, over: &[(Moment, Moment, Status)]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut push = |from: Moment, to: Moment, status| {
        let to = to.min(moment);
        if from < to {
            stretches.push(Stretch { from, to, status, known: status != Status::NoData, minority: Vec::new() });
        }
    };
    let mut cursor = since;
    for (from, to, status) in over {
        push(cursor, *from, Status::Operational);
        push(*from, *to, *status);
        cursor = (*to).max(cursor);
    }
    push(cursor, moment, Status::Operational);
    stretches
}

pub(crate) fn timeline(id: &str, kind: &str, moment: Moment, over: &[Over<'_>], blips: &[&str]) -> ComponentTimeline {
    let laid: Vec<_> = over.iter().map(|(a, b, s, _)| (at(a), at(b), *s)).collect();
    let key = ProbeKey::of(&id.into(), kind);
    let outages = over
        .iter()
        .filter(|(a, _, s, _)| s.is_bad() && at(a) < moment)
        .map(|(a, b, worst, why)| Outage {
            from: at(a),
            seen: at(a) + Span::from_mins(1),
            end: (at(b) <= moment).then(|| OutageEnd { at: at(b), seen: at(b) + Span::from_mins(1), firm: true }),
            worst: *worst,
            firm: true,
            come_backs: if *a == "2026-11-23 09:00" && matches!(id, "web" | "api") && moment > at("2026-11-23 10:06") {
                vec![(at("2026-11-23 10:00"), at("2026-11-23 10:06"))]
            } else {
                Vec::new()
            },
            reasons: vec![Reason {
                probe: key.clone(),
                vantage: "fremont".into(),
                at: at(a),
                last: at(b).min(moment),
                looks: 20,
                phase: Some("first_byte".to_owned()),
                why: (*why).to_owned(),
            }],
        })
        .collect();
    let mut latency = Hours::default();
    for h in 0..90 * 24 {
        let hour = Moment::from_ms((moment.ms() / 3_600_000 - 90 * 24 + h) * 3_600_000);
        let wave = (h * 37 % 23) as u32;
        let slow = if hour.ms() / 86_400_000 == at("2026-11-23 09:00").ms() / 86_400_000 { 60 } else { 0 };
        latency.push(hour, &Buckets([(110 + wave / 4, 50), (170 + wave * 2 + slow, 8)].into()));
    }
    ComponentTimeline {
        id: id.into(),
        since: Some(at("2026-01-14 00:00")),
        stretches: lay(at("2026-01-14 00:00"), moment, &laid),
        outages,
        blips: blips
            .iter()
            .filter(|b| at(b) < moment)
            .map(|b| Blip { from: at(b), to: at(b) + Span::from_mins(1), why: "no answer".to_owned() })
            .collect(),
        pending: None,
        last_look: Some(moment - Span::from_secs(12)),
        probes: vec![ProbeTimeline {
            key,
            last: Some(LastLook { at: moment, verdict: Verdict::Up, ms: Some(131), why: String::new() }),
            latency: vec![latency],
        }],
    }
}

/// From, to, status and reason of a stretch that is not operational, in local time.
pub(crate) type Over<'a> = (&'a str, &'a str, Status, &'a str);

const HOLE: Over<'_> = ("2026-10-12 22:10", "2026-10-13 06:30", Status::NoData, "");
const HANG: &str = "connected, then no answer for 10 s";

/// What befell each component, and when its blips were.
const PLAN: [(&str, &[Over<'_>], &[&str]); 8] = [
    ("web", &[HOLE, ("2026-11-23 09:00", "2026-11-23 10:40", Status::Major, HANG)], &["2026-11-09 03:10"]),
    (
        "api",
        &[
            ("2026-09-17 11:00", "2026-09-17 11:42", Status::Partial, "status 502 from one request in five"),
            HOLE,
            ("2026-11-23 09:00", "2026-11-23 10:40", Status::Major, HANG),
        ],
        &["2026-09-20 03:10", "2026-11-16 12:00"],
    ),
    (
        "checkups",
        &[
            HOLE,
            ("2026-10-21 14:00", "2026-10-21 15:08", Status::Partial, "checks ran late"),
            ("2026-11-23 09:00", "2026-11-23 10:33", Status::Major, "no worker has reported"),
        ],
        &[],
    ),
    (
        "monitors",
        &[
            ("2026-10-04 14:00", "2026-10-04 15:08", Status::Degraded, "slower than 800 ms"),
            HOLE,
            ("2026-11-23 09:00", "2026-11-23 10:33", Status::Major, "no worker has reported"),
        ],
        &["2026-09-27 08:00"],
    ),
    (
        "workers",
        &[
            HOLE,
            ("2026-10-29 22:00", "2026-10-29 22:30", Status::Maintenance, ""),
            ("2026-11-23 09:00", "2026-11-23 10:31", Status::Major, "the heartbeat is 3 min old"),
        ],
        &["2026-10-05 08:00"],
    ),
    (
        "backend",
        &[
            HOLE,
            ("2026-10-29 22:00", "2026-10-29 22:30", Status::Maintenance, ""),
            ("2026-11-23 09:00", "2026-11-23 10:23", Status::Major, "it hangs after login"),
        ],
        &[],
    ),
    (
        "redis",
        &[
            ("2026-09-08 04:00", "2026-09-08 04:40", Status::Degraded, "a save ran for more than 300 s"),
            HOLE,
            (
                "2026-11-23 09:01",
                "2026-11-23 10:08",
                Status::Degraded,
                "it has been saving for more than 300 s, and unsaved changes grow",
            ),
            ("2026-11-23 10:08", "2026-11-23 10:23", Status::Major, "connection refused"),
        ],
        &["2026-11-14 06:00"],
    ),
    ("volume", &[HOLE, ("2026-11-23 09:00", "2026-11-23 10:23", Status::NoData, "")], &[]),
];

/// Stella at a local time, with so many words out; `late` forgets the next one.
pub(crate) fn stella(local: &str, words_out: usize, late: bool) -> Fixture {
    let moment = at(local);
    let components: Vec<Component> = COMPONENTS.iter().map(|(i, n, g, d)| component(i, n, g, d)).collect();
    let timelines: Vec<ComponentTimeline> = PLAN
        .iter()
        .zip(&components)
        .map(|((id, over, blips), c)| timeline(id, c.probes[0].kind, moment, over, blips))
        .collect();
    let places = ["fremont", "frankfurt", "singapore"].into_iter().map(|v| Place {
        vantage: v.into(),
        last_round: Some(moment - Span::from_secs(12)),
        blind: None,
        rounds: 1000,
    });
    let mut fixture = Fixture {
        settings: settings(components),
        timelines: Timelines { moment, components: timelines, places: places.collect(), remarks: Vec::new() },
        book: Book::default(),
        writeups: words::writeups(words_out, moment),
        records: words::rounds(moment),
        heads: vec![words::ends("fremont", 482_017, "7f3a09b1".repeat(7) + "2222c41e")],
        remarks: Vec::new(),
        moment,
        look_back: false,
    };
    fixture.book = book(&fixture, words_out, late);
    fixture
}

/// What each component shows: what is measured.
pub(crate) fn shown(fixture: &Fixture) -> Vec<Shown> {
    let of = |t: &ComponentTimeline| Shown {
        component: t.id.clone(),
        status: t.status(),
        since: t.stretches.last().map(|s| s.from),
        declared: false,
        checking: None,
    };
    fixture.timelines.components.iter().map(of).collect()
}

fn book(fixture: &Fixture, words_out: usize, late: bool) -> Book {
    let now = fixture.moment;
    let mut incidents = vec![morning(fixture, words_out, late)];
    if now > at("2026-11-30 12:00") {
        incidents.insert(0, words::follow_up());
    }
    incidents.push(words::small("2026-10-21", "checkups", "Some checkups ran late", at("2026-10-21 14:00"), 68));
    incidents.push(words::small(
        "2026-09-17",
        "api",
        "The API refused one request in five",
        at("2026-09-17 11:00"),
        42,
    ));
    let planned = Maintenance {
        id: "2026-12-03-redis".to_owned(),
        writeup: Some(1),
        title: "Redis moves to append-only files".to_owned(),
        status: MaintenanceStatus::Scheduled,
        starts: at("2026-12-03 22:00"),
        ends: at("2026-12-03 22:30"),
        components: vec!["redis".into()],
        overrun: false,
        declared_late: false,
        cancelled: false,
        announced: at("2026-11-30 12:00"),
        public: true,
    };
    let maintenances = if now > at("2026-11-30 12:00") { vec![planned] } else { Vec::new() };
    Book { incidents, maintenances, notices: Vec::new(), shown: shown(fixture), remarks: Vec::new() }
}

fn morning(fixture: &Fixture, words_out: usize, late: bool) -> Incident {
    let now = fixture.moment;
    let members = fixture.timelines.components.iter().filter_map(|t| {
        let mine: Vec<&Outage> = t.outages.iter().filter(|o| o.from >= at("2026-11-23 09:00")).collect();
        Some(Member {
            component: t.id.clone(),
            worst: mine.iter().map(|o| o.worst).max()?,
            outages: mine.iter().map(|o| (o.from, o.end.map(|e| e.at))).collect(),
        })
    });
    let over = now > at("2026-11-23 11:10");
    let ended = at("2026-11-23 10:40");
    let mut events = vec![Event {
        at: at("2026-11-23 09:00:07"),
        published: at("2026-11-23 09:01:07"),
        edited: None,
        status: Some(IncidentStatus::Investigating),
        voice: Voice::Machine("Website, API, Checkups, Monitors, Workers and Master backend do not answer.".to_owned()),
        key: "open".to_owned(),
    }];
    events.extend(fixture.writeups[0].updates.iter().enumerate().take(words_out).map(|(n, u)| Event {
        at: u.at.unwrap(),
        published: u.at.unwrap(),
        edited: (n == 1 && over).then(|| at("2026-11-23 14:02")),
        status: u.status,
        voice: Voice::Person(n),
        key: u.key.clone(),
    }));
    let back = now >= ended;
    Incident {
        id: Some("2026-11-23-web".into()),
        writeup: Some(0),
        slug: "2026-11-23-morning-outage".to_owned(),
        title: "The morning outage".to_owned(),
        status: if over {
            IncidentStatus::Postmortem
        } else if back {
            IncidentStatus::Monitoring
        } else {
            IncidentStatus::Identified
        },
        impact: Impact::Critical,
        measured_start: Some(at("2026-11-23 09:00:07")),
        measured_end: back.then(|| at("2026-11-23 10:40:09")),
        started: at("2026-11-23 09:00"),
        ended: over.then_some(ended),
        detected: Some(at("2026-11-23 09:01:07")),
        recovered_seen: back.then(|| at("2026-11-23 10:41:09")),
        members: members.collect(),
        origin: Some("backend".into()),
        events,
        next_word: (!back).then(|| at("2026-11-23 09:30")),
        next_overdue: late,
        followed_by: if now > at("2026-11-30 12:00") { vec!["2026-11-30-changes".to_owned()] } else { Vec::new() },
        ..words::blank()
    }
}

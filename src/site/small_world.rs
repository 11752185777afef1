//! A small world by hand, for the tests of what machines read: one outage, planned work, a notice, and things that
//! must not be told. Whatever is internal in it is called SECRET.

use crate::incident::{Book, Event, Incident, Maintenance, Member, Voice};
use crate::model::*;
use crate::site::fixture::{Fixture, shown};
use crate::site::fixture_words::{blank, ends, writeup};
use crate::timeline::{ComponentTimeline, Outage, Place, Reason, Stretch, Timelines};

/// UTC: `2026-11-23 17:00`.
pub(crate) fn utc(text: &str) -> Moment {
    Moment::parse_rfc3339(&format!("{}:00Z", text.replace(' ', "T"))).unwrap()
}

/// A site that was set up a minute ago and watches nothing.
pub(crate) fn empty() -> Fixture {
    let site = Site {
        title: "Stella & <friends>".to_owned(),
        url: "https://status.example.com/stella/".to_owned(),
        description: "Whether Stella is up.".to_owned(),
        language: "en".to_owned(),
        time_zone: Zone::parse("America/Los_Angeles").unwrap(),
        brand: None,
        contact: None,
        maintenance_indicator: "maintenance".to_owned(),
    };
    let run = RunSettings {
        interval: Span::from_mins(1),
        deadline: Span::from_secs(30),
        canaries: Vec::new(),
        vantage: "local".into(),
        vantages: vec!["local".into()],
        quorum: 1,
        concurrency: 10,
        per_host: 2,
    };
    Fixture {
        settings: Settings {
            site,
            run,
            rules: Rules::default(),
            components: Vec::new(),
            journal: JournalSettings::default(),
            publish: PublishSettings { folder: "public".into(), after: None, journal: false },
        },
        timelines: Timelines::default(),
        book: Book::default(),
        writeups: Vec::new(),
        records: Vec::new(),
        heads: Vec::new(),
        remarks: Vec::new(),
        moment: utc("2026-11-23 17:20"),
        look_back: false,
    }
}

/// 17:20 UTC: the website is down since 17:00, Redis was never looked at, one word is out.
pub(crate) fn outage() -> Fixture {
    let mut small = empty();
    small.settings.components = vec![
        component("web", "Website", Some("Public"), Visibility::Public),
        component("redis", "Redis", None, Visibility::Public),
        component("secret", "SECRET", Some("SECRET group"), Visibility::Internal),
    ];
    small.settings.components[0].depends_on = vec!["redis".into(), "secret".into()];
    small.timelines = Timelines {
        moment: small.moment,
        components: vec![
            web(small.moment),
            ComponentTimeline::blank("redis".into()),
            ComponentTimeline::blank("secret".into()),
        ],
        places: vec![Place { vantage: "local".into(), last_round: Some(small.moment), blind: None, rounds: 100 }],
        remarks: Vec::new(),
    };
    small.writeups = vec![morning(), work(), notice(), internal()];
    small.records = vec![words("morning.md", &["a"], "2026-11-23 17:06"), words("notice.md", &[], "2026-11-20 12:00")];
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
    let closed = ClosedDay { day, n: 600, head: Head::from("cd".repeat(32)) };
    small.heads = vec![
        Witness { closed: Some(closed), ..ends("local", 812, "ab".repeat(32)) },
        ends("local+internal", 7, "SECRET"),
        ends("local+internal.bak", 7, "SECRET"),
    ];
    small.book = Book {
        incidents: vec![incident(), Incident { title: "SECRET".to_owned(), public: false, ..incident() }],
        maintenances: vec![maintenance(), Maintenance { title: "SECRET".to_owned(), public: false, ..maintenance() }],
        notices: vec![2, 3],
        shown: shown(&small),
        remarks: Vec::new(),
    };
    small
}

/// The same, with Redis in the website's group, watched for a day and seen for its first half.
pub(crate) fn half_seen_group() -> Fixture {
    let mut small = outage();
    small.settings.components[1].group = Some("Public".to_owned());
    let (begin, lost) = (utc("2026-11-22 17:20"), utc("2026-11-23 05:20"));
    let stretch = |from, to, status, known| Stretch { from, to, status, known, minority: Vec::new() };
    small.timelines.components[1] = ComponentTimeline {
        since: Some(begin),
        stretches: vec![
            stretch(begin, lost, Status::Operational, true),
            stretch(lost, small.moment, Status::NoData, false),
        ],
        ..ComponentTimeline::blank("redis".into())
    };
    small
}

fn component(id: &str, name: &str, group: Option<&str>, visibility: Visibility) -> Component {
    let probe = |name: &str, visibility| Probe {
        key: ProbeKey::of(&id.into(), name),
        kind: "http",
        every: None,
        gap: Span::from_secs(150),
        host: None,
        visibility,
        units: Vec::new(),
    };
    Component {
        id: id.into(),
        name: name.to_owned(),
        description: None,
        group: group.map(str::to_owned),
        depends_on: Vec::new(),
        formerly: Vec::new(),
        announce: Announce::AtOnce,
        visibility,
        combine: Combine::All,
        rules: Rules::default(),
        probes: vec![probe("http", visibility), probe("SECRET", Visibility::Internal)],
    }
}

fn web(moment: Moment) -> ComponentTimeline {
    let stretch = |from, to, status| Stretch { from, to, status, known: true, minority: Vec::new() };
    let reason = |probe: &str, why: &str| Reason {
        probe: ProbeKey::of(&"web".into(), probe),
        vantage: "local".into(),
        at: utc("2026-11-23 17:00"),
        last: moment,
        looks: 20,
        phase: Some("first_byte".to_owned()),
        why: why.to_owned(),
    };
    ComponentTimeline {
        since: Some(utc("2026-11-01 08:00")),
        stretches: vec![
            stretch(utc("2026-11-01 08:00"), utc("2026-11-23 17:00"), Status::Operational),
            stretch(utc("2026-11-23 17:00"), moment, Status::Major),
        ],
        outages: vec![Outage {
            from: utc("2026-11-23 17:00"),
            seen: utc("2026-11-23 17:01"),
            end: None,
            worst: Status::Major,
            firm: true,
            come_backs: Vec::new(),
            reasons: vec![reason("http", "no answer within 5 s"), reason("SECRET", "SECRET")],
        }],
        last_look: Some(moment),
        ..ComponentTimeline::blank("web".into())
    }
}

fn words(file: &str, keys: &[&str], t: &str) -> Record {
    let update = |key: &&str| JournaledUpdate { stamp: None, key: (*key).to_owned(), sha256: String::new() };
    let updates = keys.iter().map(update).collect();
    Record {
        chain: ChainName::desk(false),
        n: 0,
        t: utc(t),
        prev: "".into(),
        head: "".into(),
        body: Body::Words(DeskWords { file: file.to_owned(), sha256: String::new(), updates }),
        skip: None,
    }
}

fn morning() -> WriteUp {
    let mut morning = writeup("morning", "The morning <outage>", WriteUpKind::Incident);
    morning.updates = vec![Update {
        key: "a".to_owned(),
        status: Some(IncidentStatus::Identified),
        maintenance: None,
        word: "Identified".to_owned(),
        at: Some(utc("2026-11-23 17:05")),
        next: Some(utc("2026-11-23 17:30")),
        next_time: None,
        html: "<p>The disk &amp; a <a href=\"../../incidents/notice/\">notice</a>, <a href=\"#x\">x</a></p>".to_owned(),
        text: "The disk & a notice, x".to_owned(),
        sha256: String::new(),
        line: 1,
    }];
    morning
}

fn work() -> WriteUp {
    writeup("move", "Redis moves", WriteUpKind::Maintenance)
}

fn notice() -> WriteUp {
    let mut notice = writeup("notice", "We move", WriteUpKind::Notice);
    notice.follows = Some("morning".to_owned());
    notice.sections =
        vec![Section { title: String::new(), anchor: "text".to_owned(), html: "<p>Soon.</p>".to_owned() }];
    notice
}

fn internal() -> WriteUp {
    WriteUp { visibility: Visibility::Internal, ..writeup("secret", "SECRET", WriteUpKind::Notice) }
}

fn incident() -> Incident {
    let event = |time: &str, status, voice, key: &str| Event {
        at: utc(time),
        published: utc("2026-11-23 17:06"),
        edited: None,
        status,
        voice,
        key: key.to_owned(),
    };
    let member =
        |id: &str, worst| Member { component: id.into(), worst, outages: vec![(utc("2026-11-23 17:00"), None)] };
    Incident {
        id: Some("2026-11-23-web".into()),
        writeup: Some(0),
        slug: "morning".to_owned(),
        title: "The morning <outage>".to_owned(),
        status: IncidentStatus::Identified,
        impact: Impact::Critical,
        measured_start: Some(utc("2026-11-23 17:00")),
        started: utc("2026-11-23 17:00"),
        detected: Some(utc("2026-11-23 17:01")),
        members: vec![member("web", Status::Major), member("secret", Status::Major)],
        origin: Some("secret".into()),
        events: vec![
            event(
                "2026-11-23 17:00",
                Some(IncidentStatus::Investigating),
                Voice::Machine("Website does not answer.".to_owned()),
                "open",
            ),
            event("2026-11-23 17:05", Some(IncidentStatus::Identified), Voice::Person(0), "word-a"),
        ],
        next_word: Some(utc("2026-11-23 17:30")),
        follows: vec!["secret".to_owned()],
        followed_by: vec!["notice".to_owned()],
        ..blank()
    }
}

fn maintenance() -> Maintenance {
    Maintenance {
        id: "move".to_owned(),
        writeup: Some(1),
        title: "Redis moves".to_owned(),
        status: MaintenanceStatus::Scheduled,
        starts: utc("2026-12-04 06:00"),
        ends: utc("2026-12-04 06:30"),
        components: vec!["redis".into(), "secret".into()],
        overrun: false,
        declared_late: false,
        cancelled: false,
        announced: utc("2026-11-21 12:00"),
        public: true,
    }
}

//! A small world by hand, for the tests of what machines read: one outage, planned work, a notice, and things that
//! must not be told. Whatever is internal in it is called SECRET.

use crate::incident::{Book, Event, Incident, Maintenance, Member, Shown, Voice};
use crate::model::*;
use crate::site::World;
use crate::timeline::{ComponentTimeline, Outage, Place, Reason, Stretch, Timelines};

/// A world with everything it borrows.
pub(crate) struct SmallWorld {
    pub(crate) settings: Settings,
    pub(crate) timelines: Timelines,
    pub(crate) book: Book,
    pub(crate) writeups: Vec<WriteUp>,
    pub(crate) records: Vec<Record>,
    pub(crate) heads: Vec<(ChainName, Head, u64)>,
    pub(crate) moment: Moment,
}

impl SmallWorld {
    pub(crate) fn world(&self) -> World<'_> {
        World {
            settings: &self.settings,
            timelines: &self.timelines,
            book: &self.book,
            writeups: &self.writeups,
            records: &self.records,
            heads: &self.heads,
            remarks: &[],
            moment: self.moment,
            look_back: false,
        }
    }
}

/// UTC: `2026-11-23 17:00`.
pub(crate) fn at(text: &str) -> Moment {
    Moment::parse_rfc3339(&format!("{}:00Z", text.replace(' ', "T"))).unwrap()
}

/// A site that was set up a minute ago and watches nothing.
pub(crate) fn empty() -> SmallWorld {
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
    SmallWorld {
        settings: Settings {
            site,
            run,
            rules: Rules::default(),
            components: Vec::new(),
            journal: JournalSettings::default(),
            publish: PublishSettings { folder: "public".into(), after: None },
        },
        timelines: Timelines::default(),
        book: Book::default(),
        writeups: Vec::new(),
        records: Vec::new(),
        heads: Vec::new(),
        moment: at("2026-11-23 17:20"),
    }
}

/// 17:20 UTC: the website is down since 17:00, Redis was never looked at, one word is out.
pub(crate) fn outage() -> SmallWorld {
    let mut small = empty();
    small.settings.components = vec![
        component("web", "Website", Some("Public"), Visibility::Public),
        component("redis", "Redis", None, Visibility::Public),
        component("secret", "SECRET", Some("SECRET group"), Visibility::Internal),
    ];
    small.settings.components[0].depends_on = vec!["redis".into(), "secret".into()];
    small.timelines = Timelines {
        moment: small.moment,
        components: vec![web(small.moment), ComponentTimeline { id: "redis".into(), ..unseen() }],
        places: vec![Place { vantage: "local".into(), last_round: Some(small.moment), blind: None, rounds: 100 }],
        remarks: Vec::new(),
    };
    small.writeups = vec![morning(), work(), notice(), internal()];
    small.records = vec![words("morning.md", &["a"], "2026-11-23 17:06"), words("notice.md", &[], "2026-11-20 12:00")];
    let head = Head::from("ab".repeat(32));
    small.heads = vec![("local".into(), head.clone(), 812), ("local+internal".into(), Head::from("SECRET"), 7)];
    small.book = Book {
        incidents: vec![incident(), Incident { title: "SECRET".to_owned(), public: false, ..incident() }],
        maintenances: vec![maintenance(), Maintenance { title: "SECRET".to_owned(), public: false, ..maintenance() }],
        notices: vec![2, 3],
        shown: ["web", "redis", "secret"].map(|id| shown(id, &small.timelines)).to_vec(),
        remarks: Vec::new(),
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

fn unseen() -> ComponentTimeline {
    ComponentTimeline {
        id: "".into(),
        since: None,
        stretches: Vec::new(),
        outages: Vec::new(),
        blips: Vec::new(),
        pending: None,
        last_look: None,
        probes: Vec::new(),
    }
}

fn web(moment: Moment) -> ComponentTimeline {
    let stretch = |from, to, status| Stretch { from, to, status, known: true, minority: Vec::new() };
    let reason = |probe: &str, why: &str| Reason {
        probe: ProbeKey::of(&"web".into(), probe),
        vantage: "local".into(),
        at: at("2026-11-23 17:00"),
        last: moment,
        looks: 20,
        phase: Some("first_byte".to_owned()),
        why: why.to_owned(),
    };
    ComponentTimeline {
        id: "web".into(),
        since: Some(at("2026-11-01 08:00")),
        stretches: vec![
            stretch(at("2026-11-01 08:00"), at("2026-11-23 17:00"), Status::Operational),
            stretch(at("2026-11-23 17:00"), moment, Status::Major),
        ],
        outages: vec![Outage {
            from: at("2026-11-23 17:00"),
            seen: at("2026-11-23 17:01"),
            end: None,
            worst: Status::Major,
            firm: true,
            come_backs: Vec::new(),
            reasons: vec![reason("http", "no answer within 5 s"), reason("SECRET", "SECRET")],
        }],
        last_look: Some(moment),
        ..unseen()
    }
}

fn shown(id: &str, timelines: &Timelines) -> Shown {
    let timeline = timelines.components.iter().find(|t| t.id.as_str() == id);
    Shown {
        component: id.into(),
        status: timeline.map_or(Status::NoData, ComponentTimeline::status),
        since: timeline.and_then(|t| t.stretches.last()).map(|s| s.from),
        declared: false,
        checking: None,
    }
}

fn words(file: &str, keys: &[&str], t: &str) -> Record {
    let update = |key: &&str| JournaledUpdate { stamp: None, key: (*key).to_owned(), sha256: String::new() };
    let updates = keys.iter().map(update).collect();
    Record {
        chain: ChainName::desk(false),
        n: 0,
        t: at(t),
        prev: "".into(),
        head: "".into(),
        body: Body::Words(DeskWords { file: file.to_owned(), sha256: String::new(), updates }),
        skip: None,
    }
}

/// A write-up of a file, read as the room `writeup` gives it.
fn writeup(slug: &str, title: &str, kind: WriteUpKind) -> WriteUp {
    WriteUp {
        file: format!("{slug}.md"),
        slug: slug.to_owned(),
        sha256: String::new(),
        title: title.to_owned(),
        kind,
        components: Vec::new(),
        started: None,
        ended: None,
        status: None,
        impact: None,
        incident: Vec::new(),
        follows: None,
        starts: None,
        ends: None,
        recurs: None,
        authors: Vec::new(),
        roles: Vec::new(),
        tags: Vec::new(),
        aliases: Vec::new(),
        draft: false,
        visibility: Visibility::Public,
        updates: Vec::new(),
        sections: Vec::new(),
        timeline: Vec::new(),
        actions: Vec::new(),
    }
}

fn morning() -> WriteUp {
    let mut morning = writeup("morning", "The morning <outage>", WriteUpKind::Incident);
    morning.updates = vec![Update {
        key: "a".to_owned(),
        status: Some(IncidentStatus::Identified),
        maintenance: None,
        word: "Identified".to_owned(),
        at: Some(at("2026-11-23 17:05")),
        next: Some(at("2026-11-23 17:30")),
        next_time: None,
        html: "<p>The disk &amp; a <a href=\"../../incidents/notice/\">notice</a>, <a href=\"#x\">x</a></p>".to_owned(),
        text: "The disk & a notice, x".to_owned(),
        sha256: String::new(),
        line: 1,
    }];
    morning
}

fn work() -> WriteUp {
    writeup("work", "Redis moves", WriteUpKind::Maintenance)
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
        at: at(time),
        published: at("2026-11-23 17:06"),
        edited: None,
        status,
        voice,
        key: key.to_owned(),
    };
    let member =
        |id: &str, worst| Member { component: id.into(), worst, outages: vec![(at("2026-11-23 17:00"), None)] };
    Incident {
        id: Some("2026-11-23-web".into()),
        writeup: Some(0),
        slug: "morning".to_owned(),
        title: "The morning <outage>".to_owned(),
        status: IncidentStatus::Identified,
        impact: Impact::Critical,
        measured_start: Some(at("2026-11-23 17:00")),
        measured_end: None,
        started: at("2026-11-23 17:00"),
        ended: None,
        detected: Some(at("2026-11-23 17:01")),
        recovered_seen: None,
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
        next_word: Some(at("2026-11-23 17:30")),
        next_overdue: false,
        public: true,
        follows: vec!["secret".to_owned()],
        followed_by: vec!["notice".to_owned()],
        refuted: false,
    }
}

fn maintenance() -> Maintenance {
    Maintenance {
        id: "work".to_owned(),
        writeup: Some(1),
        title: "Redis moves".to_owned(),
        status: MaintenanceStatus::Scheduled,
        starts: at("2026-12-04 06:00"),
        ends: at("2026-12-04 06:30"),
        components: vec!["redis".into(), "secret".into()],
        overrun: false,
        declared_late: false,
        cancelled: false,
        announced: at("2026-11-21 12:00"),
        public: true,
    }
}

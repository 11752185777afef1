//! Stella's morning and its neighbours as hand-made worlds, for tests and for looking at.

use chrono::NaiveDateTime;

use crate::incident::{Book, Event, Incident, Maintenance, Member, Shown, Voice};
use crate::model::*;
use crate::site::fixture_words as words;
use crate::timeline::{
    Blip, Buckets, ComponentTimeline, LastLook, Outage, OutageEnd, Place, ProbeTimeline, Reason, Stretch, Timelines,
};

/// A world with everything it borrows.
pub(crate) struct Fixture {
    pub(crate) settings: Settings,
    pub(crate) timelines: Timelines,
    pub(crate) book: Book,
    pub(crate) writeups: Vec<WriteUp>,
    pub(crate) records: Vec<Record>,
    pub(crate) heads: Vec<(ChainName, Head, u64)>,
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

/// Every situation, by name.
pub(crate) fn all() -> Vec<(&'static str, Fixture)> {
    vec![
        ("outage", outage()),
        ("late", stella("2026-11-23 09:41:02", 1, true)),
        ("again", stella("2026-11-23 10:45:11", 7, false)),
        ("calm", stella("2026-12-01 07:42:11", 7, false)),
        ("degraded", degraded()),
        ("two", two()),
        ("minority", minority()),
        ("work", work("2026-12-03 22:11:03", false)),
        ("overrun", work("2026-12-03 22:44:03", true)),
        ("blind", blind()),
        ("partly", partly()),
        ("not-yet", not_yet()),
        ("empty", empty()),
        ("fifty", fifty()),
    ]
}

/// 9:20 on the morning: everything stands still, two words are out, the third is due.
pub(crate) fn outage() -> Fixture {
    stella("2026-11-23 09:20:14", 2, false)
}

const COMPONENTS: [(&str, &str, &str, &[&str]); 8] = [
    ("web", "Website", "Public", &["backend"]),
    ("api", "API", "Public", &["backend"]),
    ("checkups", "Checkups", "Watching", &["workers"]),
    ("monitors", "Monitors", "Watching", &["workers"]),
    ("workers", "Workers", "Watching", &["backend", "redis"]),
    ("backend", "Master backend", "Machines", &[]),
    ("redis", "Redis", "Machines", &[]),
    ("volume", "Volume", "Machines", &[]),
];

fn component(id: &str, name: &str, group: &str, depends_on: &[&str]) -> Component {
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
        journal: JournalSettings { save: None, save_timeout: Span::from_secs(60) },
        publish: PublishSettings { folder: "public".into(), after: None },
    }
}

/// Stretches from `since` to `moment`: operational, with the given ones laid over, oldest first.
fn lay(since: Moment, moment: Moment, over: &[(Moment, Moment, Status)]) -> Vec<Stretch> {
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

fn timeline(
    id: &str,
    kind: &str,
    moment: Moment,
    over: &[(&str, &str, Status, &str)],
    blips: &[&str],
) -> ComponentTimeline {
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
    let latency = (0..90 * 24)
        .map(|h| {
            let hour = Moment::from_ms((moment.ms() / 3_600_000 - 90 * 24 + h) * 3_600_000);
            let wave = (h * 37 % 23) as u32;
            let slow = if hour.ms() / 86_400_000 == at("2026-11-23 09:00").ms() / 86_400_000 { 60 } else { 0 };
            (hour, Buckets([(110 + wave / 4, 50), (170 + wave * 2 + slow, 8)].into()))
        })
        .collect();
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
            latency,
        }],
    }
}

/// Stella at a local time, with so many words out; `late` forgets the next one.
fn stella(local: &str, words_out: usize, late: bool) -> Fixture {
    let moment = at(local);
    let components: Vec<Component> = COMPONENTS.iter().map(|(i, n, g, d)| component(i, n, g, d)).collect();
    let hole = ("2026-10-12 22:10", "2026-10-13 06:30", Status::NoData, "");
    let hang = "connected, then no answer for 10 s";
    let plan: [(&str, Vec<(&str, &str, Status, &str)>, &[&str]); 8] = [
        ("web", vec![hole, ("2026-11-23 09:00", "2026-11-23 10:40", Status::Major, hang)], &["2026-11-09 03:10"]),
        (
            "api",
            vec![
                ("2026-09-17 11:00", "2026-09-17 11:42", Status::Partial, "status 502 from one request in five"),
                hole,
                ("2026-11-23 09:00", "2026-11-23 10:40", Status::Major, hang),
            ],
            &["2026-09-20 03:10", "2026-11-16 12:00"],
        ),
        (
            "checkups",
            vec![
                hole,
                ("2026-10-21 14:00", "2026-10-21 15:08", Status::Partial, "checks ran late"),
                ("2026-11-23 09:00", "2026-11-23 10:33", Status::Major, "no worker has reported"),
            ],
            &[],
        ),
        (
            "monitors",
            vec![
                ("2026-10-04 14:00", "2026-10-04 15:08", Status::Degraded, "slower than 800 ms"),
                hole,
                ("2026-11-23 09:00", "2026-11-23 10:33", Status::Major, "no worker has reported"),
            ],
            &["2026-09-27 08:00"],
        ),
        (
            "workers",
            vec![
                hole,
                ("2026-10-29 22:00", "2026-10-29 22:30", Status::Maintenance, ""),
                ("2026-11-23 09:00", "2026-11-23 10:31", Status::Major, "the heartbeat is 3 min old"),
            ],
            &["2026-10-05 08:00"],
        ),
        (
            "backend",
            vec![
                hole,
                ("2026-10-29 22:00", "2026-10-29 22:30", Status::Maintenance, ""),
                ("2026-11-23 09:00", "2026-11-23 10:23", Status::Major, "it hangs after login"),
            ],
            &[],
        ),
        (
            "redis",
            vec![
                ("2026-09-08 04:00", "2026-09-08 04:40", Status::Degraded, "a save ran for more than 300 s"),
                hole,
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
        ("volume", vec![hole, ("2026-11-23 09:00", "2026-11-23 10:23", Status::NoData, "")], &[]),
    ];
    let timelines: Vec<ComponentTimeline> = plan
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
        heads: vec![(ChainName::from("fremont"), Head::from("7f3a09b1".repeat(7) + "2222c41e"), 482_017)],
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
    incidents.push(small("2026-10-21", "checkups", "Some checkups ran late", at("2026-10-21 14:00"), 68));
    incidents.push(small("2026-09-17", "api", "The API refused one request in five", at("2026-09-17 11:00"), 42));
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

fn small(day: &str, component: &str, title: &str, from: Moment, minutes: i64) -> Incident {
    let end = from + Span::from_mins(minutes);
    Incident {
        id: Some(IncidentId::from(format!("{day}-{component}"))),
        slug: format!("{day}-{component}"),
        title: title.to_owned(),
        status: IncidentStatus::Resolved,
        impact: Impact::Major,
        measured_start: Some(from),
        measured_end: Some(end),
        started: from,
        ended: Some(end),
        detected: Some(from + Span::from_mins(1)),
        recovered_seen: Some(end + Span::from_mins(1)),
        members: vec![Member { component: component.into(), worst: Status::Partial, outages: vec![(from, Some(end))] }],
        ..words::blank()
    }
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

fn only(id: &str, over: (&str, &str, Status, &str), local: &str) -> Fixture {
    let mut f = stella(local, 7, false);
    let index = COMPONENTS.iter().position(|c| c.0 == id).unwrap();
    f.timelines.components[index] = timeline(id, f.settings.components[index].probes[0].kind, f.moment, &[over], &[]);
    f.book.shown = shown(&f);
    f
}

fn degraded() -> Fixture {
    let why = "a save has run for 24 min";
    only("redis", ("2026-12-01 09:01", "2026-12-01 12:00", Status::Degraded, why), "2026-12-01 09:25:10")
}

fn two() -> Fixture {
    let mut f = outage();
    let from = at("2026-11-23 08:12");
    f.timelines.components[6] =
        timeline("redis", "tcp", f.moment, &[("2026-11-23 08:12", "2026-11-23 12:00", Status::Degraded, "slow")], &[]);
    f.book.shown = shown(&f);
    f.book.incidents[0].members.retain(|m| m.component.as_str() != "redis");
    let mut other = small("2026-11-23", "redis", "Redis is slow", from, 60);
    (other.status, other.ended, other.measured_end) = (IncidentStatus::Investigating, None, None);
    other.members[0].outages = vec![(from, None)];
    other.members[0].worst = Status::Degraded;
    f.book.incidents.insert(1, other);
    f
}

fn minority() -> Fixture {
    let mut f =
        only("web", ("2026-12-01 09:14", "2026-12-01 12:00", Status::Degraded, "no answer"), "2026-12-01 09:20:10");
    let t = &mut f.timelines.components[0];
    t.outages.clear();
    t.stretches.last_mut().unwrap().minority = vec!["frankfurt".into()];
    f
}

fn work(local: &str, overrun: bool) -> Fixture {
    let over = ("2026-12-03 22:00", "2026-12-03 22:30", Status::Maintenance, "");
    let mut f = only("redis", over, local);
    let m = &mut f.book.maintenances[0];
    (m.status, m.overrun) = (MaintenanceStatus::InProgress, overrun);
    f
}

fn unsee(f: &mut Fixture, ids: &[&str], since: Moment) {
    for t in f.timelines.components.iter_mut().filter(|t| ids.is_empty() || ids.contains(&t.id.as_str())) {
        t.stretches = lay(t.since.unwrap(), f.moment, &[(since, f.moment, Status::NoData)]);
        t.last_look = Some(since - Span::from_mins(1));
    }
    f.book.shown = shown(f);
}

fn blind() -> Fixture {
    let mut f = stella("2026-12-01 09:20:10", 7, false);
    let since = at("2026-12-01 09:12");
    unsee(&mut f, &[], since);
    for p in &mut f.timelines.places {
        p.blind = Some((since, "test points of others failed with it".to_owned()));
    }
    f
}

fn partly() -> Fixture {
    let mut f = stella("2026-12-01 09:20:10", 7, false);
    unsee(&mut f, &["volume"], at("2026-12-01 09:12"));
    f
}

fn not_yet() -> Fixture {
    let mut f = stella("2026-12-01 09:20:10", 7, false);
    f.book = Book::default();
    f.writeups.clear();
    f.records.clear();
    f.heads.clear();
    for t in &mut f.timelines.components {
        (t.since, t.last_look) = (None, None);
        (t.stretches, t.outages, t.blips, t.probes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    }
    f.timelines.places.clear();
    f.book.shown = shown(&f);
    f
}

fn empty() -> Fixture {
    let mut f = not_yet();
    f.settings.components.clear();
    f.timelines.components.clear();
    f.book = Book::default();
    f
}

/// Fifty components with about 300 marks, as LOOK weighs the page.
fn fifty() -> Fixture {
    let mut f = outage();
    let groups = ["Public", "Watching", "Data", "Machines"];
    for n in 8..50usize {
        let id = format!("part-{n}");
        let mut c = component(&id, &format!("Component {n}"), groups[n / 13], &[]);
        c.description = None;
        let day = |k: usize| format!("2026-{:02}-{:02} 10:00", 9 + (n * k) % 2, 1 + (n * 7 + k * 11) % 28);
        let (a, b, c2, d) = (day(1), day(2), day(3), day(4));
        let states = [Status::Major, Status::Degraded, Status::Partial, Status::Maintenance];
        let mut over = vec![(a.clone(), states[n % 4]), (b.clone(), states[(n + 1) % 4])];
        over.sort();
        over.dedup_by(|x, y| x.0 == y.0);
        let ends: Vec<String> = over.iter().map(|(x, _)| x.replace(" 10:", " 11:")).collect();
        let over: Vec<_> = over.iter().zip(&ends).map(|((x, s), y)| (x.as_str(), y.as_str(), *s, "slow")).collect();
        f.timelines.components.push(timeline(&id, "http", f.moment, &over, &[&c2, &d]));
        f.settings.components.push(c);
    }
    f.book.shown = shown(&f);
    f
}

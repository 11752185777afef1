//! The helper of this room's tests: a small site on strips of looks, with its journal, run minute by minute.
//!
//! A strip holds one look a minute, from 9:00 in Los Angeles on 23 November 2026 (`u` up, `g` degraded, `d` down,
//! `?` unknown, `.` no look, `m` in a window). Two bad looks in a row open an outage, two good ones end it.

use crate::incident::{Book, Due, attach, due};
use crate::model::{
    Announce, Body, ChainName, Combine, Component, ComponentId, Head, Impact, IncidentStatus, JournalSettings, Moment,
    Probe, ProbeKey, PublishSettings, Record, Round, Rules, RunSettings, Settings, Site, Span, Status, Update, Vantage,
    Verdict, Visibility, WriteUp, Zone,
};
use crate::timeline::{
    Blip, ComponentTimeline, LastLook, Outage, OutageEnd, Pending, Place, ProbeTimeline, Reason, Stretch, Timelines,
    history,
};

/// A site with its journal.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) settings: Settings,
    pub(super) strips: Vec<(ComponentId, String)>,
    pub(super) records: Vec<Record>,
    pub(super) writeups: Vec<WriteUp>,
    /// Outages whose opening is not firm: component and minute of the first bad look.
    pub(super) soft: Vec<(ComponentId, i64)>,
}

/// 9:00 and so many minutes.
pub(super) fn at(minute: i64) -> Moment {
    Moment::parse_rfc3339("2026-11-23T09:00:00-08:00").unwrap() + Span::from_mins(minute)
}

/// A moment as the wall shows it: `9:01`, with the day where it is another.
pub(super) fn wall(t: Moment) -> String {
    let local = Zone::parse("America/Los_Angeles").unwrap().local(t);
    let day = local.format("%d").to_string();
    if day == "23" { local.format("%-H:%M").to_string() } else { local.format("%dT%-H:%M").to_string() }
}

impl Stage {
    /// A site of lines like `web > api, redis | group | host`; `!` at the id's end makes it internal.
    pub(super) fn new(components: &[&str]) -> Self {
        let components = components.iter().map(|text| component(text)).collect();
        let settings = Settings {
            site: Site {
                title: "Stella".into(),
                url: "https://status.example.com/".into(),
                description: String::new(),
                language: "en".into(),
                time_zone: Zone::parse("America/Los_Angeles").unwrap(),
                brand: None,
                contact: None,
                maintenance_indicator: "maintenance".into(),
            },
            run: RunSettings {
                interval: Span::from_mins(1),
                deadline: Span::from_secs(30),
                canaries: Vec::new(),
                vantage: Vantage::from("local"),
                vantages: vec![Vantage::from("local")],
                quorum: 1,
                concurrency: 10,
                per_host: 2,
            },
            rules: Rules::default(),
            components,
            journal: JournalSettings::default(),
            publish: PublishSettings { folder: "public".into(), after: None, journal: false },
        };
        Self { settings, strips: Vec::new(), records: Vec::new(), writeups: Vec::new(), soft: Vec::new() }
    }

    pub(super) fn strip(mut self, id: &str, looks: impl Into<String>) -> Self {
        self.strips.push((ComponentId::from(id), looks.into()));
        self
    }

    pub(super) fn component(&mut self, id: &str) -> &mut Component {
        self.settings.components.iter_mut().find(|c| c.id.as_str() == id).unwrap()
    }

    /// The timelines as known after the look of a minute.
    pub(super) fn timelines(&self, minute: i64) -> Timelines {
        let components = self
            .settings
            .components
            .iter()
            .filter(|c| !c.probes.is_empty())
            .map(|c| {
                let strip = self.strips.iter().find(|(id, _)| *id == c.id).map_or("", |(_, s)| s);
                let mut line = fold(&c.id, strip, minute);
                for o in &mut line.outages {
                    o.firm = !self.soft.iter().any(|(id, m)| *id == c.id && at(*m) == o.from);
                }
                line
            })
            .collect();
        let place =
            Place { vantage: Vantage::from("local"), last_round: Some(at(minute)), blind: None, rounds: minute as u64 };
        Timelines { moment: at(minute), components, places: vec![place], remarks: Vec::new() }
    }

    fn append(&mut self, chain: ChainName, t: Moment, body: Body) {
        let n = self.records.iter().filter(|r| r.chain == chain).count() as u64;
        let head = Head::from("0");
        self.records.push(Record { chain, n, t, prev: head.clone(), head, body, skip: None });
    }

    /// The round of a minute.
    pub(super) fn look(&mut self, minute: i64) {
        self.append(ChainName::from("local"), at(minute), Body::Round(Round::default()));
    }

    /// What is due at a minute.
    pub(super) fn due(&self, minute: i64) -> Vec<Due> {
        due(&self.timelines(minute), &history(&self.records, at(minute)), &self.writeups, &self.settings, at(minute))
    }

    /// Appends what is due, as `app` does: the public chain first. A kill after `survive` records loses the rest.
    pub(super) fn save(&mut self, minute: i64, due: Vec<Due>, survive: usize) {
        let (internal, public): (Vec<Due>, Vec<Due>) = due.into_iter().partition(|d| d.internal);
        for d in public.into_iter().chain(internal).take(survive) {
            self.append(ChainName::desk(d.internal), at(minute), d.body);
        }
    }

    /// One run: look, detect, save.
    pub(super) fn run(&mut self, minute: i64) -> Vec<Due> {
        self.look(minute);
        let due = self.due(minute);
        self.save(minute, due.clone(), usize::MAX);
        due
    }

    /// A run in every minute of a stretch.
    pub(super) fn runs(mut self, minutes: std::ops::RangeInclusive<i64>) -> Self {
        for minute in minutes {
            self.run(minute);
        }
        self
    }

    pub(super) fn book(&self, minute: i64) -> Book {
        attach(&self.timelines(minute), &history(&self.records, at(minute)), &self.writeups, &self.settings, at(minute))
    }

    /// The desk's incident steps, one a line: chain, step, id, at/seen, components.
    pub(super) fn journal(&self) -> String {
        self.records
            .iter()
            .filter_map(|r| match &r.body {
                Body::Incident(_) => Some(line(r.chain == ChainName::desk(true), &r.body)),
                _ => None,
            })
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// One desk record as a line.
pub(super) fn line(internal: bool, body: &Body) -> String {
    let side = if internal { "(internal) " } else { "" };
    match body {
        Body::Incident(d) => {
            let names: Vec<&str> = d.components.iter().map(ComponentId::as_str).collect();
            format!("{side}{:?} {} {}/{} {}", d.step, d.id, wall(d.at), wall(d.seen), names.join(","))
        }
        Body::Maintenance(m) => {
            let names: Vec<&str> = m.components.iter().map(ComponentId::as_str).collect();
            format!("{side}{} {}-{} {}", m.id, wall(m.starts), wall(m.ends), names.join(","))
        }
        Body::Words(w) => {
            let keys: Vec<&str> = w.updates.iter().map(|u| u.key.as_str()).collect();
            format!("{side}{} {} [{}]", w.file, w.sha256, keys.join(","))
        }
        other => format!("{other:?}"),
    }
}

fn component(text: &str) -> Component {
    let mut columns = text.split('|').map(str::trim);
    let (head, deps) = columns.next().unwrap().split_once('>').unwrap_or((text.split('|').next().unwrap(), ""));
    let head = head.trim();
    let (id, visibility) = head.strip_suffix('!').map_or((head, Visibility::Public), |id| (id, Visibility::Internal));
    let group = columns.next().filter(|g| !g.is_empty()).map(str::to_owned);
    let host = columns.next().map(str::to_owned);
    let id = ComponentId::from(id);
    let mut name = id.to_string();
    name[..1].make_ascii_uppercase();
    Component {
        name,
        description: None,
        group,
        depends_on: deps.split(',').map(str::trim).filter(|d| !d.is_empty()).map(ComponentId::from).collect(),
        formerly: Vec::new(),
        announce: Announce::AtOnce,
        visibility,
        combine: Combine::All,
        rules: Rules::default(),
        probes: vec![Probe {
            key: ProbeKey::of(&id, "http"),
            kind: "http",
            every: None,
            gap: Span::from_secs(150),
            host,
            visibility,
            units: Vec::new(),
        }],
        id,
    }
}

/// A plain fold of one strip up to a minute: the shortest thing that has outages, blips, pending rows and stretches.
fn fold(id: &ComponentId, strip: &str, minute: i64) -> ComponentTimeline {
    let looks: Vec<char> = strip.chars().chain(std::iter::repeat('u')).take(minute as usize + 1).collect();
    let bad = |c: char| c == 'd' || c == 'g';
    let (mut outages, mut blips, mut row) = (Vec::<Outage>::new(), Vec::new(), Vec::new());
    for (t, c) in looks.iter().enumerate().filter(|(_, c)| "ugd".contains(**c)) {
        let t = t as i64;
        let open = outages.last().is_some_and(|o| o.end.is_none());
        if open && bad(*c) {
            let o = outages.last_mut().unwrap();
            o.worst = o.worst.max(status(*c));
        }
        if bad(*c) == open {
            if let (false, Some(from)) = (open, row.first()) {
                blips.push(Blip { from: at(*from), to: at(t), why: "no answer".into() });
            }
            row.clear();
            continue;
        }
        row.push(t);
        if row.len() == 2 {
            match outages.last_mut().filter(|_| open) {
                Some(o) => o.end = Some(OutageEnd { at: at(row[0]), seen: at(t), firm: true }),
                None => outages.push(outage(id, row[0], t, status(looks[row[0] as usize]).max(status(*c)))),
            }
            row.clear();
        }
    }
    let open = outages.last().is_some_and(|o| o.end.is_none());
    let pending = row.first().filter(|_| !open).map(|t| Pending { from: at(*t), why: "no answer".into() });
    let last = looks.iter().rposition(|c| "ugd?".contains(*c));
    let probe = ProbeTimeline {
        key: ProbeKey::of(id, "http"),
        last: last.map(|t| LastLook { at: at(t as i64), verdict: verdict(looks[t]), ms: None, why: String::new() }),
        latency: Vec::new(),
    };
    ComponentTimeline {
        id: id.clone(),
        since: Some(at(0)),
        stretches: stretches(&looks, &outages),
        outages,
        blips,
        pending,
        last_look: last.map(|t| at(t as i64)),
        probes: vec![probe],
    }
}

fn outage(id: &ComponentId, from: i64, seen: i64, worst: Status) -> Outage {
    let reason = Reason {
        probe: ProbeKey::of(id, "http"),
        vantage: Vantage::from("local"),
        at: at(from),
        last: at(seen),
        looks: 2,
        phase: Some("first_byte".into()),
        why: "no answer within 5 s".into(),
    };
    Outage {
        from: at(from),
        seen: at(seen),
        end: None,
        worst,
        firm: true,
        come_backs: Vec::new(),
        reasons: vec![reason],
    }
}

fn stretches(looks: &[char], outages: &[Outage]) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (t, c) in looks.iter().enumerate() {
        let from = at(t as i64);
        let inside = outages.iter().any(|o| o.from <= from && o.end.is_none_or(|e| from < e.at));
        let (status, known) = match c {
            '?' | '.' => (Status::NoData, false),
            'm' => (Status::Maintenance, true),
            _ if inside => (status(*c).max(Status::Degraded), true),
            _ => (Status::Operational, true),
        };
        // The last stretch holds the moment itself.
        let to = at((t as i64 + 1).min(looks.len() as i64 - 1));
        match stretches.last_mut().filter(|s| (s.status, s.known) == (status, known)) {
            Some(s) => s.to = to,
            None => stretches.push(Stretch { from, to, status, known, minority: Vec::new() }),
        }
    }
    stretches
}

fn status(c: char) -> Status {
    match c {
        'd' => Status::Major,
        'g' => Status::Degraded,
        _ => Status::Operational,
    }
}

fn verdict(c: char) -> Verdict {
    match c {
        'd' => Verdict::Down,
        'g' => Verdict::Degraded,
        '?' => Verdict::Unknown,
        _ => Verdict::Up,
    }
}

/// A public write-up of an incident, its file hashed by a word of the test's choice.
pub(super) fn writeup(file: &str, sha256: &str, components: &[(&str, Option<Impact>)]) -> WriteUp {
    WriteUp {
        file: file.into(),
        slug: file.trim_end_matches(".md").into(),
        sha256: sha256.into(),
        title: "The morning outage".into(),
        components: components.iter().map(|(id, impact)| (ComponentId::from(*id), *impact)).collect(),
        ..WriteUp::default()
    }
}

/// An update of a write-up.
pub(super) fn update(key: &str, minute: Option<i64>, status: Option<IncidentStatus>, sha256: &str) -> Update {
    Update {
        key: key.into(),
        status,
        maintenance: None,
        word: status.map_or_else(String::new, |s| s.word().into()),
        at: minute.map(at),
        next: None,
        next_time: None,
        html: String::new(),
        text: String::new(),
        sha256: sha256.into(),
        line: 1,
    }
}

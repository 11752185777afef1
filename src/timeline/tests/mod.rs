//! Worlds for tests, drawn as strips, and their timelines read back as one line of text.

mod clocks;
mod condensed;
mod figures;
mod firm;
mod found;
mod laws;
mod places;
mod strips;
mod windows;

use std::fmt::Write as _;

use crate::model::{
    Announce, Body, ChainName, Combine, Component, DeskMaintenance, Head, JournalSettings, Moment, Probe, ProbeKey,
    PublishSettings, Record, Round, Rules, RunSettings, Seen, Settings, Site, Span, Status, Vantage, Verdict,
    Visibility, Zone,
};
use crate::timeline::{ComponentTimeline, Timelines, history};

pub(super) const MINUTE: i64 = 60_000;

/// Folds records, all at once.
pub(super) fn fold(records: &[Record], settings: &Settings, moment: Moment) -> Timelines {
    crate::timeline::fold(&history(records, moment), settings, moment)
}

/// Minute `m` (fractions allowed) of the tests' clock.
pub(super) fn minute(m: f64) -> Moment {
    Moment::from_ms((m * MINUTE as f64).round() as i64)
}

/// Settings for components with probes `a`, `b`, … each, and the places that look.
pub(super) fn settings(components: &[(&str, usize)], vantages: &[&str]) -> Settings {
    let component = |(id, probes): &(&str, usize)| Component {
        id: (*id).into(),
        name: (*id).to_owned(),
        description: None,
        group: None,
        depends_on: Vec::new(),
        formerly: Vec::new(),
        announce: Announce::AtOnce,
        visibility: Visibility::Public,
        combine: Combine::All,
        rules: Rules::default(),
        probes: ('a'..).take(*probes).map(|name| probe(id, name)).collect(),
    };
    Settings {
        site: Site {
            title: "Stella".into(),
            url: "https://status.example.com/".into(),
            description: String::new(),
            language: "en".into(),
            time_zone: Zone::UTC,
            brand: None,
            contact: None,
            maintenance_indicator: "maintenance".into(),
        },
        run: RunSettings {
            interval: Span::from_mins(1),
            deadline: Span::from_secs(30),
            canaries: Vec::new(),
            vantage: vantages[0].into(),
            vantages: vantages.iter().map(|v| Vantage::from(*v)).collect(),
            quorum: vantages.len() / 2 + 1,
            concurrency: 10,
            per_host: 2,
        },
        rules: Rules::default(),
        components: components.iter().map(component).collect(),
        journal: JournalSettings::default(),
        publish: PublishSettings { folder: "public".into(), after: None, journal: false },
    }
}

fn probe(component: &str, name: char) -> Probe {
    Probe {
        key: ProbeKey::new(format!("{component}/{name}")),
        kind: "http",
        every: None,
        gap: Span::from_secs(150),
        host: None,
        visibility: Visibility::Public,
        units: Vec::new(),
    }
}

/// Appends a record to a chain, as a run would.
pub(super) fn append(records: &mut Vec<Record>, chain: &str, t: Moment, body: Body) {
    let chain = ChainName::from(chain);
    let last = records.iter().filter(|r| r.chain == chain).max_by_key(|r| r.n);
    let (n, prev) = last.map_or((0, Head::from(chain.as_str())), |r| (r.n + 1, r.head.clone()));
    let head = Head::new(format!("{chain}#{n}"));
    records.push(Record { chain, n, t, prev, head, body, skip: None });
}

/// The looks of one letter: up `u`, degraded `g`, down `d`, unknown `?`, down in a blind round `b`, down and again
/// down at the second look `D`, down and up at the second look `U`.
pub(super) fn look(round: &mut Round, key: &str, letter: char) {
    let seen = |is: Verdict, after: Option<i64>| Seen {
        id: key.into(),
        is,
        ms: None,
        after: after.map(Span::from_secs),
        phase: Some("connect".into()),
        why: format!("{letter} from {key}"),
        tries: 1,
    };
    match letter {
        'u' => round.up.push((key.into(), 40)),
        'g' => round.not.push(seen(Verdict::Degraded, None)),
        'd' => round.not.push(seen(Verdict::Down, None)),
        '?' => round.not.push(seen(Verdict::Unknown, None)),
        'b' => {
            round.blind = Some("no canary answered".into());
            round.not.push(seen(Verdict::Down, None));
        }
        'D' => round.not.extend([seen(Verdict::Down, None), seen(Verdict::Down, Some(10))]),
        'U' => round.not.extend([seen(Verdict::Down, None), seen(Verdict::Up, Some(10))]),
        other => panic!("no look is drawn as {other}"),
    }
}

/// One round a minute from minute 1, from one place: a strip per probe key, `.` where it was not looked at.
pub(super) fn draw(records: &mut Vec<Record>, chain: &str, strips: &[(&str, &str)]) {
    draw_every(records, chain, 1, strips);
}

/// The same, a round every so many minutes; looks vouch for 2.5 times as long.
pub(super) fn draw_every(records: &mut Vec<Record>, chain: &str, every: i64, strips: &[(&str, &str)]) {
    let length = strips.iter().map(|(_, s)| s.chars().count()).max().unwrap_or(0);
    for i in 0..length {
        let mut round = Round { gap: Span::from_ms(every * MINUTE * 5 / 2), ..Round::default() };
        for (key, strip) in strips {
            match strip.chars().nth(i) {
                None | Some('.') => {}
                Some(letter) => look(&mut round, key, letter),
            }
        }
        if !round.up.is_empty() || !round.not.is_empty() {
            append(records, chain, minute(1.0 + (i as i64 * every) as f64), Body::Round(round));
        }
    }
}

/// The desk declares a window at minute `said`.
pub(super) fn declare(records: &mut Vec<Record>, said: f64, id: &str, starts: f64, ends: f64, components: &[&str]) {
    let window = DeskMaintenance {
        id: id.to_owned(),
        starts: minute(starts),
        ends: minute(ends),
        components: components.iter().map(|c| (*c).into()).collect(),
    };
    append(records, "_desk", minute(said), Body::Maintenance(window));
}

pub(super) fn word(status: Status) -> &'static str {
    match status {
        Status::Operational => "up",
        Status::Maintenance => "maintenance",
        Status::NoData => "none",
        Status::Degraded => "degraded",
        Status::Partial => "partial",
        Status::Major => "major",
    }
}

fn at(moment: Moment) -> String {
    let minutes = (moment.ms() as f64 / MINUTE as f64 * 100.0).round() / 100.0;
    minutes.to_string()
}

/// A timeline in one line: stretches by their beginnings, outages, come-backs, blips, what is being checked.
pub(super) fn tell(component: &ComponentTimeline) -> String {
    let mut text = String::new();
    for stretch in &component.stretches {
        let comma = if text.is_empty() { "" } else { ", " };
        let unseen = if stretch.known == (stretch.status == Status::NoData) { " unseen" } else { "" };
        let _ = write!(text, "{comma}{} {}{unseen}", at(stretch.from), word(stretch.status));
        for place in &stretch.minority {
            let _ = write!(text, " at {place}");
        }
    }
    for outage in &component.outages {
        let end = outage.end.map(|e| at(e.at)).unwrap_or_default();
        let _ = write!(text, "; {} outage {}-{end}", word(outage.worst), at(outage.from));
        for (from, to) in &outage.come_backs {
            let _ = write!(text, ", come-back {}-{}", at(*from), at(*to));
        }
    }
    for blip in &component.blips {
        let _ = write!(text, "; blip {}-{}", at(blip.from), at(blip.to));
    }
    if let Some(pending) = &component.pending {
        let _ = write!(text, "; checking {}", at(pending.from));
    }
    text
}

/// Folds and tells the first component at a minute.
pub(super) fn told(records: &[Record], settings: &Settings, now: f64) -> String {
    tell(&fold(records, settings, minute(now)).components[0])
}

/// One probe, one place, one look a minute from minute 1 to the last letter's: what does it mean then?
#[track_caller]
pub(super) fn check(strip: &str, expected: &str) {
    assert_eq!(told_strip(strip, 1, |_| {}), expected, "{strip}");
}

/// The same with a look every so many minutes and rules of its own.
pub(super) fn told_strip(strip: &str, every: i64, rules: impl Fn(&mut Rules)) -> String {
    let (records, settings) = one_strip(strip, every, rules);
    told(&records, &settings, (strip.chars().count() as i64 - 1) as f64 * every as f64 + 1.0)
}

pub(super) fn one_strip(strip: &str, every: i64, rules: impl Fn(&mut Rules)) -> (Vec<Record>, Settings) {
    let mut settings = settings(&[("web", 1)], &["local"]);
    rules(&mut settings.components[0].rules);
    let mut records = Vec::new();
    draw_every(&mut records, "local", every, &[("web/a", strip)]);
    (records, settings)
}

pub(super) fn first(timelines: &Timelines) -> &ComponentTimeline {
    &timelines.components[0]
}

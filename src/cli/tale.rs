//! Records as a person reads them: verdicts, reasons, and the desk's words.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::NaiveDate;

use crate::cli::voice::{BAD, PLAIN, SOFT, STRONG, clean};
use crate::model::{
    Body, ChainName, DeskIncident, DeskMaintenance, DeskWords, Detail, IncidentId, IncidentStep, Moment, Record, Round,
    Seen, Span, Try, Verdict, Zone,
};

/// Stands before what belongs to the line above; reasons are long, and a terminal is narrow.
const INDENT: &str = "      ";

/// Which part of a record is told.
#[derive(Clone, Debug)]
pub struct Listener {
    /// The zone of its times.
    pub zone: Zone,
    /// Ids whose looks and incidents are wanted; none: everything.
    pub names: Option<Vec<String>>,
    /// Rounds that saw the same are told one by one.
    pub every_round: bool,
}

/// What one place saw in a round, as far as it is wanted.
#[derive(Clone, Debug, PartialEq)]
struct Picture {
    blind: Option<String>,
    /// How many looks were up at once; none: not always so many, and nothing else.
    up: Option<usize>,
    /// The one look that there was, where it was up.
    only: Option<String>,
    /// Those that were not, and second looks.
    bad: Vec<Seen>,
}

/// Rounds of one chain that saw the same.
struct Row {
    from: Moment,
    to: Moment,
    /// Until then its last look vouches.
    fades: Moment,
    rounds: u64,
    picture: Picture,
}

/// Tells a record: takes it in the order of time, and gives lines, a day of the zone at a time.
pub struct Tale {
    listener: Listener,
    width: usize,
    day: Option<NaiveDate>,
    /// Lines of the day in hand, by time and then as they came.
    lines: BTreeMap<(Moment, usize), (String, Vec<String>)>,
    rows: BTreeMap<ChainName, Row>,
    /// Until when each chain vouches, and the last look that it is known by.
    fades: BTreeMap<ChainName, Moment>,
    /// Incidents heard of, and whether they concern what is wanted.
    incidents: BTreeMap<IncidentId, bool>,
    told: usize,
}

impl Picture {
    /// Whether another round saw the same. Where all was up it does not matter how many were asked.
    fn same(&self, other: &Self) -> bool {
        let calm = |p: &Self| p.bad.is_empty() && p.blind.is_none();
        self == other || (calm(self) && calm(other))
    }

    /// Takes another round that saw the same.
    fn join(&mut self, other: &Self) {
        if self.up != other.up || self.only != other.only {
            (self.up, self.only) = (None, None);
        }
    }
}

impl Tale {
    /// `chains` are those that will speak.
    pub fn new(listener: Listener, chains: &[ChainName]) -> Self {
        let width = chains.iter().map(|c| source(c).chars().count()).max().unwrap_or(0);
        Self {
            listener,
            width,
            day: None,
            lines: BTreeMap::new(),
            rows: BTreeMap::new(),
            fades: BTreeMap::new(),
            incidents: BTreeMap::new(),
            told: 0,
        }
    }

    /// Takes a record. Gives the lines of the day before, where a new one begins.
    pub fn take(&mut self, record: &Record) -> String {
        let day = self.listener.zone.date(record.t);
        let text = if self.day.replace(day).is_some_and(|before| before != day) { self.rest() } else { String::new() };
        if let Some(skip) = record.skip.as_ref().filter(|_| self.listener.names.is_none()) {
            let text = format!("{} bytes before this are no whole record; they are named and stepped over", skip.bytes);
            self.say(&record.chain, record.t, text, Vec::new());
        }
        match &record.body {
            Body::Round(round) => self.round(record, round),
            Body::Details(list) => self.details(record, list),
            body => {
                if let Body::Incident(i) = body {
                    let mine = i.components.iter().any(|c| self.wanted(c.as_str()));
                    *self.incidents.entry(i.id.clone()).or_insert(mine || i.step == IncidentStep::Resolve) |= mine;
                }
                if let Some(text) = self.words(record, body) {
                    self.say(&record.chain, record.t, text, Vec::new());
                }
            }
        }
        text
    }

    /// The lines that are left.
    pub fn rest(&mut self) -> String {
        for (chain, row) in std::mem::take(&mut self.rows) {
            self.close(&chain, row);
        }
        let mut text = String::new();
        for ((at, _), (source, lines)) in std::mem::take(&mut self.lines) {
            let zone = self.listener.zone;
            let time = format!("{} {}", zone.local(at).format("%Y-%m-%d %H:%M:%S"), zone.abbreviation(at));
            let pad = " ".repeat(self.width.saturating_sub(source.chars().count()));
            let mut lines = lines.into_iter();
            let first = lines.next().unwrap_or_default();
            let _ = writeln!(text, "{time}  {SOFT}{source}{PLAIN}{pad}  {first}");
            for line in lines {
                let _ = writeln!(text, "{INDENT}{line}");
            }
        }
        text
    }

    fn say(&mut self, chain: &ChainName, at: Moment, text: String, more: Vec<String>) {
        let lines = std::iter::once(text).chain(more).collect();
        self.lines.insert((at, self.told), (source(chain), lines));
        self.told += 1;
    }

    fn wanted(&self, component: &str) -> bool {
        self.listener.names.as_ref().is_none_or(|names| names.iter().any(|n| n == component))
    }

    fn round(&mut self, record: &Record, round: &Round) {
        let mut up = round.up.iter().filter(|(key, _)| self.wanted(key.component()));
        let bad: Vec<Seen> = round.not.iter().filter(|s| self.wanted(s.id.component())).cloned().collect();
        let (first, more) = (up.next(), up.count());
        let looks = usize::from(first.is_some()) + more;
        if looks + bad.len() == 0 {
            return;
        }
        let only = first.filter(|_| more == 0 && bad.is_empty()).map(|(key, _)| key.to_string());
        // How long a look took, and how often it was tried, makes no other picture.
        let bad = bad.into_iter().map(|s| Seen { ms: None, ..s }).collect();
        let picture = Picture { blind: round.blind.clone(), up: Some(looks), only, bad };
        let gaps = round.gaps.iter().filter(|(key, _)| self.wanted(key.component())).map(|(_, gap)| *gap);
        let fades = record.t + gaps.fold(round.gap, Span::max);
        self.hole(record);
        self.fades.insert(record.chain.clone(), fades);
        let row = Row { from: record.t, to: record.t, fades, rounds: 1, picture };
        match self.rows.get_mut(&record.chain) {
            Some(same) if !self.listener.every_round && same.picture.same(&row.picture) && record.t <= same.fades => {
                same.picture.join(&row.picture);
                (same.to, same.fades) = (row.to, row.fades);
                same.rounds += 1;
            }
            _ => {
                if let Some(before) = self.rows.insert(record.chain.clone(), row) {
                    self.close(&record.chain, before);
                }
            }
        }
    }

    /// Says where nobody looked before this round.
    fn hole(&mut self, record: &Record) {
        let Some(&faded) = self.fades.get(&record.chain).filter(|faded| **faded < record.t) else { return };
        let text = format!("{STRONG}no look{PLAIN} for {}, until {}", record.t - faded, self.clock(record.t, faded));
        self.say(&record.chain, faded, text, Vec::new());
    }

    fn close(&mut self, chain: &ChainName, row: Row) {
        let Row { from, to, rounds, picture, .. } = row;
        let Picture { blind, up, only, bad } = picture;
        let (first, second): (Vec<Seen>, Vec<Seen>) = bad.into_iter().partition(|s| s.after.is_none());
        let alone = up == Some(0) && first.len() == 1;
        let mut text = match (only, up) {
            (Some(key), _) => format!("{} up", clean(&key)),
            (None, None) => "all up".to_owned(),
            (None, Some(up)) if first.is_empty() => format!("all {up} up"),
            (None, Some(_)) if alone => looks(&first).concat(),
            (None, Some(up)) => format!("{up} of {} up", up + first.len()),
        };
        if rounds > 1 {
            let _ = write!(text, ", {rounds} rounds until {}", self.clock(to, from));
        }
        let mut more = Vec::new();
        if let Some(why) = blind {
            more.push(format!("{STRONG}blind{PLAIN}: {}; what failed says nothing about its target", clean(&why)));
        }
        more.extend(looks(&first).into_iter().filter(|_| !alone).chain(looks(&second)));
        self.say(chain, from, text, more);
    }

    fn details(&mut self, record: &Record, list: &[Detail]) {
        let mine = list.iter().filter(|d| self.wanted(d.id.component()));
        let lines: Vec<String> = mine.map(|d| format!("{}  {}", clean(d.id.as_str()), clean(&d.text))).collect();
        if !lines.is_empty() {
            self.say(&record.chain, record.t, "details for the operator".to_owned(), lines);
        }
    }

    /// A time; with its date where it is not that of the line it stands in.
    fn clock(&self, at: Moment, line: Moment) -> String {
        let zone = self.listener.zone;
        let form = if zone.date(at) == zone.date(line) { "%H:%M:%S" } else { "%Y-%m-%d %H:%M:%S" };
        zone.local(at).format(form).to_string()
    }

    /// A record of the desk in words; none where it is not wanted.
    fn words(&self, record: &Record, body: &Body) -> Option<String> {
        let all = self.listener.names.is_none();
        let at = |moment| self.clock(moment, record.t);
        match body {
            Body::Incident(i) => self.incident(i, &at),
            Body::Maintenance(m) => self.maintenance(m, &at),
            Body::Words(words) if all => Some(published(words, &at)),
            Body::Channel(id) if all => {
                Some(format!("channel {} is known: it hears what comes from here on", clean(id)))
            }
            Body::Try(t) if all => {
                Some(format!("{}: about to be told of {}{}", clean(&t.channel), clean(&t.event), nth(t)))
            }
            Body::Sent(t) if all => Some(format!("{}: was told of {}", clean(&t.channel), clean(&t.event))),
            Body::GaveUp(t) if all => {
                let why = t.why.as_deref().map_or(String::new(), |why| format!(": {}", clean(why)));
                Some(format!("{}: will not be told of {}{why}", clean(&t.channel), clean(&t.event)))
            }
            Body::Join(a, b) if all => {
                let short = |h: &str| clean(h.get(..8).unwrap_or(h));
                Some(format!("two ends of this chain are joined: {}… and {}…", short(a.as_str()), short(b.as_str())))
            }
            Body::Pin(pin) if all => Some(format!("{} was compacted", pin.day)),
            Body::Other(_) if all => Some("a record that this version cannot read; it is kept as it is".to_owned()),
            _ => None,
        }
    }

    fn incident(&self, i: &DeskIncident, at: &dyn Fn(Moment) -> String) -> Option<String> {
        // An end names nobody: it is told where the incident was, or where its beginning lies before all this.
        let ends = i.step == IncidentStep::Resolve && self.incidents.get(&i.id).is_some_and(|mine| *mine);
        if !ends && !i.components.iter().any(|c| self.wanted(c.as_str())) {
            return None;
        }
        let who = i.components.iter().map(|c| clean(c.as_str())).collect::<Vec<_>>().join(", ");
        let s = if i.components.len() == 1 { "s" } else { "" };
        let (what, when) = match i.step {
            IncidentStep::Open => (format!("{BAD}opens{PLAIN} as {who} fail{s}"), "since"),
            IncidentStep::Join => (format!("{who} fail{s} too"), "since"),
            IncidentStep::Recover => (format!("{who} work{s} again"), "since"),
            IncidentStep::Relapse => (format!("{who} fail{s} {BAD}again{PLAIN}"), "since"),
            IncidentStep::Resolve => ("is over".to_owned(), "ended"),
        };
        Some(format!("incident {}: {what}, {when} {}", clean(i.id.as_str()), at(i.at)))
    }

    fn maintenance(&self, m: &DeskMaintenance, at: &dyn Fn(Moment) -> String) -> Option<String> {
        if !m.components.is_empty() && !m.components.iter().any(|c| self.wanted(c.as_str())) {
            return None;
        }
        let who = m.components.iter().map(|c| clean(c.as_str())).collect::<Vec<_>>().join(", ");
        if m.starts == m.ends {
            return Some(format!("planned work {} ({who}) is called off", clean(&m.id)));
        }
        Some(format!("planned work {} ({who}) is set for {} to {}", clean(&m.id), at(m.starts), at(m.ends)))
    }
}

fn nth(attempt: &Try) -> String {
    if attempt.attempt > 1 { format!(", for the {}. time", attempt.attempt) } else { String::new() }
}

fn published(words: &DeskWords, at: &dyn Fn(Moment) -> String) -> String {
    let updates: Vec<String> = words
        .updates
        .iter()
        .map(|u| u.stamp.map_or_else(|| "without a time".to_owned(), |stamp| format!("of {}", at(stamp))))
        .collect();
    let updates = match updates.as_slice() {
        [] => String::new(),
        [one] => format!(", with a new or changed update {one}"),
        more => format!(", with {} new or changed updates: {}", more.len(), more.join(", ")),
    };
    format!("words in {} are published{updates}", clean(&words.file))
}

/// Looks that were not up at once; those that say the same stand in one line.
fn looks(seen: &[Seen]) -> Vec<String> {
    let mut said: Vec<(String, Vec<String>)> = Vec::new();
    for one in seen {
        let (key, text) = (clean(one.id.as_str()), verdict(one));
        match said.iter_mut().find(|(known, _)| *known == text) {
            Some((_, keys)) => keys.push(key),
            None => said.push((text, vec![key])),
        }
    }
    said.into_iter().map(|(text, keys)| format!("{}  {text}", keys.join(", "))).collect()
}

/// What a look concluded, why, and how.
fn verdict(seen: &Seen) -> String {
    let word = seen.is.word();
    let verdict = match seen.is {
        Verdict::Down => format!("{BAD}{word}{PLAIN}"),
        Verdict::Degraded | Verdict::Unknown => format!("{STRONG}{word}{PLAIN}"),
        Verdict::Up => word.to_owned(),
    };
    let mut more: Vec<String> = Vec::new();
    more.extend(seen.phase.as_deref().map(|phase| clean(&phase.replace('_', " "))));
    more.extend((seen.tries > 1).then(|| format!("{} tries", seen.tries)));
    more.extend(seen.after.map(|after| format!("second look, {after} later")));
    let more = if more.is_empty() { String::new() } else { format!(" {SOFT}({}){PLAIN}", more.join(", ")) };
    let why = if seen.why.is_empty() { String::new() } else { format!(": {}", clean(&seen.why)) };
    format!("{verdict}{why}{more}")
}

/// Who says it: a place, or the desk.
fn source(chain: &ChainName) -> String {
    let who = chain.vantage().map_or_else(|| "desk".to_owned(), |place| clean(place.as_str()));
    if chain.is_public() { who } else { format!("{who}, internal") }
}

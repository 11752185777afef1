//! What we know: people's words and measured facts on one list of times.

use std::collections::BTreeMap;

use crate::incident::{Incident, Member, Voice};
use crate::model::{IncidentStatus, Moment, ProbeKey, Span, Status};
use crate::site::clock::{Clock, datetime};
use crate::site::parts::{Measured, Word, letter};
use crate::site::scene::{Card, Scene};
use crate::site::sentences as say;
use crate::timeline::Outage;

/// Most items on one list; the oldest go first.
const ITEMS: usize = 40;

/// Words of people, oldest first, lettered; times by the given clock.
pub fn said(scene: &Scene<'_>, incident: &Incident, clock: Clock) -> Vec<(Moment, Word)> {
    let Some(writeup) = scene.writeup(incident.writeup) else { return Vec::new() };
    let persons = incident.events.iter().filter_map(|e| match e.voice {
        Voice::Person(index) => writeup.updates.get(index).map(|u| (e, u)),
        Voice::Machine(_) => None,
    });
    persons
        .enumerate()
        .map(|(i, (event, update))| {
            let word = if update.word.is_empty() { "Update" } else { &update.word };
            let edited = event.edited.map_or(String::new(), |at| format!("edited {}", clock.when(at)));
            let item = Word {
                letter: alphabet(i),
                time: clock.when(event.at),
                datetime: datetime(event.at),
                heading: word.to_owned(),
                html: update.html.clone(),
                edited,
                measured: Vec::new(),
            };
            (event.at, item)
        })
        .collect()
}

/// `a` to `z`, then `aa`, `ab`, …
fn alphabet(i: usize) -> String {
    let last = char::from(b'a' + (i % 26) as u8);
    if i < 26 { last.to_string() } else { format!("{}{last}", alphabet(i / 26 - 1)) }
}

/// Words and measured facts together, newest first.
pub fn known(scene: &Scene<'_>, incident: Option<&Incident>, cards: &[Card<'_>], clock: Clock) -> Vec<Word> {
    let mut items: Vec<(Moment, Word)> = incident.map_or_else(Vec::new, |i| said(scene, i, clock));
    for (_, word) in &mut items {
        word.letter = String::new();
    }
    for (at, measured) in measured(scene, incident, cards) {
        items.push((
            at,
            Word {
                letter: String::new(),
                time: clock.when(at),
                datetime: datetime(at),
                heading: String::new(),
                html: String::new(),
                edited: String::new(),
                measured,
            },
        ));
    }
    items.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    items.truncate(ITEMS);
    items.into_iter().map(|(_, w)| w).collect()
}

/// Measured facts by minute, oldest first.
pub fn measured(scene: &Scene<'_>, incident: Option<&Incident>, cards: &[Card<'_>]) -> Vec<(Moment, Vec<Measured>)> {
    let mut facts = Facts::default();
    let members: Vec<Card<'_>> = match incident {
        Some(i) => i.members.iter().filter_map(|m| scene.card(&m.component)).copied().collect(),
        None => cards.to_vec(),
    };
    for card in &members {
        for outage in outages(scene, incident, card) {
            facts.outage(scene, card, outage);
        }
    }
    if let Some(incident) = incident {
        for event in &incident.events {
            let Voice::Machine(text) = &event.voice else { continue };
            facts.machine(event.at, event.status, incident, text);
        }
        // What went dark about when it began, probably went with it.
        let within = scene.world.settings.rules.group_within.ms();
        for card in scene.cards.iter().filter(|c| c.status == Status::NoData && incident.ended.is_none()) {
            if let Some(since) = card.since.filter(|s| (*s - incident.started).ms().abs() <= within) {
                facts.add(since, 'n', "cannot be seen", &card.component.name);
            }
        }
    }
    facts.sentences()
}

/// The outages of a component that belong to the incident; without one, its open outage.
pub fn outages<'b>(scene: &Scene<'_>, incident: Option<&Incident>, card: &Card<'b>) -> Vec<&'b Outage> {
    let Some(timeline) = card.timeline else { return Vec::new() };
    let Some(incident) = incident else {
        return timeline.outages.iter().filter(|o| o.end.is_none()).collect();
    };
    let member = incident.members.iter().filter(|m| m.component == card.component.id);
    let spans: Vec<_> = member.flat_map(|m| &m.outages).collect();
    let Some(first) = spans.iter().map(|(from, _)| *from).min() else { return Vec::new() };
    let now = scene.moment();
    let end = |o: &Outage| o.end.map_or(now, |e| e.at);
    let touches = |o: &&Outage| spans.iter().any(|(from, to)| *from <= end(o) && to.is_none_or(|to| to >= o.from));
    // They stand in order and never overlap: those that were over before are stepped over at once.
    let before = timeline.outages.partition_point(|o| end(o) < first);
    let last = spans.iter().map(|(_, to)| to.unwrap_or(Moment::from_ms(i64::MAX))).max().unwrap_or(now);
    timeline.outages[before..].iter().take_while(|o| o.from <= last).filter(touches).collect()
}

/// Facts by minute: what is said, of which state, and who it is said of. One fact of several components is one sentence.
#[derive(Default)]
struct Facts(BTreeMap<Moment, Vec<Fact>>);

struct Fact {
    at: Moment,
    state: char,
    what: String,
    names: Vec<String>,
}

impl Facts {
    fn add(&mut self, at: Moment, state: char, what: &str, name: &str) {
        let minute = at - Span::from_ms(at.ms().rem_euclid(60_000));
        let list = self.0.entry(minute).or_default();
        match list.iter_mut().find(|f| f.state == state && f.what == what && !f.names.is_empty() && !name.is_empty()) {
            Some(fact) if fact.names.iter().any(|n| n == name) => {}
            Some(fact) => fact.names.push(name.to_owned()),
            None => {
                let names = if name.is_empty() { Vec::new() } else { vec![name.to_owned()] };
                list.push(Fact { at, state, what: what.to_owned(), names });
            }
        }
    }

    fn outage(&mut self, scene: &Scene<'_>, card: &Card<'_>, outage: &Outage) {
        let name = &card.component.name;
        let reasons = scene.reasons(card, outage);
        if reasons.is_empty() {
            self.add(outage.from, letter(outage.worst), "fails", name);
        }
        // A reason that changes with every look (an age, a counter) is told once per state it led to.
        let mut told: Vec<(&ProbeKey, &Option<String>, Status)> = Vec::new();
        for reason in reasons {
            let status = card.timeline.map_or(outage.worst, |t| t.status_at(reason.at));
            let status = if status.is_bad() { status } else { outage.worst };
            let same = (&reason.probe, &reason.phase, status);
            if told.contains(&same) {
                continue;
            }
            told.push(same);
            let why = if reason.why.is_empty() { "fails".to_owned() } else { reason.why.clone() };
            self.add(reason.at, letter(status), &why, name);
        }
        for (from, to) in &outage.come_backs {
            self.add(*from, 'u', &format!("came back for {}", *to - *from), name);
        }
        let well = |at: Moment| card.timeline.is_none_or(|t| !t.status_at(at).is_bad());
        if let Some(end) = outage.end.filter(|e| well(e.at)) {
            self.add(end.at, 'u', "answers again", name);
        }
    }

    /// The machine's own steps, where no measured fact says the same.
    fn machine(&mut self, at: Moment, status: Option<IncidentStatus>, incident: &Incident, text: &str) {
        let minute = at - Span::from_ms(at.ms().rem_euclid(60_000));
        let failing = |m: &Member| m.outages.iter().any(|(from, to)| *from <= at && to.is_none_or(|to| at < to));
        let over = status.is_some_and(|s| s.is_over() || s == IncidentStatus::Monitoring)
            || !incident.members.iter().any(failing);
        if self.0.contains_key(&minute) && status != Some(IncidentStatus::Resolved) {
            return;
        }
        let worst = incident.members.iter().map(|m| m.worst).max().unwrap_or(Status::Degraded);
        self.add(at, if over { 'u' } else { letter(worst) }, text, "");
    }

    fn sentences(self) -> Vec<(Moment, Vec<Measured>)> {
        let mut lists: Vec<(Moment, Vec<Measured>)> = Vec::new();
        for mut facts in self.0.into_values() {
            let order = |s: char| "dpgnum".find(s);
            facts.sort_by_key(|f| order(f.state));
            let at = facts.iter().map(|f| f.at).min().unwrap_or_default();
            lists.push((at, facts.into_iter().map(Fact::sentence).collect()));
        }
        lists
    }
}

impl Fact {
    fn sentence(self) -> Measured {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        let who = say::names(&names);
        let many = names.len() > 1;
        let text = match self.what.as_str() {
            _ if names.is_empty() => say::stop(&self.what),
            "cannot be seen" => say::unseen(&names),
            "answers again" => format!("Measured: {who} {} again.", if many { "answer" } else { "answers" }),
            "fails" => format!("Measured: {who} {}.", if many { "fail" } else { "fails" }),
            what if what.starts_with("came back") => format!("Measured: {who} {what}."),
            what => format!("Measured: {who}: {}", say::stop(what)),
        };
        Measured { state: self.state, text, link: None }
    }
}

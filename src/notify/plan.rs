//! What is due to each channel and not told: due − told.
//!
//! The journal is the only memory. A `try` stands there before anything is sent, a `sent` after it was taken. A `try`
//! without a `sent` is due again, with the same id and a word that says so.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::model::{Body, Moment, Record, Span, Try};

use super::Channel;
use super::event::{Event, EventKind};
use super::send::Refused;
use super::story::Story;

/// Tries before a notification is given up: with the waits between them, about three hours.
pub(super) const ATTEMPTS_MAX: u32 = 10;
/// The wait after the first try; each further one is twice as long. Not shorter: PagerDuty asks for 30 s.
const WAIT_FIRST: Span = Span::from_secs(30);
/// No wait is longer.
const WAIT_MAX: Span = Span::from_mins(60);
/// Deliveries to one channel in one run; the rest are told in one digest.
pub(super) const DELIVERIES_MAX: usize = 20;
/// News that is older than this and was never tried comes in the digest: it is no longer an alarm.
const FRESH: Span = Span::from_mins(24 * 60);
/// Hex digits of the hash in a digest's id.
const DIGEST_HEX: usize = 16;

/// One notification to one channel.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// To whom.
    pub channel: Channel,
    /// Its id: the event's, or the digest's.
    pub id: String,
    /// Which try this is, from 1.
    pub attempt: u32,
    /// When it was planned; signatures carry this time.
    pub now: Moment,
    /// Whether its records belong to `_desk+internal`.
    pub internal: bool,
    /// The events it tells: one, or those of the digest.
    pub events: Vec<Event>,
    /// Whether it is a digest.
    pub digest: bool,
}

impl Delivery {
    /// Whether it may have been told before: a try is in the journal and no answer.
    pub fn repeated(&self) -> bool {
        self.attempt > 1
    }

    /// What the channel is told of one of its events.
    pub fn story<'a>(&self, event: &'a Event) -> &'a Story {
        if self.channel.internal { &event.inside } else { &event.outside }
    }

    /// The records that must be saved before it is sent.
    pub fn tries(&self) -> Vec<Body> {
        self.names().map(|event| Body::Try(self.record(event, None))).collect()
    }

    /// The records of what came of it. A refusal that a later try may mend is only noted.
    pub fn outcome(&self, result: &Result<(), Refused>) -> Vec<Body> {
        let names = self.names();
        match result {
            Ok(()) => names.map(|event| Body::Sent(self.record(event, None))).collect(),
            Err(refused) => {
                let done = refused.for_good || self.attempt >= ATTEMPTS_MAX;
                let wrap = if done { Body::GaveUp } else { Body::Try };
                names.map(|event| wrap(self.record(event, Some(refused.text.clone())))).collect()
            }
        }
    }

    /// The names under which its events stand in the journal. Those of a digest carry its id, so that a digest whose
    /// answer was lost is sent again as the same digest.
    fn names(&self) -> impl Iterator<Item = String> {
        let prefix = if self.digest { format!("{}/", self.id) } else { String::new() };
        self.events.iter().map(move |event| format!("{prefix}{}", event.id))
    }

    fn record(&self, event: String, why: Option<String>) -> Try {
        Try { channel: self.channel.id.clone(), event, attempt: self.attempt, why }
    }
}

/// What is known of one event and one channel.
#[derive(Clone, Debug, Default)]
struct Past {
    attempts: u32,
    last: Moment,
    done: bool,
    digest: Option<String>,
}

/// The journal's memory of one channel.
#[derive(Debug, Default)]
struct Memory {
    first_seen: Option<Moment>,
    past: BTreeMap<String, Past>,
}

/// What is due to each channel: records for channels seen for the first time (and for what was tried too often), to be
/// saved first; then the deliveries, in the order in which they should be made.
pub fn plan(channels: &[Channel], events: &[Event], records: &[Record], now: Moment) -> (Vec<Body>, Vec<Delivery>) {
    let mut bodies = Vec::new();
    let mut deliveries = Vec::new();
    let mut memories = memories(records);
    for channel in channels {
        let memory = memories.remove(channel.id.as_str()).unwrap_or_default();
        if memory.first_seen.is_none() {
            bodies.push(Body::Channel(channel.id.clone()));
        }
        let first_seen = memory.first_seen.unwrap_or(now);
        let wanted = events.iter().filter(|e| wants(channel, e) && e.since >= first_seen && e.since <= now);
        due(channel, wanted, &memory.past, now, &mut bodies, &mut deliveries);
    }
    (bodies, deliveries)
}

fn wants(channel: &Channel, event: &Event) -> bool {
    let asked = event.kind == EventKind::Trouble || channel.when.iter().any(|w| w == event.kind.word());
    asked && (event.public || channel.internal)
}

fn memories(records: &[Record]) -> BTreeMap<&str, Memory> {
    let mut all: BTreeMap<&str, Memory> = BTreeMap::new();
    for record in records {
        let (told, done) = match &record.body {
            Body::Channel(id) => {
                let first = &mut all.entry(id).or_default().first_seen;
                *first = Some(first.map_or(record.t, |t| t.min(record.t)));
                continue;
            }
            Body::Try(told) => (told, false),
            Body::Sent(told) | Body::GaveUp(told) => (told, true),
            _ => continue,
        };
        let (digest, event) = split(&told.event);
        let past = all.entry(&told.channel).or_default().past.entry(event.to_owned()).or_default();
        past.done |= done;
        past.last = past.last.max(record.t);
        past.attempts = past.attempts.max(told.attempt);
        past.digest = digest.map(str::to_owned).or(past.digest.take());
    }
    all
}

/// A journaled name into the digest that it was told in, and the event's own id.
fn split(name: &str) -> (Option<&str>, &str) {
    let hash = name.strip_prefix("digest/").and_then(|rest| rest.split_once('/'));
    match hash {
        Some((hex, event)) if hex.len() == DIGEST_HEX => (Some(&name[..name.len() - event.len() - 1]), event),
        _ => (None, name),
    }
}

fn wait(attempts: u32) -> Span {
    let doubled = WAIT_FIRST.ms().saturating_mul(1 << attempts.saturating_sub(1).min(20));
    Span::from_ms(doubled.min(WAIT_MAX.ms()))
}

fn due<'a>(
    channel: &Channel,
    events: impl Iterator<Item = &'a Event>,
    past: &BTreeMap<String, Past>,
    now: Moment,
    bodies: &mut Vec<Body>,
    deliveries: &mut Vec<Delivery>,
) {
    let mut digests: BTreeMap<String, (u32, Vec<Event>)> = BTreeMap::new();
    let mut late = Vec::new();
    let mut single: Vec<(u32, Event)> = Vec::new();
    let mut seen = BTreeSet::new();
    for event in events.filter(|e| seen.insert(&e.id)) {
        let past = past.get(&event.id).cloned().unwrap_or_default();
        if past.done || (past.attempts > 0 && now < past.last + wait(past.attempts)) {
            continue;
        }
        if past.attempts >= ATTEMPTS_MAX {
            // A run was killed between the last try and this word.
            let why = Some("no answer to the last try was seen".to_owned());
            let event = past.digest.map_or_else(|| event.id.clone(), |d| format!("{d}/{}", event.id));
            bodies.push(Body::GaveUp(Try { channel: channel.id.clone(), event, attempt: past.attempts, why }));
        } else if let Some(digest) = past.digest {
            let entry = digests.entry(digest).or_default();
            entry.0 = entry.0.max(past.attempts);
            entry.1.push(event.clone());
        } else if past.attempts == 0 && event.since + FRESH < now {
            late.push(event.clone());
        } else {
            single.push((past.attempts, event.clone()));
        }
    }
    // What was tried by itself is tried again by itself. Of the rest the newest are told one by one, and what came
    // before them in one.
    let (mut tried, fresh): (Vec<_>, Vec<_>) = single.into_iter().partition(|(attempts, _)| *attempts > 0);
    tried.truncate(DELIVERIES_MAX);
    let overflow = fresh.len().saturating_sub(DELIVERIES_MAX - tried.len());
    let (over, newest) = fresh.split_at(overflow);
    late.extend(over.iter().map(|(_, event)| event.clone()));
    for (id, (attempts, events)) in digests {
        deliveries.push(delivery(channel, id, attempts + 1, now, events, true));
    }
    if late.len() == 1 {
        let event = late.remove(0);
        deliveries.push(delivery(channel, event.id.clone(), 1, now, vec![event], false));
    } else if !late.is_empty() {
        deliveries.push(delivery(channel, digest_id(&late), 1, now, late, true));
    }
    for (attempts, event) in tried.iter().chain(newest) {
        deliveries.push(delivery(channel, event.id.clone(), attempts + 1, now, vec![event.clone()], false));
    }
}

fn delivery(channel: &Channel, id: String, attempt: u32, now: Moment, events: Vec<Event>, digest: bool) -> Delivery {
    let internal = events.iter().any(|e| !e.public);
    Delivery { channel: channel.clone(), id, attempt, now, internal, events, digest }
}

/// A digest's id names what it tells, so that the same set is the same digest.
fn digest_id(events: &[Event]) -> String {
    let mut hash = Sha256::new();
    for event in events {
        hash.update(event.id.as_bytes());
        hash.update(b"\n");
    }
    format!("digest/{}", hex(&hash.finalize(), DIGEST_HEX))
}

/// The first digits of a hash.
pub(super) fn hex(bytes: &[u8], digits: usize) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).take(digits).collect()
}

/// Tells the operator's channels of trouble with the monitor itself: a broken config, words that cannot be read. The
/// same trouble is told once a day. The operator's channels are those with `internal = true`; where no channel has it,
/// all are told, in one sentence without details.
pub fn operator_trouble(
    site: &crate::model::Site,
    channels: &[Channel],
    text: &str,
    records: &[Record],
    now: Moment,
) -> (Vec<Body>, Vec<Delivery>) {
    let own: Vec<Channel> = channels.iter().filter(|c| c.internal).cloned().collect();
    let told = if own.is_empty() { channels } else { &own };
    let hash = hex(&Sha256::digest(text.as_bytes()), DIGEST_HEX);
    let story = |text: &str| Story {
        site: site.title.clone(),
        site_url: site.url.clone(),
        title: format!("{}: the monitor needs its operator", site.title),
        text: text.to_owned(),
        ..Story::default()
    };
    let event = Event {
        id: format!("trouble/{}-{hash}", site.time_zone.date(now)),
        kind: EventKind::Trouble,
        at: now,
        since: now,
        public: own.is_empty(),
        inside: story(text),
        outside: story(
            "Something in its folder cannot be read; `statuary config check` and the run's own output say what.",
        ),
    };
    plan(told, &[event], records, now)
}

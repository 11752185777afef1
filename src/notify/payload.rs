//! The JSON of our own webhook and of the command's standard input, version 1.

use serde::Serialize;

use crate::model::{Status, Witness};

use super::event::Event;
use super::plan::Delivery;
use super::story::{Affected, FailedProbe, IncidentFacts, MaintenanceFacts, Story};

/// Events that a digest lists; it counts the others.
const LISTED_MAX: usize = 100;

#[derive(Serialize)]
struct Payload<'a> {
    version: u32,
    id: &'a str,
    event: &'a str,
    attempt: u32,
    repeated: bool,
    at: String,
    site: Site<'a>,
    title: &'a str,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    component: Option<Named<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Change>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    incident: Option<Incident<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    maintenance: Option<Maintenance<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    probe: Option<Probe<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<Digest<'a>>,
    journal: Vec<Ends<'a>>,
}

#[derive(Serialize)]
struct Site<'a> {
    title: &'a str,
    url: &'a str,
}

#[derive(Serialize)]
struct Named<'a> {
    id: &'a str,
    name: &'a str,
}

#[derive(Serialize)]
struct Change {
    before: &'static str,
    after: &'static str,
}

#[derive(Serialize)]
struct Component<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Change>,
}

#[derive(Serialize)]
struct Incident<'a> {
    id: &'a str,
    title: &'a str,
    url: &'a str,
    status: &'static str,
    impact: &'static str,
    started_at: String,
    ended_at: Option<String>,
    duration_s: Option<i64>,
}

#[derive(Serialize)]
struct Maintenance<'a> {
    id: &'a str,
    what: &'a str,
    status: &'static str,
    starts_at: String,
    ends_at: String,
}

#[derive(Serialize)]
struct Probe<'a> {
    id: &'a str,
    kind: &'a str,
    phase: Option<&'a str>,
    error: &'a str,
    attempts: Option<u32>,
    latency_ms: Option<u32>,
}

#[derive(Serialize)]
struct Digest<'a> {
    count: usize,
    events: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    event: &'static str,
    at: String,
    title: &'a str,
    text: &'a str,
}

#[derive(Serialize)]
struct Ends<'a> {
    chain: &'a str,
    n: u64,
    head: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    closed_day: Option<Closed<'a>>,
}

#[derive(Serialize)]
struct Closed<'a> {
    day: String,
    n: u64,
    head: &'a str,
}

/// The word of a delivery's event.
pub(super) fn word(delivery: &Delivery) -> &'static str {
    match delivery.events.first() {
        Some(event) if !delivery.digest => event.kind.word(),
        _ => "digest",
    }
}

/// The payload's bytes. `heads` say where the public chains end: a message outlives any page.
pub(super) fn bytes(delivery: &Delivery, heads: &[Witness]) -> Vec<u8> {
    let payload = payload(delivery, heads);
    // Nothing in it can fail to serialize: texts, numbers and lists.
    serde_json::to_vec(&payload).unwrap_or_default()
}

fn payload<'a>(delivery: &'a Delivery, heads: &'a [Witness]) -> Payload<'a> {
    static EMPTY: std::sync::LazyLock<Story> = std::sync::LazyLock::new(Story::default);
    let last = delivery.events.last();
    let story: &Story = last.map_or(&EMPTY, |e| delivery.story(e));
    let single = (!delivery.digest).then_some(story);
    let count = delivery.events.len();
    Payload {
        version: 1,
        id: &delivery.id,
        event: word(delivery),
        attempt: delivery.attempt,
        repeated: delivery.repeated(),
        at: last.map_or(delivery.now, |e| e.at).rfc3339(),
        site: Site { title: &story.site, url: &story.site_url },
        title: if delivery.digest { &story.site } else { &story.title },
        text: single.map_or_else(|| format!("{count} things happened; the newest: {}", story.text), |s| s.text.clone()),
        url: single.map_or(Some(story.site_url.as_str()), |s| s.url.as_deref()),
        component: single.and_then(|s| s.components.first()).map(|c| Named { id: &c.id, name: &c.name }),
        status: single.and_then(|s| s.components.first()).and_then(|c| c.status.map(change)),
        components: single.map(|s| s.components.iter().map(component).collect()).unwrap_or_default(),
        incident: single.and_then(|s| s.incident.as_ref()).map(incident),
        maintenance: single.and_then(|s| s.maintenance.as_ref()).map(maintenance),
        probe: single.and_then(|s| s.probe.as_ref()).map(probe),
        digest: delivery.digest.then(|| Digest {
            count,
            events: delivery.events.iter().rev().take(LISTED_MAX).map(|e| listed(delivery, e)).collect(),
        }),
        journal: heads.iter().filter(|w| w.chain.is_public()).map(ends).collect(),
    }
}

fn ends(witness: &Witness) -> Ends<'_> {
    let closed = witness.closed.as_ref();
    Ends {
        chain: witness.chain.as_str(),
        n: witness.n,
        head: witness.head.as_str(),
        closed_day: closed.map(|c| Closed { day: c.day.to_string(), n: c.n, head: c.head.as_str() }),
    }
}

fn change((before, after): (Status, Status)) -> Change {
    Change { before: before.word(), after: after.word() }
}

fn component(c: &Affected) -> Component<'_> {
    Component { id: &c.id, name: &c.name, status: c.status.map(change) }
}

fn incident(i: &IncidentFacts) -> Incident<'_> {
    Incident {
        id: &i.id,
        title: &i.title,
        url: &i.url,
        status: i.status.word(),
        impact: i.impact.word(),
        started_at: i.started.rfc3339(),
        ended_at: i.ended.map(crate::model::Moment::rfc3339),
        duration_s: i.ended.map(|end| (end - i.started).ms().max(0) / 1000),
    }
}

fn maintenance(m: &MaintenanceFacts) -> Maintenance<'_> {
    Maintenance {
        id: &m.id,
        what: &m.what,
        status: m.status.word(),
        starts_at: m.starts.rfc3339(),
        ends_at: m.ends.rfc3339(),
    }
}

fn probe(p: &FailedProbe) -> Probe<'_> {
    Probe {
        id: &p.id,
        kind: &p.kind,
        phase: p.phase.as_deref(),
        error: &p.error,
        attempts: p.attempts,
        latency_ms: p.latency_ms,
    }
}

fn listed<'a>(delivery: &Delivery, event: &'a Event) -> Listed<'a> {
    let story = delivery.story(event);
    Listed { id: &event.id, event: event.kind.word(), at: event.at.rfc3339(), title: &story.title, text: &story.text }
}

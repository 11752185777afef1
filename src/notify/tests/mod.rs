//! The telling at its door: which events there are, what is due to whom, and what really leaves.

mod due;
mod leave;
mod morning;
mod world;

use crate::model::{ChainName, Given, Givens, Head, Moment, Record, Secret, Site, Zone};

use super::{CHANNELS, Channel, ChannelKind, EVENTS, Event, EventKind, Story};

pub(super) fn at(text: &str) -> Moment {
    Moment::parse_rfc3339(&format!("2026-11-23T{text}Z")).unwrap()
}

/// A channel of a kind with these options.
pub(super) fn channel(kind: &str, options: Vec<(&'static str, Given)>) -> Channel {
    let info = CHANNELS.iter().find(|c| c.name == kind).unwrap();
    let kind: ChannelKind = (info.read)(&Givens(options)).unwrap();
    let when = EVENTS.iter().map(|e| (*e).to_owned()).collect();
    Channel { id: "ops".to_owned(), kind, when, internal: true }
}

/// A webhook that nobody listens at.
pub(super) fn hook() -> Channel {
    channel("webhook", vec![("url", Given::Secret(Secret::new("http://127.0.0.1:9/")))])
}

/// A small event.
pub(super) fn event(id: &str, since: Moment) -> Event {
    let story = |title: &str| Story { title: title.to_owned(), text: format!("{title}: {id}"), ..Story::default() };
    Event {
        id: id.to_owned(),
        kind: EventKind::Opened,
        at: since,
        since,
        public: true,
        inside: story("inside"),
        outside: story("outside"),
    }
}

/// A record of the desk.
pub(super) fn record(n: u64, t: Moment, body: crate::model::Body) -> Record {
    let head = Head::from("0");
    Record { chain: ChainName::desk(false), n, t, prev: head.clone(), head, body, skip: None }
}

pub(super) fn site() -> Site {
    Site {
        title: "Stella".to_owned(),
        url: "https://s.example/".to_owned(),
        description: String::new(),
        language: "en".to_owned(),
        time_zone: Zone::UTC,
        brand: None,
        contact: None,
        maintenance_indicator: "maintenance".to_owned(),
    }
}

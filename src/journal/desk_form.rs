//! The desk's records in the checkpoint.

use chrono::{Datelike, NaiveDate};

use crate::journal::JournalError;
use crate::journal::packed::{Packer, Unpacker};
use crate::model::{
    Body, ChainName, ComponentId, DeskIncident, DeskMaintenance, DeskWords, Head, IncidentId, IncidentStep,
    JournaledUpdate, Link, Pin, Record, Skip, Try,
};

const STEPS: [IncidentStep; 5] =
    [IncidentStep::Open, IncidentStep::Join, IncidentStep::Recover, IncidentStep::Relapse, IncidentStep::Resolve];

pub(super) fn pack(to: &mut Packer, records: &[Record]) -> Result<(), JournalError> {
    to.uint(records.len() as u64);
    let mut before: Option<&Record> = None;
    for record in records {
        let same = before.is_some_and(|b| b.chain == record.chain);
        let linked = same && before.is_some_and(|b| b.head == record.prev);
        to.0.push(u8::from(!same) | u8::from(!linked) << 1);
        if !same {
            to.text(record.chain.as_str());
        }
        if !linked {
            to.head(&record.prev);
        }
        to.uint(record.n);
        to.moment(record.t);
        to.head(&record.head);
        to.option(record.skip.as_ref(), |to, skip| {
            to.uint(skip.bytes);
            to.text(&skip.sha256);
        });
        pack_body(to, &record.body)?;
        before = Some(record);
    }
    Ok(())
}

fn pack_body(to: &mut Packer, body: &Body) -> Result<(), JournalError> {
    let tag = |to: &mut Packer, tag: u8| to.0.push(tag);
    match body {
        Body::Incident(i) => {
            tag(to, 0);
            to.text(i.id.as_str());
            to.0.push(i.step as u8);
            to.moment(i.at);
            to.moment(i.seen);
            to.list(&i.components, |to, c| to.text(c.as_str()));
        }
        Body::Maintenance(m) => {
            tag(to, 1);
            to.text(&m.id);
            to.moment(m.starts);
            to.moment(m.ends);
            to.list(&m.components, |to, c| to.text(c.as_str()));
        }
        Body::Words(w) => {
            tag(to, 2);
            to.text(&w.file);
            to.text(&w.sha256);
            to.list(&w.updates, |to, u| {
                to.option(u.stamp, Packer::moment);
                to.text(&u.key);
                to.text(&u.sha256);
            });
        }
        Body::Channel(id) => {
            tag(to, 3);
            to.text(id);
        }
        Body::Try(t) => pack_try(to, 4, t),
        Body::Sent(t) => pack_try(to, 5, t),
        Body::GaveUp(t) => pack_try(to, 6, t),
        Body::Join(a, b) => {
            tag(to, 7);
            to.head(a);
            to.head(b);
        }
        Body::Other(raw) => {
            tag(to, 8);
            to.text(raw);
        }
        Body::Pin(pin) => {
            tag(to, 9);
            to.int(i64::from(pin.day.num_days_from_ce()));
            for link in [&pin.first, &pin.last] {
                to.uint(link.n);
                to.head(&link.prev);
                to.head(&link.head);
            }
            to.text(&pin.raw);
            to.text(&pin.file);
        }
        Body::Round(_) | Body::Details(_) => {
            return Err(JournalError::Unwritable("a desk's chain holds a round; it belongs to a vantage's".to_owned()));
        }
    }
    Ok(())
}

fn pack_try(to: &mut Packer, tag: u8, t: &Try) {
    to.0.push(tag);
    to.text(&t.channel);
    to.text(&t.event);
    to.uint(u64::from(t.attempt));
    to.option(t.why.as_deref(), Packer::text);
}

pub(super) fn unpack(from: &mut Unpacker<'_>) -> Option<Vec<Record>> {
    let mut chain = ChainName::new("");
    let mut head = Head::new("");
    from.list(|from| {
        let flags = from.byte()?;
        if flags & 1 != 0 {
            chain = ChainName::new(from.text()?);
        }
        let prev = if flags & 2 == 0 { head.clone() } else { from.head()? };
        let (n, t) = (from.uint()?, from.moment()?);
        head = from.head()?;
        let skip = from.option(|from| Some(Skip { bytes: from.uint()?, sha256: from.owned()? }))?;
        let body = unpack_body(from)?;
        Some(Record { chain: chain.clone(), n, t, prev, head: head.clone(), body, skip })
    })
}

fn unpack_body(from: &mut Unpacker<'_>) -> Option<Body> {
    let components = |from: &mut Unpacker<'_>| from.list(|from| from.text().map(ComponentId::new));
    Some(match from.byte()? {
        0 => Body::Incident(DeskIncident {
            id: IncidentId::new(from.text()?),
            step: *STEPS.get(usize::from(from.byte()?))?,
            at: from.moment()?,
            seen: from.moment()?,
            components: components(from)?,
        }),
        1 => Body::Maintenance(DeskMaintenance {
            id: from.owned()?,
            starts: from.moment()?,
            ends: from.moment()?,
            components: components(from)?,
        }),
        2 => Body::Words(DeskWords {
            file: from.owned()?,
            sha256: from.owned()?,
            updates: from.list(|from| {
                Some(JournaledUpdate {
                    stamp: from.option(Unpacker::moment)?,
                    key: from.owned()?,
                    sha256: from.owned()?,
                })
            })?,
        }),
        3 => Body::Channel(from.owned()?),
        4 => Body::Try(unpack_try(from)?),
        5 => Body::Sent(unpack_try(from)?),
        6 => Body::GaveUp(unpack_try(from)?),
        7 => Body::Join(from.head()?, from.head()?),
        8 => Body::Other(from.owned()?),
        9 => {
            let day = NaiveDate::from_num_days_from_ce_opt(i32::try_from(from.int()?).ok()?)?;
            let link = |from: &mut Unpacker<'_>| Some(Link { n: from.uint()?, prev: from.head()?, head: from.head()? });
            Body::Pin(Pin { day, first: link(from)?, last: link(from)?, raw: from.owned()?, file: from.owned()? })
        }
        _ => return None,
    })
}

fn unpack_try(from: &mut Unpacker<'_>) -> Option<Try> {
    Some(Try {
        channel: from.owned()?,
        event: from.owned()?,
        attempt: from.small()?,
        why: from.option(Unpacker::owned)?,
    })
}

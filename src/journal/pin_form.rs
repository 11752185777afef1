//! `pin`, as it is written, and the links of a record that it and a roll-up name.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::journal::body::Text;
use crate::model::{Head, Link, Pin};

/// How a day is spelled: `2026-11-23`.
const DAY: &str = "%Y-%m-%d";

/// A record's place in its chain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct LinkForm<'a> {
    n: u64,
    #[serde(borrow)]
    p: Text<'a>,
    #[serde(borrow)]
    h: Text<'a>,
}

/// `pin`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct PinForm<'a> {
    #[serde(borrow)]
    day: Text<'a>,
    #[serde(borrow)]
    first: LinkForm<'a>,
    #[serde(borrow)]
    last: LinkForm<'a>,
    #[serde(borrow)]
    raw: Text<'a>,
    #[serde(borrow)]
    file: Text<'a>,
}

/// Writes a pin with `put`, which is given its form.
pub(super) fn write<R>(pin: &Pin, put: impl FnOnce(&PinForm<'_>) -> R) -> R {
    let day = day_text(pin.day);
    put(&PinForm {
        day: Text::from(day.as_str()),
        first: link_form(&pin.first),
        last: link_form(&pin.last),
        raw: Text::from(pin.raw.as_str()),
        file: Text::from(pin.file.as_str()),
    })
}

/// The pin; none where it names no day.
pub(super) fn read(form: PinForm<'_>) -> Option<Pin> {
    Some(Pin {
        day: day_of(&form.day.0)?,
        first: link_of(&form.first),
        last: link_of(&form.last),
        raw: form.raw.0.into_owned(),
        file: form.file.0.into_owned(),
    })
}

pub(super) fn link_form(link: &Link) -> LinkForm<'_> {
    LinkForm { n: link.n, p: Text::from(link.prev.as_str()), h: Text::from(link.head.as_str()) }
}

pub(super) fn link_of(form: &LinkForm<'_>) -> Link {
    Link { n: form.n, prev: Head::new(&*form.p.0), head: Head::new(&*form.h.0) }
}

pub(super) fn day_text(day: NaiveDate) -> String {
    day.format(DAY).to_string()
}

/// The day of a text that is spelled exactly so.
pub(super) fn day_of(text: &str) -> Option<NaiveDate> {
    let day = NaiveDate::parse_from_str(text, DAY).ok()?;
    (day_text(day) == text).then_some(day)
}

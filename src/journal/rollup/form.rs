//! The lines of a roll-up, as they are written: rows are lists, since a key on every look would be most of the file.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::journal::body::{Number, Pairs, Text};
use crate::journal::pin_form::LinkForm;
use crate::model::Verdict;

/// The first line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderForm<'a> {
    pub(super) v: u32,
    #[serde(borrow)]
    pub(super) chain: Text<'a>,
    #[serde(borrow)]
    pub(super) day: Text<'a>,
    #[serde(borrow)]
    pub(super) first: LinkForm<'a>,
    #[serde(borrow)]
    pub(super) last: LinkForm<'a>,
    #[serde(borrow)]
    pub(super) raw: Text<'a>,
    pub(super) records: u64,
    pub(super) span: (i64, i64),
    pub(super) end: i64,
    #[serde(borrow)]
    pub(super) reasons: Vec<(Option<Text<'a>>, Text<'a>)>,
    pub(super) times: Vec<i64>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) blind: Option<(i64, Text<'a>)>,
    pub(super) probes: u32,
    pub(super) others: u32,
}

/// The rounds around incidents: when, which record, its hash, how long its looks vouch.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoundsForm<'a> {
    #[serde(borrow)]
    pub(super) rounds: Vec<(i64, u64, Text<'a>, i64)>,
}

/// A probe's line.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbeForm<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    pub(super) runs: Vec<RunForm>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ms: Vec<Vec<i64>>,
    #[serde(borrow, default, skip_serializing_if = "is_empty")]
    pub(super) rec: Pairs<'a, Vec<HourForm>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) keep: Vec<LookForm>,
    #[serde(borrow, default, skip_serializing_if = "is_empty")]
    pub(super) kept: Pairs<'a, Vec<(i64, Number)>>,
}

/// Hour of the day, least, greatest, all together, how many.
pub(super) type HourForm = (i64, Number, Number, Number, u32);

fn is_empty<V>(pairs: &Pairs<'_, V>) -> bool {
    pairs.0.is_empty()
}

/// A verdict as strips are drawn: `u`, `g`, `d`, `?`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) enum Letter {
    #[serde(rename = "u")]
    Up,
    #[serde(rename = "g")]
    Degraded,
    #[serde(rename = "d")]
    Down,
    #[serde(rename = "?")]
    Unknown,
}

impl From<Verdict> for Letter {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Up => Self::Up,
            Verdict::Degraded => Self::Degraded,
            Verdict::Down => Self::Down,
            Verdict::Unknown => Self::Unknown,
        }
    }
}

impl From<Letter> for Verdict {
    fn from(letter: Letter) -> Self {
        match letter {
            Letter::Up => Self::Up,
            Letter::Degraded => Self::Degraded,
            Letter::Down => Self::Down,
            Letter::Unknown => Self::Unknown,
        }
    }
}

/// `[verdict, t0, t1, looks, gap, reason, after?, ms?]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct RunForm {
    pub(super) is: Letter,
    pub(super) first: i64,
    pub(super) last: i64,
    pub(super) looks: u32,
    pub(super) gap: u32,
    pub(super) reason: u32,
    pub(super) after: u32,
    pub(super) ms: Option<u32>,
}

impl Serialize for RunForm {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut list = s.serialize_seq(None)?;
        list.serialize_element(&self.is)?;
        list.serialize_element(&self.first)?;
        list.serialize_element(&self.last)?;
        list.serialize_element(&self.looks)?;
        list.serialize_element(&self.gap)?;
        list.serialize_element(&self.reason)?;
        if self.after > 0 || self.ms.is_some() {
            list.serialize_element(&self.after)?;
        }
        if let Some(ms) = &self.ms {
            list.serialize_element(ms)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for RunForm {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Row;
        impl<'de> Visitor<'de> for Row {
            type Value = RunForm;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("[verdict, t0, t1, looks, gap, reason, after?, ms?]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RunForm, A::Error> {
                let run = RunForm {
                    is: need(&mut list)?,
                    first: need(&mut list)?,
                    last: need(&mut list)?,
                    looks: need(&mut list)?,
                    gap: need(&mut list)?,
                    reason: need(&mut list)?,
                    after: list.next_element()?.unwrap_or(0),
                    ms: list.next_element()?,
                };
                end(&mut list)?;
                Ok(run)
            }
        }
        d.deserialize_seq(Row)
    }
}

/// `[t, verdict, ms, reason, after?]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct LookForm {
    pub(super) at: i64,
    pub(super) is: Letter,
    pub(super) ms: Option<u32>,
    pub(super) reason: u32,
    pub(super) after: Option<i64>,
}

impl Serialize for LookForm {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut list = s.serialize_seq(None)?;
        list.serialize_element(&self.at)?;
        list.serialize_element(&self.is)?;
        list.serialize_element(&self.ms)?;
        list.serialize_element(&self.reason)?;
        if let Some(after) = &self.after {
            list.serialize_element(after)?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for LookForm {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Row;
        impl<'de> Visitor<'de> for Row {
            type Value = LookForm;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("[t, verdict, ms, reason, after?]")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<LookForm, A::Error> {
                let look = LookForm {
                    at: need(&mut list)?,
                    is: need(&mut list)?,
                    ms: need(&mut list)?,
                    reason: need(&mut list)?,
                    after: list.next_element()?,
                };
                end(&mut list)?;
                Ok(look)
            }
        }
        d.deserialize_seq(Row)
    }
}

fn need<'de, T: Deserialize<'de>, A: SeqAccess<'de>>(list: &mut A) -> Result<T, A::Error> {
    list.next_element()?.ok_or_else(|| A::Error::custom("the row is too short"))
}

fn end<'de, A: SeqAccess<'de>>(list: &mut A) -> Result<(), A::Error> {
    match list.next_element::<serde::de::IgnoredAny>()? {
        None => Ok(()),
        Some(_) => Err(A::Error::custom("the row is too long")),
    }
}

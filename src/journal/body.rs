//! What a record says, as it is written: one serde form per body, with borrowed texts.
//!
//! The order of the fields is the order of the keys on the line, and lists that are empty are left out.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A text that is borrowed from the line unless it holds an escape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Borrow;
        impl<'de> Visitor<'de> for Borrow {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        d.deserialize_str(Borrow)
    }
}

/// A map whose order is kept, without hashing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pairs<'a, V>(pub(super) Vec<(Text<'a>, V)>);

impl<V> Default for Pairs<'_, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<V> Pairs<'_, V> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V: Serialize> Serialize for Pairs<'_, V> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_map(self.0.iter().map(|(k, v)| (k, v)))
    }
}

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Pairs<'a, V> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Entries<'a, V>(PhantomData<(Text<'a>, V)>);
        impl<'de: 'a, 'a, V: Deserialize<'de>> Visitor<'de> for Entries<'a, V> {
            type Value = Pairs<'a, V>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(8);
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        d.deserialize_map(Entries(PhantomData))
    }
}

/// A recorded value. Whole ones are written without a point; what is read is exactly what was written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number(pub(super) f64);

/// Up to here (2^53) every whole number has its own `f64`.
const EXACT: f64 = 9_007_199_254_740_992.0;

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if self.0.fract() == 0.0 && self.0.abs() <= EXACT {
            s.serialize_i64(self.0 as i64)
        } else {
            s.serialize_f64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        // serde_json's own reading of fractions may be off by the last bit; the standard library's is exact.
        let raw = <&RawValue>::deserialize(d)?;
        raw.get().parse().map(Number).map_err(|_| serde::de::Error::custom("expected a number"))
    }
}

/// `round`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct RoundForm<'a> {
    pub(super) gap: i64,
    #[serde(borrow, default, skip_serializing_if = "Pairs::is_empty")]
    pub(super) gaps: Pairs<'a, i64>,
    pub(super) took: i64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) blind: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Pairs::is_empty")]
    pub(super) up: Pairs<'a, u32>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) not: Vec<SeenForm<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Pairs::is_empty")]
    pub(super) rec: Pairs<'a, Pairs<'a, Number>>,
}

/// One entry of `not`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SeenForm<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    pub(super) is: VerdictForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ms: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<i64>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) phase: Option<Text<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<Text<'a>>,
    pub(super) tries: u32,
}

/// A verdict as it is spelled.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum VerdictForm {
    Up,
    Degraded,
    Down,
    Unknown,
}

/// One entry of `detail`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DetailForm<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) text: Text<'a>,
}

/// `incident`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct IncidentForm<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(rename = "do")]
    pub(super) step: StepForm,
    #[serde(borrow)]
    pub(super) at: Text<'a>,
    #[serde(borrow)]
    pub(super) seen: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) components: Vec<Text<'a>>,
}

/// A step as it is spelled.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StepForm {
    Open,
    Join,
    Recover,
    Relapse,
    Resolve,
}

/// `maintenance`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct MaintenanceForm<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
    #[serde(borrow)]
    pub(super) starts: Text<'a>,
    #[serde(borrow)]
    pub(super) ends: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) components: Vec<Text<'a>>,
}

/// `words`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct WordsForm<'a> {
    #[serde(borrow)]
    pub(super) file: Text<'a>,
    #[serde(borrow)]
    pub(super) sha256: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(super) updates: Vec<UpdateForm<'a>>,
}

/// One update of `words`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct UpdateForm<'a> {
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) stamp: Option<Text<'a>>,
    #[serde(borrow)]
    pub(super) key: Text<'a>,
    #[serde(borrow)]
    pub(super) sha256: Text<'a>,
}

/// `channel`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ChannelForm<'a> {
    #[serde(borrow)]
    pub(super) id: Text<'a>,
}

/// `try`, `sent`, `gave_up`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TryForm<'a> {
    #[serde(borrow)]
    pub(super) channel: Text<'a>,
    #[serde(borrow)]
    pub(super) event: Text<'a>,
    pub(super) attempt: u32,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(super) why: Option<Text<'a>>,
}

/// `skip`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct SkipForm<'a> {
    pub(super) bytes: u64,
    #[serde(borrow)]
    pub(super) sha256: Text<'a>,
}

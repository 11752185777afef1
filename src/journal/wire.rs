//! One record as one line, to the byte, and back.
//!
//! Key order: `v`, `n`, `t`, `p`, the body, `skip` where there is one, `h`. There is no canonical JSON: what was
//! written is what is hashed. Reading goes the fast way over borrowed text; what that way cannot read (a later
//! version, an unknown body) is kept whole as [`Body::Other`].

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::journal::body::{
    ChannelForm, DetailForm, IncidentForm, MaintenanceForm, Number, Pairs, RoundForm, SeenForm, SkipForm, StepForm,
    Text, TryForm, UpdateForm, VerdictForm, WordsForm,
};
use crate::journal::pin_form::{self, PinForm};
use crate::journal::seal::{self, Flaw};
use crate::journal::when::moment;
use crate::model::{
    Body, ChainName, ComponentId, DeskIncident, DeskMaintenance, DeskWords, Detail, Head, IncidentId, IncidentStep,
    JournaledUpdate, Moment, ProbeKey, Record, Round, Seen, Skip, Span, Try, Verdict,
};

/// The one version that is written.
const VERSION: u32 = 1;

/// Probe keys that were met, so that each name stands in memory once. Rounds name their probes in the same order
/// again and again, so the key after the last one found is tried first.
#[derive(Debug, Default)]
pub(super) struct Names {
    keys: Vec<ProbeKey>,
    places: HashMap<ProbeKey, usize>,
    next: usize,
}

impl Names {
    pub(super) fn key(&mut self, text: &str) -> ProbeKey {
        if let Some(key) = self.keys.get(self.next).filter(|key| key.as_str() == text) {
            self.next += 1;
            return key.clone();
        }
        let place = self.places.get(text).copied().unwrap_or_else(|| {
            let key = ProbeKey::new(text);
            self.keys.push(key.clone());
            self.places.insert(key, self.keys.len() - 1);
            self.keys.len() - 1
        });
        self.next = place + 1;
        self.keys[place].clone()
    }
}

/// Writes one record's line, without a newline, behind what stands in `out`. Fails with the reason where a body
/// cannot be written so that it reads back the same.
pub(super) fn encode(
    out: &mut Vec<u8>,
    n: u64,
    t: Moment,
    prev: &Head,
    body: &Body,
    skip: Option<&Skip>,
) -> Result<(), String> {
    let from = out.len();
    out.extend_from_slice(format!(r#"{{"v":{VERSION},"n":{n},"t":"{}","p":"{prev}""#, t.rfc3339()).as_bytes());
    put_body(out, body)?;
    if let Some(skip) = skip {
        put(out, "skip", &SkipForm { bytes: skip.bytes, sha256: text(&skip.sha256) })?;
    }
    seal::close(out, from);
    Ok(())
}

fn put<T: serde::Serialize>(out: &mut Vec<u8>, key: &str, value: &T) -> Result<(), String> {
    out.extend_from_slice(format!(",\"{key}\":").as_bytes());
    serde_json::to_writer(&mut *out, value).map_err(|e| e.to_string())
}

fn put_body(out: &mut Vec<u8>, body: &Body) -> Result<(), String> {
    match body {
        Body::Round(round) => put(out, "round", &round_form(round)),
        Body::Details(list) => {
            let forms: Vec<_> =
                list.iter().map(|d| DetailForm { id: text(d.id.as_str()), text: text(&d.text) }).collect();
            put(out, "detail", &forms)
        }
        Body::Incident(i) => put_incident(out, i),
        Body::Maintenance(m) => {
            let (starts, ends) = (m.starts.rfc3339(), m.ends.rfc3339());
            let (starts, ends) = (text(&starts), text(&ends));
            put(out, "maintenance", &MaintenanceForm { id: text(&m.id), starts, ends, components: ids(&m.components) })
        }
        Body::Words(words) => put_words(out, words),
        Body::Channel(id) => put(out, "channel", &ChannelForm { id: text(id) }),
        Body::Try(attempt) => put(out, "try", &try_form(attempt)),
        Body::Sent(attempt) => put(out, "sent", &try_form(attempt)),
        Body::GaveUp(attempt) => put(out, "gave_up", &try_form(attempt)),
        Body::Join(a, b) => put(out, "join", &[a.as_str(), b.as_str()]),
        Body::Pin(pin) => pin_form::write(pin, |form| put(out, "pin", form)),
        Body::Other(raw) => {
            if !raw.is_empty() {
                out.push(b',');
                out.extend_from_slice(raw.as_bytes());
            }
            Ok(())
        }
    }
}

fn put_incident(out: &mut Vec<u8>, incident: &DeskIncident) -> Result<(), String> {
    let (at, seen) = (incident.at.rfc3339(), incident.seen.rfc3339());
    let form = IncidentForm {
        id: text(incident.id.as_str()),
        step: match incident.step {
            IncidentStep::Open => StepForm::Open,
            IncidentStep::Join => StepForm::Join,
            IncidentStep::Recover => StepForm::Recover,
            IncidentStep::Relapse => StepForm::Relapse,
            IncidentStep::Resolve => StepForm::Resolve,
        },
        at: text(&at),
        seen: text(&seen),
        components: ids(&incident.components),
    };
    put(out, "incident", &form)
}

fn put_words(out: &mut Vec<u8>, words: &DeskWords) -> Result<(), String> {
    let stamps: Vec<_> = words.updates.iter().map(|u| u.stamp.map(Moment::rfc3339)).collect();
    let updates = words.updates.iter().zip(&stamps).map(|(u, stamp)| UpdateForm {
        stamp: stamp.as_deref().map(text),
        key: text(&u.key),
        sha256: text(&u.sha256),
    });
    put(out, "words", &WordsForm { file: text(&words.file), sha256: text(&words.sha256), updates: updates.collect() })
}

fn text(t: &str) -> Text<'_> {
    Text::from(t)
}

fn ids(components: &[ComponentId]) -> Vec<Text<'_>> {
    components.iter().map(|c| text(c.as_str())).collect()
}

fn try_form(attempt: &Try) -> TryForm<'_> {
    TryForm {
        channel: text(&attempt.channel),
        event: text(&attempt.event),
        attempt: attempt.attempt,
        why: attempt.why.as_deref().map(text),
    }
}

fn round_form(round: &Round) -> RoundForm<'_> {
    // JSON has no word for a value that is no number; such a one was not measured and is left out.
    let rec = round.rec.iter().filter_map(|(id, values)| {
        let finite: Vec<_> =
            values.iter().filter(|(_, v)| v.is_finite()).map(|(name, v)| (text(name), Number(*v))).collect();
        (!finite.is_empty()).then(|| (text(id.as_str()), Pairs(finite)))
    });
    RoundForm {
        gap: round.gap.ms(),
        gaps: Pairs(round.gaps.iter().map(|(id, gap)| (text(id.as_str()), gap.ms())).collect()),
        took: round.took.ms(),
        blind: round.blind.as_deref().map(text),
        up: Pairs(round.up.iter().map(|(id, ms)| (text(id.as_str()), *ms)).collect()),
        not: round.not.iter().map(seen_form).collect(),
        rec: Pairs(rec.collect()),
    }
}

fn seen_form(seen: &Seen) -> SeenForm<'_> {
    SeenForm {
        id: text(seen.id.as_str()),
        is: match seen.is {
            Verdict::Up => VerdictForm::Up,
            Verdict::Degraded => VerdictForm::Degraded,
            Verdict::Down => VerdictForm::Down,
            Verdict::Unknown => VerdictForm::Unknown,
        },
        ms: seen.ms,
        after: seen.after.map(Span::ms),
        phase: seen.phase.as_deref().map(text),
        why: (!seen.why.is_empty()).then(|| text(&seen.why)),
        tries: seen.tries,
    }
}

/// A line of version 1, as far as this version knows it.
#[derive(Deserialize)]
struct LineForm<'a> {
    v: u32,
    n: u64,
    #[serde(borrow)]
    t: Text<'a>,
    #[serde(borrow)]
    p: Text<'a>,
    #[serde(borrow)]
    skip: Option<SkipForm<'a>>,
    #[serde(borrow)]
    round: Option<RoundForm<'a>>,
    #[serde(borrow)]
    detail: Option<Vec<DetailForm<'a>>>,
    #[serde(borrow)]
    incident: Option<IncidentForm<'a>>,
    #[serde(borrow)]
    maintenance: Option<MaintenanceForm<'a>>,
    #[serde(borrow)]
    words: Option<WordsForm<'a>>,
    #[serde(borrow)]
    channel: Option<ChannelForm<'a>>,
    #[serde(borrow)]
    r#try: Option<TryForm<'a>>,
    #[serde(borrow)]
    sent: Option<TryForm<'a>>,
    #[serde(borrow)]
    gave_up: Option<TryForm<'a>>,
    #[serde(borrow)]
    join: Option<(Text<'a>, Text<'a>)>,
    #[serde(borrow)]
    pin: Option<PinForm<'a>>,
}

/// A line that was read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Decoded {
    /// The record.
    pub(super) record: Record,
    /// Why its body could not be read although its key is one of ours; it then stands as [`Body::Other`].
    pub(super) trouble: Option<String>,
}

/// Reads one line (without its newline) after checking its hash.
pub(super) fn decode(chain: &ChainName, line: &[u8], names: &mut Names) -> Result<Decoded, Flaw> {
    let (line, hash) = seal::check(line)?;
    let head = Head::new(hash);
    let trouble = match serde_json::from_str::<LineForm>(line) {
        Ok(form) if form.v == VERSION => {
            let (n, prev) = (form.n, Head::new(&*form.p.0));
            let t = moment(&form.t.0).ok_or(Flaw::NoRecord)?;
            let skip = form.skip.as_ref().map(skip_of);
            if let Some(body) = known_body(form, names) {
                return Ok(Decoded {
                    record: Record { chain: chain.clone(), n, t, prev, head, body, skip },
                    trouble: None,
                });
            }
            None
        }
        Ok(_) => None,
        Err(error) => Some(error.to_string()),
    };
    decode_other(chain, line, head, trouble)
}

/// The slow way: the envelope of any version, and whatever else stands in the line, word for word.
fn decode_other(chain: &ChainName, line: &str, head: Head, trouble: Option<String>) -> Result<Decoded, Flaw> {
    let pairs: Pairs<&RawValue> = serde_json::from_str(line).map_err(|_| Flaw::NoRecord)?;
    let (mut v, mut n, mut t, mut p, mut skip) = (None, None, None, None, None);
    let mut rest = Vec::new();
    for (key, raw) in &pairs.0 {
        let raw = raw.get();
        match &*key.0 {
            "v" => v = serde_json::from_str::<u32>(raw).ok(),
            "n" => n = serde_json::from_str::<u64>(raw).ok(),
            "t" => t = serde_json::from_str::<Text>(raw).ok().and_then(|t| moment(&t.0)),
            "p" => p = serde_json::from_str::<Text>(raw).ok().map(|p| Head::new(&*p.0)),
            "skip" => skip = serde_json::from_str::<SkipForm>(raw).ok().map(|s| skip_of(&s)),
            "h" => {}
            _ => rest.push(format!("{}:{raw}", serde_json::to_string(key).unwrap_or_default())),
        }
    }
    let (Some(v), Some(n), Some(t), Some(prev)) = (v, n, t, p) else { return Err(Flaw::NoRecord) };
    let body = Body::Other(rest.join(","));
    let record = Record { chain: chain.clone(), n, t, prev, head, body, skip };
    Ok(Decoded { record, trouble: trouble.filter(|_| v == VERSION) })
}

/// The body, where it is one that this version knows and can read.
fn known_body(form: LineForm<'_>, names: &mut Names) -> Option<Body> {
    if let Some(round) = form.round {
        return Some(Body::Round(round_of(round, names)));
    }
    if let Some(list) = form.detail {
        let details = list.into_iter().map(|d| Detail { id: names.key(&d.id.0), text: d.text.0.into_owned() });
        return Some(Body::Details(details.collect()));
    }
    if let Some(incident) = form.incident {
        return incident_of(&incident).map(Body::Incident);
    }
    if let Some(m) = form.maintenance {
        let (starts, ends) = (moment(&m.starts.0)?, moment(&m.ends.0)?);
        let components = components_of(&m.components);
        return Some(Body::Maintenance(DeskMaintenance { id: m.id.0.into_owned(), starts, ends, components }));
    }
    if let Some(words) = form.words {
        return words_of(words).map(Body::Words);
    }
    if let Some(channel) = form.channel {
        return Some(Body::Channel(channel.id.0.into_owned()));
    }
    if let Some((a, b)) = form.join {
        return Some(Body::Join(Head::new(&*a.0), Head::new(&*b.0)));
    }
    if let Some(pin) = form.pin {
        return pin_form::read(pin).map(Body::Pin);
    }
    let tried = form.r#try.map(|a| Body::Try(try_of(a)));
    let sent = || form.sent.map(|a| Body::Sent(try_of(a)));
    let gave_up = || form.gave_up.map(|a| Body::GaveUp(try_of(a)));
    tried.or_else(sent).or_else(gave_up)
}

fn skip_of(form: &SkipForm<'_>) -> Skip {
    Skip { bytes: form.bytes, sha256: form.sha256.0.to_string() }
}

fn components_of(list: &[Text<'_>]) -> Vec<ComponentId> {
    list.iter().map(|c| ComponentId::new(&*c.0)).collect()
}

fn incident_of(form: &IncidentForm<'_>) -> Option<DeskIncident> {
    Some(DeskIncident {
        id: IncidentId::new(&*form.id.0),
        step: match form.step {
            StepForm::Open => IncidentStep::Open,
            StepForm::Join => IncidentStep::Join,
            StepForm::Recover => IncidentStep::Recover,
            StepForm::Relapse => IncidentStep::Relapse,
            StepForm::Resolve => IncidentStep::Resolve,
        },
        at: moment(&form.at.0)?,
        seen: moment(&form.seen.0)?,
        components: components_of(&form.components),
    })
}

fn words_of(form: WordsForm<'_>) -> Option<DeskWords> {
    let updates = form.updates.into_iter().map(|u| {
        let stamp = match u.stamp {
            Some(stamp) => Some(moment(&stamp.0)?),
            None => None,
        };
        Some(JournaledUpdate { stamp, key: u.key.0.into_owned(), sha256: u.sha256.0.into_owned() })
    });
    let updates = updates.collect::<Option<Vec<_>>>()?;
    Some(DeskWords { file: form.file.0.into_owned(), sha256: form.sha256.0.into_owned(), updates })
}

fn try_of(form: TryForm<'_>) -> Try {
    Try {
        channel: form.channel.0.into_owned(),
        event: form.event.0.into_owned(),
        attempt: form.attempt,
        why: form.why.map(|w| w.0.into_owned()),
    }
}

fn round_of(form: RoundForm<'_>, names: &mut Names) -> Round {
    Round {
        gap: Span::from_ms(form.gap),
        gaps: form.gaps.0.iter().map(|(id, gap)| (names.key(&id.0), Span::from_ms(*gap))).collect(),
        took: Span::from_ms(form.took),
        blind: form.blind.map(|b| b.0.into_owned()),
        up: form.up.0.iter().map(|(id, ms)| (names.key(&id.0), *ms)).collect(),
        not: form.not.into_iter().map(|seen| seen_of(seen, names)).collect(),
        rec: form
            .rec
            .0
            .into_iter()
            .map(|(id, values)| {
                let values = values.0.into_iter().map(|(name, value)| (name.0.into_owned(), value.0));
                (names.key(&id.0), values.collect())
            })
            .collect(),
    }
}

fn seen_of(form: SeenForm<'_>, names: &mut Names) -> Seen {
    Seen {
        id: names.key(&form.id.0),
        is: match form.is {
            VerdictForm::Up => Verdict::Up,
            VerdictForm::Degraded => Verdict::Degraded,
            VerdictForm::Down => Verdict::Down,
            VerdictForm::Unknown => Verdict::Unknown,
        },
        ms: form.ms,
        after: form.after.map(Span::from_ms),
        phase: form.phase.map(|p| p.0.into_owned()),
        why: form.why.map(|w| w.0.into_owned()).unwrap_or_default(),
        tries: form.tries,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Link, Pin};

    fn key() -> impl Strategy<Value = ProbeKey> {
        ("[a-z0-9-]{1,8}", ".{0,8}").prop_map(|(c, name)| ProbeKey::new(format!("{c}/{name}")))
    }

    fn when() -> impl Strategy<Value = Moment> {
        // The years 0000 to 9999.
        (-62_167_219_200_000_i64..=253_402_300_799_999).prop_map(Moment::from_ms)
    }

    fn span() -> impl Strategy<Value = Span> {
        any::<i64>().prop_map(Span::from_ms)
    }

    fn hash() -> impl Strategy<Value = Head> {
        "[0-9a-f]{64}".prop_map(Head::new)
    }

    fn finite() -> impl Strategy<Value = f64> {
        any::<f64>().prop_filter("JSON has no word for it", |f| f.is_finite())
    }

    prop_compose! {
        fn seen()(
            id in key(), is in prop::sample::select(vec![Verdict::Up, Verdict::Degraded, Verdict::Down, Verdict::Unknown]),
            ms in any::<Option<u32>>(), after in prop::option::of(span()), phase in prop::option::of(".*"),
            why in ".*", tries in any::<u32>(),
        ) -> Seen {
            Seen { id, is, ms, after, phase, why, tries }
        }
    }

    prop_compose! {
        fn round()(
            gap in span(), took in span(), gaps in prop::collection::vec((key(), span()), 0..3),
            blind in prop::option::of(".*"), up in prop::collection::vec((key(), any::<u32>()), 0..4),
            not in prop::collection::vec(seen(), 0..3),
            rec in prop::collection::vec((key(), prop::collection::vec((".*", finite()), 1..3)), 0..3),
        ) -> Round {
            Round { gap, gaps, took, blind, up, not, rec }
        }
    }

    prop_compose! {
        fn incident()(
            id in ".*", step in prop::sample::select(vec![
                IncidentStep::Open, IncidentStep::Join, IncidentStep::Recover, IncidentStep::Relapse, IncidentStep::Resolve,
            ]),
            at in when(), seen in when(), components in prop::collection::vec(".*".prop_map(ComponentId::new), 0..3),
        ) -> DeskIncident {
            DeskIncident { id: IncidentId::new(id), step, at, seen, components }
        }
    }

    prop_compose! {
        fn words()(
            file in ".*", sha256 in ".*",
            updates in prop::collection::vec((prop::option::of(when()), ".*", ".*"), 0..3),
        ) -> DeskWords {
            let updates = updates.into_iter().map(|(stamp, key, sha256)| JournaledUpdate { stamp, key, sha256 });
            DeskWords { file, sha256, updates: updates.collect() }
        }
    }

    prop_compose! {
        fn delivery()(channel in ".*", event in ".*", attempt in any::<u32>(), why in prop::option::of(".*")) -> Try {
            Try { channel, event, attempt, why }
        }
    }

    fn link() -> impl Strategy<Value = Link> {
        (any::<u64>(), hash(), hash()).prop_map(|(n, prev, head)| Link { n, prev, head })
    }

    fn pin() -> impl Strategy<Value = Pin> {
        (when(), link(), link(), "[0-9a-f]{64}", "[0-9a-f]{64}").prop_map(|(t, first, last, raw, file)| Pin {
            day: t.utc().date_naive(),
            first,
            last,
            raw,
            file,
        })
    }

    fn body() -> impl Strategy<Value = Body> {
        prop_oneof![
            4 => round().prop_map(Body::Round),
            1 => prop::collection::vec((key(), ".*"), 0..3)
                .prop_map(|list| Body::Details(list.into_iter().map(|(id, text)| Detail { id, text }).collect())),
            1 => incident().prop_map(Body::Incident),
            1 => (".*", when(), when(), prop::collection::vec(".*".prop_map(ComponentId::new), 0..3)).prop_map(
                |(id, starts, ends, components)| Body::Maintenance(DeskMaintenance { id, starts, ends, components })
            ),
            1 => words().prop_map(Body::Words),
            1 => ".*".prop_map(Body::Channel),
            1 => delivery().prop_map(Body::Try),
            1 => delivery().prop_map(Body::Sent),
            1 => delivery().prop_map(Body::GaveUp),
            1 => (hash(), hash()).prop_map(|(a, b)| Body::Join(a, b)),
            1 => pin().prop_map(Body::Pin),
            1 => any::<u32>().prop_map(|n| Body::Other(format!("\"later\":{{\"n\":{n}}}"))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(
            n in any::<u64>(), t in when(), prev in hash(), body in body(),
            skip in prop::option::of((any::<u64>(), "[0-9a-f]{64}")),
        ) {
            let skip = skip.map(|(bytes, sha256)| Skip { bytes, sha256 });
            let mut line = Vec::new();
            encode(&mut line, n, t, &prev, &body, skip.as_ref()).unwrap();
            prop_assert!(!line.contains(&b'\n'));
            let chain = ChainName::from("local");
            let read = decode(&chain, &line, &mut Names::default()).unwrap();
            prop_assert_eq!(read.trouble, None);
            let head = read.record.head.clone();
            prop_assert_eq!(&read.record, &Record { chain: chain.clone(), n, t, prev, head, body, skip });
            // And what was read is written to the same bytes.
            let mut again = Vec::new();
            let Record { n, t, prev, body, skip, .. } = &read.record;
            encode(&mut again, *n, *t, prev, body, skip.as_ref()).unwrap();
            prop_assert_eq!(again, line);
        }

        #[test]
        fn bytes_that_are_no_record_are_no_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(decode(&ChainName::from("local"), &bytes, &mut Names::default()).is_err());
        }
    }

    #[test]
    fn the_line_is_the_records_own_example() {
        let body = Body::Round(Round {
            gap: Span::from_ms(150_000),
            took: Span::from_ms(812),
            up: vec![("web/http".into(), 83), ("redis/redis".into(), 2)],
            not: vec![Seen {
                id: "api/http".into(),
                is: Verdict::Down,
                ms: Some(5000),
                after: None,
                phase: Some("first_byte".into()),
                why: "no answer within 5 s".into(),
                tries: 3,
            }],
            rec: vec![("redis/redis".into(), vec![("info.used_memory".into(), 1_048_576.0)])],
            ..Round::default()
        });
        let mut line = Vec::new();
        let t = Moment::parse_rfc3339("2026-11-23T17:00:00.004Z").unwrap();
        encode(&mut line, 812, t, &Head::from("<64 hex>"), &body, None).unwrap();
        let line = String::from_utf8(line).unwrap();
        insta::assert_snapshot!(line.rsplit_once(",\"h\":").unwrap().0, @r#"{"v":1,"n":812,"t":"2026-11-23T17:00:00.004Z","p":"<64 hex>","round":{"gap":150000,"took":812,"up":{"web/http":83,"redis/redis":2},"not":[{"id":"api/http","is":"down","ms":5000,"phase":"first_byte","why":"no answer within 5 s","tries":3}],"rec":{"redis/redis":{"info.used_memory":1048576}}}"#);
    }
}

//! What a component's probes recorded, over ninety days: the least and the greatest value of each day.

use chrono::NaiveDate;
use serde::Serialize;

use crate::model::{Moment, Probe, Span, Visibility};
use crate::site::band::{Band, Words, band};
use crate::site::clock::Clock;
use crate::site::recorded::{number, unit_of, words};
use crate::site::scene::Card;
use crate::site::sentences as say;
use crate::timeline::Day;

/// Most fields on a page, in the order of the config's probes and the fields' names.
const FIELDS: usize = 8;

const HOUR: Span = Span::from_mins(60);

/// A recorded field.
#[derive(Clone, Debug, Serialize)]
pub struct Values {
    /// "Used memory"
    pub name: String,
    /// Its days.
    pub band: Band,
}

/// The recorded fields of a component, from hours that closed by `until`.
pub fn values(card: &Card<'_>, days: &[Day], clock: Clock, first: NaiveDate, until: Moment) -> Vec<Values> {
    let probe = |key: &crate::model::ProbeKey| card.component.probes.iter().find(|p| p.key.name() == key.name());
    let all = card.timeline.map_or(&[][..], |t| &t.probes).iter();
    let public = all.filter_map(|t| Some((t, probe(&t.key)?))).filter(|(_, p)| p.visibility == Visibility::Public);
    let fields = public.flat_map(|(t, p)| t.recorded.iter().map(move |(field, hours)| (p, field.as_str(), hours)));
    let drawn = fields.filter_map(|(probe, field, hours)| {
        // An hour counts once it is over.
        let of_day = |day: &Day| {
            let to = day.to.min(until - HOUR + Span::from_ms(1));
            let inside = &hours[hours.partition_point(|h| h.hour < day.from)..];
            let inside = inside.iter().take_while(|h| h.hour < to);
            inside.fold(None, |all: Option<(f64, f64)>, h| {
                Some(all.map_or((h.min, h.max), |(min, max)| (min.min(h.min), max.max(h.max))))
            })
        };
        let days: Vec<Option<(f64, f64)>> = days.iter().map(of_day).collect();
        draw(probe, field, &days, clock, first)
    });
    drawn.take(FIELDS).collect()
}

fn draw(probe: &Probe, field: &str, days: &[Option<(f64, f64)>], clock: Clock, first: NaiveDate) -> Option<Values> {
    let name = say::sentence_case(&words(field));
    let unit = unit_of(probe, field);
    let figure = |v: f64| format!("{}{unit}", number(v));
    let label = |least: &str, most: &str, peak: &str| {
        format!("{name}: from {least} to {most} on the last day; highest day {peak}.")
    };
    let said = Words { figure: &figure, ends: ("least", "most"), least: 0.0, label: &label };
    let band = band(days, clock, first, &said)?;
    Some(Values { name, band })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HourOf, Status, Zone};
    use crate::site::fixture;
    use crate::timeline::{ComponentTimeline, days};

    #[test]
    fn closed_hours_are_drawn_with_their_unit_and_internal_probes_are_not() {
        let until = Moment::parse_rfc3339("2026-11-23T17:00:00Z").unwrap();
        let hour = |back: i64, min: f64, max: f64| HourOf {
            hour: until - Span::from_mins(60 * back),
            min,
            max,
            sum: 0.0,
            count: 2,
        };
        let mut component = fixture::component("redis", "Redis", "Data", &[]);
        component.probes[0].units = vec![("info.used_memory".into(), "bytes")];
        let probe = |recorded| crate::timeline::ProbeTimeline {
            key: component.probes[0].key.clone(),
            last: None,
            latency: Vec::new(),
            recorded,
        };
        let memory = vec![hour(50, 3.0, 7.0), hour(25, 5.0, 2000.0), hour(1, 1.0, 2.0), hour(0, 9e9, 9e9)];
        let since = Some(until - Span::from_mins(60 * 72));
        let timeline = ComponentTimeline {
            since,
            probes: vec![probe(vec![
                ("info.lag".into(), vec![hour(0, 1.0, 1.0)]),
                ("info.used_memory".into(), memory),
            ])],
            ..ComponentTimeline::blank("redis".into())
        };
        let told = |component: &crate::model::Component| {
            let card = Card {
                component,
                timeline: Some(&timeline),
                status: Status::Operational,
                since: None,
                declared: false,
                checking: None,
            };
            let days = days(&timeline, Zone::UTC, until, 4);
            let first = days[0].date;
            let drawn = values(&card, &days, Clock::on(Zone::UTC, until), first, until);
            drawn
                .into_iter()
                .map(|v| format!("{} | {} | {:?}", v.name, v.band.label, v.band.pieces))
                .collect::<Vec<_>>()
        };
        insta::assert_debug_snapshot!(told(&component), @r#"
        [
            "Used memory | Used memory: from 1 bytes to 2 bytes on the last day; highest day 2,000 bytes, 22 Nov. | [[(15, 999, 997), (25, 998, 140), (35, 1000, 1000)]]",
        ]
        "#);
        component.probes[0].visibility = Visibility::Internal;
        assert_eq!(told(&component), [""; 0]);
    }
}

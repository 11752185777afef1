//! What a component's probes recorded, over ninety days: the least and the greatest value of each day.

use chrono::NaiveDate;
use serde::Serialize;

use crate::model::{Moment, Probe, Span, Visibility};
use crate::site::World;
use crate::site::band::{Band, Words, band};
use crate::site::clock::Clock;
use crate::site::recorded::{number, unit_of, words};
use crate::site::scene::Card;
use crate::site::sentences as say;
use crate::timeline::{Day, hours};

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
pub fn values(
    world: &World<'_>,
    card: &Card<'_>,
    days: &[Day],
    clock: Clock,
    first: NaiveDate,
    until: Moment,
) -> Vec<Values> {
    let public = card.component.probes.iter().filter(|p| p.visibility == Visibility::Public);
    let places = &world.settings.run.vantages;
    let fields = public.flat_map(|p| hours(world.chains, places, card.component, p).into_iter().map(move |f| (p, f)));
    let drawn = fields.filter_map(|(probe, (field, hours))| {
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
    use crate::model::{Component, HourOf, Status, Strip, Summary};
    use crate::site::fixture;
    use crate::timeline::{ComponentTimeline, days};

    /// A chain in which a probe recorded these fields.
    fn chain(name: &str, key: &str, recorded: Vec<(&str, Vec<HourOf>)>) -> Summary {
        let recorded = recorded.into_iter().map(|(field, hours)| (field.to_owned(), hours)).collect();
        let strip = Strip { key: key.into(), runs: Vec::new(), hours: crate::model::Hours::default(), recorded };
        Summary { strips: vec![strip], ..Summary::empty(name.into()) }
    }

    #[test]
    fn closed_hours_of_all_places_are_drawn_with_their_unit_and_internal_probes_are_not() {
        let fixture = fixture::outage();
        let until = Moment::parse_rfc3339("2026-11-23T17:00:00Z").unwrap();
        let hour = |back: i64, min: f64, max: f64| {
            let hour = until - Span::from_mins(60 * back);
            HourOf { hour, min, max, sum: min + max, count: 2 }
        };
        let mut component = fixture::component("redis", "Redis", "Data", &[]);
        component.formerly = vec!["cache".into()];
        component.probes[0].units = vec![("info.used_memory".into(), "bytes")];
        let memory = |hours| ("info.used_memory", hours);
        let open = ("info.lag", vec![hour(0, 1.0, 1.0)]);
        let chains = [
            chain(
                "fremont",
                "redis/tcp",
                vec![open, memory(vec![hour(25, 5.0, 2000.0), hour(1, 1.0, 2.0), hour(0, 9e9, 9e9)])],
            ),
            chain("frankfurt", "redis/tcp", vec![memory(vec![hour(1, 0.5, 1.0)])]),
            chain("fremont", "cache/tcp", vec![memory(vec![hour(50, 3.0, 7.0)])]),
            // Nobody's place, and another's probe.
            chain("elsewhere", "redis/tcp", vec![memory(vec![hour(1, 7e9, 7e9)])]),
            chain("fremont", "web/tcp", vec![memory(vec![hour(1, 8e9, 8e9)])]),
        ];
        let timeline = ComponentTimeline {
            since: Some(until - Span::from_mins(60 * 72)),
            ..ComponentTimeline::blank("redis".into())
        };
        let told = |component: &Component| {
            let card = Card {
                component,
                timeline: Some(&timeline),
                status: Status::Operational,
                since: None,
                declared: false,
                checking: None,
            };
            let zone = crate::model::Zone::UTC;
            let days = days(&timeline, zone, until, 4);
            let world = World { chains: &chains, ..fixture.world() };
            let drawn = values(&world, &card, &days, Clock::on(zone, until), days[0].date, until);
            drawn
                .into_iter()
                .map(|v| format!("{} | {} | {:?}", v.name, v.band.label, v.band.pieces))
                .collect::<Vec<_>>()
        };
        insta::assert_debug_snapshot!(told(&component), @r#"
        [
            "Used memory | Used memory: from 0.5 bytes to 2 bytes on the last day; highest day 2,000 bytes, 22 Nov. | [[(15, 999, 997), (25, 998, 140), (35, 1000, 1000)]]",
        ]
        "#);
        component.probes[0].visibility = Visibility::Internal;
        assert_eq!(told(&component), [""; 0]);
    }
}

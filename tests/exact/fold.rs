//! What the fold says of a world. All that these tests know of how `timeline` is called stands here.

use std::fmt::Write as _;

use statuary::model::{Moment, Record, Settings, Vantage};
use statuary::timeline::{ComponentTimeline, Figure, ProbeTimeline, Timelines, WINDOWS, days, group_figure, months};

use crate::told::Told;

const HOUR_MS: i64 = 3_600_000;

/// Folds a record that is read cold.
pub fn fold_all(records: &[Record], settings: &Settings, moment: Moment) -> Timelines {
    statuary::timeline::fold(&statuary::timeline::history(records, moment), settings, moment)
}

/// Where a record that is read cold and one that is read on tell anything differently, figure or not.
pub fn unlike(cold: &Timelines, kept: &Timelines) -> String {
    let plain = |timelines: &Timelines| {
        let mut components = timelines.components.clone();
        // How the hours lie in memory is nobody's concern; what they hold is told.
        components.iter_mut().flat_map(|c| &mut c.probes).for_each(|p| p.latency.clear());
        let known = Moment::from_ms(crate::heard_from(timelines.moment));
        let mut places = timelines.places.clone();
        places.iter_mut().filter_map(|p| p.blind.as_mut()).for_each(|(since, _)| *since = known.max(*since));
        format!("{components:#?} {places:#?}")
    };
    let (cold, kept) = (plain(cold), plain(kept));
    let mut text = String::new();
    for (cold, kept) in cold.lines().zip(kept.lines()).filter(|(cold, kept)| cold != kept).take(20) {
        let _ = writeln!(text, "read cold: {cold}\n  read on: {kept}");
    }
    text
}

/// Tells what the fold says.
pub fn tell(timelines: &Timelines, settings: &Settings, moment: Moment, told: &mut Told) {
    for component in &timelines.components {
        let id = component.id.as_str();
        told.moment(id, "since", component.since.map(Moment::ms));
        told.stretches(
            id,
            component.stretches.iter().map(|s| {
                let minority = s.minority.iter().map(Vantage::as_str).collect();
                (s.from.ms(), s.to.ms(), s.status, s.known, minority)
            }),
        );
        outages(component, told);
        told.blips(id, component.blips.iter().map(|b| (b.from.ms(), b.to.ms())));
        told.moment(id, "pending", component.pending.as_ref().map(|p| p.from.ms()));
        told.moment(id, "last look", component.last_look.map(Moment::ms));
        component.probes.iter().for_each(|p| probe(p, component, moment, told));
        figures(component, settings, moment, told);
    }
    for window in WINDOWS {
        let from = window.from(settings.site.time_zone, moment);
        let children: Vec<Figure> = timelines.components.iter().map(|c| c.figure(from, moment)).collect();
        let group = group_figure(&children);
        told.group(window.name, &group.text(), &group.coverage_text());
    }
    for place in &timelines.places {
        let blind = place.blind.as_ref().map(|(since, _)| since.ms());
        told.place(place.vantage.as_str(), place.last_round.map(Moment::ms), blind, crate::heard_from(moment));
    }
}

fn outages(component: &ComponentTimeline, told: &mut Told) {
    let id = component.id.as_str();
    let all = component.outages.iter().map(|o| {
        let backs = o.come_backs.iter().map(|(a, b)| (a.ms(), b.ms())).collect();
        (o.from.ms(), o.end.map(|e| e.at.ms()), o.worst, backs)
    });
    told.outages(id, all);
    let confirmed = component.outages.iter().flat_map(|o| [Some(o.seen), o.end.map(|end| end.seen)]);
    told.confirmed(id, Some(confirmed.flatten().map(Moment::ms).collect()));
    let reasons = component.outages.iter().flat_map(|o| &o.reasons).map(|r| {
        let times = (r.at.ms(), r.last.ms());
        told.reason(r.probe.as_str(), r.vantage.as_str(), times, r.looks as usize, &r.why)
    });
    let reasons = reasons.collect();
    told.reasons(id, reasons, false);
}

fn probe(probe: &ProbeTimeline, component: &ComponentTimeline, moment: Moment, told: &mut Told) {
    let key = probe.key.as_str();
    told.last_look(key, probe.last.as_ref().map(|l| (l.at.ms(), l.verdict.word(), l.ms, l.why.clone())));
    let first = component.since.map_or(0, |since| since.ms().max(crate::drawn_from(moment)).div_euclid(HOUR_MS));
    // A second look may fall into an hour after the moment.
    let last = component.since.map_or(-1, |_| moment.ms().div_euclid(HOUR_MS) + 3);
    let hours = (first..=last).filter_map(|hour| {
        let (from, to) = (hour * HOUR_MS, (hour + 1) * HOUR_MS);
        let latency = probe.latency_between(Moment::from_ms(from), Moment::from_ms(to));
        let [half, most, all] = [0.5, 0.95, 1.0].map(|share| latency.quantile(share));
        Some((from, latency.count(), [half?, most?, all?]))
    });
    told.latency(key, hours);
}

fn figures(component: &ComponentTimeline, settings: &Settings, moment: Moment, told: &mut Told) {
    let id = component.id.as_str();
    let sums = |told: &mut Told, name: &str, f: Figure| {
        let of = [f.window_ms, f.known_ms, f.counted_ms, f.down_tenth_ms];
        told.figure(id, name, of, &[f.text(), f.coverage_text()]);
    };
    let zone = settings.site.time_zone;
    for (window, from, figure) in component.windows(zone, moment) {
        sums(told, window.name, figure);
        told.moment(id, &format!("{} since", window.name), component.since.map(|_| from.ms()));
    }
    for day in days(component, zone, moment, crate::DAYS as u32) {
        sums(told, &day.date.to_string(), day.figure);
        let counts = [i64::from(day.blips), day.known_ms, day.down_ms, day.degraded_ms];
        told.day(id, day.date, (day.from.ms(), day.to.ms()), [day.worst, day.worst_seen], counts);
    }
    for month in months(component, zone, moment, crate::MONTHS as u32) {
        sums(told, &month.first.to_string(), month.figure);
        let span = (month.from.ms(), month.to.ms());
        told.month(id, month.first, span, month.worst, [i64::from(month.blips), month.down_ms]);
    }
}

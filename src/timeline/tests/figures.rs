//! Uptime and coverage, windows, days, months, latency.

use chrono::NaiveDate;

use super::{MINUTE, declare, draw, first, minute, one_strip, settings, word};
use crate::model::Buckets;
use crate::model::{Moment, Zone};
use crate::timeline::tests::fold;
use crate::timeline::{ComponentTimeline, Figure, days, days_from, group_figure, last_24h, last_days, months};

/// Uptime and coverage of a window of one strip, as shown.
fn shown(strip: &str, from: f64, to: f64) -> (String, String) {
    let (records, settings) = one_strip(strip, 1, |_| {});
    let timelines = fold(&records, &settings, minute(strip.len() as f64));
    let figure = first(&timelines).figure(minute(from), minute(to));
    (plain(&figure.text()), plain(&figure.coverage_text()))
}

/// Without the space that does not break.
fn plain(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

#[test]
fn uptime_is_known_time_without_weighted_downtime() {
    let shown = |strip, from, to| {
        let (uptime, coverage) = shown(strip, from, to);
        format!("{uptime}, {coverage}")
    };
    assert_eq!(shown("uuuuuuuuuuu", 1.0, 11.0), "100.00 %, 100.0 %");
    assert_eq!(shown("uuuddduuuuu", 1.0, 11.0), "70.00 %, 100.0 %");
    assert_eq!(shown("uuugggguuuu", 1.0, 11.0), "100.00 %, 100.0 %", "degraded is no downtime");
    assert_eq!(shown("uuuuud", 1.0, 6.0), "100.00 %, 100.0 %", "a blip is no downtime");
    assert_eq!(shown("uuu???uuuuu", 1.0, 11.0), "100.00 %, 70.0 %", "unknown is not up");
    assert_eq!(shown("??????", 1.0, 6.0), "no data, 0.0 %");
    assert_eq!(shown("uuuuuuuuuuu", -50.0, 99.0), "100.00 %, 100.0 %", "from the first record to the moment");
    assert_eq!(shown("uuuuuuuuuuu", 6.0, 6.0), "no data, no data");
    assert_eq!(shown("uuuuuuuuuuu", 9.0, 3.0), "no data, no data");
}

#[test]
fn partial_counts_three_tenths_and_maintenance_nothing() {
    let settings = settings(&[("web", 2)], &["local"]);
    let mut records = Vec::new();
    draw(&mut records, "local", &[("web/a", "uddddddddduuuuuuuuuuu"), ("web/b", "uuuuuuuuuuuuuuuuuuuuu")]);
    let figure = |records: &[_]| first(&fold(records, &settings, minute(21.0))).figure(minute(1.0), minute(21.0));
    let plain = figure(&records);
    assert_eq!((plain.down_tenth_ms, plain.counted_ms), (9 * 3 * MINUTE, 20 * MINUTE));
    assert_eq!(plain.text(), "86.50\u{a0}%");
    declare(&mut records, 1.0, "move", 6.0, 11.0, &["web"]);
    let less = figure(&records);
    assert_eq!((less.known_ms, less.counted_ms, less.down_tenth_ms), (20 * MINUTE, 15 * MINUTE, 4 * 3 * MINUTE));
    assert_eq!(less.coverage_hundredths(), Some(10_000));
}

#[test]
fn a_whole_is_shown_only_where_there_was_no_downtime_at_all() {
    let figure = |down_tenth_ms| Figure { window_ms: 1 << 40, known_ms: 1 << 40, counted_ms: 1 << 40, down_tenth_ms };
    assert_eq!((figure(0).text(), figure(1).text()), ("100.00\u{a0}%".into(), "99.99\u{a0}%".into()));
    assert_eq!(Figure::default().uptime_hundredths(), None);
    let up =
        |tenths: i64| plain(&Figure { counted_ms: 1000, down_tenth_ms: 10_000 - tenths, ..Figure::default() }.text());
    assert_eq!([up(0), up(5), up(9998), up(10_000)], ["0.00 %", "0.05 %", "99.98 %", "100.00 %"]);
    let seen = |known_ms| plain(&Figure { window_ms: 10_000, known_ms, ..Figure::default() }.coverage_text());
    assert_eq!([seen(5), seen(9999), seen(10_000)], ["0.0 %", "99.9 %", "100.0 %"]);
}

#[test]
fn a_group_is_the_mean_of_its_children_floored_once() {
    let child = |window, known, counted, down| Figure {
        window_ms: window,
        known_ms: known,
        counted_ms: counted,
        down_tenth_ms: down,
    };
    let group = |children: &[Figure]| {
        let figure = group_figure(children);
        (figure.uptime_hundredths, figure.coverage_hundredths)
    };
    // Thirds: floored one by one they would make 49.99 %.
    assert_eq!(group(&[child(3, 3, 3, 20), child(3, 3, 3, 10)]), (Some(5000), Some(10_000)));
    // A child without data has no say in uptime, but in coverage.
    assert_eq!(group(&[child(10, 10, 10, 0), child(10, 0, 0, 0)]), (Some(10_000), Some(5000)));
    assert_eq!(group(&[child(1 << 40, 1 << 40, 1 << 40, 1), child(10, 10, 10, 0)]), (Some(9999), Some(10_000)));
    assert_eq!(group(&[child(10, 0, 0, 0)]), (None, Some(0)));
    assert_eq!(group(&[Figure::default()]), (None, None));
    assert_eq!(group(&[]), (None, None));
}

#[test]
fn windows_are_cut_in_the_sites_zone() {
    let la = Zone::parse("America/Los_Angeles").unwrap();
    let at = |text: &str| Moment::parse_rfc3339(text).unwrap();
    let now = at("2026-03-09T12:00:00-07:00");
    assert_eq!(last_24h(now), at("2026-03-08T12:00:00-07:00"));
    assert_eq!(last_days(la, now, 1), at("2026-03-09T00:00:00-07:00"));
    assert_eq!(last_days(la, now, 3), at("2026-03-07T00:00:00-08:00"));
}

/// A component that was up from a moment on, to another.
fn up_between(from: Moment, to: Moment) -> ComponentTimeline {
    let (mut records, settings) = one_strip("u", 1, |_| {});
    if let crate::model::Body::Round(round) = &mut records[0].body {
        round.gap = to - from + crate::model::Span::from_ms(1);
    }
    records[0].t = from;
    fold(&records, &settings, to).components.remove(0)
}

#[test]
fn days_have_23_24_and_25_hours_and_begin_with_the_first_record() {
    let la = Zone::parse("America/Los_Angeles").unwrap();
    let at = |text: &str| Moment::parse_rfc3339(text).unwrap();
    for (from, now, hours) in [
        ("2026-03-07T18:00:00-08:00", "2026-03-09T06:00:00-07:00", [None, Some(6), Some(23), Some(6)]),
        ("2026-10-31T00:00:00-07:00", "2026-11-02T00:00:00-08:00", [None, Some(24), Some(25), Some(0)]),
    ] {
        let component = up_between(at(from), at(now));
        let bars = days(&component, la, at(now), 4);
        let known: Vec<_> = bars.iter().map(|d| d.worst.map(|_| d.known_ms / 3_600_000)).collect();
        assert_eq!(known, hours, "{from}");
        assert_eq!(bars[3].date, la.date(at(now)));
        assert!(bars.windows(2).all(|w| w[0].to == w[1].from));
    }
}

#[test]
fn a_day_shows_its_worst_and_counts_the_blips_that_began_on_it() {
    // Midnight is minute 1440: round 1439 and 1440 are one blip, begun the day before.
    let strip = format!("{}{}{}", "u".repeat(1437), "duu", "u".repeat(3)) + "uddduu?uuu" + "gguu";
    let (mut records, settings) = one_strip(&strip, 1, |_| {});
    for record in &mut records {
        record.t = record.t + crate::model::Span::from_mins(1);
    }
    let now = minute(strip.len() as f64 + 1.0);
    let timelines = fold(&records, &settings, now);
    let bars = days(first(&timelines), Zone::UTC, now, 3);
    let told: Vec<_> = bars.iter().map(|d| (d.worst.map(word), d.worst_seen.map(word), d.blips)).collect();
    assert_eq!(told, [(None, None, 0), (Some("up"), Some("up"), 1), (Some("major"), Some("major"), 0)]);
    let today = &bars[2];
    assert_eq!((today.down_ms, today.degraded_ms), (3 * MINUTE, 2 * MINUTE));
    assert_eq!(today.figure.window_ms - today.known_ms, MINUTE);
}

#[test]
fn a_page_that_reaches_to_an_hour_counts_nothing_after_it() {
    let (records, settings) = one_strip("uuuuuudd", 1, |_| {});
    let timelines = fold(&records, &settings, minute(8.0));
    let told = |until: f64| {
        let day = &days(first(&timelines), Zone::UTC, minute(until), 1)[0];
        let month = &months(first(&timelines), Zone::UTC, minute(until), 1)[0];
        assert_eq!((month.worst, month.down_ms, month.figure), (day.worst, day.down_ms, day.figure));
        (day.worst.map(word), day.down_ms, day.figure.window_ms)
    };
    assert_eq!(told(6.0), (Some("up"), 0, 5 * MINUTE));
    assert_eq!(told(7.0), (Some("major"), 0, 6 * MINUTE), "what begins where the page ends is what it is about");
    assert_eq!(told(8.0), (Some("major"), MINUTE, 7 * MINUTE));
    let month = days_from(first(&timelines), Zone::UTC, minute(8.0), NaiveDate::default(), 3);
    let worst: Vec<_> = month.iter().map(|d| d.worst.map(word)).collect();
    assert_eq!(worst, [Some("major"), None, None], "days that have not begun are empty");
}

#[test]
fn a_day_that_began_this_moment_shows_the_moment() {
    let component = up_between(minute(0.0), minute(1440.0));
    let today = &days(&component, Zone::UTC, minute(1440.0), 1)[0];
    assert_eq!((today.worst.map(word), today.figure.text().as_str()), (Some("up"), "no data"));
}

#[test]
fn months_are_cut_in_the_zone_too() {
    let berlin = Zone::parse("Europe/Berlin").unwrap();
    let at = |text: &str| Moment::parse_rfc3339(text).unwrap();
    let now = at("2026-04-01T06:00:00+02:00");
    let component = up_between(at("2026-03-01T00:00:00+01:00"), now);
    let told: Vec<_> = months(&component, berlin, now, 3)
        .iter()
        .map(|m| (m.first, m.worst.is_some(), m.figure.known_ms / 3_600_000))
        .collect();
    let date = |m| NaiveDate::from_ymd_opt(2026, m, 1).unwrap();
    assert_eq!(told, [(date(2), false, 0), (date(3), true, 31 * 24 - 1), (date(4), true, 6)]);
}

#[test]
fn buckets_keep_latency_within_eight_tenths_of_a_percent() {
    for ms in (0..10_000).chain((10_000..5_000_000).step_by(997)).chain([u32::MAX]) {
        let told = Buckets::ms(Buckets::of(ms));
        assert!(f64::from(told.abs_diff(ms)) <= f64::from(ms) * 0.008, "{ms} became {told}");
    }
    assert!((1..100_000).all(|ms| Buckets::of(ms) - Buckets::of(ms - 1) <= 1), "no bucket is skipped");
}

#[test]
fn quantiles_are_the_nearest_rank() {
    assert_eq!(Buckets::default().quantile(0.5), None);
    let buckets = Buckets([10, 20, 30, 40].map(|ms| (Buckets::of(ms), 1)).to_vec());
    let ask = |b: &Buckets| [0.0, 0.5, 0.51, 0.99, 1.0].map(|q| b.quantile(q).unwrap());
    assert_eq!(ask(&buckets), [10, 20, 30, 40, 40]);
    let both = Buckets(buckets.0.iter().map(|(bucket, _)| (*bucket, 2)).collect());
    assert_eq!((both.count(), ask(&both)), (8, [10, 20, 30, 40, 40]));
}

#[test]
fn latency_is_kept_per_hour_and_only_of_answers() {
    let (records, settings) = one_strip(&("u".repeat(70) + "dd?gg" + &"u".repeat(60)), 1, |_| {});
    let timelines = fold(&records, &settings, minute(140.0));
    let probe = &first(&timelines).probes[0];
    let hours: Vec<_> = probe.latency[0].iter().map(|(hour, b)| (hour.ms() / 3_600_000, b.count())).collect();
    // The second hour misses five: two down, one unknown, and two degraded ones, which are drawn without a latency.
    assert_eq!(hours, [(0, 59), (1, 55), (2, 16)]);
    assert_eq!(probe.latency_between(minute(60.0), minute(140.0)).count(), hours[1].1 + hours[2].1);
    assert_eq!(probe.latency_between(minute(0.0), minute(140.0)).quantile(0.95), Some(40));
}

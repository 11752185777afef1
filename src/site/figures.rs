//! Uptime and coverage as MEANING "Figures" says: integer milliseconds, floored, 100 % only without any downtime.

use crate::model::{Moment, Span};
use crate::timeline::{ComponentTimeline, Figure};

/// Uptime and coverage of `[from, to)`, from the component's first record at the earliest.
pub fn measure(timeline: &ComponentTimeline, from: Moment, to: Moment) -> Figure {
    let from = timeline.since.map_or(to, |since| since.max(from));
    let mut figure = Figure { window_ms: (to - from).ms().max(0), ..Figure::default() };
    for s in &timeline.stretches {
        let ms = (s.to.min(to) - s.from.max(from)).ms();
        if ms <= 0 || !s.known {
            continue;
        }
        figure.known_ms += ms;
        if s.status != crate::model::Status::Maintenance {
            figure.counted_ms += ms;
            // A level that only a minority of the places sees counts no downtime; it is degraded and weighs nothing.
            figure.down_tenth_ms += ms * s.status.weight_tenths();
        }
    }
    figure
}

/// `99.98 %`, floored; "no data" where nothing was counted.
pub fn uptime(figure: &Figure) -> String {
    percent(figure.counted_ms * 10 - figure.down_tenth_ms, figure.counted_ms * 10, 2)
}

/// `99.6 %`, floored.
pub fn coverage(figure: &Figure) -> String {
    percent(figure.known_ms, figure.window_ms, 1)
}

/// A share with so many digits, floored: only the whole is 100.
pub fn percent(part: i64, whole: i64, digits: u32) -> String {
    if whole <= 0 {
        return "no data".to_owned();
    }
    let scale = 10i128.pow(digits);
    let floored = i128::from(part.max(0)) * 100 * scale / i128::from(whole);
    format!("{}.{:0width$}\u{a0}%", floored / scale, floored % scale, width = digits as usize)
}

/// The mean uptime of those with anything counted, floored once, and the mean coverage of all.
pub fn group(figures: &[Figure]) -> (String, String) {
    let mean = |shares: Vec<(i64, i64)>, digits: u32| {
        let shares: Vec<_> = shares.into_iter().filter(|(_, whole)| *whole > 0).collect();
        if shares.is_empty() {
            return "no data".to_owned();
        }
        // Parts per 10^12 keep the mean exact far below the digits shown, in integers.
        let unit = 1_000_000_000_000i128;
        let sum: i128 = shares.iter().map(|(part, whole)| i128::from(*part) * unit / i128::from(*whole)).sum();
        let mut mean = (sum / shares.len() as i128) as i64;
        if shares.iter().all(|(part, whole)| part == whole) {
            mean = unit as i64;
        }
        percent(mean, unit as i64, digits)
    };
    (
        mean(figures.iter().map(|f| (f.counted_ms * 10 - f.down_tenth_ms, f.counted_ms * 10)).collect(), 2),
        mean(figures.iter().map(|f| (f.known_ms, f.window_ms)).collect(), 1),
    )
}

/// Time in a partial or major outage, unweighted, known or not a come-back: what "down for" says; none where there was none.
pub fn down(timeline: &ComponentTimeline, from: Moment, to: Moment) -> Option<Span> {
    let ms: i64 = timeline
        .stretches
        .iter()
        .filter(|s| s.status.weight_tenths() > 0)
        .map(|s| (s.to.min(to) - s.from.max(from)).ms().max(0))
        .sum();
    (ms > 0).then(|| Span::from_ms(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_only_without_any_downtime() {
        let year = 365 * 86_400_000;
        let f = |down_tenth_ms| Figure { window_ms: year, known_ms: year, counted_ms: year, down_tenth_ms };
        assert_eq!(uptime(&f(0)), "100.00\u{a0}%");
        assert_eq!(uptime(&f(1)), "99.99\u{a0}%");
        assert_eq!(uptime(&Figure::default()), "no data");
        assert_eq!(coverage(&Figure { known_ms: year - 1, ..f(0) }), "99.9\u{a0}%");
    }

    #[test]
    fn a_group_is_the_mean_of_unfloored_children() {
        let f = |counted_ms, down_tenth_ms| Figure { window_ms: 1000, known_ms: 1000, counted_ms, down_tenth_ms };
        assert_eq!(group(&[f(1000, 0), f(1000, 1000), f(0, 0)]).0, "95.00\u{a0}%");
        assert_eq!(group(&[f(1000, 0)]).0, "100.00\u{a0}%");
        assert_eq!(group(&[]).0, "no data");
    }
}

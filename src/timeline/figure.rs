//! Uptime and coverage, exact in integer milliseconds, floored once at the end (MEANING, "Figures").

use crate::model::{Moment, Status};
use crate::timeline::{ComponentTimeline, Figure};

/// A hundredth of a percent is the unit of what is shown: 10,000 is 100 %.
const WHOLE: u32 = 10_000;
/// Digits kept of each child's share before the group's one flooring: with windows up to 10¹³ ms (300 years) it fits 128 bits.
const FINE: u128 = 1_000_000_000_000_000_000_000_000;

/// A group's uptime and coverage, in hundredths of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupFigure {
    /// The mean of its children with `D > 0`, floored once; none: no data. 10,000 only where no child had downtime.
    pub uptime_hundredths: Option<u32>,
    /// The mean coverage of all its children, floored; none: nothing was ever watched.
    pub coverage_hundredths: Option<u32>,
}

impl ComponentTimeline {
    /// Uptime and coverage of `[from, to)`, which begins at the first record at the earliest and ends at the fold's
    /// moment at the latest.
    pub fn figure(&self, from: Moment, to: Moment) -> Figure {
        let (Some(since), Some(last)) = (self.since, self.stretches.last()) else { return Figure::default() };
        let (from, to) = (from.max(since), to.min(last.to));
        if from >= to {
            return Figure::default();
        }
        let mut figure = Figure { window_ms: (to - from).ms(), ..Figure::default() };
        let first = self.stretches.partition_point(|s| s.to <= from);
        for stretch in self.stretches[first..].iter().take_while(|s| s.from < to) {
            let ms = (stretch.to.min(to) - stretch.from.max(from)).ms();
            if stretch.known {
                figure.known_ms += ms;
                if stretch.status != Status::Maintenance {
                    figure.counted_ms += ms;
                    figure.down_tenth_ms += stretch.status.weight_tenths() * ms;
                }
            }
        }
        figure
    }
}

impl GroupFigure {
    /// Uptime in words: `99.98 %`, or `no data`.
    pub fn text(&self) -> String {
        percent(self.uptime_hundredths, 2)
    }

    /// Coverage in words: `98.5 %`, or `no data`.
    pub fn coverage_text(&self) -> String {
        percent(self.coverage_hundredths, 1)
    }
}

impl Figure {
    /// Uptime in hundredths of a percent, floored; 10,000 only where there was no downtime at all. None: `D = 0`.
    pub fn uptime_hundredths(&self) -> Option<u32> {
        let whole = i128::from(self.counted_ms) * 10;
        let up = whole - i128::from(self.down_tenth_ms);
        (whole > 0).then(|| (up * i128::from(WHOLE) / whole) as u32)
    }

    /// Known time in the window, in hundredths of a percent, floored. None: the window is empty.
    pub fn coverage_hundredths(&self) -> Option<u32> {
        let window = i128::from(self.window_ms);
        (window > 0).then(|| (i128::from(self.known_ms) * i128::from(WHOLE) / window) as u32)
    }

    /// Uptime in words: `99.98 %`, or `no data`.
    pub fn text(&self) -> String {
        percent(self.uptime_hundredths(), 2)
    }

    /// Coverage in words: `98.5 %`, or `no data`.
    pub fn coverage_text(&self) -> String {
        percent(self.coverage_hundredths(), 1)
    }

    /// Joins the figures of two windows of one component that do not overlap.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            window_ms: self.window_ms + other.window_ms,
            known_ms: self.known_ms + other.known_ms,
            counted_ms: self.counted_ms + other.counted_ms,
            down_tenth_ms: self.down_tenth_ms + other.down_tenth_ms,
        }
    }
}

/// A group's figures from its children's. A child whose window is empty was not yet watched and has no coverage.
pub fn group_figure(children: &[Figure]) -> GroupFigure {
    let counted = children.iter().filter(|c| c.counted_ms > 0);
    let up = |c: &Figure| (c.counted_ms * 10 - c.down_tenth_ms, c.counted_ms * 10);
    let flawless = counted.clone().all(|c| c.down_tenth_ms == 0);
    let uptime = mean(counted.map(up)).map(|mean| if flawless { WHOLE } else { mean.min(WHOLE - 1) });
    let watched = children.iter().filter(|c| c.window_ms > 0);
    let complete = watched.clone().all(|c| c.known_ms == c.window_ms);
    let coverage = mean(watched.map(|c| (c.known_ms, c.window_ms))).map(|mean| mean.min(WHOLE - u32::from(!complete)));
    GroupFigure { uptime_hundredths: uptime, coverage_hundredths: coverage }
}

/// The mean of fractions in hundredths of a percent, floored once. Each fraction is cut at 24 digits, and what the
/// cuts may have lost is given back, so that thirds that add up to a whole do.
fn mean(fractions: impl Iterator<Item = (i64, i64)>) -> Option<u32> {
    let (mut sum, mut count) = (0_u128, 0_u128);
    for (part, whole) in fractions {
        sum += part.max(0) as u128 * FINE / whole as u128;
        count += 1;
    }
    (count > 0).then(|| ((sum + count) / (FINE / u128::from(WHOLE)) / count) as u32)
}

/// Hundredths of a percent in words, with one or two digits, floored: `99.98 %`.
fn percent(hundredths: Option<u32>, digits: usize) -> String {
    let Some(hundredths) = hundredths else { return "no data".to_owned() };
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let shown = if digits == 1 { rest / 10 } else { rest };
    format!("{whole}.{shown:0digits$}\u{a0}%")
}

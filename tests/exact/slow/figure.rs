//! "Figures", counted from the stretches of the slow computation, with whole numbers of any length.

use std::cmp::Ordering;

use statuary::model::Status;

use super::Piece;

/// What a window holds, in ms (`down` in tenths of them).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    pub window: i64,
    pub known: i64,
    pub counted: i64,
    pub down: i64,
}

/// Counts `[from, to)`; the stretches begin at the first record and end at the moment.
pub fn sums(pieces: &[Piece], from: i64, to: i64) -> Sums {
    let mut sums = Sums::default();
    for piece in pieces {
        let ms = (piece.to.min(to) - piece.from.max(from)).max(0);
        let known = piece.state.measured != Status::NoData;
        let maintenance = piece.state.status == Status::Maintenance;
        sums.window += ms;
        if known {
            sums.known += ms;
        }
        if known && !maintenance {
            sums.counted += ms;
            sums.down += ms
                * match piece.state.status {
                    Status::Major => 10,
                    Status::Partial => 3,
                    _ => 0,
                };
        }
    }
    sums
}

/// Time in one of these statuses within `[from, to)`.
pub fn time_in(pieces: &[Piece], statuses: &[Status], from: i64, to: i64) -> i64 {
    let inside = pieces.iter().filter(|p| statuses.contains(&p.state.status));
    inside.map(|p| (p.to.min(to) - p.from.max(from)).max(0)).sum()
}

impl Sums {
    /// `uptime = (D − Σ weight·time) / D`, floored to two digits.
    pub fn uptime_text(self) -> String {
        percent(&[(self.counted * 10 - self.down, self.counted * 10)], 2)
    }

    /// Coverage = known ÷ window, floored to one digit.
    pub fn coverage_text(self) -> String {
        percent(&[(self.known, self.window)], 1)
    }
}

/// "Group: uptime the mean of unfloored children with D > 0, floored once; coverage the mean of all."
pub fn group_texts(children: &[Sums]) -> (String, String) {
    let up: Vec<_> = children.iter().map(|c| (c.counted * 10 - c.down, c.counted * 10)).collect();
    let seen: Vec<_> = children.iter().map(|c| (c.known, c.window)).collect();
    (percent(&up, 2), percent(&seen, 1))
}

/// The mean of fractions as a percentage, floored: the greatest one that is no more than it.
fn percent(fractions: &[(i64, i64)], digits: u32) -> String {
    let fractions: Vec<(u64, u64)> =
        fractions.iter().filter(|(_, of)| *of > 0).map(|(part, of)| (*part as u64, *of as u64)).collect();
    if fractions.is_empty() {
        return "no data".to_owned();
    }
    let unit = 10_u64.pow(digits);
    // The mean is `sum / (product · count)`; a step is one unit of the last digit shown.
    let product = fractions.iter().fold(Big::from(1), |all, (_, of)| all.times(*of));
    let mut sum = Big::from(0);
    for (i, (part, _)) in fractions.iter().enumerate() {
        let others = fractions.iter().enumerate().filter(|(j, _)| *j != i);
        sum = sum.plus(&others.fold(Big::from(*part), |all, (_, (_, of))| all.times(*of)));
    }
    let sum = sum.times(100 * unit);
    let whole = product.times(fractions.len() as u64);
    let fits = |steps: u64| whole.times(steps).cmp(&sum) != Ordering::Greater;
    let (mut steps, mut over) = (0, 100 * unit + 1);
    while over - steps > 1 {
        let middle = u64::midpoint(steps, over);
        if fits(middle) {
            steps = middle;
        } else {
            over = middle;
        }
    }
    format!("{}.{:0width$}\u{a0}%", steps / unit, steps % unit, width = digits as usize)
}

/// A whole number, lowest 32 bits first, without leading zeros.
struct Big(Vec<u32>);

impl Big {
    fn from(n: u64) -> Self {
        Self(vec![n as u32, (n >> 32) as u32]).trimmed()
    }

    fn trimmed(mut self) -> Self {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        self
    }

    fn times(&self, by: u64) -> Self {
        let by = u128::from(by);
        let mut carry = 0_u128;
        let mut digits = Vec::with_capacity(self.0.len() + 2);
        for digit in self.0.iter().copied().chain([0, 0]) {
            carry += u128::from(digit) * by;
            digits.push(carry as u32);
            carry >>= 32;
        }
        Self(digits).trimmed()
    }

    fn plus(&self, other: &Self) -> Self {
        let digit = |n: &Self, i: usize| u64::from(n.0.get(i).copied().unwrap_or(0));
        let mut carry = 0_u64;
        let mut digits = Vec::new();
        for i in 0..=self.0.len().max(other.0.len()) {
            carry += digit(self, i) + digit(other, i);
            digits.push(carry as u32);
            carry >>= 32;
        }
        Self(digits).trimmed()
    }

    fn cmp(&self, other: &Self) -> Ordering {
        self.0.len().cmp(&other.0.len()).then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[test]
fn whole_numbers_of_any_length() {
    let big = Big::from(u64::MAX).times(u64::MAX).plus(&Big::from(u64::MAX)).plus(&Big::from(u64::MAX));
    // (2⁶⁴ − 1)² + 2·(2⁶⁴ − 1) = 2¹²⁸ − 1.
    assert_eq!(big.0, [u32::MAX; 4]);
    assert_eq!(percent(&[(1, 3), (1, 3), (1, 3)], 2), "33.33\u{a0}%");
    assert_eq!(percent(&[(2, 3), (1, 3)], 2), "50.00\u{a0}%");
    assert_eq!(percent(&[(1_000_000_007 - 1, 1_000_000_007), (1, 1)], 2), "99.99\u{a0}%");
    assert_eq!(percent(&[(0, 0)], 1), "no data");
}

//! What is really so with a target, at every instant, whether anybody looks or not.

use statuary::model::Verdict;

use crate::dice::Dice;

/// A target's states, each until the next begins.
#[derive(Clone)]
pub struct Truth(Vec<(i64, Verdict)>);

impl Truth {
    /// A life from `from` to `to`: quiet, outages, degradation, blips and flapping, in steps of about a look.
    ///
    /// `trouble` is the share of troubled spans, in percent; `quiet` is how many looks a quiet span lasts at most.
    pub fn draw(dice: &mut Dice, from: i64, to: i64, step: i64, trouble: i64, quiet: i64) -> Self {
        let mut states = vec![(i64::MIN, Verdict::Up)];
        let mut t = from;
        while t < to {
            if dice.chance(trouble) {
                t = Self::trouble(dice, &mut states, t, step, quiet);
            } else {
                states.push((t, Verdict::Up));
                t += dice.between(step / 2, step * quiet);
            }
        }
        Self(states)
    }

    fn trouble(dice: &mut Dice, states: &mut Vec<(i64, Verdict)>, mut t: i64, step: i64, quiet: i64) -> i64 {
        let bad = |dice: &mut Dice| *dice.pick(&[Verdict::Down, Verdict::Down, Verdict::Degraded]);
        match dice.between(0, 4) {
            // A blip.
            0 => {
                states.push((t, bad(dice)));
                t + dice.between(step / 2, step * 2)
            }
            // An outage of one kind.
            1 | 2 => {
                states.push((t, bad(dice)));
                // Where it is quiet for long, it may be down for long too.
                let most = *dice.pick(&[14, 14, 14, 60, 14.max(2 * quiet)]);
                t + dice.between(step * 2, step * most)
            }
            // One that changes its face.
            3 => {
                for _ in 0..dice.between(2, 4) {
                    states.push((t, bad(dice)));
                    t += dice.between(step, step * 5);
                }
                t
            }
            // Flapping.
            _ => {
                let verdict = bad(dice);
                for _ in 0..dice.between(2, 9) {
                    states.push((t, verdict));
                    t += dice.between(step / 2, step + step / 2);
                    states.push((t, Verdict::Up));
                    t += dice.between(step / 2, step * 2);
                }
                t
            }
        }
    }

    /// Nothing but quiet.
    pub fn calm() -> Self {
        Self(vec![(i64::MIN, Verdict::Up)])
    }

    /// The longest time in which it is not up.
    pub fn worst(&self) -> Option<(i64, i64)> {
        let spells = self.0.chunk_by(|a, b| (a.1 == Verdict::Up) == (b.1 == Verdict::Up));
        let ends = spells.clone().skip(1).map(|spell| spell[0].0);
        spells.zip(ends).filter(|(s, _)| s[0].1 != Verdict::Up).map(|(s, end)| (s[0].0, end)).max_by_key(|s| s.1 - s.0)
    }

    pub fn at(&self, t: i64) -> Verdict {
        self.0[self.0.partition_point(|s| s.0 <= t) - 1].1
    }

    /// The worse of this and another.
    pub fn with(&self, other: &Self, t: i64) -> Verdict {
        self.at(t).max(other.at(t))
    }
}

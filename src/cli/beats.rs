//! When the rounds of `run --for` are due: at the start, and every so often after it, never two at once.

use std::time::Duration;

/// The beats of one long run. All times are since its start, by the monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beats {
    /// The beat of the round that is made, or that is made next.
    due: Duration,
    /// From one beat to the next; never zero.
    every: Duration,
    /// No round begins from here on.
    end: Duration,
}

impl Beats {
    /// The first is due at once.
    pub fn new(every: Duration, end: Duration) -> Self {
        Self { due: Duration::ZERO, every: every.max(Duration::from_millis(1)), end }
    }

    /// From now on they come so often, counted from the beat of the round that was just made.
    pub fn set_every(&mut self, every: Duration) {
        self.every = every.max(Duration::from_millis(1));
    }

    /// Goes on to the first beat that has not passed. Gives how many were missed because the round took so long.
    pub fn advance(&mut self, now: Duration) -> u64 {
        self.due += self.every;
        if now <= self.due {
            return 0;
        }
        let missed = |until: Duration| until.saturating_sub(self.due).as_nanos().div_ceil(self.every.as_nanos());
        // Beats after the end would not have been made.
        let left_out = missed(now.min(self.end).max(self.due));
        self.due += nanos(self.every.as_nanos().saturating_mul(missed(now)));
        u64::try_from(left_out).unwrap_or(u64::MAX)
    }

    /// How long it is until the next round; none where it would begin after the end.
    pub fn wait(&self, now: Duration) -> Option<Duration> {
        (self.due.max(now) < self.end).then(|| self.due.saturating_sub(now))
    }
}

fn nanos(n: u128) -> Duration {
    u64::try_from(n).map_or(Duration::MAX, Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a long run in seconds whose rounds take so long, the last of them over and over. Gives when each begins,
    /// and how many beats were left out.
    fn check(every: f64, end: f64, takes: &[f64]) -> (Vec<f64>, u64) {
        let s = Duration::from_secs_f64;
        let mut beats = Beats::new(s(every), s(end));
        let (mut now, mut begun, mut left_out) = (Duration::ZERO, Vec::new(), 0);
        loop {
            begun.push(now.as_secs_f64());
            now += s(takes[(begun.len() - 1).min(takes.len() - 1)]);
            left_out += beats.advance(now);
            let Some(wait) = beats.wait(now) else { return (begun, left_out) };
            now += wait;
        }
    }

    #[test]
    fn rounds_keep_to_the_beat() {
        assert_eq!(check(1.0, 5.0, &[0.2]), (vec![0.0, 1.0, 2.0, 3.0, 4.0], 0));
        assert_eq!(check(1.0, 5.0, &[1.0]), (vec![0.0, 1.0, 2.0, 3.0, 4.0], 0), "just in time");
        assert_eq!(check(1.0, 7.0, &[0.2, 2.5, 0.2]), (vec![0.0, 1.0, 4.0, 5.0, 6.0], 2), "a slow round");
        assert_eq!(check(1.0, 5.0, &[1.5]), (vec![0.0, 2.0, 4.0], 2), "each too slow");
        assert_eq!(check(60.0, 3000.0, &[1.0]).0.len(), 50);
    }

    #[test]
    fn the_end_is_the_end() {
        assert_eq!(check(60.0, 10.0, &[0.1]), (vec![0.0], 0), "shorter than one beat");
        assert_eq!(check(1.0, 2.0, &[30.0]), (vec![0.0], 1), "only the beat at 1 s was left out");
        assert_eq!(check(1.0, 2.5, &[30.0]), (vec![0.0], 2));
    }

    #[test]
    fn a_changed_interval_counts_from_the_last_beat() {
        let s = Duration::from_secs;
        let mut beats = Beats::new(s(60), s(3600));
        beats.set_every(s(10));
        assert_eq!((beats.advance(s(1)), beats.wait(s(1))), (0, Some(s(9))));
        beats.set_every(s(300));
        assert_eq!((beats.advance(s(11)), beats.wait(s(11))), (0, Some(s(299))));
    }

    #[test]
    fn a_machine_that_slept_wakes_up_after_the_end() {
        let s = Duration::from_secs;
        let mut beats = Beats::new(s(60), s(600));
        assert_eq!(beats.advance(s(1)), 0);
        assert_eq!(beats.wait(s(4000)), None);
    }
}

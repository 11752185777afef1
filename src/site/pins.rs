//! What pins the rounds of a time that is over, where the rounds themselves are not at hand.
//!
//! A place's chain is only ever appended to, and its rounds come in the order of their times. So what it saw until a
//! moment cannot change once a round after that moment is folded. Before, the last round that was folded tells
//! how far it has come. Three things can still change the past, and each is seen here:
//!
//! - the clock goes back by no more than a look vouches for (MEANING, fold 1: "nothing happens"): so a round counts as
//!   "after" only once it is that much later;
//! - rounds are set aside, doubled, damaged, missing, or brought in by a fork: then the number of rounds that were
//!   folded is no longer the number of rounds that the chain's last number promises;
//! - a chain of a place that is not configured is folded by nobody but drawn all the same: its head is taken in.

use crate::model::{Ink, Moment, Settings, Span};
use crate::site::scene::Scene;

/// What is known of every public chain of rounds.
pub struct Pins<'a> {
    places: Vec<Place<'a>>,
    /// Chain, number and hash of the last record.
    strangers: Vec<(&'a str, u64, &'a str)>,
    /// How far a clock may go back without a word.
    margin: Span,
}

/// A configured place.
struct Place<'a> {
    name: &'a str,
    last_round: Option<Moment>,
    /// Rounds that were folded, less the records that its public chain's last number promises.
    odds: i64,
}

impl<'a> Pins<'a> {
    /// Reads them off the places and the heads.
    pub fn new(scene: &Scene<'a>) -> Self {
        let world = scene.world;
        let chains = || world.heads.iter().filter(|w| w.chain.is_public() && !w.chain.is_desk());
        let place = |p: &'a crate::timeline::Place| {
            let name = p.vantage.as_str();
            let promised = chains().find(|w| w.chain.as_str() == name).map_or(0, |w| w.n as i64 + 1);
            Place { name, last_round: p.last_round, odds: p.rounds as i64 - promised }
        };
        let places: Vec<Place<'a>> = world.timelines.places.iter().map(place).collect();
        let stranger = |name: &str| !places.iter().any(|p| p.name == name);
        let strangers =
            chains().filter(|w| stranger(w.chain.as_str())).map(|w| (w.chain.as_str(), w.n, w.head.as_str())).collect();
        let margin = margin(world.settings);
        Self { places, strangers, margin }
    }

    /// Takes in what pins the rounds before a moment.
    pub fn take(&self, until: Moment, ink: &mut Ink) {
        let certain = until + self.margin;
        for Place { name, last_round, odds } in &self.places {
            ink.take(&(name, last_round.map(|at| at.min(certain)), odds));
        }
        ink.take(&self.strangers);
    }
}

/// How much later than a moment a round must be so that none before it can come: the longest that a look vouches for.
pub fn margin(settings: &Settings) -> Span {
    let gaps = settings.components.iter().flat_map(|c| &c.probes).map(|p| p.gap);
    gaps.chain([Span::from_ms(settings.run.interval.ms() * 5 / 2)]).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Print;
    use crate::site::fixture::{self, Fixture};
    use crate::site::fixture_words::ends;

    /// An outage that three places see, each with a chain of its own.
    fn seen() -> Fixture {
        let mut f = fixture::outage();
        f.heads = f.timelines.places.iter().map(|p| ends(p.vantage.as_str(), p.rounds - 1, "ab")).collect();
        f
    }

    #[test]
    fn what_is_over_is_pinned_and_whatever_may_still_change_it_is_seen() {
        let print = |f: &Fixture, minutes: i64| {
            let (world, mut ink) = (f.world(), Ink::default());
            Pins::new(&Scene::new(&world)).take(f.moment - Span::from_mins(minutes), &mut ink);
            ink.print()
        };
        let prints = |f: &Fixture| -> [Print; 2] { [print(f, 60), print(f, 1)] };
        let check = |what: &str, change: &dyn Fn(&mut Fixture), same: [bool; 2]| {
            let (old, mut after) = (prints(&seen()), seen());
            let moment = after.moment;
            change(&mut after);
            after.moment = moment;
            let new = prints(&after);
            assert_eq!([old[0] == new[0], old[1] == new[1]], same, "{what}: until an hour ago, until a minute ago");
        };
        check("nothing", &|_| {}, [true, true]);
        check("one more round of each place", &one_more, [true, false]);
        check("a round that came late", &|f| f.timelines.places[0].rounds += 1, [false, false]);
        check("a line that can no longer be read", &|f| f.timelines.places[0].rounds -= 1, [false, false]);
        check("a place that is behind", &|f| f.timelines.places[1].last_round = None, [false, false]);
        let stranger = |f: &mut Fixture| f.heads.push(ends("oslo", 7, "ab"));
        check("a chain of a place that is not configured", &stranger, [false, false]);
    }

    fn one_more(f: &mut Fixture) {
        for place in &mut f.timelines.places {
            place.rounds += 1;
            place.last_round = place.last_round.map(|t| t + Span::from_mins(1));
        }
        f.heads.iter_mut().for_each(|w| w.n += 1);
    }
}

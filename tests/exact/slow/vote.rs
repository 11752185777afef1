//! Rules 6 to 8, asked instant by instant: what do the places say of each probe, and what is the component?

use std::collections::BTreeSet;

use statuary::model::{Combine, Status};

use super::row::{Strip, holds};
use super::window::Windows;

/// One component's strips, probe by probe, place by place within.
pub struct Crossing {
    pub strips: Vec<Vec<Strip>>,
    pub windows: Windows,
    pub quorum: usize,
    pub combine: Combine,
}

/// A component at one instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// What is shown.
    pub status: Status,
    /// What is measured, whatever the window says.
    pub measured: Status,
    /// Places that see it down without a quorum.
    pub minority: BTreeSet<usize>,
    /// An outage of any level is open.
    pub open: bool,
    /// All that keeps it open is in a short good row.
    pub come_back: bool,
}

/// One probe at one instant.
#[derive(Default)]
struct Probe {
    counts: bool,
    /// Some place's look vouches.
    known: bool,
    degraded: bool,
    down: bool,
    /// Down somewhere, without a quorum.
    minority: BTreeSet<usize>,
    come_back: bool,
}

impl Crossing {
    /// Every instant at which anything may change.
    pub fn edges(&self) -> BTreeSet<i64> {
        let strips = self.strips.iter().flatten().flat_map(Strip::edges);
        strips.chain(self.windows.edges()).collect()
    }

    /// The component at an instant.
    pub fn at(&self, s: i64) -> State {
        let window = self.windows.hold(s);
        let probes: Vec<Probe> =
            self.strips.iter().map(|places| self.probe(places, s, window)).filter(|probe| probe.counts).collect();
        let count = |which: &dyn Fn(&Probe) -> bool| probes.iter().filter(|p| which(p)).count();
        let down = count(&|p| p.known && p.down);
        let bad = count(&|p| p.known && (p.degraded || !p.minority.is_empty()));
        let up = count(&|p| p.known && !p.down && !p.degraded && p.minority.is_empty());
        let one_is_enough = self.combine == Combine::Any && up > 0;
        let measured = if probes.is_empty() {
            Status::NoData
        } else if up == probes.len() || one_is_enough {
            Status::Operational
        } else if down == probes.len() {
            Status::Major
        } else if down > 0 {
            Status::Partial
        } else if bad > 0 {
            Status::Degraded
        } else {
            Status::NoData
        };
        let open = probes.iter().any(|p| p.degraded || p.down) && !one_is_enough;
        let status = if window { Status::Maintenance } else { measured };
        let named = status == Status::Degraded && !open;
        let minority = probes.iter().filter(|_| named).flat_map(|p| p.minority.iter().copied()).collect();
        let carrying = || probes.iter().filter(|p| p.degraded || p.down);
        State { status, measured, minority, open, come_back: open && carrying().all(|p| p.come_back) }
    }

    /// "A level holds where min(quorum, known) of the known strips have it."
    fn probe(&self, places: &[Strip], s: i64, window: bool) -> Probe {
        if !places.iter().any(|strip| strip.counts(s)) {
            return Probe::default();
        }
        let voting: Vec<&Strip> = places.iter().filter(|strip| strip.votes(s)).collect();
        let needed = self.quorum.min(voting.len());
        let bad: Vec<&&Strip> = voting.iter().filter(|strip| holds(&strip.bad, s)).collect();
        let down = voting.iter().filter(|strip| holds(&strip.down, s)).count();
        let degraded = needed > 0 && bad.len() >= needed;
        let lonely = |strip: &Strip| holds(&strip.down, s) && strip.known(s, window);
        let minority = (0..places.len()).filter(|place| !degraded && lonely(&places[*place])).collect();
        let back = |strip: &&&Strip| holds(&strip.come_backs[usize::from(holds(&strip.down, s))], s);
        Probe {
            counts: true,
            known: places.iter().any(|strip| strip.known(s, window)),
            degraded,
            down: needed > 0 && down >= needed,
            minority,
            come_back: bad.iter().all(back),
        }
    }
}

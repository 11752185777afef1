//! One component's timeline: its strips read, swept, and told with reasons; and what is firm of it.

use std::collections::HashMap;

use crate::model::{Combine, Component, Moment, Run, Settings, Verdict};
use crate::timeline::blip;
use crate::timeline::gather::{Gathered, Looks};
use crate::timeline::strip::{self, Story};
use crate::timeline::sweep::{Crossing, Swept, sweep};
use crate::timeline::{Blip, ComponentTimeline, LastLook, Outage, OutageEnd, Pending, ProbeTimeline, Reason, Stretch};

/// Differing reasons that one outage keeps, the first ones: some reasons carry a number that changes with every look.
const MAX_REASONS: usize = 64;

/// Folds one component.
pub(super) fn component(
    history: &Gathered<'_>,
    settings: &Settings,
    index: usize,
    moment: Moment,
) -> ComponentTimeline {
    let component = &settings.components[index];
    let room = Room { history, component, index, moment };
    let stories: Vec<Story> = room
        .strips()
        .map(|(_, _, looks)| strip::read(&looks.runs, &component.rules, &history.windows[index], moment.ms()))
        .collect();
    let since = stories.iter().filter_map(|s| s.since).min();
    let crossing = Crossing {
        stories: &stories,
        vantages: history.places.iter().map(|p| &p.vantage).collect(),
        quorum: settings.run.quorum.max(1),
        combine: component.combine,
        windows: &history.windows[index],
        moment: moment.ms(),
    };
    let (stretches, swept): (Vec<Stretch>, Vec<Swept>) =
        since.map_or_else(Default::default, |since| sweep(&crossing, since));
    ComponentTimeline {
        id: component.id.clone(),
        since: since.map(Moment::from_ms),
        stretches,
        outages: room.outages(swept, reach(&crossing)),
        blips: room.blips(&stories),
        pending: room.pending(&stories),
        last_look: room.last_look(),
        probes: (0..component.probes.len()).map(|p| room.probe(p)).collect(),
    }
}

/// The earliest instant from which something unfinished could still turn out to be an outage of this component.
///
/// Per probe it takes as many strips as the vote needs: those that are bad now, and those whose pending row (or
/// flapping that one more blip would carry on) reaches back. A single place that flaps undoes nothing that a quorum
/// has to see.
///
/// Where one probe up is enough, a single place counts: it can turn the probe that was up into one that is not.
fn reach(crossing: &Crossing<'_>) -> Option<i64> {
    if crossing.combine == Combine::Any {
        return crossing.stories.iter().filter_map(|s| s.reach).min();
    }
    let probes = crossing.stories.chunks(crossing.vantages.len().max(1));
    let per_probe = probes.filter_map(|stories| {
        let open = |s: &Story| s.bad.last().filter(|b| b.end.is_none()).map(|b| b.from);
        // A place that votes only since later had no say when the unfinished row began: then fewer were needed.
        let began = stories.iter().filter_map(|s| s.reach).min().unwrap_or(crossing.moment);
        let voting = |s: &Story| s.voting.iter().rev().take_while(|v| v.1 > crossing.moment).any(|v| v.0 <= began);
        let mut back: Vec<i64> = stories.iter().filter_map(|s| s.reach.into_iter().chain(open(s)).min()).collect();
        back.sort_unstable();
        let known = stories.iter().filter(|s| s.reach.is_some() || open(s).is_some() || voting(s)).count();
        let needed = crossing.quorum.min(known).max(1);
        // Without anything unfinished there is nothing to undo.
        let unfinished = stories.iter().any(|s| s.reach.is_some());
        back.get(needed - 1).copied().filter(|_| unfinished)
    });
    per_probe.min()
}

struct Room<'a> {
    history: &'a Gathered<'a>,
    component: &'a Component,
    index: usize,
    moment: Moment,
}

impl<'a> Room<'a> {
    /// Probe, place and looks of every strip, probe by probe.
    fn strips(&self) -> impl Iterator<Item = (usize, usize, &'a Looks<'a>)> {
        let (history, index) = (self.history, self.index);
        let places = history.places.len();
        (0..self.component.probes.len())
            .flat_map(move |probe| (0..places).map(move |place| (probe, place)))
            .map(move |(probe, place)| (probe, place, history.looks(index, probe, place)))
    }

    fn why(&self, reason: u32) -> String {
        self.history.reasons[reason as usize].1.clone()
    }

    fn outages(&self, swept: Vec<Swept>, reach: Option<i64>) -> Vec<Outage> {
        let mut outages: Vec<Outage> = Vec::with_capacity(swept.len());
        for one in swept {
            let end = one.end.map(|(at, seen)| OutageEnd {
                at: Moment::from_ms(at),
                seen: Moment::from_ms(seen),
                firm: reach.is_none_or(|reach| reach > at),
            });
            let after_firm = outages.last().and_then(|o| o.end).is_none_or(|end| end.firm);
            // A second look a few seconds after the moment belongs to a record that is folded.
            let until = one.end.map_or(i64::MAX, |(at, _)| at);
            outages.push(Outage {
                from: Moment::from_ms(one.from),
                seen: Moment::from_ms(one.seen),
                end,
                worst: one.worst,
                firm: after_firm && one.shaky_until <= self.moment.ms(),
                come_backs: one.come_backs.iter().map(|(a, b)| (Moment::from_ms(*a), Moment::from_ms(*b))).collect(),
                reasons: self.reasons(one.from, until),
            });
        }
        outages
    }

    /// Why looks failed in `[from, to)`.
    fn reasons(&self, from: i64, to: i64) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        for (probe, place, looks) in self.strips() {
            let mut here: Vec<Reason> = Vec::new();
            let mut index: HashMap<u32, Option<usize>> = HashMap::new();
            let first = looks.runs.partition_point(|l| l.last.ms() < from);
            let inside = looks.runs[first..].iter().take_while(|l| l.first.ms() < to);
            for look in inside.filter(|l| l.level() > Some(0)) {
                let slot = index.entry(looks.reason(look)).or_insert_with(|| {
                    let (phase, why) = self.history.reasons[looks.reason(look) as usize];
                    // A probe that moved to another chain (it was internal for a time) says the same under two numbers.
                    let same = here.iter().position(|r| (&r.phase, &r.why) == (phase, why));
                    same.or_else(|| {
                        (here.len() < MAX_REASONS).then(|| {
                            let at = look.first.max(Moment::from_ms(from));
                            let reason = Reason {
                                probe: self.component.probes[probe].key.clone(),
                                vantage: self.history.places[place].vantage.clone(),
                                at,
                                last: at,
                                looks: 0,
                                phase: phase.clone(),
                                why: why.clone(),
                            };
                            here.push(reason);
                            here.len() - 1
                        })
                    })
                });
                if let Some(slot) = *slot {
                    here[slot].looks += look.looks;
                    here[slot].last = look.last;
                }
            }
            reasons.extend(here);
        }
        reasons.sort_by_key(|r| r.at);
        reasons.truncate(MAX_REASONS);
        reasons
    }

    /// Blips of all strips; overlapping ones are one.
    fn blips(&self, stories: &[Story]) -> Vec<Blip> {
        let all = stories.iter().zip(self.strips()).flat_map(|(s, (_, _, looks))| {
            s.blips.iter().map(|b| blip::Short { reason: looks.first_reason() + b.reason, ..*b })
        });
        let all = all.collect();
        let tell =
            |b: blip::Short| Blip { from: Moment::from_ms(b.from), to: Moment::from_ms(b.to), why: self.why(b.reason) };
        blip::merge(all).into_iter().map(tell).collect()
    }

    /// The earliest bad row that is not finished.
    fn pending(&self, stories: &[Story]) -> Option<Pending> {
        let rows = stories.iter().zip(self.strips()).filter_map(|(story, (_, _, looks))| {
            let (first, last) = story.pending?;
            Some((looks.runs[first].first.ms(), looks.reason(&looks.runs[last])))
        });
        let (from, reason) = rows.min_by_key(|(from, _)| *from)?;
        Some(Pending { from: Moment::from_ms(from), why: self.why(reason) })
    }

    /// The last known look of any strip; a second look after the moment counts as at the moment.
    fn last_look(&self) -> Option<Moment> {
        let last = |runs: &[Run]| runs.iter().rev().find(|l| l.level().is_some()).map(|l| l.last);
        let latest = self.strips().filter_map(|(_, _, looks)| last(&looks.runs)).max()?;
        Some(latest.min(self.moment))
    }

    fn probe(&self, probe: usize) -> ProbeTimeline {
        let strips = || self.strips().filter(move |(p, _, _)| *p == probe).map(|(_, _, looks)| looks);
        let last = strips().filter_map(|looks| looks.runs.last().map(|run| (looks, run)));
        let last = last.max_by_key(|(_, run)| (run.last, run.verdict)).map(|(looks, run)| LastLook {
            at: run.last.min(self.moment),
            verdict: run.verdict,
            ms: (run.ms != Run::NO_MS).then_some(run.ms),
            why: if run.verdict == Verdict::Up { String::new() } else { self.why(looks.reason(run)) },
        });
        let latency = strips().flat_map(|looks| looks.hours.iter().cloned()).collect();
        ProbeTimeline { key: self.component.probes[probe].key.clone(), last, latency }
    }
}

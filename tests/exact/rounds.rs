//! The places look: late, doubled, blind, with holes, and by clocks that step.

use std::collections::BTreeMap;

use statuary::model::{Body, Round, Seen, Span, Verdict};

use crate::chains::Chains;
use crate::dice::Dice;
use crate::plan::{Plan, Slot, round};

/// What a clock shows beyond the truth, each from a moment on.
struct Clock(Vec<(i64, i64)>);

const DAY: i64 = 86_400_000;

impl Clock {
    /// Mostly right; else a step of one of the kinds that rule 1 tells apart.
    fn draw(dice: &mut Dice, plan: &Plan) -> Self {
        let mut steps = vec![(i64::MIN, 0)];
        let gap = plan.gaps[0];
        let mut when = [dice.between(plan.start, plan.end), dice.between(plan.start, plan.end)];
        when.sort_unstable();
        let far = |dice: &mut Dice| DAY + dice.between(gap, 2 * DAY);
        match dice.between(if plan.regular { 20 } else { 0 }, 20) {
            0 | 1 => steps.push((when[0], -dice.between(0, gap))),
            // Of the next round, that is as far as nothing happens, or a little further.
            2 if dice.chance(50) => steps.push((when[0], -(gap + plan.step + dice.between(0, 1) * plan.grain))),
            2 => steps.push((when[0], -dice.between(gap, 12 * gap))),
            3 => steps.extend([(when[0], dice.between(gap, 12 * gap)), (when[1], 0)]),
            4 => steps.extend([(when[0], far(dice)), (when[1], 0)]),
            5 => steps.extend([(when[0], -far(dice)), (when[1], 0)]),
            6 => steps.extend([(when[0], -far(dice)), (when[1], dice.between(-gap, 2 * gap))]),
            7 => steps.push((when[0], far(dice))),
            _ => {}
        }
        Self(steps)
    }

    fn shows(&self, real: i64) -> i64 {
        real + self.0[self.0.partition_point(|s| s.0 <= real) - 1].1
    }
}

/// How one place behaves.
struct Place {
    index: usize,
    clock: Clock,
    /// How often it skips rounds, is late, looks a second time, doubles a round, cannot tell; in percent.
    holes: i64,
    late: i64,
    second: i64,
    doubled: i64,
    unknown: i64,
    /// How often what fails gives another reason.
    moody: i64,
    after: i64,
    /// How long its records take until those who read have them.
    lag: i64,
    /// While its own line is dead.
    blind: (i64, i64),
    /// Times that it claimed, and how many config changes had been by then.
    claimed: BTreeMap<i64, usize>,
}

/// Writes every round of every place.
pub fn write(plan: &Plan, dice: &mut Dice, chains: &mut Chains) {
    let often = *dice.pick(&[0, 0, 3, 10]);
    for index in 0..plan.places.len() {
        let blind_from = if dice.chance(25) { dice.between(plan.start, plan.end) } else { i64::MAX };
        let blind_for = *dice.pick(&[8, 40, 100]);
        let blind_for = dice.between(1, blind_for);
        let mut place = Place {
            index,
            clock: Clock::draw(dice, plan),
            holes: often,
            late: *dice.pick(&[0, 30]),
            second: *dice.pick(&[0, 0, 60]),
            doubled: *dice.pick(&[0, 0, 4]),
            moody: *dice.pick(&[0, 0, 33]),
            unknown: *dice.pick(&[0, 2, 8]),
            after: *dice.pick(&[plan.grain.max(10_000), plan.step / 6 + 1]),
            lag: *dice.pick(&[0, 0, 0, plan.step / 3, 20 * plan.step]),
            blind: (blind_from, blind_from.saturating_add(plan.step * blind_for)),
            claimed: BTreeMap::new(),
        };
        place.live(plan, dice, chains);
    }
}

impl Place {
    fn live(&mut self, plan: &Plan, dice: &mut Dice, chains: &mut Chains) {
        // A place may look at a pace of its own.
        let step = plan.step * *dice.pick(&[1, 1, 1, 1, 2]);
        let mut nominal = plan.start + dice.between(0, step - 1);
        let mut count = 0;
        while nominal < plan.end {
            if dice.chance(self.holes) {
                let rounds = if dice.chance(10) { DAY * 3 / 2 / step + 2 } else { dice.between(1, 9) };
                nominal += step * rounds;
                continue;
            }
            let late = if dice.chance(self.late) { dice.between(0, step * 3 / 4) } else { 0 };
            self.look(plan, dice, chains, nominal + late, count);
            nominal += step;
            count += 1;
        }
    }

    /// What its clock shows. No two looks come at one instant where the config changed between them: then a probe would
    /// have looked under two names at once.
    fn claim(&mut self, plan: &Plan, real: i64, shown: i64) -> i64 {
        let changes = plan.slots.iter().map(|s| s.internal_from).chain([plan.change]);
        let config = changes.filter(|change| *change <= real).count();
        let mut t = shown;
        let apart = |t: i64| self.claimed.get(&t).is_none_or(|other| *other == config);
        while ![t, t - self.after, t + self.after].into_iter().all(apart) {
            t += 1;
        }
        self.claimed.insert(t, config);
        t
    }

    /// One round, in the chain that is published and in the one that is not.
    fn look(&mut self, plan: &Plan, dice: &mut Dice, chains: &mut Chains, real: i64, count: i64) {
        let t = self.claim(plan, real, round(self.clock.shows(real), plan.grain));
        let place = &plan.places[self.index];
        for internal in [false, true] {
            let chain = if internal { format!("{place}+internal") } else { place.clone() };
            let due: Vec<&Slot> = plan
                .slots
                .iter()
                .filter(|s| s.from <= real && real < s.until && count % s.every == 0)
                .filter(|s| (s.internal_from <= real) == internal)
                .collect();
            if due.is_empty() && internal {
                continue;
            }
            if !plan.regular && dice.chance(1) {
                // Two jobs from one copy.
                let mut beside = Vec::new();
                for i in 1..=dice.between(1, 3) {
                    let t = self.claim(plan, real, t + i * plan.step + 1);
                    beside.push((t, Body::Round(self.round(plan, dice, &due, real))));
                }
                chains.fork(&chain, real + self.lag, beside);
            }
            chains.append(&chain, real + self.lag, t, Body::Round(self.round(plan, dice, &due, real)));
            if dice.chance(self.doubled) {
                let again: Vec<&Slot> = due.iter().filter(|_| dice.chance(80)).copied().collect();
                chains.append(&chain, real + self.lag, t, Body::Round(self.round(plan, dice, &again, real)));
            }
        }
    }

    fn round(&self, plan: &Plan, dice: &mut Dice, due: &[&Slot], real: i64) -> Round {
        let gap = plan.gaps[usize::from(real >= plan.change)];
        let is_blind = self.blind.0 <= real && real < self.blind.1;
        let mut round = Round {
            gap: Span::from_ms(gap),
            blind: is_blind.then(|| "no canary answered".to_owned()),
            ..Round::default()
        };
        for slot in due {
            let key = slot.key(real, plan.change);
            if slot.every > 1 {
                round.gaps.push((key.into(), Span::from_ms(gap * slot.every)));
            }
            let verdict = self.verdict(dice, slot, real, is_blind);
            if verdict == Verdict::Up {
                round.up.push((key.into(), dice.between(1, 3000) as u32));
                continue;
            }
            round.not.push(seen(dice, self.moody, key, verdict, None));
            if verdict != Verdict::Unknown && dice.chance(self.second) {
                let second = self.verdict(dice, slot, real + self.after, is_blind);
                round.not.push(seen(dice, self.moody, key, second, Some(self.after)));
            }
        }
        round
    }

    fn verdict(&self, dice: &mut Dice, slot: &Slot, real: i64, is_blind: bool) -> Verdict {
        if dice.chance(self.unknown) {
            return Verdict::Unknown;
        }
        // A dead line makes everything look down, but for what stands in the same rack.
        if is_blind && !dice.chance(15) {
            return Verdict::Down;
        }
        slot.truth.with(&slot.places[self.index], real)
    }
}

fn seen(dice: &mut Dice, moody: i64, key: &str, is: Verdict, after: Option<i64>) -> Seen {
    let (phase, why) = if dice.chance(moody) { ("first_byte", "no answer") } else { ("connect", "refused") };
    Seen {
        id: key.into(),
        is,
        ms: dice.chance(70).then(|| dice.between(1, 3000) as u32),
        after: after.map(Span::from_ms),
        phase: Some(phase.into()),
        why: if is == Verdict::Up { String::new() } else { why.into() },
        tries: 1,
    }
}

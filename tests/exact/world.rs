//! One world: what was written, today's config, and the moments at which it is asked for.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use statuary::model::{Body, ChainName, Combine, Head, Moment, Record, Settings, Span, Verdict};

use crate::chains::{Chains, Written};
use crate::dice::Dice;
use crate::{desk, plan, rounds};

/// A drawn world.
#[derive(Clone)]
pub struct World {
    /// Times are told from here.
    pub base: i64,
    pub settings: Settings,
    /// In the order in which it was written, chain by chain.
    pub written: Vec<Written>,
    /// Those who read on from a checkpoint read at these times, and whether they then write it anew; ascending.
    pub cuts: Vec<(i64, bool)>,
    /// What the order in which the records are met is drawn from.
    pub order: u64,
    pub moments: Vec<Moment>,
}

/// The same world for the same seed.
pub fn draw(seed: u64) -> World {
    let mut dice = Dice::new(seed);
    let plan = plan::draw(&mut dice);
    let mut chains = Chains::default();
    rounds::write(&plan, &mut dice, &mut chains);
    desk::write(&plan, &mut dice, &mut chains);
    let written = chains.written;
    let moments = moments(&mut dice, &plan, &written);
    let cuts = cuts(&mut dice, &plan);
    World { base: plan.start, settings: plan.settings, written, cuts, order: seed, moments }
}

/// When the record is read on: hardly ever, now and then, or by every run.
fn cuts(dice: &mut Dice, plan: &plan::Plan) -> Vec<(i64, bool)> {
    let mut cuts: Vec<(i64, bool)> = match dice.between(0, 2) {
        0 => (0..dice.between(0, 2)).map(|_| (dice.between(plan.start, plan.end), dice.chance(50))).collect(),
        1 => (0..dice.between(3, 12)).map(|_| (dice.between(plan.start, plan.end), dice.chance(50))).collect(),
        _ => {
            let from = dice.between(plan.start, plan.end);
            let after = dice.between(0, plan.step / 2);
            (0..30).map(|i| (from + i * plan.step + after, dice.chance(20))).collect()
        }
    };
    cuts.sort_unstable();
    cuts
}

/// The end of the record, and somewhere on the way: at a record, where a look stops vouching, between, long after.
fn moments(dice: &mut Dice, plan: &plan::Plan, written: &[Written]) -> Vec<Moment> {
    let Some(last) =
        written.iter().map(|w| &w.record).filter(|r| matches!(r.body, Body::Round(_))).map(|r| r.t.ms()).max()
    else {
        return vec![Moment::from_ms(plan.start)];
    };
    let at = dice.pick(written).record.t.ms();
    let way = match dice.between(0, 5) {
        0 => at,
        1 => at + plan.gaps[0],
        2 => at + plan.gaps[0] + 1,
        3 => last + dice.between(0, 8 * plan.step),
        4 => last + dice.between(0, 40) * 86_400_000,
        _ => dice.between(plan.start, plan.end),
    };
    vec![Moment::from_ms(last), Moment::from_ms(way)]
}

fn letter(verdict: Verdict) -> char {
    match verdict {
        Verdict::Up => 'u',
        Verdict::Degraded => 'g',
        Verdict::Down => 'd',
        Verdict::Unknown => '?',
    }
}

impl World {
    /// Numbers and links the records of each chain anew, after some were taken out; not where two writers grew one.
    pub fn relink(&mut self) {
        let mut chains: BTreeMap<ChainName, Vec<&mut Record>> = BTreeMap::new();
        for one in &mut self.written {
            chains.entry(one.record.chain.clone()).or_default().push(&mut one.record);
        }
        for (name, records) in &mut chains {
            if records.iter().any(|r| r.head.as_str().contains('/')) {
                continue;
            }
            let mut prev = Head::from(name.as_str());
            for (n, record) in records.iter_mut().enumerate() {
                record.n = n as u64;
                record.prev = std::mem::replace(&mut prev, record.head.clone());
            }
        }
    }

    /// All records in no order, some more than once.
    pub fn records(&self) -> Vec<Record> {
        let mut dice = Dice::new(self.order);
        let mut records: Vec<Record> = self.written.iter().map(|w| w.record.clone()).collect();
        let twice: Vec<Record> = records.iter().filter(|_| dice.chance(3)).cloned().collect();
        records.extend(twice);
        dice.shuffle(&mut records);
        records
    }

    /// The config in a few lines, and every record as letters: `fra#3 60s web/a:u web/b:d+10s?`.
    pub fn drawing(&self) -> String {
        let mut text = String::new();
        let at = |ms: i64| format!("{}s", (ms - self.base) as f64 / 1000.0);
        let run = &self.settings.run;
        let zone = self.settings.site.time_zone.name();
        let base = Moment::from_ms(self.base);
        let _ = writeln!(text, "{base} in {zone}; places {:?}, quorum {}", run.vantages, run.quorum);
        for c in &self.settings.components {
            let probes: Vec<&str> = c.probes.iter().map(|p| p.key.name()).collect();
            let combine = if c.combine == Combine::Any { "any" } else { "all" };
            let (rules, formerly) = (&c.rules, &c.formerly);
            let thresholds = (rules.open_after, rules.resolve_after, rules.blip_within.ms() / 1000);
            let _ = writeln!(text, "{}: {combine} of {probes:?}, formerly {formerly:?}, rules {thresholds:?}", c.id);
        }
        let mut records: Vec<&Record> = self.written.iter().map(|w| &w.record).collect();
        records.sort_by(|a, b| (&a.chain, a.n, a.t, &a.head).cmp(&(&b.chain, b.n, b.t, &b.head)));
        for record in records {
            let _ = write!(text, "{}#{} {}", record.chain, record.n, at(record.t.ms()));
            match &record.body {
                Body::Round(round) => {
                    let _ = write!(text, " gap {}s", round.gap.ms() as f64 / 1000.0);
                    for (key, gap) in &round.gaps {
                        let _ = write!(text, " [{key} {}s]", gap.ms() as f64 / 1000.0);
                    }
                    text.push_str(if round.blind.is_some() { " blind" } else { "" });
                    for (key, _) in &round.up {
                        let _ = write!(text, " {key}:u");
                    }
                    for seen in &round.not {
                        let after = seen.after.map_or_else(String::new, |a| format!("+{}s", a.ms() as f64 / 1000.0));
                        let _ = write!(text, " {}{after}:{}", seen.id, letter(seen.is));
                    }
                }
                Body::Maintenance(m) => {
                    let (starts, ends) = (at(m.starts.ms()), at(m.ends.ms()));
                    let _ = write!(text, " {} {starts}..{ends} {:?}", m.id, m.components);
                }
                _ => {}
            }
            text.push('\n');
        }
        text
    }

    /// Each strip as one line of letters, as MEANING draws them; times are in the records.
    pub fn strips(&self) -> String {
        let mut strips: BTreeMap<(String, String), Vec<(i64, char)>> = BTreeMap::new();
        for record in self.written.iter().map(|w| &w.record) {
            let Body::Round(round) = &record.body else { continue };
            let mut add = |key: &str, t: i64, letter: char| {
                strips.entry((record.chain.to_string(), key.to_owned())).or_default().push((t, letter));
            };
            round.up.iter().for_each(|(key, _)| add(key.as_str(), record.t.ms(), 'u'));
            for seen in &round.not {
                let after = seen.after.map_or(0, Span::ms);
                let blind = round.blind.is_some();
                add(seen.id.as_str(), record.t.ms() + after, if blind { 'b' } else { letter(seen.is) });
            }
        }
        let mut text = String::new();
        for ((chain, key), mut looks) in strips {
            looks.sort_unstable();
            let _ = writeln!(text, "{chain} {key} {}", looks.into_iter().map(|l| l.1).collect::<String>());
        }
        text
    }
}

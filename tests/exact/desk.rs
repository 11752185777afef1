//! The desk declares windows: ahead, late, extended, moved, ended early, called off.

use statuary::model::{Body, ComponentId, DeskMaintenance, Moment};

use crate::chains::Chains;
use crate::dice::Dice;
use crate::plan::{Plan, round};

/// Writes the desk's words in the order in which they were said.
pub fn write(plan: &Plan, dice: &mut Dice, chains: &mut Chains) {
    let mut words: Vec<(i64, DeskMaintenance)> = Vec::new();
    for which in 0..*dice.pick(&[0, 0, 1, 1, 2, 3]) {
        window(plan, dice, which, &mut words);
    }
    words.sort_by_key(|(said, _)| *said);
    // Now and then the desk's clock is wrong, also by much; here and there it hardly ever is right.
    let often = *dice.pick(&[0, 0, 6, 60]);
    let by = *dice.pick(&[6, 6, 30]);
    for (said, word) in words {
        let chain = if word.id.ends_with('!') { "_desk+internal" } else { "_desk" };
        let wrong = if dice.chance(often) { dice.between(-by, by) * plan.step } else { 0 };
        chains.append(chain, said, round(said + wrong, plan.grain), Body::Maintenance(word));
    }
}

fn window(plan: &Plan, dice: &mut Dice, which: i64, words: &mut Vec<(i64, DeskMaintenance)>) {
    let step = plan.step;
    let id = format!("window-{}{}", which % 2, if dice.chance(15) { "!" } else { "" });
    let mut starts = round(dice.between(plan.start, plan.end), plan.grain);
    let mut ends = round(starts + dice.between(1, 12 * step), plan.grain);
    // Work that goes wrong: it begins before something fails, and ends in the middle of that.
    if let Some((from, to)) = plan.slots[0].truth.worst().filter(|_| dice.chance(30)) {
        starts = round(from - dice.between(0, 3 * step), plan.grain);
        ends = round(dice.between(from, to), plan.grain).max(starts);
    }
    let mut said = starts - dice.between(-2 * step, 12 * step);
    let mut components = concerned(plan, dice, said);
    for _ in 0..dice.between(1, 4) {
        let maintenance = DeskMaintenance {
            id: id.clone(),
            starts: Moment::from_ms(starts),
            ends: Moment::from_ms(ends),
            components: components.clone(),
        };
        words.push((said, maintenance));
        said += dice.between(0, 6 * step);
        match dice.between(0, 6) {
            // Extended; cut short; called off; moved; begun earlier; for others.
            0 | 1 => ends += round(dice.between(0, 6 * step), plan.grain),
            2 => ends = round(said.clamp(starts, ends), plan.grain),
            3 => ends = starts,
            4 => {
                let by = round(dice.between(-6 * step, 6 * step), plan.grain);
                (starts, ends) = (starts + by, ends + by);
            }
            5 => starts -= round(dice.between(0, 4 * step), plan.grain),
            _ => components = concerned(plan, dice, said),
        }
    }
}

/// Some components, under the ids they had then; perhaps one that nobody knows.
fn concerned(plan: &Plan, dice: &mut Dice, said: i64) -> Vec<ComponentId> {
    let mut ids: Vec<ComponentId> = Vec::new();
    for id in &plan.ids {
        if dice.chance(70) {
            ids.push(id[usize::from(said >= plan.change)].as_str().into());
        }
    }
    if dice.chance(10) {
        ids.push("nobody".into());
    }
    ids
}

//! Rules 2 to 4 for one strip: what is known of it, which levels were open, what was short, what is pending.

use crate::model::{Rules, Run};
use crate::timeline::blip::{self, Short};
use crate::timeline::level::{self, Level, Spell, Thresholds};
use crate::timeline::window::{Spans, without};

/// What a strip tells, in ms.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// Its first look, of any verdict.
    pub(super) since: Option<i64>,
    /// Its first look of any verdict but unknown.
    pub(super) first_known: Option<i64>,
    /// Where a look vouches for what is shown.
    pub(super) known: Spans,
    /// Where a good strip keeps its vote (rule 6): through unknown looks and the first gap of a hole.
    pub(super) voting: Spans,
    /// Level 1 and above, with flapping; ascending, disjoint.
    pub(super) bad: Vec<Spell>,
    /// Level 2.
    pub(super) down: Vec<Spell>,
    /// Come-backs below level 1, and below level 2.
    pub(super) dips: [Spans; 2],
    /// Blips that are not part of flapping.
    pub(super) blips: Vec<Short>,
    /// The bad row at its end: its first and last look.
    pub(super) pending: Option<(usize, usize)>,
    /// What is pending at its end could, once finished, be an outage from here on.
    pub(super) reach: Option<i64>,
    /// The good row at its end that has not yet ended what is open, below level 1 and below level 2: where it begins.
    pub(super) easing: [Option<i64>; 2],
    /// What is pending at its end has nothing good near it: where that row begins. Once finished it may have been good.
    pub(super) unsure: Option<i64>,
    /// How long its last look vouches.
    pub(super) gap: i64,
}

/// Reads one strip. `windows` are its component's.
pub(super) fn read(looks: &[Run], rules: &Rules, windows: &[(i64, i64)], moment: i64) -> Story {
    let Some(first) = looks.first() else { return Story::default() };
    let thresholds = Thresholds {
        open_after: rules.open_after.max(1),
        resolve_after: rules.resolve_after.max(1),
        blip_within: rules.blip_within.ms(),
    };
    let mut levels = [Level::new(1, thresholds), Level::new(2, thresholds)];
    let mut story = Story {
        since: Some(first.first.ms()),
        gap: looks.last().map_or(0, |l| i64::from(l.gap_ms)),
        ..Story::default()
    };
    let mut before: Option<usize> = None;
    let mut window = 0;
    // A bad look in a window opens nothing, but neither is it a good one: it has no vote, and shows nothing outside.
    let mut mute = Spans::new();
    for (i, look) in looks.iter().enumerate() {
        vouch(&mut story, look, looks.get(i + 1).map_or(i64::MAX, |next| next.first.ms()));
        let Some(level) = look.level() else { continue };
        if level > 0 || !levels.iter().all(Level::calm) {
            while windows.get(window).is_some_and(|w| w.1 <= look.first.ms()) {
                window += 1;
            }
            let in_window = windows.get(window).is_some_and(|w| w.0 <= look.first.ms());
            for one in &mut levels {
                one.take(looks, i, level, before, in_window);
            }
            if in_window && level > 0 && !levels[0].is_open() {
                mute.push((look.first.ms(), level::known_after(looks, i)));
            }
        }
        before = Some(i);
    }
    for level in &mut levels {
        level.finish(looks, moment);
    }
    let [bad, down] = levels;
    story.voting = without(story.voting, &mute);
    let mut story = settle(story, bad, down, looks, thresholds.blip_within, moment);
    // In an outage it only says the same.
    let outages: Spans = story.bad.iter().map(|s| (s.from, s.end.map_or(i64::MAX, |(at, _)| at))).collect();
    story.known = without(story.known, &without(without(mute, windows), &outages));
    story
}

/// Rule 2: a look vouches until the next one or for `gap`; unknown vouches for nothing.
fn vouch(story: &mut Story, look: &Run, next: i64) {
    let is_known = look.level().is_some();
    if is_known {
        story.first_known = story.first_known.or(Some(look.first.ms()));
        extend(&mut story.known, look.first.ms(), next.min(look.fades()));
    }
    if is_known || story.voting.last().is_some_and(|v| v.1 == look.first.ms()) {
        extend(&mut story.voting, look.first.ms(), next.min(look.fades().saturating_add(i64::from(look.gap_ms))));
    }
}

fn extend(spans: &mut Spans, from: i64, to: i64) {
    match spans.last_mut() {
        Some(last) if last.1 == from => last.1 = to,
        _ if from < to => spans.push((from, to)),
        _ => {}
    }
}

/// Joins the two levels: flapping, what is dark, what is pending.
fn settle(mut story: Story, bad: Level, down: Level, looks: &[Run], within: i64, moment: i64) -> Story {
    story.known = without(story.known, &bad.dark);
    story.voting = without(story.voting, &bad.dark);
    let earliest = [bad.pending, down.pending].into_iter().flatten().min();
    story.pending = earliest;
    story.easing = [bad.easing, down.easing];
    story.unsure = bad.dark.last().filter(|_| bad.pending.is_some()).filter(|d| d.1 == i64::MAX).map(|d| d.0);

    let pending_from = earliest.map(|(first, _)| looks[first].first.ms());
    let short = blip::merge(bad.blips.into_iter().chain(down.blips).collect());
    let after = |t: i64| looks.get(looks.partition_point(|l| l.last.ms() < t)).map(|run| first_from(run, t));
    let flapping = blip::flapping(&short, within, pending_from, moment, after);
    story.blips = flapping.blips;
    let fresh = flapping.spells.iter().filter(|(_, fresh)| *fresh).map(|(spell, _)| spell.from);
    story.reach = fresh.chain(flapping.reach).chain(pending_from).min();

    let flapped = flapping.spells.into_iter().map(|(spell, _)| spell);
    story.bad = cover(bad.spells.into_iter().chain(down.spells.iter().copied()).chain(flapped).collect());
    story.down = down.spells;
    story.dips = [bad.dips, down.dips];
    story
}

/// The record of a run's first look at or after `t`; the run ends at `t` or later.
fn first_from(run: &Run, t: i64) -> i64 {
    let look = (0..run.looks).map(|i| run.nth(i)).find(|at| *at >= t).unwrap_or(run.last.ms());
    look - i64::from(run.after_ms)
}

/// Merges spells that overlap or touch: seen when the first was, ended when the last one is.
fn cover(mut spells: Vec<Spell>) -> Vec<Spell> {
    spells.sort_by_key(|s| s.from);
    let mut out: Vec<Spell> = Vec::with_capacity(spells.len());
    for spell in spells {
        let Some(last) = out.last_mut().filter(|last| last.end.is_none_or(|end| spell.from <= end.0)) else {
            out.push(spell);
            continue;
        };
        last.seen = last.seen.min(spell.seen);
        last.end = match (last.end, spell.end) {
            (Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        };
    }
    out
}

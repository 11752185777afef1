//! Rule 3: one level of one strip. Looks in a row open it, looks in a row end it.

use crate::model::Run;
use crate::timeline::blip::Short;
use crate::timeline::window::Spans;

/// A level that was open, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spell {
    /// The first bad look.
    pub(super) from: i64,
    /// The record that confirmed it.
    pub(super) seen: i64,
    /// The first good look, and the record that confirmed that.
    pub(super) end: Option<(i64, i64)>,
}

/// The thresholds of rules 3 and 4.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thresholds {
    pub(super) open_after: u32,
    pub(super) resolve_after: u32,
    pub(super) blip_within: i64,
}

/// Looks in a row that contradict the state: bad ones while it is closed, good ones while it is open.
#[derive(Clone, Copy, Debug)]
struct Row {
    first: usize,
    last: usize,
    looks: u32,
    /// Whether a good look stood before it, close enough to vouch.
    vouched: bool,
}

/// One level as the looks pass by.
#[derive(Debug)]
pub(super) struct Level {
    at_least: u8,
    rules: Thresholds,
    row: Option<Row>,
    open: bool,
    pub(super) spells: Vec<Spell>,
    /// Short good rows inside a spell.
    pub(super) dips: Spans,
    pub(super) blips: Vec<Short>,
    /// Bad rows with nothing good near them: from their first look until anything is known again.
    pub(super) dark: Spans,
    /// The bad row at the end: its first and last look.
    pub(super) pending: Option<(usize, usize)>,
    /// The good row at the end, while open: where it begins.
    pub(super) easing: Option<i64>,
}

impl Level {
    pub(super) fn new(at_least: u8, rules: Thresholds) -> Self {
        Self {
            at_least,
            rules,
            row: None,
            open: false,
            spells: Vec::new(),
            dips: Vec::new(),
            blips: Vec::new(),
            dark: Vec::new(),
            pending: None,
            easing: None,
        }
    }

    /// Whether it is open.
    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether an up look would change nothing.
    pub(super) fn calm(&self) -> bool {
        !self.open && self.row.is_none()
    }

    /// Takes the next known look. `before` is the known look before it; `in_window` says that it lies in maintenance.
    pub(super) fn take(&mut self, looks: &[Run], i: usize, level: u8, before: Option<usize>, in_window: bool) {
        // In a window looks open nothing; those of a strip already open may still end it.
        if in_window && !self.open {
            return;
        }
        let look = &looks[i];
        if let Some(row) = self.row
            && look.first.ms() > looks[row.last].fades()
        {
            self.break_off(looks, row, Some(look.record_t()));
        }
        let bad = level >= self.at_least;
        if bad == self.open {
            let Some(row) = self.row.take() else { return };
            let (from, to) = (looks[row.first].first.ms(), look.first.ms());
            if to - from >= self.rules.blip_within {
                // Too long to be short: the row counts although few looks saw it, and this look is the first against it.
                self.turn(from, look.record_t());
                self.take(looks, i, level, before, in_window);
            } else if self.open {
                self.dips.push((from, to));
            } else {
                let reason = looks[row.first].reason;
                self.blips.push(Short { from, to, seen: look.record_t(), reason });
            }
            return;
        }
        let row = self.row.get_or_insert_with(|| {
            let near = before.map(|b| &looks[b]).filter(|b| look.first.ms() <= b.fades());
            Row { first: i, last: i, looks: 0, vouched: near.is_some_and(|b| b.level() == Some(0)) }
        });
        let counted = row.looks;
        row.last = i;
        row.looks = row.looks.saturating_add(look.looks);
        let needed = if self.open { self.rules.resolve_after } else { self.rules.open_after };
        if row.looks >= needed {
            let from = looks[row.first].first.ms();
            self.row = None;
            let confirming = look.nth(needed.saturating_sub(counted + 1)) - i64::from(look.after_ms);
            self.turn(from, confirming);
        }
    }

    /// The strip is over: is its last row pending, or did it break at a hole that reaches the moment?
    pub(super) fn finish(&mut self, looks: &[Run], moment: i64) {
        let Some(row) = self.row else { return };
        if moment > looks[row.last].fades() {
            self.break_off(looks, row, None);
        } else if self.open {
            self.easing = Some(looks[row.first].first.ms());
        } else {
            if !row.vouched {
                self.dark.push((looks[row.first].first.ms(), known_after(looks, row.last)));
            }
            self.pending = Some((row.first, row.last));
        }
    }

    /// A short row breaks at a hole: it ends where its last look stops vouching.
    fn break_off(&mut self, looks: &[Run], row: Row, seen: Option<i64>) {
        self.row = None;
        let last = &looks[row.last];
        let from = looks[row.first].first.ms();
        let to = looks.get(row.last + 1).map_or(i64::MAX, |next| next.first.ms()).min(last.fades());
        if self.open {
            self.dips.push((from, to));
            return;
        }
        // Without a next look, time alone shows that the row is over: no look could come near enough any more.
        let seen = seen.unwrap_or(last.fades().saturating_add(1));
        self.blips.push(Short { from, to, seen, reason: looks[row.first].reason });
        if !row.vouched {
            // "The status below it" is not known to be good: nothing good was seen near it, before or after.
            self.dark.push((from, known_after(looks, row.last)));
        }
    }

    /// Opens or closes at `at`, as known by the record at `seen`.
    fn turn(&mut self, at: i64, seen: i64) {
        if self.open {
            if let Some(spell) = self.spells.last_mut() {
                spell.end = Some((at, seen));
            }
        } else {
            self.spells.push(Spell { from: at, seen, end: None });
        }
        self.open = !self.open;
    }
}

/// When anything is known again after a look.
pub(super) fn known_after(looks: &[Run], i: usize) -> i64 {
    looks[i + 1..].iter().find(|l| l.level().is_some()).map_or(i64::MAX, |l| l.first.ms())
}

//! A line per probe: key, kind, target, verdict, time, each phase's share of it, and why.
//!
//! At a terminal lines fit its width: the target gives way first, then the bar, and a reason that does not fit goes on
//! below. In a pipe a line is as long as it is, and the phases stand in words.

use std::fmt::Write;

use unicode_width::UnicodeWidthChar;

use super::{Report, why};
use crate::app::Observation;
use crate::cli::voice::{BAD, PLAIN, SOFT, STRONG, bare, clean};
use crate::model::{Probe, Span, Verdict};

/// How many cells a bar has; the fewer where more would leave no room for the name of the slowest phase.
const BAR: [usize; 2] = [12, 8];
/// The width of the widest verdict, `degraded`.
const VERDICT: usize = 8;
/// The width of most times: `12.3 s`, `850 ms`.
const TIME: usize = 7;
/// Less of a target says nothing; so much stays where only the reasons want room.
const TARGET_LEAST: [usize; 2] = [8, 16];
/// Less of a key is given only where even this is too much for the terminal.
const KEY_LEAST: usize = 20;
/// What is kept for the last column while the columns before it can give way: a gap and `first byte`; and a reason.
const LAST: [usize; 2] = [14, 44];

/// What a line tells of its probe.
#[derive(Clone)]
pub(super) struct Row {
    /// Verdict, or what is going on.
    pub verdict: String,
    /// The time.
    pub time: String,
    /// Why it is not up.
    pub why: String,
    /// How long each phase took.
    pub phases: Vec<(&'static str, Span)>,
}

/// The lines of a whole report.
pub(super) fn lines(report: &Report<'_>, width: Option<usize>) -> Vec<String> {
    let probes: Vec<&Probe> = report.lines.iter().map(|line| line.probe).collect();
    let layout = Layout::of(&probes, width);
    report.lines.iter().flat_map(|line| layout.lines(line.probe, &Row::of(line.seen()))).collect()
}

impl Row {
    /// What was seen.
    pub(super) fn of(seen: &Observation) -> Self {
        let word = seen.verdict.word();
        Self {
            verdict: match seen.verdict {
                Verdict::Down => format!("{BAD}{word}{PLAIN}"),
                Verdict::Degraded => format!("{STRONG}{word}{PLAIN}"),
                Verdict::Up | Verdict::Unknown => word.to_owned(),
            },
            time: seen.ms.map_or_else(String::new, |ms| time(Span::from_ms(i64::from(ms)))),
            why: clean(&why(seen)),
            phases: seen.phases.clone(),
        }
    }

    /// The slowest phase, with its time and without; both empty where none took any.
    fn slowest(&self) -> [String; 2] {
        let Some((name, took)) = slowest(&self.phases).map(|i| self.phases[i]) else { return Default::default() };
        [format!("{} {}", phase(name), time(took)), phase(name)]
    }
}

/// How wide each column is; the same for all lines.
pub(super) struct Layout {
    key: usize,
    kind: usize,
    target: usize,
    bar: usize,
    width: Option<usize>,
}

impl Layout {
    /// Columns for these probes, on a terminal of this width.
    pub(super) fn of(probes: &[&Probe], width: Option<usize>) -> Self {
        let widest = |cell: fn(&Probe) -> &str| probes.iter().map(|probe| bare(cell(probe))).max().unwrap_or(0);
        let mut layout = Self {
            key: widest(|probe| probe.key.as_str()),
            kind: widest(|probe| probe.kind),
            target: widest(target),
            bar: if width.is_some() { BAR[0] } else { 0 },
            width,
        };
        if let Some(width) = width {
            layout.squeeze(width);
        }
        layout
    }

    /// Makes the columns narrower: the target first, the key last.
    fn squeeze(&mut self, width: usize) {
        let over = |layout: &Self, room: usize| layout.columns().saturating_sub(room);
        for (last, least) in LAST.into_iter().zip(TARGET_LEAST).rev() {
            self.target -= over(self, width.saturating_sub(last)).min(self.target.saturating_sub(least));
        }
        let wish = width.saturating_sub(LAST[0]);
        if over(self, wish) > 0 {
            self.bar = BAR[1];
        }
        self.key -= over(self, wish).min(self.key.saturating_sub(KEY_LEAST));
        if over(self, width) > 0 {
            self.bar = 0;
        }
        if over(self, width) > 0 {
            self.target = 0;
        }
        self.key -= over(self, width).min(self.key.saturating_sub(KEY_LEAST / 2));
    }

    /// The width of everything but the reason.
    fn columns(&self) -> usize {
        let gap = |width: usize| if width > 0 { width + 2 } else { 0 };
        gap(self.key) + gap(self.kind) + gap(self.target) + gap(VERDICT) + gap(self.bar) + TIME
    }

    /// One probe's lines: a reason that does not fit goes on below.
    pub(super) fn lines(&self, probe: &Probe, row: &Row) -> Vec<String> {
        let line = self.start(probe, row);
        let Some(width) = self.width else {
            let said = row.phases.iter().map(|(name, took)| format!("{} {}", phase(name), time(*took)));
            let last = if row.why.is_empty() { said.collect::<Vec<_>>().join(" · ") } else { row.why.clone() };
            return vec![trimmed(&format!("{line}  {last}"))];
        };
        let room = width.saturating_sub(bare(&line) + 2);
        let [slowest, _] = row.slowest();
        let whole = if slowest.is_empty() { row.why.clone() } else { format!("{} · {slowest}", row.why) };
        match row.why.as_str() {
            "" => vec![self.line(probe, row)],
            _ if bare(&whole) <= room => vec![format!("{line}  {whole}")],
            why if bare(why) <= room => vec![format!("{line}  {why}")],
            _ => {
                let below = wrapped(&whole, width.saturating_sub(4).max(1));
                std::iter::once(trimmed(&line)).chain(below.into_iter().map(|text| format!("    {text}"))).collect()
            }
        }
    }

    /// The same in one line, whatever must be left out.
    pub(super) fn line(&self, probe: &Probe, row: &Row) -> String {
        let line = self.start(probe, row);
        let room = self.width.unwrap_or(usize::MAX).saturating_sub(bare(&line) + 2);
        let slowest = row.slowest().into_iter().find(|text| bare(text) <= room).unwrap_or_default();
        let last = if row.why.is_empty() { format!("{SOFT}{slowest}{PLAIN}") } else { cut(&row.why, room) };
        trimmed(&format!("{line}  {last}"))
    }

    /// Everything but the last column.
    fn start(&self, probe: &Probe, row: &Row) -> String {
        let mut line = pad(&short_key(probe.key.as_str(), self.key), self.key);
        let _ = write!(line, "  {SOFT}{}{PLAIN}", pad(probe.kind, self.kind));
        if self.target > 0 {
            let _ = write!(line, "  {}", pad(&cut(target(probe), self.target), self.target));
        }
        let before = " ".repeat(TIME.saturating_sub(bare(&row.time)));
        let _ = write!(line, "  {}  {before}{}", pad(&row.verdict, VERDICT), row.time);
        if self.bar > 0 {
            let _ = write!(line, "  {SOFT}{}{PLAIN}", pad(&bar(&row.phases, self.bar), self.bar));
        }
        line
    }
}

/// The target's host. A file, a disk and a program have none.
pub(super) fn target(probe: &Probe) -> &str {
    probe.host.as_deref().unwrap_or_default()
}

/// A phase's name as people say it: `first byte`.
pub(super) fn phase(name: &str) -> String {
    name.replace('_', " ")
}

/// A time to the tenth of a second: `83 ms`, `1.2 s`, `1 min 30 s`.
pub(super) fn time(span: Span) -> String {
    match span.ms() {
        ms @ 950..59_950 => format!("{}.{} s", (ms + 50) / 1000, (ms + 50) / 100 % 10),
        _ => span.to_string(),
    }
}

/// Which phase took the longest, of several the first; none where none took any time.
fn slowest(phases: &[(&'static str, Span)]) -> Option<usize> {
    (0..phases.len()).rev().max_by_key(|i| phases[*i].1).filter(|i| phases[*i].1 > Span::ZERO)
}

/// Each phase's share of the time in so many cells, the slowest as `█`; empty where none took any time.
fn bar(phases: &[(&'static str, Span)], cells: usize) -> String {
    let Some(slowest) = slowest(phases) else { return String::new() };
    let all: i64 = phases.iter().map(|(_, took)| took.ms().max(0)).sum();
    let (mut bar, mut before, mut drawn) = (String::new(), 0, 0);
    for (i, (_, took)) in phases.iter().enumerate() {
        before += took.ms().max(0);
        // Where each phase ends is rounded, not its length, so that together they fill the bar.
        let end = (before * cells as i64 * 2 + all) / (all * 2);
        let glyph = match i {
            i if i == slowest => "█",
            i if i % 2 == 0 => "░",
            _ => "▒",
        };
        bar += &glyph.repeat((end - drawn) as usize);
        drawn = end;
    }
    bar
}

/// A key in so much room: the component's id is cut before the probe's name.
fn short_key(key: &str, width: usize) -> String {
    match key.split_once('/') {
        Some((component, probe)) if bare(key) > width && bare(probe) + 3 <= width => {
            format!("{}/{probe}", cut(component, width - bare(probe) - 1))
        }
        _ => cut(key, width),
    }
}

fn pad(cell: &str, width: usize) -> String {
    format!("{cell}{}", " ".repeat(width.saturating_sub(bare(cell))))
}

/// Without the blanks at its end, which may stand before the last change of colour.
fn trimmed(line: &str) -> String {
    let line = line.trim_end();
    match line.strip_suffix(PLAIN) {
        Some(inner) if inner.ends_with(SOFT) => trimmed(&inner[..inner.len() - SOFT.len()]),
        Some(inner) => format!("{}{PLAIN}", inner.trim_end()),
        None => line.to_owned(),
    }
}

/// How many bytes of a text without colours fit.
fn fitting(text: &str, width: usize) -> usize {
    let mut used = 0;
    let over = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > width
    });
    over.map_or(text.len(), |(at, _)| at)
}

/// The beginning of a text without colours, ending in `…` where it is longer.
pub(super) fn cut(text: &str, width: usize) -> String {
    match width {
        _ if bare(text) <= width => text.to_owned(),
        0 => String::new(),
        _ => format!("{}…", &text[..fitting(text, width - 1)]),
    }
}

/// A text without colours in lines of at most this width, broken between words where that goes.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for mut word in text.split(' ') {
        if !line.is_empty() && bare(&line) + 1 + bare(word) <= width {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        while bare(word) > width {
            // A character that is wider than the line stands there all the same.
            let first = word.chars().next().map_or(0, char::len_utf8);
            let (head, rest) = word.split_at(fitting(word, width).max(first));
            lines.push(head.to_owned());
            word = rest;
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(ms: &[i64]) -> Vec<(&'static str, Span)> {
        let names = ["dns", "connect", "tls", "first_byte", "transfer"];
        names.into_iter().zip(ms.iter().map(|ms| Span::from_ms(*ms))).collect()
    }

    #[test]
    fn a_bar_shares_its_cells_and_names_the_slowest() {
        for (ms, shown, named) in [
            (&[1, 1, 1][..], "████▒▒▒▒░░░░", "dns 1 ms"),
            (&[0, 11, 30, 83, 2], "▒░░░████████", "first byte 83 ms"),
            (&[0, 0, 0, 5000], "████████████", "first byte 5.0 s"),
            (&[1, 1, 1, 10_000, 0], "████████████", "first byte 10.0 s"),
        ] {
            let row = Row { verdict: String::new(), time: String::new(), why: String::new(), phases: phases(ms) };
            assert_eq!((bar(&row.phases, 12).as_str(), row.slowest()[0].as_str()), (shown, named), "{ms:?}");
        }
        assert_eq!([bar(&phases(&[0, 0, 0]), 12), bar(&[], 12)], ["", ""]);
        assert_eq!(bar(&phases(&[1, 1, 2]), 8), "░░▒▒████");
    }

    #[test]
    fn a_time_is_told_to_the_tenth_of_a_second() {
        for (ms, told) in [(0, "0 ms"), (949, "949 ms"), (950, "1.0 s"), (1249, "1.2 s"), (59_949, "59.9 s")] {
            assert_eq!(time(Span::from_ms(ms)), told);
        }
        assert_eq!(time(Span::from_ms(90_000)), "1 min 30 s");
    }

    #[test]
    fn texts_are_cut_and_wrapped_by_their_width() {
        assert_eq!(
            [cut("status", 6), cut("status", 4), cut("世界地図", 5), cut("abc", 0)],
            ["status", "sta…", "世界…", ""]
        );
        assert_eq!(short_key("backend-with-a-long-name/http", 16), "backend-wi…/http");
        assert_eq!(short_key("web/a-very-long-name", 10), "web/a-ver…");
        assert_eq!(wrapped("no answer within 5 s", 10), ["no answer", "within 5 s"]);
        assert_eq!(wrapped("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
    }

    #[test]
    fn every_line_fits_whatever_the_terminal() {
        let probe = |key: &str, host: &str| Probe {
            key: key.into(),
            kind: "heartbeat",
            every: None,
            gap: Span::ZERO,
            host: Some(host.to_owned()),
            visibility: crate::model::Visibility::Public,
            units: Vec::new(),
        };
        let probes = [
            probe("web/http", "example.com"),
            probe("a-long-component/and-a-long-probe", "a.very.long.name.example.com"),
        ];
        let row = Row {
            verdict: format!("{BAD}down{PLAIN}"),
            time: "5.0 s".to_owned(),
            why: "no answer within 5 s after the request was sent; and then some words of the operator's".to_owned(),
            phases: phases(&[1, 2, 3, 5000]),
        };
        for width in [40, 60, 80, 100, 120, 200, 300] {
            let layout = Layout::of(&[&probes[0], &probes[1]], Some(width));
            for probe in &probes {
                for line in layout.lines(probe, &row).into_iter().chain([layout.line(probe, &row)]) {
                    assert!(bare(&line) <= width, "{width}: {line}");
                }
            }
        }
        assert_eq!(Layout::of(&[&probes[0], &probes[1]], None).lines(&probes[0], &row).len(), 1);
    }
}

//! A line per probe: key, kind, target, verdict, time, each phase's share of it, and why.
//!
//! At a terminal lines fit its width: the target gives way first, then the bar, and a reason that does not fit goes on
//! below. In a pipe a line is as long as it is, and the phases stand in words.

use unicode_width::UnicodeWidthChar;

use super::{Report, why};
use crate::app::Observation;
use crate::cli::voice::{BAD, PLAIN, SOFT, STRONG, bare, clean};
use crate::model::{Probe, Span, Verdict};

/// The width of a bar, in cells.
pub(super) const BAR: usize = 12;
/// The width of the widest verdict, `degraded`.
const VERDICT: usize = 8;
/// The width of most times: `12.3 s`, `850 ms`.
const TIME: usize = 7;
/// Less of a target says nothing.
const TARGET_LEAST: usize = 8;

/// One line's parts.
pub(super) struct Row {
    /// Verdict, or what is going on.
    pub verdict: String,
    /// The time.
    pub time: String,
    /// [`bar`], or nothing.
    pub bar: String,
    /// The bar's slowest phase, with its time.
    pub slowest: String,
    /// Why it is not up.
    pub why: String,
    /// All phases in words.
    pub phases: String,
}

/// The lines of a whole report.
pub(super) fn lines(report: &Report<'_>, width: Option<usize>) -> Vec<String> {
    let layout = Layout::of(report.lines.iter().map(|line| line.probe), width);
    report.lines.iter().flat_map(|line| layout.lines(line.probe, &Row::of(line.seen()))).collect()
}

impl Row {
    pub(super) fn of(seen: &Observation) -> Self {
        let word = seen.verdict.word();
        let said = seen.phases.iter().map(|(name, took)| format!("{} {}", phase(name), time(*took)));
        let (bar, slowest) = bar(&seen.phases).unwrap_or_default();
        Self {
            verdict: match seen.verdict {
                Verdict::Down => format!("{BAD}{word}{PLAIN}"),
                Verdict::Degraded => format!("{STRONG}{word}{PLAIN}"),
                Verdict::Up | Verdict::Unknown => word.to_owned(),
            },
            time: seen.ms.map_or_else(String::new, |ms| time(Span::from_ms(i64::from(ms)))),
            bar,
            slowest,
            why: clean(&why(seen)),
            phases: said.collect::<Vec<_>>().join(" · "),
        }
    }
}

/// How wide each column is; the same for all lines.
pub(super) struct Layout {
    key: usize,
    kind: usize,
    target: usize,
    has_bar: bool,
    width: Option<usize>,
}

impl Layout {
    /// Columns for these probes, on a terminal of this width.
    pub(super) fn of<'p>(probes: impl Iterator<Item = &'p Probe> + Clone, width: Option<usize>) -> Self {
        let widest = |cell: fn(&Probe) -> &str| probes.clone().map(|probe| bare(cell(probe))).max().unwrap_or(0);
        let mut layout = Self {
            key: widest(|probe| probe.key.as_str()),
            kind: widest(|probe| probe.kind),
            target: widest(target),
            has_bar: width.is_some(),
            width,
        };
        if let Some(width) = width {
            let over = |layout: &Self| layout.columns().saturating_sub(width);
            layout.target -= over(&layout).min(layout.target.saturating_sub(TARGET_LEAST));
            layout.has_bar = over(&layout) == 0;
            if over(&layout) > 0 {
                layout.target = 0;
            }
            layout.key -= over(&layout).min(layout.key.saturating_sub(TARGET_LEAST));
        }
        layout
    }

    /// The width of everything but the reason.
    fn columns(&self) -> usize {
        let gap = |width: usize| if width > 0 { width + 2 } else { 0 };
        gap(self.key) + gap(self.kind) + gap(self.target) + gap(VERDICT) + TIME + if self.has_bar { 2 + BAR } else { 0 }
    }

    /// One probe's lines, the reason last.
    pub(super) fn lines(&self, probe: &Probe, row: &Row) -> Vec<String> {
        let mut line = pad(&cut(probe.key.as_str(), self.key), self.key) + "  ";
        line += &format!("{SOFT}{}{PLAIN}  ", pad(probe.kind, self.kind));
        if self.target > 0 {
            line += &(pad(&cut(target(probe), self.target), self.target) + "  ");
        }
        line += &format!("{}  {}{}", pad(&row.verdict, VERDICT), " ".repeat(TIME.saturating_sub(bare(&row.time))), row.time);
        if self.has_bar {
            line += &format!("  {SOFT}{}{PLAIN}", pad(&row.bar, BAR));
        }
        let Some(width) = self.width else {
            let last = if row.why.is_empty() { &row.phases } else { &row.why };
            return vec![format!("{line}  {last}").trim_end().to_owned()];
        };
        let room = width.saturating_sub(bare(&line) + 2);
        let slowest = |before: &str| if row.slowest.is_empty() { String::new() } else { format!("{before}{}", row.slowest) };
        let whole = format!("{}{}", row.why, slowest(if row.why.is_empty() { "" } else { " · " }));
        if bare(&whole) <= room {
            let (from, to) = if row.why.is_empty() { (SOFT, PLAIN) } else { ("", "") };
            return vec![trimmed(&format!("{line}  {from}{whole}{to}"))];
        }
        if row.why.is_empty() {
            return vec![trimmed(&format!("{line}  {SOFT}{}{PLAIN}", cut(&whole, room)))];
        }
        if bare(&row.why) <= room {
            return vec![format!("{line}  {}", row.why)];
        }
        let below = wrapped(&whole, width.saturating_sub(4).max(TARGET_LEAST));
        std::iter::once(trimmed(&line)).chain(below.into_iter().map(|text| format!("    {text}"))).collect()
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

/// Each phase's share of the time in [`BAR`] cells, the slowest as `█`; and the slowest in words. None where there is
/// nothing to share.
fn bar(phases: &[(&'static str, Span)]) -> Option<(String, String)> {
    let all: i64 = phases.iter().map(|(_, took)| took.ms().max(0)).sum();
    // Of two that are equal the first.
    let slowest = (0..phases.len()).rev().max_by_key(|i| phases[*i].1).filter(|_| all > 0)?;
    let (mut bar, mut before, mut cells) = (String::new(), 0, 0);
    for (i, (_, took)) in phases.iter().enumerate() {
        before += took.ms().max(0);
        // Where each phase ends is rounded, not its length, so that together they fill the bar.
        let end = (before * BAR as i64 * 2 + all) / (all * 2);
        let glyph = match i {
            i if i == slowest => "█",
            i if i % 2 == 0 => "░",
            _ => "▒",
        };
        bar += &glyph.repeat((end - cells).max(0) as usize);
        cells = end;
    }
    let (name, took) = phases[slowest];
    Some((bar, format!("{} {}", phase(name), time(took))))
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

/// The beginning of a text without colours, ending in `…` where it is longer.
pub(super) fn cut(text: &str, width: usize) -> String {
    if bare(text) <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let fits = |c: &char| {
        let needs = c.width().unwrap_or(0);
        let fits = needs <= room;
        room = if fits { room - needs } else { 0 };
        fits
    };
    let mut short: String = text.chars().take_while(fits).collect();
    if width > 0 {
        short.push('…');
    }
    short
}

/// A text without colours in lines of at most this width, broken between words where that goes.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ') {
        let mut word = word.to_owned();
        let last = lines.last_mut().expect("there is one from the start");
        if bare(last) + 1 + bare(&word) <= width && !last.is_empty() {
            *last += &format!(" {word}");
            continue;
        }
        if last.is_empty() {
            lines.pop();
        }
        while bare(&word) > width {
            let head = cut(&word, width + 1);
            let head = head.trim_end_matches('…').to_owned();
            word = word[head.len()..].to_owned();
            lines.push(head);
        }
        lines.push(word);
    }
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
            let (bar, slowest) = bar(&phases(ms)).unwrap();
            assert_eq!((bar.as_str(), slowest.as_str()), (shown, named), "{ms:?}");
        }
        assert!(bar(&phases(&[0, 0, 0])).is_none() && bar(&[]).is_none());
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
        assert_eq!([cut("status", 6), cut("status", 4), cut("世界地図", 5), cut("abc", 0)], ["status", "sta…", "世界…", ""]);
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
        let probes =
            [probe("web/http", "example.com"), probe("a-long-component/and-a-long-probe", "a.very.long.name.example.com")];
        let row = Row {
            verdict: format!("{BAD}down{PLAIN}"),
            time: "5.0 s".to_owned(),
            bar: "█".repeat(BAR),
            slowest: "first byte 5.0 s".to_owned(),
            why: "no answer within 5 s after the request was sent; and then some words of the operator's".to_owned(),
            phases: String::new(),
        };
        for width in [40, 60, 80, 100, 120, 200, 300] {
            let layout = Layout::of(probes.iter(), Some(width));
            for probe in &probes {
                for line in layout.lines(probe, &row) {
                    assert!(bare(&line) <= width, "{width}: {line}");
                }
            }
        }
        assert_eq!(Layout::of(probes.iter(), None).lines(&probes[0], &row).len(), 1);
    }
}

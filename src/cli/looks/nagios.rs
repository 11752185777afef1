//! A check as a monitoring plugin says it: one line with its figures, a line per probe below, and an exit code of 0
//! OK, 1 WARNING, 2 CRITICAL or 3 UNKNOWN (the Monitoring Plugins development guidelines).

use super::{Line, Report};
use crate::app::Trouble;
use crate::cli::voice::{say, warn};
use crate::model::Verdict;

/// A plugin's exit code for "I cannot tell".
pub const UNKNOWN: u8 = 3;

/// Prints it, and gives the exit code.
pub(super) fn tell(report: &Report<'_>) -> u8 {
    let (code, word) = state(report);
    let text = if report.lines.is_empty() { "nothing is watched".to_owned() } else { headline(report) };
    let figures: Vec<String> = report.lines.iter().filter_map(figure).collect();
    let figures = if figures.is_empty() { String::new() } else { format!(" | {}", figures.join(" ")) };
    say(format!("{word} - {}{figures}", plain(&text)));
    for line in &report.lines {
        let why = report.why(line);
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        say(plain(&format!("{} {}{why}", line.look.key, report.known(line).word())));
    }
    code
}

/// A config that cannot be used says nothing of the service.
pub(super) fn trouble(trouble: &Trouble) -> u8 {
    let text = trouble.to_string();
    say(format!("UNKNOWN - {}", plain(text.lines().last().unwrap_or_default())));
    warn(&text);
    UNKNOWN
}

/// The worst of all; what is known to be bad goes before what nobody can tell.
fn state(report: &Report<'_>) -> (u8, &'static str) {
    let any = |verdict: Verdict| report.lines.iter().any(|line| report.known(line) == verdict);
    match () {
        () if any(Verdict::Down) => (2, "CRITICAL"),
        () if any(Verdict::Degraded) => (1, "WARNING"),
        () if any(Verdict::Unknown) || report.lines.is_empty() => (UNKNOWN, "UNKNOWN"),
        () => (0, "OK"),
    }
}

/// `3 up, 1 down: web/http: the answer was 502`: of those that are as bad as the worst, the first.
fn headline(report: &Report<'_>) -> String {
    let count = |verdict: Verdict| report.lines.iter().filter(|line| report.known(line) == verdict).count();
    let parts = Verdict::ALL.iter().map(|v| (count(*v), v.word())).filter(|(n, _)| *n > 0);
    let summary = parts.map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ");
    let worst = [Verdict::Down, Verdict::Degraded, Verdict::Unknown].into_iter().find(|v| count(*v) > 0);
    match worst.and_then(|worst| report.lines.iter().find(|line| report.known(line) == worst)) {
        Some(line) => format!("{summary}: {}: {}", line.look.key, report.why(line)),
        None => summary,
    }
}

/// `'web/http'=12ms;;;0`: no limits, and never below zero.
fn figure(line: &Line<'_>) -> Option<String> {
    Some(format!("'{}'={}ms;;;0", line.look.key, line.seen().ms?))
}

/// One line without `|`, which would begin the figures.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c == '|' || c.is_control() { ' ' } else { c }).collect()
}

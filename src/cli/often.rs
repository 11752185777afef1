//! `run --for`: many rounds in one bounded batch, where a scheduler comes too late or too seldom.

use std::path::Path;
use std::time::Instant;

use serde_json::json;

use crate::app::{self, Report, Trouble};
use crate::cli::args::{Format, RunArgs};
use crate::cli::beats::Beats;
use crate::cli::runs;
use crate::cli::signals::Signals;
use crate::cli::voice::{self, json_line, say, warn};
use crate::model::{Moment, Span};

/// Makes rounds until the time is over or a signal asks for an end. Gives the lowest exit code that one of them had.
pub fn run(site: &Path, args: &RunArgs, during: Span, format: Format) -> Result<u8, Trouble> {
    let interval = app::interval(site)?;
    let every = args.every.unwrap_or(interval);
    if every > interval {
        warn(too_seldom(every, interval));
    }
    let deaf = |e| Trouble::Usage(format!("--for cannot listen to signals: {e}; call `run` without it"));
    let signals = Signals::listen().map_err(deaf)?;
    let start = Instant::now();
    let mut beats = Beats::new(every.std(), during.std());
    let mut all = Rounds::default();
    let ended_by = loop {
        let begun = start.elapsed();
        let result = signals.shield(|| runs::one(site, args));
        if all.made == 0 && result.as_ref().is_err_and(|trouble| trouble.code() == 2) {
            // Nothing can come of this, however often it is tried.
            return result.map(|_| 2);
        }
        if args.every.is_none()
            && let Ok(interval) = app::interval(site)
        {
            beats.set_every(interval.std());
        }
        let now = start.elapsed();
        let took = Span::from(now.saturating_sub(begun));
        all.add(&Round { result, ended: app::now(), took, left_out: beats.advance(now) }, format);
        let wait = beats.wait(now);
        if let Some(signal) = signals.within(wait.unwrap_or_default()) {
            break Some(signal);
        }
        // A machine may have slept meanwhile.
        if wait.is_none() || beats.wait(start.elapsed()).is_none() {
            break None;
        }
    };
    if format == Format::Text {
        say(all.line(Span::from(start.elapsed()), ended_by));
    }
    Ok(all.code)
}

/// The page turns stale by the interval, and a look vouches for 2.5 of them.
fn too_seldom(every: Span, interval: Span) -> String {
    format!(
        "--every is {every}, and `interval` under [run] is {interval}: the page will call itself stale between two \
         rounds; set them to the same"
    )
}

/// A round that was made, or was tried.
struct Round {
    result: Result<Report, Trouble>,
    /// When it was over.
    ended: Moment,
    took: Span,
    /// Beats that were missed because it took so long.
    left_out: u64,
}

impl Round {
    fn troubles(&self) -> &[Trouble] {
        match &self.result {
            Ok(report) => &report.troubles,
            Err(trouble) => std::slice::from_ref(trouble),
        }
    }

    /// 0, or the lowest of its troubles'.
    fn code(&self) -> u8 {
        self.troubles().iter().map(Trouble::code).min().unwrap_or(0)
    }

    /// The round's moment; of one that has none, when it was over.
    fn moment(&self) -> Moment {
        self.result.as_ref().map_or(self.ended, |report| report.moment)
    }

    /// The round in one line, for a log.
    fn line(&self) -> String {
        let mut parts = Vec::new();
        match &self.result {
            Ok(report) => {
                parts.extend(report.looked.as_ref().map(runs::looked));
                parts.extend(report.swapped.as_ref().map(|s| format!("{} files written", s.written)));
                parts.extend((report.told > 0).then(|| format!("told {}", report.told)));
            }
            Err(_) => parts.push("failed".to_owned()),
        }
        parts.extend((self.code() > 0).then(|| format!("exit {}", self.code())));
        let rounds = if self.left_out == 1 { "1 round" } else { &format!("{} rounds", self.left_out) };
        parts.extend((self.left_out > 0).then(|| format!("took {}, so {rounds} left out", self.took)));
        let time = self.moment().rfc3339();
        let (seconds, _) = time.split_once('.').unwrap_or((&time, ""));
        format!("{seconds}Z {}", parts.join("; "))
    }

    fn json(&self) -> serde_json::Value {
        let mut value = match &self.result {
            Ok(report) => runs::report_json(report),
            Err(trouble) => json!({"troubles": [runs::trouble_json(trouble)]}),
        };
        value["moment"] = json!(self.moment().rfc3339());
        value["round_ms"] = json!(self.took.ms());
        value["left_out"] = json!(self.left_out);
        value
    }
}

/// What came of all of them.
#[derive(Default)]
struct Rounds {
    made: u64,
    left_out: u64,
    /// The lowest exit code that is not 0.
    code: u8,
    /// What was wrong in the last round: it is said when it comes, and not again while it stays.
    standing: Vec<String>,
}

impl Rounds {
    /// Counts a round and tells of it.
    fn add(&mut self, round: &Round, format: Format) {
        self.made += 1;
        self.left_out += round.left_out;
        self.code = [self.code, round.code()].into_iter().filter(|code| *code > 0).min().unwrap_or(0);
        self.wrong(round);
        match format {
            Format::Json => json_line(&round.json()),
            Format::Text => {
                say(round.line());
                if let Ok(Report { stands: Some(stands), .. }) = &round.result
                    && voice::person_reads()
                {
                    runs::components(stands);
                }
            }
        }
    }

    fn wrong(&mut self, round: &Round) {
        let warnings = round.result.as_ref().map_or(&[][..], |report| &report.warnings);
        warnings.iter().filter(|w| !self.standing.contains(w)).for_each(warn);
        let troubles: Vec<String> = round.troubles().iter().map(ToString::to_string).collect();
        let new = |text: &&String| !self.standing.contains(text);
        troubles.iter().filter(new).for_each(voice::trouble);
        self.standing = troubles.into_iter().chain(warnings.iter().cloned()).collect();
    }

    /// The end, in one line.
    fn line(&self, took: Span, ended_by: Option<&str>) -> String {
        let rounds = if self.made == 1 { "1 round".to_owned() } else { format!("{} rounds", self.made) };
        let left_out = if self.left_out > 0 { format!(", {} left out", self.left_out) } else { String::new() };
        let ended = ended_by.map_or(String::new(), |signal| format!("; ended by {signal}"));
        format!("{rounds} in {took}{left_out}{ended}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::Looked;

    fn round(result: Result<Report, Trouble>, left_out: u64) -> Round {
        let ended = Moment::parse_rfc3339("2026-11-23T17:02:05.123Z").unwrap();
        Round { result, ended, took: Span::from_secs(125), left_out }
    }

    fn report(told: usize, troubles: Vec<Trouble>) -> Report {
        let moment = Moment::parse_rfc3339("2026-11-23T17:00:00.004Z").unwrap();
        let looked = Looked { looks: Vec::new(), took: Span::from_ms(83), blind: None };
        Report { moment, looked: Some(looked), told, troubles, ..Report::default() }
    }

    #[test]
    fn what_a_log_says() {
        let line = |result, left_out| round(result, left_out).line();
        let refused = || Trouble::Notify("ops: refused".to_owned());
        let full = || Trouble::Save("the disk is full".to_owned());
        insta::assert_snapshot!(line(Ok(report(0, Vec::new())), 0), @"2026-11-23T17:00:00Z nothing is due in 83 ms");
        insta::assert_snapshot!(line(Ok(report(2, vec![refused()])), 1), @"2026-11-23T17:00:00Z nothing is due in 83 ms; told 2; exit 5; took 2 min 5 s, so 1 round left out");
        insta::assert_snapshot!(line(Err(full()), 2), @"2026-11-23T17:02:05Z failed; exit 3; took 2 min 5 s, so 2 rounds left out");
        insta::assert_snapshot!(round(Err(full()), 0).json(), @r#"{"left_out":0,"moment":"2026-11-23T17:02:05.123Z","round_ms":125000,"troubles":[{"code":3,"text":"the disk is full"}]}"#);
        insta::assert_snapshot!(too_seldom(Span::from_mins(5), Span::from_mins(1)), @"--every is 5 min, and `interval` under [run] is 1 min: the page will call itself stale between two rounds; set them to the same");
    }

    #[test]
    fn the_code_of_many_rounds_is_the_lowest_that_is_not_good() {
        let mut all = Rounds::default();
        all.add(&round(Ok(report(0, Vec::new())), 0), Format::Text);
        assert_eq!(all.code, 0);
        all.add(&round(Ok(report(0, vec![Trouble::Notify(String::new())])), 2), Format::Text);
        all.add(&round(Err(Trouble::Save(String::new())), 1), Format::Text);
        all.add(&round(Ok(report(0, vec![Trouble::Publish(String::new())])), 0), Format::Text);
        all.add(&round(Ok(report(0, Vec::new())), 0), Format::Text);
        assert_eq!(all.code, 3);
        insta::assert_snapshot!(all.line(Span::from_mins(5), None), @"5 rounds in 5 min, 3 left out");
        insta::assert_snapshot!(Rounds { made: 1, ..Rounds::default() }.line(Span::from_secs(3), Some("SIGTERM")), @"1 round in 3 s; ended by SIGTERM");
    }
}

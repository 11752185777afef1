//! What is told of a world, as lines that either side writes and that can be held beside each other.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use chrono::NaiveDate;
use statuary::model::Status;

/// Lines of what and how, in one order for both sides.
pub struct Told {
    /// Times are told in seconds from here.
    base: i64,
    lines: Vec<(String, String)>,
    /// Lines of which only an estimate is promised.
    estimates: BTreeSet<String>,
}

/// A look as a page quotes it: when, its word, latency, why.
pub type Quoted = Option<(i64, &'static str, Option<u32>, String)>;

impl Told {
    pub fn new(base: i64) -> Self {
        Self { base, lines: Vec::new(), estimates: BTreeSet::new() }
    }

    fn at(&self, ms: i64) -> String {
        format!("{}s", (ms - self.base) as f64 / 1000.0)
    }

    fn maybe(&self, ms: Option<i64>) -> String {
        ms.map_or_else(|| "never".to_owned(), |ms| self.at(ms))
    }

    fn span(&self, from: i64, to: Option<i64>) -> String {
        format!("{}..{}", self.at(from), to.map_or_else(String::new, |to| self.at(to)))
    }

    fn say(&mut self, what: impl Into<String>, how: String) {
        self.lines.push((what.into(), how));
    }

    pub fn moment(&mut self, of: &str, what: &str, ms: Option<i64>) {
        let how = self.maybe(ms);
        self.say(format!("{of}: {what}"), how);
    }

    /// From, to, status, whether known, places that see it down alone.
    pub fn stretches<'v>(&mut self, of: &str, all: impl Iterator<Item = (i64, i64, Status, bool, Vec<&'v str>)>) {
        let mut how = String::new();
        for (from, to, status, known, minority) in all {
            let unseen = if known { "" } else { " unseen" };
            let _ = write!(how, "\n    {} {}{unseen} {}", self.span(from, Some(to)), status.word(), minority.join(" "));
        }
        self.say(format!("{of}: stretches"), how);
    }

    /// From, end, the worst in it, come-backs.
    pub fn outages(&mut self, of: &str, all: impl Iterator<Item = (i64, Option<i64>, Status, Vec<(i64, i64)>)>) {
        let mut how = String::new();
        for (from, end, worst, come_backs) in all {
            let backs: Vec<String> = come_backs.iter().map(|(a, b)| self.span(*a, Some(*b))).collect();
            let (outage, worst) = (self.span(from, end), worst.word());
            let _ = write!(how, "\n    {outage} {worst} back: {}", backs.join(" "));
        }
        self.say(format!("{of}: outages"), how);
    }

    /// By which rounds it was known that its outages began and ended; none: that is not promised.
    pub fn confirmed(&mut self, of: &str, rounds: Option<Vec<i64>>) {
        let what = format!("{of}: confirmed");
        if rounds.is_none() {
            self.estimates.insert(what.clone());
        }
        let rounds: Vec<String> = rounds.unwrap_or_default().into_iter().map(|t| self.at(t)).collect();
        self.say(what, rounds.join(" "));
    }

    /// Why a component's outages were.
    pub fn reasons(&mut self, of: &str, mut all: Vec<String>, estimated: bool) {
        all.sort();
        let what = format!("{of}: reasons");
        if estimated {
            self.estimates.insert(what.clone());
        }
        self.say(what, all.join("\n    "));
    }

    pub fn reason(&self, probe: &str, place: &str, (first, last): (i64, i64), looks: usize, why: &str) -> String {
        format!("{probe} from {place}: {looks} × {why} {}", self.span(first, Some(last)))
    }

    pub fn blips(&mut self, of: &str, all: impl Iterator<Item = (i64, i64)>) {
        let how: Vec<String> = all.map(|(from, to)| self.span(from, Some(to))).collect();
        self.say(format!("{of}: blips"), how.join(" "));
    }

    pub fn last_look(&mut self, probe: &str, look: Quoted) {
        let how = look.map(|(at, word, ms, why)| format!("{} {word} {ms:?} {why}", self.at(at)));
        self.say(format!("{probe}: last look"), how.unwrap_or_default());
    }

    /// Per UTC hour: looks with a latency, and what half of them, 95 of 100 and all of them did not exceed.
    pub fn latency(&mut self, probe: &str, hours: impl Iterator<Item = (i64, u64, [u32; 3])>) {
        let how: Vec<String> = hours.map(|(hour, looks, ms)| format!("{}: {looks} ≤ {ms:?}", self.at(hour))).collect();
        self.say(format!("{probe}: latency"), how.join(", "));
    }

    /// The window, known time, counted time, downtime in tenths; uptime and coverage in words.
    pub fn figure(&mut self, of: &str, window: &str, sums: [i64; 4], texts: &[String]) {
        self.say(format!("{of}: {window}"), format!("{sums:?} {}", texts.join(", ")));
    }

    pub fn group(&mut self, window: &str, uptime: &str, coverage: &str) {
        self.say(format!("all of them: {window}"), format!("{uptime}, {coverage}"));
    }

    /// The worst status, the worst that was seen, blips, time down, time degraded.
    pub fn day(&mut self, of: &str, date: NaiveDate, span: (i64, i64), worst: [Option<Status>; 2], counts: [i64; 4]) {
        let span = self.span(span.0, Some(span.1));
        self.say(format!("{of}: {date}"), format!("{span} {:?} {counts:?}", worst.map(|w| w.map(Status::word))));
    }

    /// The worst status, blips, time down.
    pub fn month(&mut self, of: &str, first: NaiveDate, span: (i64, i64), worst: Option<Status>, counts: [i64; 2]) {
        let span = self.span(span.0, Some(span.1));
        self.say(format!("{of}: month {first}"), format!("{span} {:?} {counts:?}", worst.map(Status::word)));
    }

    /// Its last round, and since when it is blind; where that is before `known`, only that it is for longer.
    pub fn place(&mut self, place: &str, last: Option<i64>, blind: Option<i64>, known: i64) {
        let blind = blind.map(|since| since.max(known));
        let how = format!("last {}, blind since {}", self.maybe(last), self.maybe(blind));
        self.say(format!("place {place}"), how);
    }

    /// What the two sides tell differently; empty where they agree.
    pub fn against(&self, how: &str, slow: &Self) -> String {
        let mut text = String::new();
        assert_eq!(self.lines.len(), slow.lines.len(), "both sides tell the same things");
        for ((what, fold), (same, slowly)) in self.lines.iter().zip(&slow.lines) {
            assert_eq!(what, same, "both sides tell the same things");
            if fold != slowly && !slow.estimates.contains(what) {
                let _ = writeln!(text, "{what}\n  {how}, the fold says {fold}\n  slowly it is {slowly}");
            }
        }
        text
    }
}

//! What the record says: the checkpoint, and what came since.

use std::collections::BTreeMap;

use crate::app::{Folders, Trouble};
use crate::journal::{self, DayTold, JournalError, Kept, Position, Stamp, Told};
use crate::model::{ChainName, ClosedDay, Head, History, Moment, Origin, Record, Remark, Span, Summary, Witness};
use crate::timeline;

/// So much may be read anew in each run before the checkpoint is written anew, in bytes.
const WORTH_KEEPING: u64 = 64 << 10;
const DAY_MS: i64 = 24 * 3_600_000;
/// Whole days of hourly latency, besides today's, that every run reads.
const HOURS_AT_HAND: Span = Span::from_mins(2 * 24 * 60);

/// Everything that the record says up to a moment.
#[derive(Debug, Default)]
pub struct Past {
    /// What it says.
    pub history: History,
    /// What is damaged or surprising.
    pub remarks: Vec<Remark>,
    /// Where the old hours of latency are that it lacks.
    pub hours: Option<Stamp>,
}

/// The record as it is known now: the checkpoint, read on.
#[derive(Debug, Default)]
pub struct Reader {
    kept: Kept,
    /// How many bytes were read that are not in the checkpoint's file.
    anew: u64,
}

impl Reader {
    /// Takes up the checkpoint, and reads what came since.
    pub fn open(at: &Folders, now: Moment) -> Result<Self, Trouble> {
        let mut kept = journal::load_kept(&at.state).unwrap_or_default();
        if kept.history.chains.iter().any(|c| c.times.last().is_some_and(|t| *t > now)) {
            // This machine's clock went back: what had come by then has not come any more.
            kept = Kept::default();
        }
        let mut reader = Self { kept, anew: 0 };
        reader.read_on(at, now)?;
        Ok(reader)
    }

    /// Reads what came since.
    pub fn read_on(&mut self, at: &Folders, now: Moment) -> Result<(), Trouble> {
        self.anew += go_on(at, &mut self.kept, now)?;
        Ok(())
    }

    /// What the record says so far.
    pub fn history(&self) -> &History {
        &self.kept.history
    }

    /// Writes the checkpoint anew where that is worth it. Without it the next run only reads more; what hinders it will
    /// be said where it hinders the page.
    pub fn keep(&mut self, at: &Folders, now: Moment) {
        if self.anew > WORTH_KEEPING {
            self.anew = 0;
            self.kept.history.chains.iter_mut().for_each(|c| timeline::forget(c, now));
            if self.set_aside(at, now) {
                let _ = journal::save_kept(&at.state, &self.kept);
            } else {
                journal::drop_kept(&at.state);
            }
        }
    }

    /// Once a day, sets the hours aside that are over for long. False: those of other days are lost.
    fn set_aside(&mut self, at: &Folders, now: Moment) -> bool {
        let today = now.ms() - now.ms().rem_euclid(DAY_MS);
        let before = Moment::from_ms(today) - HOURS_AT_HAND;
        let mut first = self.kept.history.chains.iter().flat_map(|c| &c.strips).filter_map(|s| s.hours.first());
        if !first.any(|hour| hour < before) {
            return true;
        }
        // Where the file cannot be written, they stay where they are.
        let done = journal::set_aside(&at.state, &mut self.kept, now - timeline::HOURS, before);
        !matches!(done, Ok(None))
    }

    /// All of it.
    pub fn into_past(self) -> Past {
        Past { history: self.kept.history, remarks: self.kept.remarks, hours: self.kept.hours }
    }
}

/// The record up to a moment that may be long past, from nothing.
pub fn up_to(at: &Folders, until: Moment) -> Result<Past, Trouble> {
    let mut kept = Kept::default();
    go_on(at, &mut kept, until)?;
    Ok(Past { history: kept.history, remarks: kept.remarks, hours: None })
}

/// Brings the hours that a history lacks. Where their file is gone, the record is read for them.
pub fn bring_hours(at: &Folders, history: &mut History, hours: Option<Stamp>, until: Moment) -> Result<(), Trouble> {
    if journal::take_back(&at.state, history, hours).is_some() {
        return Ok(());
    }
    journal::drop_kept(&at.state);
    let read = up_to(at, until)?.history;
    for chain in &mut history.chains {
        let same = read.chains.iter().find(|c| c.chain == chain.chain);
        for strip in chain.strips.iter_mut().filter(|s| s.hours.is_set_aside()) {
            let all = same.and_then(|c| c.strips.iter().find(|s| s.key == strip.key));
            strip.hours = all.map(|s| s.hours.clone()).unwrap_or_default();
        }
    }
    Ok(())
}

/// Where every public chain ends, and where its last whole day did, as known in a history at its moment.
pub fn heads(history: &History, moment: Moment) -> Vec<Witness> {
    let mut ends: BTreeMap<&ChainName, (&Head, u64, Vec<ClosedDay>)> = BTreeMap::new();
    for record in history.declared.iter().filter(|r| r.t <= moment && r.chain.is_public()) {
        let (head, n, days) = ends.entry(&record.chain).or_insert((&record.head, record.n, Vec::new()));
        if record.n >= *n {
            (*head, *n) = (&record.head, record.n);
        }
        timeline::ends(days, record.t.utc().date_naive(), record.n, &record.head);
    }
    for summary in history.chains.iter().filter(|c| c.chain.is_public()) {
        if let Some((head, n)) = &summary.head {
            ends.insert(&summary.chain, (head, *n, summary.days.clone()));
        }
    }
    let today = moment.utc().date_naive();
    let witness = |(chain, (head, n, days)): (&ChainName, (&Head, u64, Vec<ClosedDay>))| {
        let closed = days.into_iter().rfind(|end| end.day < today);
        Witness { chain: chain.clone(), n, head: head.clone(), closed }
    };
    ends.into_iter().map(witness).collect()
}

/// The time of each chain's last record.
pub fn ends(history: &History) -> Vec<(ChainName, Moment)> {
    let mut ends: Vec<(ChainName, Moment)> =
        history.chains.iter().filter_map(|c| Some((c.chain.clone(), c.end?.1))).collect();
    let last = |chain: &[Record]| chain.iter().max_by_key(|r| r.n).map(|r| (r.chain.clone(), r.t));
    ends.extend(history.declared.chunk_by(|a, b| a.chain == b.chain).filter_map(last));
    ends
}

/// Brings what is kept up to date. Gives how many bytes were read for it.
fn go_on(at: &Folders, kept: &mut Kept, until: Moment) -> Result<u64, JournalError> {
    let chains = journal::chains(&at.journal)?;
    // What is no longer there has not been read.
    kept.positions.retain(|p| chains.contains(&p.chain));
    let read: Vec<ChainName> = kept.positions.iter().map(|p| p.chain.clone()).collect();
    kept.history.declared.retain(|r| read.contains(&r.chain));
    kept.history.chains.retain(|c| read.contains(&c.chain));
    let mut bytes = 0;
    let known = timeline::window_edges(&kept.history.declared);
    let (desk, vantages): (Vec<ChainName>, Vec<ChainName>) = chains.into_iter().partition(ChainName::is_desk);
    for chain in desk {
        bytes += desk_chain(at, kept, &chain, until)?;
    }
    // A desk whose clock is behind may say late where a window began or ended.
    let said = timeline::window_edges(&kept.history.declared);
    let late: Vec<Moment> = said.into_iter().filter(|edge| known.binary_search(edge).is_err()).collect();
    for told in kept.history.chains.iter().filter(|c| timeline::lies_across(c, &late)) {
        kept.positions.retain(|p| p.chain != told.chain);
    }
    let edges = timeline::edges(&kept.history.declared);
    for chain in vantages {
        bytes += vantage_chain(at, kept, &chain, &edges, until)?;
    }
    kept.history.declared.sort_by(|a, b| (&a.chain, a.n).cmp(&(&b.chain, b.n)));
    kept.history.chains.sort_by(|a, b| a.chain.cmp(&b.chain));
    Ok(bytes)
}

/// Takes a chain's position out, and what came since.
fn since(
    at: &Folders,
    kept: &mut Kept,
    chain: &ChainName,
    until: Moment,
) -> Result<Option<journal::Grown>, JournalError> {
    let Some(place) = kept.positions.iter().position(|p| p.chain == *chain) else { return Ok(None) };
    let from: Position = kept.positions.swap_remove(place);
    let grown = journal::read_since(&at.journal, &from, until)?;
    if let Some(grown) = &grown {
        // What had not come yet is read again,
        kept.history.declared.retain(|r| r.chain != *chain || r.n <= from.head.n);
        // and what lies behind the last whole record is remarked on again: in its file, and in the files after it.
        let folder = at.journal.join(chain.as_str());
        let behind = |o: &Origin| {
            o.file.starts_with(&folder) && (o.file > grown.last || (o.file == grown.last && o.line > from.lines))
        };
        kept.remarks.retain(|r| !r.origin.as_ref().is_some_and(behind));
    }
    Ok(grown)
}

fn desk_chain(at: &Folders, kept: &mut Kept, chain: &ChainName, until: Moment) -> Result<u64, JournalError> {
    if let Some(grown) = since(at, kept, chain, until)? {
        kept.history.declared.extend(grown.records);
        kept.remarks.extend(grown.remarks);
        kept.positions.push(grown.position);
        return Ok(grown.bytes);
    }
    let journal::Whole { records, remarks, position } = journal::read_whole(&at.journal, chain, until)?;
    forget_remarks(kept, at, chain);
    kept.history.declared.retain(|r| r.chain != *chain);
    kept.history.declared.extend(records);
    kept.remarks.extend(remarks);
    kept.positions.extend(position);
    Ok(WORTH_KEEPING + 1)
}

fn vantage_chain(
    at: &Folders,
    kept: &mut Kept,
    chain: &ChainName,
    edges: &[Moment],
    until: Moment,
) -> Result<u64, JournalError> {
    let tell = |records: &[&Record]| timeline::summarise(chain, records, &|_| false, edges, until);
    let make = |_: &ChainName, day: DayTold<'_>| match day {
        DayTold::Records(records) => tell(records),
        DayTold::Rolled(mut day) => {
            timeline::cut(&mut day, until);
            *day
        }
    };
    if let Some(grown) = since(at, kept, chain, until)? {
        let new: Vec<&Record> = grown.records.iter().collect();
        if let Some(summary) = kept.history.chains.iter_mut().find(|c| c.chain == *chain) {
            // What had not come yet is read again, and told again where it still has not.
            summary.later = None;
            timeline::join(summary, tell(&new), edges);
        } else {
            kept.history.chains.push(tell(&new));
        }
        kept.remarks.extend(grown.remarks);
        kept.positions.push(grown.position);
        return Ok(grown.bytes);
    }
    let read = journal::read_chain(&at.journal, chain, until, &make)?;
    forget_remarks(kept, at, chain);
    kept.history.chains.retain(|c| c.chain != *chain);
    match read.told {
        Told::Days(days) => {
            let mut all = Summary::empty(chain.clone());
            for day in days {
                timeline::join(&mut all, day, edges);
            }
            kept.history.chains.push(all);
        }
        Told::Whole(records, rolled) => {
            let (summary, remarks) = timeline::whole(chain, &records, rolled, edges, until);
            kept.history.chains.push(summary);
            kept.history.remarks.extend(remarks);
        }
    }
    kept.remarks.extend(read.remarks);
    kept.positions.extend(read.position);
    Ok(WORTH_KEEPING + 1)
}

/// A chain that is read anew is remarked on anew.
fn forget_remarks(kept: &mut Kept, at: &Folders, chain: &ChainName) {
    let folder = at.journal.join(chain.as_str());
    let of_chain = |r: &Remark| match &r.origin {
        Some(origin) => origin.file.starts_with(&folder),
        None => r.text.contains(&format!("`{chain}`")) || r.text.contains(&format!("chain {chain}:")),
    };
    kept.remarks.retain(|r| !of_chain(r));
    kept.history.remarks.retain(|r| !of_chain(r));
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use tempfile::TempDir;

    use super::*;
    use crate::app::{clock, conf};
    use crate::config::Purpose;
    use crate::model::{Body, Buckets, DeskMaintenance, Round, Seen, Settings, Span, Verdict};

    const CONFIG: &str = "[site]\ntitle = \"S\"\nurl = \"https://status.example.com/\"\n\
        [[component]]\nid = \"web\"\nname = \"Web\"\n[[component.probe]]\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"\n";

    /// A record on disk that grows step by step, looked at from its checkpoint and from nothing.
    struct Grows {
        dir: TempDir,
        settings: Settings,
        now: Moment,
    }

    impl Grows {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::write(dir.path().join("statuary.toml"), CONFIG).unwrap();
            let loaded = conf::load(dir.path(), Purpose { looks: false, tells: false }).unwrap();
            let now = clock::read_moment("2026-11-20 22:00", loaded.settings.site.time_zone).unwrap();
            Self { dir, settings: loaded.settings, now }
        }

        fn at(&self) -> Folders {
            Folders::of(self.dir.path())
        }

        fn append(&self, chain: &str, t: Moment, body: Body) {
            journal::append(&self.at().journal, &ChainName::from(chain), &[(t, body)]).unwrap();
        }

        /// A round a minute.
        fn look(&mut self, is: Verdict, minutes: i64) {
            for _ in 0..minutes {
                self.now = self.now + Span::from_mins(1);
                self.append("local", self.now, round(is));
            }
        }

        fn declare(&self, starts: i64, ends: i64) {
            let at = |minutes| self.now + Span::from_mins(minutes);
            let (id, components) = ("work".to_owned(), vec!["web".into()]);
            let says = DeskMaintenance { id, starts: at(starts), ends: at(ends), components };
            self.append("_desk", self.now, Body::Maintenance(says));
        }

        /// What is read on from the checkpoint tells what all records tell at once, and twice tells nothing more.
        fn agrees(&self, after: &str) {
            let now = self.now + Span::from_secs(1);
            let all = journal::read(&self.at().journal).unwrap();
            let told = |history: &History| {
                let mut timelines = timeline::fold(history, &self.settings, now);
                let probes = timelines.components.iter_mut().flat_map(|c| &mut c.probes);
                probes.for_each(|p| p.latency.clear());
                format!("{:#?} {:#?}", timelines.components, timelines.places)
            };
            let want = told(&timeline::history(&all.records, now));
            let nothing = up_to(&self.at(), now).unwrap();
            let mut read = Reader::open(&self.at(), now).unwrap();
            read.read_on(&self.at(), now).unwrap();
            read.anew = u64::MAX;
            read.keep(&self.at(), now);
            let read = read.into_past();
            assert_eq!(told(&nothing.history), want, "from nothing, after {after}");
            assert_eq!(told(&read.history), want, "read on, after {after}");
            assert_eq!(read.history.declared, nothing.history.declared, "after {after}");
            assert_eq!(heads(&read.history, now), heads(&nothing.history, now), "after {after}");
            let places = |past: &Past| {
                let mut said: Vec<String> = past.remarks.iter().map(|r| format!("{r:?}")).collect();
                said.sort();
                said
            };
            assert_eq!(places(&read), places(&nothing), "after {after}");
        }
    }

    fn round(is: Verdict) -> Body {
        let mut round = Round { gap: Span::from_secs(150), ..Round::default() };
        match is {
            Verdict::Up => round.up.push(("web/tcp".into(), 40)),
            is => {
                let (phase, why) = (Some("connect".to_owned()), "the connection was refused".to_owned());
                let seen = Seen { id: "web/tcp".into(), is, ms: None, after: None, phase, why, tries: 1 };
                round.not.push(seen);
            }
        }
        Body::Round(round)
    }

    /// Six hours of planned work in which it fails, and goes on failing afterwards.
    fn fails_in_a_window(g: &mut Grows) {
        g.look(Verdict::Up, 30);
        g.declare(5, 365);
        g.look(Verdict::Up, 9);
        g.look(Verdict::Down, 480);
    }

    #[test]
    fn a_record_that_grows_is_read_on_as_it_would_be_read_from_nothing() {
        let mut g = Grows::new();
        g.agrees("nothing yet");
        g.look(Verdict::Up, 90);
        g.agrees("a quiet while");
        fails_in_a_window(&mut g);
        g.agrees("a failure that began in a window, over midnight");
        g.look(Verdict::Up, 40);
        g.agrees("its end");
        // Another place's clock is ahead: its newest record has not come yet.
        g.append("oslo", g.now + Span::from_mins(3), round(Verdict::Up));
        g.agrees("a record that has not come");
        g.look(Verdict::Up, 5);
        g.agrees("when it has");
    }

    #[test]
    fn a_chain_that_is_out_of_order_is_condensed_with_the_same_care() {
        let mut g = Grows::new();
        g.look(Verdict::Up, 30);
        // The clock was three hours ahead for one round.
        g.append("local", g.now + Span::from_mins(180), round(Verdict::Up));
        fails_in_a_window(&mut g);
        g.agrees("a failure that began in a window, with a clock that went back before");
    }

    #[test]
    fn a_desk_whose_clock_is_behind_changes_what_was_condensed_already() {
        let mut g = Grows::new();
        g.look(Verdict::Up, 30);
        g.declare(5, 900);
        g.look(Verdict::Up, 9);
        g.look(Verdict::Down, 480);
        g.agrees("a failure that began in a window");
        let (id, components) = ("work".to_owned(), vec!["web".into()]);
        let said = g.now - Span::from_mins(100);
        let (starts, ends) = (g.now - Span::from_mins(484), g.now - Span::from_mins(90));
        let says = DeskMaintenance { id, starts, ends, components };
        g.append("_desk", said, Body::Maintenance(says));
        g.agrees("an earlier end of the window, said by a clock that is behind");
        g.look(Verdict::Down, 5);
        g.agrees("a few more looks");
    }

    #[test]
    fn a_look_that_is_told_again_counts_once_however_it_is_read() {
        let mut g = Grows::new();
        let timed = |g: &Grows| {
            let read = Reader::open(&g.at(), g.now + Span::from_mins(1)).unwrap().into_past();
            let hours = read.history.chains[0].strips[0].hours.iter().map(|(_, buckets)| buckets.count());
            hours.sum::<u64>()
        };
        g.look(Verdict::Up, 3);
        g.agrees("three rounds");
        g.append("local", g.now, round(Verdict::Up));
        assert_eq!(timed(&g), 3, "the last round came again");
        g.agrees("a doubled round");
        let Body::Round(mut second) = round(Verdict::Down) else { unreachable!("it is a round") };
        let good = Seen { is: Verdict::Up, ms: Some(40), after: Some(Span::from_secs(10)), ..second.not[0].clone() };
        second.not.push(good);
        g.now = g.now + Span::from_mins(1);
        g.append("local", g.now, Body::Round(second));
        assert_eq!(timed(&g), 4);
        g.agrees("a second look");
        g.append("local", g.now + Span::from_secs(10), round(Verdict::Up));
        assert_eq!(timed(&g), 4, "a round at the instant of that second look stands for it");
    }

    #[test]
    fn a_torn_day_is_remarked_on_once() {
        let mut g = Grows::new();
        g.look(Verdict::Up, 10);
        g.agrees("a good day");
        let day = g.at().journal.join("local/2026/11/21.jsonl");
        fs::write(&day, "{\"v\":1,\"n\":10,\"t\":\"2026-11-2").unwrap();
        g.agrees("a day that is nothing but torn");
        g.agrees("the same once more");
        g.look(Verdict::Up, 120);
        fs::OpenOptions::new().append(true).open(&day).unwrap().write_all(b"{\"v\":1").unwrap();
        g.agrees("a torn end");
        g.look(Verdict::Up, 3);
        g.agrees("when it is stepped over");
    }

    /// Where a chain ended on its last whole day, by the records themselves.
    fn closed(g: &Grows, chain: &str) -> Option<ClosedDay> {
        let all = journal::read(&g.at().journal).unwrap().records;
        let today = g.now.utc().date_naive();
        let over = all.iter().filter(|r| r.chain.as_str() == chain && r.t.utc().date_naive() < today);
        let last = over.max_by_key(|r| (r.t.utc().date_naive(), r.n))?;
        Some(ClosedDay { day: last.t.utc().date_naive(), n: last.n, head: last.head.clone() })
    }

    #[test]
    fn the_last_whole_days_end_is_the_same_from_the_checkpoint_as_from_nothing() {
        let mut g = Grows::new();
        let mut seen = String::new();
        // Now and then nobody looks for hours, or days.
        for (step, pause) in [30, 110, 20, 60, 1440, 5, 3000, 30].into_iter().enumerate() {
            g.look(Verdict::Up, 10);
            if step == 1 {
                g.declare(5, 10);
            }
            g.agrees(&format!("step {step}"));
            for wait in [0, pause] {
                g.now = g.now + Span::from_mins(wait);
                let now = g.now + Span::from_secs(1);
                let read = Reader::open(&g.at(), now).unwrap();
                for Witness { chain, closed: end, .. } in heads(read.history(), now) {
                    assert_eq!(end, closed(&g, chain.as_str()), "step {step}, {chain}");
                    seen += &end.map_or("-".to_owned(), |end| end.n.to_string());
                    seen.push(' ');
                }
            }
        }
        insta::assert_snapshot!(seen.trim_end(), @"- - - - 0 19 0 19 0 19 0 19 0 19 0 19 0 49 0 49 0 49 0 49 0 69 0 69 0 69");
    }

    #[test]
    fn old_hours_of_latency_lie_beside_the_checkpoint_and_are_brought_where_they_are_wanted() {
        let mut g = Grows::new();
        let hours_file = g.at().state.join("checkpoint-hours");
        let latency = |history: &History| -> Vec<(Moment, Buckets)> {
            let strips = history.chains.iter().flat_map(|c| &c.strips);
            strips.flat_map(|s| s.hours.iter().collect::<Vec<_>>()).collect()
        };
        let mut lay_aside = 0;
        for _ in 0..6 * 24 * 2 {
            g.now = g.now + Span::from_mins(30);
            g.append("local", g.now, round(Verdict::Up));
            if g.now.ms() / (3_600_000 * 7) == (g.now - Span::from_mins(30)).ms() / (3_600_000 * 7) {
                continue;
            }
            let before = fs::read(&hours_file).ok();
            let mut read = Reader::open(&g.at(), g.now).unwrap();
            read.anew = u64::MAX;
            read.keep(&g.at(), g.now);
            lay_aside += usize::from(fs::read(&hours_file).ok() != before);
            let mut past = read.into_past();
            let all = up_to(&g.at(), g.now).unwrap().history;
            let lacks = journal::is_set_aside(&past.history);
            assert_eq!(latency(&past.history) != latency(&all), lacks, "what is said to be all is all");
            bring_hours(&g.at(), &mut past.history, past.hours, g.now).unwrap();
            assert!(!journal::is_set_aside(&past.history));
            assert_eq!(latency(&past.history), latency(&all));
        }
        assert!((3..=4).contains(&lay_aside), "once a day from the fourth on: {lay_aside}");
        let lost = |change: &dyn Fn()| {
            change();
            let mut past = Reader::open(&g.at(), g.now).unwrap().into_past();
            assert!(journal::is_set_aside(&past.history));
            bring_hours(&g.at(), &mut past.history, past.hours, g.now).unwrap();
            assert_eq!(latency(&past.history), latency(&up_to(&g.at(), g.now).unwrap().history));
            assert_eq!(journal::load_kept(&g.at().state), None, "a checkpoint without its hours is of no use");
            let mut read = Reader::open(&g.at(), g.now).unwrap();
            read.keep(&g.at(), g.now);
        };
        lost(&|| fs::remove_file(&hours_file).unwrap());
        lost(&|| {
            let mut bytes = fs::read(&hours_file).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(&hours_file, bytes).unwrap();
        });
        // Where the next day's are to be added and the others are gone, the checkpoint goes too.
        fs::remove_file(&hours_file).unwrap();
        g.now = g.now + Span::from_mins(3 * 24 * 60);
        g.append("local", g.now, round(Verdict::Up));
        let mut read = Reader::open(&g.at(), g.now).unwrap();
        read.anew = u64::MAX;
        read.keep(&g.at(), g.now);
        assert_eq!(journal::load_kept(&g.at().state), None);
    }
}

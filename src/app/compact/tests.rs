//! Compaction on real files: no figure changes by a digit, whatever happened on those days.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use super::{Compacted, Compacting, compact_at};
use crate::app::{Folders, conf};
use crate::config::{Loaded, Purpose};
use crate::incident;
use crate::journal::{self, Verification, VerifyOptions};
use crate::model::{Body, ChainName, DeskMaintenance, Detail, History, Moment, ProbeKey, Round, Seen, Span, Verdict};
use crate::timeline::{self, ComponentTimeline, Timelines};

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;
const VANTAGES: [&str; 2] = ["fra", "nyc"];

/// Midnight of the first day.
fn start() -> i64 {
    Moment::parse_rfc3339("2026-11-20T00:00:00Z").unwrap().ms()
}

fn site(rules: &str, places: usize) -> (tempfile::TempDir, Folders, Loaded) {
    let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
    let places: Vec<String> = VANTAGES[..places].iter().map(|v| format!("\"{v}\"")).collect();
    let probe =
        |name: &str| format!("[[component.probe]]\nkind = \"tcp\"\nname = \"{name}\"\naddress = \"127.0.0.1:1\"\n");
    let config = format!(
        "[site]\ntitle = \"S\"\nurl = \"https://status.example.com/\"\ntime_zone = \"America/Los_Angeles\"\n\
         [run]\nvantage = \"fra\"\nvantages = [{}]\n[journal]\nroll_up_after = \"1d\"\n[rules]\n{rules}\n\
         [[component]]\nid = \"web\"\n{}{}[[component]]\nid = \"db\"\n{}\
         [[component]]\nid = \"vault\"\nvisibility = \"internal\"\n{}",
        places.join(", "),
        probe("a"),
        probe("b"),
        probe("a"),
        probe("a")
    );
    fs::write(dir.path().join("statuary.toml"), config).unwrap();
    let at = Folders::of(dir.path());
    fs::create_dir_all(&at.state).unwrap();
    let loaded = conf::load(dir.path(), Purpose { looks: false, tells: false }).unwrap();
    (dir, at, loaded)
}

/// Compacts the chains of every place, as the machines there would, until nothing is left to do.
fn compact(at: &Folders, loaded: &Loaded, now: Moment) -> Vec<Compacted> {
    let each = |vantage: &&str| {
        let mut loaded = conf::load(&at.site, Purpose { looks: false, tells: false }).unwrap();
        loaded.set_vantage(vantage).unwrap();
        let how = Compacting { desk: true, vantage: None, go_on: &|| true, in_passing: false };
        compact_at(at, &loaded, &how, now).unwrap()
    };
    VANTAGES
        .iter()
        .filter(|v| loaded.settings.run.vantages.iter().any(|known| known.as_str() == **v))
        .map(each)
        .collect()
}

fn verify(at: &Folders) -> Verification {
    journal::verify(&at.journal, &VerifyOptions::default()).unwrap()
}

fn is_good(at: &Folders) -> Result<(), TestCaseError> {
    let proof = verify(at);
    let all: Vec<_> = proof.chains.iter().flat_map(|c| &c.findings).filter(|f| f.fatal).collect();
    prop_assert!(proof.is_good(), "{:#?}", all);
    Ok(())
}

fn read(at: &Folders, now: Moment) -> History {
    crate::app::history::up_to(at, now).unwrap().history
}

fn day_files(at: &Folders) -> Vec<PathBuf> {
    let all = walkdir::WalkDir::new(&at.journal).sort_by_file_name().into_iter().flatten();
    all.filter(|e| e.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

fn count(at: &Folders, suffix: &str) -> usize {
    day_files(at).iter().filter(|p| p.to_string_lossy().ends_with(suffix)).count()
}

/// Everything that is told of the components and the places, latencies by the hour.
fn told(timelines: &Timelines) -> String {
    let mut components: Vec<ComponentTimeline> = timelines.components.clone();
    let mut latency = String::new();
    for probe in components.iter_mut().flat_map(|c| &mut c.probes) {
        for hour in 0..24 * 8 {
            let from = Moment::from_ms(start() - DAY + hour * 60 * MINUTE);
            let buckets = probe.latency_between(from, from + Span::from_mins(60));
            if buckets.count() > 0 {
                writeln!(latency, "{} {hour} {buckets:?}", probe.key).unwrap();
            }
        }
        probe.latency.clear();
    }
    format!("{components:#?}\n{:#?}\n{latency}", timelines.places)
}

/// Whether two long texts are the same; says where they first differ.
fn same(a: &str, b: &str) -> Result<(), TestCaseError> {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let (a, b) = (lines(a), lines(b));
    if let Some(at) = (0..a.len().max(b.len())).find(|i| a.get(*i) != b.get(*i)) {
        let near = |lines: &[String]| lines[at.saturating_sub(12).min(lines.len())..lines.len().min(at + 4)].join("\n");
        return Err(TestCaseError::fail(format!("line {at}, before:\n{}\nafter:\n{}", near(&a), near(&b))));
    }
    Ok(())
}

/// What was recorded, by hour.
fn recorded(history: &History) -> String {
    let strips = history.chains.iter().flat_map(|c| c.strips.iter().map(move |s| (&c.chain, s)));
    let mut lines: Vec<String> = strips.map(|(chain, s)| format!("{chain} {} {:?}\n", s.key, s.recorded)).collect();
    lines.sort();
    lines.concat()
}

/// Rows of rounds that say the same, and what happens between them.
#[derive(Clone, Debug)]
struct World {
    /// How many rounds, what each of three probes said, and what comes then.
    rows: Vec<(u16, [char; 3], Then)>,
    /// Said how long before it starts, starts, length, in minutes of the story; whose; internal.
    windows: Vec<(u16, u16, u16, bool, bool)>,
    rules: (u8, u8, u8),
    places: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Next,
    /// Nobody looks for so many minutes.
    Hole(u16),
    /// The clock is set back by so many seconds.
    Back(u16),
    /// A record of an internal detail.
    Detail,
}

impl World {
    fn write(&self, at: &Folders, loaded: &Loaded) -> Moment {
        let mut t = start() + 21 * 60 * MINUTE;
        let begun = t;
        let mut bodies: Vec<(ChainName, Moment, Body)> = Vec::new();
        let mut windows = self.windows.clone();
        windows.sort_by_key(|w| w.1.saturating_sub(w.0));
        let mut latest = t;
        for (i, (rounds, said, then)) in self.rows.iter().enumerate() {
            for r in 0..*rounds {
                let n = i as i64 * 7919 + i64::from(r) * 104_729;
                // No cron is on the dot.
                let at = Moment::from_ms(t + n % 4000);
                let place = VANTAGES[(i + usize::from(r)) % self.places];
                let (public, internal) = round(n, said);
                bodies.push((ChainName::from(place), at, Body::Round(public)));
                bodies.push((ChainName::from(format!("{place}+internal")), at, Body::Round(internal)));
                latest = latest.max(at.ms());
                t += MINUTE;
            }
            match then {
                Then::Next => {}
                Then::Hole(minutes) => t += i64::from(*minutes) * MINUTE,
                Then::Back(seconds) => t -= i64::from(*seconds) * 1000,
                Then::Detail => {
                    let detail = Detail { id: "web/a".into(), text: "127.0.0.1 refused".into() };
                    let chain = ChainName::from("fra+internal");
                    bodies.push((chain, Moment::from_ms(t), Body::Details(vec![detail])));
                }
            }
        }
        for (i, (ahead, starts, length, web, internal)) in windows.iter().enumerate() {
            let starts = begun + i64::from(*starts) * MINUTE;
            let said = Moment::from_ms((starts - i64::from(*ahead) * MINUTE).max(begun));
            let body = DeskMaintenance {
                id: format!("w{}", i % 3),
                starts: Moment::from_ms(starts),
                ends: Moment::from_ms(starts + i64::from(*length) * MINUTE),
                components: vec![if *web { "web" } else { "db" }.into()],
            };
            bodies.push((ChainName::desk(*internal), said, Body::Maintenance(body)));
        }
        append(at, &bodies);
        let now = Moment::from_ms(latest + 20_000);
        desk(at, loaded, begun, now);
        now
    }
}

/// The desk's runs: it says what is due, every half hour.
fn desk(at: &Folders, loaded: &Loaded, from: i64, now: Moment) {
    let mut records = journal::read(&at.journal).unwrap().records;
    for moment in (from..now.ms()).step_by(30 * MINUTE as usize).chain([now.ms()]).map(Moment::from_ms) {
        let history = timeline::history(&records, moment);
        let timelines = timeline::fold(&history, &loaded.settings, moment);
        for due in incident::due(&timelines, &history, &[], &loaded.settings, moment) {
            let chain = ChainName::desk(due.internal);
            records.extend(journal::append(&at.journal, &chain, &[(moment, due.body)]).unwrap());
        }
    }
}

fn append(at: &Folders, bodies: &[(ChainName, Moment, Body)]) {
    let mut chains: Vec<&ChainName> = bodies.iter().map(|b| &b.0).collect();
    chains.sort();
    chains.dedup();
    for chain in chains {
        let mine: Vec<(Moment, Body)> = bodies.iter().filter(|b| b.0 == *chain).map(|b| (b.1, b.2.clone())).collect();
        journal::append(&at.journal, chain, &mine).unwrap();
    }
}

fn round(n: i64, said: &[char; 3]) -> (Round, Round) {
    let mut public = Round { gap: Span::from_ms(150_000), ..Round::default() };
    let mut internal = public.clone();
    look(&mut public, "web/a", said[0], n);
    look(&mut public, "web/b", said[1], n);
    look(&mut public, "db/a", said[2], n);
    look(&mut internal, "vault/a", said[0], n);
    if said[2] != '.' {
        // Eighths add up to the same in any order.
        public.rec.push((ProbeKey::from("db/a"), vec![("depth".to_owned(), (n % 977) as f64 / 8.0)]));
    }
    (public, internal)
}

fn look(round: &mut Round, key: &str, letter: char, n: i64) {
    let seen = |is, after: Option<i64>, why: &str| Seen {
        id: key.into(),
        is,
        ms: (n % 3 > 0).then_some((n % 700) as u32),
        after: after.map(Span::from_secs),
        phase: (n % 2 > 0).then(|| "connect".to_owned()),
        why: why.to_owned(),
        tries: 1,
    };
    match letter {
        '.' => {}
        'u' => round.up.push((key.into(), (n % 300) as u32)),
        'g' => round.not.push(seen(Verdict::Degraded, None, "slow")),
        'd' => round.not.push(seen(Verdict::Down, None, "refused")),
        '?' => round.not.push(seen(Verdict::Unknown, None, "not reached")),
        'b' => {
            round.blind = Some("no canary answered".into());
            round.not.push(seen(Verdict::Down, None, "refused"));
        }
        'D' => round.not.extend([seen(Verdict::Down, None, "refused"), seen(Verdict::Down, Some(10), "refused again")]),
        'U' => round.not.extend([seen(Verdict::Down, None, "refused"), seen(Verdict::Up, Some(10), "")]),
        other => panic!("no look is drawn as {other}"),
    }
}

fn world() -> impl Strategy<Value = World> {
    let letter = || prop_oneof![8 => Just('u'), 1 => Just('g'), 2 => Just('d'), 1 => Just('?'), 1 => Just('b'), 1 => Just('D'), 1 => Just('U'), 1 => Just('.')];
    let said = [letter(), letter(), letter()];
    let then = prop_oneof![
        6 => Just(Then::Next), 2 => (1_u16..400).prop_map(Then::Hole), 1 => (10_u16..7200).prop_map(Then::Back),
        1 => Just(Then::Detail)
    ];
    let length = prop_oneof![3 => 1_u16..4, 2 => 1_u16..30, 2 => 60_u16..300];
    let rows = prop::collection::vec((length, said, then), 3..22);
    let windows = prop::collection::vec((0_u16..60, 0_u16..2000, 0_u16..200, any::<bool>(), any::<bool>()), 0..4);
    (rows, windows, (1_u8..=8, 1_u8..=8, 1_u8..=15), 1_usize..=2).prop_map(|(rows, windows, rules, places)| World {
        rows,
        windows,
        rules,
        places,
    })
}

fn rules((open, resolve, within): (u8, u8, u8)) -> String {
    format!("open_after = {open}\nresolve_after = {resolve}\nblip_within = \"{within}m\"")
}

/// A few with every run of the tests, as many as `PROPTEST_CASES` says in a long one.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases()) })]

    #[test]
    fn no_figure_changes_by_a_digit(world in world(), ages in prop::collection::vec(0_i64..5, 1..4)) {
        let (_dir, at, loaded) = site(&rules(world.rules), world.places);
        let now = world.write(&at, &loaded);
        is_good(&at)?;
        let before = read(&at, now);
        let timelines = timeline::fold(&before, &loaded.settings, now);
        let mut ages = ages;
        ages.sort_unstable();
        for days in ages {
            // Some days are compressed by then, some rolled up, some not closed.
            compact(&at, &loaded, now + Span::from_ms(days * DAY));
            is_good(&at)?;
            let after = read(&at, now);
            let folded = timeline::fold(&after, &loaded.settings, now);
            same(&told(&timelines), &told(&folded))?;
            same(&recorded(&before), &recorded(&after))?;
            let due = |timelines: &Timelines, history: &History| format!("{:?}", incident::due(timelines, history, &[], &loaded.settings, now));
            same(&due(&timelines, &before), &due(&folded, &after))?;
        }
    }
}

/// A quiet day and a half with an outage across midnight, and what was before.
fn morning() -> World {
    let row = |rounds, said: &str, then| {
        let said: Vec<char> = said.chars().collect();
        (rounds, [said[0], said[1], said[2]], then)
    };
    World {
        rows: vec![
            row(150, "uuu", Then::Next),
            row(60, "duu", Then::Detail),
            row(600, "uuu", Then::Hole(100)),
            row(3, "uug", Then::Next),
            row(900, "uuu", Then::Next),
        ],
        windows: vec![(30, 400, 60, true, false)],
        rules: (2, 2, 10),
        places: 1,
    }
}

/// The site of [`morning`], its moment, and what is told of it.
fn morning_site() -> (tempfile::TempDir, Folders, Loaded, Moment, String) {
    let world = morning();
    let (dir, at, loaded) = site(&rules(world.rules), world.places);
    let now = world.write(&at, &loaded);
    let told = told(&timeline::fold(&read(&at, now), &loaded.settings, now));
    (dir, at, loaded, now, told)
}

#[test]
fn days_are_compressed_the_day_after_and_rolled_up_later() {
    let (_dir, at, loaded, now, told_before) = morning_site();
    let raw = day_files(&at).len();
    let forms =
        || (count(&at, ".jsonl"), count(&at, ".jsonl.gz") - count(&at, ".roll.jsonl.gz"), count(&at, ".roll.jsonl.gz"));
    assert_eq!(forms(), (raw, 0, 0));
    // An hour after midnight nothing of that day is touched.
    let midnight = Moment::from_ms(start() + DAY);
    assert!(compact(&at, &loaded, midnight + Span::from_mins(119))[0].chains.iter().all(|c| c.zipped == 0));
    assert_eq!(forms(), (raw, 0, 0));
    let done = compact(&at, &loaded, midnight + Span::from_mins(120));
    assert_eq!(
        done[0].chains.iter().map(|c| (c.zipped, c.rolled)).collect::<Vec<_>>(),
        [(0, 0), (0, 0), (1, 0), (1, 0)]
    );
    // A day later that one is rolled up. Of all chains, the desk's is never.
    let done = compact(&at, &loaded, midnight + Span::from_ms(DAY + 120 * MINUTE));
    let rolled: Vec<_> = done[0].chains.iter().map(|c| (c.chain.as_str(), c.zipped, c.rolled)).collect();
    assert_eq!(rolled, [("_desk", 0, 0), ("_desk+internal", 0, 0), ("fra", 1, 1), ("fra+internal", 1, 1)]);
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    // The days of the desk's chains hold next to nothing, and those that hold pins alone are left too: else each day
    // would be pinned on the next, for ever.
    let raw = forms().0;
    let more = compact(&at, &loaded, now + Span::from_ms(42 * DAY));
    assert_eq!((forms().0, more[0].chains.iter().map(|c| c.zipped + c.rolled).sum::<u64>()), (raw, 0));
    is_good(&at).unwrap();
    assert_eq!(told(&timeline::fold(&read(&at, now), &loaded.settings, now)), told_before);
    // Nothing is left to do, and nothing is done.
    let files = day_files(&at);
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    assert_eq!(day_files(&at), files);
}

#[test]
fn never_is_never() {
    let (dir, at, _, now, _) = morning_site();
    let config = fs::read_to_string(dir.path().join("statuary.toml")).unwrap();
    fs::write(dir.path().join("statuary.toml"), config.replace("\"1d\"", "\"never\"")).unwrap();
    let loaded = conf::load(dir.path(), Purpose { looks: false, tells: false }).unwrap();
    compact(&at, &loaded, now + Span::from_ms(400 * DAY));
    assert!(count(&at, ".jsonl.gz") > 2);
    assert_eq!(count(&at, ".roll.jsonl.gz"), 0);
}

#[test]
fn an_incident_keeps_every_look_around_it() {
    let (_dir, at, loaded, now, _) = morning_site();
    let rounds = |at: &Folders| {
        let (from, to) = (Moment::from_ms(start() + DAY - 60 * MINUTE), Moment::from_ms(start() + DAY + 29 * MINUTE));
        let mut found = journal::rounds(&at.journal, &[(from, to)]).unwrap();
        found.retain(|r| r.chain.as_str() == "fra");
        found.sort_by_key(|r| r.n);
        let web = |r: crate::model::Record| {
            let Body::Round(round) = r.body else { return None };
            let mine = |key: &ProbeKey| key.component() == "web";
            let up: Vec<_> = round.up.into_iter().filter(|(key, _)| mine(key)).collect();
            let not: Vec<_> = round.not.into_iter().filter(|s| mine(&s.id)).collect();
            Some((r.n, r.t, r.head, up, not))
        };
        found.into_iter().filter_map(web).collect::<Vec<_>>()
    };
    let before = rounds(&at);
    assert!(before.len() > 80, "{}", before.len());
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    assert!(count(&at, ".roll.jsonl.gz") >= 4);
    assert_eq!(rounds(&at), before);
}

#[test]
fn an_internal_incident_leaves_no_trace_in_a_public_chain() {
    // Only the vault fails: the public chain is rolled up as if nothing had been.
    let mut world = morning();
    world.windows.clear();
    for row in &mut world.rows {
        row.1 = ['u', 'u', 'u'];
    }
    let lines = |fail: bool| {
        let (_dir, at, loaded) = site("", 1);
        let now = world.write(&at, &loaded);
        let before = count(&at, ".jsonl");
        if fail {
            let mut bodies = Vec::new();
            for minute in 0..30 {
                let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
                look(&mut round, "vault/a", 'd', minute);
                bodies.push((ChainName::from("fra+internal"), now + Span::from_mins(minute), Body::Round(round)));
            }
            append(&at, &bodies);
            desk(&at, &loaded, now.ms(), now + Span::from_mins(30));
            assert!(count(&at, ".jsonl") > before && at.journal.join("_desk+internal").exists());
        }
        compact(&at, &loaded, now + Span::from_ms(40 * DAY));
        let files = day_files(&at).into_iter().filter(|p| p.starts_with(at.journal.join("fra")));
        files.filter(|p| p.extension().is_some_and(|e| e == "gz")).map(|p| fs::read(p).unwrap()).collect::<Vec<_>>()
    };
    let quiet = lines(false);
    assert!(!quiet.is_empty());
    assert_eq!(lines(true), quiet);
}

#[test]
fn a_record_that_comes_late_goes_to_the_newest_file() {
    let (_dir, at, loaded, now, _) = morning_site();
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    let late = Moment::from_ms(start() + DAY - 10 * MINUTE);
    let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
    look(&mut round, "web/a", 'u', 1);
    let written = journal::append(&at.journal, &ChainName::from("fra"), &[(late, Body::Round(round))]).unwrap();
    is_good(&at).unwrap();
    let last = journal::tail(&at.journal, &ChainName::from("fra"), 1).unwrap();
    assert_eq!(last, written);
    // And its file is closed in its turn.
    compact(&at, &loaded, now + Span::from_ms(90 * DAY));
    is_good(&at).unwrap();
}

/// What stands in a chain's folder.
fn file(at: &Folders, chain: &str, name: &str) -> PathBuf {
    at.journal.join(chain).join("2026/11").join(name)
}

fn fatal(at: &Folders) -> Vec<String> {
    let tell = |f: &journal::Finding| {
        format!("{}:{}: {}", f.file.strip_prefix(&at.journal).unwrap().display(), f.line, f.text)
    };
    let proof = verify(at);
    let all = proof.chains.iter().flat_map(|c| &c.findings).chain(&proof.findings);
    all.filter(|f| f.fatal).map(tell).collect()
}

#[test]
fn what_was_changed_or_taken_away_is_found() {
    let (_dir, at, loaded, now, _) = morning_site();
    // The first day rolled up, the second compressed.
    compact(&at, &loaded, Moment::from_ms(start() + 2 * DAY + 130 * MINUTE));
    let (rolled, zipped) = (file(&at, "fra", "20.roll.jsonl.gz"), file(&at, "fra", "21.jsonl.gz"));
    assert!(rolled.exists() && zipped.exists(), "{:?}", day_files(&at));
    assert_eq!(fatal(&at), [""; 0]);
    for path in [&rolled, &zipped] {
        let good = fs::read(path).unwrap();
        let step = (good.len() / 12).max(1);
        for byte in (0..12).chain((12..good.len()).step_by(step)).chain(good.len() - 9..good.len()) {
            let mut bad = good.clone();
            bad[byte] ^= 1 << (byte % 8);
            fs::write(path, &bad).unwrap();
            assert!(!fatal(&at).is_empty(), "{} byte {byte}", path.display());
            journal::read(&at.journal).unwrap();
            fs::write(path, &good[..byte]).unwrap();
            assert!(!fatal(&at).is_empty(), "{} cut at {byte}", path.display());
            journal::read(&at.journal).unwrap();
        }
        fs::write(path, [&good[..], b"x"].concat()).unwrap();
        assert!(!fatal(&at).is_empty(), "{} with something behind it", path.display());
        fs::write(path, &good).unwrap();
    }
    assert_eq!(fatal(&at), [""; 0]);
    // One day's file under another's name; a day taken from between others; from the beginning.
    fs::rename(&rolled, file(&at, "fra", "19.roll.jsonl.gz")).unwrap();
    insta::assert_snapshot!(fatal(&at).join("\n"), @r#"
    fra/2026/11/19.roll.jsonl.gz:0: no record pins it: it was not put here by a compaction
    fra/2026/11/19.roll.jsonl.gz:0: record 0 is of 2026-11-20T21:00:00.000Z, another day than its file's
    fra/2026/11/19.roll.jsonl.gz:0: record 179 is of 2026-11-20T23:59:01.060Z, another day than its file's
    fra/2026/11/19.roll.jsonl.gz:1: it is the roll-up of 2026-11-20, under another day's name
    fra/2026/11/20.jsonl:0: 2026-11-20 is not here, though older days are: it was removed
    "#);
    fs::rename(file(&at, "fra", "19.roll.jsonl.gz"), &rolled).unwrap();
    let aside = at.site.join("aside");
    fs::rename(&zipped, &aside).unwrap();
    insta::assert_snapshot!(fatal(&at).join("\n"), @"fra/2026/11/21.jsonl:0: 2026-11-21 is not here, though older days are: it was removed");
    fs::rename(&aside, &zipped).unwrap();
    fs::rename(&rolled, &aside).unwrap();
    assert_eq!(fatal(&at), [""; 0]);
    let proof = verify(&at);
    let fra = proof.chains.iter().find(|c| c.chain.as_str() == "fra").unwrap();
    insta::assert_snapshot!(fra.findings[0].text, @"the day 2026-11-20 is not here; later records pin what stood there");
    let _ = now;
}

#[test]
fn a_head_of_a_rolled_up_day_is_still_known_where_it_was_told() {
    let (_dir, at, loaded, now, _) = morning_site();
    let records = journal::read_one(&at.journal, &ChainName::from("fra")).unwrap().0;
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    let ask = |n: usize| {
        let options = VerifyOptions { contains: Some(records[n].head.clone()), ..VerifyOptions::default() };
        let proof = journal::verify(&at.journal, &options).unwrap();
        let fra = proof.chains.iter().find(|c| c.chain.as_str() == "fra").unwrap();
        (
            proof.is_good(),
            fra.pinned,
            fra.findings.last().map(|f| f.text.clone()),
            proof.findings.first().map(|f| f.text.clone()),
        )
    };
    let of_day = records.iter().rposition(|r| r.t < Moment::from_ms(start() + DAY)).unwrap();
    // The last of the first day, and one in the outage.
    for n in [of_day, of_day - 20] {
        let (good, pinned, remark, _) = ask(n);
        assert_eq!((good, pinned), (true, Some(n as u64)), "{remark:?}");
        assert!(remark.unwrap().contains("rolled up after record"), "a head from before a roll-up does not prove it");
    }
    // One of the quiet middle is in no roll-up.
    let (good, pinned, _, said) = ask(of_day + 300);
    assert_eq!((good, pinned), (false, None));
    assert!(said.unwrap().contains("of days that are rolled up only the first, the last and those around incidents"));
}

/// A roll-up that somebody forged and pinned, with the chain's own hashes all in place.
#[test]
fn a_second_roll_up_of_a_day_is_found_although_it_is_pinned() {
    let (_dir, at, loaded, now, _) = morning_site();
    compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    let fra = ChainName::from("fra");
    let path = file(&at, "fra", "20.roll.jsonl.gz");
    let honest = fs::read(&path).unwrap();
    let mut lines = String::new();
    std::io::Read::read_to_string(&mut flate2::bufread::GzDecoder::new(&honest[..]), &mut lines).unwrap();
    assert!(lines.contains("[\"d\""));
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::Write::write_all(&mut gz, lines.replace("[\"d\"", "[\"u\"").as_bytes()).unwrap();
    let forged = gz.finish().unwrap();
    fs::write(&path, &forged).unwrap();
    let pins: Vec<_> = journal::pins(&at.journal, &fra, Moment::from_ms(start()).utc().date_naive()).unwrap();
    let mut pin = pins.iter().find(|p| p.day.to_string() == "2026-11-20").unwrap().clone();
    pin.file = journal::sha256_of(&path).unwrap();
    journal::append(&at.journal, &fra, &[(now + Span::from_ms(40 * DAY), Body::Pin(pin))]).unwrap();
    insta::assert_snapshot!(fatal(&at).join("\n"), @"
    fra/2026/11/20.roll.jsonl.gz:0: its bytes are not those that record 1716 pins: the file was changed
    fra/2027/01/01.jsonl:7: record 1719 pins a third file for 2026-11-20
    ");
}

fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let all =
        walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().flatten().filter(|e| e.file_type().is_file());
    all.map(|e| (e.path().strip_prefix(folder).unwrap().to_owned(), fs::read(e.path()).unwrap())).collect()
}

#[test]
fn a_day_with_damage_that_nobody_named_stays_as_it_is() {
    let (_dir, at, loaded, now, told_before) = morning_site();
    let path = file(&at, "fra", "20.jsonl");
    let mut text = fs::read_to_string(&path).unwrap();
    text.insert_str(text.find('\n').unwrap() + 1, "{\"v\":1,\"torn\n");
    fs::write(&path, &text).unwrap();
    let done = compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let fra = done[0].chains.iter().find(|c| c.chain.as_str() == "fra").unwrap();
    let left: Vec<String> = fra.left.iter().map(|(day, why)| format!("{day}: {why}")).collect();
    insta::assert_snapshot!(left.join("\n"), @"2026-11-20: line 2: 12 bytes are no whole record, and no record skips them: the line is cut off or was never a record");
    assert_eq!(told(&timeline::fold(&read(&at, now), &loaded.settings, now)), told_before);
}

#[test]
fn what_was_torn_and_named_is_compressed_with_it() {
    let (_dir, at, loaded, now, _) = morning_site();
    // A crash at the end of the last day; the next record names it, a day later.
    let last = day_files(&at).into_iter().rfind(|p| p.starts_with(at.journal.join("fra"))).unwrap();
    fs::OpenOptions::new()
        .append(true)
        .open(&last)
        .map(|mut f| std::io::Write::write_all(&mut f, b"{\"v\":1,\"n\":"))
        .unwrap()
        .unwrap();
    let mut round = Round { gap: Span::from_ms(150_000), ..Round::default() };
    look(&mut round, "web/a", 'u', 1);
    let next = Moment::from_ms(now.ms() + DAY);
    journal::append(&at.journal, &ChainName::from("fra"), &[(next, Body::Round(round))]).unwrap();
    is_good(&at).unwrap();
    let before = told(&timeline::fold(&read(&at, next), &loaded.settings, next));
    let done = compact(&at, &loaded, now + Span::from_ms(40 * DAY));
    is_good(&at).unwrap();
    // It is compressed, but not rolled up: the record of the next day could not be proved any more.
    let zipped = last.with_extension("jsonl.gz");
    assert!(zipped.exists(), "{done:?}");
    assert!(done[0].chains.iter().flat_map(|c| &c.left).any(|(_, why)| why.contains("torn bytes")), "{done:?}");
    assert_eq!(told(&timeline::fold(&read(&at, next), &loaded.settings, next)), before);
}

#[test]
fn what_is_left_half_done_is_completed() {
    let (_dir, at, loaded, now, told_before) = morning_site();
    let later = now + Span::from_ms(40 * DAY);
    let raw = tree(&at.journal);
    compact(&at, &loaded, later);
    let done = tree(&at.journal);
    // Every file that stood before stands again, beside what was made of it, with a half-written one.
    for (path, bytes) in &raw {
        if !at.journal.join(path).exists() {
            fs::write(at.journal.join(path), bytes).unwrap();
        }
    }
    fs::write(file(&at, "fra", ".20.roll.jsonl.gz"), "half").unwrap();
    assert_eq!(told(&timeline::fold(&read(&at, now), &loaded.settings, now)), told_before);
    compact(&at, &loaded, later);
    assert_eq!(tree(&at.journal), done, "it ends where it would have ended");
    is_good(&at).unwrap();
}

#[test]
fn the_chains_of_other_places_are_left_to_their_machines() {
    let world = World { places: 2, ..morning() };
    let (_dir, at, loaded) = site("", 2);
    let now = world.write(&at, &loaded);
    let before = tree(&at.journal.join("nyc"));
    let desk = tree(&at.journal.join("_desk"));
    let how = Compacting { desk: false, vantage: None, go_on: &|| true, in_passing: false };
    let done = compact_at(&at, &loaded, &how, now + Span::from_ms(40 * DAY)).unwrap();
    assert_eq!(done.others.iter().map(ChainName::as_str).collect::<Vec<_>>(), ["nyc", "nyc+internal"]);
    assert_eq!(tree(&at.journal.join("nyc")), before);
    assert_eq!(tree(&at.journal.join("_desk")), desk, "a machine that only looks leaves the desk's chain alone");
    assert!(count(&at, ".roll.jsonl.gz") > 0);
}

#[test]
fn time_that_runs_out_stops_between_days_and_the_next_one_goes_on() {
    let (_dir, at, loaded, now, told_before) = morning_site();
    let later = now + Span::from_ms(40 * DAY);
    let mut rounds = 0;
    loop {
        rounds += 1;
        let left = std::cell::Cell::new(1);
        let go_on = || left.replace(left.get() - 1) > 0;
        let how = Compacting { desk: true, vantage: None, go_on: &go_on, in_passing: true };
        let done = compact_at(&at, &loaded, &how, later).unwrap();
        is_good(&at).unwrap();
        assert_eq!(told(&timeline::fold(&read(&at, now), &loaded.settings, now)), told_before);
        if !done.more {
            break;
        }
        assert!(rounds < 40, "{done:?}");
    }
    assert!(rounds > 5, "one day at a time: {rounds}");
    // The mark spares the next run the looking.
    let how = Compacting { desk: true, vantage: None, go_on: &|| panic!("all was done"), in_passing: true };
    assert_eq!(compact_at(&at, &loaded, &how, later).unwrap(), Compacted::default());
}

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

mod days;
mod found;
mod left;

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

/// What stands in a chain's folder.
fn file(at: &Folders, chain: &str, name: &str) -> PathBuf {
    at.journal.join(chain).join("2026/11").join(name)
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
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(6)
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

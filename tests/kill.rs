//! Law 2, law 5, law 10 and the one way: a run that is killed at any moment leaves a record that lost nothing it had
//! acknowledged and a whole site, and the next run completes it with the same ids and times.
//!
//! Three ways to kill it: between any two steps (the fire drills of a debug build), before any call that changes the
//! disk (under `strace`), and at random moments of its real time. `STATUARY_KILLS=5000` sets how often the last one
//! kills, `STATUARY_SEED` repeats a row of kills, `STATUARY_LONG` makes the second one kill before every call and the
//! last one wait at its end until what was not told is told.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod mounts;
    pub mod stage;
    pub mod trace;
    pub mod witness;

    mod hook;

    pub use hook::Hook;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use statuary::journal;
use statuary::model::{Body, ChainName, Moment, Round, Span};
use support::Hook;
use support::stage::{Stage, workers};
use support::trace;
use support::witness::{SAVE, Witness};

const WORDS: &str = "---\ntitle: No worker reports\ncomponents: [workers]\n---\n\n\
                     ### Investigating · 2026-11-23 09:05\n\nI am looking at it.\n";

/// What is killed at random moments. A command that changes the record or the site belongs here.
const VICTIMS: &[&[&str]] = &[&["run"], &["run", "--no-look"], &["build"]];
/// How often a site is killed before the next one begins: a page that grows takes longer to look at.
const KILLS_PER_SITE: usize = 100;
/// How often a site is killed before a run is let go to its end.
const KILLS_PER_RUN: usize = 8;

fn steps(stage: &Stage) -> Vec<(String, String, String)> {
    let field = |r: &serde_json::Value, k: &str| r["incident"][k].as_str().unwrap_or_default().to_owned();
    let desk = stage.chain("_desk");
    let incidents = desk.iter().filter(|r| r.get("incident").is_some());
    incidents.map(|r| (field(r, "id"), field(r, "do"), field(r, "at"))).collect()
}

#[test]
fn a_kill_between_any_two_steps_is_completed_by_the_next_run() {
    for point in ["looked", "saved-round", "saved-desk", "swapped"] {
        let stage = Stage::new(&workers("open_after = 1"));
        stage.write("incidents/2026-11-23-workers.md", WORDS);
        let killed = stage.run_with(&["run"], &[("STATUARY_DRILL", point)]);
        assert_eq!(killed.status.code(), None, "{point}: the drill did not stop the run: {killed:?}");
        if point != "looked" {
            stage.expect(&["journal", "verify"], 0);
        }
        let before = steps(&stage);
        let first_round = stage.chain("local").first().map(|r| r["t"].as_str().unwrap_or_default().to_owned());

        stage.expect(&["run"], 0);
        stage.expect(&["journal", "verify"], 0);
        stage.site_is_whole();
        let after = steps(&stage);
        assert_eq!(&after[..before.len()], &before[..], "{point}: what was declared stands");
        let opened: Vec<_> = after.iter().filter(|s| s.1 == "open").collect();
        assert_eq!(opened.len(), 1, "{point}: one incident, opened once: {after:?}");
        if let Some(t) = first_round {
            assert_eq!(opened[0].2, t, "{point}: it began with the first bad look, whoever declared it");
        }

        let declared = stage.chain("_desk").len();
        stage.expect(&["run", "--no-look"], 0);
        assert_eq!(stage.chain("_desk").len(), declared, "{point}: nothing is declared twice");
        let ids: BTreeSet<_> = steps(&stage).into_iter().map(|s| s.0).collect();
        assert_eq!(ids.len(), 1, "{point}: {ids:?}");
    }
}

#[test]
fn a_killed_run_leaves_the_old_site_whole() {
    let stage = Stage::new(&workers("open_after = 1"));
    stage.expect(&["run"], 0);
    let before = stage.read("public/index.html");
    for point in ["looked", "saved-round", "saved-desk"] {
        let killed = stage.run_with(&["run"], &[("STATUARY_DRILL", point)]);
        assert_eq!(killed.status.code(), None);
        assert_eq!(stage.read("public/index.html"), before, "{point}: the old page stands");
        stage.site_is_whole();
    }
}

/// A site with somebody to tell, a command that acknowledges each round, words, and a record of three days past.
fn site(hook: &Hook) -> Stage {
    let stage = Stage::in_memory(&format!(
        "{}\n[[notify]]\nid = \"ops\"\nkind = \"webhook\"\nurl = \"{}\"\n[journal]\nsave = '{SAVE}'\n",
        workers("open_after = 1\nresolve_after = 1\nmerge_within = \"1s\""),
        hook.url()
    ));
    stage.write("beat", "");
    stage.write("incidents/words.md", WORDS);
    let now = Moment::from_ms(SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_millis() as i64);
    let look = |n: i64| {
        let up = vec![("workers/heartbeat".into(), 2)];
        let round = Round { gap: Span::from_mins(30), took: Span::from_ms(2), up, ..Round::default() };
        (now - Span::from_mins(20 * n), Body::Round(round))
    };
    let looks: Vec<(Moment, Body)> = (1..=3 * 24 * 3).rev().map(look).collect();
    journal::append(&stage.join("journal"), &ChainName::from("local"), &looks).expect("a record of the past");
    stage
}

#[test]
fn a_kill_before_any_change_of_the_disk_is_completed_by_the_next_run() {
    let test = "a_kill_before_any_change_of_the_disk_is_completed_by_the_next_run";
    if !trace::is_allowed(test) {
        return;
    }
    let hook = Hook::start();
    let model = site(&hook);
    model.expect(&["run"], 0);
    fs::remove_file(model.join("beat")).expect("the beat is there");
    let clean = model.twin();
    let all = trace::run(&clean, &["run"], None);
    assert_eq!(all.code, Some(0), "{}", all.said);
    // The threads that stage files count their calls each for itself, so that a place can stand for several.
    let changes = |call: &&trace::Call| match call.name.as_str() {
        "openat" => call.arguments.contains("O_CREAT"),
        "write" => call.file().starts_with('/'),
        "read" | "connect" | "flock" => false,
        _ => true,
    };
    let places: BTreeSet<(&str, usize)> =
        all.calls.iter().filter(changes).map(|call| (call.name.as_str(), call.nth)).collect();
    assert!(places.len() > 50, "{places:?}");
    let every = if std::env::var_os("STATUARY_LONG").is_some() { 1 } else { 7 };
    let mut killed = 0;
    for (name, nth) in places.into_iter().step_by(every) {
        let (stage, mut witness) = (model.twin(), Witness::default());
        let heard = hook.heard().len();
        witness.look_after_a_run(&stage);
        let trace = trace::run(&stage, &["run"], Some(&format!("{name}:signal=KILL:when={nth}")));
        killed += usize::from(trace.code.is_none());
        let told = hook.heard().len() - heard;
        assert!(
            told <= stage.text_of("_desk").matches("\"try\":").count(),
            "{name} {nth}: told before it is on record"
        );
        witness.look(&stage);
        stage.expect(&["run"], 0);
        witness.look_after_a_run(&stage);
        let opened: Vec<_> = steps(&stage).into_iter().filter(|step| step.1 == "open").collect();
        assert_eq!(opened.len(), 1, "killed at {name} {nth}: one incident, opened once");
    }
    assert!(killed > 5, "killed {killed} times only");
}

/// Numbers that look random: splitmix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().unwrap_or_else(|e| panic!("{variable}={text}: {e}")))
}

/// How long a command takes when nobody kills it: the middle one of five.
fn length(stage: &Stage, args: &[&str]) -> Duration {
    let mut times: Vec<Duration> = (0..5)
        .map(|_| {
            let begun = Instant::now();
            stage.expect(args, 0);
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[2]
}

/// Starts a command and kills it after a time, unless it ended before. Gives its exit code; none: it was killed.
fn kill_after(stage: &Stage, args: &[&str], after: Duration) -> Option<i32> {
    let mut command = stage.under::<&str>(&[], args);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the binary starts");
    sleep(after);
    child.kill().expect("it can be killed, or is over");
    let out = child.wait_with_output().expect("it ends");
    let (code, said) = (out.status.code(), String::from_utf8_lossy(&out.stderr));
    // A build publishes nothing that a killed run did not save.
    let waits = code == Some(3) && said.contains("its save command has not taken");
    assert!(matches!(code, None | Some(0)) || waits, "statuary {args:?}: {code:?}: {said}");
    code
}

#[test]
fn killed_at_random_moments_it_loses_nothing_it_acknowledged() {
    let kills = number("STATUARY_KILLS").unwrap_or(60) as usize;
    let seed = number("STATUARY_SEED")
        .unwrap_or_else(|| SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_nanos() as u64);
    eprintln!("STATUARY_SEED={seed}");
    let mut dice = Dice(seed);
    let (mut done, mut died, mut acknowledged) = (0, 0, 0);
    while done < kills {
        let row = KILLS_PER_SITE.min(kills - done);
        let (deaths, acks) = row_of_kills(row, &mut dice, done + row == kills);
        (done, died, acknowledged) = (done + row, died + deaths, acknowledged + acks);
    }
    eprintln!("{died} of {done} were killed before their end; the record was acknowledged {acknowledged} times");
    assert!(died > kills / 4 && acknowledged > kills / 8, "killed {died} times; acknowledged {acknowledged} times");
}

/// One site, killed this often. Gives how many commands died of it, and how often its record was acknowledged.
fn row_of_kills(kills: usize, dice: &mut Dice, last: bool) -> (usize, usize) {
    let hook = Hook::start();
    let stage = site(&hook);
    let mut witness = Witness::default();
    let lengths: Vec<Duration> = VICTIMS.iter().map(|args| length(&stage, args)).collect();
    witness.look_after_a_run(&stage);
    let mut died = 0;
    for kill in 0..kills {
        match dice.below(10) {
            0..3 => drop(fs::remove_file(stage.join("beat"))),
            3..6 => stage.write("beat", ""),
            6 => stage.write("incidents/words.md", &format!("{WORDS}\n### Update · {kill}\n\nMore.\n")),
            _ => {}
        }
        // A run is what mostly runs.
        let victim = if dice.below(3) > 0 { 0 } else { dice.below(VICTIMS.len() as u64) as usize };
        let micros = lengths[victim].as_micros() as u64;
        let after = Duration::from_micros(dice.below(micros + micros / 10));
        died += usize::from(kill_after(&stage, VICTIMS[victim], after).is_none());
        witness.look(&stage);
        if kill % KILLS_PER_RUN == KILLS_PER_RUN - 1 {
            stage.expect(&["run"], 0);
            witness.look_after_a_run(&stage);
        }
    }
    stage.expect(&["run"], 0);
    witness.look_after_a_run(&stage);
    everybody_was_told(&stage, &hook, last);
    (died, witness.acknowledged())
}

/// Each opening and each recovery was told, under one id, and again only with a word that says so.
fn everybody_was_told(stage: &Stage, hook: &Hook, last: bool) {
    let begun = Instant::now();
    let long = last && std::env::var_os("STATUARY_LONG").is_some();
    // A try without an answer is tried again after half a minute, and not before.
    let patience = Duration::from_secs(if long { 35 } else { 0 });
    let open = |stage: &Stage| {
        let desk = stage.chain("_desk");
        let names = |what: &str| -> BTreeMap<String, u64> {
            let tries = desk.iter().filter_map(|r| r.get(what));
            tries
                .map(|t| (t["event"].as_str().unwrap_or_default().to_owned(), t["attempt"].as_u64().unwrap_or(0)))
                .collect()
        };
        let sent = names("sent");
        names("try").into_iter().filter(|(event, _)| !sent.contains_key(event)).collect::<BTreeMap<_, _>>()
    };
    while open(stage).values().any(|attempt| *attempt == 1) && begun.elapsed() < patience {
        sleep(Duration::from_secs(1));
        stage.expect(&["run", "--no-look"], 0);
    }
    let waiting = open(stage);
    let heard = hook.heard();
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    for message in &heard {
        let of = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
        *first.entry(of("id")).or_default() += usize::from(message["repeated"] == false);
        told.insert((of("event"), message["incident"]["id"].as_str().unwrap_or_default().to_owned()));
    }
    for (id, times) in &first {
        assert!(*times <= 1, "{id} was told {times} times as if for the first time");
    }
    // What is tried and not answered may or may not have been heard; it is not lost, as it will be tried again.
    let declared: BTreeSet<(String, String)> = steps(stage)
        .into_iter()
        .filter_map(|(id, what, _)| {
            let event = match what.as_str() {
                "open" => "opened",
                "resolve" | "recover" => "recovered",
                _ => return None,
            };
            Some((event.to_owned(), id))
        })
        .collect();
    let lost: Vec<_> = declared.difference(&told).collect();
    assert!(lost.len() <= waiting.len(), "lost: {lost:?}; only these wait for another try: {waiting:?}");
    assert!(!told.is_empty(), "something was told");
}

//! Law 2 against the system itself: what is published or told was on the disk before, as the order of the calls shows;
//! and whichever call on the record fails, nothing is published or told of it.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod mounts;
    pub mod stage;
    pub mod trace;

    mod hook;

    pub use hook::Hook;
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use statuary::journal;
use statuary::model::{Body, ChainName, Moment, Round, Span};
use support::Hook;
use support::stage::{Stage, workers};
use support::trace::{self, Call, Trace};

/// A site with somebody to tell. It has not run yet.
fn site(hook: &Hook) -> Stage {
    let stage = Stage::in_memory(&format!(
        "{}\n[[notify]]\nid = \"ops\"\nkind = \"webhook\"\nurl = \"{}\"\n",
        workers("open_after = 1\nresolve_after = 1"),
        hook.url()
    ));
    stage.write("beat", "");
    stage
}

/// The file of the record that a call writes to.
fn record(call: &Call) -> Option<&str> {
    let is_day = Path::new(call.file()).extension().is_some_and(|form| form == "jsonl");
    (call.name == "write" && is_day).then(|| call.file())
}

/// Whether a call shows something to others: a file of the site is put in place, or somebody is spoken to.
fn shows(call: &Call) -> bool {
    let places = call.name.starts_with("rename") && call.texts().last().is_some_and(|to| to.contains("/public/"));
    places || (call.name == "connect" && call.arguments.contains("AF_INET"))
}

/// Whether a file or folder was synced after one moment and before another, by one of these calls.
fn synced(trace: &Trace, path: &str, names: &[&str], after: usize, before: usize) -> bool {
    let fits = |call: &&Call| names.contains(&call.name.as_str()) && call.file() == path && call.went_well();
    trace.calls.iter().filter(fits).any(|call| call.began > after && call.ended < before)
}

/// Every record that is written before something is shown is on the disk before, with the names of its folders.
fn record_comes_first(trace: &Trace, stage: &Stage) {
    let journal = stage.join("journal").display().to_string();
    for write in trace.calls.iter().filter(|call| record(call).is_some()) {
        let file = write.file();
        let shown = trace.calls.iter().find(|call| call.began > write.began && shows(call));
        let before = shown.map_or(usize::MAX, |call| call.began);
        assert!(synced(trace, file, &["fdatasync", "fsync"], write.ended, before), "{file} is shown before it is kept");
    }
    // A folder or a file that is new is a name in the folder above it.
    let site = stage.path().display().to_string();
    let made = trace.calls.iter().filter(|call| {
        call.went_well()
            && match call.name.as_str() {
                "mkdir" => call.texts()[0].starts_with(&journal),
                "openat" => call.arguments.contains("O_CREAT") && call.texts()[0].starts_with(&journal),
                _ => false,
            }
    });
    for new in made {
        let path = Path::new(new.texts()[0]);
        let above = path.parent().expect("a folder").display().to_string();
        let first = trace
            .calls
            .iter()
            .find(|call| call.began > new.began && record(call).is_some_and(|file| Path::new(file).starts_with(path)));
        let before = first.map_or(usize::MAX, |call| call.began);
        assert!(above.starts_with(&site));
        assert!(
            synced(trace, &above, &["fsync"], new.ended, before),
            "{} holds a record and is no durable name in {above}",
            path.display()
        );
    }
}

/// Files are whole on the disk before they are put in place; the index is put in place last, and what it names is on
/// the disk then.
fn site_comes_in_order(trace: &Trace, stage: &Stage) {
    let public = stage.join("public").display().to_string();
    let placed: Vec<&Call> = trace.calls.iter().filter(|call| call.name.starts_with("rename") && shows(call)).collect();
    assert!(placed.len() > 5, "{} files put in place", placed.len());
    for place in &placed {
        let beside = place.texts()[0];
        assert!(synced(trace, beside, &["fsync"], 0, place.began), "{beside} is put in place before it is kept");
    }
    let last = placed[placed.len() - 1];
    assert_eq!(last.texts()[1], format!("{public}/index.html"));
    for place in &placed[..placed.len() - 1] {
        let folder = Path::new(place.texts()[1]).parent().expect("a folder").display().to_string();
        assert!(synced(trace, &folder, &["fsync"], place.ended, last.began), "{folder} is not kept before the index");
    }
    assert!(synced(trace, &public, &["fsync"], last.ended, usize::MAX), "the index is not kept");
}

#[test]
fn law_2_what_is_published_or_told_is_on_the_disk_before() {
    if !trace::is_allowed("law_2_what_is_published_or_told_is_on_the_disk_before") {
        return;
    }
    let hook = Hook::start();
    let stage = site(&hook);
    // The first run of all makes every folder; the second has something to tell, and makes the desk's.
    let first = trace::run(&stage, &["run"], None);
    fs::remove_file(stage.join("beat")).expect("the beat is there");
    let second = trace::run(&stage, &["run"], None);
    for (trace, records) in [(&first, 2), (&second, 5)] {
        assert_eq!(trace.code, Some(0), "{}", trace.said);
        let written = trace.calls.iter().filter(|call| record(call).is_some()).count();
        assert_eq!(written, records, "round, details, declaration, try and sent are writes of their own");
        record_comes_first(trace, &stage);
        site_comes_in_order(trace, &stage);
    }
    assert_eq!(hook.heard().len(), 1);
    assert!(second.calls.iter().any(|call| call.name == "connect" && shows(call)), "it was told over the network");
}

#[test]
fn a_record_is_kept_before_the_one_that_names_it() {
    if !trace::is_allowed("a_record_is_kept_before_the_one_that_names_it") {
        return;
    }
    let hook = Hook::start();
    let stage = site(&hook);
    let yesterday = Moment::from_ms(SystemTime::UNIX_EPOCH.elapsed().expect("after 1970").as_millis() as i64)
        - Span::from_mins(24 * 60);
    let round = Round { gap: Span::from_mins(1), ..Round::default() };
    let past = [(yesterday, Body::Round(round))];
    journal::append(&stage.join("journal"), &ChainName::from("local"), &past).expect("a record of the past");
    let old = walkdir::WalkDir::new(stage.join("journal")).into_iter().flatten().find(|e| e.file_type().is_file());
    let old = old.expect("a day").path().display().to_string();
    let trace = trace::run(&stage, &["run"], None);
    assert_eq!(trace.code, Some(0), "{}", trace.said);
    let new = trace.calls.iter().find(|call| record(call).is_some()).expect("a record");
    assert_ne!(new.file(), old);
    assert!(
        synced(&trace, &old, &["fdatasync"], 0, new.began),
        "{old} may be lost, and the next day's record names it"
    );
}

#[test]
fn a_killed_runs_record_is_kept_before_the_next_run_shows_it() {
    if !trace::is_allowed("a_killed_runs_record_is_kept_before_the_next_run_shows_it") {
        return;
    }
    let hook = Hook::start();
    let stage = site(&hook);
    stage.expect(&["run"], 0);
    // Killed when the record is written and before it is kept.
    let killed = trace::run(&stage, &["run"], Some("fdatasync:signal=KILL:when=1"));
    assert_eq!((killed.code, stage.chain("local").len()), (None, 2));
    for args in [&["build"][..], &["run", "--no-look"]] {
        let trace = trace::run(&stage, args, None);
        assert_eq!(trace.code, Some(0), "{}", trace.said);
        let day = trace.calls.iter().find(|call| call.name == "fdatasync" && call.file().contains("/local/"));
        let shown = trace.calls.iter().find(|call| shows(call)).expect("a page");
        assert!(day.is_some_and(|day| day.ended < shown.began), "{args:?} shows what the disk may not have");
    }
}

/// All of them where `STATUARY_LONG` is set (`./tests/run`), else some of each kind.
fn some<T>(all: Vec<T>, kind: impl Fn(&T) -> String) -> Vec<T> {
    let every = if std::env::var_os("STATUARY_LONG").is_some() { 1 } else { 6 };
    let mut met = BTreeMap::new();
    let mut is_one = |one: &T| {
        let met: &mut usize = met.entry(kind(one)).or_default();
        *met += 1;
        *met % every == 1 % every
    };
    all.into_iter().filter(|one| is_one(one)).collect()
}

/// The errors that a call on the record can end with.
fn errors(call: &str) -> &'static [&'static str] {
    match call {
        "write" => &["ENOSPC", "EIO"],
        "read" | "fdatasync" | "fsync" | "flock" => &["EIO"],
        "openat" => &["EIO", "EMFILE"],
        "mkdir" => &["ENOSPC"],
        _ => &[],
    }
}

#[test]
fn whichever_call_on_the_record_fails_nothing_is_shown_of_it() {
    if !trace::is_allowed("whichever_call_on_the_record_fails_nothing_is_shown_of_it") {
        return;
    }
    let hook = Hook::start();
    let model = site(&hook);
    model.expect(&["run"], 0);
    fs::remove_file(model.join("beat")).expect("the beat is there");
    let journal = |stage: &Stage, call: &Call| call.arguments.contains(&stage.join("journal").display().to_string());
    // Each trial has a site of its own, alike to the byte.
    let clean = model.twin();
    let trace = trace::run(&clean, &["run"], None);
    assert_eq!((trace.code, hook.heard().len()), (Some(0), 1), "{}", trace.said);
    let shown = trace.calls.iter().find(|call| shows(call)).expect("a page").began;
    let mut codes = BTreeSet::new();
    let trials: Vec<(&Call, &str)> = trace
        .calls
        .iter()
        .filter(|call| journal(&clean, call))
        .flat_map(|call| errors(&call.name).iter().map(move |error| (call, *error)))
        .collect();
    assert!(trials.len() > 30, "{} calls on the record", trials.len());
    for (call, error) in some(trials, |(call, _)| call.name.clone()) {
        let stage = model.twin();
        let before = (stage.tree("public"), hook.heard().len());
        let what = format!("{error} of {} {} ({})", call.name, call.nth, call.arguments);
        let trace = trace::run(&stage, &["run"], Some(&format!("{}:error={error}:when={}", call.name, call.nth)));
        let hit = trace.calls.iter().find(|call| call.gave.contains("(INJECTED)"));
        assert!(hit.is_some_and(|hit| journal(&stage, hit)), "{what}: it hit {hit:?}");
        let code = trace.code.unwrap_or_else(|| panic!("{what}: ended by a signal: {}", trace.said));
        // A folder that is there need not be made, so that its error is none.
        assert!(code == 3 || (code == 0 && call.name == "mkdir"), "{what}: {code}: {}", trace.said);
        codes.insert((call.name.clone(), code));
        let told = hook.heard().len() - before.1;
        if code == 3 {
            assert!(trace.said.contains("journal"), "{what}: {}", trace.said);
            if call.began < shown {
                assert_eq!(stage.tree("public"), before.0, "{what}: the old site stands");
                assert_eq!(told, 0, "{what}: nobody is told");
            }
        }
        let tries = stage.text_of("_desk").matches("\"try\":").count();
        assert!(told <= tries, "{what}: told before the try is on record");
        stage.expect(&["run"], 0);
        stage.expect(&["journal", "verify"], 0);
        stage.site_is_whole();
        let opened = stage.chain("_desk").iter().filter(|r| r["incident"]["do"] == "open").count();
        assert_eq!(opened, 1, "{what}: one incident, opened once");
        if call.began < shown {
            assert_eq!(hook.heard().len() - before.1, 1, "{what}: told once");
        }
    }
    for name in ["read", "write", "fdatasync", "fsync", "openat", "flock"] {
        assert!(codes.contains(&(name.to_owned(), 3)), "no {name} failed: {codes:?}");
    }
}

//! A long past: a run looks at no more files for it, and goes on where older days are not here.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod mounts;
    pub mod stage;
    pub mod trace;
}

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use statuary::app::{self, Want};
use statuary::journal;
use statuary::model::{Body, ChainName, Moment, ProbeKey, Round, Seen, Span, Verdict};
use support::stage::{Stage, workers};
use support::trace;

const DAY_MS: i64 = 86_400_000;
/// Between two rounds of a past that was written for a test.
const STEP: Span = Span::from_mins(10);

/// A site whose worker was seen up four times a day on each of the last days, today not among them.
fn stage_with(days: i64) -> Stage {
    let stage = Stage::in_memory(&workers(""));
    stage.write("beat", "");
    let today = Moment::from_ms(statuary::app::now().ms() / DAY_MS * DAY_MS);
    let up = vec![(ProbeKey::from("workers/heartbeat"), 1)];
    let round = Body::Round(Round { gap: Span::from_mins(15 * 60), up, ..Round::default() });
    let at = |i: i64| today - Span::from_mins(i * 6 * 60);
    let bodies: Vec<_> = (1..=days * 4).rev().map(|i| (at(i), round.clone())).collect();
    journal::append(&stage.join("journal"), &ChainName::from("local"), &bodies).expect("a chain");
    stage
}

#[test]
fn law_12_a_run_opens_as_many_files_of_the_record_with_a_long_past_as_with_a_short_one() {
    if !trace::is_allowed("law_12_a_run_opens_as_many_files_of_the_record_with_a_long_past_as_with_a_short_one") {
        return;
    }
    let opened = |days: i64| {
        let stage = stage_with(days);
        // The first begins today's file; then the page is there and the checkpoint as well.
        for _ in 0..2 {
            stage.expect(&["run"], 0);
        }
        let calls = trace::run(&stage, &["run"], None).calls;
        let opened = calls.iter().filter(|call| call.name == "openat").flat_map(trace::Call::texts);
        let is_day = |path: &&str| path.contains("/journal/") && Path::new(path).extension() == Some("jsonl".as_ref());
        let files = opened.filter(is_day).count();
        let folders = calls.iter().filter(|call| call.name == "openat" && call.arguments.contains("/journal/")).count();
        (files, folders - files)
    };
    let (short, long) = (opened(70), opened(500));
    assert_eq!(short.0, long.0, "day files that one run opens");
    assert!(short.0 <= 10, "{} day files are opened", short.0);
    // What is more is a folder a year, listed to see that no older day came.
    assert!(long.1 <= short.1 + 20, "{} folders are listed, {} with a short past", long.1, short.1);
}

fn midnight(days_ago: i64) -> Moment {
    Moment::from_ms(app::now().ms() / DAY_MS * DAY_MS - days_ago * DAY_MS)
}

/// Rounds of one verdict in a row, from a moment up to another.
fn look(stage: &Stage, is: Verdict, from: Moment, to: Moment) {
    let round = || {
        let mut round = Round { gap: Span::from_mins(25), ..Round::default() };
        let id = ProbeKey::from("workers/heartbeat");
        if is == Verdict::Up {
            round.up.push((id, 1));
        } else {
            let why = "no beat for 3 min".to_owned();
            round.not.push(Seen { id, is, ms: None, after: None, phase: None, why, tries: 1 });
        }
        Body::Round(round)
    };
    let mut bodies = Vec::new();
    let mut t = from;
    while t < to {
        bodies.push((t, round()));
        t = t + STEP;
    }
    journal::append(&stage.join("journal"), &ChainName::from("local"), &bodies).expect("a chain");
}

/// A site with six days behind it. Its worker has been down since three days ago, nine o'clock, and that was declared
/// then. It was run just now, so that there is a checkpoint.
fn stella() -> Stage {
    let stage = Stage::in_memory(&workers("open_after = 2"));
    let nine = midnight(3) + Span::from_mins(9 * 60);
    look(&stage, Verdict::Up, midnight(6), nine);
    let declared = nine + Span::from_mins(30);
    look(&stage, Verdict::Down, nine, declared);
    let want = Want { look: false, publish: true, at: Some(declared), vantage: None };
    app::run(stage.path(), want).expect("a run at that time");
    assert_eq!(opened(&stage), 1);
    look(&stage, Verdict::Down, declared, app::now() - Span::from_mins(1));
    stage.expect(&["run"], 0);
    assert_eq!((opened(&stage), shown(&stage)), (1, vec!["investigating".to_owned()]));
    stage
}

/// How many incidents the desk has opened.
fn opened(stage: &Stage) -> usize {
    stage.chain("_desk").iter().filter(|r| r.pointer("/incident/do").is_some_and(|step| step == "open")).count()
}

/// The status of each incident on the page.
fn shown(stage: &Stage) -> Vec<String> {
    let all = stage.json("public/api/v2/incidents.json");
    all["incidents"].as_array().expect("a list").iter().map(|i| i["status"].as_str().unwrap_or("").to_owned()).collect()
}

/// The file of a chain's day.
fn file(chain: &str, days_ago: i64) -> String {
    format!("journal/{chain}/{}.jsonl", midnight(days_ago).utc().format("%Y/%m/%d"))
}

/// Takes a chain's older days away, and leaves as many.
fn leave(stage: &Stage, chain: &str, days: i64) {
    (days..8).for_each(|ago| drop(fs::remove_file(stage.join(&file(chain, ago)))));
}

fn forget(stage: &Stage) {
    for folder in [".statuary", "public"] {
        fs::remove_dir_all(stage.join(folder)).expect("it was there");
    }
}

/// Runs the binary and gives all that it says.
fn said(stage: &Stage, args: &[&str], code: i32) -> String {
    let out = stage.run(args);
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "statuary {args:?}\n{text}");
    text
}

/// The stretches of the worker on the page that begin before a moment: when, and what.
fn stretches(stage: &Stage, before: Moment) -> Vec<(String, String)> {
    let own = stage.json("public/status.json");
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let all = own["components"][0]["stretches"].as_array().expect("a list").iter();
    let all = all.map(|s| (text(&s["from"]), text(&s["status"])));
    all.filter(|(from, _)| Moment::parse_rfc3339(from).is_some_and(|from| from < before)).collect()
}

fn says_what_is_not_here(stage: &Stage) -> bool {
    let own = stage.json("public/status.json");
    let told = own["remarks"].as_array().expect("a list").iter().any(|r| r.to_string().contains("is not all here"));
    assert_eq!(told, stage.read("public/index.html").contains("is not all here"));
    assert_eq!(told, stage.read("public/status.txt").contains("is not all here"));
    assert!(!stage.read("public/index.html").contains("damaged"));
    told
}

#[test]
fn with_the_last_days_alone_an_open_incident_stays_open_and_the_rest_is_no_data() {
    let stage = stella();
    assert!(!says_what_is_not_here(&stage));
    forget(&stage);
    leave(&stage, "local", 2);
    let first = said(&stage, &["run"], 0);
    assert!(first.contains("chain local: what was recorded before record"), "{first}");
    let again = said(&stage, &["run"], 0);
    assert!(!again.contains("is not here"), "once is enough: {again}");
    assert!(says_what_is_not_here(&stage));
    assert_eq!((opened(&stage), shown(&stage)), (1, vec!["investigating".to_owned()]));
    for (from, status) in stretches(&stage, midnight(1)) {
        assert_eq!(status, "no_data", "since {from}");
    }
    let proof = said(&stage, &["journal", "verify"], 0);
    assert!(proof.contains("is the first that is here; what was recorded before is not"), "{proof}");
    assert!(proof.contains("local: good from record"), "{proof}");
    fs::remove_dir_all(stage.join("public")).expect("a site");
    stage.expect(&["build"], 0);
    assert!(says_what_is_not_here(&stage));
    // The worker comes back: that ends the incident that the desk's older day tells of.
    stage.write("beat", "");
    (0..2).for_each(|_| drop(stage.expect(&["run"], 0)));
    assert_eq!((opened(&stage), shown(&stage)), (1, vec!["monitoring".to_owned()]));
}

#[test]
fn what_lies_behind_a_checkpoint_stays_known_when_its_days_are_not_here() {
    let whole = stella();
    let part = whole.twin();
    leave(&part, "local", 2);
    leave(&part, "_desk", 0);
    assert_eq!(part.chain("_desk"), Vec::<Value>::new());
    for stage in [&whole, &part] {
        let told = said(stage, &["run"], 0);
        assert!(!told.contains("not here"), "{told}");
        assert!(!says_what_is_not_here(stage));
        assert_eq!(shown(stage), ["investigating"]);
    }
    assert_eq!(opened(&part), 0, "it is open since days, and known to be");
    assert_eq!(stretches(&part, midnight(0)), stretches(&whole, midnight(0)));
    assert!(stretches(&part, midnight(3)).iter().any(|(_, status)| status == "operational"));
    // What comes by another way than reading on loses nothing either: here a fork of today's file.
    let today = fs::read(part.join(&file("local", 0))).expect("today's file");
    look(&part, Verdict::Down, app::now() - Span::from_secs(20), app::now());
    let grown = fs::read(part.join(&file("local", 0))).expect("today's file");
    fs::write(part.join(&file("local", 0)), &today).expect("a file");
    look(&part, Verdict::Down, app::now() - Span::from_secs(10), app::now());
    let other = fs::read(part.join(&file("local", 0))).expect("today's file");
    fs::write(part.join(&file("local", 0)), [&grown[..], &other[today.len()..]].concat()).expect("a file");
    let told = said(&part, &["run"], 0);
    assert!(told.contains("a later record joins the two"), "{told}");
    assert_eq!(stretches(&part, midnight(0)), stretches(&whole, midnight(0)));
    assert_eq!((opened(&part), shown(&part)), (0, vec!["investigating".to_owned()]));
    said(&part, &["run"], 0);
    assert_eq!(stretches(&part, midnight(0)), stretches(&whole, midnight(0)));
}

#[test]
fn with_the_checkpoint_alone_the_chain_goes_on_where_it_was() {
    let stage = stella();
    let before = stage.tree("journal");
    fs::remove_dir_all(stage.join("journal")).expect("a journal");
    (0..2).for_each(|_| drop(stage.expect(&["run"], 0)));
    assert_eq!((stage.chain("local").len(), opened(&stage)), (2, 0));
    assert_eq!(shown(&stage), ["investigating"]);
    assert!(stretches(&stage, midnight(3)).iter().any(|(_, status)| status == "operational"));
    let proof = said(&stage, &["journal", "verify"], 0);
    assert!(proof.contains("is the first that is here"), "{proof}");
    // Put together with the days that were away it is one chain.
    for (name, bytes) in before {
        let path = stage.join("journal").join(&name);
        let more = fs::read(&path).unwrap_or_default();
        fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        fs::write(path, [bytes, more].concat()).expect("a day");
    }
    let proof = said(&stage, &["journal", "verify"], 0);
    assert!(!proof.contains("remark"), "{proof}");
    stage.expect(&["run"], 0);
    assert!(!says_what_is_not_here(&stage));
    assert_eq!(opened(&stage), 1);
}

#[test]
fn a_day_that_is_missing_between_two_is_a_failure_and_no_data() {
    let stage = stella();
    forget(&stage);
    fs::remove_file(stage.join(&file("local", 4))).expect("a day");
    let proof = said(&stage, &["journal", "verify"], 1);
    assert!(proof.contains("was removed or changed"), "{proof}");
    let told = said(&stage, &["run"], 0);
    assert!(told.contains("are not here; the chain goes on with record"), "{told}");
    let all: Vec<String> = stretches(&stage, midnight(2)).into_iter().map(|(_, status)| status).collect();
    assert_eq!(all, ["operational", "no_data", "operational", "major_outage"]);
}

#[test]
fn a_sparse_checkout_goes_on_and_its_chain_fits_the_whole_one() {
    let test = "a_sparse_checkout_goes_on_and_its_chain_fits_the_whole_one";
    if Command::new("git").arg("--version").output().is_err() {
        support::mounts::skipped::<()>(test, "there is no `git` on this machine (Debian: git)");
        return;
    }
    let git = |at: &Path, args: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(at).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(args);
        let out = command.envs([("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]).output();
        let out = out.expect("git was there before");
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    };
    let whole = stella();
    whole.write(".gitignore", ".statuary/\npublic/\nbeat\n");
    git(whole.path(), &["init", "-q"]);
    git(whole.path(), &["add", "-A"]);
    git(whole.path(), &["commit", "-qm", "all"]);
    let part = Stage::in_memory("");
    fs::remove_file(part.join("statuary.toml")).expect("it was just written");
    git(part.path(), &["clone", "-q", "--no-checkout", whole.path().to_str().expect("letters"), "."]);
    let (today, yesterday) = (file("local", 0), file("local", 1));
    let wanted = ["/statuary.toml", "/.gitignore", "/journal/_desk/", &format!("/{today}"), &format!("/{yesterday}")];
    git(part.path(), &[&["sparse-checkout", "set", "--no-cone"][..], &wanted].concat());
    git(part.path(), &["checkout", "-q"]);
    assert!(!part.join(&file("local", 3)).exists());
    (0..2).for_each(|_| drop(part.expect(&["run"], 0)));
    assert_eq!((opened(&part), shown(&part)), (1, vec!["investigating".to_owned()]));
    assert!(says_what_is_not_here(&part));
    git(part.path(), &["add", "-A"]);
    git(part.path(), &["commit", "-qm", "two runs"]);
    git(whole.path(), &["pull", "-q", "--ff-only", part.path().to_str().expect("letters"), "HEAD"]);
    assert!(whole.join(&file("local", 3)).exists(), "not here was not removed");
    let proof = said(&whole, &["journal", "verify"], 0);
    assert!(!proof.contains("remark"), "{proof}");
    whole.expect(&["run"], 0);
    assert!(!says_what_is_not_here(&whole));
    assert_eq!(opened(&whole), 1);
}

//! `run --for`: many rounds in one process, at their beat, each a whole run; what ends them and what does not.

#[allow(dead_code, reason = "this file uses a part of the stage")]
mod support {
    pub mod stage;
}

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::stage::{Stage, workers};

/// A site whose worker lives, with a command that saves.
fn stage(save: &str) -> Stage {
    let journal = if save.is_empty() { String::new() } else { format!("[journal]\nsave = \"{save}\"\n") };
    let stage = Stage::new(&format!("{}{journal}", workers("open_after = 1\nresolve_after = 1")));
    stage.write("beat", "");
    stage
}

fn lines(out: &Output) -> Vec<String> {
    String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect()
}

fn errors(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

/// When the rounds of a chain were, in ms.
fn moments(stage: &Stage) -> Vec<i64> {
    let of = |record: &Value| {
        let t = record["t"].as_str().and_then(|t| chrono::DateTime::parse_from_rfc3339(t).ok());
        t.expect("a time").timestamp_millis()
    };
    stage.chain("local").iter().map(of).collect()
}

/// A run that goes on while the test does something else; killed when dropped.
struct Going {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Going {
    fn start(stage: &Stage, args: &[&str]) -> Self {
        let mut command = stage.under::<&str>(&[], args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        let said = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, said }
    }

    /// The next line that it says.
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("a line");
        line
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|s| s.success()), "{name} could not be sent");
    }

    /// Waits for its end: the exit code, what it had not yet said, what went wrong.
    fn end(mut self) -> (Option<i32>, String, String) {
        let (mut out, mut err) = (String::new(), String::new());
        self.said.read_to_string(&mut out).expect("text");
        self.child.stderr.take().expect("a pipe").read_to_string(&mut err).expect("text");
        (self.child.wait().expect("it ends").code(), out, err)
    }

    /// The memory that it holds, in kB.
    fn holds_kb(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).expect("a size");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what} did not happen");
        sleep(Duration::from_millis(10));
    }
}

#[test]
fn rounds_keep_to_their_beat_and_each_is_a_whole_run() {
    let stage = stage("");
    let out = stage.run(&["run", "--for", "3s", "--every", "1s"]);
    assert_eq!((out.status.code(), errors(&out)), (Some(0), String::new()));
    let said = lines(&out);
    assert_eq!(said.len(), 4, "one line per round, and one for all: {said:#?}");
    assert!(said[..3].iter().all(|l| l.contains("Z 1 up in ") && l.ends_with(" files written")), "{said:#?}");
    assert!(said[3].starts_with("3 rounds in 2 s"), "{said:#?}");
    let t = moments(&stage);
    assert_eq!(t.len(), 3);
    assert!(t.windows(2).all(|two| (700..1300).contains(&(two[1] - two[0]))), "{t:?}");
    stage.site_is_whole();
    stage.expect(&["journal", "verify"], 0);
}

#[test]
fn a_span_below_one_beat_is_one_round_and_nobody_waits_for_its_end() {
    let stage = stage("");
    let begun = Instant::now();
    let out = stage.run(&["run", "--for", "50s", "--format", "json"]);
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(out.status.code(), Some(0));
    let said: Vec<Value> = lines(&out).iter().map(|l| serde_json::from_str(l).expect("JSON")).collect();
    assert_eq!(said.len(), 1, "the interval is a minute: {said:#?}");
    assert_eq!((&said[0]["looks"], &said[0]["left_out"]), (&Value::from(1), &Value::from(0)));
    assert!(said[0]["moment"].is_string());
}

#[test]
fn a_slow_round_leaves_out_the_beats_that_it_missed() {
    let stage = stage("test ! -e slow || { rm slow; sleep 2.2; }");
    stage.write("slow", "");
    let out = stage.run(&["run", "--for", "5s", "--every", "1s", "--record-only"]);
    assert_eq!((out.status.code(), errors(&out)), (Some(0), String::new()));
    let said = lines(&out);
    assert!(said[0].ends_with("took 2 s, so 2 rounds left out"), "{said:#?}");
    assert!(said[3].starts_with("3 rounds in 4 s, 2 left out"), "{said:#?}");
    let t = moments(&stage);
    assert_eq!(t.len(), 3, "at 0, 3 and 4 s");
    assert!((2600..3400).contains(&(t[1] - t[0])) && (600..1400).contains(&(t[2] - t[1])), "{t:?}");
    assert!(!stage.join("public").exists(), "a place that only looks");
}

#[test]
fn others_are_not_shut_out_between_two_rounds() {
    let stage = stage("");
    let mut going = Going::start(&stage, &["run", "--for", "1m", "--every", "30s"]);
    going.line();
    let begun = Instant::now();
    stage.expect(&["run", "--no-look"], 0);
    stage.expect(&["run"], 0);
    assert!(begun.elapsed() < Duration::from_secs(10), "the lock was held");
    assert_eq!(stage.chain("local").len(), 2);
}

#[test]
fn a_signal_between_two_rounds_ends_it_at_once() {
    for (signal, name) in [("-TERM", "SIGTERM"), ("-INT", "SIGINT")] {
        let stage = stage("");
        let mut going = Going::start(&stage, &["run", "--for", "10m", "--every", "5m"]);
        let said = going.line();
        assert!(said.contains("1 up"), "{said}");
        let begun = Instant::now();
        // The round is told of before the wait begins; a signal in that instant is heard as well.
        going.signal(signal);
        let (code, said, _) = going.end();
        assert!(begun.elapsed() < Duration::from_secs(5), "it waited for the next round");
        assert_eq!(code, Some(0));
        assert!(said.ends_with(&format!("; ended by {name}\n")), "{said}");
        assert_eq!(stage.chain("local").len(), 1);
        stage.site_is_whole();
    }
}

#[test]
fn a_signal_in_a_round_ends_it_after_the_round_and_a_second_one_at_once() {
    let saving = "touch saving; sleep 1.5; touch saved";
    let quick = stage(saving);
    let going = Going::start(&quick, &["run", "--for", "10m", "--every", "5m"]);
    wait_until("the save", || quick.join("saving").exists());
    going.signal("-TERM");
    let (code, said, errors) = going.end();
    assert_eq!(code, Some(0), "{errors}");
    assert!(said.contains("1 up") && said.ends_with("; ended by SIGTERM\n"), "{said}");
    assert!(errors.contains("SIGTERM: this round is the last; a second signal ends it at once"), "{errors}");
    assert!(quick.join("saved").exists() && quick.join("public/index.html").exists(), "the round was done");

    let broken = stage("touch saving; sleep 8");
    let going = Going::start(&broken, &["run", "--for", "10m", "--every", "5m"]);
    wait_until("the save", || broken.join("saving").exists());
    let begun = Instant::now();
    going.signal("-TERM");
    sleep(Duration::from_millis(300));
    going.signal("-INT");
    let mut going = going;
    let code = going.child.wait().expect("it ends").code();
    assert!(begun.elapsed() < Duration::from_secs(4), "the save was waited for");
    assert_eq!(code, Some(130));
    assert!(!broken.join("public").exists(), "what was not saved is not shown");
    broken.write("statuary.toml", &workers("open_after = 1"));
    broken.expect(&["run"], 0);
    broken.expect(&["journal", "verify"], 0);
    broken.site_is_whole();
}

#[test]
fn a_round_that_fails_does_not_end_the_others_and_gives_the_exit_code() {
    let stage = stage("test ! -e refuse || { rm refuse; echo refused; exit 1; }");
    stage.write("refuse", "");
    let out = stage.run(&["run", "--for", "3s", "--every", "1s"]);
    assert_eq!(out.status.code(), Some(3));
    assert!(errors(&out).contains("save command failed with exit code 1, saying \"refused\""), "{}", errors(&out));
    let said = lines(&out);
    assert!(said[0].ends_with("Z failed; exit 3"), "{said:#?}");
    assert!(said[1].contains("1 up") && said[1].ends_with("files written"), "{said:#?}");
    assert_eq!(stage.chain("local").len(), 3, "also the first one is in the record, and was saved with the second");
    stage.site_is_whole();
}

#[test]
fn the_config_is_read_anew_for_each_round() {
    let stage = stage("");
    let good = stage.read("statuary.toml");
    let mut going = Going::start(&stage, &["run", "--for", "1m", "--every", "700ms"]);
    assert!(going.line().contains("1 up"));
    stage.write("statuary.toml", &good.replace("title = \"Stage\"", "title = \"Another\""));
    wait_until("the new title", || stage.read("public/index.html").contains("Another"));
    // A broken one: the last good one is used, its mistakes are said once, and the exit code is that of single runs.
    stage.write("statuary.toml", &good.replace("max_age", "maxage"));
    while !going.line().contains("exit 2") {}
    let (before, said) = (stage.chain("local").len(), going.line());
    assert!(said.contains("1 up") && said.contains("exit 2"), "{said}");
    wait_until("a round with the last good one", || stage.chain("local").len() > before);
    assert!(stage.read("public/index.html").contains("Another"));
    stage.write("statuary.toml", &good);
    wait_until("the old title", || !stage.read("public/index.html").contains("Another"));
    going.signal("-TERM");
    let (code, said, errors) = going.end();
    assert_eq!(code, Some(2), "of all rounds the lowest: {said}");
    assert_eq!(errors.matches("did you mean `max_age`").count(), 1, "{errors}");
}

#[test]
fn a_round_comes_as_often_as_the_config_says_from_the_next_one_on() {
    let stage = stage("");
    let config = stage.read("statuary.toml");
    stage.write("statuary.toml", &config.replace("interval = \"1m\"", "interval = \"2s\""));
    let going = Going::start(&stage, &["run", "--for", "1m", "--record-only"]);
    wait_until("the second round", || stage.join("journal/local").exists() && stage.chain("local").len() >= 2);
    stage.write("statuary.toml", &config.replace("interval = \"1m\"", "interval = \"1s\""));
    wait_until("five rounds", || stage.chain("local").len() >= 5);
    going.signal("-TERM");
    assert_eq!(going.end().0, Some(0));
    let t = moments(&stage);
    let steps: Vec<i64> = t.windows(2).map(|two| two[1] - two[0]).collect();
    assert!((1700..2300).contains(&steps[0]) && (700..1300).contains(&steps[3]), "{steps:?}");
}

#[test]
fn what_makes_no_sense_is_refused_at_the_start() {
    let stage = stage("");
    let refused = |args: &[&str], why: &str| {
        let out = stage.run(&[&["run"], args].concat());
        assert_eq!(out.status.code(), Some(2), "{args:?}: {}", errors(&out));
        assert!(errors(&out).contains(why), "{args:?}: {}", errors(&out));
    };
    refused(&["--every", "1m"], "--for <DURATION>");
    refused(&["--for", "50"], "it is no duration: write a number with a unit, as `30s`, `50m` or `5h 30m`");
    refused(&["--for", "0s"], "it goes from 1 s to 7 d");
    refused(&["--for", "50m", "--every", "2d"], "it goes from 100 ms to 1 d");
    refused(&["--for", "50m", "--vantage", "mars"], "mars");
    assert!(!stage.join("journal").exists(), "nobody looked");
    let broken = Stage::new("[site]\ntitle = 1\n");
    let out = broken.run(&["run", "--for", "50m", "--every", "1s"]);
    assert_eq!(out.status.code(), Some(2), "there is no last good one: {}", errors(&out));
    assert!(errors(&out).contains("statuary.toml:2:9"), "{}", errors(&out));
}

#[test]
fn a_beat_that_the_page_does_not_expect_is_remarked_on() {
    let stage = stage("");
    let out = stage.run(&["run", "--for", "1s", "--every", "5m"]);
    assert_eq!(out.status.code(), Some(0));
    assert!(errors(&out).contains("--every is 5 min, and `interval` under [run] is 1 min"), "{}", errors(&out));
}

#[test]
fn memory_does_not_grow_with_the_rounds() {
    let stage = Stage::in_memory(&workers("open_after = 1"));
    stage.write("beat", "");
    let mut going = Going::start(&stage, &["run", "--for", "10m", "--every", "100ms"]);
    let mut after = |rounds: usize| {
        (0..rounds).for_each(|_| drop(going.line()));
        going.holds_kb()
    };
    let early = after(20);
    let late = after(80);
    assert!(late < early + early / 10 + 1024, "{early} kB after 20 rounds, {late} kB after 100");
}

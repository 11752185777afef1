//! A site kept in git on two machines that both went on: git merges the chains, the next run joins them.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod mounts;
    pub mod stage;
}

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use support::mounts::skipped;
use support::stage::{Stage, workers};

/// Runs git in a folder, without anybody's settings.
fn git(at: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.current_dir(at).args(["-c", "user.name=t", "-c", "user.email=t@example.com"]).args(args);
    let none = [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")];
    let out = command.envs(none).output().expect("git was there before");
    let said = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "git {args:?}: {said}");
    said
}

fn has_git(test: &str) -> bool {
    Command::new("git").arg("--version").output().is_ok()
        || skipped::<()>(test, "there is no `git` on this machine (Debian: git)").is_some()
}

fn commit(stage: &Stage) {
    git(stage.path(), &["add", "-A"]);
    git(stage.path(), &["commit", "-qm", "a run"]);
}

/// A site in git, its state and its pages left out, and a clone of it; both have the first rounds.
fn two() -> (Stage, Stage) {
    let here = Stage::new(&workers("open_after = 2"));
    here.write("beat", "");
    here.write(".gitignore", ".statuary/\npublic/\nbeat\n");
    here.write(".gitattributes", "journal/** merge=union\n");
    git(here.path(), &["init", "-q"]);
    for _ in 0..3 {
        here.expect(&["run"], 0);
    }
    commit(&here);
    let there = Stage::new("");
    fs::remove_file(there.join("statuary.toml")).expect("it was just written");
    git(there.path(), &["clone", "-q", here.path().to_str().expect("letters"), "."]);
    there.write("beat", "");
    (here, there)
}

fn pull(stage: &Stage, from: &Stage) {
    git(stage.path(), &["pull", "-q", "--no-edit", "--no-rebase", from.path().to_str().expect("letters"), "HEAD"]);
}

fn joins(stage: &Stage, chain: &str) -> Vec<Value> {
    stage.chain(chain).into_iter().filter(|record| record.get("join").is_some()).collect()
}

fn rounds(stage: &Stage) -> usize {
    stage.chain("local").iter().filter(|record| record.get("round").is_some()).count()
}

fn said(stage: &Stage, args: &[&str], code: i32) -> String {
    let out = stage.run(args);
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "statuary {args:?}\n{text}");
    text
}

const FORKS: &str = "it forks: record";

#[test]
fn two_clones_that_both_went_on_are_joined_by_the_next_run_and_told_of_once() {
    if !has_git("two_clones_that_both_went_on_are_joined_by_the_next_run_and_told_of_once") {
        return;
    }
    for (ours, theirs) in [(1, 1), (3, 2), (1, 4)] {
        let (here, there) = two();
        (0..ours).for_each(|_| drop(here.expect(&["run"], 0)));
        (0..theirs).for_each(|_| drop(there.expect(&["run"], 0)));
        commit(&here);
        commit(&there);
        pull(&here, &there);
        let found = said(&here, &["journal", "verify"], 1);
        assert!(found.contains("ends a branch: no record follows it and none joins it"), "{found}");
        let stat = here.expect(&["journal", "stat"], 0);
        assert!(
            stat.contains("it forks: record") && stat.contains("the next run on the machine that writes it joins"),
            "{stat}"
        );
        // A page that is only built says nothing of damage, and joins nothing.
        here.expect(&["build"], 0);
        assert_eq!((joins(&here, "local").len(), joins(&here, "_desk").len()), (0, 0));
        let first = said(&here, &["run"], 0);
        assert_eq!(first.matches(FORKS).count(), 1, "{first}");
        assert!(first.contains("a later record joins the two"), "{first}");
        let second = said(&here, &["run"], 0);
        assert_eq!(second.matches(FORKS).count(), 0, "{second}");
        assert_eq!((joins(&here, "local").len(), rounds(&here)), (1, 3 + ours + theirs + 2), "{ours} and {theirs}");
        let proof = said(&here, &["journal", "verify"], 0);
        assert!(proof.contains("remark: ") && proof.contains("the chain forks after record 2"), "{proof}");
        let stat = here.expect(&["journal", "stat"], 0);
        assert!(stat.contains("it forks: record") && stat.contains("a later record joins the two"), "{stat}");
        for page in ["public/index.html", "public/status.txt"] {
            assert!(!here.read(page).contains("damaged"), "{page} calls a fork damage");
        }
        // The other takes it from here, and has nothing left to join.
        commit(&here);
        pull(&there, &here);
        there.expect(&["run"], 0);
        assert_eq!((joins(&there, "local").len(), rounds(&there)), (1, 3 + ours + theirs + 3));
        said(&there, &["journal", "verify"], 0);
    }
}

#[test]
fn an_outage_that_both_declared_is_one_incident_when_they_are_merged() {
    if !has_git("an_outage_that_both_declared_is_one_incident_when_they_are_merged") {
        return;
    }
    let (here, there) = two();
    for stage in [&here, &there] {
        let _ = fs::remove_file(stage.join("beat"));
        (0..3).for_each(|_| drop(stage.expect(&["run"], 0)));
        assert_eq!(stage.chain("_desk").len(), 1, "it opened");
    }
    commit(&here);
    commit(&there);
    pull(&here, &there);
    here.expect(&["run"], 0);
    let ids: Vec<Value> = here.chain("_desk").iter().filter_map(|r| r.pointer("/incident/id").cloned()).collect();
    assert_eq!((ids.len(), joins(&here, "_desk").len(), joins(&here, "local").len()), (2, 1, 1), "{ids:?}");
    let shown = || -> Vec<Value> {
        let all = here.json("public/api/v2/incidents.json");
        all["incidents"].as_array().expect("a list").iter().map(|incident| incident["status"].clone()).collect()
    };
    assert_eq!(shown(), ["investigating"]);
    said(&here, &["journal", "verify"], 0);
    // It ends as one.
    here.write("beat", "");
    (0..3).for_each(|_| drop(here.expect(&["run"], 0)));
    assert_eq!(shown(), ["monitoring"]);
}

#[test]
fn a_vantage_joins_its_own_chain_and_leaves_the_desks_alone() {
    if !has_git("a_vantage_joins_its_own_chain_and_leaves_the_desks_alone") {
        return;
    }
    let (here, there) = two();
    for stage in [&here, &there] {
        let _ = fs::remove_file(stage.join("beat"));
        (0..3).for_each(|_| drop(stage.expect(&["run"], 0)));
        commit(stage);
    }
    pull(&here, &there);
    here.expect(&["run", "--record-only"], 0);
    assert_eq!((joins(&here, "local").len(), joins(&here, "_desk").len()), (1, 0), "the desk is another machine");
    here.expect(&["run", "--no-look"], 0);
    assert_eq!((joins(&here, "local").len(), joins(&here, "_desk").len()), (1, 1));
    said(&here, &["journal", "verify"], 0);
}

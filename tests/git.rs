//! The record in git, by the recipe of `docs/running.md`: its very scripts, a bare repository, two checkouts.

#[allow(dead_code, reason = "this file uses a part of the stage")]
mod support {
    pub mod stage;
}

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use statuary::app::{self, Want};
use statuary::model::{Body, ChainName, Moment, Round, Span};
use support::stage::{Stage, workers};
use tempfile::TempDir;

const DAYS: i64 = 12;

/// The scripts that the document prints, each by the name that its second line gives it.
fn scripts() -> Vec<(String, String)> {
    let text = include_str!("../docs/running.md");
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    let named = |block: &str| {
        let (name, _) = block.strip_prefix("#!/bin/sh\n# ")?.split_once(": ")?;
        Some((name.to_owned(), block.to_owned()))
    };
    blocks.filter_map(named).collect()
}

fn git(folder: &Path, args: &[&str]) -> String {
    let out = Command::new("git").arg("-C").arg(folder).args(args).output();
    let out = out.unwrap_or_else(|e| panic!("git is not on this machine: {e}"));
    let err = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "git {args:?}: {err}");
    String::from_utf8_lossy(&out.stdout).trim().to_owned()
}

/// The repository that everybody pushes to.
struct Origin(TempDir);

impl Origin {
    /// A bare repository whose branch `record` is empty.
    fn new() -> Self {
        let origin = Self(TempDir::new().expect("a temp folder"));
        git(origin.0.path(), &["init", "-q", "--bare", "-b", "main", "."]);
        // As the large hosts have it.
        git(origin.0.path(), &["config", "uploadpack.allowFilter", "true"]);
        git(origin.0.path(), &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        let first = TempDir::new().expect("a temp folder");
        let author = ["-c", "user.name=a", "-c", "user.email=a@localhost"];
        git(first.path(), &["init", "-q", "-b", "record", "."]);
        git(first.path(), &[&author[..], &["commit", "-q", "--allow-empty", "-m", "The record begins"]].concat());
        git(first.path(), &["push", "-q", &origin.url(), "record"]);
        origin
    }

    /// A local path would be copied whole: only an address is fetched from as from a host.
    fn url(&self) -> String {
        format!("file://{}", self.0.path().display())
    }

    /// How many commits the branch has.
    fn commits(&self) -> usize {
        git(self.0.path(), &["rev-list", "--count", "record"]).parse().expect("a number")
    }

    /// A stranger's whole checkout of the record, as a site.
    fn whole(&self) -> Stage {
        let stage = Stage::new(&workers("open_after = 1"));
        let journal = stage.join("journal");
        git(stage.path(), &["clone", "-q", "--branch", "record", &self.url(), &journal.display().to_string()]);
        stage
    }

    /// The record there proves itself; the number of its rounds.
    fn holds(&self) -> usize {
        let stage = self.whole();
        let said = stage.expect(&["journal", "verify"], 0);
        assert!(!said.contains("remark"), "{said}");
        stage.chain("local").len()
    }
}

/// A job's checkout: the site, its scripts, and the record as `fetch.sh` brings it.
fn job(origin: &Origin, kept: Option<&Path>) -> Stage {
    let save = "[journal]\nsave = \"./save.sh\"\n";
    let stage = Stage::new(&format!("{}{save}", workers("open_after = 1")));
    stage.write("beat", "");
    for (name, text) in scripts() {
        stage.write(&name, &text);
        fs::set_permissions(stage.join(&name), fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    if let Some(state) = kept {
        fs::create_dir_all(stage.join(".statuary")).expect("a folder");
        for entry in fs::read_dir(state).expect("a folder").flatten().filter(|e| e.path().is_file()) {
            fs::copy(entry.path(), stage.join(".statuary").join(entry.file_name())).expect("a copy");
        }
    }
    let fetched = Command::new("./fetch.sh").current_dir(stage.path()).env("RECORD", origin.url()).output();
    let fetched = fetched.expect("the script starts");
    assert!(fetched.status.success(), "{}", String::from_utf8_lossy(&fetched.stderr));
    stage
}

/// Twelve days of rounds, one each half hour; the last an hour ago.
fn past(stage: &Stage) {
    let now = Moment::from_ms(chrono::Utc::now().timestamp_millis());
    let round = |i: i64| {
        let up = vec![("workers/heartbeat".into(), 1)];
        let body = Body::Round(Round { gap: Span::from_mins(75), up, ..Round::default() });
        (now - Span::from_mins(DAYS * 24 * 60 + 30 - 30 * i), body)
    };
    let bodies: Vec<(Moment, Body)> = (0..DAYS * 48).map(round).collect();
    app::append(stage.path(), &ChainName::from("local"), &bodies).expect("it is written");
}

/// The day files of the chain that are here.
fn days(stage: &Stage) -> BTreeSet<PathBuf> {
    stage.tree("journal/local").into_keys().map(PathBuf::from).collect()
}

/// What the page says of the component.
fn figures(stage: &Stage) -> serde_json::Value {
    stage.json("public/status.json")["components"][0].clone()
}

#[test]
fn the_document_prints_both_scripts() {
    let names: Vec<String> = scripts().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["fetch.sh", "save.sh"]);
}

#[test]
fn a_record_in_git_is_written_by_one_job_after_another() {
    let origin = Origin::new();
    let first = job(&origin, None);
    past(&first);
    let out = first.run(&["run"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    let old = (DAYS * 48) as usize;
    assert_eq!(origin.holds(), old + 1);

    // The next job has the checkpoint, and only the last days: `run --for` appends to them.
    let second = job(&origin, Some(&first.join(".statuary")));
    assert_eq!(days(&second).len(), 3);
    assert_eq!(days(&second), days(&first).into_iter().rev().take(3).collect());
    let before = origin.commits();
    let out = second.run(&["run", "--for", "3s", "--every", "1s"]);
    assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("\n3 rounds in "), "{out:?}");
    assert_eq!(origin.commits(), before + 3, "each round was saved");
    assert_eq!(origin.holds(), old + 4);
    assert!(days(&second).first() > days(&first).first(), "nothing else was fetched");

    // Its figures are those of the whole record at that moment.
    let whole = origin.whole();
    let last = figures(&second)["last_look"].as_str().and_then(Moment::parse_rfc3339);
    app::run(whole.path(), Want { look: false, publish: true, at: last, vantage: None }).expect("a run");
    assert_eq!(figures(&second), figures(&whole));
    assert_eq!(figures(&whole)["figures"][4]["coverage_percent"], 100.0);

    // The first job's checkout is behind: its push is refused, its round does not count, the next one does.
    let refused = first.run(&["run"]);
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
    assert_eq!(origin.holds(), old + 4);
    first.expect(&["run"], 0);
    assert_eq!(origin.holds(), old + 5);
    first.expect(&["journal", "verify"], 0);
}

#[test]
fn a_save_that_nobody_could_take_is_pushed_with_the_next_one() {
    let origin = Origin::new();
    let stage = job(&origin, None);
    stage.expect(&["run"], 0);
    let away = origin.0.path().with_extension("away");
    fs::rename(origin.0.path(), &away).expect("the host is away");
    let out = stage.run(&["run"]);
    assert_eq!(out.status.code(), Some(3), "{}", String::from_utf8_lossy(&out.stderr));
    fs::rename(&away, origin.0.path()).expect("it is back");
    stage.expect(&["run"], 0);
    assert_eq!(origin.holds(), 3, "also the look that could not be pushed");
}

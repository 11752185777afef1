//! Compaction with the real binary: the demo's ninety days look the same to the byte, and a kill at any point loses
//! nothing.

#[allow(dead_code, reason = "this file uses a part of the stage")]
mod support {
    pub mod stage;
}

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use statuary::app::{self, Want};
use statuary::model::{Moment, Span};
use support::stage::Stage;

/// Every file of a site but the copy of the record: that one is compacted with the record.
fn pages(public: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = tree(public);
    files.retain(|path, _| !path.starts_with("journal"));
    files
}

/// Every file below a folder.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = walkdir::WalkDir::new(folder).into_iter().flatten().filter(|e| e.file_type().is_file());
    all.map(|e| (e.path().strip_prefix(folder).unwrap().to_owned(), fs::read(e.path()).unwrap())).collect()
}

fn copy(from: &Path, to: &Path) {
    for (path, bytes) in tree(from) {
        let target = to.join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, bytes).unwrap();
    }
}

/// Where two sites differ.
fn differ(before: &BTreeMap<PathBuf, Vec<u8>>, after: &BTreeMap<PathBuf, Vec<u8>>) -> Vec<String> {
    let mut told = Vec::new();
    for path in before.keys().chain(after.keys().filter(|p| !before.contains_key(*p))) {
        let (a, b) = (before.get(path), after.get(path));
        if a == b {
            continue;
        }
        let text = |bytes: Option<&Vec<u8>>| String::from_utf8_lossy(bytes.map_or(&[], |b| b)).into_owned();
        let (a, b) = (text(a), text(b));
        let at = a.bytes().zip(b.bytes()).position(|(a, b)| a != b).unwrap_or(0);
        let near = |text: &str| {
            String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(60)..text.len().min(at + 80)]).into_owned()
        };
        told.push(format!("{}: {} became {}", path.display(), near(&a), near(&b)));
    }
    told
}

/// A demo's site on a stage, and its moment.
fn demo(days: &str) -> (Stage, Moment) {
    let stage = Stage::new("");
    fs::remove_file(stage.join("statuary.toml")).unwrap();
    let made: serde_json::Value =
        serde_json::from_str(&stage.expect(&["demo", "--days", days, "--format", "json"], 0)).unwrap();
    (stage, Moment::parse_rfc3339(made["moment"].as_str().unwrap()).unwrap())
}

/// The site of a moment: as it is published then, and as `build --at` looks back on it.
fn shown(stage: &Stage, moment: Moment) -> [BTreeMap<PathBuf, Vec<u8>>; 2] {
    let _ = fs::remove_dir_all(stage.join("public"));
    let want = Want { look: false, publish: true, at: Some(moment), vantage: None };
    let report = app::run(stage.path(), want).unwrap();
    assert!(report.troubles.is_empty(), "{:?}", report.troubles);
    let back = stage.join("back");
    let _ = fs::remove_dir_all(&back);
    let _ = fs::remove_dir_all(stage.join(".back.statuary"));
    stage.expect(&["build", "--at", &moment.rfc3339(), "--out", back.to_str().unwrap()], 0);
    [pages(&stage.join("public")), pages(&back)]
}

#[test]
#[ignore = "takes a quarter of a minute or more: tests/run runs it"]
fn the_demos_days_look_the_same_to_the_byte() {
    // The long form takes all that the page shows.
    let days = if is_long() { 90 } else { 36 };
    let (stage, made) = demo(&days.to_string());
    let moment = made + Span::from_ms(1);
    let before = shown(&stage, moment);
    assert!(before[0].len() > 30, "{} files", before[0].len());
    stage.expect(&["journal", "verify"], 0);
    let heads = stage.expect(&["journal", "head"], 0);
    let size = |chain: &str| tree(&stage.join("journal").join(chain)).values().map(Vec::len).sum::<usize>();
    let raw = size("local");

    let said = stage.expect(&["journal", "compact"], 0);
    let of = |what: &str| {
        let line = said.lines().find(|l| l.starts_with("local: ")).unwrap_or_else(|| panic!("{said}"));
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.windows(3).position(|w| w[1].starts_with("day") && w[2].trim_end_matches([',', ';']) == what);
        words[at.unwrap_or_else(|| panic!("{said}"))].parse::<usize>().unwrap()
    };
    // Whether the last day is closed, and which day is thirty days old, depends on the hour.
    assert!((days - 2..=days).contains(&of("compressed")), "{said}");
    assert!((days - 32..=days - 28).contains(&of("rolled")), "{said}");
    assert!(size("local") * if is_long() { 8 } else { 3 } < raw, "{raw} became {}", size("local"));
    stage.expect(&["journal", "verify"], 0);
    // A head that somebody kept is still in it: the last before the compaction.
    let head = heads.lines().find(|l| l.contains("local")).and_then(|l| l.split_whitespace().next()).unwrap();
    stage.expect(&["journal", "verify", "--contains", head], 0);
    let after = shown(&stage, moment);
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(differ(before, after), [""; 0]);
    }
    // Nothing is left to do.
    let files = tree(&stage.join("journal"));
    let again: serde_json::Value =
        serde_json::from_str(&stage.expect(&["journal", "compact", "--format", "json"], 0)).unwrap();
    assert_eq!(again["more"], false);
    assert_eq!(tree(&stage.join("journal")), files);
}

/// What `journal verify` must say of every state that a kill leaves, and what a build must show in it.
fn is_whole(stage: &Stage, moment: Moment, before: &BTreeMap<PathBuf, Vec<u8>>) {
    stage.expect(&["journal", "verify"], 0);
    let out = stage.join("back");
    let _ = fs::remove_dir_all(&out);
    let _ = fs::remove_dir_all(stage.join(".back.statuary"));
    stage.expect(&["build", "--at", &moment.rfc3339(), "--out", out.to_str().unwrap()], 0);
    assert_eq!(differ(before, &pages(&out)), [""; 0]);
}

/// The long form is a step of `./tests/run`.
fn is_long() -> bool {
    std::env::var_os("STATUARY_LONG").is_some()
}

/// A small demo, the way it looks, and a second copy of its files to begin from again.
fn small() -> (Stage, Moment, BTreeMap<PathBuf, Vec<u8>>, tempfile::TempDir) {
    let (stage, made) = demo("15");
    let config = stage.read("statuary.toml");
    stage.write("statuary.toml", &format!("{config}\n[journal]\nroll_up_after = \"4d\"\n"));
    let moment = made + Span::from_ms(1);
    let before = shown(&stage, moment)[1].clone();
    let kept = tempfile::tempdir().unwrap();
    copy(&stage.join("journal"), kept.path());
    (stage, moment, before, kept)
}

#[test]
#[ignore = "takes a quarter of a minute or more: tests/run runs it"]
fn a_kill_between_any_two_steps_loses_nothing_and_is_completed_by_the_next() {
    let (stage, moment, before, kept) = small();
    let points = ["pinned-zip", "retired-roll", "written-zip", "retired-zip", "written-roll", "pinned-roll"];
    for point in &points[..if is_long() { 6 } else { 2 }] {
        fs::remove_dir_all(stage.join("journal")).unwrap();
        copy(kept.path(), &stage.join("journal"));
        let killed = stage.run_with(&["journal", "compact"], &[("STATUARY_DRILL", *point)]);
        assert_eq!(killed.status.code(), None, "{point}: the drill did not stop it: {killed:?}");
        is_whole(&stage, moment, &before);
        // A run in between, as cron makes it.
        stage.expect(&["run"], 0);
        stage.expect(&["journal", "compact"], 0);
        is_whole(&stage, moment, &before);
        let names = tree(&stage.join("journal"));
        let name = |p: &PathBuf| p.file_name().unwrap().to_string_lossy().into_owned();
        assert!(names.keys().all(|p| !name(p).starts_with('.')), "{point}: {:?}", names.keys());
        let raw =
            names.keys().filter(|p| p.starts_with("local") && p.extension().is_some_and(|e| e == "jsonl")).count();
        assert!(raw <= 2, "{point}: {:?}", names.keys());
        assert!(names.keys().any(|p| name(p).ends_with(".roll.jsonl.gz")), "{point}");
    }
}

#[test]
#[ignore = "takes a quarter of a minute or more: tests/run runs it"]
fn killed_at_random_moments_it_is_completed_by_the_next() {
    let (stage, moment, before, _kept) = small();
    let mut killed = 0;
    let mut wait = Duration::from_millis(25);
    for _ in 0..60 {
        let mut child = Command::new(env!("CARGO_BIN_EXE_statuary"))
            .args(["journal", "compact", "--site"])
            .arg(stage.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        let ended = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if begun.elapsed() >= wait {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            sleep(Duration::from_millis(1));
        };
        stage.expect(&["journal", "verify"], 0);
        if let Some(status) = ended {
            assert!(status.success());
            break;
        }
        killed += 1;
        // No two kills after the same time: the steps are of very different lengths.
        wait = wait.mul_f64(if is_long() { 1.13 } else { 1.8 })
            + Duration::from_millis(u64::from(std::process::id() % 13) + 7);
    }
    assert!(killed > 3, "killed {killed} times");
    is_whole(&stage, moment, &before);
    stage.expect(&["journal", "compact"], 0);
    is_whole(&stage, moment, &before);
}

#[test]
fn a_run_compacts_when_its_page_is_out() {
    let (stage, ..) = small();
    let said = stage.expect(&["run", "--compact", "--format", "json"], 0);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let chains = said["compacted"]["chains"].as_array().unwrap();
    assert!(chains.iter().any(|c| c["chain"] == "local" && c["zipped"].as_u64() > Some(3)), "{said}");
    stage.expect(&["journal", "verify"], 0);
    // All was done today; the next run does not look for more.
    let said: serde_json::Value =
        serde_json::from_str(&stage.expect(&["run", "--compact", "--format", "json"], 0)).unwrap();
    assert_eq!(said["compacted"]["chains"].as_array().map(Vec::len), Some(0), "{said}");
    // Pins wait for the save command like any record, and nothing is removed before.
    let before = tree(&stage.join("journal"));
    let config = stage.read("statuary.toml").replace("\"4d\"", "\"1d\"\nsave = \"exit 9\"");
    stage.write("statuary.toml", &config);
    stage.expect(&["journal", "compact"], 3);
    let after = tree(&stage.join("journal"));
    assert!(before.keys().all(|p| after.contains_key(p)), "{:?}", after.keys());
    stage.write("statuary.toml", &config.replace("exit 9", "true"));
    stage.expect(&["journal", "compact"], 0);
    let rolled = |p: &&PathBuf| p.to_string_lossy().ends_with(".roll.jsonl.gz");
    assert!(tree(&stage.join("journal")).keys().filter(rolled).count() > 3);
    stage.expect(&["journal", "verify"], 0);
}

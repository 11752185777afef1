//! The laws that are about the whole program and stand in no other test: 1, 3, 4 and 6, on the real binary.

#[allow(dead_code, reason = "this file uses a part of the stage")]
mod support {
    pub mod stage;
}

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use support::stage::{Stage, workers};

const RULES: &str = "open_after = 1\ngap = \"1s\"";

#[test]
fn law_1_never_green_without_evidence() {
    let stage = Stage::new(&workers(RULES));
    let status = || stage.json("public/status.json")["components"][0]["status"].clone();
    stage.expect(&["build"], 0);
    assert_eq!(status(), "no_data", "nobody has looked yet");
    stage.write("beat", "");
    stage.expect(&["run"], 0);
    assert_eq!(status(), "operational");
    // A look vouches for a second here; nobody looks again.
    sleep(Duration::from_millis(1500));
    stage.expect(&["build"], 0);
    assert_eq!(status(), "no_data");
    let index = stage.read("public/index.html");
    assert!(!index.contains("Stage is up."), "{index}");
    assert_eq!(stage.json("public/badge.json")["message"], "no data");
}

#[test]
fn law_3_a_run_never_rewrites_a_line_that_a_person_wrote() {
    let stage = Stage::new(&workers(RULES));
    let words = "---\ntitle: No worker\ncomponents: [wrokers]\n---\r\n\n### Investigting · 9:05\n\nI *look*.  \n\n\n";
    stage.write("incidents/words.md", words);
    let stamp = || fs::metadata(stage.join("incidents/words.md")).and_then(|m| m.modified()).expect("a time");
    let before = stamp();
    stage.expect(&["run"], 0);
    stage.expect(&["run", "--no-look"], 0);
    assert_eq!((stage.read("incidents/words.md").as_str(), stamp()), (words, before));
    assert!(stage.read("public/incidents/words/index.html").contains("Investigting"), "and it is published as typed");
}

#[test]
fn law_4_the_record_only_grows() {
    let stage = Stage::new(&workers(RULES));
    let mut before: Vec<(std::path::PathBuf, Vec<u8>)> = Vec::new();
    for beat in [false, true, false] {
        if beat {
            stage.write("beat", "");
        } else {
            let _ = fs::remove_file(stage.join("beat"));
        }
        stage.expect(&["run"], 0);
        for (path, bytes) in &before {
            let now = fs::read(path).expect("no day is removed");
            assert!(now.starts_with(bytes), "{} was changed", path.display());
        }
        let days = walkdir::WalkDir::new(stage.join("journal")).into_iter().flatten().map(walkdir::DirEntry::into_path);
        before = days.filter(|p| p.is_file()).map(|p| (p.clone(), fs::read(&p).expect("a day"))).collect();
    }
    assert!(before.len() >= 2, "{before:?}");
    stage.expect(&["journal", "verify"], 0);
}

#[test]
fn a_place_looks_under_its_own_name() {
    let stage =
        Stage::new(&workers(RULES).replace("interval = \"1m\"", "interval = \"1m\"\nvantages = [\"local\", \"oslo\"]"));
    stage.expect(&["run", "--record-only", "--vantage", "oslo"], 0);
    assert_eq!((stage.chain("oslo").len(), stage.chain("local").len()), (1, 0));
    stage.expect(&["run", "--record-only", "--vantage", "olso"], 2);
}

#[test]
fn law_6_page_json_badge_and_text_say_the_same() {
    let stage = Stage::new(&workers(RULES));
    let check = |own: &str, api: &str, indicator: &str, badge: &str, text: &str| {
        stage.expect(&["run"], 0);
        assert_eq!(stage.json("public/status.json")["components"][0]["status"], own);
        let summary = stage.json("public/api/v2/summary.json");
        assert_eq!(
            (&summary["components"][0]["status"], &summary["status"]["indicator"]),
            (&api.into(), &indicator.into())
        );
        assert_eq!(stage.json("public/badge/workers.json")["message"], badge);
        assert_eq!(stage.json("public/badge.json")["message"], badge);
        assert!(stage.read("public/status.txt").contains(text));
        let index = stage.read("public/index.html");
        let sentence = stage.json("public/status.json")["sentence"].as_str().unwrap_or_default().to_owned();
        assert!(!sentence.is_empty() && index.contains(&sentence), "{sentence}");
        assert!(index.contains(text), "{index}");
    };
    check("major_outage", "major_outage", "critical", "down", "Major outage");
    stage.write("beat", "");
    stage.expect(&["run"], 0);
    check("operational", "operational", "none", "up", "Operational");
}

//! Looks at a site after its run was killed, and after one that was not: what was acknowledged is there, what is there
//! stays, the site is whole, and no id changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use statuary::journal::{self, VerifyOptions};

use super::stage::Stage;

/// The `save` command that acknowledges a round: the record's last line goes into `acks`.
pub const SAVE: &str = "tail -qn 1 journal/local/*/*/*.jsonl | tail -n 1 >> acks";

/// What was seen so far.
#[derive(Default)]
pub struct Witness {
    journal: BTreeMap<PathBuf, Vec<u8>>,
    acknowledged: usize,
    ids: BTreeMap<String, String>,
    pages: BTreeSet<String>,
}

impl Witness {
    /// What must be so at any moment.
    pub fn look(&mut self, stage: &Stage) {
        self.record_only_grew(stage);
        self.acknowledged_rounds_are_there(stage);
        let torn = |text: &str| text.contains("at the end of the file are no whole record");
        let wrong: Vec<String> = wrong(stage).into_iter().filter(|text| !torn(text)).collect();
        assert_eq!(wrong, [""; 0], "the proof fails by more than a torn end");
        if stage.join("public/index.html").exists() {
            stage.site_is_whole();
            self.ids_are_the_same(stage);
        }
    }

    /// What must be so after a run that ended well.
    pub fn look_after_a_run(&mut self, stage: &Stage) {
        self.look(stage);
        assert_eq!(wrong(stage), [""; 0], "the proof fails");
        list_of_files_matches(stage);
        assert!(!stage.join(".statuary/unsaved").exists(), "all is saved");
    }

    /// How often the record was acknowledged so far.
    pub fn acknowledged(&self) -> usize {
        self.acknowledged
    }

    fn record_only_grew(&mut self, stage: &Stage) {
        let now = files(&stage.join("journal"));
        for (path, before) in &self.journal {
            match now.get(path) {
                Some(bytes) => assert!(bytes.starts_with(before), "{} was changed", path.display()),
                // A closed day may be compacted; what it was is pinned then, and the proof is held against it.
                None => assert!(is_compacted(path), "{} is gone", path.display()),
            }
        }
        self.journal = now;
    }

    fn acknowledged_rounds_are_there(&mut self, stage: &Stage) {
        let acks = fs::read_to_string(stage.join("acks")).unwrap_or_default();
        // A line that is still being written was not acknowledged yet.
        let whole = acks.rfind('\n').map_or("", |end| &acks[..end]);
        let all: Vec<&str> = whole.lines().collect();
        for line in &all[self.acknowledged.min(all.len())..] {
            let is_there = self.journal.values().any(|bytes| {
                let text = String::from_utf8_lossy(bytes);
                text.lines().rev().any(|l| l == *line)
            });
            assert!(is_there, "an acknowledged round is gone: {line}");
        }
        self.acknowledged = all.len();
    }

    fn ids_are_the_same(&mut self, stage: &Stage) {
        let own = stage.json("public/status.json");
        for incident in own["incidents"].as_array().into_iter().flatten() {
            let of = |key: &str| incident[key].as_str().unwrap_or_default().to_owned();
            let id = self.ids.entry(of("started")).or_insert_with(|| of("id"));
            assert_eq!(*id, of("id"), "an incident's id changed");
        }
        let pages = fs::read_dir(stage.join("public/incidents")).into_iter().flatten().flatten();
        let pages: BTreeSet<String> = pages.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        let gone: Vec<_> = self.pages.difference(&pages).collect();
        assert!(gone.is_empty(), "pages of incidents are gone: {gone:?}");
        self.pages = pages;
    }
}

/// What makes the proof fail.
fn wrong(stage: &Stage) -> Vec<String> {
    let proof = journal::verify(&stage.join("journal"), &VerifyOptions::default()).expect("the journal can be read");
    let findings = proof.chains.iter().flat_map(|chain| &chain.findings).chain(&proof.findings);
    findings.filter(|f| f.fatal).map(|f| format!("{}:{}: {}", f.file.display(), f.line, f.text)).collect()
}

fn is_compacted(path: &Path) -> bool {
    ["jsonl.gz", "roll.jsonl.gz"].iter().any(|form| path.with_extension(form).exists())
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok);
    let days = entries.filter(|e| e.file_type().is_file() && e.path().extension().is_some_and(|x| x == "jsonl"));
    days.map(|e| (e.path().to_owned(), fs::read(e.path()).expect("a day"))).collect()
}

/// The list of what was published is the site, file by file, and nothing is left beside it.
fn list_of_files_matches(stage: &Stage) {
    let lists: Vec<PathBuf> = fs::read_dir(stage.join(".statuary"))
        .expect("a state folder")
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|x| x == "json"))
        .collect();
    let [list] = &lists[..] else { panic!("one list of files: {lists:?}") };
    let list: serde_json::Value = serde_json::from_slice(&fs::read(list).expect("a list")).expect("JSON");
    let listed = list["files"].as_object().expect("files");
    for (name, made) in listed {
        let bytes = fs::read(stage.join("public").join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        let hash = Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        assert_eq!(made["sha256"], serde_json::json!([hash]), "{name} is not what the list says");
    }
    let public = stage.join("public");
    for entry in walkdir::WalkDir::new(&public).into_iter().filter_map(Result::ok).filter(|e| e.file_type().is_file()) {
        let name = entry.path().strip_prefix(&public).expect("below").to_string_lossy().into_owned();
        assert!(listed.contains_key(&name), "{name} is in no list");
    }
    assert!(!stage.join(".statuary/staging").exists(), "nothing is left beside");
}

//! Law 2, law 5 and the one way: a run that is killed between any two steps leaves a readable journal and a whole
//! site, and the next run completes it with the same ids and times.

#[allow(dead_code)] // each test file uses its part of the stage
mod support {
    pub mod stage;
}

use std::collections::BTreeSet;

use support::stage::{Stage, workers};

const WORDS: &str = "---\ntitle: No worker reports\ncomponents: [workers]\n---\n\n\
                     ### Investigating · 2026-11-23 09:05\n\nI am looking at it.\n";

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

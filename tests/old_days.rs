//! A long past: a run looks at no more files for it, and goes on where older days are not here.

#[allow(dead_code, reason = "this file uses a part of what the servers can do")]
mod support {
    pub mod mounts;
    pub mod stage;
    pub mod trace;
}

use std::path::Path;

use statuary::journal;
use statuary::model::{Body, ChainName, Moment, ProbeKey, Round, Span};
use support::stage::{Stage, workers};
use support::trace;

/// A site whose worker was seen up four times a day on each of the last days, today not among them.
fn stage_with(days: i64) -> Stage {
    let stage = Stage::in_memory(&workers(""));
    stage.write("beat", "");
    let today = Moment::from_ms(statuary::app::now().ms() / 86_400_000 * 86_400_000);
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

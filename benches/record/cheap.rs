//! Cheap: what one `run` costs with little, much and very much behind it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::tools::{self, median};
use crate::write::{self, Past};

/// Each kind of run is made this often, in turn; fewer where they take long.
const ROUNDS: usize = 41;
const AT_LEAST: usize = 3;
const PATIENCE: Duration = Duration::from_mins(4);
/// At most this much dearer with the long past than with the short one.
const GOAL_RATIO: f64 = 1.05;
const GOAL_MS: f64 = 30.0;

/// A kind of run.
struct Kind {
    name: String,
    folder: PathBuf,
    args: &'static [&'static str],
    cpu_ms: Vec<f64>,
    peak_mb: f64,
}

impl Kind {
    fn new(name: impl Into<String>, folder: &Path, args: &'static [&'static str]) -> Self {
        Self { name: name.into(), folder: folder.to_owned(), args, cpu_ms: Vec::new(), peak_mb: 0.0 }
    }
}

pub fn print((short, long): (i64, i64)) {
    let base = tools::base();
    let none = base.join("no-past");
    let _ = fs::remove_dir_all(&none);
    write::until_now(&none, 0, Past::Rounds);
    let mut kinds = vec![Kind::new("looking and saving alone, no past", &none, &["run", "--record-only"])];
    let mut compacted = true;
    for days in [1, short, long] {
        let folder = base.join(format!("days-{days}"));
        write::until_now(&folder, days, Past::Desk);
        compacted &= tools::compact_all(&folder);
        if days > 1 {
            kinds.push(Kind::new(format!("looking and saving, {days} days"), &folder, &["run", "--record-only"]));
        }
        kinds.push(Kind::new(format!("run, {days} days"), &folder, &["run"]));
    }
    // What was made first has fallen behind meanwhile; and the first run of all does what later ones need not.
    for kind in &kinds {
        if kind.args == ["run"] {
            let days = kind.name.trim_start_matches("run, ").trim_end_matches(" days");
            write::until_now(&kind.folder, days.parse().unwrap_or(0), Past::Desk);
        }
    }
    let rounds = measure(&mut kinds);

    let form = if compacted { "compacted" } else { "raw, as this build has no `journal compact`" };
    println!("cheap: CPU of one run as a whole process (user + system), median of {rounds}; the past is {form}");
    println!("  {:<36} {:>8} {:>18} {:>8}", "", "CPU ms", "beyond looking, ms", "peak MB");
    let looking = median(kinds[0].cpu_ms.iter().copied());
    let mut own = Vec::new();
    for kind in &kinds {
        let cpu = median(kind.cpu_ms.iter().copied());
        println!("  {:<36} {cpu:>8.1} {:>18.1} {:>8.0}", kind.name, cpu - looking, kind.peak_mb);
        if kind.args == ["run"] {
            own.push(cpu - looking);
        }
    }
    let [young, short_ms, long_ms] = own[..] else { return };
    println!(
        "  beyond looking, {long} days cost {:.3} × what {short} days cost (goal: at most {GOAL_RATIO})",
        long_ms / short_ms
    );
    println!(
        "  {short_ms:.1} ms beyond looking with {short} days, {young:.1} with one: pages that change are in both \
         (goal: at most {GOAL_MS} without them)"
    );
}

/// Makes every kind of run in turn, so that whatever else the machine does meets all of them.
fn measure(kinds: &mut [Kind]) -> usize {
    let meter = tools::measure();
    let mut began = Instant::now();
    let mut rounds = 0;
    for round in 0..=ROUNDS {
        for kind in &mut *kinds {
            let (cost, _) = meter.run(&tools::statuary(&kind.folder, kind.args)).expect("statuary is there");
            if round > 0 {
                kind.cpu_ms.push(cost.cpu_ms);
                kind.peak_mb = kind.peak_mb.max(cost.peak_mb);
            }
        }
        rounds = round;
        if round == 0 {
            began = Instant::now();
        } else if round >= AT_LEAST && began.elapsed() > PATIENCE {
            break;
        }
    }
    rounds
}

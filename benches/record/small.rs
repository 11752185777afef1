//! Small: what a year of the record takes on the disk, compacted, beside what general compressors make of it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::tools;
use crate::write::{self, Past};

const DAYS: i64 = 365;
const GOAL_MB: f64 = 50.0;
/// One day in so many is given to the compressors: the highest levels take seconds for each.
const SAMPLE: usize = 61;

pub fn print() {
    let folder = tools::base().join("year");
    let site = write::until_now(&folder, DAYS, Past::Desk);
    let days = (site.minutes.end - site.minutes.start) as f64 / write::DAY as f64;
    let raw = megabytes(tools::size(&site.journal()));
    println!("small: the record of {days:.0} days");
    println!("  {:<44} {:>8} {:>10} {:>10}", "", "MB", "× raw", "MB a year");
    let print = |name: &str, mb: f64| println!("  {name:<44} {mb:>8.1} {:>10.4} {:>10.1}", mb / raw, mb / days * 365.0);
    print("raw", raw);

    let copy = tools::base().join("year-compacted");
    let _ = std::fs::remove_dir_all(&copy);
    let copied = Command::new("cp").arg("-r").arg(&folder).arg(&copy).status();
    assert!(copied.is_ok_and(|s| s.success()), "the year can be copied");
    if tools::compact_all(&copy) {
        let mb = megabytes(tools::size(&copy.join("journal")));
        print("after `journal compact`", mb);
        println!("  goal: at most {GOAL_MB} MB a year; this is {:.2} of it", mb / days * 365.0 / GOAL_MB);
        let proof = tools::statuary(&copy, &["journal", "verify"]).output().expect("statuary starts");
        assert!(proof.status.success(), "compacted, it fails its proof: {}", String::from_utf8_lossy(&proof.stdout));
    } else {
        println!("  this build has no `journal compact`: nothing to measure (goal: at most {GOAL_MB} MB a year)");
    }
    let _ = std::fs::remove_dir_all(&copy);

    let sample = sample(&site.journal());
    let sampled = sample.iter().map(|path| tools::size(path)).sum::<u64>() as f64;
    for (name, args) in [("gzip", ["-6", "-c"]), ("zstd", ["-19", "-c"]), ("xz", ["-6", "-c"])] {
        let packed: Option<u64> = sample.iter().map(|path| packed(name, args, path)).sum();
        match packed {
            Some(bytes) => print(
                &format!("{name} {}, day by day (from {} of the days)", args[0], sample.len()),
                bytes as f64 / sampled * raw,
            ),
            None => println!("  {name}: not on this machine, left out"),
        }
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Some whole days, evenly over the year.
fn sample(journal: &Path) -> Vec<PathBuf> {
    let chain = walkdir::WalkDir::new(journal.join("local")).sort_by_file_name().into_iter().flatten();
    let days: Vec<PathBuf> = chain.filter(|e| e.file_type().is_file()).map(walkdir::DirEntry::into_path).collect();
    days.into_iter().skip(SAMPLE / 2).step_by(SAMPLE).collect()
}

/// A file's bytes after a compressor; none where there is no such program.
fn packed(program: &str, args: [&str; 2], path: &Path) -> Option<u64> {
    let output = Command::new(program).args(args).arg(path).stdin(Stdio::null()).output().ok()?;
    output.status.success().then_some(output.stdout.len() as u64)
}

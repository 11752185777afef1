//! What the record costs, for a hundred components looked at once a minute: how small a year of it is, how dear a run
//! is with years behind it, and how fast ninety days are folded from nothing. Prints figures and ratios, side by side
//! in one run.
//!
//! `cargo bench --bench record`, or one part of it: `cargo bench --bench record -- small` (`cheap`, `cold`). Of `cheap`
//! the two pasts can be chosen in days: `-- cheap 30 90`. What is written for it (about 9 GB) is kept under the target
//! folder's `tmp/record` and used again. Needs `cc`; what else is not on this machine is left out by name.

mod cheap;
mod cold;
#[path = "../meter/mod.rs"]
mod meter;
mod small;
mod tools;
mod world;
mod write;

use std::path::Path;

/// The parts, in the order in which they are run.
const PARTS: [&str; 3] = ["small", "cheap", "cold"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.iter().any(|arg| arg == "--list") {
        return;
    }
    if let [flag, site] = args.as_slice()
        && flag == cold::FOLD
    {
        return cold::fold(Path::new(site));
    }
    let wanted = |part: &&str| args.iter().any(|arg| arg == part) || !PARTS.iter().any(|p| args.iter().any(|a| a == p));
    let days: Vec<i64> = args.iter().filter_map(|arg| arg.parse().ok()).collect();
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    println!("{cores} cores; {} components, one look each a minute", world::COMPONENTS);
    for part in PARTS.iter().filter(|p| wanted(p)) {
        println!();
        match *part {
            "small" => small::print(),
            "cheap" => cheap::print(if let [short, long] = days[..] { (short, long) } else { (400, 1095) }),
            _ => cold::print(),
        }
    }
}

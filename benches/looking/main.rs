//! How dear a look is: rounds of 1,000 and 10,000 HTTP looks, each over a fresh connection on loopback, beside what a
//! user would take instead and beside the bare calls of the kernel, in one run. Prints CPU, wall time, memory and
//! ratios.
//!
//! `cargo bench --bench looking`, or one part of it: `-- plain`, `-- hanging` (every tenth target takes the connection
//! and says nothing), `-- tls`. Every asker is a process of its own and asks the same addresses, so many at once; the
//! servers' time is nobody's. Ours is the whole of `statuary check`, its configuration and what it prints included.
//! Needs `cc` for the ceiling; what else is not on this machine is left out by name.

mod askers;
#[path = "../meter/mod.rs"]
mod meter;
mod server;

use askers::{Asker, Round};
use meter::Cost;
use server::{Server, Side};

/// Looks at the same time, for all.
const AT_ONCE: usize = 100;

/// How long a look may take.
const TIMEOUT_MS: u64 = 2_000;

const PARTS: [&str; 3] = ["plain", "hanging", "tls"];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if args.iter().any(|arg| arg == "--list") {
        return;
    }
    if let [flag, folder] = args.as_slice()
        && flag == server::SERVE
    {
        return server::serve(folder.as_ref());
    }
    let wanted =
        |part: &&&str| args.iter().any(|arg| arg == **part) || !PARTS.iter().any(|p| args.iter().any(|a| a == p));
    let server = Server::start();
    println!("{AT_ONCE} at once, fresh connections, loopback, {TIMEOUT_MS} ms for each; the asking side's cost");
    for part in PARTS.iter().filter(wanted) {
        for size in [1_000, 10_000] {
            println!("\n{size} looks, {part}");
            println!("  {:<18} {:>9} {:>9} {:>9} {:>11}", "", "CPU s", "wall s", "µs/look", "memory MB");
            measure(&server, part, size);
        }
    }
}

fn measure(server: &Server, part: &str, size: usize) {
    let round = Round {
        targets: (0..size).map(|i| server.address(side(part, i), i)).collect(),
        late: (0..size).filter(|i| matches!(side(part, *i), Side::Silent)).count(),
        tls: part == "tls",
        folder: &server.folder,
    };
    // The first is ours: what the others are measured by.
    let costs: Vec<(Asker, Option<Cost>)> = Asker::ALL.map(|asker| (asker, asker.cost(&round))).to_vec();
    let ours = costs[0].1.expect("statuary is there");
    for (asker, cost) in &costs {
        let Some(cost) = cost else {
            if asker.speaks(round.tls) {
                println!("  {:<18} is not on this machine", asker.name());
            }
            continue;
        };
        let each = cost.cpu_ms * 1e3 / size as f64;
        let (cpu, wall, peak) = (cost.cpu_ms / 1e3, cost.wall_ms / 1e3, cost.peak_mb);
        print!("  {:<18} {cpu:>9.2} {wall:>9.2} {each:>9.0} {peak:>11.1}", asker.name());
        match asker {
            Asker::Statuary => println!(),
            _ => println!("   ours: {:.2}x CPU, {:.2}x wall", ours.cpu_ms / cost.cpu_ms, ours.wall_ms / cost.wall_ms),
        }
    }
    if round.late > 0 {
        // So many at once, nothing else to wait for: no order of the looks is faster.
        let ideal = (round.late as u64 * TIMEOUT_MS) as f64 / AT_ONCE as f64;
        println!(
            "  {:<18} {:>9} {:>9.2} {:>21}   ours: {:.2}x wall",
            "ideal",
            "",
            ideal / 1e3,
            "",
            ours.wall_ms / ideal
        );
    }
}

fn side(part: &str, i: usize) -> Side {
    match part {
        "hanging" if i.is_multiple_of(10) => Side::Silent,
        "tls" => Side::Tls,
        _ => Side::Plain,
    }
}

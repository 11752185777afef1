//! Fast when cold: ninety days folded from nothing, checksums verified, beside programs that answer a like question
//! from the plain layout of the same looks.

use std::path::{Path, PathBuf};
use std::process::Command;

use statuary::app;
use statuary::model::{Moment, Settings};
use statuary::timeline::{self, Timelines};

use crate::meter::Cost;
use crate::tools;
use crate::write::{self, DAY};

/// The argument that makes this program fold a site and end: so that the fold is a process, as the others are.
pub const FOLD: &str = "--fold-cold";

const DAYS: i64 = 90;
/// The minute at which the past ends, since 1970: a midnight, so that every file is a whole day.
const END: i64 = 20_786 * DAY;
/// Each is run this often, in turn, after one round that is not counted and leaves the files in the page cache.
const ROUNDS: usize = 5;
const GOAL: f64 = 2.2;

/// Reads and folds a whole record without any checkpoint, every checksum verified.
fn fold_cold(site: &Path, settings: &Settings, moment: Moment) -> Timelines {
    let history = app::told(site, moment).expect("the bench's record can be read");
    timeline::fold(&history, settings, moment)
}

/// The child process: folds, and prints each component's share of time up.
pub fn fold(folder: &Path) {
    let site = write::stands(folder);
    let moment = Moment::from_ms(END * 60_000);
    let timelines = fold_cold(folder, &site.loaded.settings, moment);
    println!("rounds {}", timelines.places.iter().map(|p| p.rounds).sum::<u64>());
    for line in &timelines.components {
        let figure = line.figure(Moment::from_ms((END - DAYS * DAY) * 60_000), moment);
        let down_ms = figure.down_tenth_ms as f64 / 10.0;
        println!("{} {:.6}", line.id, (figure.counted_ms as f64 - down_ms) / figure.counted_ms as f64);
    }
    // What it cost to fold is the question, not what it costs to free.
    std::process::exit(0);
}

/// One that answers.
struct Rival {
    name: &'static str,
    command: Command,
    costs: Vec<Cost>,
    said: String,
}

impl Rival {
    fn new(name: &'static str, program: impl AsRef<std::ffi::OsStr>, args: &[&std::ffi::OsStr]) -> Self {
        let mut command = Command::new(program);
        command.args(args);
        Self { name, command, costs: Vec::new(), said: String::new() }
    }

    fn median(&self, of: fn(&Cost) -> f64) -> f64 {
        tools::median(self.costs.iter().map(of))
    }
}

pub fn print() {
    let (folder, plain) = (tools::base().join("cold"), tools::base().join("plain.jsonl"));
    let site = write::fixed(&folder, END - DAYS * DAY..END, &plain);
    let mut rivals = rivals(&site.folder, &plain);
    let meter = tools::measure();
    for round in 0..=ROUNDS {
        rivals.retain_mut(|rival| {
            let Some((cost, said)) = meter.run(&rival.command) else {
                println!("  {}: not on this machine, left out", rival.name);
                return false;
            };
            if round > 0 {
                rival.costs.push(cost);
            }
            rival.said = said;
            true
        });
    }
    let looks = check(&rivals);
    println!(
        "cold: {:.2} M looks of {DAYS} days, from the page cache, whole processes, median of {ROUNDS}",
        looks / 1e6
    );
    println!(
        "  the record {} MB, the plain layout {} MB",
        tools::size(&site.journal()) / 1_000_000,
        tools::size(&plain) / 1_000_000
    );
    println!("  {:<34} {:>8} {:>8} {:>8} {:>8}", "", "wall s", "CPU s", "peak MB", "× C pass");
    let pass = rivals.iter().find(|r| r.name == C_PASS).map_or(f64::NAN, |r| r.median(|c| c.wall_ms));
    for rival in &rivals {
        let wall = rival.median(|c| c.wall_ms);
        println!(
            "  {:<34} {:>8.2} {:>8.2} {:>8.0} {:>8.2}",
            rival.name,
            wall / 1e3,
            rival.median(|c| c.cpu_ms) / 1e3,
            rival.median(|c| c.peak_mb),
            wall / pass
        );
    }
    let ours = rivals.iter().find(|r| r.name == OURS).map_or(f64::NAN, |r| r.median(|c| c.wall_ms));
    println!("  the cold fold takes {:.2} × the C pass (goal: at most {GOAL})", ours / pass);
}

const OURS: &str = "statuary, folded and verified";
const C_PASS: &str = "C, one pass, one thread";

fn rivals(site: &Path, plain: &Path) -> Vec<Rival> {
    let this = std::env::current_exe().expect("this program has a path");
    let (pass, guess) = (tools::compile("pass.c", "pass", &[]), tools::compile("pass.c", "guess", &["-DGUESS"]));
    let path = plain.as_os_str();
    let mut rivals = vec![
        Rival::new(OURS, this, &[FOLD.as_ref(), site.as_os_str()]),
        Rival::new(C_PASS, pass, &[path]),
        Rival::new("C, guessing where the keys stand", guess, &[path]),
        Rival::new("wc -l (counts newlines only)", "wc", &["-l".as_ref(), path]),
    ];
    let ask = tools::source("ask.py");
    for (name, tool) in [("DuckDB", "duckdb"), ("polars", "polars")] {
        match python(tool) {
            Some(python) => rivals.push(Rival::new(name, python, &[ask.as_os_str(), tool.as_ref(), path])),
            None => println!("  {name}: cannot be installed here, left out"),
        }
    }
    rivals
}

/// A Python that has a package, from a folder of its own beside the data.
fn python(package: &str) -> Option<PathBuf> {
    let venv = tools::base().join("venv");
    let python = venv.join("bin/python");
    let quiet = |command: &mut Command| command.output().is_ok_and(|o| o.status.success());
    let has = || quiet(Command::new(&python).arg("-c").arg(format!("import {package}")));
    if has() {
        return Some(python);
    }
    let made = python.exists() || quiet(Command::new("python3").args(["-m", "venv"]).arg(&venv));
    let installed = made && quiet(Command::new(&python).args(["-m", "pip", "install", "--quiet", package]));
    (installed && has()).then_some(python)
}

/// All of them saw the same looks and found the same shares; returns how many looks there were.
fn check(rivals: &[Rival]) -> f64 {
    let said = |name: &str| rivals.iter().find(|r| r.name == name).map_or("", |r| r.said.as_str());
    let number = |word: Option<&str>| word.and_then(|w| w.parse::<f64>().ok()).unwrap_or(f64::NAN);
    let counted: Vec<(&str, f64, f64)> = said(C_PASS)
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .map(|words| (words[0], number(words.get(1).copied()), number(words.get(2).copied())))
        .collect();
    let looks: f64 = counted.iter().map(|c| c.1).sum();
    let rounds = number(said(OURS).lines().next().and_then(|line| line.split(' ').nth(1)));
    assert!(
        (rounds * counted.len() as f64 - looks).abs() < 0.5,
        "{rounds} rounds, but {looks} looks in the plain layout"
    );
    for rival in rivals.iter().filter(|r| ["DuckDB", "polars"].contains(&r.name)) {
        let theirs: f64 = rival.said.lines().map(|line| number(line.split(' ').nth(1))).sum();
        let ours: f64 = counted.iter().map(|(_, looks, up)| up / looks).sum();
        assert!((theirs - ours).abs() < 1e-6 * counted.len() as f64, "{} says otherwise: {}", rival.name, rival.said);
    }
    looks
}

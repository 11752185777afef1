//! Writes a site with its past: the journal through the real append path, the desk's words through the real desk, and
//! beside it, on demand, the same looks in a plain layout. What was written once is kept and used again.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Instant;

use statuary::app;
use statuary::config::{self, Loaded, Purpose};
use statuary::journal;
use statuary::model::{Body, ChainName, Moment, Record, Round};

use crate::tools;
use crate::world::World;

/// A day in minutes.
pub const DAY: i64 = 24 * 60;
const MINUTE_MS: i64 = 60_000;
/// Raise this where the world or the writing changes: what older benches left is then made anew.
const VERSION: i64 = 2;
/// A site that holds this many minutes more than it should is used all the same.
const STALE: i64 = 7 * DAY;
/// Stands in the folder of a site that was made whole.
const MARK: &str = "made-by-bench";
/// Days that are handed to the journal at once; it still makes one write and one sync for each.
const AT_ONCE: i64 = 10;

/// A site with a past.
pub struct Site {
    pub folder: PathBuf,
    pub loaded: Loaded,
    /// Its first minute since 1970, and one past its last.
    pub minutes: Range<i64>,
}

impl Site {
    pub fn journal(&self) -> PathBuf {
        self.folder.join("journal")
    }
}

/// What a site's past holds besides its rounds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Past<'a> {
    /// Nothing.
    Rounds,
    /// What the desk declared: openings, recoveries, ends.
    Desk,
    /// Nothing; but the same looks stand in the plain layout, in this file.
    Plain(&'a Path),
}

/// A site whose past is exactly these minutes, with the same looks in the plain layout.
pub fn fixed(folder: &Path, minutes: Range<i64>, plain: &Path) -> Site {
    if made(folder) != Some(minutes.clone()) || !plain.exists() {
        make(folder, minutes.clone(), Past::Plain(plain));
    }
    Site { minutes, ..stands(folder) }
}

/// A site with so many days behind it, up to this minute. One that was made in the last days is used again, and what is
/// missing since is added.
pub fn until_now(folder: &Path, days: i64, past: Past<'_>) -> Site {
    let now = app::now().ms().div_euclid(MINUTE_MS);
    let first = now - days * DAY;
    match made(folder).filter(|minutes| (0..=STALE).contains(&(first - minutes.start))) {
        Some(minutes) => {
            let site = Site { minutes: minutes.start..now, ..stands(folder) };
            let last = journal::tail(&site.journal(), &ChainName::from("local"), 1).expect("the bench's record");
            let next = last.last().map_or(minutes.start, |r| r.t.ms().div_euclid(MINUTE_MS) + 1);
            // What the desk says of these minutes, the next run will find.
            site.write(&World::between(next, now), next..now, Past::Rounds);
            site
        }
        None => make(folder, first..now, past),
    }
}

/// The minutes of a site that was made here, whole.
fn made(folder: &Path) -> Option<Range<i64>> {
    let text = fs::read_to_string(folder.join(MARK)).ok()?;
    let numbers: Vec<i64> = text.split(' ').filter_map(|n| n.parse().ok()).collect();
    match numbers[..] {
        [VERSION, from, to] => Some(from..to),
        _ => None,
    }
}

/// A site as it stands.
pub fn stands(folder: &Path) -> Site {
    let loaded = config::load(folder, Purpose { looks: true, tells: true }).expect("the bench's config is good");
    Site { folder: folder.to_owned(), loaded, minutes: 0..0 }
}

fn make(folder: &Path, minutes: Range<i64>, past: Past<'_>) -> Site {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("what an older bench left can be removed");
    }
    fs::create_dir_all(folder.join("beats")).expect("the bench's folder can be made");
    let world = World::between(minutes.start, minutes.end);
    write_config(folder, &world);
    let site = Site { minutes: minutes.clone(), ..stands(folder) };
    let began = Instant::now();
    let looks = site.write(&world, minutes.clone(), past);
    println!(
        "  (made {}: {:.2} M looks, {} MB of journal, in {:.1} s)",
        folder.file_name().unwrap_or_default().to_string_lossy(),
        looks as f64 / 1e6,
        tools::size(&site.journal()) / 1_000_000,
        began.elapsed().as_secs_f64()
    );
    fs::write(folder.join(MARK), format!("{VERSION} {} {}", minutes.start, minutes.end)).expect("the mark");
    site
}

/// A hundred components that are cheap to look at: each a file that was touched.
fn write_config(folder: &Path, world: &World) {
    let mut text = String::from(
        "[site]\ntitle = \"Bench\"\nurl = \"https://status.example.com/\"\ntime_zone = \"UTC\"\n[run]\ninterval = \"1m\"\n",
    );
    for target in &world.targets {
        let (id, probe) = (&target.component, target.key.name());
        let name = id.replace('-', " ");
        let _ = write!(
            text,
            "\n[[component]]\nid = \"{id}\"\nname = \"{name}\"\ngroup = \"{}\"\n\
             [[component.probe]]\nkind = \"heartbeat\"\nname = \"{probe}\"\nfile = \"beats/{id}\"\nmax_age = \"300d\"\n",
            target.group
        );
        fs::write(folder.join("beats").join(id), "").expect("a heartbeat can be touched");
    }
    fs::write(folder.join("statuary.toml"), text).expect("the config can be written");
}

impl Site {
    /// Writes some minutes; returns how many looks there were.
    fn write(&self, world: &World, minutes: Range<i64>, past: Past<'_>) -> u64 {
        let mut plain = if let Past::Plain(path) = past { Some(Plain::new(path)) } else { None };
        let mut desk = (past == Past::Desk).then(|| Desk::new(world.busy_minutes(&minutes)));
        let mut rounds = world.rounds(minutes).peekable();
        let mut looks = 0;
        while let Some((first, _)) = rounds.peek() {
            let end = (first.ms() / MINUTE_MS / DAY + AT_ONCE) * DAY * MINUTE_MS;
            let mut bodies = Vec::new();
            while let Some((t, round)) = rounds.next_if(|(t, _)| t.ms() < end) {
                looks += (round.up.len() + round.not.len()) as u64;
                if let Some(plain) = &mut plain {
                    plain.add(t, &round);
                }
                bodies.push((t, Body::Round(round)));
            }
            let records = journal::append(&self.journal(), &ChainName::from("local"), &bodies);
            let records = records.expect("the bench can append");
            if let Some(desk) = &mut desk {
                desk.declare(self, records);
            }
        }
        if let Some(plain) = plain {
            plain.0.into_inner().expect("the plain layout can be written").sync_all().expect("and is on the disk");
        }
        looks
    }
}

/// The real desk, asked wherever it has something to say.
struct Desk {
    minutes: Vec<i64>,
    next: usize,
    /// The last rounds.
    rounds: Vec<Record>,
    declared: Vec<Record>,
}

impl Desk {
    /// How far before a moment its fold begins, in ms: longer than the longest trouble with its quiet half hour.
    const BACK: i64 = 6 * 60 * 60_000;

    fn new(minutes: Vec<i64>) -> Self {
        Self { minutes, next: 0, rounds: Vec::new(), declared: Vec::new() }
    }

    fn declare(&mut self, site: &Site, rounds: Vec<Record>) {
        let Some(last) = rounds.last().map(|r| r.t) else { return };
        self.rounds.extend(rounds);
        while let Some(minute) = self.minutes.get(self.next) {
            // Half a minute after the round that the look of this minute left.
            let at = Moment::from_ms(minute * 60_000 + 30_000);
            if at > last {
                break;
            }
            self.next += 1;
            let from = self.rounds.partition_point(|r| r.t.ms() < at.ms() - Self::BACK);
            let to = self.rounds.partition_point(|r| r.t <= at);
            let known: Vec<Record> = self.rounds[from..to].iter().chain(&self.declared).cloned().collect();
            let new = app::declare(&site.folder, &site.loaded, &known, &[], at).expect("the desk can declare");
            self.declared.extend(new);
        }
        let old = self.rounds.partition_point(|r| r.t.ms() < last.ms() - Self::BACK);
        self.rounds.drain(..old);
    }
}

/// The plain layout: one JSON line of about 110 bytes for each look.
struct Plain(BufWriter<File>);

impl Plain {
    fn new(path: &Path) -> Self {
        Self(BufWriter::with_capacity(1 << 20, File::create(path).expect("the plain layout can be made")))
    }

    fn add(&mut self, t: Moment, round: &Round) {
        let t = t.rfc3339();
        for (key, ms) in &round.up {
            let key = key.as_str();
            self.line(format_args!(
                r#"{{"t":"{t}","probe":"{key}","vantage":"local","verdict":"up","ms":{ms},"tries":1}}"#
            ));
        }
        for seen in &round.not {
            // What a cut-off machine did not reach says nothing about the target.
            let is = if round.blind.is_some() { "unknown" } else { seen.is.word() };
            let (key, tries, why) = (seen.id.as_str(), seen.tries, &seen.why);
            let phase = seen.phase.as_deref().unwrap_or_default();
            let ms = seen.ms.map_or_else(|| "null".to_owned(), |ms| ms.to_string());
            self.line(format_args!(
                r#"{{"t":"{t}","probe":"{key}","vantage":"local","verdict":"{is}","ms":{ms},"tries":{tries},"phase":"{phase}","why":"{why}"}}"#
            ));
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.0, "{line}").expect("the plain layout can be written");
    }
}

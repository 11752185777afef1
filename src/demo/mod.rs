//! The small Stella: a working site in ten seconds, without a network and without a service.
//!
//! - Takes: a folder and how many days of record to write.
//! - Gives: a site whose record tells the story's morning, written through the real append path and the real desk,
//!   then one real round against real (small) servers on loopback, rendered.
//! - Touches: disk, loopback.
//! - Never: writes into a folder that it did not make.

mod days;
mod desk;
mod files;
mod stella;
mod story;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::app::{self, Trouble, Want};
use crate::model::{Moment, Span, Status, Zone};
use stella::Stella;
use story::Story;

/// The zone of the small Stella.
const ZONE: &str = "America/Los_Angeles";
/// Marks a folder as ours, so that the next demo may replace it.
const MARK: &str = ".statuary-demo";

/// A demo that was made.
#[derive(Debug)]
pub struct Made {
    site: PathBuf,
    now: Moment,
    story: Story,
    rounds: usize,
    incidents: usize,
    took: Duration,
    stella: Stella,
}

/// Makes the site in `folder`; `step` is told what is being done.
pub fn make(folder: &Path, days: u16, step: &dyn Fn(&str)) -> Result<Made, Trouble> {
    let started = Instant::now();
    let now = app::now();
    let zone = Zone::parse(ZONE).unwrap_or(Zone::UTC);
    let story = Story::before(now, zone);
    clear(folder)?;

    step(
        "Starting a small Stella on loopback: web servers, an SSH greeting, a Redis-speaking port, a worker heartbeat",
    );
    let stella = Stella::start(folder).map_err(|e| cannot(folder, &e))?;
    files::write(folder, &stella, story).map_err(|e| cannot(folder, &e))?;

    step(&format!("Writing {days} days of record, one round a minute, through the real append path"));
    let rounds = days::write(folder, story, now, days)?;

    step("Letting the desk declare what was due on those days: openings, words, recoveries, planned work");
    desk::replay(folder, story, &rounds, now)?;

    step("Looking at the small Stella for real, then rendering");
    let report = app::run(folder, Want { look: true, publish: true, at: Some(now), vantage: None })?;
    if let Some(trouble) = report.troubles.into_iter().next() {
        return Err(trouble);
    }
    app::build(folder, Some(story.at(9, 20) + Span::from_secs(20)), Some(&folder.join("as-it-stood")))?;
    let incidents = report.stands.map_or(0, |s| s.book.incidents.len());
    Ok(Made {
        site: folder.to_owned(),
        now,
        story,
        rounds: rounds.len() + 1,
        incidents,
        took: started.elapsed(),
        stella,
    })
}

/// Empties a folder that an earlier demo made; refuses any other that is not empty.
fn clear(folder: &Path) -> Result<(), Trouble> {
    let empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if !empty && !folder.join(MARK).exists() {
        return Err(Trouble::Usage(format!(
            "{} is not empty and no demo made it; name an empty folder with --site",
            folder.display()
        )));
    }
    if !empty {
        fs::remove_dir_all(folder).map_err(|e| cannot(folder, &e))?;
    }
    fs::create_dir_all(folder).and_then(|()| fs::write(folder.join(MARK), "")).map_err(|e| cannot(folder, &e))
}

fn cannot(folder: &Path, e: &std::io::Error) -> Trouble {
    Trouble::Save(format!("{}: the demo cannot be written: {e}", folder.display()))
}

impl Made {
    /// What was made, for a program.
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "site": self.site, "index": self.site.join("public/index.html"),
            "as_it_stood": self.site.join("as-it-stood/index.html"), "rounds": self.rounds,
            "incidents": self.incidents, "moment": self.now.rfc3339(), "took_ms": self.took.as_millis() as u64,
        })
    }

    /// Where to look and what to try next; `<…>` is what a terminal shows in bold.
    pub fn next_steps(&self, serving: bool) -> Vec<String> {
        let site = self.site.display();
        let mut lines = vec![
            String::new(),
            format!("Done in {:.1} s: {} rounds, {} incidents.", self.took.as_secs_f64(), self.rounds, self.incidents),
            String::new(),
            "The page, now:".to_owned(),
            format!("  <{site}/public/index.html>"),
            "The postmortem: the words, and what was measured:".to_owned(),
            format!("  <{site}/public/incidents/{}/index.html>", self.story.slug()),
            "The page as it stood at 9:20 that morning:".to_owned(),
            format!("  <{site}/as-it-stood/index.html>"),
            String::new(),
            "Try next:".to_owned(),
            format!("  <statuary --site {site} journal verify>   the record proves itself"),
            format!("  <statuary --site {site} incident list>    what people heard about"),
            format!("  <statuary --site {site} journal show --since 2d>   what the record holds, in plain lines"),
            format!("  <statuary journal verify --from {site}/public>   the page says what its record says"),
        ];
        if !serving {
            lines.push("  <statuary demo --serve>   keep Stella up, then break it and watch the page".to_owned());
        }
        lines
    }

    /// The folder of the page.
    pub fn public(&self) -> PathBuf {
        self.site.join("public")
    }

    /// How to break the small Stella, and how to bring it back.
    pub fn switches(&self) -> [String; 2] {
        let down = self.stella.switches();
        [
            format!("Break something:  touch {}/redis   (or web, api, backend, workers, …)", down.display()),
            format!("Bring it back:    rm {}/redis", down.display()),
        ]
    }

    /// Keeps looking, every 10 seconds, until the other end of `ended` is dropped; says what changed.
    pub fn keep_looking(&self, ended: &Receiver<()>, say: &dyn Fn(&str)) {
        let mut before = Vec::new();
        while ended.recv_timeout(Duration::from_secs(10)) == Err(RecvTimeoutError::Timeout) {
            look_again(&self.site, &mut before, say);
        }
    }
}

/// One more real run; says what changed.
fn look_again(site: &Path, before: &mut Vec<(String, Status)>, say: &dyn Fn(&str)) {
    match app::run(site, Want { look: true, publish: true, at: None, vantage: None }) {
        Err(trouble) => say(&trouble.to_string()),
        Ok(report) => {
            report.troubles.iter().for_each(|t| say(&t.to_string()));
            let shown = report.stands.map(|s| s.book.shown).unwrap_or_default();
            let now: Vec<(String, Status)> = shown.iter().map(|s| (s.component.to_string(), s.status)).collect();
            for (name, status) in now.iter().filter(|n| !before.is_empty() && !before.contains(n)) {
                say(&format!("{name}: {}", status.word().replace('_', " ")));
            }
            *before = now;
        }
    }
}

/// A minute, the small Stella's interval.
const MINUTE: Span = Span::from_mins(1);

//! What a person would have written: the config, and the write-ups of the worked example, re-dated.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use chrono::{NaiveDate, TimeDelta};
use include_dir::{Dir, include_dir};

use crate::demo::stella::Stella;
use crate::demo::story::Story;

/// The project's own `incidents/`: the worked example.
static EXAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/incidents");

/// The day on which the worked example's outage happened.
const WRITTEN: &str = "2026-11-23";

/// Writes the config and the write-ups.
pub fn write(folder: &Path, stella: &Stella, story: Story) -> io::Result<()> {
    fs::write(folder.join("statuary.toml"), config(stella))?;
    let incidents = folder.join("incidents");
    fs::create_dir_all(&incidents)?;
    for file in EXAMPLE.files() {
        let Some(text) = file.contents_utf8() else { continue };
        let name = file.path().to_string_lossy();
        fs::write(incidents.join(redate(&name, story.day)), redate(text, story.day))?;
    }
    let planned = story.day - TimeDelta::days(24);
    fs::write(incidents.join(format!("{planned}-backend-memory.md")), planned_work(planned))
}

/// Moves every ISO date of a text by as many days as lie between the worked example and the demo's story.
fn redate(text: &str, day: NaiveDate) -> String {
    let by = WRITTEN.parse::<NaiveDate>().map_or(TimeDelta::zero(), |written| day - written);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("20") {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let date = after.get(..10).and_then(|d| NaiveDate::parse_from_str(d, "%Y-%m-%d").ok());
        let taken = if let Some(date) = date {
            let _ = write!(out, "{}", date + by);
            10
        } else {
            out.push_str(&after[..2]);
            2
        };
        rest = &after[taken..];
    }
    out + rest
}

fn planned_work(day: NaiveDate) -> String {
    format!(
        "---\ntitle: More memory for the master backend\nkind: maintenance\ncomponents: [backend, workers]\n\
         starts: {day} 22:00\nends: {day} 22:30\n---\n\nThe master backend gets more memory. Workers pause while it \
         restarts; checkups that are due in that half hour run after it.\n"
    )
}

fn config(stella: &Stella) -> String {
    let web = stella.web;
    let beat = stella.heartbeat.display();
    let mut text = String::from(
        "# The small Stella of `statuary demo`. Its servers listen on loopback while the demo runs.\n\
         [site]\ntitle = \"Stella\"\nurl = \"https://status.example.com/\"\ntime_zone = \"America/Los_Angeles\"\n\
         description = \"Whether Stella works, since when, and what we know.\"\n\n\
         [run]\ninterval = \"1m\"\n\n[publish]\npublish_journal = true\n",
    );
    let mut component = |id: &str, name: &str, group: &str, needs: &str, probes: &[String]| {
        let _ = write!(text, "\n[[component]]\nid = \"{id}\"\nname = \"{name}\"\ngroup = \"{group}\"\n");
        if !needs.is_empty() {
            let _ = writeln!(text, "depends_on = [{needs}]");
        }
        for probe in probes {
            let _ = write!(text, "[[component.probe]]\n{probe}");
        }
    };
    let http = |name: &str, path: &str| {
        format!(
            "kind = \"http\"\nname = \"{name}\"\nurl = \"http://{web}/{path}\"\ndegraded_if = [\"latency > duration('800ms') // answers take longer than 800 ms\"]\n"
        )
    };
    component("web", "Website", "Public", "\"backend\"", &[http("page", "web"), http("login", "web/login")]);
    component("api", "API", "Public", "\"backend\"", &[http("http", "api")]);
    component("checkups", "Checkups", "Watching", "\"workers\"", &[http("http", "checkups")]);
    component("monitors", "Monitors", "Watching", "\"workers\"", &[http("http", "monitors")]);
    let heartbeat = format!("kind = \"heartbeat\"\nfile = '{beat}'\nmax_age = \"3m\"\n");
    component("workers", "Workers", "Watching", "\"backend\", \"redis\"", &[heartbeat]);
    let ssh = format!(
        "kind = \"tcp\"\nname = \"ssh\"\naddress = \"{}\"\nbanner = true\nexpect = [\"received.startsWith('SSH-2.0-')\"]\n",
        stella.ssh
    );
    component("backend", "Master backend", "Machines", "\"volume\"", &[ssh]);
    let redis = format!(
        "kind = \"tcp\"\nname = \"redis\"\naddress = \"{}\"\nsend = \"INFO persistence\\r\\n\"\n\
         expect = [\"received.contains('loading:0')\"]\n\
         degraded_if = [\"received.contains('rdb_bgsave_in_progress:1') // a background save is running\"]\n",
        stella.redis
    );
    component("redis", "Redis", "Machines", "\"volume\"", &[redis]);
    component("volume", "Volume", "Machines", "", &[http("http", "volume")]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_moves_by_the_same_days() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 10).unwrap();
        let text = "### Identified · 2026-11-23 09:18\nby 2026-12-03, port 2015, 20 min, 2026-11-30.md";
        let want = "### Identified · 2027-01-10 09:18\nby 2027-01-20, port 2015, 20 min, 2027-01-17.md";
        assert_eq!(redate(text, day), want);
    }
}

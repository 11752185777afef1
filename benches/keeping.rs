//! What a run costs after three years: the CPU of `run --no-look` on a site with many closed incidents, each written
//! up and told of, beside the same site with a tenth of them.
//!
//! `cargo bench --bench keeping`; with `-- --write DIR` it leaves the larger site there and measures nothing.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use statuary::app;
use statuary::model::{
    Body, ChainName, DeskIncident, DeskWords, IncidentStep, JournaledUpdate, Moment, ProbeKey, Round, Seen, Span, Try,
    Verdict, Zone,
};
use statuary::writeup;

/// Closed incidents of the larger site.
const INCIDENTS: i64 = 300;
/// How long the record is.
const DAYS: i64 = 3 * 365;
/// Components, one probe each.
const COMPONENTS: usize = 10;
/// Runs of which the mean is taken.
const RUNS: u32 = 20;

const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if args.iter().any(|a| a == "--list") {
        return;
    }
    if let Some(at) = args.iter().position(|a| a == "--write") {
        return write(Path::new(&args[at + 1]), INCIDENTS);
    }
    let few = measure(INCIDENTS / 10);
    let many = measure(INCIDENTS);
    println!("CPU of `run --no-look` after {DAYS} days, {COMPONENTS} components, nothing new");
    println!("with {:>4} closed incidents {few:>8.1} ms", INCIDENTS / 10);
    println!("with {INCIDENTS:>4} closed incidents {many:>8.1} ms   {:.2} × the former", many / few);
}

/// The mean CPU time of a run, in ms, once the pages stand.
fn measure(incidents: i64) -> f64 {
    let site = tempfile::tempdir().expect("a temp folder");
    write(site.path(), incidents);
    run(site.path());
    run(site.path());
    let before = children_ms();
    (0..RUNS).for_each(|_| run(site.path()));
    (children_ms() - before) / f64::from(RUNS)
}

fn run(site: &Path) {
    let out = Command::new(env!("CARGO_BIN_EXE_statuary")).args(["run", "--no-look", "--site"]).arg(site).output();
    let out = out.expect("statuary starts");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// User and system time of all children that have ended, as the kernel counts it: in hundredths of a second.
fn children_ms() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("/proc");
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // Fields 16 and 17 of proc(5), counted from the state, which is the third.
    let ticks = |field: usize| fields[field - 3].parse::<f64>().expect("a number");
    (ticks(16) + ticks(17)) * 10.0
}

fn write(site: &Path, incidents: i64) {
    let now = Moment::from_ms(app::now().ms() / MINUTE * MINUTE - 2 * MINUTE);
    let first = Moment::from_ms((now.ms() - DAYS * DAY) / DAY * DAY);
    fs::create_dir_all(site.join("incidents")).expect("folders");
    fs::write(site.join("statuary.toml"), config()).expect("config");
    let outages: Vec<Outage> = (0..incidents).map(|i| Outage::of(first, i, incidents)).collect();
    let mut desk: Vec<(Moment, Body)> = vec![(first, Body::Channel("ops".into()))];
    for (i, outage) in outages.iter().enumerate() {
        let (file, text) = outage.words(i);
        fs::write(site.join("incidents").join(&file), &text).expect("a write-up");
        outage.declare(&file, &text, &mut desk);
    }
    desk.sort_by_key(|(t, _)| *t);
    append(site, &ChainName::from("local"), &rounds(first, now, &outages));
    append(site, &ChainName::desk(false), &desk);
}

/// In parts, as each part is one write.
fn append(site: &Path, chain: &ChainName, bodies: &[(Moment, Body)]) {
    for part in bodies.chunk_by(|a, b| a.0.ms() / DAY == b.0.ms() / DAY) {
        app::append(site, chain, part).expect("appended");
    }
}

fn config() -> String {
    let mut text = "[site]\ntitle = \"Bench\"\nurl = \"https://status.example.com/\"\n\
                    [[notify]]\nid = \"ops\"\nkind = \"command\"\ncommand = [\"true\"]\n"
        .to_owned();
    for c in 0..COMPONENTS {
        let _ = write!(
            text,
            "[[component]]\nid = \"c{c}\"\nname = \"Component {c}\"\n[[component.probe]]\nkind = \"tcp\"\n\
             address = \"127.0.0.1:1\"\ngap = \"12h\"\n"
        );
    }
    text
}

/// One component was down for half an hour.
struct Outage {
    component: usize,
    from: Moment,
    to: Moment,
}

impl Outage {
    fn of(first: Moment, i: i64, of: i64) -> Self {
        let from = first + Span::from_ms((DAYS - 2) * DAY / of * i / MINUTE * MINUTE + 95 * MINUTE);
        Self { component: i as usize % COMPONENTS, from, to: from + Span::from_mins(30) }
    }

    fn holds(&self, t: Moment) -> bool {
        self.from <= t && t < self.to
    }

    fn words(&self, i: usize) -> (String, String) {
        let time = |minutes: i64| (self.from + Span::from_mins(minutes)).utc().format("%Y-%m-%d %H:%M").to_string();
        let mut text = format!("---\ntitle: Outage number {i}\ncomponents: [c{}]\n---\n\n", self.component);
        for (minutes, word) in [(5, "Investigating"), (18, "Identified"), (31, "Monitoring")] {
            let _ = write!(text, "### {word} · {}\n\nThe site does not answer; update {minutes}.\n\n", time(minutes));
        }
        for section in ["Summary", "Symptoms", "Cause", "What went well"] {
            let _ = write!(text, "## {section}\n\n{}\n\n", "The *save* never ended, and `bgsave` said so. ".repeat(12));
        }
        text.push_str("## Next steps\n\n- [x] Practise the recovery (Ines, 2026-11-30)\n- [ ] Append-only backups\n");
        (format!("{}-outage-{i}.md", self.from.utc().format("%Y-%m-%d")), text)
    }

    /// What the desk journaled of it, and that the channel was told.
    fn declare(&self, file: &str, text: &str, desk: &mut Vec<(Moment, Body)>) {
        let after = |t: Moment, minutes: i64| t + Span::from_ms(minutes * MINUTE + 500);
        let component = format!("c{}", self.component);
        let id = format!("{}-{component}", self.from.utc().format("%Y-%m-%d"));
        let step = |step, at, seen| {
            let components = vec![component.as_str().into()];
            Body::Incident(DeskIncident { id: id.as_str().into(), step, at, seen, components })
        };
        let minute = Span::from_mins(1);
        let opened = (after(self.from, 1), step(IncidentStep::Open, self.from, self.from + minute));
        let recovered = (after(self.to, 1), step(IncidentStep::Recover, self.to, self.to + minute));
        let quiet = self.to + Span::from_mins(31);
        let resolved = (after(quiet, 0), step(IncidentStep::Resolve, self.to, quiet));
        let told = |t: Moment, event: String| {
            let said = Try { channel: "ops".into(), event, attempt: 1, why: None };
            [(t, Body::Try(said.clone())), (t, Body::Sent(said))]
        };
        desk.extend(told(opened.0, format!("{id}/open")));
        desk.extend(told(recovered.0, format!("{id}/recover/{component}/{}", self.to.rfc3339())));
        desk.extend(told(resolved.0, format!("{id}/resolve/{}", quiet.rfc3339())));
        desk.extend([opened, recovered, resolved]);
        let (writeup, _) = writeup::parse(file, text.as_bytes(), Zone::UTC);
        for update in &writeup.updates {
            let t = update.at.expect("each has its time") + Span::from_ms(700);
            let journaled =
                JournaledUpdate { stamp: update.at, key: update.key.clone(), sha256: update.sha256.clone() };
            let sha256 = writeup.sha256.clone();
            desk.push((t, Body::Words(DeskWords { file: file.into(), sha256, updates: vec![journaled] })));
            desk.extend(told(t, format!("words/{file}#{}", update.key)));
        }
    }
}

/// A round every four hours, and every minute from half an hour before an outage to an hour after it.
fn rounds(first: Moment, now: Moment, outages: &[Outage]) -> Vec<(Moment, Body)> {
    let mut times: Vec<Moment> = (0..i64::from(u32::MAX))
        .map(|i| first + Span::from_mins(240 * i))
        .take_while(|t| *t < now)
        .chain([now])
        .collect();
    for outage in outages {
        times.extend((-30..95).map(|m| outage.from + Span::from_mins(m)).filter(|t| *t < now));
    }
    times.sort_unstable();
    times.dedup();
    times.into_iter().map(|t| (t, Body::Round(round(t, outages)))).collect()
}

fn round(t: Moment, outages: &[Outage]) -> Round {
    let near = outages.partition_point(|o| o.to <= t);
    let down = outages.get(near).filter(|o| o.holds(t)).map(|o| o.component);
    let mut round = Round { gap: Span::from_mins(720), took: Span::from_ms(40), ..Round::default() };
    for c in 0..COMPONENTS {
        let id = ProbeKey::from(format!("c{c}/tcp"));
        if down == Some(c) {
            let why = "the connection was refused".to_owned();
            let phase = Some("connect".to_owned());
            round.not.push(Seen { id, is: Verdict::Down, ms: Some(2), after: None, phase, why, tries: 1 });
        } else {
            round.up.push((id, 10 + (t.ms() / MINUTE % 37) as u32));
        }
    }
    round
}

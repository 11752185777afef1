//! Laws 2 and 12 for the pages: a page that would come out the same is not made again, and the site is the same, byte
//! for byte, as one that is made from nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use statuary::app::{self, Want};
use statuary::model::{Body, ChainName, Moment, ProbeKey, Round, Seen, Span, Verdict, Zone};
use statuary::publish::Swapped;
use tempfile::TempDir;

/// Between two rounds of the town.
const STEP: Span = Span::from_mins(10);

/// Runs without looking, at a moment, and gives what the swap did.
fn run(site: &Path, at: Moment) -> Swapped {
    let report = app::run(site, Want { look: false, publish: true, at: Some(at), vantage: None });
    let report = report.unwrap_or_else(|e| panic!("{e}"));
    assert!(report.troubles.is_empty(), "{:?}", report.troubles);
    report.swapped.expect("it was put out")
}

/// Every file under a folder, by its path there.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let all = walkdir::WalkDir::new(folder).into_iter().map(|e| e.expect("a folder that can be listed"));
    let name = |p: &Path| p.strip_prefix(folder).expect("below it").display().to_string();
    all.filter(|e| e.file_type().is_file()).map(|e| (name(e.path()), fs::read(e.path()).expect("a file"))).collect()
}

/// Runs the same site in a folder where nothing stands, and compares. Old assets may be left over: they stay a day.
fn compare_with_one_from_nothing(site: &Path, at: Moment, after: &str) {
    let other = TempDir::new().expect("a temp folder");
    for name in ["statuary.toml", "incidents", "journal", "templates", "static"] {
        copy(&site.join(name), &other.path().join(name));
    }
    run(other.path(), at);
    let (kept, made) = (files(&site.join("public")), files(&other.path().join("public")));
    for (path, bytes) in &made {
        let stands = kept.get(path).unwrap_or_else(|| panic!("{path} is missing at {at}, after {after}"));
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            stands == bytes,
            "{path} is an old one at {at}, after {after}:\n{}",
            differing(&text(stands), &text(bytes))
        );
    }
    let more: Vec<&String> = kept.keys().filter(|p| !made.contains_key(*p) && !p.starts_with("static/")).collect();
    assert!(more.is_empty(), "{more:?} should be gone at {at}, after {after}");
}

/// The first line that differs.
fn differing(old: &str, new: &str) -> String {
    let first = old.lines().zip(new.lines()).find(|(a, b)| a != b);
    first.map_or_else(|| "one has more lines".to_owned(), |(a, b)| format!("- {a}\n+ {b}"))
}

fn copy(from: &Path, to: &Path) {
    if !from.is_dir() {
        if from.is_file() {
            fs::copy(from, to).expect("copied");
        }
        return;
    }
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder that can be listed").flatten() {
        copy(&entry.path(), &to.join(entry.file_name()));
    }
}

/// Makes a change by hand, runs, and compares.
fn after(site: &Path, at: Moment, what: &str, change: impl FnOnce(&Path)) {
    change(site);
    run(site, at);
    compare_with_one_from_nothing(site, at, what);
}

fn replace(file: &Path, old: &str, new: &str) {
    let text = fs::read_to_string(file).expect("a text");
    assert!(text.contains(old), "{} does not hold {old}", file.display());
    fs::write(file, text.replace(old, new)).expect("written");
}

fn write(file: PathBuf, text: &str) {
    fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
    fs::write(file, text).expect("written");
}

#[test]
#[ignore = "takes a quarter of a minute or more: tests/run runs it"]
fn the_demos_morning_is_kept_as_it_is_made() {
    let folder = TempDir::new().expect("a temp folder");
    let site = folder.path().join("demo");
    let made = statuary::demo::make(&site, 9, &|_| {}).unwrap_or_else(|e| panic!("{e}"));
    let zone = Zone::parse("America/Los_Angeles").expect("a zone");
    let now = Moment::parse_rfc3339(made.json()["moment"].as_str().expect("a text")).expect("a moment");
    let day = zone.date(now) - chrono::TimeDelta::days(8);
    let nine = zone.day_start(day) + Span::from_mins(9 * 60);
    for minutes in [-60, 1, 20, 61, 68, 100, 102, 126, 136, 24 * 60] {
        let at = nine + Span::from_mins(minutes);
        run(&site, at);
        compare_with_one_from_nothing(&site, at, &format!("{minutes} minutes of the morning"));
    }
    let postmortem = site.join(format!("incidents/{day}-morning-outage.md"));
    after(&site, now, "the days since", |_| {});
    after(&site, now, "a word was edited", |_| replace(&postmortem, "Redis", "REDIS"));
    after(&site, now, "a component was renamed", |s| replace(&s.join("statuary.toml"), "\"Checkups\"", "\"Checks\""));
    after(&site, now, "the theme was changed", |s| write(s.join("templates/text.html"), "{{ page.title }}"));
    let follow = format!("---\ntitle: More\nfollows: {day}-morning-outage\n---\n\n### Update · {day} 15:00\n\nMore.\n");
    after(&site, now, "a follow-up was added", |s| write(s.join("incidents/more.md"), &follow));
    after(&site, now, "a follow-up was taken away", |s| fs::remove_file(s.join("incidents/more.md")).expect("removed"));
    let before = files(&site.join("public"));
    let swapped = run(&site, now);
    assert_eq!((swapped.written, files(&site.join("public")) == before), (0, true), "nothing changed: {swapped:?}");
}

/// What may happen to a site between two runs.
#[derive(Clone, Debug)]
enum Happens {
    /// So many rounds, ten minutes apart, and what each component is seen as.
    Rounds(u8, [u8; 3]),
    /// Nobody looks for so many hours.
    Hole(u8),
    /// What the other place saw meanwhile arrives at last.
    Late,
    /// A write-up gets its first word, or one more.
    Word(u8),
    /// Its text is edited.
    Edit(u8),
    /// It follows another.
    Follows(u8, u8),
    /// Its file is taken away.
    Gone(u8),
    /// Planned work so many hours from now.
    Work(u8),
    /// A notice.
    Notice,
    /// A picture beside the write-ups is put there, or another one.
    Picture(u8),
    /// A component has another name, or another id.
    Renamed(u8, bool),
    /// A component comes or goes.
    Third,
    /// The site has another title or colour.
    Dressed(u8),
    /// Another number of looks opens an outage.
    Rule(u8),
    /// The theme has a template of the site's own, or no longer has.
    Theme(bool),
    /// Somebody changes, touches or removes a published file.
    Meddled(u8, u8),
    /// The list of what stands is damaged, or gone with all the rest of the state.
    Forgotten(bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    use Happens::{
        Dressed, Edit, Follows, Forgotten, Gone, Hole, Late, Meddled, Notice, Picture, Renamed, Rounds, Rule, Theme,
        Third, Word, Work,
    };
    let seen = || prop_oneof![3 => Just(0_u8), 2 => Just(1), 1 => Just(2), 1 => Just(3)];
    let rounds = (1_u8..12, [seen(), seen(), seen()]);
    prop_oneof![
        12 => rounds.prop_map(|(n, seen)| Rounds(n, seen)),
        2 => (1_u8..40).prop_map(Hole),
        2 => Just(Late),
        4 => (0_u8..3).prop_map(Word),
        2 => (0_u8..3).prop_map(Edit),
        2 => (0_u8..3, 0_u8..3).prop_map(|(a, b)| Follows(a, b)),
        1 => (0_u8..3).prop_map(Gone),
        1 => (0_u8..30).prop_map(Work),
        1 => Just(Notice),
        1 => any::<u8>().prop_map(Picture),
        1 => (0_u8..2, any::<bool>()).prop_map(|(c, id)| Renamed(c, id)),
        1 => Just(Third),
        1 => (0_u8..4).prop_map(Dressed),
        1 => (1_u8..4).prop_map(Rule),
        1 => any::<bool>().prop_map(Theme),
        2 => (any::<u8>(), 0_u8..3).prop_map(|(n, how)| Meddled(n, how)),
        1 => any::<bool>().prop_map(Forgotten),
    ]
}

/// A small site on a clock of its own, looked at from two places of which the second is often late.
struct Town {
    dir: TempDir,
    now: Moment,
    names: [String; 3],
    ids: [String; 3],
    third: bool,
    title: u8,
    rule: u8,
    /// What the second place saw and has not brought.
    late: Vec<(Moment, Body)>,
    /// The words of each write-up: none where it is not written.
    words: [String; 3],
    count: u32,
}

impl Town {
    /// An evening before a month ends and clocks change.
    fn new() -> Self {
        let town = Self {
            dir: TempDir::new().expect("a temp folder"),
            now: Moment::parse_rfc3339("2026-10-31T20:00:00Z").expect("a moment"),
            names: ["Website", "Database", "Mail"].map(str::to_owned),
            ids: ["web", "db", "mail"].map(str::to_owned),
            third: false,
            title: 0,
            rule: 2,
            late: Vec::new(),
            words: Default::default(),
            count: 0,
        };
        town.configure();
        town
    }

    fn site(&self) -> &Path {
        self.dir.path()
    }

    fn configure(&self) {
        let mut text = format!(
            "[site]\ntitle = \"Town {}\"\nurl = \"https://status.example.com/\"\ntime_zone = \"America/Los_Angeles\"\n\
             {}[run]\ninterval = \"10m\"\nvantages = [\"local\", \"oslo\"]\n[rules]\nopen_after = {}\n",
            self.title / 2,
            if self.title % 2 == 1 { "brand = \"#c05\"\n" } else { "" },
            self.rule
        );
        for (n, first) in ["web", "db", "mail"].into_iter().enumerate().take(if self.third { 3 } else { 2 }) {
            let (id, name) = (&self.ids[n], &self.names[n]);
            let formerly = if id == first { String::new() } else { format!("formerly = [\"{first}\"]\n") };
            let needs = if n == 0 { format!("depends_on = [\"{}\"]\n", self.ids[1]) } else { String::new() };
            let probe = "[[component.probe]]\nkind = \"tcp\"\naddress = \"127.0.0.1:1\"\n";
            let _ = write!(text, "[[component]]\nid = \"{id}\"\nname = \"{name}\"\n{formerly}{needs}{probe}");
        }
        write(self.site().join("statuary.toml"), &text);
    }

    /// Both places look; the second one keeps it to itself for now.
    fn look(&mut self, seen: [u8; 3]) {
        self.now = self.now + STEP;
        let verdicts = [Verdict::Up, Verdict::Down, Verdict::Degraded, Verdict::Unknown];
        let mut round = Round { gap: Span::from_mins(25), took: Span::from_ms(40), ..Round::default() };
        for (id, seen) in self.ids.iter().zip(seen).take(if self.third { 3 } else { 2 }) {
            let id = ProbeKey::from(format!("{id}/tcp"));
            let ms = 10 + (self.now.ms() / STEP.ms() % 91) as u32;
            match verdicts[usize::from(seen)] {
                Verdict::Up => round.up.push((id, ms)),
                is => {
                    let (phase, why) = (Some("connect".to_owned()), format!("no answer within {seen} s"));
                    round.not.push(Seen { id, is, ms: Some(ms), after: None, phase, why, tries: 1 });
                }
            }
        }
        let web = ProbeKey::from(format!("{}/tcp", self.ids[0]));
        round.rec.push((web, vec![("queue".to_owned(), (self.now.ms() / STEP.ms() % 17) as f64)]));
        self.append("local", &[(self.now, Body::Round(round.clone()))]);
        self.late.push((self.now + Span::from_secs(20), Body::Round(round)));
    }

    fn append(&self, chain: &str, bodies: &[(Moment, Body)]) {
        app::append(self.site(), &ChainName::from(chain), bodies).unwrap_or_else(|e| panic!("{e}"));
    }

    fn tell(&self, n: u8) {
        let file = self.site().join(format!("incidents/words-{n}.md"));
        if self.words[usize::from(n)].is_empty() {
            let _ = fs::remove_file(file);
        } else {
            write(file, &self.words[usize::from(n)]);
        }
    }

    fn wall(&self) -> String {
        let zone = Zone::parse("America/Los_Angeles").expect("a zone");
        zone.local(self.now).format("%Y-%m-%d %H:%M").to_string()
    }

    fn happen(&mut self, what: &Happens) {
        self.count += 1;
        match *what {
            Happens::Rounds(n, seen) => (0..n).for_each(|_| self.look(seen)),
            Happens::Hole(hours) => self.now = self.now + Span::from_mins(60 * i64::from(hours)),
            Happens::Late => {
                let late = std::mem::take(&mut self.late);
                if !late.is_empty() {
                    self.append("oslo", &late);
                }
            }
            Happens::Word(n) => self.word(n),
            Happens::Edit(n) => {
                let words = &mut self.words[usize::from(n)];
                *words = words.replace("It hurts", "It still hurts");
                self.tell(n);
            }
            Happens::Follows(n, other) => {
                let words = &mut self.words[usize::from(n)];
                *words = words.replacen("---\n\n", &format!("follows: words-{other}\n---\n\n"), 1);
                self.tell(n);
            }
            Happens::Gone(n) => {
                self.words[usize::from(n)].clear();
                self.tell(n);
            }
            Happens::Work(hours) => self.plan(hours),
            Happens::Notice => {
                let text = format!("---\ntitle: News {}\nkind: notice\n---\n\nSomething to know.\n", self.count);
                write(self.site().join("incidents/news.md"), &text);
            }
            Happens::Picture(n) => write(self.site().join("incidents/shot.png"), &"x".repeat(usize::from(n))),
            Happens::Renamed(c, id) => {
                let old = if id { &mut self.ids } else { &mut self.names };
                old[usize::from(c)].push('x');
                self.configure();
            }
            Happens::Third => self.third ^= true,
            Happens::Dressed(n) => self.title = n,
            Happens::Rule(n) => self.rule = n,
            Happens::Theme(own) => self.theme(own),
            Happens::Meddled(n, how) => self.meddle(n, how),
            Happens::Forgotten(all) => self.forget(all),
        }
        self.configure();
    }

    fn word(&mut self, n: u8) {
        let (wall, count) = (self.wall(), self.count);
        let words = &mut self.words[usize::from(n)];
        if words.is_empty() {
            let names = ["web", "db", "web, db"][usize::from(n)];
            *words = format!("---\ntitle: Words {n}\ncomponents: [{names}]\n---\n\n![A shot](shot.png)\n\n");
        }
        let word = ["Investigating", "Identified", "Monitoring", "Resolved"][count as usize % 4];
        let _ = write!(words, "### {word} · {wall}\n\nIt hurts, {count}. See [more](words-{}.md).\n\n", (n + 1) % 3);
        self.tell(n);
    }

    fn plan(&self, hours: u8) {
        let zone = Zone::parse("America/Los_Angeles").expect("a zone");
        let time = |m: Moment| zone.local(m).format("%Y-%m-%d %H:%M").to_string();
        let starts = self.now + Span::from_mins(60 * i64::from(hours) - 90);
        let (from, to) = (time(starts), time(starts + Span::from_mins(120)));
        let text = format!(
            "---\ntitle: Work\nkind: maintenance\ncomponents: [db]\nstarts: {from}\nends: {to}\n---\n\nMore memory.\n"
        );
        write(self.site().join("incidents/work.md"), &text);
    }

    fn theme(&self, own: bool) {
        let file = self.site().join("templates/text.html");
        if own {
            write(file, "{% extends \"base.html\" %}{% block main %}{{ page.title }}{% endblock main %}");
        } else {
            let _ = fs::remove_file(file);
        }
    }

    /// Changes, touches or removes one of the published files.
    fn meddle(&self, n: u8, how: u8) {
        let public = self.site().join("public");
        let names: Vec<String> = files(&public).into_keys().collect();
        let file = public.join(&names[usize::from(n) % names.len()]);
        match how {
            0 => fs::remove_file(file).expect("removed"),
            1 => fs::write(&file, fs::read(&file).expect("read")).expect("touched"),
            _ => {
                let upper = String::from_utf8_lossy(&fs::read(&file).expect("read")).to_uppercase();
                fs::write(&file, upper).expect("changed");
            }
        }
    }

    fn forget(&self, all: bool) {
        let state = self.site().join(".statuary");
        if all {
            return fs::remove_dir_all(state).expect("removed");
        }
        for (name, bytes) in files(&state).into_iter().filter(|(name, _)| name.starts_with("published-")) {
            fs::write(state.join(name), &bytes[..bytes.len() / 2]).expect("damaged");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, max_shrink_iters: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_the_kept_site_is_the_one_made_from_nothing(story in proptest::collection::vec(happens(), 8..24)) {
        let mut town = Town::new();
        (0..8).for_each(|_| town.look([0; 3]));
        run(town.site(), town.now);
        for what in &story {
            town.happen(what);
            run(town.site(), town.now);
            compare_with_one_from_nothing(town.site(), town.now, &format!("{what:?}"));
        }
    }
}

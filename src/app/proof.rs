//! Holds what a site states against its published record: the chains are proved, and the figures worked out again.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use crate::app::{Trouble, copy, kept};
use crate::journal::{self, Finding, Index, Published, Rolled, Tell, Verification, VerifyOptions};
use crate::model::{ChainName, ComponentId, History, Moment, Record, Zone};
use crate::render::own_read::{self, Stated, StatedFigure, StatedGroup};
use crate::timeline::{self, Figure, GroupFigure, group_figure};

/// The most that is read of `status.json`, `rules.json` and `index.json`, each.
const MAX_BYTES: u64 = 64 << 20;

/// What a published copy was found to be.
#[derive(Debug)]
pub struct Proof {
    /// The chains.
    pub chains: Verification,
    /// The moment that the site's figures speak of.
    pub moment: Moment,
    /// The zone that its days are cut in.
    pub zone: Zone,
    /// Each figure that the site states, or should.
    pub figures: Vec<Compared>,
}

/// A figure as the site states it, beside what its record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Whose: a component's id, or a group's name.
    pub of: String,
    /// Whether it is a group's.
    pub group: bool,
    /// The window's name.
    pub window: String,
    /// What the site states; none: nothing.
    pub stated: Option<Percent>,
    /// What the record says; none: it cannot be worked out.
    pub found: Option<Percent>,
    /// What came of it.
    pub verdict: Agreement,
}

/// Uptime and coverage, in hundredths of a percent; none: no data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percent {
    /// Uptime.
    pub uptime: Option<u32>,
    /// Coverage.
    pub coverage: Option<u32>,
}

/// Whether the site and its record say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// To the millisecond.
    Agrees,
    /// Not.
    Differs,
    /// Part of what it is made from is not published.
    Hidden,
}

impl Proof {
    /// Whether the chains hold, and no figure differs.
    pub fn is_good(&self) -> bool {
        self.chains.is_good() && self.figures.iter().all(|f| f.verdict != Agreement::Differs)
    }
}

/// Proves a published copy: a folder, or a site's address. `options` are heads that were kept elsewhere.
pub fn prove(from: &str, options: &VerifyOptions, tell: Tell<'_>) -> Result<Proof, Trouble> {
    let kept = kept::published(from, tell)?;
    let (status, rules, index) =
        (kept.beside().join("status.json"), kept.root.join("rules.json"), kept.root.join("index.json"));
    let named = |path: &Path, why: String| Trouble::Usage(format!("{} {why}", kept.name(path).display()));
    let read = |path: &Path| read(path).map_err(|why| named(path, why));
    let stated = own_read::read(&read(&status)?).map_err(|why| named(&status, why))?;
    let published = journal::read_rules(&read(&rules)?).map_err(|why| named(&rules, why))?;
    let listed = Index::read(&read(&index)?).map_err(|why| named(&index, why))?;
    if published.windows != copy::windows() {
        return Err(named(&rules, "counts other windows than this program: take the version that made it".to_owned()));
    }

    let mut chains = journal::verify(&kept.root, options)?;
    chains.findings.extend(journal::check_index(&kept.root, &listed)?);
    let journal::Reading { records, rolled, .. } = journal::read(&kept.root)?;
    chains.findings.extend(pin(&mut chains.chains, &stated, (&records, &rolled), &status));
    kept.rename(&mut chains);
    let history = known_to(&stated, records, rolled);
    let figures = compare(&stated, &published, &history);
    Ok(Proof { chains, moment: stated.moment, zone: kept.zone(), figures })
}

/// Fails with words that follow the file's name.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let fail = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => "is not there; a site publishes it with `publish_journal = true`".to_owned(),
        _ => format!("cannot be read: {e}"),
    };
    let size = fs::metadata(path).map_err(fail)?.len();
    if size > MAX_BYTES {
        return Err(format!("has {} MB, which is too much", size >> 20));
    }
    fs::read(path).map_err(fail)
}

/// The record must hold the heads that the site states; each pins its chain up to there.
fn pin(
    chains: &mut [journal::ChainProof],
    stated: &Stated,
    (records, rolled): (&[Record], &[Rolled]),
    status: &Path,
) -> Vec<Finding> {
    let mut found = Vec::new();
    for (chain, n, head) in &stated.heads {
        let here = |r: &&Record| r.chain == *chain && r.n == *n;
        // Where the chain ends with a day that is rolled up, that day's last record is known.
        let ends = |d: &Rolled| d.summary.chain == *chain && d.last.n == *n && d.last.head == *head;
        let stands = records.iter().any(|r| here(&r) && r.head == *head) || rolled.iter().any(ends);
        let text = match stands.then_some(()) {
            Some(()) => {
                for proof in chains.iter_mut().filter(|proof| proof.chain == *chain) {
                    proof.pinned = proof.pinned.max(Some(*n));
                }
                continue;
            }
            None if records.iter().any(|r| here(&r)) => {
                format!("it says that record {n} of chain {chain} is {head}, and the copy holds another one")
            }
            None => format!("it says that chain {chain} ends with record {n}, and the copy does not hold it"),
        };
        found.push(Finding { file: status.to_path_buf(), line: 0, text, fatal: true });
    }
    found
}

/// What the site knew of when it stated its figures.
fn known_to(stated: &Stated, mut records: Vec<Record>, rolled: Vec<Rolled>) -> History {
    let ends: BTreeMap<&ChainName, u64> = stated.heads.iter().map(|(chain, n, _)| (chain, *n)).collect();
    let known = |chain: &ChainName, number: u64| ends.get(chain).is_some_and(|n| number <= *n);
    records.retain(|r| known(&r.chain, r.n));
    let days = rolled.into_iter().filter(|d| known(&d.summary.chain, d.first.n)).map(|d| d.summary).collect();
    timeline::history_after(days, &records, stated.moment)
}

/// Every figure that either side knows.
fn compare(stated: &Stated, published: &Published, history: &History) -> Vec<Compared> {
    let settings = &published.settings;
    let timelines = timeline::fold(history, settings, stated.moment);
    let mut worked_out: Vec<(&ComponentId, Vec<(&'static str, Figure)>)> = Vec::new();
    for component in settings.components.iter().filter(|c| !c.probes.is_empty() || published.partial.contains(&c.id)) {
        let timeline = timelines.component(component.id.as_str());
        let figures = timeline.map(|t| t.windows(settings.site.time_zone, stated.moment)).unwrap_or_default();
        worked_out.push((&component.id, figures.into_iter().map(|(w, _, figure)| (w.name, figure)).collect()));
    }
    let mut all = components(stated, published, &worked_out);
    all.extend(groups(stated, published, &worked_out));
    all
}

type WorkedOut<'a> = [(&'a ComponentId, Vec<(&'static str, Figure)>)];

fn components(stated: &Stated, published: &Published, worked_out: &WorkedOut<'_>) -> Vec<Compared> {
    let mut left: Vec<&StatedFigure> = stated.components.iter().collect();
    let mut all = Vec::new();
    for (id, figures) in worked_out {
        for (window, figure) in figures {
            let mine = left.iter().position(|s| s.component == id.as_str() && s.window == *window);
            let said = mine.map(|at| left.remove(at));
            let times = [figure.window_ms, figure.known_ms, figure.counted_ms, figure.down_tenth_ms];
            let found = Percent { uptime: figure.uptime_hundredths(), coverage: figure.coverage_hundredths() };
            let same = said.is_some_and(|s| s.times == times && percent(s.percent) == found);
            let of = (id.to_string(), false, *window);
            all.push(judge(of, said.map(|s| percent(s.percent)), found, same, published.partial.contains(*id)));
        }
    }
    // What the site states of something that its rules do not name.
    all.extend(left.into_iter().map(|s| unknown(&s.component, false, &s.window, s.percent)));
    all
}

fn groups(stated: &Stated, published: &Published, worked_out: &WorkedOut<'_>) -> Vec<Compared> {
    let mut left: Vec<&StatedGroup> = stated.groups.iter().collect();
    let mut names: Vec<&str> = Vec::new();
    let members = || published.settings.components.iter().filter_map(|c| Some((&c.id, c.group.as_deref()?)));
    for (_, group) in members() {
        if !names.contains(&group) {
            names.push(group);
        }
    }
    let mut all = Vec::new();
    for name in names {
        let ids: Vec<&ComponentId> = members().filter(|(_, group)| *group == name).map(|(id, _)| id).collect();
        let hidden = ids.iter().any(|id| published.partial.contains(*id));
        let mine = |window: &str| -> Vec<Figure> {
            let of = worked_out.iter().filter(|(id, _)| ids.contains(id)).flat_map(|(_, figures)| figures);
            of.filter(|(name, _)| *name == window).map(|(_, figure)| *figure).collect()
        };
        for window in timeline::WINDOWS {
            let GroupFigure { uptime_hundredths, coverage_hundredths } = group_figure(&mine(window.name));
            let found = Percent { uptime: uptime_hundredths, coverage: coverage_hundredths };
            let place = left.iter().position(|s| s.name == name && s.window == window.name);
            let said = place.map(|at| percent(left.remove(at).percent));
            all.push(judge((name.to_owned(), true, window.name), said, found, said == Some(found), hidden));
        }
    }
    all.extend(left.into_iter().map(|s| unknown(&s.name, true, &s.window, s.percent)));
    all
}

fn judge(
    (of, group, window): (String, bool, &str),
    stated: Option<Percent>,
    found: Percent,
    same: bool,
    hidden: bool,
) -> Compared {
    let verdict = match (hidden, same) {
        (true, _) => Agreement::Hidden,
        (false, true) => Agreement::Agrees,
        (false, false) => Agreement::Differs,
    };
    Compared { of, group, window: window.to_owned(), stated, found: (!hidden).then_some(found), verdict }
}

fn unknown(of: &str, group: bool, window: &str, stated: [Option<u32>; 2]) -> Compared {
    let stated = Some(percent(stated));
    let verdict = Agreement::Differs;
    Compared { of: of.to_owned(), group, window: window.to_owned(), stated, found: None, verdict }
}

fn percent([uptime, coverage]: [Option<u32>; 2]) -> Percent {
    Percent { uptime, coverage }
}

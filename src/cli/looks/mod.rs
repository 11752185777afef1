//! `check`: one look at everything, or at what was picked, for a person or for a program.

mod json;
mod junit;
mod live;
mod nagios;
mod story;
mod table;

use std::collections::BTreeMap;
use std::path::Path;

use crate::app::{self, Loaded, Look, Looked, Observation, Trouble, Watch};
use crate::cli::args::{CheckArgs, CheckFormat, Format, Shape};
use crate::cli::voice::{PLAIN, STRONG, say, warn};
use crate::model::{Probe, Verdict};

/// How many probes are explained at once; a story is a page.
const EXPLAINED: usize = 8;

pub use nagios::UNKNOWN;

/// Whether a plugin is called, with arguments that may be wrong.
pub fn is_plugin(args: impl Iterator<Item = String>) -> bool {
    let words: Vec<String> = args.collect();
    words.iter().any(|word| word == "--format=nagios") || words.windows(2).any(|two| two == ["--format", "nagios"])
}

/// Looks and tells; 1 when something is down. As a plugin: a plugin's exit code.
pub fn check(site: &Path, args: &CheckArgs) -> Result<u8, Trouble> {
    let checked = look(site, args);
    match checked {
        // Whoever calls a plugin reads its standard output, and 2 would say that the service is down.
        Err(trouble) if args.format == Shape::Check(CheckFormat::Nagios) => Ok(nagios::trouble(&trouble)),
        checked => checked,
    }
}

fn look(site: &Path, args: &CheckArgs) -> Result<u8, Trouble> {
    let explain = args.explain.is_some();
    let loaded = app::to_check(site, args.explain.as_ref().map_or(&args.only, std::slice::from_ref))?;
    if explain && matches!(args.format, Shape::Check(_)) {
        return Err(Trouble::Usage("--explain tells its story as text or json only".to_owned()));
    }
    if let Some(pattern) = args.explain.as_ref().filter(|_| loaded.plans.len() > EXPLAINED) {
        let probes = loaded.plans.len();
        let what = format!("`{pattern}` names {probes} probes, and --explain tells of {EXPLAINED} at most");
        return Err(Trouble::Usage(what));
    }
    for warning in &loaded.warnings {
        warn(warning.rendered.trim_end());
    }
    let is_text = args.format == Shape::Result(Format::Text);
    let looked = live::while_looking(&loaded, is_text, |tell| app::check(site, &loaded, Watch { tell, explain }));
    let report = Report::of(&loaded, &looked);
    match args.format {
        Shape::Check(CheckFormat::Nagios) => return Ok(nagios::tell(&report)),
        Shape::Check(CheckFormat::Junit) => junit::tell(&report),
        Shape::Result(Format::Json) => json::tell(&report, explain),
        Shape::Result(Format::Text) | Shape::Export(_) if explain => story::tell(&report),
        Shape::Result(Format::Text) | Shape::Export(_) => text(&report),
    }
    // A place that sees nothing knows of nothing that is down.
    Ok(u8::from(looked.blind.is_none() && report.count(Verdict::Down) > 0))
}

fn text(report: &Report<'_>) {
    if report.lines.is_empty() {
        say("Nothing is watched yet. Add a [[component]] with a [[component.probe]] to statuary.toml.");
        return;
    }
    table::lines(report, live::width()).iter().for_each(say);
    closing(report);
}

/// What is said below the table or the stories.
fn closing(report: &Report<'_>) {
    if let Some(why) = &report.looked.blind {
        say(format!("{STRONG}This place is blind:{PLAIN} {why}. Bad looks say nothing about the targets."));
    }
    say(format!("{} in {}", report.summary(), report.looked.took));
}

/// What every form tells.
struct Report<'a> {
    looked: &'a Looked,
    /// In the order of the config.
    lines: Vec<Line<'a>>,
}

/// One probe, with what was seen of it.
struct Line<'a> {
    /// As it is configured.
    probe: &'a Probe,
    /// What it sends, where the story does not say it.
    sends: Option<String>,
    look: &'a Look,
}

impl<'a> Report<'a> {
    fn of(loaded: &'a Loaded, looked: &'a Looked) -> Self {
        let probes = probes(loaded);
        let plans: BTreeMap<_, _> = loaded.plans.iter().map(|plan| (&plan.key, plan)).collect();
        let line = |look: &'a Look| {
            let sends = plans.get(&look.key).and_then(|plan| plan.kind.sends());
            Some(Line { probe: probes.get(look.key.as_str())?, sends, look })
        };
        Self { looked, lines: looked.looks.iter().filter_map(line).collect() }
    }

    fn count(&self, verdict: Verdict) -> usize {
        self.lines.iter().filter(|line| line.seen().verdict == verdict).count()
    }

    /// `3 up, 1 down`
    fn summary(&self) -> String {
        let parts = Verdict::ALL.iter().map(|v| (self.count(*v), v.word())).filter(|(n, _)| *n > 0);
        parts.map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
    }

    /// What is known of a target: in a blind round what looks bad is unknown.
    fn known(&self, line: &Line<'_>) -> Verdict {
        match line.seen().verdict {
            Verdict::Down | Verdict::Degraded if self.looked.blind.is_some() => Verdict::Unknown,
            verdict => verdict,
        }
    }

    /// Why nobody can tell, or why it is bad; empty for up.
    fn why(&self, line: &Line<'_>) -> String {
        match &self.looked.blind {
            Some(blind) if line.seen().verdict != Verdict::Up => format!("{} (blind: {blind})", why(line.seen())),
            _ => why(line.seen()),
        }
    }
}

impl Line<'_> {
    /// The last word of a look: the second look's, where there was one.
    fn seen(&self) -> &Observation {
        self.look.second.as_ref().map_or(&self.look.first, |(_, second)| second)
    }
}

/// The reason, with the number of tries where that is more than one.
fn why(seen: &Observation) -> String {
    match seen.tries {
        tries if tries > 1 && !seen.why.is_empty() => format!("{} ({tries} tries)", seen.why),
        _ => seen.why.clone(),
    }
}

/// Every probe of the config, by its key.
fn probes(loaded: &Loaded) -> BTreeMap<&str, &Probe> {
    loaded.settings.components.iter().flat_map(|c| &c.probes).map(|probe| (probe.key.as_str(), probe)).collect()
}

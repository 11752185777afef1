//! What an event says, in plain words and in facts; once for the operator and once for everybody else.

use crate::incident::{Incident, Maintenance};
use crate::model::{
    Body, ComponentId, DeskIncident, Impact, IncidentStatus, IncidentStep, MaintenanceStatus, Moment, ProbeKey, Seen,
    Span, Status, Update, Vantage, Visibility, WriteUp,
};
use crate::site::{World, short_status};

use super::event::{before_and_after, is_public};

/// Looks older than this are not searched for in the record.
const RECENT: Span = Span::from_mins(2 * 24 * 60);

/// What one event says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Story {
    /// The site's title.
    pub site: String,
    /// The site's address.
    pub site_url: String,
    /// What it is about, in a few words.
    pub title: String,
    /// What happened, in sentences.
    pub text: String,
    /// The page that tells more.
    pub url: Option<String>,
    /// The components it is about.
    pub components: Vec<Affected>,
    /// The incident, where it is about one.
    pub incident: Option<IncidentFacts>,
    /// The window, where it is about one.
    pub maintenance: Option<MaintenanceFacts>,
    /// What failed first, where something did.
    pub probe: Option<FailedProbe>,
}

/// A component that an event is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Affected {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it was measured to be just before and at the event; none where it has no probe.
    pub status: Option<(Status, Status)>,
}

/// An incident as it stands when it is told of.
#[derive(Clone, Debug, PartialEq)]
pub struct IncidentFacts {
    /// The journal's id, or the write-up's address.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its page.
    pub url: String,
    /// Where it stands.
    pub status: IncidentStatus,
    /// How much it hurts.
    pub impact: Impact,
    /// When it began.
    pub started: Moment,
    /// When it ended.
    pub ended: Option<Moment>,
}

/// A maintenance window as it stands when it is told of.
#[derive(Clone, Debug, PartialEq)]
pub struct MaintenanceFacts {
    /// Its id.
    pub id: String,
    /// What happened to it: `announced`, `moved`, `cancelled`, `started`, `completed`.
    pub what: String,
    /// Where it stands.
    pub status: MaintenanceStatus,
    /// Begins.
    pub starts: Moment,
    /// Ends.
    pub ends: Moment,
}

/// The look that failed first.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedProbe {
    /// `<component>/<name>`.
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Where it failed.
    pub phase: Option<String>,
    /// Why, in public words.
    pub error: String,
    /// How often it was tried.
    pub attempts: Option<u32>,
    /// How long it took or was waited for, in milliseconds.
    pub latency_ms: Option<u32>,
}

/// A journaled step. `still` are the members that fail after it.
pub(super) fn of_step(
    world: &World<'_>,
    incident: &Incident,
    step: &DeskIncident,
    still: &[ComponentId],
    internal: bool,
) -> Story {
    let seen = visible(world, &step.components, internal);
    let who = names(world, &seen);
    let since = clock(world, step.at);
    let be = if seen.len() == 1 { "is" } else { "are" };
    let failed = matches!(step.step, IncidentStep::Open | IncidentStep::Join | IncidentStep::Relapse)
        .then(|| seen.iter().find_map(|id| failed_probe(world, id, step.at, internal)))
        .flatten();
    let why = failed.as_ref().filter(|f| !f.error.is_empty()).map_or_else(String::new, |f| format!(": {}", f.error));
    let text = match step.step {
        IncidentStep::Open => format!("{who} {be} {} since {since}{why}.", state(world, &seen, step.seen)),
        IncidentStep::Join => format!("{who} {be} affected too, since {since}{why}."),
        IncidentStep::Relapse => {
            format!("{who} {} again since {since}{why}.", if seen.len() == 1 { "fails" } else { "fail" })
        }
        IncidentStep::Recover => {
            let rest = visible(world, still, internal);
            let verb = if seen.len() == 1 { "works" } else { "work" };
            let rest_be = if rest.len() == 1 { "is" } else { "are" };
            if still.is_empty() {
                format!("{who} {verb} again since {since}; we are watching.")
            } else if rest.is_empty() {
                format!("{who} {verb} again since {since}.")
            } else {
                format!("{who} {verb} again since {since}; {} {rest_be} still affected.", names(world, &rest))
            }
        }
        IncidentStep::Resolve => {
            let lasted = incident.ended.map(|end| end - incident.started).filter(|s| *s > Span::ZERO);
            let lasted = lasted.map_or_else(String::new, |s| format!(" It lasted {s}."));
            format!("It is over: all works again since {since}.{lasted}")
        }
    };
    Story { text, components: affected(world, &seen, step.at), probe: failed, ..about(world, incident) }
}

/// A rise of the impact.
pub(super) fn of_impact(
    world: &World<'_>,
    incident: &Incident,
    component: &ComponentId,
    at: Moment,
    (before, after): (Impact, Impact),
    internal: bool,
) -> Story {
    let seen = visible(world, std::slice::from_ref(component), internal);
    let text = format!(
        "It got worse: {} {} since {}. The impact is {} now, {} before.",
        names(world, &seen),
        format_args!("is {}", state(world, &seen, at)),
        clock(world, at),
        after.word(),
        before.word()
    );
    Story { text, components: affected(world, &seen, at), ..about(world, incident) }
}

/// A person's words.
pub(super) fn of_words(
    world: &World<'_>,
    incident: Option<&Incident>,
    writeup: &WriteUp,
    update: &Update,
    published: Moment,
    internal: bool,
) -> Story {
    let word = if update.word.is_empty() { "Update" } else { &update.word };
    let next = update
        .next_due(published, world.settings.site.time_zone)
        .map_or_else(String::new, |at| format!(" (next word: {})", clock(world, at)));
    let base = incident.map_or_else(|| plain(world, &writeup.title, &writeup.slug), |i| about(world, i));
    let ids: Vec<ComponentId> = writeup.components.iter().map(|(id, _)| id.clone()).collect();
    let named = ids.iter().filter(|id| internal || is_public(world, id)).map(|id| named(world, id));
    Story { text: format!("{word}: {}{next}", update.text.trim()), components: named.collect(), ..base }
}

/// What happened to a maintenance window, with the times that held then.
pub(super) fn of_window(
    world: &World<'_>,
    window: &Maintenance,
    writeup: Option<&WriteUp>,
    (what, starts, ends): (&str, Moment, Moment),
    internal: bool,
) -> Story {
    let seen = visible(world, &window.components, internal);
    let on = if seen.is_empty() { String::new() } else { format!(" ({})", names(world, &seen)) };
    let (from, to) = (clock(world, starts), clock(world, ends));
    let text = match what {
        "announced" => format!("Planned work{on}: {from} to {to}."),
        "moved" => format!("The planned work{on} is now {from} to {to}."),
        "cancelled" => format!("The planned work{on} was called off."),
        "started" => format!("The planned work{on} has begun; it should end at {to}."),
        _ => format!("The planned work{on} is done."),
    };
    let slug = writeup.map_or(window.id.as_str(), |w| &w.slug);
    Story {
        text,
        components: seen.iter().map(|id| named(world, id)).collect(),
        maintenance: Some(MaintenanceFacts {
            id: window.id.clone(),
            what: what.to_owned(),
            status: window.status,
            starts,
            ends,
        }),
        ..plain(world, &window.title, slug)
    }
}

/// A story without a text: the site and a page.
fn plain(world: &World<'_>, title: &str, slug: &str) -> Story {
    let site = &world.settings.site;
    Story {
        site: site.title.clone(),
        site_url: site.url.clone(),
        title: title.to_owned(),
        url: Some(format!("{}incidents/{slug}/", site.url)),
        ..Story::default()
    }
}

fn about(world: &World<'_>, incident: &Incident) -> Story {
    let base = plain(world, &incident.title, &incident.slug);
    let facts = IncidentFacts {
        id: incident.id.as_ref().map_or_else(|| incident.slug.clone(), ToString::to_string),
        title: incident.title.clone(),
        url: base.url.clone().unwrap_or_default(),
        status: incident.status,
        impact: incident.impact,
        started: incident.started,
        ended: incident.ended,
    };
    // The page's own title and id name no internal component, as MEANING promises; nothing is added here.
    Story { incident: Some(facts), ..base }
}

fn visible(world: &World<'_>, ids: &[ComponentId], internal: bool) -> Vec<ComponentId> {
    ids.iter().filter(|id| internal || is_public(world, id)).cloned().collect()
}

fn named(world: &World<'_>, id: &ComponentId) -> Affected {
    let name = world.settings.component(id.as_str()).map_or_else(|| id.to_string(), |c| c.name.clone());
    Affected { id: id.to_string(), name, status: None }
}

fn affected(world: &World<'_>, ids: &[ComponentId], at: Moment) -> Vec<Affected> {
    ids.iter().map(|id| Affected { status: before_and_after(world, id, at), ..named(world, id) }).collect()
}

/// "Website, API and Redis".
fn names(world: &World<'_>, ids: &[ComponentId]) -> String {
    let names: Vec<String> = ids.iter().map(|id| named(world, id).name).collect();
    match names.as_slice() {
        [] => "A component".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// How bad it is, in a visitor's words: the worst of these components at a moment.
fn state(world: &World<'_>, ids: &[ComponentId], at: Moment) -> &'static str {
    let worst = ids.iter().filter_map(|id| before_and_after(world, id, at)).map(|(_, after)| after).max();
    match worst {
        Some(status @ (Status::Major | Status::Partial | Status::Degraded)) => short_status(status),
        Some(Status::Operational | Status::Maintenance | Status::NoData) | None => "affected",
    }
}

/// A wall-clock time of the site; with its date where it is not the day of the moment.
fn clock(world: &World<'_>, at: Moment) -> String {
    let zone = world.settings.site.time_zone;
    let form = if zone.date(at) == zone.date(world.moment) { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    format!("{} {}", zone.local(at).format(form), zone.abbreviation(at))
}

/// The first failing look of the outage that holds a moment.
fn failed_probe(world: &World<'_>, id: &ComponentId, at: Moment, internal: bool) -> Option<FailedProbe> {
    let timeline = world.timelines.components.iter().find(|t| t.id == *id)?;
    let outage = timeline.outages.iter().rev().find(|o| o.from <= at)?;
    let probes = &world.settings.component(id.as_str())?.probes;
    let (reason, probe) = outage.reasons.iter().find_map(|reason| {
        let probe = probes.iter().find(|p| p.key == reason.probe)?;
        (internal || probe.visibility == Visibility::Public).then_some((reason, probe))
    })?;
    // The record knows more of the look than the timeline keeps. It is searched for recent looks only: an old
    // event has been told, and a run must not read its whole history for it.
    let recent = world.moment - reason.at < RECENT;
    let seen = recent.then(|| look(world, &reason.probe, &reason.vantage, reason.at)).flatten();
    Some(FailedProbe {
        id: reason.probe.to_string(),
        kind: probe.kind.to_owned(),
        phase: reason.phase.clone(),
        error: reason.why.clone(),
        attempts: seen.map(|s| s.tries),
        latency_ms: seen.and_then(|s| s.ms),
    })
}

fn look<'a>(world: &World<'a>, probe: &ProbeKey, vantage: &Vantage, at: Moment) -> Option<&'a Seen> {
    world.records.iter().rev().find_map(|record| {
        let Body::Round(round) = &record.body else { return None };
        if record.t > at || record.chain.vantage().as_ref() != Some(vantage) {
            return None;
        }
        round.not.iter().find(|s| s.id == *probe && record.t + s.after.unwrap_or_default() == at)
    })
}

//! The site in the words of the Statuspage API v2 (OUTPUTS.md), for readers that know no other.

use chrono::NaiveDate;

use crate::incident::{Incident, Maintenance, Member};
use crate::model::{IncidentStatus, MaintenanceStatus, Moment, Status};
use crate::site::scene::{Card, Scene, worst};

/// `incidents.json` holds so many of the newest.
const NEWEST: usize = 50;

/// Everything that the API tells.
#[derive(Clone, Debug)]
pub struct Api {
    /// The page itself.
    pub page: ApiPage,
    /// The worst of all.
    pub roll_up: RollUp,
    /// Groups and components, a group before its first member.
    pub components: Vec<ApiComponent>,
    /// The newest, newest first.
    pub incidents: Vec<ApiIncident>,
    /// Those that are not over, newest first.
    pub unresolved: Vec<ApiIncident>,
    /// Windows that are not completed, by beginning.
    pub maintenances: Vec<ApiIncident>,
}

/// Whose status it is.
#[derive(Clone, Debug)]
pub struct ApiPage {
    /// The site's host.
    pub id: String,
    /// What is watched.
    pub name: String,
    /// Where it is published.
    pub url: String,
    /// IANA name.
    pub time_zone: &'static str,
    /// The moment that the site speaks of.
    pub updated: Moment,
}

/// One status for the whole site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollUp {
    /// `none`, `minor`, `major`, `critical` or `maintenance`.
    pub indicator: String,
    /// A plain sentence.
    pub description: &'static str,
}

/// A component, or a group of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiComponent {
    /// The configured id; a group's begins with `group.`, which no component's can.
    pub id: String,
    /// Its name.
    pub name: String,
    /// In the API's words, which know no missing data.
    pub status: &'static str,
    /// Its first record.
    pub created: Moment,
    /// Since when it shows its status.
    pub updated: Moment,
    /// From 1.
    pub position: usize,
    /// One sentence.
    pub description: Option<String>,
    /// The day of its first record.
    pub start: Option<NaiveDate>,
    /// The group that it stands in.
    pub group: Option<String>,
    /// A group's members.
    pub members: Option<Vec<String>>,
}

/// An incident, or a maintenance window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiIncident {
    /// Permanent.
    pub id: String,
    /// Its title.
    pub name: String,
    /// Where it stands.
    pub status: &'static str,
    /// When it was first told of.
    pub created: Moment,
    /// When anything was last said of it.
    pub updated: Moment,
    /// When it began to be watched after a recovery.
    pub monitoring: Option<Moment>,
    /// When it was over.
    pub resolved: Option<Moment>,
    /// How bad it is.
    pub impact: &'static str,
    /// Its page.
    pub link: String,
    /// When it began.
    pub started: Moment,
    /// What was said, newest first.
    pub updates: Vec<ApiUpdate>,
    /// Whom it concerns.
    pub components: Vec<ApiComponent>,
    /// A window: from, to.
    pub scheduled: Option<(Moment, Moment)>,
}

/// One word of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUpdate {
    /// Permanent.
    pub id: String,
    /// The status that held with it.
    pub status: &'static str,
    /// Plain text.
    pub body: String,
    /// When it was first published.
    pub created: Moment,
    /// When its text was last changed.
    pub updated: Moment,
    /// When it is shown to have happened.
    pub shown: Moment,
    /// Whom it changed, with the first word: id, name, status before and after.
    pub affected: Option<Vec<(String, String, &'static str, &'static str)>>,
}

/// Works it out.
pub fn api(scene: &Scene<'_>) -> Api {
    let world = scene.world;
    let site = &world.settings.site;
    let components = components(scene);
    let statuses: Vec<Status> = scene.cards.iter().map(|p| p.status).collect();
    let all: Vec<&Incident> = scene.incidents().collect();
    let tell = |i: &&Incident| incident(scene, i, &components);
    let open = |m: &&Maintenance| m.status != MaintenanceStatus::Completed;
    Api {
        page: ApiPage {
            id: scene.host(),
            name: site.title.clone(),
            url: site.url.clone(),
            time_zone: site.time_zone.name(),
            updated: world.moment,
        },
        roll_up: roll_up(&statuses, &site.maintenance_indicator),
        incidents: all.iter().take(NEWEST).map(tell).collect(),
        unresolved: all.iter().filter(|i| !i.status.is_over()).map(tell).collect(),
        maintenances: scene.standing_windows().filter(open).map(|m| window(scene, m, &components)).collect(),
        components,
    }
}

/// The API's word for a status. It has none for missing data; our own JSON says the truth.
pub const fn word(status: Status) -> &'static str {
    match status {
        Status::NoData | Status::Degraded => Status::Degraded.word(),
        other => other.word(),
    }
}

/// The table of OUTPUTS.md "Roll-up": groups do not count.
pub fn roll_up(statuses: &[Status], maintenance: &str) -> RollUp {
    let count = |wanted: &[Status]| statuses.iter().filter(|s| wanted.contains(s)).count();
    let all = statuses.len();
    let (major, partial) = (count(&[Status::Major]), count(&[Status::Partial]));
    let degraded = count(&[Status::Degraded, Status::NoData]);
    let (indicator, description) = if major > 0 && major == all {
        ("critical", "Major System Outage")
    } else if major > 0 || (partial > 0 && partial == all) {
        ("major", "Partial System Outage")
    } else if partial > 0 {
        ("minor", "Minor Service Outage")
    } else if degraded > 1 && degraded == all {
        ("minor", "Degraded System Service")
    } else if degraded > 0 {
        ("minor", "Partially Degraded Service")
    } else if count(&[Status::Maintenance]) > 0 {
        (maintenance, "Service Under Maintenance")
    } else {
        ("none", "All Systems Operational")
    };
    RollUp { indicator: indicator.to_owned(), description }
}

fn components(scene: &Scene<'_>) -> Vec<ApiComponent> {
    let beginning = scene.beginning();
    let mut found: Vec<ApiComponent> = Vec::new();
    for card in &scene.cards {
        let group = card.component.group.as_deref().map(group_id);
        if let (Some(id), Some(name)) = (&group, &card.component.group)
            && !found.iter().any(|c| c.id == *id)
        {
            let position = found.len() + 1;
            found.push(group_of(scene, id, name, beginning, position));
        }
        let position = found.len() + 1;
        found.push(component(scene, card, group, beginning, position));
    }
    found
}

fn group_id(name: &str) -> String {
    let plain: String = name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    format!("group.{plain}")
}

fn group_of(scene: &Scene<'_>, id: &str, name: &str, beginning: Moment, position: usize) -> ApiComponent {
    let members: Vec<&Card<'_>> =
        scene.cards.iter().filter(|p| p.component.group.as_deref().map(group_id).as_deref() == Some(id)).collect();
    let times: Vec<(Moment, Moment)> = members.iter().map(|p| times(p, beginning)).collect();
    ApiComponent {
        id: id.to_owned(),
        name: name.to_owned(),
        status: word(worst(&members)),
        created: times.iter().map(|t| t.0).min().unwrap_or(beginning),
        updated: times.iter().map(|t| t.1).max().unwrap_or(beginning),
        position,
        description: None,
        start: None,
        group: None,
        members: Some(members.iter().map(|p| p.component.id.to_string()).collect()),
    }
}

/// First record, and since when it shows its status.
fn times(card: &Card<'_>, beginning: Moment) -> (Moment, Moment) {
    let created = card.timeline.and_then(|t| t.since).unwrap_or(beginning);
    (created, card.since.unwrap_or(created).max(created))
}

fn component(
    scene: &Scene<'_>,
    card: &Card<'_>,
    group: Option<String>,
    beginning: Moment,
    position: usize,
) -> ApiComponent {
    let (created, updated) = times(card, beginning);
    let zone = scene.world.settings.site.time_zone;
    ApiComponent {
        id: card.component.id.to_string(),
        name: card.component.name.clone(),
        status: word(card.status),
        created,
        updated,
        position,
        description: card.component.description.clone(),
        start: card.timeline.and_then(|t| t.since).map(|m| zone.date(m)),
        group,
        members: None,
    }
}

fn incident(scene: &Scene<'_>, incident: &Incident, components: &[ApiComponent]) -> ApiIncident {
    let id = Scene::id(incident);
    let mut status = IncidentStatus::Investigating;
    let mut updates: Vec<ApiUpdate> = Vec::new();
    for event in &incident.events {
        status = event.status.unwrap_or(status);
        let Some(words) = scene.words(incident, event) else { continue };
        updates.push(ApiUpdate {
            id: format!("{id}.{}", event.key),
            status: status.word(),
            body: words.text,
            created: event.published,
            updated: event.edited.unwrap_or(event.published),
            shown: event.at,
            affected: None,
        });
    }
    let created = updates.iter().map(|u| u.created).min().unwrap_or(incident.started);
    let updated = updates.iter().map(|u| u.updated).max().unwrap_or(created);
    if let Some(first) = updates.first_mut() {
        first.affected = affected(scene, &incident.members);
    }
    updates.reverse();
    let watched = |s: Option<IncidentStatus>| s == Some(IncidentStatus::Monitoring);
    let monitoring = incident.events.iter().rev().find(|e| watched(e.status)).map(|e| e.at);
    let mine = |c: &&ApiComponent| {
        let is = |m: &Member| scene.card(&m.component).is_some_and(|p| p.component.id.as_str() == c.id);
        incident.members.iter().any(is)
    };
    ApiIncident {
        id: id.to_owned(),
        name: incident.title.clone(),
        status: incident.status.word(),
        created,
        updated,
        monitoring,
        resolved: if incident.status.is_over() { incident.ended.or(Some(updated)) } else { None },
        impact: incident.impact.word(),
        link: scene.address(&incident.slug),
        started: incident.started,
        updates,
        components: components.iter().filter(mine).cloned().collect(),
        scheduled: None,
    }
}

fn affected(scene: &Scene<'_>, members: &[Member]) -> Option<Vec<(String, String, &'static str, &'static str)>> {
    let found: Vec<_> = members
        .iter()
        .filter_map(|m| {
            let component = scene.card(&m.component)?.component;
            let before = Status::Operational.word();
            Some((component.id.to_string(), component.name.clone(), before, word(m.worst)))
        })
        .collect();
    (!found.is_empty()).then_some(found)
}

fn window(scene: &Scene<'_>, window: &Maintenance, components: &[ApiComponent]) -> ApiIncident {
    let writeup = scene.writeup(window.writeup);
    let slug = writeup.map_or(window.id.as_str(), |w| w.slug.as_str());
    let mut status = MaintenanceStatus::Scheduled;
    let mut updates: Vec<ApiUpdate> = Vec::new();
    for (writeup, update) in writeup.iter().flat_map(|w| w.updates.iter().map(move |u| (w, u))) {
        status = update.maintenance.unwrap_or(status);
        let created = scene.published(writeup, update).unwrap_or(window.announced);
        updates.push(ApiUpdate {
            id: format!("{}.{}", window.id, update.key),
            status: status.word(),
            body: update.text.clone(),
            created,
            updated: created,
            shown: update.at.unwrap_or(created),
            affected: None,
        });
    }
    if updates.is_empty() {
        updates.push(announcement(scene, window));
    }
    let updated = updates.iter().map(|u| u.updated).max().unwrap_or(window.announced).max(window.announced);
    updates.reverse();
    let mine = |c: &&ApiComponent| {
        window.components.iter().filter_map(|id| scene.card(id)).any(|p| p.component.id.as_str() == c.id)
    };
    ApiIncident {
        id: window.id.clone(),
        name: window.title.clone(),
        status: window.status.word(),
        created: window.announced,
        updated,
        monitoring: None,
        resolved: (window.status == MaintenanceStatus::Completed).then_some(window.ends),
        impact: "maintenance",
        link: scene.address(slug),
        started: window.starts,
        updates,
        components: components.iter().filter(mine).cloned().collect(),
        scheduled: Some((window.starts, window.ends)),
    }
}

/// A window of which nobody has said a word is told in one sentence: readers expect one.
fn announcement(scene: &Scene<'_>, window: &Maintenance) -> ApiUpdate {
    ApiUpdate {
        id: format!("{}.announced", window.id),
        status: MaintenanceStatus::Scheduled.word(),
        body: scene.plan(window),
        created: window.announced,
        updated: window.announced,
        shown: window.announced,
        affected: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roll_up_follows_the_table() {
        let cases = [
            ("", "none All Systems Operational"),
            ("u", "none All Systems Operational"),
            ("g", "minor Partially Degraded Service"),
            ("?", "minor Partially Degraded Service"),
            ("p", "major Partial System Outage"),
            ("d", "critical Major System Outage"),
            ("m", "maintenance Service Under Maintenance"),
            ("uu", "none All Systems Operational"),
            ("dd", "critical Major System Outage"),
            ("du", "major Partial System Outage"),
            ("dp", "major Partial System Outage"),
            ("pp", "major Partial System Outage"),
            ("pu", "minor Minor Service Outage"),
            ("pg", "minor Minor Service Outage"),
            ("gg", "minor Degraded System Service"),
            ("g?", "minor Degraded System Service"),
            ("gu", "minor Partially Degraded Service"),
            ("gm", "minor Partially Degraded Service"),
            ("mu", "maintenance Service Under Maintenance"),
            ("mm", "maintenance Service Under Maintenance"),
            ("mp", "minor Minor Service Outage"),
        ];
        for (strip, meant) in cases {
            let statuses: Vec<Status> = strip
                .chars()
                .map(|c| match c {
                    'u' => Status::Operational,
                    'm' => Status::Maintenance,
                    '?' => Status::NoData,
                    'g' => Status::Degraded,
                    'p' => Status::Partial,
                    _ => Status::Major,
                })
                .collect();
            let said = roll_up(&statuses, "maintenance");
            assert_eq!(format!("{} {}", said.indicator, said.description), meant, "{strip}");
        }
        assert_eq!(roll_up(&[Status::Maintenance], "none").indicator, "none");
    }
}

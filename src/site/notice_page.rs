//! The pages of write-ups that are no incident: notices and planned work.

use crate::incident::Maintenance;
use crate::model::{MaintenanceStatus, Moment, WriteUp};
use crate::site::clock::{Clock, datetime};
use crate::site::entries::{self, incident_href};
use crate::site::frame::{frame, settled_foot};
use crate::site::incident_page::{IncidentPage, people, sections, steps};
use crate::site::parts::{Frame, Line, Station, Word};
use crate::site::scene::Scene;
use crate::site::sentences as say;

/// The page of a notice.
pub fn notice(scene: &Scene<'_>, w: &WriteUp) -> IncidentPage {
    let at = Scene::notice_at(w).unwrap_or(scene.moment());
    let clock = Clock::on(scene.clock.zone, at);
    let lead = if Scene::notice_at(w).is_some() { format!("{}.", clock.long_date(at)) } else { "A notice.".to_owned() };
    page(scene, w, clock, at, ("Notice".to_owned(), lead), None)
}

/// The page of planned work, with all its windows.
pub fn planned(scene: &Scene<'_>, w: &WriteUp, windows: &[&Maintenance]) -> IncidentPage {
    // The window that matters: the open one, else the next, else the last.
    let open = |m: &&&Maintenance| matches!(m.status, MaintenanceStatus::InProgress | MaintenanceStatus::Verifying);
    let ahead = |m: &&&Maintenance| m.status == MaintenanceStatus::Scheduled && !m.cancelled;
    let chosen = windows.iter().find(open).or_else(|| windows.iter().find(ahead)).or(windows.last()).copied();
    let at = chosen.map(|m| m.starts).or(w.starts).unwrap_or(scene.moment());
    let clock = Clock::on(scene.clock.zone, at);
    let Some(m) = chosen else {
        return page(scene, w, clock, at, ("Planned work".to_owned(), String::new()), None);
    };
    let who: Vec<&str> =
        m.components.iter().filter_map(|id| scene.card(id)).map(|c| c.component.name.as_str()).collect();
    let zone = clock.zone.abbreviation(m.starts);
    let mut lead = format!("{}, {} {zone}.", clock.long_date(m.starts), clock.window(m.starts, m.ends));
    if !who.is_empty() {
        lead = format!("{lead} {}.", say::names(&who));
    }
    if m.cancelled {
        lead.push_str(" It was called off.");
    }
    if m.declared_late {
        lead.push_str(" It was said after it began, so it leaves the figures as they are.");
    }
    let record = match m.status {
        _ if m.cancelled => "Planned work, called off".to_owned(),
        MaintenanceStatus::Scheduled => "Planned work".to_owned(),
        status => format!("Planned work, {}", say::maintenance_status(status).to_lowercase()),
    };
    let mut made = page(scene, w, clock, at, (record, lead), Some(line(m, clock)));
    if windows.len() > 1 {
        made.after = windows.iter().map(|m| entries::window(scene, clock, m)).collect();
    }
    made
}

fn line(m: &Maintenance, clock: Clock) -> Line {
    let over = m.status == MaintenanceStatus::Completed;
    let begun = over || matches!(m.status, MaintenanceStatus::InProgress | MaintenanceStatus::Verifying);
    let during = if m.cancelled || !begun { 'f' } else { 'm' };
    let (starts, ends) = if over {
        ("Began", "Ended")
    } else if begun {
        ("Work since", "Ends by")
    } else {
        ("Begins", "Ends by")
    };
    let until = if begun { 'u' } else { 'f' };
    Line {
        before: 'u',
        stations: vec![
            Station::at("Announced", m.announced, clock.figure(m.announced), clock.time(m.announced), until),
            Station::at(starts, m.starts, clock.time(m.starts), clock.date(m.starts), during),
            Station::at(
                ends,
                m.ends,
                clock.time(m.ends),
                (m.ends - m.starts).to_string(),
                if over { 'u' } else { 'f' },
            ),
        ],
    }
}

fn page(
    scene: &Scene<'_>,
    w: &WriteUp,
    clock: Clock,
    at: Moment,
    (record, lead): (String, String),
    line: Option<Line>,
) -> IncidentPage {
    let path = incident_href(&w.slug);
    let tab = format!("{} · {}", w.title, scene.title());
    let base = frame(scene, &path, tab, lead.clone(), 'u');
    IncidentPage {
        record,
        title: w.title.clone(),
        written: true,
        lead,
        line,
        calm: true,
        relations: Vec::new(),
        facts: Vec::new(),
        chart: None,
        sections: sections(w),
        steps: steps(w, clock),
        said: said(w, clock),
        course: Vec::new(),
        people: people(w),
        after: Vec::new(),
        frame: Frame { foot: settled_foot(clock, at), ..base },
    }
}

/// The updates as they stand in the file, by time where they have one.
fn said(w: &WriteUp, clock: Clock) -> Vec<Word> {
    let mut updates: Vec<_> = w.updates.iter().collect();
    updates.sort_by_key(|u| u.at.unwrap_or(Moment::from_ms(i64::MAX)));
    updates
        .iter()
        .map(|u| Word {
            letter: String::new(),
            time: u.at.map_or(String::new(), |at| clock.when(at)),
            datetime: u.at.map_or(String::new(), datetime),
            heading: if u.word.is_empty() { "Update".to_owned() } else { u.word.clone() },
            html: u.html.clone(),
            edited: String::new(),
            measured: Vec::new(),
        })
        .collect()
}

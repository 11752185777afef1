//! Planned work: what goes on, what is ahead and what was.

use serde::Serialize;

use crate::incident::Maintenance;
use crate::model::{MaintenanceStatus, Moment};
use crate::site::clock::Clock;
use crate::site::entries;
use crate::site::frame::{frame, reaching_foot, settled_until};
use crate::site::parts::{Entry, Frame};
use crate::site::scene::Scene;

/// Most windows of the past on the page.
const PAST: usize = 50;

/// The page of planned work.
#[derive(Clone, Debug, Serialize)]
pub struct PlannedPage {
    /// Around it.
    pub frame: Frame,
    /// One line.
    pub lead: String,
    /// Going on.
    pub now: Vec<Entry>,
    /// Soonest first.
    pub ahead: Vec<Entry>,
    /// Newest first.
    pub past: Vec<Entry>,
}

/// How far it reaches: to the last closed hour, or to the last edge of a window.
pub fn until(scene: &Scene<'_>) -> Moment {
    let edges = scene.windows().flat_map(|m| [m.starts, m.ends, m.announced]);
    settled_until(scene.moment(), edges)
}

/// Makes it.
pub fn planned(scene: &Scene<'_>) -> PlannedPage {
    let until = until(scene);
    let clock = Clock::on(scene.clock.zone, until);
    let entry = |m: &Maintenance| entries::window(scene, clock, m);
    let now: Vec<Entry> = scene.open_windows().map(entry).collect();
    let ahead: Vec<Entry> = scene.windows_ahead().map(entry).collect();
    let mut past: Vec<Entry> =
        scene.windows().filter(|m| m.cancelled || m.status == MaintenanceStatus::Completed).map(entry).collect();
    past.sort_by_key(|e| std::cmp::Reverse(e.at));
    past.truncate(PAST);
    let lead = match (now.is_empty(), ahead.is_empty()) {
        (false, _) => "Work is going on.",
        (true, false) => "Work is planned. Until then nothing changes.",
        (true, true) => "No work is planned.",
    };
    let tab = format!("Planned work · {}", scene.title());
    let base = frame(scene, "maintenance/index.html", tab, lead.to_owned(), if now.is_empty() { 'u' } else { 'm' });
    PlannedPage { frame: Frame { foot: reaching_foot(scene, until), ..base }, lead: lead.to_owned(), now, ahead, past }
}

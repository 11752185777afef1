//! Badges: a name, a glyph and a word, for other people's pages.

use crate::model::Status;
use crate::site::World;
use crate::site::machine::{Public, Said};

/// One badge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// Its file without the extension, from the root.
    pub path: String,
    /// Whose it is.
    pub name: String,
    /// What it shows.
    pub status: Status,
    /// The word beside the glyph.
    pub word: &'static str,
}

/// The site's badge, and one for each public component.
pub fn badges(world: &World<'_>, said: Said<'_>) -> Vec<Badge> {
    let badge =
        |path: String, name: &str, status: Status| Badge { path, name: name.to_owned(), status, word: word(status) };
    let public = Public::new(world);
    let site = badge("badge".to_owned(), &world.settings.site.title, said.status);
    let parts = public.parts.iter().map(|p| badge(format!("badge/{}", p.component.id), &p.component.name, p.status));
    std::iter::once(site).chain(parts).collect()
}

/// LOOK "States".
pub const fn word(status: Status) -> &'static str {
    match status {
        Status::Operational => "up",
        Status::Degraded => "degraded",
        Status::Partial => "partly down",
        Status::Major => "down",
        Status::Maintenance => "maintenance",
        Status::NoData => "no data",
    }
}

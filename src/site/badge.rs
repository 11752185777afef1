//! Badges: a name, a glyph and a word, for other people's pages.

use crate::model::Status;
use crate::site::machine::Said;
use crate::site::scene::Scene;
use crate::site::sentences;

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
pub fn badges(scene: &Scene<'_>, said: Said<'_>) -> Vec<Badge> {
    let badge = |path: String, name: &str, status: Status| Badge {
        path,
        name: name.to_owned(),
        status,
        word: sentences::short_status(status),
    };
    let site = badge("badge".to_owned(), scene.title(), said.status);
    let parts = scene.cards.iter().map(|p| badge(format!("badge/{}", p.component.id), &p.component.name, p.status));
    std::iter::once(site).chain(parts).collect()
}
